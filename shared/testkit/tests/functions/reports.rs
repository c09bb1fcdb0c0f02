//! Reports on their way to people: the workbook to the chat and by mail, the list of delayed orders by mail.

use crate::door::{Knock, knock};
use crate::house::{House, config, correlation, owner};
use crate::samples::Lot;
use app::ports::{MessageState, ReportStore, SendError, TenantStore};
use app::report::{Documents, Made, Report, Wanted, delayed_key, workbook_key};
use app::tenant::{DelayedSettings, ReportSettings, Secret, SlackBot, TenantConfig};
use contracts::Payload;
use domain::kpi::{Comparison, DailyKpi};
use jiff::SignedDuration;
use jiff::civil::{Date, date};
use serde_json::json;
use std::sync::Arc;

const DAY: Date = date(2025, 8, 9);

/// A shop whose people get these reports.
async fn shop(change: impl FnOnce(&mut TenantConfig)) -> House {
    let house = House::new().await;
    let mut config = TenantConfig { version: 2, ..config() };
    change(&mut config);
    assert!(house.world.tenants().save(&house.scope, &config, 1).await.unwrap());
    house.settle().await;
    house
}

async fn make(house: &House) {
    let made = house.report().due(&correlation()).await.unwrap();
    assert!(matches!(made[0].1, Made::Report { .. }), "{made:?}");
    house.settle().await;
}

fn mailing(delayed: DelayedSettings) -> impl FnOnce(&mut TenantConfig) {
    let recipients = vec!["boss@shop.example".to_owned()];
    move |config| config.reports = ReportSettings { recipients, delayed }
}

// req: S0-43, S0-44
#[tokio::test]
async fn the_list_of_delayed_orders_is_mailed_to_everybody_named() {
    let recipients = vec!["ops@shop.example".to_owned(), "store@shop.example".to_owned()];
    let house = shop(mailing(DelayedSettings { recipients, ..DelayedSettings::default() })).await;
    make(&house).await;
    let mails = house.world.sent_mails();
    let to = |mail: &app::ports::Mail| (mail.to.expose().to_owned(), mail.files[0].name.clone());
    let mut sent: Vec<_> = mails.iter().map(to).collect();
    sent.sort();
    let list = "delayed-orders-2025-08-09.pdf".to_owned();
    assert_eq!(
        sent,
        [
            ("boss@shop.example".to_owned(), "daily-report-2025-08-09.xlsx".to_owned()),
            ("ops@shop.example".to_owned(), list.clone()),
            ("store@shop.example".to_owned(), list)
        ]
    );
    let mail = mails.iter().find(|mail| mail.to.expose() == "ops@shop.example").unwrap();
    assert_eq!(mail.subject, "Delayed Orders Report – 09.08.2025 10:00:01");
    assert_eq!(mail.text, "Attached is today's report of delayed orders.");
    assert_eq!(mail.files[0].content_type, "application/pdf");
    assert!(mail.files[0].bytes.starts_with(b"%PDF-"));
    let stored = house.world.reports().get(&house.scope, &delayed_key(DAY)).await.unwrap().unwrap();
    assert_eq!(*mail.files[0].bytes, stored, "what is kept is what was sent");
    let boss = mails.iter().find(|mail| mail.to.expose() == "boss@shop.example").unwrap();
    assert_eq!((boss.subject.as_str(), boss.text.contains('*')), ("Daily report of Demo Shop, 2025-08-09", false));
    // The schedule fires again, the queue delivers again: nobody gets it twice.
    house.report().due(&correlation()).await.unwrap();
    house.settle().await;
    assert_eq!(house.world.sent_mails().len(), 3);
}

// req: S0-43
#[tokio::test]
async fn a_day_without_delayed_orders_is_worth_a_line_at_most() {
    for (also_when_none, mails) in [(false, 1), (true, 2)] {
        let recipients = vec!["ops@shop.example".to_owned()];
        let delayed = DelayedSettings { recipients, also_when_none, subject: Some("Verspätet am {date}".into()) };
        let house = shop(mailing(delayed)).await;
        house.hear("1001", "arrived", domain::order::Vocabulary::Sheet.read("Delivered").unwrap().claim, false).await;
        house.settle().await;
        make(&house).await;
        let sent: Vec<_> = house.world.sent_mails().into_iter().filter(|mail| mail.to.expose().ends_with("@shop.example")).collect();
        assert_eq!(sent.len(), mails, "the workbook in any case: {sent:?}");
        if let Some(line) = sent.iter().find(|mail| mail.to.expose() == "ops@shop.example") {
            assert_eq!((line.subject.as_str(), line.text.as_str()), ("Verspätet am 09.08.2025 10:00:01", "No order is delayed today."));
            assert!(line.files.is_empty());
        }
    }
}

