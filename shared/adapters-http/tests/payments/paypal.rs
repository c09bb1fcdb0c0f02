//! PayPal.

use crate::double::{Asked, Double, Mischief, World};
use crate::rig::{Rig, decline, eur};
use app::ports::{GatewayAnswer, GatewayError, Source};
use domain::payment::{Provider, Release, Wish};
use serde_json::{Value, json};

fn refused(issue: &str) -> (u16, Value) {
    (422, json!({ "name": "UNPROCESSABLE_ENTITY", "details": [{ "issue": issue, "description": "why" }], "debug_id": "1" }))
}

/// The order that has this among what was done to it.
fn order_of<'a>(world: &'a mut World, list: &str, id: &str) -> Option<&'a mut Value> {
    world
        .objects
        .values_mut()
        .find(|order| order["purchase_units"][0]["payments"][list].as_array().is_some_and(|items| items.iter().any(|one| one["id"] == id)))
}

pub fn behaviour(world: &mut World, asked: &Asked<'_>) -> (u16, Value) {
    let (body, count) = (asked.body, world.next());
    let declined = world.decline;
    match asked.operation {
        "token" => (200, json!({ "access_token": format!("access-{count}"), "token_type": "Bearer", "expires_in": 32_400 })),
        "create" => {
            let id = format!("ORDER{count}");
            let unit = &body["purchase_units"][0];
            let unit = json!({ "reference_id": "default", "amount": unit["amount"], "custom_id": unit["custom_id"], "payments": { "authorizations": [], "captures": [], "refunds": [] } });
            let mut order = json!({
                "id": id, "intent": "AUTHORIZE", "status": "PAYER_ACTION_REQUIRED", "purchase_units": [unit],
                "links": [{ "rel": "self", "href": "x" }, { "rel": "payer-action", "href": format!("https://www.paypal.com/checkoutnow?token={id}") }],
            });
            if body["payment_source"]["paypal"]["vault_id"].is_string() {
                if let Some(word) = declined {
                    return refused(word);
                }
                hold(&mut order, count);
                world.effects.push(format!("authorize {id}"));
            }
            world.objects.insert(id, order.clone());
            (201, order)
        }
        "disputes" => {
            let found: Vec<_> = world
                .objects
                .iter()
                .filter(|(name, _)| name.starts_with("PP-D"))
                .map(|(_, one)| json!({ "dispute_id": one["dispute_id"], "status": one["status"] }))
                .collect();
            (200, json!({ "items": found }))
        }
        "dispute" => world.objects.get(&asked.path[0]).map_or((404, json!({})), |dispute| (200, dispute.clone())),
        "get" | "authorize" => {
            let Some(order) = world.objects.get_mut(&asked.path[0]) else { return (404, json!({ "name": "RESOURCE_NOT_FOUND" })) };
            if asked.operation == "authorize" {
                match (declined, order["status"].as_str().unwrap()) {
                    (Some(word), _) => return refused(word),
                    (_, "APPROVED") => hold(order, count),
                    (_, "COMPLETED") => return refused("ORDER_ALREADY_AUTHORIZED"),
                    _ => return refused("ORDER_NOT_APPROVED"),
                }
                let done = order.clone();
                world.effects.push(format!("authorize {}", asked.path[0]));
                return (201, done);
            }
            (200, order.clone())
        }
        "capture" => {
            let Some(order) = order_of(world, "authorizations", &asked.path[0]) else {
                return (404, json!({ "name": "RESOURCE_NOT_FOUND" }));
            };
            if let Some(word) = declined {
                return refused(word);
            }
            let capture = json!({ "id": format!("CAP{count}"), "status": "COMPLETED", "amount": body["amount"], "invoice_id": body["invoice_id"], "final_capture": body["final_capture"] });
            order["purchase_units"][0]["payments"]["captures"].as_array_mut().unwrap().push(capture.clone());
            world.effects.push(format!("capture {}", asked.path[0]));
            (201, capture)
        }
        "void" => {
            let Some(order) = order_of(world, "authorizations", &asked.path[0]) else {
                return (404, json!({ "name": "RESOURCE_NOT_FOUND" }));
            };
            let authorization = &mut order["purchase_units"][0]["payments"]["authorizations"][0];
            match (declined, authorization["status"].as_str().unwrap()) {
                (Some(word), _) => return refused(word),
                (_, "VOIDED") => return refused("PREVIOUSLY_VOIDED"),
                _ => authorization["status"] = json!("VOIDED"),
            }
            world.effects.push(format!("void {}", asked.path[0]));
            (204, Value::Null)
        }
        _ => {
            let Some(order) = order_of(world, "captures", &asked.path[0]) else { return (404, json!({ "name": "RESOURCE_NOT_FOUND" })) };
            if let Some(word) = declined {
                return refused(word);
            }
            let refund =
                json!({ "id": format!("REF{count}"), "status": "COMPLETED", "amount": body["amount"], "custom_id": body["custom_id"] });
            order["purchase_units"][0]["payments"]["refunds"].as_array_mut().unwrap().push(refund.clone());
            world.effects.push(format!("refund {}", asked.path[0]));
            (201, refund)
        }
    }
}

