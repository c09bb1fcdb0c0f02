//! HTTP around the use cases: who calls, limits, problem details, and the way from API Gateway to axum.

use crate::gateway::readable;
use crate::problem::Problem;
use crate::system::correlation;
use app::{Error, Identity};
use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Path, Query, Request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use domain::ids::CorrelationId;
use domain::order::Fault;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{Adapter, LambdaEvent};
use serde::de::DeserializeOwned;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, OnceLock};
use tower::ServiceExt;

/// Largest request body, in bytes.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Where a request comes from, as far as it matters.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The caller's address on the net, as API Gateway saw it.
    pub ip: String,
    /// Ties everything that follows to this request.
    pub correlation: CorrelationId,
    /// How often the caller may come.
    pub limits: Limits,
}

/// How often a caller may come, for the answer's headers: written once the caller is known.
#[derive(Debug, Clone, Default)]
pub struct Limits(Arc<OnceLock<Quota>>);

/// So many requests in so many seconds, and so many are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Requests.
    pub limit: u32,
    /// Seconds of the window.
    pub window_s: u64,
    /// Left in this window.
    pub left: u32,
}

impl Limits {
    /// Says it; the first word stands.
    pub fn say(&self, quota: Quota) {
        let _ = self.0.set(quota);
    }

    /// As headers (draft-ietf-httpapi-ratelimit-headers).
    fn write(&self, headers: &mut HeaderMap) {
        let Some(Quota { limit, window_s, left }) = self.0.get() else { return };
        let numbers = [("ratelimit-limit", limit.to_string()), ("ratelimit-remaining", left.to_string())];
        for (name, text) in numbers.into_iter().chain([("ratelimit-policy", format!("{limit};w={window_s}"))]) {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

impl Origin {
    /// From this address.
    pub fn new(ip: impl Into<String>, correlation: CorrelationId) -> Origin {
        Origin { ip: ip.into(), correlation, limits: Limits::default() }
    }

    /// Whoever can choose among addresses counts as one: a customer of an IPv6 provider has a whole /64.
    pub fn network(&self) -> String {
        match self.ip.parse().map(|ip: IpAddr| ip.to_canonical()) {
            Ok(IpAddr::V6(ip)) => {
                let [a, b, c, d, ..] = ip.segments();
                format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            Ok(IpAddr::V4(ip)) => ip.to_string(),
            Err(_) => self.ip.clone(),
        }
    }
}

/// The verified caller. API Gateway's authorizer put it into the request's context; nothing the client
/// sends can.
#[derive(Debug, Clone)]
pub struct Caller(pub Identity);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let identity = parts.extensions.get::<Identity>().cloned();
        identity.map(Caller).ok_or_else(|| Error::Unauthenticated.into())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let origin = parts.extensions.get::<Origin>().cloned();
        Ok(origin.unwrap_or_else(|| Origin::new("unknown", correlation())))
    }
}

/// Query parameters; a bad one is a problem like any other.
#[derive(Debug, Clone)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(params)) => Ok(Params(params)),
            Err(why) => Err(Error::Invalid(vec![Fault::new("query", "bad_query", why.body_text())]).into()),
        }
    }
}

/// Path segments; one that is not UTF-8 names nothing.
#[derive(Debug, Clone)]
pub struct Segments<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Segments<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(segments)) => Ok(Segments(segments)),
            Err(_) => Err(Problem::not_found()),
        }
    }
}

/// The raw bytes of a body, at most `limit`.
pub async fn raw_body(request: Request, limit: usize) -> Result<Vec<u8>, Problem> {
    if request.headers().get_all(header::CONTENT_ENCODING).iter().any(|value| value != "identity") {
        return Err(Problem::new(
            "encoding",
            "Unsupported encoding",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "send the body without compression",
        ));
    }
    let collected = axum::body::to_bytes(request.into_body(), limit).await;
    let too_large = |_| Problem::new("too-large", "Body too large", StatusCode::PAYLOAD_TOO_LARGE, format!("at most {}", size(limit)));
    Ok(collected.map_err(too_large)?.to_vec())
}

/// A limit as people say it.
fn size(bytes: usize) -> String {
    const KB: usize = 1024;
    match bytes {
        bytes if bytes.is_multiple_of(KB * KB) => format!("{} MB", bytes / (KB * KB)),
        bytes if bytes.is_multiple_of(KB) => format!("{} KB", bytes / KB),
        bytes => format!("{bytes} bytes"),
    }
}

/// JSON without the byte order mark that some programs put in front.
fn without_mark(raw: &[u8]) -> &[u8] {
    raw.strip_prefix(b"\xef\xbb\xbf").unwrap_or(raw)
}

