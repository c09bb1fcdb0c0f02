//! A queue as SQS is: at least once, in any order, in batches, with a dead-letter queue.

use crate::rng::Rng;

/// Receives before a message goes to the dead-letter queue.
pub const RECEIVES_MAX: u32 = 3;
/// How long a message that was received and not deleted stays invisible, in seconds.
const INVISIBLE_S: i64 = 180;

/// A message.
#[derive(Debug, Clone)]
pub struct Message<T> {
    /// Unique in its queue.
    pub id: u64,
    /// What it says.
    pub body: T,
    /// How often it was received.
    pub receives: u32,
    /// Nobody sees it before this second.
    pub visible_at: i64,
}

/// A queue with its dead-letter queue.
#[derive(Debug)]
pub struct SimQueue<T> {
    name: &'static str,
    next_id: u64,
    waiting: Vec<Message<T>>,
    /// Messages that were received too often.
    pub dead: Vec<Message<T>>,
    /// Every message that ever was dead, to be redriven again.
    buried: Vec<T>,
}

impl<T: Clone> SimQueue<T> {
    /// An empty queue.
    pub fn new(name: &'static str) -> SimQueue<T> {
        SimQueue { name, next_id: 0, waiting: Vec::new(), dead: Vec::new(), buried: Vec::new() }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Sends a message.
    pub fn send(&mut self, body: T) {
        self.waiting.push(Message { id: self.next_id, body, receives: 0, visible_at: i64::MIN });
        self.next_id += 1;
    }

    /// Messages that there ever were.
    pub fn ever(&self) -> u64 {
        self.next_id
    }

    /// Messages waiting, seen or not.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes up to `limit` visible messages from anywhere; some are delivered once more later.
    pub fn receive(&mut self, limit: usize, now: i64, twice_per_mille: u32, rng: &mut Rng) -> Vec<Message<T>> {
        let mut batch = Vec::with_capacity(limit.min(self.waiting.len()));
        let mut misses = 0;
        while batch.len() < limit && misses < 4 && !self.waiting.is_empty() {
            let at = rng.below(self.waiting.len());
            if self.waiting[at].visible_at > now {
                misses += 1;
                continue;
            }
            let mut message = self.waiting.swap_remove(at);
            if rng.per_mille(twice_per_mille) {
                self.waiting.push(Message { id: self.next_id, ..message.clone() });
                self.next_id += 1;
            }
            message.receives += 1;
            batch.push(message);
        }
        batch
    }

    /// Takes every visible message up to a limit, oldest first: what a drain does.
    pub fn receive_all(&mut self, limit: usize, now: i64) -> Vec<Message<T>> {
        let mut batch = Vec::with_capacity(limit.min(self.waiting.len()));
        let mut at = 0;
        while batch.len() < limit && at < self.waiting.len() {
            if self.waiting[at].visible_at > now {
                at += 1;
                continue;
            }
            let mut message = self.waiting.swap_remove(at);
            message.receives += 1;
            batch.push(message);
        }
        batch
    }

    /// A message was not deleted: it comes again, or is dead.
    pub fn comes_again(&mut self, mut message: Message<T>, now: i64) {
        if message.receives >= RECEIVES_MAX {
            self.buried.push(message.body.clone());
            self.dead.push(message);
        } else {
            message.visible_at = now + INVISIBLE_S;
            self.waiting.push(message);
        }
    }

    /// Sends what is dead again. Returns how many.
    pub fn redrive(&mut self) -> usize {
        let dead = std::mem::take(&mut self.dead);
        let count = dead.len();
        for message in dead {
            self.send(message.body);
        }
        count
    }

    /// Sends everything again that ever was dead, whatever became of it since.
    pub fn redrive_again(&mut self) -> usize {
        let buried = self.buried.clone();
        let count = buried.len();
        for body in buried {
            self.send(body);
        }
        count
    }
}
