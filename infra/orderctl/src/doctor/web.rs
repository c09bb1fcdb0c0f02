//! What is reached over HTTP: the API, the key, and the language model if there is one.

use super::{Finding, Is, asked};
use crate::Failed;
use app::ports::Clock;
use runtime::settings::Settings;
use serde_json::Value;
use std::sync::Arc;

/// Of an answer, no more is read than this.
const READ_MAX: usize = 256 * 1024;
const KEY: &str = "ORDERFLOW_API_KEY";
const NEW_KEY: &str = "run orderctl bootstrap --tenant NAME --new-keys, and export the api_key that it prints as ORDERFLOW_API_KEY";

/// What a server says, or why it says nothing: a sentence without addresses and headers, which may hold secrets.
type Said = Result<(u16, Value), String>;

pub(super) struct Web {
    client: reqwest::Client,
    clock: Arc<dyn Clock>,
}

impl Web {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Result<Web, Failed> {
        // A redirect would carry the key elsewhere.
        let client = reqwest::Client::builder().timeout(super::WAIT).redirect(reqwest::redirect::Policy::none()).build()?;
        Ok(Web { client, clock })
    }

    /// Asks the API as anybody and with the key, and the model for its names.
    pub(super) async fn check(&self, set: &Settings, key: Option<&str>, tenant: Option<&str>) -> Vec<Finding> {
        let mut found = Vec::new();
        if let Some(api) = set.optional("API_URL") {
            let api = api.trim_end_matches('/');
            let (said, took) = asked(self.clock.as_ref(), self.get(&format!("{api}/health"), None)).await;
            let reached = matches!(said, Some(Ok((200, _))));
            found.push(health(&said.unwrap_or_else(nothing)).took(took, "raise the memory of orders-api: its CPU grows with it"));
            // Where nobody answers, nobody knows the key, either.
            if let Some(key) = key.filter(|_| reached) {
                let (said, took) = asked(self.clock.as_ref(), self.get(&format!("{api}/v1/orders?limit=1"), Some(key))).await;
                let slow = "look at the dashboard's latencies: lists read from an index, and from no more than a page";
                found.push(admitted(&said.unwrap_or_else(nothing), key, tenant).took(took, slow));
            }
        }
        found.push(self.model(set).await);
        found
    }

