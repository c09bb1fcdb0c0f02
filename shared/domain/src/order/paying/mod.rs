//! How an order is paid: what was asked of payment providers, and what is to be asked next.
//!
//! The money [`Ledger`] is part of the order and moves with its commits. An operation is written down with one commit
//! ([`MoneyCommand::Begin`]), the provider is asked, and what became of it is another ([`MoneyCommand::Settle`]). Whoever dies in between
//! leaves an operation that [`Order::money_work`] shows to the next who looks. A provider's webhook moves no money and says nothing that is
//! believed: it has the operation looked up ([`MoneyCommand::Report`]).

mod decide;
mod means;
#[cfg(test)]
mod tests;
mod work;

pub(super) use decide::{collected, money, restated};
pub use means::Means;
pub use work::{MoneyWork, UNKNOWN_FOR, Wanted};

use super::Order;
use crate::ids::TenantId;
use crate::money::Money;
use crate::payment::{Kind, Ledger, Operation, Outcome, Outside, PaymentMethod, State, Wish};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The rule's name, as histories have it.
pub const RULE: &str = "payments";

/// How a shop wants its orders paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PayRules {
    /// So long stock is set aside for an order that nobody has paid, in seconds. It begins anew with every attempt.
    pub unpaid_after_s: u32,
    /// The same of an order that its customer's bank pays, in hours.
    pub transfer_within_h: u32,
    /// What was promised is taken then, if it was not taken when the order left; in hours. 0 = only when it leaves.
    pub capture_after_h: u32,
    /// An order that is called off before anything of it has left gets its money back by itself.
    pub refund_cancelled: bool,
}

impl PayRules {
    /// Longest time that stock is set aside for an unpaid order, in seconds: a day.
    pub const UNPAID_S_MAX: u32 = 86_400;
    /// Longest time for a bank transfer, in hours: thirty days.
    pub const TRANSFER_H_MAX: u32 = 720;
    /// Longest time until what was promised is taken, in hours: promises hold for seven days.
    pub const CAPTURE_H_MAX: u32 = 160;
}

impl Default for PayRules {
    fn default() -> Self {
        PayRules { unpaid_after_s: 1_800, transfer_within_h: 168, capture_after_h: 24, refund_cancelled: true }
    }
}

/// What a new order is paid with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayPlan {
    /// Whose order it is; part of what operations are called at the providers.
    pub tenant: TenantId,
    /// With what.
    pub method: PaymentMethod,
    /// The money is collected here: by a provider, or it is waited for. Else somebody else sees to it.
    pub collects: bool,
    /// There is a token by which a provider may be asked without the customer.
    pub token: bool,
    /// How the shop wants it.
    pub rules: PayRules,
}

/// How an order is paid. It keeps the rules it began with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paying {
    /// With what.
    pub method: PaymentMethod,
    /// The money is collected here.
    pub collects: bool,
    /// How the shop wanted it.
    pub rules: PayRules,
    /// What was asked of providers, and what became of it.
    pub ledger: Ledger,
    /// Operations that a provider has reported about, to be looked up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reported: Vec<u32>,
    /// Captures of which something may have gone back, to be looked up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub returns: Vec<u32>,
    /// Since when something that was reported waits to be looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported_at: Option<Timestamp>,
    /// When an open operation was last looked up in vain.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub looked: BTreeMap<u32, Timestamp>,
    /// There is a token by which a provider may be asked without the customer; it stands with the customer's data.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub token: bool,
    /// Another system says that the money has gone back there: it does not go back once more by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub elsewhere: bool,
    /// The customer wants to try again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// A person wants the money to be taken now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub capture: bool,
    /// Refunds of what was taken for lines that were called off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spares: Vec<u32>,
    /// No provider takes it, until the customer tries something else.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nobody: bool,
    /// Whoever is to be asked next fails at the moment, and is left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub away: Option<Away>,
    /// When somebody was last sent to look, and how often since anything has happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub woken: Option<(Timestamp, u8)>,
}

/// Since when somebody is away, and when they were last found so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Away {
    /// When that was first noted.
    pub since: Timestamp,
    /// When it was noted last.
    pub at: Timestamp,
}

impl Paying {
    fn of(ledger: Ledger, method: PaymentMethod, (collects, token): (bool, bool), rules: PayRules) -> Paying {
        Paying {
            method,
            collects,
            rules,
            ledger,
            reported: Vec::new(),
            returns: Vec::new(),
            reported_at: None,
            looked: BTreeMap::new(),
            token,
            elsewhere: false,
            again: false,
            capture: false,
            spares: Vec::new(),
            nobody: false,
            away: None,
            woken: None,
        }
    }

