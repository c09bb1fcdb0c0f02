"""What customers send back, through the deployed functions, the double of a payment provider and the console."""

from __future__ import annotations

import os
from pathlib import Path

import axe
import pytest
from chromium import Chromium
from test_payments import Bank

from shop import Shop, eventually


class Counter(Bank):
    """A shop that takes in what comes back."""

    def sells(self) -> str:
        """Two mugs for 49.98, paid at Stripe, delivered."""
        number = self.places("stripe", token="pm_card_visa")
        eventually(lambda: self.of.order(number)["status"] == "processing", "the order to be confirmed")
        self.ships(number)
        self.waits(number, "captured")
        assert self.of.call("POST", f"/v1/orders/{number}/status", {"status": "delivered", "notify": False}).status == 200
        return number

    def returns(self, number: str) -> dict:
        return self.of.call("GET", f"/v1/orders/{number}/returns").json

    def opens(self, number: str, pieces: int, **more: object) -> str:
        wish = {"items": [{"sku": "MUG", "quantity": pieces, "reason": "changed_mind"}], **more}
        opened = self.of.call("POST", f"/v1/orders/{number}/returns", wish)
        assert opened.status == 201, opened.body
        return opened.json["returns"][-1]["id"]

    def steps(self, number: str, name: str, step: str, **more: object) -> None:
        answer = self.of.call("POST", f"/v1/orders/{number}/returns/{name}", {"step": step, **more})
        assert answer.status == 200, answer.body


@pytest.fixture(scope="module")
def counter(shop: Shop) -> Counter:
    return Counter(shop)


# req: S2-69, S2-48
def test_one_of_two_comes_back_and_its_money_goes_back(counter: Counter) -> None:
    number = counter.sells()
    before = counter.of.level("MUG")[0]
    one = counter.opens(number, 1, note="It is not blue")
    assert counter.of.order(number)["status"] == "return_requested"
    eventually(lambda: counter.of.posts(f"*Order {number}*: return {one} for refund"), "the team to hear of it")
    counter.steps(number, one, "approve")
    counter.steps(number, one, "receive", refund="lines")
    back = counter.waits(number, "partially_refunded")
    assert back["refunded"]["amount"] == "24.99" and counter.effects(number, "refund") == ["refund 2499"], back
    eventually(lambda: counter.of.level("MUG")[0] == before + 1, "it to be on its shelf again")
    assert counter.of.order(number)["status"] == "delivered", "the other one stays with its customer"
    # Asked a second time nothing happens a second time.
    again = counter.of.call("POST", f"/v1/orders/{number}/returns/{one}", {"step": "receive"})
    assert again.status == 409 and "open another one" in again.json["detail"], again.body
    # The other one breaks on its way: its money goes back, the shelf stays as it is.
    two = counter.opens(number, 1, approved=True)
    counter.steps(number, two, "receive", arrived=[{"sku": "MUG", "quantity": 1, "sellable": False}])
    counter.waits(number, "refunded")
    assert counter.effects(number, "refund") == ["refund 2499", "refund 2499"]
    assert counter.of.level("MUG")[0] == before + 1
    too_many = counter.of.call("POST", f"/v1/orders/{number}/returns", {"items": [{"sku": "MUG", "quantity": 1, "reason": "other"}]})
    assert too_many.status == 409, too_many.body


