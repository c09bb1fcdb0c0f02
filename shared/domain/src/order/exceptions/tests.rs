use super::*;
use crate::exception::Bucket;
use crate::ids::EventId;
use crate::order::clocks::{clocked, tick};
use crate::order::event::OrderEvent;
use crate::order::status::OrderStatus;
use crate::order::testing::{at, basket, given, placed};
use crate::order::{
    Cause, ChangeStatus, Command, Fact, Rejection, ReviewCommand, ReviewKind, TrackingStatus, Vocabulary, WatchRules, decide as decides,
};
use crate::sla::SlaRules;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn sla() -> SlaRules {
    // The day of these stories is a Saturday.
    SlaRules { enabled: true, days: crate::shipping::Calendar::every_day(), ..SlaRules::default() }
}

fn rules() -> ExceptionRules {
    ExceptionRules { enabled: true, ..ExceptionRules::default() }
}

struct Shop {
    order: Order,
    rules: ExceptionRules,
}

impl Shop {
    fn new() -> Shop {
        let mut draft = basket();
        draft.email = Some("ada@example.com".into());
        Shop { order: placed(&draft, given()).unwrap(), rules: rules() }
    }

    /// A commit as the suite makes one: what was decided, what follows for clocks, and what that means.
    fn commit(&mut self, mut events: Vec<OrderEvent>, now: Timestamp) {
        if events.is_empty() {
            return;
        }
        let before = self.order.clone();
        let after = |events: &[OrderEvent]| {
            let mut after = before.clone();
            events.iter().for_each(|event| after.evolve(event, now));
            after
        };
        let follows = clocked((Some(&before), &after(&events)), &events, &sla(), &TimeZone::UTC, now);
        events.extend(follows.map(|event| OrderEvent::Sla { event }));
        let watch = WatchRules::DEFAULT;
        let standards =
            Standards { rules: &self.rules, watch: &watch, zone: &TimeZone::UTC, review_within: SignedDuration::from_hours(24) };
        let more = noticed(&after(&events), &events, standards, now);
        events.extend(more);
        assert!(events.len() <= crate::order::Recorded::MAX_EVENTS, "{events:?}");
        self.order.apply_commit(&events, now);
    }

    fn does(&mut self, command: &Command, minute: i64) -> Result<(), Rejection> {
        let events = decides(Some(&self.order), command, at(minute))?;
        self.commit(events, at(minute));
        Ok(())
    }

    fn asks(&mut self, command: ExceptionCommand, minute: i64) -> Result<(), Rejection> {
        self.does(&Command::Exception(command), minute)
    }

    fn hears(&mut self, word: &str, reason: Option<Reason>, minute: i64, heard_at: i64) {
        let mut claim = Vocabulary::Events.read(word).unwrap().claim;
        claim.exception = reason.or(claim.exception);
        let fact = Fact {
            id: EventId::parse(&format!("{word}-{minute}")).unwrap(),
            source: SourceId::parse("wms").unwrap(),
            sequence: None,
            occurred_at: at(minute),
            claim,
        };
        self.does(&Command::Hear { fact, notify: false }, heard_at).unwrap();
    }

    fn changes(&mut self, to: OrderStatus, minute: i64) {
        let change = ChangeStatus { to, cause: Cause::Asked { note: None }, notify: false, implied_steps: true };
        self.does(&Command::Change(change), minute).unwrap();
    }

    /// Lets time pass without a word, as the timers do: whenever something is due.
    fn waits(&mut self, until: Timestamp) {
        while let Some(due) = self.order.clocks_due().into_iter().chain(self.order.exceptions_due()).min().filter(|due| *due <= until) {
            let before = self.order.version;
            let ticked = tick(&self.order, &sla(), &TimeZone::UTC, &BTreeMap::new(), due).map(|event| OrderEvent::Sla { event });
            self.commit(ticked.into_iter().collect(), due);
            let ticked =
                decides(Some(&self.order), &Command::Exception(ExceptionCommand::Tick { rules: Box::new(self.rules.clone()) }), due)
                    .unwrap();
            self.commit(ticked, due);
            assert_ne!(self.order.version, before, "what is due changes something");
        }
    }

    fn stands(&self) -> Vec<String> {
        let line = |exception: &Exception| format!("{} {} x{}", exception.id, exception.status.as_str(), exception.count);
        self.order.exceptions.iter().map(line).collect()
    }

    fn the(&self, id: &str) -> &Exception {
        self.order.exception(&name(id)).unwrap()
    }
}

