//! Which location sends what of an order: in as few parcels as possible, then from the best places.
//!
//! If one location has everything, the best of those sends it all. Up to [`EXACT_LOCATIONS`] locations, the smallest number of
//! parcels is found for certain; beyond, by taking whoever has most of what is left, and then leaving out whom nobody misses.
//! Never more parcels than by filling up from the best location down.

use crate::ids::LocationId;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Lines that are looked at.
pub const LINES_MAX: usize = 1_000;
/// Locations that are looked at, the best first.
pub const LOCATIONS_MAX: usize = 100;
/// Locations up to which all choices of them are tried: 4,096.
pub const EXACT_LOCATIONS: usize = 12;
/// The longest that a customer is made to wait for what is not there.
pub const BACKORDER_DAYS_MAX: i32 = 30;

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Which unit.
    pub sku: String,
    /// How many.
    pub quantity: u32,
    /// Whether stock of it is counted. What is not counted is always there.
    pub tracked: bool,
}

/// What is free to promise, by location and unit.
pub type Available = BTreeMap<LocationId, BTreeMap<String, u32>>;

/// So many of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The line's place in the order, from 0.
    pub line: usize,
    /// How many; at least 1.
    pub quantity: u32,
}

/// What one location sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// From where.
    pub from: LocationId,
    /// What, in the order's order.
    pub parts: Vec<Part>,
}

/// Who sends what, and what nobody has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// By location, the best first.
    pub parcels: Vec<Parcel>,
    /// What is missing.
    pub short: Vec<Part>,
    /// Whether it is certain that it cannot be done in fewer parcels.
    pub exact: bool,
}

impl Plan {
    /// Does everything leave?
    pub fn is_complete(&self) -> bool {
        self.short.is_empty()
    }
}

/// The question in numbers: what is wanted of each unit, and what each location has of it.
struct Problem<'a> {
    /// Units that are counted, and how many of each all locations together can give, at most what is wanted.
    goal: Vec<(&'a str, u64)>,
    /// What the locations have, in the ranking's order, only those that have something.
    has: Vec<(usize, Vec<u64>)>,
}

