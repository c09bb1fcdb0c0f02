//! What carriers collect: parcels that wait, manifests, and what became of them.

use super::{Params, order_href, pager};
use crate::desk::Console;
use crate::flash::Flash;
use crate::form::{Posted, encode};
use crate::format::{ago, count, day};
use crate::icons;
use crate::layout::{Here, Look, Page, token};
use crate::visitor::{Visitor, see_other};
use app::dispatch::manifests::{Standing, link};
use app::{Context, Error};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::ids::{LocationId, ManifestId};
use domain::shipping::CarrierName;
use domain::shipping::manifest::{Manifest, ManifestState, WaitingParcel};
use http::Uri;
use maud::{Markup, html};
use std::sync::Arc;

/// Manifests on a page.
const SHOWN: usize = 30;
const HOME: &str = "/console/manifests";

/// `GET /console/manifests`
pub async fn show(State(console): State<Arc<Console>>, visitor: Visitor, uri: Uri) -> Response {
    let result = list(&console, &visitor, &uri).await.map(IntoResponse::into_response);
    visitor.answer(result)
}

/// `POST /console/manifests`: carriers are told what they collect.
pub async fn ask(State(console): State<Arc<Console>>, posted: Posted) -> Response {
    posted.visitor.answer(asked(&console, &posted).await)
}

/// `GET /console/manifests/{id}`
pub async fn read(State(console): State<Arc<Console>>, Path(id): Path<String>, visitor: Visitor, uri: Uri) -> Response {
    let result = one(&console, &visitor, &id, &uri).await.map(IntoResponse::into_response);
    visitor.answer(result)
}

/// `POST /console/manifests/{id}`: somebody has looked at the carrier's site.
pub async fn settle(State(console): State<Arc<Console>>, Path(id): Path<String>, posted: Posted) -> Response {
    posted.visitor.answer(settled(&console, &id, &posted).await)
}

/// `GET /console/manifests/{id}/paper`: the file itself, by an address that is made for this click.
pub async fn paper(State(console): State<Arc<Console>>, Path(id): Path<String>, visitor: Visitor) -> Response {
    let result = address(&console, &visitor, &id).await.map(|url| see_other(&url));
    visitor.answer(result)
}

fn named(text: &str) -> Result<ManifestId, Error> {
    ManifestId::parse(text).map_err(|_| Error::NotFound("manifest"))
}

fn href(id: &ManifestId) -> String {
    format!("{HOME}/{}", encode(id.as_str()))
}

async fn address(console: &Console, visitor: &Visitor, id: &str) -> Result<String, Error> {
    let manifest = console.floor.manifests.load(&visitor.scope, &named(id)?).await?;
    link(&*console.reports, &visitor.scope, &manifest).await?.ok_or(Error::NotFound("paper"))
}

async fn asked(console: &Console, posted: &Posted) -> Result<Response, Error> {
    let (visitor, fields) = (&posted.visitor, &posted.fields);
    visitor.require_write()?;
    let context = Context { scope: &visitor.scope, config: &visitor.config, by: &visitor.provenance() };
    let carrier = fields.get("carrier").map(|word| CarrierName::from_word(word).ok_or(Error::NotFound("carrier"))).transpose()?;
    let location = fields.get("location").map(|text| LocationId::parse(text).map_err(|_| Error::NotFound("place"))).transpose()?;
    let made = console.floor.manifests.ask(context, carrier, location.as_ref()).await?;
    let flash = if made.is_empty() { Flash::NothingToCollect } else { Flash::ManifestsAsked };
    match made.as_slice() {
        [only] => Ok(see_other(&format!("{}?flash={}", href(&only.id), flash.code()))),
        _ => Ok(see_other(&format!("{HOME}?flash={}", flash.code()))),
    }
}

async fn settled(console: &Console, id: &str, posted: &Posted) -> Result<Response, Error> {
    let visitor = &posted.visitor;
    visitor.require_write()?;
    let id = named(id)?;
    let context = Context { scope: &visitor.scope, config: &visitor.config, by: &visitor.provenance() };
    let flash = match console.floor.manifests.settle(context, &id, posted.fields.get("made") == Some("yes")).await {
        Ok(_) => Flash::ManifestSettled,
        Err(Error::Manifest(_) | Error::Stale { .. }) => Flash::ManifestNotSettled,
        Err(other) => return Err(other),
    };
    Ok(see_other(&format!("{}?flash={}", href(&id), flash.code())))
}

