//! Lists of stock, counts of it, and orders with suppliers.

use super::{Ports, Stage, patiently, race};
use app::TenantScope;
use app::ports::{PortError, StockLevel};
use domain::ids::{EventId, LocationId, PurchaseId, Sku};
use domain::money::{Currency, Money};
use domain::price::{Listed, PriceRules, PriceTag, Said, Signals};
use domain::stock::StockGrade;
use domain::stock::count::Found;
use domain::stock::purchase::{PurchaseCommand, PurchaseOrder, PurchaseStatus};
use jiff::Timestamp;

/// Asks again until the index has followed.
async fn settled<T: PartialEq + std::fmt::Debug, F: Future<Output = T>>(wanted: T, ask: impl Fn() -> F) {
    let mut found = ask().await;
    for tries in 0..60 {
        if found == wanted {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5 + 5 * tries)).await;
        found = ask().await;
    }
    assert_eq!(found, wanted);
}

async fn names(ports: &Ports, scope: &TenantScope, grade: Option<StockGrade>, limit: usize) -> Vec<String> {
    let (mut names, mut after) = (Vec::new(), None);
    loop {
        let page = patiently(|| ports.stock.page(scope, grade, after.as_ref(), limit)).await;
        assert!(page.levels.len() <= limit);
        names.extend(page.levels.iter().map(|level| format!("{}@{}", level.sku, level.location)));
        after = page.next;
        if after.is_none() {
            return names;
        }
    }
}

// req: S2-09
/// Everything that was ever there, what is to be reordered first; whole, part by part, and by grade.
pub async fn the_least_comes_first(ports: &Ports) {
    let stage = Stage::set();
    let (scope, stock, now) = (&stage.ours, &ports.stock, stage.now);
    for (sku, location, pieces) in [("MUG", "a", 90), ("CUP", "b", 4), ("CUP", "a", 8), ("HAT#1", "a", 1)] {
        let level = stock.adjust(scope, sku, location, pieces, "r1", now).await.unwrap().unwrap();
        let (grade, range) = match pieces {
            ..=5 => (StockGrade::Reorder, (0, 5)),
            6..=10 => (StockGrade::Low, (6, 10)),
            _ => continue,
        };
        assert_eq!(stock.grade(scope, &level, (grade, range), &[], now).await, Ok(true));
    }
    let all = ["CUP@b", "HAT#1@a", "CUP@a", "MUG@a"].map(str::to_owned).to_vec();
    for limit in [1, 3, 10] {
        settled(all.clone(), || names(ports, scope, None, limit)).await;
        settled(all[..2].to_vec(), || names(ports, scope, Some(StockGrade::Reorder), limit)).await;
        settled(all[2..3].to_vec(), || names(ports, scope, Some(StockGrade::Low), limit)).await;
        settled(all[3..].to_vec(), || names(ports, scope, Some(StockGrade::Enough), limit)).await;
    }
    let places =
        |limit| async move { stock.places(scope, limit).await.map(|found| found.into_iter().map(|place| place.sku).collect::<Vec<_>>()) };
    settled(Ok(["CUP", "HAT#1", "CUP", "MUG"].map(str::to_owned).to_vec()), || places(10)).await;
    settled(Ok(["CUP", "HAT#1"].map(str::to_owned).to_vec()), || places(2)).await;
    assert_eq!(names(ports, &stage.theirs, None, 10).await, Vec::<String>::new());
    let foreign = stock.page(scope, None, Some(&app::ports::PageKey("nonsense".into())), 10).await;
    assert!(matches!(foreign, Err(PortError::Fatal(_))), "{foreign:?}");
}

