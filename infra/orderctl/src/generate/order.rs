//! One order, put together.

use super::catalogue::{article, price_minor};
use super::course::{self, Word, moment};
use super::people::{Customer, customer};
use super::plan::{HOURS, PlannedDay, Spec, days_since_epoch};
use super::random::Random;
use domain::money::Currency;
use jiff::Timestamp;
use jiff::civil::Date;

/// One position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoLine {
    /// Stock-keeping unit.
    pub sku: String,
    /// What it is called.
    pub name: String,
    /// 1 or more.
    pub quantity: u32,
    /// Minor units of the order's currency, each.
    pub unit_price_minor: i64,
}

/// One order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoOrder {
    /// The shop's number for it.
    pub number: String,
    /// When it was placed; numbers follow it.
    pub placed_at: Timestamp,
    /// Who placed it.
    pub customer: Customer,
    /// What was ordered: one to four positions.
    pub lines: Vec<DemoLine>,
    /// That of the customer's country.
    pub currency: Currency,
    /// How far it has come.
    pub word: Word,
    /// The promised day, if one was promised.
    pub eta: Option<Date>,
    /// Who carries it, once it has left.
    pub carrier: Option<&'static str>,
    /// The carrier's number for it, once it has left; no carrier knows it.
    pub tracking_number: Option<String>,
    /// Where it was ordered.
    pub source: &'static str,
}

const SOURCES: [&str; 5] = ["web", "app", "marketplace", "phone", "store"];

/// The orders of one day, by time.
pub(super) fn of_day(spec: &Spec, day: &PlannedDay, first_number: u64, delay: u64) -> Vec<DemoOrder> {
    let mut random = Random::of(spec.seed, "times", days_since_epoch(day.day));
    let end = if day.day == spec.as_of { seconds_into_day(spec) } else { 24 * 3_600 };
    let mut seconds: Vec<i64> = (0..day.orders).map(|_| second_of_day(&mut random, end)).collect();
    seconds.sort_unstable();
    seconds.into_iter().zip(first_number..).map(|(second, number)| order(spec, number, moment(day.day, second), delay)).collect()
}

fn seconds_into_day(spec: &Spec) -> i64 {
    let time = spec.as_of_time;
    i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second())
}

/// A second before `end`, in the busy hours more likely than in the quiet ones.
fn second_of_day(random: &mut Random, end: i64) -> i64 {
    if end == 0 {
        return 0;
    }
    let begun = HOURS.len().min((end as usize).div_ceil(3_600));
    let start = random.weighted(&HOURS[..begun]) as i64 * 3_600;
    let room = (end - start).min(3_600);
    start + random.below(room.unsigned_abs()) as i64
}

fn order(spec: &Spec, number: u64, placed_at: Timestamp, delay: u64) -> DemoOrder {
    let mut random = Random::of(spec.seed, "order", number);
    let (customer, country) = customer(spec.seed, loyal(spec, &mut random));
    let currency = Currency::parse(country.currency).unwrap_or(Currency::EUR);
    let lines = lines(country.currency, &mut random);
    let source = SOURCES[random.weighted(&[45, 25, 18, 4, 8])];
    let carrier = *random.pick(country.carriers);
    let tracking = format!("DEMO{:010}", random.below(10_000_000_000));
    let standing = course::standing(spec, placed_at, country, delay, &mut random);
    let left = standing.word.has_left();
    DemoOrder {
        number: number.to_string(),
        placed_at,
        customer,
        lines,
        currency,
        word: standing.word,
        eta: standing.eta,
        carrier: left.then_some(carrier),
        tracking_number: left.then_some(tracking),
        source,
    }
}

/// Which customer: about two orders each, and some come back far more often than others.
fn loyal(spec: &Spec, random: &mut Random) -> u64 {
    let pool = u64::from(spec.orders / 2).max(1);
    random.below(pool).min(random.below(pool + pool / 2))
}

fn lines(currency: &str, random: &mut Random) -> Vec<DemoLine> {
    let wanted = 1 + random.weighted(&[62, 24, 10, 4]);
    let mut lines: Vec<DemoLine> = Vec::with_capacity(wanted);
    for _ in 0..wanted {
        let article = article(random);
        let quantity = 1 + random.weighted(&[78, 16, 6]) as u32;
        match lines.iter_mut().find(|line| line.sku == article.sku) {
            Some(line) => line.quantity += quantity,
            None => lines.push(DemoLine {
                unit_price_minor: price_minor(article.price_euro_cents, currency),
                sku: article.sku,
                name: article.name,
                quantity,
            }),
        }
    }
    lines
}
