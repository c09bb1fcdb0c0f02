"""Deadlines of orders, and the events of a warehouse, through the deployed functions."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import axe
import pytest
from chromium import Chromium
from test_attention import WatchedShop

from shop import Shop, eventually


class Warehouse(WatchedShop):
    """A shop of its own whose orders have deadlines, told by its warehouse with a key."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        settings = self.call("GET", "/v1/settings")
        # Every day is a working day, so that nothing depends on when this runs.
        settings["sla"] = {"enabled": True, "days": {"worked": [True] * 7, "holidays": []}}
        self.call("PUT", "/v1/settings", settings)

    def tell(self, number: str, kind: str, minutes_ago: float, **more: object) -> dict:
        at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=minutes_ago)
        event = {"event_id": f"{number}-{kind}", "event_type": kind, "order_id": number, "occurred_at": at.isoformat(), "source": "wms", **more}
        return self.call("POST", "/v1/ingest/events", event)

    def clocks(self, number: str) -> dict[str, str]:
        return {clock["sla"]: clock["state"] for clock in self.call("GET", f"/v1/orders/{number}").get("sla", [])}


@pytest.fixture(scope="module")
def warehouse(shop: Shop) -> Warehouse:
    return Warehouse(shop)


# req: S4-13, S4-14, S4-36, S4-44
def test_a_deadline_passes_although_nobody_says_anything(warehouse: Warehouse) -> None:
    warehouse.place("S-1", 1)
    first = warehouse.tell("S-1", "order_paid", 121)
    assert first == {"event_id": "wms:S-1-order_paid", "duplicate": False}
    eventually(lambda: warehouse.clocks("S-1").get("pick"), "its clock runs")
    # Nothing more is said: the timers of the next minute find it.
    eventually(lambda: warehouse.clocks("S-1").get("pick") == "missed", "its time is up", seconds=90)
    figures = eventually(lambda: warehouse.call("GET", "/v1/analytics/sla")["sla"].get("pick"), "it is counted")
    assert (figures["n"], figures["breached"]) == (1, 1), figures
    assert "sla_missed" in warehouse.reasons()["S-1"]
    # It had been picked in time; only word of it was late.
    warehouse.tell("S-1", "pick_completed", 60)
    eventually(lambda: warehouse.clocks("S-1").get("pick") == "kept", "it is set right")
    eventually(lambda: warehouse.call("GET", "/v1/analytics/sla")["sla"]["pick"]["breached"] == 0, "so are the figures")


# req: S4-17, S4-18, S4-37, S4-38
def test_a_parcel_is_told_from_the_shelf_to_the_door(warehouse: Warehouse) -> None:
    warehouse.place("S-2", 1)
    # As they happen to come.
    for kind, minutes_ago in [("delivered", 1), ("order_paid", 100), ("picked_up", 30), ("pack_completed", 70), ("pick_completed", 90), ("in_transit", 20)]:
        warehouse.tell("S-2", kind, minutes_ago)
    eventually(lambda: set(warehouse.clocks("S-2").values()) == {"kept"} and len(warehouse.clocks("S-2")) == 6, "all were in time")
    assert warehouse.call("GET", "/v1/orders/S-2")["tracks"] == {
        "order": "delivered", "payment": "captured", "fulfilment": "delivered", "tracking": "delivered", "delayed": False,
    }  # fmt: skip


def test_what_it_looks_like(browser: Chromium, shop: Shop, warehouse: Warehouse) -> None:
    warehouse.place("S-3", 1)
    warehouse.tell("S-3", "order_paid", 110)
    warehouse.tell("S-3", "pick_completed", 20)
    eventually(lambda: len(warehouse.clocks("S-3")) == 4, "its clocks run")
    page = browser.page(1280, 900)
    shop.sign_in(page, warehouse.key)
    for path, what, name in [("orders/S-3", "Deadlines", "sla-order"), ("figures?days=7", "Service levels", "sla-figures")]:
        page.goto(f"{shop.env['console_url']}/{path}")
        assert what in page.js("document.querySelector('main').innerText")
        if not axe.missing():
            assert axe.findings(page) == []
        if pictures := os.environ.get("PICTURES"):
            page.picture(Path(pictures) / f"{name}.png", whole=True)
