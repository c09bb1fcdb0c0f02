//! What Meta reports of WhatsApp, Instagram and Messenger:
//! <https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/payload-examples>,
//! <https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messages>.

use super::{Incoming, ReceiptState, brief, kept, reference};
use crate::error::{Error, Result};
use crate::signature::{Headers, is_hmac_sha256};
use crate::tenant::Secret;
use domain::order::Fault;
use serde_json::Value;

/// HMAC-SHA256 over the raw body in `x-hub-signature-256`, by any of the secrets. Without one nobody can have signed.
pub(super) fn is_signed(secrets: &[&Option<Secret>], headers: &Headers, body: &[u8]) -> bool {
    let given = headers.one("x-hub-signature-256").and_then(|given| hex::decode(given.strip_prefix("sha256=")?).ok());
    let Some(given) = given else { return false };
    let secrets: Vec<Secret> = secrets.iter().copied().flatten().cloned().collect();
    is_hmac_sha256(&secrets, &[body], &given)
}

fn parse(body: &[u8]) -> Result<Value> {
    serde_json::from_slice(body).map_err(|_| Error::Invalid(vec![Fault::new("", "bad_json", "the body must be one JSON object")]))
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}

/// Statuses and messages of one number; an app may serve others.
pub(super) fn whatsapp(body: &[u8], number: &str) -> Result<Vec<Incoming>> {
    let body = parse(body)?;
    let changes = list(&body, "entry").flat_map(|entry| list(entry, "changes")).map(|change| &change["value"]);
    let ours = changes.filter(|value| value["metadata"]["phone_number_id"].as_str() == Some(number));
    Ok(ours.flat_map(|value| list(value, "statuses").filter_map(status).chain(list(value, "messages").filter_map(message))).collect())
}

fn status(status: &Value) -> Option<Incoming> {
    let state = match status["status"].as_str()? {
        "delivered" => ReceiptState::Delivered,
        "read" => ReceiptState::Opened,
        "failed" => ReceiptState::Bounced,
        _ => return None,
    };
    let code = status["errors"][0]["code"].as_i64();
    let reason = code.filter(|_| state == ReceiptState::Bounced).map(|code| format!("WhatsApp could not deliver it: error {code}"));
    let about = reference(status["biz_opaque_callback_data"].as_str()?)?;
    Some(Incoming::Receipt { about, state, provider_id: brief(status["id"].as_str()?), reason })
}

fn message(message: &Value) -> Option<Incoming> {
    let text = message["text"]["body"].as_str().or_else(|| message["button"]["text"].as_str());
    let text = text.or_else(|| message["interactive"]["button_reply"]["title"].as_str()).unwrap_or_default();
    Some(Incoming::Reply { from: brief(message["from"].as_str()?), text: kept(text), id: brief(message["id"].as_str()?) })
}

