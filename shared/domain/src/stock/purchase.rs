//! Orders with suppliers: drafted by a rule or a person, approved by a person, and received in one delivery or several.

use super::Proposal;
use crate::ids::{EventId, LocationId, PurchaseId, Sku};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PurchaseStatus {
    /// Waits for a person's approval.
    Draft,
    /// Approved; goods are on their way.
    Ordered,
    /// All that will come is here.
    Received,
    /// Called off.
    Cancelled,
}

impl PurchaseStatus {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            PurchaseStatus::Draft => "draft",
            PurchaseStatus::Ordered => "ordered",
            PurchaseStatus::Received => "received",
            PurchaseStatus::Cancelled => "cancelled",
        }
    }

    /// Something can still become of it.
    pub const fn is_open(self) -> bool {
        matches!(self, PurchaseStatus::Draft | PurchaseStatus::Ordered)
    }
}

/// So much of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurchaseLine {
    /// What.
    pub sku: Sku,
    /// Pieces that are ordered; at least one.
    pub quantity: u32,
    /// Pieces that have come.
    #[serde(default)]
    pub received: u32,
    /// Why a rule ordered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Proposal>,
}

impl PurchaseLine {
    /// Pieces that are still to come.
    pub const fn outstanding(&self) -> u32 {
        self.quantity.saturating_sub(self.received)
    }
}

/// What has come with one delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The delivery note; the same one twice is received once.
    pub reference: EventId,
    /// When it was booked.
    pub at: Timestamp,
    /// How much of what.
    pub lines: Vec<(Sku, u32)>,
}

/// An order with a supplier, for one location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurchaseOrder {
    /// The shop's number of it.
    pub id: PurchaseId,
    /// Where the goods are to come.
    pub location: LocationId,
    /// With whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier: Option<String>,
    /// How far it is.
    pub status: PurchaseStatus,
    /// What is ordered. Each SKU once.
    pub lines: Vec<PurchaseLine>,
    /// When it was drafted.
    pub created_at: Timestamp,
    /// By whom; the rule's name if by a rule.
    pub created_by: String,
    /// Who approved it, or called it off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// When the goods should be here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_on: Option<Date>,
    /// What has come.
    #[serde(default)]
    pub receipts: Vec<Receipt>,
    /// Changes so far; the optimistic lock.
    pub version: u64,
}

/// What is wanted of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PurchaseCommand {
    /// Another line of a draft; more of it, if there is one of the SKU.
    Add(PurchaseLine),
    /// How much of what a draft orders; none of a line removes it.
    Set(Vec<(Sku, u32)>),
    /// It is ordered.
    Approve {
        /// By whom.
        by: String,
        /// When the goods should be here.
        expected_on: Date,
    },
    /// It is called off. What has come stays.
    Cancel {
        /// By whom.
        by: String,
    },
    /// A delivery has come.
    Receive {
        /// The delivery note.
        reference: EventId,
        /// How much of what.
        lines: Vec<(Sku, u32)>,
        /// Nothing more will come.
        last: bool,
    },
}

/// Why it cannot be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PurchaseRefusal {
    /// It is too early or too late for that.
    #[error("the purchase order is {}; it has to be {needed}", .is.as_str())]
    Status {
        /// How far it is.
        is: PurchaseStatus,
        /// How far it would have to be.
        needed: &'static str,
    },
    /// It has as many lines, or deliveries, as one can have.
    #[error("a purchase order has at most {} lines and {} deliveries: make another", PurchaseOrder::LINES_MAX, PurchaseOrder::RECEIPTS_MAX)]
    Full,
    /// It orders nothing, which nobody can approve.
    #[error("the purchase order has no lines: add one, or cancel it")]
    Empty,
    /// Nothing has come, and it is not the last of it.
    #[error("say what has come, or that nothing more will")]
    Nothing,
    /// What came was not ordered with it.
    #[error("{0} is not on the purchase order: book it with POST /v1/inventory/{0}/adjust")]
    NotOrdered(Sku),
    /// A line of no pieces, or of too many, or twice the same.
    #[error("{0}: once, and 1 to {max} pieces", max = PurchaseOrder::PIECES_MAX)]
    Quantity(Sku),
}

