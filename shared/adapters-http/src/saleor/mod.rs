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
use std::sync::Arc;
use std::time::Duration;

/// Where Saleor may be called.
struct Reach {
    double: Option<String>,
}

impl Reach {
    fn client(&self, timeout: Duration) -> Client {
        let client = Client::new(timeout);
        if self.double.is_some() { client } else { client.resolving(Arc::new(OpenNet)) }
    }

    /// An address on the open net, or a double's.
    fn url(&self, address: &str) -> Option<Url> {
        let is_double = self.double.as_deref().is_some_and(|base| address.starts_with(&format!("{base}/")));
        Url::parse(address).ok().filter(|url| is_double || is_open(url))
    }
}
