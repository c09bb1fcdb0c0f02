//! The people and machines around the suite: shops whose clients place orders, carriers who tell storylines,
//! staff who overrule them. Each keeps at it until it gets the answer it needs.

use super::rng::Rng;
use app::place::Idempotency;
use app::ports::OnceKey;
use app::signature::Headers;
use app::tenant::{HookEndpoint, NotifySettings, Secret, SignatureScheme, TenantConfig};
use app::{Identity, Scopes, TenantScope};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::ids::{CorrelationId, OrderId, SourceId, TenantId};
use domain::order::placement::{Draft, DraftLine};
use domain::order::progress::ProgressRules;
use domain::order::{Actor, OrderStatus, Role, Track, Vocabulary};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp, ToSpan};
use sha2::{Digest, Sha256};
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
    pub identity: Identity,
    /// Who reports to it.
    pub senders: Vec<Sender>,
    numbers: u32,
    events: u32,
    keys: u32,
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

const NAMES: [&str; 3] = ["northcanary", "southcanary", "eastcanary"];

impl Shop {
    /// How many shops there are.
    pub const COUNT: usize = NAMES.len();

    /// The n-th shop: each has other words, other signatures, another time zone and other channels.
    pub fn number(n: usize) -> Shop {
        use SignatureScheme::{Hmac, StandardWebhooks};
        let canary = NAMES[n];
        let tenant = TenantId::parse(&canary[..canary.len() - 6]).expect("a slug");
        let (zone, senders, slack) = match n {
            0 => ("UTC", [("shop", Vocabulary::Sheet, StandardWebhooks, false), ("carrier", Vocabulary::Events, Hmac, false)], true),
            1 => (
                "Europe/Warsaw",
                [("shop", Vocabulary::Workflow, StandardWebhooks, true), ("carrier", Vocabulary::Events, Hmac, false)],
                false,
            ),
            _ => (
                "America/Los_Angeles",
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
            },
            progress: ProgressRules { pending_after_h: 0, processing_after_h: 0 },
            ..TenantConfig::default()
        };
        let identity = Identity { tenant, principal: format!("key-{n}"), role: Role::Service, scopes: Scopes::ALL };
        let scope = TenantScope::of(&identity);
        Shop { canary, scope, config: Rc::new(config), identity, senders, numbers: 1000, events: 0, keys: 0 }
    }
}

/// A client's wish to place an order; it is sent until it is answered.
pub struct Request {
    /// Which shop.
    pub shop: usize,
    /// Whose data.
    pub scope: TenantScope,
    /// Its settings.
    pub config: Rc<TenantConfig>,
    /// What.
    pub draft: Draft,
    /// Under which key.
    pub idempotency: Idempotency,
    /// How it must end.
    pub ends: Ending,
    /// Where it comes from.
    pub channel: SourceId,
    /// Who sends it.
    pub actor: Actor,
    /// Ties what follows to it.
    pub correlation: CorrelationId,
}

/// How a request must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With an order.
    Placed,
    /// Refused: the number or the channel's id is another order's.
    Taken,
    /// Refused: the key is another request's.
    KeyReused,
}

impl Request {
    /// The customer's address.
    pub fn email(&self) -> Option<&str> {
        self.draft.email.as_deref()
    }

    /// The same key with another body.
    pub fn stolen_key(&self) -> Request {
        let idempotency = Idempotency { request_hash: "another".to_owned(), ..self.idempotency.clone() };
        self.varied(idempotency, Ending::KeyReused)
    }

    fn varied(&self, idempotency: Idempotency, ends: Ending) -> Request {
        Request {
            shop: self.shop,
            scope: self.scope.clone(),
            config: self.config.clone(),
            draft: self.draft.clone(),
            idempotency,
            ends,
            channel: self.channel.clone(),
            actor: self.actor.clone(),
            correlation: self.correlation.clone(),
        }
    }
}

