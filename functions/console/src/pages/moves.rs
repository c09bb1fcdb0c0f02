//! What a person, or a rule on a person's word, does to an order.

use super::{order_href, order_id};
use crate::desk::Console;
use crate::flash::Flash;
use crate::form::{Posted, encode};
use crate::visitor::{Visitor, see_other};
use app::apply::Alongside;
use app::progress::Wish;
use app::{Context, Error};
use axum::extract::{Path, State};
use axum::response::Response;
use domain::ids::{OrderId, TimerId};
use domain::notify::MessageKind;
use domain::order::{Cancelled, Cause, ChangeStatus, Command, Fault, OrderStatus, Rejection, Track};
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
    let by = visitor.provenance();
    let context = Context { scope: &visitor.scope, config: &visitor.config, by: &by };
    let wish = Wish { notify: posted.fields.ticked("notify"), ..Wish::default() };
    let flash = match console.auto.run(context, &order, wish).await {
        Ok(done) if done.moved() => Flash::Progressed,
        Ok(_) => Flash::NotDue,
        Err(Error::Stale { .. }) => Flash::Stale,
        Err(error) => return Err(error),
    };
    Ok(back(posted, &id, flash))
}

/// `POST /console/orders/{id}/undo`
pub async fn undo(State(console): State<Arc<Console>>, Path(id): Path<String>, posted: Posted) -> Response {
    posted.visitor.answer(taken_back(&console, &id, &posted).await)
}

async fn taken_back(console: &Console, id: &str, posted: &Posted) -> Result<Response, Error> {
    posted.visitor.require_write()?;
    let id = order_id(id)?;
    let flash = carry_out(console, &posted.visitor, &id, &Command::Undo { note: None }, version(posted)?, Flash::Undone).await?;
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
    let command = Command::Notify { by: visitor.config.notify.open(), kind: MessageKind::Status, text: None };
    let flash = match carry_out(console, visitor, &id, &command, version(posted)?, Flash::Told).await? {
        Flash::Unchanged => Flash::ToldBefore,
        flash => flash,
    };
    Ok(back(posted, &id, flash))
}

/// `POST /console/orders/{id}/cancel-later`
pub async fn cancel_later(State(console): State<Arc<Console>>, Path(id): Path<String>, posted: Posted) -> Response {
    posted.visitor.answer(cancelled(&console, &id, &posted).await)
}

async fn cancelled(console: &Console, id: &str, posted: &Posted) -> Result<Response, Error> {
    posted.visitor.require_write()?;
    let id = order_id(id)?;
    let timer = TimerId::parse(posted.fields.get("timer").unwrap_or_default()).map_err(|_| Error::NotFound("timer"))?;
    let command = Command::Cancel { timer, why: Cancelled::Asked };
    let flash = carry_out(console, &posted.visitor, &id, &command, None, Flash::NotLater).await?;
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
    match console.auto.apply.run(context, id, command, with).await {
        Ok(applied) if applied.events.is_empty() => Ok(Flash::Unchanged),
        Ok(_) => Ok(done),
        Err(Error::Stale { .. }) => Ok(Flash::Stale),
        Err(Error::Rejected(Rejection::NotAllowed { .. })) => Ok(Flash::NotAllowed),
        Err(Error::Rejected(Rejection::UnderReview { .. } | Rejection::StillChecked)) => Ok(Flash::UnderReview),
        // It has been sent, or cancelled, a moment ago.
        Err(Error::Rejected(Rejection::NoSuchTimer)) => Ok(Flash::Unchanged),
        Err(Error::Rejected(Rejection::NothingToUndo | Rejection::UndoTooLate)) => Ok(Flash::NotUndone),
        Err(Error::Rejected(Rejection::MessagesOff | Rejection::NoAddress)) => Ok(Flash::NobodyToTell),
        Err(error) => Err(error),
    }
}

/// The version the person saw; none where the page did not show one.
pub(super) fn version(posted: &Posted) -> Result<Option<u64>, Error> {
    let bad = |_| Error::Invalid(vec![Fault::new("version", "bad_version", "load the page again")]);
    posted.fields.get("version").map(|text| text.parse().map_err(bad)).transpose()
}

/// Where the person came from: the order's page, or the queue, which they go on with.
fn back(posted: &Posted, id: &OrderId, flash: Flash) -> Response {
    let list = match posted.fields.get("from") {
        Some("queue") => Some("/console"),
        Some("tracking") => Some("/order-tracking"),
        _ => None,
    };
    let page = list.map_or_else(|| order_href(id), str::to_owned);
    // Whoever goes on with a list can still take it back.
    let order = if list.is_some() && flash == Flash::Progressed { format!("&order={}", encode(id.as_str())) } else { String::new() };
    see_other(&format!("{page}?flash={}{order}", flash.code()))
}
