//! Fields of JSON that strangers write: numbers come as numbers or as text, and nothing as null.

use domain::ids::OrderId;
use domain::order::Fault;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// What stands where a short text belongs.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Loose {
    /// A text.
    Text(String),
    /// A whole number, which is as good.
    Whole(i64),
    /// Anything else.
    Other(serde::de::IgnoredAny),
}

impl Loose {
    /// The text without the space around it; none if it is empty or null.
    ///
    /// # Errors
    /// It is something else than text or a whole number.
    pub(crate) fn text(value: &Option<Loose>) -> Result<Option<String>, ()> {
        match value {
            None => Ok(None),
            Some(Loose::Text(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
            Some(Loose::Whole(number)) => Ok(Some(number.to_string())),
            Some(Loose::Other(_)) => Err(()),
        }
    }
}

/// The one object of a body. What reads objects would also read a list, field by field: that is refused.
///
/// # Errors
/// Why it is none, without quoting it.
pub(crate) fn object<T: DeserializeOwned>(body: &str) -> Result<T, String> {
    let body = without_mark(body);
    if body.trim_start().starts_with('[') {
        return Err("it is a list".to_owned());
    }
    serde_json::from_str(body).map_err(|why| unreadable(&why))
}

/// Without the mark by which some senders say that they write UTF-8.
pub(crate) fn without_mark(body: &str) -> &str {
    body.strip_prefix('\u{feff}').unwrap_or(body)
}

/// Reads the fields of one body, and keeps everything that is wrong with them.
#[derive(Default)]
pub(crate) struct Reader {
    /// What is wrong.
    pub(crate) faults: Vec<Fault>,
}

impl Reader {
    /// Something is wrong with a field.
    pub(crate) fn fault(&mut self, field: &str, code: &str, message: impl Into<String>) {
        self.faults.push(Fault::new(field, code, message));
    }

    /// A text; none if there is none.
    pub(crate) fn text(&mut self, field: &str, value: &Option<Loose>, required: bool) -> Option<String> {
        match Loose::text(value) {
            Err(()) => {
                self.fault(field, "wrong_type", "must be text");
                None
            }
            Ok(None) if required => {
                self.fault(field, "required", "must not be empty");
                None
            }
            Ok(text) => text,
        }
    }

    /// What a text means.
    pub(crate) fn parsed<T>(
        &mut self,
        field: &str,
        code: &str,
        text: Option<&str>,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        match parse(text?) {
            Ok(meant) => Some(meant),
            Err(message) => {
                self.fault(field, code, message);
                None
            }
        }
    }

    /// The number of an order.
    pub(crate) fn order(&mut self, field: &str, text: Option<&str>) -> Option<OrderId> {
        self.parsed(field, "bad_number", text, |text| OrderId::written(text).map_err(|why| why.to_string()))
    }

    /// When something happened.
    pub(crate) fn moment(&mut self, field: &str, text: Option<&str>) -> Option<Timestamp> {
        self.parsed(field, "bad_time", text, |text| text.parse().map_err(|_| "a time such as 2025-08-10T09:30:00Z".to_owned()))
    }

    /// A sender's version counter.
    pub(crate) fn counter(&mut self, field: &str, text: Option<&str>) -> Option<u64> {
        self.parsed(field, "out_of_range", text, |text| text.parse().map_err(|_| "a whole number from 0".to_owned()))
    }
}

/// What is wrong with a body, without quoting it: it may hold a customer's address.
pub(crate) fn unreadable(why: &serde_json::Error) -> String {
    let text = why.to_string();
    let quotes = why.is_data() && !text.starts_with("duplicate field") && !text.starts_with("missing field");
    if quotes { format!("not an object of the expected kind at line {} column {}", why.line(), why.column()) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_text_and_nothing_is_nothing() {
        let read = |json: &str| Loose::text(&serde_json::from_str(json).unwrap());
        assert_eq!(read("\" 1001 \""), Ok(Some("1001".into())));
        assert_eq!(read("1001"), Ok(Some("1001".into())));
        assert_eq!((read("null"), read("\"  \"")), (Ok(None), Ok(None)));
        for other in ["1.5", "true", "[]", "{}", "18446744073709551615", "1e400"] {
            assert_eq!(serde_json::from_str(other).map_or(Err(()), |value| Loose::text(&value)), Err(()), "{other}");
        }
    }

    #[test]
    fn a_fault_says_where_and_never_what() {
        #[derive(Debug, Deserialize)]
        struct Two {
            #[serde(rename = "a")]
            _a: u8,
        }
        for (json, said) in [("\"eve@example.com\"", "line 1"), ("{\"a\":1,\"a\":2}", "duplicate field `a`"), ("{\"a\"", "EOF")] {
            let text = unreadable(&serde_json::from_str::<Two>(json).unwrap_err());
            assert!(text.contains(said) && !text.contains("eve@"), "{json}: {text}");
        }
    }
}
