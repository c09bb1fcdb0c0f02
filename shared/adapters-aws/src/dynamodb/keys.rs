//! Every key of every table. No other file writes one, so that a tenant's rows cannot be reached by a string
//! that somebody put together elsewhere.
//!
//! | table | partition key | sort key | what |
//! |---|---|---|---|
//! | orders | `T#{tenant}#O#{order}` | `HEAD`, `EVT#{version}`, `MSG#{event}#{channel}#{recipient}` | an order, one query |
//! | orders | `T#{tenant}#REF#{channel}#{external}` | `REF` | the channel's own id |
//! | orders GSI1 | `T#{tenant}#OPEN#{shard}` | `{due}#{order}` | open orders, by when they need a person |
//! | orders GSI2 | `T#{tenant}#C#{customer}` | `{placed_at}#{order}` | a customer's orders |
//! | orders | `T#{tenant}#O#{order}` | `DEC#{decision}` | what rules decided about it |
//! | orders | `T#{tenant}#O#{order}` | `REVIEW#{review}` | what people have to decide about it |
//! | orders GSI3 | `T#{tenant}#REVIEWS#open`, `T#{tenant}#REVIEWS#decided` | `{due or decided}#{order}#{review}` | all reviews |
//! | orders | `T#{tenant}#O#{order}` | `CASE#{exception}` | what is wrong with it |
//! | orders GSI3 | `T#{tenant}#EXCEPTIONS#open`, `T#{tenant}#EXCEPTIONS#ended` | `{999 - standing}#{opened}#{order}#{exception}`, `{ended}#{order}#{exception}` | all exceptions |
//! | orders GSI3 | `T#{tenant}#DECISIONS` | `{at}#{order}#{decision}` | all decisions |
//! | orders GSI4 | `TIMER#{shard}` | `{due}#{tenant}#{order}` | orders to which something is to happen, for the schedule |
//! | orders GSI3 | `T#{tenant}#S#{status}#{shard}` | `{updated_at}#{order}` | lists, by status or all |
//! | outbox | `OUTBOX#{shard}` | `{time}#{tenant}#{aggregate}#{version}` | what waits to be published |
//! | ops | `T#{tenant}#ONCE#{key}` | `ONCE` | what was done |
//! | ops | `T#{tenant}#INBOX#{endpoint}#{id}` | `INBOX` | webhooks |
//! | ops GSI1 | `T#{tenant}#PARKED` | `{received_at}#{endpoint}#{id}` | webhooks that wait for a person |
//! | ops | `T#{tenant}#ABOUT#{subject}` | `MSG#{event}#{channel}#{recipient}` | messages about no order |
//! | ops | `T#{tenant}#ADDR#{channel}#{key}` | `ADDR` | what is known of an address |
//! | ops | `T#{tenant}#RATE#{bucket}` | `RATE` | a rate bucket |
//! | ops | `RATE#{bucket}` | `RATE` | a rate bucket of callers nobody has verified yet |
//! | ops | `T#{tenant}#WORDS#{hash}` | `WORDS` | what a model made of facts, for an hour |
//! | ops | `T#{tenant}#CONFIG` | `CONFIG` | a tenant's settings |
//! | ops | `T#{tenant}#KEYS` | `{hash}` | API keys |
//! | ops | `TENANTS` | `{tenant}` | who is there, for schedules |
//! | ops | `T#{tenant}#WEBHOOKS` | `{endpoint}` | addresses that are told what happens |
//! | ops | `T#{tenant}#WEBHOOKS_COUNT` | `COUNT` | how many they are |
//! | ops | `T#{tenant}#TOLD#{endpoint}` | `{time of the event}#{delivery}` | what was told them |
//! | ops GSI1 | `TELL#{shard}` | `{next try}#{tenant}#{endpoint}#{time of the event}#{delivery}` | what is told them again, of all tenants |
//! | ops | `T#{tenant}#PILE` | `{carrier}#{location}#{number}` | parcels that wait for their carrier |
//! | ops | `T#{tenant}#MANIFESTS` | `{manifest}` | what carriers were told that they collect |
//! | ops | `T#{tenant}#MANIFESTS_OPEN` | `{carrier}`, `{carrier}#{location}` | the one of a pile that is being made |
//! | metrics | `T#{tenant}#M#{series}#{shard}` | `{point}` | counters |
//! | metrics | `T#{tenant}#SEEN#{event}` | `SEEN` | events that were counted |
//! | inventory | `T#{tenant}#SKU#{sku}` | `LEVEL#{location}`, `RES#{location}#{order}`, `MOVE#{location}#{reference}`, `MOVE#{location}##{order}#{version}`, `MOVE#{location}###{count}` | stock |
//! | inventory GSI1 | `T#{tenant}#STOCK` | `{grade}#{sku}#{location}` | what there is, the least first |
//! | inventory | `T#{tenant}#PO#{purchase order}` | `PO` | an order with a supplier |
//! | inventory GSI1 | `T#{tenant}#POS#open`, `T#{tenant}#POS#closed` | `{created}#{purchase order}` | all of them |
//! | inventory | `T#{tenant}#PRICE#{sku}` | `PRICE` | what something costs |
//! | inventory GSI1 | `T#{tenant}#PRICES#proposed`, `T#{tenant}#PRICES#settled` | `{sku}` | all of them |
//!
//! Ids cannot hold a `#`; other text is escaped ([`part`]), so two different things never share a key.

