//! A table over as many pages as it needs: cells wrap, the header is repeated, pages are numbered, and a reader
//! that cannot see finds a real table in it.

use super::fonts::{Fonts, Weight};
use super::text::{Line, Shaper, Style};
use crate::RenderError;
use jiff::civil::Date;
use krilla::Document;
use krilla::SerializeSettings;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{ArtifactType, ContentTag, Identifier, Node, SpanTag, TableHeaderScope, Tag, TagGroup, TagTree};
use std::num::NonZeroU16;

/// A4 in points.
const PAGE: (f32, f32) = (595.0, 842.0);
/// One inch on each side.
const MARGIN: f32 = 72.0;
/// What the columns of a table share, in points.
pub(super) const WIDTH: f32 = PAGE.0 - 2.0 * MARGIN;
const TITLE: Style = Style { weight: Weight::Bold, size: 18.0 };
const LEAD: Style = Style { weight: Weight::Regular, size: 10.0 };
const HEAD: Style = Style { weight: Weight::Bold, size: 9.0 };
const BODY: Style = Style { weight: Weight::Regular, size: 9.0 };
const BODY_BOLD: Style = Style { weight: Weight::Bold, size: 9.0 };
const FOOT: Style = Style { weight: Weight::Regular, size: 8.0 };
const LINE_HEIGHT: f32 = 12.0;
/// From a line's top to its baseline.
const ASCENT: f32 = 9.0;
const PADDING: (f32, f32) = (5.0, 4.0);
/// Lines of one cell; what is longer is cut and marked.
const CELL_LINES_MAX: usize = 8;
const LEAD_LINES_MAX: usize = 6;

const INK: u32 = 0x11_1827;
const MUTED: u32 = 0x4B_5563;
const RULE: u32 = 0xD9_DCE3;
const HEADER_FILL: u32 = 0xED_F2FF;
const STRIPE: u32 = 0xF6_F7FB;

/// On which side of its column a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// One column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) title: &'static str,
    /// Points.
    pub(super) width: f32,
    pub(super) align: Align,
}

/// One cell.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) bold: bool,
    pub(super) ink: u32,
}

impl Cell {
    pub(super) fn new(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), bold: false, ink: INK }
    }

    pub(super) fn bold(self) -> Cell {
        Cell { bold: true, ..self }
    }

    pub(super) fn ink(self, ink: u32) -> Cell {
        Cell { ink, ..self }
    }
}

/// A document that is one table.
pub(super) struct TableDocument<'a> {
    pub(super) title: String,
    /// A few lines under the title.
    pub(super) lead: String,
    /// At the foot of every page, left of the page number.
    pub(super) footer: String,
    /// BCP 47.
    pub(super) language: &'static str,
    /// Goes into the document's properties: the same input is the same bytes.
    pub(super) day: Date,
    pub(super) columns: &'a [Column],
    /// As many cells as columns.
    pub(super) rows: Vec<Vec<Cell>>,
}

/// A row with its lines broken.
struct Row {
    cells: Vec<(Vec<Line>, Style, u32)>,
    height: f32,
}

