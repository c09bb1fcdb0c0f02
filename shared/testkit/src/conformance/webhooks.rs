//! Webhooks to others.

use super::samples::placed;
use super::{Ports, Stage, eventually, patiently};
use app::ports::{Delivery, DeliveryKey, DeliveryQuery, DeliveryState, SigningKey, Try, WebhookEndpoint};
use app::tenant::Secret;
use domain::ids::{EventId, TenantId, WebhookEndpointId};
use domain::webhook::{EventFilter, Health, OffBecause};
use jiff::{SignedDuration, Timestamp};

fn endpoint(stage: &Stage, id: &str, made: i64) -> WebhookEndpoint {
    WebhookEndpoint {
        id: WebhookEndpointId::parse(id).unwrap(),
        url: "https://shop.example/hooks?t=1#x".into(),
        description: "Ünïcode".into(),
        events: vec![EventFilter::parse("order.*", ["order.shipped"]).unwrap()],
        keys: vec![SigningKey { secret: Secret::new("whsec_a"), until: Some(stage.after(60)) }],
        health: Health { failing_since: Some(stage.now), ..Health::default() },
        created_at: stage.after(made),
        replays: 0,
        version: 1,
    }
}

fn delivery(id: &str, at: Timestamp, state: DeliveryState) -> Delivery {
    Delivery {
        id: EventId::parse(id).unwrap(),
        endpoint: WebhookEndpointId::parse("whe_1").unwrap(),
        at,
        kind: "order.shipped".into(),
        subject: "1001".into(),
        body: "{\"type\":\"order.shipped\"}".into(),
        state,
        round: 0,
        tried: 1,
        tries: vec![Try { at, took_ms: 12, status: None, why: Some("no answer in time".into()) }],
        version: 1,
    }
}

// req: S2-73
/// Two who change one endpoint do not overwrite each other, and nobody sees another's.
pub async fn endpoints_are_saved_by_version(ports: &Ports) {
    let stage = Stage::set();
    let (scope, store) = (&stage.ours, &ports.webhooks);
    let first = endpoint(&stage, "whe_1", 0);
    assert_eq!(store.endpoint(scope, &first.id).await, Ok(None));
    assert_eq!(store.add_endpoint(scope, &first, 2).await, Ok(true));
    assert_eq!(store.add_endpoint(scope, &first, 2).await, Ok(true), "whoever lost the answer finds what they wrote");
    let other = WebhookEndpoint { description: "other".into(), ..first.clone() };
    assert_eq!(store.add_endpoint(scope, &other, 2).await, Ok(false), "it is there");
    assert_eq!(store.endpoint(scope, &first.id).await, Ok(Some(first.clone())));
    let changed = WebhookEndpoint { version: 2, description: "other".into(), ..first.clone() };
    assert_eq!(store.save_endpoint(scope, &changed, 7, &[], stage.now).await, Ok(false));
    assert_eq!(store.save_endpoint(scope, &changed, 1, &[], stage.now).await, Ok(true));
    assert_eq!(store.add_endpoint(scope, &endpoint(&stage, "whe_0", 5), 2).await, Ok(true));
    let third = endpoint(&stage, "whe_3", 7);
    assert_eq!(store.add_endpoint(scope, &third, 2).await, Ok(false), "there are two");
    assert_eq!(store.endpoint(scope, &third.id).await, Ok(None));
    let all = store.endpoints(scope).await.unwrap();
    assert_eq!(all.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["whe_1", "whe_0"], "oldest first");
    assert_eq!(store.endpoints(&stage.theirs).await, Ok(Vec::new()));
    assert_eq!(store.endpoint(&stage.theirs, &first.id).await, Ok(None));
    for _ in 0..2 {
        assert_eq!(store.remove_endpoint(scope, &first.id).await, Ok(()));
    }
    assert_eq!(store.endpoints(scope).await.unwrap().len(), 1);
    assert_eq!(store.add_endpoint(scope, &third, 2).await, Ok(true), "the place of the one that was removed, once");
    assert_eq!(store.add_endpoint(scope, &endpoint(&stage, "whe_4", 8), 2).await, Ok(false));
    let again = WebhookEndpoint { version: 3, ..first };
    assert_eq!(
        store.save_endpoint(scope, &again, 2, &[], stage.now).await,
        Ok(false),
        "what was removed does not come back by a late hand"
    );
}

// req: S2-73
/// That an endpoint is off is published if and only if it was written.
pub async fn an_endpoint_that_is_switched_off_says_so_once(ports: &Ports) {
    let stage = Stage::set();
    let (scope, store) = (&stage.ours, &ports.webhooks);
    store.add_endpoint(scope, &endpoint(&stage, "whe_1", 0), 2).await.unwrap();
    let news = placed(scope, "1001", stage.now).publish;
    let off = Health { off: Some((stage.now, OffBecause::Gone)), ..Health::default() };
    let off = WebhookEndpoint { version: 2, health: off, ..endpoint(&stage, "whe_1", 0) };
    assert!(patiently(|| store.save_endpoint(scope, &off, 1, &news[..1], stage.now)).await);
    assert!(patiently(|| store.save_endpoint(scope, &off, 1, &news[1..], stage.now)).await, "it is written, once");
    let rows = ports.outbox.waiting(stage.after(10), 100_000).await.unwrap();
    let events: Vec<_> = rows.iter().flat_map(|row| &row.events).filter(|event| event.tenant == *scope.tenant()).collect();
    assert_eq!(events, [&news[0]]);
}

