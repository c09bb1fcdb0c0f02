//! What holds for every provider, told once.

use crate::double::{Mischief, World};
use crate::rig::{Rig, eur, now};
use app::ports::{Gateway, GatewayAnswer, GatewayError, LookUp, ToCapture, ToRefund};
use domain::payment::{Outcome, Provider, SettleRejection, Wish};
use serde_json::json;

const ALL: [Provider; 4] = [Provider::Stripe, Provider::Paypal, Provider::Razorpay, Provider::Payu];

fn count(rig: &Rig, effect: &str) -> usize {
    rig.double.effects().iter().filter(|done| done.starts_with(effect)).count()
}

// req: S2-44, S2-46, S2-47, S2-07
#[tokio::test]
async fn money_is_promised_taken_and_given_back_in_parts() {
    for provider in ALL {
        let (mut rig, capture) = Rig::captured(provider).await;
        assert_eq!(rig.gateway.provider(), provider);
        for minor in [4_000, 6_000] {
            let n = rig.begin(Wish::Refund { of: capture, amount: eur(minor) });
            let done = rig.refund(n).await.unwrap();
            assert!(matches!(&done, GatewayAnswer::Done { amount, .. } if *amount == eur(minor)), "{provider}: {done:?}");
            rig.settle(n, &done);
            assert_eq!(rig.look_up(n).await.unwrap().as_ref(), Some(&done), "{provider}");
        }
        assert_eq!((rig.ledger.refunded(), rig.ledger.refundable()), (eur(10_000), eur(0)), "{provider}");
        assert_eq!(rig.ledger.discrepancies(now()), []);
    }
}

// req: S2-46
#[tokio::test]
async fn whatever_is_asked_for_twice_happens_once() {
    for provider in ALL {
        let (mut rig, capture) = Rig::captured(provider).await;
        rig.capture(capture).await.unwrap();
        let n = rig.begin(Wish::Refund { of: capture, amount: eur(4_000) });
        let once = rig.refund(n).await.unwrap();
        assert_eq!(rig.refund(n).await, Ok(once), "{provider}");
        assert_eq!((count(&rig, "capture"), count(&rig, "refund")), (1, 1), "{provider}");
    }
}

/// Until the money is captured, a part of the promise is not lost.
// req: S2-48
#[tokio::test]
async fn a_promise_is_given_back() {
    for provider in [Provider::Stripe, Provider::Paypal, Provider::Payu] {
        let mut rig = Rig::authorized(provider).await;
        let n = rig.begin(Wish::Void { of: 1 });
        assert_eq!(rig.look_up(n).await, Ok(None), "{provider}");
        let done = rig.void(n).await.unwrap();
        assert!(matches!(done, GatewayAnswer::Done { .. }), "{provider}: {done:?}");
        rig.settle(n, &done);
        assert_eq!(rig.ledger.open_to_capture(now()), eur(0));
        assert!(matches!(rig.void(n).await, Ok(GatewayAnswer::Done { .. })), "{provider}: again");
        assert!(matches!(rig.look_up(n).await, Ok(Some(GatewayAnswer::Done { .. }))), "{provider}");
        assert!(matches!(rig.look_up(1).await, Ok(Some(GatewayAnswer::Ended { .. }))), "{provider}");
    }
}

