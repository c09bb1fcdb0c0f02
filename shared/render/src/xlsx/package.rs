//! The one thing the spreadsheet writer can't say: a row height of exactly 22 points.
//!
//! It counts rows in whole pixels (29 px = 21.75 pt). The first sheet's XML is corrected and everything
//! else is copied as it is.

use crate::RenderError;
use std::io::{Cursor, Read, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

const FIRST_SHEET: &str = "xl/worksheets/sheet1.xml";
const WRITTEN: &str = " ht=\"21.75\"";
const EXACT: &str = " ht=\"22\"";

pub(super) fn with_exact_row_heights(workbook: Vec<u8>) -> Result<Vec<u8>, RenderError> {
    let mut archive = ZipArchive::new(Cursor::new(workbook))?;
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        if entry.name()? != FIRST_SHEET {
            drop(entry);
            out.raw_copy_file(archive.by_index_raw(index)?)?;
            continue;
        }
        let mut xml = String::new();
        entry.read_to_string(&mut xml)?;
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).last_modified_time(DateTime::default());
        out.start_file(FIRST_SHEET, options)?;
        out.write_all(xml.replace(WRITTEN, EXACT).as_bytes())?;
    }
    Ok(out.finish()?.into_inner())
}
