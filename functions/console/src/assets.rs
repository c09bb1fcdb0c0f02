//! The style sheet, the script and the icon. Their addresses carry a hash of their content, so browsers may
//! keep them for ever.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// One file.
pub struct Asset {
    stem: &'static str,
    extension: &'static str,
    content_type: &'static str,
    content: &'static str,
    hash: String,
}

impl Asset {
    fn new(stem: &'static str, extension: &'static str, content_type: &'static str, content: &'static str) -> Asset {
        let hash = hex::encode(&Sha256::digest(content.as_bytes())[..6]);
        Asset { stem, extension, content_type, content, hash }
    }

    /// Where browsers find it.
    pub fn href(&self) -> String {
        format!("/console/assets/{}", self.name())
    }

    fn name(&self) -> String {
        format!("{}.{}.{}", self.stem, self.hash, self.extension)
    }

    /// The same file, perhaps of another version: a page of the version before may still ask during a
    /// deployment.
    fn is_meant_by(&self, name: &str) -> bool {
        name.strip_prefix(self.stem).is_some_and(|rest| rest.starts_with('.')) && name.ends_with(self.extension)
    }
}

/// The style sheet.
pub static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("console", "css", "text/css; charset=utf-8", include_str!("../assets/console.css")));
/// The script.
pub static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("console", "js", "text/javascript; charset=utf-8", include_str!("../assets/console.js")));
/// The icon.
pub static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml; charset=utf-8", include_str!("../assets/icon.svg")));

/// `GET /console/assets/{name}`
pub async fn serve(Path(name): Path<String>) -> Response {
    let Some(asset) = [&STYLE, &SCRIPT, &ICON].into_iter().find(|asset| asset.is_meant_by(&name)) else {
        return (StatusCode::NOT_FOUND, "there is no such file").into_response();
    };
    let caching = if name == asset.name() { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers =
        [(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type)), (header::CACHE_CONTROL, HeaderValue::from_static(caching))];
    (headers, asset.content).into_response()
}
