"""`make doctor`: is everything there that the make targets need, and in which version?"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys

import processes
import settings as config

# program, how to ask for its version, what it is for, is it needed for `make run` and `make test`?
TOOLS = [
    ("cargo", ["--version"], "building", True),
    ("cc", ["--version"], "linking", True),
    ("make", ["--version"], "this", True),
    ("curl", ["--version"], "the examples", False),
    ("node", ["--version"], "browser tests and workflow checks", False),
    ("docker", ["--version"], "make invoke (sam local)", False),
    ("cargo-nextest", ["nextest", "--version"], "quicker tests", False),
    ("cargo-deny", ["--version"], "make check (else built once, 3 minutes)", False),
]


def main() -> int:
    missing = 0
    print(f"{'python':<14} {platform.python_version():<32} {platform.machine()}")
    for program, ask, purpose, needed in TOOLS:
        path = shutil.which(program)
        version = "-"
        if path:
            done = subprocess.run([path, *ask], capture_output=True, text=True)
            version = (done.stdout or done.stderr).strip().splitlines()[0][:31] if (done.stdout or done.stderr).strip() else "?"
        missing += needed and not path
        print(f"{program:<14} {version if path else ('MISSING' if needed else 'not there'):<32} {purpose}")
    settings = config.load()
    for name, port, variable in (
        ("cloud", settings.cloud_port, "CLOUD_PORT"),
        ("front", settings.web_port, "WEB_PORT"),
        ("outside", settings.outside_port, "OUTSIDE_PORT"),
        ("outside", settings.smtp_port, "OUTSIDE_PORT"),
    ):
        ours = processes.running(settings, name)
        state = "ours" if ours else f"TAKEN by another program; set {variable}" if processes.taken(port) else "free"
        print(f"{'port ' + str(port):<14} {state:<32} {name}")
    free_gb = shutil.disk_usage(settings.state).free / 1e9
    print(f"{'disk':<14} {f'{free_gb:.0f} GB free':<32} a full build takes about 6 GB")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
