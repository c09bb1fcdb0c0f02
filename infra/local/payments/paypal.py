"""PayPal, as far as OrderFlow uses it: https://developer.paypal.com/docs/api/orders/v2/, /payments/v2/, /customer-disputes/v1/.

No webhooks: PayPal signs them with a certificate that is issued by somebody whom everybody trusts, and found at PayPal's own address.
OrderFlow believes no other, so a double has none to sign with. What becomes of a payment is seen by looking it up.
"""

from __future__ import annotations

import re
import secrets
import string

from .money import Money, of_decimal
from .world import Asked, Operation, Said, Thing, World, basic, bearer, iso, new_id, now, title

NAME, IDEMPOTENCY = "paypal", "PayPal-Request-Id"
HOLDS_S = 29 * 24 * 3600
CAPITALS = string.ascii_uppercase + string.digits
WORDS = {"soft": "TRANSACTION_LIMIT_EXCEEDED", "hard": "INSTRUMENT_DECLINED"}
PROCESSOR = {"soft": "5120", "hard": "9520"}  # insufficient funds; lost or stolen
OUTCOMES = {"dispute_won": "RESOLVED_SELLER_FAVOUR", "dispute_lost": "RESOLVED_BUYER_FAVOUR"}
WHOLE = frozenset(("HUF", "JPY", "TWD"))  # PayPal takes no decimals of these


def _written(money: Money) -> dict:
    value = str(money.units(0)) if money.currency in WHOLE else money.decimal()
    return {"currency_code": money.currency, "value": value}


def _money(amount: dict) -> Money | None:
    currency, value = str(amount.get("currency_code")), str(amount.get("value"))
    return None if currency in WHOLE and "." in value else of_decimal(value, currency)


def _error(status: int, name: str, issue: str = "", description: str = "") -> Said:
    details = [{"issue": issue, "description": description}] if issue else []
    return Said(status, {"name": name, "message": description or name, "debug_id": secrets.token_hex(6), "details": details, "links": []})


def _refused(issue: str, description: str = "The requested action could not be performed.") -> Said:
    return _error(422, "UNPROCESSABLE_ENTITY", issue, description)


