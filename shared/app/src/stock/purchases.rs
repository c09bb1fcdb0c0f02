//! Orders with suppliers: made by a person or drafted by the shop's rule, approved by a person, received on the shelf.

use super::{MoveStock, demand};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::ports::{Clock, MetricStore, PurchasePage, PurchaseStore};
use crate::publish::envelope;
use crate::scope::TenantScope;
use contracts::{Envelope, Payload, stock};
use domain::ids::{LocationId, PurchaseId, Sku};
use domain::order::Fault;
use domain::stock::purchase::{PurchaseCommand, PurchaseLine, PurchaseOrder, PurchaseStatus, Supply};
use domain::stock::{Proposal, StockGrade};
use jiff::ToSpan;
use std::sync::Arc;

/// Whose drafts they are that nobody made.
pub const REORDER_RULE: &str = "auto-reorder";

/// Tries, if somebody else changes it meanwhile.
const TRIES: usize = 5;
/// Drafts of one location and day that are looked through for one that takes another line.
const DRAFTS_MAX: usize = 99;
/// Characters of a supplier's name.
const SUPPLIER_CHARS: usize = 120;

/// One that a person makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPurchase {
    /// The shop's number of it.
    pub id: PurchaseId,
    /// Where the goods are to come.
    pub location: LocationId,
    /// With whom.
    pub supplier: Option<String>,
    /// How much of what.
    pub lines: Vec<(Sku, u32)>,
}

/// The use case.
#[derive(Clone)]
pub struct Purchases {
    /// Purchase orders.
    pub store: Arc<dyn PurchaseStore>,
    /// Levels.
    pub stock: MoveStock,
    /// What was sold.
    pub metrics: Arc<dyn MetricStore>,
}

impl Purchases {
    /// Over these ports.
    pub fn new(store: Arc<dyn PurchaseStore>, stock: MoveStock, metrics: Arc<dyn MetricStore>) -> Purchases {
        Purchases { store, stock, metrics }
    }

    fn clock(&self) -> &dyn Clock {
        &*self.stock.clock
    }

    /// Makes a draft. The same one twice is made once.
    ///
    /// # Errors
    /// `Invalid` if there is another one of that number, or for its supplier; what its lines are refused for.
    pub async fn make(&self, context: Context<'_>, wanted: NewPurchase) -> Result<PurchaseOrder> {
        let NewPurchase { id, location, supplier, lines } = wanted;
        let printable = |text: &String| (1..=SUPPLIER_CHARS).contains(&text.trim().chars().count()) && !text.chars().any(char::is_control);
        if supplier.as_ref().is_some_and(|supplier| !printable(supplier)) {
            let rule = format!("1 to {SUPPLIER_CHARS} printable characters");
            return Err(Error::Invalid(vec![Fault::new("supplier", "bad_text", rule)]));
        }
        if lines.is_empty() {
            return Err(Error::Invalid(vec![Fault::new("lines", "required", "at least one line")]));
        }
        let empty = lines.iter().enumerate().filter(|(_, (_, pieces))| *pieces == 0);
        let faults: Vec<Fault> = empty.map(|(at, _)| Fault::new(format!("lines[{at}].quantity"), "out_of_range", "at least 1")).collect();
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        let now = self.clock().now();
        let draft = PurchaseOrder::draft(id.clone(), location, supplier, context.by.actor.in_words(), now);
        let (made, supplies) = draft.apply(PurchaseCommand::Set(lines), now)?;
        if self.save(context, None, &made, &supplies).await? {
            return Ok(made);
        }
        let known = self.load(context.scope, &id).await?;
        let ordered = |order: &PurchaseOrder| order.lines.iter().map(|line| (line.sku.clone(), line.quantity)).collect::<Vec<_>>();
        let is_same = known.location == made.location && known.supplier == made.supplier && ordered(&known) == ordered(&made);
        if is_same { Ok(known) } else { Err(Error::Invalid(vec![Fault::new("id", "taken", "another purchase order has this number")])) }
    }

    /// One of them.
    ///
    /// # Errors
    /// `NotFound`, `Retryable`.
    pub async fn load(&self, scope: &TenantScope, id: &PurchaseId) -> Result<PurchaseOrder> {
        self.store.load(scope, id).await?.ok_or(Error::NotFound("purchase order"))
    }

