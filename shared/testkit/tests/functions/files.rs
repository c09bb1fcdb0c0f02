//! Files of orders that somebody uploads.

use crate::door::{Answer, Knock, knock};
use crate::house::{House, correlation, identity, owner};
use crate::samples::Lot;
use crate::sheet::{import_of, sync_of};
use app::Scopes;
use app::ports::ReportStore;
use app::sheet::file::FILE_BYTES_MAX;
use domain::ids::OrderId;
use domain::order::Role;
use serde_json::json;
use testkit::memory::FakeSheet;

const FILE: &str = "OrderID;Customer;Status;ETA;Email;Notes\n\
                    3001;Ann;Received;2025-08-14;ann@example.com;x\n\
                    3002;Bob;Flying;2025-08-32;bob@;y\n\
                    3003;Eve;Shipped;2025-08-15;eve@example.com;\n";

async fn send(house: &House, query: &str, body: &[u8]) -> Answer {
    let path = format!("/v1/imports/files{query}");
    let knocked = Knock { verb: "POST", path: &path, body, identity: Some(owner()), ..Knock::default() };
    knock(orders_api::router(house.desk()), knocked).await
}

async fn status(house: &House, id: &str) -> Answer {
    let path = format!("/v1/imports/files/{id}");
    knock(orders_api::router(house.desk()), Knock { verb: "GET", path: &path, identity: Some(owner()), ..Knock::default() }).await
}

/// The queue delivers whatever lies there, each message twice.
async fn work(house: &House) {
    while let Some(message) = house.world.take_queued() {
        for _ in 0..2 {
            let event = json!({ "Records": [{ "messageId": "a", "body": message, "eventSource": "aws:sqs" }] });
            let sync = sync_of(house, &FakeSheet::of(""));
            let said = sheet_sync::handle(&sync, &import_of(house), &crate::saleor::sync_of(house), &Lot::default(), event, correlation())
                .await
                .unwrap();
            assert_eq!(said, json!({ "batchItemFailures": [] }));
        }
    }
}

async fn there(house: &House, number: &str) -> bool {
    house.world.order(&house.scope, &OrderId::parse(number).unwrap()).is_some()
}

// req: S0-19
#[tokio::test]
async fn a_dry_run_lists_every_bad_row_and_takes_nothing_in() {
    let house = House::new().await;
    let uploaded = send(&house, "?dry_run=true&currency=EUR", FILE.as_bytes()).await;
    assert_eq!(uploaded.status, 202, "{}", uploaded.body);
    let id = uploaded.body["id"].as_str().unwrap().to_owned();
    assert_eq!(status(&house, &id).await.body["done"], false, "nobody has looked yet");
    work(&house).await;
    let found = status(&house, &id).await.body;
    assert_eq!((&found["done"], &found["dry_run"], &found["orders"]), (&json!(true), &json!(true), &json!(2)), "{found}");
    assert_eq!((&found["placed"], &found["refused_total"]), (&json!(0), &json!(1)));
    assert_eq!(found["unknown_columns"], json!(["Notes"]));
    let bad = &found["refused"][0];
    assert_eq!((&bad["line"], &bad["number"]), (&json!(3), &json!("3002")));
    let mut fields: Vec<&str> = bad["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["ETA", "customer.email", "status"], "{bad}");
    assert!(!there(&house, "3001").await);
}

// req: S0-19
#[tokio::test]
async fn a_file_is_taken_in_once_and_what_it_said_is_not_kept() {
    let house = House::new().await;
    let id = send(&house, "", FILE.as_bytes()).await.body["id"].as_str().unwrap().to_owned();
    work(&house).await;
    let found = status(&house, &id).await.body;
    assert_eq!((&found["done"], &found["placed"], &found["refused_total"]), (&json!(true), &json!(2), &json!(1)), "{found}");
    assert!(there(&house, "3001").await && there(&house, "3003").await && !there(&house, "3002").await);
    for key in house.world.reports().list(&house.scope, "imports/", 10).await.unwrap() {
        let kept = house.world.reports().get(&house.scope, &key).await.unwrap().unwrap();
        assert!(!String::from_utf8_lossy(&kept).contains("example.com"), "{key}");
    }
    assert_eq!(send(&house, "", FILE.as_bytes()).await.body["id"], json!(id), "the same file is the same import");
    work(&house).await;
    let again = status(&house, &id).await.body;
    assert_eq!((&again["placed"], &again["updated"]), (&json!(0), &json!(0)), "{again}");
    house.settle().await;
    assert!(house.world.sent_mails().is_empty(), "orders that were there before are no news");
}

#[tokio::test]
async fn what_is_no_file_of_orders_says_what_to_do() {
    let house = House::new().await;
    for (query, body, faults) in
        [("", &b""[..], &[" empty"][..]), ("?currency=EURO&worksheet=%20", b"x", &["currency unknown_currency", "worksheet bad_name"])]
    {
        assert_eq!(send(&house, query, body).await.refuses(422, query).faults(), faults, "{query}");
    }
    send(&house, "?dryrun=true", b"x").await.refuses(422, "a misspelled dry run must not be a run");
    send(&house, "", &vec![b'x'; FILE_BYTES_MAX + 1]).await.refuses(413, "too large");
    let bomb = [b"PK\x03\x04".as_slice(), &[0; 100]].concat();
    for (body, error) in [
        (&b"\xff\xd8\xff\xe0 a picture\nx\n"[..], "order"),
        (b"Colour;Size\nblue;XL\n", "order"),
        (&bomb, "not an Excel workbook"),
        (b"\n\n", "no rows"),
    ] {
        let id = send(&house, "", body).await.body["id"].as_str().unwrap().to_owned();
        work(&house).await;
        let found = status(&house, &id).await.body;
        assert!(found["error"].as_str().is_some_and(|said| said.contains(error)) && found["done"] == true, "{error}: {found}");
    }
    for id in ["", "x", "..%2F..%2Fother%2Fimports%2Fa", "0123456789abcdef0123456789abcdef"] {
        assert_eq!(status(&house, id).await.status, 404, "{id}");
    }
    let reader = identity("demo", Role::Readonly, Scopes { read: true, ..Scopes::default() });
    let knocked = Knock { verb: "POST", path: "/v1/imports/files", body: b"x", identity: Some(reader), ..Knock::default() };
    knock(orders_api::router(house.desk()), knocked).await.refuses(403, "who may only read");
}
