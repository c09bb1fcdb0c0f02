//! How what goes wrong is worked on, what recurs, and what is at risk.

use super::{percent, stat, table};
use crate::format::{age, count, money};
use crate::icons;
use app::analytics::Share;
use app::exceptions::Figures;
use domain::exception::{Cluster, Peak, RESOLUTION_MIN_PERCENT, patterns};
use jiff::SignedDuration;
use maud::{Markup, html};

const DAYS: [&str; 7] = ["Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"];

/// Nothing where nothing ever went wrong.
pub(super) fn section(found: &Figures) -> Markup {
    let (seen, stands_out) = (&found.seen, patterns(&found.seen));
    if stands_out.opened == 0 && seen.resolved == 0 && seen.open == 0 {
        return html! {};
    }
    let mean = found.resolved_s.checked_div(seen.resolved).map_or_else(|| "–".to_owned(), |s| age(SignedDuration::from_secs(s)));
    html! {
        section class="card wide" aria-labelledby="wrong-title" {
            div class="card-head" {
                h2 id="wrong-title" { "Exceptions" }
                a href="/console/exceptions" { "The board" }
            }
            ul class="stats" aria-label="How they are worked on" {
                (stat(icons::TICK, "Resolved in time", &percent(found.response.resolved)))
                (stat(icons::PERSON, "Seen in time", &percent(found.response.seen)))
                (stat(icons::LIST, "Ended, of all at work", &percent(Share { part: seen.resolved, of: seen.resolved + seen.open })))
                (stat(icons::CLOCK, "Until they end", &mean))
            }
            div class="findings" {
                @for risk in &found.risk {
                    p class="because" {
                        strong { (money(risk.at_risk.minor, risk.currency)) } " of " (money(risk.worth.minor, risk.currency)) " at risk now, in "
                        (count(risk.orders.values().sum())) " orders"
                    }
                }
                @if stands_out.resolves_too_few { p class="late" { (icons::WARNING.beside()) "Fewer than " (RESOLUTION_MIN_PERCENT) " % have ended" } }
                @if let Some(Peak { at, n, of }) = stands_out.peak_hour { p { "Most are opened between " (at) ":00 and " (at + 1) ":00: " (n) " of " (of) } }
                @if let Some(Peak { at, n, of }) = stands_out.peak_day { p { "Most are opened on " (DAYS.get(at).copied().unwrap_or_default()) ": " (n) " of " (of) } }
                @for Cluster { reason, kind, place, n, of, usual_tenths } in &stands_out.clusters {
                    p {
                        (reason.text()) " stands out at " (kind.as_str()) " " strong { (place) } ": " (n) " of " (of)
                        ", and " (usual_tenths / 10) "." (usual_tenths % 10) " % of everything else"
                    }
                }
            }
            @if !seen.opened.is_empty() {
                (table(&["What", "Opened"], None, &html! {
                        @for (reason, n) in &seen.opened {
                            tr { th scope="row" { (reason.text()) } td class="number-cell" { (count(*n)) } }
                        }
                }))
            }
        }
    }
}
