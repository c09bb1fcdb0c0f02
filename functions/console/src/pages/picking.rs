//! Who goes for what: orders that wait to be picked, and the batches that were taken.

use super::{Params, order_href};
use crate::desk::Console;
use crate::flash::Flash;
use crate::form::{Posted, encode};
use crate::format::{ago, count, moment};
use crate::icons;
use crate::layout::{Here, Look, Page, token};
use crate::visitor::{Visitor, see_other};
use app::picking::{PickBatch, Picked, Queue, Sum};
use app::{Context, Error};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::ids::{BatchId, LocationId};
use domain::order::{FulfilmentStatus, Track};
use domain::shipping::Batch;
use http::Uri;
use maud::{Markup, html};
use std::sync::Arc;

/// Batches that were taken, as far as they are listed.
const LISTED_MAX: usize = 12;
const HOME: &str = "/console/picking";

/// `GET /console/picking`
pub async fn show(State(console): State<Arc<Console>>, visitor: Visitor, uri: Uri) -> Response {
    let result = list(&console, &visitor, &uri).await.map(IntoResponse::into_response);
    visitor.answer(result)
}

/// `POST /console/picking`: somebody takes the next batch.
pub async fn take(State(console): State<Arc<Console>>, posted: Posted) -> Response {
    posted.visitor.answer(taken(&console, &posted).await)
}

/// `GET /console/picking/{id}`
pub async fn read(State(console): State<Arc<Console>>, Path(id): Path<String>, visitor: Visitor, uri: Uri) -> Response {
    let result = one(&console, &visitor, &id, &uri).await.map(IntoResponse::into_response);
    visitor.answer(result)
}

fn href(id: &BatchId) -> String {
    format!("{HOME}/{}", encode(id.as_str()))
}

async fn taken(console: &Console, posted: &Posted) -> Result<Response, Error> {
    let (visitor, fields) = (&posted.visitor, &posted.fields);
    visitor.require_write()?;
    let context = Context { scope: &visitor.scope, config: &visitor.config, by: &visitor.provenance() };
    let location = fields.get("location").map(|text| LocationId::parse(text).map_err(|_| Error::NotFound("place"))).transpose()?;
    // A button that is pressed twice takes one batch.
    let wish = fields.get("wish").map(|wish| format!("{}/{wish}", visitor.identity.principal));
    Ok(match console.floor.picking.take(context, location.as_ref(), wish.as_deref()).await? {
        Some(batch) => see_other(&format!("{}?flash={}", href(&batch.id), Flash::BatchTaken.code())),
        None => see_other(&format!("{HOME}?flash={}", Flash::NothingToPick.code())),
    })
}

async fn list(console: &Console, visitor: &Visitor, uri: &Uri) -> Result<Markup, Error> {
    let context = Context { scope: &visitor.scope, config: &visitor.config, by: &visitor.provenance() };
    let queue = console.floor.picking.queue(context).await?;
    let taken = console.floor.picking.taken(&visitor.scope, LISTED_MAX).await?;
    let wish = format!("{:016x}", console.random.u64());
    let body = html! {
        nav class="crumbs" aria-label="You are here" { a href="/console/orders" { "Orders" } " / Picking" }
        div class="title" {
            h1 { "Picking" }
            p class="muted" { "What waits to be fetched, fifty orders at a time" }
        }
        (waiting(visitor, &queue, &wish))
        section class="card wide" aria-labelledby="taken-title" {
            div class="card-head" { h2 id="taken-title" { "Taken last" } }
            @if taken.is_empty() { p class="empty muted" { "None yet." } }
            @else {
                table class="orders" {
                    caption class="visually-hidden" { "Batches that were taken, newest first" }
                    thead { tr { th scope="col" { "Taken" } th scope="col" { "At" } th scope="col" class="number-cell" { "Orders" } th scope="col" class="roomy" { "By" } } }
                    tbody {
                        @for batch in &taken {
                            tr {
                                th scope="row" { a href=(href(&batch.id)) { (moment(batch.taken_at, &visitor.zone())) } }
                                td { (batch.location) }
                                td class="number-cell" { (count(batch.orders.len() as i64)) }
                                td class="roomy" { (batch.taken_by) }
                            }
                        }
                    }
                }
            }
        }
    };
    let flash = Flash::of(Params::of(uri).get("flash"));
    Ok(Page { title: "Picking", here: Here::Orders, look: Look::Calm, visitor: Some(visitor), flash }.draw(&body))
}

fn waiting(visitor: &Visitor, queue: &Queue, wish: &str) -> Markup {
    let all: usize = queue.waiting.values().sum();
    html! {
        section class="card wide" aria-labelledby="waiting-title" {
            div class="card-head" {
                h2 id="waiting-title" { "Waiting" }
                span class="muted" { @if queue.more { "more than " } (count(all as i64)) @if all == 1 { " order" } @else { " orders" } }
            }
            @if queue.next.is_empty() {
                div class="empty" {
                    p class="empty-title" { "Nothing waits" }
                    p class="muted" { "Orders that are confirmed and that nobody works on appear here." }
                }
            } @else {
                table class="orders" {
                    caption class="visually-hidden" { "The next batches, the most urgent first" }
                    thead { tr {
                        th scope="col" { "At" } th scope="col" class="number-cell" { "Orders" } th scope="col" { "First" }
                        th scope="col" class="roomy" { "Collected by" } th scope="col" { span class="visually-hidden" { "Take it" } }
                    } }
                    tbody { @for (at, batch) in queue.next.iter().enumerate() { (batch_row(visitor, at, batch, &queue.next, wish)) } }
                }
            }
        }
    }
}

