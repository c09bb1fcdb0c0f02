//! Webhooks signed as the demo shop's senders sign them.

use crate::door::{Answer, Knock, knock};
use crate::house::{HOOK_SECRET, House};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub const PLAIN: &str = "/v1/hooks/demo/order-status";
pub const BODY: &str = r#"{"orderId":"1003","status":"Shipped","email":"eve@example.com","customer":"John Smith","eta":"2025-08-20"}"#;

pub async fn send(house: &House, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    knock(house.hooks(), Knock { path, headers, body, ..Knock::default() }).await
}

pub fn tag(secret: &str, body: &[u8]) -> Vec<u8> {
    Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(body).finalize().into_bytes().to_vec()
}

pub fn hex_tag(secret: &str, body: &[u8]) -> String {
    hex::encode(tag(secret, body))
}

pub async fn signed(house: &House, body: &str) -> Answer {
    send(house, PLAIN, &[("x-signature", &hex_tag(HOOK_SECRET, body.as_bytes()))], body.as_bytes()).await
}

/// Whatever was sent, it was turned away at the door.
#[track_caller]
pub fn nothing_happened(house: &House) {
    assert!(house.world.inbox_entries(&house.scope).is_empty() && house.world.queued().is_empty(), "nothing was stored or queued");
}
