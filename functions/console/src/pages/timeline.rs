//! What happened to an order, newest first.

use super::{photos, then};
use crate::format::{ago, moment, words};
use crate::icons::{self, Icon};
use crate::visitor::Visitor;
use app::ports::Dossier;
use domain::order::{
    Cause, ExceptionEvent, Label, MoneyEvent, Order, OrderEvent, OrderStatus, Recorded, ReviewEvent, ReviewOutcome, SagaEvent, SlaState,
    Tracks,
};
use maud::{Markup, html};

/// Changes shown above the fold, before the first one of all.
const NEWEST: usize = 3;

/// The timeline. The middle of a long one is folded away.
pub fn section(dossier: &Dossier, visitor: &Visitor) -> Markup {
    let order = &dossier.order;
    let newest_first: Vec<&Recorded> = dossier.history.iter().rev().collect();
    let fold = newest_first.len() > NEWEST + 2;
    let (top, middle, bottom): (&[&Recorded], &[&Recorded], &[&Recorded]) = if fold {
        let (top, rest) = newest_first.split_at(NEWEST);
        let (middle, bottom) = rest.split_at(rest.len() - 1);
        (top, middle, bottom)
    } else {
        (&newest_first, &[], &[])
    };
    html! {
        section class="card" aria-labelledby="timeline-title" {
            div class="card-head" {
                h2 id="timeline-title" { "Timeline" }
                span class="count" { (newest_first.len()) }
                a href={ (super::order_href(&order.id)) "/audit" } { "Check it" span class="visually-hidden" { ": is the history as it was written?" } }
            }
            ol class="timeline" { @for commit in top { (entry(order, commit, visitor)) } }
            @if !middle.is_empty() {
                details class="fold" {
                    summary { "Show " (middle.len()) " more changes" }
                    ol class="timeline" { @for commit in middle { (entry(order, commit, visitor)) } }
                }
                ol class="timeline" { @for commit in bottom { (entry(order, commit, visitor)) } }
            }
        }
    }
}

fn entry(order: &Order, commit: &Recorded, visitor: &Visitor) -> Markup {
    let lead = lead(&commit.events);
    let (icon, name, class) = lead.map_or((icons::DOT, "Change", String::new()), face);
    let others = commit.events.iter().filter(|event| lead.is_none_or(|lead| !std::ptr::eq(lead, *event)));
    html! {
        li class={ "entry " (class) } {
            span class="entry-icon" { (icon.named(name)) }
            div class="entry-body" {
                @if let Some(lead) = lead { (headline(order, lead)) }
                ul class="entry-more" { @for event in others { li { (event.in_words().replace('_', " ")) } } }
                p class="entry-meta" {
                    @if commit.actor.is_automatic() { span class="badge" { (icons::BOLT.beside()) "Auto" } }
                    span { (commit.actor.in_words()) }
                    span { (moment(commit.at, &visitor.zone())) " · " (ago(commit.at, visitor.now, &visitor.zone())) }
                    a href=(then::href(&order.id, commit.at)) { "v" (commit.version) span class="visually-hidden" { ": the order as it was then" } }
                    code class="trace" title="Trace id" { (commit.correlation) }
                }
            }
        }
    }
}

