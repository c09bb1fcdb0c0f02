//! The ask use case.

use crate::house::{House, config, correlation, identity};
use app::answer::{Answer, Question};
use app::ports::{PortError, PortResult, TenantStore};
use app::recent::{AGE_MAX, RecentSettings};
use app::tenant::TenantConfig;
use app::{Error, Scopes, TenantScope};
use domain::ids::TenantId;
use domain::order::Role;
use jiff::SignedDuration;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use testkit::memory::{MemoryTenants, ScriptedLlm};

fn asked(question: &str) -> Question {
    Question { question: question.into(), order_id: None, email: None, code: None }
}

async fn ask(house: &House, caller: &str, question: &str) -> Result<Answer, Error> {
    let publishable = identity("demo", Role::Service, Scopes::ASK);
    house.ask(None).run(&publishable, caller, &asked(question), &correlation()).await
}

async fn ask_with(house: &House, llm: &Arc<ScriptedLlm>, question: &str) -> Answer {
    let publishable = identity("demo", Role::Service, Scopes::ASK);
    house.ask(Some(llm.clone())).run(&publishable, "1.2.3.4", &asked(question), &correlation()).await.unwrap()
}

const JOHN: &str = "Where is my order 1001? Email: john.smith@example.com";

// req: S0-01, S0-02, S0-17
#[tokio::test]
async fn one_turn_is_enough() {
    let answer = ask(&House::new().await, "c", JOHN).await.unwrap();
    assert_eq!((answer.order_id.as_deref(), answer.status.as_deref()), (Some("1001"), Some("Delayed")));
    assert!(
        answer.reply.contains("1001") && answer.reply.contains("2025-08-10") && answer.reply.to_lowercase().contains("delayed"),
        "{}",
        answer.reply
    );
    assert!(answer.needs.is_empty());
}

// req: S0-13, S0-14
#[tokio::test]
async fn unknown_order_and_wrong_address_look_alike() {
    let house = House::new().await;
    let unknown = ask(&house, "a", "order 99999 john.smith@example.com").await.unwrap();
    let foreign = ask(&house, "a", "order 1002 john.smith@example.com").await.unwrap();
    assert_eq!(unknown, foreign);
    assert!(!unknown.reply.contains("1002") && !unknown.reply.contains("99999"));
}

// req: S0-14
#[tokio::test]
async fn five_wrong_attempts_and_then_a_pause() {
    let house = House::new().await;
    for _ in 0..5 {
        assert!(ask(&house, "a", "order 1002 john.smith@example.com").await.is_ok());
    }
    let sixth = ask(&house, "a", "order 1002 john.smith@example.com").await;
    assert!(matches!(sixth, Err(Error::TooMany { retry_after_s }) if (1..=900).contains(&retry_after_s)), "{sixth:?}");
    let right = ask(&house, "a", "order 1002 anna@example.com").await;
    assert!(matches!(right, Err(Error::TooMany { .. })), "not even the right address tells them apart now");
    assert!(ask(&house, "b", "order 1002 anna@example.com").await.unwrap().order_id.is_some(), "others are not held up");
    house.clock.advance(SignedDuration::from_mins(15));
    assert!(ask(&house, "a", "order 1002 anna@example.com").await.unwrap().order_id.is_some());
}

// req: S0-04
#[tokio::test]
async fn a_model_is_asked_only_when_rules_find_nothing_and_cannot_invent() {
    let house = House::new().await;
    let llm = Arc::new(ScriptedLlm::saying([Ok("1002".into())]));
    let answer = ask_with(&house, &llm, "Where is my parcel, the 2nd one? john.smith@example.com").await;
    assert_eq!(answer.needs, ["order_id"], "a number that does not stand in the question does not count");
    assert_eq!(llm.prompts().len(), 1);
    let llm = Arc::new(ScriptedLlm::saying([Ok("1002".into()), Err(PortError::Retryable("down".into()))]));
    let answer = ask_with(&house, &llm, JOHN).await;
    assert_eq!(answer.order_id.as_deref(), Some("1001"), "rules found it: the model has no say");
    assert!(llm.prompts().iter().all(|prompt| !prompt.system.starts_with("Extract")), "and was not asked for it");
}

// req: S0-15
#[tokio::test]
async fn a_models_words_count_only_if_they_are_true() {
    let house = House::new().await;
    let plain = ask(&house, "x", JOHN).await.unwrap().reply;
    for bad in [
        "Your order 1001 will arrive tomorrow.",
        "We will refund order #1001. Sorry for the delay.",
        "Your order #1001 is delayed. See https://evil.example/track.",
        "Order #1002 is delayed. It is expected on 2025-08-10.",
        "<b>Order</b> #1001",
        "",
    ] {
        let llm = Arc::new(ScriptedLlm::saying([Ok(bad.into())]));
        assert_eq!(ask_with(&house, &llm, JOHN).await.reply, plain, "{bad}");
    }
    let fault = Arc::new(ScriptedLlm::saying([Err(PortError::Retryable("429".into()))]));
    assert_eq!(ask_with(&house, &fault, JOHN).await.reply, plain);
    let good = "We are sorry, your order #1001 is delayed. The estimated delivery date is 2025-08-10.";
    let llm = Arc::new(ScriptedLlm::saying([Ok(good.into())]));
    let reply = ask_with(&house, &llm, JOHN).await.reply;
    assert!(reply.starts_with(good) && reply.ends_with("The Customer Care Team."), "{reply}");
}

