//! Google Sheets, read only, as a service account.
//!
//! <https://developers.google.com/identity/protocols/oauth2/service-account#httprest> and
//! <https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets.values/get>

use crate::client::{Client, body};
pub use crate::google::TOKEN_URL;
use crate::google::{Google, NoToken, SMALL_BYTES_MAX, ServiceAccount, away, word};
use app::ports::{Clock, SheetError, SheetSettings, SheetSource};
use app::sheet::table::{COLUMNS_MAX, ROWS_MAX};
use async_trait::async_trait;
use domain::sheet::{Table, TableRow};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// Where sheets are read.
pub const BASE: &str = "https://sheets.googleapis.com";
/// All that we ask for.
const SCOPE: &str = "https://www.googleapis.com/auth/spreadsheets.readonly";
/// Largest worksheet, in bytes of JSON.
const SHEET_BYTES_MAX: usize = 48 * 1024 * 1024;

/// [`SheetSource`] on Google Sheets.
pub struct GoogleSheets {
    client: Client,
    base: String,
    google: Google,
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
        GoogleSheets { client, base: base.into(), google: Google::new(token_url, SCOPE, clock) }
    }

    async fn fetch(&self, account: &ServiceAccount, segments: &[&str], query: &[(&str, &str)], max: usize) -> Result<Vec<u8>, SheetError> {
        let token = self.google.token(&self.client, account).await?;
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
                self.google.forget();
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
    retryable(away(who, error))
}

impl From<NoToken> for SheetError {
    fn from(why: NoToken) -> SheetError {
        match why {
            NoToken::Later(why) => SheetError::Retryable(why),
            NoToken::Never(why) => SheetError::Refused(why),
        }
    }
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
pub(crate) mod tests;
