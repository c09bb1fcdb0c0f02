//! A shop's own sheet as the source of its orders: read every few minutes, never written. What changed in it since
//! the last time becomes news of the orders, so that a status typed into a cell tells the customer.

use crate::context::{Context, Provenance};
use crate::error::{Error, Result};
use crate::place::{Imported, Place};
use crate::ports::{
    Claim, Clock, OnceKey, OnceStore, OutboxStore, Queue, ReportStore, SheetError, SheetSettings, SheetSource, TenantStore,
};
use crate::scope::TenantScope;
use crate::tenant::TenantConfig;
use crate::trouble::{Job, Trouble};
use contracts::queue::SheetAsked;
use domain::ids::{CorrelationId, SourceId, TenantId};
use domain::money::Currency;
use domain::order::{Actor, Fault, Vocabulary};
use domain::sheet::{Reading, SheetOrder, read};
use futures::stream::{self, StreamExt};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A run is presumed dead after this. Longer than the function may run.
const LEASE: SignedDuration = SignedDuration::from_mins(6);
/// After this no new row is begun; the next run goes on.
const WORKING_TIME: SignedDuration = SignedDuration::from_secs(200);
/// Rows at once.
const AT_ONCE: usize = 16;
/// Bad rows that are kept for people to see; all are counted.
const SHOWN_MAX: usize = 100;
/// Where the memory of a sheet is kept.
const MEMORY: &str = "sheet/memory.json";
/// As alerts name it.
const JOB: Job<'_> = Job { name: "sheet import", subject: "job:sheet" };
/// Where its orders come from.
const CHANNEL: &str = "sheet";

/// The use case.
#[derive(Clone)]
pub struct SyncSheet {
    /// Sheets.
    pub source: Arc<dyn SheetSource>,
    /// Takes rows in.
    pub place: Place,
    /// Remembers what each row said.
    pub files: Arc<dyn ReportStore>,
    /// One run at a time.
    pub once: Arc<dyn OnceStore>,
    /// What is published.
    pub outbox: Arc<dyn OutboxStore>,
    /// Which sheets.
    pub tenants: Arc<dyn TenantStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

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

/// What is remembered of a sheet: how it stands, and a hash of what each order's rows said.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    status: SheetStatus,
    rows: BTreeMap<String, u64>,
}

/// What a run did for one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Synced {
    /// It has no sheet, or none that is switched on.
    None,
    /// Another run is at it.
    Busy,
    /// It was read, or could not be: see the status.
    Ran(SheetStatus),
}

impl SyncSheet {
    /// Reads the sheets of all tenants that have one switched on. What goes wrong with one is its own affair.
    ///
    /// # Errors
    /// `Retryable` if the tenants can't be listed.
    pub async fn all(&self, correlation: &CorrelationId) -> Result<Vec<(TenantId, Result<Synced>)>> {
        let mut done = Vec::new();
        for tenant in self.tenants.all().await? {
            let synced = self.one(&tenant, false, correlation).await;
            done.push((tenant, synced));
        }
        Ok(done)
    }

    /// Reads one tenant's sheet; on demand also if it is switched off.
    ///
    /// # Errors
    /// `Retryable` if our own stores fail. A sheet that can't be read is no error but a status.
    pub async fn one(&self, tenant: &TenantId, on_demand: bool, correlation: &CorrelationId) -> Result<Synced> {
        let Some(config) = self.tenants.config(tenant).await? else { return Ok(Synced::None) };
        let Some(sheet) = config.sheet.as_ref().filter(|sheet| sheet.enabled || on_demand) else { return Ok(Synced::None) };
        let scope = TenantScope::of_own_message(tenant);
        let key = OnceKey::new("sheet", "sync", "");
        let Claim::Mine { fence } = self.once.claim(&scope, &key, "", self.clock.now(), LEASE).await? else { return Ok(Synced::Busy) };
        let ran = self.run(&scope, &config, sheet, correlation).await;
        self.once.release(&scope, &key, fence).await?;
        Ok(Synced::Ran(ran?))
    }

    /// Has a tenant's sheet read now, behind a queue.
    ///
    /// # Errors
    /// `NotFound` if none is set up, `Retryable`.
    pub async fn ask(queue: &dyn Queue, scope: &TenantScope, config: &TenantConfig, correlation: &CorrelationId) -> Result<()> {
        config.sheet.as_ref().ok_or(Error::NotFound("sheet"))?;
        let message = SheetAsked { v: SheetAsked::VERSION, tenant: scope.tenant().clone(), correlation: correlation.clone() };
        let message = serde_json::to_string(&message).map_err(|why| Error::Fatal(why.to_string()))?;
        queue.send(&message).await?;
        Ok(())
    }

