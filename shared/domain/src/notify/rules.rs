//! What a shop says at which status: whether at all, on which channels, and in words of its own.

use super::email::{EmailContent, StatusFacts, fill, header_value, plain_name, status_email};
use super::letter_words::words;
use super::tongue::{Tongue, word};
use crate::order::{Fault, Label};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What may stand in a shop's own words for something of the order.
pub const PLACEHOLDERS: [&str; 5] = ["{order}", "{status}", "{eta}", "{customer}", "{shop}"];
/// Longest text, in characters.
const TEXT_CHARS_MAX: usize = 5_000;
/// Longest subject, in characters.
const SUBJECT_CHARS_MAX: usize = 150;

/// A message in a shop's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wording {
    /// Subject line.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

/// What is sent at one status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rule {
    /// The customer gets an e-mail.
    pub email: bool,
    /// The team gets a post.
    pub slack: bool,
    /// In words of the shop's own, by language ("en", "pl", "es", "fr", "de"); ours, where there are none.
    pub wording: BTreeMap<String, Wording>,
}

impl Default for Rule {
    fn default() -> Rule {
        Rule { email: true, slack: true, wording: BTreeMap::new() }
    }
}

/// Rules by status, in the words people see ("In Transit"). A status without one has the default.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NotifyRules(pub BTreeMap<String, Rule>);

impl NotifyRules {
    /// What is sent at a status.
    pub fn at(&self, label: Label) -> Rule {
        self.0.get(label.text()).cloned().unwrap_or_default()
    }

    /// The e-mail at a status, in the shop's words or ours.
    pub fn email(&self, facts: &StatusFacts, tongue: Tongue) -> EmailContent {
        let own = self.0.get(facts.label.text()).and_then(|rule| rule.wording.get(tongue.tag()));
        own.map_or_else(|| status_email(facts, tongue), |own| own.fill(facts, tongue))
    }

    /// Everything wrong with them; fields are named from `at` on.
    pub fn faults(&self, at: &str) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (name, rule) in &self.0 {
            let shown: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
            let place = format!("{at}.{shown}");
            if !Label::ALL.iter().any(|label| label.text() == name) {
                let known: Vec<&str> = Label::ALL.iter().map(|label| label.text()).collect();
                faults.push(Fault::new(place, "unknown_status", format!("one of: {}", known.join(", "))));
                continue;
            }
            for (lang, wording) in &rule.wording {
                if Tongue::of_tag(lang).is_none() {
                    faults.push(Fault::new(format!("{place}.wording"), "unknown_language", Tongue::KNOWN));
                    continue;
                }
                wording.faults(&format!("{place}.wording.{lang}"), &mut faults);
            }
        }
        faults
    }
}

impl Wording {
    fn fill(&self, facts: &StatusFacts, tongue: Tongue) -> EmailContent {
        let eta = facts.eta.map_or_else(|| "n/a".to_owned(), |day| day.to_string());
        let customer = facts.customer.as_deref().and_then(plain_name);
        let customer = customer.unwrap_or_else(|| words(tongue).customer.to_owned());
        let shop = header_value(&facts.shop_name);
        let order = header_value(&facts.order_id);
        let values = [order.as_str(), word(facts.label, tongue), &eta, &customer, &shop];
        let values: Vec<(&str, &str)> = PLACEHOLDERS.into_iter().zip(values).collect();
        EmailContent { subject: header_value(&fill(&self.subject, &values)), text: fill(&self.text, &values) }
    }

    fn faults(&self, at: &str, faults: &mut Vec<Fault>) {
        let printable = |text: &str| text.chars().all(|c| !c.is_control() || c == '\n');
        for (field, text, max) in [("subject", &self.subject, SUBJECT_CHARS_MAX), ("text", &self.text, TEXT_CHARS_MAX)] {
            let place = format!("{at}.{field}");
            if text.trim().is_empty() || text.chars().count() > max || !printable(text) || (field == "subject" && text.contains('\n')) {
                faults.push(Fault::new(place.clone(), "bad_text", format!("1 to {max} printable characters")));
            }
            if let Some(unknown) = unknown_placeholder(text) {
                let known = PLACEHOLDERS.join(", ");
                faults.push(Fault::new(place, "unknown_placeholder", format!("{unknown} is none of {known}")));
            }
        }
    }
}