fn name(id: &str) -> ExceptionId {
    ExceptionId::parse(id).unwrap()
}

fn by() -> String {
    "ann".to_owned()
}

// req: S4-38, S4-39
#[test]
fn missed_deadlines_are_exceptions_and_a_late_scan_ends_one() {
    let mut shop = Shop::new();
    shop.hears("order_paid", None, 0, 0);
    shop.waits(at(120));
    assert_eq!(shop.stands(), [] as [&str; 0], "in time up to the last moment");
    shop.waits(at(121));
    assert_eq!(shop.stands(), ["pick-delay-1 open x1"]);
    assert_eq!((shop.the("pick-delay-1").severity, shop.the("pick-delay-1").origin.clone()), (Severity::Medium, Origin::Seen));
    shop.hears("pick_completed", None, 130, 130);
    assert_eq!(shop.stands(), ["pick-delay-1 resolved x1"]);
    assert_eq!(shop.the("pick-delay-1").resolved.as_ref().unwrap().how, Resolution::ByItself);
    shop.waits(at(130 + 271));
    assert_eq!(shop.stands()[1..], ["pack-delay-1 open x1", "missing-scan-1 open x1"]);
    shop.hears("pack_completed", None, 300, 410);
    assert_eq!(shop.stands()[1..], ["pack-delay-1 resolved x1", "missing-scan-1 resolved x1"], "it was packed in time, as is heard late");
    assert_eq!((shop.the("missing-scan-1").seen_in_time, shop.the("missing-scan-1").in_time), (None, Some(true)), "nobody had to see it");
    shop.waits(at(300 + 1_441));
    assert_eq!(shop.stands()[3..], ["carrier-issue-1 open x1"]);
    assert_eq!(shop.the("carrier-issue-1").severity, Severity::High);
}

// req: S4-24
#[test]
fn one_exception_of_a_reason_is_open_and_repeats_are_counted() {
    let mut shop = Shop::new();
    for (minute, expected) in [(1, "damaged-package-1 open x1"), (2, "damaged-package-1 open x2"), (2, "damaged-package-1 open x2")] {
        shop.hears("exception_reported", Some(Reason::DamagedPackage), minute, minute);
        assert_eq!(shop.stands(), [expected]);
    }
    shop.hears("exception_reported", None, 3, 3);
    assert_eq!(shop.stands()[1..], ["other-1 open x1"], "no word for it");
    shop.asks(ExceptionCommand::Resolve { id: name("damaged-package-1"), by: by(), note: Some("sent another".into()) }, 10).unwrap();
    assert_eq!(shop.stands()[0], "damaged-package-1 resolved x2");
    // Within two days it is the same one, later another.
    shop.hears("exception_reported", Some(Reason::DamagedPackage), 20, 20);
    assert_eq!(shop.stands()[0], "damaged-package-1 in_progress x3");
    shop.asks(ExceptionCommand::Resolve { id: name("damaged-package-1"), by: by(), note: None }, 30).unwrap();
    shop.waits(at(30 + 48 * 60));
    assert_eq!(shop.stands()[0], "damaged-package-1 closed x3");
    shop.hears("exception_reported", Some(Reason::DamagedPackage), 3_000, 3_000);
    assert_eq!(shop.stands()[2], "damaged-package-2 open x1");
}

