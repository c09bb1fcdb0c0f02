//! Stripe's PaymentIntents, captured by hand: <https://docs.stripe.com/api/payment_intents>,
//! <https://docs.stripe.com/payments/place-a-hold-on-a-payment-method>, <https://docs.stripe.com/api/refunds>,
//! <https://docs.stripe.com/api/idempotent_requests>, <https://docs.stripe.com/api/errors>.

use super::{Does, Line, Reply, brief, currency, from_units, named, refund_key, segment, to_units, too_fine, whole};
use crate::client::Client;
use app::payments::{KEY_NAME, stripe};
use app::ports::{
    Gateway, GatewayAnswer, GatewayError, GatewayNews, LookUp, Returned, Source, StripeAccount, ToAuthorize, ToCapture, ToRefund, ToVoid,
};
use app::signature::{Headers, Verified};
use app::tenant::Secret;
use async_trait::async_trait;
use domain::money::{Currency, Money};
use domain::payment::{Kind, OutsideKind, PaymentKey, Provider, Release};
use jiff::Timestamp;
use reqwest::RequestBuilder;
use serde_json::Value;
use std::sync::Arc;

/// The version of the API whose answers are read here.
const VERSION: &str = "2024-06-20";
/// Refunds and disputes of one payment that are looked through.
const ITEMS_MAX: &str = "100";

/// A shop's account at Stripe.
pub struct Stripe {
    line: Line,
    account: StripeAccount,
}

/// Stripe's units differ from ISO 4217 here: <https://docs.stripe.com/currencies#special-cases>.
fn exponent(currency: Currency) -> u32 {
    match currency.code() {
        "ISK" | "UGX" => 2,
        "MGA" => 0,
        _ => currency.exponent(),
    }
}

fn units(money: Money) -> Result<String, GatewayError> {
    let units = to_units(money, exponent(money.currency));
    // Of three decimals the last has to be 0.
    let units = units.filter(|units| money.currency.exponent() < 3 || units % 10 == 0);
    units.map(|units| units.to_string()).ok_or_else(|| too_fine("Stripe", money))
}

fn amount(units: &Value, code: &Value) -> Option<Money> {
    let currency = currency(code)?;
    from_units(units.as_i64()?, currency, exponent(currency))
}

impl Stripe {
    /// At this address.
    pub fn new(client: Arc<Client>, base: &str, account: StripeAccount) -> Stripe {
        Stripe { line: Line { client, base: base.to_owned(), provider: Provider::Stripe, name: "Stripe" }, account }
    }

    fn is_live(&self) -> bool {
        self.account.secret_key.expose().split('_').nth(1) == Some("live")
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        request.bearer_auth(self.account.secret_key.expose()).header("stripe-version", VERSION)
    }

