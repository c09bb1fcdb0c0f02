//! How a shop collects its money.

use super::Secret;
use crate::ports::{GatewayAccount, PaypalAccount, PayuAccount, RazorpayAccount, StripeAccount};
use domain::order::{Fault, PayRules};
use domain::payment::{Offer, PaymentMethod, Provider};
use serde::{Deserialize, Serialize};

/// Secrets of one account that are good at a time.
const SECRETS_MAX: usize = 3;
/// Currencies and countries that an agreement names.
const LISTED_MAX: usize = 250;
/// Basis points of a fee.
const RATE_BPS_MAX: u32 = 10_000;

/// Whether and how money is collected for orders that are placed here.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PaymentSettings {
    /// It is. Without it a method that comes with an order is only noted.
    pub enabled: bool,
    /// Accounts at providers, at most one at each.
    pub accounts: Vec<GatewayAccount>,
    /// What was agreed with a provider, where that is not its list price.
    pub terms: Vec<Offer>,
    /// How long things may take.
    #[serde(flatten)]
    pub rules: PayRules,
}

impl PaymentSettings {
    /// The account at a provider.
    pub fn account(&self, provider: Provider) -> Option<&GatewayAccount> {
        self.accounts.iter().find(|account| account.provider() == provider)
    }

    /// What the shop's providers take, at what price.
    pub fn offers(&self) -> Vec<Offer> {
        let listed = Offer::listed().into_iter().chain(std::iter::once(demonstration()));
        let agreed = |listed: Offer| self.terms.iter().find(|terms| terms.provider == listed.provider).cloned().unwrap_or(listed);
        listed.filter(|offer| self.account(offer.provider).is_some()).map(agreed).collect()
    }

    /// Every secret, with its place among the settings.
    pub fn secrets(&mut self) -> Vec<(String, &mut Secret)> {
        let mut secrets = Vec::new();
        for account in &mut self.accounts {
            let at = format!("payments.{}", account.provider());
            let mut add = |name: &str, secret| secrets.push((format!("{at}.{name}"), secret));
            let several = |name: &'static str| move |index: usize| format!("{name}[{index}]");
            let list = match account {
                GatewayAccount::Stripe(StripeAccount { secret_key, webhook_secrets }) => {
                    add("secret_key", secret_key);
                    (several("webhook_secrets"), webhook_secrets)
                }
                GatewayAccount::Paypal(PaypalAccount { client_secret, .. }) => {
                    add("client_secret", client_secret);
                    continue;
                }
                GatewayAccount::Razorpay(RazorpayAccount { key_secret, webhook_secrets, .. }) => {
                    add("key_secret", key_secret);
                    (several("webhook_secrets"), webhook_secrets)
                }
                GatewayAccount::Payu(PayuAccount { client_secret, second_keys, .. }) => {
                    add("client_secret", client_secret);
                    (several("second_keys"), second_keys)
                }
                GatewayAccount::Sim => continue,
            };
            let (name, list) = list;
            list.iter_mut().enumerate().for_each(|(index, secret)| add(&name(index), secret));
        }
        secrets
    }

    /// Everything that is wrong with it.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (index, account) in self.accounts.iter().enumerate() {
            if self.accounts[..index].iter().any(|other| other.provider() == account.provider()) {
                faults.push(Fault::new(format!("payments.accounts[{index}].provider"), "duplicate", "one account at each provider"));
            }
            let names: Vec<(&str, &String)> = match account {
                GatewayAccount::Paypal(one) => vec![("client_id", &one.client_id), ("webhook_id", &one.webhook_id)],
                GatewayAccount::Razorpay(one) => vec![("key_id", &one.key_id)],
                GatewayAccount::Payu(one) => vec![("pos_id", &one.pos_id), ("client_id", &one.client_id)],
                GatewayAccount::Stripe(_) | GatewayAccount::Sim => Vec::new(),
            };
            for (name, value) in names {
                if !is_plain(value) {
                    faults.push(Fault::new(format!("payments.accounts[{index}].{name}"), "bad_id", "1 to 255 characters without spaces"));
                }
            }
        }
        let mut copy = self.clone();
        let mut counted = std::collections::BTreeMap::new();
        for (field, secret) in copy.secrets() {
            if let Some((list, _)) = field.split_once('[') {
                *counted.entry(list.to_owned()).or_insert(0) += 1;
            }
            if !is_plain(secret.expose()) {
                faults.push(Fault::new(field, "bad_secret", "1 to 255 characters without spaces, as the provider shows it"));
            }
        }
        for (field, count) in counted {
            if count > SECRETS_MAX {
                faults.push(Fault::new(field, "too_many", format!("at most {SECRETS_MAX} at a time")));
            }
        }
        for (index, terms) in self.terms.iter().enumerate() {
            let capitals = |code: &String| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
            let is_small = terms.currencies.len() <= LISTED_MAX && terms.countries.len() <= LISTED_MAX && terms.methods.len() <= LISTED_MAX;
            if terms.rate_bps > RATE_BPS_MAX || !is_small || !terms.countries.iter().all(capitals) {
                let message = "a rate of at most 10000 basis points, and countries as two upper-case letters";
                faults.push(Fault::new(format!("payments.terms[{index}]"), "bad_terms", message));
            }
            if self.terms[..index].iter().any(|other| other.provider == terms.provider) {
                faults.push(Fault::new(format!("payments.terms[{index}].provider"), "duplicate", "terms of each provider once"));
            }
        }
        let ranges = [
            ("unpaid_after_s", self.rules.unpaid_after_s, 60..=PayRules::UNPAID_S_MAX, "60 to 86400 seconds"),
            ("transfer_within_h", self.rules.transfer_within_h, 1..=PayRules::TRANSFER_H_MAX, "1 to 720 hours"),
            ("capture_after_h", self.rules.capture_after_h, 0..=PayRules::CAPTURE_H_MAX, "0 (only when it leaves) to 160 hours"),
        ];
        for (name, value, range, hint) in ranges {
            if !range.contains(&value) {
                faults.push(Fault::new(format!("payments.{name}"), "out_of_range", hint));
            }
        }
        faults
    }
}

fn is_plain(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

/// Takes everything, for nothing, and moves no money.
fn demonstration() -> Offer {
    let methods = PaymentMethod::ALL.into_iter().filter(|method| method.is_authorized()).collect();
    Offer {
        provider: Provider::Sim,
        rate_bps: 0,
        fixed_hundredths: 0,
        settled_in_days: 0,
        methods,
        currencies: Vec::new(),
        countries: Vec::new(),
        health: domain::payment::Health::default(),
    }
}
