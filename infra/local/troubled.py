"""What goes wrong in the demo shop: deadlines of its orders run, and its warehouse and carriers report what they meet."""

from __future__ import annotations

import datetime
import urllib.error

from reviews import call

# What is reported of the orders on their way, the one that changed last first, and of those that wait.
ON_THEIR_WAY = ["DAMAGED_PACKAGE", "CUSTOMER_UNAVAILABLE", "DELIVERY_DELAY", "ADDRESS_ERROR", "CARRIER_ISSUE"]
WAITING = ["SYSTEM_ERROR", "PICK_DELAY", "OTHER"]


def open_demo(web_url: str, key: str) -> None:
    """Has orders' deadlines run and their troubles worked on from now on, and reports some. Safe to repeat."""
    settings = call(web_url, key, "GET", "/v1/settings")
    settings["sla"] = {**settings["sla"], "enabled": True}
    settings["exceptions"] = {**settings["exceptions"], "enabled": True}
    call(web_url, key, "PUT", "/v1/settings", settings)
    now = datetime.datetime.now(datetime.timezone.utc)
    for status, codes in [("shipped", ON_THEIR_WAY), ("processing", WAITING)]:
        orders = call(web_url, key, "GET", f"/v1/orders?status={status}&limit={len(codes)}")["orders"]
        for order, code in zip(orders, codes):
            number = order["order_id"]
            event = {"event_id": f"demo-{number}", "event_type": "exception_reported", "order_id": number, "reason_code": code}
            try:
                call(web_url, key, "POST", "/v1/ingest/events", {**event, "occurred_at": now.isoformat(), "source": "demo-warehouse"})
            except urllib.error.HTTPError as refused:
                if refused.code != 409:  # it was told before, at another moment
                    raise
