//! PayU's REST API 2.1: <https://developers.payu.com/europe/api>,
//! <https://developers.payu.com/europe/docs/payment-flows/capture-and-cancel>,
//! <https://developers.payu.com/europe/docs/payment-flows/refunds>.
//!
//! Authorizing without capturing is a setting of the point of sale: its automatic collection has to be off. PayU finds an order by its own number
//! only. One whose number never reached us was never shown to the customer, and lapses by itself within a quarter of an hour.

use super::oauth::Token;
use super::{Does, Line, Reply, brief, currency, from_units, named, refund_key, segment, to_units, too_fine, whole};
use crate::client::Client;
use app::payments::payu;
use app::ports::{
    Clock, Gateway, GatewayAnswer, GatewayError, GatewayNews, LookUp, PayuAccount, Returned, Source, ToAuthorize, ToCapture, ToRefund,
    ToVoid,
};
use app::signature::{Headers, Verified};
use async_trait::async_trait;
use domain::ids::ProviderReference;
use domain::money::Money;
use domain::payment::{AUTHORIZATION_TIMEOUT, Kind, OutsideKind, Provider, Release};
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::sync::Arc;

/// PayU writes every currency in hundredths, also those that have none.
const EXPONENT: u32 = 2;
/// Refunds of one order that are looked through.
const REFUNDS_MAX: usize = 200;

/// A shop's point of sale at PayU.
pub struct Payu {
    line: Line,
    account: PayuAccount,
    token: Token,
}

fn units(money: Money) -> Result<String, GatewayError> {
    to_units(money, EXPONENT).map(|units| units.to_string()).ok_or_else(|| too_fine("PayU", money))
}

/// PayU writes amounts as text.
fn amount(units: &Value, code: &Value) -> Option<Money> {
    let units = units.as_str().and_then(|text| text.parse().ok()).or_else(|| units.as_i64())?;
    from_units(units, currency(code)?, EXPONENT)
}

