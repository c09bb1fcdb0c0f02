//! Imports: every shop may have a sheet, and any number of runs may be on their way through it.

use super::World;
use crate::functions::job::Job;
use crate::functions::wire::Reply;
use crate::story::{Chunk, Ending, Sheet};
use domain::ids::OrderId;
use serde::Deserialize;
use std::rc::Rc;

/// Runs on their way at once.
const RUNS_AT_ONCE: usize = 3;
/// Runs that ever start; each may make a fact of an order, and an order's log of facts is bounded.
const RUNS_MAX: u64 = 12;
/// Rows of a sheet.
const ROWS_MAX: usize = 12;

/// A run of an import.
pub(super) struct Run {
    id: usize,
    sheet: usize,
    /// The first row that is not in yet.
    at: usize,
}

/// What an import's answer says.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
struct Tally {
    placed: usize,
    updated: usize,
    unchanged: usize,
    refused: Vec<Refused>,
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
struct Refused {
    row: usize,
}

impl World {
    /// Somebody starts an import, or one goes on.
    pub(super) fn import(&mut self) -> Option<Job> {
        if !self.profile.imports {
            return None;
        }
        if self.runs.is_empty() || (self.runs.len() < RUNS_AT_ONCE && self.rng.per_mille(250)) {
            self.start_import();
        }
        if self.runs.is_empty() {
            return None;
        }
        let at = self.rng.below(self.runs.len());
        let Run { id, sheet, at } = self.runs[at];
        let to = self.sheets[sheet].rows.len().min(at + 1 + self.rng.below(4));
        let chunk = Rc::new(self.chunk(sheet, at..to));
        Some(Job::Import { chunk, run: id })
    }

    fn start_import(&mut self) {
        if self.runs_started >= RUNS_MAX {
            return;
        }
        let shop = self.rng.below(self.shops.len());
        let rows = self.rng.below(4);
        self.wish_import(shop, rows);
    }

    /// A shop's sheet gets so many more rows, another one is edited, and somebody starts to import it.
    pub fn wish_import(&mut self, shop: usize, rows: usize) {
        let sheet = self.sheet_of(shop);
        // Nobody edits what is being read.
        if self.runs.iter().all(|run| run.sheet != sheet) {
            for _ in 0..rows {
                self.list(sheet);
            }
            self.sheets[sheet].edit(&mut self.rng);
        }
        if !self.sheets[sheet].rows.is_empty() {
            self.runs_started += 1;
            self.runs.push(Run { id: self.runs_started as usize, sheet, at: 0 });
        }
    }

    /// A run is on its way.
    pub fn is_importing(&self) -> bool {
        !self.runs.is_empty()
    }

    fn sheet_of(&mut self, shop: usize) -> usize {
        if let Some(known) = self.sheets.iter().position(|sheet| sheet.shop == shop) {
            return known;
        }
        self.sheets.push(Sheet::of(shop, self.shops[shop].senders[0].vocabulary));
        self.sheets.len() - 1
    }

    /// One more row: mostly of an order nobody else knows, now and then of one that came over the API.
    fn list(&mut self, sheet: usize) {
        if self.sheets[sheet].rows.len() >= ROWS_MAX {
            return;
        }
        let (shop, now) = (self.sheets[sheet].shop, self.now());
        let placed = |asked: &&super::Asked| asked.request.shop == shop && asked.request.ends == Ending::Placed && asked.order.is_some();
        let listed = |number: &OrderId| self.sheets[sheet].rows.iter().any(|row| row.number == *number);
        let known: Vec<_> = self.asked.iter().filter(placed).filter(|asked| !asked.order.as_ref().is_some_and(listed)).collect();
        let row = if !known.is_empty() && self.rng.per_mille(400) {
            let asked = known[self.rng.below(known.len())];
            let number = asked.order.as_ref().expect("filtered above");
            self.shops[shop].row_about(&self.sheets[sheet], &asked.request, number, &mut self.rng)
        } else {
            self.shops[shop].row(&self.sheets[sheet], now, &mut self.rng)
        };
        if !row.bad && self.rng.per_mille(500) {
            let (number, customer) = (row.number.clone(), row.customer.clone());
            self.tell_story(shop, number.as_str(), customer.email.as_deref());
        }
        self.sheets[sheet].rows.push(row);
    }

