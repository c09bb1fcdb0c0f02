//! A tenant's settings as one document. Secrets go in and never come out.

use super::Answer;
use crate::desk::Desk;
use app::Error;
use app::tenant::{Secret, ShopifySettings, TenantConfig};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use domain::order::Fault;
use runtime::http::{BODY_BYTES_MAX, Caller, Origin, parse, raw_body};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What stands in an answer for a secret that is set. Sent back unchanged it keeps the secret.
pub const SET: &str = "(set)";

fn masked(config: &TenantConfig) -> Value {
    let mut shown = config.clone();
    for hook in &mut shown.hooks {
        hook.secrets.iter_mut().for_each(|secret| *secret = Secret::new(SET));
    }
    for (_, secret) in secrets(&mut shown) {
        *secret = Secret::new(SET);
    }
    if let Some(sheet) = &mut shown.sheet {
        sheet.service_account = Secret::new(SET);
    }
    if let Some(token) = shown.saleor.as_mut().and_then(|saleor| saleor.token.as_mut()) {
        *token = Secret::new(SET);
    }
    serde_json::to_value(shown).unwrap_or_default()
}

/// Every secret that has one place, with that.
fn secrets(config: &mut TenantConfig) -> Vec<(String, &mut Secret)> {
    let of_messages = config.notify.secrets().into_iter().map(|(field, secret)| (field.to_owned(), secret));
    let of_others = config.payments.secrets().into_iter().chain(config.shipping.secrets()).chain(config.adviser.secrets());
    let of_shopify = config.shopify.iter_mut().flat_map(ShopifySettings::secrets);
    of_messages.chain(of_others).chain(of_shopify).collect()
}

/// Of several secrets nobody can say by "(set)" which are meant: all of them, or new ones.
fn shortened(config: &mut TenantConfig, before: &TenantConfig, faults: &mut Vec<Fault>) {
    let lists = |config: &mut TenantConfig| {
        let mut lists: BTreeMap<String, (usize, bool)> = BTreeMap::new();
        let of_shopify = config.shopify.iter_mut().flat_map(ShopifySettings::secrets);
        for (field, secret) in config.payments.secrets().into_iter().chain(config.shipping.secrets()).chain(of_shopify) {
            if let Some((list, _)) = field.split_once('[') {
                let known = lists.entry(list.to_owned()).or_default();
                (known.0, known.1) = (known.0 + 1, known.1 || secret.expose() == SET);
            }
        }
        lists
    };
    let known = lists(&mut before.clone());
    for (list, (count, is_kept)) in lists(config) {
        if is_kept && known.get(&list).is_some_and(|(before, _)| *before > count) {
            faults.push(Fault::new(list, "required", "send all that are set, or paste those that are to stay"));
        }
    }
}

/// A secret that is sent back unchanged stays; one that was never there has to be given.
fn keep(config: &mut TenantConfig, before: &TenantConfig, faults: &mut Vec<Fault>) {
    let mut before = before.clone();
    let known = secrets(&mut before);
    for (field, secret) in secrets(config) {
        if secret.expose() != SET {
            continue;
        }
        match known.iter().find(|known| known.0 == field) {
            Some((_, known)) => *secret = (*known).clone(),
            None => faults.push(Fault::new(field, "required", "it is not set yet: paste it")),
        }
    }
}

/// Fields that were given and that no setting has: a misspelled one would silently fall back to its default.
fn unknown(given: &Value, read: &Value, at: &str, faults: &mut Vec<Fault>) {
    match (given, read) {
        (Value::Object(given), Value::Object(read)) => {
            for (name, value) in given {
                let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
                let place = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                match read.get(&name) {
                    Some(known) => unknown(value, known, &place, faults),
                    // A setting that is not set.
                    None if value.is_null() => {}
                    None => faults.push(Fault::new(place, "unknown_field", "is no setting; leave it out")),
                }
            }
        }
        (Value::Array(given), Value::Array(read)) => {
            for (index, (given, read)) in given.iter().zip(read).enumerate() {
                unknown(given, read, &format!("{at}[{index}]"), faults);
            }
        }
        (Value::Array(_), Value::Object(_)) => faults.push(Fault::new(at, "wrong_type", "must be an object")),
        _ => {}
    }
}

/// Reads the settings; secrets show as "(set)".
#[cfg_attr(test, utoipa::path(get, path = "/v1/settings", tag = "settings", responses((status = 200, description = "The settings", body = Object))))]
pub async fn read(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "admin", |scopes| scopes.admin).await?;
    Ok(axum::Json(masked(&admitted.config)).into_response())
}

/// Replaces the settings. `version` must be the one that was read; a secret sent as "(set)" stays.
#[cfg_attr(test, utoipa::path(put, path = "/v1/settings", tag = "settings", request_body = Object,
    responses((status = 200, description = "The settings now", body = Object), (status = 409, description = "Changed meanwhile"), (status = 422, description = "Every fault"))))]
pub async fn write(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, request: Request) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "admin", |scopes| scopes.admin).await?;
    let raw = raw_body(request, BODY_BYTES_MAX).await?;
    let mut config: TenantConfig = parse(&raw)?;
    let mut faults = Vec::new();
    unknown(&parse(&raw)?, &serde_json::to_value(&config).unwrap_or_default(), "", &mut faults);
    let before = &admitted.config;
    for hook in &mut config.hooks {
        if hook.secrets.iter().any(|secret| secret.expose() == SET) {
            let kept = before.hook(&hook.name).map(|known| known.secrets.clone()).unwrap_or_default();
            hook.secrets.retain(|secret| secret.expose() != SET);
            hook.secrets.extend(kept);
        }
    }
    // The key goes to this address and no other.
    if config.adviser.key.expose() == SET && config.adviser.origin() != before.adviser.origin() {
        faults.push(Fault::new("adviser.key", "required", "paste the token that the service at this address expects"));
    }
    shortened(&mut config, before, &mut faults);
    keep(&mut config, before, &mut faults);
    if let Some(sheet) = config.sheet.as_mut().filter(|sheet| sheet.service_account.expose() == SET) {
        match &before.sheet {
            Some(known) => sheet.service_account = known.service_account.clone(),
            None => faults.push(Fault::new("sheet.service_account", "required", "paste the service account's JSON key file")),
        }
    }
    if let Some(saleor) = config.saleor.as_mut().filter(|saleor| saleor.token.as_ref().is_some_and(|token| token.expose() == SET)) {
        // The token goes to this address and no other.
        match before.saleor.as_ref().filter(|known| known.token.is_some() && known.origin() == saleor.origin()) {
            Some(known) => saleor.token = known.token.clone(),
            None => faults.push(Fault::new("saleor.token", "required", "paste the token of the app in the Saleor at this address")),
        }
    }
    faults.extend(config.faults());
    faults.extend(desk.mail_identity.as_deref().and_then(|identity| config.notify.foreign_sender(identity)));
    if !faults.is_empty() {
        return Err(Error::Invalid(Fault::listed(faults, 0)).into());
    }
    if config.version != before.version {
        return Err(Error::Stale { current: before.version }.into());
    }
    config.version += 1;
    if !desk.tenants.save(&admitted.scope, &config, before.version).await.map_err(Error::from)? {
        return Err(Error::Stale { current: before.version + 1 }.into());
    }
    Ok(axum::Json(masked(&config)).into_response())
}
