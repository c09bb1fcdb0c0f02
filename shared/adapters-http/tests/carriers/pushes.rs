//! What carriers tell us by themselves is believed only if it is proved to be theirs.

use crate::bench::Bench;
use crate::double::{dhl_tracked, fedex_tracked, usps_tracked};
use adapters_http::carrier::dhl::PUSH_HEADER;
use app::ports::{CarrierAccount, PushError, Tracked};
use app::signature::Headers;
use app::tenant::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::order::TrackingStatus;
use domain::shipping::rates::CarrierName;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

fn headers(all: &[(&str, &str)]) -> Headers {
    Headers(all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

fn signature(secret: &str, body: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    mac.finalize().into_bytes().to_vec()
}

/// A push as each carrier makes it: header and value, and the body.
fn push(carrier: CarrierName, secret: &str) -> (&'static str, String, Vec<u8>) {
    let signed = |body: &Value| (STANDARD.encode(signature(secret, body.to_string().as_bytes())), body.to_string().into_bytes());
    match carrier {
        CarrierName::Fedex => {
            let (proof, body) = signed(&json!({ "output": fedex_tracked("794950000001") }));
            ("fdx-signature", proof, body)
        }
        CarrierName::Usps => {
            let (proof, body) = signed(&usps_tracked("9205500000000000000001"));
            ("x-hmac", proof, body)
        }
        CarrierName::Ups => ("credential", secret.to_owned(), ups(json!("I"), None).to_string().into_bytes()),
        CarrierName::Dhl => (PUSH_HEADER, secret.to_owned(), dhl_tracked("1000000001").to_string().into_bytes()),
    }
}

fn ups(kind: Value, delivered: Option<&str>) -> Value {
    json!({
        "trackingNumber": "1ZDEMO010000000001",
        "localActivityDate": "20250811",
        "localActivityTime": "093000",
        "activityLocation": { "city": "Beverly Hills", "stateProvince": "CA", "postalCode": "90210", "country": "US" },
        "activityStatus": { "type": kind, "code": "OT", "description": "Out For Delivery" },
        "scheduledDeliveryDate": "20250811",
        "actualDeliveryDate": delivered.unwrap_or(""),
        "gmtActivityDate": "20250811",
        "gmtActivityTime": "163000",
        "gmtOffset": "-07.00",
    })
}

async fn read(carrier: CarrierName, account: &CarrierAccount, headers: &Headers, body: &[u8]) -> Result<Vec<Tracked>, PushError> {
    Bench::new().await.carrier(carrier).read_push(account, headers, body)
}

// req: S2-64
#[tokio::test]
async fn a_push_reads_as_an_answer_does() {
    for (carrier, status) in [
        (CarrierName::Fedex, TrackingStatus::OutForDelivery),
        (CarrierName::Ups, TrackingStatus::OutForDelivery),
        (CarrierName::Usps, TrackingStatus::OutForDelivery),
        (CarrierName::Dhl, TrackingStatus::InTransit),
    ] {
        let bench = Bench::new().await;
        let (header, proof, body) = push(carrier, "fake-push-secret");
        let tracked = read(carrier, &bench.account, &headers(&[(header, &proof)]), &body).await.unwrap();
        assert_eq!((tracked.len(), tracked[0].status()), (1, Some(status)), "{carrier:?}");
        assert_eq!(tracked[0].expected, Some(jiff::civil::date(2025, 8, 11)), "{carrier:?}");
        assert!(tracked[0].at.is_some());
        assert!(bench.double.calls("").is_empty(), "nobody is asked");
    }
}

#[tokio::test]
async fn what_is_not_proved_is_not_read() {
    let bench = Bench::new().await;
    for carrier in CarrierName::ALL {
        let (header, proof, body) = push(carrier, "fake-push-secret");
        let good = headers(&[(header, &proof)]);
        let is_refused = async |account: &CarrierAccount, headers: &Headers, body: &[u8]| {
            read(carrier, account, headers, body).await == Err(PushError::NotTheirs)
        };
        assert!(is_refused(&bench.account, &headers(&[]), &body).await, "{carrier:?}: no proof");
        assert!(is_refused(&bench.account, &headers(&[(header, "")]), &body).await, "{carrier:?}: an empty one");
        assert!(is_refused(&bench.account, &headers(&[(header, &proof), (header, &proof)]), &body).await, "{carrier:?}: two");
        let (_, other, _) = push(carrier, "fake-other-secret");
        assert!(is_refused(&bench.account, &headers(&[(header, &other)]), &body).await, "{carrier:?}: a stranger's");
        for secrets in [vec![], vec![Secret::new("")]] {
            let open = CarrierAccount { push_secrets: secrets, ..bench.account.clone() };
            let (_, nothing, _) = push(carrier, "");
            assert!(
                is_refused(&open, &good, &body).await && is_refused(&open, &headers(&[(header, &nothing)]), &body).await,
                "{carrier:?}: no secret"
            );
        }
        let rotated =
            CarrierAccount { push_secrets: vec![Secret::new("fake-new-secret"), Secret::new("fake-push-secret")], ..bench.account.clone() };
        assert!(read(carrier, &rotated, &good, &body).await.is_ok(), "{carrier:?}: either of two");
        // Those that sign are held to every byte.
        if matches!(carrier, CarrierName::Fedex | CarrierName::Usps) {
            for at in 0..body.len() {
                let mut changed = body.clone();
                changed[at] ^= 1;
                assert_eq!(
                    bench.carrier(carrier).read_push(&bench.account, &good, &changed),
                    Err(PushError::NotTheirs),
                    "{carrier:?} byte {at}"
                );
            }
        }
    }
    let (header, _, body) = push(CarrierName::Fedex, "fake-push-secret");
    let hex: String = signature("fake-push-secret", &body).iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(read(CarrierName::Fedex, &bench.account, &headers(&[(header, &hex)]), &body).await.is_ok(), "in hex as well");
}

/// UPS says D from loading the van on. Only what has a day of delivery has been delivered.
// req: S2-65
#[tokio::test]
async fn on_the_van_is_not_delivered() {
    let bench = Bench::new().await;
    let good = headers(&[("credential", "fake-push-secret")]);
    for (kind, delivered, status) in [
        (json!("D"), None, Some(TrackingStatus::OutForDelivery)),
        (json!("D"), Some("20250811"), Some(TrackingStatus::Delivered)),
        (json!("M"), None, Some(TrackingStatus::Pending)),
        (json!("MV"), None, Some(TrackingStatus::Cancelled)),
        (json!("X"), None, Some(TrackingStatus::DeliveryDelayed)),
        (json!("U"), None, None),
        (json!("?"), None, None),
        (Value::Null, None, None),
    ] {
        let mut body = ups(kind.clone(), delivered);
        body["activityStatus"]["code"] = json!("ZZ");
        let body = body.to_string();
        let tracked = bench.carrier(CarrierName::Ups).read_push(&bench.account, &good, body.as_bytes()).unwrap();
        assert_eq!(tracked[0].status(), status, "{kind} {delivered:?}");
        assert_eq!(tracked[0].has_ended(), matches!(status, Some(TrackingStatus::Delivered | TrackingStatus::Cancelled)));
    }
    let body = ups(json!("I"), None).to_string();
    for proof in [("credential", "fake-push-secret"), ("authorization", "Bearer fake-push-secret")] {
        let tracked = bench.carrier(CarrierName::Ups).read_push(&bench.account, &headers(&[proof]), body.as_bytes()).unwrap();
        assert_eq!(tracked[0].status(), Some(TrackingStatus::OutForDelivery), "on its way with the code of the van");
    }
}

#[tokio::test]
async fn what_is_theirs_and_makes_no_sense_waits_for_a_person() {
    let bench = Bench::new().await;
    let deep = "[".repeat(200_000);
    for carrier in CarrierName::ALL {
        for body in
            ["", "null", "[]", "{}", "{\"output\":null}", "{\"shipments\":[{}]}", "{\"trackingNumber\":\"../x\"}", "\u{0}", deep.as_str()]
        {
            let (header, proof) = match carrier {
                CarrierName::Fedex => ("fdx-signature", STANDARD.encode(signature("fake-push-secret", body.as_bytes()))),
                CarrierName::Usps => ("x-hmac", STANDARD.encode(signature("fake-push-secret", body.as_bytes()))),
                CarrierName::Ups => ("credential", "fake-push-secret".to_owned()),
                CarrierName::Dhl => (PUSH_HEADER, "fake-push-secret".to_owned()),
            };
            let read = bench.carrier(carrier).read_push(&bench.account, &headers(&[(header, &proof)]), body.as_bytes());
            assert!(matches!(read, Err(PushError::Unreadable(_))), "{carrier:?} {:?} {read:?}", &body[..body.len().min(40)]);
        }
    }
}
