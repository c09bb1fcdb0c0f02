//! Read models, counted once more from the orders.

use super::Books;
use crate::world::World;
use app::measure::{CHANNELS, DAYS, EXCEPTION_RESPONSES, EXCEPTIONS, EXCEPTIONS_NOW, HABITS, HOURS, LABELS, LANES, MOVES, SLAS};
use app::ports::MetricStore;
use domain::ids::{DecisionId, FulfilmentId};
use domain::order::exceptions::{Resolution, Step as Planned};
use domain::order::{Carriage, Cause, ExceptionEvent, FulfilEvent, Order, OrderEvent, OrderStatus, Recorded};
use domain::shipping::CarrierName;
use domain::shipping::fulfilment::Step;
use domain::spread;
use futures::FutureExt;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Numbers by field, by point.
type Series = BTreeMap<String, BTreeMap<String, i64>>;

fn add(series: &mut Series, point: &str, field: impl Into<String>, by: i64) {
    *series.entry(point.to_owned()).or_default().entry(field.into()).or_default() += by;
}

fn without_zeros(mut series: Series) -> Series {
    series.values_mut().for_each(|fields| fields.retain(|_, value| *value != 0));
    series.retain(|_, fields| !fields.is_empty());
    series
}

/// I8, the consumer's half: every figure equals a recount of the orders and their histories.
pub(super) fn figures(world: &mut World, books: &Books) {
    for shop in 0..books.ledgers.len() {
        let scope = world.shops[shop].scope.clone();
        let zone = world.shops[shop].config.zone();
        let mut expected: HashMap<&str, Series> = HashMap::new();
        for ledger in &books.ledgers[shop] {
            let (order, labels) = (&ledger.order, expected.entry(LABELS).or_default());
            let label = order.label().text();
            add(labels, label, "orders", 1);
            add(labels, label, format!("orders:{}", order.totals.currency.code()), 1);
            add(labels, label, format!("value:{}", order.totals.currency.code()), order.totals.total_minor);
            placed(&mut expected, ledger.history.first(), &zone);
            judged(expected.entry(SLAS).or_default(), order);
            wrong(expected.entry(EXCEPTIONS_NOW).or_default(), order);
            mended(&mut expected, &ledger.history);
            let moves = expected.entry(MOVES).or_default();
            ledger.history.iter().for_each(|recorded| moved(moves, recorded));
            stayed(expected.entry(HABITS).or_default(), &ledger.history);
            arrived(expected.entry(LANES).or_default(), order, &ledger.history);
        }
        for series in [LABELS, DAYS, HOURS, MOVES, CHANNELS, HABITS, LANES, SLAS, EXCEPTIONS_NOW, EXCEPTIONS, EXCEPTION_RESPONSES] {
            let counted = world.memory.metrics().series(&scope, series, "", "\u{10ffff}").now_or_never();
            let counted = counted.and_then(Result::ok).unwrap_or_default();
            let counted: Series = counted.into_iter().map(|point| (point.point, point.fields)).collect();
            let (counted, recounted) = (without_zeros(counted), without_zeros(expected.remove(series).unwrap_or_default()));
            if counted != recounted {
                let text = format!("{} of {}: counted {counted:?}, recounted {recounted:?}", series, world.shops[shop].canary);
                world.fail("I8", None, text);
            }
        }
    }
}

fn placed(expected: &mut HashMap<&str, Series>, first: Option<&Recorded>, zone: &TimeZone) {
    let Some(OrderEvent::Placed { channel, lines, totals, placed_at, .. }) = first.and_then(|first| first.events.first()) else { return };
    let day = placed_at.to_zoned(zone.clone()).date().to_string();
    let days = expected.entry(DAYS).or_default();
    add(days, &day, "orders", 1);
    add(days, &day, "units", lines.iter().map(|line| i64::from(line.quantity)).sum());
    add(days, &day, format!("orders:{}", totals.currency.code()), 1);
    add(days, &day, format!("revenue:{}", totals.currency.code()), totals.total_minor);
    add(expected.entry(HOURS).or_default(), &placed_at.strftime("%Y-%m-%dT%H").to_string(), "orders", 1);
    add(expected.entry(CHANNELS).or_default(), &format!("{day}/{channel}"), "orders", 1);
}

