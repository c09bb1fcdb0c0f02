"""What a cold start costs: CPU and memory from exec to the first poll for work, per function, against a bare runtime.

    measure.py target/deploy   cold starts of the functions built there, with a stand-in for Lambda's Runtime API
    measure.py --warm 300      CPU per answered question in the running local cloud (make run)

CPU time rather than wall clock, so that a busy machine doesn't change the figures, and a ratio to the bare binary in the
same run, so that a slower one doesn't either.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "infra/local"))

import functions  # noqa: E402
import known  # noqa: E402
HERE = Path(__file__).resolve().parent
RATIO_MAX = 1.5
WARM_CPU_MS_MAX = 0.5


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
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=HERE / "bare", env={**os.environ, "CARGO_TARGET_DIR": str(target)}, check=True)
    return target / "release/bare"


def cold(binaries: Path, rounds: int) -> int:
    candidates = [("bare runtime", bare(), {})]
    for function in functions.load():
        if (binary := binaries / function.folder).is_file():
            candidates.append((function.folder, binary, variables(function.logical_id)))
    if len(candidates) == 1:
        raise SystemExit(f"no function is built in {binaries}")
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name, *_ in candidates}
    for _ in range(rounds):  # in turns, so that a noisy moment hits all alike
        for name, binary, extra in candidates:
            samples[name].append(cold_start(binary, extra))
    yardstick = statistics.median(cpu for cpu, _ in samples["bare runtime"])
    print(f"{'cold start':<16} {'CPU ms':>7} {'ratio':>6} {'MiB':>6}   (median of {rounds}; at most {RATIO_MAX} x bare)")
    slow = 0
    for name, found in samples.items():
        cpu = statistics.median(sample[0] for sample in found)
        over = cpu > RATIO_MAX * yardstick
        slow += over
        print(f"{name:<16} {cpu:7.2f} {cpu / yardstick:6.2f} {statistics.median(sample[1] for sample in found):6.1f}{'   TOO SLOW' if over else ''}")
    return 1 if slow else 0


def warm(count: int) -> int:
    env = known.load()
    key, example = env["keys"]["publishable_key"], env["keys"]["example"]
    body = json.dumps({"question": f"Where is my order {example['order']}? Email: {example['email']}"}).encode()
    request = urllib.request.Request(f"{env['api_url']}/v1/ask", body, {"Content-Type": "application/json", "X-API-Key": key})

    def ask(times: int) -> None:
        done = 0
        while done < times:
            try:
                with urllib.request.urlopen(request, timeout=30) as response:
                    response.read()
                done += 1
            except urllib.error.HTTPError as refused:
                if refused.code != 429:
                    raise
                time.sleep(float(refused.headers.get("Retry-After") or 1))  # the demo key's own limit; waiting costs no CPU

    ask(20)
    pids = running(env["functions"]["ask"], env["cloud_url"])
    before = sum(cpu_ms(pid) for pid in pids)
    ask(count)
    per_ask = (sum(cpu_ms(pid) for pid in pids) - before) / count
    print(f"warm ask: {per_ask:.3f} ms CPU a question ({count} questions; at most {WARM_CPU_MS_MAX})")
    return 1 if per_ask > WARM_CPU_MS_MAX else 0


def running(function: str, cloud_url: str) -> list[int]:
    """Processes of a function in this local cloud."""
    wanted = {f"AWS_LAMBDA_FUNCTION_NAME={function}".encode(), f"AWS_ENDPOINT_URL={cloud_url}".encode()}
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if wanted <= set(path.read_bytes().split(b"\0")):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binaries", type=Path, nargs="?", default=ROOT / "target/deploy")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--warm", type=int, metavar="QUESTIONS")
    options = parser.parse_args()
    sys.exit(warm(options.warm) if options.warm else cold(options.binaries, options.rounds))
