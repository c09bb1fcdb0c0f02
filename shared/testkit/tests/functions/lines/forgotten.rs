//! Customers who are only on the phone or in a chat: exported, forgotten, and not computed back.

use super::back::Outside;
use super::*;

/// Everything that is kept of a shop, but for what is deliberately named.
fn kept(house: &House) -> String {
    house.world.everything(&house.scope)
}

/// Somebody who has given no e-mail address has the same rights: any of their orders names them.
// req: X-08, S1-30
#[tokio::test]
async fn a_customer_without_an_address_is_exported_and_forgotten_by_an_order() {
    let house = shop(&[Sms, Telegram], |_| {}).await;
    let by_phone = |name: &str, phone: &str| json!({ "name": name, "phone": phone, "consent": ["sms"] });
    let by_chat = |name: &str| json!({ "name": name, "chats": { "telegram": "4242" }, "consent": ["telegram"] });
    place(&house, "2001", by_phone("Rosa Klebb", PHONE)).await;
    place(&house, "2002", by_phone("Rosa Klebb", "48600100200")).await;
    place(&house, "2003", by_phone("Vesper Lynd", "+48600100201")).await;
    place(&house, "2004", by_chat("Honey Ryder")).await;
    place(&house, "2005", by_chat("Honey Ryder")).await;
    place(&house, "2006", sarah(&["sms"])).await;
    let numbers = |exported: &Value| {
        let orders = exported["orders"].as_array().unwrap().iter();
        let mut numbers: Vec<String> = orders.map(|order| order["order"]["id"].as_str().unwrap().to_owned()).collect();
        numbers.sort();
        numbers
    };
    for (number, theirs) in [("2001", &["2001", "2002"][..]), ("2005", &["2004", "2005"]), ("2006", &["2006"])] {
        let exported = post(&house, "/v1/privacy/export", &[], json!({ "order_id": number })).await;
        assert_eq!(
            (exported.status, numbers(&exported.body).as_slice(), &exported.body["more"]),
            (200, &theirs.iter().map(|number| (*number).to_owned()).collect::<Vec<_>>()[..], &json!(false)),
            "{number}"
        );
    }
    for (number, name, orders) in [("2002", "Rosa Klebb", 2), ("2004", "Honey Ryder", 2), ("2006", "Sarah Connor", 1)] {
        assert!(kept(&house).contains(name), "{name}");
        let erased = post(&house, "/v1/privacy/erase", &[], json!({ "order_id": number })).await;
        assert_eq!((erased.status, &erased.body["orders"]), (200, &json!(orders)), "{}", erased.body);
        house.settle().await;
        assert!(!kept(&house).contains(name), "{name}");
        let again = post(&house, "/v1/privacy/erase", &[], json!({ "order_id": number })).await;
        assert_eq!((again.status, &again.body["orders"]), (200, &json!(0)), "safe to repeat");
    }
    assert!(!kept(&house).contains("sarah@example.com") && kept(&house).contains("Vesper Lynd"), "others stay");
    let exported = post(&house, "/v1/privacy/export", &[], json!({ "order_id": "2001" })).await;
    assert_eq!((numbers(&exported.body), exported.body.to_string().contains("Rosa")), (vec!["2001".to_owned()], false));
    for (path, body, status, fault) in [
        ("erase", json!({ "order_id": "9999" }), 404, ""),
        ("erase", json!({}), 422, "email required"),
        ("export", json!({ "email": null, "order_id": null }), 422, "email required"),
        ("export", json!({ "email": "a@example.com", "order_id": "2001" }), 422, "order_id one_of"),
        ("erase", json!({ "order_id": "20 01" }), 404, ""),
        ("erase", json!({ "order_id": 2001 }), 422, "order_id wrong_type"),
        ("erase", json!({ "phone": PHONE }), 422, "phone unknown_field"),
    ] {
        let answer = post(&house, &format!("/v1/privacy/{path}"), &[], body.clone()).await;
        let told = answer.body["errors"][0]["field"]
            .as_str()
            .map(|field| format!("{field} {}", answer.body["errors"][0]["code"].as_str().unwrap()));
        assert_eq!((answer.status, told.unwrap_or_default().as_str()), (status, fault), "{body}: {}", answer.body);
    }
}

