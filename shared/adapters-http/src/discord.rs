//! Discord incoming webhooks, and the chats of a team together.
//!
//! <https://discord.com/developers/docs/resources/webhook#execute-webhook>

use crate::client::{Client, send_error, text};
use crate::slack::Slack;
use crate::webhook::Webhooks;
use app::ports::{Attachment, SendError, TeamChat};
use app::tenant::TeamLine;
use async_trait::async_trait;
use domain::notify::Channel;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::time::Duration;

/// Where Discord's incoming webhooks live.
pub const BASE: &str = "https://discord.com/api/webhooks";
/// Discord refuses longer texts.
const TEXT_CHARS_MAX: usize = 2_000;

/// Posts text to Discord.
pub struct Discord {
    client: Client,
    base: String,
}

impl Discord {
    /// `base` is where webhooks may point to: [`BASE`], or a double.
    pub fn new(base: impl Into<String>) -> Discord {
        Discord { client: Client::new(Duration::from_secs(8)), base: base.into() }
    }

    async fn post(&self, webhook: &str, message: &str) -> Result<(), SendError> {
        if !webhook.strip_prefix(&self.base).is_some_and(|rest| rest.starts_with('/') && rest.len() > 1 && !rest.contains(['?', '#'])) {
            return Err(SendError::Refused(format!("the Discord webhook must begin with {}/", self.base)));
        }
        // Nobody is called by name from an order's text.
        let body = json!({ "content": plain(message), "allowed_mentions": { "parse": [] } });
        let client = self.client.get().await.map_err(|error| send_error(&error))?;
        let response = client.post(format!("{webhook}?wait=true")).json(&body).send().await.map_err(|error| send_error(&error))?;
        let status = response.status().as_u16();
        let said: Value = serde_json::from_str(&text(response).await.unwrap_or_default()).unwrap_or_default();
        let code = said["code"].as_i64().map(|code| format!(", error {code}")).unwrap_or_default();
        match status {
            200..=299 => Ok(()),
            429 | 500..=599 => Err(SendError::NotSent(format!("Discord answered {status}{code}"))),
            _ => Err(SendError::Refused(format!("Discord answered {status}{code}"))),
        }
    }
}

/// What Slack reads as markup, as Discord reads it: `*bold*` is `**bold**`, `<link|words>` is `[words](link)`. What somebody else
/// has written makes no link.
fn plain(message: &str) -> String {
    let plainly = |text: &str| text.replace('*', "**").replace('[', "\\[").replace(']', "\\]");
    let mut text = String::new();
    let mut rest = message;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(&plainly(before));
        let link = after.split_once('>').and_then(|(inside, behind)| Some((inside.split_once('|')?, behind)));
        rest = match link {
            Some(((link, words), behind)) if link.starts_with("http") => {
                text.push_str(&format!("[{words}]({link})"));
                behind
            }
            _ => {
                text.push('<');
                after
            }
        };
    }
    text.push_str(&plainly(rest));
    shortened(&text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
}

/// At most so long as Discord takes, by leaving out lines from the end. A line with a link stays: cut off, it leads nowhere.
fn shortened(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let length = |lines: &[&str]| lines.iter().map(|line| line.chars().count() + 1).sum::<usize>();
    while length(&lines) > TEXT_CHARS_MAX
        && let Some(at) = lines.iter().rposition(|line| !line.contains("]("))
    {
        lines.remove(at);
    }
    lines.join("\n").chars().take(TEXT_CHARS_MAX).collect()
}

/// The chats of a team.
pub struct Chats {
    /// Slack.
    pub slack: Slack,
    /// Discord.
    pub discord: Discord,
    /// Addresses of teams' own.
    pub webhooks: Webhooks,
}

#[async_trait]
impl TeamChat for Chats {
    async fn post(&self, line: TeamLine<'_>, reference: &str, message: &str) -> Result<(), SendError> {
        match line.chat {
            Channel::Discord => self.discord.post(line.address.expose(), message).await,
            Channel::Webhook => self.webhooks.post(line.address.expose(), line.key, reference, message).await,
            _ => self.slack.post(line, reference, message).await,
        }
    }

    async fn upload(&self, token: &SecretString, channel: &str, file: &Attachment, comment: &str) -> Result<String, SendError> {
        self.slack.upload(token, channel, file, comment).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::double::{Answer, double};
    use crate::sheets::tests::Stopped;
    use app::tenant::Secret;
    use std::sync::Arc;

    // req: S1-19
    #[tokio::test]
    async fn posts_and_calls_nobody() {
        let sent = |status: &'static str, body: &'static str| async move {
            let (base, seen) = double([Answer::says(status, body)]).await;
            let base = format!("{base}/api/webhooks");
            let webhooks = Webhooks::new(Arc::new(Stopped), None);
            let chats = Chats { slack: Slack::new("https://hooks.slack.com"), discord: Discord::new(&base), webhooks };
            let address = Secret::new(format!("{base}/123/abc"));
            let line = TeamLine { chat: Channel::Discord, address: &address, key: None };
            let result = chats.post(line, "r", "*New* <https://x.example/1|order 1001> @everyone").await;
            (result, seen.last())
        };
        let (result, request) = sent("200 OK", r#"{"id":"1"}"#).await;
        assert_eq!(result, Ok(()));
        assert!(request.starts_with("POST /api/webhooks/123/abc?wait=true HTTP/1.1"), "{request}");
        assert!(request.contains(r#""allowed_mentions":{"parse":[]}"#), "{request}");
        assert!(request.contains(r#""content":"**New** [order 1001](https://x.example/1) @everyone""#), "{request}");
        let refused = |why: &str| Err(SendError::Refused(why.into()));
        assert_eq!(
            sent("404 Not Found", r#"{"message":"Unknown Webhook","code":10015}"#).await.0,
            refused("Discord answered 404, error 10015")
        );
        assert_eq!(sent("429 Slow", "{}").await.0, Err(SendError::NotSent("Discord answered 429".into())));
    }

    #[tokio::test]
    async fn only_discord_is_called() {
        for url in [
            "http://169.254.169.254/x",
            "https://discord.com.evil.example/api/webhooks/1/a",
            "https://discord.com/api/webhooks/",
            "https://discord.com/api/webhooks/1/a?x",
        ] {
            let result = Discord::new(BASE).post(url, "x").await;
            assert!(matches!(result, Err(SendError::Refused(_))), "{url}");
        }
    }

    #[test]
    fn markup_is_translated() {
        assert_eq!(plain("a < b *c* <x|y> &lt;@1&gt;"), "a < b **c** <x|y> <@1>");
        assert_eq!(plain("see [Invoice](https://evil.example) *now*"), "see \\[Invoice\\](https://evil.example) **now**");
        let link = format!("<https://reports.example/{}|Open>", "x".repeat(1_500));
        let report = format!("*Report*\n{link}\n{}", "12 orders are late\n".repeat(100));
        let shown = plain(&report);
        assert!(shown.starts_with("**Report**\n[Open](https://") && shown.contains("late") && shown.chars().count() <= 2_000, "{shown}");
        assert_eq!(plain(&"x\n".repeat(3_000)).chars().count(), 1_999);
    }
}
