//! What stories about orders begin with.

use super::placement::{Draft, DraftLine, Given, check};
use super::{Command, Order, Tracks, decide};
use crate::ids::{OrderId, SourceId};
use jiff::Timestamp;

/// So many minutes after 12:00 in Warsaw.
pub(crate) fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_754_733_600 + minute * 60).unwrap()
}

/// Order 1001, placed by the API and told to nobody.
pub(crate) fn given() -> Given<'static> {
    Given {
        channel: SourceId::parse("api").unwrap(),
        generated: OrderId::parse("1001").unwrap(),
        tracks: Tracks::default(),
        notify: false,
        saga: false,
        payments: None,
        charges: None,
        items_required: true,
        now: at(0),
    }
}

/// As it is right after it was placed; which faults the draft has, by field and code, if it cannot be.
pub(crate) fn placed(draft: &Draft, given: Given<'_>) -> Result<Order, Vec<(String, String)>> {
    let now = given.now;
    let placement = check(draft, given);
    let placement = placement.map_err(|faults| faults.into_iter().map(|fault| (fault.field, fault.code)).collect::<Vec<_>>())?;
    let contact = placement.contact.clone();
    let events = decide(None, &Command::Place(Box::new(placement)), now).unwrap();
    Ok(Order::placed(&events, Some(contact), now).unwrap())
}

/// Three mugs at 10.00, two pots at 5.50 and a song; 3.00 off, 4.13 tax on top, 5.00 to send it.
pub(crate) fn basket() -> Draft {
    let line = |sku: &str, quantity, price: &str, digital| DraftLine {
        sku: sku.into(),
        quantity,
        unit_price: price.into(),
        digital,
        ..DraftLine::default()
    };
    Draft {
        currency: "EUR".into(),
        customer_name: "Ada Example".into(),
        lines: vec![line("mug", 3, "10.00", false), line("song", 1, "1.00", true), line("pot", 2, "5.50", false)],
        discount: Some("3.00".into()),
        tax: Some("4.13".into()),
        shipping: Some("5.00".into()),
        ..Draft::default()
    }
}
