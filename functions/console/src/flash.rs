//! What became of the form before: one of a few known sentences, named in the address, so that nothing a
//! person could make up is ever shown as ours.

/// A sentence on the page after a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flash {
    /// Moved.
    Moved,
    /// It was there already.
    Unchanged,
    /// Somebody else was faster.
    Stale,
    /// No longer allowed.
    NotAllowed,
    /// A person has to decide first.
    UnderReview,
    /// A rule moved it.
    Progressed,
    /// A rule's step was taken back.
    Undone,
    /// What was to be sent later is not.
    NotLater,
    /// It cannot be taken back.
    NotUndone,
    /// The rules say no.
    NotDue,
    /// The customer will be told.
    Told,
    /// They were told just that.
    ToldBefore,
    /// There is nowhere to write to.
    NobodyToTell,
    /// The note is too long.
    NoteTooLong,
    /// No such order.
    NoOrder,
    /// Not an address.
    BadEmail,
    /// No credential that holds.
    BadKey,
    /// A key that may not read.
    WeakKey,
    /// A report is being made.
    ReportAsked,
    /// A day is being exported.
    ExportAsked,
    /// No day that can be exported.
    BadExportDay,
    /// Prices are being looked at.
    PricesAsked,
    /// The shop wants no prices proposed.
    PricesOff,
    /// What was proposed is offered.
    PriceAccepted,
    /// What was proposed is not.
    PriceDismissed,
    /// It is not as it was seen.
    PriceStale,
    /// Not a day that can have a report.
    BadDay,
    /// The sheet is being read.
    SheetAsked,
    /// Saleor is being compared.
    SaleorAsked,
    /// It goes through once more.
    TriedAgain,
    /// It no longer waits.
    Dismissed,
    /// The order goes on.
    Approved,
    /// Another has to say yes as well.
    HalfApproved,
    /// It is called off.
    Rejected,
    /// It is theirs for a while.
    ReviewClaimed,
    /// It is another's for a while.
    ReviewTaken,
    /// Somebody has decided it.
    ReviewOver,
    /// Somebody is to look.
    ReviewOpened,
    /// What was to be done about exceptions is done.
    ExceptionsDone,
    /// Of some of them it is not.
    ExceptionsHalf,
    /// None of them is as it was seen.
    ExceptionsNot,
    /// None was chosen.
    NoneChosen,
    /// It is on the board.
    ExceptionOpened,
    /// Nobody knows what for.
    NoReason,
    /// Other rules hold.
    RulesSaved,
    /// Somebody else was faster.
    RulesStale,
    /// Words that could not be sent.
    BadWords,
    /// A provider is asked.
    MoneyAsked,
    /// The ledger does not allow it.
    MoneyRefused,
    /// Not an amount.
    BadAmount,
    /// A label is being bought.
    LabelAsked,
    /// No label can be bought like that.
    BadLabel,
    /// A carrier is being asked where a parcel is.
    CarrierAsked,
    /// A parcel is further.
    Sent,
    /// It cannot be sent like that.
    BadParcel,
    /// A part of an order is called off.
    PartCalledOff,
    /// It cannot be called off like that.
    BadCancellation,
    /// A return is a step further.
    ReturnSaved,
    /// It cannot come back like that.
    BadReturn,
    /// A batch is somebody's.
    BatchTaken,
    /// No order waits to be picked.
    NothingToPick,
    /// Carriers are being told.
    ManifestsAsked,
    /// No parcel waits.
    NothingToCollect,
    /// A manifest is settled.
    ManifestSettled,
    /// It needs nobody, or has changed.
    ManifestNotSettled,
    /// A purchase order is a step further.
    PurchaseSaved,
    /// Somebody else was faster with it.
    PurchaseStale,
    /// It cannot be done with it.
    BadPurchase,
    /// The books follow the shelf.
    Counted,
    /// Less lies there than is promised.
    CountedMissing,
    /// That form was sent before.
    CountedBefore,
    /// Not a shelf, or not a number.
    BadCount,
    /// A test is on its way.
    WebhookTested,
    /// An endpoint is as it was wanted.
    WebhookSaved,
    /// What it has missed is on its way.
    WebhookReplayed,
    /// It is told nothing more.
    WebhookRemoved,
    /// It is off, so nothing was sent.
    WebhookOff,
    /// Not an endpoint that can be told anything.
    BadWebhook,
    /// It has so many that another would push one out.
    ManySecrets,
    /// Left.
    SignedOut,
    /// Eight hours have passed, or the key was revoked.
    Expired,
}

