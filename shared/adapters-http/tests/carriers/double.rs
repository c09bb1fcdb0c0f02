//! The four carriers on one machine.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonschema::Validator;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, LazyLock, Mutex};

/// What proves that it is us. It opens nothing.
pub const SECRET: &str = "fake-client-secret";
pub const PDF: &[u8] = b"%PDF-1.4 demo label";
pub const GIF: &[u8] = b"GIF89a demo label";

macro_rules! schemas {
    ($($name:literal),+ $(,)?) => {
        /// Each request that has a body, by name.
        pub const SCHEMAS: &[(&str, &str)] = &[$(($name, include_str!(concat!("schemas/", $name, ".json")))),+];
    };
}

schemas!(
    "fedex_rate",
    "fedex_ship",
    "fedex_cancel",
    "fedex_close",
    "fedex_track",
    "fedex_reference",
    "ups_rate",
    "ups_ship",
    "ups_recovery",
    "usps_payment",
    "usps_options",
    "usps_label",
    "usps_scan_form",
    "dhl_rate",
    "dhl_ship",
);

static VALIDATORS: LazyLock<BTreeMap<&str, Validator>> = LazyLock::new(|| {
    let validator = |text: &str| jsonschema::validator_for(&serde_json::from_str(text).unwrap()).unwrap();
    SCHEMAS.iter().map(|(name, text)| (*name, validator(text))).collect()
});

/// What is wrong with a request's body.
pub fn faults(schema: &str, body: &Value) -> Vec<String> {
    VALIDATORS[schema].iter_errors(body).map(|fault| format!("{schema} {}: {fault}", fault.instance_path())).collect()
}

