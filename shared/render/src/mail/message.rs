//! From parts to the bytes that are sent.

use super::{Mailbox, WebLink};
use crate::RenderError;
use jiff::Timestamp;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::MimePart;

/// At most this many bytes of attachments, before they are encoded.
pub const ATTACHMENTS_BYTES_MAX: usize = 10 * 1024 * 1024;
/// At most this many recipients a mail, as SES has it.
pub const RECIPIENTS_MAX: usize = 50;
const SUBJECT_CHARACTERS_MAX: usize = 200;
const ID_MAX: usize = 200;
const FILE_NAME_MAX: usize = 120;

/// A file that goes along.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// What the recipient sees it called, without folders.
    pub file_name: String,
    /// Such as `application/pdf`.
    pub content_type: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// How a recipient gets off the list (RFC 2369; with a link also in one click, RFC 8058).
#[derive(Debug, Clone)]
pub struct Unsubscribe {
    /// Takes a POST without asking anything back.
    pub link: WebLink,
    /// Takes a mail.
    pub mailto: Option<Mailbox>,
}

/// Everything a mail is made of.
#[derive(Debug, Clone)]
pub struct MailParts {
    /// The shop.
    pub from: Mailbox,
    /// One to fifty people.
    pub to: Vec<Mailbox>,
    /// Where answers go, if not to `from`.
    pub reply_to: Option<Mailbox>,
    /// Foreign text may stand in it: control characters become blanks and it is cut at 200 characters.
    pub subject: String,
    /// The whole message as plain text.
    pub text: String,
    /// The same as HTML, for example from [`super::html_body`].
    pub html: Option<String>,
    /// When it is sent.
    pub date: Timestamp,
    /// "unique@domain", without brackets.
    pub message_id: String,
    /// The id of the mail this one follows, to keep one order's mails in one thread.
    pub in_reply_to: Option<String>,
    /// For everything but mail that must be sent.
    pub list_unsubscribe: Option<Unsubscribe>,
    /// Files, together at most [`ATTACHMENTS_BYTES_MAX`].
    pub attachments: Vec<Attachment>,
}

/// The message as SES takes it raw. The same parts give the same bytes.
pub fn compose(parts: &MailParts) -> Result<Vec<u8>, RenderError> {
    check(parts)?;
    let to: Vec<Address<'_>> = parts.to.iter().map(Mailbox::header).collect();
    let mut message = MessageBuilder::new()
        .from(parts.from.header())
        .to(Address::new_list(to))
        .subject(one_line(&parts.subject, SUBJECT_CHARACTERS_MAX))
        .date(parts.date.as_second())
        .message_id(parts.message_id.as_str())
        // Away-notes and other robots must not answer (RFC 3834).
        .header("Auto-Submitted", Raw::new("auto-generated"));
    if let Some(reply_to) = &parts.reply_to {
        message = message.reply_to(reply_to.header());
    }
    if let Some(id) = &parts.in_reply_to {
        message = message.in_reply_to(id.as_str()).references(id.as_str());
    }
    if let Some(unsubscribe) = &parts.list_unsubscribe {
        let mailto = unsubscribe.mailto.as_ref().map(|to| format!(", <mailto:{}>", to.address())).unwrap_or_default();
        message = message
            .header("List-Unsubscribe", Raw::new(format!("<{}>{mailto}", unsubscribe.link)))
            .header("List-Unsubscribe-Post", Raw::new("List-Unsubscribe=One-Click"));
    }
    Ok(message.body(body(parts)).write_to_vec()?)
}

/// text | alternative(text, html) | mixed(either of these, files...)
fn body(parts: &MailParts) -> MimePart<'_> {
    let text = MimePart::new("text/plain", parts.text.as_str());
    let words = match &parts.html {
        Some(html) => multipart(parts, "multipart/alternative", "alt", vec![text, MimePart::new("text/html", html.as_str())]),
        None => text,
    };
    if parts.attachments.is_empty() {
        return words;
    }
    let files = parts
        .attachments
        .iter()
        .map(|file| MimePart::new(file.content_type.as_str(), file.bytes.as_slice()).attachment(file.file_name.as_str()));
    multipart(parts, "multipart/mixed", "mix", std::iter::once(words).chain(files).collect())
}

fn multipart<'a>(parts: &MailParts, kind: &'a str, name: &str, content: Vec<MimePart<'a>>) -> MimePart<'a> {
    let header = ContentType::new(kind).attribute("boundary", boundary(parts, name));
    MimePart::new(header, content)
}

/// A line that occurs nowhere in the mail. It is counted up instead of drawn at random, so that a mail that
/// is made again is the same mail.
fn boundary(parts: &MailParts, name: &str) -> String {
    let free = |candidate: &String| {
        !parts.text.contains(candidate.as_str()) && !parts.html.as_ref().is_some_and(|html| html.contains(candidate.as_str()))
    };
    // Files are always in base64, which has no "_". Words of n bytes can't hold more than n candidates.
    (0u64..).map(|count| format!("=_orderflow_{name}_{count}")).find(free).unwrap_or_default()
}

fn check(parts: &MailParts) -> Result<(), RenderError> {
    let refuse = |header, why| Err(RenderError::Header { header, why });
    if parts.to.is_empty() || parts.to.len() > RECIPIENTS_MAX {
        return refuse("To", "one to fifty recipients");
    }
    check_id("Message-ID", &parts.message_id)?;
    if let Some(id) = &parts.in_reply_to {
        check_id("In-Reply-To", id)?;
    }
    for file in &parts.attachments {
        let name = &file.file_name;
        let blank = name.trim().is_empty() || name.chars().count() > FILE_NAME_MAX;
        if blank || name.chars().any(|c| breaks_lines(c) || "/\\\"".contains(c)) {
            return refuse("file name", "one to 120 characters, without folders, quotes and control characters");
        }
        let token = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b));
        if !file.content_type.split_once('/').is_some_and(|(kind, sub)| token(kind) && token(sub) && kind != "multipart") {
            return refuse("Content-Type", "not of the form application/pdf");
        }
    }
    let bytes = parts.attachments.iter().map(|file| file.bytes.len()).sum();
    if bytes > ATTACHMENTS_BYTES_MAX {
        return Err(RenderError::TooLarge { bytes, max: ATTACHMENTS_BYTES_MAX });
    }
    Ok(())
}

fn check_id(header: &'static str, id: &str) -> Result<(), RenderError> {
    let plain = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_graphic() && !"<>@()[],;:\\\"".contains(c));
    let whole = id.len() <= ID_MAX && id.split_once('@').is_some_and(|(left, right)| plain(left) && plain(right));
    if whole { Ok(()) } else { Err(RenderError::Header { header, why: "not of the form unique@domain" }) }
}

fn breaks_lines(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Foreign text as part of a header: control characters and line breaks become single blanks, long text is
/// cut.
pub(super) fn one_line(text: &str, characters_max: usize) -> String {
    let blank = |c: char| breaks_lines(c) || c.is_whitespace();
    let line = text.split(blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if line.chars().count() <= characters_max {
        return line;
    }
    let mut cut: String = line.chars().take(characters_max - 1).collect();
    cut.push('…');
    cut
}
