"""Webhooks that the vendors' own libraries have signed are taken by the deployed functions, and no byte of them may differ."""

from __future__ import annotations

import json
import urllib.parse
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import NamedTuple

import paid
import pytest
import razorpay
import standardwebhooks
import stripe
from payments import razorpay as razorpay_double
from test_lines import LINES, Talking
from test_payments import Bank
from twilio.request_validator import RequestValidator

from shop import Shop

AT_ONCE = 8


class Signed(NamedTuple):
    """A request as its sender made it."""

    path: str
    headers: dict[str, str]
    body: bytes
    # By which headers it is proved.
    proof: tuple[str, ...]
    taken: int = 200

    def changed(self) -> Iterator[tuple[str, dict[str, str], bytes]]:
        """With the last bit of one byte turned over: of the body, and of what proves it."""
        for at in range(len(self.body)):
            yield f"byte {at} of the body", self.headers, turned(self.body, at)
        for name in self.proof:
            value = self.headers[name].encode()
            for at in range(len(value)):
                yield f"byte {at} of {name}", {**self.headers, name: turned(value, at).decode()}, self.body


def turned(text: bytes, at: int) -> bytes:
    return text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :]


def by_stripe(shop: Shop) -> Signed:
    tenant = Bank(shop).of.tenant
    charge = {"id": "ch_1", "object": "charge", "payment_intent": "pi_nobodys"}
    body = json.dumps({"id": f"evt_{uuid.uuid4().hex}", "object": "event", "type": "charge.captured", "livemode": False, "data": {"object": charge}})
    header = stripe.WebhookSignature.generate_signature_header(body, paid.SECRETS["stripe"])
    return Signed(f"/v1/payments/{tenant}/stripe", {"Stripe-Signature": header}, body.encode(), ("Stripe-Signature",))


def by_razorpay(shop: Shop) -> Signed:
    """Its library only verifies: what our double signs satisfies it."""
    tenant = Bank(shop).of.tenant
    payment = {"entity": {"id": "pay_nobodys", "entity": "payment", "order_id": "order_nobodys", "status": "captured"}}
    body = json.dumps({"entity": "event", "event": "payment.captured", "contains": ["payment"], "payload": {"payment": payment}})
    headers = razorpay_double.signed(paid.SECRETS["razorpay"], body.encode())
    assert razorpay.Client().utility.verify_webhook_signature(body, headers["X-Razorpay-Signature"], paid.SECRETS["razorpay"])
    return Signed(f"/v1/payments/{tenant}/razorpay", headers, body.encode(), ("X-Razorpay-Signature",))


def by_twilio(shop: Shop) -> Signed:
    talking = Talking(shop, ["sms"])
    fields = {"MessageSid": f"SM{uuid.uuid4().hex}", "From": "+48600100200", "Body": "Zażółć, 1 + 1 & more", "SmsStatus": "received"}
    signature = RequestValidator(LINES["sms"]["auth_token"]).compute_signature(f"{talking.channels}/sms", fields)
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    return Signed(f"/v1/channels/{talking.tenant}/sms", headers, urllib.parse.urlencode(fields).encode(), ("X-Twilio-Signature",))


def by_standard_webhooks(shop: Shop) -> Signed:
    webhook = shop.env["keys"]["webhook_standard"]
    body = json.dumps({"orderId": f"SIGNED-{uuid.uuid4().hex[:6]}", "status": "Shipped", "email": "ann@example.com"})
    name, now = f"msg_{uuid.uuid4().hex}", datetime.now(UTC)
    signature = standardwebhooks.Webhook(webhook["secret"]).sign(name, now, body)
    headers = {"webhook-id": name, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
    return Signed(webhook["path"], headers, body.encode(), tuple(headers), 202)


# req: S2-44, S2-51, S1-19
@pytest.mark.parametrize("sign", [by_stripe, by_razorpay, by_twilio, by_standard_webhooks])
def test_what_a_vendors_own_library_signs_is_taken_and_nothing_else(shop: Shop, sign: Callable[[Shop], Signed]) -> None:
    signed = sign(shop)

    def status(headers: dict[str, str], body: bytes) -> int:
        return shop.call("POST", signed.path, body, key=None, headers=headers).status

    assert status(signed.headers, signed.body) == signed.taken
    with ThreadPoolExecutor(AT_ONCE) as senders:
        answers = senders.map(lambda one: (one[0], status(one[1], one[2])), signed.changed())
        taken = [(what, answer) for what, answer in answers if answer != 401]
    assert taken == []