impl<'a> Problem<'a> {
    fn of(lines: &'a [Wanted], available: &Available, ranking: &[LocationId]) -> Problem<'a> {
        let mut wanted: BTreeMap<&str, u64> = BTreeMap::new();
        for line in lines.iter().filter(|line| line.tracked && line.quantity > 0) {
            *wanted.entry(&line.sku).or_default() += u64::from(line.quantity);
        }
        let stock = |location: &LocationId, sku: &str| available.get(location).and_then(|skus| skus.get(sku)).map_or(0, |q| u64::from(*q));
        let has: Vec<(usize, Vec<u64>)> = ranking
            .iter()
            .enumerate()
            .map(|(at, location)| (at, wanted.iter().map(|(sku, want)| stock(location, sku).min(*want)).collect::<Vec<_>>()))
            .filter(|(_, has)| has.iter().any(|quantity| *quantity > 0))
            .collect();
        let together = |at: usize| has.iter().map(|(_, has)| has[at]).sum::<u64>();
        let goal = wanted.iter().enumerate().map(|(at, (sku, want))| (*sku, together(at).min(*want))).collect();
        Problem { goal, has }
    }

    /// Do these locations together have all that there is?
    fn is_met(&self, chosen: impl Iterator<Item = usize> + Clone) -> bool {
        self.goal.iter().enumerate().all(|(unit, (_, goal))| chosen.clone().map(|at| self.has[at].1[unit]).sum::<u64>() >= *goal)
    }

    /// The smallest choice, and of those the one of the best locations: they are tried in this order.
    fn exactly(&self) -> Option<Vec<usize>> {
        let count = self.has.len();
        let mut choices: Vec<u32> = (0..1u32 << count).collect();
        let places = |choice: u32| (0..count).filter(move |at| choice >> at & 1 == 1);
        // Of as many, by the sum of ranks, then by the best of them.
        choices.sort_by_cached_key(|choice| {
            (choice.count_ones(), places(*choice).map(|at| self.has[at].0).sum::<usize>(), choice.reverse_bits() ^ u32::MAX)
        });
        choices.into_iter().find(|choice| self.is_met(places(*choice))).map(|choice| places(choice).collect())
    }

    /// Whoever has most of what is left, again and again; then without those that are not needed, the worst first.
    fn nearly(&self) -> Vec<usize> {
        let mut left: Vec<u64> = self.goal.iter().map(|(_, goal)| *goal).collect();
        let mut chosen: Vec<usize> = Vec::new();
        while left.iter().any(|quantity| *quantity > 0) && chosen.len() < self.has.len() {
            let gives = |at: &usize| self.has[*at].1.iter().zip(&left).map(|(has, left)| *has.min(left)).sum::<u64>();
            let next = (0..self.has.len()).filter(|at| !chosen.contains(at)).max_by_key(|at| (gives(at), std::cmp::Reverse(*at)));
            let Some(next) = next else { break };
            for (left, has) in left.iter_mut().zip(&self.has[next].1) {
                *left = left.saturating_sub(*has);
            }
            chosen.push(next);
        }
        chosen.sort_unstable();
        self.without_needless(chosen)
    }

    /// As whoever sends from the best place what it has, and the rest from the next.
    fn naively(&self) -> Vec<usize> {
        let mut left: Vec<u64> = self.goal.iter().map(|(_, goal)| *goal).collect();
        let mut chosen = Vec::new();
        for (at, (_, has)) in self.has.iter().enumerate() {
            if has.iter().zip(&left).any(|(has, left)| *has > 0 && *left > 0) {
                chosen.push(at);
                for (left, has) in left.iter_mut().zip(has) {
                    *left = left.saturating_sub(*has);
                }
            }
        }
        chosen
    }

    fn without_needless(&self, mut chosen: Vec<usize>) -> Vec<usize> {
        for at in (0..chosen.len()).rev() {
            let rest = chosen.iter().enumerate().filter(|(place, _)| *place != at).map(|(_, location)| *location);
            if self.is_met(rest) {
                chosen.remove(at);
            }
        }
        chosen
    }

    fn choose(&self) -> (Vec<usize>, bool) {
        if self.has.len() <= EXACT_LOCATIONS {
            return (self.exactly().unwrap_or_default(), true);
        }
        if let Some(one) = (0..self.has.len()).find(|at| self.is_met(std::iter::once(*at))) {
            return (vec![one], true);
        }
        let (nearly, naively) = (self.nearly(), self.without_needless(self.naively()));
        let chosen = if naively.len() <= nearly.len() { naively } else { nearly };
        // One cannot be; two are then the fewest.
        let exact = chosen.len() <= 2;
        (chosen, exact)
    }
}

/// Splits an order over locations. The ranking has the best first; a location that is not in it sends nothing. Lines beyond
/// [`LINES_MAX`] are short.
pub fn allocate(lines: &[Wanted], available: &Available, ranking: &[LocationId]) -> Plan {
    let mut seen = BTreeSet::new();
    let ranking: Vec<LocationId> = ranking.iter().filter(|location| seen.insert(*location)).take(LOCATIONS_MAX).cloned().collect();
    let (lines, beyond) = lines.split_at(lines.len().min(LINES_MAX));
    let problem = Problem::of(lines, available, &ranking);
    let (chosen, exact) = problem.choose();
    let chosen: Vec<usize> = chosen.into_iter().map(|at| problem.has[at].0).collect();
    let mut split = Split::of(available, &ranking, &chosen);
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.tracked) {
        split.take(at, line);
    }
    // What is always there goes along with the rest, else from the best place.
    let home = split.parcels.iter().find(|(_, parts)| !parts.is_empty()).map(|(at, _)| *at).or((!ranking.is_empty()).then_some(0));
    for (line, wanted) in lines.iter().enumerate().filter(|(_, line)| !line.tracked && line.quantity > 0) {
        let part = Part { line, quantity: wanted.quantity };
        match home {
            Some(home) => split.parcels.entry(home).or_default().push(part),
            None => split.short.push(part),
        }
    }
    let beyond = beyond.iter().enumerate().map(|(at, line)| Part { line: LINES_MAX + at, quantity: line.quantity });
    split.short.extend(beyond.filter(|part| part.quantity > 0));
    split.plan(&ranking, exact)
}

