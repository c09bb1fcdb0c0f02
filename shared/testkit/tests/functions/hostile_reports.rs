//! Signed status reports with something wrong about what they say.

use crate::door::{Knock, knock};
use crate::house::{HOOK_SECRET, House};
use crate::signing::{PLAIN, hex_tag, nothing_happened, send, signed};
use app::ports::InboxState;
use domain::ids::OrderId;
use domain::order::OrderStatus;
use jiff::SignedDuration;

// req: S0-25
#[tokio::test]
async fn a_signed_body_is_refused_whole_with_all_its_faults_and_gives_nobody_away() {
    let house = House::new().await;
    let deep = format!("{{\"orderId\":{}", "[".repeat(100_000));
    let ignored = format!(
        "{{\"orderId\":\"1003\",\"status\":\"Shipped\",\"email\":\"eve@example.com\",\"x\":{}{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let bodies: [(&[u8], u16, &[&str]); 14] = [
        (b"", 400, &[" bad_json"]),
        (b"not json", 400, &[" bad_json"]),
        (b"\xff\xfe", 400, &[" bad_json"]),
        (br#""eve@example.com""#, 400, &[" bad_json"]),
        (br#"["1003","Shipped","eve@example.com"]"#, 400, &[" bad_json"]),
        (br#"{"email":"eve@example.com","email":"john.smith@example.com","orderId":"1003","status":"Shipped"}"#, 400, &[" bad_json"]),
        (br#"{"orderId":"1003","order_id":"1002","status":"Shipped","email":"eve@example.com"}"#, 400, &[" bad_json"]),
        (deep.as_bytes(), 400, &[" bad_json"]),
        (b"{}", 422, &["orderId required", "status required", "email required"]),
        (br#"{"orderId":null,"status":null,"email":null}"#, 422, &["orderId required", "status required", "email required"]),
        (br#"{"orderId":[],"status":{},"email":true,"eta":1.5,"occurredAt":{},"sequence":"x","customer":[]}"#, 422,
            &["orderId wrong_type", "status wrong_type", "email wrong_type", "customer wrong_type", "eta wrong_type", "occurredAt wrong_type", "sequence out_of_range"]),
        (br#"{"orderId":"eve@example.com","status":"eve@example.com is angry","email":"eve@","eta":"2025-02-30","occurredAt":"yesterday","sequence":-1}"#, 422,
            &["orderId bad_number", "email bad_email", "eta bad_date", "occurredAt bad_time", "sequence out_of_range"]),
        (br#"{"orderId":"10 03","status":"Ship\u0000ped","email":"eve@example.com\r\nBcc: x@y.zz","eta":"2025-08-10nonsense"}"#, 422,
            &["orderId bad_number", "email bad_email", "status too_long", "eta bad_date"]),
        (br#"{"orderId":18446744073709551615,"status":1e400,"email":"eve@example.com"}"#, 400, &[" bad_json"]),
    ];
    for (body, status, faults) in bodies {
        let shown: String = String::from_utf8_lossy(body).chars().take(60).collect();
        let answer = send(&house, PLAIN, &[("x-signature", &hex_tag(HOOK_SECRET, body))], body).await;
        assert_eq!(answer.refuses(status, &shown).faults(), faults, "{shown}");
        house.clock.advance(SignedDuration::from_secs(61));
    }
    nothing_happened(&house);
    let rows = house.world.outbox_rows();
    let told = format!("{rows:?}");
    assert_eq!(
        rows.iter().flat_map(|row| &row.events).filter(|event| matches!(event.payload, contracts::Payload::HookRejected(_))).count(),
        14
    );
    assert!(!told.contains("eve@example.com") && !told.contains("eve@ex"), "events hold no address: {told}");
    house.settle().await;
    let posts = format!("{:?}", house.world.posts());
    assert!(!posts.contains("eve@") && !posts.contains("<!"), "{posts}");
    assert_eq!(signed(&house, &ignored).await.status, 202, "what we do not read may be as deep as it likes");
    send(&house, PLAIN, &[("x-signature", "00")], &vec![b' '; 256 * 1024 + 1]).await.refuses(413, "more than 256 KB");
    let gzip = [("x-signature", "00"), ("content-encoding", "gzip")];
    send(&house, PLAIN, &gzip, b"\x1f\x8b").await.refuses(415, "compressed");
}

/// What was accepted and cannot be applied waits with its reason, and is applied once the reason is gone.
// req: X-07
#[tokio::test]
async fn what_cannot_be_applied_is_parked_with_its_reason() {
    let house = House::new().await;
    let report = |order: &str, status: &str, email: &str, more: &str| {
        format!(r#"{{"orderId":"{order}","status":"{status}","email":"{email}"{more}}}"#)
    };
    for (body, code) in [
        (report("9999", "Shipped", "eve@example.com", ""), "unknown_order"),
        (report("1003", "Teleported", "eve@example.com", ""), "unknown_status"),
        (report("1003", "Shipped", "anna@example.com", ""), "email_mismatch"),
        (report("1003", "Shipped", "eve+x@example.com", ""), "email_mismatch"),
        (report("1003", "Shipped", "eve@example.com", r#","occurredAt":"2999-01-01T00:00:00Z""#), "refused"),
        (report("1003", "Shipped", "eve@example.com", r#","occurredAt":"2025-08-09T10:11:01Z""#), "refused"),
    ] {
        let answer = signed(&house, &body).await;
        assert_eq!(answer.status, 202, "{body}");
        let message = contracts::queue::HookReceived::read(&house.world.take_queued().unwrap()).unwrap();
        for _ in 0..2 {
            let processed = house.process().run(&message).await.unwrap();
            assert!(matches!(processed, app::process::Processed::Parked { code: found } if found == code), "{body}: {processed:?}");
        }
        let entry = house.world.inbox_entries(&house.scope).into_iter().find(|entry| entry.key.id == answer.body["event_id"]).unwrap();
        assert!(matches!(&entry.state, InboxState::Parked { reason, .. } if reason.len() > 20), "{:?}", entry.state);
    }
    let order = house.world.order(&house.scope, &OrderId::parse("1003").unwrap()).unwrap();
    assert_eq!((order.version, order.tracks.status), (1, OrderStatus::Pending), "the order has heard nothing");
    // A number with a slash is kept with a dash, and is found under both.
    house.import("77-2025", "Received", "eve@example.com", "2025-09-01").await;
    signed(&house, &report("#77/2025", "Shipped", "eve@example.com", "")).await;
    house.settle().await;
    let slashed = house.world.order(&house.scope, &OrderId::parse("77-2025").unwrap()).unwrap();
    assert_eq!(slashed.tracks.status, OrderStatus::Shipped);
    // The case of an address says nothing: it is one address.
    signed(&house, &report("1003", "shipped", "EVE@EXAMPLE.COM", "")).await;
    house.settle().await;
    assert_eq!(house.world.order(&house.scope, &order.id).unwrap().tracks.status, OrderStatus::Shipped);
    // The unknown order is imported, its webhook replayed.
    house.import("9999", "Received", "eve@example.com", "2025-09-01").await;
    let parked = house.world.inbox_entries(&house.scope).into_iter().find(|entry| entry.body.contains("9999")).unwrap();
    let path = format!("/v1/inbox/order-status/{}/replay", parked.key.id);
    let owner = Some(crate::house::owner());
    assert_eq!(knock(orders_api::router(house.desk()), Knock { path: &path, identity: owner, ..Knock::default() }).await.status, 202);
    house.settle().await;
    let replayed = house.world.order(&house.scope, &OrderId::parse("9999").unwrap()).unwrap();
    assert_eq!(replayed.tracks.status, OrderStatus::Shipped);
}

/// Days late, twice, backwards: an old word lengthens the history and changes nothing.
#[tokio::test]
async fn news_from_before_the_last_news_moves_nothing_back() {
    let house = House::new().await;
    let report =
        |status: &str, at: &str| format!(r#"{{"orderId":"1003","status":"{status}","email":"eve@example.com","occurredAt":"{at}"}}"#);
    for (status, at) in [
        ("Delivered", "2025-08-09T09:00:00Z"),
        ("Shipped", "2025-08-02T09:00:00Z"),
        ("In Transit", "2025-08-05T09:00:00Z"),
        ("Received", "1970-01-01T00:00:00Z"),
        ("Delayed", "-009999-01-02T01:59:59Z"),
    ] {
        assert_eq!(signed(&house, &report(status, at)).await.status, 202, "{at}");
        house.settle().await;
        house.clock.advance(SignedDuration::from_hours(72));
    }
    let order = house.world.order(&house.scope, &OrderId::parse("1003").unwrap()).unwrap();
    assert_eq!(order.tracks.status, OrderStatus::Delivered);
    assert_eq!(house.world.sent_mails().len(), 1, "and nobody is told anything that is no news");
    assert!(house.world.inbox_entries(&house.scope).iter().all(|entry| entry.state == InboxState::Done));
}

/// Money that comes for an order that was called off is noted, for a person to give back; the order stays called off.
#[tokio::test]
async fn a_payment_for_a_cancelled_order_does_not_revive_it() {
    use domain::order::{Label, PaymentStatus, Vocabulary};
    let house = House::new().await;
    let body = serde_json::json!({ "status": "cancelled" }).to_string();
    let owner = || Some(crate::house::owner());
    let cancelled = crate::door::rest(&house, owner(), "POST", "/v1/orders/1003/status", &[], body.as_bytes()).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    house.clock.advance(SignedDuration::from_secs(1));
    for (event, word) in [("e1", "order_paid"), ("e2", "out_for_delivery"), ("e3", "delivered")] {
        if let Some(reading) = Vocabulary::Events.read(word) {
            house.hear("1003", event, reading.claim, true).await;
        }
    }
    let order = house.world.order(&house.scope, &OrderId::parse("1003").unwrap()).unwrap();
    assert_eq!((order.tracks.status, order.tracks.payment), (OrderStatus::Cancelled, PaymentStatus::Captured));
    assert_eq!(order.label(), Label::Cancelled);
}
