//! Razorpay's orders, payments and refunds: <https://razorpay.com/docs/api/orders/>, <https://razorpay.com/docs/api/payments/capture/>,
//! <https://razorpay.com/docs/api/refunds/normal-refunds-idempotent/>, <https://razorpay.com/docs/payments/payments/capture-settings/api/>.
//!
//! Razorpay's script on the shop's page pays an order of Razorpay's. Only refunds have an idempotency key; an order that is made twice is paid
//! once, and a payment is captured once by itself. There is no way to give an authorization back: it goes back when it runs out.

use super::{Does, Line, Reply, currency, from_units, joined, named, part, plain, refund_key, to_units, too_fine, whole, word};
use crate::client::Client;
use app::payments::{KEY_NAME, razorpay};
use app::ports::{
    Gateway, GatewayAnswer, GatewayError, GatewayNews, LookUp, RazorpayAccount, Returned, Source, ToAuthorize, ToCapture, ToRefund, ToVoid,
};
use app::signature::{Headers, Verified};
use async_trait::async_trait;
use domain::ids::ProviderReference;
use domain::money::Money;
use domain::payment::{Kind, OutsideKind, Provider, Release};
use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use serde_json::{Value, json};
use std::sync::Arc;

/// Razorpay gives back by itself what was not captured within five days.
const HOLDS: SignedDuration = SignedDuration::from_hours(5 * 24);
/// The same for its settings, in minutes.
const HOLDS_MINUTES: u32 = 5 * 24 * 60;
/// Payments of one order, and refunds of one payment, that are looked through.
const ITEMS_MAX: usize = 100;

/// A shop's account at Razorpay.
pub struct Razorpay {
    line: Line,
    account: RazorpayAccount,
}

fn units(money: Money) -> Result<i64, GatewayError> {
    let units = to_units(money, money.currency.exponent());
    // Of three decimals the last has to be 0.
    let units = units.filter(|units| money.currency.exponent() < 3 || units % 10 == 0);
    units.ok_or_else(|| too_fine("Razorpay", money))
}

fn amount(entity: &Value) -> Option<Money> {
    let currency = currency(&entity["currency"])?;
    from_units(entity["amount"].as_i64()?, currency, currency.exponent())
}

impl Razorpay {
    /// At this address.
    pub fn new(client: Arc<Client>, base: &str, account: RazorpayAccount) -> Razorpay {
        Razorpay { line: Line { client, base: base.to_owned(), provider: Provider::Razorpay, name: "Razorpay" }, account }
    }