// req: S4-24
#[test]
fn the_lifecycle_is_a_matrix() {
    use ExceptionStatus as S;
    let moves = [S::Acknowledged, S::InProgress, S::Resolved, S::Closed];
    for from in ExceptionStatus::ALL {
        let ways: Vec<&str> = moves.iter().filter(|to| from.next().contains(to)).map(|to| to.as_str()).collect();
        let expected: &[&str] = match from {
            S::Open => &["acknowledged", "in_progress", "resolved"],
            S::Acknowledged => &["in_progress", "resolved"],
            S::InProgress => &["resolved"],
            S::Resolved => &["in_progress", "closed"],
            S::Closed => &[],
        };
        assert_eq!(ways, expected, "{from:?}");
    }
    let id = || name("other-1");
    let command = |to| match to {
        S::Acknowledged => ExceptionCommand::Acknowledge { id: id(), by: by() },
        S::InProgress => ExceptionCommand::Start { id: id(), by: by() },
        S::Resolved => ExceptionCommand::Resolve { id: id(), by: by(), note: None },
        _ => ExceptionCommand::Close { id: id(), by: by() },
    };
    let open = || ExceptionCommand::Open { reason: Reason::Other, note: Some(" it smells ".into()), by: by(), rules: Box::new(rules()) };
    for first in [None, Some(S::Acknowledged), Some(S::InProgress), Some(S::Resolved)] {
        for to in moves {
            let mut shop = Shop::new();
            shop.asks(open(), 1).unwrap();
            first.into_iter().for_each(|first| shop.asks(command(first), 2).unwrap());
            let from = shop.the("other-1").status;
            let said = shop.asks(command(to), 3);
            // Who works on it has seen it; what was resolved is taken up again by a word of its own.
            let is_known = (from, to) == (S::InProgress, S::Acknowledged);
            let by_its_own_word = (from, to) == (S::Resolved, S::InProgress);
            let allowed = from == to || is_known || from.next().contains(&to) && !by_its_own_word;
            assert_eq!(said.is_ok(), allowed, "{from:?} to {to:?}: {said:?}");
            let expected = if allowed && !is_known { to } else { from };
            assert_eq!(shop.the("other-1").status, expected, "{from:?} to {to:?}");
        }
    }
    let mut shop = Shop::new();
    assert_eq!(shop.asks(command(S::Resolved), 1), Err(Rejection::NoSuchException));
    shop.asks(open(), 1).unwrap();
    shop.asks(open(), 2).unwrap();
    assert_eq!(shop.stands(), ["other-1 open x1"], "said twice");
    let bad = ExceptionCommand::Note { id: id(), by: by(), note: "x\u{7}".into() };
    assert_eq!(shop.asks(bad, 2), Err(Rejection::BadText));
    shop.asks(command(S::Resolved), 5).unwrap();
    let again = |note: &str| ExceptionCommand::Reopen { id: id(), by: by(), note: Some(note.into()), rules: Box::new(rules()) };
    shop.asks(again("it still smells"), 6).unwrap();
    assert_eq!(shop.stands(), ["other-1 in_progress x2"]);
    shop.asks(command(S::Resolved), 7).unwrap();
    shop.asks(open(), 8).unwrap();
    assert_eq!(shop.stands(), ["other-1 in_progress x3"], "said again so soon it is the same");
    shop.asks(command(S::Resolved), 9).unwrap();
    shop.waits(at(9 + 48 * 60));
    assert!(matches!(shop.asks(again("late"), 9 + 48 * 60 + 1), Err(Rejection::ExceptionIs { status: S::Closed, .. })));
}

// req: S4-31
#[test]
fn who_is_told_when_goes_by_the_clock() {
    let steps = |shop: &Shop, id: &str| shop.the(id).plan.iter().map(|planned| planned.step).collect::<Vec<_>>();
    let mut shop = Shop::new();
    let open = |reason| ExceptionCommand::Open { reason, note: None, by: by(), rules: Box::new(rules()) };
    shop.asks(open(Reason::CarrierIssue), 0).unwrap();
    assert_eq!(steps(&shop, "carrier-issue-1"), [Step::Team, Step::Customer, Step::Escalate, Step::Late]);
    shop.waits(at(29));
    assert_eq!(steps(&shop, "carrier-issue-1").len(), 4);
    shop.waits(at(30));
    assert_eq!(steps(&shop, "carrier-issue-1"), [Step::Customer, Step::Escalate, Step::Late]);
    assert!(shop.order.notify_wish.is_none() && !shop.the("carrier-issue-1").escalated);
    shop.waits(at(60));
    assert_eq!(steps(&shop, "carrier-issue-1"), [Step::Late]);
    assert_eq!(shop.order.notify_wish.as_ref().unwrap().kind, crate::notify::MessageKind::Delay);
    assert!(shop.the("carrier-issue-1").escalated, "an hour for what is high");
    shop.waits(at(240));
    assert_eq!(shop.the("carrier-issue-1").in_time, None, "four hours");
    shop.waits(at(241));
    assert_eq!((shop.the("carrier-issue-1").in_time, steps(&shop, "carrier-issue-1")), (Some(false), vec![]));

    // Whoever has taken it on need not be told of it; hidden ones are never told to customers.
    let mut shop = Shop::new();
    shop.asks(open(Reason::SystemError), 0).unwrap();
    assert_eq!(steps(&shop, "system-error-1"), [Step::Team, Step::Escalate, Step::Late]);
    shop.asks(ExceptionCommand::Assign { id: name("system-error-1"), to: Some("bob".into()), by: by() }, 1).unwrap();
    assert_eq!(shop.the("system-error-1").responded_at, None, "to be given it is no answer");
    shop.asks(ExceptionCommand::Start { id: name("system-error-1"), by: "bob".into() }, 2).unwrap();
    assert_eq!(steps(&shop, "system-error-1"), [Step::Escalate, Step::Late]);
    assert_eq!((shop.the("system-error-1").responded_at, shop.the("system-error-1").bucket(at(2))), (Some(at(2)), Bucket::CriticalUrgent));
    shop.asks(ExceptionCommand::Resolve { id: name("system-error-1"), by: "bob".into(), note: None }, 240).unwrap();
    assert_eq!((shop.the("system-error-1").in_time, steps(&shop, "system-error-1")), (Some(true), vec![Step::Close]));
    assert_eq!(shop.order.notify_wish, None);
}

