//! Saleor on this machine: it answers as it is told, and takes no request that its schema does not know.

use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::{ExecutableDocument, Schema, validation::Valid};
use app::tenant::{SaleorSettings, Secret};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex};
use tokio::net::TcpListener;

static SCHEMA: LazyLock<Valid<Schema>> =
    LazyLock::new(|| Schema::parse_and_validate(include_str!("schema.graphql"), "schema.graphql").unwrap());

/// Whether a document keeps the schema.
pub fn check(document: &str) -> Result<Valid<ExecutableDocument>, String> {
    ExecutableDocument::parse_and_validate(&SCHEMA, document, "asked.graphql").map_err(|why| why.to_string())
}

/// What a request gets.
#[derive(Clone)]
pub enum Says {
    /// `data`.
    Data(Value),
    /// The whole answer.
    Raw(u16, Value),
    /// A status with `Retry-After`.
    Later(u16, &'static str),
    /// Text instead of JSON.
    Text(u16, String),
    /// Nothing, ever.
    Nothing,
}

#[derive(Default)]
struct Heard {
    says: VecDeque<Says>,
    variables: Vec<Value>,
    queries: Vec<String>,
    keys: Vec<Says>,
    keys_read: usize,
}

/// It.
#[derive(Clone)]
pub struct Double {
    pub base: String,
    heard: Arc<Mutex<Heard>>,
}

async fn give(says: Says) -> Response {
    match says {
        Says::Data(data) => axum::Json(json!({ "data": data })).into_response(),
        Says::Raw(status, body) => (StatusCode::from_u16(status).unwrap(), axum::Json(body)).into_response(),
        Says::Later(status, seconds) => (StatusCode::from_u16(status).unwrap(), [("retry-after", seconds)], "").into_response(),
        Says::Text(status, text) => (StatusCode::from_u16(status).unwrap(), text).into_response(),
        Says::Nothing => std::future::pending().await,
    }
}

async fn graphql(State(double): State<Double>, headers: HeaderMap, body: Bytes) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(headers["authorization"], "Bearer made-up-token");
    let query = asked["query"].as_str().unwrap();
    let document = check(query).unwrap_or_else(|why| panic!("{why}"));
    let operation = document.operations.iter().next().unwrap();
    let variables = serde_json::from_value(asked["variables"].clone()).unwrap();
    if let Err(why) = coerce_variable_values(&SCHEMA, operation, &variables) {
        panic!("{why:?} in {}", asked["variables"]);
    }
    let says = {
        let mut heard = double.heard.lock().unwrap();
        heard.variables.push(asked["variables"].clone());
        heard.queries.push(query.to_owned());
        heard.says.pop_front()
    };
    give(says.unwrap_or(Says::Text(500, "nothing more to say".into()))).await
}

async fn keys(State(double): State<Double>) -> Response {
    let says = {
        let mut heard = double.heard.lock().unwrap();
        heard.keys_read += 1;
        if heard.keys.len() > 1 { heard.keys.remove(0) } else { heard.keys[0].clone() }
    };
    give(says).await
}

impl Double {
    pub async fn that(says: impl IntoIterator<Item = Says>) -> Double {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let double = Double { base, heard: Arc::default() };
        double.heard.lock().unwrap().says.extend(says);
        let router = Router::new().route("/graphql/", post(graphql)).route("/.well-known/jwks.json", get(keys)).with_state(double.clone());
        #[expect(clippy::disallowed_methods, reason = "a test double on its own task")]
        tokio::spawn(async move { axum::serve(listener, router).await });
        double
    }

    /// With these key sets, one a reading; the last for all that follow.
    pub async fn whose_keys_are(keys: impl IntoIterator<Item = Says>) -> Double {
        let double = Double::that([]).await;
        double.heard.lock().unwrap().keys.extend(keys);
        double
    }

    pub fn account(&self) -> SaleorSettings {
        SaleorSettings {
            enabled: true,
            api_url: format!("{}/graphql/", self.base),
            token: Some(Secret::new("made-up-token")),
            notify: false,
            number_prefix: String::new(),
            warehouse: None,
        }
    }

    pub fn variables(&self) -> Vec<Value> {
        self.heard.lock().unwrap().variables.clone()
    }

    pub fn keys_read(&self) -> usize {
        self.heard.lock().unwrap().keys_read
    }
}
