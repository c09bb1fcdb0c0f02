//! Lists of orders. The filter lives in the address; no address of a customer ever does.

use super::{Params, order_href};
use crate::desk::Console;
use crate::flash::Flash;
use crate::form::{Posted, encode};
use crate::format::{ago, count, date, day, money};
use crate::icons::{self, pill};
use crate::layout::{Here, Look, Page, token};
use crate::visitor::{Visitor, see_other};
use app::Error;
use app::ports::{CustomerKey, OrderQuery, OrderSummary};
use app::privacy::customer_key;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::email::Email;
use domain::ids::OrderId;
use domain::order::{Fault, OrderStatus, Track};
use http::Uri;
use maud::{Markup, html};
use std::sync::Arc;

/// Rows of a page.
pub const PAGE: usize = 50;

/// Which orders a page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Filter {
    All,
    Open,
    Status(OrderStatus),
    Customer(CustomerKey),
}

impl Filter {
    fn of(params: &Params) -> Result<Filter, Error> {
        let fault = |message: &str| Error::Invalid(vec![Fault::new("filter", "bad_filter", message)]);
        match (params.get("status"), params.get("customer")) {
            (None, None) => Ok(Filter::All),
            (Some("open"), None) => Ok(Filter::Open),
            (Some(word), None) => OrderStatus::from_word(word).map(Filter::Status).ok_or_else(|| fault("there is no such status")),
            (None, Some(key)) if key.len() == 64 && key.bytes().all(|b| b.is_ascii_hexdigit()) => {
                Ok(Filter::Customer(CustomerKey(key.to_ascii_lowercase())))
            }
            _ => Err(fault("use a status or a customer, not both")),
        }
    }

    fn query(&self) -> OrderQuery {
        match self {
            Filter::All => OrderQuery::All,
            Filter::Open => OrderQuery::Open,
            Filter::Status(status) => OrderQuery::Status(*status),
            Filter::Customer(key) => OrderQuery::Customer(key.clone()),
        }
    }

    /// In the address; also what a cursor is bound to.
    fn as_param(&self) -> String {
        match self {
            Filter::All => String::new(),
            Filter::Open => "status=open".to_owned(),
            Filter::Status(status) => format!("status={status}"),
            Filter::Customer(key) => format!("customer={}", key.0),
        }
    }

    fn href(&self) -> String {
        let param = self.as_param();
        if param.is_empty() { "/console/orders".to_owned() } else { format!("/console/orders?{param}") }
    }

    fn text(&self) -> String {
        match self {
            Filter::All => "All".to_owned(),
            Filter::Open => "Open".to_owned(),
            Filter::Status(status) => crate::format::words(*status),
            Filter::Customer(_) => "One customer".to_owned(),
        }
    }
}

/// `GET /console/orders`
pub async fn show(State(console): State<Arc<Console>>, visitor: Visitor, uri: Uri) -> Response {
    let result = draw(&console, &visitor, &uri).await.map(IntoResponse::into_response);
    visitor.answer(result)
}

async fn draw(console: &Console, visitor: &Visitor, uri: &Uri) -> Result<Markup, Error> {
    let params = Params::of(uri);
    let filter = Filter::of(&params)?;
    let bound = filter.as_param();
    let after = console.cursors.after(&visitor.scope, &bound, params.get("cursor"))?;
    let page = console.orders.page(&visitor.scope, &filter.query(), after.as_ref(), PAGE).await?;
    let next = console.cursors.next(&visitor.scope, &bound, page.next.as_ref())?;
    let body = html! {
        div class="title" {
            h1 { "Orders" }
            (search(visitor))
            p {
                a class="button" href="/console/picking" { (icons::BOX.beside()) "Picking" } " "
                @if !visitor.config.shipping.accounts.is_empty() { a class="button" href="/console/manifests" { (icons::VAN.beside()) "Manifests" } }
            }
        }
        (chips(&filter))
        section class="card wide" id="results" aria-label={ "Orders: " (filter.text()) } {
            @if page.orders.is_empty() {
                (empty(&filter, after.is_some()))
            } @else {
                (table(&format!("Orders: {}", filter.text()), &page.orders, visitor))
            }
            @if after.is_some() || next.is_some() {
                nav class="pager" aria-label="Pages" {
                    @if after.is_some() { a class="button" href=(filter.href()) { "First page" } }
                    span class="muted" { (count(page.orders.len() as i64)) " orders on this page" }
                    @if let Some(next) = &next {
                        @let glue = if bound.is_empty() { "?" } else { "&" };
                        a class="button" rel="next" href={ (filter.href()) (glue) "cursor=" (encode(next)) } { "Next page" }
                    }
                }
            }
        }
    };
    let page =
        Page { title: "Orders", here: Here::Orders, look: Look::Calm, visitor: Some(visitor), flash: Flash::of(params.get("flash")) };
    Ok(page.draw(&body))
}

