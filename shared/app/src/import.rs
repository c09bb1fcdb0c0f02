//! Many rows at once: what different rows say of different orders is independent, what they say of one order is
//! a story and stays in its order.

use crate::context::Context;
use crate::error::{Error, Result};
use crate::place::{Imported, Place};
use domain::ids::SourceId;
use domain::order::placement::Draft;
use domain::order::{Fault, Vocabulary};
use futures::stream::{self, StreamExt, TryStreamExt};
use std::collections::HashMap;

/// Orders that one import works on at the same time. A row waits for two or three answers of the store; a few rows
/// waiting together take no more memory worth mentioning and an eighth of the time.
pub const AT_ONCE: usize = 8;

/// One order as it stands elsewhere.
#[derive(Debug, Clone)]
pub struct ImportRow {
    /// Its status in the source's words.
    pub status: String,
    /// The order. Without a number the row is refused: the number is what makes an import repeatable.
    pub draft: Draft,
}

/// What became of a row: what it did, or everything wrong with it.
pub type Outcome = std::result::Result<Imported, Vec<Fault>>;

impl Place {
    /// Takes in the rows of one import; the outcomes stand in the order of the rows.
    ///
    /// # Errors
    /// What stopped the whole import (`Retryable`). Some rows are in then; the same import again skips them.
    pub async fn import_all(
        &self,
        context: Context<'_>,
        rows: &[ImportRow],
        vocabulary: Vocabulary,
        channel: &SourceId,
    ) -> Result<Vec<Outcome>> {
        let done = stream::iter(lanes(rows).into_iter().map(|lane| self.import_lane(context, rows, lane, vocabulary, channel)));
        let mut outcomes: Vec<(usize, Outcome)> = done.buffer_unordered(AT_ONCE).try_concat().await?;
        outcomes.sort_unstable_by_key(|(row, _)| *row);
        Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
    }

    async fn import_lane(
        &self,
        context: Context<'_>,
        rows: &[ImportRow],
        lane: Vec<usize>,
        vocabulary: Vocabulary,
        channel: &SourceId,
    ) -> Result<Vec<(usize, Outcome)>> {
        let mut outcomes = Vec::with_capacity(lane.len());
        for row in lane {
            let ImportRow { status, draft } = &rows[row];
            let outcome = if draft.number.is_none() {
                Err(vec![Fault::new("order.number", "required", "an import needs the number")])
            } else {
                match self.import(context, draft, status, vocabulary, channel).await {
                    Ok(imported) => Ok(imported),
                    Err(Error::Invalid(faults)) => Err(faults),
                    Err(Error::Rejected(why)) => Err(vec![Fault::new("status", "refused", why.to_string())]),
                    Err(other) => return Err(other),
                }
            };
            outcomes.push((row, outcome));
        }
        Ok(outcomes)
    }
}

/// The rows of each number, in their order; a row without a number stands alone.
fn lanes(rows: &[ImportRow]) -> Vec<Vec<usize>> {
    let mut lanes: Vec<Vec<usize>> = Vec::new();
    let mut lane_of: HashMap<&str, usize> = HashMap::new();
    for (row, ImportRow { draft, .. }) in rows.iter().enumerate() {
        let new = lanes.len();
        let lane = draft.number.as_deref().map_or(new, |number| *lane_of.entry(number).or_insert(new));
        match lanes.get_mut(lane) {
            Some(rows) => rows.push(row),
            None => lanes.push(vec![row]),
        }
    }
    lanes
}
