//! Photos of an order: taken in without what a camera writes beside the picture, named by their content, shown by links that
//! work for a while, deleted with the customer they may show.
//!
//! A picture is stored before the order remembers it, so that no link leads nowhere. Who dies in between leaves a picture that
//! nothing leads to; the same picture sent again finishes it, and the erasure of the order's customer deletes it with the others.

use crate::apply::{Alongside, Apply};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::ports::ReportStore;
use crate::scope::TenantScope;
use domain::ids::{OrderId, PhotoId};
use domain::order::photo::{BadPicture, Format, clean};
use domain::order::{Command, Fault, Order, Photo, PhotoKind, Rejection, decide};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

/// Largest picture, in bytes: what a request to a function, and an answer of one, can carry as base64.
pub const PICTURE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How long a link to a picture works.
pub const LINK_VALID_FOR: SignedDuration = SignedDuration::from_mins(15);
/// Hex digits of a content's hash in the name of a picture.
const NAME_HEX: usize = 32;
/// Files of an order that are deleted in one go: those it remembers, and what was left by the way.
const DELETED_MAX: usize = 1_000;

/// The use case.
#[derive(Clone, Copy)]
pub struct Photos<'a> {
    /// Orders.
    pub apply: &'a Apply,
    /// Where the pictures lie.
    pub files: &'a dyn ReportStore,
}

/// What became of a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Added {
    /// As the order remembers it.
    pub photo: Photo,
    /// The order had not had it before.
    pub is_new: bool,
    /// The order now.
    pub order: Order,
}

/// A photo, and where it can be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// Which.
    pub photo: Photo,
    /// Works without signing in.
    pub link: String,
    /// Until then.
    pub until: Timestamp,
}

impl Photos<'_> {
    /// Adds a picture to an order. The same picture of the same kind is added once.
    ///
    /// # Errors
    /// `Invalid` if it is no picture, `NotFound`, `Rejected` (too many, or the customer is forgotten), `Retryable`.
    pub async fn add(self, context: Context<'_>, id: &OrderId, kind: PhotoKind, bytes: &[u8]) -> Result<Added> {
        let (format, picture) = clean(bytes).map_err(fault)?;
        let name = name(format, &picture)?;
        let key = key(id, &name);
        let added = self.store(context, id, (kind, name), (format, picture)).await;
        if let Err(Error::Rejected(Rejection::PhotosForgotten)) = &added {
            // Its customer was forgotten while we stored it, or while an earlier try did.
            self.files.delete(context.scope, &key).await?;
        }
        added
    }

    async fn store(
        self,
        context: Context<'_>,
        id: &OrderId,
        (kind, name): (PhotoKind, PhotoId),
        (format, picture): (Format, Vec<u8>),
    ) -> Result<Added> {
        let command = Command::AddPhoto { kind, photo: name.clone() };
        let order = self.apply.orders.load(context.scope, id).await?.ok_or(Error::NotFound("order"))?;
        let (order, is_new) = if decide(Some(&order), &command, self.apply.clock.now())?.is_empty() {
            (order, false)
        } else {
            self.files.put(context.scope, &key(id, &name), picture, format.content_type()).await?;
            let applied = self.apply.run(context, id, &command, Alongside::default()).await?;
            (applied.order, !applied.events.is_empty())
        };
        let photo = order.photos.iter().find(|photo| photo.kind == kind && photo.name == name).cloned();
        let photo = photo.ok_or_else(|| Error::Fatal("an order does not remember a photo it was just given".into()))?;
        Ok(Added { photo, is_new, order })
    }
}

/// An order's photos with links, oldest first.
///
/// # Errors
/// `Retryable`.
pub async fn links(files: &dyn ReportStore, scope: &TenantScope, order: &Order, now: Timestamp) -> Result<Vec<Linked>> {
    let mut linked = Vec::with_capacity(order.photos.len());
    for photo in &order.photos {
        linked.push(link(files, scope, (&order.id, photo), now).await?);
    }
    Ok(linked)
}

/// One photo of an order with its link.
///
/// # Errors
/// `Retryable`.
pub async fn link(files: &dyn ReportStore, scope: &TenantScope, (id, photo): (&OrderId, &Photo), now: Timestamp) -> Result<Linked> {
    let link = files.link(scope, &key(id, &photo.name), LINK_VALID_FOR).await?;
    Ok(Linked { photo: photo.clone(), link, until: now + LINK_VALID_FOR })
}

/// A picture of an order, for pages of our own.
///
/// # Errors
/// `NotFound` if the order does not have it, or the bucket keeps it no more; `Retryable`.
pub async fn picture(files: &dyn ReportStore, scope: &TenantScope, order: &Order, name: &str) -> Result<(Format, Vec<u8>)> {
    let missing = || Error::NotFound("photo");
    let photo = order.photos.iter().find(|photo| photo.name.as_str() == name).ok_or_else(missing)?;
    let bytes = files.get(scope, &key(&order.id, &photo.name)).await?.ok_or_else(missing)?;
    let format = Format::of(&bytes).ok_or_else(missing)?;
    Ok((format, bytes))
}

/// Deletes every picture of an order, also those it does not remember. Safe to repeat.
///
/// # Errors
/// `Retryable` as long as anything is left.
pub async fn forget(files: &dyn ReportStore, scope: &TenantScope, id: &OrderId) -> Result<()> {
    delete_below(files, scope, &home(id)).await
}

/// Deletes what lies below a prefix. Safe to repeat; `Retryable` as long as anything may be left.
pub(crate) async fn delete_below(files: &dyn ReportStore, scope: &TenantScope, prefix: &str) -> Result<()> {
    let keys = files.list(scope, prefix, DELETED_MAX).await?;
    for key in &keys {
        files.delete(scope, key).await?;
    }
    if keys.len() < DELETED_MAX { Ok(()) } else { Err(Error::Retryable("more files are to be deleted".into())) }
}

fn fault(why: BadPicture) -> Error {
    Error::Invalid(vec![Fault::new("", why.code(), why.to_string())])
}

/// Nobody can guess it, and the same picture has the same.
fn name(format: Format, picture: &[u8]) -> Result<PhotoId> {
    let hash = hex::encode(Sha256::digest(picture));
    let hash = hash.get(..NAME_HEX).unwrap_or(&hash);
    PhotoId::parse(&format!("{hash}.{}", format.extension())).map_err(|why| Error::Fatal(why.to_string()))
}

/// An order's number may be "..", which would climb where it is read as a path.
fn home(id: &OrderId) -> String {
    format!("photos/of-{id}/")
}

fn key(id: &OrderId, name: &PhotoId) -> String {
    format!("{}{name}", home(id))
}