/// The event a person would tell first.
fn lead(events: &[OrderEvent]) -> Option<&OrderEvent> {
    let weight = |event: &OrderEvent| match event {
        OrderEvent::Placed { .. } => 0,
        OrderEvent::StatusChanged { .. }
        | OrderEvent::StatusCorrected { .. }
        | OrderEvent::StatusUndone { .. }
        | OrderEvent::Reconciled { .. } => 1,
        OrderEvent::ContactErased
        | OrderEvent::NotifyRequested { .. }
        | OrderEvent::AttentionRaised { .. }
        | OrderEvent::PhotoAdded { .. }
        | OrderEvent::Review { .. }
        | OrderEvent::Exceptions { .. }
        | OrderEvent::DecisionJudged { .. } => 2,
        OrderEvent::Saga { event: SagaEvent::Began { .. } | SagaEvent::Entered { .. } } => 8,
        OrderEvent::Money {
            event:
                MoneyEvent::Looked { .. } | MoneyEvent::Woken | MoneyEvent::Away | MoneyEvent::Reported { .. } | MoneyEvent::Opened { .. },
        } => 8,
        OrderEvent::Return { .. } | OrderEvent::LinesCancelled { .. } => 1,
        OrderEvent::Saga { .. } | OrderEvent::Money { .. } | OrderEvent::Fulfilment { .. } => 3,
        OrderEvent::DelayNoticed { .. } | OrderEvent::DelayCleared => 3,
        OrderEvent::TrackingChanged { .. } => 4,
        OrderEvent::PaymentChanged { .. } => 5,
        OrderEvent::FulfilmentChanged { .. } => 6,
        OrderEvent::EtaChanged { .. } => 7,
        OrderEvent::Rated { .. } => 3,
        OrderEvent::Replied { .. } => 2,
        OrderEvent::FactHeard { .. }
        | OrderEvent::Sla { .. }
        | OrderEvent::CustomerTold { .. }
        | OrderEvent::NotReached { .. }
        | OrderEvent::TimerSet { .. }
        | OrderEvent::TimerFired { .. }
        | OrderEvent::TimersCancelled { .. } => 8,
    };
    events.iter().min_by_key(|event| weight(event))
}

fn label_of(status: OrderStatus) -> Label {
    Tracks { status, ..Tracks::default() }.label()
}

/// Icon, its name, and the class that colours it.
fn face(event: &OrderEvent) -> (Icon, &'static str, String) {
    let status = |status: OrderStatus| {
        let label = label_of(status);
        (Icon::of(label), label.text(), render::svg::status_class(label))
    };
    match event {
        OrderEvent::Placed { .. } => (icons::BASKET, "Placed", render::svg::status_class(Label::Received)),
        OrderEvent::StatusChanged { to, .. }
        | OrderEvent::StatusCorrected { to, .. }
        | OrderEvent::StatusUndone { to, .. }
        | OrderEvent::Reconciled { to, .. } => status(*to),
        OrderEvent::DecisionJudged { agrees: true, .. } => (icons::TICK, "Agreed with a rule", String::new()),
        OrderEvent::DecisionJudged { .. } => (icons::CROSS, "Disagreed with a rule", String::new()),
        OrderEvent::DelayNoticed { .. } => (icons::CLOCK, "Delayed", render::svg::status_class(Label::Delayed)),
        OrderEvent::DelayCleared => (icons::TICK, "No longer delayed", String::new()),
        OrderEvent::TrackingChanged { .. } => (icons::VAN, "Parcel", render::svg::status_class(Label::InTransit)),
        OrderEvent::PaymentChanged { .. } | OrderEvent::Money { .. } => (icons::COIN, "Payment", String::new()),
        OrderEvent::FulfilmentChanged { .. } | OrderEvent::Fulfilment { .. } => (icons::BOX, "Warehouse", String::new()),
        OrderEvent::LinesCancelled { .. } => (icons::CROSS, "Called off", render::svg::status_class(Label::Cancelled)),
        OrderEvent::Return { .. } => (icons::BACK, "Return", String::new()),
        OrderEvent::EtaChanged { .. } => (icons::CALENDAR, "Promised day", String::new()),
        OrderEvent::ContactErased => (icons::PERSON, "Customer", String::new()),
        OrderEvent::PhotoAdded { .. } => (icons::CAMERA, "Photo", String::new()),
        OrderEvent::Replied { .. } => (icons::BUBBLE, "Customer wrote", String::new()),
        OrderEvent::Rated { .. } => (icons::PERSON, "Customer's word", String::new()),
        OrderEvent::TimerSet { .. } => (icons::CLOCK, "Later", String::new()),
        OrderEvent::TimerFired { .. } => (icons::CLOCK, "Its time has come", String::new()),
        OrderEvent::TimersCancelled { .. } => (icons::CROSS, "Not sent later", String::new()),
        OrderEvent::NotifyRequested { label, .. } => (icons::MAIL, "Customer message", render::svg::status_class(*label)),
        OrderEvent::AttentionRaised { .. } => (icons::CLOCK, "Needs a person", render::svg::status_class(Label::Delayed)),
        OrderEvent::NotReached { .. } => (icons::CROSS, "Not delivered", render::svg::status_class(Label::Delayed)),
        OrderEvent::Review { event: ReviewEvent::Decided { outcome: ReviewOutcome::Approved, .. } | ReviewEvent::Approved { .. } } => {
            (icons::TICK, "Approved", String::new())
        }
        OrderEvent::Review { event: ReviewEvent::Decided { .. } } => (icons::CROSS, "Review over", String::new()),
        OrderEvent::Review { .. } => (icons::PERSON, "Review", render::svg::status_class(Label::OnHold)),
        OrderEvent::Saga { event } if event.stock().is_some() => (icons::BOX, "Stock", String::new()),
        OrderEvent::Saga { event: SagaEvent::Screened { .. } } => (icons::TICK, "Checked", String::new()),
        OrderEvent::Saga { .. } => (icons::BOLT, "Workflow", String::new()),
        OrderEvent::CustomerTold { .. } => (icons::MAIL, "Customer told", String::new()),
        OrderEvent::Sla { event } if event.clocks.iter().any(|clock| clock.state() == SlaState::Missed) => {
            (icons::CLOCK, "Deadline missed", render::svg::status_class(Label::Delayed))
        }
        OrderEvent::Sla { .. } => (icons::CLOCK, "Deadlines", String::new()),
        OrderEvent::Exceptions { changes } if changes.iter().any(|change| matches!(change, ExceptionEvent::Opened { .. })) => {
            (icons::WARNING, "Exception", render::svg::status_class(Label::Delayed))
        }
        OrderEvent::Exceptions { changes } if changes.iter().all(|change| matches!(change, ExceptionEvent::Resolved { .. })) => {
            (icons::TICK, "Exception over", String::new())
        }
        OrderEvent::Exceptions { .. } => (icons::WARNING, "Exception", String::new()),
        OrderEvent::FactHeard { .. } => (icons::DOT, "News", String::new()),
    }
}

