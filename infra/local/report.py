"""Makes the demo shop's first daily report, as soon as the demo orders are counted. `make run` starts it in the background."""

from __future__ import annotations

import json
import sys
import time

import known
import settings as config
from deploy import client
from status import depth

WAIT_S_MAX = 120


def counted(settings: config.Settings, outputs: dict[str, str]) -> bool:
    """Nothing waits in the outbox or the metrics queue."""
    waiting = client(settings, "dynamodb").scan(TableName=outputs["OutboxTableName"], Select="COUNT", Limit=1)["Count"]
    return waiting == 0 and depth(client(settings, "sqs"), outputs["MetricsQueueUrl"]) == ("0", "0")


def main() -> int:
    settings, env = config.load(), known.load()
    deadline = time.monotonic() + WAIT_S_MAX
    while not counted(settings, env["outputs"]) and time.monotonic() < deadline:
        time.sleep(1)
    answer = client(settings, "lambda").invoke(FunctionName=env["functions"]["kpi-report"], Payload=json.dumps({"tenant": env["tenant"], "again": True}))
    print(answer["Payload"].read().decode())
    return 1 if answer.get("FunctionError") else 0


if __name__ == "__main__":
    sys.exit(main())
