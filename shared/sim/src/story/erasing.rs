//! Customers who want to be forgotten.

use super::placing::Customer;
use super::shop::Shop;
use app::Identity;
use axum::body::Bytes;
use domain::ids::{CorrelationId, OrderId};
use domain::order::Role;
use serde_json::json;
use std::rc::Rc;

/// A customer's wish to be forgotten; it is sent until it is answered.
#[derive(Debug, Clone)]
pub struct Erasure {
    /// In which shop.
    pub shop: usize,
    /// Whom.
    pub customer: Rc<Customer>,
    /// Who carries it out.
    pub who: Identity,
    /// As it goes over the wire.
    pub body: Bytes,
    /// Ties what follows to it.
    pub correlation: CorrelationId,
}

impl Shop {
    /// The wish of a customer who can be found: by their address, else by an order of theirs.
    pub fn erasure(&self, index: usize, (customer, order): (&Rc<Customer>, &OrderId), serial: usize) -> Option<Erasure> {
        let body = match &customer.email {
            // People write their address as they like.
            Some(email) if serial.is_multiple_of(2) => json!({ "email": email.to_uppercase() }),
            Some(email) => json!({ "email": email }),
            None => {
                customer.phone.as_ref()?;
                json!({ "order_id": order })
            }
        };
        Some(Erasure {
            shop: index,
            customer: customer.clone(),
            who: self.person(Role::Admin),
            body: Bytes::from(body.to_string()),
            correlation: CorrelationId::parse(&format!("erase-{serial}")).expect("a token"),
        })
    }
}
