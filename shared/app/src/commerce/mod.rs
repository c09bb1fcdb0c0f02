//! Systems in which a shop's orders are kept, too: what they say of an order ([`order`]), read from what strangers write (`reader`), and how
//! that becomes an order here or news of one ([`take`]).

pub mod door;
pub mod order;
pub(crate) mod reader;
pub mod take;

pub use order::{BadOrder, CommerceCustomer, CommerceLine, CommerceOrder};

use crate::tenant::TenantConfig;
use domain::ids::SourceId;
use domain::order::{Claim, OrderStatus, Tracks};
use domain::{saleor, shopify};
use jiff::Timestamp;

/// Such a system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commerce {
    /// <https://saleor.io>
    Saleor,
    /// <https://shopify.com>
    Shopify,
}

/// What a shop has said about one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account<'a> {
    /// Which.
    pub commerce: Commerce,
    /// Put before its order numbers.
    pub number_prefix: &'a str,
    /// Whether customers are told here of what it says.
    pub notify: bool,
}

impl Commerce {
    /// All of them.
    pub const ALL: [Commerce; 2] = [Commerce::Saleor, Commerce::Shopify];

    /// The last part of its webhooks' address, the name under which they wait in the inbox, and the channel of its orders.
    pub const fn endpoint(self) -> &'static str {
        match self {
            Commerce::Saleor => "saleor",
            Commerce::Shopify => "shopify",
        }
    }

    /// As people write it.
    pub const fn title(self) -> &'static str {
        match self {
            Commerce::Saleor => "Saleor",
            Commerce::Shopify => "Shopify",
        }
    }

    /// Whose endpoint this is.
    pub fn of_endpoint(endpoint: &str) -> Option<Commerce> {
        Commerce::ALL.into_iter().find(|commerce| commerce.endpoint() == endpoint)
    }

    /// Where its orders come from.
    ///
    /// # Errors
    /// Never.
    pub fn channel(self) -> crate::Result<SourceId> {
        SourceId::parse(self.endpoint()).map_err(|why| crate::Error::Fatal(why.to_string()))
    }

    /// What a shop has said about it, if it is switched on.
    pub fn account(self, config: &TenantConfig) -> Option<Account<'_>> {
        match self {
            Commerce::Saleor => config.saleor.as_ref().filter(|known| known.enabled).map(Account::from),
            Commerce::Shopify => config.shopify.as_ref().filter(|known| known.enabled).map(Account::from),
        }
    }

    /// Its words for how an order stands.
    fn words(self) -> String {
        match self {
            Commerce::Saleor => saleor::TheirStatus::ALL.map(saleor::TheirStatus::as_str).join(", "),
            Commerce::Shopify => shopify::TheirStatus::ALL.map(shopify::TheirStatus::as_str).join(", "),
        }
    }

    /// How an order stands here that is first heard of with this word. None for a word that is not known.
    fn birth(self, word: &str, at: Timestamp) -> Option<Tracks> {
        match self {
            Commerce::Saleor => saleor::TheirStatus::from_word(word).map(|theirs| theirs.birth(at)),
            Commerce::Shopify => shopify::TheirStatus::from_word(word).map(|theirs| theirs.birth(at)),
        }
    }

    /// What the word claims of an order that stands so here.
    fn claim(self, ours: OrderStatus, word: &str) -> Claim {
        match self {
            Commerce::Saleor => saleor::TheirStatus::from_word(word).map(|theirs| saleor::claim(ours, theirs)),
            Commerce::Shopify => shopify::TheirStatus::from_word(word).map(|theirs| shopify::claim(ours, theirs)),
        }
        .unwrap_or_default()
    }
}
