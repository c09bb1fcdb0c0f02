"""What a cold start costs: CPU and memory from exec to the first poll for work, per function, against a bare runtime.

    measure.py [target/deploy]   cold starts of the functions built there, with a stand-in for Lambda's Runtime API

CPU time rather than wall clock, so that a busy machine doesn't change the figures, and a ratio to the bare binary in the
same run, so that a slower one doesn't either.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "infra/local"))

import functions  # noqa: E402

HERE = Path(__file__).resolve().parent
BARE = "bare runtime"
RATIO_MAX = 1.5


class RuntimeApi(BaseHTTPRequestHandler):
    """Lambda's side of the Runtime API, as far as the first poll: the function waits for work that never comes."""

    polled: threading.Event
    failure: list[str]

    def do_GET(self) -> None:  # noqa: N802
        self.polled.set()
        time.sleep(5)  # long enough to be read and killed

    def do_POST(self) -> None:  # noqa: N802
        self.failure.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace"))
        self.polled.set()
        self.send_response(202)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


def cpu_ms(pid: int) -> float:
    """CPU time of all threads, to the nanosecond."""
    return sum(int(Path(task, "schedstat").read_text().split()[0]) for task in Path(f"/proc/{pid}/task").iterdir()) / 1e6


def memory_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def placeholder(name: str) -> str:
    if name.endswith("_URL"):
        return "http://localhost:9"
    return "k" * 64 if name.endswith("_KEY") else f"placeholder-{name.lower().replace('_', '-')}"


def variables(logical_id: str) -> dict[str, str]:
    """What the template gives a function, with harmless values: nothing is called before the first poll."""
    from samtranslator.yaml_helper import yaml_parse

    template = yaml_parse((ROOT / "template.yaml").read_text())
    shared = template["Globals"]["Function"]["Environment"]["Variables"]
    own = template["Resources"][logical_id]["Properties"].get("Environment", {}).get("Variables", {})
    optional = {"LLM_BASE_URL", "LLM_MODEL", "LLM_API_KEY", "JWT_ISSUER", "JWT_AUDIENCE", "JWKS_URL"}
    return {name: "" if name in optional else placeholder(name) for name in {**shared, **own}} | {"LOG_LEVEL": "info", "MAIL_FROM": "shop@example.com"}


def cold_start(binary: Path, extra: dict[str, str]) -> tuple[float, float]:
    """One start: CPU in ms and memory in MiB at the first poll."""
    api = type("Api", (RuntimeApi,), {"polled": threading.Event(), "failure": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), api)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    env = {
        "PATH": os.defpath,
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_address[1]}",
        "AWS_LAMBDA_FUNCTION_NAME": binary.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": "bench",
        "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "_HANDLER": "bootstrap",
        **extra,
    }
    process = subprocess.Popen([binary], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        while not api.polled.wait(0.2):
            if process.poll() is not None:
                raise SystemExit(f"{binary} ended before it asked for work: {process.stderr.read().decode()[-500:]}")
        if api.failure:
            raise SystemExit(f"{binary} refused to start: {api.failure[0][:500]}")
        time.sleep(0.01)  # let it settle into waiting
        return cpu_ms(process.pid), memory_mib(process.pid)
    finally:
        process.kill()
        process.wait()
        server.shutdown()
        server.server_close()


def bare() -> Path:
    target = ROOT / "target/bench-bare"
    subprocess.run(["cargo", "build", "--release", "--quiet", "--locked"], cwd=HERE / "bare", env={**os.environ, "CARGO_TARGET_DIR": str(target)}, check=True)
    return target / "release/bare"


@dataclass(frozen=True)
class ColdStart:
    """Medians of one program."""

    name: str
    cpu_ms: float
    ratio: float  # to the bare runtime
    memory_mib: float

    @property
    def ok(self) -> bool:
        return self.ratio <= RATIO_MAX


def cold_starts(binaries: Path, rounds: int = 15) -> list[ColdStart]:
    """The bare runtime first, then every function of the template."""
    candidates = [(BARE, bare(), {})]
    for function in functions.load():
        binary = binaries / function.folder
        if not binary.is_file():
            raise SystemExit(f"{binary} is missing; build them all: make deploy-build")
        candidates.append((function.folder, binary, variables(function.logical_id)))
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name, *_ in candidates}
    for _ in range(rounds):  # in turns, so that a noisy moment hits all alike
        for name, binary, extra in candidates:
            samples[name].append(cold_start(binary, extra))
    medians = {name: tuple(statistics.median(values) for values in zip(*found, strict=True)) for name, found in samples.items()}
    yardstick = medians[BARE][0]
    return [ColdStart(name, cpu, cpu / yardstick, memory) for name, (cpu, memory) in medians.items()]


if __name__ == "__main__":
    found = cold_starts(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "target/deploy")
    print(f"{'cold start':<16} {'CPU ms':>7} {'ratio':>6} {'MiB':>6}   (at most {RATIO_MAX} x bare)")
    for start in found:
        print(f"{start.name:<16} {start.cpu_ms:7.2f} {start.ratio:6.2f} {start.memory_mib:6.1f}{'' if start.ok else '   TOO SLOW'}")
    sys.exit(0 if all(start.ok for start in found) else 1)
