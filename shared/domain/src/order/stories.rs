//! Any story about an order, command after command: its history gives its head, stock and money add up, and moves are declared ones.

use super::matrix::{at, change, correct, draft, given, photo_id};
use super::placement::{Draft, DraftLine, Given, check};
use super::*;
use crate::ids::{EventId, ReturnId};
use crate::notify::{Channel, MessageKind};
use crate::shipping::fulfilment::{Ask, Share, Step};
use proptest::prelude::*;

fn decision_id(number: u8) -> crate::ids::DecisionId {
    crate::ids::DecisionId::of(u64::from(number), 1, "moved")
}

fn by_rule(to: OrderStatus, decision: u8) -> Command {
    let decision = Some(decision_id(decision));
    let cause = Cause::Rule { rule: "r".into(), reason: "because".into(), confidence: 95, note: None, decision };
    Command::Change(ChangeStatus { to, implied_steps: false, cause, notify: true })
}

fn timer_id(number: u8) -> crate::ids::TimerId {
    crate::ids::TimerId::parse(&format!("t{number}")).unwrap()
}

fn timer(id: u8, second: i64, asks: bool) -> Timer {
    Timer { id: timer_id(id), at: at(second), wake: if asks { Wake::FollowUp { text: None } } else { Wake::tell(None) } }
}

fn review_id(number: u8) -> crate::ids::ReviewId {
    let id = if number.is_multiple_of(2) { format!("fraud-{}", 1 + number / 2) } else { format!("high-value-{}", 1 + number / 2) };
    crate::ids::ReviewId::parse(&id).unwrap()
}

/// What a worker may find out: much or little in stock, nothing or a lot against it.
fn facts(lost: u32, hour: u8, free: Option<i64>) -> saga::Facts {
    let past = Some(crate::fraud::Past { within_hour: lost, before: lost, lost, hour: Some(hour) });
    let level = |location: &str, available| saga::Free { sku: "SKU-1".into(), location: location.into(), available };
    saga::Facts { past, levels: free.map(|free| vec![level("a", free / 2), level("b", free - free / 2)]), ..saga::Facts::default() }
}

fn any_saga_command() -> impl Strategy<Value = Command> {
    let rules = |review_at, reject_overdue| SagaRules {
        fraud: crate::fraud::FraudRules { review_at, refuse_at: 70, ..Default::default() },
        reject_overdue,
        ..SagaRules::default()
    };
    let proceed = (0u32..3, 0u8..24, prop::option::of(0i64..4), 0u8..80).prop_map(move |(lost, hour, free, review_at)| {
        Command::Saga(SagaCommand::Proceed { facts: facts(lost, hour, free), rules: rules(review_at, false) })
    });
    let review = (0u8..6, any::<bool>(), 0u8..2).prop_map(|(id, approve, who)| {
        Command::Review(ReviewCommand::Decide { id: review_id(id), approve, by: format!("p{who}"), comment: None })
    });
    let kinds = prop::sample::select(ReviewKind::ALL.to_vec());
    prop_oneof![
        4 => proceed,
        3 => review,
        1 => (kinds, 20i64..40).prop_map(|(kind, second)| {
            Command::Review(ReviewCommand::Open { kind, note: "please look".into(), due_at: at(second) })
        }),
        1 => (0u8..6, 0u8..2).prop_map(|(id, who)| Command::Review(ReviewCommand::Claim { id: review_id(id), by: format!("p{who}") })),
        1 => (0u8..6, any::<bool>()).prop_map(|(id, reject)| Command::Review(ReviewCommand::Expire { id: review_id(id), reject })),
        1 => Just(Command::Saga(SagaCommand::Nudge)),
    ]
}

