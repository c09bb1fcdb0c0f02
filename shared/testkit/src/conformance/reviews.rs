//! The list of reviews.

use super::samples::{placed, then};
use super::{Ports, Stage, eventually, patiently};
use app::ports::{CommitError, PortResult, ReviewEntry, ReviewsOf};
use domain::ids::ReviewId;
use domain::order::review::{Decided, ReviewEvent, ReviewKind, ReviewOutcome};
use domain::order::{OrderEvent, Review};
use jiff::Timestamp;

fn review(id: &str, now: Timestamp, due_at: Timestamp) -> Review {
    Review {
        id: ReviewId::parse(id).unwrap(),
        kind: ReviewKind::Fraud,
        priority: ReviewKind::Fraud.priority(),
        reason: "80 points of 100, critical".into(),
        opened_at: now,
        due_at,
        needs: 1,
        exception: None,
        claimed: None,
        approvals: Vec::new(),
        overdue: false,
        decided: None,
    }
}

fn opened(review: Review) -> OrderEvent {
    OrderEvent::Review { event: ReviewEvent::Opened { review: Box::new(review), note: None } }
}

/// Open ones stand by when they are due, decided ones by when they were decided, each in one list, page by page, and in its own
/// shop's only.
pub async fn reviews_stand_in_one_list_each(ports: &Ports) {
    let stage = Stage::set();
    let scope = &stage.ours;
    let mut orders = Vec::new();
    for at in 0..5 {
        let first = placed(scope, &format!("R-{at}"), stage.now);
        ports.orders.commit(scope, first.commit()).await.unwrap();
        // The last is due first.
        let due = stage.after(1_000 - at);
        let step = then(scope, &first.order, vec![opened(review("fraud-1", stage.now, due))], stage.after(1));
        ports.orders.commit(scope, step.commit()).await.unwrap();
        assert_eq!(ports.orders.commit(scope, step.commit()).await, Err(CommitError::Conflict));
        orders.push(step.order);
    }
    let list = |which| move || async move { patiently(|| ports.reviews.page(scope, which, None, 100)).await.reviews };
    let names = |found: &[ReviewEntry]| found.iter().map(|entry| entry.order.to_string()).collect::<Vec<_>>();
    let open = eventually(list(ReviewsOf::Open), |found| found.len() == 5).await;
    assert_eq!(names(&open), ["R-4", "R-3", "R-2", "R-1", "R-0"]);
    assert_eq!(open[4], ReviewEntry::of(&orders[0], &orders[0].reviews[0]));
    let id = ReviewId::parse("fraud-1").unwrap();
    for (order, second) in [(&orders[2], 5), (&orders[0], 9)] {
        let decided = ReviewEvent::Decided { id: id.clone(), outcome: ReviewOutcome::Approved, by: Some("ann".into()), comment: None };
        let step = then(scope, order, vec![OrderEvent::Review { event: decided }], stage.after(second));
        ports.orders.commit(scope, step.commit()).await.unwrap();
    }
    let decided = eventually(list(ReviewsOf::Decided), |found| found.len() == 2).await;
    assert_eq!(names(&decided), ["R-0", "R-2"], "the latest first");
    let how = Decided { outcome: ReviewOutcome::Approved, by: Some("ann".into()), at: stage.after(9) };
    assert_eq!(decided[0].review.decided, Some(how));
    let open = eventually(list(ReviewsOf::Open), |found| found.len() == 3).await;
    assert_eq!(names(&open), ["R-4", "R-3", "R-1"]);
    let (mut paged, mut after) = (Vec::new(), None);
    loop {
        let page = patiently(|| ports.reviews.page(scope, ReviewsOf::Open, after.as_ref(), 2)).await;
        paged.extend(page.reviews);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(paged, open);
    let theirs: PortResult<_> = ports.reviews.page(&stage.theirs, ReviewsOf::Open, None, 10).await;
    assert_eq!(theirs.unwrap().reviews, []);
}
