//! Orders with suppliers: drafts to approve, goods on their way, deliveries to book.

use super::{Params, pager};
use crate::desk::Console;
use crate::flash::Flash;
use crate::form::{Fields, Posted, encode};
use crate::format::{ago, count, date};
use crate::icons;
use crate::layout::{Here, Look, Page, token};
use crate::visitor::{Visitor, see_other};
use app::{Context, Error};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::ids::{EventId, PurchaseId, Sku};
use domain::stock::purchase::{PurchaseCommand, PurchaseLine, PurchaseOrder, PurchaseStatus};
use http::Uri;
use maud::{Markup, html};
use std::sync::Arc;

/// Purchase orders on a page.
const SHOWN: usize = 30;

/// `GET /console/purchases`
pub async fn show(State(console): State<Arc<Console>>, visitor: Visitor, uri: Uri) -> Response {
    let result = list(&console, &visitor, &uri).await.map(IntoResponse::into_response);
    visitor.answer(result)
}

/// `GET /console/purchases/{id}`
pub async fn read(State(console): State<Arc<Console>>, Path(id): Path<String>, visitor: Visitor, uri: Uri) -> Response {
    let result = one(&console, &visitor, &id, &uri).await.map(IntoResponse::into_response);
    visitor.answer(result)
}

/// `POST /console/purchases/{id}`: changes a draft, approves it, calls it off, books a delivery.
pub async fn settle(State(console): State<Arc<Console>>, Path(id): Path<String>, posted: Posted) -> Response {
    posted.visitor.answer(settled(&console, &id, &posted).await)
}

fn number(text: &str) -> Result<PurchaseId, Error> {
    PurchaseId::parse(text).map_err(|_| Error::NotFound("purchase order"))
}

fn href(id: &PurchaseId) -> String {
    format!("/console/purchases/{}", encode(id.as_str()))
}

/// Fields that are named after a line's place, as far as they are filled in. None if one is no number.
fn pieces(order: &PurchaseOrder, fields: &Fields, name: &str) -> Option<Vec<(Sku, u32)>> {
    let filled = order.lines.iter().enumerate().filter_map(|(at, line)| Some((line, fields.get(&format!("{name}-{at}"))?)));
    filled.map(|(line, text)| Some((line.sku.clone(), text.parse().ok()?))).collect()
}

async fn settled(console: &Console, id: &str, posted: &Posted) -> Result<Response, Error> {
    let (visitor, fields) = (&posted.visitor, &posted.fields);
    visitor.require_write()?;
    let id = number(id)?;
    let context = Context { scope: &visitor.scope, config: &visitor.config, by: &visitor.provenance() };
    let order = console.purchases.load(&visitor.scope, &id).await?;
    let seen = fields.get("version").and_then(|version| version.parse().ok());
    let back = |flash: Flash| Ok(see_other(&format!("{}?flash={}", href(&id), flash.code())));
    let done = match fields.get("do") {
        Some("approve") => console.purchases.approve(context, &id, seen).await,
        Some("cancel") => console.purchases.cancel(context, &id, seen).await,
        Some("change") => match pieces(&order, fields, "quantity") {
            Some(lines) => console.purchases.settle(context, &id, seen, &PurchaseCommand::Set(lines)).await,
            None => return back(Flash::BadPurchase),
        },
        _ => {
            let lines = pieces(&order, fields, "received").map(|lines| lines.into_iter().filter(|line| line.1 > 0).collect());
            let (Some(lines), Ok(reference)) = (lines, EventId::parse(fields.get("reference").unwrap_or_default())) else {
                return back(Flash::BadPurchase);
            };
            let command = PurchaseCommand::Receive { reference, lines, last: fields.ticked("last") };
            console.purchases.settle(context, &id, None, &command).await
        }
    };
    match done {
        Ok(_) => back(Flash::PurchaseSaved),
        Err(Error::Purchase(_)) => back(Flash::BadPurchase),
        Err(Error::Stale { .. }) => back(Flash::PurchaseStale),
        Err(other) => Err(other),
    }
}

