//! Reads what strangers write about an order, and notes everything that is wrong with it.

use super::BadOrder;
use domain::ids::{OrderId, Sku};
use domain::money::{Currency, Money};
use domain::order::Fault;
use domain::order::placement::limits::{LINES_MAX, NAME_CHARS_MAX, QUANTITY_MAX};
use domain::shipping::address::{self, AddressDraft};
use jiff::Timestamp;

/// Longest id of theirs that is kept, in bytes.
pub const ID_BYTES_MAX: usize = 128;
/// Longest word for a status, in bytes.
pub const WORD_BYTES_MAX: usize = 64;

/// The unit of a line: the shop's, where it is one; else their id for the variant, else for the line.
pub fn unit(sku: Option<&str>, variant: Option<&str>, line: Option<&str>) -> String {
    let usable = |text: Option<&str>| text.map(str::trim).filter(|text| Sku::parse(text).is_ok()).map(str::to_owned);
    usable(sku).or_else(|| usable(variant)).or_else(|| usable(line)).unwrap_or_default()
}

/// A text for people: on one line, without the space around it, and not longer than we show.
pub fn shown(text: &str) -> String {
    let plain: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(NAME_CHARS_MAX).collect();
    plain.trim().to_owned()
}

/// The same of a text that may be missing or empty.
pub fn some(text: &Option<String>) -> Option<String> {
    text.as_deref().map(shown).filter(|text| !text.is_empty())
}

/// An address as people write it: any part may be missing.
#[derive(Debug, Clone, Default)]
pub struct Postal {
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Company.
    pub company: Option<String>,
    /// Lines of the street.
    pub street: [Option<String>; 2],
    /// Town.
    pub city: Option<String>,
    /// Part of the town.
    pub city_area: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// State or province.
    pub region: Option<String>,
    /// Phone.
    pub phone: Option<String>,
}

impl Postal {
    /// Its country, if it is one.
    pub fn country(&self) -> Option<String> {
        let code = self.country.as_deref()?;
        (code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase())).then(|| code.to_owned())
    }

    /// Who lives there.
    pub fn name(&self) -> Option<String> {
        let parts: Vec<String> = [&self.first_name, &self.last_name].into_iter().filter_map(some).collect();
        Some(shown(&parts.join(" "))).filter(|name| !name.is_empty()).or_else(|| some(&self.company))
    }

    /// With country code; what cannot be dialled is left out.
    pub fn dialled(&self) -> Option<String> {
        let phone: String = self.phone.as_deref()?.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.')).collect();
        let digits = phone.strip_prefix('+').unwrap_or(&phone);
        ((5..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())).then_some(phone)
    }

    /// The address, if carriers and tax rules here can do something with it: an order that was placed elsewhere is not turned away for
    /// what its customer wrote there. Its country is known all the same.
    pub fn draft(&self) -> Option<AddressDraft> {
        let has_company = some(&self.company).filter(|company| Some(company) != self.name().as_ref());
        let [first, second] = &self.street;
        let lines = [has_company, some(first), some(second)];
        let area = some(&self.city_area).map(|area| format!(", {area}")).unwrap_or_default();
        let draft = AddressDraft {
            street: lines.into_iter().flatten().collect(),
            city: format!("{}{area}", some(&self.city)?),
            region: some(&self.region),
            postal_code: some(&self.postal_code),
            country: self.country()?,
        };
        let whole = address::check(&draft).is_ok().then(|| draft.clone());
        // Provinces are written as people do; where there are none by our rules, it is a part of the address that may be left out.
        let plain = AddressDraft { region: None, ..draft };
        whole.or_else(|| address::check(&plain).is_ok().then_some(plain))
    }
}

/// What is wrong, as far as it was read.
#[derive(Debug)]
pub struct Reader {
    /// What is said of a field that is not there.
    pub missing: &'static str,
    /// Everything that is wrong.
    pub faults: Vec<Fault>,
}

