//! From what happened to what is published: the domain's events translated into the wire's.

mod exceptions;

use contracts::envelope::SpecVersion;
use contracts::order::v1;
use contracts::{Envelope, Payload, parcel, payment, returns, review, saga, stock};
use domain::ids::{CorrelationId, EventId, FulfilmentId, LabelReference, TenantId};
use domain::order::decide::news;
use domain::order::fulfilling;
use domain::order::saga::{Allocation, RULE, Step};
use domain::order::{
    Actor, Arrived, Cause, DecisionId, FulfilEvent, LabelEvent, MoneyEvent, Order, OrderEvent, OrderStatus, Recorded, Return, ReturnEvent,
    ReturnKind, ReturnLine, ReviewEvent, SagaEvent, SlaClock, SlaState, Stage,
};
use domain::payment::{By, Kind, State};
use domain::shipping::fulfilment::Share;
use domain::sla::Sla;
use jiff::Timestamp;

/// An amount as the wire has it.
pub fn amount(minor: i64, currency: domain::money::Currency) -> v1::Amount {
    let money = domain::money::Money::new(minor, currency);
    v1::Amount { amount: money.decimal(), currency: currency.code().to_owned(), minor }
}

/// Puts a payload in an envelope. `place` makes the id unique: aggregate, version and index.
pub fn envelope(
    tenant: &TenantId,
    subject: &str,
    version: u64,
    index: usize,
    at: Timestamp,
    correlation: &CorrelationId,
    payload: Payload,
) -> Envelope {
    let id = EventId::of_event(tenant, subject, version, index);
    Envelope {
        specversion: SpecVersion::V1,
        id,
        source: payload.source().to_owned(),
        subject: subject.to_owned(),
        time: at,
        tenant: tenant.clone(),
        aggregateversion: version,
        correlationid: correlation.clone(),
        causationid: None,
        payload,
    }
}

/// The events to publish for one commit of an order.
pub fn of_commit(
    tenant: &TenantId,
    before: Option<&Order>,
    order: &Order,
    recorded: &Recorded,
    zone: &jiff::tz::TimeZone,
) -> Vec<Envelope> {
    let order_id = order.id.to_string();
    let mut payloads: Vec<Payload> = Vec::with_capacity(recorded.events.len() + 1);
    let after_s = before.map(|before| recorded.at.duration_since(before.status_since).as_secs().max(0));
    let journey = before.and_then(|before| before.journey(order, recorded.at)).as_ref().map(journey);
    let waited_ms = before.and_then(|before| Some(recorded.at.duration_since(before.stages.entered(Stage::Pending)?).as_millis()));
    let waited_ms = waited_ms.and_then(|ms| i64::try_from(ms.max(0)).ok());
    for event in &recorded.events {
        payloads.extend(translate(&order_id, recorded, event, (zone, (after_s, waited_ms), journey.as_ref())));
        payloads.extend(follows(order, event, recorded.at));
        payloads.extend(money(before, order, event));
        payloads.extend(event.judges().and_then(|decision| judgement(before, order, decision)));
    }
    payloads.extend(clocks(before, order, &recorded.events));
    payloads.extend(exceptions::changed(before, order, &recorded.events));
    let (before, after) = (before.map(Order::label), order.label());
    if before != Some(after) {
        payloads.push(Payload::OrderLabelChanged(v1::LabelChanged {
            order_id,
            from: before.map(|label| label.text().to_owned()),
            to: after.text().to_owned(),
            total: amount(order.totals.total_minor, order.totals.currency),
            eta: order.tracks.eta,
            notify: news(before, after, &recorded.events).is_some(),
        }));
    }
    let by_worker = matches!(&recorded.actor, Actor::Rule { name } if name == RULE);
    // The worker itself goes on as long as there is something to do.
    let step = order.saga_work().map(Step::code).or_else(|| order.money_work(recorded.at).map(|_| "payment"));
    let step = step.or_else(|| order.to_replace().map(|_| "replacement"));
    if let Some(step) = step.filter(|_| !by_worker) {
        payloads.push(Payload::SagaDue(saga::v1::Due { order_id: order.id.to_string(), step: step.to_owned() }));
    }
    let by_dispatch = matches!(&recorded.actor, Actor::Rule { name } if name == fulfilling::RULE);
    let polled = recorded.events.iter().any(|event| matches!(event, OrderEvent::Fulfilment { event: FulfilEvent::Polled { .. } }));
    if !by_dispatch && (polled || order.label_work(recorded.at).is_some()) {
        payloads.push(Payload::ParcelDue(parcel::v1::Due { order_id: order.id.to_string() }));
    }
    payloads
        .into_iter()
        .enumerate()
        .map(|(index, payload)| envelope(tenant, order.id.as_str(), recorded.version, index, recorded.at, &recorded.correlation, payload))
        .collect()
}

