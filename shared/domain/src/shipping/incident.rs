//! Why a parcel does not get on, in one vocabulary for all carriers.
//!
//! The vocabulary is the one that multi-carrier interfaces share (karrio's `TrackingIncidentReason`, issue karrioapi/karrio#971). Carriers
//! document few of their reason codes, so what they write for people beside a scan is read: USPS's event types, FedEx's
//! `exceptionDescription`, UPS's `status.description`, DHL's `description`. No carrier publishes a list of these either: the phrases are
//! those that customers meet, and what none of them says is not guessed.

use serde::{Deserialize, Serialize};

/// What keeps a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Incident {
    /// It was damaged on its way.
    CarrierDamagedParcel,
    /// Its carrier cannot find it.
    CarrierParcelLost,
    /// It went the wrong way.
    CarrierSortingError,
    /// A truck or a plane broke down.
    CarrierVehicleIssue,
    /// The day was too short.
    CarrierNotEnoughTime,
    /// What the sender wrote on it, or beside it, does not hold.
    RetailerIncorrectData,
    /// It was packed too badly to be carried.
    RetailerPackagingIssue,
    /// Whoever was to get it does not want it.
    ConsigneeRefused,
    /// Nobody was there.
    ConsigneeNotAvailable,
    /// The shop or office was closed.
    ConsigneeBusinessClosed,
    /// Nobody of that name lives there, or there is no such place.
    ConsigneeIncorrectAddress,
    /// The door cannot be reached, or there is no safe place.
    ConsigneeAccessRestricted,
    /// Duties or taxes are to be paid first.
    CustomsDutiesUnpaid,
    /// A paper is missing.
    CustomsDocumentation,
    /// Customs are at it.
    CustomsDelay,
    /// Snow, storm, flood, and what they leave.
    Weather,
}

use Incident as I;

/// What is looked for, the first that is found counts: what is said of customs also speaks of addresses and papers, and "not available or
/// business closed" leaves open which.
const PHRASES: &[(Incident, &[&str])] = &[
    (I::CustomsDutiesUnpaid, &["duties", "duty and tax", "customs fee", "taxes due", "import charges"]),
    (
        I::CustomsDocumentation,
        &["missing regulatory paperwork", "customs document", "missing commercial invoice", "clearance information required"],
    ),
    (
        I::CustomsDelay,
        &["customs", "clearance delay", "clearing agency", "import clearance", "clearance event", "regulatory agency clearance"],
    ),
    (I::Weather, &["weather", "natural disaster", "snow", "snowstorm", "hurricane", "flood", "floods", "flooding", "storm", "storms"]),
    (I::CarrierDamagedParcel, &["damage", "damaged", "damages"]),
    (I::CarrierParcelLost, &["is lost", "lost in transit", "unable to locate the package", "cannot be located", "search in progress"]),
    (
        I::CarrierSortingError,
        &["missent", "misrouted", "missorted", "mis-sorted", "incorrectly sorted", "incorrectly routed", "wrong route"],
    ),
    (
        I::CarrierVehicleIssue,
        &[
            "mechanical failure",
            "mechanical delay",
            "vehicle breakdown",
            "flight canceled",
            "flight cancelled",
            "flight cancellation",
            "flight delay",
            "flight delayed",
            "train delay",
            "late flight",
        ],
    ),
    (I::RetailerPackagingIssue, &["insufficient packaging", "improper packaging", "poorly packed", "repackaged", "repackaging"]),
    (
        I::RetailerIncorrectData,
        &["insufficient postage", "label unreadable", "missing label", "incorrect shipment information", "postage due"],
    ),
    (I::ConsigneeRefused, &["refused", "refusal", "not accepted by", "delivery not accepted"]),
    (
        I::ConsigneeIncorrectAddress,
        &[
            "incorrect address",
            "address is incorrect",
            "insufficient address",
            "address information needed",
            "address information required",
            "incorrect recipient address",
            "no such number",
            "addressee unknown",
            "attempted - addressee not known",
            "moved, left no address",
            "moved left no address",
            "forward expired",
            "vacant",
            "street number is incorrect",
            "receiver name is incorrect",
            "unable to deliver to address",
            "bad address",
            "customer has moved",
            "receiver has moved",
            "recipient moved",
            "address not found",
        ],
    ),
    (
        I::ConsigneeNotAvailable,
        &[
            "not available",
            "was not home",
            "not home",
            "recipient not in",
            "notice left",
            "no authorized recipient",
            "nobody home",
            "not at home",
            "receiver was unavailable",
            "unavailable to sign",
            "consignee absent",
            "recipient absent",
        ],
    ),
    (
        I::ConsigneeBusinessClosed,
        &["business closed", "business was closed", "premises closed", "location was closed", "closed on arrival"],
    ),
    (
        I::ConsigneeAccessRestricted,
        &[
            "no access",
            "no secure location",
            "receptacle full",
            "receptacle blocked",
            "access restricted",
            "restricted access",
            "security delay",
            "animal interference",
            "gate code",
        ],
    ),
    (I::CarrierNotEnoughTime, &["not enough time", "ran out of time", "delivery not attempted", "attempt after close", "after cut-off"]),
];