// req: S0-40
#[tokio::test]
async fn a_team_with_an_app_gets_the_file_and_one_without_a_link() {
    let house = shop(|_| {}).await;
    make(&house).await;
    let posts = house.world.posts();
    assert_eq!(posts.len(), 1);
    assert!(posts[0].1.contains("|Download the report> (works for 24 hours)"), "{}", posts[0].1);
    let bot = SlackBot { token: Secret::new("xoxb-1-secret"), channel: "C012345".into() };
    let house = shop(|config| config.notify.slack_bot = Some(bot)).await;
    make(&house).await;
    let uploads = house.world.uploads();
    assert_eq!(uploads.len(), 1, "{uploads:?}");
    assert_eq!((uploads[0].0.as_str(), uploads[0].1.name.as_str()), ("C012345", "daily-report-2025-08-09.xlsx"));
    let stored = house.world.reports().get(&house.scope, &workbook_key(DAY)).await.unwrap().unwrap();
    assert_eq!(*uploads[0].1.bytes, stored);
    let [(token, comment)] = &house.world.posts()[..] else { panic!("one") };
    assert!(token == "xoxb-1-secret" && comment.starts_with("*Daily Logistics Report* - 2025-08-09\n") && !comment.contains("Download"));
}

// req: S0-39
#[tokio::test]
async fn a_report_is_compared_with_yesterdays_and_last_weeks() {
    let house = shop(|_| {}).await;
    make(&house).await;
    house.clock.advance(SignedDuration::from_hours(24));
    make(&house).await;
    house.clock.advance(SignedDuration::from_hours(24 * 6));
    house.hear("1001", "arrived", domain::order::Vocabulary::Sheet.read("Delivered").unwrap().claim, false).await;
    house.settle().await;
    make(&house).await;
    let posts: Vec<String> = house.world.posts().into_iter().map(|(_, text)| text).filter(|text| text.starts_with("*Daily")).collect();
    assert!(!posts[0].contains("vs "), "nothing to compare with: {}", posts[0]);
    assert!(posts[1].contains("• vs yesterday: orders ±0, delayed ±0.0 pp, SLA misses"), "{}", posts[1]);
    assert!(posts[2].contains("• vs same weekday: orders ±0, delayed -33.3 pp") && !posts[2].contains("yesterday"), "{}", posts[2]);
}

/// Draws nothing.
struct NoPaper;

impl Documents for NoPaper {
    fn workbook(&self, _: &DailyKpi, _: &Comparison) -> Result<Vec<u8>, String> {
        Err("the disk is full".to_owned())
    }
    fn delayed(&self, _: &DailyKpi, _: &str) -> Result<Vec<u8>, String> {
        Ok(Vec::new())
    }
}

// req: S0-41
#[tokio::test]
async fn a_failure_is_told_once_and_its_end_once() {
    let house = shop(|_| {}).await;
    let broken = Report { documents: Arc::new(NoPaper), ..house.report() };
    for _ in 0..4 {
        assert!(matches!(&broken.due(&correlation()).await.unwrap()[0].1, Made::Failed { reason } if reason == "the disk is full"));
        house.settle().await;
        house.clock.advance(SignedDuration::from_mins(15));
    }
    let posts = || house.world.posts().into_iter().map(|(_, text)| text).collect::<Vec<_>>();
    assert_eq!(posts(), [":rotating_light: *Job failed: daily report*\nthe disk is full\nTrace: trace-1"]);
    make(&house).await;
    assert_eq!(posts().len(), 3, "{:?}", posts());
    let recovered = posts().into_iter().find(|text| text.starts_with(":white_check_mark: *Job works again: daily report*"));
    assert!(recovered.is_some_and(|text| text.contains("failing since 2025-08-09T10:00:0")), "{:?}", posts());
    house.clock.advance(SignedDuration::from_hours(24));
    make(&house).await;
    assert_eq!(posts().iter().filter(|text| text.contains("works again")).count(), 1);
}

/// A past day that cannot be made says nothing of the daily report, and the other way round.
// req: S0-41
#[tokio::test]
async fn a_past_day_has_its_own_trouble() {
    let house = shop(|_| {}).await;
    let (broken, past) = (Report { documents: Arc::new(NoPaper), ..house.report() }, Wanted::Past(DAY.yesterday().unwrap()));
    broken.now(&house.scope, &config(), past, &correlation()).await.unwrap();
    make(&house).await;
    let posts = || house.world.posts().into_iter().map(|(_, text)| text).filter(|text| text.contains("*Job ")).collect::<Vec<_>>();
    assert_eq!(posts(), [":rotating_light: *Job failed: report of a past day*\nthe disk is full\nTrace: trace-1"]);
    house.report().now(&house.scope, &config(), past, &correlation()).await.unwrap();
    house.settle().await;
    assert_eq!(posts().len(), 2, "{:?}", posts());
}

/// Asked for before midnight, its turn came after: what the day has left stays.
#[tokio::test]
async fn a_wish_for_today_that_waited_past_midnight_replaces_nothing() {
    let house = shop(|_| {}).await;
    make(&house).await;
    let before = house.world.posts().len();
    house.clock.advance(SignedDuration::from_hours(24));
    let body = json!({ "v": 1, "tenant": "demo", "day": DAY, "correlation": "c1" }).to_string();
    let event = json!({ "Records": [{ "messageId": "m1", "body": body, "eventSource": "aws:sqs" }] });
    let answer = kpi_report::handle(&house.jobs(), &crate::samples::Lot::default(), event, correlation()).await.unwrap();
    assert_eq!(answer["batchItemFailures"], json!([]));
    house.settle().await;
    assert_eq!(house.world.posts().len(), before, "nobody hears of that day again");
}

