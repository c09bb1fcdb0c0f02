//! E-mails of other kinds than "this is where your order stands now".

use super::MessageKind;
use super::email::{EmailContent, StatusFacts, header_value, plain_name};
use super::rules::NotifyRules;
use crate::ask::Lang;
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
pub fn letter(kind: MessageKind, facts: &StatusFacts, rules: &NotifyRules, lang: Lang, beside: Beside<'_>) -> EmailContent {
    match kind {
        MessageKind::Status | MessageKind::Processing | MessageKind::Shipped | MessageKind::Delivered => rules.email(facts, lang),
        MessageKind::Confirmation => rules.email(&StatusFacts { label: Label::Received, ..facts.clone() }, lang),
        MessageKind::Delay => framed(facts, lang, delay_subject, delay(lang), beside),
        MessageKind::Custom => framed(facts, lang, about, "", beside),
        MessageKind::FollowUp => framed(facts, lang, how_was_it, question(lang), beside),
    }
}

type Subject = fn(&str, Lang) -> String;

fn delay_subject(order: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("Your order {order} takes a little longer"),
        Lang::Pl => format!("Zamówienie {order} potrwa nieco dłużej"),
    }
}

fn about(order: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("About your order {order}"),
        Lang::Pl => format!("W sprawie zamówienia {order}"),
    }
}

fn how_was_it(order: &str, lang: Lang) -> String {
    match lang {
        Lang::En => format!("How was your order {order}?"),
        Lang::Pl => format!("Jak oceniasz zamówienie {order}?"),
    }
}

const fn delay(lang: Lang) -> &'static str {
    match lang {
        Lang::En => {
            "We are sorry that your order takes longer than usual. It is not forgotten: we are working on it and will write as soon as there is news."
        }
        Lang::Pl => {
            "Przepraszamy, że realizacja zamówienia trwa dłużej niż zwykle. Pamiętamy o nim: pracujemy nad nim i napiszemy, gdy tylko będzie coś nowego."
        }
    }
}

const fn question(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "How was your order? We'd love to hear! 💬",
        Lang::Pl => "Jak podobało się Państwu zamówienie? Chętnie poznamy opinię! 💬",
    }
}

fn framed(facts: &StatusFacts, lang: Lang, subject: Subject, ours: &str, beside: Beside<'_>) -> EmailContent {
    let greeting = match (lang, facts.customer.as_deref().and_then(plain_name)) {
        (Lang::En, Some(name)) => format!("Dear {name},"),
        (Lang::En, None) => "Hello,".to_owned(),
        (Lang::Pl, Some(name)) => format!("Dzień dobry, {name},"),
        (Lang::Pl, None) => "Dzień dobry,".to_owned(),
    };
    let survey = beside.survey.map(|link| match lang {
        Lang::En => format!("\n\nOne tap is enough: {link}"),
        Lang::Pl => format!("\n\nWystarczy jedno kliknięcie: {link}"),
    });
    let closing = match lang {
        Lang::En => "Kind regards,",
        Lang::Pl => "Z poważaniem,",
    };
    let shop = header_value(&facts.shop_name);
    let (body, survey) = (beside.text.unwrap_or(ours).trim(), survey.unwrap_or_default());
    let subject = header_value(&subject(&header_value(&facts.order_id), lang));
    EmailContent { subject, text: format!("{greeting}\n\n{body}{survey}\n\n{closing}\n{shop}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn facts() -> StatusFacts {
        StatusFacts {
            order_id: "1001".into(),
            customer: Some("Sarah".into()),
            label: Label::Shipped,
            eta: None,
            today: date(2025, 8, 9),
            shop_name: "Demo Shop".into(),
        }
    }

    fn of(kind: MessageKind, lang: Lang, beside: Beside<'_>) -> EmailContent {
        letter(kind, &facts(), &NotifyRules::default(), lang, beside)
    }

    // req: S1-15, S1-17, S1-32
    #[test]
    fn each_kind_has_its_letter() {
        let plain = Beside::default();
        assert!(of(MessageKind::Confirmation, Lang::En, plain).text.contains("Your order #1001 from Demo Shop has been received."));
        assert!(of(MessageKind::Shipped, Lang::En, plain).text.contains("has been shipped"));
        let delay = of(MessageKind::Delay, Lang::En, plain);
        assert_eq!(delay.subject, "Your order 1001 takes a little longer");
        assert!(delay.text.starts_with("Dear Sarah,\n\nWe are sorry that your order takes longer than usual."), "{}", delay.text);
        assert!(delay.text.ends_with("Kind regards,\nDemo Shop"));
        let custom = of(MessageKind::Custom, Lang::En, Beside { text: Some("It is gift-wrapped.\n"), ..plain });
        assert_eq!((custom.subject.as_str(), custom.text.contains("\n\nIt is gift-wrapped.\n\n")), ("About your order 1001", true));
        let link = "https://x.example/survey/demo/1001/ab";
        let follow_up = of(MessageKind::FollowUp, Lang::En, Beside { survey: Some(link), ..plain });
        assert!(
            follow_up.text.contains("How was your order? We'd love to hear! 💬\n\nOne tap is enough: https://x.example/survey"),
            "{}",
            follow_up.text
        );
        let own = of(MessageKind::FollowUp, Lang::Pl, Beside { text: Some("I jak?"), survey: Some(link) });
        assert!(own.text.starts_with("Dzień dobry, Sarah,\n\nI jak?\n\nWystarczy jedno"), "{}", own.text);
    }
}
