"""What the doubles of all payment providers have in common: a request, an answer, and what a provider remembers."""

from __future__ import annotations

import base64
import copy
import secrets
import string
import time
import urllib.parse
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from .money import Money

KEPT_MAX = 2_000  # of each kind
KEY_NAME = "orderflow_key"  # where OrderFlow's name for an operation stands among a provider's notes


class Asked(NamedTuple):
    """A request to a provider."""

    name: str  # the object that stands in the path; "" for none
    headers: Mapping[str, str]
    query: dict
    body: dict
    key: str  # the provider's idempotency key; "" for none
    base: str  # where the doubles of the providers are: "http://127.0.0.1:4570/pay"


class Said(NamedTuple):
    """An answer. A text is HTML for people, everything else JSON."""

    status: int
    content: object = None
    headers: Mapping[str, str] = {}


@dataclass
class Thing:
    """What a provider has made: a payment, a refund, a dispute."""

    provider: str
    kind: str
    id: str
    money: Money
    said: dict  # as the provider shows it
    key: str = ""  # OrderFlow's name for the operation
    of: str = ""  # what it hangs on
    captured: int = 0  # of an order that does not show it, in minor units
    title: str = ""  # what the customer reads
    return_url: str = ""
    came_back: dict[str, str] = field(default_factory=dict)  # what the provider adds to that address
    chose: str = ""  # what the customer did at the provider's page: pay, soft, hard
    at: float = field(default_factory=time.time)

    @property
    def state(self) -> str:
        return str(self.said["status"])


class Provider(Protocol):
    """What each provider's module has."""

    NAME: str
    IDEMPOTENCY: str  # the header; "" for none
    OPERATIONS: list[Operation]

    def refusal(self, operation: str, asked: Asked) -> Said | None:
        """What is wrong with the credentials."""

    def conflict(self) -> Said:
        """For another request by a known key."""

    def declined(self, world: World, operation: str, asked: Asked, soft: bool) -> Said:
        """The bank says no."""

    def waits(self, thing: Thing) -> bool:
        """For its customer?"""

    def customer(self, world: World, thing: Thing, how: str) -> None:
        """Confirms at the provider's page ("pay"), or has a card without money ("soft") or a stolen one ("hard")."""

    def outside(self, world: World, name: str, what: str, minor: int | None) -> str | None:
        """What a person does at the provider's own pages; what is wrong with that, if something is."""

    def signed(self, secret: str, body: bytes) -> dict[str, str]:
        """The headers that prove an event to be the provider's."""


class Operation(NamedTuple):
    """Name, method, pattern of the path below the provider's address, and who answers."""

    name: str
    method: str
    path: str
    answer: Callable[[World, Asked], Said]


class World:
    """What all providers remember. Whoever uses it holds the lock of `Payments`."""

    def __init__(self, tell: Callable[[str, dict], None]) -> None:
        self.things: dict[str, Thing] = {}
        self.effects: deque[dict] = deque(maxlen=KEPT_MAX)
        self.tell = tell  # an event, to whoever has registered for it
        self._answered: dict[tuple[str, str], tuple[object, Said]] = {}

    def add(self, thing: Thing) -> Thing:
        self.things[thing.id] = thing
        if len(self.things) > KEPT_MAX:
            del self.things[next(iter(self.things))]
        return thing

    def get(self, provider: str, name: str, kind: str) -> Thing | None:
        thing = self.things.get(name)
        return thing if thing and (thing.provider, thing.kind) == (provider, kind) else None

    def of(self, name: str, kind: str) -> list[Thing]:
        """What hangs on something, newest first."""
        return [thing for thing in reversed(self.things.values()) if (thing.of, thing.kind) == (name, kind)]

    def line(self, name: str) -> list[Thing]:
        """Something, what it hangs on, and so on."""
        found = []
        while thing := self.things.get(name):
            found.append(thing)
            name = thing.of
        return found

    def done(self, operation: str, thing: Thing, money: Money | None = None, key: str = "") -> None:
        """Writes down that something happened. The key is the nearest one that the provider was told."""
        minor, currency = money or thing.money
        entry = {"provider": thing.provider, "operation": operation, "id": thing.id, "key": key or thing.key, "amount": minor, "currency": currency}
        self.effects.append(entry)

    def remembered(self, provider: str, key: str) -> tuple[object, Said] | None:
        """The request that came by an idempotency key, and what it was answered."""
        return self._answered.get((provider, key))

    def remember(self, provider: str, key: str, request: object, said: Said) -> None:
        self._answered[provider, key] = request, said
        if len(self._answered) > KEPT_MAX:
            del self._answered[next(iter(self._answered))]


def frozen(said: Said) -> Said:
    """As it is now: objects change after they were shown."""
    return said._replace(content=copy.deepcopy(said.content))


def new_id(prefix: str, length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    return prefix + "".join(secrets.choice(alphabet) for _ in range(length))


def now() -> int:
    return int(time.time())


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def basic(headers: Mapping[str, str]) -> tuple[str, str]:
    """User and password; empty if there are none."""
    kind, _, value = headers.get("Authorization", "").partition(" ")
    try:
        user, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return (user, secret) if kind == "Basic" else ("", "")


def bearer(headers: Mapping[str, str]) -> str:
    kind, _, value = headers.get("Authorization", "").partition(" ")
    return value if kind == "Bearer" else ""


def form(text: str) -> dict:
    """`metadata[key]=x&expand[]=y` as an object."""
    found: dict = {}
    for name, value in urllib.parse.parse_qsl(text, keep_blank_values=True):
        outer, bracket, inner = name.removesuffix("]").partition("[")
        if not bracket:
            found[name] = value
        elif inner:
            found.setdefault(outer, {})[inner] = value
        else:
            found.setdefault(outer, []).append(value)
    return found


def title(description: object, key: str) -> str:
    """What the customer reads; a provider that was told nothing has our key only."""
    parts = key.split("#")
    return str(description or (f"Order {parts[1]}" if len(parts) == 4 else key or "a payment"))
