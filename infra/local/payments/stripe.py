"""Stripe, as far as OrderFlow uses it: https://docs.stripe.com/api/payment_intents, /api/refunds, /api/errors, /webhooks.

Payment methods of Stripe's tests decide what becomes of a payment: `TOKENS`; any other `pm_...` is good money.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from .money import Money, decimals, of_units
from .world import KEY_NAME, Asked, Operation, Said, Thing, World, bearer, new_id, now, title

NAME, IDEMPOTENCY = "stripe", "Idempotency-Key"
HOLDS_S = 7 * 24 * 3600
TOKENS = {
    "pm_card_chargeDeclinedInsufficientFunds": "soft",
    "pm_card_chargeDeclinedStolenCard": "hard",
    "pm_card_threeDSecure2Required": "ask",
}
WORDS = {"soft": ("insufficient_funds", "Your card has insufficient funds."), "hard": ("stolen_card", "Your card was declined.")}
WAITING = ("requires_payment_method", "requires_confirmation", "requires_action")


def _places(currency: str) -> int:
    """Stripe's units differ from ISO 4217 here: https://docs.stripe.com/currencies#special-cases."""
    return {"ISK": 2, "UGX": 2, "MGA": 0}.get(currency, decimals(currency))


def _money(units: object, currency: object) -> Money | None:
    code = str(currency)
    return of_units(units, code.upper(), _places(code.upper())) if code.islower() else None


def _error(status: int, kind: str, code: str, message: str, **more: object) -> Said:
    error = {"type": kind, "message": message, **({"code": code} if code else {}), **more}
    return Said(status, {"error": error})


def refusal(operation: str, asked: Asked) -> Said | None:
    key = bearer(asked.headers)
    if re.fullmatch(r"(sk|rk)_test_\w+", key):
        return None
    # A live key has no business with a double.
    why = "Invalid API Key provided." if key else "You did not provide an API key."
    return _error(401, "invalid_request_error", "", why)


def conflict() -> Said:
    return _error(400, "idempotency_error", "", "Keys for idempotent requests can only be used with the same parameters they were first used with.")


def _missing(name: str) -> Said:
    return _error(404, "invalid_request_error", "resource_missing", f"No such payment_intent: '{name}'", param="intent")


def _state(intent: Thing) -> Said:
    message = f"You cannot do this to a PaymentIntent whose status is {intent.state}."
    return _error(400, "invalid_request_error", "payment_intent_unexpected_state", message, payment_intent=_shown(intent))


def _shown(intent: Thing, expand: object = ()) -> dict:
    """A charge is only its name, unless it is to be expanded."""
    charge = intent.said["latest_charge"]
    is_expanded = charge is None or any(str(path).endswith("latest_charge") for path in (expand if isinstance(expand, list) else ()))
    return intent.said if is_expanded else {**intent.said, "latest_charge": charge["id"]}


def _tell(world: World, kind: str, thing: Thing) -> None:
    shown = _shown(thing) if thing.kind == "intent" else thing.said
    event = {"id": new_id("evt_1", 23), "object": "event", "api_version": "2024-06-20", "created": now(), "livemode": False, "type": kind}
    world.tell(NAME, {**event, "pending_webhooks": 1, "request": {"id": None, "idempotency_key": None}, "data": {"object": shown}})


def create(world: World, asked: Asked, how: str = "") -> Said:
    body, metadata = asked.body, asked.body.get("metadata", {})
    money = _money(body.get("amount"), body.get("currency"))
    if money is None:
        return _error(400, "invalid_request_error", "parameter_invalid_integer", "Invalid amount or currency.", param="amount")
    if body.get("capture_method") != "manual":
        return _error(400, "invalid_request_error", "parameter_missing", "This double only takes what is captured by hand.", param="capture_method")
    name = new_id("pi_3", 23)
    said = {
        "id": name, "object": "payment_intent", "amount": int(body["amount"]), "amount_capturable": 0, "amount_received": 0,
        "canceled_at": None, "cancellation_reason": None, "capture_method": "manual", "client_secret": new_id(f"{name}_secret_", 25),
        "created": now(), "currency": body["currency"], "description": body.get("description"), "last_payment_error": None,
        "latest_charge": None, "livemode": False, "metadata": metadata, "next_action": None, "payment_method": body.get("payment_method"),
        "status": "requires_payment_method",
    }  # fmt: skip
    key = metadata.get(KEY_NAME, "")
    intent = Thing(NAME, "intent", name, money, said, key, title=title(body.get("description"), key), return_url=body.get("return_url", ""))
    world.add(intent)
    world.done("create", intent)
    if body.get("confirm") == "true":
        how = how or TOKENS.get(str(body.get("payment_method")).replace("pm_card_visa_", "pm_card_"), "pay")
    if how in WORDS:
        return _decline(world, intent, how)
    if how == "pay":
        _hold(world, intent)
    elif how == "ask":
        url = f"{asked.base}/customer/{NAME}/{name}"
        said |= {"status": "requires_action", "next_action": {"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": intent.return_url}}}
    return Said(200, _shown(intent, body.get("expand")))


