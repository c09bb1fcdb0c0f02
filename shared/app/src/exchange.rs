//! What is sent in the place of what comes back: the order that replaces it is placed, once.

use crate::apply::{Alongside, Apply};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::place::{Adopted, Place};
use domain::ids::{OrderId, ReturnId, SourceId};
use domain::order::placement::{Given, Line, check};
use domain::order::returning::exchange::{CHANNEL, replacement_name};
use domain::order::{Command, Order, Return, ReturnCommand, Tracks};
use jiff::Timestamp;

/// The use case.
#[derive(Clone)]
pub struct Exchange {
    /// Taking orders in.
    pub place: Place,
    /// The way into an order.
    pub apply: Apply,
}

fn channel() -> Result<SourceId> {
    SourceId::parse(CHANNEL).map_err(|why| Error::Fatal(why.to_string()))
}

/// What speaks against an order of these lines, before anybody waits for it.
///
/// # Errors
/// `Invalid` with all faults.
pub fn sound(order: &Order, id: &ReturnId, lines: &[Line], now: Timestamp) -> Result<()> {
    // Of a customer who is forgotten the order itself says no.
    let Some(draft) = order.replacement(id, lines, true) else { return Ok(()) };
    let given = Given::imported(channel()?, order.id.clone(), Tracks::default(), now);
    check(&draft, Given { items_required: true, ..given }).map(drop).map_err(Error::Invalid)
}

impl Exchange {
    /// Places the order that replaces a return, and notes which it is. Whoever dies in between has placed it: its name follows from the return,
    /// and the next finds it.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn send(&self, context: Context<'_>, order: &Order, one: &Return) -> Result<()> {
        let Some(replacement) = &one.replacement else { return Ok(()) };
        let (id, mut placed) = (one.id.clone(), None);
        let command = match self.placed(context, order, &id, &replacement.lines).await {
            Ok(Some(by)) => {
                placed = Some(by.clone());
                ReturnCommand::Replaced { id, by }
            }
            Ok(None) => ReturnCommand::CannotReplace { id, why: "its customer was forgotten".to_owned() },
            // What was sound when it was asked for is not, by a later release's rules.
            Err(Error::Invalid(faults)) => {
                let why = faults.iter().map(|fault| format!("{} {}", fault.field, fault.message)).collect::<Vec<_>>().join("; ");
                ReturnCommand::CannotReplace { id, why }
            }
            Err(why) => return Err(why),
        };
        match self.apply.run(context, &order.id, &Command::Return(command), Alongside::default()).await {
            // Who was forgotten before this was noted did not know of the order that replaces it.
            Ok(_) => self.forget_with(context, &order.id, placed.as_ref()).await,
            Err(Error::Stale { .. }) => Ok(()),
            Err(why) => Err(why),
        }
    }

    async fn placed(&self, context: Context<'_>, order: &Order, id: &ReturnId, lines: &[Line]) -> Result<Option<OrderId>> {
        let (scope, channel) = (context.scope, channel()?);
        for own_name in [true, false] {
            // Of a customer who is forgotten nothing new is made; it may have been made before.
            let Some(draft) = order.replacement(id, lines, own_name) else {
                return Ok(self.apply.orders.find(scope, &channel, &replacement_name(order, id)).await?);
            };
            let found = match self.place.instead(context, &draft, &channel).await? {
                Adopted::Placed(placed) => Some(placed.id),
                // Another order may be called so.
                Adopted::NumberTaken(taken) => self
                    .apply
                    .orders
                    .load(scope, &taken)
                    .await?
                    .filter(|taken| taken.channel == channel && taken.external_id == draft.external_id)
                    .map(|taken| taken.id),
                Adopted::ExternalIdTaken(_) => {
                    self.apply.orders.find(scope, &channel, draft.external_id.as_deref().unwrap_or_default()).await?
                }
                Adopted::Done => None,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Err(Error::Retryable(format!("no number is free for what replaces return {id} of order {}", order.id)))
    }

    /// Whoever was forgotten meanwhile is forgotten here, too: nobody else knew of this order when they were.
    async fn forget_with(&self, context: Context<'_>, order: &OrderId, by: Option<&OrderId>) -> Result<()> {
        let Some(by) = by else { return Ok(()) };
        let after = self.apply.orders.load(context.scope, order).await?;
        if after.is_none_or(|after| after.contact.is_some()) {
            return Ok(());
        }
        // Its event has everybody else forget them, too.
        self.apply.run(context, by, &Command::EraseContact, Alongside::default()).await.map(drop)
    }
}
