//! Finding the order number and the e-mail address in a question.
//!
//! Rules first: a model is only asked when these find nothing, and what it says counts only if it stands
//! in the question ([`accept_llm_candidate`]), so it can never invent or override a number.

use super::address;
use super::cue::{self, Cue};
use super::spans::{Map, Span};
use super::text::normalise;
use crate::email::Email;
use crate::ids::OrderId;

/// Most order numbers taken from one question.
pub const CANDIDATES_MAX: usize = 5;
/// Fewest digits that make an order number when nothing but digits is there.
const DIGITS_MIN: usize = 3;
/// Most digits of an order number; longer runs are parcel or account numbers.
const DIGITS_MAX: usize = 20;
/// Longest answer of a model that is looked at, in bytes.
const LLM_ANSWER_LEN_MAX: usize = 300;

/// A possible order number.
pub(super) struct Candidate {
    pub text: String,
    pub cue: Cue,
    start: usize,
}

/// What may be an order number, the likeliest first, each once, at most [`CANDIDATES_MAX`].
///
/// Every run of three or more digits outside e-mail addresses, links, dates, times, prices, telephone
/// numbers and postcodes; `ORD-YYYYMMDD-XXXXXXXX`; and, behind a cue ("order", "zamówienie", "nr", "#"),
/// numbers with letters, dashes and slashes. Those behind a cue come first. An [`OrderId`] holds no slash, so
/// a shop keeps "1001/2025" as "1001-2025", and that is how it is found.
pub fn order_candidates(text: &str) -> Vec<String> {
    ranked(text).into_iter().map(|candidate| candidate.text).collect()
}

/// [`order_candidates`] with what stood before each.
pub(super) fn ranked(text: &str) -> Vec<Candidate> {
    let mut map = Map::new(&normalise(text));
    let mut candidates = slashed(&map);
    candidates.extend(shaped(&mut map));
    map.label_numbers();
    candidates.extend(dashed(&mut map));
    candidates.extend(digits(&map));
    // A bare number as long as a telephone number is one, when something better is there.
    let best = candidates.iter().map(|candidate| candidate.cue).max().unwrap_or(Cue::None);
    candidates
        .retain(|found| found.cue == best || !(9..=11).contains(&found.text.len()) || found.text.contains(|c: char| !c.is_ascii_digit()));
    candidates.sort_by_key(|candidate| (std::cmp::Reverse(candidate.cue), candidate.start));
    let mut ranked: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        if ranked.len() < CANDIDATES_MAX && !ranked.iter().any(|known| known.text == candidate.text) {
            ranked.push(candidate);
        }
    }
    ranked
}

/// Numbers with letters: `ORD-…` anywhere, any other shape right behind a cue. Claims their characters.
fn shaped(map: &mut Map) -> Vec<Candidate> {
    let mut found = Vec::new();
    for (start, end) in tokens(map) {
        let token = map.text(start, end);
        let letters = token.bytes().any(|b| b.is_ascii_alphabetic());
        let digits = token.bytes().filter(u8::is_ascii_digit).count();
        if !letters || digits < 2 || token.len() < DIGITS_MIN || !map.free(start, end) || OrderId::parse(&token).is_err() {
            continue;
        }
        let upper = token.to_ascii_uppercase();
        if is_our_number(&upper) {
            map.label(start, end, Span::Order);
            found.push(Candidate { text: upper, start, cue: Cue::Strong });
            continue;
        }
        // "order1001", "nr1001", "ORD12345".
        let lead = token.bytes().take_while(u8::is_ascii_alphabetic).count();
        let tail = token[lead..].trim_start_matches(['-', '_']);
        let plain_tail = tail.len() >= DIGITS_MIN && tail.len() <= DIGITS_MAX && tail.bytes().all(|b| b.is_ascii_digit());
        let lead_cue = cue::is_cue(&token[..lead].to_ascii_lowercase());
        if let (Some(cue), true) = (lead_cue, plain_tail) {
            map.label(start, end, Span::Order);
            if upper.starts_with("ORD") && lead == 3 {
                found.push(Candidate { text: token.clone(), start, cue });
            }
            found.push(Candidate { text: tail.to_owned(), start, cue });
            continue;
        }
        let cue = cue::before(&map.words, start, token.len());
        if cue >= Cue::Weak && !is_measure(&token) {
            map.label(start, end, Span::Order);
            found.push(Candidate { text: token, start, cue });
        }
    }
    found
}

