//! What is wrong with an order, as work that somebody takes on and ends.
//!
//! An exception is part of its order. What shows one ([`Sign`]) is read from how the order stands, so it opens once however often, and in
//! whatever order, words come, and ends by itself when what showed it is gone. What somebody says is wrong stays until somebody has seen to it.
//! There is one open exception of a reason: what shows it again is counted with it.

mod deciding;
mod follow;
mod signs;

#[cfg(test)]
mod tests;

pub(super) use deciding::decide;
pub use follow::{Standards, noticed};
pub use signs::Sign;

use super::Order;
use crate::exception::{Bucket, ExceptionRules};
use crate::exception::{Reason, Severity, bucket, priority};
use crate::ids::{ExceptionId, ReviewId, SourceId};
use crate::money::Money;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Exceptions that an order remembers, ended ones among them; what it forgets is in its history.
pub const EXCEPTIONS_MAX: usize = 30;
/// Longest note, in characters.
pub const NOTE_CHARS_MAX: usize = 1_000;
/// So long after it was resolved it can be taken up again; then it is closed.
pub const REOPEN_WITHIN: SignedDuration = SignedDuration::from_hours(48);

/// Where the work on one stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExceptionStatus {
    /// Nobody has seen it.
    Open,
    /// Somebody has.
    Acknowledged,
    /// Somebody works on it.
    InProgress,
    /// It is over, unless it comes back.
    Resolved,
    /// It is over.
    Closed,
}

impl ExceptionStatus {
    /// All.
    pub const ALL: [ExceptionStatus; 5] = [
        ExceptionStatus::Open,
        ExceptionStatus::Acknowledged,
        ExceptionStatus::InProgress,
        ExceptionStatus::Resolved,
        ExceptionStatus::Closed,
    ];

    /// On the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            ExceptionStatus::Open => "open",
            ExceptionStatus::Acknowledged => "acknowledged",
            ExceptionStatus::InProgress => "in_progress",
            ExceptionStatus::Resolved => "resolved",
            ExceptionStatus::Closed => "closed",
        }
    }

    /// For people.
    pub const fn text(self) -> &'static str {
        match self {
            ExceptionStatus::Open => "open",
            ExceptionStatus::Acknowledged => "seen",
            ExceptionStatus::InProgress => "in work",
            ExceptionStatus::Resolved => "resolved",
            ExceptionStatus::Closed => "closed",
        }
    }

    /// There is still something to do.
    pub const fn is_open(self) -> bool {
        !matches!(self, ExceptionStatus::Resolved | ExceptionStatus::Closed)
    }

    /// Where it may go from here.
    pub const fn next(self) -> &'static [ExceptionStatus] {
        use ExceptionStatus as S;
        match self {
            S::Open => &[S::Acknowledged, S::InProgress, S::Resolved],
            S::Acknowledged => &[S::InProgress, S::Resolved],
            S::InProgress => &[S::Resolved],
            S::Resolved => &[S::InProgress, S::Closed],
            S::Closed => &[],
        }
    }
}

/// What is to happen to one at a moment, unless somebody has done something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The team hears that nobody has taken it on.
    Team,
    /// The customer hears that it takes longer.
    Customer,
    /// It is escalated.
    Escalate,
    /// Its response time is over.
    Late,
    /// It can be taken up again no more.
    Close,
}

/// When.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// What.
    pub step: Step,
    /// When.
    pub at: Timestamp,
}

/// How one ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// Somebody says so.
    Person,
    /// What showed it is gone.
    ByItself,
    /// The order has arrived, or has come to nothing.
    Overtaken,
    /// What was to be decided about it was.
    Reviewed,
}

impl Resolution {
    /// On the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Resolution::Person => "person",
            Resolution::ByItself => "by_itself",
            Resolution::Overtaken => "overtaken",
            Resolution::Reviewed => "reviewed",
        }
    }

    /// For people.
    pub const fn text(self) -> &'static str {
        match self {
            Resolution::Person => "resolved",
            Resolution::ByItself => "over by itself",
            Resolution::Overtaken => "overtaken",
            Resolution::Reviewed => "decided",
        }
    }
}

