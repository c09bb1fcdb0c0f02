//! The rules of OrderFlow, as pure functions over plain data.
//!
//! Nothing here reads a clock, draws a random number, waits or talks to anything: time, ids and loaded
//! facts come in as arguments, decisions go out as values. That is what lets one seed replay any bug.

pub mod ask;
pub mod commerce;
pub mod email;
pub mod exception;
pub mod fraud;
pub mod hash;
pub mod ids;
pub mod kpi;
pub mod money;
pub mod notify;
pub mod order;
pub mod payment;
pub mod pii;
pub mod price;
pub mod saleor;
pub mod sheet;
pub mod shipping;
pub mod shopify;
pub mod sketch;
pub mod sla;
pub mod spread;
pub mod stock;
pub mod webhook;
