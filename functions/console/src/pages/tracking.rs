//! `/order-tracking`: four numbers, every order that needs somebody with filters, and each one's progress in a dialog.

use super::queue::{fragment_of, row};
use super::{Params, decisions, order_id};
use crate::desk::Console;
use crate::figures::Labels;
use crate::flash::Flash;
use crate::form::encode;
use crate::format::{count, moment};
use crate::icons;
use crate::layout::{Here, Look, Page};
use crate::visitor::Visitor;
use app::Error;
use app::attention::{Case, Filter, Queue};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::order::{Concern, Label, OrderStatus, Track};
use http::{HeaderMap, Uri};
use jiff::SignedDuration;
use maud::{Markup, html};
use std::sync::Arc;

/// Rows shown; the rest is counted.
const ROWS_MAX: usize = 25;
/// Rows counted.
const COUNTED_MAX: usize = 300;
/// Ages offered, in hours.
const AGES: [i64; 4] = [24, 48, 72, 168];

/// What is shown.
struct Chosen {
    status: Option<OrderStatus>,
    concern: Option<Concern>,
    older_h: Option<i64>,
}

impl Chosen {
    fn of(params: &Params) -> Chosen {
        Chosen {
            status: params.get("status").and_then(OrderStatus::from_word).filter(|status| status.is_open()),
            concern: params.get("reason").and_then(Concern::of),
            older_h: params.get("age").and_then(|text| text.parse().ok()).filter(|hours| AGES.contains(hours)),
        }
    }

    fn query(&self) -> String {
        let pairs = [
            ("status", self.status.map(|status| status.as_str().to_owned())),
            ("reason", self.concern.map(|concern| concern.code().to_owned())),
            ("age", self.older_h.map(|hours| hours.to_string())),
        ];
        let said = pairs.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", encode(&value?))));
        let said: Vec<String> = said.collect();
        if said.is_empty() { String::new() } else { format!("?{}", said.join("&")) }
    }
}

/// `GET /order-tracking`
pub async fn show(State(console): State<Arc<Console>>, visitor: Visitor, uri: Uri) -> Response {
    let result = draw(&console, &visitor, &uri).await.map(IntoResponse::into_response);
    visitor.answer(result)
}

async fn draw(console: &Console, visitor: &Visitor, uri: &Uri) -> Result<Markup, Error> {
    let params = Params::of(uri);
    let chosen = Chosen::of(&params);
    let moved = match params.get("order").map(order_id) {
        Some(Ok(id)) => console.orders.load(&visitor.scope, &id).await?,
        _ => None,
    };
    let body = html! {
        @if let Some(order) = &moved { (decisions::undo(order, visitor, Some("tracking"))) }
        div class="title" {
            h1 { "Order tracking" }
            p class="muted" { (visitor.config.shop_name) " · as of " (moment(visitor.now, &visitor.zone())) " · " span data-live {} }
        }
        (filters(&chosen))
        div class="live" id="live" data-refresh={ "/console/tracking" (chosen.query()) } { (live(console, visitor, &chosen).await?) }
        dialog id="order-dialog" class="order-dialog" aria-labelledby="dialog-title" {}
    };
    let flash = Flash::of(params.get("flash"));
    Ok(Page { title: "Order tracking", here: Here::Tracking, look: Look::Calm, visitor: Some(visitor), flash }.draw(&body))
}

/// `GET /console/tracking`
pub async fn fragment(State(console): State<Arc<Console>>, visitor: Visitor, headers: HeaderMap, uri: Uri) -> Response {
    let chosen = Chosen::of(&Params::of(&uri));
    let result = live(&console, &visitor, &chosen).await.map(|body| fragment_of(body, &headers));
    visitor.answer(result)
}

