//! Does what is to be done about an order's money: writes it down, asks the provider, and takes in what became of it.
//!
//! An operation is committed before its provider is asked, under a name of ours that makes asking twice harmless. Whoever dies in between
//! leaves it in the order's ledger for the next who looks. No answer is no answer: the provider is asked what became of it.

use crate::apply::{Alongside, Apply};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::measure::health_of;
use crate::ports::{Gateway, GatewayAnswer, GatewayError, Gateways, LookUp, MetricStore, Source, ToAuthorize, ToCapture, ToRefund, ToVoid};
use domain::order::paying::{UNKNOWN_FOR, Wanted};
use domain::order::{Command, Means, MoneyCommand, MoneyWork, Order, Paying};
use domain::payment::{
    AUTHORIZATION_TIMEOUT, By, Choice, Kind, Ledger, Offer, Operation, Outcome, Outside, Provider, Purchase, State, Wish, choose,
};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// Longest time that one provider may take with one order: mostly it is asked once, and three times at most.
const ASKING_TIME: SignedDuration = SignedDuration::from_secs(21);

/// For so long after an operation was written down only whoever wrote it asks for it: two who ask at the same time could not tell from a
/// refusal what became of the other's request. Whoever dies in between finds it again by the same message, later than that.
const FIRST_CALL_WITHIN: SignedDuration = SignedDuration::from_secs(60);

/// The use case.
#[derive(Clone)]
pub struct Cashier {
    /// The way into an order.
    pub apply: Apply,
    /// Providers.
    pub gateways: Arc<dyn Gateways>,
    /// How it went with them lately.
    pub metrics: Arc<dyn MetricStore>,
    /// The suite's own address, where providers report to and customers come back to if the shop names no page.
    pub base: String,
}

/// What came of looking after an order's money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Nothing.
    Nothing,
    /// The order knows more.
    Known,
    /// An operation was written down; whoever wrote it is to ask for it.
    Begun(u32),
}

impl Cashier {
    /// Does one thing that is to be done about an order's money. `mine` is the operation that the caller has written down, `until` when the
    /// caller has to be done.
    ///
    /// # Errors
    /// `Retryable`: nothing is lost, and nothing happens twice. `Fatal` for what a provider says that cannot be of this order.
    pub async fn see_to(
        &self,
        context: Context<'_>,
        order: &Order,
        work: MoneyWork,
        mine: Option<u32>,
        until: Option<Timestamp>,
    ) -> Result<Seen> {
        let Some(paying) = &order.paying else { return Ok(Seen::Nothing) };
        let asks = !matches!(work, MoneyWork::Begin(_));
        // What there is no time to ask for is not written down either: whoever comes next does both.
        if until.is_some_and(|until| self.apply.clock.now() + ASKING_TIME > until) {
            return Err(Error::Retryable("no time is left to ask a payment provider".into()));
        }
        // Whoever fails is left alone, as long as that makes sense. What is wanted of them stands in the ledger, and the order's own clock brings it again.
        let now = self.apply.clock.now();
        let is_last = matches!(work, MoneyWork::LookUp { n } if paying.ledger.operation(n).is_some_and(|one| is_late(one, now)));
        let waits = !is_last && paying.may_wait(now) && self.rests(context, paying, work);
        let command = match work {
            _ if waits => MoneyCommand::Away,
            MoneyWork::Begin(wanted) => self.begin(context, order, paying, wanted).await?,
            MoneyWork::Call { n } if mine != Some(n) && self.is_fresh(&paying.ledger, n) => return Ok(Seen::Nothing),
            MoneyWork::Call { n } => self.call(context, order, paying, n, mine == Some(n)).await?,
            MoneyWork::LookUp { n } => self.look_up(context, order, paying, n).await?,
            MoneyWork::Returned { n } => self.returned(context, paying, n).await?,
        };
        let is_away = command == MoneyCommand::Away;
        match self.apply.run(context, &order.id, &Command::Money(command), Alongside::default()).await {
            Ok(applied) if applied.events.is_empty() || is_away => Ok(Seen::Nothing),
            Ok(applied) if !asks => {
                let last = applied.order.paying.as_ref().and_then(|paying| paying.ledger.operations().last());
                Ok(last.map_or(Seen::Known, |one| Seen::Begun(one.n)))
            }
            Ok(_) => Ok(Seen::Known),
            // Somebody else was faster, and the ledger knows: whoever looks again sees what is left to do.
            Err(Error::Rejected(domain::order::Rejection::Money(why))) if !asks => {
                tracing::info!(order = %order.id, %why, "an operation is not wanted any more");
                Ok(Seen::Nothing)
            }
            Err(Error::Rejected(why)) => Err(Error::Fatal(why.to_string())),
            Err(why) => Err(why),
        }
    }

