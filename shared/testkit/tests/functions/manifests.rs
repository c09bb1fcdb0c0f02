//! What carriers collect: over the API, through the worker and by the clock.

use crate::house::{House, config, correlation};
use crate::labels::{asks, label, later, packs, sends_with, shipping};
use crate::rest::{Answer, get, post};
use app::Error;
use app::ports::{ManifestStore, ReportStore, TenantStore};
use app::tenant::TenantConfig;
use contracts::{Envelope, Payload};
use domain::ids::{OrderId, TrackingNumber};
use domain::shipping::CarrierName;
use domain::shipping::manifest::ManifestState;
use futures::future::join_all;
use jiff::SignedDuration;
use jiff::civil::time;
use serde_json::{Value, json};
use testkit::depot::Fate;

/// A shop that has accounts everywhere and a label for each of these orders.
async fn labelled(orders: &[(&str, Value)]) -> House {
    let house = sends_with(&CarrierName::ALL).await;
    for (number, wish) in orders {
        packs(&house, number).await;
        assert_eq!(asks(&house, number, wish.clone()).await.status, 202);
    }
    house
}

fn usps() -> Value {
    json!({ "carrier": "usps" })
}

async fn hands_over(house: &House, wish: Value) -> Vec<Value> {
    house.clock.advance(SignedDuration::from_millis(1));
    let answer = post(house, "/v1/manifests", &[], wish).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    answer.body["manifests"].as_array().unwrap().clone()
}

/// "usps main 1/1 later 0": what waits.
async fn waits(house: &House) -> Vec<String> {
    let list = get(house, "/v1/manifests").await.body;
    let said = |pile: &Value| {
        let place = pile["location"].as_str().unwrap_or("everywhere");
        format!("{} {place} {}/{} later {}", pile["carrier"].as_str().unwrap(), pile["wanted"], pile["parcels"], pile["later"])
    };
    list["waiting"].as_array().unwrap().iter().map(said).collect()
}

async fn read(house: &House, manifest: &Value) -> Value {
    get(house, &format!("/v1/manifests/{}", manifest["id"].as_str().unwrap())).await.body
}

async fn number(house: &House, order: &str) -> TrackingNumber {
    TrackingNumber::parse(label(house, order).await["tracking_number"].as_str().unwrap()).unwrap()
}

/// What the worker hears next.
async fn due(house: &House) -> Envelope {
    for row in house.world.take_stream(usize::MAX) {
        house.relay().publish(&row).await.unwrap();
    }
    let published = house.world.take_published();
    published.into_iter().find(|event| matches!(event.payload, Payload::ManifestDue(_))).unwrap()
}

async fn settle(house: &House, manifest: &Value, made: bool) -> Answer {
    post(house, &format!("/v1/manifests/{}/settle", manifest["id"].as_str().unwrap()), &[], json!({ "made": made })).await
}

