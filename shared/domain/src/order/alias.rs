//! Every source's status words, translated once.
//!
//! Each vocabulary is a table from word to [`Claim`]; [`Vocabulary::word_for`] is the way back, for
//! systems that still want their own word. Unknown words are not guessed: the caller parks them.

use super::carriers;
use super::fact::{Claim, StatusClaim, Tracks};
use super::status::{FulfilmentStatus as F, OrderStatus as S, PaymentStatus as P, Track, TrackingStatus as T};
use crate::exception::Reason;
use serde::{Deserialize, Serialize};

/// Whose words are being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vocabulary {
    /// Our own words, as the API writes them.
    Orderflow,
    /// The five words of a shop's sheet: Received, Shipped, In Transit, Delayed, Delivered.
    Sheet,
    /// Single-status shop systems: pending, processing, shipped, fulfilled, cancelled, refunded.
    Shop,
    /// The eighteen-word workflow enum that mixes payment, stock and transport.
    Workflow,
    /// Sales exports: completed, cancelled, returned.
    Sales,
    /// Event names of shops, warehouses and carriers (order_paid, pick_completed, out_for_delivery).
    Events,
    /// Saleor's order statuses.
    Saleor,
    /// Shopify's fulfilment order statuses.
    Shopify,
    /// UPS: types of activities (MP, I, OT, D).
    Ups,
    /// FedEx: derived codes (OC, IT, OD, DL).
    Fedex,
    /// USPS: status categories.
    Usps,
    /// DHL's unified tracking: pre-transit, transit, delivered, failure.
    Dhl,
    /// InPost's ShipX.
    Inpost,
    /// AfterShip's tags, for every other carrier.
    Aftership,
}

/// What a word means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// What it claims about an order that exists.
    pub claim: Claim,
    /// Where an order stands that is first heard of with this word, if that differs from the claim.
    pub at_birth: Option<S>,
}

impl Reading {
    pub(super) const fn of(claim: Claim) -> Reading {
        Reading { claim, at_birth: None }
    }
}

pub(super) const NOTHING: Claim =
    Claim { status: None, payment: None, fulfilment: None, tracking: None, delayed: None, eta: None, manifested: false, exception: None };

pub(super) const fn status(status: S) -> Claim {
    Claim { status: Some(StatusClaim::Is(status)), delayed: Some(false), ..NOTHING }
}

const fn paid(claim: Claim, payment: P) -> Claim {
    Claim { payment: Some(payment), ..claim }
}

pub(super) const fn worked(claim: Claim, fulfilment: F) -> Claim {
    Claim { fulfilment: Some(fulfilment), ..claim }
}

pub(super) const fn tracked(claim: Claim, tracking: T) -> Claim {
    Claim { tracking: Some(tracking), ..claim }
}

pub(super) const DELAYED: Reading =
    Reading { claim: Claim { tracking: Some(T::DeliveryDelayed), delayed: Some(true), ..NOTHING }, at_birth: Some(S::Shipped) };

pub(super) const DELIVERED: Claim = worked(tracked(status(S::Delivered), T::Delivered), F::Delivered);
pub(super) const SHIPPED: Claim = worked(status(S::Shipped), F::Shipped);

