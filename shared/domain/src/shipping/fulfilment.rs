//! The work on a part of an order: picked piece by piece, packed, checked, labelled, handed over.
//!
//! Several fulfilments share an order; together they never send more of a line than was ordered. Each moves by the table of
//! [`FulfilmentStatus`], and two gates stand in its way: every piece was scanned, and whoever is drawn for a check has passed it.

use crate::hash::fnv1a;
use crate::ids::{BatchId, FulfilmentId, LocationId};
use crate::kpi::Percent;
use crate::order::{FulfilmentStatus, Line, LineKind, Track};
use serde::{Deserialize, Serialize};

pub use super::allocate::Part as Share;

/// Fulfilments of one order.
pub const FULFILMENTS_MAX: usize = 50;

/// Where the check of a fulfilment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Not drawn.
    #[default]
    NotDrawn,
    /// Drawn, or worked on again after it has failed.
    Due,
    /// Good.
    Passed,
    /// Not good: a person decides what is done again.
    Failed,
}

/// The work on a part of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fulfilment {
    /// Its name within the order.
    pub id: FulfilmentId,
    /// Where.
    pub from: LocationId,
    /// What.
    pub parts: Vec<Share>,
    /// How many of each part have been scanned.
    pub picked: Vec<u32>,
    /// How far it is.
    pub status: FulfilmentStatus,
    /// Whether it is checked.
    pub check: Check,
    /// With what it is picked, if somebody took a batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchId>,
}

/// What happens to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub enum Step {
    /// Stock is set aside.
    Allocate,
    /// Somebody goes for it.
    StartPicking,
    /// Pieces of a line were scanned.
    Scan {
        /// The line's place in the order.
        line: usize,
        /// How many.
        quantity: u32,
    },
    /// It is in the box.
    Pack,
    /// Somebody has looked at it.
    Check {
        /// Whether it is good.
        good: bool,
    },
    /// After a bad check: packed anew, with the same pieces.
    Repack,
    /// After a bad check: picked anew.
    PickAgain,
    /// It has a label.
    Label,
    /// The carrier has it.
    HandOver,
    /// The customer has it.
    Deliver,
    /// It came back.
    TakeBack,
    /// It cannot be done.
    Fail,
    /// It is tried again.
    Retry,
    /// It is called off.
    Cancel,
}

impl Step {
    /// Those that need nothing but their word.
    pub const PLAIN: [Step; 12] = [
        Step::Allocate,
        Step::StartPicking,
        Step::Pack,
        Step::Repack,
        Step::PickAgain,
        Step::Label,
        Step::HandOver,
        Step::Deliver,
        Step::TakeBack,
        Step::Fail,
        Step::Retry,
        Step::Cancel,
    ];

    /// On the wire and for people.
    pub const fn word(self) -> &'static str {
        match self {
            Step::Allocate => "allocate",
            Step::StartPicking => "start_picking",
            Step::Scan { .. } => "scan",
            Step::Pack => "pack",
            Step::Check { .. } => "check",
            Step::Repack => "repack",
            Step::PickAgain => "pick_again",
            Step::Label => "label",
            Step::HandOver => "hand_over",
            Step::Deliver => "deliver",
            Step::TakeBack => "take_back",
            Step::Fail => "fail",
            Step::Retry => "retry",
            Step::Cancel => "cancel",
        }
    }
}

/// Why something is not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Every piece is in a fulfilment, or there is none to send.
    #[error("nothing of this order is open: everything is being fulfilled or has left")]
    NothingOpen,
    /// More than is open.
    #[error("line {line}: {asked} asked for, {open} open")]
    TooMany {
        /// The line's place in the order.
        line: usize,
        /// What was asked for.
        asked: u64,
        /// What is left.
        open: u32,
    },
    /// Not a line of the order, or of the fulfilment.
    #[error("line {line} is not part of it")]
    NoSuchLine {
        /// What was asked for.
        line: usize,
    },
    /// Nobody packs a download.
    #[error("line {line} is digital: there is nothing to pack")]
    Digital {
        /// The line's place in the order.
        line: usize,
    },
    /// None of something.
    #[error("a quantity must be at least 1")]
    NoQuantity,
    /// A limit.
    #[error("an order has at most {FULFILMENTS_MAX} fulfilments")]
    TooManyFulfilments,
    /// The table says no.
    #[error("it is {at}: that leads to {}", .possible.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    NotFromHere {
        /// Where it stands.
        at: FulfilmentStatus,
        /// Where it can go.
        possible: Vec<FulfilmentStatus>,
    },
    /// It is drawn for a check, and has not passed it.
    #[error("it is drawn for a check and has not passed it")]
    CheckDue,
    /// Nobody asked for it to be checked.
    #[error("it is not to be checked now")]
    NoCheck,
}

/// What is asked to be fulfilled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// All that is open.
    Everything,
    /// These.
    Parts(Vec<Share>),
}

