//! Going on after what was wrong has been mended: messages go back to their queue, committed events to the bus.

pub(crate) mod messages;
mod outbox;

use crate::Failed;
use adapters_aws::Aws;
use clap::{Args, ValueEnum};
use contracts::queue::{ReportAsked, SheetAsked, WatchAsked, WebhookAsked};

/// What to bring back.
#[derive(Args)]
pub struct Options {
    /// Whose dead-letter queue.
    pub queue: Queue,
    /// Only show what is there.
    #[arg(long)]
    pub dry_run: bool,
    /// At most so many.
    #[arg(long, default_value_t = 10_000)]
    pub limit: usize,
}

/// The dead-letter queues, by what they are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Queue {
    /// Webhooks that could not be applied: back to their queue.
    Hooks,
    /// Events that nobody was told of: back to their queue.
    Notify,
    /// Events that were not counted: back to their queue.
    Metrics,
    /// Orders that were not taken on: back to their queue.
    Saga,
    /// Labels that were not bought, and carriers that were not asked: back to their queue.
    Dispatch,
    /// What webhook endpoints were to be told: back to its queue.
    Webhooks,
    /// Committed events that were not published: to the bus.
    Outbox,
    /// Report runs that failed: shown and cleared, for the schedule itself makes what is still due.
    Reports,
    /// Sheets and files to be read.
    Sheet,
    /// Shops whose open orders are to be looked at.
    Stale,
}

impl Queue {
    /// As it is called in settings and on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Queue::Hooks => "hooks",
            Queue::Notify => "notify",
            Queue::Metrics => "metrics",
            Queue::Saga => "saga",
            Queue::Dispatch => "dispatch",
            Queue::Webhooks => "webhooks",
            Queue::Outbox => "outbox",
            Queue::Reports => "reports",
            Queue::Sheet => "sheet",
            Queue::Stale => "stale",
        }
    }

    /// The setting that holds its dead-letter queue's address.
    pub(crate) fn dead_letters(self) -> String {
        format!("DLQ_{}_URL", self.name().to_uppercase())
    }
}

fn setting(name: &str) -> Result<String, Failed> {
    let set = std::env::var(name).ok().filter(|value| !value.is_empty());
    set.ok_or_else(|| format!("{name} is not set; export the stack's outputs (orderctl doctor lists them)").into())
}

/// Brings back what waits.
pub async fn run(options: Options) -> Result<(), Failed> {
    let aws = Aws::of_operator().await;
    let kind = options.queue.name().to_uppercase();
    let dead = setting(&options.queue.dead_letters())?;
    let own = || setting(&format!("QUEUE_{kind}_URL"));
    let (own, what, taken): (Option<(String, messages::Ours)>, _, _) = match options.queue {
        Queue::Hooks | Queue::Notify | Queue::Metrics | Queue::Saga | Queue::Dispatch => (Some((own()?, |_| true)), "message(s)", "moved"),
        Queue::Webhooks => {
            let ours: messages::Ours = |body| WebhookAsked::is_meant(body) || body.contains("\"specversion\"");
            (Some((own()?, ours)), "message(s) and notice(s) of failed runs", "moved or cleared")
        }
        Queue::Sheet => {
            (Some((own()?, |body| SheetAsked::read(body).is_ok())), "message(s) and notice(s) of failed runs", "moved or cleared")
        }
        Queue::Stale => {
            (Some((own()?, |body| WatchAsked::read(body).is_ok())), "message(s) and notice(s) of failed runs", "moved or cleared")
        }
        Queue::Reports => {
            (Some((own()?, |body| ReportAsked::read(body).is_ok())), "message(s) and notice(s) of failed runs", "moved or cleared")
        }
        Queue::Outbox => {
            outbox::run(&aws, &setting("TABLE_OUTBOX")?, &setting("BUS_NAME")?, &options).await?;
            // They tell of rows, and those are published now.
            (None, "notice(s) of the relay", "cleared")
        }
    };
    let about = messages::about(&aws, &dead).await?;
    let count = messages::take(&aws, &dead, own.as_ref().map(|(queue, ours)| (queue.as_str(), *ours)), &options).await?;
    if options.dry_run {
        println!("{count} {what} shown of about {about}, none {taken}");
    } else {
        println!("{count} {what} {taken}");
    }
    if options.queue == Queue::Reports {
        println!(
            "What somebody asked for is on its way again. Runs of the schedule need no moving: the next one, within a quarter of an hour,"
        );
        println!("makes every report that is still due today. For a day that has passed: POST /v1/reports {{\"day\": \"YYYY-MM-DD\"}}.");
    }
    Ok(())
}