fn any_return() -> impl Strategy<Value = Command> {
    let id = || (1u8..4).prop_map(|n| ReturnId::parse(&format!("r{n}")).unwrap());
    let refund = || prop::sample::select(vec![Refunded::Nothing, Refunded::Lines, Refunded::WithShipping]);
    let reason = || prop::sample::select(ReturnReason::ALL.to_vec());
    let state = || prop::sample::select(vec![ReturnState::Approved, ReturnState::Refused, ReturnState::Withdrawn]);
    prop_oneof![
        3 => (prop::collection::vec((0usize..2, 1u32..3, reason()), 1..3), any::<bool>(), any::<bool>()).prop_map(|(lines, exchange, approved)| {
            let kind = if exchange { ReturnKind::Exchange } else { ReturnKind::Refund };
            let lines = lines.into_iter().map(|(line, quantity, reason)| ReturnLine { line, quantity, reason }).collect();
            ReturnCommand::Open { kind, lines, approved, note: None, notify: true }
        }),
        1 => (id(), state()).prop_map(|(id, state)| ReturnCommand::Decide { id, state, note: None, notify: true }),
        3 => (id(), refund(), prop::option::of(prop::collection::vec((0usize..2, 1u32..3, any::<bool>()), 0..3))).prop_map(|(id, refund, arrived)| {
            let arrived = arrived.map(|all| all.into_iter().map(|(line, quantity, sellable)| Arrived { line, quantity, sellable }).collect());
            ReturnCommand::Receive { id, arrived, refund, notify: true }
        }),
        1 => id().prop_map(|id| ReturnCommand::Replace { id, lines: None }),
        1 => id().prop_map(|id| ReturnCommand::Replaced { id, by: OrderId::parse("1001-r").unwrap() }),
    ].prop_map(Command::Return)
}

/// Parcels that are begun, leave and arrive, and what is called off around them.
fn any_goods() -> impl Strategy<Value = Command> {
    let shares = || {
        let share = |(line, quantity)| Share { line, quantity };
        prop::collection::vec((0usize..2, 1u32..3).prop_map(share), 1..3)
    };
    let begins = prop::sample::select(vec![Begins::ToPick, Begins::Packed, Begins::Left]);
    let steps = vec![Step::StartPicking, Step::Pack, Step::Label, Step::HandOver, Step::Deliver, Step::TakeBack, Step::Fail, Step::Cancel];
    prop_oneof![
        2 => shares().prop_map(|lines| Command::CancelLines { lines, note: None, notify: true }),
        2 => (prop::option::of(shares()), begins).prop_map(|(parts, begins)| {
            let ask = parts.map_or(Ask::Everything, Ask::Parts);
            let (from, carriage, followed) = (None, None, None);
            Command::Fulfil(FulfilCommand::Open { ask, from, carriage, followed, begins, checked_bps: 0, notify: true })
        }),
        2 => (1u8..4, prop::sample::select(steps)).prop_map(|(n, step)| {
            let id = crate::ids::FulfilmentId::parse(&format!("p{n}")).unwrap();
            Command::Fulfil(FulfilCommand::Step { id, step, carriage: None, followed: None, notify: true })
        }),
    ]
}