/// That it ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    /// How.
    pub how: Resolution,
    /// By whom, if by anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// Who has said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Origin {
    /// The order's own state shows it.
    Seen,
    /// A warehouse, a carrier or a shop.
    Told {
        /// Which.
        source: SourceId,
    },
    /// A person.
    Asked {
        /// Who: subject of their token, or id of their key.
        by: String,
    },
}

const fn once() -> u32 {
    1
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// Its name among those of its order: "pick-delay-1".
    pub id: ExceptionId,
    /// What.
    pub reason: Reason,
    /// How bad.
    pub severity: Severity,
    /// Who said so first.
    pub origin: Origin,
    /// What shows it, in words of ours: nothing in them names a customer.
    pub why: String,
    /// Where the work on it stands.
    pub status: ExceptionStatus,
    /// Since when.
    pub since: Timestamp,
    /// Since when it is wrong, as far as we know; what has come back, since then.
    pub opened_at: Timestamp,
    /// By when somebody has to have taken it on, and resolved it.
    pub due_at: Timestamp,
    /// How often it was shown.
    #[serde(default = "once")]
    pub count: u32,
    /// What showed it when anybody last looked: as long as the same does, it is no news.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signs: Vec<String>,
    /// Somebody has said so: it does not end because nothing shows it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub said: bool,
    /// What the worth of its order counts towards its priority.
    #[serde(default)]
    pub worth: u8,
    /// How often we tried to mend it by ourselves.
    #[serde(default)]
    pub attempts: u8,
    /// Who works on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned: Option<String>,
    /// When somebody had first seen it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responded_at: Option<Timestamp>,
    /// Whether somebody had seen it in time; unknown while there is time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_in_time: Option<bool>,
    /// Whether it was resolved in time; unknown while there is time. What comes back has its time anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_time: Option<bool>,
    /// It was escalated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub escalated: bool,
    /// What has to be decided first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewId>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Resolved>,
    /// What is to happen to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plan: Vec<Planned>,
}

impl Exception {
    /// One that nobody has seen, with nothing planned for it.
    pub fn new(id: ExceptionId, reason: Reason, (origin, why): (Origin, String), at: Timestamp) -> Exception {
        Exception {
            id,
            reason,
            severity: reason.traits().severity,
            origin,
            why,
            status: ExceptionStatus::Open,
            since: at,
            opened_at: at,
            due_at: at,
            count: 1,
            signs: Vec::new(),
            said: false,
            worth: 0,
            attempts: 0,
            assigned: None,
            responded_at: None,
            seen_in_time: None,
            in_time: None,
            escalated: false,
            review: None,
            resolved: None,
            plan: Vec::new(),
        }
    }

    /// How long it has been wrong.
    pub fn age(&self, now: Timestamp) -> SignedDuration {
        now.duration_since(self.opened_at).max(SignedDuration::ZERO)
    }

    /// How urgent it is by its reason and age alone.
    pub fn priority(&self, now: Timestamp) -> i32 {
        priority(self.severity, self.age(now), self.attempts)
    }

    /// What of its urgency does not change while it gets older.
    pub fn standing(&self) -> i32 {
        self.severity.points() + i32::from(self.worth) - 10 * i32::from(self.attempts)
    }

    /// How urgent it is, with what its order is worth.
    pub fn urgency(&self, now: Timestamp) -> i32 {
        self.priority(now) + i32::from(self.worth)
    }

    /// Among which it stands.
    pub fn bucket(&self, now: Timestamp) -> Bucket {
        bucket(self.severity, self.age(now), self.attempts)
    }

    /// It can be taken up again.
    pub fn may_reopen(&self, now: Timestamp) -> bool {
        let within = |resolved: &Resolved| now.duration_since(resolved.at) <= REOPEN_WITHIN;
        self.status == ExceptionStatus::Resolved && self.resolved.as_ref().is_some_and(within)
    }

    fn next(&self) -> Option<Timestamp> {
        self.plan.iter().map(|planned| planned.at).min()
    }

    fn responded(&mut self, at: Timestamp) {
        self.responded_at.get_or_insert(at);
        self.seen_in_time.get_or_insert(at <= self.due_at);
        self.plan.retain(|planned| planned.step != Step::Team);
    }

