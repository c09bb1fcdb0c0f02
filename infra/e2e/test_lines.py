"""A shop's own lines to its customers, through the deployed functions: what goes out, and what the platforms say back."""

from __future__ import annotations

import base64
import json
import re
import urllib.request
import uuid

import boto3
import hook
import platforms
import pytest

from shop import Shop, eventually
from test_attention import WatchedShop

LINES = {
    "sms": {"account_sid": "ACDEMODEMODEMODEMODEMODEMODEMODEMO", "auth_token": "twilio-demo-token", "from": "+15005550006"},
    "whatsapp": {"phone_number_id": "106540352242922", "token": "EAAG-demo-token", "app_secret": platforms.SECRETS["whatsapp"]},
    "telegram": {"token": "123456789:AAdemo-token", "webhook_secret": platforms.SECRETS["telegram"]},
    "instagram": {"page_id": "10650011223344", "token": "EAAP-demo-token", "app_secret": platforms.SECRETS["instagram"]},
}

HOOK = {"name": "warehouse", "scheme": "hmac", "secrets": ["a-secret-of-the-talking-shop"], "vocabulary": "events", "notify": False}


class Talking(WatchedShop):
    """A shop that writes by every line it has."""

    def __init__(self, shop: Shop, channels: list[str], **settings: object) -> None:
        super().__init__(shop)
        self.settings(channels=channels, lines=LINES, **settings)
        self.channels = f"{shop.env['api_url']}/v1/channels/{self.tenant}"

    def settings(self, **notify: object) -> dict:
        now = self.call("GET", "/v1/settings")
        return self.call("PUT", "/v1/settings", {**now, "notify": {**now["notify"], **notify}})

    def order(self, number: str, consent: list[str], phone: str, **more: object) -> None:
        contact = {"name": "Sarah Connor", "email": f"{number.lower()}@{self.tenant}.example", "phone": phone, "consent": consent, "chats": {"telegram": phone[1:], "instagram": phone[1:]}}
        order = {"number": number, "currency": "EUR", "customer": contact, "items": [{"sku": "MUG", "name": "Mug", "quantity": 1, "unit_price": "5.00"}], **more}
        self.call("POST", "/v1/orders", order, **{"Idempotency-Key": number})

    def text(self, number: str) -> dict:
        """The message about an order, once it is on somebody's phone."""
        found = lambda: [text for text in self.shop.outside("/texts") if f"#{number}" in text["text"]]  # noqa: E731
        return eventually(lambda: found() and found()[-1], f"the text about {number}")

    def say(self, path: str, **wish: object) -> int:
        body = json.dumps({"channels": self.channels, **wish}).encode()
        with urllib.request.urlopen(urllib.request.Request(self.shop.env["outside_url"] + path, body, method="POST"), timeout=30) as answer:
            return json.loads(answer.read())["status"]

    def messages(self, number: str) -> dict[str, str]:
        return {message["channel"]: message["state"] for message in self.call("GET", f"/v1/orders/{number}/timeline")["messages"]}

    def hears(self, number: str, status: str) -> None:
        """A system of the shop's own says something of an order; its customer is not told."""
        body = json.dumps({"orderId": number, "status": status, "email": f"{number.lower()}@{self.tenant}.example"}).encode()
        signed = hook.sign({"secret": HOOK["secrets"][0], "scheme": "hmac"}, body, f"{status}-{number}")
        sent = self.shop.call("POST", f"/v1/hooks/{self.tenant}/{HOOK['name']}", body, key=None, headers=signed)
        assert sent.status == 202, sent.body

    def posts(self) -> list[str]:
        return [post["payload"].get("text", "") for post in self.shop.outside("/messages") if post["path"] == self.hook]


@pytest.fixture
def phone() -> str:
    return f"+4860{uuid.uuid4().int % 10**7:07d}"


