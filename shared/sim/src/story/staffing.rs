//! Staff who work on orders.

use super::shop::Shop;
use crate::rng::Rng;
use app::Identity;
use domain::ids::{CorrelationId, OrderId};
use domain::order::{OrderStatus, Role, Track};

/// What is done about exceptions.
const ACTS: [&str; 8] = ["acknowledge", "assign", "start", "note", "resolve", "resolve", "reopen", "close"];

/// What a member of staff wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// A declared move.
    Change {
        /// Where to.
        to: OrderStatus,
    },
    /// "Fulfilled", as single-status shops say: the steps before it are implied.
    Fulfil,
    /// An undeclared move.
    Correct {
        /// Where to.
        to: OrderStatus,
    },
    /// Whatever the rules say.
    Progress,
    /// That what a rule has just done be undone.
    Undo,
    /// That the customer be told.
    Notify,
    /// That they hear it is late and not forgotten.
    Remind,
    /// That they be written to in an hour.
    FollowUp,
    /// To show what was packed.
    Photo,
    /// To decide what is to be decided: yes, or no.
    Review {
        /// Yes.
        approve: bool,
    },
    /// To have somebody else look.
    Escalate,
    /// That the money be taken now.
    Capture,
    /// That all of it is packed.
    Pack,
    /// That one piece of the first line is packed, or leaves at once.
    PackOne {
        /// It leaves.
        leaves: bool,
    },
    /// That a piece of a line is called off.
    CallOff {
        /// Which.
        line: usize,
    },
    /// A label for a parcel: another one, too, if they say so.
    Label {
        /// Also if it has one.
        again: bool,
    },
    /// That a parcel be called off, or handed over.
    Step {
        /// Handed over.
        leaves: bool,
    },
    /// That a carrier be asked where a parcel is.
    Track,
    /// That a piece of the first line may come back.
    SendBack {
        /// For something else in its place.
        exchange: bool,
    },
    /// That something be sent in the place of what comes back.
    Replace,
    /// To take in what has come back, or hear that it does not.
    TakeIn {
        /// It is as good as new.
        sellable: bool,
        /// It is here.
        here: bool,
    },
    /// To do something about what is wrong with it; to say that something is, if nothing was.
    Mend {
        /// What.
        act: &'static str,
    },
    /// That money go back, this much or all of it.
    Refund {
        /// In hundredths.
        minor: Option<u32>,
    },
}

/// Somebody's work on an order.
#[derive(Debug, Clone)]
pub struct Errand {
    /// Which shop.
    pub shop: usize,
    /// Which order.
    pub order: OrderId,
    /// Who.
    pub who: Identity,
    /// What they want.
    pub wish: Wish,
    /// Only if the order still has this version.
    pub if_version: Option<u64>,
    /// Which review, if that is what they decide; which exception, if that is what they mend.
    pub review: String,
    /// Which parcel or return, if that is what they work on.
    pub parcel: &'static str,
    /// What they write beside it.
    pub note: Option<String>,
    /// Unique, so that it can be found in the history.
    pub correlation: CorrelationId,
}

impl Shop {
    /// Some work on an order that stands at this version.
    pub fn errand(&self, index: usize, order: &OrderId, version: u64, serial: u64, rng: &mut Rng) -> Errand {
        let role = rng.pick(&[Role::Operator, Role::Manager, Role::Admin]);
        let to = rng.pick(OrderStatus::ALL);
        let wish = match rng.below(35) {
            0..=3 => Wish::Change { to },
            4 => Wish::Fulfil,
            5..=6 => Wish::Correct { to },
            7..=8 => Wish::Progress,
            9 => Wish::Undo,
            10 => Wish::Remind,
            11 => Wish::FollowUp,
            12..=14 => Wish::Review { approve: rng.per_mille(700) },
            15 => Wish::Escalate,
            16 => Wish::Capture,
            17..=18 => Wish::Refund { minor: rng.per_mille(600).then(|| rng.between(1, 900) as u32) },
            19..=20 => Wish::Pack,
            21..=22 => Wish::Label { again: rng.per_mille(300) },
            23 => Wish::Step { leaves: rng.per_mille(400) },
            24 => Wish::Track,
            25 => Wish::SendBack { exchange: rng.per_mille(400) },
            31 => Wish::Replace,
            32..=34 => Wish::Mend { act: rng.pick(&ACTS) },
            28 => Wish::PackOne { leaves: rng.per_mille(600) },
            29..=30 => Wish::CallOff { line: rng.below(2) },
            26 => Wish::TakeIn { sellable: rng.per_mille(700), here: rng.per_mille(800) },
            _ => Wish::Notify,
        };
        Errand {
            shop: index,
            order: order.clone(),
            who: self.person(role),
            wish,
            if_version: rng.per_mille(300).then_some(version),
            review: rng.pick(&["fraud-1", "high-value-1", "high-value-2", "inventory-override-1", "inventory-override-2"]).to_owned(),
            parcel: rng.pick(&["p1", "p1", "p1", "p2"]),
            note: None,
            correlation: CorrelationId::parse(&format!("staff-{serial}")).expect("a token"),
        }
    }
}
