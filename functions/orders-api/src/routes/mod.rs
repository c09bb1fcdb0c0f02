//! One file per resource.

pub mod analytics;
mod asked;
pub mod attention;
pub mod audit;
pub mod backtest;
pub mod batches;
pub mod bulk;
pub mod cancellations;
pub mod decisions;
pub mod docs;
pub mod exceptions;
pub mod exports;
pub mod files;
pub mod fulfilments;
pub mod imports;
pub mod inbox;
pub mod ingest;
pub mod keys;
pub mod labels;
pub mod lines;
pub mod manifests;
pub mod notify;
pub mod orders;
pub mod payments;
pub mod photos;
pub mod prices;
pub mod privacy;
pub mod purchases;
pub mod quotes;
pub mod reports;
pub mod returns;
pub mod reviews;
pub mod rules;
pub mod saleor;
pub mod settings;
pub mod sheet;
pub mod stats;
pub mod stock;
pub mod survey;
pub mod track;
pub mod webhooks;
pub mod why;
pub mod window;

use runtime::Problem;

/// What handlers return.
pub type Answer<T> = Result<T, Problem>;