/// `123-4567890-1234567` behind a cue: digits and dashes that are no date and no telephone number.
fn dashed(map: &mut Map) -> Vec<Candidate> {
    let mut found = Vec::new();
    for (start, end) in tokens(map) {
        let token = map.text(start, end);
        let parts = token.split('-').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
        if parts && token.contains('-') && map.free(start, end) && OrderId::parse(&token).is_ok() {
            let cue = cue::before(&map.words, start, token.len());
            if cue < Cue::Weak {
                continue;
            }
            // One dash may also be a suffix or a range: its parts stay candidates.
            if token.matches('-').count() > 1 {
                map.label(start, end, Span::Order);
            }
            found.push(Candidate { text: token, start, cue });
        }
    }
    found
}

/// `1001/2025`, `FV/12/2025`, `A/1001` behind a cue, whole, before its parts are looked at: the part in front of
/// a slash may be another order. Neither a day ("08/01/2025") nor a fraction ("24/7") is one.
fn slashed(map: &Map) -> Vec<Candidate> {
    let tokens = tokens(map);
    let joined = |left: &(usize, usize), right: &(usize, usize)| right.0 == left.1 + 1 && map.chars[left.1] == '/';
    let mut found = Vec::new();
    for chain in tokens.chunk_by(joined).filter(|chain| chain.len() > 1) {
        let (start, end) = (chain[0].0, chain[chain.len() - 1].1);
        let written = map.text(start, end);
        let Ok(whole) = OrderId::written(&written) else { continue };
        let long = written.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() >= DIGITS_MIN);
        let letters = written.bytes().any(|b| b.is_ascii_alphabetic());
        let some_digits = written.bytes().filter(u8::is_ascii_digit).count() > 1;
        let named = (long || (letters && some_digits)) && !day_like(&written) && !is_measure(whole.as_str());
        let cue = cue::before(&map.words, start, written.len());
        if named && cue >= Cue::Weak && map.free(start, end) {
            found.push(Candidate { text: whole.to_string(), start, cue });
        }
    }
    found
}

/// "08/01/2025", "2025/08/01", "08/2025": a year beside a month, with or without a day.
fn day_like(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    let upto = |part: &str, max: u32| part.len() <= 2 && part.parse().is_ok_and(|number: u32| (1..=max).contains(&number));
    let year = |part: &str| part.len() == 4 && part.parse().is_ok_and(|year: u32| (1990..=2099).contains(&year));
    match parts.as_slice() {
        [month, last] if year(last) => upto(month, 12),
        [first, month] if year(first) => upto(month, 12),
        [one, two, last] => (year(last) && upto(one, 31) && upto(two, 31)) || (year(one) && upto(two, 31) && upto(last, 31)),
        _ => false,
    }
}

fn digits(map: &Map) -> Vec<Candidate> {
    let glued = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric() || *c == '_');
    let runs = map.runs();
    let mut found = Vec::new();
    for (at, run) in runs.iter().copied().enumerate() {
        let (before, after) = (run.start.checked_sub(1).and_then(|at| map.chars.get(at)), map.chars.get(run.end));
        if !(DIGITS_MIN..=DIGITS_MAX).contains(&run.len()) || glued(before) || glued(after) {
            continue;
        }
        // "order 1,001" is 1001.
        let thousands = at.checked_sub(1).map(|at| runs[at]).filter(|first| {
            first.len() < DIGITS_MIN && run.len() == 3 && map.text(first.end, run.start) == "," && map.cue(*first) >= Cue::Weak
        });
        let (start, cue) = thousands.map_or((run.start, map.cue(run)), |first| (first.start, map.cue(first)));
        found.push(Candidate { text: map.text(start, run.end).replace(',', ""), start, cue });
    }
    found
}

/// Runs of letters, digits, dashes and underscores, without dashes at the edges.
fn tokens(map: &Map) -> Vec<(usize, usize)> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < map.chars.len() {
        let start = at;
        while at < map.chars.len() && (map.chars[at].is_alphanumeric() || matches!(map.chars[at], '-' | '_')) {
            at += 1;
        }
        if at == start {
            at += 1;
            continue;
        }
        let edge = |c: &&char| matches!(**c, '-' | '_');
        let from = start + map.chars[start..at].iter().take_while(edge).count();
        let to = at - map.chars[start..at].iter().rev().take_while(edge).count();
        if from < to {
            tokens.push((from, to));
        }
    }
    tokens
}

