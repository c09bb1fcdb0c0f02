//! What a person, or a rule on a person's word, does to an order.

use super::{order_href, order_id};
use crate::desk::Console;
use crate::flash::Flash;
use crate::form::Posted;
use crate::visitor::{Visitor, see_other};
use app::apply::Alongside;
use app::{Context, Error};
use axum::extract::{Path, State};
use axum::response::Response;
use domain::ids::OrderId;
use domain::order::progress::consider;
use domain::order::{Cause, ChangeStatus, Command, Fault, OrderStatus, Rejection, Track};
use std::sync::Arc;

/// Longest note.
pub const NOTE_CHARS_MAX: usize = 500;

/// `POST /console/orders/{id}/status`
pub async fn change(State(console): State<Arc<Console>>, Path(id): Path<String>, posted: Posted) -> Response {
    posted.visitor.answer(moved(&console, &id, &posted).await)
}

async fn moved(console: &Console, id: &str, posted: &Posted) -> Result<Response, Error> {
    let (visitor, fields) = (&posted.visitor, &posted.fields);
    visitor.require_write()?;
    let id = order_id(id)?;
    let unknown = || Error::Invalid(vec![Fault::new("to", "unknown_status", "there is no such status")]);
    let to = OrderStatus::from_word(fields.get("to").unwrap_or_default()).ok_or_else(unknown)?;
    let note = fields.get("note").map(str::to_owned);
    if note.as_ref().is_some_and(|note| note.chars().count() > NOTE_CHARS_MAX) {
        return Ok(back(posted, &id, Flash::NoteTooLong));
    }
    let change = ChangeStatus { to, implied_steps: false, cause: Cause::Asked { note }, notify: fields.ticked("notify") };
    let flash = carry_out(console, visitor, &id, &Command::Change(change), version(posted)?, Flash::Moved).await?;
    Ok(back(posted, &id, flash))
}

/// `POST /console/orders/{id}/auto-progress`
pub async fn auto_progress(State(console): State<Arc<Console>>, Path(id): Path<String>, posted: Posted) -> Response {
    posted.visitor.answer(progressed(&console, &id, &posted).await)
}

async fn progressed(console: &Console, id: &str, posted: &Posted) -> Result<Response, Error> {
    let visitor = &posted.visitor;
    visitor.require_write()?;
    let id = order_id(id)?;
    let order = console.orders.load(&visitor.scope, &id).await?.ok_or(Error::NotFound("order"))?;
    // The evidence that was shown may be about an older version; then the person should look again.
    if version(posted)?.is_some_and(|seen| seen != order.revision()) {
        return Ok(back(posted, &id, Flash::Stale));
    }
    let decision = consider(&order, &visitor.config.progress, visitor.now);
    let Some(change) = decision.as_change(None, posted.fields.ticked("notify")) else { return Ok(back(posted, &id, Flash::NotDue)) };
    let flash = carry_out(console, visitor, &id, &Command::Change(change), Some(order.revision()), Flash::Progressed).await?;
    Ok(back(posted, &id, flash))
}

/// `POST /console/orders/{id}/notify`
pub async fn notify(State(console): State<Arc<Console>>, Path(id): Path<String>, posted: Posted) -> Response {
    posted.visitor.answer(told(&console, &id, &posted).await)
}

async fn told(console: &Console, id: &str, posted: &Posted) -> Result<Response, Error> {
    let visitor = &posted.visitor;
    visitor.require_write()?;
    let id = order_id(id)?;
    let command = Command::Notify { enabled: visitor.config.notify.email };
    let flash = match carry_out(console, visitor, &id, &command, version(posted)?, Flash::Told).await? {
        Flash::Unchanged => Flash::ToldBefore,
        flash => flash,
    };
    Ok(back(posted, &id, flash))
}

/// What is expected to happen has a flash; what may happen instead has one, too.
async fn carry_out(
    console: &Console,
    visitor: &Visitor,
    id: &OrderId,
    command: &Command,
    if_version: Option<u64>,
    done: Flash,
) -> Result<Flash, Error> {
    let with = Alongside { if_version, ..Alongside::default() };
    let context = Context { scope: &visitor.scope, config: &visitor.config, by: &visitor.provenance() };
    match console.apply.run(context, id, command, with).await {
        Ok(applied) if applied.events.is_empty() => Ok(Flash::Unchanged),
        Ok(_) => Ok(done),
        Err(Error::Stale { .. }) => Ok(Flash::Stale),
        Err(Error::Rejected(Rejection::NotAllowed { .. })) => Ok(Flash::NotAllowed),
        Err(Error::Rejected(Rejection::MessagesOff | Rejection::NoAddress)) => Ok(Flash::NobodyToTell),
        Err(error) => Err(error),
    }
}

/// The version the person saw; none where the page did not show one.
fn version(posted: &Posted) -> Result<Option<u64>, Error> {
    let bad = |_| Error::Invalid(vec![Fault::new("version", "bad_version", "load the page again")]);
    posted.fields.get("version").map(|text| text.parse().map_err(bad)).transpose()
}

/// Where the person came from: the order's page, or the queue, which they go on with.
fn back(posted: &Posted, id: &OrderId, flash: Flash) -> Response {
    let page = if posted.fields.get("from") == Some("queue") { "/console".to_owned() } else { order_href(id) };
    see_other(&format!("{page}?flash={}", flash.code()))
}
