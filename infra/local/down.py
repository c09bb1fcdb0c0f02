"""`make down`: stops the local cloud and what stands around it. Its data is gone; logs stay."""

from __future__ import annotations

import cloud
import processes
import settings as config

if __name__ == "__main__":
    settings = config.load()
    stopped = [name for name in ("front", "outside") if processes.stop(settings, name)]
    if cloud.stop(settings):
        stopped.append("cloud")
    for leftover in ("deployed.json", "demo.json", "keys.json"):
        (settings.state / "run" / leftover).unlink(missing_ok=True)
    settings.env_file.unlink(missing_ok=True)
    print(f"stopped: {', '.join(stopped)}" if stopped else "nothing was running")