// req: S2-68
#[tokio::test]
async fn the_carrier_is_told_what_it_collects() {
    let house = labelled(&[("2001", usps()), ("2002", usps())]).await;
    house.one_endpoint().await;
    assert_eq!(waits(&house).await, ["usps main 2/2 later 0"]);
    let [asked] = <[Value; 1]>::try_from(hands_over(&house, json!({})).await).unwrap();
    assert_eq!((&asked["status"], &asked["location"]), (&json!("asked"), &json!("main")));
    let open = get(&house, "/v1/manifests").await.body["waiting"][0]["open"].clone();
    assert_eq!(open, asked["id"]);
    house.settle().await;
    let made = read(&house, &asked).await;
    assert_eq!((&made["status"], &made["number"], &made["count"]), (&json!("made"), &json!("9275000001"), &json!(2)), "{made}");
    let told = vec![number(&house, "2001").await, number(&house, "2002").await];
    assert_eq!(house.depot.manifests(), [(CarrierName::Usps, told)]);
    let orders: Vec<&Value> = made["parcels"].as_array().unwrap().iter().map(|parcel| &parcel["order_id"]).collect();
    assert_eq!(orders, ["2001", "2002"]);
    let file = format!("manifests/{}.txt", asked["id"].as_str().unwrap());
    assert!(made["url"].as_str().unwrap().contains(&file), "{made}");
    assert_eq!(house.world.reports().get(&house.scope, &file).await.unwrap().unwrap(), b"MANIFEST 1");
    assert_eq!(waits(&house).await, Vec::<String>::new());
    assert_eq!(hands_over(&house, json!({})).await, Vec::<Value>::new(), "nothing waits");
    // What is packed later is on the next.
    packs(&house, "2003").await;
    asks(&house, "2003", usps()).await;
    hands_over(&house, json!({ "carrier": "usps", "location": "main" })).await;
    house.settle().await;
    assert_eq!(house.depot.manifests()[1].1, [number(&house, "2003").await]);
    let list = get(&house, "/v1/manifests?limit=1").await.body;
    assert_eq!((&list["manifests"][0]["number"], &list["manifests"][0]["parcels"]), (&json!("9275000002"), &Value::Null));
    let next = get(&house, &format!("/v1/manifests?limit=1&cursor={}", list["next_cursor"].as_str().unwrap())).await.body;
    assert_eq!((&next["manifests"][0]["id"], &next["next_cursor"]), (&asked["id"], &Value::Null));
}

// req: S2-68
#[tokio::test]
async fn who_knows_already_is_not_told() {
    let ups = json!({ "carrier": "ups" });
    let express = json!({ "carrier": "fedex", "service": "express" });
    let house = labelled(&[("2001", ups), ("2002", express), ("2003", json!({ "carrier": "fedex" }))]).await;
    assert_eq!(waits(&house).await, ["fedex everywhere 1/2 later 0", "ups main 0/1 later 0"]);
    let asked = hands_over(&house, json!({})).await;
    let before = house.depot.asked();
    house.settle().await;
    assert_eq!(house.depot.asked(), before + 1, "FedEx alone");
    let states: Vec<Value> = vec![read(&house, &asked[0]).await["status"].clone(), read(&house, &asked[1]).await["status"].clone()];
    assert_eq!(states, ["made", "not_needed"]);
    assert_eq!(house.depot.manifests(), [(CarrierName::Fedex, vec![number(&house, "2003").await])], "of Ground alone");
    assert_eq!(read(&house, &asked[0]).await["count"], 2, "the driver takes both along");
}

/// Nobody collects what was given back, or what the carrier has.
// req: S2-68
#[tokio::test]
async fn what_does_not_wait_any_more_is_on_no_pile() {
    let house = labelled(&[("2001", usps()), ("2002", usps()), ("2003", usps())]).await;
    asks(&house, "2001", json!({ "carrier": "ups", "again": true })).await;
    assert_eq!(waits(&house).await, ["ups main 0/1 later 0", "usps main 2/2 later 0"], "it goes by another");
    house.depot.sees(&number(&house, "2002").await, "Accepted", house.clock_now());
    assert_eq!(post(&house, "/v1/orders/2002/fulfilments/p1/track", &[], json!({})).await.status, 202);
    house.settle().await;
    assert_eq!(waits(&house).await, ["ups main 0/1 later 0", "usps main 1/1 later 0"], "it has been collected");
    // Called off, and its carrier is away when the label is given back.
    house.depot.will(|word| if word == "void" { Fate::Away } else { Fate::Done });
    assert_eq!(post(&house, "/v1/orders/2003/status", &[], json!({ "status": "cancelled" })).await.status, 200);
    house.settle().await;
    let [asked] = <[Value; 1]>::try_from(hands_over(&house, usps()).await).unwrap();
    house.settle().await;
    assert_eq!((read(&house, &asked).await["status"].clone(), house.depot.manifests()), (json!("empty"), Vec::new()));
    assert_eq!(waits(&house).await, ["ups main 0/1 later 0", "usps main 1/1 later 0"], "until it is given back");
    house.depot.will(|_| Fate::Done);
    later(&house, 16).await;
    assert_eq!(waits(&house).await, ["ups main 0/1 later 0"]);
}

