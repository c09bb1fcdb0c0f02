//! Errors on the wire: RFC 9457 problem details, without internals, with a correlation id.

use app::Error;
use axum::response::{IntoResponse, Response};
use domain::order::{Fault, Rejection};
use domain::stock::purchase::PurchaseRefusal;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

/// A problem as the client gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Identifies the kind of problem; documented under /docs.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What to do about this one.
    pub detail: String,
    /// Every fault of the input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
    /// What would be possible instead of an illegal move.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Vec<String>>,
    /// The version a stale write met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_version: Option<u64>,
    /// Finds the logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Seconds to wait.
    #[serde(skip)]
    pub retry_after_s: Option<u64>,
    /// For our logs only.
    #[serde(skip)]
    pub cause: Option<String>,
}

impl Problem {
    /// A problem with nothing but a kind, a status and a sentence.
    pub fn new(kind: &str, title: &'static str, status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem {
            kind: format!("/docs/problems#{kind}"),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            allowed: None,
            current_version: None,
            trace_id: None,
            retry_after_s: None,
            cause: None,
        }
    }

    /// What the router says when no route fits.
    pub fn not_found() -> Problem {
        Problem::new("not-found", "Not found", StatusCode::NOT_FOUND, "there is no such resource; /docs lists them all")
    }

    /// What the router says when a route does not know the verb.
    pub fn method_not_allowed() -> Problem {
        Problem::new("method-not-allowed", "Method not allowed", StatusCode::METHOD_NOT_ALLOWED, "this resource does not know that verb")
    }

    /// With the trace id of the request.
    pub fn traced(mut self, trace_id: &str) -> Problem {
        self.trace_id = Some(trace_id.to_owned());
        self
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        let detail = error.to_string();
        match error {
            Error::Invalid(faults) => {
                let malformed = faults.iter().any(|fault| matches!(fault.code.as_str(), "bad_json" | "too_many_orders" | "unknown_type"));
                let status = if malformed { StatusCode::BAD_REQUEST } else { StatusCode::UNPROCESSABLE_ENTITY };
                let mut problem = Problem::new("invalid", "The input is not valid", status, "correct every listed fault and send it again");
                problem.errors = faults;
                problem
            }
            Error::Rejected(rejection) => rejected(rejection, detail),
            Error::Purchase(PurchaseRefusal::NotOrdered(_) | PurchaseRefusal::Quantity(_) | PurchaseRefusal::Nothing) => {
                let mut problem =
                    Problem::new("invalid", "The input is not valid", StatusCode::UNPROCESSABLE_ENTITY, "correct it and send it again");
                problem.errors = vec![Fault::new("lines", "out_of_range", detail)];
                problem
            }
            Error::Purchase(_) => Problem::new("purchase-refused", "Not possible as it stands", StatusCode::CONFLICT, detail),
            Error::Manifest(_) => Problem::new("manifest-refused", "Not possible as it stands", StatusCode::CONFLICT, detail),
            Error::NotFound(_) => Problem::new("not-found", "Not found", StatusCode::NOT_FOUND, detail),
            Error::Stale { current } => {
                let mut problem = Problem::new("stale", "It has changed", StatusCode::CONFLICT, detail);
                problem.current_version = Some(current);
                problem
            }
            Error::KeyReused => Problem::new("key-reused", "Idempotency key reused", StatusCode::UNPROCESSABLE_ENTITY, detail),
            Error::EventDiffers => Problem::new("event-differs", "Event id reused", StatusCode::CONFLICT, detail),
            Error::Unauthenticated => Problem::new("unauthenticated", "Not signed in", StatusCode::UNAUTHORIZED, detail),
            Error::Forbidden { .. } => Problem::new("forbidden", "Not allowed", StatusCode::FORBIDDEN, detail),
            Error::TooMany { retry_after_s } => {
                let mut problem = Problem::new("too-many", "Too many requests", StatusCode::TOO_MANY_REQUESTS, detail);
                problem.retry_after_s = Some(retry_after_s);
                problem
            }
            Error::Retryable(why) => {
                let mut problem = Problem::new(
                    "unavailable",
                    "Temporarily unavailable",
                    StatusCode::SERVICE_UNAVAILABLE,
                    "a dependency did not answer; nothing was lost, send the same request again",
                );
                problem.retry_after_s = Some(1);
                problem.cause = Some(why);
                problem
            }
            Error::Fatal(why) => {
                let mut problem = Problem::new(
                    "internal",
                    "Something is wrong on our side",
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "the request could not be carried out; quote the trace id to the operators",
                );
                problem.cause = Some(why);
                problem
            }
        }
    }
}

