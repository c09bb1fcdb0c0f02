//! Read models: figures counted up by events, each event once, so that nobody has to read all orders.

use crate::error::Result;
use crate::ports::{Clock, Delta, MetricStore};
use crate::scope::TenantScope;
use contracts::order::v1;
use contracts::{Envelope, Payload, payment};
use domain::order::{Journey, Lane, OrderStatus, Stage, Track, Ways};
use domain::payment::Health;
use domain::sketch::{Bucket, Sketch};
use domain::spread;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Orders now, by the word people see. One point per label, fields "orders", and for each currency "orders:EUR" and
/// "value:EUR" (minor units).
pub const LABELS: &str = "label";
/// Orders placed per shop day. Point "2025-08-09", fields "orders", "units", and for each currency "orders:EUR" and
/// "revenue:EUR" (minor units).
pub const DAYS: &str = "day";
/// Orders by the hour in which they were placed. Point "2025-08-09T13" (UTC), field "orders".
pub const HOURS: &str = "hour";
/// The same per channel: point "2025-08-09/instagram".
pub const CHANNELS: &str = "channel";
/// Status moves per day: fields "automated" and "manual".
pub const MOVES: &str = "moves";
/// What customers said of their orders, per day: fields "votes", "score" (together) and "score:{1..5}".
pub const RATINGS: &str = "rating";
/// How long orders took from being placed to being confirmed by their sagas, in buckets narrow enough for percentiles ([`sketch`]). Point
/// "2025-08/1472", field "orders": each bucket is a point of its own, so that a commit writes one small row and not one that holds them all.
pub const CONFIRMED: &str = "confirmed";
/// What became of messages to customers, as providers say. Point "2025-08/sms/shipped", fields "delivered", "opened", "bounced".
pub const RECEIPTS: &str = "receipt";
/// Orders whose customers have heard of them, and those whose customers have written back. Point "all", fields "orders",
/// "replied".
pub const TOLD: &str = "told";
/// How long orders stay in a status before they leave it, and how rules do that move them on from it. Point
/// "2025-08/pending"; fields "left" (orders), "left_s" (their seconds, together), "within:{bound}" ([`spread`]), "moved" by a
/// rule, "overruled", "reviewed" and "agreed" by people, "brier" (the rule's squared error, in ten-thousandths).
pub const HABITS: &str = "habit";
/// How long orders took to their customers, by lane: see [`Ways`] for points and fields.
pub const LANES: &str = "lane";

/// How payments went that were asked of a provider, per day. Point "2025-08-09/stripe"; fields "tried" (orders; what the clock tries again is one
/// with the first try), "succeeded", and for each decline "code:insufficient_funds".
pub const PAYMENTS: &str = "payment";

/// Orders that have left, and what came back of them, per day: fields "left" (orders), "returns" (orders of which something came back) and "faults"
/// (those of which something did because something else had been packed).
pub const LEFT: &str = "left";

/// What became of service levels, by the day they were due. Point "2025-08-09/pick", fields "kept" and "missed": what nobody has done when its time
/// is up is missed, done or not.
pub const SLAS: &str = "sla";

/// What went wrong, per day (UTC). Point "2025-08-09"; fields "opened:PICK_DELAY" (by the day it was opened), "again:PICK_DELAY" (shown once more
/// while it was open, or soon after), and by the day it ended "resolved", "resolved_s" (seconds since it was opened, or taken up again, together) and
/// "how:{person|by_itself|overtaken|reviewed}".
pub const EXCEPTIONS: &str = "exception";
/// When it was opened. Point "2025-08-09T13" (UTC), field "opened".
pub const EXCEPTION_HOURS: &str = "exception_hour";
/// Whose it was. Points "2025-08-09/carrier/usps" and "2025-08-09/location/main", a field for each reason: "PICK_DELAY".
pub const EXCEPTION_PLACES: &str = "exception_place";
/// Whether it was answered in time, by the day that was due (UTC). Point "2025-08-09", fields "seen", "unseen", "kept", "missed": what nobody has
/// seen, or resolved, when its time is up is counted then, so that what is still open is not left out.
pub const EXCEPTION_RESPONSES: &str = "exception_response";
/// What is wrong now. Point "all"; fields "open:high", and of orders by the worst of what is wrong with each "orders:high:EUR" and
/// "value:high:EUR" (minor units).
pub const EXCEPTIONS_NOW: &str = "exception_now";

