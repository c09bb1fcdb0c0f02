//! What is called off by line, told as stories. The worker, the shelf and the provider are played by the test.

mod money;

use super::*;
use crate::fraud::Past;
use crate::ids::{FulfilmentId, LocationId, ProviderReference, TenantId};
use crate::order::paying::{MoneyCommand, MoneyWork, PayRules, Wanted};
use crate::order::placement::{Collecting, Draft, Given, MeansDraft};
use crate::order::saga::{Facts, Free, SagaCommand, SagaRules, StockMove};
use crate::order::testing::{at, basket, given, placed};
use crate::order::{
    Begins, Command, FulfilCommand, MoneyEvent, PaymentStatus, Refunded, ReturnCommand, ReturnKind, ReturnLine, ReturnReason, Tracks,
    decide,
};
use crate::payment::{Kind, Offer, Outcome, Provider, State, Wish};
use crate::shipping::fulfilment::{Ask, Step};

/// Of somebody who can be told: 48.13.
fn draft() -> Draft {
    Draft { email: Some("ada@example.com".into()), ..basket() }
}

fn some(lines: &[(usize, u32)]) -> Vec<Share> {
    lines.iter().map(|(line, quantity)| Share { line: *line, quantity: *quantity }).collect()
}

fn off(lines: &[(usize, u32)]) -> Command {
    Command::CancelLines { lines: some(lines), note: Some("Ada called".into()), notify: true }
}

struct Story {
    order: Order,
    minute: i64,
    /// What was taken off the shelf for good.
    gone: i64,
}

impl Story {
    /// Paid by card, with seven mugs and pots in the house.
    fn begun() -> Story {
        let tenant = TenantId::parse("demo").unwrap();
        let (enabled, offers, rules) = (true, Offer::listed(), PayRules::default());
        let means = MeansDraft { provider: Some("stripe".into()), token: Some("pm_1".into()), ..MeansDraft::default() };
        let draft = Draft { payment_method: Some("credit_card".into()), means: Some(means), ..draft() };
        let payments = Some(Collecting { tenant: &tenant, enabled, offers: &offers, rules });
        let order = placed(&draft, Given { notify: true, saga: true, payments, ..given() }).unwrap();
        Story { order, minute: 0, gone: 0 }
    }

    /// Checked, set aside, and promised by a provider.
    fn confirmed(provider: Provider) -> Story {
        let mut story = Story::begun();
        story.proceeds(&[("mug", "a", 7), ("pot", "a", 7)]);
        story.pays(provider);
        assert_eq!(story.stands(), "processing authorized | 3 mug at a, 2 pot at a | 48.13 owed");
        story
    }

    fn tries(&mut self, command: &Command) -> Result<Vec<String>, Rejection> {
        self.minute += 1;
        let now = at(self.minute);
        let events = decide(Some(&self.order), command, now)?;
        let json: Vec<OrderEvent> = serde_json::from_value(serde_json::to_value(&events).unwrap()).unwrap();
        let mut again = self.order.clone();
        again.apply_commit(&json, now);
        if !events.is_empty() {
            self.order.apply_commit(&events, now);
            let bare = |order: &Order| Order { contact: None, ..order.clone() };
            assert_eq!(bare(&again), bare(&self.order));
        }
        for (how, stock) in events.iter().filter_map(|event| if let OrderEvent::Saga { event } = event { event.stock() } else { None }) {
            let pieces: i64 = stock.iter().map(|one| i64::from(one.quantity)).sum();
            self.gone += match how {
                StockMove::Ship | StockMove::Take => pieces,
                StockMove::Return => -pieces,
                StockMove::Hold | StockMove::Release => 0,
            };
        }
        Ok(events.iter().map(OrderEvent::in_words).collect())
    }

    #[track_caller]
    fn does(&mut self, command: &Command) -> Vec<String> {
        self.tries(command).unwrap()
    }

