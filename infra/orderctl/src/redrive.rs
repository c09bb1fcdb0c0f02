//! Moving messages from a dead-letter queue back to their queue, after what was wrong has been mended.

use crate::Failed;
use adapters_aws::Aws;
use aws_sdk_sqs::types::MessageSystemAttributeName;
use clap::Args;

/// Which queue.
#[derive(Args)]
pub struct Options {
    /// hooks, notify or metrics.
    pub queue: String,
    /// Only show what is there.
    #[arg(long)]
    pub dry_run: bool,
    /// At most so many messages.
    #[arg(long, default_value_t = 10_000)]
    pub limit: usize,
}

fn url(kind: &str, queue: &str) -> Result<String, Failed> {
    let name = format!("{kind}_{}_URL", queue.to_uppercase());
    std::env::var(&name).map_err(|_| format!("{name} is not set; known queues: hooks, notify, metrics").into())
}

/// Moves them. A message is deleted from the dead-letter queue only after it is on its own queue again, so an
/// interruption moves one twice at worst, which every worker expects.
pub async fn run(options: Options) -> Result<(), Failed> {
    let (from, to) = (url("DLQ", &options.queue)?, url("QUEUE", &options.queue)?);
    let aws = Aws::new();
    let sqs = aws.sqs().await;
    let mut moved = 0;
    while moved < options.limit {
        let received = sqs
            .receive_message()
            .queue_url(&from)
            .max_number_of_messages(10)
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::All)
            // Shown messages come back at once; moved ones are gone before this.
            .visibility_timeout(if options.dry_run { 5 } else { 60 })
            .send()
            .await
            .map_err(|why| format!("the dead-letter queue cannot be read: {}", aws_sdk_sqs::error::DisplayErrorContext(&why)))?;
        let messages = received.messages.unwrap_or_default();
        if messages.is_empty() {
            break;
        }
        for message in messages {
            let reason =
                message.message_attributes.as_ref().and_then(|all| all.get("reason")).and_then(|reason| reason.string_value.clone());
            let id = message.message_id.clone().unwrap_or_default();
            println!("{id}  {}", reason.unwrap_or_else(|| "kept failing".to_owned()));
            if !options.dry_run {
                let body = message.body.unwrap_or_default();
                sqs.send_message().queue_url(&to).message_body(body).send().await.map_err(|why| format!("{id} stays: {why}"))?;
                let receipt = message.receipt_handle.unwrap_or_default();
                sqs.delete_message()
                    .queue_url(&from)
                    .receipt_handle(receipt)
                    .send()
                    .await
                    .map_err(|why| format!("{id} was moved but not deleted: {why}"))?;
            }
            moved += 1;
        }
        if options.dry_run {
            break;
        }
    }
    println!("{moved} message(s) {}", if options.dry_run { "shown, none moved" } else { "moved" });
    Ok(())
}