fn search(visitor: &Visitor) -> Markup {
    html! {
        form class="search" method="post" action="/console/orders" role="search" {
            (token(visitor))
            label class="visually-hidden" for="q" { "Order number or customer’s e-mail" }
            (icons::GLASS.beside())
            input id="q" name="q" type="search" maxlength="320" required autocomplete="off" spellcheck="false"
                placeholder="Order number or e-mail" data-search;
            button class="button" type="submit" { "Find" }
        }
    }
}

fn chips(chosen: &Filter) -> Markup {
    let statuses = OrderStatus::ALL.iter().map(|status| Filter::Status(*status));
    let all = [Filter::All, Filter::Open].into_iter().chain(statuses);
    html! {
        nav class="chips" aria-label="Filter by status" data-chips {
            @for filter in all {
                a class="chip" href=(filter.href()) aria-current=[(filter == *chosen).then_some("true")] { (filter.text()) }
            }
            @if let Filter::Customer(_) = chosen {
                a class="chip" href="/console/orders" aria-current="true" { "One customer " span aria-hidden="true" { "×" } }
            }
        }
    }
}

fn empty(filter: &Filter, paged: bool) -> Markup {
    let (title, advice) = match filter {
        _ if paged => ("That was the last page", "There is nothing after it."),
        Filter::All => ("No orders yet", "They appear here as soon as the first one is placed or imported."),
        Filter::Open => ("Nothing is open", "Every order has arrived, is closed or was called off."),
        Filter::Status(_) => ("No order has this status now", "Choose another status, or look at all of them."),
        Filter::Customer(_) => {
            ("No orders with that e-mail", "Check the address. An order whose customer was erased is not found this way.")
        }
    };
    html! {
        div class="empty" {
            p class="empty-title" { (title) }
            p class="muted" { (advice) }
            @if *filter != Filter::All { p { a class="button" href="/console/orders" { "All orders" } } }
        }
    }
}

/// A table of orders.
pub fn table(caption: &str, orders: &[OrderSummary], visitor: &Visitor) -> Markup {
    let (zone, today) = (visitor.zone(), visitor.today());
    html! {
        table class="orders" data-rows {
            caption class="visually-hidden" { (caption) }
            thead {
                tr {
                    th scope="col" { "Order" }
                    th scope="col" { "Status" }
                    th scope="col" class="customer" { "Customer" }
                    th scope="col" class="spacious" { "Channel" }
                    th scope="col" class="number-cell" { "Amount" }
                    th scope="col" class="roomy" { "Placed" }
                    th scope="col" class="roomy" { "Promised" }
                    th scope="col" class="spacious" { "Changed" }
                }
            }
            tbody {
                @for order in orders {
                    tr {
                        th scope="row" {
                            a class="number" data-row href=(order_href(&order.id)) { (order.id) }
                            span class="tight" { (order.customer.as_deref().unwrap_or("erased")) }
                        }
                        td { (pill(order.label)) }
                        td class="customer" {
                            @match &order.customer { Some(name) => (name), None => span class="muted" { "erased" } }
                        }
                        td class="spacious muted" { (order.channel) }
                        td class="number-cell" { (money(order.total_minor, order.currency)) }
                        td class="roomy" { (day(order.placed_at.to_zoned(zone.clone()).date())) }
                        td class="roomy" { (promised(order, today)) }
                        td class="spacious muted" { (ago(order.updated_at, visitor.now, &zone)) }
                    }
                }
            }
        }
    }
}

fn promised(order: &OrderSummary, today: jiff::civil::Date) -> Markup {
    html! {
        @match order.eta {
            None => span class="muted" { "–" },
            Some(eta) if order.status.is_open() && eta < today => span class="late" { (icons::CLOCK.named("Late:")) " " (date(eta)) },
            Some(eta) => (day(eta)),
        }
    }
}

/// `POST /console/orders`: finds by number or by e-mail. A post, so that no customer's address ends up in
/// an address bar, a history or an access log.
pub async fn find(State(console): State<Arc<Console>>, posted: Posted) -> Response {
    let visitor = &posted.visitor;
    visitor.answer(found(&console, visitor, posted.fields.get("q").unwrap_or_default()).await)
}

async fn found(console: &Console, visitor: &Visitor, text: &str) -> Result<Response, Error> {
    let back = |flash: Flash| see_other(&format!("/console/orders?flash={}", flash.code()));
    if text.contains('@') {
        let Ok(email) = Email::parse(text) else { return Ok(back(Flash::BadEmail)) };
        let key = customer_key(visitor.scope.tenant(), &email);
        return Ok(see_other(&Filter::Customer(key).href()));
    }
    let number = text.trim_start_matches('#');
    let mut spellings = vec![number.to_owned(), number.to_ascii_uppercase()];
    spellings.dedup();
    for spelling in spellings {
        let Ok(id) = OrderId::parse(&spelling) else { continue };
        if console.orders.load(&visitor.scope, &id).await?.is_some() {
            return Ok(see_other(&order_href(&id)));
        }
    }
    Ok(back(Flash::NoOrder))
}
