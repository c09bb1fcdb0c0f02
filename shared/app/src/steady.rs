//! A language model that is left alone while it fails, so that customers do not wait for it again and again.

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

/// A model behind a circuit breaker of this process.
pub struct Steady {
    model: Arc<dyn Llm>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

impl Steady {
    /// Over this model.
    pub fn new(model: Arc<dyn Llm>, clock: Arc<dyn Clock>) -> Steady {
        Steady { model, clock, state: Mutex::default() }
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

#[async_trait]
impl Llm for Steady {
    async fn complete(&self, prompt: &Prompt) -> PortResult<Fields> {
        if self.rests() {
            return Err(PortError::Retryable("the language model failed too often and is left alone for a minute".into()));
        }
        let said = self.model.complete(prompt).await;
        match &said {
            Ok(_) => *self.state() = State::default(),
            Err(_) => self.failed(),
        }
        said
    }

    fn rests(&self) -> bool {
        let now = self.clock.now();
        self.state().resting_since.is_some_and(|since| since <= now && now.duration_since(since) < REST)
    }
}
