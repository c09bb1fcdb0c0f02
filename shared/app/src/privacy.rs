//! A customer's rights: what do you know about me, and forget me. The money stays in the books; who it
//! was does not.
//!
//! The commit that erases a contact is what decides. What names the customer beside it (webhooks, notes, message
//! texts, photos) is forgotten after it, and once more when its event arrives: that covers a process that died in between
//! and writers that had read the contact before. Writers who read the order after it see that there is nobody to
//! name, and forget what they brought themselves.

use crate::apply::{Alongside, Apply};
use crate::channels::{Incoming, channel_of};
use crate::commerce::{Commerce, CommerceOrder};
use crate::context::{Context, Provenance};
use crate::dispatch;
use crate::error::{Error, Result};
use crate::json;
use crate::photos;
use crate::ports::{
    Address, AddressStore, CustomerKey, InboxEntry, InboxKey, InboxStore, Message, OrderQuery, OrderStore, PageKey, ReportStore,
};
use crate::pseudonym::{Pseudonyms, plain};
use crate::receive::read;
use crate::scope::{Identity, TenantScope};
use crate::tenant::TenantConfig;
use domain::email::Email;
use domain::ids::{CorrelationId, OrderId, TenantId};
use domain::notify::Channel;
use domain::order::{Command, Contact, Fault, OrderEvent};
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
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
/// So many of what waits for a person are looked at together.
const PARKED_PAGE: usize = 200;

/// A customer's key in the index: no address can be read back from it.
pub fn customer_key(tenant: &TenantId, email: &Email) -> CustomerKey {
    hashed(&[tenant.as_str(), &email.expose().to_lowercase()])
}

/// The key of whoever this is: by their e-mail address, else by their phone, else by the first chat that they are in.
pub fn customer_of(tenant: &TenantId, contact: &Contact) -> Option<CustomerKey> {
    if let Some(email) = &contact.email {
        return Some(customer_key(tenant, email));
    }
    let (channel, who) = contact.elsewhere().next()?;
    Some(hashed(&[tenant.as_str(), channel.name(), &plain(channel, who)]))
}

fn hashed(parts: &[&str]) -> CustomerKey {
    CustomerKey(hex::encode(Sha256::digest(parts.join("\0"))))
}

/// Whose data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Of whoever has this address.
    Email(Email),
    /// Of the customer of this order: all of their orders, by the address that it has; else by its phone, else by its first
    /// chat.
    Order(OrderId),
}

impl Whose {
    /// Names them in a cursor.
    pub fn name(&self, tenant: &TenantId) -> String {
        match self {
            Whose::Email(email) => customer_key(tenant, email).0,
            Whose::Order(id) => format!("order:{id}"),
        }
    }
}

impl From<Email> for Whose {
    fn from(email: Email) -> Whose {
        Whose::Email(email)
    }
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
    /// Where customers are not to be written to.
    pub addresses: Arc<dyn AddressStore>,
    /// What stands for addresses.
    pub pseudonyms: Pseudonyms,
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

/// A customer as they can be found.
struct Person {
    /// Their orders in the index.
    key: Option<CustomerKey>,
    email: Option<Email>,
    /// The order that named them: it may be all there is.
    order: Option<OrderId>,
}

impl Privacy {
    fn orders(&self) -> &Arc<dyn OrderStore> {
        &self.apply.orders
    }

    async fn person(&self, scope: &TenantScope, whose: &Whose) -> Result<Person> {
        match whose {
            Whose::Email(email) => Ok(Person { key: Some(customer_key(scope.tenant(), email)), email: Some(email.clone()), order: None }),
            Whose::Order(id) => {
                let order = self.orders().load(scope, id).await?.ok_or(Error::NotFound("order"))?;
                let key = order.contact.as_ref().and_then(|contact| customer_of(scope.tenant(), contact));
                Ok(Person { key, email: order.contact.and_then(|contact| contact.email), order: Some(id.clone()) })
            }
        }
    }

    /// Everything we hold about somebody, from where an earlier answer ended.
    pub async fn export(&self, identity: &Identity, whose: &Whose, after: Option<PageKey>) -> Result<Export> {
        identity.require("admin", |scopes| scopes.admin)?;
        let scope = TenantScope::of(identity);
        let person = self.person(&scope, whose).await?;
        let mut export = Export { orders: Vec::new(), next: after };
        let mut bytes = 0;
        if let (Some(id), None) = (&person.order, &export.next) {
            bytes += self.export_order(&scope, id, &mut export).await?;
        }
        let Some(key) = person.key else { return Ok(export) };
        let query = OrderQuery::Customer(key);
        loop {
            let page = self.orders().page(&scope, &query, export.next.as_ref(), EXPORTED_AT_ONCE).await?;
            for summary in page.orders.iter().filter(|summary| person.order.as_ref() != Some(&summary.id)) {
                bytes += self.export_order(&scope, &summary.id, &mut export).await?;
            }
            export.next = page.next;
            if export.next.is_none() || bytes > EXPORT_BYTES {
                return Ok(export);
            }
        }
    }

