"""Orders that leave in parcels, through the deployed functions and the console."""

from __future__ import annotations

import axe
import pytest
from chromium import Chromium, Page
from test_workflow import Warehouse

from shop import Shop, eventually


@pytest.fixture(scope="module")
def warehouse(shop: Shop) -> Warehouse:
    warehouse = Warehouse(shop)
    warehouse.stocks("MUG", 100)
    return warehouse


def confirmed(warehouse: Warehouse, number: str, pieces: int) -> None:
    warehouse.places(number, "MUG", pieces, "9.50")
    eventually(lambda: warehouse.order(number)["status"] == "processing", "the order to be confirmed")


# req: S2-05, S2-06
def test_two_parcels_and_stock_that_leaves_with_them(warehouse: Warehouse) -> None:
    confirmed(warehouse, "F1", 5)
    free, held = warehouse.level("MUG")
    first = warehouse.call("POST", "/v1/orders/F1/fulfill", {"items": [{"sku": "MUG", "quantity": 2}], "carrier": "UPS", "tracking_number": "1Z1"})
    assert first.status == 201 and first.json["open"] == [{"line": 0, "sku": "MUG", "quantity": 3}], first.body
    assert warehouse.order("F1")["status"] == "partially_shipped"
    assert warehouse.call("POST", "/v1/orders/F1/fulfill", {}).status == 201
    assert warehouse.order("F1")["status"] == "shipped" and warehouse.level("MUG") == (free, held - 5)
    assert warehouse.call("POST", "/v1/orders/F1/fulfill", {}).status == 409
    tracking = warehouse.call("GET", "/v1/orders/F1/tracking").json
    assert [one["status"] for one in tracking["shipments"]] == ["shipped", "shipped"] and tracking["shipments"][0]["tracking_number"] == "1Z1"


# req: S2-05
def test_a_parcel_is_sent_in_the_console(browser: Chromium, warehouse: Warehouse) -> None:
    confirmed(warehouse, "F2", 4)
    page = browser.page(1280, 900)
    warehouse.shop.sign_in(page, warehouse.key)

    def sends(where: Page, pieces: int, flash: str) -> None:
        where.js("document.querySelector('#parcels details').open = true")
        where.js(f"document.querySelector('#parcel-form [name=line-0]').value = '{pieces}'")
        where.js("document.querySelector('#parcel-carrier').value = 'InPost'; document.querySelector('#parcel-number').value = '6120'")
        where.leads_to(flash, lambda: where.js("document.querySelector('#parcel-form [value=send]').click()"))

    page.goto(warehouse.shop.env["console_url"] + "/orders/F2")
    sends(page, 1, "sent")
    assert warehouse.order("F2")["status"] == "partially_shipped"
    text = page.js("document.querySelector('#parcels').innerText")
    assert "InPost" in text and "6120" in text and "1 × MUG" in text, text
    if not axe.missing():
        assert axe.findings(page) == []
    sends(page, 3, "sent")
    assert warehouse.order("F2")["status"] == "shipped"
