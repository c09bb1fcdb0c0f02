//! A customer's rights: what do you know about me, and forget me. The money stays in the books; who it
//! was does not.
//!
//! The commit that erases a contact is what decides. What names the customer beside it (webhooks, notes, message
//! texts, photos) is forgotten after it, and once more when its event arrives: that covers a process that died in between
//! and writers that had read the contact before. Writers who read the order after it see that there is nobody to
//! name, and forget what they brought themselves.

use crate::apply::{Alongside, Apply};
use crate::context::{Context, Provenance};
use crate::error::{Error, Result};
use crate::photos;
use crate::ports::{CustomerKey, InboxKey, InboxStore, OrderQuery, OrderStore, PageKey, ReportStore};
use crate::receive::read;
use crate::scope::{Identity, TenantScope};
use crate::tenant::TenantConfig;
use domain::email::Email;
use domain::ids::{CorrelationId, OrderId, TenantId};
use domain::order::{Command, OrderEvent};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Orders handled in one call. A customer with more calls again until nothing is left.
pub const ORDERS_MAX: usize = 200;
/// Orders of an export that are read before its size is looked at: five of the largest there are, head and
/// history, are 3.5 MB.
const EXPORTED_AT_ONCE: usize = 5;
/// Size of an export, in bytes, at which the rest is left for the next answer. A function answers with at most
/// six megabytes.
const EXPORT_BYTES: usize = 2 * 1024 * 1024;
/// Commits of an order that are looked at.
const HISTORY_MAX: usize = 1_000;
/// Webhooks waiting for a person that are looked at.
const PARKED_MAX: usize = 1_000;

/// A customer's key in the index: no address can be read back from it.
pub fn customer_key(tenant: &TenantId, email: &Email) -> CustomerKey {
    let mut hash = Sha256::new();
    hash.update(tenant.as_str());
    hash.update([0]);
    hash.update(email.expose().to_lowercase());
    CustomerKey(hex::encode(hash.finalize()))
}

/// The use case.
#[derive(Clone)]
pub struct Privacy {
    /// Orders.
    pub apply: Apply,
    /// Webhooks, whose bodies name customers.
    pub inbox: Arc<dyn InboxStore>,
    /// Photos, which may show a label with their address.
    pub files: Arc<dyn ReportStore>,
}

/// Everything we hold about a customer, or a part of it.
#[derive(Debug, Clone)]
pub struct Export {
    /// Their orders, whole.
    pub orders: Vec<serde_json::Value>,
    /// Where to go on, if there are more orders than one answer holds.
    pub next: Option<PageKey>,
}

/// What was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// Orders whose contact was removed.
    pub orders: usize,
    /// Stored webhook bodies that were removed.
    pub webhooks: usize,
}

impl Privacy {
    fn orders(&self) -> &Arc<dyn OrderStore> {
        &self.apply.orders
    }

    /// Everything we hold about an address, from where an earlier answer ended.
    pub async fn export(&self, identity: &Identity, email: &Email, after: Option<PageKey>) -> Result<Export> {
        identity.require("admin", |scopes| scopes.admin)?;
        let scope = TenantScope::of(identity);
        let query = OrderQuery::Customer(customer_key(scope.tenant(), email));
        let mut export = Export { orders: Vec::new(), next: after };
        let mut bytes = 0;
        loop {
            let page = self.orders().page(&scope, &query, export.next.as_ref(), EXPORTED_AT_ONCE).await?;
            for summary in &page.orders {
                if let Some(dossier) = self.orders().dossier(&scope, &summary.id, HISTORY_MAX).await? {
                    let order = serde_json::json!({ "order": dossier.order, "history": dossier.history, "messages": dossier.messages });
                    bytes += order.to_string().len();
                    export.orders.push(order);
                }
            }
            export.next = page.next;
            if export.next.is_none() || bytes > EXPORT_BYTES {
                return Ok(export);
            }
        }
    }

