//! What a commit means for what is wrong with its order.

use super::signs::{Sign, signs};
use super::{Exception, ExceptionEvent, Origin, Planned, Resolution, Step};
use crate::exception::{ExceptionRules, Reason};
use crate::ids::{ExceptionId, SourceId};
use crate::order::event::OrderEvent;
use crate::order::review::{Review, ReviewEvent, ReviewKind};
use crate::order::status::OrderStatus;
use crate::order::watch::WatchRules;
use crate::order::{Order, ReviewOutcome};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// What a shop has said that matters here.
#[derive(Debug, Clone, Copy)]
pub struct Standards<'a> {
    /// How exceptions are worked on.
    pub rules: &'a ExceptionRules,
    /// What is watched.
    pub watch: &'a WatchRules,
    /// Where days end.
    pub zone: &'a TimeZone,
    /// So long people have for a review.
    pub review_within: SignedDuration,
}

/// What follows for an order from a commit: `after` is how it stands with it.
pub fn noticed(after: &Order, events: &[OrderEvent], standards: Standards<'_>, now: Timestamp) -> Vec<OrderEvent> {
    let Standards { rules, watch, zone, review_within } = standards;
    let shown = signs(after, watch, zone, now);
    let mut story = Story { order: after.clone(), shown, events: Vec::new(), now };
    if rules.enabled {
        Reason::ALL.into_iter().for_each(|reason| story.looks(reason, rules));
        for (source, reason) in events.iter().filter_map(told) {
            let why = format!("{source} says so");
            story.comes(reason, Origin::Told { source }, why, rules);
        }
    }
    // Also where nobody works on them any more: what is over is over.
    story.clears();
    story.ends(events.iter().any(OrderEvent::moves));
    story.decides(events);
    let review = story.asks_for_review(review_within);
    let changes = (!story.events.is_empty()).then_some(OrderEvent::Exceptions { changes: story.events });
    changes.into_iter().chain(review).collect()
}

/// What a fact says is wrong: that is so whatever has happened to the order since.
fn told(event: &OrderEvent) -> Option<(SourceId, Reason)> {
    let OrderEvent::FactHeard { fact, .. } = event else { return None };
    Some((fact.source.clone(), fact.claim.exception?))
}

/// By when one that is wrong from now on has to be resolved, and what is to happen to it.
fn planned(reason: Reason, rules: &ExceptionRules, now: Timestamp) -> (Timestamp, Vec<Planned>) {
    let after = |wait: SignedDuration| now.saturating_add(wait).unwrap_or(now);
    let minutes = |minutes: u32| after(SignedDuration::from_mins(i64::from(minutes)));
    let due_at = after(rules.respond_within());
    let tells = reason.is_delay() && rules.customer_after_min > 0;
    let plan = [
        (rules.team_after_min > 0).then(|| Planned { step: Step::Team, at: minutes(rules.team_after_min) }),
        tells.then(|| Planned { step: Step::Customer, at: minutes(rules.customer_after_min) }),
        Some(Planned { step: Step::Escalate, at: after(reason.traits().escalate_after) }),
        // In time is up to the last moment, and that is over a moment later.
        Some(Planned { step: Step::Late, at: due_at.saturating_add(SignedDuration::from_millis(1)).unwrap_or(due_at) }),
    ];
    (due_at, plan.into_iter().flatten().collect())
}

/// What shows or says that something is wrong.
pub(super) struct Word {
    /// Who.
    pub origin: Origin,
    /// In words of ours.
    pub why: String,
    /// All that shows it now.
    pub signs: Vec<String>,
    /// What a person wrote.
    pub note: Option<String>,
}

/// It is wrong: for the first time, or again soon after it had been resolved.
pub(super) fn begins(order: &Order, reason: Reason, word: Word, rules: &ExceptionRules, now: Timestamp) -> Option<ExceptionEvent> {
    let Word { origin, why, signs, note } = word;
    let (due_at, plan) = planned(reason, rules, now);
    let said = reason.lasts() || origin != Origin::Seen;
    if let Some(recent) = order.exceptions.iter().rfind(|exception| exception.reason == reason && exception.may_reopen(now)) {
        let by = if let Origin::Asked { by } = origin { Some(by) } else { None };
        return Some(ExceptionEvent::Reopened { id: recent.id.clone(), signs, why: Some(why), said, by, note, due_at, plan });
    }
    let id = format!("{}-{}", reason.code().to_ascii_lowercase().replace('_', "-"), order.next_of(reason));
    let worth = rules.worth_points(order.owed());
    let new = Exception::new(ExceptionId::parse(&id).ok()?, reason, (origin, why), now);
    let exception = Exception { due_at, signs, said, worth, plan, ..new };
    Some(ExceptionEvent::Opened { exception: Box::new(exception), note })
}

/// An order, what shows that something is wrong with it, and what has happened to that.
struct Story {
    order: Order,
    shown: Vec<Sign>,
    events: Vec<ExceptionEvent>,
    now: Timestamp,
}

