//! Whom to tell, and how: the ways to customers, and where the team reads.

use super::address::is_address;
use super::hooks::signs;
use super::{Lines, Secret};
use domain::notify::{Audience, Channel, NotifyRules};
use domain::order::Fault;
use serde::{Deserialize, Serialize};

/// An address of a team's own. What is told there is signed as Standard Webhooks are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TeamWebhook {
    /// Where.
    pub url: Secret,
    /// whsec_...
    pub secret: Secret,
}

/// Where a team reads.
#[derive(Debug, Clone, Copy)]
pub struct TeamLine<'a> {
    /// Whose interface it is.
    pub chat: Channel,
    /// The address of the incoming webhook.
    pub address: &'a Secret,
    /// What is sent there is signed with.
    pub key: Option<&'a Secret>,
}

/// Whom to tell, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NotifySettings {
    /// Tell customers by e-mail.
    pub email: bool,
    /// The sender; must be verified in SES.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The team's Slack incoming webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slack_webhook: Option<Secret>,
    /// The team's Slack app, which can also post files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slack_bot: Option<SlackBot>,
    /// What is said at which status, and how.
    pub rules: NotifyRules,
    /// Ways to customers, the best first: a message goes by the first one that the shop has set up, that reaches the customer, and
    /// that they have agreed to.
    pub channels: Vec<Channel>,
    /// Short messages in plain words without a name, as documented, instead of personal ones.
    pub plain_words: bool,
    /// The shop's own lines to customers, beside e-mail.
    pub lines: Lines,
    /// The team's Discord incoming webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discord_webhook: Option<Secret>,
    /// An address of the team's own, which is told what their chats are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<TeamWebhook>,
}

/// A Slack app of the team's: with a webhook alone, reports come as links.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SlackBot {
    /// Its bot token (xoxb-...), with the scope `files:write`.
    pub token: Secret,
    /// Where it posts: a channel's id (C...), of which it is a member.
    pub channel: String,
}

impl SlackBot {
    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let token = self.token.expose();
        if !(10..=300).contains(&token.len()) || !token.bytes().all(|b| b.is_ascii_graphic()) {
            faults.push(Fault::new("notify.slack_bot.token", "bad_token", "the app's bot token, xoxb-..."));
        }
        if !(3..=40).contains(&self.channel.len()) || !self.channel.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
            faults.push(Fault::new("notify.slack_bot.channel", "bad_channel", "the channel's id, such as C0123456789"));
        }
        faults
    }
}

impl Default for NotifySettings {
    fn default() -> Self {
        NotifySettings {
            email: true,
            from: None,
            slack_webhook: None,
            slack_bot: None,
            rules: NotifyRules::default(),
            channels: vec![Channel::Email],
            plain_words: false,
            lines: Lines::default(),
            discord_webhook: None,
            webhook: None,
        }
    }
}