    /// The sheet lists an order that a client is about to place under the same number.
    pub(super) fn contest(&mut self, request: &mut crate::story::Request) {
        let Some(sheet) = self.sheets.iter().position(|sheet| sheet.shop == request.shop) else { return };
        let Some(number) = request.number.as_deref().and_then(|number| OrderId::parse(number).ok()) else { return };
        if self.sheets[sheet].rows.len() < ROWS_MAX && self.rng.per_mille(300) {
            request.ends = Ending::Contested;
            let row = self.shops[request.shop].row_about(&self.sheets[sheet], request, &number, &mut self.rng);
            self.sheets[sheet].rows.push(row);
        }
    }

    fn chunk(&mut self, sheet: usize, rows: std::ops::Range<usize>) -> Chunk {
        self.chunks += 1;
        let client = &self.shops[self.sheets[sheet].shop].client;
        self.sheets[sheet].chunk(sheet, rows, client, self.chunks)
    }

    pub(super) fn imported(&mut self, chunk: &Chunk, run: usize, reply: Option<Reply>) {
        let tally = reply.as_ref().and_then(|reply| self.tally(chunk, reply));
        let Some(at) = self.runs.iter().position(|known| known.id == run) else { return };
        match tally {
            Some(_) if chunk.rows.start == self.runs[at].at => self.runs[at].at = chunk.rows.end,
            Some(_) => {}
            // Some give up in the middle, and start again from the top one day.
            None if self.rng.per_mille(150) => self.runs[at].at = usize::MAX,
            None => {}
        }
        if self.runs[at].at >= self.sheets[chunk.sheet].rows.len() {
            self.runs.swap_remove(at);
        }
    }

    /// Reads an answer and holds it against the rows that were sent.
    fn tally(&mut self, chunk: &Chunk, reply: &Reply) -> Option<Tally> {
        if reply.is_worth_another_try() {
            return None;
        }
        let Some(tally) = serde_json::from_slice::<Tally>(&reply.body).ok().filter(|_| reply.status == 200) else {
            self.fail("import", None, format!("rows were answered {}: {}", reply.status, reply.text()));
            return None;
        };
        let rows = &self.sheets[chunk.sheet].rows[chunk.rows.clone()];
        let bad: Vec<Refused> = (0..rows.len()).filter(|row| rows[*row].bad).map(|row| Refused { row }).collect();
        let good = rows.len() - bad.len();
        if tally.refused != bad || tally.placed + tally.updated + tally.unchanged != good {
            self.fail("import", None, format!("of {} rows {bad:?} are bad, and this was answered: {}", rows.len(), reply.text()));
            return None;
        }
        for at in chunk.rows.clone() {
            self.listed(chunk.sheet, at);
        }
        Some(tally)
    }

    fn listed(&mut self, sheet: usize, at: usize) {
        let shop = self.sheets[sheet].shop;
        let row = &mut self.sheets[sheet].rows[at];
        if !row.bad && !std::mem::replace(&mut row.known, true) {
            let (number, customer) = (row.number.clone(), row.customer.clone());
            self.knows(shop, number, customer);
        }
    }

    /// A sheet has a row of this number.
    pub fn is_listed(&self, shop: usize, number: &OrderId) -> bool {
        self.sheets.iter().any(|sheet| sheet.shop == shop && sheet.rows.iter().any(|row| row.number == *number))
    }

    /// Runs every sheet from its first row to its last, while nothing goes wrong.
    pub(super) fn import_everything(&mut self) {
        self.runs.clear();
        for sheet in 0..self.sheets.len() {
            let rows = 0..self.sheets[sheet].rows.len();
            if rows.is_empty() {
                continue;
            }
            let chunk = Rc::new(self.chunk(sheet, rows));
            self.run_alone(Job::Import { chunk, run: usize::MAX });
        }
    }

    /// Once more, when everything that was said has been heard: nothing may change.
    pub(super) fn import_everything_again(&mut self) {
        let commits = self.memory.commits();
        self.import_everything();
        let more = self.memory.commits() - commits;
        if more > 0 {
            self.fail("import", None, format!("a second run of the same sheets made {more} commits"));
        }
    }
}
