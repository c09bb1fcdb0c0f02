use super::MemoryWorld;
use app::TenantScope;
use app::ports::{ExceptionEntry, ExceptionPage, ExceptionStore, ExceptionsOf, PageKey, PortError, PortResult};
use async_trait::async_trait;

/// [`ExceptionStore`] in memory.
#[derive(Clone)]
pub struct MemoryExceptions(pub(super) MemoryWorld);

fn place(entry: &ExceptionEntry) -> String {
    match &entry.exception.resolved {
        None => entry.place(),
        Some(resolved) => format!("{:.9}#{}#{}", resolved.at, entry.order, entry.exception.id),
    }
}

#[async_trait]
impl ExceptionStore for MemoryExceptions {
    async fn page(&self, scope: &TenantScope, which: ExceptionsOf, after: Option<&PageKey>, limit: usize) -> PortResult<ExceptionPage> {
        if after.is_some_and(|after| !after.0.contains('#')) {
            return Err(PortError::Fatal("not a page key of this store".into()));
        }
        let open = which != ExceptionsOf::Ended;
        let is_of = |entry: &ExceptionEntry| match which {
            ExceptionsOf::Standing(standing) => entry.exception.standing() == standing,
            ExceptionsOf::Open | ExceptionsOf::Ended => true,
        };
        let state = self.0.lock();
        let all = state.shop(scope).into_iter().flat_map(|shop| shop.exceptions.values());
        let mut rows: Vec<(String, &ExceptionEntry)> =
            all.filter(|entry| entry.exception.resolved.is_none() == open && is_of(entry)).map(|entry| (place(entry), entry)).collect();
        rows.retain(|(place, _)| after.is_none_or(|after| if open { *place > after.0 } else { *place < after.0 }));
        rows.sort_by(|a, b| if open { a.0.cmp(&b.0) } else { b.0.cmp(&a.0) });
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|(place, _)| PageKey(place.clone()));
        Ok(ExceptionPage { exceptions: rows.into_iter().map(|(_, entry)| entry.clone()).collect(), next })
    }
}
