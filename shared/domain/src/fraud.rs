//! How likely it is that somebody orders with another's money: points that add up, each with its reason.
//!
//! The sources' points could not reach the line at which they ask for a review (at most 40 of 75): here those of both of
//! their tables count together, so that they can (`docs/adr/0009-fraud-points-can-reach-the-line.md`).

use crate::money::{Currency, Money};
use serde::{Deserialize, Serialize};

/// What a shop thinks suspicious. Amounts are whole units of the order's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FraudRules {
    /// Orders are scored at all.
    pub enabled: bool,
    /// More than this is a large order.
    pub large_over: u32,
    /// More than this is a very large one.
    pub very_large_over: u32,
    /// So many orders of one customer within an hour, this one among them, are many.
    pub many_orders: u32,
    /// Countries (ISO 3166-1 alpha-2) that a shop has had bad experiences with.
    pub risky_countries: Vec<String>,
    /// From so many points on a person looks at it.
    pub review_at: u8,
    /// From so many points on nobody has to: it is called off. 0 = never.
    pub refuse_at: u8,
    /// What an adviser's score counts, in percent of it, if the shop has one: at 50, its 80 are 40 points. At most 100.
    pub adviser_percent: u8,
}

impl Default for FraudRules {
    fn default() -> Self {
        FraudRules {
            enabled: true,
            large_over: 500,
            very_large_over: 1_000,
            many_orders: 3,
            risky_countries: Vec::new(),
            review_at: 75,
            refuse_at: 0,
            adviser_percent: 50,
        }
    }
}

/// What is known of an order and whoever placed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect<'a> {
    /// What is to be paid.
    pub total: Money,
    /// Where to.
    pub ships_to: Option<&'a str>,
    /// Where whoever pays lives.
    pub billed_to: Option<&'a str>,
    /// What else is known of them.
    pub past: Past,
    /// What the shop's adviser thinks, if it has one that has answered.
    pub advice: Option<&'a FraudAdvice>,
}

/// What somebody outside thinks of an order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FraudAdvice {
    /// 0 to 100.
    pub score: u8,
    /// Why, in few words.
    pub reasons: Vec<String>,
}

impl FraudAdvice {
    /// Reasons that are kept.
    pub const REASONS_MAX: usize = 5;
    /// Characters of one.
    pub const REASON_CHARS: usize = 120;

    /// As far as it can be used: a score of 0 to 100, and reasons without what could name somebody.
    pub fn sound(score: i64, reasons: impl IntoIterator<Item = String>) -> Option<FraudAdvice> {
        let score = u8::try_from(score).ok().filter(|score| *score <= 100)?;
        let tidy = |reason: String| {
            let words = reason.split_whitespace().filter(|word| !word.contains('@') && word.bytes().filter(u8::is_ascii_digit).count() < 5);
            let text = words.collect::<Vec<_>>().join(" ");
            text.chars().filter(|c| !c.is_control()).take(Self::REASON_CHARS).collect::<String>()
        };
        let reasons = reasons.into_iter().take(Self::REASONS_MAX).map(tidy).filter(|reason| !reason.is_empty()).collect();
        Some(FraudAdvice { score, reasons })
    }
}

/// What is known of a customer's past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Past {
    /// Orders of theirs within the hour before this one, without it.
    pub within_hour: u32,
    /// Orders of theirs before this one, as far as was looked.
    pub before: u32,
    /// Of these, those whose money went back or was claimed back.
    pub lost: u32,
    /// Hour of the day where they are, 0 to 23, when they placed it; none if nobody knows where they are.
    pub hour: Option<u8>,
}

/// Why points were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// A large order.
    Large,
    /// A very large one, which is large as well.
    VeryLarge,
    /// It goes to another country than its bill.
    CountryMismatch,
    /// Many orders within an hour.
    Velocity,
    /// To or from where the shop has had bad experiences.
    RiskyCountry,
    /// Placed in the middle of the night.
    UnusualHour,
    /// Money of earlier orders went back.
    LostBefore,
    /// The shop's adviser thinks so.
    Adviser,
}

impl Signal {
    /// All.
    pub const ALL: [Signal; 8] = [
        Signal::Large,
        Signal::VeryLarge,
        Signal::CountryMismatch,
        Signal::Velocity,
        Signal::RiskyCountry,
        Signal::UnusualHour,
        Signal::LostBefore,
        Signal::Adviser,
    ];

    /// What it counts; an adviser's counts what it says, up to this.
    pub const fn points(self) -> u8 {
        match self {
            Signal::Adviser => 100,
            Signal::Large => 15,
            Signal::VeryLarge | Signal::CountryMismatch => 25,
            Signal::Velocity | Signal::LostBefore => 30,
            Signal::RiskyCountry => 20,
            Signal::UnusualHour => 10,
        }
    }

    /// On the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Signal::Large => "large",
            Signal::VeryLarge => "very_large",
            Signal::CountryMismatch => "country_mismatch",
            Signal::Velocity => "velocity",
            Signal::RiskyCountry => "risky_country",
            Signal::UnusualHour => "unusual_hour",
            Signal::LostBefore => "lost_before",
            Signal::Adviser => "adviser",
        }
    }
}