    async fn post(&self, path: &str, key: &PaymentKey, form: &[(&str, &str)]) -> Result<Reply, GatewayError> {
        let request = self.line.client().await?.post(self.line.url(path)).header("idempotency-key", key.as_str()).form(form);
        self.line.exchange(self.signed(request), Does::Something, None).await
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Reply, GatewayError> {
        let url = reqwest::Url::parse_with_params(&self.line.url(path), query);
        let url = url.map_err(|_| GatewayError::Fatal("Stripe's address cannot be read".into()))?;
        self.line.exchange(self.signed(self.line.client().await?.get(url)), Does::Nothing, None).await
    }

    /// An object, unless the answer is an error: then what that says.
    fn object<'a>(&self, reply: &'a Reply) -> Result<&'a Value, Result<GatewayAnswer, GatewayError>> {
        if (200..300).contains(&reply.status) {
            let livemode = reply.body["livemode"].as_bool();
            if livemode.is_some_and(|live| live != self.is_live()) {
                return Err(Err(GatewayError::Fatal("Stripe answers in another mode than the shop's key has".into())));
            }
            return Ok(&reply.body);
        }
        let error = &reply.body["error"];
        let code = error["decline_code"].as_str().or(error["code"].as_str()).unwrap_or_default();
        let reference = named(&error["payment_intent"]["id"]);
        Err(match (reply.status, error["type"].as_str()) {
            (402, _) | (_, Some("card_error")) => Ok(self.line.declined(reference, code, &error["message"])),
            // The payment is in a state in which this cannot be done to it; asking again will not change that.
            (400, _) if STATE_CODES.contains(&code) => Ok(self.line.declined(reference, code, &error["message"])),
            _ => Err(self.line.refused(reply.status, code)),
        })
    }

    /// What an intent says of its authorization.
    fn authorization(&self, intent: &Value, does: Does) -> Result<GatewayAnswer, GatewayError> {
        let garbled = || self.line.garbled(does);
        let reference = named(&intent["id"]).ok_or_else(garbled)?;
        let error = &intent["last_payment_error"];
        let secret = || intent["client_secret"].as_str().map(Secret::new);
        Ok(match intent["status"].as_str().unwrap_or_default() {
            "requires_capture" => {
                let amount = amount(&intent["amount_capturable"], &intent["currency"]).ok_or_else(garbled)?;
                let before = &intent["latest_charge"]["payment_method_details"]["card"]["capture_before"];
                let expires_at = before.as_i64().and_then(|second| Timestamp::from_second(second).ok());
                GatewayAnswer::Done { reference, amount, expires_at }
            }
            // It has been captured since.
            "succeeded" => {
                let amount = amount(&intent["amount"], &intent["currency"]).ok_or_else(garbled)?;
                GatewayAnswer::Done { reference, amount, expires_at: None }
            }
            "requires_payment_method" if error.is_object() => {
                let code = error["decline_code"].as_str().or(error["code"].as_str()).unwrap_or_default();
                self.line.declined(Some(reference), code, &error["message"])
            }
            "requires_action" | "requires_confirmation" | "requires_payment_method" => {
                let url = intent["next_action"]["redirect_to_url"]["url"].as_str().map(str::to_owned);
                GatewayAnswer::RequiresAction { reference, url, client_secret: secret() }
            }
            "processing" => GatewayAnswer::Pending { reference },
            "canceled" if intent["cancellation_reason"] == "automatic" => GatewayAnswer::Ended { how: Release::Expired },
            "canceled" => GatewayAnswer::Ended { how: Release::Voided },
            _ => return Err(garbled()),
        })
    }

    /// What an intent says of its capture; none if there was none.
    fn capture_of(&self, intent: &Value, does: Does) -> Result<Option<GatewayAnswer>, GatewayError> {
        let garbled = || self.line.garbled(does);
        let reference = named(&intent["id"]).ok_or_else(garbled)?;
        match intent["status"].as_str().unwrap_or_default() {
            "succeeded" => {
                let amount = amount(&intent["amount_received"], &intent["currency"]).ok_or_else(garbled)?;
                Ok(Some(GatewayAnswer::Done { reference, amount, expires_at: None }))
            }
            "processing" => Ok(Some(GatewayAnswer::Pending { reference })),
            "canceled" => Ok(Some(GatewayAnswer::Cancelled)),
            _ => Ok(None),
        }
    }

    fn refund_of(&self, refund: &Value, does: Does) -> Result<GatewayAnswer, GatewayError> {
        let garbled = || self.line.garbled(does);
        let reference = named(&refund["id"]).ok_or_else(garbled)?;
        Ok(match refund["status"].as_str().unwrap_or_default() {
            "succeeded" => {
                let amount = amount(&refund["amount"], &refund["currency"]).ok_or_else(garbled)?;
                GatewayAnswer::Done { reference, amount, expires_at: None }
            }
            "pending" => GatewayAnswer::Pending { reference },
            "requires_action" => GatewayAnswer::RequiresAction { reference, url: None, client_secret: None },
            "failed" => self.line.declined(Some(reference), refund["failure_reason"].as_str().unwrap_or("failed"), &Value::Null),
            "canceled" => GatewayAnswer::Cancelled,
            _ => return Err(garbled()),
        })
    }

    async fn intent(&self, name: &str) -> Result<Option<Value>, GatewayError> {
        let reply = self.get(&format!("/v1/payment_intents/{name}"), &[("expand[]", "latest_charge")]).await?;
        if reply.status == 404 {
            return Ok(None);
        }
        match self.object(&reply) {
            Ok(intent) => Ok(Some(intent.clone())),
            Err(Err(error)) => Err(error),
            Err(Ok(_)) => Err(self.line.garbled(Does::Nothing)),
        }
    }

    /// The intent of a key. Stripe's search lags behind by up to a minute.
    async fn searched(&self, key: &PaymentKey) -> Result<Option<Value>, GatewayError> {
        // Of a key's characters none has to be escaped between these quotes.
        let query = format!("metadata['{KEY_NAME}']:'{key}'");
        let reply =
            self.get("/v1/payment_intents/search", &[("query", &query), ("limit", "2"), ("expand[]", "data.latest_charge")]).await?;
        let found = match self.object(&reply) {
            Ok(list) => &list["data"],
            Err(Err(error)) => return Err(error),
            Err(Ok(_)) => return Err(self.line.garbled(Does::Nothing)),
        };
        let found = found.as_array().ok_or_else(|| self.line.garbled(Does::Nothing))?;
        Ok(found.iter().find(|intent| intent["metadata"][KEY_NAME] == key.as_str()).cloned())
    }
}

