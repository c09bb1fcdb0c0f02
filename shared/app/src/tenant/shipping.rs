//! By whom a shop sends, and from where.

use super::Secret;
use crate::ports::{CarrierAccount, Party};
use domain::ids::LocationId;
use domain::money::Currency;
use domain::order::saga::Free;
use domain::order::{Carriage, Fault, FulfilmentStatus, Order, Stage};
use domain::shipping::address::AddressDraft;
use domain::shipping::warehouse::{self, Destination, Ranked, Standing};
use domain::shipping::{CarrierName, ShipDate, Tariff, Warehouse, address};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Places that a shop sends from.
const ORIGINS_MAX: usize = 100;
/// Secrets of one account that are good at a time.
const SECRETS_MAX: usize = 3;
/// The latest time of a day at which manifests are asked for.
const MANIFEST_AT_MAX: Time = Time::constant(23, 30, 0, 0);
/// A name on a label, in characters: carriers take no more.
const NAME_CHARS_MAX: usize = 35;

/// By whom parcels go, and from where.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ShippingSettings {
    /// Accounts with carriers, at most one with each.
    pub accounts: Vec<AccountWith>,
    /// Where parcels leave from, by the location of their stock; what has none leaves from the first.
    pub origins: Vec<Origin>,
    /// How the places work that orders leave from: which is best for an order, and when it gets the order out. Where nothing is said, orders leave
    /// from where everything is, by name, on the day their label is bought.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warehouses: Vec<Warehouse>,
    /// What carriage costs a customer, for quotes before an order is placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tariff: Option<Tariff>,
    /// What offers of carriers are compared in; the order's own currency, if it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
}

/// An account with a carrier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountWith {
    /// Whose.
    pub carrier: CarrierName,
    /// When it is told each day what it collects, by the shop's clock ("16:30"). Nobody tells it unless somebody asks, if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest_at: Option<Time>,
    /// It.
    #[serde(flatten)]
    pub account: CarrierAccount,
}

/// Where parcels leave from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// The location that its stock is kept under.
    pub location: LocationId,
    /// Whom a carrier asks for.
    pub name: String,
    /// Whose house it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// Whom a carrier calls.
    pub phone: String,
    /// Where.
    pub address: AddressDraft,
}

impl Origin {
    /// As the sender of a parcel; none if its address does not hold any more.
    pub fn party(&self) -> Option<Party> {
        let address = address::check(&self.address).ok()?.address;
        Some(Party { name: self.name.clone(), company: self.company.clone(), phone: Some(self.phone.clone()), address })
    }

    fn faults(&self, at: usize) -> Vec<Fault> {
        let place = |field: &str| format!("shipping.origins[{at}].{field}");
        let printable = |text: &str| (1..=NAME_CHARS_MAX).contains(&text.trim().chars().count()) && !text.chars().any(char::is_control);
        let mut faults = Vec::new();
        for (field, text) in [("name", Some(&self.name)), ("company", self.company.as_ref())] {
            if text.is_some_and(|text| !printable(text)) {
                faults.push(Fault::new(place(field), "bad_name", "1 to 35 characters, as labels have room for"));
            }
        }
        if self.phone.chars().filter(char::is_ascii_digit).count() < 6 || self.phone.chars().count() > 20 {
            faults.push(Fault::new(place("phone"), "bad_phone", "a number that the carrier can call, such as +1 555 010 0000"));
        }
        if let Err(found) = address::check(&self.address) {
            faults.extend(found.into_iter().map(|fault| Fault::new(place(&fault.field), &fault.code, fault.message)));
        }
        faults
    }
}

impl ShippingSettings {
    /// The account with a carrier.
    pub fn account(&self, carrier: CarrierName) -> Option<&CarrierAccount> {
        self.accounts.iter().find(|one| one.carrier == carrier).map(|one| &one.account)
    }

