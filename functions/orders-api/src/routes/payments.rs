//! How orders are paid: who promised and took what, trying again, taking and giving back.

use super::Answer;
use super::orders::{doing, fault, idempotency, is_done, order_id, run};
use super::window::Window;
use crate::body::{self, Json};
use crate::desk::{Admitted, Desk};
use crate::view::{OrderPayment, PaymentMeans, PaymentSuccess};
use app::Error;
use app::apply::{Alongside, Applied};
use app::measure::payments_of;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::money::Money;
use domain::order::{Command, MoneyCommand, Order, Role};
use jiff::ToSpan;
use runtime::http::{BODY_BYTES_MAX, Caller, Origin, Params, Segments, raw_body};
use serde::Deserialize;
use std::sync::Arc;

/// What people may move money.
const MAY_REFUND: &str = "a manager's role, or a key of that role";

/// Shows how often payments succeed, by provider: of orders that somebody tried to pay. What the clock tries again counts once. Days are UTC's.
#[cfg_attr(test, utoipa::path(get, path = "/v1/payments/success", tag = "payments", params(Window),
    responses((status = 200, description = "By provider", body = PaymentSuccess), (status = 422, description = "A bad window"))))]
pub async fn success(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Params(window): Params<Window>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let days = window.days()?;
    let today = desk.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let found = payments_of(&*desk.metrics, &admitted.scope, today.saturating_sub((i64::from(days) - 1).days()), today).await?;
    Ok(axum::Json(PaymentSuccess::of(&found)).into_response())
}

/// Shows how an order is paid.
#[cfg_attr(test, utoipa::path(get, path = "/v1/orders/{id}/payment", tag = "payments", params(("id" = String, Path, description = "Order number")),
    responses((status = 200, description = "How it is paid", body = OrderPayment), (status = 404, description = "No such order, or nobody said how it is paid"))))]
pub async fn read(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Segments(id): Segments<String>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let order = desk.orders.load(&admitted.scope, &order_id(&id)?).await.map_err(Error::from)?.ok_or(Error::NotFound("order"))?;
    Ok(shown(&desk, &admitted, &order, StatusCode::OK)?)
}

/// Asks the providers now what became of everything that is open: the customer has come back from their page, and the shop does not want to
/// wait for the webhook.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/{id}/payment/check", tag = "payments", params(("id" = String, Path, description = "Order number")),
    responses((status = 202, description = "The providers are asked; look again in a moment", body = OrderPayment), (status = 404, description = "No such order, or nobody said how it is paid"), (status = 409, description = "Its money is not collected here"))))]
pub async fn check(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Segments(id): Segments<String>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let order = desk.orders.load(&admitted.scope, &order_id(&id)?).await.map_err(Error::from)?.ok_or(Error::NotFound("order"))?;
    let paying = order.paying.as_ref().ok_or(Error::NotFound("payment"))?;
    let command = MoneyCommand::Report { operations: paying.to_check(), captures: Vec::new() };
    let applied = money(&desk, &admitted, &id, command, Alongside::default()).await?;
    Ok(shown(&desk, &admitted, &applied.order, StatusCode::ACCEPTED)?)
}

/// Lets the customer try again, also with something else, while the order waits for its money.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/{id}/payment/retry", tag = "payments", request_body = PaymentMeans, params(("id" = String, Path, description = "Order number")),
    responses((status = 202, description = "A provider is asked; look again in a moment", body = OrderPayment), (status = 404, description = "No such order"), (status = 409, description = "There is nothing to pay, or the last try is still open"), (status = 422, description = "Every fault"))))]
pub async fn retry(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(id): Segments<String>,
    Json(body): Json<PaymentMeans>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let means = body.into_draft().check().map_err(Error::Invalid)?;
    if means.token.is_some() && means.provider.is_none() {
        return Err(fault("provider", "required", "a token is of one provider: say which").into());
    }
    let applied = money(&desk, &admitted, &id, MoneyCommand::TryAgain { means }, Alongside::default()).await?;
    Ok(shown(&desk, &admitted, &applied.order, StatusCode::ACCEPTED)?)
}

