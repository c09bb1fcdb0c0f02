//! The door for Shopify's webhooks: verify the raw bytes, read what they say, store that, queue, answer.
//!
//! Only the body is signed, so what it tells is read there and not in the header with its topic. Whatever a signed webhook says is answered with
//! a 2xx: Shopify would send it again eight times, and then remove the subscription.

use super::{Told, read, read_order};
use crate::commerce::door::{Heard, key_of, note, put_aside};
use crate::commerce::take::in_words;
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
use domain::order::Fault;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Largest body, in bytes. Shopify repeats each line with every parcel and refund, and a function is handed six megabytes at most.
pub const BODY_BYTES_MAX: usize = 5 * 1024 * 1024;
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

/// What a person has to know of an order that cannot be read. Nothing of who ordered it.
fn unreadable(number: Option<&str>, faults: &[Fault]) -> String {
    let order = number.map_or_else(String::new, |number| format!("order {number}: "));
    format!("{order}{}. Correct it in Shopify, whose next webhook about it brings it, or import it; then dismiss this", in_words(faults))
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
        // Switched off or not: what customers wish to become of their data is heard as long as Shopify may say it.
        let account = config.and_then(|config| config.shopify);
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
            Ok(Told::Order(_) | Told::TestOrder | Told::Else) | Err(_) if !account.enabled => {
                return note(&self.receive, scope, key, body_hash, "switched off".to_owned()).await;
            }
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
                let now = self.receive.clock.now();
                let reason = unreadable(number.as_deref(), &faults);
                let refused = Refused { faults, order_id: number, status: None, email_masked: None };
                self.receive.tell_team(scope, Commerce::Shopify.endpoint(), refused, &body_hash, now, correlation).await?;
                return put_aside(&self.receive, scope, key, body_hash, reason).await;
            }
        };
        let receipt = self.receive.keep(scope, key, body_hash, kept, correlation).await?;
        Ok(Heard { receipt, ignored: None })
    }
}
