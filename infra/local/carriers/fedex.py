"""FedEx, as far as OrderFlow uses it: https://developer.fedex.com/api/en-us/catalog/rate.html, ship.html, close.html, track.html."""

from __future__ import annotations

from base64 import b64encode
from datetime import date, timedelta

from payments.world import Said

from .depot import CURRENCY, TELLS, Asked, Depot, Operation, Refused, Sale, kilograms, price
from .paper import Address, label

NAME = "fedex"
# Cents and days by service.
SERVICES = {"FEDEX_GROUND": (999, 5), "FEDEX_2_DAY": (1999, 2), "STANDARD_OVERNIGHT": (3999, 1)}
CODES = {
    "created": "OC", "picked_up": "PU", "in_transit": "IT", "delayed": "DY", "ready_for_pickup": "HL", "out_for_delivery": "OD", "failed": "DE",
    "delivered": "DL", "returning": "RS", "odd": "ZZ",
}  # fmt: skip


def refused(status: int, code: str, why: str) -> Said:
    return Said(status, {"transactionId": "double", "errors": [{"code": code, "message": why}]})


def _token(depot: Depot, asked: Asked) -> Said:
    return Said(200, {"access_token": "fake-fedex-token", "token_type": "bearer", "expires_in": 3599, "scope": "CXS"})


def _parcel(asked: Asked) -> tuple[dict, float]:
    shipment = asked.body["requestedShipment"]
    weight = shipment["requestedPackageLineItems"][0]["weight"]
    return shipment, kilograms(weight["value"], weight["units"])


def _rates(depot: Depot, asked: Asked) -> Said:
    shipment, kg = _parcel(asked)
    leaves = date.fromisoformat(shipment["shipDateStamp"])

    def reply(service: str, cents: int, days: int) -> dict:
        charge = {"rateType": "ACCOUNT", "totalNetCharge": price(cents, kg) / 100, "currency": CURRENCY}
        commit = {"dateDetail": {"dayFormat": f"{leaves + timedelta(days=days)}T20:00:00"}}
        return {"serviceType": service, "commit": commit, "operationalDetail": None, "ratedShipmentDetails": [charge]}

    return Said(200, {"output": {"rateReplyDetails": [reply(service, *terms) for service, terms in SERVICES.items()]}})


def _buy(depot: Depot, asked: Asked) -> Said:
    shipment, kg = _parcel(asked)
    service = shipment["serviceType"]
    if service not in SERVICES:
        raise Refused(400, "SERVICE.NOTAVAILABLE", "the double does not sell this service")
    to = shipment["recipients"][0]
    address = to["address"]
    town = " ".join(filter(None, [address["city"], address.get("stateOrProvinceCode"), address.get("postalCode")]))
    reference = shipment["requestedPackageLineItems"][0]["customerReferences"][0]["value"]
    address = Address(to["contact"]["personName"], address["streetLines"], town, address["countryCode"])
    sale = depot.sell(NAME, lambda n: f"7949{n:08}", reference, service, (*SERVICES[service], kg), address)
    document = {"contentType": "LABEL", "docType": "PDF", "encodedLabel": label("FedEx", service, sale.number, reference, sale.to, kg, "PDF")}
    piece = {"trackingNumber": sale.number, "deliveryTimestamp": str(sale.expected), "packageDocuments": [document]}
    rated = [{"rateType": "PAYOR_ACCOUNT_PACKAGE", "totalNetCharge": sale.cents / 100, "currency": CURRENCY}]
    done = {"masterTrackingNumber": sale.number, "pieceResponses": [piece], "completedShipmentDetail": {"shipmentRating": {"shipmentRateDetails": rated}}}
    return Said(200, {"output": {"transactionShipments": [done]}})


