//! Sheets in which shops keep orders, imported as often as somebody likes.

use super::placing::{Customer, Request};
use super::shop::Shop;
use crate::rng::Rng;
use app::Identity;
use axum::body::Bytes;
use domain::ids::{CorrelationId, OrderId};
use domain::order::Vocabulary;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::ops::Range;
use std::rc::Rc;

/// One order as it stands in a sheet.
pub struct Row {
    /// Its number.
    pub number: OrderId,
    /// Who ordered.
    pub customer: Rc<Customer>,
    /// It is refused each time, for what is wrong with it.
    pub bad: bool,
    /// It is in: some answer counted it.
    pub known: bool,
    word: &'static str,
    order: Value,
    /// As it goes over the wire.
    wire: String,
}

impl Row {
    fn new(number: OrderId, customer: Rc<Customer>, bad: bool, word: &'static str, order: Value) -> Row {
        let mut row = Row { number, customer, bad, known: false, word, order, wire: String::new() };
        row.write();
        row
    }

    fn write(&mut self) {
        self.wire = json!({ "status": self.word, "order": self.order }).to_string();
    }
}

/// A shop's sheet.
pub struct Sheet {
    /// Which shop.
    pub shop: usize,
    /// Its rows.
    pub rows: Vec<Row>,
    vocabulary: Vocabulary,
}

/// Some rows of a sheet on their way.
pub struct Chunk {
    /// Of which sheet.
    pub sheet: usize,
    /// Who sends them.
    pub client: Identity,
    /// Which rows.
    pub rows: Range<usize>,
    /// The numbers in them.
    pub numbers: Vec<OrderId>,
    /// As they go over the wire.
    pub body: Bytes,
    /// Ties what follows to it.
    pub correlation: CorrelationId,
}

/// What a sheet says of an order, earliest first.
fn words(vocabulary: Vocabulary) -> &'static [&'static str] {
    match vocabulary {
        Vocabulary::Sheet => &["Received", "Shipped", "In Transit", "Delayed", "Delivered", "cancelled"],
        Vocabulary::Workflow => &["payment_captured", "ready_to_ship", "shipped", "out_for_delivery", "delivered", "refunded"],
        _ => &["pending", "processing", "shipped", "delivered", "fulfilled", "refunded"],
    }
}

impl Sheet {
    /// The channel its orders belong to.
    pub const CHANNEL: &str = "sheet";

    /// An empty sheet.
    pub fn of(shop: usize, vocabulary: Vocabulary) -> Sheet {
        Sheet { shop, rows: Vec::new(), vocabulary }
    }

    /// Somebody edits a row: it moves on, now and then back, or is promised for another day.
    pub fn edit(&mut self, rng: &mut Rng) {
        if self.rows.is_empty() {
            return;
        }
        let words = words(self.vocabulary);
        let at = rng.below(self.rows.len());
        let row = &mut self.rows[at];
        if row.bad {
            return;
        }
        if rng.per_mille(700) {
            row.word = rng.pick(words);
        } else {
            row.order["eta"] = json!(format!("2025-08-{:02}", rng.between(8, 16)));
        }
        row.write();
    }

    /// These rows as a request.
    pub fn chunk(&self, sheet: usize, rows: Range<usize>, client: &Identity, serial: u64) -> Chunk {
        let numbers = self.rows[rows.clone()].iter().map(|row| row.number.clone()).collect();
        let written: Vec<&str> = self.rows[rows.clone()].iter().map(|row| row.wire.as_str()).collect();
        let (channel, vocabulary) = (Sheet::CHANNEL, json!(self.vocabulary));
        let body = format!(r#"{{"channel":"{channel}","vocabulary":{vocabulary},"rows":[{}]}}"#, written.join(","));
        let correlation = CorrelationId::parse(&format!("import-{serial}")).expect("a token");
        Chunk { sheet, client: client.clone(), numbers, rows, body: Bytes::from(body), correlation }
    }
}

impl Shop {
    /// A new order in a sheet.
    pub fn row(&mut self, sheet: &Sheet, now: Timestamp, rng: &mut Rng) -> Row {
        self.numbers += 1;
        let number = self.numbers.to_string();
        let customer = Rc::new(self.customer(sheet.shop, self.numbers, rng));
        let external_id = rng.per_mille(400).then(|| format!("row-{number}"));
        let mut order = self.order(&customer, Some(&number), external_id.as_deref(), now, rng);
        let mut word = rng.pick(words(sheet.vocabulary));
        let bad = rng.per_mille(60);
        if bad && rng.per_mille(500) {
            word = "teleported";
        } else if bad {
            order["currency"] = json!("EURO");
        }
        Row::new(OrderId::parse(&number).expect("digits"), customer, bad, word, order)
    }

    /// A row about an order that somebody places, or has placed, over the API.
    pub fn row_about(&self, sheet: &Sheet, request: &Request, number: &OrderId, rng: &mut Rng) -> Row {
        let mut order = request.order().clone();
        order["number"] = json!(number);
        order["external_id"] = Value::Null;
        let word = rng.pick(words(sheet.vocabulary));
        Row::new(number.clone(), request.customer.clone(), false, word, order)
    }
}
