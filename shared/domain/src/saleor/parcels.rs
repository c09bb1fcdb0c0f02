//! What of an order has left here and is not known in Saleor yet, parcel by parcel.

use crate::order::{FulfilmentStatus, Order};
use std::collections::BTreeMap;

/// A line of an order as Saleor has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TheirLine {
    /// Saleor's id for it.
    pub id: String,
    /// The unit, as it was imported.
    pub sku: String,
    /// Pieces that were sent there.
    pub sent: u32,
    /// Pieces that can still be sent there.
    pub open: u32,
    /// Where pieces are set aside there: Saleor's id of the warehouse, and how many.
    pub at: Vec<(String, u32)>,
}

/// A parcel of an order as Saleor has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TheirParcel {
    /// Saleor's id for it.
    pub id: String,
    /// The carrier's number; empty if it has none.
    pub number: String,
    /// It was sent and not taken back since.
    pub stands: bool,
}

/// Pieces of one of Saleor's lines, from one of its warehouses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Which line.
    pub line: String,
    /// From where; none if nothing is set aside for them.
    pub warehouse: Option<String>,
    /// How many.
    pub quantity: u32,
}

/// A parcel that Saleor does not know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// What it is called here; "all" if the order has left as a whole and nobody said in which parcels.
    pub name: String,
    /// The carrier's number, if it is known.
    pub number: Option<String>,
    /// What is in it.
    pub pieces: Vec<Piece>,
}

/// Takes so many pieces of a unit off what is open there.
fn take(lines: &mut [TheirLine], sku: &str, mut quantity: u32) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for line in lines.iter_mut().filter(|line| line.sku == sku) {
        let mut taken = quantity.min(line.open);
        (line.open, quantity) = (line.open - taken, quantity - taken);
        for (warehouse, aside) in &mut line.at {
            let from = taken.min(*aside);
            if from > 0 {
                (*aside, taken) = (*aside - from, taken - from);
                pieces.push(Piece { line: line.id.clone(), warehouse: Some(warehouse.clone()), quantity: from });
            }
        }
        if taken > 0 {
            pieces.push(Piece { line: line.id.clone(), warehouse: None, quantity: taken });
        }
    }
    pieces
}

/// The parcels of an order that have left here, in the order in which they were begun.
fn left(order: &Order) -> impl Iterator<Item = &crate::order::Consignment> {
    let has_left = |status| matches!(status, FulfilmentStatus::Shipped | FulfilmentStatus::Delivered | FulfilmentStatus::Returned);
    order.consignments.iter().filter(move |one| has_left(one.work.status))
}

/// What has left here and is not known there, in the order in which it left.
///
/// What was sent there already counts for our parcels in turn, whoever told it: a parcel is never told twice, also if the answer to the
/// first time was lost. An order that has left as a whole is told as one parcel; of one that has partly left without parcels nobody
/// knows what has.
pub fn parcels(order: &Order, theirs: &[TheirLine]) -> Vec<Parcel> {
    let mut lines = theirs.to_vec();
    if left(order).next().is_none() {
        if !super::is_sent(order.tracks.status) {
            return Vec::new();
        }
        // What is called off here was not sent, whatever is open there.
        let mut wanted: BTreeMap<&str, u32> = BTreeMap::new();
        for (line, quantity) in order.lines.iter().zip(order.wanted()) {
            *wanted.entry(&line.sku).or_default() += quantity;
        }
        for line in theirs {
            wanted.entry(&line.sku).and_modify(|wanted| *wanted = wanted.saturating_sub(line.sent));
        }
        let mut sent = |line: &TheirLine| {
            let Some(wanted) = wanted.get_mut(line.sku.as_str()).filter(|_| !order.cancelled.is_empty()) else { return line.open };
            let sent = line.open.min(*wanted);
            *wanted -= sent;
            sent
        };
        let open: Vec<(String, u32)> = lines.iter().map(|line| (line.sku.clone(), sent(line))).collect();
        let pieces: Vec<Piece> = open.iter().flat_map(|(sku, open)| take(&mut lines, sku, *open)).collect();
        return if pieces.is_empty() { Vec::new() } else { vec![Parcel { name: "all".into(), number: None, pieces }] };
    }
    let mut known: BTreeMap<&str, u32> = BTreeMap::new();
    for line in theirs {
        let sent = known.entry(&line.sku).or_default();
        *sent = sent.saturating_add(line.sent);
    }
    let mut parcels = Vec::new();
    for one in left(order) {
        let mut pieces = Vec::new();
        for part in &one.work.parts {
            let Some(line) = order.lines.get(part.line) else { continue };
            let sent = known.entry(&line.sku).or_default();
            let told = part.quantity.min(*sent);
            *sent -= told;
            pieces.extend(take(&mut lines, &line.sku, part.quantity - told));
        }
        if !pieces.is_empty() {
            let number = one.carriage.as_ref().map(|carriage| carriage.number.clone());
            parcels.push(Parcel { name: one.work.id.to_string(), number, pieces });
        }
    }
    parcels
}

