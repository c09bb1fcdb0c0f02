//! What comes on top of the goods: tax and shipping.

use super::address;
use crate::money::{Currency, Money, MoneyError};
use crate::order::{Fault, LineKind};
use serde::{Deserialize, Serialize};

/// Where tax is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// Once, on the sum of the lines.
    #[default]
    PerOrder,
    /// On each line, and the lines are added up: what invoices need that show the tax of a line.
    PerLine,
}

/// What is different somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionTax {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// State or province; the whole country, if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Basis points.
    pub tax_bps: u32,
    /// Minor units of the shop's currency, if shipping is different, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_flat_minor: Option<i64>,
}

/// A shop's rules for tax and shipping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaxRules {
    /// Basis points of the goods: 800 = 8 %.
    pub tax_bps: u32,
    /// What shipping costs where no carrier is asked, in minor units of the shop's currency.
    pub shipping_flat_minor: i64,
    /// Where tax is rounded; half to even, in either case.
    pub rounding: Rounding,
    /// Whether shipping is taxed.
    pub tax_on_shipping: bool,
    /// Where it is different. A region goes before its country.
    pub regions: Vec<RegionTax>,
}

impl Default for TaxRules {
    fn default() -> Self {
        TaxRules { tax_bps: 800, shipping_flat_minor: 999, rounding: Rounding::default(), tax_on_shipping: false, regions: Vec::new() }
    }
}

/// What a shop puts on top of goods whose sender says nothing of tax and shipping.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChargeRules {
    /// It does.
    pub enabled: bool,
    /// The currency that the amounts are in; orders in others are left alone. ISO 4217; must be given if `enabled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// How much.
    #[serde(flatten)]
    pub tax: TaxRules,
}

impl ChargeRules {
    /// What is wrong with the rules, all of it.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = self.tax.faults();
        if self.enabled && self.currency.is_none() {
            faults.push(Fault::new("charges.currency", "required", "the currency of the amounts, as in EUR"));
        }
        faults
    }
}

/// A line that is taxed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxedLine {
    /// Minor units each.
    pub unit_price_minor: i64,
    /// How many.
    pub quantity: u32,
    /// What is downloaded is not shipped.
    pub kind: LineKind,
}

/// What an order comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charges {
    /// The goods.
    pub subtotal: Money,
    /// On top.
    pub tax: Money,
    /// On top.
    pub shipping: Money,
    /// All of it.
    pub total: Money,
    /// The tax of each line; they add up to `tax`, less what is on shipping.
    pub line_tax: Vec<Money>,
    /// Basis points that were applied.
    pub tax_bps: u32,
}

impl TaxRules {
    /// Regions of a shop.
    const REGIONS_MAX: usize = 500;
    /// No tax takes more than everything.
    const BPS_MAX: u32 = 10_000;

