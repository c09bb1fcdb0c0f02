use super::*;
use crate::double::{Answer, Seen, double};
use app::tenant::Secret;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use std::sync::LazyLock;

/// A service account's key: as Google hands it out, and to check signatures with.
pub(crate) static KEY: LazyLock<(String, DecodingKey)> = LazyLock::new(|| {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let pem = |label: &str, der: &[u8]| {
        let text = base64::engine::general_purpose::STANDARD.encode(der);
        let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
    };
    let private: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    // Two words, so that nobody's search for committed keys stops here.
    let private = pem(concat!("PRIVATE", " ", "KEY"), private.as_ref());
    (private, DecodingKey::from_rsa_pem(pem("PUBLIC KEY", public.as_ref()).as_bytes()).unwrap())
});

pub(crate) struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        "2025-08-09T10:00:00Z".parse().unwrap()
    }
}

fn settings(worksheet: Option<&str>) -> SheetSettings {
    let key = serde_json::json!({
        "type": "service_account", "client_email": "reader@shop.iam.gserviceaccount.com", "private_key": KEY.0, "private_key_id": "k1",
        "token_uri": "http://169.254.169.254/token",
    });
    SheetSettings {
        spreadsheet_id: "1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms".into(),
        worksheet: worksheet.map(str::to_owned),
        service_account: Secret::new(key.to_string()),
        enabled: true,
        currency: "EUR".into(),
    }
}