// req: S2-68
#[tokio::test]
async fn what_a_carrier_refuses_waits_for_another() {
    let house = labelled(&[("2001", usps())]).await;
    house.depot.will(|word| if word == "manifest" { Fate::Refused } else { Fate::Done });
    let [asked] = <[Value; 1]>::try_from(hands_over(&house, json!({})).await).unwrap();
    house.settle().await;
    let failed = read(&house, &asked).await;
    assert_eq!((&failed["status"], &failed["problem"]), (&json!("failed"), &json!("no")), "{failed}");
    let posts = house.world.posts();
    assert!(posts.iter().any(|(_, text)| text.contains("manifest of USPS at main")), "the team hears of it: {posts:?}");
    assert_eq!(waits(&house).await, ["usps main 1/1 later 0"]);
    assert_eq!(settle(&house, &asked, true).await.status, 409, "nobody is needed");
    house.depot.will(|_| Fate::Done);
    let [again] = <[Value; 1]>::try_from(hands_over(&house, json!({})).await).unwrap();
    house.settle().await;
    assert_eq!(read(&house, &again).await["status"], "made");
}

/// No carrier is asked twice, unless it has certainly done nothing.
// req: S2-68
#[tokio::test]
async fn nobody_knows_until_somebody_looks() {
    for (fate, first_answer, then) in [
        (Fate::DoneInSilence, Some(ManifestState::Unsure), ManifestState::Unsure),
        (Fate::Silence, Some(ManifestState::Unsure), ManifestState::Unsure),
        (Fate::Away, None, ManifestState::Made),
        (Fate::Refused, Some(ManifestState::Failed), ManifestState::Failed),
    ] {
        let house = labelled(&[("2001", usps())]).await;
        let mut first = true;
        house.depot.will(move |word| if word == "manifest" && std::mem::take(&mut first) { fate } else { Fate::Done });
        let [asked] = <[Value; 1]>::try_from(hands_over(&house, json!({})).await).unwrap();
        let event = due(&house).await;
        let run = house.collection().run(&event, None).await;
        match first_answer {
            Some(state) => assert_eq!(run.unwrap(), Some(state), "{fate:?}"),
            None => assert!(matches!(run, Err(Error::Retryable(_))), "{fate:?}: {run:?}"),
        }
        for _ in 0..2 {
            assert_eq!(house.collection().run(&event, None).await.unwrap(), Some(then), "{fate:?}: the message comes again");
        }
        let told = house.depot.manifests().len();
        assert_eq!(told, usize::from(matches!(fate, Fate::DoneInSilence | Fate::Away)), "{fate:?}");
        if then != ManifestState::Unsure {
            continue;
        }
        assert_eq!(hands_over(&house, json!({})).await[0]["id"], asked["id"], "no other is made before somebody has looked");
        let settled = settle(&house, &asked, true).await;
        assert_eq!((settled.status, &settled.body["status"]), (200, &json!("made")));
        assert_eq!(settle(&house, &asked, true).await.status, 200, "said twice");
        assert_eq!(settle(&house, &asked, false).await.status, 409);
        assert_eq!(waits(&house).await, Vec::<String>::new());
    }
}