impl Payu {
    /// At this address.
    pub fn new(client: Arc<Client>, base: &str, account: PayuAccount, clock: Arc<dyn Clock>) -> Payu {
        Payu { line: Line { client, base: base.to_owned(), provider: Provider::Payu, name: "PayU" }, account, token: Token::new(clock) }
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Reply, GatewayError> {
        let client = self.line.client().await?;
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.account.client_id.as_str()),
            ("client_secret", self.account.client_secret.expose()),
        ];
        let token = self.token.get(&self.line, client.post(self.line.url("/pl/standard/user/oauth/authorize")).form(&form)).await?;
        let does = if method == Method::GET { Does::Nothing } else { Does::Something };
        let request = client.request(method, self.line.url(path)).bearer_auth(token).header("content-type", "application/json");
        let request = body.into_iter().fold(request, RequestBuilder::json);
        self.line.exchange(request, does, Some(&self.token)).await
    }

    /// What an error says; an error, if it says that we have made a mistake.
    fn error(&self, reply: &Reply, reference: Option<ProviderReference>) -> Result<GatewayAnswer, GatewayError> {
        let status = &reply.body["status"];
        let (code, literal) = (status["statusCode"].as_str().unwrap_or_default(), status["codeLiteral"].as_str().unwrap_or_default());
        match code {
            // The card itself: asking again changes nothing.
            "ERROR_INTERNAL" if literal == "CARD_CARD_EXPIRED" => Ok(self.line.declined(reference, literal, &status["statusDesc"])),
            // The order was made by an earlier call, whose answer, and with it the order's number, is lost.
            "ERROR_ORDER_NOT_UNIQUE" => Err(GatewayError::Unknown("PayU has an order by this name, and does not tell its number".into())),
            "ERROR_INTERNAL" | "GENERAL_ERROR" | "SERVICE_NOT_AVAILABLE" => Err(GatewayError::Unknown(format!("PayU answered {code}"))),
            "BUSINESS_ERROR"
            | "ERROR_INCONSISTENT_CURRENCIES"
            | "ERROR_AMOUNT_INVALID"
            | "ORDER_NOT_COMPLETED"
            | "OPENPAYU_BUSINESS_ERROR" => {
                Ok(self.line.declined(reference, if literal.is_empty() { code } else { literal }, &status["statusDesc"]))
            }
            _ if REFUSALS.contains(&literal) => Ok(self.line.declined(reference, literal, &status["statusDesc"])),
            _ => Err(self.line.refused(reply.status, if literal.is_empty() { code } else { literal })),
        }
    }

    /// Says an answer that it was carried out?
    fn is_success(reply: &Reply) -> bool {
        (200..300).contains(&reply.status) && reply.body["status"]["statusCode"] == "SUCCESS"
    }

    async fn order(&self, reference: &ProviderReference) -> Result<Option<Value>, GatewayError> {
        let reply = self.send(Method::GET, &format!("/api/v2_1/orders/{}", whole(reference)?), None).await?;
        match reply.status {
            200..=299 => {
                let order = reply.body["orders"][0].clone();
                if order.is_object() { Ok(Some(order)) } else { Err(self.line.garbled(Does::Nothing)) }
            }
            404 => Ok(None),
            status => Err(self.line.refused(status, reply.body["status"]["statusCode"].as_str().unwrap_or_default())),
        }
    }

    /// What an order says of its authorization.
    fn authorization(&self, order: &Value) -> Result<GatewayAnswer, GatewayError> {
        let garbled = || self.line.garbled(Does::Nothing);
        let reference = named(&order["orderId"]).ok_or_else(garbled)?;
        Ok(match order["status"].as_str().unwrap_or_default() {
            "WAITING_FOR_CONFIRMATION" | "COMPLETED" => {
                let amount = amount(&order["totalAmount"], &order["currencyCode"]).ok_or_else(garbled)?;
                GatewayAnswer::Done { reference, amount, expires_at: None }
            }
            "NEW" => GatewayAnswer::RequiresAction { reference, url: None, client_secret: None },
            "PENDING" => GatewayAnswer::Pending { reference },
            "CANCELED" => GatewayAnswer::Ended { how: Release::Expired },
            _ => return Err(garbled()),
        })
    }

    async fn refunds(&self, order: &ProviderReference) -> Result<Vec<Value>, GatewayError> {
        let reply = self.send(Method::GET, &format!("/api/v2_1/orders/{}/refunds", whole(order)?), None).await?;
        match reply.status {
            200..=299 => {
                let list = reply.body.as_array().or_else(|| reply.body["refunds"].as_array());
                let list = list.ok_or_else(|| self.line.garbled(Does::Nothing))?;
                Ok(list.iter().take(REFUNDS_MAX).cloned().collect())
            }
            404 => Ok(Vec::new()),
            status => Err(self.line.refused(status, reply.body["status"]["statusCode"].as_str().unwrap_or_default())),
        }
    }

    fn refund_of(&self, refund: &Value, does: Does) -> Result<GatewayAnswer, GatewayError> {
        let garbled = || self.line.garbled(does);
        let reference = named(&refund["refundId"]).ok_or_else(garbled)?;
        Ok(match refund["status"].as_str().unwrap_or_default() {
            "FINALIZED" => {
                let amount = amount(&refund["amount"], &refund["currencyCode"]).ok_or_else(garbled)?;
                GatewayAnswer::Done { reference, amount, expires_at: None }
            }
            "PENDING" => GatewayAnswer::Pending { reference },
            "CANCELED" => self.line.declined(Some(reference), "CANCELED", &Value::Null),
            _ => return Err(garbled()),
        })
    }
}

