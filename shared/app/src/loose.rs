//! Fields of JSON that strangers write: numbers come as numbers or as text, and nothing as null.

use serde::Deserialize;

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
