//! The sentences of the dialogue, word for word, in each language.

use super::lang::Lang;

/// Subject and text of the mail with a code.
pub fn code_mail(order: &str, code: &str, shop: &str, lang: Lang) -> (String, String) {
    let (subject, text) = match lang {
        Lang::En => (
            format!("{code} is your code for order {order}"),
            format!(
                "Your code for order {order} is {code}.\n\nType it where you asked for it. It is good for 15 minutes and opens once.\nIf you did not ask for it, you need not do anything.\n\n{shop}"
            ),
        ),
        Lang::Pl => (
            format!("{code} to kod do zamówienia {order}"),
            format!(
                "Kod do zamówienia {order} to {code}.\n\nWpisz go tam, gdzie o niego poproszono. Jest ważny 15 minut i działa raz.\nJeśli to nie Twoja prośba, nic nie trzeba robić.\n\n{shop}"
            ),
        ),
    };
    (crate::notify::header_value(&subject), text)
}

/// One thing to say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Message<'a> {
    /// Nothing to go by: both facts are missing.
    AskBoth,
    /// The order number is missing.
    AskId,
    /// What was given is no e-mail address.
    BadEmail {
        /// The address it may have been meant to be.
        suggestion: Option<&'a str>,
    },
    /// The e-mail address is missing.
    AskEmail,
    /// No order has this number and this address. The same for an unknown number and a wrong address, so
    /// that nobody can find out which orders exist.
    Neutral {
        /// The address it may have been meant to be; depends on what was typed only.
        suggestion: Option<&'a str>,
    },
    /// A code is on its way to the address on file, if there is such an order.
    CodeSent {
        /// The number asked for.
        order: &'a str,
    },
    /// Too many wrong pairs; try again later.
    TooMany,
    /// The question is longer than [`super::QUESTION_CHARS_MAX`].
    TooLong,
    /// There is no question.
    Empty,
    /// Tells that the order does not exist. Only for a tenant that asked for the older, telling replies.
    UnknownOrder {
        /// The number asked for.
        order: &'a str,
    },
    /// Tells that the order exists. Only for a tenant that asked for the older, telling replies.
    WrongEmail {
        /// The number asked for.
        order: &'a str,
        /// The address it may have been meant to be.
        suggestion: Option<&'a str>,
    },
}

impl Message<'_> {
    /// The text in a language.
    pub fn text(self, lang: Lang) -> String {
        use Lang::{En, Pl};
        use Message as M;
        let base = match (self, lang) {
            (M::AskBoth, En) => "Please provide your order number (e.g., 0000) and the e-mail used to place the order.",
            (M::AskBoth, Pl) => "Podaj numer zamówienia (np. 0000) i adres e-mail użyty przy jego składaniu.",
            (M::AskId, En) => "Please provide your order number (e.g., 1003).",
            (M::AskId, Pl) => "Podaj numer zamówienia (np. 1003).",
            (M::BadEmail { .. }, En) => "That e-mail doesn’t look valid. Please use name@example.com.",
            (M::BadEmail { .. }, Pl) => "Ten adres e-mail wygląda na nieprawidłowy. Podaj go w postaci imie@example.com.",
            (M::AskEmail, En) => "For verification, please also provide the e-mail used to place the order.",
            (M::AskEmail, Pl) => "Dla weryfikacji podaj też adres e-mail użyty przy składaniu zamówienia.",
            (M::Neutral { .. }, En) => "We couldn’t match that order number and e-mail. Please check both and try again.",
            (M::Neutral { .. }, Pl) => "Nie mamy zamówienia o tym numerze i adresie e-mail. Sprawdź obie dane i spróbuj ponownie.",
            (M::TooMany, En) => "There have been too many attempts. Please wait a few minutes and try again.",
            (M::TooMany, Pl) => "Było już zbyt wiele prób. Odczekaj kilka minut i spróbuj ponownie.",
            (M::TooLong, En) => "Your message is too long. Please shorten it to 2000 characters or fewer.",
            (M::TooLong, Pl) => "Wiadomość jest za długa. Skróć ją do 2000 znaków.",
            (M::Empty, En) => "Please type your question, with your order number and the e-mail used to place the order.",
            (M::Empty, Pl) => "Wpisz pytanie, a w nim numer zamówienia i adres e-mail użyty przy jego składaniu.",
            (M::CodeSent { order }, En) => {
                return format!(
                    "If there is an order #{order} with an e-mail address, a code of six digits is on its way to it. Please type it here; \
                     it is good for 15 minutes."
                );
            }
            (M::CodeSent { order }, Pl) => {
                return format!(
                    "Jeśli jest zamówienie #{order} z adresem e-mail, wysłaliśmy na niego sześciocyfrowy kod. Wpisz go tutaj; jest ważny 15 minut."
                );
            }
            (M::UnknownOrder { order }, En) => return format!("I couldn’t find order #{order}. Please verify the number."),
            (M::UnknownOrder { order }, Pl) => return format!("Nie znaleźliśmy zamówienia #{order}. Sprawdź numer."),
            (M::WrongEmail { order, suggestion }, En) => {
                let text = format!("We found order #{order}, but the e-mail doesn’t match our records.");
                return with_suggestion(text, lang, suggestion);
            }
            (M::WrongEmail { order, suggestion }, Pl) => {
                let text = format!("Mamy zamówienie #{order}, ale adres e-mail nie zgadza się z naszymi danymi.");
                return with_suggestion(text, lang, suggestion);
            }
        };
        match self {
            M::BadEmail { suggestion } | M::Neutral { suggestion } => with_suggestion(base.to_owned(), lang, suggestion),
            _ => base.to_owned(),
        }
    }
}