/// Two people say different things at the same moment: what stands is what one of them said, and the parcels are where that puts them.
// req: S2-68
#[tokio::test]
async fn two_people_settle_it_at_once() {
    for _ in 0..20 {
        let house = labelled(&[("2001", usps())]).await;
        house.depot.will(|word| if word == "manifest" { Fate::DoneInSilence } else { Fate::Done });
        let [asked] = <[Value; 1]>::try_from(hands_over(&house, json!({})).await).unwrap();
        house.settle().await;
        let said = join_all((0..8).map(|n| settle(&house, &asked, n % 2 == 0))).await;
        assert!(said.iter().all(|one| matches!(one.status, 200 | 409)) && said.iter().any(|one| one.status == 200));
        let stands = read(&house, &asked).await["status"].clone();
        let expected = if stands == "made" { 0 } else { 1 };
        assert_eq!((waits(&house).await.len(), stands == "made" || stands == "failed"), (expected, true), "{stands}");
    }
}

/// A worker that never came back leaves it to a person; one that nobody was sent to is sent somebody once more.
// req: S2-68
#[tokio::test]
async fn what_stands_still_is_looked_after() {
    let house = labelled(&[("2001", usps())]).await;
    let [asked] = <[Value; 1]>::try_from(hands_over(&house, json!({})).await).unwrap();
    let lost = due(&house).await;
    assert_eq!(settle(&house, &asked, true).await.status, 409, "it may come to an end by itself");
    house.clock.advance(SignedDuration::from_mins(16));
    assert_eq!(settle(&house, &asked, true).await.status, 409, "no carrier was asked");
    assert_eq!(hands_over(&house, json!({})).await[0]["id"], asked["id"]);
    house.settle().await;
    assert_eq!(read(&house, &asked).await["status"], "made", "somebody was sent again");
    assert_eq!(house.collection().run(&lost, None).await.unwrap(), Some(ManifestState::Made), "and the message that was lost comes late");
    // One died while the carrier was asked.
    packs(&house, "2002").await;
    asks(&house, "2002", usps()).await;
    let [second] = <[Value; 1]>::try_from(hands_over(&house, json!({})).await).unwrap();
    let event = due(&house).await;
    let id = domain::ids::ManifestId::parse(second["id"].as_str().unwrap()).unwrap();
    let known = house.world.manifests().load(&house.scope, &id).await.unwrap().unwrap();
    let asking = known.asking(house.world.all_waiting(&house.scope), house.clock_now());
    assert!(house.world.manifests().save(&house.scope, &asking, &[], house.clock_now()).await.unwrap());
    assert!(matches!(house.collection().run(&event, None).await, Err(Error::Retryable(_))), "somebody may be at it");
    house.clock.advance(SignedDuration::from_mins(3));
    assert_eq!(house.collection().run(&event, None).await.unwrap(), Some(ManifestState::Unsure));
    assert_eq!(settle(&house, &second, true).await.body["status"], "made");
    assert_eq!((waits(&house).await, house.depot.manifests().len()), (Vec::new(), 1));
}

/// Somebody says that the carrier has it not: what is on it waits again.
// req: S2-68
#[tokio::test]
async fn a_manifest_that_was_not_made_gives_its_parcels_back() {
    let house = labelled(&[("2001", usps())]).await;
    house.depot.will(|word| if word == "manifest" { Fate::Silence } else { Fate::Done });
    let [asked] = <[Value; 1]>::try_from(hands_over(&house, json!({})).await).unwrap();
    let event = due(&house).await;
    assert_eq!(house.collection().run(&event, None).await.unwrap(), Some(ManifestState::Unsure));
    let settled = settle(&house, &asked, false).await;
    assert_eq!((settled.status, &settled.body["status"]), (200, &json!("failed")), "{}", settled.body);
    assert_eq!(waits(&house).await, ["usps main 1/1 later 0"]);
    assert_eq!(house.collection().run(&event, None).await.unwrap(), Some(ManifestState::Failed), "the message that comes late");
    house.depot.will(|_| Fate::Done);
    hands_over(&house, json!({})).await;
    house.settle().await;
    assert_eq!(house.depot.manifests().len(), 1);
}

