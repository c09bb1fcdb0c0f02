//! Carriers in memory: they remember what they have sold, sell nothing twice by mistake of theirs, and misbehave on demand.

use app::ports::{
    BoughtLabel, Carrier, CarrierAccount, CarrierError, CarrierResult, Carriers, Consignment, Document, DocumentFormat, Found, Manifested,
    Party, Purchase, PushError, Scan, Tracked, Voided,
};
use app::signature::Headers;
use async_trait::async_trait;
use domain::ids::{LabelReference, TrackingNumber};
use domain::money::{Currency, Money};
use domain::shipping::{CarrierName, Quote, Tariff, method::DayCount};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The header of a push by which a carrier is known, and what it says.
pub const SIGNATURE: (&str, &str) = ("x-carrier", "it is me");

/// Words of carriers for a parcel that they have not seen.
const ANNOUNCED: [&str; 4] = ["OC", "MP", "Pre-Shipment", "pre-transit"];

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is done, and answered.
    Done,
    /// It is done, and no answer comes.
    DoneInSilence,
    /// It is not done, and no answer comes.
    Silence,
    /// It is not done, and may be asked for again.
    Away,
    /// It is not done, and never will be.
    Refused,
}

/// A label that was sold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// By whom.
    pub carrier: CarrierName,
    /// What we call it.
    pub reference: LabelReference,
    /// What the carrier calls it.
    pub number: TrackingNumber,
    /// For how much.
    pub price: Money,
    /// It was given back.
    pub void: bool,
}

/// What a carrier pushes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Push {
    /// Which parcel.
    pub number: TrackingNumber,
    /// The carrier's word.
    pub code: String,
    /// When.
    pub at: Timestamp,
}

type Fates = Box<dyn FnMut(&str) -> Fate + Send>;

struct Books {
    sales: Vec<Sale>,
    seen: Vec<Push>,
    fates: Fates,
    asked: usize,
    manifests: Vec<(CarrierName, Vec<TrackingNumber>)>,
    prints_again: bool,
    refusal: String,
    currency: Option<Currency>,
}

/// All carriers, with one book.
#[derive(Clone)]
pub struct Depot(Arc<Mutex<Books>>);

impl Default for Depot {
    fn default() -> Self {
        Depot::that(|_| Fate::Done)
    }
}

impl Depot {
    /// One whose requests ("rates", "buy", "find", "void", "track", "manifest") meet this fate.
    pub fn that(fates: impl FnMut(&str) -> Fate + Send + 'static) -> Depot {
        let books = Books {
            sales: Vec::new(),
            seen: Vec::new(),
            fates: Box::new(fates),
            asked: 0,
            manifests: Vec::new(),
            prints_again: true,
            refusal: "no".to_owned(),
            currency: None,
        };
        Depot(Arc::new(Mutex::new(books)))
    }

    /// From now on.
    pub fn will(&self, fates: impl FnMut(&str) -> Fate + Send + 'static) {
        self.books().fates = Box::new(fates);
    }

    /// Whether a label that was sold can be had again.
    pub fn prints_again(&self, can: bool) {
        self.books().prints_again = can;
    }

    /// How a refusal is worded.
    pub fn refuses_with(&self, text: &str) {
        self.books().refusal = text.to_owned();
    }

    /// What its prices are in, whatever is wanted.
    pub fn sells_in(&self, currency: Currency) {
        self.books().currency = Some(currency);
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that was sold.
    pub fn sales(&self) -> Vec<Sale> {
        self.books().sales.clone()
    }

    /// Everything that carriers were told they collect.
    pub fn manifests(&self) -> Vec<(CarrierName, Vec<TrackingNumber>)> {
        self.books().manifests.clone()
    }

    /// Requests that came.
    pub fn asked(&self) -> usize {
        self.books().asked
    }

    /// A parcel is seen.
    pub fn sees(&self, number: &TrackingNumber, code: &str, at: Timestamp) {
        self.books().seen.push(Push { number: number.clone(), code: code.to_owned(), at });
    }

    fn fate(&self, word: &str) -> (MutexGuard<'_, Books>, Fate) {
        let mut books = self.books();
        books.asked += 1;
        let fate = (books.fates)(word);
        (books, fate)
    }
}

impl Carriers for Depot {
    fn of(&self, name: CarrierName) -> Arc<dyn Carrier> {
        Arc::new(Counter { name, depot: self.clone() })
    }
}

struct Counter {
    name: CarrierName,
    depot: Depot,
}

/// What a fate means where nothing was done.
fn failed(books: &Books, fate: Fate) -> CarrierResult<()> {
    match fate {
        Fate::Done | Fate::DoneInSilence => Ok(()),
        Fate::Silence => Err(CarrierError::Unknown("no answer".into())),
        Fate::Away => Err(CarrierError::Retryable("away".into())),
        Fate::Refused => Err(CarrierError::rejected("refused", books.refusal.as_str())),
    }
}

fn answered<T>(fate: Fate, answer: T) -> CarrierResult<T> {
    if fate == Fate::DoneInSilence { Err(CarrierError::Unknown("no answer".into())) } else { Ok(answer) }
}

fn paper(sale: &Sale) -> BoughtLabel {
    let bytes = format!("%PDF-1.4 {} {}", sale.reference, sale.number).into_bytes();
    BoughtLabel {
        reference: sale.reference.clone(),
        tracking_number: sale.number.clone(),
        document: Document { format: DocumentFormat::Pdf, bytes: Arc::new(bytes) },
        price: Some(sale.price),
        arrives: None,
    }
}

#[async_trait]
impl Carrier for Counter {
    fn name(&self) -> CarrierName {
        self.name
    }

