"""The stand-ins answer as the real ones do."""

from __future__ import annotations

import base64
import email.policy
import hashlib
import hmac
import http.client
import json
import smtplib
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import doubles
import google
import mails
import payments
import payments.hooks
import payments.world
import pytest
import slack
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

PATH = "/services/T000/B000/demo"


def judge(payload: object, path: str = PATH, content_type: str = "application/json") -> tuple[int, str]:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return slack.judge(path, content_type, body)[:2]


def test_slack_takes_what_slack_takes() -> None:
    assert judge({"text": "hello"}) == (200, "ok")
    assert judge({"blocks": [{"type": "divider"}]}) == (200, "ok")
    assert judge({"attachments": [{"fallback": "x"}]}) == (200, "ok")
    assert judge(b"payload=%7B%22text%22%3A%22hi%22%7D", content_type="application/x-www-form-urlencoded") == (200, "ok")


@pytest.mark.parametrize(
    ("payload", "answer"),
    [
        (b"not json", (400, "invalid_payload")),
        (b"[" * 100_000, (400, "invalid_payload")),
        ([], (400, "invalid_payload")),
        ({"text": 7}, (400, "invalid_payload")),
        ({}, (400, "no_text")),
        ({"text": "  "}, (400, "no_text")),
        ({"text": "x" * 40_001}, (400, "msg_too_long")),
        ({"text": "x", "blocks": [{}]}, (400, "invalid_blocks")),
        ({"text": "x", "blocks": [{"type": "divider"}] * 51}, (400, "invalid_blocks")),
        ({"attachments": {}}, (400, "invalid_attachments")),
        ({"attachments": [{}] * 101}, (400, "too_many_attachments")),
    ],
)
def test_slack_refuses_what_slack_refuses(payload: object, answer: tuple[int, str]) -> None:
    assert judge(payload) == answer


def test_slack_knows_its_addresses() -> None:
    assert judge({"text": "x"}, "/services/T000/B000/") == (404, "no_service")
    assert judge({"text": "x"}, "/elsewhere") == (404, "no_team")


def test_a_file_is_seen_when_it_is_shown_in_a_channel() -> None:
    uploads, token = slack.Uploads(), {"Authorization": "Bearer xoxb-1-a"}
    base, ask, show = "http://x", "/api/files.getUploadURLExternal", "/api/files.completeUploadExternal"
    assert uploads.answer(base, "/elsewhere", token, b"") is None and uploads.take("/elsewhere", b"") is None
    assert uploads.answer(base, ask, {}, b"filename=a&length=3") == ({"ok": False, "error": "invalid_auth"}, None)
    assert uploads.answer(base, ask, token, b"filename=a") == ({"ok": False, "error": "invalid_arguments"}, None)
    said, post = uploads.answer(base, ask, token, b"filename=a.xlsx&length=3")
    assert post is None and said["upload_url"] == f"http://x/upload/v1/{said['file_id']}"
    shown = json.dumps({"files": [{"id": said["file_id"]}], "channel_id": "C01", "initial_comment": "*hi*"}).encode()
    assert uploads.answer(base, show, token, shown) == ({"ok": False, "error": "file_update_failed"}, None)
    assert uploads.take(f"/upload/v1/{said['file_id']}", b"ab") == (400, "length mismatch")
    assert uploads.take(f"/upload/v1/{said['file_id']}", b"abc") == (200, "OK - 3")
    answer, post = uploads.answer(base, show, token, shown)
    assert answer["ok"] and post == {"text": "*hi*", "channel": "C01", "files": [{"name": "a.xlsx", "bytes": 3}]}
    assert uploads.file(said["file_id"]) == b"abc"


def test_a_planned_failure_meets_the_posts_it_is_about() -> None:
    failure = doubles.Failure()
    assert failure.take(b"x") == {}
    failure.plan({"status": 429, "times": 1, "about": "#1001 "})
    assert failure.take(b"order #1002 shipped") == {}
    assert failure.take(b"order #1001 shipped")["status"] == 429
    assert failure.take(b"order #1001 shipped") == {}
    failure.plan({"status": 200, "delay_s": 10**9})
    assert failure.take(b"")["delay_s"] == doubles.DELAY_S_MAX


def test_only_the_senders_markup_is_markup() -> None:
    assert slack.render(":truck: *Shipped* <mailto:a@b.co|a@b.co>") == '🚚 <b>Shipped</b> <a rel="noreferrer" href="mailto:a@b.co">a@b.co</a>'
    assert slack.render("&lt;script&gt; <script> <javascript:alert(1)|x>") == "&lt;script&gt; <mark>script</mark> <mark>javascript:alert(1)|x</mark>"


def test_mail_arrives_whole() -> None:
    got: list[tuple[str, list[str], bytes]] = []
    server = mails.smtp_server(0, lambda *mail: got.append(mail))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    message = EmailMessage(policy=email.policy.SMTP.clone(cte_type="7bit"))
    message["From"], message["To"], message["Subject"] = "shop@example.com", "Zoë <zoe@example.com>", "Unterwegs ✓"
    message.set_content("héllo\n.\n..dots\n")
    message.add_alternative("<p>héllo</p>", subtype="html")
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="delayed.pdf")
    with smtplib.SMTP("127.0.0.1", server.server_address[1]) as connection:
        connection.sendmail("shop@example.com", ["zoe@example.com"], message.as_bytes())
    server.shutdown()
    (sender, recipients, raw), shown = got[0], mails.read(got[0][2])
    assert (sender, recipients) == ("shop@example.com", ["zoe@example.com"])
    assert raw.replace(b"\r\n", b"\n") == message.as_bytes().replace(b"\r\n", b"\n")
    assert shown["subject"] == "Unterwegs ✓" and "..dots" in shown["text"] and "héllo" in shown["html"]
    assert shown["attachments"] == [{"name": "delayed.pdf", "type": "application/pdf", "bytes": 8}]


