//! A new order: what must be true before it is accepted, with all the faults at once.

mod payment;
mod sums;

pub use payment::{Collecting, MeansDraft};

use super::event::OrderEvent;
use super::fact::Tracks;
use super::paying::{Means, MoneyEvent, PayPlan};
use super::saga::{SagaEvent, Table};
use crate::email::Email;
use crate::ids::{OrderId, SourceId};
use crate::money::{Currency, Money};
use crate::notify::Channel;
use crate::payment::pan::contains_pan;
use crate::shipping::address::AddressDraft;
use crate::shipping::tax::ChargeRules;
use crate::shipping::{Handling, ShippingMethod};
use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Who to write to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// As they write it; never altered.
    pub name: String,
    /// Where order mail goes, and the second half of "who is asking".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    /// E.164 where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// BCP 47 language, for the words we use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// IANA name, for the hours at which they are not written to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Who they are on chat platforms, as each of them calls them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub chats: BTreeMap<Channel, String>,
    /// Where they have agreed to be written to, beside e-mail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consent: Vec<Channel>,
    /// Where the parcel goes, as it was written when it was checked. Kept unchecked, so that an order can be read whatever rules become.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<AddressDraft>,
    /// Where the bill goes, if that is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<AddressDraft>,
    /// What they pay with, if it is paid by a provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub means: Option<Box<Means>>,
}

impl Contact {
    /// Where they are reached on a channel; none if they are not there, or have not agreed to it. Whoever gives an e-mail
    /// address with an order hears of that order by e-mail.
    pub fn reach(&self, channel: Channel) -> Option<&str> {
        let agreed = || self.consent.contains(&channel);
        match channel {
            Channel::Email => self.email.as_ref().map(Email::expose),
            Channel::Sms | Channel::Whatsapp => self.phone.as_deref().filter(|_| agreed()),
            Channel::Telegram | Channel::Instagram | Channel::Facebook | Channel::Push => {
                self.chats.get(&channel).map(String::as_str).filter(|_| agreed())
            }
            Channel::Slack | Channel::Discord | Channel::Webhook => None,
        }
    }

    /// Who they are on each channel beside e-mail, agreed to or not.
    pub fn elsewhere(&self) -> impl Iterator<Item = (Channel, &str)> {
        let phone = self.phone.as_deref();
        let phones = [Channel::Sms, Channel::Whatsapp].into_iter().filter_map(move |channel| Some((channel, phone?)));
        phones.chain(self.chats.iter().map(|(channel, id)| (*channel, id.as_str())))
    }

    /// Is there any way to them?
    pub fn is_reachable(&self) -> bool {
        Channel::ALL.into_iter().any(|channel| self.reach(channel).is_some())
    }
}

/// What a line needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// A parcel.
    #[default]
    Physical,
    /// A download or a code.
    Digital,
}

/// One position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The shop's stock-keeping unit.
    pub sku: String,
    /// What people call it.
    pub name: String,
    /// 1 to 100,000.
    pub quantity: u32,
    /// Minor units of the order's currency, each.
    pub unit_price_minor: i64,
    /// Parcel or download.
    #[serde(default)]
    pub kind: LineKind,
    /// What is to be minded about it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub handling: BTreeSet<Handling>,
}

/// What an order costs, in minor units of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// ISO 4217.
    pub currency: Currency,
    /// Sum of the lines.
    pub subtotal_minor: i64,
    /// Shipping.
    pub shipping_minor: i64,
    /// Tax that comes on top.
    pub tax_minor: i64,
    /// Taken off.
    pub discount_minor: i64,
    /// What is to be paid: subtotal + shipping + tax - discount.
    pub total_minor: i64,
}

impl Totals {
    /// What is to be paid.
    pub fn total(&self) -> Money {
        Money::new(self.total_minor, self.currency)
    }
}

/// One thing wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Which field, as a path ("items[2].quantity").
    pub field: String,
    /// Machine-readable ("required", "out_of_range").
    pub code: String,
    /// What to do about it.
    pub message: String,
}

impl Fault {
    /// A fault.
    pub fn new(field: impl Into<String>, code: &str, message: impl Into<String>) -> Fault {
        Fault { field: field.into(), code: code.to_owned(), message: message.into() }
    }