// req: S2-43
/// A count corrects the level once, and says the same again; what is promised stays.
pub async fn a_count_corrects_once(ports: &Ports) {
    let stage = Stage::set();
    let (scope, stock, now) = (&stage.ours, &ports.stock, stage.now);
    let count = |sku, counted, reference| patiently(move || stock.count(scope, (sku, "a"), counted, reference, now));
    stock.adjust(scope, "MUG", "a", 10, "week-1", now).await.unwrap();
    let fewer = Found { expected: 10, counted: 7, corrected: -3 };
    let (found, level) = count("MUG", 7, "week-1").await;
    assert_eq!((found, level.available), (fewer, 7), "its reference is not a movement's");
    stock.adjust(scope, "MUG", "a", 5, "r2", now).await.unwrap();
    let (found, level) = count("MUG", 7, "week-1").await;
    assert_eq!((found, level.available), (fewer, 12), "counted once");
    let (found, level) = count("NEW", 4, "week-1").await;
    assert_eq!((found.expected, level.available, level.reserved), (0, 4, 0));
    let counts = race(16, |runner| {
        let (ports, scope, now) = (ports.clone(), stage.ours.clone(), stage.now);
        async move { patiently(|| ports.stock.count(&scope, ("MUG", "a"), 20 + u32::try_from(runner).unwrap(), "week-2", now)).await.0 }
    })
    .await;
    assert!(counts.iter().all(|found| *found == counts[0]), "the first one stands: {counts:?}");
    let level = stock.level(scope, "MUG", "a").await.unwrap().unwrap();
    assert_eq!(level.available, counts[0].counted);
}

fn sku(name: &str) -> Sku {
    Sku::parse(name).unwrap()
}

fn draft(id: &str, now: Timestamp) -> PurchaseOrder {
    PurchaseOrder::draft(PurchaseId::parse(id).unwrap(), LocationId::parse("a").unwrap(), None, "ann".into(), now)
}

async fn done(ports: &Ports, scope: &TenantScope, order: &PurchaseOrder, command: PurchaseCommand, now: Timestamp) -> PurchaseOrder {
    let (next, supplies) = order.apply(command, now).unwrap();
    assert!(patiently(|| ports.purchases.save(scope, &next, &supplies, &[], now)).await);
    next
}

async fn numbers(ports: &Ports, scope: &TenantScope, name: &str) -> (i64, i64) {
    ports.stock.level(scope, name, "a").await.unwrap().map_or((0, 0), |level: StockLevel| (level.available, level.on_order))
}

// req: S2-40
/// A purchase order and the levels it is for change together, each delivery once.
pub async fn purchase_orders_change_with_their_levels(ports: &Ports) {
    let stage = Stage::set();
    let (scope, now) = (&stage.ours, stage.now);
    let id = PurchaseId::parse("PO-1").unwrap();
    assert_eq!(ports.purchases.load(scope, &id).await, Ok(None));
    let order = done(ports, scope, &draft("PO-1", now), PurchaseCommand::Set(vec![(sku("MUG"), 8), (sku("NEW#1"), 2)]), now).await;
    assert_eq!(ports.purchases.load(scope, &id).await, Ok(Some(order.clone())));
    assert_eq!(ports.purchases.load(&stage.theirs, &id).await, Ok(None));
    assert_eq!((numbers(ports, scope, "MUG").await, numbers(ports, scope, "NEW#1").await), ((0, 8), (0, 2)));
    let expected_on = jiff::civil::date(2026, 12, 4);
    let order = done(ports, scope, &order, PurchaseCommand::Approve { by: "bob".into(), expected_on }, now).await;
    let reference = EventId::parse("dn-1").unwrap();
    let lines = vec![(sku("MUG"), 5)];
    let order = done(ports, scope, &order, PurchaseCommand::Receive { reference, lines, last: false }, now).await;
    assert_eq!(numbers(ports, scope, "MUG").await, (5, 3));
    assert_eq!(
        ports.stock.adjust(scope, "MUG", "a", 1, "dn-1", now).await.unwrap().map(|level| level.available),
        Some(6),
        "another reference"
    );
    let other = done(ports, scope, &draft("PO-2", stage.after(1)), PurchaseCommand::Set(vec![(sku("MUG"), 1)]), now).await;
    let listed = async |open: bool| {
        let page = ports.purchases.page(scope, open, None, 10).await.unwrap();
        page.orders.iter().map(|order| order.id.to_string()).collect::<Vec<_>>()
    };
    settled(vec!["PO-2".to_owned(), "PO-1".to_owned()], || listed(true)).await;
    let first = ports.purchases.page(scope, true, None, 1).await.unwrap();
    let second = ports.purchases.page(scope, true, first.next.as_ref(), 1).await.unwrap();
    assert_eq!((first.orders, second.orders), (vec![other], vec![order.clone()]));
    let gone = done(ports, scope, &order, PurchaseCommand::Cancel { by: "bob".into() }, now).await;
    assert_eq!((gone.status, numbers(ports, scope, "MUG").await), (PurchaseStatus::Cancelled, (6, 1)));
    settled(vec!["PO-1".to_owned()], || listed(false)).await;
    settled(vec!["PO-2".to_owned()], || listed(true)).await;
}

