//! Events of stock.

/// Version 1.
pub mod v1 {
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
}
