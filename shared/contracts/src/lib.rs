//! What goes over a wire: the event envelope and its payloads, and the messages on our own queues.
//!
//! Payloads are plain structs of strings and numbers, apart from the domain's types on purpose: the rules
//! may change shape, what was published may not. Additive changes stay in `v1`; anything else is a new type.

pub mod envelope;
pub mod export;
pub mod hook;
pub mod job;
pub mod order;
pub mod outgoing;
pub mod parcel;
pub mod payment;
pub mod queue;
pub mod returns;
pub mod review;
pub mod saga;
pub mod schema;
pub mod stock;
pub mod stored;

pub use envelope::{Envelope, Payload};