def _void(depot: Depot, asked: Asked) -> Said:
    sale = depot.find(NAME, asked.body["trackingNumber"])
    if sale and sale.void:
        raise Refused(400, "SHIPMENT.ALREADY.CANCELLED", "Shipment was cancelled before")
    if sale:
        sale.void = True
    return Said(200, {"output": {"cancelledShipment": sale is not None, "cancelledHistory": sale is not None}})


def _close(depot: Depot, asked: Asked) -> Said:
    """A day may be closed as often as one likes; what is closed is every Ground parcel of the account that was not."""
    day = asked.body["closeDate"]
    ground = [sale for sale in depot.sales if sale.carrier == NAME and sale.service == "FEDEX_GROUND" and not (sale.void or sale.on)]
    if not ground:
        raise Refused(400, "CLOSE.NOSHIPMENTS.ERROR", "No shipments to close")
    depot.manifests += 1
    for sale in ground:
        sale.on = f"close {depot.manifests}"
    lines = ["FEDEX GROUND MANIFEST (SPECIMEN)", f"Close date {day}", f"{len(ground)} packages", "", *(f"{sale.number}  {sale.kg:.2f} kg" for sale in ground)]
    image = b64encode("\n".join(lines).encode()).decode()
    return Said(200, {"output": {"closeDocuments": [{"type": "MANIFEST", "parts": [{"image": image}]}]}})


def _find(depot: Depot, asked: Asked) -> Said:
    sale = depot.known(NAME, asked.body["referencesInformation"]["value"])
    missing = {"error": {"code": "TRACKING.REFERENCENUMBER.NOTFOUND", "message": "not found"}}
    result = _tracked(sale)["completeTrackResults"][0]["trackResults"][0] if sale else missing
    return Said(200, {"output": {"completeTrackResults": [{"trackResults": [result]}]}})


def _track(depot: Depot, asked: Asked) -> Said:
    number = asked.body["trackingInfo"][0]["trackingNumberInfo"]["trackingNumber"]
    sale = depot.find(NAME, number)
    if sale is None:
        error = {"code": "TRACKING.TRACKINGNUMBER.NOTFOUND", "message": "Tracking number cannot be found"}
        return Said(200, {"output": {"completeTrackResults": [{"trackingNumber": number, "trackResults": [{"error": error}]}]}})
    return Said(200, {"output": _tracked(sale)})


def _tracked(sale: Sale) -> dict:
    def event(scan) -> dict:
        place = {"city": scan.place.upper(), "countryCode": "US"} if scan.place else {}
        return {"date": scan.at.isoformat(), "eventType": CODES[scan.what], "eventDescription": TELLS[scan.what], "exceptionDescription": scan.why, "scanLocation": place}

    code = CODES[sale.last.what]
    result = {
        "trackingNumberInfo": {"trackingNumber": sale.number, "carrierCode": "FDXE"},
        "latestStatusDetail": {"code": code, "derivedCode": code, "description": TELLS[sale.last.what]},
        "dateAndTimes": [{"type": "ESTIMATED_DELIVERY", "dateTime": f"{sale.expected}T20:00:00+00:00"}],
        "scanEvents": [event(scan) for scan in reversed(sale.scans)],
    }
    return {"completeTrackResults": [{"trackingNumber": sale.number, "trackResults": [result]}]}


def pushed(sale: Sale) -> dict:
    return {"output": _tracked(sale)}


OPERATIONS = [
    Operation("token", "POST /oauth/token", _token),
    Operation("rates", "POST /rate/v1/rates/quotes", _rates, "fedex_rate"),
    Operation("buy", "POST /ship/v1/shipments", _buy, "fedex_ship"),
    Operation("void", "PUT /ship/v1/shipments/cancel", _void, "fedex_cancel"),
    Operation("manifest", "PUT /ship/v1/endofday/", _close, "fedex_close"),
    Operation("find", "POST /track/v1/referencenumbers", _find, "fedex_reference"),
    Operation("track", "POST /track/v1/trackingnumbers", _track, "fedex_track"),
]
