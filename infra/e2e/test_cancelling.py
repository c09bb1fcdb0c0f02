"""Parts of orders that are called off, through the deployed functions, the doubles of payment providers and the console."""

from __future__ import annotations

import os
from pathlib import Path

import axe
import pytest
from chromium import Chromium
from test_payments import Bank

from shop import Answer, Shop, eventually


class Desk(Bank):
    """A shop whose customers think better of a part of what they ordered."""

    def confirmed(self, provider: str = "stripe") -> str:
        """Two mugs for 49.98, promised by a provider and set aside."""
        number = self.places(provider, **({"token": "pm_card_visa"} if provider == "stripe" else {}))
        if provider != "stripe":
            self.waits(number, "requires_action")
            self.pays(number)
        if provider == "paypal":
            assert self.of.call("POST", f"/v1/orders/{number}/payment/check").status == 202
        eventually(lambda: self.of.order(number)["status"] == "processing", "the order to be confirmed")
        return number

    def cancels(self, number: str, pieces: int, **headers: str) -> Answer:
        body = {"items": [{"sku": "MUG", "quantity": pieces}], "note": "rang"}
        return self.of.call("POST", f"/v1/orders/{number}/cancellations", body, **headers)


@pytest.fixture(scope="module")
def desk(shop: Shop) -> Desk:
    return Desk(shop)


# req: S2-05, S2-28, S2-44
@pytest.mark.parametrize("provider", ["stripe", "paypal", "razorpay", "payu"])
def test_one_of_two_is_not_sent_and_not_paid(desk: Desk, provider: str) -> None:
    number = desk.confirmed(provider)
    free, held = desk.of.level("MUG")
    off = desk.cancels(number, 1, **{"Idempotency-Key": f"{number}-off"})
    assert off.status == 200 and off.json["owed"] == "24.99" and off.json["items"][0]["cancelled"] == 1, off.body
    again = desk.cancels(number, 1, **{"Idempotency-Key": f"{number}-off"})
    assert again.status == 200 and again.json["items"][0]["cancelled"] == 1, again.body
    assert desk.of.level("MUG") == (free + 1, held - 1), "it is free again with the commit that calls it off"
    desk.ships(number)
    # Razorpay takes all of a promise or nothing: the rest goes back.
    whole = provider == "razorpay"
    paid = desk.waits(number, "partially_refunded" if whole else "captured")
    assert not paid["discrepancies"], paid
    taken, back = (["capture 4998"], ["refund 2499"]) if whole else (["capture 2499"], [])
    assert (desk.effects(number, "capture"), desk.effects(number, "refund")) == (taken, back), paid


# req: S2-05, S2-42
def test_the_rest_is_called_off_when_half_has_left(desk: Desk) -> None:
    number = desk.confirmed()
    free, held = desk.of.level("MUG")
    sent = desk.of.call("POST", f"/v1/orders/{number}/fulfill", {"items": [{"sku": "MUG", "quantity": 1}]})
    assert sent.status == 201, sent.body
    assert desk.of.order(number)["status"] == "partially_shipped" and desk.of.level("MUG") == (free, held - 1), "a parcel takes what it holds"
    assert desk.of.call("POST", f"/v1/orders/{number}/status", {"status": "cancelled"}).status == 200
    order = desk.of.order(number)
    assert order["status"] == "shipped" and order["owed"] == "24.99", order
    assert desk.of.level("MUG") == (free + 1, held - 2)
    assert desk.waits(number, "captured")["captured"]["amount"] == "24.99" and desk.effects(number, "capture") == ["capture 2499"]


# req: S2-28, S2-70
def test_what_was_taken_goes_back_and_the_customer_hears_of_it(desk: Desk) -> None:
    number = desk.confirmed()
    assert desk.of.call("POST", f"/v1/orders/{number}/payment/capture").status == 202
    desk.waits(number, "captured")
    assert desk.cancels(number, 1).status == 200
    assert desk.waits(number, "partially_refunded")["refunded"]["amount"] == "24.99"
    mails = eventually(lambda: [mail for mail in desk.shop.outside("/mail") if mail["subject"] == f"Your order {number} has changed"], "the customer to hear of it")
    assert len(mails) == 1 and "The total is 24.99 EUR." in mails[0]["text"], mails
    rest = desk.cancels(number, 1)
    assert rest.status == 200 and rest.json["status"] == "cancelled", rest.body
    desk.waits(number, "refunded")
    assert desk.effects(number, "refund") == ["refund 2499", "refund 2499"]


# req: S2-12
def test_a_part_is_called_off_at_the_console(browser: Chromium, desk: Desk) -> None:
    number = desk.confirmed()
    page = browser.page(1280, 900)
    desk.shop.sign_in(page, desk.of.key)
    page.goto(f"{desk.shop.env['console_url']}/orders/{number}")
    page.js("document.querySelector('#cancel-form').closest('details').open = true; document.querySelector('#cancel-form input[name=line-0]').value = '1'")
    page.js("document.querySelector('#cancel-note').value = 'rang'")
    if not axe.missing():
        assert axe.findings(page) == []
    if pictures := os.environ.get("PICTURES"):
        page.picture(Path(pictures) / "cancel-form.png", whole=True)
    page.js("delete document.querySelector('#cancel-form button').dataset.confirm; document.querySelector('#cancel-form button').click()")
    page.wait("document.querySelector('.called-off')?.innerText.includes('1 called off') === true", "it to be called off")
    shown = page.js("document.querySelector('.items').innerText.replace(/\\s+/g, ' ')")
    assert "As ordered" in shown and "24.99" in shown, shown
    if not axe.missing():
        assert axe.findings(page) == []
    if pictures := os.environ.get("PICTURES"):
        page.picture(Path(pictures) / "cancelled-part.png", whole=True)
    assert desk.of.order(number)["items"][0]["cancellable"] == 1
