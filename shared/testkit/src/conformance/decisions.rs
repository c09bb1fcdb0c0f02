//! The ledger of decisions.

use super::samples::{moved, placed, then};
use super::{Ports, Stage, eventually, patiently};
use app::ports::{CommitError, DecisionRecord, Judgement, Outcome};
use domain::ids::{CorrelationId, DecisionId};
use domain::order::progress::{Features, ProgressRules, Stock, TrackRecord, consider};
use domain::order::{Actor, Order, OrderEvent, OrderStatus, Role, Verdict};
use jiff::Timestamp;

fn entry(order: &Order, version: u64, outcome: Outcome, at: Timestamp) -> DecisionRecord {
    let features = Features::of(order, Stock::Short { sku: "MUG-1".into(), available: 1, ordered: 2 }, Some(3_600), at);
    let decision = consider(&features, &ProgressRules::default(), TrackRecord::default(), None);
    DecisionRecord {
        id: DecisionId::of(version, 1, outcome.code()),
        order: order.id.clone(),
        at,
        actor: Actor::Rule { name: "stale-orders".into() },
        correlation: CorrelationId::parse("conformance").unwrap(),
        settings: 1,
        features,
        decision,
        opinion: None,
        outcome,
        judgement: None,
    }
}

fn judgement(verdict: Verdict, at: Timestamp) -> Judgement {
    Judgement { verdict, by: Actor::Principal { id: "anna".into(), role: Role::Manager }, at }
}

/// A decision comes out as it went in, and the first of a name stands.
pub async fn a_decision_is_kept_once(ports: &Ports) {
    let stage = Stage::set();
    let order = placed(&stage.ours, "D-1", stage.now).order;
    let waiting = entry(&order, 1, Outcome::Waiting, stage.now);
    assert!(patiently(|| ports.decisions.record(&stage.ours, &waiting)).await);
    let later = DecisionRecord { at: stage.after(60), ..waiting.clone() };
    assert!(!patiently(|| ports.decisions.record(&stage.ours, &later)).await);
    let read = async |id: &DecisionId| patiently(|| ports.decisions.decision(&stage.ours, &order.id, id)).await;
    assert_eq!(read(&waiting.id).await, Some(waiting.clone()));
    assert_eq!(read(&DecisionId::parse("another").unwrap()).await, None);
    let shadow = entry(&order, 2, Outcome::Shadow, stage.after(120));
    assert!(patiently(|| ports.decisions.record(&stage.ours, &shadow)).await);
    let all = patiently(|| ports.decisions.of_order(&stage.ours, &order.id, 10)).await;
    assert_eq!(all, [shadow.clone(), waiting]);
    assert_eq!(patiently(|| ports.decisions.of_order(&stage.ours, &order.id, 1)).await, [shadow]);
    assert_eq!(patiently(|| ports.decisions.of_order(&stage.theirs, &order.id, 10)).await, []);
}

/// A decision that moves an order is kept if and only if the order moves, and so is what people think of it.
pub async fn a_decision_is_kept_with_its_move(ports: &Ports) {
    let stage = Stage::set();
    let first = placed(&stage.ours, "D-2", stage.now);
    ports.orders.commit(&stage.ours, first.commit()).await.unwrap();
    let decided = entry(&first.order, 1, Outcome::Moved, stage.now);
    let second = moved(&stage.ours, &first.order, OrderStatus::Processing, None, stage.after(1));
    let with = |step: &'static str| {
        let mut commit = second.commit();
        commit.decision = Some(&decided);
        commit.before_version = if step == "stale" { 7 } else { 1 };
        commit
    };
    let mut stale = with("stale");
    let mut later = second.order.clone();
    later.version = 8;
    let recorded = domain::order::Recorded { version: 8, ..second.recorded.clone() };
    (stale.order, stale.recorded) = (&later, &recorded);
    assert_eq!(ports.orders.commit(&stage.ours, stale).await, Err(CommitError::Conflict));
    let read = async || patiently(|| ports.decisions.decision(&stage.ours, &first.order.id, &decided.id)).await;
    assert_eq!(read().await, None, "nothing was moved");
    ports.orders.commit(&stage.ours, with("now")).await.unwrap();
    assert_eq!(read().await, Some(decided.clone()));
    let third = then(&stage.ours, &second.order, vec![OrderEvent::DelayCleared], stage.after(2));
    let mut twice = third.commit();
    twice.decision = Some(&decided);
    assert_eq!(ports.orders.commit(&stage.ours, twice).await, Err(CommitError::Conflict), "it moved something before");
    let undone = judgement(Verdict::Undone, stage.after(3));
    let unknown = DecisionId::parse("unknown").unwrap();
    let judged = |id| {
        let mut commit = third.commit();
        commit.judged = Some((id, &undone));
        commit
    };
    assert_eq!(ports.orders.commit(&stage.ours, judged(&unknown)).await, Err(CommitError::Conflict), "nothing to judge");
    ports.orders.commit(&stage.ours, judged(&decided.id)).await.unwrap();
    assert_eq!(read().await, Some(DecisionRecord { judgement: Some(undone), ..decided.clone() }));
    let listed = || async { patiently(|| ports.decisions.page(&stage.ours, None, None, 10)).await.decisions };
    eventually(listed, |found| found.first().is_some_and(|first| first.judgement.is_some())).await;
    let dossier = patiently(|| ports.orders.dossier(&stage.ours, &first.order.id, 10)).await.unwrap();
    assert_eq!((dossier.history.len(), dossier.messages.len()), (3, 0), "the ledger is no part of the history");
}

/// All decisions of a shop, newest first, page by page.
pub async fn decisions_are_listed_newest_first(ports: &Ports) {
    let stage = Stage::set();
    let mut kept = Vec::new();
    for at in 0..7 {
        let order = placed(&stage.ours, &format!("D-{at}"), stage.now).order;
        let entry = entry(&order, 1, Outcome::Shadow, stage.after(at));
        assert!(patiently(|| ports.decisions.record(&stage.ours, &entry)).await);
        kept.insert(0, entry);
    }
    let whole = || async { patiently(|| ports.decisions.page(&stage.ours, None, None, 100)).await };
    let all = eventually(whole, |page| page.decisions.len() == 7).await;
    assert_eq!((all.decisions, all.next), (kept.clone(), None));
    let (mut paged, mut after) = (Vec::new(), None);
    loop {
        let page = patiently(|| ports.decisions.page(&stage.ours, None, after.as_ref(), 3)).await;
        assert!(page.decisions.len() <= 3);
        paged.extend(page.decisions);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(paged, kept);
    let before = patiently(|| ports.decisions.page(&stage.ours, Some(stage.after(3)), None, 100)).await;
    assert_eq!(before.decisions, kept[4..], "those before a moment");
    let theirs = patiently(|| ports.decisions.page(&stage.theirs, None, None, 100)).await;
    assert_eq!((theirs.decisions, theirs.next), (Vec::new(), None));
    // A decision stands in no list of orders.
    let orders = patiently(|| ports.orders.page(&stage.ours, &app::ports::OrderQuery::All, None, 10)).await;
    assert_eq!(orders.orders, []);
}
