//! Taking in what a table holds, as far as it is news and time allows; and how that stands, for people to see.

use crate::context::Context;
use crate::error::{Error, Result};
use crate::json;
use crate::place::{Imported, Place};
use crate::ports::{Clock, ReportStore};
use crate::scope::TenantScope;
use crate::trouble::Trouble;
use domain::ids::SourceId;
use domain::order::{Fault, Vocabulary};
use domain::sheet::{BadRow, Sheet, SheetOrder};
use futures::stream::{self, StreamExt};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};

/// After this no new row is begun; the next run goes on.
const WORKING_TIME: SignedDuration = SignedDuration::from_secs(200);
/// Rows at once.
const AT_ONCE: usize = 16;
/// Bad rows that are kept for people to see; all are counted.
const SHOWN_MAX: usize = 100;

/// A row that is not taken in, as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedLine {
    /// Its line in the sheet.
    pub line: u64,
    /// Its order, if it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Everything wrong with it.
    pub errors: Vec<Fault>,
}

/// How a sheet stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SheetStatus {
    /// When it was last read, or tried to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Orders in it.
    pub orders: usize,
    /// New orders of the last run.
    pub placed: usize,
    /// Known orders with news in the last run.
    pub updated: usize,
    /// Rows that the next run will look at, because the last one had no more time.
    pub waiting: usize,
    /// Rows that are not taken in; at most a hundred.
    pub refused: Vec<RefusedLine>,
    /// How many there are.
    pub refused_total: usize,
    /// Columns that are not read.
    pub unknown_columns: Vec<String>,
    /// Why it could not be read at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Since when somebody has to act, and of what they were told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

/// What is remembered of a table: how it stands, and a hash of what each order's rows said.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Memory {
    pub status: SheetStatus,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    rows: BTreeMap<String, u64>,
}

impl Memory {
    /// An unreadable memory is an empty one: every row is looked at again, and nothing happens twice.
    pub async fn load(files: &dyn ReportStore, scope: &TenantScope, key: &str) -> Result<Memory> {
        Ok(json::recall(files, scope, key).await?.unwrap_or_default())
    }

    pub async fn save(&self, files: &dyn ReportStore, scope: &TenantScope, key: &str) -> Result<()> {
        json::remember(files, scope, key, self).await
    }

    /// Looks at the table without taking anything in.
    pub fn look(&mut self, found: Sheet, source: &SourceId, now: Timestamp) {
        let mut refused: Vec<RefusedLine> = found.bad.into_iter().map(|bad| RefusedLine::of(bad, source, now)).collect();
        for order in &found.orders {
            let errors = order.faults(Vocabulary::Sheet, source, now);
            if !errors.is_empty() {
                refused.push(RefusedLine { line: order.line, number: Some(order.number().to_owned()), errors });
            }
        }
        self.status = SheetStatus { orders: found.orders.len(), unknown_columns: found.unknown_columns, ..SheetStatus::default() };
        self.status.refuse(refused);
    }

    /// Takes in what is new in the table since the last time.
    pub async fn take_in(&mut self, place: &Place, clock: &dyn Clock, context: Context<'_>, source: &SourceId, found: Sheet) {
        let total = found.orders.len();
        let present: HashSet<String> = found.orders.iter().map(|order| order.number().to_owned()).collect();
        self.rows.retain(|number, _| present.contains(number));
        let hashed = found.orders.into_iter().map(|order| (hash(&order), order));
        let changed: Vec<(u64, SheetOrder)> = hashed.filter(|(hash, order)| self.rows.get(order.number()) != Some(hash)).collect();
        let until = clock.now() + WORKING_TIME;
        let changes = changed.len();
        let outcomes: Vec<(u64, SheetOrder, Option<Result<Imported>>)> = stream::iter(changed)
            .map(|(hash, order)| async move {
                if clock.now() >= until {
                    return (hash, order, None);
                }
                let word = order.status.clone().unwrap_or_else(|| "Received".to_owned());
                let outcome = place.import(context, &order.draft, &word, Vocabulary::Sheet, source).await;
                (hash, order, Some(outcome))
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let mut refused: Vec<RefusedLine> = found.bad.into_iter().map(|bad| RefusedLine::of(bad, source, clock.now())).collect();
        let mut status = SheetStatus { orders: total, waiting: changes, unknown_columns: found.unknown_columns, ..SheetStatus::default() };
        for (hash, order, outcome) in outcomes {
            let number = order.number().to_owned();
            let errors = match outcome {
                None => continue,
                Some(Ok(imported)) => {
                    status.placed += usize::from(imported == Imported::Placed);
                    status.updated += usize::from(imported == Imported::Updated);
                    self.rows.insert(number, hash);
                    status.waiting -= 1;
                    continue;
                }
                Some(Err(Error::Invalid(errors))) => errors,
                Some(Err(Error::Rejected(why))) => vec![Fault::new("status", "refused", why.to_string())],
                // Ours to mend; the row is looked at again next time.
                Some(Err(other)) => {
                    tracing::warn!(trace_id = %context.by.correlation, error = %other, "row not taken in");
                    continue;
                }
            };
            // Its hash is not kept, so it is looked at, and listed, until somebody mends it.
            status.waiting -= 1;
            refused.push(RefusedLine { line: order.line, number: Some(number), errors });
        }
        status.refuse(refused);
        self.status = status;
    }
}

impl RefusedLine {
    fn of(bad: BadRow, source: &SourceId, now: Timestamp) -> RefusedLine {
        RefusedLine { line: bad.line, number: bad.number.clone(), errors: bad.all_faults(Vocabulary::Sheet, source, now) }
    }
}

impl SheetStatus {
    fn refuse(&mut self, mut refused: Vec<RefusedLine>) {
        refused.sort_by_key(|row| row.line);
        self.refused_total = refused.len();
        refused.truncate(SHOWN_MAX);
        self.refused = refused;
    }
}

/// What an order's rows say. Stable for ever: it is kept.
fn hash(order: &SheetOrder) -> u64 {
    let digest = Sha256::digest(format!("{:?} {:?}", order.status, order.draft));
    u64::from_be_bytes(std::array::from_fn(|at| digest[at]))
}
