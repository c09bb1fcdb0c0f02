//! Labels, held against what carriers have sold.

use super::Books;
use crate::world::World;
use domain::order::{LabelState, ParcelLabel, Track};
use std::collections::BTreeMap;

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
