//! The operators' console: server-rendered pages that work without a script, and better with one.

pub mod assets;
pub mod desk;
pub mod failure;
pub mod figures;
pub mod flash;
pub mod form;
pub mod format;
pub mod icons;
pub mod layout;
pub mod pages;
pub mod policy;
pub mod session;
pub mod visitor;

pub use desk::Console;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{any, get, post};
use std::sync::Arc;

/// All pages. `runtime::http::finish` adds what every HTTP function has.
pub fn router(console: Arc<Console>) -> Router {
    use pages::{
        ask, audit, cancelling, dashboard, dialog, exceptions, exports, inbox, labels, login, manifests, moves, order, orders, parcels,
        payment, photos, picking, prices, purchases, queue, reports, returns, reviews, sheet, shops, stock, tracking, webhooks, wording,
    };
    Router::new()
        .route("/console", get(dashboard::show))
        .route("/order-tracking", get(tracking::show))
        .route("/console/tracking", get(tracking::fragment))
        .route("/console/attention", get(queue::fragment))
        .route("/console/orders", get(orders::show).post(orders::find))
        .route("/console/orders/{id}", get(order::show))
        .route("/console/orders/{id}/audit", get(audit::show))
        .route("/console/orders/{id}/dialog", get(dialog::show))
        .route("/console/orders/{id}/photos/{name}", get(photos::show).post(photos::add))
        .route("/console/orders/{id}/status", post(moves::change))
        .route("/console/orders/{id}/auto-progress", post(moves::auto_progress))
        .route("/console/orders/{id}/undo", post(moves::undo))
        .route("/console/orders/{id}/cancel-later", post(moves::cancel_later))
        .route("/console/orders/{id}/notify", post(moves::notify))
        .route("/console/orders/{id}/parcels", post(parcels::settle))
        .route("/console/orders/{id}/parcels/{parcel}/label", get(labels::paper).post(labels::ask))
        .route("/console/orders/{id}/parcels/{parcel}/track", post(labels::track))
        .route("/console/orders/{id}/cancellations", post(cancelling::cancel))
        .route("/console/orders/{id}/returns", post(returns::settle))
        .route("/console/orders/{id}/payment", post(payment::settle))
        .route("/console/orders/{id}/reviews", post(reviews::settle))
        .route("/console/reviews", get(reviews::show))
        .route("/console/exceptions", get(exceptions::show).post(exceptions::settle))
        .route("/console/orders/{id}/exceptions", post(exceptions::report))
        .route("/console/stock", get(stock::show).post(stock::settle))
        .route("/console/purchases", get(purchases::show))
        .route("/console/purchases/{id}", get(purchases::read).post(purchases::settle))
        .route("/console/picking", get(picking::show).post(picking::take))
        .route("/console/picking/{id}", get(picking::read))
        .route("/console/manifests", get(manifests::show).post(manifests::ask))
        .route("/console/manifests/{id}", get(manifests::read).post(manifests::settle))
        .route("/console/manifests/{id}/paper", get(manifests::paper))
        .route("/console/figures", get(pages::figures::show))
        .route("/console/reports", get(reports::show).post(reports::make))
        .route("/console/reports/{day}/{report}", get(reports::file))
        .route("/console/prices", get(prices::show).post(prices::look))
        .route("/console/prices/{sku}", post(prices::decide))
        .route("/console/exports", post(exports::make))
        .route("/console/exports/{day}/{table}/{part}", get(exports::file))
        .route("/console/messages", get(wording::show).post(wording::switch))
        .route("/console/messages/{status}", get(wording::edit).post(wording::save))
        .route("/console/sheet", get(sheet::show).post(sheet::sync))
        .route("/console/shops", get(shops::show).post(shops::sync))
        .route("/console/webhooks", get(webhooks::show).post(webhooks::make))
        .route("/console/webhooks/{id}", get(webhooks::read).post(webhooks::settle))
        .route("/console/inbox", get(inbox::show).post(inbox::settle))
        .route("/console/ask", get(ask::show).post(ask::answer))
        .route("/console/login", get(login::show).post(login::enter))
        .route("/console/logout", post(login::leave))
        .route("/console/assets/{name}", get(assets::serve))
        .route("/console/{*rest}", any(login::nowhere))
        .layer(DefaultBodyLimit::max(form::FORM_BYTES_MAX))
        .layer(middleware::from_fn(policy::apply))
        .with_state(console)
}
