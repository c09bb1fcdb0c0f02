//! Taking the facts out of a text, so that whatever claim is left over is an invention.

use super::super::compose::AskFacts;
use super::super::text::fold;
use jiff::civil::{Date, Weekday};

/// Stand-ins from the private-use area; a text that holds one already is refused before.
pub(super) const LINK: char = '\u{e000}';
/// The carrier's name.
pub(super) const CARRIER: char = '\u{e001}';
/// The order number.
pub(super) const NUMBER: char = '\u{e002}';
/// The promised day.
pub(super) const DAY: char = '\u{e003}';
/// How late it is.
pub(super) const LATENESS: char = '\u{e004}';

/// The text with every true mention of a fact replaced by its stand-in.
pub(super) fn take_out(text: &str, facts: &AskFacts) -> Vec<char> {
    let mut chars: Vec<char> = text.chars().collect();
    if let Some(url) = facts.shown_url() {
        chars = replace(&chars, url, LINK, true, |before, after| {
            let ends = match after {
                [] => true,
                [mark, rest @ ..] if ".,;!?".contains(*mark) => rest.first().is_none_or(|c| c.is_whitespace()),
                [c, ..] => c.is_whitespace() || *c == ')',
            };
            ends && before.last().is_none_or(|c| c.is_whitespace() || *c == '(')
        });
    }
    if let Some(carrier) = facts.shown_carrier() {
        chars = replace(&chars, carrier, CARRIER, true, whole_word);
    }
    if let Some(number) = facts.shown_number() {
        chars = replace(&chars, number, NUMBER, true, names_the_order);
        // The `#` belongs to the number.
        let mut at = 0;
        while at + 1 < chars.len() {
            if chars[at] == '#' && chars[at + 1] == NUMBER {
                chars.remove(at);
            }
            at += 1;
        }
    }
    if let Some(eta) = facts.eta.filter(|_| super::super::compose::on_the_way_or_before(facts.label)) {
        for form in day_forms(eta) {
            chars = replace(&chars, &form, DAY, false, whole_number);
        }
    }
    for form in facts.days_late.filter(|days| *days > 0 && facts.delayed).map(lateness_forms).unwrap_or_default() {
        chars = replace(&chars, &form, LATENESS, false, whole_number);
    }
    chars
}

type Edges = fn(&[char], &[char]) -> bool;

fn replace(chars: &[char], needle: &str, with: char, exact: bool, edges: Edges) -> Vec<char> {
    let plain = |c: char| if exact { c } else { fold(c).unwrap_or(c) };
    let needle: Vec<char> = needle.chars().map(plain).collect();
    let mut out = Vec::with_capacity(chars.len());
    let mut at = 0;
    while at < chars.len() {
        let end = at + needle.len();
        let hit = needle.first().is_some_and(|first| plain(chars[at]) == *first)
            && end <= chars.len()
            && chars[at..end].iter().zip(&needle).all(|(c, wanted)| plain(*c) == *wanted)
            && edges(&chars[..at], &chars[end..]);
        if hit {
            out.push(with);
            at = end;
        } else {
            out.push(chars[at]);
            at += 1;
        }
    }
    out
}

fn whole_word(before: &[char], after: &[char]) -> bool {
    let inside = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '@'));
    !inside(before.last()) && !inside(after.first())
}

/// No part of a longer number, date, version or price.
fn whole_number(before: &[char], after: &[char]) -> bool {
    let joins = |c: char| matches!(c, '.' | ',' | ':' | '/' | '-' | '+');
    let behind = match before {
        [.., digit, mark] if joins(*mark) => !digit.is_ascii_digit() && *mark != '-' && *mark != '+',
        [mark] if joins(*mark) => false,
        _ => true,
    };
    let ahead = match after {
        [mark, next, ..] if joins(*mark) => !next.is_alphanumeric(),
        [mark, ..] => *mark != '%',
        [] => true,
    };
    behind && ahead && whole_word(before, &[]) && after.first().is_none_or(|c| !c.is_alphanumeric() && *c != '_')
}