impl Shop {
    /// A new order, by a customer of this shop.
    pub fn request(&mut self, index: usize, now: Timestamp, rng: &mut Rng) -> Request {
        self.numbers += 1;
        self.keys += 1;
        let lines = (0..1 + rng.below(3)).map(|line| DraftLine {
            sku: format!("{}-{line}", self.canary),
            name: "Mug".to_owned(),
            quantity: rng.between(1, 4),
            unit_price: rng.pick(&["12.50", "7", "0.99", "149.00"]).to_owned(),
            total_price: None,
            digital: false,
        });
        let mut lines: Vec<DraftLine> = lines.collect();
        if rng.per_mille(100) {
            lines.iter_mut().for_each(|line| line.digital = true);
        }
        // The numbers of all shops are the same on purpose: what keeps them apart is the tenant alone.
        let draft = Draft {
            number: rng.per_mille(600).then(|| self.numbers.to_string()),
            external_id: rng.per_mille(250).then(|| format!("ext-{}", self.numbers)),
            currency: rng.pick(&["EUR", "EUR", "PLN"]).to_owned(),
            customer_name: format!("Ada {} {}", self.canary, self.numbers),
            email: rng.per_mille(950).then(|| format!("ada.{}@{}.example", self.numbers, self.canary)),
            locale: rng.per_mille(300).then(|| "pl".to_owned()),
            lines,
            eta: rng.per_mille(300).then(|| now.to_zoned(jiff::tz::TimeZone::UTC).date() + (rng.between(-1, 4)).days()),
            ..Draft::default()
        };
        let key = OnceKey::new("POST /v1/orders", &self.identity.principal, &format!("key-{}", self.keys));
        let request_hash = hex::encode(Sha256::digest(&draft.customer_name));
        Request {
            shop: index,
            scope: self.scope.clone(),
            config: self.config.clone(),
            draft,
            idempotency: Idempotency { key, request_hash },
            ends: Ending::Placed,
            channel: SourceId::parse("api").expect("a slug"),
            actor: self.identity.actor(),
            correlation: CorrelationId::parse(&format!("req-{index}-{}", self.keys)).expect("a token"),
        }
    }

    /// A request for a number, or a channel's id, that another order has.
    pub fn clash(&mut self, with: &Request) -> Option<Request> {
        if with.draft.number.is_none() && with.draft.external_id.is_none() {
            return None;
        }
        self.keys += 1;
        let key = OnceKey::new("POST /v1/orders", &self.identity.principal, &format!("key-{}", self.keys));
        let mut request = with.varied(Idempotency { key, request_hash: "clash".to_owned() }, Ending::Taken);
        if request.draft.external_id.is_some() {
            request.draft.number = None;
        }
        Some(request)
    }
}

/// What is the matter with a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letter {
    /// Nothing.
    Good,
    /// It names an order nobody knows.
    UnknownOrder,
    /// It uses a word its vocabulary does not have.
    UnknownWord,
    /// It names another customer.
    WrongAddress,
    /// It is not what it should be.
    Malformed,
    /// Its signature is not the sender's.
    Forged,
    /// It reuses the id of another.
    Impostor,
}

impl Letter {
    /// The code it ends parked under; none if it is applied, or never taken in.
    pub fn parked_as(self) -> Option<&'static str> {
        match self {
            Letter::UnknownOrder => Some("unknown_order"),
            Letter::UnknownWord => Some("unknown_status"),
            Letter::WrongAddress => Some("email_mismatch"),
            _ => None,
        }
    }

    /// It is never taken in.
    pub fn is_refused(self) -> bool {
        matches!(self, Letter::Malformed | Letter::Forged | Letter::Impostor)
    }
}

/// A webhook; it is sent until it is answered.
pub struct Hook {
    /// Which shop.
    pub shop: usize,
    /// Which of its senders.
    pub sender: usize,
    /// What is the matter with it.
    pub letter: Letter,
    /// The sender's id for it.
    pub id: String,
    /// As it goes over the wire.
    pub body: String,
    /// The order it is about.
    pub order: String,
    /// The word it says.
    pub word: &'static str,
    /// When it happened, by its own word.
    pub occurred_at: Option<Timestamp>,
    /// The sender's counter.
    pub sequence: Option<u64>,
    /// The promised day.
    pub eta: Option<jiff::civil::Date>,
    /// It is sent at this second at the earliest.
    pub due: i64,
    /// Ties what follows to it.
    pub correlation: CorrelationId,
}