// req: S4-35
#[test]
fn stock_mismatch_waits_for_review() {
    let mut shop = Shop::new();
    shop.hears("exception_reported", Some(Reason::StockMismatch), 1, 1);
    let review = shop.order.open_reviews().next().unwrap().clone();
    assert_eq!((review.kind, shop.stands()), (ReviewKind::InventoryOverride, vec!["stock-mismatch-1 open x1".to_owned()]));
    assert_eq!(shop.order.held_back_by(), [ReviewKind::InventoryOverride], "nothing leaves before");
    let resolve = ExceptionCommand::Resolve { id: name("stock-mismatch-1"), by: by(), note: None };
    assert_eq!(shop.asks(resolve, 2), Err(Rejection::ExceptionWaitsForReview));
    let approve = ReviewCommand::Decide { id: review.id, approve: true, by: by(), comment: None };
    shop.does(&Command::Review(approve), 3).unwrap();
    assert_eq!(shop.stands(), ["stock-mismatch-1 resolved x1"]);
    assert_eq!(shop.the("stock-mismatch-1").resolved.as_ref().unwrap().how, Resolution::Reviewed);
    // So does what a person says, and what is said again; and it says nothing of what is on the shelf.
    let mut shop = Shop::new();
    shop.asks(ExceptionCommand::Open { reason: Reason::StockMismatch, note: None, by: by(), rules: Box::new(rules()) }, 1).unwrap();
    let review = shop.order.open_reviews().next().unwrap().clone();
    assert_eq!(
        (review.exception.clone(), shop.the("stock-mismatch-1").review.clone()),
        (Some(name("stock-mismatch-1")), Some(review.id.clone()))
    );
    let expire = ReviewCommand::Expire { id: review.id.clone(), reject: true };
    shop.does(&Command::Review(expire), 3_000).unwrap();
    assert!(shop.order.review(&review.id).unwrap().overdue, "nothing is called off by silence");
    let approve = ReviewCommand::Decide { id: review.id, approve: true, by: by(), comment: None };
    shop.does(&Command::Review(approve), 3_001).unwrap();
    shop.hears("exception_reported", Some(Reason::StockMismatch), 3_010, 3_010);
    assert_eq!((shop.stands(), shop.order.open_reviews().count()), (vec!["stock-mismatch-1 in_progress x2".to_owned()], 1));
    // Of what has left nobody decides any more: it is only worked on.
    let mut shop = Shop::new();
    shop.changes(OrderStatus::Processing, 1);
    shop.changes(OrderStatus::Shipped, 2);
    shop.hears("exception_reported", Some(Reason::StockMismatch), 3, 3);
    assert_eq!((shop.stands(), shop.order.open_reviews().count()), (vec!["stock-mismatch-1 open x1".to_owned()], 0));
}

#[test]
fn what_is_called_off_or_has_arrived_has_little_wrong_with_it() {
    for (end, left) in [(OrderStatus::Cancelled, &["damaged-package-1"][..]), (OrderStatus::Delivered, &["damaged-package-1", "other-1"])] {
        let mut shop = Shop::new();
        for (minute, reason) in (1..).zip([Reason::DamagedPackage, Reason::Other, Reason::PickDelay, Reason::AddressError]) {
            shop.hears("exception_reported", Some(reason), minute, minute);
        }
        if end == OrderStatus::Delivered {
            shop.changes(OrderStatus::Processing, 5);
            shop.changes(OrderStatus::Shipped, 6);
        }
        shop.changes(end, 10);
        let open: Vec<&str> = shop.order.open_exceptions().map(|exception| exception.id.as_str()).collect();
        assert_eq!(open, left, "{end}");
        assert_eq!(shop.order.worst(), Some(Severity::High));
    }
}

