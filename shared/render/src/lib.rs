//! What people look at, made from plain figures: the daily workbook ([`xlsx`]), documents to print ([`pdf`]),
//! small charts for the console ([`svg`]) and e-mails ([`mail`]).
//!
//! Everything here is a function from data to bytes or markup: no clock, no network, no randomness. The
//! same input gives the same bytes, so a report that is made twice is one report.
//!
//! Text typed by customers is data: it is escaped in HTML and SVG, written as text (never as a formula)
//! in workbooks, and refused in mail headers if it holds a line break.

mod error;
pub mod mail;
pub mod pdf;
pub mod svg;
pub mod xlsx;

pub use error::RenderError;