impl Flash {
    const ALL: [Flash; 81] = [
        Flash::Moved,
        Flash::Unchanged,
        Flash::Stale,
        Flash::NotAllowed,
        Flash::UnderReview,
        Flash::Progressed,
        Flash::Undone,
        Flash::NotUndone,
        Flash::NotLater,
        Flash::NotDue,
        Flash::Told,
        Flash::ToldBefore,
        Flash::NobodyToTell,
        Flash::NoteTooLong,
        Flash::NoOrder,
        Flash::BadEmail,
        Flash::BadKey,
        Flash::WeakKey,
        Flash::ReportAsked,
        Flash::ExportAsked,
        Flash::BadExportDay,
        Flash::PricesAsked,
        Flash::PricesOff,
        Flash::PriceAccepted,
        Flash::PriceDismissed,
        Flash::PriceStale,
        Flash::BadDay,
        Flash::SheetAsked,
        Flash::SaleorAsked,
        Flash::TriedAgain,
        Flash::Dismissed,
        Flash::Approved,
        Flash::HalfApproved,
        Flash::Rejected,
        Flash::ReviewClaimed,
        Flash::ReviewTaken,
        Flash::ReviewOver,
        Flash::ReviewOpened,
        Flash::ExceptionsDone,
        Flash::ExceptionsHalf,
        Flash::ExceptionsNot,
        Flash::NoneChosen,
        Flash::ExceptionOpened,
        Flash::NoReason,
        Flash::RulesSaved,
        Flash::RulesStale,
        Flash::BadWords,
        Flash::MoneyAsked,
        Flash::MoneyRefused,
        Flash::BadAmount,
        Flash::LabelAsked,
        Flash::BadLabel,
        Flash::CarrierAsked,
        Flash::Sent,
        Flash::BadParcel,
        Flash::PartCalledOff,
        Flash::BadCancellation,
        Flash::ReturnSaved,
        Flash::BadReturn,
        Flash::BatchTaken,
        Flash::NothingToPick,
        Flash::ManifestsAsked,
        Flash::NothingToCollect,
        Flash::ManifestSettled,
        Flash::ManifestNotSettled,
        Flash::PurchaseSaved,
        Flash::PurchaseStale,
        Flash::BadPurchase,
        Flash::Counted,
        Flash::CountedMissing,
        Flash::CountedBefore,
        Flash::BadCount,
        Flash::WebhookTested,
        Flash::WebhookSaved,
        Flash::WebhookReplayed,
        Flash::WebhookRemoved,
        Flash::WebhookOff,
        Flash::BadWebhook,
        Flash::ManySecrets,
        Flash::SignedOut,
        Flash::Expired,
    ];