/// What says that it is over.
const OVER: &[&str] = &[
    "released by the customs",
    "released by customs",
    "released from customs",
    "cleared customs",
    "customs cleared",
    "customs clearance completed",
    "clearance processing complete",
    "package available for clearance",
];

/// Whether the words stand there as words: a street is called Snowflake, and a town Stormville.
fn says(text: &str, phrase: &str) -> bool {
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    text.match_indices(phrase)
        .any(|(at, found)| !is_letter(text[..at].chars().next_back()) && !is_letter(text[at + found.len()..].chars().next()))
}

impl Incident {
    /// Every one.
    pub const ALL: [Incident; 16] = [
        I::CarrierDamagedParcel,
        I::CarrierParcelLost,
        I::CarrierSortingError,
        I::CarrierVehicleIssue,
        I::CarrierNotEnoughTime,
        I::RetailerIncorrectData,
        I::RetailerPackagingIssue,
        I::ConsigneeRefused,
        I::ConsigneeNotAvailable,
        I::ConsigneeBusinessClosed,
        I::ConsigneeIncorrectAddress,
        I::ConsigneeAccessRestricted,
        I::CustomsDutiesUnpaid,
        I::CustomsDocumentation,
        I::CustomsDelay,
        I::Weather,
    ];

    /// What a carrier's words say of it, in English; none if they say nothing of why.
    pub fn read(text: &str) -> Option<Incident> {
        let text = text.to_lowercase();
        if OVER.iter().any(|phrase| says(&text, phrase)) {
            return None;
        }
        PHRASES.iter().find(|(_, phrases)| phrases.iter().any(|phrase| says(&text, phrase))).map(|(incident, _)| *incident)
    }

