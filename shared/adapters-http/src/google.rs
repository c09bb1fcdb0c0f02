//! Signing in to Google as a service account.
//!
//! <https://developers.google.com/identity/protocols/oauth2/service-account#httprest>

use crate::client::{Client, body};
use app::ports::Clock;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Where access tokens are issued.
pub const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";
/// How long a token is asked for; also the longest one there is.
const TOKEN_LIVES: SignedDuration = SignedDuration::from_hours(1);
/// A token is not used in its last minutes.
const TOKEN_MARGIN: SignedDuration = SignedDuration::from_mins(5);
/// Tokens kept at once. Beyond that all are asked for again.
const TOKENS_MAX: usize = 64;
/// Largest answer, in bytes.
pub(crate) const SMALL_BYTES_MAX: usize = 256 * 1024;

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoToken {
    /// The same call may work later.
    Later(String),
    /// The key is no good.
    Never(String),
}

/// What we need of a service account's key file. Its own `token_uri` is not followed: where a signed assertion
/// goes is our decision.
#[derive(Deserialize)]
pub(crate) struct ServiceAccount {
    pub client_email: String,
    pub private_key: String,
    #[serde(default)]
    pub private_key_id: Option<String>,
    #[serde(default)]
    pub project_id: Option<String>,
}

#[derive(Clone)]
struct Token {
    value: String,
    good_until: Timestamp,
}

#[derive(Serialize)]
struct Assertion<'a> {
    iss: &'a str,
    scope: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
}

#[derive(Deserialize)]
pub(crate) struct Granted {
    pub access_token: String,
    #[serde(default)]
    pub expires_in: Option<i64>,
}

/// Access tokens for one purpose.
pub(crate) struct Google {
    token_url: String,
    scope: &'static str,
    clock: Arc<dyn Clock>,
    tokens: Mutex<HashMap<(String, [u8; 32]), Token>>,
}

fn never(why: impl Into<String>) -> NoToken {
    NoToken::Never(why.into())
}

fn later(why: impl Into<String>) -> NoToken {
    NoToken::Later(why.into())
}

/// Nothing of an address or a token goes into an error.
fn unreachable(who: &str, error: &reqwest::Error) -> NoToken {
    later(away(who, error))
}

/// What is said of somebody who does not answer.
pub(crate) fn away(who: &str, error: &reqwest::Error) -> String {
    if error.is_timeout() { format!("{who} did not answer in time") } else { format!("{who} can't be reached") }
}

/// A short word of an error answer: `{"error": "invalid_grant"}` or `{"error": {"status": "PERMISSION_DENIED"}}`.
pub(crate) fn word(answer: &[u8], field: &str) -> Option<String> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let said = answer["error"][field].as_str().or_else(|| answer[field].as_str())?;
    Some(said.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(40).collect())
}

impl Google {
    /// Tokens for a scope, from an address.
    pub(crate) fn new(token_url: impl Into<String>, scope: &'static str, clock: Arc<dyn Clock>) -> Google {
        Google { token_url: token_url.into(), scope, clock, tokens: Mutex::default() }
    }

    /// None that is known is any good.
    pub(crate) fn forget(&self) {
        if let Ok(mut tokens) = self.tokens.lock() {
            tokens.clear();
        }
    }

    /// A token for an account, asked for if none is known that lives long enough.
    pub(crate) async fn token(&self, client: &Client, account: &ServiceAccount) -> Result<String, NoToken> {
        let now = self.clock.now();
        // Anybody knows an account's name and its key's id; a token is for whoever has the key itself.
        let key: [u8; 32] = Sha256::digest(account.private_key.as_bytes()).into();
        let name = (account.client_email.clone(), key);
        let known = self.tokens.lock().ok().and_then(|tokens| tokens.get(&name).cloned());
        if let Some(token) = known.filter(|token| token.good_until > now) {
            return Ok(token.value);
        }
        let granted = self.grant(client, account, now).await?;
        let lives = SignedDuration::from_secs(granted.expires_in.unwrap_or(0).clamp(0, TOKEN_LIVES.as_secs()));
        let token = Token { value: granted.access_token, good_until: now + lives - TOKEN_MARGIN };
        if let Ok(mut tokens) = self.tokens.lock() {
            if tokens.len() >= TOKENS_MAX {
                tokens.clear();
            }
            tokens.insert(name, token.clone());
        }
        Ok(token.value)
    }

    pub(crate) async fn grant(&self, client: &Client, account: &ServiceAccount, now: Timestamp) -> Result<Granted, NoToken> {
        let bad_key = || never("the service account's private key can't be read; paste its whole JSON key file");
        let key = EncodingKey::from_rsa_pem(account.private_key.as_bytes()).map_err(|_| bad_key())?;
        let header = Header { kid: account.private_key_id.clone(), ..Header::new(Algorithm::RS256) };
        let iat = now.as_second();
        let assertion =
            Assertion { iss: &account.client_email, scope: self.scope, aud: &self.token_url, iat, exp: iat + TOKEN_LIVES.as_secs() };
        let assertion = encode(&header, &assertion, &key).map_err(|_| bad_key())?;
        let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion.as_str())];
        let client = client.get().await.map_err(|_| later("no HTTP client"))?;
        let response = client.post(&self.token_url).form(&form).send().await.map_err(|error| unreachable("Google's sign-in", &error))?;
        let status = response.status().as_u16();
        let answer = body(response, SMALL_BYTES_MAX).await.map_err(|error| unreachable("Google's sign-in", &error))?;
        let answer = answer.ok_or_else(|| later("Google's sign-in answered too much"))?;
        match status {
            200 => serde_json::from_slice(&answer).map_err(|_| later("Google's sign-in gave an answer that can't be read")),
            429 | 500..=599 => Err(later(format!("Google's sign-in answered {status}"))),
            _ => Err(never(format!(
                "Google does not accept the service account's key ({}); it may have been revoked: make a new one and save it here",
                word(&answer, "error").unwrap_or_else(|| status.to_string())
            ))),
        }
    }
}
