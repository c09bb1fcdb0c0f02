use super::*;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use std::collections::BTreeMap;

const ON: PriceRules = PriceRules { enabled: true, max_change_bps: GUARDRAIL_BPS, accept_up_to_bps: 0 };

fn now() -> Timestamp {
    "2025-08-09T06:00:00Z".parse().unwrap()
}

fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::parse("USD").unwrap())
}

fn tag(list: i64, cost: Option<i64>, market: Option<i64>) -> PriceTag {
    let said = |minor: Option<i64>| minor.map_or(Said::Unsaid, |minor| Said::Amount(usd(minor)));
    let listed = Listed { list: usd(list), cost: said(cost), market: said(market) };
    PriceTag::new(Sku::parse("MUG").unwrap(), listed, "anna", now())
}

fn proposed(tag: &PriceTag, signals: Signals) -> Option<i64> {
    tag.look(&signals, &ON, now()).and_then(|tag| tag.proposal).map(|found| found.price_minor)
}

const QUIET: Signals = Signals { week: 10, before: 40, available: Some(50), lead_days: 7, seen_days: SEEN_DAYS };

// req: S2-78
#[test]
fn the_guardrail_is_a_tenth_of_the_list_price() {
    assert_eq!(within_guardrail(10_000, 12_000, GUARDRAIL_BPS), 11_000);
    assert_eq!(within_guardrail(10_000, 8_000, GUARDRAIL_BPS), 9_000);
    assert_eq!(within_guardrail(10_000, 10_400, GUARDRAIL_BPS), 10_400);
    assert_eq!(within_guardrail(999, 2_000, GUARDRAIL_BPS), 1_098, "rounded towards the list price");
    assert_eq!(within_guardrail(999, 0, GUARDRAIL_BPS), 900);
    assert_eq!(within_guardrail(10_000, 20_000, 5_000), 11_000, "no shop can set it wider");
    assert_eq!(within_guardrail(10_000, 20_000, 300), 10_300);
    assert_eq!(within_guardrail(5, 9, GUARDRAIL_BPS), 5, "a tenth of that is no coin");
}

// req: S2-78
#[test]
fn each_reason_moves_the_price_by_what_it_says() {
    let mug = tag(10_000, None, None);
    assert_eq!(proposed(&mug, QUIET), None, "the same pace and enough of it");
    for (week, expected) in
        [(16, Some(10_400)), (15, Some(10_400)), (12, Some(10_200)), (11, None), (9, None), (8, Some(9_800)), (5, Some(9_600))]
    {
        assert_eq!(proposed(&mug, Signals { week, available: None, ..QUIET }), expected, "{week} in the last week, 10 a week before");
    }
    assert_eq!(proposed(&mug, Signals { week: 5, before: 4, available: None, ..QUIET }), None, "too few to say");
    assert_eq!(proposed(&mug, Signals { week: 40, before: 0, available: None, ..QUIET }), None, "it is new");
    // Fifty in five weeks: so many days.
    for (available, expected) in [(9, Some(10_300)), (10, None), (129, None), (131, Some(9_700)), (260, Some(9_500)), (0, None), (-5, None)]
    {
        assert_eq!(proposed(&mug, Signals { available: Some(available), ..QUIET }), expected, "{available} on the shelf");
    }
    assert_eq!(proposed(&mug, Signals { week: 0, before: 0, available: Some(3), ..QUIET }), Some(9_700), "it lies there");
    for signals in [Signals { week: 0, before: 0, ..QUIET }, Signals { available: Some(500), ..QUIET }] {
        let young = Signals { seen_days: SEEN_DAYS - 1, ..signals };
        assert_eq!(proposed(&mug, young), None, "nobody could have bought it long enough: {young:?}");
    }
    assert_eq!(proposed(&mug, Signals { available: Some(9), seen_days: 3, ..QUIET }), Some(10_300), "what is new can be scarce");
    for (market, expected) in [(10_000, None), (10_400, Some(10_200)), (12_000, Some(10_400)), (8_000, Some(9_600)), (9_900, None)] {
        assert_eq!(proposed(&tag(10_000, None, Some(market)), QUIET), expected, "others ask {market}");
    }
    let all =
        tag(10_000, None, Some(20_000)).look(&Signals { week: 20, available: Some(5), ..QUIET }, &ON, now()).unwrap().proposal.unwrap();
    assert_eq!((all.price_minor, all.held, all.why.iter().map(Reason::bps).sum::<i64>()), (11_000, true, 1_100));
}