fn any_command() -> impl Strategy<Value = Command> {
    let status = || prop::sample::select(OrderStatus::ALL.to_vec());
    prop_oneof![
        3 => status().prop_map(change),
        1 => status().prop_map(|to| correct(to, Role::Manager)),
        4 => (0usize..22, 0u32..12, 0i64..40).prop_map(|(word, id, second)| {
            let words = Vocabulary::Events.words();
            Command::Hear {
                fact: Fact {
                    id: EventId::parse(&format!("e{id}")).unwrap(),
                    source: SourceId::parse("shop").unwrap(),
                    sequence: None,
                    occurred_at: at(second),
                    claim: Vocabulary::Events.read(words[word]).unwrap().claim,
                },
                notify: true,
            }
        }),
        1 => Just(Command::Notify { by: vec![Channel::Email], kind: MessageKind::Status, text: None }),
        2 => (status(), 0u8..4).prop_map(|(to, decision)| by_rule(to, decision)),
        1 => Just(Command::Undo { note: None }),
        2 => (0u8..3, 20i64..40, any::<bool>()).prop_map(|(id, second, asks)| Command::Set { timer: timer(id, second, asks) }),
        1 => (0u8..3).prop_map(|id| Command::Cancel { timer: timer_id(id), why: Cancelled::Asked }),
        2 => (0u8..3).prop_map(|id| Command::Wake { timer: timer_id(id) }),
        1 => (0u8..7).prop_map(|score| Command::Rate { score }),
        1 => (0u8..4, any::<bool>()).prop_map(|(decision, agrees)| Command::Judge { decision: decision_id(decision), agrees, note: None }),
        1 => (0u8..30).prop_map(|number| Command::AddPhoto { kind: PhotoKind::Packing, photo: photo_id(number) }),
        8 => any_saga_command(),
        4 => any_return(),
        6 => any_goods(),
        1 => Just(Command::EraseContact),
    ]
}

