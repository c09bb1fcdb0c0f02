//! The daily export: rows of JSON Lines files for whatever a shop analyses its data with.
//!
//! Fields are only ever added. No row holds personal data: no name, address, contact or note, nothing that says who an order is for.
//! Moments are RFC 3339 in UTC, days are ISO 8601, amounts are minor units of the row's currency.

use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An order that changed on a day, as it stood when that day ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderRow {
    /// Its number.
    pub order_id: String,
    /// How often it had changed: of two rows of one order the higher is the later.
    pub version: u64,
    /// Where it was placed.
    pub channel: String,
    /// Where it stood.
    pub status: String,
    /// The word people saw.
    pub label: String,
    /// Where the money stood.
    pub payment: String,
    /// Where the warehouse stood.
    pub fulfilment: String,
    /// What the carrier said.
    pub tracking: String,
    /// When it was placed.
    #[schemars(with = "String")]
    pub placed_at: Timestamp,
    /// The day it was placed on, in the time zone of the shop.
    #[schemars(with = "String")]
    pub placed_on: Date,
    /// Since when it stood there.
    #[schemars(with = "String")]
    pub status_since: Timestamp,
    /// When it last changed.
    #[schemars(with = "String")]
    pub updated_at: Timestamp,
    /// The promised day.
    #[schemars(with = "Option<String>")]
    pub eta: Option<Date>,
    /// The day on which we heard that it had been delivered, in the time zone of the shop; none if it has not, or came to us delivered.
    #[schemars(with = "Option<String>")]
    pub delivered_on: Option<Date>,
    /// Since when it is known to be late, while it is open.
    #[schemars(with = "Option<String>")]
    pub delayed_since: Option<Timestamp>,
    /// Where to: ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// By whom its first parcel goes.
    pub carrier: Option<String>,
    /// How it is paid: "stripe", "cod" and so on.
    pub paid_by: Option<String>,
    /// ISO 4217.
    pub currency: String,
    /// Sum of the lines.
    pub subtotal_minor: i64,
    /// Taken off.
    pub discount_minor: i64,
    /// Shipping.
    pub shipping_minor: i64,
    /// Tax that comes on top.
    pub tax_minor: i64,
    /// What it costs, without what was called off since.
    #[serde(default)]
    pub owed_minor: i64,
    /// What was to be paid as it was placed.
    pub total_minor: i64,
    /// Pieces, without those that were called off since.
    pub units: u64,
    /// What was ordered.
    pub lines: Vec<LineRow>,
    /// Returns that were announced for it.
    pub returns: u32,
    /// How the customer liked it: 1 to 5.
    pub rating: Option<u8>,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LineRow {
    /// The shop's stock-keeping unit.
    pub sku: String,
    /// Pieces, as they were ordered.
    pub quantity: u32,
    /// So many of them were called off since.
    #[serde(default)]
    pub cancelled: u32,
    /// Each.
    pub unit_price_minor: i64,
}

/// One figure of a day, as it was counted when the export was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FigureRow {
    /// Which figures: "day", "channel", "moves", "payment", "left", "counted", "rating", "sold".
    pub series: String,
    /// Of what: a channel, a payment provider, a SKU; empty if it is of the whole shop.
    pub point: String,
    /// Which one: "orders", "units", "revenue:EUR" and so on.
    pub field: String,
    /// How much.
    pub value: i64,
}

/// File name and pretty JSON of each row's schema.
pub fn schemas() -> Vec<(&'static str, String)> {
    let text = |schema: schemars::Schema| serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n";
    vec![("orders.v1.json", text(schemars::schema_for!(OrderRow))), ("figures.v1.json", text(schemars::schema_for!(FigureRow)))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::fmt::Write;
    use std::path::Path;

    // req: S2-81
    #[test]
    fn schemas_and_table_definitions_are_generated() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut files: Vec<(String, String)> = schemas().into_iter().map(|(name, text)| (format!("events/exports/{name}"), text)).collect();
        files.push(("docs/athena.sql".into(), athena()));
        for (name, text) in files {
            let path = root.join(&name);
            if std::env::var_os("UPDATE_SCHEMAS").is_some() {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(&path, &text).unwrap();
            }
            assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text, "{name} has drifted: run `make generate`");
        }
    }

    /// The tables over the files, and views that people ask.
    fn athena() -> String {
        let mut sql = String::from(include_str!("export/head.sql"));
        let tables = [
            ("orders", "Orders that changed on a day, as they stood when it ended.", schemars::schema_for!(OrderRow)),
            ("figures", "Figures of a day, as they were counted when the export was made.", schemars::schema_for!(FigureRow)),
        ];
        for (table, comment, schema) in tables {
            let schema = schema.to_value();
            let columns: Vec<String> =
                properties(&schema).map(|(name, of)| format!("  {name} {} COMMENT '{}'", hive(of, &schema), text(of))).collect();
            let place = format!("s3://BUCKET/reports/TENANT/export/{table}/");
            write!(
                sql,
                "\nCREATE EXTERNAL TABLE IF NOT EXISTS orderflow.{table} (\n{}\n)\nCOMMENT '{comment}'\nPARTITIONED BY (day string)\n\
                 ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'\nSTORED AS TEXTFILE\nLOCATION '{place}'\nTBLPROPERTIES (\n  \
                 'projection.enabled' = 'true',\n  'projection.day.type' = 'date',\n  'projection.day.format' = 'yyyy-MM-dd',\n  \
                 'projection.day.range' = '2024-01-01,NOW',\n  'storage.location.template' = '{place}day=${{day}}/'\n);\n",
                columns.join(",\n")
            )
            .unwrap();
        }
        sql + include_str!("export/views.sql")
    }

    fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
        // In the order in which they are declared, which is the order of what is required or may be nothing.
        schema["properties"].as_object().unwrap().iter()
    }

    fn text(property: &Value) -> &str {
        let text = property["description"].as_str().unwrap_or_default();
        assert!(!text.contains('\''), "a comment in SQL: {text}");
        text
    }

    /// A schema as a type of Hive.
    fn hive(of: &Value, root: &Value) -> String {
        if let Some(name) = of["$ref"].as_str() {
            let of = root.pointer(name.trim_start_matches('#')).unwrap();
            let fields: Vec<String> = properties(of).map(|(name, of)| format!("{name}:{}", hive(of, root))).collect();
            return format!("struct<{}>", fields.join(","));
        }
        let kind = of["type"].as_str().or_else(|| of["type"][0].as_str());
        match kind.unwrap() {
            "string" => "string".into(),
            "integer" => "bigint".into(),
            "array" => format!("array<{}>", hive(&of["items"], root)),
            other => panic!("no column for {other}"),
        }
    }
}
