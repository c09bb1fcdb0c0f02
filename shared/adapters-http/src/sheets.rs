//! Google Sheets, read only, as a service account.
//!
//! <https://developers.google.com/identity/protocols/oauth2/service-account#httprest> and
//! <https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets.values/get>

use crate::client::{Client, body};
use app::ports::{Clock, SheetError, SheetSettings, SheetSource};
use app::sheet::table::{COLUMNS_MAX, ROWS_MAX};
use async_trait::async_trait;
use domain::sheet::{Table, TableRow};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Where access tokens are issued.
pub const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";
/// Where sheets are read.
pub const BASE: &str = "https://sheets.googleapis.com";
/// All that we ask for.
const SCOPE: &str = "https://www.googleapis.com/auth/spreadsheets.readonly";
/// How long a token is asked for; also the longest one there is.
const TOKEN_LIVES: SignedDuration = SignedDuration::from_hours(1);
/// A token is not used in its last minutes.
const TOKEN_MARGIN: SignedDuration = SignedDuration::from_mins(5);
/// Tokens kept at once. Beyond that the oldest key's tokens are asked for again.
const TOKENS_MAX: usize = 64;
/// Largest worksheet, in bytes of JSON.
const SHEET_BYTES_MAX: usize = 48 * 1024 * 1024;
const SMALL_BYTES_MAX: usize = 256 * 1024;

/// [`SheetSource`] on Google Sheets.
pub struct GoogleSheets {
    client: Client,
    base: String,
    token_url: String,
    clock: Arc<dyn Clock>,
    tokens: Mutex<HashMap<(String, [u8; 32]), Token>>,
}

#[derive(Clone)]
struct Token {
    value: String,
    good_until: Timestamp,
}

/// What we need of a service account's key file. Its own `token_uri` is not followed: where a signed assertion
/// goes is our decision.
#[derive(Deserialize)]
struct ServiceAccount {
    client_email: String,
    private_key: String,
    #[serde(default)]
    private_key_id: Option<String>,
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
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: Option<i64>,
}

#[derive(Deserialize)]
struct Book {
    #[serde(default)]
    sheets: Vec<Tab>,
}

#[derive(Deserialize)]
struct Tab {
    properties: Properties,
}

#[derive(Deserialize)]
struct Properties {
    title: String,
}

#[derive(Deserialize)]
struct Values {
    #[serde(default)]
    values: Vec<Vec<Value>>,
}

fn refused(why: impl Into<String>) -> SheetError {
    SheetError::Refused(why.into())
}

fn retryable(why: impl Into<String>) -> SheetError {
    SheetError::Retryable(why.into())
}

impl GoogleSheets {
    /// Addresses are [`BASE`] and [`TOKEN_URL`], or a double's.
    pub fn new(base: impl Into<String>, token_url: impl Into<String>, clock: Arc<dyn Clock>) -> GoogleSheets {
        let client = Client::new(Duration::from_secs(30));
        GoogleSheets { client, base: base.into(), token_url: token_url.into(), clock, tokens: Mutex::default() }
    }

    async fn token(&self, account: &ServiceAccount) -> Result<String, SheetError> {
        let now = self.clock.now();
        // Anybody knows an account's name and its key's id; a token is for whoever has the key itself.
        let key: [u8; 32] = Sha256::digest(account.private_key.as_bytes()).into();
        let name = (account.client_email.clone(), key);
        let known = self.tokens.lock().ok().and_then(|tokens| tokens.get(&name).cloned());
        if let Some(token) = known.filter(|token| token.good_until > now) {
            return Ok(token.value);
        }
        let granted = self.grant(account, now).await?;
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

    async fn grant(&self, account: &ServiceAccount, now: Timestamp) -> Result<Granted, SheetError> {
        let bad_key = || refused("the service account's private key can't be read; paste its whole JSON key file");
        let key = EncodingKey::from_rsa_pem(account.private_key.as_bytes()).map_err(|_| bad_key())?;
        let header = Header { kid: account.private_key_id.clone(), ..Header::new(Algorithm::RS256) };
        let iat = now.as_second();
        let assertion = Assertion { iss: &account.client_email, scope: SCOPE, aud: &self.token_url, iat, exp: iat + TOKEN_LIVES.as_secs() };
        let assertion = encode(&header, &assertion, &key).map_err(|_| bad_key())?;
        let form = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion.as_str())];
        let client = self.client.get().await.map_err(|_| retryable("no HTTP client"))?;
        let response = client.post(&self.token_url).form(&form).send().await.map_err(|error| unreachable("Google's sign-in", &error))?;
        let status = response.status().as_u16();
        let answer = body(response, SMALL_BYTES_MAX).await.map_err(|error| unreachable("Google's sign-in", &error))?;
        let answer = answer.ok_or_else(|| retryable("Google's sign-in answered too much"))?;
        match status {
            200 => serde_json::from_slice(&answer).map_err(|_| retryable("Google's sign-in gave an answer that can't be read")),
            429 | 500..=599 => Err(retryable(format!("Google's sign-in answered {status}"))),
            _ => Err(refused(format!(
                "Google does not accept the service account's key ({}); it may have been revoked: make a new one and save it here",
                word(&answer, "error").unwrap_or_else(|| status.to_string())
            ))),
        }
    }

    async fn fetch(&self, account: &ServiceAccount, segments: &[&str], query: &[(&str, &str)], max: usize) -> Result<Vec<u8>, SheetError> {
        let token = self.token(account).await?;
        let mut url = reqwest::Url::parse(&self.base).map_err(|_| refused("the address of the Sheets API is no address"))?;
        url.path_segments_mut().map_err(|()| refused("the address of the Sheets API is no address"))?.extend(segments);
        url.query_pairs_mut().extend_pairs(query);
        let client = self.client.get().await.map_err(|_| retryable("no HTTP client"))?;
        let response = client.get(url).bearer_auth(&token).send().await.map_err(|error| unreachable("Google Sheets", &error))?;
        let status = response.status().as_u16();
        let answer = body(response, max).await.map_err(|error| unreachable("Google Sheets", &error))?;
        let answer = answer.ok_or_else(|| refused("the worksheet is too large; keep fewer rows in it"))?;
        let shared = |what: &str| refused(format!("{what}; share the sheet with {} as a viewer", account.client_email));
        match status {
            200 => Ok(answer),
            401 => {
                if let Ok(mut tokens) = self.tokens.lock() {
                    tokens.clear();
                }
                Err(retryable("Google Sheets no longer accepts our access token"))
            }
            403 if word(&answer, "status").as_deref() != Some("RESOURCE_EXHAUSTED") => {
                Err(shared("the service account may not read the sheet"))
            }
            404 => Err(shared("there is no such sheet, or it isn't shared")),
            400 => Err(refused("Google Sheets does not understand the sheet's id or worksheet; check both")),
            _ => Err(retryable(format!("Google Sheets answered {status}"))),
        }
    }
}