/// `ORD-YYYYMMDD-XXXXXXXX`, upper case.
fn is_our_number(token: &str) -> bool {
    let mut parts = token.split('-');
    parts.next() == Some("ORD")
        && parts.next().is_some_and(|day| day.len() == 8 && day.bytes().all(|b| b.is_ascii_digit()))
        && parts.next().is_some_and(|code| code.len() == 8 && code.bytes().all(|b| b.is_ascii_alphanumeric()))
        && parts.next().is_none()
}

/// "10th", "250ml", "1030am", "Aug-2025": something counted or dated, not named.
fn is_measure(token: &str) -> bool {
    const UNITS: &[&str] = &[
        "st", "nd", "rd", "th", "am", "pm", "kg", "g", "ml", "cm", "mm", "km", "pcs", "szt", "zl", "pln", "usd", "eur", "x", "h", "gb", "k",
    ];
    let lower = token.to_ascii_lowercase();
    let number = lower.bytes().take_while(u8::is_ascii_digit).count();
    (number > 0 && UNITS.contains(&&lower[number..])) || lower.split(['-', '_']).any(super::spans::is_month)
}

/// The well-formed e-mail addresses of a text, lower-case, each once, in order: also `<a@b.co>`, quoted,
/// followed by punctuation, or spelled out ("name at domain dot com").
pub fn emails(text: &str) -> Vec<String> {
    addresses(text).into_iter().map(|email| email.expose().to_owned()).collect()
}

/// [`emails`], typed.
pub(super) fn addresses(text: &str) -> Vec<Email> {
    let chars: Vec<char> = normalise(text).chars().collect();
    address::valid(&address::find(&chars))
}

/// Something that was meant as an address and is none, for a question without a well-formed one.
pub(super) fn broken_address(text: &str) -> Option<String> {
    let chars: Vec<char> = normalise(text).chars().collect();
    address::find(&chars).into_iter().map(|found| found.text).find(|text| !text.starts_with('@') && Email::parse(text).is_err())
}

/// What a model says the order number is, if it stands in the question as a word of its own and outside
/// addresses, links, dates, times and prices. Returned as the question spells it, slashes as dashes.
pub fn accept_llm_candidate(question: &str, answer: &str) -> Option<String> {
    if answer.len() > LLM_ANSWER_LEN_MAX {
        return None;
    }
    let answer = normalise(answer);
    let answer = answer.trim().trim_matches(['"', '\'', '`', '#', '.', ',', ':', '*', '/', ' ']);
    if OrderId::written(answer).is_err() || !answer.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut map = Map::new(&normalise(question));
    map.label_numbers();
    let wanted: Vec<char> = answer.chars().collect();
    let inside = |c: Option<&char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    let usable = |span: &Span| matches!(span, Span::Free | Span::Order | Span::Phone | Span::Other);
    (0..map.chars.len().saturating_sub(wanted.len() - 1)).find_map(|start| {
        let end = start + wanted.len();
        let equal = map.chars[start..end].iter().zip(&wanted).all(|(a, b)| a.eq_ignore_ascii_case(b));
        let whole = !inside(map.chars.get(end)) && (start == 0 || !inside(map.chars.get(start - 1)));
        (equal && whole && map.spans[start..end].iter().all(usable)).then(|| map.text(start, end).replace('/', "-"))
    })
}

/// What a model says the e-mail address is, if it is one and stands in the question letter for letter.
pub fn accept_llm_email(question: &str, answer: &str) -> Option<Email> {
    if answer.len() > LLM_ANSWER_LEN_MAX {
        return None;
    }
    let answer = normalise(answer);
    let email = Email::parse(answer.trim().trim_matches(['"', '\'', '`', '<', '>', '.', ',', ' '])).ok()?;
    let question = normalise(question).to_lowercase();
    standing(&question, email.expose()).then_some(email)
}

/// Whether an address stands in a text as a whole: "b@x.io" does not stand in "ab@x.io".
fn standing(text: &str, address: &str) -> bool {
    text.match_indices(address).any(|(at, found)| {
        let before = text[..at].chars().next_back().is_none_or(|c| !crate::email::local_char(c) && c != '@');
        let mut rest = text[at + found.len()..].chars();
        let after = match rest.next() {
            None => true,
            Some('.') => rest.next().is_none_or(|c| !c.is_alphanumeric()),
            Some(c) => !c.is_alphanumeric() && !matches!(c, '@' | '-' | '_'),
        };
        before && after
    })
}

#[cfg(test)]
mod tests;
