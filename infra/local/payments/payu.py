"""PayU, as far as OrderFlow uses it: https://developers.payu.com/europe/api, /docs/payment-flows/.

PayU knows orders by its own number only, refuses a second one by the same name of ours, and keeps no idempotency keys. It neither lists nor
reports disputes. Of a payment that failed it says no more than that the order is cancelled.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import time

from .money import Money, of_units
from .world import Asked, Operation, Said, Thing, World, bearer, iso, new_id, now, title

NAME, IDEMPOTENCY = "payu", ""
PLACES = 2  # of every currency
# How an operation is refused for good; for the moment it is a BUSINESS_ERROR without a literal.
LITERALS = {"create": "LIMIT_EXCEEDED", "capture": "ORDER_CANNOT_BE_CAPTURED", "void": "ORDER_CANNOT_BE_CANCELED", "refund": "NO_BALANCE"}


def _money(units: object, currency: object) -> Money | None:
    return of_units(units, str(currency), PLACES) if isinstance(units, str) else None


def _error(status: int, code: str, literal: str = "", description: str = "") -> Said:
    said = {"statusCode": code, "severity": "ERROR", "statusDesc": description or code.capitalize().replace("_", " ")}
    return Said(status, {"status": said | ({"codeLiteral": literal} if literal else {})})


def _success(**more: object) -> dict:
    return {**more, "status": {"statusCode": "SUCCESS", "statusDesc": "Request processing successful"}}


def _missing() -> Said:
    return _error(404, "DATA_NOT_FOUND", description="Could not find data for given criteria.")


def refusal(operation: str, asked: Asked) -> Said | None:
    if operation == "token":
        is_good = re.fullmatch(r"\d+", str(asked.body.get("client_id"))) and asked.body.get("client_secret")
        return None if is_good else Said(401, {"error": "invalid_client", "error_description": "Bad client credentials"})
    return None if re.fullmatch(r"access-\d+", bearer(asked.headers)) else _error(401, "UNAUTHORIZED")


def conflict() -> Said:
    return _error(400, "ERROR_ORDER_NOT_UNIQUE")


def token(world: World, asked: Asked) -> Said:
    if asked.body.get("grant_type") != "client_credentials":
        return Said(400, {"error": "unsupported_grant_type"})
    return Said(200, {"access_token": f"access-{secrets.randbelow(10**12)}", "token_type": "bearer", "expires_in": 43_199, "grant_type": "client_credentials"})


def create(world: World, asked: Asked) -> Said:
    body = asked.body
    money, key = _money(body.get("totalAmount"), body.get("currencyCode")), body.get("extOrderId", "")
    needed = ("customerIp", "merchantPosId", "description", "products")
    if money is None or not all(body.get(field) for field in needed):
        return _error(400, "ERROR_VALUE_MISSING" if money else "ERROR_VALUE_INVALID", description=f"Needed: {', '.join(needed)} and an amount")
    if any((thing.provider, thing.kind, thing.key) == (NAME, "order", key) for thing in world.things.values() if key):
        return _error(400, "ERROR_ORDER_NOT_UNIQUE", description="Order with provided external ID already exists")
    name = new_id("", 10, string.ascii_uppercase + string.digits) + time.strftime("%y%m%d") + "GUEST000P01"
    kept = ("extOrderId", "notifyUrl", "customerIp", "merchantPosId", "description", "validityTime", "currencyCode", "totalAmount", "products")
    said = {"orderId": name, "orderCreateDate": iso(now()), **{field: body[field] for field in kept if field in body}, "status": "NEW"}
    order = Thing(NAME, "order", name, money, said, key, title=title(body["description"], key), return_url=body.get("continueUrl", ""))
    world.add(order)
    world.done("create", order)
    if "payMethods" in body:  # a token of the customer's card: nobody has to be asked
        _set(world, order, "WAITING_FOR_CONFIRMATION", "authorize")
        return Said(201, _success(orderId=name, extOrderId=key))
    url = f"{asked.base}/customer/{NAME}/{name}"
    return Said(302, _success(redirectUri=url, orderId=name, extOrderId=key), {"Location": url})


def _set(world: World, order: Thing, status: str, operation: str = "", money: Money | None = None) -> None:
    order.said["status"] = status
    if operation:
        world.done(operation, order, money)
    world.tell(NAME, {"order": order.said, "localReceiptDateTime": iso(now()), "properties": [{"name": "PAYMENT_ID", "value": "151471228"}]})


def look_up(world: World, asked: Asked) -> Said:
    order = world.get(NAME, asked.name, "order")
    return Said(200, _success(orders=[order.said])) if order else _missing()


def capture(world: World, asked: Asked) -> Said:
    """Once, all of it by an empty request. The same capture again is the same one."""
    order = world.get(NAME, asked.name, "order")
    if order is None:
        return _missing()
    money = _money(asked.body.get("amount"), asked.body.get("currencyCode")) if asked.body else order.money
    if money is None:
        return _error(400, "ERROR_VALUE_INVALID", "AMOUNT_INVALID")
    if money.currency != order.money.currency:
        return _error(400, "ERROR_INCONSISTENT_CURRENCIES")
    if order.state == "COMPLETED" and order.captured == money.minor:
        return Said(200, _success())
    if order.state != "WAITING_FOR_CONFIRMATION":
        return _error(400, "BUSINESS_ERROR", "ORDER_CANNOT_BE_CAPTURED", f"The order is {order.state}")
    if money.minor > order.money.minor:
        return _error(400, "ERROR_VALUE_INVALID", "AMOUNT_TO_BIG")
    order.captured = money.minor
    _set(world, order, "COMPLETED", "capture", money)
    return Said(200, _success())


def cancel(world: World, asked: Asked) -> Said:
    order = world.get(NAME, asked.name, "order")
    if order is None:
        return _missing()
    if order.state not in ("NEW", "PENDING", "WAITING_FOR_CONFIRMATION"):
        return _error(400, "BUSINESS_ERROR", "ORDER_CANNOT_BE_CANCELED", f"The order is {order.state}")
    _set(world, order, "CANCELED", "void")
    return Said(200, _success(orderId=order.id, extOrderId=order.key))


def _left(world: World, order: Thing) -> int:
    return order.captured - sum(refund.money.minor for refund in world.of(order.id, "refund"))


def refund(world: World, asked: Asked) -> Said:
    """The same request twice is one refund."""
    order, wish = world.get(NAME, asked.name, "order"), asked.body.get("refund")
    if order is None:
        return _missing()
    if not isinstance(wish, dict) or not wish.get("description"):
        return _error(400, "ERROR_VALUE_MISSING", "MISSING_REFUND_SECTION")
    money, key = _money(wish["amount"], wish.get("currencyCode")) if "amount" in wish else None, wish.get("extRefundId", "")
    known = [thing for thing in world.of(order.id, "refund") if key and thing.key == key]
    if order.state != "COMPLETED":
        return _error(400, "OPENPAYU_BUSINESS_ERROR", "TRANS_NOT_ENDED", "The transaction has not ended")
    if known and known[0].money != money:
        return _error(400, "OPENPAYU_ERROR_VALUE_INVALID", "EXT_REFUND_ID_NOT_UNIQUE")
    left = _left(world, order)
    if not known and left == 0:
        return _error(400, "OPENPAYU_BUSINESS_ERROR", "ALREADY_REFUNDED")
    money = money or Money(left, order.money.currency)
    if not known and (money.minor > left or money.currency != order.money.currency):
        return _error(400, "OPENPAYU_ERROR_VALUE_INVALID", "REFUND_AMOUNT_TOO_BIG")
    given = known[0] if known else _give_back(world, order, money, key, wish["description"])
    return Said(200, _success(orderId=order.id, refund=given.said))


def _give_back(world: World, order: Thing, money: Money, key: str, description: str) -> Thing:
    said = {
        "refundId": new_id("5", 9, string.digits), "extRefundId": key, "amount": str(money.units(PLACES)), "currencyCode": money.currency,
        "description": description, "creationDateTime": iso(now()), "status": "FINALIZED", "statusDateTime": iso(now()),
    }  # fmt: skip
    said = {field: value for field, value in said.items() if value}
    given = world.add(Thing(NAME, "refund", said["refundId"], money, said, key, of=order.id))
    world.done("refund", given)
    world.tell(NAME, {"orderId": order.id, "extOrderId": order.key, "refund": {**said, "reason": "refund", "reasonDescription": description, "refundDate": iso(now())}})
    return given


def refunds(world: World, asked: Asked) -> Said:
    order = world.get(NAME, asked.name, "order")
    return Said(200, {"refunds": [thing.said for thing in world.of(asked.name, "refund")]}) if order else _missing()


OPERATIONS = [
    Operation("token", "POST", "/pl/standard/user/oauth/authorize", token),
    Operation("create", "POST", "/api/v2_1/orders", create),
    Operation("look_up", "GET", r"/api/v2_1/orders/(\w+)", look_up),
    Operation("capture", "POST", r"/api/v2_1/orders/(\w+)/captures", capture),
    Operation("void", "DELETE", r"/api/v2_1/orders/(\w+)", cancel),
    Operation("refund", "POST", r"/api/v2_1/orders/(\w+)/refunds", refund),
    Operation("look_up", "GET", r"/api/v2_1/orders/(\w+)/refunds", refunds),
]


def declined(world: World, operation: str, asked: Asked, soft: bool) -> Said:
    return _error(400, "BUSINESS_ERROR", "" if soft else LITERALS[operation])


def waits(thing: Thing) -> bool:
    return thing.kind == "order" and thing.state in ("NEW", "PENDING")


def customer(world: World, thing: Thing, how: str) -> None:
    if how == "pay":
        _set(world, thing, "WAITING_FOR_CONFIRMATION", "authorize")
    else:
        _set(world, thing, "CANCELED")
        thing.came_back = {"error": "501"}


def outside(world: World, name: str, what: str, minor: int | None) -> str | None:
    order = world.get(NAME, name, "order")
    if order is None:
        return "no such order"
    if what == "expired":
        if order.state == "COMPLETED":
            return "it is COMPLETED"
        _set(world, order, "CANCELED")
        return None
    if what != "refund":
        return "PayU reports no disputes"
    money = Money(minor or _left(world, order), order.money.currency)
    if not 0 < money.minor <= _left(world, order):
        return "more than is left of it"
    _give_back(world, order, money, "", "Refund")
    return None


def signed(secret: str, body: bytes) -> dict[str, str]:
    """By a plain hash, as PayU does it."""
    signature = hashlib.md5(body + secret.encode()).hexdigest()
    return {"OpenPayu-Signature": f"sender=checkout;signature={signature};algorithm=MD5;content=DOCUMENT"}