impl Stripe {
    /// Refunds or disputes of a payment.
    async fn listed(&self, path: &str, intent: &str) -> Result<Vec<Value>, GatewayError> {
        let reply = self.get(path, &[("payment_intent", intent), ("limit", ITEMS_MAX)]).await?;
        if !(200..300).contains(&reply.status) {
            return Err(self.line.refused(reply.status, reply.body["error"]["code"].as_str().unwrap_or_default()));
        }
        reply.body["data"].as_array().cloned().ok_or_else(|| self.line.garbled(Does::Nothing))
    }

    fn returned_by(&self, item: &Value, kind: OutsideKind) -> Result<Returned, GatewayError> {
        let garbled = || self.line.garbled(Does::Nothing);
        let amount = amount(&item["amount"], &item["currency"]).ok_or_else(garbled)?;
        Ok(Returned { key: refund_key(&item["metadata"][KEY_NAME]), reference: named(&item["id"]).ok_or_else(garbled)?, kind, amount })
    }
}

/// Errors that say in which state a payment is: <https://docs.stripe.com/error-codes>.
const STATE_CODES: [&str; 9] = [
    "amount_too_large",
    "amount_too_small",
    "charge_already_captured",
    "charge_already_refunded",
    "charge_disputed",
    "charge_expired_for_capture",
    "charge_not_refundable",
    "payment_intent_unexpected_state",
    "refund_disputed_payment",
];

#[async_trait]
impl Gateway for Stripe {
    fn provider(&self) -> Provider {
        Provider::Stripe
    }

    async fn authorize(&self, wish: &ToAuthorize<'_>) -> Result<GatewayAnswer, GatewayError> {
        if let Some(reference) = wish.resumed {
            let intent = self.intent(whole(reference)?).await?.ok_or_else(|| self.line.refused(404, "resource_missing"))?;
            return self.authorization(&intent, Does::Nothing);
        }
        let (units, code, description) = (units(wish.amount)?, wish.amount.currency.code().to_ascii_lowercase(), brief(wish.description));
        let metadata = format!("metadata[{KEY_NAME}]");
        let mut form = vec![
            ("amount", units.as_str()),
            ("currency", code.as_str()),
            ("capture_method", "manual"),
            ("automatic_payment_methods[enabled]", "true"),
            ("description", description.as_str()),
            (metadata.as_str(), wish.key.as_str()),
            ("expand[]", "latest_charge"),
        ];
        if let Source::Token(token) = wish.source {
            form.extend([("payment_method", segment(token)?), ("confirm", "true"), ("return_url", wish.return_url)]);
        }
        let reply = self.post("/v1/payment_intents", wish.key, &form).await?;
        match self.object(&reply) {
            Ok(intent) => self.authorization(intent, Does::Something),
            Err(answer) => answer,
        }
    }

    async fn capture(&self, wish: &ToCapture<'_>) -> Result<GatewayAnswer, GatewayError> {
        let (path, units) = (format!("/v1/payment_intents/{}/capture", whole(wish.authorization)?), units(wish.amount)?);
        let reply = self.post(&path, wish.key, &[("amount_to_capture", &units)]).await?;
        match self.object(&reply) {
            Ok(intent) => self.capture_of(intent, Does::Something)?.ok_or_else(|| self.line.garbled(Does::Something)),
            // It may have been us: the key is forgotten after a day.
            Err(Ok(declined)) => {
                let intent = &reply.body["error"]["payment_intent"];
                let captured = (intent["status"] == "succeeded").then(|| self.capture_of(intent, Does::Something));
                captured.transpose()?.flatten().map_or(Ok(declined), Ok)
            }
            Err(Err(error)) => Err(error),
        }
    }

