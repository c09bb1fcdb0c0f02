//! What goes wrong again and again, and where: only what is more than chance.

use super::Reason;
use std::collections::BTreeMap;

/// What was opened more often than this recurs.
pub const RECURS_OVER: i64 = 5;
/// A smaller share of what is resolved, in percent, is too small.
pub const RESOLUTION_MIN_PERCENT: i64 = 80;
/// So many are named.
pub const TOP: usize = 5;
/// Fewer have no peak, however they lie.
const PEAK_MIN: i64 = 10;
/// A pattern that chance would make in one of twenty weeks is none.
const CHANCE: f64 = 0.05;

/// What is known of the exceptions of some days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// How many were opened, by reason.
    pub opened: BTreeMap<Reason, i64>,
    /// How many were resolved.
    pub resolved: i64,
    /// How many are open at the end of the days.
    pub open: i64,
    /// How many were opened in each hour of the shop's day.
    pub hours: [i64; 24],
    /// How many were opened on each day of the shop's week, Monday first.
    pub days: [i64; 7],
    /// How many times each day of the week was among the days, Monday first.
    pub weeks: [i64; 7],
    /// How many were opened at a carrier's or a location's, by reason.
    pub places: BTreeMap<(PlaceKind, String), BTreeMap<Reason, i64>>,
}

/// Whose it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlaceKind {
    /// A carrier's.
    Carrier,
    /// A warehouse's, or a shop's.
    Location,
}

impl PlaceKind {
    /// On the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            PlaceKind::Carrier => "carrier",
            PlaceKind::Location => "location",
        }
    }

    /// From the wire.
    pub fn from_word(word: &str) -> Option<PlaceKind> {
        [PlaceKind::Carrier, PlaceKind::Location].into_iter().find(|kind| kind.as_str() == word)
    }
}

/// More of something than of the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peak {
    /// Which hour (0 to 23), or which day of the week (0 is Monday).
    pub at: usize,
    /// So many then.
    pub n: i64,
    /// Of so many.
    pub of: i64,
}

/// A reason that stands out at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// What.
    pub reason: Reason,
    /// Where.
    pub kind: PlaceKind,
    /// Its name.
    pub place: String,
    /// So many of the reason there.
    pub n: i64,
    /// Of so many of the reason at all places of its kind.
    pub of: i64,
    /// The place's share of everything else, in tenths of a percent.
    pub usual_tenths: i64,
}

/// What stands out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patterns {
    /// How many were opened.
    pub opened: i64,
    /// How many were resolved.
    pub resolved: i64,
    /// What recurs, most often first.
    pub recurring: Vec<(Reason, i64)>,
    /// The hour at which more are opened than at others, if that is more than chance.
    pub peak_hour: Option<Peak>,
    /// The day on which more are opened than on others, if that is more than chance.
    pub peak_day: Option<Peak>,
    /// Where reasons come together, if that is more than chance: what is least likely by chance first.
    pub clusters: Vec<Cluster>,
    /// Fewer are resolved than should be.
    pub resolves_too_few: bool,
}

/// How likely at least `k` of `n` are by chance, if each is with probability `p`. In logarithms, for `n` may be large.
fn at_least(k: i64, n: i64, p: f64) -> f64 {
    if k <= 0 {
        return 1.0;
    }
    if k > n || p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return 1.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of some weeks")]
    let float = |count: i64| count as f64;
    // ln of n choose k, one factor after another.
    let mut term: f64 =
        (1..=k).map(|i| (float(n - k + i) / float(i)).ln()).sum::<f64>() + float(k) * p.ln() + float(n - k) * (1.0 - p).ln();
    let odds = (p / (1.0 - p)).ln();
    let mut sum = 0.0;
    for i in k..=n {
        let add = term.exp();
        sum += add;
        // From here on they only get smaller.
        if float(i) > float(n) * p && add < sum * 1e-12 {
            break;
        }
        term += (float(n - i) / float(i + 1)).ln() + odds;
    }
    sum.min(1.0)
}

/// The fullest of some cells, if that is more than chance. Weights say how much of the time each is.
fn peak(cells: &[i64], weights: &[i64]) -> Option<Peak> {
    let (of, all): (i64, i64) = (cells.iter().sum(), weights.iter().sum());
    let (at, n) = cells.iter().copied().enumerate().max_by_key(|(at, n)| (*n, std::cmp::Reverse(*at)))?;
    let looked_at = weights.iter().filter(|weight| **weight > 0).count();
    if of < PEAK_MIN || all == 0 || looked_at < 2 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of some weeks")]
    let (share, tests) = (weights[at] as f64 / all as f64, looked_at as f64);
    (at_least(n, of, share) * tests < CHANCE).then_some(Peak { at, n, of })
}

/// What stands out of what was seen.
pub fn patterns(seen: &Seen) -> Patterns {
    let opened: i64 = seen.opened.values().sum();
    // What was taken up in earlier days ends in these, too: what is left over says whether that is enough.
    let worked = seen.resolved + seen.open;
    let mut recurring: Vec<(Reason, i64)> = seen.opened.iter().map(|(reason, n)| (*reason, *n)).filter(|(_, n)| *n > RECURS_OVER).collect();
    recurring.sort_by_key(|(reason, n)| (std::cmp::Reverse(*n), *reason));
    recurring.truncate(TOP);
    Patterns {
        opened,
        resolved: seen.resolved,
        recurring,
        peak_hour: peak(&seen.hours, &[1; 24]),
        peak_day: peak(&seen.days, &seen.weeks),
        clusters: clusters(seen),
        resolves_too_few: worked > RECURS_OVER && seen.resolved * 100 < worked * RESOLUTION_MIN_PERCENT,
    }
}

