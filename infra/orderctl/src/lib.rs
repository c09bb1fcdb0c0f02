//! orderctl: the operator's command line.
//!
//! It does what the API does (import, replay) through the API, and what only an operator may do (bootstrap,
//! redrive, doctor) with the operator's own AWS credentials.

pub mod bootstrap;
pub mod doctor;
pub mod generate;
pub mod import;
pub mod redrive;
pub mod replay;

/// What a command ends with when it does not end well: a sentence for the person at the terminal.
pub type Failed = Box<dyn std::error::Error + Send + Sync>;
