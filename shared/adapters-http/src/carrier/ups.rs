//! UPS, by its REST interfaces with OAuth: rating and shipping v2409, label recovery v1, tracking v1, Track Alert.
//!
//! Its own descriptions: <https://github.com/UPS-API/api-documentation> (`OAuthClientCredentials.yaml`, `Rating.yaml`, `Shipping.yaml`,
//! `Tracking.yaml`, `UPSTrackAlert.yaml`).
//!
//! It does not know our references when it sells, but it finds a label by its reference and prints it again.

use super::oauth::{Shown, Tokens};
use super::read::{Digits, Errors, Many, after_days, amount, day, days_between, document, knows, latest, null, place, plain, utc, word};
use super::{ANSWER_BYTES_MAX, ANSWER_WITH_DOCUMENT_BYTES_MAX, Addresses, Answer, Desk, Does, Measures, Said, service_of};
use app::ports::{
    BoughtLabel, Carrier, CarrierAccount, CarrierError, CarrierResult, Clock, Consignment, Found, Manifested, Party, Purchase, PushError,
    Scan, Tracked, Voided,
};
use app::signature::Headers;
use async_trait::async_trait;
use domain::ids::{LabelReference, TrackingNumber};
use domain::shipping::rates::{CarrierName, QUOTES_MAX};
use domain::shipping::{Quote, Service};
use jiff::civil::Date;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Buys UPS's labels.
pub struct Ups {
    base: String,
    desk: Desk,
    tokens: Tokens,
}

#[derive(Deserialize)]
struct Refusal {
    response: Errors,
}

