use crate::bench::{Bench, number, parcel, purchase, reference};
use crate::double::{GIF, Mood, PDF};
use app::ports::{CarrierError, DocumentFormat, Found, Manifested, Purchase, Voided};
use domain::shipping::Service;
use domain::shipping::rates::CarrierName;
use jiff::civil::date;

// req: S2-63, S2-68
#[tokio::test]
async fn a_label_is_bought_and_can_be_printed() {
    let bench = Bench::new().await;
    for (carrier, number, format, bytes, price, arrives) in [
        (CarrierName::Fedex, "794950000001", DocumentFormat::Pdf, PDF, "40.84", Some(date(2025, 8, 11))),
        (CarrierName::Ups, "1ZDEMO010000000002", DocumentFormat::Gif, GIF, "36.84", None),
        (CarrierName::Usps, "9205500000000000000003", DocumentFormat::Pdf, PDF, "33.25", Some(date(2025, 8, 9))),
        (CarrierName::Dhl, "1000000004", DocumentFormat::Pdf, PDF, "46.84", None),
    ] {
        let label = bench.carrier(carrier).buy_label(&bench.account, &purchase("1001.F1")).await.unwrap();
        assert_eq!((label.tracking_number.as_str(), label.document.format), (number, format), "{carrier:?}");
        assert_eq!((label.document.bytes.as_slice(), label.price.map(|price| price.decimal())), (bytes, Some(price.to_owned())));
        assert_eq!((label.reference, label.arrives), (reference("1001.F1"), arrives));
    }
    bench.double.assert_clean();
    let sent = bench.double.calls("/labels/v3/label")[0].json();
    assert_eq!(sent["packageDescription"]["weight"].as_f64(), Some(3.8), "1.7 kg are 3.75 pounds: nobody pays for less than there is");
    assert_eq!(sent["toAddress"]["ZIPPlus4"], "1234");
    let sent = bench.double.calls("/v2409/ship")[0].json();
    let dimensions = &sent["ShipmentRequest"]["Shipment"]["Package"][0]["Dimensions"];
    assert_eq!([&dimensions["Length"], &dimensions["Width"], &dimensions["Height"]], ["12", "8", "4"], "inches, rounded up");
}

