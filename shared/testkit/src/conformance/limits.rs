//! Rate buckets, settings and keys.

use super::{Ports, Stage, patiently, race};
use app::ports::{Allowance, ApiKey, Limit, WordingKey};
use app::scope::Scopes;
use app::tenant::TenantConfig;
use domain::order::Role;
use jiff::SignedDuration;

const LIMIT: Limit = Limit { count: 10, window: SignedDuration::from_secs(60) };

// req: X-10
/// Ten a minute, counted from the first.
pub async fn a_window_starts_with_its_first(ports: &Ports) {
    let stage = Stage::set();
    let take = |bucket: &'static str, amount: u32, after: i64| {
        let (ports, scope, now) = (ports.clone(), stage.ours.clone(), stage.after(after));
        async move { ports.buckets.take(&scope, bucket, amount, LIMIT, now).await.unwrap() }
    };
    let wait = |seconds: i64| Allowance::Denied { retry_after: SignedDuration::from_secs(seconds) };
    assert_eq!(take("ask", 1, 0).await, Allowance::Allowed { left: 9 });
    assert_eq!(take("ask", 4, 50).await, Allowance::Allowed { left: 5 });
    assert_eq!(take("ask", 6, 50).await, wait(10), "more than is left");
    assert_eq!(take("ask", 5, 59).await, Allowance::Allowed { left: 0 }, "a refusal took nothing");
    assert_eq!(take("ask", 1, 59).await, wait(1));
    assert_eq!(take("ask", 10, 60).await, Allowance::Allowed { left: 0 }, "a new window");
    assert_eq!(take("ask", 1, 119).await, wait(1), "that ends a minute after its own first");
    assert_eq!(take("ask", 11, 500).await, wait(60), "never");
    assert_eq!(take("other#bucket", 1, 0).await, Allowance::Allowed { left: 9 });
    let theirs = ports.buckets.take(&stage.theirs, "ask", 1, LIMIT, stage.now).await;
    assert_eq!(theirs, Ok(Allowance::Allowed { left: 9 }), "another tenant's bucket");
}

// req: X-10
/// Who has not said whose they are has buckets of their own, which are no tenant's.
pub async fn the_unverified_have_buckets_of_their_own(ports: &Ports) {
    let stage = Stage::set();
    let (ours, bucket) = (&stage.ours, format!("login:{}", stage.ours.tenant()));
    assert_eq!(ports.buckets.take(ours, &bucket, 10, LIMIT, stage.now).await, Ok(Allowance::Allowed { left: 0 }));
    let take = |amount: u32, after: i64| {
        let (ports, bucket, now) = (ports.clone(), bucket.clone(), stage.after(after));
        async move { ports.buckets.take_unverified(&bucket, amount, LIMIT, now).await.unwrap() }
    };
    let wait = |seconds: i64| Allowance::Denied { retry_after: SignedDuration::from_secs(seconds) };
    assert_eq!(take(0, 0).await, Allowance::Allowed { left: 10 });
    assert_eq!(take(10, 0).await, Allowance::Allowed { left: 0 });
    assert_eq!(take(0, 59).await, wait(1));
    assert_eq!(take(1, 59).await, wait(1));
    assert_eq!(take(1, 60).await, Allowance::Allowed { left: 9 }, "a new window");
}

// req: X-10
/// Looking takes nothing and starts nothing.
pub async fn looking_into_a_bucket_takes_nothing(ports: &Ports) {
    let stage = Stage::set();
    let take = |amount: u32, after: i64, count: u32| {
        let (ports, scope, now) = (ports.clone(), stage.ours.clone(), stage.after(after));
        async move { ports.buckets.take(&scope, "wrong", amount, Limit { count, ..LIMIT }, now).await.unwrap() }
    };
    let wait = |seconds: i64| Allowance::Denied { retry_after: SignedDuration::from_secs(seconds) };
    assert_eq!(take(0, 0, 10).await, Allowance::Allowed { left: 10 });
    assert_eq!(take(9, 30, 10).await, Allowance::Allowed { left: 1 }, "the window starts here");
    assert_eq!(take(0, 89, 10).await, Allowance::Allowed { left: 1 });
    assert_eq!(take(1, 89, 10).await, Allowance::Allowed { left: 0 });
    assert_eq!(take(0, 89, 10).await, wait(1));
    assert_eq!(take(0, 89, 5).await, wait(1), "a limit that was lowered meanwhile");
    assert_eq!(take(0, 90, 10).await, Allowance::Allowed { left: 10 });
    assert_eq!(take(0, 90, 0).await, wait(60), "no room at all");
}

