"""The demo shop's own back office, which is told by webhook when an order moves."""

from __future__ import annotations

import json
import urllib.request

from reviews import call

EVENTS = ["order.confirmed", "order.shipped", "order.delivered", "order.cancelled", "stock.*"]


def listens(outside_url: str, name: str, **wish: object) -> None:
    """What the double of a listener knows and does."""
    request = urllib.request.Request(f"{outside_url}/listen/{name}", json.dumps(wish).encode(), method="PUT")
    urllib.request.urlopen(request, timeout=30).close()


def address(outside_url: str, name: str) -> str:
    """Where the double of a listener is told."""
    return f"{outside_url}/platforms/listen/{name}"


def open_demo(web_url: str, outside_url: str, key: str) -> None:
    """Makes the endpoint and tries it out. Safe to repeat."""
    if call(web_url, key, "GET", "/v1/webhook-endpoints"):
        return
    wish = {"url": address(outside_url, "back-office"), "description": "Back office", "events": EVENTS}
    endpoint = call(web_url, key, "POST", "/v1/webhook-endpoints", wish)
    listens(outside_url, "back-office", secret=endpoint["secret"])
    call(web_url, key, "POST", f"/v1/webhook-endpoints/{endpoint['id']}/test")
