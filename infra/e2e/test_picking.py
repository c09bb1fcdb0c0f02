"""Batches of orders that are picked together, taken in the console of the deployed suite."""

from __future__ import annotations

import axe
import pytest
from chromium import Chromium
from test_labels import Depot

from shop import Shop, eventually


@pytest.fixture(scope="module")
def depot(shop: Shop) -> Depot:
    return Depot(shop)


# req: S2-56
def test_a_batch_is_taken_in_the_console(browser: Chromium, depot: Depot) -> None:
    # Whatever waited before is somebody else's.
    while depot.call("POST", "/v1/pick-batches", {}).status == 201:
        pass
    customer = {"name": "Ann Example", "email": f"ann.b@{depot.tenant}.example"}
    for number, method in (("B1", "standard"), ("B2", "overnight")):
        depot.places(number, "MUG", 2, "9.50", shipping_method=method, customer=customer)
        eventually(lambda number=number: depot.order(number)["status"] == "processing", "the order to be confirmed")
    eventually(lambda: depot.call("GET", "/v1/pick-batches").json["waiting"] == {"main": 2}, "both to wait")
    page = browser.page(1280, 900)
    depot.shop.sign_in(page, depot.key)
    page.goto(depot.shop.env["console_url"] + "/picking")
    faults = [] if axe.missing() else axe.findings(page)
    page.leads_to("batch-taken", lambda: page.js("document.querySelector('button[aria-label=\"Take it: the next batch at main\"]').click()"))
    faults += [] if axe.missing() else axe.findings(page)
    text = page.js("document.querySelector('main').innerText")
    assert text.index("B2") < text.index("B1") and "4 pieces" in text and faults == [], (text, faults)
    assert depot.order("B1")["tracks"]["fulfilment"] == "picking"
    assert depot.call("POST", "/v1/pick-batches", {}).status == 204
