//! DHL Express by its MyDHL API, and DHL's unified tracking.
//!
//! * <https://developer.dhl.com/api-reference/dhl-express-mydhl-api>
//! * <https://developer.dhl.com/api-reference/shipment-tracking>
//! * <https://developer.dhl.com/api-reference/shipment-tracking-unified-push>
//!
//! It charges what it carries: a label that is not handed over costs nothing, and there is no call that voids one. A label that was
//! bought is found by its reference, and not printed again.

use super::read::{Digits, after_days, amount, day, days_between, document, knows, latest, moment, null, place, plain, word};
use super::{ANSWER_BYTES_MAX, ANSWER_WITH_DOCUMENT_BYTES_MAX, Addresses, Answer, Desk, Does, Measures, Said, service_of};
use app::ports::{
    BoughtLabel, Carrier, CarrierAccount, CarrierError, CarrierResult, Clock, Consignment, Found, Manifested, PUSHED_MAX, Party, Purchase,
    PushError, Scan, Tracked, Voided,
};
use app::signature::Headers;
use async_trait::async_trait;
use domain::ids::{LabelReference, TrackingNumber};
use domain::shipping::rates::{CarrierName, QUOTES_MAX};
use domain::shipping::{Quote, Service};
use jiff::SignedDuration;
use jiff::civil::Date;
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// The interface that our requests are written for.
const VERSION: &str = "2.12.0";
/// The header in which it sends our token, as our subscriptions ask it to.
pub const PUSH_HEADER: &str = "x-dhl-push-token";

/// Buys DHL Express's labels.
pub struct Dhl {
    base: String,
    tracking: String,
    desk: Desk,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default, deserialize_with = "null")]
    title: String,
    #[serde(default, deserialize_with = "null")]
    detail: String,
}

/// Its code stands at the beginning of what it says: "8001: Invalid product".
fn said(body: &[u8]) -> Option<Said> {
    let refusal: Refusal = serde_json::from_slice(body).ok()?;
    let said = if refusal.detail.is_empty() { refusal.title } else { refusal.detail };
    let code: String = said.chars().take_while(char::is_ascii_digit).take(10).collect();
    Some(Said { code, message: plain(&said, 200) })
}

