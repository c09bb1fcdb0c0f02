//! E-mails of other kinds than "this is where your order stands now".

use super::MessageKind;
use super::email::{EmailContent, StatusFacts, fill, greeting, header_value};
use super::letter_words::{Words, words};
use super::rules::NotifyRules;
use super::tongue::Tongue;
use crate::order::Label;

/// What a letter has beside the facts of its order.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'a> {
    /// The shop's own words.
    pub text: Option<&'a str>,
    /// Where the customer says how it was.
    pub survey: Option<&'a str>,
}

/// A letter of this kind, in the shop's words or ours.
pub fn letter(kind: MessageKind, facts: &StatusFacts, rules: &NotifyRules, tongue: Tongue, beside: Beside<'_>) -> EmailContent {
    let words = words(tongue);
    match kind {
        MessageKind::Status | MessageKind::Processing | MessageKind::Shipped | MessageKind::Delivered => rules.email(facts, tongue),
        MessageKind::Confirmation => rules.email(&StatusFacts { label: Label::Received, ..facts.clone() }, tongue),
        MessageKind::Delay => framed(facts, words, words.subjects.delay, words.delay, beside),
        MessageKind::Changed => {
            let total = facts.run.map(|run| format!(" {}", fill(words.total, &[("{a}", &tongue.money(run.total))])));
            let ours = format!("{}{}", words.changed, total.unwrap_or_default());
            framed(facts, words, words.subjects.changed, &ours, beside)
        }
        MessageKind::Custom => framed(facts, words, words.subjects.about, "", beside),
        MessageKind::FollowUp => framed(facts, words, words.subjects.how_was_it, words.question, beside),
    }
}

