//! Who is calling? API Gateway asks before it lets a request through.

use app::Error;
use app::auth::Authenticate;
use runtime::http::IDENTITY_FIELD;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;

/// What API Gateway sends (payload format 2.0), as far as it matters.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Request {
    headers: Option<HashMap<String, String>>,
}

/// A simple response with the verified identity as context.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// Let it through?
    pub is_authorized: bool,
    /// What functions see.
    pub context: serde_json::Value,
}

/// The credential of a request: `Authorization: Bearer ...`, else `X-API-Key`. Two different ones are none.
fn credential(request: &Request) -> Option<&str> {
    let header = |wanted: &str| {
        let headers = request.headers.as_ref()?;
        headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    };
    let bearer = match header("authorization") {
        Some(value) => Some(value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))?.1.trim()),
        None => None,
    };
    match (bearer, header("x-api-key")) {
        (Some(token), Some(key)) if token != key => None,
        (token, key) => token.or(key),
    }
}

/// Decides. A dependency that is down is an error, not a "no": the client sees 500 and may try again.
pub async fn handle(authenticate: &Authenticate, request: Request) -> Result<Response, lambda_runtime::Error> {
    let refused = Response { is_authorized: false, context: json!({}) };
    let Some(credential) = credential(&request) else { return Ok(refused) };
    match authenticate.run(credential).await {
        Ok(identity) => {
            let text = serde_json::to_string(&identity)?;
            Ok(Response { is_authorized: true, context: json!({ IDENTITY_FIELD: text }) })
        }
        Err(Error::Unauthenticated) => Ok(refused),
        Err(other) => Err(other.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&str, &str)]) -> Request {
        Request { headers: Some(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()) }
    }

    #[test]
    fn one_credential_or_none() {
        assert_eq!(credential(&request(&[("authorization", "Bearer abc")])), Some("abc"));
        assert_eq!(credential(&request(&[("Authorization", "bearer  abc ")])), Some("abc"));
        assert_eq!(credential(&request(&[("x-api-key", "of_demo_x")])), Some("of_demo_x"));
        assert_eq!(credential(&request(&[("x-api-key", "k"), ("authorization", "Bearer k")])), Some("k"));
        for none in
            [&[][..], &[("authorization", "Basic abc")], &[("authorization", "abc")], &[("x-api-key", "k"), ("authorization", "Bearer t")]]
        {
            assert_eq!(credential(&request(none)), None, "{none:?}");
        }
        assert_eq!(credential(&Request::default()), None);
    }
}
