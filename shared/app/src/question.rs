//! What a customer asks, as it comes in.

use crate::error::{Error, Result};
use crate::loose::{Loose, unreadable};
use domain::ask::QUESTION_CHARS_MAX;
use domain::order::Fault;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

/// Longest number in its own field, in bytes: a person may write words around it.
const NUMBER_BYTES_MAX: usize = 128;
/// Longest address in its own field, in bytes.
const EMAIL_BYTES_MAX: usize = 320;
/// Longest code, in bytes: six digits, however they are spaced.
const CODE_BYTES_MAX: usize = 40;
/// Longest name of a field that is repeated in an answer, in characters.
const NAME_CHARS_MAX: usize = 40;

/// What is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// In the customer's words.
    pub question: String,
    /// The number, if the page knows it already.
    pub order_id: Option<String>,
    /// The address, if the page knows it already.
    pub email: Option<String>,
    /// The code that was mailed, instead of an address.
    pub code: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    question: Option<Loose>,
    order_id: Option<Loose>,
    email: Option<Loose>,
    code: Option<Loose>,
    #[serde(flatten)]
    others: BTreeMap<String, IgnoredAny>,
}

impl Question {
    /// Reads a body. A byte order mark is passed over; a field that comes twice is refused, because nobody can
    /// say which one was meant.
    ///
    /// # Errors
    /// `Invalid` with all the faults.
    pub fn read(body: &[u8]) -> Result<Question> {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let wire: Wire = serde_json::from_slice(body).map_err(|why| {
            let code = if why.is_data() { "wrong_type" } else { "bad_json" };
            Error::Invalid(vec![Fault::new("", code, unreadable(&why))])
        })?;
        let mut faults = Vec::new();
        let question = match wire.question {
            Some(Loose::Text(text)) => text,
            None => {
                faults.push(Fault::new("question", "required", "the question, in the customer's words; it may be empty text"));
                String::new()
            }
            Some(_) => {
                faults.push(Fault::new("question", "wrong_type", "must be text"));
                String::new()
            }
        };
        let mut text = |field: &str, value: &Option<Loose>| {
            Loose::text(value).unwrap_or_else(|()| {
                faults.push(Fault::new(field, "wrong_type", "must be text"));
                None
            })
        };
        let (order_id, email) = (text("order_id", &wire.order_id), text("email", &wire.email));
        let code = text("code", &wire.code);
        for name in wire.others.keys() {
            let name: String = name.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
            faults.push(Fault::new(name, "unknown_field", "send question, order_id, email and code only"));
        }
        let question = Question { question, order_id, email, code };
        faults.extend(question.too_long());
        if faults.is_empty() { Ok(question) } else { Err(Error::Invalid(Fault::listed(faults, 0))) }
    }

    /// Checks the lengths.
    ///
    /// # Errors
    /// `Invalid` with all the faults.
    pub fn check(&self) -> Result<()> {
        let faults: Vec<Fault> = self.too_long().collect();
        if faults.is_empty() { Ok(()) } else { Err(Error::Invalid(faults)) }
    }

    fn too_long(&self) -> impl Iterator<Item = Fault> {
        let longer = |text: &Option<String>, max: usize| text.as_ref().is_some_and(|text| text.len() > max);
        let fields = [
            ("question", self.question.chars().count() > QUESTION_CHARS_MAX, QUESTION_CHARS_MAX),
            ("order_id", longer(&self.order_id, NUMBER_BYTES_MAX), NUMBER_BYTES_MAX),
            ("email", longer(&self.email, EMAIL_BYTES_MAX), EMAIL_BYTES_MAX),
            ("code", longer(&self.code, CODE_BYTES_MAX), CODE_BYTES_MAX),
        ];
        let fault = |(field, _, max): (&str, bool, usize)| Fault::new(field, "too_long", format!("at most {max} characters"));
        fields.into_iter().filter(|(_, longer, _)| *longer).map(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn faults(body: &str) -> Vec<(String, String)> {
        let Err(Error::Invalid(faults)) = Question::read(body.as_bytes()) else { panic!("{body}") };
        faults.into_iter().map(|fault| (fault.field, fault.code)).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(field, code)| ((*field).to_owned(), (*code).to_owned())).collect()
    }

    // req: S0-01
    #[test]
    fn numbers_may_be_numbers_and_nothing_may_be_null() {
        let read = |body: &str| Question::read(body.as_bytes()).unwrap();
        let asked = read("\u{feff}{\"question\":\"where?\",\"order_id\":1001,\"email\":null}");
        assert_eq!(asked, Question { question: "where?".into(), order_id: Some("1001".into()), email: None, code: None });
        assert_eq!(read("{\"question\":\"\"}"), Question::default());
    }

    #[test]
    fn every_fault_is_listed() {
        assert_eq!(
            faults(r#"{"question":null,"order_id":[1],"email":true,"tenant":"other","role":"owner"}"#),
            pairs(&[
                ("question", "required"),
                ("order_id", "wrong_type"),
                ("email", "wrong_type"),
                ("role", "unknown_field"),
                ("tenant", "unknown_field")
            ])
        );
        let long = format!(r#"{{"question":"{}","order_id":"{}","email":"{}"}}"#, "ü".repeat(2_001), "1".repeat(129), "a".repeat(321));
        assert_eq!(faults(&long), pairs(&[("question", "too_long"), ("order_id", "too_long"), ("email", "too_long")]));
        for twice in [r#"{"question":"a","question":"b"}"#, r#"{"question":"a","email":"a@b.co","email":"c@d.co"}"#] {
            assert_eq!(faults(twice), pairs(&[("", "wrong_type")]), "{twice}");
        }
        for (body, code) in [("", "bad_json"), ("{", "bad_json"), ("\"a@b.co\"", "wrong_type"), ("[]", "wrong_type"), ("7", "wrong_type")] {
            assert_eq!(faults(body)[0].1, code, "{body}");
        }
    }
}
