"""`make logs FN=ask`: what a function of the local cloud wrote; follows until Ctrl-C when FOLLOW=1."""

from __future__ import annotations

import argparse
import json
import time

import functions
import known
import settings as config
from deploy import client

PLATFORM = ("START RequestId", "END RequestId", "REPORT RequestId")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("function")
    parser.add_argument("--follow", action="store_true")
    parser.add_argument("--raw", action="store_true", help="as it was written, platform lines included")
    options = parser.parse_args()
    group = known.load()["functions"][functions.named(options.function).folder]
    logs = client(config.load(), "logs")
    since = 0
    while True:
        seen = since
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{group}", startTime=since):
            for event in page["events"]:
                seen = max(seen, event["timestamp"] + 1)
                show(event, options.raw)
        since = seen
        if not options.follow:
            return
        time.sleep(1)


def show(event: dict, raw: bool) -> None:
    message = event["message"].rstrip()
    if raw:
        print(message)
        return
    if message.startswith(PLATFORM) or not message:
        return
    clock = time.strftime("%H:%M:%S", time.localtime(event["timestamp"] / 1000))
    try:
        record = json.loads(message)
        level = record.pop("level", "")
        fields = record.pop("fields", {})
        record.pop("timestamp", None)
        record.pop("_aws", None)
        text = fields.pop("message", "") if isinstance(fields, dict) else ""
        rest = " ".join(f"{key}={value}" for key, value in {**record, **(fields if isinstance(fields, dict) else {})}.items())
        print(f"{clock} {level:<5} {text} {rest}".rstrip())
    except (ValueError, AttributeError):
        print(f"{clock} {message}")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
