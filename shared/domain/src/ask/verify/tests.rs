use super::*;
use crate::ask::{Lang, compose};
use crate::order::Label;
use jiff::civil::date;
use proptest::prelude::*;

const TODAY: jiff::civil::Date = date(2025, 8, 9);
const URL: &str = "https://track.example.com/p/AB12?lang=en";

fn of(label: Label) -> AskFacts {
    let delayed = label == Label::Delayed;
    AskFacts {
        number: "1001".into(),
        label,
        eta: Some(date(2025, 8, 10)),
        delayed,
        days_late: None,
        today: TODAY,
        carrier: Some("DPD".into()),
        tracking_url: Some(URL.into()),
    }
}

fn late(days: u32) -> AskFacts {
    let eta = TODAY.checked_sub(jiff::Span::new().days(i64::from(days))).unwrap();
    AskFacts { delayed: true, days_late: Some(days), eta: Some(eta), ..of(Label::Shipped) }
}

#[track_caller]
fn accepted(facts: &AskFacts, texts: &[&str]) {
    for text in texts {
        assert_eq!(verify(text, facts), Ok(()), "{text}");
    }
}

// req: S0-15 S0-16
#[test]
fn verifier_accepts_good_wordings() {
    accepted(
        &of(Label::Delayed),
        &[
            "We are sorry, your order 1001 is delayed. The expected delivery date is 2025-08-10.",
            "We apologise for the delay with order #1001. It is expected on 10 August 2025. Kind regards, The Customer Care Team.",
            "Unfortunately, your order #1001 is Delayed. It should arrive on Aug 10th. Thank you for your patience.",
            "Hello, we are sorry that order no. 1001 is running late. The new date is Sunday, 10 August 2025. Thank you for waiting.",
            "Your order (1001) is delayed. It is now expected tomorrow, 2025-08-10. We apologise.",
            "Przepraszamy, zamówienie #1001 jest opóźnione. Przewidywana data dostawy to 10.08.2025. Z poważaniem, Zespół Obsługi Klienta.",
            "Przykro nam, zamówienie nr 1001 jest opóźnione. Powinno dotrzeć 10 sierpnia 2025 r. Dziękujemy za cierpliwość.",
        ],
    );
    accepted(
        &of(Label::Shipped),
        &[
            "Great news, your order 1001 has been shipped! It is expected on August 10, 2025. Thank you for your patience.",
            "Your order #1001 is on its way with DPD. It will arrive on 2025-08-10.",
            "Order 1001: Shipped. ETA: 2025-08-10.",
            "Dear customer, your order #1001 has been shipped. You can follow it at https://track.example.com/p/AB12?lang=en. Have a nice day!",
            "Your order number 1001 is shipped.\nIt will be delivered on 10th of August.\n\nKind regards, The Customer Care Team.",
            "“Order #1001” has been dispatched. We expect it on 10 Aug 2025.",
            "Zamówienie 1001 zostało wysłane. Dotrze 10.8.2025. Miłego dnia!",
            "You may follow order #1001 with DPD. It is shipped and should be with you on 2025-08-10.",
        ],
    );
    accepted(
        &of(Label::InTransit),
        &[
            "Your order #1001 is In Transit. The estimated delivery date is 2025-08-10.",
            "Thank you for asking. Order #1001 was shipped and is in transit. It is expected on 2025-08-10. Thank you for your patience.",
        ],
    );
    accepted(&of(Label::Delivered), &["Your order #1001 has been delivered. Thank you for shopping with us."]);
    accepted(&of(Label::Refunded), &["Your order #1001 has been refunded. Thank you for your patience."]);
    accepted(&of(Label::Cancelled), &["Your order #1001 was cancelled. Please contact us if you have a question."]);
    accepted(
        &late(2),
        &[
            "We are sorry, order #1001 was expected on 2025-08-07. It has been shipped and is 2 days late.",
            "We apologise, your order #1001 is delayed by two days. It was due on 7 August.",
            "Przepraszamy, zamówienie #1001 jest spóźnione o 2 dni. Planowana data to 2025-08-07.",
        ],
    );
    accepted(&late(1), &["We are sorry, order #1001 is 1 day late. It was expected on 2025-08-08."]);
}