# req: S1-19, S1-27, S1-28, S1-29, S1-30, S1-33
def test_a_text_message_its_receipt_its_answer_and_its_end(shop: Shop, phone: str) -> None:
    talking = Talking(shop, ["whatsapp", "sms", "email"])
    assert talking.call("GET", "/v1/settings")["notify"]["lines"]["sms"]["auth_token"] == "(set)"
    talking.order("T-1", ["sms"], phone)
    sent = talking.text("T-1")
    assert (sent["channel"], sent["to"], sent["text"]) == ("sms", phone, "Hi Sarah! Order #T-1 received. -Watch Shop")
    assert talking.say("/receipt", n=sent["n"], status="delivered") == 200
    eventually(lambda: talking.messages("T-1").get("sms") == "delivered", "the receipt")
    assert talking.say("/reply", n=sent["n"], text="Can you leave it at the gate?") == 200
    said = f"*Order T-1*: the customer wrote by SMS\n>Can you leave it at the gate?"
    eventually(lambda: any(said in text for text in talking.posts()), "the team to hear of it")
    entries = json.dumps(talking.call("GET", "/v1/orders/T-1/timeline")["timeline"])
    assert "Customer wrote by SMS: Can you leave it at the gate?" in entries
    stats = lambda: talking.call("GET", "/v1/orders/stats")  # noqa: E731
    eventually(lambda: stats()["delivery_rate"]["value"] == 1.0 and stats()["response_rate"]["value"] == 1.0, "the figures")
    assert talking.say("/reply", n=sent["n"], text="STOP") == 200
    eventually(lambda: "Customer wrote by SMS: STOP" in json.dumps(talking.call("GET", "/v1/orders/T-1/timeline")), "their wish")
    talking.order("T-2", ["sms"], phone)
    eventually(lambda: talking.messages("T-2") == {"sms": "refused", "email": "sent", "slack": "sent"}, "an e-mail instead")
    # Nobody else is believed.
    form = b"MessageSid=SM1&From=%2B48600100200&Body=hello"
    forged = shop.call("POST", f"/v1/channels/{talking.tenant}/sms", form, key=None, headers={"X-Twilio-Signature": base64.b64encode(bytes(20)).decode()})
    assert forged.status == 401, forged.body


# req: S1-19
def test_a_team_reads_at_an_address_of_its_own(shop: Shop, phone: str) -> None:
    talking = Talking(shop, ["email"])
    address = f"{shop.env['outside_url']}/platforms/team/{talking.tenant}"
    talking.settings(webhook={"url": address, "secret": platforms.TEAM_SECRET})
    assert talking.call("GET", "/v1/settings")["notify"]["webhook"] == {"url": "(set)", "secret": "(set)"}
    told = lambda: [text for text in shop.outside("/texts") if text["channel"] == "webhook" and text["to"] == talking.tenant]  # noqa: E731
    moved = {"location": "main", "by": 4, "reference": "delivery-1"}
    for _ in range(2):
        talking.call("POST", "/v1/inventory/CUP/adjust", moved)
    texts = eventually(lambda: len(told()) == 2 and told(), "the team to be told")
    assert {":package: *CUP is low*" in text["text"] or ":rotating_light: *Reorder CUP*" in text["text"] for text in texts} == {True}, texts
    assert len({text["id"] for text in texts}) == 2


# req: S1-19, S1-23, S1-29
def test_chats(shop: Shop, phone: str) -> None:
    talking = Talking(shop, ["instagram", "telegram", "whatsapp", "email"], plain_words=False)
    for number, channel, words in [
        ("C-1", "instagram", "Hey Sarah! ✨ Order #C-1 received! 💙"),
        ("C-2", "telegram", "Hey Sarah! ✨ Order #C-2 received! 💙"),
        ("C-3", "whatsapp", "Hey Sarah! 👋 We have your order #C-3! 📦"),
    ]:
        talking.order(number, [channel], phone)
        sent = talking.text(number)
        assert (sent["channel"], sent["text"]) == (channel, words)
        assert talking.say("/reply", n=sent["n"], text=f"thanks for {number}") == 200
        eventually(lambda: f"thanks for {number}" in json.dumps(talking.call("GET", f"/v1/orders/{number}/timeline")), f"the answer by {channel}")  # noqa: B023
    assert talking.say("/receipt", n=sent["n"], status="read") == 200
    eventually(lambda: talking.messages("C-3").get("whatsapp") == "opened", "that it was read")
    # A forwarded page with the way of the order, for whoever has the link.
    for word in ("processing", "shipped"):
        talking.call("POST", "/v1/orders/update-status", {"order_id": "C-2", "new_status": word, "notify_customer": word == "shipped"})
    shipped = eventually(lambda: [text for text in shop.outside("/texts") if "#C-2 on its way" in text["text"]], "the text about the parcel")[0]
    link = next(word for word in shipped["text"].split() if "/track/" in word)
    page = shop.call("GET", link.removeprefix(shop.env["api_url"]), key=None)
    assert page.status == 200 and "On its way" in page.body.decode() and "Sarah" not in page.body.decode()


