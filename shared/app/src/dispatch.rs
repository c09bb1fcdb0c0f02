//! Labels are bought and given back, and carriers are asked where parcels are.
//!
//! A try is committed before the carrier is asked, so whoever comes beside it finds somebody at it, and whoever dies leaves it for the one
//! who looks when the carrier can say what became of it. A label is stored before the order remembers it, and its parcel lies on the carrier's
//! pile before that, so that no manifest leaves it out.

pub mod collection;
pub mod door;
pub mod manifests;

use crate::apply::{Alongside, Applied, Apply};
use crate::arrival;
use crate::context::{Context, Provenance};
use crate::error::{Error, Result};
use crate::photos::delete_below;
use crate::ports::{
    BoughtLabel, Carrier, CarrierAccount, CarrierError, Carriers, Consignment, DocumentFormat, Found, ManifestStore, MetricStore, Party,
    Purchase, ReportStore, TenantStore, Voided,
};
use crate::scope::TenantScope;
use contracts::{Envelope, Payload};
use domain::ids::{CorrelationId, FulfilmentId, OrderId, TrackingNumber};
use domain::order::fulfilling::RULE;
use domain::order::{Actor, Command, FulfilCommand, LabelCommand, LabelOutcome, LabelState, LabelWork, Order, ParcelLabel, Sighting};
use domain::shipping::manifest::WaitingParcel;
use domain::shipping::{CarrierName, Quote, address, rates};
use futures::stream::{self, StreamExt};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;
use std::sync::Arc;

/// Things done about one order in a row.
const PASSES: usize = 24;
/// Longest time that one label may take: offers of all carriers at once, whether it was sold before, and buying it.
const BUYING_TIME: SignedDuration = SignedDuration::from_secs(46);
/// Longest time that one question takes.
const ASKING_TIME: SignedDuration = SignedDuration::from_secs(16);
/// Carriers asked at once.
const AT_ONCE: usize = 4;
/// How long a link to a label works.
pub const LINK_VALID_FOR: SignedDuration = SignedDuration::from_mins(15);

/// The use case.
#[derive(Clone)]
pub struct Dispatch {
    /// The way into an order.
    pub apply: Apply,
    /// Carriers.
    pub carriers: Arc<dyn Carriers>,
    /// Where labels lie.
    pub files: Arc<dyn ReportStore>,
    /// Settings.
    pub tenants: Arc<dyn TenantStore>,
    /// How long others took.
    pub metrics: Arc<dyn MetricStore>,
    /// What waits for carriers.
    pub manifests: Arc<dyn ManifestStore>,
}

/// On whose behalf the workers act.
fn by_rule(correlation: &CorrelationId) -> Provenance {
    Provenance { actor: Actor::Rule { name: RULE.to_owned() }, correlation: correlation.clone() }
}

/// One of the order's labels, and the parcel it is for.
#[derive(Clone, Copy)]
struct Job<'a> {
    context: Context<'a>,
    order: &'a Order,
    parcel: &'a domain::order::Consignment,
    label: &'a ParcelLabel,
}

impl Dispatch {
    /// Does what an event asks for; how many commits that made. `until` is when it has to be done: no carrier is asked shortly before.
    ///
    /// # Errors
    /// `Retryable`: the message comes again, and nothing happens twice.
    pub async fn run(&self, event: &Envelope, until: Option<Timestamp>) -> Result<usize> {
        let Payload::ParcelDue(due) = &event.payload else { return Ok(0) };
        let scope = TenantScope::of_own_message(&event.tenant);
        let config = self.tenants.config(&event.tenant).await?.unwrap_or_default();
        let by = by_rule(&event.correlationid);
        let context = Context { scope: &scope, config: &config, by: &by };
        let id = OrderId::parse(&due.order_id).map_err(|why| Error::Fatal(why.to_string()))?;
        let commits = self.labels(context, &id, until).await?;
        Ok(commits + self.follow(context, &id, until).await?)
    }

