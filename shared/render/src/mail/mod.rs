//! E-mails: MIME messages from parts that can't smuggle headers, and the HTML people see.
//!
//! The text part is complete on its own; the HTML part says the same. Nothing here knows who may be written
//! to or when: consent, claims and sending belong to the caller.

mod address;
mod html;
mod link;
mod message;
mod raw;

pub use address::Mailbox;
pub use html::{Page, html_body};
pub use link::WebLink;
pub use message::{ATTACHMENTS_BYTES_MAX, Attachment, MailParts, RECIPIENTS_MAX, Unsubscribe, compose};
pub use raw::raw;
