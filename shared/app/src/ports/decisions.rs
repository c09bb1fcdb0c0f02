//! The ledger of decisions: what rules decided on orders, on what evidence, and what people thought of it.

use super::{PageKey, PortResult};
use crate::scope::TenantScope;
use async_trait::async_trait;
use domain::ids::{CorrelationId, DecisionId, OrderId};
use domain::order::progress::{Decision, Features, Opinion};
use domain::order::{Actor, Verdict};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What became of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The order moved on.
    Moved,
    /// It would have; the shop only watches its rules.
    Shadow,
    /// It was held back.
    Waiting,
}

impl Outcome {
    /// On the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Outcome::Moved => "moved",
            Outcome::Shadow => "shadow",
            Outcome::Waiting => "waiting",
        }
    }
}

/// One entry of the ledger. It holds no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// Its name among the decisions about its order.
    pub id: DecisionId,
    /// On which order.
    pub order: OrderId,
    /// When.
    pub at: Timestamp,
    /// Who had it decided.
    pub actor: Actor,
    /// Finds the logs.
    pub correlation: CorrelationId,
    /// By which version of the shop's settings.
    pub settings: u64,
    /// What was looked at.
    pub features: Features,
    /// What the rules made of it.
    pub decision: Decision,
    /// What a language model said, if it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opinion: Option<Opinion>,
    /// What became of it.
    pub outcome: Outcome,
    /// What a person thought of it, the latest; kept beside the entry, which never changes.
    #[serde(skip)]
    pub judgement: Option<Judgement>,
}

/// What a person thought of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// That.
    pub verdict: Verdict,
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// Part of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionPage {
    /// Newest first.
    pub decisions: Vec<DecisionRecord>,
    /// Where to go on; none at the end.
    pub next: Option<PageKey>,
}

/// The ledger. Decisions that move an order are kept by the commit that moves it ([`super::Commit::decision`]), and so are
/// judgements ([`super::Commit::judged`]).
#[async_trait]
pub trait DecisionStore: Send + Sync {
    /// Keeps a decision that changes nothing. False if the same is there already; the first stands.
    async fn record(&self, scope: &TenantScope, decision: &DecisionRecord) -> PortResult<bool>;
    /// One decision.
    async fn decision(&self, scope: &TenantScope, order: &OrderId, id: &DecisionId) -> PortResult<Option<DecisionRecord>>;
    /// The decisions about an order, newest first.
    async fn of_order(&self, scope: &TenantScope, order: &OrderId, limit: usize) -> PortResult<Vec<DecisionRecord>>;
    /// All decisions, newest first; only those before a moment, if there is one.
    async fn page(&self, scope: &TenantScope, before: Option<Timestamp>, after: Option<&PageKey>, limit: usize)
    -> PortResult<DecisionPage>;
}