// req: S2-78
#[test]
fn nothing_is_proposed_below_cost() {
    let slow = Signals { week: 0, available: Some(500), ..QUIET };
    assert_eq!(proposed(&tag(10_000, None, None), slow), Some(9_100));
    assert_eq!(proposed(&tag(10_000, Some(9_500), None), slow), Some(9_500));
    assert_eq!(proposed(&tag(10_000, Some(10_000), None), slow), None);
    for cost in [10_001, 10_500, 20_000] {
        assert_eq!(proposed(&tag(10_000, Some(cost), None), slow), None, "to list it below cost is the shop's own decision");
        assert_eq!(proposed(&tag(10_000, Some(cost), Some(20_000)), Signals { week: 30, ..QUIET }), None, "{cost}");
    }
}

// req: S2-78
#[test]
fn a_proposal_waits_until_somebody_decides() {
    let soon = now() + SignedDuration::from_hours(24);
    let fast = Signals { week: 20, ..QUIET };
    let waiting = tag(10_000, None, None).look(&fast, &ON, now()).unwrap();
    assert_eq!((waiting.price_minor, waiting.version), (10_000, 2), "a proposal is no price");
    assert_eq!(waiting.look(&fast, &ON, soon), None, "the same again is no news");
    assert_eq!(waiting.look(&QUIET, &ON, soon).unwrap().proposal, None, "nothing speaks for it any longer");
    let accepted = waiting.accept("anna", soon).unwrap();
    assert_eq!((accepted.price_minor, accepted.list_minor, accepted.accept("anna", soon)), (10_400, 10_000, None));
    assert_eq!(accepted.look(&fast, &ON, soon), None, "held against the list price: it does not climb");
    assert_eq!(accepted.look(&QUIET, &ON, soon).unwrap().proposal.unwrap().price_minor, 10_000, "back to the list price");
    let dismissed = waiting.dismiss("anna", soon).unwrap();
    assert_eq!((dismissed.price_minor, dismissed.look(&fast, &ON, soon)), (10_000, None));
    assert!(dismissed.look(&fast, &ON, soon + DISMISSED_FOR).is_some(), "a week later it may be asked again");
    let other = dismissed.look(&Signals { week: 12, ..QUIET }, &ON, soon).unwrap();
    assert_eq!(other.proposal.as_ref().map(|found| found.price_minor), Some(10_200), "another price is another question");
    let twice = other.dismiss("anna", soon + SignedDuration::from_hours(24)).unwrap();
    assert_eq!(twice.look(&fast, &ON, soon + SignedDuration::from_hours(48)), None, "what was turned down before that still is");
    assert_eq!(twice.dismissed.len(), 2);
    // What the shop says is what counts.
    let listed = |list, cost| Listed { list: usd(list), cost, market: Said::Unsaid };
    assert_eq!(waiting.list(listed(10_000, Said::Unsaid), "anna", soon), None);
    let cheaper = accepted.list(listed(9_000, Said::Unsaid), "anna", soon).unwrap();
    assert_eq!((cheaper.price_minor, cheaper.version), (9_000, accepted.version + 1));
    let costly = accepted.list(listed(10_000, Said::Amount(usd(5_000))), "anna", soon).unwrap();
    assert_eq!((costly.price_minor, costly.cost_minor), (10_400, Some(5_000)), "the list price is the same");
    assert_eq!(costly.list(listed(10_000, Said::Unsaid), "anna", soon), None, "what is unsaid stays");
    let moved = costly.list(listed(9_000, Said::Unsaid), "anna", soon).unwrap();
    assert_eq!((moved.cost_minor, moved.known_since), (Some(5_000), now()));
    assert_eq!(costly.list(listed(10_000, Said::Nothing), "anna", soon).unwrap().cost_minor, None);
    let pln = Listed { list: Money::new(10_000, Currency::parse("PLN").unwrap()), cost: Said::Unsaid, market: Said::Unsaid };
    assert_eq!(costly.list(pln, "anna", soon).unwrap().cost_minor, None, "what it cost in another currency");
}

