//! From a question to the next step of the dialogue.

use super::catalogue::Message;
use super::cue::Cue;
use super::extract::{CANDIDATES_MAX, addresses, broken_address, order_candidates, ranked};
use super::lang::Lang;
use super::text::normalise;
use crate::email::{self, Email};
use crate::ids::OrderId;
use crate::pii::mask_email;
use std::fmt;

/// Longest question, in characters.
pub const QUESTION_CHARS_MAX: usize = 2_000;
/// Most addresses of one question that are tried.
pub const EMAILS_MAX: usize = 3;

/// A fact that the customer still has to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// The order number.
    OrderId,
    /// The e-mail address used to place the order.
    Email,
}

/// The next step.
#[derive(Clone, PartialEq, Eq)]
pub enum Plan {
    /// Say this; nothing can be looked up yet.
    Reply {
        /// The language of the text.
        lang: Lang,
        /// What to say.
        text: String,
        /// What is missing.
        needs: Vec<Need>,
    },
    /// Both facts are there.
    Lookup {
        /// The language to answer in.
        lang: Lang,
        /// The order numbers it may be, likeliest first; at least one, at most [`CANDIDATES_MAX`].
        candidates: Vec<OrderId>,
        /// The proof of ownership: one address, or as many as the question gives, at most [`EMAILS_MAX`]. Every
        /// one that is tried with an order is an attempt at it.
        emails: Vec<Email>,
        /// A likelier spelling of the address, to show if nothing matches. Never looked up itself.
        suggestion: Option<String>,
    },
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The text may repeat an address.
            Plan::Reply { lang, needs, .. } => f.debug_struct("Reply").field("lang", lang).field("needs", needs).finish_non_exhaustive(),
            Plan::Lookup { lang, candidates, emails, suggestion } => f
                .debug_struct("Lookup")
                .field("lang", lang)
                .field("candidates", candidates)
                .field("emails", emails)
                .field("suggestion", &suggestion.as_deref().map(mask_email))
                .finish(),
        }
    }
}

/// [`plan_in`] without a locale.
pub fn plan(question: &str, order_id: Option<&str>, email: Option<&str>) -> Plan {
    plan_in(question, order_id, email, None)
}

/// Reads the question. `order_id` and `email` are what the page remembers or a form field holds.
///
/// A number behind a cue in the question ("and order 1002?") is newer than a remembered one and goes
/// first; the remembered one goes before bare numbers. A well-formed `email` rules out those in the text,
/// which may be anybody's ("I wrote to support@…"); of several in the text any may be the right one. `locale`
/// decides the language when the words do not.
pub fn plan_in(question: &str, order_id: Option<&str>, email: Option<&str>, locale: Option<&str>) -> Plan {
    let lang = Lang::detect(question, locale);
    let reply = |text: String, needs: &[Need]| Plan::Reply { lang, text, needs: needs.to_vec() };
    if question.chars().count() > QUESTION_CHARS_MAX {
        return reply(Message::TooLong.text(lang), &[Need::OrderId, Need::Email]);
    }
    let order_id = order_id.map(normalise).filter(|text| !text.trim().is_empty());
    let email = email.map(normalise).filter(|text| !text.trim().is_empty());
    if order_id.is_none() && email.is_none() && normalise(question).trim().is_empty() {
        return reply(Message::Empty.text(lang), &[Need::OrderId, Need::Email]);
    }
    let candidates = candidates(question, order_id.as_deref());
    let given = given_addresses(question, email.as_deref());
    match (candidates.is_empty(), given) {
        (false, Given::Addresses(emails)) => {
            let suggestion = emails.iter().find_map(|email| email::suggest(email.expose()));
            Plan::Lookup { lang, candidates, emails, suggestion }
        }
        (true, Given::Addresses(_)) => reply(Message::AskId.text(lang), &[Need::OrderId]),
        (true, Given::Nothing) => reply(Message::AskBoth.text(lang), &[Need::OrderId, Need::Email]),
        (false, Given::Nothing) => reply(Message::AskEmail.text(lang), &[Need::Email]),
        (no_number, Given::Broken(broken)) => {
            let suggestion = email::suggest(&broken);
            let mut text = Message::BadEmail { suggestion: suggestion.as_deref() }.text(lang);
            if no_number {
                text = format!("{text} {}", Message::AskId.text(lang));
                return reply(text, &[Need::OrderId, Need::Email]);
            }
            reply(text, &[Need::Email])
        }
    }
}

fn candidates(question: &str, given: Option<&str>) -> Vec<OrderId> {
    let found = ranked(question);
    let (cued, bare): (Vec<_>, Vec<_>) = found.into_iter().partition(|candidate| candidate.cue >= Cue::Weak);
    let given = given.map(given_candidates).unwrap_or_default();
    let text = |candidate: super::extract::Candidate| candidate.text;
    let mut ids: Vec<OrderId> = Vec::new();
    for candidate in cued.into_iter().map(text).chain(given).chain(bare.into_iter().map(text)) {
        match OrderId::parse(&candidate) {
            Ok(id) if ids.len() < CANDIDATES_MAX && !ids.contains(&id) => ids.push(id),
            _ => {}
        }
    }
    ids
}

