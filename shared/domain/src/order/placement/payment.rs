//! What a new order is paid with.

use super::{Checker, Draft, Totals};
use crate::ids::TenantId;
use crate::order::paying::{Means, PayPlan, PayRules};
use crate::payment::pan::contains_pan;
use crate::payment::{Offer, PaymentMethod, Provider, Purchase, choose};
use std::net::IpAddr;

/// Longest token of a provider's, and longest address to come back to, in characters.
const TOKEN_CHARS_MAX: usize = 255;
const URL_CHARS_MAX: usize = 500;

/// What is needed to have a customer pay, as somebody describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MeansDraft {
    /// Who has made the token.
    pub provider: Option<String>,
    /// The provider's token.
    pub token: Option<String>,
    /// Where they come back to.
    pub return_url: Option<String>,
    /// Their address on the net.
    pub customer_ip: Option<String>,
}

/// How a shop collects money.
#[derive(Debug, Clone, Copy)]
pub struct Collecting<'a> {
    /// Whose shop.
    pub tenant: &'a TenantId,
    /// It collects; else it only notes what was paid with.
    pub enabled: bool,
    /// Who takes it.
    pub offers: &'a [Offer],
    /// How the shop wants it.
    pub rules: PayRules,
}

impl MeansDraft {
    /// The same, checked; every fault of it under `payment`.
    pub fn check(&self) -> Result<Means, Vec<super::Fault>> {
        let mut checker = Checker { faults: Vec::new() };
        let means = checker.means(self);
        if checker.faults.is_empty() { Ok(means) } else { Err(checker.faults) }
    }
}

impl Checker {
    pub(super) fn means(&mut self, draft: &MeansDraft) -> Means {
        let provider = draft.provider.as_deref().and_then(|word| {
            let known = Provider::from_word(word);
            if known.is_none() {
                let words: Vec<&str> = Provider::ALL.iter().map(|provider| provider.word()).collect();
                self.fault("payment.provider", "unknown_provider", format!("one of: {}", words.join(", ")));
            }
            known
        });
        let graphic = |text: &str, most: usize| (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if let Some(token) = &draft.token {
            if contains_pan(token) {
                self.fault("payment.token", "card_number", "never send a card's number; send the token that the provider made of it");
            } else if !graphic(token, TOKEN_CHARS_MAX) {
                self.fault("payment.token", "bad_token", format!("1 to {TOKEN_CHARS_MAX} printable characters without spaces"));
            }
        }
        let web = |url: &String| graphic(url, URL_CHARS_MAX) && (url.starts_with("https://") || url.starts_with("http://localhost"));
        if draft.return_url.as_ref().is_some_and(|url| !web(url)) {
            self.fault("payment.return_url", "bad_url", format!("an https address of at most {URL_CHARS_MAX} characters"));
        }
        if draft.customer_ip.as_ref().is_some_and(|ip| ip.parse::<IpAddr>().is_err()) {
            self.fault("payment.customer_ip", "bad_address", "an IPv4 or IPv6 address");
        }
        Means {
            provider,
            token: draft.token.clone(),
            return_url: draft.return_url.clone(),
            customer_ip: draft.customer_ip.clone(),
            url: None,
            client_secret: None,
        }
    }

    pub(super) fn payment(
        &mut self,
        draft: &Draft,
        (totals, country): (Option<Totals>, Option<&str>),
        saga: bool,
        collecting: Option<Collecting<'_>>,
    ) -> (Option<PayPlan>, Option<Box<Means>>) {
        let means = draft.means.as_ref().map(|means| self.means(means));
        let Some(word) = &draft.payment_method else {
            if means.is_some() {
                self.fault("payment_method", "required", "say what it is paid with, if it is paid here");
            }
            return (None, None);
        };
        let Some(method) = PaymentMethod::from_word(word) else {
            let words: Vec<&str> = PaymentMethod::ALL.iter().map(|method| method.word()).collect();
            self.fault("payment_method", "unknown_method", format!("one of: {}", words.join(", ")));
            return (None, None);
        };
        let Some(collecting) = collecting else { return (None, None) };
        let means = means.filter(|_| method.is_authorized());
        // A shop's word for a provider is the provider of its tokens.
        let means = means.map(|means| Means { provider: means.provider.or(method.names()), ..means });
        if means.as_ref().is_some_and(|means| means.token.is_some() && means.provider.is_none()) {
            self.fault("payment.provider", "required", "a token is of one provider: say which");
        }
        let collects = saga && collecting.enabled;
        if let (true, true, Some(totals)) = (collects, method.is_authorized(), totals) {
            let provider = means.as_ref().and_then(|means| means.provider);
            let offers: Vec<Offer> =
                collecting.offers.iter().filter(|offer| provider.is_none_or(|provider| provider == offer.provider)).cloned().collect();
            let choice = choose(&offers, &Purchase { amount: totals.total(), method, country, tried: &[] });
            if choice.provider.is_none() {
                let why = if offers.is_empty() { "the shop has no account there".to_owned() } else { choice.explain().join("; ") };
                self.fault("payment_method", "no_provider", format!("no payment provider of the shop takes it: {why}"));
            }
        }
        let token = means.as_ref().is_some_and(|means| means.token.is_some());
        let plan = PayPlan { tenant: collecting.tenant.clone(), method, collects, token, rules: collecting.rules };
        (Some(plan), means.map(Box::new))
    }
}
