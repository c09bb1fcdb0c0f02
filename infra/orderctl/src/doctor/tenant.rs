//! A tenant's own settings, and whether its payment providers accept its accounts.

use super::{Finding, Is, asked};
use crate::Failed;
use app::ports::{Clock, Gateway, GatewayAnswer, GatewayError, Gateways, LookUp, TenantStore};
use app::tenant::TenantConfig;
use domain::ids::{OrderId, ProviderReference, TenantId};
use domain::money::{Currency, Money};
use domain::payment::{Kind, PaymentKey, Provider};

/// What is asked after; it exists nowhere.
const NOTHING: &str = "doctor-0000000000";

/// Reads the settings, and asks each provider after a payment that there is not: nothing moves, and only an account that is accepted is told so.
pub(super) async fn check(
    tenants: &dyn TenantStore,
    gateways: &dyn Gateways,
    clock: &dyn Clock,
    tenant: &str,
) -> Result<Vec<Finding>, Failed> {
    let tenant = TenantId::parse(tenant)?;
    let (said, took) = asked(clock, tenants.config(&tenant)).await;
    let config = match said {
        Some(Ok(Some(config))) => config,
        Some(Ok(None)) => {
            return Ok(vec![Finding::wrong(tenant.as_str(), "does not exist", format!("run orderctl bootstrap --tenant {tenant}"))]);
        }
        Some(Err(why)) => return Ok(vec![Finding::wrong(tenant.as_str(), why.to_string(), "check the credentials and TABLE_OPS")]),
        None => return Ok(vec![Finding::wrong(tenant.as_str(), "no answer", "check the credentials and TABLE_OPS")]),
    };
    let mut found = settings(&tenant, &config);
    if let Some(first) = found.first_mut() {
        *first = first.clone().took(took, "");
    }
    found.extend(payments(&tenant, &config, gateways, clock).await?);
    Ok(found)
}

fn settings(tenant: &TenantId, config: &TenantConfig) -> Vec<Finding> {
    let faults = config.faults();
    let set = |is_set: bool, name: &str, fix: &str| {
        if is_set { Finding::well(name, "of this tenant") } else { Finding::new(Is::NotSet, name, "of this tenant", fix) }
    };
    vec![
        match faults.first() {
            None => Finding::well(tenant.as_str(), "settings are sound"),
            Some(fault) => {
                let said = format!("{} fault(s): {}: {}", faults.len(), fault.field, fault.message);
                Finding::wrong(tenant.as_str(), said, "correct them by PUT /v1/settings")
            }
        },
        set(config.notify.from.is_some(), "mail sender", "set notify.from"),
        set(config.notify.slack_webhook.is_some(), "Slack", "set notify.slack_webhook"),
    ]
}

async fn payments(tenant: &TenantId, config: &TenantConfig, gateways: &dyn Gateways, clock: &dyn Clock) -> Result<Vec<Finding>, Failed> {
    if !config.payments.enabled {
        return Ok(vec![Finding::new(Is::NotSet, "payments", "orders are not charged", "set payments.enabled and payments.accounts")]);
    }
    let mut found = Vec::new();
    for account in &config.payments.accounts {
        let (said, took) = asked(clock, ping(gateways.of(account).as_ref(), tenant)).await;
        found.push(match said {
            Some(said) => accepted(account.provider(), said?).took(took, "look at the provider's status page"),
            None => accepted(account.provider(), Err(GatewayError::Retryable("no answer in time".into()))).took(took, ""),
        });
    }
    Ok(found)
}

type Answer = Result<Option<GatewayAnswer>, GatewayError>;

