//! What Shopify passes on of its customers' rights: the three webhooks that every app has to hear
//! (<https://shopify.dev/docs/apps/build/compliance/privacy-law-compliance>).

use serde::{Deserialize, Serialize};

/// What is wished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WishKind {
    /// `customers/data_request`: somebody wants to know what is known of them.
    DataRequest,
    /// `customers/redact`: somebody is to be forgotten.
    CustomerRedact,
    /// `shop/redact`: the shop has removed the app, and all of its customers are to be forgotten.
    ShopRedact,
}

impl WishKind {
    /// Why it waits for a person, machine-readable; none if nobody has to see to it.
    pub const fn code(self) -> Option<&'static str> {
        match self {
            WishKind::DataRequest => Some("data_request"),
            WishKind::CustomerRedact => None,
            WishKind::ShopRedact => Some("shop_redact"),
        }
    }

    /// Whether what waits for this reason is such a wish.
    pub fn is_code(code: &str) -> bool {
        [WishKind::DataRequest, WishKind::ShopRedact].iter().any(|kind| kind.code() == Some(code))
    }
}

/// As it is kept: it names nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// What.
    pub privacy: WishKind,
    /// Shopify's ids of the orders it is about.
    #[serde(default)]
    pub orders: Vec<String>,
}

/// Orders that are named to whoever has to see to it.
const NAMED_MAX: usize = 20;

impl Wish {
    /// What a person has to do. `orders` are our numbers.
    pub fn in_words(kind: WishKind, orders: &[String]) -> String {
        let shown = orders.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
        let more = if orders.len() > NAMED_MAX { format!(" and {} more", orders.len() - NAMED_MAX) } else { String::new() };
        match kind {
            WishKind::DataRequest if orders.is_empty() => {
                "a customer of Shopify's wants a copy of their data; none of the orders it names is here: tell them so within 30 days, then dismiss this".to_owned()
            }
            WishKind::DataRequest => format!(
                "a customer of Shopify's wants a copy of their data (orders {shown}{more}): POST /v1/privacy/export with one of these as order_id, send it to them within 30 days, then dismiss this"
            ),
            WishKind::CustomerRedact => format!("forgotten: {shown}{more}"),
            WishKind::ShopRedact => {
                "the shop has removed the app, and Shopify asks that its customers' data go within 30 days: POST /v1/privacy/erase for each that is to go, then dismiss this".to_owned()
            }
        }
    }
}