#[tokio::test]
async fn each_service_has_its_name_at_each_carrier() {
    let bench = Bench::new().await;
    let at = |path: &str, pointer: &str| {
        let calls = bench.double.calls(path);
        calls.iter().map(|call| call.json().pointer(pointer).unwrap().as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for (nth, service) in Service::ALL.into_iter().enumerate() {
        for carrier in CarrierName::ALL {
            let bought = Purchase { service, ..purchase(&format!("1001.F{nth}")) };
            let label = bench.carrier(carrier).buy_label(&bench.account, &bought).await;
            assert_eq!(label.is_ok(), (carrier, service) != (CarrierName::Dhl, Service::Standard), "{carrier:?} {service:?} {label:?}");
        }
    }
    let asked = Purchase { code: Some("PRIORITY_OVERNIGHT".to_owned()), ..purchase("1001.F9") };
    bench.carrier(CarrierName::Fedex).buy_label(&bench.account, &asked).await.unwrap();
    assert_eq!(
        at("/ship/v1/shipments", "/requestedShipment/serviceType"),
        ["FEDEX_GROUND", "FEDEX_2_DAY", "STANDARD_OVERNIGHT", "PRIORITY_OVERNIGHT"]
    );
    assert_eq!(at("/v2409/ship", "/ShipmentRequest/Shipment/Service/Code"), ["03", "02", "01"]);
    let classes = ["USPS_GROUND_ADVANTAGE", "PRIORITY_MAIL", "PRIORITY_MAIL_EXPRESS"];
    assert_eq!(at("/labels/v3/label", "/packageDescription/mailClass"), classes);
    assert_eq!(at("POST /dhl/shipments", "/productCode"), ["N", "N"]);
    bench.double.assert_clean();
}

/// The reply is lost after the carrier has sold. Whoever tries again gets the label that was sold, or hears which one it was; nobody
/// pays twice.
// req: S2-68
#[tokio::test]
async fn a_lost_reply_is_not_a_second_label() {
    for (carrier, at, again) in [
        (CarrierName::Fedex, "/ship/v1/shipments", Err("label_lost")),
        (CarrierName::Ups, "/v2409/ship", Ok("1ZDEMO010000000001")),
        (CarrierName::Usps, "POST /usps/labels/v3/label", Ok("9205500000000000000001")),
        (CarrierName::Dhl, "POST /dhl/shipments", Err("label_lost")),
    ] {
        let bench = Bench::impatient().await;
        let desk = bench.carrier(carrier);
        // Warm, so that the time limit is about the sale.
        let _ = desk.rates(&bench.account, &parcel()).await;
        bench.double.mood(at, Mood::LosesTheReply);
        let lost = desk.buy_label(&bench.account, &purchase("1001.F1")).await;
        assert!(matches!(lost, Err(CarrierError::Unknown(_))), "{carrier:?} {lost:?}");
        assert_eq!(bench.double.sales().len(), 1);
        let retry = Purchase { tried_before: true, ..purchase("1001.F1") };
        let second = desk.buy_label(&bench.account, &retry).await;
        match (&second, again) {
            (Ok(label), Ok(number)) => assert_eq!(label.tracking_number.as_str(), number),
            (Err(CarrierError::Rejected { code, message }), Err(expected)) => {
                assert_eq!(code, expected);
                assert!(message.contains(&bench.double.sales()[0].number), "{message}");
            }
            _ => panic!("{carrier:?} {second:?}"),
        }
        assert_eq!(bench.double.sales().len(), 1, "{carrier:?} sold twice");
        bench.double.assert_clean();
    }
}

// req: S2-68
#[tokio::test]
async fn a_purchase_that_never_arrived_is_made_again() {
    let bench = Bench::new().await;
    for carrier in CarrierName::ALL {
        let retry = Purchase { tried_before: true, ..purchase(&format!("1001.{}", carrier.as_str())) };
        bench.carrier(carrier).buy_label(&bench.account, &retry).await.unwrap();
    }
    assert_eq!(bench.double.sales().len(), 4);
    let found =
        async |carrier, text: &str| bench.carrier(carrier).find_label(&bench.account, &reference(text), parcel().leaves).await.unwrap();
    assert_eq!(found(CarrierName::Fedex, "1001.fedex").await, Found::Number(number("794950000001")));
    assert!(
        matches!(found(CarrierName::Ups, "1001.ups").await, Found::Label(label) if label.tracking_number == number("1ZDEMO010000000002"))
    );
    assert_eq!(found(CarrierName::Dhl, "1001.dhl").await, Found::Number(number("1000000004")));
    for carrier in [CarrierName::Fedex, CarrierName::Ups, CarrierName::Dhl] {
        assert_eq!(found(carrier, "1001.other").await, Found::Nothing, "{carrier:?}");
    }
    assert_eq!(found(CarrierName::Usps, "1001.usps").await, Found::CannotTell);
    bench.double.assert_clean();
}

#[tokio::test]
async fn a_label_is_given_back_once() {
    let bench = Bench::new().await;
    for (carrier, first, second) in [
        (CarrierName::Fedex, Voided::Void, Voided::Void),
        (CarrierName::Ups, Voided::Void, Voided::Void),
        (CarrierName::Usps, Voided::Void, Voided::RefundAsked),
        (CarrierName::Dhl, Voided::NotNeeded, Voided::NotNeeded),
    ] {
        let desk = bench.carrier(carrier);
        let label = desk.buy_label(&bench.account, &purchase(&format!("1001.{}", carrier.as_str()))).await.unwrap();
        assert_eq!(desk.void_label(&bench.account, &label.tracking_number).await, Ok(first), "{carrier:?}");
        assert_eq!(desk.void_label(&bench.account, &label.tracking_number).await, Ok(second), "{carrier:?}, again");
    }
    for (carrier, unknown, code) in [
        (CarrierName::Fedex, "794950009999", "not_voided"),
        (CarrierName::Ups, "1ZDEMO010000009999", "..."),
        (CarrierName::Usps, "9205500000000000009999", "not_found"),
    ] {
        let refused = bench.carrier(carrier).void_label(&bench.account, &number(unknown)).await;
        assert!(matches!(&refused, Err(CarrierError::Rejected { code: said, .. }) if said == code), "{refused:?}");
    }
    bench.double.assert_clean();
}

// req: S2-68
#[tokio::test]
async fn the_driver_gets_a_list_where_there_is_one() {
    let bench = Bench::new().await;
    let parcels = [number("9205500000000000000001"), number("9205500000000000000002")];
    let made =
        async |carrier, parcels: &[_]| bench.carrier(carrier).manifest(&bench.account, &parcel().from, date(2025, 8, 8), parcels).await;
    let Ok(Manifested::Made { number: None, document: Some(list) }) = made(CarrierName::Fedex, &parcels).await else { panic!("FedEx") };
    assert_eq!((list.format, list.bytes.as_slice()), (DocumentFormat::Text, &b"FEDEX GROUND MANIFEST"[..]));
    let Ok(Manifested::Made { number: Some(said), document: Some(form) }) = made(CarrierName::Usps, &parcels).await else { panic!("USPS") };
    assert_eq!((said.as_str(), form.format), ("9275090000000000000001", DocumentFormat::Pdf));
    assert_eq!(made(CarrierName::Ups, &parcels).await, Ok(Manifested::NotNeeded));
    assert_eq!(made(CarrierName::Dhl, &parcels).await, Ok(Manifested::NotNeeded));
    for carrier in [CarrierName::Fedex, CarrierName::Usps] {
        for many in [vec![], vec![number("1"); 1_001]] {
            assert!(matches!(made(carrier, &many).await, Err(CarrierError::Rejected { code, .. }) if code == "out_of_range"));
        }
    }
    bench.double.assert_clean();
}

#[tokio::test]
async fn what_is_missing_is_said_before_anything_is_bought() {
    let bench = Bench::new().await;
    let mut nobody = purchase("1001.F1");
    nobody.consignment.to.phone = None;
    for carrier in [CarrierName::Fedex, CarrierName::Dhl] {
        let refused = bench.carrier(carrier).buy_label(&bench.account, &nobody).await;
        assert!(matches!(&refused, Err(CarrierError::Rejected { code, .. }) if code == "phone_required"), "{refused:?}");
    }
    let mut account = bench.account.clone();
    account.mailer = None;
    let refused = bench.carrier(CarrierName::Usps).buy_label(&account, &purchase("1001.F1")).await;
    assert!(matches!(&refused, Err(CarrierError::Rejected { code, .. }) if code == "not_configured"), "{refused:?}");
    account.tracking_key = None;
    let refused = bench.carrier(CarrierName::Dhl).track(&account, &number("1000000001")).await;
    assert!(matches!(&refused, Err(CarrierError::Rejected { code, .. }) if code == "not_configured"), "{refused:?}");
    assert!(bench.double.sales().is_empty());
}
