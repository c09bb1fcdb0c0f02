//! Payment providers, each by its own API: Stripe, PayPal, Razorpay, PayU.
//!
//! What all have in common is here: what a failed exchange means for the money, and what of an answer is believed. A provider says an amount in
//! its own units and a currency; both are read, and whoever asked compares them with what was asked for.

mod kept;
mod oauth;
pub mod paypal;
pub mod payu;
pub mod razorpay;
pub mod stripe;

use crate::client::{ANSWER_BYTES_MAX, Client, body};
use app::payments::sim::Sim;
use app::ports::{Clock, Gateway, GatewayAccount, GatewayAnswer, GatewayError};
use domain::ids::ProviderReference;
use domain::money::{Currency, Money};
use domain::payment::{PaymentKey, Provider, is_soft};
pub use kept::HttpGateways;
use oauth::Token;
use paypal::{Certificates, Paypal};
use payu::Payu;
use razorpay::Razorpay;
use reqwest::RequestBuilder;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use stripe::Stripe;

/// How long a provider may take. Who takes longer is asked what became of it.
pub const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest explanation of a provider's that is kept, in characters.
const MESSAGE_CHARS_MAX: usize = 200;
/// Longest code of a provider's that is kept, in characters.
const CODE_CHARS_MAX: usize = 80;
/// What the customer reads at the provider's, in bytes.
const DESCRIPTION_BYTES_MAX: usize = 120;

/// Where the providers are, or a double of each.
#[derive(Debug, Clone)]
pub struct Sites {
    /// Stripe; its keys say whether they are for tests.
    pub stripe: String,
    /// PayPal.
    pub paypal: String,
    /// PayPal's sandbox.
    pub paypal_sandbox: String,
    /// Razorpay; its keys say whether they are for tests.
    pub razorpay: String,
    /// PayU.
    pub payu: String,
    /// PayU's sandbox.
    pub payu_sandbox: String,
}

impl Default for Sites {
    fn default() -> Self {
        Sites {
            stripe: "https://api.stripe.com".to_owned(),
            paypal: "https://api-m.paypal.com".to_owned(),
            paypal_sandbox: "https://api-m.sandbox.paypal.com".to_owned(),
            razorpay: "https://api.razorpay.com".to_owned(),
            payu: "https://secure.payu.com".to_owned(),
            payu_sandbox: "https://secure.snd.payu.com".to_owned(),
        }
    }
}

impl Sites {
    /// All of them at one double's.
    pub fn of_double(base: &str) -> Sites {
        let at = |path: &str| format!("{base}/{path}");
        Sites {
            stripe: at("stripe"),
            paypal: at("paypal"),
            paypal_sandbox: at("paypal"),
            razorpay: at("razorpay"),
            payu: at("payu"),
            payu_sandbox: at("payu"),
        }
    }

    /// Speaks to the provider of an account. The client is shared by all of them; what is returned is worth keeping, because it holds the account's
    /// access token.
    pub fn gateway(
        &self,
        account: GatewayAccount,
        client: Arc<Client>,
        clock: Arc<dyn Clock>,
        certificates: Arc<dyn Certificates>,
    ) -> Arc<dyn Gateway> {
        match account {
            GatewayAccount::Stripe(account) => Arc::new(Stripe::new(client, &self.stripe, account)),
            GatewayAccount::Paypal(account) => {
                let base = if account.is_sandbox { &self.paypal_sandbox } else { &self.paypal };
                Arc::new(Paypal::new(client, base, account, clock, certificates))
            }
            GatewayAccount::Razorpay(account) => Arc::new(Razorpay::new(client, &self.razorpay, account)),
            GatewayAccount::Sim => Arc::new(Sim),
            GatewayAccount::Payu(account) => {
                let base = if account.is_sandbox { &self.payu_sandbox } else { &self.payu };
                Arc::new(Payu::new(client, base, account, clock))
            }
        }
    }
}

/// The way to one provider.
struct Line {
    client: Arc<Client>,
    base: String,
    provider: Provider,
    name: &'static str,
}

/// What a request does if it arrives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    /// It reads.
    Nothing,
    /// It moves money, or makes something.
    Something,
}

/// An answer, whatever it says.
struct Reply {
    status: u16,
    body: Value,
}

