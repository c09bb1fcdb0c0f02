"""Orders that wait too long, through the deployed functions."""

from __future__ import annotations

import datetime
import json
import os
import re
import subprocess
import uuid

import boto3
import pytest
from test_reports import ORDERCTL

from shop import Shop, eventually, hook

PATH = "/v1/orders/requiring-attention"


class WatchedShop:
    """A shop of its own, with a channel of its own for the team."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.tenant = shop, f"watch-{uuid.uuid4().hex[:8]}"
        self.hook = f"/services/T000/B000/{self.tenant.replace('-', '')}"
        env = {**os.environ, **shop.env["env"]}
        command = [str(ORDERCTL), "bootstrap", "--tenant", self.tenant, "--shop-name", "Watch Shop", "--mail-from", env["MAIL_FROM"], "--slack-url", shop.env["outside_url"] + self.hook]
        self.key = json.loads(subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout)["api_key"]

    def call(self, verb: str, path: str, body: object = None, **headers: str) -> dict:
        answer = self.shop.call(verb, path, body, key=self.key, headers=headers)
        assert answer.status < 300, answer.body
        return answer.json

    def place(self, number: str, hours_ago: float, **more: object) -> None:
        placed_at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=hours_ago)
        order = {
            "number": number, "currency": "EUR", "placed_at": placed_at.isoformat(), "customer": {"name": "Ann", "email": f"ann@{self.tenant}.example"},
            "items": [{"sku": "MUG", "name": "Mug", "quantity": 1, "unit_price": "5.00"}], **more,
        }  # fmt: skip
        self.call("POST", "/v1/orders", order, **{"Idempotency-Key": number})

    def watch(self) -> None:
        """As the queue would have it done."""
        body = json.dumps({"v": 1, "tenant": self.tenant, "correlation": f"e2e-{self.tenant}"})
        event = {"Records": [{"messageId": "m1", "body": body, "eventSource": "aws:sqs"}]}
        client = boto3.client("lambda", **self.shop.aws())
        answer = client.invoke(FunctionName=self.shop.env["functions"]["stale-orders"], Payload=json.dumps(event))
        said = json.loads(answer["Payload"].read())
        assert said == {"batchItemFailures": []}, said

    def mails(self, subject: str) -> list[str]:
        theirs = [mail for mail in self.shop.outside("/mail") if f"ann@{self.tenant}.example" in mail["to"]]
        return [mail["text"] for mail in theirs if mail["subject"] == subject]

    def reasons(self) -> dict[str, list[str]]:
        found = self.call("GET", PATH)
        return {case["order_id"]: [reason["code"] for reason in case["reasons"]] for case in found["orders"]}

    def posts(self) -> list[str]:
        return [text for text in self.team() if ":eyes:" in text]

    def team(self) -> list[str]:
        """All that its channel was told."""
        return [post["payload"].get("text", "") for post in self.shop.outside("/messages") if post["path"] == self.hook]


@pytest.fixture(scope="module")
def watched(shop: Shop) -> WatchedShop:
    return WatchedShop(shop)


# req: S2-66
def test_a_broken_promise_is_said_before_they_ask(shop: Shop) -> None:
    late = WatchedShop(shop)
    settings = late.call("GET", "/v1/settings")
    settings["watch"]["tell_late"] = True
    # Nobody is woken for it: this shop is where it is about noon.
    settings["time_zone"] = "Etc/GMT{:+d}".format(datetime.datetime.now(datetime.timezone.utc).hour - 12)
    late.call("PUT", "/v1/settings", settings)
    promised = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=3)).date()
    late.place("8001", 30, eta=promised.isoformat())
    eventually(lambda: "overdue" in late.reasons().get("8001", []), "the promised day to have passed")
    for _ in range(2):
        late.watch()
    eventually(lambda: late.mails("Your order 8001 takes a little longer"), "the customer to hear it")
    told = [message for message in late.call("GET", "/v1/orders/8001/timeline")["messages"] if message["channel"] == "email" and "longer" in message["text"]]
    assert len(told) == 1 and len(late.mails("Your order 8001 takes a little longer")) == 1, told


# req: S1-09, S1-13, S1-42, S1-46
def test_what_waits_too_long_is_shown_raised_and_told_once(watched: WatchedShop) -> None:
    watched.place("7001", 72.6)
    watched.place("7002", 30)

    def told() -> bool:
        return all("customer_told" in [e["event"] for e in watched.call("GET", f"/v1/orders/{n}/progress")["timeline"]] for n in ("7001", "7002"))

    eventually(told, "both customers to be told that we have their orders")
    eventually(lambda: watched.reasons() == {"7001": ["pending_too_long"]}, "the old one alone to need a person")
    case = watched.call("GET", PATH)["orders"][0]
    assert case["age_hours"] == 72.6 and case["actions"] == ["progress", "notify"], case
    for _ in range(3):
        watched.watch()
    eventually(watched.posts, "the team to be told")
    entries = [entry["event"] for entry in watched.call("GET", "/v1/orders/7001/progress")["timeline"]]
    assert entries.count("attention_raised") == 1, entries
    # Stricter rules: the other one as well, and that is told in a post of its own.
    settings = watched.call("GET", "/v1/settings")
    settings["watch"]["pending_after_h"] = 24
    watched.call("PUT", "/v1/settings", settings)
    watched.watch()
    eventually(lambda: set(watched.reasons()) == {"7001", "7002"}, "the younger one to need a person")
    eventually(lambda: len(watched.posts()) == 2, "the team to be told of the other one")
    assert watched.posts()[0].startswith(":eyes: *1 more order needs a person* (1 in all)"), watched.posts()
    assert "#7002" in watched.posts()[1], watched.posts()


# req: S1-03, S1-04, S1-47, S1-73
def test_rules_are_watched_then_trusted_then_overruled(watched: WatchedShop) -> None:
    watched.place("7201", 1)
    # Paid, by a system of the shop's own.
    settings = watched.call("GET", "/v1/settings")
    secret = "a-secret-of-the-watched-shop"
    settings["hooks"] = [{"name": "payments", "scheme": "hmac", "secrets": [secret], "vocabulary": "events", "notify": False}]
    settings["progress"] |= {"mode": "shadow", "pending_after_h": 0}
    watched.call("PUT", "/v1/settings", settings)
    body = json.dumps({"orderId": "7201", "status": "order_paid", "email": f"ann@{watched.tenant}.example"}).encode()
    signed = hook.sign({"secret": secret, "scheme": "hmac"}, body, "pay-7201")
    sent = watched.shop.call("POST", f"/v1/hooks/{watched.tenant}/payments", body, key=None, headers=signed)
    assert sent.status == 202, sent.body
    eventually(lambda: watched.call("GET", "/v1/orders/7201")["tracks"]["payment"] == "captured", "the payment to be known")

    def ledger() -> list[tuple[str, str | None]]:
        entries = watched.call("GET", "/v1/orders/7201/decisions")["decisions"]
        return [(entry["outcome"], entry.get("judgement", {}).get("verdict")) for entry in entries]

    watched.watch()
    assert (watched.call("GET", "/v1/orders/7201")["status"], ledger()) == ("pending", [("shadow", None)])
    settings = watched.call("GET", "/v1/settings")
    settings["progress"]["mode"] = "auto"
    watched.call("PUT", "/v1/settings", settings)
    watched.watch()
    assert (watched.call("GET", "/v1/orders/7201")["status"], ledger()[0]) == ("processing", ("moved", None))
    undone = watched.call("POST", "/v1/orders/7201/undo", {"note": "not yet"})
    assert (undone["status"], ledger()[0]) == ("pending", ("moved", "undone"))
    watched.watch()
    assert watched.call("GET", "/v1/orders/7201")["status"] == "pending", "the rule leaves it alone"
    accuracy = lambda: watched.call("GET", "/v1/decisions/accuracy")["rules"][0]  # noqa: E731
    eventually(lambda: accuracy()["accuracy"] == {"value": 0.0, "n": 1, "formula": "1 - overruled / moved"}, "the undone step to be counted")
    eventually(lambda: len(watched.call("GET", "/v1/decisions")["decisions"]) == 2, "both decisions in the list")
    tried = watched.call("POST", "/v1/decisions/replay", {"rules": {"pending_after_h": 24}})
    assert tried["orders"] >= 1 and tried["proposed"]["rules"]["pending_after_h"] == 24, tried
    assert watched.call("GET", "/v1/orders/7201/why")["progress"]["summary"].startswith("waiting: a person has undone this")


# req: S1-08, S1-20
def test_an_order_is_followed_from_first_to_last(watched: WatchedShop) -> None:
    watched.place("7101", 1)
    seen = []
    for status in ("processing", "shipped", "fulfilled"):
        before = watched.call("GET", "/v1/orders/7101/progress")
        seen.append((before["status"], before["progress"], before.get("next_status")))
        watched.call("POST", "/v1/orders/update-status", {"order_id": "7101", "new_status": status})
    last = watched.call("GET", "/v1/orders/7101/progress")
    assert seen == [("pending", 25, "processing"), ("processing", 50, "shipped"), ("shipped", 75, "delivered")]
    assert (last["status"], last["progress"], last.get("next_status"), last.get("eta")) == ("completed", 100, None, None)


# req: S1-15, S1-16, S1-17, S1-37
def test_a_customer_is_asked_how_it_was_and_answers_by_one_tap(watched: WatchedShop) -> None:
    watched.place("7301", 1)
    key = {"Idempotency-Key": "fit"}
    wish = {"order_id": "7301", "delay_hours": 1}
    planned = watched.call("POST", "/v1/orders/schedule-followup", wish, **key)
    assert watched.call("POST", "/v1/orders/schedule-followup", wish, **key) == planned
    other = watched.shop.call("POST", "/v1/orders/schedule-followup", {**wish, "delay_hours": 2}, key=watched.key, headers=key)
    assert other.status == 422, other.body
    cancelled = watched.shop.call("DELETE", f"/v1/orders/7301/followups/{planned['followup_id']}", key=watched.key)
    assert cancelled.status == 204, cancelled.body
    for kind in ("confirmation", "delay"):
        watched.call("POST", "/v1/orders/notify", {"order_id": "7301", "type": kind})
    refused = watched.shop.call("POST", "/v1/orders/notify", {"order_id": "7301", "type": "shipped"}, key=watched.key)
    assert refused.status == 409 and refused.json["title"] == "It would not be true", refused.body

    def kinds() -> set[str]:
        return {message["kind"] for message in watched.call("GET", "/v1/orders/7301/progress")["notifications"] if message["state"] == "sent"}

    eventually(lambda: {"confirmation", "delay"} <= kinds(), "both messages to be sent")
    # The schedule that fires each minute finds what is due.
    watched.call("POST", "/v1/orders/schedule-followup", {"order_id": "7301", "delay_hours": 0})
    mails = eventually(lambda: watched.mails("How was your order 7301?"), "the customer to be asked", seconds=100)
    assert len(mails) == 1 and "We'd love to hear! 💬" in mails[0], mails
    link = re.search(r"https?://\S+?(/survey/\S+)", mails[0]).group(1)
    page = watched.shop.call("GET", link, key=None)
    assert page.status == 200 and page.body.count(b"<button") == 5, page.body
    voted = watched.shop.call("POST", link, b"score=5", key=None, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert voted.status == 200 and b"5 of 5" in voted.body, voted.body
    assert watched.shop.call("GET", link[:-1] + ("0" if link[-1] != "0" else "1"), key=None).status == 404
    eventually(lambda: watched.call("GET", "/v1/orders/stats")["satisfaction"]["value"] == 5.0, "the vote to be counted")
