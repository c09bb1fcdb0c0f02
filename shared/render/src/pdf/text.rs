//! From text of any origin and script to lines of glyphs: bidirectional runs, a face for every character,
//! shaping, and lines broken where Unicode allows it.

use super::fonts::{Fonts, Weight};
use krilla::geom::Point;
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, ShapePlan, UnicodeBuffer};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use unicode_bidi::BidiInfo;
use unicode_segmentation::UnicodeSegmentation;

/// Ends a text that had to be cut.
const CUT_MARK: &str = "…";

/// How a text is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) weight: Weight,
    /// Points.
    pub(super) size: f32,
}

/// One line, ready to be drawn.
pub(super) struct Line {
    runs: Vec<Run>,
    /// Points.
    pub(super) width: f32,
    /// Its paragraph runs from right to left.
    pub(super) rtl: bool,
}

/// A stretch of one direction and one face, in the order it is read by the eye.
struct Run {
    text: String,
    font: Font,
    glyphs: Vec<KrillaGlyph>,
    width: f32,
}

/// Which glyphs a face turns a stretch of text into depends on these.
type PlanKey = (Weight, usize, bool, rustybuzz::Script);

/// Shapes text with a document's faces.
pub(super) struct Shaper<'a> {
    fonts: &'a Fonts,
    regular: Vec<rustybuzz::Face<'static>>,
    bold: Vec<rustybuzz::Face<'static>>,
    plans: RefCell<HashMap<PlanKey, ShapePlan>>,
}

impl<'a> Shaper<'a> {
    pub(super) fn new(fonts: &'a Fonts) -> Shaper<'a> {
        let faces = |weight| fonts.of(weight).iter().filter_map(|face| rustybuzz::Face::from_slice(face.data, 0)).collect();
        Shaper { fonts, regular: faces(Weight::Regular), bold: faces(Weight::Bold), plans: RefCell::default() }
    }

    fn faces(&self, weight: Weight) -> &[rustybuzz::Face<'static>] {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }

    /// Breaks text into lines no wider than `width` points. What does not fit `lines_max` lines is cut and
    /// marked. Empty text is one empty line.
    pub(super) fn lines(&self, text: &str, style: Style, width: f32, lines_max: usize) -> Vec<Line> {
        let clean = clean(text);
        let bidi = BidiInfo::new(&clean, None);
        let mut lines = Vec::new();
        for paragraph in &bidi.paragraphs {
            let rtl = paragraph.level.is_rtl();
            for range in self.broken(&clean, paragraph.range.clone(), style, width) {
                if lines.len() == lines_max {
                    return self.cut(lines, style, width);
                }
                let (levels, runs) = bidi.visual_runs(paragraph, range);
                let shown = runs.into_iter().map(|run| (levels[run.start].is_rtl(), &clean[run]));
                lines.push(self.line(shown, style, rtl));
            }
        }
        if lines.is_empty() {
            lines.push(Line { runs: Vec::new(), width: 0.0, rtl: false });
        }
        lines
    }

    /// One line that is not broken: for titles and page numbers.
    pub(super) fn single(&self, text: &str, style: Style) -> Line {
        self.lines(text, style, f32::INFINITY, 1).remove(0)
    }

    fn line<'t>(&self, runs: impl Iterator<Item = (bool, &'t str)>, style: Style, rtl: bool) -> Line {
        let mut shaped = Vec::new();
        for (run_rtl, text) in runs {
            let mut parts: Vec<Run> =
                self.by_face(text, style.weight).into_iter().map(|(face, part)| self.shape(part, face, run_rtl, style)).collect();
            if run_rtl {
                parts.reverse();
            }
            shaped.extend(parts);
        }
        let width = shaped.iter().map(|run| run.width).sum();
        Line { runs: shaped, width, rtl }
    }