/// It happened, and nobody said so: in silence, with an error, with an answer that has no end or no sense.
// req: S2-49
#[tokio::test]
async fn what_happened_without_an_answer_is_unknown_and_found() {
    let ends = [
        Mischief::DoneInSilence,
        Mischief::DoneBut(500, "oops"),
        Mischief::DoneBut(200, "<html>welcome</html>"),
        Mischief::DoneBut(200, "{}"),
        Mischief::DoneBut(502, ""),
        Mischief::DoneAtLength,
    ];
    for provider in ALL {
        for end in &ends {
            let mut rig = Rig::authorized(provider).await;
            let n = rig.begin(Wish::Capture { of: 1, amount: eur(10_000) });
            assert_eq!(rig.look_up(n).await, Ok(None), "{provider}: nothing yet");
            rig.double.will("capture", end.clone());
            let gateway = if matches!(end, Mischief::DoneInSilence) { &rig.hasty } else { &rig.gateway };
            // The hasty one may have to sign in first, and has little patience for that, too.
            let lost = patiently(gateway, &rig, n).await;
            assert!(matches!(lost, GatewayError::Unknown(_)), "{provider} {end:?}: {lost:?}");
            assert_eq!(lost.outcome(), Some(Outcome::Unknown));
            rig.double.has_done("capture", 1).await;
            rig.ledger.settle(n, &Outcome::Unknown, now()).unwrap();
            let found = rig.look_up(n).await.unwrap().unwrap();
            assert!(matches!(&found, GatewayAnswer::Done { amount, .. } if *amount == eur(10_000)), "{provider} {end:?}: {found:?}");
            rig.settle(n, &found);
            assert_eq!((rig.ledger.captured(), count(&rig, "capture")), (eur(10_000), 1), "{provider} {end:?}");
        }
    }
}

async fn patiently(gateway: &std::sync::Arc<dyn Gateway>, rig: &Rig, n: u32) -> GatewayError {
    for _ in 0..100 {
        match gateway.capture(&ToCapture::of(&rig.ledger, n, true).unwrap()).await {
            Err(GatewayError::Retryable(_)) => {}
            Err(error) => return error,
            Ok(answer) => panic!("{answer:?}"),
        }
    }
    panic!("it never got as far as to ask");
}

// req: S2-49
#[tokio::test]
async fn a_refund_without_an_answer_is_found_and_not_made_again() {
    for provider in ALL {
        let (mut rig, capture) = Rig::captured(provider).await;
        let n = rig.begin(Wish::Refund { of: capture, amount: eur(4_000) });
        assert_eq!(rig.look_up(n).await, Ok(None), "{provider}");
        rig.double.will("refund", Mischief::DoneBut(504, "gateway timeout"));
        assert!(matches!(rig.refund(n).await, Err(GatewayError::Unknown(_))), "{provider}");
        assert!(matches!(rig.look_up(n).await, Ok(Some(GatewayAnswer::Done { amount, .. })) if amount == eur(4_000)), "{provider}");
        assert!(matches!(rig.refund(n).await, Ok(GatewayAnswer::Done { .. })), "{provider}: asking again is harmless");
        assert_eq!(count(&rig, "refund"), 1, "{provider}");
    }
}

/// Somebody gives money back at the provider's own pages. The webhook only says that there is something to see.
#[tokio::test]
async fn what_went_back_without_us_is_listed_and_ours_is_not_counted_twice() {
    for provider in ALL {
        let (mut rig, capture) = Rig::captured(provider).await;
        let n = rig.begin(Wish::Refund { of: capture, amount: eur(4_000) });
        let done = rig.refund(n).await.unwrap();
        // Our own is not settled yet when the list is read.
        let name = rig.ledger.operation(capture).unwrap().reference().unwrap().clone();
        rig.double.with(|world| elsewhere(world, provider, name.as_str().rsplit('/').next().unwrap()));
        let listed = rig.returned(capture).await.unwrap();
        assert_eq!(listed.iter().filter(|one| one.key.is_some()).count(), 1, "{provider}: {listed:?}");
        for _ in 0..2 {
            for news in listed.iter().filter_map(|one| one.outside(provider, capture, now())) {
                rig.ledger.hear(news).unwrap();
            }
        }
        rig.settle(n, &done);
        assert_eq!((rig.ledger.refunded(), rig.ledger.outside().len()), (eur(4_500), if disputes(provider) { 2 } else { 1 }), "{provider}");
        let left = if disputes(provider) { 10_000 - 4_500 - 3_000 } else { 10_000 - 4_500 };
        assert_eq!(rig.ledger.refundable(), eur(left), "{provider}");
    }
}

