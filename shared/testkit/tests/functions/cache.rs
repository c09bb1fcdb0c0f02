//! What is kept for a while: settings for a minute, a model's words for an hour. Neither outlives the settings that it was made under.

use crate::house::{House, config, correlation, identity};
use app::Scopes;
use app::answer::{Answer, Ask, Question, WORDS_KEPT, Worded};
use app::ports::{Clock, Limit, Prompt, RateBuckets, TenantStore, WordingKey};
use app::recent::{AGE_MAX, RecentSettings};
use app::tenant::TenantConfig;
use domain::order::{Claim, OrderStatus, Role, StatusClaim};
use jiff::SignedDuration;
use std::sync::Arc;
use testkit::memory::ScriptedLlm;

const JOHN: &str = "Where is my order 1001? Email: john.smith@example.com";
const WORDS: &str = "We are sorry, your order #1001 is delayed. The estimated delivery date is 2025-08-10.";

/// A model that has the same to say of order 1001 for ever.
fn model(words: &str) -> Arc<ScriptedLlm> {
    Arc::new(ScriptedLlm::saying(std::iter::repeat_n(Ok(words.to_owned()), 50)))
}

async fn ask(ask: &Ask, tenant: &str, question: &str) -> Answer {
    let publishable = identity(tenant, Role::Service, Scopes::ASK);
    let question = Question { question: question.into(), order_id: None, email: None, code: None };
    ask.run(&publishable, "1.2.3.4", &question, &correlation()).await.unwrap()
}

// req: S2-98
#[tokio::test]
async fn ttl_and_invalidate_on_config_version() {
    assert_eq!((AGE_MAX, WORDS_KEPT), (SignedDuration::from_secs(60), SignedDuration::from_secs(3_600)));
    let house = House::new().await;
    let llm = model(WORDS);
    let recent = Arc::new(RecentSettings::new(Arc::new(house.world.tenants()), house.clock.clone()));
    let answers = Ask { tenants: recent.clone(), ..house.ask(Some(llm.clone())) };
    let asked = async || (ask(&answers, "demo", JOHN).await.worded, llm.prompts().len());

    assert_eq!((asked().await, asked().await), ((Some(Worded::Now), 1), (Some(Worded::Before), 1)));
    house.clock.advance(WORDS_KEPT - SignedDuration::from_secs(1));
    assert_eq!(asked().await, (Some(Worded::Before), 1), "an hour less a second");
    house.clock.advance(SignedDuration::from_secs(1));
    assert_eq!((asked().await, asked().await), ((Some(Worded::Now), 2), (Some(Worded::Before), 2)));

    // Another process changes the settings: known within a minute, and then nothing counts that was said before.
    let next = TenantConfig { version: 2, llm_style: Some("short".into()), ..config() };
    assert!(house.world.tenants().save(&house.scope, &next, 1).await.unwrap());
    // They were read a second ago.
    house.clock.advance(AGE_MAX - SignedDuration::from_secs(2));
    assert_eq!(asked().await, (Some(Worded::Before), 2));
    house.clock.advance(SignedDuration::from_secs(1));
    assert_eq!((asked().await, asked().await), ((Some(Worded::Now), 3), (Some(Worded::Before), 3)));
    assert!(llm.prompts()[2].system.ends_with("Style: short"));

    // This process does: known at once, whatever it is that has changed.
    let same_words = TenantConfig { version: 3, shop_name: "Another name".into(), ..next };
    assert!(recent.save(&house.scope, &same_words, 2).await.unwrap());
    assert_eq!((asked().await, asked().await), ((Some(Worded::Now), 4), (Some(Worded::Before), 4)));
}

// req: S2-98
#[tokio::test]
async fn other_facts_another_day_another_order_and_another_language_are_other_words() {
    let house = House::new().await;
    let llm = model(WORDS);
    let answers = house.ask(Some(llm.clone()));
    assert_eq!(ask(&answers, "demo", JOHN).await.worded, Some(Worded::Now));
    // What is kept for John's order is not what anybody else gets, and they get nothing that was made of it.
    let anna = ask(&answers, "demo", "Where is my order 1002? Email: anna@example.com").await;
    assert_eq!((anna.worded, llm.prompts().len()), (None, 2), "a model's words about another order do not pass");
    assert!(anna.reply.contains("1002") && !anna.reply.contains("1001"), "{}", anna.reply);
    let polish = ask(&answers, "demo", "Gdzie jest moje zamówienie 1001? Email: john.smith@example.com").await;
    assert_eq!((polish.worded == Some(Worded::Before), llm.prompts().len()), (false, 3));
    house.hear("1001", "evt-1", Claim { status: Some(StatusClaim::Is(OrderStatus::Delivered)), ..Claim::default() }, false).await;
    let delivered = ask(&answers, "demo", JOHN).await;
    assert_eq!((delivered.worded, llm.prompts().len()), (None, 4), "what it said before is not true any more");
    assert!(delivered.reply.to_lowercase().contains("delivered"), "{}", delivered.reply);
    // A wrong address never comes so far.
    let stranger = ask(&answers, "demo", "Where is my order 1001? Email: eve@example.com").await;
    assert_eq!((stranger.order_id, stranger.worded, llm.prompts().len()), (None, None, 4));
}