def _missing() -> Said:
    return _error(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID", "Specified resource ID does not exist.")


def refusal(operation: str, asked: Asked) -> Said | None:
    if operation == "token":
        is_good = all(basic(asked.headers))
        return None if is_good else Said(401, {"error": "invalid_client", "error_description": "Client Authentication failed"})
    is_good = re.fullmatch(r"access-\d+", bearer(asked.headers))
    return None if is_good else Said(401, {"error": "invalid_token", "error_description": "Token signature verification failed"})


def conflict() -> Said:
    """PayPal does not say what it does about this one."""
    return _error(400, "INVALID_REQUEST", "DUPLICATE_REQUEST_ID", "The value of PayPal-Request-Id header has already been used.")


def token(world: World, asked: Asked) -> Said:
    if asked.body.get("grant_type") != "client_credentials":
        return Said(400, {"error": "unsupported_grant_type", "error_description": "unsupported grant_type"})
    return Said(200, {"scope": "", "access_token": f"access-{secrets.randbelow(10**12)}", "token_type": "Bearer", "app_id": "APP-80W284485P519543T", "expires_in": 32_400})


def _links(base: str, **paths: str) -> list[dict]:
    return [{"rel": rel.replace("_", "-"), "href": f"{base}/{path}", "method": "GET"} for rel, path in paths.items()]


def create(world: World, asked: Asked) -> Said:
    unit, wallet = asked.body["purchase_units"][0], asked.body["payment_source"]["paypal"]
    money, context = _money(unit["amount"]), wallet["experience_context"]
    if not asked.key:
        return _error(400, "INVALID_REQUEST", "PAYPAL_REQUEST_ID_REQUIRED", "A PayPal-Request-Id is required.")
    if money is None or asked.body.get("intent") != "AUTHORIZE":
        return _error(400, "INVALID_REQUEST", "INVALID_PARAMETER_VALUE", "The value of a field is invalid.")
    name, key = new_id("", 17, CAPITALS), unit.get("custom_id", "")
    said = {
        "id": name, "intent": "AUTHORIZE", "status": "PAYER_ACTION_REQUIRED", "create_time": iso(now()), "payment_source": {"paypal": {}},
        "purchase_units": [{"reference_id": "default", **{field: unit[field] for field in ("amount", "custom_id", "description") if field in unit}}],
        "links": _links(asked.base, self=f"{NAME}/v2/checkout/orders/{name}", payer_action=f"customer/{NAME}/{name}"),
    }  # fmt: skip
    order = Thing(NAME, "order", name, money, said, key, title=title(unit.get("description"), key), return_url=context["return_url"])
    world.add(order)
    world.done("create", order)
    if "vault_id" in wallet:
        _hold(world, order, asked.base)
    return Said(201, said)


def _listed(order: Thing, kind: str) -> list[dict]:
    """What was done to an order stands in the order."""
    return order.said["purchase_units"][0].setdefault("payments", {}).setdefault(kind, [])


def _hold(world: World, order: Thing, base: str) -> None:
    name = new_id("", 17, CAPITALS)
    said = {
        "id": name, "status": "CREATED", "amount": _written(order.money), "custom_id": order.key, "create_time": iso(now()),
        "expiration_time": iso(now() + HOLDS_S),
        "links": _links(base, self=f"{NAME}/v2/payments/authorizations/{name}", up=f"{NAME}/v2/checkout/orders/{order.id}"),
    }  # fmt: skip
    if order.chose in PROCESSOR:
        said |= {"status": "DENIED", "processor_response": {"response_code": PROCESSOR[order.chose]}}
    authorization = world.add(Thing(NAME, "authorization", name, order.money, said, order.key, of=order.id))
    _listed(order, "authorizations").append(said)
    order.said["status"] = "COMPLETED"
    if said["status"] == "CREATED":
        world.done("authorize", authorization)


def look_up(world: World, asked: Asked) -> Said:
    order = world.get(NAME, asked.name, "order")
    return Said(200, order.said) if order else _missing()


def authorize(world: World, asked: Asked) -> Said:
    order = world.get(NAME, asked.name, "order")
    if order is None:
        return _missing()
    if order.state == "COMPLETED":
        return _refused("ORDER_ALREADY_AUTHORIZED", "Order already authorized.")
    if order.state != "APPROVED":
        return _refused("ORDER_NOT_APPROVED", "Payer has not yet approved the Order for payment.")
    _hold(world, order, asked.base)
    return Said(201, order.said)


def capture(world: World, asked: Asked) -> Said:
    authorization = world.get(NAME, asked.name, "authorization")
    if authorization is None:
        return _missing()
    ended = {"VOIDED": "AUTHORIZATION_VOIDED", "EXPIRED": "AUTHORIZATION_EXPIRED", "DENIED": "AUTHORIZATION_DENIED", "CAPTURED": "AUTHORIZATION_ALREADY_CAPTURED"}
    if authorization.state in ended:
        return _refused(ended[authorization.state])
    money, invoice = _money(asked.body.get("amount", authorization.said["amount"])), asked.body.get("invoice_id", "")
    if money is None:
        return _error(400, "INVALID_REQUEST", "INVALID_PARAMETER_VALUE", "The value of a field is invalid.")
    if money.currency != authorization.money.currency:
        return _refused("AUTH_CAPTURE_CURRENCY_MISMATCH")
    taken = sum(thing.money.minor for thing in world.of(authorization.id, "capture"))
    if taken + money.minor > authorization.money.minor:
        return _refused("MAX_CAPTURE_AMOUNT_EXCEEDED")
    if invoice and any(thing.said.get("invoice_id") == invoice for thing in world.things.values()):
        return _refused("DUPLICATE_INVOICE_ID", "Duplicate Invoice ID detected.")
    name, is_final = new_id("", 17, CAPITALS), bool(asked.body.get("final_capture"))
    said = {
        "id": name, "status": "COMPLETED", "amount": _written(money), "invoice_id": invoice, "custom_id": authorization.key, "final_capture": is_final,
        "create_time": iso(now()), "supplementary_data": {"related_ids": {"order_id": authorization.of, "authorization_id": authorization.id}},
        "links": _links(asked.base, self=f"{NAME}/v2/payments/captures/{name}", up=f"{NAME}/v2/payments/authorizations/{authorization.id}"),
    }  # fmt: skip
    captured = world.add(Thing(NAME, "capture", name, money, said, invoice, of=authorization.id))
    _listed(world.line(name)[-1], "captures").append(said)
    is_all = is_final or taken + money.minor == authorization.money.minor
    authorization.said["status"] = "CAPTURED" if is_all else "PARTIALLY_CAPTURED"
    world.done("capture", captured)
    return Said(201, said)


def void(world: World, asked: Asked) -> Said:
    authorization = world.get(NAME, asked.name, "authorization")
    if authorization is None:
        return _missing()
    ended = {"VOIDED": "PREVIOUSLY_VOIDED", "CAPTURED": "PREVIOUSLY_CAPTURED", "EXPIRED": "AUTHORIZATION_EXPIRED", "DENIED": "AUTHORIZATION_DENIED"}
    if authorization.state in ended:
        return _refused(ended[authorization.state])
    authorization.said["status"] = "VOIDED"
    world.done("void", authorization)
    return Said(200, authorization.said) if asked.headers.get("Prefer") == "return=representation" else Said(204)


def _left(world: World, captured: Thing) -> int:
    return captured.money.minor - sum(refund.money.minor for refund in world.of(captured.id, "refund"))


def refund(world: World, asked: Asked) -> Said:
    captured = world.get(NAME, asked.name, "capture")
    if captured is None:
        return _missing()
    left = _left(world, captured)
    if left == 0:
        return _refused("CAPTURE_FULLY_REFUNDED", "The capture has already been fully refunded.")
    money = _money(asked.body["amount"]) if "amount" in asked.body else Money(left, captured.money.currency)
    if money is None:
        return _error(400, "INVALID_REQUEST", "INVALID_PARAMETER_VALUE", "The value of a field is invalid.")
    if money.currency != captured.money.currency:
        return _refused("REFUND_CAPTURE_CURRENCY_MISMATCH")
    if money.minor > left:
        return _refused("REFUND_AMOUNT_EXCEEDED", "The refund amount must be less than or equal to the capture amount that has not yet been refunded.")
    return Said(201, _give_back(world, captured, money, asked.body.get("custom_id", ""), asked.base))


def _give_back(world: World, captured: Thing, money: Money, key: str, base: str) -> dict:
    name = new_id("", 17, CAPITALS)
    said = {
        # What has no name of its own inherits the order's.
        "id": name, "status": "COMPLETED", "amount": _written(money), "custom_id": key or captured.said["custom_id"], "create_time": iso(now()),
        "links": _links(base, self=f"{NAME}/v2/payments/refunds/{name}", up=f"{NAME}/v2/payments/captures/{captured.id}"),
    }  # fmt: skip
    given = world.add(Thing(NAME, "refund", name, money, said, key, of=captured.id))
    _listed(world.line(name)[-1], "refunds").append(said)
    captured.said["status"] = "PARTIALLY_REFUNDED" if _left(world, captured) else "REFUNDED"
    world.done("refund", given)
    return said


def disputes(world: World, asked: Asked) -> Said:
    """The list leaves the outcome out."""
    found = world.of(asked.query.get("disputed_transaction_id", ""), "dispute")[: int(asked.query.get("page_size", 10))]
    shown = ("dispute_id", "create_time", "status", "reason", "dispute_amount")
    return Said(200, {"items": [{field: thing.said[field] for field in shown} for thing in found], "links": []})


def dispute(world: World, asked: Asked) -> Said:
    found = world.get(NAME, asked.name, "dispute")
    return Said(200, found.said) if found else _missing()


OPERATIONS = [
    Operation("token", "POST", "/v1/oauth2/token", token),
    Operation("create", "POST", "/v2/checkout/orders", create),
    Operation("look_up", "GET", r"/v2/checkout/orders/(\w+)", look_up),
    Operation("authorize", "POST", r"/v2/checkout/orders/(\w+)/authorize", authorize),
    Operation("capture", "POST", r"/v2/payments/authorizations/(\w+)/capture", capture),
    Operation("void", "POST", r"/v2/payments/authorizations/(\w+)/void", void),
    Operation("refund", "POST", r"/v2/payments/captures/(\w+)/refund", refund),
    Operation("look_up", "GET", "/v1/customer/disputes", disputes),
    Operation("look_up", "GET", r"/v1/customer/disputes/([\w-]+)", dispute),
]


def declined(world: World, operation: str, asked: Asked, soft: bool) -> Said:
    return _refused(WORDS["soft" if soft else "hard"])


def waits(thing: Thing) -> bool:
    return thing.kind == "order" and thing.state == "PAYER_ACTION_REQUIRED"


def customer(world: World, thing: Thing, how: str) -> None:
    """The customer only approves; whether there is money shows when the order is authorized."""
    thing.said["status"] = "APPROVED"
    thing.came_back = {"token": thing.id, "PayerID": "DEMOPAYER"}


def outside(world: World, name: str, what: str, minor: int | None) -> str | None:
    """By the name of a capture, or of the order or the authorization that it hangs on: the latest one then."""
    things = [thing for thing in reversed(world.things.values()) if name in [up.id for up in world.line(thing.id)] and thing.provider == NAME]
    if what == "expired":
        held = [thing for thing in things if thing.kind == "authorization" and thing.state == "CREATED"]
        if not held:
            return "nothing is held"
        held[0].said["status"] = "EXPIRED"
        return None
    captured = next((thing for thing in things if thing.kind == "capture"), None)
    if captured is None:
        return "no such capture"
    money = Money(minor or _left(world, captured), captured.money.currency)
    found = world.of(captured.id, "dispute")
    if what == "refund":
        if not 0 < money.minor <= _left(world, captured):
            return "more than is left of it"
        _give_back(world, captured, money, "", captured.said["links"][0]["href"].partition(f"/{NAME}/")[0])
        return None
    if what == "dispute_opened":
        said = {
            "dispute_id": new_id("PP-D-", 5, string.digits), "create_time": iso(now()), "status": "OPEN", "reason": "UNAUTHORISED",
            "dispute_amount": _written(money), "disputed_transactions": [{"seller_transaction_id": captured.id}],
        }  # fmt: skip
        world.add(Thing(NAME, "dispute", said["dispute_id"], money, said, of=captured.id))
        return None
    if not found:
        return "there is no dispute"
    found[0].said |= {"status": "RESOLVED", "dispute_outcome": {"outcome_code": OUTCOMES[what], "amount_refunded": _written(found[0].money)}}
    return None


def signed(secret: str, body: bytes) -> dict[str, str]:
    raise NotImplementedError("nobody can sign as PayPal")