/// One address that bounces keeps nobody else from the report, and is not tried for ever.
#[tokio::test]
async fn a_bad_address_is_its_own_affair() {
    let recipients = vec!["gone@shop.example".to_owned(), "ops@shop.example".to_owned()];
    let house = shop(|config| config.reports.delayed.recipients = recipients).await;
    house.world.script_mailer([Some(SendError::Refused("SES: MessageRejected (400)".into()))]);
    make(&house).await;
    let sent: Vec<String> = house.world.sent_mails().iter().map(|mail| mail.to.expose().to_owned()).collect();
    assert_eq!(sent, ["ops@shop.example"]);
    let about = house.world.messages_about(&house.scope, "report:delayed:2025-08-09");
    assert!(about.iter().any(|message| matches!(&message.state, MessageState::Refused { reason } if reason.contains("MessageRejected"))));
    assert!(about.iter().all(|message| !message.to.starts_with("ops@") && !message.to.starts_with("gone@")), "masked: {about:?}");
}

// req: S0-32
#[tokio::test]
async fn a_report_can_be_had_at_once_and_for_an_earlier_day() {
    let house = shop(|_| {}).await;
    let api = orders_api::router(house.desk());
    let ask = async |body: &str| {
        let knocked = Knock { verb: "POST", path: "/v1/reports", body: body.as_bytes(), identity: Some(owner()), ..Knock::default() };
        knock(api.clone(), knocked).await
    };
    for (bad, fault) in [
        (r#"{"day":"2025-08-10"}"#, "day out_of_range"),
        (r#"{"day":"2020-01-01"}"#, "day out_of_range"),
        (r#"{"day":"2025-02-30"}"#, "day bad_date"),
        (r#"{"dya":"2025-08-01"}"#, "dya unknown_field"),
    ] {
        assert_eq!(ask(bad).await.refuses(422, bad).faults(), [fault], "{bad}");
    }
    for (body, key) in [("{}", "daily/2025-08-09.xlsx"), (r#"{"day":"2025-08-07"}"#, "daily/2025-08-07.xlsx")] {
        assert_eq!(ask(body).await.status, 202);
        let message = house.world.take_queued().unwrap();
        let lot = Lot::default();
        let event = json!({ "Records": [
            { "messageId": "a", "body": message, "eventSource": "aws:sqs" },
            { "messageId": "b", "body": "not json", "eventSource": "aws:sqs" },
            { "messageId": "c", "body": r#"{"v":9}"#, "eventSource": "aws:sqs" },
        ] });
        let said = kpi_report::handle(&house.jobs(), &lot, event, correlation()).await.unwrap();
        assert_eq!(said, json!({ "batchItemFailures": [{ "itemIdentifier": "c" }] }), "a later release's message waits");
        assert_eq!(lot.reasons().len(), 1);
        assert!(house.world.reports().get(&house.scope, key).await.unwrap().is_some(), "{key}");
    }
    let list = knock(api.clone(), Knock { verb: "GET", path: "/v1/reports", identity: Some(owner()), ..Knock::default() }).await;
    let names: Vec<&str> = list.body.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["daily/2025-08-09.xlsx", "daily/delayed-2025-08-09.pdf", "daily/2025-08-07.xlsx", "daily/delayed-2025-08-07.pdf"]);
    let told =
        house.world.outbox_rows().into_iter().flat_map(|row| row.events).filter(|event| matches!(event.payload, Payload::ReportReady(_)));
    assert_eq!(told.count(), 4);
}

// req: S0-32
#[tokio::test]
async fn a_day_that_is_over_is_reported_as_it_ended() {
    use domain::order::{Label, Vocabulary};
    let house = House::new().await;
    let figures = async |wanted| house.report().figures(&house.scope, &config(), wanted).await.unwrap().unwrap();
    let as_it_was = figures(Wanted::AsOf(DAY)).await;
    assert_eq!((as_it_was.total, as_it_was.delayed), (3, 1));
    house.clock.advance(SignedDuration::from_hours(24));
    let read = |word: &str| Vocabulary::Shop.read(word).unwrap().claim;
    // A delayed one arrives, one that was on its way as well, one is called off, one is new and one came late.
    for (number, word) in [("1001", "delivered"), ("1002", "delivered"), ("1003", "cancelled")] {
        house.hear(number, word, read(word), false).await;
    }
    house.import_in("2001", "EUR", "Delivered").await;
    house.settle().await;
    let now = figures(Wanted::AsOf(DAY.tomorrow().unwrap())).await;
    assert_eq!((now.total, now.count(Label::Delivered), now.delayed), (4, 3, 0), "{:?}", now.by_status);
    assert_eq!(figures(Wanted::Past(DAY)).await, as_it_was, "to the last name on its lists");
    assert_eq!(figures(Wanted::Past(DAY.yesterday().unwrap())).await.total, 0, "nobody had ordered");
}
