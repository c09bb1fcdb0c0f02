//! A tenant's settings: what a shop decides, validated and versioned as one document.

use crate::commerce::Commerce;
use crate::error::{Error, Result};
use crate::ports::{SheetSettings, TenantStore};
use crate::scope::TenantScope;
use domain::exception::ExceptionRules;
use domain::money::Currency;
use domain::notify::{NotifyRules, QuietHours};
use domain::order::progress::{Mode, ProgressRules};
use domain::order::{Fault, Order, SagaRules, WatchRules, Watched, progress};
use domain::price::{GUARDRAIL_BPS, PriceRules};
use domain::shipping::tax::ChargeRules;
use domain::sla::SlaRules;
use domain::stock::{ReorderRules, StockRules};
use serde::{Deserialize, Serialize};

mod address;
mod adviser;
mod hooks;
mod lines;
mod notify;
mod payments;
mod saleor;
mod secret;
mod shipping;
mod shopify;

pub use adviser::AdviserSettings;
pub use hooks::{HookEndpoint, SignatureScheme};
pub use lines::{Account, Lines, MetaPage, TelegramBot, TwilioAccount, WhatsappNumber};
pub use notify::{NotifySettings, SlackBot, TeamLine, TeamWebhook};
pub use payments::PaymentSettings;
pub use saleor::SaleorSettings;
pub use secret::Secret;
pub use shipping::{AccountWith, Origin, ShippingSettings};
pub use shopify::ShopifySettings;

/// The list of delayed orders, mailed each day.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DelayedSettings {
    /// To whom. Nobody: it is only kept with the other reports.
    pub recipients: Vec<String>,
    /// Subject line; `{date}` becomes the shop's date and time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Whether a day without delayed orders is worth a line of mail.
    pub also_when_none: bool,
}

impl DelayedSettings {
    /// Unless the shop has a subject of its own.
    pub const SUBJECT: &'static str = "Delayed Orders Report – {date}";
}

/// Who gets which report.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ReportSettings {
    /// Who gets the daily workbook by mail.
    pub recipients: Vec<String>,
    /// The list of delayed orders.
    pub delayed: DelayedSettings,
}

impl ReportSettings {
    /// Recipients of one report.
    const RECIPIENTS_MAX: usize = 20;

    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (at, list) in [("reports.recipients", &self.recipients), ("reports.delayed.recipients", &self.delayed.recipients)] {
            if list.len() > Self::RECIPIENTS_MAX {
                faults.push(Fault::new(at, "too_many", format!("at most {} addresses", Self::RECIPIENTS_MAX)));
            }
            for (index, address) in list.iter().enumerate() {
                if domain::email::Email::parse(address).is_err() {
                    faults.push(Fault::new(format!("{at}[{index}]"), "bad_email", "an address such as ops@shop.example"));
                }
            }
        }
        let printable = |text: &String| (1..=150).contains(&text.trim().chars().count()) && !text.chars().any(char::is_control);
        if self.delayed.subject.as_ref().is_some_and(|subject| !printable(subject)) {
            faults.push(Fault::new("reports.delayed.subject", "bad_text", "1 to 150 printable characters; {date} becomes date and time"));
        }
        faults
    }
}

/// Whether customers are asked how it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FollowUpRules {
    /// They are, by e-mail, once an order.
    pub enabled: bool,
    /// So long after it has arrived, in hours.
    pub after_delivered_h: u32,
}

impl Default for FollowUpRules {
    fn default() -> Self {
        FollowUpRules { enabled: false, after_delivered_h: 72 }
    }
}

/// What is put into the bucket for analyses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExportSettings {
    /// Each day when it is over.
    pub daily: bool,
}

/// What warehouses and carriers tell with a key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IngestSettings {
    /// Whether customers are told of what follows from it.
    pub notify: bool,
}

/// How often, and when, customers may be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Governor {
    /// Messages about one order within 24 hours; 0 = no limit.
    pub per_day: u32,
    /// Hours of the customer's day in which nobody is written to by themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet: Option<QuietHours>,
}

