//! The list of reviews: each beside its order, and all of a shop in one index.
//!
//! A shop opens some reviews a minute, so one partition of the index holds those that are open and another those that are decided.

use super::item::{Write, json, text, to_json};
use super::{Dynamo, Index, Query, Range, Table, keys};
use app::TenantScope;
use app::ports::{PageKey, PortError, PortResult, ReviewEntry, ReviewPage, ReviewStore, ReviewsOf};
use async_trait::async_trait;

/// [`ReviewStore`] in the orders table.
#[derive(Clone)]
pub struct DynamoReviews(pub(super) Dynamo);

/// A review as it is now.
pub(super) fn entry(scope: &TenantScope, entry: &ReviewEntry) -> PortResult<Write> {
    let ReviewEntry { order, review, .. } = entry;
    let at = review.decided.as_ref().map_or(review.due_at, |decided| decided.at);
    let listed = keys::review_row(scope, order, &review.id, review.is_open(), at);
    let row = Write::put(keys::review(scope, order, &review.id)).text("summary", to_json("a review", entry)?);
    Ok(row.text("GSI3PK", listed.pk).text("GSI3SK", listed.sk))
}

#[async_trait]
impl ReviewStore for DynamoReviews {
    async fn page(&self, scope: &TenantScope, which: ReviewsOf, after: Option<&PageKey>, limit: usize) -> PortResult<ReviewPage> {
        if after.is_some_and(|after| !after.0.contains('#')) {
            return Err(PortError::Fatal("not a page key of this store".into()));
        }
        let open = which == ReviewsOf::Open;
        let from = after.map(|after| after.0.clone());
        let range = from.map_or(Range::Whole, |from| if open { Range::Above(from) } else { Range::Below(from) });
        let query = Query { range, ascending: open, limit: Some(limit), ..Query::index(Index::Gsi3, keys::reviews(scope, open)) };
        let sk_name = query.sk_name;
        let (rows, last) = self.0.query("list reviews", Table::Orders, query).await?;
        let reviews = rows.iter().map(|row| json::<ReviewEntry>(row, "summary")).collect::<PortResult<Vec<_>>>()?;
        let place = rows.last().filter(|_| last.is_some()).map(|row| text(row, sk_name)).transpose()?;
        Ok(ReviewPage { reviews, next: place.map(|place| PageKey(place.to_owned())) })
    }
}
