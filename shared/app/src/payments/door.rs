//! The door for payment providers' webhooks: verify the raw bytes, find the order, have it look.
//!
//! A webhook says what to look up and no more. What it is about is marked in the order with a commit, whose event sends the worker to ask the
//! provider; so it is kept before it is answered, the same one twice changes nothing, and whoever forges one learns nothing.

use crate::apply::{Alongside, Apply};
use crate::context::{Context, Provenance};
use crate::error::{Error, Result};
use crate::ports::{GatewayNews, GatewayTopic, Gateways, TenantStore, payment_channel};
use crate::scope::TenantScope;
use crate::signature::Headers;
use domain::ids::{CorrelationId, OrderId, SourceId, TenantId};
use domain::order::{Actor, Command, MoneyCommand, Order, Rejection};
use domain::payment::{Kind, Ledger, Operation, Outcome, Outside, OutsideKind, PaymentKey, Provider, State};
use jiff::SignedDuration;
use std::sync::Arc;

/// So long after an operation has succeeded, news of it is the echo of the answer that said so. What was declined may succeed a moment later.
const ECHO: SignedDuration = SignedDuration::from_mins(2);
/// Events of one webhook that are looked at.
const NEWS_MAX: usize = 50;

/// The use case.
#[derive(Clone)]
pub struct HearPayments {
    /// The way into an order.
    pub apply: Apply,
    /// Accounts.
    pub tenants: Arc<dyn TenantStore>,
    /// Who knows the providers' signatures.
    pub gateways: Arc<dyn Gateways>,
}

/// What became of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Told {
    /// Events that were read.
    pub events: usize,
    /// Orders that have something to look up.
    pub orders: usize,
    /// Events that are about no order of the shop.
    pub unknown: usize,
}

impl HearPayments {
    /// Takes a webhook in.
    ///
    /// # Errors
    /// `Unauthenticated` for an unknown shop, an unknown provider and a bad signature alike, `Retryable`: send it again.
    pub async fn run(&self, tenant: &str, provider: &str, headers: &Headers, body: &[u8], correlation: &CorrelationId) -> Result<Told> {
        let now = self.apply.clock.now();
        let tenant = TenantId::parse(tenant).map_err(|_| Error::Unauthenticated)?;
        let provider = Provider::from_word(provider).ok_or(Error::Unauthenticated)?;
        let config = self.tenants.config(&tenant).await?.unwrap_or_default();
        let account = config.payments.account(provider).ok_or(Error::Unauthenticated)?;
        let gateway = self.gateways.of(account);
        let verified = gateway.verify(headers, body, now).await.map_err(|error| Error::Retryable(error.to_string()))?;
        verified.ok_or(Error::Unauthenticated)?;
        // The signature proves that the shop's own provider speaks.
        let scope = TenantScope::of_own_message(&tenant);
        let source = SourceId::parse(&format!("payment-{provider}")).map_err(|why| Error::Fatal(why.to_string()))?;
        let by = Provenance { actor: Actor::Source { source }, correlation: correlation.clone() };
        let context = Context { scope: &scope, config: &config, by: &by };
        let mut told = Told::default();
        for news in gateway.read(body).into_iter().take(NEWS_MAX) {
            told.events += 1;
            match self.order(&scope, &news).await? {
                Some(id) => told.orders += usize::from(self.mark(context, provider, &id, &news).await?),
                None => told.unknown += 1,
            }
        }
        Ok(told)
    }

    /// The order that an event is about: by our own name for the operation, else by the provider's.
    async fn order(&self, scope: &TenantScope, news: &GatewayNews) -> Result<Option<OrderId>> {
        if let Some((tenant, order, _)) = news.key.as_ref().and_then(domain::payment::PaymentKey::parts) {
            // Two shops may have one account at a provider: the other one hears of it at its own door.
            return Ok((tenant == *scope.tenant()).then_some(order));
        }
        let Some(channel) = payment_channel() else { return Ok(None) };
        for name in &news.names {
            if let Some(order) = self.apply.orders.find(scope, &channel, name.as_str()).await? {
                return Ok(Some(order));
            }
        }
        Ok(None)
    }

