//! Imports that meet what else is said about their orders.

use crate::house::{House, config, correlation, owner};
use crate::stale::Stale;
use app::place::{Imported, Place};
use app::{Context, Error, Provenance};
use domain::ids::{EventId, OrderId, SourceId};
use domain::order::placement::{Draft, DraftLine};
use domain::order::{Claim, Fact, Vocabulary};
use std::sync::Arc;

fn row(number: &str, external_id: Option<&str>, eta: &str) -> Draft {
    let line = DraftLine { sku: "MUG".into(), name: "Mug".into(), quantity: 1, unit_price: "5".into(), ..DraftLine::default() };
    Draft {
        number: Some(number.into()),
        external_id: external_id.map(str::to_owned),
        currency: "USD".into(),
        customer_name: "Eve".into(),
        lines: vec![line],
        eta: Some(eta.parse().unwrap()),
        ..Draft::default()
    }
}

async fn import(house: &House, place: &Place, draft: &Draft, word: &str) -> Result<Imported, Error> {
    let by = Provenance { actor: owner().actor(), correlation: correlation() };
    let (config, channel) = (config(), SourceId::parse("sheet").unwrap());
    let context = Context { scope: &house.scope, config: &config, by: &by };
    place.import(context, draft, word, Vocabulary::Sheet, &channel).await
}

/// A sender that counts its messages outranks a sheet that does not. The sheet's row, heard for nothing, would be
/// heard again by every run, for ever.
// req: S0-19
#[tokio::test]
async fn a_row_that_is_outranked_changes_nothing_however_often_it_comes() {
    let house = House::new().await;
    let number = OrderId::parse("1003").unwrap();
    let fact = Fact {
        id: EventId::parse("counted-1").unwrap(),
        source: SourceId::parse("carrier").unwrap(),
        sequence: Some(1),
        occurred_at: house.clock_now(),
        claim: Claim { eta: Some("2025-08-21".parse().unwrap()), ..Claim::default() },
    };
    house.hear_fact("1003", fact).await;
    let before = house.world.order(&house.scope, &number).unwrap();
    for _ in 0..3 {
        let imported = import(&house, &house.place(), &row("1003", None, "2025-08-14"), "Received").await;
        assert_eq!(imported.unwrap(), Imported::Unchanged);
    }
    assert_eq!(house.world.order(&house.scope, &number).unwrap(), before);
    assert_eq!(import(&house, &house.place(), &row("1003", None, "2025-08-21"), "Shipped").await.unwrap(), Imported::Updated);
}

/// The channel's own id of a row that another run has just brought in is that very order's.
// req: S0-19
#[tokio::test]
async fn a_run_that_loses_the_race_for_its_own_row_finds_it() {
    let house = House::new().await;
    let draft = row("2001", Some("row-1"), "2025-08-14");
    assert_eq!(import(&house, &house.place(), &draft, "Received").await.unwrap(), Imported::Placed);
    let late = || Place { orders: Arc::new(Stale::reading_first(house.world.orders(), None)), ..house.place() };
    assert_eq!(import(&house, &late(), &draft, "Received").await.unwrap(), Imported::Unchanged);
    assert_eq!(import(&house, &late(), &draft, "Shipped").await.unwrap(), Imported::Updated);
    let Err(Error::Invalid(faults)) = import(&house, &late(), &row("2002", Some("row-1"), "2025-08-14"), "Received").await else {
        panic!("another order's id")
    };
    assert_eq!((faults[0].field.as_str(), faults[0].code.as_str()), ("external_id", "taken"));
}
