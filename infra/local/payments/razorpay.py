"""Razorpay, as far as OrderFlow uses it: https://razorpay.com/docs/api/orders/, /payments/capture/, /refunds/, /docs/webhooks/.

An order is paid by the customer, at the provider's page here, by Razorpay's script on the shop's page there. A promise cannot be given back:
it ends when its time is up (`POST /pay/outside`, "expired").
"""

from __future__ import annotations

import hashlib
import hmac
import re

from .money import Money, decimals, of_units
from .world import KEY_NAME, Asked, Operation, Said, Thing, World, basic, new_id, now, title

NAME, IDEMPOTENCY = "razorpay", "X-Refund-Idempotency"
UNITS_MIN = 100
WORDS = {"soft": ("insufficient_funds", "The customer's account has insufficient funds."), "hard": ("debit_instrument_blocked", "The card is blocked.")}


def _units(money: Money) -> int:
    return money.units(decimals(money.currency))


def _money(units: object, currency: object) -> Money | None:
    return of_units(units, str(currency), decimals(str(currency))) if isinstance(units, int) else None


def _error(description: str, reason: str = "NA", field: str | None = None, status: int = 400) -> Said:
    error = {"code": "BAD_REQUEST_ERROR", "description": description, "source": "NA", "step": "NA", "reason": reason, "metadata": {}}
    return Said(status, {"error": error | ({"field": field} if field else {})})


def _missing() -> Said:
    return _error("The id provided does not exist", "input_validation_failed")


def refusal(operation: str, asked: Asked) -> Said | None:
    user, secret = basic(asked.headers)
    # A live key has no business with a double.
    is_good = re.fullmatch(r"rzp_test_\w+", user) and secret
    return None if is_good else Said(401, {"error": {"code": "BAD_REQUEST_ERROR", "description": "Authentication failed"}})


def conflict() -> Said:
    return _error("Different request with the same idempotency key has already been processed.", status=409)


def create(world: World, asked: Asked) -> Said:
    body, notes = asked.body, asked.body.get("notes") or []
    money, key = _money(body.get("amount"), body.get("currency")), notes.get(KEY_NAME, "") if notes else ""
    if money is None or _units(money) < UNITS_MIN:
        return _error("Order amount less than minimum amount allowed", "input_validation_failed", "amount")
    if len(str(body.get("receipt", ""))) > 40:
        return _error("The receipt may not be greater than 40 characters.", "input_validation_failed", "receipt")
    said = {
        "id": new_id("order_", 14), "entity": "order", "amount": body["amount"], "amount_paid": 0, "amount_due": body["amount"],
        "currency": money.currency, "receipt": body.get("receipt"), "status": "created", "attempts": 0, "notes": notes, "created_at": now(),
    }  # fmt: skip
    world.done("create", world.add(Thing(NAME, "order", said["id"], money, said, key, title=title("", key))))
    return Said(200, said)


def _collection(found: list[Thing], asked: Asked) -> Said:
    items = [thing.said for thing in found][: int(asked.query.get("count", 10))]
    return Said(200, {"entity": "collection", "count": len(items), "items": items})


def orders(world: World, asked: Asked) -> Said:
    found = [thing for thing in reversed(world.things.values()) if (thing.provider, thing.kind) == (NAME, "order")]
    receipt = asked.query.get("receipt")
    return _collection([order for order in found if receipt in (None, order.said["receipt"])], asked)


def order(world: World, asked: Asked) -> Said:
    found = world.get(NAME, asked.name, "order")
    return Said(200, found.said) if found else _missing()


def payments(world: World, asked: Asked) -> Said:
    found = world.get(NAME, asked.name, "order")
    return _collection(world.of(asked.name, "payment"), asked) if found else _missing()


def payment(world: World, asked: Asked) -> Said:
    found = world.get(NAME, asked.name, "payment")
    return Said(200, found.said) if found else _missing()


def refunds(world: World, asked: Asked) -> Said:
    found = world.get(NAME, asked.name, "payment")
    return _collection(world.of(asked.name, "refund"), asked) if found else _missing()


def capture(world: World, asked: Asked) -> Said:
    found = world.get(NAME, asked.name, "payment")
    if found is None:
        return _missing()
    if found.said["captured"]:
        return _error("This payment has already been captured")
    if found.state != "authorized":
        return _error("Only payments which have been authorized and not yet captured can be captured")
    if (asked.body.get("amount"), asked.body.get("currency")) != (found.said["amount"], found.said["currency"]):
        return _error("Capture amount must be equal to the amount authorized", "input_validation_failed", "amount")
    found.said |= {"status": "captured", "captured": True}
    paid = world.things[found.of].said
    paid |= {"status": "paid", "amount_paid": paid["amount"], "amount_due": 0}
    world.done("capture", found)
    _tell(world, "payment.captured", payment=found)
    return Said(200, found.said)


def _left(payment: Thing) -> int:
    return payment.said["amount"] - payment.said["amount_refunded"]


def refund(world: World, asked: Asked) -> Said:
    found, notes = world.get(NAME, asked.name, "payment"), asked.body.get("notes") or []
    if found is None:
        return _missing()
    if asked.key and not re.fullmatch(r"[A-Za-z0-9_-]{10,}", asked.key):
        return _error("The idempotency key must be at least 10 characters long.")
    if not found.said["captured"]:
        return _error("The payment status should be captured for action to be taken")
    if _left(found) == 0:
        return _error("The payment has been fully refunded already")
    money = _money(asked.body.get("amount", _left(found)), found.said["currency"])
    if money is None or _units(money) < UNITS_MIN:
        return _error("The amount must be atleast INR 1.00", "input_validation_failed", "amount")
    if _units(money) > _left(found):
        return _error("The total refund amount is greater than the refund payment amount")
    receipt = asked.body.get("receipt")
    if receipt and any(given.said["receipt"] == receipt for given in world.of(found.id, "refund")):
        return _error("Duplicate receipt found for this refund request.")
    return Said(200, _give_back(world, found, money, notes, receipt).said)