use app::TenantScope;
use app::ports::{Address, CustomerKey, DeliveryKey, DueDelivery, InboxKey, MessageId, OnceKey, WordingKey};
use domain::ids::{
    DecisionId, EventId, ExceptionId, ManifestId, OrderId, PurchaseId, ReviewId, Sku, SourceId, TenantId, WebhookEndpointId,
};
use domain::order::OrderStatus;
use domain::shipping::CarrierName;
use domain::shipping::manifest::{Pile, WaitingParcel};
use domain::stock::StockGrade;
use jiff::Timestamp;
use std::borrow::Cow;

/// Shards of the index of open orders. A partition takes 1,000 writes a second and every change of an order
/// writes here, so one shop may change 8,000 orders a second.
pub(crate) const OPEN_SHARDS: u64 = 8;
/// Shards of each status in the list index; see [`super::orders`].
pub(crate) const STATUS_SHARDS: u64 = 2;
/// Shards of the outbox. One aggregate's rows are always in one shard, so its stream keeps their order.
pub(crate) const OUTBOX_SHARDS: u64 = 16;
/// Shards of the index of timers, which is all tenants' and read once a minute.
pub(crate) const TIMER_SHARDS: u64 = 4;
/// Shards of the index of deliveries that wait, which is all tenants' and read once a minute.
pub(crate) const DELIVERY_SHARDS: u64 = 4;
/// Shards of a counter.
pub(crate) const METRIC_SHARDS: u64 = 4;

/// Messages about these are nobody's order. An order whose own number began like this would keep its
/// messages, but not beside it.
const NOT_ORDERS: [&str; 3] = ["hook:", "job:", "report:"];

/// Where a row is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub pk: String,
    pub sk: String,
}

/// Where an index row is.
pub(crate) type IndexKey = Key;

fn key(pk: String, sk: impl Into<String>) -> Key {
    Key { pk, sk: sk.into() }
}

/// Which of so many shards: FNV-1a, stable for ever as a shard must be, with its bits mixed. By itself the low
/// bits of FNV-1a depend on nothing but the low bits of each byte, and shards are taken from the low bits.
pub(crate) fn shard(text: &str, shards: u64) -> u64 {
    let hash = domain::hash::fnv1a(text.bytes());
    let mixed = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    (mixed ^ (mixed >> 33)) % shards
}

/// Nanoseconds in a fixed width, so that text sorts as time does.
pub(crate) fn stamp(at: Timestamp) -> String {
    format!("{at:.9}")
}