// req: S2-78
#[test]
fn a_rule_accepts_what_is_small_enough() {
    let waiting = tag(10_000, None, None).look(&Signals { week: 12, ..QUIET }, &ON, now()).unwrap();
    for (up_to, accepts) in [(0, false), (199, false), (200, true), (1_000, true)] {
        assert_eq!(waiting.accepts_by_itself(&PriceRules { accept_up_to_bps: up_to, ..ON }, now()), accepts, "{up_to}");
    }
    let all = PriceRules { accept_up_to_bps: 1_000, ..ON };
    assert!(!tag(10_000, None, None).accepts_by_itself(&all, now()), "nothing waits");
    let turned_down = waiting.dismiss("anna", now()).unwrap().look(&Signals { week: 16, ..QUIET }, &ON, now()).unwrap();
    assert!(turned_down.proposal.is_some() && !turned_down.accepts_by_itself(&all, now()), "a person said no lately");
    assert!(turned_down.accepts_by_itself(&all, now() + DISMISSED_FOR));
    for (max_change_bps, within) in [(1_000, true), (200, true), (199, false), (0, false)] {
        assert_eq!(waiting.is_within(&PriceRules { max_change_bps, ..ON }), within, "{max_change_bps}");
    }
}

fn steady(from: Date, days: i64, pieces: i64) -> BTreeMap<Date, i64> {
    (0..days).map(|day| (from + day.days(), pieces)).collect()
}

// req: S2-78
#[test]
fn weeks_that_are_over_show_what_it_would_have_meant() {
    let first = date(2025, 3, 3);
    // Ten a day for five weeks, twenty a day in the sixth, ten in the seventh.
    let mut days = steady(first, 49, 10);
    days.extend(steady(first + 35.days(), 7, 20));
    let sold = [Sold { days: &days, list_minor: 1_000, cost_minor: Some(600) }];
    let found = backtest(sold, (first + 35.days(), first + 48.days()), &ON);
    // In the sixth week the pace of the week before was even; in the seventh it was twice that, so it was offered 4 % dearer.
    assert_eq!((found.weeks, found.up, found.down, found.held, found.moved_bps), (2, 1, 0, 0, 400));
    assert_eq!((found.revenue_minor, found.margin_minor), (210_000, 210 * 400));
    // 140 at 10.00, then 70 at 10.40, of which 2, 4, 6 or 8 in a hundred stay away.
    let expected = [(98, 140_000 + 71_344), (96, 140_000 + 69_888), (94, 140_000 + 68_432), (92, 140_000 + 66_976)];
    for (effect, (stay, revenue)) in found.effects.iter().zip(expected) {
        assert_eq!(effect.revenue_minor, revenue, "{}", effect.elasticity);
        assert_eq!(effect.margin_minor, 140 * 400 + 70 * stay * 440 / 100, "{}", effect.elasticity);
    }
    assert_eq!(backtest(sold, (first + 35.days(), first + 40.days()), &ON).weeks, 0, "no week is over");
    assert_eq!(backtest([], (first, first + 48.days()), &ON), Backtest::default());
}

proptest! {
    // req: S2-78
    #[test]
    fn no_signals_leave_the_guardrail(
        list in 1..LIST_MAX, cost in proptest::option::of(0..LIST_MAX), market in proptest::option::of(0..LIST_MAX),
        seen in proptest::collection::vec((-5..1_000_000i64, -5..1_000_000i64, proptest::option::of(-5..1_000_000i64), 0..400u16, 0..40u16, any::<bool>()), 1..12),
        max_change_bps in any::<u32>(),
    ) {
        let rules = PriceRules { max_change_bps, ..ON };
        let mut tag = tag(list, cost, market);
        for (week, before, available, lead_days, seen_days, accepts) in seen {
            let at = tag.updated_at + SignedDuration::from_hours(24);
            if let Some(next) = tag.look(&Signals { week, before, available, lead_days, seen_days }, &rules, at) {
                tag = next;
            }
            if let Some(next) = if accepts { tag.accept("anna", at) } else { tag.dismiss("anna", at) } {
                tag = next;
            }
            let off = (i128::from(tag.price_minor) - i128::from(list)).abs() * 10_000;
            prop_assert!(off <= i128::from(max_change_bps.min(GUARDRAIL_BPS)) * i128::from(list), "{tag:?}");
            prop_assert!(tag.price_minor > 0);
            prop_assert!(tag.proposal.is_none());
            prop_assert!(tag.price_minor >= list.min(cost.unwrap_or(0)), "below cost: {tag:?}");
        }
    }
}
