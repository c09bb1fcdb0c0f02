//! What is wrong with orders: the board, the most urgent first, and a part of each order's page.

use super::{Params, order_href, order_id, pager};
use crate::desk::Console;
use crate::flash::Flash;
use crate::form::Posted;
use crate::format::{age, ago, count, moment, money};
use crate::icons;
use crate::layout::{Here, Look, Page, token};
use crate::visitor::{Visitor, see_other};
use app::apply::Alongside;
use app::exceptions::{BULK_MAX, Board, Filter, each};
use app::ports::{ExceptionEntry, ExceptionsOf};
use app::{Context, Error};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::exception::{Bucket, Reason, Severity};
use domain::ids::{ExceptionId, OrderId};
use domain::order::exceptions::NOTE_CHARS_MAX;
use domain::order::{Command, Exception, ExceptionCommand, ExceptionStatus, Label, Order, Rejection};
use http::Uri;
use maud::{Markup, html};
use render::svg::status_class;
use std::sync::Arc;

/// Rows of the board.
const SHOWN: usize = 50;
/// What can be done about them.
const ACTS: [&str; 6] = ["start", "acknowledge", "release", "resolve", "reopen", "note"];
/// How fields are named that choose one.
const PICK: &str = "pick:";

/// `GET /console/exceptions`
pub async fn show(State(console): State<Arc<Console>>, visitor: Visitor, uri: Uri) -> Response {
    let result = draw(&console, &visitor, &uri).await.map(IntoResponse::into_response);
    visitor.answer(result)
}

/// `POST /console/exceptions`: does something about those that are chosen.
pub async fn settle(State(console): State<Arc<Console>>, posted: Posted) -> Response {
    posted.visitor.answer(settled(&console, &posted).await)
}

/// `POST /console/orders/{id}/exceptions`: says that something is wrong.
pub async fn report(State(console): State<Arc<Console>>, Path(id): Path<String>, posted: Posted) -> Response {
    posted.visitor.answer(reported(&console, &id, &posted).await)
}

/// Which of the board's views somebody looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    All,
    Mine,
    Among(Bucket),
    Ended,
}

impl View {
    const ALL: [View; 7] = [
        View::All,
        View::Mine,
        View::Among(Bucket::CriticalUrgent),
        View::Among(Bucket::HighImpact),
        View::Among(Bucket::SlaRisk),
        View::Among(Bucket::Standard),
        View::Ended,
    ];

    const fn word(self) -> &'static str {
        match self {
            View::All => "all",
            View::Mine => "mine",
            View::Among(bucket) => bucket.as_str(),
            View::Ended => "ended",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            View::All => "All open",
            View::Mine => "Mine",
            View::Among(bucket) => bucket.text(),
            View::Ended => "Ended",
        }
    }

    fn of(word: Option<&str>) -> View {
        word.and_then(|word| View::ALL.into_iter().find(|view| view.word() == word)).unwrap_or(View::All)
    }

    fn filter(self, me: &str) -> Filter {
        let bucket = if let View::Among(bucket) = self { Some(bucket) } else { None };
        Filter { bucket, assigned: (self == View::Mine).then(|| me.to_owned()), ..Filter::default() }
    }

    fn href(self) -> String {
        format!("/console/exceptions?view={}", self.word())
    }
}

