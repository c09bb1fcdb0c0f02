"""What runs low is ordered anew, received and counted, through the deployed functions and the console."""

from __future__ import annotations

import axe
import pytest
from chromium import Chromium
from test_workflow import Warehouse

from shop import Shop, eventually


@pytest.fixture(scope="module")
def warehouse(shop: Shop) -> Warehouse:
    warehouse = Warehouse(shop)
    settings = warehouse.call("GET", "/v1/settings").json
    settings["stock"]["reorder"]["auto"] = True
    assert warehouse.call("PUT", "/v1/settings", settings).status == 200
    return warehouse


def line_of(warehouse: Warehouse, sku: str) -> tuple[str, dict] | None:
    """The open purchase order that has it, with its line."""
    orders = warehouse.call("GET", "/v1/purchase-orders").json["purchase_orders"]
    return next(((order["id"], line) for order in orders for line in order["lines"] if line["sku"] == sku), None)


# req: S2-40, S2-09, S2-43
def test_what_runs_low_is_drafted_approved_received_and_counted(browser: Chromium, warehouse: Warehouse) -> None:
    warehouse.stocks("KETTLE", 12)
    moved = warehouse.call("POST", "/v1/inventory/KETTLE/adjust", {"location": "main", "by": -7, "reference": "sold"})
    assert moved.json["available"] == 5, moved.body
    number, line = eventually(lambda: line_of(warehouse, "KETTLE"), "a draft of more kettles")
    assert line["why"] == {"quantity": 95, "point": 5, "safety": 0, "up_to": 100, "available": 5, "on_order": 0}, line
    eventually(lambda: warehouse.posts(f"*Purchase order {number}*"), "the team to hear of it")
    listed = lambda: warehouse.call("GET", "/v1/inventory?grade=reorder").json["levels"]  # noqa: E731
    assert eventually(listed, "it to stand in the list")[0]["on_order"] == 95
    page = browser.page(1280, 900)
    warehouse.shop.sign_in(page, warehouse.key)
    console = warehouse.shop.env["console_url"]
    page.goto(f"{console}/purchases/{number}")
    faults = [] if axe.missing() else axe.findings(page)
    page.js("document.querySelector('button[value=approve]').click()")
    page.wait("document.querySelector('main')?.innerText.includes('Book the delivery') === true", "it to be ordered")
    faults += [] if axe.missing() else axe.findings(page)
    page.js("document.querySelector('input[name=received-0]').value = '95'; document.querySelector('#reference').value = 'dn-1'")
    page.js("document.querySelector('button[value=receive]').click()")
    page.wait("document.querySelector('main')?.innerText.includes('dn-1') === true", "its goods to be here")
    again = warehouse.call("POST", f"/v1/purchase-orders/{number}/receive", {"reference": "dn-1", "lines": [{"sku": "KETTLE", "quantity": 95}]})
    assert (again.status, warehouse.level("KETTLE")) == (200, (100, 0)), again.body
    count = {"reference": "kettles", "lines": [{"sku": "KETTLE", "location": "main", "counted": 97}]}
    first, second = (warehouse.call("POST", "/v1/inventory-counts", count).json for _ in range(2))
    assert first == second and first["lines"][0]["corrected"] == -3, (first, second)
    figures = lambda: warehouse.call("GET", "/v1/analytics/inventory").json  # noqa: E731
    eventually(lambda: figures()["accuracy"]["n"] == 1, "the count to be counted")
    page.goto(f"{console}/stock")
    page.js("document.querySelector('details').open = true")
    faults += [] if axe.missing() else axe.findings(page)
    assert "KETTLE" in page.js("document.querySelector('main').innerText") and faults == []


# req: S2-09
def test_what_leaves_is_sold(warehouse: Warehouse) -> None:
    warehouse.stocks("TEAPOT", 20)
    warehouse.places("T-1", "TEAPOT", 2, "12.00")
    eventually(lambda: warehouse.order("T-1")["status"] == "processing", "the order to be confirmed")
    for status in ("ready_to_ship", "shipped"):
        assert warehouse.call("POST", "/v1/orders/T-1/status", {"status": status, "notify": False}).status == 200
    seller = lambda: next(iter(warehouse.call("GET", "/v1/analytics/inventory").json["turnover"]), None)  # noqa: E731
    assert eventually(seller, "two teapots to be counted") | {"turns_per_year": ""} == {"sku": "TEAPOT", "sold": 2, "on_hand": 18, "on_order": 0, "cover_days": 270, "turns_per_year": ""}


# req: S2-78
def test_a_price_is_proposed_and_accepted_and_orders_keep_theirs(browser: Chromium, warehouse: Warehouse) -> None:
    listed = {"currency": "EUR", "prices": [{"sku": "PLATE", "list": "20.00", "cost": "9.00", "market": "22.00"}, {"sku": "FORK", "list": "4.00"}]}
    assert warehouse.call("PUT", "/v1/prices", listed).status == 200
    assert warehouse.call("POST", "/v1/price-proposals").json["errors"][0]["code"] == "switched_off"
    settings = warehouse.call("GET", "/v1/settings").json
    settings["pricing"]["enabled"] = True
    assert warehouse.call("PUT", "/v1/settings", settings).status == 200
    page = browser.page(1280, 900)
    warehouse.shop.sign_in(page, warehouse.key)
    prices = f"{warehouse.shop.env['console_url']}/prices"
    page.goto(prices)
    page.js("document.querySelector('form[action=\"/console/prices\"] button').click()")
    page.wait("document.querySelector('main')?.innerText.includes('are being looked at') === true", "the prices to be looked at")
    proposed = lambda: warehouse.call("GET", "/v1/prices").json["prices"]  # noqa: E731
    plate = eventually(proposed, "a proposal")[0]
    why = [{"reason": "market", "bps": 400, "others": "dearer"}]
    assert (plate["sku"], plate["price"], plate["proposal"]["price"], plate["proposal"]["why"]) == ("PLATE", "20.00", "20.80", why), plate
    page.goto(prices)
    faults = [] if axe.missing() else axe.findings(page)
    assert "Others ask more: 22.00 EUR" in page.js("document.querySelector('main').innerText")
    page.js("document.querySelector('button[value=accept]').click()")
    page.wait("document.querySelector('main')?.innerText.includes('keeps its price') === true", "it to be accepted")
    assert warehouse.call("GET", "/v1/prices/PLATE").json["price"] == "20.80"
    page.goto(f"{prices}?state=settled")
    faults += [] if axe.missing() else axe.findings(page)
    assert "+4.0 %" in page.js("document.querySelector('main').innerText") and faults == []
