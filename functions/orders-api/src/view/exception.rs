//! What is wrong with orders.

use super::decision::{Measured, decimal};
use app::analytics::{Share, Span};
use app::exceptions::{Figures, Risk};
use app::ports::ExceptionEntry;
use domain::exception::{Cluster, Peak, Severity, patterns};
use domain::order::{Exception, Order};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::Number;
use std::collections::BTreeMap;

/// Something that is wrong with an order, or was.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct OrderException {
    /// Of which order.
    pub order_id: String,
    /// Its name among those of that order.
    #[cfg_attr(test, schema(example = "pick-delay-1"))]
    pub exception_id: String,
    /// What: "PICK_DELAY", "PACK_DELAY", "SHIP_DELAY", "CARRIER_ISSUE", "MISSING_SCAN", "STOCK_MISMATCH", "INVENTORY_SHORTAGE", "ADDRESS_ERROR",
    /// "ADDRESS_INVALID", "DELIVERY_DELAY", "DAMAGED_PACKAGE", "CUSTOMER_UNAVAILABLE", "PAYMENT_FAILED", "SYSTEM_ERROR", "OTHER",
    /// "STALE_PENDING", "STALE_PROCESSING" or "NO_CUSTOMER_CONTACT".
    #[cfg_attr(test, schema(example = "PICK_DELAY"))]
    pub code: &'static str,
    /// "low", "medium", "high" or "critical".
    pub severity: &'static str,
    /// "open", "acknowledged", "in_progress", "resolved" or "closed".
    pub status: &'static str,
    /// How urgent it is: its severity (25, 50, 75, 100), two points for each hour up to 50, 30 from three hours on, less ten for each attempt of ours.
    pub priority: i32,
    /// What its order is worth adds to that: 0, 10 or 20.
    pub worth: u8,
    /// "critical_urgent", "high_impact", "sla_risk" or "standard".
    pub bucket: &'static str,
    /// What shows it, in our words.
    pub why: String,
    /// What the customer may be told of it; none if it is not for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_note: Option<&'static str>,
    /// How often it was shown.
    pub count: u32,
    /// Who works on it: subject of their token, or id of their key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_to: Option<String>,
    /// It is escalated.
    pub escalated: bool,
    /// The review that decides what is done about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review_id: Option<String>,
    /// Since when it is wrong.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub opened_at: Timestamp,
    /// By when it has to be resolved.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub due_at: Timestamp,
    /// When somebody had first seen it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>, format = DateTime))]
    pub responded_at: Option<Timestamp>,
    /// Whether it was resolved in time; none while there is time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_time: Option<bool>,
    /// How it ended: "person", "by_itself", "overtaken" or "reviewed".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution: Option<&'static str>,
    /// By whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>, format = DateTime))]
    pub resolved_at: Option<Timestamp>,
    /// What the order costs, decimal.
    pub total: String,
    /// ISO 4217.
    pub currency: String,
    /// The word people see for its order.
    pub order_label: &'static str,
    /// By whom the order goes, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    /// Where it is packed, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

impl OrderException {
    /// Of a row of the board, as it stands at a moment.
    pub fn of(entry: &ExceptionEntry, now: Timestamp) -> OrderException {
        let exception: &Exception = &entry.exception;
        let resolved = exception.resolved.as_ref();
        let total = entry.total();
        OrderException {
            order_id: entry.order.to_string(),
            exception_id: exception.id.to_string(),
            code: exception.reason.code(),
            severity: exception.severity.as_str(),
            status: exception.status.as_str(),
            priority: exception.priority(now),
            worth: exception.worth,
            bucket: exception.bucket(now).as_str(),
            why: exception.why.clone(),
            client_note: exception.reason.client_note(),
            count: exception.count,
            assigned_to: exception.assigned.clone(),
            escalated: exception.escalated,
            review_id: exception.review.as_ref().map(ToString::to_string),
            opened_at: exception.opened_at,
            due_at: exception.due_at,
            responded_at: exception.responded_at,
            in_time: exception.in_time,
            resolution: resolved.map(|resolved| resolved.how.as_str()),
            resolved_by: resolved.and_then(|resolved| resolved.by.clone()),
            resolved_at: resolved.map(|resolved| resolved.at),
            total: total.decimal(),
            currency: total.currency.to_string(),
            order_label: entry.label.text(),
            carrier: entry.carrier.clone(),
            location: entry.location.clone(),
        }
    }

    /// All of an order, the latest first.
    pub fn all(order: &Order, now: Timestamp) -> Vec<OrderException> {
        order.exceptions.iter().rev().map(|exception| OrderException::of(&ExceptionEntry::of(order, exception), now)).collect()
    }
}

