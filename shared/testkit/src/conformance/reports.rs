//! Finished files.

use super::{Ports, Stage};
use jiff::SignedDuration;
use std::time::Duration;

// req: X-03
/// Stored under the tenant, found again, listed newest first.
pub async fn files_are_kept_listed_and_linked(ports: &Ports) {
    let Some(reports) = &ports.reports else { return };
    let stage = Stage::set();
    let scope = &stage.ours;
    assert_eq!(reports.get(scope, "daily/2025-08-08.json").await, Ok(None));
    for day in ["2025-08-08", "2025-08-09"] {
        let key = format!("daily/{day}.json");
        let stored = reports.put(scope, &key, day.as_bytes().to_vec(), "application/json").await.unwrap();
        assert!(stored.ends_with(&format!("{}/{key}", scope.tenant())), "{stored}");
        assert_eq!(reports.get(scope, &key).await, Ok(Some(day.as_bytes().to_vec())));
        // Objects know the second in which they were stored.
        tokio::time::sleep(Duration::from_millis(1_100)).await;
    }
    reports.put(scope, "daily/2025-08-08.json", b"again".to_vec(), "application/json").await.unwrap();
    reports.put(scope, "weekly/1.json", b"{}".to_vec(), "application/json").await.unwrap();
    assert_eq!(reports.get(scope, "daily/2025-08-08.json").await, Ok(Some(b"again".to_vec())));
    let listed = reports.list(scope, "daily/", 10).await;
    assert_eq!(listed, Ok(vec!["daily/2025-08-08.json".to_owned(), "daily/2025-08-09.json".to_owned()]));
    assert_eq!(reports.list(scope, "daily/", 1).await.unwrap().len(), 1);
    let link = reports.link(scope, "daily/2025-08-08.json", SignedDuration::from_hours(24)).await.unwrap();
    assert!(link.contains(scope.tenant().as_str()) && link.contains("2025-08-08.json"), "{link}");
    for _ in 0..2 {
        assert_eq!(reports.delete(scope, "weekly/1.json").await, Ok(()), "also if it is gone");
        assert_eq!(reports.get(scope, "weekly/1.json").await, Ok(None));
    }
    assert_eq!(reports.list(scope, "weekly/", 10).await, Ok(Vec::new()));
    assert_eq!(reports.delete(&stage.theirs, "daily/2025-08-08.json").await, Ok(()));
    assert_eq!(reports.get(scope, "daily/2025-08-08.json").await, Ok(Some(b"again".to_vec())), "another shop's are its own");
    for climbing in ["../x", "daily/../../x", "/x", "a//b", ""] {
        assert!(reports.put(scope, climbing, Vec::new(), "text/plain").await.is_err(), "{climbing}");
        assert!(reports.link(scope, climbing, SignedDuration::from_hours(1)).await.is_err(), "{climbing}");
        assert!(reports.delete(scope, climbing).await.is_err(), "{climbing}");
        assert_eq!(reports.get(scope, climbing).await, Ok(None), "{climbing}");
    }
    assert_eq!(reports.get(&stage.theirs, "daily/2025-08-08.json").await, Ok(None));
    assert_eq!(reports.list(&stage.theirs, "", 10).await, Ok(Vec::new()));
}
