//! What is to happen to orders at a moment: each minute, those whose moment has come.

use app::timers::RunTimers;
use domain::ids::CorrelationId;
use serde_json::Value;

/// Handles a schedule's tick, whatever is in it.
///
/// # Errors
/// If nobody knows what is due: the schedule fires again in a minute.
pub async fn handle(timers: &RunTimers, correlation: CorrelationId) -> Result<Value, lambda_runtime::Error> {
    let ran = timers.run(&correlation).await?;
    tracing::info!(trace_id = %correlation, ?ran, "timers ran");
    Ok(serde_json::to_value(ran)?)
}
