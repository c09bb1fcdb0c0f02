//! A shop whose orders are kept in Saleor, too: its webhooks through the door and the worker, and the hourly comparison of both sides.

mod webhooks;

use crate::house::{House, config, correlation};
use crate::samples::Lot;
use app::ports::{OrderStore, TenantStore};
use app::saleor::sync::{SaleorStatus, SyncSaleor};
use app::tenant::{SaleorSettings, Secret, TenantConfig};
use domain::ids::OrderId;
use domain::order::Order;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;

pub fn settings() -> SaleorSettings {
    SaleorSettings {
        enabled: true,
        api_url: "https://shop.saleor.example/graphql/".into(),
        token: Some(Secret::new("made-up-token")),
        notify: false,
        number_prefix: String::new(),
        warehouse: None,
    }
}

pub fn sync_of(house: &House) -> SyncSaleor {
    let world = &house.world;
    SyncSaleor {
        api: Arc::new(house.saleor.clone()),
        take: house.take_in(),
        files: Arc::new(world.reports()),
        once: Arc::new(world.once()),
        outbox: Arc::new(world.outbox()),
        tenants: Arc::new(world.tenants()),
        queue: Arc::new(world.queue()),
    }
}

/// A shop with a Saleor.
pub async fn shop(account: SaleorSettings) -> House {
    let house = House::new().await;
    let config = TenantConfig { version: 2, saleor: Some(account), ..config() };
    assert!(house.world.tenants().save(&house.scope, &config, 1).await.unwrap());
    house.saleor.is_at(house.clock_now());
    house
}

pub async fn order(house: &House, number: &str) -> Option<Order> {
    house.world.orders().load(&house.scope, &OrderId::parse(number).unwrap()).await.unwrap()
}

/// How an order stands here.
pub async fn stands(house: &House, number: &str) -> String {
    order(house, number).await.map_or_else(|| "not here".into(), |order| order.tracks.status.to_string())
}

