//! Access tokens by client credentials (RFC 6749, 4.4), kept until shortly before they expire.

use super::{ANSWER_BYTES_MAX, Answer, Desk, Does, account_key};
use app::ports::{CarrierAccount, CarrierError, CarrierResult};
use jiff::{SignedDuration, Timestamp};
use reqwest::RequestBuilder;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Mutex;

/// A token is not used in its last minutes: it must outlive the call that it is used for.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);
/// Whatever a carrier says, a token is not kept longer.
const LIVES_MAX: SignedDuration = SignedDuration::from_hours(8);
/// Tokens kept at once. Beyond that all are asked for again.
const TOKENS_MAX: usize = 64;

/// How a carrier wants to be shown who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// In the form.
    Form,
    /// As user and password.
    Basic,
}

#[derive(Clone)]
struct Token {
    value: String,
    good_until: Timestamp,
}

/// Tokens of one carrier.
pub(super) struct Tokens {
    url: String,
    shown: Shown,
    known: Mutex<HashMap<[u8; 32], Token>>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    /// Seconds; UPS writes them as text.
    #[serde(default)]
    expires_in: Value,
}

impl Granted {
    fn lives(&self) -> SignedDuration {
        let seconds = self.expires_in.as_i64().or_else(|| self.expires_in.as_str()?.parse().ok()).unwrap_or(0);
        SignedDuration::from_secs(seconds.clamp(0, LIVES_MAX.as_secs()))
    }
}

impl Tokens {
    pub(super) fn new(url: String, shown: Shown) -> Tokens {
        Tokens { url, shown, known: Mutex::default() }
    }

    /// One that is known, of this name.
    pub(super) fn known(&self, key: &[u8; 32], now: Timestamp) -> Option<String> {
        let tokens = self.known.lock().ok()?;
        tokens.get(key).filter(|token| token.good_until > now).map(|token| token.value.clone())
    }

    pub(super) fn keep(&self, key: [u8; 32], value: String, lives: SignedDuration, now: Timestamp) {
        // One that lives for minutes only is used for half of them.
        let good_for = (lives - MARGIN).max(lives / 2);
        let (Ok(mut tokens), Ok(good_until)) = (self.known.lock(), now.checked_add(good_for)) else { return };
        if tokens.len() >= TOKENS_MAX {
            tokens.clear();
        }
        tokens.insert(key, Token { value, good_until });
    }

    pub(super) fn forget(&self, key: &[u8; 32]) {
        if let Ok(mut tokens) = self.known.lock() {
            tokens.remove(key);
        }
    }

    /// A token for an account. Nothing is bought yet, so whatever goes wrong can be tried again.
    pub(super) async fn token(&self, desk: &Desk, account: &CarrierAccount) -> CarrierResult<String> {
        let (key, now) = (account_key(&[&account.client_id], &account.client_secret), desk.clock.now());
        if let Some(token) = self.known(&key, now) {
            return Ok(token);
        }
        let mut form = vec![("grant_type", "client_credentials")];
        let request = desk.client().await?.post(&self.url);
        let request = match self.shown {
            Shown::Form => {
                form.extend([("client_id", account.client_id.as_str()), ("client_secret", account.client_secret.expose())]);
                request
            }
            Shown::Basic => {
                request.basic_auth(&account.client_id, Some(account.client_secret.expose())).header("x-merchant-id", &account.number)
            }
        };
        let answer = desk.exchange(Does::Read, request.form(&form), ANSWER_BYTES_MAX).await?;
        match answer.status {
            200 => {}
            400 | 401 | 403 => return Err(desk.unauthorised()),
            status => return Err(CarrierError::Retryable(format!("{}'s sign-in answered {status}", desk.who))),
        }
        let granted: Granted = desk.read(Does::Read, &answer)?;
        let lives = granted.lives();
        self.keep(key, granted.access_token.clone(), lives, now);
        Ok(granted.access_token)
    }

    /// A call with a token. One that the carrier has withdrawn before its time is asked for again, once: a request that was refused
    /// for its token did nothing.
    pub(super) async fn call(
        &self,
        desk: &Desk,
        account: &CarrierAccount,
        (does, max): (Does, usize),
        request: impl Fn(&reqwest::Client, &str) -> RequestBuilder,
    ) -> CarrierResult<Answer> {
        let client = desk.client().await?;
        let token = self.token(desk, account).await?;
        let answer = desk.exchange(does, request(client, &token), max).await?;
        if answer.status != 401 {
            return Ok(answer);
        }
        self.forget(&account_key(&[&account.client_id], &account.client_secret));
        let token = self.token(desk, account).await?;
        desk.exchange(does, request(client, &token), max).await
    }
}
