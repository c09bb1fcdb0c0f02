//! Senders who tell how an order fares, and what is the matter with their webhooks.

use super::shop::Shop;
use crate::rng::Rng;
use app::tenant::SignatureScheme;
use domain::ids::CorrelationId;
use domain::order::Vocabulary;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// What is the matter with a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letter {
    /// Nothing.
    Good,
    /// It names an order nobody knows.
    UnknownOrder,
    /// It uses a word its vocabulary does not have.
    UnknownWord,
    /// It names another customer.
    WrongAddress,
    /// It is not what it should be.
    Malformed,
    /// Its signature is not the sender's.
    Forged,
    /// It reuses the id of another.
    Impostor,
}

impl Letter {
    /// The code it ends parked under; none if it is applied, or never taken in.
    pub fn parked_as(self) -> Option<&'static str> {
        match self {
            Letter::UnknownOrder => Some("unknown_order"),
            Letter::UnknownWord => Some("unknown_status"),
            Letter::WrongAddress => Some("email_mismatch"),
            _ => None,
        }
    }

    /// It is never taken in.
    pub fn is_refused(self) -> bool {
        matches!(self, Letter::Malformed | Letter::Forged | Letter::Impostor)
    }
}

/// A webhook; it is sent until it is answered.
pub struct Hook {
    /// Which shop.
    pub shop: usize,
    /// Which of its senders.
    pub sender: usize,
    /// What is the matter with it.
    pub letter: Letter,
    /// The sender's id for it.
    pub id: String,
    /// As it goes over the wire.
    pub body: String,
    /// The order it is about.
    pub order: String,
    /// The order of the customer it names.
    pub customers_order: String,
    /// The word it says.
    pub word: &'static str,
    /// When it happened, by its own word.
    pub occurred_at: Option<Timestamp>,
    /// The sender's counter.
    pub sequence: Option<u64>,
    /// The promised day.
    pub eta: Option<jiff::civil::Date>,
    /// It is sent at this second at the earliest.
    pub due: i64,
    /// Ties what follows to it.
    pub correlation: CorrelationId,
}

fn words(vocabulary: Vocabulary, rng: &mut Rng) -> Vec<&'static str> {
    let mut words: Vec<&'static str> = match vocabulary {
        Vocabulary::Sheet => vec!["Received", "Shipped", "In Transit", "Delayed", "Delivered"],
        Vocabulary::Shop => vec!["pending", "processing", "shipped", "delivered", "fulfilled"],
        Vocabulary::Workflow => {
            vec![
                "payment_authorized",
                "payment_captured",
                "inventory_reserved",
                "ready_to_ship",
                "shipped",
                "out_for_delivery",
                "delivered",
            ]
        }
        _ => vec![
            "order_paid",
            "pick_started",
            "pack_completed",
            "label_created",
            "picked_up",
            "in_transit",
            "out_for_delivery",
            "delivered",
        ],
    };
    if rng.per_mille(250) {
        words.truncate(1 + rng.below(words.len()));
        words.push(match vocabulary {
            Vocabulary::Sheet => rng.pick(&["cancelled", "returned", "on_hold"]),
            Vocabulary::Shop => rng.pick(&["cancelled", "refunded"]),
            Vocabulary::Workflow => rng.pick(&["cancelled", "refunded", "on_hold", "failed", "partially_refunded"]),
            _ => rng.pick(&["order_cancelled", "delivery_failed", "returned"]),
        });
    }
    words.retain(|_| !rng.per_mille(250));
    words
}

