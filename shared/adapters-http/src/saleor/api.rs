//! Saleor's GraphQL API: <https://docs.saleor.io/api-reference>. A failure may come as a status of HTTP, as `errors` beside `data` in a 200, or
//! as `errors` of a mutation; which of them it is says what is to be done next.

use super::Reach;
use super::queries::{CANCEL, CHANGED, FULFIL, NUMBER, ONE, ORDER};
use crate::client::{Client, body};
use app::ports::{SaleorApi, SaleorDossier, SaleorError, SaleorPage};
use app::saleor::order::unit;
use app::saleor::{BadOrder, Node};
use app::tenant::SaleorSettings;
use async_trait::async_trait;
use domain::saleor::{Parcel, TheirLine, TheirParcel};
use jiff::{SignedDuration, Timestamp};
use reqwest::header::RETRY_AFTER;
use reqwest::{Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::time::Duration;

/// Orders of one page. Saleor gives at most 100, and counts how much each asks for.
pub const PAGE: usize = 50;
/// Time limit of a call.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Largest answer that is read, in bytes: fifty orders of a thousand lines each.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Lines and parcels of one order that are read.
const PARTS_MAX: usize = 1_000;
/// Characters of a message of Saleor's that are shown.
const MESSAGE_CHARS_MAX: usize = 200;
/// Messages that are shown.
const MESSAGES_MAX: usize = 3;

/// Asks Saleor.
pub struct SaleorGraphQl {
    reach: Reach,
    client: Client,
}

#[derive(Deserialize)]
struct Answer<T> {
    data: Option<T>,
    #[serde(default)]
    errors: Vec<TopError>,
}

#[derive(Deserialize)]
struct TopError {
    #[serde(default)]
    message: String,
    #[serde(default)]
    extensions: Option<Extensions>,
}

#[derive(Deserialize)]
struct Extensions {
    #[serde(default)]
    exception: Option<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(default)]
    code: String,
}