    async fn labels(&self, context: Context<'_>, id: &OrderId, until: Option<Timestamp>) -> Result<usize> {
        let mut commits = 0;
        for _ in 0..PASSES {
            let Some(order) = self.apply.orders.load(context.scope, id).await? else { break };
            let Some((parcel, label, work)) = order.label_work(self.apply.clock.now()) else { break };
            self.has_time(until, BUYING_TIME)?;
            let job = Job { context, order: &order, parcel, label };
            let done = match work {
                LabelWork::Buy => self.buy(job).await?,
                LabelWork::FindOut => self.find_out(job).await?,
                LabelWork::Void => self.give_back(job).await?,
            };
            commits += usize::from(done);
            // Somebody else is at it.
            if !done {
                break;
            }
        }
        Ok(commits)
    }

    fn has_time(&self, until: Option<Timestamp>, needed: SignedDuration) -> Result<()> {
        match until {
            Some(until) if self.apply.clock.now() + needed > until => Err(Error::Retryable("no time is left to ask a carrier".into())),
            _ => Ok(()),
        }
    }

    /// Buys a label, or finds it if an earlier try has bought it.
    async fn buy(&self, job: Job<'_>) -> Result<bool> {
        // Whoever may have sold it is asked first, and nobody else.
        let asked = job.label.quote.clone().filter(|_| job.label.unsure);
        let mut unsure = asked.is_some();
        let consignment = match self.consignment(&job) {
            Ok(consignment) => consignment,
            Err(why) => return self.settle(&job, LabelOutcome::Refused { why, unsure }).await,
        };
        let chosen = match asked {
            Some(quote) => Ok((quote, job.label.why.clone())),
            None => self.choose(&job, &consignment).await,
        };
        let (quote, why) = match chosen {
            Ok(chosen) => chosen,
            Err(outcome) => return self.settle(&job, outcome).await,
        };
        let Some((carrier, account)) = self.carrier(job.context, quote.carrier) else {
            return self.settle(&job, no_account(quote.carrier, unsure)).await;
        };
        let trying = LabelCommand::Try { reference: job.label.reference.clone(), quote: quote.clone(), leaves: consignment.leaves, why };
        let tried = self.command(&job, trying).await?;
        let is_ours = tried.order.consignment(&job.parcel.work.id).and_then(|one| one.label_of(&job.label.reference));
        if tried.events.is_empty() || is_ours.is_none_or(|label| label.state != LabelState::Trying) {
            return Ok(!tried.events.is_empty());
        }
        if let Some(leaves) = job.label.leaves.filter(|_| unsure) {
            match carrier.find_label(account, &job.label.reference, leaves).await {
                Ok(Found::Label(bought)) => return self.keep(&job, (&quote, leaves), *bought).await,
                Ok(Found::Number(number)) => return self.settle(&job, LabelOutcome::Lost { number }).await,
                // What was not sold by the earlier try can be sold now.
                Ok(Found::Nothing) => unsure = false,
                // Such a carrier sells one label under one reference, however often it is asked.
                Ok(Found::CannotTell) => {}
                Err(error) => return self.settle(&job, said_no(error, true)).await,
            }
        }
        let leaves = consignment.leaves;
        let purchase = Purchase {
            reference: job.label.reference.clone(),
            consignment,
            service: quote.service,
            code: quote.code.clone(),
            tried_before: unsure,
        };
        match carrier.buy_label(account, &purchase).await {
            Ok(bought) => self.keep(&job, (&quote, leaves), bought).await,
            // It may be ours: the carrier can say when it has settled, and till then it stays as it is.
            Err(CarrierError::Unknown(why)) => {
                let why = nameless(&why, job.order);
                tracing::warn!(order = %job.order.id, reference = %job.label.reference, why, "a carrier did not say whether it sold a label");
                Ok(true)
            }
            Err(error) => self.settle(&job, said_no(error, unsure)).await,
        }
    }

