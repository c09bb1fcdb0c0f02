//! Settings, keys, imports, stock and privacy requests that could do harm.

use crate::door::{Answer, Knock, knock};
use crate::house::{House, identity, owner};
use app::{Identity, Scopes};
use domain::order::Role;
use serde_json::{Value, json};

async fn send(house: &House, identity: Identity, verb: &str, path: &str, body: &[u8]) -> Answer {
    knock(orders_api::router(house.desk()), Knock { verb, path, body, identity: Some(identity), ..Knock::default() }).await
}

async fn call(house: &House, verb: &str, path: &str, body: &Value) -> Answer {
    send(house, owner(), verb, path, body.to_string().as_bytes()).await
}

// req: S0-23
#[tokio::test]
async fn settings_take_nothing_they_do_not_know() {
    let house = House::new().await;
    let settings = send(&house, owner(), "GET", "/v1/settings", b"").await.body;
    let mut odd = settings.clone();
    odd["role"] = json!("owner");
    odd["tenant"] = json!("other");
    odd["notify"]["sms"] = json!(true);
    odd["hooks"][1]["secret"] = json!("x");
    odd["nothing"] = Value::Null;
    let mut faults = call(&house, "PUT", "/v1/settings", &odd).await.refuses(422, "unknown").faults();
    faults.sort();
    assert_eq!(faults, ["hooks[1].secret unknown_field", "notify.sms unknown_field", "role unknown_field", "tenant unknown_field"]);
    for (change, fault) in [
        ("/shop_name", "shop_name"),
        ("/time_zone", "time_zone"),
        ("/locale", "locale"),
        ("/hooks", "hooks"),
        ("/notify", "notify"),
        ("/notify/email", "notify.email"),
        ("/notify/from", "notify.from"),
        ("/hooks/0/secrets", "hooks[0].secrets"),
        ("/hooks/0/scheme", "hooks[0].scheme"),
        ("/report_hour", "report_hour"),
        ("/export/daily", "export.daily"),
        ("/pricing/enabled", "pricing.enabled"),
        ("/pricing/max_change_bps", "pricing.max_change_bps"),
        ("/pricing/accept_up_to_bps", "pricing.accept_up_to_bps"),
        ("/requests_per_minute", "requests_per_minute"),
        ("/version", "version"),
    ] {
        for value in [json!({ "$gt": "" }), json!("x".repeat(100_000)), json!(-1), json!([[]])] {
            let mut bad = settings.clone();
            *bad.pointer_mut(change).unwrap() = value.clone();
            let shown: String = format!("{change} {value}").chars().take(40).collect();
            let answer = call(&house, "PUT", "/v1/settings", &bad).await;
            assert!(answer.refuses(422, &shown).faults()[0].starts_with(fault), "{shown}: {:?}", answer.faults());
        }
    }
    // Larger than any row could hold: refused field by field, long before a store says so.
    let mut large = settings.clone();
    large["hooks"] = json!((0..60).map(|n| json!({ "name": format!("h{n}"), "scheme": "hmac", "secrets": ["s".repeat(10_000)], "vocabulary": "sheet", "notify": true })).collect::<Vec<_>>());
    let faults = call(&house, "PUT", "/v1/settings", &large).await.refuses(422, "large").faults();
    assert!(faults.contains(&"hooks too_many".to_owned()) && faults.contains(&"hooks[59].secrets weak_secret".to_owned()), "{faults:?}");
    let twice = settings.to_string().replacen("\"shop_name\"", "\"shop_name\":\"A\",\"shop_name\"", 1);
    assert_eq!(
        send(&house, owner(), "PUT", "/v1/settings", twice.as_bytes()).await.refuses(422, "twice").faults(),
        ["shop_name duplicate"]
    );
    send(&house, owner(), "PUT", "/v1/settings", &vec![b' '; 2 << 20]).await.refuses(413, "2 MB");
    let saved = call(&house, "PUT", "/v1/settings", &settings).await;
    assert_eq!((saved.status, &saved.body["version"]), (200, &json!(2)));
    assert_eq!(call(&house, "PUT", "/v1/settings", &saved.body).await.status, 200, "what was answered can be sent back");
}