/// What became of its clocks in the end, whatever was thought of them before.
fn judged(slas: &mut Series, order: &Order) {
    for clock in &order.clocks {
        let late = clock.ended_at.map_or(clock.missed, |ended| ended > clock.due_at);
        if clock.ended_at.is_some() || late {
            let day = clock.due_at.strftime("%Y-%m-%d");
            add(slas, &format!("{day}/{}", clock.sla), if late { "missed" } else { "kept" }, 1);
        }
    }
}

/// What is wrong with it now, and what of its worth is counted as at risk.
fn wrong(now: &mut Series, order: &Order) {
    for exception in order.open_exceptions() {
        add(now, "all", format!("open:{}", exception.severity.as_str()), 1);
    }
    if let Some(worst) = order.worst() {
        let (owed, worst) = (order.owed(), worst.as_str());
        add(now, "all", format!("orders:{worst}:{}", owed.currency), 1);
        add(now, "all", format!("value:{worst}:{}", owed.currency), owed.minor);
    }
}

/// What was opened and resolved, and whether in time, by its history alone.
fn mended(expected: &mut HashMap<&str, Series>, history: &[Recorded]) {
    struct Known {
        reason: &'static str,
        opened_at: Timestamp,
        due_at: Timestamp,
        seen: bool,
        over: bool,
    }
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    let mut known: BTreeMap<String, Known> = BTreeMap::new();
    for recorded in history {
        let changes =
            recorded.events.iter().filter_map(|event| if let OrderEvent::Exceptions { changes } = event { Some(changes) } else { None });
        // What ends and comes back in one commit has not ended.
        let mut ended: BTreeMap<String, Resolution> = BTreeMap::new();
        for change in changes.flatten() {
            let id = change.id().to_string();
            if let ExceptionEvent::Opened { exception, .. } = change {
                let (reason, opened_at, due_at) = (exception.reason.code(), exception.opened_at, exception.due_at);
                add(expected.entry(EXCEPTIONS).or_default(), &day(opened_at), format!("opened:{reason}"), 1);
                known.insert(id.clone(), Known { reason, opened_at, due_at, seen: false, over: false });
            }
            let Some(one) = known.get_mut(&id) else { continue };
            if let ExceptionEvent::Reopened { due_at, .. } = change {
                // It has its time anew.
                *one = Known { opened_at: recorded.at, due_at: *due_at, seen: false, over: false, ..*one };
                ended.remove(&id);
            }
            let answers = expected.entry(EXCEPTION_RESPONSES).or_default();
            let due_on = day(one.due_at);
            let in_time = recorded.at <= one.due_at;
            let answered = match change {
                ExceptionEvent::Acknowledged { .. } | ExceptionEvent::Started { .. } | ExceptionEvent::Resolved { by: Some(_), .. } => true,
                ExceptionEvent::Assigned { to: Some(to), by, .. } => to == by,
                _ => false,
            };
            let is_late = matches!(change, ExceptionEvent::Reached { step: Planned::Late, .. });
            if !one.seen && (answered || is_late) {
                one.seen = true;
                add(answers, &due_on, if answered && in_time { "seen" } else { "unseen" }, 1);
            }
            let resolved = matches!(change, ExceptionEvent::Resolved { .. });
            if !one.over && (resolved || is_late) {
                one.over = true;
                add(answers, &due_on, if resolved && in_time { "kept" } else { "missed" }, 1);
            }
            let counts = expected.entry(EXCEPTIONS).or_default();
            match change {
                ExceptionEvent::Repeated { .. } | ExceptionEvent::Reopened { .. } => {
                    add(counts, &day(recorded.at), format!("again:{}", one.reason), 1);
                }
                ExceptionEvent::Resolved { how, .. } => {
                    ended.insert(id, *how);
                }
                _ => {}
            }
        }
        for (id, how) in ended {
            let Some(one) = known.get(&id) else { continue };
            let point = day(recorded.at);
            let counts = expected.entry(EXCEPTIONS).or_default();
            add(counts, &point, "resolved", 1);
            add(counts, &point, "resolved_s", recorded.at.duration_since(one.opened_at).as_secs().max(0));
            add(counts, &point, format!("how:{}", how.as_str()), 1);
        }
    }
}

