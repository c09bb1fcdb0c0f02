//! The seal of an order's history: each commit's is made of the one before and of what happened, so that a row that is altered, left out or put
//! in is found. What people wrote is left out of it, because it can be erased; so is the contact, which is in no history.
//!
//! Whoever may write to the table may also seal a history of their own: keep the last seals elsewhere (the API gives them) if that is whom you fear.

use crate::context::Provenance;
use crate::error::{Error, Result};
use crate::ports::OrderStore;
use crate::scope::TenantScope;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ids::OrderId;
use domain::order::{Order, OrderEvent, Recorded};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// Commits of an order that are checked; more than any order has that people and carriers have made.
pub const COMMITS_MAX: usize = 2_000;
/// Bytes of a seal. Nobody finds another history for a given one; twice as many would only make each row longer.
const SEAL_BYTES: usize = 16;

/// The seal of a commit that follows one with this seal.
///
/// # Errors
/// `Fatal` if JSON has no words for it.
pub fn seal(before: Option<&str>, recorded: &Recorded) -> Result<String> {
    let mut bare = Recorded { seal: None, ..recorded.clone() };
    bare.forget_words();
    let bare = serde_json::to_vec(&bare).map_err(|why| Error::Fatal(format!("a commit cannot be sealed: {why}")))?;
    let mut hash = Sha256::new();
    // The seal before has one length or none, so no two pairs are one text.
    hash.update(before.unwrap_or_default());
    hash.update(b"\n");
    hash.update(bare);
    Ok(URL_SAFE_NO_PAD.encode(&hash.finalize()[..SEAL_BYTES]))
}

/// One commit of an order as it is now, sealed; the order remembers the seal.
///
/// # Errors
/// `Fatal` if JSON has no words for it.
pub fn record(order: &mut Order, by: &Provenance, events: Vec<OrderEvent>, at: Timestamp) -> Result<Recorded> {
    let (actor, correlation) = (by.actor.clone(), by.correlation.clone());
    let mut recorded = Recorded { version: order.version, at, actor, correlation, events, seal: None };
    let made = seal(order.seal.as_deref(), &recorded)?;
    (order.seal, recorded.seal) = (Some(made.clone()), Some(made));
    Ok(recorded)
}

/// What is wrong with a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Commits are missing, or stand twice: after this version comes another than the next.
    Gap {
        /// The last version before it.
        after: u64,
    },
    /// A commit is not what was sealed, or one before it was altered.
    Altered {
        /// Which.
        version: u64,
    },
    /// The order says that more happened, or something else.
    Head,
    /// What happened does not lead to the order as it stands.
    NotReplayed,
}

impl Finding {
    /// In words.
    pub fn in_words(&self) -> String {
        match self {
            Finding::Gap { after } => format!("commits are missing after version {after}"),
            Finding::Altered { version } => format!("version {version} is not what was sealed"),
            Finding::Head => "the order does not end where its history ends".to_owned(),
            Finding::NotReplayed => "the history does not lead to the order as it stands".to_owned(),
        }
    }
}

/// What an audit of an order found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// Commits that were read.
    pub commits: usize,
    /// All of them were: nothing was left out for want of room.
    pub whole: bool,
    /// The first version with a seal; older ones were made before there were any. None if there is none.
    pub sealed_from: Option<u64>,
    /// The last seal.
    pub seal: Option<String>,
    /// What is wrong; nothing in a sound history.
    pub findings: Vec<Finding>,
}

/// Checks a history against the order that it has led to. Each kind of fault is told where it is first seen: what comes after one that was altered is
/// sealed on top of it.
///
/// # Errors
/// `Fatal` if JSON has no words for a commit.
pub fn verify(order: &Order, history: &[Recorded]) -> Result<Audit> {
    let whole = history.first().is_none_or(|first| first.version == 1);
    let mut audit = Audit { commits: history.len(), whole, sealed_from: None, seal: None, findings: Vec::new() };
    let mut before: Option<u64> = None;
    for recorded in history {
        if before.is_some_and(|before| recorded.version != before + 1) {
            audit.findings.push(Finding::Gap { after: before.unwrap_or(0) });
            return Ok(audit);
        }
        // The first one that is read of a longer history rests on one that is not.
        let can_tell = before.is_some() || recorded.version == 1;
        before = Some(recorded.version);
        let expected = seal(audit.seal.as_deref(), recorded)?;
        let sealed = recorded.seal.as_deref();
        let altered = match sealed {
            Some(sealed) => can_tell && sealed != expected,
            // Seals do not end once they have begun.
            None => audit.seal.is_some(),
        };
        if altered {
            audit.findings.push(Finding::Altered { version: recorded.version });
            return Ok(audit);
        }
        audit.sealed_from = audit.sealed_from.or(sealed.map(|_| recorded.version));
        audit.seal = recorded.seal.clone();
    }
    if before != Some(order.version) || audit.seal != order.seal {
        audit.findings.push(Finding::Head);
    } else if whole {
        let bare = Order { contact: None, ..order.clone() };
        if Order::replay(history) != Some(bare) {
            audit.findings.push(Finding::NotReplayed);
        }
    }
    Ok(audit)
}

/// Audits an order.
///
/// # Errors
/// `NotFound`, `Retryable`.
pub async fn audit(orders: &dyn OrderStore, scope: &TenantScope, id: &OrderId) -> Result<Audit> {
    let dossier = orders.dossier(scope, id, COMMITS_MAX).await?.ok_or(Error::NotFound("order"))?;
    verify(&dossier.order, &dossier.history)
}
