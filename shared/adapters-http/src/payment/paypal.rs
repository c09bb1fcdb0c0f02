//! PayPal's orders and payments: <https://developer.paypal.com/docs/api/orders/v2/>, <https://developer.paypal.com/docs/api/payments/v2/>,
//! <https://developer.paypal.com/api/rest/reference/idempotency/>.
//!
//! An order of PayPal's is approved by the customer, then authorized by us, then captured. PayPal finds nothing by our names, but an order of
//! its lists what was done to it, with them; so an authorization goes by two names here, the order's and its own, with a slash between.

mod signature;

use super::oauth::Token;
use super::{Does, Line, Reply, brief, currency, joined, named, part, refund_key, segment, to_units, too_fine, whole};
use crate::client::Client;
use app::payments::paypal;
use app::ports::{
    Clock, Gateway, GatewayAnswer, GatewayError, GatewayNews, LookUp, PaypalAccount, Returned, Source, ToAuthorize, ToCapture, ToRefund,
    ToVoid,
};
use app::signature::{Headers, Verified};
use async_trait::async_trait;
use domain::ids::ProviderReference;
use domain::money::Money;
use domain::payment::{Kind, OutsideKind, PaymentKey, Provider, Release};
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
pub use signature::{Certificates, PaypalCertificates};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Disputes of one capture that are looked at.
const DISPUTES_MAX: usize = 10;
/// Certificates that are kept. PayPal has one at a time.
const CERTIFICATES_MAX: usize = 4;

/// A shop's account at PayPal.
pub struct Paypal {
    line: Line,
    account: PaypalAccount,
    token: Token,
    certificates: Arc<dyn Certificates>,
    kept: Mutex<HashMap<String, Arc<Vec<u8>>>>,
}

/// PayPal takes no decimals of these: <https://developer.paypal.com/api/rest/reference/currency-codes/>.
fn value(money: Money) -> Result<Value, GatewayError> {
    let value = match money.currency.code() {
        "HUF" | "JPY" | "TWD" => to_units(money, 0).map(|units| units.to_string()),
        _ => Some(money.decimal()),
    };
    let value = value.ok_or_else(|| too_fine("PayPal", money))?;
    Ok(json!({ "currency_code": money.currency.code(), "value": value }))
}

fn amount(said: &Value) -> Option<Money> {
    Money::parse(said["value"].as_str()?, currency(&said["currency_code"])?).ok()
}

fn time(said: &Value) -> Option<Timestamp> {
    said.as_str()?.parse().ok()
}

impl Paypal {
    /// At this address.
    pub fn new(
        client: Arc<Client>,
        base: &str,
        account: PaypalAccount,
        clock: Arc<dyn Clock>,
        certificates: Arc<dyn Certificates>,
    ) -> Paypal {
        let line = Line { client, base: base.to_owned(), provider: Provider::Paypal, name: "PayPal" };
        Paypal { line, account, token: Token::new(clock), certificates, kept: Mutex::default() }
    }

    async fn send(&self, method: Method, path: &str, request_id: Option<&str>, body: Option<&Value>) -> Result<Reply, GatewayError> {
        let client = self.line.client().await?;
        let sign_in = client.post(self.line.url("/v1/oauth2/token"));
        let sign_in = sign_in.basic_auth(&self.account.client_id, Some(self.account.client_secret.expose()));
        let token = self.token.get(&self.line, sign_in.form(&[("grant_type", "client_credentials")])).await?;
        let does = if method == Method::GET { Does::Nothing } else { Does::Something };
        let request = client.request(method, self.line.url(path)).bearer_auth(token).header("content-type", "application/json");
        let request = request.header("prefer", "return=representation");
        let request = request_id.into_iter().fold(request, |request, id| request.header("paypal-request-id", id));
        self.line.exchange(body.into_iter().fold(request, RequestBuilder::json), does, Some(&self.token)).await
    }