/// Two shops may have an order of the same number in the same state.
// req: S2-98
#[tokio::test]
async fn no_shop_gets_what_was_said_in_another() {
    let house = House::new().await;
    let other = house.beside("other", "Delayed").await;
    let llm = model(WORDS);
    let answers = house.ask(Some(llm.clone()));
    for (tenant, asked) in [("demo", 1), ("other", 2)] {
        assert_eq!(ask(&answers, tenant, JOHN).await.worded, Some(Worded::Now), "{tenant}");
        assert_eq!(ask(&answers, tenant, JOHN).await.worded, Some(Worded::Before), "{tenant}");
        assert_eq!(llm.prompts().len(), asked);
    }
    assert_eq!(llm.prompts()[0], llm.prompts()[1], "and yet the very same was asked");
    for scope in [&house.scope, &other] {
        // A wording names an order and its facts, and nobody.
        assert_eq!(house.world.all_wordings(scope), [WORDS]);
    }
}

/// Words that are kept cost no model: the day's budget is for those that are not.
// req: S2-80
#[tokio::test]
async fn kept_words_take_nothing_from_the_budget_and_raise_the_hit_rate() {
    let house = House::new().await;
    let tight = TenantConfig { version: 2, llm_tokens_per_day: 600, ..config() };
    assert!(house.world.tenants().save(&house.scope, &tight, 1).await.unwrap());
    let llm = model(WORDS);
    let answers = house.ask(Some(llm.clone()));
    let mut worded = Vec::new();
    for _ in 0..20 {
        worded.extend(ask(&answers, "demo", JOHN).await.worded);
        house.clock.advance(SignedDuration::from_secs(30));
    }
    let kept = worded.iter().filter(|worded| **worded == Worded::Before).count();
    assert_eq!((worded.len(), kept, llm.prompts().len()), (20, 19, 1), "one call's worth was there");
    let day = Limit { count: 600, window: SignedDuration::from_hours(24) };
    let left = house.world.buckets().take(&house.scope, "llm-tokens", 0, day, house.clock.now()).await.unwrap();
    assert!(matches!(left, app::ports::Allowance::Denied { .. }), "and is used up: {left:?}");
    // Of an order that nothing is kept of, the template speaks.
    let anna = ask(&answers, "demo", "Where is my order 1002? Email: anna@example.com").await;
    assert_eq!((anna.worded, anna.order_id.as_deref()), (None, Some("1002")));
}

/// What does not pass is not kept, and what was kept has to pass again.
// req: S2-80, S2-98
#[tokio::test]
async fn only_what_was_checked_is_kept() {
    let house = House::new().await;
    for bad in ["Your order #1001 arrives tomorrow.", "Order #1001 is delayed. See https://evil.example.", ""] {
        let llm = model(bad);
        let answers = house.ask(Some(llm.clone()));
        assert_eq!((ask(&answers, "demo", JOHN).await.worded, ask(&answers, "demo", JOHN).await.worded), (None, None));
        assert_eq!(llm.prompts().len(), 2, "{bad}: asked again");
    }
    // A number in a question is asked of a model as well; that names the customer, and is not kept.
    let llm = model(r#"{"order_number":"1001","email":"john.smith@example.com"}"#);
    let answers = house.ask(Some(llm.clone()));
    for asked in 1..3 {
        ask(&answers, "demo", "number 10O1 at john (at) example").await;
        assert!(llm.prompts().len() >= asked);
    }
}

#[test]
fn whatever_is_asked_otherwise_has_another_name() {
    let prompt = |system: &str, user: &str, fields| Prompt { system: system.into(), user: user.into(), fields, max_tokens: 1 };
    let base = WordingKey::of(1, &prompt("ab", "c", &["reply"]));
    for other in [
        WordingKey::of(2, &prompt("ab", "c", &["reply"])),
        WordingKey::of(1, &prompt("a", "bc", &["reply"])),
        WordingKey::of(1, &prompt("ab", "c", &["order_number"])),
        WordingKey::of(1, &prompt("ab", "creply", &[])),
    ] {
        assert_ne!(base, other);
    }
    assert_eq!((base.0.len(), base.clone()), (64, WordingKey::of(1, &prompt("ab", "c", &["reply"]))));
}
