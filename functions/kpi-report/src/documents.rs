//! The files of a report, as [`render`] makes them.

use app::report::Documents;
use domain::kpi::{Comparison, DailyKpi};
use render::RenderError;
use render::pdf::Fonts;
use std::sync::OnceLock;

/// Workbook and document, with fonts that are unpacked when the first document is made.
#[derive(Default)]
pub struct Printed {
    fonts: OnceLock<Result<Fonts, RenderError>>,
}

impl Documents for Printed {
    fn workbook(&self, kpi: &DailyKpi, comparison: &Comparison) -> Result<Vec<u8>, String> {
        render::xlsx::daily(kpi, comparison).map_err(|why| why.to_string())
    }

    fn delayed(&self, kpi: &DailyKpi, shop: &str) -> Result<Vec<u8>, String> {
        let fonts = self.fonts.get_or_init(Fonts::built_in).as_ref().map_err(ToString::to_string)?;
        render::pdf::delayed(kpi, shop, fonts).map_err(|why| why.to_string())
    }
}
