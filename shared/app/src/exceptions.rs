//! The board of exceptions: what is wrong with all of a shop's orders, the most urgent first.
//!
//! How urgent one is grows with its age ([`domain::exception::age_points`]), alike for all. So of those of one standing the oldest is always the
//! most urgent, and the board is a merge of few lists, each in the order of its index: looking costs as much as is shown, however many are open.

mod figures;

pub use figures::{Figures, Response, Risk};

use crate::apply::{Alongside, Apply};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::json;
use crate::ports::{ExceptionEntry, ExceptionStore, ExceptionsOf, PageKey};
use crate::scope::TenantScope;
use domain::exception::{Bucket, Reason, Severity};
use domain::ids::OrderId;
use domain::order::{Command, ExceptionCommand, Order};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

/// Exceptions that one look reads at most, where a filter leaves little of what it reads.
const LOOKED_AT_MAX: usize = 2_000;
/// A shop that has no more of them open is read at once.
const FEW: usize = 200;
/// Rows that one read of a list takes at least.
const CHUNK: usize = 50;
/// Lists, and orders, that are looked at at once.
const AT_ONCE: usize = 8;
/// What one request may do something about at most.
pub const BULK_MAX: usize = 100;

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Only of this reason.
    pub reason: Option<Reason>,
    /// Only as bad as this.
    pub severity: Option<Severity>,
    /// Only among these.
    pub bucket: Option<Bucket>,
    /// Only those that this person works on; of nobody, if the name is empty.
    pub assigned: Option<String>,
}

impl Filter {
    fn takes(&self, entry: &ExceptionEntry, now: Timestamp) -> bool {
        let exception = &entry.exception;
        self.reason.is_none_or(|reason| exception.reason == reason)
            && self.severity.is_none_or(|severity| exception.severity == severity)
            && self.bucket.is_none_or(|bucket| exception.bucket(now) == bucket)
            && self.assigned.as_deref().is_none_or(|who| exception.assigned.as_deref().unwrap_or_default() == who)
    }
}

/// Part of the board.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Board {
    /// The most urgent first; fewer than were asked for although there are more, if a filter leaves little.
    pub entries: Vec<ExceptionEntry>,
    /// Where to go on; none at the end.
    pub next: Option<PageKey>,
    /// The moment by which their urgency was reckoned: that at which the first page was.
    pub as_of: Timestamp,
}

/// Where a board goes on: reckoned by one moment, behind one place of each list.
#[derive(Debug, Serialize, Deserialize)]
struct Place {
    as_of: Timestamp,
    behind: BTreeMap<i32, String>,
}

/// Those of one standing that were read and not shown yet.
struct Lane {
    standing: i32,
    rows: VecDeque<ExceptionEntry>,
    /// Where reading goes on, if there is more.
    more: Option<Option<PageKey>>,
}

impl Lane {
    /// Behind what was shown of it before.
    fn behind(standing: i32, place: &Place) -> Lane {
        let behind = place.behind.get(&standing).map(|behind| PageKey(behind.clone()));
        Lane { standing, rows: VecDeque::new(), more: Some(behind) }
    }

    /// How many were read.
    async fn refill(&mut self, store: &dyn ExceptionStore, scope: &TenantScope, limit: usize) -> Result<usize> {
        let Some(after) = self.more.take_if(|_| self.rows.is_empty()) else { return Ok(0) };
        let page = store.page(scope, ExceptionsOf::Standing(self.standing), after.as_ref(), limit.max(CHUNK)).await?;
        let read = page.exceptions.len();
        self.rows.extend(page.exceptions);
        self.more = page.next.map(Some);
        Ok(read)
    }

    fn head(&self, now: Timestamp) -> Option<(i32, Reverse<String>)> {
        self.rows.front().map(|entry| (entry.exception.urgency(now), Reverse(entry.place())))
    }
}

impl Place {
    fn is_ahead(&self, entry: &ExceptionEntry) -> bool {
        self.behind.get(&entry.exception.standing()).is_none_or(|behind| entry.place() > *behind)
    }
}

/// Every standing that an exception can have: its severity, what its order is worth, and what we have tried.
fn standings() -> impl Iterator<Item = i32> {
    let all = Severity::WORST_FIRST.into_iter().flat_map(|severity| (-2..=2).map(move |by| severity.points() + 10 * by));
    let mut all: Vec<i32> = all.collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter().rev()
}