// req: X-10
#[tokio::test]
async fn the_token_budget_ends() {
    let house = House::new().await;
    let tight = TenantConfig { version: 2, llm_tokens_per_day: 1_200, ..config() };
    assert!(house.world.tenants().save(&house.scope, &tight, 1).await.unwrap());
    let llm = Arc::new(ScriptedLlm::saying(std::iter::repeat_n(Ok("nonsense".to_owned()), 10)));
    for _ in 0..5 {
        assert!(ask_with(&house, &llm, JOHN).await.order_id.is_some(), "the template answers all the same");
    }
    assert_eq!(llm.prompts().len(), 2, "600 tokens a call out of 1,200 a day");
    use app::ports::{Allowance, Limit, RateBuckets};
    let buckets = house.world.buckets();
    let day = Limit { count: 200_000, window: SignedDuration::from_hours(24) };
    let now = app::ports::Clock::now(house.clock.as_ref());
    assert!(matches!(buckets.take(&house.scope, "tokens", 200_000, day, now).await.unwrap(), Allowance::Allowed { left: 0 }));
    assert!(matches!(buckets.take(&house.scope, "tokens", 1, day, now).await.unwrap(), Allowance::Denied { .. }), "the 200,001st token");
}

#[tokio::test]
async fn other_tenants_orders_do_not_exist() {
    let house = House::new().await;
    let other = identity("other", Role::Service, Scopes::ASK);
    let answer = house.ask(None).run(&other, "c", &asked(JOHN), &correlation()).await.unwrap();
    assert_eq!(answer.order_id, None);
    assert!(!answer.reply.contains("Delayed"));
}

/// Counts how often the settings were really read.
struct Counted(MemoryTenants, AtomicUsize);

#[async_trait::async_trait]
impl TenantStore for Counted {
    async fn config(&self, tenant: &TenantId) -> PortResult<Option<TenantConfig>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.config(tenant).await
    }

    async fn save(&self, scope: &TenantScope, config: &TenantConfig, before_version: u64) -> PortResult<bool> {
        self.0.save(scope, config, before_version).await
    }

    async fn all(&self) -> PortResult<Vec<TenantId>> {
        self.0.all().await
    }
}

// req: X-10
#[tokio::test]
async fn settings_are_read_anew_when_they_are_old() {
    let house = House::new().await;
    let store = Arc::new(Counted(house.world.tenants(), AtomicUsize::new(0)));
    let recent = RecentSettings::new(store.clone(), house.clock.clone());
    let locale = async || recent.config(house.scope.tenant()).await.unwrap().unwrap().locale;
    let reads = || store.1.load(Ordering::Relaxed);
    assert_eq!((locale().await, locale().await, reads()), ("en".to_owned(), "en".to_owned(), 1));
    let polish = TenantConfig { version: 2, locale: "pl".into(), ..config() };
    assert!(house.world.tenants().save(&house.scope, &polish, 1).await.unwrap(), "in another process");
    house.clock.advance(AGE_MAX - SignedDuration::from_millis(1));
    assert_eq!((locale().await, reads()), ("en".to_owned(), 1));
    house.clock.advance(SignedDuration::from_millis(1));
    assert_eq!((locale().await, reads()), ("pl".to_owned(), 2));
    house.clock.advance(SignedDuration::from_secs(-5));
    assert_eq!((locale().await, reads()), ("pl".to_owned(), 3), "a clock that was set back makes nothing younger");
    let english = TenantConfig { version: 3, ..config() };
    assert!(recent.save(&house.scope, &english, 2).await.unwrap(), "in this process");
    assert_eq!((locale().await, reads()), ("en".to_owned(), 4));
    assert_eq!(recent.all().await.unwrap(), [house.scope.tenant().clone()]);
}

// req: X-10
#[tokio::test]
async fn only_so_many_settings_are_kept() {
    let house = House::new().await;
    let store = Arc::new(Counted(house.world.tenants(), AtomicUsize::new(0)));
    let recent = RecentSettings::new(store.clone(), house.clock.clone());
    let tenants: Vec<TenantId> = (0..150).map(|at| TenantId::parse(&format!("shop-{at}")).unwrap()).collect();
    let read_all = async || {
        let before = store.1.load(Ordering::Relaxed);
        for tenant in &tenants {
            assert_eq!(recent.config(tenant).await, Ok(None));
        }
        store.1.load(Ordering::Relaxed) - before
    };
    assert_eq!((read_all().await, read_all().await), (150, 50), "a hundred are kept, the others are read each time");
    house.clock.advance(AGE_MAX);
    assert_eq!((read_all().await, read_all().await), (150, 50), "old ones make room");
}
