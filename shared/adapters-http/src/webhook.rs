//! Others' own addresses, told by Standard Webhooks: <https://www.standardwebhooks.com/>.
//!
//! Whoever may change a shop's settings says where we call. So nothing is called that is not on the open net: not by a number, and
//! not by a name that stands for one.

use crate::client::{Client, send_error};
use crate::open_net::{guarded, may_call};
use app::ports::{Call, Called, Clock, SendError, WebhookCaller};
use app::tenant::Secret;
use async_trait::async_trait;
use domain::webhook::Heard;
use jiff::SignedDuration;
use reqwest::Url;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// A team's message stands in the way of the next one.
const TEAM_TIMEOUT: Duration = Duration::from_secs(8);
/// Others get as much time as is documented.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Calls others' addresses.
pub struct Webhooks {
    client: Client,
    clock: Arc<dyn Clock>,
    double: Option<String>,
}

/// An answer: its status, and how long it wants to be left alone.
type Answered = (u16, Option<SignedDuration>);

impl Webhooks {
    /// For messages to a team. On the open net; and at a double's, if there is one.
    pub fn new(clock: Arc<dyn Clock>, double: Option<String>) -> Webhooks {
        Webhooks::within(TEAM_TIMEOUT, clock, double)
    }

    /// For what happens.
    pub fn patient(clock: Arc<dyn Clock>, double: Option<String>) -> Webhooks {
        Webhooks::within(TIMEOUT, clock, double)
    }

    fn within(timeout: Duration, clock: Arc<dyn Clock>, double: Option<String>) -> Webhooks {
        Webhooks { client: guarded(timeout, double.as_deref()), clock, double }
    }

    /// Tells a team. The reference is the same however often it is told, so that the other side can tell it again from news.
    pub async fn post(&self, address: &str, key: Option<&Secret>, reference: &str, message: &str) -> Result<(), SendError> {
        let body = json!({ "type": "team.message", "timestamp": self.clock.now().to_string(), "data": { "text": message } }).to_string();
        let (status, _) = self.exchange(address, reference, &body, key.as_slice()).await?;
        match status {
            200..=299 => Ok(()),
            // The other side can tell a message that it has: asking again is harmless.
            429 | 500..=599 => Err(SendError::NotSent(format!("the webhook answered {status}"))),
            _ => Err(SendError::Refused(format!("the webhook answered {status}"))),
        }
    }

    /// Signs and sends. What is answered beside the status is not read.
    async fn exchange(&self, address: &str, id: &str, body: &str, keys: &[&Secret]) -> Result<Answered, SendError> {
        let refused = |why: &str| SendError::Refused(why.to_owned());
        let url = Url::parse(address).map_err(|_| refused("the webhook's address cannot be read"))?;
        if !may_call(address, &url, self.double.as_deref()) {
            return Err(refused("the webhook's address must begin with https:// and lead to the open net"));
        }
        let now = self.clock.now().as_second();
        let sign = |key: &&Secret| standardwebhooks::Webhook::new(key.expose()).ok()?.sign(id, now, body.as_bytes()).ok();
        let signatures: Option<Vec<String>> = keys.iter().map(sign).collect();
        let signatures =
            signatures.filter(|signed| !signed.is_empty()).ok_or_else(|| refused("the webhook has no secret of the form whsec_..."))?;
        let client = self.client.get().await.map_err(|error| send_error(&error))?;
        let request = client
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", now)
            .header("webhook-signature", signatures.join(" "))
            .body(body.to_owned());
        let answer = request.send().await.map_err(|error| send_error(&error))?;
        // Seconds; a date says nothing that the schedule does not say as well.
        let wants = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse::<u32>().ok());
        Ok((answer.status().as_u16(), wants.map(|seconds| SignedDuration::from_secs(seconds.into()))))
    }
}

