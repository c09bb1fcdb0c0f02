//! Which location gives what.

use super::{Allocation, Free, HOLD_MAX};
use crate::ids::LocationId;
use crate::shipping::allocate::{Available, Wanted, allocate as in_parcels};
use std::collections::{BTreeMap, BTreeSet};

/// There is not enough of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Short {
    /// Of what.
    pub sku: String,
    /// So many are wanted.
    pub wanted: u32,
    /// So many are free, everywhere together.
    pub available: i64,
}

/// How much is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Supply {
    /// Everything, or nothing.
    All,
    /// What there is.
    WhatThereIs,
}

/// Locations that one unit is taken from: what is set aside of it is set aside in one commit.
const LOCATIONS_MAX: usize = HOLD_MAX;

/// Finds a place for everything that stock is kept of: from one location if one has it all, the best of those; else in as few parcels as can be
/// ([`crate::shipping::allocate`]). What no stock is kept of needs no place. `ranking` has the best locations first; others come after them.
///
/// # Errors
/// The first thing of which there is not enough, if everything is wanted.
pub fn allocate(wanted: &BTreeMap<String, u32>, levels: &[Free], ranking: &[LocationId], supply: Supply) -> Result<Vec<Allocation>, Short> {
    let place = |location: &str| ranking.iter().position(|id| id.as_str() == location).unwrap_or(usize::MAX);
    let at = |sku: &str, location: &str| {
        levels.iter().find(|level| level.sku == sku && level.location == location).map_or(0, |level| level.available)
    };
    let kept: Vec<(&String, u32)> =
        wanted.iter().filter(|(sku, _)| levels.iter().any(|level| level.sku == **sku)).map(|(sku, quantity)| (sku, *quantity)).collect();
    let mut locations: Vec<&str> = levels.iter().map(|level| level.location.as_str()).collect();
    locations.sort_unstable_by_key(|location| (place(location), *location));
    locations.dedup();
    let give = |sku: &str, location: &str, quantity: u32| Allocation { sku: sku.to_owned(), location: location.to_owned(), quantity };
    let whole = locations.iter().find(|location| kept.iter().all(|(sku, quantity)| at(sku, location) >= i64::from(*quantity)));
    if let Some(location) = whole {
        return Ok(kept.iter().map(|(sku, quantity)| give(sku, location, *quantity)).collect());
    }
    if let Some(few) = in_few_parcels(&kept, levels, &locations, place) {
        return Ok(few);
    }
    let mut found = Vec::new();
    for (sku, quantity) in kept {
        let mut open = quantity;
        let mut fullest: Vec<&str> = locations.iter().copied().filter(|location| at(sku, location) > 0).collect();
        fullest.sort_by_key(|location| (std::cmp::Reverse(at(sku, location)), *location));
        for location in fullest.iter().take(LOCATIONS_MAX) {
            let here = u32::try_from(at(sku, location)).unwrap_or(u32::MAX).min(open);
            if here > 0 {
                found.push(give(sku, location, here));
                open -= here;
            }
        }
        if open > 0 && supply == Supply::All {
            let available = fullest.iter().map(|location| at(sku, location)).sum();
            return Err(Short { sku: sku.clone(), wanted: quantity, available });
        }
    }
    Ok(found)
}

/// Everything in as few parcels as can be, the best locations first, then the fullest. None if there is not enough, or if it takes more places than are set aside at
/// once: then each unit is taken from where most of it is.
fn in_few_parcels(kept: &[(&String, u32)], levels: &[Free], locations: &[&str], place: impl Fn(&str) -> usize) -> Option<Vec<Allocation>> {
    let wanted = |(sku, quantity): &(&String, u32)| Wanted { sku: (*sku).clone(), quantity: *quantity, tracked: true };
    let lines: Vec<Wanted> = kept.iter().map(wanted).collect();
    let mut available = Available::new();
    let mut ranking: Vec<(usize, i64, LocationId)> = Vec::new();
    for location in locations {
        let id = LocationId::parse(location).ok()?;
        let here = levels.iter().filter(|level| level.location == *location && level.available > 0);
        let skus: BTreeMap<String, u32> =
            here.map(|level| (level.sku.clone(), u32::try_from(level.available).unwrap_or(u32::MAX))).collect();
        ranking.push((place(location), -skus.values().map(|pieces| i64::from(*pieces)).sum::<i64>(), id.clone()));
        available.insert(id, skus);
    }
    ranking.sort();
    let ranking: Vec<LocationId> = ranking.into_iter().map(|(_, _, id)| id).collect();
    let plan = in_parcels(&lines, &available, &ranking);
    if !plan.is_complete() || plan.parcels.len() > LOCATIONS_MAX {
        return None;
    }
    let of = |parcel: &crate::shipping::allocate::Parcel| {
        let from = parcel.from.to_string();
        let part = |part: &crate::shipping::allocate::Part| {
            Some(Allocation { sku: lines.get(part.line)?.sku.clone(), location: from.clone(), quantity: part.quantity })
        };
        parcel.parts.iter().map(part).collect::<Option<Vec<_>>>()
    };
    let mut found = plan.parcels.iter().map(of).collect::<Option<Vec<_>>>()?.concat();
    found.sort_by(|a, b| (&a.sku, &a.location).cmp(&(&b.sku, &b.location)));
    Some(found)
}

