//! Stock that moves, and the word when little is left; what is counted, ordered anew and sold.

mod count;
pub(crate) mod demand;
mod figures;
mod purchases;

pub use count::{COUNT_LINES_MAX, Count, Counted, CountedShelf};
pub use demand::{DEMAND_DAYS, SOLD, sold};
pub use figures::{Inventory, SHELF_DAYS_MAX, Seller, inventory};
pub use purchases::{NewPurchase, Purchases, REORDER_RULE};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::ports::{Clock, StockLevel, StockStore};
use crate::publish::envelope;
use crate::scope::TenantScope;
use contracts::{Envelope, Payload, stock};
use domain::ids::EventId;
use domain::order::saga::Free;
use domain::stock::StockGrade;
use futures::stream::{self, StreamExt, TryStreamExt};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Looks again so often, if others move the same stock meanwhile.
const TRIES: usize = 5;
/// Levels read at once.
const AT_ONCE: usize = 8;

/// What is free of some things, at every place.
///
/// # Errors
/// `Retryable`.
pub(crate) async fn free(stock: &dyn StockStore, scope: &TenantScope, skus: impl IntoIterator<Item = String>) -> Result<Vec<Free>> {
    let read = stream::iter(skus).map(|sku| async move { stock.levels(scope, &sku).await }).buffered(AT_ONCE);
    let levels: Vec<Vec<StockLevel>> = read.try_collect().await?;
    let free = |level: StockLevel| Free { sku: level.sku, location: level.location, available: level.available };
    Ok(levels.into_iter().flatten().map(free).collect())
}

/// The use case.
#[derive(Clone)]
pub struct MoveStock {
    /// Levels.
    pub stock: Arc<dyn StockStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl MoveStock {
    /// Adds to (or takes from) what is free, once per reference. `None` if it would go below zero.
    ///
    /// # Errors
    /// `Retryable`; asked again with the same reference it moves nothing twice, and says what is still to be said.
    pub async fn adjust(
        &self,
        context: Context<'_>,
        (sku, location): (&str, &str),
        by: i64,
        reference: &str,
    ) -> Result<Option<StockLevel>> {
        let now = self.clock.now();
        let Some(level) = self.stock.adjust(context.scope, sku, location, by, reference, now).await? else { return Ok(None) };
        self.graded(context, level).await.map(Some)
    }

    /// Says that little is left, if that is news. Each limit that is crossed downwards is one event, however many cross it.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn graded(&self, context: Context<'_>, level: StockLevel) -> Result<StockLevel> {
        let Context { scope, config, by } = context;
        let (rules, now) = (&config.stock, self.clock.now());
        let mut level = level;
        for _ in 0..TRIES {
            let grade = rules.grade(level.available);
            if grade == level.grade {
                return Ok(level);
            }
            let subject = format!("stock:{}:{}", level.sku, level.location);
            // Whatever a shop calls its goods, no two levels have events of one name.
            let named = hex::encode(Sha256::digest(format!("{}\n{}", level.sku, level.location)));
            let named = format!("stock:{}", &named[..40]);
            let event = |(index, (crossed, limit)): (usize, (StockGrade, u32))| {
                let (sku, location) = (level.sku.clone(), level.location.clone());
                let fallen = stock::v1::Fallen { sku, location, available: level.available, limit };
                let payload = match crossed {
                    StockGrade::Reorder => Payload::StockReorderSuggested(fallen),
                    _ => Payload::StockLow(fallen),
                };
                let event = envelope(scope.tenant(), &subject, level.grades + 1, index, now, &by.correlation, payload);
                Envelope { id: EventId::of_event(scope.tenant(), &named, level.grades + 1, index), ..event }
            };
            let events: Vec<_> = rules.crossed(level.grade, grade).into_iter().enumerate().map(event).collect();
            if self.stock.grade(scope, &level, (grade, rules.range(grade)), &events, now).await? {
                return Ok(StockLevel { grade, grades: level.grades + 1, ..level });
            }
            let again = self.stock.level(scope, &level.sku, &level.location).await?;
            level = again.ok_or(Error::NotFound("stock level"))?;
        }
        Err(Error::Retryable(format!("the stock of {} at {} changes all the time", level.sku, level.location)))
    }
}
