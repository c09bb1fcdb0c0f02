"""How Twilio, Meta, Telegram, Firebase and Discord answer, and how their receipts and replies are signed.

Whoever sends by them shows their own credentials, so the double knows them: what comes back is signed with those. Secrets that
no request carries (an app's secret, Telegram's webhook secret) are what `SECRETS` says, on every installation of the double.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping

SECRETS = {"whatsapp": "demo-whatsapp-app-secret", "instagram": "demo-page-app-secret", "facebook": "demo-page-app-secret", "telegram": "demo-telegram-secret"}
# A team's own address, as Standard Webhooks sign.
TEAM_SECRET = "whsec_" + base64.b64encode(b"what a demo team signs with").decode()
PHONE = re.compile(r"\+[1-9]\d{6,14}")
NAMES = {"sms": "SMS", "whatsapp": "WhatsApp", "telegram": "Telegram", "instagram": "Instagram", "facebook": "Messenger", "push": "Push", "discord": "Discord", "webhook": "Webhook"}


def _basic(headers: Mapping[str, str]) -> tuple[str, str]:
    kind, _, value = headers.get("Authorization", "").partition(" ")
    if kind != "Basic":
        return "", ""
    user, _, secret = base64.b64decode(value).decode("utf-8", "replace").partition(":")
    return user, secret


def _bearer(headers: Mapping[str, str]) -> str:
    kind, _, value = headers.get("Authorization", "").partition(" ")
    return value if kind == "Bearer" else ""


def answer(path: str, headers: Mapping[str, str], body: bytes, count: int) -> tuple[int, dict, dict | None] | None:
    """Status, answer and, if it went out, the message. None: no address of a platform's."""
    path, _, query = path.removeprefix("/platforms/").partition("?")
    if found := re.fullmatch(r"twilio/2010-04-01/Accounts/(AC[0-9A-Za-z]{32})/Messages\.json", path):
        return _twilio(found[1], headers, body, count)
    if found := re.fullmatch(r"telegram/bot(\d+:[A-Za-z0-9_-]+)/sendMessage", path):
        return _telegram(_json(body), count)
    if found := re.fullmatch(r"fcm/v1/projects/([a-z0-9-]+)/messages:send", path):
        return _firebase(found[1], headers, _json(body), count)
    if found := re.fullmatch(r"graph/v\d+\.\d/(\d+)/messages", path):
        said = _json(body)
        if not _bearer(headers):
            return 401, {"error": {"message": "Invalid OAuth access token.", "type": "OAuthException", "code": 190}}, None
        return _whatsapp(found[1], said, count) if said.get("messaging_product") == "whatsapp" else _page(found[1], said, count)
    if re.fullmatch(r"discord/api/webhooks/\d+/[\w-]+", path):
        return _discord(query, _json(body), count)
    if found := re.fullmatch(r"crew/(detect-fraud|optimize-order)", path):
        return _crew(found[1], headers, _json(body))
    if found := re.fullmatch(r"team/([\w-]+)", path):
        return _team(found[1], headers, body, count)
    return None


def _json(body: bytes) -> dict:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _crew(what: str, headers: Mapping[str, str], asked: dict) -> tuple[int, dict, dict | None]:
    """A shop's adviser, as docs/adviser.md describes it: it dislikes whatever is called SHADY, and likes every routing there is."""
    if not _bearer(headers):
        return 401, {"detail": "a bearer token is needed"}, None
    lines = asked.get("order", {}).get("lines", [])
    if what == "detect-fraud":
        shady = any(str(line.get("sku", "")).startswith("SHADY") for line in lines)
        return 200, {"score": 95 if shady else 5, "reasons": ["seen at other shops"] if shady else []}, None
    return 200, {"allocations": []}, None


def _twilio(account: str, headers: Mapping[str, str], body: bytes, count: int) -> tuple[int, dict, dict | None]:
    user, token = _basic(headers)
    if user != account or not token:
        return 401, {"code": 20003, "message": "Authenticate", "status": 401}, None
    fields = {name: values[0] for name, values in urllib.parse.parse_qs(body.decode("utf-8", "replace")).items()}
    to, text = fields.get("To", ""), fields.get("Body", "")
    if not PHONE.fullmatch(to):
        return 400, {"code": 21211, "message": "Invalid 'To' Phone Number", "status": 400}, None
    if not text or len(text) > 1600:
        return 400, {"code": 21602 if not text else 21617, "message": "Message body", "status": 400}, None
    sid = f"SM{count + 1:032x}"
    sent = {"channel": "sms", "to": to, "text": text, "id": sid, "receipts": fields.get("StatusCallback"), "secret": token}
    return 201, {"sid": sid, "status": "queued", "to": to, "error_code": None}, sent


def _whatsapp(number: str, said: dict, count: int) -> tuple[int, dict, dict | None]:
    to, kind = str(said.get("to", "")), said.get("type")
    if kind == "template":
        text = said["template"]["components"][0]["parameters"][0]["text"]
    else:
        text = said.get("text", {}).get("body", "")
    if not to.isdigit() or not text or len(text) > 4096:
        return 400, {"error": {"message": "(#100) Invalid parameter", "type": "OAuthException", "code": 100}}, None
    wamid = f"wamid.{count + 1:020d}"
    sent = {"channel": "whatsapp", "to": to, "text": text, "id": wamid, "number": number, "about": said.get("biz_opaque_callback_data")}
    return 200, {"messaging_product": "whatsapp", "contacts": [{"input": to, "wa_id": to}], "messages": [{"id": wamid}]}, sent


