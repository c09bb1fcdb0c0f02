//! Which provider takes a payment: of those that can and are well, the cheapest.

use super::{PaymentMethod, Provider};
use crate::money::{Currency, Money, MoneyError};
use serde::{Deserialize, Serialize};

/// Tries below which nothing is said about a provider's health.
const HEALTH_TRIES_MIN: u32 = 20;
/// A provider whose payments succeed less often than this, in basis points, is passed over while another one is well.
const HEALTH_BPS_MIN: u64 = 5_000;

/// What a provider takes and what it costs, as a shop has agreed with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Whose.
    pub provider: Provider,
    /// Of the amount, in basis points: 290 is 2.9 %.
    pub rate_bps: u32,
    /// Of each payment, in hundredths of a major unit, in its currency: 30 is 0.30.
    pub fixed_hundredths: u32,
    /// Days until the shop has the money.
    pub settled_in_days: u8,
    /// What can be paid with.
    pub methods: Vec<PaymentMethod>,
    /// Currencies; all if there is none.
    #[serde(default)]
    pub currencies: Vec<Currency>,
    /// Countries of customers, ISO 3166 codes in capitals; all if there is none.
    #[serde(default)]
    pub countries: Vec<String>,
    /// How it went lately.
    #[serde(default)]
    pub health: Health,
}

/// Payments of a recent window, and how many of them succeeded. A customer's own mistakes do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Health {
    /// All.
    pub tried: u32,
    /// Of them, the good ones.
    pub succeeded: u32,
}

/// What is to be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purchase<'a> {
    /// How much.
    pub amount: Money,
    /// With what.
    pub method: PaymentMethod,
    /// The customer's country, if it is known.
    pub country: Option<&'a str>,
    /// Who has been tried for this purchase, and was away: the next one is asked instead.
    pub tried: &'a [Provider],
}

/// Who takes a payment, and what was thought of everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Who; nobody if nobody can, or nobody has to be asked.
    pub provider: Option<Provider>,
    /// Every offer: first those that can, best first.
    pub considered: Vec<Considered>,
}

/// What was thought of one offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Considered {
    /// Whose.
    pub provider: Provider,
    /// What.
    pub verdict: Verdict,
}

/// Why an offer was taken or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It can.
    Can {
        /// What it costs.
        fee: Money,
        /// Days until the shop has the money.
        settled_in_days: u8,
        /// Whether its payments succeed as they should.
        is_well: bool,
    },
    /// It does not take this method.
    Method,
    /// It does not take this currency.
    Currency,
    /// It does not take customers of this country.
    Country,
    /// The amount is beyond what can be reckoned with.
    Amount,
    /// It has been tried, and was away.
    Tried,
}

impl Health {
    fn is_well(self) -> bool {
        self.tried < HEALTH_TRIES_MIN || u64::from(self.succeeded) * 10_000 >= u64::from(self.tried) * HEALTH_BPS_MIN
    }

    /// Good ones in 10,000; all, if nothing was tried.
    fn success_bps(self) -> u64 {
        if self.tried == 0 { 10_000 } else { u64::from(self.succeeded.min(self.tried)) * 10_000 / u64::from(self.tried) }
    }
}

impl Offer {
    /// The four providers at their list prices, in all currencies and countries. A shop narrows them to what it has agreed.
    pub fn listed() -> Vec<Offer> {
        use PaymentMethod as M;
        let offer = |provider, rate_bps, fixed_hundredths, settled_in_days, methods: &[PaymentMethod]| Offer {
            provider,
            rate_bps,
            fixed_hundredths,
            settled_in_days,
            methods: methods.to_vec(),
            currencies: Vec::new(),
            countries: Vec::new(),
            health: Health::default(),
        };
        vec![
            offer(Provider::Stripe, 290, 30, 2, &[M::CreditCard, M::DebitCard, M::DigitalWallet, M::Stripe]),
            offer(Provider::Paypal, 350, 0, 1, &[M::CreditCard, M::DebitCard, M::Paypal]),
            offer(Provider::Razorpay, 200, 0, 2, &[M::CreditCard, M::DebitCard, M::DigitalWallet, M::Razorpay]),
            offer(Provider::Payu, 250, 0, 3, &[M::CreditCard, M::DebitCard, M::DigitalWallet, M::Payu]),
        ]
    }

    /// What it costs to take an amount. A fixed part of less than a minor unit costs a whole one.
    pub fn fee(&self, amount: Money) -> Result<Money, MoneyError> {
        let fixed = (i64::from(self.fixed_hundredths) * amount.currency.minor_per_major() + 99) / 100;
        amount.basis_points(self.rate_bps)?.checked_add(Money::new(fixed, amount.currency))
    }

