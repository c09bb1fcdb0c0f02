//! The promises of the ports, as tests that any implementation can be held to.
//!
//! Every function takes [`Ports`] and panics where a promise is broken; [`conformance_tests!`](crate::conformance_tests)
//! makes one `#[tokio::test]` of each. They work in tenants of their own, so a store may be shared and need not
//! be empty, and they allow for indexes that follow their table within seconds.

#![allow(clippy::unwrap_used, reason = "a broken promise panics")]

pub mod decisions;
pub mod exceptions;
pub mod inbox;
pub mod limits;
pub mod manifests;
pub mod messages;
pub mod metrics;
pub mod once;
pub mod orders;
pub mod outbox;
pub mod pages;
pub mod reports;
pub mod reviews;
pub mod samples;
pub mod shelves;
pub mod stock;
pub mod timers;
pub mod webhooks;

use crate::memory::MemoryWorld;
use app::TenantScope;
use app::ports::{
    AddressStore, DecisionStore, ExceptionStore, InboxStore, KeyStore, ManifestStore, MessageStore, MetricStore, OnceStore, OrderStore,
    OutboxStore, PortError, PortResult, PriceStore, PurchaseStore, RateBuckets, ReportStore, ReviewStore, StockStore, TenantStore,
    TimerIndex, WebhookStore, WordingStore,
};
use domain::ids::TenantId;
use jiff::{SignedDuration, Timestamp};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

/// What is under test.
#[derive(Clone)]
pub struct Ports {
    /// Orders.
    pub orders: Arc<dyn OrderStore>,
    /// The ledger of decisions.
    pub decisions: Arc<dyn DecisionStore>,
    /// What people have to decide.
    pub reviews: Arc<dyn ReviewStore>,
    /// What is wrong with orders.
    pub exceptions: Arc<dyn ExceptionStore>,
    /// Once-records.
    pub once: Arc<dyn OnceStore>,
    /// The inbox.
    pub inbox: Arc<dyn InboxStore>,
    /// The outbox.
    pub outbox: Arc<dyn OutboxStore>,
    /// Messages.
    pub messages: Arc<dyn MessageStore>,
    /// Addresses.
    pub addresses: Arc<dyn AddressStore>,
    /// Rate buckets.
    pub buckets: Arc<dyn RateBuckets>,
    /// Settings.
    pub tenants: Arc<dyn TenantStore>,
    /// API keys.
    pub keys: Arc<dyn KeyStore>,
    /// What models have said.
    pub wordings: Arc<dyn WordingStore>,
    /// Counters.
    pub metrics: Arc<dyn MetricStore>,
    /// What is to happen to orders.
    pub timers: Arc<dyn TimerIndex>,
    /// Stock.
    pub stock: Arc<dyn StockStore>,
    /// Orders with suppliers.
    pub purchases: Arc<dyn PurchaseStore>,
    /// What carriers collect.
    pub manifests: Arc<dyn ManifestStore>,
    /// Prices.
    pub prices: Arc<dyn PriceStore>,
    /// Webhooks to others.
    pub webhooks: Arc<dyn WebhookStore>,
    /// Reports; none where there is no bucket to test with.
    pub reports: Option<Arc<dyn ReportStore>>,
}

impl Ports {
    /// The twins in memory.
    pub fn memory() -> Ports {
        let world = MemoryWorld::new();
        Ports {
            orders: Arc::new(world.orders()),
            decisions: Arc::new(world.decisions()),
            reviews: Arc::new(world.reviews()),
            exceptions: Arc::new(world.exceptions()),
            once: Arc::new(world.once()),
            inbox: Arc::new(world.inbox()),
            outbox: Arc::new(world.outbox()),
            messages: Arc::new(world.messages()),
            addresses: Arc::new(world.addresses()),
            buckets: Arc::new(world.buckets()),
            tenants: Arc::new(world.tenants()),
            keys: Arc::new(world.keys()),
            wordings: Arc::new(world.wordings()),
            metrics: Arc::new(world.metrics()),
            timers: Arc::new(world.timers()),
            stock: Arc::new(world.stock()),
            purchases: Arc::new(world.purchases()),
            manifests: Arc::new(world.manifests()),
            prices: Arc::new(world.prices()),
            webhooks: Arc::new(world.webhooks()),
            reports: Some(Arc::new(world.reports())),
        }
    }
}

