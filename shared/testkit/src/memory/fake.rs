use app::ports::{Clock, Fields, Llm, PortError, PortResult, Prompt, Random};
use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A clock that stands still until it is told otherwise. Clones are the same clock.
#[derive(Debug, Clone)]
pub struct FakeClock(Arc<Mutex<Timestamp>>);

impl FakeClock {
    /// A clock that shows this time.
    pub fn at(now: Timestamp) -> FakeClock {
        FakeClock(Arc::new(Mutex::new(now)))
    }

    /// Sets it.
    pub fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// Moves it on; the new time.
    pub fn advance(&self, by: SignedDuration) -> Timestamp {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now += by;
        *now
    }
}

impl Default for FakeClock {
    /// 2025-08-09T10:00:00Z.
    fn default() -> Self {
        FakeClock::at(Timestamp::from_second(1_754_733_600).expect("in range"))
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// SplitMix64 from a seed: the same seed, the same numbers. Clones share one sequence.
#[derive(Debug, Clone)]
pub struct FakeRandom(Arc<AtomicU64>);

impl FakeRandom {
    /// From a seed.
    pub fn seeded(seed: u64) -> FakeRandom {
        FakeRandom(Arc::new(AtomicU64::new(seed)))
    }
}

impl Random for FakeRandom {
    fn u64(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut mixed = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn secret(&self) -> [u8; 32] {
        let mut secret = [0; 32];
        for part in secret.chunks_exact_mut(8) {
            part.copy_from_slice(&self.u64().to_le_bytes());
        }
        secret
    }
}

/// A language model that says what it was told to say, then fails. A script's line is the first field of the answer, or
/// a JSON object with all of them.
#[derive(Debug, Clone, Default)]
pub struct ScriptedLlm {
    answers: Arc<Mutex<VecDeque<PortResult<String>>>>,
    prompts: Arc<Mutex<Vec<Prompt>>>,
}

impl ScriptedLlm {
    /// With these answers.
    pub fn saying(answers: impl IntoIterator<Item = PortResult<String>>) -> ScriptedLlm {
        let llm = ScriptedLlm::default();
        llm.answers.lock().unwrap_or_else(PoisonError::into_inner).extend(answers);
        llm
    }

    /// What it was asked.
    pub fn prompts(&self) -> Vec<Prompt> {
        self.prompts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Llm for ScriptedLlm {
    async fn complete(&self, prompt: &Prompt) -> PortResult<Fields> {
        self.prompts.lock().unwrap_or_else(PoisonError::into_inner).push(prompt.clone());
        let answer = self.answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let said = answer.unwrap_or_else(|| Err(PortError::Retryable("the script has no more answers".into())))?;
        let object: Option<BTreeMap<String, String>> = serde_json::from_str(&said).ok();
        let first = || prompt.fields.first().map(|name| (*name, said.clone())).into_iter().collect();
        let known =
            |object: BTreeMap<String, String>| prompt.fields.iter().filter_map(|name| Some((*name, object.get(*name)?.clone()))).collect();
        Ok(object.map_or_else(first, known))
    }
}