fn headline(order: &Order, event: &OrderEvent) -> Markup {
    html! {
        @match event {
            OrderEvent::StatusChanged { from, to, via, cause, notify, .. } => {
                p class="entry-title" {
                    (words(*from)) " → " strong { (words(*to)) }
                    @if !via.is_empty() { span class="muted" { " by way of " (passing(via)) } }
                    @if *notify { span class="badge plain" { (icons::MAIL.beside()) "Customer message" } }
                }
                (why(cause))
            },
            OrderEvent::StatusUndone { from, to, note, .. } => {
                p class="entry-title" { "Undone: " (words(*from)) " → " strong { (words(*to)) } }
                @if let Some(note) = note { p class="note" { (note) } }
            },
            OrderEvent::StatusCorrected { from, to, reason, .. } => {
                p class="entry-title" { "Corrected: " (words(*from)) " → " strong { (words(*to)) } }
                p class="note" { (reason) }
            },
            OrderEvent::TrackingChanged { from, to } => (track("Parcel", &words(*from), &words(*to))),
            OrderEvent::PaymentChanged { from, to } => (track("Payment", &words(*from), &words(*to))),
            OrderEvent::FulfilmentChanged { from, to } => (track("Warehouse", &words(*from), &words(*to))),
            OrderEvent::PhotoAdded { kind, photo } => p class="entry-title" {
                @match order.photos.iter().find(|known| known.kind == *kind && known.name == *photo) {
                    Some(photo) => a href=(photos::href(order, photo)) { (event.in_words()) },
                    None => (event.in_words()),
                }
            },
            other => p class="entry-title" { (other.in_words().replace('_', " ")) },
        }
    }
}

fn track(name: &str, from: &str, to: &str) -> Markup {
    html! { p class="entry-title" { (name) ": " (from) " → " strong { (to) } } }
}

fn passing(via: &[OrderStatus]) -> String {
    via.iter().map(|status| words(*status).to_lowercase()).collect::<Vec<_>>().join(", ")
}

fn why(cause: &Cause) -> Markup {
    html! {
        @match cause {
            Cause::Asked { note: Some(note) } => p class="note" { (note) },
            Cause::Asked { note: None } => {},
            Cause::Fact { source } => p class="because" { "Reported by " (source) },
            Cause::Rule { rule, reason, confidence, note, .. } => {
                p class="because" {
                    "Rule " (rule.replace('_', " ")) ": " (reason.replace('_', " ")) " (confidence " (confidence) " %)"
                }
                @if let Some(note) = note { p class="note" { (note) } }
            },
        }
    }
}