    /// Whether a label that nobody wants any more was sold at all.
    async fn find_out(&self, job: Job<'_>) -> Result<bool> {
        let Some((carrier, leaves)) = job.label.quote.as_ref().map(|quote| quote.carrier).zip(job.label.leaves) else {
            return self.settle(&job, LabelOutcome::Voided { how: "nobody was asked for it".to_owned() }).await;
        };
        let Some((carrier, account)) = self.carrier(job.context, carrier) else {
            return self.settle(&job, no_account(carrier, true)).await;
        };
        let outcome = match carrier.find_label(account, &job.label.reference, leaves).await {
            Ok(Found::Label(bought)) => LabelOutcome::Lost { number: bought.tracking_number },
            Ok(Found::Number(number)) => LabelOutcome::Lost { number },
            Ok(Found::Nothing) => LabelOutcome::Voided { how: "the carrier has not sold it".to_owned() },
            Ok(Found::CannotTell) => LabelOutcome::Refused { why: "it cannot say so by itself".to_owned(), unsure: true },
            Err(error) => said_no(error, true),
        };
        self.settle(&job, outcome).await
    }

    async fn give_back(&self, job: Job<'_>) -> Result<bool> {
        let Some(((carrier, account), number)) = self.asked(&job).zip(job.label.number.as_ref()) else {
            let why = "the shop has no account with its carrier any more: void it there".to_owned();
            return self.settle(&job, LabelOutcome::Refused { why, unsure: false }).await;
        };
        let how = |how: &str| LabelOutcome::Voided { how: how.to_owned() };
        let outcome = match carrier.void_label(account, number).await {
            Ok(Voided::Void) => how("the carrier has taken it back"),
            Ok(Voided::RefundAsked) => how("the carrier gives the money back unless it sees the parcel"),
            Ok(Voided::NotNeeded) => how("nothing is owed before the carrier has the parcel"),
            Err(error) => said_no(error, false),
        };
        if let LabelOutcome::Voided { .. } = &outcome {
            // The paper of what is void is worth nothing any more, and nobody collects it.
            if let Some(file) = &job.label.file {
                self.files.delete(job.context.scope, &key(&job.order.id, file)).await?;
            }
            let waiting = job.parcel.waiting(&job.order.id, job.label);
            self.manifests.take(job.context.scope, waiting.as_slice()).await?;
        }
        self.settle(&job, outcome).await
    }

    /// Stores what is to be printed, puts the parcel with what its carrier collects, and has the order know of it.
    async fn keep(&self, job: &Job<'_>, (quote, leaves): (&Quote, Date), bought: BoughtLabel) -> Result<bool> {
        let carrier = quote.carrier;
        let (extension, content_type) = bought.document.format.on_file();
        let file = format!("{}.{extension}", job.label.reference);
        let bytes = Arc::unwrap_or_clone(bought.document.bytes);
        self.files.put(job.context.scope, &key(&job.order.id, &file), bytes, content_type).await?;
        let waiting = WaitingParcel {
            carrier,
            service: quote.service,
            location: job.parcel.work.from.clone(),
            order: job.order.id.clone(),
            parcel: job.parcel.work.id.clone(),
            reference: job.label.reference.clone(),
            number: bought.tracking_number.clone(),
            leaves,
        };
        self.manifests.lay(job.context.scope, &waiting, self.apply.clock.now()).await?;
        let followed = job.context.config.shipping.can_follow(carrier);
        let usual_gap_s = if followed { self.usual_gap_s(job, carrier).await } else { None };
        let outcome = LabelOutcome::Bought { number: bought.tracking_number, price: bought.price, file, followed, usual_gap_s };
        let command = LabelCommand::Settle { reference: job.label.reference.clone(), outcome };
        let applied = self.command(job, command).await?;
        // Its customer was forgotten while the carrier was asked.
        if applied.order.contact.is_none() {
            forget(&*self.files, job.context.scope, &job.order.id).await?;
        }
        Ok(!applied.events.is_empty())
    }

