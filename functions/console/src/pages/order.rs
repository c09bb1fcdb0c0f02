//! One order: where it stands, what may be done, what happened, what was said.

use super::{
    Params, cancelling, clocks, decisions, exceptions, messages, moves, order_id, parcels, payment, photos, returns, then, timeline,
    workflow,
};
use crate::desk::Console;
use crate::flash::Flash;
use crate::format::{count, day, moment, money, words};
use crate::icons::{self, Icon, pill};
use crate::layout::{Here, Look, Page, token};
use crate::visitor::Visitor;
use app::notify::ways;
use app::ports::Dossier;
use app::{Context, Error};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::order::progress::Decision;
use domain::order::{Label, Line, LineKind, Order, OrderStatus};
use domain::shipping::address::{self, AddressDraft};
use http::Uri;
use jiff::civil::Date;
use maud::{Markup, html};
use std::sync::Arc;

/// Newest changes shown.
const TIMELINE_MAX: usize = 200;

/// `GET /console/orders/{id}`
pub async fn show(State(console): State<Arc<Console>>, visitor: Visitor, Path(id): Path<String>, uri: Uri) -> Response {
    let result = draw(&console, &visitor, &id, &uri).await.map(IntoResponse::into_response);
    visitor.answer(result)
}

async fn draw(console: &Console, visitor: &Visitor, id: &str, uri: &Uri) -> Result<Markup, Error> {
    let params = Params::of(uri);
    if let Some(at) = params.get("at") {
        return then::draw(console, visitor, id, at).await;
    }
    let dossier = console.orders.dossier(&visitor.scope, &order_id(id)?, TIMELINE_MAX).await?.ok_or(Error::NotFound("order"))?;
    let order = &dossier.order;
    let by = visitor.provenance();
    let context = Context { scope: &visitor.scope, config: &visitor.config, by: &by };
    let considered = console.auto.consider(context, order).await?;
    let ledger = console.auto.decisions.of_order(&visitor.scope, &order.id, decisions::SHOWN).await?;
    let body = html! {
        nav class="crumbs" aria-label="Where you are" {
            a href="/console/orders" { "Orders" } " / " span aria-current="page" { (order.id) }
        }
        (header(order, visitor, visitor.today()))
        div class="order" {
            (stepper(order))
            div class="order-side" {
                @if visitor.may_write() { (actions(order, visitor, &considered.decision)) }
                (clocks::section(order, visitor))
                (customer(&dossier, visitor))
                (payment::section(order, visitor))
                (messages::section(&dossier, visitor))
                (tracks(order, visitor))
            }
            div class="order-main" {
                (items(order, &cancelling::form(order, visitor)))
                (parcels::section(order, visitor))
                (returns::section(order, visitor))
                @if photos::any(order, visitor) {
                    section class="card" aria-labelledby="photos-title" {
                        div class="card-head" { h2 id="photos-title" { "Photos" } }
                        (photos::fragment(order, visitor))
                    }
                }
                (exceptions::section(order, visitor))
                (workflow::section(order, visitor))
                (decisions::section(&ledger, visitor))
                (timeline::section(&dossier, visitor))
            }
        }
    };
    let title = format!("Order {}", order.id);
    let flash = Flash::of(params.get("flash"));
    Ok(Page { title: &title, here: Here::Orders, look: Look::Calm, visitor: Some(visitor), flash }.draw(&body))
}

pub(super) fn header(order: &Order, visitor: &Visitor, today: Date) -> Markup {
    html! {
        div class="title order-title" {
            h1 { "Order " span class="number" { (order.id) } }
            (pill(order.label()))
            @if let Some(days) = order.days_late(today) {
                span class="late" { (icons::CLOCK.beside()) @if days == 1 { "1 day late" } @else { (days) " days late" } }
            }
            p class="muted order-facts" {
                "Placed " (moment(order.placed_at, &visitor.zone())) " through " (order.channel)
                @if let Some(external) = &order.external_id { " as " (external) }
                " · version " (order.version)
            }
            @if !is_bare(order) { p class="order-total" { (money(order.owed().minor, order.totals.currency)) } }
        }
    }
}

