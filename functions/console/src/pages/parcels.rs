//! What of an order is sent together, on its page, and sending it.

use super::{back, labels, order_href, to_change};
use crate::desk::Console;
use crate::flash::Flash;
use crate::form::Posted;
use crate::format::{count, moment, words};
use crate::icons;
use crate::layout::token;
use crate::visitor::Visitor;
use app::apply::Alongside;
use app::{Context, Error};
use axum::extract::{Path, State};
use axum::response::Response;
use domain::ids::FulfilmentId;
use domain::order::fulfilling::{CARRIER_CHARS_MAX, NUMBER_CHARS_MAX};
use domain::order::{Begins, Carriage, Command, Consignment, FulfilCommand, FulfilmentStatus, LabelState, Order, OrderStatus, Rejection};
use domain::shipping::fulfilment::{Ask, Share, Step};
use maud::{Markup, html};
use std::sync::Arc;

/// Lines that the form lists.
const LINES_SHOWN: usize = 50;
/// Carriers that the form knows by name; any other may be written.
const CARRIERS: [&str; 9] = ["UPS", "FedEx", "USPS", "DHL", "InPost", "DPD", "GLS", "Royal Mail", "Evri"];

/// Its parcels, and a form that sends what is open; nothing if there are none and none can be.
pub fn section(order: &Order, visitor: &Visitor) -> Markup {
    let open = order.open_to_send();
    let may_send = visitor.may_write()
        && open.iter().any(|open| *open > 0)
        && !order.is_in_workflow()
        && matches!(order.tracks.status, OrderStatus::Processing | OrderStatus::ReadyToShip | OrderStatus::PartiallyShipped);
    if order.consignments.is_empty() && !may_send {
        return html! {};
    }
    html! {
        section class="card" id="parcels" aria-labelledby="parcels-title" {
            div class="card-head" { h2 id="parcels-title" { "Parcels" } span class="count" { (order.consignments.len()) } }
            @if order.consignments.is_empty() { p class="muted" { "Nothing has been sent yet." } }
            @for one in &order.consignments { (parcel(order, one, visitor)) }
            @if may_send { (sending(order, &open, visitor)) }
        }
    }
}

fn parcel(order: &Order, one: &Consignment, visitor: &Visitor) -> Markup {
    use FulfilmentStatus as F;
    let is_coming = one.label().is_some_and(|label| matches!(label.state, LabelState::Wanted | LabelState::Trying));
    let class = match one.work.status {
        F::Shipped | F::Delivered => "state good",
        F::QcFailed | F::Failed => "state bad",
        _ => "state",
    };
    let next = match one.work.status {
        F::Pending => Some((Step::Allocate, "Set aside")),
        F::Allocated => Some((Step::StartPicking, "Start picking")),
        F::Picked => Some((Step::Pack, "Packed")),
        F::Packed if !is_coming => Some((Step::Label, "Labelled")),
        F::Labelled => Some((Step::HandOver, "Handed over")),
        _ => None,
    };
    let may_cancel = one.work.after(Step::Cancel).is_ok();
    html! {
        div class="reviewed" {
            p {
                strong { "Parcel " (one.work.id) } " from " (one.work.from) " "
                span class=(class) { (words(one.work.status).to_lowercase()) }
            }
            p {
                @for part in &one.work.parts {
                    @if let Some(line) = order.lines.get(part.line) { span class="line" { (count(i64::from(part.quantity))) " × " (line.sku) } " " }
                }
            }
            p class="muted" {
                @if let Some(carriage) = &one.carriage { (carriage.carrier) " " code { (carriage.number) } ", " }
                (moment(one.since, &visitor.zone()))
            }
            (labels::state(order, one, visitor))
            @if visitor.may_write() && (next.is_some() || may_cancel) {
                form class="row" method="post" action={ (order_href(&order.id)) "/parcels" } {
                    (token(visitor))
                    input type="hidden" name="parcel" value=(one.work.id);
                    @if let Some((step, text)) = next { button class="button" type="submit" name="step" value=(step.word()) { (text) } }
                    @if may_cancel { button class="button danger" type="submit" name="step" value="cancel" data-confirm={ "Parcel " (one.work.id) ": really call it off?" } { "Call off" } }
                }
            }
            (labels::buying(order, one, visitor))
        }
    }
}