/// What was counted on shelves, per day: fields "lines" and "matched" (those of which the books were right).
pub const COUNTED: &str = "counted";

/// The use case.
#[derive(Clone)]
pub struct Measure {
    /// Read models.
    pub metrics: Arc<dyn MetricStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl Measure {
    /// Counts one event, once. False if it was counted before or counts for nothing.
    pub async fn run(&self, event: &Envelope) -> Result<bool> {
        let deltas = deltas(event);
        if deltas.is_empty() {
            return Ok(false);
        }
        let scope = TenantScope::of_own_message(&event.tenant);
        Ok(self.metrics.count(&scope, &event.id, &deltas, self.clock.now()).await?)
    }
}

pub(crate) fn delta(series: &str, point: &str, field: impl Into<String>, by: i64) -> Delta {
    Delta { series: series.to_owned(), point: point.to_owned(), field: field.into(), by }
}

/// The point of [`HABITS`] that a moment counts for.
fn habit(at: Timestamp, status: &str) -> String {
    format!("{}/{status}", at.strftime("%Y-%m"))
}

/// What an arrival counts for. It is held against the counters as they stood when the order left, so nothing has to be
/// remembered of it until then, and an event that comes twice counts once.
fn arrival(journey: &v1::Journey, at: Timestamp) -> Vec<Delta> {
    let lane = Lane::new(journey.country.as_deref(), journey.carrier.as_deref());
    let took_s = journey.took_s.iter().filter_map(|(stage, took_s)| Some((Stage::from_word(stage)?, *took_s))).collect();
    let (point, fields) = Ways::counters(&Journey { lane, took_s, longest_gap_s: journey.longest_gap_s }, at);
    fields.into_iter().map(|field| delta(LANES, &point, field, 1)).collect()
}

/// What became of a promise that was asked for. The customer's own second card is a try of its own.
fn paid(settled: &payment::v1::Settled, at: Timestamp) -> Vec<Delta> {
    let point = format!("{}/{}", at.strftime("%Y-%m-%d"), settled.provider);
    let tried = (!settled.again).then(|| delta(PAYMENTS, &point, "tried", 1));
    match settled.state.as_str() {
        "ok" => tried.into_iter().chain([delta(PAYMENTS, &point, "succeeded", 1)]).collect(),
        "declined" => {
            let code: String = settled.code.as_deref().unwrap_or("none").chars().filter(char::is_ascii_graphic).take(40).collect();
            tried.into_iter().chain([delta(PAYMENTS, &point, format!("code:{code}"), 1)]).collect()
        }
        "cancelled" => tried.into_iter().chain([delta(PAYMENTS, &point, "code:no_answer", 1)]).collect(),
        _ => Vec::new(),
    }
}

/// How long orders took to be confirmed in some months, as points begin.
///
/// # Errors
/// `Retryable`.
pub async fn confirmed_in(metrics: &dyn MetricStore, scope: &TenantScope, from: &str, to: &str) -> Result<Sketch> {
    let mut sketch = Sketch::default();
    for point in metrics.series(scope, CONFIRMED, from, to).await? {
        let bucket = point.point.split_once('/').and_then(|(_, name)| Bucket::parse(name));
        if let (Some(bucket), Some(orders)) = (bucket, point.fields.get("orders")) {
            sketch.add(bucket, *orders);
        }
    }
    Ok(sketch)
}

/// How payments at each provider went over some days.
///
/// # Errors
/// `Retryable`.
pub async fn payments_of(
    metrics: &dyn MetricStore,
    scope: &TenantScope,
    from: Date,
    to: Date,
) -> Result<BTreeMap<String, BTreeMap<String, i64>>> {
    let mut found: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
    for point in metrics.series(scope, PAYMENTS, &from.to_string(), &format!("{to}/~")).await? {
        let Some((_, provider)) = point.point.split_once('/') else { continue };
        let sums = found.entry(provider.to_owned()).or_default();
        for (field, by) in point.fields {
            *sums.entry(field).or_default() += by;
        }
    }
    Ok(found)
}

/// The same, as routing has it.
///
/// # Errors
/// `Retryable`.
pub async fn health_of(metrics: &dyn MetricStore, scope: &TenantScope, now: Timestamp) -> Result<BTreeMap<String, Health>> {
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let found = payments_of(metrics, scope, today.saturating_sub(HEALTH_DAYS.days()), today).await?;
    let count = |sums: &BTreeMap<String, i64>, field: &str| sums.get(field).copied().and_then(|sum| u32::try_from(sum).ok()).unwrap_or(0);
    let health = |sums: &BTreeMap<String, i64>| Health { tried: count(sums, "tried"), succeeded: count(sums, "succeeded") };
    Ok(found.iter().map(|(provider, sums)| (provider.clone(), health(sums))).collect())
}

/// What a clock counts for: what was counted of it before is taken back.
fn judged(clock: &v1::SlaClock) -> Vec<Delta> {
    let counts = |state: &str| matches!(state, "kept" | "missed");
    let point = |day: Date| format!("{day}/{}", clock.sla);
    let before = clock
        .from
        .as_deref()
        .filter(|from| counts(from))
        .map(|from| delta(SLAS, &point(clock.was_due_on.unwrap_or(clock.due_on)), from, -1));
    let now = counts(&clock.to).then(|| delta(SLAS, &point(clock.due_on), clock.to.as_str(), 1));
    before.into_iter().chain(now).collect()
}

/// What exceptions count for, and the worth of their order.
fn wrong(changed: &v1::ExceptionsChanged, now: Timestamp) -> Vec<Delta> {
    let mut deltas: Vec<Delta> = changed.exceptions.iter().flat_map(|change| excepted(change, changed, now)).collect();
    let currency = &changed.owed.currency;
    let mut counts = |worst: Option<&String>, by: i64, minor: i64| {
        let Some(worst) = worst else { return };
        deltas.push(delta(EXCEPTIONS_NOW, "all", format!("orders:{worst}:{currency}"), by));
        deltas.push(delta(EXCEPTIONS_NOW, "all", format!("value:{worst}:{currency}"), by.saturating_mul(minor)));
    };
    if changed.worst_was != changed.worst || changed.owed_was_minor != changed.owed.minor {
        counts(changed.worst_was.as_ref(), -1, changed.owed_was_minor);
        counts(changed.worst.as_ref(), 1, changed.owed.minor);
    }
    deltas
}

fn excepted(change: &v1::ExceptionChange, of: &v1::ExceptionsChanged, now: Timestamp) -> Vec<Delta> {
    let code = &change.code;
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    let is_open = |status: &str| !matches!(status, "resolved" | "closed");
    let mut deltas = Vec::new();
    let (was, is) = (change.from.as_deref().is_some_and(is_open), is_open(&change.to));
    if was != is {
        deltas.push(delta(EXCEPTIONS_NOW, "all", format!("open:{}", change.severity), if is { 1 } else { -1 }));
    }
    let again = i64::from(change.count.saturating_sub(change.count_was.max(1)));
    if again > 0 {
        deltas.push(delta(EXCEPTIONS, &day(now), format!("again:{code}"), again));
    }
    if change.from.is_none() {
        let opened_on = day(change.opened_at);
        deltas.push(delta(EXCEPTIONS, &opened_on, format!("opened:{code}"), 1));
        deltas.push(delta(EXCEPTION_HOURS, &hour(change.opened_at), "opened", 1));
        for (what, name) in [("carrier", &of.carrier), ("location", &of.location)] {
            let point = name.as_ref().map(|name| format!("{opened_on}/{what}/{name}"));
            deltas.extend(point.map(|point| delta(EXCEPTION_PLACES, &point, code, 1)));
        }
    }
    if let (Some(took_s), Some(how)) = (change.resolved_after_s, &change.resolution) {
        let point = day(now);
        deltas.push(delta(EXCEPTIONS, &point, "resolved", 1));
        deltas.push(delta(EXCEPTIONS, &point, "resolved_s", took_s));
        deltas.push(delta(EXCEPTIONS, &point, format!("how:{how}"), 1));
    }
    let due_on = day(change.due_at);
    let seen = change.seen_in_time.map(|seen| if seen { "seen" } else { "unseen" });
    let kept = change.in_time.map(|kept| if kept { "kept" } else { "missed" });
    deltas.extend(seen.into_iter().chain(kept).map(|field| delta(EXCEPTION_RESPONSES, &due_on, field, 1)));
    deltas
}

/// The point of [`HOURS`] that a moment counts for.
fn hour(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H").to_string()
}

/// How many orders were placed in some hours, each by its beginning.
///
/// # Errors
/// `Retryable`.
pub async fn placed_in(metrics: &dyn MetricStore, scope: &TenantScope, hours: &[Timestamp]) -> Result<BTreeMap<Timestamp, u64>> {
    let mut placed = BTreeMap::new();
    for at in hours {
        let points = metrics.series(scope, HOURS, &hour(*at), &hour(*at)).await?;
        let orders: i64 = points.iter().filter_map(|point| point.fields.get("orders")).sum();
        placed.insert(*at, u64::try_from(orders).unwrap_or(0));
    }
    Ok(placed)
}

/// Days by which a provider's health is judged.
const HEALTH_DAYS: i64 = 7;

const fn squared(error: i64) -> i64 {
    error * error
}

/// What an event adds to which figures.
pub fn deltas(event: &Envelope) -> Vec<Delta> {
    match &event.payload {
        Payload::OrderPlaced(placed) => {
            let day = placed.placed_on.to_string();
            let channel = format!("{day}/{}", placed.channel);
            let (revenue, orders) = (format!("revenue:{}", placed.total.currency), format!("orders:{}", placed.total.currency));
            let mut deltas = vec![
                delta(DAYS, &day, "orders", 1),
                delta(DAYS, &day, "units", i64::try_from(placed.unit_count).unwrap_or(i64::MAX)),
                delta(DAYS, &day, orders, 1),
                delta(DAYS, &day, revenue, placed.total.minor),
                delta(CHANNELS, &channel, "orders", 1),
                delta(HOURS, &hour(placed.placed_at), "orders", 1),
            ];
            // One that is imported as it stands has left before anybody here knew of it.
            let born = OrderStatus::from_word(&placed.status);
            if born.is_some_and(|born| born.has_shipped() && born != OrderStatus::PartiallyShipped) {
                deltas.push(delta(LEFT, &event.time.strftime("%Y-%m-%d").to_string(), "left", 1));
            }
            deltas
        }
        Payload::OrderLabelChanged(changed) => {
            let (orders, value) = (format!("orders:{}", changed.total.currency), format!("value:{}", changed.total.currency));
            let mut deltas = Vec::with_capacity(6);
            for (label, by) in [(Some(&changed.to), 1), (changed.from.as_ref(), -1)] {
                let Some(label) = label else { continue };
                deltas.push(delta(LABELS, label, "orders", by));
                deltas.push(delta(LABELS, label, orders.as_str(), by));
                deltas.push(delta(LABELS, label, value.as_str(), changed.total.minor.saturating_mul(by)));
            }
            deltas
        }
        Payload::OrderStatusChanged(changed) => {
            let day = event.time.strftime("%Y-%m-%d").to_string();
            let habit = habit(event.time, &changed.from);
            let mut deltas = vec![delta(MOVES, &day, if changed.automated { "automated" } else { "manual" }, 1)];
            if let Some(after_s) = changed.after_s {
                deltas.push(delta(HABITS, &habit, "left", 1));
                deltas.push(delta(HABITS, &habit, "left_s", after_s));
                deltas.push(delta(HABITS, &habit, spread::field(after_s), 1));
            }
            if let Some(ms) = changed.confirmed_after_ms {
                deltas.push(delta(CONFIRMED, &format!("{}/{}", event.time.strftime("%Y-%m"), Bucket::of(ms).name()), "orders", 1));
            }
            // Until somebody says otherwise, it was right.
            if let Some(sure) = changed.confidence {
                deltas.push(delta(HABITS, &habit, "moved", 1));
                deltas.push(delta(HABITS, &habit, "brier", squared(100 - i64::from(sure))));
            }
            let shipped = OrderStatus::Shipped.as_str();
            if (changed.to == shipped || changed.via.iter().any(|step| step == shipped))
                && !matches!(changed.cause.as_str(), "corrected" | "undone")
            {
                deltas.push(delta(LEFT, &day, "left", 1));
            }
            if let Some(journey) = &changed.journey {
                deltas.extend(arrival(journey, event.time));
            }
            deltas
        }
        Payload::OrderExceptionsChanged(changed) => wrong(changed, event.time),
        Payload::OrderSlaChanged(changed) => changed.clocks.iter().flat_map(judged).collect(),
        Payload::OrderCustomerTold(_) => vec![delta(TOLD, "all", "orders", 1)],
        Payload::OrderCustomerReplied(replied) if replied.first => vec![delta(TOLD, "all", "replied", 1)],
        Payload::OrderMessageReceipt(receipt) => {
            let point = format!("{}/{}/{}", event.time.strftime("%Y-%m"), receipt.channel, receipt.kind);
            vec![delta(RECEIPTS, &point, receipt.state.as_str(), 1)]
        }
        Payload::PaymentSettled(settled) if settled.kind == "authorize" => paid(settled, event.time),
        Payload::ReturnReceived(back) => {
            let day = event.time.strftime("%Y-%m-%d").to_string();
            let counted = [(back.first, "returns"), (back.first_fault, "faults")];
            counted.into_iter().filter(|(counts, _)| *counts).map(|(_, field)| delta(LEFT, &day, field, 1)).collect()
        }
        Payload::StockMoved(moved) => crate::stock::sold(moved, event.time),
        Payload::StockCounted(counted) => {
            let day = event.time.strftime("%Y-%m-%d").to_string();
            [("lines", counted.lines), ("matched", counted.matched)].map(|(field, by)| delta(COUNTED, &day, field, i64::from(by))).into()
        }
        Payload::OrderRated(rated) => {
            let day = event.time.strftime("%Y-%m-%d").to_string();
            let score = i64::from(rated.score);
            vec![delta(RATINGS, &day, "votes", 1), delta(RATINGS, &day, "score", score), delta(RATINGS, &day, format!("score:{score}"), 1)]
        }
        Payload::OrderDecisionJudged(judged) => {
            let habit = habit(judged.decided_at, &judged.from);
            let mut deltas = Vec::with_capacity(4);
            if judged.overruled {
                let sure = i64::from(judged.confidence);
                deltas.push(delta(HABITS, &habit, "overruled", 1));
                deltas.push(delta(HABITS, &habit, "brier", squared(sure) - squared(100 - sure)));
            }
            if let "agreed" | "disagreed" = judged.verdict.as_str() {
                deltas.push(delta(HABITS, &habit, "reviewed", 1));
                if judged.verdict == "agreed" {
                    deltas.push(delta(HABITS, &habit, "agreed", 1));
                }
            }
            deltas
        }
        _ => Vec::new(),
    }
}
