//! Doing things once.

use super::samples::{once as to_finish, once_key, placed};
use super::{Ports, Stage, patiently, race};
use app::ports::{Claim, OnceDone};
use jiff::SignedDuration;

const LEASE: SignedDuration = SignedDuration::from_secs(60);

// req: X-03
/// Claimed, busy for the others, completed, answered.
pub async fn a_claim_is_made_completed_and_answered(ports: &Ports) {
    let stage = Stage::set();
    let (scope, once, key) = (&stage.ours, &ports.once, once_key("a"));
    assert_eq!(once.done(scope, &key, stage.now).await, Ok(None));
    let claim = once.claim(scope, &key, "hash", stage.now, LEASE).await.unwrap();
    let Claim::Mine { fence } = claim else { panic!("{claim:?}") };
    assert_eq!(once.done(scope, &key, stage.now).await, Ok(None), "claimed is not done");
    assert_eq!(once.claim(scope, &key, "hash", stage.after(59), LEASE).await, Ok(Claim::Busy { until: stage.after(60) }));
    assert_eq!(once.complete(scope, to_finish(&key, "r", Some(fence + 1), stage.now), &[], stage.now).await, Ok(false), "not our fence");
    assert_eq!(once.complete(scope, to_finish(&key, "r", None, stage.now), &[], stage.now).await, Ok(false), "no fence");
    assert_eq!(once.complete(scope, to_finish(&key, "r", Some(fence), stage.now), &[], stage.now).await, Ok(true));
    assert_eq!(once.complete(scope, to_finish(&key, "r2", Some(fence), stage.now), &[], stage.now).await, Ok(false), "done already");
    assert_eq!(once.release(scope, &key, fence).await, Ok(false), "done cannot be given back");
    assert_eq!(once.done(scope, &key, stage.after(1)).await, Ok(Some(("hash".into(), "r".into()))));
    let again = once.claim(scope, &key, "other hash", stage.after(1), LEASE).await;
    assert_eq!(again, Ok(Claim::Done { request_hash: "hash".into(), response: "r".into() }));
    let untouched = once_key("untouched");
    assert_eq!(once.complete(scope, to_finish(&untouched, "r", None, stage.now), &[], stage.now).await, Ok(true), "nobody's");
    assert_eq!(once.complete(scope, to_finish(&once_key("unclaimed"), "r", Some(1), stage.now), &[], stage.now).await, Ok(false));
    assert_eq!(once.release(scope, &once_key("unclaimed"), 1).await, Ok(false));
}

// req: X-03
/// A claimant who was given up on can neither complete nor release, whatever happened since.
pub async fn fences_grow_for_ever(ports: &Ports) {
    let stage = Stage::set();
    let (scope, once, key) = (&stage.ours, &ports.once, once_key("a"));
    let claim = async |after: i64| match once.claim(scope, &key, "hash", stage.after(after), LEASE).await.unwrap() {
        Claim::Mine { fence } => fence,
        other => panic!("{other:?}"),
    };
    let first = claim(0).await;
    let second = claim(60).await;
    assert!(second > first, "the lease was over");
    assert_eq!(once.release(scope, &key, first).await, Ok(false));
    assert_eq!(once.complete(scope, to_finish(&key, "r", Some(first), stage.now), &[], stage.now).await, Ok(false));
    assert_eq!(once.release(scope, &key, second).await, Ok(true));
    assert_eq!(once.release(scope, &key, second).await, Ok(false));
    let third = claim(61).await;
    assert!(third > second, "also after it was given back");
    for stale in [first, second] {
        assert_eq!(once.complete(scope, to_finish(&key, "r", Some(stale), stage.now), &[], stage.now).await, Ok(false));
    }
    assert_eq!(once.complete(scope, to_finish(&key, "r", Some(third), stage.now), &[], stage.now).await, Ok(true));
    let fourth = claim(3 * 24 * 3600).await;
    assert!(fourth > third, "also after it expired");
}

// req: X-03, X-05
/// What is published with it is published if it is done, and only then.
pub async fn a_completed_claim_publishes_with_it(ports: &Ports) {
    let stage = Stage::set();
    let (scope, once, key) = (&stage.ours, &ports.once, once_key("a"));
    let claim = once.claim(scope, &key, "hash", stage.now, LEASE).await.unwrap();
    let Claim::Mine { fence } = claim else { panic!("{claim:?}") };
    let events = |name: &str| placed(scope, name, stage.now).publish;
    let waiting = async || {
        let rows = ports.outbox.waiting(stage.after(5), 100_000).await.unwrap();
        let ours = rows.into_iter().filter(|row| row.events.iter().any(|event| event.tenant == *scope.tenant()));
        ours.map(|row| row.events).collect::<Vec<_>>()
    };
    assert_eq!(once.complete(scope, to_finish(&key, "r", Some(fence + 1), stage.now), &events("1001"), stage.now).await, Ok(false));
    assert_eq!(waiting().await, Vec::<Vec<_>>::new(), "not our fence");
    assert_eq!(once.complete(scope, to_finish(&key, "r", Some(fence), stage.now), &events("1002"), stage.now).await, Ok(true));
    assert_eq!(waiting().await, [events("1002")]);
    assert_eq!(once.complete(scope, to_finish(&key, "r", Some(fence), stage.now), &events("1003"), stage.now).await, Ok(false));
    assert_eq!(waiting().await, [events("1002")], "done already");
}

// req: X-03
/// An answer is given again until it expires, however late the store forgets it.
pub async fn records_expire(ports: &Ports) {
    let stage = Stage::set();
    let (scope, once, key) = (&stage.ours, &ports.once, once_key("a"));
    let done = OnceDone { key: &key, request_hash: "hash", response: "r", fence: None, expires_at: stage.after(100) };
    assert_eq!(once.complete(scope, done, &[], stage.now).await, Ok(true));
    assert!(once.done(scope, &key, stage.after(99)).await.unwrap().is_some());
    assert!(once.done(scope, &key, stage.after(100)).await.unwrap().is_none());
    assert!(matches!(once.claim(scope, &key, "hash", stage.after(99), LEASE).await, Ok(Claim::Done { .. })));
    assert!(matches!(once.claim(scope, &key, "hash", stage.after(100), LEASE).await, Ok(Claim::Mine { .. })));
}

// req: X-03
/// Sixty-four want it at the same time.
pub async fn of_64_claims_one_is_ours(ports: &Ports) {
    let stage = Stage::set();
    let claims = race(64, |_| {
        let (ports, scope, now) = (ports.clone(), stage.ours.clone(), stage.now);
        async move {
            let key = once_key("race");
            patiently(|| ports.once.claim(&scope, &key, "hash", now, LEASE)).await
        }
    })
    .await;
    let mine = claims.iter().filter(|claim| matches!(claim, Claim::Mine { .. })).count();
    let busy = claims.iter().filter(|claim| **claim == Claim::Busy { until: stage.now + LEASE }).count();
    assert_eq!((mine, busy), (1, 63));
}

// req: X-03
/// The same key of another tenant is another key.
pub async fn records_are_their_tenants_own(ports: &Ports) {
    let stage = Stage::set();
    let (once, key) = (&ports.once, once_key("a"));
    assert_eq!(once.complete(&stage.ours, to_finish(&key, "r", None, stage.now), &[], stage.now).await, Ok(true));
    assert_eq!(once.done(&stage.theirs, &key, stage.now).await, Ok(None));
    assert!(matches!(once.claim(&stage.theirs, &key, "hash", stage.now, LEASE).await, Ok(Claim::Mine { .. })));
}