fn rejected(rejection: Rejection, detail: String) -> Problem {
    let status = match &rejection {
        Rejection::NotPlaced
        | Rejection::NoSuchDecision
        | Rejection::NoSuchTimer
        | Rejection::NoSuchReview
        | Rejection::NoSuchException
        | Rejection::NoSuchFulfilment
        | Rejection::NoSuchReturn => StatusCode::NOT_FOUND,
        Rejection::ManagerRequired => StatusCode::FORBIDDEN,
        Rejection::ReasonRequired
        | Rejection::FromTheFuture
        | Rejection::BadText
        | Rejection::BadScore
        | Rejection::BadWeight
        | Rejection::BadReason => StatusCode::UNPROCESSABLE_ENTITY,
        Rejection::AlreadyPlaced { .. }
        | Rejection::NotAllowed { .. }
        | Rejection::MessagesOff
        | Rejection::NoAddress
        | Rejection::NothingToUndo
        | Rejection::UndoTooLate
        | Rejection::JudgedBefore
        | Rejection::NotSo { .. }
        | Rejection::TooManyTimers
        | Rejection::TooManyPhotos
        | Rejection::PhotosForgotten
        | Rejection::UnderReview { .. }
        | Rejection::ReviewedBefore { .. }
        | Rejection::ReviewClaimed { .. }
        | Rejection::ExceptionIs { .. }
        | Rejection::ExceptionWaitsForReview
        | Rejection::ExceptionsOff
        | Rejection::StillChecked
        | Rejection::NothingToDecide
        | Rejection::TooManyReviews
        | Rejection::NotToFulfil { .. }
        | Rejection::Fulfilment(_)
        | Rejection::Cancel(_)
        | Rejection::Return(_)
        | Rejection::MoneyMoved
        | Rejection::TooManyLabels
        | Rejection::NoShippingAddress
        | Rejection::NotFollowed
        | Rejection::NotCollected
        | Rejection::NothingToPay
        | Rejection::NothingToCapture
        | Rejection::NotRefundable { .. }
        | Rejection::Money(_)
        | Rejection::PaymentNews(_)
        | Rejection::NoFollowUp { .. } => StatusCode::CONFLICT,
    };
    let (kind, title) = match &rejection {
        Rejection::NotAllowed { .. } => ("illegal-transition", "This move is not allowed"),
        Rejection::AlreadyPlaced { .. } => ("already-placed", "The order exists already"),
        Rejection::NotPlaced
        | Rejection::NoSuchDecision
        | Rejection::NoSuchTimer
        | Rejection::NoSuchReview
        | Rejection::NoSuchException
        | Rejection::NoSuchFulfilment
        | Rejection::NoSuchReturn => ("not-found", "Not found"),
        Rejection::UnderReview { .. } => ("under-review", "A person has to decide first"),
        Rejection::StillChecked => ("still-checked", "It is still being checked"),
        Rejection::NothingToDecide => ("nothing-to-decide", "There is nothing to decide"),
        Rejection::ReviewedBefore { .. } => ("reviewed-before", "This was decided before"),
        Rejection::ReviewClaimed { .. } => ("review-claimed", "Somebody else works on this"),
        Rejection::ExceptionIs { .. } => ("illegal-transition", "This move is not allowed"),
        Rejection::ExceptionWaitsForReview => ("under-review", "A person has to decide first"),
        Rejection::ExceptionsOff => ("exceptions-off", "Exceptions are switched off"),
        Rejection::NothingToUndo | Rejection::UndoTooLate => ("cannot-undo", "This cannot be undone"),
        Rejection::JudgedBefore => ("judged-before", "This was judged before"),
        Rejection::ManagerRequired => ("forbidden", "Not allowed"),
        Rejection::MessagesOff | Rejection::NoAddress => ("nobody-to-tell", "The customer cannot be told"),
        Rejection::NotSo { .. } => ("not-true", "It would not be true"),
        Rejection::NoFollowUp { .. } => ("no-follow-up", "The customer is not asked"),
        Rejection::TooManyTimers | Rejection::TooManyPhotos | Rejection::TooManyReviews | Rejection::TooManyLabels => {
            ("too-many", "There are too many")
        }
        Rejection::NoShippingAddress => ("no-shipping-address", "Nobody knows where it goes"),
        Rejection::NotFollowed => ("not-followed", "No carrier can be asked"),
        Rejection::NotCollected => ("not-collected", "The money is not collected here"),
        Rejection::NothingToPay => ("nothing-to-pay", "There is nothing to pay"),
        Rejection::NothingToCapture => ("nothing-to-capture", "There is nothing to capture"),
        Rejection::NotRefundable { .. } => ("not-refundable", "It is not refunded as it stands"),
        Rejection::NotToFulfil { .. } | Rejection::Fulfilment(_) => ("not-fulfilled", "It cannot be fulfilled like that"),
        Rejection::Cancel(_) => ("not-cancelled", "It cannot be called off like that"),
        Rejection::Return(_) => ("not-returned", "It cannot come back like that"),
        Rejection::MoneyMoved => ("stale", "Something has happened meanwhile"),
        Rejection::Money(_) | Rejection::PaymentNews(_) => ("payment-refused", "The order's money does not allow it"),
        Rejection::PhotosForgotten => ("forgotten", "The customer is forgotten"),
        Rejection::ReasonRequired
        | Rejection::FromTheFuture
        | Rejection::BadText
        | Rejection::BadScore
        | Rejection::BadWeight
        | Rejection::BadReason => ("invalid", "The input is not valid"),
    };
    let mut problem = Problem::new(kind, title, status, detail);
    if let Rejection::NotAllowed { allowed, .. } = rejection {
        problem.allowed = Some(allowed.iter().map(ToString::to_string).collect());
    }
    problem
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after_s;
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // The outermost layer knows the trace id and writes it in.
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::order::OrderStatus;

    // req: S2-105
    #[test]
    fn every_error_has_a_status_and_no_internals() {
        let cases = [
            (Error::Invalid(vec![Fault::new("a", "required", "b")]), 422),
            (Error::Invalid(vec![Fault::new("", "bad_json", "b")]), 400),
            (Rejection::NotPlaced.into(), 404),
            (Rejection::ManagerRequired.into(), 403),
            (Rejection::ReasonRequired.into(), 422),
            (Rejection::MessagesOff.into(), 409),
            (Rejection::NoAddress.into(), 409),
            (
                Rejection::NotAllowed { from: OrderStatus::Shipped, to: OrderStatus::Pending, allowed: vec![OrderStatus::Delivered] }
                    .into(),
                409,
            ),
            (Error::NotFound("order"), 404),
            (Error::Stale { current: 4 }, 409),
            (Error::KeyReused, 422),
            (Error::EventDiffers, 409),
            (Error::Unauthenticated, 401),
            (Error::Forbidden { needs: "write" }, 403),
            (Error::TooMany { retry_after_s: 9 }, 429),
            (Error::Retryable("dynamodb at 10.0.0.1".into()), 503),
            (Error::Fatal("table orderflow-orders".into()), 500),
        ];
        for (error, status) in cases {
            let problem = Problem::from(error);
            assert_eq!(problem.status, status, "{problem:?}");
            assert!(!problem.detail.contains("10.0.0.1") && !problem.detail.contains("orderflow-"), "{problem:?}");
            assert!(!problem.detail.is_empty());
        }
    }
}