// req: X-10
/// What is given back can be taken again, in the same window only.
pub async fn what_is_given_back_can_be_taken_again(ports: &Ports) {
    let stage = Stage::set();
    let take = |amount: u32, after: i64| {
        let (ports, scope, now) = (ports.clone(), stage.ours.clone(), stage.after(after));
        async move { ports.buckets.take(&scope, "tries", amount, LIMIT, now).await.unwrap() }
    };
    let give = |amount: u32, after: i64| {
        let (ports, scope, now) = (ports.clone(), stage.ours.clone(), stage.after(after));
        async move { ports.buckets.give_back(&scope, "tries", amount, now).await }
    };
    assert_eq!(give(1, 0).await, Ok(()), "there is no bucket");
    assert_eq!(take(9, 0).await, Allowance::Allowed { left: 1 });
    assert_eq!(give(2, 1).await, Ok(()));
    assert_eq!(take(3, 2).await, Allowance::Allowed { left: 0 });
    assert_eq!(give(11, 3).await, Ok(()), "more than was taken");
    assert_eq!(take(1, 3).await, Allowance::Denied { retry_after: SignedDuration::from_secs(57) });
    assert_eq!(ports.buckets.give_back(&stage.theirs, "tries", 1, stage.after(3)).await, Ok(()));
    assert_eq!(take(1, 4).await, Allowance::Denied { retry_after: SignedDuration::from_secs(56) }, "nobody else's");
    assert_eq!(give(10, 60).await, Ok(()), "the window has ended");
    assert_eq!(take(10, 60).await, Allowance::Allowed { left: 0 });
    assert_eq!(give(4, 61).await, Ok(()));
    assert_eq!(take(0, 61).await, Allowance::Allowed { left: 4 });
}

// req: X-10
/// Sixty-four at the same time, into an empty bucket.
pub async fn of_64_requests_ten_pass(ports: &Ports) {
    let stage = Stage::set();
    let answers = race(64, |_| {
        let (ports, scope, now) = (ports.clone(), stage.ours.clone(), stage.now);
        async move { patiently(|| ports.buckets.take(&scope, "ask", 1, LIMIT, now)).await }
    })
    .await;
    let mut left: Vec<u32> =
        answers.iter().filter_map(|answer| if let Allowance::Allowed { left } = answer { Some(*left) } else { None }).collect();
    left.sort_unstable();
    assert_eq!(left, (0..10).collect::<Vec<u32>>());
}

// req: X-03
/// Two people save; the second is told.
pub async fn settings_are_saved_by_version(ports: &Ports) {
    let stage = Stage::set();
    let (scope, tenants) = (&stage.ours, &ports.tenants);
    assert_eq!(tenants.config(scope.tenant()).await, Ok(None));
    let config = TenantConfig { shop_name: "Mugs".into(), ..TenantConfig::default() };
    assert_eq!(tenants.save(scope, &config, 1).await, Ok(false), "there is none yet");
    assert_eq!(tenants.save(scope, &config, 0).await, Ok(true));
    assert_eq!(tenants.save(scope, &config, 0).await, Ok(false), "there is one");
    let saved = tenants.config(scope.tenant()).await.unwrap().unwrap();
    assert_eq!(saved, TenantConfig { version: 1, ..config.clone() });
    let ours = TenantConfig { shop_name: "Cups".into(), ..saved.clone() };
    assert_eq!(tenants.save(scope, &ours, 1).await, Ok(true));
    assert_eq!(tenants.save(scope, &saved, 1).await, Ok(false), "somebody was faster");
    assert_eq!(tenants.config(scope.tenant()).await, Ok(Some(TenantConfig { version: 2, ..ours })));
    assert_eq!(tenants.config(stage.theirs.tenant()).await, Ok(None));
    assert_eq!(tenants.save(&stage.theirs, &config, 0).await, Ok(true));
    let all = tenants.all().await.unwrap();
    for scope in [&stage.ours, &stage.theirs] {
        assert_eq!(all.iter().filter(|tenant| *tenant == scope.tenant()).count(), 1);
    }
}

