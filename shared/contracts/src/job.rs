//! Events of scheduled jobs.

/// Version 1.
pub mod v1 {
    use jiff::Timestamp;
    use jiff::civil::Date;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    /// A report is in the bucket.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct ReportReady {
        /// Which ("daily", "delayed").
        pub report: String,
        /// For which day.
        pub day: Date,
        /// Object key in the reports bucket.
        pub key: String,
        /// The lines to post to the team.
        pub summary: String,
        /// How many orders it lists, if it is a list.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub orders: Option<u64>,
    }

    /// Orders that need a person.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct AttentionDigest {
        /// Orders that came to need one since the last of these.
        pub new: u64,
        /// All that need one now.
        pub waiting: u64,
        /// The new ones, at most ten, the most urgent first.
        pub orders: Vec<NeedsAttention>,
    }

    /// An order that needs a person.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct NeedsAttention {
        /// Order number.
        pub order_id: String,
        /// Why, in words.
        pub reasons: Vec<String>,
    }

    /// A job that had failed is well again.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct JobRecovered {
        /// Which.
        pub job: String,
        /// Since when it had been failing.
        pub failing_since: Timestamp,
    }

    /// A scheduled job failed.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct JobFailed {
        /// Which.
        pub job: String,
        /// Why, without internals.
        pub reason: String,
    }
}
