"""`make bench`: what the suite costs in time, memory and capacity, each figure against its limit.

    bench.py TARGET    the folder that cargo builds into; TARGET/deploy holds the functions as they are deployed

Everything is measured in this run, on this machine, and written to docs/benchmarks.md. CPU time rather than wall clock, and
the lowest of several rounds, wherever a busy neighbour could be in the way: neighbours only ever add.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "infra/local"), str(ROOT / "infra/bench/coldstart")]

import layout  # noqa: E402
import measure  # noqa: E402

DOCUMENT = ROOT / "docs/benchmarks.md"
SIMULATOR_SEEDS = 500


@dataclass(frozen=True)
class Figure:
    """One measured number; `limit` says what it is held to, in words, where it is held to anything."""

    what: str
    measured: str
    limit: str = ""
    ok: bool = True


def at_least(what: str, measured: float, limit: float) -> Figure:
    return Figure(what, f"{measured:,.0f}", f"at least {limit:,.0f}", measured >= limit)


def below(what: str, measured: float, limit: float, unit: str) -> Figure:
    return Figure(what, f"{measured:.2f} {unit}", f"below {limit:g} {unit}", measured < limit)


def cargo(step: str, *arguments: str) -> str:
    """What a cargo command printed. Its progress goes to the terminal."""
    print(f"{step} ...", file=sys.stderr, flush=True)
    done = subprocess.run([os.environ.get("CARGO", "cargo"), *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{done.stdout[-3000:]}\n{step}: cargo {' '.join(arguments)} failed")
    return done.stdout


def fastest_ns(target: Path, name: str) -> tuple[float, int]:
    """The quickest sample of a Criterion benchmark, per iteration, and how many elements an iteration has."""
    for description in (target / "criterion").glob("*/*/new/benchmark.json"):
        benchmark = json.loads(description.read_text())
        if benchmark["function_id"] == name:
            samples = json.loads((description.parent / "sample.json").read_text())
            quickest = min(time / count for time, count in zip(samples["times"], samples["iters"], strict=True))
            return quickest, (benchmark["throughput"] or {}).get("Elements", 1)
    raise SystemExit(f"Criterion left no result for {name!r}")


def rules(target: Path) -> Iterator[Figure]:
    cargo("the rules", "bench", "--quiet", "--profile", "fast", "-p", "testkit", "--bench", "decide", "--", "--warm-up-time", "1", "--measurement-time", "4")
    life_ns, events = fastest_ns(target, "decide and evolve, a life of eight facts")
    yield at_least("events decided and applied per second and core", events / life_ns * 1e9, 500_000)
    question_ns = sum(fastest_ns(target, name)[0] for name in ("plan", "compose", "verify"))
    yield Figure("a question: CPU of the rules alone", f"{question_ns / 1e6:.3f} ms")


def question(target: Path) -> Iterator[Figure]:
    printed = cargo("a warm question", "bench", "--quiet", "--profile", "fast", "-p", "testkit", "--bench", "ask", "--", str(target / "deploy/ask"))
    found = json.loads(printed.splitlines()[-1])
    yield below("a question: CPU of the warm function, with its calls to DynamoDB", found["cpu_ms"], 0.5, "ms")
    yield Figure("a question: the function's own time, median", f"{found['p50_ms']:.2f} ms")
    calls = {name: count for name, count in sorted(found["calls"].items()) if count >= 0.5}
    yield Figure("a question: calls to DynamoDB", f"{sum(calls.values()):.0f} ({', '.join(calls)})")


def reports() -> Iterator[Figure]:
    for orders, seconds, mib in ((1_000, 1, 256), (100_000, 5, 256), (1_000_000, 60, 512)):
        printed = cargo(f"a report of {orders:,} open orders", "bench", "--quiet", "--profile", "fast", "-p", "testkit", "--bench", "report", "--", str(orders))
        found = json.loads(printed.splitlines()[-1])
        yield below(f"a report of {orders:,} open orders, Excel and PDF", found["seconds"], seconds, "s")
        yield below("the same: peak memory", found["peak_mib"], mib, "MiB")
    yield below("the PDF of 2,000 delayed orders alone", found["list"], 1, "s")


# What each step is, and how long an operator may wait for it: a tenth of what the requirements promise (S1-65 to S1-68).
OPERATOR = {
    "update": ("POST update-status, p95 at 100,000 open orders", 10),
    "progress": ("GET the progress of one of them, p95", 5),
    "attention": ("GET requiring-attention, 500 waiting, p95", 10),
    "decision": ("POST auto-progress: a decision with its evidence, p95", 5),
    "message": ("wording a message for e-mail, SMS, WhatsApp and Instagram, p95", 5),
}


def operator() -> Iterator[Figure]:
    printed = cargo("an operator's steps", "bench", "--quiet", "--profile", "fast", "-p", "testkit", "--bench", "orders")
    found = json.loads(printed.splitlines()[-1])
    for step, (what, limit) in OPERATOR.items():
        yield below(what, found[step]["p95_ms"], limit, "ms")


def simulator() -> Iterator[Figure]:
    def round_of(seeds: int) -> int:
        printed = cargo("the simulator", "run", "--quiet", "--profile", "fast", "-p", "sim", "--", "--seeds", str(seeds))
        return int(re.search(r"deliveries +\d+ +(\d+) per second and core", printed)[1])

    yield at_least("simulated deliveries per second and core, invariants checked", max(round_of(SIMULATOR_SEEDS) for _ in range(3)), 100_000)


def capacity() -> Iterator[Figure]:
    one_by_one = ["--", "--nocapture", "--test-threads", "1"]
    printed = cargo("what is billed", "test", "--quiet", "-p", "adapters-aws", "--test", "cost", *one_by_one)
    printed += cargo("a whole life", "test", "--quiet", "-p", "sim", "--test", "sim", "whole_life", *one_by_one)
    lines = re.findall(r"^cost: (.+): ([\d.]+) of ([\d.]+)$", printed, re.MULTILINE)
    if not lines:
        raise SystemExit("adapters-aws/tests/cost.rs printed no figures")
    for what, measured, limit in lines:
        yield Figure(what, measured, f"at most {limit}", float(measured) <= float(limit))


def machine() -> str:
    cpu = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    return f"{cpu[1] if cpu else platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}, rustc {rustc}"


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table that is also easy to read as plain text."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    lines = [header, ["-" * width for width in widths], *rows]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines)


def verdict(ok: bool) -> str:
    return "ok" if ok else "MISSED"


def main(target: Path) -> int:
    print("cold starts ...", file=sys.stderr, flush=True)
    starts = measure.cold_starts(target / "deploy")
    zips = {weight.name: weight for weight in layout.weights(target / "deploy")}
    figures = [*rules(target), *question(target), *reports(), *operator(), *simulator(), *capacity()]

    programs = []
    for start in starts:
        weight = zips.get(start.name)
        size, limit = (f"{weight.zipped / 1e6:.2f}", f"{weight.limit / 1e6:.0f}") if weight else ("", "")
        ok = "" if weight is None else verdict(start.ok and weight.ok)
        programs.append([start.name, f"{start.cpu_ms:.2f}", f"{start.ratio:.2f}", f"{start.memory_mib:.1f}", size, limit, ok])
    functions_table = table(["function", "CPU ms", "x bare", "MiB", "zip MB", "at most", ""], programs)
    figures_table = table(["what", "measured", "limit", ""], [[f.what, f.measured, f.limit, verdict(f.ok) if f.limit else ""] for f in figures])
    print(f"\n{functions_table}\n\n{figures_table}\n")

    DOCUMENT.write_text(
        f"""# Benchmarks