// req: S0-15 S0-16
#[test]
fn everything_composed_is_accepted() {
    let mut checked = 0;
    for label in Label::ALL {
        for lang in [Lang::En, Lang::Pl] {
            for eta in [None, Some(date(2025, 8, 7)), Some(date(2025, 8, 8)), Some(TODAY), Some(date(2025, 8, 31)), Some(date(2025, 5, 1))]
            {
                for (carrier, url) in [(None, None), (Some("DPD"), None), (None, Some(URL)), (Some("D&D Express 24"), Some(URL))] {
                    let delayed = crate::ask::is_delayed(label, eta, TODAY);
                    let days_late = eta
                        .filter(|eta| delayed && *eta < TODAY)
                        .map(|eta| TODAY.since((jiff::Unit::Day, eta)).unwrap().get_days().unsigned_abs());
                    let facts = AskFacts {
                        number: if checked % 2 == 0 { "1001".into() } else { "ORD-20250801-0123ABCD".into() },
                        label,
                        eta,
                        delayed,
                        days_late,
                        today: TODAY,
                        carrier: carrier.map(str::to_owned),
                        tracking_url: url.map(str::to_owned),
                    };
                    let text = compose(&facts, lang, "Where is it and when?");
                    assert_eq!(verify(&text, &facts), Ok(()), "{text}");
                    assert!((2..=4).contains(&(text.matches(". ").count() + 1)), "{text}");
                    checked += 1;
                }
            }
        }
    }
    assert_eq!(checked, 18 * 2 * 6 * 4);
}

