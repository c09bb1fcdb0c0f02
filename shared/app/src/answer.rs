//! "Where is my order?": understand, verify, look one order up, answer from facts.
//!
//! Unknown order and wrong address get the same words, status and work, so nobody can find out which
//! orders exist. Every pair of order and address is an attempt, paid before anything is compared. A language model
//! may help to find the number in the question and to word the answer; what it says counts only if it stands in the
//! question, or in the facts.

use crate::code::Codes;
use crate::error::Result;
use crate::model::Model;
use crate::ports::{Clock, Fields, Limit, Llm, OrderStore, PortResult, Prompt, RateBuckets, TenantStore, WordingKey, WordingStore};
pub use crate::question::Question;
use crate::scope::{Identity, TenantScope};
use crate::tenant::TenantConfig;
use domain::ask::{self, AskFacts, Lang, Need, Plan};
use domain::email::Email;
use domain::ids::{CorrelationId, OrderId};
use domain::order::Order;
use futures::future::{join, join_all};
use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::Serialize;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// Wrong pairs of order and address before one caller has to wait.
pub const ATTEMPTS: Limit = Limit { count: 5, window: SignedDuration::from_mins(15) };
/// Questions from one caller.
pub const QUESTIONS: Limit = Limit { count: 60, window: SignedDuration::from_mins(1) };
/// Orders tried for one question.
const CANDIDATES_MAX: usize = 3;
/// A customer has their answer after this, whatever a model does.
pub const ANSWER_TIME: SignedDuration = SignedDuration::from_secs(5);

/// How long what a model made of facts is good, as long as the facts and the settings are the same.
pub const WORDS_KEPT: SignedDuration = SignedDuration::from_secs(3_600);

/// When a model worded an answer, if it was not the template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worded {
    /// For this question.
    Now,
    /// A while ago, for the same facts.
    Before,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// For the customer to read.
    pub reply: String,
    /// The order, once verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// Its word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The promised day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eta: Option<Date>,
    /// What is still missing: "order_id", "email".
    pub needs: Vec<&'static str>,
    /// Finds the logs.
    pub trace_id: String,
    /// An order was looked for, found or not.
    #[serde(skip)]
    pub looked_up: bool,
    /// When a model worded it; never, if it is the template's.
    #[serde(skip)]
    pub worded: Option<Worded>,
}

