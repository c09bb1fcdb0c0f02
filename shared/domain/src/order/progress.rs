//! Moving routine orders on by themselves: rules with evidence, never age alone.

use super::status::{FulfilmentStatus, OrderStatus, PaymentStatus, TrackingStatus};
use super::{Cause, ChangeStatus, Order};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// When an order may move on. Hours in the state it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProgressRules {
    /// Pending to processing.
    pub pending_after_h: u32,
    /// Processing to shipped, if a label or a scan proves it.
    pub processing_after_h: u32,
    /// Orders move on by themselves; else only when somebody asks for it.
    pub auto: bool,
}

impl Default for ProgressRules {
    fn default() -> Self {
        ProgressRules { pending_after_h: 24, processing_after_h: 48, auto: false }
    }
}

/// A condition and whether it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gate {
    /// Its name.
    pub name: &'static str,
    /// Does it hold?
    pub open: bool,
    /// What it saw.
    pub evidence: String,
}

/// What a rule thinks should happen, with everything it looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// Move it?
    pub should_progress: bool,
    /// Where to, if anywhere.
    pub next_status: Option<OrderStatus>,
    /// In words.
    pub reason: String,
    /// 0 to 100. Rules over complete evidence are certain; a closed gate leaves none.
    pub confidence: u8,
    /// The conditions.
    pub gates: Vec<Gate>,
}

fn paid(order: &Order) -> Gate {
    let payment = order.tracks.payment;
    let open = matches!(payment, PaymentStatus::Authorized | PaymentStatus::Captured | PaymentStatus::PartiallyCaptured);
    Gate { name: "paid", open, evidence: format!("payment is {payment}") }
}

fn aged(order: &Order, hours: u32, now: Timestamp) -> Gate {
    let waited = now.duration_since(order.status_since);
    let open = waited >= SignedDuration::from_hours(i64::from(hours));
    let tenths = waited.as_secs() / 360;
    Gate { name: "age", open, evidence: format!("{} for {}.{} h of {hours} h", order.tracks.status, tenths / 10, tenths % 10) }
}

fn left_the_house(order: &Order) -> Gate {
    let labelled = matches!(order.tracks.fulfilment, FulfilmentStatus::Labelled | FulfilmentStatus::Shipped | FulfilmentStatus::Delivered);
    let scanned = !matches!(order.tracks.tracking, TrackingStatus::Unknown | TrackingStatus::Pending | TrackingStatus::Cancelled);
    let evidence = format!("fulfilment is {}, tracking is {}", order.tracks.fulfilment, order.tracks.tracking);
    Gate { name: "label_or_scan", open: labelled || scanned, evidence }
}

/// When the rules move an order on, if nothing changes: its state's time is up then and every other gate is open now.
pub fn due(order: &Order, rules: &ProgressRules) -> Option<Timestamp> {
    let hours = match order.tracks.status {
        OrderStatus::Pending if paid(order).open => rules.pending_after_h,
        OrderStatus::Processing if left_the_house(order).open => rules.processing_after_h,
        _ => return None,
    };
    order.status_since.checked_add(SignedDuration::from_hours(i64::from(hours))).ok()
}

/// Decides whether an order should move on now.
pub fn consider(order: &Order, rules: &ProgressRules, now: Timestamp) -> Decision {
    let (next, gates) = match order.tracks.status {
        OrderStatus::Pending => (Some(OrderStatus::Processing), vec![aged(order, rules.pending_after_h, now), paid(order)]),
        OrderStatus::Processing => (Some(OrderStatus::Shipped), vec![aged(order, rules.processing_after_h, now), left_the_house(order)]),
        other => {
            let reason = format!("no rule moves an order on from {other}");
            return Decision { should_progress: false, next_status: None, reason, confidence: 0, gates: Vec::new() };
        }
    };
    let closed: Vec<&str> = gates.iter().filter(|gate| !gate.open).map(|gate| gate.evidence.as_str()).collect();
    let should_progress = closed.is_empty();
    let reason = if should_progress {
        gates.iter().map(|gate| gate.evidence.as_str()).collect::<Vec<_>>().join("; ")
    } else {
        format!("waiting: {}", closed.join("; "))
    };
    Decision { should_progress, next_status: next, reason, confidence: if should_progress { 100 } else { 0 }, gates }
}

impl Decision {
    /// The command that carries it out, if it says so. `note` is what the person wrote who asked.
    pub fn as_change(&self, note: Option<String>, notify: bool) -> Option<ChangeStatus> {
        let to = self.next_status.filter(|_| self.should_progress)?;
        let cause = Cause::Rule { rule: "auto_progress".to_owned(), reason: self.reason.clone(), confidence: self.confidence, note };
        Some(ChangeStatus { to, implied_steps: false, cause, notify })
    }
}
