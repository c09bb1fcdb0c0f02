//! The shop's Saleor.

use super::Secret;
use super::address::origin;
use crate::commerce::{Account, Commerce};
use domain::ids::OrderId;
use domain::order::Fault;
use serde::{Deserialize, Serialize};

/// Longest address of an API, in bytes.
const URL_BYTES_MAX: usize = 300;
/// Longest token, in bytes.
const TOKEN_BYTES_MAX: usize = 512;
/// Longest prefix of order numbers, in bytes.
const PREFIX_BYTES_MAX: usize = 12;
/// Longest id of a warehouse, in bytes.
const WAREHOUSE_BYTES_MAX: usize = 128;

/// Which Saleor a shop's orders are kept in, too, and what is done with them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SaleorSettings {
    /// Its webhooks are heard and, with a token, both sides are compared every hour.
    #[serde(default)]
    pub enabled: bool,
    /// Its GraphQL API: `https://my-shop.saleor.cloud/graphql/`. Its webhooks are proved by the keys of this host and no other.
    pub api_url: String,
    /// Of the app that may manage orders there. Without one Saleor is only listened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    /// Whether customers are told here of what Saleor says. Saleor writes to them by itself.
    #[serde(default)]
    pub notify: bool,
    /// Put before Saleor's order numbers, where orders of other sources have such numbers, too.
    #[serde(default)]
    pub number_prefix: String,
    /// Saleor's id of the warehouse from which pieces leave for which none has set any aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warehouse: Option<String>,
}

impl SaleorSettings {
    /// Where its API is, without the path.
    pub fn origin(&self) -> &str {
        origin(&self.api_url)
    }

    /// Everything that is wrong with it.
    pub(super) fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_graphic());
        let host = self.api_url.strip_prefix("https://").and_then(|rest| rest.split('/').next()).unwrap_or_default();
        let is_url = !host.is_empty()
            && self.api_url.len() <= URL_BYTES_MAX
            && plain(&self.api_url)
            && !self.api_url.contains(['@', '?', '#', '\\', '"', '<', '>']);
        if !is_url {
            faults.push(Fault::new("saleor.api_url", "bad_url", "as in https://my-shop.saleor.cloud/graphql/"));
        }
        if self.token.as_ref().is_some_and(|token| !(1..=TOKEN_BYTES_MAX).contains(&token.expose().len()) || !plain(token.expose())) {
            faults.push(Fault::new("saleor.token", "bad_secret", "the app's token, as Saleor shows it once"));
        }
        faults.extend(prefix_fault("saleor.number_prefix", &self.number_prefix));
        let is_id = |id: &String| (1..=WAREHOUSE_BYTES_MAX).contains(&id.len()) && plain(id);
        if self.warehouse.as_ref().is_some_and(|id| !is_id(id)) {
            faults.push(Fault::new("saleor.warehouse", "bad_id", "the warehouse's id in Saleor's API, as in V2FyZWhvdXNlOjE="));
        }
        faults
    }
}

/// What is wrong with what is put before order numbers.
pub(super) fn prefix_fault(field: &str, prefix: &str) -> Option<Fault> {
    let is_bad = prefix.len() > PREFIX_BYTES_MAX || (!prefix.is_empty() && OrderId::parse(prefix).is_err());
    is_bad.then(|| Fault::new(field, "bad_prefix", "at most 12 letters, digits, dashes, dots, colons and underscores"))
}

impl<'a> From<&'a SaleorSettings> for Account<'a> {
    fn from(settings: &'a SaleorSettings) -> Account<'a> {
        Account { commerce: Commerce::Saleor, number_prefix: &settings.number_prefix, notify: settings.notify }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tenant::{HookEndpoint, SignatureScheme, TenantConfig};
    use domain::order::Vocabulary;

    fn settings(api_url: &str) -> SaleorSettings {
        SaleorSettings {
            enabled: true,
            api_url: api_url.into(),
            token: Some(Secret::new("made-up-token")),
            notify: false,
            number_prefix: "S-".into(),
            warehouse: None,
        }
    }

    fn fields(settings: SaleorSettings) -> Vec<String> {
        TenantConfig { saleor: Some(settings), ..TenantConfig::default() }.faults().into_iter().map(|fault| fault.field).collect()
    }

    // req: S2-75, S2-82
    #[test]
    fn settings_that_could_not_work_are_refused() {
        let good = "https://shop.saleor.cloud/graphql/";
        assert_eq!(fields(settings(good)), Vec::<String>::new());
        let endless = format!("https://{}/", "x".repeat(300));
        for bad in [
            "",
            "http://shop.saleor.cloud/graphql/",
            "https://",
            "https:///graphql/",
            "https://a b/",
            "https://u:p@h/",
            "https://h/?x=1",
            "https://h/#x",
            &endless,
        ] {
            assert_eq!(fields(settings(bad)), ["saleor.api_url"], "{bad}");
        }
        for bad in ["", "a b", &"x".repeat(513)] {
            assert_eq!(fields(SaleorSettings { token: Some(Secret::new(bad)), ..settings(good) }), ["saleor.token"], "{bad}");
        }
        for bad in ["S/", "S ", "thirteen-char"] {
            assert_eq!(fields(SaleorSettings { number_prefix: bad.into(), ..settings(good) }), ["saleor.number_prefix"], "{bad}");
        }
        for bad in ["", "W 1"] {
            assert_eq!(fields(SaleorSettings { warehouse: Some(bad.into()), ..settings(good) }), ["saleor.warehouse"], "{bad}");
        }
    }

    /// Its webhooks come in under a name of their own.
    // req: S2-76
    #[test]
    fn no_other_endpoint_has_its_name() {
        let hook = HookEndpoint {
            name: "saleor".into(),
            scheme: SignatureScheme::Hmac,
            secrets: vec![Secret::new("a-secret-of-enough-length")],
            vocabulary: Vocabulary::Saleor,
            notify: false,
        };
        let config = TenantConfig { hooks: vec![hook], ..TenantConfig::default() };
        assert_eq!(config.faults(), [], "without Saleor's own webhooks it is a name like any other");
        let config = TenantConfig { saleor: Some(settings("https://shop.saleor.cloud/graphql/")), ..config };
        let faults: Vec<String> = config.faults().into_iter().map(|fault| fault.field).collect();
        assert_eq!(faults, ["hooks[0].name"]);
    }

    // req: S2-76
    #[test]
    fn keys_are_looked_for_at_the_host_alone() {
        for (url, origin) in [
            ("https://shop.saleor.cloud/graphql/", "https://shop.saleor.cloud"),
            ("https://shop.example:8443/a/b/graphql/", "https://shop.example:8443"),
            ("https://shop.example", "https://shop.example"),
        ] {
            assert_eq!(settings(url).origin(), origin);
        }
    }
}