    async fn post(&self, path: &str, idempotency: Option<&str>, body: &Value) -> Result<Reply, GatewayError> {
        let request = self.line.client().await?.post(self.line.url(path)).json(body);
        let request = idempotency.into_iter().fold(request, |request, key| request.header("x-refund-idempotency", key));
        let request = request.basic_auth(&self.account.key_id, Some(self.account.key_secret.expose()));
        self.line.exchange(request, Does::Something, None).await
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Option<Value>, GatewayError> {
        let mut url = Url::parse(&self.line.url(path)).map_err(|_| GatewayError::Fatal("Razorpay's address cannot be read".into()))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = self.line.client().await?.get(url);
        let reply = self
            .line
            .exchange(request.basic_auth(&self.account.key_id, Some(self.account.key_secret.expose())), Does::Nothing, None)
            .await?;
        match reply.status {
            200..=299 => Ok(Some(reply.body)),
            404 => Ok(None),
            // Razorpay has no 404 for names that it does not know.
            400 if is_unknown_name(&reply.body) => Ok(None),
            status => Err(self.line.refused(status, reply.body["error"]["code"].as_str().unwrap_or_default())),
        }
    }

    async fn items(&self, path: &str, query: &[(&str, &str)]) -> Result<Vec<Value>, GatewayError> {
        let Some(mut list) = self.get(path, query).await? else { return Ok(Vec::new()) };
        match list["items"].take() {
            Value::Array(mut items) => {
                items.truncate(ITEMS_MAX);
                Ok(items)
            }
            _ => Err(self.line.garbled(Does::Nothing)),
        }
    }

    /// What an error says of a payment; an error, if it says that we have made a mistake.
    fn error(&self, reply: &Reply, reference: Option<ProviderReference>) -> Result<GatewayAnswer, GatewayError> {
        let error = &reply.body["error"];
        let (code, reason) = (error["code"].as_str().unwrap_or_default(), error["reason"].as_str().unwrap_or_default());
        // A gateway or a bank behind Razorpay that failed may yet have done it.
        if matches!(code, "GATEWAY_ERROR" | "SERVER_ERROR") && reference.is_some() {
            return Err(GatewayError::Unknown(format!("Razorpay answered {}: {}", reply.status, word(reason))));
        }
        let is_about_us = reason.is_empty() || MISTAKES.contains(&reason) || error["field"].is_string();
        match &error["description"] {
            description if reply.status == 400 && STATES.iter().any(|state| says(description, state)) => {
                Ok(self.line.declined(reference, if reason.is_empty() { code } else { reason }, description))
            }
            description if reply.status == 400 && !is_about_us => Ok(self.line.declined(reference, reason, description)),
            _ => Err(self.line.refused(reply.status, if reason.is_empty() { code } else { reason })),
        }
    }

    /// What an order's payments say of its authorization. The customer may have tried several times.
    async fn authorization(&self, order: &ProviderReference) -> Result<Option<GatewayAnswer>, GatewayError> {
        let name = whole(order)?;
        let order = ProviderReference::parse(name).map_err(|_| self.line.garbled(Does::Nothing))?;
        if self.get(&format!("/v1/orders/{name}"), &[]).await?.is_none() {
            return Ok(None);
        }
        let payments = self.items(&format!("/v1/orders/{name}/payments"), &[]).await?;
        let status = |payment: &Value, word: &str| payment["status"] == word;
        let of = |words: &[&str]| payments.iter().find(|payment| words.iter().any(|word| status(payment, word)));
        if let Some(payment) = of(&["authorized", "captured", "refunded"]) {
            // What goes back before it was captured was never taken.
            if status(payment, "refunded") && payment["captured"] == false {
                return Ok(Some(GatewayAnswer::Ended { how: Release::Expired }));
            }
            let garbled = || self.line.garbled(Does::Nothing);
            let reference = named(&payment["id"]).and_then(|payment| joined(&order, &payment)).ok_or_else(garbled)?;
            let made = payment["created_at"].as_i64().and_then(|second| Timestamp::from_second(second).ok());
            let expires_at = made.and_then(|made| made.checked_add(HOLDS).ok());
            return Ok(Some(GatewayAnswer::Done { reference, amount: amount(payment).ok_or_else(garbled)?, expires_at }));
        }
        if of(&["created"]).is_some() {
            return Ok(Some(GatewayAnswer::Pending { reference: order }));
        }
        // A payment that failed does not end the order: the customer may try again, so only the last word counts.
        match of(&["failed"]) {
            Some(payment) => {
                let code = payment["error_reason"].as_str().or(payment["error_code"].as_str()).unwrap_or("failed");
                Ok(Some(self.line.declined(Some(order), code, &payment["error_description"])))
            }
            None => Ok(Some(GatewayAnswer::RequiresAction { reference: order, url: None, client_secret: None })),
        }
    }

    async fn payment(&self, reference: &ProviderReference) -> Result<Option<Value>, GatewayError> {
        self.get(&format!("/v1/payments/{}", part(reference)?), &[]).await
    }

    /// What a payment says of its capture; none if there was none.
    fn capture_of(&self, payment: &Value, reference: &ProviderReference, does: Does) -> Result<Option<GatewayAnswer>, GatewayError> {
        let is_captured = payment["captured"] == true || payment["status"] == "captured";
        if is_captured {
            let amount = amount(payment).ok_or_else(|| self.line.garbled(does))?;
            return Ok(Some(GatewayAnswer::Done { reference: reference.clone(), amount, expires_at: None }));
        }
        match payment["status"].as_str().unwrap_or_default() {
            "refunded" | "failed" => Ok(Some(GatewayAnswer::Cancelled)),
            "authorized" | "created" => Ok(None),
            _ => Err(self.line.garbled(does)),
        }
    }

    fn refund_of(&self, refund: &Value, does: Does) -> Result<GatewayAnswer, GatewayError> {
        let garbled = || self.line.garbled(does);
        let reference = named(&refund["id"]).ok_or_else(garbled)?;
        Ok(match refund["status"].as_str().unwrap_or_default() {
            "processed" => GatewayAnswer::Done { reference, amount: amount(refund).ok_or_else(garbled)?, expires_at: None },
            "pending" => GatewayAnswer::Pending { reference },
            "failed" => self.line.declined(Some(reference), "refund_failed", &Value::Null),
            _ => return Err(garbled()),
        })
    }
}

fn says(description: &Value, what: &str) -> bool {
    description.as_str().is_some_and(|text| text.to_ascii_lowercase().contains(what))
}

fn is_unknown_name(body: &Value) -> bool {
    says(&body["error"]["description"], "does not exist")
}

/// Razorpay tells only in words in which state a payment is.
const STATES: [&str; 9] = [
    "already been captured",
    "already captured",
    "fully refunded",
    "greater than",
    "should be captured",
    "only payments which have been authorized",
    "not in authorized state",
    "either captured or voided",
    "not enough balance",
];
/// Reasons that are about a request of ours and not about the customer's money.
const MISTAKES: [&str; 5] = ["input_validation_failed", "invalid_amount", "invalid_currency", "live_mode_not_enabled", "NA"];

#[async_trait]
impl Gateway for Razorpay {
    fn provider(&self) -> Provider {
        Provider::Razorpay
    }

