//! The United States Postal Service, by its APIs v3: domestic parcels.
//!
//! * <https://developers.usps.com/oauth>, <https://developers.usps.com/paymentsv3>
//! * <https://developers.usps.com/shippingoptionsv3>, <https://developers.usps.com/domesticlabelsv3>
//! * <https://developers.usps.com/scanformsv3>, <https://developers.usps.com/trackingv3>, and its examples at
//!   <https://github.com/USPS/api-examples>
//!
//! A label is bought with a key of ours (`X-Idempotency-Key`): whoever asks twice gets the same label, so an attempt that was lost is
//! simply made again.

use super::oauth::{Shown, Tokens};
use super::read::{Digits, after_days, amount, day, days_between, document, is_signed, latest, manifest, moment, null, place, plain, word};
use super::{ANSWER_BYTES_MAX, ANSWER_WITH_DOCUMENT_BYTES_MAX, Addresses, Answer, Desk, Does, Measures, Said, account_key, service_of};
use app::ports::{
    BoughtLabel, Carrier, CarrierAccount, CarrierResult, Clock, Consignment, Found, MANIFEST_PARCELS_MAX, Manifested, Party, Purchase,
    PushError, Scan, Tracked, UspsMailer, Voided,
};
use app::signature::Headers;
use async_trait::async_trait;
use domain::ids::{LabelReference, TrackingNumber};
use domain::shipping::rates::CarrierName;
use domain::shipping::{Quote, Service};
use jiff::SignedDuration;
use jiff::civil::Date;
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// A payment authorisation lives for eight hours; it is asked for anew after one.
const PAYMENT_LIVES: SignedDuration = SignedDuration::from_hours(1);
/// Everything else is for letters, books or what is brought to a counter.
const CLASSES: [(&str, Service); 3] =
    [("USPS_GROUND_ADVANTAGE", Service::Standard), ("PRIORITY_MAIL", Service::Express), ("PRIORITY_MAIL_EXPRESS", Service::Overnight)];

/// Buys the USPS's labels.
pub struct Usps {
    base: String,
    desk: Desk,
    tokens: Tokens,
    payments: Tokens,
}

#[derive(Deserialize)]
struct Refusal {
    error: ErrorLine,
}

#[derive(Deserialize)]
struct ErrorLine {
    #[serde(default, deserialize_with = "null")]
    code: Value,
    #[serde(default, deserialize_with = "null")]
    message: String,
    #[serde(default, deserialize_with = "null")]
    errors: Vec<ErrorDetail>,
}

#[derive(Deserialize)]
struct ErrorDetail {
    #[serde(default, deserialize_with = "null")]
    code: Value,
    #[serde(default, deserialize_with = "null")]
    detail: String,
}

