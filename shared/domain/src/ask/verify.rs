//! Holding a wording to the facts.
//!
//! Every true mention of a fact is taken out first; what is left may hold no digit, date, status, link,
//! amount, promise or address at all. What cannot be judged is refused: the caller has [`super::compose`]
//! to fall back on, which says the same facts.

mod facts;
mod lists;

#[cfg(test)]
mod tests;

use self::lists::{State, any, matches};
use super::compose::AskFacts;
use super::spans::is_month;
use super::text::{fold, invisible};

/// Longest answer, in characters.
pub const ANSWER_CHARS_MAX: usize = 800;
/// Fewest and most sentences, the closing not counted.
const SENTENCES: std::ops::RangeInclusive<usize> = 2..=4;

/// Why a wording was refused. Never quotes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Violation {
    /// More than [`ANSWER_CHARS_MAX`] characters.
    #[error("longer than 800 characters")]
    TooLong,
    /// Fewer than two or more than four.
    #[error("not two to four sentences")]
    Sentences,
    /// A control, invisible or direction-changing character, or one outside the Latin alphabets.
    #[error("a character that has no place in an answer")]
    Character,
    /// HTML, markdown or code.
    #[error("markup")]
    Markup,
    /// A number that is no fact.
    #[error("a number outside the facts")]
    Number,
    /// A day or span of time that is no fact.
    #[error("a date or time outside the facts")]
    Date,
    /// A status, reason or place that is no fact.
    #[error("a status outside the facts")]
    Status,
    /// A link other than the tracking link.
    #[error("a link outside the facts")]
    Url,
    /// Money.
    #[error("an amount or payment")]
    Money,
    /// A promise.
    #[error("a promise")]
    Promise,
    /// An address, a number to call, something to click or to give away.
    #[error("a contact or instruction outside the facts")]
    Contact,
    /// An apology though nothing is late.
    #[error("an apology for an order that is not late")]
    Apology,
    /// A name that is no fact.
    #[error("a name outside the facts")]
    Name,
    /// Neither the status nor the promised day.
    #[error("no fact at all")]
    NoFact,
}

/// Checks a wording; on failure all the reasons, each once.
pub fn verify(text: &str, facts: &AskFacts) -> Result<(), Vec<Violation>> {
    if text.chars().count() > ANSWER_CHARS_MAX {
        return Err(vec![Violation::TooLong]);
    }
    // First, since the stand-ins for the facts are such characters themselves.
    let hidden = |c: char| (c.is_control() && c != '\n') || invisible(c) || ('\u{e000}'..='\u{f8ff}').contains(&c) || c as u32 >= 0xf_0000;
    if text.contains(hidden) {
        return Err(vec![Violation::Character]);
    }
    let rest = self::facts::take_out(text, facts);
    let mut found = Vec::new();
    characters(&rest, &mut found);
    claims(&rest, facts, &mut found);
    names(&rest, &mut found);
    if !SENTENCES.contains(&sentences(&rest)) {
        found.push(Violation::Sentences);
    }
    found.sort_unstable();
    found.dedup();
    if found.is_empty() { Ok(()) } else { Err(found) }
}

fn stand_in(c: char) -> bool {
    (self::facts::LINK..=self::facts::LATENESS).contains(&c)
}

fn characters(rest: &[char], found: &mut Vec<Violation>) {
    for (at, c) in rest.iter().copied().enumerate() {
        let (before, after) = (at.checked_sub(1).map(|at| rest[at]), rest.get(at + 1).copied());
        let letters = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || stand_in(c));
        let violation = match c {
            '0'..='9' if matches!(after, Some('-' | '.' | '/')) && rest.get(at + 2).is_some_and(char::is_ascii_digit) => Violation::Date,
            '0'..='9' => Violation::Number,
            '@' | '+' => Violation::Contact,
            '$' | '€' | '£' | '¥' | '%' => Violation::Money,
            '<' | '>' | '[' | ']' | '{' | '}' | '|' | '\\' | '`' | '*' | '~' | '^' | '_' | '=' | '#' | '&' => Violation::Markup,
            '/' => Violation::Url,
            // "shop.com": a host without its scheme.
            '.' if letters(before) && letters(after) => Violation::Url,
            ' ' | '\n' | '’' | '‘' | '“' | '”' | '„' | '–' | '—' | '…' => continue,
            _ if c.is_ascii_graphic() || stand_in(c) || (c.is_alphabetic() && fold(c).is_some()) => continue,
            _ => Violation::Character,
        };
        found.push(violation);
    }
}

fn claims(rest: &[char], facts: &AskFacts, found: &mut Vec<Violation>) {
    let day = rest.contains(&self::facts::DAY);
    let mut words = folded(rest);
    strip(&mut words, &["nice day", "great day", "lovely day", "good day", "milego dnia", "dobrego dnia", "dzien dobry"]);

    if facts.eta.is_some_and(|eta| eta < facts.today) && (any(lists::AHEAD, &words) || any(lists::ARRIVALS, &words)) {
        found.push(Violation::Date);
    }
    if facts.expected().is_some() && day {
        strip(&mut words, lists::ARRIVALS);
    }
    let arrives = |word: &str| matches!(word, "will" | "dotrze" | "przyjdzie" | "zostanie" | "powinno" | "powinna" | "should");
    if words.iter().any(|word| arrives(word)) {
        found.push(Violation::Promise);
    }

    let stated = states(&mut words, facts, found);
    if !stated && !day {
        found.push(Violation::NoFact);
    }
    if !facts.delayed && any(lists::APOLOGIES, &words) {
        found.push(Violation::Apology);
    }
    dates(&words, facts, found);
    for (list, violation) in [
        (lists::TIME, Violation::Date),
        (lists::NUMBERS, Violation::Number),
        (lists::MONEY, Violation::Money),
        (lists::PROMISES, Violation::Promise),
        (lists::CONTACT, Violation::Contact),
    ] {
        if any(list, &words) {
            found.push(violation);
        }
    }
    // "re-fund", "r e f u n d".
    let squeezed: String = words.concat();
    const SQUEEZED: &[&str] =
        &["refund", "compensat", "guarant", "discount", "voucher", "reimburs", "moneyback", "rekompensat", "odszkodow", "gwaranc"];
    if SQUEEZED.iter().any(|stem| squeezed.contains(stem)) {
        found.push(Violation::Promise);
    }
}

