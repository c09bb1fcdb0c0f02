//! A mail with files, as SES takes it raw.

use super::{Attachment, MailParts, Mailbox, compose};
use app::ports::Mail;

/// Composes a mail that the notifier sends.
///
/// # Errors
/// Which part cannot be written, in words.
pub fn raw(mail: &Mail) -> Result<Vec<u8>, String> {
    let (name, address) = match mail.from.strip_suffix('>').and_then(|from| from.rsplit_once('<')) {
        Some((name, address)) => (Some(name.trim()).filter(|name| !name.is_empty()), address),
        None => (None, mail.from.as_str()),
    };
    let domain = address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let mailbox = |name, address| Mailbox::new(name, address).map_err(|why| why.to_string());
    let file = |file: &app::ports::Attachment| Attachment {
        file_name: file.name.clone(),
        content_type: file.content_type.to_owned(),
        bytes: file.bytes.to_vec(),
    };
    let parts = MailParts {
        from: mailbox(name, address)?,
        to: vec![mailbox(None, mail.to.expose())?],
        reply_to: None,
        subject: mail.subject.clone(),
        text: mail.text.clone(),
        html: None,
        date: mail.date,
        message_id: format!("{}@{domain}", mail.reference),
        in_reply_to: None,
        list_unsubscribe: None,
        attachments: mail.files.iter().map(file).collect(),
    };
    compose(&parts).map_err(|why| why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::email::Email;
    use mail_parser::{MessageParser, MimeHeaders};
    use std::sync::Arc;

    // req: S0-43
    #[test]
    fn a_mail_with_a_file_is_one_mime_message() {
        let pdf = app::ports::Attachment {
            name: "delayed-orders-2025-08-10.pdf".into(),
            content_type: "application/pdf",
            bytes: Arc::new(b"%PDF-1.7 not really".to_vec()),
        };
        let mail = Mail {
            from: "Shop 24 <orders@shop.example>".into(),
            to: Email::parse("ops@shop.example").unwrap(),
            subject: "Delayed Orders Report – 10.08.2025 06:00:00".into(),
            text: "Attached is today's report of delayed orders.".into(),
            date: "2025-08-10T04:00:00Z".parse().unwrap(),
            reference: "e.1.ab".into(),
            files: vec![pdf],
            receipts: None,
        };
        let bytes = raw(&mail).unwrap();
        assert_eq!(bytes, raw(&mail).unwrap(), "the same mail is the same bytes");
        let read = MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(read.subject(), Some("Delayed Orders Report – 10.08.2025 06:00:00"));
        assert_eq!(read.message_id(), Some("e.1.ab@shop.example"));
        assert_eq!(read.body_text(0).unwrap().trim(), "Attached is today's report of delayed orders.");
        let file = read.attachment(0).unwrap();
        assert_eq!((file.attachment_name(), file.contents()), (Some("delayed-orders-2025-08-10.pdf"), b"%PDF-1.7 not really".as_slice()));
        let nobody = Mail { from: "a@b.co\r\nBcc: c@d.co".into(), ..mail };
        assert!(raw(&nobody).is_err());
    }
}