fn batch(bodies: &[&str]) -> Value {
    let record = |(at, body): (usize, &&str)| json!({ "messageId": format!("m{}", at + 1), "body": body, "eventSource": "aws:sqs" });
    json!({ "Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>() })
}

async fn call(house: &House, event: Value) -> Value {
    let sheet = crate::sheet::sync_of(house, &testkit::memory::FakeSheet::of(""));
    sheet_sync::handle(&sheet, &crate::sheet::import_of(house), &sync_of(house), &Lot::default(), event, correlation()).await.unwrap()
}

/// An hour has passed: the schedule fires, and all that follows from it happens.
async fn hour(house: &House) -> SaleorStatus {
    house.saleor.is_at(house.clock.advance(SignedDuration::from_hours(1)));
    assert_eq!(call(house, json!({ "hourly": true })).await, json!({ "saleors": ["demo"] }));
    runs(house).await
}

/// What waits in the sheet's queue is done, and what follows from that.
async fn runs(house: &House) -> SaleorStatus {
    let mut turns = 0;
    while let Some(body) = house.world.take_queued() {
        assert_eq!(call(house, batch(&[&body])).await, json!({ "batchItemFailures": [] }), "{body}");
        turns += 1;
        assert!(turns < 50, "it asks for itself for ever");
    }
    house.settle().await;
    SyncSaleor::status(&house.world.reports(), &house.scope).await.unwrap()
}

fn posts(house: &House) -> Vec<String> {
    let about = |text: &String| text.contains("Saleor");
    house.world.posts().into_iter().map(|(_, text)| text).filter(about).collect()
}

fn counts(status: &SaleorStatus) -> [usize; 5] {
    [status.read, status.placed, status.updated, status.told, status.open_total]
}

async fn moves(house: &House, number: &str, to: &str) {
    let answer = crate::rest::post(house, &format!("/v1/orders/{number}/status"), &[], json!({ "status": to })).await;
    assert_eq!(answer.status, 200, "{number} to {to}: {}", answer.body);
    house.settle().await;
}

fn minutes_ago(house: &House, minutes: i64) -> Timestamp {
    house.clock_now() - SignedDuration::from_mins(minutes)
}

// req: S2-75
#[tokio::test]
async fn what_changed_there_is_taken_in_page_by_page_and_once() {
    let house = shop(settings()).await;
    for (number, status) in [
        ("501", "UNFULFILLED"),
        ("502", "FULFILLED"),
        ("503", "DRAFT"),
        ("504", "EXPIRED"),
        ("505", "RETURNED"),
        ("506", "CANCELED"),
        ("507", "PARTIALLY_FULFILLED"),
    ] {
        house.saleor.holds(number, status, 2, minutes_ago(&house, 90));
    }
    assert_eq!(counts(&hour(&house).await), [7, 7, 0, 0, 0], "three pages");
    for (number, status) in [
        ("501", "processing"),
        ("502", "shipped"),
        ("503", "pending"),
        ("504", "failed"),
        ("505", "returned"),
        ("506", "cancelled"),
        ("507", "partially_shipped"),
    ] {
        assert_eq!(stands(&house, number).await, status, "{number}");
    }
    let first = order(&house, "501").await.unwrap();
    assert_eq!((first.channel.as_str(), first.totals.total_minor, first.external_id.as_deref()), ("saleor", 5_998, Some("T3JkZXI6501")));
    let again = hour(&house).await;
    assert_eq!([again.placed, again.updated, again.told, again.open_total], [0; 4]);
    assert!(again.read <= 7 && order(&house, "501").await.unwrap().version == first.version, "nothing is written for what is known");
    house.saleor.becomes("501", "FULFILLED", house.clock_now());
    let third = hour(&house).await;
    assert_eq!([third.placed, third.updated], [0, 1]);
    assert_eq!((stands(&house, "501").await.as_str(), house.world.sent_mails().len()), ("shipped", 0), "Saleor writes to customers itself");
}

// req: S2-75
#[tokio::test]
async fn what_left_or_was_called_off_here_is_told_there_once() {
    let house = shop(settings()).await;
    for number in ["501", "502", "503"] {
        house.saleor.holds(number, "UNFULFILLED", 2, minutes_ago(&house, 90));
    }
    hour(&house).await;
    let sent = json!({ "items": [{ "sku": "MUG", "quantity": 1 }], "carrier": "UPS", "tracking_number": "1Z999AA10123456784" });
    assert_eq!(crate::rest::post(&house, "/v1/orders/501/fulfill", &[], sent).await.status, 201);
    moves(&house, "502", "cancelled").await;
    let told = hour(&house).await;
    assert_eq!((told.told, told.open_total, told.waiting), (2, 0, 0), "{told:?}");
    assert_eq!(house.saleor.told(), ["T3JkZXI6501 sent 1 1Z999AA10123456784", "T3JkZXI6502 cancelled"]);
    for _ in 0..3 {
        assert_eq!(hour(&house).await.told, 0);
    }
    assert_eq!(crate::rest::post(&house, "/v1/orders/501/fulfill", &[], json!({})).await.status, 201);
    moves(&house, "503", "shipped").await;
    assert_eq!(hour(&house).await.told, 2);
    assert_eq!(house.saleor.told()[2..], ["T3JkZXI6501 sent 1", "T3JkZXI6503 sent 2"]);
    assert_eq!((stands(&house, "501").await.as_str(), posts(&house).len()), ("shipped", 0));
    // Orders that did not come from there are nobody's business there.
    moves(&house, "1003", "cancelled").await;
    assert_eq!((hour(&house).await.told, house.saleor.told().len()), (0, 4));
}

/// The answer was lost: the next hour looks it up, and tells nothing twice.
// req: S2-75
#[tokio::test]
async fn a_lost_answer_is_looked_up_and_never_repeated() {
    let house = shop(settings()).await;
    for (number, fate) in [("501", testkit::saleor::Fate::DoneInSilence), ("502", testkit::saleor::Fate::Silence)] {
        house.saleor.holds(number, "UNFULFILLED", 2, house.clock_now());
        hour(&house).await;
        moves(&house, number, "shipped").await;
        house.saleor.does([fate]);
        let lost = hour(&house).await;
        assert_eq!((lost.told, lost.open_total, lost.waiting), (0, 0, 1), "{lost:?}");
        let settled = hour(&house).await;
        assert_eq!((settled.open_total, settled.waiting), (0, 0), "{settled:?}");
        assert_eq!(house.saleor.told().iter().filter(|said| said.contains(number)).count(), 1, "{:?}", house.saleor.told());
    }
    assert_eq!(posts(&house), Vec::<String>::new());
}

/// Neither side's last word wins: both are named to a person, once, and so is that they agree again.
// req: S2-75
#[tokio::test]
async fn a_conflict_is_reported_with_both_states_and_nothing_is_overwritten() {
    let house = shop(settings()).await;
    for number in ["501", "502"] {
        house.saleor.holds(number, "UNFULFILLED", 2, minutes_ago(&house, 90));
    }
    hour(&house).await;
    // Sent here and called off there, within one hour.
    moves(&house, "501", "shipped").await;
    house.saleor.becomes("501", "CANCELED", house.clock_now());
    let status = hour(&house).await;
    assert_eq!((status.told, status.open_total, status.error.as_deref()), (0, 1, None), "{status:?}");
    let open = &status.open[0];
    assert_eq!((open.order_id.as_str(), open.here.unwrap().to_string(), open.there.as_str()), ("501", "shipped".into(), "CANCELED"));
    assert_eq!((stands(&house, "501").await.as_str(), house.saleor.told().len()), ("shipped", 0), "neither was overwritten");
    // Called off here and sent there.
    moves(&house, "502", "cancelled").await;
    house.saleor.becomes("502", "FULFILLED", house.clock_now());
    for _ in 0..3 {
        assert_eq!(hour(&house).await.open_total, 2);
    }
    assert_eq!((stands(&house, "502").await.as_str(), house.saleor.told().len()), ("cancelled", 0));
    let said = posts(&house);
    assert_eq!(said.len(), 2, "each news of them once: {said:?}");
    assert!(
        said[0].contains("1 order to decide: 501: shipped here, CANCELED in Saleor: it has left here, and was called off there"),
        "{}",
        said[0]
    );
    assert!(said[1].contains("2 orders to decide") && said[1].contains("502: cancelled here, FULFILLED in Saleor"), "{}", said[1]);
    // People decide: there for the one, here for the other.
    house.saleor.becomes("501", "FULFILLED", house.clock_now());
    let corrected = json!({ "status": "shipped", "reason": "it had left after all" });
    assert_eq!(crate::rest::post(&house, "/v1/orders/502/correct", &[], corrected).await.status, 200);
    assert_eq!(hour(&house).await.open_total, 0);
    assert_eq!(posts(&house).len(), 3);
    assert!(posts(&house)[2].contains("Job works again"), "{:?}", posts(&house));
}

/// What was told and has been taken back there is somebody's decision.
// req: S2-75
#[tokio::test]
async fn what_was_taken_back_there_is_not_told_again() {
    let house = shop(settings()).await;
    house.saleor.holds("501", "UNFULFILLED", 2, minutes_ago(&house, 90));
    hour(&house).await;
    moves(&house, "501", "shipped").await;
    assert_eq!(hour(&house).await.told, 1);
    house.saleor.takes_back("501", house.clock_now());
    for _ in 0..2 {
        let status = hour(&house).await;
        assert_eq!((status.told, status.open_total), (0, 1), "{status:?}");
        assert!(status.open[0].why.contains("has been taken back there since"), "{:?}", status.open);
    }
    assert_eq!((house.saleor.told().len(), posts(&house).len()), (1, 1));
}

// req: S2-75
#[tokio::test]
async fn a_saleor_that_fails_is_told_of_once_and_recovers_once() {
    use app::ports::SaleorError as E;
    let house = shop(settings()).await;
    house.saleor.holds("501", "UNFULFILLED", 2, minutes_ago(&house, 90));
    house.saleor.is_away(Some(E::Refused("Saleor does not accept the token; set saleor.token".into())));
    for _ in 0..3 {
        let failed = hour(&house).await;
        assert_eq!(failed.error.as_deref(), Some("Saleor does not accept the token; set saleor.token"));
    }
    assert_eq!(posts(&house).len(), 1, "{:?}", posts(&house));
    assert!(posts(&house)[0].contains("*Job failed: Saleor sync*"), "{:?}", posts(&house));
    house.saleor.is_away(Some(E::Retryable("Saleor answered 502".into())));
    hour(&house).await;
    assert_eq!(posts(&house).len(), 2, "another reason is news");
    house.saleor.is_away(None);
    assert_eq!(hour(&house).await.placed, 1, "what came meanwhile is not lost");
    hour(&house).await;
    assert_eq!(posts(&house).len(), 3);
    assert!(posts(&house)[2].contains("*Job works again: Saleor sync*"), "{:?}", posts(&house));
}

/// Too many requests is no failure: what is left waits until Saleor wants it, and a list that leads back to where it began ends.
// req: S2-75
#[tokio::test]
async fn throttling_and_endless_lists_end_a_run_and_no_more() {
    use app::ports::SaleorError as E;
    let house = shop(settings()).await;
    house.saleor.holds("501", "UNFULFILLED", 2, minutes_ago(&house, 90));
    house.saleor.is_away(Some(E::Throttled(Some(SignedDuration::from_secs(7)))));
    let throttled = hour(&house).await;
    assert_eq!((throttled.error, throttled.read), (None, 0));
    assert_eq!(house.saleor.asked(), 1, "it is left alone until the next hour");
    house.saleor.is_away(None);
    hour(&house).await;
    moves(&house, "501", "shipped").await;
    house.saleor.does([testkit::saleor::Fate::Fails(E::Throttled(None))]);
    hour(&house).await;
    assert_eq!((house.saleor.told().len(), posts(&house).len()), (1, 0), "asked once more, after a minute");
    house.saleor.goes_round();
    let before = house.saleor.asked();
    hour(&house).await;
    assert!(house.saleor.asked() - before <= 4, "{}", house.saleor.asked() - before);
}

/// What Saleor does not do, or says of orders that nobody can read, waits for a person and keeps nothing else waiting.
// req: S2-75
#[tokio::test]
async fn one_order_that_cannot_be_settled_keeps_no_other_waiting() {
    use app::ports::SaleorError as E;
    let house = shop(settings()).await;
    house.saleor.garbles("500", minutes_ago(&house, 95));
    house.saleor.holds("501", "UNFULFILLED", 2, minutes_ago(&house, 90));
    house.saleor.holds("502", "UNFULFILLED", 2, minutes_ago(&house, 90));
    house.saleor.holds("503", "TELEPORTED", 2, minutes_ago(&house, 90));
    // A number that came in another way.
    house.saleor.holds("1002", "CANCELED", 2, minutes_ago(&house, 90));
    let first = hour(&house).await;
    assert_eq!(counts(&first), [5, 2, 0, 0, 3], "{first:?}");
    assert_eq!(stands(&house, "1002").await, "shipped", "it is another order");
    let why: Vec<String> = first.open.iter().map(|open| format!("{} {}", open.order_id, open.why)).collect();
    assert!(why[0].starts_with("1002 order 1002 is there already and came in another way; set saleor.number_prefix"), "{why:?}");
    assert!(why[1].starts_with("500 it cannot be read: order.lines") && why[2].starts_with("503 the status is none of: DRAFT"), "{why:?}");
    moves(&house, "501", "shipped").await;
    moves(&house, "502", "shipped").await;
    house.saleor.does([testkit::saleor::Fate::Fails(E::Refused("Saleor refuses: insufficient stock (INSUFFICIENT_STOCK)".into()))]);
    let second = hour(&house).await;
    assert_eq!((second.told, second.open_total), (1, 4), "{second:?}");
    assert!(second.open.iter().any(|open| open.order_id == "501" && open.why.contains("INSUFFICIENT_STOCK")));
    // Mended there, and here by a prefix: all of it goes on.
    house.saleor.holds("500", "UNFULFILLED", 1, house.clock_now());
    house.saleor.becomes("503", "UNFULFILLED", house.clock_now());
    let prefixed = TenantConfig { version: 3, saleor: Some(SaleorSettings { number_prefix: "S-".into(), ..settings() }), ..config() };
    assert!(house.world.tenants().save(&house.scope, &prefixed, 2).await.unwrap());
    let third = hour(&house).await;
    assert_eq!((third.told, third.open_total), (1, 0), "{third:?}");
    assert_eq!((stands(&house, "S-1002").await.as_str(), stands(&house, "S-500").await.as_str()), ("cancelled", "processing"));
    assert_eq!(stands(&house, "501").await, "shipped", "what was taken in before keeps its number");
    // One that is deleted there is said, and is no error.
    house.saleor.forgets("501");
    moves(&house, "501", "delivered").await;
    let gone = hour(&house).await;
    assert_eq!((gone.error, gone.open_total), (None, 1));
    assert_eq!(gone.open[0].why, "Saleor has no such order any more");
}

/// The memory may be lost: thirty days are read again, and nothing happens twice.
// req: S2-75
#[tokio::test]
async fn a_lost_memory_repeats_nothing() {
    use app::ports::ReportStore;
    let house = shop(settings()).await;
    house.saleor.holds("501", "UNFULFILLED", 2, minutes_ago(&house, 90));
    house.saleor.holds("502", "UNFULFILLED", 2, minutes_ago(&house, 90));
    hour(&house).await;
    moves(&house, "501", "shipped").await;
    moves(&house, "502", "cancelled").await;
    hour(&house).await;
    house.world.reports().put(&house.scope, "saleor/memory.json", b"{broken".to_vec(), "application/json").await.unwrap();
    let version = order(&house, "501").await.unwrap().version;
    let again = hour(&house).await;
    assert_eq!((again.read, again.placed, again.updated, again.told), (2, 0, 0, 0), "{again:?}");
    assert_eq!((house.saleor.told().len(), order(&house, "501").await.unwrap().version), (2, version));
}

/// A person has put it on hold here; Saleor knows no such thing, and whatever else changes there does not take it off.
// req: S2-75
#[tokio::test]
async fn an_order_on_hold_here_stays_on_hold() {
    let house = shop(settings()).await;
    house.saleor.holds("501", "UNCONFIRMED", 2, minutes_ago(&house, 90));
    hour(&house).await;
    moves(&house, "501", "on_hold").await;
    house.saleor.becomes("501", "UNFULFILLED", house.clock.advance(SignedDuration::from_mins(1)));
    let status = hour(&house).await;
    assert_eq!((status.updated, status.open_total, stands(&house, "501").await.as_str()), (0, 0, "on_hold"));
}

// req: S2-75, S2-82
#[tokio::test]
async fn switched_off_nothing_is_asked_heard_or_told() {
    let house = shop(SaleorSettings { enabled: false, ..settings() }).await;
    house.saleor.holds("501", "UNFULFILLED", 2, minutes_ago(&house, 90));
    assert_eq!(call(&house, json!({ "hourly": true })).await, json!({ "saleors": [] }));
    let wish = json!({ "v": 1, "tenant": "demo", "saleor": true, "correlation": "c1" }).to_string();
    assert_eq!(call(&house, batch(&[&wish])).await, json!({ "batchItemFailures": [] }), "switched off between the wish and its turn");
    assert_eq!((house.saleor.asked(), stands(&house, "501").await.as_str()), (0, "not here"));
    let without = SaleorSettings { token: None, ..settings() };
    let config = TenantConfig { version: 3, saleor: Some(without), ..config() };
    assert!(house.world.tenants().save(&house.scope, &config, 2).await.unwrap());
    assert_eq!(call(&house, json!({ "hourly": true })).await, json!({ "saleors": [] }), "without a token it is only listened to");
}

#[tokio::test]
async fn a_tick_while_a_run_is_at_it_is_dropped_and_a_wish_comes_again() {
    use app::ports::{OnceKey, OnceStore};
    let house = shop(settings()).await;
    let key = OnceKey::new("saleor", "sync", "");
    house.world.once().claim(&house.scope, &key, "", house.clock_now(), SignedDuration::from_mins(6)).await.unwrap();
    let wish = json!({ "v": 1, "tenant": "demo", "saleor": true, "correlation": "c1" }).to_string();
    let tick = wish.replace("\"v\":1", "\"v\":1,\"scheduled\":true");
    assert_eq!(call(&house, batch(&[&tick, &wish])).await, json!({ "batchItemFailures": [{ "itemIdentifier": "m2" }] }));
}

// req: S2-75
#[tokio::test]
async fn the_api_shows_how_it_stands_compares_now_and_keeps_the_token_to_itself() {
    let house = shop(settings()).await;
    house.saleor.holds("501", "UNFULFILLED", 2, minutes_ago(&house, 90));
    let go = async |verb, path, body: &str| crate::door::rest(&house, Some(crate::house::owner()), verb, path, &[], body.as_bytes()).await;
    assert_eq!(go("POST", "/v1/saleor/sync", "").await.status, 202);
    runs(&house).await;
    let stands = go("GET", "/v1/saleor", "").await;
    assert_eq!((stands.status, &stands.body["placed"], &stands.body["open"]), (200, &json!(1), &json!([])), "{}", stands.body);
    let mut saved = go("GET", "/v1/settings", "").await.body;
    assert_eq!(saved["saleor"]["token"], "(set)", "it goes in and never comes out");
    assert_eq!(saved["saleor"]["number_prefix"], "", "what is not set can be sent back");
    saved["saleor"]["number_prefix"] = json!("S-");
    assert_eq!(go("PUT", "/v1/settings", &saved.to_string()).await.status, 200);
    let kept = house.world.tenants().config(house.scope.tenant()).await.unwrap().unwrap().saleor.unwrap();
    assert_eq!((kept.token.unwrap().expose(), kept.number_prefix.as_str()), ("made-up-token", "S-"));
    // Whoever changes the address cannot have the token sent there.
    saved["version"] = json!(3);
    saved["saleor"]["api_url"] = json!("https://elsewhere.example/graphql/");
    assert_eq!(go("PUT", "/v1/settings", &saved.to_string()).await.faults(), ["saleor.token required"]);
    saved["saleor"]["api_url"] = json!("http://shop.saleor.example/graphql/");
    assert!(go("PUT", "/v1/settings", &saved.to_string()).await.faults().contains(&"saleor.api_url bad_url".to_owned()));
    saved["saleor"] = Value::Null;
    assert_eq!(go("PUT", "/v1/settings", &saved.to_string()).await.status, 200);
    assert_eq!((go("GET", "/v1/saleor", "").await.status, go("POST", "/v1/saleor/sync", "").await.status), (404, 404));
}