// req: S2-40
/// Of many who change one at the same time one does, and the others do nothing.
pub async fn of_many_who_save_one_does(ports: &Ports) {
    let stage = Stage::set();
    let (scope, now) = (&stage.ours, stage.now);
    let (made, supplies) = draft("PO-1", now).apply(PurchaseCommand::Set(vec![(sku("MUG"), 7)]), now).unwrap();
    let answers = race(16, |_| {
        let (ports, scope, now, made, supplies) = (ports.clone(), stage.ours.clone(), stage.now, made.clone(), supplies.clone());
        async move { patiently(|| ports.purchases.save(&scope, &made, &supplies, &[], now)).await }
    })
    .await;
    assert_eq!(answers.iter().filter(|answer| **answer).count(), 1, "{answers:?}");
    assert_eq!(numbers(ports, scope, "MUG").await, (0, 7));
}

// req: S2-78
/// Prices stand in the list of those that wait or in the other one, by SKU, and of many who change one at the same time one does.
pub async fn prices_are_listed_by_whether_they_wait(ports: &Ports) {
    let stage = Stage::set();
    let (scope, now) = (&stage.ours, stage.now);
    let usd = |minor| Money::new(minor, Currency::parse("USD").unwrap());
    let listed = Listed { list: usd(1_000), cost: Said::Unsaid, market: Said::Amount(usd(1_200)) };
    assert_eq!(ports.prices.load(scope, &sku("MUG")).await, Ok(None));
    for name in ["MUG", "A#1%23/x", "ZIP"] {
        let tag = PriceTag::new(sku(name), listed, "ann", now);
        assert!(patiently(|| ports.prices.save(scope, &tag, &[], now)).await, "{name}");
        assert!(!patiently(|| ports.prices.save(scope, &tag, &[], now)).await, "{name}: it is not new");
        assert_eq!(ports.prices.load(scope, &sku(name)).await, Ok(Some(tag)));
    }
    assert_eq!(ports.prices.load(&stage.theirs, &sku("MUG")).await, Ok(None));
    let names = async |waiting: bool| {
        let page = ports.prices.page(scope, waiting, None, 10).await.unwrap();
        page.tags.iter().map(|tag| tag.sku.to_string()).collect::<Vec<_>>()
    };
    settled(vec!["A#1%23/x".to_owned(), "MUG".to_owned(), "ZIP".to_owned()], || names(false)).await;
    let mug = ports.prices.load(scope, &sku("MUG")).await.unwrap().unwrap();
    let waiting = mug.look(&Signals::default(), &PriceRules::default(), now).unwrap();
    let answers = race(8, |_| {
        let (ports, scope, waiting) = (ports.clone(), stage.ours.clone(), waiting.clone());
        async move { patiently(|| ports.prices.save(&scope, &waiting, &[], now)).await }
    })
    .await;
    assert_eq!(answers.iter().filter(|answer| **answer).count(), 1, "{answers:?}");
    settled(vec!["MUG".to_owned()], || names(true)).await;
    settled(vec!["A#1%23/x".to_owned(), "ZIP".to_owned()], || names(false)).await;
    let first = ports.prices.page(scope, false, None, 1).await.unwrap();
    let second = ports.prices.page(scope, false, first.next.as_ref(), 1).await.unwrap();
    assert_eq!((first.tags[0].sku.as_str(), second.tags[0].sku.as_str()), ("A#1%23/x", "ZIP"));
}
