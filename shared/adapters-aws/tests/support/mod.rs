//! Tables to test on, shaped as `template.yaml` says.
#![allow(dead_code, clippy::unwrap_used, clippy::disallowed_methods, reason = "each test file uses its part of this")]

pub mod embedded;

use adapters_aws::{Aws, Dynamo, S3Reports, Table, Tables};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType, ScalarAttributeType,
};
use std::sync::Arc;
use testkit::conformance::Ports;
use tokio::sync::OnceCell;

/// An index: its name and what it carries beside its keys.
type IndexShape = (&'static str, Projection);

fn including(attributes: &[&str]) -> Projection {
    let projection = Projection::builder().projection_type(ProjectionType::Include);
    attributes.iter().fold(projection, |projection, name| projection.non_key_attributes(*name)).build()
}

fn summary() -> Projection {
    including(&["summary"])
}

fn keys_only() -> Projection {
    Projection::builder().projection_type(ProjectionType::KeysOnly).build()
}

/// Makes one table.
pub async fn create(client: &Client, name: &str, indexes: Vec<IndexShape>) {
    let attribute =
        |name: String| AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build().unwrap();
    let key = |name: String, kind: KeyType| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let schema = |pk: String, sk: String| vec![key(pk, KeyType::Hash), key(sk, KeyType::Range)];
    let mut call = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("PK".into()))
        .attribute_definitions(attribute("SK".into()))
        .set_key_schema(Some(schema("PK".into(), "SK".into())));
    for (index, projection) in indexes {
        let shape = GlobalSecondaryIndex::builder()
            .index_name(index)
            .set_key_schema(Some(schema(format!("{index}PK"), format!("{index}SK"))))
            .projection(projection)
            .build()
            .unwrap();
        call = call
            .attribute_definitions(attribute(format!("{index}PK")))
            .attribute_definitions(attribute(format!("{index}SK")))
            .global_secondary_indexes(shape);
    }
    call.send().await.unwrap();
}

/// Makes all five.
pub async fn create_all(client: &Client, prefix: &str) -> Tables {
    let name = |table: &str| format!("{prefix}-{table}");
    let judged = including(&["summary", "verdict"]);
    let indexes = vec![("GSI1", summary()), ("GSI2", summary()), ("GSI3", judged), ("GSI4", keys_only())];
    create(client, &name("orders"), indexes).await;
    create(client, &name("ops"), vec![("GSI1", keys_only())]).await;
    create(client, &name("inventory"), vec![("GSI1", keys_only())]).await;
    for table in ["outbox", "metrics"] {
        create(client, &name(table), Vec::new()).await;
    }
    Tables { orders: name("orders"), outbox: name("outbox"), ops: name("ops"), metrics: name("metrics"), inventory: name("inventory") }
}

/// The ports over these tables.
pub fn ports_over(aws: &Arc<Aws>, tables: Tables, bucket: Option<String>) -> Ports {
    let dynamo = Dynamo::new(aws.clone(), tables);
    Ports {
        orders: Arc::new(dynamo.orders()),
        decisions: Arc::new(dynamo.decisions()),
        reviews: Arc::new(dynamo.reviews()),
        exceptions: Arc::new(dynamo.exceptions()),
        once: Arc::new(dynamo.once()),
        inbox: Arc::new(dynamo.inbox()),
        outbox: Arc::new(dynamo.outbox()),
        messages: Arc::new(dynamo.messages()),
        addresses: Arc::new(dynamo.addresses()),
        buckets: Arc::new(dynamo.buckets()),
        tenants: Arc::new(dynamo.tenants()),
        keys: Arc::new(dynamo.keys()),
        wordings: Arc::new(dynamo.wordings()),
        metrics: Arc::new(dynamo.metrics()),
        timers: Arc::new(dynamo.timers()),
        stock: Arc::new(dynamo.stock()),
        purchases: Arc::new(dynamo.purchases()),
        manifests: Arc::new(dynamo.manifests()),
        prices: Arc::new(dynamo.prices()),
        webhooks: Arc::new(dynamo.webhooks()),
        reports: bucket.map(|bucket| Arc::new(S3Reports::new(aws.clone(), bucket)) as Arc<dyn app::ports::ReportStore>),
    }
}

fn set(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|value| !value.is_empty())
}

/// The ports on the cloud that the environment names.
///
/// # Panics
/// If it names none.
pub async fn ports() -> Ports {
    static MADE: OnceCell<(Tables, Option<String>)> = OnceCell::const_new();
    assert!(set("AWS_ENDPOINT_URL").is_some(), "AWS_ENDPOINT_URL is not set: which cloud?");
    let create = set("CONFORMANCE_CREATE").is_some_and(|value| value == "1");
    assert!(create || set("TABLE_ORDERS").is_some(), "neither TABLE_ORDERS nor CONFORMANCE_CREATE=1 is set: which tables?");
    // Connections belong to the runtime of one test, so every test has its own clients.
    let aws = Aws::new();
    let (tables, bucket) = MADE
        .get_or_init(|| async {
            if !create {
                return (Tables::named(Table::ALL, |name| std::env::var(name).unwrap_or_default()), set("BUCKET_REPORTS"));
            }
            // Tests that are processes of their own make tables of their own.
            let prefix = format!("conformance-{}", jiff::Timestamp::now().as_nanosecond());
            let tables = create_all(aws.dynamodb().await, &prefix).await;
            aws.s3().await.create_bucket().bucket(&prefix).send().await.unwrap();
            (tables, Some(prefix))
        })
        .await;
    ports_over(&aws, tables.clone(), bucket.clone())
}
