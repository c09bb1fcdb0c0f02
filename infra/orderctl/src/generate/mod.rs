//! A shop that never was: orders to try the suite with.
//!
//! The same [`Spec`] gives the same orders, byte for byte: the random numbers are our own, and "now" is part
//! of the specification. Nobody real is in it: every mail address is in a domain reserved for examples
//! (RFC 2606), phone numbers are from ranges kept free for fiction, tracking numbers start with `DEMO`.
//!
//! Days differ as they do in shops: weekends sell 30 % more, November and December half as much again, each
//! day is up to 30 % off its norm, and one in twenty drops to between 30 and 60 %. [`plan`] says which those are,
//! so that a detector can be measured against the truth.

mod catalogue;
mod course;
mod order;
mod people;
mod plan;
mod random;
mod sheet;

#[cfg(test)]
mod tests;

pub use course::Word;
pub use order::{DemoLine, DemoOrder};
pub use people::Customer;
pub use plan::{PlannedDay, Spec, plan};
pub use sheet::{HEADER, write_csv};

/// The orders of a specification, oldest first, made one day at a time.
pub fn generate(spec: &Spec) -> impl Iterator<Item = DemoOrder> + use<> {
    let spec = spec.clone();
    let days = plan(&spec);
    let delay = course::delay_share(&spec, &days);
    let mut number = spec.first_number;
    days.into_iter().flat_map(move |day| {
        let orders = order::of_day(&spec, &day, number, delay);
        number += u64::from(day.orders);
        orders
    })
}