/// The way every customer knows.
const STEPS: [(&str, Icon); 4] =
    [("Received", icons::BASKET), ("Processing", icons::GEAR), ("Shipped", icons::PLANE), ("Delivered", icons::TICK)];

/// How far along the way a status is; none off the way.
fn step(status: OrderStatus) -> Option<usize> {
    match status {
        OrderStatus::Pending => Some(0),
        OrderStatus::OnHold | OrderStatus::Processing | OrderStatus::ReadyToShip => Some(1),
        OrderStatus::PartiallyShipped | OrderStatus::Shipped => Some(2),
        OrderStatus::Delivered | OrderStatus::Completed | OrderStatus::ReturnRequested => Some(3),
        OrderStatus::Returned | OrderStatus::Cancelled | OrderStatus::Failed => None,
    }
}

pub(super) fn stepper(order: &Order) -> Markup {
    let status = order.tracks.status;
    let (at, percent) = (step(status), status.percent());
    let arrived = at == Some(3);
    html! {
        section class="card order-progress" aria-labelledby="progress-title" {
            div class="card-head" {
                h2 id="progress-title" { "Progress" }
                span class="percent" { (percent) " %" }
            }
            ol class="stepper" {
                @for (index, (name, icon)) in STEPS.into_iter().enumerate() {
                    @let (class, said) = match at {
                        Some(at) if index < at || arrived => ("step done", "done"),
                        Some(at) if index == at => ("step now", "now"),
                        _ => ("step", "to come"),
                    };
                    li class=(class) aria-current=[(at == Some(index)).then_some("step")] {
                        span class="step-dot" { (icon.beside()) }
                        span class="step-name" { (name) span class="visually-hidden" { " (" (said) ")" } }
                    }
                }
            }
            progress max="100" value=(percent) aria-label="Progress in percent" { (percent) " %" }
            @if at.is_none() || order.label() != plain(status) {
                p class="muted" {
                    "It is " strong { (order.label().text()) } ": " (words(status).to_lowercase())
                    ", parcel " (words(order.tracks.tracking).to_lowercase()) "."
                }
            }
        }
    }
}

/// The label a status has if nothing else is known.
fn plain(status: OrderStatus) -> Label {
    domain::order::Tracks { status, ..domain::order::Tracks::default() }.label()
}

/// Is this a step one would want to think about twice?
fn is_drastic(to: OrderStatus) -> bool {
    matches!(to, OrderStatus::Cancelled | OrderStatus::Failed | OrderStatus::Returned)
}

fn actions(order: &Order, visitor: &Visitor, decision: &Decision) -> Markup {
    let (drastic, mut usual): (Vec<OrderStatus>, Vec<OrderStatus>) = order.allowed().into_iter().partition(|to| is_drastic(*to));
    // The way forward comes first.
    usual.sort_by_key(|to| is_detour(*to));
    let is_reachable = !ways(order, &visitor.config).is_empty();
    html! {
        section class="card actions" aria-labelledby="actions-title" {
            div class="card-head" { h2 id="actions-title" { "Next step" } }
            (decisions::undo(order, visitor, None))
            @if usual.is_empty() && drastic.is_empty() {
                p class="muted" { "Nothing more can be done: it is " (words(order.tracks.status).to_lowercase()) " for good." }
            } @else {
                form method="post" action={ "/console/orders/" (order.id) "/status" } {
                    (token(visitor))
                    input type="hidden" name="version" value=(order.revision());
                    label for="note" { "Note " span class="muted" { "(kept in the timeline)" } }
                    textarea id="note" name="note" rows="2" maxlength=(moves::NOTE_CHARS_MAX) {}
                    label class="check" {
                        input type="checkbox" name="notify" value="on" checked[is_reachable];
                        span { "Tell the customer" @if !is_reachable { span class="muted" { " (no way to them is open)" } } }
                    }
                    div class="moves" role="group" aria-labelledby="moves-title" {
                        p id="moves-title" class="moves-title" { "Move it to" }
                        @for (index, to) in usual.iter().enumerate() {
                            @let class = if index == 0 { "button primary" } else { "button" };
                            button class=(class) type="submit" name="to" value=(to) { (words(*to)) }
                        }
                        @for to in &drastic {
                            @let sure = format!("Order {}: really {}?", order.id, words(*to).to_lowercase());
                            button class="button danger" type="submit" name="to" value=(to) data-confirm=(sure) { (words(*to)) }
                        }
                    }
                }
            }
            @if !decision.gates.is_empty() { (evidence(order, visitor, decision)) }
        }
    }
}