    /// What an error says of the payment; an error, if it says that we have made a mistake.
    fn error(&self, reply: &Reply, reference: Option<ProviderReference>) -> Result<GatewayAnswer, GatewayError> {
        let said = &reply.body;
        let issue = said["details"][0]["issue"].as_str().or(said["name"].as_str()).unwrap_or_default();
        match (reply.status, issue) {
            // An earlier call has used this number, and PayPal has forgotten that it was the same call.
            (_, "DUPLICATE_INVOICE_ID") => Err(GatewayError::Unknown("PayPal has a payment by this name already".into())),
            (422, issue) if !MISTAKES.contains(&issue) => Ok(self.line.declined(reference, issue, &said["details"][0]["description"])),
            _ => Err(self.line.refused(reply.status, issue)),
        }
    }

    async fn order(&self, name: &str) -> Result<Option<Value>, GatewayError> {
        let reply = self.send(Method::GET, &format!("/v2/checkout/orders/{name}"), None, None).await?;
        match reply.status {
            200..=299 => Ok(Some(reply.body)),
            404 => Ok(None),
            status => Err(self.line.refused(status, reply.body["name"].as_str().unwrap_or_default())),
        }
    }

    /// What an order says of its authorization.
    fn authorization(&self, order: &Value, does: Does) -> Result<GatewayAnswer, GatewayError> {
        let garbled = || self.line.garbled(does);
        let name = named(&order["id"]).ok_or_else(garbled)?;
        let authorization = order["purchase_units"][0]["payments"]["authorizations"].as_array().and_then(|list| list.last());
        if let Some(authorization) = authorization {
            let own = named(&authorization["id"]).ok_or_else(garbled)?;
            let reference = joined(&name, &own).ok_or_else(garbled)?;
            return match authorization["status"].as_str().unwrap_or_default() {
                "CREATED" | "CAPTURED" | "PARTIALLY_CAPTURED" => {
                    let amount = amount(&authorization["amount"]).ok_or_else(garbled)?;
                    Ok(GatewayAnswer::Done { reference, amount, expires_at: time(&authorization["expiration_time"]) })
                }
                "PENDING" => Ok(GatewayAnswer::Pending { reference }),
                "DENIED" => {
                    let code = authorization["processor_response"]["response_code"].as_str().unwrap_or("DENIED");
                    Ok(self.line.declined(Some(reference), code, &Value::Null))
                }
                "VOIDED" => Ok(GatewayAnswer::Ended { how: Release::Voided }),
                "EXPIRED" => Ok(GatewayAnswer::Ended { how: Release::Expired }),
                _ => Err(garbled()),
            };
        }
        match order["status"].as_str().unwrap_or_default() {
            "CREATED" | "SAVED" | "PAYER_ACTION_REQUIRED" => {
                let mut links = order["links"].as_array().into_iter().flatten().take(20);
                let link = links.find(|link| link["rel"] == "payer-action" || link["rel"] == "approve");
                let url = link.and_then(|link| link["href"].as_str()).map(str::to_owned);
                Ok(GatewayAnswer::RequiresAction { reference: name, url, client_secret: None })
            }
            "APPROVED" => Ok(GatewayAnswer::Confirmed { reference: name }),
            "VOIDED" => Ok(GatewayAnswer::Cancelled),
            _ => Err(garbled()),
        }
    }

    fn capture_of(&self, capture: &Value, does: Does) -> Result<GatewayAnswer, GatewayError> {
        let garbled = || self.line.garbled(does);
        let reference = named(&capture["id"]).ok_or_else(garbled)?;
        match capture["status"].as_str().unwrap_or_default() {
            // What has been given back since was captured before.
            "COMPLETED" | "PARTIALLY_REFUNDED" | "REFUNDED" => {
                let amount = amount(&capture["amount"]).ok_or_else(garbled)?;
                Ok(GatewayAnswer::Done { reference, amount, expires_at: None })
            }
            "PENDING" => Ok(GatewayAnswer::Pending { reference }),
            "DECLINED" | "FAILED" => {
                let code = capture["processor_response"]["response_code"].as_str().unwrap_or("DECLINED");
                Ok(self.line.declined(Some(reference), code, &Value::Null))
            }
            _ => Err(garbled()),
        }
    }

