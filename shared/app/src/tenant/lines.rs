//! A shop's own lines to its customers: the accounts by which they are written to, and by which they write back.

use super::Secret;
use domain::notify::Channel;
use domain::order::Fault;
use serde::{Deserialize, Serialize};

/// The lines that a shop has set up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lines {
    /// Text messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sms: Option<TwilioAccount>,
    /// WhatsApp.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whatsapp: Option<WhatsappNumber>,
    /// Telegram.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub telegram: Option<TelegramBot>,
    /// Instagram direct messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instagram: Option<MetaPage>,
    /// Facebook Messenger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facebook: Option<MetaPage>,
    /// Push notifications: the JSON key file of a service account that may send to the Firebase project it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push: Option<Secret>,
}

/// An account with Twilio, or with somebody who speaks as they do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TwilioAccount {
    /// Account SID, AC...
    pub account_sid: String,
    /// Auth token; what comes back is signed with it, too.
    pub auth_token: Secret,
    /// The token before it, while it is being changed: what is signed with it is still taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_auth_token: Option<Secret>,
    /// Number (+48600100200), short code, or sender's name of up to 11 characters.
    pub from: String,
}

/// A number on WhatsApp's Cloud API.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WhatsappNumber {
    /// The number's id, which is not the number.
    pub phone_number_id: String,
    /// Access token.
    pub token: Secret,
    /// An approved template with one text variable, which customers can be sent at any time. Without it they are only reached
    /// within a day after they wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// The languages it is approved in, as Meta writes them (en_US, pl); the first for customers who speak none of them. Empty:
    /// in every language that customers are written to in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub template_languages: Vec<String>,
    /// The app's secret, with which receipts and replies are signed. Without it none are taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_secret: Option<Secret>,
    /// The secret before it, while it is being changed: what is signed with it is still taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_app_secret: Option<Secret>,
    /// What the webhook is to be confirmed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify_token: Option<Secret>,
}

/// A bot on Telegram.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TelegramBot {
    /// Its token, 123456789:AA...
    pub token: Secret,
    /// `secret_token` of its webhook. Without it no replies are taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_secret: Option<Secret>,
    /// The secret before it, while it is being changed: what is signed with it is still taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_webhook_secret: Option<Secret>,
}

/// A page that writes on Instagram or Messenger.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MetaPage {
    /// The page's id.
    pub page_id: String,
    /// On Instagram, the id of the professional account that the page writes as: only what is sent to it is heard. Without it
    /// everything is that the app hears.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The page's access token.
    pub token: Secret,
    /// The app's secret, with which replies are signed. Without it none are taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_secret: Option<Secret>,
    /// The secret before it, while it is being changed: what is signed with it is still taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_app_secret: Option<Secret>,
    /// What the webhook is to be confirmed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify_token: Option<Secret>,
}

