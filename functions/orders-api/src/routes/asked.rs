//! A change of one order that is asked for, perhaps twice.

use super::Answer;
use super::orders::{doing, idempotency, if_match, is_done, order_id, run};
use crate::body::{self, Described};
use crate::desk::{Admitted, Desk};
use app::Error;
use app::apply::{Alongside, Applied};
use app::place::Idempotency;
use axum::extract::Request;
use domain::order::{Command, Order};
use runtime::http::{BODY_BYTES_MAX, Caller, Origin, raw_body};

/// What is asked, of whom, and by whom. With an `Idempotency-Key` it is done once, with `If-Match` only to the order that was seen.
pub(super) struct Asked {
    pub admitted: Admitted,
    pub order: Order,
    once: Option<Idempotency>,
    if_version: Option<u64>,
}

impl Asked {
    /// Of whoever may write, with the body. `what` is the address below the order's.
    pub async fn read<B: Described>(
        desk: &Desk,
        (caller, origin): (Caller, Origin),
        (id, what): (&str, &str),
        request: Request,
    ) -> Answer<(Asked, B)> {
        let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
        let id = order_id(id)?;
        let headers = request.headers().clone();
        let raw = raw_body(request, BODY_BYTES_MAX).await?;
        let body: B = body::read(&raw)?;
        let route = format!("POST /v1/orders/{id}/{what}");
        let once = headers.contains_key("idempotency-key").then(|| idempotency(&headers, &admitted, &route, &raw)).transpose()?;
        let order = desk.orders.load(&admitted.scope, &id).await.map_err(Error::from)?.ok_or(Error::NotFound("order"))?;
        Ok((Asked { admitted, order, once, if_version: if_match(&headers)? }, body))
    }

    /// It has been carried out: whoever asks again is shown how the order stands.
    pub async fn is_done(&self, desk: &Desk) -> Result<bool, Error> {
        match &self.once {
            Some(once) => is_done(desk, &self.admitted, once).await,
            None => Ok(false),
        }
    }

    /// Carries it out, and notes that in the same commit.
    pub async fn run(&self, desk: &Desk, command: &Command) -> Result<Applied, Error> {
        let once = self.once.as_ref().map(|once| doing(desk, once));
        let with = Alongside { if_version: self.if_version, once, ..Alongside::default() };
        run(desk, &self.admitted, &self.order.id, command, with).await
    }
}