def _hold(world: World, intent: Thing) -> None:
    card = {"brand": "visa", "last4": "4242", "capture_before": now() + HOLDS_S}
    charge = {"id": new_id("ch_3", 23), "object": "charge", "amount": intent.said["amount"], "payment_method_details": {"type": "card", "card": card}}
    held = {"status": "requires_capture", "amount_capturable": intent.said["amount"]}
    intent.said |= {**held, "latest_charge": charge, "next_action": None, "last_payment_error": None}
    world.done("authorize", intent)
    _tell(world, "payment_intent.amount_capturable_updated", intent)


def _decline(world: World, intent: Thing, how: str) -> Said:
    word, message = WORDS[how]
    error = {"type": "card_error", "code": "card_declined", "decline_code": word, "message": message}
    intent.said |= {"status": "requires_payment_method", "last_payment_error": error, "next_action": None}
    _tell(world, "payment_intent.payment_failed", intent)
    return Said(402, {"error": {**error, "payment_intent": _shown(intent)}})


def look_up(world: World, asked: Asked) -> Said:
    intent = world.get(NAME, asked.name, "intent")
    return Said(200, _shown(intent, asked.query.get("expand"))) if intent else _missing(asked.name)


def search(world: World, asked: Asked) -> Said:
    """At once, where Stripe's own search lags behind by up to a minute."""
    found = re.fullmatch(rf"metadata\['{KEY_NAME}'\]:'([^'\\]+)'", asked.query.get("query", ""))
    if not found:
        return _error(400, "invalid_request_error", "", "We were unable to parse your search query.")
    intents = [thing for thing in world.things.values() if (thing.provider, thing.kind, thing.key) == (NAME, "intent", found[1])]
    data = [_shown(intent, asked.query.get("expand")) for intent in reversed(intents)]
    return Said(200, {"object": "search_result", "data": data, "has_more": False, "next_page": None, "url": "/v1/payment_intents/search"})


def capture(world: World, asked: Asked) -> Said:
    intent = world.get(NAME, asked.name, "intent")
    if intent is None:
        return _missing(asked.name)
    if intent.state != "requires_capture":
        return _state(intent)
    money = _money(asked.body.get("amount_to_capture", intent.said["amount"]), intent.said["currency"])
    if money is None:
        return _error(400, "invalid_request_error", "parameter_invalid_integer", "Invalid integer.", param="amount_to_capture")
    if money.minor > intent.money.minor:
        return _error(400, "invalid_request_error", "amount_too_large", "The amount to capture exceeds what is authorized.", param="amount_to_capture")
    received = money.units(_places(money.currency))
    intent.said |= {"status": "succeeded", "amount_received": received, "amount_capturable": 0}
    world.done("capture", intent, money, asked.key)
    _tell(world, "payment_intent.succeeded", intent)
    return Said(200, _shown(intent, asked.body.get("expand")))


def cancel(world: World, asked: Asked) -> Said:
    intent = world.get(NAME, asked.name, "intent")
    if intent is None:
        return _missing(asked.name)
    if intent.state not in (*WAITING, "requires_capture"):
        return _state(intent)
    _end(world, intent, asked.body.get("cancellation_reason"))
    world.done("void", intent, key=asked.key)
    return Said(200, _shown(intent))


def _end(world: World, intent: Thing, reason: str | None) -> None:
    intent.said |= {"status": "canceled", "cancellation_reason": reason, "canceled_at": now(), "amount_capturable": 0, "next_action": None}
    _tell(world, "payment_intent.canceled", intent)


def _left(world: World, intent: Thing) -> int:
    """What was captured and has not gone back, in minor units."""
    received = of_units(intent.said["amount_received"], intent.money.currency, _places(intent.money.currency))
    back = [refund.money.minor for refund in world.of(intent.id, "refund") if refund.state != "failed"]
    return (received.minor if received else 0) - sum(back)


def refund(world: World, asked: Asked, failure: str = "") -> Said:
    name, metadata = str(asked.body.get("payment_intent")), asked.body.get("metadata", {})
    intent = world.get(NAME, name, "intent")
    if intent is None:
        return _missing(name)
    if intent.state != "succeeded":
        return _error(400, "invalid_request_error", "", f"This PaymentIntent ({name}) does not have a successful charge to refund.")
    left = _left(world, intent)
    if left == 0:
        return _error(400, "invalid_request_error", "charge_already_refunded", f"Charge {intent.said['latest_charge']['id']} has already been refunded.")
    money = _money(asked.body.get("amount", Money(left, intent.money.currency).units(_places(intent.money.currency))), intent.said["currency"])
    if money is None:
        return _error(400, "invalid_request_error", "parameter_invalid_integer", "Invalid integer.", param="amount")
    if money.minor > left:
        # Stripe gives this one no code.
        return _error(400, "invalid_request_error", "", f"Refund amount ({money}) is greater than unrefunded amount on charge.", param="amount")
    return Said(200, _give_back(world, intent, money, metadata, asked.key, failure).said)


