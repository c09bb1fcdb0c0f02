"""USPS, as far as OrderFlow uses it: https://developers.usps.com, OAuth, Payments, Shipping Options, Labels, SCAN Forms, Tracking, Subscriptions."""

from __future__ import annotations

from datetime import date, timedelta

from payments.world import Said

from .depot import Asked, Depot, Operation, Refused, Sale, kilograms, price
from .paper import Address, label, page

NAME = "usps"
# Cents, days and rate indicator by mail class.
CLASSES = {"USPS_GROUND_ADVANTAGE": (799, 5, "SP"), "PRIORITY_MAIL": (1499, 2, "SP"), "PRIORITY_MAIL_EXPRESS": (3325, 1, "PA")}
CATEGORIES = {
    "created": "Pre-Shipment", "picked_up": "Accepted", "in_transit": "In Transit", "delayed": "Alert", "ready_for_pickup": "Available for Pickup",
    "out_for_delivery": "Out for Delivery", "failed": "Delivery Attempt", "delivered": "Delivered", "returning": "Alert", "odd": "Somewhere",
}  # fmt: skip


def refused(status: int, code: str, why: str) -> Said:
    return Said(status, {"apiVersion": "v3", "error": {"code": str(status), "message": why, "errors": [{"code": code, "detail": why}]}})


def _token(depot: Depot, asked: Asked) -> Said:
    return Said(200, {"access_token": "fake-usps-token", "token_type": "Bearer", "expires_in": 28799})


def _payment(depot: Depot, asked: Asked) -> Said:
    return Said(200, {"paymentAuthorizationToken": "fake-payment-token", "roles": []})


def _rates(depot: Depot, asked: Asked) -> Said:
    package = asked.body["packageDescription"]
    kg, leaves = kilograms(package["weight"], "LB"), date.fromisoformat(package["mailingDate"])

    def option(mail_class: str, cents: int, days: int, indicator: str) -> dict:
        total = price(cents, kg) / 100
        rate = {"rateIndicator": indicator, "destinationEntryFacilityType": "NONE", "price": total}
        commitment = {"name": f"{days} Days", "scheduleDeliveryDate": str(leaves + timedelta(days=days))}
        return {"mailClass": mail_class, "rateOptions": [{"commitment": commitment, "totalPrice": total, "rates": [rate]}]}

    options = [option(mail_class, *terms) for mail_class, terms in CLASSES.items()]
    return Said(200, {"pricingOptions": [{"priceType": "COMMERCIAL", "shippingOptions": options}]})


def _buy(depot: Depot, asked: Asked) -> Said:
    package, to, key = asked.body["packageDescription"], asked.body["toAddress"], asked.headers.get("x-idempotency-key", "")
    kg, mail_class = kilograms(package["weight"], "LB"), package["mailClass"]
    # The same key is the same label.
    sale = next((sale for sale in depot.sales if sale.carrier == NAME and key and getattr(sale, "key", "") == key), None)
    if sale is None:
        cents, days, _ = CLASSES[mail_class]
        lines = [to["streetAddress"], *filter(None, [to.get("secondaryAddress")])]
        name = " ".join(filter(None, [to.get("firstName"), to.get("lastName"), to.get("firm")]))
        address = Address(name, lines, f"{to['city']} {to['state']} {to['ZIPCode']}", "US")
        reference = (package.get("customerReference") or [{"referenceNumber": key}])[0]["referenceNumber"]
        sale = depot.sell(NAME, lambda n: f"92055{n:017}", reference, mail_class, (cents, days, kg), address)
        sale.key = key
    image = label("USPS", mail_class.replace("_", " ").title(), sale.number, sale.reference, sale.to, kg, "PDF")
    metadata = {"trackingNumber": sale.number, "postage": sale.cents / 100, "commitment": {"scheduleDeliveryDate": str(sale.expected)}}
    return Said(200, {"labelMetadata": metadata, "labelImage": image})


def _void(depot: Depot, asked: Asked) -> Said:
    sale = depot.find(NAME, asked.name)
    if sale is None:
        raise Refused(404, "404", "Label not found")
    status, sale.void = ("REFUND_REQUESTED" if sale.void else "CANCELED"), True
    return Said(200, {"trackingNumber": sale.number, "status": status})


def _manifest(depot: Depot, asked: Asked) -> Said:
    numbers = asked.body["shipment"]["trackingNumbers"]
    for number in numbers:
        sale = depot.find(NAME, number)
        if sale is None or sale.void:
            raise Refused(400, "400", f"Label {number} not found")
        if sale.on:
            raise Refused(400, "400", f"Label {number} is on a SCAN form")
    depot.manifests += 1
    number = f"92750{depot.manifests:017}"
    for each in numbers:
        depot.find(NAME, each).on = number
    image = page("USPS SCAN Form 5630", [f"Manifest {number}", f"Mailing date {asked.body['mailingDate']}", f"{len(numbers)} pieces", "", *numbers])
    told = {key: asked.body[key] for key in ("form", "imageType", "labelType", "mailingDate")}
    return Said(200, {"SCANFormMetadata": {**told, "manifestNumber": number, "trackingNumbers": numbers}, "SCANFormImage": image})


def _track(depot: Depot, asked: Asked) -> Said:
    sale = depot.find(NAME, asked.name)
    if sale is None:
        raise Refused(404, "-2147219302", "Tracking number not found")
    return Said(200, pushed(sale))


def pushed(sale: Sale) -> dict:
    def event(scan) -> dict:
        place = {"eventCity": scan.place.upper(), "eventState": "TX"} if scan.place else {}
        return {"eventType": scan.tells, "eventCode": "XX", "GMTTimestamp": f"{scan.at:%Y-%m-%dT%H:%M:%SZ}", "eventCountry": None, **place}

    category = CATEGORIES[sale.last.what]
    return {
        "trackingNumber": sale.number,
        "statusCategory": category,
        "status": category,
        "expectedDeliveryDate": str(sale.expected),
        "trackingEvents": [event(scan) for scan in reversed(sale.scans)],
    }


OPERATIONS = [
    Operation("token", "POST /oauth2/v3/token", _token),
    Operation("token", "POST /payments/v3/payment-authorization", _payment, "usps_payment"),
    Operation("rates", "POST /shipments/v3/options/search", _rates, "usps_options"),
    Operation("buy", "POST /labels/v3/label", _buy, "usps_label"),
    Operation("void", "DELETE /labels/v3/label/(\\w+)", _void),
    Operation("manifest", "POST /scan-forms/v3/scan-form", _manifest, "usps_scan_form"),
    Operation("track", "GET /tracking/v3/tracking/(\\w+)", _track),
]
