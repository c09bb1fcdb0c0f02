//! Dead-letter queues whose addresses are known: is anything in them?

use super::{Finding, asked};
use crate::Failed;
use crate::redrive::{Queue, messages};
use adapters_aws::Aws;
use app::ports::Clock;
use clap::ValueEnum;
use futures::stream::{self, StreamExt};
use jiff::SignedDuration;
use runtime::settings::Settings;

/// Queues that are asked at the same time.
const AT_ONCE: usize = 5;

/// Asks each dead-letter queue how many messages it has.
pub(super) async fn check(aws: &Aws, set: &Settings, clock: &dyn Clock) -> Vec<Finding> {
    let known = Queue::value_variants().iter().filter_map(|queue| Some((*queue, set.optional(&queue.dead_letters())?)));
    let ask = |(queue, url): (Queue, String)| async move { finding(queue, asked(clock, messages::about(aws, &url)).await) };
    stream::iter(known.map(ask)).buffered(AT_ONCE).collect().await
}

fn finding(queue: Queue, (said, took): (Option<Result<String, Failed>>, SignedDuration)) -> Finding {
    let name = format!("given up: {}", queue.name());
    let fix = format!("check the credentials and {}", queue.dead_letters());
    match said {
        Some(Ok(count)) if count == "0" => Finding::well(name, "nothing").took(took, ""),
        Some(Ok(count)) => {
            let fix = format!("orderctl redrive {0} --dry-run shows why; mend it, then orderctl redrive {0}", queue.name());
            Finding::wrong(name, format!("about {count} message(s) wait"), fix).took(took, "")
        }
        Some(Err(why)) => Finding::wrong(name, why.to_string(), fix),
        None => Finding::wrong(name, "no answer", fix),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Is;
    use super::*;

    // req: S2-104
    #[test]
    fn what_was_given_up_on_is_to_be_mended_and_brought_back() {
        let took = SignedDuration::from_millis(7);
        assert_eq!(finding(Queue::Hooks, (Some(Ok("0".into())), took)), Finding::well("given up: hooks", "nothing; 7 ms"));
        let three = finding(Queue::Hooks, (Some(Ok("3".into())), took));
        assert_eq!((three.is, three.said.as_str()), (Is::Wrong, "about 3 message(s) wait; 7 ms"));
        assert!(three.fix.contains("orderctl redrive hooks --dry-run"), "{}", three.fix);
        let lost = finding(Queue::Outbox, (None, took));
        assert_eq!((lost.is, lost.fix.as_str()), (Is::Wrong, "check the credentials and DLQ_OUTBOX_URL"));
    }

    #[tokio::test]
    async fn queues_that_are_not_known_are_not_asked() {
        let aws = Aws::new();
        assert_eq!(check(&aws, &Settings::from_pairs([]), &runtime::system::SystemClock).await, []);
    }
}
