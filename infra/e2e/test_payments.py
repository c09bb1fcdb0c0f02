"""Orders that are paid by Stripe, PayPal, Razorpay and PayU, through the deployed functions and the doubles of all four."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
import uuid
from typing import Any

import axe
import paid
import pytest
from chromium import Chromium, Page
from test_workflow import Warehouse

from shop import Shop, eventually


class Bank:
    """A shop that collects its money, and the doubles of its providers."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.of = shop, Warehouse(shop)
        paid.collect(shop.env["api_url"], shop.env["outside_url"], self.of.key, self.of.tenant)
        self.of.stocks("MUG", 500)

    def post(self, path: str, body: Any) -> str:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.shop.env["outside_url"] + path, raw, method="POST"), timeout=30) as answer:
            return answer.read().decode()

    def places(self, method: str, **payment: Any) -> str:
        number = f"P{uuid.uuid4().hex[:8].upper()}"
        means = {"return_url": "https://shop.example/thanks", "customer_ip": "203.0.113.7", **payment}
        self.of.places(number, "MUG", 2, "24.99", payment_method=method, payment=means)
        return number

    def payment(self, number: str) -> dict:
        return self.of.call("GET", f"/v1/orders/{number}/payment").json

    def waits(self, number: str, status: str) -> dict:
        return eventually(lambda: (found := self.payment(number))["status"] == status and found, f"{number} to be {status}: {self.payment(number)}")

    def pays(self, number: str, how: str = "pay") -> None:
        """As the customer does at the provider's page."""
        ours = [one for one in self.shop.outside("/pay/objects") if one.get("page") and f"#{number}#" in (one.get("key") or "")]
        assert ours, f"nothing waits for the customer of {number}"
        self.post(ours[-1]["page"], urllib.parse.urlencode({"how": how}).encode())

    def effects(self, number: str, *operations: str) -> list[str]:
        """What the doubles did for an order, in minor units."""
        done = [one for one in self.shop.outside("/pay/effects") if f"#{number}#" in (one.get("key") or "")]
        return [f"{one['operation']} {one['amount']}" for one in done if not operations or one["operation"] in operations]

    def ships(self, number: str) -> None:
        assert self.of.call("POST", f"/v1/orders/{number}/status", {"status": "shipped"}).status == 200


@pytest.fixture(scope="module")
def bank(shop: Shop) -> Bank:
    return Bank(shop)


# req: S2-44, S2-46, S2-47, S2-51, S2-52
@pytest.mark.parametrize("provider", ["stripe", "paypal", "razorpay", "payu"])
def test_a_whole_life_at_each_provider(bank: Bank, provider: str) -> None:
    """Promised by the customer at the provider's page, confirmed by what the provider says when asked, captured when it leaves, refunded in part."""
    number = bank.places(provider)
    waiting = bank.waits(number, "requires_action")
    assert waiting["operations"][0]["provider"] == provider and waiting["action"]["provider"] == provider, waiting
    bank.pays(number)
    if provider == "paypal":  # its double signs no webhooks; a shop's page that sees the customer come back says so
        assert bank.of.call("POST", f"/v1/orders/{number}/payment/check").status == 202
    bank.waits(number, "authorized")
    eventually(lambda: bank.of.order(number)["status"] == "processing", "the order to be confirmed")
    bank.ships(number)
    captured = bank.waits(number, "captured")
    assert captured["captured"] == {"amount": "49.98", "currency": "EUR"} and not captured["discrepancies"], captured
    refunded = bank.of.call("POST", f"/v1/orders/{number}/refunds", {"amount": "10.00", "reason": "a scratch"}, **{"Idempotency-Key": number})
    assert refunded.status == 202, refunded.body
    back = bank.waits(number, "partially_refunded")
    assert back["refunded"]["amount"] == "10.00" and back["refundable"]["amount"] == "39.98"
    assert bank.effects(number, "capture") == ["capture 4998"] and bank.effects(number, "refund") == ["refund 1000"], bank.effects(number)


