//! An order's way from a cart to a parcel, step by step, and back if it has to.
//!
//! The steps are data ([`Table`]); where an order stands among them, and what it has set aside, is part of the order and moves with
//! its commits. What a step needs to know comes as [`Facts`]; [`proceed`] goes as far as they lead. Whatever else happens to an
//! order, [`follow`] draws the consequences in the same commit: an order that is called off has given back what it held the
//! moment it is called off, and there is no moment at which stock is held for nobody.

mod allocate;
mod table;

pub use allocate::{Short, allocate};
pub use table::{Row, Runs, Step, Table, Undo};

use super::event::{Cause, OrderEvent};
use super::placement::LineKind;
use super::review::{Review, ReviewEvent, ReviewKind, ReviewOutcome};
use super::{Order, OrderStatus};
use crate::fraud::{Assessment, FraudRules, Past, RiskLevel, Suspect, assess};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The rule's name, as histories have it.
pub const RULE: &str = "saga";
/// What one commit sets aside or gives back: each takes up to three of the hundred writes of a transaction.
pub const HOLD_MAX: usize = 30;

/// How a shop wants its orders taken through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SagaRules {
    /// Orders that are placed here are taken through; without it they wait for people and for what other systems say.
    pub enabled: bool,
    /// What is suspicious.
    pub fraud: FraudRules,
    /// Whole units of the order's currency: a person looks at what is worth more. 0 = never.
    pub high_value_over: u32,
    /// Two people have to approve what is worth more. 0 = one is enough.
    pub four_eyes_over: u32,
    /// So long people have for a review, in hours.
    pub review_within_h: u32,
    /// What nobody has decided by then is called off, instead of being shown to the team.
    pub reject_overdue: bool,
    /// Stock is set aside, of whatever stock is kept.
    pub reserve_stock: bool,
}

impl Default for SagaRules {
    fn default() -> Self {
        SagaRules {
            enabled: false,
            fraud: FraudRules::default(),
            high_value_over: 1_000,
            four_eyes_over: 0,
            review_within_h: 24,
            reject_overdue: false,
            reserve_stock: true,
        }
    }
}

impl SagaRules {
    /// Longest time for a review, in hours: thirty days.
    pub const REVIEW_HOURS_MAX: u32 = 720;

    fn is_over(order: &Order, limit: u32) -> bool {
        let total = order.totals.total();
        limit > 0 && total.minor > i64::from(limit).saturating_mul(total.currency.minor_per_major())
    }
}

/// So many pieces of something, somewhere, set aside for an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// Unit.
    pub sku: String,
    /// Where.
    pub location: String,
    /// How many.
    pub quantity: u32,
}

/// What is free somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Free {
    /// Unit.
    pub sku: String,
    /// Where.
    pub location: String,
    /// How many.
    pub available: i64,
}

/// How a saga ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// Everything was done.
    Completed,
    /// Everything was taken back.
    Compensated,
    /// Nobody but a person can help.
    NeedsHuman,
}

impl Ended {
    /// On the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Ended::Completed => "completed",
            Ended::Compensated => "compensated",
            Ended::NeedsHuman => "needs_human",
        }
    }
}

/// Where an order stands on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saga {
    /// The version of the table it began with.
    pub table: u16,
    /// The step it is at.
    pub step: Step,
    /// Since when.
    pub since: Timestamp,
    /// When the step is begun again, if it has not happened by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// What speaks against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment: Option<Assessment>,
    /// What is set aside for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Allocation>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

/// What happened on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum SagaEvent {
    /// It begins, or begins anew.
    Began {
        /// The version of the table.
        table: u16,
    },
    /// Points were added up that speak against it.
    Screened {
        /// What was found.
        assessment: Assessment,
    },
    /// It has come to a step.
    Entered {
        /// Which.
        step: Step,
    },
    /// Stock was set aside.
    Held {
        /// What, where.
        stock: Vec<Allocation>,
    },
    /// Stock was given back.
    Released {
        /// What, where.
        stock: Vec<Allocation>,
    },
    /// What was set aside has left.
    Shipped {
        /// What, from where.
        stock: Vec<Allocation>,
    },
    /// A step took too long, and is begun again.
    Nudged {
        /// Which.
        step: Step,
    },
    /// It is over.
    Ended {
        /// How.
        how: Ended,
    },
}

