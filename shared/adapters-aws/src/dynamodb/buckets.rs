//! Rate buckets: so many in a window that starts with the first.

use super::item::{Write, moment, number};
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
    async fn take(&self, scope: &TenantScope, bucket: &str, amount: u32, limit: Limit, now: Timestamp) -> PortResult<Allowance> {
        self.take_from(keys::bucket(scope, bucket), amount, limit, now).await
    }

    async fn take_unverified(&self, bucket: &str, amount: u32, limit: Limit, now: Timestamp) -> PortResult<Allowance> {
        self.take_from(keys::unverified_bucket(bucket), amount, limit, now).await
    }

    async fn give_back(&self, scope: &TenantScope, bucket: &str, amount: u32, now: Timestamp) -> PortResult<()> {
        let give = Write::update(keys::bucket(scope, bucket), "SET #used = #used - :amount")
            .when("#ends > :now AND #used >= :amount")
            .moment(":now", now)
            .number(":amount", amount);
        // A window that has ended keeps nothing that could be given back.
        self.0.write("give back to a rate bucket", Table::Ops, &give).await.map(|_: Written| ())
    }
}

impl DynamoBuckets {
    /// One write, which opens a bucket's first window or takes from an open one; two where an old window has to be
    /// replaced, because the table drops rows late; only who loses the race to replace it needs a third.
    async fn take_from(&self, key: keys::Key, amount: u32, limit: Limit, now: Timestamp) -> PortResult<Allowance> {
        if amount.max(1) > limit.count {
            return Ok(Allowance::Denied { retry_after: limit.window });
        }
        if amount == 0 {
            return self.look(key, limit, now).await;
        }
        let what = "take from a rate bucket";
        let ends = now + limit.window;
        let with = |write: Write| write.moment(":now", now).moment(":ends", ends).number(":amount", amount).expires(":ttl", ends);
        for _ in 0..RACES_MAX {
            let take =
                "SET #used = if_not_exists(#used, :none) + :amount, #ends = if_not_exists(#ends, :ends), #ttl = if_not_exists(#ttl, :ttl)";
            let take = with(Write::update(key.clone(), take))
                .when("attribute_not_exists(PK) OR (#ends > :now AND #used <= :room)")
                .number(":none", 0)
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
            let open = with(Write::update(key.clone(), "SET #used = :amount, #ends = :ends, #ttl = :ttl")).when("#ends <= :now");
            if let Written::Done(_) = self.0.write(what, Table::Ops, &open).await? {
                return Ok(Allowance::Allowed { left: limit.count - amount });
            }
        }
        Err(PortError::Retryable(format!("{what}: too many open it at once")))
    }

    /// Whoever only looks opens no window and pays for no write.
    async fn look(&self, key: keys::Key, limit: Limit, now: Timestamp) -> PortResult<Allowance> {
        let row = self.0.get("look into a rate bucket", Table::Ops, key).await?;
        let Some(row) = row else { return Ok(Allowance::Allowed { left: limit.count }) };
        let (ends, used): (Timestamp, u32) = (moment(&row, "ends")?, number(&row, "used")?);
        Ok(if ends <= now {
            Allowance::Allowed { left: limit.count }
        } else if used >= limit.count {
            Allowance::Denied { retry_after: ends.duration_since(now) }
        } else {
            Allowance::Allowed { left: limit.count - used }
        })
    }
}
