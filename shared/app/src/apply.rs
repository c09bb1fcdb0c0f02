//! The only way into an order that exists: load, decide, commit; on a conflict, again.

use crate::audit;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::ports::{Clock, Commit, CommitError, DecisionRecord, InboxKey, Judgement, OnceDone, OrderStore};
use crate::publish;
use domain::ids::OrderId;
use domain::order::clocks::clocked;
use domain::order::decide::news;
use domain::order::exceptions::{Standards, noticed};
use domain::order::{Command, Order, OrderEvent, decide};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// How often a conflict is answered by loading and deciding again. Each lost race means that somebody
/// else's change went through, so this bounds the work without starving anybody for long.
pub const CONFLICT_TRIES: usize = 8;

/// What else becomes true with the commit.
#[derive(Debug, Clone, Copy, Default)]
pub struct Alongside<'a> {
    /// A once-record.
    pub once: Option<OnceDone<'a>>,
    /// An inbox entry.
    pub inbox: Option<&'a InboxKey>,
    /// The decision that is carried out.
    pub decision: Option<&'a DecisionRecord>,
    /// Only if the order still has this revision (`If-Match`).
    pub if_version: Option<u64>,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The order before.
    pub before: Order,
    /// The order now.
    pub order: Order,
    /// What happened; empty if nothing changed (then nothing was committed either).
    pub events: Vec<OrderEvent>,
}

/// The use case.
#[derive(Clone)]
pub struct Apply {
    /// Orders.
    pub orders: Arc<dyn OrderStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl Apply {
    /// Applies a command to an order, and what the shop's rules make of it.
    ///
    /// # Errors
    /// `NotFound`, `Rejected`, `Stale` (with `if_version`, or after too many lost races), `Retryable`.
    pub async fn run(&self, context: Context<'_>, id: &OrderId, command: &Command, with: Alongside<'_>) -> Result<Applied> {
        let Context { scope, by, .. } = context;
        let mut current = 0;
        for _ in 0..CONFLICT_TRIES {
            let before = self.orders.load(scope, id).await?.ok_or(Error::NotFound("order"))?;
            current = before.revision();
            if with.if_version.is_some_and(|wanted| wanted != current) {
                return Err(Error::Stale { current });
            }
            let now = self.clock.now();
            let events = decide(Some(&before), command, now)?;
            if events.is_empty() {
                return Ok(Applied { order: before.clone(), before, events });
            }
            let mut events = events;
            events.extend(follow_up(&before, &events, context, now));
            events.extend(consequences(Some(&before), after(&before, &events, now), &events, context, now));
            let mut order = before.clone();
            order.apply_commit(&events, now);
            let recorded = audit::record(&mut order, by, events, now)?;
            let publish = publish::of_commit(scope.tenant(), Some(&before), &order, &recorded, &context.zone());
            let judged = recorded.events.iter().find_map(OrderEvent::judges).and_then(|id| {
                let verdict = order.ruled.iter().find(|ruled| ruled.decision == *id)?.verdict?;
                Some((id, Judgement { verdict, by: by.actor.clone(), at: now }))
            });
            let commit = Commit {
                order: &order,
                before_version: before.version,
                due: context.due(&order),
                timer: order.next_timer(),
                recorded: &recorded,
                publish: &publish,
                once: with.once,
                inbox: with.inbox,
                decision: with.decision,
                judged: judged.as_ref().map(|(id, judgement)| (*id, judgement)),
            };
            match self.orders.commit(scope, commit).await {
                Ok(()) => return Ok(Applied { before, order, events: recorded.events }),
                Err(CommitError::Conflict) => continue,
                // What was decided rests on what was on the shelf: whoever has looked has to look again.
                Err(CommitError::StockChanged) => return Err(Error::Stale { current }),
                // Our own record is there: this very effect has happened, perhaps by us, with a lost reply.
                Err(CommitError::InboxDone | CommitError::OnceTaken) => {
                    return Ok(Applied { order: before.clone(), before, events: Vec::new() });
                }
                Err(CommitError::ExternalIdTaken) => return Err(Error::Fatal("an existing order claims a new reference".into())),
                Err(CommitError::Port(error)) => return Err(error.into()),
            }
        }
        Err(Error::Stale { current })
    }
}

/// An order as it is with these events.
fn after(before: &Order, events: &[OrderEvent], now: Timestamp) -> Order {
    let mut after = before.clone();
    events.iter().for_each(|event| after.evolve(event, now));
    after
}

/// What a commit means for the clocks of its order and for what is wrong with it, where the shop works with either. `after` is the order with
/// the commit's events.
pub(crate) fn consequences(
    before: Option<&Order>,
    mut after: Order,
    events: &[OrderEvent],
    context: Context<'_>,
    now: Timestamp,
) -> Vec<OrderEvent> {
    let config = context.config;
    let (clocks, exceptions) = (config.sla.enabled || !after.clocks.is_empty(), config.exceptions.enabled || !after.exceptions.is_empty());
    if !clocks && !exceptions {
        return Vec::new();
    }
    let zone = context.zone();
    let run = clocked((before, &after), events, &config.sla, &zone, now).filter(|_| clocks);
    let mut follows: Vec<OrderEvent> = run.map(|event| OrderEvent::Sla { event }).into_iter().collect();
    if exceptions {
        follows.iter().for_each(|event| after.evolve(event, now));
        let review_within = SignedDuration::from_hours(i64::from(config.workflow.review_within_h));
        let standards = Standards { rules: &config.exceptions, watch: &config.watch_rules(), zone: &zone, review_within };
        follows.extend(noticed(&after, events, standards, now));
    }
    follows
}

/// A customer who hears that their order has arrived is asked how it was, some days later, where the shop wants that.
fn follow_up(before: &Order, events: &[OrderEvent], context: Context<'_>, now: Timestamp) -> Option<OrderEvent> {
    let rules = &context.config.follow_up;
    if !rules.enabled {
        return None;
    }
    let after = after(before, events, now);
    news(Some(before.label()), after.label(), events)?;
    after.follow_up(before, rules.after_delivered_h, now)
}
