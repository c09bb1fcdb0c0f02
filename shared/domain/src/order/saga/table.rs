//! The steps of a saga, as data.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// A step on the way from a cart to a parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Points are added up that speak against it.
    Screen,
    /// People decide what rules may not.
    Review,
    /// What was ordered is set aside.
    Reserve,
    /// Its money is promised.
    Authorize,
    /// Work on it may begin.
    Confirm,
    /// It leaves the house.
    Dispatch,
    /// The money that was promised is taken.
    Capture,
}

impl Step {
    /// On the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Step::Screen => "screen",
            Step::Review => "review",
            Step::Reserve => "reserve",
            Step::Authorize => "authorize",
            Step::Confirm => "confirm",
            Step::Dispatch => "dispatch",
            Step::Capture => "capture",
        }
    }

    /// For people.
    pub const fn text(self) -> &'static str {
        match self {
            Step::Screen => "Checking",
            Step::Review => "Under review",
            Step::Reserve => "Setting aside",
            Step::Authorize => "Waiting for its payment",
            Step::Confirm => "Confirming",
            Step::Dispatch => "To be sent",
            Step::Capture => "Taking the money",
        }
    }
}

/// Who makes a step happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runs {
    /// The saga's worker, which has to look something up or ask somebody.
    Worker,
    /// A person.
    Person,
    /// It follows from what is known.
    Itself,
    /// A payment provider, whom the worker asks.
    Provider,
    /// The world, which we hear of.
    World,
}

/// What takes a step back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undo {
    /// Reviews that are open are withdrawn.
    Withdraw,
    /// What is set aside is given back.
    Release,
    /// What was promised is given back; what was taken is refunded, where the shop wants that.
    GiveBack,
}

/// A step's row.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Which.
    pub step: Step,
    /// Who makes it happen.
    pub runs: Runs,
    /// What takes it back, if anything is to be.
    pub undo: Option<Undo>,
    /// If it has not happened by then, it is begun again.
    pub deadline: Option<SignedDuration>,
    /// From here on nothing is taken back: what is left to do is done, however often it has to be tried.
    pub pivot: bool,
}

/// A version of the table. Each saga keeps the one it began with, so a release may change the order of steps.
#[derive(Debug)]
pub struct Table {
    /// Which.
    pub version: u16,
    /// Its steps, first to last.
    pub rows: &'static [Row],
}

/// How long a worker has, before somebody looks for what became of it. Far longer than a message waits on its queue.
pub(super) const WORKER: SignedDuration = SignedDuration::from_mins(15);

const fn row(step: Step, runs: Runs) -> Row {
    Row { step, runs, undo: None, deadline: None, pivot: false }
}

/// Every version that an order may have begun with.
static TABLES: [Table; 2] = [
    Table {
        version: 1,
        rows: &[
            Row { deadline: Some(WORKER), ..row(Step::Screen, Runs::Worker) },
            Row { undo: Some(Undo::Withdraw), ..row(Step::Review, Runs::Person) },
            Row { undo: Some(Undo::Release), deadline: Some(WORKER), ..row(Step::Reserve, Runs::Worker) },
            row(Step::Confirm, Runs::Itself),
            Row { pivot: true, ..row(Step::Dispatch, Runs::World) },
        ],
    },
    Table {
        version: 2,
        rows: &[
            Row { deadline: Some(WORKER), ..row(Step::Screen, Runs::Worker) },
            Row { undo: Some(Undo::Withdraw), ..row(Step::Review, Runs::Person) },
            Row { undo: Some(Undo::Release), deadline: Some(WORKER), ..row(Step::Reserve, Runs::Worker) },
            // When somebody has to look after the money is the ledger's to say.
            Row { undo: Some(Undo::GiveBack), ..row(Step::Authorize, Runs::Provider) },
            row(Step::Confirm, Runs::Itself),
            Row { pivot: true, ..row(Step::Dispatch, Runs::World) },
            row(Step::Capture, Runs::Provider),
        ],
    },
];

impl Table {
    /// The one new sagas begin with.
    pub fn newest() -> &'static Table {
        &TABLES[TABLES.len() - 1]
    }

    /// A version of it; the newest, for one that a later release has written.
    pub fn of(version: u16) -> &'static Table {
        TABLES.iter().find(|table| table.version == version).unwrap_or_else(|| Table::newest())
    }

    /// The first step.
    pub fn first(&self) -> &'static Row {
        &self.rows[0]
    }

    /// A step's row.
    pub fn row(&self, step: Step) -> Option<&'static Row> {
        self.rows.iter().find(|row| row.step == step)
    }

    /// The step behind one.
    pub fn after(&self, step: Step) -> Option<&'static Row> {
        let at = self.rows.iter().position(|row| row.step == step)?;
        self.rows.get(at + 1)
    }

    /// What has to be taken back once a step was begun, the last first.
    pub fn undone_from(&self, step: Step) -> impl Iterator<Item = Undo> {
        let begun = self.rows.iter().position(|row| row.step == step).map_or(0, |at| at + 1);
        self.rows[..begun].iter().rev().filter_map(|row| row.undo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: S2-14
    #[test]
    fn the_table_says_what_happens_and_how_it_is_taken_back() {
        let shown: String = Table::newest()
            .rows
            .iter()
            .map(|Row { step, runs, undo, deadline, pivot }| {
                let minutes = deadline.map_or(0, |deadline| deadline.as_mins());
                let after = Table::newest().after(*step).map_or("(end)", |row| row.step.code());
                format!(
                    "{:<8} {runs:<7?} undo {undo:<15?} {minutes:>2} min pivot {pivot:<5} -> {after}\n",
                    step.code(),
                    undo = format!("{undo:?}")
                )
            })
            .collect();
        insta::assert_snapshot!("saga_table", shown);
        let taken_back: Vec<Undo> = Table::newest().undone_from(Step::Confirm).collect();
        assert_eq!(taken_back, [Undo::GiveBack, Undo::Release, Undo::Withdraw], "the last first");
        assert_eq!(Table::newest().undone_from(Step::Screen).count(), 0);
    }
}
