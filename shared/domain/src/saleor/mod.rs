//! An order that a shop keeps in Saleor, too: what Saleor's word means for it here, and what is to be said there.
//!
//! Neither side wins by having written last. What Saleor says moves an order of ours forward ([`claim`]); what has been sent or called off
//! here is told there ([`compare`]); and where both have gone ways that exclude each other, a person is asked.

mod parcels;

pub use parcels::{Parcel, Piece, TheirLine, TheirParcel, parcels, unnumbered};

use crate::commerce::is_at_home;
use crate::order::{Claim, OrderStatus, PaymentStatus, Tracks, Vocabulary};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where an order stands in Saleor (`OrderStatus` of its schema).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TheirStatus {
    /// Being written by staff.
    Draft,
    /// Waits to be confirmed.
    Unconfirmed,
    /// Nothing of it has been sent.
    Unfulfilled,
    /// Part of it has been sent.
    PartiallyFulfilled,
    /// All of it has been sent, and part of it has come back.
    PartiallyReturned,
    /// All of it has come back.
    Returned,
    /// All of it has been sent.
    Fulfilled,
    /// Called off.
    Canceled,
    /// Nobody paid for it in time.
    Expired,
}

impl TheirStatus {
    /// Every status.
    pub const ALL: [TheirStatus; 9] = [
        Self::Draft,
        Self::Unconfirmed,
        Self::Unfulfilled,
        Self::PartiallyFulfilled,
        Self::PartiallyReturned,
        Self::Returned,
        Self::Fulfilled,
        Self::Canceled,
        Self::Expired,
    ];

    /// As Saleor writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Unconfirmed => "UNCONFIRMED",
            Self::Unfulfilled => "UNFULFILLED",
            Self::PartiallyFulfilled => "PARTIALLY_FULFILLED",
            Self::PartiallyReturned => "PARTIALLY_RETURNED",
            Self::Returned => "RETURNED",
            Self::Fulfilled => "FULFILLED",
            Self::Canceled => "CANCELED",
            Self::Expired => "EXPIRED",
        }
    }

    /// Reads Saleor's word. Unknown words are not guessed.
    pub fn from_word(word: &str) -> Option<TheirStatus> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// How an order stands here that is first heard of with this word.
    pub fn birth(self, at: jiff::Timestamp) -> Tracks {
        Vocabulary::Saleor.birth(self.as_str(), at).unwrap_or_default()
    }
}

impl fmt::Display for TheirStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// All of it has left that will.
const fn is_sent(ours: OrderStatus) -> bool {
    matches!(ours, OrderStatus::Shipped | OrderStatus::Delivered | OrderStatus::Completed | OrderStatus::ReturnRequested)
}

/// What Saleor's word claims about an order that stands so here. Saleor knows less of an order than we do: it has no word for one that
/// waits for a person, is packed, or has arrived. So its word moves an order forward and never back to where Saleor still sees it; an order
/// that is on hold here stays so however often something else of it changes there.
pub fn claim(ours: OrderStatus, theirs: TheirStatus) -> Claim {
    let is_news = match theirs {
        TheirStatus::Draft | TheirStatus::Unconfirmed => false,
        TheirStatus::Unfulfilled => ours == OrderStatus::Pending,
        TheirStatus::PartiallyFulfilled => is_at_home(ours),
        TheirStatus::Fulfilled | TheirStatus::PartiallyReturned => is_at_home(ours) || ours == OrderStatus::PartiallyShipped,
        TheirStatus::Returned => is_at_home(ours) || ours == OrderStatus::PartiallyShipped || is_sent(ours),
        // Of what has partly left the rest is not called off unasked: that is for a person to decide.
        TheirStatus::Canceled => is_at_home(ours) || ours == OrderStatus::Failed,
        TheirStatus::Expired => is_at_home(ours),
    };
    let reading = Vocabulary::Saleor.read(theirs.as_str()).filter(|_| is_news);
    reading.map(|reading| Claim { delayed: None, ..reading.claim }).unwrap_or_default()
}

/// How an order stands on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is to be said: each side's word holds on the other.
    Agrees,
    /// What has left here is to be told there.
    TellSent,
    /// That it was called off here is to be told there.
    TellCancelled,
    /// They have gone ways that exclude each other. Why a person has to decide.
    Conflict(&'static str),
}

