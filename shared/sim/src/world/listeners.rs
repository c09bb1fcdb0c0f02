//! Whoever is told by webhook: two endpoints a shop, which take, refuse, are away, or say that they are gone.

use super::World;
use crate::functions::job::Job;
use crate::functions::wire::Call;
use crate::rng::Rng;
use crate::story::Shop;
use app::ports::{Delivery, DeliveryState, SigningKey, WebhookEndpoint, WebhookStore};
use app::tenant::Secret;
use axum::body::Bytes;
use contracts::outgoing::types;
use domain::ids::{CorrelationId, WebhookEndpointId};
use domain::webhook::{EventFilter, Health};
use futures::FutureExt;
use jiff::Timestamp;
use serde_json::json;
use testkit::listeners::{Listeners, Reaction};
use testkit::memory::MemoryWorld;

/// What goes wrong at an endpoint.
const TROUBLES: [Reaction; 8] = [
    Reaction::Says(500),
    Reaction::Says(503),
    Reaction::Says(404),
    Reaction::Busy(600),
    Reaction::TakenInSilence,
    Reaction::TakenInSilence,
    Reaction::Away,
    Reaction::Away,
];
/// One in so many troubles is the last one.
const GONE: usize = 60;

/// Two endpoints of each shop: what they want to know.
pub(crate) const WANTED: [(&str, &[&str]); 2] = [
    ("whe_orders", &["order.placed.v1", "order.confirmed", "order.shipped", "order.cancelled"]),
    ("whe_rest", &["stock.*", "parcel.*", "order.delivered"]),
];

/// Endpoints at which so many calls in a thousand meet trouble.
pub(super) fn rough(mut rng: Rng, rate: u32) -> Listeners {
    Listeners::that(move |_| match rng.per_mille(rate) {
        false => Reaction::Says(204),
        true if rng.below(GONE) == 0 => Reaction::Says(410),
        true => rng.pick(&TROUBLES),
    })
}

/// Every shop has its endpoints.
pub(super) fn tell(memory: &MemoryWorld, shops: &[Shop]) {
    for shop in shops {
        for (id, events) in WANTED {
            let endpoint = WebhookEndpoint {
                id: WebhookEndpointId::parse(id).expect("a name"),
                url: format!("https://{}.example/{id}", shop.scope.tenant()),
                description: String::new(),
                events: events.iter().filter_map(|text| EventFilter::parse(text, types())).collect(),
                keys: vec![SigningKey { secret: Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), until: None }],
                health: Health::default(),
                created_at: Timestamp::UNIX_EPOCH,
                replays: 0,
                version: 1,
            };
            let saved = memory.webhooks().add_endpoint(&shop.scope, &endpoint, app::webhooks::ENDPOINTS_MAX).now_or_never();
            assert_eq!(saved, Some(Ok(true)), "endpoints are saved");
        }
    }
}

impl World {
    /// Whatever endpoints that are on have not taken is tried to the end of its schedule: nothing is held back behind one that is on.
    pub(super) fn tell_what_waits(&mut self) {
        self.come_to_rest(|world, _| {
            world.run_alone(Job::TellAgain);
            let waits = |one: &Delivery| matches!(one.state, DeliveryState::Waiting { .. });
            world.shops.iter().any(|shop| world.memory.all_deliveries(&shop.scope).iter().any(waits))
        });
        for at in 0..self.shops.len() {
            let scope = self.shops[at].scope.clone();
            for endpoint in self.memory.all_endpoints(&scope).into_iter().filter(|one| one.health.is_on()) {
                let held = self
                    .memory
                    .all_deliveries(&scope)
                    .into_iter()
                    .find(|one| one.endpoint == endpoint.id && one.state == DeliveryState::Held);
                if let Some(held) = held {
                    self.fail("told", None, format!("{} is held back behind {}, which is on", held.id, endpoint.id));
                }
            }
        }
    }

    /// Somebody switches every endpoint on that is off and has what it missed sent again. Then all is told.
    pub(super) fn tell_what_was_missed(&mut self) {
        let correlation = CorrelationId::parse("missed").expect("a token");
        for at in 0..self.shops.len() {
            let (scope, client) = (self.shops[at].scope.clone(), self.shops[at].client.clone());
            for (id, _) in WANTED {
                let path = format!("/v1/webhook-endpoints/{id}");
                let bodies = [
                    ("PATCH", path.clone(), json!({ "enabled": true })),
                    ("POST", format!("{path}/replay"), json!({ "from": "2000-01-01T00:00:00Z" })),
                ];
                for (verb, path, body) in bodies {
                    let body = Bytes::from(body.to_string());
                    let call = Call { verb, path: &path, who: Some(&client), correlation: &correlation, headers: &[], body };
                    let functions = self.functions.clone();
                    let reply = functions.call(call).now_or_never();
                    if !reply.as_ref().is_some_and(crate::functions::wire::Reply::is_ok) {
                        self.fail("told", None, format!("{verb} {path}: {reply:?}"));
                    }
                }
            }
            self.collect();
            self.come_to_rest(|world, _| {
                world.run_alone(Job::TellAgain);
                world.memory.all_deliveries(&scope).iter().any(|one| matches!(one.state, DeliveryState::Waiting { .. }))
            });
        }
    }
}
