//! Posted forms: from our own pages only, small, and with the session's token.

use crate::desk::Console;
use crate::failure;
use crate::visitor::Visitor;
use app::Error;
use app::photos::PICTURE_BYTES_MAX;
use axum::Form;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use domain::ids::CorrelationId;
use http::{HeaderMap, header};
use runtime::Problem;
use runtime::http::{Origin, raw_body};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Largest form, in bytes.
pub const FORM_BYTES_MAX: usize = 16 * 1024;

/// The fields of a form.
#[derive(Debug, Clone, Default)]
pub struct Fields(BTreeMap<String, String>);

impl Fields {
    /// A field without the space around it; one that is empty counts as missing.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// The rest of the names of fields that begin like this and are not empty.
    pub fn beginning<'a>(&'a self, start: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(|(_, text)| !text.trim().is_empty()).filter_map(move |(name, _)| name.strip_prefix(start))
    }

    /// A ticked box.
    pub fn ticked(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

/// A form that a signed-in person sent from one of our pages.
pub struct Posted {
    /// Who.
    pub visitor: Visitor,
    /// What.
    pub fields: Fields,
}

impl FromRequest<Arc<Console>> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, console: &Arc<Console>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, console).await?;
        let refuse = |error| failure::page(Some(&visitor), &visitor.correlation, error);
        ours(&parts.headers, console.public_url.as_deref()).map_err(refuse)?;
        let fields = fields(Request::from_parts(parts, body), &visitor.correlation).await?;
        if !console.sessions.is_form_token(&visitor.session, fields.get("token").unwrap_or_default()) {
            return Err(refuse(Error::Forbidden { needs: FRESH_PAGE }));
        }
        Ok(Posted { visitor, fields })
    }
}

/// A picture that a signed-in person sent from one of our pages, with the session's token in a header. The script sends it, so
/// refusals are for the script to read.
pub struct Picture {
    /// Who.
    pub visitor: Visitor,
    /// What.
    pub bytes: Vec<u8>,
}

impl FromRequest<Arc<Console>> for Picture {
    type Rejection = Response;

    async fn from_request(request: Request, console: &Arc<Console>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visitor = Visitor::from_request_parts(&mut parts, console).await?;
        let refuse = |error: Error| Problem::from(error).into_response();
        ours(&parts.headers, console.public_url.as_deref()).map_err(refuse)?;
        let token = parts.headers.get("x-console-token").and_then(|token| token.to_str().ok()).unwrap_or_default();
        if !console.sessions.is_form_token(&visitor.session, token) {
            return Err(refuse(Error::Forbidden { needs: FRESH_PAGE }));
        }
        let bytes = raw_body(Request::from_parts(parts, body), PICTURE_BYTES_MAX).await.map_err(IntoResponse::into_response)?;
        Ok(Picture { visitor, bytes })
    }
}

/// What a form without the right token needs.
pub const FRESH_PAGE: &str = "a form from a page of this session; load the page again";
const OWN_PAGE: &str = "a form from the console's own pages";

/// A form that somebody sent from one of our pages, signed in or not.
pub struct Anonymous {
    /// What.
    pub fields: Fields,
}

impl FromRequest<Arc<Console>> for Anonymous {
    type Rejection = Response;

    async fn from_request(request: Request, console: &Arc<Console>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let origin = Origin::from_request_parts(&mut parts, console).await.map_err(IntoResponse::into_response)?;
        ours(&parts.headers, console.public_url.as_deref()).map_err(|error| failure::page(None, &origin.correlation, error))?;
        Ok(Anonymous { fields: fields(Request::from_parts(parts, body), &origin.correlation).await? })
    }
}

async fn fields(request: Request, correlation: &CorrelationId) -> Result<Fields, Response> {
    match Form::<BTreeMap<String, String>>::from_request(request, &()).await {
        // Browsers end lines as telegraphs did.
        Ok(Form(fields)) => Ok(Fields(fields.into_iter().map(|(name, text)| (name, text.replace("\r\n", "\n"))).collect())),
        Err(why) => Err(failure::plain(correlation, why.status(), "This form could not be read. Go back, load the page again and retry.")),
    }
}

/// Was it sent from one of our own pages? Browsers say so in `Origin`; where a page keeps that to itself,
/// in `Sec-Fetch-Site`. Who says neither is refused.
fn ours(headers: &HeaderMap, public_url: Option<&str>) -> Result<(), Error> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let origin = text(header::ORIGIN.as_str());
    let ours = if origin.is_empty() || origin == "null" {
        text("sec-fetch-site") == "same-origin"
    } else {
        let host = origin.split_once("://").map_or("", |(_, host)| host);
        let public = public_url.is_some_and(|url| url.trim_end_matches('/') == origin);
        public || (!host.is_empty() && host == text(header::HOST.as_str()))
    };
    if ours { Ok(()) } else { Err(Error::Forbidden { needs: OWN_PAGE }) }
}

/// Percent-encodes a value for a query.
pub fn encode(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(byte as char);
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

/// An address inside the console, or its front page: nobody can be sent elsewhere through us.
pub fn inside(next: Option<&str>) -> &str {
    let fine = |next: &&str| {
        let rest = next.strip_prefix("/console").or_else(|| next.strip_prefix("/order-tracking"));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
            && next.len() <= 512
            && next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
            && !next.contains("//")
            && !next.starts_with("/console/login")
    };
    next.filter(fine).unwrap_or("/console")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_may_post() {
        let from = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.insert(*name, value.parse().unwrap());
            }
            ours(&headers, Some("https://ops.example.com")).is_ok()
        };
        assert!(from(&[("host", "localhost:8080"), ("origin", "http://localhost:8080")]));
        assert!(from(&[("host", "abc.execute-api.eu-west-1.amazonaws.com"), ("origin", "https://ops.example.com")]));
        assert!(from(&[("host", "a"), ("origin", "null"), ("sec-fetch-site", "same-origin")]));
        assert!(!from(&[("host", "a"), ("origin", "https://evil.example")]));
        assert!(!from(&[("host", "a"), ("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")]));
        assert!(!from(&[("host", "a"), ("origin", "null")]));
        assert!(!from(&[("host", "a"), ("sec-fetch-site", "same-site")]));
        assert!(!from(&[("host", "a")]));
        assert!(!from(&[("origin", "https://")]));
    }

    #[test]
    fn nobody_is_sent_elsewhere() {
        for fine in ["/console", "/console?reason=late", "/console/orders/1001"] {
            assert_eq!(inside(Some(fine)), fine);
        }
        for bad in ["", "https://evil", "//evil", "/console//evil", "/consoleevil", "/console\\evil", "/console/\n", "/console/login", "/"]
        {
            assert_eq!(inside(Some(bad)), "/console", "{bad}");
        }
        assert_eq!(encode("/console?a=b c&d"), "%2Fconsole%3Fa%3Db%20c%26d");
    }
}
