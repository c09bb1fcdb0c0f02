//! The chat for customers: a page of our own and the script that puts it on a shop's. Both ask with the
//! shop's publishable key, which may do nothing else.

use app::auth::Authenticate;
use app::{Error, Scopes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::get};
use domain::ask::{ChatWords, Lang, QUESTION_CHARS_MAX};
use lambda_http::http::{HeaderName, HeaderValue, header};
use maud::{DOCTYPE, html};
use runtime::Problem;
use serde_json::json;
use std::sync::{Arc, LazyLock};

/// What our own page may do: run the one script, use the one style sheet, ask.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";
/// Shops embed the script under one address for ever, so browsers look for a newer one now and then.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=3600, stale-while-revalidate=604800");

const STYLE: &str = include_str!("../assets/chat.css");

/// The script with its style sheet and its words in it, so that it is all that a shop has to allow.
static SCRIPT: LazyLock<String> = LazyLock::new(|| {
    let words = json!({ "en": ChatWords::of(Lang::En), "pl": ChatWords::of(Lang::Pl) });
    include_str!("../assets/chat.js")
        .replacen("\"{{style}}\"", &json!(STYLE).to_string(), 1)
        .replacen("\"{{words}}\"", &words.to_string(), 1)
        .replacen("\"{{chars_max}}\"", &QUESTION_CHARS_MAX.to_string(), 1)
});

/// The chat.
#[derive(Clone)]
pub struct Chat {
    /// The key of the shop whose customers come to `/`, if one was chosen.
    pub key: Option<String>,
    /// What that key may do.
    pub authenticate: Authenticate,
}

/// The page and its assets.
pub fn router(chat: Arc<Chat>) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/chat", get(page))
        .route("/chat.css", get(style))
        .route("/widget.js", get(script))
        .with_state(chat)
}

impl Chat {
    /// The chosen key, if it is one that everybody may see: a key that may do more than ask would be given away.
    async fn publishable_key(&self) -> Result<Option<&str>, Error> {
        let Some(key) = &self.key else { return Ok(None) };
        match self.authenticate.run(key).await {
            Ok(identity) if identity.scopes == Scopes::ASK => Ok(Some(key)),
            Ok(_) => {
                tracing::error!("CHAT_PUBLISHABLE_KEY may do more than ask, so it is not shown; set a publishable one");
                Ok(None)
            }
            Err(Error::Unauthenticated) => {
                tracing::warn!("CHAT_PUBLISHABLE_KEY opens nothing; set the one that `orderctl bootstrap` printed");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

async fn page(State(chat): State<Arc<Chat>>) -> Result<Response, Problem> {
    let key = chat.publishable_key().await?;
    let words = ChatWords::of(Lang::En);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (words.title) }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="/chat.css";
                script src="/widget.js" data-key=[key] data-fill="chat" defer {}
            }
            body {
                // The script fills it; this is what is there before, and without.
                main id="chat" {
                    div class="before" {
                        h1 { (words.title) }
                        p { (words.line) }
                        noscript { p { (words.no_script) } }
                    }
                }
            }
        }
    };
    let mut response = page.into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    Ok(response)
}

async fn style() -> Response {
    asset("text/css; charset=utf-8", STYLE)
}

async fn script() -> Response {
    asset("text/javascript; charset=utf-8", &SCRIPT)
}

/// A file that pages of other origins may use.
fn asset(kind: &'static str, content: &'static str) -> Response {
    let mut response = content.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, KEPT);
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin"));
    response
}
