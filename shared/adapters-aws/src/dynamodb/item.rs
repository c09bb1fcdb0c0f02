//! Rows and writes, without the SDK's builders in everybody's way.

use super::keys::{self, Key};
use crate::error::{corrupt, port_error};
use app::ports::{PortError, PortResult};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use contracts::stored::Stored;
use jiff::Timestamp;
use std::collections::HashMap;

/// The attribute that holds a document.
const DOC: &str = "doc";
/// The attribute that says in which version it is; rows from before there was one have none.
const SCHEMA: &str = "schema_v";

/// A row as the SDK has it.
pub(crate) type Row = HashMap<String, AttributeValue>;

pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// A text attribute that must be there.
pub(crate) fn text<'a>(row: &'a Row, name: &str) -> PortResult<&'a str> {
    text_opt(row, name).ok_or_else(|| corrupt(name))
}

pub(crate) fn text_opt<'a>(row: &'a Row, name: &str) -> Option<&'a str> {
    row.get(name)?.as_s().ok().map(String::as_str)
}

/// A number that must be there.
pub(crate) fn number<T: std::str::FromStr>(row: &Row, name: &str) -> PortResult<T> {
    let found = row.get(name).and_then(|value| value.as_n().ok());
    found.and_then(|digits| digits.parse().ok()).ok_or_else(|| corrupt(name))
}

/// A moment that must be there.
pub(crate) fn moment(row: &Row, name: &str) -> PortResult<Timestamp> {
    text(row, name)?.parse().map_err(|_| corrupt(name))
}

/// A JSON document that must be there.
pub(crate) fn json<T: serde::de::DeserializeOwned>(row: &Row, name: &str) -> PortResult<T> {
    serde_json::from_str(text(row, name)?).map_err(|why| corrupt(&format!("{name}: {} at column {}", category(&why), why.column())))
}

/// A document of a kind that has versions, in whichever it was written.
pub(crate) fn document<T: serde::de::DeserializeOwned>(row: &Row, kind: Stored) -> PortResult<T> {
    let version = if row.contains_key(SCHEMA) { number(row, SCHEMA)? } else { Stored::FIRST };
    kind.read(version, text(row, DOC)?).map_err(|why| corrupt(&format!("{DOC}: {why}")))
}

/// What is wrong with a document, without quoting it.
fn category(why: &serde_json::Error) -> &'static str {
    match why.classify() {
        serde_json::error::Category::Data => "not the expected fields",
        _ => "not JSON",
    }
}

pub(crate) fn to_json<T: serde::Serialize + ?Sized>(what: &str, value: &T) -> PortResult<String> {
    serde_json::to_string(value).map_err(|why| PortError::Fatal(format!("{what} cannot be written as JSON: {why}")))
}

pub(crate) fn key_row(key: Key) -> Row {
    Row::from([("PK".to_owned(), s(key.pk)), ("SK".to_owned(), s(key.sk))])
}

#[derive(Debug, Clone)]
enum Kind {
    Put(Row),
    Update { key: Key, change: String },
    Delete(Key),
}

/// One write, possibly conditional; done alone or in a transaction. Attribute names stand in expressions as
/// `#name`, values as `:name`.
#[derive(Debug, Clone)]
pub(crate) struct Write {
    kind: Kind,
    condition: Option<String>,
    names: HashMap<String, String>,
    values: Row,
}

impl Write {
    fn new(kind: Kind) -> Write {
        Write { kind, condition: None, names: HashMap::new(), values: Row::new() }
    }

    /// Replaces the whole row.
    pub(crate) fn put(key: Key) -> Write {
        Write::new(Kind::Put(key_row(key)))
    }

    /// Changes some attributes.
    pub(crate) fn update(key: Key, change: impl Into<String>) -> Write {
        let change = change.into();
        let names = names_in(&change);
        Write { names, ..Write::new(Kind::Update { key, change }) }
    }

    /// Removes the row.
    pub(crate) fn delete(key: Key) -> Write {
        Write::new(Kind::Delete(key))
    }