/// How many of each line are in no fulfilment yet. What was called off is open again; what came back is not.
pub fn open(lines: &[Line], fulfilments: &[Fulfilment]) -> Vec<u32> {
    let mut open: Vec<u32> = lines.iter().map(|line| if line.kind == LineKind::Physical { line.quantity } else { 0 }).collect();
    for part in fulfilments.iter().filter(|each| each.status != FulfilmentStatus::Cancelled).flat_map(|each| &each.parts) {
        if let Some(open) = open.get_mut(part.line) {
            *open = open.saturating_sub(part.quantity);
        }
    }
    open
}

/// What a new fulfilment would consist of. A second one of everything is refused, and so is more of a line than is open.
pub fn parts(lines: &[Line], fulfilments: &[Fulfilment], ask: &Ask) -> Result<Vec<Share>, Refusal> {
    let open = open(lines, fulfilments);
    if fulfilments.len() >= FULFILMENTS_MAX {
        return Err(Refusal::TooManyFulfilments);
    }
    if open.iter().all(|quantity| *quantity == 0) {
        return Err(Refusal::NothingOpen);
    }
    let Ask::Parts(asked) = ask else {
        let all = open.iter().enumerate().map(|(line, quantity)| Share { line, quantity: *quantity });
        return Ok(all.filter(|part| part.quantity > 0).collect());
    };
    let mut sums = vec![0u64; open.len()];
    for part in asked {
        let (Some(sum), Some(line)) = (sums.get_mut(part.line), lines.get(part.line)) else {
            return Err(Refusal::NoSuchLine { line: part.line });
        };
        if line.kind == LineKind::Digital {
            return Err(Refusal::Digital { line: part.line });
        }
        if part.quantity == 0 {
            return Err(Refusal::NoQuantity);
        }
        *sum += u64::from(part.quantity);
    }
    let too_many = sums.iter().zip(&open).position(|(sum, open)| *sum > u64::from(*open));
    if let Some(line) = too_many {
        return Err(Refusal::TooMany { line, asked: sums[line], open: open[line] });
    }
    let parts: Vec<Share> = sums
        .into_iter()
        .enumerate()
        .filter_map(|(line, sum)| Some(Share { line, quantity: u32::try_from(sum).ok()? }))
        .filter(|part| part.quantity > 0)
        .collect();
    if parts.is_empty() { Err(Refusal::NoQuantity) } else { Ok(parts) }
}

/// Whether a fulfilment is drawn for a check, at a rate in basis points. By its name, so that nobody can choose, a second look gives
/// the same answer, and of many the share is what it should be.
pub fn is_drawn(order: &str, id: &FulfilmentId, rate_bps: u32) -> bool {
    // FNV-1a, and a finish that spreads names that differ in their last digit only.
    let name = order.bytes().chain([b'/']).chain(id.as_str().bytes());
    let mut hash = fnv1a(name);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    (hash ^ (hash >> 33)) % 10_000 < u64::from(rate_bps)
}

impl Fulfilment {
    /// Of parts that [`parts`] has found good.
    pub fn new(id: FulfilmentId, from: LocationId, parts: Vec<Share>, is_drawn: bool) -> Fulfilment {
        let check = if is_drawn { Check::Due } else { Check::NotDrawn };
        Fulfilment { id, from, picked: vec![0; parts.len()], parts, status: FulfilmentStatus::Pending, check, batch: None }
    }

    /// Whether all pieces were scanned.
    pub fn is_picked(&self) -> bool {
        self.parts.iter().zip(&self.picked).all(|(part, picked)| *picked == part.quantity)
    }

    fn to(&self, status: FulfilmentStatus) -> Result<Fulfilment, Refusal> {
        if !self.status.can_become(status) {
            return Err(Refusal::NotFromHere { at: self.status, possible: self.status.next().to_vec() });
        }
        Ok(Fulfilment { status, ..self.clone() })
    }

    fn scan(&self, line: usize, quantity: u32) -> Result<Fulfilment, Refusal> {
        if self.status != FulfilmentStatus::Picking {
            return Err(Refusal::NotFromHere { at: self.status, possible: self.status.next().to_vec() });
        }
        let at = self.parts.iter().position(|part| part.line == line).ok_or(Refusal::NoSuchLine { line })?;
        let open = self.parts[at].quantity.saturating_sub(self.picked.get(at).copied().unwrap_or(0));
        if quantity == 0 {
            return Err(Refusal::NoQuantity);
        }
        if quantity > open {
            return Err(Refusal::TooMany { line, asked: u64::from(quantity), open });
        }
        let mut next = self.clone();
        next.picked.resize(next.parts.len(), 0);
        next.picked[at] += quantity;
        // The last piece ends the picking: nobody has to say so.
        if next.is_picked() { next.to(FulfilmentStatus::Picked) } else { Ok(next) }
    }

