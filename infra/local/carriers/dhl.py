"""DHL Express, as far as OrderFlow uses it: https://developer.dhl.com, MyDHL API; and DHL's unified tracking with its push."""

from __future__ import annotations

from datetime import date, timedelta

from payments.world import Said

from .depot import CURRENCY, Asked, Depot, Operation, Refused, Sale, kilograms, price
from .paper import Address, label

NAME = "dhl"
PUSH_HEADER = "x-dhl-push-token"
# Cents and days by product.
PRODUCTS = {"Q": (2299, 2), "N": (4599, 1)}
STATUSES = {
    "created": "pre-transit", "picked_up": "transit", "in_transit": "transit", "delayed": "transit", "ready_for_pickup": "transit",
    "out_for_delivery": "transit", "failed": "failure", "delivered": "delivered", "returning": "failure", "odd": "elsewhere",
}  # fmt: skip


def refused(status: int, code: str, why: str) -> Said:
    return Said(status, {"title": code, "detail": f"8001: {why}", "status": status})


def _leaves(body: dict) -> date:
    return date.fromisoformat(body["plannedShippingDateAndTime"][:10])


def _rates(depot: Depot, asked: Asked) -> Said:
    kg = kilograms(asked.body["packages"][0]["weight"], "LB" if asked.body["unitOfMeasurement"] == "imperial" else "KG")

    def product(code: str, cents: int, days: int) -> dict:
        total = [{"currencyType": "BILLC", "priceCurrency": CURRENCY, "price": price(cents, kg) / 100}]
        arrives = {"estimatedDeliveryDateAndTime": f"{_leaves(asked.body) + timedelta(days=days)}T23:59:00"}
        return {"productCode": code, "totalPrice": total, "deliveryCapabilities": arrives}

    return Said(200, {"products": [product(code, *terms) for code, terms in PRODUCTS.items()]})


def _buy(depot: Depot, asked: Asked) -> Said:
    body, code = asked.body, asked.body["productCode"]
    if code not in PRODUCTS:
        raise Refused(400, "Bad request", "the requested product is not available between this origin and destination")
    kg = kilograms(body["content"]["packages"][0]["weight"], "LB" if body["content"]["unitOfMeasurement"] == "imperial" else "KG")
    to = body["customerDetails"]["receiverDetails"]
    address = to["postalAddress"]
    lines = [address[line] for line in ("addressLine1", "addressLine2", "addressLine3") if address.get(line)]
    address = Address(to["contactInformation"]["fullName"], lines, f"{address['cityName']} {address['postalCode']}", address["countryCode"])
    sale = depot.sell(NAME, lambda n: f"1{n:09}", body["customerReferences"][0]["value"], code, (*PRODUCTS[code], kg), address)
    document = {"imageFormat": "PDF", "typeCode": "label", "content": label("DHL Express", code, sale.number, sale.reference, sale.to, kg, "PDF")}
    charges = [{"currencyType": "BILLC", "priceCurrency": CURRENCY, "price": sale.cents / 100}]
    return Said(201, {"shipmentTrackingNumber": sale.number, "packages": [], "documents": [document], "shipmentCharges": charges})


def _find(depot: Depot, asked: Asked) -> Said:
    sale = depot.known(NAME, asked.parameters().get("shipmentReference", ""))
    if sale is None:
        raise Refused(404, "Not found", "No shipments found")
    return Said(200, {"shipments": [{"shipmentTrackingNumber": sale.number, "status": "Success"}]})


def _track(depot: Depot, asked: Asked) -> Said:
    sale = depot.find(NAME, asked.parameters().get("trackingNumber", ""))
    if sale is None:
        raise Refused(404, "No result found", "No shipment with given tracking number found.")
    return Said(200, pushed(sale))


def pushed(sale: Sale) -> dict:
    def event(scan) -> dict:
        place = {"address": {"addressLocality": scan.place, "countryCode": "US"}} if scan.place else {}
        code = STATUSES[scan.what]
        return {"timestamp": scan.at.isoformat(), "statusCode": code, "status": code, "description": scan.tells, "location": place}

    shipment = {"id": sale.number, "service": "express", "status": event(sale.last), "estimatedTimeOfDelivery": f"{sale.expected}T18:00:00+00:00"}
    return {"shipments": [{**shipment, "events": [event(scan) for scan in reversed(sale.scans)]}]}


OPERATIONS = [
    Operation("rates", "POST /rates", _rates, "dhl_rate"),
    Operation("buy", "POST /shipments", _buy, "dhl_ship"),
    Operation("find", "GET /tracking", _find),
    Operation("track", "GET /track/shipments", _track),
]
