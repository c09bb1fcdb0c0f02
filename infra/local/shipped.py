"""The demo shop's orders that leave in parcels: one that is packed, one with a label, one on its way."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request

from reviews import call

PUSH_SECRET = "demo-push-secret"
AUSTIN = {"street": ["12 Long Street", "Floor 2"], "city": "Austin", "region": "TX", "postal_code": "78701", "country": "US"}
ORIGIN = {
    "location": "main", "name": "Packing Desk", "company": "Demo Shop", "phone": "+1 555 010 0000",
    "address": {"street": ["1 Depot Road"], "city": "Newark", "region": "NJ", "postal_code": "07102", "country": "US"},
}  # fmt: skip
MAILER = {"crid": "1234", "mid": "900000001", "manifest_mid": "900000002"}
# Number, customer, the label they get, and what its carrier sees.
ORDERS = [
    ("S-4001", "Annie Easley", None, []),
    ("S-4002", "Jean Bartik", {}, []),
    ("S-4003", "Radia Perlman", {"service": "express"}, [("picked_up", "Newark"), ("in_transit", "Memphis")]),
]
PATIENCE_S = 30


def carry(web_url: str, outside_url: str, key: str, tenant: str) -> None:
    """Has a shop buy its labels at the doubles of all carriers, which report to it."""
    settings = call(web_url, key, "GET", "/v1/settings")
    settings["shipping"] |= {"accounts": [account(carrier) for carrier in ("fedex", "ups", "usps", "dhl")], "origins": [ORIGIN], "currency": "USD"}
    call(web_url, key, "PUT", "/v1/settings", settings)
    for carrier in ("fedex", "ups", "usps", "dhl"):
        told(outside_url, "/carry/webhooks", {"carrier": carrier, "url": f"{web_url}/v1/carriers/{tenant}/{carrier}", "secret": PUSH_SECRET})


def account(carrier: str) -> dict:
    """An account with a carrier's double."""
    one = {"carrier": carrier, "client_id": "demo-client", "client_secret": "demo-secret", "number": "DEMO01", "push_secrets": [PUSH_SECRET]}
    return {**one, **({"mailer": MAILER} if carrier == "usps" else {}), **({"tracking_key": "demo-tracking-key"} if carrier == "dhl" else {})}


def told(outside_url: str, path: str, body: dict) -> None:
    """A switch of the doubles is set."""
    urllib.request.urlopen(urllib.request.Request(outside_url + path, json.dumps(body).encode(), method="POST"), timeout=30).close()


def open_demo(web_url: str, outside_url: str, key: str, tenant: str) -> None:
    """Buys labels from now on, and sends some orders. Safe to repeat."""
    carry(web_url, outside_url, key, tenant)
    for number, name, label, scans in ORDERS:
        order = {
            "number": number,
            "currency": "USD",
            "shipping_address": AUSTIN,
            "customer": {"name": name, "email": f"{name.split()[0].lower()}@example.com", "phone": "+15550100001"},
            "items": [{"sku": "MUG-BLUE", "name": "Mug Blue", "quantity": 2, "unit_price": "14.50"}],
        }
        call(web_url, key, "POST", "/v1/orders", order, {"Idempotency-Key": f"demo-{number}"})
        _await(lambda number=number: call(web_url, key, "GET", f"/v1/orders/{number}")["status"] != "pending")
        try:
            call(web_url, key, "POST", f"/v1/orders/{number}/fulfill", {"packed": True}, {"Idempotency-Key": f"demo-{number}-packed"})
        except urllib.error.HTTPError as refused:
            # It was packed before, or a person has to decide first.
            refused.close()
            continue
        if label is None:
            continue
        call(web_url, key, "POST", f"/v1/orders/{number}/fulfilments/p1/labels", label)
        bought = lambda number=number: call(web_url, key, "GET", f"/v1/orders/{number}/fulfilments/p1/labels")  # noqa: E731
        _await(lambda: bought()["status"] not in ("wanted", "trying"))
        for what, place in scans if bought().get("tracking_number") else []:
            told(outside_url, "/carry/scan", {"number": bought()["tracking_number"], "what": what, "place": place})


def _await(done) -> None:
    until = time.monotonic() + PATIENCE_S
    while not done() and time.monotonic() < until:
        time.sleep(0.2)