    /// On the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            I::CarrierDamagedParcel => "carrier_damaged_parcel",
            I::CarrierParcelLost => "carrier_parcel_lost",
            I::CarrierSortingError => "carrier_sorting_error",
            I::CarrierVehicleIssue => "carrier_vehicle_issue",
            I::CarrierNotEnoughTime => "carrier_not_enough_time",
            I::RetailerIncorrectData => "retailer_incorrect_data",
            I::RetailerPackagingIssue => "retailer_packaging_issue",
            I::ConsigneeRefused => "consignee_refused",
            I::ConsigneeNotAvailable => "consignee_not_available",
            I::ConsigneeBusinessClosed => "consignee_business_closed",
            I::ConsigneeIncorrectAddress => "consignee_incorrect_address",
            I::ConsigneeAccessRestricted => "consignee_access_restricted",
            I::CustomsDutiesUnpaid => "customs_duties_unpaid",
            I::CustomsDocumentation => "customs_documentation",
            I::CustomsDelay => "customs_delay",
            I::Weather => "weather",
        }
    }

    /// For the shop's people.
    pub const fn text(self) -> &'static str {
        match self {
            I::CarrierDamagedParcel => "damaged on its way",
            I::CarrierParcelLost => "its carrier cannot find it",
            I::CarrierSortingError => "it went the wrong way",
            I::CarrierVehicleIssue => "a breakdown on its way",
            I::CarrierNotEnoughTime => "the carrier ran out of time",
            I::RetailerIncorrectData => "its label or postage does not hold",
            I::RetailerPackagingIssue => "packed too badly to be carried",
            I::ConsigneeRefused => "refused at the door",
            I::ConsigneeNotAvailable => "nobody was there",
            I::ConsigneeBusinessClosed => "it was closed there",
            I::ConsigneeIncorrectAddress => "the address does not hold",
            I::ConsigneeAccessRestricted => "the door could not be reached",
            I::CustomsDutiesUnpaid => "duties are to be paid",
            I::CustomsDocumentation => "a paper is missing at customs",
            I::CustomsDelay => "customs are at it",
            I::Weather => "the weather",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As carriers write it.
    // req: S2-06, S2-65
    #[test]
    fn what_carriers_write() {
        for (text, incident) in [
            // USPS
            ("Refused", I::ConsigneeRefused),
            ("No Access to Delivery Location", I::ConsigneeAccessRestricted),
            ("Receptacle Full / Item Oversized", I::ConsigneeAccessRestricted),
            ("No Authorized Recipient Available", I::ConsigneeNotAvailable),
            ("Notice Left (Business Closed)", I::ConsigneeNotAvailable),
            ("Insufficient Address", I::ConsigneeIncorrectAddress),
            ("Moved, Left No Address", I::ConsigneeIncorrectAddress),
            ("Held in Customs", I::CustomsDelay),
            ("Missent", I::CarrierSortingError),
            ("Weather Delay", I::Weather),
            // FedEx
            ("Customer not available or business closed", I::ConsigneeNotAvailable),
            ("Shipment Refused by recipient", I::ConsigneeRefused),
            ("Incorrect recipient address", I::ConsigneeIncorrectAddress),
            ("Damaged, delivery not completed", I::CarrierDamagedParcel),
            ("Improper or missing regulatory paperwork", I::CustomsDocumentation),
            ("Clearance delay - Import", I::CustomsDelay),
            // UPS
            ("The receiver's location was closed on the 2nd delivery attempt.", I::ConsigneeBusinessClosed),
            ("Severe weather conditions have delayed delivery.", I::Weather),
            ("A mechanical failure has delayed delivery. We will update the delivery date as soon as possible.", I::CarrierVehicleIssue),
            ("The street number is incorrect. This may delay delivery.", I::ConsigneeIncorrectAddress),
            ("The package is at the clearing agency awaiting final release.", I::CustomsDelay),
            // DHL
            ("Delivery attempted; recipient not home", I::ConsigneeNotAvailable),
            ("Recipient refused delivery", I::ConsigneeRefused),
            ("Address information needed; contact DHL", I::ConsigneeIncorrectAddress),
            ("Awaiting payment of duties and taxes", I::CustomsDutiesUnpaid),
        ] {
            assert_eq!(Incident::read(text), Some(incident), "{text}");
        }
        for text in [
            "",
            "Delivered, Front Door/Porch",
            "Arrived at USPS Regional Facility",
            "Out for Delivery",
            "On FedEx vehicle for delivery",
            "Departed facility",
        ] {
            assert_eq!(Incident::read(text), None, "{text}");
        }
    }

    #[test]
    fn one_word_each() {
        for incident in Incident::ALL {
            assert_eq!(serde_json::to_value(incident).unwrap(), incident.as_str());
            assert!(PHRASES.iter().any(|(known, _)| *known == incident), "{incident:?} is never read");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in ".{0,300}") {
            let _ = Incident::read(&text);
        }
    }
}
