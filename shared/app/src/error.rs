//! One error type whose variants answer the caller's only question: what next?

use domain::order::{Fault, Rejection};
use domain::shipping::manifest::ManifestRefusal;
use domain::stock::purchase::PurchaseRefusal;

/// Why a use case did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input is wrong; every fault is listed. Correct it and send it again.
    #[error("{} fault(s) in the input", .0.len())]
    Invalid(Vec<Fault>),
    /// The rules say no. The reason says what would be possible.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The same, of a purchase order.
    #[error(transparent)]
    Purchase(#[from] PurchaseRefusal),
    /// The same, of a manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestRefusal),
    /// There is no such thing, or it is another tenant's: the two look the same.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// It changed meanwhile. Load it again and decide again.
    #[error("it was changed by somebody else; load it again")]
    Stale {
        /// The version it has now.
        current: u64,
    },
    /// An idempotency key was used before with another body.
    #[error("this idempotency key was used before for a different request")]
    KeyReused,
    /// A source has told something else under the same id.
    #[error("this source has told something else under this event_id; give what is new an id of its own")]
    EventDiffers,
    /// No credential, or none that holds.
    #[error("sign in, or send a valid API key")]
    Unauthenticated,
    /// A good credential that may not do this.
    #[error("this credential may not do that: it needs {needs}")]
    Forbidden {
        /// The missing scope or role.
        needs: &'static str,
    },
    /// Too often. Come back later.
    #[error("too many requests; try again in {retry_after_s} seconds")]
    TooMany {
        /// Seconds to wait.
        retry_after_s: u64,
    },
    /// A dependency did not answer well; the same call may work later.
    #[error("temporarily unavailable: {0}")]
    Retryable(String),
    /// Nothing but a person can help.
    #[error("{0}")]
    Fatal(String),
}

impl Error {
    /// May the very same call work later?
    pub fn is_retryable(&self) -> bool {
        matches!(self, Error::Retryable(_) | Error::TooMany { .. } | Error::Stale { .. })
    }
}

/// What use cases return.
pub type Result<T, E = Error> = std::result::Result<T, E>;