fn with_suggestion(text: String, lang: Lang, suggestion: Option<&str>) -> String {
    match (suggestion, lang) {
        (None, _) => text,
        (Some(address), Lang::En) => format!("{text} Did you mean **{address}**?"),
        (Some(address), Lang::Pl) => format!("{text} Czy chodziło o **{address}**?"),
    }
}

/// [`Message::Neutral`]: the one answer for an unknown order and a wrong address.
pub fn neutral(lang: Lang, suggestion: Option<&str>) -> String {
    Message::Neutral { suggestion }.text(lang)
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: S0-08 S0-09 S0-10 S0-11 S0-12 S0-13 S0-14
    #[test]
    fn the_english_texts_are_word_for_word() {
        let suggestion = Some("a@gmail.com");
        let table = [
            (Message::AskBoth, "Please provide your order number (e.g., 0000) and the e-mail used to place the order."),
            (Message::AskId, "Please provide your order number (e.g., 1003)."),
            (Message::BadEmail { suggestion: None }, "That e-mail doesn\u{2019}t look valid. Please use name@example.com."),
            (
                Message::BadEmail { suggestion },
                "That e-mail doesn\u{2019}t look valid. Please use name@example.com. Did you mean **a@gmail.com**?",
            ),
            (Message::AskEmail, "For verification, please also provide the e-mail used to place the order."),
            (Message::UnknownOrder { order: "1099" }, "I couldn\u{2019}t find order #1099. Please verify the number."),
            (
                Message::WrongEmail { order: "1001", suggestion: None },
                "We found order #1001, but the e-mail doesn\u{2019}t match our records.",
            ),
            (
                Message::WrongEmail { order: "1001", suggestion },
                "We found order #1001, but the e-mail doesn\u{2019}t match our records. Did you mean **a@gmail.com**?",
            ),
            (
                Message::Neutral { suggestion: None },
                "We couldn\u{2019}t match that order number and e-mail. Please check both and try again.",
            ),
        ];
        for (message, text) in table {
            assert_eq!(message.text(Lang::En), text);
        }
        assert_eq!(neutral(Lang::En, None), Message::Neutral { suggestion: None }.text(Lang::En));
    }

    // req: S0-13 S0-14
    #[test]
    fn the_neutral_answer_names_neither_fact_as_the_wrong_one() {
        for lang in [Lang::En, Lang::Pl] {
            let text = neutral(lang, None);
            assert!(!text.contains('#') && !text.contains("found order") && !text.chars().any(|c| c.is_ascii_digit()), "{text}");
        }
        assert!(neutral(Lang::Pl, Some("a@wp.pl")).ends_with(" Czy chodziło o **a@wp.pl**?"));
    }

    // req: S0-09 S0-10 S0-11 S0-12
    #[test]
    fn every_message_has_its_own_text_in_both_languages() {
        let none = None;
        let all = [
            Message::AskBoth,
            Message::AskId,
            Message::BadEmail { suggestion: none },
            Message::AskEmail,
            Message::Neutral { suggestion: none },
            Message::TooMany,
            Message::TooLong,
            Message::Empty,
            Message::UnknownOrder { order: "1" },
            Message::WrongEmail { order: "1", suggestion: none },
        ];
        let texts: std::collections::BTreeSet<String> =
            all.iter().flat_map(|message| [message.text(Lang::En), message.text(Lang::Pl)]).collect();
        assert_eq!(texts.len(), 2 * all.len());
    }
}