/// Free text as part of a key.
fn part(text: &str) -> Cow<'_, str> {
    if text.contains(['#', '%']) { Cow::Owned(text.replace('%', "%25").replace('#', "%23")) } else { Cow::Borrowed(text) }
}

/// The text back from a part of a key.
pub(crate) fn text_of(part: &str) -> String {
    part.replace("%23", "#").replace("%25", "%")
}

fn of(scope: &TenantScope, rest: std::fmt::Arguments<'_>) -> String {
    format!("T#{}#{rest}", scope.tenant())
}

pub(crate) const HEAD: &str = "HEAD";
pub(crate) const EVENT_PREFIX: &str = "EVT#";
pub(crate) const MESSAGE_PREFIX: &str = "MSG#";
pub(crate) const DECISION_PREFIX: &str = "DEC#";
pub(crate) const LEVEL_PREFIX: &str = "LEVEL#";

pub(crate) fn order_partition(scope: &TenantScope, order: &str) -> String {
    of(scope, format_args!("O#{order}"))
}

pub(crate) fn head(scope: &TenantScope, order: &OrderId) -> Key {
    key(order_partition(scope, order.as_str()), HEAD)
}

pub(crate) fn event(scope: &TenantScope, order: &OrderId, version: u64) -> Key {
    key(order_partition(scope, order.as_str()), format!("{EVENT_PREFIX}{version:010}"))
}

pub(crate) fn decision(scope: &TenantScope, order: &OrderId, decision: &DecisionId) -> Key {
    key(order_partition(scope, order.as_str()), format!("{DECISION_PREFIX}{decision}"))
}

pub(crate) fn decisions(scope: &TenantScope) -> String {
    of(scope, format_args!("DECISIONS"))
}

pub(crate) fn decision_row(scope: &TenantScope, order: &OrderId, decision: &DecisionId, at: Timestamp) -> IndexKey {
    key(decisions(scope), format!("{}#{decision}", by_time(at, order)))
}

pub(crate) fn review(scope: &TenantScope, order: &OrderId, review: &ReviewId) -> Key {
    key(order_partition(scope, order.as_str()), format!("REVIEW#{review}"))
}

pub(crate) fn reviews(scope: &TenantScope, open: bool) -> String {
    of(scope, format_args!("REVIEWS#{}", if open { "open" } else { "decided" }))
}

pub(crate) fn review_row(scope: &TenantScope, order: &OrderId, review: &ReviewId, open: bool, at: Timestamp) -> IndexKey {
    key(reviews(scope, open), format!("{}#{review}", by_time(at, order)))
}

pub(crate) fn exception(scope: &TenantScope, order: &OrderId, exception: &ExceptionId) -> Key {
    key(order_partition(scope, order.as_str()), format!("CASE#{exception}"))
}

pub(crate) fn exceptions(scope: &TenantScope, open: bool) -> String {
    of(scope, format_args!("EXCEPTIONS#{}", if open { "open" } else { "ended" }))
}

pub(crate) fn exception_row(scope: &TenantScope, place: String) -> IndexKey {
    key(exceptions(scope, true), place)
}

pub(crate) fn ended_exception_row(scope: &TenantScope, order: &OrderId, exception: &ExceptionId, at: Timestamp) -> IndexKey {
    key(exceptions(scope, false), format!("{}#{exception}", by_time(at, order)))
}

pub(crate) fn reference(scope: &TenantScope, channel: &SourceId, external: &str) -> Key {
    key(of(scope, format_args!("REF#{channel}#{}", part(external))), "REF")
}

pub(crate) fn open(scope: &TenantScope, shard: u64) -> String {
    of(scope, format_args!("OPEN#{shard}"))
}

pub(crate) fn open_row(scope: &TenantScope, order: &OrderId, due: Timestamp) -> IndexKey {
    key(open(scope, shard(order.as_str(), OPEN_SHARDS)), by_time(due, order))
}

pub(crate) fn timers(shard: u64) -> String {
    format!("TIMER#{shard}")
}

