//! Moving an order on by the shop's rules: look, decide, carry out, and keep what was decided on which evidence.

use crate::apply::{Alongside, Apply};
use crate::context::Context;
use crate::error::Result;
use crate::measure::HABITS;
use crate::model::{LLM_TIME, Model};
use crate::ports::{DecisionRecord, DecisionStore, MetricStore, OnceDone, Outcome, Prompt, StockStore};
use crate::recent::Recent;
use crate::scope::TenantScope;
use domain::ids::DecisionId;
use domain::order::progress::{Decision, Features, Mode, Opinion, Stock, TrackRecord, consider};
use domain::order::{Command, LineKind, Order, OrderStatus, Track};
use domain::spread;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp, ToSpan};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How old what is known of a shop's habits may be.
const HABITS_AGE_MAX: SignedDuration = SignedDuration::from_secs(60);
/// Whole months that a shop's habits are taken from, beside this one.
const MONTHS: i32 = 2;
/// Decisions that are looked through for what a model said.
const LOOKED_BACK: usize = 8;
/// Stock levels read at once.
const AT_ONCE: usize = 8;

/// What a shop's own past says about one status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Habit {
    /// How the rule has done that moves orders on from it.
    pub record: TrackRecord,
    /// Judgements in reviews.
    pub reviewed: u64,
    /// Of them, those that agreed.
    pub agreed: u64,
    /// The rule's squared error, in ten-thousandths, together.
    pub brier: i64,
    /// Orders that left it.
    pub left: u64,
    /// Their seconds in it, together.
    pub left_s: i64,
    /// Seconds after which half of them had.
    pub usual_s: Option<i64>,
}

/// What a shop's own past says, by status.
pub type Habits = BTreeMap<&'static str, Habit>;

/// Reads a shop's habits over the months from `from` to now, both included, given as "2025-08".
///
/// # Errors
/// `Retryable`.
pub async fn habits(metrics: &dyn MetricStore, scope: &TenantScope, from: &str) -> Result<Habits> {
    let mut sums: BTreeMap<&'static str, BTreeMap<String, i64>> = BTreeMap::new();
    for point in metrics.series(scope, HABITS, from, "~").await? {
        let Some(status) = point.point.split_once('/').and_then(|(_, word)| OrderStatus::from_word(word)) else { continue };
        let sum = sums.entry(status.as_str()).or_default();
        for (field, by) in point.fields {
            *sum.entry(field).or_default() += by;
        }
    }
    let habit = |sum: BTreeMap<String, i64>| {
        let count = |field: &str| sum.get(field).and_then(|count| u64::try_from(*count).ok()).unwrap_or(0);
        let signed = |field: &str| sum.get(field).copied().unwrap_or(0);
        Habit {
            record: TrackRecord { decided: count("moved"), overruled: count("overruled") },
            reviewed: count("reviewed"),
            agreed: count("agreed"),
            brier: signed("brier"),
            left: count("left"),
            left_s: signed("left_s"),
            usual_s: spread::quantile(&sum, 50),
        }
    };
    Ok(sums.into_iter().map(|(status, sum)| (status, habit(sum))).collect())
}

/// The use case.
#[derive(Clone)]
pub struct AutoProgress {
    /// The way into an order.
    pub apply: Apply,
    /// The ledger.
    pub decisions: Arc<dyn DecisionStore>,
    /// What is there.
    pub stock: Arc<dyn StockStore>,
    /// What was usual.
    pub metrics: Arc<dyn MetricStore>,
    /// A second opinion; nobody's, where orders move on only when a person asks for it.
    pub model: Option<Model>,
    recent: Arc<Recent<Habits>>,
}

/// How somebody wants an order moved on.
#[derive(Debug, Default)]
pub struct Wish<'a> {
    /// What they wrote.
    pub note: Option<String>,
    /// Whether the customer is told.
    pub notify: bool,
    /// A once-record that becomes done with it.
    pub once: Option<OnceDone<'a>>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Progressed {
    /// Where it was.
    pub before: OrderStatus,
    /// The order now.
    pub order: Order,
    /// The decision; none for an order that no rule leads on.
    pub entry: DecisionRecord,
}