/// Away from the way forward.
fn is_detour(to: OrderStatus) -> bool {
    matches!(to, OrderStatus::OnHold | OrderStatus::Pending | OrderStatus::ReturnRequested)
}

fn evidence(order: &Order, visitor: &Visitor, decision: &Decision) -> Markup {
    html! {
        div class="evidence" {
            h3 { (icons::BOLT.beside()) "Auto-progress" }
            @if let Some(next) = decision.next_status {
                p { "Rules would move it to " strong { (words(next).to_lowercase()) }
                    @if decision.should_progress { ": everything they need is there." } @else { ", but are waiting." } }
            }
            ul class="gates" {
                @for gate in &decision.gates {
                    li class=(if gate.open { "gate open" } else { "gate" }) {
                        (if gate.open { icons::TICK.named("Fulfilled:") } else { icons::CLOCK.named("Waiting:") })
                        span { (gate.evidence.replace('_', " ")) }
                    }
                }
            }
            ul class="facts-seen" { @for fact in &decision.evidence { li { (fact) } } }
            form method="post" action={ "/console/orders/" (order.id) "/auto-progress" } {
                (token(visitor))
                input type="hidden" name="version" value=(order.revision());
                input type="hidden" name="notify" value="on";
                button class="button wide" type="submit" disabled[!decision.should_progress] { (icons::BOLT.beside()) "Auto-Progress" }
            }
        }
    }
}

/// A sheet may say that there is an order and nothing of what was ordered.
fn is_bare(order: &Order) -> bool {
    order.lines.is_empty() && order.totals.total_minor == 0
}

/// `form` is what can be done about them.
pub(super) fn items(order: &Order, form: &Markup) -> Markup {
    if is_bare(order) {
        return html! {
            section class="card" aria-labelledby="items-title" {
                div class="card-head" { h2 id="items-title" { "Items" } }
                p class="muted" { "Nothing is known of what was ordered, or of what it cost." }
            }
        };
    }
    let currency = order.totals.currency;
    let sum = |line: &Line| line.unit_price_minor.saturating_mul(i64::from(line.quantity));
    html! {
        section class="card" aria-labelledby="items-title" {
            div class="card-head" { h2 id="items-title" { "Items" } span class="count" { (order.lines.len()) } }
            table class="items" {
                caption class="visually-hidden" { "Items and totals" }
                thead {
                    tr {
                        th scope="col" { "Item" }
                        th scope="col" class="number-cell" { "Quantity" }
                        th scope="col" class="number-cell roomy" { "Each" }
                        th scope="col" class="number-cell" { "Sum" }
                    }
                }
                tbody {
                    @for (line, off) in order.lines.iter().zip(order.cancelled()) {
                        tr {
                            th scope="row" {
                                span class="item-name" { (if line.name.is_empty() { &line.sku } else { &line.name }) }
                                span class="sku" { (line.sku) @if line.kind == LineKind::Digital { " · digital" } }
                                @if off > 0 { span class="called-off" { (icons::CROSS.beside()) (count(i64::from(off))) " called off" } }
                            }
                            td class="number-cell" { (count(i64::from(line.quantity))) }
                            td class="number-cell roomy" { (money(line.unit_price_minor, currency)) }
                            td class="number-cell" { (money(sum(line), currency)) }
                        }
                    }
                }
                (totals(order))
            }
            (form)
        }
    }
}

