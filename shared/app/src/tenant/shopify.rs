//! The shop's Shopify.

use super::Secret;
use super::saleor::prefix_fault;
use crate::commerce::{Account, Commerce};
use domain::order::Fault;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Where every shop has its name, whatever its customers see.
const DOMAIN: &str = ".myshopify.com";
/// Longest name of a shop, in bytes.
const SHOP_BYTES_MAX: usize = 100;
/// An app's client secret has 32 to 38 characters, that of webhooks made in the admin 64.
const SECRET_BYTES: RangeInclusive<usize> = 16..=256;

/// Which Shopify a shop's orders come from, and what is done with them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShopifySettings {
    /// Its webhooks are heard.
    #[serde(default)]
    pub enabled: bool,
    /// `my-shop.myshopify.com`. What says to be of another shop is turned away.
    pub shop: String,
    /// The app's client secret, with which Shopify signs; two while it is being rotated. Nobody but this shop's app may have it: what it signs
    /// says nowhere which shop an order is of.
    pub secrets: Vec<Secret>,
    /// Whether customers are told here of what Shopify says. Shopify writes to them by itself.
    #[serde(default)]
    pub notify: bool,
    /// Put before Shopify's order numbers, where orders of other sources have such numbers, too.
    #[serde(default)]
    pub number_prefix: String,
    /// Whether orders are taken in that were placed to try the shop out, and that nobody pays.
    #[serde(default)]
    pub test_orders: bool,
}

impl ShopifySettings {
    /// Every secret, with its place.
    pub fn secrets(&mut self) -> Vec<(String, &mut Secret)> {
        self.secrets.iter_mut().enumerate().map(|(at, secret)| (format!("shopify.secrets[{at}]"), secret)).collect()
    }

    /// Everything that is wrong with it.
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let name = self.shop.strip_suffix(DOMAIN).unwrap_or_default();
        let is_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if name.is_empty() || name.len() > SHOP_BYTES_MAX || !name.bytes().all(is_name) {
            faults.push(Fault::new("shopify.shop", "bad_shop", "as in my-shop.myshopify.com"));
        }
        let is_good =
            |secret: &Secret| SECRET_BYTES.contains(&secret.expose().len()) && secret.expose().bytes().all(|b| b.is_ascii_graphic());
        if !(1..=2).contains(&self.secrets.len()) || !self.secrets.iter().all(is_good) {
            faults.push(Fault::new(
                "shopify.secrets",
                "weak_secret",
                "the app's client secret as Shopify shows it; two while it is rotated",
            ));
        }
        faults.extend(prefix_fault("shopify.number_prefix", &self.number_prefix));
        faults
    }
}

impl<'a> From<&'a ShopifySettings> for Account<'a> {
    fn from(settings: &'a ShopifySettings) -> Account<'a> {
        Account { commerce: Commerce::Shopify, number_prefix: &settings.number_prefix, notify: settings.notify }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tenant::TenantConfig;

    fn settings() -> ShopifySettings {
        ShopifySettings {
            enabled: true,
            shop: "my-shop.myshopify.com".into(),
            secrets: vec![Secret::new("made-up-client-secret")],
            notify: false,
            number_prefix: "S-".into(),
            test_orders: false,
        }
    }

    fn fields(settings: ShopifySettings) -> Vec<String> {
        TenantConfig { shopify: Some(settings), ..TenantConfig::default() }.faults().into_iter().map(|fault| fault.field).collect()
    }

    // req: S3-46
    #[test]
    fn settings_that_could_not_work_are_refused() {
        assert_eq!(fields(settings()), Vec::<String>::new());
        for bad in ["", "my-shop.example", ".myshopify.com", "https://my-shop.myshopify.com", "My-Shop.myshopify.com", "a.b.myshopify.com"]
        {
            assert_eq!(fields(ShopifySettings { shop: bad.into(), ..settings() }), ["shopify.shop"], "{bad}");
        }
        let secret = || Secret::new("made-up-client-secret");
        for bad in [vec![], vec![Secret::new("")], vec![Secret::new("short")], vec![secret(), secret(), secret()]] {
            assert_eq!(fields(ShopifySettings { secrets: bad, ..settings() }), ["shopify.secrets"]);
        }
        assert_eq!(fields(ShopifySettings { number_prefix: "S/".into(), ..settings() }), ["shopify.number_prefix"]);
    }
}