/// Causes of a 400 that lie in the payment and not in the request.
const REFUSALS: [&str; 8] = [
    "AMOUNT_TO_BIG",
    "ORDER_CANNOT_BE_CAPTURED",
    "ORDER_CANNOT_BE_CANCELED",
    "REFUND_AMOUNT_TOO_BIG",
    "TRANS_NOT_ENDED",
    "TRANSACTION_NOT_FINALIZED",
    "ALREADY_REFUNDED",
    "NO_BALANCE",
];

#[async_trait]
impl Gateway for Payu {
    fn provider(&self) -> Provider {
        Provider::Payu
    }

    async fn authorize(&self, wish: &ToAuthorize<'_>) -> Result<GatewayAnswer, GatewayError> {
        if let Some(reference) = wish.resumed {
            let order = self.order(reference).await?.ok_or_else(|| self.line.refused(404, "DATA_NOT_FOUND"))?;
            return self.authorization(&order);
        }
        let customer_ip = wish.customer_ip.ok_or_else(|| GatewayError::Fatal("PayU needs the customer's address on the net".into()))?;
        let (units, description) = (units(wish.amount)?, brief(wish.description));
        let mut body = json!({
            "extOrderId": wish.key.as_str(),
            "merchantPosId": self.account.pos_id,
            "customerIp": customer_ip,
            "description": description,
            "currencyCode": wish.amount.currency.code(),
            "totalAmount": units,
            "continueUrl": wish.return_url,
            "validityTime": AUTHORIZATION_TIMEOUT.as_secs().to_string(),
            "products": [{ "name": description, "unitPrice": units, "quantity": "1" }],
        });
        if let Some(url) = wish.notify_url {
            body["notifyUrl"] = url.into();
        }
        if let Source::Token(token) = wish.source {
            body["payMethods"] = json!({ "payMethod": { "type": "CARD_TOKEN", "value": segment(token)? } });
        }
        let reply = self.send(Method::POST, "/api/v2_1/orders", Some(&body)).await?;
        let said = &reply.body;
        let code = said["status"]["statusCode"].as_str().unwrap_or_default();
        let reference = named(&said["orderId"]);
        match (reply.status, code) {
            (200..=302, "SUCCESS" | "WARNING_CONTINUE_REDIRECT" | "WARNING_CONTINUE_3DS" | "WARNING_CONTINUE_CVV") => {
                let reference = reference.ok_or_else(|| self.line.garbled(Does::Something))?;
                Ok(match said["redirectUri"].as_str() {
                    Some(url) => GatewayAnswer::RequiresAction { reference, url: Some(url.to_owned()), client_secret: None },
                    None => GatewayAnswer::Pending { reference },
                })
            }
            (200..=399, _) => Err(self.line.garbled(Does::Something)),
            _ => self.error(&reply, reference),
        }
    }

    async fn capture(&self, wish: &ToCapture<'_>) -> Result<GatewayAnswer, GatewayError> {
        let units = units(wish.amount)?;
        // All of it is taken by an empty request; only a part is spelled out.
        let part = json!({ "amount": units, "currencyCode": wish.amount.currency.code() });
        let body = (wish.amount != wish.authorized).then_some(&part);
        let reply = self.send(Method::POST, &format!("/api/v2_1/orders/{}/captures", whole(wish.authorization)?), body).await?;
        if Payu::is_success(&reply) {
            // PayU does not say how much; it said yes to what it was asked.
            return Ok(GatewayAnswer::Done { reference: wish.authorization.clone(), amount: wish.amount, expires_at: None });
        }
        if reply.status < 400 {
            return Err(self.line.garbled(Does::Something));
        }
        self.error(&reply, Some(wish.authorization.clone()))
    }

