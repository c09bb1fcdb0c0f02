//! Do the contracts bite? Every request that the adapters make is good, and nearly everything that differs from one in one place is not.

use crate::contract::{Call, Contract, mutants};
use crate::paypal::dispute;
use crate::rig::{Rig, eur};
use app::ports::Source;
use domain::payment::{Provider, Wish};
use serde_json::json;
use std::collections::BTreeSet;

/// One request of each operation.
async fn every_call(provider: Provider) -> Vec<Call> {
    let mut calls = Vec::new();
    let (mut rig, capture) = Rig::captured(provider).await;
    let refund = rig.begin(Wish::Refund { of: capture, amount: eur(4_000) });
    let done = rig.refund(refund).await.unwrap();
    rig.settle(refund, &done);
    for n in 1..=refund {
        rig.look_up(n).await.unwrap();
    }
    if provider == Provider::Paypal {
        rig.double.with(|world| world.objects.insert("PP-D-1".into(), dispute()));
    }
    rig.returned(capture).await.unwrap();
    calls.extend(rig.double.calls());
    let mut rig = Rig::authorized(provider).await;
    let void = rig.begin(Wish::Void { of: 1 });
    rig.void(void).await.unwrap();
    calls.extend(rig.double.calls());
    // By a token, and found without a name.
    let mut rig = Rig::of(provider).await;
    let n = rig.begin_authorize(10_000);
    let token = if provider == Provider::Stripe { "pm_card_visa" } else { "demo" };
    let _ = rig.look_up(n).await;
    let _ = rig.authorize_with(n, Source::Token(token)).await;
    calls.extend(rig.double.calls());
    calls
}

/// What a vendor does not insist on.
fn is_optional(provider: Provider, what: &str) -> bool {
    let optional: &[&str] = match provider {
        Provider::Stripe => &["/body/description", "/body/automatic_payment_methods", "/body/expand", "/query/expand", "/query/limit"],
        Provider::Paypal => &["/headers/prefer", "/query/page_size", "/user_action", "/shipping_preference", "/description", "/vault_id"],
        Provider::Razorpay => &["/query/count"],
        _ => &["/body/notifyUrl", "/body/payMethods"],
    };
    optional.iter().any(|place| what.contains(place) && what.contains("without"))
        // All of an order is captured by an empty request.
        || (provider == Provider::Payu && what.contains("/captures: without /body"))
        || what.ends_with("without /headers/content-type") && what.contains("GET")
}

#[tokio::test]
async fn requests_that_differ_in_one_place_are_refused() {
    let mut refused = 0;
    for provider in [Provider::Stripe, Provider::Paypal, Provider::Razorpay, Provider::Payu] {
        let contract = Contract::of(provider.word());
        let mut seen = BTreeSet::new();
        for call in every_call(provider).await {
            let (operation, _) = contract.check(&call).unwrap();
            seen.insert(operation);
            for (what, mutant) in mutants(&call) {
                let is_refused = contract.check(&mutant).is_err();
                assert!(is_refused || is_optional(provider, &what), "{provider} took {what}");
                refused += usize::from(is_refused);
            }
        }
        let all: BTreeSet<String> = contract.names().into_iter().map(str::to_owned).collect();
        assert_eq!(seen, all, "{provider}: operations of the contract that nothing has tried");
    }
    assert!(refused > 1_000, "{refused}");
}

#[tokio::test]
async fn what_vendors_document_as_wrong_is_wrong() {
    let good = every_call(Provider::Stripe).await.into_iter().find(|call| call.content["body"]["confirm"] == "true").unwrap();
    let contract = Contract::of("stripe");
    let with = |place: &str, value: serde_json::Value| {
        let mut call = good.clone();
        *call.content.pointer_mut(place).unwrap() = value;
        contract.check(&call).is_err()
    };
    assert!(with("/body/amount", json!("10.00")) && with("/body/amount", json!("0")) && with("/body/amount", json!("123456789")));
    assert!(with("/body/currency", json!("EUR")) && with("/body/capture_method", json!("automatic")));
    assert!(with("/headers/idempotency-key", json!("x".repeat(256))) && with("/body/return_url", json!("http://shop.example")));
    assert!(with("/headers/authorization", json!("Bearer sk_other_demo")));
    let elsewhere = Call { path: "/v1/charges".into(), ..good.clone() };
    assert!(contract.check(&elsewhere).is_err());
    assert!(contract.check(&Call { method: "PUT".into(), ..good }).is_err());

    let contract = Contract::of("paypal");
    let good = every_call(Provider::Paypal).await.into_iter().find(|call| call.path.ends_with("/capture")).unwrap();
    let with = |place: &str, value: serde_json::Value| {
        let mut call = good.clone();
        *call.content.pointer_mut(place).unwrap() = value;
        contract.check(&call).is_err()
    };
    assert!(with("/headers/paypal-request-id", json!("x".repeat(109))) && with("/body/invoice_id", json!("x".repeat(128))));
    assert!(with("/body/amount", json!({ "currency_code": "JPY", "value": "1.00" })) && with("/body/amount/value", json!("100")));
}