pub(crate) fn timer_row(scope: &TenantScope, order: &OrderId, due: Timestamp) -> IndexKey {
    let shard = shard(&format!("{}#{order}", scope.tenant()), TIMER_SHARDS);
    key(timers(shard), format!("{}#{}#{order}", stamp(due), scope.tenant()))
}

/// What a row of the index of timers is about: when, whose, which.
pub(crate) fn timer_of(place: &str) -> Option<(Timestamp, TenantId, OrderId)> {
    let (due, rest) = place.split_once('#')?;
    let (tenant, order) = rest.split_once('#')?;
    Some((due.parse().ok()?, TenantId::parse(tenant).ok()?, OrderId::parse(order).ok()?))
}

pub(crate) fn customer(scope: &TenantScope, customer: &CustomerKey) -> String {
    of(scope, format_args!("C#{}", customer.0))
}

pub(crate) fn customer_row(scope: &TenantScope, owner: &CustomerKey, order: &OrderId, placed_at: Timestamp) -> IndexKey {
    key(customer(scope, owner), by_time(placed_at, order))
}

pub(crate) fn status(scope: &TenantScope, status: OrderStatus, shard: u64) -> String {
    of(scope, format_args!("S#{status}#{shard}"))
}

pub(crate) fn status_row(scope: &TenantScope, of_status: OrderStatus, order: &OrderId, updated_at: Timestamp) -> IndexKey {
    key(status(scope, of_status, shard(order.as_str(), STATUS_SHARDS)), by_time(updated_at, order))
}

/// Above every row of an earlier time and below every row of this one.
pub(crate) fn before(now: Timestamp) -> String {
    stamp(now)
}

/// The next place behind a row: no id holds a character below this one.
pub(crate) fn behind(place: &str) -> String {
    format!("{place}!")
}

fn by_time(at: Timestamp, order: &OrderId) -> String {
    format!("{}#{order}", stamp(at))
}

/// Which table a message is in, and where.
pub(crate) enum MessagePlace {
    /// Beside its order.
    Orders(Key),
    /// With the other small things.
    Ops(Key),
}

pub(crate) fn message(scope: &TenantScope, subject: &str, id: &MessageId) -> MessagePlace {
    let sk = format!("{MESSAGE_PREFIX}{}#{}#{}", id.event, part(&id.channel), part(&id.recipient));
    let about_order = OrderId::parse(subject).is_ok() && !NOT_ORDERS.iter().any(|prefix| subject.starts_with(prefix));
    if about_order {
        MessagePlace::Orders(key(order_partition(scope, subject), sk))
    } else {
        MessagePlace::Ops(key(of(scope, format_args!("ABOUT#{}", part(subject))), sk))
    }
}

/// An outbox row of an order's commit.
pub(crate) fn outbox(scope: &TenantScope, aggregate: &str, version: u64, at: Timestamp) -> Key {
    let shard = shard(&format!("{}#{aggregate}", scope.tenant()), OUTBOX_SHARDS);
    key(outbox_shard(shard), format!("{}#{}#{}#{version:010}", outbox_time(at), scope.tenant(), part(aggregate)))
}

/// An outbox row that hangs on no commit: its first event's id keeps it apart from others of the same moment.
pub(crate) fn outbox_loose(scope: &TenantScope, aggregate: &str, version: u64, at: Timestamp, id: &EventId) -> Key {
    let row = outbox(scope, aggregate, version, at);
    Key { sk: format!("{}#{id}", row.sk), pk: row.pk }
}

pub(crate) fn outbox_shard(shard: u64) -> String {
    format!("OUTBOX#{shard}")
}

/// Milliseconds in a fixed width; every row before this moment sorts before it.
pub(crate) fn outbox_time(at: Timestamp) -> String {
    format!("{:013}", at.as_millisecond())
}

pub(crate) fn once(scope: &TenantScope, once: &OnceKey) -> Key {
    key(of(scope, format_args!("ONCE#{}", part(&once.0))), "ONCE")
}

