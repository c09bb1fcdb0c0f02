//! How far an order has come, for its customer. The page needs no key but the link that their message holds, and names nobody.

use super::Answer;
use super::survey::customer_page;
use crate::desk::Desk;
use app::survey::Tracked;
use axum::extract::State;
use axum::response::Response;
use domain::ask::{Lang, state_words};
use domain::order::Label;
use maud::{Markup, html};
use runtime::http::{Origin, Segments};
use std::sync::Arc;

/// The steps of an order that goes well, with the percent at which each is reached.
const STEPS: [(u8, &str, &str); 4] = [
    (25, "Received", "Przyjęte"),
    (50, "Being prepared", "W przygotowaniu"),
    (75, "On its way", "W drodze"),
    (100, "Delivered", "Doręczone"),
];

/// Shows it.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    origin: Origin,
    Segments((tenant, order, seal)): Segments<(String, String, String)>,
) -> Answer<Response> {
    let tracked = desk.survey.track(&origin.network(), (&tenant, &order, &seal)).await?;
    let lang = Lang::of_locale(&tracked.locale);
    Ok(customer_page(lang, &title(&tracked, lang), &page(&tracked, lang)))
}

fn in_lang(lang: Lang, english: &'static str, polish: &'static str) -> &'static str {
    if lang == Lang::Pl { polish } else { english }
}

fn title(tracked: &Tracked, lang: Lang) -> String {
    format!("{} {}", in_lang(lang, "Order", "Zamówienie"), tracked.order.id)
}

fn page(tracked: &Tracked, lang: Lang) -> Markup {
    let order = &tracked.order;
    let (percent, label) = (order.percent(), order.label());
    let usual = matches!(
        label,
        Label::Received
            | Label::Processing
            | Label::ReadyToShip
            | Label::PartlyShipped
            | Label::Shipped
            | Label::InTransit
            | Label::Delivered
            | Label::Completed
    );
    html! {
        h1 { (title(tracked, lang)) }
        p { (tracked.shop) }
        @if !usual { p class="detour" role="status" { (in_lang(lang, "Your order ", "Zamówienie ")) (state_words(label, lang)) "." } }
        @if percent > 0 {
            progress max="100" value=(percent) aria-label=(in_lang(lang, "Progress in percent", "Postęp w procentach")) { (percent) " %" }
            ol class="steps" {
                @for (index, (at, english, polish)) in STEPS.into_iter().enumerate() {
                    @let here = at <= percent && STEPS.get(index + 1).is_none_or(|next| next.0 > percent);
                    li class=(if at <= percent { "done" } else { "ahead" }) aria-current=[here.then_some("step")] { (in_lang(lang, english, polish)) }
                }
            }
        }
        @if let Some(day) = order.tracks.eta.filter(|day| order.tracks.status.is_open() && *day >= tracked.today) {
            p { (in_lang(lang, "Expected by ", "Przewidywany dzień dostawy: ")) strong { (day) } }
        }
        // By whom it goes, for their own page; what is in it is nobody's who has found a link.
        @for carriage in order.consignments.iter().filter(|one| one.has_left()).filter_map(|one| one.carriage.as_ref()) {
            p { (in_lang(lang, "Parcel with ", "Paczka: ")) (carriage.carrier) ", " code { (carriage.number) } }
        }
    }
}
