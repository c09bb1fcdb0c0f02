//! Payment providers: what is asked of them, what they answer and what they report.

use crate::signature::{Headers, Verified};
use crate::tenant::Secret;
use async_trait::async_trait;
use domain::ids::ProviderReference;
use domain::money::Money;
use domain::payment::{DisputeState, Kind, Ledger, Operation, Outcome, Outside, OutsideKind, PaymentKey, Provider, Release};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A shop's account at Stripe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StripeAccount {
    /// Its secret or restricted key.
    pub secret_key: Secret,
    /// Signing secrets of its webhook endpoint; two during a rotation.
    #[serde(default)]
    pub webhook_secrets: Vec<Secret>,
}

/// A shop's account at PayPal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaypalAccount {
    /// The REST app's client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// PayPal's id for the shop's webhook, which is part of what it signs.
    pub webhook_id: String,
    /// It is an account for trying things out, which moves no money.
    #[serde(default)]
    pub is_sandbox: bool,
}

/// A shop's account at Razorpay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RazorpayAccount {
    /// Its key.
    pub key_id: String,
    /// Its key's secret.
    pub key_secret: Secret,
    /// Secrets of its webhooks; two during a rotation.
    #[serde(default)]
    pub webhook_secrets: Vec<Secret>,
}

/// A shop's point of sale at PayU.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PayuAccount {
    /// The point of sale.
    pub pos_id: String,
    /// Its OAuth client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// The second key, by which notifications are signed; two during a rotation.
    #[serde(default)]
    pub second_keys: Vec<Secret>,
    /// It is for trying things out, and moves no money.
    #[serde(default)]
    pub is_sandbox: bool,
}

/// A shop's account at one of the providers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "provider")]
pub enum GatewayAccount {
    /// At Stripe.
    Stripe(StripeAccount),
    /// At PayPal.
    Paypal(PaypalAccount),
    /// At Razorpay.
    Razorpay(RazorpayAccount),
    /// At PayU.
    Payu(PayuAccount),
    /// One that takes no money, for demonstrations.
    Sim,
}

impl GatewayAccount {
    /// At which provider.
    pub const fn provider(&self) -> Provider {
        match self {
            GatewayAccount::Stripe(_) => Provider::Stripe,
            GatewayAccount::Paypal(_) => Provider::Paypal,
            GatewayAccount::Razorpay(_) => Provider::Razorpay,
            GatewayAccount::Payu(_) => Provider::Payu,
            GatewayAccount::Sim => Provider::Sim,
        }
    }
}

/// Whoever speaks to the providers of all shops.
pub trait Gateways: Send + Sync {
    /// The provider of an account.
    fn of(&self, account: &GatewayAccount) -> std::sync::Arc<dyn Gateway>;
}

/// What the customer pays with, as far as we may know. There is no variant for a card's number, and there never will be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source<'a> {
    /// The provider's own page, or its script on the shop's page, asks the customer.
    Hosted,
    /// The provider has made a token of it before.
    Token(&'a str),
}

/// What is to be authorized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToAuthorize<'a> {
    /// Our name for it: the same however often it is asked for.
    pub key: &'a PaymentKey,
    /// How much.
    pub amount: Money,
    /// With what.
    pub source: Source<'a>,
    /// What the customer reads: "Order 1001". At most 120 bytes are shown.
    pub description: &'a str,
    /// Where the customer comes back to.
    pub return_url: &'a str,
    /// Where PayU reports to; the others know it from their settings.
    pub notify_url: Option<&'a str>,
    /// The customer's address on the net, which PayU insists on.
    pub customer_ip: Option<&'a str>,
    /// The provider's name for it, if the customer has come back from confirming it.
    pub resumed: Option<&'a ProviderReference>,
}

/// What is to be captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToCapture<'a> {
    /// Our name for it.
    pub key: &'a PaymentKey,
    /// The provider's name for the authorization.
    pub authorization: &'a ProviderReference,
    /// How much of it.
    pub amount: Money,
    /// How much was authorized.
    pub authorized: Money,
    /// Nothing more will be captured, so the rest may go back.
    pub is_final: bool,
}

/// What is to be given back before it was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToVoid<'a> {
    /// Our name for it.
    pub key: &'a PaymentKey,
    /// The provider's name for the authorization.
    pub authorization: &'a ProviderReference,
    /// What is left of it.
    pub amount: Money,
}

/// What is to be given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToRefund<'a> {
    /// Our name for it.
    pub key: &'a PaymentKey,
    /// The provider's name for the capture.
    pub capture: &'a ProviderReference,
    /// How much of it.
    pub amount: Money,
}

