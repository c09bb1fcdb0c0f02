//! Sagas, told as stories.

use super::*;
use crate::email::Email;
use crate::fraud::FraudRules;
use crate::ids::{ReviewId, SourceId};
use crate::order::event::{Cause, OrderEvent};
use crate::order::placement::{Draft, DraftLine, Given};
use crate::order::review::{ReviewKind, ReviewOutcome};
use crate::order::testing::{at, given, placed};
use crate::order::{ChangeStatus, Command, Rejection, ReviewCommand, decide};
use jiff::SignedDuration;

fn line(sku: &str, quantity: i64, unit_price: &str) -> DraftLine {
    DraftLine { sku: sku.into(), name: sku.into(), quantity, unit_price: unit_price.into(), ..DraftLine::default() }
}

/// A story about one order.
struct Story {
    order: Order,
    minute: i64,
    rules: SagaRules,
}

impl Story {
    fn of(lines: Vec<DraftLine>) -> Story {
        Story::with(lines, SagaRules { enabled: true, ..SagaRules::default() })
    }

    fn with(lines: Vec<DraftLine>, rules: SagaRules) -> Story {
        let draft = Draft {
            currency: "EUR".into(),
            customer_name: "Ada Example".into(),
            email: Some("ada@example.com".into()),
            country: Some("DE".into()),
            lines,
            ..Draft::default()
        };
        let order = placed(&draft, Given { notify: true, saga: true, ..given() }).unwrap();
        assert_eq!(order.contact.as_ref().unwrap().email, Some(Email::parse("ada@example.com").unwrap()));
        Story { order, minute: 0, rules }
    }

    #[track_caller]
    fn does(&mut self, command: &Command) -> Vec<OrderEvent> {
        self.minute += 1;
        let events = decide(Some(&self.order), command, at(self.minute)).unwrap();
        if !events.is_empty() {
            self.order.apply_commit(&events, at(self.minute));
        }
        events
    }

    #[track_caller]
    fn goes(&mut self, past: Past, levels: &[(&str, &str, i64)]) -> Vec<OrderEvent> {
        let free = |(sku, location, available): &(&str, &str, i64)| Free {
            sku: (*sku).into(),
            location: (*location).into(),
            available: *available,
        };
        let facts = Facts { past: Some(past), levels: Some(levels.iter().map(free).collect()), ..Facts::default() };
        let rules = self.rules.clone();
        self.does(&Command::Saga(SagaCommand::Proceed { facts, rules }))
    }

    fn decides(&mut self, id: &str, approve: bool, by: &str) -> Result<Vec<OrderEvent>, Rejection> {
        self.minute += 1;
        let command = ReviewCommand::Decide { id: ReviewId::parse(id).unwrap(), approve, by: by.into(), comment: None };
        let events = decide(Some(&self.order), &Command::Review(command), at(self.minute))?;
        if !events.is_empty() {
            self.order.apply_commit(&events, at(self.minute));
        }
        Ok(events)
    }

    fn changes(&mut self, to: OrderStatus) -> Result<Vec<OrderEvent>, Rejection> {
        self.minute += 1;
        let change = ChangeStatus { to, implied_steps: false, cause: Cause::Asked { note: None }, notify: true };
        let events = decide(Some(&self.order), &Command::Change(change), at(self.minute))?;
        self.order.apply_commit(&events, at(self.minute));
        Ok(events)
    }

    /// "pending review: fraud-1 | held 2 mug at a".
    fn stands(&self) -> String {
        let saga = self.order.saga.as_ref().unwrap();
        let step = saga.ended.map_or(saga.step.code(), Ended::code);
        let mut shown = format!("{} {step}", self.order.tracks.status);
        for review in self.order.open_reviews() {
            shown += &format!(" {}?", review.id);
        }
        for held in &saga.held {
            shown += &format!(" | {} {} at {}", held.quantity, held.sku, held.location);
        }
        shown
    }
}

const GOOD: Past = Past { within_hour: 0, before: 0, lost: 0, hour: Some(12) };