    /// How a tenant's sheet stands.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn status(files: &dyn ReportStore, scope: &TenantScope) -> Result<SheetStatus> {
        Ok(load(files, scope).await?.status)
    }

    async fn run(
        &self,
        scope: &TenantScope,
        config: &TenantConfig,
        sheet: &SheetSettings,
        correlation: &CorrelationId,
    ) -> Result<SheetStatus> {
        let mut memory = load(&*self.files, scope).await?;
        let before = memory.status.trouble.take();
        match self.source.read(sheet).await {
            Ok(table) => {
                let reading = Reading { currency: Currency::parse(&sheet.currency).unwrap_or(Currency::EUR), zone: config.zone() };
                match read(&table, &reading) {
                    Ok(found) => self.take_in(scope, config, found, &mut memory, correlation).await?,
                    Err(fault) => memory.status.error = Some(fault.to_string()),
                }
            }
            // Not the shop's fault and over in a moment: the next run sees.
            Err(SheetError::Retryable(why)) => {
                tracing::warn!(trace_id = %correlation, tenant = %scope.tenant(), %why, "sheet not read");
                memory.status.trouble = before.clone();
                memory.status.error = Some(why);
                memory.status.at = Some(self.clock.now());
                self.save(scope, &memory).await?;
                return Ok(memory.status);
            }
            Err(SheetError::Refused(why)) => memory.status.error = Some(why),
        }
        memory.status.at = Some(self.clock.now());
        self.tell(scope, &mut memory.status, before, correlation).await?;
        self.save(scope, &memory).await?;
        Ok(memory.status)
    }

    async fn take_in(
        &self,
        scope: &TenantScope,
        config: &TenantConfig,
        found: domain::sheet::Sheet,
        memory: &mut Memory,
        correlation: &CorrelationId,
    ) -> Result<()> {
        let source = SourceId::parse(CHANNEL).map_err(|why| Error::Fatal(why.to_string()))?;
        let by = Provenance { actor: Actor::Source { source: source.clone() }, correlation: correlation.clone() };
        let context = Context { scope, config, by: &by };
        let total = found.orders.len();
        let present: std::collections::HashSet<String> = found.orders.iter().map(|order| order.number().to_owned()).collect();
        memory.rows.retain(|number, _| present.contains(number));
        let hashed = found.orders.into_iter().map(|order| (hash(&order), order));
        let changed: Vec<(u64, SheetOrder)> = hashed.filter(|(hash, order)| memory.rows.get(order.number()) != Some(hash)).collect();
        let until = self.clock.now() + WORKING_TIME;
        let changes = changed.len();
        let outcomes: Vec<(u64, SheetOrder, Option<Result<Imported>>)> = stream::iter(changed)
            .map(|(hash, order)| {
                let source = &source;
                async move {
                    if self.clock.now() >= until {
                        return (hash, order, None);
                    }
                    let word = order.status.clone().unwrap_or_else(|| "Received".to_owned());
                    let outcome = self.place.import(context, &order.draft, &word, Vocabulary::Sheet, source).await;
                    (hash, order, Some(outcome))
                }
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let mut refused: Vec<RefusedLine> =
            found.bad.into_iter().map(|bad| RefusedLine { line: bad.line, number: bad.number, errors: bad.faults }).collect();
        let mut status = SheetStatus { orders: total, waiting: changes, unknown_columns: found.unknown_columns, ..SheetStatus::default() };
        for (hash, order, outcome) in outcomes {
            let number = order.number().to_owned();
            let errors = match outcome {
                None => continue,
                Some(Ok(imported)) => {
                    status.placed += usize::from(imported == Imported::Placed);
                    status.updated += usize::from(imported == Imported::Updated);
                    memory.rows.insert(number, hash);
                    status.waiting -= 1;
                    continue;
                }
                Some(Err(Error::Invalid(errors))) => errors,
                Some(Err(Error::Rejected(why))) => vec![Fault::new("status", "refused", why.to_string())],
                // Ours to mend; the row is looked at again next time.
                Some(Err(other)) => {
                    tracing::warn!(trace_id = %correlation, error = %other, "row not taken in");
                    continue;
                }
            };
            // Its hash is not kept, so it is looked at, and listed, until somebody mends it.
            status.waiting -= 1;
            refused.push(RefusedLine { line: order.line, number: Some(number), errors });
        }
        refused.sort_by_key(|row| row.line);
        status.refused_total = refused.len();
        refused.truncate(SHOWN_MAX);
        status.refused = refused;
        memory.status = status;
        Ok(())
    }

    /// Tells the team what they have to mend, once, and when it is mended.
    async fn tell(
        &self,
        scope: &TenantScope,
        status: &mut SheetStatus,
        before: Option<Trouble>,
        correlation: &CorrelationId,
    ) -> Result<()> {
        let reason = status.error.clone().or_else(|| (status.refused_total > 0).then(|| rows_to_correct(status)));
        status.trouble = JOB.tell((scope, &*self.outbox), before, reason, self.clock.now(), correlation).await?;
        Ok(())
    }

    async fn save(&self, scope: &TenantScope, memory: &Memory) -> Result<()> {
        let bytes = serde_json::to_vec(memory).map_err(|why| Error::Fatal(why.to_string()))?;
        self.files.put(scope, MEMORY, bytes, "application/json").await?;
        Ok(())
    }
}

/// An unreadable memory is an empty one: every row is looked at again, and nothing happens twice.
async fn load(files: &dyn ReportStore, scope: &TenantScope) -> Result<Memory> {
    let bytes = files.get(scope, MEMORY).await?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
}

/// What an order's rows say. Stable for ever: it is kept.
fn hash(order: &SheetOrder) -> u64 {
    let digest = Sha256::digest(format!("{:?} {:?}", order.status, order.draft));
    u64::from_be_bytes(std::array::from_fn(|at| digest[at]))
}

fn rows_to_correct(status: &SheetStatus) -> String {
    let shown: Vec<String> = status
        .refused
        .iter()
        .take(3)
        .map(|row| {
            let faults: Vec<String> = row.errors.iter().take(3).map(|fault| format!("{} {}", fault.field, fault.message)).collect();
            format!("line {}: {}", row.line, faults.join(", "))
        })
        .collect();
    let rows = if status.refused_total == 1 { "1 row".to_owned() } else { format!("{} rows", status.refused_total) };
    format!("{rows} to correct: {}", shown.join("; "))
}
