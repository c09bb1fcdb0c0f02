"""Kills functions of the running local cloud in the middle of their work."""

from __future__ import annotations

import os
import re
import signal
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import settings as config

WAIT_S_MAX = 60
LOOK_S = 0.1  # for new processes; looking at those that are known takes microseconds


class Killer:
    """Sees the processes of this cloud only; others on the machine may run the same functions."""

    def __init__(self, functions: dict[str, str]) -> None:
        settings = config.load()
        self._names = functions
        self._code = f"{tempfile.gettempdir()}/ministack-provided-code-{settings.cloud_port}/"
        self._log = settings.log("cloud")
        self._log_from = self._log.stat().st_size

    @contextmanager
    def aims_at(self, folder: str, mercy_s: float) -> Iterator[None]:
        """Kills the function's process so long after it begins to work, while the body brings it work. Ends when it is dead."""
        watching, dead = threading.Event(), threading.Event()
        watcher = threading.Thread(target=self._watch, args=(folder, mercy_s, watching, dead), daemon=True)
        watcher.start()
        watching.wait(WAIT_S_MAX)
        yield
        assert dead.wait(WAIT_S_MAX), f"{folder} did not work, so it was not killed"
        watcher.join()

    def kill(self, folder: str) -> None:
        """Kills what there is of the function, now."""
        for pid in self._processes(folder):
            os.kill(pid, signal.SIGKILL)

    def at_work(self) -> dict[str, int]:
        """How often each function died between taking an event and answering, by what the cloud says."""
        with self._log.open("rb") as log:
            log.seek(self._log_from)
            text = log.read().decode("utf-8", "replace")
        return {folder: len(re.findall(rf"Lambda {re.escape(name)}: Runtime exited before", text)) for folder, name in self._names.items()}

    def _watch(self, folder: str, mercy_s: float, watching: threading.Event, dead: threading.Event) -> None:
        known: dict[int, str] = {}
        looked, until = 0.0, time.monotonic() + WAIT_S_MAX
        while time.monotonic() < until:
            if time.monotonic() - looked > LOOK_S:
                known |= {pid: self._worked(pid) for pid in self._processes(folder) if pid not in known}
                looked = time.monotonic()
                watching.set()
            for pid, before in list(known.items()):
                if self._worked(pid) == before:
                    continue
                time.sleep(mercy_s)
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    del known[pid]
                    continue
                return dead.set()
            time.sleep(0.0005)

    def _processes(self, folder: str) -> list[int]:
        found = []
        wanted = f"AWS_LAMBDA_FUNCTION_NAME={self._names[folder]}".encode()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(process / "exe").startswith(self._code) and wanted in (process / "environ").read_bytes().split(b"\0"):
                    found.append(int(process.name))
            except OSError:
                continue
        return found

    @staticmethod
    def _worked(pid: int) -> str:
        """Nanoseconds on a core so far; it stands still while the process waits for an event."""
        try:
            return Path(f"/proc/{pid}/schedstat").read_text().split()[0]
        except (OSError, IndexError):
            return ""
