//! How the shop does over some days: what it earns, how long orders stay where, how often things go well.

mod exceptions;

use super::Params;
use crate::desk::Console;
use crate::format::{count, date, money, words};
use crate::icons;
use crate::layout::{Here, Look, Page};
use crate::visitor::Visitor;
use app::Error;
use app::analytics::{self, Business, Performance, Share, Span, business, performance};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::money::Money;
use domain::sla::{Day, Direction, Sla, trend};
use http::Uri;
use jiff::SignedDuration;
use maud::{Markup, html};
use std::sync::Arc;

/// Windows to choose from, in days.
const WINDOWS: [u16; 4] = [7, 30, 90, 365];

/// `GET /console/figures`
pub async fn show(State(console): State<Arc<Console>>, visitor: Visitor, uri: Uri) -> Response {
    let result = draw(&console, &visitor, &uri).await.map(IntoResponse::into_response);
    visitor.answer(result)
}

async fn draw(console: &Console, visitor: &Visitor, uri: &Uri) -> Result<Markup, Error> {
    let asked = Params::of(uri).get("days").and_then(|days| days.parse::<u16>().ok());
    let days = asked.filter(|days| WINDOWS.contains(days)).unwrap_or(30);
    let span = Span::back(days, visitor.now, &visitor.zone());
    let (earned, went) =
        (business(&*console.metrics, &visitor.scope, &span).await?, performance(&*console.metrics, &visitor.scope, &span).await?);
    let levels = analytics::service_levels(&*console.metrics, &visitor.scope, &span).await?;
    let wrong = app::exceptions::Figures::load(&*console.metrics, &visitor.scope, &span, &visitor.zone()).await?;
    let body = html! {
        div class="title" {
            h1 { "Figures" }
            p class="muted" { (date(span.first)) " to " (date(span.last)) ", counted as things happen" }
        }
        nav class="chips" aria-label="Days" {
            @for window in WINDOWS {
                a class="chip" href={ "/console/figures?days=" (window) } aria-current=[(window == days).then_some("page")] { (window) " days" }
            }
        }
        ul class="stats" aria-label={ "The last " (days) " days" } {
            (stat(icons::LIST, "Orders", &count(earned.orders)))
            (stat(icons::CLOCK, "Orders per hour", &tenths(earned.orders, span.seconds / 3_600)))
            (stat(icons::TICK, "Satisfied", &percent(earned.satisfied)))
            (stat(icons::RETURNED, "Came back", &percent(earned.returned)))
        }
        div class="halves" {
            (incomes(&earned, &span))
            (well(&went))
        }
        (confirmed(&went))
        (stays(&went))
        (service_levels(&levels))
        (exceptions::section(&wrong))
    };
    Ok(Page { title: "Figures", here: Here::Dashboard, look: Look::Calm, visitor: Some(visitor), flash: None }.draw(&body))
}

pub(super) fn stat(icon: icons::Icon, name: &str, value: &str) -> Markup {
    html! { li { div class="stat plain" { span class="stat-name" { (icon.beside()) (name) } span class="stat-value" { (value) } } } }
}

/// A share in percent; a dash of nothing.
pub(super) fn percent(share: Share) -> String {
    if share.of > 0 { format!("{} %", tenths(share.part.saturating_mul(100), share.of)) } else { "–".to_owned() }
}

