//! What rules decided about an order, and taking back what one has just done.

use super::order_href;
use crate::format::{moment, words};
use crate::icons;
use crate::layout::token;
use crate::visitor::Visitor;
use app::ports::{DecisionRecord, Outcome};
use domain::order::decide::UNDO_WITHIN;
use domain::order::{Order, Verdict};
use maud::{Markup, html};

/// Decisions shown, the newest.
pub const SHOWN: usize = 10;

/// The button that takes back what a rule has just done; nothing if there is nothing to take back. `from` names the page
/// that the person goes on with.
pub fn undo(order: &Order, visitor: &Visitor, from: Option<&str>) -> Markup {
    let ruled = order.standing().filter(|ruled| visitor.may_write() && visitor.now.duration_since(ruled.at) <= UNDO_WITHIN);
    let Some(ruled) = ruled else { return html! {} };
    html! {
        form class="undo" method="post" action={ (order_href(&order.id)) "/undo" } data-fades[from.is_some()] {
            (token(visitor))
            @if let Some(from) = from { input type="hidden" name="from" value=(from); }
            p {
                (icons::BOLT.beside())
                @if from.is_some() { "Order " (order.id) ": " }
                "a rule moved it from " strong { (words(ruled.from).to_lowercase()) } "."
            }
            button class="button small" type="submit" {
                (icons::BACK.beside()) "Undo" span class="visually-hidden" { " for order " (order.id) }
            }
            @if from.is_none() { p class="muted" { "Possible until " (moment(ruled.at + UNDO_WITHIN, &visitor.zone())) "." } }
        }
    }
}

/// The latest decisions about an order; nothing if there are none.
pub fn section(ledger: &[DecisionRecord], visitor: &Visitor) -> Markup {
    if ledger.is_empty() {
        return html! {};
    }
    html! {
        section class="card" aria-labelledby="decisions-title" {
            div class="card-head" {
                h2 id="decisions-title" { "Decisions" }
                span class="muted" { "what rules made of it" }
            }
            ol class="decisions" { @for entry in ledger { (row(entry, visitor)) } }
        }
    }
}

fn row(entry: &DecisionRecord, visitor: &Visitor) -> Markup {
    let (icon, said) = match entry.outcome {
        Outcome::Moved => (icons::BOLT, "Moved it on"),
        Outcome::Shadow => (icons::GLASS, "Would have moved it on"),
        Outcome::Waiting => (icons::CLOCK, "Held it back"),
    };
    let verdict = entry.judgement.as_ref().map(|judgement| match judgement.verdict {
        Verdict::Undone => ("state bad", "undone by ", judgement),
        Verdict::Corrected => ("state bad", "corrected by ", judgement),
        Verdict::Disagreed => ("state bad", "disagreed with by ", judgement),
        Verdict::Agreed => ("state good", "agreed with by ", judgement),
    });
    html! {
        li class="decision" {
            p class="decision-head" {
                (icon.beside()) strong { (said) }
                @if entry.outcome != Outcome::Waiting { span class="muted" { "confidence " (entry.decision.confidence) " %" } }
                @if let Some((class, said, judgement)) = verdict { span class=(class) { (said) (judgement.by.in_words()) } }
            }
            p class="because" { (entry.decision.reason.replace('_', " ")) }
            @if !entry.decision.evidence.is_empty() {
                details class="preview" {
                    summary { "Everything it looked at" }
                    ul class="facts-seen" {
                        @for gate in &entry.decision.gates {
                            li { (if gate.open { icons::TICK.named("Fulfilled:") } else { icons::CLOCK.named("Waiting:") }) " " (gate.evidence.replace('_', " ")) }
                        }
                        @for fact in &entry.decision.evidence { li { (fact) } }
                        li { "settings version " (entry.settings) ", asked by " (entry.actor.in_words()) }
                    }
                }
            }
            p class="muted" { (moment(entry.at, &visitor.zone())) }
        }
    }
}
