//! Files for a Slack channel: ask for an address, upload there, say where the file is to be shown.
//! <https://docs.slack.dev/reference/methods/files.getUploadURLExternal>
//!
//! Nothing is seen by anybody before the last step, so whatever fails earlier was not sent.

use crate::client::{Client, send_error, text};
use app::ports::{Attachment, SendError};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

/// Where Slack's Web API lives.
pub const API: &str = "https://slack.com/api";
/// Where it takes files; an answer cannot make us send one anywhere else.
const FILES: &str = "https://files.slack.com/";

#[derive(Deserialize)]
struct Said {
    ok: bool,
    #[serde(default)]
    error: String,
    #[serde(default)]
    upload_url: String,
    #[serde(default)]
    file_id: String,
}

/// Slack did nothing, and does it once it has time, or once somebody has mended the app, its token or the channel.
const MENDABLE: [&str; 12] = [
    "ratelimited",
    "rate_limited",
    "not_authed",
    "invalid_auth",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "missing_scope",
    "not_in_channel",
    "channel_not_found",
    "is_archived",
    "posting_to_channel_denied",
];
/// Slack may have done it.
const UNSURE: [&str; 4] = ["internal_error", "fatal_error", "service_unavailable", "request_timeout"];

/// Uploads a file and shows it in a channel; Slack's id for it.
pub async fn upload(
    client: &Client,
    api: &str,
    token: &SecretString,
    channel: &str,
    file: &Attachment,
    comment: &str,
) -> Result<String, SendError> {
    let client = client.get().await.map_err(|error| send_error(&error))?;
    let form = [("filename", file.name.clone()), ("length", file.bytes.len().to_string())];
    let asked = client.post(format!("{api}/files.getUploadURLExternal")).bearer_auth(token.expose_secret()).form(&form).send().await;
    let place = said(asked).await.map_err(unsent)?;
    let home = if api == API { FILES } else { api.trim_end_matches("api") };
    if !place.upload_url.starts_with(home) || place.file_id.is_empty() {
        return Err(SendError::Refused("Slack named no address of its own to upload to".into()));
    }
    let sent = client.post(&place.upload_url).header("content-type", file.content_type).body(file.bytes.to_vec()).send().await;
    let status = sent.map_err(|error| unsent(send_error(&error)))?.status().as_u16();
    if status != 200 {
        return Err(unsent(refused(status, &format!("the upload was answered {status}"))));
    }
    let shown = json!({
        "files": [{ "id": place.file_id, "title": file.name }],
        "channel_id": channel,
        "initial_comment": comment,
    });
    let asked = client.post(format!("{api}/files.completeUploadExternal")).bearer_auth(token.expose_secret()).json(&shown).send().await;
    said(asked).await.map(|_| place.file_id)
}

async fn said(answer: Result<reqwest::Response, reqwest::Error>) -> Result<Said, SendError> {
    let answer = answer.map_err(|error| send_error(&error))?;
    let status = answer.status().as_u16();
    if status != 200 {
        return Err(refused(status, &format!("Slack answered {status}")));
    }
    let body = text(answer).await.map_err(|error| send_error(&error))?;
    let said: Said = serde_json::from_str(&body).map_err(|_| SendError::Unknown("Slack's answer cannot be read".into()))?;
    if said.ok {
        return Ok(said);
    }
    let error: String = said.error.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(60).collect();
    let text = format!("Slack said {error}");
    Err(match error.as_str() {
        error if MENDABLE.contains(&error) => SendError::NotSent(text),
        error if UNSURE.contains(&error) => SendError::Unknown(text),
        _ => SendError::Refused(text),
    })
}

fn refused(status: u16, text: &str) -> SendError {
    match status {
        429 => SendError::NotSent(text.to_owned()),
        500.. => SendError::Unknown(text.to_owned()),
        _ => SendError::Refused(text.to_owned()),
    }
}

