"""Two coasts: from where orders leave, when, and what a checkout is told of it, through the deployed functions."""

from __future__ import annotations

import pytest
from test_labels import Depot

from shop import Shop, eventually

HOURS = {"opens": "00:00", "closes": "23:59", "days": {"worked": [True] * 7}, "zones": ["A"], "capacity": 1000, "country": "US"}
COASTS = [
    {"id": "main", "time_zone": "America/New_York", **HOURS},
    {"id": "la", "serves": ["CA", "WA", "OR", "NV", "AZ"], "time_zone": "America/Los_Angeles", **HOURS},
]
ROWS = [("usps", "standard", 799), ("ups", "standard", 899), ("ups", "overnight", 3599)]
TARIFF = {"currency": "USD", "per_kg_minor": 50, "rows": [{"carrier": carrier, "service": service, "base_minor": minor} for carrier, service, minor in ROWS]}
BEVERLY_HILLS = {"street": ["12 Long Street"], "city": "Beverly Hills", "region": "CA", "postal_code": "90210", "country": "US"}


@pytest.fixture(scope="module")
def depot(shop: Shop) -> Depot:
    depot = Depot(shop)
    settings = depot.call("GET", "/v1/settings").json
    settings["shipping"] |= {"warehouses": COASTS, "tariff": TARIFF}
    written = depot.call("PUT", "/v1/settings", settings)
    assert written.status == 200, written.body
    moved = depot.call("POST", "/v1/inventory/MUG/adjust", {"location": "la", "by": 20, "reference": "opening-la"})
    assert moved.status == 200, moved.body
    return depot


def reserved(depot: Depot) -> dict[str, int]:
    return {level["location"]: level["reserved"] for level in depot.call("GET", "/v1/inventory/MUG").json}


# req: S2-57, S2-58
def test_the_nearer_coast_sends_it_and_says_when(depot: Depot) -> None:
    customer = {"name": "Ann Example", "email": f"ann.w1@{depot.tenant}.example", "phone": "+15550100001"}
    depot.places("W1", "MUG", 3, "9.50", country="US", shipping_address=BEVERLY_HILLS, customer=customer)
    eventually(lambda: depot.order("W1")["status"] == "processing", "the order to be confirmed")
    assert reserved(depot) == {"la": 3, "main": 0}
    order = depot.order("W1")
    assert order["leaves_at"] and order["leaves_on"], order
    depot.packs("W2")
    assert reserved(depot) == {"la": 3, "main": 3}, "Texas is nobody's region"


# req: S2-57, S2-58, S2-61
def test_a_checkout_is_told_before_anything_is_ordered(depot: Depot) -> None:
    ask = {"country": "US", "region": "CA", "items": [{"sku": "MUG", "quantity": 3}]}
    quoted = depot.call("POST", "/v1/shipping-quotes", ask)
    assert quoted.status == 200, quoted.body
    first = quoted.json["offers"][0]
    assert (quoted.json["from"], quoted.json["weight_g"], first["carrier"], first["price"]) == ("la", 1700, "usps", "8.84"), quoted.body
    assert quoted.json["order_by"] > quoted.json["leaves"] and [place["location"] for place in quoted.json["places"]] == ["la", "main"], quoted.body
