//! What follows for the clocks of an order: from what happened to it, and from time.

use super::hold::holds;
use super::{Milestone, Milestones, SlaClock, SlaEvent};
use crate::order::Order;
use crate::order::event::OrderEvent;
use crate::order::status::OrderStatus;
use crate::sla::{Factor, Sla, SlaRules};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use std::collections::BTreeMap;

/// What a commit means for an order's clocks. `before` and `after` are the order as it stood and stands with it; nothing if nothing changes.
pub fn clocked(
    (before, after): (Option<&Order>, &Order),
    events: &[OrderEvent],
    rules: &SlaRules,
    zone: &TimeZone,
    now: Timestamp,
) -> Option<SlaEvent> {
    if !rules.enabled {
        return stopped(after);
    }
    let mut known_before = after.milestones.clone();
    before.into_iter().for_each(|before| known_before.cover(before));
    let mut milestones = known_before.clone();
    milestones.heard((before, after), events, now);
    let holds = holds((before, after), events, now);
    let is_over = matches!(after.tracks.status, OrderStatus::Cancelled | OrderStatus::Failed | OrderStatus::Returned);
    let (mut clocks, mut gone) = (Vec::new(), Vec::new());
    for sla in Sla::ALL {
        let known = after.clock(sla);
        let started_at = milestones.start(sla.from()).filter(|start| !has_left_before(&milestones, sla, *start));
        // A clock starts with the word that starts it. What began while none was run has none.
        let is_new = started_at.is_some() && known_before.start(sla.from()) != started_at;
        // One that has started keeps its target, whatever the rules say since.
        let target_s = known.map(|clock| clock.target_s).or_else(|| rules.target_s(sla, after).filter(|_| is_new));
        let Some((started_at, target_s)) = started_at.zip(target_s) else {
            gone.extend(known.map(|clock| clock.sla));
            continue;
        };
        let mut clock = match known {
            Some(clock) if clock.started_at == started_at => clock.clone(),
            known => {
                let mut factors = rules.factors(sla, after, started_at, zone);
                // How busy an hour was does not change because something else was a minute earlier in it.
                let was_busy = |clock: &&SlaClock| clock.factors.contains(&Factor::Busy) && hour(clock.started_at) == hour(started_at);
                factors.extend(known.filter(was_busy).map(|_| Factor::Busy));
                set(SlaClock::starting(sla, started_at, target_s), factors, rules, zone)
            }
        };
        clock.ended_at = milestones.reached(sla.to());
        let mut clock = clock.held(&holds);
        clock.void = is_over && clock.ended_at.is_none();
        clock.missed = match clock.ended_at {
            Some(ended) => ended > clock.due_at,
            None => known.is_some_and(|known| known.missed) && now > clock.due_at,
        };
        if known != Some(&clock) {
            clocks.push(clock);
        }
    }
    let milestones = (milestones != after.milestones).then_some(milestones);
    let holds = (holds != after.holds).then_some(holds);
    let changes = milestones.is_some() || holds.is_some() || !clocks.is_empty() || !gone.is_empty();
    changes.then_some(SlaEvent { milestones, holds, clocks, gone })
}

/// Nobody here was asked to be quick with an order that had left before anybody says that it is paid.
fn has_left_before(milestones: &Milestones, sla: Sla, start: Timestamp) -> bool {
    sla.from() == Milestone::Paid && milestones.reached(Milestone::HandedOver).is_some_and(|left| left < start)
}

/// Clocks are run no more: what is missed stays so, and what was still to be done is not due any more.
fn stopped(order: &Order) -> Option<SlaEvent> {
    let (missed, open): (Vec<&SlaClock>, Vec<&SlaClock>) =
        order.clocks.iter().filter(|clock| clock.is_running()).partition(|clock| clock.missed);
    let clocks: Vec<SlaClock> = missed.into_iter().map(|clock| SlaClock { void: true, ..clock.clone() }).collect();
    let gone: Vec<Sla> = open.into_iter().map(|clock| clock.sla).collect();
    let changes = !clocks.is_empty() || !gone.is_empty();
    changes.then_some(SlaEvent { milestones: None, holds: None, clocks, gone })
}

/// Sets a clock by what makes it longer.
fn set(clock: SlaClock, factors: Vec<Factor>, rules: &SlaRules, zone: &TimeZone) -> SlaClock {
    let due_at = rules.due(clock.sla, clock.started_at, clock.target_s, &factors, zone);
    let warn_at = rules.warn_at(clock.started_at, due_at);
    SlaClock { due_at, warn_at, factors, held_s: 0, ..clock }
}

/// The hour that a moment is in.
fn hour(at: Timestamp) -> Timestamp {
    at.round(jiff::TimestampRound::new().smallest(Unit::Hour).mode(jiff::RoundMode::Trunc)).unwrap_or(at)
}

impl Order {
    /// The hours in which clocks started that are about to be at risk or missed, where it matters how many orders were placed in them.
    pub fn hours_to_look_at(&self, rules: &SlaRules, now: Timestamp) -> Vec<Timestamp> {
        let mut hours: Vec<Timestamp> = self
            .clocks
            .iter()
            .filter(|clock| may_be_busy(clock, rules) && passes(clock, now))
            .map(|clock| hour(clock.started_at))
            .collect();
        hours.sort_unstable();
        hours.dedup();
        hours
    }
}

fn may_be_busy(clock: &SlaClock, rules: &SlaRules) -> bool {
    rules.busy_over > 0 && clock.sla.is_work() && !clock.factors.contains(&Factor::Busy)
}

fn passes(clock: &SlaClock, now: Timestamp) -> bool {
    clock.next().is_some_and(|at| at <= now)
}

/// What time alone does to an order's clocks. `placed` are the orders that were placed in the hours that matter. Whoever comes late, twice or too early
/// changes nothing.
pub fn tick(order: &Order, rules: &SlaRules, zone: &TimeZone, placed: &BTreeMap<Timestamp, u64>, now: Timestamp) -> Option<SlaEvent> {
    if !rules.enabled {
        return stopped(order);
    }
    let held = order.tracks.status == OrderStatus::OnHold;
    let mut clocks = Vec::new();
    for known in order.clocks.iter().filter(|clock| !(held && clock.sla.pauses()) && passes(clock, now)) {
        let in_hour = placed.get(&hour(known.started_at)).copied().unwrap_or(0);
        let mut clock = known.clone();
        if may_be_busy(known, rules) && in_hour > u64::from(rules.busy_over) {
            let factors = known.factors.iter().copied().chain([Factor::Busy]).collect();
            clock = set(clock, factors, rules, zone).held(&order.holds);
        }
        clock.missed = now > clock.due_at;
        clock.warned |= clock.missed || now >= clock.warn_at;
        if clock != *known {
            clocks.push(clock);
        }
    }
    (!clocks.is_empty()).then_some(SlaEvent { milestones: None, holds: None, clocks, gone: Vec::new() })
}
