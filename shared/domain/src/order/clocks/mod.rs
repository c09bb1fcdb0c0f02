//! The clocks of an order: by when it has to be how far, and what became of that.
//!
//! A clock is started by what happens, and keeps the rules of that moment. Nothing has to arrive for it to run out: when it is
//! at risk and when it is missed are places among the order's timers. It stands on the times at which things are said to have
//! happened, so words that come late or out of order set it right, and the order of their coming does not matter.

mod follow;
mod hold;
mod milestone;

#[cfg(test)]
mod tests;

pub use follow::{clocked, tick};
pub use hold::Hold;
pub use milestone::{Milestone, Milestones};

use super::Order;
use super::status::OrderStatus;
use crate::sla::{Factor, Sla};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
const fn is_none(seconds: &i64) -> bool {
    *seconds == 0
}

/// How a clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlaState {
    /// There is time.
    Running,
    /// Most of the time has gone.
    AtRisk,
    /// In time.
    Kept,
    /// Too late, or its time has gone.
    Missed,
    /// The order came to nothing before its time was up.
    Void,
}

impl SlaState {
    /// Its word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            SlaState::Running => "running",
            SlaState::AtRisk => "at_risk",
            SlaState::Kept => "kept",
            SlaState::Missed => "missed",
            SlaState::Void => "void",
        }
    }

    /// From its word.
    pub fn from_word(word: &str) -> Option<SlaState> {
        use SlaState as S;
        [S::Running, S::AtRisk, S::Kept, S::Missed, S::Void].into_iter().find(|state| state.as_str() == word)
    }
}

/// A service level of one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaClock {
    /// Which.
    pub sla: Sla,
    /// Since when it runs.
    pub started_at: Timestamp,
    /// The last moment that is in time.
    pub due_at: Timestamp,
    /// When most of its time has gone.
    pub warn_at: Timestamp,
    /// Seconds it has by the rules, before anything made it longer.
    pub target_s: i64,
    /// What made it longer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub factors: Vec<Factor>,
    /// Seconds for which the order was on hold meanwhile.
    #[serde(default, skip_serializing_if = "is_none")]
    pub held_s: i64,
    /// When it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// It was said that it is at risk.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub warned: bool,
    /// It was said that it is missed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missed: bool,
    /// The order came to nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub void: bool,
}

impl SlaClock {
    fn starting(sla: Sla, started_at: Timestamp, target_s: i64) -> SlaClock {
        SlaClock {
            sla,
            started_at,
            due_at: started_at,
            warn_at: started_at,
            target_s,
            factors: Vec::new(),
            held_s: 0,
            ended_at: None,
            warned: false,
            missed: false,
            void: false,
        }
    }

    /// With the time that its order was on hold.
    fn held(self, holds: &[Hold]) -> SlaClock {
        let (due, warn) = (later(self.due_at, -self.held_s), later(self.warn_at, -self.held_s));
        let pauses = self.sla.pauses();
        let held_s = if pauses { hold::held(holds, self.started_at, due, self.ended_at).as_secs() } else { 0 };
        SlaClock { due_at: later(due, held_s), warn_at: later(warn, held_s), held_s, ..self }
    }

    /// How it stands.
    pub fn state(&self) -> SlaState {
        match (self.ended_at, self.missed, self.void) {
            (Some(ended), ..) if ended <= self.due_at => SlaState::Kept,
            (Some(_), ..) | (None, true, _) => SlaState::Missed,
            (None, false, true) => SlaState::Void,
            (None, false, false) if self.warned => SlaState::AtRisk,
            (None, false, false) => SlaState::Running,
        }
    }

    /// It is still to be done.
    pub const fn is_running(&self) -> bool {
        self.ended_at.is_none() && !self.void
    }

    /// When time alone changes how it stands.
    fn next(&self) -> Option<Timestamp> {
        if !self.is_running() || self.missed {
            return None;
        }
        // It is missed after its last moment, not at it.
        let missed = self.due_at.saturating_add(SignedDuration::from_millis(1)).unwrap_or(Timestamp::MAX);
        Some(if self.warned { missed } else { self.warn_at.min(missed) })
    }

    /// Time until it is missed, or that was left when it was done; negative if it is late.
    pub fn left(&self, now: Timestamp) -> SignedDuration {
        self.due_at.duration_since(self.ended_at.unwrap_or(now))
    }
}

fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds)).map_or(super::watch::NEVER, |at| at.min(super::watch::NEVER))
}

/// What happened to the clocks of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaEvent {
    /// When it has come how far, if that has changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milestones: Option<Milestones>,
    /// When it was on hold, if that has changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds: Option<Vec<Hold>>,
    /// Clocks that started, were set right, ended or ran out, as they are now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clocks: Vec<SlaClock>,
    /// Clocks that should not have been started, or that the shop runs no more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gone: Vec<Sla>,
}

impl SlaEvent {
    /// As a timeline shows it.
    pub fn in_words(&self) -> String {
        let words = |clock: &SlaClock| {
            let what = clock.sla.text();
            match clock.state() {
                SlaState::Running => format!("{what} has time until {}", clock.due_at.strftime("%Y-%m-%d %H:%M UTC")),
                SlaState::AtRisk => format!("{what} is at risk, due {}", clock.due_at.strftime("%Y-%m-%d %H:%M UTC")),
                SlaState::Kept => format!("{what} was in time"),
                SlaState::Missed if clock.ended_at.is_some() => format!("{what} was late"),
                SlaState::Missed => format!("{what} is late, it was due {}", clock.due_at.strftime("%Y-%m-%d %H:%M UTC")),
                SlaState::Void => format!("{what} does not matter any more"),
            }
        };
        let gone = self.gone.iter().map(|sla| format!("{} has no deadline any more", sla.text()));
        let said: Vec<String> = self.clocks.iter().map(words).chain(gone).collect();
        if said.is_empty() { "How far it has come was set right".to_owned() } else { said.join("; ") }
    }
}

impl Order {
    /// Its clock for a service level, if there is one.
    pub fn clock(&self, sla: Sla) -> Option<&SlaClock> {
        self.clocks.iter().find(|clock| clock.sla == sla)
    }

    /// Of what is still to be done, what is due first.
    pub fn pressing(&self) -> Option<&SlaClock> {
        self.clocks.iter().filter(|clock| clock.is_running()).min_by_key(|clock| (clock.due_at, clock.sla))
    }

    /// When time alone changes how one of its clocks stands.
    pub fn clocks_due(&self) -> Option<Timestamp> {
        let held = self.tracks.status == OrderStatus::OnHold;
        self.clocks.iter().filter(|clock| !(held && clock.sla.pauses())).filter_map(SlaClock::next).min()
    }

    pub(super) fn ran(&mut self, event: &SlaEvent) {
        if let Some(milestones) = &event.milestones {
            self.milestones = milestones.clone();
        }
        if let Some(holds) = &event.holds {
            self.holds = holds.clone();
        }
        self.clocks.retain(|clock| !event.gone.contains(&clock.sla) && !event.clocks.iter().any(|other| other.sla == clock.sla));
        self.clocks.extend(event.clocks.iter().cloned());
        self.clocks.sort_by_key(|clock| clock.sla);
    }
}