/// What a change does to a level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supply {
    /// Of what.
    pub sku: Sku,
    /// Pieces that are now free to promise.
    pub arrived: u32,
    /// Pieces more that are on their way, or fewer.
    pub on_order: i64,
}

/// A change, and what it does to the levels at its location.
pub type Changed = (PurchaseOrder, Vec<Supply>);

impl PurchaseOrder {
    /// Lines of one. All of them change in one transaction.
    pub const LINES_MAX: usize = 25;
    /// Deliveries of one.
    pub const RECEIPTS_MAX: usize = 50;
    /// Pieces of a line.
    pub const PIECES_MAX: u32 = 1_000_000;

    /// A draft without lines.
    pub fn draft(id: PurchaseId, location: LocationId, supplier: Option<String>, by: String, now: Timestamp) -> PurchaseOrder {
        PurchaseOrder {
            id,
            location,
            supplier,
            status: PurchaseStatus::Draft,
            lines: Vec::new(),
            created_at: now,
            created_by: by,
            decided_by: None,
            expected_on: None,
            receipts: Vec::new(),
            version: 0,
        }
    }

    /// Pieces that are ordered.
    pub fn pieces(&self) -> u64 {
        self.lines.iter().map(|line| u64::from(line.quantity)).sum()
    }

    /// Pieces that are still to come.
    pub fn outstanding(&self) -> u64 {
        if self.status.is_open() { self.lines.iter().map(|line| u64::from(line.outstanding())).sum() } else { 0 }
    }

    fn require(&self, status: PurchaseStatus, needed: &'static str) -> Result<(), PurchaseRefusal> {
        if self.status == status { Ok(()) } else { Err(PurchaseRefusal::Status { is: self.status, needed }) }
    }

    /// Does what is wanted. What was done before by the same command is nothing to do: no change, the same version.
    ///
    /// # Errors
    /// It cannot be done as it stands.
    pub fn apply(&self, command: PurchaseCommand, now: Timestamp) -> Result<Changed, PurchaseRefusal> {
        let mut next = PurchaseOrder { version: self.version + 1, ..self.clone() };
        let supplies = match command {
            PurchaseCommand::Add(line) => {
                self.require(PurchaseStatus::Draft, "a draft")?;
                next.add(line)?
            }
            PurchaseCommand::Set(lines) => {
                self.require(PurchaseStatus::Draft, "a draft")?;
                next.set(lines)?
            }
            PurchaseCommand::Approve { by, expected_on } => {
                if self.status == PurchaseStatus::Ordered {
                    return Ok((self.clone(), Vec::new()));
                }
                self.require(PurchaseStatus::Draft, "a draft")?;
                if self.lines.is_empty() {
                    return Err(PurchaseRefusal::Empty);
                }
                (next.status, next.decided_by, next.expected_on) = (PurchaseStatus::Ordered, Some(by), Some(expected_on));
                Vec::new()
            }
            PurchaseCommand::Cancel { by } => {
                if self.status == PurchaseStatus::Cancelled {
                    return Ok((self.clone(), Vec::new()));
                }
                if !self.status.is_open() {
                    return Err(PurchaseRefusal::Status { is: self.status, needed: "a draft or ordered" });
                }
                (next.status, next.decided_by) = (PurchaseStatus::Cancelled, Some(by));
                self.given_up()
            }
            PurchaseCommand::Receive { reference, lines, last } => {
                if self.receipts.iter().any(|receipt| receipt.reference == reference) {
                    return Ok((self.clone(), Vec::new()));
                }
                self.require(PurchaseStatus::Ordered, "ordered")?;
                next.receive(reference, lines, last, now)?
            }
        };
        Ok((next, supplies))
    }