impl TableDocument<'_> {
    /// The PDF.
    ///
    /// # Errors
    /// `Pdf` if the writer refuses.
    pub(super) fn render(&self, fonts: &Fonts) -> Result<Vec<u8>, RenderError> {
        let shaper = Shaper::new(fonts);
        let heading =
            Heading { title: shaper.lines(&self.title, TITLE, WIDTH, 2), lead: shaper.lines(&self.lead, LEAD, WIDTH, LEAD_LINES_MAX) };
        let titles = self.columns.iter().map(|column| Cell::new(column.title)).collect::<Vec<_>>();
        let head = self.row(&shaper, &titles, HEAD);
        let rows: Vec<Row> = self.rows.iter().map(|cells| self.row(&shaper, cells, BODY)).collect();
        let pages = paged(&rows, heading.height() + head.height, head.height);
        let settings = SerializeSettings { enable_tagging: true, ..SerializeSettings::default() };
        let mut document = Document::new_with(settings);
        document.set_metadata(self.metadata());
        let mut tags = Tags::default();
        let mut first = 0;
        for (number, count) in pages.iter().enumerate() {
            let mut page = document.start_page_with(PageSettings::from_wh(PAGE.0, PAGE.1).ok_or(RenderError::Pdf { why: "page size" })?);
            let mut surface = page.surface();
            let mut y = MARGIN;
            if number == 0 {
                y = heading.draw(&mut surface, &mut tags, y);
            }
            if *count > 0 {
                fill(&mut surface, MARGIN, y, WIDTH, head.height, HEADER_FILL);
                let titles = self.draw_row(&mut surface, &head, y, number > 0);
                if number == 0 {
                    tags.head = titles;
                }
                y += head.height;
            }
            for (index, row) in rows[first..first + count].iter().enumerate() {
                if (first + index) % 2 == 1 {
                    fill(&mut surface, MARGIN, y, WIDTH, row.height, STRIPE);
                }
                tags.rows.push(self.draw_row(&mut surface, row, y, false));
                y += row.height;
                fill(&mut surface, MARGIN, y - 0.5, WIDTH, 0.5, RULE);
            }
            self.draw_footer(&shaper, &mut surface, number + 1, pages.len());
            surface.finish();
            page.finish();
            first += count;
        }
        document.set_tag_tree(tags.tree(&self.title, self.language));
        document.finish().map_err(|_| RenderError::Pdf { why: "the writer refused the document" })
    }

    fn metadata(&self) -> Metadata {
        let year = u16::try_from(self.day.year()).unwrap_or(0);
        let created = DateTime::new(year).month(self.day.month().unsigned_abs()).day(self.day.day().unsigned_abs());
        Metadata::new()
            .title(self.title.clone())
            .creator("OrderFlow".to_owned())
            .language(self.language.to_owned())
            .creation_date(created.hour(0).minute(0).second(0).utc_offset_hour(0).utc_offset_minute(0))
    }

    fn row(&self, shaper: &Shaper<'_>, cells: &[Cell], style: Style) -> Row {
        let cells: Vec<_> = cells
            .iter()
            .zip(self.columns)
            .map(|(cell, column)| {
                let style = if cell.bold { BODY_BOLD } else { style };
                (shaper.lines(&cell.text, style, column.width - 2.0 * PADDING.0, CELL_LINES_MAX), style, cell.ink)
            })
            .collect();
        let lines = cells.iter().map(|(lines, ..)| lines.len()).max().unwrap_or(1);
        Row { cells, height: lines as f32 * LINE_HEIGHT + 2.0 * PADDING.1 }
    }

    /// Draws a row; what its cells are called in the tree of tags. A repeated header is decoration.
    fn draw_row(&self, surface: &mut Surface<'_>, row: &Row, top: f32, repeated: bool) -> Vec<Identifier> {
        let mut left = MARGIN;
        let mut ids = Vec::with_capacity(row.cells.len());
        for ((lines, style, ink), column) in row.cells.iter().zip(self.columns) {
            let tag = if repeated { artifact(ArtifactType::Header) } else { ContentTag::Span(SpanTag::empty()) };
            ids.push(surface.start_tagged(tag));
            paint(surface, *ink);
            for (number, line) in lines.iter().enumerate() {
                let right = column.align == Align::Right || line.rtl;
                let x = if right { left + column.width - PADDING.0 - line.width } else { left + PADDING.0 };
                line.draw(surface, x, top + PADDING.1 + ASCENT + number as f32 * LINE_HEIGHT, style.size);
            }
            surface.end_tagged();
            left += column.width;
        }
        ids
    }

    fn draw_footer(&self, shaper: &Shaper<'_>, surface: &mut Surface<'_>, number: usize, of: usize) {
        let y = PAGE.1 - MARGIN + 24.0;
        surface.start_tagged(artifact(ArtifactType::Footer));
        paint(surface, MUTED);
        let page = shaper.single(&format!("Page {number} of {of}"), FOOT);
        page.draw(surface, PAGE.0 - MARGIN - page.width, y, FOOT.size);
        for line in shaper.lines(&self.footer, FOOT, WIDTH - page.width - 12.0, 1) {
            line.draw(surface, MARGIN, y, FOOT.size);
        }
        surface.end_tagged();
    }
}

struct Heading {
    title: Vec<Line>,
    lead: Vec<Line>,
}

impl Heading {
    const TITLE_HEIGHT: f32 = 24.0;
    const LEAD_HEIGHT: f32 = 14.0;
    const GAP: f32 = 10.0;