    fn goes(&mut self, to: ExceptionStatus, at: Timestamp) {
        (self.status, self.since) = (to, at);
    }
}

/// What happened to one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum ExceptionEvent {
    /// Something is wrong.
    Opened {
        /// What.
        exception: Box<Exception>,
        /// What whoever said so wrote.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// It was shown again.
    Repeated {
        /// Which.
        id: ExceptionId,
        /// All that shows it now.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        signs: Vec<String>,
        /// In words.
        why: String,
        /// Somebody has said so.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        said: bool,
    },
    /// It has come back, or was not over.
    Reopened {
        /// Which.
        id: ExceptionId,
        /// All that shows it now.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        signs: Vec<String>,
        /// In words; what a person wrote is their note.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
        /// Somebody has said so.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        said: bool,
        /// Who says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// What they wrote.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// By when it has to be resolved now.
        due_at: Timestamp,
        /// What is to happen to it.
        plan: Vec<Planned>,
    },
    /// Nothing shows any more what a person had ended: if it is shown again, that is news.
    Cleared {
        /// Which.
        id: ExceptionId,
    },
    /// A person has to approve what is done about it.
    ReviewAsked {
        /// Which.
        id: ExceptionId,
        /// In which review.
        review: ReviewId,
    },
    /// Somebody has seen it.
    Acknowledged {
        /// Which.
        id: ExceptionId,
        /// Who.
        by: String,
    },
    /// Somebody is to work on it, or nobody in particular.
    Assigned {
        /// Which.
        id: ExceptionId,
        /// Who is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
        /// Who says so.
        by: String,
    },
    /// Somebody works on it.
    Started {
        /// Which.
        id: ExceptionId,
        /// Who.
        by: String,
    },
    /// Somebody has written something down.
    Noted {
        /// Which.
        id: ExceptionId,
        /// Who.
        by: String,
        /// What.
        note: String,
    },
    /// It is over.
    Resolved {
        /// Which.
        id: ExceptionId,
        /// How.
        how: Resolution,
        /// Who says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// What they wrote.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A moment has come that was planned.
    Reached {
        /// Of which.
        id: ExceptionId,
        /// What.
        step: Step,
    },
    /// It can be taken up again no more.
    Closed {
        /// Which.
        id: ExceptionId,
        /// Who says so, if anybody does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
}

impl ExceptionEvent {
    /// Which exception it is about.
    pub fn id(&self) -> &ExceptionId {
        match self {
            ExceptionEvent::Opened { exception, .. } => &exception.id,
            ExceptionEvent::Repeated { id, .. }
            | ExceptionEvent::Reopened { id, .. }
            | ExceptionEvent::Cleared { id }
            | ExceptionEvent::ReviewAsked { id, .. }
            | ExceptionEvent::Acknowledged { id, .. }
            | ExceptionEvent::Assigned { id, .. }
            | ExceptionEvent::Started { id, .. }
            | ExceptionEvent::Noted { id, .. }
            | ExceptionEvent::Resolved { id, .. }
            | ExceptionEvent::Reached { id, .. }
            | ExceptionEvent::Closed { id, .. } => id,
        }
    }

    /// As a timeline shows it.
    pub fn in_words(&self) -> String {
        let said = |note: &Option<String>| note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        let by = |by: &Option<String>| by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        match self {
            ExceptionEvent::Opened { exception, note } => format!("{}: {}{}", exception.reason.text(), exception.why, said(note)),
            ExceptionEvent::Repeated { id, why, .. } => format!("{id} again: {why}"),
            ExceptionEvent::Reopened { id, why, by: who, note, .. } => {
                let why = why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
                format!("{id} taken up again{}{why}{}", by(who), said(note))
            }
            ExceptionEvent::Cleared { id } => format!("{id}: nothing shows it any more"),
            ExceptionEvent::ReviewAsked { id, review } => format!("{id} waits for review {review}"),
            ExceptionEvent::Acknowledged { id, by } => format!("{id} seen by {by}"),
            ExceptionEvent::Assigned { id, to: Some(to), by } if to == by => format!("{id} taken on by {by}"),
            ExceptionEvent::Assigned { id, to: Some(to), by } => format!("{id} given to {to} by {by}"),
            ExceptionEvent::Assigned { id, to: None, by } => format!("{id} given back by {by}"),
            ExceptionEvent::Started { id, by } => format!("{by} works on {id}"),
            ExceptionEvent::Noted { id, by, note } => format!("{by} on {id}: {note}"),
            ExceptionEvent::Resolved { id, how, by: who, note } => format!("{id} {}{}{}", how.text(), by(who), said(note)),
            ExceptionEvent::Reached { id, step } => match step {
                Step::Team => format!("{id}: nobody has taken it on"),
                Step::Customer => format!("{id}: still open, it takes longer"),
                Step::Escalate => format!("{id} escalated"),
                Step::Late => format!("{id} is not resolved in time"),
                Step::Close => format!("{id} closed"),
            },
            ExceptionEvent::Closed { id, by: who } => format!("{id} closed{}", by(who)),
        }
    }

    /// What a person wrote.
    pub(super) fn words(&mut self) -> Option<&mut String> {
        match self {
            ExceptionEvent::Opened { note, .. } | ExceptionEvent::Reopened { note, .. } | ExceptionEvent::Resolved { note, .. } => {
                note.as_mut()
            }
            ExceptionEvent::Noted { note, .. } => Some(note),
            _ => None,
        }
    }
}

/// What can be asked about exceptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExceptionCommand {
    /// Say that something is wrong.
    Open {
        /// What.
        reason: Reason,
        /// What they write.
        note: Option<String>,
        /// Who says so.
        by: String,
        /// By the shop's rules.
        rules: Box<ExceptionRules>,
    },
    /// Say that one has seen it.
    Acknowledge {
        /// Which.
        id: ExceptionId,
        /// Who.
        by: String,
    },
    /// Give it to somebody, or to nobody in particular.
    Assign {
        /// Which.
        id: ExceptionId,
        /// To whom.
        to: Option<String>,
        /// Who says so.
        by: String,
    },
    /// Work on it.
    Start {
        /// Which.
        id: ExceptionId,
        /// Who.
        by: String,
    },
    /// Write something down.
    Note {
        /// Of which.
        id: ExceptionId,
        /// Who.
        by: String,
        /// What.
        note: String,
    },
    /// Say that it is over.
    Resolve {
        /// Which.
        id: ExceptionId,
        /// Who.
        by: String,
        /// What they write.
        note: Option<String>,
    },
    /// Say that it is not over.
    Reopen {
        /// Which.
        id: ExceptionId,
        /// Who.
        by: String,
        /// What they write.
        note: Option<String>,
        /// By the shop's rules.
        rules: Box<ExceptionRules>,
    },
    /// Say that it is over for good.
    Close {
        /// Which.
        id: ExceptionId,
        /// Who.
        by: String,
    },
    /// Look what time has done.
    Tick {
        /// By the shop's rules.
        rules: Box<ExceptionRules>,
    },
}

impl Order {
    /// What is wrong with it now.
    pub fn open_exceptions(&self) -> impl Iterator<Item = &Exception> {
        self.exceptions.iter().filter(|exception| exception.status.is_open())
    }

    /// One by name.
    pub fn exception(&self, id: &ExceptionId) -> Option<&Exception> {
        self.exceptions.iter().find(|exception| exception.id == *id)
    }

    /// How bad the worst of what is wrong with it is.
    pub fn worst(&self) -> Option<Severity> {
        self.open_exceptions().map(|exception| exception.severity).max()
    }

    /// What of its worth is at risk: by its worst exception, once.
    pub fn at_risk(&self) -> Money {
        let owed = self.owed();
        let minor = self.worst().map_or(0, |worst| owed.minor.saturating_mul(worst.at_risk_percent()) / 100);
        Money { minor, currency: owed.currency }
    }

    /// When time alone does something to one of them.
    pub fn exceptions_due(&self) -> Option<Timestamp> {
        self.exceptions.iter().filter_map(Exception::next).min()
    }

    fn exception_mut(&mut self, id: &ExceptionId) -> Option<&mut Exception> {
        self.exceptions.iter_mut().find(|exception| exception.id == *id)
    }

    /// Which number the next one of a reason has.
    fn next_of(&self, reason: Reason) -> u32 {
        self.exception_numbers.get(&reason).map_or(1, |last| last.saturating_add(1))
    }

    pub(super) fn excepted(&mut self, event: &ExceptionEvent, at: Timestamp) {
        if let ExceptionEvent::Opened { exception, .. } = event {
            *self.exception_numbers.entry(exception.reason).or_default() = self.next_of(exception.reason);
            self.exceptions.push((**exception).clone());
            // What is closed is forgotten first, and nothing that is still to be written down.
            let closed = |one: &Exception| one.status == ExceptionStatus::Closed && one.since != at;
            let ended = |one: &Exception| !one.status.is_open() && one.since != at;
            while self.exceptions.len() > EXCEPTIONS_MAX {
                let oldest = self.exceptions.iter().position(closed).or_else(|| self.exceptions.iter().position(ended));
                let Some(oldest) = oldest else { break };
                self.exceptions.remove(oldest);
            }
            return;
        }
        let Some(exception) = self.exception_mut(event.id()) else { return };
        match event {
            ExceptionEvent::Opened { .. } | ExceptionEvent::Noted { .. } => {}
            ExceptionEvent::Repeated { signs, why, said, .. } => {
                exception.count = exception.count.saturating_add(1);
                exception.why.clone_from(why);
                exception.said |= *said;
                if !signs.is_empty() {
                    exception.signs.clone_from(signs);
                }
            }
            ExceptionEvent::Reopened { signs, why, said, due_at, plan, .. } => {
                exception.goes(ExceptionStatus::InProgress, at);
                (exception.opened_at, exception.due_at) = (at, *due_at);
                (exception.responded_at, exception.seen_in_time, exception.in_time) = (None, None, None);
                (exception.resolved, exception.review, exception.escalated) = (None, None, false);
                exception.said |= *said;
                exception.count = exception.count.saturating_add(1);
                exception.signs.clone_from(signs);
                exception.plan.clone_from(plan);
                why.iter().for_each(|why| exception.why.clone_from(why));
            }
            ExceptionEvent::Cleared { .. } => exception.signs.clear(),
            ExceptionEvent::ReviewAsked { review, .. } => exception.review = Some(review.clone()),
            ExceptionEvent::Acknowledged { .. } => {
                exception.goes(ExceptionStatus::Acknowledged, at);
                exception.responded(at);
            }
            ExceptionEvent::Assigned { to, by, .. } => {
                exception.assigned.clone_from(to);
                if to.as_ref() == Some(by) {
                    exception.responded(at);
                }
            }
            ExceptionEvent::Started { by, .. } => {
                exception.goes(ExceptionStatus::InProgress, at);
                exception.assigned = Some(by.clone());
                exception.responded(at);
            }
            ExceptionEvent::Resolved { how, by, .. } => {
                exception.goes(ExceptionStatus::Resolved, at);
                // What is over by itself nobody has seen to.
                if by.is_some() {
                    exception.responded(at);
                }
                exception.in_time.get_or_insert(at <= exception.due_at);
                exception.resolved = Some(Resolved { how: *how, by: by.clone(), at });
                exception.plan = vec![Planned { step: Step::Close, at: at.saturating_add(REOPEN_WITHIN).unwrap_or(at) }];
                // What is gone may come again, and is news then.
                if *how != Resolution::Person {
                    exception.signs.clear();
                }
                exception.said = false;
            }
            ExceptionEvent::Reached { step, .. } => {
                exception.plan.retain(|planned| planned.step != *step);
                match step {
                    Step::Team | Step::Customer => {}
                    Step::Escalate => exception.escalated = true,
                    Step::Late => {
                        exception.seen_in_time.get_or_insert(false);
                        exception.in_time.get_or_insert(false);
                    }
                    Step::Close => exception.goes(ExceptionStatus::Closed, at),
                }
            }
            ExceptionEvent::Closed { .. } => {
                exception.goes(ExceptionStatus::Closed, at);
                exception.plan.clear();
            }
        }
    }
}
