//! A new order, and what is answered to it.

use domain::order::placement::{Draft, DraftLine, MeansDraft};
use domain::order::{Order, Track};
use domain::shipping::AddressDraft;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A new order.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// The shop's own order number; one is made if it has none.
    #[cfg_attr(test, schema(example = "1001"))]
    pub number: Option<String>,
    /// The channel's own id, if it differs from the number. Unique per channel.
    pub external_id: Option<String>,
    /// Where it was placed. Default "api".
    #[cfg_attr(test, schema(example = "instagram"))]
    pub channel: Option<String>,
    /// ISO 4217.
    #[cfg_attr(test, schema(example = "USD"))]
    pub currency: String,
    /// Who ordered.
    pub customer: NewCustomer,
    /// ISO 3166-1 alpha-2.
    #[cfg_attr(test, schema(example = "PL"))]
    pub country: Option<String>,
    /// Where the bill goes, ISO 3166-1 alpha-2; it speaks against an order if that is another country.
    pub billing_country: Option<String>,
    /// Where the parcel goes. Refused with all that is wrong with it; never altered.
    pub shipping_address: Option<Address>,
    /// Where the bill goes, if that is another place.
    pub billing_address: Option<Address>,
    /// How the customer wants to have it: "standard", "express", "overnight", "same_day", "pickup" or "digital". Where nobody
    /// has promised a day it says when the order should arrive, and labels are bought for that service unless somebody names another.
    #[cfg_attr(test, schema(example = "express"))]
    pub shipping_method: Option<String>,
    /// What it is paid with: "credit_card", "debit_card", "digital_wallet", "paypal", "stripe", "razorpay", "payu", "bank_transfer" or
    /// "cash_on_delivery". Where the shop collects money here, a provider is asked for a promise of the total once the order is checked.
    #[cfg_attr(test, schema(example = "credit_card"))]
    pub payment_method: Option<String>,
    /// What is needed to have the customer pay. Never a card's number.
    pub payment: Option<PaymentMeans>,
    /// What was ordered.
    pub items: Vec<NewItem>,
    /// Decimal. If neither this nor `tax` is given, both are what the shop's `charges` say, else 0.
    #[cfg_attr(test, schema(example = "9.99"))]
    pub shipping: Option<String>,
    /// Decimal. If neither this nor `shipping` is given, both are what the shop's `charges` say, else 0.
    pub tax: Option<String>,
    /// Decimal, default 0.
    pub discount: Option<String>,
    /// What you think it comes to. Refused with both numbers if we make it something else.
    #[cfg_attr(test, schema(example = "69.97"))]
    pub total: Option<String>,
    /// When the customer placed it; default now.
    #[cfg_attr(test, schema(value_type = Option<String>, format = DateTime))]
    pub placed_at: Option<Timestamp>,
    /// The promised day.
    #[cfg_attr(test, schema(value_type = Option<String>, format = Date))]
    pub eta: Option<Date>,
}

/// What is needed to have a customer pay. A card's number has no place in it, and is refused.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PaymentMeans {
    /// Who has made the token: "stripe", "paypal", "razorpay", "payu" or "sim". Else the cheapest that takes it.
    pub provider: Option<String>,
    /// The provider's token for what the customer pays with ("pm_..."). Without one the provider's own page asks.
    pub token: Option<String>,
    /// Where the customer comes back to from the provider's page; https.
    #[cfg_attr(test, schema(example = "https://shop.example.com/thanks"))]
    pub return_url: Option<String>,
    /// The customer's address on the net, which PayU insists on.
    #[cfg_attr(test, schema(example = "203.0.113.7"))]
    pub customer_ip: Option<String>,
}

impl PaymentMeans {
    /// As the rules check it.
    pub fn into_draft(self) -> MeansDraft {
        let PaymentMeans { provider, token, return_url, customer_ip } = self;
        MeansDraft { provider, token, return_url, customer_ip }
    }
}

/// Who ordered.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewCustomer {
    /// As they write it.
    #[cfg_attr(test, schema(example = "John Smith"))]
    pub name: String,
    /// Needed for mail and for "where is my order".
    #[cfg_attr(test, schema(example = "john.smith@example.com"))]
    pub email: Option<String>,
    /// Digits with an optional leading +.
    pub phone: Option<String>,
    /// BCP 47.
    pub locale: Option<String>,
    /// IANA name, for quiet hours; the shop's own, if it is not given.
    #[cfg_attr(test, schema(example = "Europe/Warsaw"))]
    pub time_zone: Option<String>,
    /// Who they are on chat platforms, as each of them calls them: "telegram", "instagram", "facebook", "push".
    #[serde(default)]
    pub chats: BTreeMap<String, String>,
    /// Channels they have agreed to be written to on, beside e-mail: "sms", "whatsapp", "telegram" and so on.
    #[serde(default)]
    pub consent: Vec<String>,
}

