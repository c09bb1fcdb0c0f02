//! Whoever is told by webhook, and does not always take it.

use app::ports::{Call, Called, WebhookCaller};
use async_trait::async_trait;
use domain::ids::EventId;
use domain::webhook::Heard;
use jiff::SignedDuration;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// This HTTP status; 2xx takes it.
    Says(u16),
    /// It is busy for so many seconds (429).
    Busy(u32),
    /// It is taken, and the answer is lost.
    TakenInSilence,
    /// There is no answer, and nothing was taken.
    Away,
}

/// A call that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heeded {
    /// Where to.
    pub url: String,
    /// Which.
    pub id: EventId,
    /// What it said.
    pub body: String,
    /// Signatures.
    pub keys: usize,
    /// The other side has it.
    pub taken: bool,
}

type Reactions = Box<dyn FnMut(&str) -> Reaction + Send>;

struct Books {
    calls: Vec<Heeded>,
    reactions: Reactions,
}

/// All who are told, with one book.
#[derive(Clone)]
pub struct Listeners(Arc<Mutex<Books>>);

impl Default for Listeners {
    fn default() -> Self {
        Listeners::that(|_| Reaction::Says(204))
    }
}

impl Listeners {
    /// Those that react like this to a call at an address.
    pub fn that(reactions: impl FnMut(&str) -> Reaction + Send + 'static) -> Listeners {
        Listeners(Arc::new(Mutex::new(Books { calls: Vec::new(), reactions: Box::new(reactions) })))
    }

    /// From now on.
    pub fn will(&self, reactions: impl FnMut(&str) -> Reaction + Send + 'static) {
        self.books().reactions = Box::new(reactions);
    }

    /// The next calls get these, one each, and all others 204.
    pub fn script(&self, reactions: impl IntoIterator<Item = Reaction>) {
        let mut next: std::collections::VecDeque<Reaction> = reactions.into_iter().collect();
        self.will(move |_| next.pop_front().unwrap_or(Reaction::Says(204)));
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every call, as they came.
    pub fn calls(&self) -> Vec<Heeded> {
        self.books().calls.clone()
    }
}

#[async_trait]
impl WebhookCaller for Listeners {
    async fn call(&self, call: Call<'_>) -> Called {
        let Call { url, id, body, keys } = call;
        let mut books = self.books();
        let reaction = (books.reactions)(url);
        let taken = matches!(reaction, Reaction::Says(200..=299) | Reaction::TakenInSilence);
        books.calls.push(Heeded { url: url.to_owned(), id: id.clone(), body: body.to_owned(), keys: keys.len(), taken });
        let heard = match reaction {
            Reaction::Says(status) => Heard::Answer { status, retry_after: None },
            Reaction::Busy(seconds) => Heard::Answer { status: 429, retry_after: Some(SignedDuration::from_secs(seconds.into())) },
            Reaction::TakenInSilence | Reaction::Away => Heard::Nothing("no answer in time".to_owned()),
        };
        Called { heard, took_ms: 12 }
    }
}