    /// Its size in bytes.
    async fn export_order(&self, scope: &TenantScope, id: &OrderId, export: &mut Export) -> Result<usize> {
        let Some(mut dossier) = self.orders().dossier(scope, id, HISTORY_MAX).await? else { return Ok(0) };
        // What pays with their means is no knowledge about them.
        if let Some(means) = dossier.order.contact.as_mut().and_then(|contact| contact.means.as_deref_mut()) {
            (means.token, means.client_secret, means.url) = (None, None, None);
        }
        let order = serde_json::json!({ "order": dossier.order, "history": dossier.history, "messages": dossier.messages });
        let bytes = order.to_string().len();
        export.orders.push(order);
        Ok(bytes)
    }

    /// Forgets somebody: contact, free text, stored webhooks, photos, which order an address was written to about. Amounts, dates and
    /// statuses stay, and where they are not to be written to. Safe to repeat.
    pub async fn erase(&self, identity: &Identity, config: &TenantConfig, whose: &Whose, correlation: &CorrelationId) -> Result<Erased> {
        identity.require("admin", |scopes| scopes.admin)?;
        let scope = TenantScope::of(identity);
        let person = self.person(&scope, whose).await?;
        let by = Provenance { actor: identity.actor(), correlation: correlation.clone() };
        let context = Context { scope: &scope, config, by: &by };
        let mut erased = Erased { orders: 0, webhooks: 0 };
        while let Some(key) = &person.key {
            let page = self.orders().page(&scope, &OrderQuery::Customer(key.clone()), None, ORDERS_MAX).await?;
            let before = erased.orders;
            for summary in page.orders.iter().filter(|summary| person.order.as_ref() != Some(&summary.id)) {
                self.erase_order(context, &summary.id, &mut erased).await?;
            }
            if erased.orders == before {
                // None is left, or the index has not caught up with what we erased; it will.
                break;
            }
        }
        // Last: a call that died before finds the others by it again.
        if let Some(id) = &person.order {
            self.erase_order(context, id, &mut erased).await?;
        }
        if let Some(email) = &person.email {
            erased.webhooks += forget_parked(&*self.inbox, &scope, email).await?;
        }
        Ok(erased)
    }

    async fn erase_order(&self, context: Context<'_>, id: &OrderId, erased: &mut Erased) -> Result<()> {
        let scope = context.scope;
        // Nothing but the contact says which replies are theirs: they go first, so that a call that dies finds them again.
        if let Some(contact) = self.orders().load(scope, id).await?.and_then(|order| order.contact) {
            erased.webhooks += forget_replies(&*self.inbox, scope, &contact).await?;
        }
        let applied = self.apply.run(context, id, &Command::EraseContact, Alongside::default()).await?;
        erased.orders += usize::from(!applied.events.is_empty());
        let stores = Stores { orders: &**self.orders(), inbox: &*self.inbox, files: &*self.files, addresses: &*self.addresses };
        erased.webhooks += forget_traces(stores, scope, id, self.apply.clock.now()).await?;
        Ok(())
    }

