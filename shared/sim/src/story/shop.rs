//! Shops, and who reports to them.

use app::ports::{CarrierAccount, GatewayAccount, StripeAccount};
use app::signature::Headers;
use app::tenant::{
    AccountWith, ExportSettings, FollowUpRules, Governor, HookEndpoint, Lines, NotifySettings, Origin, PaymentSettings, Secret,
    ShippingSettings, SignatureScheme, TenantConfig, TwilioAccount,
};
use app::{Identity, Scopes, TenantScope};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::exception::ExceptionRules;
use domain::fraud::FraudRules;
use domain::ids::{LocationId, Sku, SourceId, TenantId};
use domain::money::{Currency, Money};
use domain::notify::{Channel, QuietHours};
use domain::order::progress::{Mode, ProgressRules};
use domain::order::{PayRules, Role, SagaRules, Vocabulary, WatchRules};
use domain::price::{Listed, PriceRules, PriceTag, Said};
use domain::shipping::{AddressDraft, Calendar, CarrierName};
use domain::sla::SlaRules;
use domain::stock::{ReorderRules, StockRules};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use standardwebhooks::Webhook;
use std::rc::Rc;

/// A tenant.
pub struct Shop {
    /// Its name, and the word that may never turn up in another shop's data.
    pub canary: &'static str,
    /// The right to its data.
    pub scope: TenantScope,
    /// Its settings.
    pub config: Rc<TenantConfig>,
    /// Its API client.
    pub client: Identity,
    /// Who reports to it.
    pub senders: Vec<Sender>,
    pub(super) numbers: u32,
    pub(super) events: u32,
    pub(super) keys: u32,
}

/// Somebody who sends it webhooks.
pub struct Sender {
    /// Endpoint.
    pub endpoint: String,
    /// The source its facts are kept under.
    pub source: SourceId,
    /// Its words.
    pub vocabulary: Vocabulary,
    /// How it signs.
    pub scheme: SignatureScheme,
    /// It counts its messages per order.
    pub counts: bool,
    secret: String,
}

impl Sender {
    /// Signs a body as of a second.
    pub fn sign(&self, id: &str, second: i64, body: &str) -> Headers {
        match self.scheme {
            SignatureScheme::StandardWebhooks => {
                let signer = Webhook::new(&self.secret).expect("a good secret");
                let signature = signer.sign(id, second, body.as_bytes()).expect("signable");
                Headers(vec![
                    ("webhook-id".to_owned(), id.to_owned()),
                    ("webhook-timestamp".to_owned(), second.to_string()),
                    ("webhook-signature".to_owned(), signature),
                ])
            }
            SignatureScheme::Hmac => {
                let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).expect("any length");
                mac.update(body.as_bytes());
                Headers(vec![("x-signature".to_owned(), hex::encode(mac.finalize().into_bytes()))])
            }
        }
    }

    /// Whether a signature grows stale.
    pub fn dates_its_signatures(&self) -> bool {
        self.scheme == SignatureScheme::StandardWebhooks
    }
}

fn shipping(n: usize) -> ShippingSettings {
    let account = |carrier| AccountWith {
        manifest_at: Some(jiff::civil::Time::midnight()),
        carrier,
        account: CarrierAccount {
            client_id: "made-up".to_owned(),
            client_secret: Secret::new("made-up-secret"),
            number: "MADEUP".to_owned(),
            push_secrets: Vec::new(),
            mailer: None,
            tracking_key: None,
        },
    };
    let address = AddressDraft {
        street: vec!["1 Depot Road".to_owned()],
        city: "Newark".to_owned(),
        region: Some("NJ".to_owned()),
        postal_code: Some("07102".to_owned()),
        country: "US".to_owned(),
    };
    let origin = Origin {
        location: LocationId::parse("main").expect("a name"),
        name: "Packing Desk".to_owned(),
        company: None,
        phone: "+1 555 010 0000".to_owned(),
        address,
    };
    let carriers = if n == 0 { vec![CarrierName::Ups] } else { CarrierName::ALL.to_vec() };
    ShippingSettings { accounts: carriers.into_iter().map(account).collect(), origins: vec![origin], ..ShippingSettings::default() }
}

fn twilio() -> TwilioAccount {
    let account_sid = "ACDEMODEMODEMODEMODEMODEMODEMODEMO".to_owned();
    TwilioAccount { account_sid, auth_token: Secret::new("a-made-up-token"), from: "+15005550006".to_owned(), ..TwilioAccount::default() }
}

fn stripe() -> GatewayAccount {
    GatewayAccount::Stripe(StripeAccount { secret_key: Secret::new("sk_test_made-up"), webhook_secrets: Vec::new() })
}

const NAMES: [&str; 3] = ["northcanary", "southcanary", "eastcanary"];

impl Shop {
    /// How many shops there are.
    pub const COUNT: usize = NAMES.len();

    /// What it sells and others sell, too: dearer and cheaper by so much that a person, the rule or nobody changes its price.
    pub fn price_tags(&self, now: Timestamp) -> Vec<PriceTag> {
        let eur = |minor| Money::new(minor, Currency::parse("EUR").expect("a currency"));
        let tag = |(n, market): (usize, i64)| {
            let sku = Sku::parse(&format!("{}-{n}", self.canary)).expect("a SKU");
            let listed = Listed { list: eur(1_000), cost: Said::Amount(eur(900)), market: Said::Amount(eur(market)) };
            PriceTag::new(sku, listed, "staff", now)
        };
        [1_000, 1_040, 2_000, 960, 500].into_iter().enumerate().map(tag).collect()
    }

