//! Reasons, and what each means.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A nuisance.
    Low,
    /// Somebody waits.
    Medium,
    /// Money or a customer may be lost.
    High,
    /// Nothing goes on.
    Critical,
}

impl Severity {
    /// All, the worst first.
    pub const WORST_FIRST: [Severity; 4] = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];

    /// On the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }

    /// From the wire.
    pub fn from_word(word: &str) -> Option<Severity> {
        Severity::WORST_FIRST.into_iter().find(|severity| severity.as_str() == word)
    }

    /// What it counts towards [`super::priority`].
    pub const fn points(self) -> i32 {
        match self {
            Severity::Low => 25,
            Severity::Medium => 50,
            Severity::High => 75,
            Severity::Critical => 100,
        }
    }

    /// How much of the worth of an order is at risk while it has one of these, in percent.
    pub const fn at_risk_percent(self) -> i64 {
        match self {
            Severity::Low => 5,
            Severity::Medium => 20,
            Severity::High => 50,
            Severity::Critical => 80,
        }
    }
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// It should have been picked.
    PickDelay,
    /// It should have been packed.
    PackDelay,
    /// It should have left.
    ShipDelay,
    /// Its carrier does not take it, has lost it, or says nothing of it.
    CarrierIssue,
    /// It was picked, and nobody has scanned it since.
    MissingScan,
    /// The shelf holds something else than the books say.
    StockMismatch,
    /// There is not enough of something.
    InventoryShortage,
    /// Nobody can be found where it goes.
    AddressError,
    /// There is no such address.
    AddressInvalid,
    /// It should have arrived.
    DeliveryDelay,
    /// It is damaged.
    DamagedPackage,
    /// Nobody takes it.
    CustomerUnavailable,
    /// It is not paid.
    PaymentFailed,
    /// Something of ours, or of another system, does not work.
    SystemError,
    /// Anything else.
    Other,
    /// Nobody has begun with it.
    StalePending,
    /// It was begun, and nothing has happened since.
    StaleProcessing,
    /// Its customer has heard nothing.
    NoCustomerContact,
}

/// What a reason means, unless somebody knows better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traits {
    /// How bad.
    pub severity: Severity,
    /// So long until it is escalated.
    pub escalate_after: SignedDuration,
    /// Customers may know of it.
    pub visible: bool,
    /// A person has to approve what is done about it.
    pub approval: bool,
}

use Reason as R;

impl Reason {
    /// Every one.
    pub const ALL: [Reason; 18] = [
        R::PickDelay,
        R::PackDelay,
        R::ShipDelay,
        R::CarrierIssue,
        R::MissingScan,
        R::StockMismatch,
        R::InventoryShortage,
        R::AddressError,
        R::AddressInvalid,
        R::DeliveryDelay,
        R::DamagedPackage,
        R::CustomerUnavailable,
        R::PaymentFailed,
        R::SystemError,
        R::Other,
        R::StalePending,
        R::StaleProcessing,
        R::NoCustomerContact,
    ];

