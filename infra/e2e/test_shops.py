"""A shop whose orders come from Shopify, through the deployed functions: signed webhooks, what becomes of them, and its page in the console."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from datetime import UTC, datetime, timedelta

import axe
import pytest
from chromium import Chromium
from test_attention import WatchedShop

from shop import Answer, Shop, eventually

DOMAIN = "mugs-of-the-tests.myshopify.com"
SECRET = "a-made-up-client-secret"


class Mugs(WatchedShop):
    """A shop of its own that sells with Shopify."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        self.day = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=5)
        shopify = {"enabled": True, "shop": DOMAIN, "secrets": [SECRET]}
        assert self.call("PUT", "/v1/settings", {**self.call("GET", "/v1/settings"), "shopify": shopify})["shopify"]["secrets"] == ["(set)"]

    def told(self, number: int, minute: int, **fields: object) -> dict:
        at = self.day + timedelta(minutes=minute)
        return {
            "id": 450_000_000 + number, "admin_graphql_api_id": f"gid://shopify/Order/{450_000_000 + number}", "name": f"#{number}", "test": False,
            "created_at": self.day.isoformat(), "updated_at": at.isoformat(), "cancelled_at": None, "currency": "EUR", "taxes_included": True,
            "financial_status": "paid", "fulfillment_status": None, "total_price": "64.88", "total_tax": "12.13",
            "shipping_lines": [{"price": "4.90"}], "line_items": [{"id": 1, "sku": "MUG", "title": "Mug", "quantity": 2, "price": "29.99", "requires_shipping": True}],
            "email": f"ann.{number}@{self.tenant}.example", "customer": {"first_name": "Ann", "last_name": "Example"}, **fields,
        }  # fmt: skip

    def says(self, topic: str, body: dict, secret: str = SECRET, shop: str = DOMAIN) -> Answer:
        raw = json.dumps(body).encode()
        signature = base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()
        headers = {"X-Shopify-Hmac-Sha256": signature, "X-Shopify-Topic": topic, "X-Shopify-Shop-Domain": shop, "X-Shopify-Event-Id": uuid.uuid4().hex}
        return self.shop.call("POST", f"/v1/hooks/{self.tenant}/shopify", raw, key=None, headers=headers)

    def stands(self, number: int) -> str:
        answer = self.shop.call("GET", f"/v1/orders/{number}", key=self.key)
        return answer.json["status"] if answer.status == 200 else str(answer.status)


@pytest.fixture(scope="module")
def mugs(shop: Shop) -> Mugs:
    return Mugs(shop)


# req: S3-46
def test_an_order_goes_its_way_as_shopify_says(mugs: Mugs) -> None:
    placed = mugs.told(1501, 0)
    assert mugs.says("orders/create", placed).status == 202
    assert mugs.says("orders/create", placed).json["duplicate"] is True
    eventually(lambda: mugs.stands(1501) == "pending", "the order to be here")
    order = mugs.call("GET", "/v1/orders/1501")
    assert (order["channel"], order["total"], order["tracks"]["payment"]) == ("shopify", "64.88", "captured"), order
    delivered = {"fulfillment_status": "fulfilled", "fulfillments": [{"status": "success", "shipment_status": "delivered"}]}
    assert mugs.says("orders/updated", mugs.told(1501, 30, **delivered)).status == 202
    sent = {"fulfillment_status": "fulfilled", "fulfillments": [{"status": "success", "shipment_status": "in_transit"}]}
    assert mugs.says("orders/fulfilled", mugs.told(1501, 20, **sent)).status == 202  # late
    eventually(lambda: mugs.stands(1501) == "delivered", "the order to arrive")
    for answer in [mugs.says("orders/create", placed, secret="somebody-elses"), mugs.says("orders/create", placed, shop="other.myshopify.com")]:
        assert answer.status == 401, answer.body
    unreadable = mugs.says("orders/create", mugs.told(1509, 0, total_price="a lot"))
    assert (unreadable.status, unreadable.json["ignored"]) == (202, "unreadable"), unreadable.body
    assert mugs.stands(1509) == "404"


# req: S3-46, X-08
def test_privacy_wishes_and_the_page(browser: Chromium, mugs: Mugs) -> None:
    mugs.says("orders/create", mugs.told(1601, 0))
    eventually(lambda: mugs.stands(1601) == "pending", "the order to be here")
    wish = {"shop_id": 7, "shop_domain": DOMAIN, "customer": {"id": 1, "email": f"ann.1601@{mugs.tenant}.example"}}
    about = {"orders_requested": [450_001_601], "data_request": {"id": 99}}
    assert mugs.says("customers/data_request", {**wish, **about}).status == 202
    eventually(lambda: any("wants a copy of their data (orders 1601)" in text for text in mugs.team()), "the team to hear of it")
    page = browser.page(1280, 900)
    mugs.shop.sign_in(page, mugs.key)
    page.goto(f"{mugs.shop.env['console_url']}/shops")
    shown = page.js("document.querySelector('main').innerText")
    assert DOMAIN in shown and "in the inbox" in shown and SECRET not in shown, shown
    if not axe.missing():
        assert axe.findings(page) == []
    assert mugs.says("customers/redact", {**wish, "orders_to_redact": [450_001_601]}).status == 202
    eventually(lambda: "email" not in mugs.call("GET", "/v1/orders/1601"), "them to be forgotten")