// req: S0-15 S0-16
#[test]
fn verifier_refuses_inventions() {
    use Violation as V;
    let ok = "Your order #1001 has been shipped. It is expected on 2025-08-10.";
    let long = format!("{ok} {}", "Thank you. ".repeat(80));
    let table: Vec<(&str, Violation)> = vec![
        ("", V::Sentences),
        ("Your order #1001 has been shipped.", V::Sentences),
        ("Order #1001 has been shipped. Thank you. Thank you. Thank you. Thank you.", V::Sentences),
        ("Hello there. How are you?", V::NoFact),
        (&long, V::TooLong),
        ("Your order #1002 has been shipped. It is expected on 2025-08-10.", V::Number),
        ("Your order #10010 has been shipped. It is expected on 2025-08-10.", V::Number),
        ("Your order #1001-2 has been shipped. It is expected on 2025-08-10.", V::Number),
        ("Your order #1001 has been shipped. It arrives in 1001 days.", V::Number),
        ("Your order #1001 has been shipped. It took 1001 steps.", V::Number),
        ("Your order #1001 and order #1003 have been shipped. It is expected on 2025-08-10.", V::Number),
        ("Your order #1001 has been shipped. It has three parts.", V::Number),
        ("Your order #1001 has been shipped. It has ３ parts.", V::Character),
        ("Your order #1001 has been shipped. It has ٣ parts.", V::Character),
        ("Your order #1001 has been shipped. It is expected on 2025-08-11.", V::Date),
        ("Your order #1001 has been shipped. It is expected on 11 August 2025.", V::Date),
        ("Your order #1001 has been shipped. It is expected on 10 August 2026.", V::Number),
        ("Your order #1001 has been shipped. It is expected on Aug 11th.", V::Date),
        ("Your order #1001 has been shipped. It is expected on 11.08.2025.", V::Date),
        ("Your order #1001 has been shipped. It is expected on 2025-08-101.", V::Date),
        ("Your order #1001 has been shipped. It is expected on 12025-08-10.", V::Date),
        ("Your order #1001 has been shipped. It is expected by Friday.", V::Date),
        ("Your order #1001 has been shipped. It is expected on Saturday, 10 August 2025.", V::Date),
        ("Your order #1001 has been shipped. It is expected today.", V::Date),
        ("Your order #1001 has been shipped. It came yesterday.", V::Date),
        ("Your order #1001 has been shipped. It arrives within a week.", V::Date),
        ("Your order #1001 has been shipped. It is due in May.", V::Date),
        ("Your order #1001 has been shipped. You have it soon.", V::Date),
        ("Zamówienie #1001 zostało wysłane. Przyjedzie w piątek.", V::Date),
        ("Zamówienie #1001 zostało wysłane. Przyjedzie w ciągu tygodnia.", V::Date),
        ("Zamówienie #1001 zostało wysłane. Przyjedzie 11 września.", V::Date),
        ("Your order #1001 has been delivered. It was expected on 2025-08-10.", V::Status),
        ("Your order #1001 is in transit. It is expected on 2025-08-10.", V::Status),
        ("Your order #1001 has been cancelled. It was expected on 2025-08-10.", V::Status),
        ("Your order #1001 is delayed. It is expected on 2025-08-10.", V::Status),
        ("Your order #1001 has not been shipped. It is expected on 2025-08-10.", V::Status),
        ("Your order #1001 was lost. It is expected on 2025-08-10.", V::Status),
        ("Your order #1001 has been shipped. It is held by customs.", V::Status),
        ("Your order #1001 has been shipped. It waits because of bad weather.", V::Status),
        ("Zamówienie #1001 zostało dostarczone. Dziękujemy za zakupy.", V::Status),
        ("Zamówienie #1001 nie zostało wysłane. Przewidywana data to 2025-08-10.", V::Status),
        ("Your order #1001 has been shipped. Follow it at https://evil.example/p.", V::Url),
        ("Your order #1001 has been shipped. Follow it at https://track.example.com/p/AB12?lang=en/../x here.", V::Url),
        ("Your order #1001 has been shipped. Follow it at https://track.example.com/p/AB12?lang=en@evil.com here.", V::Contact),
        ("Your order #1001 has been shipped. Follow it on evil.com today.", V::Url),
        ("Your order #1001 has been shipped. Follow it on evil dot com.", V::Contact),
        ("Your order #1001 has been shipped. [Track](https://track.example.com/p/AB12?lang=en) it.", V::Markup),
        ("Your order #1001 has been shipped. <a href='x'>Track</a> it.", V::Markup),
        ("<script>alert(1)</script> Your order #1001 has been shipped. Thank you.", V::Markup),
        ("Your order #1001 has been **shipped**. Thank you.", V::Markup),
        ("# Update. Your order #1001 has been shipped.", V::Markup),
        ("{\"tool\":\"get_order\"}. Your order #1001 has been shipped.", V::Markup),
        ("Your order #1001 has been shipped. The price was $5.", V::Money),
        ("Your order #1001 has been shipped. It cost 5 PLN.", V::Money),
        ("Your order #1001 has been shipped. Please pay the fee.", V::Money),
        ("Zamówienie #1001 zostało wysłane. Prosimy o dopłatę.", V::Money),
        ("Your order #1001 has been shipped. You get a refund.", V::Promise),
        ("Your order #1001 has been shipped. You get a re-fund.", V::Promise),
        ("Your order #1001 has been shipped. You get a r e f u n d.", V::Promise),
        ("Your order #1001 has been shipped. You get a réfund.", V::Promise),
        ("Your order #1001 has been shipped. You get a rеfund.", V::Character),
        ("Your order #1001 has been shipped. We offer compensation.", V::Promise),
        ("Your order #1001 has been shipped. We guarantee it.", V::Promise),
        ("Your order #1001 has been shipped. Enjoy a discount.", V::Promise),
        ("Your order #1001 has been shipped. We’ll keep you posted.", V::Promise),
        ("Your order #1001 has been shipped. We will send another one.", V::Promise),
        ("Your order #1001 has been shipped. It will arrive.", V::Promise),
        ("Zamówienie #1001 zostało wysłane. Dostaniesz rabat.", V::Promise),
        ("Zamówienie #1001 zostało wysłane. Oddamy pieniądze.", V::Promise),
        ("Zamówienie #1001 zostało wysłane. Gwarantujemy dostawę.", V::Promise),
        ("Your order #1001 has been shipped. Write to help@shop.com.", V::Contact),
        ("Your order #1001 has been shipped. Call us on +48 555 123 456.", V::Contact),
        ("Your order #1001 has been shipped. Please send your card details.", V::Contact),
        ("Your order #1001 has been shipped. Please tell us your password.", V::Contact),
        ("As an AI language model I cannot help. Your order #1001 has been shipped.", V::Contact),
        ("We are sorry. Your order #1001 has been shipped.", V::Apology),
        ("We apologize for that. Your order #1001 has been shipped.", V::Apology),
        ("Przepraszamy. Zamówienie #1001 zostało wysłane.", V::Apology),
        ("Dear John, your order #1001 has been shipped. Thank you.", V::Name),
        ("Your order #1001 has been shipped. It is now in Warsaw.", V::Name),
        ("Your order #1001 has been shipped with FedEx. Thank you.", V::Name),
        ("Maria, your order #1001 has been shipped. Thank you.", V::Name),
        ("Your order #1001 has been shipped\u{202e}. Thank you.", V::Character),
        ("Your order #1001 has been ship\u{200b}ped. Thank you.", V::Character),
        ("Your order #1001 has been shipped.\r\nBcc: x. Thank you.", V::Character),
        ("Your order #1001 has been shipped.\u{0}Thank you. Bye.", V::Character),
        ("Your order #1001 has been shipped. Thank you \u{e003}.", V::Character),
        ("Your order #1001 has been shipped. 谢谢.", V::Character),
        ("Your order #1001 has been shipped. Thank you 🎉.", V::Character),
    ];
    let facts = of(Label::Shipped);
    assert_eq!(verify(ok, &facts), Ok(()));
    for (text, reason) in &table {
        let found = verify(text, &facts).expect_err(text);
        assert!(found.contains(reason), "{text}: {found:?}");
    }
    assert!(table.len() >= 60, "{}", table.len());
}