    async fn mark(&self, context: Context<'_>, provider: Provider, id: &OrderId, news: &GatewayNews) -> Result<bool> {
        let Some(order) = self.apply.orders.load(context.scope, id).await? else { return Ok(false) };
        let mut marked = false;
        for command in self.commands(&order, provider, news) {
            match self.apply.run(context, id, &Command::Money(command), Alongside::default()).await {
                Ok(applied) => marked |= !applied.events.is_empty(),
                Err(Error::Rejected(Rejection::NotCollected)) => {}
                Err(Error::Rejected(why)) => {
                    tracing::warn!(trace_id = %context.by.correlation, order = %id, %why, "a webhook says nothing of use")
                }
                Err(why) => return Err(why),
            }
        }
        Ok(marked)
    }

    fn commands(&self, order: &Order, provider: Provider, news: &GatewayNews) -> Vec<MoneyCommand> {
        let Some(paying) = &order.paying else { return Vec::new() };
        let concerned = news.concerned(provider, &paying.ledger);
        let captures = captures_of(&paying.ledger, &concerned);
        // What the provider has just answered it reports as well.
        let now = self.apply.clock.now();
        let is_echo = |one: &Operation| matches!(one.state, State::Ok { .. }) && now.duration_since(one.since) < ECHO;
        let operations = concerned.into_iter().filter(|n| !paying.ledger.operation(*n).is_some_and(is_echo)).collect();
        // Of an order whose answer was lost PayU can only be asked by its own name for it, which it says here.
        let nameless = news.key.as_ref().and_then(|key| paying.ledger.operation_of(key)).filter(|one| one.reference().is_none());
        let named = nameless.zip(news.names.first()).filter(|_| provider == Provider::Payu).map(|(one, name)| MoneyCommand::Settle {
            n: one.n,
            outcome: Outcome::Pending { reference: Some(name.clone()) },
            url: None,
            client_secret: None,
        });
        if let Some(named) = named {
            return vec![named, MoneyCommand::Report { operations, captures: Vec::new() }];
        }
        match news.topic {
            GatewayTopic::Payment => vec![MoneyCommand::Report { operations, captures: Vec::new() }],
            // A refund of ours is settled by its own operation; one of theirs is found in the capture's list.
            GatewayTopic::Refund if news.key.as_ref().is_some_and(|key| is_our_refund(&paying.ledger, key)) => {
                vec![MoneyCommand::Report { operations, captures: Vec::new() }]
            }
            GatewayTopic::Refund => vec![MoneyCommand::Report { operations, captures }],
            GatewayTopic::Dispute { state, amount } => match provider {
                // They do not list disputes by payment: the webhook is all there is.
                Provider::Razorpay | Provider::Payu => {
                    let reference = news.names.first().cloned();
                    let capture = captures.first().copied().and_then(|n| paying.ledger.operation(n));
                    let heard = reference.zip(capture).map(|(reference, capture)| MoneyCommand::Returned {
                        capture: capture.n,
                        news: vec![Outside {
                            provider,
                            reference,
                            of: capture.n,
                            kind: OutsideKind::Dispute(state),
                            amount: amount.unwrap_or(capture.amount),
                            at: self.apply.clock.now(),
                        }],
                    });
                    heard.into_iter().collect()
                }
                _ => vec![MoneyCommand::Report { operations: Vec::new(), captures }],
            },
        }
    }
}

/// A charge has the key of its authorization, also in news of somebody else's refund.
fn is_our_refund(ledger: &Ledger, key: &PaymentKey) -> bool {
    ledger.operation_of(key).is_some_and(|one| matches!(one.kind, Kind::Refund { .. }))
}

/// The captures that operations are about: themselves, or those of the same promise.
fn captures_of(ledger: &Ledger, operations: &[u32]) -> Vec<u32> {
    let roots: Vec<u32> = operations.iter().filter_map(|n| ledger.root_of(ledger.operation(*n)?)).map(|root| root.n).collect();
    let of_one =
        |one: &&Operation| matches!(one.kind, Kind::Capture { of } if roots.contains(&of)) && matches!(one.state, State::Ok { .. });
    ledger.operations().iter().filter(of_one).map(|one| one.n).collect()
}
