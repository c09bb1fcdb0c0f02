//! Clients who place orders.

use super::shop::Shop;
use crate::rng::Rng;
use app::Identity;
use axum::body::Bytes;
use domain::ids::CorrelationId;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use std::rc::Rc;

/// What orders are paid with.
const METHODS: [Option<&str>; 6] =
    [None, Some("credit_card"), Some("stripe"), Some("stripe"), Some("cash_on_delivery"), Some("bank_transfer")];

/// Somebody who orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// A word that is in the name and the address and in nobody else's.
    pub token: String,
    /// Name.
    pub name: String,
    /// Address, if they gave one.
    pub email: Option<String>,
    /// Number, if they gave one.
    pub phone: Option<String>,
}

/// A client's wish to place an order; it is sent until it is answered.
pub struct Request {
    /// Which shop.
    pub shop: usize,
    /// Who sends it.
    pub client: Identity,
    /// Who ordered.
    pub customer: Rc<Customer>,
    /// The shop's own number, if it gave one.
    pub number: Option<String>,
    /// Under which key.
    pub key: String,
    /// As it goes over the wire.
    pub body: Bytes,
    /// How it must end.
    pub ends: Ending,
    /// Ties what follows to it.
    pub correlation: CorrelationId,
    order: Value,
}

/// How a request must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With an order.
    Placed,
    /// With an order, unless an import took its number first.
    Contested,
    /// Refused: the number or the channel's id is another order's.
    Taken,
    /// Refused: the key is another request's.
    KeyReused,
}

impl Request {
    /// What is ordered, as JSON.
    pub(super) fn order(&self) -> &Value {
        &self.order
    }

    /// The same key with another body.
    pub fn stolen_key(&self) -> Request {
        let mut order = self.order.clone();
        order["customer"]["locale"] = json!("eo");
        self.varied(self.key.clone(), order, Ending::KeyReused)
    }

    fn varied(&self, key: String, order: Value, ends: Ending) -> Request {
        Request {
            shop: self.shop,
            client: self.client.clone(),
            customer: self.customer.clone(),
            number: self.number.clone(),
            key,
            body: Bytes::from(order.to_string()),
            ends,
            correlation: self.correlation.clone(),
            order,
        }
    }
}

impl Shop {
    /// Somebody new.
    pub fn customer(&self, index: usize, number: u32, rng: &mut Rng) -> Customer {
        let token = format!("ada{index}x{number}x");
        Customer {
            name: format!("Ada {token} {}", self.canary),
            email: rng.per_mille(950).then(|| format!("{token}@{}.example", self.canary)),
            phone: rng.per_mille(300).then(|| format!("+4860{index}{number:06}")),
            token,
        }
    }

    /// What somebody orders.
    pub(super) fn order(
        &self,
        customer: &Customer,
        number: Option<&str>,
        external_id: Option<&str>,
        now: Timestamp,
        rng: &mut Rng,
    ) -> Value {
        let digital = rng.per_mille(100);
        let items: Vec<Value> = (0..1 + rng.below(3))
            .map(|line| {
                let price = rng.pick(&["12.50", "7", "0.99", "149.00"]);
                let quantity = rng.between(1, 4);
                json!({ "sku": format!("{}-{line}", self.canary), "name": "Mug", "quantity": quantity, "unit_price": price, "digital": digital })
            })
            .collect();
        let eta = rng.per_mille(300).then(|| now.to_zoned(jiff::tz::TimeZone::UTC).date() + (rng.between(-1, 4)).days());
        let method = if self.config.payments.enabled { rng.pick(&METHODS) } else { None };
        // A token lets the clock try again.
        let payment = (method == Some("stripe") && rng.per_mille(500)).then(|| json!({ "token": "pm_made_up" }));
        json!({
            "payment_method": method,
            "payment": payment,
            "number": number,
            "external_id": external_id,
            "currency": rng.pick(&["EUR", "EUR", "PLN"]),
            "customer": {
                "name": customer.name, "email": customer.email, "phone": customer.phone, "locale": rng.per_mille(300).then_some("pl"),
                "consent": if customer.name.len().is_multiple_of(2) { vec!["sms"] } else { Vec::new() },
            },
            "shipping_address": {
                "street": ["12 Long Street"], "city": "Beverly Hills", "region": "CA", "postal_code": "90210", "country": "US",
            },
            "items": items,
            "eta": eta,
        })
    }

    /// A new order, by a customer of this shop: one who ordered before, or somebody new.
    pub fn request(&mut self, index: usize, again: Option<Rc<Customer>>, now: Timestamp, rng: &mut Rng) -> Request {
        self.numbers += 1;
        self.keys += 1;
        let customer = again.unwrap_or_else(|| Rc::new(self.customer(index, self.numbers, rng)));
        // The numbers of all shops are the same on purpose: what keeps them apart is the tenant alone.
        let number = rng.per_mille(600).then(|| self.numbers.to_string());
        let external_id = rng.per_mille(250).then(|| format!("ext-{}", self.numbers));
        let order = self.order(&customer, number.as_deref(), external_id.as_deref(), now, rng);
        Request {
            shop: index,
            client: self.client.clone(),
            customer,
            number,
            key: format!("key-{}", self.keys),
            body: Bytes::from(order.to_string()),
            ends: Ending::Placed,
            correlation: CorrelationId::parse(&format!("req-{index}-{}", self.keys)).expect("a token"),
            order,
        }
    }

    /// A request for a number, or a channel's id, that another order has.
    pub fn clash(&mut self, with: &Request) -> Option<Request> {
        let mut order = with.order.clone();
        if order["number"].is_null() && order["external_id"].is_null() {
            return None;
        }
        self.keys += 1;
        if !order["external_id"].is_null() {
            order["number"] = Value::Null;
        }
        Some(with.varied(format!("key-{}", self.keys), order, Ending::Taken))
    }
}
