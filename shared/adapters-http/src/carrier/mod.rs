//! Carriers by their own interfaces: FedEx, UPS, USPS and DHL.
//!
//! What they share is here: where they are, how tokens are kept, what a failed exchange means for something that is paid for, and
//! how what they say is read. Each carrier's file knows its requests and answers.

pub mod dhl;
pub mod fedex;
mod kept;
mod oauth;
mod read;
pub mod ups;
pub mod usps;

use crate::client::{Client, body};
use app::ports::{CarrierError, CarrierResult, Clock, Consignment, DOCUMENT_BYTES_MAX, Party};
use app::tenant::Secret;
use domain::shipping::Service;
use reqwest::RequestBuilder;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;

pub use dhl::Dhl;
pub use fedex::Fedex;
pub use kept::HttpCarriers;
pub use ups::Ups;
pub use usps::Usps;

/// Largest answer that holds a document: base64 is a third longer, and there is something around it.
pub(crate) const ANSWER_WITH_DOCUMENT_BYTES_MAX: usize = DOCUMENT_BYTES_MAX / 3 * 4 + 256 * 1024;
/// Largest answer without one.
pub(crate) const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// Where the carriers are, or a double of each.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// FedEx. Its sandbox is `https://apis-sandbox.fedex.com`.
    pub fedex: String,
    /// UPS. Its sandbox is `https://wwwcie.ups.com`.
    pub ups: String,
    /// USPS. Its sandbox is `https://apis-tem.usps.com`.
    pub usps: String,
    /// MyDHL API. Its sandbox is `https://express.api.dhl.com/mydhlapi/test`.
    pub dhl: String,
    /// DHL's unified tracking.
    pub dhl_tracking: String,
    /// For one exchange, from the first byte to the last.
    pub timeout: Duration,
}

impl Default for Addresses {
    fn default() -> Self {
        Addresses {
            fedex: "https://apis.fedex.com".to_owned(),
            ups: "https://onlinetools.ups.com".to_owned(),
            usps: "https://apis.usps.com".to_owned(),
            dhl: "https://express.api.dhl.com/mydhlapi".to_owned(),
            dhl_tracking: "https://api-eu.dhl.com".to_owned(),
            timeout: Duration::from_secs(15),
        }
    }
}

impl Addresses {
    /// All of them at one double's.
    pub fn of_double(base: &str) -> Addresses {
        let at = |path: &str| format!("{base}/{path}");
        Addresses {
            fedex: at("fedex"),
            ups: at("ups"),
            usps: at("usps"),
            dhl: at("dhl"),
            dhl_tracking: at("dhl-tracking"),
            timeout: Duration::from_secs(15),
        }
    }
}

/// What a call does at the carrier's, which decides what a silence means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Does {
    /// It asks. Asking again is harmless.
    Read,
    /// It buys, voids or announces. What is not answered may have been done.
    Write,
}

/// An answer that came.
pub(crate) struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// What every adapter has.
pub(crate) struct Desk {
    pub who: &'static str,
    pub client: Client,
    pub clock: Arc<dyn Clock>,
}

impl Desk {
    pub fn new(who: &'static str, timeout: Duration, clock: Arc<dyn Clock>) -> Desk {
        Desk { who, client: Client::new(timeout), clock }
    }

    pub async fn client(&self) -> CarrierResult<&reqwest::Client> {
        self.client.get().await.map_err(|_| CarrierError::Retryable("no HTTP client".to_owned()))
    }

    /// May have been done, if it does anything.
    pub fn unsure(&self, does: Does, why: &str) -> CarrierError {
        let why = format!("{} {why}", self.who);
        match does {
            Does::Read => CarrierError::Retryable(why),
            Does::Write => CarrierError::Unknown(why),
        }
    }

    fn failed(&self, does: Does, error: &reqwest::Error) -> CarrierError {
        // An address or a token may be in the error, so only its kind is kept.
        if error.is_connect() || error.is_builder() {
            CarrierError::Retryable(format!("{} can't be reached", self.who))
        } else if error.is_timeout() {
            self.unsure(does, "did not answer in time")
        } else {
            self.unsure(does, "hung up")
        }
    }

    /// Sends a request and reads its answer, whatever its status.
    pub async fn exchange(&self, does: Does, request: RequestBuilder, max: usize) -> CarrierResult<Answer> {
        let response = request.send().await.map_err(|error| self.failed(does, &error))?;
        let status = response.status().as_u16();
        let read = body(response, max).await.map_err(|error| self.failed(does, &error))?;
        let body = read.ok_or_else(|| self.unsure(does, "answered more than a label takes"))?;
        Ok(Answer { status, body })
    }

    /// What a status means. `said` finds the carrier's code and words in an answer that is no success.
    pub fn judge(&self, does: Does, answer: &Answer, said: impl Fn(&[u8]) -> Option<Said>) -> CarrierResult<()> {
        match answer.status {
            200..=299 => Ok(()),
            408 | 429 => Err(CarrierError::Retryable(format!("{} answered {}", self.who, answer.status))),
            500..=599 => Err(self.unsure(does, &format!("answered {}", answer.status))),
            401 | 403 => Err(self.unauthorised()),
            status => {
                let said = said(&answer.body).unwrap_or_default();
                let code = if said.code.is_empty() { format!("http_{status}") } else { said.code };
                let code = if status == 404 { "not_found".to_owned() } else { code };
                Err(CarrierError::Rejected { code, message: format!("{}: {}", self.who, said.message) })
            }
        }
    }

