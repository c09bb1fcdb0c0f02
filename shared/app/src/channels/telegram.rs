//! What Telegram reports: <https://core.telegram.org/bots/api#update>.

use super::{Incoming, brief, kept};
use crate::error::{Error, Result};
use domain::order::Fault;
use serde_json::Value;

/// A message to the bot. Somebody who blocks it says so, too.
pub(super) fn read(body: &[u8]) -> Result<Vec<Incoming>> {
    let bad = |_| Error::Invalid(vec![Fault::new("", "bad_json", "the body must be one JSON object")]);
    let update: Value = serde_json::from_slice(body).map_err(bad)?;
    let Some(id) = update["update_id"].as_i64() else { return Ok(Vec::new()) };
    let reply = |chat: &Value, text: &str| {
        let from = chat["id"].as_i64()?.to_string();
        Some(Incoming::Reply { from: brief(&from), text: kept(text), id: id.to_string() })
    };
    let member = &update["my_chat_member"];
    let told = match member["new_chat_member"]["status"].as_str() {
        Some("kicked") => reply(&member["chat"], "STOP"),
        // Whoever opens a chat with the bot sends it "/start" as well.
        Some(_) => None,
        None => {
            let text = update["message"]["text"].as_str().unwrap_or_default();
            // A link into the chat sends "/start" with a word of the shop's behind it.
            let is_start = text.split_whitespace().next() == Some("/start");
            reply(&update["message"]["chat"], if is_start { "start" } else { text.trim_start_matches('/') })
        }
    };
    Ok(told.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: S1-29
    #[test]
    fn messages_and_blocks() {
        let reply = |text: &str| vec![Incoming::Reply { from: "42".into(), text: text.into(), id: "7".into() }];
        let of = |body: &str| read(body.as_bytes()).unwrap();
        assert_eq!(of(r#"{"update_id":7,"message":{"message_id":1,"chat":{"id":42},"text":"When?"}}"#), reply("When?"));
        assert_eq!(of(r#"{"update_id":7,"message":{"chat":{"id":42},"text":"/start"}}"#), reply("start"));
        assert_eq!(of(r#"{"update_id":7,"message":{"chat":{"id":42},"text":"/start order-1001"}}"#), reply("start"));
        assert_eq!(of(r#"{"update_id":7,"my_chat_member":{"chat":{"id":42},"new_chat_member":{"status":"kicked"}}}"#), reply("STOP"));
        assert_eq!(of(r#"{"update_id":7,"my_chat_member":{"chat":{"id":42},"new_chat_member":{"status":"member"}}}"#), []);
        for odd in ["{}", "[]", "7", r#"{"update_id":7}"#, r#"{"update_id":7,"message":{"chat":{"id":"x"}}}"#] {
            assert_eq!(of(odd), [], "{odd}");
        }
        assert!(read(b"\xff").is_err());
    }
}
