//! An order as Saleor tells of it, in its webhooks and in the answers of its API: <https://docs.saleor.io/api-reference/orders/objects/order>.

use crate::loose::Loose;
use domain::ids::{EventId, OrderId, Sku};
use domain::money::{Currency, Money};
use domain::order::placement::limits::{LINES_MAX, NAME_CHARS_MAX, QUANTITY_MAX};
use domain::order::placement::{Draft, DraftLine};
use domain::order::{Fault, PaymentStatus};
use domain::saleor::{Sums, payment, sums};
use domain::shipping::address::{self, AddressDraft};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// Longest id of Saleor's that is kept, in bytes.
const ID_BYTES_MAX: usize = 128;
/// Longest word for a status, in bytes.
const WORD_BYTES_MAX: usize = 64;

/// An order of Saleor's: what an order here is made of, and no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaleorOrder {
    /// Saleor's id for it.
    pub id: String,
    /// The number that people quote.
    pub number: String,
    /// Its status, in Saleor's word; it may be one that we do not know.
    pub status: String,
    /// When it was placed.
    pub created: Timestamp,
    /// When anything of it last changed.
    pub updated_at: Timestamp,
    /// Where its money stands, if that is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<PaymentStatus>,
    /// Who ordered; none once they are forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<SaleorCustomer>,
    /// Where it goes, ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Where its bill goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_country: Option<String>,
    /// Of all its amounts.
    pub currency: Currency,
    /// What was ordered.
    pub lines: Vec<SaleorLine>,
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
pub struct SaleorCustomer {
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
pub struct SaleorLine {
    /// The shop's unit; where it has none, Saleor's id of the variant or the line.
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

/// An order of Saleor's that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadOrder {
    /// Saleor's id for it, if it says.
    pub id: Option<String>,
    /// Its number, if it says.
    pub number: Option<String>,
    /// When it changed, if it says.
    pub updated_at: Option<Timestamp>,
    /// Everything wrong with it.
    pub faults: Vec<Fault>,
}

impl SaleorOrder {
    /// Its number here.
    pub fn number_here(&self, prefix: &str) -> String {
        format!("{prefix}{}", self.number)
    }

