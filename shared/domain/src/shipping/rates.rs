//! What carriage costs, and which carrier gets the parcel.
//!
//! A shop's own tariff stands in for carriers that cannot be asked. Whoever is asked, one rule chooses, and it says of everything
//! it considered why it was not taken.

use super::method::{DayCount, arrives};
use crate::money::{Currency, Money};
use crate::order::{Fault, Vocabulary};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A carrier that we buy labels of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CarrierName {
    /// FedEx.
    Fedex,
    /// UPS.
    Ups,
    /// United States Postal Service.
    Usps,
    /// DHL Express.
    Dhl,
}

impl CarrierName {
    /// Every carrier.
    pub const ALL: [CarrierName; 4] = [Self::Fedex, Self::Ups, Self::Usps, Self::Dhl];

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fedex => "fedex",
            Self::Ups => "ups",
            Self::Usps => "usps",
            Self::Dhl => "dhl",
        }
    }

    /// As people know it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Fedex => "FedEx",
            Self::Ups => "UPS",
            Self::Usps => "USPS",
            Self::Dhl => "DHL",
        }
    }

    /// From its name, however it is written.
    pub fn named(name: &str) -> Option<CarrierName> {
        Self::ALL.into_iter().find(|carrier| carrier.title().eq_ignore_ascii_case(name.trim()))
    }

    /// From its word.
    pub fn from_word(word: &str) -> Option<CarrierName> {
        Self::ALL.into_iter().find(|carrier| carrier.as_str() == word)
    }

    /// The words it uses of parcels.
    pub const fn vocabulary(self) -> Vocabulary {
        match self {
            Self::Fedex => Vocabulary::Fedex,
            Self::Ups => Vocabulary::Ups,
            Self::Usps => Vocabulary::Usps,
            Self::Dhl => Vocabulary::Dhl,
        }
    }
}

/// How fast, whatever a carrier calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// Five days.
    Standard,
    /// Two days.
    Express,
    /// One day.
    Overnight,
}

impl Service {
    /// Every service, the slowest first.
    pub const ALL: [Service; 3] = [Self::Standard, Self::Express, Self::Overnight];

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Express => "express",
            Self::Overnight => "overnight",
        }
    }

    /// From its word.
    pub fn from_word(word: &str) -> Option<Service> {
        Self::ALL.into_iter().find(|service| service.as_str() == word)
    }

    /// Days on the way.
    pub const fn days(self) -> u8 {
        match self {
            Self::Standard => 5,
            Self::Express => 2,
            Self::Overnight => 1,
        }
    }
}

/// What a carrier takes for a service, before the weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TariffRow {
    /// Who.
    pub carrier: CarrierName,
    /// How fast.
    pub service: Service,
    /// Minor units a parcel.
    pub base_minor: i64,
}

/// A shop's price list for carriage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tariff {
    /// Of all its prices.
    pub currency: Currency,
    /// Minor units a kilogram, on top; parts of a kilogram in proportion, the sum rounded half to even.
    pub per_kg_minor: i64,
    /// At most one a carrier and service. What is not listed is not offered.
    pub rows: Vec<TariffRow>,
}

impl Default for Tariff {
    fn default() -> Self {
        use CarrierName::{Dhl, Fedex, Ups, Usps};
        use Service::{Express, Overnight, Standard};
        let rows = [
            (Fedex, Standard, 999),
            (Fedex, Express, 1_999),
            (Fedex, Overnight, 3_999),
            (Ups, Standard, 899),
            (Ups, Express, 1_899),
            (Ups, Overnight, 3_599),
            (Usps, Standard, 799),
            (Usps, Express, 1_499),
            (Dhl, Express, 2_299),
            (Dhl, Overnight, 4_599),
        ];
        let rows = rows.into_iter().map(|(carrier, service, base_minor)| TariffRow { carrier, service, base_minor }).collect();
        Tariff { currency: Currency::USD, per_kg_minor: 50, rows }
    }
}

/// An offer to carry a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// By whom.
    pub carrier: CarrierName,
    /// How fast.
    pub service: Service,
    /// The carrier's own name for it, if it was asked ("PRIORITY_OVERNIGHT").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// For how much.
    pub price: Money,
    /// The day it should arrive.
    pub arrives: Date,
    /// The day by which nine of ten have arrived that went this way, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<Date>,
}

impl Quote {
    /// The day that a promise is held against: nine of ten come by it, or it is the carrier's own.
    pub fn sure_by(&self) -> Date {
        self.latest.map_or(self.arrives, |latest| latest.max(self.arrives))
    }
}

