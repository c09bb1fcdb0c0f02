//! Lines of an order, as somebody names them: by their place, or by their unit if only one line has it.

use super::orders::fault;
use app::Error;
use domain::order::Order;
use domain::shipping::fulfilment::Share;
use serde::Deserialize;

/// So many of a line.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LineItem {
    /// The unit, if only one line of the order has it.
    pub sku: Option<String>,
    /// The line's place in the order, from 0.
    pub line: Option<usize>,
    /// How many.
    pub quantity: u32,
}

/// The lines that some items name: 1 to `most`.
pub(super) fn shares(order: &Order, items: &[LineItem], most: usize, hint: &str) -> Result<Vec<Share>, Error> {
    if items.is_empty() || items.len() > most {
        return Err(fault("items", "required", format!("1 to {most} items{hint}")));
    }
    let share = |(at, item): (usize, &LineItem)| {
        Ok(Share { line: line_of(order, &format!("items[{at}]"), item.line, item.sku.as_deref())?, quantity: item.quantity })
    };
    items.iter().enumerate().map(share).collect()
}

/// The place of a line that an item names, by that or by its unit.
pub(super) fn line_of(order: &Order, field: &str, line: Option<usize>, sku: Option<&str>) -> Result<usize, Error> {
    let of_sku = |sku: &str| {
        let mut found = order.lines.iter().enumerate().filter(|(_, line)| line.sku == sku).map(|(line, _)| line);
        found.next().filter(|_| found.next().is_none())
    };
    let hint = "a unit that one line of the order has, or the line's place";
    line.or_else(|| sku.and_then(of_sku)).ok_or_else(|| fault(field, "no_such_line", hint))
}