    pub fn unauthorised(&self) -> CarrierError {
        let message = format!("{} does not accept the account's key, or it may not do this: look at the carrier's settings", self.who);
        CarrierError::rejected("unauthorised", message)
    }

    /// Reads an answer that is a success.
    pub fn read<T: DeserializeOwned>(&self, does: Does, answer: &Answer) -> CarrierResult<T> {
        serde_json::from_slice(&answer.body).map_err(|_| self.unsure(does, "gave an answer that can't be read"))
    }

    pub fn rejected(&self, code: &str, message: &str) -> CarrierError {
        CarrierError::rejected(code, format!("{}: {message}", self.who))
    }
}

/// A carrier's code and words for a refusal.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub code: String,
    pub message: String,
}

impl Said {
    /// Without what names anybody, and not longer than somebody reads.
    pub fn new(code: &str, message: &str) -> Said {
        Said { code: read::plain(code, 60), message: read::plain(message, 200) }
    }
}

/// What stands for an account in memory: whoever has another secret has another token.
pub(crate) fn account_key(parts: &[&str], secret: &Secret) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts.iter().copied().chain([secret.expose()]) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

/// Is duty to be paid between them? The European Union is one customs territory.
fn crosses_customs(from: &str, to: &str) -> bool {
    const UNION: &str = "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE";
    let in_union = |country: &str| UNION.split(' ').any(|member| member == country);
    from != to && !(in_union(from) && in_union(to))
}

impl Desk {
    /// What holds for every carrier, before it is asked: an order that fails here costs nothing.
    pub fn check(&self, parcel: &Consignment, line_chars_max: usize) -> CarrierResult<()> {
        if crosses_customs(parcel.from.address.country(), parcel.to.address.country()) {
            return Err(self.rejected("customs", "parcels that cross customs need a declaration, which has to be made with the carrier"));
        }
        for party in [&parcel.from, &parcel.to] {
            let names = [Some(&party.name), party.company.as_ref()].into_iter().flatten();
            let mut lines = names.chain(party.address.street());
            if lines.any(|line| line.chars().count() > line_chars_max) || party.address.city().chars().count() > 30 {
                let why =
                    format!("a name or line has more than {line_chars_max} characters, or a city more than 30: labels would cut it off");
                return Err(self.rejected("address_too_long", &why));
            }
        }
        Ok(())
    }

    /// A phone number of digits only, which carriers call when nobody opens.
    pub fn phone(&self, party: &Party) -> CarrierResult<String> {
        let digits: String = party.phone.as_deref().unwrap_or_default().chars().filter(char::is_ascii_digit).take(15).collect();
        if digits.len() < 6 { Err(self.rejected("phone_required", "it wants a phone number of sender and recipient")) } else { Ok(digits) }
    }
}

/// A parcel in the units of its country.
pub(crate) struct Measures {
    /// Pounds and inches, or kilograms and centimetres.
    pub imperial: bool,
    /// Tenths of a pound or kilogram, rounded up: nobody pays for less than there is.
    pub tenths: u32,
    /// Length, width and height in whole inches or centimetres, rounded up.
    pub sides: Option<[u32; 3]>,
}

impl Measures {
    pub fn of(parcel: &Consignment, imperial: bool) -> Measures {
        // A pound is 453.59237 g.
        let tenths =
            if imperial { (u64::from(parcel.weight_g) * 1_000_000).div_ceil(45_359_237) } else { u64::from(parcel.weight_g.div_ceil(100)) };
        let side = |mm: u32| if imperial { (mm * 10).div_ceil(254) } else { mm.div_ceil(10) };
        let sides = parcel.size.map(|size| [side(size.length_mm), side(size.width_mm), side(size.height_mm)]);
        Measures { imperial, tenths: u32::try_from(tenths).unwrap_or(u32::MAX).max(1), sides }
    }

    /// "3.8"
    pub fn text(&self) -> String {
        format!("{}.{}", self.tenths / 10, self.tenths % 10)
    }

    /// As a number of JSON.
    pub fn number(&self) -> f64 {
        f64::from(self.tenths) / 10.0
    }
}

/// The service that a carrier's days amount to, where its name says nothing.
pub(crate) const fn service_of(days: i64) -> Service {
    match days {
        ..=1 => Service::Overnight,
        2..=3 => Service::Express,
        _ => Service::Standard,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customs_are_where_the_union_ends() {
        for (from, to, crosses) in [("US", "US", false), ("DE", "PL", false), ("DE", "CH", true), ("GB", "FR", true), ("US", "CA", true)] {
            assert_eq!(crosses_customs(from, to), crosses, "{from} {to}");
        }
    }

    #[test]
    fn accounts_are_told_apart() {
        let key = |id: &str, secret: &str| account_key(&[id], &Secret::new(secret));
        assert_eq!(key("a", "b"), key("a", "b"));
        assert_ne!(key("a", "b"), key("a", "c"));
        assert_ne!(key("ab", "c"), key("a", "bc"));
    }
}