    /// Most faults that are told at once: an answer must not be many times larger than the question.
    pub const LISTED_MAX: usize = 100;

    /// All of them, or the first [`Fault::LISTED_MAX`] and how many more there are beside the `more` that were
    /// only counted.
    pub fn listed(mut faults: Vec<Fault>, more: usize) -> Vec<Fault> {
        let more = more + faults.len().saturating_sub(Self::LISTED_MAX);
        faults.truncate(Self::LISTED_MAX);
        if more > 0 {
            faults.push(Fault::new("", "more", format!("{more} more; correct these first")));
        }
        faults
    }
}

/// An order as somebody describes it, nothing checked but the JSON types.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// The shop's own number.
    pub number: Option<String>,
    /// The channel's own id.
    pub external_id: Option<String>,
    /// Three letters.
    pub currency: String,
    /// Name.
    pub customer_name: String,
    /// Address.
    pub email: Option<String>,
    /// Number.
    pub phone: Option<String>,
    /// Language.
    pub locale: Option<String>,
    /// IANA time zone of the customer.
    pub time_zone: Option<String>,
    /// Who they are on chat platforms, by the platform's name.
    pub chats: BTreeMap<String, String>,
    /// Channels they have agreed to, by name.
    pub consent: Vec<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Where whoever pays lives, ISO 3166-1 alpha-2.
    pub billing_country: Option<String>,
    /// Where the parcel goes.
    pub shipping_address: Option<AddressDraft>,
    /// Where the bill goes.
    pub billing_address: Option<AddressDraft>,
    /// How the customer wants to have it, by its word.
    pub shipping_method: Option<String>,
    /// Positions.
    pub lines: Vec<DraftLine>,
    /// Decimal.
    pub shipping: Option<String>,
    /// Decimal.
    pub tax: Option<String>,
    /// Decimal.
    pub discount: Option<String>,
    /// What the sender thinks it comes to.
    pub total: Option<String>,
    /// What it is paid with, in the shops' words.
    pub payment_method: Option<String>,
    /// What is needed to have them pay.
    pub means: Option<MeansDraft>,
    /// When the customer placed it; now, if nobody says.
    pub placed_at: Option<Timestamp>,
    /// The promised day.
    pub eta: Option<Date>,
}

/// A position as somebody describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DraftLine {
    /// Unit.
    pub sku: String,
    /// Name.
    pub name: String,
    /// How many.
    pub quantity: i64,
    /// Decimal, each.
    pub unit_price: String,
    /// What the sender thinks the line comes to.
    pub total_price: Option<String>,
    /// No parcel.
    pub digital: bool,
    /// What is to be minded about it, in words.
    pub handling: Vec<String>,
}

/// An order that may be placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// Its number.
    pub id: OrderId,
    /// Where it comes from.
    pub channel: SourceId,
    /// The channel's own id.
    pub external_id: Option<String>,
    /// Who ordered.
    pub contact: Contact,
    /// What.
    pub lines: Vec<Line>,
    /// For how much.
    pub totals: Totals,
    /// Where to.
    pub country: Option<String>,
    /// Where whoever pays lives.
    pub billing_country: Option<String>,
    /// How the customer wants to have it.
    pub shipping_method: Option<ShippingMethod>,
    /// How it stands.
    pub tracks: Tracks,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// Whether the customer is to be told.
    pub notify: bool,
    /// Whether it is taken through checks and stock here.
    pub saga: bool,
    /// What it is paid with, if anybody says so.
    pub payment: Option<PayPlan>,
}

/// Limits of one order. Everything has one.
pub mod limits {
    /// Positions.
    pub const LINES_MAX: usize = 1_000;
    /// Pieces of one position.
    pub const QUANTITY_MAX: i64 = 100_000;
    /// Characters of a name.
    pub const NAME_CHARS_MAX: usize = 200;
    /// Bytes of all units and names as JSON: an order is kept as one row, which takes 400 KB.
    pub const TEXT_BYTES_MAX: usize = 200 * 1024;
    /// The same of an order for which stock is set aside: its row names what is held, too.
    pub const SAGA_TEXT_BYTES_MAX: usize = 100 * 1024;
    /// Characters of the channel's own id.
    pub const EXTERNAL_ID_CHARS_MAX: usize = 128;
    /// An order placed before this is a typing error.
    pub const PLACED_YEAR_MIN: i16 = 1990;
}

