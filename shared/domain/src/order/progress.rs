//! Moving routine orders on by themselves: rules with evidence, never age alone.
//!
//! A decision is a function of what was looked at ([`Features`]), the shop's rules, how often people overruled the rule
//! before ([`TrackRecord`]) and, where the shop wants one, a second opinion. All of it is kept with the decision, so that
//! it can be read, judged and taken again.

mod features;
mod opinion;
mod record;
pub mod replay;

#[cfg(test)]
mod golden;

pub use features::{Features, Stock};
pub use opinion::Opinion;
pub use record::TrackRecord;

use super::status::{FulfilmentStatus, OrderStatus, PaymentStatus, TrackingStatus};
use super::{Cause, ChangeStatus, DecisionId, Order};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The name of the rule, as histories and figures have it.
pub const RULE: &str = "auto_progress";

/// Whether orders move on by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Only when somebody asks for it.
    #[default]
    Off,
    /// It is decided and kept what would have happened; nothing does.
    Shadow,
    /// They do.
    Auto,
}

/// When an order may move on. Hours in the state it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProgressRules {
    /// Pending to processing.
    pub pending_after_h: u32,
    /// Processing to shipped, packed in between or not, if a label or a scan proves it.
    pub processing_after_h: u32,
    /// Whether orders move on by themselves.
    pub mode: Mode,
    /// Percent. A rule that people overrule too often stops by itself.
    pub min_confidence: u8,
    /// In whole units of the order's currency: what is worth more is a person's. 0 = no limit.
    pub max_total: u32,
    /// Before work begins, everything must be in stock, as far as stock is kept here.
    pub require_stock: bool,
    /// A language model is asked, too. It can only hold an order back.
    pub second_opinion: bool,
}

impl Default for ProgressRules {
    fn default() -> Self {
        ProgressRules {
            pending_after_h: 24,
            processing_after_h: 48,
            mode: Mode::Off,
            min_confidence: 80,
            max_total: 0,
            require_stock: true,
            second_opinion: false,
        }
    }
}

impl ProgressRules {
    /// Longest wait that can be set, in hours: a year.
    pub const HOURS_MAX: u32 = 8_760;

    /// Where the rules lead from a state, and after how many hours in it; none if they do not lead on.
    pub const fn step(&self, from: OrderStatus) -> Option<(OrderStatus, u32)> {
        match from {
            OrderStatus::Pending => Some((OrderStatus::Processing, self.pending_after_h)),
            // Whoever prints a label makes it ready to ship, and often nobody says more.
            OrderStatus::Processing | OrderStatus::ReadyToShip => Some((OrderStatus::Shipped, self.processing_after_h)),
            _ => None,
        }
    }
}

/// A condition and whether it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// Its name.
    pub name: String,
    /// Does it hold?
    pub open: bool,
    /// What it saw.
    pub evidence: String,
}

impl Gate {
    fn new(name: &str, open: bool, evidence: String) -> Gate {
        Gate { name: name.to_owned(), open, evidence }
    }
}

/// What a rule thinks should happen, with everything it looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Move it?
    pub should_progress: bool,
    /// Where to, if anywhere.
    pub next_status: Option<OrderStatus>,
    /// In words.
    pub reason: String,
    /// 0 to 100: how often people let such a decision stand. A closed gate leaves none.
    pub confidence: u8,
    /// The conditions.
    pub gates: Vec<Gate>,
    /// What else was looked at, in words.
    pub evidence: Vec<String>,
}

/// Hours and a tenth.
fn hours(seconds: i64) -> String {
    let tenths = seconds / 360;
    format!("{}.{} h", tenths / 10, tenths % 10)
}

fn aged(seen: &Features, wait: u32) -> Gate {
    let open = seen.in_state_s >= i64::from(wait) * 3_600;
    // The work on what is ready to ship began before it was.
    let state = if seen.status == OrderStatus::ReadyToShip { OrderStatus::Processing } else { seen.status };
    Gate::new("age", open, format!("{state} for {} of {wait} h", hours(seen.in_state_s)))
}

const fn is_paid(payment: PaymentStatus) -> bool {
    matches!(payment, PaymentStatus::Authorized | PaymentStatus::Captured | PaymentStatus::PartiallyCaptured)
}

const fn left_the_house(fulfilment: FulfilmentStatus, tracking: TrackingStatus) -> bool {
    let labelled = matches!(fulfilment, FulfilmentStatus::Labelled | FulfilmentStatus::Shipped | FulfilmentStatus::Delivered);
    let scanned = !matches!(tracking, TrackingStatus::Unknown | TrackingStatus::Pending | TrackingStatus::Cancelled);
    labelled || scanned
}

/// What proves that the step may be made, beside age.
fn proven(seen: &Features) -> Gate {
    if seen.status == OrderStatus::Pending {
        Gate::new("paid", is_paid(seen.payment), format!("payment is {}", seen.payment))
    } else {
        let evidence = format!("fulfilment is {}, tracking is {}", seen.fulfilment, seen.tracking);
        Gate::new("label_or_scan", left_the_house(seen.fulfilment, seen.tracking), evidence)
    }
}

