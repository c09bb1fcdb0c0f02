//! Doing again what came in, and telling again what went out: through the API, with an admin's key.

use crate::Failed;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

/// What to do again.
#[derive(Args)]
pub struct Options {
    /// Address of the API.
    #[arg(long, env = "API_URL")]
    pub api: String,
    /// API key with the "admin" scope.
    #[arg(long, env = "ORDERFLOW_API_KEY", hide_env_values = true)]
    pub key: String,
    /// What.
    #[command(subcommand)]
    pub what: What,
}

/// What to do again.
#[derive(Subcommand)]
pub enum What {
    /// Try webhooks again that came in and wait for somebody, for example after their orders were imported.
    Inbox {
        /// Only those that came in by this endpoint.
        #[arg(long)]
        endpoint: Option<String>,
    },
    /// Tell webhook endpoints again what happened in a time and they did not take.
    Webhooks {
        /// The first moment, such as 2026-11-20T00:00:00Z.
        #[arg(long)]
        from: Timestamp,
        /// The last moment; now, if nothing is said.
        #[arg(long)]
        to: Option<Timestamp>,
        /// Only this endpoint.
        #[arg(long)]
        endpoint: Option<String>,
        /// Also what was taken.
        #[arg(long)]
        all: bool,
    },
}

struct Api {
    client: reqwest::Client,
    base: String,
    key: String,
}

impl Api {
    async fn call(&self, verb: reqwest::Method, path: &str, body: Option<Value>) -> Result<Value, Failed> {
        let request = self.client.request(verb, format!("{}{path}", self.base)).bearer_auth(&self.key);
        let response = body.iter().fold(request, |request, body| request.json(body)).send().await?;
        let (status, text) = (response.status(), response.text().await?);
        let said: Value = serde_json::from_str(&text).unwrap_or_default();
        if status.is_success() {
            return Ok(said);
        }
        let faults = said["errors"].as_array().into_iter().flatten().filter_map(|fault| fault["message"].as_str());
        let why: Vec<&str> = said["detail"].as_str().into_iter().chain(faults).collect();
        Err(format!("{path}: {status} {}", why.join("; ")).into())
    }
}

/// Does it again.
///
/// # Errors
/// The API refused, or does not answer.
pub async fn run(options: Options) -> Result<(), Failed> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build()?;
    let api = Api { client, base: options.api, key: options.key };
    match options.what {
        What::Inbox { endpoint } => inbox(&api, endpoint.as_deref()).await,
        What::Webhooks { from, to, endpoint, all } => {
            webhooks(&api, endpoint.as_deref(), json!({ "from": from, "to": to, "all": all })).await
        }
    }
}

async fn inbox(api: &Api, endpoint: Option<&str>) -> Result<(), Failed> {
    let (mut tried, mut failed, mut after) = (0, 0, String::new());
    loop {
        let page = api.call(reqwest::Method::GET, &format!("/v1/inbox{after}"), None).await?;
        let page = listed(&page)?;
        let Some(last) = page.last() else { break };
        // What still cannot be applied waits again, so the next page is what came in after this one.
        after = format!("?after={}/{}", text(last, "endpoint"), text(last, "id"));
        for one in page.iter().filter(|one| endpoint.is_none_or(|name| one["endpoint"] == name)) {
            let (from, id) = (text(one, "endpoint"), text(one, "id"));
            match api.call(reqwest::Method::POST, &format!("/v1/inbox/{from}/{id}/replay"), None).await {
                Ok(_) => {
                    tried += 1;
                    println!("{from} {id}: tried again ({})", text(one, "reason"));
                }
                Err(why) => {
                    failed += 1;
                    eprintln!("{from} {id}: {why}");
                }
            }
        }
    }
    println!("{tried} webhook(s) are tried again; what cannot be applied waits again, with its reason");
    if failed > 0 { Err(format!("{failed} could not be tried again; run it once more").into()) } else { Ok(()) }
}

async fn webhooks(api: &Api, endpoint: Option<&str>, body: Value) -> Result<(), Failed> {
    let endpoints = api.call(reqwest::Method::GET, "/v1/webhook-endpoints", None).await?;
    let wanted: Vec<&Value> = listed(&endpoints)?.iter().filter(|one| endpoint.is_none_or(|id| one["id"] == id)).collect();
    if wanted.is_empty() {
        return Err("there is no such endpoint; GET /v1/webhook-endpoints lists them".into());
    }
    let (mut off, mut failed) = (0, 0);
    for one in wanted {
        let id = text(one, "id");
        if one["enabled"] != true {
            off += 1;
            println!("{id} is off ({}): switch it on first", text(one, "off_because"));
            continue;
        }
        if let Err(why) = api.call(reqwest::Method::POST, &format!("/v1/webhook-endpoints/{id}/replay"), Some(body.clone())).await {
            failed += 1;
            eprintln!("{id}: {why}");
            continue;
        }
        // An address may hold a token of its owner's.
        let host = text(one, "url").split(['/', '?']).nth(2).unwrap_or_default();
        println!("{id} is told again, at {host}");
    }
    match (off, failed) {
        (0, 0) => Ok(()),
        (off, 0) => Err(format!("{off} endpoint(s) are off and are told nothing").into()),
        (off, failed) => Err(format!("{failed} endpoint(s) could not be told again, {off} are off; run it once more").into()),
    }
}

/// What is at the address may be something else than the API.
fn listed(answer: &Value) -> Result<&Vec<Value>, Failed> {
    answer.as_array().ok_or_else(|| "no list was answered; is this the address of the API?".into())
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_default()
}
