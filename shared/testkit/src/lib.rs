//! What tests share: the in-memory twins of every port and the conformance suite that holds them, and the
//! adapters to AWS, to the same promises.

pub mod adviser;
pub mod bank;
pub mod conformance;
pub mod depot;
pub mod listeners;
pub mod memory;
pub mod saleor;
