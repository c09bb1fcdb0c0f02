//! Photos of an order: shown by a way of our own, so that pages load nothing from elsewhere, and added by whoever may change it.

use super::{order_href, order_id};
use crate::desk::Console;
use crate::form::Picture;
use crate::format::moment;
use crate::icons;
use crate::visitor::Visitor;
use app::photos::{Photos, picture};
use app::{Context, Error};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::order::{Order, Photo, PhotoKind};
use http::{HeaderValue, header};
use maud::{Markup, html};
use runtime::Problem;
use std::sync::Arc;

/// A picture never changes, but whoever is forgotten should be soon.
const CACHING: HeaderValue = HeaderValue::from_static("private, max-age=900");

/// `GET /console/orders/{id}/photos/{name}`: the picture itself.
pub async fn show(State(console): State<Arc<Console>>, visitor: Visitor, Path((id, name)): Path<(String, String)>) -> Response {
    let result = read(&console, &visitor, &id, &name).await;
    visitor.answer(result)
}

async fn read(console: &Console, visitor: &Visitor, id: &str, name: &str) -> Result<Response, Error> {
    let order = console.orders.load(&visitor.scope, &order_id(id)?).await?.ok_or(Error::NotFound("order"))?;
    let (format, bytes) = picture(&*console.reports, &visitor.scope, &order, name).await?;
    let kind = HeaderValue::from_static(format.content_type());
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, CACHING)], bytes).into_response())
}

/// `POST /console/orders/{id}/photos/{kind}`: answers with the order's photos as they are now.
pub async fn add(State(console): State<Arc<Console>>, Path((id, kind)): Path<(String, String)>, sent: Picture) -> Response {
    let added = store(&console, &sent, &id, &kind).await;
    added.map_or_else(|error| Problem::from(error).into_response(), |order| fragment(&order, &sent.visitor).into_response())
}

async fn store(console: &Console, sent: &Picture, id: &str, kind: &str) -> Result<Order, Error> {
    let visitor = &sent.visitor;
    visitor.require_write()?;
    let kind = PhotoKind::from_word(kind).ok_or(Error::NotFound("kind of photo"))?;
    let by = visitor.provenance();
    let context = Context { scope: &visitor.scope, config: &visitor.config, by: &by };
    let photos = Photos { apply: &console.auto.apply, files: &*console.reports };
    Ok(photos.add(context, &order_id(id)?, kind, &sent.bytes).await?.order)
}

/// Is there anything to show, or to add?
pub fn any(order: &Order, visitor: &Visitor) -> bool {
    !order.photos.is_empty() || may_add(order, visitor)
}

fn may_add(order: &Order, visitor: &Visitor) -> bool {
    visitor.may_write() && order.contact.is_some()
}

/// Where a picture is.
pub fn href(order: &Order, photo: &Photo) -> String {
    format!("{}/photos/{}", order_href(&order.id), photo.name)
}

/// The photos, and how to add one. The script makes a picture small before it sends it, so nothing is sent without it.
pub fn fragment(order: &Order, visitor: &Visitor) -> Markup {
    html! {
        div class="photos" data-photos={ (order_href(&order.id)) "/photos" } data-token=(visitor.form_token) {
            @if order.photos.is_empty() { p class="muted" { "None yet." } }
            ul class="photo-list" { @for photo in &order.photos { li { (thumbnail(order, photo, visitor)) } } }
            @if may_add(order, visitor) {
                div class="photo-add" {
                    @for kind in PhotoKind::ALL {
                        label class="button small" {
                            (icons::CAMERA.beside()) "Add photo of " (kind)
                            input type="file" accept="image/*" data-kind=(kind);
                        }
                    }
                }
                p class="hint" role="status" data-note {}
            }
        }
    }
}

fn thumbnail(order: &Order, photo: &Photo, visitor: &Visitor) -> Markup {
    html! {
        a href=(href(order, photo)) target="_blank" rel="noopener" {
            img src=(href(order, photo)) alt={ "Photo of " (photo.kind) " of order " (order.id) } loading="lazy" width="112" height="84";
        }
        span class="muted" { (photo.kind) " · " (moment(photo.at, &visitor.zone())) }
    }
}