/// The one parcel that has no number there, and the one number of ours that is not known there: of more nobody could say which is whose.
pub fn unnumbered<'a>(order: &Order, theirs: &'a [TheirParcel]) -> Option<(&'a str, String)> {
    let mut nameless = theirs.iter().filter(|parcel| parcel.stands && parcel.number.trim().is_empty());
    let mut numbers = left(order).filter_map(|one| one.carriage.as_ref()).map(|carriage| carriage.number.as_str());
    let numbers: Vec<&str> = numbers.by_ref().filter(|number| !theirs.iter().any(|parcel| parcel.number == **number)).collect();
    match (nameless.next(), nameless.next(), numbers.as_slice()) {
        (Some(parcel), None, [number]) => Some((&parcel.id, (*number).to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{FulfilmentId, LocationId};
    use crate::order::placement::{Draft, DraftLine, Given};
    use crate::order::testing::{at, given, placed};
    use crate::order::{Carriage, Consignment, OrderStatus, Tracks};
    use crate::shipping::fulfilment::{Fulfilment, Share};

    /// A parcel: its name, so many of which lines, how far it is, and its number.
    type Begun<'a> = (&'a str, &'a [(usize, u32)], FulfilmentStatus, Option<&'a str>);

    /// Two mugs, three pots, and one more mug on a line of its own.
    fn order(status: OrderStatus, parcels: &[Begun<'_>]) -> Order {
        let line = |sku: &str, quantity| DraftLine { sku: sku.into(), quantity, unit_price: "5".into(), ..DraftLine::default() };
        let draft = Draft {
            currency: "EUR".into(),
            customer_name: "Ada Example".into(),
            lines: vec![line("mug", 2), line("pot", 3), line("mug", 1)],
            ..Draft::default()
        };
        let mut order = placed(&draft, Given { tracks: Tracks { status, ..Tracks::default() }, ..given() }).unwrap();
        for (id, parts, status, number) in parcels {
            let parts = parts.iter().map(|(line, quantity)| Share { line: *line, quantity: *quantity }).collect();
            let work = Fulfilment::new(FulfilmentId::parse(id).unwrap(), LocationId::parse("main").unwrap(), parts, false);
            let carriage = number.and_then(|number| Carriage::parse("UPS", number));
            let (labels, way) = (Vec::new(), None);
            order.consignments.push(Consignment {
                work: Fulfilment { status: *status, ..work },
                carriage,
                labels,
                way,
                lost: 0,
                opened_at: at(0),
                since: at(1),
            });
        }
        order
    }

    fn theirs(id: &str, sku: &str, sent: u32, open: u32, aside: &[(&str, u32)]) -> TheirLine {
        let at = aside.iter().map(|(warehouse, count)| ((*warehouse).to_owned(), *count)).collect();
        TheirLine { id: id.into(), sku: sku.into(), sent, open, at }
    }

    fn shown(parcels: &[Parcel]) -> Vec<String> {
        let piece = |one: &Piece| format!("{} {} from {}", one.quantity, one.line, one.warehouse.as_deref().unwrap_or("?"));
        let parcel = |one: &Parcel| {
            let pieces: Vec<String> = one.pieces.iter().map(piece).collect();
            format!("{} {}: {}", one.name, one.number.as_deref().unwrap_or("-"), pieces.join(", "))
        };
        parcels.iter().map(parcel).collect()
    }

    // req: S2-75
    #[test]
    fn what_has_left_is_told_parcel_by_parcel_and_once() {
        use FulfilmentStatus::{Delivered, Packed, Shipped};
        let order = order(
            OrderStatus::PartiallyShipped,
            &[
                ("p1", &[(0, 1), (1, 1)], Delivered, Some("1Z1")),
                ("p2", &[(0, 1), (2, 1)], Shipped, None),
                ("p3", &[(1, 2)], Packed, Some("1Z3")),
            ],
        );
        let fresh =
            [theirs("A", "mug", 0, 2, &[("W1", 1), ("W2", 1)]), theirs("B", "pot", 0, 3, &[]), theirs("C", "mug", 0, 1, &[("W1", 1)])];
        assert_eq!(shown(&parcels(&order, &fresh)), ["p1 1Z1: 1 A from W1, 1 B from ?", "p2 -: 1 A from W2, 1 C from W1"]);
        // The first was told, and its answer was lost: the second is all that is left to tell.
        let first = [theirs("A", "mug", 1, 1, &[("W2", 1)]), theirs("B", "pot", 1, 2, &[]), theirs("C", "mug", 0, 1, &[("W1", 1)])];
        assert_eq!(shown(&parcels(&order, &first)), ["p2 -: 1 A from W2, 1 C from W1"]);
        let both = [theirs("A", "mug", 2, 0, &[]), theirs("B", "pot", 1, 2, &[]), theirs("C", "mug", 1, 0, &[])];
        assert_eq!(shown(&parcels(&order, &both)), Vec::<String>::new());
        // Half of the second was sent by hand there: the other half is told.
        let half = [theirs("A", "mug", 2, 0, &[]), theirs("B", "pot", 1, 2, &[]), theirs("C", "mug", 0, 1, &[])];
        assert_eq!(shown(&parcels(&order, &half)), ["p2 -: 1 C from ?"]);
        // Lines that were taken off there cannot be sent there.
        assert_eq!(shown(&parcels(&order, &[theirs("B", "pot", 0, 1, &[])])), ["p1 1Z1: 1 B from ?"]);
    }

    // req: S2-75
    #[test]
    fn an_order_without_parcels_has_left_as_a_whole_or_nobody_knows_what_of_it() {
        let lines = [theirs("A", "mug", 1, 1, &[("W1", 2)]), theirs("B", "pot", 0, 3, &[("W1", 1)]), theirs("C", "mug", 0, 1, &[])];
        let whole = parcels(&order(OrderStatus::Delivered, &[]), &lines);
        assert_eq!(shown(&whole), ["all -: 1 A from W1, 1 B from W1, 2 B from ?, 1 C from ?"]);
        assert_eq!(parcels(&order(OrderStatus::PartiallyShipped, &[]), &lines), []);
        assert_eq!(parcels(&order(OrderStatus::Shipped, &[]), &[theirs("A", "mug", 3, 0, &[])]), []);
        // What was called off of an order that has partly left is not told as sent.
        let rest_off = order(OrderStatus::Shipped, &[("p1", &[(0, 2)], FulfilmentStatus::Shipped, None)]);
        let lines = [theirs("A", "mug", 2, 0, &[]), theirs("B", "pot", 0, 3, &[])];
        assert_eq!(parcels(&rest_off, &lines), []);
    }

    // req: S2-75
    #[test]
    fn a_number_that_comes_later_finds_the_one_parcel_that_it_can_mean() {
        let parcel = |id: &str, number: &str, stands| TheirParcel { id: id.into(), number: number.into(), stands };
        let one = order(OrderStatus::Shipped, &[("p1", &[(0, 2)], FulfilmentStatus::Shipped, Some("1Z1"))]);
        assert_eq!(unnumbered(&one, &[parcel("F1", "", true)]), Some(("F1", "1Z1".to_owned())));
        assert_eq!(unnumbered(&one, &[parcel("F0", "", false), parcel("F1", " ", true)]), Some(("F1", "1Z1".to_owned())));
        assert_eq!(unnumbered(&one, &[parcel("F1", "1Z1", true)]), None, "it is known");
        assert_eq!(unnumbered(&one, &[parcel("F1", "", true), parcel("F2", "", true)]), None, "which?");
        assert_eq!(unnumbered(&one, &[]), None);
        let none = order(OrderStatus::Shipped, &[("p1", &[(0, 2)], FulfilmentStatus::Shipped, None)]);
        assert_eq!(unnumbered(&none, &[parcel("F1", "", true)]), None);
    }
}
