//! Orders that need a person, and how far an order has come.

use crate::door::{Answer, Knock, knock};
use crate::house::{House, config, identity, owner};
use app::Scopes;
use app::ports::{SendError, TenantStore};
use app::tenant::TenantConfig;
use domain::order::{Role, Vocabulary, WatchRules};
use jiff::SignedDuration;
use serde_json::{Value, json};

async fn get_as(house: &House, tenant: &str, path: &str) -> Answer {
    let reader = identity(tenant, Role::Readonly, Scopes::of_role(Role::Readonly));
    knock(orders_api::router(house.desk()), Knock { verb: "GET", path, identity: Some(reader), ..Knock::default() }).await
}

async fn get(house: &House, path: &str) -> Answer {
    get_as(house, "demo", path).await
}

async fn place(house: &House, number: &str) {
    let order = json!({
        "number": number, "currency": "USD", "customer": { "name": "Ann", "email": "ann@example.com" },
        "items": [{ "sku": "MUG", "name": "Mug", "quantity": 1, "unit_price": "5.00" }],
    });
    let (body, headers) = (order.to_string(), [("idempotency-key", number)]);
    let knocked =
        Knock { verb: "POST", path: "/v1/orders", body: body.as_bytes(), headers: &headers, identity: Some(owner()), ..Knock::default() };
    let placed = knock(orders_api::router(house.desk()), knocked).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
}

fn cases(answer: &Answer) -> Vec<(String, Vec<String>)> {
    let code = |reason: &Value| reason["code"].as_str().unwrap().to_owned();
    let of = |case: &Value| (case["order_id"].as_str().unwrap().to_owned(), case["reasons"].as_array().unwrap().iter().map(code).collect());
    answer.body["orders"].as_array().unwrap().iter().map(of).collect()
}

fn case(number: &str, reasons: &[&str]) -> (String, Vec<String>) {
    (number.to_owned(), reasons.iter().map(|&reason| reason.to_owned()).collect())
}

const PATH: &str = "/v1/orders/requiring-attention";

// req: S1-13, S1-43, S1-46
#[tokio::test]
async fn golden() {
    let house = House::whose_first_order_is("Shipped").await;
    place(&house, "2001").await;
    house.clock.advance(SignedDuration::from_mins(24 * 60 + 36));
    place(&house, "2002").await;
    house.clock.advance(SignedDuration::from_mins(47 * 60 + 54));
    // Nobody has told anybody yet. The imported orders' customers hear from the shop itself; one of those is late.
    let found = get(&house, PATH).await;
    assert_eq!(found.status, 200, "{}", found.body);
    assert_eq!(
        cases(&found),
        [
            case("2001", &["pending_too_long", "no_customer_contact"]),
            case("1001", &["overdue"]),
            case("1003", &["pending_too_long"]),
            case("2002", &["no_customer_contact"])
        ]
    );
    let [first, .., last] = &found.body["orders"].as_array().unwrap()[..] else { panic!() };
    assert_eq!((&first["age_hours"], &last["age_hours"]), (&json!(72.5), &json!(47.9)));
    assert_eq!(first["reasons"][0]["text"], "Nobody has begun for 72.5 h");
    assert_eq!(first["reasons"][0]["since"], "2025-08-11T10:00:01Z");
    assert_eq!((&first["actions"], &first["total"]), (&json!(["progress", "notify"]), &json!("5.00")));
    // Both are told now: what is left of them is their age.
    house.settle().await;
    assert_eq!(
        cases(&get(&house, PATH).await),
        [case("1001", &["overdue"]), case("1003", &["pending_too_long"]), case("2001", &["pending_too_long"])]
    );
}