fn hold(order: &mut Value, count: u32) {
    order["status"] = json!("COMPLETED");
    let unit = &mut order["purchase_units"][0];
    let authorization = json!({ "id": format!("AUTH{count}"), "status": "CREATED", "amount": unit["amount"], "custom_id": unit["custom_id"], "expiration_time": "2026-12-25T10:00:00Z" });
    unit["payments"]["authorizations"] = json!([authorization]);
}

pub fn customer_confirms(double: &Double) {
    double.with(|world| world.objects.values_mut().for_each(|order| order["status"] = json!("APPROVED")));
}

pub fn dispute() -> Value {
    json!({
        "dispute_id": "PP-D-1", "status": "RESOLVED", "dispute_amount": { "currency_code": "EUR", "value": "30.00" },
        "dispute_outcome": { "outcome_code": "RESOLVED_BUYER_FAVOUR" },
    })
}

// req: S2-46
#[tokio::test]
async fn the_customer_is_sent_to_paypal_and_authorized_when_they_come_back() {
    let mut rig = Rig::of(Provider::Paypal).await;
    let n = rig.begin_authorize(10_000);
    let asked = rig.authorize(n).await.unwrap();
    let GatewayAnswer::RequiresAction { reference, url, .. } = &asked else { panic!("{asked:?}") };
    assert_eq!(url.as_deref(), Some(format!("https://www.paypal.com/checkoutnow?token={reference}").as_str()));
    rig.settle(n, &asked);
    assert!(matches!(rig.authorize(n).await, Ok(GatewayAnswer::RequiresAction { .. })), "they came back without having approved");
    rig.customer_confirms();
    assert!(matches!(rig.look_up(n).await, Ok(Some(GatewayAnswer::Confirmed { .. }))), "looking changes nothing");
    let done = rig.authorize(n).await.unwrap();
    let GatewayAnswer::Done { reference, expires_at, .. } = &done else { panic!("{done:?}") };
    assert!(reference.as_str().starts_with("ORDER") && reference.as_str().contains("/AUTH"), "{reference}");
    assert_eq!(expires_at.unwrap().to_string(), "2026-12-25T10:00:00Z");
    assert_eq!(rig.authorize(n).await, Ok(done), "once more");
    assert_eq!(rig.double.effects().len(), 1);
}