    fn proceeds(&mut self, levels: &[(&str, &str, i64)]) -> Vec<String> {
        let free = |(sku, location, available): &(&str, &str, i64)| Free {
            sku: (*sku).into(),
            location: (*location).into(),
            available: *available,
        };
        let past = Some(Past { hour: Some(12), ..Past::default() });
        let facts = Facts { past, levels: Some(levels.iter().map(free).collect()), ..Facts::default() };
        let rules = SagaRules { enabled: true, ..SagaRules::default() };
        self.does(&Command::Saga(SagaCommand::Proceed { facts, rules }))
    }

    /// Does what is to be done about the money until nothing is, each time well; what was asked of the provider.
    fn pays(&mut self, provider: Provider) -> Vec<String> {
        self.pays_as(provider, None)
    }

    /// The same, and refunds are answered so.
    fn pays_as(&mut self, provider: Provider, refunds: Option<&Outcome>) -> Vec<String> {
        let mut asked = Vec::new();
        while let Some(work) = self.order.money_work(at(self.minute)) {
            let ledger = &self.order.paying.as_ref().unwrap().ledger;
            let command = match work {
                MoneyWork::Begin(Wanted::Authorize { by }) => {
                    MoneyCommand::Begin { wish: Wish::Authorize { provider, amount: ledger.total(), by }, why: Vec::new() }
                }
                MoneyWork::Begin(Wanted::Of(wish)) => MoneyCommand::Begin { wish, why: Vec::new() },
                MoneyWork::Call { n } => {
                    let one = ledger.operation(n).unwrap();
                    asked.push(format!("{} {}", one.kind.word(), one.amount.decimal()));
                    let reference = ProviderReference::parse(&format!("r{n}")).unwrap();
                    let done = Outcome::Ok { reference, amount: one.amount, expires_at: None };
                    let answer = refunds.filter(|_| matches!(one.kind, Kind::Refund { .. }));
                    MoneyCommand::Settle { n, outcome: answer.cloned().unwrap_or(done), url: None, client_secret: None }
                }
                other => panic!("{other:?}"),
            };
            self.does(&Command::Money(command));
        }
        asked
    }

    /// A parcel leaves with so many of each line.
    #[track_caller]
    fn sends(&mut self, lines: &[(usize, u32)]) -> Vec<String> {
        self.does(&Command::Fulfil(opens(Ask::Parts(some(lines)), Begins::Left)))
    }

    fn stands(&self) -> String {
        let held: Vec<String> = self
            .order
            .saga
            .iter()
            .flat_map(|saga| &saga.held)
            .map(|one| format!("{} {} at {}", one.quantity, one.sku, one.location))
            .collect();
        let reviews: Vec<String> = self.order.open_reviews().map(|review| format!(" | {}?", review.id)).collect();
        let (tracks, owed) = (&self.order.tracks, self.order.owed().decimal());
        format!("{} {} | {} | {owed} owed{}", tracks.status, tracks.payment, held.join(", "), reviews.concat())
    }

    fn money(&self) -> (i64, i64) {
        let ledger = &self.order.paying.as_ref().unwrap().ledger;
        (ledger.captured().minor, ledger.refunded().minor)
    }
}

fn opens(ask: Ask, begins: Begins) -> FulfilCommand {
    FulfilCommand::Open {
        ask,
        from: Some(LocationId::parse("a").unwrap()),
        carriage: None,
        followed: None,
        begins,
        checked_bps: 0,
        notify: true,
    }
}

fn steps(name: &str, step: Step) -> Command {
    let id = FulfilmentId::parse(name).unwrap();
    Command::Fulfil(FulfilCommand::Step { id, step, carriage: None, followed: None, notify: false })
}

fn moves(to: OrderStatus) -> Command {
    let cause = Cause::Asked { note: None };
    Command::Change(ChangeStatus { to, implied_steps: false, cause, notify: true })
}

