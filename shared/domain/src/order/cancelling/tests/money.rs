//! What becomes of the money of what is called off.

use super::*;

/// A provider that was asked for all of it gives back what was called off since; one that takes all or nothing takes all first.
// req: S2-07, S2-28
#[test]
fn what_was_taken_for_it_goes_back() {
    for (provider, taken) in
        [(Provider::Stripe, "capture 32.22"), (Provider::Paypal, "capture 32.22"), (Provider::Razorpay, "capture 48.13")]
    {
        let mut before = Story::confirmed(provider);
        before.does(&Command::Money(MoneyCommand::Capture));
        assert_eq!(before.pays(provider), ["capture 48.13"]);
        before.does(&off(&[(0, 1), (2, 1)]));
        assert_eq!(before.pays(provider), ["refund 15.91"], "{provider:?}");
        before.does(&off(&[(0, 1)]));
        assert_eq!(before.pays(provider), ["refund 10.27"], "{provider:?}");
        assert_eq!((before.money(), before.order.tracks.payment), ((4813, 2618), PaymentStatus::PartiallyRefunded));
        before.sends(&[(0, 1), (2, 1)]);
        assert_eq!(before.pays(provider), Vec::<String>::new());

        let mut after = Story::confirmed(provider);
        after.does(&off(&[(0, 1), (2, 1)]));
        after.does(&Command::Money(MoneyCommand::Capture));
        let asked = after.pays(provider);
        assert_eq!(asked[0], taken, "{provider:?}");
        assert_eq!(asked.get(1).map(String::as_str), (provider == Provider::Razorpay).then_some("refund 15.91"));
        let (captured, refunded) = after.money();
        assert_eq!(captured - refunded, 3222, "{provider:?}");
        let now = at(after.minute);
        assert_eq!(after.order.paying.as_ref().unwrap().ledger.discrepancies(now), [], "{provider:?}");
    }
}

/// It is asked for again, and then a person has to see to it.
// req: S2-28
#[test]
fn a_provider_that_does_not_give_it_back_is_asked_three_times() {
    let mut story = Story::confirmed(Provider::Stripe);
    story.does(&Command::Money(MoneyCommand::Capture));
    story.pays(Provider::Stripe);
    // What a person gives back for something else is another matter.
    let amount = Some(Money::new(100, crate::money::Currency::EUR));
    story.does(&Command::Money(MoneyCommand::Refund { amount, reason: Some("a scratch".into()), seen: None }));
    story.pays(Provider::Stripe);
    story.does(&off(&[(0, 1)]));
    let no = Outcome::Declined { code: "insufficient_funds".into(), soft: true, reference: None };
    for again in 0..3 {
        assert_eq!(story.order.open_reviews().count(), 0, "{again}");
        assert_eq!(story.pays_as(Provider::Stripe, Some(&no)), ["refund 9.26"], "{again}");
        if again < 2 {
            let due = story.order.money_due().unwrap();
            assert!(due > at(story.minute + 29) && due <= at(story.minute + 60), "{due}");
        }
        story.minute += 31;
    }
    assert_eq!(story.pays(Provider::Stripe), Vec::<String>::new());
    let review = story.order.open_reviews().next().unwrap();
    assert_eq!(
        (review.kind, review.reason.as_str()),
        (ReviewKind::CsEscalation, "a part of it is called off, and what was taken for it could not be given back")
    );
    assert_eq!(story.stands(), "processing partially_refunded | 2 mug at a, 2 pot at a | 37.87 owed | cs-escalation-1?");
}

/// A promise that could not be made yet is of what is left; one that is being made is of all, and less is taken.
// req: S2-28
#[test]
fn a_promise_that_is_underway_is_not_called_off() {
    let mut story = Story::begun();
    story.proceeds(&[("mug", "a", 7), ("pot", "a", 7)]);
    let Some(MoneyWork::Begin(Wanted::Authorize { by })) = story.order.money_work(at(story.minute)) else { panic!() };
    let amount = story.order.owed();
    story.does(&Command::Money(MoneyCommand::Begin { wish: Wish::Authorize { provider: Provider::Stripe, amount, by }, why: Vec::new() }));
    story.does(&off(&[(0, 1)]));
    assert_eq!(story.pays(Provider::Stripe), ["authorize 48.13"]);
    assert_eq!(story.stands(), "processing authorized | 2 mug at a, 2 pot at a | 37.87 owed");
    // A capture that is underway takes what it takes, and the rest goes back.
    story.does(&Command::Money(MoneyCommand::Capture));
    let Some(MoneyWork::Begin(Wanted::Of(wish))) = story.order.money_work(at(story.minute)) else { panic!() };
    story.does(&Command::Money(MoneyCommand::Begin { wish, why: Vec::new() }));
    story.does(&off(&[(0, 1)]));
    assert_eq!(story.pays(Provider::Stripe), ["capture 37.87", "refund 10.27"]);
    let ledger = &story.order.paying.as_ref().unwrap().ledger;
    assert!(ledger.operations().iter().all(|one| matches!(one.state, State::Ok { .. })));
}