    /// The carriers that the shop has an account with.
    pub fn carriers(&self) -> impl Iterator<Item = CarrierName> + '_ {
        self.accounts.iter().map(|one| one.carrier)
    }

    /// Whether a carrier can be asked where parcels are, or tells by itself. DHL's tracking is another account than that of its labels.
    pub fn can_follow(&self, carrier: CarrierName) -> bool {
        let asks =
            |account: &CarrierAccount| carrier != CarrierName::Dhl || account.tracking_key.is_some() || !account.push_secrets.is_empty();
        self.account(carrier).is_some_and(asks)
    }

    /// By whom a parcel goes that somebody has handed over, and the carrier that is asked where it is, if the shop can ask it: then the
    /// number is written as the carrier writes it.
    pub fn follow(&self, carriage: Option<Carriage>) -> (Option<Carriage>, Option<CarrierName>) {
        let carrier =
            carriage.as_ref().and_then(|carriage| CarrierName::named(&carriage.carrier)).filter(|carrier| self.can_follow(*carrier));
        let written = carriage.as_ref().and_then(Carriage::as_carrier_writes);
        match (carrier, written) {
            (Some(carrier), Some(written)) => (Some(written), Some(carrier)),
            _ => (carriage, None),
        }
    }

    /// Where what is kept at a location leaves from.
    pub fn origin(&self, location: &LocationId) -> Option<&Origin> {
        self.origins.iter().find(|origin| origin.location == *location).or_else(|| self.origins.first())
    }

    /// How a place works, if the shop has said so.
    pub fn warehouse(&self, location: &LocationId) -> Option<&Warehouse> {
        self.warehouses.iter().find(|warehouse| warehouse.id == *location)
    }

    /// The day on which something leaves that is taken on now.
    pub fn leaves_on(&self, location: &LocationId, now: Timestamp, zone: &TimeZone) -> Date {
        let ships = self.warehouse(location).and_then(|warehouse| warehouse.ship_date(now).ok());
        ships.map_or_else(|| now.to_zoned(zone.clone()).date(), |ships| ships.day)
    }

    /// The day it is where something lies.
    pub fn day_at(&self, location: &LocationId, now: Timestamp, zone: &TimeZone) -> Date {
        let theirs = self.warehouse(location).and_then(|warehouse| TimeZone::get(&warehouse.time_zone).ok());
        now.to_zoned(theirs.unwrap_or_else(|| zone.clone())).date()
    }

    /// When an order leaves that is being prepared: with the last of the places where parts of it are. None where nobody has said how those work.
    pub fn ships(&self, order: &Order) -> Option<ShipDate> {
        let taken_on = order.stages.entered(Stage::Processing).filter(|_| Stage::of(order.tracks.status) == Some(Stage::Processing))?;
        let to_send = order.consignments.iter().filter(|one| !one.has_left() && one.work.status != FulfilmentStatus::Cancelled);
        let held = order.saga.iter().flat_map(|saga| &saga.held).filter_map(|held| LocationId::parse(&held.location).ok());
        let mut places: BTreeSet<LocationId> = to_send.map(|one| one.work.from.clone()).chain(held).collect();
        if places.is_empty() {
            places.extend(self.origins.first().map(|origin| origin.location.clone()));
        }
        places.iter().filter_map(|place| self.warehouse(place)?.ship_date(taken_on).ok()).max_by_key(|ships| ships.at)
    }

    /// Its warehouses for so much of something, the best first.
    pub fn ranked(&self, to: &Destination, wanted: &BTreeMap<String, u32>, levels: &[Free], now: Timestamp) -> Vec<Ranked> {
        let has = |warehouse: &Warehouse| {
            let here = levels.iter().filter(|level| level.location == warehouse.id.as_str());
            let of = |level: &Free| wanted.get(&level.sku).map_or(0, |wanted| u32::try_from(level.available).unwrap_or(0).min(*wanted));
            // How many orders wait at a place is counted nowhere.
            Standing { pieces_available: here.map(of).fold(0, u32::saturating_add), open_orders: 0 }
        };
        let warehouses: Vec<_> = self.warehouses.iter().map(|warehouse| (warehouse.clone(), has(warehouse))).collect();
        warehouse::rank(&warehouses, to, wanted.values().copied().fold(0, u32::saturating_add), now)
    }

    /// Every secret, with its place among the settings.
    pub fn secrets(&mut self) -> Vec<(String, &mut Secret)> {
        let mut secrets = Vec::new();
        for AccountWith { carrier, account, .. } in &mut self.accounts {
            let at = format!("shipping.{}", carrier.as_str());
            secrets.push((format!("{at}.client_secret"), &mut account.client_secret));
            secrets.extend(account.tracking_key.as_mut().map(|secret| (format!("{at}.tracking_key"), secret)));
            secrets.extend(account.push_secrets.iter_mut().enumerate().map(|(n, secret)| (format!("{at}.push_secrets[{n}]"), secret)));
        }
        secrets
    }

    /// Everything that is wrong with it.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (at, one) in self.accounts.iter().enumerate() {
            let mut fault =
                |field: &str, code: &str, text: &str| faults.push(Fault::new(format!("shipping.accounts[{at}].{field}"), code, text));
            if self.accounts[..at].iter().any(|other| other.carrier == one.carrier) {
                fault("carrier", "duplicate", "one account with each carrier");
            }
            for (field, text) in [("client_id", &one.account.client_id), ("number", &one.account.number)] {
                if !is_plain(text) {
                    fault(field, "bad_id", "1 to 255 characters without spaces, as the carrier shows it");
                }
            }
            if one.manifest_at.is_some_and(|at| at > MANIFEST_AT_MAX) {
                fault("manifest_at", "out_of_range", "at most 23:30: it is looked at every five minutes");
            }
            if one.account.push_secrets.len() > SECRETS_MAX {
                fault("push_secrets", "too_many", "at most 3 at a time");
            }
            let mailer = one.account.mailer.as_ref();
            if one.carrier == CarrierName::Usps && mailer.is_none() {
                fault("mailer", "required", "USPS wants to know the mailer: crid, mid and manifest_mid");
            }
            if mailer.is_some_and(|mailer| [&mailer.crid, &mailer.mid, &mailer.manifest_mid].into_iter().any(|id| !is_plain(id))) {
                fault("mailer", "bad_id", "crid, mid and manifest_mid, as USPS shows them");
            }
        }
        for (field, secret) in self.clone().secrets() {
            if !is_plain(secret.expose()) {
                faults.push(Fault::new(field, "bad_secret", "1 to 255 characters without spaces, as the carrier shows it"));
            }
        }
        let inside = |fault: Fault| Fault { field: format!("shipping.{}", fault.field), ..fault };
        faults.extend(warehouse::faults(&self.warehouses).into_iter().map(inside));
        faults.extend(self.tariff.iter().flat_map(Tariff::faults).map(inside));
        if self.origins.len() > ORIGINS_MAX {
            faults.push(Fault::new("shipping.origins", "too_many", "at most 100"));
        }
        for (at, origin) in self.origins.iter().take(ORIGINS_MAX).enumerate() {
            if self.origins[..at].iter().any(|other| other.location == origin.location) {
                faults.push(Fault::new(format!("shipping.origins[{at}].location"), "duplicate", "each location once"));
            }
            faults.extend(origin.faults(at));
        }
        if !self.accounts.is_empty() && self.origins.is_empty() {
            faults.push(Fault::new("shipping.origins", "required", "carriers have to know where parcels leave from"));
        }
        faults
    }
}

