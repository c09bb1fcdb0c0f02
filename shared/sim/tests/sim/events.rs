//! Histories as they were stored once are read for ever, and lead to the same order.
//!
//! `tests/golden/commits/v1` holds some, each commit as the store has written it, with what they came to. `UPDATE_GENERATED=1` adds one for each event that
//! none of them has, and never touches those that are there: they are what somebody's table holds.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use contracts::stored::Stored;
use domain::order::{Order, Recorded};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sim::World;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;

/// Worlds that are searched for an event which no sample has.
const SEEDS: u64 = 600;
const STEPS: usize = 160;

/// One history, as it was stored.
#[derive(Deserialize)]
struct Sample {
    schema_v: u32,
    commits: Vec<Value>,
    fold: Value,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/commits")
}

/// The samples of all versions, by file.
fn samples() -> Vec<(String, Sample)> {
    let mut found = Vec::new();
    for version in std::fs::read_dir(folder()).into_iter().flatten() {
        for file in std::fs::read_dir(version.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path.display().to_string(), serde_json::from_str(&text).unwrap()));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// The words that a tagged enum knows, in its deserializer's own list.
fn words<T: DeserializeOwned>(tag: &str) -> Vec<String> {
    let Err(why) = serde_json::from_value::<T>(json!({ tag: "?" })) else { panic!("no enum knows this word") };
    let why = why.to_string();
    let (_, known) = why.split_once("expected").unwrap_or_else(|| panic!("{why}"));
    known.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Every event that there is: "placed", "saga/held", "status_changed/rule".
fn known() -> BTreeSet<String> {
    use domain::order::{Cause, ExceptionEvent, OrderEvent, fulfilling, paying, returning, review, saga};
    let below = |of: &str, words: Vec<String>| words.into_iter().map(|word| format!("{of}/{word}")).collect::<Vec<_>>();
    let mut known = Vec::new();
    for word in words::<OrderEvent>("type") {
        known.extend(match word.as_str() {
            "status_changed" => below(&word, words::<Cause>("kind")),
            "saga" => below(&word, words::<saga::SagaEvent>("type")),
            "return" => below(&word, words::<returning::ReturnEvent>("type")),
            "review" => below(&word, words::<review::ReviewEvent>("type")),
            "exceptions" => below(&word, words::<ExceptionEvent>("type")),
            "money" => below(&word, words::<paying::MoneyEvent>("type")),
            "fulfilment" => words::<fulfilling::FulfilEvent>("type")
                .into_iter()
                .flat_map(|step| match step.as_str() {
                    "label" => below("fulfilment/label", words::<fulfilling::LabelEvent>("label")),
                    _ => vec![format!("fulfilment/{step}")],
                })
                .collect(),
            _ => vec![word],
        });
    }
    known.into_iter().collect()
}

/// What a stored event is called, as [`known`] does.
fn name(event: &Value) -> String {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (of, inner) = (word(&event["type"]), &event["event"]);
    match (of.as_str(), inner["type"].as_str()) {
        ("status_changed", _) => format!("{of}/{}", word(&event["cause"]["kind"])),
        ("fulfilment", Some("label")) => format!("fulfilment/label/{}", word(&inner["event"]["label"])),
        (_, Some(inner)) => format!("{of}/{inner}"),
        _ => of,
    }
}

/// The same of one that holds several.
fn called(event: &Value) -> Vec<String> {
    match event["changes"].as_array() {
        Some(changes) => changes.iter().map(|change| format!("exceptions/{}", change["type"].as_str().unwrap_or_default())).collect(),
        None => vec![name(event)],
    }
}

fn names(commits: &[Value]) -> BTreeSet<String> {
    commits.iter().flat_map(|commit| commit["events"].as_array().into_iter().flatten()).flat_map(called).collect()
}

fn read(sample: &Sample) -> Vec<Recorded> {
    sample.commits.iter().map(|commit| Stored::Commit.read(sample.schema_v, &commit.to_string()).unwrap()).collect()
}

/// Everything that was known is known still, and is the same; more may be known.
fn still_says(was: &Value, is: &Value) -> Result<(), String> {
    match (was, is) {
        (Value::Object(was), Value::Object(is)) => was.iter().try_for_each(|(name, was)| {
            let is = is.get(name).ok_or_else(|| format!("{name} is gone"))?;
            still_says(was, is).map_err(|why| format!("{name}: {why}"))
        }),
        (Value::Array(was), Value::Array(is)) if was.len() == is.len() => {
            was.iter().zip(is).enumerate().try_for_each(|(at, (was, is))| still_says(was, is).map_err(|why| format!("{at}: {why}")))
        }
        _ if was == is => Ok(()),
        _ => Err(format!("{was} became {is}")),
    }
}

// req: S2-101
#[test]
fn upcast_all_versions() {
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        add_missing();
    }
    let samples = samples();
    let mut seen = BTreeSet::new();
    for (file, sample) in &samples {
        let history = read(sample);
        let order = Order::replay(&history).unwrap_or_else(|| panic!("{file}: no order"));
        if let Err(why) = still_says(&sample.fold, &serde_json::to_value(&order).unwrap()) {
            panic!("{file}: {why}");
        }
        let head: Order = Stored::Order.read(sample.schema_v, &sample.fold.to_string()).unwrap();
        assert_eq!(head, order, "{file}: the head that was stored is the fold of its history");
        seen.extend(names(&sample.commits));
    }
    let missing: Vec<String> = known().into_iter().filter(|name| !seen.contains(name)).collect();
    assert!(missing.is_empty(), "no stored sample has {missing:?}; UPDATE_GENERATED=1 looks for some in the simulator");
    assert!(samples.iter().any(|(_, sample)| sample.schema_v == Stored::FIRST));
}

/// A commit's seal is made of what is written of it, letter by letter: what was written once is written the same way for ever, or no old seal holds.
// req: S2-89
#[test]
fn what_was_sealed_is_written_as_it_was() {
    let mut written = 0;
    for version in std::fs::read_dir(folder()).unwrap() {
        for file in std::fs::read_dir(version.unwrap().path()).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            for line in text.lines().map(|line| line.trim_end_matches(',')).filter(|line| line.starts_with("{\"version\"")) {
                let recorded: Recorded = serde_json::from_str(line).unwrap();
                assert_eq!(serde_json::to_string(&recorded).unwrap(), line);
                written += 1;
            }
        }
    }
    assert!(written > 50, "{written}");
}

