//! Photos of orders: added, shown, deleted with the customer they may show.

use crate::door::{Answer, rest};
use crate::house::{House, config, correlation, identity, owner};
use crate::stale::Stale;
use app::apply::Apply;
use app::photos::{PICTURE_BYTES_MAX, Photos};
use app::ports::{PortError, PortResult, ReportStore};
use app::privacy::{Privacy, address};
use app::{Context, Error, Identity, Provenance, Scopes, TenantScope};
use async_trait::async_trait;
use domain::ids::{OrderId, TenantId};
use domain::order::{PhotoKind, Rejection, Role};
use jiff::SignedDuration;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A photograph that says where it was taken; `seed` is what it shows.
pub fn photograph(seed: &str) -> Vec<u8> {
    let segment = |marker: u8, content: &[u8]| {
        let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        [&[0xFF, marker], &length[..], content].concat()
    };
    let parts = [
        vec![0xFF, 0xD8],
        segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\0 52.2297 N"),
        segment(0xC0, b"frame"),
        segment(0xDA, b"scan"),
        seed.as_bytes().to_vec(),
        vec![0xFF, 0xD9],
    ];
    parts.concat()
}

async fn send_as(house: &House, who: Identity, path: &str, kind: &str, body: &[u8]) -> Answer {
    let headers: &[(&str, &str)] = if kind.is_empty() { &[] } else { &[("content-type", kind)] };
    rest(house, Some(who), "POST", path, headers, body).await
}

async fn send(house: &House, path: &str, body: &[u8]) -> Answer {
    send_as(house, owner(), path, "image/jpeg", body).await
}

async fn get(house: &House, path: &str) -> Answer {
    rest(house, Some(owner()), "GET", path, &[], b"").await
}

async fn kept(house: &House, scope: &TenantScope) -> Vec<String> {
    house.world.reports().list(scope, "photos/", 100).await.unwrap()
}

async fn forget_eve(house: &House, files: Arc<dyn ReportStore>) -> Result<usize, Error> {
    let privacy = Privacy { files, ..house.privacy() };
    let erased = privacy.erase(&owner(), &config(), &address("eve@example.com").unwrap().into(), &correlation()).await;
    erased.map(|erased| erased.orders)
}

const PACKING: &str = "/v1/orders/1003/photos/packing";
const SHIPPING: &str = "/v1/orders/1003/photos/shipping";

