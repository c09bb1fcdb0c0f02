//! The rules of template.yaml: which queues the bus puts an event on.

use contracts::Payload;

/// Who hears of an event, beside whoever is told by webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hearers {
    /// The metrics queue.
    pub metrics: bool,
    /// The saga queue.
    pub saga: bool,
    /// The dispatch queue.
    pub dispatch: bool,
    /// The notify queue.
    pub notify: bool,
}

impl Hearers {
    /// Of this event.
    pub fn of(payload: &Payload) -> Hearers {
        use Payload as P;
        let of_stock = matches!(payload, P::StockMoved(_) | P::StockLow(_) | P::StockReorderSuggested(_));
        let of_customers = matches!(payload, P::OrderContactErased(_) | P::OrderLabelChanged(_) | P::OrderNotifyRequested(_));
        let of_the_team = matches!(
            payload,
            P::HookRejected(_)
                | P::JobFailed(_)
                | P::JobRecovered(_)
                | P::ReportReady(_)
                | P::AttentionDigest(_)
                | P::ReviewOpened(_)
                | P::ReviewOverdue(_)
                | P::PaymentFailed(_)
                | P::PaymentReturned(_)
                | P::ParcelLabelFailed(_)
                | P::WebhookDisabled(_)
                | P::ReturnOpened(_)
        ) || matches!(payload, P::SagaEnded(ended) if ended.how == "needs_human");
        let is_counted = matches!(payload, P::PaymentSettled(_) | P::ReturnReceived(_) | P::StockMoved(_));
        Hearers {
            metrics: is_counted || payload.detail_type().starts_with("order."),
            saga: of_stock || matches!(payload, P::SagaDue(_)),
            dispatch: matches!(payload, P::ParcelDue(_) | P::ManifestDue(_)),
            notify: of_customers || of_the_team,
        }
    }
}
