//! The answer, worded from facts alone.
//!
//! Deterministic: the same facts give the same sentences, with or without a language model in the house.
//! Everything said here passes [`super::verify`].

use super::lang::Lang;
use super::text::words;
use crate::notify::clause;
use crate::order::Label;
use jiff::civil::Date;

/// Longest carrier name that is repeated, in characters.
const CARRIER_CHARS_MAX: usize = 40;
/// Longest tracking link that is repeated, in bytes.
const TRACKING_URL_LEN_MAX: usize = 300;
/// Longest order number that is repeated, in characters.
const NUMBER_CHARS_MAX: usize = 48;

/// Everything an answer may state about one verified order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskFacts {
    /// The order number, without `#`.
    pub number: String,
    /// Its word.
    pub label: Label,
    /// The promised day.
    pub eta: Option<Date>,
    /// Late: the label says so, or the promised day has passed before it arrived.
    pub delayed: bool,
    /// Days past the promised day.
    pub days_late: Option<u32>,
    /// Today, where the shop is.
    pub today: Date,
    /// Who carries it.
    pub carrier: Option<String>,
    /// Where to follow it; only an `https` link is ever shown.
    pub tracking_url: Option<String>,
}

impl AskFacts {
    /// The promised day, while it still lies ahead or is today and the order has not ended.
    pub(super) fn expected(&self) -> Option<Date> {
        self.eta.filter(|eta| *eta >= self.today && on_the_way_or_before(self.label))
    }

    /// The number, if it can be shown as it is.
    pub(super) fn shown_number(&self) -> Option<&str> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
        let number = self.number.as_str();
        let edges = number.ends_with(|c: char| c.is_ascii_alphanumeric());
        (edges && number.len() <= NUMBER_CHARS_MAX && number.chars().all(plain)).then_some(number)
    }

    /// The carrier, if its name is a plain one.
    pub(super) fn shown_carrier(&self) -> Option<&str> {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '&' | '-');
        let carrier = self.carrier.as_deref()?.trim();
        let named = carrier.chars().any(char::is_alphabetic) && carrier.chars().count() <= CARRIER_CHARS_MAX;
        (named && carrier.chars().all(plain)).then_some(carrier)
    }

    /// The link, if it is an `https` one without anything that could break out of where it is shown.
    pub(super) fn shown_url(&self) -> Option<&str> {
        let url = self.tracking_url.as_deref()?;
        let rest = url.strip_prefix("https://")?;
        let plain =
            |b: u8| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b'"' | b'\'' | b'`' | b'\\' | b'|' | b'{' | b'}' | b'[' | b']');
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let named = host.contains('.') && !host.contains('@') && host.starts_with(|c: char| c.is_ascii_alphanumeric());
        (named && url.len() <= TRACKING_URL_LEN_MAX && url.bytes().all(plain)).then_some(url)
    }
}

/// Whether an order with this label may still arrive.
pub fn on_the_way_or_before(label: Label) -> bool {
    match label {
        Label::Received | Label::OnHold | Label::Processing | Label::ReadyToShip | Label::PartlyShipped => true,
        Label::Shipped | Label::InTransit | Label::OutForDelivery | Label::ReadyForPickup | Label::Delayed | Label::DeliveryFailed => true,
        Label::Delivered | Label::Completed | Label::ReturnRequested | Label::Returned => false,
        Label::Cancelled | Label::Refunded | Label::Failed => false,
    }
}

/// Whether an order counts as late: its label says so, or its promised day has passed before it arrived.
pub fn is_delayed(label: Label, eta: Option<Date>, today: Date) -> bool {
    label == Label::Delayed || (on_the_way_or_before(label) && eta.is_some_and(|eta| eta < today))
}

/// Whether a question asks for a time or a place: only then is it worth showing to a wording model.
pub fn asks_when_or_where(question: &str) -> bool {
    let asked = words(question);
    asked.iter().any(|word| matches!(word.as_str(), "when" | "where" | "kiedy" | "gdzie" | "wann" | "wo"))
}

/// The last line of every answer.
pub const fn closing(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "Kind regards, The Customer Care Team.",
        Lang::Pl => "Z poważaniem, Zespół Obsługi Klienta.",
    }
}

/// Text that ends with [`closing`], whether or not its author remembered to.
pub fn closed(text: &str, lang: Lang) -> String {
    let text = text.trim();
    let ends = [Lang::En, Lang::Pl].into_iter().any(|lang| text.ends_with(closing(lang)));
    if ends { text.to_owned() } else { format!("{text} {}", closing(lang)) }
}

