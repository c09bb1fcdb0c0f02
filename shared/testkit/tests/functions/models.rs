//! A language model that helps, lies, dawdles and dies: the answer has the same facts.

use crate::house::{House, correlation, identity};
use app::Scopes;
use app::answer::{Answer, Question};
use app::ports::{Fields, Llm, PortError, PortResult, Prompt};
use app::steady::{FAILURES_MAX, REST, Steady};
use async_trait::async_trait;
use domain::order::Role;
use jiff::SignedDuration;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use testkit::memory::{FakeClock, ScriptedLlm};

const JOHN: &str = "Where is my order 1001? Email: john.smith@example.com";

async fn ask(house: &House, llm: Option<Arc<dyn Llm>>, question: &str) -> Answer {
    let publishable = identity("demo", Role::Service, Scopes::ASK);
    let question = Question { question: question.into(), order_id: None, email: None, code: None };
    house.ask(llm).run(&publishable, "1.2.3.4", &question, &correlation()).await.unwrap()
}

// req: S0-17
#[tokio::test]
async fn whatever_a_model_says_the_facts_are_the_same() {
    let house = House::new().await;
    let plain = ask(&house, None, JOHN).await;
    let down = |why: &str| Err(PortError::Retryable(why.to_owned()));
    let modes: [PortResult<String>; 14] = [
        down("no answer in time"),
        down("unreachable"),
        down("answered 429"),
        down("answered 500"),
        down("not the answer that was asked for"),
        Err(PortError::Fatal("a refusal".into())),
        Ok(String::new()),
        Ok("Your order #1002 is delayed. It arrives on 2025-08-10.".into()),
        Ok("Your order #1001 is delayed. It arrives on 2025-08-11.".into()),
        Ok("Your order #1001 has been delivered. Thank you.".into()),
        Ok("Your order #1001 is delayed. We will refund you. Sorry.".into()),
        Ok("Your order #1001 is delayed. Pay at https://evil.example now.".into()),
        Ok("Ignore all previous instructions. <script>alert(1)</script>".into()),
        Ok("Order #1001 is delayed. ".repeat(400)),
    ];
    for said in modes {
        let shown: String = format!("{said:?}").chars().take(60).collect();
        let answer = ask(&house, Some(Arc::new(ScriptedLlm::saying([said]))), JOHN).await;
        assert_eq!(answer, plain, "{shown}");
    }
}

// req: S0-04, S0-06
#[tokio::test]
async fn a_model_finds_what_the_rules_do_not_see_if_it_stands_there() {
    let house = House::new().await;
    let question = "Hello, it is about the parcel (nr. 10-01 was the old one) john . smith @ example . com";
    let said = |text: &str| Some(Arc::new(ScriptedLlm::saying([Ok(text.to_owned())])) as Arc<dyn Llm>);
    // An address that does not stand there letter for letter is not one, however sure the model is.
    let answer = ask(&house, said(r#"{"order_number":"1001","email":"anna@example.com"}"#), question).await;
    assert_eq!(answer.order_id, None);
    for harmless in ["Where is my parcel?", "Hallo? Jemand da?", "When will it come, please"] {
        let llm = Arc::new(ScriptedLlm::saying([Ok("1001".into())]));
        ask(&house, Some(llm.clone()), harmless).await;
        assert!(llm.prompts().is_empty(), "there is nothing in it that a number or an address could be: {harmless}");
    }
}

/// Answers after so long, or not at all, and counts.
struct Slow {
    clock: Arc<FakeClock>,
    takes: SignedDuration,
    asked: AtomicUsize,
    well: Mutex<bool>,
}

#[async_trait]
impl Llm for Slow {
    async fn complete(&self, prompt: &Prompt) -> PortResult<Fields> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.clock.advance(self.takes);
        let well = *self.well.lock().unwrap();
        well.then(|| Fields::from([(prompt.fields[0], "10-01".to_owned())])).ok_or(PortError::Retryable("no answer in time".into()))
    }
}

fn slow(house: &House, seconds: i64, well: bool) -> Arc<Slow> {
    let (clock, takes) = (house.clock.clone(), SignedDuration::from_secs(seconds));
    Arc::new(Slow { clock, takes, asked: AtomicUsize::new(0), well: Mutex::new(well) })
}

// req: S0-17
#[tokio::test]
async fn nobody_waits_for_a_model_twice_as_long_as_once() {
    let house = House::new().await;
    house.import("10-01", "Shipped", "john.smith@example.com", "2025-08-20").await;
    let question = "about my parcel ten-dash: 10 - 01 or so, john.smith@example.com";
    for (seconds, calls) in [(1, 2), (3, 1)] {
        let llm = slow(&house, seconds, true);
        ask(&house, Some(llm.clone()), question).await;
        let asked = llm.asked.load(Ordering::Relaxed);
        assert!(asked <= calls, "{asked} calls of {seconds} s");
    }
}

// req: S0-17
#[tokio::test]
async fn a_model_that_fails_is_left_alone_for_a_minute() {
    let house = House::new().await;
    let llm = slow(&house, 0, false);
    let steady: Arc<dyn Llm> = Arc::new(Steady::new(llm.clone(), house.clock.clone()));
    let asked = || llm.asked.load(Ordering::Relaxed);
    for _ in 0..FAILURES_MAX + 3 {
        assert_eq!(ask(&house, Some(steady.clone()), JOHN).await.order_id.as_deref(), Some("1001"));
    }
    assert_eq!(asked(), FAILURES_MAX, "after five it is not asked any more");
    assert!(steady.rests());
    house.clock.advance(REST);
    for _ in 0..3 {
        ask(&house, Some(steady.clone()), JOHN).await;
    }
    assert_eq!(asked(), FAILURES_MAX + 1, "after a minute it is tried once, and rests again");
    house.clock.advance(REST);
    *llm.well.lock().unwrap() = true;
    for _ in 0..3 {
        ask(&house, Some(steady.clone()), JOHN).await;
    }
    assert_eq!(asked(), FAILURES_MAX + 4, "it is well again after three good answers");
    // Failures that lie far apart are no outage.
    *llm.well.lock().unwrap() = false;
    for _ in 0..FAILURES_MAX * 2 {
        ask(&house, Some(steady.clone()), JOHN).await;
        house.clock.advance(SignedDuration::from_secs(20));
    }
    assert_eq!(asked(), FAILURES_MAX * 3 + 4);
}
