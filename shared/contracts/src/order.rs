//! Events of an order. No personal data: ids, amounts and facts only.

/// Version 1.
pub mod v1 {
    use jiff::{Timestamp, civil::Date};
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use std::collections::BTreeMap;

    /// An amount on the wire.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Amount {
        /// Decimal string in major units, as many decimals as the currency has: "59.98".
        pub amount: String,
        /// ISO 4217.
        pub currency: String,
        /// The same in minor units, for sums.
        pub minor: i64,
    }

    /// An order was placed.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Placed {
        /// The order's number.
        pub order_id: String,
        /// Where it came from.
        pub channel: String,
        /// Status at birth.
        pub status: String,
        /// The word people see.
        pub label: String,
        /// What is to be paid.
        pub total: Amount,
        /// Number of positions.
        pub line_count: usize,
        /// Pieces.
        pub unit_count: u64,
        /// ISO 3166-1 alpha-2.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub country: Option<String>,
        /// When the customer placed it.
        pub placed_at: Timestamp,
        /// The day it fell on in the shop's time zone.
        pub placed_on: Date,
        /// The promised day.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub eta: Option<Date>,
    }

    /// The order track moved.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct StatusChanged {
        /// The order's number.
        pub order_id: String,
        /// From.
        pub from: String,
        /// To.
        pub to: String,
        /// Implied steps in between.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub via: Vec<String>,
        /// "asked", "fact", "rule", "corrected", "undone" or "reconciled".
        pub cause: String,
        /// No person was involved.
        pub automated: bool,
        /// Seconds it had been in the status it left.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub after_s: Option<i64>,
        /// Milliseconds from being placed until its saga confirmed it, if it has now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub confirmed_after_ms: Option<i64>,
        /// How sure the rule was that moved it, in percent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub confidence: Option<u8>,
        /// How it came to its customer, if that is what it has done.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub journey: Option<Journey>,
    }

    /// How an order came to its customer.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Journey {
        /// Where to, ISO 3166-1 alpha-2.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub country: Option<String>,
        /// Who carried it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub carrier: Option<String>,
        /// Seconds from entering each stage ("pending", "processing", "shipped") to being handed over, as far as we saw it.
        pub took_s: BTreeMap<String, i64>,
        /// The longest time between two scans of one of its parcels, in seconds, if they were followed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub longest_gap_s: Option<i64>,
    }

    /// A person judged what a rule had decided.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct DecisionJudged {
        /// The order's number.
        pub order_id: String,
        /// Which of its decisions.
        pub decision: String,
        /// The status that the rule moved it from.
        pub from: String,
        /// When the rule did.
        pub decided_at: Timestamp,
        /// How sure it was, in percent.
        pub confidence: u8,
        /// "undone", "corrected", "disagreed" or "agreed".
        pub verdict: String,
        /// It overrules the decision, which nothing had before.
        pub overruled: bool,
    }

    /// The word people see changed.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct LabelChanged {
        /// The order's number.
        pub order_id: String,
        /// The word before; none for a new order.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub from: Option<String>,
        /// The word now.
        pub to: String,
        /// What the order costs, for figures per label.
        pub total: Amount,
        /// The promised day.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub eta: Option<Date>,
        /// Whether the customer is to be told.
        pub notify: bool,
    }

    /// A track moved.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct TrackChanged {
        /// The order's number.
        pub order_id: String,
        /// From.
        pub from: String,
        /// To.
        pub to: String,
    }

    /// The order is late, or no longer late.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct DelayChanged {
        /// The order's number.
        pub order_id: String,
        /// Late now?
        pub delayed: bool,
        /// Since when.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub since: Option<Timestamp>,
    }

    /// The promised day changed.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct EtaChanged {
        /// The order's number.
        pub order_id: String,
        /// From.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub from: Option<Date>,
        /// To.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub to: Option<Date>,
    }

    /// So many of a line.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct CancelledLine {
        /// The line's place in the order, from 0.
        pub line: usize,
        /// Unit.
        pub sku: String,
        /// How many.
        pub quantity: u32,
    }

    /// A part of the order is not sent any more; the rest of it goes on.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct LinesCancelled {
        /// The order's number.
        pub order_id: String,
        /// What of it.
        pub lines: Vec<CancelledLine>,
        /// What the order costs less for that.
        pub less: Amount,
        /// What it costs now.
        pub owed: Amount,
    }

    /// Somebody asked that the customer be told where the order stands. What they are told is how it stands
    /// when the message is written.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct NotifyRequested {
        /// The order's number.
        pub order_id: String,
        /// The word it had when they asked.
        pub label: String,
        /// What of: "status", "confirmation", "processing", "shipped", "delivered", "delay", "custom" or "follow_up".
        #[serde(default = "status")]
        pub kind: String,
        /// Nobody has asked for it: a message had to wait, and the shop's rules say whether it is sent.
        #[serde(default)]
        pub waited: bool,
        /// It was said before and did not arrive: the channels by which it is not to go again.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub not_by: Vec<String>,
        /// A rule wants it: in quiet hours it waits for the morning.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        pub by_rule: bool,
    }

    fn status() -> String {
        "status".to_owned()
    }

    /// A message has reached the customer: the first about this order.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct CustomerTold {
        /// The order's number.
        pub order_id: String,
        /// How: "email".
        pub channel: String,
    }

    /// The customer wrote back. What they wrote stands in the order's history only.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct CustomerReplied {
        /// The order's number.
        pub order_id: String,
        /// By which channel: "sms", "whatsapp" and so on.
        pub channel: String,
        /// For the first time about this order.
        pub first: bool,
    }

    /// A provider says what became of a message.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct MessageReceipt {
        /// The order's number.
        pub order_id: String,
        /// By which channel it went.
        pub channel: String,
        /// What it was about: "status", "shipped", "follow_up" and so on.
        pub kind: String,
        /// "delivered", "opened", "bounced".
        pub state: String,
    }

    /// The customer said how it was.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Rated {
        /// The order's number.
        pub order_id: String,
        /// 1 (bad) to 5 (very good).
        pub score: u8,
    }

    /// A person is to look at an order.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct AttentionRaised {
        /// Order number.
        pub order_id: String,
        /// Why; nothing that was raised before.
        pub reasons: Vec<AttentionReason>,
    }

    /// Why a person is to look.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct AttentionReason {
        /// "pending_too_long", "processing_too_long", "stale", "no_customer_contact", "overdue", "delayed", "sla_missed", "parcel_stuck", "delivery_failed", "failed".
        pub code: String,
        /// Since when it holds.
        pub since: Timestamp,
    }

    /// Clocks of the order started, stopped or ran out.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct SlaChanged {
        /// The order's number.
        pub order_id: String,
        /// Those that stand otherwise than before.
        pub clocks: Vec<SlaClock>,
    }

    /// How a clock stands.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct SlaClock {
        /// Which: "pick", "pack", "scan", "ship", "carrier", "delivery".
        pub sla: String,
        /// How it stood before, if it did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub from: Option<String>,
        /// How it stands: "running", "at_risk", "kept", "missed", "void" (the order came to nothing), "none" (there is no such clock after all).
        pub to: String,
        /// Since when it runs.
        pub started_at: Timestamp,
        /// The last moment that is in time.
        pub due_at: Timestamp,
        /// That day, in UTC.
        pub due_on: Date,
        /// The day it was due on before, if it stood otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub was_due_on: Option<Date>,
        /// When it was done, if it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub ended_at: Option<Timestamp>,
        /// What makes it take longer: "weekend", "holiday", "busy", "peak", "oversized", "hazmat", "fragile".
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub factors: Vec<String>,
    }

    /// Something is wrong with the order, or was done about that.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct ExceptionsChanged {
        /// The order's number.
        pub order_id: String,
        /// What stands otherwise than before.
        pub exceptions: Vec<ExceptionChange>,
        /// How bad the worst of what is wrong with the order was before: "low", "medium", "high", "critical".
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub worst_was: Option<String>,
        /// How bad the worst is now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub worst: Option<String>,
        /// What the order cost before, in minor units: what is counted for it so far.
        pub owed_was_minor: i64,
        /// What the order costs.
        pub owed: Amount,
        /// By whom it goes, if that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub carrier: Option<String>,
        /// Where it is packed, if that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub location: Option<String>,
    }

    /// How an exception stands.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct ExceptionChange {
        /// Its name among those of its order: "pick-delay-1".
        pub id: String,
        /// "PICK_DELAY", "PACK_DELAY", "SHIP_DELAY", "CARRIER_ISSUE", "MISSING_SCAN", "STOCK_MISMATCH", "INVENTORY_SHORTAGE", "ADDRESS_ERROR", "ADDRESS_INVALID", "DELIVERY_DELAY", "DAMAGED_PACKAGE", "CUSTOMER_UNAVAILABLE", "PAYMENT_FAILED", "SYSTEM_ERROR", "OTHER", "STALE_PENDING", "STALE_PROCESSING" or "NO_CUSTOMER_CONTACT".
        pub code: String,
        /// "low", "medium", "high" or "critical".
        pub severity: String,
        /// How it stood before, if it did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub from: Option<String>,
        /// "open", "acknowledged", "in_progress", "resolved" or "closed".
        pub to: String,
        /// What shows it, in words.
        pub why: String,
        /// Since when it is wrong.
        pub opened_at: Timestamp,
        /// By when it has to be resolved.
        pub due_at: Timestamp,
        /// How often it was shown.
        pub count: u32,
        /// How often it had been.
        pub count_was: u32,
        /// How it ended, if it has: "person", "by_itself", "overtaken" or "reviewed".
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub resolution: Option<String>,
        /// Seconds from its beginning until somebody had seen it, in the event that says so first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub responded_after_s: Option<i64>,
        /// Seconds from its beginning until it was resolved, in the event that says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub resolved_after_s: Option<i64>,
        /// Whether somebody had seen it in time, in the event that says so first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub seen_in_time: Option<bool>,
        /// Whether it was resolved in time, in the event that says so first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub in_time: Option<bool>,
        /// What its moment has come for in this event: "team", "customer", "escalate", "late", "close".
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub reached: Vec<String>,
        /// It is escalated.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        pub escalated: bool,
    }

    /// The customer's data was erased.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct ContactErased {
        /// The order's number.
        pub order_id: String,
    }
}
