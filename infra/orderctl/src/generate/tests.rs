use super::*;
use domain::email::Email;
use domain::order::alias::Vocabulary;
use jiff::Span;
use jiff::civil::{Weekday, date};
use std::collections::{BTreeMap, BTreeSet};

fn spec(seed: u64, orders: u32) -> Spec {
    Spec::new(seed, orders, date(2025, 8, 20))
}

fn sheet(spec: &Spec) -> Vec<u8> {
    let mut out = Vec::new();
    write_csv(&mut out, generate(spec)).unwrap();
    out
}

fn thousandths(part: usize, whole: usize) -> usize {
    part * 1_000 / whole
}

// req: S3-49
#[test]
fn same_seed_same_bytes() {
    assert_eq!(sheet(&spec(7, 500)), sheet(&spec(7, 500)));
    assert_ne!(sheet(&spec(7, 500)), sheet(&spec(8, 500)));
}

#[test]
fn exactly_as_many_orders_as_asked_numbered_by_time() {
    for orders in [0, 1, 13, 5_000] {
        let made: Vec<DemoOrder> = generate(&spec(1, orders)).collect();
        assert_eq!(made.len(), orders as usize);
        assert!(made.is_sorted_by_key(|order| order.placed_at));
        assert!(made.iter().enumerate().all(|(index, order)| order.number == (20_001 + index).to_string()));
    }
}

#[test]
fn nothing_lies_in_the_future_or_before_the_first_day() {
    for (days, hour) in [(1, 0), (1, 6), (2, 0), (60, 23)] {
        let spec = Spec { days, as_of_time: jiff::civil::time(hour, 30, 0, 0), ..spec(3, 2_000) };
        let first = spec.as_of.saturating_sub(Span::new().days(i64::from(days) - 1));
        for order in generate(&spec) {
            assert!(order.placed_at <= spec.now(), "{order:?}");
            assert!(order.placed_at.to_string() >= first.to_string(), "{order:?}");
        }
    }
    let midnight = Spec { days: 1, as_of_time: jiff::civil::Time::midnight(), ..spec(3, 20) };
    assert!(generate(&midnight).all(|order| order.placed_at == midnight.now()));
}

// req: S3-49
#[test]
fn days_follow_weekend_season_noise_and_drops() {
    let spec = Spec { days: 365, ..spec(11, 365_000) };
    let days = plan(&spec);
    assert_eq!(days.len(), 365);
    assert_eq!(days.iter().map(|day| day.orders).sum::<u32>(), 365_000);
    let mean = |wanted: &dyn Fn(&PlannedDay) -> bool| {
        let chosen: Vec<u64> = days.iter().filter(|day| wanted(day)).map(|day| u64::from(day.orders)).collect();
        chosen.iter().sum::<u64>() * 1_000 / chosen.len() as u64
    };
    let weekend = |day: &PlannedDay| matches!(day.day.weekday(), Weekday::Saturday | Weekday::Sunday);
    let season = |day: &PlannedDay| matches!(day.day.month(), 11 | 12);
    let calm = |day: &PlannedDay| !day.drop && !season(day) && day.day != spec.as_of;
    let (working, resting) = (mean(&|day| calm(day) && !weekend(day)), mean(&|day| calm(day) && weekend(day)));
    assert!((1_220..=1_380).contains(&(resting * 1_000 / working)), "weekends sell 1.3 times: {}", resting * 1_000 / working);
    let busy = mean(&|day| !day.drop && season(day) && !weekend(day));
    assert!((1_380..=1_620).contains(&(busy * 1_000 / working)), "the season sells 1.5 times: {}", busy * 1_000 / working);
    // 5 % of 365 days is 18; three standard deviations are 12.5.
    let drops = days.iter().filter(|day| day.drop).count();
    assert!((6..=30).contains(&drops), "{drops} drops");
    // Each day is within 30 % of a norm we don't see here, so the busiest is at most 1.3 / 0.7 of the calmest.
    let calm_days = || days.iter().filter(|day| calm(day) && !weekend(day)).map(|day| u64::from(day.orders));
    let spread = calm_days().max().unwrap() * 1_000 / calm_days().min().unwrap();
    assert!((1_600..=1_862).contains(&spread), "{spread}");
    assert!(mean(&|day| day.drop && !season(day)) * 100 / working < 70);
}

// req: S3-49
#[test]
fn statuses_are_spread_as_in_a_shop() {
    for seed in 1..=5 {
        let spec = spec(seed, 20_000);
        let mut words: BTreeMap<Word, usize> = BTreeMap::new();
        for order in generate(&spec) {
            *words.entry(order.word).or_default() += 1;
        }
        let share = |word: Word| thousandths(words.get(&word).copied().unwrap_or(0), 20_000);
        assert!((22..=38).contains(&share(Word::Delayed)), "{words:?}");
        assert!((30..=50).contains(&share(Word::Cancelled)), "{words:?}");
        assert!((12..=35).contains(&share(Word::Returned)), "{words:?}");
        assert!(share(Word::Completed) + share(Word::Delivered) > 800, "{words:?}");
        for word in [Word::Received, Word::Processing, Word::Shipped, Word::InTransit, Word::OutForDelivery] {
            assert!(words.contains_key(&word), "{word:?} in {words:?}");
        }
    }
}

#[test]
fn a_long_history_is_not_full_of_delays() {
    let spec = Spec { days: 365, ..spec(2, 20_000) };
    let delayed = generate(&spec).filter(|order| order.word == Word::Delayed).count();
    assert!((50..=400).contains(&delayed), "{delayed}");
}

