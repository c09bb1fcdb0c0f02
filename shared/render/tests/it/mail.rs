use domain::order::Label;
use jiff::Timestamp;
use mail_parser::{Message, MessageParser, MimeHeaders};
use proptest::prelude::*;
use render::RenderError;
use render::mail::{ATTACHMENTS_BYTES_MAX, Attachment, MailParts, Mailbox, Page, Unsubscribe, WebLink, compose, html_body};

fn mailbox(name: &str, address: &str) -> Mailbox {
    Mailbox::new(Some(name), address).expect("a mailbox")
}

fn parts() -> MailParts {
    MailParts {
        from: mailbox("Żółta Łódź", "shop@example.com"),
        to: vec![mailbox("John Smith", "john.smith@example.com")],
        reply_to: Some(mailbox("", "care@example.com")),
        subject: "Order Status Update - Order 1001".to_owned(),
        text: "Dear John,\nyour order is delayed.\n\nKind regards,\nCustomer Care Team".to_owned(),
        html: Some("<p>Dear John, your order is delayed.</p>".to_owned()),
        date: "2025-08-09T06:00:00Z".parse::<Timestamp>().expect("a timestamp"),
        message_id: "n-1001-7@example.com".to_owned(),
        in_reply_to: None,
        list_unsubscribe: None,
        attachments: Vec::new(),
    }
}

fn sent(parts: &MailParts) -> Vec<u8> {
    compose(parts).expect("a message")
}

fn read(bytes: &[u8]) -> Message<'_> {
    MessageParser::new().parse(bytes).expect("MIME")
}

/// Names of the top headers, lower case.
fn header_names(bytes: &[u8]) -> Vec<String> {
    read(bytes).headers().iter().map(|header| header.name.as_str().to_ascii_lowercase()).collect()
}

// req: S0-27
#[test]
fn status_mail_reads_back_whole() {
    let bytes = sent(&parts());
    let message = read(&bytes);
    assert_eq!(message.subject(), Some("Order Status Update - Order 1001"));
    assert_eq!(message.message_id(), Some("n-1001-7@example.com"));
    assert_eq!(message.date().unwrap().to_rfc3339(), "2025-08-09T06:00:00Z");
    let from = message.from().unwrap().first().unwrap();
    assert_eq!((from.name(), from.address()), (Some("Żółta Łódź"), Some("shop@example.com")));
    assert_eq!(message.reply_to().unwrap().first().unwrap().address(), Some("care@example.com"));
    assert_eq!(message.body_text(0).unwrap().replace("\r\n", "\n"), parts().text);
    assert_eq!(message.body_html(0).unwrap(), parts().html.unwrap());
    assert!(message.content_type().is_some_and(|kind| kind.subtype() == Some("alternative")));
    assert_eq!(
        header_names(&bytes),
        ["from", "to", "subject", "date", "message-id", "auto-submitted", "reply-to", "mime-version", "content-type"]
    );
}

#[test]
fn lines_end_in_crlf_and_stay_short() {
    let mut long = parts();
    long.text = format!("{}\n{}", "a".repeat(5_000), "zażółć gęślą jaźń ".repeat(200));
    long.subject = "Zamówienie — ".repeat(30);
    let bytes = sent(&long);
    for line in bytes.split(|byte| *byte == b'\n') {
        assert!(line.len() <= 998, "{}", line.len());
    }
    assert_eq!(bytes.iter().filter(|b| **b == b'\n').count(), bytes.windows(2).filter(|w| w == b"\r\n").count());
    assert!(bytes.is_ascii());
    let message = read(&bytes);
    assert_eq!(message.body_text(0).unwrap().replace("\r\n", "\n"), long.text);
    assert_eq!(message.subject().unwrap().chars().count(), 200);
}

