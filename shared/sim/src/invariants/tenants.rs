//! One tenant in the data of another.

use crate::world::World;

/// I17: no canary of one tenant in anything that is kept of another.
pub(super) fn tenants(world: &mut World) {
    for shop in 0..world.shops.len() {
        let everything = world.memory.everything(&world.shops[shop].scope.clone());
        for other in 0..world.shops.len() {
            let canary = world.shops[other].canary;
            if other != shop && everything.contains(canary) {
                world.fail("I17", None, format!("{canary} turns up in what is kept of {}", world.shops[shop].canary));
            }
        }
    }
}