#[derive(Deserialize)]
struct Rated {
    #[serde(default, deserialize_with = "null")]
    products: Vec<Product>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Product {
    product_code: String,
    #[serde(default, deserialize_with = "null")]
    total_price: Vec<Price>,
    #[serde(default, deserialize_with = "null")]
    delivery_capabilities: DeliveryCapabilities,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Price {
    #[serde(default, deserialize_with = "null")]
    currency_type: String,
    #[serde(default, deserialize_with = "null")]
    price_currency: String,
    #[serde(default, deserialize_with = "null")]
    price: Digits,
}

/// In the currency in which the account is billed.
fn billed(prices: &[Price]) -> Option<domain::money::Money> {
    let billed = prices.iter().find(|price| price.currency_type == "BILLC")?;
    amount(&billed.price, &billed.price_currency).filter(|price| price.minor > 0)
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct DeliveryCapabilities {
    estimated_delivery_date_and_time: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sold {
    shipment_tracking_number: String,
    #[serde(default, deserialize_with = "null")]
    documents: Vec<SoldDocument>,
    #[serde(default, deserialize_with = "null")]
    shipment_charges: Vec<Price>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SoldDocument {
    #[serde(default, deserialize_with = "null")]
    type_code: String,
    #[serde(default, deserialize_with = "null")]
    content: String,
}

#[derive(Deserialize)]
struct Known {
    #[serde(default, deserialize_with = "null")]
    shipments: Vec<KnownShipment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KnownShipment {
    #[serde(default)]
    shipment_tracking_number: Option<String>,
}

/// Unified tracking, as it is answered and as it is pushed.
#[derive(Deserialize)]
struct Unified {
    #[serde(default, deserialize_with = "null")]
    shipments: Vec<UnifiedShipment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UnifiedShipment {
    #[serde(default)]
    id: Option<String>,
    #[serde(default, deserialize_with = "null")]
    status: UnifiedEvent,
    #[serde(default)]
    estimated_time_of_delivery: Option<String>,
    #[serde(default, deserialize_with = "null")]
    events: Vec<UnifiedEvent>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct UnifiedEvent {
    #[serde(default)]
    timestamp: Option<String>,
    #[serde(default)]
    status_code: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default, deserialize_with = "null")]
    location: UnifiedLocation,
}

#[derive(Deserialize, Default)]
struct UnifiedLocation {
    #[serde(default, deserialize_with = "null")]
    address: UnifiedAddress,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct UnifiedAddress {
    country_code: Option<String>,
    address_locality: Option<String>,
}

impl UnifiedShipment {
    fn tracked(self, number: TrackingNumber) -> Tracked {
        let scan = |event: UnifiedEvent| Scan {
            code: plain(event.status_code.as_deref().unwrap_or_default(), 20),
            at: event.timestamp.as_deref().and_then(moment),
            text: plain(event.description.as_deref().unwrap_or_default(), 200),
            place: place(&[event.location.address.address_locality.as_deref(), event.location.address.country_code.as_deref()]),
        };
        let at = self.status.timestamp.as_deref().and_then(moment);
        let scans = latest(self.events.into_iter().map(scan).collect());
        Tracked {
            carrier: CarrierName::Dhl,
            tracking_number: number,
            code: self.status.status_code.and_then(|code| word(&code)),
            at: at.or_else(|| scans.first().and_then(|scan| scan.at)),
            expected: self.estimated_time_of_delivery.as_deref().and_then(day),
            scans,
        }
    }
}

fn service(code: &str, days: i64) -> Service {
    match code {
        "W" | "H" => Service::Standard,
        // By nine, half past ten, twelve or six.
        "1" | "I" | "O" | "N" | "Y" | "K" | "T" => Service::Overnight,
        _ => service_of(days),
    }
}

fn postal(party: &Party) -> Value {
    let address = &party.address;
    let mut said =
        json!({ "postalCode": address.postal_code().unwrap_or_default(), "cityName": address.city(), "countryCode": address.country() });
    for (field, line) in ["addressLine1", "addressLine2", "addressLine3"].into_iter().zip(address.street()) {
        said[field] = line.as_str().into();
    }
    // Two-letter codes only; a name is none.
    if let Some(region) = address.region().filter(|region| region.len() == 2) {
        said["provinceCode"] = region.into();
    }
    said
}

/// The same for each attempt, 32 characters, to find a call in their logs.
fn message_reference(text: &str) -> String {
    hex::encode(Sha256::digest(text)).chars().take(32).collect()
}

impl Dhl {
    /// At these addresses.
    pub fn new(at: &Addresses, clock: Arc<dyn Clock>) -> Dhl {
        Dhl { base: at.dhl.clone(), tracking: at.dhl_tracking.clone(), desk: Desk::new("DHL", at.timeout, clock) }
    }

    async fn call(
        &self,
        account: &CarrierAccount,
        limits: (Does, usize),
        reference: &str,
        request: RequestBuilder,
    ) -> CarrierResult<Answer> {
        let request = request.basic_auth(&account.client_id, Some(account.client_secret.expose()));
        let request = request.header("x-version", VERSION).header("message-reference", message_reference(reference));
        let answer = self.desk.exchange(limits.0, request, limits.1).await?;
        self.desk.judge(limits.0, &answer, said)?;
        Ok(answer)
    }

    fn package(parcel: &Consignment) -> Value {
        let measures = Measures::of(parcel, false);
        let mut package = json!({ "weight": measures.number() });
        // It wants the size of everything; a shoe box, if nobody has said.
        let [length, width, height] = measures.sides.unwrap_or([33, 20, 12]);
        package["dimensions"] = json!({ "length": length, "width": width, "height": height });
        package
    }

    fn planned(day: Date) -> String {
        format!("{day}T12:00:00 GMT+00:00")
    }

    fn product<'a>(&self, purchase: &'a Purchase) -> CarrierResult<&'a str> {
        let parcel = &purchase.consignment;
        let domestic = parcel.from.address.country() == parcel.to.address.country();
        match (&purchase.code, purchase.service) {
            (Some(code), _) => Ok(code),
            (None, Service::Standard) => Err(self.desk.rejected("not_offered", "it has nothing as slow as that; choose one of its quotes")),
            // Domestic; within the European Union, there are no duties.
            (None, _) if domestic => Ok("N"),
            (None, _) => Ok("U"),
        }
    }

    fn details(&self, party: &Party) -> CarrierResult<Value> {
        Ok(json!({
            "postalAddress": postal(party),
            "contactInformation": {
                "fullName": party.name,
                "companyName": party.company.as_ref().unwrap_or(&party.name),
                "phone": self.desk.phone(party)?,
            },
        }))
    }

    fn unified(&self, found: Unified) -> impl Iterator<Item = Tracked> + use<> {
        found.shipments.into_iter().filter_map(|shipment| {
            let number = TrackingNumber::parse(shipment.id.as_deref()?).ok()?;
            Some(shipment.tracked(number))
        })
    }
}

#[async_trait]
impl Carrier for Dhl {
    fn name(&self) -> CarrierName {
        CarrierName::Dhl
    }

    async fn rates(&self, account: &CarrierAccount, parcel: &Consignment) -> CarrierResult<Vec<Quote>> {
        self.desk.check(parcel, 45)?;
        let body = json!({
            "customerDetails": { "shipperDetails": postal(&parcel.from), "receiverDetails": postal(&parcel.to) },
            "accounts": [{ "typeCode": "shipper", "number": account.number }],
            "plannedShippingDateAndTime": Self::planned(parcel.leaves),
            "unitOfMeasurement": "metric",
            "isCustomsDeclarable": false,
            "packages": [Self::package(parcel)],
        });
        let request = self.desk.client().await?.post(format!("{}/rates", self.base)).json(&body);
        let answer = self.call(account, (Does::Read, ANSWER_BYTES_MAX), "rates", request).await?;
        let rated: Rated = self.desk.read(Does::Read, &answer)?;
        let quote = |product: Product| {
            let arrives = product.delivery_capabilities.estimated_delivery_date_and_time.as_deref().and_then(day);
            let service = service(&product.product_code, arrives.map_or(2, |arrives| days_between(parcel.leaves, arrives)));
            Some(Quote {
                carrier: CarrierName::Dhl,
                service,
                price: billed(&product.total_price)?,
                code: word(&product.product_code),
                arrives: arrives.unwrap_or_else(|| after_days(parcel.leaves, i64::from(service.days()))),
                latest: None,
            })
        };
        Ok(rated.products.into_iter().filter_map(quote).take(QUOTES_MAX).collect())
    }

    async fn buy_label(&self, account: &CarrierAccount, purchase: &Purchase) -> CarrierResult<BoughtLabel> {
        let parcel = &purchase.consignment;
        self.desk.check(parcel, 45)?;
        let mut package = Self::package(parcel);
        package["customerReferences"] = json!([{ "value": purchase.reference.as_str(), "typeCode": "CU" }]);
        let body = json!({
            "plannedShippingDateAndTime": Self::planned(parcel.leaves),
            "pickup": { "isRequested": false },
            "productCode": self.product(purchase)?,
            "accounts": [{ "typeCode": "shipper", "number": account.number }],
            "customerReferences": [{ "value": purchase.reference.as_str(), "typeCode": "CU" }],
            "customerDetails": { "shipperDetails": self.details(&parcel.from)?, "receiverDetails": self.details(&parcel.to)? },
            "outputImageProperties": {
                "encodingFormat": "pdf",
                "imageOptions": [{ "typeCode": "label", "templateName": "ECOM26_84_001", "isRequested": true }],
            },
            "content": {
                "packages": [package],
                "isCustomsDeclarable": false,
                "description": "goods",
                "incoterm": "DAP",
                "unitOfMeasurement": "metric",
            },
        });
        if purchase.tried_before
            && let Found::Number(number) = self.find_label(account, &purchase.reference, parcel.leaves).await?
        {
            let why = format!("{number} was bought and its label is lost: leave it unused, and buy another under another reference");
            return Err(self.desk.rejected("label_lost", &why));
        }
        let request = self.desk.client().await?.post(format!("{}/shipments", self.base)).json(&body);
        let limits = (Does::Write, ANSWER_WITH_DOCUMENT_BYTES_MAX);
        let answer = self.call(account, limits, purchase.reference.as_str(), request).await?;
        let unreadable = || self.desk.unsure(Does::Write, "has sold a label that can't be read");
        let sold: Sold = self.desk.read(Does::Write, &answer)?;
        let printed = sold.documents.iter().find(|document| document.type_code == "label");
        Ok(BoughtLabel {
            reference: purchase.reference.clone(),
            tracking_number: TrackingNumber::parse(&sold.shipment_tracking_number).map_err(|_| unreadable())?,
            document: printed.and_then(|label| document(&label.content)).ok_or_else(unreadable)?,
            price: billed(&sold.shipment_charges),
            arrives: None,
        })
    }

    async fn find_label(&self, account: &CarrierAccount, reference: &LabelReference, leaves: Date) -> CarrierResult<Found> {
        let near = |days: i64| leaves.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(leaves).to_string();
        let (from, to) = (near(-7), near(7));
        let query = [
            ("shipmentReference", reference.as_str()),
            ("shipmentReferenceType", "CU"),
            ("shipperAccountNumber", account.number.as_str()),
            ("dateRangeFrom", from.as_str()),
            ("dateRangeTo", to.as_str()),
        ];
        let request = self.desk.client().await?.request(Method::GET, query_of(&format!("{}/tracking", self.base), &query));
        let answer = match self.call(account, (Does::Read, ANSWER_BYTES_MAX), reference.as_str(), request).await {
            Err(CarrierError::Rejected { code, .. }) if code == "not_found" => return Ok(Found::Nothing),
            answer => answer?,
        };
        let known: Known = self.desk.read(Does::Read, &answer)?;
        let number = known.shipments.into_iter().find_map(|each| TrackingNumber::parse(&each.shipment_tracking_number?).ok());
        Ok(number.map_or(Found::Nothing, Found::Number))
    }

    async fn void_label(&self, _account: &CarrierAccount, _tracking_number: &TrackingNumber) -> CarrierResult<Voided> {
        Ok(Voided::NotNeeded)
    }

    /// It has known since each label was bought.
    async fn manifest(
        &self,
        _account: &CarrierAccount,
        _from: &Party,
        _day: Date,
        _parcels: &[TrackingNumber],
    ) -> CarrierResult<Manifested> {
        Ok(Manifested::NotNeeded)
    }

    async fn track(&self, account: &CarrierAccount, tracking_number: &TrackingNumber) -> CarrierResult<Tracked> {
        let why = "it needs the key of DHL's unified tracking, which is another than that of labels";
        let key = account.tracking_key.as_ref().ok_or_else(|| self.desk.rejected("not_configured", why))?;
        let url = query_of(&format!("{}/track/shipments", self.tracking), &[("trackingNumber", tracking_number.as_str())]);
        let request = self.desk.client().await?.get(url).header("dhl-api-key", key.expose());
        let answer = self.desk.exchange(Does::Read, request, ANSWER_BYTES_MAX).await?;
        self.desk.judge(Does::Read, &answer, said)?;
        let found: Unified = self.desk.read(Does::Read, &answer)?;
        let ours = found.shipments.into_iter().find(|shipment| shipment.id.as_deref().is_none_or(|id| id == tracking_number.as_str()));
        let ours = ours.ok_or_else(|| self.desk.rejected("not_found", "it does not know this parcel"))?;
        Ok(ours.tracked(tracking_number.clone()))
    }

    /// It signs nothing: it sends the token that it was given with the subscription, in [`PUSH_HEADER`].
    fn read_push(&self, account: &CarrierAccount, headers: &Headers, body: &[u8]) -> Result<Vec<Tracked>, PushError> {
        if !knows(&account.push_secrets, headers, PUSH_HEADER) {
            return Err(PushError::NotTheirs);
        }
        let found: Unified =
            serde_json::from_slice(body).map_err(|_| PushError::Unreadable("DHL pushed something that can't be read".to_owned()))?;
        let tracked: Vec<Tracked> = self.unified(found).take(PUSHED_MAX).collect();
        if tracked.is_empty() { Err(PushError::Unreadable("DHL pushed nothing about any parcel".to_owned())) } else { Ok(tracked) }
    }
}

/// An address with a query, each value escaped.
fn query_of(base: &str, query: &[(&str, &str)]) -> String {
    reqwest::Url::parse_with_params(base, query).map_or_else(|_| base.to_owned(), String::from)
}
