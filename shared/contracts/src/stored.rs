//! Documents that are kept for long: in which version each kind is written, and how one of an older version is read.
//!
//! A field that may be missing needs no new version: it gets a default, and both programs of a rollout read both. Anything else is a new version: its
//! upcast makes a document of the version before into one of it, and stays for ever, for histories are replayed for ever. A version is read by every
//! function before any writes it, so it takes two releases: the first knows it, the second writes it.
//! `docs/stored-data.md` says of every row that there is whether it has a version, and why not.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Makes a document of one version into one of the next.
type Upcast = fn(Value) -> Value;

/// A kind of document with a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// An order as it stands, which is the fold of its commits.
    Order,
    /// A commit of an order's history.
    Commit,
    /// A tenant's settings.
    Settings,
    /// An API key, as its hash.
    ApiKey,
    /// An address that is told what happens.
    Endpoint,
}

/// Why a document cannot be read. Says nothing of what is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// A later release has written it.
    #[error("it is of schema version {found}, and this release knows {known}: deploy the later release again")]
    Newer {
        /// Its version.
        found: u32,
        /// The newest that is known.
        known: u32,
    },
    /// It is not what its version says.
    #[error("{0}")]
    Garbled(String),
}

impl Stored {
    /// The version of documents that say nothing of it: those that were written before any did.
    pub const FIRST: u32 = 1;

    /// What makes each version into the next, from the first on.
    const fn upcasts(self) -> &'static [Upcast] {
        match self {
            Stored::Order | Stored::Commit | Stored::Settings | Stored::ApiKey | Stored::Endpoint => &[],
        }
    }

    /// The version that is written.
    pub const fn version(self) -> u32 {
        newest(self.upcasts())
    }

    /// Reads a document of a version, as if it had been written today.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn read<T: DeserializeOwned>(self, version: u32, text: &str) -> Result<T, Unreadable> {
        read_by(self.upcasts(), version, text)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a handful")]
const fn newest(upcasts: &[Upcast]) -> u32 {
    Stored::FIRST + upcasts.len() as u32
}

fn read_by<T: DeserializeOwned>(upcasts: &[Upcast], version: u32, text: &str) -> Result<T, Unreadable> {
    let known = newest(upcasts);
    if version > known {
        return Err(Unreadable::Newer { found: version, known });
    }
    let missed = usize::try_from(version.saturating_sub(Stored::FIRST)).ok().and_then(|at| upcasts.get(at..)).unwrap_or_default();
    if missed.is_empty() {
        return serde_json::from_str(text).map_err(|why| garbled(&why));
    }
    let document = serde_json::from_str(text).map_err(|why| garbled(&why))?;
    serde_json::from_value(missed.iter().fold(document, |document, upcast| upcast(document))).map_err(|why| garbled(&why))
}

/// What is wrong with a document, without quoting it.
fn garbled(why: &serde_json::Error) -> Unreadable {
    let what = match why.classify() {
        serde_json::error::Category::Data => "not the expected fields",
        _ => "not JSON",
    };
    Unreadable::Garbled(format!("{what} at column {}", why.column()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Third {
        city: String,
        minor: i64,
    }

    /// Version 2 has whole cents, version 3 calls the town a city.
    const UPCASTS: [Upcast; 2] = [
        |mut document| {
            let Some(fields) = document.as_object_mut() else { return document };
            let minor = fields.remove("amount").and_then(|amount| amount.as_str()?.replace('.', "").parse::<i64>().ok());
            fields.insert("minor".into(), minor.into());
            document
        },
        |mut document| {
            let Some(fields) = document.as_object_mut() else { return document };
            if let Some(town) = fields.remove("town") {
                fields.insert("city".into(), town);
            }
            document
        },
    ];

    // req: S2-101
    #[test]
    fn a_document_of_any_version_is_read_as_one_of_today() {
        let today = Third { city: "Łódź".into(), minor: 1_999 };
        for (version, text) in
            [(1, r#"{"town":"Łódź","amount":"19.99"}"#), (2, r#"{"town":"Łódź","minor":1999}"#), (3, r#"{"city":"Łódź","minor":1999}"#)]
        {
            assert_eq!(read_by::<Third>(&UPCASTS, version, text).as_ref(), Ok(&today), "{version}");
        }
        let newer = read_by::<Third>(&UPCASTS, 4, "{}").unwrap_err();
        assert_eq!(newer, Unreadable::Newer { found: 4, known: 3 });
        for (version, text, what) in [
            (1, "{", "not JSON at column 1"),
            (3, "[1]", "not the expected fields at column 2"),
            (0, "7", "not the expected fields at column 0"),
        ] {
            let garbled = read_by::<Third>(&UPCASTS, version, text).unwrap_err();
            assert_eq!(garbled, Unreadable::Garbled(what.into()), "{text}");
        }
    }
}