/// A quotient with one decimal, half up.
fn tenths(part: i64, of: i64) -> String {
    let tenths = (part.saturating_mul(20) / of.max(1) + 1) / 2;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Without its currency, which stands at the head of its row.
fn amount(amount: Money) -> String {
    let text = money(amount.minor, amount.currency);
    text.rsplit_once(' ').map_or(text.clone(), |(number, _)| number.to_owned())
}

/// A table whose columns but the first are numbers.
pub(super) fn table(columns: &[&str], roomy: Option<&str>, rows: &Markup) -> Markup {
    html! {
        table class="items" {
            thead { tr {
                @for (index, column) in columns.iter().enumerate() {
                    th scope="col" class=[(index > 0).then_some(if roomy == Some(*column) { "number-cell roomy" } else { "number-cell" })] { (column) }
                }
            } }
            tbody { (rows) }
        }
    }
}

fn incomes(earned: &Business, span: &Span) -> Markup {
    html! {
        section class="card" aria-labelledby="earned-title" {
            div class="card-head" { h2 id="earned-title" { "What came in" } span class="muted" { "orders placed, cancelled ones included" } }
            @if earned.revenue.is_empty() {
                p class="empty muted" { "No orders in these days." }
            } @else {
                (table(&["Currency", "Orders", "Revenue", "Per order", "Per hour"], Some("Per hour"), &html! {
                        @for (currency, revenue) in &earned.revenue {
                            tr {
                                th scope="row" { (currency) }
                                td class="number-cell" { (count(revenue.orders)) }
                                td class="number-cell" { (amount(revenue.total)) }
                                td class="number-cell" { (revenue.per_order().map_or_else(|| "–".to_owned(), amount)) }
                                td class="number-cell roomy" { (amount(revenue.per_hour(span))) }
                            }
                        }
                }))
            }
        }
    }
}

fn well(went: &Performance) -> Markup {
    html! {
        section class="card" aria-labelledby="well-title" {
            div class="card-head" { h2 id="well-title" { "How often it goes well" } }
            (table(&["What", "Share", "Of"], None, &html! {
                    @for (provider, paid) in &went.payments { (share_row(&format!("Payments promised by {provider}"), *paid)) }
                    (share_row("Messages that arrived", went.messages))
                    (share_row("Moves that nobody had to make", went.automated))
            }))
        }
    }
}

fn share_row(name: &str, share: Share) -> Markup {
    html! {
        tr {
            th scope="row" { (name) }
            td class="number-cell" { (percent(share)) }
            td class="number-cell" { (count(share.of)) }
        }
    }
}

fn confirmed(went: &Performance) -> Markup {
    let within = |ms: Option<i64>| ms.map_or_else(|| "–".to_owned(), |ms| crate::format::brief(SignedDuration::from_millis(ms)));
    let [half, most, nearly_all] = went.confirmed.within_ms;
    html! {
        section class="card wide" aria-labelledby="confirmed-title" {
            div class="card-head" {
                h2 id="confirmed-title" { "From placed to confirmed" }
                span class="muted" { "within 1 %; orders that go through the workflow, of whole months, of 20 or more" }
            }
            @if went.confirmed.orders == 0 {
                p class="empty muted" { "No order was confirmed by itself in these days." }
            } @else {
                (table(&["Orders", "p50", "p95", "p99"], None, &html! {
                        tr {
                            th scope="row" { (count(went.confirmed.orders)) }
                            td class="number-cell" { (within(half)) }
                            td class="number-cell" { (within(most)) }
                            td class="number-cell" { (within(nearly_all)) }
                        }
                }))
            }
        }
    }
}

fn stays(went: &Performance) -> Markup {
    let within =
        |seconds: Option<i64>| seconds.map_or_else(|| "–".to_owned(), |seconds| crate::format::age(SignedDuration::from_secs(seconds)));
    html! {
        section class="card wide" aria-labelledby="stays-title" {
            div class="card-head" {
                h2 id="stays-title" { "How long orders stay" }
                span class="muted" { "within which they move on; of whole months, of 20 orders or more" }
            }
            @if went.stays.is_empty() {
                p class="empty muted" { "No order has moved on in these days." }
            } @else {
                (table(&["Status", "Orders", "Half", "95 %", "99 %"], None, &html! {
                        @for stay in &went.stays {
                            @let [half, most, nearly_all] = stay.within_s;
                            tr {
                                th scope="row" { (words(stay.status)) }
                                td class="number-cell" { (count(stay.left)) }
                                td class="number-cell" { (within(half)) }
                                td class="number-cell" { (within(most)) }
                                td class="number-cell" { (within(nearly_all)) }
                            }
                        }
                }))
            }
        }
    }
}

/// Nothing where no clock was ever due.
fn service_levels(levels: &[(Sla, Vec<Day>)]) -> Markup {
    html! {
        @if !levels.is_empty() {
            section class="card wide" aria-labelledby="sla-title" {
                div class="card-head" {
                    h2 id="sla-title" { "Service levels" }
                    span class="muted" { "by the day they were due; what is not done when its time is up is late" }
                }
                (table(&["What", "In time", "Due", "Late", "Trend"], Some("Trend"), &html! {
                        @for (sla, days) in levels {
                            @let kept = analytics::in_time(days);
                            tr {
                                th scope="row" { (sla.text()) }
                                td class="number-cell" { (percent(kept)) }
                                td class="number-cell" { (count(kept.of)) }
                                td class="number-cell" { (count(kept.of - kept.part)) }
                                td class="number-cell roomy" { (going(days)) }
                            }
                        }
                }))
            }
        }
    }
}

/// "+1.4 points a week", if that is more than chance.
fn going(days: &[Day]) -> String {
    match trend(days) {
        None => "–".to_owned(),
        Some(trend) if trend.direction == Direction::Steady => "steady".to_owned(),
        Some(trend) => {
            let sign = if trend.per_week_tenths < 0 { "−" } else { "+" };
            format!("{sign}{} points a week", tenths(trend.per_week_tenths.abs(), 10))
        }
    }
}
