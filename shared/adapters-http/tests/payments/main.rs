//! The payment providers' adapters against doubles that hold every request to the vendor's documented contract.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod certificates;
mod contract;
mod double;
mod paypal;
mod payu;
mod razorpay;
mod rig;
mod schemas;
mod story;
mod stripe;
