//! Sending rows to the API: batches in parallel, retried, with a bar for people and a line for logs.

use super::Row;
use crate::Failed;
use futures::stream::{self, StreamExt};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// Rows of one request.
const BATCH: usize = 100;
/// Requests at once.
const AT_ONCE: usize = 4;
/// Tries of one request.
const TRIES: u32 = 6;
/// Refused rows that are printed.
const SHOWN_MAX: usize = 20;

/// Where the rows go.
#[derive(Debug, Clone)]
pub struct Target {
    /// Address of the API.
    pub api: String,
    /// Key with the "write" scope.
    pub key: String,
    /// Whose words.
    pub vocabulary: String,
    /// Channel.
    pub channel: String,
}

#[derive(Debug, Default, Deserialize)]
struct Answer {
    placed: usize,
    updated: usize,
    unchanged: usize,
    refused: Vec<Refused>,
}

#[derive(Debug, Deserialize)]
struct Refused {
    row: usize,
    number: Option<String>,
    errors: Vec<Value>,
}

/// Sends the rows and prints what became of them. Fails if any was refused.
pub async fn deliver(rows: Vec<Row>, target: &Target) -> Result<(), Failed> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(60)).build()?;
    let bar = ProgressBar::new(rows.len() as u64);
    bar.set_style(ProgressStyle::with_template("{msg} {bar:36.cyan/blue} {pos}/{len} orders  {per_sec}  {eta} left")?);
    bar.set_message("importing");
    let batches: Vec<&[Row]> = rows.chunks(BATCH).collect();
    let client = &client;
    let answers: Vec<Result<(usize, Answer), Failed>> = stream::iter(batches.into_iter().enumerate())
        .map(|(at, batch)| {
            let bar = bar.clone();
            async move {
                let answer = send(client, target, batch).await?;
                bar.inc(batch.len() as u64);
                Ok((at, answer))
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    bar.finish_and_clear();
    let mut total = Answer::default();
    let mut lost = None;
    for answer in answers {
        match answer {
            Ok((at, answer)) => {
                total.placed += answer.placed;
                total.updated += answer.updated;
                total.unchanged += answer.unchanged;
                total.refused.extend(answer.refused.into_iter().map(|refused| Refused { row: at * BATCH + refused.row, ..refused }));
            }
            Err(why) => lost = Some(why),
        }
    }
    total.refused.sort_by_key(|refused| refused.row);
    for refused in total.refused.iter().take(SHOWN_MAX) {
        let faults: Vec<String> =
            refused.errors.iter().map(|error| format!("{} {}", text(&error["field"]), text(&error["message"]))).collect();
        let line = rows.get(refused.row).map_or(0, |row| row.line);
        eprintln!("line {line}, order {}: {}", refused.number.as_deref().unwrap_or("?"), faults.join("; "));
    }
    println!("{} placed, {} updated, {} unchanged, {} refused", total.placed, total.updated, total.unchanged, total.refused.len());
    match (lost, total.refused.is_empty()) {
        (Some(why), _) => Err(format!("{why}; run the import again, what is in stays in").into()),
        (None, false) => Err("correct the refused rows and run the import again".into()),
        (None, true) => Ok(()),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

async fn send(client: &reqwest::Client, target: &Target, batch: &[Row]) -> Result<Answer, Failed> {
    let body = json!({ "channel": target.channel, "vocabulary": target.vocabulary, "rows": batch });
    let mut said = String::new();
    for attempt in 0..TRIES {
        if attempt > 0 {
            tokio::time::sleep(Duration::from_millis(250 << attempt)).await;
        }
        let request = client.post(format!("{}/v1/imports/orders", target.api)).bearer_auth(&target.key).json(&body);
        let response = match request.send().await {
            Ok(response) => response,
            Err(why) => {
                said = format!("the API does not answer: {}", why.without_url());
                continue;
            }
        };
        let status = response.status();
        if status.is_success() {
            return Ok(response.json().await?);
        }
        let problem: Value = response.json().await.unwrap_or_default();
        said = format!("the API answered {status}: {} {}", text(&problem["detail"]), problem["errors"]);
        if !(status.is_server_error() || status.as_u16() == 429) {
            break;
        }
    }
    Err(said.into())
}
