//! Who is calling? A bearer token, an API key, or nobody.

use crate::error::{Error, Result};
use crate::ports::{ApiKey, Clock, KeyStore, Random, TokenVerifier};
use crate::scope::{Identity, Scopes, TenantScope};
use domain::ids::TenantId;
use domain::order::Role;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Every key starts with it, so that secret scanners can find a leaked one.
pub const KEY_PREFIX: &str = "of_";

/// The use case.
#[derive(Clone)]
pub struct Authenticate {
    /// API keys.
    pub keys: Arc<dyn KeyStore>,
    /// Tokens; none if no issuer is configured.
    pub tokens: Option<Arc<dyn TokenVerifier>>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// A new key: the text is shown once and never stored.
#[derive(Clone)]
pub struct NewKey {
    /// What to give to its owner.
    pub text: secrecy::SecretString,
    /// What we keep.
    pub key: ApiKey,
}

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

impl Authenticate {
    /// The identity behind a credential.
    ///
    /// # Errors
    /// `Unauthenticated` for every bad credential alike; `Retryable`.
    pub async fn run(&self, credential: &str) -> Result<Identity> {
        if credential.is_empty() || credential.len() > 8_192 {
            return Err(Error::Unauthenticated);
        }
        if let Some(rest) = credential.strip_prefix(KEY_PREFIX) {
            return self.by_key(credential, rest).await;
        }
        let Some(tokens) = &self.tokens else { return Err(Error::Unauthenticated) };
        tokens.verify(credential, self.clock.now()).await?.ok_or(Error::Unauthenticated)
    }

    async fn by_key(&self, credential: &str, rest: &str) -> Result<Identity> {
        let (tenant, _) = rest.split_once('_').ok_or(Error::Unauthenticated)?;
        let tenant = TenantId::parse(tenant).map_err(|_| Error::Unauthenticated)?;
        let key = self.keys.key(&tenant, &hash(credential)).await?.ok_or(Error::Unauthenticated)?;
        let now = self.clock.now();
        if key.revoked_at.is_some_and(|revoked| revoked <= now) {
            return Err(Error::Unauthenticated);
        }
        self.note_use(&tenant, &key, now).await;
        Ok(Identity { tenant, principal: key.id, role: key.role, scopes: key.scopes })
    }

    /// One write a key and day, and none that anybody is refused for: a note that fails is made by the next request.
    async fn note_use(&self, tenant: &TenantId, key: &ApiKey, now: Timestamp) {
        let today = now.to_zoned(TimeZone::UTC).date();
        if key.last_used_on.is_some_and(|day| day >= today) {
            return;
        }
        if let Err(why) = self.keys.used(tenant, &key.hash, today).await {
            tracing::warn!(%tenant, key = key.id, %why, "that a key was used is not noted");
        }
    }
}

/// Makes a key: `of_{tenant}_{43 characters of 256 random bits}`.
pub fn make_key(scope: &TenantScope, name: &str, role: Role, scopes: Scopes, random: &dyn Random, clock: &dyn Clock) -> NewKey {
    use base64::Engine;
    let secret = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random.secret());
    let text = format!("{KEY_PREFIX}{}_{secret}", scope.tenant());
    let key = ApiKey {
        id: format!("key_{}", &hash(&text)[..12]),
        hash: hash(&text),
        name: name.to_owned(),
        scopes,
        role,
        created_at: clock.now(),
        revoked_at: None,
        last_used_on: None,
    };
    NewKey { text: text.into(), key }
}
