//! What is remembered of a shop's Saleor from run to run: how far both sides have been read, and which orders differ.

use crate::error::Result;
use crate::json;
use crate::ports::{PageKey, ReportStore};
use crate::scope::TenantScope;
use crate::trouble::Trouble;
use domain::ids::OrderId;
use domain::order::OrderStatus;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Where it is kept.
const MEMORY: &str = "saleor/memory.json";
/// Orders that are remembered as differing, and as waiting to be looked up.
const KEPT_MAX: usize = 2_000;
/// Differing orders that are shown to people; all are counted.
const SHOWN_MAX: usize = 100;
/// Differing orders that an alert names.
const NAMED_MAX: usize = 3;

/// An order that a person has to see to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenOrder {
    /// Its number.
    pub order_id: String,
    /// How it stands here; nothing if it is not here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub here: Option<OrderStatus>,
    /// How it stands in Saleor, in its word.
    pub there: String,
    /// Why nothing was done.
    pub why: String,
    /// Since when it is known.
    pub since: Timestamp,
}

/// How a shop's Saleor stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SaleorStatus {
    /// When both sides were last compared, or were to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Orders of Saleor's that the last run read.
    pub read: usize,
    /// New orders among them.
    pub placed: usize,
    /// Known orders of which they had news.
    pub updated: usize,
    /// Things that the last run told Saleor.
    pub told: usize,
    /// Orders that the next run looks up.
    pub waiting: usize,
    /// Orders that differ in ways that exclude each other, or that one side does not take; at most a hundred.
    pub open: Vec<OpenOrder>,
    /// How many there are.
    pub open_total: usize,
    /// Why Saleor could not be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Since when it cannot be, and what the team was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

/// Why an order waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Open {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub here: Option<OrderStatus>,
    /// Saleor's id for it, if it is not here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub there: String,
    pub why: String,
    pub since: Timestamp,
}

/// A walk through our own orders, the latest change first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Walk {
    /// Where it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<PageKey>,
    /// What changed before this is known.
    pub down_to: Timestamp,
    /// When it began: the next one ends here.
    pub began: Timestamp,
}

/// What is remembered. If it is lost, thirty days are read again, and nothing happens twice.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Memory {
    pub at: Option<Timestamp>,
    pub read: usize,
    pub placed: usize,
    pub updated: usize,
    pub told: usize,
    pub error: Option<String>,
    /// What the team was told of a Saleor that cannot be asked.
    pub trouble: Option<Trouble>,
    /// What the team was told of orders that differ.
    pub differs: Option<Trouble>,
    /// Changes in Saleor up to here are known.
    pub heard_to: Option<Timestamp>,
    /// The list of changes that is being read: since when, and from where it goes on.
    pub page: Option<(Timestamp, Option<String>)>,
    /// Changes here up to here are known.
    pub told_to: Option<Timestamp>,
    pub walk: Option<Walk>,
    /// To be looked up.
    due: BTreeSet<OrderId>,
    /// Differs.
    open: BTreeMap<String, Open>,
    /// There is more to be done than this run has done.
    #[serde(skip)]
    pub more: bool,
    #[serde(skip)]
    moved: bool,
}

impl Memory {
    pub async fn load(files: &dyn ReportStore, scope: &TenantScope) -> Result<Memory> {
        Ok(json::recall(files, scope, MEMORY).await?.unwrap_or_default())
    }

    pub async fn save(&self, files: &dyn ReportStore, scope: &TenantScope) -> Result<()> {
        json::remember(files, scope, MEMORY, self).await
    }

    /// Counts anew.
    pub fn begin(&mut self) {
        (self.read, self.placed, self.updated, self.told) = (0, 0, 0, 0);
    }

    /// Something was done that need not be done again.
    pub fn came_on(&mut self) {
        self.moved = true;
    }

    pub fn has_come_on(&self) -> bool {
        self.moved
    }

    /// It is to be looked up. Beyond the limit it is found again when it next changes, or when the thirty days are read again.
    pub fn look_up(&mut self, id: &OrderId) {
        if self.due.len() < KEPT_MAX {
            self.due.insert(id.clone());
        }
    }

    /// Both sides agree.
    pub fn close(&mut self, id: &OrderId) {
        self.due.remove(id);
        self.open.remove(id.as_str());
    }

    /// It waits for a person; since when does not change with what it waits for.
    pub fn open(&mut self, name: &str, open: Open) {
        if let Ok(id) = OrderId::parse(name) {
            self.due.remove(&id);
        }
        let since = self.open.get(name).map_or(open.since, |known| known.since);
        if self.open.contains_key(name) || self.open.len() < KEPT_MAX {
            self.open.insert(name.to_owned(), Open { since, ..open });
        }
    }

    /// It was known before it was looked at again.
    pub fn known_since(&mut self, name: &str, since: Option<Timestamp>) {
        if let (Some(open), Some(since)) = (self.open.get_mut(name), since) {
            open.since = since;
        }
    }

    /// How many are to be looked up.
    pub fn waiting(&self) -> usize {
        self.due.len()
    }

    /// What is to be looked up: what is new, and then what differs and may have been mended.
    pub fn wanted(&self, max: usize) -> Vec<OrderId> {
        let differing = self.open.iter().filter(|(_, open)| open.here.is_some()).filter_map(|(name, _)| OrderId::parse(name).ok());
        let known = differing.filter(|id| !self.due.contains(id));
        self.due.iter().cloned().chain(known).take(max).collect()
    }

    /// What is not here and may be taken in by now: its name and Saleor's id for it.
    pub fn strangers(&self, max: usize) -> Vec<(String, String)> {
        self.open.iter().filter_map(|(name, open)| Some((name.clone(), open.id.clone()?))).take(max).collect()
    }

    /// It waits for a person.
    pub fn is_open(&self, name: &str) -> bool {
        self.open.contains_key(name)
    }

    /// It is about to be looked at again.
    pub fn take(&mut self, name: &str) -> Option<Open> {
        self.open.remove(name)
    }

    /// What the team is told of orders that differ; nothing if none do.
    pub fn conflicts(&self) -> Option<String> {
        let total = self.open.len();
        let one = |(name, open): (&String, &Open)| {
            let here = open.here.map_or("not here".to_owned(), |here| format!("{here} here"));
            format!("{name}: {here}, {} in Saleor: {}", open.there, open.why)
        };
        let named: Vec<String> = self.open.iter().take(NAMED_MAX).map(one).collect();
        let orders = if total == 1 { "1 order".to_owned() } else { format!("{total} orders") };
        (total > 0).then(|| format!("{orders} to decide: {}", named.join("; ")))
    }

    pub fn status(&self) -> SaleorStatus {
        let shown = |(name, open): (&String, &Open)| OpenOrder {
            order_id: name.clone(),
            here: open.here,
            there: open.there.clone(),
            why: open.why.clone(),
            since: open.since,
        };
        SaleorStatus {
            at: self.at,
            read: self.read,
            placed: self.placed,
            updated: self.updated,
            told: self.told,
            waiting: self.due.len(),
            open: self.open.iter().take(SHOWN_MAX).map(shown).collect(),
            open_total: self.open.len(),
            error: self.error.clone(),
            trouble: self.trouble.clone(),
        }
    }
}
