//! JSON Schemas of everything we publish, generated from the types; `events/schemas` holds them and a
//! test fails when they drift.

use crate::envelope::Payload;

/// File name and pretty JSON of every published event's schema.
pub fn files() -> Vec<(String, String)> {
    Payload::schemas()
        .into_iter()
        .map(|(name, schema)| {
            let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
            (format!("{name}.json"), text + "\n")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_committed_schemas_are_the_generated_ones() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/schemas");
        let update = std::env::var_os("UPDATE_SCHEMAS").is_some();
        if update {
            std::fs::create_dir_all(&folder).unwrap();
        }
        let mut names: Vec<String> = Vec::new();
        for (name, text) in super::files() {
            let path = folder.join(&name);
            if update {
                std::fs::write(&path, &text).unwrap();
            }
            let committed = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(committed, text, "events/schemas/{name} has drifted: run `make generate`");
            names.push(name);
        }
        names.sort();
        let mut found: Vec<String> =
            std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        found.sort();
        assert_eq!(found, names, "a schema file without an event");
    }
}