// req: S2-14
#[test]
fn a_good_order_is_checked_set_aside_and_confirmed_in_one_commit() {
    let mut story = Story::of(vec![line("mug", 2, "9.50")]);
    assert_eq!((story.stands().as_str(), story.order.saga_work()), ("pending screen", Some(Step::Screen)));
    assert_eq!(story.order.next_timer(), Some(at(15)), "somebody looks for it if no worker comes");
    let events = story.goes(GOOD, &[("mug", "a", 5)]);
    assert_eq!(story.stands(), "processing dispatch | 2 mug at a");
    assert_eq!((story.order.saga_work(), story.order.next_timer()), (None, None));
    let words: Vec<String> = events.iter().map(OrderEvent::in_words).collect();
    assert_eq!(
        words,
        [
            "Checked: nothing speaks against it",
            "Set aside: 2 mug at a",
            "pending to processing, by rule: checked, and set aside as far as stock is kept",
            "To be sent"
        ]
    );
    assert_eq!(story.goes(GOOD, &[("mug", "a", 3)]), [], "a message that comes twice");
    let shipped = story.changes(OrderStatus::Shipped).unwrap();
    assert_eq!(story.stands(), "shipped completed");
    assert!(shipped.iter().any(|event| event.in_words() == "Left the shelf: 2 mug at a"));
}

// req: S2-15
#[test]
fn whatever_calls_it_off_gives_back_what_it_held_in_the_same_commit() {
    for to in [OrderStatus::Cancelled, OrderStatus::Failed] {
        let mut story = Story::of(vec![line("mug", 2, "9.50")]);
        story.goes(GOOD, &[("mug", "a", 1), ("mug", "b", 1)]);
        assert_eq!(story.stands(), "processing dispatch | 1 mug at a | 1 mug at b");
        let events = story.changes(to).unwrap();
        assert_eq!(story.stands(), format!("{to} compensated"));
        assert!(events.iter().any(|event| event.in_words() == "Given back: 1 mug at a, 1 mug at b"), "{events:?}");
    }
    let mut retried = Story::of(vec![line("mug", 2, "9.50")]);
    retried.changes(OrderStatus::Processing).unwrap();
    retried.changes(OrderStatus::Failed).unwrap();
    assert_eq!(retried.stands(), "failed compensated");
    retried.changes(OrderStatus::Pending).unwrap();
    assert_eq!(retried.stands(), "pending screen", "tried again, it begins anew");
}

// req: S2-29
#[test]
fn what_is_worth_a_lot_waits_for_a_person() {
    let mut passes = Story::of(vec![line("mug", 1, "1000.00")]);
    passes.goes(GOOD, &[]);
    assert_eq!(passes.stands(), "processing dispatch");
    let mut story = Story::of(vec![line("mug", 1, "1000.01")]);
    story.goes(GOOD, &[("mug", "a", 5)]);
    assert_eq!(story.stands(), "on_hold review high-value-1?");
    let review = story.order.open_reviews().next().unwrap();
    assert_eq!(
        (review.reason.as_str(), review.needs, review.due_at),
        ("1000.01 EUR is more than 1000", 1, at(1) + SignedDuration::from_hours(24))
    );
    assert_eq!(story.order.next_timer(), Some(review.due_at));
    for to in [OrderStatus::Processing, OrderStatus::Pending] {
        assert_eq!(story.changes(to), Err(Rejection::UnderReview { kinds: vec![ReviewKind::HighValue] }), "{to}");
    }
    story.decides("high-value-1", true, "ann").unwrap();
    assert_eq!((story.stands().as_str(), story.order.saga_work()), ("pending reserve", Some(Step::Reserve)));
    assert_eq!(story.decides("high-value-1", true, "ann"), Ok(vec![]), "said twice");
    assert_eq!(story.decides("high-value-1", false, "bob"), Err(Rejection::ReviewedBefore { outcome: ReviewOutcome::Approved }));
    story.goes(GOOD, &[("mug", "a", 5)]);
    assert_eq!(story.stands(), "processing dispatch | 1 mug at a");
}

