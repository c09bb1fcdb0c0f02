//! FedEx, by its REST interfaces (v1).
//!
//! * <https://developer.fedex.com/api/en-us/catalog/authorization/v1/docs.html>
//! * <https://developer.fedex.com/api/en-us/catalog/rate/v1/docs.html>
//! * <https://developer.fedex.com/api/en-us/catalog/ship/v1/docs.html>
//! * <https://developer.fedex.com/api/en-us/catalog/close/v1/docs.html>
//! * <https://developer.fedex.com/api/en-us/catalog/track/v1/docs.html>
//! * <https://developer.fedex.com/api/en-us/catalog/shipment-visibility-webhook/docs.html>
//!
//! It does not know our references when it sells: a request that comes twice is two labels. It finds them by reference afterwards,
//! and never prints a label again.

use super::oauth::{Shown, Tokens};
use super::read::{
    Digits, ErrorLine, Errors, after_days, amount, day, days_between, document, is_signed, latest, manifest, moment, null, place, plain,
    word,
};
use super::{ANSWER_BYTES_MAX, ANSWER_WITH_DOCUMENT_BYTES_MAX, Addresses, Answer, Desk, Does, Measures, Said, service_of};
use app::ports::{
    BoughtLabel, Carrier, CarrierAccount, CarrierError, CarrierResult, Clock, Consignment, Found, MANIFEST_PARCELS_MAX, Manifested,
    PUSHED_MAX, Party, Purchase, PushError, Scan, Tracked, Voided,
};
use app::signature::Headers;
use async_trait::async_trait;
use domain::ids::{LabelReference, TrackingNumber};
use domain::money::Money;
use domain::shipping::rates::{CarrierName, QUOTES_MAX};
use domain::shipping::{Quote, Service};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Buys FedEx's labels.
pub struct Fedex {
    base: String,
    desk: Desk,
    tokens: Tokens,
}

/// What stands around each answer.
#[derive(Deserialize)]
struct Envelope<T> {
    output: T,
}