    /// On the wire.
    pub const fn code(self) -> &'static str {
        match self {
            R::PickDelay => "PICK_DELAY",
            R::PackDelay => "PACK_DELAY",
            R::ShipDelay => "SHIP_DELAY",
            R::CarrierIssue => "CARRIER_ISSUE",
            R::MissingScan => "MISSING_SCAN",
            R::StockMismatch => "STOCK_MISMATCH",
            R::InventoryShortage => "INVENTORY_SHORTAGE",
            R::AddressError => "ADDRESS_ERROR",
            R::AddressInvalid => "ADDRESS_INVALID",
            R::DeliveryDelay => "DELIVERY_DELAY",
            R::DamagedPackage => "DAMAGED_PACKAGE",
            R::CustomerUnavailable => "CUSTOMER_UNAVAILABLE",
            R::PaymentFailed => "PAYMENT_FAILED",
            R::SystemError => "SYSTEM_ERROR",
            R::Other => "OTHER",
            R::StalePending => "STALE_PENDING",
            R::StaleProcessing => "STALE_PROCESSING",
            R::NoCustomerContact => "NO_CUSTOMER_CONTACT",
        }
    }

    /// From the wire; upper and lower case are the same, and so are dashes, spaces and underscores.
    pub fn of(word: &str) -> Option<Reason> {
        let same = |a: char, b: char| a == b || (a == '_' && matches!(b, '-' | ' '));
        let reads = |reason: &Reason| {
            let code = reason.code();
            code.len() == word.len() && code.chars().zip(word.chars()).all(|(a, b)| same(a, b.to_ascii_uppercase()))
        };
        Reason::ALL.into_iter().find(reads)
    }

    /// For people.
    pub const fn text(self) -> &'static str {
        match self {
            R::PickDelay => "Picking is late",
            R::PackDelay => "Packing is late",
            R::ShipDelay => "Shipping is late",
            R::CarrierIssue => "Carrier trouble",
            R::MissingScan => "Scan missing",
            R::StockMismatch => "Stock mismatch",
            R::InventoryShortage => "Not enough stock",
            R::AddressError => "Wrong address",
            R::AddressInvalid => "No such address",
            R::DeliveryDelay => "Delivery is late",
            R::DamagedPackage => "Damaged",
            R::CustomerUnavailable => "Nobody takes it",
            R::PaymentFailed => "Payment failed",
            R::SystemError => "System error",
            R::Other => "Something else",
            R::StalePending => "Nobody has begun",
            R::StaleProcessing => "Stuck in processing",
            R::NoCustomerContact => "Customer not told",
        }
    }

    /// What customers may be told of it; nothing of what is only ours.
    pub const fn client_note(self) -> Option<&'static str> {
        Some(match self {
            R::PickDelay | R::PackDelay | R::ShipDelay => {
                "Your order is taking a little longer than usual to get ready. We are working on it."
            }
            R::CarrierIssue => "Something is holding up your parcel on its way. We are looking into it with the carrier.",
            R::InventoryShortage => "Something you ordered is not available right now. We are looking for a way to send it to you.",
            R::AddressError | R::AddressInvalid => {
                "Your parcel cannot be delivered to the address that we have. Please check it and tell us."
            }
            R::DeliveryDelay => "Your parcel is late. We are looking into it with the carrier.",
            R::DamagedPackage => "Your parcel was damaged. We are finding out what can be done about it.",
            R::CustomerUnavailable => "Your parcel could not be handed over. Please look where the carrier has left word.",
            R::PaymentFailed => "Your payment did not go through. Your order waits until it has.",
            R::Other => "Something is holding up your order. We are looking into it.",
            R::MissingScan | R::StockMismatch | R::SystemError | R::StalePending | R::StaleProcessing | R::NoCustomerContact => {
                return None;
            }
        })
    }

    /// What it means, unless somebody knows better.
    pub const fn traits(self) -> Traits {
        let (severity, minutes) = match self {
            R::SystemError => (Severity::Critical, 30),
            R::CarrierIssue
            | R::StockMismatch
            | R::InventoryShortage
            | R::AddressError
            | R::AddressInvalid
            | R::DamagedPackage
            | R::PaymentFailed => (Severity::High, 60),
            R::PackDelay => (Severity::Medium, 120),
            R::MissingScan => (Severity::Medium, 480),
            R::PickDelay | R::ShipDelay | R::DeliveryDelay | R::CustomerUnavailable | R::Other | R::StalePending | R::StaleProcessing => {
                (Severity::Medium, 240)
            }
            R::NoCustomerContact => (Severity::Low, 240),
        };
        Traits {
            severity,
            escalate_after: SignedDuration::from_mins(minutes),
            visible: self.client_note().is_some(),
            approval: matches!(self, R::StockMismatch),
        }
    }

    /// An order that has arrived has it no more, whoever said it had.
    pub const fn ends_with_delivery(self) -> bool {
        !matches!(self, R::DamagedPackage | R::StockMismatch | R::SystemError | R::Other | R::PaymentFailed)
    }

    /// An order that is called off has it no more.
    pub const fn ends_with_order(self) -> bool {
        !matches!(self, R::StockMismatch | R::SystemError | R::DamagedPackage)
    }

    /// It is not over because nobody speaks of it any more: what is damaged stays so when it is scanned again.
    pub const fn lasts(self) -> bool {
        matches!(self, R::DamagedPackage)
    }

    /// Its customer is told that it takes longer; of the rest they hear by messages of their own.
    pub const fn is_delay(self) -> bool {
        matches!(self, R::PickDelay | R::PackDelay | R::ShipDelay | R::CarrierIssue | R::InventoryShortage | R::DeliveryDelay)
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}