impl Default for Governor {
    fn default() -> Self {
        Governor { per_day: 10, quiet: None }
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
    /// Events that come in with a key.
    pub ingest: IngestSettings,
    /// Outgoing messages.
    pub notify: NotifySettings,
    /// The sheet its orders come from, if they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<SheetSettings>,
    /// The Saleor that its orders are kept in, too, if they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saleor: Option<SaleorSettings>,
    /// The Shopify that the shop's orders come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shopify: Option<ShopifySettings>,
    /// How long orders may wait before they need a person.
    pub watch: WatchRules,
    /// By when orders have to be how far.
    pub sla: SlaRules,
    /// How what goes wrong is worked on.
    pub exceptions: ExceptionRules,
    /// When little is left of something.
    pub stock: StockRules,
    /// Whether prices are proposed, and who accepts them.
    pub pricing: PriceRules,
    /// When orders move on by themselves.
    pub progress: ProgressRules,
    /// What comes on top of orders whose sender says nothing of tax and shipping.
    pub charges: ChargeRules,
    /// How money is collected for orders that are placed here.
    pub payments: PaymentSettings,
    /// By whom parcels go, and from where.
    pub shipping: ShippingSettings,
    /// How orders that are placed here are checked, reviewed and set aside.
    pub workflow: SagaRules,
    /// A service of the shop's that is asked about its orders.
    pub adviser: AdviserSettings,
    /// Whether customers are asked how it was.
    pub follow_up: FollowUpRules,
    /// How often, and when, customers may be written to.
    pub governor: Governor,
    /// Hour of the day, shop time, at which the daily report is made.
    pub report_hour: u8,
    /// Who gets which report.
    pub reports: ReportSettings,
    /// What is put into the bucket for analyses.
    pub export: ExportSettings,
    /// How a language model is to word answers, in the shop's words: "short, a little formal". It cannot change facts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub llm_style: Option<String>,
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
            ingest: IngestSettings::default(),
            notify: NotifySettings::default(),
            sheet: None,
            saleor: None,
            shopify: None,
            watch: WatchRules::default(),
            sla: SlaRules::default(),
            exceptions: ExceptionRules::default(),
            stock: StockRules::default(),
            pricing: PriceRules::default(),
            progress: ProgressRules::default(),
            charges: ChargeRules::default(),
            payments: PaymentSettings::default(),
            shipping: ShippingSettings::default(),
            workflow: SagaRules::default(),
            adviser: AdviserSettings::default(),
            follow_up: FollowUpRules::default(),
            governor: Governor::default(),
            report_hour: 6,
            reports: ReportSettings::default(),
            export: ExportSettings::default(),
            llm_style: None,
            llm_tokens_per_day: 200_000,
            requests_per_minute: 600,
        }
    }
}

fn stock_faults(rules: &ReorderRules) -> Vec<Fault> {
    let mut faults = Vec::new();
    if !(1..=1_000_000).contains(&rules.max_stock) {
        faults.push(Fault::new("stock.reorder.max_stock", "out_of_range", "1 to 1,000,000 pieces"));
    }
    if rules.lead_days_max > 366 || rules.lead_days > rules.lead_days_max {
        faults.push(Fault::new("stock.reorder.lead_days_max", "out_of_range", "at least lead_days, at most 366"));
    }
    faults
}

fn price_faults(rules: &PriceRules) -> Vec<Fault> {
    let named = [("max_change_bps", rules.max_change_bps), ("accept_up_to_bps", rules.accept_up_to_bps)];
    let wide = named.into_iter().filter(|(_, bps)| *bps > GUARDRAIL_BPS);
    wide.map(|(name, _)| Fault::new(format!("pricing.{name}"), "out_of_range", "0 to 1,000: a tenth of the list price")).collect()
}

impl TenantConfig {
    /// The shop's time zone. Validated on save; UTC if the zone has since left the database.
    pub fn zone(&self) -> jiff::tz::TimeZone {
        jiff::tz::TimeZone::get(&self.time_zone).unwrap_or(jiff::tz::TimeZone::UTC)
    }

    /// How long orders may wait. A shop that writes to no customer leaves none without word.
    pub fn watch_rules(&self) -> WatchRules {
        let contact_after_h = if self.notify.open().is_empty() { 0 } else { self.watch.contact_after_h };
        WatchRules { contact_after_h, clocks: self.sla.enabled, ..self.watch }
    }

    /// When an open order has to be looked at: it will need a person, or moves on by itself. None if it is closed.
    pub fn due(&self, order: &Order) -> Option<jiff::Timestamp> {
        // Only a promised day ends somewhere.
        let zone = if order.tracks.eta.is_some() { self.zone() } else { jiff::tz::TimeZone::UTC };
        let person = Watched::of(order).due(&self.watch_rules(), &zone)?;
        let by_itself = if self.progress.mode == Mode::Off { None } else { progress::due(order, &self.progress) };
        Some(by_itself.map_or(person, |at| at.min(person)))
    }

    /// Until when the customer of an order is not to be written to; none if they may be.
    /// `unsaid` are its quiet hours if it has named none.
    pub fn quiet_until(&self, order: &Order, now: jiff::Timestamp, unsaid: Option<QuietHours>) -> Option<jiff::Timestamp> {
        let theirs = order.contact.as_ref().and_then(|contact| contact.time_zone.as_deref());
        let zone = theirs.and_then(|name| jiff::tz::TimeZone::get(name).ok()).unwrap_or_else(|| self.zone());
        self.governor.quiet.or(unsaid)?.until(now, &zone)
    }

