//! The HTTP client, made when it is first needed: TLS roots are what a cold start hangs on.

use app::ports::SendError;
use reqwest::dns::Resolve;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// Largest answer that is read, in bytes. An endless one is cut off here.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// A client for one purpose.
#[derive(Default)]
pub struct Client {
    inner: OnceCell<reqwest::Client>,
    timeout: Option<Duration>,
    resolver: Option<Arc<dyn Resolve>>,
}

impl Client {
    /// With a time limit for the whole exchange.
    pub fn new(timeout: Duration) -> Client {
        Client { timeout: Some(timeout), ..Client::default() }
    }

    /// With a way of its own from names to addresses.
    #[must_use]
    pub fn resolving(self, resolver: Arc<dyn Resolve>) -> Client {
        Client { resolver: Some(resolver), ..self }
    }

    /// The client. It follows no redirects: where a secret goes is decided by settings, not by an answer.
    pub async fn get(&self) -> Result<&reqwest::Client, reqwest::Error> {
        self.inner
            .get_or_try_init(|| async {
                let builder = reqwest::Client::builder()
                    .timeout(self.timeout.unwrap_or(Duration::from_secs(10)))
                    .connect_timeout(Duration::from_secs(2))
                    .redirect(reqwest::redirect::Policy::none())
                    .user_agent("orderflow");
                match &self.resolver {
                    // A proxy would look names up by itself.
                    Some(resolver) => builder.dns_resolver(resolver.clone()).no_proxy().build(),
                    None => builder.build(),
                }
            })
            .await
    }
}

/// Reads a whole answer; none if it has more than `max` bytes.
pub async fn body(mut response: reqwest::Response, max: usize) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > max {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// Reads an answer's text, at most [`ANSWER_BYTES_MAX`].
pub async fn text(mut response: reqwest::Response) -> Result<String, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() >= ANSWER_BYTES_MAX {
            body.truncate(ANSWER_BYTES_MAX);
            break;
        }
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// What a failed exchange means for something that must not be sent twice: a connection that never came
/// about sent nothing; anything later may have.
pub fn send_error(error: &reqwest::Error) -> SendError {
    // The URL may hold a secret, so only the kind of error is kept.
    if error.is_connect() || error.is_builder() {
        SendError::NotSent("could not connect".into())
    } else if error.is_timeout() {
        SendError::Unknown("no answer in time".into())
    } else {
        SendError::Unknown("the connection broke".into())
    }
}