fn is_plain(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings(account: serde_json::Value, origin: serde_json::Value) -> ShippingSettings {
        serde_json::from_value(json!({ "accounts": [account], "origins": [origin] })).unwrap()
    }

    fn ups() -> serde_json::Value {
        json!({ "carrier": "ups", "client_id": "id", "client_secret": "fake-secret", "number": "DEMO01" })
    }

    fn home() -> serde_json::Value {
        json!({ "location": "main", "name": "Packing Desk", "phone": "+1 555 010 0000",
            "address": { "street": ["1 Depot Road"], "city": "Newark", "region": "NJ", "postal_code": "07102", "country": "US" } })
    }

    // req: S2-63, S2-83
    #[test]
    fn accounts_that_could_not_work_are_refused() {
        let codes = |settings: ShippingSettings| settings.faults().into_iter().map(|fault| (fault.field, fault.code)).collect::<Vec<_>>();
        assert_eq!(codes(settings(ups(), home())), []);
        assert_eq!(
            codes(ShippingSettings { origins: Vec::new(), ..settings(ups(), home()) }),
            [("shipping.origins".into(), "required".into())]
        );
        let mut twice = settings(ups(), home());
        twice.accounts.push(twice.accounts[0].clone());
        twice.origins.push(twice.origins[0].clone());
        assert_eq!(
            codes(twice),
            [("shipping.accounts[1].carrier".into(), "duplicate".into()), ("shipping.origins[1].location".into(), "duplicate".into())]
        );
        let mut bad = ups();
        (bad["carrier"], bad["client_secret"], bad["number"]) = (json!("usps"), json!("with a space"), json!(""));
        let mut nowhere = home();
        (nowhere["phone"], nowhere["address"]["city"]) = (json!("none"), json!(""));
        let found = codes(settings(bad, nowhere));
        let fields: Vec<&str> = found.iter().map(|fault| fault.0.as_str()).collect();
        assert_eq!(
            fields,
            [
                "shipping.accounts[0].number",
                "shipping.accounts[0].mailer",
                "shipping.usps.client_secret",
                "shipping.origins[0].phone",
                "shipping.origins[0].address.city"
            ]
        );
    }

    #[test]
    fn what_has_no_place_of_its_own_leaves_from_the_first() {
        let settings = settings(ups(), home());
        let from = |place: &str| settings.origin(&LocationId::parse(place).unwrap()).map(|origin| origin.location.to_string());
        assert_eq!((from("main"), from("elsewhere")), (Some("main".to_owned()), Some("main".to_owned())));
        let follow = |carrier: &str, number: &str| {
            let (carriage, followed) = settings.follow(Carriage::parse(carrier, number));
            (carriage.unwrap().number, followed)
        };
        assert_eq!(follow("ups", "1z 999-aa1"), ("1Z999AA1".to_owned(), Some(CarrierName::Ups)));
        assert_eq!(follow("ups", "1z/999"), ("1z/999".to_owned(), None), "nobody could ask for it");
        assert_eq!(follow("FedEx", "7949 1"), ("7949 1".to_owned(), None), "no account");
        assert_eq!(follow("InPost", "6120"), ("6120".to_owned(), None));
        assert_eq!(settings.follow(None), (None, None));
    }
}
