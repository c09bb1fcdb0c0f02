//! The second way to prove that an order is one's own: a code that goes to the address on file.
//!
//! Whoever asks for a code hears the same words whatever there is, and learns nothing by guessing: codes have six
//! digits, only those that were mailed open anything, an order takes five tries in a quarter of an hour from all the
//! world together, and each code opens once.

use crate::error::{Error, Result};
use crate::ports::{Allowance, Clock, Limit, Mail, Mailer, OrderStore, RateBuckets, TenantStore};
use crate::scope::{Identity, TenantScope};
use crate::tenant::Secret;
use domain::ask::{Lang, Message, code_mail};
use domain::ids::{CorrelationId, OrderId};
use domain::order::Fault;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// A code is good in the quarter of an hour in which it was made, and in the one after.
const WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// Codes asked for by one caller.
pub const WISHES: Limit = Limit { count: 5, window: SignedDuration::from_mins(15) };
/// Mails about one order.
pub const MAILS: Limit = Limit { count: 1, window: SignedDuration::from_mins(2) };
/// Mails about one order in a day, so that nobody can fill a customer's mailbox.
pub const MAILS_A_DAY: Limit = Limit { count: 5, window: SignedDuration::from_hours(24) };
/// Codes tried at one order, by whomever.
pub const TRIES: Limit = Limit { count: 5, window: SignedDuration::from_mins(15) };
/// Uses of one code.
const USES: Limit = Limit { count: 1, window: SignedDuration::from_mins(45) };
/// Codes made for one order in a quarter of an hour: more than [`MAILS`] lets happen.
const CODES: Limit = Limit { count: 9, window: SignedDuration::from_mins(45) };
/// Digits of a code.
const DIGITS: usize = 6;

/// The use case.
#[derive(Clone)]
pub struct Codes {
    /// Whose order it is.
    pub orders: Arc<dyn OrderStore>,
    /// Wishes, mails, tries, uses.
    pub buckets: Arc<dyn RateBuckets>,
    /// Language and sender; they may be a little old.
    pub tenants: Arc<dyn TenantStore>,
    /// E-mail.
    pub mailer: Arc<dyn Mailer>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// What codes are made from: none is stored.
    pub key: Secret,
    /// The sender for tenants that have not chosen one.
    pub default_from: Option<String>,
}

impl Codes {
    /// Sends a code to the address on file of an order, if there are both; what to tell whoever asked.
    ///
    /// # Errors
    /// `Forbidden`, `Invalid`, `TooMany`, `Retryable`. None of them depends on whether there is such an order.
    pub async fn send(
        &self,
        identity: &Identity,
        caller: &str,
        number: &str,
        lang: Option<Lang>,
        correlation: &CorrelationId,
    ) -> Result<String> {
        identity.require("ask", |scopes| scopes.ask)?;
        let scope = TenantScope::of(identity);
        let id = OrderId::written(number).map_err(|why| Error::Invalid(vec![Fault::new("order_id", "bad_number", why.to_string())]))?;
        let now = self.clock.now();
        self.buckets.take(&scope, &format!("code-wish:{caller}"), 1, WISHES, now).await?.or_wait()?;
        let mut may_mail = true;
        for (bucket, limit) in [(format!("code-mail:{id}"), MAILS), (format!("code-day:{id}"), MAILS_A_DAY)] {
            may_mail = may_mail && matches!(self.buckets.take(&scope, &bucket, 1, limit, now).await?, Allowance::Allowed { .. });
        }
        let config = self.tenants.config(scope.tenant()).await?.unwrap_or_default();
        let order = self.orders.load(&scope, &id).await?;
        let lang = lang.unwrap_or_else(|| Lang::of_locale(&config.locale));
        let to = order.and_then(|order| order.contact).and_then(|contact| contact.email);
        let from = config.notify.from.clone().or_else(|| self.default_from.clone());
        if let (true, Some(to), Some(from)) = (may_mail, to, from)
            && let Allowance::Allowed { left } = self.buckets.take(&scope, &made(&id, window(now)), 1, CODES, now).await?
        {
            let code = self.code(&scope, &id, window(now), CODES.count - left);
            let (subject, text) = code_mail(id.as_str(), &code, &config.shop_name, lang);
            let reference = format!("code.{}.{correlation}", id.as_str()).replace(|c: char| !c.is_ascii_alphanumeric(), ".");
            let mail = Mail { from, to, subject, text, date: now, reference, files: Vec::new(), receipts: None };
            if let Err(why) = self.mailer.send(&mail).await {
                tracing::warn!(trace_id = %correlation, tenant = %scope.tenant(), %why, "a code was not mailed");
            }
        }
        Ok(Message::CodeSent { order: id.as_str() }.text(lang))
    }

    /// Whether this is a code that was mailed about an order, which it then was: it opens once.
    ///
    /// # Errors
    /// `TooMany`, `Retryable`.
    pub async fn opens(&self, scope: &TenantScope, id: &OrderId, given: &str) -> Result<bool> {
        let now = self.clock.now();
        self.buckets.take(scope, &format!("code-try:{id}"), 1, TRIES, now).await?.or_wait()?;
        let given: String = given.chars().filter(char::is_ascii_digit).collect();
        let mut opened = None;
        for made_in in [window(now), window(now) - 1] {
            let mailed = match self.buckets.take(scope, &made(id, made_in), 0, CODES, now).await? {
                Allowance::Allowed { left } => CODES.count - left,
                Allowance::Denied { .. } => CODES.count,
            };
            // As many comparisons whatever there is.
            for nth in 1..=CODES.count {
                let right: bool = self.code(scope, id, made_in, nth).as_bytes().ct_eq(given.as_bytes()).into();
                opened = opened.or((right && nth <= mailed).then_some((made_in, nth)));
            }
        }
        let Some((made_in, nth)) = opened else { return Ok(false) };
        let used = self.buckets.take(scope, &format!("code-used:{id}:{made_in}:{nth}"), 1, USES, now).await?;
        Ok(matches!(used, Allowance::Allowed { .. }))
    }

    /// The nth code of an order in a window.
    fn code(&self, scope: &TenantScope, id: &OrderId, window: i64, nth: u32) -> String {
        let text = format!("order code\n{}\n{id}\n{window}\n{nth}", scope.tenant());
        // A key of any length makes a MAC.
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(self.key.expose().as_bytes()) else { return String::new() };
        let bytes = mac.chain_update(text).finalize().into_bytes();
        let number = u64::from_be_bytes(std::array::from_fn(|at| bytes[at])) % 10_u64.pow(DIGITS as u32);
        format!("{number:0DIGITS$}")
    }
}

/// The bucket that counts an order's codes.
fn made(id: &OrderId, window: i64) -> String {
    format!("code-made:{id}:{window}")
}

fn window(now: Timestamp) -> i64 {
    now.as_second().div_euclid(WINDOW.as_secs())
}