    /// How long others of its way go without a scan. The label is ours: nothing that is not known of that keeps it from its order.
    async fn usual_gap_s(&self, job: &Job<'_>, carrier: CarrierName) -> Option<i64> {
        let way = (job.order.country.as_deref(), carrier);
        let known = arrival::usual_gap_s(&*self.metrics, job.context.scope, way, self.apply.clock.now()).await;
        known.unwrap_or_else(|error| {
            tracing::warn!(order = %job.order.id, %error, "how long others of its way take between two scans could not be read");
            None
        })
    }

    /// The best offer, and why; or why there is none.
    async fn choose(&self, job: &Job<'_>, consignment: &Consignment) -> Result<(Quote, Vec<String>), LabelOutcome> {
        let (wish, shipping) = (&job.label.wish, &job.context.config.shipping);
        let asked = |name: &CarrierName| wish.carrier.is_none_or(|wanted| wanted == *name) && !job.label.refused.contains(name);
        let names: Vec<CarrierName> = shipping.carriers().filter(asked).collect();
        if names.is_empty() {
            let why = match (wish.carrier, &job.label.problem) {
                (Some(carrier), _) => return Err(no_account(carrier, false)),
                (None, Some(problem)) => format!("no carrier takes it; the last one said: {problem}"),
                (None, None) => "the shop has no account with a carrier: add one to the settings, shipping.accounts".to_owned(),
            };
            return Err(LabelOutcome::Refused { why, unsure: false });
        }
        let answers: Vec<_> = stream::iter(names)
            .map(|name| async move {
                let (carrier, account) = self.carrier(job.context, name)?;
                Some((name, carrier.rates(account, consignment).await))
            })
            .buffered(AT_ONCE)
            .filter_map(|answer| async { answer })
            .collect()
            .await;
        let (mut quotes, mut silent, mut away) = (Vec::new(), Vec::new(), false);
        for (name, answer) in answers {
            match answer {
                Ok(offers) => quotes.extend(offers.into_iter().filter(|offer| wish.service.is_none_or(|service| service == offer.service))),
                Err(error) => {
                    away |= !matches!(error, CarrierError::Rejected { .. });
                    silent.push(nameless(&format!("{}: {error}", name.title()), job.order));
                }
            }
        }
        // A service that was named is fast enough by that.
        let promise = job.order.tracks.eta.filter(|day| wish.service.is_none() && *day >= consignment.leaves);
        let choice = rates::choose(quotes, promise, consignment.currency);
        let Some(taken) = choice.taken.clone() else {
            let foreign = choice.considered.first().map(|offer| offer.quote.price.currency);
            let why = match foreign {
                Some(foreign) => format!(
                    "carriers offer in {}, and offers are compared in {}: set shipping.currency in the settings",
                    foreign.code(),
                    consignment.currency.code()
                ),
                None if silent.is_empty() => "no carrier of the shop offers that service for this way".to_owned(),
                None => silent.join("; "),
            };
            return Err(if away { LabelOutcome::Away { why, unsure: false } } else { LabelOutcome::Refused { why, unsure: false } });
        };
        let why = choice.explain().into_iter().chain(silent).collect();
        Ok((taken, why))
    }

    /// What a carrier is told of a parcel.
    fn consignment(&self, job: &Job<'_>) -> Result<Consignment, String> {
        let shipping = &job.context.config.shipping;
        let origin =
            shipping.origin(&job.parcel.work.from).ok_or("the shop has not said where it sends from: settings, shipping.origins")?;
        let contact = job.order.contact.as_ref().ok_or("its customer was forgotten: nobody knows where it goes")?;
        let written = contact.address.as_ref().ok_or("the order has no shipping address")?;
        let checked = address::check(written).map_err(|faults| {
            let faults: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
            format!("no carrier takes its address as it is written: {}", faults.join(", "))
        })?;
        let to = Party { name: contact.name.clone(), company: None, phone: contact.phone.clone(), address: checked.address };
        Ok(Consignment {
            from: origin.party().ok_or("the shop's own address does not hold any more: settings, shipping.origins")?,
            to,
            weight_g: job.label.wish.weight_g,
            size: job.label.wish.size,
            leaves: shipping.leaves_on(&job.parcel.work.from, self.apply.clock.now(), &job.context.zone()),
            currency: shipping.currency.unwrap_or(job.order.totals.currency),
        })
    }

