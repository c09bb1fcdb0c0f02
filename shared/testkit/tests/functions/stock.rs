//! When little is left of something.

use crate::house::House;
use crate::rest::{get, post};
use app::ports::TenantStore;
use domain::stock::StockRules;
use serde_json::{Value, json};

async fn moved(house: &House, sku: &str, by: i64, reference: &str) -> Value {
    let body = json!({ "location": "main", "by": by, "reference": reference });
    let moved = post(house, &format!("/v1/inventory/{sku}/adjust"), &[], body).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    moved.body
}

/// Events about stock since the last time.
async fn told(house: &House) -> Vec<(String, Value, Value)> {
    let mut told = Vec::new();
    for row in house.world.take_stream(usize::MAX) {
        house.relay().publish(&row).await.unwrap();
    }
    for event in house.world.take_published() {
        house.notify().run(&event, jiff::Timestamp::MAX).await.unwrap();
        let data = serde_json::to_value(&event.payload).unwrap();
        if event.payload.detail_type().starts_with("stock.") {
            told.push((event.payload.detail_type().to_owned(), data["data"]["available"].clone(), data["data"]["limit"].clone()));
        }
    }
    told
}

fn low(available: i64) -> (String, Value, Value) {
    ("stock.low.v1".to_owned(), json!(available), json!(10))
}

fn reorder(available: i64) -> (String, Value, Value) {
    ("stock.reorder_suggested.v1".to_owned(), json!(available), json!(5))
}

/// Ten and five are crossed exactly once each, however often the movement that crosses them is sent.
// req: S1-38, S2-39
#[tokio::test]
async fn low_stock_events() {
    let house = House::new().await;
    told(&house).await;
    assert_eq!(moved(&house, "MUG", 12, "delivery-1").await["grade"], "enough");
    assert_eq!(moved(&house, "MUG", -1, "sale-1").await["available"], 11);
    assert_eq!(told(&house).await, [], "11 are enough");
    for _ in 0..2 {
        assert_eq!(moved(&house, "MUG", -1, "sale-2").await["grade"], "low");
    }
    assert_eq!(told(&house).await, [low(10)]);
    moved(&house, "MUG", -4, "sale-3").await;
    assert_eq!(told(&house).await, [], "6 are no news");
    moved(&house, "MUG", -1, "sale-4").await;
    assert_eq!(told(&house).await, [reorder(5)]);
    assert_eq!(get(&house, "/v1/inventory/MUG").await.body[0]["grade"], "reorder");
    // More comes in, which is no news, and goes at once.
    moved(&house, "MUG", 20, "delivery-2").await;
    assert_eq!(told(&house).await, []);
    moved(&house, "MUG", -24, "sale-5").await;
    assert_eq!(told(&house).await, [low(1), reorder(1)]);
    let posts: Vec<String> = house.world.posts().into_iter().map(|post| post.1).filter(|text| text.contains("MUG")).collect();
    assert_eq!(
        posts,
        [
            ":package: *MUG is low*: 10 pieces are left at main, 10 or fewer are few",
            ":rotating_light: *Reorder MUG*: 5 pieces are left at main, 5 or fewer are to be reordered",
            ":package: *MUG is low*: 1 piece is left at main, 10 or fewer are few",
            ":rotating_light: *Reorder MUG*: 1 piece is left at main, 5 or fewer are to be reordered",
        ]
    );
    // What the first delivery of something brings may be few as well.
    moved(&house, "CUP%231", 3, "delivery-3").await;
    assert_eq!(told(&house).await.len(), 2);
}

// req: S1-38, S1-74
#[tokio::test]
async fn a_shop_says_itself_what_is_little() {
    let house = House::new().await;
    told(&house).await;
    let mut next = house.world.tenants().config(house.scope.tenant()).await.unwrap().unwrap();
    next.version += 1;
    next.stock = StockRules { low_at: 100, reorder_at: 0, ..StockRules::default() };
    assert_eq!(next.faults(), []);
    assert!(house.world.tenants().save(&house.scope, &next, next.version - 1).await.unwrap());
    moved(&house, "MUG", 100, "delivery-1").await;
    assert_eq!(told(&house).await, [("stock.low.v1".to_owned(), json!(100), json!(100))]);
    next.stock.reorder_at = 101;
    assert_eq!(next.faults().into_iter().map(|fault| fault.field).collect::<Vec<_>>(), ["stock.reorder_at"]);
}

/// Many take at once: whoever crosses a limit, it is crossed once.
// req: S1-38
#[tokio::test]
async fn many_who_take_at_once_cross_it_once() {
    let house = House::new().await;
    moved(&house, "MUG", 30, "delivery-1").await;
    told(&house).await;
    let takes = (0..26).map(|n| {
        let house = &house;
        async move { moved(house, "MUG", -1, &format!("sale-{n}")).await }
    });
    futures::future::join_all(takes).await;
    let names: Vec<String> = told(&house).await.into_iter().map(|told| told.0).collect();
    assert_eq!(names, ["stock.low.v1", "stock.reorder_suggested.v1"]);
}
