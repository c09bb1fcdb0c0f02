//! What an order knows of its own way.

use super::shelf::{note_down, take_off};
use super::table::WORKER;
use super::{Ended, Runs, Saga, SagaEvent, Step, Table};
use crate::order::{Order, OrderStatus};
use jiff::Timestamp;

impl Order {
    /// Its saga, if that is not over.
    pub fn running(&self) -> Option<&Saga> {
        self.saga.as_ref().filter(|saga| saga.ended.is_none())
    }

    /// It is still being checked and set aside: no other rule moves it on, and nothing of it is sent.
    pub fn is_in_workflow(&self) -> bool {
        self.running().is_some_and(|saga| saga.step < Step::Dispatch)
    }

    /// It came to nothing.
    pub fn is_called_off(&self) -> bool {
        matches!(self.tracks.status, OrderStatus::Cancelled | OrderStatus::Failed)
    }

    pub(in crate::order) fn has_left(&self) -> bool {
        self.tracks.status.has_shipped() && self.tracks.status != OrderStatus::PartiallyShipped
    }

    /// The step at which a worker is needed, if one is.
    pub fn saga_work(&self) -> Option<Step> {
        let saga = self.saga.as_ref()?;
        if self.settlement().is_some() {
            return Some(saga.step);
        }
        if saga.ended.is_some() || self.is_called_off() {
            return None;
        }
        if self.has_left() {
            // It left before anything was set aside.
            return (saga.step <= Step::Reserve).then_some(saga.step);
        }
        let waits = self.tracks.status == OrderStatus::OnHold || !self.held_back_by().is_empty();
        let works = Table::of(saga.table).row(saga.step).is_some_and(|row| row.runs == Runs::Worker);
        (works && !waits).then_some(saga.step)
    }

    /// When somebody has to look for what became of a step.
    pub fn saga_due(&self) -> Option<Timestamp> {
        self.saga_work().and(self.saga.as_ref()?.due)
    }

    /// The order track has moved, by whomever.
    pub(in crate::order) fn saga_moved(&mut self, to: OrderStatus) {
        if let Some(saga) = &mut self.saga {
            saga.paused = None;
            saga.partly |= to == OrderStatus::PartiallyShipped;
        }
    }

    pub(in crate::order) fn went(&mut self, event: &SagaEvent, at: Timestamp) {
        let later = at.checked_add(WORKER).ok();
        if let SagaEvent::Began { table } = event {
            let first = Table::of(*table).first();
            self.saga = Some(Saga {
                table: *table,
                step: first.step,
                since: at,
                due: first.deadline.and(later),
                assessment: None,
                held: Vec::new(),
                left: Vec::new(),
                paused: None,
                partly: false,
                rest: None,
                ended: None,
            });
            return;
        }
        let Some(saga) = &mut self.saga else { return };
        let deadline = |step: Step| Table::of(saga.table).row(step).and_then(|row| row.deadline).and(later);
        match event {
            SagaEvent::Began { .. } => {}
            SagaEvent::Screened { assessment } => saga.assessment = Some(assessment.clone()),
            SagaEvent::Entered { step } => (saga.due, saga.step, saga.since) = (deadline(*step), *step, at),
            SagaEvent::Reopened { step } => {
                (saga.due, saga.step, saga.since) = (deadline(*step), *step, at);
                (saga.ended, saga.partly, saga.rest) = (None, false, None);
            }
            SagaEvent::Nudged { .. } => saga.due = later,
            SagaEvent::Held { stock, .. } => stock.iter().for_each(|more| note_down(&mut saga.held, more)),
            SagaEvent::Released { stock } => stock.iter().for_each(|back| take_off(&mut saga.held, back)),
            SagaEvent::Shipped { stock } => {
                stock.iter().for_each(|gone| take_off(&mut saga.held, gone));
                stock.iter().for_each(|gone| note_down(&mut saga.left, gone));
            }
            SagaEvent::Taken { stock } => stock.iter().for_each(|gone| note_down(&mut saga.left, gone)),
            SagaEvent::Returned { stock } => stock.iter().for_each(|back| take_off(&mut saga.left, back)),
            SagaEvent::Rest { rest } => saga.rest = Some(*rest),
            SagaEvent::Ended { how } => (saga.ended, saga.due) = (Some(*how), None),
        }
        // What is left to be moved is looked for like any other step.
        if event.stock().is_some() && self.settlement().is_some() {
            self.saga.iter_mut().for_each(|saga| saga.due = later);
        }
    }

    /// Its way has ended well or was taken back, and nothing is left of it.
    pub(super) fn was_over(&self) -> bool {
        self.saga.as_ref().is_some_and(|saga| matches!(saga.ended, Some(Ended::Compensated | Ended::Completed)))
    }
}