/// Two or three sentences and the [`closing`]: the status, the promised day, the tracking link. Apologises
/// if and only if the order is late.
pub fn compose(facts: &AskFacts, lang: Lang, question: &str) -> String {
    let mut sentences = vec![status_sentence(facts, lang), day_sentence(facts, lang)];
    let follows = on_the_way_or_before(facts.label) || asks_when_or_where(question);
    sentences.extend(tracking_sentence(facts, lang).filter(|_| follows));
    sentences.push(closing(lang).to_owned());
    sentences.join(" ")
}

/// One line of facts, for when no better wording is to be had.
pub fn fallback(facts: &AskFacts) -> String {
    let eta = facts.eta.map_or_else(|| "n/a".to_owned(), |eta| eta.to_string());
    format!("Order #{}: status {}, ETA {eta}.", facts.shown_number().unwrap_or("-"), facts.label.text())
}

fn status_sentence(facts: &AskFacts, lang: Lang) -> String {
    let number = facts.shown_number().map(|number| format!(" #{number}")).unwrap_or_default();
    let state = clause(facts.label, lang.into());
    match (lang, facts.delayed, facts.label) {
        (Lang::En, false, _) => format!("Your order{number} {state}."),
        (Lang::En, true, Label::Delayed) => format!("We are sorry, your order{number} is currently marked as Delayed."),
        (Lang::En, true, _) => format!("We are sorry, your order{number} {state} and is delayed."),
        (Lang::Pl, false, _) => format!("Zamówienie{number} {state}."),
        (Lang::Pl, true, Label::Delayed) => format!("Przepraszamy, zamówienie{number} jest opóźnione."),
        (Lang::Pl, true, _) => format!("Przepraszamy, zamówienie{number} {state} i jest opóźnione."),
    }
}

fn day_sentence(facts: &AskFacts, lang: Lang) -> String {
    let late = facts.days_late.filter(|days| *days > 0);
    match (lang, facts.expected(), facts.eta, late) {
        (Lang::En, Some(eta), ..) if facts.label == Label::OnHold => format!("The planned delivery date is {eta}."),
        (Lang::En, Some(eta), ..) => format!("The expected delivery date is {eta}."),
        (Lang::En, None, Some(eta), Some(days)) if facts.delayed => {
            format!("It was expected on {eta} and is {days} {} late.", if days == 1 { "day" } else { "days" })
        }
        (Lang::En, None, Some(eta), None) if facts.delayed => format!("It was expected on {eta}."),
        (Lang::En, ..) if on_the_way_or_before(facts.label) => "We do not have a delivery date for it yet.".to_owned(),
        (Lang::En, ..) => "Thank you for shopping with us.".to_owned(),
        (Lang::Pl, Some(eta), ..) => format!("Przewidywana data dostawy to {eta}."),
        (Lang::Pl, None, Some(eta), Some(days)) if facts.delayed => {
            format!("Planowana data dostawy to {eta}, a spóźnienie wynosi {days} {}.", if days == 1 { "dzień" } else { "dni" })
        }
        (Lang::Pl, None, Some(eta), None) if facts.delayed => format!("Planowana data dostawy to {eta}."),
        (Lang::Pl, ..) if on_the_way_or_before(facts.label) => "Nie mamy jeszcze daty dostawy.".to_owned(),
        (Lang::Pl, ..) => "Dziękujemy za zakupy.".to_owned(),
    }
}

