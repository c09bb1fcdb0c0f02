//! Where a parcel goes: checked, with all the faults at once.
//!
//! What somebody wrote is never altered. If a postal office would write it differently, that is proposed; if something is
//! doubtful but possible, it is said. A name is not part of it: that is the contact's.

mod countries;
mod postal_code;

use crate::order::Fault;
use countries::{Country, MISNAMED, country, regions, regions_of};
use postal_code::Read;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Limits of an address.
pub mod limits {
    /// Lines beside city and postal code; carriers take no more.
    pub const STREET_LINES_MAX: usize = 3;
    /// Characters of a street line, a city or a region.
    pub const LINE_CHARS_MAX: usize = 100;
    /// Characters of a postal code.
    pub const POSTAL_CODE_CHARS_MAX: usize = 16;
    /// Characters of a line that fit on every carrier's label.
    pub const LABEL_CHARS: usize = 35;
}

/// An address as somebody writes it, nothing checked.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AddressDraft {
    /// House and street, flat, company: one to three lines.
    pub street: Vec<String>,
    /// City or town.
    pub city: String,
    /// State, province or prefecture, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// As it is written on letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// ISO 3166-1 alpha-2, upper case.
    pub country: String,
}

/// An address that a parcel can be sent to. Made by [`check`] alone.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PostalAddress(AddressDraft);

impl PostalAddress {
    /// House and street.
    pub fn street(&self) -> &[String] {
        &self.0.street
    }

    /// City or town.
    pub fn city(&self) -> &str {
        &self.0.city
    }

    /// State, province or prefecture.
    pub fn region(&self) -> Option<&str> {
        self.0.region.as_deref()
    }

    /// As it is written on letters.
    pub fn postal_code(&self) -> Option<&str> {
        self.0.postal_code.as_deref()
    }

    /// ISO 3166-1 alpha-2.
    pub fn country(&self) -> &str {
        &self.0.country
    }

    /// As it was written.
    pub const fn draft(&self) -> &AddressDraft {
        &self.0
    }
}

impl<'de> Deserialize<'de> for PostalAddress {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let draft = AddressDraft::deserialize(deserializer)?;
        check(&draft).map(|checked| checked.address).map_err(|faults| {
            let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
            serde::de::Error::custom(format!("not an address: {}", fields.join(", ")))
        })
    }
}

// Where somebody lives does not belong in a log line.
impl fmt::Debug for AddressDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address").field("country", &self.country).finish_non_exhaustive()
    }
}

impl fmt::Debug for PostalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An address that may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// As it was written.
    pub address: PostalAddress,
    /// How it would be written by the book, if that differs: "did you mean?" Whoever asked for it decides.
    pub did_you_mean: Option<AddressDraft>,
    /// What is possible and should be looked at: a state that the postal code does not lie in, a line that a label cuts off.
    pub doubts: Vec<Fault>,
}

/// Whether addresses can name this place: a country by its code, and a region of it by its code where there are any.
pub fn is_place(country: &str, region: Option<&str>) -> bool {
    let named = country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase()) && !MISNAMED.iter().any(|row| row.0 == country);
    let known = regions(country);
    let within = |region: &str| match known.is_empty() {
        true => !region.is_empty() && region.chars().count() <= limits::LINE_CHARS_MAX,
        false => known.iter().any(|row| row.0 == region),
    };
    named && region.is_none_or(within)
}

/// Checks an address: all that is wrong with it, or the address with what could be better.
pub fn check(draft: &AddressDraft) -> Result<Checked, Vec<Fault>> {
    let mut reader = Reader { faults: Vec::new(), doubts: Vec::new(), better: draft.clone() };
    let country = reader.country(&draft.country);
    reader.street(&draft.street);
    reader.better.city = reader.line("address.city", &draft.city, true);
    reader.region(draft, country);
    reader.postal_code(draft, country);
    reader.compare();
    if !reader.faults.is_empty() {
        return Err(Fault::listed(reader.faults, 0));
    }
    let did_you_mean = (reader.better != *draft).then_some(reader.better);
    Ok(Checked { address: PostalAddress(draft.clone()), did_you_mean, doubts: reader.doubts })
}

struct Reader {
    faults: Vec<Fault>,
    doubts: Vec<Fault>,
    better: AddressDraft,
}

fn meant(what: Option<&str>) -> String {
    what.map_or_else(String::new, |what| format!(": did you mean {what}?"))
}

impl Reader {
    fn fault(&mut self, field: &str, code: &str, message: impl Into<String>) {
        self.faults.push(Fault::new(field, code, message));
    }

    fn doubt(&mut self, field: &str, code: &str, message: impl Into<String>) {
        self.doubts.push(Fault::new(field, code, message));
    }