    /// Whom it would have to be asked of is left alone at the moment. Of whom a promise is asked is still to be chosen.
    fn rests(&self, context: Context<'_>, paying: &Paying, work: MoneyWork) -> bool {
        let of = |n: u32| paying.ledger.operation(n).is_some_and(|one| self.is_resting(context, one.provider));
        match work {
            MoneyWork::Call { n } | MoneyWork::LookUp { n } | MoneyWork::Returned { n } => of(n),
            MoneyWork::Begin(Wanted::Of(Wish::Capture { of: n, .. } | Wish::Void { of: n } | Wish::Refund { of: n, .. })) => of(n),
            MoneyWork::Begin(Wanted::Of(Wish::Authorize { provider, .. })) => self.is_resting(context, provider),
            MoneyWork::Begin(Wanted::Authorize { .. }) => false,
        }
    }

    fn is_resting(&self, context: Context<'_>, provider: Provider) -> bool {
        context.config.payments.account(provider).is_some_and(|account| self.gateways.of(account).rests())
    }

    /// Whoever wrote it down may still be asking for it. Refunds are written down by people, too, who ask for nothing: anybody asks for those.
    fn is_fresh(&self, ledger: &Ledger, n: u32) -> bool {
        let age = |one: &Operation| self.apply.clock.now().duration_since(one.began_at);
        ledger.operation(n).is_some_and(|one| !matches!(one.kind, Kind::Refund { .. }) && age(one) < FIRST_CALL_WITHIN)
    }

    async fn begin(&self, context: Context<'_>, order: &Order, paying: &Paying, wanted: Wanted) -> Result<MoneyCommand> {
        let by = match wanted {
            Wanted::Authorize { by } => by,
            Wanted::Of(wish) => return Ok(MoneyCommand::Begin { wish, why: Vec::new() }),
        };
        let mut offers = context.config.payments.offers();
        if offers.len() > 1 {
            let health = health_of(&*self.metrics, context.scope, self.apply.clock.now()).await?;
            offers.iter_mut().for_each(|offer| offer.health = health.get(offer.provider.word()).copied().unwrap_or_default());
        }
        let resting: Vec<Provider> = offers.iter().map(|offer| offer.provider).filter(|one| self.is_resting(context, *one)).collect();
        let mut choice = chosen(&offers, order, paying, by, &resting);
        // Somebody could take it who is only away.
        if choice.provider.is_none() && !resting.is_empty() {
            let capable = chosen(&offers, order, paying, by, &[]);
            if capable.provider.is_some() && paying.may_wait(self.apply.clock.now()) {
                return Ok(MoneyCommand::Away);
            }
            choice = if capable.provider.is_some() { choice } else { capable };
        }
        let why = choice.explain();
        Ok(match choice.provider {
            Some(provider) => MoneyCommand::Begin { wish: Wish::Authorize { provider, amount: paying.ledger.total(), by }, why },
            None if why.is_empty() => MoneyCommand::NoProvider { why: vec!["the shop has no account at any provider for it".to_owned()] },
            None => MoneyCommand::NoProvider { why },
        })
    }

    /// The provider's answer to an operation that is written down.
    async fn call(&self, context: Context<'_>, order: &Order, paying: &Paying, n: u32, is_mine: bool) -> Result<MoneyCommand> {
        let Some((operation, gateway)) = self.gateway(context, paying, n) else { return Ok(came_to_nothing(n)) };
        let ledger = &paying.ledger;
        // What hangs on an operation that has no name cannot be asked for: nothing has happened.
        let nameless = || GatewayError::Fatal("what it hangs on has no name at the provider's".into());
        let answer = match operation.kind {
            Kind::Authorize => self.authorize(context, order, operation, &*gateway).await,
            Kind::Capture { .. } => match ToCapture::of(ledger, n, true) {
                Some(wish) => gateway.capture(&wish).await,
                None => Err(nameless()),
            },
            Kind::Void { .. } => match ToVoid::of(ledger, n) {
                Some(wish) => gateway.void(&wish).await,
                None => Err(nameless()),
            },
            Kind::Refund { .. } => match ToRefund::of(ledger, n) {
                Some(wish) => gateway.refund(&wish).await,
                None => Err(nameless()),
            },
        };
        match answer {
            Ok(answer) => Ok(settles(n, &answer)),
            Err(error) => match error.outcome() {
                // Nothing has happened: the same call, by the same key, when the message comes again.
                None => Err(Error::Retryable(error.to_string())),
                Some(outcome) => {
                    tracing::warn!(order = %order.id, key = %operation.key, %error, "a payment provider did not do what it was asked");
                    if matches!(error, GatewayError::Fatal(_)) {
                        return Ok(self.refused(ledger, operation, &*gateway, is_mine).await);
                    }
                    Ok(MoneyCommand::Settle { n, outcome, url: None, client_secret: None })
                }
            },
        }
    }