/// What is asked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookUp<'a> {
    /// Our name for it.
    pub key: &'a PaymentKey,
    /// What it was.
    pub kind: Kind,
    /// For how much.
    pub amount: Money,
    /// The provider's name for it, if it ever told.
    pub reference: Option<&'a ProviderReference>,
    /// The provider's name for the authorization that it hangs on.
    pub authorization: Option<&'a ProviderReference>,
    /// The provider's name for the capture that is refunded.
    pub capture: Option<&'a ProviderReference>,
}

impl<'a> ToCapture<'a> {
    /// A capture of a ledger; none if the operation is something else, or what it hangs on has no name.
    pub fn of(ledger: &'a Ledger, n: u32, is_final: bool) -> Option<ToCapture<'a>> {
        let operation = ledger.operation(n).filter(|one| matches!(one.kind, Kind::Capture { .. }))?;
        let root = ledger.root_of(operation)?;
        Some(ToCapture {
            key: &operation.key,
            authorization: root.reference()?,
            amount: operation.amount,
            authorized: Money::new(root.done_minor(), root.amount.currency),
            is_final,
        })
    }
}

impl<'a> ToVoid<'a> {
    /// A void of a ledger; none if the operation is something else, or what it hangs on has no name.
    pub fn of(ledger: &'a Ledger, n: u32) -> Option<ToVoid<'a>> {
        let operation = ledger.operation(n).filter(|one| matches!(one.kind, Kind::Void { .. }))?;
        Some(ToVoid { key: &operation.key, authorization: ledger.root_of(operation)?.reference()?, amount: operation.amount })
    }
}

impl<'a> ToRefund<'a> {
    /// A refund of a ledger; none if the operation is something else, or what it hangs on has no name.
    pub fn of(ledger: &'a Ledger, n: u32) -> Option<ToRefund<'a>> {
        let operation = ledger.operation(n)?;
        let Kind::Refund { of } = operation.kind else { return None };
        Some(ToRefund { key: &operation.key, capture: ledger.operation(of)?.reference()?, amount: operation.amount })
    }
}

impl<'a> LookUp<'a> {
    /// Asks after an operation of a ledger.
    pub fn of(ledger: &'a Ledger, n: u32) -> Option<LookUp<'a>> {
        let operation = ledger.operation(n)?;
        let capture = match operation.kind {
            Kind::Refund { of } => ledger.operation(of).and_then(Operation::reference),
            _ => None,
        };
        Some(LookUp {
            key: &operation.key,
            kind: operation.kind,
            amount: operation.amount,
            reference: operation.reference(),
            authorization: ledger.root_of(operation).and_then(Operation::reference),
            capture,
        })
    }
}

/// What became of what was asked. Anything but a network's failure is an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum GatewayAnswer {
    /// It happened.
    Done {
        /// The provider's name for it.
        reference: ProviderReference,
        /// For how much, by its word.
        amount: Money,
        /// Until when a promise holds, if it says so.
        expires_at: Option<Timestamp>,
    },
    /// The provider, the bank or the state of the payment says no.
    Declined {
        /// The provider's name for it, if it has one.
        reference: Option<ProviderReference>,
        /// The provider's word for why.
        code: String,
        /// Another try later may succeed.
        soft: bool,
        /// For the shop's people, without personal data.
        message: String,
    },
    /// The customer has to confirm it.
    RequiresAction {
        /// The provider's name for it.
        reference: ProviderReference,
        /// Where to; none if the provider's script on the shop's page asks, by the reference or the client secret.
        url: Option<String>,
        /// What that script needs, if it needs more than the reference.
        client_secret: Option<Secret>,
    },
    /// The customer has confirmed, and the provider waits to be asked again: authorize with this as `resumed`.
    Confirmed {
        /// The provider's name for it.
        reference: ProviderReference,
    },
    /// The provider is at it, and reports later.
    Pending {
        /// Its name for it.
        reference: ProviderReference,
    },
    /// A promise ended by itself or by somebody at the provider's, or was never made.
    Ended {
        /// How.
        how: Release,
    },
    /// It was called off before it happened.
    Cancelled,
}

impl GatewayAnswer {
    /// For the ledger.
    pub fn outcome(&self) -> Outcome {
        match self {
            GatewayAnswer::Done { reference, amount, expires_at } => {
                Outcome::Ok { reference: reference.clone(), amount: *amount, expires_at: *expires_at }
            }
            GatewayAnswer::Declined { reference, code, soft, .. } => {
                Outcome::Declined { code: code.clone(), soft: *soft, reference: reference.clone() }
            }
            GatewayAnswer::RequiresAction { reference, .. } => Outcome::RequiresAction { reference: Some(reference.clone()) },
            GatewayAnswer::Confirmed { reference } | GatewayAnswer::Pending { reference } => {
                Outcome::Pending { reference: Some(reference.clone()) }
            }
            GatewayAnswer::Ended { how } => Outcome::Released(*how),
            GatewayAnswer::Cancelled => Outcome::Cancelled,
        }
    }
}

/// Why there is no answer, and what that means for the money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// Nothing has happened: throttled, or never connected. The same call, by the same key, may work later.
    #[error("{0}")]
    Retryable(String),
    /// It may have happened: no answer in time, or one that nobody understands. Look it up before anything else.
    #[error("{0}")]
    Unknown(String),
    /// Nothing has happened, and nothing will: wrong credentials, a request that the provider does not take.
    #[error("{0}")]
    Fatal(String),
}

impl GatewayError {
    /// For the ledger; nothing if it stands as it stood.
    pub const fn outcome(&self) -> Option<Outcome> {
        match self {
            GatewayError::Retryable(_) => None,
            GatewayError::Unknown(_) => Some(Outcome::Unknown),
            GatewayError::Fatal(_) => Some(Outcome::Cancelled),
        }
    }
}

/// What a provider's webhook is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayTopic {
    /// An authorization, a capture or a void.
    Payment,
    /// A refund.
    Refund,
    /// The cardholder contests it.
    Dispute {
        /// Where that stands.
        state: DisputeState,
        /// How much is contested, if it says so in a currency that we know.
        amount: Option<Money>,
    },
}

/// What a provider reports. It says what to look up, and no more: whoever forges it learns nothing and moves no money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayNews {
    /// The provider's id of the event, if it has one.
    pub id: Option<String>,
    /// The provider's word for what happened.
    pub word: String,
    /// What it is about.
    pub topic: GatewayTopic,
    /// Our name for the operation, if the provider gives it back.
    pub key: Option<PaymentKey>,
    /// The provider's names for what it is about, the nearest first.
    pub names: Vec<ProviderReference>,
    /// When it happened, by the provider's word.
    pub at: Option<Timestamp>,
}

