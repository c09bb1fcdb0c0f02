//! Stripe.

use crate::double::{Asked, Double, Mischief, World};
use crate::rig::{Rig, decline, eur};
use app::ports::{GatewayAnswer, GatewayError, Source};
use domain::payment::{Provider, Release, Wish};
use serde_json::{Value, json};

fn minor(text: &Value) -> i64 {
    text.as_str().unwrap().parse().unwrap()
}

fn error(status: u16, kind: &str, code: &str, intent: &Value) -> (u16, Value) {
    (status, json!({ "error": { "type": kind, "code": code, "message": "why", "payment_intent": intent } }))
}

pub fn behaviour(world: &mut World, asked: &Asked<'_>) -> (u16, Value) {
    let body = asked.body;
    match asked.operation {
        "create" => {
            let id = format!("pi_{}", world.next());
            let is_confirmed = body["confirm"] == "true";
            let mut intent = json!({
                "id": id, "object": "payment_intent", "livemode": false, "currency": body["currency"], "amount": minor(&body["amount"]),
                "amount_capturable": 0, "amount_received": 0, "status": "requires_payment_method", "metadata": body["metadata"],
                "client_secret": format!("{id}_secret_demo"), "last_payment_error": null, "latest_charge": null, "next_action": null,
            });
            if let Some(word) = world.decline {
                intent["status"] = json!("requires_payment_method");
                world.objects.insert(id, intent.clone());
                let body = json!({ "error": { "type": "card_error", "code": "card_declined", "decline_code": word, "message": "why", "payment_intent": intent } });
                return (402, body);
            }
            if is_confirmed {
                hold(&mut intent);
            }
            world.effects.push(format!("create {id}"));
            world.objects.insert(id, intent.clone());
            (200, intent)
        }
        "search" => {
            let query = asked.query["query"].as_str().unwrap();
            let found: Vec<_> = world
                .objects
                .values()
                .filter(|one| one["metadata"]["orderflow_key"].as_str().is_some_and(|key| query.contains(&format!("'{key}'"))))
                .cloned()
                .collect();
            (200, json!({ "object": "search_result", "data": found, "has_more": false }))
        }
        "disputes" => {
            let found: Vec<_> = world.objects.values().filter(|one| one["object"] == "dispute").cloned().collect();
            (200, json!({ "object": "list", "data": found }))
        }
        "refunds" => {
            let found: Vec<_> = world
                .objects
                .values()
                .filter(|one| one["object"] == "refund" && one["payment_intent"] == asked.query["payment_intent"])
                .cloned()
                .collect();
            (200, json!({ "object": "list", "data": found }))
        }
        "refund" => {
            let id = format!("re_{}", world.next());
            let refund = json!({ "id": id, "object": "refund", "amount": minor(&body["amount"]), "currency": "eur", "status": world.decline.map_or("succeeded", |_| "failed"), "failure_reason": world.decline, "metadata": body["metadata"], "payment_intent": body["payment_intent"] });
            if world.decline.is_none() {
                world.effects.push(format!("refund {id}"));
            }
            world.objects.insert(id, refund.clone());
            (200, refund)
        }
        name => {
            let declined = world.decline;
            let Some(intent) = world.objects.get_mut(&asked.path[0]) else {
                return error(404, "invalid_request_error", "resource_missing", &Value::Null);
            };
            if let Some(word) = declined {
                return error(400, "invalid_request_error", word, &Value::Null);
            }
            match (name, intent["status"].as_str().unwrap()) {
                ("get", _) => {}
                ("capture", "requires_capture") => {
                    intent["status"] = json!("succeeded");
                    intent["amount_received"] = json!(minor(&body["amount_to_capture"]));
                    intent["amount_capturable"] = json!(0);
                    let done = intent.clone();
                    world.effects.push(format!("capture {}", asked.path[0]));
                    return (200, done);
                }
                ("cancel", "requires_capture" | "requires_payment_method" | "requires_action") => {
                    intent["status"] = json!("canceled");
                    let done = intent.clone();
                    world.effects.push(format!("cancel {}", asked.path[0]));
                    return (200, done);
                }
                _ => return error(400, "invalid_request_error", "payment_intent_unexpected_state", &intent.clone()),
            }
            (200, intent.clone())
        }
    }
}

fn hold(intent: &mut Value) {
    intent["status"] = json!("requires_capture");
    intent["amount_capturable"] = intent["amount"].clone();
    intent["latest_charge"] = json!({ "id": "ch_1", "payment_method_details": { "card": { "capture_before": 1_796_000_000 } } });
}

pub fn customer_confirms(double: &Double) {
    double.with(|world| world.objects.values_mut().filter(|one| one["object"] == "payment_intent").for_each(hold));
}

// req: S2-46
#[tokio::test]
async fn a_token_is_authorized_at_once_and_holds_as_long_as_stripe_says() {
    let mut rig = Rig::of(Provider::Stripe).await;
    let n = rig.begin_authorize(10_000);
    let Ok(GatewayAnswer::Done { reference, amount, expires_at }) = rig.authorize_with(n, Source::Token("pm_card_visa")).await else {
        panic!()
    };
    assert_eq!((reference.as_str(), amount, expires_at.unwrap().as_second()), ("pi_1", eur(10_000), 1_796_000_000));
}

