//! A shop's adviser: two addresses below one of the shop's, as `docs/adviser.md` says.

use crate::client::{Client, body};
use crate::open_net::{guarded, may_call};
use app::ports::{Adviser, AdviserAt, AskedOrder, AskedPast, Clock, PortError, PortResult};
use app::steady::{Breakers, WINDOW};
use async_trait::async_trait;
use domain::fraud::FraudAdvice;
use domain::order::saga::{Allocation, Free};
use reqwest::Url;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// An order waits for it.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Times that it is asked; more only makes an order wait.
const TRIES: usize = 2;
/// Largest answer, in bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Allocations of an answer.
const ALLOCATIONS_MAX: usize = 1_000;

/// [`Adviser`] over HTTP.
pub struct HttpAdviser {
    client: Client,
    double: Option<String>,
    breakers: Breakers,
}

#[derive(Deserialize)]
struct Score {
    score: i64,
    #[serde(default)]
    reasons: Vec<String>,
}

#[derive(Deserialize)]
struct Routing {
    allocations: Vec<Allocation>,
}

fn failed(why: impl std::fmt::Display) -> PortError {
    PortError::Retryable(format!("adviser: {why}"))
}

impl HttpAdviser {
    /// On the open net; and at a double's, if there is one.
    pub fn new(double: Option<String>, clock: Arc<dyn Clock>) -> HttpAdviser {
        HttpAdviser { client: guarded(TIMEOUT, double.as_deref()), double, breakers: Breakers::new(clock, WINDOW) }
    }

    async fn ask<T: DeserializeOwned>(&self, at: AdviserAt<'_>, what: &str, question: &Value) -> PortResult<T> {
        let address = format!("{}/{what}", at.url);
        let url = Url::parse(&address).map_err(|_| failed("its address cannot be read"))?;
        if !may_call(&address, &url, self.double.as_deref()) {
            return Err(failed("its address must begin with https:// and lead to the open net"));
        }
        let breaker = self.breakers.of(at.url);
        if !breaker.lets() {
            return Err(failed("it failed too often and is left alone for a minute"));
        }
        let mut said = Err(failed("it was not asked"));
        for _ in 0..TRIES {
            let (answer, again) = self.once(at, url.clone(), question).await;
            said = answer;
            breaker.answered(said.is_ok());
            if !again || breaker.rests() {
                break;
            }
        }
        said
    }

    /// One try, and whether another may do better.
    async fn once<T: DeserializeOwned>(&self, at: AdviserAt<'_>, url: Url, question: &Value) -> (PortResult<T>, bool) {
        let client = match self.client.get().await {
            Ok(client) => client,
            Err(_) => return (Err(failed("no client")), false),
        };
        let response = match client.post(url).bearer_auth(at.key.expose()).json(question).send().await {
            Ok(response) => response,
            Err(why) => return (Err(failed(if why.is_timeout() { "no answer in time" } else { "unreachable" })), true),
        };
        let status = response.status();
        if !status.is_success() {
            return (Err(failed(format!("it answered {}", status.as_u16()))), status.is_server_error() || status.as_u16() == 429);
        }
        match body(response, ANSWER_BYTES_MAX).await {
            Ok(Some(bytes)) => (serde_json::from_slice(&bytes).map_err(|_| failed("not the answer that was asked for")), false),
            Ok(None) => (Err(failed("the answer is too long")), false),
            Err(_) => (Err(failed("the answer broke off")), true),
        }
    }
}

#[async_trait]
impl Adviser for HttpAdviser {
    async fn fraud(&self, at: AdviserAt<'_>, order: &AskedOrder, past: &AskedPast) -> PortResult<FraudAdvice> {
        let Score { score, reasons } = self.ask(at, "detect-fraud", &json!({ "order": order, "customer": past })).await?;
        FraudAdvice::sound(score, reasons).ok_or_else(|| failed("a score that is not 0 to 100"))
    }

