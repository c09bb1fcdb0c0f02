//! E-mail.

use crate::clients::Aws;
use app::ports::{Compose, Mail, Mailer, SendError};
use async_trait::async_trait;
use aws_sdk_ses::config::http::HttpResponse;
use aws_sdk_ses::error::{ConnectorError, ProvideErrorMetadata, SdkError};
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::{Body, Content, Destination, Message, MessageTag, RawMessage};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::sync::Arc;
use std::time::Duration;

/// [`Mailer`] on SES.
#[derive(Clone)]
pub struct SesMailer {
    aws: Arc<Aws>,
    compose: Arc<Compose>,
    within: Duration,
    events: Option<String>,
}

impl SesMailer {
    /// From addresses that are verified in this account.
    /// Mails with files are composed by `compose`.
    pub fn new(aws: Arc<Aws>, compose: Arc<Compose>) -> SesMailer {
        SesMailer { aws, compose, within: Duration::MAX, events: None }
    }

    /// With a configuration set that reports what becomes of mails.
    #[must_use]
    pub fn reporting_to(self, configuration_set: Option<String>) -> SesMailer {
        SesMailer { events: configuration_set, ..self }
    }

    /// Waits no longer than this for SES, if its own time limits are longer.
    #[must_use]
    pub fn within(self, within: Duration) -> SesMailer {
        SesMailer { within, ..self }
    }
}

impl SesMailer {
    async fn send_raw(&self, mail: &Mail) -> Result<String, SendError> {
        let message = (self.compose)(mail).map_err(SendError::Refused)?;
        let message = RawMessage::builder().data(Blob::new(message)).build().map_err(|why| SendError::Refused(why.to_string()))?;
        let call = self.aws.ses().await.send_raw_email().source(&mail.from).destinations(mail.to.expose()).raw_message(message);
        match call.send().await {
            Ok(answer) => Ok(answer.message_id),
            Err(error) => Err(send_error(&error)),
        }
    }
}

fn content(text: &str) -> Result<Content, SendError> {
    let built = Content::builder().data(text).charset("UTF-8").build();
    built.map_err(|why| SendError::Refused(why.to_string()))
}

/// Codes that are about this mail, which no second try will change. Everything else that SES says no with (too
/// fast, paused, a missing right, an unverified domain) is about us: the mail goes out once that is mended.
const FOR_GOOD: [&str; 5] =
    ["InvalidParameterCombination", "InvalidParameterValue", "MalformedQueryString", "MessageRejected", "ValidationError"];

/// Did it go out? What never left us did not. What we were told no for did not. Everything else: nobody knows.
fn send_error<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> SendError {
    match error {
        SdkError::ConstructionFailure(_) => SendError::Refused("the mail could not be built".into()),
        // Only a connector that could not connect has surely not sent. A broken pipe may come after the fact.
        SdkError::DispatchFailure(failure) if failure.is_user() || is_connect(failure.as_connector_error()) => {
            SendError::NotSent("SES cannot be reached".into())
        }
        SdkError::DispatchFailure(_) => SendError::Unknown("the connection to SES broke".into()),
        SdkError::TimeoutError(_) => SendError::Unknown("SES did not answer in time".into()),
        SdkError::ResponseError(_) => SendError::Unknown("SES gave an answer that cannot be read".into()),
        SdkError::ServiceError(refused) => {
            let code = refused.err().code().unwrap_or("no code");
            let status = refused.raw().status().as_u16();
            let text = format!("SES: {code} ({status})");
            // An address that is yet to be verified, ours or (in SES's sandbox) theirs, is about us.
            let unverified = refused.err().message().is_some_and(|message| message.contains("not verified"));
            if FOR_GOOD.contains(&code) && !unverified {
                SendError::Refused(text)
            } else if status >= 500 && code != "ServiceUnavailable" {
                SendError::Unknown(text)
            } else {
                SendError::NotSent(text)
            }
        }
        _ => SendError::Unknown("SES: failed".into()),
    }
}

/// Refused, unresolved or timed out while connecting, by the HTTP client's own words for it (the types are not
/// ours to name). Words we do not know count as "after the fact", the safe side; `tests/mail.rs` watches them.
fn is_connect(error: Option<&ConnectorError>) -> bool {
    let mut cause = error.and_then(std::error::Error::source);
    while let Some(error) = cause {
        let refused = error.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused);
        let text = error.to_string();
        if refused || text == "client error (Connect)" || text.starts_with("HTTP connect timeout") {
            return true;
        }
        cause = error.source();
    }
    false
}

#[async_trait]
impl Mailer for SesMailer {
    async fn send(&self, mail: &Mail) -> Result<String, SendError> {
        let sent = tokio::time::timeout(self.within, self.send_now(mail)).await;
        sent.unwrap_or_else(|_| Err(SendError::Unknown("SES did not answer in time".into())))
    }
}

impl SesMailer {
    async fn send_now(&self, mail: &Mail) -> Result<String, SendError> {
        if !mail.files.is_empty() {
            return self.send_raw(mail).await;
        }
        let message = Message::builder().subject(content(&mail.subject)?).body(Body::builder().text(content(&mail.text)?).build()).build();
        let to = Destination::builder().to_addresses(mail.to.expose()).build();
        let mut call = self.aws.ses().await.send_email().source(&mail.from).destination(to).message(message);
        if let (Some(set), Some(receipts)) = (&self.events, &mail.receipts) {
            // Values of tags hold letters, digits and dashes.
            let about = URL_SAFE_NO_PAD.encode(&receipts.about);
            for (name, value) in [("tenant", receipts.tenant.as_str()), ("about", about.as_str())] {
                let tag = MessageTag::builder().name(name).value(value).build();
                call = call.tags(tag.map_err(|why| SendError::Refused(why.to_string()))?);
            }
            call = call.configuration_set_name(set);
        }
        match call.send().await {
            Ok(answer) => Ok(answer.message_id),
            Err(error) => Err(send_error(&error)),
        }
    }
}