    /// The n-th shop: each has other words, other signatures, another time zone and other channels.
    pub fn number(n: usize) -> Shop {
        use SignatureScheme::{Hmac, StandardWebhooks};
        let canary = NAMES[n];
        let tenant = TenantId::parse(&canary[..canary.len() - 6]).expect("a slug");
        let (zone, report_hour, senders, slack) = match n {
            0 => ("UTC", 10, [("shop", Vocabulary::Sheet, StandardWebhooks, false), ("carrier", Vocabulary::Events, Hmac, false)], true),
            1 => (
                "Europe/Warsaw",
                13,
                [("shop", Vocabulary::Workflow, StandardWebhooks, true), ("carrier", Vocabulary::Events, Hmac, false)],
                false,
            ),
            _ => (
                // Its midnight falls into every story.
                "Pacific/Tongatapu",
                0,
                [("shop", Vocabulary::Shop, StandardWebhooks, false), ("carrier", Vocabulary::Sheet, Hmac, true)],
                true,
            ),
        };
        let senders: Vec<Sender> = senders
            .into_iter()
            .map(|(name, vocabulary, scheme, counts)| Sender {
                endpoint: name.to_owned(),
                source: SourceId::parse(name).expect("a slug"),
                vocabulary,
                scheme,
                counts,
                secret: format!("whsec_{}", STANDARD.encode(format!("{canary}-{name}-secret-of-thirty-bytes"))),
            })
            .collect();
        let hooks = senders.iter().map(|sender| HookEndpoint {
            name: sender.endpoint.clone(),
            scheme: sender.scheme,
            secrets: vec![Secret::new(sender.secret.clone())],
            vocabulary: sender.vocabulary,
            notify: true,
        });
        let config = TenantConfig {
            shop_name: format!("{canary} shop"),
            time_zone: zone.to_owned(),
            hooks: hooks.collect(),
            notify: NotifySettings {
                email: true,
                from: Some(format!("orders@{canary}.example")),
                slack_webhook: slack.then(|| Secret::new(format!("https://hooks.{canary}.example/T/B/x"))),
                // The second shop writes short messages to those who have agreed to it.
                channels: if n == 1 { vec![Channel::Sms, Channel::Email] } else { vec![Channel::Email] },
                lines: Lines { sms: (n == 1).then(twilio), ..Lines::default() },
                ..NotifySettings::default()
            },
            report_hour,
            // Whose midnight falls into every story has its days exported.
            export: ExportSettings { daily: n == 2 },
            // There prices are proposed, too, and a rule accepts the small ones.
            pricing: PriceRules { enabled: n == 2, accept_up_to_bps: 300, ..PriceRules::default() },
            // An hour is long here; the second shop only watches its rules, the third's orders move on by themselves.
            watch: WatchRules {
                pending_after_h: 1,
                processing_after_h: 1,
                stale_after_h: 2,
                contact_after_h: 1,
                stuck_after_h: 1,
                tell_late: true,
                clocks: true,
            },
            // An hour is long for those who mend things. The second shop has no such board.
            exceptions: ExceptionRules {
                enabled: n != 1,
                team_after_min: 10,
                customer_after_min: 20,
                respond_within_h: 1,
                valuable_over: 40,
            },
            // Half an hour is long for those who pick; what is busy here is an hour with more than three orders.
            sla: SlaRules {
                enabled: true,
                pick_min: 20,
                pack_min: 20,
                scan_min: 30,
                ship_min: 40,
                delivery_min: 90,
                busy_over: 3,
                days: Calendar::every_day(),
                ..SlaRules::default()
            },
            progress: ProgressRules {
                pending_after_h: 0,
                processing_after_h: 0,
                mode: [Mode::Off, Mode::Shadow, Mode::Auto][n % 3],
                ..ProgressRules::default()
            },
            // Two shops have their orders taken through here; the third calls off what nobody decides.
            workflow: SagaRules {
                enabled: n != 1,
                fraud: FraudRules { large_over: 60, very_large_over: 90, review_at: 40, ..FraudRules::default() },
                high_value_over: 150,
                four_eyes_over: if n == 0 { 170 } else { 0 },
                review_within_h: 1,
                reject_overdue: n == 2,
                reserve_stock: true,
                checked_bps: 0,
            },
            // What runs low there is drafted to be ordered anew.
            stock: StockRules { reorder: ReorderRules { auto: n != 1, max_stock: 40, ..ReorderRules::default() }, ..StockRules::default() },
            // They collect their money here as well, at two providers and at one; half an hour is long.
            payments: PaymentSettings {
                enabled: n != 1,
                accounts: if n == 0 { vec![GatewayAccount::Sim, stripe()] } else { vec![stripe()] },
                rules: PayRules { capture_after_h: 1, ..PayRules::default() },
                ..PaymentSettings::default()
            },
            // Two of them buy labels, the second of whoever is cheapest.
            shipping: shipping(n),
            // The first shop asks its customers how it was, and nobody wakes the second's in their night.
            follow_up: FollowUpRules { enabled: n == 0, after_delivered_h: 1 },
            governor: Governor { per_day: [0, 10, 3][n % 3], quiet: (n == 1).then_some(QuietHours { from: 11, until: 13 }) },
            ..TenantConfig::default()
        };
        let client = Identity { tenant, principal: format!("key-{n}"), role: Role::Service, scopes: Scopes::ALL };
        let scope = TenantScope::of(&client);
        Shop { canary, scope, config: Rc::new(config), client, senders, numbers: 1000, events: 0, keys: 0 }
    }

    /// A person who works there.
    pub fn person(&self, role: Role) -> Identity {
        let principal = format!("{role:?}-of-{}", self.canary);
        Identity { tenant: self.client.tenant.clone(), principal, role, scopes: Scopes::of_role(role) }
    }
}
