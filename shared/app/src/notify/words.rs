//! What a customer reads.

use crate::survey::CustomerLinks;
use crate::tenant::TenantConfig;
use domain::notify::{Beside, EmailContent, MessageKind, NotifyRules, Run, StatusFacts, Tongue, letter, slack_order_line};
use domain::order::{Label, Order};
use jiff::Timestamp;
use serde::Serialize;

/// What is to be said to a customer.
#[derive(Debug, Clone, Copy, Default)]
pub struct Saying<'a> {
    /// What of.
    pub kind: MessageKind,
    /// In the shop's words.
    pub text: Option<&'a str>,
    /// Where they say how it was, or see how far it has come.
    pub link: Option<&'a str>,
}

/// Pages that customers are given links to.
#[derive(Debug, Clone)]
pub struct CustomerPages {
    /// Signs links.
    pub links: CustomerLinks,
    /// The API's address as customers know it.
    pub base: String,
}

/// The letter that says it.
pub(super) fn letter_to(facts: &StatusFacts, config: &TenantConfig, tongue: Tongue, saying: Saying<'_>) -> EmailContent {
    letter(
        saying.kind,
        facts,
        &config.notify.rules,
        tongue,
        Beside { text: saying.text, survey: saying.link.filter(|_| saying.kind == MessageKind::FollowUp) },
    )
}

/// The customer's locale, else the shop's.
fn locale<'a>(order: &'a Order, config: &'a TenantConfig) -> &'a str {
    order.contact.as_ref().and_then(|contact| contact.locale.as_deref()).unwrap_or(&config.locale)
}

/// The language they are written to in.
pub(super) fn spoken(order: &Order, config: &TenantConfig) -> Tongue {
    Tongue::of_locale(locale(order, config))
}

pub(super) fn status_facts(order: &Order, config: &TenantConfig, now: Timestamp) -> StatusFacts {
    StatusFacts {
        order_id: order.id.to_string(),
        customer: order.contact.as_ref().map(|contact| contact.name.clone()),
        label: order.label(),
        eta: order.tracks.eta,
        today: config.today(now),
        shop_name: config.shop_name.clone(),
        run: Run::of(order),
    }
}

/// What would be sent about an order if it came to a status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// At which.
    pub status: &'static str,
    /// To the customer; none if the rules or the settings say none, or there is no address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<PreviewMail>,
    /// To the team; none if the rules say none, or there is nowhere to post.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slack: Option<String>,
}

/// An e-mail that would be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreviewMail {
    /// Subject line.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

/// What these rules would say of an order at every status, in the customer's language or the one given. Nothing is sent.
pub fn preview(order: &Order, config: &TenantConfig, rules: &NotifyRules, tongue: Option<Tongue>, now: Timestamp) -> Vec<Preview> {
    let tongue = tongue.unwrap_or_else(|| spoken(order, config));
    let contact = order.contact.as_ref();
    let (name, email) = (contact.map_or("-", |contact| contact.name.as_str()), contact.and_then(|contact| contact.email.as_ref()));
    let at = |label: Label| {
        let (rule, facts) = (rules.at(label), StatusFacts { label, ..status_facts(order, config, now) });
        let mail = || {
            let content = rules.email(&facts, tongue);
            PreviewMail { subject: content.subject, text: content.text }
        };
        Preview {
            status: label.text(),
            email: (rule.email && config.notify.email && email.is_some()).then(mail),
            slack: (rule.slack && config.notify.slack_webhook.is_some())
                .then(|| slack_order_line(order.id.as_str(), name, email, label, order.tracks.eta)),
        }
    };
    Label::ALL.into_iter().map(at).collect()
}
