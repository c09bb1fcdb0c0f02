//! Labels, held against what carriers have sold.

use super::Books;
use crate::world::World;
use domain::ids::TrackingNumber;
use domain::order::{LabelState, ParcelLabel, Track};
use domain::shipping::manifest::ManifestState;
use std::collections::{BTreeMap, BTreeSet};

/// I4: what carriers have sold and not taken back is a label that somebody wants: one a parcel, of a parcel that goes, of an order that was not
/// called off. What a person has to look at says so.
pub(super) fn parcels(world: &mut World, books: &Books) {
    let sales = world.depot.sales();
    let mut wanted: BTreeMap<String, &ParcelLabel> = BTreeMap::new();
    let now = world.clock_now();
    for shop in 0..books.ledgers.len() {
        for book in &books.ledgers[shop] {
            let order = &book.order;
            let mut broken = Vec::new();
            if let Some((parcel, label, work)) = order.label_work(now) {
                broken.push(format!("{} of {} waits for a worker: {work:?}", label.reference, parcel.work.id));
            }
            for one in &order.consignments {
                for label in &one.labels {
                    let live: Vec<_> = sales.iter().filter(|sale| sale.reference == label.reference && !sale.void).collect();
                    wanted.insert(label.reference.to_string(), label);
                    let allowed = match label.state {
                        LabelState::Bought => live.len() == 1 && label.number.as_ref() == Some(&live[0].number),
                        // A person has been told.
                        LabelState::Failed => live.len() <= 1,
                        LabelState::Voided | LabelState::Wanted | LabelState::Trying => live.is_empty(),
                    };
                    if !allowed {
                        broken.push(format!("{} is {:?}, and carriers have {live:?}", label.reference, label.state));
                    }
                }
                let bought = one.labels.iter().filter(|label| label.state == LabelState::Bought).count();
                if bought > 1 || (bought == 1 && order.is_called_off() && !one.has_left()) {
                    broken.push(format!("{} has {bought} labels, and the order is {}", one.work.id, order.tracks.status.as_str()));
                }
            }
            for message in broken {
                world.fail("I4", Some((shop, order.id.clone())), message);
            }
        }
    }
    for sale in sales.iter().filter(|sale| !sale.void && !wanted.contains_key(sale.reference.as_str())) {
        world.fail("I4", None, format!("{} was bought for nobody", sale.reference));
    }
}

/// I4: a parcel with a label lies on its carrier's pile until a manifest or the carrier itself takes it; no parcel is on two manifests, or on one
/// and a pile; what carriers were told stands on one; and none is left half made but those of which nobody knows.
pub(super) fn collected(world: &mut World, books: &Books) {
    let told: BTreeSet<TrackingNumber> = world.depot.manifests().into_iter().flat_map(|(_, numbers)| numbers).collect();
    let mut written: BTreeSet<TrackingNumber> = BTreeSet::new();
    for shop in 0..books.ledgers.len() {
        let scope = world.shops[shop].scope.clone();
        let mut broken = Vec::new();
        let waiting: BTreeSet<TrackingNumber> = world.memory.all_waiting(&scope).into_iter().map(|one| one.number).collect();
        let mut taken: BTreeSet<TrackingNumber> = BTreeSet::new();
        for manifest in world.memory.all_manifests(&scope) {
            let state = manifest.state;
            if state.is_open() && state != ManifestState::Unsure {
                broken.push(format!("{} is {}, and nobody is at it", manifest.id, state.as_str()));
            }
            if state == ManifestState::Failed {
                continue;
            }
            for parcel in &manifest.parcels {
                if !taken.insert(parcel.number.clone()) || waiting.contains(&parcel.number) {
                    broken.push(format!("{} is on {}, and on another or on its pile", parcel.number, manifest.id));
                }
            }
        }
        for book in &books.ledgers[shop] {
            for one in &book.order.consignments {
                let label = one.labels.iter().find(|label| label.state == LabelState::Bought && book.order.wants_label(one, label));
                let number = label.and_then(|label| label.number.as_ref()).filter(|_| !one.has_left());
                if let Some(number) = number.filter(|number| !taken.contains(number) && !waiting.contains(number)) {
                    broken.push(format!("{number} of order {} waits nowhere", book.order.id));
                }
            }
        }
        written.append(&mut taken);
        for message in broken {
            world.fail("I4", None, message);
        }
    }
    for number in told.difference(&written) {
        world.fail("I4", None, format!("a carrier was told of {number}, which is on no manifest"));
    }
}