async fn settled(console: &Console, posted: &Posted) -> Result<Response, Error> {
    let (visitor, fields) = (&posted.visitor, &posted.fields);
    visitor.require_write()?;
    let parse = |name: &str| {
        let (order, exception) = name.split_once('/')?;
        Some((OrderId::parse(order).ok()?, ExceptionId::parse(exception).ok()?))
    };
    let targets: Vec<(OrderId, ExceptionId)> = fields.beginning(PICK).filter_map(parse).take(BULK_MAX).collect();
    let page = match fields.get("from").map(OrderId::parse) {
        Some(Ok(order)) => order_href(&order),
        _ => View::of(fields.get("view")).href(),
    };
    let glue = if page.contains('?') { "&" } else { "?" };
    let back = |flash: Flash| see_other(&format!("{page}{glue}flash={}", flash.code()));
    if targets.is_empty() {
        return Ok(back(Flash::NoneChosen));
    }
    let by = visitor.identity.principal.clone();
    let note = fields.get("note").map(str::to_owned);
    if note.as_ref().is_some_and(|note| note.chars().count() > NOTE_CHARS_MAX) {
        return Ok(back(Flash::NoteTooLong));
    }
    let Some(what) = fields.get("do").filter(|what| ACTS.contains(what)) else { return Ok(back(Flash::NoneChosen)) };
    let rules = Box::new(visitor.config.exceptions.clone());
    let command = |id: ExceptionId| {
        let (by, note) = (by.clone(), note.clone());
        match what {
            "acknowledge" => ExceptionCommand::Acknowledge { id, by },
            "release" => ExceptionCommand::Assign { id, to: None, by },
            "resolve" => ExceptionCommand::Resolve { id, by, note },
            "reopen" => ExceptionCommand::Reopen { id, by, note, rules: rules.clone() },
            "note" => ExceptionCommand::Note { id, by, note: note.unwrap_or_default() },
            _ => ExceptionCommand::Start { id, by },
        }
    };
    let provenance = visitor.provenance();
    let context = Context { scope: &visitor.scope, config: &visitor.config, by: &provenance };
    let acts = targets.into_iter().map(|(order, id)| (order, command(id))).collect();
    let done = each(&console.auto.apply, context, acts).await;
    let (wanted, done_well) = (done.len(), done.iter().filter(|done| done.is_ok()).count());
    // What is wrong with ourselves is said as that.
    for failed in done {
        match failed {
            Ok(_) | Err(Error::Rejected(_) | Error::NotFound(_) | Error::Stale { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(back(match done_well {
        0 => Flash::ExceptionsNot,
        all if all == wanted => Flash::ExceptionsDone,
        _ => Flash::ExceptionsHalf,
    }))
}

async fn reported(console: &Console, id: &str, posted: &Posted) -> Result<Response, Error> {
    let (visitor, fields) = (&posted.visitor, &posted.fields);
    visitor.require_write()?;
    let id = order_id(id)?;
    let reason = fields.get("reason").and_then(Reason::of).ok_or(Error::NotFound("reason"))?;
    let note = fields.get("note").map(str::to_owned);
    let (by, rules) = (visitor.identity.principal.clone(), Box::new(visitor.config.exceptions.clone()));
    let command = Command::Exception(ExceptionCommand::Open { reason, note, by, rules });
    let provenance = visitor.provenance();
    let context = Context { scope: &visitor.scope, config: &visitor.config, by: &provenance };
    let flash = match console.auto.apply.run(context, &id, &command, Alongside::default()).await {
        Ok(_) => Flash::ExceptionOpened,
        Err(Error::Rejected(Rejection::BadText)) => Flash::NoteTooLong,
        Err(Error::Rejected(Rejection::ExceptionsOff)) => Flash::ExceptionsNot,
        Err(Error::Stale { .. }) => Flash::Stale,
        Err(error) => return Err(error),
    };
    Ok(see_other(&format!("{}?flash={}", order_href(&id), flash.code())))
}

async fn draw(console: &Console, visitor: &Visitor, uri: &Uri) -> Result<Markup, Error> {
    let params = Params::of(uri);
    let view = View::of(params.get("view"));
    let bound = format!("exceptions-{}", view.word());
    let after = console.cursors.after(&visitor.scope, &bound, params.get("cursor"))?;
    let (entries, next, as_of) = if view == View::Ended {
        let page = console.exceptions.page(&visitor.scope, ExceptionsOf::Ended, after.as_ref(), SHOWN).await?;
        (page.exceptions, page.next, visitor.now)
    } else {
        let filter = view.filter(&visitor.identity.principal);
        let board = Board::load(&*console.exceptions, &visitor.scope, &filter, (after.as_ref(), SHOWN), visitor.now).await?;
        (board.entries, board.next, board.as_of)
    };
    let next = console.cursors.next(&visitor.scope, &bound, next.as_ref())?;
    let body = html! {
        div class="title" {
            h1 { "Exceptions" }
            p class="muted" { "What is wrong with orders, the most urgent first" }
            nav class="chips" aria-label="Which exceptions" {
                @for one in View::ALL {
                    a class="chip" href=(one.href()) aria-current=[(one == view).then_some("true")] { (one.text()) }
                }
            }
        }
        section class="card wide" id="exceptions" aria-labelledby="board-title" {
            div class="card-head" {
                h2 id="board-title" { (view.text()) }
                @if !entries.is_empty() { span class="count" { (count(entries.len() as i64)) @if next.is_some() { "+" } } }
            }
            @if entries.is_empty() && next.is_some() { p class="empty muted" { "None of the most urgent ones; there are more." } }
            @else if entries.is_empty() { (nothing(visitor, view)) }
            @else if view == View::Ended { (ended(visitor, &entries)) }
            @else { (board(visitor, view, &entries, as_of)) }
        }
        (pager(&view.href(), after.is_none(), next.as_deref()))
    };
    let flash = Flash::of(params.get("flash"));
    Ok(Page { title: "Exceptions", here: Here::Exceptions, look: Look::Calm, visitor: Some(visitor), flash }.draw(&body))
}

fn nothing(visitor: &Visitor, view: View) -> Markup {
    html! {
        div class="empty" {
            p class="empty-title" { @if view == View::Ended { "Nothing has ended yet" } @else { "Nothing is wrong" } }
            p class="muted" {
                @if visitor.config.exceptions.enabled { "Missed deadlines, carriers' trouble, failed payments and what warehouses report stand here." }
                @else { "What goes wrong stands here once exceptions are switched on: exceptions.enabled in the settings." }
            }
        }
    }
}

fn board(visitor: &Visitor, view: View, entries: &[ExceptionEntry], as_of: jiff::Timestamp) -> Markup {
    let writes = visitor.may_write();
    html! {
        form method="post" action="/console/exceptions" {
            (token(visitor))
            input type="hidden" name="view" value=(view.word());
            table class="orders wrongs" data-rows {
                caption class="visually-hidden" { "Exceptions, the most urgent first" }
                thead { tr {
                    @if writes { th scope="col" { span class="visually-hidden" { "Choose" } } }
                    th scope="col" class="number-cell" { "Priority" }
                    th scope="col" { "What" }
                    th scope="col" { "Order" }
                    th scope="col" { "To resolve" }
                    th scope="col" class="roomy" { "In whose hands" }
                    th scope="col" class="number-cell spacious" { "Worth" }
                } }
                tbody { @for entry in entries { (row(visitor, entry, writes, as_of)) } }
            }
            @if writes {
                div class="row acts" {
                    span class="muted" { "Those that are ticked:" }
                    button class="button primary" type="submit" name="do" value="start" { "Take on" }
                    button class="button" type="submit" name="do" value="acknowledge" { "Seen" }
                    button class="button" type="submit" name="do" value="release" { "Give back" }
                    button class="button" type="submit" name="do" value="resolve" { (icons::TICK.beside()) "Resolve" }
                }
            }
        }
    }
}

fn row(visitor: &Visitor, entry: &ExceptionEntry, writes: bool, as_of: jiff::Timestamp) -> Markup {
    let exception = &entry.exception;
    let name = format!("{}/{}", entry.order, exception.id);
    html! {
        tr {
            @if writes {
                td { input type="checkbox" name={ (PICK) (name) } value="on" aria-label={ (exception.reason.text()) ", order " (entry.order) }; }
            }
            td class="number-cell" { strong class="points" { (exception.urgency(as_of)) } }
            td {
                (face(exception)) " " strong { (exception.reason.text()) }
                @if exception.count > 1 { " " span class="badge plain" { (exception.count) "×" } }
                @if exception.escalated { " " span class="late" { (icons::WARNING.beside()) "escalated" } }
                p class="hint" { (exception.why) }
            }
            th scope="row" { a class="number" data-row href=(order_href(&entry.order)) { (entry.order) } }
            td { (clock(visitor, exception)) }
            td class="roomy" { (hands(exception)) }
            td class="number-cell spacious" { (money(entry.total_minor, entry.currency)) }
        }
    }
}

/// How bad it is.
fn face(exception: &Exception) -> Markup {
    let class = match exception.severity {
        Severity::Critical => status_class(Label::Failed),
        Severity::High => status_class(Label::Delayed),
        Severity::Medium => status_class(Label::OnHold),
        Severity::Low => status_class(Label::Received),
    };
    html! { span class={ "pill " (class) } { (exception.severity.as_str()) } }
}

/// How long somebody has to resolve it.
fn clock(visitor: &Visitor, exception: &Exception) -> Markup {
    let left = exception.due_at.duration_since(visitor.now);
    html! {
        @if let Some(review) = &exception.review {
            a href="/console/reviews" { "waits for a review" } span class="visually-hidden" { " " (review) } br;
        }
        @if left.is_negative() { span class="late" { (icons::CLOCK.beside()) (age(left.abs())) " late" } }
        @else { span class="state" { (icons::CLOCK.beside()) (age(left)) " left" } }
    }
}

fn hands(exception: &Exception) -> Markup {
    html! {
        (exception.status.text())
        @if let Some(who) = &exception.assigned { br; span class="muted" { (who) } }
    }
}

fn ended(visitor: &Visitor, entries: &[ExceptionEntry]) -> Markup {
    html! {
        table class="orders" {
            caption class="visually-hidden" { "Exceptions that have ended, the latest first" }
            thead { tr {
                th scope="col" { "What" } th scope="col" { "Order" } th scope="col" { "How" } th scope="col" class="roomy" { "After" } th scope="col" class="roomy" { "When" }
            } }
            tbody {
                @for entry in entries {
                    @let exception = &entry.exception;
                    tr {
                        td { (face(exception)) " " strong { (exception.reason.text()) } p class="hint" { (exception.why) } }
                        th scope="row" { a class="number" href=(order_href(&entry.order)) { (entry.order) } }
                        td { (over(exception)) }
                        @if let Some(resolved) = &exception.resolved {
                            td class="roomy" { (age(resolved.at.duration_since(exception.opened_at))) }
                            td class="roomy muted" { (ago(resolved.at, visitor.now, &visitor.zone())) }
                        }
                    }
                }
            }
        }
    }
}

fn over(exception: &Exception) -> Markup {
    html! {
        @if let Some(resolved) = &exception.resolved {
            @let late = exception.in_time == Some(false);
            span class={ "state " (if late { "bad" } else { "good" }) } {
                (if late { icons::CLOCK } else { icons::TICK }.beside()) (resolved.how.text()) @if late { ", late" }
            }
            @if let Some(by) = &resolved.by { br; span class="muted" { (by) } }
        }
    }
}

/// What is wrong with an order, on its page; and the form by which somebody says so.
pub(super) fn section(order: &Order, visitor: &Visitor) -> Markup {
    let writes = visitor.may_write();
    if order.exceptions.is_empty() && !(writes && visitor.config.exceptions.enabled) {
        return html! {};
    }
    html! {
        section class="card" id="order-exceptions" aria-labelledby="exceptions-title" {
            div class="card-head" {
                h2 id="exceptions-title" { "Exceptions" }
                @let open = order.open_exceptions().count();
                @if open > 0 { span class="count" { (count(open as i64)) } }
            }
            @for exception in order.exceptions.iter().rev() { (wrong(exception, order, visitor, writes)) }
            @if writes { (reporting(order, visitor)) }
        }
    }
}

fn wrong(exception: &Exception, order: &Order, visitor: &Visitor, writes: bool) -> Markup {
    html! {
        div class="reviewed" {
            p {
                (face(exception)) " " strong { (exception.reason.text()) }
                @if exception.count > 1 { " " span class="badge plain" { (exception.count) "×" } }
                @if exception.escalated { " " span class="late" { (icons::WARNING.beside()) "escalated" } }
                @if exception.status.is_open() { " " (clock(visitor, exception)) } @else { " " (over(exception)) }
            }
            p class="because" { (exception.why) }
            p class="hint" {
                "since " (moment(exception.opened_at, &visitor.zone())) ", " (exception.status.text())
                @if let Some(who) = &exception.assigned { ", " (who) }
                @if let Some(note) = exception.reason.client_note() { " · customers may be told: “" (note) "”" }
            }
            @if writes { (acting(exception, order, visitor)) }
        }
    }
}

fn acting(exception: &Exception, order: &Order, visitor: &Visitor) -> Markup {
    let about = format!(" {} of order {}", exception.reason.text().to_lowercase(), order.id);
    let field = format!("note-{}", exception.id);
    let reopens = exception.may_reopen(visitor.now);
    let waits = exception.review.as_ref().is_some_and(|review| order.review(review).is_some_and(|review| review.is_open()));
    html! {
        @if exception.status.is_open() || reopens {
            form class="deciding" method="post" action="/console/exceptions" {
                (token(visitor))
                input type="hidden" name={ (PICK) (order.id) "/" (exception.id) } value="on";
                input type="hidden" name="from" value=(order.id);
                label for=(field) { "Note " span class="muted" { "(kept in the timeline)" } }
                textarea id=(field) name="note" rows="1" maxlength=(NOTE_CHARS_MAX) {}
                div class="row" {
                    @if reopens {
                        button class="button" type="submit" name="do" value="reopen" { "Take up again" span class="visually-hidden" { (about) } }
                    } @else {
                        @if exception.status != ExceptionStatus::InProgress || exception.assigned.as_ref() != Some(&visitor.identity.principal) {
                            button class="button primary" type="submit" name="do" value="start" { "Take on" span class="visually-hidden" { (about) } }
                        }
                        @if !waits {
                            button class="button" type="submit" name="do" value="resolve" { (icons::TICK.beside()) "Resolve" span class="visually-hidden" { (about) } }
                        }
                    }
                    button class="button quiet" type="submit" name="do" value="note" { "Only note" span class="visually-hidden" { (about) } }
                }
            }
        }
    }
}

fn reporting(order: &Order, visitor: &Visitor) -> Markup {
    html! {
        details class="asking" {
            summary { "Report something" }
            form method="post" action={ (order_href(&order.id)) "/exceptions" } {
                (token(visitor))
                label for="exception-reason" { "What is wrong" }
                select id="exception-reason" name="reason" {
                    @for reason in Reason::ALL { option value=(reason.code()) { (reason.text()) } }
                }
                label for="exception-note" { "Note " span class="muted" { "(kept in the timeline)" } }
                textarea id="exception-note" name="note" rows="2" maxlength=(NOTE_CHARS_MAX) {}
                div class="row" { button class="button" type="submit" { "Report" } }
            }
        }
    }
}