pub(crate) fn inbox(scope: &TenantScope, entry: &InboxKey) -> Key {
    key(of(scope, format_args!("INBOX#{}#{}", part(&entry.endpoint), part(&entry.id))), "INBOX")
}

pub(crate) fn parked(scope: &TenantScope) -> String {
    of(scope, format_args!("PARKED"))
}

pub(crate) fn parked_row(entry: &InboxKey, received_at: Timestamp) -> String {
    format!("{}#{}#{}", stamp(received_at), part(&entry.endpoint), part(&entry.id))
}

pub(crate) fn address(scope: &TenantScope, address: &Address) -> Key {
    key(of(scope, format_args!("ADDR#{}#{}", address.channel.name(), part(&address.key))), "ADDR")
}

pub(crate) fn bucket(scope: &TenantScope, bucket: &str) -> Key {
    key(of(scope, format_args!("RATE#{}", part(bucket))), "RATE")
}

pub(crate) fn wording(scope: &TenantScope, wording: &WordingKey) -> Key {
    key(of(scope, format_args!("WORDS#{}", part(&wording.0))), "WORDS")
}

pub(crate) fn unverified_bucket(bucket: &str) -> Key {
    key(format!("RATE#{}", part(bucket)), "RATE")
}

pub(crate) fn config(tenant: &TenantId) -> Key {
    key(format!("T#{tenant}#CONFIG"), "CONFIG")
}

pub(crate) const TENANTS: &str = "TENANTS";

pub(crate) fn tenant(tenant: &TenantId) -> Key {
    key(TENANTS.to_owned(), tenant.as_str())
}

pub(crate) fn api_keys(tenant: &TenantId) -> String {
    format!("T#{tenant}#KEYS")
}

pub(crate) fn api_key(tenant: &TenantId, hash: &str) -> Key {
    key(api_keys(tenant), hash)
}

pub(crate) fn webhook_endpoints(scope: &TenantScope) -> String {
    of(scope, format_args!("WEBHOOKS"))
}

pub(crate) fn webhook_endpoint_count(scope: &TenantScope) -> Key {
    key(of(scope, format_args!("WEBHOOKS_COUNT")), "COUNT")
}

pub(crate) fn webhook_endpoint(scope: &TenantScope, id: &WebhookEndpointId) -> Key {
    key(webhook_endpoints(scope), id.as_str())
}

pub(crate) fn deliveries(scope: &TenantScope, endpoint: &WebhookEndpointId) -> String {
    of(scope, format_args!("TOLD#{endpoint}"))
}

pub(crate) fn delivery(scope: &TenantScope, delivery: &DeliveryKey) -> Key {
    key(deliveries(scope, &delivery.endpoint), format!("{}#{}", stamp(delivery.at), delivery.id))
}

pub(crate) fn due_deliveries(shard: u64) -> String {
    format!("TELL#{shard}")
}

pub(crate) fn due_delivery(scope: &TenantScope, delivery: &DeliveryKey, due: Timestamp) -> IndexKey {
    let DeliveryKey { endpoint, at, id } = delivery;
    let place = format!("{}#{}#{endpoint}#{}#{id}", stamp(due), scope.tenant(), stamp(*at));
    key(due_deliveries(shard(id.as_str(), DELIVERY_SHARDS)), place)
}

/// What a row of the index of deliveries is about.
pub(crate) fn due_of(place: &str) -> Option<DueDelivery> {
    let mut parts = place.splitn(5, '#');
    let due = parts.next()?.parse().ok()?;
    let tenant = TenantId::parse(parts.next()?).ok()?;
    let endpoint = WebhookEndpointId::parse(parts.next()?).ok()?;
    let (at, id) = (parts.next()?.parse().ok()?, EventId::parse(parts.next()?).ok()?);
    Some(DueDelivery { due, tenant, key: DeliveryKey { endpoint, at, id } })
}

pub(crate) fn piles(scope: &TenantScope) -> String {
    of(scope, format_args!("PILE"))
}

pub(crate) fn pile_of(carrier: CarrierName) -> String {
    format!("{}#", carrier.as_str())
}