fn journey(journey: &domain::order::Journey) -> v1::Journey {
    v1::Journey {
        country: journey.lane.country().map(str::to_owned),
        carrier: journey.lane.carrier().map(str::to_owned),
        took_s: journey.took_s.iter().map(|(stage, took_s)| (stage.as_str().to_owned(), *took_s)).collect(),
        longest_gap_s: journey.longest_gap_s,
    }
}

fn translate(
    order_id: &str,
    recorded: &Recorded,
    event: &OrderEvent,
    (zone, (after_s, waited_ms), journey): (&jiff::tz::TimeZone, (Option<i64>, Option<i64>), Option<&v1::Journey>),
) -> Option<Payload> {
    let order_id = order_id.to_owned();
    let status = |from: OrderStatus, to: OrderStatus, cause: &str, automated: bool| v1::StatusChanged {
        order_id: order_id.clone(),
        from: from.to_string(),
        to: to.to_string(),
        via: Vec::new(),
        cause: cause.to_owned(),
        automated,
        after_s,
        confirmed_after_ms: None,
        confidence: None,
        journey: None,
    };
    // How long it was where it should not have been says nothing of how long orders stay.
    let taken_back = |from, to, cause| v1::StatusChanged { after_s: None, ..status(from, to, cause, false) };
    let moved = |from: String, to: String| v1::TrackChanged { order_id: order_id.clone(), from, to };
    Some(match event {
        OrderEvent::Placed { channel, lines, totals, country, tracks, placed_at, .. } => Payload::OrderPlaced(v1::Placed {
            order_id,
            channel: channel.to_string(),
            status: tracks.status.to_string(),
            label: tracks.label().text().to_owned(),
            total: amount(totals.total_minor, totals.currency),
            line_count: lines.len(),
            unit_count: lines.iter().map(|line| u64::from(line.quantity)).sum(),
            country: country.clone(),
            placed_at: *placed_at,
            placed_on: placed_at.to_zoned(zone.clone()).date(),
            eta: tracks.eta,
        }),
        OrderEvent::StatusChanged { from, to, via, cause, .. } => {
            let rule = if let Cause::Rule { rule, .. } = cause { Some(rule.as_str()) } else { None };
            let of_saga = rule.is_some_and(|rule| rule == RULE || rule == fulfilling::RULE);
            let (cause, confidence) = match cause {
                Cause::Asked { .. } => ("asked", None),
                Cause::Fact { .. } => ("fact", None),
                Cause::Rule { confidence, decision, .. } => ("rule", decision.as_ref().map(|_| *confidence)),
            };
            // A saga, and who buys labels, only carries out what somebody said, or what follows from it.
            let automated = recorded.actor.is_automatic() || (cause == "rule" && !of_saga);
            let via = via.iter().map(ToString::to_string).collect();
            let journey = journey.filter(|_| *to == OrderStatus::Delivered).cloned();
            let changed = status(*from, *to, cause, automated);
            // How long an order is checked says nothing of how long orders wait.
            let after_s = changed.after_s.filter(|_| !of_saga);
            let is_confirmed = *to == OrderStatus::Processing && matches!(rule, Some(rule) if rule == RULE);
            let confirmed_after_ms = waited_ms.filter(|_| is_confirmed);
            Payload::OrderStatusChanged(v1::StatusChanged { via, confidence, journey, after_s, confirmed_after_ms, ..changed })
        }
        OrderEvent::StatusCorrected { from, to, .. } => Payload::OrderStatusChanged(taken_back(*from, *to, "corrected")),
        OrderEvent::StatusUndone { from, to, .. } => Payload::OrderStatusChanged(taken_back(*from, *to, "undone")),
        OrderEvent::Reconciled { from, to, .. } => Payload::OrderStatusChanged(status(*from, *to, "reconciled", true)),
        OrderEvent::PaymentChanged { from, to } => Payload::OrderPaymentChanged(moved(from.to_string(), to.to_string())),
        OrderEvent::FulfilmentChanged { from, to } => Payload::OrderFulfilmentChanged(moved(from.to_string(), to.to_string())),
        OrderEvent::TrackingChanged { from, to } => Payload::OrderTrackingChanged(moved(from.to_string(), to.to_string())),
        OrderEvent::DelayNoticed { since } => Payload::OrderDelayChanged(v1::DelayChanged { order_id, delayed: true, since: Some(*since) }),
        OrderEvent::DelayCleared => Payload::OrderDelayChanged(v1::DelayChanged { order_id, delayed: false, since: None }),
        OrderEvent::EtaChanged { from, to } => Payload::OrderEtaChanged(v1::EtaChanged { order_id, from: *from, to: *to }),
        OrderEvent::NotifyRequested { label, kind, waited, not_by, by_rule, .. } => Payload::OrderNotifyRequested(v1::NotifyRequested {
            order_id,
            label: label.text().to_owned(),
            kind: kind.code().to_owned(),
            waited: *waited,
            not_by: not_by.iter().map(|channel| channel.name().to_owned()).collect(),
            by_rule: *by_rule,
        }),
        OrderEvent::CustomerTold { channel } => Payload::OrderCustomerTold(v1::CustomerTold { order_id, channel: channel.clone() }),
        OrderEvent::Replied { channel, first, .. } => {
            Payload::OrderCustomerReplied(v1::CustomerReplied { order_id, channel: channel.name().to_owned(), first: *first })
        }
        OrderEvent::Rated { score } => Payload::OrderRated(v1::Rated { order_id, score: *score }),
        OrderEvent::AttentionRaised { concerns } => Payload::OrderAttentionRaised(v1::AttentionRaised {
            order_id,
            reasons: concerns.iter().map(|held| v1::AttentionReason { code: held.concern.code().to_owned(), since: held.at }).collect(),
        }),
        OrderEvent::ContactErased => Payload::OrderContactErased(v1::ContactErased { order_id }),
        // What a source said, and what is to happen later, is the order's own business, as its pictures are; what follows is published.
        // Sagas, payments, returns, reviews and what is called off have events of their own.
        OrderEvent::LinesCancelled { .. }
        | OrderEvent::Sla { .. }
        | OrderEvent::Exceptions { .. }
        | OrderEvent::Saga { .. }
        | OrderEvent::Review { .. }
        | OrderEvent::Money { .. }
        | OrderEvent::Fulfilment { .. }
        | OrderEvent::Return { .. } => return None,
        OrderEvent::FactHeard { .. }
        | OrderEvent::PhotoAdded { .. }
        | OrderEvent::TimerSet { .. }
        | OrderEvent::TimerFired { .. }
        | OrderEvent::TimersCancelled { .. }
        | OrderEvent::NotReached { .. }
        | OrderEvent::DecisionJudged { .. } => return None,
    })
}

