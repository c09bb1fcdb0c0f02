//! Wiring of the notifier.

use adapters_aws::{Aws, Dynamo, S3Reports, SesMailer, SqsParking, Table, Tables};
use adapters_http::discord::{self, Chats, Discord};
use adapters_http::slack::{self, Slack};
use adapters_http::texts::{Platforms, Texts};
use adapters_http::webhook::Webhooks;
use app::notify::{CustomerPages, Notify};
use app::pseudonym::Pseudonyms;
use app::survey::CustomerLinks;
use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use runtime::settings::Settings;
use runtime::system::{SystemClock, deadline};
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    runtime::telemetry::init();
    let mut settings = Settings::from_env();
    let tables = Tables::named([Table::Orders, Table::Outbox, Table::Ops], |name| settings.required(name));
    let (bucket, dead_letters) = (settings.required("BUCKET_REPORTS"), settings.required("DLQ_URL"));
    let slack_base = settings.url("SLACK_BASE_URL").unwrap_or_else(|| slack::BASE.to_owned());
    let slack_api = settings.url("SLACK_API_URL");
    let platforms = settings.url("PLATFORMS_URL");
    let discord =
        Discord::new(platforms.as_deref().map_or_else(|| discord::BASE.to_owned(), |base| format!("{base}/discord/api/webhooks")));
    let webhooks = Webhooks::new(Arc::new(SystemClock), platforms.clone());
    let platforms = platforms.as_deref().map_or_else(Platforms::default, Platforms::of_double);
    let mail_events = settings.optional("MAIL_EVENTS");
    let default_from = settings.optional("MAIL_FROM");
    let (key, base) = (settings.secret("CURSOR_KEY"), settings.url("PUBLIC_URL"));
    let pseudonyms = Pseudonyms::new(settings.secret("ADDRESS_KEY"));
    settings.check()?;
    let aws = Aws::new();
    let db = Dynamo::new(aws.clone(), tables);
    let notify = Notify {
        orders: Arc::new(db.orders()),
        messages: Arc::new(db.messages()),
        tenants: Arc::new(db.tenants()),
        addresses: Arc::new(db.addresses()),
        pseudonyms,
        mailer: Arc::new(SesMailer::new(aws.clone(), Arc::new(render::mail::raw)).reporting_to(mail_events)),
        texter: Arc::new(Texts::new(platforms, Arc::new(SystemClock))),
        chat: Arc::new(Chats { slack: slack_api.into_iter().fold(Slack::new(slack_base), Slack::with_api), discord, webhooks }),
        reports: Arc::new(S3Reports::new(aws.clone(), bucket)),
        inbox: Arc::new(db.inbox()),
        clock: Arc::new(SystemClock),
        default_from,
        pages: base.map(|base| CustomerPages { links: CustomerLinks::new(key), base }),
    };
    let parking = SqsParking::new(aws, dead_letters);
    let (notify, parking) = (&notify, &parking);
    run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        let until = deadline(&event.context);
        Ok::<_, Error>(notifier::handle(notify, parking, event.payload, until).await)
    }))
    .await
}
