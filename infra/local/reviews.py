"""The demo shop's orders that wait for a person: large, suspicious, or more than there is in stock."""

from __future__ import annotations

import json
import urllib.request

STOCK = [("LAMP-ARC", 12), ("MUG-BLUE", 40), ("CHAIR-OAK", 2)]
WARSAW = {"street": ["ul. Prosta 51", "m. 4"], "city": "Warszawa", "postal_code": "00838", "country": "PL"}
BERLIN = {"street": ["Invalidenstr. 117"], "city": "Berlin", "postal_code": "10115", "country": "DE"}
YORK = {"street": ["PO Box 12"], "city": "New York", "region": "NY", "postal_code": "10001", "country": "US"}
# Number, customer, lines, ships to, billed to: what each of them is about stands beside it.
ORDERS = [
    ("R-2001", "Grace Hopper", [("LAMP-ARC", 4, "289.00")], WARSAW, None),  # worth a lot, its postal code lacks the dash
    ("R-2002", "Alan Turing", [("LAMP-ARC", 6, "289.00"), ("MUG-BLUE", 2, "14.50")], WARSAW, YORK),  # and billed elsewhere
    ("R-2003", "Ada Lovelace", [("CHAIR-OAK", 5, "149.00")], BERLIN, None),  # more than there is
    ("R-2004", "Ida Rhodes", [("MUG-BLUE", 3, "14.50")], BERLIN, None),  # nothing speaks against it
]


def open_demo(web_url: str, key: str) -> None:
    """Has orders taken through checks and stock from now on, and what runs low drafted to be ordered; places some. Safe to repeat."""
    settings = call(web_url, key, "GET", "/v1/settings")
    settings["workflow"]["enabled"] = True
    settings["stock"]["reorder"]["auto"] = True
    call(web_url, key, "PUT", "/v1/settings", settings)
    for sku, pieces in STOCK:
        call(web_url, key, "POST", f"/v1/inventory/{sku}/adjust", {"location": "main", "by": pieces, "reference": "demo-opening"})
    for number, name, lines, address, billing in ORDERS:
        order = {
            "number": number,
            "currency": "EUR",
            "shipping_address": address,
            "billing_address": billing,
            "customer": {"name": name, "email": f"{name.split()[0].lower()}@example.com"},
            "items": [{"sku": sku, "name": sku.replace("-", " ").title(), "quantity": pieces, "unit_price": price} for sku, pieces, price in lines],
        }
        call(web_url, key, "POST", "/v1/orders", order, {"Idempotency-Key": f"demo-{number}"})


def call(web_url: str, key: str, verb: str, path: str, body: dict | None = None, headers: dict[str, str] | None = None) -> dict:
    sent = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **(headers or {})}
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(web_url + path, data, sent, method=verb), timeout=60) as response:
        return json.load(response)
