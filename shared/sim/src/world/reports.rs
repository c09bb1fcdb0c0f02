//! The daily report: a schedule that fires once, twice, late or beside itself, and reports on demand.

use super::World;
use crate::functions::job::{Answer, Job, ReportCall};
use app::TenantScope;
use app::report::Wanted;
use app::tenant::TenantConfig;
use contracts::queue::{ReportAsked, Wished};
use domain::ids::CorrelationId;
use domain::kpi::DailyKpi;
use futures::FutureExt;
use jiff::SignedDuration;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::rc::Rc;

/// How often an invocation that failed is tried once more.
const TRIES_MAX: u32 = 2;

/// Wishes that wait at the end of a story are fewer.
const ASKED_MAX: usize = 1_000;

impl World {
    /// The schedule fires, or a failed invocation is tried once more.
    pub(super) fn fire(&mut self) -> Option<Job> {
        if !self.profile.reports {
            return None;
        }
        if self.failed_reports.is_empty() || self.rng.per_mille(500) {
            return Some(self.schedule());
        }
        let at = self.rng.below(self.failed_reports.len());
        Some(Job::Report(self.failed_reports.swap_remove(at)))
    }

    /// Somebody asks for a shop's report, and may want it made anew.
    pub(super) fn report_on_demand(&mut self) -> Option<Job> {
        if !self.profile.reports {
            return None;
        }
        let shop = self.rng.below(self.shops.len());
        if self.rng.per_mille(400)
            && let Some(body) = self.morning_wish(shop)
        {
            self.report_asked(&body);
            return self.failed_reports.pop().map(Job::Report);
        }
        let mut event = json!({ "tenant": self.shops[shop].scope.tenant() });
        if self.rng.per_mille(250) {
            let day = self.shops[shop].config.today(self.clock_now());
            self.remade.insert((shop, day));
            event["day"] = json!(day);
            event["again"] = json!(true);
        }
        Some(self.report_call(event))
    }

    /// Somebody wants yesterday's export, or a look at the prices.
    fn morning_wish(&mut self, shop: usize) -> Option<String> {
        let export = self.shops[shop].config.export.daily && self.rng.per_mille(700);
        if export { self.wish_for_export(shop) } else { Some(self.asked_of(shop, Wished::Prices, None)) }
    }

    /// Yesterday's export of a shop that has its days exported, once what was begun on it is written.
    fn wish_for_export(&self, shop: usize) -> Option<String> {
        let config = &self.shops[shop].config;
        let settled = self.clock_now() - SignedDuration::from_mins(15);
        let day = config.today(settled).yesterday().ok().filter(|_| config.export.daily)?;
        Some(self.asked_of(shop, Wished::Export, Some(day)))
    }

    fn asked_of(&self, shop: usize, what: Wished, day: Option<Date>) -> String {
        let tenant = self.shops[shop].scope.tenant().clone();
        let correlation = CorrelationId::parse(&format!("wish-{}", self.report_calls)).expect("a token");
        let asked = ReportAsked { v: ReportAsked::VERSION, tenant, day, what, scheduled: false, correlation };
        serde_json::to_string(&asked).expect("JSON")
    }

    /// The morning comes once more, twice, and whatever was asked for by then is done.
    pub(super) fn make_what_is_due(&mut self) {
        for _ in 0..2 {
            let job = self.schedule();
            self.run_alone(job);
        }
        for shop in 0..self.shops.len() {
            if let Some(body) = self.wish_for_export(shop) {
                self.report_asked(&body);
            }
        }
        for _ in 0..ASKED_MAX {
            let Some(call) = self.failed_reports.pop() else { return };
            self.run_alone(Job::Report(call));
        }
        self.fail("I15", None, format!("{} wishes for reports wait for ever", self.failed_reports.len()));
    }

    /// The schedule fires.
    pub(super) fn schedule(&mut self) -> Job {
        let event = json!({
            "version": "0",
            "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": "123456789012",
            "time": self.now(),
            "region": "eu-central-1",
            "resources": ["arn:aws:events:eu-central-1:123456789012:rule/orderflow-KpiReportFnMorning"],
            "detail": {},
        });
        self.report_call(event)
    }

    fn report_call(&mut self, event: Value) -> Job {
        self.report_calls += 1;
        let correlation = CorrelationId::parse(&format!("report-{}", self.report_calls)).expect("a token");
        Job::Report(Rc::new(ReportCall { event, correlation, tries_left: TRIES_MAX }))
    }

    /// What waits on the queue of reports is delivered, and again as long as it fails: its dead letters are redriven.
    pub(super) fn report_asked(&mut self, body: &str) {
        let event = json!({ "Records": [{ "messageId": "asked", "body": body, "eventSource": "aws:sqs" }] });
        let Job::Report(call) = self.report_call(event) else { return };
        self.failed_reports.push(call);
    }

    pub(super) fn reported(&mut self, call: &ReportCall, answer: Option<Answer>) {
        let is_queued = call.event.get("Records").is_some();
        let is_done = match answer {
            Some(Answer::Said(Ok(said))) => said["batchItemFailures"].as_array().is_none_or(Vec::is_empty),
            _ => false,
        };
        if is_done || (call.tries_left == 0 && !is_queued) {
            return;
        }
        let ReportCall { event, correlation, tries_left } = call;
        let call = ReportCall { event: event.clone(), correlation: correlation.clone(), tries_left: tries_left.saturating_sub(1) };
        self.failed_reports.push(Rc::new(call));
    }

    /// From now on every shop whose hour has come is to have its report.
    pub(super) fn expect_reports(&mut self) {
        for (at, shop) in self.shops.iter().enumerate() {
            let local = self.now().to_zoned(shop.config.zone());
            if local.hour() >= i8::try_from(shop.config.report_hour).unwrap_or(0) {
                self.reports_due.push((at, local.date()));
            }
        }
    }

    /// The day it is in a shop.
    pub fn today(&self, shop: usize) -> Date {
        self.shops[shop].config.today(self.now())
    }

    /// What a report made now would say.
    pub fn figures(&self, scope: &TenantScope, config: &TenantConfig, wanted: Wanted) -> Option<app::Result<Result<DailyKpi, String>>> {
        self.functions.figures(scope, config, wanted).now_or_never()
    }
}
