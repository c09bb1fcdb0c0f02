//! An order as another system tells of it, in which it is kept, too: what of it an order here is made of, and no more.

use super::Commerce;
use domain::commerce::{Sums, sums};
use domain::ids::EventId;
use domain::money::{Currency, Money};
use domain::order::placement::{Draft, DraftLine};
use domain::order::{Fault, PaymentStatus, TrackingStatus};
use domain::shipping::address::AddressDraft;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// An order that is kept elsewhere, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommerceOrder {
    /// Its id there.
    pub id: String,
    /// The number that people quote.
    pub number: String,
    /// Its status, in their word; it may be one that we do not know.
    pub status: String,
    /// When it was placed.
    pub created: Timestamp,
    /// When anything of it last changed.
    pub updated_at: Timestamp,
    /// Where its money stands, if that is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<PaymentStatus>,
    /// Where its parcels are, if that is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking: Option<TrackingStatus>,
    /// Who ordered; none once they are forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CommerceCustomer>,
    /// Where it goes, ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Where its bill goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_country: Option<String>,
    /// Of all its amounts.
    pub currency: Currency,
    /// What was ordered.
    pub lines: Vec<CommerceLine>,
    /// Net.
    pub shipping_minor: i64,
    /// On top of the net prices.
    pub tax_minor: i64,
    /// What the customer pays.
    pub total_minor: i64,
}

/// Who ordered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CommerceCustomer {
    /// Their name, as far as they gave one.
    pub name: String,
    /// Where order mail goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// With country code, if it can be dialled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// BCP 47.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Where the parcel goes, if a parcel can be sent there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping: Option<AddressDraft>,
    /// Where the bill goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing: Option<AddressDraft>,
}

/// A position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommerceLine {
    /// The shop's unit; where it has none, their id of the variant or the line.
    pub sku: String,
    /// Product and variant.
    pub name: String,
    /// Pieces.
    pub quantity: u32,
    /// Net, each.
    pub unit_minor: i64,
    /// Nothing is sent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub digital: bool,
}

/// An order of theirs that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadOrder {
    /// Its id there, if it says.
    pub id: Option<String>,
    /// Its number, if it says.
    pub number: Option<String>,
    /// When it changed, if it says.
    pub updated_at: Option<Timestamp>,
    /// Everything wrong with it.
    pub faults: Vec<Fault>,
}

impl CommerceOrder {
    /// Its number here.
    pub fn number_here(&self, prefix: &str) -> String {
        format!("{prefix}{}", self.number)
    }

    /// Names what it says of how it stands: the same state is the same fact, whichever webhook or page brings it, and however often.
    ///
    /// # Errors
    /// Never for an id that was read.
    pub fn fact_id(&self, commerce: Commerce) -> crate::Result<EventId> {
        let tracking = self.tracking.map(|tracking| format!("\n{tracking:?}")).unwrap_or_default();
        let said = format!("{}\n{}\n{}\n{:?}{tracking}", self.id, self.updated_at, self.status, self.payment);
        let name = hex::encode(Sha256::digest(said));
        EventId::parse(&format!("{}:{}", commerce.endpoint(), &name[..40])).map_err(|why| crate::Error::Fatal(why.to_string()))
    }

    /// As an order to be taken in.
    pub fn draft(&self, prefix: &str) -> Draft {
        let money = |minor: i64| Money::new(minor, self.currency).decimal();
        let customer = self.customer.clone().unwrap_or_default();
        let named = !customer.name.trim().is_empty();
        let net: Vec<(u32, i64)> = self.lines.iter().map(|line| (line.quantity, line.unit_minor)).collect();
        // Checked when it was read; if it were not so, the claimed total below would be refused.
        let fitted = sums(&net, self.shipping_minor, self.tax_minor, self.total_minor);
        let Sums { tax_minor, discount_minor } = fitted.unwrap_or(Sums { tax_minor: self.tax_minor, discount_minor: 0 });
        Draft {
            number: Some(self.number_here(prefix)),
            external_id: Some(self.id.clone()),
            currency: self.currency.code().to_owned(),
            customer_name: if named { customer.name } else { format!("Customer of order {}", self.number) },
            email: customer.email,
            phone: customer.phone,
            locale: customer.locale,
            country: if customer.shipping.is_some() { None } else { self.country.clone() },
            shipping_method: None,
            billing_country: if customer.billing.is_some() { None } else { self.billing_country.clone() },
            shipping_address: customer.shipping,
            billing_address: customer.billing,
            lines: self
                .lines
                .iter()
                .map(|line| DraftLine {
                    handling: Vec::new(),
                    sku: line.sku.clone(),
                    name: line.name.clone(),
                    quantity: i64::from(line.quantity),
                    unit_price: money(line.unit_minor),
                    total_price: None,
                    digital: line.digital,
                })
                .collect(),
            shipping: Some(money(self.shipping_minor)),
            tax: Some(money(tax_minor)),
            discount: Some(money(discount_minor)),
            total: Some(money(self.total_minor)),
            placed_at: Some(self.created),
            ..Draft::default()
        }
    }

    /// The same without who ordered it: all that is needed to apply it to an order that is known.
    #[must_use]
    pub fn without_customer(&self) -> CommerceOrder {
        CommerceOrder { customer: None, ..self.clone() }
    }
}
