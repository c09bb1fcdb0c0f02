//! The use cases of OrderFlow and the ports they need.
//!
//! A use case loads facts through ports, lets [`domain`] decide, and commits once. It knows no AWS, no
//! HTTP and no Lambda; the same code runs in the functions, in the simulator and in the tests.

pub mod analytics;
pub mod answer;
pub mod apply;
pub mod arrival;
pub mod attention;
pub mod audit;
pub mod auth;
pub mod bulk;
pub mod cashier;
pub(crate) mod changed;
pub mod channels;
pub mod code;
pub mod commerce;
pub mod context;
pub mod cursor;
pub mod dispatch;
mod each;
pub mod error;
pub mod export;
pub mod import;
pub mod json;
pub mod ledger;
mod loose;
pub mod measure;
pub mod model;
pub mod morning;
pub mod notify;
pub mod parked;
pub mod payments;
pub mod photos;
pub mod place;
pub mod ports;
pub mod prices;
pub mod privacy;
pub mod process;
pub mod progress;
pub mod pseudonym;
pub mod publish;
pub mod question;
pub mod quotes;
pub mod receive;
pub mod recent;
pub mod relay;
pub mod report;
pub mod reviews;
pub mod saga;
pub mod saleor;
pub mod scope;
pub mod sheet;
pub mod shopify;
pub mod signature;
pub mod steady;
pub mod stock;
pub mod survey;
pub mod tenant;
pub mod timers;
pub mod trouble;
pub mod watch;
pub mod webhooks;
pub mod wishes;

pub use context::{Context, Provenance};
pub use error::{Error, Result};
pub use scope::{Identity, Scopes, TenantScope};