    fn add(&mut self, line: PurchaseLine) -> Result<Vec<Supply>, PurchaseRefusal> {
        let PurchaseLine { sku, quantity, why, .. } = line;
        let full = self.lines.len() >= Self::LINES_MAX;
        let known = self.lines.iter_mut().find(|known| known.sku == sku);
        let all = known.as_ref().map_or(0, |known| known.quantity).saturating_add(quantity);
        if quantity == 0 || all > Self::PIECES_MAX {
            return Err(PurchaseRefusal::Quantity(sku));
        }
        match known {
            Some(known) => (known.quantity, known.why) = (all, why.or(known.why)),
            None if full => return Err(PurchaseRefusal::Full),
            None => self.lines.push(PurchaseLine { sku: sku.clone(), quantity, received: 0, why }),
        }
        Ok(vec![Supply { sku, arrived: 0, on_order: i64::from(quantity) }])
    }

    fn set(&mut self, lines: Vec<(Sku, u32)>) -> Result<Vec<Supply>, PurchaseRefusal> {
        let mut supplies = Vec::new();
        once_each(&lines)?;
        for (sku, quantity) in lines {
            if quantity > Self::PIECES_MAX {
                return Err(PurchaseRefusal::Quantity(sku));
            }
            let at = self.lines.iter().position(|line| line.sku == sku);
            let before = at.and_then(|at| self.lines.get(at)).map_or(0, |line| line.quantity);
            match at {
                Some(at) if quantity == 0 => drop(self.lines.remove(at)),
                Some(at) => self.lines.iter_mut().skip(at).take(1).for_each(|line| line.quantity = quantity),
                None if quantity == 0 => {}
                None if self.lines.len() >= Self::LINES_MAX => return Err(PurchaseRefusal::Full),
                None => self.lines.push(PurchaseLine { sku: sku.clone(), quantity, received: 0, why: None }),
            }
            if quantity != before {
                supplies.push(Supply { sku, arrived: 0, on_order: i64::from(quantity) - i64::from(before) });
            }
        }
        Ok(supplies)
    }

    fn receive(&mut self, reference: EventId, lines: Vec<(Sku, u32)>, last: bool, now: Timestamp) -> Result<Vec<Supply>, PurchaseRefusal> {
        if self.receipts.len() >= Self::RECEIPTS_MAX {
            return Err(PurchaseRefusal::Full);
        }
        if lines.is_empty() && !last {
            return Err(PurchaseRefusal::Nothing);
        }
        once_each(&lines)?;
        let mut supplies = Vec::new();
        for (sku, came) in &lines {
            let Some(line) = self.lines.iter_mut().find(|line| line.sku == *sku) else {
                return Err(PurchaseRefusal::NotOrdered(sku.clone()));
            };
            if !(1..=Self::PIECES_MAX).contains(came) {
                return Err(PurchaseRefusal::Quantity(sku.clone()));
            }
            // More than was ordered is here, too; no more than was on its way is on its way no longer.
            let off = line.outstanding().min(*came);
            line.received = line.received.saturating_add(*came);
            supplies.push(Supply { sku: sku.clone(), arrived: *came, on_order: -i64::from(off) });
        }
        self.receipts.push(Receipt { reference, at: now, lines });
        if last {
            for gone in self.given_up() {
                match supplies.iter_mut().find(|supply| supply.sku == gone.sku) {
                    Some(supply) => supply.on_order += gone.on_order,
                    None => supplies.push(gone),
                }
            }
        }
        if last || self.lines.iter().all(|line| line.outstanding() == 0) {
            self.status = PurchaseStatus::Received;
        }
        Ok(supplies)
    }

    /// What has not come will not.
    fn given_up(&self) -> Vec<Supply> {
        let open = self.lines.iter().filter(|line| line.outstanding() > 0);
        open.map(|line| Supply { sku: line.sku.clone(), arrived: 0, on_order: -i64::from(line.outstanding()) }).collect()
    }
}

