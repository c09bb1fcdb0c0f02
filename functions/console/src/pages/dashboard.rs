//! The front page: how things stand, what needs a person, what came in.

use super::orders::table;
use super::{Params, decisions, order_id, queue};
use crate::desk::Console;
use crate::figures::{Days, Labels, Revenue};
use crate::flash::Flash;
use crate::format::{count, moment, money};
use crate::layout::{Here, Look, Page};
use crate::visitor::Visitor;
use app::Error;
use app::ports::OrderQuery;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::order::{Calibration, Concern};
use http::Uri;
use maud::{Markup, html};
use render::svg::{Bar, Unit, bars, line, sparkline, status_class};
use std::sync::Arc;

/// Newest orders shown.
const NEWEST: usize = 8;
/// Currencies shown.
const CURRENCIES_MAX: usize = 3;

/// `GET /console`
pub async fn show(State(console): State<Arc<Console>>, visitor: Visitor, uri: Uri) -> Response {
    let result = draw(&console, &visitor, &uri).await.map(IntoResponse::into_response);
    visitor.answer(result)
}

async fn draw(console: &Console, visitor: &Visitor, uri: &Uri) -> Result<Markup, Error> {
    let params = Params::of(uri);
    let kind = params.get("reason").and_then(Concern::of);
    let labels = Labels::load(&*console.metrics, &visitor.scope).await?;
    let days = Days::load(&*console.metrics, &visitor.scope, visitor.today()).await?;
    let held = app::arrival::calibration(&*console.metrics, &visitor.scope, visitor.now).await?;
    let newest = console.orders.page(&visitor.scope, &OrderQuery::All, None, NEWEST).await?;
    let live = queue::live(console, visitor, &labels, kind).await?;
    let source = kind.map_or_else(|| "/console/attention".to_owned(), |kind| format!("/console/attention?reason={}", kind.code()));
    // The order that was just moved, for whoever wants to take it back.
    let moved = match params.get("order").map(order_id) {
        Some(Ok(id)) => console.orders.load(&visitor.scope, &id).await?,
        _ => None,
    };
    let body = html! {
        @if let Some(order) = &moved { (decisions::undo(order, visitor, Some("queue"))) }
        div class="title" {
            h1 { "Dashboard" }
            p class="muted" { (visitor.config.shop_name) " · as of " (moment(visitor.now, &visitor.zone())) " · " span data-live {} }
        }
        div class="board" {
            div class="live" id="live" data-refresh=(source) { (live) }
            aside class="side" aria-label="Figures" {
                (statuses(&labels))
                section class="card" aria-labelledby="days-title" {
                    div class="card-head" { h2 id="days-title" { "Orders per day" } span class="muted" { "last 30 days" } }
                    (line("days", "Orders per day", Unit::Count, &days.orders).figure())
                }
                (arrivals(held))
                (revenue(&days))
            }
            dialog id="order-dialog" class="order-dialog" aria-labelledby="dialog-title" {}
            section class="card wide" aria-labelledby="newest-title" {
                div class="card-head" { h2 id="newest-title" { "Latest changes" } a href="/console/orders" { "All orders" } }
                @if newest.orders.is_empty() {
                    div class="empty" {
                        p class="empty-title" { "No orders yet" }
                        p class="muted" { "They appear here as soon as the first one is placed or imported." }
                    }
                } @else {
                    (table("Orders that changed last", &newest.orders, visitor))
                }
            }
        }
    };
    let page =
        Page { title: "Dashboard", here: Here::Dashboard, look: Look::Calm, visitor: Some(visitor), flash: Flash::of(params.get("flash")) };
    Ok(page.draw(&body))
}

fn statuses(labels: &Labels) -> Markup {
    let rows: Vec<Bar> =
        labels.each().map(|(label, orders)| Bar { name: label.text().to_owned(), value: orders, class: status_class(label) }).collect();
    html! {
        section class="card" aria-labelledby="statuses-title" {
            div class="card-head" { h2 id="statuses-title" { "Orders by status" } }
            (bars("statuses", "Orders by status", Unit::Count, &rows).figure())
        }
    }
}

/// Whether orders came when their lanes had said.
fn arrivals(held: Calibration) -> Markup {
    let percent = |part: i64| (part.saturating_mul(200) / held.orders.max(1) + 1) / 2;
    html! {
        section class="card" aria-labelledby="arrivals-title" {
            div class="card-head" { h2 id="arrivals-title" { "Expected arrival" } span class="muted" { "last 3 months" } }
            @if held.orders > 0 {
                p id="held-p90" { "Promised by P90: held " strong { (percent(held.by_p90)) "%" } " of " (count(held.orders)) }
                p id="held-p50" class="muted" { "By P50: " (percent(held.by_p50)) "%" }
            } @else {
                p class="empty muted" { "No order has arrived yet whose lane was known when it left." }
            }
        }
    }
}

fn revenue(days: &Days) -> Markup {
    html! {
        section class="card" aria-labelledby="revenue-title" {
            div class="card-head" { h2 id="revenue-title" { "Revenue" } span class="muted" { "last 30 days" } a href="/console/figures" { "All figures" } }
            @if days.revenue.is_empty() { p class="empty muted" { "No revenue in the last 30 days." } }
            @for (index, revenue) in days.revenue.iter().take(CURRENCIES_MAX).enumerate() { (currency(index, revenue)) }
        }
    }
}

fn currency(index: usize, revenue: &Revenue) -> Markup {
    let title = format!("Revenue per day in {}", revenue.currency);
    html! {
        p class="figure-value" { (money(revenue.total_minor, revenue.currency)) }
        (sparkline(&format!("revenue-{index}"), &title, Unit::Money(revenue.currency), &revenue.days).figure())
    }
}