// req: S0-23
#[tokio::test]
async fn keys_do_not_pile_up() {
    let house = House::new().await;
    let api = orders_api::router(house.desk());
    let key = json!({ "name": "shop", "scopes": { "ask": true } }).to_string();
    let make = || {
        house.clock.advance(jiff::SignedDuration::from_secs(2));
        let knocked = Knock { verb: "POST", path: "/v1/keys", body: key.as_bytes(), identity: Some(owner()), ..Knock::default() };
        knock(api.clone(), knocked)
    };
    let mut made = Vec::new();
    for _ in 0..orders_api::routes::keys::KEYS_MAX {
        let answer = make().await;
        if answer.status == 201 {
            made.push(answer.body["id"].as_str().unwrap().to_owned());
        }
    }
    assert!(made.len() > 90, "{}", made.len());
    assert_eq!(make().await.refuses(422, "too many keys").faults(), [" too_many"]);
    assert_eq!(send(&house, owner(), "DELETE", &format!("/v1/keys/{}", made[0]), b"").await.status, 204);
    assert_eq!(make().await.status, 201, "one that is revoked makes room");
}

/// Whatever is kept as a secret goes in and never comes out; sent back as it was shown, it stays.
// req: S0-47
#[tokio::test]
async fn no_secret_comes_out_of_the_settings() {
    let house = House::new().await;
    let mut settings = send(&house, owner(), "GET", "/v1/settings", b"").await.body;
    settings["notify"]["slack_webhook"] = json!("https://hooks.slack.com/services/T0/B0/CANARY");
    settings["notify"]["slack_bot"] = json!({ "token": "xoxb-CANARY-bot", "channel": "C012345" });
    settings["sheet"] = json!({ "spreadsheet_id": "1AbCdEfGhIjKlMn", "worksheet": null, "currency": "EUR", "enabled": true,
        "service_account": "{\"private_key\":\"CANARY\"}" });
    settings["hooks"][0]["secrets"] = json!(["CANARY-of-enough-length"]);
    let saved = call(&house, "PUT", "/v1/settings", &settings).await;
    assert_eq!(saved.status, 200, "{}", saved.body);
    let again = call(&house, "PUT", "/v1/settings", &saved.body).await;
    let read = send(&house, owner(), "GET", "/v1/settings", b"").await;
    for shown in [&saved.body, &again.body, &read.body] {
        assert!(!shown.to_string().contains("CANARY"), "{shown}");
    }
    use app::ports::TenantStore;
    let kept = house.world.tenants().config(house.scope.tenant()).await.unwrap().unwrap();
    assert_eq!(kept.notify.slack_bot.unwrap().token.expose(), "xoxb-CANARY-bot");
    assert!(kept.sheet.unwrap().service_account.expose().contains("CANARY"));
    let mut stranger = read.body;
    stranger["notify"]["slack_bot"] = json!({ "token": "short", "channel": "#general" });
    stranger["reports"] = json!({ "recipients": ["nobody"], "delayed": { "recipients": ["a@b.co", "x"], "subject": "a\u{0}b" } });
    let mut faults = call(&house, "PUT", "/v1/settings", &stranger).await.refuses(422, "bad").faults();
    faults.sort();
    assert_eq!(
        faults,
        [
            "notify.slack_bot.channel bad_channel",
            "notify.slack_bot.token bad_token",
            "reports.delayed.recipients[1] bad_email",
            "reports.delayed.subject bad_text",
            "reports.recipients[0] bad_email",
        ]
    );
}

