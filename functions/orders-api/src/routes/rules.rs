//! What a shop says at which status.

use super::Answer;
use super::orders::order_id;
use crate::body::Json;
use crate::desk::Desk;
use app::Error;
use app::notify::{Preview, preview};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::notify::{NotifyRules, PLACEHOLDERS, Tongue};
use domain::order::{Fault, Label};
use runtime::http::{Caller, Origin};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The rules as they stand, and what there is to choose from.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct RulesNow {
    /// Send it back with a change.
    pub version: u64,
    /// By status; a status without one has e-mail and Slack, in our words.
    #[cfg_attr(test, schema(value_type = std::collections::BTreeMap<String, StatusRule>))]
    pub rules: NotifyRules,
    /// Every status.
    pub statuses: Vec<&'static str>,
    /// Languages that words may be in.
    pub languages: Vec<&'static str>,
    /// What may stand in them for something of the order.
    pub placeholders: Vec<&'static str>,
}

impl RulesNow {
    fn of(version: u64, rules: NotifyRules) -> RulesNow {
        let statuses = Label::ALL.iter().map(|label| label.text()).collect();
        RulesNow {
            version,
            rules,
            statuses,
            languages: Tongue::ALL.iter().map(|tongue| tongue.tag()).collect(),
            placeholders: PLACEHOLDERS.to_vec(),
        }
    }
}

/// Reads the rules.
#[cfg_attr(test, utoipa::path(get, path = "/v1/notify-rules", tag = "settings", responses((status = 200, description = "The rules", body = RulesNow))))]
pub async fn read(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "admin", |scopes| scopes.admin).await?;
    Ok(axum::Json(RulesNow::of(admitted.config.version, admitted.config.notify.rules.clone())).into_response())
}

/// What is sent at one status, as the document describes it.
#[cfg(test)]
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the domain's own type is what is read")]
pub struct StatusRule {
    /// The customer gets an e-mail. Default true.
    #[serde(default)]
    email: bool,
    /// The team gets a post. Default true.
    #[serde(default)]
    slack: bool,
    /// In words of the shop's own, by language ("en", "pl", "es", "fr", "de"); ours, where there are none.
    #[serde(default)]
    wording: std::collections::BTreeMap<String, StatusWords>,
}

/// A subject line and a text, with placeholders.
#[cfg(test)]
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the domain's own type is what is read")]
pub struct StatusWords {
    /// Subject line, 1 to 150 characters.
    subject: String,
    /// Plain text, 1 to 5,000 characters.
    text: String,
}

/// Rules to be saved.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewRules {
    /// The version that was read.
    pub version: u64,
    /// By status.
    #[cfg_attr(test, schema(value_type = std::collections::BTreeMap<String, StatusRule>))]
    pub rules: NotifyRules,
}

/// Replaces the rules. `version` must be the one that was read.
#[cfg_attr(test, utoipa::path(put, path = "/v1/notify-rules", tag = "settings", request_body = NewRules,
    responses((status = 200, description = "The rules now", body = RulesNow), (status = 409, description = "Changed meanwhile"), (status = 422, description = "Every fault"))))]
pub async fn write(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Json(new): Json<NewRules>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "admin", |scopes| scopes.admin).await?;
    let config = app::tenant::with_rules(&*desk.tenants, &admitted.scope, &admitted.config, new.rules, new.version).await?;
    Ok(axum::Json(RulesNow::of(config.version, config.notify.rules)).into_response())
}

/// What is to be looked at.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PreviewOf {
    /// A real order's number.
    pub order_id: String,
    /// Rules that are not saved yet; the saved ones, if nothing is said.
    #[cfg_attr(test, schema(value_type = Option<std::collections::BTreeMap<String, StatusRule>>))]
    pub rules: Option<NotifyRules>,
    /// "en", "pl", "es", "fr" or "de"; the customer's, if nothing is said.
    pub language: Option<String>,
}

/// Shows what would be sent about an order at every status. Nothing is.
#[cfg_attr(test, utoipa::path(post, path = "/v1/notify-rules/preview", tag = "settings", request_body = PreviewOf,
    responses((status = 200, description = "Status by status", body = Object), (status = 404, description = "No such order"), (status = 422, description = "Every fault"))))]
pub async fn look(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Json(of): Json<PreviewOf>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let mut faults = of.rules.as_ref().map(|rules| rules.faults("rules")).unwrap_or_default();
    let tongue = of.language.as_deref().map(Tongue::of_tag);
    if tongue == Some(None) {
        faults.push(Fault::new("language", "unknown_language", Tongue::KNOWN));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(Fault::listed(faults, 0)).into());
    }
    let order = desk.orders.load(&admitted.scope, &order_id(&of.order_id)?).await.map_err(Error::from)?.ok_or(Error::NotFound("order"))?;
    let rules = of.rules.as_ref().unwrap_or(&admitted.config.notify.rules);
    let shown: Vec<Preview> = preview(&order, &admitted.config, rules, tongue.flatten(), desk.clock.now());
    Ok(axum::Json(serde_json::json!({ "order_id": order.id, "messages": shown })).into_response())
}
