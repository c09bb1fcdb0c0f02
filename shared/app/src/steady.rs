//! A language model, or an adviser, that is left alone while it fails, so that nobody waits for it again and again.

use crate::ports::{Clock, Fields, Llm, PortError, PortResult, Prompt};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Failures within [`WINDOW`] after which it is left alone.
pub const FAILURES_MAX: usize = 5;
/// See there.
pub const WINDOW: SignedDuration = SignedDuration::from_secs(60);
/// How long it is left alone. The first question after that tries it; if that fails too, it rests again.
pub const REST: SignedDuration = SignedDuration::from_secs(60);

#[derive(Default)]
struct State {
    failed_at: Vec<Timestamp>,
    resting_since: Option<Timestamp>,
}

/// A circuit breaker of this process.
pub struct Breaker {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

impl Breaker {
    /// Closed.
    pub fn new(clock: Arc<dyn Clock>) -> Breaker {
        Breaker { clock, state: Mutex::default() }
    }

    /// It is left alone now.
    pub fn rests(&self) -> bool {
        let now = self.clock.now();
        self.state().resting_since.is_some_and(|since| since <= now && now.duration_since(since) < REST)
    }

    /// It was asked, and has answered well or not.
    pub fn answered(&self, well: bool) {
        if well {
            *self.state() = State::default();
        } else {
            self.failed();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self) {
        let now = self.clock.now();
        let mut state = self.state();
        // A clock that was set back makes nothing younger.
        state.failed_at.retain(|at| *at <= now && now.duration_since(*at) < WINDOW);
        state.failed_at.push(now);
        if state.resting_since.is_some() || state.failed_at.len() >= FAILURES_MAX {
            state.resting_since = Some(now);
        }
    }
}

/// A model behind a circuit breaker.
pub struct Steady {
    model: Arc<dyn Llm>,
    breaker: Breaker,
}

impl Steady {
    /// Over this model.
    pub fn new(model: Arc<dyn Llm>, clock: Arc<dyn Clock>) -> Steady {
        Steady { model, breaker: Breaker::new(clock) }
    }
}

#[async_trait]
impl Llm for Steady {
    async fn complete(&self, prompt: &Prompt) -> PortResult<Fields> {
        if self.rests() {
            return Err(PortError::Retryable("the language model failed too often and is left alone for a minute".into()));
        }
        let said = self.model.complete(prompt).await;
        self.breaker.answered(said.is_ok());
        said
    }

    fn rests(&self) -> bool {
        self.breaker.rests()
    }
}