    fn judge(&self, purchase: &Purchase<'_>) -> Verdict {
        let takes = |list: &[Currency]| list.is_empty() || list.contains(&purchase.amount.currency);
        let is_named = purchase.method.names().is_none_or(|provider| provider == self.provider);
        if !is_named || !purchase.method.is_authorized() || !self.methods.contains(&purchase.method) {
            return Verdict::Method;
        }
        if !takes(&self.currencies) {
            return Verdict::Currency;
        }
        let is_elsewhere = |country: &str| !self.countries.is_empty() && !self.countries.iter().any(|known| known == country);
        if purchase.country.is_some_and(is_elsewhere) {
            return Verdict::Country;
        }
        if purchase.tried.contains(&self.provider) {
            return Verdict::Tried;
        }
        match self.fee(purchase.amount) {
            Ok(fee) => Verdict::Can { fee, settled_in_days: self.settled_in_days, is_well: self.health.is_well() },
            Err(_) => Verdict::Amount,
        }
    }
}

/// The cheapest of the offers that can and are well; then the one that succeeds most often, then the quickest to settle. If none is
/// well, they are all tried as if they were: a shop that takes no money at all is no better off.
pub fn choose(offers: &[Offer], purchase: &Purchase<'_>) -> Choice {
    let mut judged: Vec<(&Offer, Verdict)> = offers.iter().map(|offer| (offer, offer.judge(purchase))).collect();
    judged.sort_by_key(|(offer, verdict)| {
        let place = match verdict {
            Verdict::Can { fee, settled_in_days, is_well } => {
                (0, !is_well, fee.minor, 10_000 - offer.health.success_bps(), *settled_in_days)
            }
            _ => (1, false, 0, 0, 0),
        };
        (place, offer.provider)
    });
    let considered: Vec<Considered> = judged.into_iter().map(|(offer, verdict)| Considered { provider: offer.provider, verdict }).collect();
    let first = considered.first().filter(|first| matches!(first.verdict, Verdict::Can { .. }));
    Choice { provider: first.map(|first| first.provider), considered }
}

impl Choice {
    /// In words, a line an offer.
    pub fn explain(&self) -> Vec<String> {
        let line = |(place, one): (usize, &Considered)| match one.verdict {
            Verdict::Can { fee, settled_in_days, is_well } => {
                let chosen = if place == 0 { "chosen: " } else { "" };
                let health = if is_well { "" } else { ", its payments fail too often" };
                format!("{chosen}{} takes {fee}, settled in {settled_in_days} d{health}", one.provider)
            }
            Verdict::Method => format!("{} does not take this method", one.provider),
            Verdict::Currency => format!("{} does not take this currency", one.provider),
            Verdict::Country => format!("{} does not take customers of this country", one.provider),
            Verdict::Amount => format!("{} cannot take this amount", one.provider),
            Verdict::Tried => format!("{} has been tried, and was away", one.provider),
        };
        self.considered.iter().enumerate().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn purchase(text: &str, code: &str, method: PaymentMethod) -> Purchase<'static> {
        let amount = Money::parse(text, Currency::parse(code).unwrap()).unwrap();
        Purchase { amount, method, country: None, tried: &[] }
    }

    // req: S2-45
    #[test]
    fn ten_dollars_go_to_razorpay_for_twenty_cents_and_paypal_to_paypal() {
        let choice = choose(&Offer::listed(), &purchase("10.00", "USD", PaymentMethod::CreditCard));
        assert_eq!(choice.provider, Some(Provider::Razorpay));
        assert_eq!(
            choice.explain(),
            [
                "chosen: razorpay takes 0.20 USD, settled in 2 d",
                "payu takes 0.25 USD, settled in 3 d",
                "paypal takes 0.35 USD, settled in 1 d",
                "stripe takes 0.59 USD, settled in 2 d",
            ]
        );
        let choice = choose(&Offer::listed(), &purchase("10.00", "USD", PaymentMethod::Paypal));
        assert_eq!(choice.provider, Some(Provider::Paypal));
        assert_eq!(choice.explain()[1], "stripe does not take this method");
    }