    /// What a refusal means: nothing has happened now. Whether an earlier call of somebody who died has is for the provider to say.
    async fn refused(&self, ledger: &Ledger, operation: &Operation, gateway: &dyn Gateway, is_mine: bool) -> MoneyCommand {
        let n = operation.n;
        let known = match LookUp::of(ledger, n) {
            Some(wish) => gateway.look_up(&wish).await.ok().flatten(),
            None => None,
        };
        let is_only = is_mine && self.is_fresh(ledger, n);
        match known {
            Some(answer) if !matches!(answer, GatewayAnswer::Confirmed { .. }) => settles(n, &answer),
            _ if is_only => came_to_nothing(n),
            _ => MoneyCommand::Settle { n, outcome: Outcome::Unknown, url: None, client_secret: None },
        }
    }

    /// Asks for a promise; once more, if the customer has confirmed and the provider waits for that.
    async fn authorize(
        &self,
        context: Context<'_>,
        order: &Order,
        operation: &Operation,
        gateway: &dyn Gateway,
    ) -> Result<GatewayAnswer, GatewayError> {
        let means = order.contact.as_ref().and_then(|contact| contact.means.clone()).unwrap_or_default();
        let notify_url = format!("{}/v1/payments/{}/{}", self.base, context.scope.tenant(), operation.provider);
        let home = format!("{}/chat", self.base);
        let description = format!("Order {}", order.id);
        let mut resumed = operation.reference().cloned();
        let mut tries = 0;
        loop {
            let wish = ToAuthorize {
                key: &operation.key,
                amount: operation.amount,
                source: source(&means, operation),
                description: &description,
                return_url: means.return_url.as_deref().unwrap_or(&home),
                notify_url: Some(&notify_url),
                customer_ip: means.customer_ip.as_deref(),
                resumed: resumed.as_ref(),
            };
            match gateway.authorize(&wish).await? {
                GatewayAnswer::Confirmed { reference } if tries == 0 => (resumed, tries) = (Some(reference), 1),
                answer => return Ok(answer),
            }
        }
    }

    /// What became of an operation, by the provider's word.
    async fn look_up(&self, context: Context<'_>, order: &Order, paying: &Paying, n: u32) -> Result<MoneyCommand> {
        let late = |one: &Operation| is_late(one, self.apply.clock.now());
        let Some((operation, gateway)) = self.gateway(context, paying, n) else {
            let late = paying.ledger.operation(n).is_some_and(late);
            return Ok(if late { came_to_nothing(n) } else { MoneyCommand::Looked { n } });
        };
        let Some(wish) = LookUp::of(&paying.ledger, n) else { return Ok(MoneyCommand::Looked { n }) };
        let mut answer = gateway.look_up(&wish).await;
        let is_wanted = paying.ledger.is_open(operation) && !order.is_called_off();
        if let (Ok(Some(GatewayAnswer::Confirmed { .. })), true) = (&answer, is_wanted) {
            answer = self.authorize(context, order, operation, &*gateway).await.map(Some);
        }
        let reported = paying.reported.contains(&n);
        match answer {
            Ok(Some(answer)) => Ok(settles(n, &answer)),
            Ok(None)
                if self.apply.clock.now().duration_since(operation.since) >= AUTHORIZATION_TIMEOUT && paying.ledger.is_open(operation) =>
            {
                // It has never come there, and who says so is there: it is asked for again, by the same name.
                let again = if operation.kind == Kind::Authorize && is_wanted {
                    self.authorize(context, order, operation, &*gateway).await
                } else {
                    Err(GatewayError::Fatal("it is not wanted any more, or begun anew under another name".into()))
                };
                match again {
                    Ok(answer) => Ok(settles(n, &answer)),
                    Err(GatewayError::Fatal(_)) => Ok(came_to_nothing(n)),
                    Err(_) => Ok(MoneyCommand::Looked { n }),
                }
            }
            Ok(None) => Ok(MoneyCommand::Looked { n }),
            // Nobody can say what became of it, and nobody will: it is not waited for any longer.
            Err(error) if late(operation) => {
                tracing::error!(order = %order.id, key = %operation.key, %error, "what became of a payment cannot be found out: look for it at the provider's");
                Ok(came_to_nothing(n))
            }
            Err(GatewayError::Retryable(why)) if reported => Err(Error::Retryable(why)),
            Err(error) => {
                tracing::warn!(order = %order.id, key = %operation.key, %error, "a payment could not be looked up; again later");
                Ok(MoneyCommand::Looked { n })
            }
        }
    }

