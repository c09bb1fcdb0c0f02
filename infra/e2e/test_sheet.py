"""A shop that keeps its orders in Google Sheets: read by the deployed function, never written."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.parse
import urllib.request
import uuid

import pytest
from test_reports import ORDERCTL

import google
import sheet
from shop import Shop, eventually

ORDERS = [
    [" orderid ", "Customer", "STATUS", "ETA", "Email", "Notes"],
    ["8001", "Ann Lee", "Processing", "2030-08-14", "ann@example.com", "gift"],
    ["8002", "Bob Ray", "Shipped", "2030-08-15", "bob@example.com", ""],
    ["8003", "Cy Poe", "Received", "", "cy@example.com", ""],
]


class GoogleShop:
    """A shop of its own, with a sheet of its own."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.name = shop, f"gs-{uuid.uuid4().hex[:8]}"
        self.account = f"{self.name}@x.iam.gserviceaccount.com"
        self.sheets, (private, self.public) = sheet.Sheets(shop.env["outside_url"]), google.key_pair()
        hook = f"/services/T000/B000/{self.name.replace('-', '')}"
        self.hook = hook
        env = {**os.environ, **shop.env["env"]}
        command = [str(ORDERCTL), "bootstrap", "--tenant", self.name, "--shop-name", "Sheet Shop", "--mail-from", env["MAIL_FROM"], "--slack-url", shop.env["outside_url"] + hook]
        self.key = json.loads(subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout)["api_key"]
        self.sheets.account(self.account, self.public)
        # The orders stand first; another worksheet is nobody's business.
        self.sheets.write(self.name, {"Orders": ORDERS, "Private": [["salary"]]}, [self.account])
        # "enabled" is off: the tick of some minute must not come between the steps of a test.
        settings = {**self.call("GET", "/v1/settings"), "sheet": {**sheet.settings_of(self.name, self.account, private), "enabled": False}}
        saved = shop.call("PUT", "/v1/settings", settings, key=self.key)
        assert saved.status == 200 and "PRIVATE KEY" not in saved.body.decode(), saved.body

    def call(self, verb: str, path: str) -> dict:
        return self.shop.call(verb, path, key=self.key).json

    def read_now(self) -> dict:
        """How the sheet stands after a run that began after this call."""
        before = self.call("GET", "/v1/sheet").get("at")
        assert self.shop.call("POST", "/v1/sheet/sync", key=self.key).status == 202

        def ran() -> dict | None:
            status = self.call("GET", "/v1/sheet")
            return status if status.get("at") != before else None

        return eventually(ran, "the sheet to be read")

    def type_in(self, row: int, column: int, text: str) -> None:
        """As a person does, on the sheet's page."""
        form = urllib.parse.urlencode({f"{row}.{column}": text}).encode()
        urllib.request.urlopen(f"{self.sheets.url}/sheet/{self.name}", form, timeout=30).close()

    def mails(self, to: str) -> list[dict]:
        return [mail for mail in self.shop.outside("/mail") if to in mail["to"] and "Sheet Shop" in mail["text"]]

    def posts(self) -> list[str]:
        return [post["payload"]["text"] for post in self.shop.outside("/messages") if post["path"] == self.hook]


@pytest.fixture(scope="module")
def google_shop(shop: Shop) -> GoogleShop:
    return GoogleShop(shop)


# req: S0-19, S0-20, S0-30
def test_a_status_typed_into_the_sheet_tells_the_customer_once(google_shop: GoogleShop) -> None:
    first = google_shop.read_now()
    assert (first["orders"], first["placed"], first["refused_total"], first["unknown_columns"]) == (3, 3, 0, ["Notes"]), first
    assert google_shop.call("GET", "/v1/orders/8002")["label"] == "Shipped"
    again = google_shop.read_now()
    assert (again["placed"], again["updated"]) == (0, 0), again

    google_shop.type_in(1, 2, "Shipped")
    changed = google_shop.read_now()
    assert (changed["placed"], changed["updated"]) == (0, 1), changed
    eventually(lambda: google_shop.mails("ann@example.com") and google_shop.posts(), "Ann's mail and the team's post")
    google_shop.read_now()
    # The next order's news is the proof that the queue has moved on.
    google_shop.type_in(3, 2, "Cancelled")
    google_shop.read_now()
    eventually(lambda: google_shop.mails("cy@example.com"), "Cy's mail")
    assert len(google_shop.mails("ann@example.com")) == 1 and google_shop.mails("bob@example.com") == []
    asked = google_shop.shop.call("POST", "/v1/ask", {"question": "Where is my order 8001? Email: ann@example.com"}, key=google_shop.key)
    assert asked.status == 200 and "2030-08-14" in asked.json["reply"], "the day in the cell, as a serial number, is the day"
    assert google_shop.sheets.read(google_shop.name)["worksheets"]["Orders"][2] == ORDERS[2], "nothing is written into the sheet"


# req: S0-19
def test_a_revoked_key_and_a_broken_row_are_told_once_and_so_is_that_they_are_mended(google_shop: GoogleShop) -> None:
    def about(word: str) -> list[str]:
        return [post for post in google_shop.posts() if word in post]

    google_shop.sheets.account(google_shop.account, None)
    broken = google_shop.read_now()
    while "no longer accepts" in broken["error"]:  # the token we still held; the next run asks for a new one
        broken = google_shop.read_now()
    assert "does not accept the service account's key" in broken["error"], broken
    google_shop.read_now()
    eventually(lambda: about("does not accept"), "the team to be told")
    google_shop.sheets.account(google_shop.account, google_shop.public)
    assert "error" not in google_shop.read_now()
    google_shop.type_in(2, 2, "Flying")
    refused = google_shop.read_now()
    assert refused["refused_total"] == 1 and refused["refused"][0]["line"] == 3, refused
    eventually(lambda: about("to correct"), "the team to be told of the row")
    google_shop.type_in(2, 2, "Shipped")
    assert google_shop.read_now()["refused_total"] == 0
    eventually(lambda: len(about("sheet import")) >= 4, "the team to be told that it is mended")
    assert len(about("does not accept")) == 1 and len(about("to correct")) == 1, google_shop.posts()


# req: S0-19, S0-48
def test_a_key_that_is_none_says_so_and_changes_nothing(google_shop: GoogleShop) -> None:
    """The deployed reader asks nobody, says what to do, and the key never comes out again."""
    settings = google_shop.call("GET", "/v1/settings")
    saved = google_shop.shop.call("PUT", "/v1/settings", {**settings, "sheet": {**settings["sheet"], "service_account": "no key"}}, key=google_shop.key)
    assert saved.status == 200 and saved.json["sheet"]["service_account"] == "(set)", saved.body
    status = google_shop.read_now()
    assert "JSON key file" in status["error"] and status["placed"] == 0, status
    eventually(lambda: [post for post in google_shop.posts() if "Job failed: sheet import" in post], "the alert in Slack")
    settings = google_shop.call("GET", "/v1/settings")
    assert google_shop.shop.call("PUT", "/v1/settings", {**settings, "sheet": None}, key=google_shop.key).status == 200
    assert google_shop.shop.call("GET", "/v1/sheet", key=google_shop.key).status == 404
