//! Daily reports, counted once more from the orders.

use super::{Books, Ledger};
use crate::world::World;
use app::measure::LABELS;
use app::ports::ReportStore;
use app::report::{DAILY, DELAYED, Wanted, delayed_key, workbook_key};
use contracts::Payload;
use domain::kpi::{DailyKpi, slack_summary};
use domain::order::{Label, Order, Recorded};
use futures::FutureExt;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap};

/// I16: one report and one summary a day and tenant, whatever the schedule did; and its figures are the orders'.
pub(super) fn reports(world: &mut World, books: &Books) {
    if world.reports_due.is_empty() {
        return;
    }
    let mut told: HashMap<(usize, Date), Vec<String>> = HashMap::new();
    let mut lists: HashMap<(usize, Date), usize> = HashMap::new();
    let mut others: HashMap<(usize, Date, String), usize> = HashMap::new();
    for published in &world.events {
        if let Payload::ReportReady(ready) = &published.event.payload
            && let Some(shop) = world.shops.iter().position(|shop| *shop.scope.tenant() == published.event.tenant)
        {
            match ready.report.as_str() {
                DAILY => told.entry((shop, ready.day)).or_default().push(ready.summary.clone()),
                DELAYED => *lists.entry((shop, ready.day)).or_default() += 1,
                other => *others.entry((shop, ready.day, other.to_owned())).or_default() += 1,
            }
        }
    }
    for ((shop, day, report), times) in others {
        if times > 1 {
            world.fail("I16", None, format!("{} was told {times} times of the {report} of {day}", world.shops[shop].canary));
        }
    }
    for due in world.reports_due.clone() {
        if !told.contains_key(&due) {
            world.fail("I16", None, format!("nobody was told of the report of {} for {}", due.1, world.shops[due.0].canary));
        }
    }
    for (about, summaries) in &told {
        if summaries.len() > 1 && !world.remade.contains(about) {
            let text =
                format!("{} was told {} times of the report of {}: {summaries:?}", world.shops[about.0].canary, summaries.len(), about.1);
            world.fail("I16", None, text);
        }
    }
    for (about, summaries) in &told {
        // The list of delayed orders says less, so that of two different reports it may be the same; made anew because somebody wanted that, it
        // may say something else where the summary does not.
        let most = if world.remade.contains(about) { usize::MAX } else { summaries.len() };
        if !(1..=most).contains(&lists.get(about).copied().unwrap_or_default()) {
            world.fail("I16", None, format!("{} lists for {} reports of {}", lists.get(about).unwrap_or(&0), summaries.len(), about.1));
        }
    }
    for shop in 0..world.shops.len() {
        files(world, shop, &told);
        figures(world, books, shop);
    }
}

fn files(world: &mut World, shop: usize, told: &HashMap<(usize, Date), Vec<String>>) {
    let (store, scope) = (world.memory.reports(), world.shops[shop].scope.clone());
    let listed = store.list(&scope, "daily/", usize::MAX).now_or_never().and_then(Result::ok).unwrap_or_default();
    let mut days: Vec<Date> = told.keys().filter(|about| about.0 == shop).map(|about| about.1).collect();
    days.sort_unstable();
    let mut expected: Vec<String> =
        days.iter().flat_map(|day| [format!("daily/{day}.json"), workbook_key(*day), delayed_key(*day)]).collect();
    // Runs that failed until their day was over leave files that nobody was told of.
    let today = world.today(shop);
    let given_up = |name: &str| day_of(name).is_some_and(|day| day < today && !told.contains_key(&(shop, day)));
    let mut found: Vec<String> = listed.into_iter().filter(|name| !given_up(name)).collect();
    expected.sort_unstable();
    found.sort_unstable();
    if found != expected {
        world.fail("I16", None, format!("{} has the files {found:?}, and was told of {expected:?}", world.shops[shop].canary));
    }
    for day in days {
        let file = store.get(&scope, &format!("daily/{day}.json")).now_or_never().and_then(Result::ok).flatten().unwrap_or_default();
        let said = serde_json::from_slice::<DailyKpi>(&file).map(|kpi| slack_summary(&kpi)).unwrap_or_default();
        // A run that outlives its lease, by a clock that jumps, may still write its file; the summary is one.
        let overtaken = world.jumped || world.remade.contains(&(shop, day));
        if !overtaken && !told[&(shop, day)].last().is_some_and(|told| told.starts_with(&said)) {
            world.fail("I16", None, format!("the file of {day} says {said:?}, the team was told {:?}", told[&(shop, day)]));
        }
    }
}