    fn carrier<'a>(&self, context: Context<'a>, name: CarrierName) -> Option<(Arc<dyn Carrier>, &'a CarrierAccount)> {
        Some((self.carriers.of(name), context.config.shipping.account(name)?))
    }

    /// Who was asked for a label.
    fn asked<'a>(&self, job: &Job<'a>) -> Option<(Arc<dyn Carrier>, &'a CarrierAccount)> {
        self.carrier(job.context, job.label.quote.as_ref()?.carrier)
    }

    async fn settle(&self, job: &Job<'_>, mut outcome: LabelOutcome) -> Result<bool> {
        if let LabelOutcome::Refused { why, .. } | LabelOutcome::Away { why, .. } = &mut outcome {
            *why = nameless(why, job.order);
            let why = &*why;
            tracing::warn!(order = %job.order.id, reference = %job.label.reference, why, "a carrier did not do what it was asked");
        }
        let command = LabelCommand::Settle { reference: job.label.reference.clone(), outcome };
        Ok(!self.command(job, command).await?.events.is_empty())
    }

    async fn command(&self, job: &Job<'_>, command: LabelCommand) -> Result<Applied> {
        let command = Command::Fulfil(FulfilCommand::Label { id: job.parcel.work.id.clone(), command });
        self.apply.run(job.context, &job.order.id, &command, Alongside::default()).await
    }

    /// Asks carriers where parcels are, each once.
    async fn follow(&self, context: Context<'_>, id: &OrderId, until: Option<Timestamp>) -> Result<usize> {
        let Some(order) = self.apply.orders.load(context.scope, id).await? else { return Ok(0) };
        let mut commits = 0;
        for parcel in order.parcels_to_ask(self.apply.clock.now()) {
            let Some((way, carriage)) = parcel.way.as_ref().zip(parcel.carriage.as_ref()) else { continue };
            let Ok(number) = TrackingNumber::parse(&carriage.number) else { continue };
            let Some((carrier, account)) = self.carrier(context, way.carrier) else { continue };
            self.has_time(until, ASKING_TIME)?;
            match carrier.track(account, &number).await {
                Ok(tracked) => {
                    let seen = door::sighting(&tracked, false);
                    commits += usize::from(saw((&self.apply, &*self.manifests), context, id, &parcel.work.id, seen).await?);
                }
                // It is asked again by the clock.
                Err(error) => tracing::warn!(order = %id, parcel = %parcel.work.id, %error, "a carrier did not say where a parcel is"),
            }
        }
        Ok(commits)
    }
}

/// Takes in what a carrier says of a parcel; whether it was news. What it has in its hands it need not collect.
///
/// # Errors
/// `Retryable`.
pub async fn saw(
    (apply, manifests): (&Apply, &dyn ManifestStore),
    context: Context<'_>,
    id: &OrderId,
    parcel: &FulfilmentId,
    seen: Sighting,
) -> Result<bool> {
    let command = Command::Fulfil(FulfilCommand::See { id: parcel.clone(), seen });
    match apply.run(context, id, &command, Alongside::default()).await {
        Ok(applied) => {
            let scanned = |order: &Order| order.consignment(parcel).and_then(|one| one.way.as_ref()?.followed.scanned_at).is_some();
            let one = applied.order.consignment(parcel).filter(|one| one.has_left());
            if one.is_some() && !scanned(&applied.before) {
                let waiting = one.and_then(|one| one.waiting(id, one.label()?));
                manifests.take(context.scope, waiting.as_slice()).await?;
            }
            Ok(!applied.events.is_empty())
        }
        Err(Error::Rejected(why)) => {
            tracing::warn!(order = %id, %parcel, %why, "a carrier speaks of a parcel that the order does not have");
            Ok(false)
        }
        Err(why) => Err(why),
    }
}