/// What is left of the stock while lines are given out.
struct Split<'a> {
    left: Vec<(usize, BTreeMap<&'a str, u32>)>,
    parcels: BTreeMap<usize, Vec<Part>>,
    short: Vec<Part>,
}

impl<'a> Split<'a> {
    fn of(available: &'a Available, ranking: &[LocationId], chosen: &[usize]) -> Split<'a> {
        let stock = |at: &usize| {
            let skus = available.get(&ranking[*at]);
            (*at, skus.into_iter().flatten().map(|(sku, quantity)| (sku.as_str(), *quantity)).collect())
        };
        let mut chosen = chosen.to_vec();
        chosen.sort_unstable();
        Split { left: chosen.iter().map(stock).collect(), parcels: BTreeMap::new(), short: Vec::new() }
    }

    /// From one place if one has it all, else from the best down: a line that comes in two parcels is a line that is asked about.
    fn take(&mut self, line: usize, wanted: &Wanted) {
        let mut open = wanted.quantity;
        let has = |skus: &BTreeMap<&str, u32>| skus.get(wanted.sku.as_str()).copied().unwrap_or(0);
        let whole = self.left.iter().position(|(_, skus)| has(skus) >= open);
        let order = whole.into_iter().chain(0..self.left.len());
        for place in order.collect::<Vec<_>>() {
            let (at, skus) = &mut self.left[place];
            let Some(left) = skus.get_mut(wanted.sku.as_str()) else { continue };
            let quantity = open.min(*left);
            if quantity > 0 {
                *left -= quantity;
                self.parcels.entry(*at).or_default().push(Part { line, quantity });
                open -= quantity;
            }
        }
        if open > 0 {
            self.short.push(Part { line, quantity: open });
        }
    }

    fn plan(mut self, ranking: &[LocationId], exact: bool) -> Plan {
        self.short.sort_by_key(|part| part.line);
        let parcels = self.parcels.into_iter().map(|(at, mut parts)| {
            parts.sort_by_key(|part| part.line);
            Parcel { from: ranking[at].clone(), parts }
        });
        Plan { parcels: parcels.collect(), short: self.short, exact }
    }
}

/// What a customer wants to be done about what is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenShort {
    /// Everything together, when it is there.
    Wait,
    /// What is there now, the rest later.
    #[default]
    Split,
    /// What is there now, and no more.
    Cancel,
}

/// What follows from it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// Leaves now.
    pub now: Vec<Parcel>,
    /// Is waited for.
    pub backordered: Vec<Part>,
    /// Is called off.
    pub cancelled: Vec<Part>,
}

impl Plan {
    /// What leaves, waits and is called off. Of an order that waits for a part of it, nothing leaves.
    pub fn settle(self, wish: WhenShort) -> Settled {
        match wish {
            _ if self.short.is_empty() => Settled { now: self.parcels, ..Settled::default() },
            WhenShort::Wait => Settled { backordered: self.short, ..Settled::default() },
            WhenShort::Split => Settled { now: self.parcels, backordered: self.short, ..Settled::default() },
            WhenShort::Cancel => Settled { now: self.parcels, cancelled: self.short, ..Settled::default() },
        }
    }
}

