//! Names that want to be markup, headers, mentions or formulas, on their way into mails, chats and sheets.

use crate::house::{House, config, correlation};
use crate::signing::signed;
use app::ports::TenantStore;
use app::tenant::{NotifySettings, TenantConfig};
use contracts::Payload;

const NAMES: [&str; 14] = [
    "<script>alert(1)</script>",
    "<!channel> <!here> <@U123>",
    "<https://evil.example|Click here>",
    "https://evil.example/login",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "@SUM(1+1)",
    "-2+3",
    "\u{202e}gnp.exe",
    "山田太郎",
    "محمد علي",
    "Zażółć gęślą jaźń",
    "O'Brien & Sons",
    "👩‍👩‍👧‍👦",
];

async fn ship(house: &House, number: &str) {
    let body = format!(r#"{{"orderId":"{number}","status":"Delivered","email":"x@example.com","eta":"2025-08-20"}}"#);
    assert_eq!(signed(house, &body).await.status, 202);
    house.settle().await;
}

// req: S0-27, S0-28, S2-88
#[tokio::test]
async fn a_name_is_a_name_wherever_it_goes() {
    let house = House::new().await;
    house.settle().await;
    for (n, name) in NAMES.iter().enumerate() {
        let number = format!("60{n:02}");
        house.import_named(&number, name, name, "x@example.com").await;
        ship(&house, &number).await;
        let mail = house.world.sent_mails().pop().unwrap();
        assert_eq!(mail.subject, format!("Order Status Update - Order {number}"), "{name}");
        assert!(!mail.text.contains(['<', '>']) && !mail.text.contains("evil") && !mail.text.contains('\u{202e}'), "{name}: {}", mail.text);
        let (_, post) = house.world.posts().pop().unwrap();
        let typed = post.replace("<mailto:x@example.com|x@example.com>", "");
        assert!(!typed.contains(['<', '>', '\u{202e}']), "{name}: {post}");
        assert_eq!(post.lines().count(), 2, "{name}: {post}");
    }
    assert_eq!(house.world.sent_mails().len(), NAMES.len());
    // The sheet is made of them all, late as they are; what its cells hold is tested where it is drawn.
    for (n, name) in NAMES.iter().enumerate() {
        house.import_named(&format!("61{n:02}"), name, name, "x@example.com").await;
    }
    house.clock.set("2025-09-30T10:00:00Z".parse().unwrap());
    let made = house.report().due(&correlation()).await.unwrap().remove(0).1;
    let app::report::Made::Report { summary, key } = made else { panic!("{made:?}") };
    assert!(summary.contains("SLA misses") && !summary.contains('<'), "{summary}");
    assert!(
        app::ports::ReportStore::get(&house.world.reports(), &house.scope, &key)
            .await
            .unwrap()
            .is_some_and(|bytes| bytes.starts_with(b"PK"))
    );
}

/// Control characters are refused at the door, so that nothing behind it meets them.
#[tokio::test]
async fn a_name_with_a_line_break_is_refused_at_the_door() {
    let house = House::new().await;
    for name in ["John\r\nBcc: x@y.zz", "John\nSubject: x", "John\u{0}", "John\u{7f}", "John\u{85}", "\u{1b}[31mJohn"] {
        let body = serde_json::json!({ "currency": "USD", "customer": { "name": name }, "items": [{ "sku": "MUG", "name": name, "quantity": 1, "unit_price": "1" }] });
        let headers = [("idempotency-key", "k")];
        let answer =
            crate::door::rest(&house, Some(crate::house::owner()), "POST", "/v1/orders", &headers, body.to_string().as_bytes()).await;
        assert_eq!(answer.refuses(422, name).faults(), ["customer.name control_character", "items[0].name control_character"]);
    }
}

/// Consent is read when a message goes out, not when its event was made.
#[tokio::test]
async fn who_opts_out_in_between_is_not_written_to() {
    let house = House::new().await;
    house.settle().await;
    signed(&house, r#"{"orderId":"1003","status":"Shipped","email":"eve@example.com"}"#).await;
    let message = contracts::queue::HookReceived::read(&house.world.take_queued().unwrap()).unwrap();
    house.process().run(&message).await.unwrap();
    for row in house.world.take_stream(usize::MAX) {
        house.relay().publish(&row).await.unwrap();
    }
    let events = house.world.take_published();
    let news = events.iter().find(|event| matches!(event.payload, Payload::OrderLabelChanged(_))).unwrap();
    let silent = TenantConfig { notify: NotifySettings { email: false, ..config().notify }, ..config() };
    assert!(house.world.tenants().save(&house.scope, &silent, 1).await.unwrap());
    house.notify().run(news, jiff::Timestamp::MAX).await.unwrap();
    assert!(house.world.sent_mails().is_empty(), "the shop has turned mail off since");
    // And a customer who was erased since has no address any more.
    assert!(house.world.tenants().save(&house.scope, &TenantConfig { version: 2, ..config() }, 2).await.unwrap());
    let email = app::privacy::address("eve@example.com").unwrap().into();
    house.privacy().erase(&crate::house::owner(), &config(), &email, &correlation()).await.unwrap();
    house.notify().run(news, jiff::Timestamp::MAX).await.unwrap();
    assert!(house.world.sent_mails().is_empty());
}
