//! Webhooks with something wrong about their signature, their time or their address.

use crate::door::{Answer, Knock, knock};
use crate::house::{CARRIER_SECRET, HOOK_SECRET, House, config};
use crate::signing::{BODY, PLAIN, hex_tag, nothing_happened, send, tag};
use app::ports::TenantStore;
use app::tenant::{Secret, TenantConfig};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

const STANDARD_HOOKS: &str = "/v1/hooks/demo/carrier";

/// Id, time and signature of Standard Webhooks.
fn standard(id: &str, seconds: i64, body: &[u8]) -> [(&'static str, String); 3] {
    let signature = standardwebhooks::Webhook::new(CARRIER_SECRET).unwrap().sign(id, seconds, body).unwrap();
    [("webhook-id", id.to_owned()), ("webhook-timestamp", seconds.to_string()), ("webhook-signature", signature)]
}

async fn carrier(house: &House, headers: &[(&str, String)], body: &[u8]) -> Answer {
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    send(house, STANDARD_HOOKS, &headers, body).await
}

fn now(house: &House) -> i64 {
    app::ports::Clock::now(house.clock.as_ref()).as_second()
}

// req: S0-24
#[tokio::test]
async fn a_plain_signature_is_one_and_of_exactly_these_bytes() {
    let house = House::new().await;
    let good = hex_tag(HOOK_SECRET, BODY.as_bytes());
    let other = hex_tag("another-secret-of-enough-length", BODY.as_bytes());
    let reserialised = serde_json::from_str::<serde_json::Value>(BODY).unwrap().to_string();
    for (what, headers, body) in [
        ("none", vec![], BODY),
        ("empty", vec![("x-signature", "")], BODY),
        ("blank", vec![("x-signature", " ")], BODY),
        ("a scheme alone", vec![("x-signature", "sha256=")], BODY),
        ("another secret", vec![("x-signature", other.as_str())], BODY),
        ("twice", vec![("x-signature", good.as_str()), ("x-signature", good.as_str())], BODY),
        ("a good one among others", vec![("x-signature", other.as_str()), ("x-signature", good.as_str())], BODY),
        ("joined by a proxy", vec![("x-signature", "a,b")], BODY),
        ("another algorithm", vec![("x-signature", "sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709")], BODY),
        ("another header", vec![("x-hub-signature-256", good.as_str()), ("webhook-signature", good.as_str())], BODY),
        ("re-serialised", vec![("x-signature", good.as_str())], reserialised.as_str()),
        ("with a line break", vec![("x-signature", good.as_str())], &format!("{BODY}\n")),
        ("with a mark", vec![("x-signature", good.as_str())], &format!("\u{feff}{BODY}")),
        ("empty body", vec![("x-signature", good.as_str())], ""),
    ] {
        send(&house, PLAIN, &headers, body.as_bytes()).await.refuses(401, what);
        nothing_happened(&house);
    }
    for form in [good.clone(), good.to_uppercase(), format!("sha256={good}"), STANDARD.encode(tag(HOOK_SECRET, BODY.as_bytes()))] {
        assert_eq!(send(&house, PLAIN, &[("x-signature", &form)], BODY.as_bytes()).await.status, 202, "{form}");
    }
    for form in
        [URL_SAFE.encode([0xffu8; 32]), good[..62].to_owned(), format!("{good}00"), format!("0x{good}"), format!("sha256=sha256={good}")]
    {
        send(&house, PLAIN, &[("x-signature", &form)], BODY.as_bytes()).await.refuses(401, &form);
    }
    assert_eq!(house.world.inbox_entries(&house.scope).len(), 1, "one webhook in four spellings");
}

/// Invariant I21: whichever byte of a signed body, id, time or signature is changed to whatever else, it is refused.
#[tokio::test]
async fn any_changed_byte_is_refused() {
    let house = House::new().await;
    let config = config();
    let body: &[u8] = br#"{"orderId":"1","status":"x"}"#;
    let at = now(&house);
    let verify = |endpoint: &str, headers: Vec<(String, String)>, body: &[u8]| {
        let now = app::ports::Clock::now(house.clock.as_ref());
        app::signature::verify(config.hook(endpoint).unwrap(), &app::signature::Headers(headers), body, now).is_some()
    };
    let plain = |body: &[u8], signature: &str| verify("order-status", vec![("x-signature".into(), signature.into())], body);
    let good = hex_tag(HOOK_SECRET, body);
    let others = |byte: u8| (0..=u8::MAX).filter(move |other| *other != byte);
    let mut tried = 0;
    let mut each = |bytes: &[u8], accepts: &mut dyn FnMut(&[u8]) -> bool, same: &dyn Fn(u8, u8) -> bool| {
        for place in 0..bytes.len() {
            for other in others(bytes[place]).filter(|other| !same(bytes[place], *other)) {
                let mut changed = bytes.to_vec();
                changed[place] = other;
                assert!(!accepts(&changed), "byte {place} as {other}: {}", String::from_utf8_lossy(&changed));
                tried += 1;
            }
        }
    };
    let never = |_: u8, _: u8| false;
    // Hex digits may be written large or small: that is the same digest, not another one.
    let case = |one: u8, other: u8| one.eq_ignore_ascii_case(&other);
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).unwrap_or_default().to_owned();
    assert!(plain(body, &good));
    each(body, &mut |body| plain(body, &good), &never);
    each(good.as_bytes(), &mut |signature| plain(body, &text(signature)), &case);
    each(STANDARD.encode(tag(HOOK_SECRET, body)).as_bytes(), &mut |signature| plain(body, &text(signature)), &never);

    let [id, time, signature] = standard("msg_2Lh9KR", at, body).map(|(name, value)| (name.to_owned(), value));
    let with = |part: usize, bytes: &[u8]| {
        let mut headers = vec![id.clone(), time.clone(), signature.clone()];
        headers[part].1 = text(bytes);
        headers
    };
    assert!(verify("carrier", with(0, id.1.as_bytes()), body));
    each(body, &mut |body| verify("carrier", with(0, id.1.as_bytes()), body), &never);
    for (part, value) in [&id.1, &time.1, &signature.1].into_iter().enumerate() {
        // A space in front splits the signature off as another one of several.
        let space = |_: u8, other: u8| part == 2 && other == b' ';
        each(value.as_bytes(), &mut |bytes| verify("carrier", with(part, bytes), body), &space);
    }
    assert!(tried > 50_000, "{tried}");
    // Shorter, longer and doubled is changed, too.
    for body in [&body[1..], &body[..body.len() - 1], [body, body].concat().as_slice(), b""] {
        assert!(!plain(body, &good) && !verify("carrier", with(0, id.1.as_bytes()), body));
    }
}

