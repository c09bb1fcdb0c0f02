//! Events of what comes back.

/// Version 1.
pub mod v1 {
    use crate::order::v1::Amount;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    /// So many of a line, and why.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Line {
        /// Unit.
        pub sku: String,
        /// How many.
        pub quantity: u32,
        /// Why: "wrong_item", "missing_item", "wrong_quantity", "damaged", "defective", "not_as_described", "changed_mind", "late",
        /// "undeliverable" or "other".
        pub reason: String,
    }

    /// What arrived of a line.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Arrived {
        /// Unit.
        pub sku: String,
        /// How many.
        pub quantity: u32,
        /// They can be sold again.
        pub sellable: bool,
    }

    /// Somebody wants to send something back.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Opened {
        /// The order's number.
        pub order_id: String,
        /// The return's name within the order.
        #[serde(rename = "return")]
        pub name: String,
        /// "refund" or "exchange".
        pub kind: String,
        /// It may come, without anybody being asked.
        pub approved: bool,
        /// What is to come.
        pub lines: Vec<Line>,
    }

    /// Somebody has said whether it may come, or that it will not.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Decided {
        /// The order's number.
        pub order_id: String,
        /// The return's name within the order.
        #[serde(rename = "return")]
        pub name: String,
        /// "approved", "refused" or "withdrawn".
        pub state: String,
    }

    /// An order was placed that replaces what comes back.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Replaced {
        /// The number of the order whose return it is.
        pub order_id: String,
        /// The return's name within that order.
        #[serde(rename = "return")]
        pub name: String,
        /// The number of the order that replaces it.
        pub by: String,
    }

    /// What was sent back is here.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Received {
        /// The order's number.
        pub order_id: String,
        /// The return's name within the order.
        #[serde(rename = "return")]
        pub name: String,
        /// "refund" or "exchange".
        pub kind: String,
        /// What arrived.
        pub arrived: Vec<Arrived>,
        /// Something else had been packed than was ordered, or something was missing.
        pub packing_fault: bool,
        /// Something has come back, and nothing of this order had before.
        pub first: bool,
        /// The first return that says so of this order.
        pub first_fault: bool,
        /// What goes back for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub refund: Option<Amount>,
        /// A payment provider is asked to give it back; else it is to be given back elsewhere.
        pub refund_here: bool,
    }
}
