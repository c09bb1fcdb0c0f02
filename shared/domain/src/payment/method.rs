//! What the customer pays with.

use super::Provider;
use serde::{Deserialize, Serialize};

/// A payment method, as shops name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMethod {
    /// A credit card.
    CreditCard,
    /// A debit card.
    DebitCard,
    /// A PayPal account.
    Paypal,
    /// A card, taken by Stripe.
    Stripe,
    /// A card, taken by Razorpay.
    Razorpay,
    /// A card, taken by PayU.
    Payu,
    /// The customer's bank sends it; nobody can ask for it.
    BankTransfer,
    /// Paid at the door.
    CashOnDelivery,
    /// Apple Pay, Google Pay and the like.
    DigitalWallet,
}

impl PaymentMethod {
    /// Every method.
    pub const ALL: [PaymentMethod; 9] = [
        PaymentMethod::CreditCard,
        PaymentMethod::DebitCard,
        PaymentMethod::Paypal,
        PaymentMethod::Stripe,
        PaymentMethod::Razorpay,
        PaymentMethod::Payu,
        PaymentMethod::BankTransfer,
        PaymentMethod::CashOnDelivery,
        PaymentMethod::DigitalWallet,
    ];

    /// On the wire.
    pub const fn word(self) -> &'static str {
        match self {
            PaymentMethod::CreditCard => "credit_card",
            PaymentMethod::DebitCard => "debit_card",
            PaymentMethod::Paypal => "paypal",
            PaymentMethod::Stripe => "stripe",
            PaymentMethod::Razorpay => "razorpay",
            PaymentMethod::Payu => "payu",
            PaymentMethod::BankTransfer => "bank_transfer",
            PaymentMethod::CashOnDelivery => "cash_on_delivery",
            PaymentMethod::DigitalWallet => "digital_wallet",
        }
    }

    /// Reads a wire word.
    pub fn from_word(word: &str) -> Option<PaymentMethod> {
        PaymentMethod::ALL.into_iter().find(|method| method.word() == word)
    }

    /// Whether a provider is asked for the money. Cash and transfers come by themselves, or don't.
    pub const fn is_authorized(self) -> bool {
        !matches!(self, PaymentMethod::BankTransfer | PaymentMethod::CashOnDelivery)
    }

    /// Shops name a provider as a method, which is a card at that provider. PayPal is both.
    pub const fn names(self) -> Option<Provider> {
        match self {
            PaymentMethod::Paypal => Some(Provider::Paypal),
            PaymentMethod::Stripe => Some(Provider::Stripe),
            PaymentMethod::Razorpay => Some(Provider::Razorpay),
            PaymentMethod::Payu => Some(Provider::Payu),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: S2-21
    #[test]
    fn nine_methods_go_over_the_wire_and_back() {
        for method in PaymentMethod::ALL {
            let json = serde_json::to_string(&method).unwrap();
            assert_eq!(json, format!("\"{}\"", method.word()));
            assert_eq!(serde_json::from_str::<PaymentMethod>(&json).unwrap(), method);
            assert_eq!(PaymentMethod::from_word(method.word()), Some(method));
        }
        for odd in ["", "card", "CREDIT_CARD", "paypal ", "cod"] {
            assert_eq!(PaymentMethod::from_word(odd), None, "{odd}");
        }
    }

    // req: S2-55
    #[test]
    fn nobody_is_asked_for_cash_or_transfers() {
        let unasked: Vec<_> = PaymentMethod::ALL.into_iter().filter(|method| !method.is_authorized()).map(PaymentMethod::word).collect();
        assert_eq!(unasked, ["bank_transfer", "cash_on_delivery"]);
    }
}
