//! Money: `i64` minor units and an ISO 4217 currency. No float ever touches an amount.
//!
//! On the wire an amount is a decimal string in major units ("59.98"), exactly as many decimals as the
//! currency has, so that no JSON reader can round it.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// An ISO 4217 currency code that is in use, with its number of decimals.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

/// Active ISO 4217 codes (list one, 2024-06-25 amendment), grouped by exponent.
const TWO_DECIMALS: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD \
    CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF \
    IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR \
    MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN \
    SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG";
const NO_DECIMALS: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
const THREE_DECIMALS: &str = "BHD IQD JOD KWD LYD OMR TND";
const FOUR_DECIMALS: &str = "CLF UYW";

fn listed(list: &str, code: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == code)
}

impl Currency {
    /// United States dollar.
    pub const USD: Currency = Currency(*b"USD");
    /// Euro.
    pub const EUR: Currency = Currency(*b"EUR");
    /// Pound sterling.
    pub const GBP: Currency = Currency(*b"GBP");

    /// Parses an upper-case three-letter code that is in use.
    pub fn parse(code: &str) -> Result<Currency, MoneyError> {
        let bytes: [u8; 3] = code.as_bytes().try_into().map_err(|_| MoneyError::UnknownCurrency)?;
        let known = [TWO_DECIMALS, NO_DECIMALS, THREE_DECIMALS, FOUR_DECIMALS].iter().any(|list| listed(list, code));
        if known { Ok(Currency(bytes)) } else { Err(MoneyError::UnknownCurrency) }
    }

    /// The three letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Minor units of one major unit.
    pub fn minor_per_major(&self) -> i64 {
        10_i64.pow(self.exponent())
    }

    /// How many decimals the currency has: JPY 0, EUR 2, KWD 3.
    pub fn exponent(&self) -> u32 {
        let code = self.code();
        if listed(TWO_DECIMALS, code) {
            2
        } else if listed(NO_DECIMALS, code) {
            0
        } else if listed(THREE_DECIMALS, code) {
            3
        } else {
            4
        }
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Currency::parse(&code).map_err(serde::de::Error::custom)
    }
}

/// An amount in minor units of one currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units: cents for EUR, yen for JPY, fils for KWD.
    pub minor: i64,
    /// Whose minor units.
    pub currency: Currency,
}

/// Why an amount was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not an active ISO 4217 code.
    #[error("unknown currency: use an active ISO 4217 code such as EUR")]
    UnknownCurrency,
    /// Not a plain decimal number.
    #[error("not an amount: write digits with a point, for example \"59.98\"")]
    NotAnAmount,
    /// More decimals than the currency has.
    #[error("too many decimals for this currency")]
    TooManyDecimals,
    /// Does not fit; amounts stop at 10^15 minor units so that sums of lines cannot overflow.
    #[error("amount out of range")]
    OutOfRange,
    /// Two currencies in one sum.
    #[error("amounts of different currencies cannot be added")]
    CurrencyMismatch,
}

impl Money {
    /// The largest magnitude accepted from outside, in minor units. 10,000 lines of it still fit an `i64`.
    pub const MAX_MINOR: i64 = 900_000_000_000_000;

    /// An amount from minor units.
    pub const fn new(minor: i64, currency: Currency) -> Money {
        Money { minor, currency }
    }

    /// Nothing, in this currency.
    pub const fn zero(currency: Currency) -> Money {
        Money { minor: 0, currency }
    }