impl Board {
    /// Looks.
    ///
    /// # Errors
    /// `Retryable`; `Fatal` for a key of another list.
    pub async fn load(
        store: &dyn ExceptionStore,
        scope: &TenantScope,
        filter: &Filter,
        (after, limit): (Option<&PageKey>, usize),
        now: Timestamp,
    ) -> Result<Board> {
        let mut place: Place = match after {
            Some(after) => serde_json::from_str(&after.0).map_err(|_| Error::Fatal("not a page key of the board".into()))?,
            None => Place { as_of: now, behind: BTreeMap::new() },
        };
        let as_of = place.as_of;
        let few = store.page(scope, ExceptionsOf::Open, None, FEW).await?;
        let mut lanes: Vec<Lane> = if few.next.is_none() {
            let mut by_standing: BTreeMap<i32, VecDeque<ExceptionEntry>> = BTreeMap::new();
            for entry in few.exceptions.into_iter().filter(|entry| place.is_ahead(entry)) {
                by_standing.entry(entry.exception.standing()).or_default().push_back(entry);
            }
            by_standing.into_iter().map(|(standing, rows)| Lane { standing, rows, more: None }).collect()
        } else {
            let lanes: Vec<Lane> = standings().map(|standing| Lane::behind(standing, &place)).collect();
            let filled = stream::iter(lanes).map(|mut lane| async move {
                lane.refill(store, scope, limit).await?;
                Ok::<_, Error>(lane)
            });
            filled.buffered(AT_ONCE).try_collect().await?
        };
        let mut entries = Vec::new();
        let mut looked_at = lanes.iter().map(|lane| lane.rows.len()).sum::<usize>();
        // Rows that are there already cost nothing more.
        while entries.len() < limit && (looked_at < LOOKED_AT_MAX || lanes.iter().all(|lane| !lane.rows.is_empty() || lane.more.is_none()))
        {
            let next = lanes.iter_mut().filter_map(|lane| lane.head(as_of).map(|head| (head, lane))).max_by(|a, b| a.0.cmp(&b.0));
            let Some((_, lane)) = next else { break };
            let Some(entry) = lane.rows.pop_front() else { break };
            place.behind.insert(lane.standing, entry.place());
            if filter.takes(&entry, as_of) {
                entries.push(entry);
            }
            looked_at += lane.refill(store, scope, limit).await?;
        }
        let more = lanes.iter().any(|lane| !lane.rows.is_empty() || lane.more.is_some());
        let next = if more { Some(PageKey(json::text(&place)?)) } else { None };
        Ok(Board { entries, next, as_of })
    }
}

