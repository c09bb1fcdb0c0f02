"""Any function's process may die at any moment: what was accepted is done, and nobody is told twice."""

from __future__ import annotations

import platform
import time
import uuid
from collections import Counter
from typing import Iterator

import boto3
import pytest

from killer import Killer
from shop import Shop, eventually  # before what it makes importable

import report
import settings as config

FUNCTIONS = ["orders-api", "status-webhook", "order-processor", "outbox-relay", "notifier", "metrics"]
# How long a function works before it dies: until its first wait for an answer, and later in what it does. A message
# that is received three times in vain is parked, so no worker may die oftener than twice.
MERCIES_S = (0.0, 0.008)
TRIES_MAX = 5  # to catch it at work
NOTICED_AFTER_S = 0.5  # that a process is dead, by the cloud
SETTLED = ("sent", "unknown", "suppressed")
# A dead worker's messages come back when their visibility ends; three minutes each would only be waiting. The
# notifier's must outlast the lease of a claim (90 s), as they do in the template.
VISIBILITY_S = {"QUEUE_HOOKS_URL": 5, "QUEUE_METRICS_URL": 5, "QUEUE_NOTIFY_URL": 95}


@pytest.fixture
def impatient(shop: Shop) -> Iterator[None]:
    queues, env = boto3.client("sqs", **shop.aws()), shop.env["env"]
    before = {}
    for name, seconds in VISIBILITY_S.items():
        before[name] = queues.get_queue_attributes(QueueUrl=env[name], AttributeNames=["VisibilityTimeout"])["Attributes"]
        queues.set_queue_attributes(QueueUrl=env[name], Attributes={"VisibilityTimeout": str(seconds)})
    yield
    for name, attributes in before.items():
        queues.set_queue_attributes(QueueUrl=env[name], Attributes=attributes)


# req: X-05, S1-26, S2-99
@pytest.mark.skipif(platform.system() != "Linux", reason="finds the processes in /proc")
def test_killed_functions_lose_nothing_and_say_nothing_twice(shop: Shop, impatient: None) -> None:
    killer = Killer(shop.env["functions"])
    eventually(lambda: report.counted(config.load(), shop.env["outputs"]), "what happened before to be counted", 120)
    orders_before = shop.call("GET", "/v1/stats").json["total_orders"]
    in_the_act = die_in_the_act(shop, killer)
    numbers = [in_the_act]
    for mercy_s in MERCIES_S:
        for folder in FUNCTIONS:
            numbers += die_at_work(shop, killer, folder, mercy_s)
    print("died at work:", killer.at_work())

    for number in numbers:
        eventually(lambda: shop.call("GET", f"/v1/orders/{number}").json.get("status") == "shipped", f"{number} to be shipped", 120)
    endings: Counter[str] = Counter()
    for number in numbers:
        timeline = eventually(lambda: told(shop, number), f"the messages about {number} to be settled", 240)
        changes = [(entry["version"], entry["event"]) for entry in timeline["timeline"] if entry["event"] in ("placed", "fact_heard", "status_changed")]
        assert changes == [(1, "placed"), (2, "fact_heard"), (2, "status_changed")] and timeline["order"]["version"] == 2, "two changes, each once"
        endings += said_once(shop, number, timeline["messages"])
        if number == in_the_act:
            assert endings["slack unknown"] >= 1, "Slack had it, and nobody can know"
    print("messages:", dict(endings))
    eventually(lambda: shop.call("GET", "/v1/stats").json["total_orders"] == orders_before + len(numbers), "every order to be counted once", 60)
    for name in ("DLQ_HOOKS_URL", "DLQ_NOTIFY_URL", "DLQ_METRICS_URL"):
        assert depth(shop, name) == 0, f"{name}: nothing was given up on"


def change_twice(shop: Shop, number: str) -> None:
    """Places an order and reports it shipped, as patiently as a shop's system does."""
    answer = eventually(lambda: (a := shop.place(number, key=number)).status == 201 and a, "the order to be placed")
    assert answer.json["order_id"] == number
    eventually(lambda: shop.report(number, "Shipped").status == 202, "the webhook to be accepted")


def die_in_the_act(shop: Shop, killer: Killer) -> str:
    """The notifier dies after Slack has the post and before it says so."""
    number = f"K-{uuid.uuid4().hex[:8]}"
    shop.plan_outside({"status": 200, "times": 1, "delay_s": 8, "about": f"#{number} "})
    change_twice(shop, number)
    eventually(lambda: [post for post in shop.outside("/messages") if f"#{number} " in post["payload"]["text"]], "the post")
    killer.kill("notifier")
    return number


def die_at_work(shop: Shop, killer: Killer, folder: str, mercy_s: float) -> list[str]:
    """The function dies between taking an event and answering. Returns the orders that it took to bring it to that."""
    before, numbers = killer.at_work()[folder], []
    while killer.at_work()[folder] == before:
        assert len(numbers) < TRIES_MAX, f"{folder} was never caught at work"
        numbers.append(f"K-{uuid.uuid4().hex[:8]}")
        with killer.aims_at(folder, mercy_s):
            change_twice(shop, numbers[-1])
        time.sleep(NOTICED_AFTER_S)
    return numbers


def told(shop: Shop, number: str) -> dict | None:
    """The timeline, once both channels have said or settled both changes."""
    timeline = shop.call("GET", f"/v1/orders/{number}/timeline").json
    by_channel = Counter(message["channel"] for message in timeline["messages"] if message["state"] in SETTLED)
    return timeline if by_channel == {"email": 2, "slack": 2} else None


def said_once(shop: Shop, number: str, messages: list[dict]) -> Counter[str]:
    """Holds what the timeline says of each message against what the world outside got."""
    arrived = {
        "email": Counter(f"{mail['subject']}\n\n{mail['text']}" for mail in shop.outside("/mail") if number in mail["subject"]),
        "slack": Counter(post["payload"]["text"] for post in shop.outside("/messages") if f"#{number} " in post["payload"]["text"]),
    }
    endings: Counter[str] = Counter()
    for channel, got in arrived.items():
        ended = {state: Counter(plain(m["text"]) for m in messages if (m["channel"], m["state"]) == (channel, state)) for state in SETTLED}
        got = Counter({plain(text): count for text, count in got.items()})
        assert set(got) <= set(ended["sent"]) | set(ended["unknown"]), f"{number}: {channel} got what nobody sent: {got}"
        for text in {plain(m["text"]) for m in messages if m["channel"] == channel}:
            sent, unknown = ended["sent"][text], ended["unknown"][text]
            assert sent <= got[text] <= sent + unknown, f"{number}: {sent} sent, {unknown} unknown and {got[text]} arrived by {channel}: {text}"
    for message in messages:
        if message["state"] == "suppressed":
            assert message["reason"] == "overtaken by newer news", message
        endings[f"{message['channel']} {message['state']}"] += 1
    return endings


def plain(text: str) -> str:
    """A mail's lines may end in another way than they were written."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def depth(shop: Shop, queue: str) -> int:
    attributes = boto3.client("sqs", **shop.aws()).get_queue_attributes(QueueUrl=shop.env["env"][queue], AttributeNames=["ApproximateNumberOfMessages"])
    return int(attributes["Attributes"]["ApproximateNumberOfMessages"])
