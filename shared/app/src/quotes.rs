//! What carriage would cost, from where, and when it would come: before an order is placed.

use crate::context::Context;
use crate::error::{Error, Result};
use crate::ports::{Clock, StockStore};
use crate::stock::free;
use domain::ids::{LocationId, Sku};
use domain::money::Currency;
use domain::order::Fault;
use domain::order::saga::{Supply, allocate};
use domain::shipping::method::DayCount;
use domain::shipping::warehouse::{Destination, Ranked};
use domain::shipping::weight::{Piece, parcel_g};
use domain::shipping::{Choice, ShipDate, address, rates};
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Things that are asked about at once.
pub const ITEMS_MAX: usize = 50;

/// So much of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What.
    pub sku: Sku,
    /// Pieces; at least one.
    pub quantity: u32,
    /// Grams each, if known.
    pub weight_g: Option<u32>,
}

/// What somebody wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// State or province, as its post writes it.
    pub region: Option<String>,
    /// 1 to [`ITEMS_MAX`].
    pub items: Vec<Item>,
    /// The day by which it has to be there.
    pub by: Option<Date>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quoted {
    /// From where it would leave, if the shop has said where it sends from.
    pub from: Option<LocationId>,
    /// All places that could send it, the best first, and why. Empty where the shop has not said how its places work.
    pub ranked: Vec<Ranked>,
    /// The day it would leave.
    pub leaves: Date,
    /// More of that: the moment, and until when it has to be ordered for that.
    pub ships: Option<ShipDate>,
    /// Grams, with its packaging.
    pub weight_g: u32,
    /// Offers by the shop's price list, the best first; none, if it has no list.
    pub choice: Choice,
}

/// The use case.
#[derive(Clone)]
pub struct Quotes {
    /// What there is.
    pub stock: Arc<dyn StockStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl Quotes {
    /// Answers.
    ///
    /// # Errors
    /// `Invalid` with every fault; `Retryable`.
    pub async fn quote(&self, context: Context<'_>, asked: &Asked) -> Result<Quoted> {
        let mut faults = Vec::new();
        if !address::is_place(&asked.country, None) {
            faults.push(Fault::new("country", "unknown_country", "an ISO 3166-1 alpha-2 code, such as US"));
        } else if !address::is_place(&asked.country, asked.region.as_deref()) {
            faults.push(Fault::new("region", "unknown_region", "a state or province of that country as its post writes it, such as CA"));
        }
        if !(1..=ITEMS_MAX).contains(&asked.items.len()) {
            faults.push(Fault::new("items", "bad_count", format!("1 to {ITEMS_MAX} items")));
        }
        let pieces: Vec<Piece> = asked.items.iter().map(|item| Piece { quantity: item.quantity, weight_g: item.weight_g }).collect();
        let weight_g = parcel_g(&pieces).map_err(|why| faults.push(Fault::new("items", "bad_weight", why.to_string()))).unwrap_or_default();
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        let (shipping, now) = (&context.config.shipping, self.clock.now());
        let mut wanted: BTreeMap<String, u32> = BTreeMap::new();
        for item in &asked.items {
            let so_many = wanted.entry(item.sku.to_string()).or_default();
            *so_many = so_many.saturating_add(item.quantity);
        }
        let levels =
            if shipping.warehouses.is_empty() { Vec::new() } else { free(&*self.stock, context.scope, wanted.keys().cloned()).await? };
        let to = Destination { country: asked.country.clone(), region: asked.region.clone(), at: None };
        let ranked = shipping.ranked(&to, &wanted, &levels, now);
        // As an order would be: from the best place that has everything, and with the last of them where none has.
        let ranking: Vec<LocationId> = ranked.iter().map(|ranked| ranked.id.clone()).collect();
        let taken = allocate(&wanted, &levels, &ranking, Supply::All).unwrap_or_default();
        let mut places: Vec<LocationId> = taken.iter().filter_map(|one| LocationId::parse(&one.location).ok()).collect();
        if places.is_empty() {
            places.extend(ranking.into_iter().chain(shipping.origins.iter().map(|origin| origin.location.clone())).take(1));
        }
        let with_dates = places.iter().map(|place| (place, shipping.warehouse(place).and_then(|warehouse| warehouse.ship_date(now).ok())));
        let last = with_dates.max_by_key(|(_, ships)| ships.as_ref().map(|ships| ships.at));
        let (from, ships) = last.map_or((None, None), |(place, ships)| (Some(place.clone()), ships));
        let leaves = ships.as_ref().map_or_else(|| context.config.today(now), |ships| ships.day);
        // Where the shop has no price list, there is no price to be told.
        let listed = shipping.tariff.as_ref().map(|tariff| (tariff.quotes(weight_g, leaves, &DayCount::Calendar), tariff.currency));
        let (offers, currency) = listed.unwrap_or((Vec::new(), Currency::USD));
        let choice = rates::choose(offers, asked.by, currency);
        Ok(Quoted { from, ranked, leaves, ships, weight_g, choice })
    }
}
