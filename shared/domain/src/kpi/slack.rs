//! The daily summary as Slack mrkdwn. Only numbers, dates and our own status words go in, so nothing a
//! customer typed can mention a channel.

use super::{Comparison, DailyKpi, Headline};
use std::fmt::Write as _;

/// The five lines of the daily post.
pub fn slack_summary(kpi: &DailyKpi) -> String {
    let by_status: Vec<String> = kpi.by_status.iter().map(|row| format!("{}: {}", row.label.text(), row.count)).collect();
    let by_status = if by_status.is_empty() { "none".to_owned() } else { by_status.join(", ") };
    format!(
        "*Daily Logistics Report* - {}\n\
         • Total orders: *{}*\n\
         • Delayed %: *{}%*\n\
         • SLA misses: *{}*\n\
         • By status: {by_status}",
        kpi.as_of, kpi.total, kpi.delayed_pct, kpi.sla_missed
    )
}

/// One line per known day to compare with, or nothing: "• vs yesterday: orders +3, delayed -1.2 pp, SLA
/// misses ±0".
pub fn slack_comparison(kpi: &DailyKpi, comparison: &Comparison) -> String {
    let mut lines = String::new();
    for (name, then) in [("yesterday", comparison.yesterday), ("same weekday", comparison.same_weekday)] {
        let Some(then) = then else { continue };
        let now = Headline::from(kpi);
        let separator = if lines.is_empty() { "" } else { "\n" };
        let points = signed_tenths(i64::from(now.delayed_pct.tenths()) - i64::from(then.delayed_pct.tenths()));
        // Writing to a String cannot fail.
        let _ = write!(
            lines,
            "{separator}• vs {name}: orders {}, delayed {points} pp, SLA misses {}",
            signed(now.total, then.total),
            signed(now.sla_missed, then.sla_missed),
        );
    }
    lines
}

fn signed(now: u64, then: u64) -> String {
    match now.cmp(&then) {
        std::cmp::Ordering::Equal => "±0".to_owned(),
        std::cmp::Ordering::Greater => format!("+{}", now - then),
        std::cmp::Ordering::Less => format!("-{}", then - now),
    }
}

fn signed_tenths(tenths: i64) -> String {
    let sign = match tenths {
        0 => "±",
        1.. => "+",
        _ => "-",
    };
    let size = tenths.unsigned_abs();
    format!("{sign}{}.{}", size / 10, size % 10)
}
