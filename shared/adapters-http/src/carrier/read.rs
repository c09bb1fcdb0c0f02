//! What carriers say, read with care: amounts without floats, days, moments, documents and words.

use super::Said;
use app::ports::{DOCUMENT_BYTES_MAX, Document, DocumentFormat, SCANS_MAX, Scan};
use app::signature::{Headers, is_hmac_sha256};
use app::tenant::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::money::{Currency, Money};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// A number of JSON as it was written, or a text: an amount that has never been a float.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Digits(pub String);

impl<'de> Deserialize<'de> for Digits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Digits(raw.get().trim_matches('"').to_owned()))
    }
}

/// An amount. What is finer than the currency is rounded half to even.
pub(super) fn amount(digits: &Digits, currency: &str) -> Option<Money> {
    let currency = Currency::parse(currency).ok()?;
    let (whole, fraction) = digits.0.split_once('.').unwrap_or((&digits.0, ""));
    let places = currency.exponent() as usize;
    if fraction.len() <= places {
        return Money::parse(&digits.0, currency).ok().filter(|money| money.minor >= 0);
    }
    if !fraction.bytes().all(|b| b.is_ascii_digit()) || fraction.len() > 20 {
        return None;
    }
    let (kept, cut) = fraction.split_at(places);
    let text = if kept.is_empty() { whole.to_owned() } else { format!("{whole}.{kept}") };
    let down = Money::parse(&text, currency).ok().filter(|money| money.minor >= 0 && !whole.starts_with('-'))?;
    let half = format!("5{}", "0".repeat(cut.len() - 1));
    let up = cut > half.as_str() || (cut == half && down.minor % 2 != 0);
    Some(Money::new(down.minor.checked_add(i64::from(up))?, currency))
}

/// One, or a list: some interfaces write a list of one without its brackets.
#[derive(Debug)]
pub(super) struct Many<T>(pub Vec<T>);

impl<T> Default for Many<T> {
    fn default() -> Self {
        Many(Vec::new())
    }
}

impl<'de, T: serde::de::DeserializeOwned> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let many = if raw.get().starts_with('[') {
            serde_json::from_str(raw.get()).map(Many)
        } else if raw.get() == "null" {
            Ok(Many::default())
        } else {
            serde_json::from_str(raw.get()).map(|one| Many(vec![one]))
        };
        many.map_err(serde::de::Error::custom)
    }
}

/// What is not there and what is null are the same.
pub(super) fn null<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// What FedEx and UPS refuse with.
#[derive(Deserialize)]
pub(super) struct Errors {
    #[serde(default, deserialize_with = "null")]
    errors: Vec<ErrorLine>,
}

impl Errors {
    pub(super) fn first(&self) -> Option<Said> {
        self.errors.first().map(ErrorLine::said)
    }
}

/// One reason of it.
#[derive(Deserialize)]
pub(super) struct ErrorLine {
    #[serde(default, deserialize_with = "null")]
    pub code: String,
    #[serde(default, deserialize_with = "null")]
    message: String,
}

impl ErrorLine {
    pub(super) fn said(&self) -> Said {
        Said::new(&self.code, &self.message)
    }
}

/// The day in "2025-08-13", "2025-08-13T20:00:00", "2025-08-13T20:00:00-06:00" and "20250813".
pub(super) fn day(text: &str) -> Option<Date> {
    let day = text.get(..10).and_then(|day| day.parse().ok());
    day.or_else(|| Date::strptime("%Y%m%d", text.get(..8)?).ok())
}