/// How a carrier behaves, once.
#[derive(Debug, Clone)]
pub enum Mood {
    /// This status, and a body that says nothing.
    Status(u16),
    /// 200, and this.
    Says(&'static str),
    /// Does what it is asked and never says so.
    LosesTheReply,
    /// A body that does not end.
    Endless,
    /// Hangs up in the middle of its answer.
    HangsUp,
    /// Sends us to another address.
    Redirects(String),
    /// Does what it is asked; its label has three megabytes.
    HugeLabel,
}

/// A request that came.
#[derive(Debug, Clone)]
pub struct Call {
    pub line: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Call {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

#[derive(Debug, Clone)]
pub struct Sale {
    pub reference: String,
    pub number: String,
    pub void: bool,
}

#[derive(Default)]
pub struct Books {
    pub calls: Vec<Call>,
    /// Requests that no carrier would take.
    pub violations: Vec<String>,
    pub moods: VecDeque<(&'static str, Mood)>,
    pub sales: Vec<Sale>,
    /// The token that is good now, by carrier.
    tokens: BTreeMap<&'static str, String>,
    granted: u32,
    huge: bool,
}

impl Books {
    fn label(&self, bytes: &[u8]) -> String {
        if self.huge { STANDARD.encode([bytes, &vec![b' '; 3_000_000]].concat()) } else { STANDARD.encode(bytes) }
    }

    fn sell(&mut self, carrier: &str, reference: &str) -> String {
        let at = self.sales.len() + 1;
        let number = match carrier {
            "fedex" => format!("79495000{at:04}"),
            "ups" => format!("1ZDEMO01{at:010}"),
            "usps" => format!("92055000000000000000{at:02}"),
            _ => format!("10000000{at:02}"),
        };
        self.sales.push(Sale { reference: reference.to_owned(), number: number.clone(), void: false });
        number
    }

    fn sale(&mut self, number: &str) -> Option<&mut Sale> {
        self.sales.iter_mut().find(|sale| sale.number == number)
    }

    fn known(&self, reference: &Value) -> Option<String> {
        self.sales.iter().find(|sale| !sale.void && reference.as_str() == Some(&sale.reference)).map(|sale| sale.number.clone())
    }

    fn check(&mut self, schema: &str, body: &Value) -> Result<(), (u16, Value)> {
        let found = faults(schema, body);
        if found.is_empty() {
            return Ok(());
        }
        self.violations.extend(found);
        Err((400, refusal(schema, "BAD.REQUEST", "the request does not match the schema")))
    }

    fn grant(&mut self, carrier: &'static str, good: bool, expires_in: Value) -> (u16, Value) {
        if !good {
            return (401, refusal(carrier, "NOT.AUTHORIZED.ERROR", "invalid client"));
        }
        self.granted += 1;
        let token = format!("fake-token-{}", self.granted);
        self.tokens.insert(carrier, token.clone());
        (200, json!({ "access_token": token, "token_type": "bearer", "expires_in": expires_in }))
    }
}

/// As each carrier says no.
fn refusal(carrier: &str, code: &str, message: &str) -> Value {
    match carrier.split('_').next() {
        Some("fedex") => json!({ "transactionId": "t", "errors": [{ "code": code, "message": message }] }),
        Some("ups") => json!({ "response": { "errors": [{ "code": code, "message": message }] } }),
        Some("usps") => {
            json!({ "apiVersion": "v3", "error": { "code": "400", "message": message, "errors": [{ "code": code, "detail": message }] } })
        }
        _ => json!({ "title": "Bad request", "detail": format!("8001: {message}"), "status": 400 }),
    }
}

pub struct Double {
    pub base: String,
    pub books: Arc<Mutex<Books>>,
}

impl Double {
    pub async fn start() -> Double {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let books = Arc::new(Mutex::new(Books::default()));
        let app = Router::new().fallback(handle).with_state(books.clone());
        #[expect(clippy::disallowed_methods, reason = "a test double on its own task")]
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Double { base, books }
    }

    /// The next call whose method and path hold this meets the carrier in this mood.
    pub fn mood(&self, at: &'static str, mood: Mood) {
        self.books.lock().unwrap().moods.push_back((at, mood));
    }

    /// No token that was given is good any more.
    pub fn withdraw_tokens(&self) {
        self.books.lock().unwrap().tokens.clear();
    }

    pub fn calls(&self, at: &str) -> Vec<Call> {
        self.books.lock().unwrap().calls.iter().filter(|call| call.line.contains(at)).cloned().collect()
    }

    pub fn sales(&self) -> Vec<Sale> {
        self.books.lock().unwrap().sales.clone()
    }

    /// Nothing came that a carrier would not take.
    pub fn assert_clean(&self) {
        assert_eq!(self.books.lock().unwrap().violations, Vec::<String>::new());
    }
}

async fn handle(State(books): State<Arc<Mutex<Books>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let query = parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let line = format!("{} {}{query}", parts.method, parts.uri.path());
    let call = Call { line, headers: parts.headers, body: to_bytes(body, 4_000_000).await.unwrap() };
    let mood = {
        let mut books = books.lock().unwrap();
        books.calls.push(call.clone());
        let at = books.moods.iter().position(|(at, _)| call.line.contains(at));
        at.and_then(|at| books.moods.remove(at)).map(|(_, mood)| mood)
    };
    let obey = |huge: bool| {
        let mut books = books.lock().unwrap();
        books.huge = huge;
        let (status, answer) = answer(&mut books, &call);
        (StatusCode::from_u16(status).unwrap(), axum::Json(answer)).into_response()
    };
    match mood {
        None => obey(false),
        Some(Mood::HugeLabel) => obey(true),
        Some(Mood::LosesTheReply) => {
            obey(false);
            std::future::pending().await
        }
        Some(Mood::Status(status)) => (StatusCode::from_u16(status).unwrap(), "{}").into_response(),
        Some(Mood::Says(text)) => text.into_response(),
        Some(Mood::Redirects(to)) => (StatusCode::TEMPORARY_REDIRECT, [("location", to)]).into_response(),
        Some(Mood::Endless) => {
            let chunk = Bytes::from_static(&[b'['; 16_384]);
            Body::from_stream(futures::stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone()))).into_response()
        }
        Some(Mood::HangsUp) => {
            let broken = [Ok(Bytes::from_static(b"{\"output\":")), Err(std::io::Error::other("hangs up"))];
            Body::from_stream(futures::stream::iter(broken)).into_response()
        }
    }
}

fn answer(books: &mut Books, call: &Call) -> (u16, Value) {
    let line = call.line.replace("%20", " ");
    let (method, path) = line.split_once(' ').unwrap();
    let result = match path.split('/').nth(1) {
        Some("fedex") => fedex(books, call, &format!("{method} {}", &path["/fedex".len()..])),
        Some("ups") => ups(books, call, &format!("{method} {}", &path["/ups".len()..])),
        Some("usps") => usps(books, call, &format!("{method} {}", &path["/usps".len()..])),
        Some("dhl") => dhl(books, call, &format!("{method} {}", &path["/dhl".len()..])),
        Some("dhl-tracking") => dhl_tracking(call, &format!("{method} {}", &path["/dhl-tracking".len()..])),
        _ => Err((404, json!({}))),
    };
    result.unwrap_or_else(|refused| refused)
}

type Answered = Result<(u16, Value), (u16, Value)>;

fn bearer(books: &mut Books, call: &Call, carrier: &'static str) -> Result<(), (u16, Value)> {
    let good = books.tokens.get(carrier).is_some_and(|token| call.header("authorization") == format!("Bearer {token}"));
    if good { Ok(()) } else { Err((401, refusal(carrier, "NOT.AUTHORIZED.ERROR", "Access token expired"))) }
}

fn basic(call: &Call) -> bool {
    call.header("authorization") == format!("Basic {}", STANDARD.encode(format!("demo-client:{SECRET}")))
}

fn form(call: &Call) -> bool {
    let form = String::from_utf8_lossy(&call.body).into_owned();
    form.split('&').collect::<Vec<_>>() == ["grant_type=client_credentials", "client_id=demo-client", &format!("client_secret={SECRET}")]
}

fn fedex(books: &mut Books, call: &Call, line: &str) -> Answered {
    if line == "POST /oauth/token" {
        return Ok(books.grant("fedex", form(call), json!(3_599)));
    }
    bearer(books, call, "fedex")?;
    if call.header("x-locale") != "en_US" {
        books.violations.push("fedex: no x-locale".to_owned());
    }
    let body = call.json();
    match line {
        "POST /rate/v1/rates/quotes" => {
            books.check("fedex_rate", &body)?;
            let reply = |code: &str, account: &str, list: &str, day: Option<&str>| {
                let price = |kind: &str, text: &str| json!({ "rateType": kind, "totalNetCharge": serde_json::from_str::<Value>(text).unwrap(), "currency": "USD" });
                json!({
                    "serviceType": code,
                    "commit": { "dateDetail": { "dayFormat": day } },
                    "operationalDetail": null,
                    "ratedShipmentDetails": [price("LIST", list), price("ACCOUNT", account)],
                })
            };
            let replies = [
                reply("FEDEX_GROUND", "10.84", "12.34", Some("2025-08-13T23:59:00")),
                reply("FEDEX_2_DAY", "20.8", "25", Some("2025-08-12T20:00:00")),
                reply("STANDARD_OVERNIGHT", "40.845", "50", None),
                json!({ "serviceType": "FEDEX_FREIGHT", "ratedShipmentDetails": null }),
            ];
            Ok((200, json!({ "transactionId": "t", "output": { "rateReplyDetails": replies } })))
        }
        "POST /ship/v1/shipments" => {
            books.check("fedex_ship", &body)?;
            let reference =
                body["requestedShipment"]["requestedPackageLineItems"][0]["customerReferences"][0]["value"].as_str().unwrap().to_owned();
            if call.header("x-customer-transaction-id") != reference {
                books.violations.push("fedex: no x-customer-transaction-id".to_owned());
            }
            let number = books.sell("fedex", &reference);
            let label = books.label(PDF);
            Ok((
                200,
                json!({ "output": { "transactionShipments": [{
                    "masterTrackingNumber": number,
                    "pieceResponses": [{
                        "trackingNumber": number,
                        "deliveryTimestamp": "2025-08-11",
                        "packageDocuments": [{ "contentType": "LABEL", "docType": "PDF", "encodedLabel": label }],
                    }],
                    "completedShipmentDetail": { "shipmentRating": { "shipmentRateDetails": [
                        { "rateType": "PAYOR_ACCOUNT_PACKAGE", "totalNetCharge": 40.84, "currency": "USD" },
                    ] } },
                }] } }),
            ))
        }
        "PUT /ship/v1/shipments/cancel" => {
            books.check("fedex_cancel", &body)?;
            match books.sale(body["trackingNumber"].as_str().unwrap()) {
                Some(sale) if !sale.void => {
                    sale.void = true;
                    Ok((200, json!({ "output": { "cancelledShipment": true, "cancelledHistory": true } })))
                }
                Some(_) => Err((400, refusal("fedex", "SHIPMENT.ALREADY.CANCELLED", "Shipment was cancelled before"))),
                None => Ok((200, json!({ "output": { "cancelledShipment": false } }))),
            }
        }
        "PUT /ship/v1/endofday/" => {
            books.check("fedex_close", &body)?;
            let image = STANDARD.encode("FEDEX GROUND MANIFEST");
            Ok((200, json!({ "output": { "closeDocuments": [{ "type": "MANIFEST", "parts": [{ "image": image }] }] } })))
        }
        "POST /track/v1/referencenumbers" => {
            books.check("fedex_reference", &body)?;
            let result = match books.known(&body["referencesInformation"]["value"]) {
                Some(number) => {
                    json!({ "trackingNumberInfo": { "trackingNumber": number }, "latestStatusDetail": { "derivedCode": "OC" } })
                }
                None => json!({ "error": { "code": "TRACKING.REFERENCENUMBER.NOTFOUND", "message": "not found" } }),
            };
            Ok((200, json!({ "output": { "completeTrackResults": [{ "trackResults": [result] }] } })))
        }
        "POST /track/v1/trackingnumbers" => {
            books.check("fedex_track", &body)?;
            Ok((200, json!({ "output": fedex_tracked(body["trackingInfo"][0]["trackingNumberInfo"]["trackingNumber"].as_str().unwrap()) })))
        }
        _ => Err((404, refusal("fedex", "NOT.FOUND.ERROR", "no such path"))),
    }
}

/// What FedEx knows of a parcel, as it answers and as it pushes.
pub fn fedex_tracked(number: &str) -> Value {
    if number == "000000000000" {
        let error = json!({ "code": "TRACKING.TRACKINGNUMBER.NOTFOUND", "message": "Tracking number cannot be found" });
        return json!({ "completeTrackResults": [{ "trackingNumber": number, "trackResults": [{ "error": error }] }] });
    }
    let scan = |date: &str, kind: &str, what: &str, city: &str| json!({ "date": date, "eventType": kind, "eventDescription": what, "scanLocation": { "streetLines": ["9 Secret Lane"], "city": city, "countryCode": "US" } });
    json!({ "completeTrackResults": [{ "trackingNumber": number, "trackResults": [{
        "trackingNumberInfo": { "trackingNumber": number, "carrierCode": "FDXE" },
        "latestStatusDetail": { "code": "OD", "derivedCode": "OD", "description": "On FedEx vehicle for delivery" },
        "dateAndTimes": [{ "type": "ESTIMATED_DELIVERY", "dateTime": "2025-08-11T20:00:00-07:00" }],
        "scanEvents": [
            scan("2025-08-08T17:00:00-04:00", "PU", "Picked up", "NEWARK"),
            scan("2025-08-11T08:52:00-07:00", "OD", "On FedEx vehicle for delivery", "BEVERLY HILLS"),
        ],
    }] }] })
}

fn ups(books: &mut Books, call: &Call, line: &str) -> Answered {
    if line == "POST /security/v1/oauth/token" {
        let good = basic(call) && call.body == "grant_type=client_credentials" && call.header("x-merchant-id") == "DEMO01";
        return Ok(books.grant("ups", good, json!("14399")));
    }
    bearer(books, call, "ups")?;
    if call.header("transactionsrc") != "orderflow" || !(1..=32).contains(&call.header("transid").len()) {
        books.violations.push("ups: no transId or transactionSrc".to_owned());
    }
    let body = call.json();
    if let Some(number) = line.strip_prefix("DELETE /api/shipments/v2409/void/cancel/") {
        return match books.sale(number) {
            Some(sale) if !sale.void => {
                sale.void = true;
                Ok((200, json!({ "VoidShipmentResponse": { "SummaryResult": { "Status": { "Code": "1", "Description": "Voided" } } } })))
            }
            Some(_) => Err((400, refusal("ups", "190117", "The shipment has already been voided"))),
            None => Err((400, refusal("ups", "190102", "No shipment found within the allowed void period"))),
        };
    }
    if let Some(rest) = line.strip_prefix("GET /api/track/v1/details/") {
        let (number, query) = rest.split_once('?').unwrap();
        if query != "locale=en_US&returnSignature=false" {
            books.violations.push(format!("ups: query {query}"));
        }
        return if number.starts_with("1ZDEMO") {
            Ok((200, ups_tracked(number)))
        } else {
            Err((404, refusal("ups", "TW0001", "Tracking Information Not Found")))
        };
    }
    match line {
        "POST /api/rating/v2409/Shoptimeintransit" => {
            books.check("ups_rate", &body)?;
            let charge = |text: &str| json!({ "CurrencyCode": "USD", "MonetaryValue": text });
            let transit = |day: &str| json!({ "ServiceSummary": { "EstimatedArrival": { "Arrival": { "Date": day, "Time": "230000" } } } });
            let rated = json!([
                { "Service": { "Code": "03" }, "TotalCharges": charge("9.84"), "TimeInTransit": transit("20250813") },
                {
                    "Service": { "Code": "01" },
                    "TotalCharges": charge("45.00"),
                    "NegotiatedRateCharges": { "TotalCharge": charge("36.84") },
                    "TimeInTransit": transit("20250811"),
                },
                { "Service": { "Code": "02" }, "TotalCharges": charge("19.84"), "GuaranteedDelivery": { "BusinessDaysInTransit": "2" } },
                { "Service": { "Code": "59" }, "TotalCharges": { "CurrencyCode": "???", "MonetaryValue": "1" } },
            ]);
            Ok((200, json!({ "RateResponse": { "RatedShipment": rated } })))
        }
        "POST /api/shipments/v2409/ship" => {
            books.check("ups_ship", &body)?;
            let shipment = &body["ShipmentRequest"]["Shipment"];
            let on_package = shipment["Package"][0]["ReferenceNumber"][0]["Value"].as_str();
            let reference = on_package.or(shipment["ReferenceNumber"][0]["Value"].as_str()).unwrap().to_owned();
            let number = books.sell("ups", &reference);
            let label = books.label(GIF);
            Ok((
                200,
                json!({ "ShipmentResponse": { "ShipmentResults": {
                    "ShipmentIdentificationNumber": number,
                    "ShipmentCharges": { "TotalCharges": { "CurrencyCode": "USD", "MonetaryValue": "36.84" } },
                    "PackageResults": { "TrackingNumber": number, "ShippingLabel": { "ImageFormat": { "Code": "GIF" }, "GraphicImage": label } },
                } } }),
            ))
        }
        "POST /api/labels/v1/recovery" => {
            books.check("ups_recovery", &body)?;
            match books.known(&body["LabelRecoveryRequest"]["ReferenceValues"]["ReferenceNumber"]["Value"]) {
                Some(number) => {
                    let image = json!({ "LabelImageFormat": { "Code": "GIF" }, "GraphicImage": STANDARD.encode(GIF) });
                    Ok((200, json!({ "LabelRecoveryResponse": { "LabelResults": [{ "TrackingNumber": number, "LabelImage": image }] } })))
                }
                None => Err((400, refusal("ups", "300104", "Label not found for the reference"))),
            }
        }
        _ => Err((404, refusal("ups", "404", "The requested resource was not found."))),
    }
}

fn ups_tracked(number: &str) -> Value {
    let activity = |kind: &str, code: &str, what: &str, date: &str, time: &str| {
        let address = json!({ "addressLine1": "9 Secret Lane", "city": "NEWARK", "stateProvince": "NJ", "countryCode": "US" });
        json!({ "status": { "type": kind, "code": code, "description": what }, "gmtDate": date, "gmtTime": time, "gmtOffset": "-04:00", "location": { "address": address } })
    };
    json!({ "trackResponse": { "shipment": [{ "inquiryNumber": number, "package": [{
        "trackingNumber": number,
        "deliveryDate": [{ "type": "SDD", "date": "20250811" }],
        "activity": [
            activity("U", "U2", "Your delivery has been rescheduled", "20250810", "120000"),
            activity("I", "DP", "Departed from Facility ", "20250809", "74700"),
            activity("M", "MP", "Shipper created a label", "20250808", "15:16:41"),
        ],
    }] }] } })
}

fn usps(books: &mut Books, call: &Call, line: &str) -> Answered {
    if line == "POST /oauth2/v3/token" {
        return Ok(books.grant("usps", form(call), json!(28_799)));
    }
    bearer(books, call, "usps")?;
    let body = call.json();
    let paid = |books: &mut Books| {
        if call.header("x-payment-authorization-token") == "fake-payment-token" {
            Ok(())
        } else {
            books.violations.push("usps: no payment authorization".to_owned());
            Err((401, refusal("usps", "401", "no payment authorization")))
        }
    };
    if let Some(number) = line.strip_prefix("DELETE /labels/v3/label/") {
        paid(books)?;
        return match books.sale(number) {
            Some(sale) if !sale.void => {
                sale.void = true;
                Ok((200, json!({ "trackingNumber": number, "status": "CANCELED" })))
            }
            Some(_) => Ok((200, json!({ "trackingNumber": number, "status": "REFUND_REQUESTED" }))),
            None => Err((404, refusal("usps", "404", "Label not found"))),
        };
    }
    if let Some(rest) = line.strip_prefix("GET /tracking/v3/tracking/") {
        return match rest.split_once('?') {
            Some((number, "expand=DETAIL")) if number.starts_with("9205") => Ok((200, usps_tracked(number))),
            _ => Err((404, refusal("usps", "-2147219302", "Tracking number not found"))),
        };
    }
    match line {
        "POST /payments/v3/payment-authorization" => {
            books.check("usps_payment", &body)?;
            Ok((200, json!({ "paymentAuthorizationToken": "fake-payment-token", "roles": [] })))
        }
        "POST /shipments/v3/options/search" => {
            books.check("usps_options", &body)?;
            let option = |class: &str, indicator: &str, facility: &str, price: &str, day: &str| {
                let total = serde_json::from_str::<Value>(price).unwrap();
                let rate = json!({ "rateIndicator": indicator, "destinationEntryFacilityType": facility, "price": total });
                json!({ "mailClass": class, "rateOptions": [
                    { "totalPrice": 1.0, "rates": [{ "rateIndicator": "5D", "destinationEntryFacilityType": "DESTINATION_DELIVERY_UNIT" }] },
                    { "commitment": { "name": "x", "scheduleDeliveryDate": day }, "totalPrice": total, "rates": [rate] },
                ] })
            };
            let options = [
                option("USPS_GROUND_ADVANTAGE", "SP", "NONE", "8.84", "2025-08-13"),
                option("PRIORITY_MAIL", "SP", "NONE", "15.84", "2025-08-11"),
                option("PRIORITY_MAIL_EXPRESS", "PA", "NONE", "33.25", "2025-08-09"),
                option("LIBRARY_MAIL", "SP", "NONE", "5.82", "2025-08-15"),
            ];
            Ok((200, json!({ "pricingOptions": [{ "priceType": "COMMERCIAL", "shippingOptions": options }] })))
        }
        "POST /labels/v3/label" => {
            paid(books)?;
            books.check("usps_label", &body)?;
            let key = call.header("x-idempotency-key").to_owned();
            if key.len() != 36 || call.header("accept") != "application/vnd.usps.labels+json" {
                books.violations.push(format!("usps: key {key:?} or accept"));
            }
            // The same key is the same label.
            let number = match books.known(&json!(key)) {
                Some(number) => number,
                None => books.sell("usps", &key),
            };
            let label = books.label(PDF);
            let metadata = json!({ "trackingNumber": number, "postage": 33.25, "commitment": { "scheduleDeliveryDate": "2025-08-09" } });
            Ok((200, json!({ "labelMetadata": metadata, "labelImage": label })))
        }
        "POST /scan-forms/v3/scan-form" => {
            books.check("usps_scan_form", &body)?;
            let metadata = json!({ "form": "5630", "manifestNumber": "9275090000000000000001" });
            Ok((200, json!({ "SCANFormMetadata": metadata, "SCANFormImage": STANDARD.encode(PDF) })))
        }
        _ => Err((404, refusal("usps", "404", "no such path"))),
    }
}

/// What the USPS knows of a parcel, as it answers and as it pushes.
pub fn usps_tracked(number: &str) -> Value {
    let event = |kind: &str, code: &str, at: &str, city: &str| json!({ "eventType": kind, "eventCode": code, "GMTTimestamp": at, "eventTimestamp": "2025-08-11T09:10:00", "eventCity": city, "eventState": "CA", "eventCountry": null });
    json!({
        "trackingNumber": number,
        "statusCategory": "Out for Delivery",
        "status": "Out for Delivery",
        "expectedDeliveryDate": "2025-08-11",
        "trackingEvents": [
            event("Out for Delivery", "OF", "2025-08-11T14:10:45Z", "BEVERLY HILLS"),
            event("Accepted at USPS Origin Facility", "OA", "2025-08-08T22:00:00Z", "NEWARK"),
        ],
    })
}

fn dhl(books: &mut Books, call: &Call, line: &str) -> Answered {
    if !basic(call) {
        return Err((401, json!({ "title": "Unauthorized", "detail": "Invalid Credentials", "status": 401 })));
    }
    if !(28..=36).contains(&call.header("message-reference").len()) || call.header("x-version").is_empty() {
        books.violations.push("dhl: x-version, and a message-reference of 28 to 36 characters".to_owned());
    }
    let body = call.json();
    if let Some(query) = line.strip_prefix("GET /tracking?") {
        let query: BTreeMap<&str, &str> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let expected = [
            ("shipmentReferenceType", "CU"),
            ("shipperAccountNumber", "DEMO01"),
            ("dateRangeFrom", "2025-08-01"),
            ("dateRangeTo", "2025-08-15"),
        ];
        if expected.iter().any(|(name, value)| query.get(name) != Some(value)) {
            books.violations.push(format!("dhl: query {query:?}"));
        }
        return match books.known(&json!(query.get("shipmentReference"))) {
            Some(number) => Ok((200, json!({ "shipments": [{ "shipmentTrackingNumber": number, "status": "Success" }] }))),
            None => Err((404, json!({ "title": "Not found", "detail": "No shipments found", "status": 404 }))),
        };
    }
    match line {
        "POST /rates" => {
            books.check("dhl_rate", &body)?;
            let product = |code: &str, price: Value, arrives: Option<&str>| {
                json!({
                    "productCode": code,
                    "totalPrice": [{ "currencyType": "PULCL", "priceCurrency": "EUR", "price": 1 }, { "currencyType": "BILLC", "priceCurrency": "USD", "price": price }],
                    "deliveryCapabilities": { "estimatedDeliveryDateAndTime": arrives },
                })
            };
            let products = [
                product("N", json!(46.84), Some("2025-08-09T23:59:00")),
                product("Q", json!(23.84), Some("2025-08-10T23:59:00")),
                product("S", json!(0), None),
            ];
            Ok((200, json!({ "products": products })))
        }
        "POST /shipments" => {
            books.check("dhl_ship", &body)?;
            let reference = body["customerReferences"][0]["value"].as_str().unwrap().to_owned();
            let number = books.sell("dhl", &reference);
            let label = books.label(PDF);
            Ok((
                201,
                json!({
                    "shipmentTrackingNumber": number,
                    "packages": [{ "referenceNumber": 1, "trackingNumber": "JD014600001234567890" }],
                    "documents": [{ "imageFormat": "PDF", "typeCode": "label", "content": label }],
                    "shipmentCharges": [{ "currencyType": "BILLC", "priceCurrency": "USD", "price": 46.84 }],
                }),
            ))
        }
        _ => Err((404, json!({ "title": "Not found", "status": 404 }))),
    }
}

fn dhl_tracking(call: &Call, line: &str) -> Answered {
    if call.header("dhl-api-key") != "fake-tracking-key" {
        return Err((401, json!({ "title": "Unauthorized" })));
    }
    match line.strip_prefix("GET /track/shipments?trackingNumber=") {
        Some(number) if number.starts_with("1000") => Ok((200, dhl_tracked(number))),
        _ => Err((404, json!({ "title": "No result found", "detail": "No shipment with given tracking number found.", "status": 404 }))),
    }
}

/// What DHL knows of a parcel, as it answers and as it pushes.
pub fn dhl_tracked(number: &str) -> Value {
    let event = |at: &str, code: &str, what: &str, town: &str| json!({ "timestamp": at, "statusCode": code, "status": code, "description": what, "location": { "address": { "addressLocality": town, "countryCode": "US" } } });
    json!({ "shipments": [{
        "id": number,
        "service": "express",
        "status": event("2025-08-10T08:30:00-07:00", "transit", "Arrived at facility", "Los Angeles"),
        "estimatedTimeOfDelivery": "2025-08-11T18:00:00-07:00",
        "events": [
            event("2025-08-08T18:00:00-04:00", "pre-transit", "Shipment information received", "Newark"),
            event("2025-08-10T08:30:00-07:00", "transit", "Arrived at facility", "Los Angeles"),
        ],
    }] })
}
