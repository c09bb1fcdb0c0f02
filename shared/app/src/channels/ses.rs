//! What SES reports of mails, by EventBridge:
//! <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>.

use super::{ReceiptState, brief};
use crate::error::{Error, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ids::TenantId;
use serde::Deserialize;

/// Recipients of one mail that are looked at. Ours have one.
const RECIPIENTS_MAX: usize = 50;

/// What became of a mail to a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailReport {
    /// Whose it is.
    pub tenant: TenantId,
    /// The message's reference.
    pub about: String,
    /// What became of it; none for a complaint, which follows a delivery.
    pub state: Option<ReceiptState>,
    /// SES's id.
    pub provider_id: String,
    /// Why it came back.
    pub reason: Option<String>,
    /// Addresses that are not to be written to any more, and why.
    pub refused: Vec<(String, &'static str)>,
}

#[derive(Deserialize)]
struct Event {
    detail: Detail,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    event_type: String,
    mail: Sent,
    bounce: Option<Bounce>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sent {
    message_id: String,
    #[serde(default)]
    destination: Vec<String>,
    #[serde(default)]
    tags: Tags,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tags {
    tenant: Vec<String>,
    about: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
    #[serde(default)]
    bounce_sub_type: String,
}

/// Whether a message on the hooks queue is one of these.
pub fn is_meant(body: &str) -> bool {
    body.contains("\"source\":\"aws.ses\"") || body.contains("\"source\": \"aws.ses\"")
}

/// Reads it; none if it says nothing of a message of ours.
///
/// # Errors
/// `Fatal` for what cannot be read.
pub fn read(body: &str) -> Result<Option<MailReport>> {
    let event: Event = serde_json::from_str(body).map_err(|why| Error::Fatal(format!("an event of SES's cannot be read: {why}")))?;
    let Detail { event_type, mail, bounce } = event.detail;
    let (Some(tenant), Some(about)) = (mail.tags.tenant.first(), mail.tags.about.first()) else { return Ok(None) };
    let Ok(tenant) = TenantId::parse(tenant) else { return Ok(None) };
    let about = URL_SAFE_NO_PAD.decode(about).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let Some(about) = about else { return Ok(None) };
    let everybody = |why: &'static str| mail.destination.iter().take(RECIPIENTS_MAX).map(|to| (to.clone(), why)).collect::<Vec<_>>();
    let (state, reason, refused) = match (event_type.as_str(), bounce) {
        ("Delivery", _) => (Some(ReceiptState::Delivered), None, Vec::new()),
        ("Bounce", Some(bounce)) => {
            let for_good = bounce.bounce_type == "Permanent";
            let reason = format!("it came back: {} {}", brief(&bounce.bounce_type), brief(&bounce.bounce_sub_type));
            let refused = if for_good { everybody("mail to them comes back for good") } else { Vec::new() };
            (Some(ReceiptState::Bounced), Some(reason.trim_end().to_owned()), refused)
        }
        ("Complaint", _) => (None, None, everybody("they have marked a mail as spam")),
        _ => return Ok(None),
    };
    Ok(Some(MailReport { tenant, about, state, provider_id: brief(&mail.message_id), reason, refused }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, more: &str) -> String {
        let about = URL_SAFE_NO_PAD.encode("1001/demo:1001:1:0/0123456789abcdef");
        format!(
            r#"{{"version":"0","source":"aws.ses","detail-type":"Email {kind}","detail":{{"eventType":"{kind}",{more}"mail":{{"messageId":"0100","destination":["Ann@example.com"],"tags":{{"ses:configuration-set":["orderflow-mail"],"tenant":["demo"],"about":["{about}"]}}}}}}}}"#
        )
    }

    // req: S1-27, S1-28, S1-30
    #[test]
    fn deliveries_bounces_and_complaints() {
        let read = |kind: &str, more: &str| read(&event(kind, more)).unwrap();
        let delivered = read("Delivery", "").unwrap();
        assert_eq!((delivered.tenant.as_str(), delivered.about.as_str()), ("demo", "1001/demo:1001:1:0/0123456789abcdef"));
        assert_eq!((delivered.state, delivered.refused.len()), (Some(ReceiptState::Delivered), 0));
        let hard = read("Bounce", r#""bounce":{"bounceType":"Permanent","bounceSubType":"General"},"#).unwrap();
        assert_eq!((hard.state, hard.reason.as_deref()), (Some(ReceiptState::Bounced), Some("it came back: Permanent General")));
        assert_eq!(hard.refused, [("Ann@example.com".to_owned(), "mail to them comes back for good")]);
        let soft = read("Bounce", r#""bounce":{"bounceType":"Transient","bounceSubType":"MailboxFull"},"#).unwrap();
        assert_eq!((soft.state, soft.refused.len()), (Some(ReceiptState::Bounced), 0), "a full mailbox may be emptied");
        let spam = read("Complaint", "").unwrap();
        assert_eq!((spam.state, spam.refused.len()), (None, 1));
        assert_eq!(read("Send", ""), None);
        assert!(is_meant(&event("Send", "")) && !is_meant(r#"{"v":1,"tenant":"demo"}"#));
    }

    #[test]
    fn what_is_not_ours_is_nothing() {
        let bare = r#"{"source":"aws.ses","detail":{"eventType":"Delivery","mail":{"messageId":"1"}}}"#;
        assert_eq!(read(bare).unwrap(), None);
        let odd = event("Delivery", "").replace("\"demo\"", "\"DEMO SHOP\"");
        assert_eq!(read(&odd).unwrap(), None);
        assert!(read("{}").is_err());
    }
}