/// The use case.
#[derive(Clone)]
pub struct Ask {
    /// Orders.
    pub orders: Arc<dyn OrderStore>,
    /// Attempts.
    pub buckets: Arc<dyn RateBuckets>,
    /// Time zone, language, budget.
    pub tenants: Arc<dyn TenantStore>,
    /// Codes as a second proof, where they can be mailed.
    pub codes: Option<Codes>,
    /// Optional help.
    pub llm: Option<Arc<dyn Llm>>,
    /// What it has said lately.
    pub wordings: Arc<dyn WordingStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl Ask {
    /// Answers a question.
    ///
    /// `caller` tells one customer from another behind the same publishable key: their network.
    ///
    /// # Errors
    /// `Invalid` for a question that is empty or too long, `TooMany`, `Forbidden`, `Retryable`.
    pub async fn run(&self, identity: &Identity, caller: &str, question: &Question, correlation: &CorrelationId) -> Result<Answer> {
        identity.require("ask", |scopes| scopes.ask)?;
        let scope = TenantScope::of(identity);
        question.check()?;
        let now = self.clock.now();
        let config = self.tenants.config(scope.tenant()).await?.unwrap_or_default();
        let turn = Turn { scope: &scope, config: &config, until: now + ANSWER_TIME };
        let bucket = format!("ask:{caller}");
        let counting = self.allow(&scope, &bucket, 1, QUESTIONS);
        if let Some(code) = &question.code {
            counting.await?;
            return self.by_code(&turn, question, code, correlation).await;
        }
        let plan = ask::plan_in(&question.question, question.order_id.as_deref(), question.email.as_deref(), Some(&config.locale));
        if let Plan::Lookup { lang, candidates, emails, suggestion } = &plan {
            // A customer waits: the question is counted while their order is read.
            let (counted, found) = join(counting, self.verified(&scope, caller, candidates, emails)).await;
            counted?;
            return Ok(self.told(&turn, found?, (*lang, suggestion.as_deref()), question, correlation).await);
        }
        counting.await?;
        let (lang, candidates, emails, suggestion) = match self.helped(&turn, question, plan).await {
            Plan::Reply { text, needs, .. } => {
                let needs = needs
                    .iter()
                    .map(|need| match need {
                        Need::OrderId => "order_id",
                        Need::Email => "email",
                    })
                    .collect();
                let trace_id = correlation.to_string();
                return Ok(Answer {
                    reply: text,
                    order_id: None,
                    status: None,
                    eta: None,
                    needs,
                    trace_id,
                    looked_up: false,
                    worded: None,
                });
            }
            Plan::Lookup { lang, candidates, emails, suggestion } => (lang, candidates, emails, suggestion),
        };
        let found = self.verified(&scope, caller, &candidates, &emails).await?;
        Ok(self.told(&turn, found, (lang, suggestion.as_deref()), question, correlation).await)
    }

    async fn told(
        &self,
        turn: &Turn<'_>,
        found: Option<Order>,
        (lang, suggestion): (Lang, Option<&str>),
        question: &Question,
        correlation: &CorrelationId,
    ) -> Answer {
        match found {
            Some(order) => self.answered(turn, &order, lang, &question.question, correlation).await,
            None => refused(ask::neutral(lang, suggestion), correlation),
        }
    }

    /// Whoever has the code that went to the address on file need not name the address.
    async fn by_code(&self, turn: &Turn<'_>, question: &Question, code: &str, correlation: &CorrelationId) -> Result<Answer> {
        let lang = Lang::detect(&question.question, Some(&turn.config.locale));
        let named = question.order_id.clone().or_else(|| ask::order_candidates(&question.question).into_iter().next());
        let (Some(codes), Some(id)) = (&self.codes, named.and_then(|named| OrderId::written(&named).ok())) else {
            return Ok(refused(ask::neutral(lang, None), correlation));
        };
        // The code is used up last, when there is nothing left that could fail.
        let order = self.orders.load(turn.scope, &id).await?;
        let opens = codes.opens(turn.scope, &id, code).await?;
        match order.filter(|order| opens && order.contact.is_some()) {
            Some(order) => Ok(self.answered(turn, &order, lang, &question.question, correlation).await),
            None => Ok(refused(ask::neutral(lang, None), correlation)),
        }
    }

    async fn answered(&self, turn: &Turn<'_>, order: &Order, lang: Lang, question: &str, correlation: &CorrelationId) -> Answer {
        let facts = facts(order, turn.config.today(self.clock.now()));
        let (reply, worded) = self.worded(turn, &facts, lang, question).await;
        Answer {
            reply,
            order_id: Some(order.id.to_string()),
            status: Some(order.label().text().to_owned()),
            eta: order.tracks.eta,
            needs: Vec::new(),
            trace_id: correlation.to_string(),
            looked_up: true,
            worded,
        }
    }

    async fn allow(&self, scope: &TenantScope, bucket: &str, amount: u32, limit: Limit) -> Result<()> {
        self.buckets.take(scope, bucket, amount, limit, self.clock.now()).await?.or_wait()
    }

    /// The order that both parts name.
    ///
    /// Each address that is tried with an order is an attempt at it. Attempts are taken before anything is
    /// compared, so that of many simultaneous guesses no more than the budget are made, and given back when they turn
    /// out right. With several addresses only those at the order that was found are: else somebody with an order of
    /// their own could try addresses at all the others for nothing. Orders are read meanwhile: a customer waits.
    async fn verified(&self, scope: &TenantScope, caller: &str, candidates: &[OrderId], emails: &[Email]) -> Result<Option<Order>> {
        let candidates = &candidates[..candidates.len().min(CANDIDATES_MAX)];
        let tried = u32::try_from(emails.len()).unwrap_or(u32::MAX);
        let bucket = &|id: &OrderId| format!("attempt:{caller}:{id}");
        let taking = candidates.iter().map(|id| async move { self.allow(scope, &bucket(id), tried, ATTEMPTS).await });
        let loading = candidates.iter().map(|id| self.orders.load(scope, id));
        let (taken, loaded) = join(join_all(taking), join_all(loading)).await;
        if taken.iter().any(Result::is_err) {
            let paid = candidates.iter().zip(&taken).filter(|(_, taken)| taken.is_ok());
            self.give_back(scope, paid.map(|(id, _)| bucket(id)), tried).await;
            return taken.into_iter().collect::<Result<()>>().map(|()| None);
        }
        let found = owned(loaded, emails);
        match &found {
            Ok(None) => {}
            Ok(Some(order)) if emails.len() > 1 => self.give_back(scope, std::iter::once(bucket(&order.id)), tried).await,
            // An order of this address; or nothing was learned, because a dependency did not answer.
            Ok(Some(_)) | Err(_) => self.give_back(scope, candidates.iter().map(bucket), tried).await,
        }
        found
    }

    /// A right answer is not withheld because its attempts could not be given back: they end with the window.
    async fn give_back(&self, scope: &TenantScope, buckets: impl Iterator<Item = String> + Send, amount: u32) {
        for bucket in buckets {
            if let Err(why) = self.buckets.give_back(scope, &bucket, amount, self.clock.now()).await {
                tracing::warn!(tenant = %scope.tenant(), %why, "attempts were not given back");
            }
        }
    }

    /// Rules come first. Only for what they do not find, and what could stand in the question, is a model asked; its
    /// answer counts only if it stands there.
    async fn helped(&self, turn: &Turn<'_>, question: &Question, plan: Plan) -> Plan {
        let Plan::Reply { needs, .. } = &plan else { return plan };
        let text = &question.question;
        let number = needs.contains(&Need::OrderId) && text.chars().any(char::is_numeric) && ask::order_candidates(text).is_empty();
        let email = needs.contains(&Need::Email) && could_hold_an_email(text) && ask::emails(text).is_empty();
        if !number && !email {
            return plan;
        }
        let prompt = Prompt {
            system: "Extract the order number and the e-mail address from the customer's question, exactly as they are written there. \
                     Null for what is not there."
                .into(),
            user: text.clone(),
            fields: &["order_number", "email"],
            max_tokens: 60,
        };
        let Some(said) = self.said(turn, &prompt).await else { return plan };
        let number = said.get("order_number").filter(|_| number).and_then(|said| ask::accept_llm_candidate(text, said));
        let email = said.get("email").filter(|_| email).and_then(|said| ask::accept_llm_email(text, said));
        let number = number.as_deref().or(question.order_id.as_deref());
        let email = email.as_ref().map(Email::expose).or(question.email.as_deref());
        ask::plan_in(text, number, email, Some(&turn.config.locale))
    }

    /// A model may word the answer; what it says must pass the same check as any other text, else the
    /// template answers. What has passed is kept under all that it was made of: the template names the order and states its facts, and of the
    /// customer it says nothing. So no other order, tenant, language, day or settings can find it. What a customer wrote is sent to no model here, and
    /// what a model finds in it is never kept.
    async fn worded(&self, turn: &Turn<'_>, facts: &AskFacts, lang: Lang, question: &str) -> (String, Option<Worded>) {
        let template = ask::compose(facts, lang, question);
        if self.llm.is_none() {
            return (template, None);
        }
        let style = turn.config.llm_style.as_ref().map(|style| format!(" Style: {style}")).unwrap_or_default();
        let prompt = Prompt {
            system: format!(
                "Rewrite the message for the customer in 2 to 4 friendly sentences, in its language. Keep every number, date and \
                 status exactly as given. Add no promise, no other fact and no link.{style}"
            ),
            user: template.clone(),
            fields: &["reply"],
            max_tokens: 180,
        };
        let key = WordingKey::of(turn.config.version, &prompt);
        let holds = |text: &String| ask::verify(text, facts).is_ok();
        if let Some(text) = self.kept(turn, &key).await.filter(holds) {
            return (ask::closed(&text, lang), Some(Worded::Before));
        }
        let said = self.said(turn, &prompt).await.and_then(|mut said| said.remove("reply"));
        match said.filter(holds) {
            Some(text) => {
                if let Err(why) = self.wordings.keep(turn.scope, &key, &text, self.clock.now() + WORDS_KEPT).await {
                    tracing::warn!(tenant = %turn.scope.tenant(), %why, "a wording is not kept");
                }
                (ask::closed(&text, lang), Some(Worded::Now))
            }
            None => (template, None),
        }
    }

    /// A store that does not answer has kept nothing.
    async fn kept(&self, turn: &Turn<'_>, key: &WordingKey) -> Option<String> {
        let kept = self.wordings.kept(turn.scope, key, self.clock.now()).await;
        kept.inspect_err(|why| tracing::warn!(tenant = %turn.scope.tenant(), %why, "kept wordings cannot be read")).ok().flatten()
    }

    /// What a model says, if there is one that can be expected to answer in what is left of the customer's patience and
    /// of the day's budget.
    async fn said(&self, turn: &Turn<'_>, prompt: &Prompt) -> Option<Fields> {
        let model = Model { llm: self.llm.clone(), buckets: self.buckets.clone(), clock: self.clock.clone() };
        model.say((turn.scope, turn.config), "llm-tokens", turn.until, prompt).await
    }
}

/// What anybody hears who has not proved that an order is theirs.
fn refused(reply: String, correlation: &CorrelationId) -> Answer {
    let needs = vec!["order_id", "email"];
    let trace_id = correlation.to_string();
    Answer { reply, order_id: None, status: None, eta: None, needs, trace_id, looked_up: true, worded: None }
}

/// One question on its way to its answer.
struct Turn<'a> {
    scope: &'a TenantScope,
    config: &'a TenantConfig,
    until: Timestamp,
}

