//! Links that may stand in a mail.

use crate::RenderError;
use std::fmt;

const LINK_MAX: usize = 2_000;

/// An absolute `https` address (or `http` on this very machine, for the local cloud). `javascript:` and its
/// relatives can't be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebLink(String);

impl WebLink {
    /// Checks the scheme, that there is a plain host without user information, and that nothing in it could
    /// break out of a header or an attribute.
    pub fn parse(text: &str) -> Result<WebLink, RenderError> {
        let refuse = |why| Err(RenderError::Link { why });
        if text.len() > LINK_MAX {
            return refuse("longer than 2,000 characters");
        }
        if !text.chars().all(|c| c.is_ascii_graphic() && !"<>\"'`\\{}|^".contains(c)) {
            return refuse("holds a character that must be percent-encoded");
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return refuse("not an absolute https address");
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.split_once(':').map_or(authority, |(host, _)| host);
        if host.is_empty() || authority.contains('@') {
            return refuse("needs a host, without user information");
        }
        let local = matches!(host, "localhost" | "127.0.0.1");
        match scheme {
            "https" => Ok(WebLink(text.to_owned())),
            "http" if local => Ok(WebLink(text.to_owned())),
            _ => refuse("not an absolute https address"),
        }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WebLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
