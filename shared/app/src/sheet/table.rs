//! A file's bytes as a table: CSV, TSV, semicolons, Excel.

use calamine::{Data, Reader, Xlsx};
use domain::sheet::{Table, TableRow};
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// Rows of one file.
pub const ROWS_MAX: usize = 100_000;
/// Columns of one row; the rest is not read.
pub const COLUMNS_MAX: usize = 256;
/// Bytes of everything that is packed into a workbook. A small file can unpack to a thousand times its size.
pub const UNPACKED_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Why a file is no table. Each says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableFault {
    /// Nothing in it.
    #[error("the file has no rows")]
    Empty,
    /// More than [`ROWS_MAX`].
    #[error("at most {ROWS_MAX} rows a file; split it")]
    TooManyRows,
    /// The text can't be taken apart.
    #[error("not a CSV file: {0}")]
    Text(String),
    /// The workbook can't be opened.
    #[error("not an Excel workbook (.xlsx) that can be read; save it again as .xlsx or as CSV")]
    Workbook,
    /// Too much is packed into it.
    #[error("the workbook is too large when unpacked; save the sheet with the orders as CSV")]
    TooLarge,
    /// No worksheet of that name.
    #[error("there is no worksheet {wanted:?}; there are: {}", .known.join(", "))]
    NoWorksheet {
        /// What was asked for.
        wanted: String,
        /// What there is.
        known: Vec<String>,
    },
}

/// Reads a file, whatever it is. Of a workbook, `worksheet` by name, else the first.
///
/// # Errors
/// See [`TableFault`].
pub fn read(bytes: &[u8], worksheet: Option<&str>) -> Result<Table, TableFault> {
    if bytes.starts_with(b"PK\x03\x04") { workbook(bytes, worksheet) } else { text(&decoded(bytes)) }
}

/// The text of a file: UTF-8, UTF-16 as office programs export it, else Latin-1, so that names survive.
pub fn decoded(bytes: &[u8]) -> String {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = rest.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => {
            let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
            std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().copied().map(char::from).collect(), str::to_owned)
        }
    }
}

/// The separator a header uses.
fn separator(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    let count = |separator: &u8| header.bytes().filter(|byte| byte == separator).count();
    [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

/// Reads separated text. The separator is the one the header uses.
pub fn text(text: &str) -> Result<Table, TableFault> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator(text))
        .flexible(true)
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut table = Table::default();
    for record in reader.records() {
        let record = record.map_err(|why| TableFault::Text(why.to_string()))?;
        let line = record.position().map_or(0, csv::Position::line);
        push(&mut table, line, record.iter().take(COLUMNS_MAX).map(str::to_owned).collect())?;
    }
    finished(table)
}

fn workbook(bytes: &[u8], worksheet: Option<&str>) -> Result<Table, TableFault> {
    weigh(bytes, UNPACKED_BYTES_MAX)?;
    let mut workbook: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).map_err(|_| TableFault::Workbook)?;
    let known = workbook.sheet_names();
    let name = match worksheet {
        Some(wanted) => {
            let found = known.iter().find(|name| name.trim().eq_ignore_ascii_case(wanted.trim())).cloned();
            found.ok_or_else(|| TableFault::NoWorksheet { wanted: wanted.to_owned(), known })?
        }
        None => known.into_iter().next().ok_or(TableFault::Empty)?,
    };
    let range = workbook.worksheet_range(&name).map_err(|_| TableFault::Workbook)?;
    let first = range.start().map_or(0, |(row, _)| u64::from(row));
    let mut table = Table::default();
    for (at, row) in range.rows().enumerate() {
        push(&mut table, first + at as u64 + 1, row.iter().take(COLUMNS_MAX).map(cell).collect())?;
    }
    finished(table)
}

/// Unpacks everything once, to nowhere, and gives up where it gets too much: what a package says of its own
/// size proves nothing.
fn weigh(bytes: &[u8], limit: u64) -> Result<(), TableFault> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| TableFault::Workbook)?;
    let mut left = limit;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|_| TableFault::Workbook)?;
        let unpacked = std::io::copy(&mut entry.take(left + 1), &mut std::io::sink()).map_err(|_| TableFault::Workbook)?;
        left = left.checked_sub(unpacked).ok_or(TableFault::TooLarge)?;
    }
    Ok(())
}