    fn refund_of(&self, refund: &Value, does: Does) -> Result<GatewayAnswer, GatewayError> {
        let garbled = || self.line.garbled(does);
        let reference = named(&refund["id"]).ok_or_else(garbled)?;
        match refund["status"].as_str().unwrap_or_default() {
            "COMPLETED" => {
                let amount = amount(&refund["amount"]).ok_or_else(garbled)?;
                Ok(GatewayAnswer::Done { reference, amount, expires_at: None })
            }
            "PENDING" => Ok(GatewayAnswer::Pending { reference }),
            "FAILED" => Ok(self.line.declined(Some(reference), "REFUND_FAILED", &Value::Null)),
            "CANCELLED" => Ok(GatewayAnswer::Cancelled),
            _ => Err(garbled()),
        }
    }

    /// The customer has come back: the order's money is promised now, if they have approved it.
    async fn resume(&self, wish: &ToAuthorize<'_>, reference: &ProviderReference) -> Result<GatewayAnswer, GatewayError> {
        let name = whole(reference)?;
        let order = self.order(name).await?.ok_or_else(|| self.line.refused(404, "RESOURCE_NOT_FOUND"))?;
        match self.authorization(&order, Does::Nothing)? {
            GatewayAnswer::Confirmed { .. } => {}
            answer => return Ok(answer),
        }
        // Another key than the order was made by: PayPal answers a key it knows with what it has answered before.
        let request_id = format!("{}#a", wish.key);
        let reply = self.send(Method::POST, &format!("/v2/checkout/orders/{name}/authorize"), Some(&request_id), Some(&json!({}))).await?;
        if (200..300).contains(&reply.status) {
            return self.authorization(&reply.body, Does::Something);
        }
        let issue = reply.body["details"][0]["issue"].as_str().unwrap_or_default();
        if matches!(issue, "ORDER_ALREADY_AUTHORIZED" | "MAX_AUTHORIZATION_COUNT_EXCEEDED") {
            let order = self.order(name).await.map_err(|error| GatewayError::Unknown(error.to_string()))?;
            return order.map_or_else(|| Err(self.line.garbled(Does::Something)), |order| self.authorization(&order, Does::Something));
        }
        if matches!(issue, "ORDER_NOT_APPROVED" | "PAYER_ACTION_REQUIRED") {
            return Ok(GatewayAnswer::RequiresAction { reference: reference.clone(), url: None, client_secret: None });
        }
        self.error(&reply, Some(reference.clone()))
    }

    /// What an order lists as done to it by this name.
    fn listed<'a>(order: &'a Value, list: &str, key: &PaymentKey) -> Option<&'a Value> {
        let mut items = order["purchase_units"][0]["payments"][list].as_array().into_iter().flatten().take(200);
        items.find(|item| item["invoice_id"] == key.as_str() || item["custom_id"] == key.as_str())
    }

    /// Disputes of a capture, each with its outcome, which the list leaves out.
    async fn disputes(&self, capture: &str) -> Result<Vec<Value>, GatewayError> {
        let path = format!("/v1/customer/disputes?disputed_transaction_id={capture}&page_size={DISPUTES_MAX}");
        let reply = self.send(Method::GET, &path, None, None).await?;
        let mut disputes = Vec::new();
        match reply.status {
            200..=299 => {
                for item in reply.body["items"].as_array().into_iter().flatten().take(DISPUTES_MAX) {
                    let id = segment(item["dispute_id"].as_str().unwrap_or_default())?;
                    let reply = self.send(Method::GET, &format!("/v1/customer/disputes/{id}"), None, None).await?;
                    match reply.status {
                        200..=299 => disputes.push(reply.body),
                        status => return Err(self.line.refused(status, reply.body["name"].as_str().unwrap_or_default())),
                    }
                }
                Ok(disputes)
            }
            404 => Ok(disputes),
            status => Err(self.line.refused(status, reply.body["name"].as_str().unwrap_or_default())),
        }
    }

    async fn certificate(&self, url: &str) -> Result<Arc<Vec<u8>>, GatewayError> {
        let kept = self.kept.lock().ok().and_then(|kept| kept.get(url).cloned());
        match kept {
            Some(file) => Ok(file),
            None => self.certificates.fetch(url).await.map(Arc::new),
        }
    }

    /// One that has signed something is worth keeping.
    fn keep(&self, url: String, file: Arc<Vec<u8>>) {
        if let Ok(mut kept) = self.kept.lock() {
            if kept.len() >= CERTIFICATES_MAX {
                kept.clear();
            }
            kept.insert(url, file);
        }
    }
}

