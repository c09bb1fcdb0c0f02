//! What was rendered, read again by independent readers.

mod mail;
mod pdf;
mod sample;
mod svg;
mod xlsx;
