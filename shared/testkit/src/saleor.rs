//! A Saleor in memory: it remembers what it was told, tells what has changed, and misbehaves on demand.

use app::commerce::{BadOrder, CommerceCustomer, CommerceLine, CommerceOrder};
use app::ports::{PortError, PortResult, SaleorApi, SaleorDossier, SaleorError, SaleorKeys, SaleorPage};
use app::tenant::SaleorSettings;
use async_trait::async_trait;
use domain::money::Currency;
use domain::order::Fault;
use domain::saleor::{Parcel, TheirLine, TheirParcel};
use jiff::Timestamp;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The signature that proves that it is this one: the samples bear it.
pub const SIGNATURE: &str =
    "eyJhbGciOiJSUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il0sImtpZCI6IjEiLCJ0eXAiOiJKV1QifQ..bWFkZS11cC1zaWduYXR1cmU";
/// Orders of one page.
const PAGE: usize = 3;

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is done, and answered.
    Done,
    /// It is done, and no answer comes.
    DoneInSilence,
    /// It is not done, and no answer comes.
    Silence,
    /// It fails with this.
    Fails(SaleorError),
}

#[derive(Debug, Default)]
struct World {
    orders: BTreeMap<String, SaleorDossier>,
    fates: VecDeque<Fate>,
    away: Option<SaleorError>,
    keys_away: bool,
    round: bool,
    told: Vec<String>,
    asked: usize,
    now: Timestamp,
}

/// [`SaleorKeys`] and [`SaleorApi`]. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Saleor(Arc<Mutex<World>>);

impl Saleor {
    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An order of so many mugs, in this status, changed at this time.
    pub fn holds(&self, number: &str, status: &str, mugs: u32, at: Timestamp) {
        let order = CommerceOrder {
            id: format!("T3JkZXI6{number}"),
            number: number.to_owned(),
            status: status.to_owned(),
            created: at,
            updated_at: at,
            payment: None,
            tracking: None,
            customer: Some(CommerceCustomer {
                name: "Ann Example".into(),
                email: Some("ann@example.com".into()),
                ..CommerceCustomer::default()
            }),
            country: Some("PL".into()),
            billing_country: None,
            currency: Currency::EUR,
            lines: vec![CommerceLine { sku: "MUG".into(), name: "Mug".into(), quantity: mugs, unit_minor: 2_999, digital: false }],
            shipping_minor: 0,
            tax_minor: 0,
            total_minor: 2_999 * i64::from(mugs),
        };
        let sent = if status == "FULFILLED" { mugs } else { 0 };
        let line = TheirLine { id: "TGluZTox".into(), sku: "MUG".into(), sent, open: mugs - sent, at: vec![("V2g6MQ==".into(), mugs)] };
        self.world().orders.insert(order.id.clone(), SaleorDossier { order: Ok(order), lines: vec![line], parcels: Vec::new() });
    }

    /// Somebody changes it there.
    pub fn becomes(&self, number: &str, status: &str, at: Timestamp) {
        let mut world = self.world();
        if let Some(SaleorDossier { order: Ok(order), .. }) = world.orders.get_mut(&format!("T3JkZXI6{number}")) {
            (order.status, order.updated_at) = (status.to_owned(), at);
        }
    }

    /// Its parcels are taken back there.
    pub fn takes_back(&self, number: &str, at: Timestamp) {
        let mut world = self.world();
        if let Some(dossier) = world.orders.get_mut(&format!("T3JkZXI6{number}")) {
            dossier.lines.iter_mut().for_each(|line| (line.open, line.sent) = (line.open + line.sent, 0));
            dossier.parcels.iter_mut().for_each(|parcel| parcel.stands = false);
            if let Ok(order) = &mut dossier.order {
                (order.status, order.updated_at) = ("UNFULFILLED".to_owned(), at);
            }
        }
    }

    /// It says something of an order that cannot be read.
    pub fn garbles(&self, number: &str, at: Timestamp) {
        let id = format!("T3JkZXI6{number}");
        let faults = vec![Fault::new("order.lines", "required", "the subscription does not ask for them")];
        let order = Err(BadOrder { id: Some(id.clone()), number: Some(number.to_owned()), updated_at: Some(at), faults });
        self.world().orders.insert(id, SaleorDossier { order, lines: Vec::new(), parcels: Vec::new() });
    }

    /// It has no such order any more.
    pub fn forgets(&self, number: &str) {
        self.world().orders.remove(&format!("T3JkZXI6{number}"));
    }

    /// What becomes of the next steps, one each; after that they are done.
    pub fn does(&self, fates: impl IntoIterator<Item = Fate>) {
        self.world().fates.extend(fates);
    }

    /// Nothing can be asked of it, or all can be again.
    pub fn is_away(&self, why: Option<SaleorError>) {
        self.world().away = why;
    }

    /// Its keys cannot be read, or can be again.
    pub fn keeps_its_keys(&self, away: bool) {
        self.world().keys_away = away;
    }

    /// Its list leads back to where it began.
    pub fn goes_round(&self) {
        self.world().round = true;
    }

