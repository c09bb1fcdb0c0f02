//! The carriers of all shops: each keeps its accounts' tokens as long as they are good.

use super::{Addresses, Dhl, Fedex, Ups, Usps};
use app::ports::{Carrier, Carriers, Clock};
use domain::shipping::CarrierName;
use std::sync::Arc;

/// Speaks to carriers over HTTP.
pub struct HttpCarriers {
    fedex: Arc<Fedex>,
    ups: Arc<Ups>,
    usps: Arc<Usps>,
    dhl: Arc<Dhl>,
}

impl HttpCarriers {
    /// At their own addresses; all of them at a double's, if there is one.
    pub fn new(double: Option<&str>, clock: &Arc<dyn Clock>) -> HttpCarriers {
        let at = double.map_or_else(Addresses::default, Addresses::of_double);
        HttpCarriers {
            fedex: Arc::new(Fedex::new(&at, clock.clone())),
            ups: Arc::new(Ups::new(&at, clock.clone())),
            usps: Arc::new(Usps::new(&at, clock.clone())),
            dhl: Arc::new(Dhl::new(&at, clock.clone())),
        }
    }
}

impl Carriers for HttpCarriers {
    fn of(&self, name: CarrierName) -> Arc<dyn Carrier> {
        match name {
            CarrierName::Fedex => self.fedex.clone(),
            CarrierName::Ups => self.ups.clone(),
            CarrierName::Usps => self.usps.clone(),
            CarrierName::Dhl => self.dhl.clone(),
        }
    }
}
