"""A client of the running suite, as a shop's systems and staff use it."""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any, Callable

from chromium import Page

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "local"))

import hook  # noqa: E402
import known  # noqa: E402


class Answer:
    """Status, headers and body of one exchange."""

    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Shop:
    """The demo shop."""

    def __init__(self) -> None:
        self.env = known.load()
        self.keys = self.env["keys"]

    def aws(self) -> dict[str, str]:
        """Of a boto3 client."""
        env = self.env["env"]
        names = {"endpoint_url": "AWS_ENDPOINT_URL", "region_name": "AWS_REGION"}
        secrets = {"aws_access_key_id": "AWS_ACCESS_KEY_ID", "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY"}
        return {argument: env[name] for argument, name in {**names, **secrets}.items()}

    def sign_in(self, page: Page, key: str | None = None) -> None:
        """Signs in to the console as people do: with the demo shop's key, or another one."""
        page.goto(self.env["console_url"])
        page.js("document.querySelector('#key').focus()")
        page.type(key or self.keys["api_key"])
        page.press("Enter")
        page.wait("location.pathname === '/console' && document.readyState === 'complete'", "the dashboard")

    def call(self, verb: str, path: str, body: Any = None, key: str | None = "", headers: dict[str, str] | None = None) -> Answer:
        """One request. `key` "" is the owner's, None is none."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **(headers or {})}
        if key is not None:
            sent["Authorization"] = f"Bearer {key or self.keys['api_key']}"
        request = urllib.request.Request(self.env["api_url"] + path, data, sent, method=verb)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as refused:
            return Answer(refused.code, refused.headers, refused.read())

    def outside(self, path: str) -> list[dict]:
        """What the outside world (Slack, the mailbox) has received."""
        with urllib.request.urlopen(self.env["outside_url"] + path, timeout=30) as response:
            return json.loads(response.read())

    def plan_outside(self, fault: dict) -> None:
        """What the next posts to Slack meet; doubles.py says what there is."""
        request = urllib.request.Request(self.env["outside_url"] + "/fail", json.dumps(fault).encode(), method="POST")
        urllib.request.urlopen(request, timeout=30).close()

    def place(self, number: str | None = None, email: str = "eve@example.com", key: str | None = None, **more: Any) -> Answer:
        """Places an order of two mugs."""
        order = {
            "number": number,
            "currency": "USD",
            "customer": {"name": "Eve O’Brien", "email": email},
            "items": [{"sku": "MUG", "name": "Mug", "quantity": 2, "unit_price": "29.99"}],
            **more,
        }
        return self.call("POST", "/v1/orders", order, headers={"Idempotency-Key": key or uuid.uuid4().hex})

    def report(self, order: str, status: str, email: str = "eve@example.com", **more: Any) -> Answer:
        """Sends a signed status webhook."""
        webhook = hook.webhook_of(self.env)
        body = json.dumps({"orderId": order, "status": status, "email": email, "customer": "Eve", **more}).encode()
        return self.call("POST", webhook["url"].removeprefix(self.env["api_url"]), body, key=None, headers=hook.sign(webhook, body, uuid.uuid4().hex))

    def ask(self, question: str, **more: Any) -> Answer:
        return self.call("POST", "/v1/ask", {"question": question, **more}, key=self.keys["publishable_key"])


def eventually(check: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Waits for something that queues bring about; the outcome, not the time, is what is tested."""
    until = time.monotonic() + seconds
    last: Any = None
    while time.monotonic() < until:
        last = check()
        if last:
            return last
        time.sleep(0.25)
    raise AssertionError(f"{what} did not happen within {seconds} s; last seen: {last!r}")
