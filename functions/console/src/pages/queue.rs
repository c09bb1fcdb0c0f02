//! The live part of the dashboard: stat cards and the queue. It is a fragment of its own that the script
//! fetches again every 30 seconds.

use super::{Params, order_href};
use crate::desk::Console;
use crate::figures::Labels;
use crate::format::{age, count, money};
use crate::icons::{self, pill};
use crate::layout::token;
use crate::visitor::Visitor;
use app::Error;
use app::attention::{Case, Filter, Queue};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::order::{Concern, Label, OrderStatus};
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use maud::{Markup, html};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Rows shown; the rest is counted.
const ROWS_MAX: usize = 12;
/// Rows counted.
const COUNTED_MAX: usize = 300;

/// `GET /console/attention`
pub async fn fragment(State(console): State<Arc<Console>>, visitor: Visitor, headers: HeaderMap, uri: Uri) -> Response {
    let result = answer(&console, &visitor, &headers, &uri).await;
    visitor.answer(result)
}

async fn answer(console: &Console, visitor: &Visitor, headers: &HeaderMap, uri: &Uri) -> Result<Response, Error> {
    let kind = Params::of(uri).get("reason").and_then(Concern::of);
    let labels = Labels::load(&*console.metrics, &visitor.scope).await?;
    Ok(fragment_of(live(console, visitor, &labels, kind).await?, headers))
}

/// A part of a page, or nothing if whoever asks has it.
pub(super) fn fragment_of(body: Markup, headers: &HeaderMap) -> Response {
    let body = body.into_string();
    let tag = format!("\"{}\"", hex::encode(&Sha256::digest(body.as_bytes())[..12]));
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let same = known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag));
    let mut response = if same {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], body).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("cookie"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// Cards and queue.
pub async fn live(console: &Console, visitor: &Visitor, labels: &Labels, kind: Option<Concern>) -> Result<Markup, Error> {
    let shop = (&visitor.scope, &visitor.config);
    let queue = Queue::load(&*console.orders, shop, &Filter::default(), (None, COUNTED_MAX), visitor.now).await?;
    Ok(html! {
        (cards(labels))
        (attention(visitor, &queue, kind))
    })
}

fn cards(labels: &Labels) -> Markup {
    let cards = [
        (Label::Received, "/console/orders?status=pending"),
        (Label::Processing, "/console/orders?status=processing"),
        (Label::InTransit, "/console/orders?status=shipped"),
        (Label::Delayed, "/console?reason=delayed"),
        (Label::Delivered, "/console/orders?status=delivered"),
    ];
    html! {
        ul class="stats" aria-label="Orders now" {
            li {
                a class="stat" id="stat-total" href="/console/orders" {
                    span class="stat-name" { (icons::LIST.beside()) "All orders" }
                    span class="stat-value" { (count(labels.total())) }
                }
            }
            @for (label, href) in cards {
                li {
                    @let id = format!("stat-{}", label.text().to_lowercase().replace(' ', "-"));
                    a class={ "stat " (render::svg::status_class(label)) } id=(id) href=(href) {
                        span class="stat-name" { (icons::Icon::of(label).beside()) (label.text()) }
                        span class="stat-value" { (count(labels.of(label))) }
                    }
                }
            }
        }
    }
}

fn attention(visitor: &Visitor, queue: &Queue, kind: Option<Concern>) -> Markup {
    let cases: Vec<&Case> = queue.of(kind).collect();
    html! {
        section class="card" id="attention" aria-labelledby="attention-title" {
            div class="card-head" {
                h2 id="attention-title" { "Orders requiring attention" }
                span class="count" { (count(cases.len() as i64)) }
            }
            @if queue.cases.is_empty() && queue.next.is_none() {
                div class="empty" {
                    p class="empty-title" { "All orders are on track! 🎉" }
                    p class="muted" { "Nothing is late, stuck or failed. This list looks again every 30 seconds." }
                }
            } @else {
                (filters(queue, kind))
                ol class="cases" data-rows {
                    @for case in cases.iter().take(ROWS_MAX) { (row(visitor, case, "queue")) }
                }
                @if cases.is_empty() { p class="empty muted" { "No order has this reason now." } }
                (rest(queue, cases.len()))
            }
        }
    }
}

fn filters(queue: &Queue, chosen: Option<Concern>) -> Markup {
    html! {
        nav class="chips" aria-label="Filter by reason" {
            a class="chip" id="reason-all" href="/console" aria-current=[chosen.is_none().then_some("true")] {
                "All " span class="chip-count" { (queue.cases.len()) }
            }
            @for kind in Concern::ALL {
                @let cases = queue.of(Some(kind)).count();
                @if cases > 0 || chosen == Some(kind) {
                    a class="chip" id={ "reason-" (kind.code()) } href={ "/console?reason=" (kind.code()) }
                        aria-current=[(chosen == Some(kind)).then_some("true")] {
                        (kind.text()) " " span class="chip-count" { (cases) }
                    }
                }
            }
        }
    }
}

/// A row. Whoever presses a button goes on with the page `from` which they did.
pub(super) fn row(visitor: &Visitor, case: &Case, from: &str) -> Markup {
    let order = &case.order;
    let by_mail = visitor.may_write() && !visitor.config.notify.open().is_empty() && order.customer.is_some();
    let by_rule = visitor.may_write() && matches!(order.status, OrderStatus::Pending | OrderStatus::Processing);
    html! {
        li class="case" {
            div class="case-main" {
                p class="case-title" {
                    a class="number" id={ "case-" (order.id) } data-row href=(order_href(&order.id)) { (order.id) }
                    (pill(order.label))
                    span class="age" { (age(visitor.now.duration_since(order.placed_at))) " ago" }
                }
                p class="case-who" {
                    span { (order.customer.as_deref().unwrap_or("Customer erased")) }
                    span class="amount" { (money(order.total_minor, order.currency)) }
                }
                ul class="reasons" {
                    @for held in &case.concerns {
                        li class={ "reason reason-" (held.concern.code()) } { (case.words(held.concern, visitor.now, visitor.today())) }
                    }
                }
            }
            div class="case-actions" {
                a class="button small" id={ "view-" (order.id) } href=(order_href(&order.id)) data-dialog={ (order_href(&order.id)) "/dialog" } {
                    "View Progress" span class="visually-hidden" { " order " (order.id) }
                }
                @if by_rule {
                    form method="post" action={ (order_href(&order.id)) "/auto-progress" } {
                        (token(visitor))
                        input type="hidden" name="notify" value="on";
                        input type="hidden" name="from" value=(from);
                        button class="button small tint" id={ "auto-" (order.id) } type="submit" data-key="e" {
                            (icons::BOLT.beside()) "Auto-Progress" span class="visually-hidden" { " order " (order.id) }
                        }
                    }
                }
                @if by_mail {
                    form method="post" action={ (order_href(&order.id)) "/notify" } {
                        (token(visitor))
                        input type="hidden" name="from" value=(from);
                        button class="button small" id={ "tell-" (order.id) } type="submit" {
                            (icons::MAIL.beside()) "Notify" span class="visually-hidden" { " the customer of order " (order.id) }
                        }
                    }
                }
            }
        }
    }
}

fn rest(queue: &Queue, cases: usize) -> Markup {
    html! {
        @if cases > ROWS_MAX || queue.next.is_some() {
            p class="card-foot" {
                @if cases > ROWS_MAX { "The " (ROWS_MAX) " longest waiting of " (cases) " are shown. " }
                @if queue.next.is_some() { "More orders wait than were counted. " }
                a href="/console/orders?status=open" { "All open orders" }
            }
        }
    }
}
