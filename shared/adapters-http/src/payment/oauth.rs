//! Access tokens of PayPal and PayU, by client credentials.

use super::{Does, Line};
use app::ports::{Clock, GatewayError};
use jiff::{SignedDuration, Timestamp};
use reqwest::RequestBuilder;
use std::sync::{Arc, Mutex};

/// A token is not used in its last minute.
const MARGIN: SignedDuration = SignedDuration::from_mins(1);
/// Longest time that a token is believed to live.
const LIFETIME_MAX: SignedDuration = SignedDuration::from_hours(12);

/// The token of one account, asked for when it is first needed.
pub(super) struct Token {
    clock: Arc<dyn Clock>,
    held: Mutex<Option<(String, Timestamp)>>,
}

impl Token {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Token {
        Token { clock, held: Mutex::default() }
    }

    /// One that is good, asked for by this request if none is held.
    pub(super) async fn get(&self, line: &Line, request: RequestBuilder) -> Result<String, GatewayError> {
        let now = self.clock.now();
        let held = self.held.lock().ok().and_then(|held| held.clone());
        if let Some((token, _)) = held.filter(|(_, until)| *until > now) {
            return Ok(token);
        }
        let reply = line.exchange(request, Does::Nothing, None).await?;
        let token = reply.body["access_token"].as_str().filter(|token| reply.status == 200 && !token.is_empty());
        let Some(token) = token else { return Err(line.refused(reply.status, reply.body["error"].as_str().unwrap_or_default())) };
        let seconds = reply.body["expires_in"].as_i64().unwrap_or(0).clamp(0, LIFETIME_MAX.as_secs());
        let until = now.checked_add(SignedDuration::from_secs(seconds) - MARGIN).unwrap_or(now);
        if let Ok(mut held) = self.held.lock() {
            *held = Some((token.to_owned(), until));
        }
        Ok(token.to_owned())
    }

    /// Somebody has revoked it: the next call asks for another one.
    pub(super) fn forget(&self) {
        if let Ok(mut held) = self.held.lock() {
            *held = None;
        }
    }
}