    async fn void(&self, wish: &ToVoid<'_>) -> Result<GatewayAnswer, GatewayError> {
        let name = whole(wish.authorization)?;
        let done = |intent: &Value| {
            let reference = named(&intent["id"]).ok_or_else(|| self.line.garbled(Does::Something))?;
            Ok(GatewayAnswer::Done { reference, amount: wish.amount, expires_at: None })
        };
        let reply = self.post(&format!("/v1/payment_intents/{name}/cancel"), wish.key, &[]).await?;
        match self.object(&reply) {
            Ok(intent) if intent["status"] == "canceled" => done(intent),
            Ok(_) => Err(self.line.garbled(Does::Something)),
            Err(Ok(_)) if reply.body["error"]["payment_intent"]["status"] == "canceled" => done(&reply.body["error"]["payment_intent"]),
            Err(answer) => answer,
        }
    }

    async fn refund(&self, wish: &ToRefund<'_>) -> Result<GatewayAnswer, GatewayError> {
        let (units, metadata) = (units(wish.amount)?, format!("metadata[{KEY_NAME}]"));
        let form = [("payment_intent", whole(wish.capture)?), ("amount", units.as_str()), (metadata.as_str(), wish.key.as_str())];
        let reply = self.post("/v1/refunds", wish.key, &form).await?;
        match self.object(&reply) {
            Ok(refund) => self.refund_of(refund, Does::Something),
            Err(answer) => answer,
        }
    }

    async fn look_up(&self, wish: &LookUp<'_>) -> Result<Option<GatewayAnswer>, GatewayError> {
        if let Kind::Refund { .. } = wish.kind {
            let Some(capture) = wish.capture else { return Ok(None) };
            let list = self.listed("/v1/refunds", whole(capture)?).await?;
            let ours = list.iter().find(|refund| refund["metadata"][KEY_NAME] == wish.key.as_str());
            return ours.map(|refund| self.refund_of(refund, Does::Nothing)).transpose();
        }
        let name = if wish.kind == Kind::Authorize { wish.reference } else { wish.authorization };
        let intent = match name {
            Some(name) => self.intent(whole(name)?).await?,
            None if wish.kind == Kind::Authorize => self.searched(wish.key).await?,
            None => None,
        };
        let Some(intent) = intent else { return Ok(None) };
        match wish.kind {
            Kind::Authorize => self.authorization(&intent, Does::Nothing).map(Some),
            Kind::Capture { .. } => self.capture_of(&intent, Does::Nothing),
            _ if intent["status"] == "canceled" => {
                let reference = named(&intent["id"]).ok_or_else(|| self.line.garbled(Does::Nothing))?;
                Ok(Some(GatewayAnswer::Done { reference, amount: wish.amount, expires_at: None }))
            }
            _ => Ok(None),
        }
    }

    async fn returned(&self, capture: &LookUp<'_>) -> Result<Vec<Returned>, GatewayError> {
        let Some(reference) = capture.reference else { return Ok(Vec::new()) };
        let intent = whole(reference)?;
        let refunds = self.listed("/v1/refunds", intent).await?;
        let disputes = self.listed("/v1/disputes", intent).await?;
        // What has failed has not gone back.
        let went_back = refunds.iter().filter(|refund| !matches!(refund["status"].as_str(), Some("failed" | "canceled")));
        let refunds = went_back.map(|refund| self.returned_by(refund, OutsideKind::Refund));
        let disputes = disputes.iter().map(|dispute| self.returned_by(dispute, OutsideKind::Dispute(stripe::dispute_state(dispute))));
        refunds.chain(disputes).collect()
    }

    async fn verify(&self, headers: &Headers, body: &[u8], now: Timestamp) -> Result<Option<Verified>, GatewayError> {
        Ok(stripe::verify(&self.account.webhook_secrets, headers, body, now))
    }

    fn read(&self, body: &[u8]) -> Vec<GatewayNews> {
        stripe::read(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The special cases of Stripe's own page.
    #[test]
    fn amounts_are_written_as_stripe_writes_them() {
        for (text, code, expected) in [
            ("10.00", "USD", Some("1000")),
            ("500", "JPY", Some("500")),
            ("5", "ISK", Some("500")),
            ("5", "UGX", Some("500")),
            ("500.00", "MGA", Some("500")),
            ("500.20", "MGA", None),
            ("5.120", "KWD", Some("5120")),
            ("5.124", "KWD", None),
        ] {
            let money = Money::parse(text, Currency::parse(code).unwrap()).unwrap();
            assert_eq!(units(money).ok().as_deref(), expected, "{text} {code}");
            if let Some(units) = expected {
                let units: i64 = units.parse().unwrap();
                assert_eq!(amount(&units.into(), &code.to_ascii_lowercase().into()), Some(money), "{text} {code}");
            }
        }
    }
}
