//! Events of an order's parcels.

/// Version 1.
pub mod v1 {
    use crate::order::v1::Amount;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    /// A label is to be bought or given back, or a carrier is to be asked where a parcel is.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Due {
        /// The order's number.
        pub order_id: String,
    }

    /// A label was bought for a parcel.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct LabelBought {
        /// The order's number.
        pub order_id: String,
        /// The parcel's name within the order.
        pub parcel: String,
        /// "fedex", "ups", "usps" or "dhl".
        pub carrier: String,
        /// "standard", "express" or "overnight".
        pub service: String,
        /// What it costs, if the carrier says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub price: Option<Amount>,
        /// Grams that the carrier was told.
        pub weight_g: u32,
    }

    /// A label cannot be had, or cannot be given back: a person has to look.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct LabelFailed {
        /// The order's number.
        pub order_id: String,
        /// The parcel's name within the order.
        pub parcel: String,
        /// It was bought, and the carrier does not take it back.
        pub bought: bool,
        /// Why, without what names anybody.
        pub why: String,
    }

    /// A label was given back, or was never bought after all.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct LabelVoided {
        /// The order's number.
        pub order_id: String,
        /// The parcel's name within the order.
        pub parcel: String,
    }

    /// A carrier is to be told what it collects.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct ManifestDue {
        /// The manifest's name.
        pub manifest_id: String,
    }

    /// A carrier has been told what it collects, or had known it before.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct ManifestClosed {
        /// The manifest's name.
        pub manifest_id: String,
        /// "fedex", "ups", "usps" or "dhl".
        pub carrier: String,
        /// Where the parcels lie; everywhere, if it is not said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub location: Option<String>,
        /// The day on which they are collected, YYYY-MM-DD.
        pub day: String,
        /// "made", "not_needed" (the carrier had known of them since the labels were bought) or "failed" (they wait for another manifest).
        pub state: String,
        /// Parcels on it.
        pub parcels: u32,
        /// The carrier's number for it, if it gives one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub number: Option<String>,
    }
}
