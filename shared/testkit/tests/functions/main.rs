//! The functions' handlers over in-memory ports: their samples, hostile input, and what the rows promise.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod asking;
mod forgetting;
mod house;
mod imports;
mod messages;
mod rest;
mod samples;
mod stale;
