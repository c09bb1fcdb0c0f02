//! Settings of the operator's own environment.

use super::{Finding, Is};
use runtime::settings::Settings;

struct Setting {
    name: &'static str,
    from: &'static str,
    fix: &'static str,
    required: bool,
}

const DEPLOY: &str = "deploy the stack, then export its outputs";

const fn output(name: &'static str, from: &'static str) -> Setting {
    Setting { name, from, fix: DEPLOY, required: true }
}

const SETTINGS: [Setting; 8] = [
    output("TABLE_ORDERS", "stack output OrdersTableName"),
    output("TABLE_OUTBOX", "stack output OutboxTableName"),
    output("TABLE_OPS", "stack output OpsTableName"),
    output("TABLE_METRICS", "stack output MetricsTableName"),
    output("TABLE_INVENTORY", "stack output InventoryTableName"),
    output("API_URL", "stack output ApiUrl"),
    Setting { name: "MAIL_FROM", from: "parameter MailFrom", fix: "verify a sender in SES and deploy with it", required: false },
    Setting { name: "AWS_ENDPOINT_URL", from: "the local cloud", fix: "", required: false },
];

/// Whether each is there. Values are not shown.
pub(super) fn check(set: &Settings, has_key: bool) -> Vec<Finding> {
    let mut found: Vec<Finding> = SETTINGS
        .iter()
        .map(|setting| {
            let from = format!("from {}", setting.from);
            match (set.optional(setting.name).is_some(), setting.required) {
                (true, _) => Finding::well(setting.name, from),
                (false, true) => Finding::wrong(setting.name, from, setting.fix),
                (false, false) => Finding::new(Is::NotSet, setting.name, from, setting.fix),
            }
        })
        .collect();
    if !has_key {
        found.push(Finding::new(Is::NotSet, "ORDERFLOW_API_KEY", "from orderctl bootstrap", "run orderctl bootstrap --tenant NAME"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: S2-104
    #[test]
    fn what_must_be_set_is_wrong_without_it_and_says_where_it_comes_from() {
        let found = check(&Settings::from_pairs([("TABLE_OPS", "ops-secret-name"), ("TABLE_ORDERS", "")]), false);
        let of = |name: &str| found.iter().find(|one| one.name == name).unwrap();
        assert_eq!((of("TABLE_OPS").is, of("TABLE_ORDERS").is, of("MAIL_FROM").is), (Is::Well, Is::Wrong, Is::NotSet));
        assert_eq!(of("TABLE_ORDERS").line(), format!("WRONG    TABLE_ORDERS         from stack output OrdersTableName  ->  {DEPLOY}"));
        assert_eq!((of("ORDERFLOW_API_KEY").is, found.len()), (Is::NotSet, 9));
        assert!(found.iter().all(|one| !one.line().contains("ops-secret-name")));
        assert_eq!(check(&Settings::from_pairs([]), true).len(), 8);
    }
}
