//! What is needed to have a customer pay.

use crate::payment::Provider;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a customer pays with, as far as we may know, and where they are. It is theirs: it stands with the contact, is forgotten with it, and is
/// no part of the history. There is no field for a card's number.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Means {
    /// Who has made the token; no other provider is asked then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// The provider's token for what they pay with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Where they come back to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
    /// Their address on the net, which some providers insist on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_ip: Option<String>,
    /// Where they confirm, while they have to. Some providers write a secret into it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What the provider's script on the shop's page needs while they have to confirm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
}

impl Means {
    /// These, and of what they leave out what was known.
    pub(super) fn over(self, known: Option<Means>) -> Means {
        let known = known.unwrap_or_default();
        // A token is shown to nobody but its maker: whoever goes to another provider leaves it behind.
        let elsewhere = self.provider.is_some() && self.provider != known.provider;
        let kept = known.token.filter(|_| !elsewhere);
        Means {
            // Whoever brings another token brings its provider.
            provider: if self.token.is_some() { self.provider } else { self.provider.or(known.provider) },
            token: self.token.or(kept),
            return_url: self.return_url.or(known.return_url),
            customer_ip: self.customer_ip.or(known.customer_ip),
            url: self.url.or(known.url),
            client_secret: self.client_secret.or(known.client_secret),
        }
    }
}

impl fmt::Debug for Means {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Means").field("provider", &self.provider).finish_non_exhaustive()
    }
}
