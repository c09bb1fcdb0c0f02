//! Arguments of orderctl.

use app::ports::Clock;
use clap::{Args, Parser, Subcommand};
use domain::ids::SourceId;
use orderctl::{Failed, bootstrap, doctor, import, redrive, replay};
use runtime::system::SystemClock;
use std::path::PathBuf;

/// The operator's command line of OrderFlow.
#[derive(Parser)]
#[command(version, about, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Set up a tenant: settings, webhook endpoints and keys. Prints them once, as JSON.
    Bootstrap(bootstrap::Options),
    /// Import orders from a CSV, TSV or Excel file. Running it again changes nothing.
    Import(Import),
    /// Import a demo shop's orders, made up from a seed.
    Demo(Demo),
    /// Move messages from a dead-letter queue back to their queue.
    Redrive(redrive::Options),
    /// Do again what came in, or tell again what went out.
    Replay(replay::Options),
    /// Check every setting and dependency, and say how to mend what is wrong.
    Doctor(doctor::Options),
}

/// Where the API is, and who asks.
#[derive(Args, Clone)]
struct Api {
    /// Address of the API.
    #[arg(long, env = "API_URL")]
    api: String,
    /// API key with the "write" scope.
    #[arg(long, env = "ORDERFLOW_API_KEY", hide_env_values = true)]
    key: String,
}

#[derive(Args)]
struct Import {
    #[command(flatten)]
    api: Api,
    /// The CSV file, comma, semicolon or tab separated, with a header; "-" reads from standard input.
    file: PathBuf,
    /// Whose status words the file uses.
    #[arg(long, default_value = "sheet")]
    vocabulary: String,
    /// The name of the channel the orders came in by.
    #[arg(long, default_value = "import")]
    channel: String,
    /// Currency of rows that have none.
    #[arg(long, default_value = "USD")]
    currency: String,
    /// Time zone of times that have none.
    #[arg(long, default_value = "UTC")]
    time_zone: String,
    /// Which worksheet of an Excel file; the first, if nothing is said.
    #[arg(long)]
    worksheet: Option<String>,
    /// Move all dates so that the newest order is from yesterday: old sample data then looks alive.
    #[arg(long)]
    as_if_today: bool,
    /// At most so many orders.
    #[arg(long)]
    limit: Option<usize>,
    /// Only read the file and list what is wrong with it.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Args)]
struct Demo {
    #[command(flatten)]
    api: Api,
    /// Whose shop; shown only.
    #[arg(long, default_value = "demo")]
    tenant: String,
    /// How many orders.
    #[arg(long, default_value_t = 400)]
    orders: u32,
    /// The same seed gives the same orders.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    match run(Cli::parse().command).await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("orderctl: {why}");
            std::process::ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), Failed> {
    match command {
        Command::Bootstrap(options) => bootstrap::run(options).await,
        Command::Redrive(options) => redrive::run(options).await,
        Command::Replay(options) => replay::run(options).await,
        Command::Doctor(options) => doctor::run(options).await,
        Command::Import(options) => {
            let reading = import::Reading {
                currency: options.currency,
                time_zone: options.time_zone,
                as_if_today: options.as_if_today,
                limit: options.limit,
            };
            let table = import::read_file(&options.file, options.worksheet.as_deref())?;
            let rows = import::rows(&table, &reading, import::today())?;
            let vocabulary = import::vocabulary(&options.vocabulary)?;
            let channel = SourceId::parse(&options.channel)?;
            let faults = import::faults(&rows, vocabulary, &channel, SystemClock.now());
            for fault in &faults {
                eprintln!("{fault}");
            }
            if !rows.unknown_columns.is_empty() {
                eprintln!("not read: the columns {}", rows.unknown_columns.join(", "));
            }
            if options.dry_run {
                println!("{} orders read, {} rows to correct; nothing was sent", rows.good.len(), faults.len());
                return if faults.is_empty() { Ok(()) } else { Err("correct these and try again".into()) };
            }
            let target =
                import::Target { api: options.api.api, key: options.api.key, vocabulary: options.vocabulary, channel: options.channel };
            let bad = rows.bad.len();
            import::deliver(rows.good, &target).await?;
            if bad == 0 { Ok(()) } else { Err(format!("{bad} rows were not sent; correct them and run the import again").into()) }
        }
        Command::Demo(options) => {
            let rows = import::demo(options.orders, options.seed, import::today())?;
            let target = import::Target { api: options.api.api, key: options.api.key, vocabulary: "sheet".into(), channel: "demo".into() };
            import::deliver(rows, &target).await
        }
    }
}