/// A secret that was sent as "(set)" is the one of that endpoint, never another's.
#[tokio::test]
async fn a_masked_secret_cannot_be_moved() {
    let house = House::new().await;
    let settings = send(&house, owner(), "GET", "/v1/settings", b"").await.body;
    assert_eq!(settings["hooks"][0]["secrets"], json!(["(set)"]));
    let mut renamed = settings.clone();
    renamed["hooks"][0]["name"] = json!("mallory");
    assert_eq!(call(&house, "PUT", "/v1/settings", &renamed).await.refuses(422, "renamed").faults(), ["hooks[0].secrets weak_secret"]);
    let mut literal = settings;
    literal["hooks"][0]["secrets"] = json!(["(set)", "(set)", "a-new-secret-of-enough-length"]);
    assert_eq!(call(&house, "PUT", "/v1/settings", &literal).await.status, 200);
    let kept = app::ports::TenantStore::config(&house.world.tenants(), house.scope.tenant()).await.unwrap().unwrap();
    let secrets: Vec<&str> = kept.hooks[0].secrets.iter().map(|secret| secret.expose()).collect();
    assert_eq!(secrets, ["a-new-secret-of-enough-length", crate::house::HOOK_SECRET], "the new one and the old one, for a rotation");
}

#[tokio::test]
async fn a_key_gets_what_was_asked_for_and_no_more() {
    let house = House::new().await;
    for (body, faults) in [
        (json!({}), &["name required", "scopes required"][..]),
        (json!({ "name": "k", "scopes": { "ask": true, "root": true } }), &["scopes.root unknown_field"]),
        (json!({ "name": "k", "scopes": { "admin": "yes" }, "role": "owner" }), &["role unknown_field", "scopes.admin wrong_type"]),
        (json!({ "name": "k", "scopes": [] }), &["scopes wrong_type"]),
        (json!({ "name": "", "scopes": {} }), &["name bad_name"]),
        (json!({ "name": "a\r\nb", "scopes": {} }), &["name bad_name"]),
        (json!({ "name": "x".repeat(81), "scopes": {} }), &["name bad_name"]),
    ] {
        let mut found = call(&house, "POST", "/v1/keys", &body).await.refuses(422, &body.to_string()).faults();
        found.sort();
        assert_eq!(found, faults, "{body}");
    }
    let made = call(&house, "POST", "/v1/keys", &json!({ "name": "page", "scopes": { "ask": true } })).await;
    assert_eq!((made.status, &made.body["scopes"]), (201, &json!({ "ask": true, "read": false, "write": false, "admin": false })));
    let list = send(&house, owner(), "GET", "/v1/keys", b"").await;
    let text = made.body["key"].as_str().unwrap();
    assert!(!list.body.to_string().contains(text) && !list.body.to_string().contains("hash"), "{}", list.body);
    for id in ["none", "..", "%00", "key_%23", &"k".repeat(4_000)] {
        send(&house, owner(), "DELETE", &format!("/v1/keys/{id}"), b"").await.refuses(404, id);
    }
    let stranger = identity("other", Role::Owner, Scopes::ALL);
    let id = made.body["id"].as_str().unwrap();
    send(&house, stranger, "DELETE", &format!("/v1/keys/{id}"), b"").await.refuses(404, "another tenant's key");
}

