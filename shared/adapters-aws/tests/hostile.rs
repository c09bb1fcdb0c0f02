//! Rows that hold what they should not, and sums that outgrow us: one bad row must not hide the good ones.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test against a real clock")]

mod support;

use app::TenantScope;
use app::measure::LABELS;
use app::ports::{Delta, InboxKey};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::ids::{EventId, TenantId};
use jiff::{SignedDuration, Timestamp};
use support::embedded::Embedded;
use testkit::conformance::samples;

// req: X-05
#[tokio::test]
async fn an_outbox_row_that_cannot_be_read_does_not_keep_the_others() {
    let (_embedded, aws, tables) = Embedded::start().await;
    let ports = support::ports_over(&aws, tables.clone(), None);
    let scope = TenantScope::of_own_message(&TenantId::parse("demo").unwrap());
    let now = Timestamp::now();
    for number in ["1001", "1002", "1003"] {
        ports.orders.commit(&scope, samples::placed(&scope, number, now).commit()).await.unwrap();
    }
    let text = |value: &str| AttributeValue::S(value.to_owned());
    for (shard, events) in [(0, "[{\"type\":\"order.teleported.v9\"}]"), (1, "not json"), (2, "{}"), (3, "")] {
        let put = aws.dynamodb().await.put_item().table_name(&tables.outbox);
        let put = put.item("PK", text(&format!("OUTBOX#{shard}"))).item("SK", text("0000000000001#demo#x#0000000001"));
        let put = if events.is_empty() { put } else { put.item("events", text(events)) };
        put.send().await.unwrap();
    }
    let waiting = ports.outbox.waiting(now + SignedDuration::from_secs(1), 100).await.unwrap();
    assert_eq!(waiting.len(), 3, "the three that can be read");
}

#[tokio::test]
async fn a_sum_that_outgrows_us_stays_at_the_limit() {
    let (_embedded, aws, tables) = Embedded::start().await;
    let ports = support::ports_over(&aws, tables, None);
    let scope = TenantScope::of_own_message(&TenantId::parse("demo").unwrap());
    let now = Timestamp::now();
    let delta = |field: &str, by: i64| Delta { series: LABELS.into(), point: "Shipped".into(), field: field.into(), by };
    for n in 0..8 {
        let deltas = [delta("value:USD", i64::MAX), delta("value:EUR", i64::MIN), delta("orders", 1)];
        assert_eq!(ports.metrics.count(&scope, &EventId::parse(&format!("e{n}")).unwrap(), &deltas, now).await, Ok(true));
    }
    // Twice in one event, too.
    let twice = [delta("value:USD", i64::MAX), delta("value:USD", i64::MAX)];
    assert_eq!(ports.metrics.count(&scope, &EventId::parse("twice").unwrap(), &twice, now).await, Ok(true));
    let points = ports.metrics.series(&scope, LABELS, "", "~").await.unwrap();
    let fields = &points[0].fields;
    assert_eq!((fields["value:USD"], fields["value:EUR"], fields["orders"]), (i64::MAX, i64::MIN, 8), "the other figures stay right");
}

/// Names that free text could make: each is its own, none is another's, none is another tenant's.
#[tokio::test]
async fn no_name_reaches_another_row() {
    let (_embedded, aws, tables) = Embedded::start().await;
    let ports = support::ports_over(&aws, tables, None);
    let scope = |tenant: &str| TenantScope::of_own_message(&TenantId::parse(tenant).unwrap());
    let now = Timestamp::now();
    let step = samples::placed(&scope("demo"), "1001", now);
    ports.orders.commit(&scope("demo"), step.commit()).await.unwrap();
    assert_eq!(ports.orders.load(&scope("dem"), &step.order.id).await, Ok(None));
    assert_eq!(ports.orders.load(&scope("demo-o-1001"), &step.order.id).await, Ok(None));
    for (endpoint, id) in [("x#T", "y"), ("", "#INBOX"), ("order-status#", "x"), ("..", "HEAD"), ("%23", "#")] {
        let key = InboxKey { endpoint: endpoint.into(), id: id.into() };
        assert_eq!(ports.inbox.load(&scope("demo"), &key).await, Ok(None), "{endpoint} {id}");
    }
}
