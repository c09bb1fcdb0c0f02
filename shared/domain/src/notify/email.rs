//! The e-mail a customer gets when the status changes.

use super::channel::Tone;
use super::letter_words::{Subjects, Words, words};
use super::milestone::{Milestone, Run};
use super::tongue::{Tongue, clause};
use crate::ask::{invisible, on_the_way_or_before};
use crate::order::Label;
use jiff::civil::Date;

/// Longest name or shop repeated in a text, in characters.
const NAME_CHARS_MAX: usize = 60;
/// Longest value of a mail header, in characters.
const HEADER_CHARS_MAX: usize = 200;

/// Everything a status message may state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusFacts {
    /// The order number, without `#`.
    pub order_id: String,
    /// The customer's name, as they typed it.
    pub customer: Option<String>,
    /// The new word.
    pub label: Label,
    /// The promised day.
    pub eta: Option<Date>,
    /// Today, where the shop is.
    pub today: Date,
    /// Who writes.
    pub shop_name: String,
    /// Of an order that is run here.
    pub run: Option<Run>,
}

/// A message ready for a mail system. The subject holds no line break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailContent {
    /// The `Subject` header.
    pub subject: String,
    /// The plain text.
    pub text: String,
}

/// Two or three short sentences in the tone of the state, between a greeting and the closing; of a milestone of an order that is run here,
/// what belongs to it beside them.
pub fn status_email(facts: &StatusFacts, tongue: Tongue) -> EmailContent {
    let (words, order) = (words(tongue), header_value(&facts.order_id));
    let tone = Tone::of(facts.label, facts.eta, facts.today);
    let milestone = Milestone::at(facts.label, facts.run);
    let mut sentences = vec![status_sentence(facts, tone, &order, tongue)];
    sentences.extend(milestone.and_then(|milestone| beside(milestone, tongue)));
    sentences.extend(day_sentence(facts, words));
    sentences.push(words.manners[tone as usize].to_owned());
    let [regards, team] = words.closing;
    EmailContent {
        subject: header_value(&fill(subject(milestone, &words.subjects), &[("{n}", &order)])),
        text: format!("{}\n\n{}\n\n{regards}\n{team}", greeting(facts, words), sentences.join(" ")),
    }
}

/// To whom it may concern.
pub(super) fn greeting(facts: &StatusFacts, words: &Words) -> String {
    let name = facts.customer.as_deref().and_then(plain_name);
    name.map_or_else(|| words.greetings[1].to_owned(), |name| fill(words.greetings[0], &[("{c}", &name)]))
}

const fn subject(milestone: Option<Milestone>, subjects: &Subjects) -> &'static str {
    match milestone {
        None => subjects.status,
        Some(Milestone::Confirmed { .. }) => subjects.confirmed,
        Some(Milestone::Paid { .. }) => subjects.paid,
        Some(Milestone::Shipped) => subjects.shipped,
        Some(Milestone::Delivered) => subjects.delivered,
        Some(Milestone::Refunded { .. }) => subjects.refunded,
        Some(Milestone::Cancelled) => subjects.cancelled,
        Some(Milestone::Backordered) => subjects.backordered,
    }
}

/// What a milestone says beside where the order stands.
fn beside(milestone: Milestone, tongue: Tongue) -> Option<String> {
    let words = words(tongue);
    let (sentence, amount) = match milestone {
        Milestone::Confirmed { total } => (words.total, Some(total)),
        Milestone::Paid { total } => (words.paid, Some(total)),
        Milestone::Refunded { amount } => (words.refunded, Some(amount?)),
        Milestone::Backordered => (words.backordered, None),
        Milestone::Shipped | Milestone::Delivered | Milestone::Cancelled => return None,
    };
    let amount = amount.map(|amount| tongue.money(amount)).unwrap_or_default();
    Some(fill(sentence, &[("{a}", &amount)]))
}

fn status_sentence(facts: &StatusFacts, tone: Tone, order: &str, tongue: Tongue) -> String {
    let words = words(tongue);
    let of_shop = plain_name(&facts.shop_name).map(|shop| fill(words.of_shop, &[("{c}", &shop)])).unwrap_or_default();
    let [plainly, gladly, late, only_late] = words.stands;
    let sentence = match (tone, facts.label) {
        (Tone::Apologetic, Label::Delayed) => only_late,
        (Tone::Apologetic, _) => late,
        (Tone::Happy, _) => gladly,
        (Tone::Neutral, _) => plainly,
    };
    fill(sentence, &[("{n}", order), ("{of}", &of_shop), ("{s}", clause(facts.label, tongue))])
}