    /// Parses "59.98" in the currency. Fewer decimals are fine ("60"), more are refused, as are signs
    /// other than a leading minus, exponents, blanks and grouping.
    pub fn parse(text: &str, currency: Currency) -> Result<Money, MoneyError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let has_point = digits.contains('.');
        let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !plain(whole) || !plain(fraction) || (has_point && fraction.is_empty()) {
            return Err(MoneyError::NotAnAmount);
        }
        let exponent = currency.exponent() as usize;
        let significant = fraction.trim_end_matches('0');
        if significant.len() > exponent {
            return Err(MoneyError::TooManyDecimals);
        }
        if whole.trim_start_matches('0').len() > 15 {
            return Err(MoneyError::OutOfRange);
        }
        let mut minor: i64 = 0;
        let fraction_digits = significant.bytes().chain(std::iter::repeat(b'0')).take(exponent);
        for digit in whole.bytes().chain(fraction_digits) {
            minor = minor
                .checked_mul(10)
                .and_then(|value| value.checked_add(i64::from(digit - b'0')))
                .filter(|value| *value <= Self::MAX_MINOR)
                .ok_or(MoneyError::OutOfRange)?;
        }
        Ok(Money::new(if negative { -minor } else { minor }, currency))
    }

    /// The wire form: "59.98", "-0.05", "1000" for JPY.
    pub fn decimal(&self) -> String {
        let exponent = self.currency.exponent() as usize;
        let sign = if self.minor < 0 { "-" } else { "" };
        let digits = self.minor.unsigned_abs().to_string();
        if exponent == 0 {
            return format!("{sign}{digits}");
        }
        let padded = format!("{digits:0>width$}", width = exponent + 1);
        let (whole, fraction) = padded.split_at(padded.len() - exponent);
        format!("{sign}{whole}.{fraction}")
    }

    /// Sum of two amounts of one currency.
    pub fn checked_add(self, other: Money) -> Result<Money, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch);
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::OutOfRange)?;
        Ok(Money::new(minor, self.currency))
    }

    /// A unit price times a quantity.
    pub fn checked_mul(self, quantity: u32) -> Result<Money, MoneyError> {
        let minor = self.minor.checked_mul(i64::from(quantity)).ok_or(MoneyError::OutOfRange)?;
        Ok(Money::new(minor, self.currency))
    }

    /// One of so many equal parts, rounded half away from zero; the whole of it in less than one.
    #[must_use]
    pub fn per(self, parts: i64) -> Money {
        let (minor, parts) = (i128::from(self.minor), i128::from(parts.max(1)));
        let rounded = (minor.abs() * 2 + parts) / (parts * 2) * minor.signum();
        Money { minor: i64::try_from(rounded).unwrap_or(self.minor), ..self }
    }

    /// A rate in basis points (8 % = 800), rounded half to even: the tie goes to the even minor unit, so
    /// that many small taxes do not drift upwards.
    pub fn basis_points(self, rate: u32) -> Result<Money, MoneyError> {
        let product = i128::from(self.minor) * i128::from(rate);
        let (quotient, remainder) = (product.div_euclid(10_000), product.rem_euclid(10_000));
        let up = remainder > 5_000 || (remainder == 5_000 && quotient % 2 != 0);
        let rounded = quotient + i128::from(up);
        let minor = i64::try_from(rounded).map_err(|_| MoneyError::OutOfRange)?;
        Ok(Money::new(minor, self.currency))
    }

    /// Splits by weights without losing a minor unit: largest remainders first, ties to the earlier part.
    /// The parts always sum to the whole; no weights, or only zeros, give no parts.
    pub fn allocate(self, weights: &[u32]) -> Vec<Money> {
        let sum: i128 = weights.iter().map(|w| i128::from(*w)).sum();
        if sum == 0 {
            return Vec::new();
        }
        let whole = i128::from(self.minor);
        let mut parts: Vec<(usize, i128, i128)> = weights
            .iter()
            .enumerate()
            .map(|(index, weight)| {
                let product = whole * i128::from(*weight);
                (index, product.div_euclid(sum), product.rem_euclid(sum))
            })
            .collect();
        let given: i128 = parts.iter().map(|part| part.1).sum();
        let mut left = whole - given;
        parts.sort_by(|a, b| b.2.cmp(&a.2).then(a.0.cmp(&b.0)));
        for part in &mut parts {
            if left == 0 {
                break;
            }
            part.1 += 1;
            left -= 1;
        }
        parts.sort_by_key(|part| part.0);
        parts.into_iter().map(|(_, minor, _)| Money::new(minor as i64, self.currency)).collect()
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // req: S2-93
    #[test]
    fn an_average_is_rounded_half_away_from_zero() {
        let of = |minor, parts| Money::new(minor, currency("EUR")).per(parts).minor;
        let table = [(9_440, 12, 787), (5, 2, 3), (-5, 2, -3), (4, 3, 1), (0, 7, 0), (7, 0, 7), (7, -3, 7), (i64::MAX, 1, i64::MAX)];
        for (minor, parts, each) in table {
            assert_eq!(of(minor, parts), each, "{minor} / {parts}");
        }
        assert_eq!(of(i64::MIN, 1), i64::MIN);
    }

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    #[test]
    fn exponents_follow_iso_4217() {
        for (code, exponent) in [("JPY", 0), ("EUR", 2), ("USD", 2), ("KWD", 3), ("CLF", 4), ("PLN", 2)] {
            assert_eq!(currency(code).exponent(), exponent, "{code}");
        }
        for bad in ["", "EU", "eur", "EURO", "XXX", "ZZZ", "€€€"] {
            assert_eq!(Currency::parse(bad), Err(MoneyError::UnknownCurrency), "{bad}");
        }
    }

    #[test]
    fn amounts_are_plain_decimals() {
        for (text, code, minor) in [
            ("59.98", "USD", 5998),
            ("60", "USD", 6000),
            ("0.5", "EUR", 50),
            ("59.980", "USD", 5998),
            ("1000", "JPY", 1000),
            ("1.005", "KWD", 1005),
            ("-0.05", "EUR", -5),
            ("000012.30", "EUR", 1230),
        ] {
            assert_eq!(Money::parse(text, currency(code)).map(|m| m.minor), Ok(minor), "{text} {code}");
        }
        use MoneyError::*;
        for (text, code, fault) in [
            ("1.005", "EUR", TooManyDecimals),
            ("1.5", "JPY", TooManyDecimals),
            ("", "EUR", NotAnAmount),
            ("-", "EUR", NotAnAmount),
            (".5", "EUR", NotAnAmount),
            ("5.", "EUR", NotAnAmount),
            ("+5", "EUR", NotAnAmount),
            ("1e400", "EUR", NotAnAmount),
            ("NaN", "EUR", NotAnAmount),
            ("1,000.00", "EUR", NotAnAmount),
            (" 5", "EUR", NotAnAmount),
            ("１", "EUR", NotAnAmount),
            ("99999999999999999999999", "EUR", OutOfRange),
            ("9000000000000.01", "EUR", OutOfRange),
        ] {
            assert_eq!(Money::parse(text, currency(code)), Err(fault), "{text} {code}");
        }
    }

    #[test]
    fn tax_rounds_half_to_even() {
        let eur = |minor| Money::new(minor, Currency::EUR);
        assert_eq!(eur(5998).basis_points(800).unwrap(), eur(480));
        assert_eq!(eur(50).basis_points(500).unwrap(), eur(2), "2.5 goes to 2");
        assert_eq!(eur(70).basis_points(500).unwrap(), eur(4), "3.5 goes to 4");
    }

    proptest! {
        #[test]
        fn what_is_written_can_be_read(minor in -Money::MAX_MINOR..=Money::MAX_MINOR, code in prop::sample::select(vec!["JPY", "EUR", "KWD", "CLF"])) {
            let money = Money::new(minor, currency(code));
            prop_assert_eq!(Money::parse(&money.decimal(), money.currency), Ok(money));
        }

        #[test]
        fn parsing_never_panics(text in ".{0,40}") {
            let _ = Money::parse(&text, Currency::EUR);
        }

        #[test]
        fn allocation_loses_nothing(minor in -1_000_000_000i64..1_000_000_000, weights in prop::collection::vec(0u32..1000, 0..12)) {
            let parts = Money::new(minor, Currency::EUR).allocate(&weights);
            if weights.iter().any(|w| *w > 0) {
                prop_assert_eq!(parts.iter().map(|p| p.minor).sum::<i64>(), minor);
                prop_assert_eq!(parts.len(), weights.len());
            } else {
                prop_assert!(parts.is_empty());
            }
        }
    }
}
