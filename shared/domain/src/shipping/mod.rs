//! From a paid order to a parcel on its way: where to, from where, in how many parcels, by whom, for how much, until when.
//!
//! Nothing here talks to a carrier; it works on what was loaded before. Distances are the only numbers that are not exact, and no
//! amount is made of them.

pub mod address;
pub mod allocate;
pub mod batch;
pub mod calendar;
pub mod fulfilment;
pub mod handling;
pub mod incident;
pub mod manifest;
pub mod method;
pub mod rates;
pub mod route;
pub mod tax;
pub mod tracking;
pub mod warehouse;
pub mod weight;

pub use address::{AddressDraft, Checked, PostalAddress};
pub use allocate::{Available, Part, Plan, Wanted};
pub use batch::{Batch, WaitingOrder};
pub use calendar::Calendar;
pub use fulfilment::{Fulfilment, Share};
pub use handling::Handling;
pub use incident::Incident;
pub use method::ShippingMethod;
pub use rates::{CarrierName, Choice, Quote, Service, Tariff};
pub use tax::{Charges, TaxRules};
pub use tracking::Followed;
pub use warehouse::{ShipDate, Warehouse};
pub use weight::{ParcelSize, Piece};
