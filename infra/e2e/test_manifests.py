"""What carriers collect: asked for over the API and in the console, told to the doubles of FedEx and USPS, by the deployed functions."""

from __future__ import annotations

import urllib.request

import axe
import pytest
from chromium import Chromium
from test_labels import Depot

from shop import Shop, eventually


@pytest.fixture(scope="module")
def depot(shop: Shop) -> Depot:
    return Depot(shop)


def hands_over(depot: Depot, **wish: str) -> dict:
    """Asks for a manifest, and waits until it is closed."""
    answer = depot.call("POST", "/v1/manifests", wish)
    assert answer.status == 202 and len(answer.json["manifests"]) == 1, answer.body
    read = lambda: depot.call("GET", f"/v1/manifests/{answer.json['manifests'][0]['id']}").json  # noqa: E731
    eventually(lambda: read()["status"] not in ("asked", "asking"), "the carrier to answer")
    return read()


def on(depot: Depot, number: str) -> str:
    """The manifest that the carrier has an order's parcel on."""
    return depot.sold(number)[0]["manifest"]


# req: S2-68
@pytest.mark.parametrize(("carrier", "place"), [("usps", "main"), ("fedex", None)])
def test_a_carrier_is_told_what_it_collects(depot: Depot, carrier: str, place: str | None) -> None:
    numbers = [f"M-{carrier}-1", f"M-{carrier}-2"]
    for number in numbers:
        depot.packs(number)
        depot.labels(number, carrier=carrier, service="standard")
    waiting = [pile for pile in depot.call("GET", "/v1/manifests").json["waiting"] if pile["carrier"] == carrier]
    assert [(pile.get("location"), pile["parcels"], pile["wanted"]) for pile in waiting] == [(place, 2, 2)], waiting
    made = hands_over(depot, carrier=carrier)
    assert (made["status"], made["count"], made.get("location")) == ("made", 2, place), made
    assert {parcel["order_id"] for parcel in made["parcels"]} == set(numbers)
    assert on(depot, numbers[0]) == on(depot, numbers[1]) != "" and made.get("number", on(depot, numbers[0])) == on(depot, numbers[0])
    with urllib.request.urlopen(made["url"], timeout=30) as paper:
        assert paper.read(5) == (b"%PDF-" if carrier == "usps" else b"FEDEX")
    assert carrier not in {pile["carrier"] for pile in depot.call("GET", "/v1/manifests").json["waiting"]}


def test_what_is_refused_waits_and_the_team_hears_of_it(depot: Depot) -> None:
    depot.packs("M3")
    depot.labels("M3", carrier="usps")
    depot.meets("usps", "manifest", "refuse")
    failed = hands_over(depot, carrier="usps")
    assert failed["status"] == "failed" and "not carried" in failed["problem"], failed
    eventually(lambda: depot.posts("manifest of USPS at main"), "the team to be told")
    assert on(depot, "M3") == ""
    made = hands_over(depot, carrier="usps")
    assert (made["status"], made["count"], made["number"]) == ("made", 1, on(depot, "M3")), made


# req: S2-68
def test_parcels_are_handed_over_in_the_console(browser: Chromium, depot: Depot) -> None:
    for number, carrier in (("M4", "usps"), ("M5", "ups")):
        depot.packs(number)
        depot.labels(number, carrier=carrier)
    page = browser.page(1280, 900)
    depot.shop.sign_in(page, depot.key)
    console = depot.shop.env["console_url"]
    page.goto(f"{console}/manifests")
    faults = [] if axe.missing() else axe.findings(page)
    button = "document.querySelector('button[aria-label=\"Hand over to USPS at main\"]')"
    page.leads_to("manifests-asked", lambda: page.js(f"{button}.click()"))
    eventually(lambda: on(depot, "M4"), "the carrier to be told")
    made = lambda: depot.call("GET", "/v1/manifests").json["manifests"][0]  # noqa: E731
    eventually(lambda: made()["status"] == "made", "it to be written down")
    page.goto(f"{console}/manifests/{made()['id']}")
    faults += [] if axe.missing() else axe.findings(page)
    text = page.js("document.querySelector('main').innerText")
    assert on(depot, "M4") in text and "M4" in text and "M5" not in text and faults == [], (text, faults)
    paper = page.js("document.querySelector('a[href$=paper]').href")
    assert paper.endswith("/paper"), paper