impl GatewayNews {
    /// The operations to be looked up in the ledger of its order.
    pub fn concerned(&self, provider: Provider, ledger: &Ledger) -> Vec<u32> {
        ledger.concerned(provider, self.key.as_ref(), &self.names)
    }
}

/// Money of a capture that went back, or is contested, as the provider lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// Our name for the refund, if we have asked for it.
    pub key: Option<PaymentKey>,
    /// The provider's name for it.
    pub reference: ProviderReference,
    /// What it is.
    pub kind: OutsideKind,
    /// How much.
    pub amount: Money,
}

impl Returned {
    /// For the ledger, if it is no operation of ours.
    pub fn outside(&self, provider: Provider, capture: u32, at: Timestamp) -> Option<Outside> {
        let is_ours = self.key.is_some();
        let news = || Outside { provider, reference: self.reference.clone(), of: capture, kind: self.kind, amount: self.amount, at };
        (!is_ours).then(news)
    }
}

/// A shop's account at a payment provider.
#[async_trait]
pub trait Gateway: Send + Sync {
    /// Whose.
    fn provider(&self) -> Provider;
    /// It has failed too often, and is left alone for a while: what is wanted of it waits.
    fn rests(&self) -> bool {
        false
    }
    /// Has an amount promised, to be captured later. Safe to repeat under the same key.
    async fn authorize(&self, wish: &ToAuthorize<'_>) -> Result<GatewayAnswer, GatewayError>;
    /// Takes what was promised, or a part. Safe to repeat under the same key.
    async fn capture(&self, wish: &ToCapture<'_>) -> Result<GatewayAnswer, GatewayError>;
    /// Gives a promise back. Safe to repeat.
    async fn void(&self, wish: &ToVoid<'_>) -> Result<GatewayAnswer, GatewayError>;
    /// Gives back what was taken, or a part. Safe to repeat under the same key.
    async fn refund(&self, wish: &ToRefund<'_>) -> Result<GatewayAnswer, GatewayError>;
    /// What became of an operation, by our own name for it. None if the provider has nothing by that name, which is to be believed
    /// [`domain::payment::AUTHORIZATION_TIMEOUT`] after it was asked for and not before: searches lag behind.
    async fn look_up(&self, wish: &LookUp<'_>) -> Result<Option<GatewayAnswer>, GatewayError>;
    /// What went back of a capture and what is contested of it, by whomever: the word to believe if a webhook speaks of it. Razorpay and PayU do
    /// not list disputes by payment, so there the webhook is all there is.
    async fn returned(&self, capture: &LookUp<'_>) -> Result<Vec<Returned>, GatewayError>;
    /// Is a webhook from this provider? Over the raw bytes, before anything is parsed. None for every reason alike; an error if it could
    /// not be found out, and the provider should deliver it again.
    async fn verify(&self, headers: &Headers, body: &[u8], now: Timestamp) -> Result<Option<Verified>, GatewayError>;
    /// What a verified webhook reports; nothing if it is about something else.
    fn read(&self, body: &[u8]) -> Vec<GatewayNews>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::{OrderId, TenantId};
    use domain::money::Currency;
    use domain::payment::{By, Wish};

    // req: S2-44, S2-49
    #[test]
    fn what_is_asked_of_a_provider_follows_from_the_ledger() {
        let eur = |minor| Money::new(minor, Currency::EUR);
        let now = Timestamp::from_second(1_754_700_000).unwrap();
        let mut ledger = Ledger::new(TenantId::parse("demo").unwrap(), OrderId::parse("1001").unwrap(), eur(100));
        let wishes = [
            Wish::Authorize { provider: Provider::Paypal, amount: eur(100), by: By::Customer },
            Wish::Capture { of: 1, amount: eur(60) },
            Wish::Refund { of: 2, amount: eur(10) },
            Wish::Void { of: 1 },
        ];
        for (wish, name) in wishes.into_iter().zip(["O/A", "C", "R", "O/A"]) {
            let operation = ledger.begin(wish, now).unwrap();
            let (n, amount) = (operation.n, operation.amount);
            ledger.record(operation).unwrap();
            let answer = GatewayAnswer::Done { reference: ProviderReference::parse(name).unwrap(), amount, expires_at: None };
            ledger.settle(n, &answer.outcome(), now).unwrap();
        }
        let capture = ToCapture::of(&ledger, 2, false).unwrap();
        assert_eq!((capture.authorization.as_str(), capture.amount, capture.authorized), ("O/A", eur(60), eur(100)));
        let refund = ToRefund::of(&ledger, 3).unwrap();
        assert_eq!((refund.capture.as_str(), refund.key.as_str()), ("C", "demo#1001#refund#3"));
        let void = ToVoid::of(&ledger, 4).unwrap();
        assert_eq!((void.authorization.as_str(), void.amount), ("O/A", eur(40)));
        let asked = LookUp::of(&ledger, 3).unwrap();
        assert_eq!(
            (asked.reference.unwrap().as_str(), asked.authorization.unwrap().as_str(), asked.capture.unwrap().as_str()),
            ("R", "O/A", "C")
        );
        assert_eq!((ToCapture::of(&ledger, 1, true), ToVoid::of(&ledger, 2), ToRefund::of(&ledger, 9)), (None, None, None));
    }

    #[test]
    fn refunds_of_ours_are_no_news_from_outside() {
        let returned = |key: Option<&str>| Returned {
            key: key.map(|key| PaymentKey::parse(key).unwrap()),
            reference: ProviderReference::parse("R").unwrap(),
            kind: OutsideKind::Refund,
            amount: Money::new(5, Currency::EUR),
        };
        let at = Timestamp::from_second(1).unwrap();
        assert_eq!(returned(Some("demo#1001#refund#3")).outside(Provider::Paypal, 2, at), None);
        assert_eq!(returned(None).outside(Provider::Paypal, 2, at).map(|news| (news.of, news.amount.minor)), Some((2, 5)));
    }

    #[test]
    fn errors_say_what_they_mean_for_the_money() {
        let why = || "x".to_owned();
        assert_eq!(GatewayError::Retryable(why()).outcome(), None);
        assert_eq!(GatewayError::Unknown(why()).outcome(), Some(Outcome::Unknown));
        assert_eq!(GatewayError::Fatal(why()).outcome(), Some(Outcome::Cancelled));
    }

    #[test]
    fn secrets_are_not_shown() {
        let account = StripeAccount { secret_key: Secret::new("sk_test_demo"), webhook_secrets: vec![Secret::new("whsec_demo")] };
        let shown = format!("{account:?}");
        assert!(!shown.contains("demo"), "{shown}");
    }
}
