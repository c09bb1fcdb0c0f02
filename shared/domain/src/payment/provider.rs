//! Who takes the money.

use serde::{Deserialize, Serialize};

/// A payment provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// Stripe.
    Stripe,
    /// PayPal.
    Paypal,
    /// Razorpay.
    Razorpay,
    /// PayU.
    Payu,
    /// One that takes no money, for demonstrations.
    Sim,
}

/// How much of a promise a provider lets one take, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Captures {
    /// In parts, until nothing is left.
    Many,
    /// Once, all or a part; what is left is given back by itself.
    Once,
    /// Once, and all of it.
    Whole,
}

impl Provider {
    /// Every provider.
    pub const ALL: [Provider; 5] = [Provider::Stripe, Provider::Paypal, Provider::Razorpay, Provider::Payu, Provider::Sim];

    /// On the wire and in addresses.
    pub const fn word(self) -> &'static str {
        match self {
            Provider::Stripe => "stripe",
            Provider::Paypal => "paypal",
            Provider::Razorpay => "razorpay",
            Provider::Payu => "payu",
            Provider::Sim => "sim",
        }
    }

    /// For people.
    pub const fn title(self) -> &'static str {
        match self {
            Provider::Stripe => "Stripe",
            Provider::Paypal => "PayPal",
            Provider::Razorpay => "Razorpay",
            Provider::Payu => "PayU",
            Provider::Sim => "The demonstration",
        }
    }

    /// Reads a wire word.
    pub fn from_word(word: &str) -> Option<Provider> {
        Provider::ALL.into_iter().find(|provider| provider.word() == word)
    }

    /// Stripe and PayU give the rest back with the first capture (several are an extra of both, by agreement); Razorpay
    /// refuses any amount but the one that was authorized.
    pub const fn captures(self) -> Captures {
        match self {
            Provider::Paypal | Provider::Sim => Captures::Many,
            Provider::Stripe | Provider::Payu => Captures::Once,
            Provider::Razorpay => Captures::Whole,
        }
    }
}

impl std::fmt::Display for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}