fn said(body: &[u8]) -> Option<Said> {
    let refusal: Refusal = serde_json::from_slice(body).ok()?;
    refusal.response.first()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RateAnswer {
    rate_response: RateResponse,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RateResponse {
    #[serde(default)]
    rated_shipment: Many<RatedShipment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RatedShipment {
    service: Code,
    total_charges: Charge,
    #[serde(default)]
    negotiated_rate_charges: Option<Negotiated>,
    #[serde(default)]
    time_in_transit: Option<TimeInTransit>,
    #[serde(default)]
    guaranteed_delivery: Option<Guaranteed>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Code {
    #[serde(default, deserialize_with = "null")]
    code: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Charge {
    currency_code: String,
    monetary_value: Digits,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Negotiated {
    total_charge: Charge,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TimeInTransit {
    service_summary: ServiceSummary,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ServiceSummary {
    estimated_arrival: EstimatedArrival,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EstimatedArrival {
    arrival: Arrival,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Arrival {
    date: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Guaranteed {
    #[serde(default)]
    business_days_in_transit: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ShipAnswer {
    shipment_response: ShipResponse,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ShipResponse {
    shipment_results: ShipResults,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ShipResults {
    #[serde(default)]
    shipment_charges: Option<ShipCharges>,
    #[serde(default)]
    negotiated_rate_charges: Option<Negotiated>,
    package_results: Many<PackageResult>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ShipCharges {
    total_charges: Charge,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PackageResult {
    tracking_number: String,
    shipping_label: Image,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Image {
    graphic_image: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RecoveryAnswer {
    label_recovery_response: RecoveryResponse,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RecoveryResponse {
    #[serde(default)]
    label_results: Many<LabelResult>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LabelResult {
    #[serde(default)]
    tracking_number: Option<String>,
    #[serde(default)]
    label_image: Option<Image>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VoidAnswer {
    void_shipment_response: VoidResponse,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct VoidResponse {
    summary_result: SummaryResult,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SummaryResult {
    status: Code,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TrackAnswer {
    track_response: TrackResponse,
}

#[derive(Deserialize)]
struct TrackResponse {
    #[serde(default, deserialize_with = "null")]
    shipment: Vec<TrackShipment>,
}

#[derive(Deserialize)]
struct TrackShipment {
    #[serde(default, deserialize_with = "null")]
    package: Vec<TrackPackage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TrackPackage {
    #[serde(default, deserialize_with = "null")]
    activity: Vec<Activity>,
    #[serde(default, deserialize_with = "null")]
    delivery_date: Vec<DeliveryDate>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Activity {
    #[serde(default, deserialize_with = "null")]
    status: Status,
    #[serde(default, deserialize_with = "null")]
    gmt_date: String,
    #[serde(default, deserialize_with = "null")]
    gmt_time: String,
    #[serde(default, deserialize_with = "null")]
    location: Location,
}

#[derive(Deserialize, Default)]
struct Status {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    description: Option<String>,
}

#[derive(Deserialize, Default)]
struct Location {
    #[serde(default, deserialize_with = "null")]
    address: LocationAddress,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct LocationAddress {
    city: Option<String>,
    state_province: Option<String>,
    country_code: Option<String>,
}

#[derive(Deserialize)]
struct DeliveryDate {
    #[serde(default, rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    date: Option<String>,
}

/// An event as Track Alert pushes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    tracking_number: String,
    activity_status: Status,
    #[serde(default)]
    activity_location: Option<AlertLocation>,
    #[serde(default)]
    scheduled_delivery_date: Option<String>,
    #[serde(default)]
    actual_delivery_date: Option<String>,
    #[serde(default, deserialize_with = "null")]
    gmt_activity_date: String,
    #[serde(default, deserialize_with = "null")]
    gmt_activity_time: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AlertLocation {
    #[serde(default)]
    city: Option<String>,
    #[serde(default)]
    state_province: Option<String>,
    #[serde(default)]
    country: Option<String>,
}

/// A word of the vocabulary for a status. On the van is I with the code OT, or D: Track Alert says D of everything about the delivery,
/// from loading the van on, and only what has a day of delivery is delivered. U is news of the day only.
fn alert_code(status: &Status, is_delivered: bool) -> Option<String> {
    let kind = status.kind.as_deref()?.trim();
    let is_on_the_van = status.code.as_deref() == Some("OT");
    match kind {
        "" | "U" => None,
        "I" if is_on_the_van => Some("OT".to_owned()),
        "D" if !is_delivered => Some("OT".to_owned()),
        kind => Some(plain(kind, 10)),
    }
}

const fn usual(service: Service, domestic: bool) -> &'static str {
    match (service, domestic) {
        (Service::Standard, true) => "03",
        (Service::Express, true) => "02",
        (Service::Overnight, true) => "01",
        // Between and within other countries: Standard, Expedited, Express.
        (Service::Standard, false) => "11",
        (Service::Express, false) => "08",
        (Service::Overnight, false) => "07",
    }
}

fn service(code: &str, days: i64) -> Service {
    match code {
        "03" | "11" => Service::Standard,
        "02" | "12" | "59" | "08" => Service::Express,
        "01" | "13" | "14" | "07" | "54" | "65" => Service::Overnight,
        _ => service_of(days),
    }
}

fn address(party: &Party) -> Value {
    let address = &party.address;
    let mut said = json!({
        "AddressLine": address.street(),
        "City": address.city(),
        "CountryCode": address.country(),
    });
    if let Some(region) = address.region() {
        said["StateProvinceCode"] = region.into();
    }
    if let Some(code) = address.postal_code() {
        // Nine characters, so that ZIP+4 goes without its dash.
        said["PostalCode"] = if address.country() == "US" { code.replace('-', "") } else { code.to_owned() }.into();
    }
    if party.company.is_none() {
        said["ResidentialAddressIndicator"] = "".into();
    }
    said
}

/// Who it is, as far as a price depends on it.
fn rated(party: &Party) -> Value {
    json!({ "Name": party.company.as_ref().unwrap_or(&party.name), "AttentionName": party.name, "Address": address(party) })
}

fn party(party: &Party) -> Value {
    let mut said = rated(party);
    let phone: String = party.phone.as_deref().unwrap_or_default().chars().filter(char::is_ascii_digit).take(15).collect();
    if !phone.is_empty() {
        said["Phone"] = json!({ "Number": phone });
    }
    said
}

impl Ups {
    /// At this address.
    pub fn new(at: &Addresses, clock: Arc<dyn Clock>) -> Ups {
        let tokens = Tokens::new(format!("{}/security/v1/oauth/token", at.ups), Shown::Basic);
        Ups { base: format!("{}/api", at.ups), desk: Desk::new("UPS", at.timeout, clock), tokens }
    }

    async fn call(
        &self,
        account: &CarrierAccount,
        limits: (Does, usize),
        (method, path): (Method, &str),
        reference: &str,
        body: Option<&Value>,
    ) -> CarrierResult<Answer> {
        let url = format!("{}{path}", self.base);
        let answer = self.tokens.call(&self.desk, account, limits, |client, token| {
            let request = client.request(method.clone(), &url).bearer_auth(token);
            // At most 32 characters, to find a call in their logs.
            let request = request.header("transId", &reference[..reference.len().min(32)]).header("transactionSrc", "orderflow");
            match body {
                Some(body) => request.json(body),
                None => request,
            }
        });
        let answer = answer.await?;
        self.desk.judge(limits.0, &answer, said)?;
        Ok(answer)
    }

    fn package(parcel: &Consignment) -> Value {
        let measures = Measures::of(parcel, parcel.from.address.country() == "US");
        let unit = |code: &str, words: &str| json!({ "Code": code, "Description": words });
        let weight = if measures.imperial { unit("LBS", "Pounds") } else { unit("KGS", "Kilograms") };
        let mut package = json!({ "PackageWeight": { "UnitOfMeasurement": weight, "Weight": measures.text() } });
        if let Some([length, width, height]) = measures.sides {
            package["Dimensions"] = json!({
                "UnitOfMeasurement": if measures.imperial { unit("IN", "Inches") } else { unit("CM", "Centimeters") },
                "Length": length.to_string(),
                "Width": width.to_string(),
                "Height": height.to_string(),
            });
        }
        package
    }

    fn payment(account: &CarrierAccount) -> Value {
        json!([{ "Type": "01", "BillShipper": { "AccountNumber": account.number } }])
    }

    fn order(account: &CarrierAccount, purchase: &Purchase) -> Value {
        let parcel = &purchase.consignment;
        let domestic = parcel.from.address.country() == "US" && parcel.to.address.country() == "US";
        let code = purchase.code.as_deref().unwrap_or(usual(purchase.service, domestic));
        let mut package = Self::package(parcel);
        package["Packaging"] = json!({ "Code": "02" });
        let mut shipper = party(&parcel.from);
        shipper["ShipperNumber"] = account.number.as_str().into();
        let mut shipment = json!({
            "Shipper": shipper,
            "ShipTo": party(&parcel.to),
            "ShipFrom": party(&parcel.from),
            "PaymentInformation": { "ShipmentCharge": Self::payment(account) },
            "Service": { "Code": code },
            "ShipmentRatingOptions": { "NegotiatedRatesIndicator": "" },
        });
        // References hang on the package within the United States, and on the shipment elsewhere.
        let reference = json!([{ "Value": purchase.reference.as_str() }]);
        if domestic {
            package["ReferenceNumber"] = reference;
        } else {
            shipment["ReferenceNumber"] = reference;
        }
        shipment["Package"] = json!([package]);
        json!({
            "ShipmentRequest": {
                "Request": { "RequestOption": "nonvalidate", "TransactionReference": { "CustomerContext": purchase.reference.as_str() } },
                "Shipment": shipment,
                "LabelSpecification": {
                    "LabelImageFormat": { "Code": "GIF" },
                    "HTTPUserAgent": "Mozilla/4.5",
                    "LabelStockSize": { "Height": "6", "Width": "4" },
                },
            },
        })
    }
}

#[async_trait]
impl Carrier for Ups {
    fn name(&self) -> CarrierName {
        CarrierName::Ups
    }

    async fn rates(&self, account: &CarrierAccount, parcel: &Consignment) -> CarrierResult<Vec<Quote>> {
        self.desk.check(parcel, 35)?;
        let mut shipper = rated(&parcel.from);
        shipper["ShipperNumber"] = account.number.as_str().into();
        let mut package = Self::package(parcel);
        package["PackagingType"] = json!({ "Code": "02" });
        let body = json!({
            "RateRequest": {
                "Request": { "RequestOption": "Shoptimeintransit", "TransactionReference": { "CustomerContext": "rates" } },
                "Shipment": {
                    "Shipper": shipper,
                    "ShipTo": rated(&parcel.to),
                    "ShipFrom": rated(&parcel.from),
                    "PaymentDetails": { "ShipmentCharge": Self::payment(account) },
                    "ShipmentTotalWeight": package["PackageWeight"],
                    "ShipmentRatingOptions": { "NegotiatedRatesIndicator": "Y" },
                    "DeliveryTimeInformation": {
                        "PackageBillType": "03",
                        "Pickup": { "Date": parcel.leaves.strftime("%Y%m%d").to_string() },
                    },
                    "Package": [package],
                },
            },
        });
        let path = (Method::POST, "/rating/v2409/Shoptimeintransit");
        let answer = self.call(account, (Does::Read, ANSWER_BYTES_MAX), path, "rates", Some(&body)).await?;
        let rated: RateAnswer = self.desk.read(Does::Read, &answer)?;
        let quote = |rated: RatedShipment| {
            let promised = rated.time_in_transit.and_then(|transit| day(&transit.service_summary.estimated_arrival.arrival.date));
            let guaranteed = rated.guaranteed_delivery.and_then(|days| days.business_days_in_transit?.parse().ok());
            let days = promised.map(|day| days_between(parcel.leaves, day)).or(guaranteed);
            let service = service(&rated.service.code, days.unwrap_or(5));
            let charge = rated.negotiated_rate_charges.map_or(rated.total_charges, |negotiated| negotiated.total_charge);
            Some(Quote {
                carrier: CarrierName::Ups,
                service,
                price: amount(&charge.monetary_value, &charge.currency_code)?,
                code: word(&rated.service.code),
                arrives: promised.unwrap_or_else(|| after_days(parcel.leaves, days.unwrap_or(i64::from(service.days())))),
                latest: None,
            })
        };
        Ok(rated.rate_response.rated_shipment.0.into_iter().filter_map(quote).take(QUOTES_MAX).collect())
    }

    async fn buy_label(&self, account: &CarrierAccount, purchase: &Purchase) -> CarrierResult<BoughtLabel> {
        self.desk.check(&purchase.consignment, 35)?;
        if purchase.tried_before
            && let Found::Label(label) = self.find_label(account, &purchase.reference, purchase.consignment.leaves).await?
        {
            return Ok(*label);
        }
        let body = Self::order(account, purchase);
        let limits = (Does::Write, ANSWER_WITH_DOCUMENT_BYTES_MAX);
        let path = (Method::POST, "/shipments/v2409/ship");
        let answer = self.call(account, limits, path, purchase.reference.as_str(), Some(&body)).await?;
        let unreadable = || self.desk.unsure(Does::Write, "has sold a label that can't be read");
        let sold: ShipAnswer = self.desk.read(Does::Write, &answer)?;
        let results = sold.shipment_response.shipment_results;
        let package = results.package_results.0.into_iter().next().ok_or_else(unreadable)?;
        let charged = results.negotiated_rate_charges.map(|negotiated| negotiated.total_charge);
        let charged = charged.or(results.shipment_charges.map(|charges| charges.total_charges));
        Ok(BoughtLabel {
            reference: purchase.reference.clone(),
            tracking_number: TrackingNumber::parse(&package.tracking_number).map_err(|_| unreadable())?,
            document: document(&package.shipping_label.graphic_image).ok_or_else(unreadable)?,
            price: charged.and_then(|charge| amount(&charge.monetary_value, &charge.currency_code)),
            arrives: None,
        })
    }

    async fn find_label(&self, account: &CarrierAccount, reference: &LabelReference, _leaves: Date) -> CarrierResult<Found> {
        let body = json!({
            "LabelRecoveryRequest": {
                "Request": { "RequestOption": "Non_Validate" },
                "LabelSpecification": {
                    "HTTPUserAgent": "Mozilla/4.5",
                    "LabelImageFormat": { "Code": "GIF" },
                    "LabelStockSize": { "Height": "6", "Width": "4" },
                },
                "ReferenceValues": { "ReferenceNumber": { "Value": reference.as_str() }, "ShipperNumber": account.number },
            },
        });
        let limits = (Does::Read, ANSWER_WITH_DOCUMENT_BYTES_MAX);
        let answer = self.call(account, limits, (Method::POST, "/labels/v1/recovery"), reference.as_str(), Some(&body)).await;
        let answer = match answer {
            Err(CarrierError::Rejected { code, message }) => {
                let says_none = message.to_lowercase().contains("not found") || message.to_lowercase().contains("no label");
                return if code == "not_found" || says_none { Ok(Found::Nothing) } else { Err(CarrierError::Rejected { code, message }) };
            }
            answer => answer?,
        };
        let found: RecoveryAnswer = self.desk.read(Does::Read, &answer)?;
        let Some(result) = found.label_recovery_response.label_results.0.into_iter().next() else { return Ok(Found::Nothing) };
        let Some(number) = result.tracking_number.and_then(|number| TrackingNumber::parse(&number).ok()) else { return Ok(Found::Nothing) };
        Ok(match result.label_image.and_then(|image| document(&image.graphic_image)) {
            Some(document) => Found::Label(Box::new(BoughtLabel {
                reference: reference.clone(),
                tracking_number: number,
                document,
                price: None,
                arrives: None,
            })),
            None => Found::Number(number),
        })
    }

    async fn void_label(&self, account: &CarrierAccount, tracking_number: &TrackingNumber) -> CarrierResult<Voided> {
        let path = format!("/shipments/v2409/void/cancel/{tracking_number}");
        let limits = (Does::Write, ANSWER_BYTES_MAX);
        let answer = match self.call(account, limits, (Method::DELETE, &path), tracking_number.as_str(), None).await {
            // Whoever asks twice has what they want.
            Err(CarrierError::Rejected { message, .. }) if message.to_lowercase().contains("already been voided") => {
                return Ok(Voided::Void);
            }
            answer => answer?,
        };
        let done: VoidAnswer = self.desk.read(Does::Write, &answer)?;
        match done.void_shipment_response.summary_result.status.code.as_str() {
            "1" => Ok(Voided::Void),
            _ => Err(self.desk.rejected("not_voided", "it does not void this label; it may have been handed over")),
        }
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
        let path = format!("/track/v1/details/{tracking_number}?locale=en_US&returnSignature=false");
        let answer = self.call(account, (Does::Read, ANSWER_BYTES_MAX), (Method::GET, &path), tracking_number.as_str(), None).await?;
        let found: TrackAnswer = self.desk.read(Does::Read, &answer)?;
        let package = found.track_response.shipment.into_iter().flat_map(|shipment| shipment.package).next();
        let package = package.ok_or_else(|| self.desk.rejected("not_found", "it does not know this parcel"))?;
        // The first activity is the latest; an update of the promised day says nothing of where it is.
        let code = package.activity.iter().find_map(|activity| alert_code(&activity.status, true));
        let expected =
            package.delivery_date.iter().find(|date| date.kind.as_deref() != Some("DEL")).and_then(|date| day(date.date.as_deref()?));
        let scan = |activity: Activity| Scan {
            code: plain(activity.status.code.as_deref().unwrap_or_default(), 20),
            at: utc(&activity.gmt_date, &activity.gmt_time),
            text: plain(activity.status.description.as_deref().unwrap_or_default(), 200),
            place: place(&[
                activity.location.address.city.as_deref(),
                activity.location.address.state_province.as_deref(),
                activity.location.address.country_code.as_deref(),
            ]),
        };
        let scans = latest(package.activity.into_iter().map(scan).collect());
        let at = scans.first().and_then(|scan| scan.at);
        Ok(Tracked { carrier: CarrierName::Ups, tracking_number: tracking_number.clone(), code, at, expected, scans })
    }

    /// It signs nothing: it sends the credential that it was given, in a header of its own or as a bearer's token.
    fn read_push(&self, account: &CarrierAccount, headers: &Headers, body: &[u8]) -> Result<Vec<Tracked>, PushError> {
        if !["credential", "authorization"].iter().any(|header| knows(&account.push_secrets, headers, header)) {
            return Err(PushError::NotTheirs);
        }
        let unreadable = || PushError::Unreadable("UPS pushed something that can't be read".to_owned());
        let alert: Alert = serde_json::from_slice(body).map_err(|_| unreadable())?;
        let is_delivered = alert.actual_delivery_date.as_deref().is_some_and(|date| day(date).is_some());
        let at = utc(&alert.gmt_activity_date, &alert.gmt_activity_time);
        let location = alert.activity_location.as_ref();
        let scan = Scan {
            code: plain(alert.activity_status.code.as_deref().unwrap_or_default(), 20),
            at,
            text: plain(alert.activity_status.description.as_deref().unwrap_or_default(), 200),
            place: place(&[
                location.and_then(|at| at.city.as_deref()),
                location.and_then(|at| at.state_province.as_deref()),
                location.and_then(|at| at.country.as_deref()),
            ]),
        };
        Ok(vec![Tracked {
            carrier: CarrierName::Ups,
            tracking_number: TrackingNumber::parse(&alert.tracking_number).map_err(|_| unreadable())?,
            code: alert_code(&alert.activity_status, is_delivered),
            at,
            expected: alert.scheduled_delivery_date.as_deref().and_then(day),
            scans: vec![scan],
        }])
    }
}
