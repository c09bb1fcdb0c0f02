use super::MemoryWorld;
use app::TenantScope;
use app::ports::{PageKey, PortError, PortResult, ReviewEntry, ReviewPage, ReviewStore, ReviewsOf};
use async_trait::async_trait;

/// [`ReviewStore`] in memory.
#[derive(Clone)]
pub struct MemoryReviews(pub(super) MemoryWorld);

fn place(entry: &ReviewEntry) -> String {
    let at = entry.review.decided.as_ref().map_or(entry.review.due_at, |decided| decided.at);
    format!("{at:.9}#{}#{}", entry.order, entry.review.id)
}

#[async_trait]
impl ReviewStore for MemoryReviews {
    async fn page(&self, scope: &TenantScope, which: ReviewsOf, after: Option<&PageKey>, limit: usize) -> PortResult<ReviewPage> {
        if after.is_some_and(|after| !after.0.contains('#')) {
            return Err(PortError::Fatal("not a page key of this store".into()));
        }
        let open = which == ReviewsOf::Open;
        let state = self.0.lock();
        let all = state.shop(scope).into_iter().flat_map(|shop| shop.reviews.values());
        let mut rows: Vec<(String, &ReviewEntry)> =
            all.filter(|entry| entry.review.is_open() == open).map(|entry| (place(entry), entry)).collect();
        rows.retain(|(place, _)| after.is_none_or(|after| if open { *place > after.0 } else { *place < after.0 }));
        rows.sort_by(|a, b| if open { a.0.cmp(&b.0) } else { b.0.cmp(&a.0) });
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|(place, _)| PageKey(place.clone()));
        Ok(ReviewPage { reviews: rows.into_iter().map(|(_, entry)| entry.clone()).collect(), next })
    }
}