/// How long it stayed where it was, and how rules did that moved it on.
fn stayed(habits: &mut Series, history: &[Recorded]) {
    let mut since: Option<(OrderStatus, Timestamp)> = None;
    let mut decided: BTreeMap<&DecisionId, (Timestamp, OrderStatus, i64)> = BTreeMap::new();
    for (recorded, event) in history.iter().flat_map(|recorded| recorded.events.iter().map(move |event| (recorded, event))) {
        let month = |at: Timestamp, status: OrderStatus| format!("{}/{status}", at.strftime("%Y-%m"));
        if let Some(overruled) = event.judges().and_then(|decision| decided.remove(decision)) {
            let (at, from, sure) = overruled;
            add(habits, &month(at, from), "overruled", 1);
            add(habits, &month(at, from), "brier", sure * sure - (100 - sure) * (100 - sure));
        }
        let to = match event {
            OrderEvent::Placed { tracks, .. } => tracks.status,
            OrderEvent::StatusChanged { to, .. }
            | OrderEvent::StatusCorrected { to, .. }
            | OrderEvent::StatusUndone { to, .. }
            | OrderEvent::Reconciled { to, .. } => *to,
            _ => continue,
        };
        let taken_back = matches!(event, OrderEvent::StatusCorrected { .. } | OrderEvent::StatusUndone { .. });
        // Nor does how long an order is checked say how long orders stay.
        let by_saga = matches!(event, OrderEvent::StatusChanged { decided: false, cause: Cause::Rule { .. }, .. });
        if let Some((from, entered)) = since.filter(|_| !taken_back && !by_saga) {
            let stay = recorded.at.duration_since(entered).as_secs().max(0);
            let point = month(recorded.at, from);
            add(habits, &point, "left", 1);
            add(habits, &point, "left_s", stay);
            add(habits, &point, spread::field(stay), 1);
            if let OrderEvent::StatusChanged { cause: Cause::Rule { confidence, decision: Some(decision), .. }, .. } = event {
                let sure = i64::from(*confidence);
                decided.insert(decision, (recorded.at, from, sure));
                add(habits, &point, "moved", 1);
                add(habits, &point, "brier", (100 - sure) * (100 - sure));
            }
        }
        since = Some((to, recorded.at));
    }
}

/// A parcel that is followed: by whom it goes, when it was scanned last, and the longest time between two scans, in seconds.
#[derive(Clone)]
struct Parcel {
    carrier: CarrierName,
    carriage: Carriage,
    scanned: Option<Timestamp>,
    longest_s: i64,
}

type Parcels = BTreeMap<FulfilmentId, Parcel>;

/// What an event says of parcels that are followed.
fn carried(parcels: &mut Parcels, event: &OrderEvent) {
    let OrderEvent::Fulfilment { event } = event else { return };
    match event {
        FulfilEvent::Handed { id, carriage, followed, .. } if parcels.get(id).is_none_or(|parcel| parcel.carriage != *carriage) => {
            parcels.remove(id);
            if let Some(carrier) = *followed {
                parcels.insert(id.clone(), Parcel { carrier, carriage: carriage.clone(), scanned: None, longest_s: 0 });
            }
        }
        FulfilEvent::Stepped { id, step: Step::Cancel } => {
            parcels.remove(id);
        }
        FulfilEvent::Seen { id, seen, .. } => {
            if let Some((parcel, at)) = parcels.get_mut(id).zip(seen.at)
                && parcel.scanned.is_none_or(|last| last < at)
            {
                let gap_s = parcel.scanned.map_or(0, |last| at.duration_since(last).as_secs());
                (parcel.longest_s, parcel.scanned) = (parcel.longest_s.max(gap_s), Some(at));
            }
        }
        _ => {}
    }
}