#[test]
fn what_has_arrived_in_spite_of_its_carrier_is_no_news() {
    let mut shop = Shop::new();
    shop.changes(OrderStatus::Processing, 1);
    shop.changes(OrderStatus::Shipped, 2);
    shop.hears("delivery_failed", None, 10, 10);
    // A person has heard that it is there, and the carrier says nothing more.
    shop.changes(OrderStatus::Delivered, 20);
    assert_eq!(shop.stands(), ["customer-unavailable-1 resolved x1"]);
    // What somebody reports all the same is for a person to see to.
    shop.hears("exception_reported", Some(Reason::DeliveryDelay), 30, 30);
    shop.hears("order_paid", None, 31, 31);
    assert_eq!(shop.stands(), ["customer-unavailable-1 resolved x1", "delivery-delay-1 open x1"]);
}

#[test]
fn a_parcel_that_nobody_takes_is_one_until_it_moves_again() {
    let mut shop = Shop::new();
    shop.changes(OrderStatus::Processing, 1);
    shop.changes(OrderStatus::Shipped, 2);
    shop.hears("delivery_failed", None, 10, 10);
    assert_eq!(
        (shop.stands(), shop.order.tracks.tracking),
        (vec!["customer-unavailable-1 open x1".into()], TrackingStatus::DeliveryFailed)
    );
    shop.hears("out_for_delivery", None, 20, 20);
    assert_eq!(shop.stands(), ["customer-unavailable-1 resolved x1"]);
    shop.hears("delivery_failed", None, 30, 30);
    assert_eq!(shop.stands(), ["customer-unavailable-1 in_progress x2"], "again, and soon");
}

#[test]
fn a_person_is_believed_although_it_still_looks_so() {
    let mut shop = Shop::new();
    shop.hears("order_paid", None, 0, 0);
    shop.waits(at(121));
    shop.asks(ExceptionCommand::Resolve { id: name("pick-delay-1"), by: by(), note: None }, 125).unwrap();
    shop.changes(OrderStatus::Processing, 126);
    shop.hears("pick_started", None, 127, 127);
    assert_eq!(shop.stands(), ["pick-delay-1 resolved x1"]);
    // When it does not look so any more, and then does again, that is news.
    let mut shop = Shop::new();
    shop.changes(OrderStatus::Processing, 1);
    shop.changes(OrderStatus::Shipped, 2);
    shop.hears("delivery_failed", None, 10, 10);
    shop.asks(ExceptionCommand::Resolve { id: name("customer-unavailable-1"), by: by(), note: None }, 11).unwrap();
    shop.hears("order_paid", None, 12, 12);
    assert_eq!(shop.stands(), ["customer-unavailable-1 resolved x1"]);
    shop.hears("out_for_delivery", None, 20, 20);
    shop.hears("delivery_failed", None, 30, 30);
    assert_eq!(shop.stands(), ["customer-unavailable-1 in_progress x2"]);
    assert_eq!(
        (shop.the("customer-unavailable-1").opened_at, shop.the("customer-unavailable-1").in_time),
        (at(30), None),
        "with its time anew"
    );
}

#[test]
fn a_persons_word_makes_it_so_whatever_it_looks_like() {
    let mut shop = Shop::new();
    shop.hears("order_paid", None, 0, 0);
    shop.waits(at(121));
    let open =
        || ExceptionCommand::Open { reason: Reason::PickDelay, note: Some("nobody is here".into()), by: by(), rules: Box::new(rules()) };
    shop.asks(open(), 122).unwrap();
    assert_eq!((shop.stands(), shop.the("pick-delay-1").said), (vec!["pick-delay-1 open x2".to_owned()], true));
    shop.hears("pick_completed", None, 130, 130);
    assert!(shop.the("pick-delay-1").status.is_open(), "they have to see that it is over");
    let off = ExceptionCommand::Open { reason: Reason::Other, note: None, by: by(), rules: Box::default() };
    assert_eq!(shop.asks(off, 131), Err(Rejection::ExceptionsOff));
}

#[test]
fn whoever_takes_it_on_has_it() {
    let mut shop = Shop::new();
    shop.hears("exception_reported", None, 1, 1);
    let start = |by: &str| ExceptionCommand::Start { id: name("other-1"), by: by.into() };
    for (by, minute) in [("ann", 2), ("ann", 3), ("bob", 4)] {
        shop.asks(start(by), minute).unwrap();
        assert_eq!(shop.the("other-1").assigned.as_deref(), Some(by));
    }
    shop.asks(ExceptionCommand::Assign { id: name("other-1"), to: None, by: "bob".into() }, 5).unwrap();
    assert_eq!((shop.the("other-1").assigned.as_deref(), shop.the("other-1").status), (None, ExceptionStatus::InProgress));
    shop.asks(start("ann"), 6).unwrap();
    assert_eq!(shop.the("other-1").assigned.as_deref(), Some("ann"));
}

