use super::*;
use jiff::SignedDuration;

// req: S4-23
#[test]
fn table_golden() {
    let lines: Vec<String> = Reason::ALL
        .iter()
        .map(|reason| {
            let traits = reason.traits();
            let marks = [(!traits.visible, "hidden"), (traits.approval, "approval")];
            let marks: Vec<&str> = marks.iter().filter(|(holds, _)| *holds).map(|(_, mark)| *mark).collect();
            format!("{} {} {} min {}", reason.code(), traits.severity.as_str(), traits.escalate_after.as_mins(), marks.join(" "))
        })
        .map(|line| line.trim_end().to_owned())
        .collect();
    assert_eq!(
        lines,
        [
            "PICK_DELAY medium 240 min",
            "PACK_DELAY medium 120 min",
            "SHIP_DELAY medium 240 min",
            "CARRIER_ISSUE high 60 min",
            "MISSING_SCAN medium 480 min hidden",
            "STOCK_MISMATCH high 60 min hidden approval",
            "INVENTORY_SHORTAGE high 60 min",
            "ADDRESS_ERROR high 60 min",
            "ADDRESS_INVALID high 60 min",
            "DELIVERY_DELAY medium 240 min",
            "DAMAGED_PACKAGE high 60 min",
            "CUSTOMER_UNAVAILABLE medium 240 min",
            "PAYMENT_FAILED high 60 min",
            "SYSTEM_ERROR critical 30 min hidden",
            "OTHER medium 240 min",
            "STALE_PENDING medium 240 min hidden",
            "STALE_PROCESSING medium 240 min hidden",
            "NO_CUSTOMER_CONTACT low 240 min hidden",
        ]
    );
    for reason in Reason::ALL {
        assert_eq!(Reason::of(&reason.code().to_lowercase().replace('_', "-")), Some(reason));
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.code());
        let note = reason.client_note().unwrap_or_default().to_lowercase();
        assert!(!["warehouse", "sla", "system", "scan", "stock"].iter().any(|word| note.contains(word)), "no internals: {note}");
    }
    assert_eq!((Reason::of("PICKDELAY"), Reason::of("")), (None, None));
}

// req: S4-33
#[test]
fn what_is_hidden_has_no_words_for_customers() {
    for reason in Reason::ALL {
        assert_eq!(reason.client_note().is_some(), reason.traits().visible, "{reason}");
    }
    assert_eq!(Reason::StockMismatch.client_note(), None);
}

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

// req: S4-26
#[test]
fn priority_golden() {
    use Severity as S;
    let golden = [
        (S::Critical, 0, 0, 100),
        (S::Critical, 60, 0, 102),
        (S::High, 120, 0, 79),
        (S::Medium, 180, 0, 56),
        (S::Medium, 181, 0, 86),
        (S::High, 240, 1, 103),
        (S::Low, 1_440, 0, 103),
        (S::Low, 1_500, 0, 105),
        (S::Critical, 10_000, 0, 180),
        (S::Critical, 10_000, 2, 160),
        (S::Low, -5, 2, 5),
    ];
    for (severity, age, attempts, expected) in golden {
        assert_eq!(priority(severity, minutes(age), attempts), expected, "{severity:?} {age} min, {attempts} attempts");
    }
}

// req: S4-27
#[test]
fn buckets() {
    use Severity as S;
    let stands = |severity, age, attempts| bucket(severity, minutes(age), attempts).as_str();
    for (severity, ages) in [
        (S::Critical, [(0, "critical_urgent"), (119, "critical_urgent"), (120, "standard"), (181, "high_impact"), (1_440, "high_impact")]),
        (S::High, [(0, "standard"), (179, "standard"), (181, "sla_risk"), (480, "high_impact"), (1_440, "high_impact")]),
        (S::Medium, [(0, "standard"), (180, "standard"), (181, "sla_risk"), (1_230, "high_impact"), (1_500, "high_impact")]),
        (S::Low, [(0, "standard"), (180, "standard"), (181, "sla_risk"), (1_440, "sla_risk"), (14_400, "sla_risk")]),
    ] {
        for (age, expected) in ages {
            assert_eq!(stands(severity, age, 0), expected, "{severity:?} {age} min");
        }
    }
    assert_eq!(stands(S::High, 480, 1), "sla_risk", "ten points less");
    assert!(Bucket::ALL.iter().all(|bucket| Bucket::from_word(bucket.as_str()) == Some(*bucket)));
}

// req: S4-46
#[test]
fn revenue_at_risk_by_severity() {
    let percents = Severity::WORST_FIRST.map(Severity::at_risk_percent);
    assert_eq!(percents, [80, 50, 20, 5]);
    assert!(Severity::WORST_FIRST.iter().all(|severity| Severity::from_word(severity.as_str()) == Some(*severity)));
}

#[test]
fn what_is_worth_more_comes_earlier() {
    let rules = ExceptionRules::default();
    let euros = |minor| crate::money::Money { minor, currency: crate::money::Currency::parse("EUR").unwrap() };
    assert_eq!([50_000, 50_001, 250_000, 250_001].map(|minor| rules.worth_points(euros(minor))), [0, 10, 10, 20]);
    assert_eq!(ExceptionRules { valuable_over: 0, ..rules }.worth_points(euros(i64::MAX)), 0);
    let bad = ExceptionRules { team_after_min: 50_000, respond_within_h: 0, ..ExceptionRules::default() };
    assert_eq!(bad.faults().len(), 2);
    assert!(ExceptionRules::default().faults().is_empty());
}
