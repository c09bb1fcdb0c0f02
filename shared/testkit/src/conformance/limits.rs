//! Rate buckets, settings and keys.

use super::{Ports, Stage, patiently, race, samples};
use app::ports::{Allowance, ApiKey, Limit, Looked};
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
/// Looking takes nothing and starts nothing.
pub async fn looking_into_a_bucket_takes_nothing(ports: &Ports) {
    let stage = Stage::set();
    let look = |after: i64, count: u32| {
        let (ports, scope, now) = (ports.clone(), stage.ours.clone(), stage.after(after));
        async move { ports.lookup.look(&scope, &[], &["wrong".to_owned()], Limit { count, ..LIMIT }, now).await.unwrap().allowances }
    };
    let take = |amount: u32, after: i64| {
        let (ports, scope, now) = (ports.clone(), stage.ours.clone(), stage.after(after));
        async move { ports.buckets.take(&scope, "wrong", amount, LIMIT, now).await.unwrap() }
    };
    let wait = |seconds: i64| [Allowance::Denied { retry_after: SignedDuration::from_secs(seconds) }];
    assert_eq!(look(0, 10).await, [Allowance::Allowed { left: 10 }]);
    assert_eq!(take(9, 30).await, Allowance::Allowed { left: 1 }, "the window starts here");
    assert_eq!(look(89, 10).await, [Allowance::Allowed { left: 1 }]);
    assert_eq!(take(1, 89).await, Allowance::Allowed { left: 0 });
    assert_eq!(look(89, 10).await, wait(1));
    assert_eq!(look(89, 5).await, wait(1), "a limit that was lowered meanwhile");
    assert_eq!(look(90, 10).await, [Allowance::Allowed { left: 10 }]);
    assert_eq!(look(90, 0).await, wait(60), "no room at all");
}

// req: S0-14
/// Each answer stands in its question's place, and only for its own tenant.
pub async fn orders_and_buckets_are_found_in_one_look(ports: &Ports) {
    let stage = Stage::set();
    let scope = &stage.ours;
    let mut placed = Vec::new();
    for id in ["1001", "1002"] {
        let step = samples::placed(scope, id, stage.now);
        ports.orders.commit(scope, step.commit()).await.unwrap();
        placed.push(Some(step.order));
    }
    ports.buckets.take(scope, "attempt:a:1002", 4, LIMIT, stage.now).await.unwrap();
    let numbers = ["1002", "9999", "1001", "1002"].map(samples::number);
    let buckets = ["attempt:a:1001", "attempt:a:1002", "attempt:a:1001"].map(str::to_owned);
    let look = async |scope, orders: &[_], buckets: &[_]| ports.lookup.look(scope, orders, buckets, LIMIT, stage.now).await.unwrap();
    let found = look(scope, &numbers, &buckets).await;
    assert_eq!(found.orders, [placed[1].clone(), None, placed[0].clone(), placed[1].clone()]);
    assert_eq!(found.allowances, [10, 6, 10].map(|left| Allowance::Allowed { left }));
    assert_eq!(look(scope, &[], &[]).await, Looked { orders: Vec::new(), allowances: Vec::new() });
    let theirs = look(&stage.theirs, &numbers, &buckets).await;
    assert_eq!(theirs.orders, [None, None, None, None]);
    assert_eq!(theirs.allowances, [Allowance::Allowed { left: 10 }; 3]);
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
