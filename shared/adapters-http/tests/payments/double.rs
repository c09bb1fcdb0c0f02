//! A provider on this machine: it holds every request to the contract, remembers what was done, and misbehaves on demand.

use crate::contract::{Call, Contract, form};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex};

/// How an operation goes wrong.
#[derive(Debug, Clone)]
pub enum Mischief {
    /// The bank says no, by this word.
    Decline(&'static str),
    /// This answer, and nothing happens.
    Says(u16, Value),
    /// It happens, and then this answer.
    DoneBut(u16, &'static str),
    /// It happens, and no answer ever comes.
    DoneInSilence,
    /// It happens, and the answer does not end within what anybody reads.
    DoneAtLength,
}

/// What a provider remembers.
#[derive(Default)]
pub struct World {
    pub objects: BTreeMap<String, Value>,
    /// What has been done, one entry an effect.
    pub effects: Vec<String>,
    /// The word by which the next operation is declined.
    pub decline: Option<&'static str>,
    answered: HashMap<String, (u16, Value)>,
    mischief: VecDeque<(String, Mischief)>,
    log: Vec<Call>,
    faults: Vec<String>,
    count: u32,
}

impl World {
    pub fn next(&mut self) -> u32 {
        self.count += 1;
        self.count
    }
}

/// One request of an operation.
pub struct Asked<'a> {
    pub operation: &'a str,
    pub path: &'a [String],
    pub query: &'a Value,
    pub body: &'a Value,
}

/// What a provider does.
pub type Behaviour = fn(&mut World, &Asked<'_>) -> (u16, Value);

struct Provider {
    contract: Contract,
    behaviour: Behaviour,
    world: Mutex<World>,
}

/// A running double.
pub struct Double {
    pub base: String,
    provider: Arc<Provider>,
}

impl Double {
    pub async fn of(vendor: &str, behaviour: Behaviour) -> Double {
        let provider = Arc::new(Provider { contract: Contract::of(vendor), behaviour, world: Mutex::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(provider.clone());
        #[expect(clippy::disallowed_methods, reason = "a test double on its own task")]
        tokio::spawn(async move { axum::serve(listener, router).await });
        Double { base, provider }
    }

    /// The next request for this operation goes wrong like this.
    pub fn will(&self, operation: &str, mischief: Mischief) {
        self.provider.world.lock().unwrap().mischief.push_back((operation.to_owned(), mischief));
    }

    pub fn with<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut self.provider.world.lock().unwrap())
    }

    pub fn effects(&self) -> Vec<String> {
        self.with(|world| world.effects.clone())
    }

    pub fn calls(&self) -> Vec<Call> {
        self.with(|world| world.log.clone())
    }

    /// Waits until something has been done so often: a request may still be on its way when its sender has given up.
    pub async fn has_done(&self, effect: &str, times: usize) {
        for _ in 0..400 {
            if self.effects().iter().filter(|done| done.starts_with(effect)).count() >= times {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        panic!("{effect} was not done {times} times: {:?}", self.effects());
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let faults = self.with(|world| std::mem::take(&mut world.faults));
            assert!(faults.is_empty(), "requests against the contract: {faults:#?}");
            let left = self.with(|world| std::mem::take(&mut world.mischief));
            assert!(left.is_empty(), "nothing came of {left:?}");
        }
    }
}

async fn call(request: Request) -> Call {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, 64 * 1024).await.unwrap();
    let mut headers = Map::new();
    for (name, value) in &parts.headers {
        if !["host", "user-agent", "accept", "content-length"].contains(&name.as_str()) {
            headers.insert(name.to_string(), value.to_str().unwrap().into());
        }
    }
    let is_form = headers.get("content-type").is_some_and(|kind| kind == "application/x-www-form-urlencoded");
    let body = match bytes.len() {
        _ if is_form => form(&bytes),
        0 => Value::Null,
        _ => serde_json::from_slice(&bytes).unwrap_or(json!("not JSON")),
    };
    let query = form(parts.uri.query().unwrap_or_default().as_bytes());
    let content = json!({ "headers": headers, "query": query, "body": body });
    Call { method: parts.method.to_string(), path: parts.uri.path().to_owned(), content }
}

async fn answer(State(provider): State<Arc<Provider>>, request: Request) -> Response {
    let call = call(request).await;
    let (done, mischief) = {
        let mut world = provider.world.lock().unwrap();
        world.log.push(call.clone());
        let (operation, path) = match provider.contract.check(&call) {
            Ok(found) => found,
            Err(fault) => {
                world.faults.push(fault);
                return (StatusCode::BAD_REQUEST, "against the contract").into_response();
            }
        };
        let is_meant = world.mischief.front().is_some_and(|(wanted, _)| *wanted == operation);
        let mischief = if is_meant { world.mischief.pop_front().map(|(_, mischief)| mischief) } else { None };
        match mischief {
            Some(Mischief::Says(status, body)) => return said(status, &body),
            Some(Mischief::Decline(word)) => world.decline = Some(word),
            _ => {}
        }
        let headers = &call.content["headers"];
        let key = ["idempotency-key", "paypal-request-id", "x-refund-idempotency"].iter().find_map(|name| headers[*name].as_str());
        let key = key.map(|key| format!("{operation} {key}"));
        let done = match key.as_ref().and_then(|key| world.answered.get(key)) {
            Some(known) => known.clone(),
            None => {
                let asked = Asked { operation: &operation, path: &path, query: &call.content["query"], body: &call.content["body"] };
                let done = (provider.behaviour)(&mut world, &asked);
                world.decline = None;
                key.into_iter().for_each(|key| drop(world.answered.insert(key, done.clone())));
                done
            }
        };
        (done, mischief)
    };
    match mischief {
        Some(Mischief::DoneBut(status, text)) => (StatusCode::from_u16(status).unwrap(), text).into_response(),
        Some(Mischief::DoneInSilence) => std::future::pending().await,
        Some(Mischief::DoneAtLength) => (StatusCode::OK, "{".repeat(70 * 1024)).into_response(),
        _ => said(done.0, &done.1),
    }
}

fn said(status: u16, body: &Value) -> Response {
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    (StatusCode::from_u16(status).unwrap(), [("content-type", "application/json")], body).into_response()
}