// req: S2-30
// req: S2-31
// req: S2-32
#[test]
fn what_is_suspicious_is_reviewed_with_every_point_and_a_no_calls_it_off() {
    let rules = SagaRules { enabled: true, high_value_over: 0, ..SagaRules::default() };
    let past = Past { within_hour: 2, before: 2, lost: 1, hour: Some(12) };
    // 15 + 30 + 30 = 75.
    let mut story = Story::with(vec![line("mug", 1, "500.01")], rules.clone());
    story.goes(past, &[("mug", "a", 5)]);
    assert_eq!(story.stands(), "on_hold review fraud-1?");
    let assessment = story.order.saga.as_ref().unwrap().assessment.clone().unwrap();
    assert_eq!((assessment.score, assessment.points.len()), (75, 3));
    assert_eq!(story.order.open_reviews().next().unwrap().reason, "75 points of 100, critical");
    story.decides("fraud-1", false, "ann").unwrap();
    assert_eq!(story.stands(), "cancelled compensated");
    // 30 + 30 + 10 = 70, and 74 of 100 would be as good.
    let mut passes = Story::with(vec![line("mug", 1, "500.00")], rules.clone());
    passes.goes(Past { hour: Some(3), ..past }, &[]);
    assert_eq!(passes.stands(), "processing dispatch");
    let exact = SagaRules { fraud: FraudRules { review_at: 74, ..FraudRules::default() }, ..rules.clone() };
    let mut reviewed = Story::with(vec![line("mug", 1, "500.01")], exact);
    reviewed.goes(past, &[]);
    assert_eq!(reviewed.stands(), "on_hold review fraud-1?");
    let refused = SagaRules { fraud: FraudRules { refuse_at: 75, ..FraudRules::default() }, ..rules };
    let mut refused = Story::with(vec![line("mug", 1, "500.01")], refused);
    refused.goes(past, &[("mug", "a", 5)]);
    assert_eq!(refused.stands(), "cancelled compensated");
}

// req: S2-31
#[test]
fn a_large_order_needs_two_people_who_are_not_the_same() {
    let rules = SagaRules { enabled: true, four_eyes_over: 5_000, ..SagaRules::default() };
    let mut story = Story::with(vec![line("mug", 1, "5000.01")], rules);
    story.goes(GOOD, &[]);
    assert_eq!(story.decides("nobody-1", true, "ann"), Err(Rejection::NoSuchReview));
    let first = story.decides("high-value-1", true, "ann").unwrap();
    assert_eq!(first[0].in_words(), "Review high-value-1 approved by ann, another has to");
    assert_eq!(story.decides("high-value-1", true, "ann"), Ok(vec![]), "the same person twice is one");
    assert_eq!(story.stands(), "on_hold review high-value-1?");
    story.decides("high-value-1", true, "bob").unwrap();
    assert_eq!(story.stands(), "pending reserve");
}

// req: S2-31
#[test]
fn whoever_takes_a_review_on_keeps_others_off_it_for_a_while() {
    let mut story = Story::of(vec![line("mug", 1, "1000.01")]);
    story.goes(GOOD, &[]);
    let claim = |by: &str| Command::Review(ReviewCommand::Claim { id: ReviewId::parse("high-value-1").unwrap(), by: by.into() });
    assert_eq!(story.does(&claim("ann")).len(), 1);
    assert_eq!(story.does(&claim("ann")), []);
    assert_eq!(decide(Some(&story.order), &claim("bob"), at(5)), Err(Rejection::ReviewClaimed { by: "ann".into() }));
    assert_eq!(story.decides("high-value-1", true, "bob"), Err(Rejection::ReviewClaimed { by: "ann".into() }));
    story.minute += 31;
    story.decides("high-value-1", true, "bob").unwrap();
    assert_eq!(story.stands(), "pending reserve");
}

// req: S2-31
#[test]
fn a_review_that_nobody_decides_is_shown_or_called_off_as_the_shop_wants_it() {
    for (reject, ends) in [(false, "on_hold review high-value-1?"), (true, "cancelled compensated")] {
        let mut story = Story::of(vec![line("mug", 1, "1000.01")]);
        story.goes(GOOD, &[]);
        let expire = Command::Review(ReviewCommand::Expire { id: ReviewId::parse("high-value-1").unwrap(), reject });
        assert_eq!(story.does(&expire), [], "not yet");
        story.minute += 24 * 60;
        assert!(!story.does(&expire).is_empty());
        assert_eq!(story.does(&expire), [], "once");
        assert_eq!((story.stands().as_str(), story.order.next_timer()), (ends, None));
    }
}

