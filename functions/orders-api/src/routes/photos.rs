//! Photos of an order, from whoever packs and ships it.

use super::Answer;
use super::orders::order_id;
use crate::desk::Desk;
use crate::view::{PhotoList, PhotoView};
use app::Error;
use app::photos::{PICTURE_BYTES_MAX, Photos, link, links};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use domain::order::PhotoKind;
use lambda_http::http::{HeaderMap, StatusCode, header};
use runtime::Problem;
use runtime::http::{Caller, Origin, Segments, raw_body};
use std::sync::Arc;

/// Adds a photo of what was packed or shipped: the picture itself as the body, JPEG, PNG or WebP, at most 4 MB.
///
/// What a camera writes beside the picture (place, time, device) is left out before it is kept. The same picture of the same
/// kind again changes nothing and answers 200. Photos are deleted when their customer is forgotten.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/{id}/photos/{kind}", tag = "orders",
    params(("id" = String, Path, description = "Order number"), ("kind" = String, Path, description = "packing or shipping")),
    request_body(content((String = "image/jpeg"), (String = "image/png"), (String = "image/webp"))),
    responses((status = 201, description = "Added", body = PhotoView), (status = 200, description = "It was there before", body = PhotoView),
              (status = 404, description = "No such order or kind"), (status = 409, description = "It has 20 photos, or its customer was forgotten"),
              (status = 413, description = "More than 4 MB"), (status = 415, description = "Not sent as a picture"), (status = 422, description = "No picture, or a damaged one"))))]
pub async fn add(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments((id, kind)): Segments<(String, String)>,
    request: Request,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let id = order_id(&id)?;
    let kind = PhotoKind::from_word(&kind).ok_or(Error::NotFound("kind of photo; there are packing and shipping"))?;
    if !is_sent_as_picture(request.headers()) {
        let advice = "send the picture itself as the body, as image/jpeg, image/png or image/webp";
        return Err(Problem::new("not-a-picture", "Not sent as a picture", StatusCode::UNSUPPORTED_MEDIA_TYPE, advice));
    }
    let bytes = raw_body(request, PICTURE_BYTES_MAX).await?;
    let photos = Photos { apply: &desk.apply, files: &*desk.reports };
    let added = photos.add(admitted.context(), &id, kind, &bytes).await?;
    let linked = link(&*desk.reports, &admitted.scope, (&id, &added.photo), desk.clock.now()).await?;
    let status = if added.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, axum::Json(PhotoView::of(&linked))).into_response())
}

/// Lists the photos of an order with links that work for 15 minutes.
#[cfg_attr(test, utoipa::path(get, path = "/v1/orders/{id}/photos", tag = "orders", params(("id" = String, Path, description = "Order number")),
    responses((status = 200, description = "Oldest first", body = PhotoList), (status = 404, description = "No such order"))))]
pub async fn list(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Segments(id): Segments<String>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let order = desk.orders.load(&admitted.scope, &order_id(&id)?).await.map_err(Error::from)?.ok_or(Error::NotFound("order"))?;
    let linked = links(&*desk.reports, &admitted.scope, &order, desk.clock.now()).await?;
    Ok(axum::Json(PhotoList { photos: linked.iter().map(PhotoView::of).collect() }).into_response())
}

/// What is sent as text is no longer the picture when it comes here, and a form is not the picture alone.
fn is_sent_as_picture(headers: &HeaderMap) -> bool {
    let sent_as = headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default().trim().to_lowercase());
    sent_as.is_none_or(|kind| kind.starts_with("image/") || kind.starts_with("application/octet-stream"))
}