fn said(body: &[u8]) -> Option<Said> {
    let refusal: Refusal = serde_json::from_slice(body).ok()?;
    let word = |code: &Value| code.as_str().map_or_else(|| code.as_u64().map(|code| code.to_string()).unwrap_or_default(), str::to_owned);
    Some(match refusal.error.errors.first() {
        Some(first) if !first.detail.is_empty() => Said::new(&word(&first.code), &first.detail),
        _ => Said::new(&word(&refusal.error.code), &refusal.error.message),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Paid {
    payment_authorization_token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    #[serde(default, deserialize_with = "null")]
    pricing_options: Vec<PricingOption>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PricingOption {
    #[serde(default, deserialize_with = "null")]
    shipping_options: Vec<ShippingOption>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ShippingOption {
    mail_class: String,
    #[serde(default, deserialize_with = "null")]
    rate_options: Vec<RateOption>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RateOption {
    #[serde(default, deserialize_with = "null")]
    commitment: Commitment,
    #[serde(default, deserialize_with = "null")]
    total_price: Digits,
    #[serde(default, deserialize_with = "null")]
    rates: Vec<Rate>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Commitment {
    schedule_delivery_date: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rate {
    #[serde(default, deserialize_with = "null")]
    rate_indicator: String,
    #[serde(default, deserialize_with = "null")]
    destination_entry_facility_type: String,
}

/// A document with what is to be known of it. What is known stands beside the document, or in a part of its own.
#[derive(Deserialize)]
struct Printed {
    #[serde(default, alias = "labelMetadata", alias = "SCANFormMetadata")]
    metadata: Option<Box<RawValue>>,
    #[serde(default, alias = "labelImage", alias = "SCANFormImage")]
    image: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LabelMetadata {
    tracking_number: String,
    #[serde(default, deserialize_with = "null")]
    postage: Digits,
    #[serde(default, deserialize_with = "null")]
    commitment: Commitment,
}

#[derive(Deserialize)]
struct Cancelled {
    #[serde(default, deserialize_with = "null")]
    status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScanFormMetadata {
    #[serde(default)]
    manifest_number: Option<String>,
}

/// Tracking, as it is answered and as it is pushed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tracking {
    #[serde(default)]
    tracking_number: Option<String>,
    #[serde(default)]
    status_category: Option<String>,
    #[serde(default)]
    expected_delivery_time_stamp: Option<String>,
    #[serde(default)]
    expected_delivery_date: Option<String>,
    #[serde(default, deserialize_with = "null")]
    tracking_events: Vec<TrackingEvent>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TrackingEvent {
    #[serde(default)]
    event_type: Option<String>,
    #[serde(default)]
    event_code: Option<String>,
    #[serde(default, rename = "GMTTimestamp")]
    gmt_timestamp: Option<String>,
    #[serde(default)]
    event_city: Option<String>,
    #[serde(default)]
    event_state: Option<String>,
    #[serde(default)]
    event_country: Option<String>,
}

impl Tracking {
    fn tracked(self, number: TrackingNumber) -> Tracked {
        let scan = |event: TrackingEvent| Scan {
            code: plain(event.event_code.as_deref().unwrap_or_default(), 20),
            at: event.gmt_timestamp.as_deref().and_then(moment),
            text: plain(event.event_type.as_deref().unwrap_or_default(), 200),
            place: place(&[event.event_city.as_deref(), event.event_state.as_deref(), event.event_country.as_deref()]),
        };
        let scans = latest(self.tracking_events.into_iter().map(scan).collect());
        Tracked {
            carrier: CarrierName::Usps,
            tracking_number: number,
            code: self.status_category.and_then(|category| word(&category)),
            at: scans.first().and_then(|scan| scan.at),
            expected: [self.expected_delivery_date, self.expected_delivery_time_stamp].iter().flatten().find_map(|date| day(date)),
            scans,
        }
    }
}

/// What is known of a document, and the document as text. It is asked for as one JSON text, and comes as a form of parts all the same
/// from some of its doors.
fn printed<T: DeserializeOwned>(body: &[u8]) -> Option<(T, Option<String>)> {
    if body.starts_with(b"--") {
        let parts = parts(body)?;
        let known = parts.iter().find(|part| part.0.contains("json")).and_then(|part| serde_json::from_str(part.1).ok())?;
        let image = parts.iter().find(|part| !part.0.contains("json") && part.0.contains("label")).map(|part| part.1.to_owned());
        return Some((known, image));
    }
    let printed: Printed = serde_json::from_slice(body).ok()?;
    let known = match &printed.metadata {
        Some(metadata) => serde_json::from_str(metadata.get()),
        None => serde_json::from_slice(body),
    };
    Some((known.ok()?, printed.image))
}

/// The parts of a form (RFC 7578): their heads in lower case, and what is in them. A receipt is none of them.
fn parts(body: &[u8]) -> Option<Vec<(String, &str)>> {
    let text = std::str::from_utf8(body).ok()?;
    let boundary = text.lines().next()?.trim_end();
    if boundary.len() < 4 || boundary.len() > 80 {
        return None;
    }
    let part = |part: &'_ str| -> Option<(String, usize)> {
        let (head, blank) = part.find("\r\n\r\n").map(|at| (at, 4)).or_else(|| part.find("\n\n").map(|at| (at, 2)))?;
        Some((part[..head].to_lowercase(), head + blank))
    };
    let all = text.split(boundary).skip(1).take(10);
    Some(
        all.filter_map(|each| part(each).map(|(head, from)| (head, each[from..].trim())))
            .filter(|(head, _)| !head.contains("receipt"))
            .collect(),
    )
}

/// The same for each attempt, as a UUID (RFC 9562, version 8).
fn idempotency_key(account: &CarrierAccount, reference: &LabelReference) -> String {
    let mut bytes = Sha256::digest(format!("{}/{reference}", account.number));
    bytes[6] = bytes[6] & 0x0F | 0x80;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    let text = hex::encode(&bytes[..16]);
    [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
}

/// The five digits, and the four behind them.
fn zip(party: &Party) -> (String, Option<String>) {
    let digits: String = party.address.postal_code().unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    let plus_four = digits.get(5..9).map(str::to_owned);
    (digits.chars().take(5).collect(), plus_four)
}

fn address(party: &Party) -> Value {
    let (zip, plus_four) = zip(party);
    let (first, last) = party.name.rsplit_once(' ').unwrap_or(("", &party.name));
    let mut said = json!({
        "streetAddress": party.address.street().first(),
        "city": party.address.city(),
        "state": party.address.region(),
        "ZIPCode": zip,
        // It has been checked, and nobody is there to correct it.
        "ignoreBadAddress": true,
    });
    let second = party.address.street().get(1..).unwrap_or_default().join(", ");
    let optional = [
        ("secondaryAddress", (!second.is_empty()).then_some(second)),
        ("ZIPPlus4", plus_four),
        ("firm", party.company.clone().or_else(|| first.is_empty().then(|| party.name.clone()))),
        ("firstName", (!first.is_empty()).then(|| first.to_owned())),
        ("lastName", (!first.is_empty()).then(|| last.to_owned())),
    ];
    for (field, value) in optional {
        if let Some(value) = value {
            said[field] = value.into();
        }
    }
    said
}

impl Usps {
    /// At this address.
    pub fn new(at: &Addresses, clock: Arc<dyn Clock>) -> Usps {
        let tokens = |path: &str| Tokens::new(format!("{}{path}", at.usps), Shown::Form);
        let desk = Desk::new("USPS", at.timeout, clock);
        Usps { base: at.usps.clone(), desk, tokens: tokens("/oauth2/v3/token"), payments: tokens("/payments/v3/payment-authorization") }
    }

    async fn call(
        &self,
        account: &CarrierAccount,
        limits: (Does, usize),
        (method, path): (Method, &str),
        extra: &[(&'static str, String)],
        body: Option<&Value>,
    ) -> CarrierResult<Answer> {
        let url = format!("{}{path}", self.base);
        let answer = self.tokens.call(&self.desk, account, limits, |client, token| {
            let mut request = client.request(method.clone(), &url).bearer_auth(token);
            for (name, value) in extra {
                request = request.header(*name, value);
            }
            match body {
                Some(body) => request.json(body),
                None => request,
            }
        });
        let answer = answer.await?;
        self.desk.judge(limits.0, &answer, said)?;
        Ok(answer)
    }

    fn mailer<'a>(&self, account: &'a CarrierAccount) -> CarrierResult<&'a UspsMailer> {
        let why = "it needs the mailer's CRID and MIDs; they stand in its Business Customer Gateway";
        account.mailer.as_ref().ok_or_else(|| self.desk.rejected("not_configured", why))
    }

    /// Leave to bill the account. Nothing is bought by asking for it.
    async fn payment(&self, account: &CarrierAccount) -> CarrierResult<String> {
        let mailer = self.mailer(account)?;
        let (key, now) = (account_key(&[&account.client_id, &account.number, &mailer.mid], &account.client_secret), self.desk.clock.now());
        if let Some(token) = self.payments.known(&key, now) {
            return Ok(token);
        }
        let role = |name: &str| json!({ "roleName": name, "CRID": mailer.crid, "MID": mailer.mid, "manifestMID": mailer.manifest_mid, "accountType": "EPS", "accountNumber": account.number });
        let body = json!({ "roles": [role("PAYER"), role("LABEL_OWNER")] });
        let path = (Method::POST, "/payments/v3/payment-authorization");
        let answer = self.call(account, (Does::Read, ANSWER_BYTES_MAX), path, &[], Some(&body)).await?;
        let paid: Paid = self.desk.read(Does::Read, &answer)?;
        self.payments.keep(key, paid.payment_authorization_token.clone(), PAYMENT_LIVES, now);
        Ok(paid.payment_authorization_token)
    }

    fn check(&self, parcel: &Consignment) -> CarrierResult<()> {
        self.desk.check(parcel, 50)?;
        let domestic = [&parcel.from, &parcel.to].iter().all(|party| party.address.country() == "US");
        if !domestic {
            return Err(self.desk.rejected("not_offered", "it is asked for parcels within the United States only"));
        }
        // 70 pounds.
        if parcel.weight_g > 31_751 { Err(self.desk.rejected("too_heavy", "it takes at most 70 pounds")) } else { Ok(()) }
    }

    fn package(parcel: &Consignment) -> Value {
        let measures = Measures::of(parcel, true);
        // A parcel of which nobody has said how large it is counts as the smallest that is machined.
        let [length, width, height] = measures.sides.unwrap_or([6, 4, 1]);
        json!({ "weight": measures.number(), "length": length, "width": width, "height": height })
    }
}

#[async_trait]
impl Carrier for Usps {
    fn name(&self) -> CarrierName {
        CarrierName::Usps
    }

    async fn rates(&self, account: &CarrierAccount, parcel: &Consignment) -> CarrierResult<Vec<Quote>> {
        self.check(parcel)?;
        let mut package = Self::package(parcel);
        package["mailClass"] = "ALL".into();
        package["mailingDate"] = parcel.leaves.to_string().into();
        let body = json!({
            "pricingOptions": [{ "priceType": "COMMERCIAL", "paymentAccount": { "accountType": "EPS", "accountNumber": account.number } }],
            "originZIPCode": zip(&parcel.from).0,
            "destinationZIPCode": zip(&parcel.to).0,
            "destinationEntryFacilityType": "NONE",
            "packageDescription": package,
            "shippingFilter": "PRICE",
        });
        let path = (Method::POST, "/shipments/v3/options/search");
        let answer = self.call(account, (Does::Read, ANSWER_BYTES_MAX), path, &[], Some(&body)).await?;
        let options: Options = self.desk.read(Does::Read, &answer)?;
        let offered = options.pricing_options.into_iter().flat_map(|pricing| pricing.shipping_options);
        let mut quotes: Vec<Quote> = Vec::new();
        for option in offered {
            let Some((code, usual)) = CLASSES.iter().find(|class| class.0 == option.mail_class) else { continue };
            // Single pieces that are given to any post office.
            let single = |rate: &Rate| {
                ["SP", "PA"].contains(&rate.rate_indicator.as_str())
                    && ["NONE", ""].contains(&rate.destination_entry_facility_type.as_str())
            };
            let priced = option.rate_options.iter().filter(|rate| rate.rates.iter().all(single)).filter_map(|rate| {
                let arrives = rate.commitment.schedule_delivery_date.as_deref().and_then(day);
                Some((amount(&rate.total_price, "USD")?, arrives))
            });
            let Some((price, arrives)) = priced.min_by_key(|(price, _)| price.minor) else { continue };
            let service = arrives.map_or(*usual, |arrives| match code {
                &"PRIORITY_MAIL" => *usual,
                _ => service_of(days_between(parcel.leaves, arrives)).min(*usual),
            });
            let arrives = arrives.unwrap_or_else(|| after_days(parcel.leaves, i64::from(usual.days())));
            quotes.push(Quote { carrier: CarrierName::Usps, service, code: Some((*code).to_owned()), price, arrives, latest: None });
        }
        Ok(quotes)
    }

    async fn buy_label(&self, account: &CarrierAccount, purchase: &Purchase) -> CarrierResult<BoughtLabel> {
        let parcel = &purchase.consignment;
        self.check(parcel)?;
        let usual = CLASSES.iter().find(|class| class.1 == purchase.service).map_or("PRIORITY_MAIL", |class| class.0);
        let class = purchase.code.as_deref().unwrap_or(usual);
        let mut package = Self::package(parcel);
        package["weightUOM"] = "lb".into();
        package["dimensionsUOM"] = "in".into();
        package["mailClass"] = class.into();
        package["rateIndicator"] = if class == "PRIORITY_MAIL_EXPRESS" { "PA" } else { "SP" }.into();
        package["processingCategory"] = "MACHINABLE".into();
        package["destinationEntryFacilityType"] = "NONE".into();
        package["mailingDate"] = parcel.leaves.to_string().into();
        package["customerReference"] = json!([{ "referenceNumber": purchase.reference.as_str(), "printReferenceNumber": true }]);
        let body = json!({
            "imageInfo": { "imageType": "PDF", "labelType": "4X6LABEL", "receiptOption": "NONE", "suppressPostage": true },
            "toAddress": address(&parcel.to),
            "fromAddress": address(&parcel.from),
            "packageDescription": package,
        });
        let headers = [
            ("x-payment-authorization-token", self.payment(account).await?),
            ("x-idempotency-key", idempotency_key(account, &purchase.reference)),
            ("accept", "application/vnd.usps.labels+json".to_owned()),
        ];
        let limits = (Does::Write, ANSWER_WITH_DOCUMENT_BYTES_MAX);
        let answer = self.call(account, limits, (Method::POST, "/labels/v3/label"), &headers, Some(&body)).await?;
        let unreadable = || self.desk.unsure(Does::Write, "has sold a label that can't be read");
        let (sold, image): (LabelMetadata, _) = printed(&answer.body).ok_or_else(unreadable)?;
        Ok(BoughtLabel {
            reference: purchase.reference.clone(),
            tracking_number: TrackingNumber::parse(&sold.tracking_number).map_err(|_| unreadable())?,
            document: image.and_then(|image| document(&image)).ok_or_else(unreadable)?,
            price: amount(&sold.postage, "USD"),
            arrives: sold.commitment.schedule_delivery_date.as_deref().and_then(day),
        })
    }

    /// Labels are found by buying them again under the same reference.
    async fn find_label(&self, _account: &CarrierAccount, _reference: &LabelReference, _leaves: Date) -> CarrierResult<Found> {
        Ok(Found::CannotTell)
    }

    async fn void_label(&self, account: &CarrierAccount, tracking_number: &TrackingNumber) -> CarrierResult<Voided> {
        let path = format!("/labels/v3/label/{tracking_number}");
        let headers = [("x-payment-authorization-token", self.payment(account).await?)];
        let answer = self.call(account, (Does::Write, ANSWER_BYTES_MAX), (Method::DELETE, &path), &headers, None).await?;
        let done: Cancelled = self.desk.read(Does::Write, &answer)?;
        match done.status.to_uppercase().as_str() {
            "CANCELED" | "CANCELLED" => Ok(Voided::Void),
            // A label that is on a manifest, or was sold days ago, is refunded if nobody scans it.
            status if status.contains("REFUND") => Ok(Voided::RefundAsked),
            _ => Err(self.desk.rejected("not_voided", "it does not void this label; it may have been handed over")),
        }
    }

    async fn manifest(&self, account: &CarrierAccount, from: &Party, day: Date, parcels: &[TrackingNumber]) -> CarrierResult<Manifested> {
        if parcels.is_empty() || parcels.len() > MANIFEST_PARCELS_MAX {
            return Err(self.desk.rejected("out_of_range", "a manifest has 1 to 1000 parcels"));
        }
        let body = json!({
            "form": "5630",
            "imageType": "PDF",
            "labelType": "8.5x11LABEL",
            "mailingDate": day.to_string(),
            // What was to leave yesterday leaves today.
            "overwriteMailingDate": true,
            "entryFacilityZIPCode": zip(from).0,
            "destinationEntryFacilityType": "NONE",
            "shipment": { "trackingNumbers": parcels },
            "fromAddress": address(from),
        });
        let headers = [("accept", "application/json".to_owned())];
        let limits = (Does::Write, ANSWER_WITH_DOCUMENT_BYTES_MAX);
        let answer = self.call(account, limits, (Method::POST, "/scan-forms/v3/scan-form"), &headers, Some(&body)).await?;
        let unreadable = || self.desk.unsure(Does::Write, "has made a form that can't be read");
        let (form, image): (ScanFormMetadata, _) = printed(&answer.body).ok_or_else(unreadable)?;
        let number = form.manifest_number.map(|number| number.chars().filter(char::is_ascii_alphanumeric).take(40).collect());
        Ok(Manifested::Made { number, document: image.as_deref().and_then(manifest) })
    }

    async fn track(&self, account: &CarrierAccount, tracking_number: &TrackingNumber) -> CarrierResult<Tracked> {
        let path = format!("/tracking/v3/tracking/{tracking_number}?expand=DETAIL");
        let answer = self.call(account, (Does::Read, ANSWER_BYTES_MAX), (Method::GET, &path), &[], None).await?;
        let found: Tracking = self.desk.read(Does::Read, &answer)?;
        Ok(found.tracked(tracking_number.clone()))
    }

    fn read_push(&self, account: &CarrierAccount, headers: &Headers, body: &[u8]) -> Result<Vec<Tracked>, PushError> {
        if !is_signed(&account.push_secrets, headers, "x-hmac", body) {
            return Err(PushError::NotTheirs);
        }
        let unreadable = || PushError::Unreadable("USPS pushed something that can't be read".to_owned());
        let pushed: Tracking = serde_json::from_slice(body).map_err(|_| unreadable())?;
        let number = pushed.tracking_number.as_deref().and_then(|number| TrackingNumber::parse(number).ok()).ok_or_else(unreadable)?;
        Ok(vec![pushed.tracked(number)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::tenant::Secret;

    /// Flat, nested, or in parts: the same label.
    #[test]
    fn a_label_comes_in_three_shapes() {
        const PDF: &str = "JVBERi0xLjQgZGVtbw==";
        let known = r#"{"trackingNumber":"9205500000000000000001","postage":9.75}"#;
        let parts = |line: &str| {
            let part = |kind: &str, name: &str, text: &str| {
                format!(
                    "Content-Type: {kind}{line}Content-Disposition: form-data; name=\"{name}\"; filename=\"{name}\"{line}{line}{text}{line}"
                )
            };
            let receipt = part("application/pdf", "receiptImage", "AAAA");
            let (known, image) = (part("application/json", "labelMetadata", known), part("application/pdf", "labelImage.pdf", PDF));
            format!("--b0und4ry{line}{known}--b0und4ry{line}{receipt}--b0und4ry{line}{image}--b0und4ry--{line}")
        };
        for text in [
            format!(r#"{{"labelMetadata":{known},"labelImage":"{PDF}"}}"#),
            format!(r#"{{"trackingNumber":"9205500000000000000001","postage":9.75,"labelAddress":{{}},"labelImage":"{PDF}"}}"#),
            parts("\r\n"),
            parts("\n"),
        ] {
            let (label, image): (LabelMetadata, _) = printed(text.as_bytes()).unwrap();
            assert_eq!((label.tracking_number.as_str(), image.as_deref()), ("9205500000000000000001", Some(PDF)), "{text}");
            assert_eq!(amount(&label.postage, "USD").map(|price| price.minor), Some(975));
        }
        for text in ["", "--", "--b\n", "--boundary\n\n{}\n--boundary--", "null", "[]", "{}", "--\u{e9}\u{e9}\u{e9}\r\n\r\n"] {
            assert!(printed::<LabelMetadata>(text.as_bytes()).is_none(), "{text}");
        }
        assert!(printed::<LabelMetadata>(b"--b0und4ry\xFF").is_none());
    }

    #[test]
    fn a_reference_has_one_key() {
        let account = |number: &str| CarrierAccount {
            client_id: "demo".to_owned(),
            client_secret: Secret::new("demo"),
            number: number.to_owned(),
            push_secrets: Vec::new(),
            mailer: None,
            tracking_key: None,
        };
        let reference = |text: &str| LabelReference::parse(text).unwrap();
        let key = idempotency_key(&account("1"), &reference("1001.F1"));
        assert_eq!(key, idempotency_key(&account("1"), &reference("1001.F1")));
        assert_ne!(key, idempotency_key(&account("2"), &reference("1001.F1")), "another shop's");
        assert_ne!(key, idempotency_key(&account("1"), &reference("1001.F2")));
        assert_eq!((key.len(), &key[14..15], key.matches('-').count()), (36, "8", 4));
    }
}
