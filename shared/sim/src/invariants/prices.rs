//! Prices that a rule has changed, looked at once more.

use crate::world::World;
use app::prices::PRICE_RULE;
use contracts::Payload;

/// Whatever the schedule did, what is offered is what the rule says: small changes are made, once each and published; larger ones wait.
pub(super) fn prices(world: &mut World) {
    for shop in 0..world.shops.len() {
        let (scope, rules) = (world.shops[shop].scope.clone(), world.shops[shop].config.pricing);
        let said: Vec<(String, i64)> = world
            .events
            .iter()
            .filter(|published| published.event.tenant == *scope.tenant())
            .filter_map(|published| match &published.event.payload {
                Payload::PriceChanged(changed) => Some((changed.sku.clone(), changed.price.minor)),
                _ => None,
            })
            .collect();
        for tag in world.memory.price_tags(&scope) {
            let moved = tag.price_minor - tag.list_minor;
            let small = moved.abs() * 10_000 <= i64::from(rules.accept_up_to_bps) * tag.list_minor;
            let is_told = said.contains(&(tag.sku.to_string(), tag.price_minor));
            if moved != 0 && !(rules.enabled && small && tag.decided_by == PRICE_RULE && is_told) {
                world.fail("prices", None, format!("{tag:?} was changed, and {said:?} was said"));
            }
            if let Some(proposal) = &tag.proposal
                && (!rules.enabled || !tag.is_within(&rules) || tag.accepts_by_itself(&rules, proposal.at))
            {
                world.fail("prices", None, format!("{tag:?} waits and should not"));
            }
        }
    }
}
