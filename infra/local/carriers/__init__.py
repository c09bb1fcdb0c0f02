"""Doubles of four carriers: FedEx, UPS, USPS and DHL Express, as far as OrderFlow uses them.

    …    /carry/fedex/…, /carry/ups/…, /carry/usps/…, /carry/dhl/…, /carry/dhl-tracking/…    the carriers' own APIs
    GET  /carry/parcels                  labels that were sold, and what became of the parcels, oldest first
    POST /carry/scan {"number": "1Z…", "what": "in_transit", "place": "Austin", "why": "Severe weather conditions have delayed delivery."}
         a parcel is seen: picked_up, in_transit, delayed, out_for_delivery, ready_for_pickup, failed, delivered, returning, or odd (a word that
         nobody has documented); whoever has registered for it is told
    POST /carry/webhooks {"carrier": "ups", "url": "<api>/v1/carriers/demo/ups", "secret": "…"}    GET lists, DELETE forgets
         where a carrier reports to: signed by FedEx and USPS, with the secret itself by UPS and DHL
    POST /carry/mischief {"carrier": "ups", "operation": "buy", "how": "timeout_after", "times": 1}    DELETE forgets
         what the next requests meet. `operation`: token, rates, buy, find, void, track, manifest. `how`: timeout_after (it is done, and the connection
         closes without an answer), error_500, throttle, refuse (nothing is done)

What they are asked is held against the JSON Schemas that the adapters are tested with. Any credentials are good; prices are those of the price
list that the suite begins with, and no amount is owed to anybody.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
from base64 import b64encode
from collections.abc import Mapping

from payments.hooks import Hooks
from payments.world import Said

from . import dhl, fedex, ups, usps
from .depot import Asked, Carrier, Depot, Refused

CARRIERS: dict[str, Carrier] = {module.NAME: module for module in (fedex, ups, usps, dhl)}
OPERATIONS = ("token", "rates", "buy", "find", "void", "track", "manifest")
HOWS = ("timeout_after", "error_500", "throttle", "refuse")
PLANS_MAX = 100


def _hmac(secret: str, body: bytes) -> str:
    return b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


SIGNS = {
    "fedex": lambda secret, body: {"fdx-signature": _hmac(secret, body)},
    "usps": lambda secret, body: {"x-hmac": _hmac(secret, body)},
    "ups": lambda secret, _: {"credential": secret},
    "dhl": lambda secret, _: {dhl.PUSH_HEADER: secret},
}


class Carriers:
    """All four carriers, and the switches."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hooks = Hooks(SIGNS)
        self.depot = Depot()
        self._plans: list[dict] = []

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Said | None:
        """To a request for something below /carry. None: the connection is to be closed without an answer."""
        path, _, query = target.removeprefix("/carry").partition("?")
        try:
            if found := re.fullmatch(r"/(fedex|ups|usps|dhl|dhl-tracking)(/.+)", path):
                return self._carrier(CARRIERS[found[1].removesuffix("-tracking")], method, (found[1], found[2]), query, headers, body)
            return self._switch(f"{method} {path}", json.loads(body or b"{}"))
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as odd:
            return Said(400, {"error": f"no such request: {type(odd).__name__}: {odd}"})

    def _carrier(
        self, carrier: Carrier, method: str, site: tuple[str, str], query: str, headers: Mapping[str, str], body: bytes
    ) -> Said | None:
        line = f"{method} {site[1]}"
        found = [(one, match) for one in carrier.OPERATIONS if (match := re.fullmatch(one.line, line))]
        if not found:
            return carrier.refused(404, "NOT.FOUND", f"the double of {carrier.NAME} has no {line}")
        operation, match = found[0]
        is_json = headers.get("Content-Type", "").startswith("application/json")
        asked = Asked(match[1] if match.groups() else "", headers, query, json.loads(body) if is_json and body else {})
        met = self._meets(carrier.NAME, operation.name)
        if met == "error_500":
            return Said(500, {"error": "mischief"})
        if met == "throttle":
            return Said(429, {"error": "mischief"}, {"Retry-After": "1"})
        if met == "refuse":
            return carrier.refused(400, "MISCHIEF", "this parcel is not carried")
        try:
            with self._lock:
                self.depot.check(operation.schema, asked.body)
                said = operation.answer(self.depot, asked)
        except Refused as why:
            return carrier.refused(why.status, why.code, str(why))
        return None if met == "timeout_after" else said

    def _meets(self, carrier: str, operation: str) -> str:
        with self._lock:
            for plan in self._plans:
                if plan["carrier"] in ("", carrier) and plan["operation"] in ("", operation):
                    plan["times"] -= 1
                    self._plans = [plan for plan in self._plans if plan["times"] > 0]
                    return plan["how"]
        return ""

    def _switch(self, request: str, wish: dict) -> Said:
        match request:
            case "GET /parcels":
                return Said(200, self.parcels())
            case "GET /webhooks":
                return Said(200, self._hooks.all())
            case "POST /webhooks":
                if wish["carrier"] not in CARRIERS or not re.match(r"https?://", wish["url"]) or not wish["secret"]:
                    return Said(400, {"error": f"carrier is one of {', '.join(CARRIERS)}, with an address and a secret"})
                self._hooks.register(wish["carrier"], wish["url"], wish["secret"])
            case "DELETE /webhooks":
                self._hooks.clear()
            case "POST /mischief":
                if wish.get("how") not in HOWS or wish.get("operation", "") not in ("", *OPERATIONS):
                    return Said(400, {"error": f"how is one of {', '.join(HOWS)}; operation one of {', '.join(OPERATIONS)}"})
                plan = {"carrier": wish.get("carrier", ""), "operation": wish.get("operation", ""), "how": wish["how"], "times": int(wish.get("times", 1))}
                with self._lock:
                    self._plans = [*self._plans, plan][-PLANS_MAX:]
            case "DELETE /mischief":
                with self._lock:
                    self._plans = []
            case "POST /scan":
                with self._lock:
                    sale = self.depot.scan(str(wish["number"]), str(wish["what"]), str(wish.get("place", "Austin")), str(wish.get("why", "")))
                    push = CARRIERS[sale.carrier].pushed(sale)
                self._hooks.tell(sale.carrier, push)
            case _:
                return Said(404, {"error": "not found"})
        return Said(204)

    def parcels(self) -> list[dict]:
        """What was sold, oldest first."""
        with self._lock:
            return [sale.shown() for sale in self.depot.sales]