    fn height(&self) -> f32 {
        self.title.len() as f32 * Self::TITLE_HEIGHT + self.lead.len() as f32 * Self::LEAD_HEIGHT + Self::GAP
    }

    fn draw(&self, surface: &mut Surface<'_>, tags: &mut Tags, top: f32) -> f32 {
        let mut y = top;
        tags.title = Some(surface.start_tagged(ContentTag::Span(SpanTag::empty())));
        paint(surface, INK);
        for line in &self.title {
            line.draw(surface, MARGIN, y + TITLE.size - 2.0, TITLE.size);
            y += Self::TITLE_HEIGHT;
        }
        surface.end_tagged();
        tags.lead = Some(surface.start_tagged(ContentTag::Span(SpanTag::empty())));
        paint(surface, MUTED);
        for line in &self.lead {
            line.draw(surface, MARGIN, y + LEAD.size - 1.0, LEAD.size);
            y += Self::LEAD_HEIGHT;
        }
        surface.end_tagged();
        y + Self::GAP
    }
}

/// How many rows stand on each page; at least one page, and at least one row on a page that has any.
fn paged(rows: &[Row], first_taken: f32, taken: f32) -> Vec<usize> {
    let room = PAGE.1 - 2.0 * MARGIN;
    let mut pages = vec![0];
    let mut used = first_taken;
    for row in rows {
        if used + row.height > room && pages.last().is_some_and(|count| *count > 0) {
            pages.push(0);
            used = taken;
        }
        used += row.height;
        if let Some(count) = pages.last_mut() {
            *count += 1;
        }
    }
    pages
}

/// What a reader that cannot see is told: a heading, a paragraph, a table with a header row.
#[derive(Default)]
struct Tags {
    title: Option<Identifier>,
    lead: Option<Identifier>,
    head: Vec<Identifier>,
    rows: Vec<Vec<Identifier>>,
}

impl Tags {
    fn tree(self, title: &str, language: &str) -> TagTree {
        let mut tree = TagTree::new().with_lang(Some(language.to_owned()));
        let leaf = |id: Option<Identifier>| id.map(Node::Leaf).into_iter().collect::<Vec<_>>();
        tree.push(TagGroup::with_children(Tag::Hn(NonZeroU16::MIN, Some(title.to_owned())), leaf(self.title)));
        tree.push(TagGroup::with_children(Tag::P, leaf(self.lead)));
        if self.rows.is_empty() {
            return tree;
        }
        let row = |cells: Vec<TagGroup>| TagGroup::with_children(Tag::TR, cells.into_iter().map(Node::Group).collect());
        let head =
            self.head.into_iter().map(|id| TagGroup::with_children(Tag::TH(TableHeaderScope::Column), vec![Node::Leaf(id)])).collect();
        let mut table = TagGroup::new(Tag::Table);
        table.push(TagGroup::with_children(Tag::THead, vec![row(head).into()]));
        let cells = |ids: Vec<Identifier>| ids.into_iter().map(|id| TagGroup::with_children(Tag::TD, vec![Node::Leaf(id)])).collect();
        let rows = self.rows.into_iter().map(|ids| Node::Group(row(cells(ids)))).collect();
        table.push(TagGroup::with_children(Tag::TBody, rows));
        tree.push(table);
        tree
    }
}

fn artifact(kind: ArtifactType) -> ContentTag<'static> {
    ContentTag::Artifact(krilla::tagging::Artifact::with_kind(kind))
}

fn paint(surface: &mut Surface<'_>, colour: u32) {
    let [_, red, green, blue] = colour.to_be_bytes();
    surface.set_fill(Some(Fill { paint: rgb::Color::new(red, green, blue).into(), ..Fill::default() }));
}

/// A filled rectangle; decoration only.
fn fill(surface: &mut Surface<'_>, x: f32, y: f32, width: f32, height: f32, colour: u32) {
    let mut path = PathBuilder::new();
    if let Some(rect) = Rect::from_xywh(x, y, width, height) {
        path.push_rect(rect);
    }
    let Some(path) = path.finish() else { return };
    surface.start_tagged(artifact(ArtifactType::Layout));
    paint(surface, colour);
    surface.draw_path(&path);
    surface.end_tagged();
}