// req: S2-101
#[test]
fn a_changed_meaning_is_noticed() {
    let (_, mut sample) = samples().into_iter().next().unwrap();
    let order = serde_json::to_value(Order::replay(&read(&sample)).unwrap()).unwrap();
    assert_eq!(still_says(&sample.fold, &order), Ok(()));
    sample.fold["tracks"]["status"] = "elsewhere".into();
    assert!(still_says(&sample.fold, &order).unwrap_err().starts_with("tracks: status: \"elsewhere\" became"));
    sample.fold["gone"] = 1.into();
    assert!(still_says(&json!({ "gone": 1 }), &order).is_err() && still_says(&json!([1]), &json!([1, 2])).is_err());
    let newer = Stored::Commit.read::<Recorded>(Stored::Commit.version() + 1, "{}");
    assert!(newer.unwrap_err().to_string().contains("deploy the later release"));
}

/// What the simulator does never, or seldom: after which event it may happen, and what is stored of it. `$id` and `$reference` are that event's.
const BY_HAND: [(&str, &str); 16] = [
    ("status_changed/asked", r#"{"type":"status_undone","from":"processing","to":"pending","decision":"3.1.moved","note":"too early"}"#),
    ("status_changed/asked", r#"{"type":"decision_judged","decision":"3.1.moved","agrees":false,"note":"it was early"}"#),
    ("customer_told", r#"{"type":"rated","score":4}"#),
    ("customer_told", r#"{"type":"replied","channel":"sms","text":"Thank you!","first":true}"#),
    ("customer_told", r#"{"type":"not_reached","channel":"email","told":false}"#),
    ("review/opened", r#"{"type":"review","event":{"type":"claimed","id":"$id","by":"key-1"}}"#),
    ("saga/held", r#"{"type":"saga","event":{"type":"rest","rest":"unknown"}}"#),
    ("money/settled", r#"{"type":"money","event":{"type":"capture_asked"}}"#),
    ("money/began", r#"{"type":"money","event":{"type":"away"}}"#),
    ("money/settled", r#"{"type":"money","event":{"type":"retried","token":true}}"#),
    (
        "money/settled",
        r#"{"type":"money","event":{"type":"returned","capture":2,"news":[{"provider":"stripe","reference":"re_1","of":2,"kind":{"dispute":"opened"},"amount":{"minor":900,"currency":"EUR"},"at":"2025-08-10T10:00:00Z"}]}}"#,
    ),
    ("exceptions/opened", r#"{"type":"exceptions","changes":[{"type":"review_asked","id":"$id","review":"inventory-override-1"}]}"#),
    ("exceptions/opened", r#"{"type":"exceptions","changes":[{"type":"cleared","id":"$id"}]}"#),
    ("return/replacement_asked", r#"{"type":"return","event":{"type":"replacement_late","id":"$id"}}"#),
    ("return/replacement_asked", r#"{"type":"return","event":{"type":"not_replaced","id":"$id","why":"its customer was forgotten"}}"#),
    (
        "fulfilment/label/bought",
        r#"{"type":"fulfilment","event":{"type":"label","id":"$id","reference":"$reference","event":{"label":"voided","how":"void_failed"}}}"#,
    ),
];

/// The smallest sample with that event, and after it a commit by hand with all of these that are missing.
fn by_hand(after: &str, missing: &BTreeSet<String>) -> Option<Vec<Value>> {
    let samples = samples().into_iter().map(|(_, sample)| sample.commits).filter(|commits| names(commits).contains(after));
    let mut commits = samples.min_by_key(Vec::len)?;
    let events = commits.iter().flat_map(|commit| commit["events"].as_array().into_iter().flatten());
    let event = events.into_iter().find(|event| called(event).iter().any(|name| name == after))?;
    let change = event["changes"].as_array().into_iter().flatten().find(|change| after.ends_with(change["type"].as_str().unwrap_or("?")));
    let inner = change.unwrap_or(&event["event"]).clone();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let id = [&inner["id"], &inner["review"]["id"], &inner["exception"]["id"]]
        .into_iter()
        .map(text)
        .find(|id| !id.is_empty())
        .unwrap_or_default();
    let fill = |event: &str| event.replace("$id", &id).replace("$reference", &text(&inner["reference"]));
    let wanted = BY_HAND.iter().filter(|(other, _)| *other == after).map(|(_, event)| serde_json::from_str::<Value>(&fill(event)).unwrap());
    let wanted: Vec<Value> = wanted.filter(|event| called(event).iter().any(|name| missing.contains(name))).collect();
    let last = commits.last()?.clone();
    let version = last["version"].as_u64()? + 1;
    commits.push(json!({ "version": version, "at": last["at"], "actor": last["actor"], "correlation": "by-hand", "events": wanted }));
    (!wanted.is_empty()).then_some(commits)
}

/// Searches the simulator for the smallest histories that have what no sample has.
fn add_missing() {
    let mut missing = known();
    for (_, sample) in samples() {
        missing.retain(|name| !names(&sample.commits).contains(name));
    }
    let mut found: Vec<Vec<Value>> = Vec::new();
    for seed in 0..SEEDS {
        if missing.is_empty() {
            return;
        }
        let mut world = World::new(seed);
        world.run(STEPS);
        world.drain();
        for shop in &world.shops {
            for order in world.memory.all_orders(&shop.scope) {
                let history = world.memory.history(&shop.scope, &order.id);
                found.push(history.iter().map(|commit| serde_json::to_value(commit).unwrap()).collect());
            }
        }
    }
    while let Some(best) = found.iter().map(|history| shortest(history, &missing)).max_by_key(|history| worth(history, &missing)) {
        let news: Vec<String> = names(&best).intersection(&missing).cloned().collect();
        let Some(first) = news.first() else { break };
        write(&first.replace('/', "-"), &best);
        missing.retain(|name| !news.contains(name));
    }
    let after: BTreeSet<&str> = BY_HAND.iter().map(|(after, _)| *after).collect();
    for after in after {
        if let Some(commits) = by_hand(after, &missing) {
            write(&format!("after-{}", after.replace('/', "-")), &commits);
        }
    }
}

/// As much of a history as has everything in it that is missing.
fn shortest(history: &[Value], missing: &BTreeSet<String>) -> Vec<Value> {
    let (mut end, mut met) = (0, BTreeSet::new());
    for (at, commit) in history.iter().enumerate() {
        let news: Vec<String> =
            names(std::slice::from_ref(commit)).intersection(missing).filter(|name| !met.contains(*name)).cloned().collect();
        if !news.is_empty() {
            end = at + 1;
            met.extend(news);
        }
    }
    history[..end].to_vec()
}

/// What it has, for its length.
fn worth(history: &[Value], missing: &BTreeSet<String>) -> usize {
    names(history).intersection(missing).count() * 1_000 / (history.len() + 3)
}

fn write(called: &str, commits: &[Value]) {
    let folder = folder().join(format!("v{}", Stored::Commit.version()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{called}.json"));
    let history: Vec<Recorded> = commits.iter().map(|commit| serde_json::from_value(commit.clone()).unwrap()).collect();
    let fold = serde_json::to_string(&Order::replay(&history).unwrap()).unwrap();
    let mut text = format!("{{\"schema_v\": {}, \"commits\": [\n", Stored::Commit.version());
    for (at, recorded) in history.iter().enumerate() {
        // As the store writes it.
        let _ = write!(text, "{}{}", if at == 0 { "" } else { ",\n" }, serde_json::to_string(recorded).unwrap());
    }
    let _ = write!(text, "\n], \"fold\": {fold}}}\n");
    assert!(!path.exists(), "{} is there already, and stays as it is", path.display());
    std::fs::write(path, text).unwrap();
}
