//! A provider that takes no money, for demonstrations: it says yes at once, unless a token says otherwise.
//!
//! `declined` is refused for good, `no_money` may pass, and `asks` wants its customer to confirm, who has the next time somebody looks.

use crate::ports::{Gateway, GatewayAnswer, GatewayError, GatewayNews, LookUp, Returned, Source, ToAuthorize, ToCapture, ToRefund, ToVoid};
use crate::signature::{Headers, Verified};
use async_trait::async_trait;
use domain::ids::ProviderReference;
use domain::money::Money;
use domain::payment::{PaymentKey, Provider};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// It remembers nothing: what it is asked for has happened.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sim;

fn named(key: &PaymentKey) -> Result<ProviderReference, GatewayError> {
    let name = format!("sim_{}", &hex::encode(Sha256::digest(key.as_str()))[..24]);
    ProviderReference::parse(&name).map_err(|why| GatewayError::Fatal(why.to_string()))
}

fn done(key: &PaymentKey, amount: Money) -> Result<GatewayAnswer, GatewayError> {
    Ok(GatewayAnswer::Done { reference: named(key)?, amount, expires_at: None })
}

#[async_trait]
impl Gateway for Sim {
    fn provider(&self) -> Provider {
        Provider::Sim
    }

    async fn authorize(&self, wish: &ToAuthorize<'_>) -> Result<GatewayAnswer, GatewayError> {
        let declined = |code: &str, soft| {
            let message = "the demonstration was told to decline".to_owned();
            Ok(GatewayAnswer::Declined { reference: Some(named(wish.key)?), code: code.to_owned(), soft, message })
        };
        match wish.source {
            Source::Token("declined") => declined("card_declined", false),
            Source::Token("no_money") => declined("soft", true),
            Source::Token("asks") if wish.resumed.is_none() => {
                Ok(GatewayAnswer::RequiresAction { reference: named(wish.key)?, url: None, client_secret: None })
            }
            _ => done(wish.key, wish.amount),
        }
    }

    async fn capture(&self, wish: &ToCapture<'_>) -> Result<GatewayAnswer, GatewayError> {
        done(wish.key, wish.amount)
    }

    async fn void(&self, wish: &ToVoid<'_>) -> Result<GatewayAnswer, GatewayError> {
        done(wish.key, wish.amount)
    }

    async fn refund(&self, wish: &ToRefund<'_>) -> Result<GatewayAnswer, GatewayError> {
        done(wish.key, wish.amount)
    }

    async fn look_up(&self, wish: &LookUp<'_>) -> Result<Option<GatewayAnswer>, GatewayError> {
        done(wish.key, wish.amount).map(Some)
    }

    async fn returned(&self, _: &LookUp<'_>) -> Result<Vec<Returned>, GatewayError> {
        Ok(Vec::new())
    }

    async fn verify(&self, _: &Headers, _: &[u8], _: Timestamp) -> Result<Option<Verified>, GatewayError> {
        Ok(None)
    }

    fn read(&self, _: &[u8]) -> Vec<GatewayNews> {
        Vec::new()
    }
}