pub(crate) fn waiting(scope: &TenantScope, parcel: &WaitingParcel) -> Key {
    key(piles(scope), format!("{}{}#{}", pile_of(parcel.carrier), parcel.location, parcel.number))
}

pub(crate) fn manifests(scope: &TenantScope) -> String {
    of(scope, format_args!("MANIFESTS"))
}

pub(crate) fn manifest(scope: &TenantScope, id: &ManifestId) -> Key {
    key(manifests(scope), id.as_str())
}

pub(crate) fn open_manifests(scope: &TenantScope) -> String {
    of(scope, format_args!("MANIFESTS_OPEN"))
}

pub(crate) fn open_manifest(scope: &TenantScope, pile: &Pile) -> Key {
    let place = pile.location.as_ref().map(|location| format!("#{location}")).unwrap_or_default();
    key(open_manifests(scope), format!("{}{place}", pile.carrier.as_str()))
}

pub(crate) fn series(scope: &TenantScope, series: &str, shard: u64) -> String {
    of(scope, format_args!("M#{}#{shard}", part(series)))
}

pub(crate) fn point(scope: &TenantScope, of_series: &str, shard: u64, point: &str) -> Key {
    key(series(scope, of_series, shard), point)
}

pub(crate) fn counted(scope: &TenantScope, event: &EventId) -> Key {
    key(of(scope, format_args!("SEEN#{event}")), "SEEN")
}

pub(crate) fn sku(scope: &TenantScope, sku: &str) -> String {
    of(scope, format_args!("SKU#{}", part(sku)))
}

pub(crate) fn level(scope: &TenantScope, of_sku: &str, location: &str) -> Key {
    key(sku(scope, of_sku), format!("{LEVEL_PREFIX}{}", part(location)))
}

pub(crate) fn hold(scope: &TenantScope, of_sku: &str, location: &str, order: &OrderId) -> Key {
    key(sku(scope, of_sku), format!("RES#{}#{order}", part(location)))
}

pub(crate) fn movement(scope: &TenantScope, of_sku: &str, location: &str, reference: &str) -> Key {
    key(sku(scope, of_sku), format!("MOVE#{}#{}", part(location), part(reference)))
}

/// What has left with an order, or come back with it, by a commit of it. No reference of a movement by hand begins like this: it is
/// escaped.
pub(crate) fn moved_with(scope: &TenantScope, of_sku: &str, location: &str, (order, version): (&OrderId, u64)) -> Key {
    key(sku(scope, of_sku), format!("MOVE#{}##{order}#{version}", part(location)))
}

/// What a count corrected.
pub(crate) fn counted_by(scope: &TenantScope, of_sku: &str, location: &str, reference: &str) -> Key {
    key(sku(scope, of_sku), format!("MOVE#{}###{}", part(location), part(reference)))
}

pub(crate) fn stock(scope: &TenantScope) -> String {
    of(scope, format_args!("STOCK"))
}

/// The least first.
pub(crate) fn stock_of_grade(grade: StockGrade) -> String {
    let rank = match grade {
        StockGrade::Reorder => 0,
        StockGrade::Low => 1,
        StockGrade::Enough => 2,
    };
    format!("{rank}#")
}

pub(crate) fn stock_row(scope: &TenantScope, sku: &str, location: &str, grade: StockGrade) -> IndexKey {
    key(stock(scope), format!("{}{}#{}", stock_of_grade(grade), part(sku), part(location)))
}

/// What a row of the index of stock is about: how much, of what, where.
pub(crate) fn stock_of(place: &str) -> Option<(StockGrade, String, String)> {
    let (_, rest) = place.split_once('#')?;
    let (sku, location) = rest.split_once('#')?;
    let grade =
        [StockGrade::Reorder, StockGrade::Low, StockGrade::Enough].into_iter().find(|grade| place.starts_with(&stock_of_grade(*grade)))?;
    Some((grade, text_of(sku), text_of(location)))
}