    async fn authorize(&self, wish: &ToAuthorize<'_>) -> Result<GatewayAnswer, GatewayError> {
        if let Some(reference) = wish.resumed {
            let answer = self.authorization(reference).await?;
            return answer.ok_or_else(|| self.line.refused(404, "order_not_found"));
        }
        if let Source::Token(_) = wish.source {
            return Err(GatewayError::Fatal("Razorpay takes payments by its script on the shop's page only".into()));
        }
        let body = json!({
            "amount": units(wish.amount)?,
            "currency": wish.amount.currency.code(),
            "receipt": plain(wish.key),
            "notes": { KEY_NAME: wish.key.as_str() },
            "payment": { "capture": "manual", "capture_options": { "manual_expiry_period": HOLDS_MINUTES, "refund_speed": "normal" } },
        });
        let reply = self.post("/v1/orders", None, &body).await?;
        if !(200..300).contains(&reply.status) {
            return self.error(&reply, None);
        }
        let reference = named(&reply.body["id"]).ok_or_else(|| self.line.garbled(Does::Something))?;
        Ok(GatewayAnswer::RequiresAction { reference, url: None, client_secret: None })
    }

    async fn capture(&self, wish: &ToCapture<'_>) -> Result<GatewayAnswer, GatewayError> {
        let body = json!({ "amount": units(wish.amount)?, "currency": wish.amount.currency.code() });
        let reply = self.post(&format!("/v1/payments/{}/capture", part(wish.authorization)?), None, &body).await?;
        if (200..300).contains(&reply.status) {
            let answer = self.capture_of(&reply.body, wish.authorization, Does::Something)?;
            return answer.ok_or_else(|| self.line.garbled(Does::Something));
        }
        // There is one capture of a payment, so whoever made it made this one. Razorpay has many words for that, so the payment is asked.
        if reply.status == 400 && !is_unknown_name(&reply.body) {
            let payment = self.payment(wish.authorization).await.map_err(|error| GatewayError::Unknown(error.to_string()))?;
            let captured = payment.map(|payment| self.capture_of(&payment, wish.authorization, Does::Something)).transpose()?.flatten();
            if let Some(captured) = captured {
                return Ok(captured);
            }
        }
        self.error(&reply, Some(wish.authorization.clone()))
    }

