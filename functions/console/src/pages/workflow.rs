//! An order's way through checks, reviews and stock, on its page.

use super::{order_href, reviews};
use crate::format::{count, moment};
use crate::icons;
use crate::layout::token;
use crate::visitor::Visitor;
use domain::fraud::{Assessment, RiskLevel};
use domain::order::review::{ReviewOutcome, WORDS_MAX};
use domain::order::saga::Ended;
use domain::order::{LineKind, Order, Review, ReviewKind};
use maud::{Markup, html};

/// Lines shown as evidence.
const LINES_SHOWN: usize = 4;

/// Where it stands on its way, and what people have to decide about it; nothing for an order that has neither.
pub fn section(order: &Order, visitor: &Visitor) -> Markup {
    if order.saga.is_none() && order.reviews.is_empty() && !visitor.may_write() {
        return html! {};
    }
    html! {
        section class="card" aria-labelledby="workflow-title" {
            div class="card-head" { h2 id="workflow-title" { "Checks and reviews" } (standing(order)) }
            @for review in order.reviews.iter().rev() { (reviewed(review, order, visitor)) }
            (evidence(order))
            @if visitor.may_write() { (asking(order, visitor)) }
        }
    }
}

fn standing(order: &Order) -> Markup {
    html! {
        @if let Some(saga) = &order.saga {
            @match saga.ended {
                None => span class="state" { (saga.step.text()) },
                Some(Ended::Completed) => span class="state good" { (icons::TICK.beside()) "done" },
                Some(Ended::Compensated) => span class="state" { (icons::BACK.beside()) "taken back" },
                Some(Ended::NeedsHuman) => span class="state bad" { (icons::WARNING.beside()) "needs a person" },
            }
        }
    }
}

fn reviewed(review: &Review, order: &Order, visitor: &Visitor) -> Markup {
    html! {
        div class="reviewed" {
            p {
                strong { (review.kind.text()) } " "
                @match &review.decided {
                    None => span class="state" { "open, due " (moment(review.due_at, &visitor.zone())) },
                    Some(decided) => {
                        @let class = match decided.outcome { ReviewOutcome::Approved => "state good", ReviewOutcome::Rejected => "state bad", ReviewOutcome::Withdrawn => "state" };
                        span class=(class) { (decided.outcome.code()) @if let Some(by) = &decided.by { " by " (by) } }
                    }
                }
            }
            p class="because" { (review.reason) }
            @if review.is_open() && visitor.may_write() { (reviews::deciding(visitor, review, order, "order")) }
        }
    }
}

/// What speaks for and against it: points, lines, countries, stock.
pub fn evidence(order: &Order) -> Markup {
    let lines: Vec<_> = order.lines.iter().filter(|line| line.kind != LineKind::Digital).collect();
    let held: u32 = order.saga.iter().flat_map(|saga| &saga.held).map(|held| held.quantity).sum();
    html! {
        @if let Some(saga) = &order.saga {
            @if let Some(assessment) = &saga.assessment { (points(assessment)) }
            dl class="facts" {
                dt { "Ordered" }
                dd {
                    @for line in lines.iter().take(LINES_SHOWN) { span class="line" { (line.quantity) " × " (line.sku) } " " }
                    @if lines.len() > LINES_SHOWN { span class="muted" { "and " (lines.len() - LINES_SHOWN) " more" } }
                    @if lines.is_empty() { span class="muted" { "nothing that is sent" } }
                }
                @if let Some(country) = &order.country { dt { "Goes to" } dd { (country) } }
                @if let Some(country) = &order.billing_country { dt { "Bill to" } dd { (country) } }
                @if held > 0 {
                    dt { "Set aside" }
                    dd {
                        @for held in saga.held.iter().take(LINES_SHOWN) { span class="line" { (held.quantity) " × " (held.sku) " at " (held.location) } " " }
                        @if saga.held.len() > LINES_SHOWN { span class="muted" { "and " (count((saga.held.len() - LINES_SHOWN) as i64)) " more" } }
                    }
                }
            }
        }
    }
}

fn points(assessment: &Assessment) -> Markup {
    let class = match assessment.level() {
        RiskLevel::Low => "risk low",
        RiskLevel::Medium => "risk medium",
        RiskLevel::High => "risk high",
        RiskLevel::Critical => "risk critical",
    };
    html! {
        div class=(class) {
            p class="risk-score" {
                span class="visually-hidden" { "Fraud score " }
                strong { (assessment.score) } span class="muted" { " of 100, " (assessment.level().code()) }
            }
            meter min="0" max="100" low="25" high="50" optimum="0" value=(assessment.score) aria-label="Fraud score" { (assessment.score) }
            @if assessment.points.is_empty() { p class="muted" { "Nothing speaks against it." } }
            @else {
                ul class="points" { @for point in &assessment.points { li { span class="point" { "+" (point.points) } " " (point.reason) } } }
            }
        }
    }
}

/// Has somebody else look.
fn asking(order: &Order, visitor: &Visitor) -> Markup {
    html! {
        details class="asking" {
            summary { "Ask for a review" }
            form method="post" action={ (order_href(&order.id)) "/reviews" } {
                (token(visitor))
                label for="review-kind" { "What is to be looked at" }
                select id="review-kind" name="kind" {
                    @for kind in [ReviewKind::CsEscalation, ReviewKind::Qc, ReviewKind::Fraud, ReviewKind::HighValue] {
                        option value=(kind.code()) { (kind.text()) @if !kind.holds_back() { " (holds nothing back)" } }
                    }
                }
                label for="review-why" { "Why" }
                textarea id="review-why" name="comment" rows="2" maxlength=(WORDS_MAX) required {}
                button class="button" type="submit" { (icons::PERSON.beside()) "Ask" }
            }
        }
    }
}
