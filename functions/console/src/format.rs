//! Amounts, times and words as people read them.

use domain::money::{Currency, Money};
use domain::order::Track;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil::Date};
use maud::{Markup, html};

/// "1,234.50 EUR".
pub fn money(minor: i64, currency: Currency) -> String {
    let plain = Money::new(minor, currency).decimal();
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |digits| ("−", digits));
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    format!("{sign}{}{rest} {currency}", grouped(whole))
}

/// "1,234".
pub fn count(number: i64) -> String {
    let sign = if number < 0 { "−" } else { "" };
    format!("{sign}{}", grouped(&number.unsigned_abs().to_string()))
}

fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// "9 Aug 2025".
pub fn date(date: Date) -> String {
    date.strftime("%-d %b %Y").to_string()
}

/// A day, as an element.
pub fn day(day: Date) -> Markup {
    html! { time datetime=(day) { (date(day)) } }
}

/// "9 Aug 2025, 12:00", as an element.
pub fn moment(at: Timestamp, zone: &TimeZone) -> Markup {
    let local = at.to_zoned(zone.clone());
    html! { time datetime=(at.strftime("%Y-%m-%dT%H:%M:%SZ")) { (local.strftime("%-d %b %Y, %H:%M").to_string()) } }
}

/// "3 h ago" with the whole time as its title; the script keeps it fresh.
pub fn ago(at: Timestamp, now: Timestamp, zone: &TimeZone) -> Markup {
    let local = at.to_zoned(zone.clone()).strftime("%-d %b %Y, %H:%M %Z").to_string();
    html! { time datetime=(at.strftime("%Y-%m-%dT%H:%M:%SZ")) title=(local) data-ago { (relative(now.duration_since(at))) } }
}

/// "just now", "5 min ago", "3 h ago", "2 days ago". The script says it in the same words.
pub fn relative(age: SignedDuration) -> String {
    let minutes = age.as_mins().max(0);
    match (minutes, minutes / 60, minutes / 1_440) {
        (0, ..) => "just now".to_owned(),
        (minutes, 0, _) => format!("{minutes} min ago"),
        (_, hours, _) if hours < 48 => format!("{hours} h ago"),
        (_, _, days) => format!("{days} days ago"),
    }
}

/// "72.5h", and days where hours would be a riddle.
pub fn age(age: SignedDuration) -> String {
    let tenths = (age.as_secs() / 360).max(0);
    if tenths < 24 * 7 * 10 { format!("{}.{}h", tenths / 10, tenths % 10) } else { format!("{} days", tenths / 240) }
}

/// How long something quick took: "640 ms", "12.3 s", "4.5 min", then as [`age`].
pub fn brief(took: SignedDuration) -> String {
    let ms = took.as_millis().max(0);
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1_000, ms / 100 % 10),
        60_000..3_600_000 => format!("{}.{} min", ms / 60_000, ms / 6_000 % 10),
        _ => age(took),
    }
}

/// "**john@gmail.com**" in bold, as answers mark what matters; the rest as it is.
pub fn emphasised(text: &str) -> Markup {
    let mut parts: Vec<&str> = text.split("**").collect();
    // A mark without its partner is text.
    let odd = parts.len().is_multiple_of(2).then(|| parts.pop()).flatten();
    html! {
        @for (at, part) in parts.into_iter().enumerate() {
            @if at % 2 == 1 { strong { (part) } } @else { (part) }
        }
        @if let Some(rest) = odd { "**" (rest) }
    }
}

/// "ready_to_ship" as "Ready to ship".
pub fn words<T: Track>(word: T) -> String {
    let text = word.as_str().replace('_', " ");
    let mut letters = text.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::order::OrderStatus;

    #[test]
    fn numbers_and_ages_read_well() {
        let eur = Currency::parse("EUR").unwrap();
        assert_eq!(money(123_456_789, eur), "1,234,567.89 EUR");
        assert_eq!(money(-5, eur), "−0.05 EUR");
        assert_eq!(money(100_000, Currency::parse("JPY").unwrap()), "100,000 JPY");
        assert_eq!(count(1_247), "1,247");
        assert_eq!(age(SignedDuration::from_mins(72 * 60 + 30)), "72.5h");
        assert_eq!(age(SignedDuration::from_hours(24 * 10)), "10 days");
        for (ms, shown) in [(640, "640 ms"), (12_345, "12.3 s"), (270_000, "4.5 min"), (5_400_000, "1.5h"), (-1, "0 ms")] {
            assert_eq!(brief(SignedDuration::from_millis(ms)), shown);
        }
        assert_eq!(relative(SignedDuration::from_secs(59)), "just now");
        assert_eq!(relative(SignedDuration::from_hours(47)), "47 h ago");
        assert_eq!(relative(SignedDuration::from_hours(48)), "2 days ago");
        assert_eq!(words(OrderStatus::ReadyToShip), "Ready to ship");
    }

    #[test]
    fn what_answers_mark_is_bold_and_nothing_else() {
        for (text, shown) in [
            ("Did you mean **a@b.cc**?", "Did you mean <strong>a@b.cc</strong>?"),
            ("2 ** 3", "2 ** 3"),
            ("**<i>** and **", "<strong>&lt;i&gt;</strong> and **"),
            ("", ""),
        ] {
            assert_eq!(emphasised(text).into_string(), shown);
        }
    }
}
