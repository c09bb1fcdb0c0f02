//! Whoever fails is left alone for a while, so that nobody waits for them again and again and they are not kept from getting well: language models,
//! advisers, payment providers, carriers.
//!
//! A breaker is this process's own. It needs no store, and what several processes ask of somebody who is away is a call a minute from each.

mod carriers;
mod gateways;
mod language;

pub use carriers::SteadyCarriers;
pub use gateways::SteadyGateways;
pub use language::Steady;

use crate::ports::Clock;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Failures within a window after which somebody is left alone.
pub const FAILURES_MAX: usize = 5;
/// The window in which people wait for an answer.
pub const WINDOW: SignedDuration = SignedDuration::from_secs(60);
/// The window of what nobody waits for at the moment: few orders an hour tell of an outage, too.
pub const LONG_WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// How long they are left alone. After that one question at a time tries them; if that fails, they rest again.
pub const REST: SignedDuration = SignedDuration::from_secs(60);
/// So many good answers after a rest, and they count as well.
pub const SUCCESSES: u32 = 3;
/// Whoever tries somebody and is not heard of for so long has died.
const TRY_WITHIN: SignedDuration = SignedDuration::from_secs(30);
/// Whoever is known; more than that are forgotten, and counted anew.
const KNOWN_MAX: usize = 1_000;

enum State {
    /// All is well, but for these failures.
    Closed { failed_at: Vec<Timestamp> },
    /// They are left alone.
    Open { since: Timestamp },
    /// They are tried again.
    HalfOpen { successes: u32, tried_at: Option<Timestamp> },
}

/// A circuit breaker of this process.
pub struct Breaker {
    clock: Arc<dyn Clock>,
    window: SignedDuration,
    state: Mutex<State>,
}

impl Breaker {
    /// Closed.
    pub fn new(clock: Arc<dyn Clock>, window: SignedDuration) -> Breaker {
        Breaker { clock, window, state: Mutex::new(State::Closed { failed_at: Vec::new() }) }
    }

    /// They are left alone now. Whoever is to ask all the same asks [`Breaker::lets`].
    pub fn rests(&self) -> bool {
        let now = self.clock.now();
        match &*self.state() {
            State::Closed { .. } => false,
            State::Open { since } => is_within(*since, now, REST),
            State::HalfOpen { tried_at, .. } => tried_at.is_some_and(|at| is_within(at, now, TRY_WITHIN)),
        }
    }

    /// Whether they may be asked; whoever hears yes asks, and says how they [`Breaker::answered`].
    pub fn lets(&self) -> bool {
        let now = self.clock.now();
        let mut state = self.state();
        let (successes, rests) = match &*state {
            State::Closed { .. } => return true,
            State::Open { since } => (0, is_within(*since, now, REST)),
            State::HalfOpen { successes, tried_at } => (*successes, tried_at.is_some_and(|at| is_within(at, now, TRY_WITHIN))),
        };
        if !rests {
            *state = State::HalfOpen { successes, tried_at: Some(now) };
        }
        !rests
    }

    /// They were asked, and have answered well or not.
    pub fn answered(&self, well: bool) {
        let (now, window) = (self.clock.now(), self.window);
        let mut state = self.state();
        match &mut *state {
            State::Closed { failed_at } if well => failed_at.clear(),
            State::Closed { failed_at } => {
                // A clock that was set back makes nothing younger.
                failed_at.retain(|at| is_within(*at, now, window));
                failed_at.push(now);
                if failed_at.len() >= FAILURES_MAX {
                    *state = State::Open { since: now };
                }
            }
            // An answer to a question from before.
            State::Open { .. } => {}
            State::HalfOpen { successes, .. } if well && *successes + 1 >= SUCCESSES => *state = State::Closed { failed_at: Vec::new() },
            State::HalfOpen { successes, tried_at } if well => (*successes, *tried_at) = (*successes + 1, None),
            State::HalfOpen { .. } => *state = State::Open { since: now },
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_within(since: Timestamp, now: Timestamp, time: SignedDuration) -> bool {
    since <= now && now.duration_since(since) < time
}

/// Breakers by name, of everybody who is asked from here.
pub struct Breakers {
    clock: Arc<dyn Clock>,
    window: SignedDuration,
    known: Mutex<HashMap<String, Arc<Breaker>>>,
}

impl Breakers {
    /// None yet.
    pub fn new(clock: Arc<dyn Clock>, window: SignedDuration) -> Breakers {
        Breakers { clock, window, known: Mutex::default() }
    }

    /// That of a name.
    pub fn of(&self, name: &str) -> Arc<Breaker> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX && !known.contains_key(name) {
            known.clear();
        }
        known.entry(name.to_owned()).or_insert_with(|| Arc::new(Breaker::new(self.clock.clone(), self.window))).clone()
    }

    /// That of an account with somebody. What opens the account is part of the name, and cannot be read from it.
    fn of_account(&self, with: &str, account: &impl serde::Serialize) -> Arc<Breaker> {
        let account = serde_json::to_vec(account).unwrap_or_default();
        self.of(&format!("{with}:{}", hex::encode(Sha256::digest(account))))
    }
}

#[cfg(test)]
mod tests;
