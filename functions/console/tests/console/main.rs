//! The console as a browser meets it.

#![allow(clippy::unwrap_used, reason = "what cannot be set up should stop at once")]

mod browser;
mod cancelling;
mod chat;
mod exceptions;
mod files;
mod forms;
mod look;
mod pages;
mod photos;
mod policy;
mod prices;
mod reviews;
mod session;
#[path = "../shop/mod.rs"]
mod shop;
mod stock;
mod tracking;
mod webhooks;
mod wording;
