//! Other shop systems that orders come from or are kept in, too: Saleor and Shopify, how each stands, and having Saleor compared now.

use super::Params;
use crate::desk::Console;
use crate::flash::Flash;
use crate::form::Posted;
use crate::format::{ago, count};
use crate::icons;
use crate::layout::{Here, Look, Page, token};
use crate::visitor::{Visitor, see_other};
use app::Error;
use app::commerce::Commerce;
use app::saleor::sync::{OpenOrder, SaleorStatus, SyncSaleor};
use app::tenant::{SaleorSettings, ShopifySettings};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::order::Track;
use http::Uri;
use maud::{Markup, html};
use std::sync::Arc;

/// `GET /console/shops`
pub async fn show(State(console): State<Arc<Console>>, visitor: Visitor, uri: Uri) -> Response {
    let result = draw(&console, &visitor, &uri).await.map(IntoResponse::into_response);
    visitor.answer(result)
}

/// `POST /console/shops`: has Saleor compared now.
pub async fn sync(State(console): State<Arc<Console>>, posted: Posted) -> Response {
    posted.visitor.answer(asked(&console, &posted.visitor).await)
}

async fn asked(console: &Console, visitor: &Visitor) -> Result<Response, Error> {
    visitor.require_write()?;
    SyncSaleor::ask(&*console.sheet_queue, &visitor.scope, &visitor.config, &visitor.correlation).await?;
    Ok(see_other(&format!("/console/shops?flash={}", Flash::SaleorAsked.code())))
}

async fn draw(console: &Console, visitor: &Visitor, uri: &Uri) -> Result<Markup, Error> {
    let (saleor, shopify) = (visitor.config.saleor.as_ref(), visitor.config.shopify.as_ref());
    if saleor.is_none() && shopify.is_none() {
        return Err(Error::NotFound("shop system"));
    }
    let status = match saleor {
        Some(_) => SyncSaleor::status(&*console.reports, &visitor.scope).await?,
        None => SaleorStatus::default(),
    };
    let waiting = console.parked.list(&visitor.scope).await?;
    let waits = |commerce: Commerce| waiting.iter().filter(|one| one.key.endpoint == commerce.endpoint()).count();
    let body = html! {
        div class="title" {
            h1 { "Shops" }
            p class="muted" { "Other systems that orders come from" }
        }
        @if let Some(why) = &status.error {
            p class="flash bad" role="alert" { (icons::WARNING.beside()) span { "Saleor could not be asked: " (why) } }
        }
        @if let Some(account) = saleor { (of_saleor(visitor, account, &status, waits(Commerce::Saleor))) }
        @if let Some(account) = shopify { (of_shopify(visitor, account, waits(Commerce::Shopify))) }
        @if saleor.is_some() { (differing(visitor, &status)) }
    };
    let flash = Flash::of(Params::of(uri).get("flash"));
    Ok(Page { title: "Shops", here: Here::Shops, look: Look::Calm, visitor: Some(visitor), flash }.draw(&body))
}

fn state(is_on: bool) -> Markup {
    html! { @if is_on { span class="badge plain" { "on" } } @else { span class="badge plain" { "switched off" } } }
}

fn path(visitor: &Visitor, commerce: Commerce) -> Markup {
    html! { code { "/v1/hooks/" (visitor.scope.tenant()) "/" (commerce.endpoint()) } }
}

/// What of its webhooks waits for somebody.
fn waiting(count_of: usize) -> Markup {
    html! {
        dt { "Waiting for somebody" }
        dd { @if count_of == 0 { "nothing" } @else { a href="/console/inbox" { (count(i64::try_from(count_of).unwrap_or(i64::MAX))) " in the inbox" } } }
    }
}

fn of_saleor(visitor: &Visitor, account: &SaleorSettings, status: &SaleorStatus, waits: usize) -> Markup {
    let number = |value: usize| count(i64::try_from(value).unwrap_or(i64::MAX));
    html! {
        section class="card wide" aria-labelledby="saleor-title" {
            div class="card-head" { h2 id="saleor-title" { "Saleor" } (state(account.enabled)) }
            dl class="facts" {
                dt { "Its API" }
                dd { (account.origin()) @if account.token.is_none() { span class="muted" { " · no token: it is only listened to" } } }
                dt { "Its webhooks come to" }
                dd { (path(visitor, Commerce::Saleor)) }
                dt { "Last compared" }
                dd {
                    @match status.at { Some(at) => (ago(at, visitor.now, &visitor.zone())), None => span class="muted" { "not yet" } }
                    @if status.at.is_some() {
                        ": " (number(status.read)) " read, " (number(status.placed)) " new, " (number(status.updated)) " changed, " (number(status.told)) " told there"
                    }
                }
                (waiting(waits))
            }
            p class="hint" { "Both sides are compared every hour. Neither is overwritten: where they exclude each other, a person decides." }
            @if account.enabled && visitor.may_write() {
                form method="post" action="/console/shops" {
                    (token(visitor))
                    button class="button primary" type="submit" { (icons::BOLT.beside()) "Compare now" }
                }
            }
        }
    }
}

fn of_shopify(visitor: &Visitor, account: &ShopifySettings, waits: usize) -> Markup {
    html! {
        section class="card wide" aria-labelledby="shopify-title" {
            div class="card-head" { h2 id="shopify-title" { "Shopify" } (state(account.enabled)) }
            dl class="facts" {
                dt { "Shop" }
                dd { a rel="noreferrer" href={ "https://" (account.shop) "/admin/orders" } { (account.shop) } }
                dt { "Its webhooks come to" }
                dd { (path(visitor, Commerce::Shopify)) }
                dt { "Signed with" }
                dd { @if account.secrets.len() > 1 { "two secrets, while they are rotated" } @else { "the app's client secret" } }
                dt { "Orders to try it out" }
                dd { @if account.test_orders { "are taken in" } @else { "are left alone" } }
                (waiting(waits))
            }
            p class="hint" { "Orders move on as Shopify says. What is done here is not told there." }
        }
    }
}

fn differing(visitor: &Visitor, status: &SaleorStatus) -> Markup {
    html! {
        section class="card wide" aria-labelledby="open-title" {
            div class="card-head" {
                h2 id="open-title" { "Orders that differ" }
                @if status.open_total > status.open.len() { span class="muted" { "the first " (status.open.len()) } }
            }
            @if status.open.is_empty() {
                div class="empty" { p class="empty-title" { @if status.at.is_none() { "Nothing is compared yet" } @else { "Both sides agree" } } }
            } @else {
                table class="orders" {
                    caption class="visually-hidden" { "Orders that differ between here and Saleor" }
                    thead { tr { th scope="col" { "Order" } th scope="col" { "Here" } th scope="col" { "In Saleor" } th scope="col" { "What is to be decided" } th scope="col" { "Since" } } }
                    tbody { @for order in &status.open { (row(visitor, order)) } }
                }
            }
        }
    }
}

fn row(visitor: &Visitor, order: &OpenOrder) -> Markup {
    html! {
        tr {
            th scope="row" { @if order.here.is_some() { a href={ "/console/orders/" (order.order_id) } { (order.order_id) } } @else { (order.order_id) } }
            td { @match order.here { Some(status) => (status.as_str().replace('_', " ")), None => span class="muted" { "not here" } } }
            td { (order.there.to_lowercase().replace('_', " ")) }
            td { (order.why) }
            td { (ago(order.since, visitor.now, &visitor.zone())) }
        }
    }
}
