"""What has a time limit: run while nothing else is, see the Makefile."""

from __future__ import annotations

import time

import pytest
from test_attention import WatchedShop

from shop import Shop, eventually


@pytest.fixture
def watched(shop: Shop) -> WatchedShop:
    return WatchedShop(shop)


# req: S1-14, S1-69
def test_a_hundred_orders_are_done_in_five_seconds_and_fifty_in_three(watched: WatchedShop) -> None:
    rows = "OrderID,Customer,Status,ETA,Email\n" + "".join(f"{number},Ann,Received,,ann@{watched.tenant}.example\n" for number in [*range(8000, 8097), *range(8200, 8250)])
    sent = watched.shop.call("POST", "/v1/imports/files", rows.encode(), key=watched.key, headers={"Content-Type": "text/csv"})
    assert sent.status == 202, sent.body
    eventually(lambda: watched.call("GET", f"/v1/imports/files/{sent.json['id']}")["done"], "the orders to be there")
    numbers = [str(number) for number in range(8000, 8100)]
    began = time.monotonic()
    wish = {"order_ids": numbers, "action": "cancel", "notify_customers": False, "confirm": True}
    job = watched.call("POST", "/v1/orders/bulk-action?wait=25", wish, **{"Idempotency-Key": "monday"})
    took_s = time.monotonic() - began
    assert (job["total"], job["successful"], job["failed"], job["pending"]) == (100, 97, 3, 0), job
    assert took_s < 5, took_s
    again = watched.call("POST", "/v1/orders/bulk-action?wait=25", wish, **{"Idempotency-Key": "monday"})
    assert again == job, "the same job"
    assert watched.call("GET", "/v1/orders/8050")["status"] == "cancelled"
    began = time.monotonic()
    fifty = {**wish, "order_ids": [str(number) for number in range(8200, 8250)]}
    job = watched.call("POST", "/v1/orders/bulk-action?wait=10", fifty, **{"Idempotency-Key": "tuesday"})
    took_s = time.monotonic() - began
    assert (job["successful"], job["pending"]) == (50, 0) and took_s < 3, (took_s, job)