    async fn get(&self, url: &str, key: Option<&str>) -> Said {
        let request = key.iter().fold(self.client.get(url), |request, key| request.bearer_auth(key));
        let mut response = request.send().await.map_err(|why| {
            let what = if why.is_builder() {
                "the address or the key has characters that it must not have"
            } else if why.is_timeout() {
                "no answer in time"
            } else {
                "cannot be reached"
            };
            what.to_owned()
        })?;
        let (status, mut bytes) = (response.status().as_u16(), Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(|_| "the answer broke off".to_owned())? {
            if bytes.len() + chunk.len() > READ_MAX {
                return Ok((status, Value::Null));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok((status, serde_json::from_slice(&bytes).unwrap_or_default()))
    }

    /// Every OpenAI-compatible server lists its models, and asks for the key before it does.
    async fn model(&self, set: &Settings) -> Finding {
        const NAMES: [&str; 3] = ["LLM_BASE_URL", "LLM_MODEL", "LLM_API_KEY"];
        let name = "language model";
        let [Some(base), Some(model), Some(key)] = NAMES.map(|name| set.optional(name)) else {
            let missing: Vec<&str> = NAMES.into_iter().filter(|name| set.optional(name).is_none()).collect();
            return if missing.len() == NAMES.len() {
                Finding::new(Is::NotSet, name, "rules and templates answer", "export LLM_BASE_URL, LLM_MODEL and LLM_API_KEY to check one")
            } else {
                Finding::wrong(name, format!("{} not set", missing.join(" and ")), "set all three, or none")
            };
        };
        let (said, took) = asked(self.clock.as_ref(), self.get(&format!("{}/models", base.trim_end_matches('/')), Some(&key))).await;
        listed(&said.unwrap_or_else(nothing), &model)
            .took(took, "choose a smaller model: one that has not answered after three seconds is not waited for")
    }
}

fn nothing() -> Said {
    Err("no answer in time".to_owned())
}

fn health(said: &Said) -> Finding {
    match said {
        Ok((200, body)) => Finding::well("API", format!("answers, version {}", body["version"].as_str().unwrap_or("unknown"))),
        Ok((404, _)) => Finding::wrong("API", "answers 404", "check API_URL: it is the stack output ApiUrl, without a path"),
        Ok((status, _)) => Finding::wrong("API", format!("answers {status}"), "look at the orders-api function's log"),
        Err(why) => Finding::wrong("API", why, "check API_URL, and that the stack is deployed (locally: make run)"),
    }
}

/// What an authenticated request says of the key. API Gateway answers 403 for a key that the authorizer does not know; a 403 of ours is a problem
/// with a detail, and the key is known.
fn admitted(said: &Said, key: &str, tenant: Option<&str>) -> Finding {
    match said {
        Ok((200, _)) => {
            let other = tenant.filter(|tenant| key.starts_with("of_") && !key.starts_with(&format!("of_{tenant}_")));
            match other {
                Some(tenant) => Finding::wrong(KEY, format!("is accepted, and not a key of {tenant}"), NEW_KEY),
                None => Finding::well(KEY, "is accepted"),
            }
        }
        Ok((403, body)) if body["detail"].is_string() => Finding::wrong(
            KEY,
            "is known, and may not read orders",
            "export the api_key that orderctl bootstrap printed, not the publishable one; POST /v1/keys makes one with the scopes read and write",
        ),
        Ok((status @ (401 | 403), _)) => Finding::wrong(KEY, format!("is refused ({status}): unknown or revoked"), NEW_KEY),
        Ok((429, _)) => Finding::new(Is::Odd, KEY, "has asked too often (429)", "wait a minute"),
        Ok((status, _)) => {
            Finding::wrong(KEY, format!("cannot be checked: the API answers {status}"), "look at the orders-api function's log")
        }
        Err(why) => {
            Finding::wrong(KEY, format!("cannot be checked: {why}"), "check that it was exported whole, without spaces or line breaks")
        }
    }
}

fn listed(said: &Said, model: &str) -> Finding {
    let name = "language model";
    let fix = "set LLM_API_KEY (in the stack: the secret that LlmApiKeySecret names)";
    match said {
        Ok((200, body)) => match body["data"].as_array() {
            Some(all) if !all.is_empty() && all.iter().all(|one| one["id"] != model) => {
                Finding::new(Is::Odd, name, "answers, and does not list LLM_MODEL", "check LLM_MODEL")
            }
            _ => Finding::well(name, "answers"),
        },
        Ok((status @ (401 | 403), _)) => Finding::wrong(name, format!("LLM_API_KEY is refused ({status})"), fix),
        Ok((404, _)) => Finding::new(Is::Odd, name, "lists no models (404)", "check LLM_BASE_URL: it ends where /chat/completions begins"),
        Ok((status, _)) => {
            Finding::wrong(name, format!("answers {status}"), "templates answer meanwhile; look at the provider's status page")
        }
        Err(why) => Finding::wrong(name, why, "check LLM_BASE_URL; templates answer meanwhile"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::double::double;
    use super::super::verdict;
    use super::*;
    use runtime::system::SystemClock;

    const SECRET: &str = "of_demo_secret-of-the-shop";
    const MODEL_KEY: &str = "sk-secret-of-the-model";

    async fn checked(pairs: &[(&str, &str)], key: Option<&str>) -> Vec<Finding> {
        let web = Web::new(Arc::new(SystemClock)).unwrap();
        let found = web.check(&Settings::from_pairs(pairs.iter().copied()), key, Some("demo")).await;
        let shown = format!("{found:?}");
        assert!(!shown.contains("secret-of-the"), "{shown}");
        found
    }

    fn of<'a>(found: &'a [Finding], name: &str) -> &'a Finding {
        found.iter().find(|one| one.name == name).unwrap_or_else(|| panic!("{name} in {found:?}"))
    }

    fn api() -> String {
        double(2, |path, token| match (path, token) {
            ("/health", "") => (200, r#"{"status":"ok","version":"1.2.3"}"#),
            ("/v1/orders?limit=1", SECRET) => (200, r#"{"orders":[]}"#),
            ("/v1/orders?limit=1", "of_demo_publishable") => (403, r#"{"detail":"this needs the read scope"}"#),
            ("/v1/orders?limit=1", "of_demo_revoked") => (403, r#"{"message":"Forbidden"}"#),
            ("/v1/orders?limit=1", _) => (401, r#"{"message":"Unauthorized"}"#),
            _ => (404, ""),
        })
    }

    // req: S2-104
    #[tokio::test]
    async fn a_wrong_key_fails_and_names_its_setting_and_the_fix() {
        for key in ["of_demo_wrong-secret", "of_demo_revoked"] {
            let found = checked(&[("API_URL", &api())], Some(key)).await;
            assert_eq!(of(&found, "API").is, Is::Well);
            assert!(of(&found, "API").said.starts_with("answers, version 1.2.3; "), "{found:?}");
            let refused = of(&found, KEY);
            assert!(refused.is == Is::Wrong && refused.fix.contains("orderctl bootstrap --tenant NAME --new-keys"), "{refused:?}");
            assert!(refused.line().starts_with("WRONG    ORDERFLOW_API_KEY") && !refused.line().contains(key), "{}", refused.line());
            // What main.rs turns into exit status 1.
            assert_eq!(verdict(&found).unwrap_err().to_string(), "1 thing(s) to mend: ORDERFLOW_API_KEY");
        }
        let found = checked(&[("API_URL", &api())], Some("of_demo_publishable")).await;
        assert_eq!((of(&found, KEY).is, of(&found, KEY).said.split(';').next().unwrap()), (Is::Wrong, "is known, and may not read orders"));
        let found = checked(&[("API_URL", &api())], Some(SECRET)).await;
        assert!(verdict(&found).is_ok() && of(&found, KEY).is == Is::Well, "{found:?}");
        let web = Web::new(Arc::new(SystemClock)).unwrap();
        let base = api();
        let found = web.check(&Settings::from_pairs([("API_URL", base.as_str())]), Some(SECRET), Some("other")).await;
        assert!(of(&found, KEY).said.starts_with("is accepted, and not a key of other"), "{found:?}");
    }

    // req: S2-104
    #[tokio::test]
    async fn an_api_that_is_not_there_says_so_and_is_not_asked_about_the_key() {
        let found = checked(&[("API_URL", "http://127.0.0.1:1")], Some(SECRET)).await;
        assert_eq!((of(&found, "API").is, found.len()), (Is::Wrong, 2));
        assert!(of(&found, "API").said.starts_with("cannot be reached") && of(&found, "API").fix.contains("API_URL"));
        let found = checked(&[("API_URL", &double(1, |_, _| (503, "")))], Some(SECRET)).await;
        assert!(of(&found, "API").said.starts_with("answers 503"));
        let found = checked(&[("API_URL", &api())], Some("of_demo_with\nbreak")).await;
        assert!(of(&found, KEY).fix.contains("without spaces or line breaks"), "{found:?}");
    }

    // req: S2-104
    #[tokio::test]
    async fn a_model_is_asked_for_its_names_only_if_one_is_set() {
        let lists = |names: &'static str| {
            double(1, move |path, token| match (path, token) {
                ("/v1/models", MODEL_KEY) => (200, names),
                ("/v1/models", _) => (401, "{}"),
                _ => (404, ""),
            })
        };
        let found = checked(&[], None).await;
        assert_eq!((found.len(), of(&found, "language model").is), (1, Is::NotSet));
        let partly = checked(&[("LLM_MODEL", "small")], None).await;
        assert_eq!((of(&partly, "language model").is, partly[0].said.as_str()), (Is::Wrong, "LLM_BASE_URL and LLM_API_KEY not set"));
        for (names, key, is) in [
            (r#"{"data":[{"id":"small"}]}"#, MODEL_KEY, Is::Well),
            (r#"{"data":[{"id":"large"}]}"#, MODEL_KEY, Is::Odd),
            ("[]", "sk-other", Is::Wrong),
        ] {
            let base = format!("{}/v1", lists(names));
            let found = checked(&[("LLM_BASE_URL", &base), ("LLM_MODEL", "small"), ("LLM_API_KEY", key)], None).await;
            assert_eq!(found[0].is, is, "{found:?}");
            assert!(is != Is::Wrong || found[0].line().contains("LLM_API_KEY"), "{found:?}");
        }
    }
}
