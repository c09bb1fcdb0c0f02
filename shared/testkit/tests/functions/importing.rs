//! Imports: many rows at once, each order's own in their order.

use crate::house::{House, config, correlation, owner};
use app::import::{AT_ONCE, ImportRow};
use app::place::{Imported, Place};
use app::ports::{Commit, CommitError, Dossier, OrderQuery, OrderStore, Page, PageKey, PortError, PortResult};
use app::{Context, Error, Provenance, TenantScope};
use async_trait::async_trait;
use domain::ids::{OrderId, SourceId};
use domain::order::Vocabulary;
use domain::order::placement::{Draft, DraftLine};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn row(number: Option<&str>, status: &str) -> ImportRow {
    let line = DraftLine { sku: "MUG".into(), name: "Mug".into(), quantity: 1, unit_price: "5.00".into(), ..DraftLine::default() };
    let draft = Draft {
        number: number.map(str::to_owned),
        currency: "USD".into(),
        customer_name: "Ann".into(),
        email: Some("ann@example.com".into()),
        lines: vec![line],
        ..Draft::default()
    };
    ImportRow { status: status.into(), draft }
}

async fn import(house: &House, place: &Place, rows: &[ImportRow]) -> Result<Vec<app::import::Outcome>, Error> {
    let by = Provenance { actor: owner().actor(), correlation: correlation() };
    let config = config();
    let context = Context { scope: &house.scope, config: &config, by: &by };
    place.import_all(context, rows, Vocabulary::Sheet, &SourceId::parse("sheet").unwrap()).await
}

/// The house's orders behind a slow line: it counts who waits on it, and breaks at a number.
struct SlowLine {
    orders: Arc<dyn OrderStore>,
    waiting: AtomicUsize,
    waiting_max: AtomicUsize,
    breaks_at: Option<&'static str>,
}

impl SlowLine {
    fn of(house: &House, breaks_at: Option<&'static str>) -> (Place, Arc<SlowLine>) {
        let orders: Arc<dyn OrderStore> = Arc::new(house.world.orders());
        let line = Arc::new(SlowLine { orders, waiting: AtomicUsize::new(0), waiting_max: AtomicUsize::new(0), breaks_at });
        (Place { orders: line.clone(), ..house.place() }, line)
    }
}

#[async_trait]
impl OrderStore for SlowLine {
    async fn load(&self, scope: &TenantScope, id: &OrderId) -> PortResult<Option<domain::order::Order>> {
        let waiting = 1 + self.waiting.fetch_add(1, Ordering::SeqCst);
        self.waiting_max.fetch_max(waiting, Ordering::SeqCst);
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        if self.breaks_at == Some(id.as_str()) {
            return Err(PortError::Retryable("the line is broken".into()));
        }
        self.orders.load(scope, id).await
    }

    async fn find(&self, scope: &TenantScope, channel: &SourceId, external_id: &str) -> PortResult<Option<OrderId>> {
        self.orders.find(scope, channel, external_id).await
    }

    async fn dossier(&self, scope: &TenantScope, id: &OrderId, limit: usize) -> PortResult<Option<Dossier>> {
        self.orders.dossier(scope, id, limit).await
    }

    async fn commit(&self, scope: &TenantScope, commit: Commit<'_>) -> Result<(), CommitError> {
        self.orders.commit(scope, commit).await
    }

    async fn reschedule(&self, scope: &TenantScope, id: &OrderId, version: u64, due: jiff::Timestamp) -> PortResult<bool> {
        self.orders.reschedule(scope, id, version, due).await
    }
    async fn forget_words(&self, scope: &TenantScope, id: &OrderId) -> PortResult<()> {
        self.orders.forget_words(scope, id).await
    }

    async fn page(&self, scope: &TenantScope, query: &OrderQuery, after: Option<&PageKey>, limit: usize) -> PortResult<Page> {
        self.orders.page(scope, query, after, limit).await
    }
}

#[tokio::test]
async fn rows_of_different_orders_go_together_and_rows_of_one_in_their_order() {
    let house = House::new().await;
    let (place, line) = SlowLine::of(&house, None);
    let mut rows: Vec<ImportRow> = (0..40).map(|n| row(Some(&format!("8{n:03}")), "Received")).collect();
    rows.extend([row(Some("8007"), "Shipped"), row(None, "Shipped"), row(Some("8007"), "Delivered"), row(Some("8008"), "Gone")]);
    let outcomes = import(&house, &place, &rows).await.unwrap();
    assert!(outcomes[..40].iter().all(|outcome| outcome == &Ok(Imported::Placed)), "{outcomes:?}");
    assert_eq!((&outcomes[40], &outcomes[42]), (&Ok(Imported::Updated), &Ok(Imported::Updated)));
    let faults = |at: usize| outcomes[at].as_ref().unwrap_err().iter().map(|fault| fault.field.clone()).collect::<Vec<_>>();
    assert_eq!((faults(41), faults(43)), (vec!["order.number".to_owned()], vec!["status".to_owned()]));
    let moved = house.world.order(&house.scope, &OrderId::parse("8007").unwrap()).unwrap();
    assert_eq!((moved.label().text(), moved.version), ("Delivered", 3));
    assert_eq!(line.waiting_max.load(Ordering::SeqCst), AT_ONCE);

    let again = import(&house, &place, &rows[..7]).await.unwrap();
    assert_eq!(again, vec![Ok(Imported::Unchanged); 7]);
    assert_eq!(import(&house, &place, &[]).await.unwrap(), []);
}

#[tokio::test]
async fn an_import_that_breaks_goes_on_where_it_was() {
    let house = House::new().await;
    let rows: Vec<ImportRow> = (0..40).map(|n| row(Some(&format!("8{n:03}")), "Received")).collect();
    let (broken, _) = SlowLine::of(&house, Some("8020"));
    assert!(matches!(import(&house, &broken, &rows).await, Err(Error::Retryable(_))));
    let known = house.world.all_orders(&house.scope).len();
    let outcomes = import(&house, &house.place(), &rows).await.unwrap();
    let placed = outcomes.iter().filter(|outcome| **outcome == Ok(Imported::Placed)).count();
    assert_eq!(house.world.all_orders(&house.scope).len(), known + placed);
    assert_eq!(known + placed, 43, "forty, and the house's three");
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
}