impl Placement {
    pub(super) fn as_events(&self) -> Vec<OrderEvent> {
        let begins = self.saga.then(|| OrderEvent::Saga { event: SagaEvent::Began { table: Table::newest().version } });
        let opens = self.payment.as_ref().map(|PayPlan { tenant, method, collects, token, rules }| MoneyEvent::Opened {
            tenant: tenant.clone(),
            method: *method,
            collects: *collects,
            token: *token,
            rules: *rules,
        });
        let opens = opens.map(|event| OrderEvent::Money { event });
        std::iter::once(self.as_event()).chain(opens).chain(begins).collect()
    }

    fn as_event(&self) -> OrderEvent {
        OrderEvent::Placed {
            id: self.id.clone(),
            channel: self.channel.clone(),
            external_id: self.external_id.clone(),
            lines: self.lines.clone(),
            totals: self.totals,
            country: self.country.clone(),
            billing_country: self.billing_country.clone(),
            shipping_method: self.shipping_method,
            tracks: self.tracks,
            placed_at: self.placed_at,
            notify: self.notify,
        }
    }
}

/// Free text that people will read: not blank, not too long, no control characters. It is refused, never
/// altered: an O'Brien stays an O'Brien.
fn readable(faults: &mut Vec<Fault>, field: &str, text: &str, required: bool) {
    if text.trim().is_empty() {
        if required {
            faults.push(Fault::new(field, "required", "must not be empty"));
        }
    } else if text.chars().count() > limits::NAME_CHARS_MAX {
        faults.push(Fault::new(field, "too_long", format!("at most {} characters", limits::NAME_CHARS_MAX)));
    }
    if text.chars().any(char::is_control) {
        faults.push(Fault::new(field, "control_character", "must not contain control characters"));
    }
    if contains_pan(text) {
        faults.push(Fault::new(field, "card_number", "never send a card's number"));
    }
}

/// What a text takes where an order is kept.
fn stored_bytes(text: &str) -> usize {
    text.len() + text.bytes().filter(|b| matches!(b, b'"' | b'\\')).count()
}

struct Checker {
    faults: Vec<Fault>,
}

impl Checker {
    fn fault(&mut self, field: &str, code: &str, message: impl Into<String>) {
        self.faults.push(Fault::new(field, code, message));
    }

    fn amount(&mut self, field: &str, text: &str, currency: Option<Currency>) -> i64 {
        let Some(currency) = currency else { return 0 };
        match Money::parse(text, currency) {
            Ok(money) if money.minor < 0 => {
                self.fault(field, "out_of_range", "must not be negative");
                0
            }
            Ok(money) => money.minor,
            Err(why) => {
                self.fault(field, "bad_amount", why.to_string());
                0
            }
        }
    }

    /// How the customer wants to have it. Nothing leaves the house only where nothing has to.
    fn shipping_method(&mut self, word: Option<&str>, lines: &[Line]) -> Option<ShippingMethod> {
        let method = ShippingMethod::from_word(word?);
        match method {
            None => self.fault("shipping_method", "unknown_method", "standard, express, overnight, same_day, pickup or digital"),
            Some(ShippingMethod::Digital) if lines.iter().any(|line| line.kind != LineKind::Digital) => {
                self.fault("shipping_method", "not_digital", "an item of it has to be sent: mark it digital, or choose another method");
            }
            Some(_) => {}
        }
        method
    }

