"""Stands in for the world outside: Slack's incoming webhooks, messaging platforms, everybody's mailbox, Google Sheets, payment
providers, carriers, and Saleor.

    GET  /                          what came in, for people
    POST /services/T000/B000/xxxx   Slack: "ok" or one of Slack's error strings
    POST /api/files.*               Slack's Web API: upload addresses and files shown in a channel
    POST /upload/v1/<id>            the file itself                        GET /upload/v1/<id> gives it back
    GET  /messages                  Slack posts as JSON, oldest first      DELETE forgets them
    GET  /mail                      e-mails as JSON, oldest first          DELETE forgets them
    GET  /mail/<n>.eml              one e-mail as it was sent
    POST /platforms/…               Twilio, Meta's Graph API, Telegram, Firebase, Discord
    …    /platforms/listen/… /listen/…   whoever is told by webhook: listener.py says what there is
    GET  /texts                     short messages as JSON, oldest first   DELETE forgets them
    POST /receipt {"n": 3, "status": "delivered", "channels": "<api>/v1/channels/demo"}    the platform says what became of one
    POST /reply {"n": 3, "text": "Thanks!", "channels": …}                                 whoever got it answers
    POST /fail {"status": 500, "times": 3, "retry_after": 2}   the next Slack posts fail so, for tests;
               {"status": 200, "delay_s": 5, "about": "#1001 "}  or are taken, and answered late; "about" picks them by their text
    POST /google/token              Google's sign-in for service accounts
    GET  /google/v4/spreadsheets/…  Google Sheets, reading
    GET  /sheet/<id>                a sheet, for people to type in         POST takes the form
    PUT  /google/sheets/<id>        {"worksheets": {"Orders": [["OrderID", …], …]}, "readers": ["<account>"]}       GET shows it
    PUT  /google/accounts/<account> a service account's public key, PEM    DELETE revokes it
    …    /pay/…                     Stripe, PayPal, Razorpay, PayU, their customers' pages and switches: payments/__init__.py says what there is
    …    /carry/…                   FedEx, UPS, USPS, DHL and switches: carriers/__init__.py says what there is
    …    /saleor/…                  Saleors and switches: saleor.py says what there is
"""

from __future__ import annotations

import argparse
import html
import json
import threading
import time
from collections import deque
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import carriers
import google
import listener
import mails
import payments
import platforms
import saleor
import slack
from payments import pages

KEPT_MAX = 500  # of each kind, so that a loop in a test can't eat the machine
MAIL_BYTES_KEPT_MAX = 64 * 1024 * 1024
BODY_BYTES_MAX = 256 * 1024
UPLOAD_BYTES_MAX = 16 * 1024 * 1024
DELAY_S_MAX = 30
SILENCE_S = 1  # before a connection closes without an answer


class Inbox:
    """The latest entries of one kind."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[dict] = deque(maxlen=KEPT_MAX)
        self._count = 0

    def add(self, entry: dict) -> None:
        with self._lock:
            self._count += 1
            self._entries.append({"n": self._count, "at": time.time(), **entry})
            while sum(len(kept.get("raw", b"")) for kept in self._entries) > MAIL_BYTES_KEPT_MAX:
                self._entries.popleft()

    @property
    def count(self) -> int:
        return self._count

    def all(self) -> list[dict]:
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


class Failure:
    """What the next Slack posts meet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plan: dict = {}

    def plan(self, plan: dict) -> None:
        with self._lock:
            self._plan = {
                "status": int(plan.get("status", 500)),
                "times": int(plan.get("times", 1)),
                "retry_after": plan.get("retry_after"),
                "delay_s": min(float(plan.get("delay_s", 0)), DELAY_S_MAX),
                "about": str(plan.get("about", "")),
            }

    def take(self, body: bytes) -> dict:
        """What this post meets; no status: nothing."""
        with self._lock:
            if self._plan.get("times", 0) <= 0 or self._plan["about"].encode() not in body:
                return {}
            self._plan["times"] -= 1
            return dict(self._plan)


POSTS, MAILS, TEXTS, FAILURE, UPLOADS, GOOGLE = Inbox(), Inbox(), Inbox(), Failure(), slack.Uploads(), google.Google()
PAY, CARRY, LISTEN, SALEOR = payments.Payments(), carriers.Carriers(), listener.Listeners(), saleor.Saleors()
PARTNERS = ("/pay/", "/carry/", "/saleor/")


