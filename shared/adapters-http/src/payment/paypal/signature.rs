//! Is a webhook from PayPal? <https://developer.paypal.com/api/rest/webhooks/rest/#verify-webhook-signature>.
//!
//! PayPal says in a header where its certificate is. Whoever forges a webhook would say another place, so there is one that is believed; what is
//! found there has to be a certificate of PayPal's, issued by somebody whom this machine trusts, and valid now.

use crate::client::{Client, body};
use app::payments::paypal::{Transmission, transmission};
use app::ports::GatewayError;
use app::signature::{Headers, Verified};
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use reqwest::Url;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, UnixTime};
use sha2::{Digest, Sha256};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};

/// Largest file of certificates, in bytes.
const FILE_BYTES_MAX: usize = 64 * 1024;
/// Certificates in one file that are looked at.
const CHAIN_MAX: usize = 8;

/// Where certificates come from, and whose word for them is taken.
#[async_trait]
pub trait Certificates: Send + Sync {
    /// The file at this address: the certificate, and those that lead from it to somebody who is trusted. PEM.
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, GatewayError>;
    /// Whose word is taken.
    fn roots(&self) -> &[CertificateDer<'static>];
}

/// From PayPal itself, on this machine's trust.
pub struct PaypalCertificates {
    client: Arc<Client>,
    roots: OnceLock<Vec<CertificateDer<'static>>>,
}

impl PaypalCertificates {
    /// By this client, which follows no redirects.
    pub fn new(client: Arc<Client>) -> PaypalCertificates {
        PaypalCertificates { client, roots: OnceLock::new() }
    }
}

#[async_trait]
impl Certificates for PaypalCertificates {
    async fn fetch(&self, url: &str) -> Result<Vec<u8>, GatewayError> {
        let failed = |why: &str| GatewayError::Retryable(format!("PayPal's certificate: {why}"));
        let client = self.client.get().await.map_err(|_| failed("no HTTP client"))?;
        let response = client.get(url).timeout(Duration::from_secs(5)).send().await.map_err(|_| failed("no answer"))?;
        if response.status() != 200 {
            return Err(failed(&format!("PayPal answered {}", response.status().as_u16())));
        }
        let file = body(response, FILE_BYTES_MAX).await.map_err(|_| failed("the answer broke off"))?;
        file.ok_or_else(|| failed("too large"))
    }

    fn roots(&self) -> &[CertificateDer<'static>] {
        self.roots.get_or_init(|| rustls_native_certs::load_native_certs().certs)
    }
}

/// The one place whose certificates are believed. The API has another host than the certificates.
fn is_pinned(address: &str, is_sandbox: bool) -> bool {
    let host = if is_sandbox { "api.sandbox.paypal.com" } else { "api.paypal.com" };
    let Ok(url) = Url::parse(address) else { return false };
    url.scheme() == "https"
        && url.host_str() == Some(host)
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
        && url.path().strip_prefix("/v1/notifications/certs/").is_some_and(is_name)
        // What was parsed is what was written: no dots, no escapes, nothing that somebody else reads otherwise.
        && url.as_str() == address
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 100 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// What is checked before a certificate is looked for.
pub(super) fn read(webhook_id: &str, is_sandbox: bool, headers: &Headers, body: &[u8], now: Timestamp) -> Option<Transmission> {
    let transmission = transmission(webhook_id, headers, crc32fast::hash(body), now)?;
    is_pinned(&transmission.certificate_url, is_sandbox).then_some(transmission)
}

/// Whether PayPal has signed it, by the certificates in this file.
pub(super) fn is_signed(transmission: &Transmission, file: &[u8], roots: &[CertificateDer<'static>], now: Timestamp) -> bool {
    let Ok(signature) = STANDARD.decode(&transmission.signature) else { return false };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(file).take(CHAIN_MAX).collect();
    let Ok(chain) = chain else { return false };
    let Some((leaf, rest)) = chain.split_first() else { return false };
    let Ok(leaf) = EndEntityCert::try_from(leaf) else { return false };
    let anchors: Vec<_> = roots.iter().filter_map(|root| anchor_from_trusted_cert(root).ok()).collect();
    let Ok(seconds) = u64::try_from(now.as_second()) else { return false };
    let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    // PayPal's certificate for messages is an ordinary one, for a name of PayPal's.
    let is_trusted = leaf.verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, rest, time, KeyUsage::server_auth(), None, None).is_ok();
    let is_paypals = leaf.valid_dns_names().any(|name| name.ends_with(".paypal.com"));
    is_trusted
        && is_paypals
        && leaf.verify_signature(webpki::aws_lc_rs::RSA_PKCS1_2048_8192_SHA256, transmission.signed.as_bytes(), &signature).is_ok()
}

/// What a good signature proves. Of the body it covers a sum of 32 bits, which anybody can hit with another body: so the body is still nobody's word.
pub(super) fn proved(transmission: &Transmission, body: &[u8]) -> Verified {
    let hash = Sha256::digest(body).iter().fold(String::new(), |hash, byte| format!("{hash}{byte:02x}"));
    Verified { signed_id: Some(transmission.id.clone()), body_hash: hash }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::double::{Answer, double};

    #[tokio::test]
    async fn a_certificate_is_fetched_without_following_anybody_and_within_bounds() {
        let fetched = async |answer| {
            let (base, _) = double([answer]).await;
            PaypalCertificates::new(Arc::new(Client::new(Duration::from_secs(5)))).fetch(&base).await
        };
        assert_eq!(fetched(Answer::says("200 OK", "PEM")).await, Ok(b"PEM".to_vec()));
        for answer in [Answer::says("302 Found", ""), Answer::says("404 Not Found", ""), Answer::says("503 Busy", ""), Answer::Endless] {
            let what = format!("{answer:?}");
            assert!(matches!(fetched(answer).await, Err(GatewayError::Retryable(_))), "{what}");
        }
    }

    // req: S2-52
    #[test]
    fn certificates_come_from_one_place() {
        assert!(is_pinned("https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270", false));
        assert!(is_pinned("https://api.sandbox.paypal.com/v1/notifications/certs/CERT-360caa42", true));
        for (address, is_sandbox) in [
            ("https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1", false),
            ("https://api.paypal.com/v1/notifications/certs/CERT-1", true),
            ("http://api.paypal.com/v1/notifications/certs/CERT-1", false),
            ("https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1", false),
            ("https://evil.example/v1/notifications/certs/CERT-1", false),
            ("https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1", false),
            ("https://user@api.paypal.com/v1/notifications/certs/CERT-1", false),
            ("https://api.paypal.com:8443/v1/notifications/certs/CERT-1", false),
            ("https://api.paypal.com/v1/notifications/certs/../../redirect", false),
            ("https://api.paypal.com/v1/notifications/certs/CERT-1?next=x", false),
            ("https://api.paypal.com/v1/notifications/certs/CERT-1#x", false),
            ("https://api.paypal.com/v1/notifications/certs/a/b", false),
            ("https://api.paypal.com/v1/notifications/certs/%2e%2e", false),
            ("https://api.paypal.com/v1/notifications/certs/", false),
            ("https://API.paypal.com\\@evil.example/v1/notifications/certs/CERT-1", false),
            ("file:///etc/passwd", false),
            ("", false),
        ] {
            assert!(!is_pinned(address, is_sandbox), "{address}");
        }
    }
}
