//! What AWS asks: list prices of us-east-1 in US dollars, on demand, first tier, without free tiers, checked in 2026-11
//! against public price comparisons; the page named has the price of the day. The one place to change them; `make costs`
//! shows what follows.

/// Per million write units of DynamoDB, halved in 2024-11. <https://aws.amazon.com/dynamodb/pricing/on-demand/>
pub const WRITE_UNITS: f64 = 0.625;
/// Per million read units of DynamoDB. <https://aws.amazon.com/dynamodb/pricing/on-demand/>
pub const READ_UNITS: f64 = 0.125;
/// Per million events on a bus of one's own. <https://aws.amazon.com/eventbridge/pricing/>
pub const EVENTS: f64 = 1.0;
/// Per million requests to standard queues. <https://aws.amazon.com/sqs/pricing/>
pub const QUEUE_REQUESTS: f64 = 0.40;
/// Per million mails. <https://aws.amazon.com/ses/pricing/>
pub const MAILS: f64 = 100.0;
/// Per million files written to the bucket. <https://aws.amazon.com/s3/pricing/>
pub const FILES: f64 = 5.0;
/// Per million requests to an HTTP API, the first 300 million. <https://aws.amazon.com/api-gateway/pricing/>
pub const HTTP_REQUESTS: f64 = 1.0;
/// Per million invocations of functions. <https://aws.amazon.com/lambda/pricing/>
pub const INVOCATION_REQUESTS: f64 = 0.20;
/// Per million gigabyte-seconds on Arm. <https://aws.amazon.com/lambda/pricing/>
pub const GIGABYTE_SECONDS: f64 = 13.333_4;
/// Per million kilobytes of logs taken in, which is per gigabyte. <https://aws.amazon.com/cloudwatch/pricing/>
pub const LOG_KILOBYTES: f64 = 0.50;
/// Per million traces recorded. <https://aws.amazon.com/xray/pricing/>
pub const TRACES: f64 = 5.0;
/// Per alarm and month. <https://aws.amazon.com/cloudwatch/pricing/>
pub const ALARM_MONTH: f64 = 0.10;
/// Per secret and month. <https://aws.amazon.com/secrets-manager/pricing/>
pub const SECRET_MONTH: f64 = 0.40;
