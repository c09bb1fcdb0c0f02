//! Doing things once: claims, fences, answers to give again.

use super::PortResult;
use crate::scope::TenantScope;
use async_trait::async_trait;
use contracts::Envelope;
use jiff::{SignedDuration, Timestamp};

/// Names one effect that must happen once: scope (route or consumer, with the principal) and key, hashed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OnceKey(pub String);

impl OnceKey {
    /// For one route or consumer, one principal and one key of theirs.
    pub fn new(route: &str, principal: &str, key: &str) -> OnceKey {
        use sha2::{Digest, Sha256};
        let mut hash = Sha256::new();
        for part in [route, principal, key] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        OnceKey(hex::encode(hash.finalize()))
    }
}

/// A once-record that becomes done inside a commit. It must not be done yet; if `fence` is given it must
/// still be ours.
#[derive(Debug, Clone, Copy)]
pub struct OnceDone<'a> {
    /// Which.
    pub key: &'a OnceKey,
    /// Hash of the request, to tell a replay from a reuse.
    pub request_hash: &'a str,
    /// The answer to give again.
    pub response: &'a str,
    /// Our claim's fence, if we claimed it before an outside effect.
    pub fence: Option<u64>,
    /// When it may be forgotten.
    pub expires_at: Timestamp,
}

/// The answer to a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Ours until the lease ends; completing and releasing need this fence.
    Mine {
        /// Grows with every claim.
        fence: u64,
    },
    /// Done before; here is the answer.
    Done {
        /// Hash of the request that was answered.
        request_hash: String,
        /// The answer.
        response: String,
    },
    /// Somebody else is at it.
    Busy {
        /// Until then at the latest.
        until: Timestamp,
    },
}

/// Records of what was done, so that it is done once.
#[async_trait]
pub trait OnceStore: Send + Sync {
    /// A record that is done and not expired.
    async fn done(&self, scope: &TenantScope, key: &OnceKey, now: Timestamp) -> PortResult<Option<(String, String)>>;
    /// Claims it before an outside effect. An expired record or lease counts as none.
    async fn claim(
        &self,
        scope: &TenantScope,
        key: &OnceKey,
        request_hash: &str,
        now: Timestamp,
        lease: SignedDuration,
    ) -> PortResult<Claim>;
    /// Marks our claim done and publishes, in one transaction. False if it is no longer ours; then nothing is
    /// published.
    async fn complete(&self, scope: &TenantScope, done: OnceDone<'_>, publish: &[Envelope], now: Timestamp) -> PortResult<bool>;
    /// Gives our claim back. False if it is no longer ours.
    async fn release(&self, scope: &TenantScope, key: &OnceKey, fence: u64) -> PortResult<bool>;
}
