//! What goes wrong, and whether the caller hears what to do next.

use crate::bench::{Bench, account, number, parcel, purchase};
use crate::double::{Double, Mood, SECRET};
use adapters_http::carrier::Addresses;
use app::ports::{Carrier, CarrierAccount, CarrierError};
use domain::shipping::rates::CarrierName;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Rates,
    Label,
    Track,
}

/// Where each carrier is asked for it.
const DOORS: [(CarrierName, [&str; 3]); 4] = [
    (CarrierName::Fedex, ["/rate/v1", "POST /fedex/ship/v1/shipments", "/track/v1"]),
    (CarrierName::Ups, ["/rating/", "/v2409/ship", "/track/v1"]),
    (CarrierName::Usps, ["/options/search", "POST /usps/labels/v3/label", "/tracking/v3"]),
    (CarrierName::Dhl, ["/dhl/rates", "POST /dhl/shipments", "/track/shipments"]),
];

const PARCELS: [(CarrierName, &str); 4] = [
    (CarrierName::Fedex, "794950000001"),
    (CarrierName::Ups, "1ZDEMO010000000001"),
    (CarrierName::Usps, "9205500000000000000001"),
    (CarrierName::Dhl, "1000000001"),
];

async fn ask(desk: &dyn Carrier, account: &CarrierAccount, asked: Asked) -> Result<(), CarrierError> {
    let parcels: std::collections::BTreeMap<_, _> = PARCELS.into_iter().collect();
    match asked {
        Asked::Rates => desk.rates(account, &parcel()).await.map(drop),
        Asked::Label => desk.buy_label(account, &purchase("1001.F1")).await.map(drop),
        Asked::Track => desk.track(account, &number(parcels[&desk.name()])).await.map(drop),
    }
}

/// "retryable", "unknown", or the code of a refusal.
fn kind(result: &Result<(), CarrierError>) -> String {
    match result {
        Ok(()) => "done".to_owned(),
        Err(CarrierError::Retryable(_)) => "retryable".to_owned(),
        Err(CarrierError::Unknown(_)) => "unknown".to_owned(),
        Err(CarrierError::Rejected { code, .. }) => code.clone(),
    }
}

/// A question can be asked again. A purchase that was not answered may have been made.
#[tokio::test]
async fn trouble_says_what_to_do_next() {
    let bench = Bench::new().await;
    for (mood, question, buying) in [
        (Mood::Status(500), "retryable", "unknown"),
        (Mood::Status(502), "retryable", "unknown"),
        (Mood::Status(503), "retryable", "unknown"),
        (Mood::Status(429), "retryable", "retryable"),
        (Mood::Status(408), "retryable", "retryable"),
        (Mood::Status(403), "unauthorised", "unauthorised"),
        (Mood::Status(404), "not_found", "not_found"),
        (Mood::Status(400), "http_400", "http_400"),
        (Mood::Status(422), "http_422", "http_422"),
        (Mood::Redirects("http://127.0.0.1:9/".to_owned()), "http_307", "http_307"),
        (Mood::Endless, "retryable", "unknown"),
        (Mood::HangsUp, "retryable", "unknown"),
        (Mood::Says("<html>maintenance</html>"), "retryable", "unknown"),
        (Mood::Says(""), "retryable", "unknown"),
        (Mood::Says("null"), "retryable", "unknown"),
        (Mood::Says("[1,2,3]"), "retryable", "unknown"),
        (Mood::Says("\u{fffd}\u{0}"), "retryable", "unknown"),
    ] {
        for (carrier, doors) in DOORS {
            for (asked, door) in [Asked::Rates, Asked::Label, Asked::Track].into_iter().zip(doors) {
                bench.double.mood(door, mood.clone());
                let result = ask(bench.carrier(carrier), &bench.account, asked).await;
                let expected = if asked == Asked::Label { buying } else { question };
                assert_eq!(kind(&result), expected, "{carrier:?} {asked:?} {mood:?} {result:?}");
                let said = format!("{result:?}");
                assert!(!said.contains(SECRET) && !said.contains("fake-t") && !said.contains("127.0.0.1"), "{said}");
            }
        }
    }
    assert!(bench.double.books.lock().unwrap().moods.is_empty(), "every mood was met");
    bench.double.assert_clean();
}