fn day_sentence(facts: &StatusFacts, words: &Words) -> Option<String> {
    let eta = facts.eta.filter(|_| on_the_way_or_before(facts.label))?;
    Some(fill(words.days[usize::from(eta < facts.today)], &[("{d}", &eta.to_string())]))
}

/// Puts values in once: what they hold is text, whatever it looks like.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        filled.push_str(&rest[..at]);
        rest = &rest[at..];
        match values.iter().find(|(placeholder, _)| rest.starts_with(placeholder)) {
            Some((placeholder, value)) => {
                filled.push_str(value);
                rest = &rest[placeholder.len()..];
            }
            None => {
                filled.push('{');
                rest = &rest[1..];
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// A name that is only a name: nothing that a mail program would turn into a link, and no markup.
pub(super) fn plain_name(name: &str) -> Option<String> {
    let name = one_line(name, NAME_CHARS_MAX);
    let letters = name.chars().any(char::is_alphabetic);
    let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '\'' | '’' | '&'));
    let link = name.to_lowercase();
    (letters && plain && !link.contains("www") && !link.contains("http")).then_some(name)
}

/// A value for one mail header: one line, no control character, at most 200 characters.
pub fn header_value(text: &str) -> String {
    one_line(text, HEADER_CHARS_MAX)
}

/// Foreign text on one line: white space and control characters become single spaces, invisible and
/// direction-changing ones go, and what is longer than `chars_max` ends in "…".
pub(super) fn one_line(text: &str, chars_max: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    for c in text.chars().filter(|c| !invisible(*c)) {
        let space = c.is_whitespace() || c.is_control();
        if space && (line.is_empty() || line.ends_with(' ')) {
            continue;
        }
        if length == chars_max {
            line.pop();
            line.push('…');
            return line;
        }
        line.push(if space { ' ' } else { c });
        length += 1;
    }
    line.truncate(line.trim_end().len());
    line
}