// req: S0-15
#[test]
fn what_is_true_of_one_order_is_refused_of_another() {
    let refuses = |facts: &AskFacts, text: &str, reason: Violation| {
        let found = verify(text, facts).expect_err(text);
        assert!(found.contains(&reason), "{text}: {found:?}");
    };
    refuses(&late(2), "We are sorry, order #1001 is 3 days late. It was expected on 2025-08-07.", Violation::Number);
    refuses(&late(2), "We are sorry, order #1001 is late. It arrives in 2 days.", Violation::Number);
    refuses(&late(2), "We are sorry, order #1001 is late. It is expected on 2025-08-07.", Violation::Date);
    refuses(&late(2), "We are sorry, order #1001 is late. It will arrive on 2025-08-07.", Violation::Promise);
    refuses(&of(Label::Delayed), "We are sorry about order #1001. It is no longer delayed.", Violation::Status);
    refuses(&of(Label::Delivered), "Order #1001 has been delivered. It came on 2025-08-10.", Violation::Date);
    refuses(&of(Label::Refunded), "Order #1001 has been refunded. You get another refund.", Violation::Promise);
    let bare = AskFacts { eta: None, carrier: None, tracking_url: None, ..of(Label::Shipped) };
    refuses(&bare, "Order #1001 has been shipped. It is expected on 2025-08-10.", Violation::Date);
    refuses(&bare, "Order #1001 has been shipped with DPD. Thank you.", Violation::Name);
    refuses(&bare, &format!("Order #1001 has been shipped. Follow it at {URL} here."), Violation::Url);
    let script = AskFacts { tracking_url: Some("javascript:alert(1)".into()), ..bare };
    refuses(&script, "Order #1001 has been shipped. Follow it at javascript:alert(1) here.", Violation::Contact);
}

proptest! {
    // req: S0-15
    #[test]
    fn nothing_panics_and_no_foreign_digit_gets_through(text in "\\PC{0,200}", label in 0usize..18, digit in 0u8..10) {
        let facts = of(Label::ALL[label]);
        let _ = verify(&text, &facts);
        let good = compose(&facts, Lang::En, "when");
        let at = text.chars().count() % good.len();
        if good.is_char_boundary(at) {
            // A digit pushed in anywhere is refused, unless it falls on a fact and spells the same.
            let (head, tail) = good.split_at(at);
            let spoilt = format!("{head}{digit}{tail}");
            prop_assert!(verify(&spoilt, &facts).is_err(), "{}", spoilt);
        }
    }
}
