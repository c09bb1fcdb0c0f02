"""An order goes all the way, through the deployed template."""

from __future__ import annotations

import concurrent.futures
import json
import os
import subprocess
import uuid

import boto3
import pytest

import layout
from demo import ORDERCTL
from settings import BUILD
from shop import Shop, eventually


def mails_about(shop: Shop, number: str) -> list[dict]:
    return [mail for mail in shop.outside("/mail") if number in json.dumps(mail)]


def posts_about(shop: Shop, number: str) -> list[dict]:
    return [post for post in shop.outside("/messages") if f"#{number} " in json.dumps(post)]


# req: S0-46
def test_every_function_is_deployed_as_one_small_program(shop: Shop) -> None:
    weighed = {weight.name: weight.zipped for weight in layout.weights(BUILD)}
    assert set(weighed) == set(shop.env["functions"])
    # Built quickly, for this machine: what goes to AWS is half of it, and `make sizes` weighs that against 5 MB.
    assert {name: size for name, size in weighed.items() if size >= 16_000_000} == {}
    client = boto3.client("lambda", **shop.aws())
    runtimes = {client.get_function_configuration(FunctionName=name)["Runtime"] for name in shop.env["functions"].values()}
    assert runtimes == {"provided.al2023"}


# req: S2-100
def test_its_health_is_told_to_anybody(shop: Shop) -> None:
    """Started from this machine alone: no account, no key and nobody outside."""
    answer = shop.call("GET", "/health", key=None)
    assert (answer.status, answer.json["status"]) == (200, "ok"), answer.body


# req: S0-01, S0-02, S0-17
def test_the_printed_question_is_answered(shop: Shop) -> None:
    answer = shop.ask("Where is my order 1001? Email: john.smith@example.com")
    assert answer.status == 200, answer.body
    assert answer.json["order_id"] == "1001"
    assert answer.json["status"] == "Delayed"
    assert "1001" in answer.json["reply"] and answer.json["eta"] in answer.json["reply"]
    assert answer.json["needs"] == [] and answer.json["trace_id"]


# req: S0-09, S0-10, S0-11, S0-12
@pytest.mark.parametrize(
    ("question", "reply"),
    [
        ("Where is my parcel?", "Please provide your order number (e.g., 0000) and the e-mail used to place the order."),
        ("It is john.smith@example.com", "Please provide your order number (e.g., 1003)."),
        ("Where is order 1001?", "For verification, please also provide the e-mail used to place the order."),
    ],
)
def test_what_is_missing_is_asked_for(shop: Shop, question: str, reply: str) -> None:
    answer = shop.ask(question)
    assert (answer.status, answer.json["reply"]) == (200, reply)


# req: S0-13, S0-14
def test_nobody_finds_out_which_orders_exist(shop: Shop) -> None:
    unknown = shop.ask("Where is my order 99887766? Email: john.smith@example.com")
    foreign = shop.ask("Where is my order 1002? Email: john.smith@example.com")
    assert unknown.status == foreign.status == 200
    assert {**unknown.json, "trace_id": ""} == {**foreign.json, "trace_id": ""}
    hidden = ("Date", "X-Trace-Id", "x-trace-id", "apigw-requestid", "Apigw-Requestid", "x-amzn-requestid")
    headers = lambda answer: sorted(name for name in answer.headers if name not in hidden)  # noqa: E731
    assert headers(unknown) == headers(foreign)
    statuses = [shop.ask("order 99887755, mail john.smith@example.com").status for _ in range(6)]
    assert statuses == [200] * 5 + [429]


def test_an_order_is_placed_once_however_often_it_is_sent(shop: Shop, number: str) -> None:
    key = uuid.uuid4().hex
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: shop.place(number, key=key), range(8)))
    assert {answer.status for answer in answers} == {201}, [answer.body for answer in answers]
    assert len({answer.body for answer in answers}) == 1
    assert shop.place(number, key=key, country="PL").status == 422, "another body under the same key"
    assert shop.place(number).status == 409, "the number is taken"


# req: S1-01, S1-02, S1-03
def test_staff_move_an_order(shop: Shop, number: str) -> None:
    assert shop.place(number).status == 201
    moved = shop.call("POST", "/v1/orders/update-status", {"order_id": number, "new_status": "processing", "note": "checked"})
    assert moved.status == 200, moved.body
    assert (moved.json["old_status"], moved.json["new_status"], moved.json["success"]) == ("pending", "processing", True)
    assert moved.json["notification_sent"] and number in moved.json["notification_message"]
    back = shop.call("POST", f"/v1/orders/{number}/status", {"status": "pending"})
    assert back.status == 409 and "shipped" in back.json["allowed"], back.body
    assert back.headers["Content-Type"] == "application/problem+json"
    stale = shop.call("POST", f"/v1/orders/{number}/status", {"status": "shipped"}, headers={"If-Match": '"1"'})
    assert stale.status == 409 and stale.json["current_version"] == 2
    decided = shop.call("POST", f"/v1/orders/{number}/auto-progress?reason=test")
    assert decided.status == 200 and decided.json["automated"] and not decided.json["progressed"]
    assert "processing for 0.0 h of 48 h" in decided.json["decision"]["reason"]
    timeline = shop.call("GET", f"/v1/orders/{number}/timeline").json
    # That the first message has arrived is noted somewhere in between.
    entries = [entry for entry in timeline["timeline"] if entry["event"] != "customer_told"]
    assert [(entry["version"], entry["event"]) for entry in entries] == [(1, "placed"), (2, "status_changed")]
    assert entries[1]["text"] == "pending to processing: checked" and entries[1]["trace_id"]


