//! A payment provider in memory: it remembers what it has done, does nothing twice under one key, and misbehaves on demand.

use app::ports::{
    Gateway, GatewayAccount, GatewayAnswer, GatewayError, GatewayNews, GatewayTopic, Gateways, LookUp, Returned, ToAuthorize, ToCapture,
    ToRefund, ToVoid,
};
use app::signature::{Headers, Verified};
use async_trait::async_trait;
use domain::ids::ProviderReference;
use domain::money::Money;
use domain::payment::{OutsideKind, PaymentKey, Provider};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The header of a webhook by which the bank is known, and what it says.
pub const SIGNATURE: (&str, &str) = ("x-bank", "it is me");

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is done, and answered.
    Done,
    /// It is done, and no answer comes.
    DoneInSilence,
    /// It is not done, and no answer comes.
    Silence,
    /// It is not done, and may be asked for again at once.
    Throttled,
    /// It is not done, and never will be.
    Refused,
    /// The bank says no.
    Declined {
        /// Another try may succeed.
        soft: bool,
    },
    /// The customer has to confirm.
    Asks,
    /// It is done later.
    Later,
}

/// Something that the bank knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// "authorize", "capture", "void" or "refund".
    pub word: String,
    /// How much.
    pub amount: Money,
    /// The bank's name for it.
    pub reference: ProviderReference,
    /// The bank's name for what it hangs on.
    pub on: Option<ProviderReference>,
    /// How it stands.
    pub stands: Stands,
}

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// Done.
    Done,
    /// Its customer has to confirm.
    Asks,
    /// The bank is at it.
    Later,
    /// The bank has said no.
    Declined {
        /// Another try may succeed.
        soft: bool,
    },
    /// It was called off.
    Off,
}

type Fates = Box<dyn FnMut(&str, &PaymentKey) -> Fate + Send>;

struct Books {
    entries: BTreeMap<PaymentKey, Entry>,
    outside: Vec<(ProviderReference, Returned)>,
    fates: Fates,
    count: u32,
    asked: usize,
}

/// The bank, at which every account is.
#[derive(Clone)]
pub struct Bank(Arc<Mutex<Books>>);

impl Default for Bank {
    fn default() -> Self {
        Bank::that(|_, _| Fate::Done)
    }
}

impl Bank {
    /// One whose requests, by word and key, meet this fate.
    pub fn that(fates: impl FnMut(&str, &PaymentKey) -> Fate + Send + 'static) -> Bank {
        let books = Books { entries: BTreeMap::new(), outside: Vec::new(), fates: Box::new(fates), count: 0, asked: 0 };
        Bank(Arc::new(Mutex::new(books)))
    }

