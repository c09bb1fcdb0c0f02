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

    /// Where an address leads: to the open net. Where there is a double, it stands for every Saleor there is, each under the name of its host.
    fn url(&self, address: &str) -> Option<Url> {
        let double = self.double.as_deref();
        let stands_in = double.zip(address.strip_prefix("https://")).map(|(base, rest)| format!("{base}/{rest}"));
        let address = stands_in.as_deref().unwrap_or(address);
        // What climbs out of the double's folder is none of its Saleors.
        let is_below = |url: &Url| stands_in.is_none() || double.is_some_and(|base| url.as_str().starts_with(&format!("{base}/")));
        Url::parse(address).ok().filter(|url| may_call(address, url, double) && is_below(url))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: S2-75
    #[test]
    fn a_double_stands_for_every_saleor() {
        let at = |double: Option<&str>, address: &str| Reach { double: double.map(str::to_owned) }.url(address).map(String::from);
        let (double, shop) = (Some("http://127.0.0.1:4570/saleor"), "https://shop.saleor.example/graphql/");
        assert_eq!(at(None, shop).as_deref(), Some(shop));
        assert_eq!(at(double, shop).as_deref(), Some("http://127.0.0.1:4570/saleor/shop.saleor.example/graphql/"));
        for elsewhere in ["http://shop.saleor.example/graphql/", "http://127.0.0.1:4571/saleor/x", "not an address"] {
            assert_eq!(at(double, elsewhere), None, "{elsewhere}");
        }
        for above in ["https://../fail", "https://x/../../fail", "https://%2e%2e/fail"] {
            assert_eq!(at(double, above), None, "{above}");
        }
    }
}