/// A page of exceptions.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ExceptionList {
    /// Open ones the most urgent first, ended ones the latest first.
    pub exceptions: Vec<OrderException>,
    /// The moment by which their urgency was reckoned.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub as_of: Timestamp,
    /// Send it as `cursor` with the same filter; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// How exceptions are worked on, what recurs, and what is at risk.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ExceptionFigures {
    /// First day, by the shop's clock.
    #[cfg_attr(test, schema(value_type = String, format = Date))]
    pub from: Date,
    /// Last day.
    #[cfg_attr(test, schema(value_type = String, format = Date))]
    pub to: Date,
    /// How many were opened, by code.
    pub opened: BTreeMap<&'static str, i64>,
    /// Of what has ended in these days and what is still open, what has ended.
    pub resolution_rate: Measured,
    /// Of what was resolved, without anybody.
    pub by_itself: Measured,
    /// Hours from its opening, or from when it was taken up again, to its end.
    pub hours_to_resolve: Measured,
    /// Of what had to be seen within the response time, what was; what nobody has seen when it is up counts, seen or not.
    pub seen_in_time: Measured,
    /// Of what had to be resolved within it, what was.
    pub resolved_in_time: Measured,
    /// What stands out of these days, as far as that is more than chance.
    pub patterns: PatternsView,
    /// What is open now, by severity.
    pub open: BTreeMap<&'static str, i64>,
    /// What is at risk now, one of each currency: 80, 50, 20 or 5 percent of what an order costs, by the worst of what is wrong with it.
    pub revenue_at_risk: Vec<RiskView>,
    /// When it was read.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub as_of: Timestamp,
}

/// What stands out.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PatternsView {
    /// What was opened more than five times, most often first, at most five.
    pub recurring: Vec<RecurringView>,
    /// The hour of the shop's day at which more is opened than at others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_hour: Option<PeakView>,
    /// The day of the week on which more is opened than on others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_day: Option<PeakView>,
    /// Reasons that come together at one carrier or warehouse.
    pub root_causes: Vec<ClusterView>,
    /// Fewer than 80 % of what has ended or is open have ended.
    pub resolves_too_few: bool,
}

/// What recurs.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct RecurringView {
    /// What.
    pub code: &'static str,
    /// How often.
    pub n: i64,
}

/// A peak.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PeakView {
    /// "14:00", or "monday".
    pub at: String,
    /// So many then.
    pub n: i64,
    /// Of so many.
    pub of: i64,
}

/// A reason at a place.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ClusterView {
    /// What.
    pub code: &'static str,
    /// "carrier" or "location".
    pub kind: &'static str,
    /// Its name.
    pub place: String,
    /// So many there.
    pub n: i64,
    /// Of so many at all places of its kind.
    pub of: i64,
    /// What the place has of everything else, in percent.
    #[cfg_attr(test, schema(value_type = f64))]
    pub usual_percent: Option<Number>,
}

/// What is at risk of a currency.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct RiskView {
    /// ISO 4217.
    pub currency: String,
    /// Orders that something is wrong with, by the worst of it.
    pub orders: BTreeMap<&'static str, i64>,
    /// What they cost together, decimal.
    pub worth: String,
    /// What of that is at risk.
    pub at_risk: String,
}

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl ExceptionFigures {
    /// Of some days.
    pub fn of(found: &Figures, span: &Span, now: Timestamp) -> ExceptionFigures {
        let seen = &found.seen;
        let stands_out = patterns(seen);
        let share = |share: Share, formula| Measured::share(share.part, share.of, 3, formula);
        let by_severity = |counts: &BTreeMap<Severity, i64>| counts.iter().map(|(severity, n)| (severity.as_str(), *n)).collect();
        let peak =
            |peak: Option<Peak>, name: &dyn Fn(usize) -> String| peak.map(|peak| PeakView { at: name(peak.at), n: peak.n, of: peak.of });
        let by_itself = found.how.get("by_itself").copied().unwrap_or(0);
        let risk = |risk: &Risk| RiskView {
            currency: risk.currency.to_string(),
            orders: by_severity(&risk.orders),
            worth: risk.worth.decimal(),
            at_risk: risk.at_risk.decimal(),
        };
        ExceptionFigures {
            from: span.first,
            to: span.last,
            opened: seen.opened.iter().map(|(reason, n)| (reason.code(), *n)).collect(),
            resolution_rate: Measured::share(seen.resolved, seen.resolved + seen.open, 3, "resolved / (resolved + open)"),
            by_itself: Measured::share(by_itself, seen.resolved, 3, "resolved by itself / resolved"),
            hours_to_resolve: Measured::share(found.resolved_s, seen.resolved.saturating_mul(3_600), 1, "sum of hours / resolved")
                .resting_on(seen.resolved),
            seen_in_time: share(found.response.seen, "seen in time / due"),
            resolved_in_time: share(found.response.resolved, "resolved in time / due"),
            patterns: PatternsView {
                recurring: stands_out.recurring.iter().map(|(reason, n)| RecurringView { code: reason.code(), n: *n }).collect(),
                peak_hour: peak(stands_out.peak_hour, &|hour| format!("{hour:02}:00")),
                peak_day: peak(stands_out.peak_day, &|day| DAYS.get(day).copied().unwrap_or_default().to_owned()),
                root_causes: stands_out.clusters.iter().map(ClusterView::of).collect(),
                resolves_too_few: stands_out.resolves_too_few,
            },
            open: by_severity(&found.open),
            revenue_at_risk: found.risk.iter().map(risk).collect(),
            as_of: now,
        }
    }
}

impl ClusterView {
    fn of(cluster: &Cluster) -> ClusterView {
        ClusterView {
            code: cluster.reason.code(),
            kind: cluster.kind.as_str(),
            place: cluster.place.clone(),
            n: cluster.n,
            of: cluster.of,
            usual_percent: decimal(cluster.usual_tenths, 10, 1),
        }
    }
}