class Account:
    """A service account, as an application signs in with it."""

    ADDRESS = "http://x/google/token"

    def __init__(self, known_to: google.Google, name: str = "reader@x.example") -> None:
        private, public = google.key_pair()
        self.name, self.key = name, load_pem_private_key(private.encode(), None)
        known_to.know(name, public)

    def assertion(self, **other: object) -> bytes:
        now = int(time.time())
        claims = {"iss": self.name, "scope": google.SCOPE, "aud": self.ADDRESS, "iat": now, "exp": now + 3600, **other}
        packed = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"alg": "RS256", "typ": "JWT"}, claims)]
        signature = self.key.sign(b".".join(packed), padding.PKCS1v15(), SHA256())
        return b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=" + b".".join([*packed, base64.urlsafe_b64encode(signature).rstrip(b"=")])


OPTIONS = "?majorDimension=ROWS&valueRenderOption=UNFORMATTED_VALUE&dateTimeRenderOption=SERIAL_NUMBER"


def test_google_gives_a_token_for_an_assertion_that_is_right_in_every_part() -> None:
    double = google.Google()
    account = Account(double)
    code, said = double.sign_in(Account.ADDRESS, account.assertion())
    assert code == 200 and said["token_type"] == "Bearer" and said["expires_in"] == 3599
    now = int(time.time())
    for body, error in [
        (b"", "unsupported_grant_type"),
        (account.assertion() + b"x", "invalid_grant"),
        (account.assertion(aud="http://elsewhere"), "invalid_grant"),
        (account.assertion(exp=now + 7200), "invalid_grant"),
        (account.assertion(iat=now - 4000, exp=now - 400), "invalid_grant"),
        (account.assertion(iss="nobody@x.example"), "invalid_grant"),
        (account.assertion(scope="https://www.googleapis.com/auth/spreadsheets"), "invalid_scope"),
        (account.assertion(iat=None), "invalid_request"),
        (account.assertion().split(b"&")[0] + b"&assertion=x", "invalid_request"),
    ]:
        code, said = double.sign_in(Account.ADDRESS, body)
        assert (code, said["error"]) == (400, error)


def test_a_google_sheet_is_read_by_those_it_is_shared_with() -> None:
    double = google.Google()
    account = Account(double)
    bearer = "Bearer " + double.sign_in(Account.ADDRESS, account.assertion())[1]["access_token"]
    rows = [["OrderID", "ETA"], ["1001", "2025-08-10"], ["", ""], ["A-1", "soon", ""], [""]]
    assert double.keep("b", {"Orders": rows, "It's": [["x"]]}, [account.name]) and double.keep("private", {"S": []}, [])
    assert double.read("/v4/spreadsheets/b?fields=sheets.properties.title", bearer) == (200, {"sheets": [{"properties": {"title": "Orders"}}, {"properties": {"title": "It's"}}]})
    code, said = double.read(f"/v4/spreadsheets/b/values/%27Orders%27%211%3A100{OPTIONS}", bearer)
    assert code == 200 and said["values"] == [["OrderID", "ETA"], [1001, 45879], [], ["A-1", "soon"]], "numbers are numbers, tails are cut"
    assert double.read(f"/v4/spreadsheets/b/values/'It''s'!1:9{OPTIONS}", bearer)[1]["values"] == [["x"]]
    statuses = {path: double.read(path, bearer)[1]["error"]["status"] for path in ("/v4/spreadsheets/none", "/v4/spreadsheets/private", f"/v4/spreadsheets/b/values/'No'!1:2{OPTIONS}", "/v4/spreadsheets/b/values/'Orders'!1:2")}
    assert list(statuses.values()) == ["NOT_FOUND", "PERMISSION_DENIED", "INVALID_ARGUMENT", "INVALID_ARGUMENT"]
    double.revoke(account.name)
    assert double.read("/v4/spreadsheets/b", bearer)[0] == 401 and double.sign_in(Account.ADDRESS, account.assertion())[1]["error"] == "invalid_grant"


def test_a_person_types_into_the_sheet() -> None:
    double = google.Google()
    double.keep("b", {"Orders": [["OrderID", "Status"], ["1", "<b>"]]}, [])
    form = google.table(double.book("b")["worksheets"]["Orders"])
    assert 'name="1.1" value="&lt;b&gt;" aria-label="Status, row 2"' in form
    double.type_in("b", google.typed(b"1.1=Shipped&0.9=out&77.0=out&x.y=z"))
    assert double.book("b")["worksheets"]["Orders"] == [["OrderID", "Status"], ["1", "Shipped"]]


