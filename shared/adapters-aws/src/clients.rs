//! The clients, each made when it is first needed.

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// The SDK's clients. Making all five at start would multiply a function's cold start; most functions need
/// one or two. `AWS_ENDPOINT_URL` points them at a local cloud.
#[derive(Default)]
pub struct Aws {
    config: OnceCell<SdkConfig>,
    dynamodb: OnceCell<aws_sdk_dynamodb::Client>,
    eventbridge: OnceCell<aws_sdk_eventbridge::Client>,
    s3: OnceCell<aws_sdk_s3::Client>,
    ses: OnceCell<aws_sdk_ses::Client>,
    sqs: OnceCell<aws_sdk_sqs::Client>,
}

impl Aws {
    /// From the environment, when first needed.
    pub fn new() -> Arc<Aws> {
        Arc::new(Aws::default())
    }

    /// From a configuration at hand.
    pub fn with_config(config: SdkConfig) -> Arc<Aws> {
        Arc::new(Aws { config: OnceCell::new_with(Some(config)), ..Aws::default() })
    }

    /// With a DynamoDB client at hand, such as one that talks to a database in the same process.
    pub fn with_dynamodb(client: aws_sdk_dynamodb::Client) -> Arc<Aws> {
        Arc::new(Aws { dynamodb: OnceCell::new_with(Some(client)), ..Aws::default() })
    }

    /// The one layer that retries: three attempts inside five seconds. Callers above either answer an error
    /// or leave the message on its queue.
    async fn config(&self) -> &SdkConfig {
        let load = || async {
            let timeouts = TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(1))
                .operation_attempt_timeout(Duration::from_secs(2))
                .operation_timeout(Duration::from_secs(5))
                .build();
            let retries = RetryConfig::standard().with_max_attempts(3);
            aws_config::defaults(BehaviorVersion::latest()).retry_config(retries).timeout_config(timeouts).load().await
        };
        self.config.get_or_init(load).await
    }

    /// DynamoDB.
    pub async fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {
        self.dynamodb.get_or_init(|| async { aws_sdk_dynamodb::Client::new(self.config().await) }).await
    }

    /// EventBridge.
    pub async fn eventbridge(&self) -> &aws_sdk_eventbridge::Client {
        self.eventbridge.get_or_init(|| async { aws_sdk_eventbridge::Client::new(self.config().await) }).await
    }

    /// SQS.
    pub async fn sqs(&self) -> &aws_sdk_sqs::Client {
        self.sqs.get_or_init(|| async { aws_sdk_sqs::Client::new(self.config().await) }).await
    }

    /// S3, with time enough for a report. A local cloud has one host name, so buckets go into the path there.
    pub async fn s3(&self) -> &aws_sdk_s3::Client {
        let make = || async {
            let shared = self.config().await;
            let timeouts = TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(1))
                .operation_attempt_timeout(Duration::from_secs(20))
                .operation_timeout(Duration::from_secs(45))
                .build();
            let local = shared.endpoint_url().is_some();
            let config = aws_sdk_s3::config::Builder::from(shared).timeout_config(timeouts).force_path_style(local).build();
            aws_sdk_s3::Client::from_conf(config)
        };
        self.s3.get_or_init(make).await
    }

    /// SES, without retries: an attempt that timed out may have gone out, and a second one would be a second
    /// mail. Whoever sends decides.
    pub async fn ses(&self) -> &aws_sdk_ses::Client {
        let make = || async {
            let timeouts = TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(1))
                .operation_attempt_timeout(Duration::from_secs(8))
                .operation_timeout(Duration::from_secs(10))
                .build();
            let shared = self.config().await;
            let config = aws_sdk_ses::config::Builder::from(shared).timeout_config(timeouts).retry_config(RetryConfig::disabled()).build();
            aws_sdk_ses::Client::from_conf(config)
        };
        self.ses.get_or_init(make).await
    }
}
