//! A Saleor that holds requests to its schema and misbehaves as the documentation says it may; and signatures as it makes them, and as an
//! attacker would.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod api;
mod double;
mod signatures;
