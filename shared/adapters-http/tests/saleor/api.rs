//! What is asked of Saleor's API, and what its answers mean.

use crate::double::{Double, Says, check};
use adapters_http::saleor::SaleorGraphQl;
use app::ports::{SaleorApi, SaleorError};
use app::tenant::SaleorSettings;
use domain::saleor::{Parcel, Piece};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::time::Duration;

fn since() -> Timestamp {
    "2026-11-25T09:00:00Z".parse().unwrap()
}

async fn rig(says: impl IntoIterator<Item = Says>) -> (SaleorGraphQl, Double) {
    let double = Double::that(says).await;
    (SaleorGraphQl::within(Duration::from_millis(500), Some(double.base.clone())), double)
}

fn node(number: &str) -> Value {
    json!({
        "id": format!("T3JkZXI6{number}"), "number": number, "status": "UNFULFILLED",
        "created": "2026-11-25T09:00:00+00:00", "updatedAt": "2026-11-25T09:30:00.5+00:00",
        "chargeStatus": "NONE", "authorizeStatus": "FULL", "userEmail": "ann@example.com", "languageCodeEnum": "EN",
        "totalRefunded": { "amount": 0.0 }, "shippingAddress": null, "billingAddress": null,
        "lines": [{
            "id": "L1", "productSku": "MUG", "productVariantId": "V1", "productName": "Mug", "variantName": "", "quantity": 2, "isShippingRequired": true,
            "unitPrice": { "net": { "amount": 0.1 } },
        }],
        "shippingPrice": { "net": { "amount": 0.2 } },
        "total": { "gross": { "amount": 0.4, "currency": "EUR" }, "tax": { "amount": 0.0 } },
        "work": [{
            "id": "L1", "productSku": "MUG", "productVariantId": "V1", "quantityFulfilled": 0, "quantityToFulfill": 2,
            "allocations": [{ "quantity": 2, "warehouse": { "id": "W1" } }],
        }],
        "fulfillments": [{ "id": "F1", "status": "CANCELED", "trackingNumber": "" }, { "id": "F2", "status": "FULFILLED", "trackingNumber": "1Z" }],
    })
}

fn page(nodes: &[Value], next: Option<&str>) -> Says {
    let edges: Vec<Value> = nodes.iter().map(|node| json!({ "node": node })).collect();
    Says::Data(json!({ "orders": { "pageInfo": { "hasNextPage": next.is_some(), "endCursor": next }, "edges": edges } }))
}

fn done(errors: Value) -> Says {
    Says::Data(json!({ "done": { "errors": errors } }))
}

fn parcel(warehouse: Option<&str>) -> Parcel {
    let piece =
        |line: &str, warehouse: Option<&str>, quantity| Piece { line: line.into(), warehouse: warehouse.map(str::to_owned), quantity };
    Parcel {
        name: "p1".into(),
        number: Some("1Z999".into()),
        pieces: vec![piece("L1", Some("W1"), 1), piece("L1", warehouse, 2), piece("L2", Some("W1"), 1)],
    }
}

// req: S2-75
#[tokio::test]
async fn orders_are_read_in_pages_and_a_bad_one_hides_no_other() {
    let mut bad = node("502");
    bad["total"]["gross"]["currency"] = json!("??");
    let (api, double) = rig([page(&[node("501"), bad, json!("no order")], Some("c1")), page(&[node("503")], None)]).await;
    let first = api.changed(&double.account(), since(), None).await.unwrap();
    assert_eq!(first.next.as_deref(), Some("c1"));
    let order = first.orders[0].as_ref().unwrap();
    assert_eq!(
        (order.number.as_str(), order.lines[0].unit_minor, order.shipping_minor, order.total_minor),
        ("501", 10, 20, 40),
        "no float touches money"
    );
    let refused = first.orders[1].as_ref().unwrap_err();
    assert_eq!((refused.number.as_deref(), refused.id.as_deref()), (Some("502"), Some("T3JkZXI6502")));
    assert!(first.orders[2].is_err() && first.orders.len() == 3);
    assert_eq!(api.changed(&double.account(), since(), Some("c1")).await.unwrap().next, None);
    assert_eq!(double.variables()[0], json!({ "first": 50, "after": null, "since": "2026-11-25T09:00:00Z" }));
    assert_eq!(double.variables()[1]["after"], "c1");
}

