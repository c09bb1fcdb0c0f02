//! An adviser outside: a service of the shop's that looks at orders and says what it thinks. Whatever it says is checked, and nothing waits for it.

use super::PortResult;
use crate::tenant::Secret;
use async_trait::async_trait;
use domain::fraud::FraudAdvice;
use domain::order::saga::{Allocation, Free};
use serde::Serialize;

/// Where it is.
#[derive(Debug, Clone, Copy)]
pub struct AdviserAt<'a> {
    /// Its address, without a slash at the end.
    pub url: &'a str,
    /// Sent as a bearer token.
    pub key: &'a Secret,
}

/// An order as it is asked about. It names no customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AskedOrder {
    /// Its number.
    pub order_id: String,
    /// When it was placed.
    pub placed_at: String,
    /// Where: "api", "shopify".
    pub channel: String,
    /// ISO 4217.
    pub currency: String,
    /// What is to be paid, in the currency's major unit.
    pub total: String,
    /// Where to: ISO 3166-1 alpha-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ships_to: Option<String>,
    /// Where whoever pays lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billed_to: Option<String>,
    /// What was ordered.
    pub lines: Vec<AskedLine>,
}

/// A line of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AskedLine {
    /// Unit.
    pub sku: String,
    /// How many.
    pub quantity: u32,
    /// Each, in the currency's major unit.
    pub unit_price: String,
}

/// What is known of the customer, without who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AskedPast {
    /// Earlier orders, as far as was looked.
    pub orders_before: u32,
    /// Of these, those within the hour before.
    pub orders_within_hour: u32,
    /// Of these, those whose money went back.
    pub orders_lost: u32,
    /// Hour of the day where they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_hour: Option<u8>,
}

/// A service that may be asked.
#[async_trait]
pub trait Adviser: Send + Sync {
    /// How likely it is that somebody orders with another's money. Every failure is the same to the caller: our own points stand.
    async fn fraud(&self, at: AdviserAt<'_>, order: &AskedOrder, past: &AskedPast) -> PortResult<FraudAdvice>;
    /// From where it would send what of an order. Every failure is the same to the caller: our own plan stands.
    async fn routing(&self, at: AdviserAt<'_>, order: &AskedOrder, free: &[Free]) -> PortResult<Vec<Allocation>>;
}
