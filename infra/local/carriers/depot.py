"""What all carriers' doubles have: the labels they have sold, and where the parcels were seen."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol

import jsonschema
from payments.world import Said

from .paper import Address

SCHEMAS = Path(__file__).resolve().parents[3] / "shared" / "adapters-http" / "tests" / "carriers" / "schemas"
CURRENCY = "USD"
PER_KG = 50
KG_OF_LB = 0.45359237
# What has happened to a parcel, in the order in which it may.
WORDS = ("created", "picked_up", "in_transit", "delayed", "ready_for_pickup", "out_for_delivery", "failed", "delivered", "returning", "odd")
TELLS = {
    "created": "Label created", "picked_up": "Picked up", "in_transit": "In transit", "delayed": "Delayed", "ready_for_pickup": "Ready for pickup",
    "out_for_delivery": "Out for delivery", "failed": "Delivery attempted", "delivered": "Delivered", "returning": "On its way back", "odd": "?",
}  # fmt: skip


class Refused(Exception):
    """A carrier does not do what it is asked."""

    def __init__(self, status: int, code: str, why: str) -> None:
        super().__init__(why)
        self.status, self.code = status, code


class Asked(NamedTuple):
    """A request. `name` is what its path says beside the operation."""

    name: str
    headers: Mapping[str, str]
    query: str
    body: dict

    def parameters(self) -> dict[str, str]:
        return dict(urllib.parse.parse_qsl(self.query))


class Operation(NamedTuple):
    """Something that a carrier can be asked."""

    name: str
    line: str  # a pattern
    answer: Callable[[Depot, Asked], Said]
    schema: str = ""


class Carrier(Protocol):
    """A module of a carrier's."""

    NAME: str
    OPERATIONS: list[Operation]

    def refused(self, status: int, code: str, why: str) -> Said: ...
    def pushed(self, sale: Sale) -> dict: ...


class Scan(NamedTuple):
    what: str
    place: str
    at: datetime
    why: str = ""

    @property
    def tells(self) -> str:
        """As people read it."""
        return self.why or TELLS[self.what]


@dataclass
class Sale:
    """A label that was sold."""

    carrier: str
    reference: str
    number: str
    service: str
    cents: int
    to: Address
    kg: float
    days: int
    void: bool = False
    on: str = ""  # the manifest that it is on
    scans: list[Scan] = field(default_factory=list)

    @property
    def last(self) -> Scan:
        return self.scans[-1]

    @property
    def expected(self) -> date:
        return self.scans[0].at.date() + timedelta(days=self.days)

    def price(self) -> str:
        return f"{self.cents / 100:.2f}"

    def shown(self) -> dict:
        told = {"carrier": self.carrier, "number": self.number, "reference": self.reference, "service": self.service, "price": f"{self.price()} {CURRENCY}"}
        return {**told, "void": self.void, "manifest": self.on, "at": self.last.what, "place": self.last.place, "scans": len(self.scans)}


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def price(cents: int, kg: float) -> int:
    """What the price list says: so much, and 50 cents a kilogram."""
    return round(cents + PER_KG * kg)


def kilograms(value: float | str, unit: str) -> float:
    return float(value) * (KG_OF_LB if unit.upper().startswith("LB") else 1.0)


class Depot:
    """The books of all carriers."""

    def __init__(self) -> None:
        self.sales: list[Sale] = []
        self.manifests = 0
        self._validators: dict[str, jsonschema.protocols.Validator] = {}

    def check(self, schema: str, body: dict) -> None:
        """What does not match the schema that the adapters are tested with is refused."""
        if not schema:
            return
        if schema not in self._validators:
            text = json.loads((SCHEMAS / f"{schema}.json").read_text())
            self._validators[schema] = jsonschema.validators.validator_for(text)(text)
        fault = next(iter(self._validators[schema].iter_errors(body)), None)
        if fault is not None:
            raise Refused(400, "BAD.REQUEST", f"{schema} {fault.json_path}: {fault.message}"[:200])

    def sell(self, carrier: str, number: Callable[[int], str], reference: str, service: str, terms: tuple[int, int, float], to: Address) -> Sale:
        """`terms`: cents of the price list, days, and kilograms."""
        cents, days, kg = terms
        sale = Sale(carrier, reference, number(len(self.sales) + 1), service, price(cents, kg), to, kg, days)
        sale.scans.append(Scan("created", "", now()))
        self.sales.append(sale)
        return sale

    def find(self, carrier: str, number: str) -> Sale | None:
        return next((sale for sale in self.sales if (sale.carrier, sale.number) == (carrier, number)), None)

    def known(self, carrier: str, reference: str) -> Sale | None:
        """What was sold by this name and not given back."""
        return next((sale for sale in self.sales if (sale.carrier, sale.reference, sale.void) == (carrier, reference, False)), None)

    def scan(self, number: str, what: str, place: str, why: str = "") -> Sale:
        if what not in WORDS:
            raise ValueError(f"what is one of {', '.join(WORDS)}")
        sale = next(sale for sale in self.sales if sale.number == number)
        # Two scans in one second could not be told apart.
        at = max(now(), sale.last.at + timedelta(seconds=1))
        sale.scans.append(Scan(what, place, at, why))
        return sale
