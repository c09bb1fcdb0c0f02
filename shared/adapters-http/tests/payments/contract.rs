//! What each vendor's documentation says a request has to look like, as JSON Schemas.

use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// A request, with everything that a contract speaks of.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: String,
    pub path: String,
    /// `{"headers": {..}, "query": {..}, "body": ..}`; a form becomes an object of texts.
    pub content: Value,
}

/// One operation of a vendor's API.
pub struct Operation {
    pub name: String,
    method: String,
    path: Vec<String>,
    schema: Validator,
}

/// A vendor's API, as far as we use it.
pub struct Contract {
    operations: Vec<Operation>,
}

impl Contract {
    pub fn of(vendor: &str) -> Contract {
        let file = match vendor {
            "stripe" => include_str!("schemas/stripe.json"),
            "paypal" => include_str!("schemas/paypal.json"),
            "razorpay" => include_str!("schemas/razorpay.json"),
            _ => include_str!("schemas/payu.json"),
        };
        let file: Value = serde_json::from_str(file).unwrap();
        let operation = |one: &Value| {
            let mut schema = one["schema"].clone();
            schema["$defs"] = file["$defs"].clone();
            Operation {
                name: one["name"].as_str().unwrap().to_owned(),
                method: one["method"].as_str().unwrap().to_owned(),
                path: one["path"].as_str().unwrap().split('/').map(str::to_owned).collect(),
                schema: jsonschema::validator_for(&schema).unwrap(),
            }
        };
        Contract { operations: file["operations"].as_array().unwrap().iter().map(operation).collect() }
    }

    /// The operation's name and what stands in the path, or what is wrong with the request.
    pub fn check(&self, call: &Call) -> Result<(String, Vec<String>), String> {
        let matching = |operation: &&Operation| operation.method == call.method && parameters(&operation.path, &call.path).is_some();
        let operation = self.operations.iter().find(matching).ok_or_else(|| format!("no such operation: {} {}", call.method, call.path))?;
        let faults: Vec<String> =
            operation.schema.iter_errors(&call.content).map(|fault| format!("{fault} at {}", fault.instance_path())).collect();
        if faults.is_empty() {
            Ok((operation.name.clone(), parameters(&operation.path, &call.path).unwrap()))
        } else {
            Err(format!("{} {}: {}", call.method, call.path, faults.join("; ")))
        }
    }

    pub fn names(&self) -> Vec<&str> {
        self.operations.iter().map(|operation| operation.name.as_str()).collect()
    }
}

fn parameters(pattern: &[String], path: &str) -> Option<Vec<String>> {
    let parts: Vec<&str> = path.split('/').collect();
    if parts.len() != pattern.len() {
        return None;
    }
    let mut found = Vec::new();
    for (wanted, part) in pattern.iter().zip(parts) {
        if wanted.starts_with('{') {
            found.push(part.to_owned());
        } else if wanted != part {
            return None;
        }
    }
    Some(found)
}

/// `metadata[key]=x&expand[]=y` as an object.
pub fn form(text: &[u8]) -> Value {
    let mut object = Map::new();
    for (name, value) in form_urlencoded::parse(text) {
        let value = Value::from(value.into_owned());
        match name.split_once('[') {
            Some((list, "]")) => match object.entry(list).or_insert_with(|| json!([])) {
                Value::Array(items) => items.push(value),
                other => *other = Value::Null,
            },
            Some((outer, inner)) => object.entry(outer).or_insert_with(|| json!({}))[inner.trim_end_matches(']')] = value,
            None => drop(object.insert(name.into_owned(), value)),
        }
    }
    Value::Object(object)
}

/// Requests that differ from a good one in one place, and what was done to it: a field left out, one too many, an amount that is
/// none, a text that is a number.
pub fn mutants(good: &Call) -> Vec<(String, Call)> {
    let mut places = Vec::new();
    walk(&good.content, &mut String::new(), &mut places);
    let mut mutants = Vec::new();
    let mut add = |what: String, change: &dyn Fn(&mut Value)| {
        let mut call = good.clone();
        change(&mut call.content);
        if call.content != good.content {
            mutants.push((format!("{} {}: {what}", good.method, good.path), call));
        }
    };
    for place in &places {
        let (parent, name) = place.rsplit_once('/').unwrap();
        let value = good.content.pointer(place).unwrap();
        add(format!("without {place}"), &|content| match content.pointer_mut(parent).unwrap() {
            Value::Object(object) => drop(object.remove(name)),
            Value::Array(items) => drop(items.remove(name.parse().unwrap())),
            _ => {}
        });
        add(format!("{place} is a list"), &|content| *content.pointer_mut(place).unwrap() = json!([1, {"a": 2}]));
        add(format!("{place} is a fraction"), &|content| *content.pointer_mut(place).unwrap() = json!(1.5));
        add(format!("{place} is empty"), &|content| *content.pointer_mut(place).unwrap() = json!(""));
        if value.is_object() && !place.starts_with("/headers") {
            add(format!("{place} has one field more"), &|content| content.pointer_mut(place).unwrap()["surprise"] = json!("x"));
        }
        if name.to_ascii_lowercase().contains("amount") || place.ends_with("amount/value") {
            add(format!("{place} is negative"), &|content| {
                let place = content.pointer_mut(place).unwrap();
                *place = if place.is_string() { json!("-5") } else { json!(-5) };
            });
        }
        if name.to_ascii_lowercase().contains("currency") {
            add(format!("{place} in the other case"), &|content| {
                let place = content.pointer_mut(place).unwrap();
                let text = place.as_str().unwrap();
                *place = if text.chars().all(char::is_uppercase) { text.to_lowercase() } else { text.to_uppercase() }.into();
            });
        }
    }
    mutants
}

fn walk(value: &Value, at: &mut String, places: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(object) => object.iter().map(|(name, child)| (name.replace('~', "~0").replace('/', "~1"), child)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, child)| (index.to_string(), child)).collect(),
        _ => Vec::new(),
    };
    for (name, child) in children {
        let length = at.len();
        at.push('/');
        at.push_str(&name);
        places.push(at.clone());
        walk(child, at, places);
        at.truncate(length);
    }
}