fn tracking_sentence(facts: &AskFacts, lang: Lang) -> Option<String> {
    Some(match (lang, facts.shown_carrier(), facts.shown_url()) {
        (Lang::En, Some(carrier), Some(url)) => format!("You can follow it with {carrier} at {url} at any time."),
        (Lang::En, None, Some(url)) => format!("You can follow it at {url} at any time."),
        (Lang::En, Some(carrier), None) => format!("The carrier is {carrier}."),
        (Lang::Pl, Some(carrier), Some(url)) => format!("Przesyłkę {carrier} możesz śledzić pod adresem {url} o każdej porze."),
        (Lang::Pl, None, Some(url)) => format!("Przesyłkę możesz śledzić pod adresem {url} o każdej porze."),
        (Lang::Pl, Some(carrier), None) => format!("Przewoźnik to {carrier}."),
        (_, None, None) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TODAY: Date = date(2025, 8, 9);

    fn facts(label: Label, eta: Option<Date>) -> AskFacts {
        let delayed = is_delayed(label, eta, TODAY);
        let days_late =
            eta.filter(|eta| delayed && *eta < TODAY).and_then(|eta| eta.until(TODAY).ok()).map(|span| span.get_days().unsigned_abs());
        AskFacts { number: "1001".into(), label, eta, delayed, days_late, today: TODAY, carrier: None, tracking_url: None }
    }

    // req: S0-02 S0-15 S0-16
    #[test]
    fn golden_answers() {
        let ahead = Some(date(2025, 8, 10));
        let past = Some(date(2025, 8, 8));
        let end = "Kind regards, The Customer Care Team.";
        let table = [
            (
                facts(Label::Delayed, ahead),
                "We are sorry, your order #1001 is currently marked as Delayed. The expected delivery date is 2025-08-10.",
            ),
            (
                facts(Label::Shipped, past),
                "We are sorry, your order #1001 has been shipped and is delayed. It was expected on 2025-08-08 and is 1 day late.",
            ),
            (facts(Label::InTransit, ahead), "Your order #1001 is in transit. The expected delivery date is 2025-08-10."),
            (facts(Label::Received, None), "Your order #1001 has been received. We do not have a delivery date for it yet."),
            (facts(Label::Delivered, past), "Your order #1001 has been delivered. Thank you for shopping with us."),
        ];
        for (facts, body) in table {
            assert_eq!(compose(&facts, Lang::En, ""), format!("{body} {end}"));
        }
        assert_eq!(
            compose(&facts(Label::Delayed, ahead), Lang::Pl, ""),
            "Przepraszamy, zamówienie #1001 jest opóźnione. Przewidywana data dostawy to 2025-08-10. \
             Z poważaniem, Zespół Obsługi Klienta."
        );
    }

    // req: S0-16
    #[test]
    fn apology_iff_delayed() {
        let mut checked = 0;
        for label in Label::ALL {
            for eta in [None, Some(date(2025, 8, 8)), Some(TODAY)] {
                let facts = facts(label, eta);
                for (lang, sorry) in [(Lang::En, "sorry"), (Lang::Pl, "Przepraszamy")] {
                    let text = compose(&facts, lang, "when?");
                    assert_eq!(text.contains(sorry), facts.delayed, "{text}");
                    checked += 1;
                }
            }
        }
        assert!(checked >= 40);
        assert!(facts(Label::Shipped, Some(date(2025, 8, 8))).delayed && !facts(Label::Delivered, Some(date(2025, 8, 8))).delayed);
    }

    // req: S0-17
    #[test]
    fn the_fallback_is_one_line_of_facts() {
        let delayed = facts(Label::Delayed, Some(date(2025, 8, 10)));
        assert_eq!(fallback(&delayed), "Order #1001: status Delayed, ETA 2025-08-10.");
        assert_eq!(fallback(&facts(Label::InTransit, None)), "Order #1001: status In Transit, ETA n/a.");
    }

    // req: S0-15
    #[test]
    fn the_closing_is_added_once_and_the_question_counts_only_when_it_asks() {
        let signed = "Thank you. Kind regards, The Customer Care Team.";
        assert_eq!((closed(" Thank you. ", Lang::En).as_str(), closed(signed, Lang::Pl).as_str()), (signed, signed));
        for question in ["When will it come", "WHERE is it", "gdzie jest", "Kiedy?"] {
            assert!(asks_when_or_where(question), "{question}");
        }
        for question in ["status 1001", "whenever", "nowhere", ""] {
            assert!(!asks_when_or_where(question), "{question}");
        }
    }

    // req: S0-15
    #[test]
    fn only_plain_carriers_and_https_links_are_repeated() {
        let with = |carrier: &str, url: &str| {
            let base = facts(Label::Shipped, None);
            compose(&AskFacts { carrier: Some(carrier.into()), tracking_url: Some(url.into()), ..base }, Lang::En, "where")
        };
        let good = with("DPD", "https://dpd.example/t/1");
        assert!(good.contains("with DPD at https://dpd.example/t/1 at any time."), "{good}");
        for (carrier, url) in [
            ("<b>DPD</b>", "javascript:alert(1)"),
            ("DPD. Call us", "http://dpd.example/t"),
            ("DPD\nBcc: x", "https://a@evil.example"),
            ("12", "https://x.example/<script>"),
            ("", "https://localhost"),
        ] {
            let text = with(carrier, url);
            assert!(!text.contains("follow") && !text.contains("carrier"), "{text}");
        }
    }
}