    fn line(&mut self, at: usize, line: &DraftLine, currency: Option<Currency>) -> Line {
        let field = |name: &str| format!("items[{at}].{name}");
        if crate::ids::Sku::parse(&line.sku).is_err() {
            self.fault(&field("sku"), "bad_sku", "1 to 64 printable characters without spaces");
        }
        readable(&mut self.faults, &field("name"), &line.name, false);
        if !(1..=limits::QUANTITY_MAX).contains(&line.quantity) {
            self.fault(&field("quantity"), "out_of_range", format!("1 to {}", limits::QUANTITY_MAX));
        }
        let unit_price_minor = self.amount(&field("unit_price"), &line.unit_price, currency);
        let quantity = u32::try_from(line.quantity).unwrap_or(0);
        if let (Some(claimed), Some(currency)) = (&line.total_price, currency) {
            let claimed = self.amount(&field("total_price"), claimed, Some(currency));
            let ours = unit_price_minor.saturating_mul(i64::from(quantity));
            if claimed != ours {
                let message =
                    format!("we make it {}, you say {}", Money::new(ours, currency).decimal(), Money::new(claimed, currency).decimal());
                self.fault(&field("total_price"), "does_not_add_up", message);
            }
        }
        let kind = if line.digital { LineKind::Digital } else { LineKind::Physical };
        let handling: Option<BTreeSet<Handling>> = line.handling.iter().map(|word| Handling::from_word(word)).collect();
        if handling.is_none() {
            self.fault(&field("handling"), "unknown_handling", "oversized, hazmat or fragile");
        }
        Line { sku: line.sku.clone(), name: line.name.clone(), quantity, unit_price_minor, kind, handling: handling.unwrap_or_default() }
    }
}

/// What a placement takes from us rather than from the sender.
#[derive(Debug, Clone)]
pub struct Given<'a> {
    /// Where the order comes in.
    pub channel: SourceId,
    /// The number it gets if the sender has none.
    pub generated: OrderId,
    /// How it stands at birth.
    pub tracks: Tracks,
    /// Whether the customer is to be told.
    pub notify: bool,
    /// Whether it is taken through checks and stock here.
    pub saga: bool,
    /// How it is paid, if payments are collected here.
    pub payments: Option<Collecting<'a>>,
    /// What comes on top where the sender says nothing of it.
    pub charges: Option<&'a ChargeRules>,
    /// Whether there must be items. A shop's sheet may list none.
    pub items_required: bool,
    /// Now.
    pub now: Timestamp,
}

impl Given<'_> {
    /// Of an order that has been placed elsewhere: nobody is told, nothing is checked or collected, and its items may not be listed.
    pub fn imported(channel: SourceId, generated: OrderId, tracks: Tracks, now: Timestamp) -> Given<'static> {
        let (notify, saga, items_required) = (false, false, false);
        Given { channel, generated, tracks, notify, saga, payments: None, charges: None, items_required, now }
    }
}