/// The order that names a customer is the last of theirs to be erased: a call that dies before finds the others by it again.
// req
#[tokio::test]
async fn the_order_that_names_a_customer_is_erased_last() {
    let house = shop(&[Sms], |_| {}).await;
    for number in ["2001", "2002", "2003"] {
        place(&house, number, json!({ "name": "Rosa Klebb", "phone": PHONE, "consent": ["sms"] })).await;
    }
    let erased = post(&house, "/v1/privacy/erase", &[], json!({ "order_id": "2002" })).await;
    assert_eq!(erased.body["orders"], 3, "{}", erased.body);
    let events = house.world.take_stream(usize::MAX).into_iter().flat_map(|row| row.events.clone());
    let gone: Vec<String> =
        events.filter(|event| event.payload.detail_type() == "order.contact_erased.v1").map(|event| event.subject).collect();
    assert_eq!((gone.len(), gone[2].as_str()), (3, "2002"), "{gone:?}");
}

/// Nothing that somebody forgotten writes is kept with an order; what they wish is.
// req: X-08, S1-29, S1-30
#[tokio::test]
async fn what_somebody_forgotten_writes_is_not_kept_with_their_order() {
    let house = shop(&[Sms], |_| {}).await;
    let outside = Outside { house: &house };
    place(&house, "2001", sarah(&["sms"])).await;
    let address = house.pseudonyms().address(house.scope.tenant(), Sms, PHONE);
    let addresses = house.world.addresses();
    let reached = || async { addresses.reached(&house.scope, &address, house.clock_now()).await.unwrap() };
    assert_eq!(reached().await.order, Some(id("2001")));
    let history = |house: &House| house.world.history(&house.scope, &id("2001")).len();
    // It is on the queue when they are forgotten, and found where the notifier had looked just before.
    house.privacy().erase(&owner(), &config(), &app::privacy::Whose::Order(id("2001")), &correlation()).await.unwrap();
    assert_eq!(reached().await, app::ports::Reached::default(), "nobody is known there any more");
    house.settle().await;
    addresses.about(&house.scope, &address, &id("2001"), house.clock_now()).await.unwrap();
    let before = history(&house);
    outside.says(PHONE, "My name is Sarah, ring me", "SM1").await;
    assert_eq!(history(&house), before);
    assert!(!kept(&house).contains("My name is Sarah"), "{}", kept(&house));
    outside.says(PHONE, "STOP", "SM2").await;
    assert!(reached().await.refused.is_some() && history(&house) == before);
    assert!(
        house.world.inbox_entries(&house.scope).iter().all(|entry| entry.body.is_empty() && entry.state == app::ports::InboxState::Done)
    );
    // Forgotten once more, the wish stays.
    house.privacy().erase(&owner(), &config(), &app::privacy::Whose::Order(id("2001")), &correlation()).await.unwrap();
    let known = reached().await;
    assert_eq!((known.order, known.refused.is_some()), (None, true));
}

/// A customer whom WhatsApp knows by another number is forgotten by both; that they want no more messages is kept to.
// req: X-08, S1-30
#[tokio::test]
async fn somebody_with_two_numbers_is_forgotten_by_both() {
    let house = shop(&[Whatsapp], |_| {}).await;
    let mexican = || json!({ "name": "Elektra King", "phone": "+525512345678", "consent": ["whatsapp"] });
    place(&house, "2001", mexican()).await;
    let address = |who: &str| house.pseudonyms().address(house.scope.tenant(), Whatsapp, who);
    let addresses = house.world.addresses();
    let (dialled, answering) = (address("+525512345678"), address("5215512345678"));
    let reached = |address: app::ports::Address| {
        let (addresses, house) = (&addresses, &house);
        async move { addresses.reached(&house.scope, &address, house.clock_now()).await.unwrap() }
    };
    assert_eq!((reached(dialled.clone()).await.order, reached(answering.clone()).await.order), (Some(id("2001")), Some(id("2001"))));
    addresses.refuse(&house.scope, &answering, Some("STOP"), house.clock_now()).await.unwrap();
    let erased = post(&house, "/v1/privacy/erase", &[], json!({ "order_id": "2001" })).await;
    assert_eq!(erased.body["orders"], 1, "{}", erased.body);
    for known in [reached(dialled).await, reached(answering).await] {
        assert_eq!((known.order, known.refused.is_some()), (None, true));
    }
    let sent = texts(&house).len();
    place(&house, "2002", mexican()).await;
    assert_eq!(texts(&house).len(), sent);
    let opened = post(&house, "/v1/privacy/reopen", &[], json!({ "channel": "whatsapp", "address": "+52 55 1234 5678" })).await;
    assert_eq!(opened.body, json!({ "was_refused": true, "reason": "STOP" }));
    place(&house, "2003", mexican()).await;
    assert_eq!(texts(&house).len(), sent + 1);
}