fn no_account(carrier: CarrierName, unsure: bool) -> LabelOutcome {
    let why = format!("the shop has no account with {}: add one to the settings, shipping.accounts", carrier.title());
    LabelOutcome::Refused { why, unsure }
}

fn said_no(error: CarrierError, unsure: bool) -> LabelOutcome {
    match error {
        CarrierError::Rejected { message, .. } => LabelOutcome::Refused { why: message, unsure },
        CarrierError::Retryable(why) | CarrierError::Unknown(why) => LabelOutcome::Away { why, unsure },
    }
}

/// What a carrier says, without what it repeats of the customer: it stands in histories, events and logs.
fn nameless(text: &str, order: &Order) -> String {
    let Some(contact) = &order.contact else { return text.to_owned() };
    let address = contact.address.iter().flat_map(|address| address.street.iter().chain([&address.city]).chain(&address.postal_code));
    let said = [&contact.name].into_iter().chain(&contact.phone).chain(address).map(String::as_str);
    let said = said.chain(contact.email.as_ref().map(domain::email::Email::expose));
    let words =
        |text: &str| text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).filter(|word| word.chars().count() > 2).collect();
    let theirs: HashSet<String> = said.flat_map(|text| -> Vec<String> { words(text) }).collect();
    let mut kept = String::with_capacity(text.len());
    for piece in text.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let word = piece.trim_end_matches(|c: char| !c.is_alphanumeric());
        let is_theirs = theirs.contains(&word.to_lowercase());
        kept.push_str(if is_theirs { "…" } else { word });
        kept.push_str(&piece[word.len()..]);
    }
    kept
}

/// Where an order's labels lie. They name its customer, and go with them.
fn home(id: &OrderId) -> String {
    format!("labels/of-{id}/")
}

fn key(id: &OrderId, file: &str) -> String {
    format!("{}{file}", home(id))
}

/// A link to a label's file; none if there is nothing to print.
///
/// # Errors
/// `Retryable`.
pub async fn link(files: &dyn ReportStore, scope: &TenantScope, id: &OrderId, label: &ParcelLabel) -> Result<Option<String>> {
    // What was given back is deleted.
    let file = label.file.as_ref().filter(|_| label.state == LabelState::Bought);
    match file {
        Some(file) => Ok(Some(files.link(scope, &key(id, file), LINK_VALID_FOR).await?)),
        None => Ok(None),
    }
}

/// The label of a parcel that is to be printed, for pages of our own.
///
/// # Errors
/// `NotFound` if there is none, `Retryable`.
pub async fn paper(
    files: &dyn ReportStore,
    scope: &TenantScope,
    order: &Order,
    parcel: &FulfilmentId,
) -> Result<(String, DocumentFormat, Vec<u8>)> {
    let missing = || Error::NotFound("label");
    let label = order.consignment(parcel).and_then(|one| one.label()).ok_or_else(missing)?;
    let file = label.file.clone().ok_or_else(missing)?;
    let bytes = files.get(scope, &key(&order.id, &file)).await?.ok_or_else(missing)?;
    let format = DocumentFormat::of(&bytes).ok_or_else(missing)?;
    Ok((file, format, bytes))
}

/// Deletes every label of an order. Safe to repeat.
///
/// # Errors
/// `Retryable` as long as anything is left.
pub async fn forget(files: &dyn ReportStore, scope: &TenantScope, id: &OrderId) -> Result<()> {
    delete_below(files, scope, &home(id)).await
}
