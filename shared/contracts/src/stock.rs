//! Events of stock.

/// Version 1.
pub mod v1 {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

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