    fn country(&mut self, code: &str) -> Option<&'static Country> {
        if code.len() != 2 || !code.bytes().all(|b| b.is_ascii_uppercase()) {
            let guess = crate::sheet::country(code).filter(|guess| guess != code);
            self.fault("address.country", "bad_country", format!("two upper-case letters, as in PL{}", meant(guess.as_deref())));
            return None;
        }
        if let Some((_, instead)) = MISNAMED.iter().find(|row| row.0 == code) {
            self.fault("address.country", "bad_country", format!("{code} is no country's code{}", meant(Some(instead))));
        }
        country(code)
    }

    /// A line as it would be written by the book: one blank between words, none around them.
    fn line(&mut self, field: &str, text: &str, required: bool) -> String {
        let tidy = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if tidy.is_empty() && required {
            self.fault(field, "required", "must not be empty");
        }
        if text.chars().count() > limits::LINE_CHARS_MAX {
            self.fault(field, "too_long", format!("at most {} characters", limits::LINE_CHARS_MAX));
        }
        if text.chars().any(char::is_control) {
            self.fault(field, "control_character", "must not contain control characters");
        }
        // What is shown must be what is there: no marks that turn text around, or that nobody sees.
        if text.chars().any(|c| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')) {
            self.fault(field, "hidden_character", "must not contain invisible characters");
        }
        tidy
    }

    fn street(&mut self, lines: &[String]) {
        if lines.is_empty() {
            self.fault("address.street", "required", "must not be empty");
        }
        if lines.len() > limits::STREET_LINES_MAX {
            self.fault("address.street", "too_many", format!("at most {} lines", limits::STREET_LINES_MAX));
        }
        self.better.street.clear();
        for (at, line) in lines.iter().take(limits::STREET_LINES_MAX).enumerate() {
            let field = format!("address.street[{at}]");
            let tidy = self.line(&field, line, at == 0);
            if tidy.chars().count() > limits::LABEL_CHARS {
                let why = format!("labels show {} characters of a line: break it in two", limits::LABEL_CHARS);
                self.doubt(&field, "cut_off", why);
            }
            if is_post_box(&tidy) {
                self.doubt(&field, "post_box", "only the postal service delivers to a post box; couriers need a street");
            }
            if at == 0 || !tidy.is_empty() {
                self.better.street.push(tidy);
            }
        }
    }

    fn region(&mut self, draft: &AddressDraft, country: Option<&'static Country>) {
        let written = draft.region.as_deref().unwrap_or_default();
        let tidy = self.line("address.region", written, false);
        let Some(country) = country else { return };
        let known = regions(country.code);
        if tidy.is_empty() {
            if country.region {
                self.fault("address.region", "required", format!("addresses in {} name their state, province or prefecture", country.code));
            }
            self.better.region = None;
        } else if known.is_empty() {
            self.better.region = Some(tidy);
        } else {
            let upper = tidy.to_uppercase();
            let named = known.iter().find(|(code, name)| *code == upper || name.to_uppercase() == upper);
            match named {
                Some((code, _)) => self.better.region = Some((*code).to_owned()),
                None => {
                    let near = known.iter().map(|row| (strsim::damerau_levenshtein(&row.1.to_uppercase(), &upper), row.0));
                    let near = near.filter(|(distance, _)| *distance <= 2).min().map(|(_, code)| code);
                    self.fault("address.region", "bad_region", format!("no region of {}{}", country.code, meant(near)));
                }
            }
        }
    }

    fn postal_code(&mut self, draft: &AddressDraft, country: Option<&'static Country>) {
        const FIELD: &str = "address.postal_code";
        let written = draft.postal_code.as_deref().unwrap_or_default();
        if written.chars().count() > limits::POSTAL_CODE_CHARS_MAX {
            self.fault(FIELD, "too_long", format!("at most {} characters", limits::POSTAL_CODE_CHARS_MAX));
            return;
        }
        let tidy = self.line(FIELD, written, false);
        self.better.postal_code = (!tidy.is_empty()).then_some(tidy.clone());
        let Some(country) = country.filter(|country| !country.shapes.is_empty()) else { return };
        if tidy.is_empty() {
            self.fault(FIELD, "required", format!("addresses in {} have a postal code, as in {}", country.code, country.example));
            return;
        }
        match postal_code::read(country, &tidy) {
            Read::Good(code) => self.better.postal_code = Some(code),
            Read::Bad(guess) => {
                let message = format!("no postal code of {}, which look like {}{}", country.code, country.example, meant(guess.as_deref()));
                self.fault(FIELD, "bad_postal_code", message);
            }
        }
    }

    /// Two good halves may still not belong together.
    fn compare(&mut self) {
        let (Some(region), Some(code)) = (self.better.region.clone(), self.better.postal_code.clone()) else { return };
        let Some(possible) = regions_of(&self.better.country, &code) else { return };
        if self.faults.is_empty() && !possible.contains(&region.as_str()) {
            let message = format!("{code} lies in {}, not in {region}", possible.join(" or "));
            self.doubt("address.postal_code", "elsewhere", message);
        }
    }
}

fn is_post_box(line: &str) -> bool {
    let letters: String = line.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    ["pobox", "postfach", "postbus", "skrpoczt", "skrytkapocztowa", "casellapostale", "apartadodecorreos"]
        .iter()
        .any(|word| letters.starts_with(word))
}

#[cfg(test)]
mod tests;
