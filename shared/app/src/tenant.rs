//! A tenant's settings: what a shop decides, validated and versioned as one document.

use crate::ports::SheetSettings;
use domain::money::Currency;
use domain::order::progress::ProgressRules;
use domain::order::{Fault, Vocabulary};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// A secret that is stored with the settings. It has no `Debug` and no `Display`; the API shows only
/// whether it is set.
#[derive(Clone)]
pub struct Secret(pub SecretString);

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Secret {
        Secret(SecretString::from(value.into()))
    }

    /// The value, for the one place that needs it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Secret) -> bool {
        use subtle::ConstantTimeEq;
        self.expose().as_bytes().ct_eq(other.expose().as_bytes()).into()
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Secret::new(String::deserialize(deserializer)?))
    }
}

/// How a sender signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureScheme {
    /// Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
    StandardWebhooks,
    /// HMAC-SHA256 of the raw body in `x-signature`, hex or base64, optionally as `sha256=...`.
    Hmac,
}

/// One address that takes status webhooks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HookEndpoint {
    /// Last part of its address.
    pub name: String,
    /// How the sender signs.
    pub scheme: SignatureScheme,
    /// Secrets that are good now: one, or two during a rotation. Never none.
    pub secrets: Vec<Secret>,
    /// Whose words it speaks.
    pub vocabulary: Vocabulary,
    /// Whether customers are told of what follows from it.
    pub notify: bool,
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
}

impl Default for NotifySettings {
    fn default() -> Self {
        NotifySettings { email: true, from: None, slack_webhook: None }
    }
}

/// Everything a tenant decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TenantConfig {
    /// Saves so far; the optimistic lock.
    pub version: u64,
    /// Shown in messages.
    pub shop_name: String,
    /// IANA name; "today" is today there.
    pub time_zone: String,
    /// Language of messages to customers whose own is unknown: "en", "pl".
    pub locale: String,
    /// Incoming webhooks.
    pub hooks: Vec<HookEndpoint>,
    /// Outgoing messages.
    pub notify: NotifySettings,
    /// The sheet its orders come from, if they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<SheetSettings>,
    /// When orders move on by themselves.
    pub progress: ProgressRules,
    /// Hour of the day, shop time, at which the daily report is made.
    pub report_hour: u8,
    /// Language-model tokens a day; 0 = no model is asked.
    pub llm_tokens_per_day: u32,
    /// Requests a minute for one credential.
    pub requests_per_minute: u32,
}

impl Default for TenantConfig {
    fn default() -> Self {
        TenantConfig {
            version: 0,
            shop_name: "Our shop".into(),
            time_zone: "UTC".into(),
            locale: "en".into(),
            hooks: Vec::new(),
            notify: NotifySettings::default(),
            sheet: None,
            progress: ProgressRules::default(),
            report_hour: 6,
            llm_tokens_per_day: 200_000,
            requests_per_minute: 600,
        }
    }
}

impl TenantConfig {
    /// The shop's time zone. Validated on save; UTC if the zone has since left the database.
    pub fn zone(&self) -> jiff::tz::TimeZone {
        jiff::tz::TimeZone::get(&self.time_zone).unwrap_or(jiff::tz::TimeZone::UTC)
    }

    /// The day it is in the shop.
    pub fn today(&self, now: jiff::Timestamp) -> jiff::civil::Date {
        now.to_zoned(self.zone()).date()
    }

    /// An endpoint by name.
    pub fn hook(&self, name: &str) -> Option<&HookEndpoint> {
        self.hooks.iter().find(|hook| hook.name == name)
    }

    /// Everything that is wrong with it.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.shop_name.trim().is_empty() || self.shop_name.chars().count() > 80 || self.shop_name.chars().any(char::is_control) {
            faults.push(Fault::new("shop_name", "bad_name", "1 to 80 printable characters"));
        }
        if jiff::tz::TimeZone::get(&self.time_zone).is_err() {
            faults.push(Fault::new("time_zone", "unknown_zone", "an IANA name such as Europe/Warsaw"));
        }
        if self.report_hour > 23 {
            faults.push(Fault::new("report_hour", "out_of_range", "0 to 23"));
        }
        if self.hooks.len() > 50 {
            faults.push(Fault::new("hooks", "too_many", "at most 50 endpoints"));
        }
        for (at, hook) in self.hooks.iter().enumerate() {
            let name_ok = !hook.name.is_empty()
                && hook.name.len() <= 32
                && hook.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            if !name_ok {
                faults.push(Fault::new(format!("hooks[{at}].name"), "bad_name", "1 to 32 lower-case letters, digits and dashes"));
            }
            if hook.secrets.is_empty() || hook.secrets.len() > 3 || hook.secrets.iter().any(|secret| secret.expose().len() < 16) {
                faults.push(Fault::new(format!("hooks[{at}].secrets"), "weak_secret", "one to three secrets of at least 16 characters"));
            }
            if self.hooks[..at].iter().any(|other| other.name == hook.name) {
                faults.push(Fault::new(format!("hooks[{at}].name"), "duplicate", "another endpoint has this name"));
            }
        }
        if let Some(sheet) = &self.sheet {
            let id = sheet.spreadsheet_id.as_str();
            if !(10..=100).contains(&id.len()) || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
                let hint = "the part of the sheet's address between /d/ and /edit";
                faults.push(Fault::new("sheet.spreadsheet_id", "bad_id", hint));
            }
            if sheet.worksheet.as_ref().is_some_and(|name| name.trim().is_empty() || name.chars().count() > 100) {
                faults.push(Fault::new("sheet.worksheet", "bad_name", "1 to 100 characters, or nothing for the first worksheet"));
            }
            if Currency::parse(&sheet.currency).is_err() {
                faults.push(Fault::new("sheet.currency", "unknown_currency", "three letters such as EUR"));
            }
            if sheet.service_account.expose().len() > 16 * 1024 {
                faults.push(Fault::new("sheet.service_account", "too_long", "the JSON key file of one service account"));
            }
        }
        if self.requests_per_minute == 0 {
            faults.push(Fault::new("requests_per_minute", "out_of_range", "at least 1"));
        }
        faults
    }
}
