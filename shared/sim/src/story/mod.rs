//! The people and machines around the suite: shops whose clients place orders or import them from sheets,
//! carriers who tell storylines, staff who overrule them, warehouses. Each keeps at it until it gets the answer
//! it needs.

mod erasing;
mod importing;
mod placing;
mod shop;
mod staffing;
mod stocking;
mod telling;

pub use erasing::Erasure;
pub use importing::{Chunk, Row, Sheet};
pub use placing::{Customer, Ending, Request};
pub use shop::{Sender, Shop};
pub use staffing::{Errand, Wish};
pub use stocking::{Shelf, StockWish};
pub use telling::{Hook, Letter};