/// A cell as text: numbers without a needless ".0", days and times as ISO writes them.
fn cell(data: &Data) -> String {
    match data {
        Data::DateTime(at) if at.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
            match (hour, minute, second) {
                (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
                _ => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
            }
        }
        Data::Error(_) | Data::Empty => String::new(),
        other => other.to_string(),
    }
}

/// The first row that holds anything is the header.
fn push(table: &mut Table, line: u64, cells: Vec<String>) -> Result<(), TableFault> {
    if table.header.is_empty() {
        if cells.iter().any(|cell| !cell.trim().is_empty()) {
            table.header = cells;
        }
        return Ok(());
    }
    if table.rows.len() == ROWS_MAX {
        return Err(TableFault::TooManyRows);
    }
    table.rows.push(TableRow { line, cells });
    Ok(())
}

fn finished(table: Table) -> Result<Table, TableFault> {
    if table.rows.is_empty() { Err(TableFault::Empty) } else { Ok(table) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
    use std::io::Write;

    fn cells(table: &Table) -> Vec<(u64, Vec<&str>)> {
        table.rows.iter().map(|row| (row.line, row.cells.iter().map(String::as_str).collect())).collect()
    }

    #[test]
    fn separated_text_is_read_however_it_is_separated_and_encoded() {
        let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain("a\tb\nż\t2\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        for (bytes, first) in [
            (b"\xEF\xBB\xBFa;b\n\"x;y\";2\n".to_vec(), ["x;y", "2"]),
            (b"\n a , b \nx,2\n".to_vec(), ["x", "2"]),
            (b"a,b\nJos\xE9,2\n".to_vec(), ["José", "2"]),
            (utf16, ["ż", "2"]),
        ] {
            let table = read(&bytes, None).unwrap();
            assert_eq!(
                (table.header.as_slice(), cells(&table)[0].1.as_slice()),
                (["a".to_owned(), "b".to_owned()].as_slice(), first.as_slice())
            );
        }
        for nothing in ["", "\n\n", "a,b\n"] {
            assert_eq!(read(nothing.as_bytes(), None), Err(TableFault::Empty), "{nothing:?}");
        }
    }

    fn book() -> Vec<u8> {
        let mut book = Workbook::new();
        let notes = book.add_worksheet();
        notes.set_name("Notes").unwrap();
        notes.write_string(0, 0, "x").unwrap();
        notes.write_string(1, 0, "y").unwrap();
        let orders = book.add_worksheet();
        orders.set_name("Orders").unwrap();
        for (col, name) in ["OrderID", "ETA", "Price", "Paid"].into_iter().enumerate() {
            orders.write_string(1, col as u16, name).unwrap();
        }
        orders.write_number(2, 0, 1001.0).unwrap();
        let day = ExcelDateTime::from_ymd(2025, 8, 10).unwrap();
        orders.write_datetime_with_format(2, 1, &day, &Format::new().set_num_format("yyyy-mm-dd")).unwrap();
        orders.write_number(2, 2, 12.5).unwrap();
        orders.write_boolean(2, 3, true).unwrap();
        book.save_to_buffer().unwrap()
    }

    #[test]
    fn a_worksheet_is_read_by_name_else_the_first() {
        let table = read(&book(), Some(" orders")).unwrap();
        assert_eq!(table.header, ["OrderID", "ETA", "Price", "Paid"]);
        assert_eq!(cells(&table), [(3, vec!["1001", "2025-08-10", "12.5", "true"])]);
        assert_eq!(read(&book(), None).unwrap().header, ["x"]);
        let missing = read(&book(), Some("Lieferungen")).unwrap_err();
        assert_eq!(missing.to_string(), "there is no worksheet \"Lieferungen\"; there are: Notes, Orders");
    }

    #[test]
    fn what_only_looks_like_a_workbook_is_refused_and_a_bomb_is_not_unpacked() {
        assert_eq!(read(b"PK\x03\x04 and nothing else", None), Err(TableFault::Workbook));
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("xl/workbook.xml", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&vec![0; 1024 * 1024]).unwrap();
        let bomb = zip.finish().unwrap().into_inner();
        assert!(bomb.len() < 10_000, "{}", bomb.len());
        assert_eq!(weigh(&bomb, 1024 * 1024), Ok(()));
        assert_eq!(weigh(&bomb, 1024 * 1024 - 1), Err(TableFault::TooLarge));
    }

    #[test]
    fn a_file_has_a_limit() {
        let rows = "1\n".repeat(ROWS_MAX + 1);
        assert_eq!(read(format!("OrderID\n{rows}").as_bytes(), None), Err(TableFault::TooManyRows));
    }
}
