//! Open orders that have waited too long: raised once, told together, moved on where the shop wants it.

use app::ports::{Parking, Queue};
use app::watch::{Watch, WatchOrders, ask};
use aws_lambda_events::sqs::SqsEvent;
use contracts::queue::WatchAsked;
use domain::ids::CorrelationId;
use runtime::batch::{Outcome, sqs};
use serde_json::{Value, json};

/// Handles a queue batch (`Records`: shops to be watched) or a schedule's tick (anything else), which fills that queue.
///
/// # Errors
/// If a tick can't list the tenants or reach the queue: the schedule fires again.
pub async fn handle(
    watch: &WatchOrders,
    queue: &dyn Queue,
    parking: &dyn Parking,
    event: Value,
    correlation: CorrelationId,
) -> Result<Value, lambda_runtime::Error> {
    if event.get("Records").is_none() {
        let shops = watch.all(queue, &correlation).await?;
        tracing::info!(trace_id = %correlation, shops, "shops to be watched");
        return Ok(json!({ "shops": shops }));
    }
    let event: SqsEvent = serde_json::from_value(event)?;
    let response = sqs(event, parking, |body| async move {
        let asked = match WatchAsked::read(&body) {
            Ok(asked) => asked,
            Err(bad) => return Outcome::from(bad),
        };
        let watched = watch.one(&asked.tenant, &asked.correlation).await;
        tracing::info!(trace_id = %asked.correlation, tenant = %asked.tenant, ?watched, "orders watched");
        match watched {
            // The next message goes on where this one had no more time.
            Ok(Watch::Ran(ran)) if ran.more => Outcome::from(ask(queue, &asked.tenant, &asked.correlation).await),
            watched => Outcome::from(watched.map(drop)),
        }
    })
    .await;
    Ok(serde_json::to_value(response)?)
}