impl Story {
    fn happens(&mut self, event: ExceptionEvent) {
        self.order.excepted(&event, self.now);
        self.events.push(event);
    }

    fn open(&self, reason: Reason) -> Option<&Exception> {
        self.order.open_exceptions().find(|exception| exception.reason == reason)
    }

    /// All that shows it now.
    fn signs(&self, reason: Reason) -> Vec<String> {
        self.shown.iter().filter(|sign| sign.reason == reason).map(|sign| sign.key.clone()).collect()
    }

    /// An order that has come to nothing, or has arrived, has nothing more to do with it.
    fn is_overtaken(&self, reason: Reason) -> bool {
        let status = self.order.tracks.status;
        status == OrderStatus::Cancelled && reason.ends_with_order() || status.has_arrived() && reason.ends_with_delivery()
    }

    /// Something shows it that did not when anybody last looked: neither before, nor when a person ended it.
    fn looks(&mut self, reason: Reason, rules: &ExceptionRules) {
        if self.is_overtaken(reason) {
            return;
        }
        let known = self.open(reason).or_else(|| self.order.exceptions.iter().rfind(|exception| exception.reason == reason));
        let known = known.map(|exception| exception.signs.as_slice()).unwrap_or_default();
        let fresh = self.shown.iter().find(|sign| sign.reason == reason && !known.contains(&sign.key));
        if let Some(why) = fresh.map(|sign| sign.why.clone()) {
            self.comes(reason, Origin::Seen, why, rules);
        }
    }

    /// It is so, once more or for the first time.
    fn comes(&mut self, reason: Reason, origin: Origin, why: String, rules: &ExceptionRules) {
        let signs = self.signs(reason);
        let event = match self.open(reason) {
            Some(open) => {
                let said = reason.lasts() || origin != Origin::Seen;
                Some(ExceptionEvent::Repeated { id: open.id.clone(), signs, why, said })
            }
            None => begins(&self.order, reason, Word { origin, why, signs, note: None }, rules, self.now),
        };
        event.into_iter().for_each(|event| self.happens(event));
    }

    /// What a person had ended, and nothing shows any more, is news when it is shown again.
    fn clears(&mut self) {
        let gone = self.order.exceptions.iter().filter(|exception| {
            let shows = |key: &String| self.shown.iter().any(|sign| sign.reason == exception.reason && sign.key == *key);
            !exception.status.is_open() && !exception.signs.is_empty() && !exception.signs.iter().any(shows)
        });
        for id in gone.map(|exception| exception.id.clone()).collect::<Vec<_>>() {
            self.happens(ExceptionEvent::Cleared { id });
        }
    }

    /// What nothing shows any more is over, unless somebody has said that it is so: that ends with what it was about, when the order moves there.
    fn ends(&mut self, moves: bool) {
        let over = self.order.open_exceptions().filter_map(|exception| {
            let is_shown = exception.said || self.shown.iter().any(|sign| sign.reason == exception.reason);
            let how = match (moves && self.is_overtaken(exception.reason), is_shown) {
                (true, _) => Resolution::Overtaken,
                (false, false) => Resolution::ByItself,
                (false, true) => return None,
            };
            Some(ExceptionEvent::Resolved { id: exception.id.clone(), how, by: None, note: None })
        });
        for event in over.collect::<Vec<_>>() {
            self.happens(event);
        }
    }

    /// What was to be decided about one has been.
    fn decides(&mut self, events: &[OrderEvent]) {
        for event in events {
            let OrderEvent::Review { event: ReviewEvent::Decided { id: review, by, outcome, .. } } = event else { continue };
            let about = self.order.open_exceptions().find(|exception| exception.review.as_ref() == Some(review));
            let Some(id) = about.map(|exception| exception.id.clone()) else { continue };
            let how = if *outcome == ReviewOutcome::Withdrawn { Resolution::Overtaken } else { Resolution::Reviewed };
            self.happens(ExceptionEvent::Resolved { id, how, by: by.clone(), note: None });
        }
    }

    /// What needs a person's approval is decided before anything of the order leaves the house, whoever has said that it is wrong.
    fn asks_for_review(&mut self, within: SignedDuration) -> Option<OrderEvent> {
        if self.order.is_called_off() || self.order.has_left() {
            return None;
        }
        let waits = |exception: &&Exception| exception.reason.traits().approval && exception.review.is_none();
        let exception = self.order.open_exceptions().find(waits)?;
        let (id, due_at) = (exception.id.clone(), self.now.saturating_add(within).unwrap_or(self.now));
        let reason = format!("{}: {}", exception.reason.text().to_lowercase(), exception.why);
        let review = self.order.new_review(ReviewKind::InventoryOverride, reason, 1, self.now, due_at)?;
        let review = Review { exception: Some(id.clone()), ..review };
        self.happens(ExceptionEvent::ReviewAsked { id, review: review.id.clone() });
        Some(OrderEvent::Review { event: ReviewEvent::Opened { review: Box::new(review), note: None } })
    }
}
