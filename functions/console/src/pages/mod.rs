//! The pages.

pub mod ask;
pub mod audit;
pub mod cancelling;
mod clocks;
pub mod dashboard;
pub mod decisions;
pub mod dialog;
pub mod exceptions;
pub mod exports;
pub mod figures;
pub mod inbox;
pub mod labels;
pub mod login;
pub mod manifests;
pub mod messages;
pub mod moves;
pub mod order;
pub mod orders;
pub mod parcels;
pub mod payment;
pub mod photos;
pub mod picking;
pub mod prices;
pub mod purchases;
pub mod queue;
pub mod reports;
pub mod returns;
pub mod reviews;
pub mod sheet;
pub mod shops;
pub mod stock;
pub mod then;
pub mod timeline;
pub mod tracking;
pub mod webhooks;
pub mod wording;
pub mod workflow;

use crate::desk::Console;
use crate::flash::Flash;
use crate::form::encode;
use crate::visitor::{Visitor, see_other};
use app::Error;
use axum::extract::Query;
use axum::response::Response;
use domain::ids::OrderId;
use domain::order::Order;
use http::Uri;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// A number from a path. One that could not be an order's is simply not there.
fn order_id(text: &str) -> Result<OrderId, Error> {
    OrderId::parse(text).map_err(|_| Error::NotFound("order"))
}

/// Where an order's page is.
fn order_href(id: &OrderId) -> String {
    format!("/console/orders/{}", encode(id.as_str()))
}

/// The order that a form is about, as it stands, for somebody who may change it.
async fn to_change(console: &Console, visitor: &Visitor, id: &str) -> Result<Order, Error> {
    visitor.require_write()?;
    console.orders.load(&visitor.scope, &order_id(id)?).await?.ok_or(Error::NotFound("order"))
}

/// Back to an order's page, which says what came of a form.
fn back(id: &OrderId, flash: Flash) -> Response {
    see_other(&format!("{}?flash={}", order_href(id), flash.code()))
}

/// The ways to other pages of a list: `first` is its address, without a cursor.
fn pager(first: &str, is_first: bool, next: Option<&str>) -> Markup {
    let glue = if first.contains('?') { "&" } else { "?" };
    html! {
        @if !is_first || next.is_some() {
            nav class="pager" aria-label="Pages" {
                @if !is_first { a class="button" href=(first) { "First page" } }
                @if let Some(next) = next { a class="button" rel="next" href={ (first) (glue) "cursor=" (encode(next)) } { "Next page" } }
            }
        }
    }
}

/// The parameters of an address. What cannot be read counts as missing, and of two of one name the last.
#[derive(Debug, Default)]
struct Params(BTreeMap<String, String>);

impl Params {
    fn of(uri: &Uri) -> Params {
        Query::try_from_uri(uri).map(|Query(params)| Params(params)).unwrap_or_default()
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }
}
