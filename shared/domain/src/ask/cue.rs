//! What the words in front of a number say about it.

use super::text::fold;

/// What a number is, by the words before it. Later is stronger evidence that it names an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cue {
    /// "call me on", "tel."
    Phone,
    /// "zip code", "ul. Długa"
    Place,
    /// Nothing.
    None,
    /// "no.", "nr", "id", "number"
    Weak,
    /// "order", "zamówienie", "#"
    Strong,
}

/// A folded word, or one of the marks that matter, with its place in the text.
#[derive(Debug)]
pub(super) struct Word {
    pub text: String,
    pub start: usize,
    pub end: usize,
}

#[rustfmt::skip]
const STRONG: &[&str] = &[
    "order", "orders", "orderid", "ordernumber", "orderno", "ord", "purchase", "parcel", "package", "shipment",
    "zamowienie", "zamowienia", "zamowieniu", "zamowieniem", "zamowien", "zamowieniach", "zam", "paczka", "paczki",
    "paczke", "paczce", "przesylka", "przesylki", "przesylke", "przesylce", "bestellung", "bestellnummer", "auftrag",
    "commande", "pedido",
];
const WEAK: &[&str] =
    &["no", "nr", "num", "nbr", "number", "numbers", "numer", "numeru", "numerze", "numerem", "numery", "id", "n", "ref", "reference"];
#[rustfmt::skip]
const PHONE: &[&str] = &[
    "phone", "tel", "telephone", "telefon", "telefonu", "telefoniczny", "telefonicznie", "call", "ring", "mobile",
    "cell", "cellphone", "kom", "komorka", "komorki", "komorkowy", "zadzwon", "zadzwoncie", "dzwonic", "dzwon",
    "dzwoncie", "sms", "whatsapp", "fax", "faks", "contact", "kontakt", "kontaktowy", "dial", "reach",
];
const POSTAL: &[&str] = &["zip", "zipcode", "postcode", "postal", "plz", "pocztowy", "pocztowego"];
const STREET_BEFORE: &[&str] = &["ul", "ulica", "ulicy", "aleja", "alei", "apt", "flat", "suite", "room", "apartment", "lok", "box"];
const STREET_AFTER: &[&str] = &["street", "st", "avenue", "ave", "road", "rd", "lane", "blvd", "boulevard"];
const FILLER: &[&str] = &[
    "is", "are", "my", "the", "s", "this", "that", "was", "its", "a", "an", "jest", "moje", "mojego", "moj", "moja", "mojej", "o", "to",
    "brzmi", "me", "us", "at", "on", "pod", "do", "mnie", "na", "code", "kod", "please", "named", "called", "about",
];
const JOINING: &[&str] = &["and", "or", "i", "oraz", "lub", "also", "&", ","];
/// A full stop after one of these ends no sentence.
const ABBREVIATIONS: &[&str] = &["no", "nr", "num", "nbr", "n", "tel", "zam", "ord", "ul", "id", "ref", "apt", "lok", "kom"];
/// How far back a cue reaches, in words.
const REACH_WORDS_MAX: usize = 6;

/// Splits into words; `#`, `,` and the ends of sentences (as `.`) are words of their own.
pub(super) fn split(chars: &[char]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let start = at;
        while at < chars.len() && chars[at].is_alphanumeric() {
            at += 1;
        }
        if at > start {
            let text = chars[start..at].iter().map(|c| fold(*c).unwrap_or(*c)).collect();
            words.push(Word { text, start, end: at });
            continue;
        }
        let mark = match chars[at] {
            '#' => "#",
            ',' => ",",
            '&' => "&",
            '?' | '!' | ';' | '\n' => ".",
            '.' if chars.get(at + 1).is_none_or(|c| c.is_whitespace()) && !after_abbreviation(&words, at) => ".",
            _ => "",
        };
        at += 1;
        if !mark.is_empty() {
            words.push(Word { text: mark.to_owned(), start, end: at });
        }
    }
    words
}

fn after_abbreviation(words: &[Word], at: usize) -> bool {
    words.last().is_some_and(|word| word.end == at && ABBREVIATIONS.contains(&word.text.as_str()))
}

/// The evidence in front of position `at`, for a number of `digits` digits.
pub(super) fn before(words: &[Word], at: usize, digits: usize) -> Cue {
    let first_after = words.partition_point(|word| word.end <= at);
    let mut found = Cue::None;
    let mut joined = false;
    for word in words[..first_after].iter().rev().take(REACH_WORDS_MAX) {
        let text = word.text.as_str();
        if text == "#" {
            found = Cue::Strong;
        } else if STRONG.contains(&text) {
            return Cue::Strong;
        } else if PHONE.contains(&text) {
            return Cue::Phone;
        } else if POSTAL.contains(&text) || STREET_BEFORE.contains(&text) {
            return if found == Cue::None { Cue::Place } else { found };
        } else if WEAK.contains(&text) {
            found = found.max(Cue::Weak);
        } else if JOINING.contains(&text) {
            joined = true;
        } else if joined && text.len() == digits && text.bytes().all(|b| b.is_ascii_digit()) {
            joined = false;
        } else if !FILLER.contains(&text) {
            break;
        }
    }
    if found == Cue::None && on_a_street(words, first_after) { Cue::Place } else { found }
}

/// "ul. Długa 123" and "123 Baker Street".
fn on_a_street(words: &[Word], first_after: usize) -> bool {
    let behind = words[..first_after].iter().rev().take(3).take_while(|word| word.text != ".");
    let ahead = words[first_after..].iter().skip(1).take(3).take_while(|word| word.text != "." && word.text != ",");
    behind.clone().any(|word| STREET_BEFORE[..5].contains(&word.text.as_str()))
        || ahead.clone().any(|word| STREET_AFTER.contains(&word.text.as_str()))
}

/// Whether a word is itself a cue: "order1001", "nr1001".
pub(super) fn is_cue(word: &str) -> Option<Cue> {
    if STRONG.contains(&word) { Some(Cue::Strong) } else { WEAK.contains(&word).then_some(Cue::Weak) }
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: S0-03
    #[test]
    fn the_nearest_cue_decides() {
        let table = [
            ("order 1", Cue::Strong),
            ("order no. 1", Cue::Strong),
            ("numer zamówienia to: 1", Cue::Strong),
            ("my order's number is 1", Cue::Strong),
            ("# 1", Cue::Strong),
            ("nr 1", Cue::Weak),
            ("the number is 1", Cue::Weak),
            ("order phone 1", Cue::Phone),
            ("nr tel. 1", Cue::Phone),
            ("call me on 1", Cue::Phone),
            ("zip code 1", Cue::Place),
            ("ul. Długa 1", Cue::Place),
            ("Where is my order? 1", Cue::None),
            ("I ordered it. 1", Cue::None),
            ("1", Cue::None),
        ];
        for (text, expected) in table {
            let chars: Vec<char> = text.chars().collect();
            assert_eq!(before(&split(&chars), chars.len() - 1, 1), expected, "{text}");
        }
    }
}
