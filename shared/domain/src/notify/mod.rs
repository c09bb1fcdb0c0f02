//! Telling people about an order: what to say, in which tone, on which channel.
//!
//! Only the words; claiming, sending and retrying belong to whoever has a network.

mod channel;
mod email;
mod governor;
pub mod gsm;
mod kind;
mod letter;
mod letter_words;
mod milestone;
mod opt;
mod rules;
mod short;
mod slack;
mod tongue;

pub use channel::{Audience, Channel, Tone, intent_key, is_news};
pub use email::{EmailContent, StatusFacts, header_value, status_email, strip_subject_line};
pub use governor::{QuietHours, Sent, too_many};
pub use kind::MessageKind;
pub use letter::{Beside, letter};
pub use milestone::{Milestone, Run};
pub use opt::{Wish, wish};
pub use rules::{NotifyRules, PLACEHOLDERS, Rule, Wording};
pub use short::{ShortFacts, Voice, gsm_only, length, seed, short, without_emoji};
pub use slack::{
    escape, slack_attention, slack_count, slack_draft, slack_exceptions, slack_invalid_event, slack_invalid_payload, slack_label,
    slack_order_line, slack_privacy, slack_reply, slack_return, slack_returned, slack_review, slack_stock, slack_stranger, slack_stuck,
    slack_unpaid, slack_webhook_off,
};
pub use tongue::{Tongue, clause};