/// Two shops nobody else uses, and the time at which a test begins. Rows that expire really do, so a test may
/// go forward from now but never begin in the past.
struct Stage {
    ours: TenantScope,
    theirs: TenantScope,
    now: Timestamp,
}

impl Stage {
    #[expect(clippy::disallowed_methods, reason = "stores drop rows whose time has come by the clock on the wall")]
    fn set() -> Stage {
        let now = Timestamp::now();
        let unique = RandomState::new().hash_one(now.as_nanosecond());
        let scope = |name: &str| {
            let tenant = TenantId::parse(&format!("{name}-{unique:016x}")).expect("a good name");
            TenantScope::of_own_message(&tenant)
        };
        Stage { ours: scope("ours"), theirs: scope("theirs"), now }
    }

    fn after(&self, seconds: i64) -> Timestamp {
        self.now + SignedDuration::from_secs(seconds)
    }
}

/// Calls again while the store says "later", as a queue would.
async fn patiently<T, F: Future<Output = PortResult<T>>>(call: impl Fn() -> F) -> T {
    for tries in 0..60 {
        match call().await {
            Ok(value) => return value,
            Err(PortError::Retryable(_)) => tokio::time::sleep(Duration::from_millis(5 + 5 * tries)).await,
            Err(fatal) => panic!("{fatal}"),
        }
    }
    panic!("the store never stopped saying later")
}

/// All at the same time.
#[expect(clippy::disallowed_methods, reason = "a race needs runners; no Lambda runs this")]
async fn race<T: Send + 'static, F: Future<Output = T> + Send + 'static>(runners: usize, run: impl Fn(usize) -> F) -> Vec<T> {
    let tasks: Vec<_> = (0..runners).map(|runner| tokio::spawn(run(runner))).collect();
    let mut results = Vec::with_capacity(runners);
    for task in tasks {
        results.push(task.await.expect("no runner panics"));
    }
    results
}

