//! What follows for the clocks of an order: from what happened to it, and from time.

use super::{SlaClock, SlaEvent, later};
use crate::order::Order;
use crate::order::event::OrderEvent;
use crate::order::status::OrderStatus;
use crate::sla::{Factor, Sla, SlaRules};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use std::collections::BTreeMap;

/// What a commit means for an order's clocks. `after` is the order as it stands with it; nothing if nothing changes.
pub fn clocked(after: &Order, events: &[OrderEvent], rules: &SlaRules, zone: &TimeZone, now: Timestamp) -> Option<SlaEvent> {
    if !rules.enabled {
        return None;
    }
    let mut milestones = after.milestones.clone();
    milestones.heard(after, events, now);
    let is_over = matches!(after.tracks.status, OrderStatus::Cancelled | OrderStatus::Failed | OrderStatus::Returned);
    let (mut clocks, mut gone) = (Vec::new(), Vec::new());
    for sla in Sla::ALL {
        let known = after.clock(sla);
        let started = milestones.start(sla.from());
        // A clock that has started keeps its target, whatever the rules say since.
        let target_s = known.map(|clock| clock.target_s).or_else(|| rules.target_s(sla, after));
        let Some((started_at, target_s)) = started.zip(target_s) else {
            gone.extend(known.map(|clock| clock.sla));
            continue;
        };
        let mut clock = match known {
            Some(clock) if clock.started_at == started_at => clock.clone(),
            known => start(after, (sla, started_at, target_s), known.map_or(0, |clock| clock.held_s), rules, zone),
        };
        clock.ended_at = milestones.reached(sla.to());
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
    let changes = milestones.is_some() || !clocks.is_empty() || !gone.is_empty();
    changes.then_some(SlaEvent { milestones, clocks, gone })
}

fn start(order: &Order, (sla, started_at, target_s): (Sla, Timestamp, i64), held_s: i64, rules: &SlaRules, zone: &TimeZone) -> SlaClock {
    let factors = rules.factors(sla, order, started_at, zone);
    let clock = SlaClock {
        sla,
        started_at,
        due_at: started_at,
        warn_at: started_at,
        target_s,
        factors: Vec::new(),
        held_s,
        ended_at: None,
        warned: false,
        missed: false,
        void: false,
    };
    set(clock, factors, rules, zone)
}

/// Sets a clock by what makes it longer.
fn set(clock: SlaClock, factors: Vec<Factor>, rules: &SlaRules, zone: &TimeZone) -> SlaClock {
    let due = rules.due(clock.sla, clock.started_at, clock.target_s, &factors, zone);
    let warn = rules.warn_at(clock.started_at, due);
    SlaClock { due_at: later(due, clock.held_s), warn_at: later(warn, clock.held_s), factors, ..clock }
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
        let gone: Vec<Sla> = order.clocks.iter().filter(|clock| clock.is_running()).map(|clock| clock.sla).collect();
        return (!gone.is_empty()).then_some(SlaEvent { milestones: None, clocks: Vec::new(), gone });
    }
    let held = order.tracks.status == OrderStatus::OnHold;
    let mut clocks = Vec::new();
    for known in order.clocks.iter().filter(|clock| !(held && clock.sla.pauses()) && passes(clock, now)) {
        let in_hour = placed.get(&hour(known.started_at)).copied().unwrap_or(0);
        let mut clock = known.clone();
        if may_be_busy(known, rules) && in_hour > u64::from(rules.busy_over) {
            let factors = known.factors.iter().copied().chain([Factor::Busy]).collect();
            clock = set(clock, factors, rules, zone);
        }
        clock.missed = now > clock.due_at;
        clock.warned |= clock.missed || now >= clock.warn_at;
        if clock != *known {
            clocks.push(clock);
        }
    }
    (!clocks.is_empty()).then_some(SlaEvent { milestones: None, clocks, gone: Vec::new() })
}
