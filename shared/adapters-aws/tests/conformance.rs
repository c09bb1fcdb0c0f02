//! The conformance suite against DynamoDB and S3, or whatever `AWS_ENDPOINT_URL` says is them.
//!
//! Runs when `AWS_ENDPOINT_URL` is set, on the tables that `TABLE_*` name or, with `CONFORMANCE_CREATE=1`, on
//! tables it makes for itself. Skips otherwise.

mod support;

use testkit::conformance::Ports;

async fn ports() -> Option<Ports> {
    support::ports().await
}

testkit::conformance_tests!(ports);