impl Choice {
    /// Why it was made, a line an offer, the one that was taken first.
    pub fn explain(&self) -> Vec<String> {
        let line = |each: &Considered| {
            let Quote { carrier, service, price, arrives, .. } = &each.quote;
            let why = match each.verdict {
                Verdict::Cheapest => "the cheapest in time".to_owned(),
                Verdict::Soonest => "none comes in time; this one comes soonest".to_owned(),
                Verdict::Dearer { by_minor: 0 } => "as cheap".to_owned(),
                Verdict::Dearer { by_minor } => format!("{} more", Money::new(by_minor, price.currency)),
                Verdict::Late { by_days } => format!("{by_days} days late"),
                Verdict::OtherCurrency => "another currency".to_owned(),
            };
            format!("{} {}: {price}, {arrives}: {why}", carrier.title(), service.as_str())
        };
        self.considered.iter().map(line).collect()
    }
}

impl Tariff {
    /// Rows of a price list.
    const ROWS_MAX: usize = 100;

    /// What is wrong with a price list, all of it.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let is_price = |minor: i64| (0..=Money::MAX_MINOR).contains(&minor);
        if !is_price(self.per_kg_minor) {
            faults.push(Fault::new("tariff.per_kg_minor", "out_of_range", "not negative"));
        }
        if self.rows.len() > Self::ROWS_MAX {
            faults.push(Fault::new("tariff.rows", "too_many", format!("at most {}", Self::ROWS_MAX)));
        }
        for (at, row) in self.rows.iter().take(Self::ROWS_MAX).enumerate() {
            if !is_price(row.base_minor) {
                faults.push(Fault::new(format!("tariff.rows[{at}].base_minor"), "out_of_range", "not negative"));
            }
            if self.rows[..at].iter().any(|other| (other.carrier, other.service) == (row.carrier, row.service)) {
                faults.push(Fault::new(format!("tariff.rows[{at}]"), "taken", "each carrier and service has one price"));
            }
        }
        Fault::listed(faults, 0)
    }

    /// The price of a parcel; none if this is not offered, or the numbers are out of this world.
    pub fn price(&self, carrier: CarrierName, service: Service, weight_g: u32) -> Option<Money> {
        let row = self.rows.iter().take(Self::ROWS_MAX).find(|row| (row.carrier, row.service) == (carrier, service))?;
        let by_weight = per_kilogram(self.per_kg_minor, weight_g)?;
        Money::new(row.base_minor, self.currency).checked_add(Money::new(by_weight, self.currency)).ok()
    }

    /// Everything that is offered for a parcel that leaves on this day.
    pub fn quotes(&self, weight_g: u32, leaves: Date, count: &DayCount) -> Vec<Quote> {
        let rows = self.rows.iter().take(Self::ROWS_MAX);
        rows.filter_map(|row| {
            let price = self.price(row.carrier, row.service, weight_g)?;
            let arrives = arrives(leaves, row.service.days(), count)?;
            Some(Quote { carrier: row.carrier, service: row.service, code: None, price, arrives, latest: None })
        })
        .collect()
    }
}

/// A price a kilogram for so many grams, rounded half to even.
fn per_kilogram(per_kg_minor: i64, weight_g: u32) -> Option<i64> {
    let product = i128::from(per_kg_minor) * i128::from(weight_g);
    let (quotient, rest) = (product.div_euclid(1_000), product.rem_euclid(1_000));
    let up = rest > 500 || (rest == 500 && quotient % 2 != 0);
    i64::try_from(quotient + i128::from(up)).ok()
}

/// Whole days from one to another.
fn days_between(from: Date, to: Date) -> i32 {
    i32::try_from(to.duration_since(from).as_hours() / 24).unwrap_or(i32::MAX)
}

/// Why an offer was taken, or was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Verdict {
    /// The cheapest that keeps the promise.
    Cheapest,
    /// None keeps the promise, and this one breaks it least.
    Soonest,
    /// Keeps the promise as well, for more or for as much.
    Dearer {
        /// Minor units more.
        by_minor: i64,
    },
    /// Would come too late.
    Late {
        /// Days after the promise.
        by_days: i32,
    },
    /// Priced in another currency: amounts that cannot be compared.
    OtherCurrency,
}

/// An offer and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Considered {
    /// The offer.
    pub quote: Quote,
    /// Why.
    pub verdict: Verdict,
}

/// Which offer was taken, out of which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The one; none if nothing was offered in this currency.
    pub taken: Option<Quote>,
    /// Whether it comes by the promised day.
    pub keeps_promise: bool,
    /// All of them, the one that was taken first, then by price.
    pub considered: Vec<Considered>,
}

/// Offers that are compared at once.
pub const QUOTES_MAX: usize = 100;

