//! Daily exports, made once more from the orders' histories.

use super::Books;
use crate::world::World;
use app::ports::ReportStore;
use contracts::export::OrderRow;
use domain::order::{Order, Recorded};
use futures::FutureExt;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Each order that changed on an exported day stands there once, as it stood when the day ended, and nobody's name does.
pub(super) fn exports(world: &mut World, books: &Books) {
    for shop in 0..world.shops.len() {
        let (store, scope) = (world.memory.reports(), world.shops[shop].scope.clone());
        let keys = store.list(&scope, "export/", usize::MAX).now_or_never().and_then(Result::ok).unwrap_or_default();
        let mut days: BTreeMap<Date, BTreeMap<String, u64>> = BTreeMap::new();
        for key in keys {
            let bytes = store.get(&scope, &key).now_or_never().and_then(Result::ok).flatten().unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
            if let Some(known) = world.known.iter().find(|known| text.contains(&known.customer.token)) {
                let text = format!("{key} names {}", known.customer.token);
                world.fail("export", None, text);
            }
            let Some(day) = key.strip_prefix("export/orders/day=").and_then(|rest| rest.split_once('/')?.0.parse().ok()) else { continue };
            for line in text.lines() {
                match serde_json::from_str::<OrderRow>(line) {
                    Ok(row) if days.entry(day).or_default().insert(row.order_id.clone(), row.version).is_none() => {}
                    Ok(row) => world.fail("export", None, format!("order {} stands twice in {day}", row.order_id)),
                    Err(why) => world.fail("export", None, format!("{key}: {why}: {line}")),
                }
            }
        }
        // A clock that jumps dates a commit before the one it follows, or after the export of its day.
        if world.jumped {
            continue;
        }
        for (day, found) in days {
            let expected = changed_on(world, books, shop, day);
            if found != expected {
                let text = format!("{} of {day} has {found:?} and should have {expected:?}", world.shops[shop].canary);
                world.fail("export", None, text);
            }
        }
    }
}

fn changed_on(world: &World, books: &Books, shop: usize, day: Date) -> BTreeMap<String, u64> {
    let zone = world.shops[shop].config.zone();
    let begins = |day: Date| day.to_zoned(zone.clone()).expect("a day of now").timestamp();
    let (start, end) = (begins(day), begins(day.tomorrow().expect("a day of now")));
    let was = books.ledgers[shop].iter().filter_map(|ledger| {
        let known: Vec<Recorded> = ledger.history.iter().filter(|commit| commit.at < end).cloned().collect();
        Order::replay(&known).filter(|order| order.updated_at >= start)
    });
    was.map(|order| (order.id.to_string(), order.version)).collect()
}