    /// The day it is in the shop.
    pub fn today(&self, now: jiff::Timestamp) -> jiff::civil::Date {
        now.to_zoned(self.zone()).date()
    }

    /// The day it is in the shop, if the hour has come at which it gets what is made every day.
    pub fn morning(&self, now: jiff::Timestamp) -> Option<jiff::civil::Date> {
        let local = now.to_zoned(self.zone());
        (u8::try_from(local.hour()).unwrap_or(0) >= self.report_hour).then(|| local.date())
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
        if !(2..=35).contains(&self.locale.len()) || !self.locale.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            faults.push(Fault::new("locale", "bad_locale", "a BCP 47 tag such as en or pl"));
        }
        faults.extend(self.notify.faults());
        if self.report_hour > 23 {
            faults.push(Fault::new("report_hour", "out_of_range", "0 to 23"));
        }
        faults.extend(self.reports.faults());
        if self.hooks.len() > 50 {
            faults.push(Fault::new("hooks", "too_many", "at most 50 endpoints"));
        }
        let saleor = self.saleor.as_ref().map(|_| Commerce::Saleor);
        let taken: Vec<Commerce> = saleor.into_iter().chain(self.shopify.as_ref().map(|_| Commerce::Shopify)).collect();
        faults.extend(hooks::faults(&self.hooks, &taken));
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
        let plain = |style: &String| (1..=300).contains(&style.trim().chars().count()) && !style.chars().any(char::is_control);
        if self.llm_style.as_ref().is_some_and(|style| !plain(style)) {
            faults.push(Fault::new("llm_style", "bad_text", "1 to 300 printable characters"));
        }
        if self.stock.reorder_at > self.stock.low_at {
            faults.push(Fault::new("stock.reorder_at", "out_of_range", "at most stock.low_at"));
        }
        faults.extend(stock_faults(&self.stock.reorder));
        faults.extend(price_faults(&self.pricing));
        faults.extend(self.adviser.faults());
        for (name, hours) in self.watch.named() {
            if hours > WatchRules::HOURS_MAX {
                faults.push(Fault::new(format!("watch.{name}"), "out_of_range", "0 (does not matter) to 8760 hours"));
            }
        }
        for (name, hours) in [("pending_after_h", self.progress.pending_after_h), ("processing_after_h", self.progress.processing_after_h)]
        {
            if hours > ProgressRules::HOURS_MAX {
                faults.push(Fault::new(format!("progress.{name}"), "out_of_range", "0 to 8760 hours"));
            }
        }
        if self.progress.min_confidence > 100 {
            faults.push(Fault::new("progress.min_confidence", "out_of_range", "0 to 100 percent"));
        }
        faults.extend(self.saleor.iter().flat_map(SaleorSettings::faults));
        faults.extend(self.shopify.iter().flat_map(ShopifySettings::faults));
        faults.extend(self.sla.faults());
        faults.extend(self.exceptions.faults());
        faults.extend(self.charges.faults());
        faults.extend(self.payments.faults());
        faults.extend(self.shipping.faults());
        faults.extend(workflow_faults(&self.workflow));
        if self.follow_up.after_delivered_h > ProgressRules::HOURS_MAX {
            faults.push(Fault::new("follow_up.after_delivered_h", "out_of_range", "0 to 8760 hours"));
        }
        if self.governor.quiet.is_some_and(|quiet| quiet.from > 23 || quiet.until > 23 || quiet.from == quiet.until) {
            faults.push(Fault::new("governor.quiet", "out_of_range", "two different hours of the day, 0 to 23"));
        }
        if self.requests_per_minute == 0 {
            faults.push(Fault::new("requests_per_minute", "out_of_range", "at least 1"));
        }
        faults
    }
}

fn workflow_faults(rules: &SagaRules) -> Vec<Fault> {
    let mut faults = Vec::new();
    let fraud = &rules.fraud;
    let country = |code: &String| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
    if fraud.risky_countries.len() > 250 || !fraud.risky_countries.iter().all(country) {
        faults.push(Fault::new("workflow.fraud.risky_countries", "bad_country", "at most 250 codes of two upper-case letters, as in PL"));
    }
    if fraud.very_large_over < fraud.large_over {
        faults.push(Fault::new("workflow.fraud.very_large_over", "out_of_range", "at least workflow.fraud.large_over"));
    }
    for (name, points) in [("review_at", fraud.review_at), ("refuse_at", fraud.refuse_at)] {
        if points > 100 {
            faults.push(Fault::new(format!("workflow.fraud.{name}"), "out_of_range", "0 to 100 points"));
        }
    }
    if rules.checked_bps > 10_000 {
        faults.push(Fault::new("workflow.checked_bps", "out_of_range", "0 to 10000 of ten thousand"));
    }
    if !(1..=SagaRules::REVIEW_HOURS_MAX).contains(&rules.review_within_h) {
        faults.push(Fault::new("workflow.review_within_h", "out_of_range", "1 to 720 hours"));
    }
    faults
}