/// The first word in braces that stands for nothing.
fn unknown_placeholder(text: &str) -> Option<String> {
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        rest = &rest[at..];
        let end = rest.find('}')?;
        let word = &rest[..=end];
        if !PLACEHOLDERS.contains(&word) {
            return Some(word.chars().filter(|c| !c.is_control()).take(40).collect());
        }
        rest = &rest[end + 1..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn facts(customer: &str) -> StatusFacts {
        StatusFacts {
            order_id: "1001".into(),
            customer: Some(customer.into()),
            label: Label::Shipped,
            eta: Some(date(2025, 8, 10)),
            today: date(2025, 8, 9),
            shop_name: "Demo Shop".into(),
            run: None,
        }
    }

    fn rules(subject: &str, text: &str) -> NotifyRules {
        let wording = BTreeMap::from([("en".to_owned(), Wording { subject: subject.into(), text: text.into() })]);
        NotifyRules(BTreeMap::from([("Shipped".to_owned(), Rule { wording, ..Rule::default() })]))
    }

    // req: S0-31
    #[test]
    fn a_shops_own_words_are_filled_with_the_orders_facts() {
        let rules = rules("{shop}: #{order} {status}", "Hi {customer},\n{order} is {status}, due {eta}. {braces} {");
        let mail = rules.email(&facts("Ann"), Tongue::En);
        assert_eq!(mail.subject, "Demo Shop: #1001 Shipped");
        assert_eq!(mail.text, "Hi Ann,\n1001 is Shipped, due 2025-08-10. {braces} {");
        assert_eq!(rules.email(&facts("Ann"), Tongue::Pl), status_email(&facts("Ann"), Tongue::Pl), "no words of its own in Polish");
        let other = StatusFacts { label: Label::Delivered, ..facts("Ann") };
        assert_eq!(rules.email(&other, Tongue::En), status_email(&other, Tongue::En));
        // A name is text, whatever it looks like, and no way to put a link or a header into a shop's mail.
        for name in ["{shop}", "Ann\r\nBcc: x@y.zz", "www.evil.example", ""] {
            let mail = rules.email(&facts(name), Tongue::En);
            assert!(mail.text.starts_with("Hi customer,\n") || mail.text.starts_with("Hi Ann Bcc"), "{name:?}: {}", mail.text);
            assert!(!mail.subject.contains(['\r', '\n']));
        }
    }

    // req: S0-31
    #[test]
    fn rules_that_could_not_work_are_refused() {
        let codes = |rules: &NotifyRules| {
            rules.faults("rules").into_iter().map(|fault| format!("{} {}", fault.field, fault.code)).collect::<Vec<_>>()
        };
        assert!(codes(&rules("{order}", "{order} {status} {eta} {customer} {shop}")).is_empty());
        assert_eq!(codes(&rules("", "x")), ["rules.Shipped.wording.en.subject bad_text"]);
        assert_eq!(codes(&rules("a\nBcc: b", "x")), ["rules.Shipped.wording.en.subject bad_text"]);
        assert_eq!(codes(&rules("x", &"x".repeat(5_001))), ["rules.Shipped.wording.en.text bad_text"]);
        assert_eq!(
            codes(&rules("{oder}", "{ETA}")),
            ["rules.Shipped.wording.en.subject unknown_placeholder", "rules.Shipped.wording.en.text unknown_placeholder"]
        );
        let mut odd = rules("x", "x");
        let rule = odd.0["Shipped"].clone();
        odd.0.insert("Flying".into(), rule.clone());
        odd.0.get_mut("Shipped").unwrap().wording.insert("tlh".into(), rule.wording["en"].clone());
        assert_eq!(codes(&odd), ["rules.Flying unknown_status", "rules.Shipped.wording unknown_language"]);
    }
}
