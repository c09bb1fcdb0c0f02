//! Events of an order's money.

/// Version 1.
pub mod v1 {
    use crate::order::v1::Amount;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    /// There is news of something that was asked of a payment provider.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Settled {
        /// The order's number.
        pub order_id: String,
        /// The operation's number in the order's ledger, from 1.
        pub operation: u32,
        /// "authorize", "capture", "void" or "refund".
        pub kind: String,
        /// "stripe", "paypal", "razorpay", "payu" or "sim".
        pub provider: String,
        /// "unknown", "requires_action", "pending", "cancelled", "declined" or "ok".
        pub state: String,
        /// What was asked for, or what happened, by the provider's word.
        pub amount: Amount,
        /// Why it was declined, in the provider's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub code: Option<String>,
        /// Another try later may succeed.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        pub soft: bool,
        /// The clock has tried it again, after a decline that might pass.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        pub again: bool,
    }

    /// Money went back, or is contested, without our asking.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Returned {
        /// The order's number.
        pub order_id: String,
        /// By which provider's word.
        pub provider: String,
        /// "refund", "dispute", "dispute won" or "dispute lost".
        pub what: String,
        /// How much.
        pub amount: Amount,
    }

    /// An order came to nothing because nobody has paid it.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Failed {
        /// The order's number.
        pub order_id: String,
        /// "credit_card", "bank_transfer", ...
        pub method: String,
        /// What was to be paid.
        pub amount: Amount,
        /// How often it was tried.
        pub tries: u32,
        /// The last decline, in the provider's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub code: Option<String>,
    }
}