impl SagaEvent {
    /// Its short name.
    pub const fn name(&self) -> &'static str {
        match self {
            SagaEvent::Began { .. } => "workflow_began",
            SagaEvent::Screened { .. } => "screened",
            SagaEvent::Entered { .. } => "workflow_step",
            SagaEvent::Held { .. } => "stock_held",
            SagaEvent::Released { .. } => "stock_released",
            SagaEvent::Shipped { .. } => "stock_shipped",
            SagaEvent::Nudged { .. } => "workflow_nudged",
            SagaEvent::Ended { .. } => "workflow_ended",
        }
    }

    /// As a timeline shows it.
    pub fn in_words(&self) -> String {
        let what = |stock: &[Allocation]| {
            let first: Vec<String> = stock.iter().take(3).map(|a| format!("{} {} at {}", a.quantity, a.sku, a.location)).collect();
            let more = if stock.len() > 3 { format!(" and {} more", stock.len() - 3) } else { String::new() };
            format!("{}{more}", first.join(", "))
        };
        match self {
            SagaEvent::Began { .. } => "On its way through checks and stock".to_owned(),
            SagaEvent::Screened { assessment } if assessment.points.is_empty() => "Checked: nothing speaks against it".to_owned(),
            SagaEvent::Screened { assessment } => {
                let why: Vec<&str> = assessment.points.iter().map(|point| point.reason.as_str()).collect();
                format!("Checked: {} points ({}): {}", assessment.score, assessment.level().code(), why.join("; "))
            }
            SagaEvent::Entered { step } => step.text().to_owned(),
            SagaEvent::Held { stock } => format!("Set aside: {}", what(stock)),
            SagaEvent::Released { stock } => format!("Given back: {}", what(stock)),
            SagaEvent::Shipped { stock } => format!("Left the shelf: {}", what(stock)),
            SagaEvent::Nudged { step } => format!("{} took too long and is begun again", step.text()),
            SagaEvent::Ended { how: Ended::Completed } => "Everything is done".to_owned(),
            SagaEvent::Ended { how: Ended::Compensated } => "Everything is taken back".to_owned(),
            SagaEvent::Ended { how: Ended::NeedsHuman } => "A person has to take over".to_owned(),
        }
    }
}

/// What a change of stock is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockMove {
    /// Set aside.
    Hold,
    /// Given back.
    Release,
    /// Gone.
    Ship,
}

impl StockMove {
    /// On the wire.
    pub const fn code(self) -> &'static str {
        match self {
            StockMove::Hold => "held",
            StockMove::Release => "released",
            StockMove::Ship => "shipped",
        }
    }
}

impl SagaEvent {
    /// What it does to stock. The commit that records it does it.
    pub fn stock(&self) -> Option<(StockMove, &[Allocation])> {
        match self {
            SagaEvent::Held { stock } => Some((StockMove::Hold, stock)),
            SagaEvent::Released { stock } => Some((StockMove::Release, stock)),
            SagaEvent::Shipped { stock } => Some((StockMove::Ship, stock)),
            _ => None,
        }
    }
}

/// What a worker has looked up; none of what it did not have to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// What is known of the customer.
    pub past: Option<Past>,
    /// What is free of what the order still needs.
    pub levels: Option<Vec<Free>>,
}

/// What can be asked of a saga.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SagaCommand {
    /// Go on, as far as that leads.
    Proceed {
        /// What is known.
        facts: Facts,
        /// How the shop wants it.
        rules: SagaRules,
    },
    /// Begin the step again, if its time is up.
    Nudge,
}

impl Order {
    /// Its saga, if that is not over.
    pub fn running(&self) -> Option<&Saga> {
        self.saga.as_ref().filter(|saga| saga.ended.is_none())
    }

