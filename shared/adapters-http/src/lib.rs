//! The outside world over HTTP: chat, language models, identity and payment providers. Base URLs are settings, so that
//! the same binary talks to the real thing and to a double.

pub mod adviser;
pub mod carrier;
pub mod client;
pub mod discord;
#[cfg(test)]
mod double;
pub mod google;
pub mod jwks;
pub mod llm;
mod open_net;
pub mod payment;
pub mod saleor;
pub mod sheets;
pub mod slack;
pub mod texts;
pub mod webhook;