fn disputes(provider: Provider) -> bool {
    matches!(provider, Provider::Stripe | Provider::Paypal)
}

/// A refund of 5.00, and a dispute of 30.00 where they are listed.
fn elsewhere(world: &mut World, provider: Provider, capture: &str) {
    match provider {
        Provider::Stripe => {
            let refund = json!({ "id": "re_9", "object": "refund", "amount": 500, "currency": "eur", "status": "succeeded", "metadata": {}, "payment_intent": capture });
            let dispute = json!({ "id": "du_9", "object": "dispute", "amount": 3_000, "currency": "eur", "status": "needs_response", "payment_intent": capture });
            let failed = json!({ "id": "re_8", "object": "refund", "amount": 700, "currency": "eur", "status": "failed", "metadata": {}, "payment_intent": capture });
            world.objects.extend([("re_9".to_owned(), refund), ("du_9".to_owned(), dispute), ("re_8".to_owned(), failed)]);
        }
        Provider::Paypal => {
            let amount = json!({ "currency_code": "EUR", "value": "5.00" });
            // It has inherited the payment's name, which is not a refund's.
            let refund = json!({ "id": "REF9", "status": "COMPLETED", "amount": amount, "custom_id": "demo#1001#authorize#1" });
            let other = json!({ "id": "REF8", "status": "COMPLETED", "amount": amount, "links": [{ "rel": "up", "href": "https://api.paypal.com/v2/payments/captures/OTHER" }] });
            let order = world.objects.values_mut().next().unwrap();
            order["purchase_units"][0]["payments"]["refunds"].as_array_mut().unwrap().extend([refund, other]);
            world.objects.insert("PP-D-1".into(), crate::paypal::dispute());
        }
        Provider::Razorpay => {
            let refund = json!({ "id": "rfnd_99", "entity": "refund", "amount": 500, "currency": "EUR", "payment_id": capture, "notes": [], "status": "processed" });
            world.objects.insert("rfnd_99".into(), refund);
        }
        _ => {
            let refund = json!({ "refundId": "599", "amount": "500", "currencyCode": "EUR", "status": "FINALIZED", "refundOf": capture });
            world.objects.insert("refund 99".into(), refund);
        }
    }
}

/// An answer in another currency is nobody's mistake but the provider's, and never becomes part of the ledger.
#[tokio::test]
async fn money_of_another_currency_is_not_taken_for_ours() {
    for provider in ALL {
        let mut rig = Rig::authorized(provider).await;
        let n = rig.begin(Wish::Capture { of: 1, amount: eur(10_000) });
        let before = rig.ledger.clone();
        let said = match provider {
            Provider::Stripe => json!({ "id": "pi_1", "status": "succeeded", "amount_received": 10_000, "currency": "usd" }),
            Provider::Paypal => json!({ "id": "CAP1", "status": "COMPLETED", "amount": { "currency_code": "USD", "value": "100.00" } }),
            Provider::Razorpay => json!({ "id": "pay_1", "status": "captured", "captured": true, "amount": 10_000, "currency": "USD" }),
            // PayU only says yes to what it was asked.
            _ => continue,
        };
        rig.double.will("capture", Mischief::Says(200, said));
        let answer = rig.capture(n).await.unwrap();
        let refused = rig.ledger.settle(n, &answer.outcome(), now());
        assert_eq!(refused, Err(SettleRejection::WrongCurrency(domain::money::Currency::EUR)), "{provider}");
        assert_eq!(rig.ledger, before);
    }
}

#[tokio::test]
async fn a_throttled_call_has_done_nothing_and_may_be_repeated() {
    for provider in ALL {
        let mut rig = Rig::authorized(provider).await;
        let n = rig.begin(Wish::Capture { of: 1, amount: eur(10_000) });
        rig.double.will("capture", Mischief::Says(429, json!({})));
        let throttled = rig.capture(n).await;
        assert!(matches!(throttled, Err(GatewayError::Retryable(_))), "{provider}: {throttled:?}");
        assert_eq!(count(&rig, "capture"), 0);
        assert!(matches!(rig.capture(n).await, Ok(GatewayAnswer::Done { .. })), "{provider}");
    }
}