def _give_back(world: World, intent: Thing, money: Money, metadata: dict, key: str, failure: str = "") -> Thing:
    said = {
        "id": new_id("re_3", 23), "object": "refund", "amount": money.units(_places(money.currency)), "charge": intent.said["latest_charge"]["id"],
        "created": now(), "currency": money.currency.lower(), "metadata": metadata, "payment_intent": intent.id, "reason": None,
        "status": "failed" if failure else "succeeded", **({"failure_reason": failure} if failure else {}),
    }  # fmt: skip
    given = world.add(Thing(NAME, "refund", said["id"], money, said, metadata.get(KEY_NAME, ""), of=intent.id))
    if not failure:
        world.done("refund", given, key=key)
    _tell(world, "refund.failed" if failure else "refund.created", given)
    return given


def _listed(kind: str, path: str) -> Operation:
    def answer(world: World, asked: Asked) -> Said:
        found = [thing.said for thing in world.of(asked.query.get("payment_intent", ""), kind)][: int(asked.query.get("limit", 10))]
        return Said(200, {"object": "list", "data": found, "has_more": False, "url": path})

    return Operation("look_up", "GET", path, answer)


OPERATIONS = [
    Operation("create", "POST", "/v1/payment_intents", create),
    Operation("look_up", "GET", "/v1/payment_intents/search", search),
    Operation("look_up", "GET", r"/v1/payment_intents/(\w+)", look_up),
    Operation("capture", "POST", r"/v1/payment_intents/(\w+)/capture", capture),
    Operation("void", "POST", r"/v1/payment_intents/(\w+)/cancel", cancel),
    Operation("refund", "POST", "/v1/refunds", refund),
    _listed("refund", "/v1/refunds"),
    _listed("dispute", "/v1/disputes"),
]


def declined(world: World, operation: str, asked: Asked, soft: bool) -> Said:
    how = "soft" if soft else "hard"
    if operation == "create":
        return create(world, asked, how)
    if operation == "refund":
        return refund(world, asked, "insufficient_funds" if soft else "lost_or_stolen_card")
    intent = world.get(NAME, asked.name, "intent")
    if intent is None or operation == "void":
        return _state(intent) if intent else _missing(asked.name)
    word, message = WORDS[how]
    return _error(402, "card_error", "card_declined", message, decline_code=word, payment_intent=_shown(intent))


def waits(thing: Thing) -> bool:
    return thing.kind == "intent" and thing.state in WAITING


def customer(world: World, thing: Thing, how: str) -> None:
    if how == "pay":
        _hold(world, thing)
    else:
        _decline(world, thing, how)
    thing.came_back = {"payment_intent": thing.id, "redirect_status": "succeeded" if how == "pay" else "failed"}


def outside(world: World, name: str, what: str, minor: int | None) -> str | None:
    intent = world.get(NAME, name, "intent")
    if intent is None:
        return "no such payment"
    if what == "expired":
        if intent.state != "requires_capture":
            return f"it is {intent.state}"
        _end(world, intent, "automatic")
        return None
    if intent.state != "succeeded":
        return f"it is {intent.state}"
    disputes = world.of(intent.id, "dispute")
    money = Money(minor or _left(world, intent), intent.money.currency)
    if what == "refund":
        if not 0 < money.minor <= _left(world, intent):
            return "more than is left of it"
        _give_back(world, intent, money, {}, "")
        return None
    if what == "dispute_opened":
        said = {
            "id": new_id("du_1", 23), "object": "dispute", "amount": money.units(_places(money.currency)), "charge": intent.said["latest_charge"]["id"],
            "created": now(), "currency": money.currency.lower(), "livemode": False, "metadata": {}, "payment_intent": intent.id,
            "reason": "fraudulent", "status": "needs_response",
        }  # fmt: skip
        _tell(world, "charge.dispute.created", world.add(Thing(NAME, "dispute", said["id"], money, said, of=intent.id)))
        return None
    if not disputes:
        return "there is no dispute"
    disputes[0].said["status"] = "won" if what == "dispute_won" else "lost"
    _tell(world, "charge.dispute.closed", disputes[0])
    return None


def signed(secret: str, body: bytes) -> dict[str, str]:
    stamp = str(now())
    signature = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={stamp},v1={signature}"}