    /// An address may be written to again: its mailbox works, or they have asked for it. Why it had not been, if so.
    pub async fn reopen(&self, identity: &Identity, channel: &str, who: &str) -> Result<Option<String>> {
        identity.require("admin", |scopes| scopes.admin)?;
        let scope = TenantScope::of(identity);
        let (channel, who) = whereabouts(channel, who)?;
        let (address, now) = (self.pseudonyms.address(scope.tenant(), channel, &who), self.apply.clock.now());
        let refused = self.addresses.reached(&scope, &address, now).await?.refused;
        if let Some(why) = &refused {
            self.addresses.refuse(&scope, &address, None, now).await?;
            let (tenant, by, channel) = (scope.tenant(), &identity.principal, channel.name());
            tracing::info!(%tenant, by, channel, why, "an address may be written to again");
        }
        Ok(refused)
    }
}

/// Webhooks about no order of ours have nothing but the address that says whose they are.
async fn forget_parked(inbox: &dyn InboxStore, scope: &TenantScope, email: &Email) -> Result<usize> {
    let theirs = |body: &str| match read(body) {
        Ok(report) => report.email == *email,
        Err(_) => names(body, email),
    };
    // An order that waits to be taken in is one all the same, of nobody.
    let nameless = |entry: &InboxEntry| waiting_order(entry).and_then(|order| json::text(&order.without_customer()).ok());
    let found = parked(inbox, scope, |entry| theirs(&entry.body).then(|| (entry.key.clone(), nameless(entry)))).await?;
    let (mut others, mut forgotten) = (Vec::new(), 0);
    for (key, nameless) in found {
        match nameless {
            Some(body) => forgotten += usize::from(inbox.replace_body(scope, &key, &body).await?),
            None => others.push(key),
        }
    }
    Ok(forgotten + inbox.forget_bodies(scope, &others).await?)
}

/// What they wrote from where nobody had written to them waits for a person.
async fn forget_replies(inbox: &dyn InboxStore, scope: &TenantScope, contact: &Contact) -> Result<usize> {
    let theirs: Vec<(Channel, String)> = contact.elsewhere().map(|(channel, who)| (channel, plain(channel, who))).collect();
    if theirs.is_empty() {
        return Ok(0);
    }
    let is_theirs = |entry: &InboxEntry| {
        let Some((channel, from)) = sender(entry) else { return false };
        theirs.contains(&(channel, plain(channel, &from)))
    };
    let keys: Vec<InboxKey> = parked(inbox, scope, |entry| is_theirs(entry).then(|| entry.key.clone())).await?;
    Ok(inbox.forget_bodies(scope, &keys).await?)
}

/// Erases the contact of an order, and before it what its customer wrote that waits for a person: nothing but the contact says whose that is.
/// What else names them is forgotten by whoever hears of it ([`forget_traces`]).
///
/// # Errors
/// `Retryable`; safe to repeat.
pub async fn erase_contact(apply: &Apply, inbox: &dyn InboxStore, context: Context<'_>, id: &OrderId) -> Result<()> {
    let Some(contact) = apply.orders.load(context.scope, id).await?.and_then(|order| order.contact) else { return Ok(()) };
    forget_replies(inbox, context.scope, &contact).await?;
    apply.run(context, id, &Command::EraseContact, Alongside::default()).await?;
    Ok(())
}

/// Takes the customer out of orders of another system that wait to be taken in, by their ids there.
///
/// # Errors
/// `Retryable`; safe to repeat.
pub(crate) async fn forget_waiting(inbox: &dyn InboxStore, scope: &TenantScope, commerce: Commerce, ids: &[String]) -> Result<()> {
    let nameless = |entry: &InboxEntry| {
        let theirs = waiting_order(entry).filter(|theirs| entry.key.endpoint == commerce.endpoint() && ids.contains(&theirs.id))?;
        Some((entry.key.clone(), json::text(&theirs.without_customer()).ok()?))
    };
    for (key, body) in parked(inbox, scope, nameless).await? {
        inbox.replace_body(scope, &key, &body).await?;
    }
    Ok(())
}

/// An order of another system that waits to be taken in, and names its customer.
fn waiting_order(entry: &InboxEntry) -> Option<CommerceOrder> {
    Commerce::of_endpoint(&entry.key.endpoint)?;
    serde_json::from_str::<CommerceOrder>(&entry.body).ok().filter(|theirs| theirs.customer.is_some())
}

/// Who wrote what waits for a person, if it is a customer's words.
fn sender(entry: &InboxEntry) -> Option<(Channel, String)> {
    let channel = channel_of(&entry.key.endpoint)?;
    match serde_json::from_str(&entry.body).ok()? {
        Incoming::Reply { from, .. } => Some((channel, from)),
        Incoming::Receipt { .. } => None,
    }
}

/// Reads a channel of customers' and who somebody is there.
fn whereabouts(channel: &str, who: &str) -> Result<(Channel, String)> {
    let fault = |field: &str, code: &str, text: &str| Error::Invalid(vec![Fault::new(field, code, text)]);
    let Some(channel) = Channel::of_customer(channel) else {
        return Err(fault("channel", "unknown_channel", "one of email, sms, whatsapp, telegram, instagram, facebook, push"));
    };
    let is_one = match channel {
        Channel::Email => Email::parse(who).is_ok(),
        Channel::Sms | Channel::Whatsapp => who.len() <= 40 && who.chars().any(|c| c.is_ascii_digit()),
        _ => (1..=256).contains(&who.len()) && who.chars().all(|c| !c.is_control() && !c.is_whitespace()),
    };
    if is_one { Ok((channel, who.to_owned())) } else { Err(fault("address", "bad_address", "nobody can be called so there")) }
}

/// Where traces of a customer stand.
#[derive(Clone, Copy)]
pub struct Stores<'a> {
    /// Orders.
    pub orders: &'a dyn OrderStore,
    /// Webhooks.
    pub inbox: &'a dyn InboxStore,
    /// Photos and labels.
    pub files: &'a dyn ReportStore,
    /// Addresses.
    pub addresses: &'a dyn AddressStore,
}

