//! The worker of orders' sagas: looks up what a step needs to know, has payment providers asked, and lets the order go on.
//!
//! Whatever it does is a commit of the order, guarded by its version; stock moves in the same transaction. So a message that comes
//! twice, or beside another, finds nothing left to do, and a worker that dies leaves the order at its step.

use crate::apply::{Alongside, Apply};
use crate::cashier::{Cashier, Seen};
use crate::context::{Context, Provenance};
use crate::error::{Error, Result};
use crate::exchange::Exchange;
use crate::ports::{Adviser, AskedLine, AskedOrder, AskedPast, OrderQuery, TenantStore};
use crate::privacy::customer_of;
use crate::scope::TenantScope;
use crate::stock::{MoveStock, Purchases, free};
use crate::tenant::TenantConfig;
use contracts::{Envelope, Payload, stock};
use domain::fraud::Past;
use domain::ids::{LocationId, OrderId};
use domain::money::Money;
use domain::order::placement::Line;
use domain::order::saga::{Facts, Free, RULE, Step, Supply, allocate};
use domain::order::{Actor, Command, Order, SagaCommand};
use domain::shipping::warehouse::Destination;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// Commits of one order in a row: an order of a thousand different things is set aside in 34.
const PASSES: usize = 48;
/// Times that a commit is tried again which met others on the same shelf.
const CONTESTED_MAX: usize = 4;
/// Times that something about the money was found to be done, and was not wanted when it was to be begun.
const IDLE_MAX: usize = 3;
/// Earlier orders of a customer that are looked at.
const LOOKED_BACK: usize = 20;
/// An adviser is asked only if so much time is left: both questions, each twice.
const ADVISER_TIME: SignedDuration = SignedDuration::from_secs(13);

/// The use case.
#[derive(Clone)]
pub struct Sagas {
    /// The way into an order.
    pub apply: Apply,
    /// What is there.
    pub stock: MoveStock,
    /// What is ordered anew.
    pub purchases: Purchases,
    /// Who is asked about orders, where a shop wants that.
    pub adviser: Arc<dyn Adviser>,
    /// Its money.
    pub cashier: Cashier,
    /// What is sent in the place of what comes back.
    pub exchange: Exchange,
    /// Settings.
    pub tenants: Arc<dyn TenantStore>,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Went {
    /// The order went on, in so many commits.
    On(usize),
    /// Levels of stock were looked at.
    Graded,
    /// More was put on a draft of what to order.
    Drafted,
    /// There was nothing to do.
    Nowhere,
}

impl Went {
    fn of(commits: usize) -> Went {
        if commits > 0 { Went::On(commits) } else { Went::Nowhere }
    }
}

impl Sagas {
    /// Does what an event asks for. `until` is when it has to be done; a payment provider is not asked shortly before.
    ///
    /// # Errors
    /// `Retryable`: the message comes again, and nothing happens twice.
    pub async fn run(&self, event: &Envelope, until: Option<Timestamp>) -> Result<Went> {
        let scope = TenantScope::of_own_message(&event.tenant);
        let config = self.tenants.config(&event.tenant).await?.unwrap_or_default();
        let by = Provenance { actor: Actor::Rule { name: RULE.to_owned() }, correlation: event.correlationid.clone() };
        let context = Context { scope: &scope, config: &config, by: &by };
        match &event.payload {
            Payload::SagaDue(due) => {
                let id = OrderId::parse(&due.order_id).map_err(|why| Error::Fatal(why.to_string()))?;
                self.take_on(context, &id, until).await
            }
            Payload::StockMoved(moved) => self.grade(context, moved).await,
            Payload::StockLow(fallen) | Payload::StockReorderSuggested(fallen) => {
                let drafted = self.purchases.propose(context, &fallen.sku, &fallen.location).await?;
                Ok(if drafted.is_some() { Went::Drafted } else { Went::Nowhere })
            }
            _ => Ok(Went::Nowhere),
        }
    }

    async fn take_on(&self, context: Context<'_>, id: &OrderId, until: Option<Timestamp>) -> Result<Went> {
        let (mut commits, mut contested, mut idle, mut mine) = (0, 0, 0, None);
        for _ in 0..PASSES {
            // An order that is not there any more has no saga either.
            let Some(order) = self.apply.orders.load(context.scope, id).await? else { break };
            if let Some(work) = order.money_work(self.apply.clock.now()) {
                let seen = self.cashier.see_to(context, &order, work, mine, until).await?;
                if let Seen::Begun(n) = seen {
                    mine = Some(n);
                }
                commits += usize::from(seen != Seen::Nothing);
                idle += usize::from(seen == Seen::Nothing);
                // What is refused again and again is not wanted.
                if idle > IDLE_MAX {
                    break;
                }
                continue;
            }
            if let Some(one) = order.to_replace() {
                self.exchange.send(context, &order, one).await?;
                commits += 1;
                continue;
            }
            let Some(step) = order.saga_work() else { break };
            let facts = self.facts(context, &order, step, until).await?;
            let command = Command::Saga(SagaCommand::Proceed { facts, rules: context.config.workflow.clone() });
            match self.apply.run(context, id, &command, Alongside::default()).await {
                Ok(applied) if applied.events.is_empty() => return Ok(Went::of(commits)),
                Ok(applied) => {
                    commits += 1;
                    let money = applied.order.money_work(self.apply.clock.now());
                    if applied.order.saga_work().is_none() && money.is_none() && applied.order.to_replace().is_none() {
                        return Ok(Went::of(commits));
                    }
                }
                // Somebody else was faster, with the order or with what is on the shelf: look again.
                Err(Error::Stale { .. }) => {}
                // Many want the same thing at the same moment: each of these was tried some times already.
                Err(Error::Retryable(_)) if contested < CONTESTED_MAX => contested += 1,
                Err(why) => return Err(why),
            }
        }
        match self.apply.orders.load(context.scope, id).await?.and_then(|order| order.saga_work()) {
            None => Ok(Went::of(commits)),
            Some(step) => Err(Error::Retryable(format!("order {id} is not through {} yet", step.code()))),
        }
    }