#[test]
fn unsubscribing_takes_one_click() {
    let mut with = parts();
    with.list_unsubscribe = Some(Unsubscribe {
        link: WebLink::parse("https://shop.example.com/u?t=abc").unwrap(),
        mailto: Some(mailbox("", "off@example.com")),
    });
    with.in_reply_to = Some("n-1001-6@example.com".to_owned());
    let bytes = sent(&with);
    let text = String::from_utf8(bytes.clone()).unwrap().replace("\r\n ", " ");
    assert!(text.contains("List-Unsubscribe: <https://shop.example.com/u?t=abc>, <mailto:off@example.com>\r\n"), "{text}");
    assert!(text.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"));
    assert!(text.contains("In-Reply-To: <n-1001-6@example.com>\r\n"));
}

// req: S0-43
#[test]
fn reports_go_along_as_attachments() {
    let mut with = parts();
    with.subject = "Delayed Orders Report – 09.08.2025 06:00:00".to_owned();
    with.attachments = vec![Attachment {
        file_name: "zamówienia-2025-08-09.pdf".to_owned(),
        content_type: "application/pdf".to_owned(),
        bytes: (0..=255).cycle().take(70_000).collect(),
    }];
    let bytes = sent(&with);
    let message = read(&bytes);
    assert_eq!(message.subject(), Some("Delayed Orders Report – 09.08.2025 06:00:00"));
    assert_eq!(message.attachment_count(), 1);
    let file = message.attachment(0).unwrap();
    assert_eq!(file.attachment_name(), Some("zamówienia-2025-08-09.pdf"));
    assert_eq!(file.contents(), with.attachments[0].bytes);
    assert!(message.body_html(0).is_some() && message.body_text(0).is_some());
    with.attachments[0].bytes = vec![0; ATTACHMENTS_BYTES_MAX + 1];
    assert!(matches!(compose(&with), Err(RenderError::TooLarge { .. })));
}

// Bad input: CR/LF in mail headers.
#[test]
fn headers_cannot_be_injected() {
    for attack in ["x\r\nBcc: all@example.com", "x\nBcc: all@example.com", "x\rBcc: a@example.com\r\n\r\n<b>", "x\u{2028}Bcc: a", "x\0y"] {
        let mut with = parts();
        with.subject = attack.to_owned();
        with.to = vec![mailbox(attack, "john@example.com")];
        let bytes = sent(&with);
        assert!(!header_names(&bytes).contains(&"bcc".to_owned()), "{attack:?}");
        let message = read(&bytes);
        assert!(!message.subject().unwrap().contains(['\r', '\n', '\0', '\u{2028}']));
        assert_eq!(message.to().unwrap().iter().count(), 1);
        for address in [attack, &format!("{attack}@example.com"), &format!("a@example.com{attack}")] {
            assert!(matches!(Mailbox::new(None, address), Err(RenderError::Header { .. })), "{address:?}");
        }
        for id in [&format!("{attack}@example.com"), attack] {
            let with = MailParts { message_id: id.to_string(), ..parts() };
            assert!(compose(&with).is_err(), "{id:?}");
            let with = MailParts { in_reply_to: Some(id.to_string()), ..parts() };
            assert!(compose(&with).is_err(), "{id:?}");
        }
        let file = |name: &str, kind: &str| {
            let attachments = vec![Attachment { file_name: name.into(), content_type: kind.into(), bytes: vec![1] }];
            compose(&MailParts { attachments, ..parts() })
        };
        assert!(file(attack, "text/csv").is_err() && file("a.csv", &format!("text/csv{attack}")).is_err());
    }
}

#[test]
fn addresses_name_one_person() {
    for bad in [
        "",
        "a",
        "@b.co",
        "a@",
        "a@b@c",
        "a b@example.com",
        "<a@example.com>",
        "a@example.com,b@example.com",
        "a@exämple.com",
        "\"a\"@example.com",
        "a@example.com;",
        &format!("{}@example.com", "a".repeat(250)),
    ] {
        assert!(Mailbox::new(None, bad).is_err(), "{bad:?}");
    }
    let plus = Mailbox::new(Some("Seán O'Brien, \"the\" <boss>"), "sean.o'brien+x@example.com").unwrap();
    let bytes = sent(&MailParts { to: vec![plus.clone()], ..parts() });
    let message = read(&bytes);
    let to = message.to().unwrap().first().unwrap().clone();
    assert_eq!((to.name(), to.address()), (Some("Seán O'Brien, \"the\" <boss>"), Some("sean.o'brien+x@example.com")));
    assert_eq!(format!("{plus:?}"), "Mailbox(..)");
    assert!(compose(&MailParts { to: Vec::new(), ..parts() }).is_err());
    assert!(compose(&MailParts { to: vec![plus; 51], ..parts() }).is_err());
}

// Bad input: `javascript:` links.
#[test]
fn links_are_https_or_local() {
    for good in ["https://example.com", "https://example.com:8443/a?b=c#d", "http://localhost:4566/x", "http://127.0.0.1/"] {
        assert_eq!(WebLink::parse(good).unwrap().as_str(), good);
    }
    for bad in [
        "",
        "javascript:alert(1)",
        "JAVASCRIPT://x/%0aalert(1)",
        "data:text/html,x",
        "http://example.com",
        "//example.com",
        "https://",
        "https://user@example.com/",
        "https://example.com@evil.example/",
        "https://example.com/\"onclick=",
        "https://example.com/a b",
        "https://example.com/\r\nX: y",
        "https://żółć.example/",
        "http://localhost.evil.example/",
        &format!("https://example.com/{}", "a".repeat(2_000)),
    ] {
        assert!(matches!(WebLink::parse(bad), Err(RenderError::Link { .. })), "{bad:?}");
    }
}

#[test]
fn boundaries_never_occur_in_the_words() {
    let mut with = parts();
    with.text = "--=_orderflow_alt_0\r\n=_orderflow_alt_1 --=_orderflow_mix_0--".to_owned();
    with.attachments = vec![Attachment {
        file_name: "a.bin".into(),
        content_type: "application/octet-stream".into(),
        bytes: b"--=_orderflow_mix_1--".to_vec(),
    }];
    let bytes = sent(&with);
    assert_eq!(read(&bytes).body_text(0).unwrap(), with.text);
    assert_eq!(read(&bytes).attachment(0).unwrap().contents(), with.attachments[0].bytes);
    assert_eq!(sent(&with), bytes, "the same parts, the same bytes");
}

fn page() -> Page {
    Page {
        lang: "en".to_owned(),
        shop: "Nordic Home".to_owned(),
        heading: "Order 1001 is delayed".to_owned(),
        message: "Dear John,\n\nwe are sorry.\r\n\r\nKind regards,\nCustomer Care Team".to_owned(),
        status: Some((Label::Delayed, "Delayed".to_owned())),
        facts: vec![("Order".to_owned(), "1001".to_owned()), ("Expected".to_owned(), "2025-08-10".to_owned())],
        button: Some(("See your order".to_owned(), WebLink::parse("https://shop.example.com/o/1001").expect("a link"))),
        footer: "You get this mail because you ordered at Nordic Home.".to_owned(),
        unsubscribe: Some(("Unsubscribe".to_owned(), WebLink::parse("https://shop.example.com/u").expect("a link"))),
    }
}

#[test]
fn page_says_everything_and_is_escaped() {
    let html = html_body(&page());
    for part in [
        "<!DOCTYPE html>",
        "lang=\"en\"",
        "<h1",
        "Order 1001 is delayed",
        "Kind regards,<br>Customer Care Team</p>",
        "#ff6b6b",
        "2025-08-10",
        "href=\"https://shop.example.com/o/1001\"",
        ">Unsubscribe</a>",
    ] {
        assert!(html.contains(part), "{part} in {html}");
    }
    let attack = "</style><script>alert(1)</script>\"'><img src=x onerror=y>";
    let hostile = Page {
        lang: attack.into(),
        shop: attack.into(),
        heading: attack.into(),
        message: attack.into(),
        status: Some((Label::Shipped, attack.into())),
        facts: vec![(attack.into(), attack.into())],
        button: page().button.map(|(_, link)| (attack.into(), link)),
        footer: attack.into(),
        unsubscribe: None,
    };
    let html = html_body(&hostile);
    assert!(!html.contains("<script") && !html.contains("<img") && html.matches("</style>").count() == 1, "{html}");
    assert!(html_body(&Page::default()).contains("lang=\"en\""));
}

proptest! {
    #[test]
    fn any_words_survive_and_add_no_header(subject in "\\PC{0,60}", name in ".{0,40}", text in "[\\PC\n]{0,300}") {
        let with = MailParts { subject: subject.clone(), to: vec![mailbox(&name, "a@example.com")], text: text.clone(), ..parts() };
        let bytes = sent(&with);
        let expected = if subject.trim().is_empty() { String::new() } else { subject.split_whitespace().collect::<Vec<_>>().join(" ") };
        let message = read(&bytes);
        prop_assert_eq!(message.subject().unwrap_or_default(), expected);
        prop_assert_eq!(message.body_text(0).unwrap_or_default().replace("\r\n", "\n"), text);
        prop_assert_eq!(header_names(&bytes).len(), 9);
        prop_assert_eq!(message.to().unwrap().iter().count(), 1);
    }
}
