//! The daily key figures: how many orders there are, how many are late, and which ones.
//!
//! The report keeps its own, simple definition of a missed promise (one of six in this suite): the promised
//! day is before `as_of` and the parcel has not arrived. "Today" is always `as_of`, a civil date in the
//! tenant's time zone that the caller passes in, so any past day can be reported again.
//!
//! Orders are fed one at a time ([`KpiBuilder`]), so a million of them cost no more memory than the lists
//! of late ones, and those are bounded by [`LISTED_MAX`].

mod compare;
mod daily;
mod percent;
mod slack;

#[cfg(test)]
mod tests;

pub use compare::{Comparison, Headline};
pub use daily::{DailyKpi, KpiBuilder, KpiOrder, LISTED_MAX, LateOrder, OrderValue, StatusCount, daily};
pub use percent::Percent;
pub use slack::{slack_comparison, slack_summary};