// req: S2-50
#[tokio::test]
async fn issues_are_declines_unless_they_are_our_mistakes() {
    for (issue, soft) in [("INSTRUMENT_DECLINED", false), ("PAYER_CANNOT_PAY", false), ("TRANSACTION_LIMIT_EXCEEDED", true)] {
        let mut rig = Rig::of(Provider::Paypal).await;
        let n = rig.begin_authorize(10_000);
        rig.double.will("create", Mischief::Decline(issue));
        assert_eq!(decline(rig.authorize_with(n, Source::Token("8kk8451t")).await), (issue.to_owned(), soft));
    }
    for issue in ["INVALID_CURRENCY_CODE", "DECIMAL_PRECISION"] {
        let mut rig = Rig::of(Provider::Paypal).await;
        let n = rig.begin_authorize(10_000);
        rig.double.will("create", Mischief::Decline(issue));
        assert!(matches!(rig.authorize_with(n, Source::Token("8kk8451t")).await, Err(GatewayError::Fatal(_))), "{issue}");
    }
    let mut rig = Rig::authorized(Provider::Paypal).await;
    let n = rig.begin(Wish::Capture { of: 1, amount: eur(4_000) });
    for issue in ["AUTHORIZATION_EXPIRED", "AUTH_CAPTURE_CURRENCY_MISMATCH", "MAX_CAPTURE_AMOUNT_EXCEEDED"] {
        rig.double.with(|world| world.effects.clear());
        rig.double.will("capture", Mischief::Says(422, refused(issue).1));
        assert_eq!(decline(rig.capture(n).await), (issue.to_owned(), false));
    }
    rig.double.will("capture", Mischief::Says(422, refused("DUPLICATE_INVOICE_ID").1));
    assert!(matches!(rig.capture(n).await, Err(GatewayError::Unknown(_))), "it may have been us");
}

#[tokio::test]
async fn a_void_by_somebody_else_is_a_void() {
    let mut rig = Rig::authorized(Provider::Paypal).await;
    let n = rig.begin(Wish::Void { of: 1 });
    assert_eq!(rig.look_up(n).await, Ok(None));
    rig.double.with(|world| {
        world.objects.values_mut().for_each(|order| order["purchase_units"][0]["payments"]["authorizations"][0]["status"] = json!("VOIDED"))
    });
    assert_eq!(rig.look_up(1).await, Ok(Some(GatewayAnswer::Ended { how: Release::Voided })));
    assert!(matches!(rig.void(n).await, Ok(GatewayAnswer::Done { .. })));
    assert!(matches!(rig.look_up(n).await, Ok(Some(GatewayAnswer::Done { .. }))));
}

#[tokio::test]
async fn an_order_that_nobody_approved_is_left() {
    let mut rig = Rig::of(Provider::Paypal).await;
    let n = rig.begin_authorize(10_000);
    assert_eq!(rig.look_up(n).await, Ok(None));
    let asked = rig.authorize(n).await.unwrap();
    rig.settle(n, &asked);
    let void = rig.begin(Wish::Void { of: n });
    let calls = rig.double.calls().len();
    assert!(matches!(rig.void(void).await, Ok(GatewayAnswer::Done { .. })));
    assert_eq!(rig.double.calls().len(), calls, "there is nothing to ask PayPal for");
}

#[tokio::test]
async fn a_token_that_was_revoked_is_asked_for_again() {
    let mut rig = Rig::authorized(Provider::Paypal).await;
    let n = rig.begin(Wish::Capture { of: 1, amount: eur(4_000) });
    let tokens = |rig: &Rig| rig.double.calls().iter().filter(|call| call.path == "/v1/oauth2/token").count();
    assert_eq!(tokens(&rig), 1);
    rig.double.will("capture", Mischief::Says(401, json!({ "name": "AUTHENTICATION_FAILURE" })));
    assert!(matches!(rig.capture(n).await, Err(GatewayError::Retryable(_))));
    assert!(matches!(rig.capture(n).await, Ok(GatewayAnswer::Done { .. })));
    assert_eq!(tokens(&rig), 2);
    let mut rig = Rig::of(Provider::Paypal).await;
    let n = rig.begin_authorize(10_000);
    rig.double.will("token", Mischief::Says(401, json!({ "error": "invalid_client" })));
    assert!(matches!(rig.authorize(n).await, Err(GatewayError::Fatal(_))), "the credentials themselves");
}
