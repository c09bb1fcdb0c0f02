//! A language model behind an OpenAI-compatible address.
//! <https://platform.openai.com/docs/api-reference/chat/create>

use crate::client::{Client, text};
use app::ports::{Clock, Fields, Llm, PortError, PortResult, Prompt};
use app::steady::Steady;
use app::tenant::Secret;
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;

/// A model by name at an address.
pub struct OpenAiCompatible {
    client: Client,
    base: String,
    model: String,
    key: Secret,
}

/// A model that has not answered by then is not waited for: the template answers.
const TIMEOUT: Duration = Duration::from_secs(app::model::LLM_TIME.as_secs() as u64);

impl OpenAiCompatible {
    /// `base` without "/chat/completions", for example "https://api.openai.com/v1".
    pub fn new(base: impl Into<String>, model: impl Into<String>, key: Secret) -> OpenAiCompatible {
        OpenAiCompatible { client: Client::new(TIMEOUT), base: base.into(), model: model.into(), key }
    }
}

/// A model that rests after failures; none unless address, name and key are all there. Without one, rules and templates do.
pub fn connect(base: Option<String>, model: Option<String>, key: Option<String>, clock: Arc<dyn Clock>) -> Option<Arc<dyn Llm>> {
    let model = OpenAiCompatible::new(base?, model?, Secret::new(key?));
    Some(Arc::new(Steady::new(Arc::new(model), clock)))
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Said,
}

#[derive(Deserialize)]
struct Said {
    content: Option<String>,
}

#[async_trait]
impl Llm for OpenAiCompatible {
    async fn complete(&self, prompt: &Prompt) -> PortResult<Fields> {
        let properties: Map<String, Value> =
            prompt.fields.iter().map(|name| ((*name).to_owned(), json!({ "type": ["string", "null"] }))).collect();
        let schema = json!({ "type": "object", "properties": properties, "required": prompt.fields, "additionalProperties": false });
        let body = json!({
            "model": self.model,
            "temperature": 0.2,
            "max_tokens": prompt.max_tokens,
            "response_format": { "type": "json_schema", "json_schema": { "name": "answer", "strict": true, "schema": schema } },
            "messages": [{ "role": "system", "content": prompt.system }, { "role": "user", "content": prompt.user }],
        });
        let client = self.client.get().await.map_err(|_| failed("no client"))?;
        let request = client.post(format!("{}/chat/completions", self.base)).bearer_auth(self.key.expose()).json(&body);
        let response =
            request.send().await.map_err(|error| failed(if error.is_timeout() { "no answer in time" } else { "unreachable" }))?;
        if !response.status().is_success() {
            return Err(failed(&format!("answered {}", response.status().as_u16())));
        }
        let answer = text(response).await.map_err(|_| failed("the answer broke off"))?;
        let completion: Completion = serde_json::from_str(&answer).map_err(|_| failed("not a completion"))?;
        let content = completion.choices.into_iter().next().and_then(|choice| choice.message.content);
        fields(prompt, &content.ok_or_else(|| failed("a refusal"))?)
    }
}

fn failed(why: &str) -> PortError {
    PortError::Retryable(format!("language model: {why}"))
}

/// What a model that keeps to the schema has said. One that does not has said nothing.
fn fields(prompt: &Prompt, content: &str) -> PortResult<Fields> {
    let Ok(Value::Object(said)) = serde_json::from_str(content) else { return Err(failed("not the answer that was asked for")) };
    let mut fields = Fields::new();
    for name in prompt.fields {
        match said.get(*name) {
            Some(Value::String(text)) if !text.trim().is_empty() => {
                fields.insert(name, text.clone());
            }
            Some(Value::Null | Value::String(_)) => {}
            _ => return Err(failed("not the answer that was asked for")),
        }
    }
    if said.len() == prompt.fields.len() { Ok(fields) } else { Err(failed("not the answer that was asked for")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::double::{Answer, double};

    const PROMPT: &str = "Where is 1001?";

    async fn asked(answer: Answer) -> (PortResult<Fields>, String) {
        let (base, seen) = double([answer]).await;
        let mut model = OpenAiCompatible::new(format!("{base}/v1"), "small", Secret::new("sk-secret"));
        model.client = Client::new(Duration::from_millis(300));
        let fields = &["order_number", "email"];
        let prompt = Prompt { system: "Extract.".into(), user: PROMPT.into(), fields, max_tokens: 40 };
        (model.complete(&prompt).await, seen.last())
    }

    fn says(content: &str) -> Answer {
        Answer::says("200 OK", json!({ "choices": [{ "message": { "content": content } }] }).to_string())
    }

    // req: S0-04, S0-06
    #[tokio::test]
    async fn it_is_asked_for_fields_and_nothing_else() {
        let (said, request) = asked(says(r#"{"order_number":"1001","email":null}"#)).await;
        assert_eq!(said, Ok(Fields::from([("order_number", "1001".to_owned())])));
        assert!(request.starts_with("POST /v1/chat/completions ") && request.contains("authorization: Bearer sk-secret"), "{request}");
        let body: Value = serde_json::from_str(request.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        let format = &body["response_format"]["json_schema"];
        assert_eq!((&format["strict"], &format["schema"]["required"]), (&json!(true), &json!(["order_number", "email"])));
        assert_eq!((&body["max_tokens"], &body["messages"][1]["content"]), (&json!(40), &json!(PROMPT)));
    }

    /// Every way in which a model can fail is the same to us: it said nothing.
    // req: S0-17
    #[tokio::test]
    async fn a_model_that_fails_has_said_nothing() {
        let schema = "not the answer that was asked for";
        let faults = [
            (Answer::Silent, "no answer in time"),
            (Answer::Endless, "not a completion"),
            (Answer::says("429 Too Many Requests", "{}"), "answered 429"),
            (Answer::says("500 Oh", ""), "answered 500"),
            (Answer::says("401 Unauthorized", "{}"), "answered 401"),
            (Answer::says("302 Found", ""), "answered 302"),
            (Answer::says("200 OK", "<html>"), "not a completion"),
            (Answer::says("200 OK", r#"{"choices":[]}"#), "a refusal"),
            (Answer::says("200 OK", r#"{"choices":[{"message":{"content":null,"refusal":"no"}}]}"#), "a refusal"),
            (says(r#"{"order_number":"10"#), schema),
            (says("The order number is 1001."), schema),
            (says(r#"["1001"]"#), schema),
            (says(r#"{"order_number":1001,"email":null}"#), schema),
            (says(r#"{"order_number":"1001"}"#), schema),
            (says(r#"{"order_number":"1001","email":null,"refund":"yes"}"#), schema),
        ];
        for (answer, why) in faults {
            let shown = format!("{answer:?}");
            assert_eq!(asked(answer).await.0, Err(PortError::Retryable(format!("language model: {why}"))), "{shown}");
        }
        let gone = OpenAiCompatible::new("http://127.0.0.1:1", "small", Secret::new("sk"));
        let prompt = Prompt { system: String::new(), user: String::new(), fields: &["reply"], max_tokens: 1 };
        assert_eq!(gone.complete(&prompt).await, Err(PortError::Retryable("language model: unreachable".into())));
    }
}
