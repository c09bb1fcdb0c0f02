//! Payments of one order, told as stories. A provider is played by the test.

use super::*;
use crate::fraud::Past;
use crate::ids::{ProviderReference, SourceId};
use crate::money::Currency;
use crate::order::event::{Cause, OrderEvent};
use crate::order::placement::{Collecting, Draft, DraftLine, Given, MeansDraft};
use crate::order::saga::{Facts, Free};
use crate::order::testing::{self, at, given};
use crate::order::{ChangeStatus, Claim, Command, Fact, Order, OrderStatus, PaymentStatus, Rejection, SagaCommand, SagaRules, decide};
use crate::payment::{By, DisputeState, Offer, OutsideKind, Provider};

struct Story {
    order: Order,
    minute: i64,
}

fn draft(method: &str, token: Option<&str>) -> Draft {
    let line = DraftLine { sku: "mug".into(), name: "Mug".into(), quantity: 2, unit_price: "25.00".into(), ..DraftLine::default() };
    let means = MeansDraft { provider: token.map(|_| "stripe".into()), token: token.map(str::to_owned), ..MeansDraft::default() };
    Draft {
        currency: "EUR".into(),
        customer_name: "Ada Example".into(),
        email: Some("ada@example.com".into()),
        lines: vec![line],
        payment_method: Some(method.into()),
        means: token.map(|_| means),
        ..Draft::default()
    }
}

fn placed(draft: &Draft, rules: PayRules, offers: &[Offer]) -> Result<Order, Vec<(String, String)>> {
    let tenant = TenantId::parse("demo").unwrap();
    let payments = Some(Collecting { tenant: &tenant, enabled: true, offers, rules });
    testing::placed(draft, Given { notify: true, saga: true, payments, ..given() })
}

impl Story {
    /// An order of 50.00 EUR that has been checked and set aside, a minute after it was placed.
    fn of(method: &str, token: Option<&str>) -> Story {
        let mut story = Story { order: placed(&draft(method, token), PayRules::default(), &Offer::listed()).unwrap(), minute: 0 };
        let free = Free { sku: "mug".into(), location: "a".into(), available: 9 };
        let facts = Facts { past: Some(Past { hour: Some(12), ..Past::default() }), levels: Some(vec![free]), ..Facts::default() };
        let rules = SagaRules { enabled: true, ..SagaRules::default() };
        story.does(1, &Command::Saga(SagaCommand::Proceed { facts, rules }));
        story
    }

    fn tries(&mut self, command: &Command) -> Result<Vec<OrderEvent>, Rejection> {
        let events = decide(Some(&self.order), command, at(self.minute))?;
        if !events.is_empty() {
            let json: Vec<OrderEvent> = serde_json::from_value(serde_json::to_value(&events).unwrap()).unwrap();
            let mut again = self.order.clone();
            again.apply_commit(&json, at(self.minute));
            self.order.apply_commit(&events, at(self.minute));
            let bare = |order: &Order| Order { contact: None, ..order.clone() };
            assert_eq!(bare(&again), bare(&self.order), "what is stored says the same, but for what is the customer's");
        }
        Ok(events)
    }

    #[track_caller]
    fn does(&mut self, minutes: i64, command: &Command) -> Vec<OrderEvent> {
        self.minute += minutes;
        self.tries(command).unwrap()
    }

    #[track_caller]
    fn money(&mut self, minutes: i64, command: MoneyCommand) -> Vec<OrderEvent> {
        self.does(minutes, &Command::Money(command))
    }

    fn work(&self) -> Option<MoneyWork> {
        self.order.money_work(at(self.minute))
    }

    /// Writes down what is wanted, as the worker does; its number.
    #[track_caller]
    fn begins(&mut self, provider: Provider) -> u32 {
        let total = self.order.paying.as_ref().unwrap().ledger.total();
        let wish = match self.work() {
            Some(MoneyWork::Begin(Wanted::Authorize { by })) => Wish::Authorize { provider, amount: total, by },
            Some(MoneyWork::Begin(Wanted::Of(wish))) => wish,
            other => panic!("nothing is to begin: {other:?}"),
        };
        let began = self.money(0, MoneyCommand::Begin { wish, why: Vec::new() });
        assert_eq!(names(&began)[0], "payment_began");
        let n = self.order.paying.as_ref().unwrap().ledger.operations().last().unwrap().n;
        assert_eq!(self.work(), Some(MoneyWork::Call { n }));
        n
    }