/// Most of it was taken, and what was not is called off: it is paid.
// req: S2-18
#[test]
fn what_is_left_may_be_paid_by_that() {
    let mut story = Story::confirmed(Provider::Paypal);
    let amount = Money::new(4000, crate::money::Currency::EUR);
    let ledger = &story.order.paying.as_ref().unwrap().ledger;
    let operation = ledger.begin(Wish::Capture { of: 1, amount }, at(story.minute)).unwrap();
    let began = MoneyEvent::Began { operation: Box::new(operation), why: Vec::new(), spares: false };
    story.order.evolve(&OrderEvent::Money { event: began }, at(story.minute));
    let outcome = Outcome::Ok { reference: ProviderReference::parse("r2").unwrap(), amount, expires_at: None };
    story.order.evolve(&OrderEvent::Money { event: MoneyEvent::Settled { n: 2, outcome, means: None } }, at(story.minute));
    let paid = crate::order::paying::restated(&story.order, at(story.minute)).unwrap();
    story.order.evolve(&paid, at(story.minute));
    assert_eq!(story.order.tracks.payment, PaymentStatus::PartiallyCaptured);
    let said = story.does(&off(&[(0, 1)]));
    assert!(said.contains(&"Payment partially_captured to captured".to_owned()), "{said:?}");
    assert_eq!(story.pays(Provider::Paypal), ["refund 2.13"], "40.00 of 37.87 were taken");
}

/// A person has given it back already, or a provider takes all whatever the shop wants.
// req: S2-07, S2-28
#[test]
fn no_more_is_kept_than_is_owed_and_no_less() {
    let mut story = Story::confirmed(Provider::Paypal);
    story.does(&Command::Money(MoneyCommand::Capture));
    story.pays(Provider::Paypal);
    story.does(&off(&[(0, 1)]));
    let no = Outcome::Declined { code: "later".into(), soft: true, reference: None };
    story.pays_as(Provider::Paypal, Some(&no));
    let amount = Some(Money::new(1026, crate::money::Currency::EUR));
    story.does(&Command::Money(MoneyCommand::Refund { amount, reason: Some("by hand".into()), seen: None }));
    assert_eq!(story.pays(Provider::Paypal), ["refund 10.26"]);
    story.minute += 60;
    assert_eq!(story.pays(Provider::Paypal), Vec::<String>::new(), "once");
    // All of it is back: that is said, whatever is left of a promise that was of more.
    story.sends(&[(0, 2), (2, 2)]);
    story.does(&Command::Money(MoneyCommand::Refund { amount: None, reason: None, seen: None }));
    story.pays(Provider::Paypal);
    assert_eq!(story.order.tracks.payment, PaymentStatus::Refunded);
    let mut whole = Story::confirmed(Provider::Razorpay);
    whole.order.paying.as_mut().unwrap().rules.refund_cancelled = false;
    whole.does(&off(&[(0, 1)]));
    whole.sends(&[(0, 2), (2, 2)]);
    assert_eq!(whole.pays(Provider::Razorpay), ["capture 48.13", "refund 10.26"]);
    // What is left of a promise of which enough was taken is not asked for again, and not called off.
    let mut less = Story::confirmed(Provider::Paypal);
    less.does(&off(&[(0, 1)]));
    less.does(&Command::Money(MoneyCommand::Capture));
    less.pays(Provider::Paypal);
    assert_eq!(less.tries(&Command::Money(MoneyCommand::Capture)), Err(Rejection::NothingToCapture));
    less.does(&moves(OrderStatus::Cancelled));
    assert_eq!(less.pays(Provider::Paypal), ["refund 37.87"]);
}

/// Who gives money back elsewhere, or does not want that it goes back by itself, keeps it.
// req: S2-28
#[test]
fn what_is_settled_elsewhere_is_not_given_back_here() {
    let mut story = Story::confirmed(Provider::Stripe);
    story.does(&Command::Money(MoneyCommand::Capture));
    story.pays(Provider::Stripe);
    let mut kept = Story { order: story.order.clone(), minute: story.minute, gone: 0 };
    kept.order.paying.as_mut().unwrap().rules.refund_cancelled = false;
    kept.does(&off(&[(0, 1)]));
    assert_eq!(kept.pays(Provider::Stripe), Vec::<String>::new());
    story.order.paying.as_mut().unwrap().elsewhere = true;
    story.does(&off(&[(0, 1)]));
    assert_eq!(story.pays(Provider::Stripe), Vec::<String>::new());
    assert!(!story.order.paying.as_ref().unwrap().spares.contains(&3));
    let asked = |event: &OrderEvent| matches!(event, OrderEvent::Money { event: MoneyEvent::RefundAsked { .. } });
    assert!(!decide(Some(&story.order), &off(&[(0, 1)]), at(story.minute)).unwrap().iter().any(asked));
}
