//! What of an order waits to be picked, where, and with which batch somebody has gone for it.

use super::{Begins, MAIN, begun, may_work};
use crate::ids::{BatchId, LocationId};
use crate::order::Order;
use crate::order::rejection::Rejection;
use crate::order::saga::Allocation;
use crate::order::status::FulfilmentStatus;
use crate::shipping::batch::ToPick;
use crate::shipping::fulfilment::{Ask, Fulfilment, Refusal, Share, parts};

impl Order {
    /// What of it waits for somebody to go and get it; nothing if nobody may, or everything is in somebody's hands.
    pub fn to_pick(&self) -> Option<ToPick> {
        may_work(self).ok()?;
        let parts = parts(&self.to_send(), &self.works(), &Ask::Everything).ok()?;
        // What is set aside at several places is sent from each by hand: one batch is one place.
        let from = match held(self, &parts).next() {
            Some(_) => home(self, &parts)?,
            None => LocationId::parse(MAIN).ok()?,
        };
        Some(ToPick { from, method: self.shipping_method.unwrap_or_default() })
    }
}

/// What is set aside of some parts.
fn held<'a>(order: &'a Order, parts: &'a [Share]) -> impl Iterator<Item = &'a Allocation> {
    let is_of = |held: &Allocation| parts.iter().filter_map(|part| order.lines.get(part.line)).any(|line| line.sku == held.sku);
    order.saga.iter().flat_map(|saga| &saga.held).filter(move |held| is_of(held))
}

/// Where what is sent was set aside, if that is one place.
pub(super) fn home(order: &Order, parts: &[Share]) -> Option<LocationId> {
    let mut places: Vec<&str> = held(order, parts).map(|held| held.location.as_str()).collect();
    places.sort_unstable();
    places.dedup();
    match places.as_slice() {
        [one] => LocationId::parse(one).ok(),
        _ => None,
    }
}

/// All that is open of it, as somebody goes for it with a batch; none if it is in that batch already.
pub(super) fn picked(order: &Order, batch: &BatchId, from: &LocationId, checked_bps: u32) -> Result<Option<Fulfilment>, Rejection> {
    if order.consignments.iter().any(|one| one.work.batch.as_ref() == Some(batch)) {
        return Ok(None);
    }
    may_work(order)?;
    let parts = parts(&order.to_send(), &order.works(), &Ask::Everything).map_err(Rejection::Fulfilment)?;
    // What has moved to another place since the batch was planned is not there.
    if order.to_pick().is_none_or(|to_pick| to_pick.from != *from) {
        return Err(Rejection::Fulfilment(Refusal::NothingOpen));
    }
    let work = begun(order, parts, Some(from.clone()), Begins::ToPick, checked_bps)?;
    Ok(Some(Fulfilment { batch: Some(batch.clone()), status: FulfilmentStatus::Picking, ..work }))
}