/// The account behind a line.
#[derive(Debug, Clone, Copy)]
pub enum Account<'a> {
    /// Text messages.
    Sms(&'a TwilioAccount),
    /// WhatsApp.
    Whatsapp(&'a WhatsappNumber),
    /// Telegram.
    Telegram(&'a TelegramBot),
    /// Instagram direct messages.
    Instagram(&'a MetaPage),
    /// Facebook Messenger.
    Facebook(&'a MetaPage),
    /// Push notifications: the JSON key file of a service account.
    Push(&'a Secret),
}

fn bad_token(secret: &Secret) -> bool {
    let token = secret.expose();
    !(10..=1_024).contains(&token.len()) || !token.bytes().all(|b| b.is_ascii_graphic())
}

fn is_number(id: &str) -> bool {
    (5..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit())
}

impl Lines {
    /// The account of a channel.
    pub fn account(&self, channel: Channel) -> Option<Account<'_>> {
        match channel {
            Channel::Sms => self.sms.as_ref().map(Account::Sms),
            Channel::Whatsapp => self.whatsapp.as_ref().map(Account::Whatsapp),
            Channel::Telegram => self.telegram.as_ref().map(Account::Telegram),
            Channel::Instagram => self.instagram.as_ref().map(Account::Instagram),
            Channel::Facebook => self.facebook.as_ref().map(Account::Facebook),
            Channel::Push => self.push.as_ref().map(Account::Push),
            Channel::Email | Channel::Slack | Channel::Discord | Channel::Webhook => None,
        }
    }

    /// Is there one?
    pub fn has(&self, channel: Channel) -> bool {
        self.account(channel).is_some()
    }

    /// Every secret, by the name of its setting.
    pub(super) fn secrets(&mut self) -> Vec<(&'static str, &mut Secret)> {
        let mut secrets = Vec::new();
        if let Some(sms) = &mut self.sms {
            secrets.push(("notify.lines.sms.auth_token", &mut sms.auth_token));
            secrets.extend(sms.old_auth_token.as_mut().map(|secret| ("notify.lines.sms.old_auth_token", secret)));
        }
        if let Some(number) = &mut self.whatsapp {
            secrets.push(("notify.lines.whatsapp.token", &mut number.token));
            secrets.extend(number.app_secret.as_mut().map(|secret| ("notify.lines.whatsapp.app_secret", secret)));
            secrets.extend(number.old_app_secret.as_mut().map(|secret| ("notify.lines.whatsapp.old_app_secret", secret)));
            secrets.extend(number.verify_token.as_mut().map(|secret| ("notify.lines.whatsapp.verify_token", secret)));
        }
        if let Some(bot) = &mut self.telegram {
            secrets.push(("notify.lines.telegram.token", &mut bot.token));
            secrets.extend(bot.webhook_secret.as_mut().map(|secret| ("notify.lines.telegram.webhook_secret", secret)));
            secrets.extend(bot.old_webhook_secret.as_mut().map(|secret| ("notify.lines.telegram.old_webhook_secret", secret)));
        }
        let pages = [
            (
                &mut self.instagram,
                [
                    "notify.lines.instagram.token",
                    "notify.lines.instagram.app_secret",
                    "notify.lines.instagram.old_app_secret",
                    "notify.lines.instagram.verify_token",
                ],
            ),
            (
                &mut self.facebook,
                [
                    "notify.lines.facebook.token",
                    "notify.lines.facebook.app_secret",
                    "notify.lines.facebook.old_app_secret",
                    "notify.lines.facebook.verify_token",
                ],
            ),
        ];
        for (page, [token, app_secret, old_app_secret, verify_token]) in pages {
            let Some(page) = page else { continue };
            secrets.push((token, &mut page.token));
            secrets.extend(page.app_secret.as_mut().map(|secret| (app_secret, secret)));
            secrets.extend(page.old_app_secret.as_mut().map(|secret| (old_app_secret, secret)));
            secrets.extend(page.verify_token.as_mut().map(|secret| (verify_token, secret)));
        }
        secrets.extend(self.push.as_mut().map(|key| ("notify.lines.push", key)));
        secrets
    }

    /// Everything that is wrong with them.
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults: Vec<Fault> = self.sms.iter().flat_map(TwilioAccount::faults).collect();
        let mut fault = |field: &str, code: &str, hint: &str| faults.push(Fault::new(format!("notify.lines.{field}"), code, hint));
        if let Some(number) = &self.whatsapp {
            if !is_number(&number.phone_number_id) {
                fault("whatsapp.phone_number_id", "bad_id", "the number's id: digits only");
            }
            let is_name = |name: &String| {
                (1..=512).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            };
            if number.template.as_ref().is_some_and(|name| !is_name(name)) {
                fault("whatsapp.template", "bad_name", "the template's name: lower-case letters, digits and underscores");
            }
            let is_tag = |tag: &String| (2..=8).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
            if number.template_languages.len() > 20 || !number.template_languages.iter().all(is_tag) {
                fault("whatsapp.template_languages", "bad_language", "at most 20 languages as Meta writes them: en_US, pl");
            }
            if bad_token(&number.token)
                || [&number.app_secret, &number.old_app_secret, &number.verify_token].into_iter().flatten().any(bad_token)
            {
                fault("whatsapp", "bad_token", "tokens and secrets of 10 to 1024 characters without spaces");
            }
        }
        if let Some(bot) = &self.telegram {
            let token = bot.token.expose();
            let good = token.split_once(':').is_some_and(|(id, key)| {
                id.bytes().all(|b| b.is_ascii_digit()) && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
            });
            if bad_token(&bot.token) || !good {
                fault("telegram.token", "bad_token", "the bot's token, 123456789:AA...");
            }
            if [&bot.webhook_secret, &bot.old_webhook_secret].into_iter().flatten().any(bad_token) {
                fault("telegram.webhook_secret", "bad_token", "10 to 256 letters, digits, dashes and underscores");
            }
        }
        for (name, page) in [("instagram", &self.instagram), ("facebook", &self.facebook)] {
            let Some(page) = page else { continue };
            if !is_number(&page.page_id) {
                fault(&format!("{name}.page_id"), "bad_id", "the page's id: digits only");
            }
            if page.account_id.as_ref().is_some_and(|id| !is_number(id)) {
                fault(&format!("{name}.account_id"), "bad_id", "the professional account's id: digits only");
            }
            if bad_token(&page.token) || [&page.app_secret, &page.old_app_secret, &page.verify_token].into_iter().flatten().any(bad_token) {
                fault(name, "bad_token", "tokens and secrets of 10 to 1024 characters without spaces");
            }
        }
        if self.push.as_ref().is_some_and(|key| key.expose().is_empty() || key.expose().len() > 16 * 1024) {
            fault("push", "bad_key", "the JSON key file of one service account");
        }
        faults
    }
}

impl TwilioAccount {
    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.account_sid.len() != 34
            || !self.account_sid.starts_with("AC")
            || !self.account_sid.bytes().all(|b| b.is_ascii_alphanumeric())
        {
            faults.push(Fault::new("notify.lines.sms.account_sid", "bad_id", "34 letters and digits that begin with AC"));
        }
        if bad_token(&self.auth_token) || self.old_auth_token.as_ref().is_some_and(bad_token) {
            faults.push(Fault::new("notify.lines.sms.auth_token", "bad_token", "the account's auth token"));
        }
        let number = self.from.strip_prefix('+').unwrap_or(&self.from);
        let dialled = (3..=15).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
        let named = (1..=11).contains(&self.from.len()) && self.from.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ');
        if !dialled && !named {
            let hint = "a number such as +48600100200, or a name of up to 11 letters and digits";
            faults.push(Fault::new("notify.lines.sms.from", "bad_sender", hint));
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(id: &str, token: &str) -> MetaPage {
        MetaPage { page_id: id.into(), token: Secret::new(token), ..MetaPage::default() }
    }

    // req: S1-33
    #[test]
    fn lines_that_could_not_work_are_refused() {
        let codes = |lines: Lines| lines.faults().into_iter().map(|fault| (fault.field, fault.code)).collect::<Vec<_>>();
        let twilio = |sid: &str, token: &str, from: &str| Lines {
            sms: Some(TwilioAccount {
                account_sid: sid.into(),
                auth_token: Secret::new(token),
                from: from.into(),
                ..TwilioAccount::default()
            }),
            ..Lines::default()
        };
        let sid = "ACDEMODEMODEMODEMODEMODEMODEMODEMO";
        for from in ["+48600100200", "12345", "Demo Shop"] {
            assert_eq!(codes(twilio(sid, "a-good-token", from)), [], "{from}");
        }
        for (sid, token, from, field) in [
            ("AC1", "a-good-token", "12345", "account_sid"),
            ("AC0123456789abcdef0123456789abcde/", "a-good-token", "12345", "account_sid"),
            (sid, "short", "12345", "auth_token"),
            (sid, "with a space in it", "12345", "auth_token"),
            (sid, "a-good-token", "", "from"),
            (sid, "a-good-token", "A Very Long Name", "from"),
            (sid, "a-good-token", "+12", "from"),
        ] {
            assert_eq!(codes(twilio(sid, token, from))[0].0, format!("notify.lines.sms.{field}"), "{sid} {token} {from}");
        }
        let bot =
            |token: &str| Lines { telegram: Some(TelegramBot { token: Secret::new(token), ..TelegramBot::default() }), ..Lines::default() };
        assert_eq!(codes(bot("123456789:AAbb-CC_dd")), []);
        for token in ["", "AAbbCCdd:123456", "123456789:AA/../getMe", "123456789:AA?x=1", "123456789"] {
            assert_eq!(codes(bot(token)), [("notify.lines.telegram.token".to_owned(), "bad_token".to_owned())], "{token}");
        }
        assert_eq!(codes(Lines { facebook: Some(page("106540352242922", "EAAG-a-token")), ..Lines::default() }), []);
        let odd = codes(Lines { instagram: Some(page("../me", "short")), ..Lines::default() });
        assert_eq!(odd.iter().map(|fault| fault.1.as_str()).collect::<Vec<_>>(), ["bad_id", "bad_token"]);
    }
}