pub(super) type Row = (&'static str, Reading);

const SHEET: &[Row] = &[
    ("received", Reading::of(status(S::Pending))),
    ("shipped", Reading::of(tracked(SHIPPED, T::Pending))),
    ("in_transit", Reading::of(tracked(SHIPPED, T::InTransit))),
    ("delayed", DELAYED),
    ("delivered", Reading::of(DELIVERED)),
    // Words shops add to the five sooner or later.
    ("pending", Reading::of(status(S::Pending))),
    ("processing", Reading::of(status(S::Processing))),
    ("on_hold", Reading::of(status(S::OnHold))),
    ("out_for_delivery", Reading::of(tracked(SHIPPED, T::OutForDelivery))),
    ("completed", Reading::of(status(S::Completed))),
    ("cancelled", Reading::of(status(S::Cancelled))),
    ("canceled", Reading::of(status(S::Cancelled))),
    ("returned", Reading::of(status(S::Returned))),
];

const SHOP: &[Row] = &[
    ("pending", Reading::of(status(S::Pending))),
    ("processing", Reading::of(status(S::Processing))),
    ("shipped", Reading::of(SHIPPED)),
    ("delivered", Reading::of(DELIVERED)),
    ("fulfilled", Reading::of(worked(tracked(status(S::Completed), T::Delivered), F::Delivered))),
    ("cancelled", Reading::of(status(S::Cancelled))),
    ("refunded", Reading::of(Claim { status: Some(StatusClaim::Refunded), payment: Some(P::Refunded), ..NOTHING })),
];

const WORKFLOW: &[Row] = &[
    ("pending", Reading::of(status(S::Pending))),
    ("payment_pending", Reading::of(paid(status(S::Pending), P::Pending))),
    ("payment_authorized", Reading::of(paid(status(S::Processing), P::Authorized))),
    ("payment_captured", Reading::of(paid(status(S::Processing), P::Captured))),
    ("processing", Reading::of(status(S::Processing))),
    ("inventory_reserved", Reading::of(worked(status(S::Processing), F::Allocated))),
    ("ready_to_ship", Reading::of(status(S::ReadyToShip))),
    ("shipped", Reading::of(SHIPPED)),
    ("in_transit", Reading::of(tracked(SHIPPED, T::InTransit))),
    ("out_for_delivery", Reading::of(tracked(SHIPPED, T::OutForDelivery))),
    ("delivered", Reading::of(DELIVERED)),
    ("cancelled", Reading::of(status(S::Cancelled))),
    ("refunded", Reading::of(paid(NOTHING, P::Refunded))),
    ("partially_refunded", Reading::of(paid(NOTHING, P::PartiallyRefunded))),
    ("returned", Reading::of(status(S::Returned))),
    ("exchange_requested", Reading::of(status(S::ReturnRequested))),
    ("on_hold", Reading::of(status(S::OnHold))),
    ("failed", Reading::of(status(S::Failed))),
];

const SALES: &[Row] = &[
    ("completed", Reading::of(status(S::Completed))),
    ("cancelled", Reading::of(status(S::Cancelled))),
    ("returned", Reading::of(status(S::Returned))),
];

const EVENTS: &[Row] = &[
    ("order_created", Reading::of(status(S::Pending))),
    ("order_paid", Reading::of(paid(NOTHING, P::Captured))),
    ("order_fulfilled", Reading::of(SHIPPED)),
    ("fulfillment_update", Reading::of(NOTHING)),
    ("order_cancelled", Reading::of(status(S::Cancelled))),
    ("pick_started", Reading::of(worked(status(S::Processing), F::Picking))),
    ("pick_completed", Reading::of(worked(status(S::Processing), F::Picked))),
    ("pack_started", Reading::of(worked(status(S::Processing), F::Picked))),
    ("pack_completed", Reading::of(worked(status(S::Processing), F::Packed))),
    ("ship_label_printed", Reading::of(tracked(worked(status(S::ReadyToShip), F::Labelled), T::Pending))),
    ("label_created", Reading::of(tracked(worked(status(S::ReadyToShip), F::Labelled), T::Pending))),
    ("manifested", Reading::of(Claim { manifested: true, ..tracked(worked(status(S::ReadyToShip), F::Labelled), T::Pending) })),
    ("exception_reported", Reading::of(Claim { exception: Some(Reason::Other), ..NOTHING })),
    ("pickup_scheduled", Reading::of(tracked(NOTHING, T::Pending))),
    ("picked_up", Reading::of(tracked(SHIPPED, T::PickedUp))),
    ("shipment_dispatched", Reading::of(tracked(SHIPPED, T::PickedUp))),
    ("package_shipped", Reading::of(tracked(SHIPPED, T::PickedUp))),
    ("in_transit", Reading::of(tracked(SHIPPED, T::InTransit))),
    ("out_for_delivery", Reading::of(tracked(SHIPPED, T::OutForDelivery))),
    ("delivered", Reading::of(DELIVERED)),
    ("delivery_failed", Reading::of(tracked(SHIPPED, T::DeliveryFailed))),
    ("returned", Reading::of(tracked(worked(status(S::Returned), F::Returned), T::ReturnToSender))),
];

const SALEOR: &[Row] = &[
    ("draft", Reading::of(status(S::Pending))),
    ("unconfirmed", Reading::of(status(S::Pending))),
    ("unfulfilled", Reading::of(status(S::Processing))),
    ("partially_fulfilled", Reading::of(status(S::PartiallyShipped))),
    ("fulfilled", Reading::of(SHIPPED)),
    // All of it was sent; that part of it came back is a return of its own here.
    ("partially_returned", Reading::of(SHIPPED)),
    ("canceled", Reading::of(status(S::Cancelled))),
    ("returned", Reading::of(status(S::Returned))),
    ("expired", Reading::of(status(S::Failed))),
];

const SHOPIFY: &[Row] = &[
    ("on_hold", Reading::of(status(S::OnHold))),
    ("scheduled", Reading::of(status(S::Pending))),
    ("open", Reading::of(status(S::Pending))),
    ("in_progress", Reading::of(status(S::Processing))),
    ("partial", Reading::of(status(S::PartiallyShipped))),
    ("fulfilled", Reading::of(SHIPPED)),
    ("cancelled", Reading::of(status(S::Cancelled))),
];

/// Words compare without case, and blanks and dashes count as underscores.
fn normalise(word: &str) -> String {
    let joined: Vec<&str> = word.split(|c: char| c.is_whitespace() || c == '-' || c == '_').filter(|part| !part.is_empty()).collect();
    joined.join("_").to_lowercase()
}

impl Vocabulary {
    /// Every vocabulary.
    pub const ALL: [Vocabulary; 14] = [
        Self::Orderflow,
        Self::Sheet,
        Self::Shop,
        Self::Workflow,
        Self::Sales,
        Self::Events,
        Self::Saleor,
        Self::Shopify,
        Self::Ups,
        Self::Fedex,
        Self::Usps,
        Self::Dhl,
        Self::Inpost,
        Self::Aftership,
    ];

    fn rows(self) -> &'static [Row] {
        match self {
            Self::Orderflow => &[],
            Self::Sheet => SHEET,
            Self::Shop => SHOP,
            Self::Workflow => WORKFLOW,
            Self::Sales => SALES,
            Self::Events => EVENTS,
            Self::Saleor => SALEOR,
            Self::Shopify => SHOPIFY,
            Self::Ups => carriers::UPS,
            Self::Fedex => carriers::FEDEX,
            Self::Usps => carriers::USPS,
            Self::Dhl => carriers::DHL,
            Self::Inpost => carriers::INPOST,
            Self::Aftership => carriers::AFTERSHIP,
        }
    }

    /// The words it knows.
    pub fn words(self) -> Vec<&'static str> {
        match self {
            Self::Orderflow => S::ALL.iter().map(|status| status.as_str()).collect(),
            _ => self.rows().iter().map(|row| row.0).collect(),
        }
    }

    /// What a word means, or `None` if this vocabulary does not have it.
    pub fn read(self, word: &str) -> Option<Reading> {
        let word = normalise(word);
        if self == Self::Orderflow {
            return S::from_word(&word).map(|known| match known {
                S::Delivered => Reading::of(DELIVERED),
                known => Reading::of(status(known)),
            });
        }
        if let Some(row) = self.rows().iter().find(|row| row.0 == word) {
            return Some(row.1);
        }
        if self == Self::Sheet {
            // Sheets are typed by people: "Delayed (weather)", "opóźnione", "Shipped DHL".
            let says = |part: &str| word.contains(part);
            if says("delayed") || says("opóźn") || says("opozn") {
                return Some(DELAYED);
            }
            if says("in_transit") {
                return Some(Reading::of(tracked(SHIPPED, T::InTransit)));
            }
            if word.starts_with("shipped") {
                return Some(Reading::of(tracked(SHIPPED, T::Pending)));
            }
        }
        None
    }

    /// The tracks of an order that is first heard of with this word.
    pub fn birth(self, word: &str, at: jiff::Timestamp) -> Option<Tracks> {
        let reading = self.read(word)?;
        let mut claim = reading.claim;
        let mut tracks = Tracks::default();
        if let Some(status) = reading.at_birth {
            claim.status = Some(StatusClaim::Is(status));
        }
        // "Refunded" of an unknown order: it must have been paid; whether it shipped nobody says.
        tracks.apply(&claim, at, false);
        Some(tracks)
    }

    /// The word of this vocabulary for these tracks; `None` where it has none.
    pub fn word_for(self, tracks: &Tracks) -> Option<&'static str> {
        let shipped_word = |moving: &'static str, otherwise: &'static str| match tracks.tracking {
            T::InTransit | T::OnHold => moving,
            _ => otherwise,
        };
        Some(match self {
            Self::Orderflow => tracks.status.as_str(),
            Self::Sheet => match tracks.status {
                status if tracks.delayed.is_some() && status.is_open() => "delayed",
                S::Pending => "received",
                S::Processing | S::ReadyToShip | S::PartiallyShipped => "processing",
                S::OnHold => "on_hold",
                S::Shipped if tracks.tracking == T::OutForDelivery => "out_for_delivery",
                S::Shipped => shipped_word("in_transit", "shipped"),
                S::Delivered | S::ReturnRequested => "delivered",
                S::Completed => "completed",
                S::Returned => "returned",
                S::Cancelled | S::Failed => "cancelled",
            },
            Self::Shop => match tracks.status {
                S::Cancelled | S::Returned if tracks.payment == P::Refunded => "refunded",
                S::Pending | S::OnHold => "pending",
                S::Processing | S::ReadyToShip | S::PartiallyShipped => "processing",
                S::Shipped => "shipped",
                S::Delivered | S::ReturnRequested | S::Returned => "delivered",
                S::Completed => "fulfilled",
                S::Cancelled | S::Failed => "cancelled",
            },
            Self::Workflow => match tracks.status {
                _ if tracks.payment == P::Refunded => "refunded",
                _ if tracks.payment == P::PartiallyRefunded => "partially_refunded",
                S::Pending => "pending",
                S::OnHold => "on_hold",
                S::Processing if tracks.fulfilment == F::Allocated => "inventory_reserved",
                S::Processing if tracks.payment == P::Authorized => "payment_authorized",
                S::Processing if tracks.payment == P::Captured => "payment_captured",
                S::Processing => "processing",
                S::ReadyToShip => "ready_to_ship",
                S::PartiallyShipped => "shipped",
                S::Shipped if tracks.tracking == T::OutForDelivery => "out_for_delivery",
                S::Shipped => shipped_word("in_transit", "shipped"),
                S::Delivered | S::Completed => "delivered",
                S::ReturnRequested => "exchange_requested",
                S::Returned => "returned",
                S::Cancelled => "cancelled",
                S::Failed => "failed",
            },
            Self::Sales => match tracks.status {
                S::Completed | S::Delivered => "completed",
                S::Cancelled | S::Failed => "cancelled",
                S::Returned => "returned",
                _ => return None,
            },
            Self::Saleor => match tracks.status {
                S::Pending | S::OnHold => "unconfirmed",
                S::Processing | S::ReadyToShip => "unfulfilled",
                S::PartiallyShipped => "partially_fulfilled",
                S::Shipped | S::Delivered | S::Completed | S::ReturnRequested => "fulfilled",
                S::Returned => "returned",
                S::Cancelled => "canceled",
                S::Failed => "expired",
            },
            Self::Shopify => match tracks.status {
                S::Pending => "open",
                S::OnHold => "on_hold",
                S::Processing | S::ReadyToShip => "in_progress",
                S::PartiallyShipped => "partial",
                S::Shipped | S::Delivered | S::Completed | S::ReturnRequested | S::Returned => "fulfilled",
                S::Cancelled | S::Failed => "cancelled",
            },
            // Event names say what happened, not how things stand; and nobody tells carriers.
            Self::Events | Self::Ups | Self::Fedex | Self::Usps | Self::Dhl | Self::Inpost | Self::Aftership => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    const AT: Timestamp = Timestamp::UNIX_EPOCH;

    // req: S2-17
    #[test]
    fn words_survive_the_round_trip() {
        // The words that share their meaning with another word of the same vocabulary.
        let folded = [
            (Vocabulary::Sheet, "pending", "received"),
            (Vocabulary::Sheet, "canceled", "cancelled"),
            (Vocabulary::Workflow, "payment_pending", "pending"),
            (Vocabulary::Saleor, "draft", "unconfirmed"),
            (Vocabulary::Saleor, "partially_returned", "fulfilled"),
            (Vocabulary::Shopify, "scheduled", "open"),
        ];
        let mut checked = 0;
        for vocabulary in Vocabulary::ALL.into_iter().take_while(|v| *v != Vocabulary::Ups).filter(|v| *v != Vocabulary::Events) {
            for word in vocabulary.words() {
                let tracks = vocabulary.birth(word, AT).unwrap();
                let back = vocabulary.word_for(&tracks);
                let expected = folded.iter().find(|row| row.0 == vocabulary && row.1 == word).map_or(word, |row| row.2);
                assert_eq!(back, Some(expected), "{vocabulary:?} {word} -> {tracks:?}");
                assert_eq!(vocabulary.birth(expected, AT).map(|t| t.label()), Some(tracks.label()), "{vocabulary:?} {word}");
                checked += 1;
            }
        }
        assert_eq!(checked, 12 + 13 + 7 + 18 + 3 + 9 + 7);
    }

    #[test]
    fn the_table_as_people_read_it() {
        let mut out = String::new();
        for vocabulary in Vocabulary::ALL {
            for word in vocabulary.words() {
                let t = vocabulary.birth(word, AT).unwrap();
                out += &format!(
                    "{:<10} {:<20} {:<18} {:<20} {:<11} {:<17} {}\n",
                    format!("{vocabulary:?}"),
                    word,
                    t.status,
                    t.payment,
                    t.fulfilment,
                    t.tracking,
                    t.label().text()
                );
            }
        }
        insta::assert_snapshot!("aliases", out);
    }

    #[test]
    fn sheet_words_are_typed_by_people() {
        let label = |word: &str| Vocabulary::Sheet.birth(word, AT).map(|t| t.label().text());
        for (word, expected) in [
            ("In Transit", "In Transit"),
            ("  in   transit ", "In Transit"),
            ("IN-TRANSIT", "In Transit"),
            ("Delayed (weather)", "Delayed"),
            ("Opóźnione", "Delayed"),
            ("Shipped DHL", "Shipped"),
            ("DELIVERED", "Delivered"),
        ] {
            assert_eq!(label(word), Some(expected), "{word}");
        }
        for unknown in ["", "not delivered", "???", "ＳＨＩＰＰＥＤ"] {
            assert_eq!(label(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn delayed_keeps_the_status_an_order_has() {
        let mut tracks = Vocabulary::Shop.birth("processing", AT).unwrap();
        tracks.apply(&Vocabulary::Sheet.read("Delayed").unwrap().claim, AT, false);
        assert_eq!(tracks.status, S::Processing);
        assert_eq!(tracks.label().text(), "Delayed");
        tracks.apply(&Vocabulary::Sheet.read("In Transit").unwrap().claim, AT, false);
        assert_eq!((tracks.status, tracks.label().text()), (S::Shipped, "In Transit"));
    }

    #[test]
    fn refunded_depends_on_whether_it_left() {
        let refund = Vocabulary::Shop.read("refunded").unwrap().claim;
        for (before, after) in [("processing", S::Cancelled), ("shipped", S::Returned), ("delivered", S::Returned)] {
            let mut tracks = Vocabulary::Shop.birth(before, AT).unwrap();
            tracks.apply(&refund, AT, false);
            assert_eq!(tracks.status, after, "{before}");
            assert_eq!(tracks.payment, P::Refunded);
        }
    }
}
