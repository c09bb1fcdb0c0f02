//! Why a command is refused.

use super::Label;
use super::cancelling::CancelRefusal;
use super::decide::UNDO_WITHIN;
use super::exceptions::ExceptionStatus;
use super::fulfilling::labels::{LABELS_MAX, ORDER_LABELS_MAX};
use super::paying;
use super::photo::PHOTOS_MAX;
use super::returning::ReturnRefusal;
use super::review::{CLAIM_HOLDS, REVIEWS_MAX, ReviewKind, ReviewOutcome};
use super::status::{OrderStatus, PaymentStatus, Track};
use super::timers::{Cancelled, TEXT_CHARS_MAX, TIMERS_MAX};
use crate::ids::OrderId;
use crate::notify::MessageKind;
use crate::payment::{LedgerRejection, SettleRejection};
use crate::shipping::fulfilment::Refusal;
use crate::shipping::weight::PARCEL_MAX_G;

/// Why a command was refused. Every variant says what could be done instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The number is taken.
    #[error("order {id} exists already")]
    AlreadyPlaced {
        /// Whose.
        id: OrderId,
    },
    /// There is no such order.
    #[error("there is no such order")]
    NotPlaced,
    /// The transition table has no such move.
    #[error("an order that is {from} cannot become {to}; it can become: {}", words(allowed))]
    NotAllowed {
        /// From.
        from: OrderStatus,
        /// To.
        to: OrderStatus,
        /// What is allowed instead.
        allowed: Vec<OrderStatus>,
    },
    /// A person moved it last, or a source did.
    #[error("no rule moved this order last, so there is nothing to undo; move or correct it instead")]
    NothingToUndo,
    /// The time for it has passed.
    #[error("what a rule did can be undone within {} minutes; correct the status instead", UNDO_WITHIN.as_mins())]
    UndoTooLate,
    /// The rule's decision is not one of this order, or too old to be remembered.
    #[error("there is no such decision among the latest of this order")]
    NoSuchDecision,
    /// It was judged before.
    #[error("this decision was judged before; a judgement stands")]
    JudgedBefore,
    /// A correction without a reason.
    #[error("a correction needs a reason of 3 to 500 characters")]
    ReasonRequired,
    /// A correction by somebody who may not.
    #[error("only a manager, an admin or the owner may correct a status")]
    ManagerRequired,
    /// The shop writes to no customer.
    #[error("messages to customers are switched off; switch notify.email on in the settings first")]
    MessagesOff,
    /// There is nowhere to write to.
    #[error("there is no address on file for any way that the shop has open; nobody was written to")]
    NoAddress,
    /// What is to be said does not hold.
    #[error("it would not be true: the order is {}, which is no reason for the message {:?}", label.text(), kind.code())]
    NotSo {
        /// What was to be said.
        kind: MessageKind,
        /// The word it has.
        label: Label,
    },
    /// Words that cannot be sent.
    #[error("a text has 1 to {TEXT_CHARS_MAX} printable characters")]
    BadText,
    /// Nobody is to be asked how it was.
    #[error("the customer is not asked how it was: {}", why.text())]
    NoFollowUp {
        /// Why.
        why: Cancelled,
    },
    /// It is not to happen, or has.
    #[error("nothing of that name is to happen to this order")]
    NoSuchTimer,
    /// More would not be looked after by anybody.
    #[error("an order has at most {TIMERS_MAX} follow-ups; cancel one first")]
    TooManyTimers,
    /// No such score.
    #[error("a score is 1 to 5")]
    BadScore,
    /// Nobody could look through more.
    #[error("an order has at most {PHOTOS_MAX} photos, and this one has them")]
    TooManyPhotos,
    /// A picture may show whom we are to forget.
    #[error("its customer's data was erased; no photos are kept of it any more")]
    PhotosForgotten,
    /// A person has to decide first.
    #[error("it is under review ({}); decide that first, or call the order off", kinds.iter().map(|kind| kind.code()).collect::<Vec<_>>().join(", "))]
    UnderReview {
        /// What has to be decided.
        kinds: Vec<ReviewKind>,
    },
    /// No such review.
    #[error("this order has no such review")]
    NoSuchReview,
    /// It has been decided.
    #[error("this review is decided: {}", outcome.code())]
    ReviewedBefore {
        /// How.
        outcome: ReviewOutcome,
    },
    /// Somebody else works on it.
    #[error("{by} works on this review; it is open to others {} minutes after they took it on", CLAIM_HOLDS.as_mins())]
    ReviewClaimed {
        /// Who.
        by: String,
    },
    /// No such exception.
    #[error("this order has no such exception")]
    NoSuchException,
    /// The work on it does not go there from where it is.
    #[error("this exception is {}, and cannot become {}; it can become: {}", status.as_str(), to.as_str(), ways(*status))]
    ExceptionIs {
        /// How it stands.
        status: ExceptionStatus,
        /// Where it was to go.
        to: ExceptionStatus,
    },
    /// A person has to approve what is done about it.
    #[error("decide the review that this exception waits for: that resolves it")]
    ExceptionWaitsForReview,
    /// The shop does not work with them.
    #[error("exceptions are switched off; switch exceptions.enabled on in the settings first")]
    ExceptionsOff,
    /// Nothing of it may leave yet.
    #[error("it is still being checked and set aside; try again in a moment, or call it off")]
    StillChecked,
    /// It has left, or has ended.
    #[error("it has left or has ended: there is nothing to decide any more")]
    NothingToDecide,
    /// Nobody could look through more.
    #[error("an order has at most {REVIEWS_MAX} reviews")]
    TooManyReviews,
    /// It is not worked on.
    #[error("an order that is {status} is not fulfilled")]
    NotToFulfil {
        /// How it stands.
        status: OrderStatus,
    },
    /// There is no such part of it.
    #[error("this order has no such fulfilment")]
    NoSuchFulfilment,
    /// The work on it does not allow that.
    #[error(transparent)]
    Fulfilment(Refusal),
    /// Nobody could look through more.
    #[error("a parcel has at most {LABELS_MAX} labels, and all of an order at most {ORDER_LABELS_MAX}; call it off and send another")]
    TooManyLabels,
    /// No carrier takes it.
    #[error("a parcel weighs 1 to {PARCEL_MAX_G} g")]
    BadWeight,
    /// A label needs somewhere to go.
    #[error("the order has no shipping address, or its customer was forgotten: no carrier can be told where it goes")]
    NoShippingAddress,
    /// No carrier is asked where it is.
    #[error("this parcel goes by nobody that the shop has an account with: nobody can be asked where it is")]
    NotFollowed,
    /// What of it is still here does not allow that.
    #[error(transparent)]
    Cancel(#[from] CancelRefusal),
    /// There is no such return of it.
    #[error("this order has no such return")]
    NoSuchReturn,
    /// What of it comes back does not allow that.
    #[error(transparent)]
    Return(#[from] ReturnRefusal),
    /// The money of this order is nobody's business here.
    #[error("the money of this order is not collected here")]
    NotCollected,
    /// It is paid, or it is too early or too late to pay.
    #[error("there is nothing to pay for this order now")]
    NothingToPay,
    /// Nothing was promised, or the promise does not hold any more.
    #[error("there is nothing to capture: no promise of this order's money holds, or it was called off")]
    NothingToCapture,
    /// Its money may not go back as it stands.
    #[error(
        "an order that is {status} and whose payment is {payment} is not refunded; call it off first, or wait until its money was taken"
    )]
    NotRefundable {
        /// How the order stands.
        status: OrderStatus,
        /// How its money stands.
        payment: PaymentStatus,
    },
    /// Something has happened to its money since they looked.
    #[error("something has happened to this order's money since you looked; look again")]
    MoneyMoved,
    /// A reason that cannot be shown.
    #[error("a reason has 1 to {} printable characters, and no card's number", paying::REASON_CHARS_MAX)]
    BadReason,
    /// The ledger of its money does not allow it.
    #[error(transparent)]
    Money(#[from] LedgerRejection),
    /// What a provider says cannot be of this order.
    #[error("the provider's word cannot be of this order: {0}")]
    PaymentNews(SettleRejection),
    /// A fact from the future would outrank everything that is still to come.
    #[error("the event is dated more than 10 minutes ahead; check the sender's clock")]
    FromTheFuture,
}

fn ways(status: ExceptionStatus) -> String {
    match status.next() {
        [] => "nothing, it is closed".to_owned(),
        next => next.iter().map(|status| status.as_str()).collect::<Vec<_>>().join(", "),
    }
}

fn words(statuses: &[OrderStatus]) -> String {
    match statuses {
        [] => "nothing, it is final".to_owned(),
        _ => statuses.iter().map(|status| status.as_str()).collect::<Vec<_>>().join(", "),
    }
}