# req: S2-49, S2-50
def test_lost_answers_declines_and_a_card_that_works(bank: Bank) -> None:
    """Stripe does it and says nothing: it is looked up. A stolen card is not tried again; another one is taken."""
    bank.post("/pay/mischief", {"provider": "stripe", "operation": "create", "how": "timeout_after", "times": 1, "about": bank.of.tenant})
    number = bank.places("stripe", token="pm_card_visa")
    bank.waits(number, "authorized")
    assert len(bank.effects(number, "authorize")) == 1, bank.effects(number)
    stolen = bank.places("stripe", token="pm_card_chargeDeclinedStolenCard")
    declined = bank.waits(stolen, "failed")
    assert declined["operations"][0]["state"] == "declined", declined
    again = bank.of.call("POST", f"/v1/orders/{stolen}/payment/retry", {"provider": "stripe", "token": "pm_card_visa"})
    assert again.status == 202, again.body
    bank.waits(stolen, "authorized")
    eventually(lambda: bank.of.order(stolen)["status"] == "processing", "the order to be confirmed")


# req: S2-48, S2-15
def test_a_cancelled_order_gives_its_promise_back(bank: Bank) -> None:
    number = bank.places("stripe", token="pm_card_visa")
    eventually(lambda: bank.of.order(number)["status"] == "processing", "the order to be confirmed")
    assert bank.of.call("POST", f"/v1/orders/{number}/status", {"status": "cancelled"}).status == 200
    bank.waits(number, "voided")
    assert bank.effects(number, "capture") == []


# req: S2-45
def test_the_cheapest_takes_it_and_says_why(bank: Bank) -> None:
    number = bank.places("credit_card")
    paid = bank.waits(number, "requires_action")
    assert paid["operations"][0]["provider"] == "razorpay", paid
    timeline = bank.of.call("GET", f"/v1/orders/{number}/timeline").body.decode()
    assert "Razorpay is asked to authorize 49.98 EUR" in timeline, timeline


# req: S2-52
def test_a_dispute_is_heard_and_the_team_is_told(bank: Bank) -> None:
    number = bank.places("stripe", token="pm_card_visa")
    eventually(lambda: bank.of.order(number)["status"] == "processing", "the order to be confirmed")
    bank.ships(number)
    captured = bank.waits(number, "captured")
    intent = captured["operations"][0]["reference"]
    bank.post("/pay/outside", {"provider": "stripe", "id": intent, "what": "dispute_opened", "amount": 4998})
    bank.waits(number, "disputed")
    eventually(lambda: bank.of.posts(f"*Order {number}*: Stripe reports a dispute"), "the team to hear of the dispute")
    refused = bank.of.call("POST", f"/v1/orders/{number}/refunds", {}, **{"Idempotency-Key": f"{number}-x"})
    assert refused.status == 409, "who refunds what the bank has taken back pays twice"


# req: S2-52
def test_a_forged_webhook_is_turned_away(bank: Bank) -> None:
    for provider in ["stripe", "paypal", "razorpay", "payu"]:
        headers = {"Stripe-Signature": "t=1,v1=00", "X-Razorpay-Signature": "00", "OpenPayu-Signature": "signature=00;algorithm=MD5"}
        answer = bank.shop.call("POST", f"/v1/payments/{bank.of.tenant}/{provider}", {"type": "charge.captured"}, key=None, headers=headers)
        assert answer.status == 401, (provider, answer.body)


def test_payments_are_seen_and_refunded_in_the_console(browser: Chromium, bank: Bank) -> None:
    number = bank.places("stripe", token="pm_card_visa")
    eventually(lambda: bank.of.order(number)["status"] == "processing", "the order to be confirmed")
    bank.ships(number)
    bank.waits(number, "captured")
    page = browser.page(1280, 900)
    bank.shop.sign_in(page, bank.of.key)
    page.goto(f"{bank.shop.env['console_url']}/orders/{number}")
    card = page.js("document.querySelector('#payment').innerText")
    assert "49.98" in card and "Stripe" in card and "captured" in card.lower(), card
    if not axe.missing():
        assert axe.findings(page) == []
    other = browser.page(1280, 900)  # somebody else looks at the same order
    bank.shop.sign_in(other, bank.of.key)
    other.goto(f"{bank.shop.env['console_url']}/orders/{number}")

    def refunds(where: Page, amount: str, flash: str) -> None:
        where.js("window.confirm = () => true; document.querySelector('#payment details').open = true")
        where.js(f"document.querySelector('#refund-amount').value = '{amount}'")
        where.leads_to(flash, lambda: where.js("document.querySelector('#refund-form button').click()"))

    refunds(page, "5.00", "money-asked")
    assert bank.waits(number, "partially_refunded")["refunded"]["amount"] == "5.00"
    refunds(other, "5.00", "stale")  # what they look at is old
    assert bank.effects(number, "refund") == ["refund 500"]