fn words(vocabulary: Vocabulary, rng: &mut Rng) -> Vec<&'static str> {
    let mut words: Vec<&'static str> = match vocabulary {
        Vocabulary::Sheet => vec!["Received", "Shipped", "In Transit", "Delayed", "Delivered"],
        Vocabulary::Shop => vec!["pending", "processing", "shipped", "delivered", "fulfilled"],
        Vocabulary::Workflow => {
            vec![
                "payment_authorized",
                "payment_captured",
                "inventory_reserved",
                "ready_to_ship",
                "shipped",
                "out_for_delivery",
                "delivered",
            ]
        }
        _ => vec![
            "order_paid",
            "pick_started",
            "pack_completed",
            "label_created",
            "picked_up",
            "in_transit",
            "out_for_delivery",
            "delivered",
        ],
    };
    if rng.per_mille(250) {
        words.truncate(1 + rng.below(words.len()));
        words.push(match vocabulary {
            Vocabulary::Sheet => rng.pick(&["cancelled", "returned", "on_hold"]),
            Vocabulary::Shop => rng.pick(&["cancelled", "refunded"]),
            Vocabulary::Workflow => rng.pick(&["cancelled", "refunded", "on_hold", "failed", "partially_refunded"]),
            _ => rng.pick(&["order_cancelled", "delivery_failed", "returned"]),
        });
    }
    words.retain(|_| !rng.per_mille(250));
    words
}

impl Shop {
    /// What its senders will tell of an order, in whatever order they get round to it.
    pub fn storyline(&mut self, index: usize, order: &str, email: Option<&str>, now: Timestamp, rng: &mut Rng) -> Vec<Hook> {
        let mut hooks = Vec::new();
        let address = email.unwrap_or("somebody@elsewhere.example").to_owned();
        for sender in 0..self.senders.len() {
            if rng.per_mille(250) {
                continue;
            }
            // Half of a story lies behind us and half ahead; clocks of senders differ from ours.
            let mut at = now - SignedDuration::from_secs(rng.between(0, 1800));
            let skew = if rng.per_mille(300) { rng.between(-600, 600) } else { 0 };
            let mut sequence = 0;
            for word in words(self.senders[sender].vocabulary, rng) {
                at += SignedDuration::from_millis(rng.between(1, 600_000));
                sequence += 1;
                let counted = self.senders[sender].counts.then_some(sequence);
                let occurred_at = (!rng.per_mille(100)).then_some(at + SignedDuration::from_secs(skew));
                let letter = match rng.below(100) {
                    0 => Letter::UnknownOrder,
                    1 => Letter::UnknownWord,
                    2 if email.is_some() => Letter::WrongAddress,
                    3 => Letter::Malformed,
                    4 => Letter::Forged,
                    _ => Letter::Good,
                };
                let story = Told { order, word, address: &address, occurred_at, sequence: counted, due: at.as_second() };
                hooks.push(self.hook(index, sender, letter, &story, rng));
            }
        }
        hooks
    }