# req: S0-24, S0-27, S0-28, S0-30
def test_a_webhook_changes_an_order_and_people_are_told_once(shop: Shop, number: str) -> None:
    assert shop.place(number).status == 201
    eventually(lambda: mails_about(shop, number), "the mail about the new order")
    answers = [shop.report(number, "Shipped", eta="2030-08-10") for _ in range(3)]
    assert [answer.status for answer in answers] == [202, 202, 202], answers[0].body
    assert len({answer.json["event_id"] for answer in answers}) == 1
    order = eventually(lambda: (o := shop.call("GET", f"/v1/orders/{number}").json)["status"] == "shipped" and o, "the order to be shipped")
    assert order["label"] == "Shipped" and order["eta"] == "2030-08-10"
    eventually(lambda: len(mails_about(shop, number)) >= 2 and posts_about(shop, number), "the mail and the post about the shipping")
    again = shop.report(number, "Shipped", eta="2030-08-10")
    assert again.status == 202 and again.json["duplicate"]
    assert shop.report(number, "In Transit").status == 202
    eventually(lambda: len(mails_about(shop, number)) >= 3, "the mail about the transit")
    mails = mails_about(shop, number)
    assert len(mails) == 3, "one mail for each change: placed, shipped, in transit"
    assert all(f"Order Status Update - Order {number}" in json.dumps(mail) for mail in mails)
    shipped = [post for post in posts_about(shop, number) if "| Shipped |" in json.dumps(post)]
    assert len(shipped) == 1 and ":truck: *ORDER UPDATE*" in json.dumps(shipped[0])


def test_a_person_has_the_customer_told_again(shop: Shop, number: str) -> None:
    assert shop.place(number).status == 201
    eventually(lambda: mails_about(shop, number), "the mail about the new order")
    asked = shop.call("POST", f"/v1/orders/{number}/notify")
    assert asked.status == 202 and asked.json["requested"] and asked.json["to"] == "e***@example.com", asked.body
    again = shop.call("POST", f"/v1/orders/{number}/notify")
    assert again.status == 202 and not again.json["requested"], "the same wish within a minute is one wish"
    mails = eventually(lambda: len(found := mails_about(shop, number)) >= 2 and found, "the second mail")
    assert len(mails) == 2 and asked.json["text"].split("\n")[2] in json.dumps(mails, ensure_ascii=False)
    timeline = shop.call("GET", f"/v1/orders/{number}/timeline").json["timeline"]
    assert timeline[-1]["event"] == "notify_requested" and timeline[-1]["actor"].startswith("key_")
    assert not [post for post in posts_about(shop, number) if "Received" not in json.dumps(post)], "the team hears of changes only"


# req: S0-25, S0-29
def test_a_bad_webhook_is_refused_with_everything_that_is_wrong(shop: Shop, number: str) -> None:
    refused = shop.report(number, "", email="nobody(at)example")
    assert refused.status == 422
    assert {error["field"] for error in refused.json["errors"]} == {"status", "email"}
    post = eventually(lambda: [p for p in shop.outside("/messages") if "Invalid payload in Order Status" in json.dumps(p)], "the alert in Slack")
    assert "nobody(at)example" not in json.dumps(post), "the address is masked"
    unsigned = shop.call("POST", "/v1/hooks/demo/order-status", {"orderId": number}, key=None)
    unknown = shop.call("POST", "/v1/hooks/nobody/order-status", {"orderId": number}, key=None)
    assert unsigned.status == unknown.status == 401
    assert {**unsigned.json, "trace_id": ""} == {**unknown.json, "trace_id": ""}


# req: X-07
def test_what_cannot_be_applied_is_parked_with_its_reason_and_can_be_replayed(shop: Shop, number: str) -> None:
    event = shop.report(number, "Delivered").json["event_id"]
    parked = eventually(lambda: [row for row in shop.call("GET", "/v1/inbox").json if row["id"] == event], "the parked webhook")
    assert parked[0]["code"] == "unknown_order"
    assert shop.place(number).status == 201
    replayed = shop.call("POST", f"/v1/inbox/order-status/{event}/replay")
    assert replayed.status == 202, replayed.body
    eventually(lambda: shop.call("GET", f"/v1/orders/{number}").json["status"] == "delivered", "the order to be delivered")