    /// Whether it may be waited for somebody who is away, once more.
    pub fn may_wait(&self, now: Timestamp) -> bool {
        self.away.is_none_or(|away| now.duration_since(away.since) < UNKNOWN_FOR)
    }

    /// Providers say where this order's money stands, and nobody else does.
    pub fn governs(&self) -> bool {
        self.collects && self.method.is_authorized()
    }

    /// What a provider may have news of: everything that is open, and a last try that came to nothing, which its customer may have mended at the
    /// provider's page.
    pub fn to_check(&self) -> Vec<u32> {
        let last = self.ledger.operations().iter().rfind(|one| one.kind == Kind::Authorize);
        let failed = last.filter(|one| matches!(one.state, State::Declined { .. } | State::Cancelled));
        let open = self.ledger.operations().iter().filter(|one| self.ledger.is_open(one));
        open.chain(failed).map(|one| one.n).collect()
    }

    /// The customer has to confirm.
    pub fn awaits_customer(&self) -> bool {
        let waits = |one: &&Operation| one.kind == Kind::Authorize && one.state == State::RequiresAction && self.ledger.is_open(one);
        self.ledger.operations().iter().any(|one| waits(&one))
    }

    /// Takes in what happened. News of a ledger is a join, so what is refused here was refused before it became an event.
    pub(super) fn went(&mut self, event: &MoneyEvent, at: Timestamp) {
        if !matches!(event, MoneyEvent::Woken | MoneyEvent::Looked { .. }) {
            self.woken = None;
        }
        // They are there again, or somebody else is asked.
        let is_answer = match event {
            MoneyEvent::Settled { outcome, .. } => *outcome != Outcome::Unknown,
            MoneyEvent::Began { operation, .. } => operation.kind == Kind::Authorize,
            MoneyEvent::Returned { .. } | MoneyEvent::Retried { .. } | MoneyEvent::NoProvider { .. } => true,
            _ => false,
        };
        if is_answer {
            self.away = None;
        }
        match event {
            MoneyEvent::Opened { .. } | MoneyEvent::RefundAsked { .. } | MoneyEvent::GaveUp { .. } => {}
            MoneyEvent::Began { operation, spares, .. } => {
                if *spares {
                    self.spares.push(operation.n);
                }
                if operation.kind == Kind::Authorize {
                    self.again = false;
                }
                if matches!(operation.kind, Kind::Capture { .. }) {
                    self.capture = false;
                }
                let _ = self.ledger.record((**operation).clone());
            }
            MoneyEvent::Settled { n, outcome, .. } => {
                let _ = self.ledger.settle(*n, outcome, at);
                self.reported.retain(|other| other != n);
                let is_open = self.ledger.operation(*n).is_some_and(|one| one.state.is_open() && one.state != State::Unknown);
                if is_open {
                    self.looked.insert(*n, at);
                } else {
                    self.looked.remove(n);
                }
            }
            MoneyEvent::Looked { n } => {
                self.reported.retain(|other| other != n);
                if self.ledger.operation(*n).is_some_and(|one| one.state.is_open()) {
                    self.looked.insert(*n, at);
                }
            }
            MoneyEvent::Returned { capture, news } => {
                self.returns.retain(|other| other != capture);
                for one in news {
                    let _ = self.ledger.hear(one.clone());
                }
            }
            MoneyEvent::Reported { operations, captures } => {
                join(&mut self.reported, operations);
                join(&mut self.returns, captures);
            }
            MoneyEvent::Retried { token, .. } => {
                (self.again, self.nobody) = (true, false);
                self.token = *token;
            }
            MoneyEvent::CaptureAsked => self.capture = true,
            MoneyEvent::NoProvider { .. } => (self.nobody, self.again) = (true, false),
            MoneyEvent::Away => self.away = Some(Away { since: self.away.map_or(at, |away| away.since), at }),
            MoneyEvent::Woken => self.woken = Some((at, self.woken.map_or(0, |(_, times)| times).saturating_add(1))),
        }
        let waits = !self.reported.is_empty() || !self.returns.is_empty();
        self.reported_at = waits.then(|| self.reported_at.unwrap_or(at));
    }
}