// req: S2-33
#[test]
fn what_is_short_waits_for_a_person_and_is_looked_for_again_when_they_say_so() {
    let mut story = Story::of(vec![line("mug", 3, "9.50"), line("pot", 1, "20.00")]);
    story.goes(GOOD, &[("mug", "a", 2), ("pot", "a", 9)]);
    assert_eq!(story.stands(), "on_hold reserve inventory-override-1?");
    assert_eq!(story.order.open_reviews().next().unwrap().reason, "2 of 3 mug are free");
    assert_eq!(story.goes(GOOD, &[("mug", "a", 9), ("pot", "a", 9)]), [], "nobody has said so");
    story.decides("inventory-override-1", true, "ann").unwrap();
    story.goes(GOOD, &[("mug", "a", 9), ("pot", "a", 9)]);
    assert_eq!(story.stands(), "processing dispatch | 3 mug at a | 1 pot at a");
    let off = SagaRules { enabled: true, reserve_stock: false, ..SagaRules::default() };
    let mut unreserved = Story::with(vec![line("mug", 3, "9.50")], off);
    unreserved.goes(GOOD, &[("mug", "a", 0)]);
    assert_eq!(unreserved.stands(), "processing dispatch", "the shop keeps its stock elsewhere");
}

#[test]
fn an_order_of_many_things_is_set_aside_and_given_back_in_several_commits() {
    let lines = (0..70).map(|n| line(&format!("s{n:02}"), 1, "1.00")).collect();
    let mut story = Story::of(lines);
    let names: Vec<String> = (0..70).map(|n| format!("s{n:02}")).collect();
    let levels: Vec<(&str, &str, i64)> = names.iter().map(|name| (name.as_str(), "a", 1)).collect();
    let mut held = Vec::new();
    for _ in 0..3 {
        story.goes(GOOD, &levels);
        held.push((story.order.saga.as_ref().unwrap().held.len(), story.order.saga_work()));
    }
    assert_eq!(held, [(28, Some(Step::Reserve)), (56, Some(Step::Reserve)), (70, None)]);
    story.changes(OrderStatus::Cancelled).unwrap();
    let mut left = vec![story.order.saga.as_ref().unwrap().held.len()];
    while story.order.saga_work().is_some() {
        story.goes(GOOD, &[]);
        left.push(story.order.saga.as_ref().unwrap().held.len());
    }
    assert_eq!((left, story.stands()), (vec![42, 14, 0], "cancelled compensated".into()));
}

#[test]
fn a_person_who_puts_an_order_on_hold_stops_it_and_lets_it_go_on() {
    let mut story = Story::of(vec![line("mug", 1, "9.50")]);
    story.changes(OrderStatus::OnHold).unwrap();
    assert_eq!((story.order.saga_work(), story.goes(GOOD, &[("mug", "a", 5)])), (None, vec![]));
    story.changes(OrderStatus::Pending).unwrap();
    story.goes(GOOD, &[("mug", "a", 5)]);
    assert_eq!(story.stands(), "processing dispatch | 1 mug at a");
}

#[test]
fn a_step_whose_worker_never_came_is_begun_again() {
    let mut story = Story::of(vec![line("mug", 1, "9.50")]);
    assert_eq!(story.does(&Command::Saga(SagaCommand::Nudge)), [], "not yet");
    story.minute = 14;
    assert_eq!(story.does(&Command::Saga(SagaCommand::Nudge)).len(), 1);
    assert_eq!(story.order.next_timer(), Some(at(30)));
    assert_eq!(story.does(&Command::Saga(SagaCommand::Nudge)), [], "once");
}

/// What the payment gateway said a moment before we moved the order still counts.
#[test]
fn a_step_of_ours_silences_no_news() {
    use crate::order::{Fact, PaymentStatus, Vocabulary};
    let mut story = Story::of(vec![line("mug", 1, "9.50")]);
    story.goes(GOOD, &[("mug", "a", 5)]);
    let claim = Vocabulary::Events.read("order_paid").unwrap().claim;
    let (id, source) = (crate::ids::EventId::parse("e1").unwrap(), SourceId::parse("gateway").unwrap());
    let fact = Fact { id, source, sequence: None, occurred_at: at(0), claim };
    story.does(&Command::Hear { fact, notify: true });
    assert_eq!((story.order.tracks.payment, story.stands().as_str()), (PaymentStatus::Captured, "processing dispatch | 1 mug at a"));
}

