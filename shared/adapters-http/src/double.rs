//! A server on this machine that answers as it is told.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a request gets.
#[derive(Debug)]
pub(crate) enum Answer {
    /// A status line and a body.
    Says(&'static str, String),
    /// Nothing, ever.
    Silent,
    /// A body that does not end.
    Endless,
}

impl Answer {
    pub(crate) fn says(status: &'static str, body: impl Into<String>) -> Answer {
        Answer::Says(status, body.into())
    }
}

/// What was asked, request by request.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn last(&self) -> String {
        self.0.lock().unwrap().last().cloned().unwrap_or_default()
    }
}

/// Serves these answers, one a request, and then no more. The address to ask, and what was asked.
pub(crate) async fn double(answers: impl IntoIterator<Item = Answer>) -> (String, Seen) {
    double_that(|_| answers.into_iter().collect()).await
}

/// The same, with answers that know the address.
pub(crate) async fn double_that(answers: impl FnOnce(&str) -> Vec<Answer>) -> (String, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (seen, answers) = (Seen::default(), answers(&base));
    let log = seen.clone();
    #[expect(clippy::disallowed_methods, reason = "a test double on its own task")]
    tokio::spawn(async move {
        let mut open = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let asked = request(&mut stream).await;
            log.0.lock().unwrap().push(asked);
            give(&mut stream, answer).await;
            open.push(stream);
        }
        std::future::pending::<()>().await;
    });
    (base, seen)
}

/// The head of a request and its body, as long as its head says.
async fn request(stream: &mut TcpStream) -> String {
    let (mut seen, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&seen).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().filter_map(|line| line.split_once(": ")).find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            if body.len() >= length.map_or(0, |(_, length)| length.parse().unwrap()) {
                return text;
            }
        }
        match stream.read(&mut buffer).await.unwrap() {
            0 => return text,
            read => seen.extend_from_slice(&buffer[..read]),
        }
    }
}

/// A reader may hang up at any moment; that is its right.
async fn give(stream: &mut TcpStream, answer: Answer) {
    match answer {
        Answer::Says(status, body) => {
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            let _ = stream.shutdown().await;
        }
        Answer::Silent => {}
        Answer::Endless => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await;
            while stream.write_all(&[b'{'; 8_192]).await.is_ok() {}
        }
    }
}
