//! Stories whose end is known: the real handlers, nothing goes wrong, and a virtual clock.

use crate::faults::Faults;
use crate::functions::Functions;
use crate::functions::job::{Answer, Job};
use crate::functions::wire::{Call, Reply};
use crate::ports::{Lot, Ports};
use crate::rng::Rng;
use crate::world::Printer;
use app::ports::{Clock, TenantStore};
use app::tenant::{FollowUpRules, Lines, MetaPage, NotifySettings, Secret, TenantConfig};
use app::{Identity, Scopes, TenantScope};
use axum::body::Bytes;
use domain::ids::{CorrelationId, EventId, OrderId, SourceId, TenantId};
use domain::notify::Channel;
use domain::order::progress::{Mode, ProgressRules};
use domain::order::{Fact, Order, Role, Vocabulary};
use futures::executor::block_on;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::Sha256;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use testkit::bank::Bank;
use testkit::depot::Depot;
use testkit::listeners::Listeners;
use testkit::memory::{FakeClock, FakeRandom, MemoryWorld};

/// Names of all of them, with what they are about.
pub const SCENARIOS: [(&str, &str); 1] =
    [("instagram_happy", "an order by Instagram, to the follow-up 72 hours after it has arrived, and the customer's answer")];

/// A message that reached the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// So many minutes after the order was placed.
    pub minute: i64,
    /// How far the order had come, in percent.
    pub percent: u8,
    /// By which channel.
    pub channel: Channel,
    /// What it said.
    pub text: String,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, hours, minutes) = (self.minute / 1_440, self.minute / 60 % 24, self.minute % 60);
        write!(f, "day {days} {hours:02}:{minutes:02}  {:>3} %  {}: {}", self.percent, self.channel.title(), self.text)
    }
}

/// How a story went.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// Every message to the customer.
    pub told: Vec<Told>,
    /// The order at its end.
    pub order: Order,
}

/// Tells a story; none has this name.
pub fn tell(name: &str) -> Option<Story> {
    (name == "instagram_happy").then(instagram_happy)
}

const NUMBER: &str = "IG-1";
const HANDLE: &str = "254";
const APP_SECRET: &str = "the-app-secret-of-the-page";

struct House {
    memory: MemoryWorld,
    clock: FakeClock,
    functions: Functions,
    scope: TenantScope,
    owner: Identity,
    began: Timestamp,
    told: Vec<Told>,
}

impl House {
    fn new() -> House {
        let memory = MemoryWorld::new();
        let clock = FakeClock::at("2025-08-09T10:00:00Z".parse().expect("a time"));
        let tenant = TenantId::parse("demo").expect("a slug");
        let scope = TenantScope::of_own_message(&tenant);
        let page = MetaPage {
            page_id: "10650011223344".into(),
            token: Secret::new("the-token-of-the-page"),
            app_secret: Some(Secret::new(APP_SECRET)),
            ..MetaPage::default()
        };
        let config = TenantConfig {
            version: 1,
            shop_name: "Demo Shop".into(),
            notify: NotifySettings {
                channels: vec![Channel::Instagram],
                plain_words: true,
                lines: Lines { instagram: Some(page), ..Lines::default() },
                ..NotifySettings::default()
            },
            follow_up: FollowUpRules { enabled: true, after_delivered_h: 72 },
            progress: ProgressRules { mode: Mode::Auto, pending_after_h: 24, processing_after_h: 48, ..ProgressRules::default() },
            ..TenantConfig::default()
        };
        assert_eq!(block_on(memory.tenants().save(&scope, &config, 0)), Ok(true), "settings are saved");
        let ports = Ports::of(&memory, &Lot::default(), &Bank::default(), &Depot::default(), &Listeners::default());
        let printer = Arc::new(Printer(Faults::new(Rng::seeded(1))));
        let functions = Functions::new(&ports, Arc::new(clock.clone()), Arc::new(FakeRandom::seeded(1)), printer, None);
        let owner = Identity { tenant, principal: "owner".into(), role: Role::Owner, scopes: Scopes::ALL };
        let began = clock.now();
        House { memory, clock, functions, scope, owner, began, told: Vec::new() }
    }

