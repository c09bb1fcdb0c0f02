//! Slack incoming webhooks. <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>

mod files;

use crate::client::{Client, send_error, text};
use app::ports::{Attachment, SendError, TeamChat};
use app::tenant::TeamLine;
use async_trait::async_trait;
use secrecy::SecretString;
use serde_json::json;
use std::time::Duration;

/// Posts text to incoming webhooks, and files as a team's own app.
pub struct Slack {
    client: Client,
    base: String,
    api: String,
}

/// Where Slack's incoming webhooks live.
pub const BASE: &str = "https://hooks.slack.com";
/// Slack cuts longer texts.
const TEXT_CHARS_MAX: usize = 39_000;

impl Slack {
    /// `base` is where webhooks may point to: [`BASE`], or a double. A tenant's own setting cannot make us
    /// call anything else.
    pub fn new(base: impl Into<String>) -> Slack {
        Slack { client: Client::new(Duration::from_secs(8)), base: base.into(), api: files::API.to_owned() }
    }

    /// With Slack's Web API at another address: a double's.
    #[must_use]
    pub fn with_api(self, api: impl Into<String>) -> Slack {
        Slack { api: api.into(), ..self }
    }
}

#[async_trait]
impl TeamChat for Slack {
    async fn post(&self, line: TeamLine<'_>, _reference: &str, message: &str) -> Result<(), SendError> {
        let url = line.address.expose();
        let allowed = url.strip_prefix(&self.base).is_some_and(|path| path.starts_with("/services/"));
        if !allowed {
            return Err(SendError::Refused(format!("the Slack webhook must begin with {}/services/", self.base)));
        }
        let message: String = message.chars().take(TEXT_CHARS_MAX).collect();
        let client = self.client.get().await.map_err(|error| send_error(&error))?;
        let response = client.post(url).json(&json!({ "text": message })).send().await.map_err(|error| send_error(&error))?;
        let status = response.status().as_u16();
        // Slack answers in words: "ok", "invalid_payload", "channel_is_archived", "no_service".
        let said = text(response).await.unwrap_or_default();
        let said: String = said.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(60).collect();
        match status {
            200 => Ok(()),
            429 | 500..=599 => Err(SendError::NotSent(format!("Slack answered {status}"))),
            _ => Err(SendError::Refused(format!("Slack answered {status} {said}"))),
        }
    }

    async fn upload(&self, token: &SecretString, channel: &str, file: &Attachment, comment: &str) -> Result<String, SendError> {
        files::upload(&self.client, &self.api, token, channel, file, comment).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::double::{Answer, double};
    use app::tenant::Secret;
    use domain::notify::Channel;
    use tokio::net::TcpListener;

    fn line(address: &Secret) -> TeamLine<'_> {
        TeamLine { chat: Channel::Slack, address, key: None }
    }

    async fn post(status: &'static str, body: &'static str) -> (Result<(), SendError>, String) {
        let (base, seen) = double([Answer::says(status, body)]).await;
        let slack = Slack::new(&base);
        let address = Secret::new(format!("{base}/services/T0/B0/xyz"));
        let result = slack.post(line(&address), "r", "hello <b>").await;
        (result, seen.last())
    }

    #[tokio::test]
    async fn posts_text_and_reads_slacks_answers() {
        let (result, seen) = post("200 OK", "ok").await;
        assert_eq!(result, Ok(()));
        assert!(seen.starts_with("POST /services/T0/B0/xyz HTTP/1.1"), "{seen}");
        assert!(seen.contains(r#"{"text":"hello <b>"}"#), "{seen}");
        let refused = |why: &str| Err(SendError::Refused(why.into()));
        assert_eq!(post("404 Not Found", "no_service").await.0, refused("Slack answered 404 no_service"));
        assert_eq!(post("302 Found", "").await.0, refused("Slack answered 302 "), "redirects are not followed");
        assert_eq!(post("503 Busy", "").await.0, Err(SendError::NotSent("Slack answered 503".into())));
        assert_eq!(post("429 Slow", "").await.0, Err(SendError::NotSent("Slack answered 429".into())));
    }

    #[tokio::test]
    async fn only_slack_is_called() {
        let slack = Slack::new(BASE);
        for url in [
            "http://169.254.169.254/services/x",
            "https://hooks.slack.com.evil.example/services/x",
            "https://hooks.slack.com@evil.example/services/",
            "https://hooks.slack.com/other",
        ] {
            let result = slack.post(line(&Secret::new(url)), "r", "x").await;
            assert!(matches!(result, Err(SendError::Refused(_))), "{url}");
        }
    }

    #[tokio::test]
    async fn a_refused_connection_sent_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let result = Slack::new(&base).post(line(&Secret::new(format!("{base}/services/x"))), "r", "x").await;
        assert!(matches!(result, Err(SendError::NotSent(_))), "{result:?}");
    }
}