/// A right is asked for before anything else: whoever may not, learns nothing but that.
#[tokio::test]
async fn every_route_asks_for_its_right() {
    let house = House::new().await;
    let routes = [
        ("GET", "/v1/orders", "read"),
        ("GET", "/v1/orders/1001", "read"),
        ("GET", "/v1/orders/9999", "read"),
        ("GET", "/v1/orders/1001/timeline", "read"),
        ("GET", "/v1/stats", "read"),
        ("GET", "/v1/analytics/performance", "read"),
        ("GET", "/v1/analytics/business", "read"),
        ("GET", "/v1/reports", "read"),
        ("GET", "/v1/exports", "read"),
        ("GET", "/v1/prices", "read"),
        ("POST", "/v1/price-proposals", "write"),
        ("POST", "/v1/prices/MUG/accept", "write"),
        ("GET", "/v1/analytics/prices", "read"),
        ("GET", "/v1/inbox", "read"),
        ("GET", "/v1/inventory/MUG", "read"),
        ("POST", "/v1/orders", "write"),
        ("POST", "/v1/orders/1001/auto-progress", "write"),
        ("POST", "/v1/inbox/order-status/x/replay", "write"),
        ("GET", "/v1/settings", "admin"),
        ("PUT", "/v1/settings", "admin"),
        ("GET", "/v1/keys", "admin"),
        ("DELETE", "/v1/keys/x", "admin"),
    ];
    let only = |scope: &str| Scopes { ask: scope == "ask", read: scope == "read", write: scope == "write", admin: scope == "admin" };
    for (verb, path, needs) in routes {
        for scope in ["ask", "read", "write", "admin"] {
            let answer = send(&house, identity("demo", Role::Service, only(scope)), verb, path, b"").await;
            assert_eq!(answer.status == 403, scope != needs, "{verb} {path} with {scope}: {}", answer.status);
        }
    }
    for (path, needs, body) in [
        ("/v1/orders/1001/status", "write", json!({ "status": "delivered" })),
        ("/v1/orders/1001/correct", "write", json!({ "status": "pending", "reason": "because" })),
        ("/v1/orders/update-status", "write", json!({ "order_id": "1001", "new_status": "delivered" })),
        ("/v1/imports/orders", "write", json!({ "channel": "x", "vocabulary": "sheet", "rows": [] })),
        ("/v1/inventory/MUG/adjust", "write", json!({ "location": "main", "by": 1, "reference": "r" })),
        ("/v1/keys", "admin", json!({ "name": "k", "scopes": { "admin": true } })),
        ("/v1/privacy/export", "admin", json!({ "email": "anna@example.com" })),
        ("/v1/privacy/erase", "admin", json!({ "email": "anna@example.com" })),
        ("/v1/privacy/erase", "admin", json!({ "order_id": "1001" })),
        ("/v1/privacy/reopen", "admin", json!({ "channel": "email", "address": "anna@example.com" })),
    ] {
        for scope in ["ask", "read", "write", "admin"] {
            let answer = send(&house, identity("demo", Role::Service, only(scope)), "POST", path, body.to_string().as_bytes()).await;
            let corrects = path.ends_with("/correct");
            assert_eq!(answer.status == 403, scope != needs || corrects, "{path} with {scope}: {}", answer.status);
        }
    }
}