    async fn returned(&self, context: Context<'_>, paying: &Paying, n: u32) -> Result<MoneyCommand> {
        let nothing = MoneyCommand::Returned { capture: n, news: Vec::new() };
        let Some((operation, gateway)) = self.gateway(context, paying, n) else { return Ok(nothing) };
        let Some(wish) = LookUp::of(&paying.ledger, n) else { return Ok(nothing) };
        let listed = match gateway.returned(&wish).await {
            Ok(listed) => listed,
            Err(error @ GatewayError::Fatal(_)) => {
                tracing::error!(key = %operation.key, %error, "the shop's account may not list what went back");
                return Ok(nothing);
            }
            Err(error) => return Err(Error::Retryable(error.to_string())),
        };
        let now = self.apply.clock.now();
        let news: Vec<Outside> = listed.iter().filter_map(|one| one.outside(operation.provider, n, now)).collect();
        Ok(MoneyCommand::Returned { capture: n, news })
    }

    /// An operation and who is asked for it; nobody, if the shop has no account there any more.
    fn gateway<'a>(&self, context: Context<'_>, paying: &'a Paying, n: u32) -> Option<(&'a Operation, Arc<dyn Gateway>)> {
        let operation = paying.ledger.operation(n)?;
        let account = context.config.payments.account(operation.provider);
        if account.is_none() {
            tracing::warn!(key = %operation.key, "the shop has no account at this provider any more");
        }
        Some((operation, self.gateways.of(account?)))
    }
}

/// Who is asked for a promise; none of those that are `away`.
fn chosen(offers: &[Offer], order: &Order, paying: &Paying, by: By, away: &[Provider]) -> Choice {
    let means = order.contact.as_ref().and_then(|contact| contact.means.as_deref());
    let bound = means.filter(|means| means.token.is_some() || by != By::Shop).and_then(|means| means.provider);
    let offers: Vec<Offer> = offers.iter().filter(|offer| bound.is_none_or(|provider| provider == offer.provider)).cloned().collect();
    let tried: Vec<Provider> = paying.tried().into_iter().chain(away.iter().copied()).collect();
    choose(&offers, &Purchase { amount: paying.ledger.total(), method: paying.method, country: order.country.as_deref(), tried: &tried })
}

/// Nobody can find out any more what became of it.
fn is_late(one: &Operation, now: Timestamp) -> bool {
    one.state == State::Unknown && now.duration_since(one.since) >= UNKNOWN_FOR
}

/// A token is shown to nobody but the provider that has made it.
fn source<'a>(means: &'a Means, operation: &Operation) -> Source<'a> {
    match &means.token {
        Some(token) if means.provider == Some(operation.provider) => Source::Token(token),
        _ => Source::Hosted,
    }
}

fn came_to_nothing(n: u32) -> MoneyCommand {
    MoneyCommand::Settle { n, outcome: Outcome::Cancelled, url: None, client_secret: None }
}

fn settles(n: u32, answer: &GatewayAnswer) -> MoneyCommand {
    let (url, client_secret) = match answer {
        GatewayAnswer::RequiresAction { url, client_secret, .. } => {
            (url.clone(), client_secret.as_ref().map(|secret| secret.expose().to_owned()))
        }
        _ => (None, None),
    };
    MoneyCommand::Settle { n, outcome: answer.outcome(), url, client_secret }
}