    /// It is still being checked and set aside: no other rule moves it on.
    pub fn is_in_workflow(&self) -> bool {
        self.running().is_some_and(|saga| saga.step != Step::Dispatch)
    }

    fn is_called_off(&self) -> bool {
        matches!(self.tracks.status, OrderStatus::Cancelled | OrderStatus::Failed)
    }

    fn has_left(&self) -> bool {
        self.tracks.status.has_shipped() && self.tracks.status != OrderStatus::PartiallyShipped
    }

    /// The step at which a worker is needed, if one is.
    pub fn saga_work(&self) -> Option<Step> {
        let saga = self.running()?;
        if self.is_called_off() || self.has_left() {
            return (!saga.held.is_empty()).then_some(saga.step);
        }
        let works = Table::of(saga.table).row(saga.step).is_some_and(|row| row.runs == Runs::Worker);
        (works && self.tracks.status != OrderStatus::OnHold).then_some(saga.step)
    }

    /// When somebody has to look for what became of a step.
    pub fn saga_due(&self) -> Option<Timestamp> {
        self.saga_work().and(self.saga.as_ref()?.due)
    }

    /// What has to be set aside, and is not yet: pieces by unit.
    pub fn to_reserve(&self) -> BTreeMap<String, u32> {
        let mut wanted: BTreeMap<String, u32> = BTreeMap::new();
        for line in self.lines.iter().filter(|line| line.kind != LineKind::Digital) {
            let sum = wanted.entry(line.sku.clone()).or_default();
            *sum = sum.saturating_add(line.quantity);
        }
        for held in self.saga.iter().flat_map(|saga| &saga.held) {
            if let Some(open) = wanted.get_mut(&held.sku) {
                *open = open.saturating_sub(held.quantity);
            }
        }
        wanted.retain(|_, open| *open > 0);
        wanted
    }

    pub(super) fn went(&mut self, event: &SagaEvent, at: Timestamp) {
        if let SagaEvent::Began { table } = event {
            let first = Table::of(*table).first();
            let due = first.deadline.and_then(|deadline| at.checked_add(deadline).ok());
            let held = Vec::new();
            self.saga = Some(Saga { table: *table, step: first.step, since: at, due, assessment: None, held, ended: None });
            return;
        }
        let Some(saga) = &mut self.saga else { return };
        let deadline =
            |step: Step| Table::of(saga.table).row(step).and_then(|row| row.deadline).and_then(|after| at.checked_add(after).ok());
        match event {
            SagaEvent::Began { .. } => {}
            SagaEvent::Screened { assessment } => saga.assessment = Some(assessment.clone()),
            SagaEvent::Entered { step } => (saga.due, saga.step, saga.since) = (deadline(*step), *step, at),
            SagaEvent::Nudged { step } => saga.due = deadline(*step),
            SagaEvent::Held { stock } => saga.held.extend(stock.iter().cloned()),
            SagaEvent::Released { stock } | SagaEvent::Shipped { stock } => saga.held.retain(|held| !stock.contains(held)),
            SagaEvent::Ended { how } => (saga.ended, saga.due) = (Some(*how), None),
        }
    }
}

/// An order on its way, with what has happened to it in this commit.
struct Way {
    order: Order,
    events: Vec<OrderEvent>,
    now: Timestamp,
}

impl Way {
    fn of(order: &Order, now: Timestamp) -> Way {
        Way { order: order.clone(), events: Vec::new(), now }
    }

    fn happens(&mut self, event: OrderEvent) {
        self.order.evolve(&event, self.now);
        self.events.push(event);
    }

    fn goes(&mut self, event: SagaEvent) {
        self.happens(OrderEvent::Saga { event });
    }

