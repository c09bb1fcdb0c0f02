//! Shows the console over a made-up shop in memory: `cargo run -p console --example preview [port]`.
//!
//! Prints the key to sign in with. Nothing is stored.

#![allow(clippy::unwrap_used, reason = "what cannot be set up should stop at once")]

#[path = "../tests/shop/mod.rs"]
mod shop;

use app::Scopes;
use app::ports::Clock;
use domain::order::Role;
use shop::Shop;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).map_or(Ok(8099), |port| port.parse())?;
    let shop = Shop::open("demo", runtime::system::SystemClock.now()).await;
    shop.stock_up().await;
    println!("Sign in at http://127.0.0.1:{port}/console with");
    println!("  operator: {}", shop.key(Role::Operator, Scopes::ALL).await);
    println!("  read only: {}", shop.key(Role::Readonly, Scopes::of_role(Role::Readonly)).await);
    let quiet = Shop::open_in(shop.world.clone(), "quiet", shop.clock.now()).await;
    println!("  a shop without orders: {}", quiet.key(Role::Operator, Scopes::ALL).await);
    let router = runtime::http::finish(console::router(Arc::new(shop.console())));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, router).await?;
    Ok(())
}