// req: S1-13, S1-51
#[tokio::test]
async fn filters_pages_and_other_people() {
    let house = House::whose_first_order_is("Shipped").await;
    for at in 0..5 {
        place(&house, &format!("{}", 2001 + at)).await;
        house.clock.advance(SignedDuration::from_hours(10));
    }
    house.settle().await;
    let numbers = async |query: &str| {
        let found = get(&house, &format!("{PATH}?{query}")).await;
        assert_eq!(found.status, 200, "{query}: {}", found.body);
        cases(&found).into_iter().map(|(number, _)| number).collect::<Vec<_>>()
    };
    assert_eq!(numbers("reason=pending_too_long").await, ["1003", "2001"], "placed 50 hours ago; the others 40 and less");
    assert_eq!(numbers("reason=pending_too_long&max_age_hours=24").await, ["1003", "2001", "2002", "2003"]);
    assert_eq!(numbers("max_age_hours=60").await, ["1001"], "only the late one");
    assert_eq!(numbers("status=shipped").await, ["1001"]);
    assert_eq!(numbers("status=processing").await, [] as [&str; 0]);
    // Pages of one, to the end.
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = get(&house, &format!("{PATH}?limit=1{cursor}")).await;
        found.extend(cases(&page).into_iter().map(|(number, _)| number));
        let Some(next) = page.body["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(found, ["1001", "1003", "2001"]);
    assert_eq!(get(&house, &format!("{PATH}?limit=1&status=pending{cursor}")).await.status, 422, "a cursor of another list");
    for bad in
        ["reason=bored", "status=asleep", "max_age_hours=0", "max_age_hours=8761", "limit=0", "limit=201", "limit=x", "cursor=x", "max=1"]
    {
        let refused = get(&house, &format!("{PATH}?{bad}")).await;
        assert!(matches!(refused.status, 400 | 422), "{bad}: {}", refused.body);
    }
    let stranger = get_as(&house, "other", PATH).await;
    assert_eq!((stranger.status, cases(&stranger).len()), (200, 0));
}

/// Nothing is on fire: nothing is shown, and a shop may switch off what does not matter to it.
// req: S1-46, S1-74
#[tokio::test]
async fn what_does_not_matter_is_not_shown() {
    let house = House::whose_first_order_is("Delivered").await;
    let off = TenantConfig {
        version: 2,
        watch: WatchRules {
            pending_after_h: 0,
            processing_after_h: 0,
            stale_after_h: 0,
            contact_after_h: 0,
            stuck_after_h: 0,
            tell_late: false,
            clocks: true,
        },
        ..config()
    };
    assert!(house.world.tenants().save(&house.scope, &off, 1).await.unwrap());
    place(&house, "2001").await;
    house.clock.advance(SignedDuration::from_hours(60));
    assert_eq!(cases(&get(&house, PATH).await), []);
    assert_eq!(cases(&get(&house, &format!("{PATH}?max_age_hours=48")).await).len(), 2, "whoever asks for it");
    let open = get(&house, "/v1/orders?open=true").await;
    assert_eq!(open.body["orders"].as_array().unwrap().len(), 3, "an order that is never due is open still");
}

// req: S1-26, S1-46
#[tokio::test]
async fn the_first_message_is_remembered_and_is_no_news_of_the_order() {
    let house = House::new().await;
    place(&house, "2001").await;
    house.clock.advance(SignedDuration::from_mins(1));
    let before = get(&house, "/v1/orders/2001").await.body;
    for _ in 0..2 {
        house.settle().await;
    }
    let progress = get(&house, "/v1/orders/2001/progress").await.body;
    let told: Vec<&Value> = progress["timeline"].as_array().unwrap().iter().filter(|entry| entry["event"] == "customer_told").collect();
    assert_eq!(told.len(), 1, "{progress}");
    assert_eq!((&told[0]["text"], &told[0]["actor"]), (&json!("Customer told by email"), &json!("rule notifier")));
    let after = get(&house, "/v1/orders/2001").await.body;
    assert_eq!(after, before, "whoever has read it need not read it again");
    let stored = house.world.order(&house.scope, &domain::ids::OrderId::parse("2001").unwrap()).unwrap();
    assert_eq!((stored.version, stored.revision()), (2, 1));
}

// req: S1-09, S1-10, S1-11, S1-12, S1-27
#[tokio::test]
async fn progress_golden() {
    let house = House::new().await;
    place(&house, "2001").await;
    house.settle().await;
    let first = get(&house, "/v1/orders/2001/progress").await;
    assert_eq!((first.status, first.header("etag")), (200, "\"1\""));
    let said = |body: &Value| (body["status"].clone(), body["progress"].clone(), body["next_status"].clone(), body["eta"].clone());
    assert_eq!(
        said(&first.body),
        (json!("pending"), json!(25), json!("processing"), json!({ "day": "2025-08-12", "basis": "usual_days" }))
    );
    let claim = Vocabulary::Shop.read("shipped").unwrap().claim;
    house.hear("2001", "e1", claim, true).await;
    house.settle().await;
    let then = get(&house, "/v1/orders/2001/progress").await.body;
    assert_eq!(said(&then), (json!("shipped"), json!(75), json!("delivered"), json!({ "day": "2025-08-10", "basis": "usual_days" })));
    let notifications = then["notifications"].as_array().unwrap();
    let mails: Vec<&Value> = notifications.iter().filter(|message| message["channel"] == "email").collect();
    assert_eq!(mails.len(), 2, "one at each step");
    assert!(mails.iter().all(|mail| mail["state"] == "sent" && mail["to"] == "a***@example.com"), "{then}");
    let promised = get(&house, "/v1/orders/1002/progress").await.body;
    assert_eq!(promised["eta"], json!({ "day": "2025-08-12", "basis": "promise" }));
    assert_eq!(get(&house, "/v1/orders/9999/progress").await.status, 404);
    assert_eq!(get_as(&house, "other", "/v1/orders/2001/progress").await.status, 404);
}

// req: S1-78
#[tokio::test]
async fn why_says_what_is_in_the_way() {
    let house = House::new().await;
    place(&house, "2001").await;
    house.settle().await;
    let why = async |number: &str| get(&house, &format!("/v1/orders/{number}/why")).await;
    let fresh = why("2001").await.body;
    assert_eq!((&fresh["notification"]["summary"], &fresh["notification"]["told"]), (&json!("every message went out"), &json!(true)));
    assert_eq!((&fresh["progress"]["by_itself"], &fresh["attention"]), (&json!(false), &json!([])));
    let gates = fresh["progress"]["decision"]["gates"].as_array().unwrap();
    let closed: Vec<&Value> = gates.iter().filter(|gate| gate["open"] == false).map(|gate| &gate["name"]).collect();
    assert_eq!(closed, [&json!("age"), &json!("paid")], "{fresh}");
    assert!(fresh["progress"]["summary"].as_str().unwrap().contains("payment is pending"), "{fresh}");
    // Paid and old enough, and nothing happens: the policy is what is in the way.
    house.hear("2001", "paid", Vocabulary::Events.read("order_paid").unwrap().claim, true).await;
    house.clock.advance(SignedDuration::from_hours(49));
    let stuck = why("2001").await.body;
    assert!(stuck["progress"]["summary"].as_str().unwrap().contains("only with progress.mode auto in the settings"), "{stuck}");
    assert_eq!(stuck["attention"][0]["code"], "pending_too_long");
    // A message that was not sent, and one that cannot be.
    house.world.script_mailer([Some(SendError::Refused("the mailbox does not exist".into()))]);
    house.hear("2001", "shipped", Vocabulary::Shop.read("shipped").unwrap().claim, true).await;
    house.settle().await;
    let unsent = why("2001").await.body;
    let said = "the last message that did not go out is refused: the mailbox does not exist";
    assert_eq!(unsent["notification"]["summary"], said, "{unsent}");
    let body = json!({ "version": 1, "rules": { "Shipped": { "email": false } } }).to_string();
    let save = Knock { verb: "PUT", path: "/v1/notify-rules", body: body.as_bytes(), identity: Some(owner()), ..Knock::default() };
    assert_eq!(knock(orders_api::router(house.desk()), save).await.status, 200);
    let obstacles = json!(["the shop's rules send no message at Shipped: see /v1/notify-rules"]);
    assert_eq!(why("2001").await.body["notification"]["obstacles"], obstacles);
    assert_eq!(why("9999").await.status, 404);
    assert_eq!(get_as(&house, "other", "/v1/orders/2001/why").await.status, 404);
}
