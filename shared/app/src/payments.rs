//! What payment providers report: whether it is them, and what it is about.
//!
//! Signatures are checked over the raw bytes, before anything is parsed. What is read afterwards is no fact about money: it names what has to
//! be looked up ([`crate::ports::Gateway::look_up`]).

pub mod door;
pub mod paypal;
pub mod payu;
pub mod razorpay;
pub mod sim;
pub mod stripe;

use crate::signature::Verified;
use domain::ids::ProviderReference;
use domain::money::{Currency, Money};
use domain::payment::PaymentKey;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Largest webhook that is looked at, in bytes.
pub const BODY_BYTES_MAX: usize = 256 * 1024;
/// Where our name for an operation stands among the notes that a provider keeps for us.
pub const KEY_NAME: &str = "orderflow_key";
/// Longest word of a provider's that is kept, in characters.
const WORD_CHARS_MAX: usize = 80;

/// That the body is whole and from who has the secret. Nothing of it is covered by a name of the sender's that could be told apart from a replay's.
fn verified(body: &[u8], signed_id: Option<String>) -> Verified {
    Verified { signed_id, body_hash: hex::encode(Sha256::digest(body)) }
}

fn parsed(body: &[u8]) -> Option<Value> {
    if body.len() > BODY_BYTES_MAX { None } else { serde_json::from_slice(body).ok() }
}

/// The names among these that are ones, without repetition.
fn names<'a>(values: impl IntoIterator<Item = &'a Value>) -> Vec<ProviderReference> {
    let mut names = Vec::new();
    for name in values.into_iter().filter_map(Value::as_str).filter_map(|name| ProviderReference::parse(name).ok()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn key(value: &Value) -> Option<PaymentKey> {
    PaymentKey::parse(value.as_str()?).ok()
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().chars().filter(|c| c.is_ascii_graphic()).take(WORD_CHARS_MAX).collect()
}

fn amount(minor: &Value, currency: &Value) -> Option<Money> {
    let currency = Currency::parse(&currency.as_str()?.to_ascii_uppercase()).ok()?;
    Some(Money::new(minor.as_i64()?, currency))
}
