//! A month's bill, as the README shows it.

use crate::cost::Usage;
use crate::prices;
use crate::{Stats, World};
use std::fmt::Write;

/// Orders of the months that are shown.
const MONTHS: [f64; 2] = [1_000.0, 1_000_000.0];
const SECONDS: f64 = 30.44 * 24.0 * 3600.0;
/// Traces are taken of the first request in each second and of this share of the others.
const TRACED: f64 = 0.05;
const TEMPLATE: &str = include_str!("../../../template.yaml");

/// What orders use where nothing goes wrong, and how many orders that was.
pub fn calm() -> (Usage, u64) {
    let stats = (0..10).map(|seed| {
        let mut world = World::calm(seed);
        world.run(400);
        world.drain();
        world.stats()
    });
    let sum = stats.fold(Stats::default(), Stats::plus);
    (sum.usage, sum.orders)
}

/// The table, in Markdown.
pub fn table() -> String {
    let (usage, orders) = calm();
    let mut text = String::new();
    let heads = MONTHS.map(|orders| format!("{} orders a month", thousands(orders)));
    let _ = writeln!(text, "| | an order | {} |\n|---|---:|---:|---:|", heads.join(" | "));
    let mut sums = [0.0; MONTHS.len()];
    let mut line = |name: &str, each: &str, costs: [f64; MONTHS.len()]| {
        for (sum, cost) in sums.iter_mut().zip(costs) {
            *sum += cost;
        }
        let _ = writeln!(text, "| {name} | {each} | {} |", costs.map(dollars).join(" | "));
    };
    for (name, units, price) in usage.lines() {
        let each = units / orders as f64;
        line(name, &format!("{each:.1}"), MONTHS.map(|orders| orders * each * price / 1e6));
    }
    let each = usage.invocations / orders as f64;
    line("traces, at most", "", MONTHS.map(|orders| traced(orders * each) * prices::TRACES / 1e6));
    let (alarms, secrets) = (count("AWS::CloudWatch::Alarm"), count("AWS::SecretsManager::Secret"));
    let standing = alarms as f64 * prices::ALARM_MONTH + secrets as f64 * prices::SECRET_MONTH;
    line(&format!("{alarms} alarms, {secrets} secrets"), "", [standing; MONTHS.len()]);
    line("schedules and idle pollers", "", [idle(); MONTHS.len()]);
    let _ = writeln!(text, "| **together** | | {} |", sums.map(|sum| format!("**{}**", dollars(sum))).join(" | "));
    text
}

/// What goes on while nothing happens: each minute the relay's sweep, which looks into sixteen shards, and the timers' tick,
/// which looks into four; the sheets' tick every five minutes, the report's look every quarter of an hour, every half hour
/// the watch over one shop's open orders in eight shards, and Lambda's five pollers of each queue, which wait twenty seconds at a time.
fn idle() -> f64 {
    let (sweeps, watches) = (SECONDS / 60.0, SECONDS / 1_800.0);
    let looks = SECONDS / 300.0 + SECONDS / 900.0 + 2.0 * watches;
    let polls = count("SQS") as f64 * 5.0 * SECONDS / 20.0;
    let usage = Usage {
        invocations: 2.0 * sweeps + looks,
        reads: sweeps * (16.0 + 4.0) * 0.5 + watches * 8.0 * 0.5,
        queue: polls + watches,
        ..Usage::default()
    };
    usage.lines().iter().map(|(_, units, price)| units * price / 1e6).sum()
}

fn traced(invocations: f64) -> f64 {
    let first = invocations.min(SECONDS);
    first + TRACED * (invocations - first)
}

/// How many of a kind the template has.
fn count(kind: &str) -> usize {
    TEMPLATE.lines().filter(|line| line.trim() == format!("Type: {kind}")).count()
}

fn dollars(amount: f64) -> String {
    if amount < 100.0 { format!("${amount:.2}") } else { format!("${}", thousands(amount)) }
}

fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");

    // req: X-10
    #[test]
    fn the_committed_bill_is_the_counted_one() {
        let readme = std::fs::read_to_string(README).expect("the README");
        let (before, rest) = readme.split_once("<!-- costs -->\n").expect("where the table begins");
        let (shown, after) = rest.split_once("<!-- /costs -->").expect("where it ends");
        let counted = table();
        if std::env::var_os("UPDATE_GENERATED").is_some() {
            std::fs::write(README, format!("{before}<!-- costs -->\n{counted}<!-- /costs -->{after}")).expect("writable");
        } else {
            assert_eq!(shown, counted, "run `make generate`");
        }
    }

    #[test]
    fn busy_seconds_are_traced_in_part() {
        assert_eq!(traced(1_000.0), 1_000.0);
        assert_eq!(traced(SECONDS + 100.0), SECONDS + 5.0);
        assert_eq!((thousands(999.6), thousands(1_234_567.0)), ("1,000".to_owned(), "1,234,567".to_owned()));
    }
}