// req: S2-05, S2-12
#[test]
fn a_part_is_called_off_before_anything_has_left() {
    let mut story = Story::confirmed(Provider::Stripe);
    assert_eq!(story.order.cancellable(), [3, 0, 2], "a song is there when it is confirmed");
    assert_eq!(Story::begun().order.cancellable(), [3, 1, 2]);
    assert_eq!(
        story.does(&off(&[(0, 1), (2, 1)])),
        [
            "Called off: 1 of line 1, 1 of line 3 (15.91 EUR less): Ada called",
            "Customer to be told: a part of it is called off",
            "Given back: 1 pot at a, 1 mug at a"
        ]
    );
    assert_eq!(story.stands(), "processing authorized | 2 mug at a, 1 pot at a | 32.22 owed");
    assert_eq!((story.order.cancellable(), story.order.open_to_send()), (vec![2, 0, 1], vec![2, 0, 1]));
    // What leaves is what is left, and so is what is taken.
    story.sends(&[(0, 2), (2, 1)]);
    assert_eq!(story.pays(Provider::Stripe), ["capture 32.22"]);
    assert_eq!((story.stands().as_str(), story.gone), ("shipped captured |  | 32.22 owed", 3));
    assert_eq!(story.order.saga.as_ref().unwrap().ended, Some(crate::order::saga::Ended::Completed));
    // What was called off does not come back; all that was paid for the goods does.
    assert_eq!(story.order.returnable(), [2, 0, 1]);
    let line = |(line, quantity): &(usize, u32)| ReturnLine { line: *line, quantity: *quantity, reason: ReturnReason::ChangedMind };
    let lines = [(0, 2), (2, 1)].iter().map(line).collect();
    story.does(&Command::Return(ReturnCommand::Open { kind: ReturnKind::Refund, lines, approved: true, note: None, notify: false }));
    let id = crate::ids::ReturnId::parse("r1").unwrap();
    story.does(&Command::Return(ReturnCommand::Receive { id, arrived: None, refund: Refunded::WithShipping, notify: false }));
    // The song stays, with its share of tax and discount.
    assert_eq!(story.pays(Provider::Stripe), ["refund 31.19"]);
    assert_eq!(story.gone, 0);
}

/// Each parcel takes what it holds off the shelf, so that what is called off afterwards is known to the piece.
// req: S2-05, S2-42
#[test]
fn the_rest_is_called_off_when_a_part_has_left() {
    let (to, cause) = (OrderStatus::Cancelled, Cause::Asked { note: None });
    let whole = Command::Change(ChangeStatus { to, implied_steps: false, cause, notify: true });
    for (way, rest) in [off(&[(0, 2), (2, 2)]), whole].iter().enumerate() {
        let mut story = Story::confirmed(Provider::Stripe);
        let sent = story.sends(&[(0, 1)]);
        assert_eq!(sent.last().unwrap(), "Left the shelf: 1 mug at a");
        assert_eq!((story.stands().as_str(), story.gone), ("partially_shipped authorized | 2 mug at a, 2 pot at a | 48.13 owed", 1));
        // Somebody has begun to pack a pot: by line that has to be called off first, with all that is left it is.
        story.does(&Command::Fulfil(opens(Ask::Parts(some(&[(2, 1)])), Begins::ToPick)));
        if way == 0 {
            assert_eq!(story.order.cancellable(), [2, 0, 1]);
            let refused = story.tries(&off(&[(2, 2)])).unwrap_err().to_string();
            assert!(refused.starts_with("line 2: 2 to call off, 1 can; what is in a parcel"), "{refused}");
            let id = FulfilmentId::parse("p2").unwrap();
            story.does(&Command::Fulfil(FulfilCommand::Step { id, step: Step::Cancel, carriage: None, followed: None, notify: false }));
        }
        let said = story.does(rest);
        assert!(said.iter().any(|text| text.starts_with("Called off: 2 of line 1, 2 of line 3 (31.83 EUR less)")), "{said:?}");
        assert!(said.contains(&"Given back: 2 pot at a, 2 mug at a".to_owned()), "{said:?}");
        assert!(said.iter().any(|text| text.starts_with("partially_shipped to shipped")), "{said:?}");
        assert_eq!(story.pays(Provider::Stripe), ["capture 16.30"]);
        assert_eq!((story.stands().as_str(), story.gone), ("shipped captured |  | 16.30 owed", 1));
        assert!(story.order.consignments.iter().skip(1).all(|one| one.work.status == crate::order::FulfilmentStatus::Cancelled));
    }
}

