//! Dead-letter queues.

use super::Options;
use crate::Failed;
use adapters_aws::Aws;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use serde_json::Value;

/// How many messages a queue has; a moment old.
pub async fn about(aws: &Aws, queue: &str) -> Result<String, Failed> {
    let name = QueueAttributeName::ApproximateNumberOfMessages;
    let call = aws.sqs().await.get_queue_attributes().queue_url(queue).attribute_names(name.clone());
    let answer = call.send().await.map_err(|why| unreadable(&why))?;
    Ok(answer.attributes().and_then(|all| all.get(&name)).cloned().unwrap_or_else(|| "?".to_owned()))
}

fn unreadable(why: &(dyn std::error::Error + 'static)) -> Failed {
    format!("the dead-letter queue cannot be read: {}", aws_sdk_sqs::error::DisplayErrorContext(why)).into()
}

/// Whether a message came from a queue and goes back there; the others are notices of runs that failed.
pub type Ours = fn(&str) -> bool;

/// Shows messages of a dead-letter queue with their reasons and, unless it is a dry run (which shows ten at most),
/// takes them off it, to their own queue if they have one. Returns how many. A message is deleted only after it is
/// on its own queue again, so an interruption moves one twice at worst, which every worker expects.
pub async fn take(aws: &Aws, from: &str, to: Option<(&str, Ours)>, options: &Options) -> Result<usize, Failed> {
    let sqs = aws.sqs().await;
    let mut taken = 0;
    while taken < options.limit {
        let received = sqs
            .receive_message()
            .queue_url(from)
            .max_number_of_messages(10)
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::All)
            // Shown messages come back at once; taken ones are gone before this.
            .visibility_timeout(if options.dry_run { 5 } else { 60 })
            .send()
            .await
            .map_err(|why| unreadable(&why))?;
        let messages = received.messages.unwrap_or_default();
        if messages.is_empty() {
            break;
        }
        for message in messages {
            let id = message.message_id.clone().unwrap_or_default();
            println!("{id}  {}", reason(&message));
            if !options.dry_run {
                let body = message.body.unwrap_or_default();
                if let Some((queue, _)) = to.filter(|(_, ours)| ours(&body)) {
                    sqs.send_message().queue_url(queue).message_body(body).send().await.map_err(|why| format!("{id} stays: {why}"))?;
                }
                let receipt = message.receipt_handle.unwrap_or_default();
                sqs.delete_message()
                    .queue_url(from)
                    .receipt_handle(receipt)
                    .send()
                    .await
                    .map_err(|why| format!("{id} was taken but not deleted: {why}"))?;
            }
            taken += 1;
        }
        if options.dry_run {
            break;
        }
    }
    Ok(taken)
}

/// Why a message is here: what its worker said when it parked it, what the bus said, or what Lambda says in the
/// record of a run that failed.
fn reason(message: &Message) -> String {
    let attributes = message.message_attributes.as_ref();
    let attribute = |name: &str| attributes?.get(name)?.string_value.clone();
    let record: Value = message.body.as_deref().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
    let said = |pointer: &str| record.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    attribute("reason")
        .or_else(|| attribute("ERROR_MESSAGE"))
        .or_else(|| said("/responsePayload/errorMessage"))
        .or_else(|| said("/requestContext/condition"))
        .unwrap_or_else(|| "kept failing".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_sqs::types::MessageAttributeValue;

    #[test]
    fn every_kind_of_failure_says_why() {
        let attribute = |name: &str, text: &str| {
            let value = MessageAttributeValue::builder().data_type("String").string_value(text).build().unwrap();
            Message::builder().message_attributes(name, value).body("{}").build()
        };
        assert_eq!(reason(&attribute("reason", "not JSON")), "not JSON");
        assert_eq!(reason(&attribute("ERROR_MESSAGE", "access denied")), "access denied");
        let body = |body: &str| reason(&Message::builder().body(body).build());
        let failed = r#"{"requestContext":{"condition":"RetriesExhausted"},"responsePayload":{"errorMessage":"no bucket"}}"#;
        assert_eq!(body(failed), "no bucket");
        assert_eq!(body(r#"{"requestContext":{"condition":"RetryAttemptsExhausted"},"DDBStreamBatchInfo":{}}"#), "RetryAttemptsExhausted");
        assert_eq!(body("not JSON"), "kept failing");
    }
}
