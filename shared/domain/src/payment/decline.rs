//! Whether a decline may pass.
//!
//! A soft decline is about the moment: no money, a bank that is down. A hard one is about the card or the customer, and
//! card networks fine whoever tries again. A code that nobody knows is hard.
//!
//! * <https://docs.stripe.com/declines/codes>
//! * <https://developer.paypal.com/docs/api/orders/v2/#definition-processor_response> and its errors' `issue`
//! * <https://razorpay.com/docs/errors/payments/list>
//! * <https://developers.payu.com/europe/docs/services/transactions/statuses/>: PayU says no more than that it failed

use super::Provider;

/// Stripe's `decline_code`, or its `code` if there is none.
const STRIPE: [&str; 13] = [
    "approve_with_id",
    "call_issuer",
    "card_velocity_exceeded",
    "do_not_honor",
    "do_not_try_again_now",
    "generic_decline",
    "insufficient_funds",
    "issuer_not_available",
    "no_action_taken",
    "processing_error",
    "reenter_transaction",
    "try_again_later",
    "withdrawal_count_limit_exceeded",
];

/// PayPal's `processor_response.response_code`, and issues of its errors.
const PAYPAL: [&str; 9] = [
    "0500", // do not honor
    "0960", // system malfunction
    "5100", // generic decline
    "5120", // insufficient funds
    "5710", // attempts exceed a limit
    "5920", // the issuer is not available, and may be asked again
    "9600", // a response that PayPal could not read
    "TRANSACTION_LIMIT_EXCEEDED",
    "PROCESSOR_UNAVAILABLE",
];

/// Razorpay's `error.reason`.
const RAZORPAY: [&str; 13] = [
    "bank_cutoff_in_progress",
    "bank_not_available",
    "bank_technical_error",
    "gateway_technical_error",
    "insufficient_funds",
    "issuer_technical_error",
    "payment_declined",
    "payment_session_expired",
    "payment_timed_out",
    "psp_not_available",
    "server_error",
    "transaction_daily_limit_exceeded",
    "upi_server_unavailable",
];

/// PayU's `statusCode`, and codes of a card's refusal.
const PAYU: [&str; 4] = ["BUSINESS_ERROR", "ERROR_INTERNAL", "GENERAL_ERROR", "SERVICE_NOT_AVAILABLE"];

/// Whether another try later may succeed.
pub fn is_soft(provider: Provider, code: &str) -> bool {
    let soft: &[&str] = match provider {
        Provider::Stripe => &STRIPE,
        Provider::Paypal => &PAYPAL,
        Provider::Razorpay => &RAZORPAY,
        Provider::Payu => &PAYU,
        Provider::Sim => &["soft"],
    };
    soft.contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: S2-50
    #[test]
    fn no_money_may_pass_and_a_stolen_card_may_not() {
        let soft = [
            (Provider::Stripe, "insufficient_funds"),
            (Provider::Stripe, "issuer_not_available"),
            (Provider::Paypal, "5120"),
            (Provider::Razorpay, "insufficient_funds"),
            (Provider::Razorpay, "bank_technical_error"),
            (Provider::Payu, "SERVICE_NOT_AVAILABLE"),
        ];
        for (provider, code) in soft {
            assert!(is_soft(provider, code), "{provider} {code}");
        }
        let hard = [
            (Provider::Stripe, "stolen_card"),
            (Provider::Stripe, "lost_card"),
            (Provider::Stripe, "fraudulent"),
            (Provider::Stripe, "expired_card"),
            (Provider::Stripe, "authentication_required"),
            (Provider::Paypal, "9520"),
            (Provider::Paypal, "5400"),
            (Provider::Paypal, "INSTRUMENT_DECLINED"),
            (Provider::Razorpay, "card_expired"),
            (Provider::Razorpay, "payment_risk_check_failed"),
            (Provider::Payu, "DATA_NOT_FOUND"),
            (Provider::Stripe, "a_code_of_next_year"),
            (Provider::Stripe, ""),
            (Provider::Paypal, "insufficient_funds"),
        ];
        for (provider, code) in hard {
            assert!(!is_soft(provider, code), "{provider} {code}");
        }
    }
}
