//! What carriers collect.

use super::samples::placed;
use super::{Ports, Stage, patiently, race};
use app::ports::PortError;
use domain::ids::{FulfilmentId, LabelReference, LocationId, OrderId, TrackingNumber};
use domain::shipping::manifest::{Closing, Manifest, ManifestState, Pile, WaitingParcel};
use domain::shipping::{CarrierName, Service};
use jiff::civil::date;

fn waits(carrier: CarrierName, location: &str, number: &str) -> WaitingParcel {
    WaitingParcel {
        carrier,
        service: Service::Standard,
        location: LocationId::parse(location).unwrap(),
        order: OrderId::parse("1001").unwrap(),
        parcel: FulfilmentId::parse("p1").unwrap(),
        reference: LabelReference::parse("1001-p1-1").unwrap(),
        number: TrackingNumber::parse(number).unwrap(),
        leaves: date(2025, 8, 8),
    }
}

fn asked(stage: &Stage, carrier: CarrierName, location: &str, after_s: i64) -> Manifest {
    let pile = Pile::of(carrier, &LocationId::parse(location).unwrap());
    Manifest::asked(pile, date(2025, 8, 8), "ada".into(), stage.after(after_s)).unwrap()
}

// req: S2-68
/// What is laid onto a pile lies there once, among its carrier's, until it is taken.
pub async fn parcels_wait_on_their_piles(ports: &Ports) {
    let stage = Stage::set();
    let (scope, store) = (&stage.ours, &ports.manifests);
    let parcels = [("la", "3"), ("main", "1"), ("main", "2")].map(|(place, number)| waits(CarrierName::Usps, place, number));
    for parcel in [&parcels[2], &parcels[0], &parcels[1], &parcels[0], &waits(CarrierName::Ups, "main", "1")] {
        patiently(|| store.lay(scope, parcel, stage.now)).await;
    }
    assert_eq!(store.waiting(scope, CarrierName::Usps, 10).await.unwrap(), parcels);
    assert_eq!(store.waiting(scope, CarrierName::Usps, 2).await.unwrap(), parcels[..2]);
    assert_eq!(store.waiting(scope, CarrierName::Ups, 10).await.unwrap().len(), 1, "each carrier's its own");
    assert_eq!(store.waiting(&stage.theirs, CarrierName::Usps, 10).await, Ok(Vec::new()), "another shop's are another's");
    for _ in 0..2 {
        patiently(|| store.take(scope, &parcels[1..])).await;
    }
    assert_eq!(store.waiting(scope, CarrierName::Usps, 10).await.unwrap(), parcels[..1]);
}

// req: S2-68
/// Of all who want a manifest of a pile at once, one gets it; the next comes when that one is closed.
pub async fn one_manifest_of_a_pile_at_a_time(ports: &Ports) {
    let stage = Stage::set();
    let (scope, store) = (&stage.ours, &ports.manifests);
    let news = placed(scope, "1001", stage.now).publish;
    let added = race(16, |at| {
        let (ports, scope, news) = (ports.clone(), scope.clone(), news.clone());
        let manifest = asked(&stage, CarrierName::Usps, "main", i64::try_from(at).unwrap());
        async move { patiently(|| ports.manifests.add(&scope, &manifest, &news[..1], manifest.asked_at)).await }
    })
    .await;
    assert_eq!(added.into_iter().filter(|added| *added).count(), 1);
    let open = store.open(scope).await.unwrap();
    let [(pile, id)] = open.as_slice() else { panic!("{open:?}") };
    let known = store.load(scope, id).await.unwrap().unwrap();
    assert_eq!((pile, known.state), (&known.pile, ManifestState::Asked));
    assert_eq!(store.add(scope, &known, &news[..1], stage.now).await, Ok(true), "whoever lost the answer finds what they wrote");
    let elsewhere = asked(&stage, CarrierName::Usps, "la", 20);
    assert_eq!(store.add(scope, &elsewhere, &[], stage.now).await, Ok(true), "another place, another pile");
    assert_eq!(store.add(&stage.theirs, &asked(&stage, CarrierName::Usps, "main", 20), &[], stage.now).await, Ok(true));
    let unsure = known.asking(Vec::new(), stage.now).closed(Closing::Unsure { why: "no answer".into() }, stage.now);
    let again = asked(&stage, CarrierName::Usps, "main", 30);
    assert_eq!(store.save(scope, &known.asking(vec![waits(CarrierName::Usps, "main", "1")], stage.now), &[], stage.now).await, Ok(true));
    assert_eq!(store.save(scope, &unsure, &[], stage.now).await, Ok(true));
    assert_eq!(store.add(scope, &again, &[], stage.now).await, Ok(false), "nobody knows what became of the one before");
    let made = unsure.closed(Closing::Made { number: Some("9275".into()), file: None }, stage.now);
    assert_eq!(store.save(scope, &made, &[], stage.now).await, Ok(true));
    assert_eq!(store.save(scope, &made, &[], stage.now).await, Ok(true), "it is written");
    assert_eq!(store.add(scope, &again, &[], stage.now).await, Ok(true));
}

// req: S2-68
/// The latest first, page by page; and nobody overwrites another's change.
pub async fn manifests_are_listed_and_saved_by_version(ports: &Ports) {
    let stage = Stage::set();
    let (scope, store) = (&stage.ours, &ports.manifests);
    let places = ["a", "b", "c", "d", "e"];
    for (after_s, place) in places.iter().enumerate() {
        let manifest = asked(&stage, CarrierName::Usps, place, i64::try_from(after_s).unwrap());
        assert!(patiently(|| store.add(scope, &manifest, &[], stage.now)).await);
    }
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store.page(scope, after.as_ref(), 2).await.unwrap();
        assert!(page.manifests.len() <= 2);
        found.extend(page.manifests.into_iter().map(|one| one.pile.location.unwrap().to_string()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, ["e", "d", "c", "b", "a"]);
    let nonsense = app::ports::PageKey("not one!".into());
    assert!(matches!(store.page(scope, Some(&nonsense), 2).await, Err(PortError::Fatal(_))));
    assert!(store.page(&stage.theirs, None, 2).await.unwrap().manifests.is_empty());
    let first = asked(&stage, CarrierName::Usps, "a", 0);
    assert_eq!(store.load(&stage.theirs, &first.id).await, Ok(None));
    let (mine, yours) = (first.asking(Vec::new(), stage.now), first.closed(Closing::Empty, stage.now));
    assert_eq!(store.save(scope, &mine, &[], stage.now).await, Ok(true));
    assert_eq!(store.save(scope, &yours, &[], stage.now).await, Ok(false), "somebody was faster");
    assert_eq!(store.load(scope, &first.id).await, Ok(Some(mine)));
    assert_eq!(store.open(scope).await.unwrap().len(), 5);
}