/// Reads JSON; a fault says where it went wrong and what kind it is. Only the first one: where a type has a
/// schema, the REST API finds all of them.
pub fn parse<T: DeserializeOwned>(raw: &[u8]) -> Result<T, Error> {
    let mut json = serde_json::Deserializer::from_slice(without_mark(raw));
    let read = serde_path_to_error::deserialize(&mut json).map_err(|why| {
        let at = if why.path().iter().len() == 0 { String::new() } else { why.path().to_string() };
        // A number where a word of a closed set belongs is told as bad syntax, and is none.
        let malformed = !why.inner().is_data() && serde_json::from_slice::<serde_json::Value>(without_mark(raw)).is_err();
        fault(&at, why.inner(), malformed)
    })?;
    json.end().map_err(|why| fault("", &why, true))?;
    Ok(read)
}

fn fault(at: &str, why: &serde_json::Error, malformed: bool) -> Error {
    let text = why.to_string();
    let named = |kind: &str| text.strip_prefix(kind).and_then(|rest| rest.split('`').nth(1));
    let inside = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    let (field, code) = if malformed {
        (String::new(), "bad_json")
    } else if let Some(name) = named("duplicate field ") {
        (inside(name), "duplicate")
    } else if let Some(name) = named("missing field ") {
        (inside(name), "required")
    } else {
        (at.to_owned(), if text.starts_with("unknown field") { "unknown_field" } else { "wrong_type" })
    };
    Error::Invalid(vec![Fault::new(field, code, text)])
}

/// Finishes a router: problem details for unknown routes and verbs, security headers, and the identity
/// from API Gateway's context.
pub fn finish(router: Router) -> Router {
    router
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .layer(middleware::from_fn(headers))
        .layer(middleware::from_fn(context))
}

/// Runs a router as a Lambda function behind an HTTP API.
pub async fn serve(router: Router) -> Result<(), lambda_http::Error> {
    let readable = |event: LambdaEvent<LambdaRequest>| LambdaEvent::new(readable(event.payload), event.context);
    lambda_runtime::run(Adapter::from(finish(router)).map_request(readable)).await
}

async fn context(mut request: Request, next: Next) -> Response {
    let seen = request.extensions().get::<RequestContext>().cloned();
    if request.extensions().get::<Origin>().is_none() {
        let ip = match &seen {
            Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone(),
            _ => None,
        };
        let origin = Origin::new(ip.unwrap_or_else(|| "unknown".to_owned()), correlation());
        request.extensions_mut().insert(origin);
    }
    if let Some(RequestContext::ApiGatewayV2(context)) = seen {
        let fields = context.authorizer.map(|authorizer| authorizer.fields).unwrap_or_default();
        if let Some(identity) = identity_of(&fields) {
            request.extensions_mut().insert(identity);
        }
    }
    next.run(request).await
}

/// The name under which the authorizer hands the identity on, as JSON text.
pub const IDENTITY_FIELD: &str = "identity";

fn identity_of(fields: &std::collections::HashMap<String, serde_json::Value>) -> Option<Identity> {
    // Behind a Lambda authorizer the fields stand under "lambda".
    let field = fields.get("lambda").and_then(|lambda| lambda.get(IDENTITY_FIELD)).or_else(|| fields.get(IDENTITY_FIELD))?;
    serde_json::from_str(field.as_str()?).ok()
}

async fn headers(request: Request, next: Next) -> Response {
    let origin = request.extensions().get::<Origin>().cloned();
    let trace = origin.as_ref().map(|origin| origin.correlation.to_string());
    let mut response: Response<Body> = next.run(request).await;
    if let (Some(problem), Some(trace)) = (response.extensions_mut().remove::<Problem>(), &trace) {
        if let Some(cause) = &problem.cause {
            tracing::error!(trace_id = trace, status = problem.status, cause, "request failed");
        }
        response = problem.traced(trace).into_response();
    }
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if let Some(origin) = origin {
        origin.limits.write(headers);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if let Some(trace) = trace.and_then(|trace| HeaderValue::from_str(&trace).ok()) {
        headers.insert("x-trace-id", trace);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_said_as_people_say_them() {
        assert_eq!((size(BODY_BYTES_MAX), size(256 * 1024), size(1000)), ("1 MB".into(), "256 KB".into(), "1000 bytes".into()));
    }

    // req: S0-14
    #[test]
    fn whoever_can_choose_among_addresses_counts_as_one() {
        let network = |ip: &str| Origin::new(ip, correlation()).network();
        for one in ["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:0DB8:0001:0002::9"] {
            assert_eq!(network(one), "2001:db8:1:2::/64", "{one}");
        }
        assert_eq!(network("2001:db8:1:3::1"), "2001:db8:1:3::/64");
        assert_eq!((network("203.0.113.7"), network("::ffff:203.0.113.7")), ("203.0.113.7".into(), "203.0.113.7".into()));
        assert_eq!(network("unknown"), "unknown");
    }
}
