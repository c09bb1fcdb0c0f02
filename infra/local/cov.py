"""`make cov`: which lines of shared/ the tests run, crate by crate. Fails below LINES_MIN percent.

Rust counts them itself (`-C instrument-coverage`); LLVM's own tools, of rustc's version, add them up. Nothing has to be installed by cargo.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CARGO = os.environ.get("CARGO", "cargo")
LINES_MIN = float(os.environ.get("COV_MIN", "85"))
# Production code of shared/; who drives it in tests is measured by nobody.
CRATES = ["domain", "contracts", "app", "adapters-aws", "adapters-http", "render", "runtime"]
# Tests that run it: its own, and the functions' handlers over ports in memory.
TESTS = [*CRATES, "testkit", "sim"]
NOT_OURS = r"/\.cargo/|/rustc/|/shared/(testkit|sim)/|/tests/|/tests\.rs$|/testing\.rs$"


def tool(name: str) -> str:
    """LLVM's tool of rustc's own version: profiles of another are not read."""
    about = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True).stdout
    host, major = re.search(r"^host: (.+)$", about, re.M)[1], re.search(r"^LLVM version: (\d+)", about, re.M)[1]
    sysroot = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True).stdout.strip()
    for found in (Path(sysroot, "lib/rustlib", host, "bin", name), shutil.which(f"{name}-{major}")):
        if found and Path(found).is_file():
            return str(found)
    sys.exit(f"{name} of LLVM {major} is missing: rustup component add llvm-tools (or, on Debian and Ubuntu, apt-get install llvm-{major})")


def built(environment: dict[str, str], packages: list[str]) -> list[str]:
    """Builds the tests; the programs that they are."""
    command = [CARGO, "test", "--no-run", "--message-format", "json-render-diagnostics", *packages]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.returncode)
    lines = (json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))
    return [line["executable"] for line in lines if line.get("executable") and line["profile"]["test"]]


def main() -> int:
    profdata, cov = tool("llvm-profdata"), tool("llvm-cov")
    counts = ROOT / ".local/cov"
    shutil.rmtree(counts, ignore_errors=True)
    counts.mkdir(parents=True)
    wrapper = {"RUSTC_WORKSPACE_WRAPPER": str(ROOT / "infra/local/counting_rustc.sh"), "CARGO_INCREMENTAL": "0"}
    # Each test may be a process of its own; four files for each program take in all of them.
    environment = {**os.environ, **wrapper, "LLVM_PROFILE_FILE": str(counts / "%4m.profraw")}
    packages = [argument for crate in TESTS for argument in ("-p", crate)]
    programs = built(environment, packages)
    nextest = subprocess.run([CARGO, "nextest", "--version"], capture_output=True).returncode == 0
    run = [CARGO, "nextest", "run", "--no-fail-fast", *packages] if nextest else [CARGO, "test", "--no-fail-fast", *packages]
    tests = subprocess.run(run, cwd=ROOT, env=environment).returncode
    merged = counts / "all.profdata"
    subprocess.run([profdata, "merge", "-sparse", "-o", merged, *counts.glob("*.profraw")], check=True)
    objects = [argument for program in programs[1:] for argument in ("-object", program)]
    command = [cov, "export", "-summary-only", f"-instr-profile={merged}", f"-ignore-filename-regex={NOT_OURS}", programs[0], *objects]
    exported = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return max(report(exported["data"][0]["files"]), tests)


def report(files: list[dict]) -> int:
    """A line a crate, and the worst files. 1 if too little of the whole is run."""
    lines: dict[str, list[int]] = {}
    rows = []
    for file in files:
        inside = re.search(r"/shared/([^/]+)/src/", file["filename"])
        if not inside:
            continue
        summary = file["summary"]["lines"]
        for crate in (inside[1], "shared"):
            sums = lines.setdefault(crate, [0, 0])
            sums[0], sums[1] = sums[0] + summary["covered"], sums[1] + summary["count"]
        rows.append((summary["count"] - summary["covered"], summary["percent"], file["filename"].rsplit("/shared/")[-1]))
    if "shared" not in lines:
        sys.exit("nothing of shared/ was counted")
    for missed, percent, name in sorted(rows, reverse=True)[:10]:
        print(f"{missed:>6} lines not run  {percent:5.1f} %  shared/{name}")
    for crate, (covered, count) in sorted(lines.items(), key=lambda line: line[0] == "shared"):
        print(f"{crate:<14} {100 * covered / count:5.1f} %  {covered} of {count} lines")
    covered, count = lines["shared"]
    if 100 * covered < LINES_MIN * count:
        print(f"less than {LINES_MIN:g} % of shared/ is run by tests")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
