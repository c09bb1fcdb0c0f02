//! A shop whose orders are kept in Saleor, too: its webhooks ([`door`]), what they and its API say of an order ([`order`]), and the hourly
//! comparison of both sides ([`sync`]); how that becomes news of an order here is [`crate::commerce`]'s.

pub mod door;
mod event;
mod memory;
pub mod order;
pub mod sync;

pub use crate::commerce::{BadOrder, CommerceOrder};
pub use event::{Told, read};
pub use order::Node;

use domain::ids::SourceId;

/// The last part of its webhooks' address, the name under which they wait in the inbox, and the channel of its orders.
pub const ENDPOINT: &str = "saleor";

/// Where its orders come from.
pub fn channel() -> crate::Result<SourceId> {
    SourceId::parse(ENDPOINT).map_err(|why| crate::Error::Fatal(why.to_string()))
}
