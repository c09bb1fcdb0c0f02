//! API keys: made once, shown once, kept as a hash.

use super::Answer;
use crate::body::Json;
use crate::desk::Desk;
use app::auth::make_key;
use app::ports::ApiKey;
use app::{Error, Scopes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::order::{Fault, Role};
use lambda_http::http::StatusCode;
use runtime::http::{Caller, Origin, Segments};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A key without the key.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct KeyRow {
    /// Public id.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// What it may do.
    #[cfg_attr(test, schema(value_type = Object))]
    pub scopes: Scopes,
    /// When it was made.
    pub created_at: String,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<String>,
    /// The last day (UTC) on which it was used; none if it never was. One that nobody uses is best revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_on: Option<String>,
}

fn row(key: &ApiKey) -> KeyRow {
    KeyRow {
        id: key.id.clone(),
        name: key.name.clone(),
        scopes: key.scopes,
        created_at: key.created_at.to_string(),
        revoked_at: key.revoked_at.map(|at| at.to_string()),
        last_used_on: key.last_used_on.map(|day| day.to_string()),
    }
}

/// Lists the keys.
#[cfg_attr(test, utoipa::path(get, path = "/v1/keys", tag = "settings", responses((status = 200, description = "All keys", body = Vec<KeyRow>))))]
pub async fn list(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "admin", |scopes| scopes.admin).await?;
    let keys = desk.keys.keys(&admitted.scope).await.map_err(Error::from)?;
    Ok(axum::Json(keys.iter().map(row).collect::<Vec<_>>()).into_response())
}

/// What a new key may do. Whatever is not said, it may not.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct NewKeyScopes {
    /// Ask where an order is.
    pub ask: bool,
    /// Read orders.
    pub read: bool,
    /// Place and change orders.
    pub write: bool,
    /// Settings, keys, privacy requests.
    pub admin: bool,
}

impl From<NewKeyScopes> for Scopes {
    fn from(NewKeyScopes { ask, read, write, admin }: NewKeyScopes) -> Scopes {
        Scopes { ask, read, write, admin }
    }
}

/// Keys of a tenant that are not revoked.
pub const KEYS_MAX: usize = 100;

/// A key to be made.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewKeyBody {
    /// What it is for.
    pub name: String,
    /// What it may do. A publishable key, safe in a web page, has "ask" only.
    pub scopes: NewKeyScopes,
}

/// Makes a key. Its text is in this answer and nowhere else.
#[cfg_attr(test, utoipa::path(post, path = "/v1/keys", tag = "settings", request_body = NewKeyBody,
    responses((status = 201, description = "The key, shown once", body = Object))))]
pub async fn create(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Json(body): Json<NewKeyBody>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "admin", |scopes| scopes.admin).await?;
    let name = body.name.trim();
    if name.is_empty() || name.chars().count() > 80 || name.chars().any(char::is_control) {
        return Err(Error::Invalid(vec![Fault::new("name", "bad_name", "1 to 80 printable characters")]).into());
    }
    let live = desk.keys.keys(&admitted.scope).await.map_err(Error::from)?.iter().filter(|key| key.revoked_at.is_none()).count();
    if live >= KEYS_MAX {
        let full = format!("there are {KEYS_MAX} keys; revoke those that nobody uses");
        return Err(Error::Invalid(vec![Fault::new("", "too_many", full)]).into());
    }
    let made = make_key(&admitted.scope, name, Role::Service, body.scopes.into(), desk.random.as_ref(), desk.clock.as_ref());
    desk.keys.save(&admitted.scope, &made.key).await.map_err(Error::from)?;
    let mut shown = serde_json::to_value(row(&made.key)).unwrap_or_default();
    shown["key"] = app::tenant::Secret(made.text).expose().into();
    Ok((StatusCode::CREATED, axum::Json(shown)).into_response())
}

/// Revokes a key, at once.
#[cfg_attr(test, utoipa::path(delete, path = "/v1/keys/{id}", tag = "settings", params(("id" = String, Path, description = "Key id")),
    responses((status = 204, description = "Revoked"), (status = 404, description = "No such key"))))]
pub async fn revoke(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Segments(id): Segments<String>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "admin", |scopes| scopes.admin).await?;
    let keys = desk.keys.keys(&admitted.scope).await.map_err(Error::from)?;
    let mut key = keys.into_iter().find(|key| key.id == id).ok_or(Error::NotFound("key"))?;
    if key.revoked_at.is_none() {
        key.revoked_at = Some(desk.clock.now());
        desk.keys.save(&admitted.scope, &key).await.map_err(Error::from)?;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}