def test_lists_have_signed_cursors(shop: Shop) -> None:
    seen: list[str] = []
    path = "/v1/orders?limit=20"
    for _ in range(4):
        page = shop.call("GET", path).json
        seen += [row["order_id"] for row in page["orders"]]
        if "next_cursor" not in page:
            break
        cursor = page["next_cursor"]
        path = f"/v1/orders?limit=20&cursor={cursor}"
        assert shop.call("GET", f"/v1/orders?status=pending&limit=20&cursor={cursor}").status == 422, "a cursor belongs to its filter"
        assert shop.call("GET", f"/v1/orders?limit=20&cursor=A{cursor[1:]}x").status == 422
    assert len(seen) == len(set(seen)) and len(seen) >= 40
    for bad in ("0", "-1", "1000000000", "x"):
        assert shop.call("GET", f"/v1/orders?limit={bad}").status == 422


def test_nobody_gets_in_without_a_key(shop: Shop) -> None:
    for key in ("of_demo_wrong", "of_other_" + shop.keys["api_key"].rsplit("_", 1)[-1], "eyJhbGciOiJub25lIn0.e30."):
        assert shop.call("GET", "/v1/orders", key=key).status in (401, 403)
    assert shop.call("GET", "/v1/orders", key=None).status in (401, 403)
    assert shop.call("GET", "/v1/orders", key=shop.keys["publishable_key"]).status == 403, "a publishable key may only ask"
    assert shop.call("PATCH", "/v1/orders").status in (404, 405)
    for path in ("/v1/orders/..%2f..%2fetc", "/v1/orders/%00", "/v1/orders/%ff", "/v1/nothing"):
        assert shop.call("GET", path).status in (400, 404), path


# req: X-08
def test_a_customer_can_be_forgotten(shop: Shop, number: str) -> None:
    email = f"{number.lower()}@example.com"
    assert shop.place(number, email=email).status == 201
    assert shop.report(number, "Shipped", email=email).status == 202
    eventually(lambda: shop.call("GET", f"/v1/orders/{number}").json["status"] == "shipped", "the order to be shipped")
    eventually(lambda: len(mails_about(shop, number)) >= 2, "both mails")
    eventually(lambda: "sending" not in shop.call("GET", f"/v1/orders/{number}/timeline").body.decode(), "the messages to be settled")
    exported = shop.call("POST", "/v1/privacy/export", {"email": email})
    assert exported.status == 200 and email in exported.body.decode() and "O’Brien" in exported.json["orders"][0]["order"]["contact"]["name"]
    erased = shop.call("POST", "/v1/privacy/erase", {"email": email})
    assert erased.status == 200 and erased.json["orders"] == 1, erased.body
    after = shop.call("GET", f"/v1/orders/{number}/timeline")
    assert email not in after.body.decode() and "Brien" not in after.body.decode()
    assert after.json["order"]["total"] == "59.98", "the money stays in the books"
    assert shop.call("POST", "/v1/privacy/export", {"email": email}).json["orders"] == []


# req: X-09
def test_one_question_leaves_one_trace(shop: Shop) -> None:
    answer = shop.ask("Where is my order 1001? Email: john.smith@example.com")
    assert answer.headers["x-trace-id"] == answer.json["trace_id"]
    logs = subprocess.run(
        ["python3", "infra/local/logs.py", "ask", "--raw"], capture_output=True, text=True, env={**os.environ}, timeout=60
    ).stdout
    lines = [line for line in logs.splitlines() if answer.json["trace_id"] in line]
    assert lines, "the trace id stands in the function's log"
    assert "john.smith@example.com" not in logs, "no address in a log line"


def test_a_second_import_changes_nothing(shop: Shop, tmp_path) -> None:
    numbers = [f"I-{uuid.uuid4().hex[:8]}" for _ in range(5)]
    sheet = tmp_path / "sheet.csv"
    rows = [f"{number},Ann,In Transit,2030-01-0{day},ann@example.com" for day, number in enumerate(numbers, 1)]
    sheet.write_text("OrderID,Customer,Status,ETA,Email\n" + "\n".join(rows) + "\n")

    def run() -> str:
        env = {**os.environ, **shop.env["env"], "ORDERFLOW_API_KEY": shop.keys["api_key"]}
        return subprocess.run([str(ORDERCTL), "import", str(sheet)], env=env, capture_output=True, text=True, check=True).stdout

    assert run().strip() == "5 placed, 0 updated, 0 unchanged, 0 refused"
    assert run().strip() == "0 placed, 0 updated, 5 unchanged, 0 refused"
    assert shop.call("GET", f"/v1/orders/{numbers[0]}").json["label"] == "In Transit"


def test_the_daily_report_lands(shop: Shop) -> None:
    client = boto3.client("lambda", **shop.aws())
    result = json.loads(client.invoke(FunctionName=shop.env["functions"]["kpi-report"], Payload=json.dumps({"tenant": "demo", "again": True}))["Payload"].read())
    assert result["reports"][0]["made"].startswith("daily/"), result
    assert "Total orders" in result["reports"][0]["summary"]
    rows = shop.call("GET", "/v1/reports").json
    assert rows and rows[0]["name"].endswith(".xlsx")
    eventually(lambda: [p for p in shop.outside("/messages") if "Daily Logistics Report" in json.dumps(p)], "the summary in Slack")
