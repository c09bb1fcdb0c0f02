"""UPS, as far as OrderFlow uses it: https://github.com/UPS-API/api-documentation, Rating, Shipping, LabelRecovery, Tracking, TrackAlert."""

from __future__ import annotations

from datetime import datetime, timedelta

from payments.world import Said

from .depot import CURRENCY, Asked, Depot, Operation, Refused, Sale, kilograms, price
from .paper import Address, label

NAME = "ups"
# Cents, days and what it is called, by code.
SERVICES = {"03": (899, 5, "Ground"), "02": (1899, 2, "2nd Day Air"), "01": (3599, 1, "Next Day Air")}
TYPES = {
    "created": "M", "picked_up": "P", "in_transit": "I", "delayed": "X", "ready_for_pickup": "I", "out_for_delivery": "O", "failed": "X", "delivered": "D",
    "returning": "RS", "odd": "ZZ",
}  # fmt: skip


def refused(status: int, code: str, why: str) -> Said:
    return Said(status, {"response": {"errors": [{"code": code, "message": why}]}})


def _token(depot: Depot, asked: Asked) -> Said:
    return Said(200, {"access_token": "fake-ups-token", "token_type": "Bearer", "expires_in": "14399", "status": "approved"})


def _weight(package: dict) -> float:
    weight = package["PackageWeight"]
    return kilograms(weight["Weight"], weight["UnitOfMeasurement"]["Code"])


def _charge(cents: int) -> dict:
    return {"CurrencyCode": CURRENCY, "MonetaryValue": f"{cents / 100:.2f}"}


def _rates(depot: Depot, asked: Asked) -> Said:
    shipment = asked.body["RateRequest"]["Shipment"]
    kg, leaves = _weight(shipment["Package"][0]), datetime.strptime(shipment["DeliveryTimeInformation"]["Pickup"]["Date"], "%Y%m%d").date()

    def rated(code: str, cents: int, days: int) -> dict:
        arrival = {"Date": f"{leaves + timedelta(days=days):%Y%m%d}", "Time": "230000"}
        transit = {"ServiceSummary": {"EstimatedArrival": {"Arrival": arrival}}}
        return {"Service": {"Code": code}, "TotalCharges": _charge(price(cents, kg)), "TimeInTransit": transit}

    return Said(200, {"RateResponse": {"RatedShipment": [rated(code, cents, days) for code, (cents, days, _) in SERVICES.items()]}})


def _buy(depot: Depot, asked: Asked) -> Said:
    shipment = asked.body["ShipmentRequest"]["Shipment"]
    package, code = shipment["Package"][0], shipment["Service"]["Code"]
    if code not in SERVICES:
        raise Refused(400, "111100", "The requested service is invalid from the selected origin.")
    cents, days, title = SERVICES[code]
    references = package.get("ReferenceNumber") or shipment["ReferenceNumber"]
    to, kg = shipment["ShipTo"], _weight(package)
    address = to["Address"]
    town = " ".join(filter(None, [address["City"], address.get("StateProvinceCode"), address.get("PostalCode")]))
    address = Address(to["Name"], address["AddressLine"], town, address["CountryCode"])
    sale = depot.sell(NAME, lambda n: f"1ZDEMO01{n:010}", references[0]["Value"], title, (cents, days, kg), address)
    image = {"ImageFormat": {"Code": "GIF"}, "GraphicImage": _image(sale)}
    results = {
        "ShipmentIdentificationNumber": sale.number,
        "ShipmentCharges": {"TotalCharges": _charge(sale.cents)},
        "PackageResults": {"TrackingNumber": sale.number, "ShippingLabel": image},
    }
    return Said(200, {"ShipmentResponse": {"ShipmentResults": results}})


def _image(sale: Sale) -> str:
    return label("UPS", sale.service, sale.number, sale.reference, sale.to, sale.kg, "GIF")


def _void(depot: Depot, asked: Asked) -> Said:
    sale = depot.find(NAME, asked.name)
    if sale is None:
        raise Refused(400, "190102", "No shipment found within the allowed void period")
    if sale.void:
        raise Refused(400, "190117", "The shipment has already been voided")
    sale.void = True
    return Said(200, {"VoidShipmentResponse": {"SummaryResult": {"Status": {"Code": "1", "Description": "Voided"}}}})


def _find(depot: Depot, asked: Asked) -> Said:
    sale = depot.known(NAME, asked.body["LabelRecoveryRequest"]["ReferenceValues"]["ReferenceNumber"]["Value"])
    if sale is None:
        raise Refused(400, "300104", "Label not found for the reference")
    image = {"LabelImageFormat": {"Code": "GIF"}, "GraphicImage": _image(sale)}
    return Said(200, {"LabelRecoveryResponse": {"LabelResults": [{"TrackingNumber": sale.number, "LabelImage": image}]}})


def _track(depot: Depot, asked: Asked) -> Said:
    sale = depot.find(NAME, asked.name)
    if sale is None:
        raise Refused(404, "TW0001", "Tracking Information Not Found")

    def activity(scan) -> dict:
        address = {"city": scan.place.upper(), "countryCode": "US"} if scan.place else {}
        status = {"type": TYPES[scan.what], "code": TYPES[scan.what], "description": scan.tells}
        moment = {"gmtDate": f"{scan.at:%Y%m%d}", "gmtTime": f"{scan.at:%H%M%S}", "gmtOffset": "+00:00"}
        return {"status": status, **moment, "location": {"address": address}}

    package = {
        "trackingNumber": sale.number,
        "deliveryDate": [{"type": "SDD", "date": f"{sale.expected:%Y%m%d}"}],
        "activity": [activity(scan) for scan in reversed(sale.scans)],
    }
    return Said(200, {"trackResponse": {"shipment": [{"inquiryNumber": sale.number, "package": [package]}]}})


def pushed(sale: Sale) -> dict:
    scan = sale.last
    return {
        "trackingNumber": sale.number,
        "localActivityDate": f"{scan.at:%Y%m%d}",
        "localActivityTime": f"{scan.at:%H%M%S}",
        "activityLocation": {"city": scan.place, "stateProvince": "TX", "postalCode": "78701", "country": "US"},
        "activityStatus": {"type": TYPES[scan.what], "code": TYPES[scan.what], "description": scan.tells},
        "scheduledDeliveryDate": f"{sale.expected:%Y%m%d}",
        "actualDeliveryDate": f"{scan.at:%Y%m%d}" if scan.what == "delivered" else "",
        "gmtActivityDate": f"{scan.at:%Y%m%d}",
        "gmtActivityTime": f"{scan.at:%H%M%S}",
        "gmtOffset": "+00.00",
    }


OPERATIONS = [
    Operation("token", "POST /security/v1/oauth/token", _token),
    Operation("rates", "POST /api/rating/v2409/Shoptimeintransit", _rates, "ups_rate"),
    Operation("buy", "POST /api/shipments/v2409/ship", _buy, "ups_ship"),
    Operation("void", "DELETE /api/shipments/v2409/void/cancel/(\\w+)", _void),
    Operation("find", "POST /api/labels/v1/recovery", _find, "ups_recovery"),
    Operation("track", "GET /api/track/v1/details/(\\w+)", _track),
]
