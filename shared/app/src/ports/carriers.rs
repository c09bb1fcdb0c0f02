//! Carriers: what they take for a parcel, labels, and where parcels are.

use crate::signature::Headers;
use crate::tenant::Secret;
use async_trait::async_trait;
use domain::ids::{LabelReference, TrackingNumber};
use domain::money::{Currency, Money};
use domain::order::{Track, TrackingStatus};
use domain::shipping::rates::CarrierName;
use domain::shipping::{ParcelSize, PostalAddress, Quote, Service};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Largest label or manifest, in bytes: a 4 x 6 inch page takes 10 to 200 KB.
pub const DOCUMENT_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Scans of one parcel that are kept, the latest.
pub const SCANS_MAX: usize = 200;
/// Parcels on one manifest.
pub use domain::shipping::manifest::PARCELS_MAX as MANIFEST_PARCELS_MAX;
/// Parcels in one push.
pub const PUSHED_MAX: usize = 100;

/// Why a carrier did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CarrierError {
    /// Nothing was done, and the same call may work later.
    #[error("{0}")]
    Retryable(String),
    /// It may have been done: a label may have been bought. Only the carrier knows ([`Carrier::find_label`]).
    #[error("{0}")]
    Unknown(String),
    /// Nothing was done, and nothing will be until somebody changes something.
    #[error("{message} ({code})")]
    Rejected {
        /// The carrier's own code, or ours in lower case ("not_configured").
        code: String,
        /// What it says, without what names anybody.
        message: String,
    },
}

impl CarrierError {
    /// A refusal of our own.
    pub fn rejected(code: &str, message: impl Into<String>) -> CarrierError {
        CarrierError::Rejected { code: code.to_owned(), message: message.into() }
    }
}

/// What carriers return.
pub type CarrierResult<T> = Result<T, CarrierError>;

/// A shop's account with a carrier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CarrierAccount {
    /// FedEx: API key. UPS, USPS: client id. DHL: user of the MyDHL API.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// The number that is billed.
    pub number: String,
    /// What pushes are proved by: one, or two while it is changed. None: no push is believed.
    #[serde(default)]
    pub push_secrets: Vec<Secret>,
    /// USPS: who the mailer is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailer: Option<UspsMailer>,
    /// DHL: the key of its unified tracking, which is another account than that of its labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_key: Option<Secret>,
}

/// Who a mailer is to the USPS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UspsMailer {
    /// Customer registration id.
    pub crid: String,
    /// Mailer id, of labels.
    pub mid: String,
    /// Mailer id, of manifests.
    pub manifest_mid: String,
}

/// Who sends, or who gets it. It is told to the carrier and kept nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Party {
    /// Whom to hand it to.
    pub name: String,
    /// Whose house it is.
    pub company: Option<String>,
    /// Whom to call; FedEx, DHL and UPS want one.
    pub phone: Option<String>,
    /// Where.
    pub address: PostalAddress,
}

impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Party").field("address", &self.address).finish_non_exhaustive()
    }
}

/// A parcel that is to be carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consignment {
    /// From whom.
    pub from: Party,
    /// To whom.
    pub to: Party,
    /// Grams, with its packaging.
    pub weight_g: u32,
    /// The outside of it, if that is known.
    pub size: Option<ParcelSize>,
    /// The day it leaves.
    pub leaves: Date,
    /// Prices are wanted in it.
    pub currency: Currency,
}

/// A label that is to be bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// What we call it: the same for each attempt.
    pub reference: LabelReference,
    /// The parcel.
    pub consignment: Consignment,
    /// How fast.
    pub service: Service,
    /// The carrier's name for that, as it stands in a [`Quote`]; the usual one, if nothing is said.
    pub code: Option<String>,
    /// Whether it may have been bought before, by an attempt of which nobody knows what became. The carrier is asked first, so not
    /// before [`domain::order::fulfilling::labels::SETTLES_AFTER`].
    pub tried_before: bool,
}

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentFormat {
    /// Portable Document Format.
    Pdf,
    /// Portable Network Graphics.
    Png,
    /// Graphics Interchange Format.
    Gif,
    /// Zebra's printers.
    Zpl,
    /// Plain text.
    Text,
}

impl DocumentFormat {
    /// How its file is called, and what it is called on the wire.
    pub const fn on_file(self) -> (&'static str, &'static str) {
        match self {
            DocumentFormat::Pdf => ("pdf", "application/pdf"),
            DocumentFormat::Png => ("png", "image/png"),
            DocumentFormat::Gif => ("gif", "image/gif"),
            DocumentFormat::Zpl => ("zpl", "application/vnd.zebra-zpl"),
            DocumentFormat::Text => ("txt", "text/plain"),
        }
    }

    /// By its first bytes, whatever it is called; none if it is nothing that we print.
    pub fn of(bytes: &[u8]) -> Option<DocumentFormat> {
        let begins = |with: &[u8]| bytes.starts_with(with);
        if begins(b"%PDF-") {
            Some(DocumentFormat::Pdf)
        } else if begins(b"\x89PNG\r\n\x1a\n") {
            Some(DocumentFormat::Png)
        } else if begins(b"GIF87a") || begins(b"GIF89a") {
            Some(DocumentFormat::Gif)
        } else if begins(b"^XA") {
            Some(DocumentFormat::Zpl)
        } else {
            None
        }
    }
}

