//! Stock.

use super::samples::{self, Step, mugs, then};
use super::{Ports, Stage, patiently, race};
use app::TenantScope;
use app::ports::{CommitError, PortError, PortResult, StockLevel};
use domain::order::Order;
use domain::order::saga::StockMove;
use domain::stock::StockGrade;
use jiff::Timestamp;

fn level(sku: &str, location: &str, available: i64, reserved: i64) -> StockLevel {
    StockLevel { sku: sku.into(), location: location.into(), available, reserved, grade: StockGrade::Enough, grades: 0, on_order: 0 }
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

/// An order that is placed, and ready to have something set aside.
async fn begun(ports: &Ports, scope: &TenantScope, id: &str, now: Timestamp) -> Order {
    let first = samples::begun(scope, id, now);
    patiently(|| committed(ports, scope, &first)).await.unwrap();
    first.order
}

/// What became of a commit: only what may work later is tried again.
async fn committed(ports: &Ports, scope: &TenantScope, step: &Step) -> PortResult<Result<(), CommitError>> {
    match ports.orders.commit(scope, step.commit()).await {
        Err(CommitError::Port(error)) => Err(error),
        settled => Ok(settled),
    }
}

// req: X-03
// req: S2-36
/// Stock is set aside, given back and sent with the commit that says so, or neither happens.
pub async fn stock_moves_with_the_commit_that_says_so(ports: &Ports) {
    let stage = Stage::set();
    let (scope, stock, now) = (&stage.ours, &ports.stock, stage.now);
    let first = begun(ports, scope, "1001", now).await;
    let hold = |order: &Order, quantity| then(scope, order, vec![mugs(StockMove::Hold, quantity)], now);
    let commit = async |step: &Step| patiently(|| committed(ports, scope, step)).await;
    assert_eq!(commit(&hold(&first, 1)).await, Err(CommitError::StockChanged), "there is none");
    stock.adjust(scope, "MUG", "a", 5, "r1", now).await.unwrap();
    assert_eq!(commit(&hold(&first, 6)).await, Err(CommitError::StockChanged));
    assert_eq!(ports.orders.load(scope, &first.id).await.unwrap().map(|order| order.version), Some(1), "neither happened");
    let held = hold(&first, 3);
    assert_eq!(commit(&held).await, Ok(()));
    assert_eq!(commit(&held).await, Err(CommitError::Conflict), "the same again");
    assert_eq!(stock.level(scope, "MUG", "a").await, Ok(Some(level("MUG", "a", 2, 3))));
    let forgot = Order { saga: first.saga.clone(), ..held.order.clone() };
    assert_eq!(commit(&hold(&forgot, 1)).await, Err(CommitError::Conflict), "it holds some already");
    let second = begun(ports, scope, "1002", now).await;
    assert_eq!(commit(&hold(&second, 3)).await, Err(CommitError::StockChanged));
    let unheld = then(scope, &second, vec![mugs(StockMove::Release, 1)], now);
    assert_eq!(commit(&unheld).await, Err(CommitError::Conflict), "nothing was held");
    assert_eq!(stock.adjust(scope, "MUG", "a", -3, "r2", now).await, Ok(None), "what is held cannot be taken");
    let more = then(scope, &held.order, vec![mugs(StockMove::Hold, 1)], now);
    assert_eq!(commit(&more).await, Ok(()), "one more is set aside beside them");
    assert_eq!(stock.level(scope, "MUG", "a").await, Ok(Some(level("MUG", "a", 1, 4))));
    let many = then(scope, &more.order, vec![mugs(StockMove::Hold, 2)], now);
    assert_eq!(commit(&many).await, Err(CommitError::StockChanged), "one is left");
    let less = then(scope, &more.order, vec![mugs(StockMove::Release, 1)], now);
    assert_eq!(commit(&less).await, Ok(()), "a part is given back");
    assert_eq!(stock.level(scope, "MUG", "a").await, Ok(Some(level("MUG", "a", 2, 3))));
    let known = then(scope, &held.order, vec![mugs(StockMove::Release, 1)], now);
    assert_eq!(commit(&known).await, Err(CommitError::Conflict), "who has not seen that");
    let released = then(scope, &less.order, vec![mugs(StockMove::Release, 3)], now);
    assert_eq!(commit(&released).await, Ok(()));
    assert_eq!(stock.level(scope, "MUG", "a").await, Ok(Some(level("MUG", "a", 5, 0))));
    let again = hold(&released.order, 5);
    assert_eq!(commit(&again).await, Ok(()));
    assert_eq!(stock.level(scope, "MUG", "a").await, Ok(Some(level("MUG", "a", 0, 5))));
    let part = then(scope, &again.order, vec![mugs(StockMove::Ship, 2)], now);
    assert_eq!(commit(&part).await, Ok(()), "a parcel leaves");
    assert_eq!(stock.level(scope, "MUG", "a").await, Ok(Some(level("MUG", "a", 0, 3))));
    let shipped = then(scope, &part.order, vec![mugs(StockMove::Ship, 3)], now);
    assert_eq!(commit(&shipped).await, Ok(()));
    assert_eq!(stock.level(scope, "MUG", "a").await, Ok(Some(level("MUG", "a", 0, 0))));
    let forgot = Order { saga: again.order.saga.clone(), ..shipped.order.clone() };
    let twice = then(scope, &forgot, vec![mugs(StockMove::Ship, 5)], now);
    assert_eq!(commit(&twice).await, Err(CommitError::Conflict), "it has left");
    // It had not left after all, and then it did, without having been set aside.
    let back = then(scope, &shipped.order, vec![mugs(StockMove::Return, 5)], now);
    assert_eq!(commit(&back).await, Ok(()));
    assert_eq!(stock.level(scope, "MUG", "a").await, Ok(Some(level("MUG", "a", 5, 0))));
    let more = then(scope, &back.order, vec![mugs(StockMove::Take, 6)], now);
    assert_eq!(commit(&more).await, Err(CommitError::StockChanged), "there are five");
    let taken = then(scope, &back.order, vec![mugs(StockMove::Take, 5)], now);
    assert_eq!(commit(&taken).await, Ok(()));
    assert_eq!(stock.level(scope, "MUG", "a").await, Ok(Some(level("MUG", "a", 0, 0))));
    assert_eq!(
        stock.adjust(scope, "MUG", "a", 1, "1001", now).await,
        Ok(Some(level("MUG", "a", 1, 0))),
        "a reference like the order's number"
    );
}

// req: X-03
// req: S2-36
/// Sixty-four orders, ten mugs.
pub async fn of_64_orders_of_ten_units_ten_hold(ports: &Ports) {
    let stage = Stage::set();
    ports.stock.adjust(&stage.ours, "MUG", "a", 10, "r1", stage.now).await.unwrap();
    let answers = race(64, |runner| {
        let (ports, scope, now) = (ports.clone(), stage.ours.clone(), stage.now);
        async move {
            let order = begun(&ports, &scope, &format!("order-{runner}"), now).await;
            let held = then(&scope, &order, vec![mugs(StockMove::Hold, 1)], now);
            let answer = patiently(|| committed(&ports, &scope, &held)).await;
            let seen = ports.stock.level(&scope, "MUG", "a").await.unwrap().unwrap();
            assert!(seen.available >= 0 && seen.available + seen.reserved == 10, "{seen:?}");
            answer
        }
    })
    .await;
    let held = answers.iter().filter(|answer| answer.is_ok()).count();
    let short = answers.iter().filter(|answer| **answer == Err(CommitError::StockChanged)).count();
    assert_eq!((held, short), (10, 54), "{answers:?}");
    assert_eq!(ports.stock.level(&stage.ours, "MUG", "a").await, Ok(Some(level("MUG", "a", 0, 10))));
}

// req: X-03
/// Another tenant's stock does not exist.
pub async fn stock_is_its_tenants_own(ports: &Ports) {
    let stage = Stage::set();
    let (stock, now) = (&ports.stock, stage.now);
    stock.adjust(&stage.ours, "MUG", "a", 5, "r1", now).await.unwrap();
    assert_eq!(stock.level(&stage.theirs, "MUG", "a").await, Ok(None));
    assert_eq!(stock.levels(&stage.theirs, "MUG").await, Ok(Vec::new()));
    let order = begun(ports, &stage.theirs, "1001", now).await;
    let held = then(&stage.theirs, &order, vec![mugs(StockMove::Hold, 1)], now);
    assert_eq!(patiently(|| committed(ports, &stage.theirs, &held)).await, Err(CommitError::StockChanged));
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
