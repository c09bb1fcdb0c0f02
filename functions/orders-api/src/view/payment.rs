//! How an order is paid.

use domain::kpi::Percent;
use domain::money::Money;
use domain::order::{Order, Track};
use domain::payment::{Discrepancy, Kind, Operation, Outside, State};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// An amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Sum {
    /// Decimal.
    #[cfg_attr(test, schema(example = "69.97"))]
    pub amount: String,
    /// ISO 4217.
    #[cfg_attr(test, schema(example = "USD"))]
    pub currency: String,
}

impl Sum {
    fn of(money: Money) -> Sum {
        Sum { amount: money.decimal(), currency: money.currency.code().to_owned() }
    }
}

/// How an order is paid.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct OrderPayment {
    /// The order's number.
    pub order_id: String,
    /// "credit_card", "bank_transfer", ...
    pub method: &'static str,
    /// The money is collected here. Else the method was only noted.
    pub collected: bool,
    /// "pending", "requires_action", "authorized", "partially_captured", "captured", "voided", "expired", "failed", "partially_refunded",
    /// "refunded", "disputed" or "chargeback".
    pub status: &'static str,
    /// What is to be paid.
    pub total: Sum,
    /// What was promised, whatever became of it.
    pub authorized: Sum,
    /// What was taken.
    pub captured: Sum,
    /// What went back.
    pub refunded: Sum,
    /// What may still go back.
    pub refundable: Sum,
    /// What the customer has to do, while they have to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<PaymentAction>,
    /// Until when it waits for its money.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>, format = DateTime))]
    pub pay_until: Option<Timestamp>,
    /// What was asked of providers, oldest first.
    pub operations: Vec<PaymentOperation>,
    /// What happened at the provider's without our asking.
    pub outside: Vec<PaymentOutside>,
    /// Where providers and our own rules disagree. A person has to look.
    pub discrepancies: Vec<String>,
}

/// What the customer has to do.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PaymentAction {
    /// "stripe", "paypal", ...
    pub provider: &'static str,
    /// The provider's name for the payment, for its script on the shop's page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Where to send the customer; none if the provider's script asks on the shop's own page. Shown to whoever may write orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What that script needs beside the reference. For the customer's browser only; shown to whoever may write orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
}

/// Something that was asked of a provider.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PaymentOperation {
    /// Its number, from 1.
    pub n: u32,
    /// "authorize", "capture", "void" or "refund".
    pub kind: &'static str,
    /// The number of the operation that it hangs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<u32>,
    /// "stripe", "paypal", "razorpay", "payu" or "sim".
    pub provider: &'static str,
    /// What was asked for.
    pub amount: Sum,
    /// "sent", "unknown", "requires_action", "pending", "cancelled", "declined" or "ok".
    pub state: &'static str,
    /// Why it was declined, in the provider's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The provider's name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Our name for it at the provider's.
    pub key: String,
    /// When it was begun.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub began_at: Timestamp,
    /// Since when it stands as it does.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub since: Timestamp,
    /// Until when the promise holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>, format = DateTime))]
    pub expires_at: Option<Timestamp>,
}

/// A refund or a dispute that began at the provider's.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PaymentOutside {
    /// "refund", "dispute", "dispute won" or "dispute lost".
    pub what: &'static str,
    /// By whose word.
    pub provider: &'static str,
    /// The provider's name for it.
    pub reference: String,
    /// Of which capture.
    pub of: u32,
    /// How much.
    pub amount: Sum,
    /// Since when.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
}