    fn moves(&mut self, to: OrderStatus, reason: &str) {
        let from = self.order.tracks.status;
        if from == to || !self.order.allowed().contains(&to) {
            return;
        }
        // What has left cannot be called off: the rest is.
        let rest_only = (from, to) == (OrderStatus::PartiallyShipped, OrderStatus::Cancelled);
        let to = if rest_only { OrderStatus::Shipped } else { to };
        // That somebody looks at an order is nothing its customer has to hear.
        let notify = matches!(to, OrderStatus::Processing | OrderStatus::Cancelled);
        let cause = Cause::Rule { rule: RULE.to_owned(), reason: reason.to_owned(), confidence: 100, note: None, decision: None };
        self.happens(OrderEvent::StatusChanged { from, to, via: Vec::new(), cause, decided: false, notify });
    }

    /// The step behind one.
    fn behind(&self, step: Step) -> Option<Step> {
        Table::of(self.order.running()?.table).after(step).map(|row| row.step)
    }

    fn asks(&mut self, kind: ReviewKind, reason: String, rules: &SagaRules) -> bool {
        let needs = if SagaRules::is_over(&self.order, rules.four_eyes_over) { 2 } else { 1 };
        let due = self.now.checked_add(SignedDuration::from_hours(i64::from(rules.review_within_h))).unwrap_or(Timestamp::MAX);
        match self.order.new_review(kind, reason, needs, self.now, due) {
            Some(review) => {
                self.happens(OrderEvent::Review { event: ReviewEvent::Opened { review: Box::new(review), note: None } });
                true
            }
            None => {
                self.goes(SagaEvent::Ended { how: Ended::NeedsHuman });
                false
            }
        }
    }

    /// What speaks against it; true if it may go on at once.
    fn screens(&mut self, past: Past, rules: &SagaRules) -> bool {
        if !rules.fraud.enabled && !SagaRules::is_over(&self.order, rules.high_value_over) {
            return true;
        }
        let order = &self.order;
        let (total, ships_to, billed_to) = (order.totals.total(), order.country.as_deref(), order.billing_country.as_deref());
        let mut score = 0;
        if rules.fraud.enabled {
            let assessment = assess(&Suspect { total, ships_to, billed_to, past }, &rules.fraud);
            score = assessment.score;
            self.goes(SagaEvent::Screened { assessment });
        }
        if rules.fraud.refuse_at > 0 && score >= rules.fraud.refuse_at {
            self.moves(OrderStatus::Cancelled, &format!("{score} points, {} or more are refused", rules.fraud.refuse_at));
            return false;
        }
        let mut held = false;
        if rules.fraud.enabled && score >= rules.fraud.review_at {
            held |= self.asks(ReviewKind::Fraud, format!("{score} points of 100, {}", RiskLevel::of(score).code()), rules);
        }
        if SagaRules::is_over(&self.order, rules.high_value_over) {
            let reason = format!("{} {} is more than {}", total.decimal(), total.currency.code(), rules.high_value_over);
            held |= self.asks(ReviewKind::HighValue, reason, rules);
        }
        if held {
            self.moves(OrderStatus::OnHold, "a person has to decide first");
        }
        !held && self.order.running().is_some()
    }

    /// Sets aside what is needed; true if that is all of it.
    fn reserves(&mut self, levels: &[Free], rules: &SagaRules) -> bool {
        match allocate(&self.order.to_reserve(), levels) {
            Ok(mut stock) => {
                let all = stock.len() <= HOLD_MAX;
                stock.truncate(HOLD_MAX);
                if !stock.is_empty() {
                    self.goes(SagaEvent::Held { stock });
                }
                all
            }
            Err(Short { sku, wanted, available }) => {
                if self.asks(ReviewKind::InventoryOverride, format!("{available} of {wanted} {sku} are free"), rules) {
                    self.moves(OrderStatus::OnHold, "there is not enough in stock");
                }
                false
            }
        }
    }
}

