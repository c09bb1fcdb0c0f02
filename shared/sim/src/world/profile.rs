//! How rough a world is, and what it has been through.

use crate::cost::Usage;
use crate::faults::Rates;
use crate::rng::Rng;
use domain::ids::OrderId;

/// How rough a world is, per mille.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Profile {
    /// What goes wrong between a use case and its ports.
    pub rates: Rates,
    /// Messages that are delivered once more.
    pub twice: u32,
    /// Steps in which several invocations run interleaved.
    pub interleaved: u32,
    /// Stream records that are never delivered.
    pub stream_loss: u32,
    /// The functions' clock jumps by ten minutes now and then.
    pub jumps: bool,
    /// Garbage turns up on the hooks queue.
    pub garbage: bool,
    /// Staff work on orders.
    pub staff: bool,
    /// Sheets are imported.
    pub imports: bool,
    /// Customers want to be forgotten.
    pub erasures: bool,
    /// Stock moves.
    pub stock: bool,
    /// Reports are made.
    pub reports: bool,
    /// Open orders are watched.
    pub watches: bool,
    /// Requests to payment providers that meet trouble.
    pub bank: u32,
    /// Requests to carriers that meet trouble.
    pub carriers: u32,
    /// Calls of webhook endpoints that meet trouble; with none there are no endpoints.
    pub listeners: u32,
    /// Everybody crowds round so many orders.
    pub orders_max: usize,
}

impl Profile {
    /// Nothing goes wrong.
    pub const CALM: Profile = Profile {
        rates: Rates { throttle: 0, lost: 0, crash: 0, bus_entry: 0, refused: 0, unknown: 0, render: 0 },
        twice: 0,
        interleaved: 0,
        stream_loss: 0,
        jumps: false,
        garbage: false,
        staff: false,
        imports: false,
        erasures: false,
        stock: false,
        reports: false,
        watches: false,
        bank: 0,
        carriers: 0,
        listeners: 0,
        orders_max: usize::MAX,
    };

    /// Every seed is rough in its own way, so that rare faults do not hide behind frequent ones.
    pub fn drawn(rng: &mut Rng) -> Profile {
        let mut often = |choices: &[u32]| rng.pick(choices);
        Profile {
            rates: Rates {
                throttle: often(&[0, 10, 50, 300]),
                lost: often(&[0, 10, 60]),
                crash: often(&[0, 10, 40]),
                bus_entry: often(&[0, 20, 100]),
                refused: often(&[0, 50]),
                unknown: often(&[0, 50]),
                render: often(&[0, 0, 300]),
            },
            twice: often(&[0, 50, 250]),
            interleaved: often(&[0, 100, 400]),
            stream_loss: often(&[0, 20]),
            jumps: often(&[0, 1]) == 1,
            garbage: often(&[0, 1]) == 1,
            staff: true,
            imports: often(&[0, 1]) == 1,
            erasures: often(&[0, 1]) == 1,
            stock: often(&[0, 1]) == 1,
            reports: often(&[0, 1]) == 1,
            watches: often(&[0, 1]) == 1,
            orders_max: often(&[2, 1000, 1000]) as usize,
            bank: often(&[0, 150, 500, 1_000]),
            carriers: often(&[0, 150, 500]),
            listeners: often(&[0, 0, 1, 300, 700]),
        }
    }
}

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which invariant.
    pub invariant: &'static str,
    /// What was seen.
    pub text: String,
    /// The order it is about.
    pub order: Option<(usize, OrderId)>,
}

/// What a world has been through.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Stats {
    /// Handler invocations for one record each.
    pub deliveries: u64,
    /// Invocations of functions.
    pub invocations: u64,
    /// Invocations that died.
    pub deaths: u64,
    /// Requests over HTTP.
    pub http: u64,
    /// Those that passed the authorizer.
    pub with_credential: u64,
    /// Commits of orders.
    pub commits: u64,
    /// Orders.
    pub orders: u64,
    /// Labels that carriers have sold.
    pub labels: u64,
    /// Those that they have taken back.
    pub voided: u64,
    /// Faults injected.
    pub faults: u64,
    /// Calls of ports.
    pub calls: u64,
    /// Messages that came back from a dead-letter queue.
    pub redriven: u64,
    /// What was used, in units that are billed.
    pub usage: Usage,
}

impl Stats {
    /// The sum of two.
    #[must_use]
    pub fn plus(self, other: Stats) -> Stats {
        Stats {
            deliveries: self.deliveries + other.deliveries,
            invocations: self.invocations + other.invocations,
            deaths: self.deaths + other.deaths,
            http: self.http + other.http,
            with_credential: self.with_credential + other.with_credential,
            commits: self.commits + other.commits,
            orders: self.orders + other.orders,
            labels: self.labels + other.labels,
            voided: self.voided + other.voided,
            faults: self.faults + other.faults,
            calls: self.calls + other.calls,
            redriven: self.redriven + other.redriven,
            usage: self.usage.plus(other.usage),
        }
    }
}