impl Reader {
    /// This is wrong with a field of the order.
    pub fn fault(&mut self, field: &str, code: &str, message: impl Into<String>) {
        self.faults.push(Fault::new(format!("order.{field}"), code, message));
    }

    /// A word or an id.
    pub fn text(&mut self, field: &str, text: Option<&String>, bytes_max: usize) -> String {
        match text {
            None => self.fault(field, "required", self.missing),
            Some(text) if text.is_empty() || text.len() > bytes_max || !text.bytes().all(|b| b.is_ascii_graphic()) => {
                self.fault(field, "bad_text", format!("1 to {bytes_max} printable characters"));
            }
            Some(text) => return text.clone(),
        }
        String::new()
    }

    /// A moment.
    pub fn time(&mut self, field: &str, text: Option<&String>) -> Timestamp {
        match text.map(|text| text.parse::<Timestamp>()) {
            Some(Ok(time)) => return time,
            Some(Err(_)) => self.fault(field, "bad_time", "a time such as 2026-11-25T10:00:00+00:00"),
            None => self.fault(field, "required", self.missing),
        }
        Timestamp::UNIX_EPOCH
    }

    /// An amount as it is written, digit by digit; minor units.
    pub fn amount(&mut self, field: &str, text: Option<&str>, currency: Option<Currency>) -> i64 {
        let Some(text) = text else {
            self.fault(field, "required", self.missing);
            return 0;
        };
        let Some(currency) = currency else { return 0 };
        match Money::parse(text, currency) {
            Ok(money) if money.minor >= 0 => return money.minor,
            Ok(_) => self.fault(field, "out_of_range", "must not be negative"),
            Err(why) => self.fault(field, "bad_amount", why.to_string()),
        }
        0
    }

    /// The currency of all amounts.
    pub fn currency(&mut self, field: &str, text: Option<&str>) -> Option<Currency> {
        match text.map(Currency::parse) {
            Some(Ok(currency)) => return Some(currency),
            Some(Err(why)) => self.fault(field, "unknown_currency", why.to_string()),
            None => self.fault(field, "required", self.missing),
        }
        None
    }

    /// Pieces of a line; 1 if it does not say.
    pub fn quantity(&mut self, field: &str, quantity: Option<i64>) -> u32 {
        let quantity = quantity.filter(|quantity| (1..=QUANTITY_MAX).contains(quantity)).and_then(|quantity| u32::try_from(quantity).ok());
        if quantity.is_none() {
            self.fault(field, "out_of_range", format!("1 to {QUANTITY_MAX}"));
        }
        quantity.unwrap_or(1)
    }

    /// The number that people quote.
    pub fn number(&mut self, field: &str, number: Option<&str>) {
        match number.map(OrderId::parse) {
            None => self.fault(field, "required", self.missing),
            Some(Err(why)) => self.fault(field, "bad_number", why.to_string()),
            Some(Ok(_)) => {}
        }
    }

    /// The lines that are looked at: all, unless there are too many.
    pub fn lines<'a, T>(&mut self, field: &str, lines: Option<&'a [T]>) -> impl Iterator<Item = &'a T> + use<'a, T> {
        match lines {
            None => self.fault(field, "required", self.missing),
            Some(lines) if lines.len() > LINES_MAX => self.fault(field, "too_many", format!("at most {LINES_MAX} lines")),
            Some(_) => {}
        }
        lines.unwrap_or_default().iter().take(LINES_MAX)
    }

    /// The order cannot be read: what is known of it all the same.
    pub fn refused(self, id: Option<String>, number: Option<String>, updated_at: Option<&String>) -> BadOrder {
        BadOrder {
            id: id.filter(|id| (1..=ID_BYTES_MAX).contains(&id.len())),
            number: number.filter(|number| OrderId::parse(number).is_ok()),
            updated_at: updated_at.and_then(|text| text.parse().ok()),
            faults: Fault::listed(self.faults, 0),
        }
    }
}

/// A language as BCP 47 writes it, if it is one.
pub fn language(tag: String) -> Option<String> {
    Some(tag).filter(|tag| (2..=35).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
}
