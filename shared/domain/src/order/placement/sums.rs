//! Where an order goes, and what it comes to there.

use super::{Checker, Draft, Line, Totals};
use crate::money::{Currency, Money};
use crate::order::Fault;
use crate::shipping::address::{self, AddressDraft};
use crate::shipping::tax::{ChargeRules, Charges, TaxedLine};

impl Checker {
    /// The country that follows from an address, or from what was said of that alone, and the region by its code.
    pub(super) fn address(
        &mut self,
        at: &str,
        address: Option<&AddressDraft>,
        (field, said): (&str, Option<&String>),
    ) -> (Option<String>, Option<String>) {
        let Some(draft) = address else { return (said.cloned(), None) };
        let mut region = None;
        match address::check(draft) {
            Err(faults) => {
                let place = |fault: Fault| Fault { field: fault.field.replacen("address", at, 1), ..fault };
                self.faults.extend(faults.into_iter().map(place));
            }
            Ok(checked) => {
                if said.is_some_and(|said| *said != draft.country) {
                    self.fault(field, "does_not_match", format!("the address is in {}; leave this out", draft.country));
                }
                region = checked.did_you_mean.map_or_else(|| draft.region.clone(), |better| better.region);
            }
        }
        (Some(draft.country.clone()), region)
    }

    /// Tax and shipping by the shop's rules, for an order that says nothing of either.
    pub(super) fn charges(
        &mut self,
        draft: &Draft,
        lines: &[Line],
        currency: Currency,
        place: (Option<&str>, Option<&str>),
        rules: Option<&ChargeRules>,
    ) -> Option<Charges> {
        let rules = rules.filter(|rules| rules.currency == Some(currency) && draft.tax.is_none() && draft.shipping.is_none())?;
        let line = |line: &Line| TaxedLine { unit_price_minor: line.unit_price_minor, quantity: line.quantity, kind: line.kind };
        let lines: Vec<TaxedLine> = lines.iter().map(line).collect();
        match rules.tax.charges(&lines, currency, place, None) {
            Ok(charges) => Some(charges),
            Err(why) => {
                self.fault("items", "out_of_range", why.to_string());
                None
            }
        }
    }

    pub(super) fn totals(&mut self, draft: &Draft, lines: &[Line], currency: Currency, charged: Option<Charges>) -> Totals {
        let subtotal = lines.iter().try_fold(0i64, |sum, line| {
            line.unit_price_minor.checked_mul(i64::from(line.quantity)).and_then(|value| sum.checked_add(value))
        });
        let subtotal_minor = subtotal.filter(|sum| *sum <= Money::MAX_MINOR).unwrap_or_else(|| {
            self.fault("items", "out_of_range", "the items add up to more than we can book");
            0
        });
        let mut part = |field: &str, text: &Option<String>| text.as_deref().map_or(0, |text| self.amount(field, text, Some(currency)));
        let (shipping, tax) = (part("shipping", &draft.shipping), part("tax", &draft.tax));
        let charged = charged.map(|charges| (charges.shipping.minor, charges.tax.minor));
        let (shipping_minor, tax_minor) = charged.unwrap_or((shipping, tax));
        let discount_minor = part("discount", &draft.discount);
        let before_discount = subtotal_minor.saturating_add(shipping_minor).saturating_add(tax_minor);
        if discount_minor > before_discount {
            self.fault("discount", "out_of_range", "must not exceed the sum of everything else");
        }
        let total_minor = before_discount.saturating_sub(discount_minor);
        if total_minor > Money::MAX_MINOR {
            self.fault("total", "out_of_range", "more than we can book");
        }
        if let Some(claimed) = draft.total.as_deref() {
            let claimed = self.amount("total", claimed, Some(currency));
            if claimed != total_minor && self.faults.is_empty() {
                let why =
                    if charged.is_some() { ": the shop's tax and shipping came on top; say both yourself if they are others" } else { "" };
                let (ours, theirs) = (Money::new(total_minor, currency).decimal(), Money::new(claimed, currency).decimal());
                let message = format!("we make it {ours}, you say {theirs}{why}");
                self.fault("total", "does_not_add_up", message);
            }
        }
        Totals { currency, subtotal_minor, shipping_minor, tax_minor, discount_minor, total_minor }
    }
}
