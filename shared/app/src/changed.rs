//! The orders that changed since a moment, each once, although orders go on changing while they are looked for.

use crate::error::Result;
use crate::ports::{Clock, Dossier, OrderQuery, OrderStore, PageKey, PortResult};
use crate::scope::TenantScope;
use domain::ids::OrderId;
use futures::{Stream, StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;

/// Rows read from an index at once.
pub(crate) const PAGE: usize = 500;
/// Times that the index is looked through for orders that changed meanwhile.
pub(crate) const PASSES_MAX: usize = 3;
/// Histories read at once.
const AT_ONCE: usize = 16;
/// The clocks of two functions differ by less.
const SKEW: SignedDuration = SignedDuration::from_mins(1);

/// A walk through the index of all orders, the latest change first.
pub(crate) struct Changed<'a> {
    orders: &'a dyn OrderStore,
    clock: &'a dyn Clock,
    scope: &'a TenantScope,
    since: Timestamp,
    /// Orders up to here are looked for: since the moment, and in a later pass since the one before began.
    from: Timestamp,
    began: Timestamp,
    after: Option<PageKey>,
    passes: usize,
    found_before: usize,
    found: HashSet<OrderId>,
}

impl<'a> Changed<'a> {
    /// Since a moment, that included.
    pub(crate) fn since(orders: &'a dyn OrderStore, clock: &'a dyn Clock, scope: &'a TenantScope, since: Timestamp) -> Changed<'a> {
        let began = clock.now() - SKEW;
        Changed { orders, clock, scope, since, from: since, began, after: None, passes: 1, found_before: 0, found: HashSet::new() }
    }

    /// Those of the next page that were not found yet; none at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<OrderId>>> {
        if self.passes > PASSES_MAX {
            return Ok(None);
        }
        let page = self.orders.page(self.scope, &OrderQuery::All, self.after.as_ref(), PAGE).await?;
        let rows = page.orders.len();
        let newer: Vec<OrderId> = page.orders.into_iter().filter(|order| order.updated_at >= self.from).map(|order| order.id).collect();
        let ended = newer.len() < rows;
        let fresh = newer.into_iter().filter(|id| self.found.insert(id.clone())).collect();
        self.after = page.next.filter(|_| !ended);
        if self.after.is_none() {
            // An order that changed meanwhile stands at the index's beginning again: look there until there is none. Orders that keep changing
            // must not keep this from ending.
            let none_is_new = self.found.len() == self.found_before;
            self.passes = if none_is_new { PASSES_MAX + 1 } else { self.passes + 1 };
            (self.from, self.began) = (self.since.max(self.began), self.clock.now() - SKEW);
            self.found_before = self.found.len();
        }
        Ok(Some(fresh))
    }
}

/// Orders with their whole pasts, in the order of their ids.
pub(crate) fn dossiers<'a>(
    orders: &'a dyn OrderStore,
    scope: &'a TenantScope,
    ids: Vec<OrderId>,
) -> impl Stream<Item = PortResult<Option<Dossier>>> + 'a {
    let read = move |id: OrderId| async move { orders.dossier(scope, &id, Dossier::PAST_MAX).await };
    stream::iter(ids).map(read).buffered(AT_ONCE)
}
