//! The REST API: orders, imports, figures, settings, keys, privacy.

pub mod body;
pub mod desk;
pub mod openapi;
pub mod routes;
pub mod view;

pub use desk::Desk;

use axum::Router;
use axum::routing::{get, post};
use std::sync::Arc;

/// All routes. `runtime::http::finish` adds what every HTTP function has.
pub fn router(desk: Arc<Desk>) -> Router {
    use routes::{
        analytics, attention, bulk, decisions, docs, files, fulfilments, imports, inbox, keys, labels, notify, orders, payments, photos,
        privacy, reports, returns, reviews, rules, saleor, settings, sheet, stats, stock, survey, track, webhooks, why,
    };
    Router::new()
        .route("/health", get(docs::health))
        .route("/openapi.json", get(docs::openapi))
        .route("/docs", get(docs::page))
        .route("/v1/orders", post(orders::create).get(orders::list))
        .route("/v1/orders/update-status", post(orders::update_status))
        .route("/v1/{tenant}/orders/update-status", post(orders::update_status_of))
        .route("/v1/orders/notify", post(notify::send))
        .route("/v1/orders/schedule-followup", post(notify::schedule))
        .route("/v1/orders/{id}/followups/{followup}", axum::routing::delete(notify::cancel))
        .route("/v1/orders/requiring-attention", get(attention::list))
        .route("/v1/orders/bulk-action", post(bulk::start))
        .route("/v1/orders/bulk-action/{job}", get(bulk::read))
        .route("/v1/orders/{id}", get(orders::read))
        .route("/v1/orders/{id}/progress", get(orders::progress))
        .route("/v1/orders/{id}/why", get(why::why))
        .route("/v1/orders/{id}/timeline", get(orders::timeline))
        .route("/v1/orders/{id}/photos", get(photos::list))
        .route("/v1/orders/{id}/photos/{kind}", post(photos::add))
        .route("/v1/orders/{id}/status", post(orders::change))
        .route("/v1/orders/{id}/correct", post(orders::correct))
        .route("/v1/orders/{id}/auto-progress", post(orders::auto_progress))
        .route("/v1/orders/{id}/undo", post(decisions::undo))
        .route("/v1/orders/{id}/decisions", get(decisions::of_order))
        .route("/v1/orders/{id}/decisions/{decision}/review", post(decisions::review))
        .route("/v1/orders/{id}/reviews", post(reviews::open))
        .route("/v1/orders/{id}/reviews/{review}/claim", post(reviews::claim))
        .route("/v1/orders/{id}/reviews/{review}/decide", post(reviews::decide))
        .route("/v1/orders/{id}/fulfill", post(fulfilments::create))
        .route("/v1/orders/{id}/fulfilments/{fulfilment}", post(fulfilments::step))
        .route("/v1/orders/{id}/fulfilments/{fulfilment}/labels", post(labels::create).get(labels::read))
        .route("/v1/orders/{id}/fulfilments/{fulfilment}/track", post(labels::track))
        .route("/v1/orders/{id}/returns", get(returns::list).post(returns::create))
        .route("/v1/orders/{id}/returns/{return}", post(returns::step))
        .route("/v1/orders/{id}/tracking", get(fulfilments::tracking))
        .route("/v1/payments/success", get(payments::success))
        .route("/v1/orders/{id}/payment", get(payments::read))
        .route("/v1/orders/{id}/payment/check", post(payments::check))
        .route("/v1/orders/{id}/payment/retry", post(payments::retry))
        .route("/v1/orders/{id}/payment/capture", post(payments::capture))
        .route("/v1/orders/{id}/refunds", post(payments::refund))
        .route("/v1/reviews", get(reviews::list))
        .route("/v1/decisions", get(decisions::list))
        .route("/v1/decisions/accuracy", get(decisions::accuracy))
        .route("/v1/decisions/sample", get(decisions::review_queue))
        .route("/v1/decisions/replay", post(decisions::replay))
        .route("/v1/orders/{id}/notify", post(notify::notify))
        .route("/v1/imports/orders", post(imports::orders))
        .route("/v1/stats", get(stats::stats))
        .route("/v1/orders/stats", get(stats::orders))
        .route("/v1/analytics/performance", get(analytics::performance))
        .route("/v1/analytics/business", get(analytics::business))
        .route("/track/{tenant}/{order}/{seal}", get(track::show))
        .route("/survey/{tenant}/{order}/{seal}", get(survey::show).post(survey::vote))
        .route("/v1/notify-rules", get(rules::read).put(rules::write))
        .route("/v1/notify-rules/preview", post(rules::look))
        .route("/v1/imports/files", post(files::take))
        .route("/v1/imports/files/{id}", get(files::read))
        .route("/v1/reports", get(reports::list).post(reports::make))
        .route("/v1/sheet", get(sheet::read))
        .route("/v1/sheet/sync", post(sheet::sync))
        .route("/v1/saleor", get(saleor::read))
        .route("/v1/saleor/sync", post(saleor::sync))
        .route("/v1/inbox", get(inbox::parked))
        .route("/v1/inbox/{endpoint}/{id}/replay", post(inbox::replay))
        .route("/v1/inbox/{endpoint}/{id}", axum::routing::delete(inbox::dismiss))
        .route("/v1/inventory/{sku}", get(stock::read))
        .route("/v1/inventory/{sku}/adjust", post(stock::adjust))
        .route("/v1/event-types", get(webhooks::event_types))
        .route("/v1/webhook-endpoints", get(webhooks::list).post(webhooks::create))
        .route("/v1/webhook-endpoints/{id}", get(webhooks::read).patch(webhooks::change).delete(webhooks::remove))
        .route("/v1/webhook-endpoints/{id}/secret", post(webhooks::rotate))
        .route("/v1/webhook-endpoints/{id}/test", post(webhooks::test))
        .route("/v1/webhook-endpoints/{id}/replay", post(webhooks::replay))
        .route("/v1/webhook-endpoints/{id}/deliveries", get(webhooks::deliveries))
        .route("/v1/settings", get(settings::read).put(settings::write))
        .route("/v1/keys", get(keys::list).post(keys::create))
        .route("/v1/keys/{id}", axum::routing::delete(keys::revoke))
        .route("/v1/privacy/export", post(privacy::export))
        .route("/v1/privacy/erase", post(privacy::erase))
        .route("/v1/privacy/reopen", post(privacy::reopen))
        .with_state(desk)
}
