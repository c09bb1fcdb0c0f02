//! Payment providers that are left alone while they fail: what is wanted of them waits in its order's ledger, and each order's own clock brings it
//! again, so that nothing rushes at a provider that is just getting well.

use super::{Breaker, Breakers, LONG_WINDOW};
use crate::ports::{
    Clock, Gateway, GatewayAccount, GatewayAnswer, GatewayError, GatewayNews, Gateways, LookUp, Returned, ToAuthorize, ToCapture, ToRefund,
    ToVoid,
};
use crate::signature::{Headers, Verified};
use async_trait::async_trait;
use domain::payment::Provider;
use jiff::Timestamp;
use std::sync::Arc;

/// The providers of all shops, each account behind a circuit breaker.
pub struct SteadyGateways {
    gateways: Arc<dyn Gateways>,
    breakers: Breakers,
}

impl SteadyGateways {
    /// Over these.
    pub fn new(gateways: Arc<dyn Gateways>, clock: Arc<dyn Clock>) -> SteadyGateways {
        SteadyGateways { gateways, breakers: Breakers::new(clock, LONG_WINDOW) }
    }
}

impl Gateways for SteadyGateways {
    fn of(&self, account: &GatewayAccount) -> Arc<dyn Gateway> {
        let breaker = self.breakers.of_account(account.provider().word(), account);
        Arc::new(SteadyGateway { gateway: self.gateways.of(account), breaker })
    }
}

struct SteadyGateway {
    gateway: Arc<dyn Gateway>,
    breaker: Arc<Breaker>,
}

impl SteadyGateway {
    /// Nothing has happened if they are left alone.
    fn may_ask(&self) -> Result<(), GatewayError> {
        let why = || format!("{} failed too often and is left alone for a minute", self.gateway.provider());
        if self.breaker.lets() { Ok(()) } else { Err(GatewayError::Retryable(why())) }
    }

    /// A no is an answer.
    fn heard<T>(&self, answer: Result<T, GatewayError>) -> Result<T, GatewayError> {
        let before = self.breaker.rests();
        self.breaker.answered(!matches!(answer, Err(GatewayError::Retryable(_) | GatewayError::Unknown(_))));
        if !before && self.breaker.rests() {
            tracing::warn!(provider = %self.gateway.provider(), "a payment provider fails and is left alone for a minute");
        }
        answer
    }
}

#[async_trait]
impl Gateway for SteadyGateway {
    fn provider(&self) -> Provider {
        self.gateway.provider()
    }

    fn rests(&self) -> bool {
        self.breaker.rests()
    }

    async fn authorize(&self, wish: &ToAuthorize<'_>) -> Result<GatewayAnswer, GatewayError> {
        self.may_ask()?;
        self.heard(self.gateway.authorize(wish).await)
    }

    async fn capture(&self, wish: &ToCapture<'_>) -> Result<GatewayAnswer, GatewayError> {
        self.may_ask()?;
        self.heard(self.gateway.capture(wish).await)
    }

    async fn void(&self, wish: &ToVoid<'_>) -> Result<GatewayAnswer, GatewayError> {
        self.may_ask()?;
        self.heard(self.gateway.void(wish).await)
    }

    async fn refund(&self, wish: &ToRefund<'_>) -> Result<GatewayAnswer, GatewayError> {
        self.may_ask()?;
        self.heard(self.gateway.refund(wish).await)
    }

    async fn look_up(&self, wish: &LookUp<'_>) -> Result<Option<GatewayAnswer>, GatewayError> {
        self.may_ask()?;
        self.heard(self.gateway.look_up(wish).await)
    }

    async fn returned(&self, capture: &LookUp<'_>) -> Result<Vec<Returned>, GatewayError> {
        self.may_ask()?;
        self.heard(self.gateway.returned(capture).await)
    }

    // What they send is no question of ours.
    async fn verify(&self, headers: &Headers, body: &[u8], now: Timestamp) -> Result<Option<Verified>, GatewayError> {
        self.gateway.verify(headers, body, now).await
    }

    fn read(&self, body: &[u8]) -> Vec<GatewayNews> {
        self.gateway.read(body)
    }
}
