//! Invocations, one at a time or several interleaved, any of which may die.

use super::Functions;
use super::job::{Answer, Job};
use crate::faults::Faults;
use crate::rng::Rng;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// Runs an invocation by itself. `None`: it died.
pub fn alone(functions: &Functions, faults: &Faults, job: &Job) -> Option<Answer> {
    faults.begin(1);
    let mut context = Context::from_waker(Waker::noop());
    match pin!(functions.perform(job)).as_mut().poll(&mut context) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}

/// An invocation on its way.
type Running<'a> = Pin<Box<dyn Future<Output = Answer> + 'a>>;

/// Runs several at once: whose turn it is at every port call is drawn.
pub fn interleaved(functions: &Functions, faults: &Faults, jobs: &[Job], rng: &mut Rng) -> Vec<Option<Answer>> {
    let mut context = Context::from_waker(Waker::noop());
    let mut answers: Vec<Option<Answer>> = jobs.iter().map(|_| None).collect();
    let mut running: Vec<(usize, Running<'_>)> = Vec::with_capacity(jobs.len());
    for (at, job) in jobs.iter().enumerate() {
        running.push((at, Box::pin(functions.perform(job))));
    }
    faults.begin(jobs.len());
    faults.interleave(true);
    while !running.is_empty() {
        let turn = rng.below(running.len());
        let (at, future) = &mut running[turn];
        faults.turn_of(*at);
        match future.as_mut().poll(&mut context) {
            Poll::Ready(answer) => {
                answers[*at] = Some(answer);
                drop(running.swap_remove(turn));
            }
            Poll::Pending if faults.take_yielded() => {}
            // Pending without having given way: it died.
            Poll::Pending => drop(running.swap_remove(turn)),
        }
    }
    faults.interleave(false);
    answers
}