/// Compares both sides, after what Saleor says was heard here.
pub const fn compare(ours: OrderStatus, theirs: TheirStatus) -> Standing {
    use TheirStatus as T;
    match ours {
        _ if is_at_home(ours) => match theirs {
            T::Draft | T::Unconfirmed | T::Unfulfilled => Standing::Agrees,
            T::PartiallyFulfilled | T::PartiallyReturned | T::Returned | T::Fulfilled => {
                Standing::Conflict("it was sent there, and is still to be sent here")
            }
            T::Canceled | T::Expired => Standing::Conflict("it was called off there, and goes on here"),
        },
        OrderStatus::PartiallyShipped => match theirs {
            T::Unfulfilled | T::PartiallyFulfilled => Standing::TellSent,
            T::Draft | T::Unconfirmed => Standing::Conflict("part of it has left here; confirm it in Saleor first"),
            T::Canceled | T::Expired => Standing::Conflict("part of it has left here, and it was called off there"),
            T::PartiallyReturned | T::Returned | T::Fulfilled => Standing::Conflict("all of it was sent there, and only part of it here"),
        },
        OrderStatus::Returned => match theirs {
            // Saleor is not told of returns: what came back is refunded there by a person.
            T::PartiallyReturned | T::Returned | T::Fulfilled => Standing::Agrees,
            T::Canceled | T::Expired => Standing::Conflict("it was sent and came back here, and was called off there"),
            T::Draft | T::Unconfirmed | T::Unfulfilled | T::PartiallyFulfilled => {
                Standing::Conflict("it was sent and came back here, and was never sent there")
            }
        },
        OrderStatus::Cancelled => match theirs {
            T::Draft | T::Unconfirmed | T::Unfulfilled => Standing::TellCancelled,
            T::Canceled | T::Expired => Standing::Agrees,
            T::PartiallyFulfilled | T::PartiallyReturned | T::Returned | T::Fulfilled => {
                Standing::Conflict("it was called off here, and sent there")
            }
        },
        OrderStatus::Failed => match theirs {
            T::Draft | T::Unconfirmed | T::Unfulfilled | T::Canceled | T::Expired => Standing::Agrees,
            T::PartiallyFulfilled | T::PartiallyReturned | T::Returned | T::Fulfilled => {
                Standing::Conflict("it could not be carried out here, and was sent there")
            }
        },
        _ => match theirs {
            T::Unfulfilled | T::PartiallyFulfilled => Standing::TellSent,
            T::PartiallyReturned | T::Fulfilled => Standing::Agrees,
            T::Draft | T::Unconfirmed => Standing::Conflict("it has left here; confirm it in Saleor first"),
            T::Returned => Standing::Conflict("all of it came back there, and somebody has since decided otherwise here"),
            T::Canceled | T::Expired => Standing::Conflict("it has left here, and was called off there"),
        },
    }
}

/// Where the money stands, by Saleor's words for what was charged and promised. None if they say nothing of it.
pub fn payment(charged: &str, authorized: &str, is_refunded: bool) -> Option<PaymentStatus> {
    match (charged, authorized) {
        ("NONE", _) if is_refunded => Some(PaymentStatus::Refunded),
        ("FULL" | "OVERCHARGED" | "PARTIAL", _) if is_refunded => Some(PaymentStatus::PartiallyRefunded),
        ("FULL" | "OVERCHARGED", _) => Some(PaymentStatus::Captured),
        ("PARTIAL", _) => Some(PaymentStatus::PartiallyCaptured),
        ("NONE", "FULL") => Some(PaymentStatus::Authorized),
        _ => None,
    }
}