    fn correlation() -> CorrelationId {
        CorrelationId::parse("story").expect("a token")
    }

    fn post(&self, path: &str, body: &Value, headers: &[(&str, &str)], who: Option<&Identity>) -> Reply {
        let headers: Vec<(String, String)> = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let correlation = House::correlation();
        let call = Call { verb: "POST", path, who, correlation: &correlation, headers: &headers, body: Bytes::from(body.to_string()) };
        let reply = block_on(self.functions.call(call));
        assert!(reply.status < 300, "{path}: {} {}", reply.status, String::from_utf8_lossy(&reply.body));
        reply
    }

    /// A source says a word of the order, as its webhooks do, and nobody is told.
    fn hear(&self, word: &str) {
        let claim = Vocabulary::Events.read(word).expect("a word of events").claim;
        let source = SourceId::parse("warehouse").expect("a slug");
        let fact = Fact { id: EventId::parse(word).expect("an id"), source, sequence: None, occurred_at: self.clock.now(), claim };
        block_on(self.functions.hear(&self.scope, &OrderId::parse(NUMBER).expect("a number"), fact));
    }

    fn order(&self) -> Order {
        self.memory.order(&self.scope, &OrderId::parse(NUMBER).expect("a number")).expect("placed")
    }

    /// Everything that waits goes where it goes.
    fn settle(&mut self) {
        block_on(self.functions.settle(&self.memory));
        let minute = self.clock.now().duration_since(self.began).as_mins();
        for (channel, to, text) in self.memory.sent_texts().into_iter().skip(self.told.len()) {
            assert_eq!(to, HANDLE);
            self.told.push(Told { minute, percent: self.order().percent(), channel, text });
        }
    }

    /// Half an hour passes, and what is scheduled runs.
    fn half_an_hour(&mut self) {
        self.clock.advance(SignedDuration::from_mins(30));
        for job in [Job::Watch(Rc::new(self.owner.tenant.clone())), Job::Timers] {
            let Answer::Said(Ok(_)) = block_on(self.functions.perform(&job)) else { panic!("{} failed", job.name()) };
        }
    }
}

/// The example of the suite's second source: placed, 24 hours later in work, 48 hours later shipped, delivered on the fifth day,
/// and asked 72 hours after that. A rule acts on the first half-hourly run after its time. Age alone ships nothing: the
/// warehouse has put a label on the parcel by then.
fn instagram_happy() -> Story {
    let mut house = House::new();
    let body = json!({
        "number": NUMBER, "channel": "instagram", "currency": "USD",
        "customer": { "name": "Sarah", "chats": { "instagram": HANDLE }, "consent": ["instagram"] },
        "items": [{ "sku": "MUG", "name": "Mug", "quantity": 1, "unit_price": "19.99" }],
    });
    house.post("/v1/orders", &body, &[("idempotency-key", "k1")], Some(&house.owner));
    house.settle();
    house.hear("order_paid");
    for half in 1..=2 * 24 * 9 {
        house.half_an_hour();
        if half == 2 * 60 {
            house.hear("label_created");
        }
        if half == 2 * 120 {
            let wish = json!({ "order_id": NUMBER, "new_status": "fulfilled", "notify_customer": true });
            house.post("/v1/orders/update-status", &wish, &[], Some(&house.owner));
        }
        house.settle();
    }
    let event = json!({ "sender": { "id": HANDLE }, "message": { "mid": "m_1", "text": "5" } });
    let body = json!({ "object": "instagram", "entry": [{ "messaging": [event] }] });
    let mut mac = Hmac::<Sha256>::new_from_slice(APP_SECRET.as_bytes()).expect("any length");
    mac.update(body.to_string().as_bytes());
    let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    house.post("/v1/channels/demo/instagram", &body, &[("x-hub-signature-256", &signature)], None);
    house.settle();
    Story { order: house.order(), told: house.told }
}