/// The digits name the order only behind `#` or a word that says so: "1001 days" does not.
fn names_the_order(before: &[char], after: &[char]) -> bool {
    const CUES: &[&str] = &["order", "number", "no", "nr", "numer", "numerze", "parcel", "package", "purchase", "shipment", "id"];
    const CUE_STEMS: &[&str] = &["zamowieni", "paczk", "przesylk"];
    if !whole_number(before, after) || after.first() == Some(&'-') {
        return false;
    }
    if before.last() == Some(&'#') {
        return before.len() < 2 || !before[before.len() - 2].is_alphanumeric();
    }
    let gap = before.iter().rev().take_while(|c| matches!(c, ' ' | '.' | ':' | '(' | '\n')).count();
    let word: Vec<char> = before[..before.len() - gap].iter().rev().take_while(|c| c.is_alphabetic()).copied().collect();
    let word: String = word.into_iter().rev().map(|c| fold(c).unwrap_or(c)).collect();
    (1..=3).contains(&gap) && (CUES.contains(&word.as_str()) || CUE_STEMS.iter().any(|stem| word.starts_with(stem)))
}

const MONTHS: [(&str, &str, &str); 12] = [
    ("january", "jan", "stycznia"),
    ("february", "feb", "lutego"),
    ("march", "mar", "marca"),
    ("april", "apr", "kwietnia"),
    ("may", "may", "maja"),
    ("june", "jun", "czerwca"),
    ("july", "jul", "lipca"),
    ("august", "aug", "sierpnia"),
    ("september", "sep", "wrzesnia"),
    ("october", "oct", "pazdziernika"),
    ("november", "nov", "listopada"),
    ("december", "dec", "grudnia"),
];

/// Every accepted way to write a day, longest first.
fn day_forms(day: Date) -> Vec<String> {
    let (year, month, number) = (day.year(), day.month(), day.day());
    let (long, short, polish) = MONTHS[usize::from(month.unsigned_abs()).clamp(1, 12) - 1];
    let ordinal = match number {
        1 | 21 | 31 => "st",
        2 | 22 => "nd",
        3 | 23 => "rd",
        _ => "th",
    };
    let mut forms = vec![
        format!("{year:04}-{month:02}-{number:02}"),
        format!("{number:02}.{month:02}.{year}"),
        format!("{number}.{month}.{year}"),
        format!("{number} {polish} {year} r"),
        format!("{number} {polish} {year} roku"),
        format!("{number} {polish} {year}"),
        format!("{number} {polish}"),
    ];
    for name in [long, short] {
        for digits in [format!("{number}{ordinal}"), number.to_string()] {
            forms.extend([
                format!("{digits} of {name} {year}"),
                format!("{digits} of {name}"),
                format!("{digits} {name} {year}"),
                format!("{digits} {name}"),
                format!("{name} {digits}, {year}"),
                format!("{name} {digits} {year}"),
                format!("{name} {digits}"),
            ]);
        }
    }
    let (english, polish) = weekday(day.weekday());
    let named: Vec<String> =
        forms.iter().flat_map(|form| [format!("{english}, {form}"), format!("{english} {form}"), format!("{polish}, {form}")]).collect();
    forms.extend(named);
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    forms
}

fn weekday(day: Weekday) -> (&'static str, &'static str) {
    match day {
        Weekday::Monday => ("monday", "poniedzialek"),
        Weekday::Tuesday => ("tuesday", "wtorek"),
        Weekday::Wednesday => ("wednesday", "sroda"),
        Weekday::Thursday => ("thursday", "czwartek"),
        Weekday::Friday => ("friday", "piatek"),
        Weekday::Saturday => ("saturday", "sobota"),
        Weekday::Sunday => ("sunday", "niedziela"),
    }
}

/// Every accepted way to say how late it is: always together with the word that says late, so that
/// "arrives in 2 days" is no fact of an order that is 2 days late.
fn lateness_forms(days: u32) -> Vec<String> {
    const WORDS: [&str; 10] = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    let mut counts = vec![days.to_string()];
    counts.extend(usize::try_from(days).ok().and_then(|days| WORDS.get(days - 1)).map(|word| (*word).to_owned()));
    let (unit, polish) = if days == 1 { ("day", "dzien") } else { ("days", "dni") };
    let mut forms = Vec::new();
    for count in counts {
        forms.extend([
            format!("{count} {unit} late"),
            format!("{count} {unit} overdue"),
            format!("{count} {unit} behind schedule"),
            format!("late by {count} {unit}"),
            format!("delayed by {count} {unit}"),
            format!("a delay of {count} {unit}"),
            format!("opoznione o {count} {polish}"),
            format!("spoznione o {count} {polish}"),
            format!("spoznienie wynosi {count} {polish}"),
            format!("opoznienie wynosi {count} {polish}"),
            format!("{count} {polish} po terminie"),
        ]);
    }
    forms
}
