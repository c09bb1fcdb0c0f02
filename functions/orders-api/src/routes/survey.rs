//! One tap says how an order was. The page is for customers: it needs no key but the link that their mail holds.
//!
//! Looking counts for nothing, because programs that read mail look at every link in it; pressing does.

use super::Answer;
use crate::desk::Desk;
use app::Error;
use app::survey::Asked;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::ask::Lang;
use domain::order::Fault;
use lambda_http::http::{HeaderValue, header};
use maud::{DOCTYPE, Markup, html};
use runtime::http::{Origin, Segments};
use std::sync::Arc;

/// Faces for 1 to 5.
const SCORES: [(u8, &str, &str, &str); 5] = [
    (1, "😞", "Bad", "Źle"),
    (2, "🙁", "Not so good", "Nie najlepiej"),
    (3, "😐", "All right", "W porządku"),
    (4, "🙂", "Good", "Dobrze"),
    (5, "😍", "Very good", "Bardzo dobrze"),
];
const STYLE: &str = "*{box-sizing:border-box}body{margin:0;min-height:100vh;display:grid;place-items:center;font:17px/1.5 system-ui,sans-serif;background:#f4f5fa;color:#1c2135}\
main{width:min(34rem,100%);padding:2rem 1.25rem;text-align:center}h1{font-size:1.5rem;margin:0 0 .35rem}p{margin:.35rem 0 1.5rem;color:#4a5068}\
form{display:grid;grid-template-columns:repeat(5,1fr);gap:.5rem}button{font:inherit;border:1px solid #c9cede;border-radius:14px;background:#fff;color:inherit;padding:.75rem .25rem;cursor:pointer;display:grid;gap:.25rem;justify-items:center}\
button:hover,button:focus-visible{border-color:#3d5bf5;outline:2px solid #3d5bf5;outline-offset:1px}.face{font-size:1.9rem;line-height:1.2}.name{font-size:.8125rem}.said{font-size:3rem;margin:0}progress{width:100%;height:.75rem;accent-color:#3d5bf5}.detour{font-weight:600;color:#a33b00}\
.steps{display:grid;grid-template-columns:repeat(4,1fr);gap:.5rem;list-style:none;margin:.5rem 0 1.5rem;padding:0;font-size:.875rem;color:#5a6180}.steps .done{color:#1c2135}.steps [aria-current]{font-weight:700}\
@media(max-width:26rem){form{grid-template-columns:1fr}button{grid-auto-flow:column;justify-content:start;align-items:center;padding:.5rem 1rem}}\
@media(prefers-color-scheme:dark){body{background:#12151f;color:#eceffa}p{color:#b3bad0}.detour{color:#ffb48a}.steps{color:#a3abc4}.steps .done{color:#eceffa}button{background:#1c2130;border-color:#3a4260}}";

type Link = Segments<(String, String, String)>;

/// Asks how it was.
pub async fn show(State(desk): State<Arc<Desk>>, origin: Origin, Segments((tenant, order, seal)): Link) -> Answer<Response> {
    let asked = desk.survey.look(&origin.network(), (&tenant, &order, &seal)).await?;
    Ok(page(&asked))
}

/// Takes the vote. The first one stands.
pub async fn vote(State(desk): State<Arc<Desk>>, origin: Origin, Segments((tenant, order, seal)): Link, body: Bytes) -> Answer<Response> {
    let score = std::str::from_utf8(&body).ok().and_then(|text| text.strip_prefix("score=")?.parse::<u8>().ok());
    let score = score.ok_or_else(|| Error::Invalid(vec![Fault::new("score", "out_of_range", "1 to 5")]))?;
    let asked = desk.survey.vote(&origin.network(), (&tenant, &order, &seal), score, &origin.correlation).await?;
    Ok(page(&asked))
}

fn page(asked: &Asked) -> Response {
    let lang = Lang::of_locale(&asked.locale);
    let (title, body) = match asked.rating {
        Some(score) => thanks(score, asked, lang),
        None => question(asked, lang),
    };
    customer_page(lang, title, &body)
}

/// A page of a customer's own: nothing is loaded from anywhere, nobody may frame it, nothing keeps it.
pub(super) fn customer_page(lang: Lang, title: &str, body: &Markup) -> Response {
    let document = html! {
        (DOCTYPE)
        html lang=(lang.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                meta name="referrer" content="no-referrer";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (maud::PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    };
    let policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    let mut response = document.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn question(asked: &Asked, lang: Lang) -> (&'static str, Markup) {
    let (title, about) = match lang {
        Lang::En => ("How was your order?", format!("Order {} from {}. One tap is enough.", asked.order, asked.shop)),
        Lang::Pl => {
            ("Jak oceniasz zamówienie?", format!("Zamówienie {} w sklepie {}. Wystarczy jedno kliknięcie.", asked.order, asked.shop))
        }
    };
    let body = html! {
        h1 { (title) }
        p { (about) }
        form method="post" {
            @for (score, face, english, polish) in SCORES {
                button type="submit" name="score" value=(score) {
                    span class="face" aria-hidden="true" { (face) }
                    span class="name" { @if lang == Lang::Pl { (polish) } @else { (english) } }
                }
            }
        }
    };
    (title, body)
}

fn thanks(score: u8, asked: &Asked, lang: Lang) -> (&'static str, Markup) {
    let (title, words) = match lang {
        Lang::En => ("Thank you!", format!("You gave order {} {score} of 5. {} reads every answer.", asked.order, asked.shop)),
        Lang::Pl => ("Dziękujemy!", format!("Ocena zamówienia {}: {score} z 5. {} czyta każdą odpowiedź.", asked.order, asked.shop)),
    };
    let face = SCORES.iter().find(|known| known.0 == score).map_or("", |known| known.1);
    let body = html! {
        p class="said" aria-hidden="true" { (face) }
        h1 { (title) }
        p { (words) }
    };
    (title, body)
}
