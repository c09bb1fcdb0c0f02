//! What is set, what answers, and how to mend what does not.

use crate::Failed;
use adapters_aws::{Aws, Dynamo, Table, Tables};
use app::ports::{OutboxStore, TenantStore};
use clap::Args;
use domain::ids::TenantId;
use jiff::Timestamp;

/// What to check.
#[derive(Args)]
pub struct Options {
    /// Also check this tenant's settings.
    #[arg(long)]
    pub tenant: Option<String>,
}

struct Check {
    name: &'static str,
    from: &'static str,
    fix: &'static str,
    required: bool,
}

const SETTINGS: [Check; 8] = [
    Check { name: "TABLE_ORDERS", from: "stack output OrdersTableName", fix: "deploy the stack, then export its outputs", required: true },
    Check { name: "TABLE_OUTBOX", from: "stack output OutboxTableName", fix: "deploy the stack, then export its outputs", required: true },
    Check { name: "TABLE_OPS", from: "stack output OpsTableName", fix: "deploy the stack, then export its outputs", required: true },
    Check {
        name: "TABLE_METRICS",
        from: "stack output MetricsTableName",
        fix: "deploy the stack, then export its outputs",
        required: true,
    },
    Check { name: "API_URL", from: "stack output ApiUrl", fix: "deploy the stack, then export its outputs", required: true },
    Check { name: "ORDERFLOW_API_KEY", from: "orderctl bootstrap", fix: "run orderctl bootstrap --tenant NAME", required: false },
    Check { name: "MAIL_FROM", from: "parameter MailFrom", fix: "verify a sender in SES and deploy with it", required: false },
    Check { name: "AWS_ENDPOINT_URL", from: "the local cloud", fix: "unset it to talk to AWS", required: false },
];

/// Checks and prints one line each. Fails if anything required is wrong.
pub async fn run(options: Options) -> Result<(), Failed> {
    let mut wrong = 0;
    let mut line = |ok: bool, required: bool, name: &str, said: &str, fix: &str| {
        let mark = if ok {
            "ok     "
        } else if required {
            "WRONG  "
        } else {
            "not set"
        };
        println!("{mark}  {name:<20} {said}{}", if ok || fix.is_empty() { String::new() } else { format!("  ->  {fix}") });
        wrong += usize::from(!ok && required);
    };
    for check in &SETTINGS {
        let set = std::env::var(check.name).is_ok_and(|value| !value.is_empty());
        line(set, check.required, check.name, &format!("from {}", check.from), check.fix);
    }
    let db = Dynamo::new(Aws::of_operator().await, Tables::named(Table::ALL, |name| std::env::var(name).unwrap_or_default()));
    let tenants = db.tenants().all().await;
    match &tenants {
        Ok(all) => line(true, true, "settings table", &format!("answers; {} tenant(s)", all.len()), ""),
        Err(why) => line(false, true, "settings table", &why.to_string(), "check the credentials and TABLE_OPS"),
    }
    match db.outbox().waiting(Timestamp::MAX, 500).await {
        Ok(rows) if rows.len() < 500 => line(true, true, "outbox", &format!("{} row(s) waiting", rows.len()), ""),
        Ok(_) => line(
            false,
            true,
            "outbox",
            "500 rows or more are waiting",
            "look at the outbox-relay function's log, mend it, then run orderctl redrive outbox",
        ),
        Err(why) => line(false, true, "outbox", &why.to_string(), "check the credentials and TABLE_OUTBOX"),
    }
    if let Ok(api) = std::env::var("API_URL") {
        let answer = reqwest::get(format!("{api}/health")).await;
        let ok = answer.as_ref().is_ok_and(|answer| answer.status().is_success());
        line(ok, true, "API", &api, "look at the orders-api function's log");
    }
    if let Some(tenant) = options.tenant {
        let tenant = TenantId::parse(&tenant)?;
        match db.tenants().config(&tenant).await {
            Ok(Some(config)) => {
                let faults = config.faults();
                let said =
                    faults.first().map_or_else(|| "settings are sound".to_owned(), |fault| format!("{}: {}", fault.field, fault.message));
                line(faults.is_empty(), true, tenant.as_str(), &said, "correct them by PUT /v1/settings");
                line(config.notify.from.is_some(), false, "mail sender", "of this tenant", "set notify.from");
                line(config.notify.slack_webhook.is_some(), false, "Slack", "of this tenant", "set notify.slack_webhook");
            }
            Ok(None) => line(false, true, tenant.as_str(), "does not exist", "run orderctl bootstrap"),
            Err(why) => line(false, true, tenant.as_str(), &why.to_string(), ""),
        }
    }
    if wrong == 0 { Ok(()) } else { Err(format!("{wrong} thing(s) to mend").into()) }
}