/// The money is gone, or somebody claims it back.
const fn is_contested(payment: PaymentStatus) -> bool {
    matches!(payment, PaymentStatus::Refunded | PaymentStatus::Chargeback | PaymentStatus::Disputed | PaymentStatus::Voided)
}

/// Does the shop leave an order of this value to rules?
fn is_within(rules: &ProgressRules, total_minor: i64, currency: crate::money::Currency) -> bool {
    rules.max_total == 0 || total_minor <= i64::from(rules.max_total).saturating_mul(currency.minor_per_major())
}

/// Everything but age holds of the order as it stands, as far as the order itself knows.
fn may_move(order: &Order, rules: &ProgressRules) -> bool {
    let tracks = &order.tracks;
    let proven = match tracks.status {
        OrderStatus::Pending => is_paid(tracks.payment),
        _ => left_the_house(tracks.fulfilment, tracks.tracking),
    };
    proven
        && !order.is_in_workflow()
        && order.held_back_by().is_empty()
        && !is_contested(tracks.payment)
        && !order.kept_by_person
        && is_within(rules, order.totals.total_minor, order.totals.currency)
}

/// When the rules move an order on, if nothing changes: its state's time is up then and every other gate that the order
/// itself knows is open now.
pub fn due(order: &Order, rules: &ProgressRules) -> Option<Timestamp> {
    let (_, wait) = rules.step(order.tracks.status).filter(|_| may_move(order, rules))?;
    order.in_work_since.unwrap_or(order.status_since).checked_add(SignedDuration::from_hours(i64::from(wait))).ok()
}

/// Decides whether an order should move on.
pub fn consider(seen: &Features, rules: &ProgressRules, record: TrackRecord, opinion: Option<&Opinion>) -> Decision {
    let Some((next, wait)) = rules.step(seen.status) else {
        let reason = format!("no rule moves an order on from {}", seen.status);
        return Decision { should_progress: false, next_status: None, reason, confidence: 0, gates: Vec::new(), evidence: Vec::new() };
    };
    let mut gates = vec![aged(seen, wait), proven(seen)];
    if seen.status != OrderStatus::Pending && is_contested(seen.payment) {
        gates.push(Gate::new("paid", false, format!("payment is {}", seen.payment)));
    }
    if rules.max_total > 0 {
        let limit = format!("{} of at most {} {}", seen.total(), rules.max_total, seen.currency.code());
        gates.push(Gate::new("value", is_within(rules, seen.total_minor, seen.currency), limit));
    }
    if seen.status == OrderStatus::Pending && rules.require_stock {
        gates.extend(seen.stock.gate());
    }
    if seen.in_workflow {
        gates.push(Gate::new("workflow", false, "it is still being checked, reviewed or set aside".to_owned()));
    }
    if seen.kept_by_person {
        gates.push(Gate::new("person", false, format!("a person has undone this; it stays {} until somebody moves it", seen.status)));
    }
    let mut confidence = record.confidence();
    let mut evidence = vec![seen.in_words(), record.in_words()];
    evidence.extend(seen.usual_s.map(|usual| format!("half of this shop's orders leave {} within {}", seen.status, hours(usual))));
    // Whoever holds an order back anyway need not be asked.
    if let Some(opinion) = opinion.filter(|_| rules.second_opinion) {
        confidence = confidence.min(opinion.confidence);
        gates.push(opinion.gate());
        evidence.extend(opinion.reason.clone());
    }
    if gates.iter().all(|gate| gate.open) {
        let text = format!("confidence is {confidence} % of at least {} %", rules.min_confidence);
        gates.push(Gate::new("confidence", confidence >= rules.min_confidence, text));
    }
    let closed: Vec<&str> = gates.iter().filter(|gate| !gate.open).map(|gate| gate.evidence.as_str()).collect();
    let should_progress = closed.is_empty();
    let reason = if should_progress {
        let opened = gates.iter().filter(|gate| gate.name != "confidence").map(|gate| gate.evidence.as_str());
        opened.collect::<Vec<_>>().join("; ")
    } else {
        format!("waiting: {}", closed.join("; "))
    };
    Decision { should_progress, next_status: Some(next), reason, confidence: if should_progress { confidence } else { 0 }, gates, evidence }
}

impl Decision {
    /// The command that carries it out, if it says so. `note` is what the person wrote who asked.
    pub fn as_change(&self, id: DecisionId, note: Option<String>, notify: bool) -> Option<ChangeStatus> {
        let to = self.next_status.filter(|_| self.should_progress)?;
        let (reason, confidence) = (self.reason.clone(), self.confidence);
        let cause = Cause::Rule { rule: RULE.to_owned(), reason, confidence, note, decision: Some(id) };
        Some(ChangeStatus { to, implied_steps: false, cause, notify })
    }
}
