//! Decisions of rules: each with all it looked at, and how rules have done.

use app::ledger::Lines;
use app::ports::DecisionRecord;
use app::progress::Habit;
use domain::order::Track;
use domain::order::progress::{Decision, ProgressRules};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Number;

/// What the rules think should happen.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct DecisionView {
    /// Move it?
    pub should_progress: bool,
    /// Where to, if anywhere.
    pub next_status: Option<&'static str>,
    /// In words.
    #[cfg_attr(test, schema(example = "pending for 25.0 h of 24 h; payment is captured"))]
    pub reason: String,
    /// 0 to 1: how often people let such a decision stand. 0 while a gate is closed.
    #[cfg_attr(test, schema(value_type = f64, example = 0.95))]
    pub confidence: Number,
    /// The conditions.
    pub gates: Vec<GateView>,
    /// What else was looked at.
    pub evidence: Vec<String>,
}

/// A condition and whether it holds.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct GateView {
    /// "age", "paid", "label_or_scan", "value", "stock", "person", "second_opinion", "confidence".
    pub name: String,
    /// Does it hold?
    pub open: bool,
    /// What it saw.
    pub evidence: String,
}

/// A fraction with so many decimals as a JSON number, without floats.
pub(crate) fn decimal(numerator: i64, denominator: i64, decimals: u32) -> Option<Number> {
    let scale = 10_i64.pow(decimals);
    let scaled = numerator.checked_mul(scale)?.checked_add(denominator / 2)?.checked_div(denominator)?;
    let (sign, scaled) = if scaled < 0 { ("-", -scaled) } else { ("", scaled) };
    format!("{sign}{}.{:0width$}", scaled / scale, scaled % scale, width = decimals as usize).parse().ok()
}

impl DecisionView {
    /// Of a decision.
    pub fn of(decision: &Decision) -> DecisionView {
        let gates =
            decision.gates.iter().map(|gate| GateView { name: gate.name.clone(), open: gate.open, evidence: gate.evidence.clone() });
        DecisionView {
            should_progress: decision.should_progress,
            next_status: decision.next_status.map(Track::as_str),
            reason: decision.reason.clone(),
            confidence: decimal(i64::from(decision.confidence), 100, 2).unwrap_or_else(|| 0.into()),
            gates: gates.collect(),
            evidence: decision.evidence.clone(),
        }
    }
}

/// A decision as the ledger has it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct LedgerEntry {
    /// Its name among the decisions about its order.
    pub decision_id: String,
    /// Order number.
    pub order_id: String,
    /// When.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// Who had it decided.
    pub actor: String,
    /// By which version of the shop's settings.
    pub settings_version: u64,
    /// "moved", "shadow" (it would have) or "waiting".
    pub outcome: &'static str,
    /// What was decided.
    pub decision: DecisionView,
    /// Everything that was looked at.
    #[cfg_attr(test, schema(value_type = Object))]
    pub inputs: serde_json::Value,
    /// What a person thought of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judgement: Option<JudgementView>,
    /// Finds the logs.
    pub trace_id: String,
}

/// What a person thought of a decision.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct JudgementView {
    /// "undone", "corrected", "disagreed" or "agreed".
    pub verdict: &'static str,
    /// Who.
    pub by: String,
    /// When.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
}

impl LedgerEntry {
    /// Of an entry.
    pub fn of(entry: &DecisionRecord) -> LedgerEntry {
        LedgerEntry {
            decision_id: entry.id.to_string(),
            order_id: entry.order.to_string(),
            at: entry.at,
            actor: entry.actor.in_words(),
            settings_version: entry.settings,
            outcome: entry.outcome.code(),
            decision: DecisionView::of(&entry.decision),
            inputs: serde_json::to_value(&entry.features).unwrap_or_default(),
            judgement: entry.judgement.as_ref().map(|judgement| JudgementView {
                verdict: judgement.verdict.code(),
                by: judgement.by.in_words(),
                at: judgement.at,
            }),
            trace_id: entry.correlation.to_string(),
        }
    }
}

/// Decisions.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct LedgerPage {
    /// Newest first.
    pub decisions: Vec<LedgerEntry>,
    /// Send it as `cursor`; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A measured number. Without anything to measure there is none.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Measured {
    /// The number; none if `n` is 0.
    #[cfg_attr(test, schema(value_type = Option<f64>))]
    pub value: Option<Number>,
    /// How many it rests on.
    pub n: i64,
    /// How it is computed.
    pub formula: &'static str,
}