#[tokio::test]
async fn a_signed_time_is_one_number_and_close_to_ours() {
    let house = House::new().await;
    let at = now(&house);
    for off in [-301, 301, -86_400, 86_400] {
        carrier(&house, &standard("m", at + off, BODY.as_bytes()), BODY.as_bytes()).await.refuses(401, &format!("{off} s"));
    }
    for time in [
        "",
        "soon",
        "-1",
        "0",
        "+1754733601",
        " 1754733601",
        "1754733601 ",
        "1754733601.0",
        "1.754733601e9",
        "0x6897",
        "99999999999999999999",
        "１７５４７３３６０１",
        "2025-08-09T10:00:01Z",
        "1754733601,1754733601",
    ] {
        let mut headers = standard("m", at, BODY.as_bytes()).to_vec();
        headers[1].1 = time.to_owned();
        let headers: Vec<_> = headers.into_iter().filter(|(_, value)| value.is_ascii()).collect();
        carrier(&house, &headers, BODY.as_bytes()).await.refuses(401, time);
    }
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let good = standard("m", at, BODY.as_bytes());
        let without: Vec<_> = good.iter().filter(|(found, _)| *found != name).cloned().collect();
        carrier(&house, &without, BODY.as_bytes()).await.refuses(401, &format!("without {name}"));
        let twice: Vec<_> = good.iter().chain(good.iter().filter(|(found, _)| *found == name)).cloned().collect();
        carrier(&house, &twice, BODY.as_bytes()).await.refuses(401, &format!("two {name}"));
    }
    nothing_happened(&house);
    for off in [-300, 300] {
        assert_eq!(carrier(&house, &standard(&format!("m{off}"), at + off, BODY.as_bytes()), BODY.as_bytes()).await.status, 202, "{off} s");
    }
}

/// Only what is signed names a webhook: a replay under a new id is refused, or is the same one.
// req: S0-30
#[tokio::test]
async fn a_replay_is_recognised_under_any_name() {
    let house = House::new().await;
    let at = now(&house);
    let good = standard("msg_1", at, BODY.as_bytes());
    assert_eq!(carrier(&house, &good, BODY.as_bytes()).await.body["duplicate"], false);
    let mut renamed = good.to_vec();
    renamed[0].1 = "msg_2".into();
    carrier(&house, &renamed, BODY.as_bytes()).await.refuses(401, "a new id on an old signature");
    let again = carrier(&house, &good, BODY.as_bytes()).await;
    assert_eq!((&again.body["event_id"], &again.body["duplicate"]), (&"msg_1".into(), &true.into()));
    let other = BODY.replace("Shipped", "Delivered");
    carrier(&house, &standard("msg_1", at, other.as_bytes()), other.as_bytes()).await.refuses(422, "a known id with another body");
    for headers in [&[("x-request-id", "1")][..], &[("x-request-id", "2"), ("webhook-id", "new"), ("x-shopify-webhook-id", "new")]] {
        let signature = hex_tag(HOOK_SECRET, BODY.as_bytes());
        let headers: Vec<(&str, &str)> = headers.iter().copied().chain([("x-signature", signature.as_str())]).collect();
        let answer = send(&house, PLAIN, &headers, BODY.as_bytes()).await;
        assert_eq!(answer.body["event_id"].as_str().unwrap().len(), 64, "named by what was signed");
    }
    assert_eq!(house.world.inbox_entries(&house.scope).len(), 2, "one for each endpoint");
    // An id that could be no key of ours is kept as its hash, and is found again.
    for id in ["a#b", "../../x", "ключ", &"x".repeat(256)] {
        if !id.is_ascii() {
            continue;
        }
        let first = carrier(&house, &standard(id, at, BODY.as_bytes()), BODY.as_bytes()).await;
        let again = carrier(&house, &standard(id, at, BODY.as_bytes()), BODY.as_bytes()).await;
        assert_eq!((first.status, &first.body["event_id"]), (202, &again.body["event_id"]), "{id}");
        assert_eq!(first.body["event_id"].as_str().unwrap().len(), 64, "{id}");
    }
    let long = "x".repeat(257);
    carrier(&house, &standard(&long, at, BODY.as_bytes()), BODY.as_bytes()).await.refuses(401, "257 characters");
}