/// Takes out every phrase that states a status; tells whether a true one was there.
fn states(words: &mut Vec<String>, facts: &AskFacts, found: &mut Vec<Violation>) -> bool {
    let mut stated = false;
    let mut left = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() {
        let rest = &words[at..];
        let hit = lists::STATES
            .iter()
            .find_map(|(state, phrases)| phrases.iter().find_map(|phrase| matches(phrase, rest)).map(|taken| (*state, taken)));
        let Some((state, taken)) = hit else {
            left.push(words[at].clone());
            at += 1;
            continue;
        };
        // "no" counts right before the word only: "order no. 1001 is delayed" denies nothing.
        let denied = words[at.saturating_sub(3)..at].iter().any(|word| lists::NEGATIONS.contains(&word.as_str()))
            || at.checked_sub(1).is_some_and(|at| words[at] == "no");
        let true_of_it = lists::allowed(facts.label).contains(&state) || (state == State::Delayed && facts.delayed);
        if true_of_it && !denied {
            stated = true;
        } else {
            found.push(Violation::Status);
        }
        // Something must stay between the neighbours, or they would read as one phrase.
        left.push(String::from("·"));
        at += taken;
    }
    *words = left;
    stated
}

fn dates(words: &[String], facts: &AskFacts, found: &mut Vec<Violation>) {
    let away = facts.expected().and_then(|eta| facts.today.until(eta).ok()).map(|span| span.get_days());
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).map_or("", |at| words[at].as_str());
        let wrong = match word.as_str() {
            "today" | "dzis" | "dzisiaj" => away != Some(0),
            "tomorrow" | "jutro" => away != Some(1),
            "yesterday" | "wczoraj" => true,
            // The verb is no month.
            "may" => matches!(before, "in" | "by" | "of" | "on" | "this" | "early" | "late" | "mid" | "until" | "before" | "since"),
            month => is_month(month),
        };
        if wrong {
            found.push(Violation::Date);
        }
    }
}

/// A capital inside a sentence names somebody or something, and no fact is left to name.
fn names(rest: &[char], found: &mut Vec<Violation>) {
    const GREETINGS: &[&str] = &["dear", "hello", "hi", "hey", "drogi", "droga", "szanowny", "szanowna", "witaj"];
    const ADDRESSED: &[&str] =
        &["customer", "valued", "client", "there", "sir", "madam", "kliencie", "klientko", "panie", "pani", "panstwo", "your", "twoje"];
    let mut previous = String::new();
    let mut at = 0;
    while at < rest.len() {
        if !rest[at].is_alphabetic() {
            at += 1;
            continue;
        }
        let start = at;
        while at < rest.len() && (rest[at].is_alphabetic() || matches!(rest[at], '’' | '\'')) {
            at += 1;
        }
        let word = folded(&rest[start..at]).into_iter().next().unwrap_or_default();
        let opens = rest[..start].iter().rev().find(|c| !matches!(c, ' ' | '"' | '“' | '„' | '(')).is_none_or(|c| ".!?:\n…".contains(*c));
        let capital = rest[start].is_uppercase();
        let greeted = GREETINGS.contains(&previous.as_str()) && !ADDRESSED.contains(&word.as_str());
        let called = opens && rest.get(at) == Some(&',') && !lists::OPENERS.contains(&word.as_str());
        if capital && ((!opens && !lists::CAPITALS.contains(&word.as_str())) || greeted || called) {
            found.push(Violation::Name);
        }
        previous = word;
    }
}

/// Sentences before the closing, by their full stops; what trails without one counts as one.
fn sentences(rest: &[char]) -> usize {
    let text: String = rest.iter().collect();
    let closing = ["Kind regards", "Best regards", "Z poważaniem", "Pozdrawiamy"].iter().filter_map(|closing| text.rfind(closing)).max();
    let body: Vec<char> = closing.map_or(text.as_str(), |at| &text[..at]).chars().collect();
    let (mut count, mut open) = (0, false);
    for (at, c) in body.iter().enumerate() {
        let stop = matches!(c, '.' | '!' | '?' | '…');
        if stop && open && body.get(at + 1).is_none_or(|next| next.is_whitespace() || "\"”’)".contains(*next)) {
            count += 1;
            open = false;
        }
        open |= c.is_alphanumeric() || stand_in(*c);
    }
    count + usize::from(open)
}

fn folded(chars: &[char]) -> Vec<String> {
    super::text::words(&chars.iter().collect::<String>())
}

/// Replaces every place of the patterns by a word that means nothing.
fn strip(words: &mut Vec<String>, patterns: &[&str]) {
    let mut at = 0;
    while at < words.len() {
        if let Some(taken) = patterns.iter().filter_map(|pattern| matches(pattern, &words[at..])).max() {
            words.splice(at..at + taken, [String::from("·")]);
        }
        at += 1;
    }
}
