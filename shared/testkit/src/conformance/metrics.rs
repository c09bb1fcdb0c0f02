//! Figures.

use super::{Ports, Stage, patiently, race};
use app::ports::{Delta, Point};
use domain::ids::EventId;

fn event(text: &str) -> EventId {
    EventId::parse(text).expect("a good id")
}

fn delta(series: &str, point: &str, field: &str, by: i64) -> Delta {
    Delta { series: series.into(), point: point.into(), field: field.into(), by }
}

fn point(name: &str, fields: &[(&str, i64)]) -> Point {
    Point { point: name.into(), fields: fields.iter().map(|(field, number)| ((*field).to_owned(), *number)).collect() }
}

// req: X-03
/// However often it is delivered.
pub async fn an_event_counts_once(ports: &Ports) {
    let stage = Stage::set();
    let (scope, metrics) = (&stage.ours, &ports.metrics);
    let deltas =
        [delta("day", "2025-08-09", "orders", 1), delta("day", "2025-08-09", "revenue:EUR", 2_999), delta("label", "Shipped", "orders", 1)];
    assert_eq!(metrics.count(scope, &event("t:1:1:0"), &deltas, stage.now).await, Ok(true));
    for after in [0, 1, 7 * 24 * 3600] {
        assert_eq!(metrics.count(scope, &event("t:1:1:0"), &deltas, stage.after(after)).await, Ok(false));
    }
    assert_eq!(metrics.count(scope, &event("t:1:1:1"), &[], stage.now).await, Ok(true), "also if it counts for nothing");
    assert_eq!(metrics.count(scope, &event("t:1:1:1"), &deltas, stage.now).await, Ok(false));
    let days = metrics.series(scope, "day", "2025-08-09", "2025-08-09").await;
    assert_eq!(days, Ok(vec![point("2025-08-09", &[("orders", 1), ("revenue:EUR", 2_999)])]));
    let labels = metrics.series(scope, "label", "A", "Z").await;
    assert_eq!(labels, Ok(vec![point("Shipped", &[("orders", 1)])]));
}

// req: X-03
/// Points in order, both ends included, several changes to one point added up.
pub async fn a_series_is_the_sum_of_its_events(ports: &Ports) {
    let stage = Stage::set();
    let (scope, metrics) = (&stage.ours, &ports.metrics);
    for number in 0..40 {
        let day = format!("2025-08-{:02}", 1 + number % 20);
        let deltas = [delta("day", &day, "orders", 2), delta("day", &day, "orders", -1), delta("day", &day, "units", i64::from(number))];
        assert_eq!(metrics.count(scope, &event(&format!("e:{number}")), &deltas, stage.now).await, Ok(true));
    }
    let days = metrics.series(scope, "day", "2025-08-05", "2025-08-15").await.unwrap();
    let expected: Vec<Point> =
        (5..=15i64).map(|day| point(&format!("2025-08-{day:02}"), &[("orders", 2), ("units", 2 * (day - 1) + 20)])).collect();
    assert_eq!(days, expected);
    assert_eq!(metrics.series(scope, "day", "2025-09-01", "2025-09-30").await, Ok(Vec::new()));
    assert_eq!(metrics.series(scope, "day", "2025-08-15", "2025-08-05").await, Ok(Vec::new()), "the wrong way round");
    assert_eq!(metrics.series(scope, "day", "", "~").await.unwrap().len(), 20, "from the beginning");
    assert_eq!(metrics.series(scope, "days", "2025-08-01", "2025-08-31").await, Ok(Vec::new()));
    let down = [delta("label", "On hold", "orders", -3), delta("label", "On hold!", "orders", 1), delta("label", "On", "orders", 0)];
    assert_eq!(metrics.count(scope, &event("down"), &down, stage.now).await, Ok(true));
    let labels = metrics.series(scope, "label", "On", "On hold").await;
    assert_eq!(labels, Ok(vec![point("On", &[("orders", 0)]), point("On hold", &[("orders", -3)])]));
}

// req: X-03
/// Nobody's change is lost.
pub async fn counters_survive_64_writers(ports: &Ports) {
    let stage = Stage::set();
    let counted = race(64, |runner| {
        let (ports, scope, now) = (ports.clone(), stage.ours.clone(), stage.now);
        async move {
            // Every event comes twice.
            let event = event(&format!("e:{}", runner / 2));
            let deltas = [delta("day", "2025-08-09", "orders", 1), delta("label", "Shipped", "orders", 1)];
            patiently(|| ports.metrics.count(&scope, &event, &deltas, now)).await
        }
    })
    .await;
    assert_eq!(counted.iter().filter(|new| **new).count(), 32);
    let days = ports.metrics.series(&stage.ours, "day", "2025-08-09", "2025-08-09").await;
    assert_eq!(days, Ok(vec![point("2025-08-09", &[("orders", 32)])]));
}

// req: X-03
/// Another tenant's figures are not ours, and their event is not our event.
pub async fn figures_are_their_tenants_own(ports: &Ports) {
    let stage = Stage::set();
    let deltas = [delta("day", "2025-08-09", "orders", 1)];
    assert_eq!(ports.metrics.count(&stage.ours, &event("e"), &deltas, stage.now).await, Ok(true));
    assert_eq!(ports.metrics.series(&stage.theirs, "day", "0", "9").await, Ok(Vec::new()));
    assert_eq!(ports.metrics.count(&stage.theirs, &event("e"), &deltas, stage.now).await, Ok(true));
}
