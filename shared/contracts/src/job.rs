//! Events of scheduled jobs.

/// Version 1.
pub mod v1 {
    use jiff::civil::Date;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    /// A report is in the bucket.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct ReportReady {
        /// Which ("daily").
        pub report: String,
        /// For which day.
        pub day: Date,
        /// Object key in the reports bucket.
        pub key: String,
        /// The lines to post to the team.
        pub summary: String,
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
