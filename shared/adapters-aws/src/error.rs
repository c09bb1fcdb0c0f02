//! One question to every error of the SDK: may the same call work later?
//!
//! The text names the operation and the error's code, never its message: a message of a store may quote what
//! was stored.

use app::ports::PortError;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

const RETRYABLE: [&str; 14] = [
    "BandwidthLimitExceeded",
    "InternalException",
    "InternalFailure",
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// Throttled, timed out, unreachable or broken on the other side: later. Everything else: never.
pub(crate) fn port_error<E: ProvideErrorMetadata>(what: &str, error: &SdkError<E, HttpResponse>) -> PortError {
    match error {
        SdkError::ConstructionFailure(_) => PortError::Fatal(format!("{what}: the request could not be built")),
        SdkError::TimeoutError(_) => PortError::Retryable(format!("{what}: timed out")),
        SdkError::DispatchFailure(_) => PortError::Retryable(format!("{what}: unreachable")),
        SdkError::ResponseError(_) => PortError::Retryable(format!("{what}: unreadable answer")),
        SdkError::ServiceError(refused) => {
            let code = refused.err().code().unwrap_or("no code");
            let status = refused.raw().status().as_u16();
            let text = format!("{what}: {code} ({status})");
            if status >= 500 || status == 429 || RETRYABLE.contains(&code) { PortError::Retryable(text) } else { PortError::Fatal(text) }
        }
        _ => PortError::Retryable(format!("{what}: failed")),
    }
}

/// What we stored and cannot read back.
pub(crate) fn corrupt(what: &str) -> PortError {
    PortError::Fatal(format!("a stored row cannot be read: {what}"))
}