    /// From now on.
    pub fn will(&self, fates: impl FnMut(&str, &PaymentKey) -> Fate + Send + 'static) {
        self.books().fates = Box::new(fates);
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that it knows, by our names.
    pub fn entries(&self) -> BTreeMap<PaymentKey, Entry> {
        self.books().entries.clone()
    }

    /// Requests that came to it.
    pub fn asked(&self) -> usize {
        self.books().asked
    }

    /// The sum of what was done of a kind to an order's money, in minor units.
    pub fn sum(&self, tenant: &str, order: &str, word: &str) -> i64 {
        let books = self.books();
        let of_order = |key: &PaymentKey| key.parts().is_some_and(|(shop, id, _)| shop.as_str() == tenant && id.as_str() == order);
        let done = books.entries.iter().filter(|(key, entry)| of_order(key) && entry.word == word && entry.stands == Stands::Done);
        done.map(|(_, entry)| entry.amount.minor).sum()
    }

    /// A promise was given back at the bank.
    pub fn is_voided(&self, authorization: &ProviderReference) -> bool {
        self.books().done("void", authorization) > 0
    }

    /// The customer confirms, or the bank is through with it: true if there was something of this key to be done.
    pub fn finishes(&self, key: &PaymentKey) -> bool {
        let mut books = self.books();
        let waits = books.entries.get_mut(key).filter(|entry| matches!(entry.stands, Stands::Asks | Stands::Later));
        waits.map(|entry| entry.stands = Stands::Done).is_some()
    }

    /// What was declined succeeds after all, with another card: true if there was something of this key.
    pub fn mends(&self, key: &PaymentKey) -> bool {
        let mut books = self.books();
        let declined = books.entries.get_mut(key).filter(|entry| matches!(entry.stands, Stands::Declined { .. }));
        declined.map(|entry| entry.stands = Stands::Done).is_some()
    }

    /// What waits for its customer, or for the bank.
    pub fn unfinished(&self) -> Vec<PaymentKey> {
        let books = self.books();
        let waits = books.entries.iter().filter(|(_, entry)| matches!(entry.stands, Stands::Asks | Stands::Later));
        waits.map(|(key, _)| key.clone()).collect()
    }

    /// Somebody refunds a capture, or a cardholder contests it, at the bank's own pages.
    pub fn outside(&self, capture: &PaymentKey, kind: OutsideKind, amount: Money) {
        let mut books = self.books();
        let Some(on) = books.entries.get(capture).map(|entry| entry.reference.clone()) else { return };
        books.count += 1;
        let Ok(reference) = ProviderReference::parse(&format!("out_{}", books.count)) else { return };
        books.outside.push((on, Returned { key: None, reference, kind, amount }));
    }

    /// A webhook about a key, as the bank would send it.
    pub fn webhook(key: &PaymentKey) -> Vec<u8> {
        format!("{{\"key\":\"{key}\"}}").into_bytes()
    }
}

impl Books {
    fn answer(&self, entry: &Entry) -> GatewayAnswer {
        let reference = entry.reference.clone();
        match entry.stands {
            Stands::Done => GatewayAnswer::Done { reference, amount: entry.amount, expires_at: None },
            Stands::Asks => GatewayAnswer::RequiresAction { reference, url: Some("https://bank.example/pay".into()), client_secret: None },
            Stands::Later => GatewayAnswer::Pending { reference },
            Stands::Declined { soft } => {
                let message = "the bank said no".to_owned();
                GatewayAnswer::Declined { reference: Some(reference), code: "no".into(), soft, message }
            }
            Stands::Off => GatewayAnswer::Ended { how: domain::payment::Release::Voided },
        }
    }

    fn done(&self, word: &str, on: &ProviderReference) -> i64 {
        let mine =
            |entry: &&Entry| entry.word == word && entry.on.as_ref() == Some(on) && matches!(entry.stands, Stands::Done | Stands::Later);
        self.entries.values().filter(mine).map(|entry| entry.amount.minor).sum()
    }

    /// The bank's own rules.
    fn may(&self, word: &str, amount: Money, on: Option<&ProviderReference>) -> bool {
        let Some(on) = on else { return true };
        let Some(base) = self.entries.values().find(|entry| entry.reference == *on) else { return false };
        let holds = base.stands == Stands::Done && base.amount.currency == amount.currency;
        match word {
            "capture" => holds && self.done("void", on) == 0 && self.done("capture", on) + amount.minor <= base.amount.minor,
            "void" => matches!(base.stands, Stands::Done | Stands::Asks) && self.done("capture", on) == 0 && self.done("void", on) == 0,
            _ => holds && self.done("refund", on) + amount.minor <= base.amount.minor,
        }
    }