/// Checks a draft. Either a placement or every fault it has, as [`Fault::listed`].
pub fn check(draft: &Draft, given: Given<'_>) -> Result<Placement, Vec<Fault>> {
    let mut checker = Checker { faults: Vec::new() };
    let currency = match Currency::parse(&draft.currency) {
        Ok(currency) => Some(currency),
        Err(why) => {
            checker.fault("currency", "unknown_currency", why.to_string());
            None
        }
    };
    let id = match draft.number.as_deref().map(OrderId::parse) {
        None => given.generated,
        Some(Ok(id)) => id,
        Some(Err(why)) => {
            checker.fault("number", "bad_number", why.to_string());
            given.generated
        }
    };
    if let Some(external) = &draft.external_id
        && (external.is_empty() || external.chars().count() > limits::EXTERNAL_ID_CHARS_MAX || external.chars().any(char::is_control))
    {
        checker.fault("external_id", "bad_external_id", format!("1 to {} printable characters", limits::EXTERNAL_ID_CHARS_MAX));
    }
    readable(&mut checker.faults, "customer.name", &draft.customer_name, true);
    let email = match draft.email.as_deref().map(Email::parse) {
        None => None,
        Some(Ok(email)) => Some(email),
        Some(Err(why)) => {
            checker.fault("customer.email", "bad_email", why.to_string());
            None
        }
    };
    if let Some(phone) = &draft.phone {
        let digits = phone.strip_prefix('+').unwrap_or(phone);
        if !(5..=15).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
            checker.fault("customer.phone", "bad_phone", "digits with an optional leading +, as in +48600100200");
        }
    }
    let tag = |text: &str| (2..=35).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if draft.locale.as_deref().is_some_and(|locale| !tag(locale)) {
        checker.fault("customer.locale", "bad_locale", "a BCP 47 tag such as en or pl-PL");
    }
    let (mut chats, mut consent) = (BTreeMap::new(), Vec::new());
    for (name, id) in &draft.chats {
        let channel = Channel::of_customer(name)
            .filter(|channel| matches!(channel, Channel::Telegram | Channel::Instagram | Channel::Facebook | Channel::Push));
        match channel {
            Some(channel) if (1..=256).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic()) => {
                drop(chats.insert(channel, id.clone()))
            }
            Some(_) => {
                checker.fault("customer.chats", "bad_id", "1 to 256 printable characters without spaces, as the platform calls them")
            }
            None => checker.fault("customer.chats", "unknown_channel", "telegram, instagram, facebook or push"),
        }
    }
    for name in &draft.consent {
        match Channel::of_customer(name) {
            Some(channel) if consent.contains(&channel) => {}
            Some(channel) => consent.push(channel),
            None => checker.fault("customer.consent", "unknown_channel", "sms, whatsapp, telegram, instagram, facebook or push"),
        }
    }
    // The names come with the program, as currencies do.
    if draft.time_zone.as_deref().is_some_and(|zone| jiff::tz::TimeZone::get(zone).is_err()) {
        checker.fault("customer.time_zone", "unknown_zone", "an IANA name such as Europe/Warsaw");
    }
    let code = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
    if draft.country.as_deref().is_some_and(|country| !code(country)) {
        checker.fault("country", "bad_country", "two upper-case letters, as in PL");
    }
    if draft.billing_country.as_deref().is_some_and(|country| !code(country)) {
        checker.fault("billing_country", "bad_country", "two upper-case letters, as in PL");
    }
    let (country, region) = checker.address("shipping_address", draft.shipping_address.as_ref(), ("country", draft.country.as_ref()));
    let (billing_country, billing_region) =
        checker.address("billing_address", draft.billing_address.as_ref(), ("billing_country", draft.billing_country.as_ref()));
    if draft.lines.is_empty() && given.items_required {
        checker.fault("items", "required", "an order has at least one item");
    }
    if draft.lines.len() > limits::LINES_MAX {
        checker.fault("items", "too_many", format!("at most {} items", limits::LINES_MAX));
    }
    let lines: Vec<Line> =
        draft.lines.iter().take(limits::LINES_MAX).enumerate().map(|(at, line)| checker.line(at, line, currency)).collect();
    let shipping_method = checker.shipping_method(draft.shipping_method.as_deref(), &lines);
    let text_max = if given.saga { limits::SAGA_TEXT_BYTES_MAX } else { limits::TEXT_BYTES_MAX };
    if lines.iter().map(|line| stored_bytes(&line.sku) + stored_bytes(&line.name)).sum::<usize>() > text_max {
        checker.fault("items", "too_large", format!("at most {} bytes of units and names; shorten the names", text_max));
    }
    // What is downloaded goes nowhere: it is taxed where its bill goes.
    let taxed =
        if country.is_some() { (country.as_deref(), region.as_deref()) } else { (billing_country.as_deref(), billing_region.as_deref()) };
    let charged = currency.and_then(|currency| checker.charges(draft, &lines, currency, taxed, given.charges));
    let totals = currency.map(|currency| checker.totals(draft, &lines, currency, charged));
    let (payment, means) = checker.payment(draft, (totals, country.as_deref()), given.saga, given.payments);
    let placed_at = draft.placed_at.unwrap_or(given.now);
    if placed_at > given.now + SignedDuration::from_mins(10) {
        checker.fault("placed_at", "in_the_future", "must not lie in the future");
    }
    if placed_at.to_zoned(jiff::tz::TimeZone::UTC).year() < limits::PLACED_YEAR_MIN {
        checker.fault("placed_at", "out_of_range", format!("must be {} or later", limits::PLACED_YEAR_MIN));
    }
    let (Some(totals), true) = (totals, checker.faults.is_empty()) else { return Err(Fault::listed(checker.faults, 0)) };
    let mut tracks = given.tracks;
    tracks.eta = draft.eta.or(tracks.eta);
    Ok(Placement {
        id,
        channel: given.channel,
        external_id: draft.external_id.clone(),
        contact: Contact {
            name: draft.customer_name.clone(),
            email,
            phone: draft.phone.clone(),
            locale: draft.locale.clone(),
            time_zone: draft.time_zone.clone(),
            chats,
            consent,
            address: draft.shipping_address.clone(),
            billing_address: draft.billing_address.clone(),
            means,
        },
        lines,
        totals,
        country,
        billing_country,
        shipping_method,
        tracks,
        placed_at,
        notify: given.notify,
        saga: given.saga,
        payment,
    })
}