/// An address that the rules do not see is written around an "at" of some kind.
fn could_hold_an_email(text: &str) -> bool {
    let word = |word: &str| matches!(word.to_lowercase().trim_matches(|c: char| !c.is_alphanumeric()), "at" | "małpa" | "arroba" | "dot");
    text.contains(['@', '＠']) || text.split_whitespace().any(word)
}

/// Every order is compared with every address, found or not, so that an unknown number and a wrong address cost the
/// same.
fn owned(loaded: Vec<PortResult<Option<Order>>>, emails: &[Email]) -> Result<Option<Order>> {
    let mut found = None;
    for order in loaded {
        let order = order?;
        let on_file = order.as_ref().and_then(|order| order.contact.as_ref()).and_then(|contact| contact.email.as_ref());
        let matches = emails.iter().fold(false, |any, email| same(on_file, email) | any);
        if matches && found.is_none() {
            found = order;
        }
    }
    Ok(found)
}

/// Compares without telling by its timing how much of it was right.
fn same(on_file: Option<&Email>, given: &Email) -> bool {
    use sha2::{Digest, Sha256};
    let digest = |text: &str| Sha256::digest(text.to_lowercase().as_bytes());
    let (known, expected) = (on_file.is_some(), digest(on_file.map_or("", Email::expose)));
    let equal: bool = expected.as_slice().ct_eq(digest(given.expose()).as_slice()).into();
    known && equal
}

/// The facts of one order that an answer may state.
pub fn facts(order: &Order, today: Date) -> AskFacts {
    let days_late = order.days_late(today);
    AskFacts {
        number: order.id.to_string(),
        label: order.label(),
        eta: order.tracks.eta,
        delayed: order.label() == domain::order::Label::Delayed || days_late.is_some(),
        days_late,
        today,
        carrier: None,
        tracking_url: None,
    }
}