/// Before the last step nobody has seen anything.
fn unsent(error: SendError) -> SendError {
    match error {
        SendError::Unknown(why) => SendError::NotSent(why),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::double::{Answer, Seen, double_that};
    use std::sync::Arc;
    use std::time::Duration;

    fn file() -> Attachment {
        Attachment { name: "daily-report-2025-08-10.xlsx".into(), content_type: "application/x", bytes: Arc::new(b"PK bytes".to_vec()) }
    }

    /// A Slack that answers the three steps so; where it names an address of its own, `HOME` stands for it.
    async fn slack(answers: &[(&'static str, &str)]) -> (Result<String, SendError>, Seen) {
        let answers = answers.to_vec();
        let (home, seen) =
            double_that(|home| answers.iter().map(|(status, body)| Answer::says(status, body.replace("HOME", home))).collect()).await;
        let client = Client::new(Duration::from_secs(2));
        let token = SecretString::from("xoxb-1-secret".to_owned());
        let result = upload(&client, &format!("{home}/api"), &token, "C012345", &file(), "*Daily*").await;
        (result, seen)
    }

    const PLACE: (&str, &str) = ("200 OK", r#"{"ok":true,"upload_url":"HOME/upload/v1/abc","file_id":"F1"}"#);
    const TAKEN: (&str, &str) = ("200 OK", "OK - 8");

    // req: S0-40
    #[tokio::test]
    async fn a_file_takes_three_steps() {
        let (result, seen) = slack(&[PLACE, TAKEN, ("200 OK", r#"{"ok":true,"files":[{"id":"F1"}]}"#)]).await;
        assert_eq!(result, Ok("F1".into()));
        let [asked, uploaded, shown] = &seen.all()[..] else { panic!("three requests") };
        assert!(
            asked.starts_with("POST /api/files.getUploadURLExternal ") && asked.contains("authorization: Bearer xoxb-1-secret"),
            "{asked}"
        );
        assert!(asked.ends_with("filename=daily-report-2025-08-10.xlsx&length=8"), "{asked}");
        assert!(uploaded.starts_with("POST /upload/v1/abc ") && uploaded.ends_with("PK bytes") && !uploaded.contains("xoxb"), "{uploaded}");
        assert!(shown.starts_with("POST /api/files.completeUploadExternal "), "{shown}");
        assert!(shown.contains(r#""channel_id":"C012345""#) && shown.contains(r#""initial_comment":"*Daily*""#), "{shown}");
    }

    // req: S0-40
    #[tokio::test]
    async fn what_fails_before_anybody_sees_it_was_not_sent() {
        for (answers, expected) in [
            (vec![("429 Slow", "")], SendError::NotSent("Slack answered 429".into())),
            (vec![("200 OK", r#"{"ok":false,"error":"ratelimited"}"#)], SendError::NotSent("Slack said ratelimited".into())),
            (vec![("200 OK", r#"{"ok":false,"error":"invalid_auth"}"#)], SendError::NotSent("Slack said invalid_auth".into())),
            (vec![("200 OK", r#"{"ok":false,"error":"invalid_arguments"}"#)], SendError::Refused("Slack said invalid_arguments".into())),
            (vec![("200 OK", r#"{"ok":false,"error":"internal_error"}"#)], SendError::NotSent("Slack said internal_error".into())),
            (
                vec![PLACE, TAKEN, ("200 OK", r#"{"ok":false,"error":"internal_error"}"#)],
                SendError::Unknown("Slack said internal_error".into()),
            ),
            (vec![PLACE, TAKEN, ("503 Busy", "")], SendError::Unknown("Slack answered 503".into())),
            (vec![PLACE, TAKEN, ("429 Slow", "")], SendError::NotSent("Slack answered 429".into())),
            (vec![("200 OK", "<html>")], SendError::NotSent("Slack's answer cannot be read".into())),
            (vec![PLACE, ("500 Oh", "")], SendError::NotSent("the upload was answered 500".into())),
            (
                vec![PLACE, TAKEN, ("200 OK", r#"{"ok":false,"error":"channel_not_found"}"#)],
                SendError::NotSent("Slack said channel_not_found".into()),
            ),
            (vec![PLACE, TAKEN, ("200 OK", "<html>")], SendError::Unknown("Slack's answer cannot be read".into())),
            (
                vec![("200 OK", r#"{"ok":true,"upload_url":"https://evil.example/upload","file_id":"F1"}"#)],
                SendError::Refused("Slack named no address of its own to upload to".into()),
            ),
        ] {
            assert_eq!(slack(&answers).await.0, Err(expected), "{answers:?}");
        }
    }
}
