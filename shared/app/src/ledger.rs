//! Reading the ledger of decisions: how rules have done, which of their decisions somebody should look at, and what
//! other rules would have done.

use crate::error::{Error, Result};
use crate::ports::{DecisionRecord, DecisionStore, OrderQuery, OrderStore, Outcome, PageKey};
use crate::scope::TenantScope;
use crate::tenant::TenantConfig;
use domain::ids::OrderId;
use domain::order::OrderStatus;
use domain::order::progress::ProgressRules;
use domain::order::progress::replay::{Step, Then, replay};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Decisions that a week's review shows.
pub const SAMPLE: usize = 20;
/// Decisions a sample is drawn from, the newest of the week.
const DRAWN_FROM: usize = 2_000;
/// Orders that other rules are tried on, those that changed last.
pub const REPLAYED_MAX: usize = 500;
/// Commits of an order that are read; one with more is left out.
const HISTORY_MAX: usize = 200;
/// Orders read at once.
const AT_ONCE: usize = 16;
/// Orders named as examples.
const EXAMPLES: usize = 10;
const PAGE: usize = 200;

/// A while of a ledger.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Review {
    /// Decisions that moved an order.
    pub moved: usize,
    /// Of them, those that people overruled: undone, corrected or disagreed with.
    pub overruled: usize,
    /// Of them, those that somebody looked at and agreed with.
    pub agreed: usize,
    /// Nothing was left out: a week may have more decisions than are read.
    pub complete: bool,
    /// Up to [`SAMPLE`] of them, the same ones whenever they are drawn, judged or not.
    pub sample: Vec<DecisionRecord>,
}

/// What rules did between two moments, of the newest two thousand decisions.
///
/// # Errors
/// `Retryable`.
pub async fn review(ledger: &dyn DecisionStore, scope: &TenantScope, from: Timestamp, until: Timestamp) -> Result<Review> {
    let mut drawn: Vec<([u8; 32], DecisionRecord)> = Vec::new();
    let (mut seen, mut after): (usize, Option<PageKey>) = (0, None);
    let mut review = Review::default();
    loop {
        let page = ledger.page(scope, Some(until), after.as_ref(), PAGE).await?;
        seen += page.decisions.len();
        let past = page.decisions.last().is_some_and(|last| last.at < from);
        for entry in page.decisions.into_iter().filter(|entry| entry.at >= from && entry.outcome == Outcome::Moved) {
            let agrees = entry.judgement.as_ref().map(|judgement| judgement.verdict.agrees());
            review.moved += 1;
            review.overruled += usize::from(agrees == Some(false));
            review.agreed += usize::from(agrees == Some(true));
            let lot = Sha256::digest(format!("{} {}", entry.order, entry.id));
            drawn.push((lot.into(), entry));
        }
        drawn.sort_by_key(|(lot, _)| *lot);
        drawn.truncate(SAMPLE);
        after = page.next;
        review.complete = past || after.is_none();
        if review.complete || seen >= DRAWN_FROM {
            break;
        }
    }
    Ok(Review { sample: drawn.into_iter().map(|(_, entry)| entry).collect(), ..review })
}

/// The Monday of a day's week.
pub fn monday_of(day: Date) -> Date {
    day.saturating_sub(i64::from(day.weekday().to_monday_zero_offset()).days())
}

/// The last whole week, Monday to Sunday where the shop is.
pub fn last_week(config: &TenantConfig, now: Timestamp) -> (Timestamp, Timestamp) {
    let monday = monday_of(config.today(now));
    let start = |day: Date| day.to_zoned(config.zone()).map_or(now, |start| start.timestamp());
    (start(monday.saturating_sub(7.days())), start(monday))
}

/// What rules would have done from one status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Orders they would have moved.
    pub moved: usize,
    /// Of them, those that went that way later, by whomever.
    pub went: usize,
    /// Seconds by which those would have been sooner, together.
    pub sooner_s: i64,
    /// Those that went somewhere else: the rules would have been wrong.
    pub elsewhere: Vec<(OrderId, OrderStatus)>,
    /// Those that are still where they were.
    pub open: usize,
}

/// What rules would have done, by the status they move orders on from.
pub type Lines = BTreeMap<OrderStatus, Line>;

/// What became of trying other rules on the past.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replay {
    /// Orders that were looked at.
    pub orders: usize,
    /// There are more, which changed longer ago, or have too long a history.
    pub more: bool,
    /// Under each of the rules that were tried.
    pub lines: Vec<Lines>,
}

/// Tries rules on what orders really went through since a moment.
///
/// # Errors
/// `Retryable`.
pub async fn try_rules(
    orders: &dyn OrderStore,
    scope: &TenantScope,
    rules: &[ProgressRules],
    (from, until): (Timestamp, Timestamp),
) -> Result<Replay> {
    let mut found = Replay { lines: vec![Lines::new(); rules.len()], ..Replay::default() };
    let mut after = None;
    loop {
        let page = orders.page(scope, &OrderQuery::All, after.as_ref(), PAGE.min(REPLAYED_MAX - found.orders)).await?;
        let recent = page.orders.iter().filter(|order| order.updated_at >= from).map(|order| order.id.clone());
        let ids: Vec<OrderId> = recent.collect();
        let past = ids.len() < page.orders.len();
        let read = |id: OrderId| async move { Ok::<_, Error>((orders.dossier(scope, &id, HISTORY_MAX).await?, id)) };
        for (dossier, id) in stream::iter(ids).map(read).buffered(AT_ONCE).try_collect::<Vec<_>>().await? {
            let Some(dossier) = dossier else { continue };
            if dossier.history.first().is_none_or(|first| first.version != 1) {
                found.more = true;
                continue;
            }
            found.orders += 1;
            for (lines, rules) in found.lines.iter_mut().zip(rules) {
                for step in replay(&dossier.history, rules, from, until) {
                    lines.entry(step.from).or_default().count(&id, step);
                }
            }
        }
        after = page.next;
        if past || after.is_none() {
            return Ok(found);
        }
        if found.orders >= REPLAYED_MAX {
            found.more = true;
            return Ok(found);
        }
    }
}

impl Line {
    fn count(&mut self, id: &OrderId, step: Step) {
        self.moved += 1;
        match step.then {
            Then::Went { at } => {
                self.went += 1;
                self.sooner_s += at.duration_since(step.at).max(SignedDuration::ZERO).as_secs();
            }
            Then::Elsewhere { to } => self.elsewhere.push((id.clone(), to)),
            Then::Open => self.open += 1,
        }
    }

    /// Some of the orders that the rules would have been wrong about.
    pub fn examples(&self) -> &[(OrderId, OrderStatus)] {
        &self.elsewhere[..self.elsewhere.len().min(EXAMPLES)]
    }
}
