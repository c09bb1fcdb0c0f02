"""A shop whose orders are kept in Saleor, too, through the deployed functions: signed webhooks, comparing both sides, and its page in the console.

Its Saleor runs our queries on Saleor's own schema, selects what it tells by the subscription that docs/saleor.md gives people to paste, and
tells of what we do there as well."""

from __future__ import annotations

import json
import os
import urllib.request
from pathlib import Path

import axe
import pytest
from chromium import Chromium
from test_attention import WatchedShop

from shop import Shop, eventually

TOKEN = "a-made-up-token"


class Lamps(WatchedShop):
    """A shop of its own that sells with Saleor."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        self.host = f"{self.tenant}.saleor.example"
        self.says("PUT", "", token=TOKEN, target=f"{shop.env['api_url']}/v1/hooks/{self.tenant}/saleor")
        saleor = {"enabled": True, "api_url": f"https://{self.host}/graphql/", "token": TOKEN}
        assert self.call("PUT", "/v1/settings", {**self.call("GET", "/v1/settings"), "saleor": saleor})["saleor"]["token"] == "(set)"

    def says(self, verb: str, switch: str = "", **wish: object) -> dict:
        """A switch of its Saleor; saleor.py says what there is."""
        data = json.dumps(wish).encode() if wish else None
        request = urllib.request.Request(f"{self.shop.env['outside_url']}/saleor/{self.host}{switch}", data, method=verb)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"{}")

    def orders(self, number: int, **more: object) -> None:
        lines = [["LAMP", 2, "129.90"], ["SHADE", 1, "39.00"]]
        self.says("PUT", "/orders", number=number, email=f"ann.{number}@{self.tenant}.example", lines=lines, shipping="14.99", **more)

    def there(self, number: int) -> dict:
        return next(order for order in self.says("GET")["orders"] if order["number"] == str(number))

    def stands(self, number: int) -> str:
        answer = self.shop.call("GET", f"/v1/orders/{number}", key=self.key)
        return answer.json["status"] if answer.status == 200 else str(answer.status)

    def told(self, number: int) -> list[tuple[str, int]]:
        """Webhooks of an order, and what they got."""
        return [(one["event"], one["status"]) for one in self.says("GET")["sent"] if one["order"] == str(number)]

    def compares(self) -> dict:
        """Has both sides compared now, and says what became of it."""
        before = self.call("GET", "/v1/saleor").get("at")
        assert self.shop.call("POST", "/v1/saleor/sync", key=self.key).status == 202
        return eventually(lambda: (found := self.call("GET", "/v1/saleor")).get("at") != before and found, "both sides to be compared")


@pytest.fixture(scope="module")
def lamps(shop: Shop) -> Lamps:
    return Lamps(shop)


# req: S2-75, S2-76
def test_an_order_comes_in_and_its_parcels_are_told(lamps: Lamps) -> None:
    lamps.orders(2101)
    eventually(lambda: lamps.stands(2101) == "processing", "the order to be here")
    order = lamps.call("GET", "/v1/orders/2101")
    # 2 x 129.90 + 39.00 + 14.99 = 313.79 net, and 23 % of it.
    assert (order["channel"], order["total"], order["currency"], order["tracks"]["payment"]) == ("saleor", "385.96", "PLN", "captured"), order
    lamp = {"items": [{"sku": "LAMP", "quantity": 2}], "carrier": "UPS", "tracking_number": "1Z999AA10123456784"}
    lamps.call("POST", "/v1/orders/2101/fulfill", lamp)
    assert lamps.compares()["told"] >= 1
    there = lamps.there(2101)
    assert (there["status"], there["fulfillments"][0]["trackingNumber"]) == ("PARTIALLY_FULFILLED", "1Z999AA10123456784")
    # The answer to the second parcel is lost: it is looked up, and not told again.
    lamps.says("PUT", "/mischief", how="timeout_after", times=1)
    lamps.call("POST", "/v1/orders/2101/fulfill", {})
    for _ in range(3):
        lamps.compares()
    there = lamps.there(2101)
    assert (there["status"], len(there["fulfillments"])) == ("FULFILLED", 2), there
    # It tells of what was done there by us, and that is no news.
    eventually(lambda: ("ORDER_FULFILLED", 202) in lamps.told(2101), "the echo to be taken in")
    assert all(status == 202 for _, status in lamps.told(2101)), lamps.told(2101)
    assert lamps.stands(2101) == "shipped"


# req: S2-75, S2-76
def test_what_is_called_off_on_one_side_is_on_the_other(lamps: Lamps) -> None:
    for number in (2201, 2202, 2203):
        lamps.orders(number)
    eventually(lambda: [lamps.stands(number) for number in (2201, 2202, 2203)] == ["processing"] * 3, "the orders to be here")
    lamps.says("PUT", "/orders/2201", status="CANCELED", event="ORDER_CANCELLED")
    eventually(lambda: lamps.stands(2201) == "cancelled", "the order to be called off here")
    lamps.call("POST", "/v1/orders/2202/status", {"status": "cancelled"})
    # Called off there while it left here, and nobody was told: a person has to decide.
    lamps.says("PUT", "/orders/2203", status="CANCELED", silent=True)
    lamps.call("POST", "/v1/orders/2203/fulfill", {})
    found = lamps.compares()
    assert lamps.there(2202)["status"] == "CANCELED"
    assert lamps.stands(2203) == "shipped" and [one["order_id"] for one in found["open"]] == ["2203"], found
    eventually(lambda: any("differ between here and Saleor" in text for text in lamps.team()), "the team to hear of it")


# req: S2-76
def test_a_webhook_that_was_lost_is_made_up_for_and_a_forged_one_is_not_believed(lamps: Lamps) -> None:
    lamps.orders(2301, silent=True)
    assert lamps.stands(2301) == "404"
    assert lamps.compares()["placed"] >= 1
    assert lamps.stands(2301) == "processing"
    lamps.orders(2302)
    eventually(lambda: lamps.stands(2302) == "processing", "the order to be here")
    sent = next(one for one in lamps.says("GET")["sent"] if one["order"] == "2302")
    path, body = f"/v1/hooks/{lamps.tenant}/saleor", sent["body"].encode()
    signed = {"Saleor-Event": "order_created", "Saleor-Signature": sent["signature"]}
    again = lamps.shop.call("POST", path, body, key=None, headers=signed)
    assert (again.status, again.json["duplicate"]) == (202, True), again.body
    for at in range(0, len(body), 97):
        forged = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        assert lamps.shop.call("POST", path, forged, key=None, headers=signed).status == 401, at
    other = Lamps(lamps.shop)
    assert other.shop.call("POST", f"/v1/hooks/{other.tenant}/saleor", body, key=None, headers=signed).status == 401, "signed by another shop's Saleor"


# req: S2-75
def test_a_wrong_token_is_said_and_the_page_shows_it(browser: Chromium, lamps: Lamps) -> None:
    lamps.says("PUT", "", token="another-token", target=f"{lamps.shop.env['api_url']}/v1/hooks/{lamps.tenant}/saleor")
    assert "MANAGE_ORDERS" in lamps.compares()["error"]
    page = browser.page(1280, 900)
    lamps.shop.sign_in(page, lamps.key)
    page.goto(f"{lamps.shop.env['console_url']}/shops")
    shown = page.js("document.querySelector('main').innerText")
    assert lamps.host in shown and "MANAGE_ORDERS" in shown and TOKEN not in shown, shown
    if pictures := os.environ.get("PICTURES"):
        page.picture(Path(pictures) / "saleor.png", whole=True)
    if not axe.missing():
        assert axe.findings(page) == []
