"""What goes wrong with orders, through the deployed functions and on the console's board."""

from __future__ import annotations

import os
from pathlib import Path

import axe
import pytest
from chromium import Chromium
from test_sla import Warehouse

from shop import Shop, eventually


class Troubled(Warehouse):
    """A warehouse whose troubles are work for people."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        settings = self.call("GET", "/v1/settings")
        settings["exceptions"] = {"enabled": True}
        self.call("PUT", "/v1/settings", settings)

    def board(self, query: str = "") -> list[tuple[str, str, str]]:
        rows = self.call("GET", f"/v1/exceptions{query}")["exceptions"]
        return [(row["order_id"], row["exception_id"], row["status"]) for row in rows]


@pytest.fixture(scope="module")
def troubled(shop: Shop) -> Troubled:
    return Troubled(shop)


# req: S4-23, S4-24, S4-26, S4-36
def test_what_goes_wrong_is_on_the_board_until_it_is_over(troubled: Troubled) -> None:
    for number in ("X-1", "X-2", "X-3"):
        troubled.place(number, 1)
    troubled.tell("X-1", "order_paid", 125)
    troubled.tell("X-2", "exception_reported", 1, reason_code="DAMAGED_PACKAGE")
    troubled.tell("X-3", "exception_reported", 1, reason_code="SYSTEM_ERROR")
    eventually(lambda: len(troubled.board()) == 2, "what was reported is there")
    # Nobody says that X-1 is not picked: its deadline does.
    eventually(lambda: ("X-1", "pick-delay-1", "open") in troubled.board(), "the timers find it", seconds=90)
    assert [row[0] for row in troubled.board()] == ["X-3", "X-2", "X-1"], "the worst first"
    seen = troubled.call("POST", "/v1/orders/X-3/exceptions/system-error-1", {"action": "start"})
    assert (seen["status"], seen["bucket"]) == ("in_progress", "critical_urgent")
    troubled.tell("X-1", "pick_completed", 1)
    eventually(lambda: "X-1" not in {row[0] for row in troubled.board()}, "it was picked")
    figures = eventually(lambda: (found := troubled.call("GET", "/v1/analytics/exceptions"))["resolution_rate"]["value"] and found, "it is counted")
    assert figures["opened"] == {"DAMAGED_PACKAGE": 1, "PICK_DELAY": 1, "SYSTEM_ERROR": 1}
    assert figures["revenue_at_risk"][0]["orders"] == {"critical": 1, "high": 1}
    many = {"action": "resolve", "exceptions": [{"order_id": "X-2", "exception_id": "damaged-package-1"}, {"order_id": "X-2", "exception_id": "other-1"}]}
    done = troubled.call("POST", "/v1/exceptions/bulk-action", many)["results"]
    assert (done[0]["status"], "error" in done[1]) == ("resolved", True), done
    refused = troubled.shop.call("POST", "/v1/orders/X-2/exceptions/damaged-package-1", {"action": "dance"}, key=troubled.key)
    assert (refused.status, b"one of: acknowledge" in refused.body) == (422, True)


def test_the_board_is_worked_on_in_a_browser(browser: Chromium, shop: Shop, troubled: Troubled) -> None:
    for number, reason in [("X-4", "ADDRESS_ERROR"), ("X-5", "CARRIER_ISSUE"), ("X-6", "OTHER")]:
        troubled.place(number, 1)
        troubled.tell(number, "exception_reported", 5, reason_code=reason)
    eventually(lambda: {"X-4", "X-5", "X-6"} <= {row[0] for row in troubled.board()}, "they are on the board")
    page = browser.page(1280, 900)
    shop.sign_in(page, troubled.key)
    for path, what, name in [("exceptions", "Wrong address", "exceptions-board"), ("orders/X-4", "Report something", "exceptions-order")]:
        page.goto(f"{shop.env['console_url']}/{path}")
        assert what in page.js("document.querySelector('main').innerText")
        if not axe.missing():
            assert axe.findings(page) == []
        if pictures := os.environ.get("PICTURES"):
            page.picture(Path(pictures) / f"{name}.png", whole=True)
    page.goto(f"{shop.env['console_url']}/exceptions")
    page.js("document.querySelector('input[name=\"pick:X-4/address-error-1\"]').click()")
    page.js("document.querySelector('button[value=resolve]').click()")
    eventually(lambda: "X-4" not in {row[0] for row in troubled.board()}, "it is resolved")
