//! An adviser that says what it is told to say, and remembers what it was asked.

use app::ports::{Adviser, AdviserAt, AskedOrder, AskedPast, PortError, PortResult};
use async_trait::async_trait;
use domain::fraud::FraudAdvice;
use domain::order::saga::{Allocation, Free};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Default)]
struct State {
    fraud: Option<FraudAdvice>,
    routing: Option<Vec<Allocation>>,
    asked: Vec<AskedOrder>,
}

/// [`Adviser`] by script. It is away until it is told what to say.
#[derive(Clone, Default)]
pub struct ScriptedAdviser(Arc<Mutex<State>>);

impl ScriptedAdviser {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it thinks of every order from now on.
    pub fn thinks(&self, advice: FraudAdvice) {
        self.state().fraud = Some(advice);
    }

    /// From where it would send every order from now on.
    pub fn proposes(&self, routing: Vec<Allocation>) {
        self.state().routing = Some(routing);
    }

    /// What it was asked about.
    pub fn asked(&self) -> Vec<AskedOrder> {
        self.state().asked.clone()
    }
}

fn away() -> PortError {
    PortError::Retryable("the adviser is away".into())
}

#[async_trait]
impl Adviser for ScriptedAdviser {
    async fn fraud(&self, _: AdviserAt<'_>, order: &AskedOrder, _: &AskedPast) -> PortResult<FraudAdvice> {
        let mut state = self.state();
        state.asked.push(order.clone());
        state.fraud.clone().ok_or_else(away)
    }

    async fn routing(&self, _: AdviserAt<'_>, order: &AskedOrder, _: &[Free]) -> PortResult<Vec<Allocation>> {
        let mut state = self.state();
        state.asked.push(order.clone());
        state.routing.clone().ok_or_else(away)
    }
}
