//! What there is, and what was counted.

use app::ports::StockLevel;
use app::stock::Counted;
use domain::stock::count::Found;
use serde::Serialize;

/// A level.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct LevelView {
    /// Unit.
    pub sku: String,
    /// Where.
    pub location: String,
    /// Free to promise.
    pub available: i64,
    /// Promised to orders.
    pub reserved: i64,
    /// On the shelf: available + reserved.
    pub on_hand: i64,
    /// Ordered with suppliers, or drafted, and not here yet.
    pub on_order: i64,
    /// How much that is by the shop's limits: enough, low or reorder.
    #[cfg_attr(test, schema(example = "enough"))]
    pub grade: &'static str,
}

impl From<StockLevel> for LevelView {
    fn from(level: StockLevel) -> LevelView {
        LevelView {
            on_hand: level.on_hand(),
            on_order: level.on_order,
            sku: level.sku,
            location: level.location,
            available: level.available,
            reserved: level.reserved,
            grade: level.grade.as_str(),
        }
    }
}

/// A page of levels.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct LevelList {
    /// What is to be reordered first, then what is low, then the rest; each by SKU.
    pub levels: Vec<LevelView>,
    /// For the next page; not there on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// What a shelf turned out to hold.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct CountedLine {
    /// What the books said when it was counted: free to promise and promised together.
    pub expected: i64,
    /// What lies there.
    pub counted: i64,
    /// What the books were corrected by.
    pub corrected: i64,
    /// Pieces that are promised to orders and are not there: decide who goes without.
    pub missing: i64,
    /// The level now.
    pub level: LevelView,
}

/// What a count found.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct CountResult {
    /// Names the count.
    pub reference: String,
    /// Shelves of which the books were right.
    pub matched: usize,
    /// `matched / lines`, in thousandths.
    pub accuracy_per_mille: i64,
    /// The shelves, as they were sent.
    pub lines: Vec<CountedLine>,
}

impl From<Counted> for CountedLine {
    fn from(Counted { found, level }: Counted) -> CountedLine {
        let Found { expected, counted, corrected } = found;
        CountedLine { expected, counted, corrected, missing: found.missing(), level: level.into() }
    }
}
