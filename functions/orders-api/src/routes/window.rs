//! How many days back figures go.

use super::orders::fault;
use app::Error;
use serde::Deserialize;

/// Window.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Days back, today included: 1 to 365, default 30.
    pub days: Option<u16>,
}

impl Window {
    /// How many.
    ///
    /// # Errors
    /// `Invalid` outside of what it may be.
    pub fn days(&self) -> Result<u16, Error> {
        let days = self.days.unwrap_or(30);
        if (1..=365).contains(&days) { Ok(days) } else { Err(fault("days", "out_of_range", "1 to 365")) }
    }
}