fn parcels(found: &[Allocation]) -> usize {
    found.iter().map(|one| one.location.as_str()).collect::<BTreeSet<_>>().len()
}

fn sums(found: &[Allocation]) -> BTreeMap<&str, u64> {
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    found.iter().for_each(|one| *sums.entry(&one.sku).or_default() += u64::from(one.quantity));
    sums
}

/// What somebody else proposes, if it gives all that ours gives, from what is free, in fewer parcels.
pub fn better(ours: &[Allocation], proposed: &[Allocation], levels: &[Free]) -> Option<Vec<Allocation>> {
    let free = |one: &Allocation| {
        let here = levels.iter().find(|level| level.sku == one.sku && level.location == one.location);
        one.quantity > 0 && here.is_some_and(|level| level.available >= i64::from(one.quantity))
    };
    let places: BTreeSet<_> = proposed.iter().map(|one| (&one.sku, &one.location)).collect();
    let sound = places.len() == proposed.len() && proposed.iter().all(free) && sums(proposed) == sums(ours);
    (sound && parcels(proposed) < parcels(ours)).then(|| proposed.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn free(sku: &str, location: &str, available: i64) -> Free {
        Free { sku: sku.into(), location: location.into(), available }
    }

    fn wanted(lines: &[(&str, u32)]) -> BTreeMap<String, u32> {
        lines.iter().map(|(sku, quantity)| ((*sku).to_owned(), *quantity)).collect()
    }

    fn shown(found: Result<Vec<Allocation>, Short>) -> String {
        match found {
            Ok(found) => found.iter().map(|a| format!("{} {} {}", a.location, a.quantity, a.sku)).collect::<Vec<_>>().join(", "),
            Err(short) => format!("{} of {} {}", short.available, short.wanted, short.sku),
        }
    }

    // req: S2-36
    #[test]
    fn one_parcel_if_one_location_has_it_all() {
        let levels = [free("mug", "a", 9), free("mug", "b", 3), free("pot", "b", 1)];
        assert_eq!(shown(allocate(&wanted(&[("mug", 2), ("pot", 1)]), &levels, &[], Supply::All)), "b 2 mug, b 1 pot");
        assert_eq!(shown(allocate(&wanted(&[("mug", 5), ("pot", 1)]), &levels, &[], Supply::All)), "a 5 mug, b 1 pot");
        assert_eq!(shown(allocate(&wanted(&[("mug", 11)]), &levels, &[], Supply::All)), "a 9 mug, b 2 mug");
        assert_eq!(shown(allocate(&wanted(&[("mug", 13)]), &levels, &[], Supply::All)), "12 of 13 mug");
        assert_eq!(shown(allocate(&wanted(&[("song", 1)]), &levels, &[], Supply::All)), "", "no stock is kept of it");
        assert_eq!(shown(allocate(&wanted(&[("mug", 13), ("pot", 2)]), &levels, &[], Supply::WhatThereIs)), "a 9 mug, b 3 mug, b 1 pot");
        assert_eq!(shown(allocate(&wanted(&[("mug", 1)]), &[free("mug", "a", 0)], &[], Supply::All)), "0 of 1 mug");
    }

    /// Most mugs are at a, but b and c have everything between them.
    // req: S2-77
    #[test]
    fn as_few_parcels_as_can_be() {
        let levels = [free("mug", "a", 4), free("mug", "b", 3), free("mug", "c", 3), free("pot", "b", 1), free("pan", "c", 1)];
        assert_eq!(
            shown(allocate(&wanted(&[("mug", 5), ("pot", 1), ("pan", 1)]), &levels, &[], Supply::All)),
            "b 3 mug, c 2 mug, c 1 pan, b 1 pot"
        );
    }

    fn at(found: &[(&str, &str, u32)]) -> Vec<Allocation> {
        let one = |(location, sku, quantity): &(&str, &str, u32)| Allocation {
            sku: (*sku).into(),
            location: (*location).into(),
            quantity: *quantity,
        };
        found.iter().map(one).collect()
    }

    /// Only what is there, gives all that is wanted and needs fewer parcels is better.
    // req: S2-77
    #[test]
    fn a_proposal_is_taken_only_if_it_is_better() {
        let levels = [free("mug", "a", 2), free("mug", "b", 2), free("mug", "c", 4), free("pot", "c", 1)];
        let ours = at(&[("a", "mug", 2), ("b", "mug", 1), ("c", "pot", 1)]);
        let good = at(&[("c", "mug", 3), ("c", "pot", 1)]);
        assert_eq!(better(&ours, &good, &levels), Some(good.clone()));
        for bad in [
            at(&[("c", "mug", 5), ("c", "pot", 1)]),
            at(&[("c", "mug", 3)]),
            at(&[("c", "mug", 2), ("c", "mug", 1), ("c", "pot", 1)]),
            at(&[("d", "mug", 3), ("d", "pot", 1)]),
            at(&[("c", "mug", 3), ("c", "pot", 1), ("c", "pan", 0)]),
            at(&[]),
            ours.clone(),
        ] {
            assert_eq!(better(&ours, &bad, &levels), None, "{bad:?}");
        }
        assert_eq!(better(&good, &ours, &levels), None, "more parcels");
    }

    proptest! {
        #[test]
        fn what_is_given_is_there_and_is_what_was_wanted(
            stock in prop::collection::vec((0usize..4, 0usize..3, 0i64..20), 0..12),
            lines in prop::collection::vec((0usize..4, 1u32..15), 1..5),
        ) {
            let mut levels: Vec<Free> = Vec::new();
            for (sku, location, available) in stock {
                let level = free(&format!("s{sku}"), &format!("l{location}"), available);
                if !levels.iter().any(|known| known.sku == level.sku && known.location == level.location) {
                    levels.push(level);
                }
            }
            let mut wish = BTreeMap::new();
            for (sku, quantity) in lines {
                *wish.entry(format!("s{sku}")).or_insert(0) += quantity;
            }
            let kept = |sku: &str| levels.iter().any(|level| level.sku == sku);
            let total = |sku: &str| levels.iter().filter(|level| level.sku == sku).map(|level| level.available).sum::<i64>();
            match allocate(&wish, &levels, &[], Supply::All) {
                Ok(found) => {
                    for (sku, quantity) in wish.iter().filter(|(sku, _)| kept(sku)) {
                        let given: u32 = found.iter().filter(|a| a.sku == *sku).map(|a| a.quantity).sum();
                        prop_assert_eq!(given, *quantity);
                    }
                    for level in &levels {
                        let given: u32 = found.iter().filter(|a| a.sku == level.sku && a.location == level.location).map(|a| a.quantity).sum();
                        prop_assert!(i64::from(given) <= level.available);
                    }
                    prop_assert!(found.iter().all(|a| a.quantity > 0 && kept(&a.sku)));
                }
                Err(short) => {
                    prop_assert_eq!(short.available, total(&short.sku));
                    prop_assert!(i64::from(short.wanted) > short.available);
                }
            }
        }
    }

    // req: S2-57
    #[test]
    fn the_best_of_those_that_have_it_all() {
        let best = |names: &[&str]| names.iter().map(|name| LocationId::parse(name).unwrap()).collect::<Vec<_>>();
        let levels = [free("mug", "ny", 9), free("mug", "la", 5), free("mug", "tx", 20), free("pot", "la", 1), free("pot", "tx", 1)];
        let from = |wish: &[(&str, u32)], ranking: &[&str]| shown(allocate(&wanted(wish), &levels, &best(ranking), Supply::All));
        assert_eq!(from(&[("mug", 5)], &["la", "ny"]), "la 5 mug");
        assert_eq!(from(&[("mug", 5)], &["ny", "la"]), "ny 5 mug");
        assert_eq!(from(&[("mug", 6)], &["la", "ny"]), "ny 6 mug", "the best does not have it");
        assert_eq!(from(&[("mug", 10)], &["la", "ny"]), "tx 10 mug", "one parcel from whom nobody has ranked rather than two");
        assert_eq!(from(&[("mug", 5)], &[]), "la 5 mug", "by name");
        assert_eq!(from(&[("mug", 25)], &["ny", "la"]), "ny 9 mug, tx 16 mug", "as much as there is from the best");
    }
}
