//! An order as it was after one of its changes: to be read, with nothing to be done to it.

use super::order::{customer, header, items, stepper, tracks};
use super::{order_href, order_id, timeline};
use crate::desk::Console;
use crate::format::moment;
use crate::layout::{Here, Look, Page};
use crate::visitor::Visitor;
use app::Error;
use app::ports::Dossier;
use domain::order::Fault;
use jiff::Timestamp;
use maud::{Markup, html};

/// Where an order's page as of a moment is.
pub fn href(id: &domain::ids::OrderId, at: Timestamp) -> String {
    format!("{}?at={at}", order_href(id))
}

/// `GET /console/orders/{id}?at={moment}`
pub async fn draw(console: &Console, visitor: &Visitor, id: &str, at: &str) -> Result<Markup, Error> {
    let at = at.parse::<Timestamp>().ok().filter(|at| *at <= visitor.now).ok_or(Error::NotFound("moment"))?;
    let whole = console.orders.dossier(&visitor.scope, &order_id(id)?, Dossier::PAST_MAX).await?.ok_or(Error::NotFound("order"))?;
    let order = whole.at(at).map_err(|unread| Error::Invalid(vec![Fault::new("at", "too_many_changes", unread.to_string())]))?;
    let order = order.ok_or(Error::NotFound("order at that time"))?;
    let Dossier { mut history, mut messages, .. } = whole;
    history.retain(|commit| commit.version <= order.version);
    messages.retain(|message| message.at <= at);
    let then = Dossier { order, history, messages };
    let order = &then.order;
    let body = html! {
        nav class="crumbs" aria-label="Where you are" {
            a href="/console/orders" { "Orders" } " / " a href=(order_href(&order.id)) { (order.id) } " / " span aria-current="page" { "As it was" }
        }
        (header(order, visitor, visitor.config.today(at)))
        p class="card" role="note" {
            "As it was on " strong { (moment(at, &visitor.zone())) } ". Who it is for is shown as it is now. "
            a href=(order_href(&order.id)) { "Back to today" }
        }
        div class="order" {
            (stepper(order))
            div class="order-side" { (customer(&then, visitor)) (tracks(order, visitor)) }
            div class="order-main" { (items(order, &html! {})) (timeline::section(&then, visitor)) }
        }
    };
    let title = format!("Order {} as it was", order.id);
    Ok(Page { title: &title, here: Here::Orders, look: Look::Calm, visitor: Some(visitor), flash: None }.draw(&body))
}
