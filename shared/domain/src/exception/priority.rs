//! Which exception comes first.

use super::Severity;
use jiff::SignedDuration;

/// What is open for longer is about to break its response time.
pub const SLA_RISK_AFTER: SignedDuration = SignedDuration::from_hours(3);
/// What is critical and younger than this is to be met at once.
const URGENT_FOR: SignedDuration = SignedDuration::from_hours(2);
/// More than this has a high impact.
const HIGH_IMPACT_OVER: i32 = 120;
/// Two points an hour, up to these.
const AGE_POINTS_MAX: i64 = 50;
const SLA_RISK_POINTS: i32 = 30;
const ATTEMPT_POINTS: i32 = 10;

/// What age alone counts: two points an hour up to fifty, in whole points, and thirty more from three hours on.
pub fn age_points(age: SignedDuration) -> i32 {
    let by_hour = (age.as_secs().max(0) / 1_800).min(AGE_POINTS_MAX);
    let risk = if age > SLA_RISK_AFTER { SLA_RISK_POINTS } else { 0 };
    i32::try_from(by_hour).unwrap_or(0) + risk
}

/// How urgent it is: its severity (100, 75, 50, 25), its age ([`age_points`]), less ten for each attempt of ours at it.
pub fn priority(severity: Severity, age: SignedDuration, attempts: u8) -> i32 {
    severity.points() + age_points(age) - ATTEMPT_POINTS * i32::from(attempts)
}

/// Kinds of urgency, as a board shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bucket {
    /// Critical, and new.
    CriticalUrgent,
    /// Of more than 120 points.
    HighImpact,
    /// Open for more than three hours.
    SlaRisk,
    /// The rest.
    Standard,
}

impl Bucket {
    /// The most urgent first.
    pub const ALL: [Bucket; 4] = [Bucket::CriticalUrgent, Bucket::HighImpact, Bucket::SlaRisk, Bucket::Standard];

    /// On the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Bucket::CriticalUrgent => "critical_urgent",
            Bucket::HighImpact => "high_impact",
            Bucket::SlaRisk => "sla_risk",
            Bucket::Standard => "standard",
        }
    }

    /// From the wire.
    pub fn from_word(word: &str) -> Option<Bucket> {
        Bucket::ALL.into_iter().find(|bucket| bucket.as_str() == word)
    }

    /// For people.
    pub const fn text(self) -> &'static str {
        match self {
            Bucket::CriticalUrgent => "Critical",
            Bucket::HighImpact => "High impact",
            Bucket::SlaRisk => "SLA at risk",
            Bucket::Standard => "Standard",
        }
    }
}

/// In which bucket it stands.
pub fn bucket(severity: Severity, age: SignedDuration, attempts: u8) -> Bucket {
    if severity == Severity::Critical && age < URGENT_FOR {
        Bucket::CriticalUrgent
    } else if priority(severity, age, attempts) > HIGH_IMPACT_OVER {
        Bucket::HighImpact
    } else if age > SLA_RISK_AFTER {
        Bucket::SlaRisk
    } else {
        Bucket::Standard
    }
}
