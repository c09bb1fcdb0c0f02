//! What stands for an address where the address itself is not to be kept.
//!
//! There are few telephone numbers: a hash of one is found by trying them all. A MAC is not, without the key.

use crate::ports::Address;
use crate::tenant::Secret;
use domain::ids::TenantId;
use domain::notify::Channel;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Makes them. Whoever changes the key no longer knows who has asked for no more messages.
#[derive(Debug, Clone)]
pub struct Pseudonyms {
    key: Secret,
}

impl Pseudonyms {
    /// With a key that is kept for good.
    pub fn new(key: Secret) -> Pseudonyms {
        Pseudonyms { key }
    }

    /// Of somebody on a channel, as this tenant knows them.
    pub fn address(&self, tenant: &TenantId, channel: Channel, who: &str) -> Address {
        Address { channel, key: self.recipient(tenant, channel, who) }
    }

    /// The same, as it stands in the name of a message: 16 hex digits.
    pub(crate) fn recipient(&self, tenant: &TenantId, channel: Channel, who: &str) -> String {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.key.expose().as_bytes()) else { return String::new() };
        for part in ["address", tenant.as_str(), channel.name(), &plain(channel, who)] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        hex::encode(&mac.finalize().into_bytes()[..8])
    }
}

/// Numbers and e-mail addresses without what is written differently.
pub(crate) fn plain(channel: Channel, who: &str) -> String {
    match channel {
        Channel::Sms | Channel::Whatsapp => {
            let digits: String = who.chars().filter(char::is_ascii_digit).collect();
            // As it is dialled from some countries.
            digits.strip_prefix("00").map(str::to_owned).unwrap_or(digits)
        }
        Channel::Email => who.trim().to_lowercase(),
        _ => who.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: S1-30, X-08
    /// The same person is the same on a channel of a tenant, however they are written, and another anywhere else and under
    /// any other key.
    #[test]
    fn an_address_has_one_name_and_no_other_has_it() {
        let (ours, other_key) = (Pseudonyms::new(Secret::new("a key")), Pseudonyms::new(Secret::new("another key")));
        let tenant = |name: &str| TenantId::parse(name).unwrap();
        let phone = ours.address(&tenant("demo"), Channel::Sms, "+48 600-100-200");
        for written in ["48600100200", "0048 600 100 200"] {
            assert_eq!(phone, ours.address(&tenant("demo"), Channel::Sms, written), "{written}");
        }
        assert_eq!((phone.key.len(), phone.key.contains("600100200")), (16, false));
        for other in [
            ours.address(&tenant("demo"), Channel::Sms, "48600100201"),
            ours.address(&tenant("demo"), Channel::Whatsapp, "48600100200"),
            ours.address(&tenant("other"), Channel::Sms, "48600100200"),
            other_key.address(&tenant("demo"), Channel::Sms, "48600100200"),
        ] {
            assert_ne!(other.key, phone.key, "{other:?}");
        }
        let mail = |who: &str| ours.address(&tenant("demo"), Channel::Email, who);
        assert_eq!(mail(" Ann@Example.com"), mail("ann@example.com"));
        assert_ne!(mail("ann@example.com"), mail("an@nexample.com"));
    }
}
