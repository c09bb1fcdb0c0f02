//! Cycle counts: what lies on shelves is held against the books, which are corrected.

use super::MoveStock;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::ports::{OutboxStore, StockLevel};
use crate::publish::envelope;
use contracts::{Envelope, Payload, stock};
use domain::ids::{EventId, LocationId, Sku};
use domain::order::Fault;
use domain::stock::count::Found;
use futures::stream::{self, StreamExt, TryStreamExt};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Shelves of one count: as many as are done within seconds.
pub const COUNT_LINES_MAX: usize = 500;
/// Shelves that are corrected at the same time.
const AT_ONCE: usize = 8;
/// Pieces on a shelf.
const PIECES_MAX: u32 = 1_000_000_000;

/// What lies on a shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedShelf {
    /// What.
    pub sku: Sku,
    /// Where.
    pub location: LocationId,
    /// Pieces.
    pub counted: u32,
}

/// What a shelf turned out to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// What was found.
    pub found: Found,
    /// The level now.
    pub level: StockLevel,
}

/// The use case.
#[derive(Clone)]
pub struct Count {
    /// Levels.
    pub stock: MoveStock,
    /// What is published.
    pub outbox: Arc<dyn OutboxStore>,
}

impl Count {
    /// Corrects the books by what was counted, each shelf once per reference, and says how good they were.
    ///
    /// # Errors
    /// `Invalid` without shelves, or with one twice; `Retryable`: counted again by the same reference, it goes on where it was.
    pub async fn run(&self, context: Context<'_>, reference: &EventId, shelves: &[CountedShelf]) -> Result<Vec<Counted>> {
        let faults = faults(shelves);
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        let (scope, now) = (context.scope, self.stock.clock.now());
        let counted: Vec<Counted> = stream::iter(shelves.to_vec())
            .map(|shelf| async move {
                let place = (shelf.sku.as_str(), shelf.location.as_str());
                let (found, level) = self.stock.stock.count(scope, place, shelf.counted, reference.as_str(), now).await?;
                let level = self.stock.graded(context, level).await?;
                Ok::<_, Error>(Counted { found, level })
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let sum = |of: fn(&Found) -> i64| counted.iter().map(|one| u64::try_from(of(&one.found)).unwrap_or(0)).sum();
        let lines = |many: usize| u32::try_from(many).unwrap_or(u32::MAX);
        let payload = Payload::StockCounted(stock::v1::Counted {
            reference: reference.to_string(),
            lines: lines(counted.len()),
            matched: lines(counted.iter().filter(|one| one.found.matched()).count()),
            found: sum(|found| found.counted - found.expected),
            lost: sum(|found| found.expected - found.counted),
            missing: sum(Found::missing),
        });
        let subject = format!("count:{reference}");
        let event = envelope(scope.tenant(), &subject, 1, 0, now, &context.by.correlation, payload);
        let event = Envelope { id: EventId::of_event(scope.tenant(), &named(reference, shelves), 1, 0), ..event };
        self.outbox.add(scope, &[event], now).await?;
        Ok(counted)
    }
}

/// The same shelves of the same count have the same name, however often they are sent; the other half of it, by the same reference, has another.
fn named(reference: &EventId, shelves: &[CountedShelf]) -> String {
    let mut places: Vec<String> = shelves.iter().map(|shelf| format!("{}\n{}", shelf.sku, shelf.location)).collect();
    places.sort_unstable();
    let hash = hex::encode(Sha256::digest(format!("{reference}\n{}", places.join("\n"))));
    format!("count:{}", &hash[..40])
}

fn faults(shelves: &[CountedShelf]) -> Vec<Fault> {
    if !(1..=COUNT_LINES_MAX).contains(&shelves.len()) {
        return vec![Fault::new("lines", "out_of_range", format!("1 to {COUNT_LINES_MAX} shelves"))];
    }
    let mut seen = BTreeSet::new();
    let mut faults = Vec::new();
    for (at, shelf) in shelves.iter().enumerate() {
        if !seen.insert((&shelf.sku, &shelf.location)) {
            faults.push(Fault::new(format!("lines[{at}]"), "duplicate", "each SKU once at a location: add up what lies there"));
        }
        if shelf.counted > PIECES_MAX {
            faults.push(Fault::new(format!("lines[{at}].counted"), "out_of_range", "0 to a billion pieces"));
        }
    }
    faults
}