/// A model's text without the "Subject: …" line it was not asked for.
pub fn strip_subject_line(text: &str) -> &str {
    let start = text.trim_start();
    let (first, rest) = start.split_once('\n').unwrap_or((start, ""));
    let label = first.split_once(':').map(|(label, _)| label.trim_matches(['*', ' ', '#']).to_lowercase());
    match label.as_deref() {
        Some("subject" | "temat") => rest.trim_start(),
        _ => start,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::{AskFacts, verify};
    use jiff::civil::date;

    const TODAY: Date = date(2025, 8, 9);

    fn facts(label: Label, eta: Option<Date>) -> StatusFacts {
        let shop_name = "Demo Shop".to_owned();
        StatusFacts { order_id: "1001".into(), customer: Some("John Smith".into()), label, eta, today: TODAY, shop_name, run: None }
    }

    // req: S0-26 S0-27
    #[test]
    fn golden_mails() {
        let ahead = Some(date(2025, 8, 10));
        let frame = |body: &str| format!("Dear John Smith,\n\n{body}\n\nKind regards,\nCustomer Care Team");
        let sorry = "We understand how inconvenient this is and thank you for bearing with us.";
        let table = [
            (
                facts(Label::Delayed, ahead),
                format!("We are sorry, your order #1001 from Demo Shop is delayed. The expected delivery date is 2025-08-10. {sorry}"),
            ),
            (
                facts(Label::Shipped, Some(date(2025, 8, 8))),
                format!(
                    "We are sorry, your order #1001 from Demo Shop has been shipped and is delayed. It was expected on 2025-08-08. {sorry}"
                ),
            ),
            (
                facts(Label::InTransit, ahead),
                "Good news: your order #1001 from Demo Shop is in transit. The expected delivery date is 2025-08-10. \
                 Thank you for your patience."
                    .to_owned(),
            ),
            (
                facts(Label::Delivered, ahead),
                "Your order #1001 from Demo Shop has been delivered. Thank you for shopping with us.".to_owned(),
            ),
        ];
        for (facts, body) in table {
            let mail = status_email(&facts, Tongue::En);
            assert_eq!(mail.text, frame(&body));
            assert_eq!(mail.subject, "Order Status Update - Order 1001");
        }
        let polish = status_email(&facts(Label::Shipped, ahead), Tongue::Pl);
        assert_eq!(polish.subject, "Aktualizacja statusu - zamówienie 1001");
        assert_eq!(
            polish.text,
            "Dzień dobry, John Smith,\n\nDobra wiadomość: zamówienie #1001 w sklepie Demo Shop zostało wysłane. \
             Przewidywana data dostawy to 2025-08-10. Dziękujemy za cierpliwość.\n\nZ poważaniem,\nZespół Obsługi Klienta"
        );
    }

    // req: S0-26
    #[test]
    fn every_mail_passes_the_same_check_as_an_answer() {
        for label in Label::ALL {
            for eta in [None, Some(date(2025, 8, 8)), Some(TODAY), Some(date(2025, 9, 1))] {
                // The assistant speaks these two.
                for lang in [Tongue::En, Tongue::Pl] {
                    let facts = facts(label, eta);
                    let mail = status_email(&facts, lang);
                    let body = mail.text.split("\n\n").nth(1).unwrap();
                    let body = body.replace(" from Demo Shop", "").replace(" w sklepie Demo Shop", "");
                    let known = AskFacts {
                        number: facts.order_id.clone(),
                        label,
                        eta,
                        delayed: Tone::of(label, eta, TODAY) == Tone::Apologetic,
                        days_late: None,
                        today: TODAY,
                        carrier: None,
                        tracking_url: None,
                    };
                    assert_eq!(verify(&body, &known), Ok(()), "{body}");
                    assert!((2..=3).contains(&(body.matches(". ").count() + 1)), "{body}");
                    let closing = ["Kind regards,\nCustomer Care Team", "Z poważaniem,\nZespół Obsługi Klienta"];
                    assert!(mail.text.ends_with(closing[usize::from(lang == Tongue::Pl)]), "{}", mail.text);
                }
            }
        }
    }

    // req: S0-27
    #[test]
    fn no_header_and_no_greeting_can_be_smuggled_in() {
        for hostile in ["1001\r\nBcc: x@y.zz", "1001\nBcc: x@y.zz", "1001\0\u{85}\u{2028}Bcc: x"] {
            let mail = status_email(&StatusFacts { order_id: hostile.into(), ..facts(Label::Shipped, None) }, Tongue::En);
            assert!(!mail.subject.contains(|c: char| c.is_control() || c == '\u{2028}'), "{:?}", mail.subject);
            assert!(!mail.text.contains("\nBcc"), "{:?}", mail.text);
        }
        for name in ["<b>John</b>", "www.evil.example", "Win at https://evil.example", "John.\nBcc: x", "", "12345", "evil.com"] {
            let mail = status_email(&StatusFacts { customer: Some(name.into()), ..facts(Label::Shipped, None) }, Tongue::En);
            assert!(mail.text.starts_with("Hello,\n\n"), "{name}: {}", mail.text);
            let shop = status_email(&StatusFacts { shop_name: name.into(), ..facts(Label::Shipped, None) }, Tongue::En);
            assert!(shop.text.contains("order #1001 has been shipped."), "{name}: {}", shop.text);
        }
        let long = status_email(&StatusFacts { order_id: "9".repeat(5_000), ..facts(Label::Shipped, None) }, Tongue::En);
        assert!(long.subject.chars().count() <= HEADER_CHARS_MAX && long.text.len() < 600);
    }

    // req: S0-27
    #[test]
    fn strips_the_subject_line_of_a_model() {
        let table = [
            ("Subject: Your order\nHello.", "Hello."),
            ("  \nSUBJECT : Your order\r\n\r\nHello.", "Hello."),
            ("**Subject:** Your order\n\nHello.", "Hello."),
            ("Temat: Zamówienie\nDzień dobry.", "Dzień dobry."),
            ("Hello.\nSubject: stays", "Hello.\nSubject: stays"),
            ("The subject: is fine\nHello.", "The subject: is fine\nHello."),
            ("Subject: only this", ""),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(strip_subject_line(text), expected, "{text:?}");
        }
    }
}
