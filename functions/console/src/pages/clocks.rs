//! By when an order has to be how far, and what became of that.

use crate::format::{age, moment};
use crate::icons::{self, Icon};
use crate::visitor::Visitor;
use domain::order::{Label, Order, SlaClock, SlaState};
use maud::{Markup, html};
use render::svg::status_class;

fn face(state: SlaState) -> (Icon, &'static str, String) {
    match state {
        SlaState::Running => (icons::CLOCK, "In time so far", status_class(Label::Processing)),
        SlaState::AtRisk => (icons::CLOCK, "At risk", status_class(Label::OnHold)),
        SlaState::Kept => (icons::TICK, "In time", status_class(Label::Delivered)),
        SlaState::Missed => (icons::CROSS, "Late", status_class(Label::Delayed)),
        SlaState::Void => (icons::CROSS, "Does not matter any more", status_class(Label::Cancelled)),
    }
}

/// Its clocks; nothing where the shop runs none.
pub(super) fn section(order: &Order, visitor: &Visitor) -> Markup {
    html! {
        @if !order.clocks.is_empty() {
            section class="card" aria-labelledby="clocks-title" {
                div class="card-head" { h2 id="clocks-title" { "Deadlines" } }
                dl class="facts" {
                    @for clock in &order.clocks {
                        dt { (clock.sla.text()) }
                        dd { (stands(clock, visitor)) }
                    }
                }
            }
        }
    }
}

fn stands(clock: &SlaClock, visitor: &Visitor) -> Markup {
    let (icon, word, class) = face(clock.state());
    let left = clock.left(visitor.now);
    // What makes it longer says why it is not due when one would expect.
    let mut why: Vec<&str> = clock.factors.iter().map(|factor| factor.as_str()).collect();
    why.extend((clock.held_s > 0).then_some("on hold"));
    html! {
        span class={ "pill " (class) } { (icon.beside()) (word) }
        p class="hint" {
            @match clock.state() {
                SlaState::Void => {},
                SlaState::Kept | SlaState::Missed if clock.ended_at.is_some() => { "by " (age(left.abs())) },
                SlaState::Missed => { "since " (moment(clock.due_at, &visitor.zone())) },
                _ => { (age(left.abs())) " left, until " (moment(clock.due_at, &visitor.zone())) },
            }
            @if !why.is_empty() { " (longer: " (why.join(", ")) ")" }
        }
    }
}