pub(crate) fn purchase(scope: &TenantScope, id: &PurchaseId) -> Key {
    key(of(scope, format_args!("PO#{id}")), "PO")
}

pub(crate) fn purchases(scope: &TenantScope, open: bool) -> String {
    of(scope, format_args!("POS#{}", if open { "open" } else { "closed" }))
}

pub(crate) fn purchase_row(scope: &TenantScope, id: &PurchaseId, open: bool, created_at: Timestamp) -> IndexKey {
    key(purchases(scope, open), format!("{}#{id}", stamp(created_at)))
}

/// Whose row of the index of purchase orders it is.
pub(crate) fn purchase_of(place: &str) -> Option<PurchaseId> {
    PurchaseId::parse(place.split_once('#')?.1).ok()
}

pub(crate) fn price(scope: &TenantScope, sku: &Sku) -> Key {
    key(of(scope, format_args!("PRICE#{}", part(sku.as_str()))), "PRICE")
}

pub(crate) fn prices(scope: &TenantScope, waiting: bool) -> String {
    of(scope, format_args!("PRICES#{}", if waiting { "proposed" } else { "settled" }))
}

pub(crate) fn price_row(scope: &TenantScope, sku: &Sku, waiting: bool) -> IndexKey {
    key(prices(scope, waiting), part(sku.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn scope(tenant: &str) -> TenantScope {
        TenantScope::of_own_message(&TenantId::parse(tenant).unwrap())
    }

    #[test]
    fn free_text_cannot_imitate_another_key() {
        let shop = scope("shop");
        let ambiguous = [("a#b", "c"), ("a", "b#c"), ("a%23b", "c"), ("a%", "23b#c")];
        let mut seen = std::collections::HashSet::new();
        for (endpoint, id) in ambiguous {
            let entry = InboxKey { endpoint: endpoint.into(), id: id.into() };
            assert!(seen.insert(inbox(&shop, &entry).pk), "{endpoint} {id}");
            assert_eq!(text_of(&part(endpoint)), endpoint);
        }
    }

    #[test]
    fn times_sort_as_text() {
        let times = ["1990-01-01T00:00:00Z", "2025-08-09T10:00:00Z", "2025-08-09T10:00:00.000000001Z", "2025-08-09T10:00:00.1Z"];
        let stamps: Vec<String> = times.iter().map(|time| stamp(time.parse().unwrap())).collect();
        assert!(stamps.is_sorted() && stamps.iter().all(|stamp| stamp.len() == stamps[0].len()), "{stamps:?}");
    }

    #[test]
    fn shards_never_move() {
        let found: Vec<u64> = ["", "1001", "1002", "ORD-20250809-7Q2ZK9M4"].iter().map(|id| shard(id, 1_000)).collect();
        assert_eq!(found, [458, 577, 706, 525], "rows that were written would be looked for elsewhere");
    }

    #[test]
    fn shards_are_even_and_independent() {
        for shards in [2, 4, 8, 16] {
            let mut counts = vec![0usize; shards as usize];
            let mut same = 0;
            for number in 0..8_000 {
                counts[shard(&format!("{}", 1_000 + number), shards) as usize] += 1;
                same += usize::from(shard(&format!("a#{number}"), shards) == shard(&format!("b#{number}"), shards));
            }
            let share = 8_000 / shards as usize;
            assert!(counts.iter().all(|count| count.abs_diff(share) < share / 4), "{counts:?}");
            assert!(same.abs_diff(share) < share / 4, "two tenants meet by chance only: {same}");
        }
    }

    #[test]
    fn keys_are_built_here_and_nowhere_else() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut folders = vec![folder];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if !path.ends_with("dynamodb/keys.rs") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    for mark in
                        ["\"T#", "#O#", "EVT#", "MSG#", "DEC#", "OUTBOX#", "RES#", "MOVE#", "LEVEL#", "REVIEW#", "CASE#", "#ONCE", "#INBOX"]
                    {
                        assert!(!text.contains(mark), "{} builds a key with {mark}", path.display());
                    }
                }
            }
        }
    }
}