    async fn facts(&self, context: Context<'_>, order: &Order, step: Step, until: Option<Timestamp>) -> Result<Facts> {
        let rules = &context.config.workflow;
        let past = if step == Step::Screen { Some(self.past(context, order).await?) } else { None };
        // A good order goes through both steps in one commit.
        let levels = if rules.reserve_stock && step <= Step::Reserve {
            Some(free(&*self.stock.stock, context.scope, order.to_reserve().into_keys()).await?)
        } else {
            None
        };
        let ranking = levels.as_ref().map(|levels| best_places(context.config, order, levels, self.apply.clock.now())).unwrap_or_default();
        let asked = context.config.adviser.at().filter(|_| until.is_none_or(|until| self.apply.clock.now() + ADVISER_TIME < until));
        let (Some(at), settings) = (asked, &context.config.adviser) else { return Ok(Facts { past, levels, ranking, ..Facts::default() }) };
        let about = asked_of(order);
        let advice = match &past {
            Some(past) if settings.fraud && rules.fraud.enabled => heard(self.adviser.fraud(at, &about, &past_of(past)).await, order),
            _ => None,
        };
        let proposed = match &levels {
            Some(levels) if settings.routing && is_split(order, levels, &ranking) => {
                heard(self.adviser.routing(at, &about, levels).await, order)
            }
            _ => None,
        };
        Ok(Facts { past, levels, ranking, advice, proposed })
    }

    /// What is known of the customer. The index follows its table within moments: of two orders in the same second one may not
    /// see the other.
    async fn past(&self, context: Context<'_>, order: &Order) -> Result<Past> {
        let hour = hour_there(order, context.config);
        let Some(customer) = order.contact.as_ref().and_then(|contact| customer_of(context.scope.tenant(), contact)) else {
            return Ok(Past { hour, ..Past::default() });
        };
        let page = self.apply.orders.page(context.scope, &OrderQuery::Customer(customer), None, LOOKED_BACK).await?;
        let earlier = page.orders.iter().filter(|other| other.id != order.id && other.placed_at <= order.placed_at);
        let mut past = Past { hour, ..Past::default() };
        for other in earlier {
            past.before += 1;
            past.within_hour += u32::from(order.placed_at.duration_since(other.placed_at) <= SignedDuration::from_hours(1));
            past.lost += u32::from(other.money_lost);
        }
        Ok(past)
    }

    /// Little may be left now, or no longer.
    async fn grade(&self, context: Context<'_>, moved: &stock::v1::Moved) -> Result<Went> {
        for line in &moved.lines {
            if let Some(level) = self.stock.stock.level(context.scope, &line.sku, &line.location).await? {
                self.stock.graded(context, level).await?;
            }
        }
        Ok(Went::Graded)
    }
}

/// What an adviser has said. One that is away, slow or talks nonsense has said nothing: the order goes on without.
fn heard<T>(said: crate::ports::PortResult<T>, order: &Order) -> Option<T> {
    said.inspect_err(|why| tracing::warn!(order_id = %order.id, %why, "done without the adviser")).ok()
}

/// No location has all of it: there is something to choose.
fn is_split(order: &Order, levels: &[Free], ranking: &[LocationId]) -> bool {
    allocate(&order.to_reserve(), levels, ranking, Supply::All).is_ok_and(|found| found.iter().any(|one| one.location != found[0].location))
}

/// From where an order is best sent, if the shop has said how its places work.
fn best_places(config: &TenantConfig, order: &Order, levels: &[Free], now: Timestamp) -> Vec<LocationId> {
    let ranked = config.shipping.ranked(&Destination::of(order), &order.to_reserve(), levels, now);
    ranked.into_iter().map(|ranked| ranked.id).collect()
}

fn past_of(past: &Past) -> AskedPast {
    AskedPast { orders_before: past.before, orders_within_hour: past.within_hour, orders_lost: past.lost, local_hour: past.hour }
}

/// An order without its customer.
fn asked_of(order: &Order) -> AskedOrder {
    let amount = |minor: i64| Money::new(minor, order.totals.currency).decimal();
    let line = |(line, quantity): (&Line, u32)| AskedLine { sku: line.sku.clone(), quantity, unit_price: amount(line.unit_price_minor) };
    AskedOrder {
        order_id: order.id.to_string(),
        placed_at: order.placed_at.to_string(),
        channel: order.channel.to_string(),
        currency: order.totals.currency.code().to_owned(),
        total: amount(order.owed().minor),
        ships_to: order.country.clone(),
        billed_to: order.billing_country.clone(),
        lines: order.lines.iter().zip(order.wanted()).filter(|(_, wanted)| *wanted > 0).map(line).collect(),
    }
}

/// The hour of the day at which an order was placed, where its customer is, as far as anybody knows; else where the shop is.
fn hour_there(order: &Order, config: &TenantConfig) -> Option<u8> {
    let theirs = order.contact.as_ref().and_then(|contact| contact.time_zone.as_deref());
    let zone = theirs.and_then(|name| jiff::tz::TimeZone::get(name).ok()).unwrap_or_else(|| config.zone());
    let placed: Timestamp = order.placed_at;
    u8::try_from(placed.to_zoned(zone).hour()).ok()
}
