//! How far an order has come, for its customer. The page needs no key but the link that their message holds, and names nobody.

use super::Answer;
use super::survey::customer_page;
use crate::desk::Desk;
use app::survey::Tracked;
use axum::extract::State;
use axum::response::Response;
use domain::notify::{Tongue, clause};
use domain::order::Label;
use maud::{Markup, html};
use runtime::http::{Origin, Segments};
use std::sync::Arc;

/// The steps of an order that goes well, with the percent at which each is reached.
const STEPS: [(u8, [&str; 5]); 4] = [
    (25, ["Received", "Przyjęte", "Recibido", "Reçue", "Eingegangen"]),
    (50, ["Being prepared", "W przygotowaniu", "En preparación", "En préparation", "In Vorbereitung"]),
    (75, ["On its way", "W drodze", "En camino", "En chemin", "Unterwegs"]),
    (100, ["Delivered", "Doręczone", "Entregado", "Livrée", "Zugestellt"]),
];

const ORDER: [&str; 5] = ["Order", "Zamówienie", "Pedido", "Commande", "Bestellung"];
const YOUR_ORDER: [&str; 5] = ["Your order", "Zamówienie", "Su pedido", "Votre commande", "Ihre Bestellung"];
const PROGRESS: [&str; 5] =
    ["Progress in percent", "Postęp w procentach", "Progreso en porcentaje", "Avancement en pour cent", "Fortschritt in Prozent"];
const EXPECTED: [&str; 5] =
    ["Expected by ", "Przewidywany dzień dostawy: ", "Entrega prevista: ", "Livraison prévue : ", "Voraussichtliche Lieferung: "];
const PARCEL: [&str; 5] = ["Parcel with ", "Paczka: ", "Paquete con ", "Colis avec ", "Paket mit "];

/// Shows it.
pub async fn show(
    State(desk): State<Arc<Desk>>,
    origin: Origin,
    Segments((tenant, order, seal)): Segments<(String, String, String)>,
) -> Answer<Response> {
    let tracked = desk.survey.track(&origin.network(), (&tenant, &order, &seal)).await?;
    let tongue = Tongue::of_locale(&tracked.locale);
    Ok(customer_page(tongue, &title(&tracked, tongue), &page(&tracked, tongue)))
}

fn title(tracked: &Tracked, tongue: Tongue) -> String {
    format!("{} {}", tongue.of(ORDER), tracked.order.id)
}

fn page(tracked: &Tracked, tongue: Tongue) -> Markup {
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
        h1 { (title(tracked, tongue)) }
        p { (tracked.shop) }
        @if !usual { p class="detour" role="status" { (tongue.of(YOUR_ORDER)) " " (clause(label, tongue)) "." } }
        @if percent > 0 {
            progress max="100" value=(percent) aria-label=(tongue.of(PROGRESS)) { (percent) " %" }
            ol class="steps" {
                @for (index, (at, names)) in STEPS.into_iter().enumerate() {
                    @let here = at <= percent && STEPS.get(index + 1).is_none_or(|next| next.0 > percent);
                    li class=(if at <= percent { "done" } else { "ahead" }) aria-current=[here.then_some("step")] { (tongue.of(names)) }
                }
            }
        }
        @if let Some(day) = order.tracks.eta.filter(|day| order.tracks.status.is_open() && *day >= tracked.today) {
            p { (tongue.of(EXPECTED)) strong { (day) } }
        }
        // By whom it goes, for their own page; what is in it is nobody's who has found a link.
        @for carriage in order.consignments.iter().filter(|one| one.has_left()).filter_map(|one| one.carriage.as_ref()) {
            p { (tongue.of(PARCEL)) (carriage.carrier) ", " code { (carriage.number) } }
        }
    }
}
