//! Messages on our own queues. Each names its version, so that a function that is deployed first can say
//! what it does not understand yet instead of guessing.

use domain::ids::{CorrelationId, EventId, TenantId, WebhookEndpointId};
use domain::order::Actor;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Why a queue message could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMessage {
    /// Not JSON, or not this message.
    #[error("not a message of ours: {0}")]
    Unreadable(String),
    /// From a later release.
    #[error("message version {0} is newer than this function; deploy the function first")]
    TooNew(u64),
}

/// Something waits in the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookReceived {
    /// Message version.
    pub v: u64,
    /// Whose.
    pub tenant: TenantId,
    /// Which endpoint it came in by.
    pub endpoint: String,
    /// Its id in the inbox.
    pub inbox_id: String,
    /// Ties it to the request.
    pub correlation: CorrelationId,
}

impl HookReceived {
    /// The version this release writes and reads.
    pub const VERSION: u64 = 1;

    /// Of what is stored in the inbox of a tenant.
    pub fn stored(tenant: &TenantId, endpoint: &str, inbox_id: &str, correlation: &CorrelationId) -> HookReceived {
        let (tenant, correlation) = (tenant.clone(), correlation.clone());
        HookReceived { v: Self::VERSION, tenant, endpoint: endpoint.to_owned(), inbox_id: inbox_id.to_owned(), correlation }
    }

    /// Reads a message body.
    ///
    /// # Errors
    /// See [`BadMessage`].
    pub fn read(body: &str) -> Result<HookReceived, BadMessage> {
        read(body, Self::VERSION)
    }
}

/// What is done to each order of a bulk job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkAction {
    /// The rules may move it on.
    Progress,
    /// It is complete, whatever lies in between.
    Fulfill,
    /// It is called off.
    Cancel,
}

/// One order's step of a bulk job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepAsked {
    /// Message version.
    pub v: u64,
    /// Whose.
    pub tenant: TenantId,
    /// Of which job.
    pub job: String,
    /// Of which of the jobs of this name: one is forgotten after a week.
    pub nonce: String,
    /// The number as it was given.
    pub order: String,
    /// What is to be done.
    pub action: BulkAction,
    /// Whether the customer is told.
    pub notify: bool,
    /// Who wants it.
    pub actor: Actor,
    /// Ties it to the request.
    pub correlation: CorrelationId,
}

impl StepAsked {
    /// The version this release writes and reads. The first is 2: a release that knows only webhooks on this queue leaves it
    /// there instead of parking it.
    pub const VERSION: u64 = 2;

    /// Reads a message body.
    ///
    /// # Errors
    /// See [`BadMessage`].
    pub fn read(body: &str) -> Result<StepAsked, BadMessage> {
        read(body, Self::VERSION)
    }

    /// Whether a body is meant to be one: webhooks wait on the same queue. Inside a text of theirs the quotes are escaped.
    pub fn is_meant(body: &str) -> bool {
        body.contains("\"job\":")
    }
}

/// How an uploaded file is to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileOptions {
    /// Only look, and list what is wrong.
    pub dry_run: bool,
    /// Currency of rows that have none, ISO 4217.
    pub currency: String,
    /// Of a workbook; the first, if nothing is said.
    pub worksheet: Option<String>,
}

/// An uploaded file to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileAsked {
    /// Which.
    pub id: String,
    /// How.
    pub options: FileOptions,
}

/// A shop wants its sheet, its Saleor, or a file that it uploaded, to be read now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetAsked {
    /// Message version.
    pub v: u64,
    /// Whose.
    pub tenant: TenantId,
    /// This file instead of the sheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileAsked>,
    /// Saleor instead of the sheet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub saleor: bool,
    /// Nobody waits for it: the schedule asks, and will again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub scheduled: bool,
    /// Ties it to the request.
    pub correlation: CorrelationId,
}

impl SheetAsked {
    /// The version this release writes and reads.
    pub const VERSION: u64 = 1;

    /// The sheet is to be read.
    pub fn sheet(tenant: &TenantId, scheduled: bool, correlation: &CorrelationId) -> SheetAsked {
        SheetAsked { v: Self::VERSION, tenant: tenant.clone(), file: None, saleor: false, scheduled, correlation: correlation.clone() }
    }

