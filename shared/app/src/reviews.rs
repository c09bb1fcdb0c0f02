//! What people have to decide, with the orders it is about.

use crate::error::Result;
use crate::ports::{OrderStore, PageKey, ReviewStore, ReviewsOf};
use crate::scope::TenantScope;
use domain::order::{Order, Review};
use futures::stream::{self, StreamExt, TryStreamExt};

/// Orders read at once.
const AT_ONCE: usize = 8;

/// Open reviews with their orders as they stand now, the one that is due first before others, and where to go on.
///
/// # Errors
/// `Retryable`, or `Fatal` for a key of another list.
pub async fn open(
    (reviews, orders): (&dyn ReviewStore, &dyn OrderStore),
    scope: &TenantScope,
    after: Option<&PageKey>,
    limit: usize,
) -> Result<(Vec<(Review, Order)>, Option<PageKey>)> {
    let page = reviews.page(scope, ReviewsOf::Open, after, limit).await?;
    let found: Vec<(_, Option<Order>)> = stream::iter(page.reviews)
        .map(|entry| async move { orders.load(scope, &entry.order).await.map(|order| (entry.review.id, order)) })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    // The list follows its table within moments: what was just decided does not come again.
    let open = found.into_iter().filter_map(|(id, order)| {
        let order = order?;
        let review = order.review(&id).filter(|review| review.is_open())?.clone();
        Some((review, order))
    });
    Ok((open.collect(), page.next))
}
