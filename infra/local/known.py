"""What `make run` left for others: addresses, names and keys of the running local cloud."""

from __future__ import annotations

import json
import sys

import settings as config


def load() -> dict:
    try:
        return json.loads(config.load().env_file.read_text())
    except OSError:
        sys.exit("the local cloud isn't running. Start it: make run")
