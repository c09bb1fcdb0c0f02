//! `POST /v1/ask`: where is my order? And the chat that customers ask it in.

pub mod chat;

pub use chat::Chat;

use app::Error;
use app::answer::{Ask, Question, Worded};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::post};
use domain::ask::Lang;
use runtime::Problem;
use runtime::http::{Caller, Origin, parse, raw_body};
use runtime::measured::Measured;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Largest body, in bytes: a question, not a novel. The longest question takes 24 KB where every character is
/// written as two escapes.
pub const BODY_BYTES_MAX: usize = 32 * 1024;

/// A pair of order and address that is no pair is answered this long after the question came, whatever was found on
/// the way: an order that is there takes longer to read than one that is not.
pub const REFUSED_AFTER: Duration = Duration::from_millis(200);

/// All routes.
pub fn router(ask: Arc<Ask>, chat: Arc<Chat>) -> Router {
    Router::new().route("/v1/ask", post(answer)).route("/v1/ask/code", post(send_code)).with_state(ask).merge(chat::router(chat))
}

/// Whoever asks for a code is answered this long after, whether a mail went out or not. What does not depend on the
/// order is refused at once: waiting costs a whole instance of the function.
pub const CODE_AFTER: Duration = Duration::from_secs(2);

/// Which order, for `POST /v1/ask/code`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeWanted {
    order_id: String,
    #[serde(default)]
    language: Option<String>,
}

async fn send_code(State(ask): State<Arc<Ask>>, caller: Caller, origin: Origin, request: Request) -> Result<Response, Problem> {
    let came = Instant::now();
    let wanted: CodeWanted = parse(&raw_body(request, BODY_BYTES_MAX).await?)?;
    let codes = ask.codes.as_ref().ok_or(Error::NotFound("way to send codes; set MAIL_FROM"))?;
    let lang = wanted.language.as_deref().map(Lang::of_locale);
    let reply = codes.send(&caller.0, &origin.network(), &wanted.order_id, lang, &origin.correlation).await?;
    sleep_until(came + CODE_AFTER).await;
    Ok(axum::Json(json!({ "reply": reply, "trace_id": origin.correlation })).into_response())
}

async fn answer(State(ask): State<Arc<Ask>>, caller: Caller, origin: Origin, request: Request) -> Result<Response, Problem> {
    let came = Instant::now();
    let question = Question::read(&raw_body(request, BODY_BYTES_MAX).await?)?;
    let answer = ask.run(&caller.0, &origin.network(), &question, &origin.correlation).await?;
    tracing::info!(trace_id = %origin.correlation, tenant = %caller.0.tenant, answered = answer.order_id.is_some(), "asked");
    if let Some(worded) = answer.worded {
        Measured::WordsKept.say(i64::from(worded == Worded::Before), ask.clock.now());
    }
    if answer.looked_up && answer.order_id.is_none() {
        sleep_until(came + REFUSED_AFTER).await;
    }
    Ok(axum::Json(answer).into_response())
}