    fn ask(&mut self, key: &PaymentKey, amount: Money, on: Option<&ProviderReference>) -> Result<GatewayAnswer, GatewayError> {
        self.asked += 1;
        let word = key.word().to_owned();
        let fate = (self.fates)(&word, key);
        match fate {
            Fate::Throttled => return Err(GatewayError::Retryable("the bank is busy".into())),
            Fate::Silence => return Err(GatewayError::Unknown("the bank is silent".into())),
            Fate::Refused => return Err(GatewayError::Fatal("the bank does not want us".into())),
            _ => {}
        }
        if !self.entries.contains_key(key) {
            self.count += 1;
            let reference =
                ProviderReference::parse(&format!("{word}_{}", self.count)).map_err(|why| GatewayError::Fatal(why.to_string()))?;
            let stands = match fate {
                Fate::Declined { soft } => Stands::Declined { soft },
                _ if !self.may(&word, amount, on) => Stands::Declined { soft: false },
                Fate::Asks if word == "authorize" => Stands::Asks,
                Fate::Later => Stands::Later,
                _ => Stands::Done,
            };
            if word == "void" && stands == Stands::Done {
                let base = self.entries.values_mut().find(|entry| Some(&entry.reference) == on);
                base.into_iter().filter(|entry| entry.stands == Stands::Asks).for_each(|entry| entry.stands = Stands::Off);
            }
            self.entries.insert(key.clone(), Entry { word, amount, reference, on: on.cloned(), stands });
        }
        if fate == Fate::DoneInSilence {
            return Err(GatewayError::Unknown("the bank is silent".into()));
        }
        self.entries.get(key).map(|entry| self.answer(entry)).ok_or_else(|| GatewayError::Unknown("the bank is at a loss".into()))
    }
}

impl Gateways for Bank {
    fn of(&self, account: &GatewayAccount) -> Arc<dyn Gateway> {
        Arc::new(Counter { bank: self.clone(), provider: account.provider() })
    }
}

struct Counter {
    bank: Bank,
    provider: Provider,
}

#[async_trait]
impl Gateway for Counter {
    fn provider(&self) -> Provider {
        self.provider
    }

    async fn authorize(&self, wish: &ToAuthorize<'_>) -> Result<GatewayAnswer, GatewayError> {
        self.bank.books().ask(wish.key, wish.amount, None)
    }

    async fn capture(&self, wish: &ToCapture<'_>) -> Result<GatewayAnswer, GatewayError> {
        self.bank.books().ask(wish.key, wish.amount, Some(wish.authorization))
    }

    async fn void(&self, wish: &ToVoid<'_>) -> Result<GatewayAnswer, GatewayError> {
        self.bank.books().ask(wish.key, wish.amount, Some(wish.authorization))
    }

    async fn refund(&self, wish: &ToRefund<'_>) -> Result<GatewayAnswer, GatewayError> {
        self.bank.books().ask(wish.key, wish.amount, Some(wish.capture))
    }

    async fn look_up(&self, wish: &LookUp<'_>) -> Result<Option<GatewayAnswer>, GatewayError> {
        let mut books = self.bank.books();
        books.asked += 1;
        if matches!((books.fates)("look_up", wish.key), Fate::Throttled | Fate::Silence | Fate::DoneInSilence) {
            return Err(GatewayError::Unknown("the bank is silent".into()));
        }
        Ok(books.entries.get(wish.key).map(|entry| books.answer(entry)))
    }

    async fn returned(&self, capture: &LookUp<'_>) -> Result<Vec<Returned>, GatewayError> {
        let books = self.bank.books();
        let of_capture = books.outside.iter().filter(|(on, _)| Some(on) == capture.reference);
        Ok(of_capture.map(|(_, returned)| returned.clone()).collect())
    }

    async fn verify(&self, headers: &Headers, body: &[u8], _: Timestamp) -> Result<Option<Verified>, GatewayError> {
        let is_ours = headers.one(SIGNATURE.0) == Some(SIGNATURE.1);
        Ok(is_ours.then(|| Verified { signed_id: None, body_hash: body.len().to_string() }))
    }

    fn read(&self, body: &[u8]) -> Vec<GatewayNews> {
        let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let key = body["key"].as_str().and_then(|key| PaymentKey::parse(key).ok());
        let names = body["name"].as_str().and_then(|name| ProviderReference::parse(name).ok()).into_iter().collect();
        let topic = if body["topic"] == "refund" { GatewayTopic::Refund } else { GatewayTopic::Payment };
        vec![GatewayNews { id: None, word: "changed".into(), topic, key, names, at: None }]
    }
}
