//! What there is: the least first, what sells and what lies idle, and counting a shelf.

use super::figures::{percent, stat, table};
use super::{Params, pager};
use crate::desk::Console;
use crate::flash::Flash;
use crate::form::Posted;
use crate::format::{age, count};
use crate::icons;
use crate::layout::{Here, Look, Page, token};
use crate::visitor::{Visitor, see_other};
use app::analytics::Span;
use app::ports::{StockLevel, StockPage};
use app::stock::{CountedShelf, Inventory, Seller, inventory};
use app::{Context, Error};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::ids::{EventId, LocationId, Sku};
use domain::stock::StockGrade;
use domain::stock::count::Found;
use http::Uri;
use jiff::SignedDuration;
use maud::{Markup, html};
use std::sync::Arc;

/// Levels on a page.
const SHOWN: usize = 50;
/// Days that the figures beside the list are of.
const DAYS: u16 = 30;
/// Grades in the order in which they need somebody.
const GRADES: [(StockGrade, &str); 3] = [(StockGrade::Reorder, "Reorder"), (StockGrade::Low, "Low"), (StockGrade::Enough, "Enough")];

/// `GET /console/stock`
pub async fn show(State(console): State<Arc<Console>>, visitor: Visitor, uri: Uri) -> Response {
    let result = draw(&console, &visitor, &uri).await.map(IntoResponse::into_response);
    visitor.answer(result)
}

/// `POST /console/stock`: a shelf was counted.
pub async fn settle(State(console): State<Arc<Console>>, posted: Posted) -> Response {
    posted.visitor.answer(counted(&console, &posted).await)
}

async fn counted(console: &Console, posted: &Posted) -> Result<Response, Error> {
    let (visitor, fields) = (&posted.visitor, &posted.fields);
    visitor.require_write()?;
    let text = |name: &str| fields.get(name).unwrap_or_default();
    let shelf = Sku::parse(text("sku")).ok().zip(LocationId::parse(text("location")).ok()).zip(text("counted").parse().ok());
    let (Some(((sku, location), counted)), Ok(reference)) = (shelf, EventId::parse(text("reference"))) else {
        return Ok(back(Flash::BadCount));
    };
    let context = Context { scope: &visitor.scope, config: &visitor.config, by: &visitor.provenance() };
    let found = match console.count.run(context, &reference, &[CountedShelf { sku, location, counted }]).await {
        Err(Error::Invalid(_)) => return Ok(back(Flash::BadCount)),
        counted => counted?,
    };
    // The page was sent before: by going back, perhaps, with another number.
    if found.iter().any(|one| one.found.counted != i64::from(counted)) {
        return Ok(back(Flash::CountedBefore));
    }
    let missing: i64 = found.iter().map(|one| Found::missing(&one.found)).sum();
    Ok(back(if missing > 0 { Flash::CountedMissing } else { Flash::Counted }))
}

fn back(flash: Flash) -> Response {
    see_other(&format!("/console/stock?flash={}", flash.code()))
}

async fn draw(console: &Console, visitor: &Visitor, uri: &Uri) -> Result<Markup, Error> {
    let params = Params::of(uri);
    let grade = params.get("grade").and_then(StockGrade::from_word);
    let word = grade.map_or("all", StockGrade::as_str);
    let bound = format!("stock-{word}");
    let after = console.cursors.after(&visitor.scope, &bound, params.get("cursor"))?;
    let stock = &console.count.stock.stock;
    let page = stock.page(&visitor.scope, grade, after.as_ref(), SHOWN).await?;
    let next = console.cursors.next(&visitor.scope, &bound, page.next.as_ref())?;
    let figures = inventory(&**stock, &*console.metrics, &visitor.scope, &Span::back(DAYS, visitor.now, &visitor.zone())).await?;
    let places = |grade: StockGrade| count(figures.places.get(&grade).copied().unwrap_or(0) as i64);
    let listed = grade.map_or_else(|| "/console/stock".to_owned(), |grade| format!("/console/stock?grade={}", grade.as_str()));
    let chip = |href: &str, text: &str, here: bool| html! { a class="chip" href=(href) aria-current=[here.then_some("true")] { (text) } };
    let body = html! {
        div class="title" {
            h1 { "Stock" }
            p class="muted" { "What there is, the least first" }
            p {
                a class="button" href="/console/purchases" { (icons::BASKET.beside()) "Purchase orders" } " "
                a class="button" href="/console/prices" { (icons::PAPER.beside()) "Prices" }
            }
        }
        ul class="stats" aria-label="How the stock does" {
            (stat(icons::WARNING, "To be reordered", &places(StockGrade::Reorder)))
            (stat(icons::BOX, "Low", &places(StockGrade::Low)))
            (stat(icons::TICK, "Enough", &places(StockGrade::Enough)))
            (stat(icons::GLASS, "Books right", &percent(figures.accuracy)))
        }
        nav class="chips" aria-label="Which stock" {
            (chip("/console/stock", "All", grade.is_none()))
            @for (each, name) in GRADES { (chip(&format!("/console/stock?grade={}", each.as_str()), name, grade == Some(each))) }
        }
        (levels(&page))
        (pager(&listed, after.is_none(), next.as_deref()))
        div class="halves" {
            (sellers(&figures))
            (idle(&figures))
        }
        @if visitor.may_write() { (counting(visitor)) }
    };
    let flash = Flash::of(params.get("flash"));
    Ok(Page { title: "Stock", here: Here::Stock, look: Look::Calm, visitor: Some(visitor), flash }.draw(&body))
}

