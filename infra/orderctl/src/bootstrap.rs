//! Setting up a tenant with the operator's own credentials: the first key must come from somewhere.

use crate::Failed;
use adapters_aws::{Aws, Dynamo, Tables};
use app::auth::make_key;
use app::ports::{KeyStore, Random, TenantStore};
use app::tenant::{HookEndpoint, NotifySettings, Secret, SignatureScheme, TenantConfig};
use app::{Scopes, TenantScope};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use domain::ids::TenantId;
use domain::order::{Role, Vocabulary};
use runtime::system::{SystemClock, SystemRandom};
use serde_json::{Value, json};

/// What the tenant is like.
#[derive(Args)]
pub struct Options {
    /// Short name: lower-case letters, digits and dashes.
    #[arg(long)]
    pub tenant: String,
    /// Shown in messages.
    #[arg(long, default_value = "Demo Shop")]
    pub shop_name: String,
    /// IANA name; "today" is today there.
    #[arg(long, default_value = "UTC")]
    pub time_zone: String,
    /// The team's Slack incoming webhook.
    #[arg(long)]
    pub slack_url: Option<String>,
    /// Sender of customer mail; must be covered by the stack's MailIdentity (or be its MailFrom) and verified in SES.
    #[arg(long)]
    pub mail_from: Option<String>,
    /// Make new keys for a tenant that exists.
    #[arg(long)]
    pub new_keys: bool,
    /// Table of settings and keys.
    #[arg(long, env = "TABLE_OPS")]
    pub table_ops: String,
}

/// Sets the tenant up and prints its keys, once.
pub async fn run(options: Options) -> Result<(), Failed> {
    let db = Dynamo::new(Aws::of_operator().await, Tables { ops: options.table_ops.clone(), ..Tables::default() });
    let printed = set_up(&options, &db.tenants(), &db.keys(), &SystemRandom).await?;
    println!("{}", serde_json::to_string_pretty(&printed)?);
    Ok(())
}

async fn set_up(options: &Options, tenants: &dyn TenantStore, keys: &dyn KeyStore, random: &dyn Random) -> Result<Value, Failed> {
    let tenant = TenantId::parse(&options.tenant)?;
    // The operator's credentials vouch for the tenant.
    let scope = TenantScope::of_own_message(&tenant);
    let known = tenants.config(&tenant).await?;
    if known.is_some() && !options.new_keys {
        return Err(format!("the tenant {tenant} exists; use --new-keys to make further keys for it").into());
    }
    let config = match known {
        Some(config) => config,
        None => {
            let config = config(options, random);
            let faults: Vec<String> = config.faults().iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect();
            if !faults.is_empty() {
                return Err(faults.join("; ").into());
            }
            if !tenants.save(&scope, &config, 0).await? {
                return Err(format!("somebody else has just set up {tenant}").into());
            }
            config
        }
    };
    let owner = make_key(&scope, "owner", Role::Owner, Scopes::ALL, random, &SystemClock);
    let publishable = make_key(&scope, "web page", Role::Service, Scopes::ASK, random, &SystemClock);
    for made in [&owner, &publishable] {
        keys.save(&scope, &made.key).await?;
    }
    let hook = |name: &str| {
        let endpoint = config.hook(name)?;
        let secret = endpoint.secrets.first()?.expose().to_owned();
        Some(json!({ "endpoint": name, "path": format!("/v1/hooks/{tenant}/{name}"), "scheme": endpoint.scheme, "secret": secret }))
    };
    Ok(json!({
        "tenant": tenant,
        "api_key": Secret(owner.text).expose(),
        "publishable_key": Secret(publishable.text).expose(),
        "webhook": hook("order-status"),
        "webhook_standard": hook("standard"),
    }))
}

fn config(options: &Options, random: &dyn Random) -> TenantConfig {
    let endpoint = |name: &str, scheme, secret: String| HookEndpoint {
        name: name.into(),
        scheme,
        secrets: vec![Secret::new(secret)],
        vocabulary: Vocabulary::Sheet,
        notify: true,
    };
    TenantConfig {
        version: 1,
        shop_name: options.shop_name.clone(),
        time_zone: options.time_zone.clone(),
        hooks: vec![
            endpoint("order-status", SignatureScheme::Hmac, hex(&random.secret())),
            endpoint("standard", SignatureScheme::StandardWebhooks, format!("whsec_{}", STANDARD.encode(random.secret()))),
        ],
        notify: NotifySettings {
            email: true,
            from: options.mail_from.clone(),
            slack_webhook: options.slack_url.clone().map(Secret::new),
            ..NotifySettings::default()
        },
        ..TenantConfig::default()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use testkit::memory::{FakeRandom, MemoryWorld};

    fn options(new_keys: bool) -> Options {
        Options {
            tenant: "demo".into(),
            shop_name: "Demo Shop".into(),
            time_zone: "Europe/Warsaw".into(),
            slack_url: None,
            mail_from: None,
            new_keys,
            table_ops: String::new(),
        }
    }

    #[tokio::test]
    async fn a_tenant_is_set_up_once() {
        let world = MemoryWorld::new();
        let random = FakeRandom::seeded(1);
        let printed = set_up(&options(false), &world.tenants(), &world.keys(), &random).await.unwrap();
        assert!(printed["api_key"].as_str().unwrap().starts_with("of_demo_"));
        assert_eq!(printed["webhook"]["path"], "/v1/hooks/demo/order-status");
        assert!(set_up(&options(false), &world.tenants(), &world.keys(), &random).await.is_err());
        let again = set_up(&options(true), &world.tenants(), &world.keys(), &random).await.unwrap();
        assert_eq!(again["webhook"], printed["webhook"], "the endpoints stay");
        assert_ne!(again["api_key"], printed["api_key"]);
        let authenticate =
            app::auth::Authenticate { keys: std::sync::Arc::new(world.keys()), tokens: None, clock: std::sync::Arc::new(SystemClock) };
        let identity = authenticate.run(printed["publishable_key"].as_str().unwrap()).await.unwrap();
        assert_eq!((identity.tenant.as_str(), identity.scopes), ("demo", Scopes::ASK));
    }
}
