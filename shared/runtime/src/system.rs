//! The real clock and the real random source. Everything else takes them as ports.

use app::ports::{Clock, Random};
use domain::ids::CorrelationId;
use jiff::Timestamp;

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The operating system's random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn u64(&self) -> u64 {
        let secret = self.secret();
        u64::from_be_bytes([secret[0], secret[1], secret[2], secret[3], secret[4], secret[5], secret[6], secret[7]])
    }

    #[expect(clippy::disallowed_methods, reason = "the one place where random bytes are drawn")]
    fn secret(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        // Without randomness no key, no number and no token would be worth anything: better to stop.
        getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
        bytes
    }
}

/// When Lambda stops the running invocation.
pub fn deadline(context: &lambda_runtime::Context) -> Timestamp {
    i64::try_from(context.deadline).ok().and_then(|at| Timestamp::from_millisecond(at).ok()).unwrap_or(Timestamp::MAX)
}

/// A fresh correlation id, sortable by time.
#[expect(clippy::disallowed_methods, reason = "the one place where ids are made")]
pub fn correlation() -> CorrelationId {
    let id = uuid::Uuid::now_v7().simple().to_string();
    CorrelationId::parse(&id).expect("a UUID is a valid correlation id")
}