/// Saves other rules; the settings as they are then.
///
/// # Errors
/// `Invalid` with all faults, `Stale` if somebody was faster, `Retryable`.
pub async fn with_rules(
    tenants: &dyn TenantStore,
    scope: &TenantScope,
    config: &TenantConfig,
    rules: NotifyRules,
    seen: u64,
) -> Result<TenantConfig> {
    let faults = rules.faults("rules");
    if !faults.is_empty() {
        return Err(Error::Invalid(Fault::listed(faults, 0)));
    }
    let mut next = config.clone();
    next.notify.rules = rules;
    next.version += 1;
    if seen != config.version || !tenants.save(scope, &next, config.version).await? {
        return Err(Error::Stale { current: config.version });
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::order::Vocabulary;

    #[track_caller]
    fn faults(change: impl Fn(&mut TenantConfig)) -> Vec<(String, String)> {
        let hook = |name: &str, scheme, secret: &str| HookEndpoint {
            name: name.into(),
            scheme,
            secrets: vec![Secret::new(secret)],
            vocabulary: Vocabulary::Sheet,
            notify: true,
        };
        let mut config = TenantConfig {
            hooks: vec![
                hook("plain", SignatureScheme::Hmac, "a-secret-of-enough-length"),
                hook("standard", SignatureScheme::StandardWebhooks, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            ],
            ..TenantConfig::default()
        };
        change(&mut config);
        config.faults().into_iter().map(|fault| (fault.field, fault.code)).collect()
    }

    // req: S0-23
    #[test]
    fn settings_that_could_not_work_are_refused() {
        assert_eq!(faults(|_| {}), []);
        let one = |field: &str, code: &str| vec![(field.to_owned(), code.to_owned())];
        for secret in ["", "short", &"x".repeat(257)] {
            assert_eq!(faults(|config| config.hooks[0].secrets = vec![Secret::new(secret)]), one("hooks[0].secrets", "weak_secret"));
        }
        let text = || vec![Secret::new("not base64, so it signs nothing")];
        assert_eq!(faults(|config| config.hooks[1].secrets = text()), one("hooks[1].secrets", "bad_secret"));
        assert_eq!(faults(|config| config.hooks[0].secrets = text()), [], "any text signs a plain body");
        for locale in ["", "e", "en_GB", "en\n", &"e".repeat(36)] {
            assert_eq!(faults(|config| config.locale = locale.into()), one("locale", "bad_locale"), "{locale:?}");
        }
        for url in ["", "ftp://x", "https://hooks.slack.com/a b", "https://x\r\nhost: y", &format!("https://{}", "x".repeat(500))] {
            let with = |config: &mut TenantConfig| config.notify.slack_webhook = Some(Secret::new(url));
            assert_eq!(faults(with), one("notify.slack_webhook", "bad_url"), "{url:?}");
        }
        let own = |url: &str, secret: &str| TeamWebhook { url: Secret::new(url), secret: Secret::new(secret) };
        let whsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        for url in ["", "http://ops.example/x", "ftp://x", "https://ops.example/a b"] {
            assert_eq!(faults(|config| config.notify.webhook = Some(own(url, whsec))), one("notify.webhook.url", "bad_url"), "{url:?}");
        }
        let weak = |config: &mut TenantConfig| config.notify.webhook = Some(own("https://ops.example/x", "secret"));
        assert_eq!(faults(weak), one("notify.webhook.secret", "bad_secret"));
        assert_eq!(faults(|config| config.notify.webhook = Some(own("https://ops.example/x", whsec))), []);
    }

    // req: S0-27
    #[test]
    fn a_sender_is_one_address_and_cannot_add_a_header() {
        for good in ["orders@shop.example", "Shop 24 <orders@shop.example>", "<orders@shop.example>"] {
            assert_eq!(faults(|config| config.notify.from = Some(good.into())), [], "{good}");
        }
        for bad in [
            "",
            "shop",
            "a@b.co, c@d.co",
            "a@b.co\r\nBcc: c@d.co",
            "Shop\nBcc: c@d.co <a@b.co>",
            "\"Shop\" <a@b.co>",
            "c@d.co <a@b.co>",
            "Żabka <a@b.co>",
            "Shop <a@b.co> x",
            &format!("{} <a@b.co>", "x".repeat(81)),
        ] {
            assert_eq!(faults(|config| config.notify.from = Some(bad.into())), [("notify.from".into(), "bad_email".into())], "{bad:?}");
        }
    }
}
