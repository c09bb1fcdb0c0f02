//! A provider's double, an adapter that speaks to it, and a ledger that asks for what is done.

use crate::double::{Behaviour, Double};
use adapters_http::client::Client;
use adapters_http::payment::Sites;
use adapters_http::payment::paypal::Certificates;
use app::ports::{
    Clock, Gateway, GatewayAccount, GatewayAnswer, GatewayError, LookUp, PaypalAccount, PayuAccount, RazorpayAccount, Returned, Source,
    StripeAccount, ToAuthorize, ToCapture, ToRefund, ToVoid,
};
use app::tenant::Secret;
use async_trait::async_trait;
use domain::ids::{OrderId, TenantId};
use domain::money::{Currency, Money};
use domain::payment::{By, Ledger, Provider, Wish};
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use std::sync::Arc;
use std::time::Duration;

pub struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        now()
    }
}

pub fn now() -> Timestamp {
    "2026-11-26T10:00:00Z".parse().unwrap()
}

pub struct NoCertificates;

#[async_trait]
impl Certificates for NoCertificates {
    async fn fetch(&self, _url: &str) -> Result<Vec<u8>, GatewayError> {
        Err(GatewayError::Retryable("no certificates here".into()))
    }

    fn roots(&self) -> &[CertificateDer<'static>] {
        &[]
    }
}

pub struct Rig {
    pub provider: Provider,
    pub double: Double,
    pub gateway: Arc<dyn Gateway>,
    /// The same, with little patience.
    pub hasty: Arc<dyn Gateway>,
    pub ledger: Ledger,
}

pub fn account(provider: Provider) -> GatewayAccount {
    let secret = |text: &str| Secret::new(text);
    match provider {
        Provider::Stripe => {
            GatewayAccount::Stripe(StripeAccount { secret_key: secret("sk_test_demo"), webhook_secrets: vec![secret("whsec_demo")] })
        }
        Provider::Paypal => GatewayAccount::Paypal(PaypalAccount {
            client_id: "demo".into(),
            client_secret: secret("demo"),
            webhook_id: "DEMOWEBHOOK".into(),
            is_sandbox: true,
        }),
        Provider::Razorpay => GatewayAccount::Razorpay(RazorpayAccount {
            key_id: "rzp_test_demo".into(),
            key_secret: secret("demo"),
            webhook_secrets: vec![secret("demo")],
        }),
        _ => GatewayAccount::Payu(PayuAccount {
            pos_id: "300746".into(),
            client_id: "300746".into(),
            client_secret: secret("demo"),
            second_keys: vec![secret("demo")],
            is_sandbox: true,
        }),
    }
}

impl Rig {
    pub async fn of(provider: Provider) -> Rig {
        let behaviour: Behaviour = match provider {
            Provider::Stripe => crate::stripe::behaviour,
            Provider::Paypal => crate::paypal::behaviour,
            Provider::Razorpay => crate::razorpay::behaviour,
            _ => crate::payu::behaviour,
        };
        let double = Double::of(provider.word(), behaviour).await;
        let base = double.base.clone();
        let sites = Sites {
            stripe: base.clone(),
            paypal: base.clone(),
            paypal_sandbox: base.clone(),
            razorpay: base.clone(),
            payu: base.clone(),
            payu_sandbox: base,
        };
        let gateway = |timeout| {
            let client = Arc::new(Client::new(Duration::from_millis(timeout)));
            sites.gateway(account(provider), client, Arc::new(Stopped), Arc::new(NoCertificates))
        };
        let ledger = Ledger::new(TenantId::parse("demo").unwrap(), OrderId::parse("1001").unwrap(), eur(10_000));
        Rig { provider, gateway: gateway(10_000), hasty: gateway(50), double, ledger }
    }

    /// Writes an operation down, as whoever asks has to; its number.
    pub fn begin(&mut self, wish: Wish) -> u32 {
        let operation = self.ledger.begin(wish, now()).unwrap();
        let n = operation.n;
        self.ledger.record(operation).unwrap();
        n
    }

