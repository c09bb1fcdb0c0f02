//! Knocking at a function's door: a request through its whole router, and all of the answer.

use app::Identity;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use lambda_http::http::HeaderMap;
use runtime::http::Origin;
use serde_json::Value;
use tower::ServiceExt;

/// All of an answer.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
    pub body: Value,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The faults as "field code".
    pub fn faults(&self) -> Vec<String> {
        let faults = self.body["errors"].as_array().into_iter().flatten();
        faults.map(|fault| format!("{} {}", fault["field"].as_str().unwrap(), fault["code"].as_str().unwrap())).collect()
    }

    /// A refusal as every client can read it, and without internals.
    #[track_caller]
    pub fn refuses(&self, status: u16, what: &str) -> &Answer {
        assert_eq!(self.status, status, "{what}: {}", self.body);
        assert_eq!(self.header("content-type"), "application/problem+json", "{what}");
        let said = |field: &str| self.body[field].as_str().is_some_and(|text| !text.is_empty());
        assert!(said("type") && said("title") && said("detail") && said("trace_id"), "{what}: {}", self.body);
        assert_eq!(self.body["status"], status, "{what}");
        self
    }
}

/// One request.
pub struct Knock<'a> {
    pub verb: &'a str,
    pub path: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a [u8],
    pub identity: Option<Identity>,
    /// Where API Gateway says it comes from.
    pub ip: &'a str,
}

impl Default for Knock<'_> {
    fn default() -> Self {
        Knock { verb: "POST", path: "/", headers: &[], body: b"", identity: None, ip: "203.0.113.7" }
    }
}

/// Sends it. An answer of the server's own making would be a fault of ours, whatever was sent.
pub async fn knock(router: Router, knock: Knock<'_>) -> Answer {
    let mut request = Request::builder().method(knock.verb).uri(knock.path);
    for (name, value) in knock.headers {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::from(knock.body.to_vec())).unwrap();
    request.extensions_mut().insert(Origin::new(knock.ip, crate::house::correlation()));
    if let Some(identity) = knock.identity {
        request.extensions_mut().insert(identity);
    }
    let response = runtime::http::finish(router).oneshot(request).await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 23).await.unwrap().to_vec();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    assert!(status < 500, "{} {}: {status} {body}", knock.verb, knock.path);
    Answer { status, headers, bytes, body }
}

/// A request to the REST API.
pub async fn rest(
    house: &crate::house::House,
    identity: Option<Identity>,
    verb: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    knock(orders_api::router(house.desk()), Knock { verb, path, headers, body, identity, ..Knock::default() }).await
}
