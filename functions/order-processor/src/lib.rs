//! The hooks queue: stored webhooks become facts of orders, receipts and replies part of messages and orders, and the steps of
//! bulk jobs are carried out.

use app::bulk::Steps;
use app::channels::Heard;
use app::ports::Parking;
use app::process::Process;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use contracts::queue::{HookReceived, StepAsked};
use runtime::batch::{Outcome, sqs};

/// Handles a batch.
pub async fn handle(process: &Process, heard: &Heard, steps: &Steps, parking: &dyn Parking, event: SqsEvent) -> SqsBatchResponse {
    sqs(event, parking, |body| async move {
        if StepAsked::is_meant(&body) {
            return step(steps, &body).await;
        }
        if Heard::is_mail(&body) {
            let heard = heard.mail(&body).await;
            if let Ok(heard) = &heard {
                tracing::info!(?heard, "heard of a mail");
            }
            return Outcome::from(heard.map(drop));
        }
        let message = match HookReceived::read(&body) {
            Ok(message) => message,
            Err(bad) => return Outcome::from(bad),
        };
        if Heard::is_meant(&message) {
            let heard = heard.run(&message).await;
            if let Ok(heard) = &heard {
                tracing::info!(trace_id = %message.correlation, tenant = %message.tenant, inbox_id = message.inbox_id, ?heard, "heard");
            }
            return Outcome::from(heard.map(drop));
        }
        let processed = process.run(&message).await;
        if let Ok(processed) = &processed {
            tracing::info!(trace_id = %message.correlation, tenant = %message.tenant, inbox_id = message.inbox_id, ?processed, "webhook processed");
        }
        Outcome::from(processed.map(drop))
    })
    .await
}

async fn step(steps: &Steps, body: &str) -> Outcome {
    let asked = match StepAsked::read(body) {
        Ok(asked) => asked,
        Err(bad) => return Outcome::from(bad),
    };
    let result = steps.run(&asked).await;
    if let Ok(result) = &result {
        tracing::info!(trace_id = %asked.correlation, tenant = %asked.tenant, job = asked.job, success = result.success, "bulk step");
    }
    Outcome::from(result.map(drop))
}
