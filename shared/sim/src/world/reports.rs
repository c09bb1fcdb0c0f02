//! The daily report: a schedule that fires once, twice, late or beside itself, and reports on demand.

use super::World;
use crate::functions::job::{Answer, Job, ReportCall};
use app::TenantScope;
use app::report::Wanted;
use app::tenant::TenantConfig;
use domain::ids::CorrelationId;
use domain::kpi::DailyKpi;
use futures::FutureExt;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::rc::Rc;

/// How often an invocation that failed is tried once more.
const TRIES_MAX: u32 = 2;

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
        let mut event = json!({ "tenant": self.shops[shop].scope.tenant() });
        if self.rng.per_mille(250) {
            let day = self.shops[shop].config.today(self.clock_now());
            self.remade.insert((shop, day));
            event["day"] = json!(day);
            event["again"] = json!(true);
        }
        Some(self.report_call(event))
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

    pub(super) fn reported(&mut self, call: &ReportCall, answer: Option<Answer>) {
        if matches!(answer, Some(Answer::Said(Ok(_)))) || call.tries_left == 0 {
            return;
        }
        let ReportCall { event, correlation, tries_left } = call;
        let call = ReportCall { event: event.clone(), correlation: correlation.clone(), tries_left: tries_left - 1 };
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