    async fn void(&self, wish: &ToVoid<'_>) -> Result<GatewayAnswer, GatewayError> {
        let reply = self.send(Method::DELETE, &format!("/api/v2_1/orders/{}", whole(wish.authorization)?), None).await?;
        if Payu::is_success(&reply) {
            return Ok(GatewayAnswer::Done { reference: wish.authorization.clone(), amount: wish.amount, expires_at: None });
        }
        if reply.status < 400 {
            return Err(self.line.garbled(Does::Something));
        }
        // It may be cancelled already; the order itself knows.
        let order = self.order(wish.authorization).await.map_err(|error| GatewayError::Unknown(error.to_string()))?;
        if order.is_some_and(|order| order["status"] == "CANCELED") {
            return Ok(GatewayAnswer::Done { reference: wish.authorization.clone(), amount: wish.amount, expires_at: None });
        }
        self.error(&reply, Some(wish.authorization.clone()))
    }

    async fn refund(&self, wish: &ToRefund<'_>) -> Result<GatewayAnswer, GatewayError> {
        // The same request twice is one refund: PayU compares all of it, and this name is part of it.
        let body = json!({ "refund": {
            "description": "Refund",
            "amount": units(wish.amount)?,
            "currencyCode": wish.amount.currency.code(),
            "extRefundId": wish.key.as_str(),
        }});
        let reply = self.send(Method::POST, &format!("/api/v2_1/orders/{}/refunds", whole(wish.capture)?), Some(&body)).await?;
        if (200..300).contains(&reply.status) {
            return self.refund_of(&reply.body["refund"], Does::Something);
        }
        self.error(&reply, None)
    }

    async fn look_up(&self, wish: &LookUp<'_>) -> Result<Option<GatewayAnswer>, GatewayError> {
        let reference = match wish.kind {
            Kind::Authorize => wish.reference,
            Kind::Refund { .. } => wish.capture,
            _ => wish.authorization,
        };
        let Some(reference) = reference else {
            return Err(GatewayError::Unknown("PayU finds orders by its own number only, and it is not known".into()));
        };
        if let Kind::Refund { .. } = wish.kind {
            let list = self.refunds(reference).await?;
            let ours = list.iter().find(|refund| refund["extRefundId"] == wish.key.as_str());
            return ours.map(|refund| self.refund_of(refund, Does::Nothing)).transpose();
        }
        let Some(order) = self.order(reference).await? else { return Ok(None) };
        let status = order["status"].as_str().unwrap_or_default();
        let done = || GatewayAnswer::Done { reference: reference.clone(), amount: wish.amount, expires_at: None };
        match (wish.kind, status) {
            (Kind::Authorize, _) if order["extOrderId"] != wish.key.as_str() => {
                Err(GatewayError::Unknown("PayU has another payment under this number".into()))
            }
            (Kind::Authorize, _) => self.authorization(&order).map(Some),
            (Kind::Capture { .. }, "COMPLETED") | (Kind::Void { .. }, "CANCELED") => Ok(Some(done())),
            (Kind::Capture { .. }, "CANCELED") => Ok(Some(GatewayAnswer::Cancelled)),
            (Kind::Void { .. }, "COMPLETED") => Ok(Some(self.line.declined(Some(reference.clone()), "COMPLETED", &Value::Null))),
            _ => Ok(None),
        }
    }

    async fn returned(&self, capture: &LookUp<'_>) -> Result<Vec<Returned>, GatewayError> {
        let Some(reference) = capture.reference else { return Ok(Vec::new()) };
        let garbled = || self.line.garbled(Does::Nothing);
        let read = |refund: &Value| {
            Ok(Returned {
                key: refund_key(&refund["extRefundId"]),
                reference: named(&refund["refundId"]).ok_or_else(garbled)?,
                kind: OutsideKind::Refund,
                amount: amount(&refund["amount"], &refund["currencyCode"]).ok_or_else(garbled)?,
            })
        };
        self.refunds(reference).await?.iter().filter(|refund| refund["status"] != "CANCELED").map(read).collect()
    }

    async fn verify(&self, headers: &Headers, body: &[u8], _now: Timestamp) -> Result<Option<Verified>, GatewayError> {
        Ok(payu::verify(&self.account.second_keys, headers, body))
    }

    fn read(&self, body: &[u8]) -> Vec<GatewayNews> {
        payu::read(body)
    }
}
