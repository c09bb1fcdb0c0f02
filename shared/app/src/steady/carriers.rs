//! Carriers that are left alone while they fail: others quote meanwhile, and what is wanted of one waits with its parcel.

use super::{Breaker, Breakers, LONG_WINDOW};
use crate::ports::{
    BoughtLabel, Carrier, CarrierAccount, CarrierError, CarrierResult, Carriers, Clock, Consignment, Found, Manifested, Party, Purchase,
    PushError, Tracked, Voided,
};
use crate::signature::Headers;
use async_trait::async_trait;
use domain::ids::{LabelReference, TrackingNumber};
use domain::shipping::{CarrierName, Quote};
use jiff::civil::Date;
use std::sync::Arc;

/// The carriers of all shops, each account behind a circuit breaker.
pub struct SteadyCarriers {
    carriers: Arc<dyn Carriers>,
    breakers: Arc<Breakers>,
}

impl SteadyCarriers {
    /// Over these.
    pub fn new(carriers: Arc<dyn Carriers>, clock: Arc<dyn Clock>) -> SteadyCarriers {
        SteadyCarriers { carriers, breakers: Arc::new(Breakers::new(clock, LONG_WINDOW)) }
    }
}

impl Carriers for SteadyCarriers {
    fn of(&self, name: CarrierName) -> Arc<dyn Carrier> {
        Arc::new(SteadyCarrier { carrier: self.carriers.of(name), breakers: self.breakers.clone() })
    }
}

struct SteadyCarrier {
    carrier: Arc<dyn Carrier>,
    breakers: Arc<Breakers>,
}

impl SteadyCarrier {
    /// Nothing was done if they are left alone.
    fn may_ask(&self, account: &CarrierAccount) -> CarrierResult<Arc<Breaker>> {
        let name = self.carrier.name();
        let breaker = self.breakers.of_account(name.as_str(), account);
        let why = || format!("{} failed too often and is left alone for a minute", name.title());
        if breaker.lets() { Ok(breaker) } else { Err(CarrierError::Retryable(why())) }
    }

    /// A no is an answer.
    fn heard<T>(&self, breaker: &Breaker, answer: CarrierResult<T>) -> CarrierResult<T> {
        let before = breaker.rests();
        breaker.answered(!matches!(answer, Err(CarrierError::Retryable(_) | CarrierError::Unknown(_))));
        if !before && breaker.rests() {
            tracing::warn!(carrier = self.carrier.name().as_str(), "a carrier fails and is left alone for a minute");
        }
        answer
    }
}

#[async_trait]
impl Carrier for SteadyCarrier {
    fn name(&self) -> CarrierName {
        self.carrier.name()
    }

    async fn rates(&self, account: &CarrierAccount, parcel: &Consignment) -> CarrierResult<Vec<Quote>> {
        let breaker = self.may_ask(account)?;
        self.heard(&breaker, self.carrier.rates(account, parcel).await)
    }

    async fn buy_label(&self, account: &CarrierAccount, purchase: &Purchase) -> CarrierResult<BoughtLabel> {
        let breaker = self.may_ask(account)?;
        self.heard(&breaker, self.carrier.buy_label(account, purchase).await)
    }

    async fn find_label(&self, account: &CarrierAccount, reference: &LabelReference, leaves: Date) -> CarrierResult<Found> {
        let breaker = self.may_ask(account)?;
        self.heard(&breaker, self.carrier.find_label(account, reference, leaves).await)
    }

    async fn void_label(&self, account: &CarrierAccount, tracking_number: &TrackingNumber) -> CarrierResult<Voided> {
        let breaker = self.may_ask(account)?;
        self.heard(&breaker, self.carrier.void_label(account, tracking_number).await)
    }

    async fn manifest(&self, account: &CarrierAccount, from: &Party, day: Date, parcels: &[TrackingNumber]) -> CarrierResult<Manifested> {
        let breaker = self.may_ask(account)?;
        self.heard(&breaker, self.carrier.manifest(account, from, day, parcels).await)
    }

    async fn track(&self, account: &CarrierAccount, tracking_number: &TrackingNumber) -> CarrierResult<Tracked> {
        let breaker = self.may_ask(account)?;
        self.heard(&breaker, self.carrier.track(account, tracking_number).await)
    }

    // What they send is no question of ours.
    fn read_push(&self, account: &CarrierAccount, headers: &Headers, body: &[u8]) -> Result<Vec<Tracked>, PushError> {
        self.carrier.read_push(account, headers, body)
    }
}
