//! What people have to decide: every open review with its evidence, and those that were decided.

use super::{Params, order_href, order_id, pager, workflow};
use crate::desk::Console;
use crate::flash::Flash;
use crate::form::Posted;
use crate::format::{ago, count, moment, money};
use crate::icons;
use crate::layout::{Here, Look, Page, token};
use crate::visitor::{Visitor, see_other};
use app::apply::Alongside;
use app::ports::{ReviewEntry, ReviewsOf};
use app::{Context, Error};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::ids::{OrderId, ReviewId};
use domain::order::review::{Priority, ReviewOutcome, WORDS_MAX};
use domain::order::{Command, Order, Rejection, Review, ReviewCommand, ReviewKind};
use http::Uri;
use jiff::SignedDuration;
use maud::{Markup, html};
use std::sync::Arc;

/// Reviews on a page. Each brings its order with it.
const SHOWN: usize = 20;

/// `GET /console/reviews`
pub async fn show(State(console): State<Arc<Console>>, visitor: Visitor, uri: Uri) -> Response {
    let result = draw(&console, &visitor, &uri).await.map(IntoResponse::into_response);
    visitor.answer(result)
}

/// `POST /console/orders/{id}/reviews`: takes a review on, decides it, or asks for one.
pub async fn settle(State(console): State<Arc<Console>>, Path(id): Path<String>, posted: Posted) -> Response {
    posted.visitor.answer(settled(&console, &id, &posted).await)
}

async fn settled(console: &Console, id: &str, posted: &Posted) -> Result<Response, Error> {
    let (visitor, fields) = (&posted.visitor, &posted.fields);
    visitor.require_write()?;
    let id = order_id(id)?;
    let by = visitor.identity.principal.clone();
    let comment = fields.get("comment").map(str::to_owned);
    if comment.as_ref().is_some_and(|comment| comment.chars().count() > WORDS_MAX) {
        return Ok(back(posted, &id, Flash::NoteTooLong));
    }
    let review = || ReviewId::parse(fields.get("review").unwrap_or_default()).map_err(|_| Error::NotFound("review"));
    let (command, done) = match fields.get("do") {
        Some("claim") => (ReviewCommand::Claim { id: review()?, by }, Flash::ReviewClaimed),
        Some("approve") => (ReviewCommand::Decide { id: review()?, approve: true, by, comment }, Flash::Approved),
        Some("reject") => (ReviewCommand::Decide { id: review()?, approve: false, by, comment }, Flash::Rejected),
        _ => {
            let kind = fields.get("kind").and_then(ReviewKind::of).ok_or(Error::NotFound("kind of review"))?;
            let hours = i64::from(visitor.config.workflow.review_within_h);
            let due_at = visitor.now.checked_add(SignedDuration::from_hours(hours)).unwrap_or(visitor.now);
            (ReviewCommand::Open { kind, note: comment.unwrap_or_default(), due_at }, Flash::ReviewOpened)
        }
    };
    let context = Context { scope: &visitor.scope, config: &visitor.config, by: &visitor.provenance() };
    let flash = match console.auto.apply.run(context, &id, &Command::Review(command.clone()), Alongside::default()).await {
        Ok(applied) if is_half(&command, &applied.order) => Flash::HalfApproved,
        Ok(_) => done,
        Err(Error::Rejected(Rejection::ReviewClaimed { .. })) => Flash::ReviewTaken,
        Err(Error::Rejected(Rejection::ReviewedBefore { .. })) => Flash::ReviewOver,
        Err(Error::Rejected(Rejection::NothingToDecide)) => Flash::ReviewOver,
        Err(Error::Rejected(Rejection::BadText)) => Flash::NoReason,
        Err(Error::Stale { .. }) => Flash::Stale,
        Err(error) => return Err(error),
    };
    Ok(back(posted, &id, flash))
}