    #[track_caller]
    fn settles(&mut self, n: u32, outcome: Outcome) -> Vec<OrderEvent> {
        self.money(0, MoneyCommand::Settle { n, outcome, url: None, client_secret: None })
    }

    #[track_caller]
    fn succeeds(&mut self, n: u32) -> Vec<OrderEvent> {
        let amount = self.order.paying.as_ref().unwrap().ledger.operation(n).unwrap().amount;
        self.settles(n, done(n, amount))
    }

    #[track_caller]
    fn authorized(token: Option<&str>) -> Story {
        let mut story = Story::of("credit_card", token);
        let n = story.begins(Provider::Stripe);
        story.succeeds(n);
        assert_eq!(story.stands(), "processing authorized dispatch");
        story
    }

    #[track_caller]
    fn moves(&mut self, to: OrderStatus) -> Vec<OrderEvent> {
        self.does(1, &Command::Change(ChangeStatus { to, implied_steps: false, cause: Cause::Asked { note: None }, notify: true }))
    }

    fn stands(&self) -> String {
        let saga = self.order.saga.as_ref().unwrap();
        let step = saga.ended.map_or(saga.step.code(), crate::order::saga::Ended::code);
        format!("{} {} {step}", self.order.tracks.status, self.order.tracks.payment)
    }

    fn held(&self) -> u32 {
        self.order.saga.as_ref().unwrap().held.iter().map(|held| held.quantity).sum()
    }
}

fn done(n: u32, amount: Money) -> Outcome {
    Outcome::Ok { reference: ProviderReference::parse(&format!("r{n}")).unwrap(), amount, expires_at: None }
}

fn declined(code: &str, soft: bool) -> Outcome {
    Outcome::Declined { code: code.into(), soft, reference: None }
}

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn names(events: &[OrderEvent]) -> Vec<&'static str> {
    events.iter().map(OrderEvent::name).collect()
}

// req: S2-46, S2-47, S2-14
#[test]
fn money_is_promised_before_work_begins_and_taken_when_it_leaves() {
    let mut story = Story::of("credit_card", None);
    assert_eq!(story.stands(), "pending pending authorize");
    assert_eq!(story.order.next_timer(), Some(at(31)), "stock is set aside for half an hour");
    assert!(story.order.is_in_workflow());
    let n = story.begins(Provider::Razorpay);
    let began = &story.order.paying.as_ref().unwrap().ledger.operations()[0];
    assert_eq!((began.key.as_str(), began.amount, began.by), ("demo#1001#authorize#1", eur(5000), By::Customer));
    assert_eq!(
        names(&story.succeeds(n)),
        ["payment_settled", "payment_changed", "status_changed", "workflow_step"],
        "one commit confirms it"
    );
    assert_eq!(story.stands(), "processing authorized dispatch");
    assert_eq!((story.work(), story.order.next_timer()), (None, Some(at(1 + 24 * 60))), "it is taken after a day at the latest");
    story.moves(OrderStatus::Shipped);
    assert_eq!(story.stands(), "shipped authorized capture");
    let n = story.begins(Provider::Razorpay);
    story.succeeds(n);
    assert_eq!(story.stands(), "shipped captured completed");
    assert_eq!((story.work(), story.order.next_timer()), (None, None));
}

