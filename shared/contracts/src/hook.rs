//! Events of incoming webhooks.

/// Version 1.
pub mod v1 {
    use jiff::Timestamp;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    /// A webhook with a good signature and a bad content. Values are masked before they get here.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Rejected {
        /// Which endpoint.
        pub endpoint: String,
        /// What was wrong, as `field: message`.
        pub faults: Vec<String>,
        /// The order number it gave, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub order_id: Option<String>,
        /// The status it gave, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub status: Option<String>,
        /// The address it gave, masked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub email_masked: Option<String>,
        /// It was an event of a warehouse's or a carrier's, which names no customer.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        pub event: bool,
    }

    /// A webhook that was accepted and could not be applied.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Parked {
        /// Which endpoint.
        pub endpoint: String,
        /// Its id in the inbox.
        pub inbox_id: String,
        /// Machine-readable ("unknown_order", "unknown_status").
        pub code: String,
        /// What to do about it.
        pub reason: String,
    }

    /// An endpoint of yours is told nothing more until somebody switches it on again.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct EndpointDisabled {
        /// Which.
        pub endpoint: String,
        /// What it is for, in your words.
        pub description: String,
        /// "gone": it answered 410. "failing": it has taken nothing for five days.
        pub why: String,
        /// It has taken nothing since then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub failing_since: Option<Timestamp>,
    }
}
