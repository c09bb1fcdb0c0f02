//! Who is looking: the person behind the session cookie, checked anew on every request.

use crate::desk::Console;
use crate::failure;
use crate::flash::Flash;
use crate::session::{self, Session};
use app::ports::{Allowance, Limit};
use app::tenant::TenantConfig;
use app::{Error, Identity, Provenance, TenantScope};
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use domain::ids::CorrelationId;
use domain::order::Role;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil::Date};
use runtime::http::Origin;
use std::sync::Arc;

/// A signed-in person.
pub struct Visitor {
    /// Who.
    pub identity: Identity,
    /// Whose data.
    pub scope: TenantScope,
    /// How the shop wants it.
    pub config: TenantConfig,
    /// Their session.
    pub session: Session,
    /// What their forms must carry.
    pub form_token: String,
    /// Ties what they do together.
    pub correlation: CorrelationId,
    /// The time of this request.
    pub now: Timestamp,
}

impl Visitor {
    /// May change orders: the key's scope and its role must both say so.
    pub fn may_write(&self) -> bool {
        self.identity.scopes.write && self.identity.role > Role::Readonly
    }

    /// Requires [`Visitor::may_write`].
    pub fn require_write(&self) -> Result<(), Error> {
        if self.may_write() { Ok(()) } else { Err(Error::Forbidden { needs: "write" }) }
    }

    /// As the author of a change.
    pub fn provenance(&self) -> Provenance {
        Provenance { actor: self.identity.actor(), correlation: self.correlation.clone() }
    }

    /// The shop's time zone.
    pub fn zone(&self) -> TimeZone {
        self.config.zone()
    }

    /// The day it is in the shop.
    pub fn today(&self) -> Date {
        self.config.today(self.now)
    }

    /// A page, or the page that says why there is none.
    pub fn answer(&self, result: Result<Response, Error>) -> Response {
        result.unwrap_or_else(|error| failure::page(Some(self), &self.correlation, error))
    }
}

/// May whoever holds this key use the console at all?
pub fn may_enter(identity: &Identity) -> bool {
    identity.scopes.read && identity.role > Role::Customer
}

/// Whether cookies may insist on https: always, but on one's own machine.
pub fn secure(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, port)| if port.bytes().all(|b| b.is_ascii_digit()) { name } else { host });
    !(name == "localhost" || name.ends_with(".localhost") || name == "127.0.0.1" || name == "[::1]")
}

impl FromRequestParts<Arc<Console>> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, Response> {
        let origin = Origin::from_request_parts(parts, console).await.map_err(IntoResponse::into_response)?;
        match admit(parts, console, &origin.correlation).await {
            Ok(Some(visitor)) => Ok(visitor),
            Ok(None) => Err(to_login(parts)),
            Err(error) => Err(failure::page(None, &origin.correlation, error)),
        }
    }
}

async fn admit(parts: &Parts, console: &Console, correlation: &CorrelationId) -> Result<Option<Visitor>, Error> {
    let now = console.clock.now();
    let Some(session) = session::cookie(&parts.headers).and_then(|text| console.sessions.open(text, now)) else { return Ok(None) };
    let Some(key) = console.keys.key(&session.tenant, &session.key_hash).await? else { return Ok(None) };
    if key.revoked_at.is_some_and(|revoked| revoked <= now) {
        return Ok(None);
    }
    let identity = Identity { tenant: session.tenant.clone(), principal: key.id, role: key.role, scopes: key.scopes };
    if !may_enter(&identity) {
        return Err(Error::Forbidden { needs: "read" });
    }
    let scope = TenantScope::of(&identity);
    // Signed out: a copy of the cookie opens nothing any more.
    if let Allowance::Denied { .. } = console.buckets.take(&scope, &session.end_bucket(), 0, session::END, now).await? {
        return Ok(None);
    }
    let config = console.tenants.config(scope.tenant()).await?.unwrap_or_default();
    let limit = Limit { count: config.requests_per_minute, window: SignedDuration::from_mins(1) };
    console.buckets.take(&scope, &format!("console:{}", identity.principal), 1, limit, now).await?.or_wait()?;
    let form_token = console.sessions.form_token(&session)?;
    Ok(Some(Visitor { identity, scope, config, session, form_token, correlation: correlation.clone(), now }))
}

/// Nobody is signed in. A link from elsewhere (a mail, a chat) comes without the strict cookie even if
/// somebody is, so such a request is first repeated from a page of our own.
fn to_login(parts: &Parts) -> Response {
    let here = parts.uri.path_and_query().map_or("/console", |path| path.as_str());
    let from_elsewhere = parts.headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    let a_page = parts.headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate");
    if from_elsewhere && a_page && parts.method == Method::GET && session::cookie(&parts.headers).is_none() {
        return failure::knock(here);
    }
    if parts.headers.contains_key("x-console-fragment") {
        // A script must not be led to a page it cannot show.
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let back = if parts.method == Method::GET { here } else { here.rsplit_once('/').map_or("/console", |(page, _)| page) };
    let login = format!("/console/login?next={}", crate::form::encode(back));
    if session::cookie(&parts.headers).is_none() {
        return see_other(&login);
    }
    let mut response = see_other(&format!("{login}&flash={}", Flash::Expired.code()));
    add_cookie(&mut response, &session::clear(secure(&parts.headers)));
    response
}

/// 303 to an address of our own.
pub fn see_other(to: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let to = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/console"));
    response.headers_mut().insert(header::LOCATION, to);
    response
}

/// Adds `Set-Cookie`.
pub fn add_cookie(response: &mut Response, line: &str) {
    if let Ok(line) = HeaderValue::from_str(line) {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
}