/// What happened on an order's way, and to what people have to decide about it.
fn follows(order: &Order, event: &OrderEvent, at: Timestamp) -> Option<Payload> {
    let order_id = order.id.to_string();
    match event {
        OrderEvent::Saga { event: SagaEvent::Screened { assessment } } => Some(Payload::SagaScreened(saga::v1::Screened {
            order_id,
            score: assessment.score,
            level: assessment.level().code().to_owned(),
            signals: assessment.points.iter().map(|point| point.signal.code().to_owned()).collect(),
        })),
        OrderEvent::Saga { event: SagaEvent::Ended { how } } => {
            Some(Payload::SagaEnded(saga::v1::Ended { order_id, how: how.code().to_owned() }))
        }
        OrderEvent::Saga { event } => event.stock().map(|(how, lines)| {
            let line = |a: &Allocation| stock::v1::MovedLine { sku: a.sku.clone(), location: a.location.clone(), quantity: a.quantity };
            Payload::StockMoved(stock::v1::Moved { order_id, how: how.code().to_owned(), lines: lines.iter().map(line).collect() })
        }),
        OrderEvent::Review { event } => reviewed(order, event, at),
        OrderEvent::Return { event } => returned(order, event),
        OrderEvent::LinesCancelled { lines, less, .. } => {
            let line = |one: &Share| v1::CancelledLine {
                line: one.line,
                sku: order.lines.get(one.line).map(|line| line.sku.clone()).unwrap_or_default(),
                quantity: one.quantity,
            };
            let (less, owed) = (amount(less.minor, less.currency), amount(order.owed().minor, less.currency));
            Some(Payload::OrderLinesCancelled(v1::LinesCancelled { order_id, lines: lines.iter().map(line).collect(), less, owed }))
        }
        OrderEvent::Fulfilment { event: FulfilEvent::Label { id, reference, event } } => labelled(order, (id, reference), event),
        _ => None,
    }
}

