//! Bus, queue and mail against the cloud that `AWS_ENDPOINT_URL` names, with things it makes for itself
//! (`CONFORMANCE_CREATE=1`). Ignored unless asked for.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test against a real clock")]

use adapters_aws::{Aws, EventBridgeBus, SesMailer, SqsQueue};
use app::TenantScope;
use app::ports::{Attachment, Bus, Mail, Mailer, Queue};
use domain::email::Email;
use domain::ids::TenantId;
use std::sync::Arc;
use testkit::conformance::samples;

fn cloud() -> (Arc<Aws>, String) {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    assert!(set("AWS_ENDPOINT_URL").is_some(), "AWS_ENDPOINT_URL is not set: which cloud?");
    assert_eq!(set("CONFORMANCE_CREATE").as_deref(), Some("1"), "CONFORMANCE_CREATE=1 allows making a bus, a queue and a sender");
    (Aws::new(), format!("cloud-{}", jiff::Timestamp::now().as_nanosecond()))
}

// req: X-02
#[tokio::test]
#[ignore = "needs a cloud: make test-e2e"]
async fn events_reach_their_rule_and_messages_their_queue() {
    let (aws, name) = cloud();
    let queue = aws.sqs().await.create_queue().queue_name(&name).send().await.unwrap();
    let url = queue.queue_url().unwrap();
    let attribute = aws_sdk_sqs::types::QueueAttributeName::QueueArn;
    let attributes = aws.sqs().await.get_queue_attributes().queue_url(url).attribute_names(attribute.clone()).send().await.unwrap();
    let arn = attributes.attributes().unwrap()[&attribute].clone();
    let events = aws.eventbridge().await;
    events.create_event_bus().name(&name).send().await.unwrap();
    let pattern = r#"{"source":["orderflow.orders"],"detail-type":["order.placed.v1"]}"#;
    events.put_rule().name(&name).event_bus_name(&name).event_pattern(pattern).send().await.unwrap();
    let target = aws_sdk_eventbridge::types::Target::builder().id("q").arn(arn).build().unwrap();
    events.put_targets().rule(&name).event_bus_name(&name).targets(target).send().await.unwrap();

    let scope = TenantScope::of_own_message(&TenantId::parse("demo").unwrap());
    let mut published = Vec::new();
    for at in 0..12 {
        published.extend(samples::placed(&scope, &format!("{}", 1_000 + at), jiff::Timestamp::now()).publish);
    }
    let results = EventBridgeBus::new(aws.clone(), &name).publish(&published).await.unwrap();
    assert_eq!(results, vec![Ok(()); published.len()]);
    SqsQueue::new(aws.clone(), url).send("{\"v\":1}").await.unwrap();

    let mut bodies = Vec::new();
    while bodies.len() < 13 {
        let call = aws.sqs().await.receive_message().queue_url(url).max_number_of_messages(10).wait_time_seconds(1);
        let received = call.send().await.unwrap();
        assert!(!received.messages().is_empty(), "only {} arrived", bodies.len());
        for message in received.messages() {
            bodies.push(message.body().unwrap().to_owned());
            let handle = message.receipt_handle().unwrap();
            aws.sqs().await.delete_message().queue_url(url).receipt_handle(handle).send().await.unwrap();
        }
    }
    assert_eq!(bodies.iter().filter(|body| body.as_str() == "{\"v\":1}").count(), 1);
    let mut numbers = Vec::new();
    for body in bodies.iter().filter(|body| body.contains("detail")) {
        let event: serde_json::Value = serde_json::from_str(body).unwrap();
        let envelope: contracts::Envelope = serde_json::from_value(event["detail"].clone()).unwrap();
        assert!(published.contains(&envelope));
        numbers.push(envelope.subject);
    }
    numbers.sort();
    assert_eq!(numbers, (1_000..1_012).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
#[ignore = "needs a cloud: make test-e2e"]
async fn mail_goes_out() {
    let (aws, _) = cloud();
    aws.ses().await.verify_email_identity().email_address("orders@example.com").send().await.unwrap();
    let mail = Mail {
        from: "orders@example.com".into(),
        to: Email::parse("anna@example.com").unwrap(),
        subject: "Zamówienie 1001".into(),
        text: "W drodze.\n".into(),
        date: jiff::Timestamp::now(),
        reference: "e.1.ab".into(),
        files: Vec::new(),
        receipts: None,
    };
    let mime = b"From: orders@example.com\r\nTo: anna@example.com\r\nSubject: files\r\n\r\nHere.\r\n";
    let mailer = SesMailer::new(aws, Arc::new(|_: &Mail| Ok(mime.to_vec())));
    assert!(!mailer.send(&mail).await.unwrap().is_empty());
    let files = vec![Attachment { name: "list.pdf".into(), content_type: "application/pdf", bytes: Arc::new(vec![1]) }];
    assert!(!mailer.send(&Mail { files, ..mail }).await.unwrap().is_empty());
}