// req: S2-68
#[tokio::test]
async fn asking_64_times_is_asking_once() {
    let house = labelled(&[("2001", usps())]).await;
    let asked = join_all((0..64).map(|_| hands_over(&house, json!({})))).await;
    assert!(asked.iter().all(|manifests| manifests[0]["id"] == asked[0][0]["id"]));
    house.settle().await;
    assert_eq!(house.depot.manifests().len(), 1);
}

// req: S2-68
#[tokio::test]
async fn every_day_at_its_hour() {
    let house = labelled(&[("2001", usps())]).await;
    let now = house.clock_now();
    let zone = config().zone();
    let local = now.to_zoned(zone.clone());
    let at = local.date().to_datetime(time(23, 30, 0, 0)).to_zoned(zone).unwrap().timestamp();
    let mut shipping = shipping(&CarrierName::ALL);
    shipping.accounts.iter_mut().for_each(|account| account.manifest_at = Some(time(23, 30, 0, 0)));
    let next = TenantConfig { version: 3, shipping, requests_per_minute: 10_000, ..config() };
    assert!(house.world.tenants().save(&house.scope, &next, 2).await.unwrap());
    let tick = async || house.collection().by_the_clock(&correlation()).await.unwrap().len();
    assert_eq!(tick().await, 0, "not yet");
    house.clock.advance(at.duration_since(now));
    assert_eq!((tick().await, tick().await), (1, 0), "once");
    house.settle().await;
    assert_eq!(house.depot.manifests().len(), 1);
    // What comes after the hour waits for the next day's.
    packs(&house, "2002").await;
    asks(&house, "2002", usps()).await;
    assert_eq!(tick().await, 0);
    house.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(tick().await, 1);
    house.settle().await;
    assert_eq!(house.depot.manifests().len(), 2);
    let list = get(&house, "/v1/manifests").await.body;
    assert!(list["manifests"].as_array().unwrap().iter().all(|one| one["asked_by"] == "rule dispatch"), "{list}");
}

/// A label that was laid onto the pile by a worker who died, and whose order does not know of it yet, is not lost and not told too soon.
// req: S2-68
#[tokio::test]
async fn a_parcel_is_on_its_pile_before_its_order_knows() {
    let house = labelled(&[("2001", usps())]).await;
    let mut unknown = house.world.all_waiting(&house.scope).remove(0);
    packs(&house, "2002").await;
    (unknown.order, unknown.number) = (OrderId::parse("2002").unwrap(), TrackingNumber::parse("USPS999999").unwrap());
    house.world.manifests().lay(&house.scope, &unknown, house.clock_now()).await.unwrap();
    hands_over(&house, json!({})).await;
    house.settle().await;
    assert_eq!(house.depot.manifests()[0].1, [number(&house, "2001").await]);
    assert_eq!(waits(&house).await, ["usps main 1/1 later 0"], "the other one stays");
}

#[tokio::test]
async fn bad_wishes_are_the_senders_fault() {
    let house = labelled(&[]).await;
    for (wish, fields) in [
        (json!({ "carrier": "pigeon", "location": "No Where" }), vec!["carrier", "location"]),
        (json!({ "carrier": 7 }), vec!["carrier"]),
        (json!({ "where": "main" }), vec!["where"]),
    ] {
        let answer = post(&house, "/v1/manifests", &[], wish.clone()).await;
        let found: Vec<&str> = answer.body["errors"].as_array().unwrap().iter().map(|fault| fault["field"].as_str().unwrap()).collect();
        assert_eq!((answer.status, found), (422, fields), "{wish}");
    }
    for name in ["none", "20251128T163000123Z-usps-main", "%23", "../x"] {
        let id = json!({ "id": name });
        assert_eq!(settle(&house, &id, true).await.status, 404, "{name}");
    }
    assert_eq!(get(&house, "/v1/manifests?limit=0").await.status, 422);
    assert_eq!(get(&house, "/v1/manifests?cursor=made-up").await.status, 422);
}
