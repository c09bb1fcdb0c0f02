//! Payment providers that misbehave, customers who confirm, and webhooks that may get lost, come twice, or be somebody else's.

use super::{START_MS, World};
use crate::functions::job::{BankNews, Job};
use crate::functions::wire::Reply;
use crate::rng::Rng;
use app::steady::FAILURES_MAX;
use domain::ids::CorrelationId;
use domain::payment::PaymentKey;
use jiff::SignedDuration;
use std::rc::Rc;
use testkit::bank::{Bank, Fate};

/// What goes wrong at a bank.
const TROUBLES: [Fate; 9] = [
    Fate::DoneInSilence,
    Fate::DoneInSilence,
    Fate::Silence,
    Fate::Throttled,
    Fate::Refused,
    Fate::Declined { soft: true },
    Fate::Declined { soft: false },
    Fate::Asks,
    Fate::Later,
];
/// Calls at once at most.
const AT_ONCE: usize = 10;
/// Accounts that shops have with them.
const ACCOUNTS: usize = 3;
/// Hours of peace in which everything comes to its end: a day's retries, and the time that nobody pays in.
const HOURS_OF_PEACE: usize = 4;

/// A rate at which nobody is there at all.
pub(super) const OUTAGE: u32 = 1_000;

/// A bank at which so many requests in a thousand meet trouble.
pub(super) fn rough(mut rng: Rng, rate: u32) -> Bank {
    if rate >= OUTAGE {
        return Bank::that(move |_, _| rng.pick(&[Fate::Silence, Fate::Silence, Fate::Throttled]));
    }
    Bank::that(move |_, _| if rng.per_mille(rate) { rng.pick(&TROUBLES) } else { Fate::Done })
}

impl World {
    /// A bank tells of something: mostly when it is through with it, or its customer is.
    pub(super) fn hear_bank(&mut self) -> Option<Job> {
        let mut keys = self.bank.unfinished();
        if keys.is_empty() || self.rng.per_mille(200) {
            keys = self.bank.entries().into_keys().collect();
        }
        if keys.is_empty() {
            return None;
        }
        let key = keys[self.rng.below(keys.len())].clone();
        if self.rng.per_mille(700) {
            self.bank.finishes(&key);
        }
        // Some are lost on the way: whoever waits for one has to look by themselves.
        self.rng.per_mille(600).then(|| self.news_of(&key))
    }

    fn news_of(&mut self, key: &PaymentKey) -> Job {
        let tenant = key.parts().map(|(tenant, _, _)| tenant.to_string()).unwrap_or_default();
        self.bank_serial += 1;
        let correlation = CorrelationId::parse(&format!("bank-{}", self.bank_serial)).expect("a token");
        let forged = self.rng.per_mille(100);
        Job::Bank(Rc::new(BankNews { path: format!("/v1/payments/{tenant}/stripe"), body: Bank::webhook(key), forged, correlation }))
    }

    pub(super) fn heard_bank(&mut self, news: &BankNews, reply: Option<Reply>) {
        let Some(reply) = reply else { return };
        let expected = if news.forged { 401 } else { 200 };
        if reply.status != expected && !reply.is_worth_another_try() {
            self.fail(
                "I1",
                None,
                format!("a provider's webhook (forged: {}) was answered {}: {}", news.forged, reply.status, reply.text()),
            );
        }
    }

    /// I14: while nobody is there, they are asked a few times a minute at most, however many orders want it. Who dies in the act has not been heard of,
    /// and their question counts for nothing.
    pub(super) fn outage_was_quiet(&mut self) {
        if self.profile.bank < OUTAGE {
            return;
        }
        let minutes = usize::try_from((self.now_ms - START_MS) / 60_000).unwrap_or(0);
        let deaths = usize::try_from(self.stats.deaths).unwrap_or(usize::MAX);
        // While several are asked at once none of their answers is known.
        let most = (FAILURES_MAX + minutes + 1) * ACCOUNTS + deaths + AT_ONCE;
        let asked = self.bank.asked();
        if asked > most {
            self.fail("I14", None, format!("{asked} calls of providers that were away for {minutes} minutes; {most} would be enough"));
        }
    }

    /// The banks behave.
    pub(super) fn calm_bank(&mut self) {
        self.bank.will(|_, _| Fate::Done);
    }

    /// Every customer does what they were asked to, and time passes until what is left has come to its end.
    pub(super) fn settle_money(&mut self) {
        for key in self.bank.unfinished() {
            self.bank.finishes(&key);
        }
        for _ in 0..HOURS_OF_PEACE * 4 {
            self.advance(SignedDuration::from_mins(15).as_millis() as i64);
            self.run_alone(Job::Timers);
            self.empty_queues();
        }
    }
}
