//! Why something could not be rendered.

/// None of these is worth a retry: the same input fails the same way.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The spreadsheet writer refused: a limit of the format, or a mistake here.
    #[error("workbook: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// The finished workbook could not be packed.
    #[error("workbook package: {0}")]
    Package(#[from] zip::result::ZipError),
    /// Reading or writing memory failed.
    #[error("buffer: {0}")]
    Buffer(#[from] std::io::Error),
    /// The PDF could not be written.
    #[error("document: {why}")]
    Pdf {
        /// What was refused.
        why: &'static str,
    },
    /// A font file that can't be used.
    #[error("font: {why}")]
    Font {
        /// What is wrong with it.
        why: &'static str,
    },
    /// A mail header holds something that could end it early or start another one.
    #[error("mail header {header}: {why}")]
    Header {
        /// Which one.
        header: &'static str,
        /// The rule that was broken; never the value, which is personal data.
        why: &'static str,
    },
    /// A link that must not be put in front of a reader.
    #[error("link: {why}")]
    Link {
        /// The rule that was broken; never the link itself.
        why: &'static str,
    },
    /// More bytes than a mail may have.
    #[error("mail: {bytes} bytes of attachments, at most {max} are allowed")]
    TooLarge {
        /// How many there are.
        bytes: usize,
        /// The limit.
        max: usize,
    },
}
