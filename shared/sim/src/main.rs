//! `sim`: searches seeds for broken promises, replays one, or shows that planted bugs are found.

use clap::Parser;
use sim::invariants::INVARIANTS;
use sim::{Bug, Options, Report, Stats, bill, bugs, hunt, run, scenario};
use std::fmt::Write;
use std::ops::Range;
use std::process::ExitCode;

/// A quarter of a simulation is allocating: no network, no disk, thousands of small values a step.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs the real use cases in a world that delivers twice, late and out of order, and kills processes
/// between any two calls. One seed decides everything.
#[derive(Parser)]
#[command(name = "sim")]
struct Arguments {
    /// Replay one seed
    #[arg(long, conflicts_with_all = ["seeds", "bugs", "costs"])]
    seed: Option<u64>,
    /// Search these seeds: 1000, or 1000..2000
    #[arg(long, value_parser = seeds, conflicts_with = "bugs")]
    seeds: Option<Range<u64>>,
    /// Steps before the faults stop and everything drains
    #[arg(long, default_value_t = 400)]
    steps: usize,
    /// With --seed: print every step
    #[arg(long, requires = "seed")]
    trace: bool,
    /// Plant every bug in turn and show what found it
    #[arg(long)]
    bugs: bool,
    /// Show what a month costs on AWS, as the README does
    #[arg(long, conflicts_with_all = ["seeds", "bugs"])]
    costs: bool,
    /// Take so many orders through all handlers, and see that none is lost
    #[arg(long, conflicts_with_all = ["seed", "seeds", "bugs", "costs", "scenario"])]
    load: Option<u64>,
    /// Tell a story whose end is known: instagram_happy
    #[arg(long, conflicts_with_all = ["seed", "seeds", "bugs", "costs"])]
    scenario: Option<String>,
    /// Plant this bug (a name from --bugs)
    #[arg(long, value_parser = bug)]
    bug: Option<Bug>,
}

fn seeds(text: &str) -> Result<Range<u64>, String> {
    let number = |text: &str| text.parse::<u64>().map_err(|why| format!("{text}: {why}"));
    match text.split_once("..") {
        None => Ok(0..number(text)?),
        Some((from, to)) => Ok(number(from)?..number(to)?),
    }
}

fn bug(text: &str) -> Result<Bug, String> {
    Bug::ALL.iter().copied().find(|bug| format!("{bug:?}") == text).ok_or_else(|| "no such bug; see --bugs".to_owned())
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(name) = &arguments.scenario {
        return story(name);
    }
    if arguments.costs {
        print!("{}", bill::table());
        return ExitCode::SUCCESS;
    }
    if let Some(orders) = arguments.load {
        return load(orders);
    }
    if arguments.bugs {
        return planted(arguments.steps.min(200));
    }
    let range = match (arguments.seed, arguments.seeds) {
        (Some(seed), _) => seed..seed + 1,
        (None, Some(seeds)) => seeds,
        (None, None) => 0..1000,
    };
    search(range, Options { steps: arguments.steps, bug: arguments.bug, trace: arguments.trace })
}

fn story(name: &str) -> ExitCode {
    let Some(story) = scenario::tell(name) else {
        eprintln!("there is no scenario {name:?}; there are:");
        scenario::SCENARIOS.iter().for_each(|(name, about)| eprintln!("  {name}: {about}"));
        return ExitCode::FAILURE;
    };
    story.told.iter().for_each(|told| println!("{told}"));
    let rating = story.order.rating.map_or_else(|| "not rated".to_owned(), |score| format!("rated {score} of 5"));
    println!("in the end: {}, {rating}", story.order.label().text());
    ExitCode::SUCCESS
}

/// Nanoseconds this thread has spent on a core, so that busy neighbours do not count; `None` where the
/// system does not say.
fn on_core() -> Option<u64> {
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split_whitespace().next()?.parse().ok()
}