/// The cheapest offer that keeps the promise; if none does, the one that comes soonest. Ties go to the earlier, then to the
/// carriers' order, so that the same offers always give the same choice.
///
/// Without a promise, the cheapest. Offers beyond [`QUOTES_MAX`] are not looked at.
pub fn choose(mut quotes: Vec<Quote>, promise: Option<Date>, currency: Currency) -> Choice {
    quotes.truncate(QUOTES_MAX);
    let keeps = |quote: &Quote| promise.is_none_or(|day| quote.sure_by() <= day);
    quotes.sort_by(|a, b| {
        let rank = |quote: &Quote| (quote.price.minor, quote.sure_by(), quote.carrier, quote.service);
        rank(a).cmp(&rank(b))
    });
    let ours = |quote: &&Quote| quote.price.currency == currency;
    let cheapest = quotes.iter().filter(ours).find(|quote| keeps(quote));
    let taken = cheapest.or_else(|| quotes.iter().filter(ours).min_by_key(|quote| quote.sure_by())).cloned();
    let keeps_promise = taken.as_ref().is_some_and(keeps);
    let verdict = |quote: &Quote| {
        if quote.price.currency != currency {
            return Verdict::OtherCurrency;
        }
        match (&taken, promise) {
            (Some(taken), _) if taken == quote => {
                if keeps_promise {
                    Verdict::Cheapest
                } else {
                    Verdict::Soonest
                }
            }
            (_, Some(day)) if !keeps(quote) => Verdict::Late { by_days: days_between(day, quote.sure_by()) },
            (Some(taken), _) => Verdict::Dearer { by_minor: quote.price.minor.saturating_sub(taken.price.minor) },
            (None, _) => Verdict::OtherCurrency,
        }
    };
    let mut considered: Vec<Considered> = quotes.iter().map(|quote| Considered { quote: quote.clone(), verdict: verdict(quote) }).collect();
    considered.sort_by_key(|each| !matches!(each.verdict, Verdict::Cheapest | Verdict::Soonest));
    Choice { taken, keeps_promise, considered }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;

    const LEAVES: Date = date(2025, 8, 8);

    fn usd(minor: i64) -> Money {
        Money::new(minor, Currency::USD)
    }

    // req: S2-61
    #[test]
    fn the_price_list() {
        use CarrierName::{Dhl, Fedex, Ups, Usps};
        use Service::{Express, Overnight, Standard};
        let tariff = Tariff::default();
        for (carrier, service, at_1_7_kg) in [
            (Fedex, Standard, Some(1_084)),
            (Fedex, Express, Some(2_084)),
            (Fedex, Overnight, Some(4_084)),
            (Ups, Standard, Some(984)),
            (Ups, Express, Some(1_984)),
            (Ups, Overnight, Some(3_684)),
            (Usps, Standard, Some(884)),
            (Usps, Express, Some(1_584)),
            (Usps, Overnight, None),
            (Dhl, Standard, None),
            (Dhl, Express, Some(2_384)),
            (Dhl, Overnight, Some(4_684)),
        ] {
            assert_eq!(tariff.price(carrier, service, 1_700), at_1_7_kg.map(usd), "{carrier:?} {service:?}");
        }
        for (grams, minor) in [(0, 799), (200, 809), (10, 799), (30, 801), (1_010, 849), (1_030, 851)] {
            assert_eq!(tariff.price(Usps, Standard, grams), Some(usd(minor)), "{grams} g: half a cent goes to the even one");
        }
        assert_eq!(Tariff { per_kg_minor: i64::MAX, ..tariff }.price(Usps, Standard, u32::MAX), None);
    }

    #[test]
    fn a_price_list_that_makes_no_sense_is_refused() {
        assert_eq!(Tariff::default().faults(), []);
        let row = TariffRow { carrier: CarrierName::Ups, service: Service::Express, base_minor: -1 };
        let bad = Tariff { per_kg_minor: -1, rows: vec![row; 101], ..Tariff::default() };
        let faults = bad.faults();
        assert_eq!(
            faults[..4].iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(),
            ["tariff.per_kg_minor", "tariff.rows", "tariff.rows[0].base_minor", "tariff.rows[1].base_minor",]
        );
        assert_eq!((faults.len(), faults[4].code.as_str()), (Fault::LISTED_MAX + 1, "taken"));
    }

    // req: S2-61
    #[test]
    fn the_cheapest_that_keeps_the_promise() {
        let weight_g = super::super::weight::parcel_g(&[super::super::Piece { quantity: 3, weight_g: None }]).unwrap();
        let quotes = Tariff::default().quotes(weight_g, LEAVES, &DayCount::Calendar);
        let taken = |promise: Option<Date>| {
            let choice = choose(quotes.clone(), promise, Currency::USD);
            assert_eq!(choice.considered.len(), 10);
            let taken = choice.taken.unwrap();
            assert_eq!(choice.considered[0].quote, taken);
            (taken.carrier, taken.service, taken.price.decimal(), choice.keeps_promise)
        };
        use CarrierName::{Ups, Usps};
        assert_eq!(taken(None), (Usps, Service::Standard, "8.84".to_owned(), true));
        assert_eq!(taken(Some(date(2025, 8, 13))), (Usps, Service::Standard, "8.84".to_owned(), true), "standard, in five days");
        assert_eq!(taken(Some(date(2025, 8, 12))), (Usps, Service::Express, "15.84".to_owned(), true));
        assert_eq!(taken(Some(date(2025, 8, 9))), (Ups, Service::Overnight, "36.84".to_owned(), true));
        assert_eq!(taken(Some(date(2025, 8, 8))), (Ups, Service::Overnight, "36.84".to_owned(), false), "late, but least so");
    }

    // req: S2-61
    #[test]
    fn the_choice_is_explained() {
        let quotes = Tariff::default().quotes(1_700, LEAVES, &DayCount::Calendar);
        let mut foreign = quotes[0].clone();
        foreign.price = Money::new(1, Currency::EUR);
        let choice = choose([quotes, vec![foreign]].concat(), Some(date(2025, 8, 10)), Currency::USD);
        let said: Vec<String> = choice
            .considered
            .iter()
            .map(|each| {
                format!(
                    "{} {} {} {} {:?}",
                    each.quote.carrier.as_str(),
                    each.quote.service.as_str(),
                    each.quote.price,
                    each.quote.arrives,
                    each.verdict
                )
            })
            .collect();
        assert_eq!(
            said,
            [
                "usps express 15.84 USD 2025-08-10 Cheapest",
                "fedex standard 0.01 EUR 2025-08-13 OtherCurrency",
                "usps standard 8.84 USD 2025-08-13 Late { by_days: 3 }",
                "ups standard 9.84 USD 2025-08-13 Late { by_days: 3 }",
                "fedex standard 10.84 USD 2025-08-13 Late { by_days: 3 }",
                "ups express 19.84 USD 2025-08-10 Dearer { by_minor: 400 }",
                "fedex express 20.84 USD 2025-08-10 Dearer { by_minor: 500 }",
                "dhl express 23.84 USD 2025-08-10 Dearer { by_minor: 800 }",
                "ups overnight 36.84 USD 2025-08-09 Dearer { by_minor: 2100 }",
                "fedex overnight 40.84 USD 2025-08-09 Dearer { by_minor: 2500 }",
                "dhl overnight 46.84 USD 2025-08-09 Dearer { by_minor: 3100 }",
            ]
        );
        // Sooner, for an amount that nobody can compare: not taken.
        let mut quotes = Tariff::default().quotes(1_700, LEAVES, &DayCount::Calendar);
        quotes[0].price = Money::new(1, Currency::EUR);
        quotes[0].arrives = LEAVES;
        let choice = choose(quotes, Some(LEAVES), Currency::USD);
        assert_eq!(choice.taken.map(|quote| quote.price), Some(usd(3_684)));
        assert_eq!(choose(Vec::new(), None, Currency::USD), Choice { taken: None, keeps_promise: false, considered: Vec::new() });
    }

    /// A carrier that says five days and takes six for one in ten is held to six.
    // req: S2-61
    #[test]
    fn a_promise_is_held_against_what_nine_of_ten_kept() {
        let mut quotes = Tariff::default().quotes(1_700, LEAVES, &DayCount::Calendar);
        let usps = quotes.iter_mut().find(|quote| quote.carrier == CarrierName::Usps).unwrap();
        usps.latest = Some(date(2025, 8, 14));
        let choice = choose(quotes, Some(date(2025, 8, 13)), Currency::USD);
        assert_eq!(choice.taken.map(|quote| (quote.carrier, quote.service)), Some((CarrierName::Ups, Service::Standard)));
    }

    proptest! {
        #[test]
        fn nothing_cheaper_keeps_the_promise(weight_g in 0u32..70_000, days in 0i64..8, shuffle in any::<prop::sample::Index>()) {
            let promise = LEAVES.checked_add(days.days()).unwrap();
            let mut quotes = Tariff::default().quotes(weight_g, LEAVES, &DayCount::Calendar);
            let chosen = choose(quotes.clone(), Some(promise), Currency::USD);
            let taken = chosen.taken.clone().unwrap();
            if chosen.keeps_promise {
                prop_assert!(quotes.iter().all(|quote| quote.sure_by() > promise || quote.price.minor >= taken.price.minor));
            } else {
                prop_assert!(quotes.iter().all(|quote| quote.sure_by() > promise && quote.sure_by() >= taken.sure_by()));
            }
            let at = shuffle.index(quotes.len());
            quotes.rotate_left(at);
            prop_assert_eq!(choose(quotes, Some(promise), Currency::USD), chosen, "whatever the order");
        }
    }
}