async fn live(console: &Console, visitor: &Visitor, chosen: &Chosen) -> Result<Markup, Error> {
    let labels = Labels::load(&*console.metrics, &visitor.scope).await?;
    let filter = Filter { status: chosen.status, concern: chosen.concern, max_age_h: None };
    let shop = (&visitor.scope, &visitor.config);
    let queue = Queue::load(&*console.orders, shop, &filter, (None, COUNTED_MAX), visitor.now).await?;
    let old = |case: &&Case| chosen.older_h.is_none_or(|hours| case.age(visitor.now) >= SignedDuration::from_hours(hours));
    let cases: Vec<&Case> = queue.cases.iter().filter(old).collect();
    let narrowed = chosen.status.is_some() || chosen.concern.is_some() || chosen.older_h.is_some();
    Ok(html! {
        (cards(&labels))
        section class="card" id="attention" aria-labelledby="attention-title" {
            div class="card-head" {
                h2 id="attention-title" { "Orders Requiring Attention" }
                span class="count" { (count(cases.len() as i64)) }
            }
            @if cases.is_empty() {
                div class="empty" {
                    @if narrowed {
                        p class="empty-title" { "No order matches" }
                        p class="muted" { "Others may need somebody: " a href="/order-tracking" { "show all" } "." }
                    } @else {
                        p class="empty-title" { "All orders are on track! 🎉" }
                        p class="muted" { "Nothing is late, stuck or failed. This list looks again every 30 seconds." }
                    }
                }
            } @else {
                ol class="cases" data-rows { @for case in cases.iter().take(ROWS_MAX) { (row(visitor, case, "tracking")) } }
                @if cases.len() > ROWS_MAX || queue.next.is_some() {
                    p class="card-foot" {
                        "The " (ROWS_MAX.min(cases.len())) " longest waiting are shown. "
                        a href="/console/orders?status=open" { "All open orders" }
                    }
                }
            }
        }
    })
}

fn cards(labels: &Labels) -> Markup {
    let cards = [
        ("pending", "Pending", Label::Received, labels.of(Label::Received), "/order-tracking?status=pending"),
        (
            "processing",
            "Processing",
            Label::Processing,
            labels.of(Label::Processing) + labels.of(Label::ReadyToShip),
            "/order-tracking?status=processing",
        ),
        (
            "fulfilled",
            "Fulfilled",
            Label::Completed,
            labels.of(Label::Delivered) + labels.of(Label::Completed),
            "/console/orders?status=completed",
        ),
    ];
    html! {
        ul class="stats" aria-label="Orders now" {
            li {
                a class="stat" id="stat-total" href="/console/orders" {
                    span class="stat-name" { (icons::LIST.beside()) "Total orders" }
                    span class="stat-value" { (count(labels.total())) }
                }
            }
            @for (id, name, label, orders, href) in cards {
                li {
                    a class={ "stat " (render::svg::status_class(label)) } id={ "stat-" (id) } href=(href) {
                        span class="stat-name" { (icons::Icon::of(label).beside()) (name) }
                        span class="stat-value" { (count(orders)) }
                    }
                }
            }
        }
    }
}

fn filters(chosen: &Chosen) -> Markup {
    let open = OrderStatus::ALL.iter().copied().filter(|status| status.is_open());
    html! {
        form class="filters" method="get" action="/order-tracking" aria-label="Filter" {
            label for="filter-status" { "Status" }
            select id="filter-status" name="status" {
                option value="" { "any" }
                @for status in open { option value=(status) selected[chosen.status == Some(status)] { (crate::format::words(status)) } }
            }
            label for="filter-reason" { "Reason" }
            select id="filter-reason" name="reason" {
                option value="" { "any" }
                @for concern in Concern::ALL { option value=(concern.code()) selected[chosen.concern == Some(concern)] { (concern.text()) } }
            }
            label for="filter-age" { "Waiting" }
            select id="filter-age" name="age" {
                option value="" { "any time" }
                @for hours in AGES { option value=(hours) selected[chosen.older_h == Some(hours)] { (hours) " h or more" } }
            }
            button class="button small" type="submit" { "Show" }
        }
    }
}
