//! What was told by webhook.

use crate::world::World;
use crate::world::listeners::WANTED;
use app::ports::DeliveryState;
use contracts::outgoing::{Outgoing, types};
use domain::webhook::EventFilter;
use std::collections::{HashMap, HashSet};

/// Recomputed from what was published: who had to be told what, and who has it.
pub(super) fn told(world: &mut World) {
    if !world.has_listeners {
        return;
    }
    let calls = world.listeners.calls();
    let mut taken: HashSet<(&str, &str)> = HashSet::new();
    let mut worded: HashMap<(&str, &str), &str> = HashMap::new();
    let mut broken = Vec::new();
    for call in &calls {
        let named = (call.url.as_str(), call.id.as_str());
        if call.taken {
            taken.insert(named);
        }
        if *worded.entry(named).or_insert(&call.body) != call.body {
            broken.push(format!("{} was told {} in two wordings", call.url, call.id));
        }
        if call.keys != 1 {
            broken.push(format!("{} was told {} under {} signatures", call.url, call.id, call.keys));
        }
    }
    let mut due: HashSet<(String, String)> = HashSet::new();
    for published in &world.events {
        for (id, events) in WANTED {
            let filters: Vec<EventFilter> = events.iter().filter_map(|text| EventFilter::parse(text, types())).collect();
            for one in Outgoing::of(&published.event)
                .expect("what is published can be told")
                .iter()
                .filter(|one| filters.iter().any(|filter| filter.wants(&one.kind)))
            {
                let url = format!("https://{}.example/{id}", published.event.tenant);
                if !taken.contains(&(url.as_str(), one.id.as_str())) {
                    broken.push(format!("{url} does not have {}", one.id));
                }
                due.insert((url, one.id.to_string()));
            }
        }
    }
    let told: HashSet<(String, String)> = calls.iter().map(|call| (call.url.clone(), call.id.to_string())).collect();
    broken.extend(told.difference(&due).map(|(url, id)| format!("{url} was told {id}, which is not its business")));
    for shop in &world.shops {
        let open = world.memory.all_deliveries(&shop.scope).into_iter().filter(|one| one.state != DeliveryState::Delivered);
        broken.extend(open.map(|one| format!("{} to {} of {} is {:?}", one.id, one.endpoint, shop.scope.tenant(), one.state)));
    }
    for text in broken {
        world.fail("told", None, text);
    }
}