impl Line {
    async fn client(&self) -> Result<&reqwest::Client, GatewayError> {
        self.client.get().await.map_err(|_| GatewayError::Retryable("no HTTP client".into()))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Sends. What comes back is an answer of the provider's: 2xx, 3xx, or a 4xx that speaks of the payment.
    async fn exchange(&self, request: RequestBuilder, does: Does, token: Option<&Token>) -> Result<Reply, GatewayError> {
        // After the request has left, it may have been carried out, unless there was nothing to carry out.
        let lost = |why: String| if does == Does::Something { GatewayError::Unknown(why) } else { GatewayError::Retryable(why) };
        let name = self.name;
        let response = request.send().await.map_err(|error| {
            // The URL may hold a name of somebody's, so only the kind of error is kept.
            if error.is_connect() || error.is_builder() {
                GatewayError::Retryable(format!("could not connect to {name}"))
            } else if error.is_timeout() {
                lost(format!("{name} did not answer in time"))
            } else {
                lost(format!("the connection to {name} broke"))
            }
        })?;
        let status = response.status().as_u16();
        if let (401, Some(token)) = (status, token) {
            // It was revoked early; the next call asks for another one, and hears if it is the credentials.
            token.forget();
            return Err(GatewayError::Retryable(format!("{name} no longer accepts our access token")));
        }
        match status {
            429 => return Err(GatewayError::Retryable(format!("{name} answered 429"))),
            // 409: the first request by this key is still under way.
            408 | 409 | 500..=599 => return Err(lost(format!("{name} answered {status}"))),
            401 | 403 => return Err(GatewayError::Fatal(format!("{name} does not accept the shop's credentials: it answered {status}"))),
            _ => {}
        }
        let bytes = body(response, ANSWER_BYTES_MAX).await.map_err(|_| lost(format!("{name}'s answer broke off")))?;
        let bytes = bytes.ok_or_else(|| lost(format!("{name} answered too much")))?;
        let is_error = status >= 400;
        let body = match serde_json::from_slice(&bytes) {
            Ok(body) => body,
            Err(_) if bytes.is_empty() || is_error => Value::Null,
            Err(_) => return Err(lost(format!("{name} gave an answer that cannot be read"))),
        };
        Ok(Reply { status, body })
    }

    /// For an answer that says yes and does not say what we must know.
    fn garbled(&self, does: Does) -> GatewayError {
        let why = format!("{} gave an answer that says too little", self.name);
        if does == Does::Something { GatewayError::Unknown(why) } else { GatewayError::Retryable(why) }
    }

    /// For an answer that says that we have made a mistake.
    fn refused(&self, status: u16, code: &str) -> GatewayError {
        let code = word(code);
        let code = if code.is_empty() { String::new() } else { format!(": {code}") };
        GatewayError::Fatal(format!("{} answered {status}{code}", self.name))
    }

    fn declined(&self, reference: Option<ProviderReference>, code: &str, message: &Value) -> GatewayAnswer {
        let code = word(code);
        let soft = is_soft(self.provider, &code);
        let message = message.as_str().unwrap_or_default().chars().filter(|c| !c.is_control()).take(MESSAGE_CHARS_MAX).collect();
        GatewayAnswer::Declined { reference, code, soft, message }
    }
}

/// A provider's word, without anything that could break a line or a page.
fn word(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')).take(CODE_CHARS_MAX).collect()
}

/// Our name for a refund. What somebody refunds at the provider's own pages may have inherited the payment's.
fn refund_key(value: &Value) -> Option<PaymentKey> {
    PaymentKey::parse(value.as_str()?).ok().filter(|key| key.word() == "refund")
}

fn named(value: &Value) -> Option<ProviderReference> {
    ProviderReference::parse(value.as_str()?).ok()
}

/// Two names of a provider's in one: what a payment is called, and what its authorization is.
fn joined(whole: &ProviderReference, part: &ProviderReference) -> Option<ProviderReference> {
    ProviderReference::parse(&format!("{whole}/{part}")).ok()
}

/// The first of the names in one.
fn whole(reference: &ProviderReference) -> Result<&str, GatewayError> {
    segment(reference.as_str().split('/').next().unwrap_or_default())
}

/// The last of the names in one.
fn part(reference: &ProviderReference) -> Result<&str, GatewayError> {
    segment(reference.as_str().rsplit('/').next().unwrap_or_default())
}

/// A name that becomes part of an address: none that could lead elsewhere.
fn segment(name: &str) -> Result<&str, GatewayError> {
    let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if plain { Ok(name) } else { Err(GatewayError::Fatal("a provider's name for a payment has characters that it should not".into())) }
}

/// A key of ours for who takes letters, digits, dashes and underscores only, at most 40 of them, and at least ten.
fn plain(key: &PaymentKey) -> String {
    let hash = Sha256::digest(key.as_str().as_bytes());
    hash.iter().take(16).fold("of-".to_owned(), |name, byte| format!("{name}{byte:02x}"))
}

/// At most so many bytes of a text, in whole characters; a dash for nothing.
fn brief(text: &str) -> String {
    let mut brief = String::new();
    for c in text.chars().filter(|c| !c.is_control()) {
        if brief.len() + c.len_utf8() > DESCRIPTION_BYTES_MAX {
            break;
        }
        brief.push(c);
    }
    if brief.is_empty() { "-".to_owned() } else { brief }
}

/// How a provider writes amounts of a currency: in units of ten to the power of minus this.
fn to_units(money: Money, exponent: u32) -> Option<i64> {
    let own = money.currency.exponent();
    if exponent >= own {
        return money.minor.checked_mul(10_i64.checked_pow(exponent - own)?);
    }
    let step = 10_i64.pow(own - exponent);
    (money.minor % step == 0).then_some(money.minor / step)
}

/// The amount that a provider has written in such units.
fn from_units(units: i64, currency: Currency, exponent: u32) -> Option<Money> {
    let own = currency.exponent();
    if own >= exponent {
        return Some(Money::new(units.checked_mul(10_i64.checked_pow(own - exponent)?)?, currency));
    }
    let step = 10_i64.pow(exponent - own);
    (units % step == 0).then(|| Money::new(units / step, currency))
}

/// For an amount that a provider cannot take to the last digit.
fn too_fine(name: &str, money: Money) -> GatewayError {
    GatewayError::Fatal(format!("{name} cannot take {money} to the last digit"))
}

fn currency(value: &Value) -> Option<Currency> {
    Currency::parse(&value.as_str()?.to_ascii_uppercase()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::{OrderId, TenantId};
    use domain::payment::Kind;

    fn money(text: &str, code: &str) -> Money {
        Money::parse(text, Currency::parse(code).unwrap()).unwrap()
    }

    #[test]
    fn amounts_go_over_in_the_providers_units_or_not_at_all() {
        for (text, code, exponent, units) in [
            ("10.00", "EUR", 2, Some(1_000)),
            ("10", "JPY", 2, Some(1_000)),
            ("10", "JPY", 0, Some(10)),
            ("1.230", "KWD", 2, Some(123)),
            ("1.234", "KWD", 2, None),
            ("10.00", "HUF", 0, Some(10)),
            ("10.50", "HUF", 0, None),
        ] {
            let amount = money(text, code);
            assert_eq!(to_units(amount, exponent), units, "{text} {code}");
            if let Some(units) = units {
                assert_eq!(from_units(units, amount.currency, exponent), Some(amount), "{text} {code}");
            }
        }
        assert_eq!(from_units(1_001, Currency::parse("JPY").unwrap(), 2), None);
        assert_eq!(from_units(i64::MAX, Currency::parse("KWD").unwrap(), 2), None);
        assert_eq!(to_units(Money::new(i64::MAX, Currency::parse("JPY").unwrap()), 2), None);
    }

    #[test]
    fn names_that_would_lead_elsewhere_are_refused() {
        for odd in ["", "..", "a/../b?x", "a#b", "a%2e", "a b"] {
            assert!(segment(odd).is_err(), "{odd}");
        }
        let both = ProviderReference::parse("5O190127TN364715T/0VF52814937998046").unwrap();
        assert_eq!((whole(&both).unwrap(), part(&both).unwrap()), ("5O190127TN364715T", "0VF52814937998046"));
    }

    #[test]
    fn keys_are_shortened_alike_each_time_and_differently_for_each() {
        let key = |n| PaymentKey::of(&TenantId::parse("demo").unwrap(), &OrderId::parse(&"9".repeat(48)).unwrap(), Kind::Authorize, n);
        assert_eq!(plain(&key(1)), plain(&key(1)));
        assert_ne!(plain(&key(1)), plain(&key(2)));
        assert_eq!(plain(&key(1)).len(), 35);
    }
}
