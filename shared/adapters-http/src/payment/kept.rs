//! Providers of all shops, each with its access token as long as it is good.

use super::Sites;
use super::TIMEOUT;
use super::paypal::{Certificates, PaypalCertificates};
use crate::client::Client;
use app::ports::{Clock, Gateway, GatewayAccount, Gateways};
use std::sync::{Arc, Mutex, PoisonError};

/// Accounts that are kept. A function of many shops forgets those that it has not needed for longest.
const KEPT_MAX: usize = 64;

/// Speaks to providers over HTTP.
pub struct HttpGateways {
    sites: Sites,
    client: Arc<Client>,
    clock: Arc<dyn Clock>,
    certificates: Arc<dyn Certificates>,
    kept: Mutex<Vec<(GatewayAccount, Arc<dyn Gateway>)>>,
}

impl HttpGateways {
    /// At these addresses; all of them at a double's, if there is one.
    pub fn new(double: Option<String>, clock: Arc<dyn Clock>) -> HttpGateways {
        let client = Arc::new(Client::new(TIMEOUT));
        let certificates = Arc::new(PaypalCertificates::new(client.clone()));
        let sites = double.as_deref().map_or_else(Sites::default, Sites::of_double);
        HttpGateways { sites, client, clock, certificates, kept: Mutex::default() }
    }
}

impl Gateways for HttpGateways {
    fn of(&self, account: &GatewayAccount) -> Arc<dyn Gateway> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().position(|(known, _)| known == account);
        let found = match known {
            Some(at) => kept.remove(at),
            None => {
                let (client, clock, certificates) = (self.client.clone(), self.clock.clone(), self.certificates.clone());
                (account.clone(), self.sites.gateway(account.clone(), client, clock, certificates))
            }
        };
        let gateway = found.1.clone();
        kept.push(found);
        if kept.len() > KEPT_MAX {
            kept.remove(0);
        }
        gateway
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheets::tests::Stopped;
    use app::ports::{PayuAccount, StripeAccount};
    use app::tenant::Secret;

    fn stripe(key: &str) -> GatewayAccount {
        GatewayAccount::Stripe(StripeAccount { secret_key: Secret::new(key), webhook_secrets: Vec::new() })
    }

    #[test]
    fn an_account_is_spoken_for_by_one_and_another_key_by_another() {
        let gateways = HttpGateways::new(None, Arc::new(Stopped));
        let first = gateways.of(&stripe("sk_test_a"));
        assert!(Arc::ptr_eq(&first, &gateways.of(&stripe("sk_test_a"))));
        assert!(!Arc::ptr_eq(&first, &gateways.of(&stripe("sk_test_b"))));
        let payu = |pos: usize| {
            GatewayAccount::Payu(PayuAccount {
                pos_id: pos.to_string(),
                client_id: "c".into(),
                client_secret: Secret::new("s"),
                second_keys: Vec::new(),
                is_sandbox: true,
            })
        };
        for pos in 0..KEPT_MAX {
            gateways.of(&payu(pos));
        }
        assert!(!Arc::ptr_eq(&first, &gateways.of(&stripe("sk_test_a"))), "what was not needed for long is forgotten");
        assert_eq!(gateways.kept.lock().unwrap().len(), KEPT_MAX);
    }
}
