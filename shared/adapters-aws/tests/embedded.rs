//! The conformance suite against an emulator of DynamoDB in this process: no cloud, no network, always runs.

mod support;

use support::embedded::Embedded;
use testkit::conformance::Ports;

async fn ports() -> Ports {
    let (_, aws, tables) = Embedded::start().await;
    support::ports_over(&aws, tables, None)
}

testkit::conformance_tests!(ports);