impl OrderPayment {
    /// Of an order, if anybody said how it is paid. The secret of the customer's browser is for whoever may write.
    pub fn of(order: &Order, may_write: bool, now: Timestamp) -> Option<OrderPayment> {
        let paying = order.paying.as_deref()?;
        let ledger = &paying.ledger;
        let operation = |one: &Operation| PaymentOperation {
            n: one.n,
            kind: one.kind.word(),
            of: match one.kind {
                Kind::Authorize => None,
                Kind::Capture { of } | Kind::Void { of } | Kind::Refund { of } => Some(of),
            },
            provider: one.provider.word(),
            amount: Sum::of(one.amount),
            state: one.state.word(),
            code: match &one.state {
                State::Declined { code, .. } => Some(code.clone()),
                _ => None,
            },
            reference: one.reference().map(ToString::to_string),
            key: one.key.to_string(),
            began_at: one.began_at,
            since: one.since,
            expires_at: (one.kind == Kind::Authorize && matches!(one.state, State::Ok { .. })).then(|| ledger.expires_at(one)),
        };
        let outside = |one: &Outside| PaymentOutside {
            what: one.kind.word(),
            provider: one.provider.word(),
            reference: one.reference.to_string(),
            of: one.of,
            amount: Sum::of(one.amount),
            at: one.at,
        };
        let waits =
            ledger.operations().iter().find(|one| one.kind == Kind::Authorize && one.state == State::RequiresAction && ledger.is_open(one));
        let means = order.contact.as_ref().and_then(|contact| contact.means.as_deref()).filter(|_| may_write);
        let action = waits.map(|one| PaymentAction {
            provider: one.provider.word(),
            reference: one.reference().map(ToString::to_string),
            url: means.and_then(|means| means.url.clone()),
            client_secret: means.and_then(|means| means.client_secret.clone()),
        });
        Some(OrderPayment {
            order_id: order.id.to_string(),
            method: paying.method.word(),
            collected: paying.collects,
            status: order.tracks.payment.as_str(),
            total: Sum::of(ledger.total()),
            authorized: Sum::of(ledger.authorized()),
            captured: Sum::of(ledger.captured()),
            refunded: Sum::of(ledger.refunded()),
            refundable: Sum::of(ledger.refundable()),
            action,
            pay_until: order.pay_until(),
            operations: ledger.operations().iter().map(operation).collect(),
            outside: ledger.outside().iter().map(outside).collect(),
            discrepancies: ledger.discrepancies(now).iter().map(Discrepancy::to_string).collect(),
        })
    }
}

/// How often payments succeed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PaymentSuccess {
    /// Orders that somebody tried to pay.
    pub tried: u64,
    /// Those whose money was promised.
    pub succeeded: u64,
    /// Of those that were tried, in percent; none if there were none.
    #[cfg_attr(test, schema(value_type = Option<String>, example = "98.0"))]
    pub success_percent: Option<String>,
    /// By provider.
    pub providers: Vec<ProviderSuccess>,
}

/// How often payments at a provider succeed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ProviderSuccess {
    /// "stripe", ...
    pub provider: String,
    /// Orders that somebody tried to pay there.
    pub tried: u64,
    /// Those whose money was promised.
    pub succeeded: u64,
    /// In percent.
    #[cfg_attr(test, schema(value_type = Option<String>, example = "98.0"))]
    pub success_percent: Option<String>,
    /// How often each decline came, in the provider's words.
    pub declines: BTreeMap<String, u64>,
}

fn percent(succeeded: u64, tried: u64) -> Option<String> {
    (tried > 0).then(|| Percent::of(succeeded, tried).to_string().trim_end_matches([' ', '%']).to_owned())
}

impl PaymentSuccess {
    /// Of what was counted, by provider and field.
    pub fn of(found: &BTreeMap<String, BTreeMap<String, i64>>) -> PaymentSuccess {
        let count =
            |sums: &BTreeMap<String, i64>, field: &str| sums.get(field).copied().and_then(|sum| u64::try_from(sum).ok()).unwrap_or(0);
        let one = |(provider, sums): (&String, &BTreeMap<String, i64>)| {
            let (tried, succeeded) = (count(sums, "tried"), count(sums, "succeeded"));
            let declines =
                sums.iter().filter_map(|(field, sum)| Some((field.strip_prefix("code:")?.to_owned(), u64::try_from(*sum).ok()?)));
            ProviderSuccess {
                provider: provider.clone(),
                tried,
                succeeded,
                success_percent: percent(succeeded, tried),
                declines: declines.collect(),
            }
        };
        let providers: Vec<ProviderSuccess> = found.iter().map(one).collect();
        let sum = |of: fn(&ProviderSuccess) -> u64| providers.iter().map(of).sum::<u64>();
        let (tried, succeeded) = (sum(|one| one.tried), sum(|one| one.succeeded));
        PaymentSuccess { tried, succeeded, success_percent: percent(succeeded, tried), providers }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: S2-54
    #[test]
    fn ninety_eight_of_a_hundred() {
        let sums = |fields: &[(&str, i64)]| fields.iter().map(|(field, sum)| ((*field).to_owned(), *sum)).collect::<BTreeMap<_, _>>();
        let found = BTreeMap::from([
            ("stripe".to_owned(), sums(&[("tried", 60), ("succeeded", 59), ("code:insufficient_funds", 4)])),
            ("payu".to_owned(), sums(&[("tried", 40), ("succeeded", 39)])),
        ]);
        let shown = PaymentSuccess::of(&found);
        assert_eq!((shown.tried, shown.succeeded, shown.success_percent.as_deref()), (100, 98, Some("98.0")));
        assert_eq!(shown.providers[1].declines["insufficient_funds"], 4);
        assert_eq!(PaymentSuccess::of(&BTreeMap::new()).success_percent, None);
    }
}