/// Clocks that stand otherwise than before.
fn clocks(before: Option<&Order>, order: &Order, events: &[OrderEvent]) -> Option<Payload> {
    if !events.iter().any(|event| matches!(event, OrderEvent::Sla { .. })) {
        return None;
    }
    // Where a day begins must not change between what is counted and what is taken back.
    let day = |at: Timestamp| at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let changed = Sla::ALL.into_iter().filter_map(|sla| {
        let (was, is) = (before.and_then(|before| before.clock(sla)), order.clock(sla));
        let shown = is.or(was)?;
        let (from, to) = (was.map(SlaClock::state), is.map(SlaClock::state));
        let stands = |clock: Option<&SlaClock>| clock.map(|clock| (clock.state(), day(clock.due_at)));
        (stands(was) != stands(is)).then(|| v1::SlaClock {
            sla: sla.to_string(),
            from: from.map(|state| state.as_str().to_owned()),
            to: to.map_or("none", SlaState::as_str).to_owned(),
            started_at: shown.started_at,
            due_at: shown.due_at,
            due_on: day(shown.due_at),
            was_due_on: was.map(|was| day(was.due_at)),
            ended_at: is.and_then(|clock| clock.ended_at),
            factors: shown.factors.iter().map(|factor| factor.as_str().to_owned()).collect(),
        })
    });
    let clocks: Vec<v1::SlaClock> = changed.collect();
    (!clocks.is_empty()).then(|| Payload::OrderSlaChanged(v1::SlaChanged { order_id: order.id.to_string(), clocks }))
}

/// What happened to an order's money. Of what went back at the provider's each is an event.
fn money(before: Option<&Order>, order: &Order, event: &OrderEvent) -> Vec<Payload> {
    let (OrderEvent::Money { event }, Some(paying)) = (event, &order.paying) else { return Vec::new() };
    let (order_id, ledger) = (order.id.to_string(), &paying.ledger);
    match event {
        MoneyEvent::Settled { n, .. } => {
            let Some(operation) = ledger.operation(*n) else { return Vec::new() };
            // Word of it that says nothing new, where the customer confirms for one, is not told and counted again.
            let known = before.and_then(|before| before.paying.as_ref()?.ledger.operation(*n));
            if known.is_some_and(|known| known.state == operation.state) {
                return Vec::new();
            }
            let (code, soft) = match &operation.state {
                State::Declined { code, soft } => (Some(code.clone()), *soft),
                _ => (None, false),
            };
            let moved = match &operation.state {
                State::Ok { amount } => *amount,
                _ => operation.amount,
            };
            vec![Payload::PaymentSettled(payment::v1::Settled {
                order_id,
                operation: *n,
                kind: operation.kind.word().to_owned(),
                provider: operation.provider.word().to_owned(),
                state: operation.state.word().to_owned(),
                amount: amount(moved.minor, moved.currency),
                code,
                soft,
                again: operation.by == By::Clock,
            })]
        }
        MoneyEvent::Returned { news, .. } => {
            let one = |one: &domain::payment::Outside| {
                Payload::PaymentReturned(payment::v1::Returned {
                    order_id: order_id.clone(),
                    provider: one.provider.word().to_owned(),
                    what: one.kind.word().to_owned(),
                    amount: amount(one.amount.minor, one.amount.currency),
                })
            };
            news.iter().map(one).collect()
        }
        MoneyEvent::GaveUp { .. } => {
            let tries = ledger.operations().iter().filter(|one| one.kind == Kind::Authorize);
            let code = tries.clone().next_back().and_then(|last| match &last.state {
                State::Declined { code, .. } => Some(code.clone()),
                _ => None,
            });
            let (method, total) = (paying.method.word().to_owned(), ledger.total());
            let tries = u32::try_from(tries.count()).unwrap_or(u32::MAX);
            vec![Payload::PaymentFailed(payment::v1::Failed { order_id, method, amount: amount(total.minor, total.currency), tries, code })]
        }
        _ => Vec::new(),
    }
}

fn labelled(order: &Order, (id, reference): (&FulfilmentId, &LabelReference), event: &LabelEvent) -> Option<Payload> {
    let label = order.consignment(id)?.label_of(reference)?;
    let (order_id, parcel) = (order.id.to_string(), id.to_string());
    Some(match event {
        LabelEvent::Bought { price, .. } => {
            let quote = label.quote.as_ref()?;
            Payload::ParcelLabelBought(parcel::v1::LabelBought {
                order_id,
                parcel,
                carrier: quote.carrier.as_str().to_owned(),
                service: quote.service.as_str().to_owned(),
                price: price.map(|price| amount(price.minor, price.currency)),
                weight_g: label.wish.weight_g,
            })
        }
        LabelEvent::Failed { why } => {
            Payload::ParcelLabelFailed(parcel::v1::LabelFailed { order_id, parcel, bought: label.number.is_some(), why: why.clone() })
        }
        LabelEvent::Voided { .. } => Payload::ParcelLabelVoided(parcel::v1::LabelVoided { order_id, parcel }),
        _ => return None,
    })
}

