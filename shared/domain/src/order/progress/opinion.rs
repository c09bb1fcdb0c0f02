//! A second opinion: a language model that looks at the same evidence. It can hold an order back and add words; it can
//! move nothing.

use super::Gate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest reason that is kept, in characters.
const REASON_CHARS_MAX: usize = 300;

/// What a model thinks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    /// Move it?
    pub should_progress: bool,
    /// 0 to 100.
    pub confidence: u8,
    /// In its words.
    pub reason: Option<String>,
}

impl Opinion {
    /// The name of its gate.
    pub const GATE: &'static str = "second_opinion";

    /// What a model is asked for.
    pub const FIELDS: &'static [&'static str] = &["should_progress", "confidence", "reason"];

    /// The rules of the question.
    pub const SYSTEM: &'static str = "You review whether a shop's order should move on to its next status now. You see the facts and what \
        fixed rules have decided. Answer should_progress (true or false), confidence (0 to 1) and reason (one sentence). Say false \
        whenever anything looks unusual: a person will look at it then. You cannot move an order that the rules hold back.";

    /// What could not be read, or was not to be had, holds the order back.
    pub const NONE: Opinion = Opinion { should_progress: false, confidence: 0, reason: None };

    /// Reads an answer, field by field. An answer that is none says no.
    pub fn read(said: &BTreeMap<&'static str, String>) -> Opinion {
        let confidence = said.get("confidence").and_then(|text| percent(text));
        let should_progress = said.get("should_progress").and_then(|text| text.trim().to_lowercase().parse::<bool>().ok());
        let (Some(confidence), Some(should_progress)) = (confidence, should_progress) else { return Self::NONE };
        let words = said.get("reason").map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
        let readable = |text: &String| !text.is_empty() && !text.chars().any(|c| c.is_control() || crate::ask::invisible(c));
        let reason = words.filter(readable).map(|text| text.chars().take(REASON_CHARS_MAX).collect());
        Opinion { should_progress, confidence: if should_progress { confidence } else { 0 }, reason }
    }

    pub(super) fn gate(&self) -> Gate {
        let text = if self.should_progress { "the second opinion agrees" } else { "the second opinion does not agree" };
        Gate::new(Self::GATE, self.should_progress, text.to_owned())
    }
}

/// "0.92" is 92.
fn percent(text: &str) -> Option<u8> {
    let share: f64 = text.trim().parse().ok()?;
    if !(0.0..=1.0).contains(&share) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
    Some((share * 100.0).floor() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(should: &str, confidence: &str, reason: &str) -> Opinion {
        let fields = [("should_progress", should), ("confidence", confidence), ("reason", reason)];
        Opinion::read(&fields.into_iter().map(|(name, text)| (name, text.to_owned())).collect())
    }

    // req: S1-04
    #[test]
    fn what_is_no_answer_says_no() {
        let well = said("true", "0.92", "Order is 48h old and ready for processing");
        assert_eq!((well.should_progress, well.confidence), (true, 92));
        assert_eq!(well.reason.as_deref(), Some("Order is 48h old and ready for processing"));
        let none = Opinion::NONE;
        assert_eq!((none.should_progress, none.confidence), (false, 0));
        let malformed = [
            said("yes", "0.9", ""),
            said("true", "92", ""),
            said("true", "-1", ""),
            said("true", "NaN", ""),
            said("true", "inf", ""),
            said("", "", ""),
            Opinion::read(&BTreeMap::new()),
        ];
        assert!(malformed.iter().all(|opinion| *opinion == none), "{malformed:?}");
        assert_eq!(said("false", "0.9", "odd").confidence, 0, "sure of its no is not sure of the step");
    }

    #[test]
    fn words_are_kept_short_and_readable() {
        assert_eq!(said("true", "1", "a\n b\t\tc").reason.as_deref(), Some("a b c"));
        assert_eq!(said("true", "1", "a\u{202e}b").reason, None);
        assert_eq!(said("true", "1", &"ż".repeat(1_000)).reason.map(|text| text.chars().count()), Some(REASON_CHARS_MAX));
    }
}