fn batch_row(visitor: &Visitor, at: usize, batch: &Batch, all: &[Batch], wish: &str) -> Markup {
    // Only the first of each place can be taken: it is the most urgent.
    let is_first = all[..at].iter().all(|other| other.zone != batch.zone);
    html! {
        tr {
            th scope="row" { (batch.zone) }
            td class="number-cell" { (count(batch.orders.len() as i64)) }
            td {
                @for id in batch.orders.iter().take(3) { a href=(order_href(id)) { (id) } " " }
                @if batch.orders.len() > 3 { span class="muted" { "…" } }
            }
            td class="roomy" { @if let Some(collected) = batch.cut_off { (moment(collected, &visitor.zone())) } @else { "–" } }
            td {
                @if is_first && visitor.may_write() {
                    form method="post" action=(HOME) {
                        (token(visitor))
                        input type="hidden" name="location" value=(batch.zone);
                        input type="hidden" name="wish" value=(wish);
                        button class="button small" type="submit" aria-label={ "Take it: the next batch at " (batch.zone) } { (icons::BOX.beside()) "Take it" }
                    }
                }
            }
        }
    }
}

async fn one(console: &Console, visitor: &Visitor, id: &str, uri: &Uri) -> Result<Markup, Error> {
    let id = BatchId::parse(id).map_err(|_| Error::NotFound("batch"))?;
    let batch = console.floor.picking.read(&visitor.scope, &id).await?;
    let body = html! {
        nav class="crumbs" aria-label="You are here" { a href="/console/orders" { "Orders" } " / " a href=(HOME) { "Picking" } " / " (batch.id) }
        div class="title" {
            h1 { "Batch at " (batch.location) }
            p class="muted" {
                "Taken by " (batch.taken_by) " " (ago(batch.taken_at, visitor.now, &visitor.zone()))
                @if let Some(collected) = batch.collected_at { ", collected by " (moment(collected, &visitor.zone())) }
            }
        }
        div class="halves" { (to_fetch(&batch)) (orders(&batch)) }
    };
    let flash = Flash::of(Params::of(uri).get("flash"));
    Ok(Page { title: "Batch", here: Here::Orders, look: Look::Calm, visitor: Some(visitor), flash }.draw(&body))
}

fn to_fetch(batch: &PickBatch) -> Markup {
    let pieces: i64 = batch.to_fetch.iter().map(|sum| i64::from(sum.quantity)).sum();
    let row = |sum: &Sum| {
        html! {
            tr {
                th scope="row" { (sum.sku) br; span class="muted" { (sum.name) } }
                td class="number-cell" { (count(i64::from(sum.quantity))) }
                td class="number-cell" { (count(i64::from(sum.orders))) }
            }
        }
    };
    html! {
        section class="card" aria-labelledby="fetch-title" {
            div class="card-head" { h2 id="fetch-title" { "To fetch" } span class="muted" { (count(pieces)) " pieces" } }
            @if batch.to_fetch.is_empty() { p class="empty muted" { "Everything is packed." } } @else {
                table class="items" {
                    thead { tr { th scope="col" { "SKU" } th scope="col" class="number-cell" { "Pieces" } th scope="col" class="number-cell" { "Orders" } } }
                    tbody { @for sum in &batch.to_fetch { (row(sum)) } }
                }
            }
        }
    }
}

fn orders(batch: &PickBatch) -> Markup {
    let row = |picked: &Picked| {
        html! {
            tr {
                th scope="row" { a href=(order_href(&picked.order)) { (picked.order) } br; span class="muted" { (picked.parcel) } }
                td { @for (sku, _, quantity) in &picked.lines { (count(i64::from(*quantity))) " " (sku) br; } }
                td {
                    @if picked.status == FulfilmentStatus::Picking { span class="state" { (icons::BOX.beside()) "picking" } }
                    @else if picked.status == FulfilmentStatus::Cancelled { span class="state bad" { (icons::CROSS.beside()) "called off" } }
                    @else { span class="state good" { (icons::TICK.beside()) (picked.status.as_str().replace('_', " ")) } }
                }
            }
        }
    };
    html! {
        section class="card" aria-labelledby="orders-title" {
            div class="card-head" { h2 id="orders-title" { "Orders" } span class="muted" { (count(batch.orders.len() as i64)) } }
            @if batch.orders.is_empty() { p class="empty muted" { "Others were faster with all of them." } } @else {
                table class="items" {
                    thead { tr { th scope="col" { "Order" } th scope="col" { "Pieces" } th scope="col" { "How far" } } }
                    tbody { @for picked in &batch.orders { (row(picked)) } }
                }
            }
        }
    }
}