async fn list(console: &Console, visitor: &Visitor, uri: &Uri) -> Result<Markup, Error> {
    let params = Params::of(uri);
    let open = params.get("state") != Some("closed");
    let state = if open { "open" } else { "closed" };
    let bound = format!("purchases-{state}");
    let after = console.cursors.after(&visitor.scope, &bound, params.get("cursor"))?;
    let page = console.purchases.page(&visitor.scope, open, after.as_ref(), SHOWN).await?;
    let next = console.cursors.next(&visitor.scope, &bound, page.next.as_ref())?;
    let tab = |state: &str, text: &str, here: bool| {
        html! { a class="chip" href={ "/console/purchases?state=" (state) } aria-current=[here.then_some("true")] { (text) } }
    };
    let body = html! {
        nav class="crumbs" aria-label="You are here" { a href="/console/stock" { "Stock" } " / Purchase orders" }
        div class="title" {
            h1 { "Purchase orders" }
            p class="muted" { "What is ordered with suppliers" }
            nav class="chips" aria-label="Which purchase orders" {
                (tab("open", "Open", open))
                (tab("closed", "Closed", !open))
            }
        }
        section class="card wide" aria-labelledby="purchases-title" {
            div class="card-head" { h2 id="purchases-title" { @if open { "Open" } @else { "Closed" } } }
            @if page.orders.is_empty() {
                div class="empty" {
                    p class="empty-title" { "None" }
                    p class="muted" {
                        @if visitor.config.stock.reorder.auto { "Drafts appear here by themselves when stock falls to a limit." }
                        @else { "Make one with POST /v1/purchase-orders, or have them drafted: stock.reorder.auto in the settings." }
                    }
                }
            } @else {
                table class="orders" {
                    caption class="visually-hidden" { "Purchase orders, the latest first" }
                    thead { tr {
                        th scope="col" { "Number" } th scope="col" { "For" } th scope="col" class="number-cell" { "Pieces" } th scope="col" class="number-cell roomy" { "To come" }
                        th scope="col" { "State" } th scope="col" class="roomy" { "Expected" }
                    } }
                    tbody { @for order in &page.orders { (row(order)) } }
                }
            }
        }
        (pager(&format!("/console/purchases?state={state}"), after.is_none(), next.as_deref()))
    };
    let flash = Flash::of(params.get("flash"));
    Ok(Page { title: "Purchase orders", here: Here::Stock, look: Look::Calm, visitor: Some(visitor), flash }.draw(&body))
}

fn state(status: PurchaseStatus) -> Markup {
    html! {
        @match status {
            PurchaseStatus::Draft => span class="state" { (icons::PAPER.beside()) "draft" },
            PurchaseStatus::Ordered => span class="state" { (icons::VAN.beside()) "ordered" },
            PurchaseStatus::Received => span class="state good" { (icons::TICK.beside()) "received" },
            PurchaseStatus::Cancelled => span class="state bad" { (icons::CROSS.beside()) "cancelled" },
        }
    }
}

fn row(order: &PurchaseOrder) -> Markup {
    html! {
        tr {
            th scope="row" { a href=(href(&order.id)) { (order.id) } @if let Some(supplier) = &order.supplier { br; span class="muted" { (supplier) } } }
            td { (order.location) }
            td class="number-cell" { (count(order.pieces() as i64)) }
            td class="number-cell roomy" { (count(order.outstanding() as i64)) }
            td { (state(order.status)) }
            td class="roomy" { @if let Some(day) = order.expected_on { (date(day)) } @else { "–" } }
        }
    }
}