/// Nothing of an address or a token goes into an error.
fn unreachable(who: &str, error: &reqwest::Error) -> SheetError {
    retryable(if error.is_timeout() { format!("{who} did not answer in time") } else { format!("{who} can't be reached") })
}

/// A short word of an error answer: `{"error": "invalid_grant"}` or `{"error": {"status": "PERMISSION_DENIED"}}`.
fn word(answer: &[u8], field: &str) -> Option<String> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let said = answer["error"][field].as_str().or_else(|| answer[field].as_str())?;
    Some(said.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(40).collect())
}

/// A cell as text. Days come as serial numbers and are read by the column they stand in.
fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
        _ => String::new(),
    }
}

#[async_trait]
impl SheetSource for GoogleSheets {
    async fn read(&self, sheet: &SheetSettings) -> Result<Table, SheetError> {
        let account: ServiceAccount = serde_json::from_str(sheet.service_account.expose())
            .map_err(|_| refused("the service account's key is not a JSON key file; paste it whole"))?;
        let id = sheet.spreadsheet_id.as_str();
        let titles = [("fields", "sheets.properties.title")];
        let book = self.fetch(&account, &["v4", "spreadsheets", id], &titles, SMALL_BYTES_MAX).await?;
        let book: Book = serde_json::from_slice(&book).map_err(|_| retryable("Google Sheets gave an answer that can't be read"))?;
        let known: Vec<String> = book.sheets.into_iter().map(|tab| tab.properties.title).collect();
        let named = |wanted: &str| known.iter().find(|title| title.trim().eq_ignore_ascii_case(wanted.trim()));
        let title = match sheet.worksheet.as_deref() {
            Some(wanted) => {
                named(wanted).ok_or_else(|| refused(format!("there is no worksheet {wanted:?}; there are: {}", known.join(", "))))?
            }
            None => known.first().ok_or_else(|| refused("the sheet has no worksheet"))?,
        };
        let range = format!("'{}'!1:{}", title.replace('\'', "''"), ROWS_MAX + 2);
        let options = [("majorDimension", "ROWS"), ("valueRenderOption", "UNFORMATTED_VALUE"), ("dateTimeRenderOption", "SERIAL_NUMBER")];
        let values = self.fetch(&account, &["v4", "spreadsheets", id, "values", &range], &options, SHEET_BYTES_MAX).await?;
        let values: Values = serde_json::from_slice(&values).map_err(|_| retryable("Google Sheets gave an answer that can't be read"))?;
        if values.values.len() > ROWS_MAX + 1 {
            return Err(refused(format!("the worksheet has more than {ROWS_MAX} rows; move old orders to another one")));
        }
        let mut rows = values
            .values
            .into_iter()
            .zip(1..)
            .map(|(cells, line)| TableRow { line, cells: cells.iter().take(COLUMNS_MAX).map(cell).collect() });
        let header = rows.by_ref().find(|row| row.cells.iter().any(|cell| !cell.trim().is_empty()));
        Ok(Table { header: header.map(|row| row.cells).unwrap_or_default(), rows: rows.collect() })
    }
}

#[cfg(test)]
mod tests;
