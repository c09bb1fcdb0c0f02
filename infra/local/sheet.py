"""The demo shop's own sheet: a few orders that are kept in (a stand-in for) Google Sheets and read from there."""

from __future__ import annotations

import datetime
import json
import urllib.error
import urllib.request

import google
from processes import Failed

BOOK = "the-demo-shops-orders"
ACCOUNT = "orderflow@demo-shop.iam.gserviceaccount.com"
ROWS = [
    ("Ada Lovelace", "Received", 6), ("Grace Hopper", "Processing", 5), ("Alan Turing", "Shipped", 2), ("Maria Skłodowska", "In Transit", 1),
    ("Nikola Tesla", "Out For Delivery", 0), ("Rosalind Franklin", "Delivered", -1),
]  # fmt: skip


class Sheets:
    """The sheets of the double; a test has its own beside the demo's."""

    def __init__(self, outside_url: str) -> None:
        self.url = outside_url

    def account(self, email: str, public_key: str | None) -> None:
        """Makes Google know a service account; without a key, no longer."""
        self._send("DELETE" if public_key is None else "PUT", f"/google/accounts/{email}", (public_key or "").encode())

    def write(self, book: str, worksheets: dict[str, list[list]], readers: list[str]) -> None:
        self._send("PUT", f"/google/sheets/{book}", json.dumps({"worksheets": worksheets, "readers": readers}).encode())

    def read(self, book: str) -> dict | None:
        try:
            with urllib.request.urlopen(f"{self.url}/google/sheets/{book}", timeout=30) as response:
                return json.load(response)
        except urllib.error.HTTPError:
            return None

    def _send(self, verb: str, path: str, body: bytes) -> None:
        urllib.request.urlopen(urllib.request.Request(self.url + path, body, method=verb), timeout=30).close()


def key_file(account: str, private_key: str) -> str:
    """What Google lets one download for a service account, as far as anybody needs it."""
    return json.dumps({"type": "service_account", "client_email": account, "private_key": private_key, "private_key_id": "demo"})


def settings_of(book: str, account: str, private_key: str, currency: str = "EUR") -> dict:
    """The block of a shop's settings that has its sheet read."""
    return {"spreadsheet_id": book, "service_account": key_file(account, private_key), "currency": currency, "enabled": True}


def rows(today: datetime.date) -> list[list[str]]:
    """A header and some orders."""
    lines = [
        [str(5001 + at), name, status, (today + datetime.timedelta(days)).isoformat(), f"{name.split()[0].lower()}@example.com"]
        for at, (name, status, days) in enumerate(ROWS)
    ]
    return [["OrderID", "Customer", "Status", "ETA", "Email"], *lines]


def open_demo(outside_url: str, web_url: str, api_key: str, known: dict | None) -> dict:
    """Puts the sheet where it was, or for the first time. `known` is what an earlier call returned."""
    sheets, fresh = Sheets(outside_url), known is None
    private, public = google.key_pair() if known is None else (known["private"], known["public"])
    sheets.account(ACCOUNT, public)
    if sheets.read(BOOK) is None:  # the double forgets when it stops
        sheets.write(BOOK, {"Orders": rows(datetime.date.today())}, [ACCOUNT])
    if fresh:
        _switch_on(web_url, api_key, settings_of(BOOK, ACCOUNT, private))
    return {"private": private, "public": public}


def _switch_on(web_url: str, api_key: str, block: dict) -> None:
    def call(verb: str, path: str, body: dict | None = None) -> dict:
        headers = {"X-API-Key": api_key, "Content-Type": "application/json"}
        request = urllib.request.Request(web_url + path, json.dumps(body).encode() if body else None, headers, method=verb)
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.loads(response.read() or b"{}")

    try:
        call("PUT", "/v1/settings", {**call("GET", "/v1/settings"), "sheet": block})
        call("POST", "/v1/sheet/sync")
    except urllib.error.HTTPError as refused:
        raise Failed(f"the demo shop's sheet could not be set up: {refused.read().decode(errors='replace')}") from None
    except (OSError, ValueError) as why:
        raise Failed(f"the demo shop's sheet could not be set up: {why}") from None