    /// It is so late there.
    pub fn is_at(&self, now: Timestamp) {
        self.world().now = now;
    }

    /// What it was told.
    pub fn told(&self) -> Vec<String> {
        self.world().told.clone()
    }

    /// How often it was asked anything.
    pub fn asked(&self) -> usize {
        self.world().asked
    }

    fn step(&self, said: String, id: &str, effect: impl FnOnce(&mut SaleorDossier, Timestamp)) -> Result<(), SaleorError> {
        let mut world = self.world();
        world.asked += 1;
        if let Some(why) = world.away.clone() {
            return Err(why);
        }
        let fate = world.fates.pop_front().unwrap_or(Fate::Done);
        if matches!(fate, Fate::Done | Fate::DoneInSilence) {
            world.told.push(said);
            let now = world.now;
            if let Some(dossier) = world.orders.get_mut(id) {
                effect(dossier, now);
            }
        }
        match fate {
            Fate::Done => Ok(()),
            Fate::DoneInSilence | Fate::Silence => Err(SaleorError::Unknown("Saleor did not answer in time".into())),
            Fate::Fails(error) => Err(error),
        }
    }
}

#[async_trait]
impl SaleorKeys for Saleor {
    async fn is_signed(&self, _: &SaleorSettings, signature: &str, _: &[u8], _: Timestamp) -> PortResult<bool> {
        if self.world().keys_away {
            return Err(PortError::Retryable("Saleor's keys: unreachable".into()));
        }
        Ok(signature == SIGNATURE)
    }
}

#[async_trait]
impl SaleorApi for Saleor {
    async fn changed(&self, _: &SaleorSettings, since: Timestamp, after: Option<&str>) -> Result<SaleorPage, SaleorError> {
        let mut world = self.world();
        world.asked += 1;
        if let Some(why) = world.away.clone() {
            return Err(why);
        }
        let at = |dossier: &SaleorDossier| match &dossier.order {
            Ok(order) => Some(order.updated_at),
            Err(bad) => bad.updated_at,
        };
        let mut all: Vec<(String, &SaleorDossier)> =
            world.orders.iter().map(|(id, one)| (format!("{}/{id}", at(one).unwrap_or_default()), one)).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        let left: Vec<(String, &SaleorDossier)> = all
            .into_iter()
            .filter(|(name, one)| at(one).is_some_and(|at| at >= since) && after.is_none_or(|after| name.as_str() > after))
            .collect();
        let next = if left.len() > PAGE { Some(left[PAGE - 1].0.clone()) } else { None };
        let next = if world.round { Some("round".to_owned()) } else { next };
        Ok(SaleorPage { orders: left.into_iter().take(PAGE).map(|(_, one)| one.order.clone()).collect(), next })
    }

    async fn order(&self, _: &SaleorSettings, id: &str) -> Result<Option<SaleorDossier>, SaleorError> {
        let mut world = self.world();
        world.asked += 1;
        world.away.clone().map_or_else(|| Ok(world.orders.get(id).cloned()), Err)
    }

    async fn fulfil(&self, _: &SaleorSettings, id: &str, parcel: &Parcel) -> Result<(), SaleorError> {
        let pieces: u32 = parcel.pieces.iter().map(|piece| piece.quantity).sum();
        let number = parcel.number.clone().unwrap_or_default();
        self.step(format!("{id} sent {pieces} {number}").trim_end().to_owned(), id, |dossier, now| {
            for piece in &parcel.pieces {
                if let Some(line) = dossier.lines.iter_mut().find(|line| line.id == piece.line) {
                    (line.open, line.sent) = (line.open.saturating_sub(piece.quantity), line.sent + piece.quantity);
                }
            }
            dossier.parcels.push(TheirParcel { id: format!("RnVsOg{}", dossier.parcels.len()), number, stands: true });
            let is_all = dossier.lines.iter().all(|line| line.open == 0);
            if let Ok(order) = &mut dossier.order {
                order.status = if is_all { "FULFILLED" } else { "PARTIALLY_FULFILLED" }.to_owned();
                order.updated_at = now;
            }
        })
    }

    async fn cancel(&self, _: &SaleorSettings, id: &str) -> Result<(), SaleorError> {
        self.step(format!("{id} cancelled"), id, |dossier, now| {
            if let Ok(order) = &mut dossier.order {
                (order.status, order.updated_at) = ("CANCELED".to_owned(), now);
            }
        })
    }

    async fn number(&self, _: &SaleorSettings, parcel: &str, number: &str) -> Result<(), SaleorError> {
        let found = |one: &&SaleorDossier| one.parcels.iter().any(|known| known.id == parcel);
        let id = self.world().orders.iter().find(|(_, one)| found(one)).map(|(id, _)| id.clone()).unwrap_or_default();
        self.step(format!("{id} numbered {number}"), &id, |dossier, _| {
            dossier.parcels.iter_mut().filter(|one| one.id == parcel).for_each(|one| one.number = number.to_owned());
        })
    }
}
