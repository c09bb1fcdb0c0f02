//! Money that an order is paid with: who takes it, what was promised, taken and given back.
//!
//! The [`Ledger`] of an order is the list of what was asked of payment providers, each operation with what became
//! of it. An operation is written down before the provider is asked, and counts from then on as if it had succeeded:
//! whoever comes at the same time finds less left. What providers answer, and what they report by webhook, settles it;
//! the same news twice, late or out of order leads to the same ledger.

pub mod choice;
pub mod decline;
mod key;
mod ledger;
mod method;
mod operation;
pub mod pan;
mod provider;
pub mod refund;

pub use choice::{Choice, Considered, Health, Offer, Purchase, Verdict, choose};
pub use decline::is_soft;
pub use key::{BadKey, PaymentKey};
pub use ledger::{
    AUTHORIZATION_LIFETIME, AUTHORIZATION_TIMEOUT, Discrepancy, Ledger, LedgerRejection, RETRIES_MAX, RETRY_AFTER, Retry, SettleRejection,
    Wish,
};
pub use method::PaymentMethod;
pub use operation::{By, DisputeState, Kind, Operation, Outcome, Outside, OutsideKind, Release, Released, Settled, State};
pub use provider::{Captures, Provider};
pub use refund::may_refund;