/// Something to print.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    /// What it is.
    pub format: DocumentFormat,
    /// At most [`DOCUMENT_BYTES_MAX`]. It names people: it is stored like them.
    pub bytes: Arc<Vec<u8>>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").field("format", &self.format).field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// A label that was bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoughtLabel {
    /// What we call it.
    pub reference: LabelReference,
    /// What the carrier calls the parcel.
    pub tracking_number: TrackingNumber,
    /// To be stuck onto it.
    pub document: Document,
    /// What it costs, if the carrier says so.
    pub price: Option<Money>,
    /// The day it should arrive, if the carrier says so.
    pub arrives: Option<Date>,
}

/// What a carrier knows of a label of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It was bought, and here it is.
    Label(Box<BoughtLabel>),
    /// It was bought, and cannot be printed again: void it and buy another under another reference.
    Number(TrackingNumber),
    /// It was not bought, as far as the carrier knows. What was bought a moment ago may not be known yet.
    Nothing,
    /// This carrier cannot be asked.
    CannotTell,
}

/// What became of voiding a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voided {
    /// It is void, or was.
    Void,
    /// The carrier will give the money back unless the parcel is seen.
    RefundAsked,
    /// Nothing is owed before the carrier has the parcel: not handing it over is all there is to do.
    NotNeeded,
}

/// What became of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manifested {
    /// The carrier knows what comes; here is what its driver signs.
    Made {
        /// The carrier's number for it, if it gives one.
        number: Option<String>,
        /// To print.
        document: Option<Document>,
    },
    /// This carrier has known since each label was bought.
    NotNeeded,
}

/// What a carrier has seen of a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// The carrier's own word.
    pub code: String,
    /// When, if it says so with its zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// What it says of it, at most 200 characters.
    pub text: String,
    /// Town and country; never a street.
    pub place: String,
}

/// Where a parcel is, as its carrier says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracked {
    /// Whose.
    pub carrier: CarrierName,
    /// Which.
    pub tracking_number: TrackingNumber,
    /// The carrier's own word for where it stands, as its vocabulary reads it ([`CarrierName::vocabulary`]). None: it says nothing
    /// new of where it stands.
    pub code: Option<String>,
    /// When that was.
    pub at: Option<Timestamp>,
    /// The day it should arrive.
    pub expected: Option<Date>,
    /// The latest first, at most [`SCANS_MAX`].
    pub scans: Vec<Scan>,
}

impl Tracked {
    /// Where it stands in our words; none if the carrier used a word that we do not know: it is kept, and told to somebody.
    pub fn status(&self) -> Option<TrackingStatus> {
        let reading = self.carrier.vocabulary().read(self.code.as_deref()?)?;
        // A carrier that says nothing of the parcel has said nothing.
        Some(reading.claim.tracking.unwrap_or(TrackingStatus::Unknown))
    }

    /// Whether nothing more is to be expected.
    pub fn has_ended(&self) -> bool {
        self.status().is_some_and(|status| status.next().is_empty())
    }
}

/// Why a push is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// Nothing proves that it is the carrier's.
    #[error("this is not from the carrier")]
    NotTheirs,
    /// It is, and cannot be read: its sender is told, and so are those who watch the logs.
    #[error("{0}")]
    Unreadable(String),
}

/// A carrier.
///
/// No carrier promises that a label is bought once, so we do not rely on it: a [`CarrierError::Unknown`] is followed by a
/// [`Purchase`] that was `tried_before`, or by [`Carrier::find_label`].
#[async_trait]
pub trait Carrier: Send + Sync {
    /// Which.
    fn name(&self) -> CarrierName;
    /// What it takes for a parcel, by all of its services.
    async fn rates(&self, account: &CarrierAccount, parcel: &Consignment) -> CarrierResult<Vec<Quote>>;
    /// Buys a label. If it was tried before and the carrier knows of it, that one.
    async fn buy_label(&self, account: &CarrierAccount, purchase: &Purchase) -> CarrierResult<BoughtLabel>;
    /// What it knows of a label of ours that would have left on a day.
    async fn find_label(&self, account: &CarrierAccount, reference: &LabelReference, leaves: Date) -> CarrierResult<Found>;
    /// Gives a label back. One that is void already is void.
    async fn void_label(&self, account: &CarrierAccount, tracking_number: &TrackingNumber) -> CarrierResult<Voided>;
    /// Tells it what it collects today, at most [`MANIFEST_PARCELS_MAX`] of those of which it wants to be told
    /// ([`domain::shipping::manifest::is_wanted`]). None of them makes a manifest once however often it is asked.
    async fn manifest(&self, account: &CarrierAccount, from: &Party, day: Date, parcels: &[TrackingNumber]) -> CarrierResult<Manifested>;
    /// Where a parcel is.
    async fn track(&self, account: &CarrierAccount, tracking_number: &TrackingNumber) -> CarrierResult<Tracked>;
    /// Reads what it tells us by itself, once it is proved to be the carrier's: the raw bytes, before anything of them is read. At
    /// most [`PUSHED_MAX`].
    fn read_push(&self, account: &CarrierAccount, headers: &Headers, body: &[u8]) -> Result<Vec<Tracked>, PushError>;
}

/// All carriers that we speak with.
pub trait Carriers: Send + Sync {
    /// One of them.
    fn of(&self, name: CarrierName) -> Arc<dyn Carrier>;
}
