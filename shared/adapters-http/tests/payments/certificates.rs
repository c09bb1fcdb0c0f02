//! PayPal's signatures, by certificates that are made here.

use crate::rig::{Stopped, now};
use adapters_http::client::Client;
use adapters_http::payment::paypal::{Certificates, Paypal};
use app::ports::{Gateway, GatewayError, PaypalAccount};
use app::signature::Headers;
use app::tenant::Secret;
use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair, date_time_ymd};
use rustls_pki_types::CertificateDer;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const BODY: &[u8] = br#"{"id":"WH-1","event_type":"PAYMENT.CAPTURE.COMPLETED","resource":{"id":"CAP1"}}"#;
const URL: &str = "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-demo-1";

/// Somebody who issues certificates.
struct Issuer {
    root: CertifiedIssuer<'static, KeyPair>,
}

impl Issuer {
    fn new() -> Issuer {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2040, 1, 1);
        Issuer { root: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    /// A certificate for a name, valid to the end of a year.
    fn certificate(&self, key: &KeyPair, name: &str, last_year: i32) -> Vec<u8> {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(last_year, 12, 31);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.signed_by(key, &self.root).unwrap().pem().into_bytes()
    }
}

/// A file of certificates, and whom to trust.
struct Files {
    file: Mutex<Vec<u8>>,
    roots: Vec<CertificateDer<'static>>,
    fetched: AtomicUsize,
}

#[async_trait]
impl Certificates for Files {
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, GatewayError> {
        assert_eq!(url, URL, "no other place is asked");
        self.fetched.fetch_add(1, Ordering::SeqCst);
        let file = self.file.lock().unwrap().clone();
        if file.is_empty() { Err(GatewayError::Retryable("away".into())) } else { Ok(file) }
    }

    fn roots(&self) -> &[CertificateDer<'static>] {
        &self.roots
    }
}

struct Scene {
    issuer: Issuer,
    key: KeyPair,
    files: Arc<Files>,
    paypal: Paypal,
}

impl Scene {
    fn new() -> Scene {
        let issuer = Issuer::new();
        let key = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
        let file = issuer.certificate(&key, "messageverificationcerts.sandbox.paypal.com", 2030);
        let roots = vec![issuer.root.der().clone()];
        let files = Arc::new(Files { file: Mutex::new(file), roots, fetched: AtomicUsize::new(0) });
        let account = PaypalAccount {
            client_id: "demo".into(),
            client_secret: Secret::new("demo"),
            webhook_id: "DEMOWEBHOOK".into(),
            is_sandbox: true,
        };
        let paypal = Paypal::new(Arc::new(Client::default()), "http://127.0.0.1:1", account, Arc::new(Stopped), files.clone());
        Scene { issuer, key, files, paypal }
    }

    fn signed(&self, body: &[u8], webhook: &str) -> Headers {
        let (id, time) = ("69cd13f0-d67a-11e5-baa3-778b53f4ae55", now().to_string());
        let message = format!("{id}|{time}|{webhook}|{}", crc32(body));
        let pair = RsaKeyPair::from_pkcs8(self.key.serialized_der()).unwrap();
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Headers(vec![
            header("paypal-transmission-id", id),
            header("paypal-transmission-time", &time),
            header("paypal-transmission-sig", &STANDARD.encode(signature)),
            header("paypal-cert-url", URL),
            header("paypal-auth-algo", "SHA256withRSA"),
        ])
    }

    async fn verifies(&self, headers: &Headers, body: &[u8], at: Timestamp) -> bool {
        self.paypal.verify(headers, body, at).await.unwrap().is_some()
    }
}

/// The sum as it is defined (IEEE 802.3), by hand, so that nothing is compared with itself.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 })
    })
}

// req: S2-52
#[tokio::test]
async fn a_webhook_is_paypals_if_a_certificate_of_paypals_says_so() {
    let scene = Scene::new();
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    let headers = scene.signed(BODY, "DEMOWEBHOOK");
    let verified = scene.paypal.verify(&headers, BODY, now()).await.unwrap().unwrap();
    assert_eq!(verified.signed_id.as_deref(), Some("69cd13f0-d67a-11e5-baa3-778b53f4ae55"));
    assert_eq!(verified.body_hash.len(), 64);
    assert!(scene.verifies(&headers, BODY, now()).await);
    assert_eq!(scene.files.fetched.load(Ordering::SeqCst), 1, "what has been good is kept");
    for at in 0..BODY.len() {
        let mut changed = BODY.to_vec();
        changed[at] ^= 1;
        assert!(!scene.verifies(&headers, &changed, now()).await, "byte {at}");
    }
    assert!(!scene.verifies(&scene.signed(BODY, "ANOTHERWEBHOOK"), BODY, now()).await);
    let read = scene.paypal.read(BODY);
    assert_eq!(read[0].names[0].as_str(), "CAP1");
}

#[tokio::test]
async fn any_changed_header_is_refused_and_no_other_place_is_asked() {
    let scene = Scene::new();
    let good = scene.signed(BODY, "DEMOWEBHOOK");
    for (name, value) in [
        ("paypal-cert-url", "https://evil.example/v1/notifications/certs/CERT-demo-1"),
        ("paypal-cert-url", "https://api.paypal.com/v1/notifications/certs/CERT-demo-1"),
        ("paypal-cert-url", "https://api.sandbox.paypal.com/v1/notifications/certs/../x"),
        ("paypal-auth-algo", "SHA1withRSA"),
        ("paypal-transmission-id", "another"),
        ("paypal-transmission-time", "2026-11-26T10:00:01Z"),
        ("paypal-transmission-time", "2026-11-26T09:54:59Z"),
        ("paypal-transmission-sig", "AAAA"),
        ("paypal-transmission-sig", "not base64"),
    ] {
        let mut headers = good.clone();
        headers.0.iter_mut().filter(|header| header.0 == name).for_each(|header| header.1 = value.into());
        assert!(!scene.verifies(&headers, BODY, now()).await, "{name}: {value}");
    }
    for name in good.0.iter().map(|header| header.0.clone()) {
        let mut headers = good.clone();
        headers.0.retain(|header| header.0 != name);
        assert!(!scene.verifies(&headers, BODY, now()).await, "without {name}");
    }
}

#[tokio::test]
async fn certificates_of_others_and_of_other_times_are_refused() {
    let scene = Scene::new();
    let headers = scene.signed(BODY, "DEMOWEBHOOK");
    let name = "messageverificationcerts.sandbox.paypal.com";
    for (what, file) in [
        ("run out", scene.issuer.certificate(&scene.key, name, 2025)),
        ("another name", scene.issuer.certificate(&scene.key, "paypal.com.evil.example", 2030)),
        ("a name that only ends alike", scene.issuer.certificate(&scene.key, "notpaypal.com", 2030)),
        ("an issuer whom nobody trusts", Issuer::new().certificate(&scene.key, name, 2030)),
        (
            "another key",
            scene.issuer.certificate(&KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap(), name, 2030),
        ),
        ("no RSA", scene.issuer.certificate(&KeyPair::generate().unwrap(), name, 2030)),
        ("no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec()),
        ("nothing", b"hello".to_vec()),
    ] {
        *scene.files.file.lock().unwrap() = file;
        assert!(!scene.verifies(&headers, BODY, now()).await, "{what}");
    }
    *scene.files.file.lock().unwrap() = Vec::new();
    let away = scene.paypal.verify(&headers, BODY, now()).await;
    assert!(matches!(away, Err(GatewayError::Retryable(_))), "PayPal shall deliver it again: {away:?}");
}