    /// Forgets an address: contact, free text, stored webhooks, photos. Amounts, dates and statuses stay. Safe to repeat.
    pub async fn erase(&self, identity: &Identity, config: &TenantConfig, email: &Email, correlation: &CorrelationId) -> Result<Erased> {
        identity.require("admin", |scopes| scopes.admin)?;
        let scope = TenantScope::of(identity);
        let query = OrderQuery::Customer(customer_key(scope.tenant(), email));
        let by = Provenance { actor: identity.actor(), correlation: correlation.clone() };
        let mut erased = Erased { orders: 0, webhooks: 0 };
        loop {
            let page = self.orders().page(&scope, &query, None, ORDERS_MAX).await?;
            if page.orders.is_empty() {
                break;
            }
            let before = erased.orders;
            for summary in &page.orders {
                let context = Context { scope: &scope, config, by: &by };
                let applied = self.apply.run(context, &summary.id, &Command::EraseContact, Alongside::default()).await?;
                erased.orders += usize::from(!applied.events.is_empty());
                erased.webhooks += forget_traces(&**self.orders(), &*self.inbox, &*self.files, &scope, &summary.id).await?;
            }
            if erased.orders == before {
                // The index has not caught up with what we erased; it will.
                break;
            }
        }
        erased.webhooks += self.forget_parked(&scope, email).await?;
        Ok(erased)
    }

    /// Webhooks about no order of ours have nothing but the address that says whose they are.
    async fn forget_parked(&self, scope: &TenantScope, email: &Email) -> Result<usize> {
        let parked = self.inbox.parked(scope, PARKED_MAX).await?;
        let theirs = |body: &str| {
            let named = body.to_lowercase().contains(&email.expose().to_lowercase());
            named || read(body).is_ok_and(|report| report.email == *email)
        };
        let keys: Vec<InboxKey> = parked.into_iter().filter(|entry| theirs(&entry.body)).map(|entry| entry.key).collect();
        Ok(self.inbox.forget_bodies(scope, &keys).await?)
    }
}

/// Forgets what names the customer of an order whose contact is erased: the webhooks it heard and those that wait
/// for a person, notes, message texts, photos. How many webhooks had a body. Safe to repeat.
pub async fn forget_traces(
    orders: &dyn OrderStore,
    inbox: &dyn InboxStore,
    files: &dyn ReportStore,
    scope: &TenantScope,
    id: &OrderId,
) -> Result<usize> {
    let Some(dossier) = orders.dossier(scope, id, HISTORY_MAX).await? else { return Ok(0) };
    let mut hooks: Vec<InboxKey> = dossier.history.iter().flat_map(|commit| &commit.events).filter_map(webhook_of).collect();
    let mut webhooks = 0;
    for entry in inbox.parked(scope, PARKED_MAX).await? {
        // Those that wait for a person are still to be applied: what they say of the order stays.
        let Some(report) = read(&entry.body).ok().filter(|report| report.order_id == *id) else { continue };
        hooks.retain(|key| *key != entry.key);
        let nameless = report.without_customer();
        webhooks += usize::from(entry.body != nameless && inbox.replace_body(scope, &entry.key, &nameless).await?);
    }
    webhooks += inbox.forget_bodies(scope, &hooks).await?;
    orders.forget_words(scope, id).await?;
    photos::forget(files, scope, id).await?;
    Ok(webhooks)
}

fn webhook_of(event: &OrderEvent) -> Option<InboxKey> {
    match event {
        OrderEvent::FactHeard { fact, .. } => Some(InboxKey { endpoint: fact.source.to_string(), id: fact.id.to_string() }),
        _ => None,
    }
}

/// Reads an address from a request.
pub fn address(text: &str) -> Result<Email> {
    Email::parse(text).map_err(|why| Error::Invalid(vec![domain::order::Fault::new("email", "bad_email", why.to_string())]))
}
