//! Orders and events to test with, made by the real rules.

use app::TenantScope;
use app::ports::{Commit, InboxKey, OnceDone, OnceKey};
use app::publish::of_commit;
use contracts::Envelope;
use domain::email::Email;
use domain::ids::{CorrelationId, OrderId, SourceId};
use domain::money::Currency;
use domain::notify::Channel;
use domain::order::saga::{Allocation, StockMove};
use domain::order::{
    Actor, Cause, Contact, Line, LineKind, Order, OrderEvent, OrderStatus, Recorded, Role, SagaEvent, Totals, Tracks, WatchRules, Watched,
};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// One step of an order, ready to be committed.
#[derive(Debug, Clone)]
pub struct Step {
    /// The order after it.
    pub order: Order,
    /// The version before it.
    pub before_version: u64,
    /// Its history entry.
    pub recorded: Recorded,
    /// What it publishes.
    pub publish: Vec<Envelope>,
}

impl Step {
    /// The commit of this step alone.
    pub fn commit(&self) -> Commit<'_> {
        self.with(None, None)
    }

    /// With what else becomes true.
    pub fn with<'a>(&'a self, once: Option<OnceDone<'a>>, inbox: Option<&'a InboxKey>) -> Commit<'a> {
        let Step { order, before_version, recorded, publish } = self;
        let due = Watched::of(order).due(&WatchRules::default(), &TimeZone::UTC);
        Commit {
            order,
            before_version: *before_version,
            due,
            timer: order.next_timer(),
            recorded,
            publish,
            once,
            inbox,
            decision: None,
            judged: None,
        }
    }
}

/// An order's number.
pub fn number(text: &str) -> OrderId {
    OrderId::parse(text).expect("a good number")
}

/// A source.
pub fn source(text: &str) -> SourceId {
    SourceId::parse(text).expect("a good source")
}

/// An address.
pub fn email(text: &str) -> Email {
    Email::parse(text).expect("a good address")
}

fn somebody() -> Actor {
    Actor::Principal { id: "user-1".into(), role: Role::Operator }
}

fn step(scope: &TenantScope, before: Option<&Order>, mut order: Order, events: Vec<OrderEvent>, at: Timestamp) -> Step {
    let before_version = before.map_or(0, |order| order.version);
    order.version = before_version + 1;
    let correlation = CorrelationId::parse("conformance").expect("a good id");
    let recorded = Recorded { version: order.version, at, actor: somebody(), correlation, events, seal: None };
    let publish = of_commit(scope.tenant(), before, &order, &recorded, &TimeZone::UTC);
    Step { order, before_version, recorded, publish }
}

/// A new order of anna@example.com, placed by the channel "api".
pub fn placed(scope: &TenantScope, id: &str, at: Timestamp) -> Step {
    placed_by(scope, id, "anna@example.com", None, at)
}

/// The same, that is taken through checks and stock: only of such an order something is set aside.
pub fn begun(scope: &TenantScope, id: &str, at: Timestamp) -> Step {
    let Step { mut order, recorded, .. } = placed(scope, id, at);
    let mut events = recorded.events;
    events.push(OrderEvent::Saga { event: SagaEvent::Began { table: 1 } });
    events.iter().skip(1).for_each(|event| order.evolve(event, at));
    step(scope, None, order, events, at)
}

/// A new order of somebody, with the channel's own id.
pub fn placed_by(scope: &TenantScope, id: &str, address: &str, external: Option<(&str, &str)>, at: Timestamp) -> Step {
    let currency = Currency::EUR;
    let line = Line {
        sku: "MUG-1".into(),
        name: "Mug".into(),
        quantity: 2,
        unit_price_minor: 1_250,
        kind: LineKind::Physical,
        handling: Default::default(),
    };
    let totals = Totals { currency, subtotal_minor: 2_500, shipping_minor: 499, tax_minor: 0, discount_minor: 0, total_minor: 2_999 };
    let event = OrderEvent::Placed {
        id: number(id),
        channel: source(external.map_or("api", |(channel, _)| channel)),
        external_id: external.map(|(_, id)| id.to_owned()),
        lines: vec![line],
        totals,
        country: Some("PL".into()),
        billing_country: None,
        shipping_method: None,
        tracks: Tracks::default(),
        placed_at: at,
        notify: true,
    };
    let contact = Contact {
        name: "Anna O'Brien".into(),
        email: Some(email(address)),
        phone: Some("+48600100200".into()),
        locale: Some("pl-PL".into()),
        time_zone: None,
        chats: [(Channel::Telegram, "42".to_owned())].into(),
        consent: vec![Channel::Sms, Channel::Telegram],
        address: None,
        billing_address: None,
        means: None,
    };
    let order = Order::born(&event, Some(contact), at).expect("placed");
    step(scope, None, order, vec![event], at)
}

/// Moves an order to a status; whether the table of moves allows it is not the store's business.
pub fn moved(scope: &TenantScope, before: &Order, to: OrderStatus, note: Option<&str>, at: Timestamp) -> Step {
    let cause = Cause::Asked { note: note.map(str::to_owned) };
    let from = before.tracks.status;
    then(scope, before, vec![OrderEvent::StatusChanged { from, to, via: Vec::new(), cause, decided: true, notify: false }], at)
}

/// Lets these events happen to an order.
pub fn then(scope: &TenantScope, before: &Order, events: Vec<OrderEvent>, at: Timestamp) -> Step {
    let mut order = before.clone();
    for event in &events {
        order.evolve(event, at);
    }
    step(scope, Some(before), order, events, at)
}

/// So many mugs at "a", set aside, given back or sent.
pub fn mugs(how: StockMove, quantity: u32) -> OrderEvent {
    let stock = vec![Allocation { sku: "MUG".into(), location: "a".into(), quantity }];
    let event = match how {
        StockMove::Hold => SagaEvent::Held { stock, advised: false },
        StockMove::Release => SagaEvent::Released { stock },
        StockMove::Ship => SagaEvent::Shipped { stock },
        StockMove::Take => SagaEvent::Taken { stock },
        StockMove::Return => SagaEvent::Returned { stock },
    };
    OrderEvent::Saga { event }
}

/// A once-record to become done, remembered for a day.
pub fn once<'a>(key: &'a OnceKey, response: &'a str, fence: Option<u64>, now: Timestamp) -> OnceDone<'a> {
    OnceDone { key, request_hash: "hash", response, fence, expires_at: now + SignedDuration::from_hours(24) }
}

/// A key.
pub fn once_key(text: &str) -> OnceKey {
    OnceKey::new("conformance", "principal", text)
}