/// Why nobody can wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoBackorder {
    /// Too long.
    #[error("it comes in {days} days, and nobody is made to wait longer than {BACKORDER_DAYS_MAX}")]
    TooFar {
        /// How long.
        days: i32,
    },
    /// That day has passed.
    #[error("that day has passed")]
    Past,
}

/// Whether what comes on a day may be waited for: thirty days, and no more. How many it is.
pub fn backorder(comes: Date, today: Date) -> Result<i32, NoBackorder> {
    let days = i32::try_from(comes.duration_since(today).as_hours() / 24).unwrap_or(i32::MAX);
    match days {
        ..=-1 => Err(NoBackorder::Past),
        0..=BACKORDER_DAYS_MAX => Ok(days),
        _ => Err(NoBackorder::TooFar { days }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn location(name: &str) -> LocationId {
        LocationId::parse(name).unwrap()
    }

    fn wanted(lines: &[(&str, u32)]) -> Vec<Wanted> {
        lines.iter().map(|(sku, quantity)| Wanted { sku: (*sku).to_owned(), quantity: *quantity, tracked: *sku != "any" }).collect()
    }

    fn stock(at: &[(&str, &[(&str, u32)])]) -> Available {
        let skus = |skus: &[(&str, u32)]| skus.iter().map(|(sku, quantity)| ((*sku).to_owned(), *quantity)).collect();
        at.iter().map(|(name, has)| (location(name), skus(has))).collect()
    }

    fn ranking(names: &[&str]) -> Vec<LocationId> {
        names.iter().map(|name| location(name)).collect()
    }

    /// "ny: 0x2 1x1; short 2x1".
    fn said(plan: &Plan) -> String {
        let parts = |parts: &[Part]| parts.iter().map(|part| format!("{}x{}", part.line, part.quantity)).collect::<Vec<_>>().join(" ");
        let mut said: Vec<String> = plan.parcels.iter().map(|parcel| format!("{}: {}", parcel.from, parts(&parcel.parts))).collect();
        if !plan.short.is_empty() {
            said.push(format!("short: {}", parts(&plan.short)));
        }
        said.join("; ")
    }

    // req: S2-57
    #[test]
    fn the_fewest_parcels_then_the_best_places() {
        let all = ["ny", "la", "tx"];
        for (lines, has, expected, why) in [
            (&[("a", 2), ("b", 1)][..], &[("ny", &[("a", 2)][..]), ("la", &[("a", 2), ("b", 1)])][..], "la: 0x2 1x1", "one has it all"),
            (&[("a", 2)], &[("ny", &[("a", 2)]), ("la", &[("a", 9)])], "ny: 0x2", "the best of those that have it all"),
            (&[("a", 3)], &[("ny", &[("a", 2)]), ("la", &[("a", 2)])], "ny: 0x2; la: 0x1", "nobody has three"),
            (
                &[("a", 1), ("b", 1), ("c", 1)],
                &[("ny", &[("a", 1)]), ("la", &[("b", 1), ("a", 1)]), ("tx", &[("c", 1)])],
                "la: 0x1 1x1; tx: 2x1",
                "from the best place down it would be three",
            ),
            (&[("a", 5)], &[("ny", &[("a", 2)]), ("la", &[("a", 1)])], "ny: 0x2; la: 0x1; short: 0x2", "what nobody has is missing"),
            (&[("a", 1), ("a", 1)], &[("ny", &[("a", 1)]), ("la", &[("a", 1)])], "ny: 0x1; la: 1x1", "two lines of one unit share"),
            (&[("any", 7), ("a", 1)], &[("la", &[("a", 1)])], "la: 0x7 1x1", "what isn't counted goes along"),
            (&[("any", 7)], &[], "ny: 0x7", "or from the best place"),
            (&[("a", 1)], &[("elsewhere", &[("a", 1)])], "short: 0x1", "only from where the ranking allows"),
            (&[("a", 0)], &[("ny", &[("a", 1)])], "", "nothing"),
            (
                &[("a", 2), ("b", 1)],
                &[("ny", &[("a", 1), ("b", 1)]), ("la", &[("a", 2)])],
                "ny: 1x1; la: 0x2",
                "a line stays in one parcel",
            ),
        ] {
            let plan = allocate(&wanted(lines), &stock(has), &ranking(&all));
            assert_eq!(said(&plan), expected, "{why}");
            assert!(plan.exact);
        }
        assert_eq!(said(&allocate(&wanted(&[("any", 1)]), &Available::new(), &[])), "short: 0x1");
        let twice = allocate(&wanted(&[("a", 2)]), &stock(&[("ny", &[("a", 1)])]), &ranking(&["ny", "ny"]));
        assert_eq!(said(&twice), "ny: 0x1; short: 0x1", "a place that is named twice has its stock once");
    }

    /// Beyond twelve places, whoever has most goes first, and who is not missed stays at home.
    #[test]
    fn of_many_places_few_are_found() {
        let units = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
        let mut has: Vec<Vec<(&str, u32)>> = (0..12).map(|at| vec![(units[at % 9], 1)]).collect();
        has.push(["c", "d", "e", "f", "i"].map(|unit| (unit, 1)).to_vec());
        has.push(["a", "b", "c", "d"].map(|unit| (unit, 1)).to_vec());
        has.push(["e", "f", "g", "h", "i"].map(|unit| (unit, 1)).to_vec());
        let names: Vec<String> = (0..has.len()).map(|at| format!("l{at:02}")).collect();
        let at: Vec<(&str, &[(&str, u32)])> = names.iter().zip(&has).map(|(name, has)| (name.as_str(), has.as_slice())).collect();
        let plan =
            allocate(&wanted(&units.map(|unit| (unit, 1))), &stock(&at), &ranking(&names.iter().map(String::as_str).collect::<Vec<_>>()));
        // The first of the three large ones is taken first, and needed by nobody once the others are there.
        assert_eq!(said(&plan), "l13: 0x1 1x1 2x1 3x1; l14: 4x1 5x1 6x1 7x1 8x1");
        assert!(plan.exact, "one place has not got it all");
    }

    #[test]
    fn many_places_are_searched_in_bounded_time() {
        let names: Vec<String> = (0..100).map(|at| format!("l{at:03}")).collect();
        let ranking: Vec<LocationId> = names.iter().map(|name| location(name)).collect();
        let lines: Vec<Wanted> = (0..1_001).map(|line| Wanted { sku: format!("s{}", line % 50), quantity: 1, tracked: true }).collect();
        let available: Available = ranking
            .iter()
            .enumerate()
            .map(|(at, location)| {
                (location.clone(), (0..50).filter(|sku| (sku + at) % 7 != 0).map(|sku| (format!("s{sku}"), 20)).collect())
            })
            .collect();
        let plan = allocate(&lines, &available, &ranking);
        assert!(plan.parcels.len() <= 2, "{}", plan.parcels.len());
        assert_eq!(plan.short, [Part { line: 1_000, quantity: 1 }], "lines have a limit");
    }

    // req: S2-41
    #[test]
    fn nobody_waits_longer_than_thirty_days() {
        let today = date(2025, 8, 1);
        assert_eq!(backorder(date(2025, 8, 31), today), Ok(30));
        assert_eq!(backorder(date(2025, 9, 1), today), Err(NoBackorder::TooFar { days: 31 }));
        assert_eq!(backorder(today, today), Ok(0));
        assert_eq!(backorder(date(2025, 7, 31), today), Err(NoBackorder::Past));
        assert_eq!(backorder(Date::MAX, Date::MIN), Err(NoBackorder::TooFar { days: 7_304_483 }));
    }

    // req: S2-41
    #[test]
    fn the_customer_says_what_becomes_of_the_rest() {
        let plan = allocate(&wanted(&[("a", 3)]), &stock(&[("ny", &[("a", 2)])]), &ranking(&["ny"]));
        let (rest, now) = (vec![Part { line: 0, quantity: 1 }], plan.parcels.clone());
        assert_eq!(plan.clone().settle(WhenShort::Wait), Settled { backordered: rest.clone(), ..Settled::default() });
        assert_eq!(plan.clone().settle(WhenShort::Split), Settled { now: now.clone(), backordered: rest.clone(), cancelled: Vec::new() });
        assert_eq!(plan.settle(WhenShort::Cancel), Settled { now, backordered: Vec::new(), cancelled: rest });
        let whole = allocate(&wanted(&[("a", 2)]), &stock(&[("ny", &[("a", 2)])]), &ranking(&["ny"]));
        assert!(whole.is_complete() && whole.settle(WhenShort::Wait).now.len() == 1);
    }

    /// Locations by filling up from the best down.
    fn naive(lines: &[Wanted], available: &Available, ranking: &[LocationId]) -> usize {
        let (mut left, mut used) = (available.clone(), BTreeSet::new());
        for line in lines.iter().filter(|line| line.tracked) {
            let mut open = line.quantity;
            for location in ranking {
                let Some(has) = left.get_mut(location).and_then(|skus| skus.get_mut(&line.sku)) else { continue };
                let quantity = open.min(*has);
                *has -= quantity;
                open -= quantity;
                if quantity > 0 {
                    used.insert(location);
                }
            }
        }
        used.len()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn a_plan_holds(
            lines in prop::collection::vec((0usize..6, 0u32..6, prop::bool::weighted(0.9)), 0..8),
            has in prop::collection::vec(prop::collection::vec(0u32..5, 6), 0..18),
        ) {
            let lines: Vec<Wanted> =
                lines.into_iter().map(|(sku, quantity, tracked)| Wanted { sku: format!("s{}{sku}", u8::from(tracked)), quantity, tracked }).collect();
            let ranking: Vec<LocationId> = (0..has.len()).map(|at| location(&format!("l{at:02}"))).collect();
            let available: Available = ranking
                .iter()
                .zip(&has)
                .map(|(location, has)| (location.clone(), has.iter().enumerate().map(|(sku, quantity)| (format!("s1{sku}"), *quantity)).collect()))
                .collect();
            let plan = allocate(&lines, &available, &ranking);
            // Never more than there is.
            for parcel in &plan.parcels {
                prop_assert!(!parcel.parts.is_empty());
                let mut left = available[&parcel.from].clone();
                for part in parcel.parts.iter().filter(|part| lines[part.line].tracked) {
                    let left = left.get_mut(&lines[part.line].sku).unwrap();
                    prop_assert!(*left >= part.quantity);
                    *left -= part.quantity;
                }
            }
            // What is wanted is sent or missing.
            for (at, line) in lines.iter().enumerate() {
                let sent: u32 = plan.parcels.iter().flat_map(|parcel| &parcel.parts).chain(&plan.short).filter(|part| part.line == at).map(|part| part.quantity).sum();
                prop_assert_eq!(sent, line.quantity);
            }
            // What is missing is nowhere left.
            for part in plan.short.iter().filter(|part| lines[part.line].tracked) {
                let sku = &lines[part.line].sku;
                let there: u32 = available.values().filter_map(|skus| skus.get(sku)).sum();
                let sent: u32 = plan.parcels.iter().flat_map(|parcel| &parcel.parts).filter(|part| &lines[part.line].sku == sku).map(|part| part.quantity).sum();
                prop_assert_eq!(there, sent);
            }
            let tracked: BTreeSet<_> = plan.parcels.iter().filter(|parcel| parcel.parts.iter().any(|part| lines[part.line].tracked)).map(|parcel| &parcel.from).collect();
            prop_assert!(tracked.len() <= naive(&lines, &available, &ranking), "{:?}", plan);
            prop_assert_eq!(allocate(&lines, &available, &ranking), plan, "the same again");
        }
    }
}
