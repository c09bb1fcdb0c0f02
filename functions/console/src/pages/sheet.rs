//! The shop's own sheet: how it stands, what is to be corrected in it, and having it read now.

use super::Params;
use crate::desk::Console;
use crate::flash::Flash;
use crate::form::Posted;
use crate::format::{ago, count};
use crate::icons;
use crate::layout::{Here, Look, Page, token};
use crate::visitor::{Visitor, see_other};
use app::Error;
use app::ports::SheetSettings;
use app::sheet::sync::SyncSheet;
use app::sheet::{RefusedLine, SheetStatus};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::Uri;
use maud::{Markup, html};
use std::sync::Arc;

/// `GET /console/sheet`
pub async fn show(State(console): State<Arc<Console>>, visitor: Visitor, uri: Uri) -> Response {
    let result = draw(&console, &visitor, &uri).await.map(IntoResponse::into_response);
    visitor.answer(result)
}

/// `POST /console/sheet`: has it read now.
pub async fn sync(State(console): State<Arc<Console>>, posted: Posted) -> Response {
    posted.visitor.answer(asked(&console, &posted.visitor).await)
}

async fn asked(console: &Console, visitor: &Visitor) -> Result<Response, Error> {
    visitor.require_write()?;
    SyncSheet::ask(&*console.sheet_queue, &visitor.scope, &visitor.config, &visitor.correlation).await?;
    Ok(see_other(&format!("/console/sheet?flash={}", Flash::SheetAsked.code())))
}

async fn draw(console: &Console, visitor: &Visitor, uri: &Uri) -> Result<Markup, Error> {
    let sheet = visitor.config.sheet.as_ref().ok_or(Error::NotFound("sheet"))?;
    let status = SyncSheet::status(&*console.reports, &visitor.scope).await?;
    let body = html! {
        div class="title" {
            h1 { "Sheet" }
            p class="muted" {
                @match status.at {
                    Some(at) => { "Last read " (ago(at, visitor.now, &visitor.zone())) },
                    None => "Not read yet",
                }
                @if !sheet.enabled { " · switched off, read on demand only" }
            }
        }
        @if let Some(why) = &status.error {
            p class="flash bad" role="alert" { (icons::WARNING.beside()) span { "The sheet could not be read: " (why) } }
        }
        ul class="stats" aria-label="Orders in the sheet" {
            (stat(icons::LIST, "Orders in it", status.orders))
            (stat(icons::BASKET, "New in the last run", status.placed))
            (stat(icons::BOLT, "Changed in the last run", status.updated))
            (stat(icons::WARNING, "To correct", status.refused_total))
        }
        section class="card" aria-labelledby="source-title" {
            div class="card-head" { h2 id="source-title" { "Where it is" } }
            (source(sheet))
            @if visitor.may_write() {
                form method="post" action="/console/sheet" {
                    (token(visitor))
                    button class="button primary" type="submit" { (icons::BOLT.beside()) "Read it now" }
                }
            }
        }
        (refused(&status))
    };
    let flash = Flash::of(Params::of(uri).get("flash"));
    Ok(Page { title: "Sheet", here: Here::Sheet, look: Look::Calm, visitor: Some(visitor), flash }.draw(&body))
}

fn stat(icon: icons::Icon, name: &str, value: usize) -> Markup {
    html! {
        li {
            div class="stat plain" {
                span class="stat-name" { (icon.beside()) (name) }
                span class="stat-value" { (count(i64::try_from(value).unwrap_or(i64::MAX))) }
            }
        }
    }
}

fn source(sheet: &SheetSettings) -> Markup {
    html! {
        dl class="facts" {
            dt { "Spreadsheet" }
            dd { a rel="noreferrer" href={ "https://docs.google.com/spreadsheets/d/" (sheet.spreadsheet_id) } { code { (sheet.spreadsheet_id) } } }
            dt { "Worksheet" }
            dd { @match &sheet.worksheet { Some(name) => (name), None => span class="muted" { "the first one" } } }
        }
        p class="hint" {
            @if sheet.enabled { "It is read every five minutes and never written." } @else { "It is read when somebody asks for it, and never written." }
            " A status typed into it is news of the order."
        }
    }
}

fn refused(status: &SheetStatus) -> Markup {
    html! {
        section class="card wide" aria-labelledby="rows-title" {
            div class="card-head" {
                h2 id="rows-title" { "Rows to correct" }
                @if status.refused_total > status.refused.len() { span class="muted" { "the first " (status.refused.len()) } }
            }
            @if status.refused.is_empty() {
                div class="empty" {
                    p class="empty-title" {
                        @if status.error.is_some() { "No rows were read" }
                        @else if status.at.is_none() { "Nothing is read yet" }
                        @else { "Every row is taken in" }
                    }
                    @if !status.unknown_columns.is_empty() {
                        p class="muted" { "Columns that are not read: " (status.unknown_columns.join(", ")) }
                    }
                }
            } @else {
                table class="orders" {
                    caption class="visually-hidden" { "Rows to correct" }
                    thead { tr { th scope="col" { "Line" } th scope="col" { "Order" } th scope="col" { "What is wrong" } } }
                    tbody { @for line in &status.refused { (row(line)) } }
                }
                @if !status.unknown_columns.is_empty() {
                    p class="card-foot" { "Columns that are not read: " (status.unknown_columns.join(", ")) }
                }
            }
        }
    }
}

fn row(line: &RefusedLine) -> Markup {
    html! {
        tr {
            th scope="row" { (line.line) }
            td { @match &line.number { Some(number) => (number), None => span class="muted" { "–" } } }
            td { ul { @for fault in &line.errors { li { @if !fault.field.is_empty() { b { (fault.field) } " " } (fault.message) } } } }
        }
    }
}