    /// Names what it says of how it stands: the same state is the same fact, whichever webhook or page brings it, and however often.
    ///
    /// # Errors
    /// Never for an id that was read.
    pub fn fact_id(&self) -> crate::Result<EventId> {
        let said = format!("{}\n{}\n{}\n{:?}", self.id, self.updated_at, self.status, self.payment);
        let name = hex::encode(Sha256::digest(said));
        EventId::parse(&format!("saleor:{}", &name[..40])).map_err(|why| crate::Error::Fatal(why.to_string()))
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
            billing_country: if customer.billing.is_some() { None } else { self.billing_country.clone() },
            shipping_address: customer.shipping,
            billing_address: customer.billing,
            lines: self
                .lines
                .iter()
                .map(|line| DraftLine {
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
    pub fn without_customer(&self) -> SaleorOrder {
        SaleorOrder { customer: None, ..self.clone() }
    }
}

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

/// The unit of a line: the shop's, where it is one; else Saleor's id for the variant, else for the line.
pub fn unit(sku: Option<&str>, variant: Option<&str>, line: Option<&str>) -> String {
    let usable = |text: Option<&str>| text.map(str::trim).filter(|text| Sku::parse(text).is_ok()).map(str::to_owned);
    usable(sku).or_else(|| usable(variant)).or_else(|| usable(line)).unwrap_or_default()
}

/// A text for people: on one line, without the space around it, and not longer than we show.
fn shown(text: &str) -> String {
    let plain: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(NAME_CHARS_MAX).collect();
    plain.trim().to_owned()
}

fn some(text: &Option<String>) -> Option<String> {
    text.as_deref().map(shown).filter(|text| !text.is_empty())
}

impl Address {
    fn country(&self) -> Option<String> {
        let code = self.country.as_ref()?.code.as_deref()?;
        (code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase())).then(|| code.to_owned())
    }

    fn name(&self) -> Option<String> {
        let parts: Vec<String> = [&self.first_name, &self.last_name].into_iter().filter_map(some).collect();
        Some(shown(&parts.join(" "))).filter(|name| !name.is_empty()).or_else(|| some(&self.company_name))
    }

    /// With country code; what cannot be dialled is left out.
    fn dialled(&self) -> Option<String> {
        let phone: String = self.phone.as_deref()?.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.')).collect();
        let digits = phone.strip_prefix('+').unwrap_or(&phone);
        ((5..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())).then_some(phone)
    }

    /// The address, if carriers and tax rules here can do something with it: an order that was placed elsewhere is not turned away for
    /// what its customer wrote there. Its country is known all the same.
    fn draft(&self) -> Option<AddressDraft> {
        let has_company = some(&self.company_name).filter(|company| Some(company) != self.name().as_ref());
        let lines = [has_company, some(&self.street_address1), some(&self.street_address2)];
        let area = some(&self.city_area).map(|area| format!(", {area}")).unwrap_or_default();
        let draft = AddressDraft {
            street: lines.into_iter().flatten().collect(),
            city: format!("{}{area}", some(&self.city)?),
            region: some(&self.country_area),
            postal_code: some(&self.postal_code),
            country: self.country()?,
        };
        let whole = address::check(&draft).is_ok().then(|| draft.clone());
        // Saleor writes provinces as people do; where there are none by our rules, it is a part of the address that may be left out.
        let plain = AddressDraft { region: None, ..draft };
        whole.or_else(|| address::check(&plain).is_ok().then_some(plain))
    }
}

struct Reader {
    faults: Vec<Fault>,
}

impl Reader {
    fn fault(&mut self, field: &str, code: &str, message: impl Into<String>) {
        self.faults.push(Fault::new(format!("order.{field}"), code, message));
    }

    fn text(&mut self, field: &str, text: Option<&String>, bytes_max: usize) -> String {
        match text {
            None => self.fault(field, "required", "the subscription does not ask for it"),
            Some(text) if text.is_empty() || text.len() > bytes_max || !text.bytes().all(|b| b.is_ascii_graphic()) => {
                self.fault(field, "bad_text", format!("1 to {bytes_max} printable characters"));
            }
            Some(text) => return text.clone(),
        }
        String::new()
    }

    fn time(&mut self, field: &str, text: Option<&String>) -> Timestamp {
        match text.map(|text| text.parse::<Timestamp>()) {
            Some(Ok(time)) => return time,
            Some(Err(_)) => self.fault(field, "bad_time", "a time such as 2026-11-25T10:00:00+00:00"),
            None => self.fault(field, "required", "the subscription does not ask for it"),
        }
        Timestamp::UNIX_EPOCH
    }

    fn amount(&mut self, field: &str, amount: Option<&Amount>, currency: Option<Currency>) -> i64 {
        let Some(text) = amount.and_then(|amount| amount.amount.as_ref()) else {
            self.fault(field, "required", "the subscription does not ask for it");
            return 0;
        };
        let Some(currency) = currency else { return 0 };
        match Money::parse(text.get(), currency) {
            Ok(money) if money.minor >= 0 => return money.minor,
            Ok(_) => self.fault(field, "out_of_range", "must not be negative"),
            Err(why) => self.fault(field, "bad_amount", why.to_string()),
        }
        0
    }

    fn line(&mut self, at: usize, line: &LineNode, currency: Option<Currency>) -> SaleorLine {
        let field = |name: &str| format!("lines[{at}].{name}");
        let sku = unit(line.product_sku.as_deref(), line.product_variant_id.as_deref(), line.id.as_deref());
        if sku.is_empty() {
            self.fault(&field("productSku"), "required", "it has neither a unit nor an id");
        }
        let quantity = line.quantity.filter(|quantity| (1..=QUANTITY_MAX).contains(quantity));
        if quantity.is_none() {
            self.fault(&field("quantity"), "out_of_range", format!("1 to {QUANTITY_MAX}"));
        }
        let net = line.unit_price.as_ref().and_then(|price| price.net.as_ref());
        let unit_minor = self.amount(&field("unitPrice.net.amount"), net, currency);
        let parts: Vec<String> = [&line.product_name, &line.variant_name].into_iter().filter_map(some).collect();
        let quantity = quantity.and_then(|quantity| u32::try_from(quantity).ok()).unwrap_or(1);
        SaleorLine { sku, name: shown(&parts.join(", ")), quantity, unit_minor, digital: line.is_shipping_required == Some(false) }
    }
}

impl Node {
    /// Reads it. All the faults at once.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(self) -> Result<SaleorOrder, BadOrder> {
        let mut reader = Reader { faults: Vec::new() };
        let id = reader.text("id", self.id.as_ref(), ID_BYTES_MAX);
        let number = Loose::text(&self.number).ok().flatten();
        match number.as_deref().map(OrderId::parse) {
            None => reader.fault("number", "required", "the subscription does not ask for it"),
            Some(Err(why)) => reader.fault("number", "bad_number", why.to_string()),
            Some(Ok(_)) => {}
        }
        let status = reader.text("status", self.status.as_ref(), WORD_BYTES_MAX);
        let created = reader.time("created", self.created.as_ref());
        let updated_at = reader.time("updatedAt", self.updated_at.as_ref());
        let gross = self.total.as_ref().and_then(|total| total.gross.as_ref());
        let currency = match gross.and_then(|gross| gross.currency.as_deref()).map(Currency::parse) {
            Some(Ok(currency)) => Some(currency),
            Some(Err(why)) => {
                reader.fault("total.gross.currency", "unknown_currency", why.to_string());
                None
            }
            None => {
                reader.fault("total.gross.currency", "required", "the subscription does not ask for it");
                None
            }
        };
        let total_minor = reader.amount("total.gross.amount", gross, currency);
        let tax = self.total.as_ref().and_then(|total| total.tax.as_ref());
        let tax_minor = reader.amount("total.tax.amount", tax, currency);
        let shipping = self.shipping_price.as_ref().and_then(|price| price.net.as_ref());
        let shipping_minor = reader.amount("shippingPrice.net.amount", shipping, currency);
        let nodes = self.lines.as_deref().unwrap_or_default();
        if self.lines.is_none() {
            reader.fault("lines", "required", "the subscription does not ask for them");
        }
        if nodes.len() > LINES_MAX {
            reader.fault("lines", "too_many", format!("at most {LINES_MAX} lines"));
        }
        let lines: Vec<SaleorLine> = nodes.iter().take(LINES_MAX).enumerate().map(|(at, line)| reader.line(at, line, currency)).collect();
        let net: Vec<(u32, i64)> = lines.iter().map(|line| (line.quantity, line.unit_minor)).collect();
        if let (Some(currency), true) = (currency, reader.faults.is_empty())
            && let Err(ours) = sums(&net, shipping_minor, tax_minor, total_minor)
        {
            let (ours, theirs) = (Money::new(ours, currency).decimal(), Money::new(total_minor, currency).decimal());
            reader.fault("total.gross.amount", "does_not_add_up", format!("lines, shipping and tax come to {ours}, the total is {theirs}"));
        }
        let Some(currency) = currency.filter(|_| reader.faults.is_empty()) else {
            let updated_at = self.updated_at.as_ref().and_then(|text| text.parse().ok());
            let number = number.filter(|number| OrderId::parse(number).is_ok());
            let id = self.id.filter(|id| (1..=ID_BYTES_MAX).contains(&id.len()));
            return Err(BadOrder { id, number, updated_at, faults: Fault::listed(reader.faults, 0) });
        };
        Ok(SaleorOrder {
            id,
            number: number.unwrap_or_default(),
            status,
            created,
            updated_at,
            payment: self.payment(currency),
            country: self.shipping_address.as_ref().and_then(Address::country),
            billing_country: self.billing_address.as_ref().and_then(Address::country),
            customer: Some(self.customer()),
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

    fn customer(&self) -> SaleorCustomer {
        let addresses = [self.shipping_address.as_ref(), self.billing_address.as_ref()];
        let first = |of: fn(&Address) -> Option<String>| addresses.into_iter().flatten().find_map(of);
        // "PT_BR" is "pt-BR"; "EN" is "en".
        let locale = self.language_code_enum.as_deref().map(|code| match code.split_once('_') {
            Some((language, rest)) => format!("{}-{}", language.to_lowercase(), rest.replace('_', "-")),
            None => code.to_lowercase(),
        });
        let is_tag = |tag: &String| (2..=35).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        SaleorCustomer {
            name: first(Address::name).unwrap_or_default(),
            email: some(&self.user_email),
            phone: first(Address::dialled),
            locale: locale.filter(is_tag),
            shipping: self.shipping_address.as_ref().and_then(Address::draft),
            billing: self.billing_address.as_ref().and_then(Address::draft),
        }
    }
}
