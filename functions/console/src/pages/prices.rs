//! Prices: what things are offered for, and other prices that wait to be decided.

use super::{Params, pager};
use crate::desk::Console;
use crate::flash::Flash;
use crate::form::{Posted, encode};
use crate::format::ago;
use crate::icons;
use crate::layout::{Here, Look, Page, token};
use crate::visitor::{Visitor, see_other};
use app::prices::PriceDecision;
use app::{Context, Error};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::ids::Sku;
use domain::money::Money;
use domain::price::{Market, PriceProposal, PriceTag, Reason};
use http::Uri;
use maud::{Markup, html};
use std::sync::Arc;

/// Prices on a page.
const SHOWN: usize = 30;

/// `GET /console/prices`
pub async fn show(State(console): State<Arc<Console>>, visitor: Visitor, uri: Uri) -> Response {
    let result = draw(&console, &visitor, &uri).await.map(IntoResponse::into_response);
    visitor.answer(result)
}

/// `POST /console/prices`: has them looked at now.
pub async fn look(State(console): State<Arc<Console>>, posted: Posted) -> Response {
    posted.visitor.answer(asked(&console, &posted).await)
}

async fn asked(console: &Console, posted: &Posted) -> Result<Response, Error> {
    let visitor = &posted.visitor;
    visitor.require_write()?;
    let flash = match console.wishes.prices(&visitor.scope, &visitor.config, &visitor.correlation).await {
        Ok(()) => Flash::PricesAsked,
        Err(Error::Invalid(_)) => Flash::PricesOff,
        Err(error) => return Err(error),
    };
    Ok(see_other(&format!("/console/prices?flash={}", flash.code())))
}

/// `POST /console/prices/{sku}`: accepts what is proposed, or turns it down.
pub async fn decide(State(console): State<Arc<Console>>, Path(sku): Path<String>, posted: Posted) -> Response {
    posted.visitor.answer(decided(&console, &sku, &posted).await)
}

async fn decided(console: &Console, sku: &str, posted: &Posted) -> Result<Response, Error> {
    let (visitor, fields) = (&posted.visitor, &posted.fields);
    visitor.require_write()?;
    let sku = Sku::parse(sku).map_err(|_| Error::NotFound("price"))?;
    let context = Context { scope: &visitor.scope, config: &visitor.config, by: &visitor.provenance() };
    // Nobody decides about what they have not seen.
    let seen = fields.get("version").and_then(|version| version.parse::<u64>().ok());
    let what = match fields.get("do") {
        Some("accept") => Some(PriceDecision::Accept),
        Some("dismiss") => Some(PriceDecision::Dismiss),
        _ => None,
    };
    let (Some(seen), Some(what)) = (seen, what) else {
        return Ok(see_other(&format!("/console/prices?flash={}", Flash::PriceStale.code())));
    };
    let flash = match console.prices.decide(context, &sku, Some(seen), what).await {
        Ok(_) if what == PriceDecision::Accept => Flash::PriceAccepted,
        Ok(_) => Flash::PriceDismissed,
        Err(Error::Stale { .. } | Error::Invalid(_)) => Flash::PriceStale,
        Err(other) => return Err(other),
    };
    Ok(see_other(&format!("/console/prices?flash={}", flash.code())))
}

async fn draw(console: &Console, visitor: &Visitor, uri: &Uri) -> Result<Markup, Error> {
    let params = Params::of(uri);
    let waiting = params.get("state") != Some("settled");
    let state = if waiting { "proposed" } else { "settled" };
    let bound = format!("prices-{state}");
    let after = console.cursors.after(&visitor.scope, &bound, params.get("cursor"))?;
    let page = console.prices.page(&visitor.scope, waiting, after.as_ref(), SHOWN).await?;
    let next = console.cursors.next(&visitor.scope, &bound, page.next.as_ref())?;
    let tab = |state: &str, text: &str, here: bool| {
        html! { a class="chip" href={ "/console/prices?state=" (state) } aria-current=[here.then_some("true")] { (text) } }
    };
    let body = html! {
        nav class="crumbs" aria-label="You are here" { a href="/console/stock" { "Stock" } " / Prices" }
        div class="title" {
            h1 { "Prices" }
            p class="muted" { "What is offered from now on; what was ordered keeps its price" }
            nav class="chips" aria-label="Which prices" {
                (tab("proposed", "Proposed", waiting))
                (tab("settled", "Others", !waiting))
            }
        }
        section class="card wide" aria-labelledby="prices-title" {
            div class="card-head" {
                h2 id="prices-title" { @if waiting { "Wait for your decision" } @else { "Offered" } }
                @if waiting && visitor.may_write() && visitor.config.pricing.enabled {
                    form class="inline" method="post" action="/console/prices" {
                        (token(visitor))
                        button class="button small" type="submit" { (icons::BOLT.beside()) "Look now" }
                    }
                }
            }
            @if page.tags.is_empty() { (none(visitor, waiting)) } @else { (table(visitor, &page.tags, waiting)) }
        }
        (pager(&format!("/console/prices?state={state}"), after.is_none(), next.as_deref()))
    };
    let flash = Flash::of(params.get("flash"));
    Ok(Page { title: "Prices", here: Here::Stock, look: Look::Calm, visitor: Some(visitor), flash }.draw(&body))
}

