//! Orders that somebody placed to see what breaks.

use crate::door::{Answer, rest};
use crate::house::{House, owner};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

async fn post(house: &House, path: &str, body: &Value) -> Answer {
    rest(house, Some(owner()), "POST", path, &[("idempotency-key", "k")], body.to_string().as_bytes()).await
}

/// Places an order; the key is new for every body.
async fn place(house: &House, body: &[u8]) -> Answer {
    let key = hex::encode(Sha256::digest(body));
    rest(house, Some(owner()), "POST", "/v1/orders", &[("idempotency-key", key.as_str())], body).await
}

fn order(currency: &str, quantity: Value, unit_price: &str) -> Value {
    json!({ "number": "5001", "currency": currency, "customer": { "name": "Ann" },
            "items": [{ "sku": "MUG", "quantity": quantity, "unit_price": unit_price }] })
}

// req: S1-64
#[tokio::test]
async fn no_body_is_a_crash() {
    let house = House::new().await;
    place(&house, &vec![b' '; 10 * 1024 * 1024]).await.refuses(413, "10 MB");
    let deep = format!("{{\"items\":{}", "[".repeat(500_000));
    let malformed: [&[u8]; 8] = [
        b"",
        b"{",
        b"\xff\xfe{\0}",
        b"{\"currency\":\"\xc3\x28\"}",
        b"{}{}",
        b"{\"currency\":NaN}",
        b"{\"currency\":1e400}",
        deep.as_bytes(),
    ];
    for body in malformed {
        let shown = String::from_utf8_lossy(&body[..body.len().min(30)]).into_owned();
        assert_eq!(place(&house, body).await.refuses(400, &shown).faults(), [" bad_json"], "{shown}");
    }
    let body = order("USD", json!(1), "1").to_string();
    let utf16: Vec<u8> = body.encode_utf16().flat_map(u16::to_le_bytes).collect();
    place(&house, &utf16).await.refuses(400, "UTF-16");
    for encoding in ["gzip", "br", "deflate", "identity, gzip"] {
        let headers = [("idempotency-key", "k"), ("content-encoding", encoding)];
        rest(&house, Some(owner()), "POST", "/v1/orders", &headers, body.as_bytes()).await.refuses(415, encoding);
    }
    let twice = body.replacen("\"currency\"", "\"currency\":\"EUR\",\"currency\"", 1);
    assert_eq!(place(&house, twice.as_bytes()).await.refuses(422, "twice").faults(), ["currency duplicate"]);
    assert_eq!(house.world.all_orders(&house.scope).len(), 3, "nothing was placed");
    let marked = format!("\u{feff}{body}");
    assert_eq!(place(&house, marked.as_bytes()).await.status, 201, "a byte order mark is passed over");
}

/// Wrong type or null in each field of an order, one by one and all at once.
#[tokio::test]
async fn every_field_says_what_is_wrong_with_it() {
    let house = House::new().await;
    let whole = json!({
        "number": "5001", "external_id": "x", "channel": "web", "currency": "USD", "country": "PL", "shipping": "0", "tax": "0", "discount": "0", "total": "2",
        "placed_at": "2025-08-09T09:00:00Z", "eta": "2025-08-12",
        "customer": { "name": "Ann", "email": "ann@example.com", "phone": "+48600100200", "locale": "pl" },
        "items": [{ "sku": "MUG", "name": "Mug", "quantity": 1, "unit_price": "2", "total_price": "2", "digital": false }]
    });
    let paths = [
        "/number",
        "/external_id",
        "/channel",
        "/currency",
        "/country",
        "/shipping",
        "/tax",
        "/discount",
        "/total",
        "/placed_at",
        "/eta",
        "/customer",
        "/customer/name",
        "/customer/email",
        "/customer/phone",
        "/customer/locale",
        "/items",
        "/items/0",
        "/items/0/sku",
        "/items/0/name",
        "/items/0/quantity",
        "/items/0/unit_price",
        "/items/0/total_price",
        "/items/0/digital",
    ];
    for path in paths {
        let field = path.trim_start_matches('/').replace("/0", "[0]").replace('/', ".");
        for odd in [json!([[]]), json!({ "$ne": null }), json!(-1.5), json!(true), json!("\u{0}"), json!("x".repeat(5_000)), Value::Null] {
            let mut body = whole.clone();
            *body.pointer_mut(path).unwrap() = odd.clone();
            let answer = place(&house, body.to_string().as_bytes()).await;
            // Nothing may stand in optional fields. Only the first of these orders is new.
            let fine = odd.is_null() || (field == "items[0].digital" && odd == true);
            if fine && (matches!(answer.status, 201 | 409) || answer.faults() == ["external_id taken"]) {
                continue;
            }
            let shown: String = odd.to_string().chars().take(20).collect();
            let faults = answer.refuses(422, &format!("{field}: {shown}")).faults();
            assert!(faults.iter().any(|fault| fault.starts_with(&field) || field.starts_with("items")), "{field}: {shown}: {faults:?}");
        }
    }
    let mut everything = whole;
    for field in ["number", "currency", "shipping", "placed_at", "eta"] {
        everything[field] = json!({});
    }
    everything["customer"]["email"] = json!(7);
    everything["items"][0]["quantity"] = json!("2");
    let mut faults = place(&house, everything.to_string().as_bytes()).await.refuses(422, "many").faults();
    faults.sort();
    assert_eq!(
        faults,
        [
            "currency wrong_type",
            "customer.email wrong_type",
            "eta wrong_type",
            "items[0].quantity wrong_type",
            "number wrong_type",
            "placed_at wrong_type",
            "shipping wrong_type"
        ]
    );
}

