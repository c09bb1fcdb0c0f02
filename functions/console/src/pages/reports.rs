//! The daily reports: the newest figures, the files of the last weeks, and having today's made now.

use super::{Params, exports};
use crate::desk::Console;
use crate::flash::Flash;
use crate::form::Posted;
use crate::format::{count, date, day};
use crate::icons;
use crate::layout::{Here, Look, Page, token};
use crate::visitor::{Visitor, see_other};
use app::Error;
use app::report::{DAILY, DELAYED, Filed, delayed_key, filed, headline, workbook_key};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::Uri;
use jiff::SignedDuration;
use jiff::civil::Date;
use maud::{Markup, html};
use std::sync::Arc;

/// Files listed: a month of both reports.
const LISTED_MAX: usize = 62;
/// How long a file's address works; it is made when somebody clicks.
const LINK_VALID_FOR: SignedDuration = SignedDuration::from_mins(5);

/// `GET /console/reports`
pub async fn show(State(console): State<Arc<Console>>, visitor: Visitor, uri: Uri) -> Response {
    let result = draw(&console, &visitor, &uri).await.map(IntoResponse::into_response);
    visitor.answer(result)
}

/// `POST /console/reports`: has one made.
pub async fn make(State(console): State<Arc<Console>>, posted: Posted) -> Response {
    posted.visitor.answer(asked(&console, &posted).await)
}

async fn asked(console: &Console, posted: &Posted) -> Result<Response, Error> {
    let visitor = &posted.visitor;
    visitor.require_write()?;
    let flash = match posted.fields.get("day").map(str::parse::<Date>).transpose() {
        Err(_) => Flash::BadDay,
        Ok(day) => match console.wishes.report(&visitor.scope, &visitor.config, day, &visitor.correlation).await {
            Ok(()) => Flash::ReportAsked,
            Err(Error::Invalid(_)) => Flash::BadDay,
            Err(error) => return Err(error),
        },
    };
    Ok(see_other(&format!("/console/reports?flash={}", flash.code())))
}

/// `GET /console/reports/{day}/{report}`: the file itself, by an address that is made for this click.
pub async fn file(State(console): State<Arc<Console>>, Path((day, report)): Path<(String, String)>, visitor: Visitor) -> Response {
    let result = address(&console, &visitor, &day, &report).await.map(|url| see_other(&url));
    visitor.answer(result)
}

async fn address(console: &Console, visitor: &Visitor, day: &str, report: &str) -> Result<String, Error> {
    let day: Date = day.parse().map_err(|_| Error::NotFound("report"))?;
    let key = match report {
        DAILY => workbook_key(day),
        DELAYED => delayed_key(day),
        _ => return Err(Error::NotFound("report")),
    };
    Ok(console.reports.link(&visitor.scope, &key, LINK_VALID_FOR).await?)
}

async fn draw(console: &Console, visitor: &Visitor, uri: &Uri) -> Result<Markup, Error> {
    let files = filed(&*console.reports, &visitor.scope, LISTED_MAX).await?;
    let newest = files.first().map(|file| file.day);
    let figures = match newest {
        Some(day) => headline(&*console.reports, &visitor.scope, day).await?,
        None => None,
    };
    let exports = exports::draw(console, visitor).await?;
    let body = html! {
        div class="title" {
            h1 { "Reports" }
            p class="muted" { "Made every day from " (format!("{:02}:00", visitor.config.report_hour)) ", " (visitor.config.time_zone) }
        }
        @if let Some(figures) = figures {
            ul class="stats" aria-label={ "Figures of " (figures.as_of) } {
                (stat(icons::LIST, "Orders", &count(i64::try_from(figures.total).unwrap_or(i64::MAX))))
                (stat(icons::CLOCK, "Delayed", &format!("{} %", figures.delayed_pct)))
                (stat(icons::WARNING, "SLA misses", &count(i64::try_from(figures.sla_missed).unwrap_or(i64::MAX))))
                (stat(icons::CALENDAR, "As of", &date(figures.as_of)))
            }
        }
        @if visitor.may_write() { (wish(visitor)) }
        section class="card wide" aria-labelledby="files-title" {
            div class="card-head" { h2 id="files-title" { "Files" } span class="muted" { "newest first" } }
            @if files.is_empty() {
                div class="empty" {
                    p class="empty-title" { "No report yet" }
                    p class="muted" { "The next one is made at " (format!("{:02}:00", visitor.config.report_hour)) ", or now, if you ask for it." }
                }
            } @else {
                (table(&files))
            }
        }
        (exports)
    };
    let flash = Flash::of(Params::of(uri).get("flash"));
    Ok(Page { title: "Reports", here: Here::Reports, look: Look::Calm, visitor: Some(visitor), flash }.draw(&body))
}

fn stat(icon: icons::Icon, name: &str, value: &str) -> Markup {
    html! {
        li { div class="stat plain" { span class="stat-name" { (icon.beside()) (name) } span class="stat-value" { (value) } } }
    }
}

fn wish(visitor: &Visitor) -> Markup {
    html! {
        section class="card" aria-labelledby="wish-title" {
            div class="card-head" { h2 id="wish-title" { "Make a report now" } }
            form class="inline" method="post" action="/console/reports" {
                (token(visitor))
                div class="field" {
                    label for="day" { "Day" }
                    input id="day" name="day" type="date" required value=(visitor.today()) max=(visitor.today());
                }
                button class="button primary" type="submit" { (icons::BOLT.beside()) "Make it" }
            }
            p class="hint" {
                "Today counts every order as it stands now, an earlier day as it stood when that day ended. A past day that has its report \
                 keeps it. Whoever gets the report gets it again only if it says something else."
            }
        }
    }
}

fn table(files: &[Filed]) -> Markup {
    html! {
        table class="orders" {
            caption class="visually-hidden" { "Reports by day" }
            thead { tr { th scope="col" { "Day" } th scope="col" { "Report" } th scope="col" class="number-cell" { "File" } } }
            tbody {
                @for file in files {
                    tr {
                        th scope="row" { (day(file.day)) }
                        td { (if file.report == DELAYED { "Delayed orders" } else { "Daily figures" }) }
                        td class="number-cell" {
                            a href={ "/console/reports/" (file.day) "/" (file.report) } {
                                @if file.report == DELAYED { "PDF" } @else { "Excel" }
                                span class="visually-hidden" { " of " (file.day) ", " (file.report) }
                            }
                        }
                    }
                }
            }
        }
    }
}