    fn checked(&self, good: bool) -> Result<Fulfilment, Refusal> {
        // Whoever finds something wrong says so, drawn or not.
        if !good {
            return Ok(Fulfilment { check: Check::Failed, ..self.to(FulfilmentStatus::QcFailed)? });
        }
        let can = matches!(self.status, FulfilmentStatus::Picked | FulfilmentStatus::Packed) && self.check == Check::Due;
        if can { Ok(Fulfilment { check: Check::Passed, ..self.clone() }) } else { Err(Refusal::NoCheck) }
    }

    /// What becomes of it by a step.
    pub fn after(&self, step: Step) -> Result<Fulfilment, Refusal> {
        use FulfilmentStatus as F;
        match step {
            Step::Allocate => self.to(F::Allocated),
            Step::StartPicking if self.status == F::QcFailed => {
                Err(Refusal::NotFromHere { at: self.status, possible: self.status.next().to_vec() })
            }
            Step::StartPicking => self.to(F::Picking),
            Step::Scan { line, quantity } => self.scan(line, quantity),
            Step::Pack if self.status == F::QcFailed => {
                Err(Refusal::NotFromHere { at: self.status, possible: self.status.next().to_vec() })
            }
            Step::Pack => self.to(F::Packed),
            Step::Check { good } => self.checked(good),
            Step::Repack if self.status == F::QcFailed => Ok(Fulfilment { check: Check::Due, ..self.to(F::Packed)? }),
            Step::PickAgain if self.status == F::QcFailed => {
                Ok(Fulfilment { check: Check::Due, picked: vec![0; self.parts.len()], ..self.to(F::Picking)? })
            }
            Step::Repack | Step::PickAgain => Err(Refusal::NotFromHere { at: self.status, possible: self.status.next().to_vec() }),
            Step::Label if self.status.can_become(F::Labelled) && matches!(self.check, Check::Due | Check::Failed) => {
                Err(Refusal::CheckDue)
            }
            Step::Label => self.to(F::Labelled),
            Step::HandOver => self.to(F::Shipped),
            Step::Deliver => self.to(F::Delivered),
            Step::TakeBack => self.to(F::Returned),
            Step::Fail => self.to(F::Failed),
            Step::Retry => {
                let check = if self.check == Check::NotDrawn { Check::NotDrawn } else { Check::Due };
                Ok(Fulfilment { check, picked: vec![0; self.parts.len()], ..self.to(F::Pending)? })
            }
            Step::Cancel => self.to(F::Cancelled),
        }
    }
}

/// Why something was sent back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnReason {
    /// Something else was in the parcel.
    WrongItem,
    /// Something was not in the parcel.
    MissingItem,
    /// More or fewer than ordered.
    WrongQuantity,
    /// It was broken when it came: packing or carriage.
    Damaged,
    /// It does not work.
    Defective,
    /// It is not what it was said to be.
    NotAsDescribed,
    /// They do not want it.
    ChangedMind,
    /// It came too late.
    Late,
    /// Nobody could hand it over.
    Undeliverable,
    /// Anything else.
    Other,
}

impl ReturnReason {
    /// All of them.
    pub const ALL: [ReturnReason; 10] = [
        Self::WrongItem,
        Self::MissingItem,
        Self::WrongQuantity,
        Self::Damaged,
        Self::Defective,
        Self::NotAsDescribed,
        Self::ChangedMind,
        Self::Late,
        Self::Undeliverable,
        Self::Other,
    ];

    /// On the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::WrongItem => "wrong_item",
            Self::MissingItem => "missing_item",
            Self::WrongQuantity => "wrong_quantity",
            Self::Damaged => "damaged",
            Self::Defective => "defective",
            Self::NotAsDescribed => "not_as_described",
            Self::ChangedMind => "changed_mind",
            Self::Late => "late",
            Self::Undeliverable => "undeliverable",
            Self::Other => "other",
        }
    }

    /// For people.
    pub fn text(self) -> String {
        self.code().replace('_', " ")
    }

    /// By its word.
    pub fn from_word(word: &str) -> Option<ReturnReason> {
        Self::ALL.into_iter().find(|reason| reason.code() == word)
    }

    /// Can what comes back for this be sold again, as far as anybody can tell who has not seen it?
    pub const fn resells(self) -> bool {
        matches!(self, Self::NotAsDescribed | Self::ChangedMind | Self::Late | Self::Undeliverable | Self::Other)
    }

    /// Was something else packed than was ordered? What the carrier, the maker or the customer did is not the packer's fault.
    pub const fn is_packing_fault(self) -> bool {
        matches!(self, Self::WrongItem | Self::MissingItem | Self::WrongQuantity)
    }
}

/// The share of fulfilments that were packed right. `None` if there were none: no work is not perfect work. A fulfilment
/// that is sent back twice must be given once.
pub fn accuracy(fulfilled: u64, reasons: &[ReturnReason]) -> Option<Percent> {
    let wrong = reasons.iter().filter(|reason| reason.is_packing_fault()).count() as u64;
    (fulfilled > 0).then(|| Percent::of(fulfilled.saturating_sub(wrong), fulfilled))
}

#[cfg(test)]
mod tests;
