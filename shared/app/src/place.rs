//! Taking an order in, once.

use crate::apply::{Alongside, Apply, consequences};
use crate::audit;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::ports::{Clock, Commit, CommitError, InboxKey, OnceDone, OnceKey, OnceStore, OrderStore, Random};
use crate::publish;
use crate::scope::TenantScope;
use contracts::Envelope;
use domain::ids::{EventId, OrderId, SourceId};
use domain::order::placement::{Collecting, Draft, Given, check};
use domain::order::{Claim, Command, Fact, Fault, Order, OrderEvent, Placement, Recorded, Tracks, Vocabulary, decide};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// How long an idempotency key is remembered.
pub const KEY_KEPT_FOR: SignedDuration = SignedDuration::from_hours(48);
/// Numbers that are drawn for an order that has none, while others of the day have them.
const NUMBERS_DRAWN_MAX: u32 = 4;

/// The use case.
#[derive(Clone)]
pub struct Place {
    /// Orders.
    pub orders: Arc<dyn OrderStore>,
    /// What was done.
    pub once: Arc<dyn OnceStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Numbers.
    pub random: Arc<dyn Random>,
}

/// A caller's idempotency key with the hash of the request it came with.
#[derive(Debug, Clone)]
pub struct Idempotency {
    /// Scoped to route and principal.
    pub key: OnceKey,
    /// SHA-256 of the body, hex.
    pub request_hash: String,
}

/// An order that was placed, now or by an earlier delivery of the same request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The answer's body, byte for byte the same for every delivery.
    pub response: String,
    /// False when this delivery placed it.
    pub replayed: bool,
}

/// What a row of an import did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// A new order.
    Placed,
    /// A known order whose status or promised day changed.
    Updated,
    /// Nothing new.
    Unchanged,
}

/// An order about to be committed for the first time.
struct Born {
    order: Order,
    recorded: Recorded,
    publish: Vec<Envelope>,
    due: Option<Timestamp>,
}

impl Born {
    /// `told` is the news with which an order came that was placed elsewhere: what is older than that is known not to be news.
    fn of(context: Context<'_>, placement: Placement, told: Option<Fact>, now: Timestamp) -> Result<Born> {
        let Context { scope, by, .. } = context;
        let contact = placement.contact.clone();
        let mut events = decide(None, &Command::Place(Box::new(placement)), now)?;
        if let (Some(fact), Some(order)) = (told, Order::placed(&events, Some(contact.clone()), now)) {
            // News from the future has no place in time.
            events.extend(decide(Some(&order), &Command::Hear { fact, notify: false }, now).unwrap_or_default());
        }
        if let Some(born) = Order::placed(&events, Some(contact.clone()), now) {
            events.extend(consequences(None, born, &events, context, now));
        }
        let placed = Order::placed(&events, Some(contact), now);
        let mut order = placed.ok_or_else(|| Error::Fatal("a placement did not begin with a placed event".into()))?;
        let recorded = audit::record(&mut order, by, events, now)?;
        let publish = publish::of_commit(scope.tenant(), None, &order, &recorded, &context.zone());
        let due = context.due(&order);
        Ok(Born { order, recorded, publish, due })
    }

