//! An order's progress in a dialog over the list it stands in.

use super::{order_href, order_id, photos};
use crate::desk::Console;
use crate::format::{count, day, moment, words};
use crate::icons::{self, Icon, pill};
use crate::layout::token;
use crate::visitor::Visitor;
use app::Error;
use app::notify;
use app::ports::{Dossier, MessageState};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::order::{Basis, Cause, Expected, OrderEvent, OrderStatus, Recorded, Tracks};
use maud::{Markup, html};
use std::sync::Arc;

/// Newest changes looked through.
const HISTORY_MAX: usize = 100;

/// `GET /console/orders/{id}/dialog`
pub async fn show(State(console): State<Arc<Console>>, visitor: Visitor, Path(id): Path<String>) -> Response {
    let result = draw(&console, &visitor, &id).await.map(IntoResponse::into_response);
    visitor.answer(result)
}

async fn draw(console: &Console, visitor: &Visitor, id: &str) -> Result<Markup, Error> {
    let dossier = console.orders.dossier(&visitor.scope, &order_id(id)?, HISTORY_MAX).await?.ok_or(Error::NotFound("order"))?;
    let (order, percent) = (&dossier.order, dossier.order.percent());
    let ways = app::arrival::known(&*console.metrics, &visitor.scope, order, visitor.now).await?;
    let expected = order.expected(visitor.now, &visitor.zone(), &ways);
    let by_rule = visitor.may_write() && visitor.config.progress.step(order.tracks.status).is_some();
    let by_mail = visitor.may_write() && !notify::ways(order, &visitor.config).is_empty();
    Ok(html! {
        div class="dialog-head" {
            h2 id="dialog-title" { "Order " span class="number" { (order.id) } (pill(order.label())) }
            button class="button small" type="button" data-close { "Close" }
        }
        p { strong class="percent" { (percent) " %" } }
        progress max="100" value=(percent) aria-label="Progress in percent" { (percent) " %" }
        p class="dialog-now" {
            span { "Current: " strong { (words(order.tracks.status)) } }
            @if let Some(next) = order.tracks.status.usual_next() { span { "Next: " strong { (words(next)) } } }
            @if let Some(expected) = expected { (arrival(&expected)) }
        }
        h3 { "Timeline" }
        ol class="dialog-steps" { @for commit in &dossier.history { (steps(commit, visitor)) } }
        (notifications(&dossier))
        @if photos::any(order, visitor) { h3 { "Photos" } (photos::fragment(order, visitor)) }
        div class="dialog-actions" {
            @if by_rule { (press(visitor, &order_href(&order.id), "auto-progress", icons::BOLT, "Auto-Progress Order")) }
            @if by_mail { (press(visitor, &order_href(&order.id), "notify", icons::MAIL, "Notify Customer")) }
            a class="button" href=(order_href(&order.id)) { "Everything about it" }
        }
    })
}

/// When it should arrive, and what that rests on.
fn arrival(expected: &Expected) -> Markup {
    let rests_on = match expected.basis {
        Basis::Promise => "as promised".to_owned(),
        Basis::Method => "as the customer has chosen".to_owned(),
        Basis::Lane => format!("as long as {} orders of this lane have taken", count(expected.orders)),
        Basis::UsualDays => "the usual days".to_owned(),
    };
    html! {
        span {
            "Expected: " strong { (day(expected.day)) }
            @if let Some(latest) = expected.latest { ", latest by " strong { (day(latest)) } }
            span class="muted" { " (" (rests_on) ")" }
        }
    }
}

fn press(visitor: &Visitor, order: &str, what: &str, icon: Icon, name: &str) -> Markup {
    html! {
        form method="post" action={ (order) "/" (what) } {
            (token(visitor))
            input type="hidden" name="notify" value="on";
            input type="hidden" name="from" value="tracking";
            button class="button" type="submit" { (icon.beside()) (name) }
        }
    }
}

/// The icon of a status, with its name.
pub fn icon(status: OrderStatus) -> Markup {
    let label = Tracks { status, ..Tracks::default() }.label();
    html! { span class=(render::svg::status_class(label)) { (Icon::of(label).named(&words(status))) } }
}

/// Where a commit led, if it moved the order.
fn steps(commit: &Recorded, visitor: &Visitor) -> Markup {
    let step = commit.events.iter().find_map(|event| match event {
        OrderEvent::Placed { tracks, .. } => Some((tracks.status, None)),
        OrderEvent::StatusChanged { to, cause, .. } => Some((*to, Some(why(cause)))),
        OrderEvent::StatusCorrected { to, reason, .. } => Some((*to, Some(format!("corrected: {reason}")))),
        OrderEvent::StatusUndone { to, .. } => Some((*to, Some("undone".to_owned()))),
        OrderEvent::Reconciled { to, source, .. } => Some((*to, Some(format!("a late word from {source}")))),
        _ => None,
    });
    let by_rule = commit.events.iter().any(|event| matches!(event, OrderEvent::StatusChanged { cause: Cause::Rule { .. }, .. }));
    html! {
        @if let Some((status, why)) = step {
            li {
                (icon(status))
                span {
                    strong { (words(status)) }
                    @if by_rule || commit.actor.is_automatic() { " (Auto)" }
                    span class="muted" {
                        " by " (commit.actor.in_words())
                        @if let Some(why) = why.filter(|why| !why.is_empty()) { ": " (why.replace('_', " ")) }
                    }
                }
                (moment(commit.at, &visitor.zone()))
            }
        }
    }
}

fn why(cause: &Cause) -> String {
    match cause {
        Cause::Asked { note } => note.clone().unwrap_or_default(),
        Cause::Fact { source } => format!("reported by {source}"),
        Cause::Rule { reason, .. } => reason.clone(),
    }
}

fn notifications(dossier: &Dossier) -> Markup {
    let sent =
        dossier.messages.iter().filter(|message| message.id.channel != "slack" && matches!(message.state, MessageState::Sent { .. }));
    let sent: Vec<_> = sent.collect();
    html! {
        h3 { "Notifications sent: " (sent.len()) }
        @if sent.is_empty() { p class="muted" { "The customer has heard nothing yet." } }
        ul class="messages" {
            @for message in sent { li class="message" { p class="message-text" { (message.text) } p class="muted" { (message.id.channel) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::order::Track;
    use std::collections::BTreeSet;

    // req: S1-53
    #[test]
    fn every_status_has_an_icon_with_its_name() {
        let mut drawn = BTreeSet::new();
        for status in OrderStatus::ALL {
            let icon = icon(*status).into_string();
            let title = format!("<title>{}</title>", words(*status));
            assert!(icon.contains("<svg") && icon.contains("role=\"img\"") && icon.contains(&title), "{icon}");
            drawn.insert(icon);
        }
        assert_eq!(drawn.len(), 12);
    }
}