    async fn void(&self, wish: &ToVoid<'_>) -> Result<GatewayAnswer, GatewayError> {
        // Nothing is asked for: it goes back by itself. Looking it up says when it has.
        part(wish.authorization)?;
        Ok(GatewayAnswer::Pending { reference: wish.authorization.clone() })
    }

    async fn refund(&self, wish: &ToRefund<'_>) -> Result<GatewayAnswer, GatewayError> {
        let key = plain(wish.key);
        let body = json!({
            "amount": units(wish.amount)?,
            "speed": "normal",
            "receipt": key,
            "notes": { KEY_NAME: wish.key.as_str() },
        });
        let reply = self.post(&format!("/v1/payments/{}/refund", part(wish.capture)?), Some(&key), &body).await?;
        if says(&reply.body["error"]["description"], "duplicate receipt") {
            // An earlier call has made it, whose answer is lost and whose key is forgotten.
            return Err(GatewayError::Unknown("Razorpay has a refund of this receipt".into()));
        }
        if (200..300).contains(&reply.status) { self.refund_of(&reply.body, Does::Something) } else { self.error(&reply, None) }
    }

    async fn look_up(&self, wish: &LookUp<'_>) -> Result<Option<GatewayAnswer>, GatewayError> {
        match wish.kind {
            Kind::Authorize => {
                if let Some(reference) = wish.reference {
                    return self.authorization(reference).await;
                }
                let orders = self.items("/v1/orders", &[("receipt", &plain(wish.key))]).await?;
                let ours = orders.iter().find(|order| order["notes"][KEY_NAME] == wish.key.as_str());
                match ours.and_then(|order| named(&order["id"])) {
                    Some(order) => self.authorization(&order).await,
                    None => Ok(None),
                }
            }
            Kind::Capture { .. } => {
                let Some(reference) = wish.authorization else { return Ok(None) };
                let payment = self.payment(reference).await?;
                Ok(payment.map(|payment| self.capture_of(&payment, reference, Does::Nothing)).transpose()?.flatten())
            }
            Kind::Void { .. } => {
                let Some(reference) = wish.authorization else { return Ok(None) };
                let Some(payment) = self.payment(reference).await? else { return Ok(None) };
                Ok(match payment["status"].as_str() {
                    Some("refunded") if payment["captured"] != true => {
                        Some(GatewayAnswer::Done { reference: reference.clone(), amount: wish.amount, expires_at: None })
                    }
                    Some("captured" | "refunded") => Some(self.line.declined(Some(reference.clone()), "captured", &Value::Null)),
                    _ => Some(GatewayAnswer::Pending { reference: reference.clone() }),
                })
            }
            Kind::Refund { .. } => {
                let Some(capture) = wish.capture else { return Ok(None) };
                let refunds = self.items(&format!("/v1/payments/{}/refunds", part(capture)?), &[("count", "100")]).await?;
                let ours = refunds.iter().find(|refund| refund["notes"][KEY_NAME] == wish.key.as_str());
                ours.map(|refund| self.refund_of(refund, Does::Nothing)).transpose()
            }
        }
    }

    async fn returned(&self, capture: &LookUp<'_>) -> Result<Vec<Returned>, GatewayError> {
        let Some(reference) = capture.reference else { return Ok(Vec::new()) };
        let garbled = || self.line.garbled(Does::Nothing);
        let refunds = self.items(&format!("/v1/payments/{}/refunds", part(reference)?), &[("count", "100")]).await?;
        let read = |refund: &Value| {
            Ok(Returned {
                key: refund_key(&refund["notes"][KEY_NAME]),
                reference: named(&refund["id"]).ok_or_else(garbled)?,
                kind: OutsideKind::Refund,
                amount: amount(refund).ok_or_else(garbled)?,
            })
        };
        refunds.iter().filter(|refund| refund["status"] != "failed").map(read).collect()
    }

    async fn verify(&self, headers: &Headers, body: &[u8], _now: Timestamp) -> Result<Option<Verified>, GatewayError> {
        Ok(razorpay::verify(&self.account.webhook_secrets, headers, body))
    }

    fn read(&self, body: &[u8]) -> Vec<GatewayNews> {
        razorpay::read(body)
    }
}