impl Measured {
    /// A share of `n`, with so many decimals.
    pub fn share(part: i64, n: i64, decimals: u32, formula: &'static str) -> Measured {
        Measured { value: if n > 0 { decimal(part, n, decimals) } else { None }, n, formula }
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// How a rule has done.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct RuleAccuracy {
    /// The status it moves orders on from.
    pub from: &'static str,
    /// And to.
    pub to: &'static str,
    /// Share of its decisions that people let stand.
    pub accuracy: Measured,
    /// Mean squared difference between its confidence and what people did; 0 is best.
    pub brier: Measured,
    /// Share of reviewed decisions that reviewers agreed with.
    pub agreement: Measured,
    /// The confidence it decides with now.
    #[cfg_attr(test, schema(value_type = f64))]
    pub confidence: Number,
    /// Hours after which half of the shop's orders leave the status; none if too few have.
    #[cfg_attr(test, schema(value_type = Option<f64>))]
    pub usual_hours: Option<Number>,
    /// Hours that orders stay in the status, on average.
    pub mean_hours: Measured,
}

impl RuleAccuracy {
    /// Of a rule.
    pub fn of(from: domain::order::OrderStatus, to: domain::order::OrderStatus, habit: &Habit) -> RuleAccuracy {
        let decided = signed(habit.record.decided);
        RuleAccuracy {
            from: from.as_str(),
            to: to.as_str(),
            accuracy: Measured::share(decided - signed(habit.record.overruled), decided, 3, "1 - overruled / moved"),
            brier: Measured::share(habit.brier, decided.saturating_mul(10_000), 4, "mean of (confidence - kept)^2").resting_on(decided),
            agreement: Measured::share(signed(habit.agreed), signed(habit.reviewed), 3, "agreed / reviewed"),
            confidence: decimal(i64::from(habit.record.confidence()), 100, 2).unwrap_or_else(|| 0.into()),
            usual_hours: habit.usual_s.and_then(|seconds| decimal(seconds, 3_600, 1)),
            mean_hours: Measured::share(habit.left_s, signed(habit.left).saturating_mul(3_600), 1, "sum of hours / orders that left")
                .resting_on(signed(habit.left)),
        }
    }
}

impl Measured {
    /// Beside what it rests on, where that is not the denominator.
    #[must_use]
    pub fn resting_on(self, n: i64) -> Measured {
        Measured { n, ..self }
    }
}

/// How the rules have done.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Accuracy {
    /// Counted from the first day of this month on.
    #[cfg_attr(test, schema(example = "2025-06"))]
    pub since: String,
    /// As of when.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub as_of: Timestamp,
    /// Rule by rule.
    pub rules: Vec<RuleAccuracy>,
    /// Share of all status changes that nobody had to make.
    pub auto_progress_rate: Measured,
}

/// What rules would have done with the orders of the past days.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ReplayView {
    /// Orders looked at: those that changed last, at most 500.
    pub orders: usize,
    /// There were more.
    pub more: bool,
    /// The rules of today.
    pub current: ReplayedRules,
    /// The rules that were sent.
    pub proposed: ReplayedRules,
    /// What could not be replayed, and is therefore not in these figures.
    pub not_replayed: &'static str,
}

/// What one set of rules would have done.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ReplayedRules {
    /// The rules.
    #[cfg_attr(test, schema(value_type = Object))]
    pub rules: ProgressRules,
    /// Step by step.
    pub steps: Vec<ReplayedStep>,
}

/// What a rule would have done.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ReplayedStep {
    /// From.
    pub from: &'static str,
    /// To.
    pub to: &'static str,
    /// Orders it would have moved.
    pub would_move: usize,
    /// Of them, those that went that way later.
    pub went_that_way: usize,
    /// Hours by which those would have been sooner, on average.
    pub hours_sooner: Measured,
    /// Those that went somewhere else: it would have been wrong.
    pub went_elsewhere: usize,
    /// Some of those: order and where it went.
    pub examples: Vec<(String, &'static str)>,
    /// Those that are still where they were.
    pub still_there: usize,
}

impl ReplayedRules {
    /// Of rules and what they would have done.
    pub fn of(rules: ProgressRules, lines: &Lines) -> ReplayedRules {
        let step = |(from, line): (&domain::order::OrderStatus, &app::ledger::Line)| {
            let went = i64::try_from(line.went).unwrap_or(i64::MAX);
            let sooner = Measured::share(line.sooner_s, went.saturating_mul(3_600), 1, "sum of hours sooner / orders that went that way");
            ReplayedStep {
                from: from.as_str(),
                to: rules.step(*from).map_or("", |(to, _)| to.as_str()),
                would_move: line.moved,
                went_that_way: line.went,
                hours_sooner: sooner.resting_on(went),
                went_elsewhere: line.elsewhere.len(),
                examples: line.examples().iter().map(|(order, to)| (order.to_string(), to.as_str())).collect(),
                still_there: line.open,
            }
        };
        ReplayedRules { rules, steps: lines.iter().map(step).collect() }
    }
}
