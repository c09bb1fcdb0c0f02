"""`make status`: what runs, and what waits where."""

from __future__ import annotations

import json

import processes
import settings as config
from deploy import client


def main() -> None:
    settings = config.load()
    for name, url in (("cloud", settings.cloud_url), ("front", settings.web_url), ("outside", settings.outside_url)):
        record = processes.running(settings, name)
        print(f"{name:<9} {'running, process ' + str(record['pid']) if record else 'stopped':<26} {url if record else ''}")
    if not processes.running(settings, "cloud") or not settings.env_file.exists():
        return
    known = json.loads(settings.env_file.read_text())
    queues, tables = client(settings, "sqs"), client(settings, "dynamodb")
    print("\nqueue       waiting  in work  dead")
    for name in ("Hooks", "Notify", "Metrics", "Outbox", "Reports"):
        waiting = in_work = "-"
        if url := known["outputs"].get(f"{name}QueueUrl"):
            waiting, in_work = depth(queues, url)
        dead, _ = depth(queues, known["outputs"][f"{name}DlqUrl"])
        print(f"{name.lower():<11} {waiting:>7}  {in_work:>7}  {dead:>4}{'   make redrive Q=' + name.lower() if dead != '0' else ''}")
    print("\ntable         items")
    for name in ("Orders", "Outbox", "Ops", "Metrics", "Inventory"):
        table = tables.describe_table(TableName=known["outputs"][f"{name}TableName"])["Table"]
        print(f"{name.lower():<11} {table['ItemCount']:>7}")


def depth(queues, url: str) -> tuple[str, str]:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = queues.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return found[names[0]], found[names[1]]


if __name__ == "__main__":
    main()
