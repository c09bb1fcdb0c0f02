//! Numbers as people read them.

use super::Unit;

/// "1,234,567" or "1,234.50 EUR", every digit.
pub(super) fn full(value: i128, unit: Unit) -> String {
    match unit {
        Unit::Count => grouped(value, 0),
        Unit::Money(currency) => format!("{} {currency}", grouped(value, currency.exponent())),
    }
}

/// For an axis: "0", "250", "1.5k", "20M"; money without its code, which stands in the title.
pub(super) fn compact(value: i128, unit: Unit) -> String {
    let exponent = match unit {
        Unit::Count => 0,
        Unit::Money(currency) => currency.exponent(),
    };
    let one = 10i128.pow(exponent);
    let size = value.abs();
    let step = [(12, "T"), (9, "B"), (6, "M"), (3, "k")].into_iter().find(|(power, _)| size >= one * 10i128.pow(*power));
    let (scale, suffix) = step.map_or((one, ""), |(power, suffix)| (one * 10i128.pow(power), suffix));
    let sign = if value < 0 { "-" } else { "" };
    let hundredths = size * 100 / scale;
    let (whole, rest) = (grouped(hundredths / 100, 0), hundredths % 100);
    match (rest, rest % 10) {
        (0, _) => format!("{sign}{whole}{suffix}"),
        (_, 0) => format!("{sign}{whole}.{}{suffix}", rest / 10),
        _ => format!("{sign}{whole}.{rest:02}{suffix}"),
    }
}

fn grouped(value: i128, exponent: u32) -> String {
    let one = 10u128.pow(exponent);
    let (whole, rest) = (value.unsigned_abs() / one, value.unsigned_abs() % one);
    let digits = whole.to_string();
    let mut text = if value < 0 { "-".to_owned() } else { String::new() };
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if exponent > 0 {
        text.push_str(&format!(".{rest:0width$}", width = exponent as usize));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::money::Currency;

    #[test]
    fn numbers_are_grouped_and_shortened() {
        let (eur, jpy) = (Unit::Money(Currency::EUR), Unit::Money(Currency::parse("JPY").unwrap()));
        assert_eq!(full(1_234_567, Unit::Count), "1,234,567");
        assert_eq!(full(-5, eur), "-0.05 EUR");
        assert_eq!(full(100_000, jpy), "100,000 JPY");
        assert_eq!(full(i64::MIN.into(), Unit::Count), "-9,223,372,036,854,775,808");
        for (value, unit, expected) in [
            (0, Unit::Count, "0"),
            (999, Unit::Count, "999"),
            (1_500, Unit::Count, "1.5k"),
            (-20_000_000, Unit::Count, "-20M"),
            (50, eur, "0.5"),
            (25_000_000, eur, "250k"),
            (i64::MAX.into(), Unit::Count, "9,223,372.03T"),
        ] {
            assert_eq!(compact(value, unit), expected);
        }
    }
}
