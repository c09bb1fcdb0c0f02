//! Rate buckets: so many in a window that starts with the first.

use super::item::{Row, Write, moment, number};
use super::{Dynamo, Table, Written, keys};
use app::TenantScope;
use app::ports::{Allowance, Limit, PortError, PortResult, RateBuckets};
use async_trait::async_trait;
use jiff::Timestamp;

/// Times that several callers may open the same window before we give up.
const RACES_MAX: usize = 3;

/// [`RateBuckets`] in the ops table.
#[derive(Clone)]
pub struct DynamoBuckets(pub(super) Dynamo);

#[async_trait]
impl RateBuckets for DynamoBuckets {
    /// One write inside a window, two to open one; only who loses the race to open it needs a third.
    async fn take(&self, scope: &TenantScope, bucket: &str, amount: u32, limit: Limit, now: Timestamp) -> PortResult<Allowance> {
        if amount > limit.count {
            return Ok(Allowance::Denied { retry_after: limit.window });
        }
        let key = keys::bucket(scope, bucket);
        let what = "take from a rate bucket";
        for _ in 0..RACES_MAX {
            let take = Write::update(key.clone(), "SET #used = #used + :amount")
                .when("#ends > :now AND #used <= :room")
                .moment(":now", now)
                .number(":amount", amount)
                .number(":room", limit.count - amount);
            match self.0.write(what, Table::Ops, &take).await? {
                Written::Done(row) => return Ok(Allowance::Allowed { left: limit.count.saturating_sub(number(&row, "used")?) }),
                Written::Refused(Some(row)) => {
                    let ends = moment(&row, "ends")?;
                    if ends > now {
                        return Ok(Allowance::Denied { retry_after: ends.duration_since(now) });
                    }
                }
                Written::Refused(None) => {}
            }
            let ends = now + limit.window;
            let open = Write::update(key.clone(), "SET #used = :amount, #ends = :ends, #ttl = :ttl")
                .when("attribute_not_exists(PK) OR #ends <= :now")
                .moment(":now", now)
                .moment(":ends", ends)
                .number(":amount", amount)
                .expires(":ttl", ends);
            if let Written::Done(_) = self.0.write(what, Table::Ops, &open).await? {
                return Ok(Allowance::Allowed { left: limit.count - amount });
            }
        }
        Err(PortError::Retryable(format!("{what}: too many open it at once")))
    }
}

/// Whether one more would be allowed, by a bucket's row. Whoever only looks opens no window and pays for no write.
pub(super) fn room(row: Option<&Row>, limit: Limit, now: Timestamp) -> PortResult<Allowance> {
    if limit.count == 0 {
        return Ok(Allowance::Denied { retry_after: limit.window });
    }
    let Some(row) = row else { return Ok(Allowance::Allowed { left: limit.count }) };
    let (ends, used): (Timestamp, u32) = (moment(row, "ends")?, number(row, "used")?);
    Ok(if ends <= now {
        Allowance::Allowed { left: limit.count }
    } else if used >= limit.count {
        Allowance::Denied { retry_after: ends.duration_since(now) }
    } else {
        Allowance::Allowed { left: limit.count - used }
    })
}
