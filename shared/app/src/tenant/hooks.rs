//! Addresses that take status webhooks, and how their senders sign.

use super::Secret;
use crate::commerce::Commerce;
use crate::ingest::ENDPOINT;
use domain::order::{Fault, Vocabulary};
use serde::{Deserialize, Serialize};

/// How a sender signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureScheme {
    /// Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
    StandardWebhooks,
    /// HMAC-SHA256 of the raw body in `x-signature`, hex or base64, optionally as `sha256=...`.
    Hmac,
}

/// Bytes of a webhook's secret.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 16..=256;

/// Is it a secret of the Standard Webhooks kind?
pub(super) fn signs(secret: &Secret) -> bool {
    standardwebhooks::Webhook::new(secret.expose()).is_ok()
}

/// One address that takes status webhooks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HookEndpoint {
    /// Last part of its address.
    pub name: String,
    /// How the sender signs.
    pub scheme: SignatureScheme,
    /// Secrets that are good now: one, or two during a rotation. Never none.
    pub secrets: Vec<Secret>,
    /// Whose words it speaks.
    pub vocabulary: Vocabulary,
    /// Whether customers are told of what follows from it.
    pub notify: bool,
}

/// Everything that is wrong with them.
pub(super) fn faults(hooks: &[HookEndpoint], taken: &[Commerce]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (at, hook) in hooks.iter().enumerate() {
        let name_ok = !hook.name.is_empty()
            && hook.name.len() <= 32
            && hook.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !name_ok {
            faults.push(Fault::new(format!("hooks[{at}].name"), "bad_name", "1 to 32 lower-case letters, digits and dashes"));
        }
        if !(1..=3).contains(&hook.secrets.len()) || hook.secrets.iter().any(|secret| !SECRET_BYTES.contains(&secret.expose().len())) {
            faults.push(Fault::new(format!("hooks[{at}].secrets"), "weak_secret", "one to three secrets of 16 to 256 characters"));
        } else if hook.scheme == SignatureScheme::StandardWebhooks && !hook.secrets.iter().all(signs) {
            // It would verify nothing, and every webhook would be turned away.
            faults.push(Fault::new(format!("hooks[{at}].secrets"), "bad_secret", "base64, with or without whsec_ in front"));
        }
        if hooks[..at].iter().any(|other| other.name == hook.name) {
            faults.push(Fault::new(format!("hooks[{at}].name"), "duplicate", "another endpoint has this name"));
        }
        if hook.name == ENDPOINT {
            faults.push(Fault::new(format!("hooks[{at}].name"), "duplicate", "events that are told with a key come in under this name"));
        }
        if let Some(commerce) = taken.iter().find(|commerce| commerce.endpoint() == hook.name) {
            let message = format!("{}'s own webhooks come in under this name", commerce.title());
            faults.push(Fault::new(format!("hooks[{at}].name"), "duplicate", message));
        }
    }
    faults
}
