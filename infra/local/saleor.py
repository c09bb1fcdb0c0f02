"""Doubles of Saleor, one for each shop, as far as OrderFlow uses it. <shop> is the host of `saleor.api_url` in the shop's settings.

    POST /saleor/<shop>/graphql/                its API, run by graphql-core on the part of Saleor's schema that the adapter is tested with
    GET  /saleor/<shop>/.well-known/jwks.json   the key that its webhooks are signed by
    PUT  /saleor/<shop>              {"token": "...", "target": "<api>/v1/hooks/<tenant>/saleor"}    who may ask, and who is told. Begins anew
    GET  /saleor/<shop>              its orders, and which webhooks were taken how, oldest first
    PUT  /saleor/<shop>/orders       {"number": "7", "email": "...", "lines": [["MUG", 2, "29.99"]], "silent": false}    somebody has ordered
    PUT  /saleor/<shop>/orders/7     {"event": "ORDER_CANCELLED", "status": "CANCELED", "silent": false}    something happens to an order; `silent`: no
                                     webhook says so
    PUT  /saleor/<shop>/mischief     {"how": "timeout_after", "times": 1}    what the next mutations meet: timeout_after (it is done, and the
                                     connection closes without an answer), error_500 (nothing is done), throttle

What a webhook holds is what the subscription of docs/saleor.md selects of the order, and it is signed as Saleor does it, by PyJWT.
"""

from __future__ import annotations

import base64
import json
import queue
import re
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections import deque
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from graphql import DocumentNode, GraphQLError, build_schema, execute, parse, validate
from jwt.algorithms import RSAAlgorithm
from payments.world import Said

HOWS = ("timeout_after", "error_500", "throttle")
ROOT = Path(__file__).resolve().parents[2]
SCHEMA = build_schema((ROOT / "shared/adapters-http/tests/saleor/schema.graphql").read_text())
KEY_ID = "made-here"
WAREHOUSE = "V2FyZWhvdXNlOjE="
ORDERS_MAX, SENT_KEPT_MAX = 1_000, 200
TRIES, PAUSE_S = 5, 1.0
ADDRESS = {
    "firstName": "Ann", "lastName": "Example", "companyName": "", "streetAddress1": "Długa 5", "streetAddress2": "", "city": "Warszawa",
    "cityArea": "", "postalCode": "00-238", "country": {"code": "PL"}, "countryArea": "", "phone": "+48600700800",
}  # fmt: skip


def subscription() -> DocumentNode:
    """The one that shops are told to paste."""
    texts = re.findall(r"```graphql\n(.*?)```", (ROOT / "docs/saleor.md").read_text(), re.DOTALL)
    document = parse(texts[0])
    if faults := validate(SCHEMA, document):
        raise ValueError(f"docs/saleor.md: {faults[0].message}")
    return document


SUBSCRIPTION = subscription()


def global_id(kind: str) -> str:
    return base64.b64encode(f"{kind}:{uuid.uuid4()}".encode()).decode()


def money(amount: Decimal) -> dict:
    return {"currency": "PLN", "amount": float(amount)}


def taxed(net: Decimal, tax: Decimal = Decimal(0)) -> dict:
    return {"net": money(net), "tax": money(tax), "gross": money(net + tax)}


def now() -> str:
    return datetime.now(UTC).isoformat()


def placed(wish: dict) -> dict:
    """An order as Saleor has it once it is paid."""
    lines = []
    for sku, quantity, price in wish["lines"]:
        lines.append(
            {
                "id": global_id("OrderLine"), "productSku": sku, "productVariantId": global_id("ProductVariant"), "productName": sku.title(), "variantName": "",
                "quantity": quantity, "quantityFulfilled": 0, "quantityToFulfill": quantity, "isShippingRequired": True,
                "unitPrice": taxed(Decimal(price)), "allocations": [{"quantity": quantity, "warehouse": {"id": WAREHOUSE}}],
            }  # fmt: skip
        )
    shipping = Decimal(wish.get("shipping", "0"))
    net = sum((Decimal(price) * quantity for _, quantity, price in wish["lines"]), shipping)
    tax = (net * Decimal("0.23")).quantize(Decimal("0.01"))
    at = now()
    return {
        "id": global_id("Order"), "number": str(wish["number"]), "status": "UNFULFILLED", "created": at, "updatedAt": at, "chargeStatus": "FULL",
        "authorizeStatus": "FULL", "userEmail": wish["email"], "languageCodeEnum": "PL", "totalRefunded": money(Decimal(0)),
        "shippingAddress": ADDRESS, "billingAddress": ADDRESS, "lines": lines, "shippingPrice": taxed(shipping), "total": taxed(net, tax), "fulfillments": [],
    }  # fmt: skip


class Told(NamedTuple):
    """A webhook, as the order stood when it happened."""

    event: str
    number: str
    body: bytes


class Refused(Exception):
    """A step that Saleor does not take."""

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(message)
        self.said = {"errors": [{"field": field, "code": code, "message": message}]}


