//! What of an order is called off by line, on its page.

use super::moves::version;
use super::{back, order_href, to_change};
use crate::desk::Console;
use crate::flash::Flash;
use crate::form::Posted;
use crate::icons;
use crate::layout::token;
use crate::visitor::Visitor;
use app::apply::Alongside;
use app::{Context, Error};
use axum::extract::{Path, State};
use axum::response::Response;
use domain::order::cancelling::LINES_MAX;
use domain::order::returning::NOTE_CHARS_MAX;
use domain::order::{Command, Order};
use domain::shipping::fulfilment::Share;
use maud::{Markup, html};
use std::sync::Arc;

/// A form by which a part of it is called off; nothing if none can be.
pub fn form(order: &Order, visitor: &Visitor) -> Markup {
    let cancellable = order.cancellable();
    let lines = || order.lines.iter().enumerate().zip(&cancellable).filter(|(_, open)| **open > 0);
    if !visitor.may_write() || lines().next().is_none() {
        return html! {};
    }
    html! {
        details class="asking" {
            summary { "Call off a part" }
            form id="cancel-form" method="post" action={ (order_href(&order.id)) "/cancellations" } {
                (token(visitor))
                input type="hidden" name="version" value=(order.revision());
                fieldset class="arrived" {
                    legend { "What is not sent" }
                    @for ((at, line), open) in lines().take(LINES_MAX) {
                        label class="quantity" {
                            input type="number" name={ "line-" (at) } min="0" max=(open) value="0";
                            span { "of " (open) " × " (line.sku) }
                        }
                    }
                }
                label for="cancel-note" { "Why " span class="muted" { "(kept in the timeline)" } }
                textarea id="cancel-note" name="note" rows="2" maxlength=(NOTE_CHARS_MAX) {}
                label class="check" { input type="checkbox" name="notify" value="on" checked; span { "Tell the customer" } }
                div class="row" {
                    button class="button danger" type="submit" data-confirm={ "Order " (order.id) ": really call that off?" } { (icons::CROSS.beside()) "Call it off" }
                }
                p class="muted" { "What is in a parcel is called off with the parcel. What it had cost is not taken, or goes back." }
            }
        }
    }
}

/// `POST /console/orders/{id}/cancellations`.
pub async fn cancel(State(console): State<Arc<Console>>, Path(id): Path<String>, posted: Posted) -> Response {
    posted.visitor.answer(cancelled(&console, &id, &posted).await)
}

async fn cancelled(console: &Console, id: &str, posted: &Posted) -> Result<Response, Error> {
    let (visitor, fields) = (&posted.visitor, &posted.fields);
    let order = to_change(console, visitor, id).await?;
    let id = &order.id;
    let quantity = |line: usize| fields.get(&format!("line-{line}")).map_or(0, |text| text.parse().unwrap_or(u32::MAX));
    let lines = (0..order.lines.len()).map(|line| Share { line, quantity: quantity(line) }).filter(|one| one.quantity > 0);
    let note = fields.get("note").map(|note| note.replace("\r\n", "\n"));
    let command = Command::CancelLines { lines: lines.collect(), note, notify: fields.ticked("notify") };
    let context = Context { scope: &visitor.scope, config: &visitor.config, by: &visitor.provenance() };
    let with = Alongside { if_version: version(posted)?, ..Alongside::default() };
    let flash = match console.auto.apply.run(context, id, &command, with).await {
        Ok(_) => Flash::PartCalledOff,
        Err(Error::Stale { .. }) => Flash::Stale,
        Err(Error::Rejected(_)) => Flash::BadCancellation,
        Err(error) => return Err(error),
    };
    Ok(back(id, flash))
}
