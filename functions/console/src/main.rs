//! Wiring of the console.
fn main() {}