    /// Only if this holds of the row as it is.
    pub(crate) fn when(mut self, condition: impl Into<String>) -> Write {
        let condition = condition.into();
        self.names.extend(names_in(&condition));
        self.condition = Some(condition);
        self
    }

    /// A text: an attribute of a put, or the value of a `:placeholder`.
    pub(crate) fn text(self, name: &str, value: impl Into<String>) -> Write {
        self.value(name, s(value))
    }

    /// A document, with the version that its kind is written in.
    pub(crate) fn document(self, kind: Stored, document: impl Into<String>) -> Write {
        self.number(SCHEMA, kind.version()).text(DOC, document)
    }

    /// A number.
    pub(crate) fn number(self, name: &str, value: impl ToString) -> Write {
        self.value(name, n(value))
    }

    /// A moment.
    pub(crate) fn moment(self, name: &str, at: Timestamp) -> Write {
        self.value(name, s(keys::stamp(at)))
    }

    /// When the table may drop the row. It does so days late, so expiry is also checked in code.
    pub(crate) fn expires(self, name: &str, at: Timestamp) -> Write {
        self.value(name, n(at.as_second()))
    }

    fn value(mut self, name: &str, value: AttributeValue) -> Write {
        match (&mut self.kind, name.starts_with(':')) {
            (Kind::Put(row), false) => row.insert(name.to_owned(), value),
            _ => self.values.insert(name.to_owned(), value),
        };
        self
    }

    /// A placeholder whose attribute is not called like it.
    pub(crate) fn named(mut self, placeholder: &str, attribute: String) -> Write {
        self.names.insert(placeholder.to_owned(), attribute);
        self
    }

    fn names(&self) -> Option<HashMap<String, String>> {
        (!self.names.is_empty()).then(|| self.names.clone())
    }

    fn values(&self) -> Option<Row> {
        (!self.values.is_empty()).then(|| self.values.clone())
    }

    /// By itself.
    pub(crate) async fn send(&self, client: &Client, table: &str, what: &str) -> Result<Row, Failure> {
        let (names, values) = (self.names(), self.values());
        let old = self.condition.as_ref().map(|_| ReturnValuesOnConditionCheckFailure::AllOld);
        match &self.kind {
            Kind::Put(row) => {
                let call = client
                    .put_item()
                    .table_name(table)
                    .set_item(Some(row.clone()))
                    .set_condition_expression(self.condition.clone())
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .set_return_values_on_condition_check_failure(old);
                let failed = |error: &PutItemError| match error {
                    PutItemError::ConditionalCheckFailedException(failed) => Some(failed.item.clone()),
                    _ => None,
                };
                call.send().await.map(|_| Row::new()).map_err(|error| Failure::of(what, &error, failed))
            }
            Kind::Update { key, change } => {
                let call = client
                    .update_item()
                    .table_name(table)
                    .set_key(Some(key_row(key.clone())))
                    .update_expression(change)
                    .set_condition_expression(self.condition.clone())
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .return_values(ReturnValue::AllNew)
                    .set_return_values_on_condition_check_failure(old);
                let failed = |error: &UpdateItemError| match error {
                    UpdateItemError::ConditionalCheckFailedException(failed) => Some(failed.item.clone()),
                    _ => None,
                };
                call.send().await.map(|answer| answer.attributes.unwrap_or_default()).map_err(|error| Failure::of(what, &error, failed))
            }
            Kind::Delete(key) => {
                let call = client
                    .delete_item()
                    .table_name(table)
                    .set_key(Some(key_row(key.clone())))
                    .set_condition_expression(self.condition.clone())
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .set_return_values_on_condition_check_failure(old);
                let failed = |error: &DeleteItemError| match error {
                    DeleteItemError::ConditionalCheckFailedException(failed) => Some(failed.item.clone()),
                    _ => None,
                };
                call.send().await.map(|_| Row::new()).map_err(|error| Failure::of(what, &error, failed))
            }
        }
    }