/// Told by hand what the reviewers of a first version asked: each of these stranded an order, or lost stock.
fn confirmed() -> Story {
    let mut story = Story::of(vec![line("mug", 3, "9.50")]);
    story.goes(GOOD, &[("mug", "a", 5)]);
    assert_eq!(story.stands(), "processing dispatch | 3 mug at a");
    story
}

impl Story {
    fn asks(&mut self, kind: ReviewKind) -> Result<Vec<OrderEvent>, Rejection> {
        self.minute += 1;
        let command = ReviewCommand::Open { kind, note: "please look".into(), due_at: at(10_000) };
        let events = decide(Some(&self.order), &Command::Review(command), at(self.minute))?;
        self.order.apply_commit(&events, at(self.minute));
        Ok(events)
    }

    fn hears(&mut self, word: &str, id: &str, minute: i64) {
        use crate::order::{Fact, Vocabulary};
        let claim = Vocabulary::Workflow.read(word).unwrap().claim;
        let (id, source) = (crate::ids::EventId::parse(id).unwrap(), SourceId::parse("shop").unwrap());
        self.does(&Command::Hear { fact: Fact { id, source, sequence: None, occurred_at: at(minute), claim }, notify: true });
    }

    fn corrects(&mut self, to: OrderStatus) -> Result<Vec<OrderEvent>, Rejection> {
        use crate::order::{CorrectStatus, Role};
        self.minute += 1;
        let command = Command::Correct(CorrectStatus { to, reason: "counted again".into(), role: Role::Owner });
        let events = decide(Some(&self.order), &command, at(self.minute))?;
        self.order.apply_commit(&events, at(self.minute));
        Ok(events)
    }

    fn left(&self) -> u32 {
        self.order.saga.iter().flat_map(|saga| &saga.left).map(|left| left.quantity).sum()
    }
}

#[test]
fn a_yes_to_one_question_answers_no_other() {
    let mut story = confirmed();
    story.changes(OrderStatus::OnHold).unwrap();
    story.asks(ReviewKind::CsEscalation).unwrap();
    story.decides("cs-escalation-1", true, "ann").unwrap();
    assert_eq!(story.stands(), "on_hold dispatch | 3 mug at a", "a person has put it on hold for a reason of their own");
    story.changes(OrderStatus::Processing).unwrap();
    let mut early = Story::of(vec![line("mug", 1, "1000.01")]);
    early.goes(GOOD, &[]);
    early.decides("high-value-1", true, "ann").unwrap();
    early.asks(ReviewKind::Qc).unwrap();
    assert_eq!((early.order.saga_work(), early.goes(GOOD, &[("mug", "a", 5)])), (None, vec![]), "nothing is done meanwhile");
    early.decides("qc-2", true, "ann").unwrap();
    assert_eq!(early.order.saga_work(), Some(Step::Reserve));
    early.goes(GOOD, &[("mug", "a", 5)]);
    assert_eq!(early.stands(), "processing dispatch | 1 mug at a");
}

#[test]
fn nobody_goes_round_a_review() {
    let mut story = Story::of(vec![line("mug", 1, "1000.01")]);
    for to in [OrderStatus::Shipped, OrderStatus::ReadyToShip] {
        assert!(matches!(story.changes(to), Err(Rejection::StillChecked | Rejection::NotAllowed { .. })), "{to}, unscreened");
    }
    story.goes(GOOD, &[]);
    for (word, id) in [("payment_captured", "e1"), ("processing", "e2"), ("ready_to_ship", "e3"), ("pending", "e4")] {
        story.hears(word, id, story.minute);
        assert_eq!(story.stands(), "on_hold review high-value-1?", "{word}");
    }
    assert_eq!(story.order.tracks.payment, crate::order::PaymentStatus::Captured, "the money goes its own way");
    assert_eq!(story.corrects(OrderStatus::Shipped), Err(Rejection::UnderReview { kinds: vec![ReviewKind::HighValue] }));
    assert!(story.corrects(OrderStatus::Cancelled).is_ok());
    assert_eq!(story.stands(), "cancelled compensated", "what was to be decided is not any more");
    assert_eq!(story.asks(ReviewKind::Fraud), Err(Rejection::NothingToDecide));
}

