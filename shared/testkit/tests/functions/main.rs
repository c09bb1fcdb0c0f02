//! The functions' handlers over in-memory ports: their samples, hostile input, and what the rows promise.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod addresses;
mod asking;
mod attention;
mod bulk;
mod chat;
mod codes;
mod decisions;
mod door;
mod eta;
mod files;
mod followups;
mod forgetting;
mod fulfilling;
mod hostile_ask;
mod hostile_auth;
mod hostile_hooks;
mod hostile_orders;
mod hostile_queue;
mod hostile_reports;
mod hostile_rest;
mod hostile_schedule;
mod hostile_settings;
mod hostile_words;
mod house;
mod importing;
mod imports;
mod labels;
mod lines;
mod messages;
mod models;
mod payments;
mod photos;
mod reports;
mod rest;
mod rules;
mod samples;
mod sheet;
mod signing;
mod stale;
mod stock;
mod tenancy;
mod watched;
mod watching;
mod workflow;