fn totals(order: &Order) -> Markup {
    let (totals, spared) = (&order.totals, order.spared().minor);
    let extra = [("Shipping", totals.shipping_minor), ("Tax", totals.tax_minor), ("Discount", -totals.discount_minor)];
    let extra: Vec<_> = extra.into_iter().filter(|(_, minor)| *minor != 0).collect();
    let row = |name: &str, minor: i64, class: &str| {
        html! {
            tr class=(class) {
                th scope="row" colspan="2" { (name) }
                td class="roomy" {}
                td class="number-cell" { (money(minor, totals.currency)) }
            }
        }
    };
    html! {
        tfoot {
            @if !extra.is_empty() { (row("Subtotal", totals.subtotal_minor, "")) }
            @for (name, minor) in extra { (row(name, minor, "")) }
            @if spared > 0 {
                (row("As ordered", totals.total_minor, ""))
                (row("Called off", -spared, ""))
            }
            (row("Total", order.owed().minor, "grand"))
        }
    }
}

pub(super) fn customer(dossier: &Dossier, visitor: &Visitor) -> Markup {
    html! {
        section class="card" aria-labelledby="customer-title" {
            div class="card-head" { h2 id="customer-title" { "Customer" } }
            @match &dossier.order.contact {
                None => p class="muted" { "Erased at the customer’s request." },
                Some(contact) => dl class="facts" {
                    dt { "Name" } dd { (contact.name) }
                    dt { "E-mail" } dd { @match &contact.email { Some(email) => (email.expose()), None => span class="muted" { "none" } } }
                    @if let Some(phone) = &contact.phone { dt { "Phone" } dd { (phone) } }
                    @for (channel, name) in &contact.chats { dt { (channel.title()) } dd { (name) } }
                    @if !contact.consent.is_empty() {
                        dt { "Agreed to" } dd { (contact.consent.iter().map(|channel| channel.title()).collect::<Vec<_>>().join(", ")) }
                    }
                    @if let Some(locale) = &contact.locale { dt { "Language" } dd { (locale) } }
                    @if let Some(score) = dossier.order.rating { dt { "How it was" } dd { (score) " of 5" } }
                    @if let Some(method) = dossier.order.shipping_method { dt { "Shipping" } dd { (method.as_str().replace('_', " ")) } }
                    @if let Some(ships) = visitor.config.shipping.ships(&dossier.order) { dt { "Leaves by" } dd { (moment(ships.at, &visitor.zone())) } }
                    @if let Some(address) = &contact.address { dt { "Goes to" } dd { (postal(address)) } }
                    @else if let Some(country) = &dossier.order.country { dt { "Country" } dd { (country) } }
                    @if let Some(address) = &contact.billing_address { dt { "Bill to" } dd { (postal(address)) } }
                },
            }
        }
    }
}

/// As on a letter, with what a postal office would write otherwise.
fn postal(address: &AddressDraft) -> Markup {
    let checked = address::check(address).ok();
    let letter = |address: &AddressDraft| {
        html! {
            @for line in &address.street { (line) br; }
            (address.postal_code.as_deref().unwrap_or_default()) " " (address.city)
            @if let Some(region) = &address.region { ", " (region) }
            br; (address.country)
        }
    };
    html! {
        address { (letter(address)) }
        @if let Some(checked) = checked {
            @if let Some(better) = &checked.did_you_mean {
                details { summary { "Did you mean?" } address { (letter(better)) } }
            }
            @for doubt in &checked.doubts { p class="hint" { (doubt.message) } }
        }
    }
}

pub(super) fn tracks(order: &Order, visitor: &Visitor) -> Markup {
    let tracks = &order.tracks;
    html! {
        section class="card" aria-labelledby="tracks-title" {
            div class="card-head" { h2 id="tracks-title" { "Tracks" } }
            dl class="facts" {
                dt { "Order" } dd { (words(tracks.status)) }
                dt { "Payment" } dd { (words(tracks.payment)) }
                dt { "Warehouse" } dd { (words(tracks.fulfilment)) }
                dt { "Parcel" } dd { (words(tracks.tracking)) }
                dt { "Promised" } dd { @match tracks.eta { Some(eta) => (day(eta)), None => span class="muted" { "no day yet" } } }
                @if let Some(delay) = tracks.delayed { dt { "Late since" } dd { (moment(delay.since, &visitor.zone())) } }
                dt { "In this status since" } dd { (moment(order.status_since, &visitor.zone())) }
            }
        }
    }
}