class Outside(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self) -> None:  # noqa: N802
        if (body := self._body(UPLOAD_BYTES_MAX if self.path.startswith("/upload/") else BODY_BYTES_MAX)) is None:
            return self._answer(413, "text/plain", "payload_too_large")
        if self.path.startswith(PARTNERS):
            return self._partner(body)
        if self.path == "/google/token":
            return self._json(*reversed(GOOGLE.sign_in(f"http://{self.headers.get('Host')}{self.path}", body)))
        if self.path.startswith("/sheet/") and GOOGLE.book(self.path.removeprefix("/sheet/")):
            GOOGLE.type_in(self.path.removeprefix("/sheet/"), google.typed(body))
            return self._answer(303, headers={"Location": self.path})
        if self.path in ("/receipt", "/reply"):
            return self._as_platform(json.loads(body))
        if self.path == "/fail":
            FAILURE.plan(json.loads(body or b"{}"))
            return self._answer(204)
        fault = FAILURE.take(body)
        if fault.get("status", 200) != 200:
            headers = {"Retry-After": str(fault["retry_after"])} if fault["retry_after"] else {}
            return self._answer(fault["status"], "text/html", "rate_limited" if fault["status"] == 429 else "server_error", headers)
        if (said := self.path == "/platforms/google/token" and GOOGLE.sign_in(f"http://{self.headers.get('Host')}{self.path}", body)):
            return self._json(*reversed(said))
        if self.path.startswith("/platforms/listen/"):
            said = LISTEN.take(self.path.removeprefix("/platforms/listen/"), self.headers, body)
            if said[2] is not None:
                TEXTS.add(said[2])
            return self._json(said[1], said[0])
        if self.path.startswith("/platforms/") and (said := platforms.answer(self.path, self.headers, body, TEXTS.count)) is not None:
            if said[2] is not None:
                TEXTS.add(said[2])
            time.sleep(fault.get("delay_s", 0))
            return self._json(said[1], said[0])
        if (taken := UPLOADS.take(self.path, body)) is not None:
            return self._answer(taken[0], "text/plain", taken[1])
        if (said := UPLOADS.answer(f"http://{self.headers.get('Host')}", self.path, self.headers, body)) is not None:
            if said[1] is not None:
                POSTS.add({"path": self.path, "payload": said[1]})
            return self._json(said[0])
        status, text, payload = slack.judge(self.path, self.headers.get("Content-Type", ""), body)
        if payload is not None:
            POSTS.add({"path": self.path, "payload": payload})
        time.sleep(fault.get("delay_s", 0))
        self._answer(status, "text/html", text)

    def do_GET(self) -> None:  # noqa: N802
        match self.path:
            case "/":
                self._answer(200, "text/html; charset=utf-8", page(POSTS.all(), TEXTS.all(), MAILS.all(), PAY.objects(), CARRY.parcels()))
            case path if path.startswith(PARTNERS):
                self._partner(b"")
            case path if path.startswith("/listen/"):
                self._json(LISTEN.heard(path.removeprefix("/listen/")))
            case "/messages":
                self._json(POSTS.all())
            case "/texts":
                self._json([{key: value for key, value in text.items() if key != "secret"} for text in TEXTS.all()])
            case "/mail":
                self._json([{key: value for key, value in mail.items() if key != "raw"} | mails.read(mail["raw"]) for mail in MAILS.all()])
            case path if path.startswith("/sheet/") and (book := GOOGLE.book(path.removeprefix("/sheet/"))):
                self._answer(200, "text/html; charset=utf-8", sheet_page(book))
            case path if path.startswith("/google/sheets/"):
                book = GOOGLE.book(path.removeprefix("/google/sheets/"))
                self._json(book) if book else self._answer(404, "text/plain", "no such sheet")
            case path if path.startswith("/google/v4/"):
                self._json(*reversed(GOOGLE.read(path.removeprefix("/google"), self.headers.get("Authorization", ""))))
            case path if path.startswith("/upload/v1/"):
                file = UPLOADS.file(path.removeprefix("/upload/v1/"))
                self._answer(200, "application/octet-stream", file) if file else self._answer(404, "text/plain", "no such file")
            case path if path.startswith("/mail/") and path.endswith(".eml"):
                found = [mail["raw"] for mail in MAILS.all() if path == f"/mail/{mail['n']}.eml"]
                self._answer(200, "message/rfc822", found[0]) if found else self._answer(404, "text/plain", "no such mail")
            case _:
                self._answer(404, "text/plain", "not found")

    def do_PUT(self) -> None:  # noqa: N802
        if (body := self._body(UPLOAD_BYTES_MAX)) is None:
            return self._answer(413, "text/plain", "too large")
        if self.path.startswith(PARTNERS):
            return self._partner(body)
        if self.path.startswith("/listen/"):
            LISTEN.plan(self.path.removeprefix("/listen/"), json.loads(body))
            return self._answer(204)
        if self.path.startswith("/google/accounts/"):
            GOOGLE.know(self.path.removeprefix("/google/accounts/"), body.decode())
            return self._answer(204)
        if self.path.startswith("/google/sheets/"):
            sheet = json.loads(body)
            kept = GOOGLE.keep(self.path.removeprefix("/google/sheets/"), sheet["worksheets"], sheet["readers"])
            return self._answer(204) if kept else self._answer(413, "text/plain", "too large")
        self._answer(404, "text/plain", "not found")

    def do_DELETE(self) -> None:  # noqa: N802
        if (body := self._body(BODY_BYTES_MAX)) is None:
            return self._answer(413, "text/plain", "too large")
        if self.path.startswith(PARTNERS):
            return self._partner(body)
        if self.path.startswith("/google/accounts/"):
            GOOGLE.revoke(self.path.removeprefix("/google/accounts/"))
            return self._answer(204)
        inbox = {"/messages": POSTS, "/texts": TEXTS, "/mail": MAILS}.get(self.path)
        if inbox is None:
            return self._answer(404, "text/plain", "not found")
        inbox.clear()
        self._answer(204)

    def _partner(self, body: bytes) -> None:
        """A payment provider, a carrier or a Saleor answers, or its page, or a switch."""
        if self.path.startswith("/pay/"):
            said = PAY.answer(self.command, self.path, self.headers, body, f"http://{self.headers.get('Host')}/pay")
        elif self.path.startswith("/saleor/"):
            said = SALEOR.answer(self.command, self.path, self.headers, body)
        else:
            said = CARRY.answer(self.command, self.path, self.headers, body)
        if said is None:
            time.sleep(SILENCE_S)
            self.close_connection = True
        elif isinstance(said.content, str):
            self._answer(said.status, "text/html; charset=utf-8", document("Pay", said.content, pages.STYLE), said.headers)
        else:
            content = "" if said.content is None else json.dumps(said.content, ensure_ascii=False)
            self._answer(said.status, "application/json", content, said.headers)

    def _as_platform(self, wish: dict) -> None:
        """A receipt for a message that went out, or an answer to it, as its platform sends it."""
        sent = next((text for text in TEXTS.all() if text["n"] == wish["n"]), None)
        if sent is None:
            return self._answer(404, "text/plain", "no such message")
        base = wish["channels"].rstrip("/")
        if self.path == "/receipt":
            asked = platforms.receipt(sent, wish["status"], base)
        else:
            asked = platforms.reply(sent, wish["text"], base, wish.get("id", int(time.time() * 1000)))
        self._json({"status": platforms.call(*asked)})

    def _body(self, most: int) -> bytes | None:
        """None if there is more than that; the connection ends then, because the rest of it is not read."""
        length = int(self.headers.get("Content-Length") or 0)
        self.close_connection = length > most
        return None if length > most else self.rfile.read(length)

    def _json(self, value: object, status: int = 200) -> None:
        self._answer(status, "application/json", json.dumps(value, ensure_ascii=False))

    def _answer(self, status: int, content_type: str = "text/plain", content: str | bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        content = content.encode() if isinstance(content, str) else content
        self.send_response_only(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if status != 204:
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Silent: the posts themselves are what one looks at."""


STYLE = """
:root{color-scheme:light dark;--ground:#fff;--ink:#1d1c1d;--link:#1264a3;--line:#ddd;--soft:#616061;--mark:#2eb67d;background:var(--ground);color:var(--ink)}
@media (prefers-color-scheme:dark){:root{--ground:#1a1d21;--ink:#e8e8e8;--link:#6cb8f0;--line:#35373b;--soft:#ababad}}
a{color:var(--link)}
main{font:15px/1.46 system-ui,sans-serif;max-width:76rem;margin:1.5rem auto;padding:0 1rem;display:grid;grid-template-columns:repeat(auto-fit,minmax(min(30rem,100%),1fr));gap:0 2.5rem}
header{grid-column:1/-1;color:var(--soft);border-bottom:1px solid var(--line);padding-bottom:.8rem;margin-bottom:1rem} h1{font-size:1.15rem} small,.soft{color:var(--soft);font-size:.85rem;font-weight:400}
article{padding:.7rem 0;border-top:1px solid var(--line)} p{margin:.15rem 0;overflow-wrap:anywhere}
iframe{width:100%;height:22rem;border:1px solid var(--line);border-radius:6px;background:#fff} pre{white-space:pre-wrap;overflow-wrap:anywhere}
"""
SHEET_STYLE = """
form{grid-column:1/-1} form div{overflow-x:auto} table{border-collapse:collapse;width:100%} th{text-align:left;font-size:.85rem;color:var(--soft);padding:.3rem .5rem}
td{border:1px solid var(--line);padding:0} input{font:inherit;color:inherit;background:none;border:0;width:100%;min-width:6rem;box-sizing:border-box;padding:.4rem .5rem}
input:focus{outline:2px solid var(--mark);outline-offset:-2px} button{font:600 .9rem system-ui;color:#fff;background:#17805b;border:0;border-radius:6px;padding:.35rem 1rem;margin-left:.6rem}
"""


def document(title: str, main: str, style: str = "") -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{html.escape(title)}</title><link rel="icon" href="data:,"><style>{STYLE}{style}</style></head><body><main>{main}</main></body></html>'
    )


def page(posts: list[dict], texts: list[dict], mails: list[dict], paid: list[dict], carried: list[dict]) -> str:
    """All inboxes side by side, and what the payment providers and carriers have, newest first."""
    left = "".join(
        f'<article><b>OrderFlow</b> <span class="soft">{_clock(post)}</span>'
        + "".join(f"<p>{slack.render(text)}</p>" for text in slack.texts(post["payload"]))
        + "".join(f"<p>📎 {html.escape(file['name'])} ({file['bytes']:,} bytes)</p>" for file in post["payload"].get("files", []))
        + "</article>"
        for post in reversed(posts)
    )
    middle = "".join(f'<article>{platforms.render(text)}<p class="soft">{_clock(text)}</p></article>' for text in reversed(texts))
    right = "".join(_mail(mail, newest=at == 0) for at, mail in enumerate(list(reversed(mails))[:50]))
    nothing = '<p class="soft">Nothing yet. Change an order and reload.</p>'
    return document(
        "Slack, phones, mailbox, payments and parcels",
        "<header>What the demo shop's team and customers got. Nothing leaves this machine.</header>"
        f"<section><h1>Slack <small>{_counted(posts, 'post')}</small></h1>{left or nothing}</section>"
        f"<section><h1>Phones and chats <small>{_counted(texts, 'message')}</small></h1>{middle or nothing}</section>"
        f"<section><h1>Mailbox <small>{_counted(mails, 'e-mail')}</small></h1>{right or nothing}</section>"
        f"<section><h1>Payments <small>{_counted(paid, 'object')}</small></h1>{pages.listed(paid) or nothing}</section>"
        f"<section><h1>Parcels <small>{_counted(carried, 'label')}</small></h1>{_parcels(carried) or nothing}</section>",
    )


def _parcels(carried: list[dict]) -> str:
    def one(parcel: dict) -> str:
        where = "given back" if parcel["void"] else parcel["at"].replace("_", " ") + (f", {parcel['place']}" if parcel["place"] else "")
        told = [f"{parcel['carrier'].upper()} {parcel['service']}, {parcel['price']}", parcel["number"], f"{parcel['reference']}: {where}"]
        return "<article>" + "".join(f"<p>{html.escape(line)}</p>" for line in told) + "</article>"

    return "".join(one(parcel) for parcel in reversed(carried[-50:]))


def sheet_page(book: dict) -> str:
    """A shop's sheet, to type in."""
    title, rows = next(iter(book["worksheets"].items()), ("Empty", []))
    return document(
        title,
        "<header>The demo shop's own sheet, as Google Sheets would hold it. OrderFlow only reads it: every few minutes, or now with "
        "<b>Read now</b> on the console's Sheet page.</header>"
        f'<form method="post"><h1>{html.escape(title)} <button>Save</button></h1><div>{google.table(rows)}</div></form>',
        SHEET_STYLE,
    )


def _counted(entries: list[dict], what: str) -> str:
    return f"{len(entries)} {what}{'' if len(entries) == 1 else 's'}{', newest first' if len(entries) > 1 else ''}"


def _mail(entry: dict, newest: bool) -> str:
    shown = mails.read(entry["raw"])
    body = (
        # sandbox: a mail may not run scripts or leave its frame
        f'<iframe sandbox title="e-mail" loading="lazy" srcdoc="{html.escape(shown["html"])}"></iframe>'
        if shown["html"]
        else f"<pre>{html.escape(shown['text'])}</pre>"
    )
    files = "".join(f"<p>📎 {html.escape(file['name'])} ({file['bytes']:,} bytes)</p>" for file in shown["attachments"])
    return (
        f'<article><b>{html.escape(shown["subject"])}</b> <span class="soft">{_clock(entry)}</span>'
        f'<p class="soft">to {html.escape(", ".join(entry["to"]))} · <a href="/mail/{entry["n"]}.eml">source</a></p>'
        f"<details{' open' if newest else ''}><summary>text</summary>{body}</details>{files}</article>"
    )


def _clock(entry: dict) -> str:
    return time.strftime("%H:%M:%S", time.localtime(entry["at"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=4570)
    parser.add_argument("--smtp-port", type=int, default=4571)
    options = parser.parse_args()
    smtp = mails.smtp_server(options.smtp_port, lambda sender, to, raw: MAILS.add({"sender": sender, "to": to, "raw": raw}))
    threading.Thread(target=smtp.serve_forever, daemon=True).start()
    ThreadingHTTPServer.daemon_threads = True
    ThreadingHTTPServer(("127.0.0.1", options.port), Outside).serve_forever()


if __name__ == "__main__":
    main()
