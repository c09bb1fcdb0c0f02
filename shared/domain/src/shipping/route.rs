//! The order in which a van of the shop's own drives to its customers: zone by zone, the nearest next, then mended.
//!
//! Never longer than the order it was given: whoever has planned by hand loses nothing by asking.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Stops of one van in one round.
pub const STOPS_MAX: usize = 200;
/// How often all pairs of legs are looked at. It ends before that when nothing gets shorter.
const PASSES_MAX: usize = 50;
/// Metres of a degree of latitude, on a sphere of the size of the earth.
const METRES_PER_DEGREE: f64 = 111_195.0;

/// A place on earth, in millionths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Point {
    /// North is positive.
    pub latitude_e6: i32,
    /// East is positive.
    pub longitude_e6: i32,
}

impl Point {
    /// From degrees. What lies beyond the poles is at the pole.
    pub fn of_degrees(latitude: f64, longitude: f64) -> Point {
        // A cast of a float saturates, and what is not a number is 0.
        let e6 = |degrees: f64, limit: f64| (degrees.clamp(-limit, limit) * 1e6).round() as i32;
        Point { latitude_e6: e6(latitude, 90.0), longitude_e6: e6(longitude, 180.0) }
    }

    /// Metres as the crow flies, on a sphere: good to half a percent, which is more than roads allow.
    pub fn metres_to(self, other: Point) -> u64 {
        let radians = |e6: i32| (f64::from(e6) / 1e6).to_radians();
        let (from, to) = (radians(self.latitude_e6), radians(other.latitude_e6));
        let half_lat = ((to - from) / 2.0).sin();
        let half_lon = ((radians(other.longitude_e6) - radians(self.longitude_e6)) / 2.0).sin();
        let chord = half_lat.mul_add(half_lat, from.cos() * to.cos() * half_lon * half_lon).clamp(0.0, 1.0);
        (2.0 * chord.sqrt().asin() * METRES_PER_DEGREE.to_degrees()).round() as u64
    }
}

/// Somebody to drive to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Which order it is, or whatever names it.
    pub name: String,
    /// Part of the town.
    pub zone: String,
    /// Where.
    pub at: Point,
}

/// A round from the warehouse to all stops and back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Part of the town.
    pub zone: String,
    /// In the order they are driven to.
    pub stops: Vec<Stop>,
    /// Metres of the whole round.
    pub length_m: u64,
    /// What it would have been in the order that was given.
    pub given_m: u64,
}

/// What planning has saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Saving {
    /// Metres in the order that was given.
    pub given_m: u64,
    /// Metres as planned.
    pub planned_m: u64,
}

impl Saving {
    /// Of all rounds together.
    pub fn of(routes: &[Route]) -> Saving {
        routes.iter().fold(Saving::default(), |sum, route| Saving {
            given_m: sum.given_m.saturating_add(route.given_m),
            planned_m: sum.planned_m.saturating_add(route.length_m),
        })
    }

    /// Hundredths of a percent that are saved, 0 to 10,000.
    pub fn basis_points(self) -> u32 {
        let saved = u128::from(self.given_m.saturating_sub(self.planned_m));
        if self.given_m == 0 { 0 } else { u32::try_from(saved * 10_000 / u128::from(self.given_m)).unwrap_or(0) }
    }
}

/// A round in this order, there and back.
fn length(legs: &Legs, order: &[usize]) -> u64 {
    let (Some(first), Some(last)) = (order.first(), order.last()) else { return 0 };
    let between: u64 = order.windows(2).map(|pair| legs.metres(pair[0], pair[1])).sum();
    legs.home(*first) + between + legs.home(*last)
}

/// Distances between all stops, and from each to the warehouse: measured once.
struct Legs {
    stops: usize,
    between: Vec<u64>,
    home: Vec<u64>,
}

impl Legs {
    fn of(depot: Point, stops: &[Stop]) -> Legs {
        let between = stops.iter().flat_map(|from| stops.iter().map(|to| from.at.metres_to(to.at))).collect();
        Legs { stops: stops.len(), between, home: stops.iter().map(|stop| depot.metres_to(stop.at)).collect() }
    }

