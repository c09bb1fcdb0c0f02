//! Who a mail is from and to.

use super::message::one_line;
use crate::RenderError;

/// Longest address SMTP carries.
const ADDRESS_MAX: usize = 254;
const NAME_CHARACTERS_MAX: usize = 100;

/// A checked address with the name shown beside it.
#[derive(Clone, PartialEq, Eq)]
pub struct Mailbox {
    name: Option<String>,
    address: String,
}

impl Mailbox {
    /// Refuses an address that could end a header or name several people: blanks, control characters,
    /// brackets, quotes, commas, anything but ASCII (write the domain in punycode), no or two `@`.
    ///
    /// Names are foreign text: line breaks and other control characters in them become blanks, and long
    /// ones are cut, because a strange name is no reason to leave somebody without their mail.
    pub fn new(name: Option<&str>, address: &str) -> Result<Mailbox, RenderError> {
        let refuse = |why| Err(RenderError::Header { header: "address", why });
        if address.len() > ADDRESS_MAX {
            return refuse("longer than 254 characters");
        }
        let plain = |c: char| c.is_ascii_graphic() && !"()<>[]:;,\\\"".contains(c);
        if !address.chars().all(plain) {
            return refuse("holds a character that an address can't have");
        }
        match address.split_once('@') {
            Some((local, domain)) if !local.is_empty() && !domain.is_empty() && !domain.contains('@') => {}
            _ => return refuse("not of the form name@domain"),
        }
        let name = name.map(|name| one_line(name, NAME_CHARACTERS_MAX)).filter(|name| !name.is_empty());
        Ok(Mailbox { name, address: address.to_owned() })
    }

    /// The address alone, as the envelope needs it.
    pub fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn header(&self) -> mail_builder::headers::address::Address<'_> {
        mail_builder::headers::address::Address::new_address(self.name.as_deref(), self.address.as_str())
    }
}

/// Personal data: neither name nor address is printed.
impl std::fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mailbox(..)")
    }
}