// req: S2-47
#[test]
fn what_has_not_left_after_a_day_is_taken_and_only_once() {
    let mut story = Story::authorized(None);
    story.minute = 24 * 60;
    assert_eq!(story.work(), None);
    assert_eq!(story.money(0, MoneyCommand::Wake), []);
    story.minute = 24 * 60 + 1;
    assert_eq!(names(&story.money(0, MoneyCommand::Wake)), ["payment_woken"]);
    let wish = Wish::Capture { of: 1, amount: eur(5000) };
    let n = story.begins(Provider::Stripe);
    // Another worker, at the same moment.
    assert_eq!(story.money(0, MoneyCommand::Begin { wish, why: Vec::new() }), []);
    story.succeeds(n);
    assert_eq!(story.money(0, MoneyCommand::Begin { wish, why: Vec::new() }), []);
    assert_eq!(story.succeeds(n), [], "the same answer twice");
    assert_eq!(story.stands(), "processing captured dispatch");
    story.moves(OrderStatus::Shipped);
    assert_eq!(story.stands(), "shipped captured completed");
}

// req: S2-37, S2-38
#[test]
fn what_nobody_pays_in_half_an_hour_goes_back_on_the_shelf() {
    let mut story = Story::of("credit_card", None);
    assert_eq!(story.held(), 2);
    story.minute = 30;
    assert_eq!(story.money(0, MoneyCommand::Wake), []);
    story.minute = 31;
    let events = story.money(0, MoneyCommand::Wake);
    assert_eq!(names(&events)[..3], ["payment_woken", "status_changed", "payment_given_up"]);
    assert_eq!((story.stands().as_str(), story.held()), ("cancelled pending compensated", 0));
    assert_eq!(story.order.next_timer(), None);
}

// req: S2-37, S2-48
#[test]
fn time_begins_anew_while_the_customer_pays_and_what_they_left_open_is_called_off() {
    let mut story = Story::of("credit_card", None);
    story.minute = 20;
    let n = story.begins(Provider::Stripe);
    let reference = ProviderReference::parse("pi_1").ok();
    let wants = MoneyCommand::Settle {
        n,
        outcome: Outcome::RequiresAction { reference },
        url: Some("https://pay.example/1".into()),
        client_secret: Some("pi_1_secret".into()),
    };
    story.money(0, wants);
    assert_eq!(story.stands(), "pending requires_action authorize");
    let confirm = |story: &Story| {
        let means = story.order.contact.as_ref().unwrap().means.clone().unwrap_or_default();
        (means.url, means.client_secret)
    };
    let both = (Some("https://pay.example/1".to_owned()), Some("pi_1_secret".to_owned()));
    assert_eq!(confirm(&story), both, "for the customer, and not in the history");
    assert_eq!(story.order.next_timer(), Some(at(35)), "looked up after 900 s");
    story.minute = 35;
    assert_eq!(story.work(), Some(MoneyWork::LookUp { n }));
    story.money(0, MoneyCommand::Looked { n });
    assert_eq!((story.work(), story.order.next_timer()), (None, Some(at(50))));
    story.minute = 50;
    story.money(0, MoneyCommand::Looked { n });
    let void = story.begins(Provider::Stripe);
    assert_eq!(story.stands(), "pending requires_action authorize", "who pays at the last moment is asked for");
    let events = story.succeeds(void);
    assert!(names(&events).contains(&"payment_given_up"), "{:?}", names(&events));
    assert_eq!((story.stands().as_str(), story.held()), ("cancelled failed compensated", 0));
    assert_eq!(confirm(&story), (None, None));
}

/// Razorpay knows no way to call off what nobody has confirmed, and gives back what it has promised by itself, in days.
// req: S2-37, S2-48
#[test]
fn what_cannot_be_called_off_keeps_no_stock_and_goes_back_if_it_is_paid_after_all() {
    let mut story = Story::of("credit_card", None);
    let n = story.begins(Provider::Razorpay);
    let reference = ProviderReference::parse("order_1").ok();
    story.settles(n, Outcome::RequiresAction { reference: reference.clone() });
    story.minute = 31;
    story.money(0, MoneyCommand::Looked { n });
    let void = story.begins(Provider::Razorpay);
    story.settles(void, Outcome::Cancelled);
    assert_eq!((story.stands().as_str(), story.held(), story.work()), ("cancelled requires_action compensated", 0, None));
    assert!(story.order.next_timer().is_some(), "it is looked up");
    story.minute = 60;
    story.succeeds(n);
    assert_eq!(story.work(), None, "what was refused is asked for again half an hour later");
    story.minute = 61;
    let void = story.begins(Provider::Razorpay);
    story.settles(void, Outcome::Pending { reference });
    assert_eq!((story.stands().as_str(), story.work()), ("cancelled authorized compensated", None));
    story.succeeds(void);
    assert_eq!((story.stands().as_str(), story.work()), ("cancelled voided compensated", None));
}