    fn metres(&self, from: usize, to: usize) -> u64 {
        self.between[from * self.stops + to]
    }

    fn home(&self, stop: usize) -> u64 {
        self.home[stop]
    }
}

/// Always on to the nearest.
fn nearest(legs: &Legs) -> Vec<usize> {
    let mut left: Vec<usize> = (0..legs.stops).collect();
    let mut order: Vec<usize> = Vec::with_capacity(legs.stops);
    while let Some(at) = (0..left.len()).min_by_key(|at| match order.last() {
        Some(last) => legs.metres(*last, left[*at]),
        None => legs.home(left[*at]),
    }) {
        order.push(left.swap_remove(at));
    }
    order
}

/// Turns stretches around for as long as that makes the round shorter (2-opt).
fn mend(legs: &Legs, order: &mut [usize]) {
    let leg = |from: Option<usize>, to: Option<usize>| match (from, to) {
        (Some(from), Some(to)) => legs.metres(from, to),
        (Some(one), None) | (None, Some(one)) => legs.home(one),
        (None, None) => 0,
    };
    for _ in 0..PASSES_MAX {
        let mut mended = false;
        for from in 0..order.len() {
            for to in from + 1..order.len() {
                let before = from.checked_sub(1).map(|at| order[at]);
                let after = order.get(to + 1).copied();
                let now = leg(before, Some(order[from])) + leg(Some(order[to]), after);
                let turned = leg(before, Some(order[to])) + leg(Some(order[from]), after);
                if turned < now {
                    order[from..=to].reverse();
                    mended = true;
                }
            }
        }
        if !mended {
            return;
        }
    }
}

fn round(depot: Point, zone: String, stops: Vec<Stop>) -> Route {
    let legs = Legs::of(depot, &stops);
    let given: Vec<usize> = (0..stops.len()).collect();
    let given_m = length(&legs, &given);
    // From both beginnings, as neither always leads to the shorter round.
    let (mut by_nearest, mut by_hand) = (nearest(&legs), given);
    mend(&legs, &mut by_nearest);
    mend(&legs, &mut by_hand);
    let order = if length(&legs, &by_nearest) < length(&legs, &by_hand) { by_nearest } else { by_hand };
    let length_m = length(&legs, &order);
    let mut stops: Vec<Option<Stop>> = stops.into_iter().map(Some).collect();
    let stops = order.into_iter().filter_map(|at| stops[at].take()).collect();
    Route { zone, stops, length_m, given_m }
}