async fn list(console: &Console, visitor: &Visitor, uri: &Uri) -> Result<Markup, Error> {
    let params = Params::of(uri);
    let after = console.cursors.after(&visitor.scope, "manifests", params.get("cursor"))?;
    let context = Context { scope: &visitor.scope, config: &visitor.config, by: &visitor.provenance() };
    let waiting = console.floor.manifests.standing(context).await?;
    let page = console.floor.manifests.page(&visitor.scope, after.as_ref(), SHOWN).await?;
    let next = console.cursors.next(&visitor.scope, "manifests", page.next.as_ref())?;
    let body = html! {
        nav class="crumbs" aria-label="You are here" { a href="/console/orders" { "Orders" } " / Manifests" }
        div class="title" {
            h1 { "Manifests" }
            p class="muted" { "What carriers collect, and what they were told" }
        }
        (piles(visitor, &waiting))
        section class="card wide" aria-labelledby="manifests-title" {
            div class="card-head" { h2 id="manifests-title" { "Told" } }
            @if page.manifests.is_empty() {
                div class="empty" {
                    p class="empty-title" { "None yet" }
                    p class="muted" { "A carrier is told what it collects when you hand over, or every day at the time in the settings: shipping.accounts, manifest_at." }
                }
            } @else {
                table class="orders" {
                    caption class="visually-hidden" { "Manifests, the latest first" }
                    thead { tr {
                        th scope="col" { "Carrier" } th scope="col" { "Day" } th scope="col" class="number-cell" { "Parcels" }
                        th scope="col" { "State" } th scope="col" class="roomy" { "Asked for" }
                    } }
                    tbody { @for manifest in &page.manifests { (row(visitor, manifest)) } }
                }
            }
        }
        (pager(HOME, after.is_none(), next.as_deref()))
    };
    let flash = Flash::of(params.get("flash"));
    Ok(Page { title: "Manifests", here: Here::Orders, look: Look::Calm, visitor: Some(visitor), flash }.draw(&body))
}

fn piles(visitor: &Visitor, waiting: &[Standing]) -> Markup {
    let ready: usize = waiting.iter().filter(|one| one.open.is_none()).map(|one| one.parcels).sum();
    html! {
        section class="card wide" aria-labelledby="waiting-title" {
            div class="card-head" {
                h2 id="waiting-title" { "WaitingParcel to be collected" }
                @if visitor.may_write() && ready > 0 && waiting.len() > 1 {
                    form method="post" action=(HOME) { (token(visitor)) button class="button primary" type="submit" { (icons::VAN.beside()) "Hand everything over" } }
                }
            }
            @if waiting.is_empty() {
                div class="empty" {
                    p class="empty-title" { "Nothing waits" }
                    p class="muted" { "A parcel waits here from the moment its label is bought until its carrier has it." }
                }
            } @else {
                table class="orders" {
                    caption class="visually-hidden" { "Parcels that wait, by carrier and place" }
                    thead { tr {
                        th scope="col" { "Carrier" } th scope="col" class="number-cell" { "Today" } th scope="col" class="number-cell" { "Later" }
                        th scope="col" { "The carrier" } th scope="col" { span class="visually-hidden" { "Hand over" } }
                    } }
                    tbody { @for one in waiting { (pile(visitor, one)) } }
                }
            }
        }
    }
}

fn pile(visitor: &Visitor, one: &Standing) -> Markup {
    html! {
        tr {
            th scope="row" { (one.pile.carrier.title()) @if let Some(location) = &one.pile.location { br; span class="muted" { "at " (location) } } }
            td class="number-cell" { (count(one.parcels as i64)) }
            td class="number-cell" { (count(one.later as i64)) }
            td { @if one.wanted > 0 { "is told of " (count(one.wanted as i64)) } @else { span class="muted" { "knows of them already" } } }
            td {
                @if let Some(open) = &one.open { a href=(href(open)) { "being made" } }
                @else if visitor.may_write() && one.parcels > 0 {
                    form method="post" action=(HOME) {
                        (token(visitor))
                        input type="hidden" name="carrier" value=(one.pile.carrier.as_str());
                        @if let Some(location) = &one.pile.location { input type="hidden" name="location" value=(location); }
                        button class="button small" type="submit" aria-label={ "Hand over to " (one.pile.in_words()) } { (icons::VAN.beside()) "Hand over" }
                    }
                }
            }
        }
    }
}

fn state(state: ManifestState) -> Markup {
    html! {
        @match state {
            ManifestState::Asked | ManifestState::Asking | ManifestState::GivingBack | ManifestState::Keeping => span class="state" { (icons::CLOCK.beside()) "being made" },
            ManifestState::Made => span class="state good" { (icons::TICK.beside()) "made" },
            ManifestState::NotNeeded => span class="state good" { (icons::TICK.beside()) "known already" },
            ManifestState::Empty => span class="state" { (icons::PAPER.beside()) "nothing to collect" },
            ManifestState::Failed => span class="state bad" { (icons::CROSS.beside()) "failed" },
            ManifestState::Unsure => span class="state bad" { (icons::WARNING.beside()) "unsure" },
        }
    }
}