/// A moment with its zone: "2025-08-13T20:00:00-06:00" or with a Z.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// A moment of "20250813" and "74700", "074700" or "07:47:00", in UTC.
pub(super) fn utc(date: &str, time: &str) -> Option<Timestamp> {
    let digits: String = time.chars().filter(|c| *c != ':').collect();
    if digits.is_empty() || digits.len() > 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let time = Time::strptime("%H%M%S", format!("{digits:0>6}")).ok()?;
    Some(DateTime::from_parts(day(date)?, time).to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// A document of base64, or of its own bytes: what it says it is, and no larger than one.
pub(super) fn document(base64: &str) -> Option<Document> {
    if let Some(format) = DocumentFormat::of(base64.as_bytes()).filter(|_| base64.len() <= DOCUMENT_BYTES_MAX) {
        return Some(Document { format, bytes: Arc::new(base64.as_bytes().to_vec()) });
    }
    if base64.len() > DOCUMENT_BYTES_MAX / 3 * 4 + 4 {
        return None;
    }
    let bytes = STANDARD.decode(base64).ok().filter(|bytes| bytes.len() <= DOCUMENT_BYTES_MAX)?;
    Some(Document { format: DocumentFormat::of(&bytes)?, bytes: Arc::new(bytes) })
}

/// A manifest may be plain text as well.
pub(super) fn manifest(base64: &str) -> Option<Document> {
    document(base64).or_else(|| {
        let bytes = STANDARD.decode(base64).ok().filter(|bytes| !bytes.is_empty() && bytes.len() <= DOCUMENT_BYTES_MAX)?;
        let is_text = std::str::from_utf8(&bytes).is_ok_and(|text| !text.contains('\0'));
        is_text.then(|| Document { format: DocumentFormat::Text, bytes: Arc::new(bytes) })
    })
}

/// A carrier's words for people who run a shop: no control characters, nobody's mail address and no long number, which may be a phone
/// or an account.
pub(super) fn plain(text: &str, chars_max: usize) -> String {
    let word = |word: &str| {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        if word.contains('@') || digits >= 6 { "...".to_owned() } else { word.chars().filter(|c| !c.is_control()).collect() }
    };
    text.split_whitespace().map(word).collect::<Vec<String>>().join(" ").chars().take(chars_max).collect()
}

/// A carrier's own word for something, to be kept as it is; none if it says nothing. Longer than any is none.
pub(super) fn word(text: &str) -> Option<String> {
    let text = text.trim();
    let is_word = !text.is_empty() && text.chars().count() <= 60 && !text.chars().any(char::is_control);
    is_word.then(|| text.to_owned())
}

/// Scans, the latest first; those without a moment keep their place behind.
pub(super) fn latest(mut scans: Vec<Scan>) -> Vec<Scan> {
    scans.sort_by_key(|scan| std::cmp::Reverse(scan.at));
    scans.truncate(SCANS_MAX);
    scans
}

/// "Memphis, US": never a street.
pub(super) fn place(parts: &[Option<&str>]) -> String {
    let parts: Vec<String> = parts.iter().flatten().map(|part| plain(part, 60)).filter(|part| !part.is_empty()).collect();
    parts.join(", ")
}

/// How far a day is from another.
pub(super) fn days_between(from: Date, to: Date) -> i64 {
    to.duration_since(from).as_hours() / 24
}

/// Was it signed by HMAC-SHA256 of the body with one of the secrets? In base64 or hex, in a header that occurs once.
pub(super) fn is_signed(secrets: &[Secret], headers: &Headers, header: &str, body: &[u8]) -> bool {
    let given = headers.one(header).and_then(|given| if given.len() == 64 { hex::decode(given).ok() } else { STANDARD.decode(given).ok() });
    given.is_some_and(|given| is_hmac_sha256(secrets, &[body], &given))
}

/// Did whoever sent it know one of the secrets? That is all that some carriers prove.
pub(super) fn knows(secrets: &[Secret], headers: &Headers, header: &str) -> bool {
    let Some(given) = headers.one(header) else { return false };
    let given = given.strip_prefix("Bearer ").unwrap_or(given);
    secrets.iter().any(|secret| !secret.expose().is_empty() && bool::from(secret.expose().as_bytes().ct_eq(given.as_bytes())))
}

/// When a carrier names no day.
pub(super) fn after_days(leaves: Date, days: i64) -> Date {
    leaves.checked_add(SignedDuration::from_hours(days.clamp(0, 60) * 24)).unwrap_or(leaves)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_never_floats() {
        let minor = |text: &str, currency: &str| {
            let digits: Digits = serde_json::from_str(text).unwrap();
            amount(&digits, currency).map(|money| money.minor)
        };
        for (text, currency, expected) in [
            ("21.45", "USD", Some(2_145)),
            ("\"21.45\"", "USD", Some(2_145)),
            ("1775.6", "USD", Some(177_560)),
            ("89", "EUR", Some(8_900)),
            ("0.10", "USD", Some(10)),
            ("9007199254740993.01", "USD", None),
            ("89.255", "EUR", Some(8_926)),
            ("89.245", "EUR", Some(8_924)),
            ("89.2450001", "EUR", Some(8_925)),
            ("12.5", "JPY", Some(12)),
            ("13.5", "JPY", Some(14)),
            ("-1.00", "USD", None),
            ("-1.005", "USD", None),
            ("1e3", "USD", None),
            ("1.5e3", "USD", None),
            ("\"\"", "USD", None),
            ("21.45", "XXX", None),
            ("null", "USD", None),
        ] {
            assert_eq!(minor(text, currency), expected, "{text} {currency}");
        }
    }

    #[test]
    fn days_and_moments_as_carriers_write_them() {
        use jiff::civil::date;
        for (text, expected) in [
            ("2025-08-13", Some(date(2025, 8, 13))),
            ("2025-08-13T20:00:00", Some(date(2025, 8, 13))),
            ("20250813", Some(date(2025, 8, 13))),
            ("", None),
            ("soon, perhaps", None),
            ("2025-13-01", None),
            ("ééééééé", None),
        ] {
            assert_eq!(day(text), expected, "{text}");
        }
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        assert_eq!(utc("20220126", "74700"), at("2022-01-26T07:47:00Z"));
        assert_eq!(utc("2022-01-26", "07:47:00"), at("2022-01-26T07:47:00Z"));
        assert_eq!(moment("2018-02-02T12:01:00-07:00"), at("2018-02-02T19:01:00Z"));
        for (date, time) in [("20220126", "256000"), ("20220126", ""), ("20220126", "x"), ("", "074700"), ("20220126", "1234567")] {
            assert_eq!(utc(date, time), None, "{date} {time}");
        }
        assert_eq!(moment("2018-02-02T12:01:00"), None, "whose time?");
    }

    #[test]
    fn documents_are_what_they_say() {
        let encoded = |bytes: &[u8]| STANDARD.encode(bytes);
        assert_eq!(document(&encoded(b"%PDF-1.4 label")).map(|label| label.format), Some(DocumentFormat::Pdf));
        assert_eq!(document(&encoded(b"GIF89a...")).map(|label| label.format), Some(DocumentFormat::Gif));
        assert_eq!(document("^XA^FO50,50^FDdemo^FS^XZ").map(|label| label.format), Some(DocumentFormat::Zpl), "as it is");
        assert_eq!(document(&encoded(b"<html>")), None);
        assert_eq!(document("not base64!"), None);
        assert_eq!(document(&"A".repeat(3_000_000)), None);
        assert_eq!(manifest(&encoded(b"FEDEX GROUND MANIFEST")).map(|list| list.format), Some(DocumentFormat::Text));
        assert_eq!(manifest(&encoded(b"\x00\x01")), None);
    }

    #[test]
    fn words_name_nobody() {
        let said = "Recipient jane@example.com,\u{7} phone +1 5551234567 is not valid at 10001";
        assert_eq!(plain(said, 200), "Recipient ... phone +1 ... is not valid at 10001");
        assert_eq!(plain(&"word ".repeat(100), 9), "word word");
        assert_eq!(word(" Out for Delivery ").as_deref(), Some("Out for Delivery"));
        assert_eq!([word(""), word(" "), word("a\u{7}"), word(&"x".repeat(61))], [None, None, None, None]);
    }

    #[test]
    fn lists_of_one_lose_their_brackets() {
        let many = |text: &str| serde_json::from_str::<Many<u8>>(text).map(|many| many.0).ok();
        assert_eq!([many("[1,2]"), many("1"), many("null"), many("\"x\"")], [Some(vec![1, 2]), Some(vec![1]), Some(Vec::new()), None]);
    }
}
