//! Opaque, signed list cursors: bound to tenant and filter, so that neither can be swapped.

use crate::error::{Error, Result};
use crate::ports::PageKey;
use crate::scope::TenantScope;
use crate::tenant::Secret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::order::Fault;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Signs and reads cursors.
#[derive(Clone)]
pub struct Cursors {
    key: Secret,
}

const TAG_BYTES: usize = 16;

impl Cursors {
    /// With a key of at least 32 characters.
    pub fn new(key: Secret) -> Cursors {
        Cursors { key }
    }

    fn mac(&self, scope: &TenantScope, filter: &str, place: &[u8]) -> Result<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.expose().as_bytes()).map_err(|_| Error::Fatal("cursor key".into()))?;
        for part in [scope.tenant().as_str().as_bytes(), filter.as_bytes(), place] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        Ok(mac)
    }

    /// Where a list goes on for whoever sent this cursor; from the beginning without one.
    ///
    /// # Errors
    /// `Invalid` for one that is forged, of another list or mangled.
    pub fn after(&self, scope: &TenantScope, filter: &str, cursor: Option<&str>) -> Result<Option<PageKey>> {
        cursor.map(|cursor| self.open(scope, filter, cursor)).transpose()
    }

    /// The cursor of the next page, if there is one.
    ///
    /// # Errors
    /// `Fatal` if our key is none.
    pub fn next(&self, scope: &TenantScope, filter: &str, next: Option<&PageKey>) -> Result<Option<String>> {
        next.map(|key| self.seal(scope, filter, key)).transpose()
    }

    /// The text a client gets.
    pub fn seal(&self, scope: &TenantScope, filter: &str, key: &PageKey) -> Result<String> {
        let mut bytes = self.mac(scope, filter, key.0.as_bytes())?.finalize().into_bytes()[..TAG_BYTES].to_vec();
        bytes.extend_from_slice(key.0.as_bytes());
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads what a client sent back. A forged, foreign or mangled cursor is one fault.
    pub fn open(&self, scope: &TenantScope, filter: &str, text: &str) -> Result<PageKey> {
        let fault =
            || Error::Invalid(vec![Fault::new("cursor", "bad_cursor", "use the next_cursor of the previous page with the same filter")]);
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| fault())?;
        let (tag, place) = bytes.split_at_checked(TAG_BYTES).ok_or_else(fault)?;
        self.mac(scope, filter, place)?.verify_truncated_left(tag).map_err(|_| fault())?;
        Ok(PageKey(String::from_utf8(place.to_vec()).map_err(|_| fault())?))
    }
}
