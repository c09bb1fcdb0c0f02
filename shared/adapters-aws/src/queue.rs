//! One of our SQS queues.

use crate::clients::Aws;
use crate::error::port_error;
use app::ports::{Parking, PortResult, Queue};
use async_trait::async_trait;
use aws_sdk_sqs::types::MessageAttributeValue;
use jiff::SignedDuration;
use std::sync::Arc;

/// [`Queue`] on SQS. A message whose answer was lost may be sent twice; every worker expects that.
#[derive(Clone)]
pub struct SqsQueue {
    aws: Arc<Aws>,
    url: String,
}

impl SqsQueue {
    /// The queue with this URL.
    pub fn new(aws: Arc<Aws>, url: impl Into<String>) -> SqsQueue {
        SqsQueue { aws, url: url.into() }
    }
}

#[async_trait]
impl Queue for SqsQueue {
    async fn send(&self, body: &str) -> PortResult<()> {
        self.send_after(body, SignedDuration::ZERO).await
    }

    async fn send_after(&self, body: &str, wait: SignedDuration) -> PortResult<()> {
        const SECONDS_MAX: i64 = 900;
        let seconds = i32::try_from(wait.as_secs().clamp(0, SECONDS_MAX)).ok().filter(|seconds| *seconds > 0);
        let call = self.aws.sqs().await.send_message().queue_url(&self.url).message_body(body).set_delay_seconds(seconds);
        call.send().await.map(|_| ()).map_err(|error| port_error("send to a queue", &error))
    }
}

/// [`Parking`] on a dead-letter queue: the record as it was, its reason as the attribute `reason`.
#[derive(Clone)]
pub struct SqsParking(SqsQueue);

impl SqsParking {
    /// The dead-letter queue with this URL.
    pub fn new(aws: Arc<Aws>, url: impl Into<String>) -> SqsParking {
        SqsParking(SqsQueue::new(aws, url))
    }
}

#[async_trait]
impl Parking for SqsParking {
    async fn park(&self, body: &str, reason: &str) -> PortResult<()> {
        let failed = |error: &dyn std::fmt::Display| app::ports::PortError::Fatal(format!("park a record: {error}"));
        let reason: String = reason.chars().filter(|c| !c.is_control()).take(500).collect();
        let reason = MessageAttributeValue::builder().data_type("String").string_value(reason).build().map_err(|error| failed(&error))?;
        // An empty body cannot be sent; a queue never delivers one either, so this is a record we were handed wrongly.
        let body = if body.is_empty() { "(empty)" } else { body };
        let call = self.0.aws.sqs().await.send_message().queue_url(&self.0.url).message_body(body).message_attributes("reason", reason);
        call.send().await.map(|_| ()).map_err(|error| port_error("park a record", &error))
    }
}
