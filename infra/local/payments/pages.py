"""What people see of the payment providers: the page where a customer pays, and the list of all that there is."""

from __future__ import annotations

import html
import urllib.parse

from .world import Thing

NAMES = {"stripe": "Stripe", "paypal": "PayPal", "razorpay": "Razorpay", "payu": "PayU"}
LISTED_MAX = 100
STYLE = """
.bill{grid-column:1/-1;max-width:26rem;margin:2rem auto;padding:1.6rem;border:1px solid var(--line);border-radius:12px;width:100%;box-sizing:border-box}
.bill h1{font-size:1.3rem;margin:.2rem 0 1.2rem} .bill form{display:grid;gap:.6rem} .bill p{margin:0 0 1rem} .bill form + p{margin:1rem 0 0}
.bill button{font:600 1rem system-ui;color:#fff;background:#17805b;border:1px solid #17805b;border-radius:8px;padding:.65rem 1rem;cursor:pointer}
.bill button.no{color:inherit;background:none;border-color:var(--line);font-weight:400} .bill button:focus-visible{outline:2px solid var(--mark);outline-offset:2px}
"""
CHOSEN = {"pay": "Confirmed. Nothing more is to be done here.", "soft": "Declined: there is no money on the card.", "hard": "Declined: the card was stolen."}


def bill(thing: Thing, waits: bool) -> str:
    """The page at a provider's where its customer confirms."""
    told = CHOSEN.get(thing.chose, "")
    if not told and not waits:
        told = f"Nothing is to be paid here: it is {html.escape(thing.state)}."
    back = f'<p><a href="{html.escape(_back(thing))}">Back to the shop</a></p>' if told and _back(thing) else ""
    return (
        f'<header>A double of {NAMES[thing.provider]}. No money moves.</header><section class="bill"><p class="soft">{NAMES[thing.provider]}</p>'
        f"<h1>Pay {thing.money} for {html.escape(thing.title)}</h1>{f'<p><b>{told}</b></p>' if told else ''}{_form(bool(told)) if waits else ''}{back}</section>"
    )


def _form(again: bool) -> str:
    return (
        f'<form method="post"><button name="how" value="pay">{"Pay with another card" if again else "Pay"}</button>'
        '<button class="no" name="how" value="soft">Decline (no money)</button>'
        '<button class="no" name="how" value="hard">Decline (stolen card)</button></form>'
    )


def _back(thing: Thing) -> str:
    """Where the customer came from, with what the provider adds; "" if that is no address of a page."""
    url = urllib.parse.urlsplit(thing.return_url)
    if url.scheme not in ("http", "https"):
        return ""
    query = "&".join(part for part in (url.query, urllib.parse.urlencode(thing.came_back)) if part)
    return urllib.parse.urlunsplit(url._replace(query=query))


def listed(things: list[dict]) -> str:
    """All payments, refunds and disputes, newest first, as `Payments.objects` tells of them."""
    return "".join(_row(thing) for thing in list(reversed(things))[:LISTED_MAX])


def _row(thing: dict) -> str:
    page = f' · <a href="{html.escape(thing["page"])}">the customer\'s page</a>' if thing["page"] else ""
    return (
        f"<article><b>{NAMES[thing['provider']]}</b> {html.escape(thing['kind'])} {html.escape(thing['money'])} "
        f'<span class="soft">{html.escape(thing["state"])}</span>{page}'
        f'<p class="soft">{html.escape(thing["id"])} {html.escape(thing["key"])}</p></article>'
    )