    fn commit<'a>(&'a self, once: Option<OnceDone<'a>>, inbox: Option<&'a InboxKey>) -> Commit<'a> {
        let Born { order, recorded, publish, due } = self;
        Commit {
            order,
            before_version: 0,
            due: *due,
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

/// What became of an order that was placed elsewhere.
#[derive(Debug)]
pub(crate) enum Adopted {
    /// It is ours now.
    Placed(Box<Order>),
    /// There is an order of this number.
    NumberTaken(OrderId),
    /// There is an order of this channel's id, and none of this number.
    ExternalIdTaken(OrderId),
    /// The inbox entry is done: it was taken in before.
    Done,
}

impl Place {
    /// Places an order.
    ///
    /// The once-record, the order, its history and its outbox row are one transaction, so there is nothing
    /// to lock before it: of many simultaneous deliveries one commits and the others find its record.
    ///
    /// # Errors
    /// `Invalid` with all faults, `KeyReused`, `Rejected(AlreadyPlaced)`, `Retryable`.
    pub async fn run(
        &self,
        context: Context<'_>,
        draft: &Draft,
        channel: &SourceId,
        idempotency: &Idempotency,
        respond: impl Fn(&Order) -> String + Send + Sync,
    ) -> Result<Placed> {
        let scope = context.scope;
        if let Some(placed) = self.earlier(scope, idempotency).await? {
            return Ok(placed);
        }
        let now = self.clock.now();
        let payments = &context.config.payments;
        let offers = payments.offers();
        let mut draws = 0;
        loop {
            let generated = OrderId::numbered(context.config.today(now), self.random.u64());
            draws += 1;
            let given = Given {
                channel: channel.clone(),
                generated,
                tracks: Tracks::default(),
                notify: true,
                saga: context.config.workflow.enabled,
                payments: Some(Collecting { tenant: scope.tenant(), enabled: payments.enabled, offers: &offers, rules: payments.rules }),
                charges: Some(&context.config.charges).filter(|charges| charges.enabled),
                items_required: true,
                now,
            };
            let placement = check(draft, given).map_err(Error::Invalid)?;
            let born = Born::of(context, placement, None, now)?;
            let response = respond(&born.order);
            let once = OnceDone {
                key: &idempotency.key,
                request_hash: &idempotency.request_hash,
                response: &response,
                fence: None,
                expires_at: now + KEY_KEPT_FOR,
            };
            let Err(refusal) = self.orders.commit(scope, born.commit(Some(once), None)).await else {
                return Ok(Placed { response, replayed: false });
            };
            // Whatever was in the way, if our own record is there the order was placed by this request.
            if let Some(placed) = self.earlier(scope, idempotency).await? {
                return Ok(placed);
            }
            return Err(match refusal {
                // 40 random bits a day: at 50,000 orders a day, two of a day draw the same number once in two years.
                CommitError::Conflict if draft.number.is_none() && draws < NUMBERS_DRAWN_MAX => continue,
                CommitError::Conflict if draft.number.is_none() => Error::Retryable("no number is free at the moment".into()),
                CommitError::Conflict => domain::order::Rejection::AlreadyPlaced { id: born.order.id.clone() }.into(),
                CommitError::ExternalIdTaken => {
                    Error::Invalid(vec![Fault::new("external_id", "taken", "another order of this channel has this id")])
                }
                CommitError::Port(error) => error.into(),
                CommitError::OnceTaken | CommitError::InboxDone | CommitError::StockChanged => {
                    Error::Retryable("the same request is being worked on".into())
                }
            });
        }
    }

    async fn earlier(&self, scope: &TenantScope, idempotency: &Idempotency) -> Result<Option<Placed>> {
        let Some((request_hash, response)) = self.once.done(scope, &idempotency.key, self.clock.now()).await? else { return Ok(None) };
        if request_hash != idempotency.request_hash {
            return Err(Error::KeyReused);
        }
        Ok(Some(Placed { response, replayed: true }))
    }

    /// Takes in one row of an import: a new order as it stands, or the news of a known one. Running an
    /// import twice changes nothing the second time, because the number is the identity.
    ///
    /// # Errors
    /// `Invalid` with all faults of the row, `Retryable`.
    pub async fn import(
        &self,
        context: Context<'_>,
        draft: &Draft,
        word: &str,
        vocabulary: Vocabulary,
        channel: &SourceId,
    ) -> Result<Imported> {
        let scope = context.scope;
        let now = self.clock.now();
        let unknown_word = || {
            let known = vocabulary.words().join(", ");
            Error::Invalid(vec![Fault::new("status", "unknown_status", format!("one of: {known}"))])
        };
        let at = draft.placed_at.unwrap_or(now);
        let tracks = vocabulary.birth(word, at).ok_or_else(unknown_word)?;
        match self.adopt(context, draft, tracks, channel, None, None).await? {
            Adopted::Placed(_) | Adopted::Done => Ok(Imported::Placed),
            // Perhaps by another run of this very row.
            Adopted::NumberTaken(id) => match self.orders.load(scope, &id).await? {
                Some(known) => self.news(context, &known, draft, word, vocabulary, channel).await,
                None => Err(Error::Retryable(format!("order {id} was placed and is not there"))),
            },
            Adopted::ExternalIdTaken(_) => {
                Err(Error::Invalid(vec![Fault::new("external_id", "taken", "another order of this channel has this id")]))
            }
        }
    }

    /// Takes in an order that was placed elsewhere, as it stands there, if its number is free; with it the inbox entry that told of it.
    /// `told` marks when it stood so.
    ///
    /// # Errors
    /// `Invalid` with all faults, `Retryable`.
    pub(crate) async fn adopt(
        &self,
        context: Context<'_>,
        draft: &Draft,
        tracks: Tracks,
        channel: &SourceId,
        told: Option<Fact>,
        inbox: Option<&InboxKey>,
    ) -> Result<Adopted> {
        let (scope, now) = (context.scope, self.clock.now());
        let generated = OrderId::numbered(context.config.today(now), self.random.u64());
        let placement = check(draft, Given::imported(channel.clone(), generated, tracks, now)).map_err(Error::Invalid)?;
        let id = placement.id.clone();
        if self.orders.load(scope, &id).await?.is_some() {
            return Ok(Adopted::NumberTaken(id));
        }
        let born = Born::of(context, placement, told, now)?;
        self.bear(context, born, inbox).await
    }

    /// Takes in an order of the shop's own making, that is worked on like one that was placed and that nobody pays.
    ///
    /// # Errors
    /// `Invalid` with all faults, `Retryable`.
    pub(crate) async fn instead(&self, context: Context<'_>, draft: &Draft, channel: &SourceId) -> Result<Adopted> {
        let now = self.clock.now();
        let generated = OrderId::numbered(context.config.today(now), self.random.u64());
        let given = Given::imported(channel.clone(), generated, Tracks::default(), now);
        let given = Given { notify: true, saga: context.config.workflow.enabled, items_required: true, ..given };
        let placement = check(draft, given).map_err(Error::Invalid)?;
        let born = Born::of(context, placement, None, now)?;
        self.bear(context, born, None).await
    }

    /// Commits a new order, if its names are free.
    async fn bear(&self, context: Context<'_>, born: Born, inbox: Option<&InboxKey>) -> Result<Adopted> {
        let (scope, id) = (context.scope, born.order.id.clone());
        match self.orders.commit(scope, born.commit(None, inbox)).await {
            Ok(()) => Ok(Adopted::Placed(Box::new(born.order))),
            Err(CommitError::Port(error)) => Err(error.into()),
            Err(CommitError::InboxDone) => Ok(Adopted::Done),
            // Somebody else placed it since we looked: then its number is there, and the channel's id may be its own.
            Err(refusal) => match self.orders.load(scope, &id).await? {
                Some(_) => Ok(Adopted::NumberTaken(id)),
                None if refusal == CommitError::ExternalIdTaken => Ok(Adopted::ExternalIdTaken(id)),
                None => Err(Error::Retryable(format!("order {id} was placed and is not there"))),
            },
        }
    }

    async fn news(
        &self,
        context: Context<'_>,
        known: &Order,
        draft: &Draft,
        word: &str,
        vocabulary: Vocabulary,
        channel: &SourceId,
    ) -> Result<Imported> {
        let reading = vocabulary.read(word).map(|reading| reading.claim).unwrap_or_default();
        let claim = Claim { eta: draft.eta, ..reading };
        let mut after = known.tracks;
        after.apply(&claim, self.clock.now(), known.all_digital());
        if after == known.tracks {
            return Ok(Imported::Unchanged);
        }
        // The id is made of what the row says now and the version it says it about, so that one run of the
        // import that is delivered twice is one fact, and a later return to an old word is a new one.
        let id = format!("import:{}:{}", known.version, word.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
        let id = EventId::parse(&id[..id.len().min(EventId::MAX_LEN)]).map_err(|why| Error::Fatal(why.to_string()))?;
        let fact = Fact { id, source: channel.clone(), sequence: None, occurred_at: self.clock.now(), claim };
        let command = Command::Hear { fact, notify: true };
        // A sender's own counter, or a date ahead of ours, may outrank the row. Heard for nothing it would be heard
        // again by every run, each time of another version.
        if !changes(&decide(Some(known), &command, self.clock.now())?) {
            return Ok(Imported::Unchanged);
        }
        let apply = Apply { orders: self.orders.clone(), clock: self.clock.clone() };
        let applied = apply.run(context, &known.id, &command, Alongside::default()).await?;
        Ok(if changes(&applied.events) { Imported::Updated } else { Imported::Unchanged })
    }
}

/// Something follows from what was heard.
pub(crate) fn changes(events: &[OrderEvent]) -> bool {
    events.iter().any(|event| !matches!(event, OrderEvent::FactHeard { .. }))
}