impl Progressed {
    /// Did it move?
    pub fn moved(&self) -> bool {
        self.before != self.order.tracks.status
    }
}

/// What was looked at, and what the rules make of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Considered {
    /// The evidence.
    pub features: Features,
    /// The decision.
    pub decision: Decision,
    /// What a language model said, if it was asked.
    pub opinion: Option<Opinion>,
}

impl AutoProgress {
    /// Over these, without a second opinion.
    pub fn new(apply: Apply, decisions: Arc<dyn DecisionStore>, stock: Arc<dyn StockStore>, metrics: Arc<dyn MetricStore>) -> AutoProgress {
        AutoProgress { apply, decisions, stock, metrics, model: None, recent: Arc::new(Recent::new(HABITS_AGE_MAX)) }
    }

    fn now(&self) -> Timestamp {
        self.apply.clock.now()
    }

    /// Looks at an order and lets the rules decide. Nothing changes, and nothing is kept.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn consider(&self, context: Context<'_>, order: &Order) -> Result<Considered> {
        let (rules, now) = (&context.config.progress, self.now());
        if rules.step(order.tracks.status).is_none() {
            let features = Features::of(order, Stock::Unasked, None, now);
            let decision = consider(&features, rules, TrackRecord::default(), None);
            return Ok(Considered { features, decision, opinion: None });
        }
        let stock = if rules.require_stock && order.tracks.status == OrderStatus::Pending {
            self.stock(context.scope, order).await?
        } else {
            Stock::Unasked
        };
        let habits = self.habits(context.scope, now).await?;
        let habit = habits.get(order.tracks.status.as_str()).cloned().unwrap_or_default();
        let features = Features::of(order, stock, habit.usual_s, now);
        let decision = consider(&features, rules, habit.record, None);
        Ok(Considered { features, decision, opinion: None })
    }

    /// Moves an order on if the rules say so, because somebody asks for it. `order` is the order as they saw it.
    ///
    /// # Errors
    /// `Stale` if the order has changed meanwhile: the decision no longer stands. `Retryable`.
    pub async fn run(&self, context: Context<'_>, order: &Order, wish: Wish<'_>) -> Result<Progressed> {
        let considered = self.consider(context, order).await?;
        self.carry_out(context, order, considered, wish).await
    }

    /// Moves an order on by itself, or keeps what would have happened, as the shop wants it.
    ///
    /// # Errors
    /// As [`AutoProgress::run`].
    pub async fn by_itself(&self, context: Context<'_>, order: &Order) -> Result<Progressed> {
        let mut considered = self.consider(context, order).await?;
        if considered.decision.should_progress && context.config.progress.second_opinion {
            let habits = self.habits(context.scope, self.now()).await?;
            let record = habits.get(order.tracks.status.as_str()).map(|habit| habit.record).unwrap_or_default();
            let opinion = self.opinion(context, order, &considered).await?;
            let heard = opinion.as_ref().unwrap_or(&Opinion::NONE);
            considered.decision = consider(&considered.features, &context.config.progress, record, Some(heard));
            if opinion.is_none() {
                // It is asked again next time, so there is nothing to keep.
                let entry = self.entry(context, order, considered, Outcome::Waiting);
                return Ok(Progressed { before: order.tracks.status, order: order.clone(), entry });
            }
            considered.opinion = opinion;
        }
        if context.config.progress.mode == Mode::Auto {
            return self.carry_out(context, order, considered, Wish { notify: true, ..Wish::default() }).await;
        }
        let outcome = if considered.decision.should_progress { Outcome::Shadow } else { Outcome::Waiting };
        let entry = self.entry(context, order, considered, outcome);
        self.decisions.record(context.scope, &entry).await?;
        Ok(Progressed { before: order.tracks.status, order: order.clone(), entry })
    }

    async fn carry_out(&self, context: Context<'_>, order: &Order, considered: Considered, wish: Wish<'_>) -> Result<Progressed> {
        let outcome = if considered.decision.should_progress { Outcome::Moved } else { Outcome::Waiting };
        let entry = self.entry(context, order, considered, outcome);
        let before = order.tracks.status;
        let Some(change) = entry.decision.as_change(entry.id.clone(), wish.note, wish.notify) else {
            // Where no rule leads on there is nothing to learn from.
            if !entry.decision.gates.is_empty() {
                self.decisions.record(context.scope, &entry).await?;
            }
            return Ok(Progressed { before, order: order.clone(), entry });
        };
        // Decided on this version: if the order has changed meanwhile, the decision no longer stands.
        let with = Alongside { once: wish.once, decision: Some(&entry), if_version: Some(order.revision()), ..Alongside::default() };
        let applied = self.apply.run(context, &order.id, &Command::Change(change), with).await?;
        Ok(Progressed { before, order: applied.order, entry })
    }

    fn entry(&self, context: Context<'_>, order: &Order, considered: Considered, outcome: Outcome) -> DecisionRecord {
        let settings = context.config.version;
        DecisionRecord {
            id: DecisionId::of(order.version, settings, outcome.code()),
            order: order.id.clone(),
            at: self.now(),
            actor: context.by.actor.clone(),
            correlation: context.by.correlation.clone(),
            settings,
            features: considered.features,
            decision: considered.decision,
            opinion: considered.opinion,
            outcome,
            judgement: None,
        }
    }

    async fn habits(&self, scope: &TenantScope, now: Timestamp) -> Result<Habits> {
        if let Some(habits) = self.recent.get(scope.tenant(), now) {
            return Ok(habits);
        }
        let first = now.to_zoned(jiff::tz::TimeZone::UTC).date().first_of_month().saturating_sub(MONTHS.months());
        let habits = habits(&*self.metrics, scope, &first.strftime("%Y-%m").to_string()).await?;
        self.recent.keep(scope.tenant(), habits.clone(), now);
        Ok(habits)
    }

    /// Whether what was ordered is there, of whatever stock is kept of. What is held for this order counts as there only if
    /// nobody else's is.
    async fn stock(&self, scope: &TenantScope, order: &Order) -> Result<Stock> {
        if matches!(order.tracks.fulfilment, domain::order::FulfilmentStatus::Allocated) {
            return Ok(Stock::Enough);
        }
        let mut ordered: BTreeMap<String, i64> = BTreeMap::new();
        for (line, wanted) in order.lines.iter().zip(order.wanted()).filter(|(line, _)| line.kind != LineKind::Digital) {
            *ordered.entry(line.sku.clone()).or_default() += i64::from(wanted);
        }
        let levels = stream::iter(ordered)
            .map(|(sku, wanted)| async move { self.stock.levels(scope, &sku).await.map(|levels| (sku, wanted, levels)) })
            .buffered(AT_ONCE)
            .try_collect::<Vec<_>>()
            .await?;
        let mut found = Stock::Untracked;
        for (sku, wanted, levels) in levels {
            if levels.is_empty() {
                continue;
            }
            let available = levels.iter().map(|level| level.available).sum();
            if available < wanted {
                return Ok(Stock::Short { sku, available, ordered: wanted });
            }
            found = Stock::Enough;
        }
        Ok(found)
    }

    /// What a model thinks of it; none if it did not answer. It is asked once about an order as it stands: what it said
    /// holds until the order or the rules change.
    async fn opinion(&self, context: Context<'_>, order: &Order, considered: &Considered) -> Result<Option<Opinion>> {
        let ledger = self.decisions.of_order(context.scope, &order.id, LOOKED_BACK).await?;
        let same =
            |entry: &DecisionRecord| entry.settings == context.config.version && entry.features.changes == considered.features.changes;
        if let Some(said) = ledger.into_iter().filter(same).find_map(|entry| entry.opinion) {
            return Ok(Some(said));
        }
        let Some(model) = &self.model else { return Ok(None) };
        let prompt = Prompt {
            system: Opinion::SYSTEM.to_owned(),
            user: serde_json::json!({ "facts": considered.features, "decision": considered.decision }).to_string(),
            fields: Opinion::FIELDS,
            max_tokens: 120,
        };
        let until = self.now() + LLM_TIME + LLM_TIME;
        let said = model.say((context.scope, context.config), "llm-tokens:rules", until, &prompt).await;
        Ok(said.map(|said| Opinion::read(&said)))
    }
}