#[tokio::test]
async fn a_rotation_has_two_secrets_and_an_end() {
    let house = House::new().await;
    let (old, new) = (hex_tag(HOOK_SECRET, BODY.as_bytes()), hex_tag("the-new-secret-of-this-shop", BODY.as_bytes()));
    let with = |secrets: &[&str], version: u64| {
        let mut config = TenantConfig { version, ..config() };
        config.hooks[0].secrets = secrets.iter().map(|secret| Secret::new(*secret)).collect();
        config
    };
    let tenants = house.world.tenants();
    for (version, secrets, old_holds, new_holds) in [
        (1, &["the-new-secret-of-this-shop", HOOK_SECRET][..], true, true),
        (2, &["the-new-secret-of-this-shop"], false, true),
        (3, &[""], false, false),
        (4, &[], false, false),
    ] {
        assert!(tenants.save(&house.scope, &with(secrets, version + 1), version).await.unwrap());
        for (signature, holds) in [(&old, old_holds), (&new, new_holds)] {
            let answer = send(&house, PLAIN, &[("x-signature", signature)], BODY.as_bytes()).await;
            assert_eq!(answer.status, if holds { 202 } else { 401 }, "{secrets:?}");
        }
        let empty = hex_tag("", BODY.as_bytes());
        send(&house, PLAIN, &[("x-signature", &empty)], BODY.as_bytes()).await.refuses(401, "signed with nothing");
    }
}

/// Unknown tenant, unknown endpoint, another endpoint's secret, a bad signature: one answer.
#[tokio::test]
async fn nobody_finds_out_which_endpoints_exist() {
    let house = House::new().await;
    let signature = hex_tag(HOOK_SECRET, BODY.as_bytes());
    let first = send(&house, PLAIN, &[("x-signature", "00")], BODY.as_bytes()).await;
    for path in [
        "/v1/hooks/demo/nothing",
        "/v1/hooks/nobody/order-status",
        "/v1/hooks/DEMO/order-status",
        "/v1/hooks/demo%00/order-status",
        "/v1/hooks/%2e%2e/order-status",
        "/v1/hooks/demo/order-status%20",
        "/v1/hooks/demo/carrier",
        "/v1/hooks/demo%23O%231003/order-status",
        "/v1/hooks/order-status",
        "/v1/hooks/demo/..%2Forder-status",
    ] {
        let answer = send(&house, path, &[("x-signature", &signature)], BODY.as_bytes()).await;
        assert_eq!((answer.refuses(401, path).bytes.as_slice(), &answer.headers), (first.bytes.as_slice(), &first.headers), "{path}");
    }
    for tenant in ["", "nobody", "demo\u{a0}", "DEMO", "demo,other"] {
        let headers = [("x-signature", signature.as_str()), ("x-tenant-id", tenant)];
        send(&house, "/v1/hooks/order-status", &headers, BODY.as_bytes()).await.refuses(401, tenant);
    }
    nothing_happened(&house);
    let headers = [("x-signature", signature.as_str()), ("x-tenant-id", "demo")];
    assert_eq!(send(&house, "/v1/hooks/order-status", &headers, BODY.as_bytes()).await.status, 202);
    let elsewhere = [("x-signature", signature.as_str()), ("x-tenant-id", "nobody")];
    assert!(send(&house, PLAIN, &elsewhere, BODY.as_bytes()).await.body["duplicate"] == true, "the path has named the tenant");
    for verb in ["GET", "PUT", "DELETE"] {
        let answer = knock(house.hooks(), Knock { verb, path: PLAIN, ..Knock::default() }).await;
        assert_eq!(answer.refuses(405, verb).header("allow"), "POST");
    }
}