#[test]
fn status_age_and_promise_agree() {
    let spec = Spec { as_of_time: jiff::civil::time(14, 0, 0, 0), ..spec(5, 20_000) };
    let mut missed = 0;
    for order in generate(&spec) {
        let placed_on = order.placed_at.to_zoned(jiff::tz::TimeZone::UTC).date();
        let age = spec.as_of.duration_since(placed_on).as_hours() / 24;
        match order.word {
            Word::Received | Word::Processing | Word::OnHold => assert!(age <= 2, "{order:?}"),
            Word::Shipped | Word::InTransit | Word::OutForDelivery => assert!(age <= 9, "{order:?}"),
            Word::Delayed => assert!((3..=16).contains(&age), "{order:?}"),
            Word::Delivered => assert!((1..=16).contains(&age), "{order:?}"),
            Word::Completed => assert!(age >= 8, "{order:?}"),
            Word::Returned => assert!(age >= 5, "{order:?}"),
            Word::Cancelled => assert_eq!(order.eta, None),
        }
        if let Some(eta) = order.eta {
            let promise = eta.duration_since(placed_on).as_hours() / 24;
            assert!((2..=20).contains(&promise), "{order:?}");
            let open = !matches!(order.word, Word::Delivered | Word::Completed | Word::Returned);
            missed += usize::from(open && eta < spec.as_of);
        }
        assert_eq!(order.carrier.is_some(), order.word.has_left());
        assert_eq!(order.tracking_number.is_some(), order.word.has_left());
    }
    assert!((200..=1_200).contains(&missed), "some promises are missed, most are kept: {missed}");
}

#[test]
fn nobody_real_can_be_reached() {
    let mut names = BTreeSet::new();
    let mut people: BTreeMap<String, String> = BTreeMap::new();
    for order in generate(&spec(9, 10_000)) {
        let customer = order.customer;
        let (_, domain) = customer.email.split_once('@').unwrap();
        assert!(["example.com", "example.org", "example.net"].contains(&domain), "{}", customer.email);
        assert!(Email::parse(&customer.email).is_ok(), "{}", customer.email);
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "@.".contains(c);
        assert!(customer.email.chars().all(letters), "{}", customer.email);
        if let Some(phone) = &customer.phone {
            let fictional = phone.starts_with("+447700900") || phone.starts_with("+493023125") || phone[5..].starts_with("55501");
            assert!(fictional, "{phone}");
        }
        if let Some(number) = &order.tracking_number {
            assert!(number.starts_with("DEMO"));
        }
        let known = people.insert(customer.email, customer.name.clone());
        assert!(known.is_none_or(|name| name == customer.name), "one address, one person");
        names.insert(customer.name);
    }
    assert!(people.len() > 2_000 && people.len() < 6_000, "customers come back: {}", people.len());
    for part in ["'", "ł", "ü", "ñ", "-"] {
        assert!(names.iter().any(|name| name.contains(part)), "some name has {part:?}");
    }
}

#[test]
fn letters_of_every_name_survive_in_the_address() {
    for index in 0..3_000 {
        let (customer, _) = people::customer(4, index);
        let kept = customer.email.split('@').next().unwrap().chars().filter(char::is_ascii_lowercase).count();
        assert_eq!(kept, customer.name.chars().filter(|c| c.is_alphabetic()).count(), "{customer:?}");
    }
}

#[test]
fn sheet_has_one_row_a_line_and_reads_back() {
    let spec = spec(6, 300);
    let orders: Vec<DemoOrder> = generate(&spec).collect();
    let bytes = sheet(&spec);
    let mut reader = csv::Reader::from_reader(&bytes[..]);
    assert_eq!(reader.headers().unwrap(), HEADER.as_slice());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), orders.iter().map(|order| order.lines.len()).sum::<usize>());
    for (row, (order, line)) in rows.iter().zip(orders.iter().flat_map(|order| order.lines.iter().map(move |line| (order, line)))) {
        assert_eq!((&row[0], &row[1], &row[7], &row[8]), (&*order.number, &*order.customer.name, &*line.sku, &*line.name));
        assert!(row[5].ends_with('Z') && row[5].parse::<jiff::Timestamp>().is_ok(), "{}", &row[5]);
        let price = domain::money::Money::parse(&row[10], order.currency).unwrap();
        assert!(price.minor == line.unit_price_minor && price.minor > 0);
    }
    assert!(rows.iter().any(|row| row[8].contains('"')) && rows.iter().any(|row| row[8].contains('\'')));
}

#[test]
fn every_status_word_is_one_the_import_knows() {
    let words: BTreeSet<&str> = generate(&spec(1, 20_000)).map(|order| order.word.text()).collect();
    assert!(words.len() >= 10, "{words:?}");
    for word in words {
        assert!(Vocabulary::Sheet.read(word).is_some(), "{word}");
    }
}

#[test]
fn lines_are_plausible() {
    let mut skus: BTreeMap<(String, String), i64> = BTreeMap::new();
    for order in generate(&spec(12, 5_000)) {
        assert!((1..=4).contains(&order.lines.len()));
        let distinct: BTreeSet<&str> = order.lines.iter().map(|line| line.sku.as_str()).collect();
        assert_eq!(distinct.len(), order.lines.len(), "a SKU stands in one line only");
        for line in order.lines {
            assert!((1..=12).contains(&line.quantity) && line.unit_price_minor >= 90);
            let price = *skus.entry((line.sku, order.currency.code().to_owned())).or_insert(line.unit_price_minor);
            assert_eq!(price, line.unit_price_minor, "a SKU has one price in a currency");
        }
    }
    assert!(skus.len() > 400);
}
