"""Doubles of four payment providers: Stripe, PayPal, Razorpay and PayU, as far as OrderFlow uses them.

    …    /pay/stripe/v1/…, /pay/paypal/v2/…, /pay/razorpay/v1/…, /pay/payu/api/…    the providers' own APIs
    GET  /pay/customer/<provider>/<id>   where a customer pays           POST how=pay, soft (no money) or hard (stolen card)
    GET  /pay/effects                    what was done, oldest first     DELETE forgets it
    GET  /pay/objects                    payments, refunds, disputes, oldest first
    POST /pay/webhooks {"provider": "stripe", "url": "<api>/v1/payments/demo/stripe", "secret": "whsec_…"}    GET lists, DELETE forgets
         where a provider reports to, signed by Stripe's endpoint secret, Razorpay's webhook secret, PayU's second key; PayPal reports nothing
    POST /pay/mischief {"provider": "stripe", "operation": "capture", "how": "timeout_after", "times": 1, "about": "#1001#"}    DELETE forgets
         what the next requests for an operation meet. `operation`: token, create, authorize (PayPal's, of an order that was approved), capture,
         void, refund, look_up. `how`: timeout_after (it is done, and the connection closes without an answer), decline_soft, decline_hard,
         error_500, throttle (nothing is done). `about`: part of a key of ours in the request, or of what it is about
    POST /pay/outside {"provider": "stripe", "id": "pi_…", "what": "refund", "amount": 500}
         what a person does at the provider's own pages: refund, dispute_opened, dispute_won, dispute_lost; or its time is up: expired

Any credentials are good if they have the form of the provider's for tests. Amounts of effects and switches are in minor units.
"""

from __future__ import annotations

import json
import re
import threading
import urllib.parse
from collections.abc import Mapping

from . import pages, paypal, payu, razorpay, stripe
from .hooks import Hooks
from .mischief import Mischief
from .world import Asked, Operation, Provider, Said, Thing, World, form, frozen

PROVIDERS: dict[str, Provider] = {module.NAME: module for module in (stripe, paypal, razorpay, payu)}
SIGNING = ("stripe", "razorpay", "payu")
OUTSIDE = ("refund", "dispute_opened", "dispute_won", "dispute_lost", "expired")