/// Issues that are about a request of ours and not about the customer's money.
const MISTAKES: [&str; 11] = [
    "",
    "ACTION_DOES_NOT_MATCH_INTENT",
    "CANCEL_URL_REQUIRED",
    "CANNOT_BE_NEGATIVE",
    "CANNOT_BE_ZERO_OR_NEGATIVE",
    "DECIMALS_NOT_SUPPORTED",
    "DECIMAL_PRECISION",
    "INCOMPATIBLE_PARAMETER_VALUE",
    "INVALID_CURRENCY_CODE",
    "RETURN_URL_REQUIRED",
    "UNPROCESSABLE_ENTITY",
];

#[async_trait]
impl Gateway for Paypal {
    fn provider(&self) -> Provider {
        Provider::Paypal
    }

    async fn authorize(&self, wish: &ToAuthorize<'_>) -> Result<GatewayAnswer, GatewayError> {
        if let Some(reference) = wish.resumed {
            return self.resume(wish, reference).await;
        }
        let mut wallet = json!({ "experience_context": {
            "return_url": wish.return_url,
            "cancel_url": wish.return_url,
            "user_action": "PAY_NOW",
            "shipping_preference": "NO_SHIPPING",
        }});
        if let Source::Token(token) = wish.source {
            wallet["vault_id"] = segment(token)?.into();
        }
        let body = json!({
            "intent": "AUTHORIZE",
            "purchase_units": [{
                "custom_id": wish.key.as_str(),
                "description": brief(wish.description),
                "amount": value(wish.amount)?,
            }],
            "payment_source": { "paypal": wallet },
        });
        let reply = self.send(Method::POST, "/v2/checkout/orders", Some(wish.key.as_str()), Some(&body)).await?;
        if (200..300).contains(&reply.status) {
            return self.authorization(&reply.body, Does::Something);
        }
        self.error(&reply, None)
    }

    async fn capture(&self, wish: &ToCapture<'_>) -> Result<GatewayAnswer, GatewayError> {
        let body = json!({ "amount": value(wish.amount)?, "invoice_id": wish.key.as_str(), "final_capture": wish.is_final });
        let path = format!("/v2/payments/authorizations/{}/capture", part(wish.authorization)?);
        let reply = self.send(Method::POST, &path, Some(wish.key.as_str()), Some(&body)).await?;
        if (200..300).contains(&reply.status) { self.capture_of(&reply.body, Does::Something) } else { self.error(&reply, None) }
    }

    async fn void(&self, wish: &ToVoid<'_>) -> Result<GatewayAnswer, GatewayError> {
        let done = GatewayAnswer::Done { reference: wish.authorization.clone(), amount: wish.amount, expires_at: None };
        // Only we can authorize an order of PayPal's, so one that has no authorization is given back by leaving it.
        if !wish.authorization.as_str().contains('/') {
            return Ok(done);
        }
        let path = format!("/v2/payments/authorizations/{}/void", part(wish.authorization)?);
        let reply = self.send(Method::POST, &path, None, None).await?;
        let issue = reply.body["details"][0]["issue"].as_str().unwrap_or_default();
        match (reply.status, issue) {
            (200..=299, _) | (_, "PREVIOUSLY_VOIDED" | "AUTHORIZATION_VOIDED") => Ok(done),
            _ => self.error(&reply, Some(wish.authorization.clone())),
        }
    }

    async fn refund(&self, wish: &ToRefund<'_>) -> Result<GatewayAnswer, GatewayError> {
        let body = json!({ "amount": value(wish.amount)?, "custom_id": wish.key.as_str() });
        let path = format!("/v2/payments/captures/{}/refund", part(wish.capture)?);
        let reply = self.send(Method::POST, &path, Some(wish.key.as_str()), Some(&body)).await?;
        if (200..300).contains(&reply.status) { self.refund_of(&reply.body, Does::Something) } else { self.error(&reply, None) }
    }