    pub fn begin_authorize(&mut self, minor: i64) -> u32 {
        self.begin(Wish::Authorize { provider: self.provider, amount: eur(minor), by: By::Customer })
    }

    pub async fn authorize(&self, n: u32) -> Result<GatewayAnswer, GatewayError> {
        self.authorize_with(n, Source::Hosted).await
    }

    pub async fn authorize_with(&self, n: u32, source: Source<'_>) -> Result<GatewayAnswer, GatewayError> {
        let operation = self.ledger.operation(n).unwrap();
        let wish = ToAuthorize {
            key: &operation.key,
            amount: operation.amount,
            source,
            description: "Order 1001",
            return_url: "https://shop.example/back",
            notify_url: Some("https://hooks.example/v1/hooks/pay/payu"),
            customer_ip: Some("203.0.113.7"),
            resumed: operation.reference(),
        };
        self.gateway.authorize(&wish).await
    }

    pub async fn capture(&self, n: u32) -> Result<GatewayAnswer, GatewayError> {
        self.gateway.capture(&ToCapture::of(&self.ledger, n, false).unwrap()).await
    }

    pub async fn refund(&self, n: u32) -> Result<GatewayAnswer, GatewayError> {
        self.gateway.refund(&ToRefund::of(&self.ledger, n).unwrap()).await
    }

    pub async fn void(&self, n: u32) -> Result<GatewayAnswer, GatewayError> {
        self.gateway.void(&ToVoid::of(&self.ledger, n).unwrap()).await
    }

    pub async fn look_up(&self, n: u32) -> Result<Option<GatewayAnswer>, GatewayError> {
        self.gateway.look_up(&LookUp::of(&self.ledger, n).unwrap()).await
    }

    pub async fn returned(&self, capture: u32) -> Result<Vec<Returned>, GatewayError> {
        self.gateway.returned(&LookUp::of(&self.ledger, capture).unwrap()).await
    }

    pub fn settle(&mut self, n: u32, answer: &GatewayAnswer) {
        self.ledger.settle(n, &answer.outcome(), now()).unwrap();
    }

    /// An order whose money is promised: the customer has been wherever the provider wanted them to be.
    pub async fn authorized(provider: Provider) -> Rig {
        let mut rig = Rig::of(provider).await;
        let n = rig.begin_authorize(10_000);
        let asked = rig.authorize(n).await.unwrap();
        assert!(matches!(asked, GatewayAnswer::RequiresAction { .. }), "{asked:?}");
        rig.settle(n, &asked);
        rig.customer_confirms();
        let done = rig.authorize(n).await.unwrap();
        assert!(matches!(&done, GatewayAnswer::Done { amount, .. } if *amount == eur(10_000)), "{done:?}");
        rig.settle(n, &done);
        rig
    }

    /// The customer pays at the provider's page.
    pub fn customer_confirms(&self) {
        match self.provider {
            Provider::Stripe => crate::stripe::customer_confirms(&self.double),
            Provider::Paypal => crate::paypal::customer_confirms(&self.double),
            Provider::Razorpay => crate::razorpay::customer_confirms(&self.double),
            _ => crate::payu::customer_confirms(&self.double),
        }
    }

    /// The same, with something captured: the capture's number.
    pub async fn captured(provider: Provider) -> (Rig, u32) {
        let mut rig = Rig::authorized(provider).await;
        let n = rig.begin(Wish::Capture { of: 1, amount: eur(10_000) });
        let done = rig.capture(n).await.unwrap();
        rig.settle(n, &done);
        assert_eq!(rig.ledger.captured(), eur(10_000));
        (rig, n)
    }
}

pub fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

/// The code of a decline, and whether it may pass.
pub fn decline(answer: Result<GatewayAnswer, GatewayError>) -> (String, bool) {
    match answer {
        Ok(GatewayAnswer::Declined { code, soft, .. }) => (code, soft),
        other => panic!("no decline: {other:?}"),
    }
}