/// Takes an order on as far as what is known leads.
pub(super) fn proceed(order: &Order, facts: &Facts, rules: &SagaRules, now: Timestamp) -> Vec<OrderEvent> {
    if order.saga_work().is_none() || order.is_called_off() || order.has_left() {
        return Vec::new();
    }
    let mut way = Way::of(order, now);
    let began = order.saga.as_ref().map(|saga| saga.step);
    let mut at = began;
    while let Some(step) = at {
        let done = match step {
            Step::Screen => match facts.past {
                Some(past) => way.screens(past, rules),
                None => break,
            },
            Step::Review => way.order.held_back_by().is_empty(),
            Step::Reserve if !rules.reserve_stock || way.order.to_reserve().is_empty() => true,
            Step::Reserve => match &facts.levels {
                Some(levels) => way.reserves(levels, rules),
                None => break,
            },
            Step::Confirm => {
                way.moves(OrderStatus::Processing, "checked, and set aside as far as stock is kept");
                true
            }
            Step::Dispatch => false,
        };
        // What waits for people waits where they are asked.
        let waits = step == Step::Screen && way.order.running().is_some() && !way.order.held_back_by().is_empty();
        if !done && !waits {
            break;
        }
        at = way.behind(step);
    }
    if let Some(step) = at.filter(|_| way.order.running().is_some() && at != began) {
        way.goes(SagaEvent::Entered { step });
    }
    way.events
}

/// What follows for an order that goes on: a person has said yes, and nothing else holds it back.
pub(super) fn approved(order: &Order, now: Timestamp) -> Vec<OrderEvent> {
    let mut way = Way::of(order, now);
    let Some(step) = order.running().map(|saga| saga.step) else { return Vec::new() };
    if !order.held_back_by().is_empty() {
        return Vec::new();
    }
    if order.tracks.status == OrderStatus::OnHold {
        way.moves(OrderStatus::Pending, "approved");
    }
    if step == Step::Review
        && let Some(next) = way.behind(step)
    {
        way.goes(SagaEvent::Entered { step: next });
    }
    way.events
}

/// What follows for an order that is called off by a review.
pub(super) fn rejected(order: &Order, kind: ReviewKind, now: Timestamp) -> Vec<OrderEvent> {
    let mut way = Way::of(order, now);
    if kind.decides_order() {
        way.moves(OrderStatus::Cancelled, &format!("rejected in review: {}", kind.text().to_lowercase()));
    }
    way.events
}

/// What follows from how an order stands: what it no longer needs is given back, what has left has left.
pub(super) fn follow(order: &Order, now: Timestamp) -> Vec<OrderEvent> {
    let mut way = Way::of(order, now);
    let Some(saga) = order.running() else {
        let again = order.saga.as_ref().is_some_and(|saga| saga.ended == Some(Ended::Compensated));
        if again && order.tracks.status == OrderStatus::Pending {
            way.goes(SagaEvent::Began { table: Table::newest().version });
        }
        return way.events;
    };
    let (called_off, has_left) = (order.is_called_off(), order.has_left());
    if !called_off && !has_left {
        return Vec::new();
    }
    for undo in Table::of(saga.table).undone_from(saga.step) {
        match undo {
            Undo::Withdraw => {
                let open: Vec<&Review> = order.open_reviews().filter(|review| review.kind.holds_back()).collect();
                for review in open {
                    let id = review.id.clone();
                    let event = ReviewEvent::Decided { id, outcome: ReviewOutcome::Withdrawn, by: None, comment: None };
                    way.happens(OrderEvent::Review { event });
                }
            }
            Undo::Release if !saga.held.is_empty() => {
                let stock = saga.held.iter().take(HOLD_MAX).cloned().collect();
                way.goes(if called_off { SagaEvent::Released { stock } } else { SagaEvent::Shipped { stock } });
            }
            Undo::Release => {}
        }
    }
    if way.order.saga.as_ref().is_some_and(|saga| saga.held.is_empty()) {
        way.goes(SagaEvent::Ended { how: if called_off { Ended::Compensated } else { Ended::Completed } });
    }
    way.events
}

/// Begins a step again whose time is up.
pub(super) fn nudge(order: &Order, now: Timestamp) -> Vec<OrderEvent> {
    let late = order.saga_due().is_some_and(|due| due <= now);
    let step = order.saga_work().filter(|_| late);
    step.map(|step| OrderEvent::Saga { event: SagaEvent::Nudged { step } }).into_iter().collect()
}

#[cfg(test)]
mod tests;
