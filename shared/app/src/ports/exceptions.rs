//! What is wrong with a shop's orders, of all of them.

use super::{PageKey, PortResult};
use crate::scope::TenantScope;
use async_trait::async_trait;
use domain::ids::OrderId;
use domain::money::{Currency, Money};
use domain::order::{Exception, Label, Order};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An exception with what a board shows of its order, as it was when the exception last changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExceptionEntry {
    /// Of which order.
    pub order: OrderId,
    /// What is wrong.
    pub exception: Exception,
    /// What the order costs, in minor units.
    pub total_minor: i64,
    /// ISO 4217.
    pub currency: Currency,
    /// The word people see.
    pub label: Label,
    /// By whom it goes, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    /// Where it is packed, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

impl ExceptionEntry {
    /// An exception of an order.
    pub fn of(order: &Order, exception: &Exception) -> ExceptionEntry {
        let owed = order.owed();
        ExceptionEntry {
            order: order.id.clone(),
            exception: exception.clone(),
            total_minor: owed.minor,
            currency: owed.currency,
            label: order.label(),
            carrier: carrier(order),
            location: location(order),
        }
    }

    /// What the order costs.
    pub const fn total(&self) -> Money {
        Money { minor: self.total_minor, currency: self.currency }
    }

    /// Where it stands among all that are open: the highest standing first, of one standing the oldest. Sorts as text.
    pub fn place(&self) -> String {
        format!("{}{}#{}#{}", standing(self.exception.standing()), stamp(self.exception.opened_at), self.order, self.exception.id)
    }
}

/// How the places of one standing begin.
pub fn standing(standing: i32) -> String {
    format!("{:03}#", (999 - standing).clamp(0, 999))
}

/// A moment as text of one length, so that text sorts as time does.
fn stamp(at: Timestamp) -> String {
    format!("{at:.9}")
}

/// By whom an order goes, as far as that is known.
pub fn carrier(order: &Order) -> Option<String> {
    order.consignments.iter().rev().find_map(|parcel| {
        let bought = parcel.label().and_then(|label| label.quote.as_ref()).map(|quote| quote.carrier.as_str().to_owned());
        bought.or_else(|| parcel.carriage.as_ref().map(|carriage| carriage.carrier.to_ascii_lowercase()))
    })
}

/// Where an order is packed, as far as that is known.
pub fn location(order: &Order) -> Option<String> {
    order.consignments.iter().rev().map(|parcel| parcel.work.from.to_string()).next()
}

/// Which exceptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExceptionsOf {
    /// Open ones: the highest standing first ([`Exception::standing`]), of one standing the oldest.
    Open,
    /// Open ones of one standing, the oldest first.
    Standing(i32),
    /// Ended ones, the latest first.
    Ended,
}

/// Part of a list of exceptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionPage {
    /// The rows.
    pub exceptions: Vec<ExceptionEntry>,
    /// Where to go on; none at the end.
    pub next: Option<PageKey>,
}

/// The list of exceptions. Commits keep it: an exception is part of its order, and its row changes with it.
#[async_trait]
pub trait ExceptionStore: Send + Sync {
    /// Part of the list.
    async fn page(&self, scope: &TenantScope, which: ExceptionsOf, after: Option<&PageKey>, limit: usize) -> PortResult<ExceptionPage>;
}