fn sending(order: &Order, open: &[u32], visitor: &Visitor) -> Markup {
    let lines = || order.lines.iter().enumerate().filter(|(line, _)| open.get(*line).is_some_and(|open| *open > 0));
    html! {
        details class="asking" open[order.consignments.is_empty() && order.tracks.status == OrderStatus::ReadyToShip] {
            summary { "Send a parcel" }
            form id="parcel-form" method="post" action={ (order_href(&order.id)) "/parcels" } {
                (token(visitor))
                input type="hidden" name="seen" value=(order.consignments.len());
                fieldset {
                    legend { "What is in it" }
                    @for (at, line) in lines().take(LINES_SHOWN) {
                        @let most = open.get(at).copied().unwrap_or(0);
                        label class="quantity" {
                            input type="number" name={ "line-" (at) } min="0" max=(most) value=(most);
                            span { "of " (most) " × " (line.sku) }
                        }
                    }
                    @if lines().count() > LINES_SHOWN { p class="muted" { "and everything of " (lines().count() - LINES_SHOWN) " more lines" } }
                }
                label for="parcel-carrier" { "Carrier " span class="muted" { "(if there is one)" } }
                input id="parcel-carrier" name="carrier" list="carriers" maxlength=(CARRIER_CHARS_MAX) autocomplete="off";
                datalist id="carriers" { @for carrier in CARRIERS { option value=(carrier) {} } }
                label for="parcel-number" { "Tracking number" }
                input id="parcel-number" name="number" maxlength=(NUMBER_CHARS_MAX) autocomplete="off";
                label class="check" { input type="checkbox" name="notify" value="on" checked; span { "Tell the customer" } }
                div class="row" {
                    button class="button primary" type="submit" name="do" value="send" { (icons::PLANE.beside()) "It has left" }
                    button class="button" type="submit" name="do" value="packed" { "It is packed" }
                    button class="button" type="submit" name="do" value="begin" { "Begin work on it" }
                }
            }
        }
    }
}

/// `POST /console/orders/{id}/parcels`: sends a parcel, begins work on one, or goes a step with it.
pub async fn settle(State(console): State<Arc<Console>>, Path(id): Path<String>, posted: Posted) -> Response {
    posted.visitor.answer(settled(&console, &id, &posted).await)
}

async fn settled(console: &Console, id: &str, posted: &Posted) -> Result<Response, Error> {
    let (visitor, fields) = (&posted.visitor, &posted.fields);
    let order = to_change(console, visitor, id).await?;
    let id = &order.id;
    let command = if let Some(parcel) = fields.get("parcel") {
        let word = fields.get("step").unwrap_or_default();
        let step = Step::PLAIN.into_iter().find(|step| step.word() == word).ok_or(Error::NotFound("step"))?;
        let parcel = FulfilmentId::parse(parcel).map_err(|_| Error::NotFound("parcel"))?;
        FulfilCommand::Step { id: parcel, step, carriage: None, followed: None, notify: true }
    } else {
        // Who looks at an old page sends nothing twice.
        if fields.get("seen") != Some(order.consignments.len().to_string().as_str()) {
            return Ok(back(id, Flash::Stale));
        }
        let carriage = match (fields.get("carrier"), fields.get("number")) {
            (None, None) => None,
            (carrier, number) => match Carriage::parse(carrier.unwrap_or_default(), number.unwrap_or_default()) {
                Some(carriage) => Some(carriage),
                None => return Ok(back(id, Flash::BadParcel)),
            },
        };
        let (carriage, followed) = visitor.config.shipping.follow(carriage);
        FulfilCommand::Open {
            ask: Ask::Parts(parts(&order, posted)),
            from: None,
            carriage,
            followed,
            begins: match fields.get("do") {
                Some("begin") => Begins::ToPick,
                Some("packed") => Begins::Packed,
                _ => Begins::Left,
            },
            checked_bps: visitor.config.workflow.checked_bps,
            notify: fields.ticked("notify"),
        }
    };
    let context = Context { scope: &visitor.scope, config: &visitor.config, by: &visitor.provenance() };
    let with = Alongside { if_version: Some(order.revision()), ..Alongside::default() };
    let flash = match console.auto.apply.run(context, id, &Command::Fulfil(command), with).await {
        Ok(_) => Flash::Sent,
        Err(Error::Stale { .. }) => Flash::Stale,
        Err(Error::Rejected(Rejection::UnderReview { .. } | Rejection::StillChecked)) => Flash::UnderReview,
        Err(Error::Rejected(_)) => Flash::BadParcel,
        Err(error) => return Err(error),
    };
    Ok(back(id, flash))
}

/// What is in it: as written, and of lines that the form does not list everything.
fn parts(order: &Order, posted: &Posted) -> Vec<Share> {
    let open = order.open_to_send();
    let open = open.iter().enumerate().filter(|(_, open)| **open > 0);
    let share = |(at, (line, open)): (usize, (usize, &u32))| {
        let written = posted.fields.get(&format!("line-{line}")).map(|text| text.parse().unwrap_or(u32::MAX));
        let quantity = if at < LINES_SHOWN { written.unwrap_or(0) } else { *open };
        Share { line, quantity }
    };
    open.enumerate().map(share).filter(|share| share.quantity > 0).collect()
}
