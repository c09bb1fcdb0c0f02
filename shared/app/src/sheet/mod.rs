//! Tables of orders: files people upload, and sheets we read ourselves.

pub mod table;
