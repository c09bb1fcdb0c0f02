//! "Where is my order?", asked in free text: what is asked, what is still missing, what may be answered.
//!
//! [`plan`] reads the question and says either what to reply or what to look up. [`compose`] words an
//! answer from facts; [`verify`] holds any other wording, a language model's above all, to the same facts.

mod address;
mod catalogue;
mod chat;
mod compose;
mod cue;
mod extract;
mod lang;
mod plan;
mod spans;
mod text;
mod verify;

pub use catalogue::{Message, code_mail, neutral};
pub use chat::ChatWords;
pub use compose::{AskFacts, asks_when_or_where, closed, closing, compose, fallback, is_delayed, on_the_way_or_before};
pub use extract::{CANDIDATES_MAX, accept_llm_candidate, accept_llm_email, emails, order_candidates};
pub use lang::Lang;
pub use plan::{EMAILS_MAX, Need, Plan, QUESTION_CHARS_MAX, plan, plan_in};
pub use verify::{ANSWER_CHARS_MAX, Violation, verify};

pub use text::invisible;
