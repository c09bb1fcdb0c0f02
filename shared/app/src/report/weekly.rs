//! The review of a week's decisions, with the first report after it: on Monday morning, if nothing was in the way.

use super::{DECISIONS, KEPT_FOR, LEASE, Report, decisions_key, ready};
use crate::error::Result;
use crate::json;
use crate::ledger::{self, last_week};
use crate::ports::{Claim, OnceDone, OnceKey};
use crate::publish::envelope;
use crate::scope::TenantScope;
use crate::tenant::TenantConfig;
use contracts::Payload;
use domain::ids::CorrelationId;
use jiff::civil::Date;
use serde_json::json;

/// Files it once, and tells the team if rules did anything.
pub(super) async fn review(
    report: &Report,
    scope: &TenantScope,
    config: &TenantConfig,
    monday: Date,
    correlation: &CorrelationId,
) -> Result<()> {
    let once = OnceKey::new("report", DECISIONS, &monday.to_string());
    let Claim::Mine { fence } = report.once.claim(scope, &once, "", report.clock.now(), LEASE).await? else { return Ok(()) };
    let filed = file(report, scope, config, (monday, &once, fence), correlation).await;
    if filed.is_err() {
        // The next run need not wait for the lease to end. If this fails as well, it does.
        let given_back = report.once.release(scope, &once, fence).await;
        tracing::warn!(trace_id = %correlation, tenant = %scope.tenant(), ?given_back, "the week's decisions were not filed");
    }
    filed
}

async fn file(
    report: &Report,
    scope: &TenantScope,
    config: &TenantConfig,
    (monday, once, fence): (Date, &OnceKey, u64),
    correlation: &CorrelationId,
) -> Result<()> {
    let (from, until) = last_week(config, report.clock.now());
    let week = ledger::review(&*report.decisions, scope, from, until).await?;
    let share = |part: usize| format!("{}%", (part * 100 + week.moved / 2) / week.moved.max(1));
    let sample: Vec<_> = week
        .sample
        .iter()
        .map(|entry| {
            let verdict = entry.judgement.as_ref().map(|judgement| judgement.verdict.code());
            json!({
                "order_id": entry.order.to_string(),
                "decision_id": entry.id.to_string(),
                "at": entry.at,
                "reason": entry.decision.reason,
                "confidence": entry.decision.confidence,
                "verdict": verdict,
            })
        })
        .collect();
    let filed = json!({
        "from": from,
        "until": until,
        "complete": week.complete,
        "moved": week.moved,
        "overruled": week.overruled,
        "agreed": week.agreed,
        "not_looked_at": week.moved - week.overruled - week.agreed,
        "sample": sample,
    });
    let key = decisions_key(monday);
    json::remember(&*report.reports, scope, &key, &filed).await?;
    let now = report.clock.now();
    let summary = format!(
        "*Last week's decisions*{}: rules moved orders on {} times; people overruled {} ({}) and agreed with {}. {} of them wait to be looked at: `GET /v1/decisions/sample`",
        if week.complete { "" } else { " (the newest 2,000)" },
        week.moved,
        week.overruled,
        share(week.overruled),
        week.agreed,
        week.sample.iter().filter(|entry| entry.judgement.is_none()).count(),
    );
    let subject = format!("report:{DECISIONS}:{monday}");
    let news = Payload::ReportReady(ready(DECISIONS, monday, key.clone(), &summary, None));
    let event = envelope(scope.tenant(), &subject, 1, 0, now, correlation, news);
    let events = if week.moved == 0 { Vec::new() } else { vec![event] };
    let done = OnceDone { key: once, request_hash: "", response: &key, fence: Some(fence), expires_at: now + KEPT_FOR };
    report.once.complete(scope, done, &events, now).await?;
    Ok(())
}
