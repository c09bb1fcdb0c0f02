//! Events of stock.

/// Version 1.
pub mod v1 {
    use crate::order::v1::Amount;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    /// Stock was set aside for an order, given back, has left with it, or has come back.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Moved {
        /// The order's number.
        pub order_id: String,
        /// "held", "released" (not needed any more), "shipped", "taken" (it left without having been held) or "returned" (it is on its shelf again).
        pub how: String,
        /// What.
        pub lines: Vec<MovedLine>,
    }

    /// So many pieces of a SKU at a location.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct MovedLine {
        /// Stock-keeping unit.
        pub sku: String,
        /// Where.
        pub location: String,
        /// How many.
        pub quantity: u32,
    }

    /// What is free to promise of a SKU at a location has fallen to a limit.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Fallen {
        /// Stock-keeping unit.
        pub sku: String,
        /// Where.
        pub location: String,
        /// Pieces that are free to promise.
        pub available: i64,
        /// The limit, in pieces.
        pub limit: u32,
    }

    /// What lies on some shelves was counted, and the books were corrected.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Counted {
        /// Names the count.
        pub reference: String,
        /// Shelves that were counted: a SKU at a location each.
        pub lines: u32,
        /// Those of them of which the books were right.
        pub matched: u32,
        /// Pieces that were found and not expected.
        pub found: u64,
        /// Pieces that were expected and not found.
        pub lost: u64,
        /// Those of the lost ones that are promised to orders. A person has to decide who goes without.
        pub missing: u64,
    }

    /// An order with a supplier has come a step further.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct PurchaseChanged {
        /// The shop's number of it.
        pub purchase_id: String,
        /// Where the goods are to come.
        pub location: String,
        /// "draft" (it waits for a person's approval), "ordered", "received" or "cancelled".
        pub status: String,
        /// Different things that are ordered.
        pub lines: u32,
        /// Pieces that are ordered.
        pub pieces: u64,
        /// Drafted by a rule.
        pub by_rule: bool,
    }

    /// What something is offered for has changed. Orders that were placed keep their prices.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct PriceChanged {
        /// Stock-keeping unit.
        pub sku: String,
        /// What it is offered for from now on.
        pub price: Amount,
        /// What the shop lists it at; the price is within a tenth of it.
        pub list: Amount,
        /// What it was offered for until now; none if nothing was known of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub before: Option<Amount>,
        /// "listed" (the shop said so), "accepted" (a person accepted a proposal) or "rule" (the shop's rule did).
        pub cause: String,
    }
}