/// Rounds to all stops, by zone, each of at most [`STOPS_MAX`].
pub fn plan(depot: Point, stops: Vec<Stop>) -> Vec<Route> {
    let mut zones: BTreeMap<String, Vec<Stop>> = BTreeMap::new();
    for stop in stops {
        zones.entry(stop.zone.clone()).or_default().push(stop);
    }
    zones
        .into_iter()
        .flat_map(|(zone, stops)| stops.chunks(STOPS_MAX).map(|some| (zone.clone(), some.to_vec())).collect::<Vec<_>>())
        .map(|(zone, stops)| round(depot, zone, stops))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DEPOT: Point = Point { latitude_e6: 40_710_000, longitude_e6: -74_010_000 };

    fn stop(name: usize, zone: &str, north: i32, east: i32) -> Stop {
        let at = Point { latitude_e6: DEPOT.latitude_e6 + north, longitude_e6: DEPOT.longitude_e6 + east };
        Stop { name: name.to_string(), zone: zone.to_owned(), at }
    }

    #[test]
    fn distances_are_what_maps_say() {
        let (berlin, munich) = (Point::of_degrees(52.52, 13.405), Point::of_degrees(48.137, 11.575));
        let metres = berlin.metres_to(munich);
        assert!((502_000..507_000).contains(&metres), "{metres}");
        assert_eq!(berlin.metres_to(berlin), 0);
        let (east, west) = (Point::of_degrees(0.0, 179.9), Point::of_degrees(0.0, -179.9));
        assert!(east.metres_to(west) < 23_000, "across the date line");
        assert_eq!(Point::of_degrees(f64::NAN, f64::INFINITY), Point { latitude_e6: 0, longitude_e6: 180_000_000 });
    }

    // req: S2-67
    #[test]
    fn crossings_are_undone() {
        // Around a square, told crosswise.
        let stops = vec![stop(0, "A", 10_000, 0), stop(1, "A", 0, 10_000), stop(2, "A", 10_000, 10_000)];
        let routes = plan(DEPOT, stops);
        let names: Vec<&str> = routes[0].stops.iter().map(|stop| stop.name.as_str()).collect();
        assert!(names == ["0", "2", "1"] || names == ["1", "2", "0"], "{names:?}");
        assert!(routes[0].length_m < routes[0].given_m);
        assert_eq!(plan(DEPOT, Vec::new()), []);
        assert_eq!(Saving::default().basis_points(), 0);
        assert_eq!(Saving { given_m: 400, planned_m: 300 }.basis_points(), 2_500);
    }

    /// What it saves on towns that are not made for it: stops by a hash, so that the figure is the same on every machine.
    // req: S2-67
    #[test]
    fn saving_is_measured() {
        let mut state = 7u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            i32::try_from(state >> 48).unwrap() - 32_768
        };
        let stops: Vec<Stop> = (0..120).map(|at| stop(at, ["A", "B", "C", "D"][at % 4], next(), next())).collect();
        let routes = plan(DEPOT, stops);
        let saving = Saving::of(&routes);
        assert_eq!(routes.len(), 4);
        assert!(saving.basis_points() > 5_000, "{saving:?}: less than half of the way is saved");
    }

    proptest! {
        // req: S2-67
        #[test]
        fn no_worse_than_input(places in prop::collection::vec((0usize..3, -50_000i32..50_000, -50_000i32..50_000), 0..40)) {
            let stops: Vec<Stop> =
                places.iter().enumerate().map(|(at, (zone, north, east))| stop(at, ["A", "B", "C"][*zone], *north, *east)).collect();
            let routes = plan(DEPOT, stops.clone());
            let mut names: Vec<usize> = Vec::new();
            for route in &routes {
                prop_assert!(route.length_m <= route.given_m);
                prop_assert!(!route.stops.is_empty() && route.stops.iter().all(|stop| stop.zone == route.zone));
                let legs = Legs::of(DEPOT, &route.stops);
                prop_assert_eq!(length(&legs, &(0..route.stops.len()).collect::<Vec<_>>()), route.length_m, "it is as long as it says");
                // No stretch that is turned around makes it shorter, and neither beginning would have led to less.
                let driven: Vec<usize> = (0..route.stops.len()).collect();
                for from in 0..driven.len() {
                    for to in from + 1..driven.len() {
                        let mut turned = driven.clone();
                        turned[from..=to].reverse();
                        prop_assert!(length(&legs, &turned) >= route.length_m);
                    }
                }
                let of_zone: Vec<Stop> = stops.iter().filter(|stop| stop.zone == route.zone).cloned().collect();
                let legs = Legs::of(DEPOT, &of_zone);
                for mut other in [nearest(&legs), (0..of_zone.len()).collect()] {
                    mend(&legs, &mut other);
                    prop_assert!(route.length_m <= length(&legs, &other));
                }
                names.extend(route.stops.iter().map(|stop| stop.name.parse::<usize>().unwrap()));
            }
            names.sort_unstable();
            prop_assert_eq!(names, (0..stops.len()).collect::<Vec<_>>(), "everybody once");
        }
    }

    #[test]
    fn a_large_town_takes_several_rounds() {
        let stops =
            (0..450).map(|at| stop(at, "A", i32::try_from(at).unwrap() * 100 % 7_001, i32::try_from(at).unwrap() * 37 % 5_003)).collect();
        let routes = plan(DEPOT, stops);
        assert_eq!(routes.iter().map(|route| route.stops.len()).collect::<Vec<_>>(), [200, 200, 50]);
    }
}
