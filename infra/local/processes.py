"""Background processes of the local cloud: start once, find again, stop cleanly."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Callable

from settings import Settings


class Failed(Exception):
    """Something a person has to look at; the message says what and how."""


def _start_ticks(pid: int) -> str | None:
    """Boot-relative start time: tells our process from a later one that got the same id."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        pass
    try:  # no /proc (macOS)
        return subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True).stdout.strip() or None
    except OSError:
        return None


def running(settings: Settings, name: str) -> dict | None:
    """The record of a process of ours that is alive."""
    try:
        record = json.loads(settings.pid(name).read_text())
    except (OSError, ValueError):
        return None
    return record if _start_ticks(record["pid"]) == record["started"] else None


def answers(url: str, timeout_s: float = 1.0) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=timeout_s) as response:
            return response.status < 500
    except urllib.error.HTTPError as refused:
        return refused.code < 500
    except OSError:
        return False


def taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def start(settings: Settings, name: str, command: list[str], port: int, variable: str, health: str, env: dict[str, str]) -> tuple[dict, bool]:
    """Starts a process unless it runs already. Returns its record and whether it is new."""
    if record := running(settings, name):
        if record["port"] != port:
            raise Failed(f"{name} runs on port {record['port']}, not {port}. Stop it first: make down")
        if answers(health, 5):
            return record, False
        stop(settings, name)
    if taken(port):
        raise Failed(f"port {port} is taken by another program. Choose another: make run {variable}={port + 1000}")
    with settings.log(name).open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=env, start_new_session=True)
    record = {"pid": process.pid, "port": port, "started": _start_ticks(process.pid)}
    settings.pid(name).write_text(json.dumps(record))

    def is_up() -> bool:
        if process.poll() is not None:
            tail = settings.log(name).read_text(errors="replace").splitlines()[-5:]
            raise Failed(f"{name} ended at once (see {settings.log(name)}):\n  " + "\n  ".join(tail))
        return answers(health)

    wait_until(is_up, 60, f"{name} doesn't answer on port {port} (see {settings.log(name)})")
    return record, True


def wait_until(condition: Callable[[], bool], limit_s: float, complaint: str, pause_s: float = 0.1) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(complaint)
        time.sleep(pause_s)


def stop(settings: Settings, name: str) -> bool:
    """Ends a process of ours: asks first, insists after ten seconds."""
    record = running(settings, name)
    settings.pid(name).unlink(missing_ok=True)
    if not record:
        return False
    for signum, limit_s in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
        try:
            os.killpg(record["pid"], signum)
        except ProcessLookupError:
            return True
        except PermissionError:
            os.kill(record["pid"], signum)
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            _reap(record["pid"])
            if _start_ticks(record["pid"]) != record["started"]:
                return True
            time.sleep(0.05)
    return True


def _reap(pid: int) -> None:
    """A child of this very process stays a zombie until it is waited for."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except (ChildProcessError, OSError):
        pass
