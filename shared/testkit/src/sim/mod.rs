//! A deterministic simulator.
mod cost;
mod desk;
mod faults;
mod ports;
mod queue;
mod rng;
mod story;