/// Each reason at each place against what that place has of everything else.
fn clusters(seen: &Seen) -> Vec<Cluster> {
    let mut found: Vec<(f64, Cluster)> = Vec::new();
    let tests = seen.places.values().map(BTreeMap::len).sum::<usize>();
    for ((kind, place), reasons) in &seen.places {
        let of_kind = || seen.places.iter().filter(|((other, _), _)| other == kind).map(|(_, reasons)| reasons);
        let of_reason = |reason: &Reason| of_kind().filter_map(|reasons| reasons.get(reason)).sum::<i64>();
        let all: i64 = of_kind().flat_map(BTreeMap::values).sum();
        let here: i64 = reasons.values().sum();
        for (reason, n) in reasons.iter().filter(|(_, n)| **n > RECURS_OVER) {
            let of = of_reason(reason);
            // Without anything else to compare with nothing stands out.
            let (rest, rest_here) = (all - of, here - n);
            if rest <= 0 {
                continue;
            }
            #[expect(clippy::cast_precision_loss, reason = "counts of some weeks")]
            let (usual, tests) = ((rest_here as f64 + 0.5) / (rest as f64 + 1.0), tests as f64);
            let chance = at_least(*n, of, usual) * tests;
            if chance < CHANCE {
                let usual_tenths = rest_here * 1_000 / rest;
                found.push((chance, Cluster { reason: *reason, kind: *kind, place: place.clone(), n: *n, of, usual_tenths }));
            }
        }
    }
    found.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.place.cmp(&b.1.place)));
    found.truncate(TOP);
    found.into_iter().map(|(_, cluster)| cluster).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: S4-25
    #[test]
    fn a_week_has_its_patterns() {
        let mut seen = Seen { resolved: 70, open: 31, weeks: [1; 7], ..Seen::default() };
        seen.opened = [(Reason::PickDelay, 60), (Reason::CarrierIssue, 30), (Reason::DamagedPackage, 5), (Reason::Other, 6)].into();
        seen.hours = [3; 24];
        seen.hours[14] = 32;
        seen.days = [14, 15, 13, 15, 14, 16, 14];
        let place = |kind, name: &str| (kind, name.to_owned());
        seen.places = [
            (place(PlaceKind::Carrier, "usps"), [(Reason::CarrierIssue, 24), (Reason::PickDelay, 20)].into()),
            (place(PlaceKind::Carrier, "ups"), [(Reason::CarrierIssue, 6), (Reason::PickDelay, 40)].into()),
            (place(PlaceKind::Location, "main"), [(Reason::CarrierIssue, 30), (Reason::PickDelay, 60)].into()),
        ]
        .into();
        let found = patterns(&seen);
        assert_eq!((found.opened, found.resolved, found.resolves_too_few), (101, 70, true), "70 of 101 are less than 80 %");
        assert_eq!(found.recurring, [(Reason::PickDelay, 60), (Reason::CarrierIssue, 30), (Reason::Other, 6)], "five are none yet");
        assert_eq!(found.peak_hour, Some(Peak { at: 14, n: 32, of: 101 }));
        assert_eq!(found.peak_day, None, "as many on each");
        let carrier =
            Cluster { reason: Reason::CarrierIssue, kind: PlaceKind::Carrier, place: "usps".into(), n: 24, of: 30, usual_tenths: 333 };
        let picking =
            Cluster { reason: Reason::PickDelay, kind: PlaceKind::Carrier, place: "ups".into(), n: 40, of: 60, usual_tenths: 200 };
        assert_eq!(found.clusters, [picking, carrier], "what is least likely by chance first; one location has nothing to compare with");
    }

    #[test]
    fn few_are_no_pattern() {
        let mut seen = Seen { weeks: [1; 7], ..Seen::default() };
        assert_eq!(patterns(&seen), Patterns::default());
        seen.opened = [(Reason::PickDelay, 3)].into();
        (seen.hours[9], seen.days[0]) = (3, 3);
        let found = patterns(&seen);
        assert_eq!((found.peak_hour, found.peak_day, found.clusters.len(), found.resolves_too_few), (None, None, 0, false));
        (seen.hours[9], seen.hours[10]) = (4, 6);
        assert_eq!(patterns(&seen).peak_hour, Some(Peak { at: 10, n: 6, of: 10 }));
        (seen.hours, seen.hours[9]) = ([1; 24], 5);
        assert_eq!(patterns(&seen).peak_hour, None, "five of 28");
    }

    #[test]
    fn chance_is_reckoned_right() {
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9 * b.max(1e-9);
        assert!(close(at_least(1, 1, 0.5), 0.5) && close(at_least(2, 3, 0.5), 0.5));
        assert!(close(at_least(10, 10, 0.1), 1e-10));
        let thousand = at_least(530, 1_000, 0.5);
        assert!((0.0306..0.0316).contains(&thousand), "{thousand}");
        assert!(at_least(5_000, 100_000, 0.04) < 1e-40 && close(at_least(0, 0, 0.5), 1.0));
        assert!(close(at_least(3, 2, 0.5), 0.0) || at_least(3, 2, 0.5) == 0.0);
    }
}
