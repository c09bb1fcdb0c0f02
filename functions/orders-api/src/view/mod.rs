//! What goes out and comes in over REST. Amounts are decimal strings, unknown fields are refused.

mod attention;
mod batch;
mod decision;
mod exception;
mod fulfilment;
mod history;
mod incoming;
mod manifest;
mod order;
mod parcel;
mod payment;
mod photo;
mod price;
mod purchase;
mod quote;
mod returned;
mod review;
mod sla;
mod stock;

pub use attention::{AttentionList, CaseView, ReasonView};
pub use batch::{BatchView, NextBatch, PickQueue, PickedLine, PickedOrder, TakenBatch, ToFetch};
pub use decision::{
    Accuracy, DecisionView, GateView, JudgementView, LedgerEntry, LedgerPage, Measured, ReplayView, ReplayedRules, ReplayedStep,
    RuleAccuracy,
};
pub use exception::{ExceptionFigures, ExceptionList, OrderException};
pub use fulfilment::{FulfilmentItem, FulfilmentView, OpenItem, OrderTracking};
pub use history::{Entry, EtaView, MessageView, OrderProgress, Timeline};
pub use incoming::{Address, CreatedOrder, NewCustomer, NewItem, NewOrder, PaymentMeans};
pub use manifest::{AskedManifests, ManifestList, ManifestParcel, ManifestView, PileView};
pub use order::{ItemView, OrderList, OrderRow, OrderView, TracksView};
pub use parcel::{LabelLink, LabelView, ParcelView};
pub use payment::{OrderPayment, PaymentAction, PaymentOperation, PaymentOutside, PaymentSuccess, ProviderSuccess, Sum};
pub use photo::{PhotoList, PhotoName, PhotoView};
pub use price::{PriceList, PriceView, ProposalView};
pub use purchase::{PurchaseLineView, PurchaseList, PurchaseView};
pub use quote::{OfferView, PlaceScore, PlaceView, ShippingQuote};
pub use returned::{ArrivedItem, OrderReturns, ReturnView, Returnable, ReturnedItem};
pub use review::{OrderReview, ReviewList, WorkflowView};
pub use sla::SlaView;
pub use stock::{CountResult, CountedLine, LevelList, LevelView};
