//! A shop's own sheet as the source of its orders: read every few minutes, never written. What changed in it since
//! the last time becomes news of the orders, so that a status typed into a cell tells the customer.

use super::SheetStatus;
use super::intake::Memory;
use crate::context::{Context, Provenance};
use crate::each::ask_each;
use crate::error::{Error, Result};
use crate::json;
use crate::place::Place;
use crate::ports::{
    Claim, Clock, OnceKey, OnceStore, OutboxStore, Queue, ReportStore, SheetError, SheetSettings, SheetSource, TenantStore,
};
use crate::scope::TenantScope;
use crate::tenant::TenantConfig;
use crate::trouble::{Job, Trouble};
use contracts::queue::SheetAsked;
use domain::ids::{CorrelationId, SourceId, TenantId};
use domain::money::Currency;
use domain::order::Actor;
use domain::sheet::{Reading, Sheet, read};
use jiff::SignedDuration;
use std::sync::Arc;

/// A run is presumed dead after this. Longer than the function may run.
const LEASE: SignedDuration = SignedDuration::from_mins(6);
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
    /// Has the sheets of all tenants read that have one switched on, each by a run of its own: no shop waits for
    /// another's.
    ///
    /// # Errors
    /// `Retryable`: the next tick asks for all again, and reading a sheet twice changes nothing.
    pub async fn all(&self, queue: &dyn Queue, correlation: &CorrelationId) -> Result<Vec<TenantId>> {
        let wanted = async |tenant: &TenantId, config: &TenantConfig| {
            let sheet = config.sheet.as_ref().filter(|sheet| sheet.enabled);
            Ok(sheet.map(|_| SheetAsked::sheet(tenant, true, correlation)).into_iter().collect())
        };
        ask_each((&*self.tenants, queue), wanted).await
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
        json::send(queue, &SheetAsked::sheet(scope.tenant(), false, correlation)).await
    }

    /// How a tenant's sheet stands.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn status(files: &dyn ReportStore, scope: &TenantScope) -> Result<SheetStatus> {
        Ok(Memory::load(files, scope, MEMORY).await?.status)
    }

    async fn run(
        &self,
        scope: &TenantScope,
        config: &TenantConfig,
        sheet: &SheetSettings,
        correlation: &CorrelationId,
    ) -> Result<SheetStatus> {
        let mut memory = Memory::load(&*self.files, scope, MEMORY).await?;
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
                memory.save(&*self.files, scope, MEMORY).await?;
                return Ok(memory.status);
            }
            Err(SheetError::Refused(why)) => memory.status.error = Some(why),
        }
        memory.status.at = Some(self.clock.now());
        self.tell(scope, &mut memory.status, before, correlation).await?;
        memory.save(&*self.files, scope, MEMORY).await?;
        Ok(memory.status)
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

    async fn take_in(
        &self,
        scope: &TenantScope,
        config: &TenantConfig,
        found: Sheet,
        memory: &mut Memory,
        correlation: &CorrelationId,
    ) -> Result<()> {
        let source = SourceId::parse(CHANNEL).map_err(|why| Error::Fatal(why.to_string()))?;
        let by = Provenance { actor: Actor::Source { source: source.clone() }, correlation: correlation.clone() };
        memory.take_in(&self.place, &*self.clock, Context { scope, config, by: &by }, &source, found).await;
        Ok(())
    }
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