#[derive(Deserialize)]
struct ChangedData {
    orders: Option<Connection>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Connection {
    page_info: PageInfo,
    edges: Vec<Edge>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Edge {
    node: Box<RawValue>,
}

#[derive(Deserialize)]
struct OneData {
    order: Option<Box<RawValue>>,
}

/// What of an order is no news, but work.
#[derive(Deserialize)]
struct Work {
    work: Vec<WorkLine>,
    #[serde(default)]
    fulfillments: Vec<Fulfilment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WorkLine {
    id: String,
    product_sku: Option<String>,
    product_variant_id: Option<String>,
    quantity_fulfilled: i64,
    quantity_to_fulfill: i64,
    allocations: Option<Vec<Allocation>>,
}

#[derive(Deserialize)]
struct Allocation {
    quantity: i64,
    warehouse: Warehouse,
}

#[derive(Deserialize)]
struct Warehouse {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fulfilment {
    id: String,
    status: String,
    tracking_number: Option<String>,
}

#[derive(Deserialize)]
struct DoneData {
    done: Option<Done>,
}

#[derive(Deserialize)]
struct Done {
    errors: Vec<StepError>,
}

#[derive(Deserialize)]
struct StepError {
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    code: String,
}

/// A message for people, on one line.
fn brief(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MESSAGE_CHARS_MAX).collect()
}

/// How much it asks for after having been asked too much.
fn retry_after(response: &Response) -> Option<SignedDuration> {
    let seconds: u32 = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(SignedDuration::from_secs(seconds.into()))
}

/// What `errors` beside `data` mean. Saleor names the exception; those that a person has to mend are of these kinds, anything else is a bad
/// moment of its own.
fn top(errors: &[TopError]) -> SaleorError {
    let code = |error: &TopError| error.extensions.as_ref().and_then(|more| more.exception.as_ref()).map(|one| one.code.clone());
    let is_ours = |code: &str| {
        let jwt = code.contains("Token") || code.contains("Signature");
        jwt || matches!(code, "PermissionDenied" | "GraphQLError" | "ValidationError" | "QueryCostError")
    };
    let shown: Vec<String> = errors.iter().take(MESSAGES_MAX).map(|error| brief(&error.message)).collect();
    let said = format!("Saleor says: {}", shown.join("; "));
    match errors.iter().find_map(code) {
        Some(code) if is_ours(&code) => SaleorError::Refused(said),
        _ => SaleorError::Retryable(said),
    }
}

/// A number of pieces; none below zero.
fn pieces(count: i64) -> u32 {
    u32::try_from(count.max(0)).unwrap_or(u32::MAX)
}

/// Reads one order; what is not an order at all has one fault.
fn order(node: &RawValue) -> Result<app::saleor::CommerceOrder, BadOrder> {
    let read = serde_json::from_str::<Node>(node.get());
    read.map_err(|_| BadOrder {
        id: None,
        number: None,
        updated_at: None,
        faults: vec![domain::order::Fault::new("order", "bad_json", "it is not as Saleor's schema says")],
    })?
    .read()
}

impl SaleorGraphQl {
    /// On the open net; and at a double's, if there is one.
    pub fn new(double: Option<String>) -> SaleorGraphQl {
        SaleorGraphQl::within(TIMEOUT, double)
    }

    /// With a time limit of its own.
    pub fn within(timeout: Duration, double: Option<String>) -> SaleorGraphQl {
        let reach = Reach { double };
        SaleorGraphQl { client: reach.client(timeout), reach }
    }

    /// One exchange. `lost` is what it means if the answer does not come.
    async fn ask<T: DeserializeOwned>(
        &self,
        account: &SaleorSettings,
        query: &str,
        variables: Value,
        lost: fn(String) -> SaleorError,
    ) -> Result<T, SaleorError> {
        let refused = |why: &str| SaleorError::Refused(why.to_owned());
        let url = self.reach.url(&account.api_url);
        let url = url.ok_or_else(|| refused("saleor.api_url must begin with https:// and lead to the open net"))?;
        let token = account.token.as_ref().ok_or_else(|| refused("saleor.token is not set"))?;
        let client = self.client.get().await.map_err(|_| SaleorError::Retryable("no client".into()))?;
        let asked = json!({ "query": query, "variables": variables });
        let sent = client.post(url).bearer_auth(token.expose()).json(&asked).send().await;
        let response = match sent {
            Ok(response) => response,
            Err(error) if error.is_connect() || error.is_builder() => {
                return Err(SaleorError::Retryable("Saleor cannot be reached at saleor.api_url".into()));
            }
            Err(_) => return Err(lost("Saleor did not answer in time".into())),
        };
        match response.status() {
            StatusCode::TOO_MANY_REQUESTS => return Err(SaleorError::Throttled(retry_after(&response))),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Err(refused("Saleor does not accept the token; set saleor.token")),
            status if status.is_server_error() => return Err(lost(format!("Saleor answered {}", status.as_u16()))),
            // A query that it does not understand comes back as 400, with why.
            status if status.is_success() || status == StatusCode::BAD_REQUEST => {}
            status => {
                let why = format!("Saleor answered {}; saleor.api_url must be the address of its GraphQL API", status.as_u16());
                return Err(refused(&why));
            }
        }
        let is_bad = response.status() == StatusCode::BAD_REQUEST;
        let text = body(response, ANSWER_BYTES_MAX).await.map_err(|_| lost("Saleor broke off in its answer".into()))?;
        let text = text.ok_or_else(|| lost("Saleor's answer has no end".into()))?;
        let answer: Answer<T> = serde_json::from_slice(&text).map_err(|_| lost("Saleor's answer cannot be read".into()))?;
        if is_bad {
            let said = top(&answer.errors).to_string();
            return Err(SaleorError::Refused(said));
        }
        if !answer.errors.is_empty() {
            return Err(top(&answer.errors));
        }
        answer.data.ok_or_else(|| lost("Saleor's answer is empty".into()))
    }

    /// A step; the errors of a step say why it was not done.
    async fn step(&self, account: &SaleorSettings, query: &str, variables: Value) -> Result<(), SaleorError> {
        let data: DoneData = self.ask(account, query, variables, SaleorError::Unknown).await?;
        let done = data.done.ok_or_else(|| SaleorError::Unknown("Saleor's answer is empty".into()))?;
        if done.errors.is_empty() {
            return Ok(());
        }
        let said = |error: &StepError| format!("{} ({})", brief(error.message.as_deref().unwrap_or("no reason")), brief(&error.code));
        let shown: Vec<String> = done.errors.iter().take(MESSAGES_MAX).map(said).collect();
        Err(SaleorError::Refused(format!("Saleor refuses: {}", shown.join("; "))))
    }
}

#[async_trait]
impl SaleorApi for SaleorGraphQl {
    async fn changed(&self, account: &SaleorSettings, since: Timestamp, after: Option<&str>) -> Result<SaleorPage, SaleorError> {
        let variables = json!({ "first": PAGE, "after": after, "since": since.to_string() });
        let data: ChangedData = self.ask(account, &format!("{CHANGED}\n{ORDER}"), variables, SaleorError::Retryable).await?;
        let connection = data.orders.ok_or_else(|| SaleorError::Refused("Saleor lists no orders; give the app MANAGE_ORDERS".into()))?;
        let PageInfo { has_next_page, end_cursor } = connection.page_info;
        // More than was asked for, or a page that leads to itself, would never end.
        let goes_round = has_next_page && (end_cursor.is_none() || end_cursor.as_deref() == after || connection.edges.is_empty());
        if connection.edges.len() > PAGE || goes_round {
            return Err(SaleorError::Retryable("Saleor's list of orders does not go on".into()));
        }
        let orders = connection.edges.iter().map(|edge| order(&edge.node)).collect();
        Ok(SaleorPage { orders, next: end_cursor.filter(|_| has_next_page) })
    }

    async fn order(&self, account: &SaleorSettings, id: &str) -> Result<Option<SaleorDossier>, SaleorError> {
        let data: OneData = self.ask(account, &format!("{ONE}\n{ORDER}"), json!({ "id": id }), SaleorError::Retryable).await?;
        let Some(node) = data.order else { return Ok(None) };
        let unreadable = |_| SaleorError::Refused("an order is not as Saleor's schema says".into());
        let work: Work = serde_json::from_str(node.get()).map_err(unreadable)?;
        let line = |line: WorkLine| TheirLine {
            sku: unit(line.product_sku.as_deref(), line.product_variant_id.as_deref(), Some(&line.id)),
            id: line.id,
            sent: pieces(line.quantity_fulfilled),
            open: pieces(line.quantity_to_fulfill),
            at: line.allocations.unwrap_or_default().into_iter().map(|one| (one.warehouse.id, pieces(one.quantity))).collect(),
        };
        let parcel = |one: Fulfilment| TheirParcel {
            id: one.id,
            number: one.tracking_number.unwrap_or_default(),
            stands: one.status != "CANCELED" && one.status != "WAITING_FOR_APPROVAL",
        };
        let lines = work.work.into_iter().take(PARTS_MAX).map(line).collect();
        let parcels = work.fulfillments.into_iter().take(PARTS_MAX).map(parcel).collect();
        Ok(Some(SaleorDossier { order: order(&node), lines, parcels }))
    }

    async fn fulfil(&self, account: &SaleorSettings, id: &str, parcel: &Parcel) -> Result<(), SaleorError> {
        let mut lines: Vec<(&str, Vec<Value>)> = Vec::new();
        for piece in &parcel.pieces {
            let warehouse = piece.warehouse.as_ref().or(account.warehouse.as_ref()).ok_or_else(|| {
                SaleorError::Refused("no warehouse of Saleor's holds pieces for it; set saleor.warehouse to the one they leave from".into())
            })?;
            let stock = json!({ "quantity": piece.quantity, "warehouse": warehouse });
            match lines.iter_mut().find(|line| line.0 == piece.line) {
                Some((_, stocks)) => stocks.push(stock),
                None => lines.push((&piece.line, vec![stock])),
            }
        }
        let lines: Vec<Value> = lines.into_iter().map(|(line, stocks)| json!({ "orderLineId": line, "stocks": stocks })).collect();
        // It has left: what Saleor counts of its stock cannot change that.
        let mut input = json!({ "lines": lines, "notifyCustomer": false, "allowStockToBeExceeded": true });
        if let Some(number) = &parcel.number {
            input["trackingNumber"] = json!(number);
        }
        self.step(account, FULFIL, json!({ "order": id, "input": input })).await
    }

    async fn cancel(&self, account: &SaleorSettings, id: &str) -> Result<(), SaleorError> {
        self.step(account, CANCEL, json!({ "order": id })).await
    }

    async fn number(&self, account: &SaleorSettings, parcel: &str, number: &str) -> Result<(), SaleorError> {
        let input = json!({ "trackingNumber": number, "notifyCustomer": false });
        self.step(account, NUMBER, json!({ "parcel": parcel, "input": input })).await
    }
}
