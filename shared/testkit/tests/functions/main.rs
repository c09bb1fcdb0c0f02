//! The functions' handlers over in-memory ports: their samples, hostile input, and what the rows promise.

mod asking;
mod house;
mod messages;
mod rest;
mod samples;