/// Nobody knows what was in a parcel that somebody else has sent: a person is asked, and nothing is taken until they have said it.
// req: S2-05
#[test]
fn what_has_left_in_unknown_parcels_is_asked_for() {
    let change = |to| {
        let cause = Cause::Asked { note: None };
        Command::Change(ChangeStatus { to, implied_steps: false, cause, notify: true })
    };
    for (left, taken, gone) in [(true, "capture 48.13", 5), (false, "capture 48.13", 0)] {
        let mut story = Story::confirmed(Provider::Stripe);
        story.does(&change(OrderStatus::PartiallyShipped));
        story.does(&change(OrderStatus::Cancelled));
        assert_eq!(story.stands(), "shipped authorized | 3 mug at a, 2 pot at a | 48.13 owed | inventory-override-1?");
        assert_eq!(story.pays(Provider::Stripe), Vec::<String>::new(), "nobody knows how much");
        assert!(story.order.money_due().is_none_or(|due| due > at(story.minute + 60)));
        let review = crate::ids::ReviewId::parse("inventory-override-1").unwrap();
        story.does(&Command::Review(crate::order::ReviewCommand::Decide { id: review, approve: left, by: "ben".into(), comment: None }));
        assert_eq!(story.pays(Provider::Stripe), [taken], "{left}");
        assert_eq!((story.order.saga.as_ref().unwrap().held.len(), story.gone), (0, gone));
    }
    // What was called off by line before is known.
    let mut story = Story::confirmed(Provider::Stripe);
    story.does(&change(OrderStatus::PartiallyShipped));
    story.does(&off(&[(2, 2)]));
    assert_eq!(story.stands(), "partially_shipped authorized | 3 mug at a | 36.84 owed");
    story.does(&change(OrderStatus::Shipped));
    assert_eq!(story.pays(Provider::Stripe), ["capture 36.84"]);
}

/// Who asked for more than there is may have less.
// req: S2-36
#[test]
fn what_is_short_is_called_off_and_the_rest_goes_on() {
    let mut story = Story::begun();
    story.proceeds(&[("mug", "a", 7), ("pot", "a", 1)]);
    assert_eq!(story.stands(), "on_hold pending |  | 48.13 owed | inventory-override-1?");
    let said = story.does(&off(&[(2, 1)]));
    assert_eq!(said[1..3], ["Review inventory-override-1 withdrawn", "on_hold to pending, by rule: approved"], "{said:?}");
    story.proceeds(&[("mug", "a", 7), ("pot", "a", 1)]);
    assert_eq!(story.pays(Provider::Stripe), ["authorize 42.49"], "no more than it costs is promised");
    assert_eq!(story.stands(), "processing authorized | 3 mug at a, 1 pot at a | 42.49 owed");
    // It is asked for again if it is still too much.
    let mut short = Story::begun();
    short.proceeds(&[("mug", "a", 1), ("pot", "a", 7)]);
    short.does(&off(&[(0, 1)]));
    short.proceeds(&[("mug", "a", 1), ("pot", "a", 7)]);
    assert_eq!(short.stands(), "on_hold pending |  | 37.87 owed | inventory-override-2?");
}

// req: S2-05
#[test]
fn all_of_it_is_the_order() {
    let mut story = Story::begun();
    story.proceeds(&[("mug", "a", 7), ("pot", "a", 7)]);
    story.does(&off(&[(0, 3), (2, 1)]));
    let said = story.does(&off(&[(1, 1), (2, 1)]));
    assert_eq!(said[0], "pending to cancelled: Ada called");
    assert_eq!(story.pays(Provider::Stripe), Vec::<String>::new());
    assert_eq!((story.order.tracks.status, story.gone, story.order.saga.as_ref().unwrap().held.len()), (OrderStatus::Cancelled, 0, 0));
    // Where nothing is kept of stock and money the order says the same.
    let mut plain = placed(&draft(), Given { tracks: Tracks { status: OrderStatus::Processing, ..Tracks::default() }, ..given() }).unwrap();
    let events = decide(Some(&plain), &off(&[(0, 1)]), at(1)).unwrap();
    plain.apply_commit(&events, at(1));
    assert_eq!((plain.owed().minor, plain.spared().minor, plain.wanted()), (3787, 1026, vec![2, 1, 2]));
}

