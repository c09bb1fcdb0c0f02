//! The door: an API key opens a session.

use super::Params;
use crate::desk::Console;
use crate::failure;
use crate::flash::Flash;
use crate::form::{Anonymous, Posted, encode, inside};
use crate::icons;
use crate::layout::{Here, Look, Page, mark};
use crate::session::{self, Session};
use crate::visitor::{Visitor, add_cookie, may_enter, secure, see_other};
use app::Error;
use app::ports::Limit;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Uri};
use jiff::SignedDuration;
use maud::html;
use runtime::http::Origin;
use std::sync::Arc;

/// Wrong keys from one address before it has to wait.
pub const WRONG_KEYS: Limit = Limit { count: 10, window: SignedDuration::from_mins(15) };

/// `GET /console/login`
pub async fn show(uri: Uri) -> Response {
    let params = Params::of(&uri);
    let next = inside(params.get("next"));
    let body = html! {
        div class="door" {
            section class="card sheet" {
                div class="door-mark" { (mark()) }
                h1 { "Sign in to OrderFlow" }
                p class="muted" { "Orders, their progress and your customers’ questions in one calm place." }
                form method="post" action="/console/login" {
                    input type="hidden" name="next" value=(next);
                    label for="key" { "API key" }
                    input id="key" name="key" type="password" required autocomplete="current-password" autofocus spellcheck="false"
                        autocapitalize="none" maxlength="512" aria-describedby="key-hint" placeholder="of_…";
                    p id="key-hint" class="hint" { "It starts with " code { "of_" } ". The demo prints one when it starts." }
                    button class="button primary wide" type="submit" { "Sign in" }
                }
                p class="hint tip" {
                    (icons::LOCK.beside())
                    span { "The key is checked once and not kept. You stay signed in for eight hours, or until the key is revoked." }
                }
            }
        }
    };
    let flash = Flash::of(params.get("flash"));
    let page = Page { title: "Sign in", here: Here::Elsewhere, look: Look::Glass, visitor: None, flash };
    page.draw(&body).into_response()
}

/// `POST /console/login`
pub async fn enter(State(console): State<Arc<Console>>, request: Request) -> Response {
    let headers = request.headers().clone();
    let (mut parts, body) = request.into_parts();
    let origin = match Origin::from_request_parts(&mut parts, &console).await {
        Ok(origin) => origin,
        Err(problem) => return problem.into_response(),
    };
    let form = match Anonymous::from_request(Request::from_parts(parts, body), &console).await {
        Ok(form) => form,
        Err(refusal) => return refusal,
    };
    open(&console, &headers, &form, &origin).await.unwrap_or_else(|error| failure::page(None, &origin.correlation, error))
}

async fn open(console: &Console, headers: &HeaderMap, form: &Anonymous, origin: &Origin) -> Result<Response, Error> {
    let (correlation, attempts) = (&origin.correlation, format!("login:{}", origin.ip));
    // Only wrong keys count: a team behind one address may sign in as often as it likes.
    count_wrong_key(console, &attempts, 0).await?;
    let next = inside(form.fields.get("next"));
    let back = |flash: Flash| see_other(&format!("/console/login?flash={}&next={}", flash.code(), encode(next)));
    // Only keys: a session must end when its credential does, and a key can be looked up again.
    let key = form.fields.get("key").filter(|key| key.starts_with(app::auth::KEY_PREFIX)).unwrap_or_default();
    let identity = match console.authenticate.run(key).await {
        Ok(identity) => identity,
        Err(Error::Unauthenticated) => {
            tracing::info!(trace_id = %correlation, "a wrong key was shown at the door");
            count_wrong_key(console, &attempts, 1).await?;
            return Ok(back(Flash::BadKey));
        }
        Err(error) => return Err(error),
    };
    if !may_enter(&identity) {
        return Ok(back(Flash::WeakKey));
    }
    tracing::info!(trace_id = %correlation, tenant = %identity.tenant, principal = identity.principal, "signed in");
    let session = Session {
        tenant: identity.tenant,
        key_hash: session::key_hash(key),
        issued_at: console.clock.now(),
        nonce: format!("{:016x}{:016x}", console.random.u64(), console.random.u64()),
    };
    let mut response = see_other(next);
    add_cookie(&mut response, &session::set(&console.sessions.seal(&session)?, secure(headers)));
    Ok(response)
}

async fn count_wrong_key(console: &Console, bucket: &str, amount: u32) -> Result<(), Error> {
    console.buckets.take_unverified(bucket, amount, WRONG_KEYS, console.clock.now()).await?.or_wait()
}

/// `POST /console/logout`
pub async fn leave(State(console): State<Arc<Console>>, headers: HeaderMap, posted: Posted) -> Response {
    let visitor = &posted.visitor;
    let end = visitor.session.end_bucket();
    if let Err(error) = console.buckets.take(&visitor.scope, &end, 1, session::END, visitor.now).await {
        return visitor.answer(Err(error.into()));
    }
    let mut response = see_other(&format!("/console/login?flash={}", Flash::SignedOut.code()));
    add_cookie(&mut response, &session::clear(secure(&headers)));
    response
}

/// Any other address.
pub async fn nowhere(visitor: Visitor) -> Response {
    visitor.answer(Err(Error::NotFound("page")))
}
