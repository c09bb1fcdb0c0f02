//! Documents to print or to send: A4, margins of one inch, any script the fonts have.

mod delayed;
mod fonts;
mod table;
mod text;

pub use delayed::{ROWS_MAX, delayed};
pub use fonts::Fonts;

/// The content type of these documents.
pub const CONTENT_TYPE: &str = "application/pdf";
