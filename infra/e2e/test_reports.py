"""The daily reports of the deployed function: the sample sheet's figures, and the files on their way to people."""

from __future__ import annotations

import datetime
import io
import json
import os
import re
import subprocess
import urllib.request
import uuid
import zipfile
from pathlib import Path

import boto3
import jsonschema
import pytest

from shop import Shop, eventually

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "shared/domain/fixtures/orderflow_orders.csv"
ORDERCTL = ROOT / "target/release/orderctl"
WORKBOOK = "daily-report-2025-08-10.xlsx"


class SheetShop:
    """A shop of its own that holds the fourteen orders of the sample sheet."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.tenant = shop, f"sheet-{uuid.uuid4().hex[:8]}"
        env = {**os.environ, **shop.env["env"]}
        made = self._run(["bootstrap", "--tenant", self.tenant, "--shop-name", "Sheet Shop", "--mail-from", env["MAIL_FROM"], "--slack-url", shop.env["slack_webhook"]], env)
        self.key = json.loads(made)["api_key"]
        printed = self._run(["import", str(SAMPLE), "--currency", "EUR"], {**env, "ORDERFLOW_API_KEY": self.key})
        assert printed.strip() == "14 placed, 0 updated, 0 unchanged, 0 refused"
        settings = shop.call("GET", "/v1/settings", key=self.key).json
        settings["notify"]["slack_bot"] = {"token": "xoxb-e2e-token", "channel": "C0E2E"}
        settings["reports"] = {"recipients": [], "delayed": {"recipients": [self.recipient], "also_when_none": False}}
        saved = shop.call("PUT", "/v1/settings", settings, key=self.key)
        assert saved.status == 200 and "xoxb" not in saved.body.decode(), saved.body

    @property
    def recipient(self) -> str:
        return f"ops@{self.tenant}.example"

    @staticmethod
    def _run(arguments: list[str], env: dict[str, str]) -> str:
        return subprocess.run([str(ORDERCTL), *arguments], env=env, capture_output=True, text=True, check=True).stdout

    def report(self, day: str, again: bool = False) -> dict:
        client = boto3.client("lambda", **self.shop.aws())
        payload = json.dumps({"tenant": self.tenant, "as_of": day, "again": again})
        answer = client.invoke(FunctionName=self.shop.env["functions"]["kpi-report"], Payload=payload)
        return json.loads(answer["Payload"].read())["reports"][0]

    def file(self, name: str) -> bytes:
        rows = self.shop.call("GET", "/v1/reports", key=self.key).json
        url = next(row["url"] for row in rows if row["name"] == name)
        with urllib.request.urlopen(url, timeout=30) as response:
            return response.read()


@pytest.fixture(scope="module")
def sheet_shop(shop: Shop) -> SheetShop:
    return SheetShop(shop)


# req: S0-32, S0-33, S0-34, S0-35, S0-36, S0-39
def test_the_sample_sheets_figures_come_out_of_the_deployed_function(sheet_shop: SheetShop) -> None:
    shop, tenant = sheet_shop.shop, sheet_shop.tenant
    eventually(lambda: shop.call("GET", "/v1/stats", key=sheet_shop.key).json["total_orders"] == 14, "the orders to be counted")
    for day, misses in [("2025-08-09", 2), ("2025-08-10", 5), ("2025-08-11", 7)]:
        made = sheet_shop.report(day)
        assert made["made"] == f"daily/{day}.xlsx", (tenant, made)
        lines = made["summary"].splitlines()
        assert lines[:5] == [
            f"*Daily Logistics Report* - {day}",
            "• Total orders: *14*",
            "• Delayed %: *21.4%*",
            f"• SLA misses: *{misses}*",
            "• By status: Delayed: 3, Delivered: 2, In Transit: 3, Received: 1, Shipped: 5",
        ]
    assert lines[5] == "• vs yesterday: orders ±0, delayed ±0.0 pp, SLA misses +2", "the day before had its report"
    assert sheet_shop.report("2025-08-11") == {"tenant": tenant, "made_before": "daily/2025-08-11.xlsx"}
    with zipfile.ZipFile(io.BytesIO(sheet_shop.file("daily/2025-08-10.xlsx"))) as book:
        daily = book.read("xl/worksheets/sheet1.xml").decode()
        assert "Daily Logistics Report - 2025-08-10" in book.read("xl/sharedStrings.xml").decode()
    assert '<mergeCell ref="A1:B1"/>' in daily
    assert sheet_shop.file("daily/delayed-2025-08-10.pdf").startswith(b"%PDF-")


# req: S0-40, S0-43, S0-44
def test_the_files_reach_the_team_and_the_recipients_once(sheet_shop: SheetShop) -> None:
    shop = sheet_shop.shop

    def mails() -> list[dict]:
        return [mail for mail in shop.outside("/mail") if sheet_shop.recipient in mail["to"]]

    def posts() -> list[dict]:
        return [post["payload"] for post in shop.outside("/messages") if WORKBOOK in json.dumps(post)]

    for day in ("2025-08-09", "2025-08-10", "2025-08-11"):
        sheet_shop.report(day)
    eventually(lambda: len(mails()) >= 3 and posts(), "the list by mail for each of three days, and the workbook in Slack")
    sheet_shop.report("2025-08-10", again=True)
    for mail in mails():
        assert re.fullmatch(r"Delayed Orders Report – \d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d", mail["subject"]), mail["subject"]
        assert re.fullmatch(r"Attached is the report of delayed orders as of 2025-08-(09|10|11)\.", mail["text"].strip()), mail["text"]
        [file] = mail["attachments"]
        assert re.fullmatch(r"delayed-orders-2025-08-(09|10|11)\.pdf", file["name"]) and file["bytes"] > 1_000, file
    [post] = posts()
    assert post["channel"] == "C0E2E" and post["text"].startswith("*Daily Logistics Report* - 2025-08-10"), post
    # Made again with the same figures: nobody hears of it twice. Another shop's report is the proof that the queue has moved on.
    other = SheetShop(shop)
    other.report("2025-08-10")
    eventually(lambda: [m for m in shop.outside("/mail") if other.recipient in m["to"]], "the other shop's mail")
    assert len(mails()) == 3 and len(posts()) == 2, "its own once; and the other shop's"


# req: S0-19
def test_a_file_of_orders_is_looked_at_and_then_taken_in(sheet_shop: SheetShop) -> None:
    shop = sheet_shop.shop
    rows = "OrderID,Customer,Status,ETA,Email\n7001,Ann,Shipped,2030-08-14,ann@example.com\n7002,Bob,Flying,soon,bob@\n"

    def upload(query: str) -> dict:
        sent = shop.call("POST", f"/v1/imports/files{query}", rows.encode(), key=sheet_shop.key, headers={"Content-Type": "text/csv"})
        assert sent.status == 202, sent.body

        def done() -> dict | None:
            found = shop.call("GET", f"/v1/imports/files/{sent.json['id']}", key=sheet_shop.key).json
            return found if found["done"] else None

        return eventually(done, "the file to be read")

    looked = upload("?dry_run=true")
    assert (looked["orders"], looked["placed"], looked["refused_total"]) == (1, 0, 1)
    assert {error["field"] for error in looked["refused"][0]["errors"]} == {"ETA", "status", "customer.email"}
    assert shop.call("GET", "/v1/orders/7001", key=sheet_shop.key).status == 404
    assert upload("")["placed"] == 1
    assert shop.call("GET", "/v1/orders/7001", key=sheet_shop.key).json["label"] == "Shipped"
    assert upload("")["placed"] == 0, "the same file again changes nothing"


# req: S2-81
def test_a_day_can_be_exported_for_analyses(sheet_shop: SheetShop) -> None:
    shop = sheet_shop.shop
    day = datetime.datetime.now(datetime.UTC).date()
    refused = shop.call("POST", "/v1/exports", {"day": f"{day + datetime.timedelta(days=2)}"}, key=sheet_shop.key)
    assert refused.status == 422 and refused.json["errors"][0]["field"] == "day"
    assert shop.call("POST", "/v1/exports", {"day": f"{day}"}, key=sheet_shop.key).status == 202

    def made() -> dict[str, str]:
        rows = shop.call("GET", f"/v1/exports?day={day}", key=sheet_shop.key).json
        return {row["table"]: row["url"] for row in rows}

    files = eventually(lambda: len(made()) == 2 and made(), "both tables of today")
    seen = set()
    for table, url in files.items():
        schema = json.loads((ROOT / f"events/exports/{table}.v1.json").read_text(encoding="utf-8"))
        text = urllib.request.urlopen(url, timeout=10).read().decode()
        rows = [json.loads(line) for line in text.splitlines()]
        assert rows and "@" not in text, text[:300]
        for row in rows:
            jsonschema.validate(row, schema)
        seen |= {row.get("order_id") for row in rows}
    known = {order["order_id"] for order in shop.call("GET", "/v1/orders?limit=200", key=sheet_shop.key).json["orders"]}
    assert seen - {None} == known, "every order of the shop changed today"


def test_a_report_can_be_asked_for(sheet_shop: SheetShop) -> None:
    shop = sheet_shop.shop
    refused = shop.call("POST", "/v1/reports", {"day": "2025-02-30"}, key=sheet_shop.key)
    assert refused.status == 422 and refused.json["errors"][0]["field"] == "day"
    before = {row["name"] for row in shop.call("GET", "/v1/reports", key=sheet_shop.key).json}
    assert shop.call("POST", "/v1/reports", {}, key=sheet_shop.key).status == 202

    def made() -> set[str]:
        return {row["name"] for row in shop.call("GET", "/v1/reports", key=sheet_shop.key).json} - before

    assert len(eventually(lambda: len(made()) == 2 and made(), "today's workbook and list")) == 2
    # A day that is over is made from each order's own history.
    day = datetime.date.today() - datetime.timedelta(days=2)
    assert shop.call("POST", "/v1/reports", {"day": f"{day}"}, key=sheet_shop.key).status == 202
    past = {f"daily/{day}.xlsx", f"daily/delayed-{day}.pdf"}
    assert eventually(lambda: len(made()) == 4 and made(), "the past day's workbook and list") > past