/// Orders a second and core, and whether all of them are there.
fn load(orders: u64) -> ExitCode {
    let before = on_core();
    let (mut sum, mut broken, mut worlds) = (Stats::default(), Vec::new(), 0);
    while sum.orders < orders && broken.is_empty() {
        let report = sim::load(worlds, sim::LOAD_ORDERS);
        sum = sum.plus(report.stats);
        worlds += 1;
        if !report.failures.is_empty() {
            print!("{}", report.text);
            broken.push(report);
        }
    }
    let spent = before.zip(on_core()).map_or(0.0, |(before, after)| (after - before) as f64 / 1e9);
    let per_second = sum.orders as f64 / spent.max(1e-9);
    println!(
        "{} orders in {spent:.1} s of one core ({per_second:.0} a second): {} deliveries, {} faults, {} deaths",
        sum.orders, sum.deliveries, sum.faults, sum.deaths
    );
    if broken.is_empty() {
        println!("0 lost, 0 twice");
    }
    verdict(&broken)
}

fn search(seeds: Range<u64>, options: Options) -> ExitCode {
    #[allow(clippy::disallowed_methods, reason = "the simulation knows no wall clock; how fast it runs does")]
    let started = std::time::Instant::now();
    let before = on_core();
    let (mut sum, mut broken, mut ran) = (Stats::default(), Vec::new(), 0_u64);
    for seed in seeds.clone() {
        let report = run(seed, options);
        report.trace.iter().for_each(|line| println!("{line}"));
        sum = sum.plus(report.stats);
        ran += 1;
        if seeds.end - seeds.start == 1 {
            println!("seed {seed}: digest {:016x}", report.digest);
        }
        if !report.failures.is_empty() {
            print!("{}", report.text);
            broken.push(report);
        }
        if broken.len() >= 10 {
            println!("enough; the rest of the seeds was not run");
            break;
        }
    }
    let spent = match (before, on_core()) {
        (Some(before), Some(after)) => (after - before) as f64 / 1e9,
        _ => started.elapsed().as_secs_f64(),
    };
    print!("{}", summary(ran, options.steps, &sum, spent));
    print!("{}", costs(&sum));
    verdict(&broken)
}

/// What an order costs as these seeds went, and as it does where nothing goes wrong.
fn costs(sum: &Stats) -> String {
    let (usage, orders) = bill::calm();
    let mut text = String::new();
    let _ = writeln!(text, "cost per order at list prices (see sim/prices.rs), with these faults, duplicates and retries:");
    let _ = writeln!(text, "{}", sum.usage.per_order(sum.orders));
    let _ = writeln!(text, "cost per order where nothing goes wrong:");
    let _ = writeln!(text, "{}", usage.per_order(orders));
    text
}

fn summary(seeds: u64, steps: usize, sum: &Stats, seconds: f64) -> String {
    let mut text = String::new();
    let per_second = sum.deliveries as f64 / seconds.max(1e-9);
    let _ = writeln!(text, "{seeds} seeds of {steps} steps in {seconds:.1} s of one core");
    let _ = writeln!(text, "  deliveries {:>12}   {:.0} per second and core, invariants included", sum.deliveries, per_second);
    let _ = writeln!(text, "  invocations {:>11}   {} died, {} over HTTP", sum.invocations, sum.deaths, sum.http);
    let _ = writeln!(text, "  port calls {:>12}   {} faults injected", sum.calls, sum.faults);
    let _ = writeln!(text, "  labels {:>16}   {} given back", sum.labels, sum.voided);
    let _ = writeln!(text, "  orders {:>16}   {} commits, {} messages redriven", sum.orders, sum.commits, sum.redriven);
    text
}

fn verdict(broken: &[Report]) -> ExitCode {
    if broken.is_empty() {
        let names: Vec<&str> = INVARIANTS.iter().map(|(name, _)| *name).collect();
        println!("all hold: {}", names.join(" "));
        return ExitCode::SUCCESS;
    }
    let seeds: Vec<String> = broken.iter().map(|report| report.seed.to_string()).collect();
    println!("BROKEN in seeds {}; replay one with --seed N --trace", seeds.join(", "));
    ExitCode::FAILURE
}

fn planted(steps: usize) -> ExitCode {
    println!("{:<22} {:<62} {:>5}  invariant", "bug", "what is broken", "seed");
    let mut missed = 0;
    for bug in Bug::ALL {
        let name = format!("{bug:?}");
        match hunt(*bug, 0..bugs::SEEDS_MAX, steps) {
            Some((seed, failure)) => println!("{name:<22} {:<62} {seed:>5}  {}", bug.text(), failure.invariant),
            None => {
                missed += 1;
                println!("{name:<22} {:<62} {:>5}  NOT FOUND", bug.text(), "-");
            }
        }
    }
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
