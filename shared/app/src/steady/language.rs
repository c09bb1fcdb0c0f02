//! A language model that is left alone while it fails.

use super::{Breaker, WINDOW};
use crate::ports::{Clock, Fields, Llm, PortError, PortResult, Prompt};
use async_trait::async_trait;
use std::sync::Arc;

/// A model behind a circuit breaker.
pub struct Steady {
    model: Arc<dyn Llm>,
    breaker: Breaker,
}

impl Steady {
    /// Over this model.
    pub fn new(model: Arc<dyn Llm>, clock: Arc<dyn Clock>) -> Steady {
        Steady { model, breaker: Breaker::new(clock, WINDOW) }
    }
}

#[async_trait]
impl Llm for Steady {
    async fn complete(&self, prompt: &Prompt) -> PortResult<Fields> {
        if !self.breaker.lets() {
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