async fn ping(gateway: &dyn Gateway, tenant: &TenantId) -> Result<Answer, Failed> {
    let (order, reference) = (OrderId::parse(NOTHING)?, ProviderReference::parse(NOTHING)?);
    let key = PaymentKey::of(tenant, &order, Kind::Authorize, 1);
    // Stripe and Razorpay search by our name for it; PayPal and PayU only know their own.
    let reference = matches!(gateway.provider(), Provider::Paypal | Provider::Payu).then_some(&reference);
    let amount = Money::new(1, Currency::parse("USD")?);
    Ok(gateway.look_up(&LookUp { key: &key, kind: Kind::Authorize, amount, reference, authorization: None, capture: None }).await)
}

fn accepted(provider: Provider, said: Answer) -> Finding {
    let name = format!("payments: {}", provider.word());
    let slot = format!("payments.accounts (provider {})", provider.word());
    match said {
        Ok(_) => Finding::well(name, "accepts the account"),
        Err(GatewayError::Fatal(why)) => Finding::wrong(name, why, format!("correct {slot} by PUT /v1/settings")),
        Err(GatewayError::Retryable(why) | GatewayError::Unknown(why)) => {
            Finding::wrong(name, why, "payments wait and are looked up by themselves; look at the provider's status page")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::double::double;
    use super::*;
    use adapters_http::payment::HttpGateways;
    use app::TenantScope;
    use app::ports::{GatewayAccount, StripeAccount};
    use app::tenant::{PaymentSettings, Secret};
    use runtime::system::SystemClock;
    use std::sync::Arc;
    use testkit::memory::MemoryWorld;

    async fn found(config: TenantConfig) -> Vec<Finding> {
        let world = MemoryWorld::new();
        let tenant = TenantId::parse("demo").unwrap();
        world.tenants().save(&TenantScope::of_own_message(&tenant), &config, 0).await.unwrap();
        let stripe = double(1, |path, token| match (path.starts_with("/stripe/"), token) {
            (true, "sk_live_right") => (200, r#"{"object":"search_result","data":[]}"#),
            (true, _) => (401, r#"{"error":{"message":"Invalid API Key provided"}}"#),
            _ => (404, ""),
        });
        let gateways = HttpGateways::new(Some(stripe), Arc::new(SystemClock));
        check(&world.tenants(), &gateways, &SystemClock, "demo").await.unwrap()
    }

    fn charging(secret: &str) -> TenantConfig {
        let stripe = StripeAccount { secret_key: Secret::new(secret), webhook_secrets: vec![Secret::new("whsec_0123456789")] };
        let payments = PaymentSettings { enabled: true, accounts: vec![GatewayAccount::Stripe(stripe)], ..PaymentSettings::default() };
        TenantConfig { version: 1, payments, ..TenantConfig::default() }
    }

    // req: S2-104
    #[tokio::test]
    async fn an_account_that_its_provider_does_not_accept_is_to_be_mended() {
        let last = |found: Vec<Finding>| found.into_iter().next_back().unwrap();
        let wrong = last(found(charging("sk_live_wrong")).await);
        assert_eq!((wrong.is, wrong.name.as_str()), (Is::Wrong, "payments: stripe"));
        assert!(wrong.said.contains("answered 401") && wrong.fix.contains("payments.accounts") && !wrong.line().contains("sk_live"));
        let right = last(found(charging("sk_live_right")).await);
        assert_eq!((right.is, right.said.split(';').next()), (Is::Well, Some("accepts the account")), "{right:?}");
        let off = found(TenantConfig { version: 1, ..TenantConfig::default() }).await;
        assert!(off.iter().any(|one| one.name == "payments" && one.is == Is::NotSet), "{off:?}");
    }

    // req: S2-104
    #[tokio::test]
    async fn a_tenant_that_is_not_there_is_to_be_set_up() {
        let gateways = HttpGateways::new(None, Arc::new(SystemClock));
        let found = check(&MemoryWorld::new().tenants(), &gateways, &SystemClock, "demo").await.unwrap();
        assert_eq!(found, [Finding::wrong("demo", "does not exist", "run orderctl bootstrap --tenant demo")]);
        assert!(check(&MemoryWorld::new().tenants(), &gateways, &SystemClock, "no such name").await.is_err());
    }
}
