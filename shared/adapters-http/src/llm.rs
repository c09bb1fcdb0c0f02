//! A language model behind an OpenAI-compatible address.
//! <https://platform.openai.com/docs/api-reference/chat/create>

use crate::client::{Client, text};
use app::ports::{Llm, PortError, PortResult, Prompt};
use app::tenant::Secret;
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// A model by name at an address.
pub struct OpenAiCompatible {
    client: Client,
    base: String,
    model: String,
    key: Secret,
}

/// A model that has not answered by then is not waited for: the template answers.
pub const TIMEOUT: Duration = Duration::from_secs(3);

impl OpenAiCompatible {
    /// `base` without "/chat/completions", for example "https://api.openai.com/v1".
    pub fn new(base: impl Into<String>, model: impl Into<String>, key: Secret) -> OpenAiCompatible {
        OpenAiCompatible { client: Client::new(TIMEOUT), base: base.into(), model: model.into(), key }
    }
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
    async fn complete(&self, prompt: &Prompt) -> PortResult<String> {
        let failed = |why: &str| PortError::Retryable(format!("language model: {why}"));
        let body = json!({
            "model": self.model,
            "temperature": 0.2,
            "max_tokens": prompt.max_tokens,
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
        content.filter(|content| !content.trim().is_empty()).ok_or_else(|| failed("an empty completion"))
    }
}