#[async_trait]
impl WebhookCaller for Webhooks {
    async fn call(&self, call: Call<'_>) -> Called {
        let began = self.clock.now();
        let heard = match self.exchange(call.url, call.id.as_str(), call.body, call.keys).await {
            Ok((status, retry_after)) => Heard::Answer { status, retry_after },
            Err(why) => Heard::Nothing(why.to_string()),
        };
        let took_ms = u64::try_from(self.clock.now().duration_since(began).as_millis()).unwrap_or(0);
        Called { heard, took_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::double::{Answer, double};
    use crate::sheets::tests::Stopped;

    const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    async fn posted(status: &'static str) -> (Result<(), SendError>, String) {
        let (base, seen) = double([Answer::says(status, "")]).await;
        let webhooks = Webhooks::new(Arc::new(Stopped), Some(base.clone()));
        let result = webhooks.post(&format!("{base}/team"), Some(&Secret::new(KEY)), "demo.1001.1.0", "Order 1001 is late").await;
        (result, seen.last())
    }

    // req: S1-19
    #[tokio::test]
    async fn a_team_is_told_and_can_tell_that_it_was_us() {
        let (result, request) = posted("204 No Content").await;
        assert_eq!(result, Ok(()));
        assert!(request.starts_with("POST /team HTTP/1.1") && request.contains("webhook-id: demo.1001.1.0"), "{request}");
        let header = |name: &str| request.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).unwrap().trim().to_owned();
        let body = request.rsplit("\r\n\r\n").next().unwrap();
        let at: i64 = header("webhook-timestamp").parse().unwrap();
        let expected = standardwebhooks::Webhook::new(KEY).unwrap().sign("demo.1001.1.0", at, body.as_bytes()).unwrap();
        assert_eq!(header("webhook-signature"), expected);
        let said: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!((&said["type"], &said["data"]["text"]), (&json!("team.message"), &json!("Order 1001 is late")));
        assert_eq!(posted("503 Busy").await.0, Err(SendError::NotSent("the webhook answered 503".into())));
        assert_eq!(posted("410 Gone").await.0, Err(SendError::Refused("the webhook answered 410".into())));
        assert_eq!(posted("302 Found").await.0, Err(SendError::Refused("the webhook answered 302".into())), "redirects are not followed");
    }

    async fn called(answer: Answer, keys: &[&str]) -> (Heard, String) {
        let (base, seen) = double([answer]).await;
        let webhooks = Webhooks::patient(Arc::new(Stopped), Some(base.clone()));
        let keys: Vec<Secret> = keys.iter().map(|key| Secret::new(*key)).collect();
        let id = domain::ids::EventId::parse("demo:1001:3:0:order.shipped").unwrap();
        let call =
            Call { url: &format!("{base}/theirs"), id: &id, body: "{\"type\":\"order.shipped\"}", keys: &keys.iter().collect::<Vec<_>>() };
        (webhooks.call(call).await.heard, seen.last())
    }

    /// Both keys of a rotation sign, and the library of those who wrote the specification accepts either.
    // req: S2-73
    #[tokio::test]
    async fn every_key_of_a_rotation_signs() {
        const OLD: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
        let (heard, request) = called(Answer::says("204 No Content", ""), &[KEY, OLD]).await;
        assert_eq!(heard, Heard::Answer { status: 204, retry_after: None });
        let header = |name: &str| request.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).unwrap().trim().to_owned();
        assert_eq!((header("webhook-id"), header("content-type")), ("demo:1001:3:0:order.shipped".into(), "application/json".into()));
        let body = request.rsplit("\r\n\r\n").next().unwrap();
        let at: i64 = header("webhook-timestamp").parse().unwrap();
        let signed = |key: &str| standardwebhooks::Webhook::new(key).unwrap().sign(&header("webhook-id"), at, body.as_bytes()).unwrap();
        assert_eq!(header("webhook-signature"), format!("{} {}", signed(KEY), signed(OLD)));
    }

    // req: S2-73
    #[tokio::test]
    async fn what_endpoints_answer_is_heard_and_not_read() {
        let busy = Answer::says("429 Too Many Requests\r\nRetry-After: 120", "");
        assert_eq!(called(busy, &[KEY]).await.0, Heard::Answer { status: 429, retry_after: Some(SignedDuration::from_secs(120)) });
        for bad in ["-1", "soon", "1e9", "99999999999", "Wed, 21 Oct 2026 07:28:00 GMT"] {
            let answer = Answer::says(Box::leak(format!("503 Busy\r\nRetry-After: {bad}").into_boxed_str()), "");
            assert_eq!(called(answer, &[KEY]).await.0, Heard::Answer { status: 503, retry_after: None }, "{bad}");
        }
        let moved = Answer::says("301 Moved\r\nLocation: http://169.254.169.254/", "");
        assert_eq!(called(moved, &[KEY]).await.0, Heard::Answer { status: 301, retry_after: None }, "redirects are not followed");
        assert!(matches!(called(Answer::says("204 No Content", ""), &[]).await.0, Heard::Nothing(why) if why.contains("no secret")));
        let nobody = Webhooks::patient(Arc::new(Stopped), Some("http://127.0.0.1:1".into()));
        let id = domain::ids::EventId::parse("e").unwrap();
        let heard = nobody.call(Call { url: "http://127.0.0.1:1/x", id: &id, body: "{}", keys: &[&Secret::new(KEY)] }).await.heard;
        assert_eq!(heard, Heard::Nothing("could not connect".into()));
    }

    #[tokio::test]
    async fn nothing_is_called_that_is_not_on_the_open_net() {
        let webhooks = Webhooks::new(Arc::new(Stopped), None);
        for address in [
            "http://example.com/x",
            "https://127.0.0.1/x",
            "https://169.254.169.254/latest/meta-data",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[64:ff9b::a9fe:a9fe]/",
            "https://[fd00::1]/",
            "https://user:pass@example.com/",
            "https://2130706433/",
            "https://0x7f.1/",
            "ftp://example.com",
            "example.com",
        ] {
            let result = webhooks.post(address, Some(&Secret::new(KEY)), "r", "x").await;
            assert!(matches!(result, Err(SendError::Refused(_))), "{address}: {result:?}");
        }
        // A name for this very machine.
        let result = webhooks.post("https://localhost:1/", Some(&Secret::new(KEY)), "r", "x").await;
        assert!(matches!(result, Err(SendError::NotSent(_))), "{result:?}");
        assert!(matches!(webhooks.post("https://example.com", Some(&Secret::new("short")), "r", "x").await, Err(SendError::Refused(_))));
    }
}
