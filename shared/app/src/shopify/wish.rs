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

/// Orders that are named to whoever has to see to it.
const NAMED_MAX: usize = 20;
const DATA_REQUEST: &str = "data_request";
const SHOP_REDACT: &str = "shop_redact";

impl WishKind {
    /// Why it waits for a person, machine-readable and in words; none if nobody has to see to it. `orders` are our numbers of those it is about.
    pub fn for_a_person(self, orders: &[String]) -> Option<(&'static str, String)> {
        match self {
            WishKind::CustomerRedact => None,
            WishKind::DataRequest if orders.is_empty() => {
                let what = "a customer of Shopify's wants a copy of their data; none of the orders it names is here: tell them so within 30 days, then dismiss this";
                Some((DATA_REQUEST, what.to_owned()))
            }
            WishKind::DataRequest => {
                let shown = orders.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
                let more = if orders.len() > NAMED_MAX { format!(" and {} more", orders.len() - NAMED_MAX) } else { String::new() };
                let what = format!(
                    "a customer of Shopify's wants a copy of their data (orders {shown}{more}): POST /v1/privacy/export with one of these as order_id, send it to them within 30 days, then dismiss this"
                );
                Some((DATA_REQUEST, what))
            }
            WishKind::ShopRedact => {
                let what = "the shop has removed the app, and Shopify asks that its customers' data go within 30 days: POST /v1/privacy/erase for each that is to go, then dismiss this";
                Some((SHOP_REDACT, what.to_owned()))
            }
        }
    }

    /// Whether what waits for this reason is such a wish.
    pub fn is_code(code: &str) -> bool {
        [DATA_REQUEST, SHOP_REDACT].contains(&code)
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

/// Orders of one wish that are worked on together, and kept in one row.
const AT_ONCE: usize = 100;
/// Orders that one wish may name.
pub const ORDERS_MAX: usize = 2_000;

impl Wish {
    /// The same in parts that can each be kept and worked on. To whom a person answers is known by the first.
    pub fn in_parts(self) -> Vec<Wish> {
        let Wish { privacy, orders } = self;
        let parts = orders.chunks(AT_ONCE).map(|orders| Wish { privacy, orders: orders.to_vec() });
        match privacy {
            WishKind::CustomerRedact if !orders.is_empty() => parts.collect(),
            _ => vec![parts.into_iter().next().unwrap_or(Wish { privacy, orders: Vec::new() })],
        }
    }
}
