//! Which language to answer in.

use super::text::{normalise, words};
use serde::{Deserialize, Serialize};

/// A language the catalogue has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lang {
    /// English, also for every language without a catalogue of its own.
    #[default]
    En,
    /// Polish.
    Pl,
}

#[rustfmt::skip]
const POLISH: &[&str] = &[
    "gdzie", "jest", "moje", "moja", "moj", "mojego", "mojej", "kiedy", "zamowienie", "zamowienia", "zamowieniem",
    "zamowieniu", "paczka", "paczki", "paczke", "przesylka", "przesylki", "przesylke", "dostawa", "dostawy",
    "dostane", "prosze", "dzien", "dobry", "witam", "czesc", "czy", "co", "sie", "dzieje", "nie", "jeszcze", "juz",
    "numer", "numeru", "nr", "status", "email", "mail", "adres", "przyjdzie", "bedzie", "dotarlo", "dotarla",
    "doszla", "doszlo", "czekam", "pozdrawiam", "dla", "z", "na", "jaki", "sprawdzic", "mam", "zamowilem",
    "zamowilam", "ile", "dni", "tel", "telefon", "o", "i", "w",
];
#[rustfmt::skip]
const ENGLISH: &[&str] = &[
    "where", "is", "my", "order", "orders", "when", "the", "will", "it", "arrive", "please", "hello", "hi", "thanks",
    "thank", "you", "what", "status", "parcel", "package", "delivery", "delivered", "shipped", "number", "email",
    "mail", "address", "have", "has", "not", "yet", "and", "for", "of", "i", "was", "be", "can", "check", "track",
    "to", "a", "still", "waiting", "how", "late", "delayed",
];
/// Letters of Polish that its neighbours lack.
const POLISH_LETTERS: &str = "ąęłśżźńćĄĘŁŚŻŹŃĆ";

impl Lang {
    /// From a locale tag or an `Accept-Language` value: `pl`, `pl-PL`, `pl_PL`, `pl,en;q=0.9`.
    pub fn of_locale(locale: &str) -> Lang {
        let first: String = locale.trim().chars().take_while(char::is_ascii_alphabetic).take(9).collect();
        if first.eq_ignore_ascii_case("pl") || first.eq_ignore_ascii_case("pol") { Lang::Pl } else { Lang::En }
    }

    /// From the words and letters of a text; `locale` decides when they do not.
    pub fn detect(text: &str, locale: Option<&str>) -> Lang {
        let text = normalise(text);
        // Addresses are in no language: "jan@poczta.onet.pl" is not a Polish sentence.
        let prose: Vec<&str> = text.split_whitespace().filter(|token| !token.contains(['@', '/'])).collect();
        let (mut polish, mut english) = (0u32, 0u32);
        for token in &prose {
            polish += u32::from(token.contains(|c| POLISH_LETTERS.contains(c)));
            for word in words(token) {
                let (in_polish, in_english) = (POLISH.contains(&word.as_str()), ENGLISH.contains(&word.as_str()));
                polish += u32::from(in_polish && !in_english);
                english += u32::from(in_english && !in_polish);
            }
        }
        match polish.cmp(&english) {
            std::cmp::Ordering::Greater => Lang::Pl,
            std::cmp::Ordering::Less => Lang::En,
            std::cmp::Ordering::Equal => locale.map_or(Lang::En, Lang::of_locale),
        }
    }

    /// The BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Pl => "pl",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: S0-09 S0-16
    #[test]
    fn words_letters_and_then_the_locale_decide() {
        let table = [
            ("Where is my order 1001?", None, Lang::En),
            ("Where is my order 1001?", Some("pl-PL"), Lang::En),
            ("Gdzie jest moje zamówienie 1001?", None, Lang::Pl),
            ("gdzie jest moje zamowienie 1001", Some("en"), Lang::Pl),
            ("Kiedy przyjdzie paczka?", None, Lang::Pl),
            ("order for Wiśniewski, where is it", None, Lang::En),
            ("status 1001 jan@poczta.onet.pl", None, Lang::En),
            ("1001 jan@wp.pl", Some("pl"), Lang::Pl),
            ("1001 jan@wp.pl", Some("pl,en;q=0.9"), Lang::Pl),
            ("1001", Some("pl_PL"), Lang::Pl),
            ("1001", Some("pol"), Lang::Pl),
            ("1001", Some("plx"), Lang::En),
            ("1001", Some("de-DE"), Lang::En),
            ("1001", Some(""), Lang::En),
            ("", None, Lang::En),
            ("żółć", None, Lang::Pl),
            ("Wo ist meine Bestellung?", None, Lang::En),
        ];
        for (text, locale, expected) in table {
            assert_eq!(Lang::detect(text, locale), expected, "{text} / {locale:?}");
        }
        assert_eq!(Lang::Pl.tag(), "pl");
        assert_eq!(serde_json::to_string(&Lang::En).unwrap(), "\"en\"");
    }
}
