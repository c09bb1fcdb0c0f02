//! The ports on AWS: DynamoDB, EventBridge, SQS, S3 and SES.
//!
//! [`Aws`] makes its clients on first use, because that is what a cold start hangs on. [`Dynamo`] is the five
//! tables; each port is a small type over it. What a port promises is checked by `testkit::conformance`,
//! here and in memory alike.

pub mod bus;
pub mod clients;
pub mod dynamodb;
mod error;
pub mod queue;
pub mod s3;
pub mod ses;

pub use bus::EventBridgeBus;
pub use clients::Aws;
pub use dynamodb::{Dynamo, Table, Tables, from_stream_image};
pub use queue::{SqsParking, SqsQueue};
pub use s3::S3Reports;
pub use ses::SesMailer;
