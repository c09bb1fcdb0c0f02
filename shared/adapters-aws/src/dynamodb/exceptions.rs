//! The list of exceptions: each beside its order, and all of a shop in one index.
//!
//! What is open stands by how bad it is and then by age: how urgent it is grows with age alike for all, so of one standing the oldest is the
//! most urgent whenever somebody looks.

use super::item::{Write, json, text, to_json};
use super::{Dynamo, Index, Query, Range, Table, keys};
use app::TenantScope;
use app::ports::{ExceptionEntry, ExceptionPage, ExceptionStore, ExceptionsOf, PageKey, PortError, PortResult};
use async_trait::async_trait;

/// [`ExceptionStore`] in the orders table.
#[derive(Clone)]
pub struct DynamoExceptions(pub(super) Dynamo);

/// An exception as it is now.
pub(super) fn entry(scope: &TenantScope, entry: &ExceptionEntry) -> PortResult<Write> {
    let ExceptionEntry { order, exception, .. } = entry;
    let listed = match &exception.resolved {
        None => keys::exception_row(scope, entry.place()),
        Some(resolved) => keys::ended_exception_row(scope, order, &exception.id, resolved.at),
    };
    let row = Write::put(keys::exception(scope, order, &exception.id)).text("summary", to_json("an exception", entry)?);
    Ok(row.text("GSI3PK", listed.pk).text("GSI3SK", listed.sk))
}

#[async_trait]
impl ExceptionStore for DynamoExceptions {
    async fn page(&self, scope: &TenantScope, which: ExceptionsOf, after: Option<&PageKey>, limit: usize) -> PortResult<ExceptionPage> {
        if after.is_some_and(|after| !after.0.contains('#')) {
            return Err(PortError::Fatal("not a page key of this store".into()));
        }
        let open = which != ExceptionsOf::Ended;
        let from = after.map(|after| after.0.clone());
        let range = match (which, from) {
            (ExceptionsOf::Open, None) | (ExceptionsOf::Ended, None) => Range::Whole,
            (ExceptionsOf::Open, Some(from)) => Range::Above(from),
            (ExceptionsOf::Ended, Some(from)) => Range::Below(from),
            (ExceptionsOf::Standing(standing), from) => {
                let prefix = app::ports::standing(standing);
                // Both ends are within it; the first is the row that was read last.
                Range::Between(from.map_or_else(|| prefix.clone(), |from| format!("{from} ")), format!("{prefix}~"))
            }
        };
        let query = Query { range, ascending: open, limit: Some(limit), ..Query::index(Index::Gsi3, keys::exceptions(scope, open)) };
        let sk_name = query.sk_name;
        let (rows, last) = self.0.query("list exceptions", Table::Orders, query).await?;
        let exceptions = rows.iter().map(|row| json::<ExceptionEntry>(row, "summary")).collect::<PortResult<Vec<_>>>()?;
        let place = rows.last().filter(|_| last.is_some()).map(|row| text(row, sk_name)).transpose()?;
        Ok(ExceptionPage { exceptions, next: place.map(|place| PageKey(place.to_owned())) })
    }
}
