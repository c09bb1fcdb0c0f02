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
use domain::notify::Tongue;
use domain::order::Fault;
use lambda_http::http::{HeaderValue, header};
use maud::{DOCTYPE, Markup, html};
use runtime::http::{Origin, Segments};
use std::sync::Arc;

/// Faces for 1 to 5.
const SCORES: [(u8, &str, [&str; 5]); 5] = [
    (1, "😞", ["Bad", "Źle", "Mal", "Mauvais", "Schlecht"]),
    (2, "🙁", ["Not so good", "Nie najlepiej", "Regular", "Pas terrible", "Nicht so gut"]),
    (3, "😐", ["All right", "W porządku", "Correcto", "Correct", "In Ordnung"]),
    (4, "🙂", ["Good", "Dobrze", "Bien", "Bien", "Gut"]),
    (5, "😍", ["Very good", "Bardzo dobrze", "Muy bien", "Très bien", "Sehr gut"]),
];
const HOW_WAS_IT: [&str; 5] = [
    "How was your order?",
    "Jak oceniasz zamówienie?",
    "¿Qué tal su pedido?",
    "Comment était votre commande ?",
    "Wie war Ihre Bestellung?",
];
const THANKS: [&str; 5] = ["Thank you!", "Dziękujemy!", "¡Gracias!", "Merci !", "Vielen Dank!"];
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
    let tongue = Tongue::of_locale(&asked.locale);
    let (title, body) = match asked.rating {
        Some(score) => thanks(score, asked, tongue),
        None => question(asked, tongue),
    };
    customer_page(tongue, title, &body)
}

/// A page of a customer's own: nothing is loaded from anywhere, nobody may frame it, nothing keeps it.
pub(super) fn customer_page(tongue: Tongue, title: &str, body: &Markup) -> Response {
    let document = html! {
        (DOCTYPE)
        html lang=(tongue.tag()) {
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

fn question(asked: &Asked, tongue: Tongue) -> (&'static str, Markup) {
    let (order, shop) = (&asked.order, &asked.shop);
    let (title, about) = (
        tongue.of(HOW_WAS_IT),
        match tongue {
            Tongue::En => format!("Order {order} from {shop}. One tap is enough."),
            Tongue::Pl => format!("Zamówienie {order} w sklepie {shop}. Wystarczy jedno kliknięcie."),
            Tongue::Es => format!("Pedido {order} en {shop}. Basta con un toque."),
            Tongue::Fr => format!("Commande {order} chez {shop}. Un seul clic suffit."),
            Tongue::De => format!("Bestellung {order} bei {shop}. Ein Klick genügt."),
        },
    );
    let body = html! {
        h1 { (title) }
        p { (about) }
        form method="post" {
            @for (score, face, names) in SCORES {
                button type="submit" name="score" value=(score) {
                    span class="face" aria-hidden="true" { (face) }
                    span class="name" { (tongue.of(names)) }
                }
            }
        }
    };
    (title, body)
}

fn thanks(score: u8, asked: &Asked, tongue: Tongue) -> (&'static str, Markup) {
    let (order, shop) = (&asked.order, &asked.shop);
    let (title, words) = (
        tongue.of(THANKS),
        match tongue {
            Tongue::En => format!("You gave order {order} {score} of 5. {shop} reads every answer."),
            Tongue::Pl => format!("Ocena zamówienia {order}: {score} z 5. {shop} czyta każdą odpowiedź."),
            Tongue::Es => format!("Ha dado al pedido {order} {score} de 5. {shop} lee todas las respuestas."),
            Tongue::Fr => format!("Vous avez donné {score} sur 5 à la commande {order}. {shop} lit chaque réponse."),
            Tongue::De => format!("Sie haben der Bestellung {order} {score} von 5 gegeben. {shop} liest jede Antwort."),
        },
    );
    let face = SCORES.iter().find(|known| known.0 == score).map_or("", |known| known.1);
    let body = html! {
        p class="said" aria-hidden="true" { (face) }
        h1 { (title) }
        p { (words) }
    };
    (title, body)
}