impl Order {
    pub(super) fn paid(&mut self, event: &MoneyEvent, at: Timestamp) {
        if let MoneyEvent::Opened { tenant, method, collects, token, rules } = event {
            let ledger = Ledger::new(tenant.clone(), self.id.clone(), self.totals.total());
            self.paying = Some(Box::new(Paying::of(ledger, *method, (*collects, *token), *rules)));
            return;
        }
        let Some(paying) = &mut self.paying else { return };
        paying.went(event, at);
        let waits = paying.awaits_customer();
        let Some(contact) = &mut self.contact else { return };
        if let MoneyEvent::Settled { means: Some(means), .. } | MoneyEvent::Retried { means: Some(means), .. } = event {
            let known = contact.means.take().map(|known| *known);
            let is_whole = matches!(event, MoneyEvent::Retried { .. });
            contact.means = Some(if is_whole { means.clone() } else { Box::new((**means).clone().over(known)) });
        }
        if !waits && let Some(means) = &mut contact.means {
            (means.client_secret, means.url) = (None, None);
        }
    }
}

fn join(known: &mut Vec<u32>, more: &[u32]) {
    for n in more {
        if !known.contains(n) {
            known.push(*n);
        }
    }
}

/// What happened to an order's money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum MoneyEvent {
    /// It is to be paid.
    Opened {
        /// Whose order it is.
        tenant: TenantId,
        /// With what.
        method: PaymentMethod,
        /// The money is collected here.
        collects: bool,
        /// There is a token.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        token: bool,
        /// How the shop wants it.
        rules: PayRules,
    },
    /// An operation was written down; the provider is asked next.
    Began {
        /// Which.
        operation: Box<Operation>,
        /// Why this provider, a line each.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        why: Vec<String>,
        /// It gives back what was taken for lines that were called off.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        spares: bool,
    },
    /// There is news of an operation.
    Settled {
        /// Its number.
        n: u32,
        /// What.
        outcome: Outcome,
        /// Where the customer confirms, and what the provider's script on the shop's page needs. It stands with the customer's data and never in the history.
        #[serde(skip)]
        means: Option<Box<Means>>,
    },
    /// An operation was looked up, and there was no news of it.
    Looked {
        /// Its number.
        n: u32,
    },
    /// What went back of a capture, or is contested of it, by the provider's list.
    Returned {
        /// The capture.
        capture: u32,
        /// What is new.
        news: Vec<Outside>,
    },
    /// A provider has reported; it is to be looked up.
    Reported {
        /// Operations.
        operations: Vec<u32>,
        /// Captures of which something may have gone back.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        captures: Vec<u32>,
    },
    /// The customer tries again.
    Retried {
        /// With a token.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        token: bool,
        /// With what. It stands with the customer's data and never in the history.
        #[serde(skip)]
        means: Option<Box<Means>>,
    },
    /// A person wants the money to be taken now.
    CaptureAsked,
    /// A person wants money to go back.
    RefundAsked {
        /// How much.
        amount: Money,
        /// Why, in their words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// There is no provider that takes it.
    NoProvider {
        /// Why not, a line each.
        why: Vec<String>,
    },
    /// Nobody has paid in time, or the money could not be taken.
    GaveUp {
        /// Why.
        why: String,
    },
    /// Whoever is to be asked fails, and is left alone for a while.
    Away,
    /// It is time for somebody to look.
    Woken,
}