/// Forgets what names the customer of an order whose contact is erased: the webhooks it heard and those that wait
/// for a person, notes, message texts, photos, labels, and that its addresses were written to about it. How many webhooks had a body. Safe to
/// repeat.
pub async fn forget_traces(stores: Stores<'_>, scope: &TenantScope, id: &OrderId, now: Timestamp) -> Result<usize> {
    let Stores { orders, inbox, files, addresses } = stores;
    let Some(dossier) = orders.dossier(scope, id, HISTORY_MAX).await? else { return Ok(0) };
    let mut hooks: Vec<InboxKey> = dossier.history.iter().flat_map(|commit| &commit.events).filter_map(webhook_of).collect();
    let mut webhooks = 0;
    // Those that wait for a person are still to be applied: what they say of the order stays.
    let waiting = parked(inbox, scope, |entry| {
        let nameless = match serde_json::from_str::<CommerceOrder>(&entry.body) {
            Ok(theirs) => {
                (dossier.order.external_id.as_ref() == Some(&theirs.id)).then(|| json::text(&theirs.without_customer()).ok()).flatten()
            }
            Err(_) => read(&entry.body).ok().filter(|report| report.order_id == *id).map(|report| report.without_customer()),
        }?;
        Some((entry.key.clone(), (entry.body != nameless).then_some(nameless)))
    });
    for (waiting, nameless) in waiting.await? {
        hooks.retain(|key| *key != waiting);
        if let Some(nameless) = nameless {
            webhooks += usize::from(inbox.replace_body(scope, &waiting, &nameless).await?);
        }
    }
    webhooks += inbox.forget_bodies(scope, &hooks).await?;
    // A message is claimed before its address is remembered, and has the same name for it.
    let written_to: BTreeSet<Address> = dossier.messages.iter().filter_map(address_of).collect();
    for address in &written_to {
        addresses.forget(scope, address, id, now).await?;
    }
    orders.forget_words(scope, id).await?;
    photos::forget(files, scope, id).await?;
    dispatch::forget(files, scope, id).await?;
    Ok(webhooks)
}

/// Does a text name an address, and not one that only ends or begins like it?
fn names(text: &str, email: &Email) -> bool {
    let (text, address) = (text.to_lowercase(), email.expose().to_lowercase());
    let goes_on = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-' | '@'));
    text.match_indices(&address).any(|(at, _)| {
        let mut behind = text[at + address.len()..].chars();
        let (next, one_more) = (behind.next(), behind.next());
        // A full stop may end the sentence.
        let ends = !goes_on(next) || (next == Some('.') && !goes_on(one_more));
        ends && !goes_on(text[..at].chars().next_back())
    })
}

/// What is wanted of everything that waits for a person, read a few at a time.
async fn parked<T>(inbox: &dyn InboxStore, scope: &TenantScope, wanted: impl Fn(&InboxEntry) -> Option<T> + Send) -> Result<Vec<T>>
where
    T: Send,
{
    let (mut found, mut last): (Vec<T>, Option<InboxEntry>) = (Vec::new(), None);
    loop {
        let mut page = inbox.parked(scope, last.as_ref(), PARKED_PAGE).await?;
        found.extend(page.iter().filter_map(&wanted));
        match page.pop() {
            Some(end) if page.len() + 1 == PARKED_PAGE => last = Some(end),
            _ => return Ok(found),
        }
    }
}

/// Where a message to a customer went, if answers come from there.
fn address_of(message: &Message) -> Option<Address> {
    let channel = Channel::of_customer(&message.id.channel).filter(|channel| *channel != Channel::Email)?;
    Some(Address { channel, key: message.id.recipient.clone() })
}

fn webhook_of(event: &OrderEvent) -> Option<InboxKey> {
    match event {
        OrderEvent::FactHeard { fact, .. } => Some(InboxKey { endpoint: fact.source.to_string(), id: fact.id.to_string() }),
        _ => None,
    }
}

/// Reads an address from a request.
pub fn address(text: &str) -> Result<Email> {
    Email::parse(text).map_err(|why| Error::Invalid(vec![Fault::new("email", "bad_email", why.to_string())]))
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: X-08
    #[test]
    fn an_address_is_not_a_part_of_another() {
        let email = Email::parse("ann@example.com").unwrap();
        for theirs in [
            "{\"to\":\"Ann@Example.com\"}",
            "ann@example.com",
            "write to ann@example.com.",
            "<ann@example.com>, please",
            "mailto:ann@example.com?x",
        ] {
            assert!(names(theirs, &email), "{theirs}");
        }
        for others in ["joann@example.com", "ann@example.com.pl", "jo.ann@example.com", "ann@example.community", "x+ann@example.com", ""] {
            assert!(!names(others, &email), "{others}");
        }
        assert!(names("joann@example.com and ann@example.com", &email));
    }
}
