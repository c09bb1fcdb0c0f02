//! Stock.

use super::samples::number;
use super::{Ports, Stage, patiently, race};
use app::ports::{PortError, Reserved, StockLevel};
use domain::stock::StockGrade;

fn level(sku: &str, location: &str, available: i64, reserved: i64) -> StockLevel {
    StockLevel { sku: sku.into(), location: location.into(), available, reserved, grade: StockGrade::Enough, grades: 0 }
}

// req: X-03
/// Every movement once, and nothing that is not there is taken.
pub async fn stock_moves_once_per_reference_and_never_below_zero(ports: &Ports) {
    let stage = Stage::set();
    let (scope, stock, now) = (&stage.ours, &ports.stock, stage.now);
    assert_eq!(stock.level(scope, "MUG#1", "a").await, Ok(None));
    assert_eq!(stock.adjust(scope, "MUG#1", "a", -1, "r0", now).await, Ok(None), "there is nothing to take from");
    assert_eq!(stock.level(scope, "MUG#1", "a").await, Ok(None));
    for _ in 0..2 {
        assert_eq!(stock.adjust(scope, "MUG#1", "a", 10, "r1", now).await, Ok(Some(level("MUG#1", "a", 10, 0))));
    }
    assert_eq!(stock.adjust(scope, "MUG#1", "a", -11, "r2", now).await, Ok(None));
    assert_eq!(
        stock.adjust(scope, "MUG#1", "a", -4, "r2", now).await,
        Ok(Some(level("MUG#1", "a", 6, 0))),
        "a refusal used up no reference"
    );
    // A transfer has one reference and two places.
    assert_eq!(stock.adjust(scope, "MUG#1", "a", -2, "transfer", now).await, Ok(Some(level("MUG#1", "a", 4, 0))));
    assert_eq!(stock.adjust(scope, "MUG#1", "b#1", 2, "transfer", now).await, Ok(Some(level("MUG#1", "b#1", 2, 0))));
    assert_eq!(stock.adjust(scope, "MUG", "c", 0, "r1", now).await, Ok(Some(level("MUG", "c", 0, 0))));
    assert_eq!(stock.levels(scope, "MUG#1").await, Ok(vec![level("MUG#1", "a", 4, 0), level("MUG#1", "b#1", 2, 0)]));
    assert_eq!(stock.levels(scope, "none").await, Ok(Vec::new()));
    let absurd = stock.adjust(scope, "MUG#1", "a", i64::MAX, "absurd", now).await;
    assert!(matches!(absurd, Err(PortError::Fatal(_))), "{absurd:?}");
    assert_eq!(stock.level(scope, "MUG#1", "a").await, Ok(Some(level("MUG#1", "a", 4, 0))));
}

// req: X-03
/// Held once, given back once, then free to be held again.
pub async fn a_hold_is_held_and_released_once(ports: &Ports) {
    let stage = Stage::set();
    let (scope, stock, now) = (&stage.ours, &ports.stock, stage.now);
    let (first, second) = (number("1001"), number("1002"));
    assert_eq!(stock.reserve(scope, "MUG", "a", &first, 1, now).await, Ok(Reserved::Short { available: 0 }));
    stock.adjust(scope, "MUG", "a", 5, "r1", now).await.unwrap();
    assert_eq!(stock.reserve(scope, "MUG", "a", &first, 3, now).await, Ok(Reserved::Held));
    for quantity in [3, 1] {
        assert_eq!(stock.reserve(scope, "MUG", "a", &first, quantity, now).await, Ok(Reserved::Again));
    }
    assert_eq!(stock.level(scope, "MUG", "a").await, Ok(Some(level("MUG", "a", 2, 3))));
    assert_eq!(stock.reserve(scope, "MUG", "a", &second, 3, now).await, Ok(Reserved::Short { available: 2 }));
    assert_eq!(stock.release(scope, "MUG", "a", &second, now).await, Ok(false), "nothing was held");
    assert_eq!(stock.adjust(scope, "MUG", "a", -3, "r2", now).await, Ok(None), "what is held cannot be taken");
    assert_eq!(stock.release(scope, "MUG", "b", &first, now).await, Ok(false), "held elsewhere");
    assert_eq!(stock.release(scope, "MUG", "a", &first, now).await, Ok(true));
    assert_eq!(stock.release(scope, "MUG", "a", &first, now).await, Ok(false));
    assert_eq!(stock.level(scope, "MUG", "a").await, Ok(Some(level("MUG", "a", 5, 0))));
    assert_eq!(stock.reserve(scope, "MUG", "a", &first, 5, now).await, Ok(Reserved::Held));
    assert_eq!(stock.level(scope, "MUG", "a").await, Ok(Some(level("MUG", "a", 0, 5))));
    assert_eq!(stock.release(scope, "MUG", "a", &first, now).await, Ok(true));
    assert_eq!(stock.level(scope, "MUG", "a").await, Ok(Some(level("MUG", "a", 5, 0))));
}

