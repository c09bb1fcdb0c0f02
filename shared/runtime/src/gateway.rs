//! Requests as API Gateway delivers them, made fit for a router.
//!
//! An HTTP API hands the path on decoded ("%00" as a NUL, "%3F" as a question mark) and the query as it was sent.
//! Neither need be part of a URI then, and `lambda_http` panics on what is none. Nor need `X-Forwarded-Proto` be a
//! scheme or `Host` a host, wherever something in front of us lets a client set them.

use http::header;
use lambda_http::request::LambdaRequest;
use std::fmt::Write;

/// What may stand in a path as it is, beside letters and digits (RFC 3986: unreserved, sub-delims, ":", "@", "/").
const PATH: &[u8] = b"-._~!$&'()*+,;=:@/";
/// The same for a query.
const QUERY: &[u8] = b"-._~!$&'()*+,;=:@/?";

/// The event with a path, a query, a scheme and a host that make a URI. What was one already stays as it is.
pub fn readable(mut event: LambdaRequest) -> LambdaRequest {
    if let LambdaRequest::ApiGatewayV2(request) = &mut event {
        request.raw_path = request.raw_path.take().map(|path| escaped(&path, PATH));
        request.raw_query_string = request.raw_query_string.take().map(|query| escaped(&query, QUERY));
        let headers = &mut request.headers;
        let text = |value: &http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        if headers.get("x-forwarded-proto").map(text).is_some_and(|scheme| scheme != "http" && scheme != "https") {
            headers.remove("x-forwarded-proto");
        }
        if headers.get(header::HOST).map(text).is_some_and(|host| !is_host(&host)) {
            headers.remove(header::HOST);
            request.request_context.domain_name = None;
        }
    }
    event
}

fn is_host(host: &str) -> bool {
    let plain = host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b));
    plain && url::Url::parse(&format!("https://{host}/")).is_ok()
}

/// Percent-encodes what may not stand there. What is encoded already stays: whoever sent it meant it so.
fn escaped(text: &str, allowed: &[u8]) -> String {
    let bytes = text.as_bytes();
    let mut escaped = String::with_capacity(text.len());
    for (at, byte) in bytes.iter().enumerate() {
        let encoded = *byte == b'%' && bytes.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        if byte.is_ascii_alphanumeric() || allowed.contains(byte) || encoded {
            escaped.push(char::from(*byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_http::Request;
    use serde_json::json;

    fn asked(path: &str, query: &str, headers: serde_json::Value) -> Request {
        let event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "headers": headers, "isBase64Encoded": false,
            "requestContext": {
                "accountId": "1", "apiId": "a", "domainName": "api.example", "requestId": "r", "routeKey": "$default", "stage": "$default",
                "timeEpoch": 0, "http": { "method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "x" }
            }
        });
        Request::from(readable(serde_json::from_value(event).unwrap()))
    }

    #[test]
    fn a_decoded_path_keeps_its_meaning() {
        let path = |path: &str| asked(path, "", json!({"host": "api.example"})).uri().path().to_owned();
        assert_eq!(path("/v1/orders/1001"), "/v1/orders/1001");
        assert_eq!(path("/v1/orders/10%2F01"), "/v1/orders/10%2F01", "encoded already");
        assert_eq!(path("/v1/orders/\0"), "/v1/orders/%00");
        assert_eq!(path("/v1/orders/1001?status=x#y"), "/v1/orders/1001%3Fstatus=x%23y", "no query, no fragment");
        assert_eq!(path("/v1/orders/ü 100%"), "/v1/orders/%C3%BC%20100%25");
        assert_eq!(path("/v1/orders/a\\..\\b"), "/v1/orders/a%5C..%5Cb");
        assert_eq!(path("/v1/orders/a\tb\r\nc"), "/v1/orders/a%09b%0D%0Ac");
        assert_eq!(path("/v1/orders/../keys"), "/v1/keys", "dots are resolved before any route is chosen");
        assert_eq!(path(""), "/");
    }

    #[test]
    fn a_query_is_a_query_whatever_was_sent() {
        let query = |query: &str| asked("/v1/orders", query, json!({"host": "api.example"})).uri().query().map(str::to_owned);
        assert_eq!(query("limit=5&cursor=a%2Bb+c"), Some("limit=5&cursor=a%2Bb+c".into()));
        assert_eq!(query("status=\"<x>\" |{}^`\u{0}#ü%zz"), Some("status=%22%3Cx%3E%22%20%7C%7B%7D%5E%60%00%23%C3%BC%25zz".into()));
        assert_eq!(query(""), None);
    }

    #[test]
    fn what_a_client_sends_as_scheme_or_host_cannot_stop_us() {
        for headers in [
            json!({"host": "a b"}),
            json!({"host": "[::1"}),
            json!({"host": "1.2.3.4.5"}),
            json!({"host": "x:99999"}),
            json!({"host": "evil/../"}),
            json!({"host": "user@evil"}),
            json!({"host": ""}),
            json!({"host": "api.example", "x-forwarded-proto": "java script"}),
            json!({"host": "api.example", "x-forwarded-proto": ""}),
            json!({}),
        ] {
            assert_eq!(asked("/v1/orders", "limit=1", headers.clone()).uri().path(), "/v1/orders", "{headers}");
        }
        let fine = asked("/", "", json!({"host": "localhost:8080", "x-forwarded-proto": "http"}));
        assert_eq!(fine.headers()["host"], "localhost:8080");
    }
}
