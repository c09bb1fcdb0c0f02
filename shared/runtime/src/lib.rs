//! What every function needs around its handler: settings, logs, batches that fail record by record, HTTP
//! with problem details, and the one clock and random source that may touch the system.

pub mod batch;
pub mod bus;
pub mod gateway;
pub mod http;
pub mod measured;
pub mod problem;
pub mod settings;
pub mod system;
pub mod telemetry;

pub use problem::Problem;
pub use settings::Settings;
pub use system::{SystemClock, SystemRandom};