/// Has anything of it left, or was it called off: is there anything that Saleor should hear?
pub const fn is_worth_telling(ours: OrderStatus) -> bool {
    is_sent(ours) || matches!(ours, OrderStatus::PartiallyShipped | OrderStatus::Returned | OrderStatus::Cancelled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{EventId, SourceId};
    use crate::order::{Fact, FactLog, Track};
    use jiff::Timestamp;

    const AT: Timestamp = Timestamp::UNIX_EPOCH;

    // req: S2-76
    #[test]
    fn money_is_where_charges_and_promises_say() {
        use PaymentStatus as P;
        for (charged, authorized, refunded, status) in [
            ("NONE", "NONE", false, None),
            ("NONE", "PARTIAL", false, None),
            ("NONE", "FULL", false, Some(P::Authorized)),
            ("PARTIAL", "FULL", false, Some(P::PartiallyCaptured)),
            ("FULL", "NONE", false, Some(P::Captured)),
            ("OVERCHARGED", "NONE", false, Some(P::Captured)),
            ("FULL", "NONE", true, Some(P::PartiallyRefunded)),
            ("NONE", "FULL", true, Some(P::Refunded)),
            ("SOMETHING", "NEW", true, None),
        ] {
            assert_eq!(payment(charged, authorized, refunded), status, "{charged} {authorized} {refunded}");
        }
    }

    /// The ruling of the status conflicts: FULFILLED is sent, not arrived; PARTIALLY_FULFILLED is partly sent.
    // req: S2-75
    #[test]
    fn the_map_of_first_words() {
        use OrderStatus as O;
        let map = [
            ("DRAFT", O::Pending),
            ("UNCONFIRMED", O::Pending),
            ("UNFULFILLED", O::Processing),
            ("PARTIALLY_FULFILLED", O::PartiallyShipped),
            ("PARTIALLY_RETURNED", O::Shipped),
            ("RETURNED", O::Returned),
            ("FULFILLED", O::Shipped),
            ("CANCELED", O::Cancelled),
            ("EXPIRED", O::Failed),
        ];
        assert_eq!(map.len(), TheirStatus::ALL.len());
        for (word, ours) in map {
            let theirs = TheirStatus::from_word(word).unwrap();
            assert_eq!((theirs.birth(AT).status, theirs.as_str()), (ours, word));
            assert_eq!(serde_json::to_value(theirs).unwrap(), word);
        }
        for unknown in ["", "fulfilled", "CANCELLED", "PARTIALLY_REFUNDED", "FULFILLED "] {
            assert_eq!(TheirStatus::from_word(unknown), None, "{unknown}");
        }
    }

    /// What is heard, and how both sides then stand, for every pair.
    // req: S2-75
    #[test]
    fn both_sides_as_people_read_them() {
        let mut out = format!("{:<18} {:<20} {:<18} {}\n", "here", "in Saleor", "becomes here", "then");
        for ours in OrderStatus::ALL {
            for theirs in TheirStatus::ALL {
                let mut tracks = Tracks { status: *ours, ..Tracks::default() };
                tracks.apply(&claim(*ours, theirs), AT, false);
                let then = match compare(tracks.status, theirs) {
                    Standing::Agrees => "agrees".to_owned(),
                    Standing::TellSent => "tell what has left".to_owned(),
                    Standing::TellCancelled => "tell that it is off".to_owned(),
                    Standing::Conflict(why) => format!("CONFLICT: {why}"),
                };
                out += &format!("{:<18} {:<20} {:<18} {then}\n", ours.as_str(), theirs.as_str(), tracks.status.as_str());
            }
        }
        insta::assert_snapshot!("both_sides", out);
    }

    /// No word of Saleor's takes an order back, or off hold.
    // req: S2-75
    #[test]
    fn a_word_of_theirs_moves_forward_or_not_at_all() {
        for ours in OrderStatus::ALL {
            for theirs in TheirStatus::ALL {
                let mut tracks = Tracks { status: *ours, ..Tracks::default() };
                tracks.apply(&claim(*ours, theirs), AT, false);
                let moved = tracks.status != *ours;
                assert!(!moved || ours.way_to(tracks.status).is_some(), "{ours} by {theirs} to {}", tracks.status);
                let stays = matches!(ours, OrderStatus::OnHold | OrderStatus::ReadyToShip | OrderStatus::Failed);
                assert!(!stays || theirs != TheirStatus::Unfulfilled || !moved, "{ours} by {theirs}");
                // Heard once more it changes nothing more.
                let once = tracks;
                tracks.apply(&claim(once.status, theirs), AT, false);
                assert_eq!(tracks, once, "{ours} by {theirs}, twice");
            }
        }
    }

    /// However the words of one order come in, and however often, it ends where the last of them says.
    // req: S2-76
    #[test]
    fn the_order_in_which_words_arrive_does_not_matter() {
        use TheirStatus as T;
        let stories: [(&[T], OrderStatus); 4] = [
            (&[T::Unconfirmed, T::Unfulfilled, T::PartiallyFulfilled, T::Fulfilled], OrderStatus::Shipped),
            (&[T::Unfulfilled, T::Fulfilled, T::PartiallyReturned, T::Returned], OrderStatus::Returned),
            (&[T::Unconfirmed, T::Unfulfilled, T::Canceled, T::Canceled], OrderStatus::Cancelled),
            (&[T::Unconfirmed, T::Unconfirmed, T::Expired, T::Expired], OrderStatus::Failed),
        ];
        for (story, end) in stories {
            for code in 0..256usize {
                // Every way of picking four of the words, and then all of them once more.
                let arrivals: Vec<usize> = (0..4).map(|place| (code >> (2 * place)) & 3).chain(0..4).collect();
                let mut tracks = story[arrivals[0]].birth(AT);
                let mut log = FactLog::starting_at(tracks, None);
                for said in &arrivals[1..] {
                    let fact = Fact {
                        id: EventId::parse(&format!("saleor:{said}")).unwrap(),
                        source: SourceId::parse("saleor").unwrap(),
                        sequence: None,
                        occurred_at: Timestamp::from_second(i64::try_from(*said).unwrap()).unwrap(),
                        claim: claim(tracks.status, story[*said]),
                    };
                    if log.hear(&fact).is_some() {
                        log.insert(fact, false);
                    }
                    tracks = log.fold(false);
                }
                let (status, order) = (tracks.status, arrivals);
                assert_eq!(status, end, "{story:?} as {order:?}");
            }
        }
    }
}