// req: S2-50
#[test]
fn a_soft_decline_is_tried_three_times_by_the_clock_and_then_it_is_over() {
    let mut story = Story::of("credit_card", Some("pm_1"));
    for attempt in 0..4 {
        let n = story.begins(Provider::Stripe);
        let by = story.order.paying.as_ref().unwrap().ledger.operations()[attempt].by;
        assert_eq!(by, if attempt == 0 { By::Customer } else { By::Clock });
        story.settles(n, declined("insufficient_funds", true));
        assert_eq!((story.order.tracks.payment, story.work()), (PaymentStatus::Failed, None));
        story.minute += 29;
        assert_eq!(story.work(), None, "not before half an hour");
        story.minute += 1;
        story.money(0, MoneyCommand::Wake);
    }
    assert_eq!((story.stands().as_str(), story.held()), ("cancelled failed compensated", 0));
    assert_eq!(story.order.paying.as_ref().unwrap().ledger.operations().len(), 4);
}

// req: S2-50
#[test]
fn a_hard_decline_is_not_tried_by_the_clock_and_the_customer_may_bring_another_card() {
    let mut story = Story::of("credit_card", Some("pm_1"));
    let n = story.begins(Provider::Stripe);
    story.settles(n, declined("stolen_card", false));
    assert_eq!(story.work(), None);
    let means = || Means { provider: Some(Provider::Stripe), token: Some("pm_2".into()), ..Means::default() };
    story.money(10, MoneyCommand::TryAgain { means: means() });
    assert_eq!(story.order.contact.as_ref().unwrap().means.as_ref().unwrap().token.as_deref(), Some("pm_2"));
    let n = story.begins(Provider::Stripe);
    assert_eq!(
        story.tries(&Command::Money(MoneyCommand::TryAgain { means: means() })),
        Err(crate::payment::LedgerRejection::StillOpen(2).into())
    );
    story.succeeds(n);
    assert_eq!(story.stands(), "processing authorized dispatch");
    assert_eq!(story.tries(&Command::Money(MoneyCommand::TryAgain { means: means() })), Err(Rejection::NothingToPay));
}

// req: S2-49
#[test]
fn what_nobody_heard_of_is_looked_up_and_never_asked_for_twice() {
    let mut story = Story::of("credit_card", None);
    let n = story.begins(Provider::Stripe);
    story.settles(n, Outcome::Unknown);
    assert_eq!(story.work(), Some(MoneyWork::LookUp { n }));
    story.money(0, MoneyCommand::Looked { n });
    assert_eq!((story.work(), story.order.next_timer()), (None, Some(at(6))));
    story.minute = 6;
    story.money(0, MoneyCommand::Wake);
    assert_eq!(story.work(), Some(MoneyWork::LookUp { n }));
    story.succeeds(n);
    assert_eq!(story.stands(), "processing authorized dispatch");
}

// req: S2-50
#[test]
fn a_provider_that_is_away_is_passed_over() {
    let mut story = Story::of("credit_card", None);
    let n = story.begins(Provider::Razorpay);
    story.settles(n, Outcome::Cancelled);
    assert_eq!(story.order.paying.as_ref().unwrap().tried(), [Provider::Razorpay]);
    assert_eq!(story.work(), Some(MoneyWork::Begin(Wanted::Authorize { by: By::Shop })));
    story.money(0, MoneyCommand::NoProvider { why: vec!["razorpay has been tried, and was away".into()] });
    assert_eq!(story.work(), None);
    story.money(1, MoneyCommand::TryAgain { means: Means::default() });
    assert_eq!(story.work(), Some(MoneyWork::Begin(Wanted::Authorize { by: By::Customer })));
}

