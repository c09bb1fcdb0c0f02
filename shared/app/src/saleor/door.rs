//! The door for Saleor's webhooks: verify the raw bytes, read what they say, store that, queue, answer.
//!
//! Only the body is signed: what kind of event it is, and by which Saleor, is read there or known from the settings, never from a header.

use super::{BadOrder, ENDPOINT, Told, read};
use crate::commerce::Commerce;
use crate::commerce::door::{Heard, key_of, note};
use crate::error::{Error, Result};
use crate::json;
use crate::ports::SaleorKeys;
use crate::receive::{Receive, Refused};
use crate::scope::TenantScope;
use crate::signature::Headers;
use domain::ids::{CorrelationId, TenantId};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Longest signature that is looked at, in bytes: an RSA key of 8,192 bits signs with less than half of it.
const SIGNATURE_BYTES_MAX: usize = 4 * 1024;

/// The use case.
#[derive(Clone)]
pub struct HearSaleor {
    /// The door for all other webhooks.
    pub receive: Receive,
    /// By which keys a Saleor signs.
    pub keys: Arc<dyn SaleorKeys>,
}

impl HearSaleor {
    /// Takes a webhook in; one that is not for a Saleor that is switched on goes to the door for all others.
    ///
    /// # Errors
    /// `Unauthenticated` for an unknown endpoint and a bad signature alike, `Invalid` with all faults, `Retryable`: nothing was promised,
    /// send it again. Saleor does so after a 5xx, five times, and after nothing else.
    pub async fn run(&self, tenant: &str, endpoint: &str, headers: &Headers, body: &[u8], correlation: &CorrelationId) -> Result<Heard> {
        let plain = || async {
            let receipt = self.receive.run(tenant, endpoint, headers, body, correlation).await?;
            Ok(Heard { receipt, ignored: None })
        };
        let Ok(name) = TenantId::parse(tenant) else { return plain().await };
        if endpoint != ENDPOINT {
            return plain().await;
        }
        let account = self.receive.tenants.config(&name).await?.and_then(|config| config.saleor);
        let Some(account) = account.filter(|account| account.enabled) else { return plain().await };
        let now = self.receive.clock.now();
        let signature = headers.one("saleor-signature").filter(|signature| signature.len() <= SIGNATURE_BYTES_MAX);
        let signature = signature.ok_or(Error::Unauthenticated)?;
        if !self.keys.is_signed(&account, signature, body, now).await? {
            return Err(Error::Unauthenticated);
        }
        // The signature proves that the shop's own Saleor speaks.
        let scope = TenantScope::of_own_message(&name);
        let body_hash = hex::encode(Sha256::digest(body));
        let key = key_of(Commerce::Saleor, &body_hash);
        match read(body) {
            Ok(Told::Order(order)) => {
                let receipt = self.receive.keep(&scope, key, body_hash, json::text(&order)?, correlation).await?;
                Ok(Heard { receipt, ignored: None })
            }
            Ok(Told::Else(kind)) => note(&self.receive, &scope, key, body_hash, kind).await,
            Err(BadOrder { number, faults, .. }) => {
                let refused = Refused { faults: faults.clone(), order_id: number, status: None, email_masked: None, event: false };
                self.receive.tell_team(&scope, ENDPOINT, refused, &body_hash, now, correlation).await?;
                Err(Error::Invalid(faults))
            }
        }
    }
}
