//! Customers who want to be forgotten.

use super::placing::Customer;
use super::shop::Shop;
use app::Identity;
use axum::body::Bytes;
use domain::ids::CorrelationId;
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
    /// The wish of a customer whose address we have.
    pub fn erasure(&self, index: usize, customer: &Rc<Customer>, serial: usize) -> Option<Erasure> {
        let email = customer.email.as_deref()?;
        Some(Erasure {
            shop: index,
            customer: customer.clone(),
            who: self.person(Role::Admin),
            // People write their address as they like.
            body: Bytes::from(
                json!({ "email": if serial.is_multiple_of(2) { email.to_uppercase() } else { email.to_owned() } }).to_string(),
            ),
            correlation: CorrelationId::parse(&format!("erase-{serial}")).expect("a token"),
        })
    }
}