// req: S2-73
/// What was told an endpoint, by when it happened, from either end.
pub async fn deliveries_are_saved_by_version_and_listed_by_time(ports: &Ports) {
    let stage = Stage::set();
    let (scope, store) = (&stage.ours, &ports.webhooks);
    let all: Vec<Delivery> = [("b", 1), ("a", 1), ("c", 2), ("d", 3)]
        .iter()
        .map(|(id, after)| delivery(id, stage.after(*after), DeliveryState::Delivered))
        .collect();
    for one in &all {
        assert_eq!(store.save_delivery(scope, one, 0).await, Ok(true));
        assert_eq!(store.save_delivery(scope, one, 0).await, Ok(true), "whoever lost the answer finds what they wrote");
        let other = Delivery { tried: 7, ..one.clone() };
        assert_eq!(store.save_delivery(scope, &other, 0).await, Ok(false), "it is there");
    }
    let other = Delivery { endpoint: WebhookEndpointId::parse("whe_2").unwrap(), ..all[0].clone() };
    store.save_delivery(scope, &other, 0).await.unwrap();
    let failed = Delivery { version: 2, state: DeliveryState::Failed, ..all[2].clone() };
    assert_eq!(store.save_delivery(scope, &failed, 5).await, Ok(false));
    assert_eq!(store.save_delivery(scope, &failed, 1).await, Ok(true));
    assert_eq!(store.delivery(scope, &failed.key()).await, Ok(Some(failed.clone())));
    assert_eq!(store.delivery(&stage.theirs, &failed.key()).await, Ok(None));
    let never = DeliveryKey { id: EventId::parse("never").unwrap(), ..failed.key() };
    assert_eq!(store.delivery(scope, &never).await, Ok(None));
    let listed = |from: i64, to: i64, newest_first: bool, after: Option<usize>, limit: usize| {
        let after = after.map(|at| (all[at].at, all[at].id.clone()));
        let query = DeliveryQuery { endpoint: failed.endpoint.clone(), from: stage.after(from), to: stage.after(to), newest_first, after };
        async move {
            let found = patiently(|| store.deliveries(scope, &query, limit)).await;
            found.iter().map(|one| one.id.to_string()).collect::<Vec<_>>().join("")
        }
    };
    assert_eq!(listed(0, 9, false, None, 10).await, "abcd");
    assert_eq!(listed(0, 9, true, None, 10).await, "dcba");
    assert_eq!(listed(1, 2, false, None, 10).await, "abc", "both ends are in");
    assert_eq!(listed(0, 9, false, None, 2).await, "ab");
    assert_eq!(listed(0, 9, false, Some(0), 10).await, "cd", "behind b");
    assert_eq!(listed(0, 9, true, Some(2), 1).await, "b", "behind c, from the other end");
    assert_eq!(listed(4, 9, false, None, 10).await, "");
    assert_eq!(listed(9, 4, false, None, 10).await, "", "a time that ends before it begins");
    assert_eq!(listed(3, 9, false, Some(0), 10).await, "", "a page of another time");
    assert_eq!(listed(0, 1, true, Some(3), 10).await, "", "a page of another time");
}

/// All that is due of these two shops; others may use the store, too.
async fn due(ports: &Ports, stage: &Stage, now: Timestamp) -> Vec<(TenantId, String, Timestamp)> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let (page, next) = patiently(|| ports.webhooks.due(now, after.as_ref(), 2)).await;
        assert!(page.len() <= 2 && page.is_sorted_by_key(|one| one.due), "{page:?}");
        let ours = page.into_iter().filter(|one| one.tenant == *stage.ours.tenant() || one.tenant == *stage.theirs.tenant());
        found.extend(ours.map(|one| (one.tenant, one.key.id.to_string(), one.due)));
        after = next;
        if after.is_none() {
            return found;
        }
    }
}

// req: S2-73
/// All that waits is found when its time has come, whosesoever it is, until it waits no more.
pub async fn what_waits_comes_back_when_it_is_due(ports: &Ports) {
    let stage = Stage::set();
    let store = &ports.webhooks;
    // Long ago, so that nobody else's are before ours.
    let at = |minutes: i64| "2001-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes);
    let waits = |id: &str, minute: i64| delivery(id, stage.now, DeliveryState::Waiting { next_at: at(minute) });
    for (scope, one) in
        [(&stage.ours, waits("a", 3)), (&stage.theirs, waits("b", 1)), (&stage.ours, waits("c", 5)), (&stage.ours, waits("d", 2))]
    {
        store.save_delivery(scope, &one, 0).await.unwrap();
    }
    let due = |minute: i64| due(ports, &stage, at(minute));
    let row = |scope: &app::TenantScope, id: &str, minute: i64| (scope.tenant().clone(), id.to_owned(), at(minute));
    let expected = [row(&stage.theirs, "b", 1), row(&stage.ours, "d", 2), row(&stage.ours, "a", 3)];
    assert_eq!(eventually(|| due(5), |found| found.len() >= 3).await, expected, "c is due at this moment, not before it");
    let taken = Delivery { version: 2, state: DeliveryState::Delivered, ..waits("d", 2) };
    store.save_delivery(&stage.ours, &taken, 1).await.unwrap();
    let later = Delivery { version: 2, ..waits("a", 30) };
    store.save_delivery(&stage.ours, &later, 1).await.unwrap();
    assert_eq!(eventually(|| due(5), |found| found.len() == 1).await, expected[..1]);
}