// req: S2-05
#[test]
fn what_cannot_be_called_off_is_refused_with_advice() {
    use OrderStatus as S;
    for status in [S::Shipped, S::Delivered, S::Completed, S::ReturnRequested, S::Returned, S::Cancelled, S::Failed] {
        let order = placed(&draft(), Given { tracks: Tracks { status, ..Tracks::default() }, ..given() }).unwrap();
        let refused = decide(Some(&order), &off(&[(0, 1)]), at(1)).unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!("an order that is {status} has nothing to call off; what has left can come back as a return")
        );
    }
    let mut story = Story::confirmed(Provider::Stripe);
    let many = vec![(0, 1); LINES_MAX + 1];
    for (lines, text) in [
        (&[][..], "1 to 100 lines are called off at once, each with a quantity of at least 1"),
        (&[(0, 0)], "1 to 100 lines are called off at once, each with a quantity of at least 1"),
        (&many, "1 to 100 lines are called off at once, each with a quantity of at least 1"),
        (
            &[(0, 4)],
            "line 0: 4 to call off, 3 can; what is in a parcel is called off with the parcel, and what has left comes back as a return",
        ),
        (
            &[(0, 2), (0, 2)],
            "line 0: 4 to call off, 3 can; what is in a parcel is called off with the parcel, and what has left comes back as a return",
        ),
        (
            &[(0, u32::MAX), (0, u32::MAX)],
            "line 0: 8589934590 to call off, 3 can; what is in a parcel is called off with the parcel, and what has left comes back as a return",
        ),
        (
            &[(9, 1)],
            "line 9: 1 to call off, 0 can; what is in a parcel is called off with the parcel, and what has left comes back as a return",
        ),
    ] {
        assert_eq!(story.tries(&off(lines)).unwrap_err().to_string(), text);
    }
    for note in ["x".repeat(501), "4111 1111 1111 1111".to_owned(), "a\u{7}b".to_owned()] {
        let command = Command::CancelLines { lines: some(&[(0, 1)]), note: Some(note), notify: true };
        assert_eq!(story.tries(&command), Err(Rejection::BadText));
    }
    // A song is delivered with the confirmation; nobody is told who does not want to be.
    story.sends(&[(0, 1)]);
    assert_eq!(story.order.cancellable(), [2, 0, 2]);
    let quiet = Command::CancelLines { lines: some(&[(0, 1)]), note: None, notify: false };
    assert_eq!(story.does(&quiet), ["Called off: 1 of line 1 (10.26 EUR less)", "Given back: 1 mug at a"]);
}

/// A parcel that was lost took its pieces with it: what is sent again is other pieces.
// req: S2-42
#[test]
fn what_was_lost_is_not_what_is_still_here() {
    let mut story = Story::confirmed(Provider::Stripe);
    story.sends(&[(0, 2)]);
    story.does(&steps("p1", Step::Fail));
    assert_eq!((story.stands().as_str(), story.gone), ("partially_shipped authorized | 1 mug at a, 2 pot at a | 48.13 owed", 2));
    story.does(&moves(OrderStatus::OnHold));
    assert_eq!(story.gone, 2, "nobody has found them");
    story.does(&steps("p1", Step::Cancel));
    // Two mugs are off: the one that is still here goes out, and so do both pots.
    story.does(&off(&[(0, 2)]));
    assert_eq!(story.stands(), "on_hold authorized | 1 mug at a, 2 pot at a | 27.60 owed");
    story.does(&moves(OrderStatus::Processing));
    story.sends(&[(0, 1), (2, 2)]);
    assert_eq!((story.order.saga.as_ref().unwrap().held.len(), story.gone), (0, 5));
    // Packed again and sent again it takes other pieces.
    let mut again = Story::confirmed(Provider::Stripe);
    again.sends(&[(0, 1)]);
    for step in [
        Step::Fail,
        Step::Retry,
        Step::Allocate,
        Step::StartPicking,
        Step::Scan { line: 0, quantity: 1 },
        Step::Pack,
        Step::Label,
        Step::HandOver,
    ] {
        again.does(&steps("p1", step));
    }
    assert_eq!((again.gone, again.order.consignments[0].lost), (2, 1));
}

