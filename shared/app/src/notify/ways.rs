//! The ways to a customer, and what they read on each.

use super::words::{Saying, letter_to, spoken, status_facts};
use crate::tenant::TenantConfig;
use domain::notify::{Channel, EmailContent, ShortFacts, gsm_only, seed, short, without_emoji};
use domain::order::Order;
use domain::pii::{mask_email, mask_handle, mask_phone};
use jiff::Timestamp;

/// A way to a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// By which channel.
    pub channel: Channel,
    /// Who they are there.
    pub to: String,
}

impl Way {
    /// For people who need not dial it.
    pub fn masked(&self) -> String {
        match self.channel {
            Channel::Email => mask_email(&self.to),
            Channel::Sms | Channel::Whatsapp => mask_phone(&self.to),
            _ => mask_handle(&self.to),
        }
    }
}

/// The ways to the customer of an order, the best first: those that the shop has open, that reach them, and that they have
/// agreed to.
pub fn ways(order: &Order, config: &TenantConfig) -> Vec<Way> {
    let Some(contact) = &order.contact else { return Vec::new() };
    let way = |channel: Channel| contact.reach(channel).map(|to| Way { channel, to: to.to_owned() });
    config.notify.open().into_iter().filter_map(way).collect()
}

/// The best way that would reach the customer if they had agreed to it.
pub fn not_agreed(order: &Order, config: &TenantConfig) -> Option<Way> {
    let contact = order.contact.as_ref()?;
    let way = |channel: Channel| {
        let to = match channel {
            Channel::Sms | Channel::Whatsapp => contact.phone.as_ref(),
            channel => contact.chats.get(&channel),
        };
        to.filter(|_| contact.reach(channel).is_none()).map(|to| Way { channel, to: to.clone() })
    };
    config.notify.open().into_iter().find_map(way)
}

/// What a customer reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A letter.
    Mail(EmailContent),
    /// A few words.
    Short(String),
}

impl Content {
    /// The subject line, if it has one.
    pub fn subject(&self) -> Option<&str> {
        match self {
            Content::Mail(mail) => Some(&mail.subject),
            Content::Short(_) => None,
        }
    }

    /// The text.
    pub fn text(&self) -> &str {
        match self {
            Content::Mail(mail) => &mail.text,
            Content::Short(text) => text,
        }
    }
}

/// What the customer of an order reads on a channel.
pub fn content(order: &Order, config: &TenantConfig, channel: Channel, saying: Saying<'_>, now: Timestamp) -> Content {
    let facts = status_facts(order, config, now);
    let brief = || {
        let plain = seed(saying.kind.at(facts.label), saying.link).filter(|_| config.notify.plain_words && saying.text.is_none());
        let facts = ShortFacts {
            order_id: facts.order_id.clone(),
            customer: facts.customer.clone(),
            label: facts.label,
            ships_on: None,
            eta: facts.eta,
            today: facts.today,
            link: saying.link.map(str::to_owned),
            shop_name: facts.shop_name.clone(),
            run: facts.run,
        };
        let text = plain.or_else(|| short(channel, saying.kind, &facts, spoken(order, config), saying.text))?;
        Some(if channel == Channel::Sms { gsm_only(&without_emoji(&text)) } else { text })
    };
    match brief() {
        Some(text) => Content::Short(text),
        None => Content::Mail(letter_to(&facts, config, spoken(order, config), saying)),
    }
}

/// The best way to the customer of an order and what they would read there; none if they cannot be written to.
pub fn customer_message(order: &Order, config: &TenantConfig, saying: Saying<'_>, now: Timestamp) -> Option<(Way, Content)> {
    let way = ways(order, config).into_iter().next()?;
    let content = content(order, config, way.channel, saying, now);
    Some((way, content))
}
