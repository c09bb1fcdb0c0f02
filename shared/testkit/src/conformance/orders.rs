//! Orders and their commits.

use super::samples::{self, moved, number, once, once_key, placed, placed_by, source, then};
use super::{Ports, Stage, patiently, race};
use app::ports::{Claim, Commit, CommitError, InboxEntry, InboxKey, InboxState, Message, MessageId, MessageState, PortError};
use domain::ids::EventId;
use domain::order::{Cause, Order, OrderEvent, OrderStatus};
use jiff::SignedDuration;

// req: X-03
/// A commit needs the version it was decided on.
pub async fn a_commit_guards_the_version(ports: &Ports) {
    let stage = Stage::set();
    let (scope, orders) = (&stage.ours, &ports.orders);
    let first = placed(scope, "1001", stage.now);
    assert_eq!(orders.load(scope, &first.order.id).await, Ok(None));
    assert_eq!(orders.commit(scope, first.commit()).await, Ok(()));
    assert_eq!(orders.load(scope, &first.order.id).await.unwrap().as_ref(), Some(&first.order));
    assert_eq!(orders.commit(scope, first.commit()).await, Err(CommitError::Conflict), "it exists already");

    let second = moved(scope, &first.order, OrderStatus::Processing, None, stage.after(1));
    let rival = moved(scope, &first.order, OrderStatus::Cancelled, None, stage.after(2));
    assert_eq!(orders.commit(scope, second.commit()).await, Ok(()));
    assert_eq!(orders.commit(scope, second.commit()).await, Err(CommitError::Conflict), "a repetition");
    assert_eq!(orders.commit(scope, rival.commit()).await, Err(CommitError::Conflict), "a lost race");
    assert_eq!(orders.load(scope, &first.order.id).await.unwrap().as_ref(), Some(&second.order));

    let skipping = Commit { before_version: 7, ..second.commit() };
    assert!(matches!(orders.commit(scope, skipping).await, Err(CommitError::Port(PortError::Fatal(_)))), "one version at a time");
    let unborn = moved(scope, &placed(scope, "1002", stage.now).order, OrderStatus::Processing, None, stage.after(1));
    assert_eq!(orders.commit(scope, unborn.commit()).await, Err(CommitError::Conflict), "no such order");
}

// req
/// A refused commit leaves nothing behind.
pub async fn a_commit_is_all_or_nothing(ports: &Ports) {
    let stage = Stage::set();
    let (scope, orders) = (&stage.ours, &ports.orders);
    let (taken, fresh) = (once_key("taken"), once_key("fresh"));
    let first = placed_by(scope, "1001", "anna@example.com", Some(("sheet", "row-1")), stage.now);
    assert_eq!(orders.commit(scope, first.with(Some(once(&taken, "one", None, stage.now)), None)).await, Ok(()));
    assert_eq!(ports.once.done(scope, &taken, stage.now).await, Ok(Some(("hash".into(), "one".into()))));

    // Refused for its once-record: no order, no reference, no outbox row.
    let second = placed_by(scope, "1002", "anna@example.com", Some(("sheet", "row-2")), stage.now);
    let refused = orders.commit(scope, second.with(Some(once(&taken, "two", None, stage.now)), None)).await;
    assert_eq!(refused, Err(CommitError::OnceTaken));
    assert_eq!(orders.load(scope, &second.order.id).await, Ok(None));
    assert_eq!(orders.find(scope, &source("sheet"), "row-2").await, Ok(None));
    assert_eq!(orders.dossier(scope, &second.order.id, 10).await, Ok(None));
    assert_eq!(ports.once.done(scope, &taken, stage.now).await, Ok(Some(("hash".into(), "one".into()))));

    // Refused for the version: neither the once-record nor the inbox entry becomes done.
    let key = webhook(ports, &stage, "w1").await;
    let refused = orders.commit(scope, first.with(Some(once(&fresh, "x", None, stage.now)), Some(&key))).await;
    assert_eq!(refused, Err(CommitError::ExternalIdTaken), "its own reference is in the way of a second birth");
    assert_eq!(ports.once.done(scope, &fresh, stage.now).await, Ok(None));
    assert_eq!(ports.inbox.load(scope, &key).await.unwrap().unwrap().state, InboxState::Received);

    let rows = ports.outbox.waiting(stage.after(5), 100_000).await.unwrap();
    let ours = rows.iter().filter(|row| row.events.iter().any(|event| event.tenant == *scope.tenant()));
    assert_eq!(ours.map(|row| &row.events).collect::<Vec<_>>(), [&first.publish], "one row, of the one commit");
}

