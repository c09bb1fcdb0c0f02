//! A shop's Saleor: who signs its webhooks, and its GraphQL API.
//!
//! Whoever may change a shop's settings says where we call. So nothing is called that is not on the open net, and its keys are read from the
//! host of the API that the settings name: what a webhook says of where it comes from is not looked at.

mod api;
mod queries;
mod signature;

pub use api::SaleorGraphQl;
pub use signature::SaleorSignatures;

use crate::client::Client;
use crate::open_net::{guarded, may_call};
use reqwest::Url;
use std::time::Duration;

/// Where Saleor may be called.
struct Reach {
    double: Option<String>,
}

impl Reach {
    fn client(&self, timeout: Duration) -> Client {
        guarded(timeout, self.double.as_deref())
    }

    /// An address on the open net, or a double's.
    fn url(&self, address: &str) -> Option<Url> {
        Url::parse(address).ok().filter(|url| may_call(address, url, self.double.as_deref()))
    }
}