#[tokio::test]
async fn money_is_what_the_currency_can_hold() {
    let house = House::new().await;
    for (currency, price) in [
        ("USD", "-0.01"),
        ("USD", "-0"),
        ("USD", "0.001"),
        ("USD", "1e2"),
        ("USD", "1e400"),
        ("USD", "NaN"),
        ("USD", "Infinity"),
        ("USD", "0x10"),
        ("USD", "1,000.00"),
        ("USD", " 1"),
        ("USD", "１"),
        ("USD", "٣"),
        ("USD", "9007199254740993"),
        ("USD", "99999999999999999999"),
        ("USD", ""),
        ("JPY", "1.5"),
        ("JPY", "0.1"),
        ("KRW", "1.50"),
        ("KWD", "1.0005"),
        ("BHD", "0.0001"),
        ("CLF", "0.00001"),
        ("usd", "1"),
        ("US", "1"),
        ("XXX", "1"),
        ("BTC", "1"),
        ("U$D", "1"),
        ("", "1"),
        ("ＵＳＤ", "1"),
    ] {
        let answer = place(&house, order(currency, json!(1), price).to_string().as_bytes()).await;
        if price == "-0" {
            assert_eq!(answer.status, 201, "minus nothing is nothing");
            continue;
        }
        let faults = answer.refuses(422, &format!("{currency} {price}")).faults();
        assert!(
            faults.iter().all(|fault| fault.starts_with("currency") || fault.starts_with("items[0].unit_price")),
            "{currency} {price}: {faults:?}"
        );
    }
    for (number, currency, price, total) in [
        ("7001", "JPY", "1500", "3000"),
        ("7002", "KWD", "1.005", "2.010"),
        ("7003", "CLF", "0.0001", "0.0002"),
        ("7004", "ISK", "10.0", "20"),
    ] {
        let mut body = order(currency, json!(2), price);
        body["number"] = json!(number);
        let placed = place(&house, body.to_string().as_bytes()).await;
        assert_eq!((placed.status, &placed.body["total"]), (201, &json!(total)), "{currency}: {}", placed.body);
    }
    for (quantity, price) in [(json!(100_000), "90000000000.00"), (json!(100_000), "8999999999999")] {
        let faults = place(&house, order("USD", quantity, price).to_string().as_bytes()).await.refuses(422, price).faults();
        assert!(faults.contains(&"items out_of_range".to_owned()), "{faults:?}");
    }
    for quantity in [json!(0), json!(-1), json!(100_001), json!(i64::MAX), json!(i64::MIN)] {
        let faults = place(&house, order("USD", quantity.clone(), "1").to_string().as_bytes()).await.refuses(422, "quantity").faults();
        assert_eq!(faults, ["items[0].quantity out_of_range"], "{quantity}");
    }
    for raw in ["9223372036854775808", "1.0", "1e3", "\"2\"", "true", "null"] {
        let body = order("USD", json!("?"), "1").to_string().replace("\"?\"", raw);
        let faults = place(&house, body.as_bytes()).await.refuses(422, raw).faults();
        assert!(faults == ["items[0].quantity wrong_type"] || faults == ["items[0].quantity required"], "{raw}: {faults:?}");
    }
}

/// What is too large for one row is the client's fault, not the server's.
#[tokio::test]
async fn an_order_that_could_not_be_stored_is_refused() {
    let house = House::new().await;
    let items = |count: usize, name: &str| -> Vec<Value> {
        (0..count).map(|n| json!({ "sku": format!("S{n}"), "name": name, "quantity": 1, "unit_price": "0.01" })).collect()
    };
    for (items, faults) in [
        (items(1_001, "x"), vec!["items too_many"]),
        (items(1_000, &"漢".repeat(200)), vec!["items too_large"]),
        (items(1_000, &"\"".repeat(150)), vec!["items too_large"]),
    ] {
        let mut body = order("USD", json!(1), "1");
        body["items"] = json!(items);
        assert_eq!(place(&house, body.to_string().as_bytes()).await.refuses(422, "large").faults(), faults);
    }
    let mut worst = order("USD", json!(1), "1");
    worst["items"] = json!(vec![json!({ "sku": "", "quantity": 0, "unit_price": "" }); 5_000]);
    let answer = place(&house, worst.to_string().as_bytes()).await;
    answer.refuses(422, "5,000 bad items");
    assert!(answer.bytes.len() < 64 * 1024, "{} bytes of faults", answer.bytes.len());
    let rows: Vec<Value> = (0..100).map(|_| json!({ "status": "Shipped", "order": worst_row() })).collect();
    let answer = post(&house, "/v1/imports/orders", &json!({ "channel": "sheet", "vocabulary": "sheet", "rows": rows })).await;
    assert_eq!((answer.status, answer.body["refused"].as_array().unwrap().len()), (200, 100));
    assert!(answer.bytes.len() < 4 << 20, "a function answers with at most six megabytes, not {}", answer.bytes.len());
}

fn worst_row() -> Value {
    json!({ "number": "1", "currency": "X", "customer": { "name": "" }, "items": vec![json!({ "sku": "", "quantity": 0, "unit_price": "" }); 60] })
}