    /// Its name in an address.
    pub const fn code(self) -> &'static str {
        match self {
            Flash::Moved => "moved",
            Flash::Unchanged => "unchanged",
            Flash::Stale => "stale",
            Flash::NotAllowed => "not-allowed",
            Flash::UnderReview => "under-review",
            Flash::Progressed => "progressed",
            Flash::Undone => "undone",
            Flash::NotUndone => "not-undone",
            Flash::NotLater => "not-later",
            Flash::NotDue => "not-due",
            Flash::Told => "told",
            Flash::ToldBefore => "told-before",
            Flash::NobodyToTell => "nobody-to-tell",
            Flash::NoteTooLong => "note-too-long",
            Flash::NoOrder => "no-order",
            Flash::BadEmail => "bad-email",
            Flash::BadKey => "bad-key",
            Flash::WeakKey => "weak-key",
            Flash::ReportAsked => "report-asked",
            Flash::ExportAsked => "export-asked",
            Flash::BadExportDay => "bad-export-day",
            Flash::PricesAsked => "prices-asked",
            Flash::PricesOff => "prices-off",
            Flash::PriceAccepted => "price-accepted",
            Flash::PriceDismissed => "price-dismissed",
            Flash::PriceStale => "price-stale",
            Flash::BadDay => "bad-day",
            Flash::SheetAsked => "sheet-asked",
            Flash::SaleorAsked => "saleor-asked",
            Flash::TriedAgain => "tried-again",
            Flash::Dismissed => "dismissed",
            Flash::Approved => "approved",
            Flash::HalfApproved => "half-approved",
            Flash::Rejected => "rejected",
            Flash::ReviewClaimed => "review-claimed",
            Flash::ReviewTaken => "review-taken",
            Flash::ReviewOver => "review-over",
            Flash::ReviewOpened => "review-opened",
            Flash::ExceptionsDone => "exceptions-done",
            Flash::ExceptionsHalf => "exceptions-half",
            Flash::ExceptionsNot => "exceptions-not",
            Flash::NoneChosen => "none-chosen",
            Flash::ExceptionOpened => "exception-opened",
            Flash::NoReason => "no-reason",
            Flash::RulesSaved => "rules-saved",
            Flash::RulesStale => "rules-stale",
            Flash::BadWords => "bad-words",
            Flash::MoneyAsked => "money-asked",
            Flash::MoneyRefused => "money-refused",
            Flash::BadAmount => "bad-amount",
            Flash::LabelAsked => "label-asked",
            Flash::BadLabel => "bad-label",
            Flash::CarrierAsked => "carrier-asked",
            Flash::Sent => "sent",
            Flash::BadParcel => "bad-parcel",
            Flash::PartCalledOff => "part-called-off",
            Flash::BadCancellation => "bad-cancellation",
            Flash::ReturnSaved => "return-saved",
            Flash::BadReturn => "bad-return",
            Flash::BatchTaken => "batch-taken",
            Flash::NothingToPick => "nothing-to-pick",
            Flash::ManifestsAsked => "manifests-asked",
            Flash::NothingToCollect => "nothing-to-collect",
            Flash::ManifestSettled => "manifest-settled",
            Flash::ManifestNotSettled => "manifest-not-settled",
            Flash::PurchaseSaved => "purchase-saved",
            Flash::PurchaseStale => "purchase-stale",
            Flash::BadPurchase => "bad-purchase",
            Flash::Counted => "counted",
            Flash::CountedMissing => "counted-missing",
            Flash::CountedBefore => "counted-before",
            Flash::BadCount => "bad-count",
            Flash::WebhookTested => "webhook-tested",
            Flash::WebhookSaved => "webhook-saved",
            Flash::WebhookReplayed => "webhook-replayed",
            Flash::WebhookRemoved => "webhook-removed",
            Flash::WebhookOff => "webhook-off",
            Flash::BadWebhook => "bad-webhook",
            Flash::ManySecrets => "many-secrets",
            Flash::SignedOut => "signed-out",
            Flash::Expired => "expired",
        }
    }

    /// By its name.
    pub fn of(code: Option<&str>) -> Option<Flash> {
        Flash::ALL.into_iter().find(|flash| Some(flash.code()) == code)
    }

    /// The sentence.
    pub const fn text(self) -> &'static str {
        match self {
            Flash::Moved => "Done. The order has moved on.",
            Flash::Unchanged => "Nothing to do: the order is there already.",
            Flash::Stale => "Somebody or something changed this order meanwhile, so nothing was done. This is how it stands now.",
            Flash::NotAllowed => "That step is not possible from where the order stands now. Nothing was done.",
            Flash::UnderReview => "Not moved: it is still being checked or reviewed. Decide what is to be decided, or call the order off.",
            Flash::Progressed => "Done. The rules found the order ready and moved it on.",
            Flash::Undone => {
                "Undone. The order is back where it was, the customer was not told, and rules leave it alone until somebody moves it."
            }
            Flash::NotLater => "Cancelled. It will not be sent.",
            Flash::NotUndone => {
                "Not undone: only what a rule did in the last 15 minutes can be, as long as nothing has happened since. Nothing was changed."
            }
            Flash::NotDue => "Not moved: the rules are still waiting for something. The evidence is shown with the order.",
            Flash::Told => "Done. The message is on its way; what became of it stands under Messages in a moment.",
            Flash::ToldBefore => "Not sent again: the customer was told just that less than a minute ago.",
            Flash::NobodyToTell => "Nobody was written to: there is no address on file, or messages are switched off.",
            Flash::NoteTooLong => "Not done: a note has at most 500 characters.",
            Flash::NoOrder => "There is no order with that number. Check it, or search by the customer’s e-mail.",
            Flash::BadEmail => "That is not an e-mail address. Write it as name@example.com.",
            Flash::BadKey => "That key does not open this console. Check it and try again.",
            Flash::WeakKey => "That key may only ask questions. The console needs one that may read orders.",
            Flash::ReportAsked => "The report is being made. It stands in the list in a moment; load the page again.",
            Flash::ExportAsked => "The day is being exported. Its files stand in the list in a moment; load the page again.",
            Flash::PricesAsked => "The prices are being looked at. What is proposed stands in the list in a moment; load the page again.",
            Flash::PricesOff => "Nothing was looked at: switch pricing.enabled on in the settings first.",
            Flash::PriceAccepted => "It is offered for that from now on. What was ordered keeps its price.",
            Flash::PriceDismissed => "The price stays. The same one is not proposed again for a week.",
            Flash::PriceStale => "That price, or the rules for prices, has changed meanwhile; nothing was decided. Look again.",
            Flash::BadExportDay => "Nothing was exported: choose a day of the last year.",
            Flash::BadDay => "Nothing was made: choose today, or a day of the last year that has no report yet.",
            Flash::SheetAsked => "The sheet is being read. Load the page again in a moment.",
            Flash::SaleorAsked => "Both sides are being compared. Load the page again in a moment.",
            Flash::TriedAgain => "It goes through once more. If it still finds no order, it stands here again in a moment.",
            Flash::Dismissed => "Dismissed. It no longer waits, and what it said is forgotten.",
            Flash::Approved => "Approved. The order goes on by itself.",
            Flash::HalfApproved => "You have approved it. Another person has to approve it as well before the order goes on.",
            Flash::Rejected => {
                "Rejected. If the review was about the order itself, it is called off and has given back what was set aside."
            }
            Flash::ReviewClaimed => "It is yours: for half an hour nobody else decides it.",
            Flash::ReviewTaken => {
                "Nothing was done: somebody else works on this review. It is open to others half an hour after they took it on."
            }
            Flash::ReviewOver => "Nothing was done: somebody has decided this review already.",
            Flash::ReviewOpened => "Done. It stands under Reviews, and the team is told.",
            Flash::ExceptionsDone => "Done.",
            Flash::ExceptionsHalf => "Done, but not all: some have moved on meanwhile, or wait for a review. They are as you see them now.",
            Flash::ExceptionsNot => "Nothing was done: it has moved on meanwhile, waits for a review, or another of its kind is open.",
            Flash::NoneChosen => "Nothing was done: tick what is meant first.",
            Flash::ExceptionOpened => "Done. It stands under Exceptions.",
            Flash::NoReason => "Not done: say in 1 to 1,000 characters what is to be looked at.",
            Flash::RulesSaved => "Saved. The next message follows it.",
            Flash::RulesStale => "Somebody else changed the settings meanwhile, so nothing was saved. This is how they stand now.",
            Flash::BadWords => {
                "Not saved: write a subject of one line and a text, and in braces only what stands for something of the order."
            }
            Flash::MoneyAsked => "Done. The payment provider is asked; load the page again in a moment.",
            Flash::MoneyRefused => "Nothing was done: the order’s money does not allow that as it stands now.",
            Flash::BadAmount => {
                "Nothing was done: write an amount in the order’s currency, as in 12.50, and a reason of at most 500 characters."
            }
            Flash::LabelAsked => "The carrier is being asked. The label stands under Parcels in a moment: reload the page.",
            Flash::BadLabel => {
                "No label was asked for: the parcel has to be packed, weigh up to 70 kg, and the order needs a shipping address."
            }
            Flash::CarrierAsked => "The carrier is being asked. What it says stands under Parcels in a moment: reload the page.",
            Flash::Sent => "Done. It stands under Parcels.",
            Flash::BadParcel => {
                "Nothing was done: choose what is in the parcel, no more than is open, and give a carrier together with its number."
            }
            Flash::PartCalledOff => "Done. It stands under Items what is not sent, and what the order costs now.",
            Flash::BadCancellation => {
                "Nothing was called off: say how many of which items, no more than are still here and in no parcel. A note holds no card number."
            }
            Flash::ReturnSaved => "Done. This is how the return, and its order, stand now.",
            Flash::BadReturn => {
                "Not done: only what has left and is in no other return can come back, only what was announced can arrive, what is sent in its place has a SKU and a number of pieces and is sent once, what is still being taken cannot be given back yet, and a note holds no card number. An order has twenty returns of 28 lines at most."
            }
            Flash::BatchTaken => "This batch is yours. Work on its orders has begun.",
            Flash::NothingToPick => "No order waits to be picked.",
            Flash::ManifestsAsked => "The carriers are being told what they collect. Load this page again in a moment.",
            Flash::NothingToCollect => "No parcel waits that could go today.",
            Flash::ManifestSettled => "Done. This is how the manifest stands now.",
            Flash::ManifestNotSettled => "Nobody is needed for this manifest, or it has changed: this is how it stands now.",
            Flash::PurchaseSaved => "Done. This is how the purchase order stands now.",
            Flash::PurchaseStale => "Somebody else changed this purchase order meanwhile, so nothing was done. This is how it stands now.",
            Flash::BadPurchase => {
                "Nothing was done: say how many pieces, and the delivery note; a draft has to be approved before its goods can be booked."
            }
            Flash::Counted => "Done. The books say what lies there.",
            Flash::CountedMissing => {
                "Corrected as far as possible: more is promised to orders than lies there. Decide which orders go without."
            }
            Flash::CountedBefore => "Nothing was done: this form was sent before with another number. Load the page again to count anew.",
            Flash::BadCount => "Nothing was done: name the SKU, the location in lower-case letters, and how many pieces lie there.",
            Flash::WebhookTested => "A test is on its way. What became of it stands below in a moment.",
            Flash::WebhookSaved => "Done. From now on it is as you said.",
            Flash::WebhookReplayed => "It is being sent again. What became of it stands below in a moment.",
            Flash::WebhookRemoved => "Removed. It is told nothing more.",
            Flash::WebhookOff => "Not sent: the endpoint is off. Switch it on first.",
            Flash::BadWebhook => {
                "Nothing was done: an endpoint needs an address that begins with https:// and lies on the open net, at least one event and a short word on what it is for, and there may be too many; a time has whole hours."
            }
            Flash::ManySecrets => "No new secret: three sign already. The oldest ends within a day; try again then.",
            Flash::SignedOut => "You are signed out.",
            Flash::Expired => "Your session has ended. Sign in again to go on where you were.",
        }
    }

    /// Good news?
    pub const fn is_good(self) -> bool {
        matches!(
            self,
            Flash::Moved
                | Flash::Unchanged
                | Flash::Progressed
                | Flash::Undone
                | Flash::NotLater
                | Flash::Told
                | Flash::ToldBefore
                | Flash::ReportAsked
                | Flash::ExportAsked
                | Flash::PricesAsked
                | Flash::PriceAccepted
                | Flash::PriceDismissed
                | Flash::SheetAsked
                | Flash::SaleorAsked
                | Flash::PartCalledOff
                | Flash::ReturnSaved
                | Flash::BatchTaken
                | Flash::ManifestsAsked
                | Flash::ManifestSettled
                | Flash::PurchaseSaved
                | Flash::Counted
                | Flash::WebhookTested
                | Flash::WebhookSaved
                | Flash::WebhookReplayed
                | Flash::WebhookRemoved
                | Flash::TriedAgain
                | Flash::Dismissed
                | Flash::Approved
                | Flash::HalfApproved
                | Flash::Rejected
                | Flash::ReviewClaimed
                | Flash::ReviewOpened
                | Flash::ExceptionsDone
                | Flash::ExceptionOpened
                | Flash::RulesSaved
                | Flash::MoneyAsked
                | Flash::LabelAsked
                | Flash::CarrierAsked
                | Flash::Sent
                | Flash::SignedOut
        )
    }
}
