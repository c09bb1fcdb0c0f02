//! The door for Shopify's webhooks: verify the raw bytes, read what they say, store that, queue, answer.
//!
//! Only the body is signed, so what it tells is read there and not in the header with its topic. Whatever a signed webhook says is answered with
//! a 2xx: Shopify would send it again eight times, and then remove the subscription.

use super::wish::ORDERS_MAX;
use super::{Told, Wish, read, read_order};
use crate::commerce::door::{Heard, key_of, note, put_aside};
use crate::commerce::take::in_words;
use crate::commerce::{BadOrder, Commerce};
use crate::error::{Error, Result};
use crate::json;
use crate::ports::InboxKey;
use crate::receive::{Receipt, Receive, Refused};
use crate::scope::TenantScope;
use crate::signature::{Headers, is_hmac_sha256};
use crate::tenant::ShopifySettings;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::ids::{CorrelationId, TenantId};
use domain::order::Fault;
use sha2::{Digest, Sha256};

/// Largest body, in bytes. Shopify repeats each line with every parcel and refund, and a function is handed six megabytes at most.
pub const BODY_BYTES_MAX: usize = 5 * 1024 * 1024;
/// Most that is kept of an order until it is taken in, in bytes: one row takes 400 KB.
const KEPT_BYTES_MAX: usize = 300 * 1024;
/// Longest topic that is shown, in characters.
const TOPIC_CHARS_MAX: usize = 64;

/// The use case.
#[derive(Clone)]
pub struct HearShopify {
    /// The door for all other webhooks.
    pub receive: Receive,
}

/// What a person has to know of an order that cannot be read. Nothing of who ordered it.
fn unreadable(number: Option<&str>, faults: &[Fault]) -> String {
    let order = number.map_or_else(String::new, |number| format!("order {number}: "));
    format!("{order}{}. Correct it in Shopify, whose next webhook about it brings it, or import it; then dismiss this", in_words(faults))
}

impl HearShopify {
    /// Whose webhooks come in under this tenant's name; none if those of no Shopify do. Switched off or not: what customers wish to become of their
    /// data is heard as long as Shopify may say it.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn account(&self, tenant: &str) -> Result<Option<(TenantId, ShopifySettings)>> {
        let Ok(name) = TenantId::parse(tenant) else { return Ok(None) };
        let settings = self.receive.tenants.config(&name).await?.and_then(|config| config.shopify);
        Ok(settings.map(|settings| (name, settings)))
    }

    /// Takes a webhook in.
    ///
    /// # Errors
    /// `Unauthenticated` for a bad signature and for another shop alike, `Retryable`: nothing was promised, send it again.
    pub async fn run(
        &self,
        (tenant, account): &(TenantId, ShopifySettings),
        headers: &Headers,
        body: &[u8],
        correlation: &CorrelationId,
    ) -> Result<Heard> {
        let given = headers.one("x-shopify-hmac-sha256").and_then(|given| STANDARD.decode(given).ok()).ok_or(Error::Unauthenticated)?;
        let is_of_shop = |shop: &str| shop.eq_ignore_ascii_case(&account.shop);
        let is_ours = headers.one("x-shopify-shop-domain").is_some_and(is_of_shop);
        if !is_ours || !is_hmac_sha256(&account.secrets, &[body], &given) {
            return Err(Error::Unauthenticated);
        }
        // The signature proves that the shop's own Shopify speaks.
        let scope = TenantScope::of_own_message(tenant);
        let told = read(body);
        if let Ok(Told::Wish(_, Some(shop))) = &told
            && !is_of_shop(shop)
        {
            return Err(Error::Unauthenticated);
        }
        self.take(&scope, account, told, headers, body, correlation).await
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
            Ok(Told::TestOrder) if account.test_orders => read_order(body).map(Told::Order),
            told => told,
        };
        let (number, faults) = match told {
            Ok(Told::Order(order)) => {
                let kept = json::text(&order)?;
                if kept.len() <= KEPT_BYTES_MAX {
                    let receipt = self.receive.keep(scope, key, body_hash, kept, correlation).await?;
                    return Ok(Heard { receipt, ignored: None });
                }
                (Some(order.number), vec![Fault::new("order", "too_long", "it holds more than can be kept of one order")])
            }
            Ok(Told::Wish(wish, _)) if wish.orders.len() <= ORDERS_MAX => {
                return self.wished(scope, wish, key, body_hash, correlation).await;
            }
            Ok(Told::Wish(..)) => {
                let hint = "it names more orders than can be seen to by itself; forget their customer by POST /v1/privacy/erase";
                (None, vec![Fault::new("orders_to_redact", "too_many", hint)])
            }
            Ok(Told::TestOrder) => return note(&self.receive, scope, key, body_hash, "test order".to_owned()).await,
            Ok(Told::Else) => {
                let topic = headers.one("x-shopify-topic").unwrap_or("unknown topic");
                let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_');
                let topic: String = topic.chars().filter(plain).take(TOPIC_CHARS_MAX).collect();
                return note(&self.receive, scope, key, body_hash, topic).await;
            }
            Err(BadOrder { number, faults, .. }) => (number, faults),
        };
        let (now, reason) = (self.receive.clock.now(), unreadable(number.as_deref(), &faults));
        let refused = Refused { faults, order_id: number, status: None, email_masked: None, event: false };
        self.receive.tell_team(scope, Commerce::Shopify.endpoint(), refused, &body_hash, now, correlation).await?;
        put_aside(&self.receive, scope, key, body_hash, reason).await
    }

    /// Keeps each part of it under a name of its own. Whoever dies in between is sent it again.
    async fn wished(
        &self,
        scope: &TenantScope,
        wish: Wish,
        key: InboxKey,
        body_hash: String,
        correlation: &CorrelationId,
    ) -> Result<Heard> {
        let mut again = false;
        for (part, wish) in wish.in_parts().iter().enumerate() {
            let id = if part == 0 { key.id.clone() } else { format!("{}-{part}", key.id) };
            let key = InboxKey { id, ..key.clone() };
            again |= self.receive.keep(scope, key, body_hash.clone(), json::text(wish)?, correlation).await?.again;
        }
        Ok(Heard { receipt: Receipt { event_id: key.id, again }, ignored: None })
    }
}