    /// Splits text where the face has to change.
    fn by_face<'t>(&self, text: &'t str, weight: Weight) -> Vec<(usize, &'t str)> {
        let faces = self.faces(weight);
        let mut parts: Vec<(usize, Range<usize>)> = Vec::new();
        for (at, cluster) in text.grapheme_indices(true) {
            let has = |face: &rustybuzz::Face<'_>| cluster.chars().all(|c| face.glyph_index(c).is_some() || is_invisible(c));
            let face = faces.iter().position(has).unwrap_or(0);
            let end = at + cluster.len();
            match parts.last_mut() {
                Some((same, range)) if *same == face => range.end = end,
                _ => parts.push((face, at..end)),
            }
        }
        parts.into_iter().map(|(face, range)| (face, &text[range])).collect()
    }

    fn shape(&self, text: &str, face: usize, rtl: bool, style: Style) -> Run {
        let shaper = &self.faces(style.weight)[face];
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        let direction = if rtl { Direction::RightToLeft } else { Direction::LeftToRight };
        buffer.set_direction(direction);
        let script = buffer.script();
        let mut plans = self.plans.borrow_mut();
        let plan =
            plans.entry((style.weight, face, rtl, script)).or_insert_with(|| ShapePlan::new(shaper, direction, Some(script), None, &[]));
        let shaped = rustybuzz::shape_with_plan(shaper, plan, buffer);
        let (infos, positions) = (shaped.glyph_infos(), shaped.glyph_positions());
        let em = shaper.units_per_em() as f32;
        let mut starts: Vec<usize> = infos.iter().map(|info| info.cluster as usize).collect();
        starts.sort_unstable();
        starts.dedup();
        let end_of = |start: usize| starts.get(starts.partition_point(|other| *other <= start)).copied().unwrap_or(text.len());
        let glyphs: Vec<KrillaGlyph> = infos
            .iter()
            .zip(positions)
            .map(|(info, position)| {
                let start = info.cluster as usize;
                KrillaGlyph::new(
                    GlyphId::new(info.glyph_id),
                    position.x_advance as f32 / em,
                    position.x_offset as f32 / em,
                    position.y_offset as f32 / em,
                    position.y_advance as f32 / em,
                    start..end_of(start),
                    None,
                )
            })
            .collect();
        let width = glyphs.iter().map(|glyph| glyph.x_advance).sum::<f32>() * style.size;
        Run { text: text.to_owned(), font: self.fonts.of(style.weight)[face].font.clone(), glyphs, width }
    }

    fn width(&self, text: &str, style: Style) -> f32 {
        // A direction does not change how wide a stretch is by more than its joining forms do.
        self.line(std::iter::once((false, text)), style, false).width
    }

    /// The ranges of a paragraph's lines.
    fn broken(&self, text: &str, paragraph: Range<usize>, style: Style, width: f32) -> Vec<Range<usize>> {
        let content = text[paragraph.clone()].trim_end_matches('\n');
        if !width.is_finite() || self.width(content, style) <= width {
            let whole = paragraph.start..paragraph.start + content.len();
            return if whole.is_empty() { Vec::new() } else { vec![whole] };
        }
        let mut lines: Vec<Range<usize>> = Vec::new();
        let mut filled = 0.0;
        for piece in self.pieces(content, style, width) {
            let wide = self.width(&content[piece.clone()], style);
            let trimmed = content[piece.clone()].trim_end();
            let fits = filled + if trimmed.len() == piece.len() { wide } else { self.width(trimmed, style) } <= width;
            match lines.last_mut() {
                Some(line) if fits => {
                    line.end = piece.end;
                    filled += wide;
                }
                _ => {
                    lines.push(piece);
                    filled = wide;
                }
            }
        }
        let absolute = |line: Range<usize>| {
            let kept = content[line.clone()].trim_end().len().max(1);
            paragraph.start + line.start..paragraph.start + line.start + kept
        };
        lines.into_iter().map(absolute).collect()
    }

    /// The stretches that are never broken: what lies between two places where a line may end; where that is wider
    /// than a whole line, its letters.
    fn pieces(&self, content: &str, style: Style, width: f32) -> Vec<Range<usize>> {
        let mut pieces = Vec::new();
        let mut start = 0;
        for (end, _) in unicode_linebreak::linebreaks(content) {
            let word = &content[start..end];
            if self.width(word.trim_end(), style) <= width {
                pieces.push(start..end);
            } else {
                pieces.extend(word.grapheme_indices(true).map(|(at, letter)| start + at..start + at + letter.len()));
            }
            start = end;
        }
        pieces
    }

    /// Marks the last line as cut.
    fn cut(&self, mut lines: Vec<Line>, style: Style, width: f32) -> Vec<Line> {
        let Some(last) = lines.pop() else { return lines };
        let mark = self.line(std::iter::once((last.rtl, CUT_MARK)), style, last.rtl);
        let room = width - mark.width;
        let text: String = last.runs.iter().map(|run| run.text.as_str()).collect();
        let mut kept = text.as_str();
        while self.width(kept, style) > room {
            match kept.grapheme_indices(true).next_back() {
                Some((at, _)) => kept = &kept[..at],
                None => break,
            }
        }
        lines.push(self.line(std::iter::once((last.rtl, format!("{kept}{CUT_MARK}").as_str())), style, last.rtl));
        lines
    }
}

