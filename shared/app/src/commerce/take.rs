//! What another system says of an order becomes an order here, or news of one.

use super::{Account, Commerce, CommerceOrder};
use crate::apply::{Alongside, Apply};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::place::{Adopted, Place, changes};
use crate::ports::InboxKey;
use domain::ids::OrderId;
use domain::order::{Claim, Command, Fact, Fault, Order, decide};

/// Faults of one order that are named.
const NAMED_MAX: usize = 3;

/// The use case.
#[derive(Clone)]
pub struct TakeIn {
    /// Orders that are known.
    pub apply: Apply,
    /// Orders that are new.
    pub place: Place,
}

/// What it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// A new order.
    Placed,
    /// News of a known one.
    Updated,
    /// Nothing followed from it.
    Nothing,
}

/// An order that was taken in.
#[derive(Debug, Clone, PartialEq)]
pub struct Took {
    /// What it was.
    pub what: Taken,
    /// The order now.
    pub order: Order,
}

/// Why a person has to see to it first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck {
    /// Machine-readable.
    pub code: &'static str,
    /// What to do.
    pub reason: String,
}

/// The first few faults, in words.
pub(crate) fn in_words(faults: &[Fault]) -> String {
    let shown: Vec<String> = faults.iter().take(NAMED_MAX).map(|fault| format!("{} {}", fault.field, fault.message)).collect();
    let more = if faults.len() > NAMED_MAX { format!(" and {} more", faults.len() - NAMED_MAX) } else { String::new() };
    format!("{}{more}", shown.join("; "))
}

fn fact_of(theirs: &CommerceOrder, commerce: Commerce, claim: Claim) -> Result<Fact> {
    let (id, source) = (theirs.fact_id(commerce)?, commerce.channel()?);
    Ok(Fact { id, source, sequence: None, occurred_at: theirs.updated_at, claim })
}

impl TakeIn {
    /// Takes in what they say. With it the inbox entry becomes done that told of it; what the hourly comparison reads has none, and is
    /// only heard if something follows from it, because it is read again and again.
    ///
    /// # Errors
    /// `Retryable`. What a retry cannot mend says so.
    pub async fn run(
        &self,
        context: Context<'_>,
        account: Account<'_>,
        theirs: &CommerceOrder,
        inbox: Option<&InboxKey>,
    ) -> Result<std::result::Result<Took, Stuck>> {
        let stuck = |code, reason: String| Ok(Err(Stuck { code, reason }));
        let commerce = account.commerce;
        let Some(mut tracks) = commerce.birth(&theirs.status, theirs.updated_at) else {
            let known = commerce.words();
            return stuck("unknown_status", format!("the status is none of: {known}; OrderFlow does not know it yet"));
        };
        let (orders, channel) = (&self.apply.orders, commerce.channel()?);
        if let Some(id) = orders.find(context.scope, &channel, &theirs.id).await? {
            return self.hear(context, account, (&id, theirs), inbox).await;
        }
        tracks.payment = theirs.payment.unwrap_or(tracks.payment);
        tracks.tracking = theirs.tracking.unwrap_or(tracks.tracking);
        // Its tracks say all of it; what is older than this says nothing more.
        let told = fact_of(theirs, commerce, Claim::default())?;
        match self.place.adopt(context, &theirs.draft(account.number_prefix), tracks, &channel, Some(told), inbox).await {
            Ok(Adopted::Placed(order)) => Ok(Ok(Took { what: Taken::Placed, order: *order })),
            // Perhaps by another webhook about it, a moment ago.
            Ok(Adopted::NumberTaken(id) | Adopted::ExternalIdTaken(id)) => match orders.find(context.scope, &channel, &theirs.id).await? {
                Some(id) => self.hear(context, account, (&id, theirs), inbox).await,
                None => stuck(
                    "number_taken",
                    format!("order {id} is there already and came in another way; set {}.number_prefix, then replay", commerce.endpoint()),
                ),
            },
            Ok(Adopted::Done) => match orders.find(context.scope, &channel, &theirs.id).await? {
                Some(id) => self.hear(context, account, (&id, theirs), inbox).await,
                None => Err(Error::Retryable(format!("order {} was placed and is not there", theirs.number))),
            },
            Err(Error::Invalid(faults)) => stuck("invalid", format!("it cannot be taken in: {}", in_words(&faults))),
            Err(Error::Rejected(why)) => stuck("refused", why.to_string()),
            Err(other) => Err(other),
        }
    }

    async fn hear(
        &self,
        context: Context<'_>,
        account: Account<'_>,
        (id, theirs): (&OrderId, &CommerceOrder),
        inbox: Option<&InboxKey>,
    ) -> Result<std::result::Result<Took, Stuck>> {
        let order = self.apply.orders.load(context.scope, id).await?.ok_or(Error::NotFound("order"))?;
        let commerce = account.commerce;
        let claim = commerce.claim(order.tracks.status, &theirs.status);
        let claim = Claim { payment: theirs.payment, tracking: theirs.tracking.or(claim.tracking), ..claim };
        let fact = fact_of(theirs, commerce, claim)?;
        let nothing_new = |order| Ok(Ok(Took { what: Taken::Nothing, order }));
        // Each says how the whole order stood: an older one knows nothing that a newer one did not.
        if order.log.newest_of(&fact.source).is_some_and(|newest| fact.occurred_at < newest) {
            return nothing_new(order);
        }
        let command = Command::Hear { fact, notify: account.notify };
        if inbox.is_none() && !decide(Some(&order), &command, self.apply.clock.now()).is_ok_and(|events| changes(&events)) {
            return nothing_new(order);
        }
        match self.apply.run(context, id, &command, Alongside { inbox, ..Alongside::default() }).await {
            Ok(applied) if changes(&applied.events) => Ok(Ok(Took { what: Taken::Updated, order: applied.order })),
            Ok(applied) => nothing_new(applied.order),
            Err(Error::Rejected(why)) => Ok(Err(Stuck { code: "refused", reason: why.to_string() })),
            Err(other) => Err(other),
        }
    }
}