    async fn routing(&self, at: AdviserAt<'_>, order: &AskedOrder, free: &[Free]) -> PortResult<Vec<Allocation>> {
        let level = |one: &Free| json!({ "sku": one.sku, "location": one.location, "available": one.available });
        let levels: Vec<Value> = free.iter().map(level).collect();
        let Routing { allocations } = self.ask(at, "optimize-order", &json!({ "order": order, "stock": levels })).await?;
        if allocations.len() > ALLOCATIONS_MAX { Err(failed("more allocations than an order has")) } else { Ok(allocations) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::double::{Answer, double};
    use crate::sheets::tests::Stopped;
    use app::tenant::Secret;

    fn order() -> AskedOrder {
        AskedOrder {
            order_id: "1001".into(),
            placed_at: "2025-08-09T10:00:00Z".into(),
            channel: "api".into(),
            currency: "EUR".into(),
            total: "29.99".into(),
            ships_to: Some("PL".into()),
            billed_to: None,
            lines: vec![],
        }
    }

    const PAST: AskedPast = AskedPast { orders_before: 2, orders_within_hour: 1, orders_lost: 0, local_hour: Some(3) };

    async fn asked(answers: impl IntoIterator<Item = Answer>) -> (PortResult<FraudAdvice>, String) {
        let (base, seen) = double(answers).await;
        let adviser = HttpAdviser::new(Some(base.clone()), Arc::new(Stopped));
        let (url, key) = (format!("{base}/crew"), Secret::new("crew-key"));
        (adviser.fraud(AdviserAt { url: &url, key: &key }, &order(), &PAST).await, seen.last())
    }

    fn says(status: &'static str, body: Value) -> Answer {
        Answer::says(status, body.to_string())
    }

    // req: S2-79
    #[tokio::test]
    async fn a_score_is_asked_for_and_names_nobody() {
        let (said, request) = asked([says("200 OK", json!({ "score": 80, "reasons": ["new device"], "model": "x" }))]).await;
        assert_eq!(said, Ok(FraudAdvice { score: 80, reasons: vec!["new device".into()] }));
        assert!(request.starts_with("POST /crew/detect-fraud HTTP/1.1") && request.contains("authorization: Bearer crew-key"), "{request}");
        let sent: Value = serde_json::from_str(request.rsplit("\r\n\r\n").next().unwrap()).unwrap();
        assert_eq!(sent["customer"], json!({ "orders_before": 2, "orders_within_hour": 1, "orders_lost": 0, "local_hour": 3 }));
        assert_eq!(sent["order"]["ships_to"], "PL");
    }

    // req: S2-79, S2-77
    #[tokio::test]
    async fn one_that_stumbles_is_asked_once_more_and_nonsense_is_no_advice() {
        let good = || says("200 OK", json!({ "score": 5 }));
        assert_eq!(asked([says("503 Busy", json!({})), good()]).await.0.map(|advice| advice.score), Ok(5));
        assert!(asked([says("503 Busy", json!({})), says("500 No", json!({})), good()]).await.0.is_err(), "two tries");
        assert!(asked([says("401 No", json!({})), good()]).await.0.is_err(), "a wrong key is no better the second time");
        for nonsense in [
            json!({ "score": 101 }),
            json!({ "score": -1 }),
            json!({ "score": "80" }),
            json!({}),
            json!([]),
            json!({ "score": 1, "reasons": [7] }),
        ] {
            assert!(asked([says("200 OK", nonsense.clone()), good()]).await.0.is_err(), "{nonsense}");
        }
        assert!(asked([Answer::says("200 OK", format!("{{\"score\":1,\"x\":\"{}\"}}", "y".repeat(70_000)))]).await.0.is_err(), "too long");
    }

    // req: S2-77
    #[tokio::test]
    async fn nothing_is_called_that_is_not_on_the_open_net() {
        let adviser = HttpAdviser::new(None, Arc::new(Stopped));
        let key = Secret::new("k");
        for url in ["http://crew.example", "https://127.0.0.1", "https://169.254.169.254/latest", "file:///etc/passwd", ""] {
            let said = adviser.routing(AdviserAt { url, key: &key }, &order(), &[]).await;
            assert!(matches!(&said, Err(PortError::Retryable(why)) if why.contains("address")), "{url}: {said:?}");
        }
    }

    // req: S2-77
    #[tokio::test]
    async fn one_that_is_away_is_left_alone() {
        let answers: Vec<Answer> = (0..6).map(|_| says("500 No", json!({}))).chain([says("200 OK", json!({ "score": 1 }))]).collect();
        let (base, _) = double(answers).await;
        let adviser = HttpAdviser::new(Some(base.clone()), Arc::new(Stopped));
        let (url, key) = (format!("{base}/crew"), Secret::new("crew-key"));
        for _ in 0..4 {
            assert!(adviser.fraud(AdviserAt { url: &url, key: &key }, &order(), &PAST).await.is_err());
        }
        let said = adviser.fraud(AdviserAt { url: &url, key: &key }, &order(), &PAST).await;
        assert!(matches!(&said, Err(PortError::Retryable(why)) if why.contains("left alone")), "{said:?}");
    }
}
