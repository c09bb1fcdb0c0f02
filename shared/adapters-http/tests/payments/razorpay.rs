//! Razorpay.

use crate::double::{Asked, Double, Mischief, World};
use crate::rig::{Rig, decline, eur};
use app::ports::{GatewayAnswer, GatewayError, Source};
use domain::payment::{Provider, Release, Wish};
use serde_json::{Value, json};

fn error(reason: &str, description: &str) -> (u16, Value) {
    (
        400,
        json!({ "error": { "code": "BAD_REQUEST_ERROR", "description": description, "reason": reason, "source": "customer", "step": "payment_authorization", "field": null } }),
    )
}

pub fn behaviour(world: &mut World, asked: &Asked<'_>) -> (u16, Value) {
    let (body, count, declined) = (asked.body, world.next(), world.decline);
    let all = |world: &World, field: &str, value: &str| -> Vec<Value> {
        world.objects.values().filter(|one| one[field] == value).cloned().collect()
    };
    let list = |items: Vec<Value>| (200, json!({ "entity": "collection", "count": items.len(), "items": items }));
    match asked.operation {
        "create" => {
            let id = format!("order_{count}");
            let order = json!({ "id": id, "entity": "order", "amount": body["amount"], "currency": body["currency"], "receipt": body["receipt"], "notes": body["notes"], "status": "created" });
            world.effects.push(format!("create {id}"));
            world.objects.insert(id, order.clone());
            (200, order)
        }
        "orders" => {
            let found = all(world, "receipt", asked.query["receipt"].as_str().unwrap());
            list(found)
        }
        "payments" => {
            let found = all(world, "order_id", &asked.path[0]);
            list(found)
        }
        "refunds" => {
            let found = all(world, "payment_id", &asked.path[0]);
            list(found)
        }
        "refund" => {
            if let Some(reason) = declined {
                return error(reason, "why");
            }
            let id = format!("rfnd_{count}");
            let refund = json!({ "id": id, "entity": "refund", "amount": body["amount"], "currency": "EUR", "payment_id": asked.path[0], "notes": body["notes"], "receipt": body["receipt"], "status": "processed" });
            world.effects.push(format!("refund {id}"));
            world.objects.insert(id, refund.clone());
            (200, refund)
        }
        name => {
            let Some(object) = world.objects.get_mut(&asked.path[0]) else {
                return error("input_validation_failed", "The id provided does not exist");
            };
            if name == "capture" {
                if let Some(reason) = declined {
                    return error(reason, "why");
                }
                if object["captured"] == true {
                    return error("NA", "This payment has already been captured");
                }
                if object["amount"] != body["amount"] {
                    return error("input_validation_failed", "Capture amount must be equal to the amount authorized");
                }
                object["captured"] = json!(true);
                object["status"] = json!("captured");
                let done = object.clone();
                world.effects.push(format!("capture {}", asked.path[0]));
                return (200, done);
            }
            (200, object.clone())
        }
    }
}

pub fn customer_confirms(double: &Double) {
    double.with(|world| {
        let orders: Vec<Value> = world.objects.values().filter(|one| one["entity"] == "order").cloned().collect();
        for order in orders {
            let id = format!("pay_{}", world.next());
            let payment = json!({ "id": id, "entity": "payment", "order_id": order["id"], "amount": order["amount"], "currency": order["currency"], "status": "authorized", "captured": false, "notes": order["notes"], "created_at": 1_795_687_200 });
            world.objects.insert(id, payment);
        }
    });
}

fn pay(rig: &Rig, change: impl Fn(&mut Value)) {
    rig.double.with(|world| world.objects.values_mut().filter(|one| one["entity"] == "payment").for_each(&change));
}

