//! The daily export on the page of reports: its files, and having a day exported anew.

use crate::desk::Console;
use crate::flash::Flash;
use crate::form::Posted;
use crate::format::day;
use crate::icons;
use crate::layout::token;
use crate::visitor::{Visitor, see_other};
use app::Error;
use app::export::{ExportedFile, ORDERS, exported};
use axum::extract::{Path, State};
use axum::response::Response;
use jiff::SignedDuration;
use jiff::civil::Date;
use maud::{Markup, html};
use std::sync::Arc;

/// Files listed: a week of both tables.
const LISTED_MAX: usize = 14;
/// How long a file's address works; it is made when somebody clicks.
const LINK_VALID_FOR: SignedDuration = SignedDuration::from_mins(5);

/// `POST /console/exports`: has a day exported.
pub async fn make(State(console): State<Arc<Console>>, posted: Posted) -> Response {
    posted.visitor.answer(asked(&console, &posted).await)
}

async fn asked(console: &Console, posted: &Posted) -> Result<Response, Error> {
    let visitor = &posted.visitor;
    visitor.require_write()?;
    let flash = match posted.fields.get("day").and_then(|day| day.parse::<Date>().ok()) {
        None => Flash::BadExportDay,
        Some(day) => match console.wishes.export(&visitor.scope, &visitor.config, day, &visitor.correlation).await {
            Ok(()) => Flash::ExportAsked,
            Err(Error::Invalid(_)) => Flash::BadExportDay,
            Err(error) => return Err(error),
        },
    };
    Ok(see_other(&format!("/console/reports?flash={}", flash.code())))
}

/// `GET /console/exports/{day}/{table}/{part}`: the file itself, by an address that is made for this click.
pub async fn file(
    State(console): State<Arc<Console>>,
    Path((day, table, part)): Path<(String, String, String)>,
    visitor: Visitor,
) -> Response {
    let result = address(&console, &visitor, (&day, &table, &part)).await.map(|url| see_other(&url));
    visitor.answer(result)
}

async fn address(console: &Console, visitor: &Visitor, (day, table, part): (&str, &str, &str)) -> Result<String, Error> {
    let key = day.parse().ok().and_then(|day: Date| ExportedFile::named(table, day, part)).ok_or(Error::NotFound("export"))?;
    Ok(console.reports.link(&visitor.scope, &key.key, LINK_VALID_FOR).await?)
}

/// The part of the page about it.
///
/// # Errors
/// `Retryable`.
pub async fn draw(console: &Console, visitor: &Visitor) -> Result<Markup, Error> {
    let today = visitor.today();
    let files = exported(&*console.reports, &visitor.scope, (today, None), LISTED_MAX).await?;
    let is_daily = visitor.config.export.daily;
    Ok(html! {
        section class="card wide" aria-labelledby="exports-title" {
            div class="card-head" {
                h2 id="exports-title" { "Data for analyses" }
                span class="muted" { @if is_daily { "every day when it is over" } @else { "only when asked for" } }
            }
            @if visitor.may_write() { (wish(visitor)) }
            @if files.is_empty() {
                div class="empty" {
                    p class="empty-title" { "Nothing is exported yet" }
                    p class="muted" {
                        @if is_daily { "The first day is exported after " (format!("{:02}:00", visitor.config.report_hour)) "." }
                        @else { "Ask for a day, or have every day exported with the setting export.daily." }
                    }
                }
            } @else {
                (table(&files))
            }
        }
    })
}

fn wish(visitor: &Visitor) -> Markup {
    html! {
        form class="inline" method="post" action="/console/exports" {
            (token(visitor))
            div class="field" {
                label for="export-day" { "Day" }
                input id="export-day" name="day" type="date" required value=(visitor.today()) max=(visitor.today());
            }
            button class="button" type="submit" { (icons::BOLT.beside()) "Export it" }
        }
        p class="hint" {
            "The orders that changed on a day, as they stood when it ended (or now), and the day's figures: JSON Lines for Athena, Superset and the \
             like. Nothing in them says who an order is for. A day that was exported is written anew."
        }
    }
}

fn table(files: &[ExportedFile]) -> Markup {
    html! {
        table class="orders" {
            caption class="visually-hidden" { "Exports by day" }
            thead { tr { th scope="col" { "Day" } th scope="col" { "Rows" } th scope="col" class="number-cell" { "File" } } }
            tbody {
                @for file in files {
                    tr {
                        th scope="row" { (day(file.day)) }
                        td { @if file.table == ORDERS { "Orders" } @else { "Figures" } }
                        td class="number-cell" {
                            a href={ "/console/exports/" (file.day) "/" (file.table) "/" (file.part()) } {
                                (file.part()) span class="visually-hidden" { " of " (file.day) ", " (file.table) }
                            }
                        }
                    }
                }
            }
        }
    }
}
