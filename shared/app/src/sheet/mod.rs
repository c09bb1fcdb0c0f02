//! Tables of orders: files people upload, and sheets we read ourselves.

pub mod file;
mod intake;
pub mod sync;
pub mod table;

pub use intake::{RefusedLine, SheetStatus};
