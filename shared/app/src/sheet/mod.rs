//! Tables of orders: files people upload, and sheets we read ourselves.

pub mod sync;
pub mod table;