/// Messages to one page, or to one account of Instagram's; an app may serve others, and theirs are none of ours. What the page
/// itself writes comes back as an echo and is none.
pub(super) fn messenger(body: &[u8], object: &str, account: Option<&str>) -> Result<Vec<Incoming>> {
    let body = parse(body)?;
    if body["object"].as_str() != Some(object) {
        return Ok(Vec::new());
    }
    let ours = list(&body, "entry").filter(|entry| account.is_none_or(|account| entry["id"].as_str() == Some(account)));
    let events = ours.flat_map(|entry| list(entry, "messaging"));
    let reply = |event: &Value| {
        let message = event.get("message").filter(|message| message["is_echo"].as_bool() != Some(true))?;
        let from = brief(event["sender"]["id"].as_str()?);
        let text = kept(message["text"].as_str().unwrap_or_default());
        Some(Incoming::Reply { from, text, id: brief(message["mid"].as_str()?) })
    };
    Ok(events.filter_map(reply).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha256;

    // req: S1-29
    #[test]
    fn signatures_are_checked() {
        let (secret, body) = (Some(Secret::new("app-secret")), br#"{"entry":[]}"#);
        let mut mac = Hmac::<Sha256>::new_from_slice(b"app-secret").unwrap();
        mac.update(body);
        let good = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
        let signed = |signature: &str| Headers(vec![("x-hub-signature-256".into(), signature.into())]);
        assert!(is_signed(&[&secret, &None], &signed(&good), body));
        assert!(is_signed(&[&Some(Secret::new("the-next-secret")), &secret], &signed(&good), body), "while it is being changed");
        assert!(!is_signed(&[&None, &None], &signed(&good), body), "without a secret nobody can have signed");
        assert!(!is_signed(&[&secret], &signed(&good), br#"{"entry":[ ]}"#));
        for odd in ["", "sha256=", "sha1=00", &good[7..]] {
            assert!(!is_signed(&[&secret], &signed(odd), body), "{odd}");
        }
    }

    // req: S1-27, S1-29
    #[test]
    fn whatsapp_statuses_and_messages() {
        let body = br#"{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{
            "metadata":{"display_phone_number":"1","phone_number_id":"106"},
            "statuses":[{"id":"wamid.A","status":"read","biz_opaque_callback_data":"1001/e/r"},{"id":"wamid.B","status":"sent"},
                        {"id":"wamid.C","status":"failed","biz_opaque_callback_data":"1002/e/r","errors":[{"code":131026}]}],
            "messages":[{"from":"48600100200","id":"wamid.D","type":"text","text":{"body":"Thanks!"}},{"from":"4","id":"wamid.E","type":"image"}]}},
            {"value":{"metadata":{"phone_number_id":"107"},"messages":[{"from":"1","id":"wamid.F","text":{"body":"not ours"}}]}}]}]}"#;
        let receipt = |about: &str, state, id: &str, reason: Option<&str>| Incoming::Receipt {
            about: about.into(),
            state,
            provider_id: id.into(),
            reason: reason.map(str::to_owned),
        };
        let reply = |from: &str, text: &str, id: &str| Incoming::Reply { from: from.into(), text: text.into(), id: id.into() };
        assert_eq!(
            whatsapp(body, "106").unwrap(),
            [
                receipt("1001/e/r", ReceiptState::Opened, "wamid.A", None),
                receipt("1002/e/r", ReceiptState::Bounced, "wamid.C", Some("WhatsApp could not deliver it: error 131026")),
                reply("48600100200", "Thanks!", "wamid.D"),
                reply("4", "", "wamid.E"),
            ]
        );
        assert!(whatsapp(b"<xml>", "106").is_err());
        for odd in [
            "{}",
            "[]",
            "null",
            r#"{"entry":{"changes":1}}"#,
            r#"{"entry":[{"changes":[{"value":{"metadata":{"phone_number_id":"106"},"statuses":[1,{}]}}]}]}"#,
        ] {
            assert_eq!(whatsapp(odd.as_bytes(), "106").unwrap(), [], "{odd}");
        }
    }

    #[test]
    fn a_page_does_not_hear_itself() {
        let body = br#"{"object":"page","entry":[{"id":"106","messaging":[
            {"sender":{"id":"254"},"message":{"mid":"m_1","text":"Where is it?"}},
            {"sender":{"id":"106"},"message":{"mid":"m_2","text":"Here","is_echo":true}},
            {"sender":{"id":"254"},"read":{"watermark":1}}]},
            {"id":"107","messaging":[{"sender":{"id":"9"},"message":{"mid":"m_3","text":"to another shop"}}]}]}"#;
        let ours = [Incoming::Reply { from: "254".into(), text: "Where is it?".into(), id: "m_1".into() }];
        assert_eq!(messenger(body, "page", Some("106")).unwrap(), ours);
        assert_eq!(messenger(body, "page", None).unwrap().len(), 2);
        assert_eq!(messenger(body, "instagram", None).unwrap(), [], "another product's");
    }
}
