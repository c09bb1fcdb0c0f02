//! The work on a part of an order: picked piece by piece, packed, checked, labelled, handed over.
//!
//! Several fulfilments share an order; together they never send more of a line than was ordered. Each moves by the table of
//! [`FulfilmentStatus`], and two gates stand in its way: every piece was scanned, and whoever is drawn for a check has passed it.

use crate::hash::fnv1a;
use crate::ids::{FulfilmentId, LocationId};
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
        Fulfilment { id, from, picked: vec![0; parts.len()], parts, status: FulfilmentStatus::Pending, check }
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(quantity: u32, kind: LineKind) -> Line {
        Line { sku: "SKU".to_owned(), name: "Thing".to_owned(), quantity, unit_price_minor: 100, kind }
    }

    fn lines() -> Vec<Line> {
        vec![line(2, LineKind::Physical), line(1, LineKind::Digital), line(3, LineKind::Physical)]
    }

    const fn share(line: usize, quantity: u32) -> Share {
        Share { line, quantity }
    }

    fn fulfilment(parts: Vec<Share>, is_drawn: bool) -> Fulfilment {
        Fulfilment::new(FulfilmentId::parse("F1").unwrap(), LocationId::parse("ny").unwrap(), parts, is_drawn)
    }

    fn through(start: Fulfilment, steps: &[Step]) -> Result<Fulfilment, Refusal> {
        steps.iter().try_fold(start, |at, step| at.after(*step))
    }

    // req: S2-59
    #[test]
    fn all_of_an_order_once() {
        let lines = lines();
        let everything = parts(&lines, &[], &Ask::Everything).unwrap();
        assert_eq!(everything, [share(0, 2), share(2, 3)], "a download is not packed");
        let first = fulfilment(everything, false);
        assert_eq!(parts(&lines, std::slice::from_ref(&first), &Ask::Everything), Err(Refusal::NothingOpen));
        let called_off = first.after(Step::Cancel).unwrap();
        assert_eq!(open(&lines, &[called_off]), [2, 0, 3], "what was called off is open again");
        assert_eq!(parts(&[line(1, LineKind::Digital)], &[], &Ask::Everything), Err(Refusal::NothingOpen));
    }

    // req: S2-59
    #[test]
    fn a_part_and_then_the_rest() {
        let lines = lines();
        let asked = Ask::Parts(vec![share(2, 1), share(0, 1), share(2, 1)]);
        let first = fulfilment(parts(&lines, &[], &asked).unwrap(), false);
        assert_eq!(first.parts, [share(0, 1), share(2, 2)], "two shares of a line are one");
        assert_eq!(open(&lines, std::slice::from_ref(&first)), [1, 0, 1]);
        assert_eq!(parts(&lines, std::slice::from_ref(&first), &Ask::Everything), Ok(vec![share(0, 1), share(2, 1)]));
        for (asked, refusal) in [
            (vec![share(0, 2)], Refusal::TooMany { line: 0, asked: 2, open: 1 }),
            (vec![share(0, u32::MAX), share(0, u32::MAX)], Refusal::TooMany { line: 0, asked: 8_589_934_590, open: 1 }),
            (vec![share(1, 1)], Refusal::Digital { line: 1 }),
            (vec![share(9, 1)], Refusal::NoSuchLine { line: 9 }),
            (vec![share(0, 0)], Refusal::NoQuantity),
            (vec![], Refusal::NoQuantity),
        ] {
            assert_eq!(parts(&lines, std::slice::from_ref(&first), &Ask::Parts(asked)), Err(refusal));
        }
        let many = vec![fulfilment(vec![share(9, 1)], false); FULFILMENTS_MAX];
        assert_eq!(parts(&lines, &many, &Ask::Everything), Err(Refusal::TooManyFulfilments));
    }

    // req: S2-19, S2-59
    #[test]
    fn from_the_shelf_to_the_carrier() {
        use Step::{Allocate, Cancel, Check as Look, Deliver, HandOver, Label, Pack, PickAgain, Repack, Retry, Scan, StartPicking};
        let start = || fulfilment(vec![share(0, 2), share(2, 1)], false);
        let scans = [Scan { line: 0, quantity: 1 }, Scan { line: 2, quantity: 1 }, Scan { line: 0, quantity: 1 }];
        let picking = through(start(), &[Allocate, StartPicking]).unwrap();
        assert_eq!(picking.after(Pack).unwrap_err().to_string(), "it is picking: that leads to picked, cancelled, failed");
        let half = through(picking.clone(), &scans[..2]).unwrap();
        assert_eq!((half.status, half.is_picked()), (FulfilmentStatus::Picking, false));
        assert_eq!(half.after(Scan { line: 0, quantity: 2 }), Err(Refusal::TooMany { line: 0, asked: 2, open: 1 }));
        assert_eq!(half.after(Scan { line: 1, quantity: 1 }), Err(Refusal::NoSuchLine { line: 1 }));
        assert_eq!(half.after(Scan { line: 0, quantity: 0 }), Err(Refusal::NoQuantity));
        let picked = through(picking, &scans).unwrap();
        assert_eq!(picked.status, FulfilmentStatus::Picked);
        let gone = through(picked.clone(), &[Pack, Label, HandOver, Deliver]).unwrap();
        assert_eq!(gone.status, FulfilmentStatus::Delivered);
        assert!(gone.after(Cancel).is_err() && picked.after(HandOver).is_err());
        assert_eq!(picked.after(Look { good: true }), Err(Refusal::NoCheck), "it was not drawn");

        // Drawn: no label before it was looked at.
        let drawn = Fulfilment { check: Check::Due, ..picked };
        let packed = drawn.after(Pack).unwrap();
        assert_eq!(packed.after(Label), Err(Refusal::CheckDue));
        assert_eq!(through(packed.clone(), &[Look { good: true }, Label]).unwrap().status, FulfilmentStatus::Labelled);
        let bad = packed.after(Look { good: false }).unwrap();
        assert_eq!((bad.status, bad.check), (FulfilmentStatus::QcFailed, Check::Failed));
        assert!([Label, HandOver, Pack, StartPicking].iter().all(|step| bad.after(*step).is_err()), "it does not leave");
        assert_eq!(through(bad.clone(), &[Repack, Label]), Err(Refusal::CheckDue), "and is looked at again");
        let again = through(bad.clone(), &[Repack, Look { good: true }, Label]).unwrap();
        assert_eq!(again.status, FulfilmentStatus::Labelled);
        let anew = bad.after(PickAgain).unwrap();
        assert_eq!((anew.status, anew.picked.as_slice(), anew.check), (FulfilmentStatus::Picking, &[0, 0][..], Check::Due));
        assert_eq!(through(anew, &[Step::Fail, Retry]).unwrap(), Fulfilment { check: Check::Due, ..start() });
        assert!(packed.after(Repack).is_err() && packed.after(PickAgain).is_err());
    }

    /// Every state and every step, as a table that is read in reviews.
    // req: S2-19
    #[test]
    fn step_matrix() {
        let steps = [
            ("allocate", Step::Allocate),
            ("start_picking", Step::StartPicking),
            ("scan the last", Step::Scan { line: 0, quantity: 1 }),
            ("pack", Step::Pack),
            ("check: good", Step::Check { good: true }),
            ("check: bad", Step::Check { good: false }),
            ("repack", Step::Repack),
            ("pick_again", Step::PickAgain),
            ("label", Step::Label),
            ("hand_over", Step::HandOver),
            ("deliver", Step::Deliver),
            ("take_back", Step::TakeBack),
            ("fail", Step::Fail),
            ("retry", Step::Retry),
            ("cancel", Step::Cancel),
        ];
        let mut table = String::new();
        for drawn in [false, true] {
            table += if drawn { "drawn for a check\n" } else { "not drawn\n" };
            for status in FulfilmentStatus::ALL {
                let at = Fulfilment { status: *status, ..fulfilment(vec![share(0, 1)], drawn) };
                let leads = |(name, step): &(&str, Step)| {
                    let next = at.after(*step).ok()?;
                    let check = if next.check == at.check { String::new() } else { format!(", {:?}", next.check) };
                    Some(format!("{name} -> {}{check}", next.status))
                };
                let all: Vec<String> = steps.iter().filter_map(leads).collect();
                table += &format!("  {:<10} {}\n", status.as_str(), if all.is_empty() { "(final)".to_owned() } else { all.join("; ") });
            }
        }
        insta::assert_snapshot!("fulfilment_steps", table);
    }

    // req: S2-59
    #[test]
    fn who_is_checked_is_drawn_by_name() {
        let drawn = |rate_bps| {
            let one = FulfilmentId::parse("F1").unwrap();
            (0..100_000).filter(|order| is_drawn(&order.to_string(), &one, rate_bps)).count()
        };
        assert_eq!((drawn(0), drawn(10_000)), (0, 100_000));
        for (rate_bps, about) in [(100, 1_000), (500, 5_000), (1_000, 10_000), (5_000, 50_000)] {
            assert!(drawn(rate_bps).abs_diff(about) < 400, "{rate_bps}: {}", drawn(rate_bps));
        }
        let named = |order: &str, id: &str| is_drawn(order, &FulfilmentId::parse(id).unwrap(), 5_000);
        assert!((0..20).all(|_| named("1001", "F1") == named("1001", "F1")), "the same each time");
        let seconds = (0..10_000).filter(|order| named(&order.to_string(), "F1") != named(&order.to_string(), "F2")).count();
        assert!(seconds.abs_diff(5_000) < 250, "two of one order have nothing to do with each other: {seconds}");
    }

    // req: S2-69
    #[test]
    fn one_wrong_of_a_hundred_is_99_percent() {
        use ReturnReason::{ChangedMind, Damaged, Defective, Late, MissingItem, NotAsDescribed, Other, WrongItem, WrongQuantity};
        let said = |fulfilled, reasons: &[ReturnReason]| accuracy(fulfilled, reasons).map(|share| share.to_string());
        assert_eq!(said(100, &[WrongItem]).as_deref(), Some("99.0"));
        assert_eq!(said(100, &[WrongItem, ChangedMind, Damaged, Defective, NotAsDescribed, Late, Other]).as_deref(), Some("99.0"));
        assert_eq!(said(100, &[WrongItem, MissingItem, WrongQuantity]).as_deref(), Some("97.0"));
        assert_eq!(said(100, &[]).as_deref(), Some("100.0"));
        assert_eq!(said(1, &[WrongItem; 3]).as_deref(), Some("0.0"));
        assert_eq!(said(0, &[]), None);
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0usize..3, 0u32..4).prop_map(|(line, quantity)| Step::Scan { line, quantity }),
            1 => any::<bool>().prop_map(|good| Step::Check { good }),
            6 => prop::sample::select(vec![
                Step::Allocate, Step::StartPicking, Step::Pack, Step::Repack, Step::PickAgain, Step::Label, Step::HandOver, Step::Deliver,
                Step::TakeBack, Step::Fail, Step::Retry, Step::Cancel,
            ]),
        ]
    }

    proptest! {
        #[test]
        fn nothing_unchecked_or_unscanned_gets_a_label(steps in prop::collection::vec(step(), 0..60), drawn in any::<bool>()) {
            let mut at = fulfilment(vec![share(0, 2), share(2, 3)], drawn);
            for step in steps {
                let Ok(next) = at.after(step) else { continue };
                prop_assert!(next.status == at.status || at.status.can_become(next.status));
                prop_assert!(next.parts.iter().zip(&next.picked).all(|(part, picked)| *picked <= part.quantity));
                if next.status == FulfilmentStatus::Labelled {
                    prop_assert!(next.is_picked());
                    let allowed = next.check == Check::Passed || (!drawn && next.check == Check::NotDrawn);
                    prop_assert!(allowed, "{:?}", next.check);
                }
                at = next;
            }
        }

        #[test]
        fn never_more_than_was_ordered(asks in prop::collection::vec((prop::collection::vec((0usize..4, 0u32..4), 0..4), any::<bool>()), 0..12)) {
            let lines = lines();
            let mut all: Vec<Fulfilment> = Vec::new();
            for (asked, cancelled) in asks {
                let asked = asked.into_iter().map(|(line, quantity)| share(line, quantity)).collect();
                if let Ok(parts) = parts(&lines, &all, &Ask::Parts(asked)) {
                    let mut new = fulfilment(parts, false);
                    if cancelled {
                        new = new.after(Step::Cancel).unwrap();
                    }
                    all.push(new);
                }
            }
            for (at, line) in lines.iter().enumerate() {
                let sent: u32 = all.iter().filter(|each| each.status != FulfilmentStatus::Cancelled).flat_map(|each| &each.parts).filter(|part| part.line == at).map(|part| part.quantity).sum();
                prop_assert!(sent <= line.quantity);
            }
        }
    }
}