fn once_each(lines: &[(Sku, u32)]) -> Result<(), PurchaseRefusal> {
    let twice = lines.iter().enumerate().find(|(at, line)| lines.iter().take(*at).any(|other| other.0 == line.0));
    twice.map_or(Ok(()), |(_, (sku, _))| Err(PurchaseRefusal::Quantity(sku.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn sku(name: &str) -> Sku {
        Sku::parse(name).unwrap()
    }

    fn draft() -> PurchaseOrder {
        let (id, location) = (PurchaseId::parse("PO-1").unwrap(), LocationId::parse("main").unwrap());
        PurchaseOrder::draft(id, location, None, "ann".into(), Timestamp::UNIX_EPOCH)
    }

    fn line(name: &str, quantity: u32) -> PurchaseCommand {
        PurchaseCommand::Add(PurchaseLine { sku: sku(name), quantity, received: 0, why: None })
    }

    fn approve() -> PurchaseCommand {
        PurchaseCommand::Approve { by: "bob".into(), expected_on: jiff::civil::date(2026, 12, 4) }
    }

    fn receive(reference: &str, lines: &[(&str, u32)], last: bool) -> PurchaseCommand {
        let lines = lines.iter().map(|(name, quantity)| (sku(name), *quantity)).collect();
        PurchaseCommand::Receive { reference: EventId::parse(reference).unwrap(), lines, last }
    }

    #[track_caller]
    fn done(order: &PurchaseOrder, command: PurchaseCommand) -> (PurchaseOrder, Vec<(String, u32, i64)>) {
        let (next, supplies) = order.apply(command, Timestamp::UNIX_EPOCH).unwrap();
        (next, supplies.into_iter().map(|one| (one.sku.to_string(), one.arrived, one.on_order)).collect())
    }

    // req: S2-40
    #[test]
    fn a_draft_is_approved_and_comes_in_two_deliveries() {
        let (order, supplies) = done(&draft(), line("MUG", 95));
        assert_eq!(supplies, [("MUG".into(), 0, 95)]);
        let (order, _) = done(&order, line("CUP", 10));
        assert!(matches!(order.apply(receive("dn-1", &[("MUG", 5)], false), Timestamp::UNIX_EPOCH), Err(PurchaseRefusal::Status { .. })));
        let (order, supplies) = done(&order, approve());
        assert_eq!((order.status, supplies, order.pieces()), (PurchaseStatus::Ordered, vec![], 105));
        assert_eq!(done(&order, approve()).0.version, order.version, "asked twice, ordered once");
        let (order, supplies) = done(&order, receive("dn-1", &[("MUG", 90)], false));
        assert_eq!((order.status, supplies), (PurchaseStatus::Ordered, vec![("MUG".into(), 90, -90)]));
        assert_eq!(done(&order, receive("dn-1", &[("MUG", 90)], false)), (order.clone(), vec![]), "the same delivery note");
        let (order, supplies) = done(&order, receive("dn-2", &[("MUG", 7), ("CUP", 10)], false));
        assert_eq!(supplies, [("MUG".into(), 7, -5), ("CUP".into(), 10, -10)], "two more than ordered");
        assert_eq!((order.status, order.outstanding()), (PurchaseStatus::Received, 0));
        let late = order.apply(receive("dn-3", &[("MUG", 1)], false), Timestamp::UNIX_EPOCH);
        assert_eq!(late, Err(PurchaseRefusal::Status { is: PurchaseStatus::Received, needed: "ordered" }));
    }

    #[test]
    fn what_will_not_come_is_not_on_its_way() {
        let (order, _) = done(&draft(), line("MUG", 10));
        let (order, supplies) = done(&order, PurchaseCommand::Set(vec![(sku("MUG"), 8), (sku("CUP"), 3)]));
        assert_eq!(supplies, [("MUG".into(), 0, -2), ("CUP".into(), 0, 3)]);
        let (order, _) = done(&order, approve());
        let (closed, supplies) = done(&order, receive("dn-1", &[("MUG", 5)], true));
        assert_eq!((closed.status, supplies), (PurchaseStatus::Received, vec![("MUG".into(), 5, -8), ("CUP".into(), 0, -3)]));
        let (gone, supplies) = done(&order, PurchaseCommand::Cancel { by: "bob".into() });
        assert_eq!((gone.status, supplies), (PurchaseStatus::Cancelled, vec![("MUG".into(), 0, -8), ("CUP".into(), 0, -3)]));
        let (empty, supplies) = done(&draft(), PurchaseCommand::Set(vec![(sku("MUG"), 0)]));
        assert_eq!(supplies, []);
        assert_eq!(empty.apply(approve(), Timestamp::UNIX_EPOCH), Err(PurchaseRefusal::Empty));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let refused = |order: &PurchaseOrder, command| order.apply(command, Timestamp::UNIX_EPOCH).unwrap_err();
        let mug = || PurchaseRefusal::Quantity(sku("MUG"));
        assert_eq!(refused(&draft(), line("MUG", 0)), mug());
        assert_eq!(refused(&draft(), line("MUG", PurchaseOrder::PIECES_MAX + 1)), mug());
        assert_eq!(refused(&draft(), PurchaseCommand::Set(vec![(sku("MUG"), 1), (sku("MUG"), 2)])), mug());
        let full = (0..PurchaseOrder::LINES_MAX).fold(draft(), |order, n| done(&order, line(&format!("S{n}"), 1)).0);
        assert_eq!(refused(&full, line("ONE-MORE", 1)), PurchaseRefusal::Full);
        assert_eq!(done(&full, line("S3", 4)).0.lines[3].quantity, 5);
        let ordered = done(&done(&draft(), line("MUG", 1)).0, approve()).0;
        assert_eq!(refused(&ordered, receive("dn", &[("HAT", 1)], false)), PurchaseRefusal::NotOrdered(sku("HAT")));
        assert_eq!(refused(&ordered, receive("dn", &[], false)), PurchaseRefusal::Nothing);
        let (over, supplies) = done(&ordered, receive("dn", &[], true));
        assert_eq!((over.status, supplies), (PurchaseStatus::Received, vec![("MUG".into(), 0, -1)]), "nothing will come");
        assert_eq!(refused(&ordered, line("MUG", 1)), PurchaseRefusal::Status { is: PurchaseStatus::Ordered, needed: "a draft" });
    }

    proptest! {
        /// Whatever is done, what is on its way by the levels is what the order still waits for.
        // req: S2-40
        #[test]
        fn nothing_is_on_its_way_that_nobody_waits_for(steps in proptest::collection::vec((0..5u8, 0..3usize, 0..20u32, any::<bool>()), 1..30)) {
            let (mut order, mut on_order, mut arrived) = (draft(), BTreeMap::<String, i64>::new(), 0u64);
            for (at, (what, which, quantity, last)) in steps.into_iter().enumerate() {
                let name = ["MUG", "CUP", "HAT"][which];
                let command = match what {
                    0 => line(name, quantity),
                    1 => PurchaseCommand::Set(vec![(sku(name), quantity)]),
                    2 => approve(),
                    3 => receive(&format!("dn-{}", at % 4), &[(name, quantity)], last),
                    _ => PurchaseCommand::Cancel { by: "bob".into() },
                };
                let Ok((next, supplies)) = order.apply(command, Timestamp::UNIX_EPOCH) else { continue };
                for supply in supplies {
                    *on_order.entry(supply.sku.to_string()).or_default() += supply.on_order;
                    arrived += u64::from(supply.arrived);
                }
                order = next;
                prop_assert!(on_order.values().all(|pieces| *pieces >= 0));
                prop_assert_eq!(on_order.values().sum::<i64>() as u64, order.outstanding());
                prop_assert_eq!(arrived, order.lines.iter().map(|line| u64::from(line.received)).sum::<u64>());
            }
        }
    }
}
