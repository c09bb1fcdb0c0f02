//! Finding e-mail addresses in running text.

use super::text::fold;
use crate::email::{Email, local_char};

/// Most addresses taken from one text.
const ADDRESSES_MAX: usize = 5;
/// Furthest looked back for the start of an address, in characters.
const ADDRESS_CHARS_MAX: usize = 320;
/// Longest quoted name looked back over, in characters.
const QUOTED_CHARS_MAX: usize = 64;

/// Something that was meant as an address.
#[derive(Debug)]
pub(super) struct Found {
    /// Where it stands, in characters, everything that could belong to it included.
    pub start: usize,
    /// One past its end.
    pub end: usize,
    /// The address as it would be parsed: trimmed, spelled-out parts put together.
    pub text: String,
}

/// Every address-like part of the text, in order.
pub(super) fn find(chars: &[char]) -> Vec<Found> {
    let mut found = with_sign(chars);
    found.extend(spelled_out(chars));
    found.sort_by_key(|part| part.start);
    found
}

/// The well-formed ones: case-folded, each once.
pub(super) fn valid(found: &[Found]) -> Vec<Email> {
    let mut emails: Vec<Email> = Vec::new();
    for email in found.iter().filter_map(|part| Email::parse(&part.text).ok()) {
        if emails.len() < ADDRESSES_MAX && !emails.contains(&email) {
            emails.push(email);
        }
    }
    emails
}

fn with_sign(chars: &[char]) -> Vec<Found> {
    let mut found = Vec::new();
    for at in (0..chars.len()).filter(|at| chars[*at] == '@') {
        let (mut local_end, mut domain_start) = (at, at + 1);
        // "john @ example.com"
        if at >= 2 && chars[at - 1] == ' ' && chars.get(at + 1) == Some(&' ') {
            (local_end, domain_start) = (at - 1, at + 2);
        }
        let start = local_start(chars, local_end);
        let end = domain_start + chars[domain_start.min(chars.len())..].iter().take_while(|c| domain_char(**c)).count();
        if start == local_end && end == domain_start {
            continue;
        }
        let local: String = chars[start..local_end].iter().collect();
        let domain: String = chars[domain_start.min(end)..end].iter().collect();
        // The mask is generous; the address itself keeps to the grammar.
        let local = local.rsplit(|c| !local_char(c) && c != '@').next().unwrap_or_default();
        let local = local.trim_start_matches(['.', '-', '\'']);
        let text = format!("{local}@{}", domain.trim_end_matches(['.', '-', '_']));
        found.push(Found { start, end: end.min(chars.len()), text });
    }
    found
}

fn local_start(chars: &[char], end: usize) -> usize {
    if end > 0 && chars[end - 1] == '"' {
        let quoted = chars[..end - 1].iter().rev().take(QUOTED_CHARS_MAX).position(|c| *c == '"');
        if let Some(length) = quoted {
            return end - 2 - length;
        }
    }
    let loose = |c: char| local_char(c) || c.is_alphanumeric() || matches!(c, '!' | '$' | '*' | '^' | '`' | '{' | '}' | '~' | '@');
    end - chars[..end].iter().rev().take(ADDRESS_CHARS_MAX).take_while(|c| loose(**c)).count()
}

fn domain_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-' | '_')
}

/// "name at domain dot com", "name (at) domain.com", "imię małpa domena kropka pl".
fn spelled_out(chars: &[char]) -> Vec<Found> {
    let pieces = pieces(chars);
    let mut found = Vec::new();
    for at in 1..pieces.len() {
        let bracketed = pieces[at].start > 0 && matches!(chars[pieces[at].start - 1], '(' | '[' | '{');
        let sign = matches!(pieces[at].folded.as_str(), "at" | "malpa");
        if !sign || (!bracketed && NOT_A_NAME.contains(&pieces[at - 1].folded.as_str())) {
            continue;
        }
        let mut first = at - 1;
        let mut local = pieces[first].text.clone();
        while first >= 2 && is_dot(&pieces[first - 1]) {
            first -= 2;
            local = format!("{}.{local}", pieces[first].text);
        }
        let Some(mut domain) = pieces.get(at + 1).map(|piece| piece.text.clone()) else { continue };
        let mut last = at + 1;
        while last + 2 < pieces.len() && is_dot(&pieces[last + 1]) {
            last += 2;
            domain = format!("{domain}.{}", pieces[last].text);
        }
        let complete = last > at + 1 || (bracketed && domain.contains('.'));
        if complete && !local.contains('@') && !domain.contains('@') {
            found.push(Found { start: pieces[first].start, end: pieces[last].end, text: format!("{local}@{domain}") });
        }
    }
    found
}

/// Words that stand before a plain "at" without being somebody's name.
#[rustfmt::skip]
const NOT_A_NAME: &[&str] = &[
    "look", "order", "orders", "ordered", "bought", "shop", "shopped", "me", "us", "am", "is", "was", "are", "it",
    "mail", "email", "purchased", "registered", "address", "placed", "account",
];

struct Piece {
    text: String,
    folded: String,
    start: usize,
    end: usize,
}

fn is_dot(piece: &Piece) -> bool {
    matches!(piece.folded.as_str(), "dot" | "kropka" | "punkt")
}

fn pieces(chars: &[char]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let start = at;
        while at < chars.len() && (local_char(chars[at]) || chars[at].is_alphanumeric() || chars[at] == '@') {
            at += 1;
        }
        if at == start {
            at += 1;
            continue;
        }
        let text: String = chars[start..at].iter().collect();
        let text = text.trim_matches(['.', '-', '\'']).to_owned();
        let folded = text.chars().map(|c| fold(c).unwrap_or(c)).collect();
        pieces.push(Piece { text, folded, start, end: at });
    }
    pieces
}