#[tokio::test]
async fn looking_something_up_never_makes_it_worse() {
    for provider in ALL {
        let mut rig = Rig::authorized(provider).await;
        let n = rig.begin(Wish::Capture { of: 1, amount: eur(10_000) });
        let operation = if provider == Provider::Razorpay { "payment" } else { "get" };
        for answer in [
            Mischief::Says(500, json!({})),
            Mischief::Says(429, json!({})),
            Mischief::Says(409, json!({})),
            Mischief::DoneBut(200, "nonsense"),
            Mischief::DoneAtLength,
        ] {
            rig.double.will(operation, answer.clone());
            let looked = rig.look_up(n).await;
            assert!(matches!(looked, Err(GatewayError::Retryable(_))), "{provider} {answer:?}: {looked:?}");
        }
        assert_eq!(rig.look_up(n).await, Ok(None), "{provider}");
        assert_eq!(count(&rig, "capture"), 0);
    }
}

#[tokio::test]
async fn what_a_provider_has_never_heard_of_is_not_there() {
    for provider in ALL {
        let rig = Rig::authorized(provider).await;
        rig.double.with(|world| world.objects.clear());
        assert_eq!(rig.look_up(1).await, Ok(None), "{provider}");
    }
}

#[tokio::test]
async fn nobody_at_the_other_end_means_that_nothing_happened() {
    for provider in ALL {
        let mut rig = Rig::authorized(provider).await;
        let n = rig.begin(Wish::Capture { of: 1, amount: eur(10_000) });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nowhere = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let client = std::sync::Arc::new(adapters_http::client::Client::new(std::time::Duration::from_secs(5)));
        let sites = adapters_http::payment::Sites::of_double(&nowhere);
        let gateway = sites.gateway(
            crate::rig::account(provider),
            client,
            std::sync::Arc::new(crate::rig::Stopped),
            std::sync::Arc::new(crate::rig::NoCertificates),
        );
        let lost = gateway.capture(&ToCapture::of(&rig.ledger, n, true).unwrap()).await;
        assert!(matches!(lost, Err(GatewayError::Retryable(_))), "{provider}: {lost:?}");
    }
}

/// A name that a provider never gave would lead elsewhere in an address of its API.
#[tokio::test]
async fn odd_names_are_not_put_into_addresses() {
    for provider in ALL {
        let rig = Rig::authorized(provider).await;
        for odd in ["..", "x?y=1", "x#y", "%2e%2e", "c;d"] {
            let reference = domain::ids::ProviderReference::parse(odd).unwrap();
            let key = &rig.ledger.operation(1).unwrap().key;
            let refund = rig.gateway.refund(&ToRefund { key, capture: &reference, amount: eur(100) }).await;
            assert!(matches!(refund, Err(GatewayError::Fatal(_))), "{provider} {odd}: {refund:?}");
        }
        let odd = domain::ids::ProviderReference::parse("?x").unwrap();
        let looked = rig.gateway.look_up(&LookUp { reference: Some(&odd), ..LookUp::of(&rig.ledger, 1).unwrap() }).await;
        assert!(matches!(looked, Err(GatewayError::Fatal(_))), "{provider}: {looked:?}");
    }
}

#[tokio::test]
async fn nothing_secret_is_in_an_error() {
    for provider in ALL {
        let mut rig = Rig::authorized(provider).await;
        let n = rig.begin(Wish::Capture { of: 1, amount: eur(10_000) });
        for status in [400, 401, 403, 404, 409, 418, 429, 500] {
            rig.double.will("capture", Mischief::Says(status, json!({ "error": "sk_test_demo", "message": "Basic demo" })));
            let error = format!("{:?}", rig.capture(n).await);
            assert!(!error.contains("sk_test") && !error.contains("Basic") && !error.contains("access-"), "{provider} {status}: {error}");
        }
    }
}