// req: S2-35
#[test]
fn what_failed_its_check_stays_until_it_passes_another() {
    let mut story = confirmed();
    story.asks(ReviewKind::Qc).unwrap();
    story.decides("qc-1", false, "ann").unwrap();
    assert_eq!(story.stands(), "on_hold dispatch | 3 mug at a");
    assert_eq!(story.changes(OrderStatus::Processing), Err(Rejection::UnderReview { kinds: vec![ReviewKind::Qc] }));
    story.asks(ReviewKind::Qc).unwrap();
    story.decides("qc-2", true, "ann").unwrap();
    story.changes(OrderStatus::Processing).unwrap();
    story.changes(OrderStatus::Shipped).unwrap();
    assert_eq!((story.stands().as_str(), story.left()), ("shipped completed", 3));
}

#[test]
fn what_turns_out_not_to_have_left_is_back_and_set_aside_anew() {
    let mut story = confirmed();
    story.changes(OrderStatus::Shipped).unwrap();
    story.corrects(OrderStatus::Processing).unwrap();
    assert_eq!((story.stands().as_str(), story.left(), story.order.saga_work()), ("processing reserve", 0, Some(Step::Reserve)));
    story.goes(GOOD, &[("mug", "a", 5)]);
    assert_eq!(story.stands(), "processing dispatch | 3 mug at a");
    story.changes(OrderStatus::Cancelled).unwrap();
    story.corrects(OrderStatus::Processing).unwrap();
    story.goes(GOOD, &[("mug", "b", 5)]);
    assert_eq!(story.stands(), "processing dispatch | 3 mug at b", "called off by mistake");
}

#[test]
fn what_left_before_it_was_set_aside_is_taken_off_the_shelf() {
    let mut story = Story::of(vec![line("mug", 3, "9.50"), line("pot", 1, "20.00")]);
    story.hears("shipped", "e1", 0);
    assert_eq!((story.stands().as_str(), story.order.saga_work()), ("shipped screen", Some(Step::Screen)));
    story.goes(GOOD, &[("mug", "a", 2), ("pot", "b", 5)]);
    assert_eq!((story.stands().as_str(), story.left()), ("shipped completed", 3), "as far as it is known there");
}

#[test]
fn of_an_order_that_is_called_off_half_way_a_person_says_what_is_left() {
    for (approve, left) in [(true, 3), (false, 0)] {
        for direct in [true, false] {
            let mut story = confirmed();
            story.changes(OrderStatus::PartiallyShipped).unwrap();
            if !direct {
                story.changes(OrderStatus::OnHold).unwrap();
            }
            story.changes(OrderStatus::Cancelled).unwrap();
            let asks = story.order.open_reviews().next().unwrap().id.clone();
            assert_eq!(story.stands(), format!("{} needs_human {asks}? | 3 mug at a", story.order.tracks.status));
            story.decides(asks.as_str(), approve, "ann").unwrap();
            assert_eq!(story.left(), left);
            assert!(story.order.saga.as_ref().unwrap().held.is_empty(), "{:?}", story.order.saga);
        }
    }
}

// req: S2-33
#[test]
fn who_says_that_it_is_to_go_on_with_what_there_is_is_not_asked_again() {
    let mut story = Story::of(vec![line("mug", 3, "9.50"), line("pot", 1, "20.00")]);
    story.goes(GOOD, &[("mug", "a", 2), ("pot", "a", 9)]);
    story.decides("inventory-override-1", true, "ann").unwrap();
    story.goes(GOOD, &[("mug", "a", 2), ("pot", "a", 9)]);
    assert_eq!(story.stands(), "processing dispatch | 2 mug at a | 1 pot at a");
}

/// A shop says that it waits a moment before we confirm it, and we hear of it a moment after.
#[test]
fn a_hold_that_was_said_before_we_confirmed_counts_after_it() {
    let mut story = confirmed();
    story.hears("on_hold", "e1", 0);
    assert_eq!(story.stands(), "on_hold dispatch | 3 mug at a");
}
