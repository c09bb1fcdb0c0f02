//! The label of a parcel on its order's page, buying one, and what its carrier says.

use super::{back, order_href, order_id, to_change};
use crate::desk::Console;
use crate::flash::Flash;
use crate::form::Posted;
use crate::format::{age, day, moment, words};
use crate::icons;
use crate::layout::token;
use crate::visitor::Visitor;
use app::apply::Alongside;
use app::dispatch;
use app::{Context, Error};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::ids::FulfilmentId;
use domain::order::{
    Command, Consignment, FulfilCommand, FulfilmentStatus, LabelCommand, LabelState, LabelWish, OnItsWay, Order, ParcelLabel, Rejection,
};
use domain::shipping::weight::{PARCEL_MAX_G, PIECE_DEFAULT_G, Piece, parcel_g};
use domain::shipping::{CarrierName, Service};
use http::{HeaderValue, header};
use jiff::SignedDuration;
use maud::{Markup, html};
use std::sync::Arc;

/// A label names its customer: no cache keeps it.
const CACHING: HeaderValue = HeaderValue::from_static("private, no-store");

fn href(order: &Order, one: &Consignment, what: &str) -> String {
    format!("{}/parcels/{}/{what}", order_href(&order.id), one.work.id)
}

/// Where its label stands, and where its carrier has seen it.
pub fn state(order: &Order, one: &Consignment, visitor: &Visitor) -> Markup {
    html! {
        @if let Some(label) = one.label() { (label_line(order, one, label, visitor)) }
        @if let Some(way) = &one.way {
            p class="seen" {
                (icons::VAN.beside())
                @if way.followed.scanned_at.is_none() { span class="muted" { (way.carrier.title()) " has not seen it yet" } }
                @else { strong { (words(way.followed.status)) @if let Some(incident) = way.incident { ": " (incident.text()) } } }
                @if let Some(place) = &way.place { span { (place) } }
                @if let Some(at) = way.followed.scanned_at { span class="muted" { (moment(at, &visitor.zone())) } }
                @if let Some(expected) = way.expected { span { "Expected on " (day(expected)) } }
                @if let Some(code) = way.code.as_ref().filter(|_| way.followed.scanned_at.is_some()) { span class="muted" { "(" (way.carrier.title()) " says " (code) ")" } }
            }
            (stuck(way, visitor))
            @if visitor.may_write() && way.followed.next_poll().is_some() {
                form class="row" method="post" action=(href(order, one, "track")) {
                    (token(visitor))
                    button class="button small" type="submit" { "Ask " (way.carrier.title()) " now" }
                }
            }
        }
    }
}

/// Whether its carrier should have scanned it since.
fn stuck(way: &OnItsWay, visitor: &Visitor) -> Markup {
    let hours = visitor.config.watch_rules().stuck_after_h;
    let Some(quiet) = way.quiet().filter(|quiet| hours > 0 && visitor.now > quiet.until(hours)) else { return html! {} };
    html! {
        p {
            span class="state bad" { "stuck" } " "
            span class="muted" {
                "Nobody has scanned it for " (age(visitor.now.duration_since(quiet.since)))
                @if let Some(usual_s) = quiet.usual_s { "; 95 of 100 orders that went this way were scanned within " (age(SignedDuration::from_secs(usual_s))) }
                "."
            }
        }
    }
}

fn label_line(order: &Order, one: &Consignment, label: &ParcelLabel, visitor: &Visitor) -> Markup {
    let (class, text) = match label.state {
        LabelState::Wanted if label.not_before.is_some() => ("state", "waits"),
        LabelState::Wanted | LabelState::Trying => ("state", "is being bought"),
        LabelState::Bought => ("state good", "bought"),
        LabelState::Failed if label.number.is_some() => ("state bad", "cannot be given back"),
        LabelState::Failed => ("state bad", "cannot be had"),
        LabelState::Voided => ("state", "void"),
    };
    html! {
        p {
            "Label " span class=(class) { (text) }
            @if let Some(quote) = &label.quote { " " (quote.carrier.title()) " " (quote.service.as_str()) }
            @if let Some(price) = label.price.or_else(|| label.quote.as_ref().map(|quote| quote.price)) { ", " (price) }
            ", " (label.wish.weight_g) " g"
            @if let Some(problem) = label.problem.as_ref().filter(|_| label.state != LabelState::Bought) { br; span class="muted" { (problem) } }
        }
        @if label.state == LabelState::Bought && label.file.is_some() && visitor.may_write() {
            p { a class="button small" href=(href(order, one, "label")) target="_blank" rel="noopener" { (icons::PAPER.beside()) "Print label" } }
        }
        @if label.why.len() > 1 {
            details {
                summary { "Why " (label.quote.as_ref().map_or("this one", |quote| quote.carrier.title())) }
                ul class="why" { @for line in &label.why { li { (line) } } }
            }
        }
    }
}