async fn webhook(ports: &Ports, stage: &Stage, id: &str) -> InboxKey {
    let key = InboxKey { endpoint: "shop".into(), id: id.into() };
    let entry =
        InboxEntry { key: key.clone(), body_hash: "h".into(), body: "{}".into(), received_at: stage.now, state: InboxState::Received };
    ports.inbox.receive(&stage.ours, &entry).await.unwrap();
    key
}

// req: X-03
/// When several things are in the way, the one that says most about our own past is reported.
pub async fn refusals_have_one_precedence(ports: &Ports) {
    let stage = Stage::set();
    let (scope, orders) = (&stage.ours, &ports.orders);
    let key = webhook(ports, &stage, "w1").await;
    let record = once_key("k");
    let first = placed_by(scope, "1001", "anna@example.com", Some(("sheet", "row-1")), stage.now);
    let all = first.with(Some(once(&record, "one", None, stage.now)), Some(&key));
    assert_eq!(orders.commit(scope, all.clone()).await, Ok(()));
    assert_eq!(ports.inbox.load(scope, &key).await.unwrap().unwrap().state, InboxState::Done);

    assert_eq!(orders.commit(scope, all).await, Err(CommitError::InboxDone));
    let waiting = webhook(ports, &stage, "w2").await;
    let record_left = first.with(Some(once(&record, "one", None, stage.now)), Some(&waiting));
    assert_eq!(orders.commit(scope, record_left).await, Err(CommitError::OnceTaken));
    let fresh = once_key("fresh");
    let reference_left = first.with(Some(once(&fresh, "one", None, stage.now)), Some(&waiting));
    assert_eq!(orders.commit(scope, reference_left).await, Err(CommitError::ExternalIdTaken));
    let bare = placed(scope, "1001", stage.now);
    assert_eq!(orders.commit(scope, bare.with(None, Some(&waiting))).await, Err(CommitError::Conflict));
    let unknown = InboxKey { endpoint: "shop".into(), id: "never-received".into() };
    let next = moved(scope, &first.order, OrderStatus::Processing, None, stage.after(1));
    assert_eq!(orders.commit(scope, next.with(None, Some(&unknown))).await, Err(CommitError::InboxDone), "there is no such entry");
}

// req: X-03
/// A commit makes a once-record done if it is nobody's, or ours by its fence.
pub async fn a_commit_finishes_only_what_is_free_or_ours(ports: &Ports) {
    let stage = Stage::set();
    let scope = &stage.ours;
    let minute = SignedDuration::from_mins(1);
    let mut order = placed(scope, "1001", stage.now).order;
    assert_eq!(ports.orders.commit(scope, placed(scope, "1001", stage.now).commit()).await, Ok(()));
    let claim = async |key: &str, after: i64| match ports.once.claim(scope, &once_key(key), "hash", stage.after(after), minute).await {
        Ok(Claim::Mine { fence }) => fence,
        other => panic!("{other:?}"),
    };
    let commit = async |order: &mut Order, key: &str, fence: Option<u64>, after: i64| {
        let at = stage.after(after);
        let key = once_key(key);
        let next = then(scope, order, vec![OrderEvent::DelayNoticed { since: at }], at);
        let result = ports.orders.commit(scope, next.with(Some(once(&key, "done", fence, at)), None)).await;
        if result.is_ok() {
            *order = next.order;
        }
        result
    };

    let mine = claim("claimed", 0).await;
    assert_eq!(commit(&mut order, "claimed", None, 1).await, Err(CommitError::OnceTaken), "somebody is at it");
    assert_eq!(commit(&mut order, "claimed", Some(mine + 1), 1).await, Err(CommitError::OnceTaken), "another's fence");
    assert_eq!(commit(&mut order, "claimed", Some(mine), 1).await, Ok(()), "our fence");
    assert_eq!(commit(&mut order, "claimed", Some(mine), 2).await, Err(CommitError::OnceTaken), "our fence, but done");
    assert_eq!(commit(&mut order, "claimed", None, 2).await, Err(CommitError::OnceTaken), "done");
    assert_eq!(commit(&mut order, "claimed", None, 24 * 3600 + 1).await, Ok(()), "done and expired");

    claim("abandoned", 0).await;
    assert_eq!(commit(&mut order, "abandoned", None, 59).await, Err(CommitError::OnceTaken), "leased");
    assert_eq!(commit(&mut order, "abandoned", None, 60).await, Ok(()), "the lease is over");

    let late = claim("late", 0).await;
    assert_eq!(commit(&mut order, "late", Some(late), 600).await, Ok(()), "late, but nobody else came");

    let given_back = claim("given back", 0).await;
    assert_eq!(ports.once.release(scope, &once_key("given back"), given_back).await, Ok(true));
    assert_eq!(commit(&mut order, "given back", Some(given_back), 1).await, Err(CommitError::OnceTaken), "given back is not ours");
    assert_eq!(commit(&mut order, "given back", None, 1).await, Ok(()), "given back is free");
    assert_eq!(commit(&mut order, "never", Some(1), 1).await, Err(CommitError::OnceTaken), "a fence without a claim");
}