// req: S2-48, S2-55
#[test]
fn a_cancelled_order_gives_its_promise_back() {
    let mut story = Story::authorized(None);
    story.moves(OrderStatus::Cancelled);
    assert_eq!((story.stands().as_str(), story.held()), ("cancelled authorized compensated", 0));
    let n = story.begins(Provider::Stripe);
    story.succeeds(n);
    assert_eq!(story.stands(), "cancelled voided compensated");
    assert_eq!((story.work(), story.order.next_timer()), (None, None));
}

#[test]
fn what_was_taken_of_a_cancelled_order_is_refunded_unless_the_shop_does_not_want_that() {
    for refund in [true, false] {
        let mut story = Story::authorized(None);
        story.order.paying.as_mut().unwrap().rules.refund_cancelled = refund;
        story.money(1, MoneyCommand::Capture);
        let n = story.begins(Provider::Stripe);
        story.succeeds(n);
        story.moves(OrderStatus::Cancelled);
        if refund {
            let n = story.begins(Provider::Stripe);
            story.succeeds(n);
            assert_eq!(story.stands(), "cancelled refunded compensated");
        }
        assert_eq!(story.work(), None);
    }
}

#[test]
fn who_cancels_while_the_money_is_taken_gets_it_back_when_that_is_known() {
    let mut story = Story::authorized(None);
    story.money(1, MoneyCommand::Capture);
    let n = story.begins(Provider::Stripe);
    story.settles(n, Outcome::Unknown);
    story.moves(OrderStatus::Cancelled);
    assert_eq!(story.work(), Some(MoneyWork::LookUp { n }));
    story.succeeds(n);
    let refund = story.begins(Provider::Stripe);
    story.succeeds(refund);
    assert_eq!(story.stands(), "cancelled refunded compensated");
}

// req: S2-51, S2-07
#[test]
fn refunds_come_from_what_was_taken_and_say_why_not() {
    let mut story = Story::authorized(None);
    let refund =
        |minor: Option<i64>| Command::Money(MoneyCommand::Refund { amount: minor.map(eur), reason: Some("Scratched".into()), seen: None });
    assert!(matches!(story.tries(&refund(None)), Err(Rejection::NotRefundable { .. })));
    story.moves(OrderStatus::Shipped);
    let n = story.begins(Provider::Stripe);
    story.succeeds(n);
    let text = |refused: Result<Vec<OrderEvent>, Rejection>| refused.unwrap_err().to_string();
    assert_eq!(text(story.tries(&refund(Some(5001)))), "50.00 EUR is left to refund");
    assert_eq!(text(story.tries(&refund(Some(0)))), "the amount must be more than nothing");
    assert_eq!(names(&story.tries(&refund(Some(2000))).unwrap()), ["refund_asked", "payment_began"]);
    assert_eq!(text(story.tries(&refund(Some(3001)))), "30.00 EUR is left to refund", "what is underway counts");
    let twice = Command::Money(MoneyCommand::Refund { amount: None, reason: None, seen: Some(2) });
    assert_eq!(story.tries(&twice), Err(Rejection::MoneyMoved), "the page that they look at is old");
    story.succeeds(3);
    assert_eq!(story.stands(), "shipped partially_refunded completed");
    story.tries(&refund(None)).unwrap();
    story.succeeds(4);
    assert_eq!(story.stands(), "shipped refunded completed");
    let told = story.order.paying.as_ref().unwrap().ledger.refunded();
    assert_eq!(told, eur(5000));
}

