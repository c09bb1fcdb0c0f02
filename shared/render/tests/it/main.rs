//! What was rendered, read again by independent readers.

mod mail;
mod sample;
mod svg;
mod xlsx;
