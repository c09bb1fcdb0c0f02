//! Events of an order's way through checks, stock and fulfilment.

/// Version 1.
pub mod v1 {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    /// A step of an order's way waits for its worker.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Due {
        /// The order's number.
        pub order_id: String,
        /// Which: "screen", "reserve", ...
        pub step: String,
    }

    /// Points were added up that speak against an order.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Screened {
        /// The order's number.
        pub order_id: String,
        /// 0 to 100.
        pub score: u8,
        /// "low", "medium", "high" or "critical".
        pub level: String,
        /// What was seen: "large", "velocity", ...
        pub signals: Vec<String>,
    }

    /// An order's way is over.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Ended {
        /// The order's number.
        pub order_id: String,
        /// "completed", "compensated" or "needs_human".
        pub how: String,
    }
}
