//! PayU.

use crate::double::{Asked, Double, Mischief, World};
use crate::rig::{Rig, decline, eur};
use app::ports::{GatewayAnswer, GatewayError, LookUp, Source};
use domain::payment::{Provider, Release, Wish};
use serde_json::{Value, json};

fn error(status: u16, code: &str, literal: &str) -> (u16, Value) {
    (status, json!({ "status": { "statusCode": code, "severity": "ERROR", "codeLiteral": literal, "statusDesc": "why" } }))
}

fn success() -> Value {
    json!({ "status": { "statusCode": "SUCCESS", "statusDesc": "done" } })
}

pub fn behaviour(world: &mut World, asked: &Asked<'_>) -> (u16, Value) {
    let (body, count, declined) = (asked.body, world.next(), world.decline);
    match asked.operation {
        "token" => (
            200,
            json!({ "access_token": format!("access-{count}"), "token_type": "bearer", "expires_in": 43_199, "grant_type": "client_credentials" }),
        ),
        "create" => {
            if let Some(literal) = declined {
                return error(400, "BUSINESS_ERROR", literal);
            }
            if world.objects.values().any(|order| order["extOrderId"] == body["extOrderId"]) {
                return error(400, "ERROR_ORDER_NOT_UNIQUE", "ORDER_NOT_UNIQUE");
            }
            let id = format!("ORDER{count}GUEST000P01");
            let is_token = body["payMethods"].is_object();
            let order = json!({ "orderId": id, "extOrderId": body["extOrderId"], "totalAmount": body["totalAmount"], "currencyCode": body["currencyCode"], "status": if is_token { "WAITING_FOR_CONFIRMATION" } else { "NEW" } });
            world.effects.push(format!("create {id}"));
            world.objects.insert(id.clone(), order);
            let mut said = success();
            said["orderId"] = json!(id);
            if is_token {
                return (201, said);
            }
            said["redirectUri"] = json!(format!("https://secure.payu.com/pay/?orderId={id}"));
            (302, said)
        }
        "refunds" => {
            (200, Value::from(world.objects.values().filter(|one| one["refundOf"] == asked.path[0].as_str()).cloned().collect::<Vec<_>>()))
        }
        "refund" => {
            if let Some(literal) = declined {
                return error(400, "BUSINESS_ERROR", literal);
            }
            // The same request twice is one refund.
            let known = world
                .objects
                .values()
                .find(|one| one["extRefundId"] == body["refund"]["extRefundId"] && one["refundOf"] == asked.path[0].as_str())
                .cloned();
            let refund = known.unwrap_or_else(|| {
                let mut refund = body["refund"].clone();
                refund["refundId"] = json!(format!("50000{count}"));
                refund["status"] = json!("FINALIZED");
                refund["refundOf"] = json!(asked.path[0]);
                world.effects.push(format!("refund {count}"));
                world.objects.insert(format!("refund {count}"), refund.clone());
                refund
            });
            (200, json!({ "orderId": asked.path[0], "refund": refund, "status": { "statusCode": "SUCCESS" } }))
        }
        name => {
            let Some(order) = world.objects.get_mut(&asked.path[0]) else { return error(404, "DATA_NOT_FOUND", "NOT_FOUND") };
            if let Some(literal) = declined {
                return error(400, "BUSINESS_ERROR", literal);
            }
            match (name, order["status"].as_str().unwrap()) {
                ("get", _) => return (200, json!({ "orders": [order.clone()], "status": { "statusCode": "SUCCESS" } })),
                ("capture", "WAITING_FOR_CONFIRMATION") => order["status"] = json!("COMPLETED"),
                ("capture", "COMPLETED") => return (200, success()),
                ("cancel", "WAITING_FOR_CONFIRMATION" | "NEW" | "PENDING") => order["status"] = json!("CANCELED"),
                _ => return error(400, "BUSINESS_ERROR", "ORDER_CANNOT_BE_CANCELED"),
            }
            world.effects.push(format!("{name} {}", asked.path[0]));
            (200, success())
        }
    }
}

pub fn customer_confirms(double: &Double) {
    double.with(|world| world.objects.values_mut().for_each(|order| order["status"] = json!("WAITING_FOR_CONFIRMATION")));
}