/// The field holds the number itself, or a person's words around it.
fn given_candidates(given: &str) -> Vec<String> {
    let bare = given.trim().trim_start_matches('#').trim();
    let whole = match OrderId::written(bare) {
        Ok(whole) if bare.bytes().any(|b| b.is_ascii_digit()) => whole.to_string(),
        _ => return order_candidates(given),
    };
    let spelled = if whole.to_ascii_uppercase().starts_with("ORD-") { whole.to_ascii_uppercase() } else { whole };
    let parts = if bare.contains('/') { order_candidates(given) } else { Vec::new() };
    std::iter::once(spelled).chain(parts).collect()
}

/// What stands where an address belongs.
enum Given {
    /// At least one, at most [`EMAILS_MAX`].
    Addresses(Vec<Email>),
    /// Something that was meant as one.
    Broken(String),
    Nothing,
}

fn given_addresses(question: &str, given: Option<&str>) -> Given {
    let given = given.map(str::trim);
    let in_field = given.map_or_else(Vec::new, |given| Email::parse(given).map_or_else(|_| addresses(given), |email| vec![email]));
    let mut emails = if in_field.is_empty() { addresses(question) } else { in_field };
    emails.truncate(EMAILS_MAX);
    if !emails.is_empty() {
        return Given::Addresses(emails);
    }
    given.map(str::to_owned).or_else(|| broken_address(question)).map_or(Given::Nothing, Given::Broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn looks_up(question: &str, order_id: Option<&str>, email: Option<&str>) -> (Vec<String>, String, Option<String>) {
        match plan(question, order_id, email) {
            Plan::Lookup { candidates, emails, suggestion, .. } => {
                let emails: Vec<&str> = emails.iter().map(Email::expose).collect();
                (candidates.iter().map(ToString::to_string).collect(), emails.join(" "), suggestion)
            }
            Plan::Reply { text, .. } => panic!("{question}: {text}"),
        }
    }

    #[track_caller]
    fn replies(question: &str, order_id: Option<&str>, email: Option<&str>, expected: &str, expected_needs: &[Need]) {
        match plan(question, order_id, email) {
            Plan::Reply { text, needs, .. } => assert_eq!((text.as_str(), needs.as_slice()), (expected, expected_needs), "{question}"),
            Plan::Lookup { candidates, .. } => panic!("{question}: {candidates:?}"),
        }
    }

    // req: S0-02
    #[test]
    fn one_sentence_with_both_facts_is_enough() {
        let (ids, email, suggestion) = looks_up("Where is my order 1001? Email: John.Smith@example.com", None, None);
        assert_eq!((ids, email.as_str(), suggestion), (vec!["1001".to_owned()], "john.smith@example.com", None));
    }

    // req: S0-09 S0-10 S0-11 S0-12
    #[test]
    fn the_dialogue_asks_for_what_is_missing() {
        use Need::{Email, OrderId};
        let bad = "That e-mail doesn’t look valid. Please use name@example.com.";
        let id = "Please provide your order number (e.g., 1003).";
        let both = "Please provide your order number (e.g., 0000) and the e-mail used to place the order.";
        let address = "For verification, please also provide the e-mail used to place the order.";
        replies("Where is my order?", None, None, both, &[OrderId, Email]);
        replies("Where is my order?", Some("  "), Some(""), both, &[OrderId, Email]);
        replies("I am john@example.com", None, None, id, &[OrderId]);
        replies("Where is it?", None, Some("john@example.com"), id, &[OrderId]);
        replies("order 1001", None, None, address, &[Email]);
        replies("", Some("1001"), None, address, &[Email]);
        replies("order 1001", None, Some("john"), bad, &[Email]);
        replies("order 1001 john@example", None, None, bad, &[Email]);
        replies("order 1001 john@gmial", None, None, bad, &[Email]);
        replies("order 1001 john@gmail", None, None, &format!("{bad} Did you mean **john@gmail.com**?"), &[Email]);
        replies("order 1001", None, Some("john@gmail,com"), &format!("{bad} Did you mean **john@gmail.com**?"), &[Email]);
        replies("hello", None, Some("john"), &format!("{bad} {id}"), &[OrderId, Email]);
        replies("order 1001", None, Some("<script>@gmial.com"), bad, &[Email]);
        replies(
            "Gdzie jest paczka?",
            None,
            None,
            "Podaj numer zamówienia (np. 0000) i adres e-mail użyty przy jego składaniu.",
            &[OrderId, Email],
        );
    }

    // req: S0-09
    #[test]
    fn nothing_and_too_much_are_told_apart() {
        use Need::{Email, OrderId};
        for blank in ["", "  \n\t", "\u{200b}\u{feff}"] {
            let expected = "Please type your question, with your order number and the e-mail used to place the order.";
            replies(blank, None, None, expected, &[OrderId, Email]);
        }
        let expected = "Your message is too long. Please shorten it to 2000 characters or fewer.";
        let long = format!("1001 a@b.co {}", "x".repeat(QUESTION_CHARS_MAX));
        replies(&long, None, None, expected, &[OrderId, Email]);
        let fits = format!("{:x<2000}", "1001 a@b.co ");
        assert_eq!(looks_up(&fits, None, None).0, ["1001"]);
    }

    // req: S0-02 S0-03
    #[test]
    fn what_the_question_says_meets_what_the_page_remembers() {
        let ids = |question: &str, remembered: &str| looks_up(question, Some(remembered), Some("a@b.co")).0;
        assert_eq!(ids("and order 1002?", "1001"), ["1002", "1001"], "newer, behind a cue");
        assert_eq!(ids("1002?", "1001"), ["1001", "1002"]);
        assert_eq!(ids("where is it", "#1001"), ["1001"]);
        assert_eq!(ids("where is it", "my order 1001"), ["1001"]);
        assert_eq!(ids("where is it", "ord-20250801-0123abcd"), ["ORD-20250801-0123ABCD"]);
        assert_eq!(ids("order 1001", "1001"), ["1001"]);
        let email = |question: &str, remembered: &str| looks_up(question, Some("1001"), Some(remembered)).1;
        assert_eq!(email("I wrote to support@shop.com", " A@b.co "), "a@b.co");
        assert_eq!(email("it is a@b.co", "nonsense"), "a@b.co");
        assert_eq!(email("where", "John <john@x.io>"), "john@x.io");
    }

    // req: S0-05 S0-14
    #[test]
    fn of_several_addresses_any_may_be_the_right_one() {
        let emails = |question: &str, remembered: Option<&str>| looks_up(question, Some("1001"), remembered).1;
        assert_eq!(emails("a@b.co or c@d.co, A@B.co", None), "a@b.co c@d.co");
        assert_eq!(emails("a@b.co c@d.co e@f.co g@h.co", None), "a@b.co c@d.co e@f.co", "three are tried");
        assert_eq!(emails("mail c@d.co", Some("a@b.co")), "a@b.co", "a field of its own says which one");
        assert_eq!(emails("where", Some("a@b.co, c@d.co")), "a@b.co c@d.co");
    }

    // req: S0-03
    #[test]
    fn a_number_with_a_slash_is_whole_in_its_field_too() {
        let ids = |remembered: &str| looks_up("where is it", Some(remembered), Some("a@b.co")).0;
        assert_eq!(ids("1001/2025"), ["1001-2025", "1001"]);
        assert_eq!(ids("#FV/12/2025"), ["FV-12-2025"]);
        assert_eq!(ids("A/1001"), ["A-1001", "1001"]);
    }

    // req: S0-08
    #[test]
    fn a_mistyped_provider_is_hinted_at_and_never_looked_up() {
        let (_, email, suggestion) = looks_up("order 1001 john@gmial.com", None, None);
        assert_eq!((email.as_str(), suggestion.as_deref()), ("john@gmial.com", Some("john@gmail.com")));
    }

    // req: S0-18
    #[test]
    fn a_plan_in_a_log_line_shows_no_address() {
        for question in ["order 1001 john.smith@gmial.com", "order john.smith@gmail", "hi"] {
            let shown = format!("{:?}", plan(question, None, None));
            assert!(!shown.contains("john.smith") && shown.len() > 20, "{shown}");
        }
    }

    // req: S0-09
    #[test]
    fn the_locale_decides_only_when_the_words_do_not() {
        let lang = |question: &str| match plan_in(question, None, None, Some("pl")) {
            Plan::Reply { lang, .. } | Plan::Lookup { lang, .. } => lang,
        };
        assert_eq!((lang("1001"), lang("where is my order")), (Lang::Pl, Lang::En));
    }

    proptest! {
        // req: S0-02 S0-09
        #[test]
        fn every_question_gets_a_bounded_next_step(
            question in "[\\PC\\n@#0-9.]{0,300}",
            order_id in proptest::option::of("\\PC{0,80}"),
            email in proptest::option::of("\\PC{0,80}"),
        ) {
            match plan(&question, order_id.as_deref(), email.as_deref()) {
                Plan::Lookup { candidates, suggestion, emails, .. } => {
                    prop_assert!(!candidates.is_empty() && candidates.len() <= CANDIDATES_MAX);
                    prop_assert!(!emails.is_empty() && emails.len() <= EMAILS_MAX);
                    prop_assert!(emails.iter().all(|email| suggestion.as_deref() != Some(email.expose())));
                }
                Plan::Reply { text, needs, .. } => prop_assert!(!text.is_empty() && text.len() < 700 && !needs.is_empty()),
            }
        }
    }
}