/// Points and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// What was seen.
    pub signal: Signal,
    /// What it counts.
    pub points: u8,
    /// In words, without anything that names a customer.
    pub reason: String,
}

/// How suspicious that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskLevel {
    /// Below 25.
    Low,
    /// Below 50.
    Medium,
    /// Below 75.
    High,
    /// 75 and more.
    Critical,
}

impl RiskLevel {
    /// Of so many points.
    pub const fn of(score: u8) -> RiskLevel {
        match score {
            0..25 => RiskLevel::Low,
            25..50 => RiskLevel::Medium,
            50..75 => RiskLevel::High,
            _ => RiskLevel::Critical,
        }
    }

    /// On the wire.
    pub const fn code(self) -> &'static str {
        match self {
            RiskLevel::Low => "low",
            RiskLevel::Medium => "medium",
            RiskLevel::High => "high",
            RiskLevel::Critical => "critical",
        }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// 0 to 100.
    pub score: u8,
    /// Every point of it, with its reason. They may add up to more than 100.
    pub points: Vec<Point>,
}

impl Assessment {
    /// How suspicious that is.
    pub const fn level(&self) -> RiskLevel {
        RiskLevel::of(self.score)
    }
}

/// Nobody but a night owl orders then: from 23:00 to 05:59.
const fn is_night(hour: u8) -> bool {
    hour >= 23 || hour < 6
}

fn exceeds(total: Money, over: u32, currency: Currency) -> bool {
    total.minor > i64::from(over).saturating_mul(currency.minor_per_major())
}

/// What an adviser's score counts; none if that is nothing.
fn advised(advice: &FraudAdvice, percent: u8) -> Option<Point> {
    let points = u8::try_from(u32::from(advice.score) * u32::from(percent.min(100)) / 100).ok().filter(|points| *points > 0)?;
    let why = if advice.reasons.is_empty() { String::new() } else { format!(": {}", advice.reasons.join("; ")) };
    Some(Point { signal: Signal::Adviser, points, reason: format!("the adviser says {} of 100{why}", advice.score) })
}