class Shop:
    """Speaks to the payment providers as OrderFlow does."""

    FORM = {"Content-Type": "application/x-www-form-urlencoded"}
    SIGNED = {
        "stripe": {"Authorization": "Bearer sk_test_demo", "Stripe-Version": "2024-06-20"},
        "paypal": {"Authorization": "Bearer access-1", "Prefer": "return=representation"},
        "razorpay": {"Authorization": "Basic " + base64.b64encode(b"rzp_test_demo:secret").decode()},
        "payu": {"Authorization": "Bearer access-1"},
    }
    KEYS = {"stripe": "Idempotency-Key", "paypal": "PayPal-Request-Id", "razorpay": "X-Refund-Idempotency"}

    def __init__(self, port: int) -> None:
        self.port = port

    def call(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> tuple[int, bytes, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read(), dict(answer.getheaders())
        finally:
            connection.close()

    def ask(self, provider: str, method: str, path: str, body: dict | None = None, key: str = "") -> tuple[int, dict]:
        """By a provider's API; Stripe takes forms, the others JSON."""
        is_form = provider == "stripe" and body is not None
        content = b"" if body is None else urllib.parse.urlencode(body).encode() if is_form else json.dumps(body).encode()
        headers = {**self.SIGNED[provider], **(self.FORM if is_form else {"Content-Type": "application/json"}), **({self.KEYS[provider]: key} if key else {})}
        status, said, _ = self.call(method, f"/pay/{provider}{path}", content, headers)
        return status, json.loads(said or b"{}")

    def switch(self, path: str, **wish: object) -> int:
        return self.call("POST", f"/pay/{path}", json.dumps(wish).encode())[0]

    def see(self, path: str) -> list[dict]:
        return json.loads(self.call("GET", f"/pay/{path}")[1])

    def done(self) -> list[tuple[str, int]]:
        return [(effect["operation"], effect["amount"]) for effect in self.see("effects")]

    def customer(self, page: str, how: str = "pay") -> str:
        """Goes to a provider's page, chooses, and reads what it says then."""
        page = urllib.parse.urlsplit(page).path
        assert b"Decline (stolen card)" in self.call("GET", page)[1]
        status, _, headers = self.call("POST", page, f"how={how}".encode(), self.FORM)
        assert (status, headers["Location"]) == (303, page)
        return self.call("GET", page)[1].decode()

    def intent(self, method: str = "pm_card_visa", n: int = 1, units: int = 4998) -> tuple[int, dict]:
        body = {"amount": units, "currency": "eur", "capture_method": "manual", "description": "Order 1001", "metadata[orderflow_key]": f"demo#1001#authorize#{n}", "expand[]": "latest_charge"}
        confirmed = {"payment_method": method, "confirm": "true", "return_url": "https://shop.example/back?a=1"} if method else {}
        return self.ask("stripe", "POST", "/v1/payment_intents", body | confirmed, f"demo#1001#authorize#{n}")


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setattr(doubles, "PAY", payments.Payments())
    monkeypatch.setattr(doubles, "SILENCE_S", 0.01)
    monkeypatch.setattr(payments.hooks, "MOMENT_S", 0.01)
    monkeypatch.setattr(payments.hooks, "PAUSE_S", 0.01)
    server = ThreadingHTTPServer(("127.0.0.1", 0), doubles.Outside)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield Shop(server.server_address[1])
    server.shutdown()
    server.server_close()


def test_a_life_at_stripe(shop: Shop) -> None:
    status, intent = shop.intent("pm_card_threeDSecure2Required")
    assert (status, intent["status"], intent["latest_charge"]) == (200, "requires_action", None)
    page = shop.customer(intent["next_action"]["redirect_to_url"]["url"])
    assert "Pay 49.98 EUR for Order 1001" in page and f"https://shop.example/back?a=1&amp;payment_intent={intent['id']}&amp;redirect_status=succeeded" in page
    at = f"/v1/payment_intents/{intent['id']}"
    held = shop.ask("stripe", "GET", f"{at}?expand%5B%5D=latest_charge")[1]
    assert (held["status"], held["amount_capturable"]) == ("requires_capture", 4998)
    assert held["latest_charge"]["payment_method_details"]["card"]["capture_before"] > time.time()
    query = urllib.parse.urlencode({"query": "metadata['orderflow_key']:'demo#1001#authorize#1'", "limit": 2})
    found = shop.ask("stripe", "GET", f"/v1/payment_intents/search?{query}")[1]["data"]
    assert [(one["id"], one["latest_charge"]) for one in found] == [(intent["id"], held["latest_charge"]["id"])], "only its name, unless it is expanded"
    status, said = shop.ask("stripe", "POST", f"{at}/capture", {"amount_to_capture": 5000}, "demo#1001#capture#2")
    assert (status, said["error"]["code"]) == (400, "amount_too_large")
    status, said = shop.ask("stripe", "POST", f"{at}/capture", {"amount_to_capture": 4000}, "demo#1001#capture#3")
    assert (status, said["status"], said["amount_received"]) == (200, "succeeded", 4000)
    status, said = shop.ask("stripe", "POST", f"{at}/cancel", {}, "demo#1001#void#4")
    assert (status, said["error"]["code"], said["error"]["payment_intent"]["status"]) == (400, "payment_intent_unexpected_state", "succeeded")
    refund = {"payment_intent": intent["id"], "amount": 1500, "metadata[orderflow_key]": "demo#1001#refund#5"}
    assert shop.ask("stripe", "POST", "/v1/refunds", refund, "demo#1001#refund#5")[1]["status"] == "succeeded"
    assert shop.ask("stripe", "POST", "/v1/refunds", refund | {"amount": 2501}, "demo#1001#refund#6")[0] == 400
    for wish in ({"what": "refund", "amount": 500}, {"what": "dispute_opened", "amount": 2000}, {"what": "dispute_lost"}):
        assert shop.switch("outside", provider="stripe", id=intent["id"], **wish) == 204
    refunds = shop.ask("stripe", "GET", f"/v1/refunds?payment_intent={intent['id']}&limit=100")[1]["data"]
    assert [(one["amount"], one["metadata"]) for one in refunds] == [(500, {}), (1500, {"orderflow_key": "demo#1001#refund#5"})]
    disputes = shop.ask("stripe", "GET", f"/v1/disputes?payment_intent={intent['id']}&limit=100")[1]["data"]
    assert [(one["amount"], one["status"]) for one in disputes] == [(2000, "lost")]
    assert shop.done() == [("create", 4998), ("authorize", 4998), ("capture", 4000), ("refund", 1500), ("refund", 500)]
    assert shop.see("effects")[2]["key"] == "demo#1001#capture#3"


@pytest.mark.parametrize(
    ("method", "status", "state", "word"),
    [
        ("pm_card_visa", 200, "requires_capture", None),
        ("pm_card_chargeDeclinedInsufficientFunds", 402, "requires_payment_method", "insufficient_funds"),
        ("pm_card_chargeDeclinedStolenCard", 402, "requires_payment_method", "stolen_card"),
        ("pm_card_threeDSecure2Required", 200, "requires_action", None),
        ("", 200, "requires_payment_method", None),
    ],
)
def test_stripes_cards_for_tests_do_what_they_do_at_stripe(shop: Shop, method: str, status: int, state: str, word: str | None) -> None:
    code, said = shop.intent(method)
    intent = said.get("error", {}).get("payment_intent", said)
    assert (code, intent["status"]) == (status, state)
    assert said.get("error", {}).get("decline_code") == word == (intent["last_payment_error"] or {}).get("decline_code")


def test_a_life_at_paypal(shop: Shop) -> None:
    status, said, _ = shop.call("POST", "/pay/paypal/v1/oauth2/token", b"grant_type=client_credentials", shop.FORM | {"Authorization": "Basic " + base64.b64encode(b"id:secret").decode()})
    assert status == 200 and json.loads(said)["access_token"].startswith("access-")
    money = {"currency_code": "EUR", "value": "49.98"}
    context = {"return_url": "https://shop.example/back", "cancel_url": "https://shop.example/back"}
    unit = {"custom_id": "demo#1001#authorize#1", "description": "Order 1001", "amount": money}
    body = {"intent": "AUTHORIZE", "purchase_units": [unit], "payment_source": {"paypal": {"experience_context": context}}}
    status, order = shop.ask("paypal", "POST", "/v2/checkout/orders", body, "demo#1001#authorize#1")
    assert (status, order["status"]) == (201, "PAYER_ACTION_REQUIRED")
    at = f"/v2/checkout/orders/{order['id']}"
    status, said = shop.ask("paypal", "POST", f"{at}/authorize", {}, "demo#1001#authorize#1#a")
    assert (status, said["details"][0]["issue"]) == (422, "ORDER_NOT_APPROVED")
    page = shop.customer(next(link["href"] for link in order["links"] if link["rel"] == "payer-action"))
    assert f"https://shop.example/back?token={order['id']}" in page and "Confirmed" in page
    status, order = shop.ask("paypal", "POST", f"{at}/authorize", {}, "demo#1001#authorize#1#a")
    (authorization,) = order["purchase_units"][0]["payments"]["authorizations"]
    assert (status, authorization["status"], authorization["amount"]) == (201, "CREATED", money)
    captured = []
    for n, value in ((2, "30.00"), (3, "19.98")):
        part = {"amount": {"currency_code": "EUR", "value": value}, "invoice_id": f"demo#1001#capture#{n}", "final_capture": n == 3}
        status, capture = shop.ask("paypal", "POST", f"/v2/payments/authorizations/{authorization['id']}/capture", part, f"demo#1001#capture#{n}")
        assert (status, capture["status"]) == (201, "COMPLETED")
        captured.append(capture["id"])
    status, said = shop.ask("paypal", "POST", f"/v2/payments/authorizations/{authorization['id']}/void")
    assert (status, said["details"][0]["issue"]) == (422, "PREVIOUSLY_CAPTURED")
    refund = {"amount": {"currency_code": "EUR", "value": "10.00"}, "custom_id": "demo#1001#refund#4"}
    assert shop.ask("paypal", "POST", f"/v2/payments/captures/{captured[0]}/refund", refund, "demo#1001#refund#4")[0] == 201
    refund["amount"]["value"] = "20.01"
    status, said = shop.ask("paypal", "POST", f"/v2/payments/captures/{captured[0]}/refund", refund, "demo#1001#refund#5")
    assert (status, said["details"][0]["issue"]) == (422, "REFUND_AMOUNT_EXCEEDED")
    for wish in ({"what": "refund", "amount": 500}, {"what": "dispute_opened", "amount": 1000}, {"what": "dispute_won"}):
        assert shop.switch("outside", provider="paypal", id=captured[0], **wish) == 204
    paid = shop.ask("paypal", "GET", at)[1]["purchase_units"][0]["payments"]
    assert [one["invoice_id"] for one in paid["captures"]] == ["demo#1001#capture#2", "demo#1001#capture#3"]
    assert [one["custom_id"] for one in paid["refunds"]] == ["demo#1001#refund#4", "demo#1001#authorize#1"], "from outside it inherits the order's"
    assert {link["href"].rsplit("/")[-1] for one in paid["refunds"] for link in one["links"] if link["rel"] == "up"} == {captured[0]}
    (listed,) = shop.ask("paypal", "GET", f"/v1/customer/disputes?disputed_transaction_id={captured[0]}&page_size=10")[1]["items"]
    assert "dispute_outcome" not in listed
    dispute = shop.ask("paypal", "GET", f"/v1/customer/disputes/{listed['dispute_id']}")[1]
    assert (dispute["dispute_outcome"]["outcome_code"], dispute["dispute_amount"]["value"]) == ("RESOLVED_SELLER_FAVOUR", "10.00")
    assert shop.done() == [("create", 4998), ("authorize", 4998), ("capture", 3000), ("capture", 1998), ("refund", 1000), ("refund", 500)]


@pytest.mark.parametrize(("how", "code"), [("soft", "5120"), ("hard", "9520")])
def test_paypal_says_when_it_is_asked_for_the_money_that_there_is_none(shop: Shop, how: str, code: str) -> None:
    wallet = {"experience_context": {"return_url": "https://shop.example", "cancel_url": "https://shop.example"}}
    body = {"intent": "AUTHORIZE", "purchase_units": [{"amount": {"currency_code": "JPY", "value": "500"}}], "payment_source": {"paypal": wallet}}
    order = shop.ask("paypal", "POST", "/v2/checkout/orders", body, "k")[1]
    shop.customer(f"/pay/customer/paypal/{order['id']}", how)
    said = shop.ask("paypal", "POST", f"/v2/checkout/orders/{order['id']}/authorize", {}, "k#a")[1]["purchase_units"][0]["payments"]["authorizations"][0]
    assert (said["status"], said["processor_response"]["response_code"], shop.done()) == ("DENIED", code, [("create", 500)])


def test_a_life_at_razorpay(shop: Shop) -> None:
    notes = {"orderflow_key": "demo#1001#authorize#1"}
    body = {"amount": 4998, "currency": "INR", "receipt": "of-1", "notes": notes, "payment": {"capture": "manual"}}
    status, order = shop.ask("razorpay", "POST", "/v1/orders", body)
    assert (status, order["status"]) == (200, "created")
    found = shop.ask("razorpay", "GET", "/v1/orders?receipt=of-1")[1]["items"]
    assert [one["id"] for one in found] == [order["id"]] and shop.ask("razorpay", "GET", "/v1/orders?receipt=of-2")[1]["items"] == []
    assert "no money on the card" in shop.customer(f"/pay/customer/razorpay/{order['id']}", "soft")
    assert "Confirmed" in shop.customer(f"/pay/customer/razorpay/{order['id']}")
    tries = shop.ask("razorpay", "GET", f"/v1/orders/{order['id']}/payments")[1]["items"]
    assert [(one["status"], one["error_reason"]) for one in tries] == [("authorized", None), ("failed", "insufficient_funds")]
    at = f"/v1/payments/{tries[0]['id']}"
    assert shop.ask("razorpay", "POST", f"{at}/capture", {"amount": 4000, "currency": "INR"})[1]["error"]["field"] == "amount"
    assert shop.ask("razorpay", "POST", f"{at}/capture", {"amount": 4998, "currency": "INR"})[1]["captured"] is True
    assert "already been captured" in shop.ask("razorpay", "POST", f"{at}/capture", {"amount": 4998, "currency": "INR"})[1]["error"]["description"]
    refund = {"amount": 1500, "speed": "normal", "receipt": "of-refund-0003", "notes": {"orderflow_key": "demo#1001#refund#3"}}
    assert shop.ask("razorpay", "POST", f"{at}/refund", refund, "of-refund-0003")[1]["status"] == "processed"
    assert "Duplicate receipt" in shop.ask("razorpay", "POST", f"{at}/refund", refund, "another-key")[1]["error"]["description"]
    assert shop.switch("outside", provider="razorpay", id=f"{order['id']}/{tries[0]['id']}", what="refund") == 204
    refunds = shop.ask("razorpay", "GET", f"{at}/refunds?count=100")[1]["items"]
    assert [(one["amount"], one["notes"]) for one in refunds] == [(3498, []), (1500, refund["notes"])]
    assert "fully refunded" in shop.ask("razorpay", "POST", f"{at}/refund", refund, "of-refund-0004")[1]["error"]["description"]
    assert "does not exist" in shop.ask("razorpay", "GET", "/v1/payments/pay_none")[1]["error"]["description"]
    assert shop.done() == [("create", 4998), ("authorize", 4998), ("capture", 4998), ("refund", 1500), ("refund", 3498)]


def test_a_promise_of_razorpays_ends_when_its_time_is_up(shop: Shop) -> None:
    order = shop.ask("razorpay", "POST", "/v1/orders", {"amount": 100, "currency": "INR", "receipt": "r"})[1]
    shop.customer(f"/pay/customer/razorpay/{order['id']}")
    assert shop.switch("outside", provider="razorpay", id=order["id"], what="expired") == 204
    (payment,) = shop.ask("razorpay", "GET", f"/v1/orders/{order['id']}/payments")[1]["items"]
    assert (payment["status"], payment["captured"]) == ("refunded", False)
    assert shop.switch("outside", provider="razorpay", id=order["id"], what="expired") == 400


def payu_order(n: int = 1, **more: object) -> dict:
    products = [{"name": "Order 1001", "unitPrice": "4998", "quantity": "1"}]
    names = {"extOrderId": f"demo#1001#authorize#{n}", "merchantPosId": "300746", "customerIp": "203.0.113.7", "description": "Order 1001"}
    return {**names, "currencyCode": "PLN", "totalAmount": "4998", "continueUrl": "https://shop.example/back", "validityTime": "900", "products": products, **more}


def test_a_life_at_payu(shop: Shop) -> None:
    status, said, _ = shop.call("POST", "/pay/payu/pl/standard/user/oauth/authorize", b"grant_type=client_credentials&client_id=300746&client_secret=s", shop.FORM)
    assert status == 200 and json.loads(said)["access_token"].startswith("access-")
    status, said, headers = shop.call("POST", "/pay/payu/api/v2_1/orders", json.dumps(payu_order()).encode(), shop.SIGNED["payu"])
    made = json.loads(said)
    assert (status, made["redirectUri"], made["status"]["statusCode"]) == (302, headers["Location"], "SUCCESS")
    assert shop.ask("payu", "POST", "/api/v2_1/orders", payu_order())[1]["status"]["statusCode"] == "ERROR_ORDER_NOT_UNIQUE"
    at = f"/api/v2_1/orders/{made['orderId']}"
    assert shop.ask("payu", "GET", at)[1]["orders"][0]["status"] == "NEW"
    assert 'href="https://shop.example/back"' in shop.customer(made["redirectUri"])
    assert shop.ask("payu", "POST", f"{at}/refunds", {"refund": {"description": "Refund"}})[1]["status"]["codeLiteral"] == "TRANS_NOT_ENDED"
    for _ in range(2):
        assert shop.ask("payu", "POST", f"{at}/captures")[1]["status"]["statusCode"] == "SUCCESS"
    assert shop.ask("payu", "POST", f"{at}/captures", {"amount": "1", "currencyCode": "PLN"})[1]["status"]["codeLiteral"] == "ORDER_CANNOT_BE_CAPTURED"
    assert shop.ask("payu", "DELETE", at)[1]["status"]["codeLiteral"] == "ORDER_CANNOT_BE_CANCELED"
    refund = {"refund": {"description": "Refund", "amount": "1500", "currencyCode": "PLN", "extRefundId": "demo#1001#refund#3"}}
    once = shop.ask("payu", "POST", f"{at}/refunds", refund)[1]["refund"]
    assert once["status"] == "FINALIZED" and shop.ask("payu", "POST", f"{at}/refunds", refund)[1]["refund"] == once
    assert shop.switch("outside", provider="payu", id=made["orderId"], what="refund", amount=500) == 204
    assert shop.switch("outside", provider="payu", id=made["orderId"], what="dispute_opened") == 400
    refunds = shop.ask("payu", "GET", f"{at}/refunds")[1]["refunds"]
    assert [(one["amount"], one.get("extRefundId")) for one in refunds] == [("500", None), ("1500", "demo#1001#refund#3")]
    token = shop.ask("payu", "POST", "/api/v2_1/orders", payu_order(2, payMethods={"payMethod": {"type": "CARD_TOKEN", "value": "TOKC_demo"}}))
    assert (token[0], "redirectUri" in token[1]) == (201, False)
    assert shop.ask("payu", "DELETE", f"/api/v2_1/orders/{token[1]['orderId']}")[1]["status"]["statusCode"] == "SUCCESS"
    lost = shop.call("POST", "/pay/payu/api/v2_1/orders", json.dumps(payu_order(3)).encode(), shop.SIGNED["payu"])[2]["Location"]
    assert "https://shop.example/back?error=501" in shop.customer(lost, "hard")
    steps = [operation for operation, _ in shop.done()]
    assert steps == ["create", "authorize", "capture", "refund", "refund", "create", "authorize", "void", "create"]


def test_by_one_key_a_thing_is_done_once(shop: Shop) -> None:
    intent = shop.intent()[1]
    assert shop.intent()[1] == intent
    status, said = shop.intent(units=5000)
    assert (status, said["error"]["type"]) == (400, "idempotency_error")
    wallet = {"vault_id": "v", "experience_context": {"return_url": "https://shop.example", "cancel_url": "https://shop.example"}}
    body = {"intent": "AUTHORIZE", "purchase_units": [{"amount": {"currency_code": "EUR", "value": "1.00"}}], "payment_source": {"paypal": wallet}}
    order = shop.ask("paypal", "POST", "/v2/checkout/orders", body, "k")
    assert order[1]["status"] == "COMPLETED" and shop.ask("paypal", "POST", "/v2/checkout/orders", body, "k") == order
    body["purchase_units"][0]["amount"]["value"] = "2.00"
    status, said = shop.ask("paypal", "POST", "/v2/checkout/orders", body, "k")
    assert (status, said["details"][0]["issue"]) == (400, "DUPLICATE_REQUEST_ID")
    made = shop.ask("razorpay", "POST", "/v1/orders", {"amount": 1000, "currency": "INR", "receipt": "r"})[1]["id"]
    shop.customer(f"/pay/customer/razorpay/{made}")
    payment = shop.ask("razorpay", "GET", f"/v1/orders/{made}/payments")[1]["items"][0]["id"]
    shop.ask("razorpay", "POST", f"/v1/payments/{payment}/capture", {"amount": 1000, "currency": "INR"})
    refund = {"amount": 300, "notes": {}}
    once = shop.ask("razorpay", "POST", f"/v1/payments/{payment}/refund", refund, "of-refund-0003")
    assert once[0] == 200 and shop.ask("razorpay", "POST", f"/v1/payments/{payment}/refund", refund, "of-refund-0003") == once
    assert shop.ask("razorpay", "POST", f"/v1/payments/{payment}/refund", {"amount": 400}, "of-refund-0003")[0] == 409
    assert [operation for operation, _ in shop.done()].count("authorize") == 3 and shop.done()[-1] == ("refund", 300)


@pytest.mark.parametrize("provider", Shop.SIGNED)
def test_whoever_shows_no_credentials_is_refused(shop: Shop, provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = {"stripe": "/v1/payment_intents/x", "paypal": "/v2/checkout/orders/x", "razorpay": "/v1/orders/x", "payu": "/api/v2_1/orders/x"}
    assert shop.ask(provider, "GET", paths[provider])[0] in (400, 404), "it is not there"
    for odd in ("", "Bearer", "Bearer sk_live_1", "Basic !", "Basic " + base64.b64encode(b"rzp_test_demo").decode()):
        monkeypatch.setitem(Shop.SIGNED, provider, {"Authorization": odd})
        assert shop.ask(provider, "GET", paths[provider])[0] == 401, odd
    assert shop.call("POST", "/pay/paypal/v1/oauth2/token", b"grant_type=client_credentials", shop.FORM)[0] == 401
    assert shop.call("POST", "/pay/payu/pl/standard/user/oauth/authorize", b"grant_type=client_credentials", shop.FORM)[0] == 401


def test_mischief_meets_what_it_is_about(shop: Shop) -> None:
    intent = shop.intent()[1]
    at = f"/v1/payment_intents/{intent['id']}"
    plan = {"provider": "stripe", "operation": "capture"}
    assert shop.switch("mischief", **plan, how="throttle", about="#1002#") == 204
    assert shop.switch("mischief", **plan, how="error_500") == 204
    assert shop.switch("mischief", **plan, how="decline_soft") == 204
    assert shop.switch("mischief", **plan, how="timeout_after", about="capture#4") == 204

    def capture(n: int) -> tuple[int, dict]:
        return shop.ask("stripe", "POST", f"{at}/capture", {"amount_to_capture": 4998}, f"demo#1001#capture#{n}")

    assert capture(2)[0] == 500
    status, said = capture(3)
    assert (status, said["error"]["decline_code"]) == (402, "insufficient_funds")
    assert shop.done() == [("create", 4998), ("authorize", 4998)]
    with pytest.raises(http.client.RemoteDisconnected):
        capture(4)
    assert shop.done()[-1] == ("capture", 4998)
    assert capture(4)[1]["status"] == "succeeded", "by the same key it hears what it has missed"
    assert len(shop.done()) == 3 and capture(3)[0] == 402
    for odd in ({"how": "explode"}, {"how": "throttle", "provider": "visa"}, {"how": "decline_hard", "operation": "look_up"}):
        assert shop.switch("mischief", **odd) == 400
    assert shop.call("DELETE", "/pay/mischief")[0] == 204 and shop.call("DELETE", "/pay/effects")[0] == 204 and shop.done() == []


@pytest.mark.parametrize(
    ("soft", "read"),
    [
        (True, {"paypal": "TRANSACTION_LIMIT_EXCEEDED", "razorpay": "insufficient_funds", "payu": None}),
        (False, {"paypal": "INSTRUMENT_DECLINED", "razorpay": "debit_instrument_blocked", "payu": "LIMIT_EXCEEDED"}),
    ],
)
def test_every_provider_declines_in_its_own_words(shop: Shop, soft: bool, read: dict[str, str | None]) -> None:
    assert shop.switch("mischief", how="decline_soft" if soft else "decline_hard", times=3) == 204
    assert shop.ask("paypal", "POST", "/v2/checkout/orders", {}, "k")[1]["details"][0]["issue"] == read["paypal"]
    assert shop.ask("razorpay", "POST", "/v1/orders", {})[1]["error"]["reason"] == read["razorpay"]
    said = shop.ask("payu", "POST", "/api/v2_1/orders", {})[1]["status"]
    assert (said["statusCode"], said.get("codeLiteral")) == ("BUSINESS_ERROR", read["payu"])
    assert shop.see("objects") == []


class Listener:
    """A small server that keeps what it is sent; its first answer is 500."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response_only(500 if len(listener.got) == 1 else 200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def wait(self, count: int) -> list[tuple[str, dict[str, str], bytes]]:
        for _ in range(500):
            if len(self.got) >= count:
                return self.got
            time.sleep(0.01)
        raise AssertionError(f"{len(self.got)} of {count} came")


def stripe_signed(headers: dict[str, str], body: bytes) -> bool:
    stamp, signature = (part.partition("=")[2] for part in headers["stripe-signature"].split(","))
    return abs(time.time() - int(stamp)) < 60 and signature == hmac.new(b"whsec_demo", stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def razorpay_signed(headers: dict[str, str], body: bytes) -> bool:
    return headers["x-razorpay-signature"] == hmac.new(b"demo-secret", body, hashlib.sha256).hexdigest()


def payu_signed(headers: dict[str, str], body: bytes) -> bool:
    parts = dict(part.split("=") for part in headers["openpayu-signature"].split(";"))
    return (parts["algorithm"], parts["signature"]) == ("MD5", hashlib.md5(body + b"second-key").hexdigest())


def stripe_story(shop: Shop) -> None:
    intent = shop.intent()[1]["id"]
    shop.ask("stripe", "POST", f"/v1/payment_intents/{intent}/capture", {"amount_to_capture": 4998}, "demo#1001#capture#2")
    shop.ask("stripe", "POST", "/v1/refunds", {"payment_intent": intent, "amount": 100, "metadata[orderflow_key]": "demo#1001#refund#3"}, "demo#1001#refund#3")
    shop.ask("stripe", "POST", f"/v1/payment_intents/{shop.intent(n=2)[1]['id']}/cancel", {}, "demo#1001#void#4")


def razorpay_story(shop: Shop) -> None:
    order = shop.ask("razorpay", "POST", "/v1/orders", {"amount": 1000, "currency": "INR", "receipt": "r"})[1]["id"]
    shop.customer(f"/pay/customer/razorpay/{order}")
    payment = shop.ask("razorpay", "GET", f"/v1/orders/{order}/payments")[1]["items"][0]["id"]
    shop.ask("razorpay", "POST", f"/v1/payments/{payment}/capture", {"amount": 1000, "currency": "INR"})
    shop.ask("razorpay", "POST", f"/v1/payments/{payment}/refund", {"amount": 300}, "of-refund-0003")
    shop.switch("outside", provider="razorpay", id=payment, what="dispute_opened")


def payu_story(shop: Shop) -> None:
    made = shop.ask("payu", "POST", "/api/v2_1/orders", payu_order())[1]
    shop.customer(made["redirectUri"])
    shop.ask("payu", "POST", f"/api/v2_1/orders/{made['orderId']}/captures")
    shop.switch("outside", provider="payu", id=made["orderId"], what="refund")


@pytest.mark.parametrize(
    ("provider", "secret", "story", "is_signed", "word", "told"),
    [
        ("stripe", "whsec_demo", stripe_story, stripe_signed, lambda event: event["type"], ["payment_intent.amount_capturable_updated", "payment_intent.succeeded", "refund.created", "payment_intent.amount_capturable_updated", "payment_intent.canceled"]),
        ("razorpay", "demo-secret", razorpay_story, razorpay_signed, lambda event: event["event"], ["payment.authorized", "payment.captured", "refund.processed", "payment.dispute.created"]),
        ("payu", "second-key", payu_story, payu_signed, lambda event: (event.get("refund") or event["order"])["status"], ["WAITING_FOR_CONFIRMATION", "COMPLETED", "FINALIZED"]),
    ],
)
def test_events_come_signed_and_in_order_and_again_if_they_were_not_taken(
    shop: Shop, provider: str, secret: str, story: Callable[[Shop], None], is_signed: Callable[[dict[str, str], bytes], bool], word: Callable[[dict], str], told: list[str]
) -> None:
    listener = Listener()
    assert shop.switch("webhooks", provider=provider, url=f"{listener.url}/v1/payments/demo/{provider}", secret=secret) == 204
    story(shop)
    got = listener.wait(len(told) + 1)
    assert [word(json.loads(body)) for _, _, body in got] == [told[0], *told], "the first was not taken"
    assert all(is_signed(headers, body) and path == f"/v1/payments/demo/{provider}" for path, headers, body in got)
    assert not is_signed(got[0][1], got[0][2] + b" ")
    (hook,) = shop.see("webhooks")
    assert hook["dropped"] == 0 and "secret" not in hook
    assert shop.switch("webhooks", provider="paypal", url=listener.url, secret="x") == 400
    listener.server.shutdown()


def test_an_event_that_nobody_takes_is_dropped(shop: Shop) -> None:
    nowhere = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    nowhere.server_close()
    shop.switch("webhooks", provider="stripe", url=f"http://127.0.0.1:{nowhere.server_address[1]}", secret="whsec_demo")
    shop.intent()
    for _ in range(500):
        if shop.see("webhooks")[0]["dropped"]:
            return
        time.sleep(0.01)
    raise AssertionError("it is still being tried")


def test_people_see_what_waits_for_them(shop: Shop) -> None:
    intent = shop.intent("pm_card_threeDSecure2Required")[1]["id"]
    page = f"/pay/customer/stripe/{intent}"
    front = shop.call("GET", "/")[1].decode()
    assert "49.98 EUR" in front and f'href="{page}"' in front and "requires_action" in front
    assert "the card was stolen" in shop.customer(page, "hard") and "Confirmed" in shop.customer(page)
    assert b"Decline" not in shop.call("GET", page)[1] and f'href="{page}"' not in shop.call("GET", "/")[1].decode()
    (thing,) = shop.see("objects")
    assert (thing["state"], thing["amount"], thing["page"], thing["said"]["id"]) == ("requires_capture", 4998, None, intent)
    assert shop.call("GET", "/pay/customer/stripe/pi_none")[0] == shop.call("GET", "/pay/nothing")[0] == 404
    body = payu_order(description="<script>", continueUrl="javascript:alert(1)")
    said = shop.call("GET", urllib.parse.urlsplit(shop.ask("payu", "POST", "/api/v2_1/orders", body)[1]["redirectUri"]).path)[1]
    assert b"&lt;script&gt;" in said and b"<script>" not in said and b"javascript" not in said


def test_the_oldest_payments_are_forgotten(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payments.world, "KEPT_MAX", 3)
    made = [shop.intent(n=n)[1]["id"] for n in range(1, 6)]
    assert [thing["id"] for thing in shop.see("objects")] == made[2:]


@pytest.mark.parametrize(
    ("units", "currency", "places", "shown"),
    [(4998, "EUR", 2, "49.98 EUR"), (5, "EUR", 2, "0.05 EUR"), (500, "JPY", 0, "500 JPY"), (500, "ISK", 2, "5 ISK"), (5120, "KWD", 3, "5.120 KWD"), (512, "KWD", 2, "5.120 KWD")],
)
def test_amounts_are_read_in_the_providers_units(units: int, currency: str, places: int, shown: str) -> None:
    money = payments.money.of_units(units, currency, places)
    assert money is not None and str(money) == shown and money.units(places) == units
    assert payments.money.of_decimal(money.decimal(), currency) == money
    assert payments.money.of_units(0, "EUR", 2) is payments.money.of_units("1.5", "EUR", 2) is payments.money.of_decimal("1.234", "EUR") is None
