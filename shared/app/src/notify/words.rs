//! What a customer reads.

use crate::survey::SurveyLinks;
use crate::tenant::TenantConfig;
use domain::ask::Lang;
use domain::email::Email;
use domain::notify::{Beside, EmailContent, MessageKind, NotifyRules, StatusFacts, letter, slack_order_line};
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
    /// Where they say how it was.
    pub survey: Option<&'a str>,
}

/// Where customers say how it was.
#[derive(Debug, Clone)]
pub struct SurveyAt {
    /// Signs links.
    pub links: SurveyLinks,
    /// The API's address as customers know it.
    pub base: String,
}

/// What the customer of an order reads, and where; none if they cannot be written to.
pub fn customer_message<'a>(
    order: &'a Order,
    config: &TenantConfig,
    saying: Saying<'_>,
    now: Timestamp,
) -> Option<(&'a Email, EmailContent)> {
    let contact = order.contact.as_ref().filter(|_| config.notify.email)?;
    let to = contact.email.as_ref()?;
    let beside = Beside { text: saying.text, survey: saying.survey };
    Some((to, letter(saying.kind, &status_facts(order, config, now), &config.notify.rules, language(order, config), beside)))
}

/// The customer's language, else the shop's.
fn language(order: &Order, config: &TenantConfig) -> Lang {
    let theirs = order.contact.as_ref().and_then(|contact| contact.locale.as_deref());
    Lang::of_locale(theirs.unwrap_or(&config.locale))
}

fn status_facts(order: &Order, config: &TenantConfig, now: Timestamp) -> StatusFacts {
    StatusFacts {
        order_id: order.id.to_string(),
        customer: order.contact.as_ref().map(|contact| contact.name.clone()),
        label: order.label(),
        eta: order.tracks.eta,
        today: config.today(now),
        shop_name: config.shop_name.clone(),
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
pub fn preview(order: &Order, config: &TenantConfig, rules: &NotifyRules, lang: Option<Lang>, now: Timestamp) -> Vec<Preview> {
    let lang = lang.unwrap_or_else(|| language(order, config));
    let contact = order.contact.as_ref();
    let (name, email) = (contact.map_or("-", |contact| contact.name.as_str()), contact.and_then(|contact| contact.email.as_ref()));
    let at = |label: Label| {
        let (rule, facts) = (rules.at(label), StatusFacts { label, ..status_facts(order, config, now) });
        let mail = || {
            let content = rules.email(&facts, lang);
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
