//! An order as Saleor writes it, in its webhooks and in the answers of its API: <https://docs.saleor.io/api-reference/orders/objects/order>.

use crate::commerce::reader::{ID_BYTES_MAX, Postal, Reader, WORD_BYTES_MAX, language, shown, some};
use crate::commerce::{BadOrder, CommerceCustomer, CommerceLine, CommerceOrder};
use crate::loose::Loose;
use domain::commerce::sums;
use domain::money::{Currency, Money};
use domain::order::PaymentStatus;
use domain::saleor::payment;
use serde::Deserialize;
use serde_json::value::RawValue;

pub use crate::commerce::reader::unit;

/// What is said of a field that is not there.
const MISSING: &str = "the subscription does not ask for it";

/// An amount as Saleor writes it: a number of JSON. It is read as it is written, digit by digit.
#[derive(Debug, Clone, Deserialize)]
struct Amount {
    amount: Option<Box<RawValue>>,
    currency: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct Taxed {
    gross: Option<Amount>,
    net: Option<Amount>,
    tax: Option<Amount>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Address {
    first_name: Option<String>,
    last_name: Option<String>,
    company_name: Option<String>,
    street_address1: Option<String>,
    street_address2: Option<String>,
    city: Option<String>,
    city_area: Option<String>,
    postal_code: Option<String>,
    country: Option<Country>,
    country_area: Option<String>,
    phone: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct Country {
    code: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct LineNode {
    id: Option<String>,
    product_sku: Option<String>,
    product_variant_id: Option<String>,
    product_name: Option<String>,
    variant_name: Option<String>,
    quantity: Option<i64>,
    is_shipping_required: Option<bool>,
    unit_price: Option<Taxed>,
}

/// An order as it stands in Saleor's JSON, where any field may be missing that nobody asked for. What else was asked for is left alone.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Node {
    id: Option<String>,
    number: Option<Loose>,
    status: Option<String>,
    created: Option<String>,
    updated_at: Option<String>,
    charge_status: Option<String>,
    authorize_status: Option<String>,
    total_refunded: Option<Amount>,
    user_email: Option<String>,
    language_code_enum: Option<String>,
    shipping_address: Option<Address>,
    billing_address: Option<Address>,
    lines: Option<Vec<LineNode>>,
    shipping_price: Option<Taxed>,
    total: Option<Taxed>,
}

impl From<&Address> for Postal {
    fn from(address: &Address) -> Postal {
        let Address { first_name, last_name, company_name, street_address1, street_address2, city, city_area, .. } = address.clone();
        Postal {
            first_name,
            last_name,
            company: company_name,
            street: [street_address1, street_address2],
            city,
            city_area,
            postal_code: address.postal_code.clone(),
            country: address.country.as_ref().and_then(|country| country.code.clone()),
            region: address.country_area.clone(),
            phone: address.phone.clone(),
        }
    }
}

impl Amount {
    fn text(amount: Option<&Amount>) -> Option<&str> {
        amount?.amount.as_ref().map(|amount| amount.get())
    }
}

fn line(reader: &mut Reader, at: usize, line: &LineNode, currency: Option<Currency>) -> CommerceLine {
    let field = |name: &str| format!("lines[{at}].{name}");
    let sku = unit(line.product_sku.as_deref(), line.product_variant_id.as_deref(), line.id.as_deref());
    if sku.is_empty() {
        reader.fault(&field("productSku"), "required", "it has neither a unit nor an id");
    }
    let quantity = reader.quantity(&field("quantity"), line.quantity);
    let net = line.unit_price.as_ref().and_then(|price| price.net.as_ref());
    let unit_minor = reader.amount(&field("unitPrice.net.amount"), Amount::text(net), currency);
    let parts: Vec<String> = [&line.product_name, &line.variant_name].into_iter().filter_map(some).collect();
    CommerceLine { sku, name: shown(&parts.join(", ")), quantity, unit_minor, digital: line.is_shipping_required == Some(false) }
}

impl Node {
    /// Reads it. All the faults at once.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(self) -> Result<CommerceOrder, BadOrder> {
        let mut reader = Reader { missing: MISSING, faults: Vec::new() };
        let id = reader.text("id", self.id.as_ref(), ID_BYTES_MAX);
        let number = Loose::text(&self.number).ok().flatten();
        reader.number("number", number.as_deref());
        let status = reader.text("status", self.status.as_ref(), WORD_BYTES_MAX);
        let created = reader.time("created", self.created.as_ref());
        let updated_at = reader.time("updatedAt", self.updated_at.as_ref());
        let gross = self.total.as_ref().and_then(|total| total.gross.as_ref());
        let currency = reader.currency("total.gross.currency", gross.and_then(|gross| gross.currency.as_deref()));
        let total_minor = reader.amount("total.gross.amount", Amount::text(gross), currency);
        let tax = self.total.as_ref().and_then(|total| total.tax.as_ref());
        let tax_minor = reader.amount("total.tax.amount", Amount::text(tax), currency);
        let shipping = self.shipping_price.as_ref().and_then(|price| price.net.as_ref());
        let shipping_minor = reader.amount("shippingPrice.net.amount", Amount::text(shipping), currency);
        let nodes = reader.lines("lines", self.lines.as_deref());
        let lines: Vec<CommerceLine> = nodes.enumerate().map(|(at, line)| self::line(&mut reader, at, line, currency)).collect();
        if let (Some(currency), true) = (currency, reader.faults.is_empty()) {
            let net: Vec<(u32, i64)> = lines.iter().map(|line| (line.quantity, line.unit_minor)).collect();
            if let Err(ours) = sums(&net, shipping_minor, tax_minor, total_minor) {
                let (ours, theirs) = (Money::new(ours, currency).decimal(), Money::new(total_minor, currency).decimal());
                let message = format!("lines, shipping and tax come to {ours}, the total is {theirs}");
                reader.fault("total.gross.amount", "does_not_add_up", message);
            }
        }
        let Some(currency) = currency.filter(|_| reader.faults.is_empty()) else {
            return Err(reader.refused(self.id, number, self.updated_at.as_ref()));
        };
        let [shipping_to, billing_to] = [&self.shipping_address, &self.billing_address].map(|address| address.as_ref().map(Postal::from));
        Ok(CommerceOrder {
            id,
            number: number.unwrap_or_default(),
            status,
            created,
            updated_at,
            payment: self.payment(currency),
            tracking: None,
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

    fn payment(&self, currency: Currency) -> Option<PaymentStatus> {
        let back = self.total_refunded.as_ref().and_then(|amount| amount.amount.as_ref());
        let is_refunded = back.and_then(|text| Money::parse(text.get(), currency).ok()).is_some_and(|back| back.minor > 0);
        payment(self.charge_status.as_deref()?, self.authorize_status.as_deref().unwrap_or_default(), is_refunded)
    }

    fn customer(&self, shipping: Option<&Postal>, billing: Option<&Postal>) -> CommerceCustomer {
        let addresses = [shipping, billing];
        let first = |of: fn(&Postal) -> Option<String>| addresses.into_iter().flatten().find_map(of);
        // "PT_BR" is "pt-BR"; "EN" is "en".
        let locale = self.language_code_enum.as_deref().map(|code| match code.split_once('_') {
            Some((language, rest)) => format!("{}-{}", language.to_lowercase(), rest.replace('_', "-")),
            None => code.to_lowercase(),
        });
        CommerceCustomer {
            name: first(Postal::name).unwrap_or_default(),
            email: some(&self.user_email),
            phone: first(Postal::dialled),
            locale: locale.and_then(language),
            shipping: shipping.and_then(Postal::draft),
            billing: billing.and_then(Postal::draft),
        }
    }
}