impl Shop {
    /// What its senders will tell of an order, in whatever order they get round to it.
    pub fn storyline(&mut self, index: usize, order: &str, email: Option<&str>, now: Timestamp, rng: &mut Rng) -> Vec<Hook> {
        let mut hooks = Vec::new();
        let address = email.unwrap_or("somebody@elsewhere.example").to_owned();
        for sender in 0..self.senders.len() {
            if rng.per_mille(250) {
                continue;
            }
            // Half of a story lies behind us and half ahead; clocks of senders differ from ours.
            let mut at = now - SignedDuration::from_secs(rng.between(0, 1800));
            let skew = if rng.per_mille(300) { rng.between(-600, 600) } else { 0 };
            let mut sequence = 0;
            for word in words(self.senders[sender].vocabulary, rng) {
                at += SignedDuration::from_millis(rng.between(1, 600_000));
                sequence += 1;
                let counted = self.senders[sender].counts.then_some(sequence);
                let occurred_at = (!rng.per_mille(100)).then_some(at + SignedDuration::from_secs(skew));
                let letter = match rng.below(100) {
                    0 => Letter::UnknownOrder,
                    1 => Letter::UnknownWord,
                    2 if email.is_some() => Letter::WrongAddress,
                    3 => Letter::Malformed,
                    4 => Letter::Forged,
                    _ => Letter::Good,
                };
                let story = Told { order, word, address: &address, occurred_at, sequence: counted, due: at.as_second() };
                hooks.push(self.hook(index, sender, letter, &story, rng));
            }
        }
        hooks
    }

    fn hook(&mut self, index: usize, sender: usize, letter: Letter, told: &Told<'_>, rng: &mut Rng) -> Hook {
        use std::fmt::Write;
        self.events += 1;
        let id = format!("evt-{}", self.events);
        let order = if letter == Letter::UnknownOrder { format!("nobody-{}", self.events) } else { told.order.to_owned() };
        let word = if letter == Letter::UnknownWord { "teleported" } else { told.word };
        let address = match letter {
            Letter::WrongAddress => "mallory@elsewhere.example",
            _ => told.address,
        };
        let eta = rng.per_mille(80).then(|| jiff::civil::date(2025, 8, 10) + (rng.between(0, 9)).days());
        let mut body = String::with_capacity(224);
        let _ = write!(body, r#"{{"id":"{id}","orderId":"{order}","status":"{word}","email":"{address}""#);
        if let Some(at) = told.occurred_at {
            let _ = write!(body, r#","occurredAt":"{at}""#);
        }
        if let Some(sequence) = told.sequence {
            let _ = write!(body, r#","sequence":{sequence}"#);
        }
        if let Some(eta) = eta {
            let _ = write!(body, r#","eta":"{eta}""#);
        }
        body.push('}');
        if letter == Letter::Malformed {
            body = match rng.below(3) {
                0 => format!(r#"{{"id":"{id}","orderId":["{order}"],"status":null}}"#),
                1 => format!("not json {id}"),
                _ => format!(r#"{{"id":"{id}","orderId":"{order}","status":"Shipped","email":"not an address"}}"#),
            };
        }
        let correlation = CorrelationId::parse(&format!("hook-{index}-{}", self.events)).expect("a token");
        let (occurred_at, sequence, due) = (told.occurred_at, told.sequence, told.due);
        Hook {
            shop: index,
            sender,
            letter,
            id,
            body,
            order,
            customers_order: told.order.to_owned(),
            word,
            occurred_at,
            sequence,
            eta,
            due,
            correlation,
        }
    }

    /// Another message under the id of one that was taken in.
    pub fn impostor(&mut self, of: &Hook) -> Option<Hook> {
        if self.senders[of.sender].scheme != SignatureScheme::StandardWebhooks || of.letter == Letter::Impostor {
            return None;
        }
        let body = of.body.replace(&format!(r#""status":"{}""#, of.word), r#""status":"cancelled""#);
        (body != of.body).then(|| Hook {
            shop: of.shop,
            sender: of.sender,
            letter: Letter::Impostor,
            id: of.id.clone(),
            body,
            order: of.order.clone(),
            customers_order: of.customers_order.clone(),
            word: "cancelled",
            occurred_at: of.occurred_at,
            sequence: of.sequence,
            eta: of.eta,
            due: of.due,
            correlation: of.correlation.clone(),
        })
    }
}

struct Told<'a> {
    order: &'a str,
    word: &'static str,
    address: &'a str,
    occurred_at: Option<Timestamp>,
    sequence: Option<u64>,
    due: i64,
}
