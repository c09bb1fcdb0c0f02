//! A sheet that holds what a test types into it.

use app::ports::{SheetError, SheetSettings, SheetSource};
use async_trait::async_trait;
use domain::sheet::{Table, TableRow};
use std::sync::{Arc, Mutex};

/// [`SheetSource`] over text.
#[derive(Clone)]
pub struct FakeSheet(Arc<Mutex<Result<Table, SheetError>>>);

impl FakeSheet {
    /// A sheet with these lines, cells separated by bars; the first is the header.
    pub fn of(text: &str) -> FakeSheet {
        let sheet = FakeSheet(Arc::new(Mutex::new(Ok(Table::default()))));
        sheet.holds(text);
        sheet
    }

    /// Somebody edits it.
    pub fn holds(&self, text: &str) {
        let cells = |line: &str| line.split('|').map(str::to_owned).collect::<Vec<_>>();
        let mut lines = text.lines().zip(1..).map(|(text, line)| TableRow { line, cells: cells(text) });
        let header = lines.next().map(|row| row.cells).unwrap_or_default();
        self.gives(Ok(Table { header, rows: lines.collect() }));
    }

    /// Something happens to it.
    pub fn gives(&self, answer: Result<Table, SheetError>) {
        if let Ok(mut sheet) = self.0.lock() {
            *sheet = answer;
        }
    }
}

#[async_trait]
impl SheetSource for FakeSheet {
    async fn read(&self, _: &SheetSettings) -> Result<Table, SheetError> {
        self.0.lock().map_or_else(|_| Err(SheetError::Retryable("poisoned".into())), |sheet| sheet.clone())
    }
}