// req: S2-75
#[tokio::test]
async fn a_list_that_does_not_go_on_ends() {
    let many: Vec<Value> = (0..51).map(|n| node(&n.to_string())).collect();
    for says in [page(&[node("501")], Some("c1")), page(&[], Some("c2")), page(&many, None)] {
        let (api, double) = rig([says]).await;
        let went = api.changed(&double.account(), since(), Some("c1")).await;
        assert_eq!(went, Err(SaleorError::Retryable("Saleor's list of orders does not go on".into())));
    }
    let nowhere =
        Says::Data(json!({ "orders": { "pageInfo": { "hasNextPage": true, "endCursor": null }, "edges": [{ "node": node("1") }] } }));
    let (api, double) = rig([nowhere]).await;
    assert!(api.changed(&double.account(), since(), None).await.is_err());
}

// req: S2-75
#[tokio::test]
async fn an_order_is_read_with_what_can_be_done_about_it() {
    let (api, double) = rig([Says::Data(json!({ "order": node("501") })), Says::Data(json!({ "order": null }))]).await;
    let found = api.order(&double.account(), "T3JkZXI6501").await.unwrap().unwrap();
    assert_eq!(found.order.unwrap().number, "501");
    let line = &found.lines[0];
    assert_eq!(
        (line.id.as_str(), line.sku.as_str(), line.sent, line.open, line.at.as_slice()),
        ("L1", "MUG", 0, 2, [("W1".to_owned(), 2)].as_slice())
    );
    let parcels: Vec<_> = found.parcels.iter().map(|one| (one.id.as_str(), one.number.as_str(), one.stands)).collect();
    assert_eq!(parcels, [("F1", "", false), ("F2", "1Z", true)]);
    assert_eq!(api.order(&double.account(), "T3JkZXI6502").await, Ok(None));
}

// req: S2-75
#[tokio::test]
async fn parcels_calls_off_and_numbers_are_told_as_the_schema_wants_them() {
    let (api, double) = rig([done(json!([])), done(json!([])), done(json!([]))]).await;
    let account = SaleorSettings { warehouse: Some("W9".into()), ..double.account() };
    assert_eq!(api.fulfil(&account, "T3JkZXI6501", &parcel(None)).await, Ok(()));
    assert_eq!(api.cancel(&account, "T3JkZXI6501").await, Ok(()));
    assert_eq!(api.number(&account, "F1", "1Z999").await, Ok(()));
    let stock = |warehouse: &str, quantity: u32| json!({ "quantity": quantity, "warehouse": warehouse });
    assert_eq!(
        double.variables()[0],
        json!({ "order": "T3JkZXI6501", "input": {
            "lines": [{ "orderLineId": "L1", "stocks": [stock("W1", 1), stock("W9", 2)] }, { "orderLineId": "L2", "stocks": [stock("W1", 1)] }],
            "notifyCustomer": false, "allowStockToBeExceeded": true, "trackingNumber": "1Z999",
        } })
    );
    assert_eq!(
        double.variables()[1..],
        [json!({ "order": "T3JkZXI6501" }), json!({ "parcel": "F1", "input": { "trackingNumber": "1Z999", "notifyCustomer": false } }),]
    );
    let nowhere = api.fulfil(&double.account(), "T3JkZXI6501", &parcel(None)).await.unwrap_err();
    assert!(matches!(nowhere, SaleorError::Refused(why) if why.contains("saleor.warehouse")));
    assert_eq!(double.variables().len(), 3, "nothing was asked");
}