/// Adds up what speaks against an order.
pub fn assess(suspect: &Suspect<'_>, rules: &FraudRules) -> Assessment {
    let Suspect { total, ships_to, billed_to, past, advice } = suspect;
    let risky = |country: &&str| rules.risky_countries.iter().any(|known| known.eq_ignore_ascii_case(country));
    let over = |over: u32| exceeds(*total, over, total.currency).then(|| format!("{} is more than {over}", total.decimal()));
    let orders = past.within_hour.saturating_add(1);
    let seen = [
        (Signal::Large, over(rules.large_over)),
        (Signal::VeryLarge, over(rules.very_large_over)),
        (
            Signal::CountryMismatch,
            ships_to
                .zip(*billed_to)
                .filter(|(to, bill)| !to.eq_ignore_ascii_case(bill))
                .map(|(to, bill)| format!("goes to {to}, the bill to {bill}")),
        ),
        (
            Signal::Velocity,
            (rules.many_orders > 1 && orders >= rules.many_orders).then(|| format!("{orders} orders of this customer within an hour")),
        ),
        (
            Signal::RiskyCountry,
            [*ships_to, *billed_to].into_iter().flatten().find(risky).map(|country| format!("{country} is on the shop's list")),
        ),
        (
            Signal::UnusualHour,
            past.hour.filter(|hour| is_night(*hour)).map(|hour| format!("placed at {hour} o'clock where the customer is")),
        ),
        (
            Signal::LostBefore,
            (past.lost > 0).then(|| format!("the money of {} of {} earlier orders went back", past.lost, past.before.max(past.lost))),
        ),
    ];
    let mut points: Vec<Point> =
        seen.into_iter().filter_map(|(signal, reason)| Some(Point { signal, points: signal.points(), reason: reason? })).collect();
    points.extend(advice.and_then(|advice| advised(advice, rules.adviser_percent)));
    let sum: u32 = points.iter().map(|point| u32::from(point.points)).sum();
    Assessment { score: u8::try_from(sum.min(100)).unwrap_or(100), points }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn eur(minor: i64) -> Suspect<'static> {
        Suspect {
            total: Money::new(minor, Currency::EUR),
            ships_to: Some("DE"),
            billed_to: Some("DE"),
            past: Past::default(),
            advice: None,
        }
    }

    fn score(suspect: &Suspect<'_>) -> u8 {
        assess(suspect, &FraudRules::default()).score
    }

    // req: S2-27
    // req: S2-28
    #[test]
    fn points_are_those_of_the_tables() {
        assert_eq!(score(&eur(50_000)), 0, "500.00 is not more than 500");
        assert_eq!(score(&eur(50_001)), 15);
        assert_eq!(score(&eur(100_000)), 15, "1000.00 is not more than 1000");
        assert_eq!(score(&eur(100_001)), 40);
        let abroad = Suspect { billed_to: Some("US"), ..eur(100) };
        assert_eq!(score(&abroad), 25);
        assert_eq!(score(&Suspect { billed_to: None, ..abroad.clone() }), 0, "nobody knows where the bill goes");
        assert_eq!(score(&Suspect { billed_to: Some("de"), ..eur(100) }), 0);
        let past = |past| Suspect { past, ..eur(100) };
        assert_eq!(score(&past(Past { within_hour: 1, before: 1, ..Past::default() })), 0);
        assert_eq!(score(&past(Past { within_hour: 2, before: 2, ..Past::default() })), 30);
        assert_eq!(score(&past(Past { before: 4, lost: 1, ..Past::default() })), 30);
        for (hour, points) in [(22, 0), (23, 10), (0, 10), (5, 10), (6, 0), (12, 0)] {
            assert_eq!(score(&past(Past { hour: Some(hour), ..Past::default() })), points, "{hour}");
        }
        let rules = FraudRules { risky_countries: vec!["XX".into()], ..FraudRules::default() };
        assert_eq!(assess(&Suspect { ships_to: Some("xx"), billed_to: None, ..eur(100) }, &rules).score, 20);
    }

    // req: S2-27
    #[test]
    fn the_line_of_75_can_be_reached_and_each_point_says_why() {
        let past = Past { within_hour: 2, before: 2, ..Past::default() };
        let found = assess(&Suspect { billed_to: Some("US"), past, ..eur(100_001) }, &FraudRules::default());
        assert_eq!((found.score, found.level()), (95, RiskLevel::Critical));
        let words: Vec<&str> = found.points.iter().map(|point| point.reason.as_str()).collect();
        assert_eq!(
            words,
            [
                "1000.01 is more than 500",
                "1000.01 is more than 1000",
                "goes to DE, the bill to US",
                "3 orders of this customer within an hour"
            ]
        );
        let night = Past { hour: Some(3), ..Past::default() };
        assert_eq!(score(&Suspect { billed_to: Some("US"), past: night, ..eur(100_001) }), 75, "without any past, too");
    }

    // req: S2-27
    #[test]
    fn levels_have_their_limits() {
        let levels = [0, 24, 25, 49, 50, 74, 75, 100].map(|score| RiskLevel::of(score).code());
        assert_eq!(levels, ["low", "low", "medium", "medium", "high", "high", "critical", "critical"]);
    }

    #[test]
    fn amounts_are_in_units_of_their_currency() {
        let yen = Money::new(1_001, Currency::parse("JPY").unwrap());
        assert_eq!(score(&Suspect { total: yen, ..eur(0) }), 40, "1001 yen are 1001 units");
        let dinars = Money::new(500_001, Currency::parse("KWD").unwrap());
        assert_eq!(score(&Suspect { total: dinars, ..eur(0) }), 15, "500.001 dinars");
    }

    proptest! {
        #[test]
        fn a_score_is_the_sum_of_its_points(minor in 0i64..10_000_000, within_hour in 0u32..9, lost in 0u32..3, hour in 0u8..24, abroad: bool) {
            let past = Past { within_hour, before: within_hour, lost, hour: Some(hour) };
            let suspect = Suspect { billed_to: Some(if abroad { "US" } else { "DE" }), past, ..eur(minor) };
            let found = assess(&suspect, &FraudRules::default());
            let sum: u32 = found.points.iter().map(|point| u32::from(point.points)).sum();
            prop_assert_eq!(u32::from(found.score), sum.min(100));
            prop_assert!(found.points.iter().all(|point| !point.reason.is_empty() && point.points == point.signal.points()));
            let more = assess(&Suspect { total: Money::new(minor + 100_100, Currency::EUR), ..suspect }, &FraudRules::default());
            prop_assert!(more.score >= found.score, "more money is never less suspicious");
        }
    }

    /// Its score counts half by default, beside ours; what could name somebody is left out of its reasons.
    // req: S2-79
    #[test]
    fn an_adviser_is_heard_and_explained() {
        let said = |score, reasons: &[&str]| FraudAdvice::sound(score, reasons.iter().map(|reason| (*reason).to_owned()));
        let advice = said(80, &["velocity of jim@example.com on 5550123456", "\u{7}", "new device"]).unwrap();
        assert_eq!(advice.reasons, ["velocity of on", "new device"]);
        let found = assess(&Suspect { advice: Some(&advice), billed_to: Some("US"), ..eur(100) }, &FraudRules::default());
        assert_eq!(found.score, 25 + 40);
        assert_eq!(found.points[1].reason, "the adviser says 80 of 100: velocity of on; new device");
        for (percent, points) in [(0, 0), (100, 80), (255, 80)] {
            let rules = FraudRules { adviser_percent: percent, ..FraudRules::default() };
            assert_eq!(assess(&Suspect { advice: Some(&advice), ..eur(100) }, &rules).score, points, "{percent}");
        }
        assert_eq!((said(-1, &[]), said(101, &[]), said(i64::MAX, &[])), (None, None, None));
        assert_eq!(said(0, &["x"; 9]).unwrap().reasons.len(), FraudAdvice::REASONS_MAX);
    }
}
