//! Orders that need a person.

use super::Answer;
use super::orders::{fault, page_size, status};
use crate::desk::Desk;
use crate::view::{AttentionList, CaseView};
use app::Error;
use app::attention::{Filter, Queue};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::order::{Concern, WatchRules};
use runtime::http::{Caller, Origin, Params};
use serde::Deserialize;
use std::sync::Arc;

/// Which of them.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct AttentionParams {
    /// Only this status.
    pub status: Option<String>,
    /// Only this reason, for example pending_too_long.
    pub reason: Option<String>,
    /// Instead of the shop's own rules for pending orders and those in processing: 1 to 8760 hours.
    pub max_age_hours: Option<String>,
    /// 1 to 200, default 50.
    pub limit: Option<String>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// Lists orders that need a person, those first that have needed one longest.
#[cfg_attr(test, utoipa::path(get, path = "/v1/orders/requiring-attention", tag = "orders", params(AttentionParams),
    responses((status = 200, description = "A page", body = AttentionList), (status = 422, description = "A bad filter, limit or cursor"))))]
pub async fn list(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Params(params): Params<AttentionParams>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let known = || Concern::ALL.map(Concern::code).join(", ");
    let reason = |code: &str| Concern::of(code).ok_or_else(|| fault("reason", "unknown_reason", format!("one of: {}", known())));
    let filter = Filter {
        status: params.status.as_deref().map(status).transpose()?,
        concern: params.reason.as_deref().map(reason).transpose()?,
        max_age_h: within("max_age_hours", params.max_age_hours.as_deref(), WatchRules::HOURS_MAX)?,
    };
    let limit = page_size(params.limit.as_deref())?;
    let named = format!("attention:{filter:?}");
    let after = desk.cursors.after(&admitted.scope, &named, params.cursor.as_deref())?;
    let (now, shop) = (desk.clock.now(), (&admitted.scope, &admitted.config));
    let queue = Queue::load(&*desk.orders, shop, &filter, (after.as_ref(), limit), now).await?;
    let next_cursor = desk.cursors.next(&admitted.scope, &named, queue.next.as_ref())?;
    let today = admitted.config.today(now);
    let orders = queue.cases.iter().map(|case| CaseView::of(case, now, today)).collect();
    Ok(axum::Json(AttentionList { as_of: now, orders, next_cursor }).into_response())
}

fn within(field: &str, text: Option<&str>, max: u32) -> Result<Option<u32>, Error> {
    let read = |text: &str| text.parse::<u32>().ok().filter(|number| (1..=max).contains(number));
    text.map(|text| read(text).ok_or_else(|| fault(field, "out_of_range", format!("1 to {max}")))).transpose()
}