// req: S1-36
#[tokio::test]
async fn a_photo_is_added_once_and_shown_with_a_link() {
    let house = House::new().await;
    let before = get(&house, "/v1/orders/1003").await;
    let added = send(&house, PACKING, &photograph("a box")).await;
    assert_eq!(added.status, 201, "{}", added.body);
    let id = added.body["photo_id"].as_str().unwrap().to_owned();
    assert_eq!((&added.body["kind"], &added.body["added_at"]), (&json!("packing"), &json!("2025-08-09T10:00:01Z")));
    assert_eq!(added.body["link"], format!("memory://reports/demo/photos/of-1003/{id}?valid_for=900"));
    assert_eq!(added.body["link_expires_at"], "2025-08-09T10:15:01Z");
    house.clock.advance(SignedDuration::from_mins(1));
    let again = send(&house, PACKING, &photograph("a box")).await;
    assert_eq!((again.status, &again.body["photo_id"], &again.body["added_at"]), (200, &json!(id), &added.body["added_at"]));
    let left = send_as(&house, owner(), SHIPPING, "", &photograph("a parcel")).await;
    assert_eq!(left.status, 201, "{}", left.body);

    let listed = get(&house, "/v1/orders/1003/photos").await.body;
    let kinds: Vec<&str> = listed["photos"].as_array().unwrap().iter().map(|photo| photo["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["packing", "shipping"]);
    for path in ["/v1/orders/1003/timeline", "/v1/orders/1003/progress"] {
        let shown = get(&house, path).await.body;
        let entries = shown["timeline"].as_array().unwrap().iter();
        let photos: Vec<_> = entries.filter(|entry| entry["event"] == "photo_added").collect();
        assert_eq!(
            (photos.len(), &photos[0]["text"], &photos[0]["photo"]["photo_id"]),
            (2, &json!("Photo of packing"), &json!(id)),
            "{shown}"
        );
        assert!(photos.iter().all(|entry| entry["photo"]["link"].as_str().unwrap().starts_with("memory://reports/demo/photos/of-1003/")));
    }
    let order = get(&house, "/v1/orders/1003").await;
    assert_eq!((order.body["photos"].as_array().unwrap().len(), &order.body["photos"][0]["photo_id"]), (2, &json!(id)));
    assert_eq!(order.body["version"], before.body["version"], "a photo is no reason to refuse somebody's change");
    let picture = house.world.reports().get(&house.scope, &format!("photos/of-1003/{id}")).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&picture).into_owned();
    assert!(text.contains("a box") && !text.contains("52.2297"), "{text}");
    house.settle().await;
    assert!(house.world.sent_mails().is_empty(), "the customer is not told");
}

// req: S1-36
#[tokio::test]
async fn what_cannot_be_a_photo_of_the_order_says_why() {
    let house = House::new().await;
    for kind in ["application/json", "multipart/form-data; boundary=x", "text/plain", "application/x-www-form-urlencoded"] {
        send_as(&house, owner(), PACKING, kind, &photograph("x")).await.refuses(415, kind);
    }
    for (body, fault) in [
        (&b""[..], " required"),
        (b"{}", " not_a_picture"),
        (b"GIF89a", " not_a_picture"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", " not_a_picture"),
        (b"\xFF\xD8\xFF\xE0 cut off", " damaged_picture"),
    ] {
        assert_eq!(send(&house, PACKING, body).await.refuses(422, fault).faults(), [fault]);
    }
    let large = send(&house, PACKING, &vec![0xFF; PICTURE_BYTES_MAX + 1]).await;
    assert!(large.refuses(413, "large").body["detail"].as_str().unwrap().contains("4 MB"), "{}", large.body);
    let kinds = send(&house, "/v1/orders/1003/photos/selfie", &photograph("x")).await;
    assert!(kinds.refuses(404, "kind").body["detail"].as_str().unwrap().contains("packing and shipping"), "{}", kinds.body);
    for path in ["/v1/orders/404/photos/packing", "/v1/orders/%2e%2e/photos/packing"] {
        send(&house, path, &photograph("x")).await.refuses(404, path);
    }
    let compressed = [("content-type", "image/jpeg"), ("content-encoding", "gzip")];
    rest(&house, Some(owner()), "POST", PACKING, &compressed, b"x").await.refuses(415, "compressed");
    let reader = identity("demo", Role::Readonly, Scopes { read: true, ..Scopes::default() });
    send_as(&house, reader, PACKING, "image/jpeg", &photograph("x")).await.refuses(403, "who may only read");
    assert_eq!(kept(&house, &house.scope).await, [""; 0]);
    for number in 0..20 {
        assert_eq!(send(&house, PACKING, &photograph(&number.to_string())).await.status, 201);
    }
    let full = send(&house, SHIPPING, &photograph("one more")).await;
    assert!(full.refuses(409, "the 21st").body["detail"].as_str().unwrap().contains("at most 20"), "{}", full.body);
    assert_eq!(send(&house, PACKING, &photograph("0")).await.status, 200, "those it has can be sent again");
    assert_eq!(kept(&house, &house.scope).await.len(), 20);
}

// req: S1-36, X-08
#[tokio::test]
async fn photos_are_deleted_with_the_customer() {
    let house = House::new().await;
    for (path, seed) in [(PACKING, "a box"), (SHIPPING, "a parcel"), ("/v1/orders/1002/photos/packing", "a box")] {
        assert_eq!(send(&house, path, &photograph(seed)).await.status, 201);
    }
    // What a process that died in the act has left, and an order whose number begins with the same digits.
    for key in ["photos/of-1003/left.jpg", "photos/of-10030/theirs.jpg"] {
        house.world.reports().put(&house.scope, key, photograph("left"), "image/jpeg").await.unwrap();
    }
    assert_eq!(forget_eve(&house, Arc::new(house.world.reports())).await.unwrap(), 1);
    let left = kept(&house, &house.scope).await;
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(left.iter().all(|key| key.starts_with("photos/of-1002/") || key == "photos/of-10030/theirs.jpg"), "{left:?}");
    assert_eq!(get(&house, "/v1/orders/1003/photos").await.body, json!({ "photos": [] }));
    let timeline = get(&house, "/v1/orders/1003/timeline").await.body;
    let mut photos = timeline["timeline"].as_array().unwrap().iter().filter(|entry| entry["event"] == "photo_added");
    assert!(photos.all(|entry| entry["photo"].is_null()) && timeline["order"]["photos"].is_null(), "{timeline}");
    for seed in ["a box", "another"] {
        let refused = send(&house, PACKING, &photograph(seed)).await;
        assert!(refused.refuses(409, seed).body["detail"].as_str().unwrap().contains("erased"), "{}", refused.body);
    }
    assert_eq!(kept(&house, &house.scope).await, left);
}

/// A bucket whose every second deletion fails.
struct Reluctant(Arc<dyn ReportStore>, AtomicUsize);

#[async_trait]
impl ReportStore for Reluctant {
    async fn put(&self, scope: &TenantScope, key: &str, bytes: Vec<u8>, content_type: &str) -> PortResult<String> {
        self.0.put(scope, key, bytes, content_type).await
    }
    async fn get(&self, scope: &TenantScope, key: &str) -> PortResult<Option<Vec<u8>>> {
        self.0.get(scope, key).await
    }
    async fn list(&self, scope: &TenantScope, prefix: &str, limit: usize) -> PortResult<Vec<String>> {
        self.0.list(scope, prefix, limit).await
    }
    async fn link(&self, scope: &TenantScope, key: &str, valid_for: SignedDuration) -> PortResult<String> {
        self.0.link(scope, key, valid_for).await
    }
    async fn delete(&self, scope: &TenantScope, key: &str) -> PortResult<()> {
        if self.1.fetch_add(1, Ordering::Relaxed) % 2 == 1 {
            return Err(PortError::Retryable("the bucket is busy".into()));
        }
        self.0.delete(scope, key).await
    }
}

// req: S1-36, X-05, X-08
#[tokio::test]
async fn an_erasure_that_fails_half_way_is_finished() {
    let house = House::new().await;
    for seed in ["one", "two", "three", "four"] {
        assert_eq!(send(&house, PACKING, &photograph(seed)).await.status, 201);
    }
    let reluctant = Arc::new(Reluctant(Arc::new(house.world.reports()), AtomicUsize::new(0)));
    let failed = forget_eve(&house, reluctant.clone()).await;
    assert!(matches!(failed, Err(Error::Retryable(_))), "{failed:?}");
    assert_eq!(kept(&house, &house.scope).await.len(), 3, "one was deleted, the next was not");
    // The event of the erasure goes on where the call ended, as often as the queue delivers it.
    let erased = house.world.take_stream(usize::MAX).into_iter().flat_map(|row| row.events.clone());
    let erased = erased.filter(|event| matches!(event.payload, contracts::Payload::OrderContactErased(_))).last().unwrap();
    let notify = app::notify::Notify { reports: reluctant, ..house.notify() };
    let mut tries = 0;
    while notify.run(&erased, jiff::Timestamp::MAX).await.is_err() {
        tries += 1;
        assert!(tries < 10);
    }
    assert_eq!((tries, kept(&house, &house.scope).await), (2, Vec::new()));
}

/// The customer is forgotten after the order was looked at and before the photo is recorded.
// req: S1-36, X-05, X-08
#[tokio::test]
async fn a_photo_that_an_erasure_overtakes_is_not_kept() {
    let house = House::new().await;
    let id = OrderId::parse("1003").unwrap();
    let before = house.world.order(&house.scope, &id);
    assert_eq!(forget_eve(&house, Arc::new(house.world.reports())).await.unwrap(), 1);
    let by = Provenance { actor: owner().actor(), correlation: correlation() };
    let config = config();
    let context = Context { scope: &house.scope, config: &config, by: &by };
    let apply = Apply { orders: Arc::new(Stale::reading_first(house.world.orders(), before)), clock: house.clock.clone() };
    // The first try dies before it can clean up; the second one finds that out at once.
    let reluctant = Reluctant(Arc::new(house.world.reports()), AtomicUsize::new(1));
    let photos = Photos { apply: &apply, files: &reluctant };
    let add = async || photos.add(context, &id, PhotoKind::Packing, &photograph("a box")).await;
    let first = add().await;
    assert!(matches!(first, Err(Error::Retryable(_))), "{first:?}");
    assert_eq!(kept(&house, &house.scope).await.len(), 1);
    let second = add().await;
    assert!(matches!(second, Err(Error::Rejected(Rejection::PhotosForgotten))), "{second:?}");
    assert_eq!(kept(&house, &house.scope).await, [""; 0]);
}

// req: S1-36, S1-59
#[tokio::test]
async fn another_shops_photos_are_its_own() {
    let house = House::new().await;
    let stranger = || identity("other", Role::Owner, Scopes::ALL);
    let theirs = TenantScope::of_own_message(&TenantId::parse("other").unwrap());
    let mut order = crate::rest::order("1003");
    order["customer"]["email"] = json!("eve@example.com");
    let placed = crate::rest::call(&house, Some(stranger()), "POST", "/v1/orders", &[("idempotency-key", "1")], order).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    for who in [owner(), stranger()] {
        assert_eq!(send_as(&house, who, PACKING, "image/jpeg", &photograph("a box")).await.status, 201, "the same picture, twice");
    }
    let only = send_as(&house, stranger(), PACKING, "image/jpeg", &photograph("a secret")).await.body;
    let ours = get(&house, "/v1/orders/1003/photos").await;
    assert!(!ours.text().contains(only["photo_id"].as_str().unwrap()) && !ours.text().contains("/other/"), "{}", ours.body);
    assert_eq!(forget_eve(&house, Arc::new(house.world.reports())).await.unwrap(), 1);
    assert_eq!((kept(&house, &house.scope).await.len(), kept(&house, &theirs).await.len()), (0, 2));
}

/// A number that would climb if it were read as a path.
// req: S1-36
#[tokio::test]
async fn any_number_of_an_order_makes_a_plain_path() {
    let house = House::new().await;
    for number in ["..", ".", "a:b", "...", "1003."] {
        house.import(number, "Received", "ann@example.com", "2025-08-14").await;
        let by = Provenance { actor: owner().actor(), correlation: correlation() };
        let config = config();
        let context = Context { scope: &house.scope, config: &config, by: &by };
        let (apply, files) = (house.apply(), house.world.reports());
        let photos = Photos { apply: &apply, files: &files };
        let added = photos.add(context, &OrderId::parse(number).unwrap(), PhotoKind::Packing, &photograph("a box")).await;
        assert!(added.is_ok_and(|added| added.is_new), "{number}");
    }
}
