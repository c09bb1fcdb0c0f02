//! DynamoDB in this process: the SDK's own client over a connector that hands each request to an emulator on
//! SQLite. It keeps the capacity every call took, and can lose or refuse answers on purpose.

use super::create_all;
use adapters_aws::{Aws, Tables};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, http::HttpRequest, http::HttpResponse};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::result::ConnectorError;
use dynoxide::Database;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It happens, and the answer is lost on the way.
    AnswerLost,
    /// It never arrives.
    NotSent,
    /// It is refused for now.
    Throttled,
    /// It is refused because somebody's transaction holds the row.
    Conflict,
}

/// One call and what it took.
#[derive(Debug, Clone)]
pub struct Call {
    /// `Query`, `TransactWriteItems`...
    pub operation: String,
    /// What was asked.
    pub request: serde_json::Value,
    /// `ConsumedCapacity` of the answer: a list for transactions, one entry for others.
    pub consumed: serde_json::Value,
}

impl Call {
    /// Units of all tables and indexes.
    pub fn units(&self) -> f64 {
        let of = |entry: &serde_json::Value| entry["CapacityUnits"].as_f64().unwrap_or_default();
        self.consumed.as_array().map_or_else(|| of(&self.consumed), |entries| entries.iter().map(of).sum())
    }
}

#[derive(Clone)]
pub struct Embedded {
    database: Database,
    calls: Arc<Mutex<Vec<Call>>>,
    faults: Arc<Mutex<VecDeque<(&'static str, Fault)>>>,
}

impl std::fmt::Debug for Embedded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Embedded")
    }
}

impl Embedded {
    /// An empty database with the five tables, and clients for it.
    pub async fn start() -> (Embedded, Arc<Aws>, Tables) {
        let embedded = Embedded { database: Database::memory().unwrap(), calls: Arc::default(), faults: Arc::default() };
        let client = embedded.client();
        let tables = create_all(&client, "t").await;
        embedded.take_calls();
        (embedded, Aws::with_dynamodb(client), tables)
    }

    fn client(&self) -> Client {
        let connector = SharedHttpConnector::new(self.clone());
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .endpoint_url("http://embedded")
            .allow_no_auth()
            .retry_config(RetryConfig::standard().with_max_attempts(3).with_initial_backoff(std::time::Duration::from_millis(1)))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build();
        Client::from_conf(config)
    }

    /// The calls since the last look.
    pub fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    /// The next calls of an operation go wrong like this.
    pub fn script(&self, operation: &'static str, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().unwrap().extend(faults.into_iter().map(|fault| (operation, fault)));
    }

    fn next_fault(&self, operation: &str) -> Option<Fault> {
        let mut faults = self.faults.lock().unwrap();
        let at = faults.iter().position(|(of, _)| *of == operation)?;
        faults.remove(at).map(|(_, fault)| fault)
    }

    async fn answer(self, operation: String, body: Vec<u8>) -> Result<HttpResponse, ConnectorError> {
        // Others may go first: every call is a point at which callers interleave.
        tokio::task::yield_now().await;
        let fault = self.next_fault(&operation);
        let refused = |kind: &str| {
            let body = format!("{{\"__type\":\"com.amazonaws.dynamodb.v20120810#{kind}\",\"message\":\"on purpose\"}}");
            Ok(response(400, body))
        };
        match fault {
            Some(Fault::NotSent) => return Err(ConnectorError::io("not sent".into())),
            Some(Fault::Throttled) => return refused("ThrottlingException"),
            Some(Fault::Conflict) if operation == "TransactWriteItems" => {
                let body = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","message":"on purpose",
                    "CancellationReasons":[{"Code":"None"},{"Code":"TransactionConflict"}]}"#;
                return Ok(response(400, body.to_owned()));
            }
            Some(Fault::Conflict) => return refused("TransactionConflictException"),
            Some(Fault::AnswerLost) | None => {}
        }
        let (status, answer) = match self.run(&operation, &body) {
            Ok(answer) => (200, answer.to_string()),
            Err(error) => (error.status_code(), error.to_json()),
        };
        tokio::task::yield_now().await;
        if fault == Some(Fault::AnswerLost) {
            return Err(ConnectorError::io("the answer is lost".into()));
        }
        Ok(response(status, answer))
    }

    fn run(&self, operation: &str, body: &[u8]) -> dynoxide::Result<serde_json::Value> {
        let mut request: serde_json::Value = serde_json::from_slice(body).unwrap();
        if operation != "CreateTable" {
            request["ReturnConsumedCapacity"] = "INDEXES".into();
        }
        let answer = self.dispatch(operation, request.clone());
        let consumed = answer.as_ref().map_or(serde_json::Value::Null, |answer| answer["ConsumedCapacity"].clone());
        self.calls.lock().unwrap().push(Call { operation: operation.to_owned(), request, consumed });
        answer
    }

    fn dispatch(&self, operation: &str, request: serde_json::Value) -> dynoxide::Result<serde_json::Value> {
        macro_rules! run {
            ($call:ident) => {
                Ok(serde_json::to_value(self.database.$call(serde_json::from_value(request).unwrap())?).unwrap())
            };
        }
        match operation {
            "CreateTable" => run!(create_table),
            "GetItem" => run!(get_item),
            "BatchGetItem" => run!(batch_get_item),
            "PutItem" => run!(put_item),
            "UpdateItem" => run!(update_item),
            "DeleteItem" => run!(delete_item),
            "Query" => run!(query),
            "TransactWriteItems" => run!(transact_write_items),
            // Each of these is a permission of its own, which the template does not give.
            other => panic!("the adapters are not allowed to call {other}"),
        }
    }
}

fn response(status: u16, body: String) -> HttpResponse {
    HttpResponse::new(status.try_into().unwrap(), body.into())
}

impl HttpConnector for Embedded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let body = request.body().bytes().unwrap_or_default().to_vec();
        HttpConnectorFuture::new(self.clone().answer(operation, body))
    }
}