async fn one(console: &Console, visitor: &Visitor, id: &str, uri: &Uri) -> Result<Markup, Error> {
    let order = console.purchases.load(&visitor.scope, &number(id)?).await?;
    let body = html! {
        nav class="crumbs" aria-label="You are here" { a href="/console/stock" { "Stock" } " / " a href="/console/purchases" { "Purchase orders" } " / " (order.id) }
        div class="title" {
            h1 { (order.id) }
            p class="muted" { @if let Some(supplier) = &order.supplier { (supplier) ", " } "for " (order.location) }
        }
        div class="halves" {
            section class="card" aria-labelledby="facts-title" {
                div class="card-head" { h2 id="facts-title" { "How far it is" } }
                dl class="facts" {
                    dt { "State" } dd { (state(order.status)) }
                    dt { "Drafted" } dd { (ago(order.created_at, visitor.now, &visitor.zone())) " by " (order.created_by) }
                    @if let Some(by) = &order.decided_by { dt { @if order.status == PurchaseStatus::Cancelled { "Called off by" } @else { "Approved by" } } dd { (by) } }
                    @if let Some(day) = order.expected_on { dt { "Expected" } dd { (date(day)) } }
                    @for receipt in &order.receipts { dt { "Delivery" } dd { (receipt.reference) ", " (ago(receipt.at, visitor.now, &visitor.zone())) } }
                }
                @if visitor.may_write() && order.status.is_open() { (deciding(visitor, &order)) }
            }
            (lines(visitor, &order))
        }
    };
    let flash = Flash::of(Params::of(uri).get("flash"));
    Ok(Page { title: "Purchase order", here: Here::Stock, look: Look::Calm, visitor: Some(visitor), flash }.draw(&body))
}

fn deciding(visitor: &Visitor, order: &PurchaseOrder) -> Markup {
    html! {
        form class="words" method="post" action=(href(&order.id)) {
            (token(visitor))
            input type="hidden" name="version" value=(order.version);
            p class="row" {
                @if order.status == PurchaseStatus::Draft && !order.lines.is_empty() {
                    button class="button primary" type="submit" name="do" value="approve" { (icons::TICK.beside()) "Approve" }
                }
                button class="button danger" type="submit" name="do" value="cancel" data-confirm={ "Really cancel " (order.id) "?" } { (icons::CROSS.beside()) "Cancel it" }
            }
        }
    }
}

/// The lines, as a form of what may be done with them now.
fn lines(visitor: &Visitor, order: &PurchaseOrder) -> Markup {
    let (draft, ordered) = (order.status == PurchaseStatus::Draft, order.status == PurchaseStatus::Ordered);
    let changes = visitor.may_write() && !order.lines.is_empty();
    html! {
        section class="card" aria-labelledby="lines-title" {
            div class="card-head" { h2 id="lines-title" { "Lines" } span class="muted" { (count(order.pieces() as i64)) " pieces" } }
            @if order.lines.is_empty() { p class="empty muted" { "It orders nothing." } }
            form class="words" method="post" action=(href(&order.id)) {
                (token(visitor))
                @if draft { input type="hidden" name="version" value=(order.version); }
                @if !order.lines.is_empty() {
                    table class="items" {
                        thead { tr {
                            th scope="col" { "SKU" } th scope="col" class="number-cell" { "Ordered" } th scope="col" class="number-cell" { "Here" }
                            @if changes && ordered { th scope="col" class="number-cell" { "Comes now" } }
                        } }
                        tbody { @for (at, line) in order.lines.iter().enumerate() { (line_row(at, line, changes && draft, changes && ordered)) } }
                    }
                }
                @if changes && draft {
                    p class="row" { button class="button" type="submit" name="do" value="change" { "Save quantities" } }
                    p class="hint" { "0 pieces removes a line." }
                }
                @if changes && ordered {
                    label for="reference" { "Delivery note" }
                    input id="reference" name="reference" required maxlength="160" placeholder="dn-4711" autocomplete="off";
                    label class="check" { input type="checkbox" name="last" value="on"; "Nothing more will come" }
                    p class="row" { button class="button primary" type="submit" name="do" value="receive" { (icons::BOX.beside()) "Book the delivery" } }
                }
            }
        }
    }
}

fn line_row(at: usize, line: &PurchaseLine, draft: bool, ordered: bool) -> Markup {
    html! {
        tr {
            th scope="row" { (line.sku) @if let Some(why) = &line.why { br; span class="muted" { (why.available) " free, reorder at " (why.point) ", fill up to " (why.up_to) } } }
            td class="number-cell" {
                @if draft { input class="short" name={ "quantity-" (at) } type="number" min="0" max="1000000" value=(line.quantity) aria-label={ "Pieces of " (line.sku) }; }
                @else { (count(i64::from(line.quantity))) }
            }
            td class="number-cell" { (count(i64::from(line.received))) }
            @if ordered { td class="number-cell" { input class="short" name={ "received-" (at) } type="number" min="0" max="1000000" aria-label={ "Pieces of " (line.sku) " that come now" }; } }
        }
    }
}
