//! The words around the dialogue: what a chat shows before, beside and instead of an answer.

use super::catalogue::Message;
use super::lang::Lang;
use serde::Serialize;

/// The words of a chat in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChatWords {
    /// Its name.
    pub title: &'static str,
    /// Under the name.
    pub line: &'static str,
    /// What it says first.
    pub greeting: &'static str,
    /// Under the field.
    pub tip: &'static str,
    /// Name of the field.
    pub field: &'static str,
    /// In the empty field, when both facts are missing.
    pub hint: &'static str,
    /// In the empty field, when the order number is missing.
    pub hint_order_id: &'static str,
    /// In the empty field, when the e-mail address is missing.
    pub hint_email: &'static str,
    /// Name of the button that sends.
    pub send: &'static str,
    /// Name of the button that opens the chat on a shop's page.
    pub open: &'static str,
    /// Name of the button that closes it.
    pub close: &'static str,
    /// Before what the customer wrote, for those who listen.
    pub me: &'static str,
    /// Name of the button that asks for a code.
    pub code: &'static str,
    /// In the empty field, when a code is on its way.
    pub hint_code: &'static str,
    /// Nobody answers.
    pub offline: &'static str,
    /// Something broke.
    pub broken: &'static str,
    /// The chat has no key, or one that opens nothing.
    pub locked: &'static str,
    /// Where there is no script.
    pub no_script: &'static str,
    /// Too many wrong pairs.
    pub too_many: String,
    /// The message is too long.
    pub too_long: String,
}

impl ChatWords {
    /// The words in a language.
    pub fn of(lang: Lang) -> ChatWords {
        let (too_many, too_long) = (Message::TooMany.text(lang), Message::TooLong.text(lang));
        match lang {
            Lang::En => ChatWords {
                title: "OrderStatusAI",
                line: "Track orders with natural language",
                greeting: "Hi! Please provide your order number and e-mail, and I’ll check its status.",
                tip: "Your message is processed securely. We only use your email to verify your order.",
                field: "Your message",
                hint: "Order number and e-mail",
                hint_order_id: "Order number, for example 1003",
                hint_email: "name@example.com",
                send: "Send",
                open: "Where is my order?",
                close: "Close the chat",
                me: "You",
                code: "Send me a code by e-mail",
                hint_code: "The code from the e-mail",
                offline: "There is no connection. Your message is still here; send it again in a moment.",
                broken: "Something went wrong on our side. Your message is still here; send it again in a moment.",
                locked: "This chat is not set up yet. Please contact the shop directly.",
                no_script: "This chat needs JavaScript. Please switch it on, or contact the shop directly.",
                too_many,
                too_long,
            },
            Lang::Pl => ChatWords {
                title: "OrderStatusAI",
                line: "Sprawdź zamówienie własnymi słowami",
                greeting: "Dzień dobry! Podaj numer zamówienia i adres e-mail, a sprawdzę jego status.",
                tip: "Wiadomość jest przetwarzana bezpiecznie. Adresu e-mail używamy tylko do weryfikacji zamówienia.",
                field: "Twoja wiadomość",
                hint: "Numer zamówienia i e-mail",
                hint_order_id: "Numer zamówienia, na przykład 1003",
                hint_email: "imie@example.com",
                send: "Wyślij",
                open: "Gdzie jest moje zamówienie?",
                close: "Zamknij czat",
                me: "Ty",
                code: "Wyślij mi kod e-mailem",
                hint_code: "Kod z e-maila",
                offline: "Brak połączenia. Wiadomość czeka w polu; wyślij ją ponownie za chwilę.",
                broken: "Coś poszło nie tak po naszej stronie. Wiadomość czeka w polu; wyślij ją ponownie za chwilę.",
                locked: "Ten czat nie jest jeszcze skonfigurowany. Skontaktuj się bezpośrednio ze sklepem.",
                no_script: "Ten czat wymaga JavaScriptu. Włącz go albo skontaktuj się bezpośrednio ze sklepem.",
                too_many,
                too_long,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: S0-21
    #[test]
    fn the_english_words_of_the_chat_are_word_for_word() {
        let words = ChatWords::of(Lang::En);
        assert_eq!(words.title, "OrderStatusAI");
        assert_eq!(words.line, "Track orders with natural language");
        assert_eq!(words.greeting, "Hi! Please provide your order number and e-mail, and I\u{2019}ll check its status.");
        assert_eq!(words.tip, "Your message is processed securely. We only use your email to verify your order.");
    }

    #[test]
    fn every_word_is_translated_but_the_name() {
        let fields = |lang| serde_json::to_value(ChatWords::of(lang)).unwrap();
        let (english, polish) = (fields(Lang::En), fields(Lang::Pl));
        for (name, text) in english.as_object().unwrap() {
            assert!(!text.as_str().unwrap().is_empty(), "{name}");
            assert_eq!(*text == polish[name], name == "title", "{name}");
        }
    }
}