fn returned(order: &Order, event: &ReturnEvent) -> Option<Payload> {
    let (order_id, name) = (order.id.to_string(), event.id().to_string());
    let sku = |line: usize| order.lines.get(line).map(|line| line.sku.clone()).unwrap_or_default();
    Some(match event {
        ReturnEvent::ReplacementAsked { .. } | ReturnEvent::NotReplaced { .. } | ReturnEvent::ReplacementLate { .. } => return None,
        ReturnEvent::Replaced { by, .. } => Payload::ReturnReplaced(returns::v1::Replaced { order_id, name, by: by.to_string() }),
        ReturnEvent::Opened { kind, lines, approved, .. } => {
            let line =
                |one: &ReturnLine| returns::v1::Line { sku: sku(one.line), quantity: one.quantity, reason: one.reason.code().to_owned() };
            let (kind, lines) = (kind.code().to_owned(), lines.iter().map(line).collect());
            Payload::ReturnOpened(returns::v1::Opened { order_id, name, kind, approved: *approved, lines })
        }
        ReturnEvent::Decided { state, .. } => {
            Payload::ReturnDecided(returns::v1::Decided { order_id, name, state: state.code().to_owned() })
        }
        ReturnEvent::Received { id, arrived, refund, .. } => {
            let known = order.return_of(id);
            let others = || order.returns.iter().filter(|other| other.id != *id);
            let packing_fault = known.is_some_and(Return::shows_packing_fault);
            let one = |one: &Arrived| returns::v1::Arrived { sku: sku(one.line), quantity: one.quantity, sellable: one.sellable };
            Payload::ReturnReceived(returns::v1::Received {
                order_id,
                name,
                kind: known.map_or(ReturnKind::Refund, |known| known.kind).code().to_owned(),
                packing_fault,
                first: !arrived.is_empty() && !others().any(Return::holds_anything),
                first_fault: packing_fault && !others().any(Return::shows_packing_fault),
                arrived: arrived.iter().map(one).collect(),
                refund: refund.map(|money| amount(money.minor, money.currency)),
                refund_here: order.paying.as_ref().is_some_and(|paying| paying.governs()),
            })
        }
    })
}

fn reviewed(order: &Order, event: &ReviewEvent, at: Timestamp) -> Option<Payload> {
    let about = order.review(event.review())?;
    let (order_id, review, kind) = (order.id.to_string(), about.id.to_string(), about.kind.code().to_owned());
    match event {
        ReviewEvent::Opened { .. } => Some(Payload::ReviewOpened(review::v1::Opened {
            order_id,
            review,
            kind,
            priority: about.priority.code().to_owned(),
            reason: about.reason.clone(),
            total: amount(order.totals.total_minor, order.totals.currency),
            due_at: about.due_at,
            needs: about.needs,
        })),
        ReviewEvent::Decided { outcome, by, .. } => Some(Payload::ReviewDecided(review::v1::Decided {
            order_id,
            review,
            kind,
            outcome: outcome.code().to_owned(),
            by_person: by.is_some(),
            after_s: at.duration_since(about.opened_at).as_secs().max(0),
        })),
        ReviewEvent::Overdue { .. } => Some(Payload::ReviewOverdue(review::v1::Overdue { order_id, review, kind, due_at: about.due_at })),
        ReviewEvent::Claimed { .. } | ReviewEvent::Approved { .. } => None,
    }
}

fn judgement(before: Option<&Order>, order: &Order, decision: &DecisionId) -> Option<Payload> {
    let ruled = order.ruled.iter().find(|ruled| ruled.decision == *decision)?;
    Some(Payload::OrderDecisionJudged(v1::DecisionJudged {
        order_id: order.id.to_string(),
        decision: decision.to_string(),
        from: ruled.from.to_string(),
        decided_at: ruled.at,
        confidence: ruled.confidence,
        verdict: ruled.verdict?.code().to_owned(),
        overruled: before.is_some_and(|before| order.overruled_since(before).any(|new| new.decision == *decision)),
    }))
}