// req: X-03
/// A key is its hash.
pub async fn keys_are_found_by_their_hash(ports: &Ports) {
    let stage = Stage::set();
    let (scope, keys) = (&stage.ours, &ports.keys);
    let key = |id: &str, after: i64| ApiKey {
        id: id.into(),
        hash: format!("hash of {id}"),
        name: "shop".into(),
        scopes: Scopes::ASK,
        role: Role::Service,
        created_at: stage.after(after),
        revoked_at: None,
        last_used_on: None,
    };
    let (first, second) = (key("k9", 0), key("k1", 1));
    for key in [&second, &first] {
        assert_eq!(keys.key(scope.tenant(), &key.hash).await, Ok(None));
        assert_eq!(keys.save(scope, key).await, Ok(()));
        assert_eq!(keys.key(scope.tenant(), &key.hash).await.unwrap().as_ref(), Some(key));
    }
    assert_eq!(keys.keys(scope).await, Ok(vec![first.clone(), second.clone()]), "oldest first");
    let revoked = ApiKey { revoked_at: Some(stage.after(2)), ..first };
    assert_eq!(keys.save(scope, &revoked).await, Ok(()));
    assert_eq!(keys.key(scope.tenant(), &revoked.hash).await.unwrap().as_ref(), Some(&revoked), "at once");
    assert_eq!(keys.keys(scope).await, Ok(vec![revoked.clone(), second]));
    assert_eq!(keys.key(stage.theirs.tenant(), &revoked.hash).await, Ok(None));
    assert_eq!(keys.keys(&stage.theirs).await, Ok(Vec::new()));
}

// req: S2-84
/// That a key was used is known to the day, and never goes back; what a key is stays as it is.
pub async fn that_a_key_was_used_is_noted(ports: &Ports) {
    let stage = Stage::set();
    let (scope, keys) = (&stage.ours, &ports.keys);
    let made = ApiKey {
        id: "k1".into(),
        hash: "hash of a used key".into(),
        name: "shop".into(),
        scopes: Scopes::ASK,
        role: Role::Service,
        created_at: stage.after(0),
        revoked_at: None,
        last_used_on: None,
    };
    let used = async |day: i8| keys.used(scope.tenant(), &made.hash, jiff::civil::date(2026, 11, day)).await;
    let known = async || keys.key(scope.tenant(), &made.hash).await.unwrap();
    assert_eq!(used(27).await, Ok(()));
    assert_eq!(known().await, None, "a key that is not there is not made");
    assert_eq!(keys.save(scope, &made).await, Ok(()));
    for (day, noted) in [(27, 27), (27, 27), (26, 27), (28, 28)] {
        assert_eq!(used(day).await, Ok(()));
        let noted = ApiKey { last_used_on: Some(jiff::civil::date(2026, 11, noted)), ..made.clone() };
        assert_eq!(known().await, Some(noted.clone()));
        assert_eq!(keys.keys(scope).await, Ok(vec![noted]));
    }
    assert_eq!(keys.used(stage.theirs.tenant(), &made.hash, jiff::civil::date(2026, 11, 30)).await, Ok(()));
    let revoked = ApiKey { revoked_at: Some(stage.after(9)), ..known().await.unwrap() };
    assert_eq!(keys.save(scope, &revoked).await, Ok(()));
    assert_eq!(known().await, Some(revoked), "what was noted stays with whoever saves it");
}

// req: S2-98
/// A wording is nobody else's, and gone when its time is up.
pub async fn words_are_kept_for_a_while_and_for_one_tenant(ports: &Ports) {
    let stage = Stage::set();
    let (scope, wordings) = (&stage.ours, &ports.wordings);
    let key = WordingKey("ab12".into());
    let kept = async |after: i64| wordings.kept(scope, &key, stage.after(after)).await.unwrap();
    assert_eq!(kept(0).await, None);
    assert_eq!(wordings.keep(scope, &key, "It is on its way.", stage.after(3_600)).await, Ok(()));
    assert_eq!((kept(0).await.as_deref(), kept(3_599).await.as_deref()), (Some("It is on its way."), Some("It is on its way.")));
    assert_eq!(kept(3_600).await, None);
    assert_eq!(wordings.kept(&stage.theirs, &key, stage.now).await, Ok(None));
    assert_eq!(wordings.kept(scope, &WordingKey("ab13".into()), stage.now).await, Ok(None));
    assert_eq!(wordings.keep(scope, &key, "It has arrived.", stage.after(7_200)).await, Ok(()));
    assert_eq!(kept(3_600).await.as_deref(), Some("It has arrived."));
}