    fn hook(&mut self, index: usize, sender: usize, letter: Letter, told: &Told<'_>, rng: &mut Rng) -> Hook {
        use std::fmt::Write;
        self.events += 1;
        let id = format!("evt-{}", self.events);
        let order = if letter == Letter::UnknownOrder { format!("nobody-{}", self.events) } else { told.order.to_owned() };
        let word = if letter == Letter::UnknownWord { "teleported" } else { told.word };
        let address = match letter {
            Letter::WrongAddress => "mallory@elsewhere.example",
            _ => told.address,
        };
        let eta = rng.per_mille(80).then(|| jiff::civil::date(2025, 8, 10) + (rng.between(0, 9)).days());
        let mut body = String::with_capacity(224);
        let _ = write!(body, r#"{{"id":"{id}","orderId":"{order}","status":"{word}","email":"{address}""#);
        if let Some(at) = told.occurred_at {
            let _ = write!(body, r#","occurredAt":"{at}""#);
        }
        if let Some(sequence) = told.sequence {
            let _ = write!(body, r#","sequence":{sequence}"#);
        }
        if let Some(eta) = eta {
            let _ = write!(body, r#","eta":"{eta}""#);
        }
        body.push('}');
        if letter == Letter::Malformed {
            body = match rng.below(3) {
                0 => format!(r#"{{"id":"{id}","orderId":["{order}"],"status":null}}"#),
                1 => format!("not json {id}"),
                _ => format!(r#"{{"id":"{id}","orderId":"{order}","status":"Shipped","email":"not an address"}}"#),
            };
        }
        let correlation = CorrelationId::parse(&format!("hook-{index}-{}", self.events)).expect("a token");
        let (occurred_at, sequence, due) = (told.occurred_at, told.sequence, told.due);
        Hook { shop: index, sender, letter, id, body, order, word, occurred_at, sequence, eta, due, correlation }
    }

    /// Another message under the id of one that was taken in.
    pub fn impostor(&mut self, of: &Hook) -> Option<Hook> {
        if self.senders[of.sender].scheme != SignatureScheme::StandardWebhooks || of.letter == Letter::Impostor {
            return None;
        }
        let body = of.body.replace(&format!(r#""status":"{}""#, of.word), r#""status":"cancelled""#);
        (body != of.body).then(|| Hook {
            shop: of.shop,
            sender: of.sender,
            letter: Letter::Impostor,
            id: of.id.clone(),
            body,
            order: of.order.clone(),
            word: "cancelled",
            occurred_at: of.occurred_at,
            sequence: of.sequence,
            eta: of.eta,
            due: of.due,
            correlation: of.correlation.clone(),
        })
    }
}

struct Told<'a> {
    order: &'a str,
    word: &'static str,
    address: &'a str,
    occurred_at: Option<Timestamp>,
    sequence: Option<u64>,
    due: i64,
}

/// What a member of staff wants.
#[derive(Debug, Clone)]
pub enum Wish {
    /// A declared move.
    Change {
        /// Where to.
        to: OrderStatus,
        /// Steps in between may be implied.
        implied: bool,
        /// Only if nothing else has happened.
        if_unchanged: bool,
    },
    /// An undeclared one.
    Correct {
        /// Where to.
        to: OrderStatus,
        /// By whom.
        role: Role,
    },
    /// Whatever the rules say.
    Progress,
    /// That the customer be told.
    Notify,
}

/// Somebody's work on an order.
#[derive(Debug, Clone)]
pub struct Errand {
    /// Which shop.
    pub shop: usize,
    /// Whose data.
    pub scope: TenantScope,
    /// Its settings.
    pub config: Rc<TenantConfig>,
    /// Which order.
    pub order: OrderId,
    /// What they want.
    pub wish: Wish,
    /// Who.
    pub actor: Actor,
    /// Unique, so that it can be found in the history.
    pub correlation: CorrelationId,
}

impl Shop {
    /// Some work on an order.
    pub fn errand(&self, index: usize, order: &OrderId, serial: u64, rng: &mut Rng) -> Errand {
        let role = rng.pick(&[Role::Operator, Role::Manager, Role::Admin]);
        let to = rng.pick(OrderStatus::ALL);
        let wish = match rng.below(10) {
            0..=4 => Wish::Change { to, implied: rng.per_mille(300), if_unchanged: rng.per_mille(300) },
            5..=6 => Wish::Correct { to, role },
            7..=8 => Wish::Progress,
            _ => Wish::Notify,
        };
        Errand {
            shop: index,
            scope: self.scope.clone(),
            config: self.config.clone(),
            order: order.clone(),
            wish,
            actor: Actor::Principal { id: format!("staff-{index}"), role },
            correlation: CorrelationId::parse(&format!("staff-{serial}")).expect("a token"),
        }
    }
}