/// The day in a file's name.
fn day_of(name: &str) -> Option<Date> {
    name.trim_start_matches("daily/").trim_start_matches("delayed-").split('.').next()?.parse().ok()
}

/// What a report made now would say of today and of an earlier day, and what the orders say.
fn figures(world: &mut World, books: &Books, shop: usize) {
    let today = world.today(shop);
    let orders = books.ledgers[shop].iter().map(|ledger| ledger.order.clone()).collect();
    compare(world, shop, Wanted::AsOf(today), orders);
    let zone = world.shops[shop].config.zone();
    // A clock that jumps dates a commit before the one it follows.
    let Some(first) = books.ledgers[shop].iter().filter_map(|ledger| ledger.history.first()).map(|commit| commit.at).min() else { return };
    let day = first.to_zoned(zone.clone()).date();
    if world.jumped || day >= today {
        return;
    }
    let Ok(end) = day.tomorrow().and_then(|next| next.to_zoned(zone)).map(|next| next.timestamp()) else { return };
    let was = |ledger: &Ledger| {
        let mut known: Vec<Recorded> = ledger.history.iter().filter(|commit| commit.at < end).cloned().collect();
        if known.is_empty() && ledger.order.placed_at < end {
            known.extend(ledger.history.first().cloned());
        }
        Order::replay(&known)
    };
    let orders = books.ledgers[shop].iter().filter_map(was).collect();
    compare(world, shop, Wanted::Past(day), orders);
}

fn compare(world: &mut World, shop: usize, wanted: Wanted, orders: Vec<Order>) {
    let (scope, config) = (world.shops[shop].scope.clone(), world.shops[shop].config.clone());
    let Some(Ok(Ok(kpi))) = world.figures(&scope, &config, wanted) else {
        return world.fail("I16", None, format!("no figures from {LABELS}"));
    };
    let day = wanted.day();
    let mut labels: BTreeMap<&str, u64> = BTreeMap::new();
    let mut values: BTreeMap<&str, (u64, i128)> = BTreeMap::new();
    let (mut delayed, mut late) = (0, 0);
    for order in &orders {
        let label = order.label();
        *labels.entry(label.text()).or_default() += 1;
        delayed += u64::from(label == Label::Delayed);
        let over = matches!(
            label,
            Label::Delivered
                | Label::Completed
                | Label::ReturnRequested
                | Label::Returned
                | Label::Cancelled
                | Label::Refunded
                | Label::Failed
        );
        late += u64::from(!over && order.tracks.eta.is_some_and(|eta| eta < day));
        if !matches!(label, Label::Cancelled | Label::Failed | Label::Refunded | Label::Returned) {
            let (count, sum) = values.entry(order.totals.currency.code()).or_default();
            *count += 1;
            *sum += i128::from(order.totals.total_minor);
        }
    }
    let told: BTreeMap<&str, u64> = kpi.by_status.iter().map(|row| (row.label.text(), row.count)).collect();
    let worth: BTreeMap<&str, (u64, i128)> = kpi.value.iter().map(|row| (row.currency.code(), (row.orders, row.total_minor))).collect();
    let counted = (kpi.total, kpi.delayed, kpi.sla_missed, told, worth);
    let recounted = (orders.len() as u64, delayed, late, labels, values);
    if counted != recounted {
        world.fail(
            "I16",
            None,
            format!("the report of {} for {wanted:?} says {counted:?}, the orders say {recounted:?}", world.shops[shop].canary),
        );
    }
}