/// How much is left, as a word with its sign.
fn state(grade: StockGrade) -> Markup {
    html! {
        @match grade {
            StockGrade::Reorder => span class="state bad" { (icons::WARNING.beside()) "reorder" },
            StockGrade::Low => span class="state" { (icons::BOX.beside()) "low" },
            StockGrade::Enough => span class="state good" { (icons::TICK.beside()) "enough" },
        }
    }
}

fn levels(page: &StockPage) -> Markup {
    html! {
        section class="card wide" aria-labelledby="levels-title" {
            div class="card-head" { h2 id="levels-title" { "Levels" } @if !page.levels.is_empty() { span class="muted" { (count(page.levels.len() as i64)) } } }
            @if page.levels.is_empty() {
                div class="empty" {
                    p class="empty-title" { "Nothing here" }
                    p class="muted" { "Stock appears with its first delivery or count: POST /v1/inventory/{sku}/adjust, or the form below." }
                }
            } @else {
                table class="orders" {
                    caption class="visually-hidden" { "Stock by SKU and location, the least first" }
                    thead { tr {
                        th scope="col" { "SKU" } th scope="col" { "Location" } th scope="col" class="number-cell" { "Free" } th scope="col" class="number-cell roomy" { "Promised" }
                        th scope="col" class="number-cell roomy" { "On order" } th scope="col" { "State" }
                    } }
                    tbody { @for level in &page.levels { (row(level)) } }
                }
            }
        }
    }
}

fn row(level: &StockLevel) -> Markup {
    html! {
        tr {
            th scope="row" { (level.sku) }
            td { (level.location) }
            td class="number-cell" { (count(level.available)) }
            td class="number-cell roomy" { (count(level.reserved)) }
            td class="number-cell roomy" { (count(level.on_order)) }
            td { (state(level.grade)) }
        }
    }
}

fn sellers(figures: &Inventory) -> Markup {
    let lasts = |seller: &Seller| match seller.cover_days {
        Some(days) => age(SignedDuration::from_hours(24 * i64::try_from(days).unwrap_or(i64::MAX).min(10_000))),
        None => "–".to_owned(),
    };
    let turns = |seller: &Seller| seller.turns.map_or_else(|| "–".to_owned(), |turns| format!("{}.{}", turns / 100, turns % 100 / 10));
    html! {
        section class="card" aria-labelledby="sellers-title" {
            div class="card-head" { h2 id="sellers-title" { "What sells" } span class="muted" { "in " (DAYS) " days" } }
            @if figures.sellers.is_empty() {
                p class="empty muted" { "Nothing has left in these days." }
            } @else {
                (table(&["SKU", "Sold", "There", "Lasts", "Turns a year"], Some("Turns a year"), &html! {
                    @for seller in &figures.sellers {
                        tr {
                            th scope="row" { (seller.sku) }
                            td class="number-cell" { (count(seller.sold)) }
                            td class="number-cell" { (count(seller.on_hand)) }
                            td class="number-cell" { (lasts(seller)) }
                            td class="number-cell roomy" { (turns(seller)) }
                        }
                    }
                }))
            }
        }
    }
}

fn idle(figures: &Inventory) -> Markup {
    html! {
        section class="card" aria-labelledby="idle-title" {
            div class="card-head" { h2 id="idle-title" { "What lies idle" } span class="muted" { "nothing sold in " (DAYS) " days" } }
            @if figures.idle.is_empty() {
                p class="empty muted" { "Everything that lies there has sold." }
            } @else {
                (table(&["SKU", "Location", "Free"], None, &html! {
                    @for level in &figures.idle {
                        tr { th scope="row" { (level.sku) } td class="number-cell" { (level.location) } td class="number-cell" { (count(level.available)) } }
                    }
                }))
            }
        }
    }
}

fn counting(visitor: &Visitor) -> Markup {
    // The form's own name: sent twice it corrects once.
    let reference = format!("console:{}", visitor.now.as_millisecond());
    html! {
        details class="card asking" {
            summary { "Count a shelf" }
            form class="words" method="post" action="/console/stock" {
                (token(visitor))
                input type="hidden" name="reference" value=(reference);
                label for="count-sku" { "SKU" }
                input id="count-sku" name="sku" required maxlength="64" autocomplete="off";
                label for="count-location" { "Location" }
                input id="count-location" name="location" required maxlength="32" placeholder="main" autocomplete="off";
                label for="count-pieces" { "Pieces that lie there " span class="muted" { "(promised ones included)" } }
                input id="count-pieces" name="counted" type="number" required min="0" max="1000000000" inputmode="numeric";
                p class="row" { button class="button primary" type="submit" { (icons::TICK.beside()) "Correct the books" } }
            }
            p class="hint" { "What is promised to orders stays promised. A whole count goes to POST /v1/inventory-counts." }
        }
    }
}