/// Takes the money now, instead of when the order leaves.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/{id}/payment/capture", tag = "payments", params(("id" = String, Path, description = "Order number")),
    responses((status = 202, description = "The provider is asked; look again in a moment", body = OrderPayment), (status = 403, description = "Needs a manager"), (status = 404, description = "No such order"), (status = 409, description = "There is nothing to capture"))))]
pub async fn capture(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Segments(id): Segments<String>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    may_move_money(&admitted)?;
    let applied = money(&desk, &admitted, &id, MoneyCommand::Capture, Alongside::default()).await?;
    Ok(shown(&desk, &admitted, &applied.order, StatusCode::ACCEPTED)?)
}

/// Money that is to go back.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewRefund {
    /// Decimal, in the order's currency; all that is left if it is not given.
    #[cfg_attr(test, schema(example = "10.00"))]
    pub amount: Option<String>,
    /// Why; 1 to 500 characters, kept in the order's timeline.
    pub reason: Option<String>,
}

/// Gives money back. Sending the same `Idempotency-Key` with the same body again refunds nothing twice.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/{id}/refunds", tag = "payments", request_body = NewRefund,
    params(("id" = String, Path, description = "Order number"), ("Idempotency-Key" = String, Header, description = "1 to 200 printable characters, kept for 48 hours")),
    responses((status = 202, description = "The provider is asked; look again in a moment", body = OrderPayment), (status = 403, description = "Needs a manager"), (status = 404, description = "No such order"), (status = 409, description = "Not as it stands, or more than is left"), (status = 422, description = "Every fault, or the key was used for another refund"))))]
pub async fn refund(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(id): Segments<String>,
    request: Request,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    may_move_money(&admitted)?;
    let headers = request.headers().clone();
    let raw = raw_body(request, BODY_BYTES_MAX).await?;
    let body: NewRefund = body::read(&raw)?;
    let id = order_id(&id)?;
    let once = idempotency(&headers, &admitted, &format!("POST /v1/orders/{id}/refunds"), &raw)?;
    let order = desk.orders.load(&admitted.scope, &id).await.map_err(Error::from)?.ok_or(Error::NotFound("order"))?;
    if is_done(&desk, &admitted, &once).await? {
        return Ok(shown(&desk, &admitted, &order, StatusCode::ACCEPTED)?);
    }
    let amount = body.amount.as_deref().map(|text| Money::parse(text, order.totals.currency));
    let amount = amount.transpose().map_err(|why| fault("amount", "bad_amount", why.to_string()))?;
    let reason = body.reason.filter(|reason| !reason.trim().is_empty());
    let with = Alongside { once: Some(doing(&desk, &once)), ..Alongside::default() };
    let applied = money(&desk, &admitted, id.as_str(), MoneyCommand::Refund { amount, reason, seen: None }, with).await?;
    Ok(shown(&desk, &admitted, &applied.order, StatusCode::ACCEPTED)?)
}

pub(super) fn may_move_money(admitted: &Admitted) -> Result<(), Error> {
    if admitted.identity.role >= Role::Manager { Ok(()) } else { Err(Error::Forbidden { needs: MAY_REFUND }) }
}

async fn money(desk: &Desk, admitted: &Admitted, id: &str, command: MoneyCommand, with: Alongside<'_>) -> Result<Applied, Error> {
    run(desk, admitted, &order_id(id)?, &Command::Money(command), with).await
}

fn shown(desk: &Desk, admitted: &Admitted, order: &Order, status: StatusCode) -> Result<Response, Error> {
    let may_write = admitted.identity.scopes.write;
    let payment = OrderPayment::of(order, may_write, desk.clock.now()).ok_or(Error::NotFound("payment"))?;
    Ok((status, axum::Json(payment)).into_response())
}
