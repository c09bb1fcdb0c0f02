//! Did the mail go out? What SES and the network say, and what we make of it. Saying "not sent" of a mail that
//! went out sends it twice; saying "unknown" of one that did not leaves it to a person.

#![allow(clippy::unwrap_used, reason = "a test")]

use adapters_aws::{Aws, SesMailer};
use app::ports::{Attachment, Mail, Mailer, SendError};
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use domain::email::Email;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;

/// A server that reads one request and answers with this, or hangs up.
fn server(answer: Option<(u16, &str)>) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answer = answer.map(|(status, body)| {
        format!("HTTP/1.1 {status} X\r\ncontent-type: text/xml\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
    });
    let thread = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut buffer = [0; 4096];
        // The body follows the blank line; the SDK sends its length.
        loop {
            let read = socket.read(&mut buffer).unwrap();
            request.extend_from_slice(&buffer[..read]);
            let text = String::from_utf8_lossy(&request).to_lowercase();
            let length = text.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse::<usize>().ok());
            let body = text.split("\r\n\r\n").nth(1).map_or(0, str::len);
            if read == 0 || length.is_some_and(|length| text.contains("\r\n\r\n") && body >= length) {
                break;
            }
        }
        if let Some(answer) = answer {
            socket.write_all(answer.as_bytes()).unwrap();
        }
        String::from_utf8_lossy(&request).into_owned()
    });
    (address, thread)
}

async fn send_to(address: String) -> Result<String, SendError> {
    send(address, Vec::new()).await
}

async fn send(address: String, files: Vec<Attachment>) -> Result<String, SendError> {
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(address)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "test")))
        .build();
    let mail = Mail {
        from: "orders@example.com".into(),
        to: Email::parse("anna@example.com").unwrap(),
        subject: "Zamówienie 1001".into(),
        text: "W drodze.\n".into(),
        date: "2025-08-09T10:00:00Z".parse().unwrap(),
        reference: "e.1.ab".into(),
        files,
        receipts: None,
    };
    let compose = |mail: &Mail| match mail.files[0].bytes.is_empty() {
        true => Err("an empty file".to_owned()),
        false => Ok(format!("MIME of {}", mail.files[0].name).into_bytes()),
    };
    SesMailer::new(Aws::with_config(config), Arc::new(compose)).send(&mail).await
}

// req: S0-43
#[tokio::test]
async fn a_mail_with_a_file_goes_out_raw() {
    let body = "<SendRawEmailResponse xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\"><SendRawEmailResult><MessageId>m-2</MessageId>\
        </SendRawEmailResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></SendRawEmailResponse>";
    let (address, thread) = server(Some((200, body)));
    let file = |bytes: &[u8]| Attachment { name: "list.pdf".into(), content_type: "application/pdf", bytes: Arc::new(bytes.to_vec()) };
    assert_eq!(send(address, vec![file(b"%PDF")]).await, Ok("m-2".into()));
    let request = thread.join().unwrap();
    assert!(request.contains("Action=SendRawEmail") && request.contains("Destinations.member.1=anna%40example.com"), "{request}");
    // Base64 of "MIME of list.pdf".
    assert!(request.contains("RawMessage.Data=TUlNRSBvZiBsaXN0LnBkZg%3D%3D"), "{request}");
    let refused = send("http://127.0.0.1:1".into(), vec![file(b"")]).await;
    assert_eq!(refused, Err(SendError::Refused("an empty file".into())), "nothing was sent, and never will be");
}

fn error(code: &str) -> String {
    error_that_says(code, "bad characters in anna@example.com")
}

fn error_that_says(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    )
}

// req: X-03
#[tokio::test]
async fn a_mail_that_ses_took_has_its_id() {
    let body = "<SendEmailResponse xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\"><SendEmailResult><MessageId>m-1</MessageId>\
        </SendEmailResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></SendEmailResponse>";
    let (address, thread) = server(Some((200, body)));
    assert_eq!(send_to(address).await, Ok("m-1".into()));
    let request = thread.join().unwrap();
    assert!(request.contains("Destination.ToAddresses.member.1=anna%40example.com"), "{request}");
    assert!(request.contains("Message.Subject.Data=Zam%C3%B3wienie%201001"), "{request}");
}

#[tokio::test]
async fn a_refusal_is_for_good_if_it_is_about_the_mail() {
    for (status, code, for_good) in [
        (400, "MessageRejected", true),
        (400, "InvalidParameterValue", true),
        (400, "MailFromDomainNotVerified", false),
        (403, "AccessDenied", false),
        (503, "ServiceUnavailable", false),
        (400, "Throttling", false),
        (400, "AccountSendingPausedException", false),
    ] {
        let (address, _) = server(Some((status, &error(code))));
        let expected = format!("SES: {code} ({status})");
        let expected = if for_good { SendError::Refused(expected) } else { SendError::NotSent(expected) };
        assert_eq!(send_to(address).await, Err(expected), "and the address is not in the text");
    }
}

/// Ours, or in the sandbox theirs: it goes out once somebody has verified it.
#[tokio::test]
async fn an_address_that_is_not_verified_yet_is_no_refusal() {
    let said = error_that_says("MessageRejected", "Email address is not verified. The following identities failed: anna@example.com");
    let (address, _) = server(Some((400, &said)));
    assert_eq!(send_to(address).await, Err(SendError::NotSent("SES: MessageRejected (400)".into())));
}

#[tokio::test]
async fn an_answer_that_says_nothing_leaves_it_open() {
    let (address, _) = server(Some((500, &error("InternalFailure"))));
    assert_eq!(send_to(address).await, Err(SendError::Unknown("SES: InternalFailure (500)".into())));
    let (address, _) = server(None);
    let hung_up = send_to(address).await;
    assert!(matches!(hung_up, Err(SendError::Unknown(_))), "{hung_up:?}");
}

#[tokio::test]
async fn a_mail_that_reached_nobody_was_not_sent() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = send_to(format!("http://{closed}")).await;
    assert!(matches!(refused, Err(SendError::NotSent(_))), "{refused:?}");
}
