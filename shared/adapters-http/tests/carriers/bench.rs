//! What every test needs: the four adapters at a double, an account, and a parcel.

use crate::double::{Double, SECRET};
use adapters_http::carrier::{Addresses, Dhl, Fedex, Ups, Usps};
use app::ports::{Carrier, CarrierAccount, Clock, Consignment, Party, Purchase, UspsMailer};
use app::tenant::Secret;
use domain::ids::{LabelReference, TrackingNumber};
use domain::money::Currency;
use domain::shipping::rates::CarrierName;
use domain::shipping::{AddressDraft, ParcelSize, PostalAddress, Service, address};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A clock that stands until it is moved.
pub struct Hands(Mutex<Timestamp>);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

impl Hands {
    pub fn forward(&self, by: SignedDuration) {
        let mut now = self.0.lock().unwrap();
        *now += by;
    }
}

pub struct Bench {
    pub double: Double,
    pub clock: Arc<Hands>,
    pub account: CarrierAccount,
    carriers: [Arc<dyn Carrier>; 4],
}

impl Bench {
    pub async fn new() -> Bench {
        let double = Double::start().await;
        let at = Addresses { timeout: Duration::from_secs(5), ..Addresses::of_double(&double.base) };
        Bench::at(double, &at)
    }

    /// Whoever does not answer within 40 ms does not answer.
    pub async fn impatient() -> Bench {
        let double = Double::start().await;
        let at = Addresses { timeout: Duration::from_millis(40), ..Addresses::of_double(&double.base) };
        Bench::at(double, &at)
    }

    pub fn at(double: Double, at: &Addresses) -> Bench {
        let clock = Arc::new(Hands(Mutex::new("2025-08-08T10:00:00Z".parse().unwrap())));
        let carriers: [Arc<dyn Carrier>; 4] = [
            Arc::new(Fedex::new(at, clock.clone())),
            Arc::new(Ups::new(at, clock.clone())),
            Arc::new(Usps::new(at, clock.clone())),
            Arc::new(Dhl::new(at, clock.clone())),
        ];
        Bench { double, clock, account: account(), carriers }
    }

    pub fn carrier(&self, name: CarrierName) -> &dyn Carrier {
        self.carriers.iter().find(|carrier| carrier.name() == name).unwrap().as_ref()
    }
}

pub fn account() -> CarrierAccount {
    CarrierAccount {
        client_id: "demo-client".to_owned(),
        client_secret: Secret::new(SECRET),
        number: "DEMO01".to_owned(),
        push_secrets: vec![Secret::new("fake-push-secret")],
        mailer: Some(UspsMailer { crid: "1234".to_owned(), mid: "900000001".to_owned(), manifest_mid: "900000002".to_owned() }),
        tracking_key: Some(Secret::new("fake-tracking-key")),
    }
}

pub fn postal(street: &str, city: &str, region: Option<&str>, code: &str, country: &str) -> PostalAddress {
    let draft = AddressDraft {
        street: vec![street.to_owned(), "Floor 2".to_owned()],
        city: city.to_owned(),
        region: region.map(str::to_owned),
        postal_code: Some(code.to_owned()),
        country: country.to_owned(),
    };
    address::check(&draft).unwrap().address
}

pub fn parcel() -> Consignment {
    Consignment {
        from: Party {
            name: "Packing Desk".to_owned(),
            company: Some("Demo Shop".to_owned()),
            phone: Some("+1 555 010 0000".to_owned()),
            address: postal("1 Depot Road", "Newark", Some("NJ"), "07102", "US"),
        },
        to: Party {
            name: "Jane Roe".to_owned(),
            company: None,
            phone: Some("+1 555 010 0001".to_owned()),
            address: postal("12 Long Street", "Beverly Hills", Some("CA"), "90210-1234", "US"),
        },
        weight_g: 1_700,
        size: Some(ParcelSize { length_mm: 300, width_mm: 200, height_mm: 100 }),
        leaves: date(2025, 8, 8),
        currency: Currency::USD,
    }
}

pub fn reference(text: &str) -> LabelReference {
    LabelReference::parse(text).unwrap()
}

pub fn number(text: &str) -> TrackingNumber {
    TrackingNumber::parse(text).unwrap()
}

pub fn purchase(text: &str) -> Purchase {
    Purchase { reference: reference(text), consignment: parcel(), service: Service::Overnight, code: None, tried_before: false }
}