/// Reads until it is so, for what follows its table within seconds.
async fn eventually<T: std::fmt::Debug, F: Future<Output = T>>(read: impl Fn() -> F, so: impl Fn(&T) -> bool) -> T {
    let mut last = read().await;
    for _ in 0..40 {
        if so(&last) {
            return last;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
        last = read().await;
    }
    panic!("it never became so: {last:?}")
}

/// One `#[tokio::test]` for every promise. `$ports` is an async function without arguments that gives [`Ports`];
/// attributes before it (`#[ignore = "why"]`) go to every test.
#[macro_export]
macro_rules! conformance_tests {
    ($(#[$attribute:meta])* $ports:path) => {
        $crate::conformance_tests! { @each [$(#[$attribute])*] $ports:
            orders::a_commit_guards_the_version,
            orders::a_commit_is_all_or_nothing,
            orders::refusals_have_one_precedence,
            orders::a_commit_finishes_only_what_is_free_or_ours,
            orders::external_ids_are_unique_per_channel,
            orders::a_dossier_has_the_newest_commits_and_all_messages,
            orders::an_order_that_is_too_large_says_so,
            orders::words_are_forgotten,
            orders::orders_are_their_tenants_own,
            orders::of_64_commits_of_one_version_one_wins,
            orders::of_64_orders_with_one_key_one_wins,
            decisions::a_decision_is_kept_once,
            decisions::a_decision_is_kept_with_its_move,
            decisions::decisions_are_listed_newest_first,
            pages::every_order_stands_in_every_list_once,
            pages::an_order_is_rescheduled,
            pages::pages_hold_while_orders_move,
            pages::closed_and_erased_orders_leave_their_lists,
            pages::lists_are_their_tenants_own,
            once::a_claim_is_made_completed_and_answered,
            once::fences_grow_for_ever,
            once::a_completed_claim_publishes_with_it,
            once::records_expire,
            once::of_64_claims_one_is_ours,
            once::records_are_their_tenants_own,
            inbox::a_webhook_is_new_again_or_different,
            inbox::settling_ends_with_done,
            inbox::settling_publishes_with_it,
            inbox::parked_entries_wait_oldest_first,
            inbox::bodies_are_forgotten_fates_are_not,
            inbox::of_64_deliveries_one_is_new,
            inbox::entries_are_their_tenants_own,
            outbox::rows_come_oldest_first_and_leave_when_published,
            outbox::rows_of_all_tenants_come_together,
            outbox::loose_events_of_one_moment_stay_apart,
            messages::a_message_is_claimed_sent_and_settled,
            messages::a_failed_message_is_tried_again,
            messages::a_dead_sender_leaves_an_unknown_message,
            messages::of_64_senders_one_sends,
            messages::receipts_come_twice_and_in_any_order,
            messages::addresses_are_remembered_and_refused,
            messages::addresses_forget_an_order_and_no_refusal,
            messages::messages_are_their_tenants_own,
            limits::a_window_starts_with_its_first,
            limits::looking_into_a_bucket_takes_nothing,
            limits::the_unverified_have_buckets_of_their_own,
            limits::what_is_given_back_can_be_taken_again,
            limits::of_64_requests_ten_pass,
            limits::settings_are_saved_by_version,
            limits::keys_are_found_by_their_hash,
            limits::that_a_key_was_used_is_noted,
            limits::words_are_kept_for_a_while_and_for_one_tenant,
            metrics::an_event_counts_once,
            metrics::a_series_is_the_sum_of_its_events,
            metrics::counters_survive_64_writers,
            metrics::figures_are_their_tenants_own,
            stock::stock_moves_once_per_reference_and_never_below_zero,
            shelves::the_least_comes_first,
            shelves::a_count_corrects_once,
            shelves::purchase_orders_change_with_their_levels,
            shelves::of_many_who_save_one_does,
            shelves::prices_are_listed_by_whether_they_wait,
            manifests::parcels_wait_on_their_piles,
            manifests::one_manifest_of_a_pile_at_a_time,
            manifests::manifests_are_listed_and_saved_by_version,
            reviews::reviews_stand_in_one_list_each,
            exceptions::exceptions_stand_by_how_bad_they_are_and_then_by_age,
            stock::stock_moves_with_the_commit_that_says_so,
            stock::of_64_orders_of_ten_units_ten_hold,
            stock::stock_is_its_tenants_own,
            stock::a_level_is_graded_by_one,
            timers::an_order_stands_where_its_first_timer_is_due,
            webhooks::endpoints_are_saved_by_version,
            webhooks::an_endpoint_that_is_switched_off_says_so_once,
            webhooks::deliveries_are_saved_by_version_and_listed_by_time,
            webhooks::what_waits_comes_back_when_it_is_due,
            reports::files_are_kept_listed_and_linked,
        }
    };
    (@each $attributes:tt $ports:path: $($suite:ident::$test:ident),+ $(,)?) => {
        $($crate::conformance_tests! { @one $attributes $ports: $suite::$test })+
    };
    (@one [$(#[$attribute:meta])*] $ports:path: $suite:ident::$test:ident) => {
        #[tokio::test]
        $(#[$attribute])*
        async fn $test() {
            $crate::conformance::$suite::$test(&$ports().await).await;
        }
    };
}

#[cfg(test)]
mod in_memory {
    use super::Ports;

    async fn ports() -> Ports {
        Ports::memory()
    }

    crate::conformance_tests!(ports);
}
