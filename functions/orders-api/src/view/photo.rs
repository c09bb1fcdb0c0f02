//! Photos of an order.

use app::photos::Linked;
use domain::order::Photo;
use jiff::Timestamp;
use serde::Serialize;

/// A photo of an order.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PhotoName {
    /// The same picture has the same, however often it is sent.
    #[cfg_attr(test, schema(example = "3f9a5c0d1b2e4f60718293a4b5c6d7e8.jpg"))]
    pub photo_id: String,
    /// "packing" or "shipping".
    #[cfg_attr(test, schema(example = "packing"))]
    pub kind: &'static str,
    /// When it was added.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub added_at: Timestamp,
}

impl PhotoName {
    /// Of a photo.
    pub fn of(photo: &Photo) -> PhotoName {
        PhotoName { photo_id: photo.name.to_string(), kind: photo.kind.as_str(), added_at: photo.at }
    }
}

/// A photo of an order, and where it can be seen.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PhotoView {
    /// Which.
    #[serde(flatten)]
    pub name: PhotoName,
    /// The picture itself. It works without signing in, so give it to nobody who may not see the order.
    pub link: String,
    /// Until then; ask again for another.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub link_expires_at: Timestamp,
}

impl PhotoView {
    /// Of a photo with its link.
    pub fn of(linked: &Linked) -> PhotoView {
        PhotoView { name: PhotoName::of(&linked.photo), link: linked.link.clone(), link_expires_at: linked.until }
    }
}

/// The photos of an order.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PhotoList {
    /// Oldest first, at most 20.
    pub photos: Vec<PhotoView>,
}