`make bench` made this on {datetime.now(UTC):%Y-%m-%d} ({machine()}).

## Functions

CPU and memory from exec to the first poll for work, at most {measure.RATIO_MAX} times what a bare `lambda_runtime` binary takes in the same run, and the size as a zip.

{functions_table}

## Work

{figures_table}

* A question is answered by the deployed binary between stand-ins for Lambda's Runtime API and DynamoDB that answer at once, without TLS: its CPU is all that
  its threads use, the kernel's share included. Its own time is from being handed the event to having handed the answer over.
* An operator's steps are the API's own handlers over the DynamoDB adapter and an emulator of DynamoDB in the same process: the function's own time and the
  emulator's, without a network (`shared/testkit/benches/orders.rs`).
* CPU and throughput are the best of several rounds, because neighbours on the machine only ever add; cold starts are medians, taken in turns.
* Write units are what DynamoDB bills; a transaction bills every row twice. They come from `shared/adapters-aws/tests/cost.rs`, which fails above the limit,
  and from `shared/sim/tests/sim/life.rs`, which takes an order through all functions.
"""
    )
    missed = [f.what for f in figures if not f.ok] + [start.name for start in starts if not start.ok] + [w.name for w in zips.values() if not w.ok]
    print(f"MISSED: {'; '.join(missed)}" if missed else "all limits hold", f"({DOCUMENT.relative_to(ROOT)})")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "target").resolve()))