/// They said yes, and another has to as well.
fn is_half(command: &ReviewCommand, order: &Order) -> bool {
    let ReviewCommand::Decide { id, approve: true, .. } = command else { return false };
    order.review(id).is_some_and(Review::is_open)
}

fn back(posted: &Posted, id: &OrderId, flash: Flash) -> Response {
    let page = if posted.fields.get("from") == Some("reviews") { "/console/reviews".to_owned() } else { order_href(id) };
    see_other(&format!("{page}?flash={}", flash.code()))
}

async fn draw(console: &Console, visitor: &Visitor, uri: &Uri) -> Result<Markup, Error> {
    let params = Params::of(uri);
    let is_open = params.get("state") != Some("decided");
    let bound = if is_open { "reviews-open" } else { "reviews-decided" };
    let after = console.cursors.after(&visitor.scope, bound, params.get("cursor"))?;
    let (list, next) = if is_open {
        let stores = (&*console.reviews, &*console.orders);
        let (waiting, next) = app::reviews::open(stores, &visitor.scope, after.as_ref(), SHOWN).await?;
        (open(visitor, &waiting), next)
    } else {
        let page = console.reviews.page(&visitor.scope, ReviewsOf::Decided, after.as_ref(), SHOWN).await?;
        (decided(visitor, &page.reviews), page.next)
    };
    let next = console.cursors.next(&visitor.scope, bound, next.as_ref())?;
    let tab = |state: &str, text: &str, here: bool| {
        html! { a class="chip" href={ "/console/reviews?state=" (state) } aria-current=[here.then_some("true")] { (text) } }
    };
    let body = html! {
        div class="title" {
            h1 { "Reviews" }
            p class="muted" { "What a person has to decide before an order goes on" }
            nav class="chips" aria-label="Which reviews" {
                (tab("open", "Open", is_open))
                (tab("decided", "Decided", !is_open))
            }
        }
        (list)
        (pager(&format!("/console/reviews?state={}", if is_open { "open" } else { "decided" }), after.is_none(), next.as_deref()))
    };
    let flash = Flash::of(params.get("flash"));
    Ok(Page { title: "Reviews", here: Here::Reviews, look: Look::Calm, visitor: Some(visitor), flash }.draw(&body))
}

fn open(visitor: &Visitor, open: &[(Review, Order)]) -> Markup {
    html! {
        @if open.is_empty() {
            section class="card" aria-label="Reviews" {
                div class="empty" {
                    p class="empty-title" { "Nothing to decide" }
                    p class="muted" {
                        @if visitor.config.workflow.enabled { "Large and suspicious orders, and those there is not enough stock for, wait here for a person." }
                        @else { "Orders wait here once checks are switched on: workflow.enabled in the settings." }
                    }
                }
            }
        } @else {
            ol class="reviews" { @for (review, order) in open { li { (card(visitor, review, order)) } } }
        }
    }
}

/// One review with its evidence, and what can be done about it.
fn card(visitor: &Visitor, review: &Review, order: &Order) -> Markup {
    let id = format!("{}-{}", order.id, review.id);
    html! {
        section class="card review" aria-labelledby=(id) {
            div class="card-head" {
                h2 id=(id) { (review.kind.text()) ": order " a href=(order_href(&order.id)) { (order.id) } }
                (urgency(review))
                span class="review-total" { (money(order.totals.total_minor, order.totals.currency)) }
            }
            p class="because" { (review.reason) }
            p class="muted" {
                "Due " (moment(review.due_at, &visitor.zone()))
                @if review.due_at < visitor.now { " " span class="late" { (icons::CLOCK.beside()) "overdue" } }
                " · open since " (ago(review.opened_at, visitor.now, &visitor.zone()))
                @if review.needs > 1 { " · needs " (review.needs) " people" }
                @if !review.approvals.is_empty() { ", approved by " (review.approvals.join(", ")) }
                @if let Some(by) = review.claimed_by(visitor.now) { " · " (by) " works on it" }
            }
            div class="review-parts" {
                (workflow::evidence(order))
                @if visitor.may_write() { (deciding(visitor, review, order, "reviews")) }
            }
        }
    }
}

