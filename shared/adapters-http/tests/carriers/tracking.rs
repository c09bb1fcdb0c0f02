use crate::bench::{Bench, number};
use crate::double::Mood;
use app::ports::CarrierError;
use domain::order::TrackingStatus;
use domain::shipping::rates::CarrierName;
use jiff::civil::date;

// req: S2-64, S2-65
#[tokio::test]
async fn every_carriers_word_becomes_one_of_ours() {
    let bench = Bench::new().await;
    for (carrier, parcel, code, status, at, latest, place) in [
        (CarrierName::Fedex, "794950000001", "OD", TrackingStatus::OutForDelivery, "2025-08-11T15:52:00Z", "OD", "BEVERLY HILLS, US"),
        // The newest line only moves the day; where it is, the one before says.
        (CarrierName::Ups, "1ZDEMO010000000001", "I", TrackingStatus::InTransit, "2025-08-10T12:00:00Z", "U2", "NEWARK, NJ, US"),
        (
            CarrierName::Usps,
            "9205500000000000000001",
            "Out for Delivery",
            TrackingStatus::OutForDelivery,
            "2025-08-11T14:10:45Z",
            "OF",
            "BEVERLY HILLS, CA",
        ),
        (CarrierName::Dhl, "1000000001", "transit", TrackingStatus::InTransit, "2025-08-10T15:30:00Z", "transit", "Los Angeles, US"),
    ] {
        let tracked = bench.carrier(carrier).track(&bench.account, &number(parcel)).await.unwrap();
        assert_eq!((tracked.code.as_deref(), tracked.status()), (Some(code), Some(status)), "{carrier:?}");
        assert_eq!((tracked.at, tracked.expected), (Some(at.parse().unwrap()), Some(date(2025, 8, 11))), "{carrier:?}");
        assert_eq!((tracked.scans[0].code.as_str(), tracked.scans[0].place.as_str()), (latest, place), "{carrier:?}");
        assert!(tracked.scans.windows(2).all(|pair| pair[0].at >= pair[1].at), "the latest first");
        assert!(!format!("{tracked:?}").contains("Secret Lane"), "no street");
        assert!(!tracked.has_ended());
    }
    bench.double.assert_clean();
}

/// A word that nobody has heard of is kept, and says nothing of where the parcel is.
// req: S2-65
#[tokio::test]
async fn a_word_that_nobody_knows_is_kept() {
    const SAYS: &str =
        r#"{"output":{"completeTrackResults":[{"trackResults":[{"latestStatusDetail":{"derivedCode":"ZZ"},"scanEvents":null}]}]}}"#;
    let bench = Bench::new().await;
    bench.double.mood("/track/v1", Mood::Says(SAYS));
    let tracked = bench.carrier(CarrierName::Fedex).track(&bench.account, &number("794950000001")).await.unwrap();
    assert_eq!((tracked.code.as_deref(), tracked.status(), tracked.has_ended()), (Some("ZZ"), None, false));
}

#[tokio::test]
async fn a_parcel_that_is_not_known_says_so_alike() {
    let bench = Bench::new().await;
    for (carrier, parcel) in
        [(CarrierName::Fedex, "000000000000"), (CarrierName::Ups, "1ZOTHER"), (CarrierName::Usps, "1234"), (CarrierName::Dhl, "2000000001")]
    {
        let refused = bench.carrier(carrier).track(&bench.account, &number(parcel)).await;
        assert!(matches!(&refused, Err(CarrierError::Rejected { code, .. }) if code == "not_found"), "{carrier:?} {refused:?}");
    }
}