# req: S2-07
def test_something_else_in_its_place(counter: Counter) -> None:
    number = counter.sells()
    one = counter.opens(number, 2, kind="exchange", approved=True)
    refused = counter.of.call("POST", f"/v1/orders/{number}/returns/{one}", {"step": "receive", "refund": "lines"})
    assert refused.status == 409 and "exchange" in refused.json["detail"], refused.body
    counter.steps(number, one, "receive")
    assert counter.of.order(number)["status"] == "returned" and counter.effects(number, "refund") == []
    assert counter.payment(number)["status"] == "captured", "the money of an exchange stays"
    # What is sent in its place is an order of its own, that costs nothing and leaves like any other.
    free = counter.of.level("MUG")[0]
    for _ in range(2):
        counter.steps(number, one, "replace")
    other = f"{number}-{one}"
    eventually(lambda: counter.returns(number)["returns"][0]["replacement"].get("order_id") == other, "the order that replaces it")
    eventually(lambda: counter.of.order(other).get("status") == "processing", "it to be confirmed")
    assert counter.of.order(other)["total"] == "0.00" and counter.of.level("MUG")[0] == free - 2
    assert counter.of.call("POST", f"/v1/orders/{other}/fulfill", {}).status == 201
    assert counter.of.order(other)["status"] == "shipped" and counter.effects(other) == []


# req: S2-17
def test_a_replacement_is_sent_at_the_console(browser: Chromium, counter: Counter) -> None:
    number = counter.sells()
    one = counter.opens(number, 1, kind="exchange", approved=True)
    page = browser.page(1280, 900)
    counter.shop.sign_in(page, counter.of.key)
    page.goto(f"{counter.shop.env['console_url']}/orders/{number}")
    page.js("document.querySelector('form.replacing').closest('details').open = true")
    page.js("document.querySelector('.replacing input[name=pieces-0]').value = '0'; document.querySelector('.replacing input[name=pieces-1]').value = '2'")
    page.js("document.querySelector('.replacing input[name=sku-1]').value = 'MUG'")
    if not axe.missing():
        assert axe.findings(page) == []
    if pictures := os.environ.get("PICTURES"):
        page.picture(Path(pictures) / "replacing.png", whole=True)
    page.js("document.querySelector('form.replacing button').click()")
    page.wait("document.querySelector('#returns')?.innerText.includes('In its place') === true", "it to be asked for")
    eventually(lambda: counter.of.order(f"{number}-{one}").get("status") == "processing", "it to be placed and confirmed")
    page.goto(f"{counter.shop.env['console_url']}/orders/{number}")
    shown = page.js("document.querySelector('#returns').innerText.replace(/\\s+/g, ' ')")
    assert f"In its place: 2 × MUG as order {number}-{one}" in shown, shown
    if pictures:
        page.picture(Path(pictures) / "replaced.png", whole=True)


# req: S2-69
def test_returns_are_taken_in_at_the_console(browser: Chromium, counter: Counter) -> None:
    number = counter.sells()
    page = browser.page(1280, 900)
    counter.shop.sign_in(page, counter.of.key)
    page.goto(f"{counter.shop.env['console_url']}/orders/{number}")
    page.js("document.querySelector('#returns details').open = true; document.querySelector('#return-form input[name=line-0]').value = '1'")
    page.js("document.querySelector('#return-reason').value = 'damaged'")
    if not axe.missing():
        assert axe.findings(page) == []
    page.js("document.querySelector('#return-form button.primary').click()")
    page.wait("document.querySelector('#returns')?.innerText.includes('Return r1') === true", "the return to be opened")
    assert "Return r1 for refund approved" in page.js("document.querySelector('#returns').innerText.replace(/\\s+/g, ' ')")
    page.js("document.querySelector('#returns details').open = true; document.querySelector('input[name=good-0]').value = '0'; document.querySelector('input[name=bad-0]').value = '1'")
    if not axe.missing():
        assert axe.findings(page) == []
    page.js("document.querySelector('#returns button[value=receive]').click()")
    page.wait("document.querySelector('#returns')?.innerText.includes('goes back') === true", "it to be taken in")
    assert counter.waits(number, "partially_refunded")["refunded"]["amount"] == "24.99"
    shown = page.js("document.querySelector('#returns').innerText.replace(/\\s+/g, ' ')")
    assert "1 × MUG (not to be sold again)" in shown and "24.99" in shown, shown
    rates = eventually(lambda: counter.of.call("GET", "/v1/orders/stats").json["return_rate"]["value"], "the numbers to count it")
    assert rates > 0, rates