// req: S2-52
#[test]
fn a_webhook_has_things_looked_up_and_says_nothing_itself() {
    let mut story = Story::of("credit_card", None);
    let n = story.begins(Provider::Stripe);
    let reference = ProviderReference::parse("pi_1").ok();
    story.settles(n, Outcome::RequiresAction { reference });
    let report = |operations: &[u32], captures: &[u32]| MoneyCommand::Report { operations: operations.into(), captures: captures.into() };
    assert_eq!(names(&story.money(1, report(&[1, 9], &[1]))), ["payment_reported"]);
    assert_eq!(story.money(0, report(&[1], &[])), [], "the same webhook again");
    assert_eq!(story.work(), Some(MoneyWork::LookUp { n }));
    story.succeeds(n);
    assert_eq!((story.stands().as_str(), story.work()), ("processing authorized dispatch", None));
    story.moves(OrderStatus::Shipped);
    let n = story.begins(Provider::Stripe);
    story.succeeds(n);
    assert_eq!(story.order.money_due(), None);
    story.money(1, report(&[], &[2]));
    assert_eq!(story.work(), Some(MoneyWork::Returned { n: 2 }));
    assert_eq!(story.order.money_due(), Some(at(story.minute + 15)), "somebody looks in case the worker did not come");
    story.money(1, report(&[], &[1]));
    assert_eq!(story.order.money_due(), Some(at(story.minute + 14)), "what is reported later does not put it off");
    let reference = ProviderReference::parse("dp_1").unwrap();
    let kind = OutsideKind::Dispute(DisputeState::Opened);
    let dispute = Outside { provider: Provider::Stripe, reference, of: 2, kind, amount: eur(5000), at: at(story.minute) };
    let told = MoneyCommand::Returned { capture: 2, news: vec![dispute] };
    story.money(0, told.clone());
    assert_eq!((story.stands().as_str(), story.work()), ("shipped disputed completed", None));
    assert_eq!(story.money(0, told), []);
}

/// RELIABILITY: money is never believed from a webhook alone.
#[test]
fn a_status_webhook_moves_no_money_that_a_provider_is_asked_about() {
    let mut story = Story::of("credit_card", None);
    let paid = |n: usize, minute| Command::Hear {
        fact: Fact {
            id: crate::ids::EventId::parse(&format!("e{n}")).unwrap(),
            source: SourceId::parse("shop").unwrap(),
            sequence: None,
            occurred_at: at(minute),
            claim: Claim { payment: Some(PaymentStatus::Captured), ..Claim::default() },
        },
        notify: false,
    };
    story.does(1, &paid(1, 2));
    assert_eq!(story.stands(), "pending pending authorize");
    let n = story.begins(Provider::Stripe);
    story.succeeds(n);
    story.does(1, &paid(2, 3));
    assert_eq!(story.stands(), "processing authorized dispatch");
}

// req: S2-55
#[test]
fn cash_on_delivery_skips_authorize_and_a_bank_transfer_waits_for_the_word_that_it_came() {
    let story = Story::of("cash_on_delivery", None);
    assert_eq!((story.stands().as_str(), story.work(), story.order.next_timer()), ("processing pending dispatch", None, None));
    let mut story = Story::of("bank_transfer", None);
    assert_eq!((story.stands().as_str(), story.work()), ("pending pending authorize", None));
    assert_eq!(story.order.next_timer(), Some(at(1 + 168 * 60)));
    let fact = Fact {
        id: crate::ids::EventId::parse("e1").unwrap(),
        source: SourceId::parse("bank").unwrap(),
        sequence: None,
        occurred_at: at(60),
        claim: Claim { payment: Some(PaymentStatus::Captured), ..Claim::default() },
    };
    story.does(60, &Command::Hear { fact, notify: true });
    assert_eq!(story.stands(), "processing captured dispatch");
    let late = Story { minute: 1 + 168 * 60, ..Story::of("bank_transfer", None) };
    let events = decide(Some(&late.order), &Command::Money(MoneyCommand::Wake), at(late.minute));
    assert!(events.is_ok_and(|events| names(&events).contains(&"payment_given_up")));
}

