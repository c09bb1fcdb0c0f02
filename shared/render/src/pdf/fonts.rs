//! The faces a document is set in.

use crate::RenderError;
use krilla::text::Font;

/// Regular or bold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// One face: its file for shaping, its handle for the document.
pub(super) struct Face {
    pub(super) data: &'static [u8],
    pub(super) font: Font,
}

/// The faces of both weights, in the order in which they are asked for a character.
///
/// DejaVu Sans is always first: Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew, Arabic and the currency
/// signs. More faces (Chinese, Japanese, Korean, Devanagari, ...) can be added; a character that none of them
/// has is drawn as an empty box.
pub struct Fonts {
    regular: Vec<Face>,
    bold: Vec<Face>,
}

/// The most faces a document looks through.
const FACES_MAX: usize = 16;

impl Fonts {
    /// What is built in.
    ///
    /// # Errors
    /// `Font` if the built-in files can't be read, which would be a broken build.
    pub fn built_in() -> Result<Fonts, RenderError> {
        let (regular, bold) = (face(dejavu::sans::regular())?, face(dejavu::sans::bold())?);
        Ok(Fonts { regular: vec![regular], bold: vec![bold] })
    }

    /// Adds a face for characters that the ones before it don't have. Used for both weights.
    ///
    /// # Errors
    /// `Font` if it is no TrueType or OpenType file, or one too many.
    pub fn with(mut self, file: Vec<u8>) -> Result<Fonts, RenderError> {
        if self.regular.len() >= FACES_MAX {
            return Err(RenderError::Font { why: "at most 16 faces" });
        }
        // A function loads its fonts once, when it starts, and keeps them until it ends.
        let data: &'static [u8] = file.leak();
        self.regular.push(face(data)?);
        self.bold.push(face(data)?);
        Ok(self)
    }

    pub(super) fn of(&self, weight: Weight) -> &[Face] {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }
}

fn face(data: &'static [u8]) -> Result<Face, RenderError> {
    let readable = rustybuzz::Face::from_slice(data, 0).is_some();
    let font = Font::new(data.into(), 0).filter(|_| readable);
    Ok(Face { data, font: font.ok_or(RenderError::Font { why: "not a TrueType or OpenType file" })? })
}