#[test]
fn worth_and_risk_go_by_what_is_owed() {
    let mut shop = Shop::new();
    shop.rules.valuable_over = 10;
    shop.hears("exception_reported", Some(Reason::PaymentFailed), 1, 1);
    let owed = shop.order.owed().minor;
    let exception = shop.the("payment-failed-1");
    assert_eq!((exception.worth, exception.urgency(at(1)), exception.standing()), (10, 85, 85), "{owed}");
    assert_eq!(shop.order.at_risk().minor, owed / 2);
    shop.hears("exception_reported", Some(Reason::SystemError), 2, 2);
    assert_eq!(shop.order.at_risk().minor, owed * 80 / 100, "by the worst, once");
}

#[test]
fn a_shop_without_them_has_none() {
    let mut shop = Shop::new();
    shop.rules.enabled = false;
    shop.hears("order_paid", None, 0, 0);
    shop.hears("exception_reported", Some(Reason::StockMismatch), 1, 1);
    shop.waits(at(10_000));
    assert_eq!((shop.stands(), shop.order.open_reviews().count()), (vec![], 0));
}

#[test]
fn only_so_many_are_remembered_and_open_ones_always() {
    let mut shop = Shop::new();
    let mut minute = 1;
    for round in 0..4 {
        for reason in Reason::ALL {
            shop.asks(ExceptionCommand::Open { reason, note: None, by: by(), rules: Box::new(rules()) }, minute).unwrap();
            minute += 1;
        }
        if round < 3 {
            for exception in shop.order.exceptions.clone().iter().filter(|exception| exception.status.is_open()) {
                let id = exception.id.clone();
                if let Some(review) = &exception.review {
                    let decide = ReviewCommand::Decide { id: review.clone(), approve: true, by: by(), comment: None };
                    shop.does(&Command::Review(decide), minute).unwrap();
                } else {
                    shop.asks(ExceptionCommand::Resolve { id: id.clone(), by: by(), note: None }, minute).unwrap();
                }
                shop.asks(ExceptionCommand::Close { id, by: by() }, minute).unwrap();
            }
        }
    }
    assert_eq!((shop.order.exceptions.len(), shop.order.open_exceptions().count()), (EXCEPTIONS_MAX, 18));
    assert!(shop.order.exception(&name("pick-delay-4")).is_some() && shop.order.exception(&name("pick-delay-1")).is_none());
}

proptest! {
    /// Whatever comes, in whatever order: one open exception of a reason, names that are never used twice, and a history that says it all.
    #[test]
    fn however_it_goes_one_of_a_reason_is_open(words in prop::collection::vec((0..9_usize, 0..18_usize, 0..600_i64), 1..40)) {
        let told = ["order_paid", "pick_completed", "pack_completed", "picked_up", "delivery_failed", "out_for_delivery", "delivered"];
        let mut shop = Shop::new();
        let mut minute = 0;
        for (what, reason, wait) in words {
            minute += wait;
            shop.waits(at(minute));
            match told.get(what) {
                Some(word) => shop.hears(word, None, minute, minute),
                None if what == 7 => shop.hears("exception_reported", Some(Reason::ALL[reason]), minute, minute),
                None => {
                    let id = shop.order.exceptions.get(reason).map(|exception| exception.id.clone());
                    let _ = id.map(|id| shop.asks(ExceptionCommand::Resolve { id, by: by(), note: None }, minute));
                }
            }
            for reason in Reason::ALL {
                prop_assert!(shop.order.open_exceptions().filter(|exception| exception.reason == reason).count() <= 1);
            }
            let mut names: Vec<&str> = shop.order.exceptions.iter().map(|exception| exception.id.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            prop_assert_eq!(names.len(), shop.order.exceptions.len());
            for exception in &shop.order.exceptions {
                prop_assert_eq!(exception.status == ExceptionStatus::Resolved || exception.status == ExceptionStatus::Closed, exception.resolved.is_some());
                prop_assert!(exception.next().is_none_or(|next| next > at(minute)), "what was due is done");
            }
        }
    }
}