// req: X-03
/// A channel's own id leads to one order of that channel.
pub async fn external_ids_are_unique_per_channel(ports: &Ports) {
    let stage = Stage::set();
    let (scope, orders) = (&stage.ours, &ports.orders);
    let by = |id: &str, channel: &str, external: &str| placed_by(scope, id, "anna@example.com", Some((channel, external)), stage.now);
    for (id, channel, external) in [("1", "sheet", "row-1"), ("2", "shop", "row-1"), ("3", "sheet", "row#1"), ("4", "sheet", "row%231 ż/x")]
    {
        assert_eq!(orders.commit(scope, by(id, channel, external).commit()).await, Ok(()), "{external}");
        assert_eq!(orders.find(scope, &source(channel), external).await, Ok(Some(number(id))), "{external}");
    }
    assert_eq!(orders.commit(scope, by("5", "sheet", "row-1").commit()).await, Err(CommitError::ExternalIdTaken));
    assert_eq!(orders.load(scope, &number("5")).await, Ok(None));
    assert_eq!(orders.find(scope, &source("sheet"), "row-9").await, Ok(None));
    // The reference stays while the order moves on.
    let first = orders.load(scope, &number("1")).await.unwrap().unwrap();
    let next = moved(scope, &first, OrderStatus::Processing, None, stage.after(1));
    assert_eq!(orders.commit(scope, next.commit()).await, Ok(()));
    assert_eq!(orders.find(scope, &source("sheet"), "row-1").await, Ok(Some(number("1"))));
}

// req: X-03
/// The newest commits oldest first, and every message.
pub async fn a_dossier_has_the_newest_commits_and_all_messages(ports: &Ports) {
    let stage = Stage::set();
    let (scope, orders) = (&stage.ours, &ports.orders);
    let first = placed(scope, "1001", stage.now);
    assert_eq!(orders.commit(scope, first.commit()).await, Ok(()));
    let mut history = vec![first.recorded.clone()];
    let mut order = first.order;
    for at in 1..30 {
        let next = then(scope, &order, vec![OrderEvent::DelayNoticed { since: stage.after(at) }], stage.after(at));
        assert_eq!(orders.commit(scope, next.commit()).await, Ok(()));
        history.push(next.recorded);
        order = next.order;
    }
    // Their ids sort neither as their times nor the other way round.
    for (at, event) in [(3, "e:7"), (1, "e:5"), (2, "e:9")] {
        let id = MessageId { event: EventId::parse(event).unwrap(), channel: "email".into(), recipient: "ab".into() };
        let state = MessageState::Sending { lease_until: stage.after(90) };
        let message = Message {
            id,
            at: stage.after(at),
            to: "a***@example.com".into(),
            kind: domain::notify::MessageKind::Delay,
            text: format!("text {at}"),
            state,
            attempts: 1,
        };
        ports.messages.claim(scope, "1001", &message, stage.after(at)).await.unwrap();
    }
    let dossier = orders.dossier(scope, &order.id, 10).await.unwrap().unwrap();
    assert_eq!(dossier.order, order);
    assert_eq!(dossier.history, history[20..]);
    let texts: Vec<&str> = dossier.messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["text 1", "text 2", "text 3"]);
    let whole = orders.dossier(scope, &order.id, 1_000).await.unwrap().unwrap();
    assert_eq!(whole.history, history);
    let mut replayed = Order::replay(&whole.history).unwrap();
    replayed.contact = order.contact.clone();
    assert_eq!(replayed, order, "the history explains the order");
    assert_eq!(orders.dossier(scope, &number("1002"), 10).await, Ok(None));
}