fn framed(facts: &StatusFacts, words: &Words, subject: &str, ours: &str, beside: Beside<'_>) -> EmailContent {
    let survey = beside.survey.map(|link| format!("\n\n{}", fill(words.one_tap, &[("{l}", link)])));
    let (greeting, regards, shop) = (greeting(facts, words), words.closing[0], header_value(&facts.shop_name));
    let (body, survey) = (beside.text.unwrap_or(ours).trim(), survey.unwrap_or_default());
    let subject = header_value(&fill(subject, &[("{n}", &header_value(&facts.order_id))]));
    EmailContent { subject, text: format!("{greeting}\n\n{body}{survey}\n\n{regards}\n{shop}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{Currency, Money};
    use crate::notify::Run;
    use jiff::civil::date;

    fn facts() -> StatusFacts {
        StatusFacts {
            order_id: "1001".into(),
            customer: Some("Sarah".into()),
            label: Label::Shipped,
            eta: None,
            today: date(2025, 8, 9),
            shop_name: "Demo Shop".into(),
            run: None,
        }
    }

    fn of(kind: MessageKind, tongue: Tongue, beside: Beside<'_>) -> EmailContent {
        letter(kind, &facts(), &NotifyRules::default(), tongue, beside)
    }

    // req: S1-15, S1-17, S1-32
    #[test]
    fn each_kind_has_its_letter() {
        let plain = Beside::default();
        assert!(of(MessageKind::Confirmation, Tongue::En, plain).text.contains("Your order #1001 from Demo Shop has been received."));
        assert!(of(MessageKind::Shipped, Tongue::En, plain).text.contains("has been shipped"));
        let delay = of(MessageKind::Delay, Tongue::En, plain);
        assert_eq!(delay.subject, "Your order 1001 takes a little longer");
        assert!(delay.text.starts_with("Dear Sarah,\n\nWe are sorry that your order takes longer than usual."), "{}", delay.text);
        assert!(delay.text.ends_with("Kind regards,\nDemo Shop"));
        let custom = of(MessageKind::Custom, Tongue::En, Beside { text: Some("It is gift-wrapped.\n"), ..plain });
        assert_eq!((custom.subject.as_str(), custom.text.contains("\n\nIt is gift-wrapped.\n\n")), ("About your order 1001", true));
        let link = "https://x.example/survey/demo/1001/ab";
        let follow_up = of(MessageKind::FollowUp, Tongue::En, Beside { survey: Some(link), ..plain });
        assert!(
            follow_up.text.contains("How was your order? We'd love to hear! 💬\n\nOne tap is enough: https://x.example/survey"),
            "{}",
            follow_up.text
        );
        let own = of(MessageKind::FollowUp, Tongue::Pl, Beside { text: Some("I jak?"), survey: Some(link) });
        assert!(own.text.starts_with("Dzień dobry, Sarah,\n\nI jak?\n\nWystarczy jedno"), "{}", own.text);
    }

    fn run(paid: bool, refunded: i64, waits_for_stock: bool) -> Option<Run> {
        let money = |minor| Money { minor, currency: Currency::parse("EUR").unwrap() };
        Some(Run { total: money(5_998), is_paid: paid, refunded: money(refunded), waits_for_stock })
    }

    /// Seven milestones in five languages, each with a subject of its own; none of them for an order that is only followed.
    // req: S2-70, S2-23
    #[test]
    fn every_milestone_has_its_letter_in_every_language() {
        let table = [
            (Label::Received, run(false, 0, false), "Order Confirmation - Order #1001", "The total is 59.98 EUR."),
            (Label::Processing, run(true, 0, false), "Payment Confirmed - Order #1001", "Your payment of 59.98 EUR is confirmed."),
            (Label::Shipped, run(true, 0, false), "Your order has shipped - Order #1001", "has been shipped"),
            (Label::Delivered, run(true, 0, false), "Order Delivered - Order #1001", "has been delivered"),
            (
                Label::Refunded,
                run(false, 5_998, false),
                "Refund Processed - Order #1001",
                "We have sent 59.98 EUR back the way it was paid.",
            ),
            (Label::Cancelled, run(false, 0, false), "Order Cancelled - Order #1001", "has been cancelled"),
            (Label::OnHold, run(false, 0, true), "Item Backordered - Order #1001", "not in stock at the moment"),
        ];
        let mut subjects = std::collections::BTreeSet::new();
        for (label, run, subject, sentence) in table {
            let facts = StatusFacts { label, run, ..facts() };
            let english = letter(MessageKind::Status, &facts, &NotifyRules::default(), Tongue::En, Beside::default());
            assert_eq!(english.subject, subject);
            assert!(english.text.contains(sentence), "{}", english.text);
            for tongue in Tongue::ALL {
                let mail = letter(MessageKind::Status, &facts, &NotifyRules::default(), tongue, Beside::default());
                assert!(mail.subject.ends_with("#1001") && mail.text.contains("Sarah") && mail.text.contains("Demo Shop"), "{mail:?}");
                assert!(!mail.text.contains(['{', '}']) && !mail.subject.contains(['{', '}']), "{mail:?}");
                assert_eq!(mail.text.contains("59,98 EUR"), sentence.contains("59.98") && tongue != Tongue::En, "{}", mail.text);
                subjects.insert(mail.subject);
                let followed = letter(
                    MessageKind::Status,
                    &StatusFacts { run: None, ..facts.clone() },
                    &NotifyRules::default(),
                    tongue,
                    Beside::default(),
                );
                assert!(followed.subject.ends_with(" 1001"), "{followed:?}");
            }
        }
        assert_eq!(subjects.len(), 35);
        // A day that is known is said, and none that is not.
        let waits = StatusFacts { label: Label::OnHold, run: run(false, 0, true), eta: Some(date(2025, 8, 20)), ..facts() };
        assert!(letter(MessageKind::Status, &waits, &NotifyRules::default(), Tongue::De, Beside::default()).text.contains("2025-08-20"));
        // What has gone back without us has no amount; what is paid on delivery is not paid; fraud is nobody's business.
        for (label, run, subject, unsaid) in [
            (Label::Refunded, run(false, 0, false), "Refund Processed - Order #1001", "back"),
            (Label::Processing, run(false, 0, false), "Order Status Update - Order 1001", "payment"),
            (Label::OnHold, run(true, 0, false), "Order Status Update - Order 1001", "stock"),
        ] {
            let mail =
                letter(MessageKind::Status, &StatusFacts { label, run, ..facts() }, &NotifyRules::default(), Tongue::En, Beside::default());
            assert!(mail.subject == subject && !mail.text.contains(unsaid), "{mail:?}");
        }
    }

    // req: S2-23
    #[test]
    fn every_letter_is_whole_in_every_language() {
        let kinds = [
            MessageKind::Status,
            MessageKind::Confirmation,
            MessageKind::Delay,
            MessageKind::Changed,
            MessageKind::Custom,
            MessageKind::FollowUp,
        ];
        let link = "https://x.example/survey/demo/1001/ab";
        let mut texts = std::collections::BTreeSet::new();
        for tongue in Tongue::ALL {
            for kind in kinds {
                let beside = Beside { text: (kind == MessageKind::Custom).then_some("It is gift-wrapped."), survey: Some(link) };
                let mail = letter(kind, &facts(), &NotifyRules::default(), tongue, beside);
                assert!(mail.subject.contains("1001") && mail.text.contains("Sarah") && !mail.text.contains(['{', '}']), "{mail:?}");
                assert_eq!(mail.text.contains(link), !matches!(kind, MessageKind::Status | MessageKind::Confirmation), "{mail:?}");
                texts.insert(mail.text);
            }
            for label in Label::ALL {
                for eta in [None, Some(date(2025, 8, 8)), Some(date(2025, 8, 20))] {
                    let mail = crate::notify::status_email(&StatusFacts { label, eta, customer: None, ..facts() }, tongue);
                    assert!(mail.text.contains("#1001") && !mail.text.contains(['{', '}']), "{mail:?}");
                }
            }
        }
        assert_eq!(texts.len(), Tongue::ALL.len() * kinds.len());
    }
}