fn token() -> Answer {
    Answer::says("200 OK", r#"{"access_token":"ya29.made-up","expires_in":3599,"token_type":"Bearer"}"#)
}

fn tabs() -> Answer {
    Answer::says("200 OK", r#"{"sheets":[{"properties":{"title":"Notes"}},{"properties":{"title":"Bob's orders"}}]}"#)
}

fn values() -> Answer {
    let values = r#"{"range":"x","values":[[],["OrderID","ETA","Paid"],[1001,45879,true],["A-7","soon"]]}"#;
    Answer::says("200 OK", values)
}

async fn google(answers: impl IntoIterator<Item = Answer>) -> (GoogleSheets, Seen) {
    let (base, seen) = double(answers).await;
    (GoogleSheets::new(&base, format!("{base}/token"), Arc::new(Stopped)), seen)
}

async fn fails(answers: impl IntoIterator<Item = Answer>) -> SheetError {
    let (sheets, _) = google(answers).await;
    sheets.read(&settings(None)).await.unwrap_err()
}

#[tokio::test]
async fn a_worksheet_is_read_with_the_right_to_read_and_no_other() {
    let (sheets, seen) = google([token(), tabs(), values(), tabs(), values()]).await;
    let table = sheets.read(&settings(Some(" bob's ORDERS"))).await.unwrap();
    assert_eq!(table.header, ["OrderID", "ETA", "Paid"]);
    let rows: Vec<(u64, Vec<&str>)> = table.rows.iter().map(|row| (row.line, row.cells.iter().map(String::as_str).collect())).collect();
    assert_eq!(rows, [(3, vec!["1001", "45879", "true"]), (4, vec!["A-7", "soon"])], "lines as the sheet counts them");
    let asked = seen.last();
    let line = asked.lines().next().unwrap();
    assert!(line.starts_with("GET /v4/spreadsheets/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms/values/"), "{line}");
    assert!(line.contains("/values/'Bob''s%20orders'!1:100002?"), "{line}");
    assert!(line.contains("valueRenderOption=UNFORMATTED_VALUE") && line.contains("dateTimeRenderOption=SERIAL_NUMBER"), "{line}");
    assert!(asked.contains("authorization: Bearer ya29.made-up"), "{asked}");
    sheets.read(&settings(None)).await.unwrap();
    assert_eq!(seen.count(), 5, "the token is used until it ends");
}

#[tokio::test]
async fn the_assertion_is_signed_for_reading_only() {
    let (sheets, seen) = google([token(), Answer::says("404 Not Found", "{}")]).await;
    let _ = sheets
        .google
        .grant(&sheets.client, &serde_json::from_str(settings(None).service_account.expose()).unwrap(), Stopped.now())
        .await
        .unwrap();
    let asked = seen.last();
    assert!(asked.starts_with("POST /token "), "the key's own token_uri is not followed: {asked}");
    let assertion = asked.rsplit_once("assertion=").unwrap().1.trim();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_aud = false;
    validation.validate_exp = false;
    let read = decode::<Value>(assertion, &KEY.1, &validation).unwrap();
    assert_eq!(read.header.kid.as_deref(), Some("k1"));
    let claims = read.claims;
    assert_eq!(claims["scope"], "https://www.googleapis.com/auth/spreadsheets.readonly");
    assert_eq!(claims["iss"], "reader@shop.iam.gserviceaccount.com");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 3600);
}

#[tokio::test]
async fn what_a_person_must_mend_is_told_from_what_mends_itself() {
    let revoked =
        fails([Answer::says("400 Bad Request", r#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#)]).await;
    let SheetError::Refused(why) = &revoked else { panic!("{revoked:?}") };
    assert!(why.contains("does not accept the service account's key (invalid_grant)"), "{why}");
    let denied = r#"{"error":{"code":403,"status":"PERMISSION_DENIED"}}"#;
    let SheetError::Refused(why) = fails([token(), Answer::says("403 Forbidden", denied)]).await else { panic!() };
    assert_eq!(why, "the service account may not read the sheet; share the sheet with reader@shop.iam.gserviceaccount.com as a viewer");
    let SheetError::Refused(why) = fails([token(), Answer::says("404 Not Found", "{}")]).await else { panic!() };
    assert!(why.starts_with("there is no such sheet, or it isn't shared; share the sheet with reader@"), "{why}");
    let exhausted = r#"{"error":{"code":403,"status":"RESOURCE_EXHAUSTED"}}"#;
    for answer in [("429 Too Many Requests", "{}"), ("403 Forbidden", exhausted), ("503 Unavailable", "busy"), ("401 Unauthorized", "{}")] {
        let error = fails([token(), Answer::says(answer.0, answer.1)]).await;
        assert!(matches!(error, SheetError::Retryable(_)), "{answer:?}: {error:?}");
    }
    for garbage in ["", "<html>", "{\"sheets\":7}"] {
        assert!(matches!(fails([token(), Answer::says("200 OK", garbage)]).await, SheetError::Retryable(_)), "{garbage}");
    }
    assert!(matches!(fails([Answer::Endless]).await, SheetError::Retryable(_)));
    let (sheets, _) = google([token(), tabs()]).await;
    let missing = sheets.read(&settings(Some("Lieferungen"))).await.unwrap_err();
    assert_eq!(missing.to_string(), "there is no worksheet \"Lieferungen\"; there are: Notes, Bob's orders");
}

#[tokio::test]
async fn a_token_is_only_for_who_has_the_key() {
    let (sheets, seen) = google([token(), tabs(), values()]).await;
    sheets.read(&settings(None)).await.unwrap();
    let mut theirs: Value = serde_json::from_str(settings(None).service_account.expose()).unwrap();
    theirs["private_key"] = Value::from("a name and a key's id, which anybody can know");
    let other = SheetSettings { service_account: Secret::new(theirs.to_string()), ..settings(None) };
    let SheetError::Refused(why) = sheets.read(&other).await.unwrap_err() else { panic!() };
    assert!(why.contains("private key can't be read") && seen.count() == 3, "{why}");
}

#[tokio::test]
async fn a_key_that_is_no_key_asks_nobody() {
    let (sheets, seen) = google([]).await;
    for key in ["", "{}", "{\"client_email\":\"a@b\",\"private_key\":\"none\"}", "not json"] {
        let sheet = SheetSettings { service_account: Secret::new(key), ..settings(None) };
        assert!(matches!(sheets.read(&sheet).await, Err(SheetError::Refused(_))), "{key}");
    }
    assert_eq!(seen.count(), 0);
}