class Store:
    """One shop's Saleor. Whoever calls holds its lock."""

    def __init__(self, wish: dict) -> None:
        self.token, self.target = wish["token"], wish["target"]
        self.orders: dict[str, dict] = {}
        self.sent: deque[dict] = deque(maxlen=SENT_KEPT_MAX)
        self.mischief: dict = {}
        self._key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)

    def jwks(self) -> dict:
        public = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "RS256"}]}

    def signature(self, body: bytes) -> str:
        headers = {"kid": KEY_ID, "b64": False, "crit": ["b64"]}
        return jwt.api_jws.encode(body, self._key, algorithm="RS256", headers=headers, is_payload_detached=True)

    def order(self, number: str) -> dict | None:
        return next((order for order in self.orders.values() if order["number"] == number), None)

    def known(self, id: str | None) -> dict:
        if (order := self.orders.get(id or "")) is None:
            raise Refused("order", "NOT_FOUND", f"Couldn't resolve to a node: {id}")
        return order

    def fulfil(self, id: str | None, wish: dict) -> list[Told]:
        order = self.known(id)
        if order["status"] == "CANCELED":
            raise Refused("order", "INVALID", "Cannot fulfill a cancelled order.")
        lines = {line["id"]: line for line in order["lines"]}
        for asked in wish["lines"]:
            line = lines.get(asked["orderLineId"])
            if line is None or any(stock["warehouse"] != WAREHOUSE for stock in asked["stocks"]):
                raise Refused("lines", "NOT_FOUND", "Couldn't resolve to a node.")
            if sum(stock["quantity"] for stock in asked["stocks"]) > line["quantityToFulfill"]:
                raise Refused("orderLineId", "FULFILL_ORDER_LINE", f"Only {line['quantityToFulfill']} items remaining to fulfill.")
        for asked in wish["lines"]:
            line, pieces = lines[asked["orderLineId"]], sum(stock["quantity"] for stock in asked["stocks"])
            line["quantityFulfilled"] += pieces
            line["quantityToFulfill"] -= pieces
            left = line["quantityToFulfill"]
            line["allocations"] = [{"quantity": left, "warehouse": {"id": WAREHOUSE}}] if left else []
        order["fulfillments"].append({"id": global_id("Fulfillment"), "status": "FULFILLED", "trackingNumber": wish.get("trackingNumber") or ""})
        whole = all(line["quantityToFulfill"] == 0 for line in order["lines"])
        order["status"] = "FULFILLED" if whole else "PARTIALLY_FULFILLED"
        return self.changed(order, *(["ORDER_FULFILLED"] if whole else []), "ORDER_UPDATED")

    def cancel(self, id: str | None) -> list[Told]:
        order = self.known(id)
        if order["status"] == "CANCELED" or any(one["status"] == "FULFILLED" for one in order["fulfillments"]):
            raise Refused("order", "CANNOT_CANCEL_ORDER", "This order can't be canceled.")
        order["status"] = "CANCELED"
        for line in order["lines"]:
            line["allocations"] = []
        return self.changed(order, "ORDER_CANCELLED", "ORDER_UPDATED")

    def number(self, id: str, wish: dict) -> list[Told]:
        for order in self.orders.values():
            for parcel in order["fulfillments"]:
                if parcel["id"] == id:
                    parcel["trackingNumber"] = wish.get("trackingNumber") or ""
                    return self.changed(order, "ORDER_UPDATED")
        raise Refused("id", "NOT_FOUND", f"Couldn't resolve to a node: {id}")

    def changed(self, order: dict, *events: str) -> list[Told]:
        order["updatedAt"] = now()
        return [Told(event, order["number"], payload(event, order)) for event in events]

    def page(self, asked: Mapping[str, Any]) -> dict:
        since = ((asked.get("filter") or {}).get("updatedAt") or {}).get("gte", "")
        found = sorted((order for order in self.orders.values() if moment(order["updatedAt"]) >= moment(since)), key=lambda order: order["updatedAt"])
        begin = int(base64.b64decode(asked["after"])) if asked.get("after") else 0
        end = begin + min(asked.get("first") or 100, 100)
        info = {"hasNextPage": end < len(found), "endCursor": base64.b64encode(str(end).encode()).decode()}
        return {"pageInfo": info, "edges": [{"node": order} for order in found[begin:end]]}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text or "1970-01-01T00:00:00Z")


def payload(event: str, order: dict) -> bytes:
    """What the subscription selects of it."""
    name = "".join(word.title() for word in event.split("_"))
    answer = execute(SCHEMA, SUBSCRIPTION, root_value={"event": {"__typename": name, "issuedAt": now(), "order": order}})
    if answer.errors:
        raise ValueError(answer.errors)
    return json.dumps((answer.data or {}).get("event"), ensure_ascii=False).encode()


