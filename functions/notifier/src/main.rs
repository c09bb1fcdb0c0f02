//! Wiring of the notifier.

use adapters_aws::{Aws, Dynamo, S3Reports, SesMailer, SqsParking, Table, Tables};
use adapters_http::slack::{self, Slack};
use app::notify::{Notify, SurveyAt};
use app::survey::SurveyLinks;
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
    let default_from = settings.optional("MAIL_FROM");
    let survey = (settings.secret("CURSOR_KEY"), settings.url("PUBLIC_URL"));
    settings.check()?;
    let aws = Aws::new();
    let db = Dynamo::new(aws.clone(), tables);
    let notify = Notify {
        orders: Arc::new(db.orders()),
        messages: Arc::new(db.messages()),
        tenants: Arc::new(db.tenants()),
        mailer: Arc::new(SesMailer::new(aws.clone(), Arc::new(render::mail::raw))),
        chat: Arc::new(slack_api.into_iter().fold(Slack::new(slack_base), Slack::with_api)),
        reports: Arc::new(S3Reports::new(aws.clone(), bucket)),
        inbox: Arc::new(db.inbox()),
        clock: Arc::new(SystemClock),
        default_from,
        survey: survey.1.map(|base| SurveyAt { links: SurveyLinks::new(survey.0), base }),
    };
    let parking = SqsParking::new(aws, dead_letters);
    let (notify, parking) = (&notify, &parking);
    run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        let until = deadline(&event.context);
        Ok::<_, Error>(notifier::handle(notify, parking, event.payload, until).await)
    }))
    .await
}