proptest! {
    /// I7 and I22: moves are declared ones, versions have no gaps, and the history alone gives the head.
    #[test]
    fn any_story_can_be_replayed(commands in prop::collection::vec(any_command(), 0..40), saga: bool) {
        let given = Given { saga, ..given() };
        let lines = vec![DraftLine { quantity: 3, ..draft().lines[0].clone() }, DraftLine { sku: "SKU-2".into(), digital: true, ..draft().lines[0].clone() }];
        let placement = check(&Draft { email: Some("sinead@example.com".into()), lines, ..draft() }, given).unwrap();
        let contact = placement.contact.clone();
        let born = decide(None, &Command::Place(Box::new(placement)), at(0)).unwrap();
        let mut order = Order::placed(&born, Some(contact), at(0)).unwrap();
        let actor = Actor::Rule { name: "test".into() };
        let correlation = crate::ids::CorrelationId::parse("c").unwrap();
        let mut broken = 0;
        let mut shelf: std::collections::BTreeMap<String, (i64, i64)> = std::collections::BTreeMap::new();
        let mut history = vec![Recorded { version: 1, at: at(0), actor: actor.clone(), correlation: correlation.clone(), events: born, seal: None }];
        for (n, command) in commands.iter().enumerate() {
            let now = at(10 + n as i64);
            let Ok(events) = decide(Some(&order), command, now) else { continue };
            if events.is_empty() { continue }
            prop_assert!(events.len() <= Recorded::MAX_EVENTS);
            let before = order.tracks.status;
            order.apply_commit(&events, now);
            for event in &events {
                if let OrderEvent::Return { event: ReturnEvent::Received { arrived, .. } } = event {
                    broken += arrived.iter().filter(|one| !one.sellable).map(|one| i64::from(one.quantity)).sum::<i64>();
                }
            }
            // I2: what is set aside is what was set aside and neither given back nor sent, and belongs to an order that goes on.
            for event in &events {
                let OrderEvent::Saga { event } = event else { continue };
                if let Some((how, stock)) = event.stock() {
                    for a in stock {
                        let (held, left) = match how {
                            saga::StockMove::Hold => (1, 0),
                            saga::StockMove::Release => (-1, 0),
                            saga::StockMove::Ship => (-1, 1),
                            saga::StockMove::Take => (0, 1),
                            saga::StockMove::Return => (0, -1),
                        };
                        let shelf = shelf.entry(a.location.clone()).or_insert((0, 0));
                        *shelf = (shelf.0 + held * i64::from(a.quantity), shelf.1 + left * i64::from(a.quantity));
                    }
                }
            }
            let sum = |of: &[saga::Allocation]| of.iter().map(|held| i64::from(held.quantity)).sum::<i64>();
            let known = order.saga.as_ref().map_or((0, 0), |saga| (sum(&saga.held), sum(&saga.left)));
            let moved = shelf.values().fold((0, 0), |sum, shelf| (sum.0 + shelf.0, sum.1 + shelf.1));
            prop_assert_eq!(known.0, moved.0);
            prop_assert!(known.1 <= moved.1 && known.1 >= moved.1 - broken, "{:?} {:?} {}", known, moved, broken);
            let back = order.come_back();
            prop_assert!(back.iter().zip(&order.lines).all(|(back, line)| *back <= line.quantity), "more came back than there was");
            prop_assert!(shelf.values().all(|(held, left)| *held >= 0 && *left >= 0));
            let asks = order.saga.as_ref().is_some_and(|saga| saga.rest == Some(saga::Rest::Unknown));
            let gone = matches!(order.tracks.status, OrderStatus::Cancelled | OrderStatus::Failed);
            if gone && !asks {
                let away = order.consignments.iter().any(|one| one.departures() > 0);
                prop_assert!(known.0 == 0 && (known.1 == 0 || away), "an order that is called off has nothing, but what left with parcels: {:?}", known);
                prop_assert!(order.running().is_none(), "on its way, and called off");
            }
            let arrived = matches!(order.tracks.status, OrderStatus::Shipped | OrderStatus::Delivered | OrderStatus::Completed);
            prop_assert!(!arrived || asks || known.0 == 0, "sent, and still on the shelf");
            // Nothing waits for nobody.
            let stranded = order.tracks.status == OrderStatus::Pending && order.saga.is_some();
            prop_assert!(!stranded || asks || order.saga_work().is_some() || !order.held_back_by().is_empty() || order.saga.as_ref().is_some_and(|saga| saga.ended == Some(saga::Ended::NeedsHuman)), "pending for ever: {:?}", order.saga);
            prop_assert!(!gone || order.open_reviews().all(|review| !review.kind.holds_back()) || asks, "something to decide about nothing");
            // A step of ours is what the facts lead to as well.
            prop_assert_eq!(order.log.fold(order.all_digital()).status, order.tracks.status);
            for event in &events {
                if let OrderEvent::StatusChanged { from, to, via, .. } = event {
                    prop_assert_eq!(*from, before);
                    let mut at = *from;
                    for step in via.iter().chain([to]) {
                        // What is only a download is delivered when it is confirmed.
                        let is_there = order.all_digital() && (at, *step) == (OrderStatus::Processing, OrderStatus::Delivered);
                        prop_assert!(is_there || at.can_become(*step), "{:?} -> {:?}", at, step);
                        at = *step;
                    }
                }
            }
            history.push(Recorded { version: order.version, at: now, actor: actor.clone(), correlation: correlation.clone(), events, seal: None });
            prop_assert_eq!(order.owed().minor + order.spared().minor, order.totals.total_minor);
            prop_assert!(order.cancelled().iter().zip(&order.lines).all(|(off, line)| *off <= line.quantity), "more is called off than there was");
            let wanted: i64 = order.lines.iter().zip(order.wanted()).filter(|(line, _)| line.kind != LineKind::Digital).map(|(_, wanted)| i64::from(wanted)).sum();
            let goes_on = !order.tracks.status.has_shipped() && !gone && order.settlement().is_none();
            prop_assert!(!goes_on || known.0 + known.1 <= wanted, "{:?} for {}", known, wanted);
            // The same command again changes nothing that matters.
            let adds = matches!(command, Command::CancelLines { .. } | Command::Fulfil(_));
            if let Ok(again) = decide(Some(&order), command, now).map(|again| if adds { Vec::new() } else { again }) {
                let mut twice = order.clone();
                twice.apply_commit(&again, now);
                prop_assert_eq!(twice.tracks, order.tracks);
            }
        }
        for (n, commit) in history.iter().enumerate() {
            prop_assert_eq!(commit.version, n as u64 + 1);
        }
        order.contact = None;
        prop_assert_eq!(Order::replay(&history), Some(order));
    }
}
