"""The demo shop's orders that are paid: one that is, one whose customer has to confirm, one whose card was stolen."""

from __future__ import annotations

import json
import urllib.request

from reviews import BERLIN, call

SECRETS = {"stripe": "whsec_demo", "razorpay": "demo", "payu": "demo"}
ACCOUNTS = [
    {"provider": "stripe", "secret_key": "sk_test_demo", "webhook_secrets": [SECRETS["stripe"]]},
    {"provider": "paypal", "client_id": "demo", "client_secret": "demo", "webhook_id": "DEMOWEBHOOK", "is_sandbox": True},
    {"provider": "razorpay", "key_id": "rzp_test_demo", "key_secret": "demo", "webhook_secrets": [SECRETS["razorpay"]]},
    {"provider": "payu", "pos_id": "300746", "client_id": "300746", "client_secret": "demo", "second_keys": [SECRETS["payu"]], "is_sandbox": True},
]
# Number, customer, what it is paid with.
ORDERS = [
    ("P-3001", "Katherine Johnson", "stripe", {"token": "pm_card_visa"}),
    ("P-3002", "Hedy Lamarr", "paypal", {}),
    ("P-3003", "Mary Jackson", "stripe", {"token": "pm_card_chargeDeclinedStolenCard"}),
]


def collect(web_url: str, outside_url: str, key: str, tenant: str) -> None:
    """Has a shop collect its money at the doubles of all providers, which report to it."""
    settings = call(web_url, key, "GET", "/v1/settings")
    settings["payments"] |= {"enabled": True, "accounts": ACCOUNTS}
    call(web_url, key, "PUT", "/v1/settings", settings)
    for provider, secret in SECRETS.items():
        body = {"provider": provider, "url": f"{web_url}/v1/payments/{tenant}/{provider}", "secret": secret}
        urllib.request.urlopen(urllib.request.Request(f"{outside_url}/pay/webhooks", json.dumps(body).encode(), method="POST"), timeout=30).close()


def open_demo(web_url: str, outside_url: str, key: str, tenant: str) -> None:
    """Collects money from now on, and places some orders. Safe to repeat."""
    collect(web_url, outside_url, key, tenant)
    for number, name, method, means in ORDERS:
        order = {
            "number": number,
            "currency": "EUR",
            "shipping_address": BERLIN,
            "customer": {"name": name, "email": f"{name.split()[0].lower()}@example.com"},
            "items": [{"sku": "MUG-BLUE", "name": "Mug Blue", "quantity": 2, "unit_price": "14.50"}],
            "payment_method": method,
            "payment": {"return_url": f"{web_url}/chat", "customer_ip": "203.0.113.7", **means},
        }
        call(web_url, key, "POST", "/v1/orders", order, {"Idempotency-Key": f"demo-{number}"})