// req: X-03
/// Sixty-four orders, ten mugs.
pub async fn of_64_reservations_of_ten_units_ten_hold(ports: &Ports) {
    let stage = Stage::set();
    ports.stock.adjust(&stage.ours, "MUG", "a", 10, "r1", stage.now).await.unwrap();
    let answers = race(64, |runner| {
        let (ports, scope, now) = (ports.clone(), stage.ours.clone(), stage.now);
        async move {
            let order = number(&format!("order-{runner}"));
            let reserved = patiently(|| ports.stock.reserve(&scope, "MUG", "a", &order, 1, now)).await;
            let seen = ports.stock.level(&scope, "MUG", "a").await.unwrap().unwrap();
            assert!(seen.available >= 0 && seen.available + seen.reserved == 10, "{seen:?}");
            reserved
        }
    })
    .await;
    let held = answers.iter().filter(|answer| **answer == Reserved::Held).count();
    let short = answers.iter().filter(|answer| matches!(answer, Reserved::Short { .. })).count();
    assert_eq!((held, short), (10, 54), "{answers:?}");
    assert_eq!(ports.stock.level(&stage.ours, "MUG", "a").await, Ok(Some(level("MUG", "a", 0, 10))));
}

// req: X-03
/// Another tenant's stock does not exist.
pub async fn stock_is_its_tenants_own(ports: &Ports) {
    let stage = Stage::set();
    let (stock, now) = (&ports.stock, stage.now);
    stock.adjust(&stage.ours, "MUG", "a", 5, "r1", now).await.unwrap();
    let order = number("1001");
    assert_eq!(stock.reserve(&stage.ours, "MUG", "a", &order, 1, now).await, Ok(Reserved::Held));
    assert_eq!(stock.level(&stage.theirs, "MUG", "a").await, Ok(None));
    assert_eq!(stock.levels(&stage.theirs, "MUG").await, Ok(Vec::new()));
    assert_eq!(stock.reserve(&stage.theirs, "MUG", "a", &order, 1, now).await, Ok(Reserved::Short { available: 0 }));
    assert_eq!(stock.release(&stage.theirs, "MUG", "a", &order, now).await, Ok(false));
    assert_eq!(stock.adjust(&stage.theirs, "MUG", "a", 1, "r1", now).await, Ok(Some(level("MUG", "a", 1, 0))), "their reference");
}

// req: S1-38
/// Of many who see that little is left, one says so, and only while it is so.
pub async fn a_level_is_graded_by_one(ports: &Ports) {
    let stage = Stage::set();
    let (scope, stock, now) = (&stage.ours, &ports.stock, stage.now);
    let seen = stock.adjust(scope, "MUG", "a", 8, "r1", now).await.unwrap().unwrap();
    let low = (StockGrade::Low, (6, 10));
    assert_eq!(stock.grade(scope, &StockLevel { sku: "CUP".into(), ..seen.clone() }, low, &[], now).await, Ok(false), "there is none");
    assert_eq!(stock.grade(scope, &seen, (StockGrade::Reorder, (i64::MIN, 5)), &[], now).await, Ok(false), "there are more");
    assert_eq!(stock.grade(&stage.theirs, &seen, low, &[], now).await, Ok(false));
    let answers = race(16, |_| {
        let (ports, scope, now, seen) = (ports.clone(), stage.ours.clone(), stage.now, seen.clone());
        async move { patiently(|| ports.stock.grade(&scope, &seen, low, &[], now)).await }
    })
    .await;
    assert_eq!(answers.iter().filter(|answer| **answer).count(), 1, "{answers:?}");
    let known = stock.level(scope, "MUG", "a").await.unwrap().unwrap();
    assert_eq!((known.grade, known.grades, known.available), (StockGrade::Low, 1, 8));
    assert_eq!(stock.grade(scope, &known, (StockGrade::Enough, (0, i64::MAX)), &[], now).await, Ok(true));
    let after = stock.adjust(scope, "MUG", "a", -1, "r2", now).await.unwrap().unwrap();
    assert_eq!((after.grade, after.grades, after.available), (StockGrade::Enough, 2, 7), "a movement changes no grade");
}
