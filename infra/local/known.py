"""What `make run` left for others: addresses, names and keys of the running local cloud."""

from __future__ import annotations

import json
import os
import sys

import settings as config


def load() -> dict:
    try:
        return json.loads(config.load().env_file.read_text())
    except OSError:
        sys.exit("the local cloud isn't running. Start it: make run")


def environment() -> dict[str, str]:
    """Of a program that is to talk to the running local cloud, and never to a real account."""
    cloud = load()
    own = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    return {**own, "ORDERFLOW_API_KEY": cloud["keys"].get("api_key", ""), **cloud["env"]}