fn row(visitor: &Visitor, manifest: &Manifest) -> Markup {
    html! {
        tr {
            th scope="row" { a href=(href(&manifest.id)) { (manifest.pile.in_words()) } @if let Some(number) = &manifest.number { br; span class="muted" { (number) } } }
            td { (day(manifest.day)) }
            td class="number-cell" { (count(manifest.parcels.len() as i64)) }
            td { (state(manifest.state)) }
            td class="roomy" { (ago(manifest.asked_at, visitor.now, &visitor.zone())) " by " (manifest.asked_by) }
        }
    }
}

async fn one(console: &Console, visitor: &Visitor, id: &str, uri: &Uri) -> Result<Markup, Error> {
    let manifest = console.floor.manifests.load(&visitor.scope, &named(id)?).await?;
    let body = html! {
        nav class="crumbs" aria-label="You are here" { a href="/console/orders" { "Orders" } " / " a href=(HOME) { "Manifests" } " / " (manifest.pile.in_words()) }
        div class="title" {
            h1 { (manifest.pile.in_words()) }
            p class="muted" { "Collected on " (day(manifest.day)) }
        }
        div class="halves" {
            section class="card" aria-labelledby="facts-title" {
                div class="card-head" { h2 id="facts-title" { "How far it is" } }
                dl class="facts" {
                    dt { "State" } dd { (state(manifest.state)) }
                    @if let Some(problem) = &manifest.problem { dt { "Why" } dd { (problem) } }
                    @if let Some(number) = &manifest.number { dt { "The carrier's number" } dd { (number) } }
                    dt { "Asked for" } dd { (ago(manifest.asked_at, visitor.now, &visitor.zone())) " by " (manifest.asked_by) }
                    dt { "Parcels" } dd { (count(manifest.parcels.len() as i64)) }
                }
                @if manifest.file.is_some() {
                    p class="row" { a class="button primary" href={ (href(&manifest.id)) "/paper" } { (icons::PAPER.beside()) "Print it for the driver" } }
                }
                @if manifest.state == ManifestState::Made && manifest.file.is_none() { p class="hint" { "Its paper is not here: print it at the site of " (manifest.pile.carrier.title()) "." } }
                @if manifest.state == ManifestState::NotNeeded { p class="hint" { (manifest.pile.carrier.title()) " has known of these since their labels were bought." } }
                @if manifest.state == ManifestState::Failed { p class="hint" { "Its parcels wait for another." } }
                @if visitor.may_write() && manifest.settled(false, "", visitor.now).is_ok() { (settling(visitor, &manifest)) }
            }
            section class="card" aria-labelledby="parcels-title" {
                div class="card-head" { h2 id="parcels-title" { "Parcels" } }
                @if manifest.parcels.is_empty() { p class="empty muted" { "None." } } @else { (parcels(&manifest.parcels)) }
            }
        }
    };
    let flash = Flash::of(Params::of(uri).get("flash"));
    Ok(Page { title: "Manifest", here: Here::Orders, look: Look::Calm, visitor: Some(visitor), flash }.draw(&body))
}

fn settling(visitor: &Visitor, manifest: &Manifest) -> Markup {
    let carrier = manifest.pile.carrier.title();
    html! {
        form class="words" method="post" action=(href(&manifest.id)) {
            (token(visitor))
            p class="hint" { "Nobody has heard what became of it. Look at the site of " (carrier) " whether it has one, and say so." }
            p class="row" {
                @if manifest.settled(true, "", visitor.now).is_ok() {
                    button class="button primary" type="submit" name="made" value="yes" { (icons::TICK.beside()) (carrier) " has it" }
                }
                button class="button" type="submit" name="made" value="no" { (icons::CROSS.beside()) "It has not" }
            }
        }
    }
}

fn parcels(parcels: &[WaitingParcel]) -> Markup {
    html! {
        table class="items" {
            thead { tr { th scope="col" { "Order" } th scope="col" { "Parcel" } th scope="col" { "Number" } th scope="col" class="roomy" { "Service" } } }
            tbody {
                @for one in parcels {
                    tr {
                        th scope="row" { a href=(order_href(&one.order)) { (one.order) } }
                        td { (one.parcel) }
                        td { (one.number) }
                        td class="roomy" { (one.service.as_str()) }
                    }
                }
            }
        }
    }
}
