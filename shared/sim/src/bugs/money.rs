//! Providers that are asked wrongly.

use super::Bug;
use app::ports::{
    Gateway, GatewayAccount, GatewayAnswer, GatewayError, GatewayNews, Gateways, LookUp, Returned, ToAuthorize, ToCapture, ToRefund, ToVoid,
};
use app::signature::{Headers, Verified};
use async_trait::async_trait;
use domain::payment::{PaymentKey, Provider};
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

pub(super) struct BadGateways {
    pub(super) inner: Arc<dyn Gateways>,
    pub(super) bug: Bug,
    pub(super) calls: Arc<AtomicU32>,
}

impl Gateways for BadGateways {
    fn of(&self, account: &GatewayAccount) -> Arc<dyn Gateway> {
        Arc::new(BadGateway { inner: self.inner.of(account), bug: self.bug, calls: self.calls.clone() })
    }
}

struct BadGateway {
    inner: Arc<dyn Gateway>,
    bug: Bug,
    calls: Arc<AtomicU32>,
}

type Answered = Result<GatewayAnswer, GatewayError>;

impl BadGateway {
    /// A name that nobody else has been asked by.
    fn key(&self, key: &PaymentKey) -> PaymentKey {
        let Some((tenant, order, n)) = key.parts().filter(|_| self.bug == Bug::PaidUnderNewNames) else { return key.clone() };
        let n = n + 100 * (1 + self.calls.fetch_add(1, Ordering::Relaxed) % 900);
        PaymentKey::parse(&format!("{tenant}#{order}#{}#{n}", key.word())).unwrap_or_else(|_| key.clone())
    }

    fn said(&self, answer: Answered) -> Answered {
        match answer {
            Err(GatewayError::Unknown(why)) if self.bug == Bug::SilenceIsNo => Err(GatewayError::Fatal(why)),
            other => other,
        }
    }
}

#[async_trait]
impl Gateway for BadGateway {
    fn provider(&self) -> Provider {
        self.inner.provider()
    }
    async fn authorize(&self, wish: &ToAuthorize<'_>) -> Answered {
        let key = self.key(wish.key);
        self.said(self.inner.authorize(&ToAuthorize { key: &key, ..*wish }).await)
    }
    async fn capture(&self, wish: &ToCapture<'_>) -> Answered {
        let key = self.key(wish.key);
        self.said(self.inner.capture(&ToCapture { key: &key, ..*wish }).await)
    }
    async fn void(&self, wish: &ToVoid<'_>) -> Answered {
        self.said(self.inner.void(wish).await)
    }
    async fn refund(&self, wish: &ToRefund<'_>) -> Answered {
        let key = self.key(wish.key);
        self.said(self.inner.refund(&ToRefund { key: &key, ..*wish }).await)
    }
    async fn look_up(&self, wish: &LookUp<'_>) -> Result<Option<GatewayAnswer>, GatewayError> {
        self.inner.look_up(wish).await
    }
    async fn returned(&self, capture: &LookUp<'_>) -> Result<Vec<Returned>, GatewayError> {
        self.inner.returned(capture).await
    }
    async fn verify(&self, headers: &Headers, body: &[u8], now: Timestamp) -> Result<Option<Verified>, GatewayError> {
        self.inner.verify(headers, body, now).await
    }
    fn read(&self, body: &[u8]) -> Vec<GatewayNews> {
        self.inner.read(body)
    }
}
