//! The door for Shopify's webhooks: verify the raw bytes, read what they say, store that, queue, answer.
//!
//! Only the body is signed, so what it tells is read there and not in the header with its topic. Whatever a signed webhook says is answered with
//! a 2xx: Shopify would send it again eight times, and then remove the subscription.

use super::{Told, read, read_order};
use crate::commerce::door::{Heard, key_of, note};
use crate::commerce::{BadOrder, Commerce};
use crate::error::{Error, Result};
use crate::json;
use crate::receive::{Receive, Refused};
use crate::scope::TenantScope;
use crate::signature::Headers;
use crate::tenant::{Secret, ShopifySettings};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::ids::{CorrelationId, TenantId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Largest body, in bytes: an order of a hundred lines has some hundred thousand.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Longest topic that is shown, in characters.
const TOPIC_CHARS_MAX: usize = 64;

/// The use case.
#[derive(Clone)]
pub struct HearShopify {
    /// The door for all other webhooks.
    pub receive: Receive,
}

/// Whether a body was signed with one of these.
fn is_signed(secrets: &[Secret], signature: &str, body: &[u8]) -> bool {
    let Ok(given) = STANDARD.decode(signature) else { return false };
    // No secret means nobody can have signed, not that nobody needs to.
    secrets.iter().filter(|secret| !secret.expose().is_empty()).any(|secret| {
        let mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes());
        mac.is_ok_and(|mut mac| {
            mac.update(body);
            mac.verify_slice(&given).is_ok()
        })
    })
}

impl HearShopify {
    /// Takes a webhook in; one that is not for a Shopify that is switched on goes to the door for all others.
    ///
    /// # Errors
    /// `Unauthenticated` for a bad signature and for another shop alike, `Retryable`: nothing was promised, send it again.
    pub async fn run(&self, tenant: &str, headers: &Headers, body: &[u8], correlation: &CorrelationId) -> Result<Heard> {
        let name = TenantId::parse(tenant).ok();
        let config = match &name {
            Some(name) => self.receive.tenants.config(name).await?,
            None => None,
        };
        let account = config.and_then(|config| config.shopify).filter(|account| account.enabled);
        let (Some(name), Some(account)) = (name, account) else {
            let receipt = self.receive.run(tenant, Commerce::Shopify.endpoint(), headers, body, correlation).await?;
            return Ok(Heard { receipt, ignored: None });
        };
        let signature = headers.one("x-shopify-hmac-sha256").ok_or(Error::Unauthenticated)?;
        let is_of_shop = |shop: &str| shop.eq_ignore_ascii_case(&account.shop);
        if !is_signed(&account.secrets, signature, body) || !headers.one("x-shopify-shop-domain").is_some_and(is_of_shop) {
            return Err(Error::Unauthenticated);
        }
        // The signature proves that the shop's own Shopify speaks.
        let scope = TenantScope::of_own_message(&name);
        let told = read(body);
        if let Ok(Told::Wish(_, Some(shop))) = &told
            && !is_of_shop(shop)
        {
            return Err(Error::Unauthenticated);
        }
        self.take(&scope, &account, told, headers, body, correlation).await
    }

    async fn take(
        &self,
        scope: &TenantScope,
        account: &ShopifySettings,
        told: std::result::Result<Told, BadOrder>,
        headers: &Headers,
        body: &[u8],
        correlation: &CorrelationId,
    ) -> Result<Heard> {
        let body_hash = hex::encode(Sha256::digest(body));
        let key = key_of(Commerce::Shopify, &body_hash);
        let told = match told {
            Ok(Told::TestOrder) if account.test_orders => {
                std::str::from_utf8(body).map(read_order).unwrap_or_else(|_| read_order("")).map(Told::Order)
            }
            told => told,
        };
        let kept = match told {
            Ok(Told::Order(order)) => json::text(&order)?,
            Ok(Told::Wish(wish, _)) => json::text(&wish)?,
            Ok(Told::TestOrder) => return note(&self.receive, scope, key, body_hash, "test order".to_owned()).await,
            Ok(Told::Else) => {
                let topic = headers.one("x-shopify-topic").unwrap_or("unknown topic");
                let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_');
                let topic: String = topic.chars().filter(plain).take(TOPIC_CHARS_MAX).collect();
                return note(&self.receive, scope, key, body_hash, topic).await;
            }
            Err(BadOrder { number, faults, .. }) => {
                let refused = Refused { faults, order_id: number, status: None, email_masked: None };
                let now = self.receive.clock.now();
                self.receive.tell_team(scope, Commerce::Shopify.endpoint(), refused, &body_hash, now, correlation).await?;
                return note(&self.receive, scope, key, body_hash, "unreadable".to_owned()).await;
            }
        };
        let receipt = self.receive.keep(scope, key, body_hash, kept, correlation).await?;
        Ok(Heard { receipt, ignored: None })
    }
}