// req: X-03
/// What cannot be stored is refused with a reason, not with a riddle.
pub async fn an_order_that_is_too_large_says_so(ports: &Ports) {
    let stage = Stage::set();
    let mut step = placed(&stage.ours, "1001", stage.now);
    let line = domain::order::Line { name: "x".repeat(400), ..step.order.lines[0].clone() };
    step.order.lines = vec![line; 1_000];
    match ports.orders.commit(&stage.ours, step.commit()).await {
        Err(CommitError::Port(PortError::Fatal(why))) => assert!(why.contains("order is larger than"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(ports.orders.load(&stage.ours, &step.order.id).await, Ok(None));
}

// req: X-08
/// What people wrote is forgotten, what happened is not.
pub async fn words_are_forgotten(ports: &Ports) {
    let stage = Stage::set();
    let (scope, orders) = (&stage.ours, &ports.orders);
    let first = placed(scope, "1001", stage.now);
    let second = moved(scope, &first.order, OrderStatus::Processing, Some("Anna rang"), stage.after(1));
    let third = moved(scope, &second.order, OrderStatus::Shipped, None, stage.after(2));
    let reason = "Anna insisted".to_owned();
    let corrected = vec![OrderEvent::StatusCorrected { from: OrderStatus::Shipped, to: OrderStatus::Processing, reason, overrules: None }];
    let fourth = then(scope, &third.order, corrected, stage.after(3));
    let (reason, note) = ("processing for 50.0 h of 48 h".to_owned(), Some("Anna waits".to_owned()));
    let ruled = vec![OrderEvent::StatusChanged {
        from: OrderStatus::Processing,
        to: OrderStatus::Shipped,
        via: Vec::new(),
        cause: Cause::Rule { rule: "auto_progress".into(), reason, confidence: 100, note, decision: None },
        decided: true,
        notify: false,
    }];
    let fifth = then(scope, &fourth.order, ruled, stage.after(4));
    for step in [&first, &second, &third, &fourth, &fifth] {
        assert_eq!(orders.commit(scope, step.commit()).await, Ok(()));
    }
    let id = MessageId { event: EventId::parse("e:1").unwrap(), channel: "email".into(), recipient: "ab".into() };
    let state = MessageState::Sending { lease_until: stage.after(90) };
    let message = Message {
        id,
        at: stage.now,
        to: "a***@example.com".into(),
        kind: domain::notify::MessageKind::Delay,
        text: "Hello Anna".into(),
        state: state.clone(),
        attempts: 1,
    };
    ports.messages.claim(scope, "1001", &message, stage.now).await.unwrap();

    for _ in 0..2 {
        assert_eq!(orders.forget_words(scope, &first.order.id).await, Ok(()));
        let dossier = orders.dossier(scope, &first.order.id, 10).await.unwrap().unwrap();
        assert_eq!(dossier.order, fifth.order);
        assert!(!format!("{:?}{:?}", dossier.history, dossier.messages).contains("Anna"));
        let OrderEvent::StatusChanged { to, cause, .. } = &dossier.history[1].events[0] else { panic!("{dossier:?}") };
        assert_eq!((to, cause), (&OrderStatus::Processing, &Cause::Asked { note: Some("[erased]".into()) }));
        assert_eq!(dossier.history[2], third.recorded, "nobody wrote anything there");
        let OrderEvent::StatusCorrected { reason, .. } = &dossier.history[3].events[0] else { panic!("{dossier:?}") };
        assert_eq!(reason, "[erased]");
        let told = &dossier.messages[0];
        assert_eq!((told.to.as_str(), told.text.as_str(), &told.state), ("[erased]", "[erased]", &state));
    }
    assert_eq!(orders.forget_words(scope, &number("none")).await, Ok(()));
}

// req: X-03
/// Another tenant's order does not exist.
pub async fn orders_are_their_tenants_own(ports: &Ports) {
    let stage = Stage::set();
    let orders = &ports.orders;
    let ours = placed_by(&stage.ours, "1001", "anna@example.com", Some(("sheet", "row-1")), stage.now);
    assert_eq!(orders.commit(&stage.ours, ours.commit()).await, Ok(()));
    assert_eq!(orders.load(&stage.theirs, &ours.order.id).await, Ok(None));
    assert_eq!(orders.find(&stage.theirs, &source("sheet"), "row-1").await, Ok(None));
    assert_eq!(orders.dossier(&stage.theirs, &ours.order.id, 10).await, Ok(None));
    assert_eq!(orders.forget_words(&stage.theirs, &ours.order.id).await, Ok(()));
    let next = moved(&stage.theirs, &ours.order, OrderStatus::Cancelled, None, stage.after(1));
    assert_eq!(orders.commit(&stage.theirs, next.commit()).await, Err(CommitError::Conflict));
    // The same number and reference are free for them.
    let theirs = placed_by(&stage.theirs, "1001", "eve@example.com", Some(("sheet", "row-1")), stage.now);
    assert_eq!(orders.commit(&stage.theirs, theirs.commit()).await, Ok(()));
    assert_eq!(orders.load(&stage.ours, &ours.order.id).await.unwrap().as_ref(), Some(&ours.order));
    assert_eq!(orders.load(&stage.theirs, &ours.order.id).await.unwrap().as_ref(), Some(&theirs.order));
}

async fn commit_patiently(ports: &Ports, scope: &app::TenantScope, commit: Commit<'_>) -> Result<(), CommitError> {
    patiently(|| async {
        match ports.orders.commit(scope, commit.clone()).await {
            Err(CommitError::Port(error)) => Err(error),
            other => Ok(other),
        }
    })
    .await
}

// req: X-03
/// Sixty-four decide on the same version.
pub async fn of_64_commits_of_one_version_one_wins(ports: &Ports) {
    let stage = Stage::set();
    let first = placed(&stage.ours, "1001", stage.now);
    assert_eq!(ports.orders.commit(&stage.ours, first.commit()).await, Ok(()));
    let results = race(64, |runner| {
        let (ports, scope) = (ports.clone(), stage.ours.clone());
        let note = format!("runner {runner}");
        let step = moved(&scope, &first.order, OrderStatus::Processing, Some(&note), stage.after(1));
        async move { commit_patiently(&ports, &scope, step.commit()).await.map(|()| step.recorded) }
    })
    .await;
    let (won, lost): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 63));
    assert!(lost.iter().all(|result| *result == Err(CommitError::Conflict)), "{lost:?}");
    let dossier = ports.orders.dossier(&stage.ours, &first.order.id, 10).await.unwrap().unwrap();
    assert_eq!(dossier.order.version, 2);
    assert_eq!(Some(&dossier.history[1]), won[0].as_ref().ok(), "the history is the winner's");
}

// req: X-03
/// Sixty-four deliveries of one request place one order.
pub async fn of_64_orders_with_one_key_one_wins(ports: &Ports) {
    let stage = Stage::set();
    let results = race(64, |runner| {
        let (ports, scope, now) = (ports.clone(), stage.ours.clone(), stage.now);
        async move {
            let key = once_key("request");
            let step = placed(&scope, &format!("order-{runner}"), now);
            let response = format!("response {runner}");
            let commit = step.with(Some(samples::once(&key, &response, None, now)), None);
            commit_patiently(&ports, &scope, commit).await.map(|()| runner)
        }
    })
    .await;
    let won: Vec<usize> = results.iter().filter_map(|result| result.clone().ok()).collect();
    assert_eq!(won.len(), 1, "{results:?}");
    assert!(results.iter().all(|result| matches!(result, Ok(_) | Err(CommitError::OnceTaken))), "{results:?}");
    let answer = ports.once.done(&stage.ours, &once_key("request"), stage.now).await.unwrap();
    assert_eq!(answer, Some(("hash".into(), format!("response {}", won[0]))));
    for runner in 0..64 {
        let stored = ports.orders.load(&stage.ours, &number(&format!("order-{runner}"))).await.unwrap();
        assert_eq!(stored.is_some(), runner == won[0], "order-{runner}");
    }
}