/// Does something about many, each by itself: one that cannot be done keeps no other from being. Answers in the order that was asked for.
pub async fn each(apply: &Apply, context: Context<'_>, acts: Vec<(OrderId, ExceptionCommand)>) -> Vec<Result<Order>> {
    let works = stream::iter(acts).map(|(order, command)| async move {
        let command = Command::Exception(command);
        apply.run(context, &order, &command, Alongside::default()).await.map(|applied| applied.order)
    });
    works.buffered(AT_ONCE).collect().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::{ExceptionPage, PortResult};
    use async_trait::async_trait;
    use domain::ids::ExceptionId;
    use domain::money::Currency;
    use domain::order::exceptions::Origin;
    use domain::order::{Exception, Label};
    use futures::executor::block_on;
    use jiff::SignedDuration;

    struct Rows(Vec<ExceptionEntry>);

    #[async_trait]
    impl ExceptionStore for Rows {
        async fn page(&self, _: &TenantScope, which: ExceptionsOf, after: Option<&PageKey>, limit: usize) -> PortResult<ExceptionPage> {
            let key = ExceptionEntry::place;
            let of = |entry: &&ExceptionEntry| match which {
                ExceptionsOf::Standing(standing) => entry.exception.standing() == standing,
                _ => true,
            };
            let mut rows: Vec<&ExceptionEntry> =
                self.0.iter().filter(of).filter(|entry| after.is_none_or(|after| key(entry) > after.0)).collect();
            rows.sort_by_key(|entry| key(entry));
            let more = rows.len() > limit;
            rows.truncate(limit);
            let next = rows.last().filter(|_| more).map(|entry| PageKey(key(entry)));
            Ok(ExceptionPage { exceptions: rows.into_iter().cloned().collect(), next })
        }
    }

    fn now() -> Timestamp {
        "2025-08-11T12:00:00Z".parse().unwrap()
    }

    fn entry(number: usize, severity: Severity, (worth, attempts): (u8, u8), minutes: i64) -> ExceptionEntry {
        let (id, opened_at) = (ExceptionId::parse("other-1").unwrap(), now() - SignedDuration::from_mins(minutes));
        let new = Exception::new(id, Reason::Other, (Origin::Seen, String::new()), opened_at);
        let assigned = number.is_multiple_of(3).then(|| "ann".to_owned());
        ExceptionEntry {
            order: OrderId::parse(&format!("{number}")).unwrap(),
            exception: Exception { severity, worth, attempts, assigned, ..new },
            total_minor: 100,
            currency: Currency::parse("EUR").unwrap(),
            label: Label::Received,
            carrier: None,
            location: None,
        }
    }

    fn many(count: usize) -> Rows {
        let mix = |number: usize| {
            let spread = number.wrapping_mul(2_654_435_761) >> 7;
            let severity = Severity::WORST_FIRST[spread % 4];
            let (worth, attempts) = ([0, 10, 20][spread / 4 % 3], u8::try_from(spread / 16 % 3).unwrap());
            entry(number, severity, (worth, attempts), i64::try_from(spread / 64 % 4_000).unwrap())
        };
        Rows((1..=count).map(mix).collect())
    }

    fn scope() -> TenantScope {
        TenantScope::of_own_message(&domain::ids::TenantId::parse("shop").unwrap())
    }

    fn all(store: &Rows, filter: &Filter, limit: usize) -> Vec<ExceptionEntry> {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            // Time goes on between the pages, and the board stays that of its first.
            let later = now() + SignedDuration::from_mins(7 * i64::try_from(found.len()).unwrap());
            let board = block_on(Board::load(store, &scope(), filter, (after.as_ref(), limit), later)).unwrap();
            assert_eq!(board.as_of, now());
            found.extend(board.entries);
            after = board.next;
            if after.is_none() {
                return found;
            }
        }
    }

    /// However many there are, pages show each once, by urgency, and of the same urgency the oldest first.
    // req: S4-26, S4-27
    #[test]
    fn pages_show_the_most_urgent_first_and_each_once() {
        for (count, limit) in [(0, 10), (5, 2), (150, 7), (200, 50), (1_000, 40)] {
            let store = many(count);
            let mut expected = store.0.clone();
            expected.sort_by_key(|entry| (Reverse(entry.exception.urgency(now())), entry.place()));
            let found = all(&store, &Filter::default(), limit);
            let names = |entries: &[ExceptionEntry]| entries.iter().map(|entry| entry.order.to_string()).collect::<Vec<_>>();
            assert_eq!(names(&found), names(&expected), "{count} by {limit}");
        }
    }

    #[test]
    fn filters_leave_what_was_asked_for() {
        let store = many(900);
        let mine = Filter { assigned: Some("ann".into()), bucket: Some(Bucket::SlaRisk), ..Filter::default() };
        let found = all(&store, &mine, 25);
        let expected = store.0.iter().filter(|entry| mine.takes(entry, now())).count();
        assert!(expected > 10 && found.len() == expected, "{} of {expected}", found.len());
        let nobody = Filter { assigned: Some(String::new()), severity: Some(Severity::Low), reason: Some(Reason::Other), bucket: None };
        assert!(all(&store, &nobody, 25).iter().all(|entry| entry.exception.assigned.is_none()));
        let other = Filter { reason: Some(Reason::PickDelay), ..Filter::default() };
        assert_eq!(all(&store, &other, 25), []);
    }

    #[test]
    fn every_standing_is_looked_for() {
        let all: Vec<i32> = standings().collect();
        for severity in Severity::WORST_FIRST {
            for worth in [0, 10, 20] {
                for attempts in 0..=2 {
                    let standing = entry(1, severity, (worth, attempts), 0).exception.standing();
                    assert!(all.contains(&standing), "{standing}");
                }
            }
        }
        assert!(all.is_sorted_by(|a, b| a > b));
    }
}
