//! `POST /v1/ask`: where is my order? And the chat that customers ask it in.

pub mod chat;

pub use chat::Chat;

use app::answer::{Ask, Question};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::post};
use runtime::Problem;
use runtime::http::{Caller, Origin, raw_body};
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
    Router::new().route("/v1/ask", post(answer)).with_state(ask).merge(chat::router(chat))
}

async fn answer(State(ask): State<Arc<Ask>>, caller: Caller, origin: Origin, request: Request) -> Result<Response, Problem> {
    let came = Instant::now();
    let question = Question::read(&raw_body(request, BODY_BYTES_MAX).await?)?;
    let answer = ask.run(&caller.0, &origin.network(), &question, &origin.correlation).await?;
    tracing::info!(trace_id = %origin.correlation, tenant = %caller.0.tenant, answered = answer.order_id.is_some(), "asked");
    if answer.looked_up && answer.order_id.is_none() {
        sleep_until(came + REFUSED_AFTER).await;
    }
    Ok(axum::Json(answer).into_response())
}
