//! Verbs, paths, lists, keys and versions of the REST API as a hostile client, or a broken one, uses them.

use crate::door::{Answer, rest};
use crate::house::{House, identity, owner};
use app::Scopes;
use domain::order::Role;
use serde_json::{Value, json};

async fn get(house: &House, path: &str) -> Answer {
    rest(house, Some(owner()), "GET", path, &[], b"").await
}

async fn post(house: &House, path: &str, body: &Value) -> Answer {
    rest(house, Some(owner()), "POST", path, &[], body.to_string().as_bytes()).await
}

async fn place(house: &House, key: &str, body: &str) -> Answer {
    rest(house, Some(owner()), "POST", "/v1/orders", &[("idempotency-key", key)], body.as_bytes()).await
}

#[tokio::test]
async fn the_body_the_path_and_the_headers_cannot_choose_the_tenant() {
    let house = House::new().await;
    for path in ["/v1/orders/1001", "/v1/orders/1001/timeline", "/v1/orders"] {
        let headers = [
            ("x-tenant-id", "demo"),
            ("x-identity", r#"{"tenant":"demo"}"#),
            ("x-amzn-request-context", "{}"),
            ("authorization", "Bearer x"),
        ];
        let stranger = identity("other", Role::Owner, Scopes::ALL);
        let answer = rest(&house, Some(stranger), "GET", path, &headers, b"").await;
        assert!(answer.status == 404 || answer.body["orders"] == json!([]), "{path}: {}", answer.body);
        rest(&house, None, "GET", path, &headers, b"").await.refuses(401, path);
    }
    let body = json!({ "order_id": "1003", "new_status": "processing" });
    for path in [
        "/v1/other/orders/update-status",
        "/v1/DEMO/orders/update-status",
        "/v1/demo%20/orders/update-status",
        "/v1/%64emo%00/orders/update-status",
    ] {
        post(&house, path, &body).await.refuses(404, path);
    }
    assert_eq!(post(&house, "/v1/%64emo/orders/update-status", &body).await.status, 200, "the same name, encoded");
}

#[tokio::test]
async fn verbs_and_paths_that_are_not_there() {
    let house = House::new().await;
    let routes = [
        ("/v1/orders", "GET,HEAD,POST", &["PUT", "PATCH", "DELETE", "TRACE", "CONNECT"][..]),
        ("/v1/orders/1001", "GET,HEAD", &["POST", "PUT", "PATCH", "DELETE"]),
        ("/v1/orders/1001/status", "POST", &["GET", "PUT", "DELETE"]),
        ("/v1/settings", "GET,HEAD,PUT", &["POST", "PATCH", "DELETE"]),
        ("/v1/keys/k", "DELETE", &["GET", "POST", "PUT"]),
        ("/v1/imports/orders", "POST", &["GET", "DELETE"]),
        ("/health", "GET,HEAD", &["POST", "DELETE"]),
    ];
    for (path, allowed, verbs) in routes {
        for verb in verbs {
            let answer = rest(&house, Some(owner()), verb, path, &[], b"").await;
            let mut told: Vec<&str> = answer.refuses(405, &format!("{verb} {path}")).header("allow").split(',').collect();
            told.sort_unstable();
            assert_eq!(told.join(","), allowed, "{verb} {path}");
        }
    }
    for path in [
        "/",
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/V1/orders",
        "/v1//orders",
        "/v1/orders/",
        "/v1/orders/%00",
        "/v1/orders/%2e%2e",
        "/v1/orders/..%2f..%2fetc%2fpasswd",
        "/v1/orders/1001%00",
        "/v1/orders/1001%0d%0aset-cookie:x",
        "/v1/orders/%ff",
        "/v1/orders/1001%20",
        "/v1/orders/10%2F01",
        "/v1/orders/%E2%80%AE1001",
        "/v1/orders/T%23demo%23O%231001",
        "/v1/orders/1001;x=1",
        "/v1/orders/１",
        "/v1/inventory/%20",
        "/v1/inventory/a%00b",
    ] {
        let path = path.replace('１', "%EF%BC%91");
        get(&house, &path).await.refuses(404, &path);
    }
    let long = "9".repeat(8_000);
    get(&house, &format!("/v1/orders/{long}")).await.refuses(404, "8,000 digits");
    for (endpoint, id) in [
        ("order-status", long.as_str()),
        (long.as_str(), "x"),
        ("order%23status", "x"),
        ("order-status", "a%23b"),
        ("..", "x"),
        ("order-status", "%ff"),
    ] {
        let path = format!("/v1/inbox/{endpoint}/{id}/replay");
        let shown: String = path.chars().take(60).collect();
        post(&house, &path, &json!({})).await.refuses(404, &shown);
    }
    assert!(house.world.queued().is_empty(), "nothing was queued for what is not there");
}

#[tokio::test]
async fn lists_take_no_nonsense() {
    let house = House::new().await;
    for n in 0..5 {
        house.import(&format!("80{n}"), "Received", "p@example.com", "2025-09-01").await;
    }
    for query in [
        "limit=0",
        "limit=-1",
        "limit=201",
        "limit=1e9",
        "limit=1000000000",
        "limit=18446744073709551616",
        "limit=",
        "limit=%00",
        "limit=5&limit=6",
        "limit=+5%20",
        "status=lost",
        "status=%FF",
        "status=",
        "open=maybe",
        "open=1",
        "email=x",
        "email=a@b.co%0d%0a",
        "colour=red",
        "status=pending&open=true",
        "cursor=",
        "cursor=AAAA",
        "cursor=..",
        "cursor=%00",
        "cursor=null",
        "$where=1",
        "limit[]=5",
        "tenant=other",
    ] {
        get(&house, &format!("/v1/orders?{query}")).await.refuses(422, query);
    }
    let cursor = get(&house, "/v1/orders?limit=2").await.body["next_cursor"].as_str().unwrap().to_owned();
    assert_eq!(get(&house, &format!("/v1/orders?limit=2&cursor={cursor}")).await.status, 200);
    for at in 0..cursor.len() {
        let mut forged = cursor.clone().into_bytes();
        forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(forged).unwrap();
        get(&house, &format!("/v1/orders?limit=2&cursor={forged}")).await.refuses(422, &format!("forged at {at}"));
    }
    for other in [
        format!("status=pending&cursor={cursor}"),
        format!("open=true&cursor={cursor}"),
        format!("cursor={cursor}A"),
        format!("cursor={}", &cursor[..8]),
    ] {
        get(&house, &format!("/v1/orders?{other}")).await.refuses(422, &other);
    }
    let stranger = identity("other", Role::Owner, Scopes::ALL);
    rest(&house, Some(stranger), "GET", &format!("/v1/orders?cursor={cursor}"), &[], b"").await.refuses(422, "another tenant's");
    for query in ["days=0", "days=366", "days=-1", "days=1e2", "days=99999999999", "days=x", "days=1&days=2"] {
        for path in ["/v1/stats", "/v1/analytics/performance", "/v1/analytics/business"] {
            get(&house, &format!("{path}?{query}")).await.refuses(422, query);
        }
    }
}

// req: S1-02
#[tokio::test]
async fn keys_and_versions_are_exact() {
    let house = House::new().await;
    let body = json!({ "number": "5001", "currency": "USD", "customer": { "name": "Ann" }, "items": [{ "sku": "MUG", "quantity": 1, "unit_price": "1" }] }).to_string();
    let long = "k".repeat(201);
    for headers in [
        &[][..],
        &[("idempotency-key", "")],
        &[("idempotency-key", "  ")],
        &[("idempotency-key", long.as_str())],
        &[("idempotency-key", "a"), ("idempotency-key", "b")],
    ] {
        let answer = rest(&house, Some(owner()), "POST", "/v1/orders", headers, body.as_bytes()).await;
        assert_eq!(answer.refuses(422, "key").faults(), ["Idempotency-Key required"], "{headers:?}");
    }
    let first = place(&house, "k", &body).await;
    let again = place(&house, "k", &body).await;
    assert_eq!((again.status, &again.bytes, again.header("idempotency-replayed")), (201, &first.bytes, "true"));
    let spaced = body.replace(':', ": ");
    place(&house, "k", &spaced).await.refuses(422, "the same order, written otherwise, is another request");
    let move_it = |tag: &'static str| {
        let house = &house;
        async move { rest(house, Some(owner()), "POST", "/v1/orders/1003/status", &[("if-match", tag)], br#"{"status":"processing"}"#).await }
    };
    for tag in ["", "x", "\"x\"", "\"-1\"", "\"+1\"", "\"1\", \"2\"", "\"18446744073709551616\"", "1.0"] {
        assert_eq!(move_it(tag).await.refuses(422, tag).faults(), ["If-Match bad_version"], "{tag}");
    }
    move_it("\"99\"").await.refuses(409, "from the future");
    let two = rest(
        &house,
        Some(owner()),
        "POST",
        "/v1/orders/1003/status",
        &[("if-match", "\"1\""), ("if-match", "\"2\"")],
        br#"{"status":"processing"}"#,
    )
    .await;
    two.refuses(422, "two of them");
    assert_eq!(move_it("*").await.status, 200, "whatever there is");
    for (path, body) in [
        ("/v1/orders/1003/status", json!({ "status": "delivered" })),
        ("/v1/orders/1002/status", json!({ "status": "pending" })),
        ("/v1/orders/update-status", json!({ "order_id": "1002", "new_status": "pending" })),
    ] {
        let answer = post(&house, path, &body).await;
        assert!(answer.refuses(409, path).body["allowed"].is_array(), "{}", answer.body);
    }
    for (path, body, faults) in [
        ("/v1/orders/1003/status", json!({}), &["status required"][..]),
        (
            "/v1/orders/1003/status",
            json!({ "status": null, "note": 7, "notify": "yes", "role": "owner" }),
            &["status required", "note wrong_type", "notify wrong_type", "role unknown_field"],
        ),
        ("/v1/orders/1003/status", json!({ "status": "teleported" }), &["status unknown_status"]),
        ("/v1/orders/1003/status", json!({ "status": "shipped", "note": "x".repeat(501) }), &["note too_long"]),
        ("/v1/orders/1003/correct", json!({ "status": "pending" }), &["reason required"]),
        (
            "/v1/orders/update-status",
            json!({ "order_id": 1003, "new_status": ["shipped"] }),
            &["new_status wrong_type", "order_id wrong_type"],
        ),
    ] {
        let mut found = post(&house, path, &body).await.refuses(422, path).faults();
        found.sort();
        let mut expected = faults.to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected, "{path} {body}");
    }
    post(&house, "/v1/orders/1003/correct", &json!({ "status": "pending", "reason": "  " })).await.refuses(422, "no reason");
    post(&house, "/v1/orders/9999/status", &json!({ "status": "processing" })).await.refuses(404, "unknown order");
}