impl Line {
    /// Draws it with its baseline at `y` and its left edge at `x`, in points from the page's top left corner.
    pub(super) fn draw(&self, surface: &mut Surface<'_>, x: f32, y: f32, size: f32) {
        let mut left = x;
        for run in &self.runs {
            surface.draw_glyphs(Point::from_xy(left, y), &run.glyphs, run.font.clone(), &run.text, size, false);
            left += run.width;
        }
    }

    #[cfg(test)]
    fn text(&self) -> String {
        self.runs.iter().map(|run| run.text.as_str()).collect()
    }
}

/// Joiners, marks of direction and variation selectors: a face that lacks them still draws the cluster.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\n' | '\t')
}

/// Text as a line can hold it: control characters are blanks, and nobody's override of the reading direction
/// reaches beyond its own cell or turns a name round.
fn clean(text: &str) -> String {
    let kept = text.chars().filter(|c| !matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}'));
    kept.map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style { weight: Weight::Regular, size: 10.0 };

    /// Breaks `text` into lines as wide as `model` is.
    fn broken(text: &str, model: &str, lines_max: usize) -> Vec<String> {
        let fonts = Fonts::built_in().unwrap();
        let shaper = Shaper::new(&fonts);
        let width = shaper.width(model, STYLE);
        let lines = shaper.lines(text, STYLE, width, lines_max);
        assert!(lines.iter().all(|line| line.width <= width + 0.01), "{text:?} is wider than {width}");
        lines.iter().map(Line::text).collect()
    }

    #[test]
    fn lines_break_between_words_and_long_words_anywhere() {
        assert_eq!(broken("Where is my order", "Where is my", 9), ["Where is my", "order"]);
        assert_eq!(broken(&"a".repeat(20), &"a".repeat(10), 9), ["aaaaaaaaaa", "aaaaaaaaaa"]);
        assert_eq!(broken("", "wide", 9), [""]);
        assert_eq!(broken("a\nb", "wide", 9), ["a", "b"]);
    }

    #[test]
    fn what_does_not_fit_is_cut_and_marked() {
        assert_eq!(broken("one two three four five six", "one two xx", 2), ["one two", "three fo…"]);
        assert_eq!(broken(&"a".repeat(20), "aaaaaaa…", 1), ["aaaaaaa…"]);
    }

    #[test]
    fn right_to_left_text_is_reordered_and_shaped() {
        let fonts = Fonts::built_in().unwrap();
        let line = Shaper::new(&fonts).single("محمد 1001", STYLE);
        assert!(line.rtl);
        assert_eq!(line.runs.iter().map(|run| run.text.as_str()).collect::<Vec<_>>(), ["1001", "محمد "], "as the eye meets them");
        let joined = &line.runs[1].glyphs;
        assert!(joined.iter().all(|glyph| glyph.glyph_id != GlyphId::new(0)), "every letter has a glyph");
        let alone = Shaper::new(&fonts).single("م", STYLE);
        assert!(!joined.iter().any(|glyph| glyph.glyph_id == alone.runs[0].glyphs[0].glyph_id), "letters take their joined forms");
    }

    #[test]
    fn nobody_turns_a_line_round() {
        assert_eq!(broken("\u{202E}evil\u{202C} name\u{7}", "a line that is wide enough", 1), ["evil name "]);
    }

    #[test]
    fn every_script_of_the_built_in_face_is_there() {
        let fonts = Fonts::built_in().unwrap();
        for name in ["Żółć Łódź", "Ελένη", "Дмитрий", "דוד", "Երևան", "€ £ ¥ ₹ ₽"] {
            let line = Shaper::new(&fonts).single(name, STYLE);
            assert!(line.runs.iter().flat_map(|run| &run.glyphs).all(|glyph| glyph.glyph_id != GlyphId::new(0)), "{name}");
        }
        let missing = Shaper::new(&fonts).single("漢", STYLE);
        assert_eq!(missing.runs[0].glyphs[0].glyph_id, GlyphId::new(0), "drawn as a box, not dropped");
    }
}
