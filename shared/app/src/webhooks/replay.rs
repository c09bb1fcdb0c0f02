//! Deliveries of a time, sent again.

use super::{Deliver, LOOKS_AT_ONCE, PAGE, Sent, asked, try_asked};
use crate::error::Result;
use crate::json;
use crate::ports::{Delivery, DeliveryQuery, DeliveryState};
use crate::scope::TenantScope;
use contracts::queue::{Replayed, WebhookAsked, WebhookWork};
use domain::ids::CorrelationId;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::SignedDuration;

/// A message asks for a try of each at once; if it is lost, the index brings the delivery back after so long.
const BROUGHT_BACK_AFTER: SignedDuration = SignedDuration::from_mins(2);
/// Between pages: what happens meanwhile stands on the same queue, and should not wait behind all of the past.
const NEXT_PAGE_AFTER: SignedDuration = SignedDuration::from_secs(10);

impl Deliver {
    /// Begins a page of deliveries again, and asks for the next page.
    pub(super) async fn replay(&self, scope: &TenantScope, message: &WebhookAsked) -> Result<Sent> {
        let WebhookWork::Replay { from, to, which, run, after } = &message.work else { return Ok(Sent::default()) };
        // Somebody has asked anew, switched it off or removed it: this one is over.
        let endpoint = self.store.endpoint(scope, &message.endpoint).await?;
        if !endpoint.is_some_and(|endpoint| endpoint.replays == *run && endpoint.health.is_on()) {
            return Ok(Sent::default());
        }
        let (endpoint, after) = (message.endpoint.clone(), after.clone());
        let query = DeliveryQuery { endpoint, from: *from, to: *to, newest_first: false, after };
        let page = self.store.deliveries(scope, &query, PAGE).await?;
        let last = page.last().filter(|_| page.len() == PAGE).map(|last| (last.at, last.id.clone()));
        let again = page.into_iter().filter(|delivery| match delivery.state {
            DeliveryState::Delivered => *which == Replayed::All,
            DeliveryState::Failed | DeliveryState::Held | DeliveryState::Waiting { .. } => true,
        });
        let begun =
            stream::iter(again).map(|delivery| self.begin_again(scope, delivery, &message.correlation)).buffer_unordered(LOOKS_AT_ONCE);
        let begun: Vec<Sent> = begun.try_collect().await?;
        // Asked for last: whoever dies before it does this page again, which finds most of it at work.
        if let Some(after) = last {
            let work = WebhookWork::Replay { from: *from, to: *to, which: *which, run: *run, after: Some(after) };
            let next = json::text(&asked(scope, &message.endpoint, work, &message.correlation))?;
            self.queue.send_after(&next, NEXT_PAGE_AFTER).await?;
        }
        let mut sent = Sent::default();
        begun.into_iter().for_each(|one| sent.add(one));
        Ok(sent)
    }

    /// On the schedule from its start, and now.
    pub(super) async fn begin_again(&self, scope: &TenantScope, mut delivery: Delivery, correlation: &CorrelationId) -> Result<Sent> {
        let before = delivery.version;
        delivery.version += 1;
        delivery.round = delivery.round.saturating_add(1);
        delivery.tried = 0;
        delivery.state = DeliveryState::Waiting { next_at: self.clock.now() + BROUGHT_BACK_AFTER };
        if !self.store.save_delivery(scope, &delivery, before).await? {
            // Somebody is at it already.
            return Ok(Sent::PASSED_OVER);
        }
        json::send(&*self.queue, &try_asked(scope, &delivery, correlation)).await?;
        Ok(Sent::BEGUN_AGAIN)
    }
}