#[tokio::test]
async fn rows_and_movements_are_checked_one_by_one() {
    let house = House::new().await;
    let order = |number: &str, quantity: Value| json!({ "number": number, "currency": "USD", "customer": { "name": "Ann" }, "items": [{ "sku": "MUG", "quantity": quantity, "unit_price": "1" }] });
    let rows = json!([
        { "status": "Shipped", "order": order("9001", json!(1)) },
        { "status": "Teleported", "order": order("9002", json!(1)) },
        { "status": "Shipped", "order": order("9003", json!(0)) },
        { "status": "Shipped", "order": { "currency": "USD", "customer": { "name": "Ann" }, "items": [] } },
        { "status": "Shipped", "order": order("90 04", json!(1)) },
        { "status": "Shipped", "order": order("9001", json!(1)) },
    ]);
    let import = json!({ "channel": "sheet", "vocabulary": "sheet", "rows": rows });
    let answer = call(&house, "POST", "/v1/imports/orders", &import).await;
    let refused: Vec<(u64, &str)> = answer.body["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["row"].as_u64().unwrap(), row["errors"][0]["field"].as_str().unwrap()))
        .collect();
    assert_eq!(refused, [(1, "status"), (2, "items[0].quantity"), (3, "order.number"), (4, "number")], "{}", answer.body);
    assert_eq!(
        (&answer.body["placed"], &answer.body["unchanged"]),
        (&json!(1), &json!(1)),
        "the good rows are in, the second time nothing"
    );
    let mut many = import.clone();
    many["rows"] = json!(vec![json!({ "status": "Shipped", "order": order("1", json!(1)) }); 101]);
    assert_eq!(call(&house, "POST", "/v1/imports/orders", &many).await.refuses(422, "101").faults(), ["rows too_many"]);
    for (field, value) in [("channel", json!("../x")), ("vocabulary", json!("klingon")), ("rows", json!({}))] {
        let mut bad = import.clone();
        bad[field] = value;
        assert!(call(&house, "POST", "/v1/imports/orders", &bad).await.refuses(422, field).faults()[0].starts_with(field), "{field}");
    }
    for (body, faults) in [
        (json!({ "location": "main", "by": 0, "reference": "r" }), &["by out_of_range"][..]),
        (
            json!({ "location": "Main Street", "by": i64::MIN, "reference": "" }),
            &["reference bad_reference", "location bad_location", "by out_of_range"],
        ),
        (json!({ "location": "main", "by": 1.5, "reference": "r" }), &["by wrong_type"]),
        (json!({ "location": "main", "by": 9_223_372_036_854_775_808u64, "reference": "r" }), &["by wrong_type"]),
        (json!({ "location": "a#b", "by": 1, "reference": "MOVE#x" }), &["reference bad_reference", "location bad_location"]),
    ] {
        assert_eq!(call(&house, "POST", "/v1/inventory/MUG/adjust", &body).await.refuses(422, &body.to_string()).faults(), faults);
    }
    let take = json!({ "location": "main", "by": -1, "reference": "r" });
    call(&house, "POST", "/v1/inventory/MUG/adjust", &take).await.refuses(409, "there is none");
    for email in ["", "x", "a@b", "a@b.co\r\nBcc: c@d.co", "*", "%"] {
        for path in ["/v1/privacy/export", "/v1/privacy/erase"] {
            let answer = call(&house, "POST", path, &json!({ "email": email })).await;
            assert_eq!(answer.refuses(422, email).faults(), ["email bad_email"]);
            assert!(email.len() < 3 || !answer.body.to_string().contains(email), "an address is not repeated");
        }
    }
}

/// A function answers with six megabytes at most: much is given in parts, each order in one of them.
// req: X-08
#[tokio::test]
async fn an_export_comes_in_parts_that_fit() {
    let house = House::new().await;
    let name = "\u{6f22}".repeat(65);
    let items = |n: usize| -> Vec<Value> {
        (0..1_000).map(|at| json!({ "sku": format!("S{n}-{at}"), "name": name, "quantity": 1, "unit_price": "0.01" })).collect()
    };
    for n in 0..12 {
        let order = json!({ "number": format!("90{n:02}"), "currency": "USD", "customer": { "name": "Ann", "email": "big@example.com" }, "items": items(n) });
        let rows = json!([{ "status": "Shipped", "order": order }]);
        assert_eq!(
            call(&house, "POST", "/v1/imports/orders", &json!({ "channel": "sheet", "vocabulary": "sheet", "rows": rows })).await.body["placed"],
            1
        );
    }
    let mut numbers = Vec::new();
    let mut body = json!({ "email": "big@example.com" });
    loop {
        let part = call(&house, "POST", "/v1/privacy/export", &body).await;
        assert_eq!(part.status, 200);
        assert!(part.bytes.len() < 6_000_000, "{} bytes", part.bytes.len());
        numbers.extend(part.body["orders"].as_array().unwrap().iter().map(|order| order["order"]["id"].as_str().unwrap().to_owned()));
        assert_eq!(part.body["more"], part.body["next_cursor"].is_string());
        let Some(cursor) = part.body["next_cursor"].as_str() else { break };
        let theirs = json!({ "email": "anna@example.com", "cursor": cursor });
        assert_eq!(call(&house, "POST", "/v1/privacy/export", &theirs).await.refuses(422, "another's").faults(), ["cursor bad_cursor"]);
        body["cursor"] = json!(cursor);
    }
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 12);
}