/// Silence is told within the time limit, and is not a no.
#[tokio::test]
async fn silence_is_not_a_no() {
    for (carrier, doors) in DOORS {
        let bench = Bench::impatient().await;
        let _ = ask(bench.carrier(carrier), &bench.account, Asked::Rates).await;
        for (asked, door, expected) in
            [(Asked::Rates, doors[0], "retryable"), (Asked::Label, doors[1], "unknown"), (Asked::Track, doors[2], "retryable")]
        {
            bench.double.mood(door, Mood::LosesTheReply);
            assert_eq!(kind(&ask(bench.carrier(carrier), &bench.account, asked).await), expected, "{carrier:?} {asked:?}");
        }
    }
}

/// What never reached the carrier has bought nothing.
#[tokio::test]
async fn nobody_there_is_nothing_bought() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let at = Addresses { timeout: Duration::from_secs(2), ..Addresses::of_double(&format!("http://{closed}")) };
    let bench = Bench::at(Double::start().await, &at);
    for carrier in CarrierName::ALL {
        for asked in [Asked::Rates, Asked::Label, Asked::Track] {
            assert_eq!(kind(&ask(bench.carrier(carrier), &account(), asked).await), "retryable", "{carrier:?} {asked:?}");
        }
    }
}

/// A sign-in that fails has bought nothing, whatever was to be done after it.
#[tokio::test]
async fn a_sign_in_that_fails_has_bought_nothing() {
    for (carrier, at) in [(CarrierName::Fedex, "/oauth/token"), (CarrierName::Ups, "/oauth/token"), (CarrierName::Usps, "/v3/token")] {
        let bench = Bench::new().await;
        for (mood, expected) in [
            (Mood::Status(500), "retryable"),
            (Mood::Status(429), "retryable"),
            (Mood::Says("{}"), "retryable"),
            (Mood::Status(401), "unauthorised"),
        ] {
            bench.double.mood(at, mood);
            assert_eq!(kind(&ask(bench.carrier(carrier), &bench.account, Asked::Label).await), expected, "{carrier:?}");
        }
        assert!(bench.double.sales().is_empty());
    }
}

/// A label that is too large to be one was sold all the same.
#[tokio::test]
async fn a_label_of_three_megabytes_is_not_kept() {
    let bench = Bench::new().await;
    for (carrier, doors) in DOORS {
        bench.double.mood(doors[1], Mood::HugeLabel);
        assert_eq!(kind(&ask(bench.carrier(carrier), &bench.account, Asked::Label).await), "unknown", "{carrier:?}");
    }
    assert_eq!(bench.double.sales().len(), 4);
}

/// The other side of a redirect never sees a key.
#[tokio::test]
async fn redirects_are_not_followed() {
    let (bench, elsewhere) = (Bench::new().await, Double::start().await);
    for (carrier, doors) in DOORS {
        for door in doors {
            bench.double.mood(door, Mood::Redirects(format!("{}/x", elsewhere.base)));
        }
        for asked in [Asked::Rates, Asked::Label, Asked::Track] {
            assert_eq!(kind(&ask(bench.carrier(carrier), &bench.account, asked).await), "http_307", "{carrier:?}");
        }
    }
    assert!(elsewhere.calls("").is_empty());
}

#[tokio::test]
async fn a_refusal_keeps_the_carriers_code_and_names_nobody() {
    let bench = Bench::new().await;
    bench.double.mood("/rate/v1", Mood::Says("{\"output\":{\"rateReplyDetails\":null}}"));
    assert_eq!(bench.carrier(CarrierName::Fedex).rates(&bench.account, &parcel()).await, Ok(Vec::new()), "nothing offered is an answer");
    // UPS's own number is six digits: what could be an account is not told.
    let refused = bench.carrier(CarrierName::Ups).void_label(&bench.account, &number("1ZDEMO010000009999")).await;
    let Err(CarrierError::Rejected { message, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(message, "UPS: No shipment found within the allowed void period");
    let said = format!("{:?} {:?}", bench.account, purchase("1001.F1"));
    assert!(!said.contains(SECRET) && !said.contains("fake-") && !said.contains("Jane") && !said.contains("Long Street"), "{said}");
}