// req: S2-50
#[tokio::test]
async fn declines_say_whether_they_may_pass() {
    for (word, soft) in [("insufficient_funds", true), ("stolen_card", false), ("a_word_of_next_year", false)] {
        let mut rig = Rig::of(Provider::Stripe).await;
        let n = rig.begin_authorize(10_000);
        rig.double.will("create", Mischief::Decline(word));
        let answer = rig.authorize_with(n, Source::Token("pm_card_visa")).await;
        assert_eq!(decline(answer), (word.to_owned(), soft));
    }
}

#[tokio::test]
async fn a_hosted_payment_hands_the_shops_page_what_its_script_needs() {
    let mut rig = Rig::of(Provider::Stripe).await;
    let n = rig.begin_authorize(10_000);
    let Ok(GatewayAnswer::RequiresAction { client_secret, url, .. }) = rig.authorize(n).await else { panic!() };
    assert_eq!((client_secret.as_ref().map(|secret| secret.expose()), url), (Some("pi_1_secret_demo"), None));
    assert!(!format!("{client_secret:?}").contains("demo"));
}

// req: S2-49
#[tokio::test]
async fn an_authorization_without_an_answer_is_found_by_our_name() {
    let mut rig = Rig::of(Provider::Stripe).await;
    let n = rig.begin_authorize(10_000);
    assert_eq!(rig.look_up(n).await, Ok(None));
    rig.double.will("create", Mischief::DoneBut(500, "oops"));
    assert!(matches!(rig.authorize_with(n, Source::Token("pm_card_visa")).await, Err(GatewayError::Unknown(_))));
    assert!(matches!(rig.look_up(n).await, Ok(Some(GatewayAnswer::Done { amount, .. })) if amount == eur(10_000)));
}

#[tokio::test]
async fn states_of_a_payment_are_read_as_what_they_mean() {
    let mut rig = Rig::authorized(Provider::Stripe).await;
    let set = |rig: &Rig, field: &str, value: Value| rig.double.with(|world| world.objects.get_mut("pi_1").unwrap()[field] = value);
    for (status, reason, how) in [("canceled", json!("automatic"), Release::Expired), ("canceled", json!("abandoned"), Release::Voided)] {
        set(&rig, "status", json!(status));
        set(&rig, "cancellation_reason", reason);
        assert_eq!(rig.look_up(1).await, Ok(Some(GatewayAnswer::Ended { how })));
    }
    set(&rig, "status", json!("processing"));
    assert!(matches!(rig.look_up(1).await, Ok(Some(GatewayAnswer::Pending { .. }))));
    set(&rig, "status", json!("requires_payment_method"));
    set(&rig, "last_payment_error", json!({ "code": "card_declined", "decline_code": "do_not_honor", "message": "x" }));
    assert_eq!(decline(rig.look_up(1).await.map(Option::unwrap)), ("do_not_honor".to_owned(), true));
    set(&rig, "status", json!("a_state_of_next_year"));
    assert!(matches!(rig.look_up(1).await, Err(GatewayError::Retryable(_))));
    set(&rig, "status", json!("requires_capture"));
    set(&rig, "livemode", json!(true));
    assert!(matches!(rig.look_up(1).await, Err(GatewayError::Fatal(_))), "a live payment under a test key");
    let n = rig.begin(Wish::Capture { of: 1, amount: eur(10_000) });
    set(&rig, "livemode", json!(false));
    rig.double.will("capture", Mischief::Decline("charge_expired_for_capture"));
    assert_eq!(decline(rig.capture(n).await), ("charge_expired_for_capture".to_owned(), false));
}

#[tokio::test]
async fn a_capture_or_a_void_that_stripe_has_forgotten_is_still_one() {
    let (rig, n) = Rig::captured(Provider::Stripe).await;
    // A day later the key is forgotten, and the payment says that it cannot be captured again.
    let key = rig.ledger.operation(n).unwrap().key.clone();
    rig.double.will("capture", Mischief::Says(400, json!({ "error": { "type": "invalid_request_error", "code": "payment_intent_unexpected_state", "payment_intent": rig.double.with(|world| world.objects["pi_1"].clone()) } })));
    assert!(matches!(rig.capture(n).await, Ok(GatewayAnswer::Done { amount, .. }) if amount == eur(10_000)), "{key}");

    let mut rig = Rig::authorized(Provider::Stripe).await;
    let n = rig.begin(Wish::Void { of: 1 });
    rig.double.with(|world| world.objects.get_mut("pi_1").unwrap()["status"] = json!("canceled"));
    assert!(matches!(rig.void(n).await, Ok(GatewayAnswer::Done { .. })));
}

#[tokio::test]
async fn our_own_mistakes_are_no_declines() {
    let mut rig = Rig::of(Provider::Stripe).await;
    let n = rig.begin_authorize(10_000);
    for (status, code) in
        [(400, "parameter_invalid_integer"), (401, "api_key_expired"), (403, "x"), (400, "idempotency_error"), (404, "resource_missing")]
    {
        rig.double.will("create", Mischief::Says(status, json!({ "error": { "type": "invalid_request_error", "code": code } })));
        assert!(matches!(rig.authorize(n).await, Err(GatewayError::Fatal(_))), "{status} {code}");
    }
}
