//! Settings from the environment, read once at start. A missing or bad one stops the function with a
//! sentence that names it.

use std::collections::BTreeMap;

/// What is wrong with the settings, all at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("settings: {}", .0.join("; "))]
pub struct BadSettings(pub Vec<String>);

/// Reads settings and collects what is wrong with them.
#[derive(Debug, Default)]
pub struct Settings {
    values: BTreeMap<String, String>,
    faults: Vec<String>,
}

impl Settings {
    /// From the process's environment.
    pub fn from_env() -> Settings {
        Settings { values: std::env::vars().collect(), faults: Vec::new() }
    }

    /// From pairs, for tests.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Settings {
        let values = pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Settings { values, faults: Vec::new() }
    }

    /// A setting that must be there.
    pub fn required(&mut self, name: &str) -> String {
        match self.optional(name) {
            Some(value) => value,
            None => {
                self.faults.push(format!("{name} is not set"));
                String::new()
            }
        }
    }

    /// A setting that may be missing; empty counts as missing.
    pub fn optional(&self, name: &str) -> Option<String> {
        self.values.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// A secret: required, and long enough to be one.
    pub fn secret(&mut self, name: &str) -> app::tenant::Secret {
        let value = self.required(name);
        if !value.is_empty() && value.len() < 32 {
            self.faults.push(format!("{name} must have at least 32 characters"));
        }
        app::tenant::Secret::new(value)
    }

    /// An address that must be a URL.
    pub fn url(&mut self, name: &str) -> Option<String> {
        let value = self.optional(name)?;
        let host = |rest: &str| rest.split(['/', ':', '?', '#']).next().map(str::to_owned);
        // Without TLS only to this very machine, where the local cloud and its doubles are.
        let local = value.strip_prefix("http://").and_then(host).is_some_and(|host| host == "127.0.0.1" || host == "localhost");
        if local || value.starts_with("https://") {
            return Some(value.trim_end_matches('/').to_owned());
        }
        self.faults.push(format!("{name} must be an https:// address"));
        None
    }

    /// An address that must be there, and a URL.
    pub fn required_url(&mut self, name: &str) -> String {
        self.required(name);
        self.url(name).unwrap_or_default()
    }

    /// Fails with everything that was wrong.
    pub fn check(self) -> Result<(), BadSettings> {
        if self.faults.is_empty() { Ok(()) } else { Err(BadSettings(self.faults)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: S0-23
    #[test]
    fn everything_wrong_is_named_at_once() {
        let mut settings = Settings::from_pairs([("TABLE", "orders"), ("KEY", "short"), ("LLM", "http://evil"), ("EMPTY", "")]);
        assert_eq!(settings.required("TABLE"), "orders");
        settings.required("EMPTY");
        settings.secret("KEY");
        settings.url("LLM");
        let bad = settings.check().unwrap_err();
        assert_eq!(bad.to_string(), "settings: EMPTY is not set; KEY must have at least 32 characters; LLM must be an https:// address");
        let mut good = Settings::from_pairs([("LLM", "http://127.0.0.1:9/")]);
        assert_eq!(good.url("LLM").as_deref(), Some("http://127.0.0.1:9"));
        assert_eq!(good.check(), Ok(()));
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        for far in ["http://localhost.evil.example", "http://127.0.0.1.evil.example/", "http://localhost@evil.example/", "http://10.0.0.1"]
        {
            let mut settings = Settings::from_pairs([("LLM", far)]);
            assert_eq!(settings.url("LLM"), None, "{far}");
            assert!(settings.check().is_err(), "{far}");
        }
        assert_eq!(Settings::from_pairs([("SLACK", "http://localhost:4570")]).url("SLACK").as_deref(), Some("http://localhost:4570"));
    }
}