fn none(visitor: &Visitor, waiting: bool) -> Markup {
    html! {
        div class="empty" {
            p class="empty-title" { @if waiting { "Nothing is proposed" } @else { "None" } }
            p class="muted" {
                @if !waiting { "Say what things cost with PUT /v1/prices." }
                @else if visitor.config.pricing.enabled { "Prices are looked at every day after " (format!("{:02}:00", visitor.config.report_hour)) "." }
                @else { "Have prices proposed with the setting pricing.enabled. Nothing changes until you, or a rule of yours, accepts it." }
            }
        }
    }
}

fn table(visitor: &Visitor, tags: &[PriceTag], waiting: bool) -> Markup {
    html! {
        table class="orders" {
            caption class="visually-hidden" { "Prices by SKU" }
            thead { tr {
                th scope="col" { "SKU" }
                th scope="col" class="number-cell roomy" { "List" }
                th scope="col" class={ "number-cell" (if waiting { " roomy" } else { "" }) } { "Offered for" }
                @if waiting {
                    th scope="col" class="number-cell" { "Proposed" }
                    @if visitor.may_write() { th scope="col" { span class="visually-hidden" { "Decide" } } }
                } @else {
                    th scope="col" class="roomy" { "Decided" }
                }
            } }
            tbody { @for tag in tags { (row(visitor, tag)) } }
        }
    }
}

fn money(tag: &PriceTag, minor: i64) -> String {
    format!("{} {}", Money::new(minor, tag.currency).decimal(), tag.currency)
}

/// By how many percent of the list price one price lies above another: "+4.0 %".
fn change(tag: &PriceTag, from: i64, to: i64) -> String {
    let tenths = (i128::from(to) - i128::from(from)) * 1_000 / i128::from(tag.list_minor.max(1));
    format!("{}{}.{} %", if tenths < 0 { "−" } else { "+" }, tenths.abs() / 10, tenths.abs() % 10)
}

fn row(visitor: &Visitor, tag: &PriceTag) -> Markup {
    html! {
        tr {
            th scope="row" {
                (tag.sku)
                @if let Some(proposal) = &tag.proposal { (why(tag, proposal)) }
            }
            td class="number-cell roomy" { (money(tag, tag.list_minor)) }
            td class={ "number-cell" (if tag.proposal.is_some() { " roomy" } else { "" }) } {
                (money(tag, tag.price_minor))
                @if tag.price_minor != tag.list_minor { br; span class="muted" { (change(tag, tag.list_minor, tag.price_minor)) " of list" } }
            }
            @if let Some(proposal) = &tag.proposal {
                td class="number-cell" { strong { (money(tag, proposal.price_minor)) } br; span class="muted" { (change(tag, tag.price_minor, proposal.price_minor)) } }
                @if visitor.may_write() { td { (decision(visitor, tag)) } }
            } @else {
                td class="roomy" { (tag.decided_by) br; span class="muted" { (ago(tag.updated_at, visitor.now, &visitor.zone())) } }
            }
        }
    }
}

fn why(tag: &PriceTag, proposal: &PriceProposal) -> Markup {
    html! {
        ul class="reasons muted" {
            @for reason in &proposal.why { li { (said(tag, reason)) } }
            @if proposal.why.is_empty() { li { "Nothing speaks for another price than the list price any longer" } }
            @if proposal.held { li { "Held by the bounds" } }
        }
    }
}

fn said(tag: &PriceTag, reason: &Reason) -> String {
    match reason {
        Reason::Demand { pace, .. } if *pace >= 100 => format!("Sells better: {pace} % of its usual pace"),
        Reason::Demand { pace, .. } => format!("Sells worse: {pace} % of its usual pace"),
        Reason::Stock { cover_days: None, .. } => "It lies there: nothing was sold in five weeks".to_owned(),
        Reason::Stock { bps, cover_days: Some(days) } if *bps > 0 => format!("Lasts {days} days only"),
        Reason::Stock { cover_days: Some(days), .. } => format!("Lasts {days} days"),
        Reason::Market { others, .. } => {
            let asked = tag.market_minor.map(|minor| money(tag, minor)).unwrap_or_default();
            format!("Others ask {}: {asked}", if *others == Market::Dearer { "more" } else { "less" })
        }
    }
}

fn decision(visitor: &Visitor, tag: &PriceTag) -> Markup {
    html! {
        form class="inline" method="post" action={ "/console/prices/" (encode(tag.sku.as_str())) } {
            (token(visitor))
            input type="hidden" name="version" value=(tag.version);
            button class="button primary small" type="submit" name="do" value="accept" { (icons::TICK.beside()) "Accept" span class="visually-hidden" { " for " (tag.sku) } }
            button class="button small" type="submit" name="do" value="dismiss" { (icons::CROSS.beside()) "Dismiss" span class="visually-hidden" { " for " (tag.sku) } }
        }
    }
}