fn said(body: &[u8]) -> Option<Said> {
    let errors: Errors = serde_json::from_slice(body).ok()?;
    errors.first()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RateOutput {
    #[serde(default, deserialize_with = "null")]
    rate_reply_details: Vec<RateReply>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RateReply {
    service_type: String,
    #[serde(default, deserialize_with = "null")]
    commit: Commit,
    #[serde(default, deserialize_with = "null")]
    operational_detail: Operational,
    #[serde(default, deserialize_with = "null")]
    rated_shipment_details: Vec<Rated>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Commit {
    #[serde(default, deserialize_with = "null")]
    date_detail: DateDetail,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct DateDetail {
    day_format: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Operational {
    commit_date: Option<String>,
    delivery_date: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rated {
    #[serde(default, deserialize_with = "null")]
    rate_type: String,
    #[serde(default, deserialize_with = "null")]
    total_net_charge: Digits,
    #[serde(default, deserialize_with = "null")]
    currency: String,
    /// Where the currency stands in some answers.
    #[serde(default, deserialize_with = "null")]
    shipment_rate_detail: RateDetail,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RateDetail {
    currency: Option<String>,
}

impl Rated {
    fn price(&self) -> Option<Money> {
        let elsewhere = self.shipment_rate_detail.currency.as_deref();
        let currency = if self.currency.is_empty() { elsewhere? } else { &self.currency };
        amount(&self.total_net_charge, currency)
    }
}

/// What the account pays goes before what the list says.
fn best(rated: &[Rated]) -> Option<Money> {
    let of = |account: bool| rated.iter().filter(move |each| each.rate_type.contains("ACCOUNT") == account).find_map(Rated::price);
    of(true).or_else(|| of(false))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ShipOutput {
    transaction_shipments: Vec<Shipped>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shipped {
    #[serde(default, deserialize_with = "null")]
    master_tracking_number: Option<String>,
    piece_responses: Vec<PieceResponse>,
    #[serde(default, deserialize_with = "null")]
    completed_shipment_detail: Completed,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PieceResponse {
    #[serde(default, deserialize_with = "null")]
    tracking_number: Option<String>,
    #[serde(default, deserialize_with = "null", alias = "deliveryDatestamp")]
    delivery_timestamp: Option<String>,
    #[serde(default, deserialize_with = "null")]
    package_documents: Vec<PackageDocument>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PackageDocument {
    #[serde(default, deserialize_with = "null")]
    content_type: String,
    #[serde(default, deserialize_with = "null")]
    encoded_label: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Completed {
    #[serde(default, deserialize_with = "null")]
    shipment_rating: ShipmentRating,
    #[serde(default, deserialize_with = "null")]
    operational_detail: Operational,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct ShipmentRating {
    #[serde(default, deserialize_with = "null")]
    shipment_rate_details: Vec<Rated>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CancelOutput {
    cancelled_shipment: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CloseOutput {
    #[serde(default, deserialize_with = "null")]
    close_documents: Vec<CloseDocument>,
}

#[derive(Deserialize)]
struct CloseDocument {
    #[serde(default, deserialize_with = "null")]
    parts: Vec<CloseDocumentPart>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CloseDocumentPart {
    #[serde(default, deserialize_with = "null")]
    image: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TrackOutput {
    #[serde(default, deserialize_with = "null")]
    complete_track_results: Vec<CompleteTrackResult>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CompleteTrackResult {
    #[serde(default, deserialize_with = "null")]
    tracking_number: Option<String>,
    #[serde(default, deserialize_with = "null")]
    track_results: Vec<TrackResult>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TrackResult {
    #[serde(default, deserialize_with = "null")]
    tracking_number_info: NumberInfo,
    #[serde(default, deserialize_with = "null")]
    latest_status_detail: LatestStatus,
    #[serde(default, deserialize_with = "null")]
    scan_events: Vec<ScanEvent>,
    #[serde(default, deserialize_with = "null")]
    date_and_times: Vec<DateAndTime>,
    #[serde(default, deserialize_with = "null")]
    error: Option<ErrorLine>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct NumberInfo {
    tracking_number: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct LatestStatus {
    code: Option<String>,
    derived_code: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScanEvent {
    #[serde(default, deserialize_with = "null")]
    date: Option<String>,
    #[serde(default, deserialize_with = "null")]
    event_type: Option<String>,
    #[serde(default, deserialize_with = "null")]
    event_description: Option<String>,
    #[serde(default, deserialize_with = "null")]
    exception_description: Option<String>,
    #[serde(default, deserialize_with = "null")]
    scan_location: ScanLocation,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ScanLocation {
    city: Option<String>,
    state_or_province_code: Option<String>,
    country_code: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DateAndTime {
    #[serde(default, deserialize_with = "null")]
    date_time: Option<String>,
    #[serde(default, rename = "type")]
    kind: String,
}

impl TrackResult {
    fn tracked(self, number: TrackingNumber) -> Tracked {
        let scan = |event: ScanEvent| Scan {
            code: plain(event.event_type.as_deref().unwrap_or_default(), 20),
            at: event.date.as_deref().and_then(moment),
            // "Delivery exception" says less than what the exception was.
            text: plain(
                event.exception_description.filter(|text| !text.is_empty()).or(event.event_description).as_deref().unwrap_or_default(),
                200,
            ),
            place: place(&[
                event.scan_location.city.as_deref(),
                event.scan_location.state_or_province_code.as_deref(),
                event.scan_location.country_code.as_deref(),
            ]),
        };
        let scans = latest(self.scan_events.into_iter().map(scan).collect());
        let dated = |kind: &str| {
            let dates = self.date_and_times.iter().filter(|each| each.kind == kind);
            dates.filter_map(|each| each.date_time.as_deref()).next()
        };
        Tracked {
            carrier: CarrierName::Fedex,
            tracking_number: number,
            code: self.latest_status_detail.derived_code.or(self.latest_status_detail.code).and_then(|code| word(&code)),
            at: scans.first().and_then(|scan| scan.at),
            expected: dated("ESTIMATED_DELIVERY").and_then(day),
            scans,
        }
    }
}

const fn usual(service: Service) -> &'static str {
    match service {
        Service::Standard => "FEDEX_GROUND",
        Service::Express => "FEDEX_2_DAY",
        Service::Overnight => "STANDARD_OVERNIGHT",
    }
}

fn service(code: &str, days: i64) -> Service {
    match code {
        "FEDEX_GROUND" | "GROUND_HOME_DELIVERY" | "SMART_POST" => Service::Standard,
        "FEDEX_2_DAY" | "FEDEX_2_DAY_AM" | "FEDEX_EXPRESS_SAVER" => Service::Express,
        "STANDARD_OVERNIGHT" | "PRIORITY_OVERNIGHT" | "FIRST_OVERNIGHT" => Service::Overnight,
        _ => service_of(days),
    }
}

/// Where it goes, as far as a price depends on it: no street.
fn area(party: &Party) -> Value {
    let address = &party.address;
    let mut said = json!({ "city": address.city(), "countryCode": address.country(), "residential": party.company.is_none() });
    if let Some(region) = address.region() {
        said["stateOrProvinceCode"] = region.into();
    }
    if let Some(code) = address.postal_code() {
        said["postalCode"] = code.into();
    }
    said
}

fn address(party: &Party) -> Value {
    let mut said = area(party);
    said["streetLines"] = party.address.street().into();
    said
}

impl Fedex {
    /// At this address.
    pub fn new(at: &Addresses, clock: Arc<dyn Clock>) -> Fedex {
        let tokens = Tokens::new(format!("{}/oauth/token", at.fedex), Shown::Form);
        Fedex { base: at.fedex.clone(), desk: Desk::new("FedEx", at.timeout, clock), tokens }
    }

    async fn call(
        &self,
        account: &CarrierAccount,
        limits: (Does, usize),
        (method, path): (reqwest::Method, &str),
        reference: Option<&LabelReference>,
        body: &Value,
    ) -> CarrierResult<Answer> {
        let url = format!("{}{path}", self.base);
        let answer = self.tokens.call(&self.desk, account, limits, |client, token| {
            let request = client.request(method.clone(), &url).bearer_auth(token).header("x-locale", "en_US").json(body);
            match reference {
                Some(reference) => request.header("x-customer-transaction-id", reference.as_str()),
                None => request,
            }
        });
        let answer = answer.await?;
        self.desk.judge(limits.0, &answer, said)?;
        Ok(answer)
    }

    async fn post(&self, account: &CarrierAccount, limits: (Does, usize), path: &str, body: &Value) -> CarrierResult<Answer> {
        self.call(account, limits, (reqwest::Method::POST, path), None, body).await
    }

    fn contact(&self, party: &Party) -> CarrierResult<Value> {
        let mut said = json!({ "personName": party.name, "phoneNumber": self.desk.phone(party)? });
        if let Some(company) = &party.company {
            said["companyName"] = company.as_str().into();
        }
        Ok(said)
    }

    fn package(parcel: &Consignment, reference: Option<&LabelReference>) -> Value {
        let measures = Measures::of(parcel, parcel.from.address.country() == "US");
        let mut package = json!({
            "groupPackageCount": 1,
            "weight": { "units": if measures.imperial { "LB" } else { "KG" }, "value": measures.number() },
        });
        if let Some([length, width, height]) = measures.sides {
            let units = if measures.imperial { "IN" } else { "CM" };
            package["dimensions"] = json!({ "length": length, "width": width, "height": height, "units": units });
        }
        if let Some(reference) = reference {
            package["customerReferences"] = json!([{ "customerReferenceType": "CUSTOMER_REFERENCE", "value": reference.as_str() }]);
        }
        package
    }

    fn order(&self, account: &CarrierAccount, purchase: &Purchase) -> CarrierResult<Value> {
        let parcel = &purchase.consignment;
        let code = purchase.code.as_deref().unwrap_or(usual(purchase.service));
        Ok(json!({
            "labelResponseOptions": "LABEL",
            "accountNumber": { "value": account.number },
            "requestedShipment": {
                "shipper": { "contact": self.contact(&parcel.from)?, "address": address(&parcel.from) },
                "recipients": [{ "contact": self.contact(&parcel.to)?, "address": address(&parcel.to) }],
                "shipDatestamp": parcel.leaves.to_string(),
                "serviceType": code,
                "packagingType": "YOUR_PACKAGING",
                // In pounds, wherever the parcel leaves.
                "totalWeight": Measures::of(parcel, true).number(),
                "pickupType": "USE_SCHEDULED_PICKUP",
                "shippingChargesPayment": { "paymentType": "SENDER" },
                "labelSpecification": { "imageType": "PDF", "labelStockType": "PAPER_4X6" },
                "requestedPackageLineItems": [Self::package(parcel, Some(&purchase.reference))],
            },
        }))
    }

    fn label(&self, purchase: &Purchase, answer: &Answer) -> CarrierResult<BoughtLabel> {
        let unreadable = || self.desk.unsure(Does::Write, "has sold a label that can't be read");
        let sold: Envelope<ShipOutput> = self.desk.read(Does::Write, answer)?;
        let shipped = sold.output.transaction_shipments.into_iter().next().ok_or_else(unreadable)?;
        let piece = shipped.piece_responses.into_iter().next().ok_or_else(unreadable)?;
        let number = piece.tracking_number.or(shipped.master_tracking_number);
        let printed = piece.package_documents.iter().find(|document| document.content_type.contains("LABEL"));
        let dated = piece.delivery_timestamp.or(shipped.completed_shipment_detail.operational_detail.delivery_date);
        Ok(BoughtLabel {
            reference: purchase.reference.clone(),
            tracking_number: number.and_then(|number| TrackingNumber::parse(&number).ok()).ok_or_else(unreadable)?,
            document: printed.and_then(|label| document(label.encoded_label.as_deref()?)).ok_or_else(unreadable)?,
            price: best(&shipped.completed_shipment_detail.shipment_rating.shipment_rate_details),
            arrives: dated.as_deref().and_then(day),
        })
    }
}

#[async_trait]
impl Carrier for Fedex {
    fn name(&self) -> CarrierName {
        CarrierName::Fedex
    }

    async fn rates(&self, account: &CarrierAccount, parcel: &Consignment) -> CarrierResult<Vec<Quote>> {
        self.desk.check(parcel, 35)?;
        let body = json!({
            "accountNumber": { "value": account.number },
            "rateRequestControlParameters": { "returnTransitTimes": true },
            "requestedShipment": {
                "shipper": { "address": area(&parcel.from) },
                "recipient": { "address": area(&parcel.to) },
                "preferredCurrency": parcel.currency.code(),
                "rateRequestType": ["ACCOUNT", "LIST"],
                "shipDateStamp": parcel.leaves.to_string(),
                "pickupType": "USE_SCHEDULED_PICKUP",
                "packagingType": "YOUR_PACKAGING",
                "requestedPackageLineItems": [Self::package(parcel, None)],
            },
        });
        let answer = self.post(account, (Does::Read, ANSWER_BYTES_MAX), "/rate/v1/rates/quotes", &body).await?;
        let rated: Envelope<RateOutput> = self.desk.read(Does::Read, &answer)?;
        let quote = |reply: RateReply| {
            let dates = [reply.commit.date_detail.day_format, reply.operational_detail.commit_date, reply.operational_detail.delivery_date];
            let arrives = dates.iter().flatten().find_map(|date| day(date));
            let service = service(&reply.service_type, arrives.map_or(5, |arrives| days_between(parcel.leaves, arrives)));
            Some(Quote {
                carrier: CarrierName::Fedex,
                service,
                price: best(&reply.rated_shipment_details)?,
                code: word(&reply.service_type),
                arrives: arrives.unwrap_or_else(|| after_days(parcel.leaves, i64::from(service.days()))),
                latest: None,
            })
        };
        Ok(rated.output.rate_reply_details.into_iter().filter_map(quote).take(QUOTES_MAX).collect())
    }

    async fn buy_label(&self, account: &CarrierAccount, purchase: &Purchase) -> CarrierResult<BoughtLabel> {
        self.desk.check(&purchase.consignment, 35)?;
        let body = self.order(account, purchase)?;
        if purchase.tried_before {
            match self.find_label(account, &purchase.reference, purchase.consignment.leaves).await? {
                Found::Label(label) => return Ok(*label),
                Found::Number(number) => {
                    let why = format!("{number} was bought and its label is lost: void it, and buy another under another reference");
                    return Err(self.desk.rejected("label_lost", &why));
                }
                Found::Nothing | Found::CannotTell => {}
            }
        }
        let path = (reqwest::Method::POST, "/ship/v1/shipments");
        let limits = (Does::Write, ANSWER_WITH_DOCUMENT_BYTES_MAX);
        let answer = self.call(account, limits, path, Some(&purchase.reference), &body).await?;
        self.label(purchase, &answer)
    }

    async fn find_label(&self, account: &CarrierAccount, reference: &LabelReference, leaves: Date) -> CarrierResult<Found> {
        let near = |days: i64| leaves.checked_add(jiff::SignedDuration::from_hours(24 * days)).unwrap_or(leaves).to_string();
        let body = json!({
            "includeDetailedScans": false,
            "referencesInformation": {
                "type": "CUSTOMER_REFERENCE",
                "value": reference.as_str(),
                "accountNumber": account.number,
                "shipDateBegin": near(-7),
                // Its schema says one name, its example the other.
                "shipDateEnd": near(7),
                "shipDateEndDate": near(7),
            },
        });
        let answer = self.post(account, (Does::Read, ANSWER_BYTES_MAX), "/track/v1/referencenumbers", &body).await;
        let answer = match answer {
            Err(CarrierError::Rejected { code, .. }) if code.contains("NOTFOUND") || code == "not_found" => return Ok(Found::Nothing),
            answer => answer?,
        };
        let found: Envelope<TrackOutput> = self.desk.read(Does::Read, &answer)?;
        let results = found.output.complete_track_results.iter().flat_map(|each| &each.track_results);
        let number = results.filter(|result| result.error.is_none()).find_map(|result| {
            let voided = result.latest_status_detail.derived_code.as_deref() == Some("CA");
            let number = result.tracking_number_info.tracking_number.as_deref().filter(|_| !voided)?;
            TrackingNumber::parse(number).ok()
        });
        Ok(number.map_or(Found::Nothing, Found::Number))
    }

    async fn void_label(&self, account: &CarrierAccount, tracking_number: &TrackingNumber) -> CarrierResult<Voided> {
        let body = json!({
            "accountNumber": { "value": account.number },
            "deletionControl": "DELETE_ALL_PACKAGES",
            "trackingNumber": tracking_number.as_str(),
        });
        let path = (reqwest::Method::PUT, "/ship/v1/shipments/cancel");
        let answer = match self.call(account, (Does::Write, ANSWER_BYTES_MAX), path, None, &body).await {
            // Whoever asks twice has what they want.
            Err(CarrierError::Rejected { code, .. })
                if code.contains("ALREADY") && (code.contains("CANCEL") || code.contains("DELETED")) =>
            {
                return Ok(Voided::Void);
            }
            answer => answer?,
        };
        let done: Envelope<CancelOutput> = self.desk.read(Does::Write, &answer)?;
        if done.output.cancelled_shipment {
            Ok(Voided::Void)
        } else {
            Err(self.desk.rejected("not_voided", "it does not void this label; it may have been handed over"))
        }
    }

    /// Ground parcels are closed by day and account, as often as one likes; of Express parcels it has known since each label was bought.
    async fn manifest(&self, account: &CarrierAccount, _from: &Party, day: Date, parcels: &[TrackingNumber]) -> CarrierResult<Manifested> {
        if parcels.is_empty() || parcels.len() > MANIFEST_PARCELS_MAX {
            return Err(self.desk.rejected("out_of_range", "a manifest has 1 to 1000 parcels"));
        }
        let body = json!({
            "accountNumber": { "value": account.number },
            "closeReqType": "GCDR",
            "closeDate": day.to_string(),
            "groundServiceCategory": "GROUND",
            "closeDocumentSpecification": { "closeDocumentTypes": ["MANIFEST"] },
        });
        let path = (reqwest::Method::PUT, "/ship/v1/endofday/");
        let answer = self.call(account, (Does::Write, ANSWER_WITH_DOCUMENT_BYTES_MAX), path, None, &body).await?;
        let closed: Envelope<CloseOutput> = self.desk.read(Does::Write, &answer)?;
        let images = closed.output.close_documents.iter().flat_map(|document| &document.parts).filter_map(|part| part.image.as_deref());
        Ok(Manifested::Made { number: None, document: images.filter_map(manifest).next() })
    }

    async fn track(&self, account: &CarrierAccount, tracking_number: &TrackingNumber) -> CarrierResult<Tracked> {
        let body = json!({
            "includeDetailedScans": true,
            "trackingInfo": [{ "trackingNumberInfo": { "trackingNumber": tracking_number.as_str() } }],
        });
        let answer = self.post(account, (Does::Read, ANSWER_BYTES_MAX), "/track/v1/trackingnumbers", &body).await?;
        let found: Envelope<TrackOutput> = self.desk.read(Does::Read, &answer)?;
        let mut results = found.output.complete_track_results.into_iter().flat_map(|each| each.track_results);
        let result = results.next().ok_or_else(|| self.desk.rejected("not_found", "it does not know this parcel"))?;
        match &result.error {
            Some(error) if error.code.contains("NOTFOUND") => Err(self.desk.rejected("not_found", "it does not know this parcel")),
            Some(error) => {
                let said = error.said();
                Err(self.desk.rejected(&said.code, &said.message))
            }
            None => Ok(result.tracked(tracking_number.clone())),
        }
    }

    fn read_push(&self, account: &CarrierAccount, headers: &Headers, body: &[u8]) -> Result<Vec<Tracked>, PushError> {
        if !is_signed(&account.push_secrets, headers, "fdx-signature", body) {
            return Err(PushError::NotTheirs);
        }
        // As it answers when it is asked, with or without what stands around it.
        let read = serde_json::from_slice::<Envelope<TrackOutput>>(body).map(|read| read.output);
        let read = read.or_else(|_| serde_json::from_slice::<TrackOutput>(body));
        let read = read.map_err(|_| PushError::Unreadable("FedEx pushed something that can't be read".to_owned()))?;
        let tracked = read.complete_track_results.into_iter().flat_map(|complete| {
            let named = complete.tracking_number;
            complete.track_results.into_iter().filter(|result| result.error.is_none()).filter_map(move |result| {
                let number = result.tracking_number_info.tracking_number.clone().or_else(|| named.clone())?;
                Some(result.tracked(TrackingNumber::parse(&number).ok()?))
            })
        });
        let tracked: Vec<Tracked> = tracked.take(PUSHED_MAX).collect();
        if tracked.is_empty() { Err(PushError::Unreadable("FedEx pushed nothing about any parcel".to_owned())) } else { Ok(tracked) }
    }
}