/// What somebody wrote before anybody wrote to them waits for a person; it is theirs all the same.
// req: X-08, S1-29
#[tokio::test]
async fn replies_that_wait_for_a_person_are_forgotten_with_whoever_wrote_them() {
    let house = shop(&[Email], |_| {}).await;
    let outside = Outside { house: &house };
    place(&house, "2001", sarah(&[])).await;
    outside.says("48 600 100 200", "I am Sarah of Elm Street", "SM1").await;
    outside.says("+48600100201", "I am somebody else", "SM2").await;
    let telegram =
        |from: u32| json!({ "update_id": from, "message": { "chat": { "id": from }, "text": format!("chat of {from}") } }).to_string();
    for from in [42, 43] {
        let proof = [("x-telegram-bot-api-secret-token", "telegram-secret")];
        assert_eq!(outside.knock("/v1/channels/demo/telegram", &proof, telegram(from).as_bytes()).await, 200);
    }
    house.settle().await;
    let parked = house.world.inbox_entries(&house.scope);
    assert_eq!(parked.iter().filter(|entry| !entry.body.is_empty()).count(), 4);
    let erased = post(&house, "/v1/privacy/erase", &[], json!({ "email": "sarah@example.com" })).await;
    assert_eq!(erased.body, json!({ "orders": 1, "webhooks": 2 }));
    let left = kept(&house);
    assert!(!left.contains("Elm Street") && !left.contains("chat of 42"), "{left}");
    assert!(left.contains("I am somebody else") && left.contains("chat of 43"));
    // The queue may bring it again: what is gone is done with.
    let gone = house.world.inbox_entries(&house.scope).into_iter().filter(|entry| entry.body.is_empty());
    for entry in gone {
        let (endpoint, inbox_id) = (entry.key.endpoint.clone(), entry.key.id.clone());
        let again = HookReceived::stored(house.scope.tenant(), &endpoint, &inbox_id, &correlation());
        assert_eq!(house.heard().run(&again).await.unwrap(), HeardAs::Nothing);
        let now = house.world.inbox_entries(&house.scope).into_iter().find(|now| now.key == entry.key).unwrap();
        assert_eq!(now.state, app::ports::InboxState::Done);
    }
}

/// Nothing that stays after an erasure is found by trying all numbers there are.
// req: X-08
#[tokio::test]
async fn what_stands_for_a_number_is_not_its_hash() {
    use sha2::Digest;
    let house = shop(&[Sms], |_| {}).await;
    place(&house, "2001", sarah(&["sms"])).await;
    house.privacy().erase(&owner(), &config(), &app::privacy::Whose::Order(id("2001")), &correlation()).await.unwrap();
    house.settle().await;
    let left = format!("{} {:?}", kept(&house), house.world.messages_about(&house.scope, "2001"));
    assert!(left.contains("erased"));
    for written in [PHONE, &PHONE[1..]] {
        let hash = hex::encode(Sha256::digest(written));
        assert!(!left.contains(written) && !left.contains(&hash[..16]), "{written}");
    }
}

/// An address that came back for good, or a phone whose owner asks for messages again, is written to again when an admin says so.
// req: S1-28, S1-30
#[tokio::test]
async fn an_admin_takes_back_that_an_address_is_refused() {
    let house = shop(&[Email], |_| {}).await;
    let mailed = |house: &House| house.world.sent_mails().len();
    let refuse = |channel: Channel, who: &str| (house.pseudonyms().address(house.scope.tenant(), channel, who), house.world.addresses());
    let (address, addresses) = refuse(Email, "sarah@example.com");
    addresses.refuse(&house.scope, &address, Some("mail to them comes back for good"), house.clock_now()).await.unwrap();
    place(&house, "2001", sarah(&[])).await;
    assert_eq!(mailed(&house), 0);
    let reopen = |channel: &'static str, address: &'static str| {
        let house = &house;
        async move { post(house, "/v1/privacy/reopen", &[], json!({ "channel": channel, "address": address })).await }
    };
    let done = reopen("email", "Sarah@Example.com").await;
    assert_eq!((done.status, done.body), (200, json!({ "was_refused": true, "reason": "mail to them comes back for good" })));
    assert_eq!(reopen("email", "sarah@example.com").await.body, json!({ "was_refused": false }), "safe to repeat");
    place(&house, "2002", sarah(&[])).await;
    assert_eq!(mailed(&house), 1);
    for (channel, address, fault) in [
        ("slack", "x", "channel"),
        ("fax", "x", "channel"),
        ("email", "sarah", "address"),
        ("sms", "no number", "address"),
        ("telegram", "two words", "address"),
        ("telegram", "", "address"),
    ] {
        let refused = reopen(channel, address).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (422, &json!(fault)), "{}", refused.body);
        assert!(address.len() < 3 || !refused.body.to_string().contains(address), "an address is not repeated");
    }
}