/// Saleor fails in many ways; each says what is to be done next, and a step whose answer is lost may have been done.
// req: S2-75
#[tokio::test]
async fn each_failure_says_what_next() {
    let top = |message: &str, code: &str| json!({ "data": null, "errors": [{ "message": message, "extensions": { "exception": { "code": code } } }] });
    let retry = |why: &str| SaleorError::Retryable(why.into());
    let refused = |why: &str| SaleorError::Refused(why.into());
    let rows: Vec<(Says, SaleorError, Option<SaleorError>)> = vec![
        (Says::Later(429, "7"), SaleorError::Throttled(Some(SignedDuration::from_secs(7))), None),
        (Says::Later(429, "soon"), SaleorError::Throttled(None), None),
        (Says::Text(401, String::new()), refused("Saleor does not accept the token; set saleor.token"), None),
        (Says::Text(404, String::new()), refused("Saleor answered 404; saleor.api_url must be the address of its GraphQL API"), None),
        (Says::Text(302, String::new()), refused("Saleor answered 302; saleor.api_url must be the address of its GraphQL API"), None),
        (Says::Text(502, String::new()), retry("Saleor answered 502"), Some(SaleorError::Unknown("Saleor answered 502".into()))),
        (Says::Nothing, retry("Saleor did not answer in time"), Some(SaleorError::Unknown("Saleor did not answer in time".into()))),
        (
            Says::Text(200, "<html>".into()),
            retry("Saleor's answer cannot be read"),
            Some(SaleorError::Unknown("Saleor's answer cannot be read".into())),
        ),
        (Says::Raw(200, top("no", "PermissionDenied")), refused("Saleor says: no"), None),
        (Says::Raw(200, top("Signature has expired", "ExpiredSignatureError")), refused("Saleor says: Signature has expired"), None),
        (Says::Raw(200, top("too dear", "QueryCostError")), refused("Saleor says: too dear"), None),
        (Says::Raw(200, top("oops", "OperationalError")), retry("Saleor says: oops"), None),
        (Says::Raw(400, json!({ "errors": [{ "message": "no such\nfield" }] })), refused("Saleor says: no such field"), None),
    ];
    for (says, reading, stepping) in rows {
        let (api, double) = rig([says.clone(), says]).await;
        assert_eq!(api.changed(&double.account(), since(), None).await.unwrap_err(), reading);
        assert_eq!(api.cancel(&double.account(), "O1").await.unwrap_err(), stepping.unwrap_or(reading));
    }
    let (api, double) = rig([done(json!([{ "field": "lines", "message": "Insufficient stock", "code": "INSUFFICIENT_STOCK" }]))]).await;
    let said = api.fulfil(&double.account(), "O1", &parcel(Some("W1"))).await.unwrap_err();
    assert_eq!(said, refused("Saleor refuses: Insufficient stock (INSUFFICIENT_STOCK)"));
    let nobody = SaleorSettings { api_url: format!("{}/graphql/", "http://127.0.0.1:1"), ..double.account() };
    let api = SaleorGraphQl::new(Some("http://127.0.0.1:1".into()));
    assert_eq!(api.cancel(&nobody, "O1").await.unwrap_err(), retry("Saleor cannot be reached at saleor.api_url"), "nothing was sent");
}

/// The token goes nowhere but to the open net.
// req: S2-75
#[tokio::test]
async fn nothing_is_called_that_is_not_on_the_open_net() {
    let double = Double::that([]).await;
    let api = SaleorGraphQl::new(None);
    for url in [
        double.account().api_url.as_str(),
        "https://127.0.0.1/graphql/",
        "https://169.254.169.254/",
        "http://shop.saleor.example/graphql/",
        "x",
    ] {
        let account = SaleorSettings { api_url: url.into(), ..double.account() };
        let why = api.cancel(&account, "O1").await.unwrap_err();
        assert!(matches!(&why, SaleorError::Refused(why) if why.contains("open net")), "{url}: {why:?}");
    }
    let by_name = SaleorSettings { api_url: "https://localhost:1/graphql/".into(), ..double.account() };
    assert!(matches!(api.cancel(&by_name, "O1").await.unwrap_err(), SaleorError::Retryable(_)));
    let no_token = SaleorSettings { token: None, ..double.account() };
    let double_api = SaleorGraphQl::new(Some(double.base.clone()));
    assert_eq!(double_api.cancel(&no_token, "O1").await, Err(SaleorError::Refused("saleor.token is not set".into())));
    assert_eq!(double.variables().len(), 0);
}

/// What docs/saleor.md tells people to subscribe to.
// req: S2-76
#[test]
fn the_documented_subscription_keeps_the_schema() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/saleor.md")).unwrap();
    let queries: Vec<&str> = page.split("```graphql\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(queries.len(), 1);
    for query in queries {
        check(query).unwrap();
        for field in ["chargeStatus", "totalRefunded", "quantity", "isShippingRequired", "updatedAt", "__typename"] {
            assert!(query.contains(field), "{field}");
        }
    }
}
