//! The carriers' adapters against doubles of the carriers.
//!
//! A double holds each request to a JSON Schema that was written from the carrier's documentation (`carriers/schemas`), keeps account
//! of what it has sold, and misbehaves on demand.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "carriers/bench.rs"]
mod bench;
#[path = "carriers/buying.rs"]
mod buying;
#[path = "carriers/double.rs"]
mod double;
#[path = "carriers/mutants.rs"]
mod mutants;
#[path = "carriers/pushes.rs"]
mod pushes;
#[path = "carriers/rates.rs"]
mod rates;
#[path = "carriers/tokens.rs"]
mod tokens;
#[path = "carriers/tracking.rs"]
mod tracking;
#[path = "carriers/trouble.rs"]
mod trouble;
