//! The clients, each made when it is first needed.

use aws_config::environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider};
use aws_config::meta::region::ProvideRegion;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::config::SharedCredentialsProvider;
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
    /// As a function: from what Lambda puts into its environment, when first needed. Profiles, single sign-on and the
    /// instance's metadata are not looked for, and the code that would is not in the program.
    pub fn new() -> Arc<Aws> {
        Arc::new(Aws::default())
    }

    /// As a person or a workflow: from whatever the AWS command line would use.
    pub async fn of_operator() -> Arc<Aws> {
        let config = aws_config::defaults(BehaviorVersion::latest()).retry_config(retries()).timeout_config(timeouts()).load().await;
        Aws::with_config(config)
    }

    /// From a configuration at hand.
    pub fn with_config(config: SdkConfig) -> Arc<Aws> {
        Arc::new(Aws { config: OnceCell::new_with(Some(config)), ..Aws::default() })
    }

    /// With a DynamoDB client at hand, such as one that talks to a database in the same process.
    pub fn with_dynamodb(client: aws_sdk_dynamodb::Client) -> Arc<Aws> {
        Arc::new(Aws { dynamodb: OnceCell::new_with(Some(client)), ..Aws::default() })
    }

    async fn config(&self) -> &SdkConfig {
        let load = || async {
            let credentials = EnvironmentVariableCredentialsProvider::new();
            let mut config = SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .region(EnvironmentVariableRegionProvider::new().region().await)
                .retry_config(retries())
                // Answers are read whole inside the time limits; S3, whose bodies are not, sets its own.
                .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
                .timeout_config(timeouts());
            config.set_endpoint_url(std::env::var("AWS_ENDPOINT_URL").ok());
            config.build()
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
            // The time limits end with the answer's head; a body that stands still ends here.
            let stalled = StalledStreamProtectionConfig::enabled().build();
            let config = aws_sdk_s3::config::Builder::from(shared)
                .timeout_config(timeouts)
                .stalled_stream_protection(stalled)
                .force_path_style(local)
                .build();
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

/// The one layer that retries: three attempts inside five seconds. Callers above either answer an error or leave the
/// message on its queue.
fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(3)
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(2))
        .operation_timeout(Duration::from_secs(5))
        .build()
}