impl MoneyEvent {
    /// Its short name.
    pub const fn name(&self) -> &'static str {
        match self {
            MoneyEvent::Opened { .. } => "payment_opened",
            MoneyEvent::Began { .. } => "payment_began",
            MoneyEvent::Settled { .. } => "payment_settled",
            MoneyEvent::Looked { .. } => "payment_looked_up",
            MoneyEvent::Returned { .. } => "payment_returned",
            MoneyEvent::Reported { .. } => "payment_reported",
            MoneyEvent::Retried { .. } => "payment_retried",
            MoneyEvent::CaptureAsked => "capture_asked",
            MoneyEvent::RefundAsked { .. } => "refund_asked",
            MoneyEvent::NoProvider { .. } => "payment_without_provider",
            MoneyEvent::GaveUp { .. } => "payment_given_up",
            MoneyEvent::Away => "payment_providers_away",
            MoneyEvent::Woken => "payment_woken",
        }
    }

    /// As a timeline shows it.
    pub fn in_words(&self) -> String {
        let amount = |money: &Money| format!("{} {}", money.decimal(), money.currency.code());
        match self {
            MoneyEvent::Opened { method, collects: true, .. } => format!("To be paid by {}", method.word().replace('_', " ")),
            MoneyEvent::Opened { method, .. } => format!("Paid elsewhere, by {}", method.word().replace('_', " ")),
            MoneyEvent::Began { operation, .. } => {
                let what = match operation.kind {
                    Kind::Authorize => "is asked to authorize",
                    Kind::Capture { .. } => "is asked to capture",
                    Kind::Void { .. } => "is asked to give back the promise of",
                    Kind::Refund { .. } => "is asked to refund",
                };
                format!("{} {what} {} (no. {})", operation.provider.title(), amount(&operation.amount), operation.n)
            }
            MoneyEvent::Settled { n, outcome, .. } => match outcome {
                Outcome::Unknown => format!("No. {n}: no answer came; it will be looked up"),
                Outcome::RequiresAction { .. } => format!("No. {n}: the customer has to confirm"),
                Outcome::Pending { .. } => format!("No. {n}: the provider is at it"),
                Outcome::Cancelled => format!("No. {n}: called off"),
                Outcome::Declined { code, soft, .. } => {
                    format!("No. {n}: declined ({code}){}", if *soft { ", which may pass" } else { "" })
                }
                Outcome::Ok { amount: done, .. } => format!("No. {n}: done, {}", amount(done)),
                Outcome::Released(_) => format!("No. {n}: the promise does not hold any more"),
            },
            MoneyEvent::Looked { n } => format!("No. {n} was looked up: nothing new"),
            MoneyEvent::Returned { news, .. } if news.is_empty() => "Nothing has gone back at the provider's".to_owned(),
            MoneyEvent::Returned { news, .. } => {
                let told: Vec<String> = news.iter().map(|one| format!("{} of {}", one.kind.word(), amount(&one.amount))).collect();
                format!("At the provider's: {}", told.join(", "))
            }
            MoneyEvent::Reported { .. } => "The provider has news, which is looked up".to_owned(),
            MoneyEvent::Retried { .. } => "The customer tries again".to_owned(),
            MoneyEvent::CaptureAsked => "The money is to be taken now".to_owned(),
            MoneyEvent::RefundAsked { amount: asked, reason } => {
                let why = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
                format!("To be refunded: {}{why}", amount(asked))
            }
            MoneyEvent::NoProvider { why } => format!("No payment provider takes it: {}", why.join("; ")),
            MoneyEvent::GaveUp { why } => format!("Given up: {why}"),
            MoneyEvent::Away => "The payment provider does not answer at the moment; it is asked again later".to_owned(),
            MoneyEvent::Woken => "Time to see to the payment".to_owned(),
        }
    }

    /// What people wrote in it.
    pub(super) fn words(&mut self) -> Option<&mut String> {
        match self {
            MoneyEvent::RefundAsked { reason: Some(reason), .. } => Some(reason),
            _ => None,
        }
    }
}

/// What can be asked about an order's money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoneyCommand {
    /// Write an operation down, so that its provider may be asked.
    Begin {
        /// What.
        wish: Wish,
        /// Why this provider.
        why: Vec<String>,
    },
    /// Note that there is no provider that takes it.
    NoProvider {
        /// Why not.
        why: Vec<String>,
    },
    /// Note that whoever is to be asked is away.
    Away,
    /// Take in what became of an operation.
    Settle {
        /// Its number.
        n: u32,
        /// What.
        outcome: Outcome,
        /// Where the customer confirms.
        url: Option<String>,
        /// What the provider's script needs.
        client_secret: Option<String>,
    },
    /// Note that an operation was looked up in vain.
    Looked {
        /// Its number.
        n: u32,
    },
    /// Take in what the provider lists of a capture.
    Returned {
        /// The capture.
        capture: u32,
        /// All that it lists.
        news: Vec<Outside>,
    },
    /// Have looked up what a provider reports about.
    Report {
        /// Operations.
        operations: Vec<u32>,
        /// Captures of which something may have gone back.
        captures: Vec<u32>,
    },
    /// Let the customer try again.
    TryAgain {
        /// With what.
        means: Means,
    },
    /// Take the money now.
    Capture,
    /// Give money back.
    Refund {
        /// How much; all that is left if nobody says.
        amount: Option<Money>,
        /// Why.
        reason: Option<String>,
        /// Only if the ledger still has so many operations: who looks at a page and clicks twice refunds once.
        seen: Option<usize>,
    },
    /// Do what time alone makes due, and send somebody to look.
    Wake,
}

/// Longest reason of a refund, in characters.
pub const REASON_CHARS_MAX: usize = 500;
/// What was refused is asked for again after this.
const CAPTURE_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(30);
/// Attempts to take, void or refund the same money, before a person has to look.
const ATTEMPTS_MAX: usize = 3;