    async fn look_up(&self, wish: &LookUp<'_>) -> Result<Option<GatewayAnswer>, GatewayError> {
        let reference = if wish.kind == Kind::Authorize { wish.reference } else { wish.authorization };
        // An order whose number never reached us was never shown to the customer, and nobody else can authorize it.
        let Some(reference) = reference else { return Ok(None) };
        let Some(order) = self.order(whole(reference)?).await? else { return Ok(None) };
        match wish.kind {
            Kind::Authorize => self.authorization(&order, Does::Nothing).map(Some),
            Kind::Capture { .. } => {
                Paypal::listed(&order, "captures", wish.key).map(|capture| self.capture_of(capture, Does::Nothing)).transpose()
            }
            Kind::Refund { .. } => {
                Paypal::listed(&order, "refunds", wish.key).map(|refund| self.refund_of(refund, Does::Nothing)).transpose()
            }
            Kind::Void { .. } => Ok(match self.authorization(&order, Does::Nothing)? {
                GatewayAnswer::Ended { .. } | GatewayAnswer::Cancelled => {
                    Some(GatewayAnswer::Done { reference: reference.clone(), amount: wish.amount, expires_at: None })
                }
                _ => None,
            }),
        }
    }

    async fn returned(&self, capture: &LookUp<'_>) -> Result<Vec<Returned>, GatewayError> {
        let (Some(reference), Some(authorization)) = (capture.reference, capture.authorization) else { return Ok(Vec::new()) };
        let garbled = || self.line.garbled(Does::Nothing);
        let name = part(reference)?;
        let order = self.order(whole(authorization)?).await?.ok_or_else(garbled)?;
        let refunds = order["purchase_units"][0]["payments"]["refunds"].as_array().into_iter().flatten().take(200);
        // An order lists all refunds of its captures; which is of which, its links say.
        let is_of = |refund: &&Value| {
            let mut links = refund["links"].as_array().into_iter().flatten();
            let up = links.find(|link| link["rel"] == "up").and_then(|link| link["href"].as_str());
            up.is_none_or(|href| href.rsplit('/').next() == Some(name))
        };
        let went_back = |refund: &&Value| !matches!(refund["status"].as_str(), Some("FAILED" | "CANCELLED"));
        let mut returned = Vec::new();
        for refund in refunds.filter(is_of).filter(went_back) {
            returned.push(Returned {
                key: refund_key(&refund["custom_id"]),
                reference: named(&refund["id"]).ok_or_else(garbled)?,
                kind: OutsideKind::Refund,
                amount: amount(&refund["amount"]).ok_or_else(garbled)?,
            });
        }
        for dispute in self.disputes(name).await? {
            returned.push(Returned {
                key: None,
                reference: named(&dispute["dispute_id"]).ok_or_else(garbled)?,
                kind: OutsideKind::Dispute(paypal::dispute_state(&dispute)),
                amount: amount(&dispute["dispute_amount"]).ok_or_else(garbled)?,
            });
        }
        Ok(returned)
    }

    async fn verify(&self, headers: &Headers, body: &[u8], now: Timestamp) -> Result<Option<Verified>, GatewayError> {
        let read = signature::read(&self.account.webhook_id, self.account.is_sandbox, headers, body, now);
        let Some(transmission) = read else { return Ok(None) };
        let file = self.certificate(&transmission.certificate_url).await?;
        if !signature::is_signed(&transmission, &file, self.certificates.roots(), now) {
            return Ok(None);
        }
        let verified = signature::proved(&transmission, body);
        self.keep(transmission.certificate_url, file);
        Ok(Some(verified))
    }

    fn read(&self, body: &[u8]) -> Vec<GatewayNews> {
        paypal::read(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::money::Currency;

    #[test]
    fn amounts_are_written_as_paypal_writes_them() {
        for (text, code, expected) in [
            ("10.00", "EUR", Some("10.00")),
            ("500", "JPY", Some("500")),
            ("500.00", "HUF", Some("500")),
            ("500.50", "HUF", None),
            ("5.00", "TWD", Some("5")),
        ] {
            let money = Money::parse(text, Currency::parse(code).unwrap()).unwrap();
            let written = value(money).ok();
            assert_eq!(written.as_ref().and_then(|written| written["value"].as_str()), expected, "{text} {code}");
            if let Some(written) = written {
                assert_eq!(amount(&written), Some(money), "{text} {code}");
            }
        }
        assert_eq!(amount(&json!({ "currency_code": "EUR", "value": "1e3" })), None);
        assert_eq!(amount(&json!({ "currency_code": "XXX", "value": "1.00" })), None);
    }
}