class Payments:
    """All four providers, and the switches."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hooks = Hooks({name: PROVIDERS[name].signed for name in SIGNING})
        self._world = World(self._hooks.tell)
        self._mischief = Mischief()

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes, base: str) -> Said | None:
        """To a request for something below /pay, which is at `base`. None: the connection is to be closed without an answer."""
        path, _, query = target.removeprefix("/pay").partition("?")
        try:
            if found := re.fullmatch(r"/(stripe|paypal|razorpay|payu)(/.+)", path):
                return self._provider(PROVIDERS[found[1]], method, found[2], query, headers, body, base)
            if found := re.fullmatch(r"/customer/(\w+)/([\w-]+)", path):
                return self._customer(method, found[1], found[2], body, target)
            return self._switch(f"{method} {path}", json.loads(body or b"{}"))
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as odd:
            return _wrong(f"no such request: {type(odd).__name__}: {odd}")

    def _provider(self, provider: Provider, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, base: str) -> Said | None:
        found = [(one, match) for one in provider.OPERATIONS if one.method == method and (match := re.fullmatch(one.path, path))]
        if not found:
            return Said(404, {"error": f"the double of {provider.NAME} has no {method} {path}"})
        operation, match = found[0]
        is_form = headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")
        content = form(body.decode()) if is_form else json.loads(body or b"{}")
        key = headers.get(provider.IDEMPOTENCY, "") if method == "POST" and provider.IDEMPOTENCY else ""
        asked = Asked(match[1] if match.groups() else "", headers, form(query), content, key, base)
        if (refusal := provider.refusal(operation.name, asked)) is not None:
            return refusal
        with self._lock:
            # What is about an order of ours is known by the keys that are sent, and by those of what the request is about.
            words = [key, urllib.parse.unquote_plus(body.decode()), urllib.parse.unquote_plus(query), *(one.key for one in self._world.line(asked.name))]
            met = self._mischief.take(provider.NAME, operation.name, "\n".join(words))
            if met in ("error_500", "throttle"):
                return Said(500, {"error": "mischief"}) if met == "error_500" else Said(429, {"error": "mischief"}, {"Retry-After": "1"})
            said = self._once(provider, operation, asked, (method, path, body), met)
        return None if met == "timeout_after" else said

    def _once(self, provider: Provider, operation: Operation, asked: Asked, request: tuple, met: str) -> Said:
        """By one idempotency key a thing is done once. What was refused without being tried may be tried again."""
        known = self._world.remembered(provider.NAME, asked.key) if asked.key else None
        if known is not None:
            return known[1] if known[0] == request else provider.conflict()
        if met.startswith("decline"):
            said = frozen(provider.declined(self._world, operation.name, asked, soft=met == "decline_soft"))
        else:
            said = frozen(operation.answer(self._world, asked))
        if asked.key and (said.status < 400 or said.status == 402):
            self._world.remember(provider.NAME, asked.key, request, said)
        return said

    def _customer(self, method: str, provider: str, name: str, body: bytes, target: str) -> Said:
        with self._lock:
            thing = self._world.things.get(name)
            if thing is None or thing.provider != provider or thing.kind not in ("intent", "order"):
                return Said(404, f"<p>{pages.NAMES.get(provider, 'Nobody')} has no such payment.</p>")
            waits = PROVIDERS[provider].waits(thing)
            if method == "GET":
                return Said(200, pages.bill(thing, waits))
            how = form(body.decode()).get("how")
            if how not in pages.CHOSEN:
                return _wrong(f"how is one of {', '.join(pages.CHOSEN)}")
            if waits:
                PROVIDERS[provider].customer(self._world, thing, how)
                thing.chose = how
        return Said(303, "", {"Location": target})

    def _switch(self, request: str, wish: dict) -> Said:
        match request:
            case "GET /effects":
                with self._lock:
                    return Said(200, list(self._world.effects))
            case "DELETE /effects":
                with self._lock:
                    self._world.effects.clear()
            case "GET /objects":
                return Said(200, self.objects())
            case "GET /webhooks":
                return Said(200, self._hooks.all())
            case "POST /webhooks":
                if wish["provider"] not in SIGNING or not re.match(r"https?://", wish["url"]) or not wish["secret"]:
                    return _wrong(f"provider is one of {', '.join(SIGNING)}, with an address and a secret: nobody else can sign as PayPal")
                self._hooks.register(wish["provider"], wish["url"], wish["secret"])
            case "DELETE /webhooks":
                self._hooks.clear()
            case "POST /mischief":
                if wrong := self._mischief.plan(wish, PROVIDERS):
                    return _wrong(wrong)
            case "DELETE /mischief":
                self._mischief.clear()
            case "POST /outside":
                if wish["what"] not in OUTSIDE:
                    return _wrong(f"what is one of {', '.join(OUTSIDE)}")
                # An authorization of PayPal's or Razorpay's goes by two names, with a slash between.
                name, minor = str(wish["id"]).rpartition("/")[2], wish.get("amount")
                with self._lock:
                    wrong = PROVIDERS[wish["provider"]].outside(self._world, name, wish["what"], None if minor is None else int(minor))
                if wrong:
                    return _wrong(wrong)
            case _:
                return Said(404, {"error": "not found"})
        return Said(204)

    def objects(self) -> list[dict]:
        """What there is, oldest first."""
        with self._lock:
            return frozen(Said(200, [_told(thing) for thing in self._world.things.values()])).content


def _told(thing: Thing) -> dict:
    told = {"provider": thing.provider, "kind": thing.kind, "id": thing.id, "of": thing.of, "key": thing.key, "state": thing.state}
    amounts = {"amount": thing.money.minor, "currency": thing.money.currency, "money": str(thing.money)}
    page = f"/pay/customer/{thing.provider}/{thing.id}" if PROVIDERS[thing.provider].waits(thing) else None
    return {**told, **amounts, "page": page, "at": thing.at, "said": thing.said}


def _wrong(why: str) -> Said:
    return Said(400, {"error": why})
