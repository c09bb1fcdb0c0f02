//! The list of exceptions.

use super::samples::{placed, then};
use super::{Ports, Stage, eventually, patiently};
use app::ports::{ExceptionEntry, ExceptionsOf, PageKey, PortResult};
use domain::exception::{Reason, Severity};
use domain::ids::ExceptionId;
use domain::order::exceptions::{Origin, Resolution};
use domain::order::{Exception, ExceptionEvent, OrderEvent};
use jiff::Timestamp;

fn exception(severity: Severity, worth: u8, opened_at: Timestamp) -> Exception {
    let id = ExceptionId::parse("other-1").unwrap();
    let new = Exception::new(id, Reason::Other, (Origin::Seen, "it looks so".into()), opened_at);
    Exception { severity, worth, signs: vec!["sign".into()], ..new }
}

fn happens(event: ExceptionEvent) -> OrderEvent {
    OrderEvent::Exceptions { changes: vec![event] }
}

/// Open ones stand by how bad they are and then by age, ended ones by when they ended; each page by page, and in its own shop's list only.
pub async fn exceptions_stand_by_how_bad_they_are_and_then_by_age(ports: &Ports) {
    let stage = Stage::set();
    let scope = &stage.ours;
    let rows =
        [(Severity::Low, 0, 1), (Severity::High, 0, 9), (Severity::Medium, 20, 5), (Severity::Medium, 20, 3), (Severity::Critical, 0, 7)];
    let mut orders = Vec::new();
    for (number, (severity, worth, second)) in rows.into_iter().enumerate() {
        let first = placed(scope, &format!("E-{number}"), stage.now);
        ports.orders.commit(scope, first.commit()).await.unwrap();
        let opened = ExceptionEvent::Opened { exception: Box::new(exception(severity, worth, stage.after(second))), note: None };
        let step = then(scope, &first.order, vec![happens(opened)], stage.after(10));
        ports.orders.commit(scope, step.commit()).await.unwrap();
        orders.push(step.order);
    }
    let list = |which| move || async move { patiently(|| ports.exceptions.page(scope, which, None, 100)).await.exceptions };
    let names = |found: &[ExceptionEntry]| found.iter().map(|entry| entry.order.to_string()).collect::<Vec<_>>();
    let open = eventually(list(ExceptionsOf::Open), |found| found.len() == 5).await;
    assert_eq!(names(&open), ["E-4", "E-1", "E-3", "E-2", "E-0"]);
    assert_eq!(open[4], ExceptionEntry::of(&orders[0], &orders[0].exceptions[0]));
    let pages = |which, expected: &'static [&'static str]| async move {
        let (mut found, mut after): (Vec<ExceptionEntry>, Option<PageKey>) = (Vec::new(), None);
        loop {
            let page = patiently(|| ports.exceptions.page(scope, which, after.as_ref(), 1)).await;
            found.extend(page.exceptions);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(names(&found), expected, "{which:?}");
    };
    pages(ExceptionsOf::Open, &["E-4", "E-1", "E-3", "E-2", "E-0"]).await;
    pages(ExceptionsOf::Standing(70), &["E-3", "E-2"]).await;
    pages(ExceptionsOf::Standing(75), &["E-1"]).await;
    pages(ExceptionsOf::Standing(50), &[]).await;
    let id = ExceptionId::parse("other-1").unwrap();
    for (order, second) in [(&orders[2], 20), (&orders[1], 30)] {
        let over = ExceptionEvent::Resolved { id: id.clone(), how: Resolution::Person, by: Some("ann".into()), note: None };
        let step = then(scope, order, vec![happens(over)], stage.after(second));
        ports.orders.commit(scope, step.commit()).await.unwrap();
    }
    let ended = eventually(list(ExceptionsOf::Ended), |found| found.len() == 2).await;
    assert_eq!(names(&ended), ["E-1", "E-2"], "the latest first");
    assert_eq!(ended[0].exception.resolved.as_ref().unwrap().by.as_deref(), Some("ann"));
    let open = eventually(list(ExceptionsOf::Open), |found| found.len() == 3).await;
    assert_eq!(names(&open), ["E-4", "E-3", "E-0"]);
    let theirs: PortResult<_> = ports.exceptions.page(&stage.theirs, ExceptionsOf::Open, None, 10).await;
    assert_eq!(theirs.unwrap().exceptions, []);
    let bad = PageKey("nonsense".into());
    assert!(ports.exceptions.page(scope, ExceptionsOf::Open, Some(&bad), 10).await.is_err());
}
