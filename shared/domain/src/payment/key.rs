//! What an operation is called, by us and at the provider.

use super::operation::Kind;
use crate::ids::{OrderId, TenantId};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Names one operation for ever: "demo#1001#capture#3". It is the provider's idempotency key, so a call that is made
/// twice happens once, and it is what the provider is asked about when nobody knows what became of a call. The shop is
/// part of it, because two shops may have one account at a provider, and both an order 1001.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct PaymentKey(String);

/// Not a key of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a payment's key must be tenant#order#operation#number")]
pub struct BadKey;

impl PaymentKey {
    /// Longest key in bytes: the longest tenant and order, "authorize", a number and what is between. Stripe takes 255,
    /// PayPal 108; adapters shorten it for who takes less.
    pub const MAX_LEN: usize = TenantId::MAX_LEN + OrderId::MAX_LEN + 9 + 5 + 3;

    /// Of an order's operation.
    pub fn of(tenant: &TenantId, order: &OrderId, kind: Kind, n: u32) -> PaymentKey {
        PaymentKey(format!("{tenant}#{order}#{}#{n}", kind.word()))
    }

    /// Reads what a provider gives back.
    pub fn parse(text: &str) -> Result<PaymentKey, BadKey> {
        split(text).map(|_| PaymentKey(text.to_owned())).ok_or(BadKey)
    }

    /// The value.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it is an operation of: "refund".
    pub fn word(&self) -> &str {
        self.0.split('#').nth(2).unwrap_or_default()
    }

    /// Whose it is, which order it belongs to, and the operation's number.
    pub fn parts(&self) -> Option<(TenantId, OrderId, u32)> {
        split(&self.0)
    }
}

fn split(text: &str) -> Option<(TenantId, OrderId, u32)> {
    if text.len() > PaymentKey::MAX_LEN {
        return None;
    }
    let mut parts = text.split('#');
    let (tenant, order, word, n) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let plain = !n.is_empty() && n.len() <= 5 && !n.starts_with('0') && n.bytes().all(|b| b.is_ascii_digit());
    if parts.next().is_some() || !plain || !Kind::WORDS.contains(&word) {
        return None;
    }
    Some((TenantId::parse(tenant).ok()?, OrderId::parse(order).ok()?, n.parse().ok()?))
}

impl fmt::Display for PaymentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PaymentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PaymentKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        PaymentKey::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: S2-46
    #[test]
    fn a_key_says_whose_operation_it_is_and_fits_every_provider() {
        let (tenant, order) = (TenantId::parse("demo").unwrap(), OrderId::parse("1001").unwrap());
        let key = PaymentKey::of(&tenant, &order, Kind::Capture { of: 1 }, 3);
        assert_eq!(key.as_str(), "demo#1001#capture#3");
        assert_eq!(key.word(), "capture");
        assert_eq!(PaymentKey::parse(key.as_str()).unwrap().parts(), Some((tenant, order, 3)));
        let longest =
            PaymentKey::of(&TenantId::parse(&"t".repeat(40)).unwrap(), &OrderId::parse(&"9".repeat(48)).unwrap(), Kind::Authorize, 99_999);
        assert_eq!(longest.as_str().len(), PaymentKey::MAX_LEN);
        const { assert!(PaymentKey::MAX_LEN <= 108, "what PayPal takes") }
        assert!(PaymentKey::parse(longest.as_str()).is_ok());
    }

    #[test]
    fn what_is_not_a_key_is_refused() {
        for odd in
            ["", "demo", "demo#1001#capture", "demo#1001#capture#0", "demo#1001#capture#03", "demo#1001#capture#x", "demo#1001#steal#3"]
        {
            assert_eq!(PaymentKey::parse(odd), Err(BadKey), "{odd}");
        }
        for odd in ["DEMO#1001#capture#3", "demo##capture#3", "demo#1001#capture#3#4", "demo#1001#capture#999999", "demo#10 01#capture#3"] {
            assert_eq!(PaymentKey::parse(odd), Err(BadKey), "{odd}");
        }
        assert!(serde_json::from_str::<PaymentKey>("\"x\"").is_err());
    }
}