class Saleors:
    """All shops' Saleors, and who tells of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stores: dict[str, Store] = {}
        self._wire: queue.Queue[tuple[Store, Told]] = queue.Queue()
        threading.Thread(target=self._deliver, daemon=True).start()

    def answer(self, verb: str, path: str, headers: Mapping[str, str], body: bytes) -> Said | None:
        """None: the connection closes."""
        shop, _, rest = path.removeprefix("/saleor/").partition("/")
        try:
            wish = json.loads(body) if body else {}
        except ValueError:
            return Said(400, {"errors": [{"message": "Unable to parse query."}]})
        with self._lock:
            store = self._stores.get(shop)
            match verb, rest.split("/"):
                case "PUT", [""]:
                    self._stores[shop] = Store(wish)
                    return Said(204)
                case _ if store is None:
                    return Said(404, {"errors": [{"message": "no such shop"}]})
                case "GET", [""]:
                    return Said(200, {"orders": list(store.orders.values()), "sent": list(store.sent)})
                case "GET", [".well-known", "jwks.json"]:
                    return Said(200, store.jwks())
                case "POST", ["graphql", ""]:
                    return self._graphql(store, headers, wish)
                case "PUT", ["mischief"] if wish["how"] in HOWS:
                    store.mischief = {"how": wish["how"], "times": int(wish.get("times", 1))}
                    return Said(204)
                case "PUT", ["orders"] if len(store.orders) < ORDERS_MAX:
                    order = placed(wish)
                    store.orders[order["id"]] = order
                    return self._happened(store, order, "ORDER_CREATED", wish)
                case "PUT", ["orders", number] if (order := store.order(number)) is not None:
                    order |= {key: value for key, value in wish.items() if key in order}
                    return self._happened(store, order, wish.get("event", "ORDER_UPDATED"), wish)
        return Said(404, {"errors": [{"message": "there is no such switch"}]})

    def _happened(self, store: Store, order: dict, event: str, wish: dict) -> Said:
        told = store.changed(order, event)
        if not wish.get("silent"):
            self._tell(store, told)
        return Said(200, order)

    def _graphql(self, store: Store, headers: Mapping[str, str], wish: dict) -> Said | None:
        if headers.get("Authorization") != f"Bearer {store.token}":
            error = {"message": "To access this path, you need one of the following permissions: MANAGE_ORDERS"}
            return Said(200, {"data": None, "errors": [{**error, "extensions": {"exception": {"code": "PermissionDenied"}}}]})
        try:
            document = parse(wish["query"])
        except (GraphQLError, KeyError, TypeError) as why:
            return Said(400, {"errors": [{"message": str(why), "extensions": {"exception": {"code": "GraphQLError"}}}]})
        if faults := validate(SCHEMA, document):
            return Said(400, {"errors": [{"message": fault.message, "extensions": {"exception": {"code": "GraphQLError"}}} for fault in faults]})
        how = ""
        if re.match(r"\s*mutation\b", wish["query"]) and store.mischief.get("times", 0) > 0:
            store.mischief["times"] -= 1
            how = store.mischief["how"]
        if how == "error_500":
            return Said(500, {})
        if how == "throttle":
            return Said(429, {}, {"Retry-After": "1"})
        told: list[Told] = []
        answer = execute(SCHEMA, document, root_value=self._roots(store, told), variable_values=wish.get("variables"))
        self._tell(store, told)
        return None if how == "timeout_after" else Said(200, deepcopy(answer.formatted))

    def _roots(self, store: Store, told: list[Told]) -> dict:
        def done(step: Any) -> dict:
            try:
                told.extend(step())
            except Refused as why:
                return why.said
            return {"errors": []}

        return {
            "order": lambda _info, id=None: store.orders.get(id),
            "orders": lambda _info, **asked: store.page(asked),
            "orderFulfill": lambda _info, input, order=None: done(lambda: store.fulfil(order, input)),
            "orderCancel": lambda _info, id: done(lambda: store.cancel(id)),
            "orderFulfillmentUpdateTracking": lambda _info, id, input: done(lambda: store.number(id, input)),
        }

    def _tell(self, store: Store, told: list[Told]) -> None:
        for one in told:
            self._wire.put((store, one))

    def settled(self) -> None:
        """Waits until all has been told, or given up."""
        self._wire.join()

    def _deliver(self) -> None:
        """One after the other, each up to five times, as Saleor's workers do."""
        while True:
            store, told = self._wire.get()
            headers = {"Content-Type": "application/json", "Saleor-Event": told.event.lower(), "Saleor-Signature": store.signature(told.body)}
            for _ in range(TRIES):
                try:
                    request = urllib.request.Request(store.target, told.body, headers, method="POST")
                    with urllib.request.urlopen(request, timeout=30) as response:
                        status = response.status
                except urllib.error.HTTPError as refused:
                    status = refused.code
                except OSError:
                    status = 0
                if 200 <= status < 300:
                    break
                time.sleep(PAUSE_S)
            store.sent.append({"event": told.event, "order": told.number, "status": status, "body": told.body.decode(), "signature": headers["Saleor-Signature"]})
            self._wire.task_done()