    async fn rates(&self, _: &CarrierAccount, parcel: &Consignment) -> CarrierResult<Vec<Quote>> {
        let (books, fate) = self.depot.fate("rates");
        failed(&books, fate)?;
        let tariff = Tariff { currency: books.currency.unwrap_or(parcel.currency), ..Tariff::default() };
        let quotes = tariff.quotes(parcel.weight_g, parcel.leaves, &DayCount::Calendar);
        answered(fate, quotes.into_iter().filter(|quote| quote.carrier == self.name).collect())
    }

    async fn buy_label(&self, _: &CarrierAccount, purchase: &Purchase) -> CarrierResult<BoughtLabel> {
        let (mut books, fate) = self.depot.fate("buy");
        failed(&books, fate)?;
        let number = TrackingNumber::parse(&format!("{}{:06}", self.name.as_str().to_uppercase(), books.sales.len() + 1))
            .map_err(|why| CarrierError::rejected("bad_number", why.to_string()))?;
        let listed = Tariff { currency: purchase.consignment.currency, ..Tariff::default() };
        let price = listed.price(self.name, purchase.service, purchase.consignment.weight_g);
        let price = price.ok_or_else(|| CarrierError::rejected("no_service", "not offered"))?;
        let sale = Sale { carrier: self.name, reference: purchase.reference.clone(), number, price, void: false };
        books.sales.push(sale.clone());
        answered(fate, paper(&sale))
    }

    async fn find_label(&self, _: &CarrierAccount, reference: &LabelReference, _: Date) -> CarrierResult<Found> {
        let (books, fate) = self.depot.fate("find");
        failed(&books, fate)?;
        let sale = books.sales.iter().find(|sale| !sale.void && sale.carrier == self.name && sale.reference == *reference);
        let found = match sale {
            Some(sale) if books.prints_again => Found::Label(Box::new(paper(sale))),
            Some(sale) => Found::Number(sale.number.clone()),
            None => Found::Nothing,
        };
        answered(fate, found)
    }

    async fn void_label(&self, _: &CarrierAccount, number: &TrackingNumber) -> CarrierResult<Voided> {
        let (mut books, fate) = self.depot.fate("void");
        failed(&books, fate)?;
        // What a carrier has in its hands is not given back.
        if books.seen.iter().any(|seen| seen.number == *number && !ANNOUNCED.contains(&seen.code.as_str())) {
            return Err(CarrierError::rejected("in_transit", "it is on its way"));
        }
        books.sales.iter_mut().filter(|sale| sale.number == *number).for_each(|sale| sale.void = true);
        answered(fate, Voided::Void)
    }

    /// As carriers do it: FedEx closes as often as one likes, USPS takes no parcel that is on a form, or that it has not sold.
    async fn manifest(&self, _: &CarrierAccount, _: &Party, _: Date, parcels: &[TrackingNumber]) -> CarrierResult<Manifested> {
        let (mut books, fate) = self.depot.fate("manifest");
        failed(&books, fate)?;
        match self.name {
            CarrierName::Ups | CarrierName::Dhl => return answered(fate, Manifested::NotNeeded),
            CarrierName::Usps => {
                let on_one =
                    |number: &TrackingNumber| books.manifests.iter().any(|(carrier, told)| *carrier == self.name && told.contains(number));
                let is_sold = |number: &TrackingNumber| {
                    books.sales.iter().any(|sale| !sale.void && sale.carrier == self.name && sale.number == *number)
                };
                if let Some(number) = parcels.iter().find(|number| on_one(number) || !is_sold(number)) {
                    return Err(CarrierError::rejected("on_a_form", format!("{number} is on a form, or unknown")));
                }
            }
            CarrierName::Fedex => {}
        }
        books.manifests.push((self.name, parcels.to_vec()));
        let number = (self.name == CarrierName::Usps).then(|| format!("9275{:06}", books.manifests.len()));
        let document =
            Document { format: DocumentFormat::Text, bytes: Arc::new(format!("MANIFEST {}", books.manifests.len()).into_bytes()) };
        answered(fate, Manifested::Made { number, document: Some(document) })
    }

    async fn track(&self, _: &CarrierAccount, number: &TrackingNumber) -> CarrierResult<Tracked> {
        let (books, fate) = self.depot.fate("track");
        failed(&books, fate)?;
        let last = books.seen.iter().rfind(|seen| seen.number == *number);
        answered(fate, told(self.name, number, last))
    }

    fn read_push(&self, _: &CarrierAccount, headers: &Headers, body: &[u8]) -> Result<Vec<Tracked>, PushError> {
        if headers.one(SIGNATURE.0) != Some(SIGNATURE.1) {
            return Err(PushError::NotTheirs);
        }
        let push: Push = serde_json::from_slice(body).map_err(|_| PushError::Unreadable("not a push".into()))?;
        Ok(vec![told(self.name, &push.number.clone(), Some(&push))])
    }
}

fn told(carrier: CarrierName, number: &TrackingNumber, seen: Option<&Push>) -> Tracked {
    let scan = |seen: &Push| Scan { code: seen.code.clone(), at: Some(seen.at), text: String::new(), place: "Austin, US".into() };
    Tracked {
        carrier,
        tracking_number: number.clone(),
        code: seen.map(|seen| seen.code.clone()),
        at: seen.map(|seen| seen.at),
        expected: None,
        scans: seen.map(scan).into_iter().collect(),
    }
}
