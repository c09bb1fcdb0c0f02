//! An order as Shopify's Admin API writes it: <https://shopify.dev/docs/api/admin-rest/latest/resources/order>.

use crate::commerce::reader::{ID_BYTES_MAX, Postal, Reader, WORD_BYTES_MAX, language, shown, some, unit};
use crate::commerce::{BadOrder, CommerceCustomer, CommerceLine, CommerceOrder};
use crate::loose::Loose;
use domain::ids::OrderId;
use domain::money::Currency;
use domain::order::TrackingStatus;
use domain::shopify::{TheirStatus, payment, tracking, whereabouts};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// What is said of a field that is not there.
const MISSING: &str = "Shopify has not sent it; has the subscription all fields?";
/// Parcels that are looked at.
const PARCELS_MAX: usize = 200;

/// An amount: a text of digits. It is read as it is written.
type Amount = Option<Box<RawValue>>;

fn digits(amount: &Amount) -> Option<&str> {
    amount.as_ref().map(|raw| raw.get().trim_matches('"')).filter(|text| *text != "null")
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct InShopsMoney {
    shop_money: Option<Price>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Price {
    amount: Amount,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Address {
    first_name: Option<String>,
    last_name: Option<String>,
    company: Option<String>,
    address1: Option<String>,
    address2: Option<String>,
    city: Option<String>,
    zip: Option<String>,
    country_code: Option<String>,
    province_code: Option<String>,
    phone: Option<String>,
}

impl From<&Address> for Postal {
    fn from(address: &Address) -> Postal {
        let Address { first_name, last_name, company, address1, address2, city, zip, country_code, province_code, phone } = address.clone();
        Postal {
            first_name,
            last_name,
            company,
            street: [address1, address2],
            city,
            city_area: None,
            postal_code: zip,
            country: country_code,
            region: province_code,
            phone,
        }
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Customer {
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LineNode {
    id: Option<Loose>,
    sku: Option<String>,
    variant_id: Option<Loose>,
    title: Option<String>,
    variant_title: Option<String>,
    quantity: Option<i64>,
    /// After it was edited.
    current_quantity: Option<i64>,
    price: Amount,
    requires_shipping: Option<bool>,
    /// Only tips have it.
    #[serde(rename = "tip_payment_gateway", deserialize_with = "is_there")]
    is_tip: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ShippingLine {
    price: Amount,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fulfilment {
    status: Option<String>,
    shipment_status: Option<String>,
    line_items: Option<Vec<Sent>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sent {
    requires_shipping: Option<bool>,
}

/// An order as it stands in Shopify's JSON. What else is there is left alone.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Node {
    id: Option<Loose>,
    name: Option<String>,
    order_number: Option<Loose>,
    created_at: Option<String>,
    processed_at: Option<String>,
    updated_at: Option<String>,
    cancelled_at: Option<String>,
    financial_status: Option<String>,
    fulfillment_status: Option<String>,
    fulfillments: Option<Vec<Fulfilment>>,
    currency: Option<String>,
    taxes_included: Option<bool>,
    total_price: Amount,
    total_tax: Amount,
    current_total_price: Amount,
    current_total_tax: Amount,
    total_tip_received: Amount,
    original_total_duties_set: Option<InShopsMoney>,
    original_total_additional_fees_set: Option<InShopsMoney>,
    shipping_lines: Option<Vec<ShippingLine>>,
    line_items: Option<Vec<LineNode>>,
    email: Option<String>,
    contact_email: Option<String>,
    phone: Option<String>,
    customer: Option<Customer>,
    customer_locale: Option<String>,
    shipping_address: Option<Address>,
    billing_address: Option<Address>,
}

fn line(reader: &mut Reader, at: usize, line: &LineNode, as_edited: bool, currency: Option<Currency>) -> CommerceLine {
    let field = |name: &str| format!("line_items[{at}].{name}");
    let [variant, id] = [&line.variant_id, &line.id].map(|id| Loose::text(id).ok().flatten());
    let sku = unit(line.sku.as_deref(), variant.as_deref(), id.as_deref());
    if sku.is_empty() {
        reader.fault(&field("sku"), "required", "it has neither a unit nor an id");
    }
    let quantity = reader.quantity(&field("quantity"), line.current_quantity.filter(|_| as_edited).or(line.quantity));
    let unit_minor = reader.amount(&field("price"), digits(&line.price), currency);
    let parts: Vec<String> = [&line.title, &line.variant_title].into_iter().filter_map(some).collect();
    CommerceLine { sku, name: shown(&parts.join(", ")), quantity, unit_minor, digital: line.requires_shipping == Some(false) }
}

/// That a field is there at all, whatever it holds.
fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

impl Fulfilment {
    /// Something has left with it that a carrier has: not what was called off or failed, and no download.
    fn is_parcel(&self) -> bool {
        let stands = !matches!(self.status.as_deref(), Some("cancelled" | "error" | "failure"));
        let lines = self.line_items.as_deref().unwrap_or_default();
        stands && (lines.is_empty() || lines.iter().any(|line| line.requires_shipping != Some(false)))
    }
}

impl Node {
    /// What people call it: `#1001`, or as the shop has chosen; else Shopify's counter.
    fn number(&self) -> Option<String> {
        let name = self.name.as_deref().map(|name| name.trim().trim_start_matches('#')).filter(|name| OrderId::parse(name).is_ok());
        name.map(str::to_owned).or_else(|| Loose::text(&self.order_number).ok().flatten())
    }

    /// Shopify keeps what was taken out of an order by editing it. What was called off or given back was ordered all the same.
    fn counts_edits(&self) -> bool {
        let is_money_back = matches!(self.financial_status.as_deref(), Some("refunded" | "partially_refunded" | "voided"));
        self.cancelled_at.is_none() && !is_money_back
    }

    /// Its status, in our word for theirs, and where its parcels are. A word that is not known waits for a person, as Shopify writes it.
    fn stands(&self, reader: &mut Reader) -> (String, Option<TrackingStatus>) {
        let parcels = self.fulfillments.as_deref().unwrap_or_default();
        let parcels = parcels.iter().take(PARCELS_MAX).filter(|parcel| parcel.is_parcel());
        let parcels: Vec<TrackingStatus> = parcels.map(|parcel| tracking(parcel.shipment_status.as_deref().unwrap_or_default())).collect();
        match TheirStatus::of(self.cancelled_at.is_some(), self.fulfillment_status.as_deref(), &parcels) {
            Some(status) => (status.as_str().to_owned(), whereabouts(status, &parcels)),
            None => (reader.text("fulfillment_status", self.fulfillment_status.as_ref(), WORD_BYTES_MAX), None),
        }
    }

    /// What is neither goods nor tax, in minor units: shipping before anything is taken off it, tips, duties and fees.
    fn on_top(&self, reader: &mut Reader, currency: Option<Currency>) -> i64 {
        let sets = [&self.original_total_duties_set, &self.original_total_additional_fees_set];
        let extras = sets.into_iter().flatten().filter_map(|set| set.shop_money.as_ref()).filter_map(|price| digits(&price.amount));
        let shipping = self.shipping_lines.as_deref().unwrap_or_default().iter().filter_map(|line| digits(&line.price));
        let all = shipping.chain(digits(&self.total_tip_received)).chain(extras);
        all.map(|text| reader.amount("shipping_lines", Some(text), currency)).fold(0, i64::saturating_add)
    }

    /// Total and tax, in minor units. Where prices hold their tax there is none on top of them.
    fn total(&self, reader: &mut Reader, currency: Option<Currency>) -> (i64, i64) {
        let now = |current, first| if self.counts_edits() { digits(current).or(digits(first)) } else { digits(first) };
        let total = reader.amount("total_price", now(&self.current_total_price, &self.total_price), currency);
        if self.taxes_included == Some(true) {
            return (total, 0);
        }
        (total, reader.amount("total_tax", now(&self.current_total_tax, &self.total_tax), currency))
    }

    /// Reads it. All the faults at once; whether its parts come to its total is for whoever places it to see, because an order that is known
    /// hears how it stands all the same.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(self) -> Result<CommerceOrder, BadOrder> {
        let mut reader = Reader { missing: MISSING, faults: Vec::new() };
        let (known_id, number) = (Loose::text(&self.id).ok().flatten(), self.number());
        let id = reader.text("id", known_id.as_ref(), ID_BYTES_MAX);
        reader.number("name", number.as_deref());
        let created = reader.time("created_at", self.processed_at.as_ref().or(self.created_at.as_ref()));
        let updated_at = reader.time("updated_at", self.updated_at.as_ref());
        let (status, tracking) = self.stands(&mut reader);
        let currency = reader.currency("currency", self.currency.as_deref());
        let (total_minor, tax_minor) = self.total(&mut reader, currency);
        let shipping_minor = self.on_top(&mut reader, currency);
        let as_edited = self.counts_edits();
        // A tip is no goods: it is with the shipping already.
        let is_left = |node: &&LineNode| !(node.is_tip || as_edited && node.current_quantity == Some(0));
        let nodes = reader.lines("line_items", self.line_items.as_deref()).filter(is_left).enumerate();
        let lines: Vec<CommerceLine> = nodes.map(|(at, node)| line(&mut reader, at, node, as_edited, currency)).collect();
        let Some(currency) = currency.filter(|_| reader.faults.is_empty()) else {
            return Err(reader.refused(known_id, number, self.updated_at.as_ref()));
        };
        let [shipping_to, billing_to] = [&self.shipping_address, &self.billing_address].map(|address| address.as_ref().map(Postal::from));
        Ok(CommerceOrder {
            id,
            number: number.unwrap_or_default(),
            status,
            created,
            updated_at,
            payment: self.financial_status.as_deref().and_then(payment),
            tracking,
            country: shipping_to.as_ref().and_then(Postal::country),
            billing_country: billing_to.as_ref().and_then(Postal::country),
            customer: Some(self.customer(shipping_to.as_ref(), billing_to.as_ref())),
            currency,
            lines,
            shipping_minor,
            tax_minor,
            total_minor,
        })
    }

    fn customer(&self, shipping: Option<&Postal>, billing: Option<&Postal>) -> CommerceCustomer {
        let Customer { first_name, last_name, email, phone } = self.customer.as_ref().unwrap_or(&Customer::default()).clone();
        let account = Postal { first_name, last_name, phone, ..Postal::default() };
        let direct = Postal { phone: self.phone.clone(), ..Postal::default() };
        let places = [shipping, Some(&direct), Some(&account), billing];
        let first = |of: fn(&Postal) -> Option<String>| places.into_iter().flatten().find_map(of);
        CommerceCustomer {
            name: first(Postal::name).unwrap_or_default(),
            email: some(&self.email).or_else(|| some(&self.contact_email)).or_else(|| some(&email)),
            phone: first(Postal::dialled),
            locale: self.customer_locale.clone().and_then(language),
            shipping: shipping.and_then(Postal::draft),
            billing: billing.and_then(Postal::draft),
        }
    }
}