    /// Its Saleor is to be compared.
    pub fn saleor(tenant: &TenantId, scheduled: bool, correlation: &CorrelationId) -> SheetAsked {
        SheetAsked { saleor: true, ..SheetAsked::sheet(tenant, scheduled, correlation) }
    }

    /// Reads a message body.
    ///
    /// # Errors
    /// See [`BadMessage`].
    pub fn read(body: &str) -> Result<SheetAsked, BadMessage> {
        read(body, Self::VERSION)
    }
}

/// A shop's open orders are to be looked at: the schedule asks, or a run that had no more time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchAsked {
    /// Message version.
    pub v: u64,
    /// Whose.
    pub tenant: TenantId,
    /// Ties it to the tick.
    pub correlation: CorrelationId,
}

impl WatchAsked {
    /// The version this release writes and reads.
    pub const VERSION: u64 = 1;

    /// Reads a message body.
    ///
    /// # Errors
    /// See [`BadMessage`].
    pub fn read(body: &str) -> Result<WatchAsked, BadMessage> {
        read(body, Self::VERSION)
    }
}

/// A shop wants a report to be made now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportAsked {
    /// Message version.
    pub v: u64,
    /// Whose.
    pub tenant: TenantId,
    /// Of which day; of today if none is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<Date>,
    /// What is to be made.
    #[serde(default, skip_serializing_if = "Wished::is_report")]
    pub what: Wished,
    /// Nobody waits for it: the schedule asks, and will again until it is done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub scheduled: bool,
    /// Ties it to the request.
    pub correlation: CorrelationId,
}

/// What a shop can have made now that is made every day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wished {
    /// A day's report.
    #[default]
    Report,
    /// A day's export.
    Export,
    /// A look at prices.
    Prices,
}

impl Wished {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
    fn is_report(&self) -> bool {
        *self == Wished::Report
    }
}

impl ReportAsked {
    /// The version this release writes and reads.
    pub const VERSION: u64 = 1;

    /// Reads a message body.
    ///
    /// # Errors
    /// See [`BadMessage`].
    pub fn read(body: &str) -> Result<ReportAsked, BadMessage> {
        read(body, Self::VERSION)
    }
}

/// Which deliveries of a time are sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replayed {
    /// Those that were not taken.
    Undelivered,
    /// All of them.
    All,
}

/// What is to be done with deliveries to a webhook endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "webhook")]
pub enum WebhookWork {
    /// One is tried.
    Try {
        /// When what it tells of happened.
        at: Timestamp,
        /// Its id.
        id: EventId,
        /// How often it had been begun when it was asked for, and tried since; if that has changed, it was tried meanwhile.
        round: u32,
        /// See `round`.
        tried: u32,
    },
    /// Those of a time are sent again, both ends included.
    Replay {
        /// The first.
        from: Timestamp,
        /// The last.
        to: Timestamp,
        /// Which of them.
        which: Replayed,
        /// How often somebody has asked for a replay to this endpoint; if that has grown, another one has taken its place.
        run: u32,
        /// Those up to this one are done.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<(Timestamp, EventId)>,
    },
}

/// Something is to be done for a webhook endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookAsked {
    /// Message version.
    pub v: u64,
    /// Whose.
    pub tenant: TenantId,
    /// Which endpoint.
    pub endpoint: WebhookEndpointId,
    /// What.
    #[serde(flatten)]
    pub work: WebhookWork,
    /// Ties it to what caused it.
    pub correlation: CorrelationId,
}

impl WebhookAsked {
    /// The version this release writes and reads.
    pub const VERSION: u64 = 1;

    /// Reads a message body.
    ///
    /// # Errors
    /// See [`BadMessage`].
    pub fn read(body: &str) -> Result<WebhookAsked, BadMessage> {
        read(body, Self::VERSION)
    }

    /// Whether a body is meant to be one: events wait on the same queue, and none of them has this at its head.
    pub fn is_meant(body: &str) -> bool {
        body.starts_with("{\"v\":")
    }
}

fn read<M: DeserializeOwned>(body: &str, known: u64) -> Result<M, BadMessage> {
    #[derive(Deserialize)]
    struct Versioned {
        v: u64,
    }
    let unreadable = |why: serde_json::Error| BadMessage::Unreadable(why.to_string());
    let versioned: Versioned = serde_json::from_str(body).map_err(unreadable)?;
    if versioned.v > known {
        return Err(BadMessage::TooNew(versioned.v));
    }
    serde_json::from_str(body).map_err(unreadable)
}
