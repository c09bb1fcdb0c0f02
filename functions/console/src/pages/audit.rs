//! Whether an order's history is as it was written.

use super::{order_href, order_id};
use crate::desk::Console;
use crate::format::count;
use crate::icons;
use crate::layout::{Here, Look, Page};
use crate::visitor::Visitor;
use app::Error;
use app::audit::{Audit, audit};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::ids::OrderId;
use maud::{Markup, html};
use std::sync::Arc;

/// `GET /console/orders/{id}/audit`
pub async fn show(State(console): State<Arc<Console>>, Path(id): Path<String>, visitor: Visitor) -> Response {
    let result = draw(&console, &visitor, &id).await.map(IntoResponse::into_response);
    visitor.answer(result)
}

async fn draw(console: &Console, visitor: &Visitor, id: &str) -> Result<Markup, Error> {
    let id = order_id(id)?;
    let found = audit(&*console.orders, &visitor.scope, &id).await?;
    let body = html! {
        nav class="crumbs" aria-label="You are here" { a href="/console/orders" { "Orders" } " / " a href=(order_href(&id)) { (id) } " / Audit" }
        div class="title" { h1 { "Audit of order " (id) } p class="muted" { "Is its history as it was written?" } }
        (verdict(&id, &found))
    };
    Ok(Page { title: "Audit", here: Here::Orders, look: Look::Calm, visitor: Some(visitor), flash: None }.draw(&body))
}

fn verdict(id: &OrderId, found: &Audit) -> Markup {
    html! {
        section class="card" aria-labelledby="verdict-title" {
            div class="card-head" {
                h2 id="verdict-title" {
                    @if found.findings.is_empty() { span class="state good" { (icons::TICK.beside()) "Intact" } }
                    @else { span class="state bad" { (icons::WARNING.beside()) "Altered" } }
                }
            }
            @if found.findings.is_empty() { p { "No commit is missing or altered, and together they lead to the order as it stands." } }
            @else {
                ul { @for finding in &found.findings { li { (finding.in_words()) } } }
                p { "Compare with a backup (“Getting data back” in the runbook), and find out who may write to the orders table." }
            }
            dl class="facts" {
                dt { "Commits" } dd { (count(found.commits as i64)) @if !found.whole { ", the latest ones" } }
                dt { "Sealed from" } dd { @if let Some(from) = found.sealed_from { "version " (from) } @else { "not at all: it was made before there were seals" } }
                @if let Some(seal) = &found.seal { dt { "Last seal" } dd { code { (seal) } } }
            }
            p class="hint" { "Each commit is sealed with the one before it. What people wrote is not part of the seal, because it can be erased." }
            p { a class="button" href=(order_href(id)) { "Back to the order" } }
        }
    }
}
