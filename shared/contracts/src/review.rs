//! Events of what people have to decide.

/// Version 1.
pub mod v1 {
    use crate::order::v1::Amount;
    use jiff::Timestamp;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    /// A person has to decide something about an order.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Opened {
        /// The order's number.
        pub order_id: String,
        /// The review's name among those of its order.
        pub review: String,
        /// "HIGH_VALUE", "FRAUD", "QC", "INVENTORY_OVERRIDE" or "CS_ESCALATION".
        pub kind: String,
        /// "normal", "high" or "urgent".
        pub priority: String,
        /// Why, in our words.
        pub reason: String,
        /// What the order comes to.
        pub total: Amount,
        /// By when.
        pub due_at: Timestamp,
        /// So many different people have to say yes.
        pub needs: u8,
    }

    /// A review was decided.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Decided {
        /// The order's number.
        pub order_id: String,
        /// The review's name among those of its order.
        pub review: String,
        /// What was to be decided.
        pub kind: String,
        /// "approved", "rejected" or "withdrawn".
        pub outcome: String,
        /// A person said so; else its time was up, or there was nothing to decide any more.
        pub by_person: bool,
        /// Seconds it had been open.
        pub after_s: i64,
    }

    /// The time for a review is up, and nobody has decided it.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Overdue {
        /// The order's number.
        pub order_id: String,
        /// The review's name among those of its order.
        pub review: String,
        /// What is to be decided.
        pub kind: String,
        /// Since when.
        pub due_at: Timestamp,
    }
}
