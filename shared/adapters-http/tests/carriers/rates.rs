use crate::bench::{Bench, parcel, postal};
use app::ports::{Carrier, CarrierError, Consignment};
use domain::money::Currency;
use domain::shipping::rates::{CarrierName, choose};
use domain::shipping::{Quote, Service};
use jiff::civil::date;

fn said(quotes: &[Quote]) -> Vec<String> {
    let said = |quote: &Quote| {
        format!("{} {} {} {}", quote.code.as_deref().unwrap_or("-"), quote.service.as_str(), quote.price.decimal(), quote.arrives)
    };
    quotes.iter().map(said).collect()
}

// req: S2-61, S2-63
#[tokio::test]
async fn each_carrier_quotes_in_cents_and_days() {
    let bench = Bench::new().await;
    for (carrier, expected) in [
        // What the account pays; half a cent to the even one; without a day, the service's usual.
        (
            CarrierName::Fedex,
            &[
                "FEDEX_GROUND standard 10.84 2025-08-13",
                "FEDEX_2_DAY express 20.80 2025-08-12",
                "STANDARD_OVERNIGHT overnight 40.84 2025-08-09",
            ][..],
        ),
        (CarrierName::Ups, &["03 standard 9.84 2025-08-13", "01 overnight 36.84 2025-08-11", "02 express 19.84 2025-08-10"]),
        (
            CarrierName::Usps,
            &[
                "USPS_GROUND_ADVANTAGE standard 8.84 2025-08-13",
                "PRIORITY_MAIL express 15.84 2025-08-11",
                "PRIORITY_MAIL_EXPRESS overnight 33.25 2025-08-09",
            ],
        ),
        (CarrierName::Dhl, &["N overnight 46.84 2025-08-09", "Q express 23.84 2025-08-10"]),
    ] {
        let quotes = bench.carrier(carrier).rates(&bench.account, &parcel()).await.unwrap();
        assert_eq!(said(&quotes), expected, "{carrier:?}");
        assert!(quotes.iter().all(|quote| quote.carrier == carrier));
    }
    bench.double.assert_clean();
}

// req: S2-61
#[tokio::test]
async fn the_cheapest_of_all_that_keeps_the_promise() {
    let bench = Bench::new().await;
    let mut quotes = Vec::new();
    for carrier in CarrierName::ALL {
        quotes.extend(bench.carrier(carrier).rates(&bench.account, &parcel()).await.unwrap());
    }
    for (promise, carrier, service, price) in [
        (None, CarrierName::Usps, Service::Standard, "8.84"),
        (Some(date(2025, 8, 12)), CarrierName::Usps, Service::Express, "15.84"),
        (Some(date(2025, 8, 9)), CarrierName::Usps, Service::Overnight, "33.25"),
    ] {
        let taken = choose(quotes.clone(), promise, Currency::USD).taken.unwrap();
        assert_eq!((taken.carrier, taken.service, taken.price.decimal().as_str()), (carrier, service, price));
    }
}

#[tokio::test]
async fn what_cannot_be_carried_is_not_asked_for() {
    let bench = Bench::new().await;
    let abroad = |mut parcel: Consignment| {
        parcel.to.address = postal("Bahnhofstrasse 1", "Zürich", None, "8001", "CH");
        parcel
    };
    let long = |mut parcel: Consignment| {
        parcel.to.name = "x".repeat(51);
        parcel
    };
    let heavy = Consignment { weight_g: 32_000, ..parcel() };
    let code = async |carrier: &dyn Carrier, parcel: &Consignment| match carrier.rates(&bench.account, parcel).await {
        Err(CarrierError::Rejected { code, .. }) => code,
        other => panic!("{other:?}"),
    };
    for carrier in CarrierName::ALL {
        assert_eq!(code(bench.carrier(carrier), &abroad(parcel())).await, "customs", "{carrier:?}");
        assert_eq!(code(bench.carrier(carrier), &long(parcel())).await, "address_too_long", "{carrier:?}");
    }
    assert_eq!(code(bench.carrier(CarrierName::Usps), &heavy).await, "too_heavy");
    let mut in_europe = parcel();
    in_europe.from.address = postal("Lange Straße 1", "Berlin", None, "10115", "DE");
    in_europe.to.address = postal("Długa 2", "Warszawa", None, "00-950", "PL");
    assert_eq!(code(bench.carrier(CarrierName::Usps), &in_europe).await, "not_offered");
    assert!(bench.double.calls("").is_empty(), "nobody was asked");
    for carrier in [CarrierName::Fedex, CarrierName::Ups, CarrierName::Dhl] {
        assert!(bench.carrier(carrier).rates(&bench.account, &in_europe).await.is_ok(), "no duties inside the Union: {carrier:?}");
    }
    let sent = bench.double.calls("/rates/quotes")[0].json();
    let package = &sent["requestedShipment"]["requestedPackageLineItems"][0];
    assert_eq!((package["weight"]["units"].as_str(), package["weight"]["value"].as_f64()), (Some("KG"), Some(1.7)));
    bench.double.assert_clean();
}