    /// What is wrong with the rules, all of it.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let rates = self.regions.iter().enumerate().map(|(at, region)| (format!("charges.regions[{at}].tax_bps"), region.tax_bps));
        for (field, bps) in rates.chain([("charges.tax_bps".to_owned(), self.tax_bps)]) {
            if bps > Self::BPS_MAX {
                faults.push(Fault::new(field, "out_of_range", "0 to 10000 basis points: 800 is 8 %"));
            }
        }
        let flats = self.regions.iter().filter_map(|region| region.shipping_flat_minor).chain([self.shipping_flat_minor]);
        if flats.into_iter().any(|minor| !(0..=Money::MAX_MINOR).contains(&minor)) {
            faults.push(Fault::new("charges.shipping_flat_minor", "out_of_range", "not negative"));
        }
        for (at, place) in self.regions.iter().enumerate().take(Self::REGIONS_MAX) {
            if !address::is_place(&place.country, place.region.as_deref()) {
                faults.push(Fault::new(
                    format!("charges.regions[{at}]"),
                    "bad_region",
                    "codes as in US and NJ; no region for all of a country",
                ));
            }
            if self.regions[..at].iter().any(|other| (&other.country, &other.region) == (&place.country, &place.region)) {
                faults.push(Fault::new(format!("charges.regions[{at}]"), "twice", "stands above already; leave one out"));
            }
        }
        if self.regions.len() > Self::REGIONS_MAX {
            faults.push(Fault::new("charges.regions", "too_many", format!("at most {}", Self::REGIONS_MAX)));
        }
        Fault::listed(faults, 0)
    }

    fn place(&self, country: Option<&str>, region: Option<&str>) -> Option<&RegionTax> {
        let of_country = || self.regions.iter().take(Self::REGIONS_MAX).filter(|rule| Some(rule.country.as_str()) == country);
        let exact = of_country().find(|rule| rule.region.is_some() && rule.region.as_deref() == region);
        exact.or_else(|| of_country().find(|rule| rule.region.is_none()))
    }

    /// What an order comes to that goes there. `shipping` is what a carrier takes, if one was asked; else the flat rate holds, and
    /// an order of downloads only has none.
    pub fn charges(
        &self,
        lines: &[TaxedLine],
        currency: Currency,
        (country, region): (Option<&str>, Option<&str>),
        shipping: Option<Money>,
    ) -> Result<Charges, MoneyError> {
        let place = self.place(country, region);
        let tax_bps = place.map_or(self.tax_bps, |place| place.tax_bps);
        let flat = place.and_then(|place| place.shipping_flat_minor).unwrap_or(self.shipping_flat_minor);
        let is_shipped = lines.iter().any(|line| line.kind == LineKind::Physical);
        let shipping = shipping.unwrap_or(Money::new(if is_shipped { flat } else { 0 }, currency));
        let (mut subtotal, mut goods_tax, mut line_tax) = (Money::zero(currency), Money::zero(currency), Vec::with_capacity(lines.len()));
        for line in lines {
            let goods = Money::new(line.unit_price_minor, currency).checked_mul(line.quantity)?;
            subtotal = subtotal.checked_add(goods)?;
            let so_far = match self.rounding {
                Rounding::PerLine => goods_tax.checked_add(goods.basis_points(tax_bps)?)?,
                // Each line gets what the rounded sum has grown by, so that the lines add up to the whole.
                Rounding::PerOrder => subtotal.basis_points(tax_bps)?,
            };
            line_tax.push(Money::new(so_far.minor - goods_tax.minor, currency));
            goods_tax = so_far;
        }
        let on_shipping = if self.tax_on_shipping { shipping.basis_points(tax_bps)? } else { Money::zero(currency) };
        let tax = goods_tax.checked_add(on_shipping)?;
        let total = subtotal.checked_add(tax)?.checked_add(shipping)?;
        Ok(Charges { subtotal, tax, shipping, total, line_tax, tax_bps })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn line(unit_price_minor: i64, quantity: u32) -> TaxedLine {
        TaxedLine { unit_price_minor, quantity, kind: LineKind::Physical }
    }

    fn said(rules: &TaxRules, lines: &[TaxedLine], to: (Option<&str>, Option<&str>)) -> [String; 4] {
        let charges = rules.charges(lines, Currency::USD, to, None).unwrap();
        [charges.subtotal, charges.tax, charges.shipping, charges.total].map(Money::decimal_of)
    }

    trait Decimal {
        fn decimal_of(self) -> String;
    }

    impl Decimal for Money {
        fn decimal_of(self) -> String {
            self.decimal()
        }
    }

    // req: S2-16
    #[test]
    fn two_widgets_come_to_74_77() {
        let rules = TaxRules::default();
        assert_eq!(said(&rules, &[line(2_999, 2)], (None, None)), ["59.98", "4.80", "9.99", "74.77"]);
        let per_line = TaxRules { rounding: Rounding::PerLine, ..rules };
        assert_eq!(said(&per_line, &[line(2_999, 2)], (None, None)), ["59.98", "4.80", "9.99", "74.77"]);
    }

    // req: S2-16
    #[test]
    fn where_tax_is_rounded_makes_a_cent() {
        // 8 % of 1.06 is 8.48 cents: three of them are 24 or 25.
        let lines = [line(106, 1), line(106, 1), line(106, 1)];
        let of = |rounding| TaxRules { rounding, ..TaxRules::default() }.charges(&lines, Currency::USD, (None, None), None).unwrap();
        let minors = |charges: &Charges| charges.line_tax.iter().map(|tax| tax.minor).collect::<Vec<_>>();
        let (by_line, by_order) = (of(Rounding::PerLine), of(Rounding::PerOrder));
        assert_eq!((by_line.tax.minor, minors(&by_line)), (24, vec![8, 8, 8]));
        assert_eq!((by_order.tax.minor, minors(&by_order)), (25, vec![8, 9, 8]));
        // Half a cent goes to the even one: 5 % of 0.50 and of 0.70.
        let five = TaxRules { tax_bps: 500, ..TaxRules::default() };
        assert_eq!(five.charges(&[line(50, 1)], Currency::USD, (None, None), None).unwrap().tax.minor, 2);
        assert_eq!(five.charges(&[line(70, 1)], Currency::USD, (None, None), None).unwrap().tax.minor, 4);
    }

    #[test]
    fn places_that_no_address_names_are_refused() {
        let region = |country: &str, region: Option<&str>| RegionTax {
            country: country.to_owned(),
            region: region.map(str::to_owned),
            tax_bps: 0,
            shipping_flat_minor: None,
        };
        let of = |regions: Vec<RegionTax>| {
            TaxRules { regions, ..TaxRules::default() }.faults().into_iter().map(|fault| fault.code).collect::<Vec<_>>()
        };
        let good = vec![region("US", None), region("US", Some("OR")), region("PL", None), region("PL", Some("Mazowieckie"))];
        assert_eq!(of(good), Vec::<String>::new());
        for (country, part) in [("pl", None), ("UK", None), ("US", Some("Oregon")), ("US", Some("or")), ("", None), ("POL", None)] {
            assert_eq!(of(vec![region(country, part)]), ["bad_region"], "{country} {part:?}");
        }
        assert_eq!(of(vec![region("US", Some("OR")), region("US", Some("OR"))]), ["twice"]);
        assert_eq!(ChargeRules { enabled: true, ..ChargeRules::default() }.faults()[0].field, "charges.currency");
    }

    // req: S2-16
    #[test]
    fn it_is_different_elsewhere() {
        let region = |country: &str, region: Option<&str>, tax_bps, shipping_flat_minor| RegionTax {
            country: country.to_owned(),
            region: region.map(str::to_owned),
            tax_bps,
            shipping_flat_minor,
        };
        let regions = vec![region("US", None, 600, None), region("US", Some("OR"), 0, None), region("PL", None, 2_300, Some(499))];
        let rules = TaxRules { regions, ..TaxRules::default() };
        let lines = [line(10_000, 1)];
        assert_eq!(said(&rules, &lines, (Some("US"), Some("NJ"))), ["100.00", "6.00", "9.99", "115.99"]);
        assert_eq!(said(&rules, &lines, (Some("US"), Some("OR"))), ["100.00", "0.00", "9.99", "109.99"]);
        assert_eq!(said(&rules, &lines, (Some("PL"), None)), ["100.00", "23.00", "4.99", "127.99"]);
        assert_eq!(said(&rules, &lines, (Some("DE"), None)), ["100.00", "8.00", "9.99", "117.99"]);
        let taxed = TaxRules { tax_on_shipping: true, ..TaxRules::default() };
        assert_eq!(said(&taxed, &lines, (None, None)), ["100.00", "8.80", "9.99", "118.79"]);
        let download = TaxedLine { kind: LineKind::Digital, ..line(10_000, 1) };
        assert_eq!(said(&rules, &[download], (None, None)), ["100.00", "8.00", "0.00", "108.00"]);
        let asked = rules.charges(&lines, Currency::USD, (None, None), Some(Money::new(884, Currency::USD))).unwrap();
        assert_eq!(asked.shipping.minor, 884);
        let yen = Currency::parse("JPY").unwrap();
        assert_eq!(rules.charges(&[line(1_000, 1)], yen, (None, None), None).unwrap().total.decimal(), "2079");
        let euros = rules.charges(&lines, Currency::USD, (None, None), Some(Money::new(1, Currency::EUR)));
        assert_eq!(euros, Err(MoneyError::CurrencyMismatch));
        assert_eq!(rules.charges(&[line(i64::MAX, 2)], Currency::USD, (None, None), None), Err(MoneyError::OutOfRange));
        assert_eq!(rules.faults(), []);
        let bad = TaxRules { tax_bps: 10_001, shipping_flat_minor: -1, regions: vec![region("US", None, 10_001, None); 501], ..rules };
        assert_eq!(bad.faults().len(), Fault::LISTED_MAX + 1);
    }

    proptest! {
        #[test]
        fn it_adds_up(lines in prop::collection::vec((0i64..1_000_000, 1u32..20), 0..20), tax_bps in 0u32..=10_000, per_line in any::<bool>()) {
            let rounding = if per_line { Rounding::PerLine } else { Rounding::PerOrder };
            let rules = TaxRules { tax_bps, rounding, ..TaxRules::default() };
            let lines: Vec<TaxedLine> = lines.into_iter().map(|(price, quantity)| line(price, quantity)).collect();
            let charges = rules.charges(&lines, Currency::EUR, (None, None), None).unwrap();
            prop_assert_eq!(charges.subtotal.minor + charges.tax.minor + charges.shipping.minor, charges.total.minor);
            prop_assert_eq!(charges.line_tax.iter().map(|tax| tax.minor).sum::<i64>(), charges.tax.minor);
            prop_assert!(charges.line_tax.iter().all(|tax| tax.minor >= 0));
            // Rounding moves each line by half a minor unit at most.
            let exact = charges.subtotal.basis_points(tax_bps).unwrap().minor;
            prop_assert!((charges.tax.minor - exact).unsigned_abs() <= lines.len() as u64);
        }
    }
}