// req: S2-48
#[test]
fn a_promise_that_runs_out_is_said_and_a_person_looks_when_it_has_left() {
    let mut story = Story::authorized(None);
    story.order.paying.as_mut().unwrap().rules.capture_after_h = 0;
    let week = 1 + 7 * 24 * 60;
    assert_eq!(story.order.next_timer(), Some(at(week)));
    story.minute = week;
    assert_eq!(names(&story.money(0, MoneyCommand::Wake)), ["payment_woken", "payment_changed"]);
    assert_eq!(story.stands(), "processing expired dispatch");
    assert_eq!(story.order.next_timer(), None);
    story.moves(OrderStatus::Shipped);
    assert_eq!(story.stands(), "shipped expired needs_human");
    assert_eq!(story.order.open_reviews().count(), 1);
}

#[test]
fn a_capture_that_is_declined_is_tried_again_if_that_may_help() {
    for (soft, tries) in [(true, 3), (false, 1)] {
        let mut story = Story::authorized(None);
        story.moves(OrderStatus::Shipped);
        for _ in 0..tries {
            let n = story.begins(Provider::Stripe);
            story.settles(n, declined("x", soft));
            story.minute += 30;
        }
        assert_eq!((story.stands().as_str(), story.work()), ("shipped authorized needs_human", None));
    }
}

#[test]
fn nobody_is_sent_to_look_for_ever() {
    let mut story = Story::of("credit_card", None);
    let n = story.begins(Provider::Stripe);
    story.settles(n, Outcome::Unknown);
    let mut wakes = 0;
    while let Some(due) = story.order.next_timer() {
        story.minute = story.minute.max((due.as_second() - 1_754_733_600) / 60);
        assert_eq!(names(&story.money(0, MoneyCommand::Wake))[0], "payment_woken", "{wakes}");
        wakes += 1;
        assert!(wakes < 40);
        // Nobody can find out what became of it: stock is not held for it longer than a day or so.
        assert!(story.held() == 2 || story.minute >= 24 * 60, "{} {}", story.minute, story.stands());
    }
    assert!((10..=24).contains(&wakes), "{wakes}");
    assert_eq!((story.order.tracks.status, story.held()), (OrderStatus::Cancelled, 0));
}

// req: S2-01, S2-53
#[test]
fn what_cannot_be_paid_is_refused_when_it_is_placed() {
    let faults = |draft: Draft, offers: &[Offer]| placed(&draft, PayRules::default(), offers).unwrap_err();
    let one = |field: &str, code: &str| vec![(field.to_owned(), code.to_owned())];
    let all = Offer::listed();
    assert_eq!(faults(draft("gold", None), &all), one("payment_method", "unknown_method"));
    assert_eq!(faults(draft("credit_card", None), &[]), one("payment_method", "no_provider"));
    assert_eq!(faults(draft("credit_card", Some("4242 4242 4242 4242")), &all), one("payment.token", "card_number"));
    let with = |means: MeansDraft| Draft { means: Some(means), ..draft("credit_card", None) };
    let token = Some("tok_1".to_owned());
    assert_eq!(faults(with(MeansDraft { token: token.clone(), ..MeansDraft::default() }), &all), one("payment.provider", "required"));
    let bad = MeansDraft {
        provider: Some("bank".into()),
        token,
        return_url: Some("javascript:alert(1)".into()),
        customer_ip: Some("localhost".into()),
    };
    let codes: Vec<String> = faults(with(bad), &all).into_iter().map(|(field, code)| format!("{field} {code}")).collect();
    assert_eq!(
        codes[..3],
        ["payment.provider unknown_provider", "payment.return_url bad_url", "payment.customer_ip bad_address"].map(str::to_owned)
    );
    let named = Draft { customer_name: "Ada 4242-4242-4242-4242".into(), ..draft("credit_card", None) };
    assert_eq!(faults(named, &all), one("customer.name", "card_number"));
    let unsaid = Draft { payment_method: None, means: Some(MeansDraft::default()), ..draft("credit_card", None) };
    assert_eq!(faults(unsaid, &all), one("payment_method", "required"));
    let shown = format!("{:?}", placed(&draft("credit_card", Some("pm_1")), PayRules::default(), &all).unwrap());
    assert!(!shown.contains("pm_1"), "a token is not logged");
}