// req: S2-46
#[tokio::test]
async fn an_order_is_paid_by_razorpays_script_and_held_five_days() {
    let mut rig = Rig::of(Provider::Razorpay).await;
    let n = rig.begin_authorize(10_000);
    assert_eq!(rig.look_up(n).await, Ok(None));
    let asked = rig.authorize(n).await.unwrap();
    let GatewayAnswer::RequiresAction { reference, url: None, .. } = &asked else { panic!("{asked:?}") };
    assert!(reference.as_str().starts_with("order_"));
    assert_eq!(rig.look_up(n).await, Ok(Some(asked.clone())), "by the receipt, without knowing the order's name");
    rig.settle(n, &asked);
    rig.customer_confirms();
    let Ok(GatewayAnswer::Done { reference, expires_at, .. }) = rig.authorize(n).await else { panic!() };
    assert!(reference.as_str().contains("/pay_"), "{reference}");
    assert_eq!(expires_at.unwrap().as_second(), 1_795_687_200 + 5 * 86_400);
    assert!(matches!(rig.authorize_with(n, Source::Hosted).await, Ok(GatewayAnswer::Done { .. })));
}

// req: S2-50
#[tokio::test]
async fn the_last_word_of_several_tries_counts() {
    let mut rig = Rig::of(Provider::Razorpay).await;
    let n = rig.begin_authorize(10_000);
    let asked = rig.authorize(n).await.unwrap();
    rig.settle(n, &asked);
    rig.customer_confirms();
    pay(&rig, |payment| {
        payment["status"] = json!("failed");
        payment["error_reason"] = json!("insufficient_funds");
    });
    assert_eq!(decline(rig.authorize(n).await), ("insufficient_funds".to_owned(), true));
    rig.customer_confirms();
    assert!(matches!(rig.authorize(n).await, Ok(GatewayAnswer::Done { .. })), "the customer tried again");
    pay(&rig, |payment| payment["status"] = json!("created"));
    assert!(matches!(rig.authorize(n).await, Ok(GatewayAnswer::Pending { .. })));
}

// req: S2-47
#[tokio::test]
async fn a_payment_is_captured_once_whoever_asks() {
    let (rig, n) = Rig::captured(Provider::Razorpay).await;
    assert!(matches!(rig.capture(n).await, Ok(GatewayAnswer::Done { amount, .. }) if amount == eur(10_000)));
    assert_eq!(rig.double.effects().iter().filter(|effect| effect.starts_with("capture")).count(), 1);
}

// req: S2-48
#[tokio::test]
async fn a_promise_goes_back_by_itself_and_is_looked_up() {
    let mut rig = Rig::authorized(Provider::Razorpay).await;
    let n = rig.begin(Wish::Void { of: 1 });
    let calls = rig.double.calls().len();
    assert!(matches!(rig.void(n).await, Ok(GatewayAnswer::Pending { .. })));
    assert_eq!(rig.double.calls().len(), calls, "there is nothing to ask for");
    assert!(matches!(rig.look_up(n).await, Ok(Some(GatewayAnswer::Pending { .. }))));
    pay(&rig, |payment| payment["status"] = json!("refunded"));
    assert!(matches!(rig.look_up(n).await, Ok(Some(GatewayAnswer::Done { .. }))));
    assert_eq!(rig.look_up(1).await, Ok(Some(GatewayAnswer::Ended { how: Release::Expired })));
}

#[tokio::test]
async fn a_bank_that_failed_may_have_done_it_and_our_mistakes_are_no_declines() {
    let mut rig = Rig::authorized(Provider::Razorpay).await;
    let n = rig.begin(Wish::Capture { of: 1, amount: eur(10_000) });
    let says = |code: &str, reason: &str, field: Value| {
        Mischief::Says(400, json!({ "error": { "code": code, "reason": reason, "description": "why", "field": field } }))
    };
    rig.double.will("capture", says("GATEWAY_ERROR", "gateway_technical_error", Value::Null));
    assert!(matches!(rig.capture(n).await, Err(GatewayError::Unknown(_))));
    rig.double.will("capture", says("BAD_REQUEST_ERROR", "input_validation_failed", json!("amount")));
    assert!(matches!(rig.capture(n).await, Err(GatewayError::Fatal(_))));
    rig.double.will("capture", says("BAD_REQUEST_ERROR", "payment_risk_check_failed", Value::Null));
    assert_eq!(decline(rig.capture(n).await), ("payment_risk_check_failed".to_owned(), false));
    let mut other = Rig::of(Provider::Razorpay).await;
    let n = other.begin_authorize(10_000);
    assert!(matches!(other.authorize_with(n, Source::Token("token_1")).await, Err(GatewayError::Fatal(_))), "by its script only");
}
