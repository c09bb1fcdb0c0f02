//! A tenant's settings as one document. Secrets go in and never come out.

use super::Answer;
use crate::desk::Desk;
use app::Error;
use app::tenant::{Secret, TenantConfig};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use runtime::http::{Caller, Json, Origin};
use serde_json::{Value, json};
use std::sync::Arc;

/// What stands in an answer for a secret that is set. Sent back unchanged it keeps the secret.
pub const SET: &str = "(set)";

fn masked(config: &TenantConfig) -> Value {
    let mut shown = config.clone();
    for hook in &mut shown.hooks {
        hook.secrets.iter_mut().for_each(|secret| *secret = Secret::new(SET));
    }
    if shown.notify.slack_webhook.is_some() {
        shown.notify.slack_webhook = Some(Secret::new(SET));
    }
    serde_json::to_value(shown).unwrap_or_default()
}

/// Reads the settings; secrets show as "(set)".
#[cfg_attr(test, utoipa::path(get, path = "/v1/settings", tag = "settings", responses((status = 200, description = "The settings", body = Object))))]
pub async fn read(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "admin", |scopes| scopes.admin).await?;
    Ok(axum::Json(masked(&admitted.config)).into_response())
}

/// Replaces the settings. `version` must be the one that was read; a secret sent as "(set)" stays.
#[cfg_attr(test, utoipa::path(put, path = "/v1/settings", tag = "settings", request_body = Object,
    responses((status = 200, description = "The settings now", body = Object), (status = 409, description = "Changed meanwhile"), (status = 422, description = "Every fault"))))]
pub async fn write(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Json(mut config): Json<TenantConfig>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "admin", |scopes| scopes.admin).await?;
    let before = &admitted.config;
    for hook in &mut config.hooks {
        if hook.secrets.iter().any(|secret| secret.expose() == SET) {
            let kept = before.hook(&hook.name).map(|known| known.secrets.clone()).unwrap_or_default();
            hook.secrets.retain(|secret| secret.expose() != SET);
            hook.secrets.extend(kept);
        }
    }
    if config.notify.slack_webhook.as_ref().is_some_and(|secret| secret.expose() == SET) {
        config.notify.slack_webhook = before.notify.slack_webhook.clone();
    }
    let faults = config.faults();
    if !faults.is_empty() {
        return Err(Error::Invalid(faults).into());
    }
    if config.version != before.version {
        return Err(Error::Stale { current: before.version }.into());
    }
    config.version += 1;
    if !desk.tenants.save(&admitted.scope, &config, before.version).await.map_err(Error::from)? {
        return Err(Error::Stale { current: before.version + 1 }.into());
    }
    let mut shown = masked(&config);
    shown["saved"] = json!(true);
    Ok(axum::Json(shown).into_response())
}