def _page(page: str, said: dict, count: int) -> tuple[int, dict, dict | None]:
    to, text = str(said.get("recipient", {}).get("id", "")), said.get("message", {}).get("text", "")
    if not to or not text or len(text) > 2000:
        return 400, {"error": {"message": "(#100) Invalid parameter", "type": "OAuthException", "code": 100}}, None
    mid = f"m_{count + 1:020d}"
    channel = "facebook" if said.get("messaging_type") else "instagram"
    return 200, {"recipient_id": to, "message_id": mid}, {"channel": channel, "to": to, "text": text, "id": mid, "page": page}


def _telegram(said: dict, count: int) -> tuple[int, dict, dict | None]:
    to, text = str(said.get("chat_id", "")), said.get("text", "")
    if not re.fullmatch(r"-?\d+", to):
        return 400, {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"}, None
    if not text or len(text) > 4096:
        return 400, {"ok": False, "error_code": 400, "description": "Bad Request: message text is empty"}, None
    return 200, {"ok": True, "result": {"message_id": count + 1}}, {"channel": "telegram", "to": to, "text": text, "id": str(count + 1)}


def _firebase(project: str, headers: Mapping[str, str], said: dict, count: int) -> tuple[int, dict, dict | None]:
    if not _bearer(headers):
        return 401, {"error": {"code": 401, "status": "UNAUTHENTICATED"}}, None
    message = said.get("message", {})
    to, shown = message.get("token", ""), message.get("notification", {})
    if not to or not shown.get("body"):
        return 400, {"error": {"code": 400, "status": "INVALID_ARGUMENT"}}, None
    name = f"projects/{project}/messages/{count + 1}"
    return 200, {"name": name}, {"channel": "push", "to": to, "text": f"{shown.get('title', '')}: {shown['body']}", "id": name}


def _discord(query: str, said: dict, count: int) -> tuple[int, dict, dict | None]:
    text = said.get("content", "")
    if not text or len(text) > 2000:
        return 400, {"code": 50006 if not text else 50035, "message": "Cannot send an empty message"}, None
    status = 200 if "wait=true" in query else 204
    return status, {"id": str(count + 1), "content": text}, {"channel": "discord", "to": "the team", "text": text, "id": str(count + 1)}


def _team(name: str, headers: Mapping[str, str], body: bytes, count: int) -> tuple[int, dict, dict | None]:
    signed = f"{headers.get('webhook-id', '')}.{headers.get('webhook-timestamp', '')}.".encode() + body
    key = base64.b64decode(TEAM_SECRET.removeprefix("whsec_"))
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    said = _json(body)
    if not hmac.compare_digest(headers.get("webhook-signature", ""), expected):
        return 401, {"error": "bad signature"}, None
    if said.get("type") != "team.message":
        return 400, {"error": "unknown type"}, None
    return 200, {}, {"channel": "webhook", "to": name, "text": said["data"]["text"], "id": headers["webhook-id"]}


def receipt(sent: dict, status: str, base: str) -> tuple[str, dict[str, str], bytes]:
    """Address, headers and body by which the platform says what became of a message."""
    if sent["channel"] == "sms":
        fields = {"MessageSid": sent["id"], "MessageStatus": status, "To": sent["to"], "AccountSid": "AC"}
        if status in ("failed", "undelivered"):
            fields["ErrorCode"] = "30006"
        return sent["receipts"], *_signed_form(sent["receipts"], sent["secret"], fields)
    report = {"id": sent["id"], "status": status, "recipient_id": sent["to"], "biz_opaque_callback_data": sent.get("about")}
    return f"{base}/whatsapp", *_signed_json("whatsapp", _change(sent["number"], {"statuses": [report]}))


def reply(sent: dict, text: str, base: str, number: int) -> tuple[str, dict[str, str], bytes]:
    """Address, headers and body by which whoever got a message answers it."""
    channel = sent["channel"]
    url = f"{base}/{channel}"
    if channel == "sms":
        fields = {"MessageSid": f"SM{number:032x}", "From": sent["to"], "Body": text, "SmsStatus": "received"}
        return url, *_signed_form(url, sent["secret"], fields)
    if channel == "telegram":
        update = {"update_id": number, "message": {"message_id": number, "chat": {"id": int(sent["to"])}, "text": text}}
        return url, {"X-Telegram-Bot-Api-Secret-Token": SECRETS["telegram"]}, json.dumps(update).encode()
    if channel == "whatsapp":
        message = {"from": sent["to"], "id": f"wamid.r{number}", "type": "text", "text": {"body": text}}
        return url, *_signed_json("whatsapp", _change(sent["number"], {"messages": [message]}))
    event = {"sender": {"id": sent["to"]}, "recipient": {"id": sent["page"]}, "message": {"mid": f"m_r{number}", "text": text}}
    return url, *_signed_json(channel, {"object": "instagram" if channel == "instagram" else "page", "entry": [{"id": sent["page"], "messaging": [event]}]})


def _change(number: str, value: dict) -> dict:
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": number}, **value}
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]}


def _signed_form(url: str, token: str, fields: dict[str, str]) -> tuple[dict[str, str], bytes]:
    signed = url + "".join(name + fields[name] for name in sorted(fields))
    signature = base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()
    return {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}, urllib.parse.urlencode(fields).encode()


def _signed_json(channel: str, value: dict) -> tuple[dict[str, str], bytes]:
    body = json.dumps(value).encode()
    signature = hmac.new(SECRETS[channel].encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={signature}", "Content-Type": "application/json"}, body


def call(url: str, headers: dict[str, str], body: bytes) -> int:
    """What they are answered."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers, method="POST"), timeout=15) as response:
            return response.status
    except urllib.error.HTTPError as refused:
        return refused.code


def render(sent: dict) -> str:
    """A message as people look at it."""
    return f'<p><b>{NAMES[sent["channel"]]}</b> <span class="soft">to {html.escape(sent["to"])}</span></p><p>{html.escape(sent["text"])}</p>'
