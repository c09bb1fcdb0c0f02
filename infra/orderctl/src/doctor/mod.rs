//! What is set, what answers and how quickly, and how to mend what does not.

#[cfg(test)]
mod double;
mod queues;
mod setting;
mod stores;
mod tenant;
mod web;

use crate::Failed;
use adapters_aws::{Aws, Dynamo, Table, Tables};
use adapters_http::payment::HttpGateways;
use app::ports::Clock;
use clap::Args;
use jiff::SignedDuration;
use runtime::settings::Settings;
use runtime::system::SystemClock;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// Whatever has not answered by then does not.
const WAIT: Duration = Duration::from_secs(10);
/// What takes longer is slow: a customer waits for it.
const SLOW: SignedDuration = SignedDuration::from_secs(2);

/// What to check.
#[derive(Args)]
pub struct Options {
    /// Also check this tenant's settings, and whether its payment providers accept its accounts.
    #[arg(long)]
    pub tenant: Option<String>,
    /// API key to check; at least the "read" scope.
    #[arg(long, env = "ORDERFLOW_API_KEY", hide_env_values = true)]
    pub key: Option<String>,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    Well,
    /// It may be missing; what it would do is not done.
    NotSet,
    /// It works, and somebody should look at it.
    Odd,
    Wrong,
}

/// One line of what was found. It never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    is: Is,
    name: String,
    said: String,
    fix: String,
}

impl Finding {
    fn new(is: Is, name: impl Into<String>, said: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding { is, name: name.into(), said: said.into(), fix: fix.into() }
    }

    fn well(name: impl Into<String>, said: impl Into<String>) -> Finding {
        Finding::new(Is::Well, name, said, "")
    }

    fn wrong(name: impl Into<String>, said: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding::new(Is::Wrong, name, said, fix)
    }

    /// With how long it took to find out. What is well and slow is odd.
    fn took(mut self, took: SignedDuration, slow_fix: &str) -> Finding {
        self.said = format!("{}; {} ms", self.said, took.as_millis());
        if self.is == Is::Well && took > SLOW {
            (self.is, self.fix) = (Is::Odd, slow_fix.to_owned());
        }
        self
    }

    fn line(&self) -> String {
        let mark = match self.is {
            Is::Well => "ok     ",
            Is::NotSet => "not set",
            Is::Odd => "LOOK   ",
            Is::Wrong => "WRONG  ",
        };
        let fix = if self.fix.is_empty() { String::new() } else { format!("  ->  {}", self.fix) };
        format!("{mark}  {:<20} {}{fix}", self.name, self.said)
    }
}

/// What a dependency says, if it says anything in time, and how long that took.
async fn asked<T>(clock: &dyn Clock, call: impl Future<Output = T>) -> (Option<T>, SignedDuration) {
    let began = clock.now();
    let said = tokio::time::timeout(WAIT, call).await.ok();
    (said, clock.now().duration_since(began))
}

/// Checks and prints one line each. Fails if anything required is wrong.
///
/// # Errors
/// How many things are to be mended.
pub async fn run(options: Options) -> Result<(), Failed> {
    let set = Settings::from_env();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let aws = Aws::of_operator().await;
    let db = Dynamo::new(aws.clone(), Tables::named(Table::ALL, |name| set.optional(name).unwrap_or_default()));
    let stores = stores::Stores {
        tenants: Arc::new(db.tenants()),
        outbox: Arc::new(db.outbox()),
        orders: Arc::new(db.orders()),
        metrics: Arc::new(db.metrics()),
        stock: Arc::new(db.stock()),
        clock: clock.clone(),
    };
    let key = options.key.filter(|key| !key.is_empty());
    let mut found = setting::check(&set, key.is_some());
    found.extend(stores::check(&stores, &set).await);
    found.extend(queues::check(&aws, &set, clock.as_ref()).await);
    let web = web::Web::new(clock.clone())?;
    found.extend(web.check(&set, key.as_deref(), options.tenant.as_deref()).await);
    if let Some(tenant) = &options.tenant {
        let gateways = HttpGateways::new(set.optional("PAYMENTS_URL"), clock.clone());
        found.extend(tenant::check(stores.tenants.as_ref(), &gateways, clock.as_ref(), tenant).await?);
    }
    for finding in &found {
        println!("{}", finding.line());
    }
    verdict(&found)
}

/// Fails with the names of what is to be mended.
fn verdict(found: &[Finding]) -> Result<(), Failed> {
    let wrong: Vec<&str> = found.iter().filter(|one| one.is == Is::Wrong).map(|one| one.name.as_str()).collect();
    if wrong.is_empty() { Ok(()) } else { Err(format!("{} thing(s) to mend: {}", wrong.len(), wrong.join(", ")).into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_well_and_slow_is_to_be_looked_at_and_fails_nothing() {
        let quick = Finding::well("API", "answers").took(SignedDuration::from_millis(2_000), "look");
        let slow = Finding::well("API", "answers").took(SignedDuration::from_millis(2_001), "look");
        assert_eq!((quick.is, quick.line().as_str()), (Is::Well, "ok       API                  answers; 2000 ms"));
        assert_eq!((slow.is, slow.line().as_str()), (Is::Odd, "LOOK     API                  answers; 2001 ms  ->  look"));
        assert!(verdict(&[quick, slow, Finding::new(Is::NotSet, "Slack", "", "set it")]).is_ok());
        let failed = verdict(&[Finding::wrong("ORDERFLOW_API_KEY", "", ""), Finding::wrong("outbox", "", "")]).unwrap_err();
        assert_eq!(failed.to_string(), "2 thing(s) to mend: ORDERFLOW_API_KEY, outbox");
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_waited_for_longer_than_this() {
        let (said, _) = asked(&SystemClock, std::future::pending::<()>()).await;
        assert_eq!(said, None);
        assert_eq!(asked(&SystemClock, async { 7 }).await.0, Some(7));
    }
}
