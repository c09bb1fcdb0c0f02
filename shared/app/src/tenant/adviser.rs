//! The shop's adviser.

use super::Secret;
use super::address::{is_address, origin};
use crate::ports::AdviserAt;
use domain::order::Fault;
use serde::{Deserialize, Serialize};

/// Whether a service of the shop's is asked about its orders, and of what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AdviserSettings {
    /// It is.
    pub enabled: bool,
    /// Where: `{url}/detect-fraud` and `{url}/optimize-order` are asked.
    pub url: String,
    /// Sent as a bearer token.
    pub key: Secret,
    /// It is asked how likely fraud is.
    pub fraud: bool,
    /// It is asked from where an order that no location has whole is best sent.
    pub routing: bool,
}

impl Default for AdviserSettings {
    fn default() -> Self {
        AdviserSettings { enabled: false, url: String::new(), key: Secret::default(), fraud: true, routing: true }
    }
}

impl AdviserSettings {
    /// Where it is, if it is to be asked at all.
    pub fn at(&self) -> Option<AdviserAt<'_>> {
        self.enabled.then(|| AdviserAt { url: self.url.trim_end_matches('/'), key: &self.key })
    }

    /// Who is spoken to.
    pub fn origin(&self) -> &str {
        origin(&self.url)
    }

    /// Every secret, with its place among the settings.
    pub fn secrets(&mut self) -> Vec<(String, &mut Secret)> {
        if self.key.expose().is_empty() { Vec::new() } else { vec![("adviser.key".to_owned(), &mut self.key)] }
    }

    /// Everything that is wrong with it.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.enabled && !is_address(&self.url) {
            faults.push(Fault::new("adviser.url", "bad_url", "https:// and a name on the open net, without a password or #"));
        }
        if self.enabled && !(1..=500).contains(&self.key.expose().len()) {
            faults.push(Fault::new("adviser.key", "required", "the token that it expects, at most 500 characters"));
        }
        faults
    }
}