def _give_back(world: World, payment: Thing, money: Money, notes: dict | list, receipt: str | None) -> Thing:
    said = {
        "id": new_id("rfnd_", 14), "entity": "refund", "amount": _units(money), "currency": money.currency, "payment_id": payment.id, "notes": notes,
        "receipt": receipt, "created_at": now(), "status": "processed", "speed_requested": "normal", "speed_processed": "normal",
    }  # fmt: skip
    key = notes.get(KEY_NAME, "") if isinstance(notes, dict) else ""
    given = world.add(Thing(NAME, "refund", said["id"], money, said, key, of=payment.id))
    payment.said["amount_refunded"] += said["amount"]
    payment.said |= {"refund_status": "partial"} if _left(payment) else {"refund_status": "full", "status": "refunded"}
    world.done("refund", given)
    _tell(world, "refund.processed", refund=given, payment=payment)
    return given


OPERATIONS = [
    Operation("create", "POST", "/v1/orders", create),
    Operation("look_up", "GET", "/v1/orders", orders),
    Operation("look_up", "GET", r"/v1/orders/(\w+)", order),
    Operation("look_up", "GET", r"/v1/orders/(\w+)/payments", payments),
    Operation("look_up", "GET", r"/v1/payments/(\w+)", payment),
    Operation("capture", "POST", r"/v1/payments/(\w+)/capture", capture),
    Operation("refund", "POST", r"/v1/payments/(\w+)/refund", refund),
    Operation("look_up", "GET", r"/v1/payments/(\w+)/refunds", refunds),
]


def declined(world: World, operation: str, asked: Asked, soft: bool) -> Said:
    reason, description = WORDS["soft" if soft else "hard"]
    return _error(description, reason)


def waits(thing: Thing) -> bool:
    return thing.kind == "order" and thing.state in ("created", "attempted") and thing.chose != "pay"


def customer(world: World, thing: Thing, how: str) -> None:
    """Each try is a payment of the order."""
    said = {
        "id": new_id("pay_", 14), "entity": "payment", "amount": thing.said["amount"], "currency": thing.money.currency, "order_id": thing.id,
        "status": "authorized", "method": "card", "amount_refunded": 0, "refund_status": None, "captured": False, "notes": thing.said["notes"],
        "created_at": now(), "error_code": None, "error_description": None, "error_source": None, "error_step": None, "error_reason": None,
    }  # fmt: skip
    if how in WORDS:
        reason, description = WORDS[how]
        failed = {"error_source": "customer", "error_step": "payment_authorization", "error_reason": reason}
        said |= {"status": "failed", "error_code": "BAD_REQUEST_ERROR", "error_description": description, **failed}
    payment = world.add(Thing(NAME, "payment", said["id"], thing.money, said, thing.key, of=thing.id))
    thing.said |= {"status": "attempted", "attempts": thing.said["attempts"] + 1}
    if how == "pay":
        world.done("authorize", payment)
    _tell(world, "payment.authorized" if how == "pay" else "payment.failed", payment=payment)


def outside(world: World, name: str, what: str, minor: int | None) -> str | None:
    """By the name of the payment, or of its order."""
    tries = [thing for thing in world.of(name, "payment") if thing.state != "failed"]
    payment = world.get(NAME, name, "payment") or (tries[0] if tries else None)
    if payment is None:
        return "no such payment"
    if what == "expired":
        if payment.state != "authorized":
            return f"it is {payment.state}"
        payment.said |= {"status": "refunded", "refund_status": "full", "amount_refunded": payment.said["amount"]}
        return None
    if not payment.said["captured"]:
        return f"it is {payment.state}"
    money = Money(minor, payment.money.currency) if minor else of_units(_left(payment), payment.money.currency, decimals(payment.money.currency))
    if what == "refund":
        if money is None or _units(money) > _left(payment):
            return "more than is left of it"
        _give_back(world, payment, money, [], None)
        return None
    disputes = world.of(payment.id, "dispute")
    if what == "dispute_opened":
        money = money or payment.money
        said = {
            "id": new_id("disp_", 14), "entity": "dispute", "payment_id": payment.id, "amount": _units(money), "currency": money.currency,
            "amount_deducted": 0, "reason_code": "chargeback", "phase": "chargeback", "status": "open", "created_at": now(),
        }  # fmt: skip
        disputes = [world.add(Thing(NAME, "dispute", said["id"], money, said, of=payment.id))]
    elif not disputes:
        return "there is no dispute"
    disputes[0].said["status"] = what.replace("dispute_opened", "open").removeprefix("dispute_")
    word = {"dispute_opened": "created", "dispute_won": "won", "dispute_lost": "lost"}[what]
    _tell(world, f"payment.dispute.{word}", dispute=disputes[0], payment=payment)
    return None


def _tell(world: World, kind: str, **things: Thing) -> None:
    payload = {name: {"entity": thing.said} for name, thing in things.items()}
    world.tell(NAME, {"entity": "event", "account_id": "acc_demo", "event": kind, "contains": list(things), "payload": payload, "created_at": now()})


def signed(secret: str, body: bytes) -> dict[str, str]:
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Razorpay-Signature": signature, "X-Razorpay-Event-Id": new_id("", 14)}