    // req: S2-45, S2-21
    #[test]
    fn every_method_finds_who_takes_it() {
        for (method, expected) in [
            (PaymentMethod::CreditCard, Some(Provider::Razorpay)),
            (PaymentMethod::DebitCard, Some(Provider::Razorpay)),
            (PaymentMethod::DigitalWallet, Some(Provider::Razorpay)),
            (PaymentMethod::Stripe, Some(Provider::Stripe)),
            (PaymentMethod::Razorpay, Some(Provider::Razorpay)),
            (PaymentMethod::Payu, Some(Provider::Payu)),
            (PaymentMethod::BankTransfer, None),
            (PaymentMethod::CashOnDelivery, None),
        ] {
            assert_eq!(choose(&Offer::listed(), &purchase("10.00", "USD", method)).provider, expected, "{method:?}");
        }
        assert_eq!(choose(&[], &purchase("10.00", "USD", PaymentMethod::CreditCard)).provider, None);
    }

    // req: S2-45
    #[test]
    fn currency_country_and_health_decide_before_the_price() {
        let mut offers = Offer::listed();
        offers[2].currencies = vec![Currency::parse("INR").unwrap()];
        offers[3].countries = vec!["PL".into()];
        let bought = purchase("10.00", "USD", PaymentMethod::CreditCard);
        let from = |country| choose(&offers, &Purchase { country: Some(country), ..bought });
        assert_eq!(from("PL").provider, Some(Provider::Payu));
        assert_eq!(from("US").provider, Some(Provider::Paypal));
        assert_eq!(from("US").explain()[2..], ["razorpay does not take this currency", "payu does not take customers of this country"]);

        let mut offers = Offer::listed();
        offers[2].health = Health { tried: 20, succeeded: 9 };
        assert_eq!(choose(&offers, &bought).provider, Some(Provider::Payu));
        offers[2].health = Health { tried: 20, succeeded: 10 };
        assert_eq!(choose(&offers, &bought).provider, Some(Provider::Razorpay));
        offers[2].health = Health { tried: 19, succeeded: 0 };
        assert_eq!(choose(&offers, &bought).provider, Some(Provider::Razorpay), "too few to judge by");
        offers.iter_mut().for_each(|offer| offer.health = Health { tried: 100, succeeded: 1 });
        assert_eq!(choose(&offers, &bought).provider, Some(Provider::Razorpay), "if nobody is well, the cheapest");
    }

    // req: S2-50
    #[test]
    fn who_was_away_is_passed_over() {
        let bought = Purchase { tried: &[Provider::Razorpay], ..purchase("10.00", "USD", PaymentMethod::CreditCard) };
        let choice = choose(&Offer::listed(), &bought);
        assert_eq!(choice.provider, Some(Provider::Payu));
        assert_eq!(choice.explain()[3], "razorpay has been tried, and was away");
        let bought = Purchase { tried: &[Provider::Paypal], ..purchase("10.00", "USD", PaymentMethod::Paypal) };
        assert_eq!(choose(&Offer::listed(), &bought).provider, None, "nobody else has the customer's PayPal account");
    }

    #[test]
    fn the_fixed_part_is_in_the_currency_that_is_paid_in() {
        let stripe = &Offer::listed()[0];
        for (text, code, fee) in [("10.00", "USD", "0.59"), ("1000", "JPY", "30"), ("10.000", "KWD", "0.590"), ("0.01", "EUR", "0.30")] {
            let amount = Money::parse(text, Currency::parse(code).unwrap()).unwrap();
            assert_eq!(stripe.fee(amount).unwrap().decimal(), fee, "{text} {code}");
        }
        assert!(stripe.fee(Money::new(i64::MAX, Currency::EUR)).is_ok(), "2.9 % of it fit");
        assert!(Offer { rate_bps: u32::MAX, ..stripe.clone() }.fee(Money::new(i64::MAX, Currency::EUR)).is_err());
    }

    proptest! {
        #[test]
        fn nobody_who_can_is_cheaper_than_who_is_chosen(
            minor in 1i64..10_000_000,
            code in prop::sample::select(vec!["USD", "JPY", "KWD"]),
            method in 0usize..9,
        ) {
            let amount = Money::new(minor, Currency::parse(code).unwrap());
            let bought = Purchase { amount, method: PaymentMethod::ALL[method], country: None, tried: &[] };
            let choice = choose(&Offer::listed(), &bought);
            let fees: Vec<i64> = choice.considered.iter().filter_map(|one| match one.verdict {
                Verdict::Can { fee, .. } => Some(fee.minor),
                _ => None,
            }).collect();
            prop_assert_eq!(fees.first(), fees.iter().min());
            prop_assert_eq!(choice.considered.len(), 4);
        }
    }
}