/// A form that buys a label; nothing if none can be bought.
pub fn buying(order: &Order, one: &Consignment, visitor: &Visitor) -> Markup {
    let can = matches!(one.work.status, FulfilmentStatus::Packed | FulfilmentStatus::Labelled);
    let has_one = one.label().is_some_and(ParcelLabel::is_live);
    let is_busy = one.label().is_some_and(|label| matches!(label.state, LabelState::Wanted | LabelState::Trying));
    let carriers: Vec<CarrierName> = visitor.config.shipping.carriers().collect();
    if !can || is_busy || !visitor.may_write() || carriers.is_empty() {
        return html! {};
    }
    let field = |name: &str| format!("label-{name}-{}", one.work.id);
    html! {
        details class="asking" open[!has_one] {
            summary { @if has_one { "Buy another label instead" } @else { "Buy a label" } }
            form method="post" action=(href(order, one, "label")) {
                (token(visitor))
                input type="hidden" name="seen" value=(one.labels.len());
                label for=(field("carrier")) { "Carrier" }
                select id=(field("carrier")) name="carrier" {
                    option value="" { "the cheapest in time" }
                    @for carrier in &carriers { option value=(carrier.as_str()) { (carrier.title()) } }
                }
                label for=(field("service")) { "Service" }
                select id=(field("service")) name="service" {
                    option value="" { "fast enough for the promised day" }
                    @for service in Service::ALL { option value=(service.as_str()) { (service.as_str()) } }
                }
                label for=(field("weight")) { "Weight in grams " span class="muted" { "(with its packaging)" } }
                input id=(field("weight")) name="weight" type="number" min="1" max=(PARCEL_MAX_G) required value=(weight(one));
                button class="button primary" type="submit" { "Buy label" }
            }
        }
    }
}

/// What a parcel weighs that nobody has weighed.
fn weight(one: &Consignment) -> u32 {
    let pieces: Vec<Piece> = one.work.parts.iter().map(|part| Piece { quantity: part.quantity, weight_g: None }).collect();
    parcel_g(&pieces).unwrap_or(PIECE_DEFAULT_G)
}

/// `POST /console/orders/{id}/parcels/{parcel}/label`: has a label bought.
pub async fn ask(State(console): State<Arc<Console>>, Path((id, parcel)): Path<(String, String)>, posted: Posted) -> Response {
    posted.visitor.answer(asked(&console, &id, &parcel, &posted).await)
}

async fn asked(console: &Console, id: &str, parcel: &str, posted: &Posted) -> Result<Response, Error> {
    let (visitor, fields) = (&posted.visitor, &posted.fields);
    let order = to_change(console, visitor, id).await?;
    let one = consignment(&order, parcel)?;
    // Who clicks twice buys once.
    if fields.get("seen") != Some(one.labels.len().to_string().as_str()) {
        return Ok(back(&order.id, Flash::Stale));
    }
    let Some(weight_g) = fields.get("weight").and_then(|text| text.parse().ok()) else { return Ok(back(&order.id, Flash::BadLabel)) };
    let wish = LabelWish {
        carrier: fields.get("carrier").and_then(CarrierName::from_word),
        service: fields.get("service").and_then(Service::from_word),
        weight_g,
        size: None,
    };
    let command = LabelCommand::Ask { wish, tenant: visitor.scope.tenant().clone(), again: true };
    let command = FulfilCommand::Label { id: one.work.id.clone(), command };
    done(console, visitor, &order, command, (Flash::LabelAsked, Flash::BadLabel)).await
}

/// `POST /console/orders/{id}/parcels/{parcel}/track`: asks the carrier now.
pub async fn track(State(console): State<Arc<Console>>, Path((id, parcel)): Path<(String, String)>, posted: Posted) -> Response {
    posted.visitor.answer(tracked(&console, &id, &parcel, &posted).await)
}

async fn tracked(console: &Console, id: &str, parcel: &str, posted: &Posted) -> Result<Response, Error> {
    let order = to_change(console, &posted.visitor, id).await?;
    let command = FulfilCommand::Poll { id: consignment(&order, parcel)?.work.id.clone() };
    done(console, &posted.visitor, &order, command, (Flash::CarrierAsked, Flash::Stale)).await
}

fn consignment<'a>(order: &'a Order, parcel: &str) -> Result<&'a Consignment, Error> {
    let parcel = FulfilmentId::parse(parcel).map_err(|_| Error::NotFound("parcel"))?;
    order.consignment(&parcel).ok_or(Error::NotFound("parcel"))
}

async fn done(
    console: &Console,
    visitor: &Visitor,
    order: &Order,
    command: FulfilCommand,
    (good, bad): (Flash, Flash),
) -> Result<Response, Error> {
    let context = Context { scope: &visitor.scope, config: &visitor.config, by: &visitor.provenance() };
    let with = Alongside { if_version: Some(order.revision()), ..Alongside::default() };
    let flash = match console.auto.apply.run(context, &order.id, &Command::Fulfil(command), with).await {
        Ok(_) => good,
        Err(Error::Stale { .. }) => Flash::Stale,
        Err(Error::Rejected(Rejection::UnderReview { .. } | Rejection::StillChecked)) => Flash::UnderReview,
        Err(Error::Rejected(_)) => bad,
        Err(error) => return Err(error),
    };
    Ok(back(&order.id, flash))
}

/// `GET /console/orders/{id}/parcels/{parcel}/label`: the label itself, to print.
pub async fn paper(State(console): State<Arc<Console>>, visitor: Visitor, Path((id, parcel)): Path<(String, String)>) -> Response {
    let result = read(&console, &visitor, &id, &parcel).await;
    visitor.answer(result)
}

async fn read(console: &Console, visitor: &Visitor, id: &str, parcel: &str) -> Result<Response, Error> {
    visitor.require_write()?;
    let order = console.orders.load(&visitor.scope, &order_id(id)?).await?.ok_or(Error::NotFound("order"))?;
    let parcel = FulfilmentId::parse(parcel).map_err(|_| Error::NotFound("parcel"))?;
    let (file, format, bytes) = dispatch::paper(&*console.reports, &visitor.scope, &order, &parcel).await?;
    let kind = HeaderValue::from_static(format.on_file().1);
    let name = HeaderValue::from_str(&format!("inline; filename=\"{file}\"")).unwrap_or(HeaderValue::from_static("inline"));
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name), (header::CACHE_CONTROL, CACHING)];
    Ok((headers, bytes).into_response())
}
