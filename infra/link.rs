//! The build script of every function: its program is linked to run at a fixed address.
//!
//! The loader mends a position-independent program before it starts: for ours 22,000 addresses on 88 pages, each copied
//! first, which was half of a cold start's CPU (docs/adr/0005-programs-have-a-fixed-address.md).

fn main() {
    println!("cargo::rerun-if-changed=../../infra/link.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