    /// As part of a transaction.
    pub(crate) fn within(&self, table: &str) -> PortResult<TransactWriteItem> {
        let (names, values) = (self.names(), self.values());
        let old = self.condition.as_ref().map(|_| ReturnValuesOnConditionCheckFailure::AllOld);
        let built = match &self.kind {
            Kind::Put(row) => Put::builder()
                .table_name(table)
                .set_item(Some(row.clone()))
                .set_condition_expression(self.condition.clone())
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .set_return_values_on_condition_check_failure(old)
                .build()
                .map(|put| TransactWriteItem::builder().put(put).build()),
            Kind::Update { key, change } => Update::builder()
                .table_name(table)
                .set_key(Some(key_row(key.clone())))
                .update_expression(change)
                .set_condition_expression(self.condition.clone())
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .set_return_values_on_condition_check_failure(old)
                .build()
                .map(|update| TransactWriteItem::builder().update(update).build()),
            Kind::Delete(key) => Delete::builder()
                .table_name(table)
                .set_key(Some(key_row(key.clone())))
                .set_condition_expression(self.condition.clone())
                .set_expression_attribute_names(names)
                .set_expression_attribute_values(values)
                .set_return_values_on_condition_check_failure(old)
                .build()
                .map(|delete| TransactWriteItem::builder().delete(delete).build()),
        };
        built.map_err(|why| PortError::Fatal(format!("a write could not be built: {why}")))
    }
}

/// Why one write did not happen.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Its condition did not hold of this row.
    Condition(Option<Row>),
    /// Somebody's transaction holds the row.
    Conflict(PortError),
    /// Everything else.
    Other(PortError),
}

impl Failure {
    fn of<E: ProvideErrorMetadata>(what: &str, error: &SdkError<E, HttpResponse>, failed: impl Fn(&E) -> Option<Option<Row>>) -> Failure {
        let refused = error.as_service_error();
        if let Some(row) = refused.and_then(failed) {
            return Failure::Condition(row);
        }
        let conflict = refused.is_some_and(|refused| refused.code() == Some("TransactionConflictException"));
        let error = port_error(what, error);
        if conflict { Failure::Conflict(error) } else { Failure::Other(error) }
    }
}

/// `#state = :done` names the attribute `state`.
pub(crate) fn names_in(expression: &str) -> HashMap<String, String> {
    let mut names = HashMap::new();
    for after in expression.split('#').skip(1) {
        let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
        names.insert(format!("#{}", &after[..end]), after[..end].to_owned());
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_the_expression() {
        let names = names_in("SET #state = :done, #ttl = :ttl REMOVE #GSI1PK");
        assert_eq!(names.len(), 3);
        assert_eq!(names["#GSI1PK"], "GSI1PK");
        assert!(names_in("attribute_not_exists(PK)").is_empty());
    }

    // req: S2-101
    #[test]
    fn a_document_is_written_with_its_version_and_read_without_one() {
        let key = keys::api_key(&domain::ids::TenantId::parse("demo").unwrap(), "ab");
        let Kind::Put(mut row) = Write::put(key).document(Stored::ApiKey, "[7]").kind else { panic!("a put") };
        assert_eq!(row["schema_v"].as_n().unwrap(), &Stored::ApiKey.version().to_string());
        assert_eq!(document::<Vec<u8>>(&row, Stored::ApiKey), Ok(vec![7]));
        row.remove("schema_v");
        assert_eq!(document::<Vec<u8>>(&row, Stored::ApiKey), Ok(vec![7]), "from before rows had one");
        row.insert("schema_v".into(), n(99));
        let newer = document::<Vec<u8>>(&row, Stored::ApiKey).unwrap_err();
        assert!(matches!(&newer, PortError::Fatal(why) if why.contains("schema version 99")), "{newer}");
        row.insert("schema_v".into(), n("soon"));
        assert!(document::<Vec<u8>>(&row, Stored::ApiKey).is_err());
    }
}