    /// Part of the list of those that are open, or of those that are not; the latest first.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn page(&self, scope: &TenantScope, open: bool, after: Option<&crate::ports::PageKey>, limit: usize) -> Result<PurchasePage> {
        Ok(self.store.page(scope, open, after, limit).await?)
    }

    /// Goes a step with one. What was done before is done.
    ///
    /// # Errors
    /// `Purchase` if it cannot be done as it stands; `Stale` if it is not the version that was seen.
    pub async fn settle(
        &self,
        context: Context<'_>,
        id: &PurchaseId,
        if_version: Option<u64>,
        command: &PurchaseCommand,
    ) -> Result<PurchaseOrder> {
        for _ in 0..TRIES {
            let known = self.load(context.scope, id).await?;
            let (next, supplies) = known.apply(command.clone(), self.clock().now())?;
            if next.version == known.version {
                // Perhaps by somebody who died before they had looked at the shelf.
                self.came(context, &known, command).await?;
                return Ok(known);
            }
            if if_version.is_some_and(|seen| seen != known.version) {
                return Err(Error::Stale { current: known.version });
            }
            if !self.save(context, Some(&known), &next, &supplies).await? {
                continue;
            }
            self.came(context, &next, command).await?;
            return Ok(next);
        }
        Err(Error::Retryable(format!("purchase order {id} changes all the time")))
    }

    /// What has come may be enough again.
    async fn came(&self, context: Context<'_>, order: &PurchaseOrder, command: &PurchaseCommand) -> Result<()> {
        let PurchaseCommand::Receive { lines, .. } = command else { return Ok(()) };
        for (sku, _) in lines {
            if let Some(level) = self.stock.stock.level(context.scope, sku.as_str(), order.location.as_str()).await? {
                self.stock.graded(context, level).await?;
            }
        }
        Ok(())
    }

    /// It is ordered, and expected after the shop's usual time.
    ///
    /// # Errors
    /// As [`Purchases::settle`].
    pub async fn approve(&self, context: Context<'_>, id: &PurchaseId, if_version: Option<u64>) -> Result<PurchaseOrder> {
        let lead = i64::from(context.config.stock.reorder.lead_days);
        let expected_on = context.config.today(self.clock().now()).saturating_add(lead.days());
        self.settle(context, id, if_version, &PurchaseCommand::Approve { by: context.by.actor.in_words(), expected_on }).await
    }

    /// It is called off.
    ///
    /// # Errors
    /// As [`Purchases::settle`].
    pub async fn cancel(&self, context: Context<'_>, id: &PurchaseId, if_version: Option<u64>) -> Result<PurchaseOrder> {
        self.settle(context, id, if_version, &PurchaseCommand::Cancel { by: context.by.actor.in_words() }).await
    }

    /// Little is left of something: what to order goes onto a draft of the day, if the shop wants that. What is on its way counts, so it is put
    /// there once, however often this is heard.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn propose(&self, context: Context<'_>, sku: &str, location: &str) -> Result<Option<PurchaseId>> {
        let rules = &context.config.stock;
        if !rules.reorder.auto {
            return Ok(None);
        }
        let (Ok(sku), Ok(location)) = (Sku::parse(sku), LocationId::parse(location)) else { return Ok(None) };
        let now = self.clock().now();
        for _ in 0..TRIES {
            let level = self.stock.stock.level(context.scope, sku.as_str(), location.as_str()).await?;
            let Some(level) = level.filter(|level| rules.grade(level.available) > StockGrade::Enough) else { return Ok(None) };
            let demand = demand::of(&*self.metrics, context.scope, sku.as_str(), now).await?;
            let Some(proposal) = rules.propose(level.available, level.on_order, &demand) else { return Ok(None) };
            if let Some(id) = self.draft(context, &location, &sku, proposal).await? {
                return Ok(Some(id));
            }
        }
        Err(Error::Retryable(format!("the drafts for {location} change all the time")))
    }

    /// Puts a line on the day's draft. None if somebody else changed it meanwhile.
    async fn draft(&self, context: Context<'_>, location: &LocationId, sku: &Sku, proposal: Proposal) -> Result<Option<PurchaseId>> {
        let now = self.clock().now();
        let day = context.config.today(now).strftime("%Y%m%d").to_string();
        for number in 1..=DRAFTS_MAX {
            let id = PurchaseId::parse(&format!("AUTO-{day}-{location}-{number}")).map_err(|why| Error::Fatal(why.to_string()))?;
            let known = self.store.load(context.scope, &id).await?;
            let takes = |order: &PurchaseOrder| {
                let known = order.lines.iter().any(|line| line.sku == *sku);
                order.status == PurchaseStatus::Draft && (known || order.lines.len() < PurchaseOrder::LINES_MAX)
            };
            if known.as_ref().is_some_and(|order| !takes(order)) {
                continue;
            }
            let draft = known.clone().unwrap_or_else(|| PurchaseOrder::draft(id.clone(), location.clone(), None, REORDER_RULE.into(), now));
            let quantity = proposal.quantity.min(PurchaseOrder::PIECES_MAX);
            let line = PurchaseLine { sku: sku.clone(), quantity, received: 0, why: Some(proposal) };
            let (next, supplies) = draft.apply(PurchaseCommand::Add(line), now)?;
            return Ok(self.save(context, known.as_ref(), &next, &supplies).await?.then_some(id));
        }
        // So many drafts in a day nobody has approved.
        Err(Error::Fatal(format!("{location} has {DRAFTS_MAX} drafts of today")))
    }

    /// Stores it. News is what it has come to, not every line of a draft.
    async fn save(&self, context: Context<'_>, before: Option<&PurchaseOrder>, next: &PurchaseOrder, supplies: &[Supply]) -> Result<bool> {
        let now = self.clock().now();
        let news = before.is_none_or(|before| before.status != next.status).then(|| changed(context, next, now));
        Ok(self.store.save(context.scope, next, supplies, news.as_slice(), now).await?)
    }
}

fn changed(context: Context<'_>, order: &PurchaseOrder, now: jiff::Timestamp) -> Envelope {
    let payload = Payload::PurchaseChanged(stock::v1::PurchaseChanged {
        purchase_id: order.id.to_string(),
        location: order.location.to_string(),
        status: order.status.as_str().to_owned(),
        lines: u32::try_from(order.lines.len()).unwrap_or(u32::MAX),
        pieces: order.pieces(),
        by_rule: order.created_by == REORDER_RULE,
    });
    let subject = format!("purchase:{}", order.id);
    envelope(context.scope.tenant(), &subject, order.version, 0, now, &context.by.correlation, payload)
}
