use crate::bench::{Bench, number, parcel};
use app::ports::{Carrier, CarrierError};
use app::tenant::Secret;
use domain::shipping::rates::CarrierName;
use jiff::SignedDuration;

const SIGN_INS: [(CarrierName, &str, i64); 3] = [
    (CarrierName::Fedex, "/fedex/oauth/token", 3_599),
    (CarrierName::Ups, "/ups/security/v1/oauth/token", 14_399),
    (CarrierName::Usps, "/usps/oauth2/v3/token", 28_799),
];

#[tokio::test]
async fn a_token_is_kept_until_shortly_before_it_expires() {
    for (carrier, at, lives_s) in SIGN_INS {
        let bench = Bench::new().await;
        let ask = async || bench.carrier(carrier).rates(&bench.account, &parcel()).await.unwrap();
        ask().await;
        ask().await;
        assert_eq!(bench.double.calls(at).len(), 1, "{carrier:?}");
        bench.clock.forward(SignedDuration::from_secs(lives_s - 301));
        ask().await;
        assert_eq!(bench.double.calls(at).len(), 1, "{carrier:?}: five minutes are left");
        bench.clock.forward(SignedDuration::from_secs(1));
        ask().await;
        assert_eq!(bench.double.calls(at).len(), 2, "{carrier:?}: less than five");
    }
}

#[tokio::test]
async fn a_token_that_was_withdrawn_is_asked_for_once_more() {
    for (carrier, at, _) in SIGN_INS {
        let bench = Bench::new().await;
        let desk = bench.carrier(carrier);
        desk.rates(&bench.account, &parcel()).await.unwrap();
        bench.double.withdraw_tokens();
        desk.rates(&bench.account, &parcel()).await.unwrap();
        assert_eq!(bench.double.calls(at).len(), 2, "{carrier:?}");
    }
}

#[tokio::test]
async fn another_shops_token_is_not_used() {
    for (carrier, at, _) in SIGN_INS {
        let bench = Bench::new().await;
        let desk = bench.carrier(carrier);
        desk.rates(&bench.account, &parcel()).await.unwrap();
        let mut stranger = bench.account.clone();
        stranger.client_secret = Secret::new("fake-other-secret");
        let refused = desk.rates(&stranger, &parcel()).await;
        assert!(matches!(&refused, Err(CarrierError::Rejected { code, .. }) if code == "unauthorised"), "{carrier:?} {refused:?}");
        assert_eq!(bench.double.calls(at).len(), 2);
        let said = format!("{refused:?} {stranger:?}");
        assert!(!said.contains("fake-other-secret") && !said.contains("fake-token"), "{said}");
    }
    let bench = Bench::new().await;
    let mut stranger = bench.account.clone();
    stranger.client_secret = Secret::new("fake-other-secret");
    let dhl: &dyn Carrier = bench.carrier(CarrierName::Dhl);
    assert!(matches!(dhl.rates(&stranger, &parcel()).await, Err(CarrierError::Rejected { code, .. }) if code == "unauthorised"));
}

#[tokio::test]
async fn leave_to_bill_is_kept_as_well() {
    let bench = Bench::new().await;
    let void = async || bench.carrier(CarrierName::Usps).void_label(&bench.account, &number("9205500000000000000001")).await;
    for _ in 0..3 {
        let _ = void().await;
    }
    assert_eq!(bench.double.calls("payment-authorization").len(), 1);
    bench.clock.forward(SignedDuration::from_hours(1));
    let _ = void().await;
    assert_eq!(bench.double.calls("payment-authorization").len(), 2);
}