/// How long it took from where it was seen to enter a stage to its customer. What was put somewhere has not been seen to get
/// there; what went back, or came to nothing, begins anew.
fn arrived(lanes: &mut Series, order: &Order, history: &[Recorded]) {
    let month = |at: Timestamp| at.strftime("%Y-%m").to_string();
    let stage = |status: OrderStatus| match status {
        OrderStatus::Pending => Some(0),
        OrderStatus::Processing | OrderStatus::ReadyToShip | OrderStatus::PartiallyShipped => Some(1),
        OrderStatus::Shipped => Some(2),
        _ => None,
    };
    let mut entered: [Option<Timestamp>; 3] = [None; 3];
    let mut parcels = Parcels::new();
    for (at, event) in history.iter().flat_map(|recorded| recorded.events.iter().map(|event| (recorded.at, event))) {
        // The scan by which it arrived stands in the same commit, before what it means for the order.
        carried(&mut parcels, event);
        let (to, seen) = match event {
            OrderEvent::Placed { tracks, placed_at, .. } => {
                entered[0] = (tracks.status == OrderStatus::Pending).then(|| at.min(*placed_at));
                continue;
            }
            OrderEvent::StatusChanged { to, .. } => (*to, true),
            OrderEvent::StatusCorrected { to, .. } | OrderEvent::StatusUndone { to, .. } | OrderEvent::Reconciled { to, .. } => {
                (*to, false)
            }
            _ => continue,
        };
        // Sent and delivered within a quarter of an hour was told afterwards.
        let was_carried = entered[2].is_none_or(|left| at.duration_since(left).as_secs() >= 15 * 60);
        if to == OrderStatus::Delivered && seen && was_carried && !order.all_digital() {
            let carriers: BTreeSet<&str> = parcels.values().map(|parcel| parcel.carrier.as_str()).collect();
            let carrier = if carriers.len() == 1 { carriers.first().copied().unwrap_or("-") } else { "-" };
            let point = format!("{}/{}/{carrier}", month(at), order.country.as_deref().unwrap_or("-"));
            // Whom nobody saw on their way have none.
            let was_seen = entered.iter().any(Option::is_some);
            let gaps = parcels.values().map(|parcel| parcel.longest_s).filter(|gap_s| was_seen && *gap_s > 0);
            if let Some(gap_s) = gaps.max() {
                add(lanes, &point, format!("gap:{}", spread::field(gap_s)), 1);
            }
            for (name, since) in ["pending", "processing", "shipped"].into_iter().zip(entered) {
                let Some(since) = since else { continue };
                let took_s = at.duration_since(since).as_secs().max(0);
                let left = if name == "shipped" { format!("{}:", month(at - SignedDuration::from_secs(took_s))) } else { String::new() };
                add(lanes, &point, format!("{name}:{left}{}", spread::field(took_s)), 1);
            }
        }
        match stage(to) {
            Some(stage) => {
                entered[stage + 1..].fill(None);
                entered[stage] = entered[stage].or(seen.then_some(at));
            }
            None if to == OrderStatus::OnHold => {}
            None => entered = [None; 3],
        }
    }
}

fn moved(moves: &mut Series, recorded: &Recorded) {
    let day = recorded.at.strftime("%Y-%m-%d").to_string();
    for event in &recorded.events {
        let automated = match event {
            OrderEvent::StatusChanged { decided, cause: Cause::Rule { .. }, .. } => *decided || recorded.actor.is_automatic(),
            OrderEvent::Reconciled { .. } => true,
            OrderEvent::StatusChanged { .. } => recorded.actor.is_automatic(),
            OrderEvent::StatusCorrected { .. } | OrderEvent::StatusUndone { .. } => false,
            _ => continue,
        };
        add(moves, &day, if automated { "automated" } else { "manual" }, 1);
    }
}