/// Where something goes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// House and street, flat, company: one to three lines.
    #[cfg_attr(test, schema(example = json!(["ul. Prosta 51"])))]
    pub street: Vec<String>,
    /// City or town.
    #[cfg_attr(test, schema(example = "Warszawa"))]
    pub city: String,
    /// State, province or prefecture, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// As it is written on letters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(example = "00-838"))]
    pub postal_code: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[cfg_attr(test, schema(example = "PL"))]
    pub country: String,
}

impl Address {
    /// As the rules have it.
    pub fn of(draft: &AddressDraft) -> Address {
        let AddressDraft { street, city, region, postal_code, country } = draft.clone();
        Address { street, city, region, postal_code, country }
    }

    fn into_draft(self) -> AddressDraft {
        let Address { street, city, region, postal_code, country } = self;
        AddressDraft { street, city, region, postal_code, country }
    }
}

/// A position.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewItem {
    /// The shop's stock-keeping unit.
    #[cfg_attr(test, schema(example = "MUG-BLUE"))]
    pub sku: String,
    /// What people call it.
    #[serde(default)]
    #[cfg_attr(test, schema(example = "Blue mug"))]
    pub name: String,
    /// 1 to 100,000.
    #[cfg_attr(test, schema(example = 2))]
    pub quantity: i64,
    /// Decimal, each.
    #[cfg_attr(test, schema(example = "29.99"))]
    pub unit_price: String,
    /// What you think the position comes to.
    pub total_price: Option<String>,
    /// Needs no parcel.
    #[serde(default)]
    pub digital: bool,
    /// What is to be minded about it: "oversized", "hazmat", "fragile". It makes work take longer.
    #[serde(default)]
    #[cfg_attr(test, schema(example = json!(["fragile"])))]
    pub handling: Vec<String>,
}

impl NewOrder {
    /// As the rules check it.
    pub fn into_draft(self) -> Draft {
        let line = |item: NewItem| DraftLine {
            sku: item.sku,
            name: item.name,
            quantity: item.quantity,
            unit_price: item.unit_price,
            total_price: item.total_price,
            digital: item.digital,
            handling: item.handling,
        };
        Draft {
            number: self.number,
            external_id: self.external_id,
            currency: self.currency,
            customer_name: self.customer.name,
            email: self.customer.email,
            phone: self.customer.phone,
            locale: self.customer.locale,
            time_zone: self.customer.time_zone,
            chats: self.customer.chats,
            consent: self.customer.consent,
            country: self.country,
            billing_country: self.billing_country,
            shipping_method: self.shipping_method,
            shipping_address: self.shipping_address.map(Address::into_draft),
            billing_address: self.billing_address.map(Address::into_draft),
            lines: self.items.into_iter().map(line).collect(),
            shipping: self.shipping,
            tax: self.tax,
            discount: self.discount,
            total: self.total,
            payment_method: self.payment_method,
            means: self.payment.map(PaymentMeans::into_draft),
            placed_at: self.placed_at,
            eta: self.eta,
        }
    }
}

/// The answer to a new order. It repeats no personal data, because it is kept to be given again.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct CreatedOrder {
    /// Its number.
    #[cfg_attr(test, schema(example = "ORD-20250809-7K3M9QXA"))]
    pub order_id: String,
    /// Its status.
    #[cfg_attr(test, schema(example = "pending"))]
    pub status: &'static str,
    /// What is to be paid.
    #[cfg_attr(test, schema(example = "69.97"))]
    pub total: String,
    /// ISO 4217.
    pub currency: String,
    /// For `If-Match`.
    pub version: u64,
}

impl CreatedOrder {
    /// Of an order.
    pub fn of(order: &Order) -> CreatedOrder {
        CreatedOrder {
            order_id: order.id.to_string(),
            status: order.tracks.status.as_str(),
            total: order.totals.total().decimal(),
            currency: order.totals.currency.to_string(),
            version: order.revision(),
        }
    }
}
