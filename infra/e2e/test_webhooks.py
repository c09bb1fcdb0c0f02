"""Webhooks to others, through the deployed functions and the console: what is told, what is told again, and what is given up."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request

import axe
import listened
import pytest
from chromium import Chromium
from test_reports import ORDERCTL
from test_workflow import Warehouse

from shop import Shop, eventually


class Telling(Warehouse):
    """A shop whose events others want to know."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        self.outside = shop.env["outside_url"]
        self.stocks("MUG", 1000)

    def endpoint(self, name: str, *events: str, answers: list[int] | None = None) -> str:
        wish = {"url": listened.address(self.outside, f"{self.tenant}-{name}"), "description": name, "events": list(events)}
        made = self.call("POST", "/v1/webhook-endpoints", wish)
        assert made.status == 201 and made.json["secret"].startswith("whsec_"), made.body
        listened.listens(self.outside, f"{self.tenant}-{name}", secret=made.json["secret"], answers=answers or [])
        return made.json["id"]

    def heard(self, name: str, taken: bool = True) -> list[dict]:
        with urllib.request.urlopen(f"{self.outside}/listen/{self.tenant}-{name}", timeout=30) as answer:
            return [one for one in json.load(answer) if not taken or one["status"] == 204]

    def told(self, name: str) -> list[tuple[str, str]]:
        return sorted({(one["type"], one["data"].get("order_id", "")) for one in self.heard(name)})

    def deliveries(self, endpoint: str) -> list[dict]:
        return self.call("GET", f"/v1/webhook-endpoints/{endpoint}/deliveries").json["deliveries"]

    def ships(self, number: str) -> None:
        self.places(number, "MUG", 1, "9.50")
        eventually(lambda: self.order(number)["status"] == "processing", "the order to be confirmed")
        assert self.call("POST", f"/v1/orders/{number}/status", {"status": "shipped", "notify": False}).status == 200


@pytest.fixture(scope="module")
def telling(shop: Shop) -> Telling:
    return Telling(shop)


# req: S2-73, S2-74
def test_what_happens_is_told_as_standard_webhooks_say(telling: Telling) -> None:
    """The double verifies with the library of those who wrote the specification."""
    endpoint = telling.endpoint("all", "*")
    milestones = telling.endpoint("milestones", "order.confirmed", "order.shipped")
    telling.ships("W-1")
    eventually(lambda: ("order.shipped", "W-1") in telling.told("all"), "the endpoint to be told")
    eventually(lambda: telling.told("milestones") == [("order.confirmed", "W-1"), ("order.shipped", "W-1")], "the other one to be told what it wants")
    types = {one["name"]: one["schema"] for one in telling.call("GET", "/v1/event-types").json["event_types"]}
    import jsonschema

    heard = telling.heard("all")
    assert len(heard) > 5 and len({one["id"] for one in heard}) == len(heard), "each thing once"
    for one in heard:
        jsonschema.validate(one["data"], types[one["type"]])
    shown = telling.deliveries(endpoint)
    assert {one["state"] for one in shown} == {"delivered"} and all(one["tries"][0]["status"] == 204 for one in shown), shown
    assert "@" not in json.dumps([one["body"] for one in shown]), "no address of a customer's"
    for one in (endpoint, milestones):
        assert telling.call("DELETE", f"/v1/webhook-endpoints/{one}").status == 204


# req: S2-73
def test_what_is_not_taken_is_tried_again(telling: Telling) -> None:
    endpoint = telling.endpoint("shaky", "order.shipped", answers=[500])
    telling.ships("W-2")
    eventually(lambda: telling.told("shaky") == [("order.shipped", "W-2")], "the second try, five seconds after the first")
    shown = eventually(lambda: [one for one in telling.deliveries(endpoint) if one["state"] == "delivered"], "it to be written down")
    assert [one["status"] for one in shown[0]["tries"]] == [500, 204]
    assert len({one["id"] for one in telling.heard("shaky", taken=False)}) == 1, "under one id"
    assert telling.call("DELETE", f"/v1/webhook-endpoints/{endpoint}").status == 204


# req: S2-73
def test_an_endpoint_that_is_gone_misses_nothing(telling: Telling) -> None:
    endpoint = telling.endpoint("gone", "order.shipped", answers=[410])
    telling.ships("W-3")
    eventually(lambda: not telling.call("GET", f"/v1/webhook-endpoints/{endpoint}").json["enabled"], "it to be switched off")
    posted = lambda: [post for post in telling.shop.outside("/messages") if post["path"] == telling.hook and "Webhook switched off" in json.dumps(post)]  # noqa: E731
    eventually(posted, "the team to be told")
    telling.ships("W-4")
    eventually(lambda: {one["state"] for one in telling.deliveries(endpoint)} == {"held"} and len(telling.deliveries(endpoint)) == 2, "both to be kept")
    assert telling.call("PATCH", f"/v1/webhook-endpoints/{endpoint}", {"enabled": True}).status == 200
    env = {**os.environ, **telling.shop.env["env"], "API_URL": telling.shop.env["api_url"], "ORDERFLOW_API_KEY": telling.key}
    done = subprocess.run([str(ORDERCTL), "replay", "webhooks", "--from", "2025-01-01T00:00:00Z"], env=env, capture_output=True, text=True)
    assert done.returncode == 0 and f"{endpoint} is told again" in done.stdout, done.stdout + done.stderr
    eventually(lambda: telling.told("gone") == [("order.shipped", "W-3"), ("order.shipped", "W-4")], "what it has missed")
    assert telling.call("DELETE", f"/v1/webhook-endpoints/{endpoint}").status == 204


# req: S2-73
def test_people_add_an_endpoint_and_see_what_it_was_told(telling: Telling, browser: Chromium) -> None:
    page = browser.page(1280, 900)
    telling.shop.sign_in(page, telling.key)
    page.goto(telling.shop.env["console_url"] + "/webhooks")
    page.js(f"document.querySelector('#url').value = {json.dumps(listened.address(telling.outside, telling.tenant + '-people'))}")
    page.js("document.querySelector('#description').value = 'Warehouse board'")
    page.js("document.querySelector('input[name=\"event-order.shipped\"]').click()")
    assert axe.findings(page) == []
    page.js("document.querySelector('form.words button.primary').click()")
    page.wait("document.querySelector('#secret-title') !== null", "the secret")
    secret = page.js("document.querySelector('pre code').textContent")
    assert secret.startswith("whsec_") and axe.findings(page) == []
    listened.listens(telling.outside, telling.tenant + "-people", secret=secret)
    page.js("document.querySelector('main a.button').click()")
    page.wait("document.querySelector('#told-title') !== null", "the endpoint's page")
    endpoint = page.js("location.href")
    page.js("document.querySelector('button[value=test]').click()")
    page.wait("document.querySelector('.flash.good') !== null", "the flash")
    eventually(lambda: page.goto(endpoint) is None and page.js("document.querySelector('table.inbox')?.textContent.includes('delivered') ?? false"), "the test to be taken")
    assert axe.findings(page) == []
    page.goto(telling.shop.env["console_url"] + "/webhooks")
    assert "Warehouse board" in page.js("document.querySelector('table.inbox').textContent")