// req: S2-46
#[tokio::test]
async fn the_customer_is_sent_to_payu_without_following_the_redirect_ourselves() {
    let mut rig = Rig::of(Provider::Payu).await;
    let n = rig.begin_authorize(10_000);
    let Ok(GatewayAnswer::RequiresAction { reference, url, .. }) = rig.authorize(n).await else { panic!() };
    assert_eq!(url.as_deref(), Some(format!("https://secure.payu.com/pay/?orderId={reference}").as_str()));
    let created = rig.double.calls().into_iter().find(|call| call.path == "/api/v2_1/orders").unwrap();
    assert_eq!((&created.content["body"]["totalAmount"], &created.content["body"]["validityTime"]), (&json!("10000"), &json!("900")));
    let mut rig = Rig::of(Provider::Payu).await;
    let n = rig.begin_authorize(10_000);
    let pending = rig.authorize_with(n, Source::Token("TOKC_demo")).await.unwrap();
    assert!(matches!(pending, GatewayAnswer::Pending { .. }));
    rig.settle(n, &pending);
    assert!(matches!(rig.look_up(n).await, Ok(Some(GatewayAnswer::Done { .. }))));
}

// req: S2-49
#[tokio::test]
async fn an_order_whose_number_is_lost_is_never_made_twice() {
    let mut rig = Rig::of(Provider::Payu).await;
    let n = rig.begin_authorize(10_000);
    rig.double.will("create", Mischief::DoneBut(503, "oops"));
    assert!(matches!(rig.authorize(n).await, Err(GatewayError::Unknown(_))));
    assert!(matches!(rig.authorize(n).await, Err(GatewayError::Unknown(_))), "PayU says that there is one");
    assert!(matches!(rig.look_up(n).await, Err(GatewayError::Unknown(_))), "and finds none by our name");
    assert_eq!(rig.double.effects().len(), 1);
    // Its notification tells the number.
    let number = rig.double.with(|world| world.objects.keys().next().unwrap().clone());
    let reference = domain::ids::ProviderReference::parse(&number).unwrap();
    let found = rig.gateway.look_up(&LookUp { reference: Some(&reference), ..LookUp::of(&rig.ledger, n).unwrap() }).await;
    assert!(matches!(found, Ok(Some(GatewayAnswer::RequiresAction { .. }))), "{found:?}");
}

#[tokio::test]
async fn causes_in_the_payment_are_declines_and_ours_are_not() {
    let (mut rig, capture) = Rig::captured(Provider::Payu).await;
    let n = rig.begin(Wish::Refund { of: capture, amount: eur(500) });
    rig.double.will("refund", Mischief::Decline("NO_BALANCE"));
    assert_eq!(decline(rig.refund(n).await), ("NO_BALANCE".to_owned(), false));
    rig.double.will("refund", Mischief::Says(400, error(400, "ERROR_VALUE_MISSING", "MISSING_REFUND_SECTION").1));
    assert!(matches!(rig.refund(n).await, Err(GatewayError::Fatal(_))));
    rig.double.will("refund", Mischief::Says(400, error(400, "ERROR_INTERNAL", "").1));
    assert!(matches!(rig.refund(n).await, Err(GatewayError::Unknown(_))));
    let void = rig.look_up(1).await;
    assert!(matches!(void, Ok(Some(GatewayAnswer::Done { .. }))), "a captured order was authorized");
}

// req: S2-48
#[tokio::test]
async fn a_cancelled_order_holds_nothing() {
    let mut rig = Rig::authorized(Provider::Payu).await;
    let n = rig.begin(Wish::Void { of: 1 });
    let done = rig.void(n).await.unwrap();
    assert!(matches!(done, GatewayAnswer::Done { .. }));
    assert_eq!(rig.void(n).await, Ok(done), "again");
    assert_eq!(rig.look_up(1).await, Ok(Some(GatewayAnswer::Ended { how: Release::Expired })));
    let mut rig = Rig::authorized(Provider::Payu).await;
    let part = rig.begin(Wish::Capture { of: 1, amount: eur(4_000) });
    assert!(matches!(rig.capture(part).await, Ok(GatewayAnswer::Done { amount, .. }) if amount == eur(4_000)));
    let asked = rig.double.calls().into_iter().find(|call| call.path.ends_with("/captures")).unwrap();
    assert_eq!(asked.content["body"], json!({ "amount": "4000", "currencyCode": "EUR" }));
}
