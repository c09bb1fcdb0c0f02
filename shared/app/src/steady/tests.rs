use super::*;
use std::sync::atomic::{AtomicI64, Ordering};

struct Seconds(AtomicI64);

impl Clock for Seconds {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::Relaxed)).unwrap()
    }
}

/// What happens at which second, and whether they may be asked right after it.
#[derive(Debug, Clone, Copy)]
enum Step {
    Well,
    Fails,
    Asked,
    Nothing,
}

type Story = &'static [(i64, Step, bool)];

// req: S4-34
#[test]
fn five_failures_sixty_seconds_three_successes() {
    use Step::{Asked, Fails, Nothing, Well};
    // After so many failures at once: what happens at which second, and whether they rest then.
    let table: [(&str, usize, Story); 7] = [
        ("four failures are no outage", 0, &[(0, Fails, false), (1, Fails, false), (2, Fails, false), (3, Fails, false)]),
        ("the fifth is", 4, &[(3, Nothing, false), (4, Fails, true)]),
        ("what lies further back than the window does not count", 4, &[(60, Fails, false)]),
        ("a good answer forgets them", 4, &[(4, Well, false), (5, Fails, false)]),
        (
            "after a minute one asks, and the others wait",
            5,
            &[(0, Nothing, true), (59, Nothing, true), (60, Asked, true), (61, Nothing, true)],
        ),
        ("who fails then rests for another", 5, &[(60, Asked, true), (61, Fails, true), (120, Nothing, true), (121, Nothing, false)]),
        (
            "three good answers one after another, and all is well",
            5,
            &[
                (60, Asked, true),
                (61, Well, false),
                (62, Asked, true),
                (63, Well, false),
                (64, Asked, true),
                (65, Well, false),
                (66, Fails, false),
            ],
        ),
    ];
    for (what, failures, steps) in table {
        let clock = Arc::new(Seconds(AtomicI64::new(0)));
        let breaker = Breaker::new(clock.clone(), WINDOW);
        (0..failures).for_each(|_| breaker.answered(false));
        for (at, step, rests) in steps {
            clock.0.store(*at, Ordering::Relaxed);
            match step {
                Step::Well => breaker.answered(true),
                Step::Fails => breaker.answered(false),
                Step::Asked => assert!(breaker.lets(), "{what}, at {at}"),
                Step::Nothing => {}
            }
            assert_eq!(breaker.rests(), *rests, "{what}, at {at}");
        }
    }
}

#[test]
fn whoever_dies_while_they_try_keeps_nobody_waiting() {
    let clock = Arc::new(Seconds(AtomicI64::new(0)));
    let breaker = Breaker::new(clock.clone(), WINDOW);
    (0..FAILURES_MAX).for_each(|_| breaker.answered(false));
    assert!(!breaker.lets());
    clock.0.store(60, Ordering::Relaxed);
    assert!(breaker.lets() && !breaker.lets());
    clock.0.store(90, Ordering::Relaxed);
    assert!(breaker.lets(), "nobody has heard of the first");
}

#[test]
fn each_name_has_its_own() {
    let clock = Arc::new(Seconds(AtomicI64::new(0)));
    let breakers = Breakers::new(clock, WINDOW);
    (0..FAILURES_MAX).for_each(|_| breakers.of("a").answered(false));
    assert!(breakers.of("a").rests() && !breakers.of("b").rests());
    for n in 0..KNOWN_MAX {
        breakers.of(&n.to_string());
    }
    assert!(!breakers.of("a").rests(), "so many are not remembered");
}
