//! What the use cases need from the world. One trait per thing; no default methods, so that a missing
//! ability does not compile. Every store call takes a [`crate::TenantScope`].

mod access;
mod adviser;
mod carriers;
mod decisions;
mod exceptions;
mod figures;
mod inbox;
mod language;
mod manifests;
mod messages;
mod once;
mod orders;
mod outbox;
mod payments;
mod reviews;
mod saleor;
mod sheets;
mod stock;
mod timers;
mod webhooks;

pub use access::*;
pub use adviser::*;
pub use carriers::*;
pub use decisions::*;
pub use exceptions::*;
pub use figures::*;
pub use inbox::*;
pub use language::*;
pub use manifests::*;
pub use messages::*;
pub use once::*;
pub use orders::*;
pub use outbox::*;
pub use payments::*;
pub use reviews::*;
pub use saleor::*;
pub use sheets::*;
pub use stock::*;
pub use timers::*;
pub use webhooks::*;

use jiff::Timestamp;

/// A dependency's answer when it did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// Throttled, timed out, unreachable: the same call may work later.
    #[error("{0}")]
    Retryable(String),
    /// Refused for good: a bug, a missing right, a bad address.
    #[error("{0}")]
    Fatal(String),
}

impl From<PortError> for crate::Error {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Retryable(why) => crate::Error::Retryable(why),
            PortError::Fatal(why) => crate::Error::Fatal(why),
        }
    }
}

/// What ports return.
pub type PortResult<T> = Result<T, PortError>;

/// The time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Fresh names and secrets.
pub trait Random: Send + Sync {
    /// 64 random bits from a cryptographic source.
    fn u64(&self) -> u64;
    /// 32 random bytes from a cryptographic source.
    fn secret(&self) -> [u8; 32];
}
