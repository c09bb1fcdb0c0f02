//! The conformance suite against DynamoDB and S3, or whatever `AWS_ENDPOINT_URL` says is them: on the tables that
//! `TABLE_*` name or, with `CONFORMANCE_CREATE=1`, on tables it makes for itself.
//!
//! Ignored unless asked for, so that a run without a cloud says how many tests it left out.

mod support;

use support::ports;

testkit::conformance_tests! {
    #[ignore = "needs a cloud: make test-e2e"]
    ports
}