fn urgency(review: &Review) -> Markup {
    html! {
        @match review.priority {
            Priority::Urgent => span class="state bad" { (icons::WARNING.beside()) "urgent" },
            Priority::High => span class="state" { "high" },
            Priority::Normal => span class="state" { "normal" },
        }
    }
}

/// The form that decides a review. `from` names the page that the person goes on with.
pub fn deciding(visitor: &Visitor, review: &Review, order: &Order, from: &str) -> Markup {
    let about = format!(" {} of order {}", review.kind.text().to_lowercase(), order.id);
    let field = format!("comment-{}-{}", order.id, review.id);
    let mine = review.claimed_by(visitor.now) == Some(visitor.identity.principal.as_str());
    html! {
        form class="deciding" method="post" action={ (order_href(&order.id)) "/reviews" } {
            (token(visitor))
            input type="hidden" name="review" value=(review.id);
            input type="hidden" name="from" value=(from);
            label for=(field) { "Comment " span class="muted" { "(kept in the timeline)" } }
            textarea id=(field) name="comment" rows="2" maxlength=(WORDS_MAX) {}
            div class="row" {
                button class="button primary" type="submit" name="do" value="approve" { (icons::TICK.beside()) "Approve" span class="visually-hidden" { (about) } }
                @let sure = if review.kind.decides_order() { format!("Order {}: really call it off?", order.id) } else { format!("Order {}: really reject?", order.id) };
                button class="button danger" type="submit" name="do" value="reject" data-confirm=(sure) { (icons::CROSS.beside()) "Reject" span class="visually-hidden" { (about) } }
                @if !mine { button class="button quiet" type="submit" name="do" value="claim" { "Take on" span class="visually-hidden" { (about) } } }
            }
            @if review.kind.decides_order() { p class="hint" { "Rejected, the order is cancelled, gives back what was set aside for it, and its customer is told." } }
        }
    }
}

fn decided(visitor: &Visitor, reviews: &[ReviewEntry]) -> Markup {
    html! {
        section class="card wide" aria-labelledby="decided-title" {
            div class="card-head" { h2 id="decided-title" { "Decided" } @if !reviews.is_empty() { span class="muted" { (count(reviews.len() as i64)) } } }
            @if reviews.is_empty() {
                div class="empty" { p class="empty-title" { "Nothing has been decided yet" } }
            } @else {
                table class="orders" {
                    caption class="visually-hidden" { "Reviews that were decided, the latest first" }
                    thead { tr {
                        th scope="col" { "Order" } th scope="col" { "Review" } th scope="col" class="number-cell roomy" { "Total" } th scope="col" { "Decision" } th scope="col" class="roomy" { "By" } th scope="col" class="roomy" { "When" }
                    } }
                    tbody { @for entry in reviews { (past(visitor, entry)) } }
                }
            }
        }
    }
}

fn past(visitor: &Visitor, entry: &ReviewEntry) -> Markup {
    let ReviewEntry { order, review, total_minor, currency, .. } = entry;
    html! {
        tr {
            th scope="row" { a href=(order_href(order)) { (order) } }
            td { (review.kind.text()) br; span class="muted" { (review.reason) } }
            td class="number-cell roomy" { (money(*total_minor, *currency)) }
            @if let Some(decided) = &review.decided {
                td {
                    @match decided.outcome {
                        ReviewOutcome::Approved => span class="state good" { (icons::TICK.beside()) "approved" },
                        ReviewOutcome::Rejected => span class="state bad" { (icons::CROSS.beside()) "rejected" },
                        ReviewOutcome::Withdrawn => span class="state" { "withdrawn" },
                    }
                }
                td class="roomy" { (decided.by.as_deref().unwrap_or("–")) }
                td class="roomy" { (ago(decided.at, visitor.now, &visitor.zone())) }
            }
        }
    }
}