# req: S1-27, S1-28, S1-30
def test_what_ses_says_of_a_mail(shop: Shop, phone: str) -> None:
    talking = Talking(shop, ["email"])
    talking.order("M-1", [], phone)
    eventually(lambda: talking.messages("M-1").get("email") == "sent", "the mail")
    client = boto3.client("dynamodb", **shop.aws())
    rows = client.query(
        TableName=shop.env["env"]["TABLE_ORDERS"],
        KeyConditionExpression="PK = :pk AND begins_with(SK, :msg)",
        ExpressionAttributeValues={":pk": {"S": f"T#{talking.tenant}#O#M-1"}, ":msg": {"S": "MSG#"}},
    )["Items"]
    row = next(row for row in rows if row["channel"]["S"] == "email")
    about = base64.urlsafe_b64encode(f"M-1/{row['event']['S']}/{row['recipient']['S']}".encode()).decode().rstrip("=")
    tags = {"ses:configuration-set": ["x"], "tenant": [talking.tenant], "about": [about]}

    def says(kind: str, **more: object) -> None:
        detail = {"eventType": kind, "mail": {"messageId": "0100", "destination": [f"M-1@{talking.tenant}.example"], "tags": tags}, **more}
        event = {"version": "0", "source": "aws.ses", "detail-type": f"Email {kind}", "detail": detail}
        boto3.client("sqs", **shop.aws()).send_message(QueueUrl=shop.env["env"]["QUEUE_HOOKS_URL"], MessageBody=json.dumps(event))

    says("Delivery")
    eventually(lambda: talking.messages("M-1").get("email") == "delivered", "the receipt")
    says("Complaint")
    says("Bounce", bounce={"bounceType": "Permanent", "bounceSubType": "General"})
    eventually(lambda: talking.messages("M-1").get("email") == "bounced", "the bounce")
    talking.call(
        "POST",
        "/v1/orders",
        {"number": "M-2", "currency": "EUR", "customer": {"name": "Sarah", "email": f"m-1@{talking.tenant}.example"}, "items": [{"sku": "MUG", "name": "Mug", "quantity": 1, "unit_price": "5.00"}]},
        **{"Idempotency-Key": "M-2"},
    )
    eventually(lambda: talking.messages("M-2").get("email") == "refused", "nobody to be written to in vain")


# req: S1-03, S1-15, S1-19, S1-20, S1-37
def test_an_order_by_instagram_from_first_to_last(shop: Shop, phone: str) -> None:
    """The whole example, with hours made to pass at once: exactly its messages, none twice, each when its step is made."""
    talking = Talking(shop, ["instagram"], plain_words=True)
    settings = talking.call("GET", "/v1/settings")
    settings["hooks"] = [HOOK]
    settings["follow_up"] = {"enabled": True, "after_delivered_h": 0}
    settings["progress"] |= {"mode": "auto", "pending_after_h": 0, "processing_after_h": 0}
    talking.call("PUT", "/v1/settings", settings)
    told: list[str] = []

    def tells(words: str, percent: int, seconds: float = 60) -> None:
        theirs = lambda: [text for text in shop.outside("/texts") if text["to"] == phone[1:]]  # noqa: E731
        texts = eventually(lambda: len(theirs()) > len(told) and theirs(), words, seconds)
        told.append(re.sub(r"(https?://\S+/)[0-9a-f]{16}\b", r"\1LINK", texts[-1]["text"]))
        assert {text["channel"] for text in texts} == {"instagram"}
        assert (told[-1], len(texts)) == (words, len(told)), told
        assert talking.call("GET", "/v1/orders/IG-1/progress")["progress"] == percent

    link = lambda page: f"{shop.env['api_url']}/{page}/{talking.tenant}/IG-1/LINK"  # noqa: E731
    talking.order("IG-1", ["instagram"], phone, channel="instagram")
    tells("Order received! We'll start soon! 📦", 25)
    talking.hears("IG-1", "order_paid")
    eventually(lambda: talking.call("GET", "/v1/orders/IG-1")["tracks"]["payment"] == "captured", "the payment to be known")
    talking.watch()
    tells("We're preparing your order! 🎁", 50)
    # Age alone ships nothing.
    talking.watch()
    assert talking.call("GET", "/v1/orders/IG-1")["status"] == "processing"
    talking.hears("IG-1", "label_created")
    eventually(lambda: talking.call("GET", "/v1/orders/IG-1")["tracks"]["fulfilment"] == "labelled", "the label to be known")
    talking.watch()
    tells(f"Your order shipped! Track: {link('track')} 🚚", 75)
    talking.call("POST", "/v1/orders/update-status", {"order_id": "IG-1", "new_status": "fulfilled", "notify_customer": True})
    tells("Order delivered! Thank you! ✨", 100)
    # The schedule that fires each minute finds what is due.
    tells(f"How was your order? We'd love to hear! 💬 {link('survey')}", 100, seconds=100)
    asked = [text for text in shop.outside("/texts") if text["to"] == phone[1:]][-1]
    assert talking.say("/reply", n=asked["n"], text="5") == 200
    eventually(lambda: talking.call("GET", "/v1/orders/stats")["satisfaction"]["value"] == 5.0, "the vote to be counted")
    # Two steps by rules, one because of the label, and the last one by a person.
    moves = [entry["automated"] for entry in talking.call("GET", "/v1/orders/IG-1/timeline")["timeline"] if entry["event"] == "status_changed"]
    assert moves == [True, True, True, False], moves