impl NotifySettings {
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.from.as_deref().is_some_and(|from| !is_sender(from)) {
            faults.push(Fault::new("notify.from", "bad_email", "orders@shop.example or Shop <orders@shop.example>"));
        }
        let web = |url: &Secret| {
            let url = url.expose();
            url.len() <= 500 && url.starts_with("http") && url.bytes().all(|b| b.is_ascii_graphic())
        };
        if self.slack_webhook.as_ref().is_some_and(|url| !web(url)) {
            faults.push(Fault::new(
                "notify.slack_webhook",
                "bad_url",
                "the address of an incoming webhook, https://hooks.slack.com/services/...",
            ));
        }
        if self.discord_webhook.as_ref().is_some_and(|url| !web(url)) {
            let hint = "the address of an incoming webhook, https://discord.com/api/webhooks/...";
            faults.push(Fault::new("notify.discord_webhook", "bad_url", hint));
        }
        if let Some(own) = &self.webhook {
            if !is_address(own.url.expose()) {
                faults.push(Fault::new("notify.webhook.url", "bad_url", "an address of yours that begins with https://"));
            }
            if !signs(&own.secret) {
                faults.push(Fault::new("notify.webhook.secret", "bad_secret", "whsec_ and 24 to 64 bytes in base64"));
            }
        }
        faults.extend(self.rules.faults("notify.rules"));
        faults.extend(self.slack_bot.iter().flat_map(SlackBot::faults));
        faults.extend(self.lines.faults());
        for (at, channel) in self.channels.iter().enumerate() {
            let place = format!("notify.channels[{at}]");
            if channel.audience() != Audience::Customer {
                faults.push(Fault::new(place, "unknown_channel", "email, sms, whatsapp, telegram, instagram, facebook or push"));
            } else if self.channels[..at].contains(channel) {
                faults.push(Fault::new(place, "duplicate", "once is enough"));
            } else if *channel != Channel::Email && !self.lines.has(*channel) {
                let why = format!("no line is set up for it: fill notify.lines.{} first", channel.name());
                faults.push(Fault::new(place, "no_line", why));
            }
        }
        if self.slack_bot.is_some() && self.slack_webhook.is_none() {
            let why = "a bot posts files; whatever is text goes to the webhook, so it needs one beside it";
            faults.push(Fault::new("notify.slack_webhook", "required", why));
        }
        faults
    }
}

impl NotifySettings {
    /// The ways to customers that are open, the best first.
    pub fn open(&self) -> Vec<Channel> {
        let is_open = |channel: &Channel| if *channel == Channel::Email { self.email } else { self.lines.has(*channel) };
        self.channels.iter().copied().filter(is_open).collect()
    }

    /// Where the team reads.
    pub fn team(&self) -> impl Iterator<Item = TeamLine<'_>> {
        let chat = |chat: Channel| move |address| TeamLine { chat, address, key: None };
        let own = self.webhook.iter().map(|own| TeamLine { chat: Channel::Webhook, address: &own.url, key: Some(&own.secret) });
        self.slack_webhook.iter().map(chat(Channel::Slack)).chain(self.discord_webhook.iter().map(chat(Channel::Discord))).chain(own)
    }

    /// Every secret among them, by the name of its setting.
    pub fn secrets(&mut self) -> Vec<(&'static str, &mut Secret)> {
        let mut secrets = self.lines.secrets();
        secrets.extend(self.slack_webhook.as_mut().map(|secret| ("notify.slack_webhook", secret)));
        secrets.extend(self.discord_webhook.as_mut().map(|secret| ("notify.discord_webhook", secret)));
        if let Some(own) = &mut self.webhook {
            secrets.push(("notify.webhook.url", &mut own.url));
            secrets.push(("notify.webhook.secret", &mut own.secret));
        }
        secrets.extend(self.slack_bot.as_mut().map(|bot| ("notify.slack_bot.token", &mut bot.token)));
        secrets
    }

    /// What is wrong with a sender that the installation's verified identity, an address or a domain, does not cover:
    /// every mail from it would be refused.
    pub fn foreign_sender(&self, identity: &str) -> Option<Fault> {
        let from = self.from.as_deref()?.trim_end_matches('>').to_lowercase();
        let address = from.rsplit('<').next().unwrap_or_default();
        let identity = identity.to_lowercase();
        let domain = address.rsplit('@').next().unwrap_or_default();
        let covered = address == identity || domain == identity || domain.ends_with(&format!(".{identity}"));
        let message = format!("mails are sent as {identity} here; have the installation's MailIdentity changed to send as another");
        (!covered).then(|| Fault::new("notify.from", "foreign_sender", message))
    }
}

/// An address, or a name with one: what may stand in `From`.
fn is_sender(text: &str) -> bool {
    let (name, address) = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((name, address)) => (name.trim(), address),
        None => ("", text),
    };
    // Letters outside ASCII would have to be encoded there.
    let plain = |c: char| c.is_ascii() && !c.is_control() && !matches!(c, '<' | '>' | '"' | ',' | ';' | ':' | '\\' | '(' | ')' | '@');
    name.chars().count() <= 80 && name.chars().all(plain) && domain::email::Email::parse(address).is_ok()
}