/// What has left with a parcel that we know is not put back on a shelf because the rest is called off by way of a hold.
// req: S2-42
#[test]
fn what_left_stays_away_whatever_becomes_of_the_order() {
    let mut story = Story::confirmed(Provider::Stripe);
    story.sends(&[(0, 3)]);
    story.does(&moves(OrderStatus::OnHold));
    story.does(&moves(OrderStatus::Cancelled));
    let saga = story.order.saga.as_ref().unwrap();
    assert_eq!((saga.held.len(), saga.rest, story.gone), (0, None, 3), "the pots are free, and nobody has to be asked");
}

/// Parcels that nobody called off with the rest are not sent for that.
// req: S2-05
#[test]
fn what_is_packed_is_not_sent_once_the_rest_is_off() {
    let mut story = Story::confirmed(Provider::Stripe);
    for (line, begins) in [(0, Begins::Left), (0, Begins::Packed), (0, Begins::Packed), (2, Begins::Packed), (2, Begins::Packed)] {
        story.does(&Command::Fulfil(opens(Ask::Parts(some(&[(line, 1)])), begins)));
    }
    // One more than a commit calls off.
    let mut order = story.order.clone();
    order.lines[0].quantity = 4;
    story.order = order;
    story.does(&Command::Fulfil(opens(Ask::Parts(some(&[(0, 1)])), Begins::Packed)));
    story.does(&moves(OrderStatus::Cancelled));
    let packed = |one: &&crate::order::Consignment| one.work.status == crate::order::FulfilmentStatus::Packed;
    assert_eq!(story.order.consignments.iter().filter(packed).count(), 1);
    for step in [Step::Label, Step::HandOver] {
        let refused = story.tries(&steps("p6", step)).unwrap_err().to_string();
        assert_eq!(refused, "an order that is shipped is not fulfilled");
    }
    story.does(&steps("p6", Step::Cancel));
}

/// It left before there was anything to set aside: it is not set aside, and sent, once more.
// req: S2-42
#[test]
fn what_left_uncounted_is_not_taken_again() {
    let mut story = Story::begun();
    story.proceeds(&[("pot", "a", 7)]);
    story.pays(Provider::Stripe);
    story.sends(&[(0, 3), (2, 2)]);
    assert_eq!(story.gone, 2, "no stock was kept of mugs");
    let reason = "the carrier has not come".to_owned();
    let role = crate::order::Role::Manager;
    story.does(&Command::Correct(crate::order::CorrectStatus { to: OrderStatus::Processing, reason, role }));
    let said = story.proceeds(&[("mug", "a", 10), ("pot", "a", 7)]);
    assert!(said.iter().all(|text| !text.contains("Set aside") && !text.contains("Left the shelf")), "{said:?}");
    assert_eq!(story.order.to_reserve().len(), 0);
}

/// Who has stopped an order for another reason has not said yes by that.
// req: S2-31
#[test]
fn a_review_of_something_else_stands() {
    let mut story = Story::confirmed(Provider::Stripe);
    let (kind, note, due_at) = (ReviewKind::InventoryOverride, "count that shelf first".to_owned(), at(90));
    story.does(&Command::Review(crate::order::ReviewCommand::Open { kind, note, due_at }));
    story.does(&off(&[(0, 1)]));
    assert_eq!(story.order.open_reviews().count(), 1);
}
