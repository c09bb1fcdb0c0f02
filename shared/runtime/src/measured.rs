//! Numbers of ours that CloudWatch makes percentiles of: a line of the log in its embedded metric format, and nothing is called.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
//!
//! Each name is a metric of the account's, at 0.30 USD a month for each function that writes it, and a line of some 250 bytes for each time. So there are
//! few: what Lambda and API Gateway measure themselves (durations, latencies) is not among them.

use jiff::Timestamp;
use serde_json::{Map, json};
use std::io::Write;

/// Where they stand in CloudWatch.
pub const NAMESPACE: &str = "OrderFlow";

/// A number of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measured {
    /// From an event to the message about it that has left, in milliseconds.
    EventToMessage,
    /// Whether words that were to be a model's were kept from before: 1 or 0, so that their average is the hit rate.
    WordsKept,
}

impl Measured {
    /// As it is called in CloudWatch.
    pub const fn name(self) -> &'static str {
        match self {
            Measured::EventToMessage => "EventToMessage",
            Measured::WordsKept => "WordsKept",
        }
    }

    const fn unit(self) -> &'static str {
        match self {
            Measured::EventToMessage => "Milliseconds",
            Measured::WordsKept => "None",
        }
    }

    /// The line that says it of a function. Its only dimension is the function: a tenant would be a metric of its own.
    fn line(self, value: i64, function: &str, at: Timestamp) -> String {
        let metric = json!({ "Name": self.name(), "Unit": self.unit() });
        let about = json!({ "Namespace": NAMESPACE, "Dimensions": [["FunctionName"]], "Metrics": [metric] });
        let mut line = Map::new();
        line.insert("_aws".into(), json!({ "Timestamp": at.as_millisecond(), "CloudWatchMetrics": [about] }));
        line.insert("FunctionName".into(), function.into());
        line.insert(self.name().into(), value.into());
        serde_json::Value::Object(line).to_string()
    }

    /// Says it, if a function runs here that Lambda has named. A log that cannot be written is no reason to stop.
    pub fn say(self, value: i64, at: Timestamp) {
        if let Ok(function) = std::env::var("AWS_LAMBDA_FUNCTION_NAME") {
            drop(writeln!(std::io::stdout().lock(), "{}", self.line(value, &function, at)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: S2-92
    #[test]
    fn a_line_is_what_cloudwatch_makes_a_number_of() {
        let at = "2025-08-09T10:00:00.250Z".parse().unwrap();
        let line = Measured::EventToMessage.line(1_472, "orderflow-dev-notifier", at);
        assert!(!line.contains('\n'), "{line}");
        let said: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&said["EventToMessage"], &said["FunctionName"]), (&json!(1_472), &json!("orderflow-dev-notifier")));
        assert_eq!(said["_aws"]["Timestamp"], 1_754_733_600_250_i64);
        let about = &said["_aws"]["CloudWatchMetrics"][0];
        assert_eq!((&about["Namespace"], &about["Dimensions"]), (&json!("OrderFlow"), &json!([["FunctionName"]])));
        assert_eq!(about["Metrics"], json!([{ "Name": "EventToMessage", "Unit": "Milliseconds" }]));
        assert!(said.as_object().unwrap().keys().all(|name| ["_aws", "FunctionName", "EventToMessage"].contains(&name.as_str())));
    }
}
